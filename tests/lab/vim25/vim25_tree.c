/* vim25_tree.c: the inventory tree of the world as managed objects: identifiers, and what
 * contains what. One datacenter; folders below the VM folder exist while a machine names them.
 */
#include <string.h>

#include "map.h"
#include "vim25_call.h"

static const struct {
    const char *type, *id;
} singletons[] = {
    {"ServiceInstance", "ServiceInstance"},
    {"SessionManager", "SessionManager"},
    {"ViewManager", "ViewManager"},
    {"TaskManager", "TaskManager"},
    {"SearchIndex", "SearchIndex"},
    {"CustomizationSpecManager", "CustomizationSpecManager"},
    {"GuestOperationsManager", "guestOperationsManager"},
    {"GuestAuthManager", "guestOperationsAuthManager"},
    {"GuestFileManager", "guestOperationsFileManager"},
    {"GuestProcessManager", "guestOperationsProcessManager"},
    {"Folder", "group-d1"},
    {"Datacenter", "datacenter-2"},
    {"Folder", "group-v3"},
    {"Folder", "group-h4"},
    {"Folder", "group-s5"},
    {"Folder", "group-n6"},
};

static const struct {
    const char *type, *prefix;
} managers[] = {
    {"HostGraphicsManager", "graphicsManager-"},
    {"HostPciPassthruSystem", "pciPassthruSystem-"},
    {"HostPowerSystem", "powerSystem-"},
    {"HostServiceSystem", "serviceSystem-"},
    {"HostImageConfigManager", "imageConfigManager-"},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct object *object_new(struct call *call, const char *type, const char *id)
{
    struct object *object = ARENA_NEW(call->arena, struct object);
    object->type = schema_type(call->server->schema, type);
    object->id = arena_strdup(call->arena, id);
    object->values = ARENA_ARRAY(call->arena, object->type->n_fields + 1, struct val *);
    object->known = ARENA_ARRAY(call->arena, object->type->n_fields + 1, bool);
    return object;
}

struct val *object_reference(struct call *call, const struct object *object)
{
    return val_reference(&call->b, object->type->name, object->id);
}

bool host_answers(const struct host *host)
{
    return host->state == HOST_CONNECTED;
}

const char *host_suffix(const struct host *host)
{
    const char *dash = strchr(host->moref, '-');
    return dash == NULL ? host->moref : dash + 1;
}

const char *host_compute_id(struct call *call, const struct host *host)
{
    struct cluster *cluster = world_cluster(call->world, host->cluster);
    return cluster != NULL ? cluster->moref
                           : arena_printf(call->arena, "domain-s%s", host_suffix(host));
}

const char *host_pool_id(struct call *call, const struct host *host)
{
    struct cluster *cluster = world_cluster(call->world, host->cluster);
    return cluster != NULL ? cluster->resource_pool
                           : arena_printf(call->arena, "resgroup-s%s", host_suffix(host));
}

/* ---- folders of machines ---------------------------------------------------------------- */

struct vm_paths {
    VEC(const char *) items;
};

static const char *full_path(struct call *call, const char *path)
{
    if (path == NULL || *path == '\0')
        return "vm";
    if (strcmp(path, "vm") == 0 || strncmp(path, "vm/", 3) == 0)
        return path;
    return arena_printf(call->arena, "vm/%s", path);
}

static void add_path(struct call *call, struct vm_paths *paths, const char *path)
{
    for (size_t size = strcspn(path, "/"); path[size] != '\0';) {
        size += 1 + strcspn(path + size + 1, "/");
        const char *part = arena_memdup(call->arena, path, size);
        bool known = false;
        VEC_EACH (const char *, it, paths->items)
            known = known || strcmp(*it, part) == 0;
        if (!known)
            VEC_PUSH(call->arena, &paths->items, part);
    }
}

/* Every folder that a machine ever named, in order of appearance: so its id is stable. */
static const struct vm_paths *all_paths(struct call *call)
{
    if (call->paths != NULL)
        return call->paths;
    const char *last = NULL;
    call->paths = ARENA_NEW(call->arena, struct vm_paths);
    VEC_EACH (struct vm *, it, call->world->vms) {
        const char *path = full_path(call, (*it)->folder);
        if (last == NULL || strcmp(path, last) != 0)
            add_path(call, call->paths, path);
        last = path;
    }
    return call->paths;
}

static char *path_id(struct call *call, size_t i)
{
    return arena_printf(call->arena, "group-v%zu", 1000 + i);
}

const char *vm_folder_id(struct call *call, const char *path)
{
    const struct vm_paths *paths = all_paths(call);
    path = full_path(call, path);
    for (size_t i = 0; i < paths->items.n; i++)
        if (strcmp(paths->items.items[i], path) == 0)
            return path_id(call, i);
    return "group-v3";
}

const char *vm_folder_path(struct call *call, const char *id)
{
    if (strncmp(id, "group-v", 7) != 0)
        return NULL;
    if (strcmp(id, "group-v3") == 0)
        return "vm";
    const struct vm_paths *paths = all_paths(call);
    for (size_t i = 0; i < paths->items.n; i++)
        if (strcmp(path_id(call, i), id) == 0)
            return paths->items.items[i];
    return NULL;
}

/* ---- finding ----------------------------------------------------------------------------- */

static struct object *find_singleton(struct call *call, const char *id)
{
    for (size_t i = 0; i < N_OF(singletons); i++)
        if (strcmp(singletons[i].id, id) == 0)
            return object_new(call, singletons[i].type, id);
    return NULL;
}

static struct object *of_host(struct call *call, const char *type, const char *id,
                              struct host *host)
{
    if (host == NULL)
        return NULL;
    struct object *object = object_new(call, type, id);
    object->host = host;
    return object;
}

static struct host *host_of(struct call *call, const char *suffix)
{
    return world_host_by_moref(call->world, arena_printf(call->arena, "host-%s", suffix));
}

static struct object *find_of_host(struct call *call, const char *id)
{
    for (size_t i = 0; i < N_OF(managers); i++) {
        size_t size = strlen(managers[i].prefix);
        if (strncmp(id, managers[i].prefix, size) == 0)
            return of_host(call, managers[i].type, id, host_of(call, id + size));
    }
    if (strncmp(id, "domain-s", 8) == 0)
        return of_host(call, "ComputeResource", id, host_of(call, id + 8));
    if (strncmp(id, "resgroup-s", 10) == 0)
        return of_host(call, "ResourcePool", id, host_of(call, id + 10));
    if (strncmp(id, "envbrowser-domain-s", 19) == 0)
        return of_host(call, "EnvironmentBrowser", id, host_of(call, id + 19));
    return of_host(call, "HostSystem", id, world_host_by_moref(call->world, id));
}

static struct object *find_of_cluster(struct call *call, const char *id)
{
    VEC_EACH (struct cluster, it, call->world->clusters) {
        const char *type = NULL;
        if (strcmp(it->moref, id) == 0)
            type = "ClusterComputeResource";
        else if (strcmp(it->resource_pool, id) == 0)
            type = "ResourcePool";
        else if (strncmp(id, "envbrowser-", 11) == 0 && strcmp(it->moref, id + 11) == 0)
            type = "EnvironmentBrowser";
        if (type == NULL)
            continue;
        struct object *object = object_new(call, type, id);
        object->cluster = it;
        return object;
    }
    return NULL;
}

static struct object *find_store(struct call *call, const char *id)
{
    struct object *object;
    VEC_EACH (struct datastore, it, call->world->datastores)
        if (strcmp(it->moref, id) == 0) {
            object = object_new(call, "Datastore", id);
            object->datastore = it;
            return object;
        }
    VEC_EACH (struct network, it, call->world->networks)
        if (strcmp(it->moref, id) == 0) {
            object = object_new(call, "Network", id);
            object->network = it;
            return object;
        }
    return NULL;
}

static struct object *find_of_session(struct call *call, const char *id)
{
    struct view *view = session_view(call->session, id);
    if (view != NULL) {
        struct object *object = object_new(call, "ContainerView", id);
        object->view = view;
        return object;
    }
    if (strcmp(id, "propertyCollector") == 0 || strstr(id, "]pc-") != NULL)
        return object_new(call, "PropertyCollector", id);
    return strstr(id, "]f-") == NULL ? NULL : object_new(call, "PropertyFilter", id);
}

static struct object *find_machine(struct call *call, const char *id)
{
    struct object *object;
    struct vm *vm = world_vm_by_moref(call->world, id);
    if (vm != NULL) {
        object = object_new(call, "VirtualMachine", id);
        object->vm = vm;
        return object;
    }
    struct task *task = world_task(call->world, id);
    if (task != NULL) {
        object = object_new(call, "Task", id);
        object->task = task;
        return object;
    }
    const char *path = vm_folder_path(call, id);
    if (path == NULL)
        return NULL;
    object = object_new(call, "Folder", id);
    object->folder = path;
    return object;
}

struct object *object_find(struct call *call, const char *type, const char *id)
{
    struct object *(*const finders[])(struct call *, const char *) = {
        find_machine,    find_singleton, find_of_host,
        find_of_cluster, find_store,     find_of_session,
    };
    struct object *object = NULL;
    for (size_t i = 0; i < N_OF(finders) && object == NULL; i++)
        object = finders[i](call, id);
    return object == NULL || type == NULL || type_is(object->type, type) ? object : NULL;
}

/* ---- containment ---------------------------------------------------------------------------
 */

static void add(struct call *call, struct val *list, const char *type, const char *id)
{
    VEC_PUSH(call->arena, &list->items, val_reference(&call->b, type, id));
}

/* Sub-folders and machines of a folder below the VM folder. */
static void vm_folder_children(struct call *call, const char *path, struct val *list)
{
    const struct vm_paths *paths = all_paths(call);
    size_t size = strlen(path);
    VEC_EACH (const char *const, it, paths->items)
        if (strncmp(*it, path, size) == 0 && (*it)[size] == '/' &&
            strchr(*it + size + 1, '/') == NULL)
            add(call, list, "Folder", vm_folder_id(call, *it));
    VEC_EACH (struct vm *, it, call->world->vms)
        if (!(*it)->gone && strcmp(full_path(call, (*it)->folder), path) == 0)
            add(call, list, "VirtualMachine", (*it)->moref);
}

static void folder_children(struct call *call, const struct object *folder, struct val *list)
{
    struct world *world = call->world;
    if (folder->folder != NULL) {
        vm_folder_children(call, folder->folder, list);
    } else if (strcmp(folder->id, "group-d1") == 0) {
        add(call, list, "Datacenter", "datacenter-2");
    } else if (strcmp(folder->id, "group-h4") == 0) {
        VEC_EACH (struct cluster, it, world->clusters)
            add(call, list, "ClusterComputeResource", it->moref);
        VEC_EACH (struct host *, it, world->hosts)
            if (world_cluster(world, (*it)->cluster) == NULL)
                add(call, list, "ComputeResource", host_compute_id(call, *it));
    } else if (strcmp(folder->id, "group-s5") == 0) {
        VEC_EACH (struct datastore, it, world->datastores)
            add(call, list, "Datastore", it->moref);
    } else if (strcmp(folder->id, "group-n6") == 0) {
        VEC_EACH (struct network, it, world->networks)
            add(call, list, "Network", it->moref);
    }
}

static void compute_children(struct call *call, const struct object *compute, struct val *list)
{
    if (compute->host != NULL) {
        add(call, list, "HostSystem", compute->host->moref);
        add(call, list, "ResourcePool", host_pool_id(call, compute->host));
        return;
    }
    VEC_EACH (struct host *, it, call->world->hosts)
        if (world_cluster(call->world, (*it)->cluster) == compute->cluster)
            add(call, list, "HostSystem", (*it)->moref);
    add(call, list, "ResourcePool", compute->cluster->resource_pool);
}

/* Machines on a host; or in a pool, where templates are not. */
static void machines(struct call *call, const struct object *parent, struct val *list)
{
    bool pool = type_is(parent->type, "ResourcePool");
    VEC_EACH (struct vm *, it, call->world->vms) {
        struct host *host = world_host(call->world, (*it)->host);
        if ((*it)->gone || host == NULL || (pool && (*it)->template))
            continue;
        if (parent->host == host || (pool && strcmp(host_pool_id(call, host), parent->id) == 0))
            add(call, list, "VirtualMachine", (*it)->moref);
    }
}

void object_children(struct call *call, const struct object *parent, struct val *list)
{
    if (type_is(parent->type, "Folder")) {
        folder_children(call, parent, list);
    } else if (type_is(parent->type, "Datacenter")) {
        static const char *const folders[] = {"group-v3", "group-h4", "group-s5", "group-n6"};
        for (size_t i = 0; i < N_OF(folders); i++)
            add(call, list, "Folder", folders[i]);
    } else if (type_is(parent->type, "ComputeResource")) {
        compute_children(call, parent, list);
    } else if (type_is(parent->type, "HostSystem") || type_is(parent->type, "ResourcePool")) {
        machines(call, parent, list);
    }
}

static bool view_shows(struct call *call, const struct view *view, const char *type)
{
    const struct type *known = schema_type(call->server->schema, type);
    VEC_EACH (char *, it, view->types)
        if (type_is(known, *it))
            return true;
    return view->types.n == 0;
}

static bool has_children(const struct val *reference)
{
    return strcmp(reference->type, "VirtualMachine") != 0 &&
           strcmp(reference->type, "Datastore") != 0 && strcmp(reference->type, "Network") != 0;
}

/* Append the children of a container to the queue, each object once. */
static void add_children(struct call *call, const struct object *container, struct map *seen,
                         struct val *queue)
{
    struct val *children = val_list(&call->b, "", true);
    object_children(call, container, children);
    VEC_EACH (struct val *, it, children->items)
        if (map_set(seen, (*it)->text, *it) == NULL)
            VEC_PUSH(call->arena, &queue->items, *it);
}

struct val *view_objects(struct call *call, const struct view *view)
{
    struct val *shown = val_list(&call->b, "", true), *queue = val_list(&call->b, "", true);
    struct object *object = object_find(call, NULL, view->container);
    struct map seen;
    map_init(&seen);
    if (object != NULL)
        add_children(call, object, &seen, queue);
    for (size_t i = 0; i < queue->items.n; i++) {
        struct val *reference = queue->items.items[i];
        if (view_shows(call, view, reference->type))
            VEC_PUSH(call->arena, &shown->items, reference);
        object = view->recursive && has_children(reference)
                     ? object_find(call, NULL, reference->text)
                     : NULL;
        if (object != NULL)
            add_children(call, object, &seen, queue);
    }
    map_release(&seen);
    return shown;
}
