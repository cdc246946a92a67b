/* overlay.h: patches of a manifest for one site.
 *
 * Maps merge key by key, texts and lists replace, null removes. Places follow the winner. An
 * overlay may add what the base does not have; removing what is not there is no error.
 */
#ifndef GF_OVERLAY_H
#define GF_OVERLAY_H

#include "node.h"

struct arena;

/* base with over put over it; neither is changed, parts are shared. */
struct node overlay_apply(const struct node *base, const struct node *over,
                          struct arena *arena);

#endif
