/* drift_blocks.h: drift grouped for people who read it: resources of one kind that differ in
 * the same way are one block.
 *
 * Kinds come in their order; within a kind what is odd comes before the crowds (block_order.h).
 * Text and pages are made from the same blocks.
 */
#ifndef GF_DRIFT_BLOCKS_H
#define GF_DRIFT_BLOCKS_H

#include <stdbool.h>

#include "plan.h"
#include "vec.h"

struct drift_block {
    const char *kind;
    const struct drift_item *items; /* of the first resource */
    size_t n_items;                 /* of each resource */
    VEC(const char *) addresses;
    VEC(struct pos) places; /* of the first item of each */
    bool gone, one_place;   /* one_place: known, and the same for all */
    unsigned kind_at;       /* which of the kinds */
    size_t at;              /* in order of the drift */
};

struct drift_blocks {
    struct arena *arena;
    VEC(struct drift_block) list;
};

/* What counts, or what rules ignore; without what was told before when only news are wanted.
 * Everything lives in the arena and borrows from the drift. */
struct drift_blocks drift_blocks_of(const struct drift *drift, bool ignored,
                                    struct arena *arena);

#endif
