/* range.h: what of a plan is due to the difference between two manifests.
 *
 * Two plans are made against the same state and the same live values, one for each manifest. A
 * change of the second belongs to the range when
 *
 *   - the first has no change of that resource, or another one: another action, other
 * attributes or values, other steps (so what follows from an edit elsewhere belongs too: a
 * template that is rebuilt, the blueprints that are pointed to it, cpu: auto worked out anew,
 * what is removed because its declaration is);
 *   - or what is wanted of the resource differs: a change that is due anyway is shown when its
 *     resource was edited, since a resource is changed as a whole;
 *   - or a change of the range refers to the resource, directly or not, and it is yet to be
 *     created or rebuilt, or it is the host that a step of the range works on: the range cannot
 *     be carried out without it.
 *
 * What both would do in the same way is due elsewhere. Refusals are treated alike, and
 * resources that cannot be read belong when what is wanted of them differs.
 */
#ifndef GF_RANGE_H
#define GF_RANGE_H

#include "plan.h"

/* The addresses for plan_input.only, NULL-terminated, in input's arena. base: of the first
 * manifest, with the state and live values of input; both without `only`. Findings of both go
 * to scratch, and are those that plan_build will find again. */
const char *const *plan_range(const struct plan_input *base, const struct plan_input *input,
                              struct diags *scratch);

#endif
