/* inventory_devices.c: devices and marks of machines: vGPUs, fixed devices, extraConfig.
 *
 * This is the heavy part of a machine (vsphere-api.md §4.5), so it is asked for in small pages
 * and only of the machines in question. Unknown backings are opaque (§1 rule 3).
 */
#include "inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "gpu.h"
#include "num.h"
#include "vec.h"

enum { PAGE_HEAVY = 250, VENDOR_NVIDIA = 0x10de };

const char *device_vgpu(const struct xml_node *device)
{
    const struct xml_node *backing = xml_child(device, "backing");
    if (!xml_is_type(device, "VirtualPCIPassthrough") || backing == NULL ||
        !xml_is_type(backing, "VirtualPCIPassthroughVmiopBackingInfo"))
        return NULL;
    return xml_text_at(backing, "vgpu");
}

static unsigned field16(const struct xml_node *node, const char *name)
{
    int32_t value = 0;
    if (xml_i32(xml_child(node, name), &value) < 0)
        return 0;
    return (unsigned)value & 0xffff;
}

/* The text of a fixed backing's deviceId: tools write hex, with 0x or without, some nothing at
 * all (§7.3). 0: it does not say. */
static unsigned fixed_device(const struct xml_node *backing)
{
    const char *text = xml_text_at(backing, "deviceId");
    unsigned device = 0;
    if (text == NULL || text[0] == '\0' || sscanf(text, "%x", &device) != 1)
        return 0;
    return device & 0xffff;
}

static const char *dynamic_card(const struct xml_node *backing, struct arena *arena)
{
    const struct xml_node *allowed = xml_child(backing, "allowedDevice");
    if (field16(allowed, "vendorId") != VENDOR_NVIDIA)
        return NULL;
    const char *label = xml_text_at(backing, "customLabel");
    return gpu_device_text(arena, field16(allowed, "deviceId"), true,
                           label == NULL || label[0] == '\0' ? NULL : label);
}

const char *device_card(const struct xml_node *device, struct arena *arena,
                        const char **ret_card)
{
    const struct xml_node *backing = xml_child(device, "backing");
    *ret_card = NULL;
    if (!xml_is_type(device, "VirtualPCIPassthrough") || backing == NULL)
        return NULL;
    if (xml_is_type(backing, "VirtualPCIPassthroughDynamicBackingInfo")) {
        *ret_card = xml_text_at(backing, "assignedId");
        return dynamic_card(backing, arena);
    }
    if (!xml_is_type(backing, "VirtualPCIPassthroughDeviceBackingInfo"))
        return NULL;
    *ret_card = xml_text_at(backing, "id");
    return field16(backing, "vendorId") != VENDOR_NVIDIA
               ? NULL
               : gpu_device_text(arena, fixed_device(backing), false, NULL);
}

/* ---- lists of devices -------------------------------------------------------------------- */

struct words {
    VEC(const char *) items;
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "grid_p100-1q, 2 x grid_p100-4q": each word once, with its number. */
static const char *count_words(struct words *words, struct arena *arena)
{
    const char *all = NULL;
    if (words->items.n > 1)
        qsort(words->items.items, words->items.n, sizeof words->items.items[0], compare_words);
    for (size_t i = 0, n; i < words->items.n; i += n) {
        const char *word = words->items.items[i];
        for (n = 1; i + n < words->items.n && strcmp(words->items.items[i + n], word) == 0; n++)
            ;
        const char *text = gpu_text(arena, (int64_t)n, word);
        all = all == NULL ? text : arena_printf(arena, "%s, %s", all, text);
    }
    return all;
}

void machine_devices(struct machine_row *machine, const struct xml_node *devices,
                     struct arena *arena)
{
    struct words vgpus = {0}, models = {0}, cards = {0};
    machine->devices_known = devices != NULL;
    machine->fixed = false;
    XML_EACH_CHILD(it, devices)
    {
        const char *profile = device_vgpu(it), *card;
        const char *model = device_card(it, arena, &card);
        if (profile != NULL)
            VEC_PUSH(arena, &vgpus.items, arena_strdup(arena, profile));
        else if (xml_is_type(it, "VirtualPCIPassthrough"))
            machine->fixed = true;
        if (model != NULL)
            VEC_PUSH(arena, &models.items, model);
        if (card != NULL)
            VEC_PUSH(arena, &cards.items, arena_strdup(arena, card));
    }
    machine->vgpu = count_words(&vgpus, arena);
    machine->n_vgpus = vgpus.items.n;
    machine->passthrough = count_words(&models, arena);
    machine->cards = cards.items.items;
    machine->n_cards = cards.items.n;
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

int64_t options_mmio_gb(const struct xml_node *extra_config)
{
    const char *use = option_value(extra_config, "pciPassthru.use64bitMMIO");
    const char *size = option_value(extra_config, "pciPassthru.64bitMMIOSizeGB");
    int64_t gb;
    if (use == NULL || strcasecmp(use, "TRUE") != 0 || size == NULL || num_i64(size, &gb) < 0)
        return 0;
    return gb;
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

static int64_t number(const struct xml_node *object, const char *path)
{
    int64_t value;
    return xml_i64(props_get(object, path), &value) < 0 ? -1 : value;
}

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
    machine->cpus = number(object, "config.hardware.numCPU");
    machine->cores_per_socket = number(object, "config.hardware.numCoresPerSocket");
    machine->cpu_hot_add = props_true(object, "config.cpuHotAddEnabled");
    machine->mmio_gb = options_mmio_gb(options);
    machine->mark = machine_mark(options, machine->uuid, arena);
    machine->complete = machine_complete(options, machine->uuid, arena);
    return 0;
}

static int devices_pass(struct vc *vc, void *context, struct err *err)
{
    static const char *const with_mark[] = {"config.hardware.device",
                                            "config.extraConfig",
                                            "config.memoryReservationLockedToMax",
                                            "config.hardware.numCPU",
                                            "config.hardware.numCoresPerSocket",
                                            "config.cpuHotAddEnabled",
                                            NULL};
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
