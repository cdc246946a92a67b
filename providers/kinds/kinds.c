/* kinds.c: the only list of kinds, and what they share. */
#include "kinds.h"

#include <string.h>

#include "arena.h"

/* derive runs in this order: what others refer to comes first. */
const struct kind *const all_kinds[] = {
    &kind_vgpu_mode,
    &kind_pool,
    &kind_host,
    &kind_customization_spec,
    &kind_template,
    &kind_software_component,
    &kind_catalog_service,
    &kind_blueprint,
    &kind_entitlement,
    NULL,
};

const struct value *kinds_args(const struct instance *desired, struct arena *arena)
{
    const struct schema *schema = desired->schema;
    struct value_field *fields = ARENA_ARRAY(arena, schema->n_attrs, struct value_field);
    size_t n = 0;
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (attr_is_compared(&schema->attrs[i]) || (schema->attrs[i].flags & ATTR_INPUT))
            fields[n++] = (struct value_field){schema->attrs[i].name, desired->attrs[i]};
    return value_map(arena, fields, n);
}

bool kinds_changes(const struct change *change, const char *attr)
{
    if (change->action == ACTION_CREATE)
        return true;
    for (size_t i = 0; i < change->n_attrs; i++)
        if (strcmp(change->attrs[i].attr->name, attr) == 0)
            return true;
    return false;
}

const struct value *kinds_arg(struct arena *arena, const char *key, const struct value *value)
{
    return value_map(arena, &(struct value_field){key, value}, 1);
}
