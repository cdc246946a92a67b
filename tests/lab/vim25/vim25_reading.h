/* vim25_reading.h: what a PropertyFilterSpec selects and what it reads there, for single reads
 * and for watches. */
#ifndef GF_LAB_VIM25_READING_H
#define GF_LAB_VIM25_READING_H

#include "map.h"
#include "vim25_call.h"

struct path_set {
    const struct type *type;
    bool all;
    VEC(char *) paths;
};

struct selection {
    char *name, *path; /* path NULL: stands for the selection of that name */
    const struct type *type;
    bool skip;
    VEC(struct selection *) select;
};

struct start {
    char *type, *id;
    bool skip;
    VEC(struct selection *) select;
};

struct read_spec {
    VEC(struct path_set) sets;
    VEC(struct start) starts;
    VEC(struct selection *) named;
    bool report_missing;
};

/* One property as read: <val>…</val>, or <fault>…</fault> when missing. */
struct read_value {
    const char *path, *xml;
    bool missing;
};

struct reading {
    const char *type, *id;
    VEC(struct read_value) values;
};

struct readings {
    VEC(struct reading *) items;
    VEC(struct start *) missing; /* starts that do not exist */
};

/* From the element <specSet> or <spec>; in memory of `arena`. 0, or -1 and the call's fault. */
int read_spec_parse(struct call *call, struct arena *arena, const xmlNode *node,
                    struct read_spec *ret);

/* Read all that the spec selects, each object once; in memory of `arena`. */
void read_spec_run(struct call *call, const struct read_spec *spec, struct arena *arena,
                   struct readings *ret);

#endif
