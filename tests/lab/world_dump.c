/* world_dump.c: the world as JSON, objects by their natural names: hosts/<name>, vms/<name>,
 * vra/blueprints/<id>. world_poke.c takes the same paths. */
#include "world.h"

#include "world_fields.h"
#include "world_internal.h"

/* The first of a name keeps it; a namesake in another folder is found by name#moref. */
static void put(struct world *world, json_t *object, const char *name, const char *moref,
                json_t *value)
{
    if (json_object_get(object, name))
        name = arena_printf(world->arena, "%s#%s", name, moref);
    json_object_set_new(object, name, value);
}

static json_t *dump_hosts(struct world *world)
{
    json_t *hosts = json_object();
    VEC_EACH (struct host *, it, world->hosts) {
        json_t *host = fields_dump(&host_table, *it);
        json_object_set_new(host, "driver_runs", json_boolean(host_driver_runs(*it)));
        json_object_set_new(host, "powered_on", json_integer(host_powered_on(world, *it)));
        put(world, hosts, (*it)->name, (*it)->moref, host);
    }
    return hosts;
}

static json_t *dump_vms(struct world *world)
{
    json_t *vms = json_object();
    VEC_EACH (struct vm *, it, world->vms) {
        if ((*it)->gone)
            continue;
        json_t *vm = fields_dump(&vm_table, *it);
        json_object_set_new(vm, "busy",
                            (*it)->busy ? json_string((*it)->busy->moref) : json_null());
        put(world, vms, (*it)->name, (*it)->moref, vm);
    }
    return vms;
}

static json_t *dump_specs(struct world *world)
{
    json_t *specs = json_object();
    VEC_EACH (struct custom_spec *, it, world->specs) {
        if (!(*it)->gone)
            json_object_set_new(specs, (*it)->name, fields_dump(&spec_table, *it));
    }
    return specs;
}

#define DUMP_PLAIN(world, list, table)                                                         \
    ({                                                                                         \
        json_t *plain = json_object();                                                         \
        for (size_t i = 0; i < (list).n; i++)                                                  \
            put((world), plain, (list).items[i].name, (list).items[i].moref,                   \
                fields_dump(&(table), &(list).items[i]));                                      \
        plain;                                                                                 \
    })

static json_t *dump_vra_list(const struct vra_list *list)
{
    json_t *dump = json_object();
    VEC_EACH (struct vra_object *, it, list->items) {
        if (!(*it)->gone)
            json_object_set_new(dump, (*it)->id, json_deep_copy((*it)->body));
    }
    return dump;
}

static json_t *dump_vra(struct world *world)
{
    json_t *vra = json_pack("{s:s?, s:s?, s:I}", "version", world->vra.version, "tenant",
                            world->vra.tenant, "inventory_synced_at",
                            (json_int_t)world->vra.inventory_synced_at);
    for (size_t i = 0; i < N_VRA_LISTS; i++)
        json_object_set_new(vra, vra_lists[i].name,
                            dump_vra_list(vra_list_of(world, &vra_lists[i])));
    json_object_set_new(vra, "switches", json_deep_copy(world->vra.switches));
    json_object_set_new(vra, "principals", json_deep_copy(world->vra.principals));
    json_object_set_new(vra, "source_machines", json_deep_copy(world->vra.source_machines));
    return vra;
}

json_t *world_dump(struct world *world)
{
    json_t *dump = json_object();
    json_object_set_new(dump, "now", json_integer(world_now(world)));
    json_object_set_new(dump, "speed", json_real(world->speed));
    json_object_set_new(dump, "hosts", dump_hosts(world));
    json_object_set_new(dump, "vms", dump_vms(world));
    json_object_set_new(dump, "clusters", DUMP_PLAIN(world, world->clusters, cluster_table));
    json_object_set_new(dump, "datastores",
                        DUMP_PLAIN(world, world->datastores, datastore_table));
    json_object_set_new(dump, "networks", DUMP_PLAIN(world, world->networks, network_table));
    json_object_set_new(dump, "specs", dump_specs(world));
    json_object_set_new(dump, "vra", dump_vra(world));
    return dump;
}
