/* references.h: which other objects a resource names.
 *
 * An attribute whose schema row has `ref` names a member of that section, as its value or as
 * each item of its list. This is the only walk over them: the manifest's checks and the edges
 * of the plan both use it.
 */
#ifndef GF_REFERENCES_H
#define GF_REFERENCES_H

#include "diag.h"

struct attr;
struct instance;

struct reference {
    const struct attr *attr;
    const char *section; /* attr->ref: "templates" */
    const char *name;    /* borrowed from the value */
    struct pos pos;      /* of the attribute; of the resource when that is not known */
};

/* Call visit for every reference, in the order of the schema and of the lists. */
void references_each(const struct instance *instance,
                     void (*visit)(void *context, const struct reference *reference),
                     void *context);

#endif
