/* read.c: the bulk read: one inventory, then only what is in question. See read.h. */
#include "read.h"

#include <string.h>

#include "arena.h"
#include "vec.h"

struct reading {
    struct vc vc;
    VEC(struct host_item) hosts;
    VEC(struct read_item *) templates;
    VEC(struct read_item *) specs;
};

static void sort_items(struct reading *reading, struct read_item *items, size_t n)
{
    struct arena *arena = reading->vc.arena;
    for (size_t i = 0; i < n; i++) {
        const char *kind = items[i].live->schema->kind;
        if (strcmp(kind, "host") == 0)
            VEC_PUSH(arena, &reading->hosts, ((struct host_item){.item = &items[i]}));
        else if (strcmp(kind, "template") == 0)
            VEC_PUSH(arena, &reading->templates, &items[i]);
        else if (strcmp(kind, "customization_spec") == 0)
            VEC_PUSH(arena, &reading->specs, &items[i]);
    }
}

static bool on_wanted_host(const struct reading *reading, const struct machine_row *machine)
{
    VEC_EACH (struct host_item, it, reading->hosts) {
        if (it->row != NULL && machine->host_id != NULL &&
            strcmp(it->row->ref.id, machine->host_id) == 0)
            return true;
    }
    return false;
}

static bool is_candidate(const struct reading *reading, const struct machine_row *machine)
{
    VEC_EACH (struct read_item *, it, reading->templates) {
        if (template_is_candidate(*it, machine))
            return true;
    }
    return false;
}

/* Marks of those that may be versions of templates; devices of the others on our hosts, where
 * they may include a GPU: a device list is the bulk of a machine (vsphere-api.md §4.2). */
static int read_devices(struct reading *reading, const struct inventory *inventory,
                        struct err *err)
{
    struct arena *arena = reading->vc.arena;
    VEC(struct machine_row *) marked = {0}, others = {0};
    for (size_t i = 0; i < inventory->n_machines; i++) {
        struct machine_row *machine = inventory->machines[i];
        if (is_candidate(reading, machine))
            VEC_PUSH(arena, &marked, machine);
        else if (machine->may_have_gpu && on_wanted_host(reading, machine))
            VEC_PUSH(arena, &others, machine);
    }
    if (machines_read_devices(&reading->vc, marked.items, marked.n, true, err) < 0)
        return -1;
    return machines_read_devices(&reading->vc, others.items, others.n, false, err);
}

static int read_machines(struct reading *reading, struct err *err)
{
    struct vc *vc = &reading->vc;
    struct inventory inventory;
    if (reading->hosts.n + reading->templates.n == 0)
        return 0;
    if (inventory_read(vc, INVENTORY_HOSTS | INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    VEC_EACH (struct host_item, it, reading->hosts)
        it->row = inventory_host(&inventory, it->item->live->name);
    if (hosts_read(vc, &inventory, reading->hosts.items, reading->hosts.n, err) < 0 ||
        read_devices(reading, &inventory, err) < 0)
        return -1;
    hosts_set_machines(&inventory, reading->hosts.items, reading->hosts.n, vc->arena);
    VEC_EACH (struct read_item *, it, reading->templates)
        template_decode(&inventory, *it, vc->arena);
    return 0;
}

/* Answers of the server are only needed until they are decoded, but live in the arena of the
 * reading; bulk data is streamed and costs nothing there. */
int vsphere_read_many(struct session *session, const struct op_env *env,
                      struct read_item *items, size_t n, struct arena *arena, struct err *err)
{
    struct reading reading = {.vc = {.session = session, .env = env, .arena = arena}};
    sort_items(&reading, items, n);
    if (read_machines(&reading, err) < 0 ||
        specs_read(&reading.vc, reading.specs.items, reading.specs.n, err) < 0)
        return -1;
    err_clear(err); /* what one resource could not be read for is its reason */
    return 0;
}
