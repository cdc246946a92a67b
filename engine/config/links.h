/* links.h: references between resources must lead somewhere, and never in a circle. */
#ifndef GF_LINKS_H
#define GF_LINKS_H

#include "instance.h"

struct arena;
struct diags;
struct kind;

struct links_input {
    const struct instances *resources; /* sorted */
    const struct kind *const *kinds;
    struct arena *arena; /* for findings; scratch is freed */
    struct diags *diags;
};

/* Report every reference to a missing member of a section, with the nearest name, and every
 * circle as a whole. `bad[i]` is set for the resources at fault. Takes time in proportion to
 * the references, and no stack. Returns -1 when something was reported. */
int links_check(const struct links_input *input, bool *bad);

#endif
