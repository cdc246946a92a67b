/* schema.c: see schema.h. */
#include "schema.h"

#include <string.h>

int schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (schema->attrs[i].name[0] == name[0] && strcmp(schema->attrs[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool attr_is_compared(const struct attr *attr)
{
    return attr->facets != FACET_NONE && (attr->flags & (ATTR_FACT | ATTR_INPUT)) == 0;
}
