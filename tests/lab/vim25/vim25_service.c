/* vim25_service.c: properties of the service instance, sessions, views, tasks and
 * specifications; and those of a host that stay readable while it does not answer. */
#include <inttypes.h>
#include <string.h>

#include "vim25_call.h"

/* ---- the service ----------------------------------------------------------------------------
 */

static void set_about(struct call *call, struct val *content)
{
    struct builder *b = &call->b;
    struct world *world = call->world;
    struct val *about = val_sub(b, content, "about");
    char *version = arena_printf(call->arena, "%s%s", world->vcenter_version,
                                 strlen(world->vcenter_version) < 4 ? ".0" : "");
    val_text(b, about, "name", "VMware vCenter Server");
    val_text(b, about, "fullName",
             arena_printf(call->arena, "VMware vCenter Server %s build-5973321", version));
    val_text(b, about, "vendor", "VMware, Inc.");
    val_text(b, about, "version", version);
    val_text(b, about, "patchLevel", "00000");
    val_text(b, about, "build", "5973321");
    val_text(b, about, "localeVersion", "INTL");
    val_text(b, about, "localeBuild", "000");
    val_text(b, about, "osType", "linux-x64");
    val_text(b, about, "productLineId", "vpx");
    val_text(b, about, "apiType", "VirtualCenter");
    val_text(b, about, "apiVersion", world->vcenter_version);
    val_text(b, about, "instanceUuid", world->vcenter_uuid);
    val_text(b, about, "licenseProductName", "VMware VirtualCenter Server");
    val_text(b, about, "licenseProductVersion", "6.0");
}

struct val *service_content(struct call *call)
{
    struct builder *b = &call->b;
    struct val *content = val_object(b, "ServiceContent");
    set_about(call, content);
    val_ref(b, content, "rootFolder", "Folder", "group-d1");
    val_ref(b, content, "propertyCollector", "PropertyCollector", "propertyCollector");
    val_ref(b, content, "viewManager", "ViewManager", "ViewManager");
    val_ref(b, content, "sessionManager", "SessionManager", "SessionManager");
    val_ref(b, content, "taskManager", "TaskManager", "TaskManager");
    val_ref(b, content, "searchIndex", "SearchIndex", "SearchIndex");
    val_ref(b, content, "customizationSpecManager", "CustomizationSpecManager",
            "CustomizationSpecManager");
    val_ref(b, content, "guestOperationsManager", "GuestOperationsManager",
            "guestOperationsManager");
    return content;
}

static struct val *read_content(struct call *call, const struct object *object)
{
    (void)object;
    return service_content(call);
}

static struct val *read_clock(struct call *call, const struct object *object)
{
    (void)object;
    return val_simple(&call->b, "dateTime", time_text(call->arena, world_now(call->world), 0));
}

static struct val *read_current_session(struct call *call, const struct object *object)
{
    (void)object;
    return call->session == NULL ? NULL : session_value(call, call->session);
}

static struct val *read_locale(struct call *call, const struct object *object)
{
    (void)object;
    return val_simple(&call->b, "string", "en");
}

static struct val *read_view(struct call *call, const struct object *object)
{
    return view_objects(call, object->view);
}

static struct val *read_view_container(struct call *call, const struct object *object)
{
    struct object *container = object_find(call, NULL, object->view->container);
    return container == NULL ? NULL : object_reference(call, container);
}

static struct val *read_view_types(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "string", false);
    VEC_EACH (char *, it, object->view->types)
        VEC_PUSH(call->arena, &list->items, val_simple(&call->b, "string", *it));
    return list;
}

static struct val *read_view_recursive(struct call *call, const struct object *object)
{
    return val_simple(&call->b, "boolean", object->view->recursive ? "true" : "false");
}

static struct val *read_spec_infos(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    struct val *list = val_list(b, "CustomizationSpecInfo", false);
    (void)object;
    VEC_EACH (struct custom_spec *, it, call->world->specs) {
        if ((*it)->gone)
            continue;
        struct val *info = val_object(b, "CustomizationSpecInfo");
        val_text(b, info, "name", (*it)->name);
        val_text(b, info, "description", (*it)->description);
        val_text(b, info, "type", (*it)->type);
        val_text(b, info, "changeVersion",
                 arena_printf(call->arena, "%" PRIu64, (*it)->change));
        val_time(b, info, "lastUpdateTime", (*it)->updated_at);
        VEC_PUSH(call->arena, &list->items, info);
    }
    return list;
}

/* ---- tasks
 * -------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *id, *label;
} task_names[] = {
    [TASK_ENTER_MAINTENANCE] = {"EnterMaintenanceMode_Task", "HostSystem.enterMaintenanceMode",
                                "Enter maintenance mode"},
    [TASK_EXIT_MAINTENANCE] = {"ExitMaintenanceMode_Task", "HostSystem.exitMaintenanceMode",
                               "Exit maintenance mode"},
    [TASK_REBOOT] = {"RebootHost_Task", "HostSystem.reboot", "Initiate host reboot"},
    [TASK_CLONE] = {"CloneVM_Task", "VirtualMachine.clone", "Clone virtual machine"},
    [TASK_RECONFIGURE] = {"ReconfigVM_Task", "VirtualMachine.reconfigure",
                          "Reconfigure virtual machine"},
    [TASK_POWER_ON] = {"PowerOnVM_Task", "VirtualMachine.powerOn", "Power On virtual machine"},
    [TASK_POWER_OFF] = {"PowerOffVM_Task", "VirtualMachine.powerOff",
                        "Power Off virtual machine"},
    [TASK_DESTROY] = {"Destroy_Task", "VirtualMachine.destroy", "Delete virtual machine"},
};

static void set_outcome(struct call *call, const struct task *task, struct val *info)
{
    struct builder *b = &call->b;
    if (task->state == TASK_ERROR) {
        struct val *error = val_sub(b, info, "error");
        val_set(b, error, "fault",
                fault_value(b, task->fault_type, task->fault_detail, task->fault_message));
        val_text(b, error, "localizedMessage", task->fault_message);
    }
    if (task->state == TASK_SUCCESS && task->kind == TASK_CLONE && task->result != NULL)
        val_ref(b, info, "result", "VirtualMachine", task->result->moref);
    if (task->state == TASK_RUNNING && task->due_at > task->queued_at) {
        int64_t done =
            (world_now(call->world) - task->queued_at) * 100 / (task->due_at - task->queued_at);
        val_int(b, info, "progress", done < 0 ? 0 : done > 99 ? 99 : done);
    }
    if (task->state >= TASK_SUCCESS)
        val_time(b, info, "completeTime", task->finished_at);
}

static void set_entity(struct call *call, const struct task *task, struct val *info)
{
    struct builder *b = &call->b;
    if (task->vm != NULL) {
        val_ref(b, info, "entity", "VirtualMachine", task->vm->moref);
        val_text(b, info, "entityName", task->vm->name);
    } else if (task->host != NULL) {
        val_ref(b, info, "entity", "HostSystem", task->host->moref);
        val_text(b, info, "entityName", task->host->name);
    }
}

static struct val *read_task_info(struct call *call, const struct object *object)
{
    static const char *const states[] = {"queued", "running", "success", "error"};
    struct builder *b = &call->b;
    const struct task *task = object->task;
    struct val *info = val_object(b, "TaskInfo");
    val_text(b, info, "key", task->moref);
    val_ref(b, info, "task", "Task", task->moref);
    struct val *label = val_sub(b, info, "description");
    val_text(b, label, "key", task_names[task->kind].id);
    val_text(b, label, "message", task_names[task->kind].label);
    val_text(b, info, "name", task_names[task->kind].name);
    val_text(b, info, "descriptionId", task_names[task->kind].id);
    set_entity(call, task, info);
    val_text(b, info, "state", states[task->state]);
    val_bool(b, info, "cancelled", false);
    val_bool(b, info, "cancelable", false);
    set_outcome(call, task, info);
    struct val *reason = val_sub_as(b, info, "reason", "TaskReasonUser");
    val_text(b, reason, "userName", task->user);
    val_time(b, info, "queueTime", task->queued_at);
    val_time(b, info, "startTime", task->queued_at);
    val_int(b, info, "eventChainId", 1);
    return info;
}

static struct val *read_tasks(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Task", true);
    (void)object;
    VEC_EACH (struct task *, it, call->world->tasks)
        VEC_PUSH(call->arena, &list->items, val_reference(&call->b, "Task", (*it)->moref));
    return list;
}

/* ---- a host from the outside
 * ---------------------------------------------------------------------- */

static struct val *host_runtime(struct call *call, const struct host *host)
{
    struct builder *b = &call->b;
    struct val *runtime = val_object(b, "HostRuntimeInfo");
    bool up = host_answers(host);
    val_text(b, runtime, "connectionState",
             up                                 ? "connected"
             : host->state == HOST_DISCONNECTED ? "disconnected"
                                                : "notResponding");
    val_text(b, runtime, "powerState", up ? "poweredOn" : "unknown");
    val_bool(b, runtime, "inMaintenanceMode", host->in_maintenance);
    if (host->boot_time > 0)
        val_time(b, runtime, "bootTime", host->boot_time);
    return runtime;
}

static struct val *read_host_runtime(struct call *call, const struct object *object)
{
    return host_runtime(call, object->host);
}

static bool reboot_required(const struct host *host)
{
    VEC_EACH (const struct vib, it, host->vibs)
        if (it->removed || !it->loaded)
            return true;
    VEC_EACH (const struct gpu, it, host->gpus)
        if (it->passthru_enabled != it->passthru_active)
            return true;
    return false;
}

static void set_host_hardware(struct call *call, const struct host *host, struct val *summary)
{
    struct builder *b = &call->b;
    struct val *hardware = val_sub(b, summary, "hardware");
    val_text(b, hardware, "vendor", host->vendor);
    val_text(b, hardware, "model", host->hardware_model);
    val_text(b, hardware, "uuid", host->uuid);
    val_int(b, hardware, "memorySize", host->memory_bytes);
    val_text(b, hardware, "cpuModel", host->cpu_model);
    val_int(b, hardware, "cpuMhz", host->cpu_hz / 1000000);
    val_int(b, hardware, "numCpuPkgs", host->cpu_packages);
    val_int(b, hardware, "numCpuCores", host->cpu_cores);
    val_int(b, hardware, "numCpuThreads", host->cpu_threads);
    val_int(b, hardware, "numNics", 2);
    val_int(b, hardware, "numHBAs", 1);
}

static struct val *read_host_summary(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct host *host = object->host;
    struct val *summary = val_object(b, "HostListSummary");
    val_ref(b, summary, "host", "HostSystem", host->moref);
    set_host_hardware(call, host, summary);
    val_set(b, summary, "runtime", host_runtime(call, host));
    struct val *config = val_sub(b, summary, "config");
    val_text(b, config, "name", host->name);
    val_int(b, config, "port", 443);
    val_set(b, config, "product", val_path(host_config(call, host), "product"));
    val_bool(b, config, "vmotionEnabled", true);
    val_bool(b, config, "faultToleranceEnabled", false);
    val_sub(b, summary, "quickStats");
    val_text(b, summary, "overallStatus", host_answers(host) ? "green" : "red");
    val_bool(b, summary, "rebootRequired", host_answers(host) && reboot_required(host));
    return summary;
}

static struct val *read_config_manager(struct call *call, const struct object *object)
{
    static const char *const parts[][3] = {
        {"serviceSystem", "HostServiceSystem", "serviceSystem"},
        {"imageConfigManager", "HostImageConfigManager", "imageConfigManager"},
        {"pciPassthruSystem", "HostPciPassthruSystem", "pciPassthruSystem"},
        {"powerSystem", "HostPowerSystem", "powerSystem"},
        {"graphicsManager", "HostGraphicsManager", "graphicsManager"},
    };
    if (!host_answers(object->host))
        return NULL;
    struct val *managers = val_object(&call->b, "HostConfigManager");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        val_ref(&call->b, managers, parts[i][0], parts[i][1],
                arena_printf(call->arena, "%s-%s", parts[i][2], host_suffix(object->host)));
    return managers;
}

const struct property service_properties[] = {
    {"ServiceInstance", "content", read_content},
    {"ServiceInstance", "serverClock", read_clock},
    {"SessionManager", "currentSession", read_current_session},
    {"SessionManager", "defaultLocale", read_locale},
    {"ContainerView", "container", read_view_container},
    {"ContainerView", "type", read_view_types},
    {"ContainerView", "recursive", read_view_recursive},
    {"ManagedObjectView", "view", read_view},
    {"CustomizationSpecManager", "info", read_spec_infos},
    {"Task", "info", read_task_info},
    {"TaskManager", "recentTask", read_tasks},
    {"HostSystem", "runtime", read_host_runtime},
    {"HostSystem", "summary", read_host_summary},
    {"HostSystem", "configManager", read_config_manager},
    {0},
};
