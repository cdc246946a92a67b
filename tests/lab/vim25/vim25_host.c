/* vim25_host.c: a host and its managers as vCenter shows them (vsphere-api.md §4.2, §6).
 * While the host does not answer, hardware, config and configManager are absent. */
#include <string.h>

#include "num.h"
#include "vim25_call.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    int key;
    const char *name, *description;
} policies[] = {
    {1, "static", "High performance"},
    {2, "dynamic", "Balanced"},
    {3, "low", "Low power"},
    {4, "custom", "Custom"},
};

/* ---- hardware --------------------------------------------------------------------------- */

static unsigned bus_of(const char *pci_id)
{
    char text[3] = {0};
    uint64_t bus = 0;
    if (strlen(pci_id) >= 7)
        memcpy(text, pci_id + 5, 2);
    return num_hex64(text, &bus) < 0 ? 0 : (unsigned)bus;
}

static struct val *cpu_info(struct call *call, const struct host *host)
{
    struct val *info = val_object(&call->b, "HostCpuInfo");
    val_int(&call->b, info, "numCpuPackages", host->cpu_packages);
    val_int(&call->b, info, "numCpuCores", host->cpu_cores);
    val_int(&call->b, info, "numCpuThreads", host->cpu_threads);
    val_int(&call->b, info, "hz", host->cpu_hz);
    return info;
}

static const char *cpu_vendor(const struct host *host)
{
    return strstr(host->cpu_model, "AMD") != NULL ? "amd" : "intel";
}

static void add_packages(struct call *call, const struct host *host, struct val *hardware)
{
    unsigned n = host->cpu_packages == 0 ? 1 : host->cpu_packages;
    for (unsigned i = 0; i < n; i++) {
        struct val *package = val_add_object(&call->b, hardware, "cpuPkg");
        val_int(&call->b, package, "index", i);
        val_text(&call->b, package, "vendor", cpu_vendor(host));
        val_int(&call->b, package, "hz", host->cpu_hz);
        val_int(&call->b, package, "busHz", 100000000);
        val_text(&call->b, package, "description", host->cpu_model);
        for (unsigned t = i * host->cpu_threads / n; t < (i + 1) * host->cpu_threads / n; t++)
            val_add_text(&call->b, package, "threadId", arena_printf(call->arena, "%u", t));
    }
}

static void add_numa_node(struct call *call, const struct host *host, unsigned i, unsigned n,
                          struct val *info)
{
    struct builder *b = &call->b;
    struct val *node = val_add_object(b, info, "numaNode");
    val_int(b, node, "typeId", i);
    for (unsigned t = i * host->cpu_threads / n; t < (i + 1) * host->cpu_threads / n; t++)
        val_add_text(b, node, "cpuID", arena_printf(call->arena, "%u", t));
    val_int(b, node, "memorySize", host->memory_bytes / n);
    val_int(b, node, "memoryRangeBegin", host->memory_bytes / n * i);
    val_int(b, node, "memoryRangeLength", host->memory_bytes / n);
    VEC_EACH (const struct gpu, gpu, host->gpus)
        if (gpu->numa_node == i)
            val_add_text(b, node, "pciId", gpu->pci_id);
}

static struct val *numa_info(struct call *call, const struct host *host)
{
    unsigned n = host->numa_nodes == 0 ? 1 : host->numa_nodes;
    struct val *info = val_object(&call->b, "HostNumaInfo");
    val_text(&call->b, info, "type", n > 1 ? "NUMA" : "UMA");
    val_int(&call->b, info, "numNodes", n);
    for (unsigned i = 0; i < n; i++)
        add_numa_node(call, host, i, n, info);
    return info;
}

static struct val *pci_device(struct call *call, struct val *hardware, const char *id,
                              unsigned class_id)
{
    struct builder *b = &call->b;
    struct val *device = val_add_object(b, hardware, "pciDevice");
    val_text(b, device, "id", id);
    val_int(b, device, "classId", (int16_t)class_id);
    val_int(b, device, "bus", (int8_t)bus_of(id));
    val_int(b, device, "slot", 0);
    val_int(b, device, "function", 0);
    return device;
}

/* A card and the bridge in front of it. */
static void add_card(struct call *call, const struct gpu *gpu, unsigned index,
                     struct val *hardware)
{
    struct builder *b = &call->b;
    char *bridge = arena_printf(call->arena, "0000:00:%02x.0", index + 1);
    struct val *device = pci_device(call, hardware, bridge, 0x0604);
    val_int(b, device, "vendorId", (int16_t)0x8086);
    val_int(b, device, "subVendorId", 0);
    val_text(b, device, "vendorName", "Intel Corporation");
    val_int(b, device, "deviceId", 0x6f04);
    val_int(b, device, "subDeviceId", 0);
    val_text(b, device, "deviceName", "PCI Express Root Port");
    val_int(b, device, "slot", index + 1);
    device = pci_device(call, hardware, gpu->pci_id, 0x0302);
    val_int(b, device, "vendorId", (int16_t)gpu->vendor_id);
    val_int(b, device, "subVendorId", (int16_t)gpu->sub_vendor_id);
    val_text(b, device, "vendorName", "NVIDIA Corporation");
    val_int(b, device, "deviceId", (int16_t)gpu->device_id);
    val_int(b, device, "subDeviceId", (int16_t)gpu->sub_device_id);
    val_text(b, device, "parentBridge", bridge);
    val_text(b, device, "deviceName", gpu->device_name);
}

static struct val *read_hardware(struct call *call, const struct object *object)
{
    const struct host *host = object->host;
    struct builder *b = &call->b;
    if (!host_answers(host))
        return NULL;
    struct val *hardware = val_object(b, "HostHardwareInfo");
    struct val *system = val_sub(b, hardware, "systemInfo");
    val_text(b, system, "vendor", host->vendor);
    val_text(b, system, "model", host->hardware_model);
    val_text(b, system, "uuid", host->uuid);
    struct val *power = val_sub(b, hardware, "cpuPowerManagementInfo");
    bool managed = host->bios_power_support != NULL && *host->bios_power_support != '\0';
    val_text(b, power, "currentPolicy", managed ? "Balanced" : "Not supported");
    val_text(b, power, "hardwareSupport", managed ? host->bios_power_support : "");
    for (size_t i = 0; managed && i < N_OF(policies); i++)
        if (strcmp(policies[i].name, host->power_policy) == 0)
            val_text(b, power, "currentPolicy", policies[i].description);
    val_set(b, hardware, "cpuInfo", cpu_info(call, host));
    add_packages(call, host, hardware);
    val_int(b, hardware, "memorySize", host->memory_bytes);
    val_set(b, hardware, "numaInfo", numa_info(call, host));
    val_bool(b, hardware, "smcPresent", false);
    for (size_t i = 0; i < host->gpus.n; i++)
        add_card(call, &host->gpus.items[i], (unsigned)i, hardware);
    struct val *bios = val_sub(b, hardware, "biosInfo");
    val_text(b, bios, "biosVersion", "2.4.3");
    val_time(b, bios, "releaseDate", 1483228800000);
    return hardware;
}

/* ---- config -------------------------------------------------------------------------------
 */

static struct val *product(struct call *call, const struct host *host)
{
    struct builder *b = &call->b;
    struct val *about = val_object(b, "AboutInfo");
    size_t dots = strcspn(host->version, ".");
    dots += host->version[dots] == '.' ? 1 + strcspn(host->version + dots + 1, ".") : 0;
    val_text(b, about, "name", "VMware ESXi");
    val_text(b, about, "fullName",
             arena_printf(call->arena, "VMware ESXi %s build-%s", host->version, host->build));
    val_text(b, about, "vendor", "VMware, Inc.");
    val_text(b, about, "version", host->version);
    val_text(b, about, "build", host->build);
    val_text(b, about, "localeVersion", "INTL");
    val_text(b, about, "localeBuild", "000");
    val_text(b, about, "osType", "vmnix-x86");
    val_text(b, about, "productLineId", "embeddedEsx");
    val_text(b, about, "apiType", "HostAgent");
    val_text(b, about, "apiVersion", arena_memdup(call->arena, host->version, dots));
    val_text(b, about, "licenseProductName", "VMware ESX Server");
    val_text(b, about, "licenseProductVersion", "6.0");
    return about;
}

static struct val *policy_value(struct call *call, size_t i)
{
    struct val *policy = val_object(&call->b, "HostPowerPolicy");
    val_int(&call->b, policy, "key", policies[i].key);
    val_text(&call->b, policy, "name",
             arena_printf(call->arena, "PowerPolicy.%s.name", policies[i].name));
    val_text(&call->b, policy, "shortName", policies[i].name);
    val_text(&call->b, policy, "description",
             arena_printf(call->arena, "PowerPolicy.%s.description", policies[i].name));
    return policy;
}

static struct val *power_info(struct call *call, const struct host *host)
{
    struct val *info = val_object(&call->b, "PowerSystemInfo");
    for (size_t i = 0; i < N_OF(policies); i++)
        if (strcmp(policies[i].name, host->power_policy) == 0)
            val_set(&call->b, info, "currentPolicy", policy_value(call, i));
    return info;
}

/* With the BIOS in charge nothing but high performance is offered. */
static struct val *power_capability(struct call *call, const struct host *host)
{
    struct val *capability = val_object(&call->b, "PowerSystemCapability");
    bool managed = host->bios_power_support != NULL && *host->bios_power_support != '\0';
    for (size_t i = 0; i < (managed ? N_OF(policies) : 1); i++)
        val_add(&call->b, capability, "availablePolicy", policy_value(call, i));
    return capability;
}

static struct val *service_info(struct call *call, const struct host *host)
{
    struct builder *b = &call->b;
    struct val *info = val_object(b, "HostServiceInfo");
    VEC_EACH (const struct service, it, host->services) {
        struct val *service = val_add_object(b, info, "service");
        val_text(b, service, "key", it->key);
        val_text(b, service, "label", it->label);
        val_bool(b, service, "required", false);
        val_bool(b, service, "uninstallable", false);
        val_bool(b, service, "running", it->running);
        if (strcmp(it->key, "TSM-SSH") == 0)
            val_add_text(b, service, "ruleset", "sshServer");
        val_text(b, service, "policy", it->policy);
    }
    return info;
}

static const char *type_name(enum graphics_type type)
{
    return type == GRAPHICS_SHARED_PASSTHRU ? "sharedDirect" : "shared";
}

static const char *type_in_effect(const struct host *host, const struct gpu *gpu)
{
    if (gpu->passthru_active)
        return "direct";
    return host_driver_runs(host) ? type_name(gpu->type_active) : "basic";
}

static void add_graphics_info(struct call *call, const struct host *host, struct val *to)
{
    struct builder *b = &call->b;
    VEC_EACH (const struct gpu, gpu, host->gpus) {
        struct val *info = val_add_object(b, to, "graphicsInfo");
        val_text(b, info, "deviceName", gpu->device_name);
        val_text(b, info, "vendorName", "NVIDIA Corporation");
        val_text(b, info, "pciId", gpu->pci_id);
        val_text(b, info, "graphicsType", type_in_effect(host, gpu));
        val_int(b, info, "memorySizeInKB", gpu->memory_mb * 1024);
        VEC_EACH (struct vm *, vm, call->world->vms)
            if (!(*vm)->gone && (*vm)->gpu != NULL && (*vm)->power == POWERED_ON &&
                strcmp((*vm)->gpu, gpu->pci_id) == 0 && strcmp((*vm)->host, host->name) == 0)
                val_add_ref(b, info, "vm", "VirtualMachine", (*vm)->moref);
    }
}

static struct val *graphics_config(struct call *call, const struct host *host)
{
    struct builder *b = &call->b;
    struct val *config = val_object(b, "HostGraphicsConfig");
    val_text(b, config, "hostDefaultGraphicsType", type_name(host->default_configured));
    val_text(b, config, "sharedPassthruAssignmentPolicy",
             host->policy == POLICY_CONSOLIDATION ? "consolidation" : "performance");
    VEC_EACH (const struct gpu, gpu, host->gpus) {
        struct val *device = val_add_object(b, config, "deviceType");
        val_text(b, device, "deviceId", gpu->pci_id);
        val_text(b, device, "graphicsType", type_name(gpu->type_configured));
    }
    return config;
}

struct names {
    VEC(const char *) items;
};

/* Profiles that some card of the host offers now, each once. */
static void offered(struct call *call, const struct host *host, struct names *names)
{
    VEC_EACH (const struct gpu, gpu, host->gpus) {
        size_t n;
        const struct gpu_profile *profiles = gpu_profiles(gpu, &n);
        for (size_t i = 0; i < n; i++) {
            bool known = !gpu_offers(host, gpu, &profiles[i]);
            VEC_EACH (const char *, it, names->items)
                known = known || strcmp(*it, profiles[i].api) == 0;
            if (!known)
                VEC_PUSH(call->arena, &names->items, profiles[i].api);
        }
    }
}

static void add_profiles(struct call *call, const struct host *host, struct val *to)
{
    struct builder *b = &call->b;
    struct names names = {0};
    offered(call, host, &names);
    VEC_EACH (const char *, it, names.items) {
        val_add_text(b, to, "sharedPassthruGpuTypes", *it);
        struct val *capability = val_add_object(b, to, "sharedGpuCapabilities");
        val_text(b, capability, "vgpu", *it);
        val_bool(b, capability, "diskSnapshotSupported", false);
        val_bool(b, capability, "memorySnapshotSupported", false);
        val_bool(b, capability, "suspendSupported", false);
        val_bool(b, capability, "migrateSupported", false);
    }
}

void target_profiles(struct call *call, const struct host *host, struct val *target)
{
    struct names names = {0};
    if (!host_answers(host))
        return;
    offered(call, host, &names);
    VEC_EACH (const char *, it, names.items) {
        struct val *info = val_add_object(&call->b, target, "sharedGpuPassthroughTypes");
        val_text(&call->b, info, "name", *it);
        val_text(&call->b, info, "vgpu", *it);
    }
}

static void add_passthru(struct call *call, const struct host *host, struct val *to)
{
    struct builder *b = &call->b;
    VEC_EACH (const struct gpu, gpu, host->gpus) {
        struct val *info = val_add_object(b, to, "pciPassthruInfo");
        val_text(b, info, "id", gpu->pci_id);
        val_text(b, info, "dependentDevice", gpu->pci_id);
        val_bool(b, info, "passthruEnabled", gpu->passthru_enabled);
        val_bool(b, info, "passthruCapable", !gpu->passthru_incapable);
        val_bool(b, info, "passthruActive", gpu->passthru_active);
    }
}

struct val *host_config(struct call *call, const struct host *host)
{
    struct builder *b = &call->b;
    if (!host_answers(host))
        return NULL;
    struct val *config = val_object(b, "HostConfigInfo");
    val_ref(b, config, "host", "HostSystem", host->moref);
    val_set(b, config, "product", product(call, host));
    struct val *threads = val_sub(b, config, "hyperThread");
    bool available = host->cpu_threads > host->cpu_cores;
    val_bool(b, threads, "available", available || host->hyperthreading);
    val_bool(b, threads, "active", host->hyperthreading);
    val_bool(b, threads, "config", host->hyperthreading);
    val_set(b, config, "service", service_info(call, host));
    val_set(b, config, "powerSystemCapability", power_capability(call, host));
    val_set(b, config, "powerSystemInfo", power_info(call, host));
    add_passthru(call, host, config);
    add_graphics_info(call, host, config);
    val_set(b, config, "graphicsConfig", graphics_config(call, host));
    add_profiles(call, host, config);
    return config;
}

static struct val *read_config(struct call *call, const struct object *object)
{
    return host_config(call, object->host);
}

const struct property host_properties[] = {
    {"HostSystem", "hardware", read_hardware},
    {"HostSystem", "config", read_config},
    {0},
};

/* ---- managers: the same values
 * --------------------------------------------------------------- */

static struct val *part(struct call *call, const struct object *object, const char *path)
{
    return val_path(host_config(call, object->host), path);
}

static struct val *read_graphics_info(struct call *call, const struct object *object)
{
    return part(call, object, "graphicsInfo");
}

static struct val *read_graphics_config(struct call *call, const struct object *object)
{
    return part(call, object, "graphicsConfig");
}

static struct val *read_gpu_types(struct call *call, const struct object *object)
{
    return part(call, object, "sharedPassthruGpuTypes");
}

static struct val *read_gpu_capabilities(struct call *call, const struct object *object)
{
    return part(call, object, "sharedGpuCapabilities");
}

static struct val *read_passthru(struct call *call, const struct object *object)
{
    return part(call, object, "pciPassthruInfo");
}

static struct val *read_power(struct call *call, const struct object *object)
{
    return part(call, object, "powerSystemInfo");
}

static struct val *read_power_capability(struct call *call, const struct object *object)
{
    return part(call, object, "powerSystemCapability");
}

static struct val *read_services(struct call *call, const struct object *object)
{
    return part(call, object, "service");
}

const struct property manager_properties[] = {
    {"HostGraphicsManager", "graphicsInfo", read_graphics_info},
    {"HostGraphicsManager", "graphicsConfig", read_graphics_config},
    {"HostGraphicsManager", "sharedPassthruGpuTypes", read_gpu_types},
    {"HostGraphicsManager", "sharedGpuCapabilities", read_gpu_capabilities},
    {"HostPciPassthruSystem", "pciPassthruInfo", read_passthru},
    {"HostPowerSystem", "info", read_power},
    {"HostPowerSystem", "capability", read_power_capability},
    {"HostServiceSystem", "serviceInfo", read_services},
    {0},
};
