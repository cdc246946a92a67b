/* html_blocks.h: the changes of a plan grouped for a page that shows them in their true order.
 *
 * Equal changes of one wave are one block; hosts of one pool that follow each other wave after
 * wave are one too, and their canary stands alone, as in the text of the plan. The order of
 * blocks is that of all documents (block_order.h).
 */
#ifndef GF_HTML_BLOCKS_H
#define GF_HTML_BLOCKS_H

#include <stdbool.h>

#include "plan.h"
#include "vec.h"

struct html_block {
    const struct change *first;
    VEC(const struct change *) members; /* in the order of the plan */
    unsigned wave, last_wave;
    unsigned effects;    /* enum effect, of all steps */
    size_t same_as;      /* index of an earlier block with the same content; itself: none */
    const char *content; /* all that is shown but names and waves */
    size_t at;           /* in order of the plan */
    bool one_place;      /* all are declared where the first one is */
    bool harmful, drift; /* drift: some attribute changes for that reason */
};

struct html_blocks {
    struct arena *arena;
    VEC(struct html_block) list;
    const size_t *of_change; /* index of the block, by that of the change in the plan */
};

/* Everything lives in the arena and borrows from the plan. */
struct html_blocks html_blocks_of(const struct plan *plan, struct arena *arena);

/* Its names without their kind, folded into ranges: "esx-{01..04}". */
void html_block_names(const struct html_block *block, struct strbuf *out);

#endif
