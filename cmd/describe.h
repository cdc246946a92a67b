/* describe.h: attributes in words, from their schema: for explain and the manual. */
#ifndef GF_DESCRIBE_H
#define GF_DESCRIBE_H

#include <stdbool.h>

#include "schema.h"

struct strbuf;

/* May the manifest set it? */
bool attr_is_settable(const struct attr *attr);

/* "full or linked", "a size such as 16 GiB, 1 MiB to 24 TiB", "a name, of templates" */
void describe_values(const struct attr *attr, struct strbuf *out);

/* "required", "default full", "" */
void describe_need(const struct attr *attr, struct strbuf *out);

/* Who reads and changes it: "vCenter", "the files alone" */
void describe_owner(const struct attr *attr, struct strbuf *out);

#endif
