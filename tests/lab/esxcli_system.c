/* esxcli_system.c: esxcli system: maintenance mode, reboot, version, modules, uptime
 * (esxi-shell.md §4, §5). */
#include <string.h>

#include "esxcli.h"
#include "num.h"
#include "world_internal.h"

static int maintenance_get(struct esxcli_call *call)
{
    call->doc.style = DOC_SCALAR;
    call->doc.scalar = call->host->in_maintenance ? "Enabled" : "Disabled";
    return 0;
}

/* Starts the task under the lock; NULL when it was refused (then it is printed). */
static struct task *start_maintenance(struct esxcli_call *call, bool enable, int timeout)
{
    struct shell_run *run = call->run;
    struct task *task = NULL;
    struct fault fault;
    lab_lock(run->lab);
    bool already = run->host->in_maintenance == enable;
    int result = -1;
    if (!already && enable)
        result = host_enter_maintenance(run->lab->world, run->host, timeout, run->user, &task,
                                        &fault);
    else if (!already)
        result = host_exit_maintenance(run->lab->world, run->host, run->user, &task, &fault);
    lab_unlock(run->lab);
    if (already)
        esxcli_fail(call, "Maintenance mode is already %s.", enable ? "enabled" : "disabled");
    else if (result < 0)
        esxcli_fail(call, "%s", fault.message);
    return task;
}

static int maintenance_set(struct esxcli_call *call)
{
    const char *timeout_text = esxcli_value(call, "timeout");
    bool enable;
    int64_t timeout = 0;
    if (num_bool(esxcli_value(call, "enable"), &enable) < 0)
        return esxcli_fail(call, "Invalid data constraint for parameter 'enable'.");
    if (timeout_text && num_i64(timeout_text, &timeout) < 0)
        return esxcli_fail(call, "Invalid data constraint for parameter 'timeout'.");
    struct task *task = start_maintenance(call, enable, (int)timeout);
    if (!task)
        return 1;
    if (!shell_wait_task(call->run, task)) {
        call->run->dropped = true;
        return 1;
    }
    lab_lock(call->run->lab);
    bool succeeded = task->state == TASK_SUCCESS;
    lab_unlock(call->run->lab);
    return succeeded ? 0 : esxcli_fail(call, "%s", task->fault_message);
}

static int shutdown_reboot(struct esxcli_call *call)
{
    struct shell_run *run = call->run;
    const char *delay_text = esxcli_value(call, "delay");
    int64_t delay = 10;
    struct task *task;
    struct fault fault;
    if (delay_text && (num_i64(delay_text, &delay) < 0 || delay < 10))
        return esxcli_fail(call, "Invalid data constraint for parameter 'delay'.");
    if (!call->host->in_maintenance)
        return esxcli_fail(call, "The host must be in maintenance mode for this operation.");
    if (host_reboot(run->lab->world, call->host, false, run->user, &task, &fault) < 0)
        return esxcli_fail(call, "%s", fault.message);
    task->due_at = task->queued_at + delay * 1000;
    return 0;
}

static int version_get(struct esxcli_call *call)
{
    call->doc.style = DOC_SIMPLE;
    call->doc.structure = "VersionGet";
    doc_add_item(&call->doc, NULL);
    doc_text(&call->doc, "Product", "VMware ESXi");
    doc_text(&call->doc, "Version", call->host->version);
    doc_textf(&call->doc, "Build", "Releasebuild-%s", call->host->build);
    doc_textf(&call->doc, "Update", "%u", esxi_update(call->host));
    doc_text(&call->doc, "Patch", "0");
    return 0;
}

static int module_list(struct esxcli_call *call)
{
    static const char *const columns[] = {"Name", "Is Loaded", "Is Enabled", NULL};
    static const char *const plain[] = {"vmkernel", "chardevs", "user", "tcpip4", "vmkusb"};
    struct doc *doc = &call->doc;
    doc->style = DOC_TABLE;
    doc->list = true;
    doc->structure = "Module";
    doc->columns = columns;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        doc_add_item(doc, NULL);
        doc_text(doc, "Name", plain[i]);
        doc_bool(doc, "Is Loaded", true);
        doc_bool(doc, "Is Enabled", true);
    }
    if (host_driver(call->host)) {
        doc_add_item(doc, NULL);
        doc_text(doc, "Name", "nvidia");
        doc_bool(doc, "Is Loaded", host_driver_runs(call->host));
        doc_bool(doc, "Is Enabled", true);
    }
    return 0;
}

/* Microseconds. */
static int uptime_get(struct esxcli_call *call)
{
    int64_t ms = world_now(call->run->lab->world) - call->host->boot_time;
    call->doc.style = DOC_SCALAR;
    call->doc.scalar = arena_printf(call->run->arena, "%lld", (long long)ms * 1000);
    return 0;
}

const struct esxcli_command esxcli_system[] = {
    {"system maintenanceMode get", maintenance_get, {{0}}, false, false},
    {"system maintenanceMode set",
     maintenance_set,
     {{"enable", 'e', false, true},
      {"timeout", 't', false, false},
      {"vsanmode", 'm', false, false}},
     true,
     true},
    {"system shutdown reboot",
     shutdown_reboot,
     {{"delay", 'd', false, false}, {"reason", 'r', false, true}},
     true,
     false},
    {"system version get", version_get, {{0}}, false, false},
    {"system module list", module_list, {{0}}, false, false},
    {"system stats uptime get", uptime_get, {{0}}, false, false},
};
const size_t n_esxcli_system = ARRAY_LEN(esxcli_system);
