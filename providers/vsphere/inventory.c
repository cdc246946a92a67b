/* inventory.c: see inventory.h. */
#include "inventory.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "vec.h"

enum { PAGE_LIGHT = 500 };

/* ---- rows ---- */

struct collecting {
    struct vc *vc;
    unsigned parts;
    VEC(struct cluster_row *) clusters;
    VEC(struct host_row *) hosts;
    VEC(struct machine_row *) machines;
};

static const char *keep_text(struct arena *arena, const struct xml_node *node)
{
    const char *text = xml_text(node);
    return text == NULL ? NULL : arena_strdup(arena, text);
}

static const char *keep_name(struct arena *arena, const struct xml_node *object)
{
    const char *name = props_text(object, "name");
    return name_unescape(arena, name == NULL ? "" : name);
}

/* DRS of a cluster (ClusterDrsConfigInfo): a disabled one moves nothing, whatever its mode. */
static const char *drs_word(const struct xml_node *configuration)
{
    const struct xml_node *drs = xml_child(configuration, "drsConfig");
    bool enabled = false;
    if (drs == NULL)
        return NULL;
    if (xml_bool(xml_child(drs, "enabled"), &enabled) < 0 || !enabled)
        return "off";
    const char *mode = xml_text_at(drs, "defaultVmBehavior");
    if (mode != NULL && strcmp(mode, "fullyAutomated") == 0)
        return "full";
    return mode != NULL && strcmp(mode, "partiallyAutomated") == 0 ? "partial" : "manual";
}

static int take_cluster(struct collecting *to, const struct xml_node *object)
{
    struct arena *arena = to->vc->arena;
    struct cluster_row *row = ARENA_NEW(arena, struct cluster_row);
    row->id = keep_text(arena, xml_child(object, "obj"));
    row->name = keep_name(arena, object);
    row->drs = drs_word(props_get(object, "configurationEx"));
    row->pool = props_ref(arena, object, "resourcePool");
    VEC_PUSH(arena, &to->clusters, row);
    return 0;
}

static const char *connection_word(const char *state)
{
    if (state == NULL)
        return "disconnected";
    if (strcmp(state, "notResponding") == 0)
        return "not_responding";
    return strcmp(state, "connected") == 0 ? "connected" : "disconnected";
}

static int take_host(struct collecting *to, const struct xml_node *object)
{
    struct arena *arena = to->vc->arena;
    struct host_row *row = ARENA_NEW(arena, struct host_row);
    row->ref = ref_of(arena, xml_child(object, "obj"));
    row->name = keep_name(arena, object);
    row->connection = connection_word(props_text(object, "runtime.connectionState"));
    row->refusal = props_refusal(to->vc, object, "runtime.connectionState");
    if (row->refusal == NULL)
        row->refusal = props_refusal(to->vc, object, "runtime.inMaintenanceMode");
    row->maintenance = props_true(object, "runtime.inMaintenanceMode");
    row->parent = props_ref(arena, object, "parent");
    VEC_PUSH(arena, &to->hosts, row);
    return 0;
}

/* A machine runs with a GPU only when all its memory is reserved (vsphere-api.md §1 rule 9);
 * what is not readable may be anything. */
static bool may_have_gpu(const struct xml_node *object)
{
    int64_t reserved, size;
    if (props_true(object, "config.memoryReservationLockedToMax"))
        return true;
    return xml_i64(props_get(object, "config.memoryAllocation.reservation"), &reserved) < 0 ||
           xml_i64(props_get(object, "config.hardware.memoryMB"), &size) < 0 ||
           reserved >= size;
}

static int take_machine(struct collecting *to, const struct xml_node *object)
{
    struct arena *arena = to->vc->arena;
    struct machine_row *row = ARENA_NEW(arena, struct machine_row);
    const char *power = props_text(object, "runtime.powerState");
    row->ref = ref_of(arena, xml_child(object, "obj"));
    row->name = keep_name(arena, object);
    row->host_id = keep_text(arena, props_get(object, "runtime.host"));
    row->uuid = keep_text(arena, props_get(object, "config.instanceUuid"));
    row->on = power != NULL && strcmp(power, "poweredOff") != 0;
    row->template = props_true(object, "config.template");
    row->firmware = keep_text(arena, props_get(object, "config.firmware"));
    row->hardware = keep_text(arena, props_get(object, "config.version"));
    row->may_have_gpu = may_have_gpu(object);
    VEC_PUSH(arena, &to->machines, row);
    return 0;
}

static int take_object(void *context, const struct xml_node *object, struct err *err)
{
    struct collecting *to = context;
    const struct xml_node *obj = xml_child(object, "obj");
    const char *type = obj == NULL ? NULL : xml_attr(obj, "type");
    if (type == NULL || obj->text[0] == '\0')
        return err_set(err, ERR_INVALID, "an object without reference in the answer");
    if (strcmp(type, "VirtualMachine") == 0)
        return take_machine(to, object);
    return strcmp(type, "HostSystem") == 0 ? take_host(to, object) : take_cluster(to, object);
}

/* ---- the pass ---- */

static const char *const host_paths[] = {"name", "parent", "runtime.connectionState",
                                         "runtime.inMaintenanceMode", NULL};
static const char *const cluster_paths[] = {"name", "resourcePool", "configurationEx", NULL};
static const char *const machine_paths[] = {"name",
                                            "runtime.host",
                                            "runtime.powerState",
                                            "config.template",
                                            "config.instanceUuid",
                                            "config.memoryReservationLockedToMax",
                                            "config.memoryAllocation.reservation",
                                            "config.hardware.memoryMB",
                                            "config.firmware",
                                            "config.version",
                                            NULL};

static int read_part(struct collecting *to, struct ref view, const struct prop_set *sets,
                     size_t n_sets, struct err *err)
{
    const struct prop_query query = {.sets = sets,
                                     .n_sets = n_sets,
                                     .view = view,
                                     .page = PAGE_LIGHT,
                                     .object = take_object,
                                     .context = to};
    return props_stream(to->vc, &query, err);
}

static int read_parts(struct collecting *to, struct ref view, struct err *err)
{
    const struct prop_set hosts[] = {{"HostSystem", host_paths},
                                     {"ComputeResource", cluster_paths}};
    const struct prop_set machines = {"VirtualMachine", machine_paths};
    if ((to->parts & INVENTORY_HOSTS) && read_part(to, view, hosts, 2, err) < 0)
        return -1;
    if ((to->parts & INVENTORY_MACHINES) && read_part(to, view, &machines, 1, err) < 0)
        return -1;
    return 0;
}

static int create_view(struct vc *vc, const char *const *types, struct ref *ret,
                       struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_create_view(&wire, vc->session->view_manager, vc->session->root, types);
    if (session_call(vc, &wire, &reply, err) < 0)
        return -1;
    *ret = ref_of(vc->arena, xml_child(reply.response, "returnval"));
    if (ret->id == NULL)
        return err_set(err, ERR_INVALID, "CreateContainerView: no view in the answer");
    return 0;
}

/* A view that stays behind dies with the session: its failure is no failure of the read. */
static void destroy_view(struct vc *vc, struct ref view)
{
    struct err ignored;
    struct soap_reply reply;
    bool lost = vc->lost;
    CLEANUP(wire_release) struct wire wire;
    wire_destroy_view(&wire, view);
    if (!lost && session_call(vc, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
    vc->lost = lost;
}

static int pass(struct vc *vc, void *context, struct err *err)
{
    struct collecting *to = context;
    const char *types[4];
    size_t n = 0;
    struct ref view;
    *to = (struct collecting){.vc = vc, .parts = to->parts};
    if (to->parts & INVENTORY_HOSTS) {
        types[n++] = "HostSystem";
        types[n++] = "ComputeResource"; /* clusters too */
    }
    if (to->parts & INVENTORY_MACHINES)
        types[n++] = "VirtualMachine";
    types[n] = NULL;
    if (create_view(vc, types, &view, err) < 0)
        return -1;
    int result = read_parts(to, view, err);
    destroy_view(vc, view);
    return result;
}

int inventory_read(struct vc *vc, unsigned parts, struct inventory *ret, struct err *err)
{
    struct collecting to = {.vc = vc, .parts = parts};
    if (session_run_pass(vc, pass, &to, err) < 0)
        return err_wrap(err, "reading the inventory");
    *ret = (struct inventory){.clusters = to.clusters.items,
                              .hosts = to.hosts.items,
                              .machines = to.machines.items,
                              .n_clusters = to.clusters.n,
                              .n_hosts = to.hosts.n,
                              .n_machines = to.machines.n};
    return 0;
}

/* ---- finding ---- */

struct host_row *inventory_host(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->n_hosts; i++)
        if (strcasecmp(inventory->hosts[i]->name, name) == 0)
            return inventory->hosts[i];
    return NULL;
}

struct host_row *inventory_host_by_id(const struct inventory *inventory, const char *id)
{
    for (size_t i = 0; id != NULL && i < inventory->n_hosts; i++)
        if (strcmp(inventory->hosts[i]->ref.id, id) == 0)
            return inventory->hosts[i];
    return NULL;
}

struct cluster_row *inventory_cluster_by_id(const struct inventory *inventory, const char *id)
{
    for (size_t i = 0; id != NULL && i < inventory->n_clusters; i++)
        if (strcmp(inventory->clusters[i]->id, id) == 0)
            return inventory->clusters[i];
    return NULL;
}

struct machine_row *inventory_machine_by_uuid(const struct inventory *inventory,
                                              const char *uuid)
{
    for (size_t i = 0; uuid != NULL && i < inventory->n_machines; i++)
        if (inventory->machines[i]->uuid != NULL &&
            strcmp(inventory->machines[i]->uuid, uuid) == 0)
            return inventory->machines[i];
    return NULL;
}

struct machine_row *inventory_machine(const struct inventory *inventory, const char *name,
                                      size_t *ret_n)
{
    struct machine_row *found = NULL;
    *ret_n = 0;
    for (size_t i = 0; name != NULL && i < inventory->n_machines; i++) {
        if (strcmp(inventory->machines[i]->name, name) != 0)
            continue;
        found = found == NULL ? inventory->machines[i] : found;
        ++*ret_n;
    }
    return found;
}

/* ---- datacenters ---- */

struct datacenter_search {
    struct vc *vc;
    const char *name;
    struct ref found;
};

static int take_datacenter(void *context, const struct xml_node *object, struct err *err UNUSED)
{
    struct datacenter_search *search = context;
    if (strcmp(keep_name(search->vc->arena, object), search->name) == 0)
        search->found = ref_of(search->vc->arena, xml_child(object, "obj"));
    return 0;
}

static int datacenter_pass(struct vc *vc, void *context, struct err *err)
{
    static const char *const types[] = {"Datacenter", NULL};
    static const char *const paths[] = {"name", NULL};
    const struct prop_set set = {"Datacenter", paths};
    struct prop_query query = {
        .sets = &set, .n_sets = 1, .object = take_datacenter, .context = context};
    if (create_view(vc, types, &query.view, err) < 0)
        return -1;
    int result = props_stream(vc, &query, err);
    destroy_view(vc, query.view);
    return result;
}

int find_datacenter(struct vc *vc, const char *name, struct ref *ret, struct err *err)
{
    struct datacenter_search search = {.vc = vc, .name = name};
    if (session_run_pass(vc, datacenter_pass, &search, err) < 0)
        return err_wrap(err, "looking for datacenter %s", name);
    if (search.found.id == NULL)
        return err_set(err, ERR_NOT_FOUND, "no datacenter is called %s", name);
    *ret = search.found;
    return 0;
}
