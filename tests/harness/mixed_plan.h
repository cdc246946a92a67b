/* mixed_plan.h: plans as they may come, from a seed: every kind and action, harm of every sort
 * sprinkled in, long scripts and words full of what Markdown, HTML and forges would act on. */
#ifndef GF_TESTS_MIXED_PLAN_H
#define GF_TESTS_MIXED_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

enum { MIXED_ATTRS = 2, MIXED_KINDS = 5 };
extern const struct attr mixed_attrs[MIXED_ATTRS]; /* a text, a script */
extern const struct kind mixed_kinds[MIXED_KINDS];

struct mixed {
    struct arena *arena;
    uint64_t seed;
    unsigned harm;     /* of 1000 changes so many are harmful */
    size_t long_lines; /* at most, of a script */
    struct plan plan;
    struct change *changes; /* of the plan */
    bool *harmful;          /* per change */
};

unsigned mixed_pick(struct mixed *m, unsigned n);
/* A script of so many lines. */
const struct value *mixed_script(struct mixed *m, size_t n);

/* Fill m->plan with n changes in waves of 40; arena, seed, harm and long_lines are set. */
void mixed_plan_make(struct mixed *m, size_t n);
/* Then let changes wait for others of earlier waves. */
void mixed_plan_link(struct mixed *m);

#endif
