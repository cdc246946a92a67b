/* world_load_host.c: the sections `hosts` and `datastores` of a world file. */
#include <arpa/inet.h>
#include <string.h>

#include "world_internal.h"
#include "world_yaml.h"

/* ---- cards and defaults ----------------------------------------------------------------- */

static const struct card {
    const char *model, *device_name;
    unsigned device_id, sub_device_id;
    int64_t memory_mb;
    bool ecc_capable;
} cards[] = {
    {"Tesla P100-PCIE-16GB", "GP100GL [Tesla P100 PCIe 16GB]", 0x15f8, 0x118f, 16384, true},
    {"Tesla V100-PCIE-16GB", "GV100GL [Tesla V100 PCIe 16GB]", 0x1db4, 0x1214, 16384, true},
    {"Tesla T4", "TU104GL [Tesla T4]", 0x1eb8, 0x12a2, 16384, true},
    {"Tesla M60", "GM204GL [Tesla M60]", 0x13f2, 0x113a, 8192, true},
};

void gpu_set_model(struct world *world, struct gpu *gpu, const char *model)
{
    gpu->model = world_strdup(world, model);
    gpu->device_name = gpu->model;
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        if (strcmp(cards[i].model, model))
            continue;
        gpu->device_name = world_strdup(world, cards[i].device_name);
        gpu->device_id = cards[i].device_id;
        gpu->sub_device_id = cards[i].sub_device_id;
        gpu->memory_mb = cards[i].memory_mb;
        gpu->ecc_capable = cards[i].ecc_capable;
    }
}

struct gpu *host_add_gpu(struct world *world, struct host *host, const char *pci_id)
{
    struct gpu gpu = {.pci_id = world_strdup(world, pci_id),
                      .uuid = arena_printf(world->arena, "GPU-%s", world_guid(world)),
                      .vendor_id = 0x10de,
                      .sub_vendor_id = 0x10de,
                      .device_id = 0x15f8,
                      .memory_mb = 16384,
                      .type_configured = host->default_configured,
                      .type_active = host->default_active};
    gpu_set_model(world, &gpu, cards[0].model);
    VEC_PUSH(world->arena, &host->gpus, gpu);
    return &host->gpus.items[host->gpus.n - 1];
}

static void add_services(struct world *world, struct host *host)
{
    static const char *const services[][2] = {{"TSM-SSH", "SSH"},
                                              {"TSM", "ESXi Shell"},
                                              {"ntpd", "NTP Daemon"},
                                              {"xorg", "X.Org Server"}};
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        bool running = i == 0 || i == 2;
        struct service service = {world_strdup(world, services[i][0]),
                                  world_strdup(world, services[i][1]), running,
                                  world_strdup(world, i == 1 ? "off" : "on")};
        VEC_PUSH(world->arena, &host->services, service);
    }
}

struct host *host_new(struct world *world, const char *name)
{
    struct host *host = ARENA_NEW(world->arena, struct host);
    *host = (struct host){
        .moref = world_new_id(world, "host-"),
        .name = world_strdup(world, name),
        .address = world_strdup(world, "127.0.10.1"),
        .version = world_strdup(world, "6.5.0"),
        .build = world_strdup(world, "5969303"),
        .vendor = world_strdup(world, "Dell Inc."),
        .hardware_model = world_strdup(world, "PowerEdge R730"),
        .cpu_model = world_strdup(world, "Intel(R) Xeon(R) CPU E5-2650 v4 @ 2.20GHz"),
        .uuid = world_guid(world),
        .cpu_packages = 2,
        .cpu_cores = 24,
        .cpu_threads = 48,
        .cpu_hz = 2200000000,
        .memory_bytes = (int64_t)128 << 30,
        .hyperthreading = true,
        .numa_nodes = 2,
        .bios_power_support = world_strdup(world, "ACPI P-states, ACPI C-states"),
        .boot_time = world->epoch - 86400000,
        .power_policy = world_strdup(world, "dynamic"),
        .acceptance = world_strdup(world, "PartnerSupported"),
        .ssh_user = world_strdup(world, "root"),
        .ssh_password = world_strdup(world, "")};
    add_services(world, host);
    VEC_PUSH(world->arena, &world->hosts, host);
    return host;
}

/* ---- VIBs and datastores ------------------------------------------------------------------
 */

static const char *const acceptances[] = {"VMwareCertified", "VMwareAccepted",
                                          "PartnerSupported", "CommunitySupported"};

static struct vib load_vib(const struct section *s)
{
    struct world *world = s->world;
    section_keys(s, "name version vendor acceptance signed maintenance_required gpu_driver "
                    "summary loaded install_date");
    struct vib vib = {.name = section_text(s, "name", "unnamed"),
                      .version = section_text(s, "version", "1.0-1"),
                      .vendor = section_text(s, "vendor", "VMware"),
                      .summary = section_text(s, "summary", ""),
                      .install_date = section_text(s, "install_date", "2017-08-14"),
                      .maintenance_required = section_bool(s, "maintenance_required", false),
                      .is_gpu_driver = section_bool(s, "gpu_driver", false),
                      .is_unsigned = !section_bool(s, "signed", true),
                      .loaded = section_bool(s, "loaded", true)};
    unsigned level = section_choice(s, "acceptance", acceptances, ARRAY_LEN(acceptances), 0);
    vib.acceptance = world_strdup(world, acceptances[level]);
    vib_complete(world, &vib);
    return vib;
}

static void load_files(const struct section *s, struct datastore *store)
{
    struct world *world = s->world;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(s, "files"), i, item)
    {
        struct section part =
            section_of(s, arena_printf(world->arena, "%s.files[%zu]", s->where, i), item);
        section_keys(&part, "path vib");
        struct datastore_file file = {.path = section_text(&part, "path", "")};
        if (json_object_get(part.object, "vib")) {
            struct section inner = section_at(&part, "vib");
            struct vib vib = load_vib(&inner);
            file.vib = vib_copy(world, &vib);
        }
        VEC_PUSH(world->arena, &store->files, file);
    }
}

void load_datastores(const struct section *root)
{
    struct section s = section_at(root, "datastores");
    struct world *world = root->world;
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)s.object, name, item)
    {
        struct section part =
            section_of(&s, arena_printf(world->arena, "datastores.%s", name), item);
        section_keys(&part, "capacity free files");
        struct datastore store = {.moref = world_new_id(world, "datastore-"),
                                  .name = world_strdup(world, name)};
        store.capacity = section_size(&part, "capacity", (int64_t)4000 << 30);
        store.free = section_size(&part, "free", store.capacity / 2);
        load_files(&part, &store);
        VEC_PUSH(world->arena, &world->datastores, store);
    }
}

/* ---- hosts ----------------------------------------------------------------------------------
 */

static const char *const graphics_names[] = {"shared", "shared_passthru"};

static void load_gpus(const struct section *s, struct host *host)
{
    struct world *world = s->world;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(s, "gpus"), i, item)
    {
        static const char *const ecc[] = {"disabled", "enabled", "unsupported"};
        struct section part =
            section_of(s, arena_printf(world->arena, "%s.gpus[%zu]", s->where, i), item);
        section_keys(&part, "pci model memory ecc numa_node type passthrough incapable uuid");
        struct gpu *gpu = host_add_gpu(world, host, section_text(&part, "pci", "0000:3b:00.0"));
        const char *model = section_text(&part, "model", gpu->model);
        gpu_set_model(world, gpu, model);
        if (strcmp(gpu->device_name, model) == 0)
            section_fail(&part, "model: the lab knows no card %s", model);
        gpu->memory_mb = section_size(&part, "memory", gpu->memory_mb << 20) >> 20;
        gpu->numa_node = (unsigned)section_number(&part, "numa_node", 0);
        gpu->uuid = section_text(&part, "uuid", gpu->uuid);
        unsigned mode = section_choice(&part, "ecc", ecc, ARRAY_LEN(ecc), gpu->ecc_capable);
        gpu->ecc_capable = mode != 2;
        gpu->ecc_current = gpu->ecc_pending = mode == 1;
        gpu->type_configured = gpu->type_active =
            section_choice(&part, "type", graphics_names, 2, gpu->type_configured);
        gpu->passthru_enabled = gpu->passthru_active =
            section_bool(&part, "passthrough", false);
        gpu->passthru_incapable = section_bool(&part, "incapable", false);
    }
}

static void load_cpu(const struct section *s, struct host *host)
{
    struct section cpu = section_at(s, "cpu");
    section_keys(&cpu, "packages cores threads model mhz hyperthreading numa_nodes");
    host->cpu_packages = (unsigned)section_number(&cpu, "packages", host->cpu_packages);
    host->cpu_cores = (unsigned)section_number(&cpu, "cores", host->cpu_cores);
    host->cpu_threads = (unsigned)section_number(&cpu, "threads", host->cpu_cores * 2);
    host->cpu_model = section_text(&cpu, "model", host->cpu_model);
    host->cpu_hz = section_number(&cpu, "mhz", host->cpu_hz / 1000000) * 1000000;
    host->hyperthreading =
        section_bool(&cpu, "hyperthreading", host->cpu_threads > host->cpu_cores);
    host->numa_nodes = (unsigned)section_number(&cpu, "numa_nodes", host->cpu_packages);
}

static void load_shell(const struct section *s, struct host *host)
{
    struct section ssh = section_at(s, "ssh");
    section_keys(&ssh, "username password running policy");
    host->ssh_user = section_text(&ssh, "username", host->ssh_user);
    host->ssh_password = section_text(&ssh, "password", host->ssh_password);
    bool running = section_bool(&ssh, "running", true);
    struct service *shell = host_service(host, "TSM-SSH");
    shell->running = running;
    shell->policy = section_text(&ssh, "policy", running ? "on" : "off");
}

/* The names of the product and the keys of the API (vsphere-api.md §6.3). */
static char *load_power_policy(const struct section *s)
{
    static const char *const names[] = {"high_performance", "balanced", "low_power", "custom",
                                        "static",           "dynamic",  "low"};
    static const char *const keys[] = {"static", "dynamic", "low", "custom",
                                       "static", "dynamic", "low"};
    unsigned i = section_choice(s, "power_policy", names, ARRAY_LEN(names), 1);
    return world_strdup(s->world, keys[i]);
}

static void load_graphics(const struct section *s, struct host *host)
{
    static const char *const policies[] = {"performance", "consolidation"};
    struct section graphics = section_at(s, "graphics");
    section_keys(&graphics, "default_type policy");
    host->default_configured = host->default_active =
        section_choice(&graphics, "default_type", graphics_names, 2, GRAPHICS_SHARED);
    host->policy = section_choice(&graphics, "policy", policies, 2, POLICY_PERFORMANCE);
}

static void load_vibs(const struct section *s, struct host *host)
{
    struct vib base = {
        .name = world_strdup(s->world, "esx-base"),
        .version = arena_printf(s->world->arena, "%s-1.26.%s", host->version, host->build),
        .vendor = world_strdup(s->world, "VMware"),
        .acceptance = world_strdup(s->world, "VMwareCertified"),
        .summary = world_strdup(s->world, "ESXi base system"),
        .install_date = world_strdup(s->world, "2017-08-14"),
        .maintenance_required = true,
        .loaded = true};
    vib_complete(s->world, &base);
    VEC_PUSH(s->world->arena, &host->vibs, base);
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)section_list(s, "vibs"), i, item)
    {
        struct section part =
            section_of(s, arena_printf(s->world->arena, "%s.vibs[%zu]", s->where, i), item);
        struct vib vib = load_vib(&part);
        VEC_PUSH(s->world->arena, &host->vibs, vib);
    }
}

static void load_host(const struct section *s, struct host *host)
{
    section_keys(s,
                 "address cluster version build vendor model uuid cpu memory ssh power_policy "
                 "bios_power acceptance maintenance graphics gpus vibs reboot_fails");
    host->version = section_text(s, "version", host->version);
    host->build = section_text(s, "build", host->build);
    host->cluster = section_text(s, "cluster", NULL);
    host->vendor = section_text(s, "vendor", host->vendor);
    host->hardware_model = section_text(s, "model", host->hardware_model);
    host->uuid = section_text(s, "uuid", host->uuid);
    host->memory_bytes = section_size(s, "memory", host->memory_bytes);
    host->bios_power_support = section_text(s, "bios_power", host->bios_power_support);
    host->in_maintenance = section_bool(s, "maintenance", false);
    host->reboot_fails = section_bool(s, "reboot_fails", false);
    host->power_policy = load_power_policy(s);
    unsigned level = section_choice(s, "acceptance", acceptances, ARRAY_LEN(acceptances), 2);
    host->acceptance = world_strdup(s->world, acceptances[level]);
    load_cpu(s, host);
    load_shell(s, host);
    load_graphics(s, host);
    load_gpus(s, host);
    load_vibs(s, host);
    if (host->cluster && !world_cluster(s->world, host->cluster))
        section_fail(s, "no such cluster: \"%s\"", host->cluster);
    if (host_driver_runs(host))
        host_service(host, "xorg")->running = true;
}

static char *count_up(struct world *world, const char *address, unsigned index)
{
    struct in_addr parsed;
    if (inet_pton(AF_INET, address, &parsed) != 1)
        return NULL;
    parsed.s_addr = htonl(ntohl(parsed.s_addr) + index);
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &parsed, text, sizeof(text));
    return world_strdup(world, text);
}

void load_hosts(const struct section *root)
{
    struct section s = section_at(root, "hosts");
    struct world *world = root->world;
    const char *pattern;
    json_t *item;
    json_object_foreach((json_t *)s.object, pattern, item)
    {
        char *name;
        for (unsigned i = 0; range_name(world, pattern, i, &name); i++) {
            struct section part =
                section_of(&s, arena_printf(world->arena, "hosts.%s", name), item);
            if (world_host(world, name))
                section_fail(&part, "there is a host of this name already");
            struct host *host = host_new(world, name);
            load_host(&part, host);
            host->address = count_up(world, section_text(&part, "address", "127.0.10.1"), i);
            if (!host->address)
                section_fail(&part, "\"address\" must be an IPv4 address");
        }
    }
}
