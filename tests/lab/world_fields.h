/* world_fields.h: the members of the world's structures by name, so that the dump and the pokes
 * of tests speak of them with the same words. */
#ifndef GF_LAB_WORLD_FIELDS_H
#define GF_LAB_WORLD_FIELDS_H

#include <stddef.h>

#include "world.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_BOOL,
    FIELD_INT,  /* int, unsigned */
    FIELD_LONG, /* int64_t, uint64_t */
    FIELD_ENUM
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;
    const char *const *names; /* FIELD_ENUM, n of them */
    unsigned n_names;
};

/* A list inside a structure; elements are found by index or by their key (text or int). */
struct field_list {
    const char *name;
    size_t offset, size;
    const struct field *fields;
    size_t n_fields;
    const char *key; /* name of the field that finds an element */
    bool as_object;  /* dumped as an object by key, not as an array */
};

struct field_table {
    const struct field *fields;
    size_t n_fields;
    const struct field_list *lists;
    size_t n_lists;
};

extern const struct field_table host_table, vm_table, cluster_table, datastore_table,
    network_table, spec_table;

json_t *fields_dump(const struct field_table *table, const void *base);
/* Set one field; value null empties a text. ERR_INVALID with the field's name. */
int field_set(struct world *world, const struct field *fields, size_t n, void *base,
              const char *name, const json_t *value, struct err *err);
/* Set what `path` (of n segments; 0: an object with members) names below base. A null as the
 * value of a list's element removes it; an object creates or changes one. */
int fields_poke(struct world *world, const struct field_table *table, void *base,
                const char *const *path, size_t n, const json_t *value, struct err *err);

#endif
