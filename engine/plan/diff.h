/* diff.h: comparison of one resource's desired, prior and live attributes. */
#ifndef GF_DIFF_H
#define GF_DIFF_H

#include "step.h"

struct arena;

/* An attribute that is wanted and cannot be read, or not be changed as things are. */
struct diff_blind {
    const struct attr *attr;
    const char *reason;
};

struct diff {
    const struct attr_change *changes;
    size_t n;
    const struct diff_blind *blind;
    size_t n_blind;
    bool stale; /* nothing changes live, but the state does not say so yet */
};

/* live must be present. prior may be NULL. */
struct diff diff_attributes(const struct instance *desired, const struct instance *prior,
                            const struct instance *live, struct arena *arena);

/* All compared attributes that the manifest sets, from absent: for what is to be created. */
struct diff diff_creation(const struct instance *desired, struct arena *arena);

/* Is the attribute compared with live for this resource at all? */
bool diff_is_managed(const struct schema *schema, const struct attr *attr,
                     const struct value *wanted);

bool lifecycle_names(const char *const *names, const char *attr);

#endif
