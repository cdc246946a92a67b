/* read_hosts.c: hosts: facts and settings of vCenter's facet (vsphere-api.md §4.2, §6). */
#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "types.h"
#include "vec.h"

enum { PAGE_HOSTS = 100 };

/* All of 6.5 or older: no path here needs a gate. */
static const char *const paths[] = {"runtime.bootTime",
                                    "hardware.cpuInfo",
                                    "hardware.cpuPkg",
                                    "hardware.numaInfo.numNodes",
                                    "hardware.cpuPowerManagementInfo",
                                    "hardware.memorySize",
                                    "hardware.pciDevice",
                                    "config.hyperThread.active",
                                    "config.product.version",
                                    "config.powerSystemInfo",
                                    "config.service",
                                    "config.graphicsConfig",
                                    "config.graphicsInfo",
                                    "config.pciPassthruInfo",
                                    "config.sharedPassthruGpuTypes",
                                    NULL};

/* The attribute that comes from a path, to say which one could not be read. */
static const struct {
    const char *attr, *path;
} sources[] = {
    {"boot_time", "runtime.bootTime"},
    {"cpu_model", "hardware.cpuPkg"},
    {"cpu_sockets", "hardware.cpuInfo"},
    {"cpu_cores", "hardware.cpuInfo"},
    {"numa_nodes", "hardware.numaInfo.numNodes"},
    {"bios_power", "hardware.cpuPowerManagementInfo"},
    {"memory", "hardware.memorySize"},
    {"gpus", "hardware.pciDevice"},
    {"hyperthreading", "config.hyperThread.active"},
    {"version", "config.product.version"},
    {"power_policy", "config.powerSystemInfo"},
    {"ssh", "config.service"},
    {"ssh_policy", "config.service"},
    {"card_graphics", "config.graphicsConfig"},
    {"profiles", "config.sharedPassthruGpuTypes"},
    {"passthrough", "config.pciPassthruInfo"},
};

/* ---- single facts ---- */

static void set_text(struct vc *vc, struct instance *live, const char *attr, const char *text)
{
    if (text != NULL)
        instance_set(live, attr, value_string(vc->arena, text));
}

static void set_int(struct vc *vc, struct instance *live, const char *attr,
                    const struct xml_node *node)
{
    int64_t number;
    if (xml_i64(node, &number) == 0)
        instance_set(live, attr, value_int(vc->arena, number));
}

static void set_bool(struct instance *live, const char *attr, const struct xml_node *node)
{
    bool boolean;
    if (xml_bool(node, &boolean) == 0)
        instance_set(live, attr, value_bool(boolean));
}

/* Key numbers are internal; short names are stable (vsphere-api.md §6.3). */
static const char *power_word(const char *short_name)
{
    static const char *const words[][2] = {{"static", "high_performance"},
                                           {"dynamic", "balanced"},
                                           {"low", "low_power"},
                                           {"custom", "custom"}};
    for (size_t i = 0; short_name != NULL && i < ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], short_name) == 0)
            return words[i][1];
    return short_name;
}

static const struct xml_node *ssh_service(const struct xml_node *services)
{
    XML_EACH(it, services, "service")
    {
        const char *key = xml_text_at(it, "key");
        if (key != NULL && strcmp(key, "TSM-SSH") == 0)
            return it;
    }
    return NULL;
}

static int compare_values(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

/* None offered is a fact too: no driver runs, or none that shares. */
static const struct value *profile_list(struct arena *arena, const struct xml_node *types)
{
    VEC(const struct value *) list = {0};
    XML_EACH_CHILD(it, types)
    VEC_PUSH(arena, &list, value_string(arena, it->text));
    if (list.n > 1)
        qsort(list.items, list.n, sizeof list.items[0], compare_values);
    return value_list(arena, list.items, list.n);
}

static void decode_hardware(struct vc *vc, const struct xml_node *object, struct instance *live)
{
    const struct xml_node *packages = props_get(object, "hardware.cpuPkg");
    const struct xml_node *cpu = props_get(object, "hardware.cpuInfo");
    const struct xml_node *power = props_get(object, "hardware.cpuPowerManagementInfo");
    if (packages != NULL)
        set_text(vc, live, "cpu_model", xml_text_at(packages->children, "description"));
    set_int(vc, live, "cpu_sockets", xml_child(cpu, "numCpuPackages"));
    set_int(vc, live, "cpu_cores", xml_child(cpu, "numCpuCores"));
    set_int(vc, live, "numa_nodes", props_get(object, "hardware.numaInfo.numNodes"));
    set_int(vc, live, "memory", props_get(object, "hardware.memorySize"));
    set_text(vc, live, "bios_power", xml_text_at(power, "hardwareSupport"));
}

static void decode_config(struct vc *vc, const struct xml_node *object, struct instance *live)
{
    const struct xml_node *power = props_get(object, "config.powerSystemInfo");
    set_text(vc, live, "boot_time", props_text(object, "runtime.bootTime"));
    set_text(vc, live, "version", props_text(object, "config.product.version"));
    set_bool(live, "hyperthreading", props_get(object, "config.hyperThread.active"));
    set_text(vc, live, "power_policy",
             power_word(xml_text_at(power, "currentPolicy/shortName")));
    const struct xml_node *ssh = ssh_service(props_get(object, "config.service"));
    set_bool(live, "ssh", xml_child(ssh, "running"));
    set_text(vc, live, "ssh_policy", xml_text_at(ssh, "policy"));
}

static void decode_graphics(struct vc *vc, const struct xml_node *object, struct instance *live)
{
    const struct xml_node *devices = props_get(object, "hardware.pciDevice");
    const struct xml_node *info = props_get(object, "config.graphicsInfo");
    const struct xml_node *config = props_get(object, "config.graphicsConfig");
    if (devices == NULL)
        return;
    const struct xml_node *passthrough = props_get(object, "config.pciPassthruInfo");
    instance_set(live, "gpus",
                 host_gpus(&(struct host_cards){devices, info, passthrough}, vc->arena));
    instance_set(live, "passthrough", host_passthrough(devices, passthrough, vc->arena));
    instance_set(live, "card_graphics", host_card_graphics(devices, config, info, vc->arena));
    instance_set(live, "profiles",
                 profile_list(vc->arena, props_get(object, "config.sharedPassthruGpuTypes")));
}

/* A host that has just been connected has no hardware or config yet (both are optional): all
 * their paths are then left out without a word. */
static bool is_whole_missing(const struct xml_node *object, const char *path)
{
    size_t n = strcspn(path, ".") + 1;
    for (size_t i = 0; paths[i] != NULL; i++)
        if (strncmp(paths[i], path, n) == 0 && props_get(object, paths[i]) != NULL)
            return false;
    return true;
}

/* What stands in the way of an attribute, or NULL. */
static const char *obstacle(struct vc *vc, const struct xml_node *object, const char *path)
{
    const char *refusal = props_refusal(vc, object, path);
    if (refusal == NULL && is_whole_missing(object, path))
        refusal = "vCenter does not know it yet";
    return refusal;
}

void host_decode(struct vc *vc, const struct xml_node *object, struct instance *live)
{
    decode_hardware(vc, object, live);
    decode_config(vc, object, live);
    decode_graphics(vc, object, live);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        const char *reason = obstacle(vc, object, sources[i].path);
        if (reason == NULL && (strcmp(sources[i].attr, "card_graphics") == 0 ||
                               strcmp(sources[i].attr, "passthrough") == 0 ||
                               strcmp(sources[i].attr, "profiles") == 0))
            reason =
                obstacle(vc, object, "hardware.pciDevice"); /* says which cards there are */
        if (reason != NULL)
            instance_set(live, sources[i].attr, value_unreadable(vc->arena, "%s", reason));
    }
}

/* ---- all hosts ---- */

static void set_unreadable(struct arena *arena, struct instance *live, const char *reason)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        instance_set(live, sources[i].attr, value_unreadable(arena, "%s", reason));
}

/* What the light read already knows. */
static void decode_row(struct vc *vc, const struct inventory *inventory,
                       const struct host_item *host)
{
    struct arena *arena = vc->arena;
    struct instance *live = host->item->live;
    const struct host_row *row = host->row;
    const struct cluster_row *cluster = inventory_cluster_by_id(inventory, row->parent.id);
    const struct value_field id = {"host", value_string(arena, row->ref.id)};
    live->presence = PRESENCE_PRESENT;
    live->ids = value_map(arena, &id, 1);
    if (cluster != NULL)
        instance_set(live, "cluster", value_string(arena, cluster->name));
    set_text(vc, live, "drs", cluster == NULL ? NULL : cluster->drs);
    if (row->refusal != NULL) {
        instance_set(live, "connection", value_unreadable(arena, "%s", row->refusal));
        instance_set(live, "maintenance", value_unreadable(arena, "%s", row->refusal));
        set_unreadable(arena, live, row->refusal);
        return;
    }
    instance_set(live, "connection", value_string(arena, row->connection));
    instance_set(live, "maintenance", value_bool(row->maintenance));
    if (strcmp(row->connection, "disconnected") == 0)
        set_unreadable(arena, live, "host is disconnected");
    else if (strcmp(row->connection, "not_responding") == 0)
        set_unreadable(arena, live, "host is not responding");
    else
        set_unreadable(arena, live, "vCenter did not report it");
}

struct host_reading {
    struct vc *vc;
    struct host_item *items;
    size_t n;
};

static void clear_sources(struct instance *live)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        instance_set(live, sources[i].attr, value_absent());
}

static int take_host(void *context, const struct xml_node *object, struct err *err UNUSED)
{
    struct host_reading *reading = context;
    const char *id = xml_text_at(object, "obj");
    for (size_t i = 0; id != NULL && i < reading->n; i++) {
        const struct host_item *it = &reading->items[i];
        if (it->row == NULL || strcmp(it->row->ref.id, id) != 0)
            continue;
        clear_sources(it->item->live);
        host_decode(reading->vc, object, it->item->live);
    }
    return 0;
}

static int hosts_pass(struct vc *vc, void *context, struct err *err)
{
    struct host_reading *reading = context;
    VEC(struct ref) refs = {0};
    for (size_t i = 0; i < reading->n; i++)
        if (reading->items[i].row != NULL &&
            strcmp(reading->items[i].row->connection, "connected") == 0)
            VEC_PUSH(vc->arena, &refs, reading->items[i].row->ref);
    const struct prop_set set = {"HostSystem", paths};
    const struct prop_query query = {.sets = &set,
                                     .n_sets = 1,
                                     .objects = refs.items,
                                     .n_objects = refs.n,
                                     .page = PAGE_HOSTS,
                                     .object = take_host,
                                     .context = reading};
    return props_stream(vc, &query, err);
}

int hosts_read(struct vc *vc, const struct inventory *inventory, struct host_item *items,
               size_t n, struct err *err)
{
    struct host_reading reading = {vc, items, n};
    for (size_t i = 0; i < n; i++)
        if (items[i].row == NULL)
            items[i].item->live->presence = PRESENCE_ABSENT;
        else
            decode_row(vc, inventory, &items[i]);
    if (session_run_pass(vc, hosts_pass, &reading, err) < 0)
        return err_wrap(err, "reading hosts");
    return 0;
}

static const struct value *text_value(const char *text, struct arena *arena)
{
    return text == NULL ? value_absent() : value_borrow(arena, text);
}

static const struct value *card_list(const struct machine_row *machine, struct arena *arena)
{
    const struct value **cards = ARENA_ARRAY(arena, machine->n_cards + 1, const struct value *);
    for (size_t i = 0; i < machine->n_cards; i++)
        cards[i] = value_borrow(arena, machine->cards[i]);
    return machine->n_cards == 0 ? value_absent() : value_list(arena, cards, machine->n_cards);
}

static const struct value *machine_value(const struct machine_row *machine, struct arena *arena)
{
    const struct value_field fields[] = {
        {"name", value_borrow(arena, machine->name)},
        {"on", value_bool(machine->on)},
        {"template", value_bool(machine->template)},
        {"vgpu", text_value(machine->vgpu, arena)},
        {"vgpus",
         machine->n_vgpus < 2 ? value_absent() : value_int(arena, (int64_t)machine->n_vgpus)},
        {"fixed", value_bool(machine->fixed)},
        {"cards", card_list(machine, arena)},
        {"firmware", text_value(machine->firmware, arena)},
        {"hardware", text_value(machine->hardware, arena)}};
    return value_map(arena, fields, ARRAY_LEN(fields));
}

static int compare_machines(const void *a, const void *b)
{
    const struct value *const *left = a, *const *right = b;
    return strcmp(value_get_text(*left, "name"), value_get_text(*right, "name"));
}

void hosts_set_machines(const struct inventory *inventory, const struct host_item *items,
                        size_t n, struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        VEC(const struct value *) list = {0};
        for (size_t j = 0; items[i].row != NULL && j < inventory->n_machines; j++) {
            const struct machine_row *machine = inventory->machines[j];
            if (machine->host_id != NULL && strcmp(machine->host_id, items[i].row->ref.id) == 0)
                VEC_PUSH(arena, &list, machine_value(machine, arena));
        }
        if (items[i].row == NULL)
            continue;
        if (list.n > 1)
            qsort(list.items, list.n, sizeof list.items[0], compare_machines);
        instance_set(items[i].item->live, "vms", value_list(arena, list.items, list.n));
    }
}
