/* references.c: see references.h. */
#include "references.h"

#include "instance.h"

void references_each(const struct instance *instance,
                     void (*visit)(void *context, const struct reference *reference),
                     void *context)
{
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        const struct attr *attr = &instance->schema->attrs[i];
        const struct value *value = instance->attrs[i];
        if (attr->ref == NULL || !value_is_known(value))
            continue;
        struct reference reference = {.attr = attr,
                                      .section = attr->ref,
                                      .name = value_text(value),
                                      .pos = instance->pos};
        if (instance->attr_pos != NULL && instance->attr_pos[i].file != NULL)
            reference.pos = instance->attr_pos[i];
        if (reference.name != NULL)
            visit(context, &reference);
        for (size_t item = 0; value->type == VALUE_LIST && item < value->list.n; item++) {
            reference.name = value_text(value->list.items[item]);
            if (reference.name != NULL)
                visit(context, &reference);
        }
    }
}
