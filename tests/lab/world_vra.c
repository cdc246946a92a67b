/* world_vra.c: lists of the simulated vRealize Automation: finding, showing, time passing, the
 * inventory collection. What the lists hold at the start is world_vra_load.c's. */
#include "world_vra.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "digest.h"
#include "num.h"
#include "strbuf.h"

static const struct {
    const char *name;
    size_t offset;
} lists[] = {
    {"business_groups", offsetof(struct vra, business_groups)},
    {"machine_prefixes", offsetof(struct vra, machine_prefixes)},
    {"reservation_policies", offsetof(struct vra, reservation_policies)},
    {"reservations", offsetof(struct vra, reservations)},
    {"network_profiles", offsetof(struct vra, network_profiles)},
    {"components", offsetof(struct vra, components)},
    {"blueprints", offsetof(struct vra, blueprints)},
    {"catalog_items", offsetof(struct vra, catalog_items)},
    {"services", offsetof(struct vra, services)},
    {"entitlements", offsetof(struct vra, entitlements)},
    {"icons", offsetof(struct vra, icons)},
};

static struct vra_list *list_at(struct vra *vra, size_t i)
{
    return (struct vra_list *)((char *)vra + lists[i].offset);
}

bool vra_switch(const struct world *world, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(world->vra.switches, name);
    if (json_is_string(value))
        return strcmp(json_string_value(value), "true") == 0;
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

int64_t vra_switch_number(const struct world *world, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(world->vra.switches, name);
    int64_t number = otherwise;
    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_string(value) && num_i64(json_string_value(value), &number) < 0)
        return otherwise;
    return number;
}

/* ---- lists ------------------------------------------------------------------------------ */

struct vra_object *vra_list_add(struct world *world, struct vra_list *list, const char *id,
                                json_t *body, int64_t visible_at)
{
    struct vra_object *object = ARENA_NEW(world->arena, struct vra_object);
    object->id = world_strdup(world, id);
    object->body = body;
    object->visible_at = visible_at;
    VEC_PUSH(world->arena, &list->items, object);
    return object;
}

struct vra_object *vra_list_find(const struct vra_list *list, const char *id)
{
    for (size_t i = 0; i < list->items.n; i++) {
        struct vra_object *object = list->items.items[i];
        if (!object->gone && strcmp(object->id, id) == 0)
            return object;
    }
    return NULL;
}

struct vra_object *vra_list_by(const struct vra_list *list, const char *key, const char *value)
{
    for (size_t i = 0; i < list->items.n; i++) {
        struct vra_object *object = list->items.items[i];
        const char *text = json_string_value(json_object_get(object->body, key));
        if (!object->gone && text != NULL && strcmp(text, value) == 0)
            return object;
    }
    return NULL;
}

json_t *vra_object_shown(const struct world *world, const struct vra_object *object)
{
    if (object->gone)
        return NULL;
    return world_now(world) >= object->visible_at ? object->body : object->shown;
}

void vra_object_remove(struct vra_object *object)
{
    object->gone = true;
    json_decref(object->body);
    json_decref(object->shown);
    object->body = object->shown = NULL;
}

/* ---- time and names --------------------------------------------------------------------- */

char *vra_time(struct world *world, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[40];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    return arena_printf(world->arena, "%s.%03dZ", text, (int)(ms % 1000));
}

void vra_guid_of(const char *kind, const char *name, char ret_guid[37])
{
    struct strbuf text;
    strbuf_init(&text, 4096);
    strbuf_addf(&text, "%s/%s", kind, name);
    struct digest digest = digest_bytes(strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    const char *h = digest.hex;
    snprintf(ret_guid, 37, "%.8s-%.4s-4%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}

/* ---- fields of components --------------------------------------------------------------- */

const json_t *vra_facet(const json_t *data, const char *field)
{
    const json_t *value = json_object_get(data, field);
    if (!json_is_object(value))
        return value;
    const json_t *fixed = json_object_get(value, "fixed");
    if (fixed != NULL)
        return fixed;
    const json_t *otherwise = json_object_get(value, "default");
    if (otherwise != NULL)
        return otherwise;
    return json_object_get(value, "id") != NULL ? value : NULL;
}

const char *vra_facet_id(const json_t *data, const char *field)
{
    const json_t *value = vra_facet(data, field);
    if (json_is_object(value))
        value = json_object_get(value, "id");
    return json_string_value(value);
}

/* ---- inventory -------------------------------------------------------------------------- */

static json_t *machine_disks(const struct vm *vm, int64_t *ret_bytes)
{
    json_t *disks = json_array();
    int id = 0;
    VEC_EACH (struct device, device, vm->devices) {
        if (device->kind != DEVICE_DISK)
            continue;
        *ret_bytes += device->disk_capacity;
        json_array_append_new(
            disks, json_pack("{s:i, s:s, s:I, s:b}", "id", id, "label",
                             device->label != NULL ? device->label : "Hard disk", "capacity",
                             (json_int_t)(device->disk_capacity >> 30), "isClone", 1));
        id++;
    }
    return disks;
}

static json_t *source_machine(const struct world *world, const struct vm *vm)
{
    char guid[37];
    int64_t bytes = 0;
    vra_guid_of("source-machine", vm->instance_uuid, guid);
    json_t *disks = machine_disks(vm, &bytes);
    bool windows = vm->guest_id != NULL && strncasecmp(vm->guest_id, "win", 3) == 0;
    return json_pack("{s:s, s:s, s:s?, s:s, s:s, s:b, s:i, s:I, s:I, s:o, s:s, s:s?, s:s, s:n, "
                     "s:n, s:s, s:[]}",
                     "id", guid, "name", vm->name, "description", vm->annotation, "externalId",
                     vm->instance_uuid, "status", "Off", "isTemplate", 1, "cpu", (int)vm->cpus,
                     "memoryMB", (json_int_t)vm->memory_mb, "storageGB",
                     (json_int_t)(bytes >> 30), "disks", disks, "guestOSFamily",
                     windows ? "Windows" : "Linux", "hostName", vm->host, "endpointName",
                     world->vcenter_name != NULL ? world->vcenter_name : "vcenter",
                     "reservationName", "region", "interfaceType", "vSphere", "properties");
}

void world_vra_collect(struct world *world)
{
    json_t *machines = json_array();
    for (size_t i = 0; i < world->vms.n; i++) {
        const struct vm *vm = world->vms.items[i];
        if (vm->template && !vm->gone)
            json_array_append_new(machines, source_machine(world, vm));
    }
    json_decref(world->vra.source_machines);
    world->vra.source_machines = machines;
    world->vra.inventory_synced_at = world_now(world);
}

const json_t *vra_source_machine(const struct world *world, const char *guid)
{
    size_t i;
    json_t *machine;
    json_array_foreach(world->vra.source_machines, i, machine)
    {
        if (strcmp(json_string_value(json_object_get(machine, "id")), guid) == 0)
            return machine;
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------- */

static void list_tick(struct world *world, struct vra_list *list)
{
    for (size_t i = 0; i < list->items.n; i++) {
        struct vra_object *object = list->items.items[i];
        if (object->shown == NULL || world_now(world) < object->visible_at)
            continue;
        json_decref(object->shown);
        object->shown = NULL;
    }
}

void vra_world_tick(struct world *world)
{
    int64_t interval = world->takes.inventory_interval;
    list_tick(world, &world->vra.catalog_items);
    if (interval > 0 && world_now(world) >= world->vra.inventory_synced_at + interval)
        world_vra_collect(world);
}

static void list_release(struct vra_list *list)
{
    for (size_t i = 0; i < list->items.n; i++)
        vra_object_remove(list->items.items[i]);
}

void vra_world_release(struct world *world)
{
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        list_release(list_at(&world->vra, i));
    json_decref(world->vra.source_machines);
    json_decref(world->vra.switches);
    json_decref(world->vra.principals);
    world->vra.source_machines = world->vra.switches = world->vra.principals = NULL;
}
