/* markdown_blocks.h: the changes of a plan grouped for a Markdown document.
 *
 * Changes that are equal but for their names are one block, wherever in the plan they stand.
 * A block is harmful when any step of it reboots or empties a host, moves or powers off
 * machines, takes something out of the catalogue, destroys data, or when the resource is
 * removed.
 */
#ifndef GF_MARKDOWN_BLOCKS_H
#define GF_MARKDOWN_BLOCKS_H

#include <stdbool.h>

#include "plan.h"
#include "vec.h"

struct md_block {
    const struct change *first;
    VEC(const char *) names; /* sorted; without their kind */
    VEC(unsigned) waves;     /* each once, in order */
    const char *canary;      /* name of the first host of a rollout, or NULL */
    size_t at;               /* in order of the plan */
    bool one_place;          /* all are declared where the first one is */
    unsigned effects;        /* enum effect, of all steps */
    bool no_html;            /* set by who renders: nothing folds then */
};

struct md_blocks {
    struct arena *arena;
    VEC(struct md_block) list; /* by wave of first appearance; many alike after odd ones */
};

/* Everything lives in the arena and borrows from the plan. */
struct md_blocks md_blocks_of(const struct plan *plan, struct arena *arena);

bool md_block_is_harmful(const struct md_block *block);

/* "destroy blueprint", "change host: reboot, maintenance window" */
void md_block_label(const struct md_block *block, struct strbuf *out);

/* The block as <details>, at most some names_max bytes of names in it. */
void md_block_render(const struct md_block *block, size_t names_max, struct strbuf *out);

/* Names folded into ranges, as a code span of at most max bytes, and how many are not among
 * them, which is returned too. */
size_t md_names(const char *const *names, size_t n, size_t max, struct strbuf *out);

#endif
