/* vim25_host_calls.c: methods of hosts and of their managers (vsphere-api.md §6). */
#include <inttypes.h>
#include <string.h>

#include "vim25_call.h"

static struct host *this_host(struct call *call)
{
    return call->self->host;
}

static int run_enter(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    int64_t timeout = node_number(arg_node(call, "timeout"), 0);
    int result = host_enter_maintenance(call->world, this_host(call), (int)timeout,
                                        call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_ENTER_MAINTENANCE, &fault);
}

static int run_exit(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    int result =
        host_exit_maintenance(call->world, this_host(call), call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_EXIT_MAINTENANCE, &fault);
}

static int run_reboot(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    bool force = node_flag(arg_node(call, "force"), false);
    int result =
        host_reboot(call->world, this_host(call), force, call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_REBOOT, &fault);
}

/* ---- graphics
 * ---------------------------------------------------------------------------------- */

static int parse_type(struct call *call, const xmlNode *node, enum graphics_type *ret)
{
    const char *text = node_text(call->arena, node);
    if (strcmp(text, "shared") == 0)
        *ret = GRAPHICS_SHARED;
    else if (strcmp(text, "sharedDirect") == 0)
        *ret = GRAPHICS_SHARED_PASSTHRU;
    else
        return call_invalid(call, (const char *)node->name, "%s", text);
    return 0;
}

static int parse_policy(struct call *call, const xmlNode *node, enum assignment_policy *ret)
{
    const char *text = node_text(call->arena, node);
    if (strcmp(text, "performance") == 0)
        *ret = POLICY_PERFORMANCE;
    else if (strcmp(text, "consolidation") == 0)
        *ret = POLICY_CONSOLIDATION;
    else
        return call_invalid(call, (const char *)node->name, "%s", text);
    return 0;
}

/* With `set` false only checked: a refused call changes nothing. */
static int set_card_types(struct call *call, const xmlNode *config, bool set)
{
    struct host *host = this_host(call);
    for (xmlNode *it = node_child(config, "deviceType"); it != NULL; it = node_next(it)) {
        const char *id = node_text(call->arena, node_child(it, "deviceId"));
        struct gpu *gpu = host_gpu(host, id);
        enum graphics_type type = GRAPHICS_SHARED;
        if (gpu == NULL)
            return call_invalid(call, "config.deviceType.deviceId", "%s", id);
        if (parse_type(call, node_child(it, "graphicsType"), &type) < 0)
            return -1;
        if (!set || gpu->type_configured == type)
            continue;
        gpu->type_configured = type;
        if (schema_version(host->version) >= schema_version("7.0.1"))
            gpu->type_active = type; /* as host_set_graphics: no restart needed any more */
        world_event(call->world, "graphics_set", host->name, id);
    }
    return 0;
}

static int run_update_graphics(struct call *call)
{
    const xmlNode *config = arg_node(call, "config");
    enum graphics_type type = GRAPHICS_SHARED;
    enum assignment_policy policy = POLICY_PERFORMANCE;
    if (parse_type(call, node_child(config, "hostDefaultGraphicsType"), &type) < 0 ||
        parse_policy(call, node_child(config, "sharedPassthruAssignmentPolicy"), &policy) < 0 ||
        set_card_types(call, config, false) < 0)
        return -1;
    host_set_graphics(call->world, this_host(call), type, policy);
    return set_card_types(call, config, true);
}

/* ---- passthrough ------------------------------------------------------------------------- */

static int set_passthru(struct call *call, bool set)
{
    struct host *host = this_host(call);
    for (xmlNode *it = arg_node(call, "config"); it != NULL; it = node_next(it)) {
        const char *id = node_text(call->arena, node_child(it, "id"));
        struct gpu *gpu = host_gpu(host, id);
        if (gpu == NULL || gpu->passthru_incapable)
            return call_fault(call, "HostConfigFault", "No PCI device %s for passthrough.", id);
        if (set)
            gpu->passthru_enabled = node_flag(node_child(it, "passthruEnabled"), false);
    }
    return 0;
}

static int run_update_passthru(struct call *call)
{
    return set_passthru(call, false) < 0 ? -1 : set_passthru(call, true);
}

/* ---- power policy
 * ---------------------------------------------------------------------------------- */

static int run_power_policy(struct call *call)
{
    static const char *const names[] = {NULL, "static", "dynamic", "low", "custom"};
    struct host *host = this_host(call);
    int64_t key = node_number(arg_node(call, "key"), 0);
    bool managed = host->bios_power_support != NULL && *host->bios_power_support != '\0';
    if (key < 1 || key > (managed ? 4 : 1))
        return call_invalid(call, "key", "%" PRId64, key);
    if (strcmp(host->power_policy, names[key]) == 0)
        return 0;
    host->power_policy = world_strdup(call->world, names[key]);
    world_event(call->world, "power_policy_set", host->name, names[key]);
    return 0;
}

/* ---- services
 * ---------------------------------------------------------------------------------------- */

static struct service *this_service(struct call *call)
{
    const char *id = arg_text(call, "id");
    struct service *service = host_service(this_host(call), id);
    if (service == NULL)
        call_fault(call, "NotFound", "The object or item referred to could not be found.");
    return service;
}

static bool is_xorg(const struct service *service)
{
    return strcmp(service->key, "xorg") == 0;
}

static int run_start_service(struct call *call)
{
    struct service *service = this_service(call);
    if (service == NULL)
        return -1;
    bool was_running = service->running;
    host_start_service(call->world, this_host(call), service, true);
    if (is_xorg(service) && !was_running)
        host_restart_xorg(this_host(call));
    return 0;
}

static int run_stop_service(struct call *call)
{
    struct service *service = this_service(call);
    if (service == NULL)
        return -1;
    host_start_service(call->world, this_host(call), service, false);
    return 0;
}

static int run_restart_service(struct call *call)
{
    struct service *service = this_service(call);
    if (service == NULL)
        return -1;
    host_start_service(call->world, this_host(call), service, true);
    if (is_xorg(service))
        host_restart_xorg(this_host(call));
    return 0;
}

static int run_service_policy(struct call *call)
{
    struct service *service = this_service(call);
    const char *policy = arg_text(call, "policy");
    if (service == NULL)
        return -1;
    if (strcmp(policy, "on") != 0 && strcmp(policy, "off") != 0 &&
        strcmp(policy, "automatic") != 0)
        return call_invalid(call, "policy", "%s", policy);
    service->policy = world_strdup(call->world, policy);
    return 0;
}

/* ---- software
 * ------------------------------------------------------------------------------------------ */

static const char *acceptance_name(const char *level)
{
    static const char *const names[][2] = {{"VMwareCertified", "vmware_certified"},
                                           {"VMwareAccepted", "vmware_accepted"},
                                           {"PartnerSupported", "partner"},
                                           {"CommunitySupported", "community"}};
    for (size_t i = 0; level != NULL && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i][0], level) == 0)
            return names[i][1];
    return "community";
}

static int run_packages(struct call *call)
{
    struct builder *b = &call->b;
    VEC_EACH (const struct vib, it, this_host(call)->vibs) {
        if (it->removed)
            continue;
        struct val *package = val_object(b, "SoftwarePackage");
        val_text(b, package, "name", it->name);
        val_text(b, package, "version", it->version);
        val_text(b, package, "type", "bootbank");
        val_text(b, package, "vendor", it->vendor);
        val_text(b, package, "acceptanceLevel", acceptance_name(it->acceptance));
        val_text(b, package, "summary", it->summary == NULL ? "" : it->summary);
        val_text(b, package, "description", it->summary == NULL ? "" : it->summary);
        val_bool(b, package, "maintenanceModeRequired", it->maintenance_required);
        struct val *capability = val_sub(b, package, "capability");
        val_bool(b, capability, "liveInstallAllowed", false);
        val_bool(b, capability, "liveRemoveAllowed", false);
        val_bool(b, capability, "statelessReady", true);
        val_bool(b, capability, "overlay", false);
        call_result(call, package);
    }
    return 0;
}

static int run_acceptance(struct call *call)
{
    call_result_text(call, "string", acceptance_name(this_host(call)->acceptance));
    return 0;
}

/* ---- what a machine could use
 * ------------------------------------------------------------------------- */

static void add_passthrough_target(struct call *call, const struct host *host,
                                   struct val *target)
{
    struct builder *b = &call->b;
    struct object object = {.host = (struct host *)host};
    struct val *devices = NULL;
    for (const struct property *it = host_properties; it->type != NULL; it++)
        if (strcmp(it->name, "hardware") == 0)
            devices = val_path(it->read(call, &object), "pciDevice");
    VEC_EACH (const struct gpu, gpu, host->gpus) {
        if (!gpu->passthru_active || devices == NULL)
            continue;
        struct val *info = val_add_object(b, target, "pciPassthrough");
        val_text(b, info, "name", gpu->pci_id);
        val_text(b, info, "systemId", host->uuid);
        VEC_EACH (struct val *, it, devices->items)
            if (strcmp(val_path(*it, "id")->text, gpu->pci_id) == 0)
                val_set(b, info, "pciDevice", *it);
    }
}

static struct host *target_host(struct call *call)
{
    xmlNode *node = arg_node(call, "host");
    if (node != NULL)
        return world_host_by_moref(call->world, node_text(call->arena, node));
    if (call->self->host != NULL)
        return call->self->host;
    VEC_EACH (struct host *, it, call->world->hosts)
        if (world_cluster(call->world, (*it)->cluster) == call->self->cluster &&
            host_answers(*it))
            return *it;
    return NULL;
}

static int run_config_target(struct call *call)
{
    struct builder *b = &call->b;
    struct host *host = target_host(call);
    if (host == NULL)
        return call_invalid(call, "host", "No such host.");
    if (!host_answers(host))
        return call_fault(call, "HostNotConnected", "The host is not connected.");
    struct val *target = val_object(b, "ConfigTarget");
    val_int(b, target, "numCpus", host->cpu_threads);
    val_int(b, target, "numCpuCores", host->cpu_cores);
    val_int(b, target, "numNumaNodes", host->numa_nodes);
    val_bool(b, target, "smcPresent", false);
    val_int(b, target, "maxMemMBOptimalPerf", host->memory_bytes / 1048576);
    add_passthrough_target(call, host, target);
    target_profiles(call, host, target);
    call_result(call, target);
    return 0;
}

static int run_nothing(struct call *call)
{
    (void)call;
    return 0;
}

const struct handler host_handlers[] = {
    {"EnterMaintenanceMode_Task", CALL_CHANGES | CALL_HOST_UP, run_enter},
    {"ExitMaintenanceMode_Task", CALL_CHANGES | CALL_HOST_UP, run_exit},
    {"RebootHost_Task", CALL_CHANGES | CALL_HOST_UP, run_reboot},
    {"UpdateGraphicsConfig", CALL_CHANGES | CALL_HOST_UP, run_update_graphics},
    {"RefreshGraphicsManager", CALL_HOST_UP, run_nothing},
    {"UpdatePassthruConfig", CALL_CHANGES | CALL_HOST_UP, run_update_passthru},
    {"Refresh", CALL_HOST_UP, run_nothing},
    {"ConfigurePowerPolicy", CALL_CHANGES | CALL_HOST_UP, run_power_policy},
    {"StartService", CALL_CHANGES | CALL_HOST_UP, run_start_service},
    {"StopService", CALL_CHANGES | CALL_HOST_UP, run_stop_service},
    {"RestartService", CALL_CHANGES | CALL_HOST_UP, run_restart_service},
    {"UpdateServicePolicy", CALL_CHANGES | CALL_HOST_UP, run_service_policy},
    {"RefreshServices", CALL_HOST_UP, run_nothing},
    {"fetchSoftwarePackages", CALL_HOST_UP, run_packages},
    {"HostImageConfigGetAcceptance", CALL_HOST_UP, run_acceptance},
    {"QueryConfigTarget", 0, run_config_target},
    {0},
};
