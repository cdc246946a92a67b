/* decode_items.c: attributes whose value is a list of maps with a schema of their own.
 *
 * Each item is read as an object is: unknown keys, defaults, files and places of what is wrong
 * come with that. What remains of it is a map of the attributes that are set.
 */
#include "form.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "err.h"
#include "types.h"

static int refuse(const struct form *form, const struct attr *attr, const struct node *node,
                  const struct instance *owner)
{
    struct diag *diag =
        diag_error(form->decoder->diags, node_pos(node), "%s: expected a list, found %s",
                   attr->name, node_describe(node));
    diag->address = owner->address;
    diag_hint(form->decoder->diags, diag,
              "write one item per line, each beginning with \"- \"");
    return -1;
}

static const struct value *item_value(const struct instance *item, struct arena *arena)
{
    const struct schema *schema = item->schema;
    struct value_field *fields = ARENA_ARRAY(arena, schema->n_attrs, struct value_field);
    size_t n = 0;
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (!value_is_absent(item->attrs[i]))
            fields[n++] = (struct value_field){schema->attrs[i].name, item->attrs[i]};
    return value_map(arena, fields, n);
}

int decode_items(const struct form *form, size_t index, const struct node *node,
                 const struct instance *owner, const struct value **ret)
{
    const struct attr *attr = &form->schema->attrs[index];
    const struct form *inner = form->items[index];
    struct arena *arena = form->decoder->arena;
    int result = 0;
    if (node->type != NODE_LIST)
        return refuse(form, attr, node, owner);
    const struct value **items = ARENA_ARRAY(arena, node->n, const struct value *);
    for (size_t i = 0; i < node->n; i++) {
        const struct node *at = &node->entries[i].node;
        struct instance *item = instance_new(arena, attr->items, owner->address, attr->name);
        item->pos = node_pos(at);
        if (form_read(inner, at, item) < 0)
            result = -1;
        else if (attr->items->check != NULL)
            attr->items->check(item, form->decoder->diags);
        items[i] = item_value(item, arena);
    }
    struct err err;
    if (result == 0 && attr->type->canonicalise(attr, value_list(arena, items, node->n), arena,
                                                ret, &err) < 0) {
        diag_error(form->decoder->diags, node_pos(node), "%s: %s", attr->name, err.message)
            ->address = owner->address;
        return -1;
    }
    return result;
}

void items_list_files(const struct form *form, size_t index, const struct node *list,
                      void (*visit)(void *context, const char *path), void *context)
{
    for (size_t i = 0; list != NULL && list->type == NODE_LIST && i < list->n; i++)
        form_list_files(form->items[index], &list->entries[i].node, visit, context);
}
