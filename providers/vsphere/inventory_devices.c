/* inventory_devices.c: devices and marks of machines: vGPUs, fixed devices, extraConfig.
 *
 * This is the heavy part of a machine (vsphere-api.md §4.5), so it is asked for in small pages
 * and only of the machines in question. Unknown backings are opaque (§1 rule 3).
 */
#include "inventory.h"

#include <string.h>

#include "arena.h"

enum { PAGE_HEAVY = 250 };

const char *device_vgpu(const struct xml_node *device)
{
    const struct xml_node *backing = xml_child(device, "backing");
    if (!xml_is_type(device, "VirtualPCIPassthrough") || backing == NULL ||
        !xml_is_type(backing, "VirtualPCIPassthroughVmiopBackingInfo"))
        return NULL;
    return xml_text_at(backing, "vgpu");
}

void machine_devices(struct machine_row *machine, const struct xml_node *devices,
                     struct arena *arena)
{
    machine->devices_known = devices != NULL;
    machine->fixed = false;
    machine->vgpu = NULL;
    XML_EACH_CHILD(it, devices)
    {
        const char *profile = device_vgpu(it);
        if (profile != NULL)
            machine->vgpu = machine->vgpu == NULL
                                ? arena_strdup(arena, profile)
                                : arena_printf(arena, "%s, %s", machine->vgpu, profile);
        else if (xml_is_type(it, "VirtualPCIPassthrough"))
            machine->fixed = true;
    }
}

/* The last entry of a key counts: a simulator appends where the server replaces. */
static const char *option_value(const struct xml_node *options, const char *key)
{
    const char *found = NULL;
    XML_EACH_CHILD(it, options)
    {
        const char *name = xml_text_at(it, "key"), *value = xml_text_at(it, "value");
        if (name != NULL && value != NULL && strcmp(name, key) == 0)
            found = value;
    }
    return found == NULL || found[0] == '\0' ? NULL : found;
}

static const char *keep_option(const struct xml_node *options, const char *key,
                               struct arena *arena)
{
    const char *value = option_value(options, key);
    return value == NULL ? NULL : arena_strdup(arena, value);
}

struct mark machine_mark(const struct xml_node *extra_config, const char *uuid,
                         struct arena *arena)
{
    struct mark mark = {.lineage = keep_option(extra_config, MARK_LINEAGE, arena),
                        .address = keep_option(extra_config, MARK_ADDRESS, arena),
                        .uuid = keep_option(extra_config, MARK_UUID, arena),
                        .nonce = keep_option(extra_config, MARK_NONCE, arena)};
    mark.own = mark.lineage != NULL && mark.address != NULL && mark.uuid != NULL &&
               uuid != NULL && strcmp(mark.uuid, uuid) == 0;
    return mark;
}

bool machine_complete(const struct xml_node *extra_config, const char *uuid,
                      struct arena *arena)
{
    const char *of = keep_option(extra_config, MARK_COMPLETE, arena);
    return of != NULL && uuid != NULL && strcmp(of, uuid) == 0;
}

/* ---- reading ---- */

struct device_reading {
    struct vc *vc;
    struct machine_row *const *machines;
    size_t n;
    bool with_mark;
    struct map by_id;
};

static int take_devices(void *context, const struct xml_node *object, struct err *err UNUSED)
{
    struct device_reading *reading = context;
    struct arena *arena = reading->vc->arena;
    const char *id = xml_text_at(object, "obj");
    struct machine_row *machine = id == NULL ? NULL : map_get(&reading->by_id, id);
    if (machine == NULL)
        return 0;
    machine_devices(machine, props_get(object, "config.hardware.device"), arena);
    if (!reading->with_mark)
        return 0;
    machine->memory_locked = props_true(object, "config.memoryReservationLockedToMax");
    const struct xml_node *options = props_get(object, "config.extraConfig");
    machine->mark = machine_mark(options, machine->uuid, arena);
    machine->complete = machine_complete(options, machine->uuid, arena);
    return 0;
}

static int devices_pass(struct vc *vc, void *context, struct err *err)
{
    static const char *const with_mark[] = {"config.hardware.device", "config.extraConfig",
                                            "config.memoryReservationLockedToMax", NULL};
    static const char *const without_mark[] = {"config.hardware.device", NULL};
    struct device_reading *reading = context;
    struct ref *refs = ARENA_ARRAY(vc->arena, reading->n, struct ref);
    for (size_t i = 0; i < reading->n; i++)
        refs[i] = reading->machines[i]->ref;
    const struct prop_set set = {"VirtualMachine",
                                 reading->with_mark ? with_mark : without_mark};
    const struct prop_query query = {.sets = &set,
                                     .n_sets = 1,
                                     .objects = refs,
                                     .n_objects = reading->n,
                                     .page = PAGE_HEAVY,
                                     .object = take_devices,
                                     .context = reading};
    return props_stream(vc, &query, err);
}

int machines_read_devices(struct vc *vc, struct machine_row *const *machines, size_t n,
                          bool with_mark, struct err *err)
{
    struct device_reading reading = {
        .vc = vc, .machines = machines, .n = n, .with_mark = with_mark};
    if (n == 0)
        return 0;
    map_init(&reading.by_id);
    for (size_t i = 0; i < n; i++)
        map_set(&reading.by_id, machines[i]->ref.id, machines[i]);
    int result = session_run_pass(vc, devices_pass, &reading, err);
    map_release(&reading.by_id);
    return result < 0 ? err_wrap(err, "reading devices of machines") : 0;
}
