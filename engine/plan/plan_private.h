/* plan_private.h: what the passes of plan_build hand to each other. */
#ifndef GF_PLAN_PRIVATE_H
#define GF_PLAN_PRIVATE_H

#include "map.h"
#include "plan.h"
#include "references.h"
#include "vec.h"

/* A plan under construction. Changes are in the order of the passes until they are ordered. */
struct draft {
    const struct plan_input *input;
    struct arena *arena;
    struct diags *diags;
    VEC(struct change) changes;
    VEC(struct plan_blind) blind;
    VEC(struct plan_refusal) refusals;
    VEC(struct change_edge) * edges; /* per change, while they are collected */
    size_t n_unchanged, n_left_out;
    struct map by_address;  /* address -> change index + 1 */
    struct strbuf *scratch; /* for one address at a time */
};

/* inputs.c: a new version shows which of its inputs changed, before what follows from them. */
void inputs_show(struct change *change, struct arena *arena);

/* block.c */
void block_dependents(struct draft *draft);

/* rollout.c: order the hosts of each pool that open a window; refuses what the budget does not
 * allow. Runs after the steps are known. */
void rollout_order(struct draft *draft);

/* order.c: edges from references, then waves and the final order. */
void order_edges(struct draft *draft);
unsigned order_waves(struct draft *draft);
/* Edges may be given twice: hard wins. */
void order_add_edge(struct draft *draft, size_t from, size_t on, bool soft);

/* impact.c */
struct plan_impact impact_of(const struct draft *draft, unsigned n_waves);

void draft_refuse(struct draft *draft, enum err_code code, const struct instance *who,
                  const char *message, const char *hint);
void draft_blind(struct draft *draft, const char *address, const char *attr,
                 const char *reason);
/* The changes have moved: index them anew. */
void draft_index(struct draft *draft);
/* The address that a reference means: valid until the next call. */
const char *draft_address(const struct draft *draft, const struct reference *reference);
const struct change *draft_change(const struct draft *draft, const char *address);
bool change_opens_window(const struct change *change);

#endif
