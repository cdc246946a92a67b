/* read_templates.c: templates: the machine that holds a version, and its brothers. */
#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "types.h"
#include "vec.h"

int template_find(const struct inventory *inventory, const struct read_item *item,
                  struct machine_row **ret, struct err *err)
{
    size_t n = 0;
    const char *name = instance_text(item->wanted, "vm");
    *ret = inventory_machine_by_uuid(inventory, value_get_text(item->ids, "instance_uuid"));
    if (*ret != NULL)
        return 0;
    *ret = inventory_machine(inventory, name, &n);
    if (n > 1)
        return err_set(err, ERR_CONFLICT, "%zu machines are called %s", n, name);
    return 0;
}

/* Versions are called NAME-DIGEST8; the one in use may have been renamed. */
bool template_is_candidate(const struct read_item *item, const struct machine_row *machine)
{
    const char *name = item->live->name, *vm = instance_text(item->wanted, "vm");
    const char *uuid = value_get_text(item->ids, "instance_uuid");
    size_t n = strlen(name);
    if (strncmp(machine->name, name, n) == 0 && machine->name[n] == '-')
        return true;
    if (vm != NULL && strcmp(vm, machine->name) == 0)
        return true;
    return uuid != NULL && machine->uuid != NULL && strcmp(uuid, machine->uuid) == 0;
}

/* ---- versions ---- */

/* vCenter numbers machines in the order in which they came to be; ids of equal length compare
 * as numbers do. */
static int compare_age(const void *a, const void *b)
{
    const struct machine_row *const *left = a, *const *right = b;
    size_t m = strlen((*left)->ref.id), n = strlen((*right)->ref.id);
    if (m != n)
        return m < n ? -1 : 1;
    return strcmp((*left)->ref.id, (*right)->ref.id);
}

static const struct value *version_value(const struct inventory *inventory,
                                         const struct machine_row *machine, struct arena *arena)
{
    const struct host_row *host = inventory_host_by_id(inventory, machine->host_id);
    const struct value_field fields[] = {
        {"name", value_borrow(arena, machine->name)},
        {"vm", value_borrow(arena, machine->ref.id)},
        {"instance_uuid", value_borrow(arena, machine->uuid)},
        {"lineage", value_borrow(arena, machine->mark.lineage)},
        {"is_template", value_bool(machine->template)},
        {"complete", value_bool(machine->complete)},
        {"host", host == NULL ? value_absent() : value_borrow(arena, host->name)}};
    return value_map(arena, fields, ARRAY_LEN(fields));
}

/* Oldest first. Any lineage: the planner says whose they are. */
static const struct value *version_list(const struct inventory *inventory, const char *address,
                                        struct arena *arena)
{
    VEC(const struct machine_row *) found = {0};
    for (size_t i = 0; i < inventory->n_machines; i++) {
        const struct machine_row *machine = inventory->machines[i];
        if (machine->mark.own && strcmp(machine->mark.address, address) == 0)
            VEC_PUSH(arena, &found, machine);
    }
    if (found.n > 1)
        qsort(found.items, found.n, sizeof found.items[0], compare_age);
    const struct value **values = ARENA_ARRAY(arena, found.n + 1, const struct value *);
    for (size_t i = 0; i < found.n; i++)
        values[i] = version_value(inventory, found.items[i], arena);
    return value_list(arena, values, found.n);
}

/* ---- the one in use ---- */

static void set_unreadable(struct instance *live, struct arena *arena)
{
    static const char *const attrs[] = {"vgpu",        "passthrough", "memory_locked",
                                        "is_template", "cpus",        "cores_per_socket",
                                        "cpu_hot_add", "mmio_size"};
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        instance_set(live, attrs[i],
                     value_unreadable(arena, "vCenter cannot reach the machine's files"));
}

static void set_number(struct instance *live, const char *attr, int64_t number,
                       struct arena *arena)
{
    if (number >= 0)
        instance_set(live, attr, value_int(arena, number));
}

/* More MMIO space than is wanted is as good (vsphere-api.md §7.5). */
static void decode_hardware(const struct machine_row *machine, const struct instance *wanted,
                            struct instance *live, struct arena *arena)
{
    const struct value *mmio = instance_get(wanted, "mmio_size");
    int64_t have = machine->mmio_gb > INT32_MAX ? 0 : machine->mmio_gb << 30;
    set_number(live, "cpus", machine->cpus, arena);
    set_number(live, "cores_per_socket", machine->cores_per_socket, arena);
    instance_set(live, "cpu_hot_add", value_bool(machine->cpu_hot_add));
    if (have > 0)
        instance_set(live, "mmio_size",
                     mmio->type == VALUE_INT && have >= mmio->integer ? mmio
                                                                      : value_int(arena, have));
}

static void decode_machine(const struct inventory *inventory, struct machine_row *machine,
                           const struct instance *wanted, struct instance *live,
                           struct arena *arena)
{
    const struct host_row *host = inventory_host_by_id(inventory, machine->host_id);
    const struct value_field ids[] = {
        {"vm", value_borrow(arena, machine->ref.id)},
        {"instance_uuid",
         machine->uuid == NULL ? value_absent() : value_borrow(arena, machine->uuid)},
        {"name", value_borrow(arena, machine->name)}};
    live->presence = PRESENCE_PRESENT;
    live->ids = value_map(arena, ids, ARRAY_LEN(ids));
    live->mark = machine->mark;
    instance_set(live, "vm", value_borrow(arena, machine->name));
    instance_set(live, "powered_on", value_bool(machine->on));
    if (host != NULL)
        instance_set(live, "host", value_borrow(arena, host->name));
    if (machine->firmware != NULL)
        instance_set(live, "firmware", value_borrow(arena, machine->firmware));
    if (!machine->devices_known) {
        set_unreadable(live, arena);
        return;
    }
    if (machine->vgpu != NULL)
        instance_set(live, "vgpu", value_borrow(arena, machine->vgpu));
    if (machine->passthrough != NULL)
        instance_set(live, "passthrough", value_borrow(arena, machine->passthrough));
    decode_hardware(machine, wanted, live, arena);
    instance_set(live, "memory_locked", value_bool(machine->memory_locked));
    instance_set(live, "is_template", value_bool(machine->template));
    instance_set(live, "complete", value_bool(machine->complete));
}

void template_decode(const struct inventory *inventory, struct read_item *item,
                     struct arena *arena)
{
    struct err err;
    struct machine_row *machine = NULL;
    struct instance *live = item->live;
    if (template_find(inventory, item, &machine, &err) < 0) {
        live->presence = PRESENCE_UNREADABLE;
        live->reason = arena_strdup(arena, err.message);
        return;
    }
    if (machine == NULL) {
        live->presence = PRESENCE_ABSENT;
        return;
    }
    decode_machine(inventory, machine, item->wanted, live, arena);
    instance_set(live, "versions", version_list(inventory, live->address, arena));
}
