/* vim25_props.c: the value at a property path of an object. Each top-level property is built
 * at most once per object and read. */
#include <string.h>

#include "vim25_call.h"

static const struct property *find_in(const struct property *table, const struct type *type,
                                      const char *name)
{
    for (; table->type != NULL; table++)
        if (strcmp(table->name, name) == 0 && type_is(type, table->type))
            return table;
    return NULL;
}

static const struct property *find_property(const struct type *type, const char *name)
{
    const struct property *const tables[] = {host_properties, manager_properties, vm_properties,
                                             inventory_properties, service_properties,
                                             guest_properties};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct property *property = find_in(tables[i], type, name);
        if (property != NULL)
            return property;
    }
    return NULL;
}

static struct val *read_whole(struct call *call, struct object *object, const char *name)
{
    const struct field *field = type_field(object->type, name, UINT32_MAX);
    if (field == NULL)
        return NULL;
    size_t i = (size_t)(field - object->type->fields);
    if (!object->known[i]) {
        const struct property *property = find_property(object->type, name);
        object->known[i] = true;
        object->values[i] = property == NULL ? NULL : property->read(call, object);
        bool silent = object->host != NULL && !host_answers(object->host);
        if (object->values[i] == NULL && property != NULL && field->list && !silent)
            object->values[i] = val_list(&call->b, field->type, field->reference);
    }
    return object->values[i];
}

/* A list without elements is an empty list, not an unset value, when its owner is there. */
static struct val *empty_list(struct call *call, struct val *top, const char *rest)
{
    const char *dot = strrchr(rest, '.');
    struct val *owner =
        dot == NULL ? top
                    : val_path(top, arena_memdup(call->arena, rest, (size_t)(dot - rest)));
    if (owner == NULL || owner->object == NULL)
        return NULL;
    const struct field *field =
        type_field(owner->object, dot == NULL ? rest : dot + 1, call->b.version);
    if (field == NULL || !field->list)
        return NULL;
    return val_list(&call->b, field->type, field->reference);
}

struct val *object_read(struct call *call, struct object *object, const char *path)
{
    size_t size = strcspn(path, ".");
    struct val *top = read_whole(call, object, arena_memdup(call->arena, path, size));
    if (path[size] == '\0' || top == NULL)
        return top;
    struct val *value = val_path(top, path + size + 1);
    return value == NULL ? empty_list(call, top, path + size + 1) : value;
}
