/* spec_mark.h: the ownership mark of customization specifications: a line in the description.
 *
 * "[gridform LINEAGE ADDRESS]" after whatever text people wrote. It is our own only while the
 * address is that of the object it stands at: a copy made in vCenter carries it too.
 */
#ifndef GF_VSPHERE_SPEC_MARK_H
#define GF_VSPHERE_SPEC_MARK_H

#include "instance.h"

struct arena;
struct strbuf;

/* description may be NULL. */
struct mark spec_mark(const char *description, const char *address, struct arena *arena);

/* Append description without its mark, and the mark. */
void spec_mark_write(struct strbuf *out, const char *description, const char *lineage,
                     const char *address);

#endif
