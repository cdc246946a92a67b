/* vim25_inventory.c: properties of the inventory around hosts and machines: names, parents,
 * what refers to what, clusters, pools, datastores, networks, tasks. */
#include <string.h>

#include "vim25_call.h"

/* Names as vCenter shows them (vsphere-api.md §3). */
static char *escaped(struct call *call, const char *name)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '%' || *p == '/' || *p == '\\')
            strbuf_addf(&text, "%%%02x", (unsigned)(unsigned char)*p);
        else
            strbuf_add_char(&text, *p);
    }
    char *copy = arena_strdup(call->arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

static const char *folder_name(const struct object *folder)
{
    static const char *const names[][2] = {{"group-d1", "Datacenters"},
                                           {"group-v3", "vm"},
                                           {"group-h4", "host"},
                                           {"group-s5", "datastore"},
                                           {"group-n6", "network"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i][0], folder->id) == 0)
            return names[i][1];
    return strrchr(folder->folder, '/') + 1;
}

static const char *entity_name(struct call *call, const struct object *object)
{
    if (object->vm != NULL)
        return object->vm->name;
    if (object->datastore != NULL)
        return object->datastore->name;
    if (object->network != NULL)
        return object->network->name;
    if (type_is(object->type, "ResourcePool"))
        return "Resources";
    if (object->cluster != NULL)
        return object->cluster->name;
    if (object->host != NULL)
        return object->host->name;
    return type_is(object->type, "Datacenter") ? call->world->datacenter : folder_name(object);
}

static struct val *read_name(struct call *call, const struct object *object)
{
    return val_simple(&call->b, "string", escaped(call, entity_name(call, object)));
}

static struct val *folder_parent(struct call *call, const struct object *folder)
{
    if (strcmp(folder->id, "group-d1") == 0)
        return NULL;
    const char *slash = folder->folder == NULL ? NULL : strrchr(folder->folder, '/');
    if (slash == NULL)
        return val_reference(&call->b, "Datacenter", "datacenter-2");
    char *above = arena_memdup(call->arena, folder->folder, (size_t)(slash - folder->folder));
    return val_reference(&call->b, "Folder", vm_folder_id(call, above));
}

static struct val *read_parent(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    if (type_is(object->type, "Folder"))
        return folder_parent(call, object);
    if (type_is(object->type, "Datacenter"))
        return val_reference(b, "Folder", "group-d1");
    if (object->vm != NULL)
        return val_reference(b, "Folder", vm_folder_id(call, object->vm->folder));
    if (object->datastore != NULL)
        return val_reference(b, "Folder", "group-s5");
    if (object->network != NULL)
        return val_reference(b, "Folder", "group-n6");
    if (type_is(object->type, "ComputeResource"))
        return val_reference(b, "Folder", "group-h4");
    if (object->cluster != NULL)
        return val_reference(b, "ClusterComputeResource", object->cluster->moref);
    bool clustered = world_cluster(call->world, object->host->cluster) != NULL;
    return val_reference(b, clustered ? "ClusterComputeResource" : "ComputeResource",
                         host_compute_id(call, object->host));
}

static struct val *read_status(struct call *call, const struct object *object)
{
    bool red = object->host != NULL && !host_answers(object->host);
    return val_simple(&call->b, "ManagedEntityStatus", red ? "red" : "green");
}

static struct val *read_recent_tasks(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Task", true);
    VEC_EACH (struct task *, it, call->world->tasks) {
        bool mine = (object->vm != NULL && (*it)->vm == object->vm) ||
                    (object->vm == NULL && object->host != NULL && (*it)->vm == NULL &&
                     (*it)->host == object->host);
        if (mine)
            VEC_PUSH(call->arena, &list->items, val_reference(&call->b, "Task", (*it)->moref));
    }
    return list;
}

/* ---- what refers to what --------------------------------------------------------------------
 */

static struct val *filtered_children(struct call *call, const struct object *object,
                                     const char *type)
{
    struct val *all = val_list(&call->b, type, true), *list = val_list(&call->b, type, true);
    object_children(call, object, all);
    VEC_EACH (struct val *, it, all->items)
        if (strcmp((*it)->type, type) == 0)
            VEC_PUSH(call->arena, &list->items, *it);
    return list;
}

static struct val *read_child_entities(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "ManagedEntity", true);
    object_children(call, object, list);
    return list;
}

static struct val *read_child_types(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "string", false);
    const char *type = "VirtualMachine";
    if (strcmp(object->id, "group-d1") == 0)
        type = "Datacenter";
    else if (strcmp(object->id, "group-h4") == 0)
        type = "ComputeResource";
    else if (strcmp(object->id, "group-s5") == 0)
        type = "Datastore";
    else if (strcmp(object->id, "group-n6") == 0)
        type = "Network";
    VEC_PUSH(call->arena, &list->items, val_simple(&call->b, "string", "Folder"));
    VEC_PUSH(call->arena, &list->items, val_simple(&call->b, "string", type));
    return list;
}

static struct val *read_hosts(struct call *call, const struct object *object)
{
    return filtered_children(call, object, "HostSystem");
}

static struct val *read_vms(struct call *call, const struct object *object)
{
    return filtered_children(call, object, "VirtualMachine");
}

static struct val *read_all_datastores(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Datastore", true);
    (void)object;
    VEC_EACH (struct datastore, it, call->world->datastores)
        VEC_PUSH(call->arena, &list->items, val_reference(&call->b, "Datastore", it->moref));
    return list;
}

static struct val *read_all_networks(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Network", true);
    (void)object;
    VEC_EACH (struct network, it, call->world->networks)
        VEC_PUSH(call->arena, &list->items, val_reference(&call->b, "Network", it->moref));
    return list;
}

static struct val *read_all_hosts(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "HostSystem", true);
    (void)object;
    VEC_EACH (struct host *, it, call->world->hosts)
        VEC_PUSH(call->arena, &list->items,
                 val_reference(&call->b, "HostSystem", (*it)->moref));
    return list;
}

static bool on_network(const struct vm *vm, const struct network *network)
{
    VEC_EACH (const struct device, it, vm->devices)
        if (it->kind == DEVICE_NIC && it->network != NULL &&
            strcmp(it->network, network->name) == 0)
            return true;
    return false;
}

/* Machines of a datastore or a network. */
static struct val *read_users(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "VirtualMachine", true);
    VEC_EACH (struct vm *, it, call->world->vms) {
        bool uses = object->datastore != NULL
                        ? (*it)->datastore != NULL &&
                              strcmp((*it)->datastore, object->datastore->name) == 0
                        : on_network(*it, object->network);
        if (!(*it)->gone && uses)
            VEC_PUSH(call->arena, &list->items,
                     val_reference(&call->b, "VirtualMachine", (*it)->moref));
    }
    return list;
}

static struct val *read_dc_folder(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "Folder", "group-v3");
}

static struct val *read_host_folder(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "Folder", "group-h4");
}

static struct val *read_store_folder(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "Folder", "group-s5");
}

static struct val *read_net_folder(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "Folder", "group-n6");
}

/* ---- clusters and pools
 * ----------------------------------------------------------------------- */

static struct val *read_pool(struct call *call, const struct object *object)
{
    const char *id = object->cluster != NULL ? object->cluster->resource_pool
                                             : host_pool_id(call, object->host);
    return val_reference(&call->b, "ResourcePool", id);
}

static struct val *read_browser(struct call *call, const struct object *object)
{
    return val_reference(&call->b, "EnvironmentBrowser",
                         arena_printf(call->arena, "envbrowser-%s", object->id));
}

static bool belongs(struct call *call, const struct host *host, const struct object *compute)
{
    return compute->host == host ||
           (compute->cluster != NULL &&
            world_cluster(call->world, host->cluster) == compute->cluster);
}

static struct val *read_compute_summary(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    bool cluster = object->cluster != NULL;
    struct val *summary =
        val_object(b, cluster ? "ClusterComputeResourceSummary" : "ComputeResourceSummary");
    int64_t cpu = 0, memory = 0, cores = 0, threads = 0, hosts = 0, effective = 0;
    VEC_EACH (struct host *, it, call->world->hosts) {
        const struct host *host = *it;
        if (!belongs(call, host, object))
            continue;
        cpu += host->cpu_hz / 1000000 * host->cpu_cores;
        memory += host->memory_bytes;
        cores += host->cpu_cores;
        threads += host->cpu_threads;
        hosts++;
        effective += host_answers(host) && !host->in_maintenance;
    }
    val_int(b, summary, "totalCpu", cpu);
    val_int(b, summary, "totalMemory", memory);
    val_int(b, summary, "numCpuCores", cores);
    val_int(b, summary, "numCpuThreads", threads);
    val_int(b, summary, "effectiveCpu", cpu);
    val_int(b, summary, "effectiveMemory", memory / 1048576);
    val_int(b, summary, "numHosts", hosts);
    val_int(b, summary, "numEffectiveHosts", effective);
    val_text(b, summary, "overallStatus", "green");
    if (cluster) {
        val_int(b, summary, "currentFailoverLevel", 0);
        val_int(b, summary, "numVmotions", 0);
    }
    return summary;
}

static struct val *read_compute_config(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    if (object->cluster == NULL) {
        struct val *config = val_object(b, "ComputeResourceConfigInfo");
        val_text(b, config, "vmSwapPlacement", "vmDirectory");
        return config;
    }
    struct val *config = val_object(b, "ClusterConfigInfoEx");
    val_text(b, config, "vmSwapPlacement", "vmDirectory");
    struct val *das = val_sub(b, config, "dasConfig");
    val_bool(b, das, "enabled", false);
    struct val *drs = val_sub(b, config, "drsConfig");
    val_bool(b, drs, "enabled", object->cluster->drs_enabled);
    val_bool(b, drs, "enableVmBehaviorOverrides", true);
    val_text(b, drs, "defaultVmBehavior", object->cluster->drs_behavior);
    val_int(b, drs, "vmotionRate", 3);
    return config;
}

static struct val *read_owner(struct call *call, const struct object *object)
{
    if (object->cluster != NULL)
        return val_reference(&call->b, "ClusterComputeResource", object->cluster->moref);
    return val_reference(&call->b, "ComputeResource", host_compute_id(call, object->host));
}

static struct val *read_pool_config(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    static const char *const kinds[] = {"cpuAllocation", "memoryAllocation"};
    struct val *config = val_object(b, "ResourceConfigSpec");
    val_set(b, config, "entity", object_reference(call, object));
    val_text(b, config, "changeVersion", "1");
    for (size_t i = 0; i < 2; i++) {
        struct val *allocation = val_sub_as(b, config, kinds[i], "ResourceAllocationInfo");
        val_int(b, allocation, "reservation", 0);
        val_bool(b, allocation, "expandableReservation", true);
        val_int(b, allocation, "limit", -1);
    }
    return config;
}

/* ---- datastores and networks ----------------------------------------------------------------
 */

static struct val *read_store_summary(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct datastore *store = object->datastore;
    struct val *summary = val_object(b, "DatastoreSummary");
    val_ref(b, summary, "datastore", "Datastore", store->moref);
    val_text(b, summary, "name", store->name);
    val_text(b, summary, "url",
             arena_printf(call->arena, "ds:///vmfs/volumes/%s/", store->name));
    val_int(b, summary, "capacity", store->capacity);
    val_int(b, summary, "freeSpace", store->free);
    val_bool(b, summary, "accessible", true);
    val_bool(b, summary, "multipleHostAccess", true);
    val_text(b, summary, "type", "VMFS");
    val_text(b, summary, "maintenanceMode", "normal");
    return summary;
}

static struct val *read_store_info(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct datastore *store = object->datastore;
    struct val *info = val_object(b, "DatastoreInfo");
    val_text(b, info, "name", store->name);
    val_text(b, info, "url", arena_printf(call->arena, "ds:///vmfs/volumes/%s/", store->name));
    val_int(b, info, "freeSpace", store->free);
    val_int(b, info, "maxFileSize", 64LL << 40);
    val_int(b, info, "maxMemoryFileSize", 64LL << 40);
    return info;
}

static struct val *read_store_hosts(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    struct val *list = val_list(b, "DatastoreHostMount", false);
    VEC_EACH (struct host *, it, call->world->hosts) {
        struct val *mount = val_object(b, "DatastoreHostMount");
        val_ref(b, mount, "key", "HostSystem", (*it)->moref);
        struct val *info = val_sub(b, mount, "mountInfo");
        val_text(b, info, "path",
                 arena_printf(call->arena, "/vmfs/volumes/%s", object->datastore->name));
        val_text(b, info, "accessMode", "readWrite");
        val_bool(b, info, "mounted", true);
        val_bool(b, info, "accessible", true);
        VEC_PUSH(call->arena, &list->items, mount);
    }
    return list;
}

static struct val *read_net_summary(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    struct val *summary = val_object(b, "NetworkSummary");
    val_ref(b, summary, "network", "Network", object->network->moref);
    val_text(b, summary, "name", object->network->name);
    val_bool(b, summary, "accessible", true);
    val_text(b, summary, "ipPoolName", "");
    return summary;
}

const struct property inventory_properties[] = {
    {"ManagedEntity", "name", read_name},
    {"ManagedEntity", "parent", read_parent},
    {"ManagedEntity", "overallStatus", read_status},
    {"ManagedEntity", "configStatus", read_status},
    {"ManagedEntity", "recentTask", read_recent_tasks},
    {"Folder", "childEntity", read_child_entities},
    {"Folder", "childType", read_child_types},
    {"Datacenter", "vmFolder", read_dc_folder},
    {"Datacenter", "hostFolder", read_host_folder},
    {"Datacenter", "datastoreFolder", read_store_folder},
    {"Datacenter", "networkFolder", read_net_folder},
    {"Datacenter", "datastore", read_all_datastores},
    {"Datacenter", "network", read_all_networks},
    {"ComputeResource", "resourcePool", read_pool},
    {"ComputeResource", "host", read_hosts},
    {"ComputeResource", "datastore", read_all_datastores},
    {"ComputeResource", "network", read_all_networks},
    {"ComputeResource", "summary", read_compute_summary},
    {"ComputeResource", "environmentBrowser", read_browser},
    {"ComputeResource", "configurationEx", read_compute_config},
    {"ResourcePool", "owner", read_owner},
    {"ResourcePool", "vm", read_vms},
    {"ResourcePool", "config", read_pool_config},
    {"HostSystem", "vm", read_vms},
    {"HostSystem", "datastore", read_all_datastores},
    {"HostSystem", "network", read_all_networks},
    {"Datastore", "summary", read_store_summary},
    {"Datastore", "info", read_store_info},
    {"Datastore", "host", read_store_hosts},
    {"Datastore", "vm", read_users},
    {"Network", "summary", read_net_summary},
    {"Network", "host", read_all_hosts},
    {"Network", "vm", read_users},
    {0},
};
