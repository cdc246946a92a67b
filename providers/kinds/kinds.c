/* kinds.c: what the kinds share. */
#include "kinds.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "gpu.h"

const struct instance *kinds_referred(const struct instance *from, const char *attr,
                                      const char *kind, const struct facts *facts)
{
    const char *name = instance_text(from, attr);
    if (name == NULL)
        return NULL;
    return instances_find(facts->desired, address_make(facts->arena, kind, name));
}

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

/* A fact of a host: as read, or else as the state remembers it. */
static const struct value *host_fact(const struct instance *host, const struct facts *facts,
                                     const char *name)
{
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, host->address);
    if (live != NULL && value_is_known(instance_get(live, name)))
        return instance_get(live, name);
    const struct instance *prior =
        facts->prior == NULL ? NULL : instances_find(facts->prior, host->address);
    return prior == NULL ? value_absent() : value_get(value_get(prior->meta, "facts"), name);
}

int kinds_host_slots(const struct instance *host, const struct facts *facts,
                     const char *profile)
{
    const struct value *gpus = host_fact(host, facts, "gpus");
    if (!value_is_known(gpus))
        return -1;
    int slots = 0;
    for (size_t i = 0; i < value_count(gpus); i++) {
        int64_t device = value_get_int(value_at(gpus, i), "device", 0);
        const struct gpu_model *model = gpu_by_pci_device((unsigned)device);
        const struct gpu_profile *found =
            model == NULL ? NULL : gpu_find_profile(model, profile);
        slots += found == NULL ? 0 : (int)found->max;
    }
    return slots;
}

int64_t kinds_host_cores(const struct instance *host, const struct facts *facts)
{
    const struct value *cores = host_fact(host, facts, "cpu_cores");
    return cores->type == VALUE_INT ? cores->integer : -1;
}

int64_t kinds_host_memory(const struct instance *host, const struct facts *facts)
{
    const struct value *memory = host_fact(host, facts, "memory");
    return memory->type == VALUE_INT ? memory->integer : -1;
}
