/* step_template.c: what happens to a version of a template after it was cloned: power, becoming
 * a template and back, removal (vsphere-api.md §7, §8). Its devices: step_configure.c.
 */
#include <string.h>

#include "arena.h"
#include "step_common.h"

enum {
    RECORD_MS = 600000,
    DESTROY_MS = 1800000,
    DIRECT_MS = 120000,
    TOOLS_LOOKS = 60 /* times poll_interval: two minutes as it is delivered */
};

/* ---- power ---- */

int step_start(struct vc *vc, const struct step_call *call, struct outcome *outcome,
               struct err *err)
{
    struct machine_row *machine;
    if (step_own_machine(vc, call, &machine, err) < 0)
        return -1;
    if (machine_power(vc, machine->ref, true, &outcome->kind, err) == 0)
        return 0;
    if (!fault_is(&vc->fault, "InsufficientGraphicsResources") &&
        !fault_is(&vc->fault, "InsufficientResources"))
        return -1;
    err->code = ERR_CONFLICT;
    return err_wrap(err, "no vGPU slot is free for %s", machine->name);
}

/* A machine that was just started hears nothing until its Tools run: wait for them a while, so
 * that it is not powered off hard. One without Tools, or off, is not waited for longer. */
static int await_tools(struct vc *vc, struct ref vm, struct err *err)
{
    static const char *const paths[] = {"runtime.powerState", "guest.toolsRunningStatus", NULL};
    struct pause pause = pause_until(vc, TOOLS_LOOKS * vc->session->poll_ms);
    for (;;) {
        const struct xml_node *object;
        if (props_read(vc, vm, paths, &object, err) < 0)
            return -1;
        const char *power = props_text(object, "runtime.powerState");
        const char *tools = props_text(object, "guest.toolsRunningStatus");
        bool on = power != NULL && strcmp(power, "poweredOn") == 0;
        if (!on || (tools != NULL && strcmp(tools, "guestToolsRunning") == 0))
            return 0;
        if (pause_next(vc, &pause, err) < 0) {
            bool over = err->code == ERR_TIMEOUT;
            if (over)
                err_clear(err);
            return over ? 0 : -1;
        }
    }
}

int step_shutdown(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                  struct err *err)
{
    struct machine_row *machine;
    int64_t limit = value_get_int(call->step->args, "guest_timeout", 300000);
    if (step_own_machine(vc, call, &machine, err) < 0 || await_tools(vc, machine->ref, err) < 0)
        return -1;
    return machine_shut_down(vc, machine->ref, limit, &outcome->kind, err);
}

/* ---- template or machine ---- */

struct template_look {
    struct ref vm;
    bool template;
};

static int look_template(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"config.template", NULL};
    const struct template_look *look = context;
    const struct xml_node *object;
    if (props_read(vc, look->vm, paths, &object, err) < 0)
        return -1;
    *ret_reached = props_true(object, "config.template") == look->template;
    return 0;
}

static int make_template(struct vc *vc, struct wire *wire, struct template_look *look,
                         enum outcome_kind *ret_kind, struct err *err)
{
    const struct change_plan plan = {.entity = look->vm,
                                     .look = look_template,
                                     .context = look,
                                     .wire = wire,
                                     .timeout_ms = DIRECT_MS};
    return change_make(vc, &plan, ret_kind, err);
}

struct complete_look {
    struct ref vm;
    const char *uuid;
};

static int look_complete(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"config.extraConfig", NULL};
    const struct complete_look *look = context;
    const struct xml_node *object;
    if (props_read(vc, look->vm, paths, &object, err) < 0)
        return -1;
    *ret_reached =
        machine_complete(props_get(object, "config.extraConfig"), look->uuid, vc->arena);
    return 0;
}

/* On record in the machine before it becomes a template: from then on it is a version. */
static int record_complete(struct vc *vc, const struct machine_row *machine, struct err *err)
{
    struct complete_look look = {machine->ref, machine->uuid};
    enum outcome_kind ignored;
    if (machine->complete || machine->template || machine->uuid == NULL)
        return 0;
    const struct wire_option option = {MARK_COMPLETE, machine->uuid};
    const struct wire_reconfig reconfig = {
        .vm = machine->ref, .options = &option, .n_options = 1};
    CLEANUP(wire_release) struct wire wire;
    wire_reconfig(&wire, &reconfig);
    const struct change_plan plan = {.entity = machine->ref,
                                     .look = look_complete,
                                     .context = &look,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = RECORD_MS};
    return change_make(vc, &plan, &ignored, err);
}

int step_mark(struct vc *vc, const struct step_call *call, struct outcome *outcome,
              struct err *err)
{
    struct machine_row *machine;
    if (step_own_machine(vc, call, &machine, err) < 0 || record_complete(vc, machine, err) < 0)
        return -1;
    struct template_look look = {machine->ref, true};
    CLEANUP(wire_release) struct wire wire;
    wire_mark_template(&wire, machine->ref);
    return make_template(vc, &wire, &look, &outcome->kind, err);
}

int step_unmark(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                struct err *err)
{
    struct machine_row *machine;
    struct inventory inventory;
    const char *name;
    if (step_own_machine(vc, call, &machine, err) < 0 ||
        vsphere_step_text(call, "host", &name, err) < 0 ||
        inventory_read(vc, INVENTORY_HOSTS, &inventory, err) < 0)
        return -1;
    const struct host_row *host = inventory_host(&inventory, name);
    const struct cluster_row *cluster =
        host == NULL ? NULL : inventory_cluster_by_id(&inventory, host->parent.id);
    if (cluster == NULL || cluster->pool.id == NULL)
        return err_set(err, ERR_NOT_FOUND, "vCenter has no host %s with a resource pool", name);
    struct template_look look = {machine->ref, false};
    CLEANUP(wire_release) struct wire wire;
    wire_mark_vm(&wire, machine->ref, cluster->pool, host->ref);
    return make_template(vc, &wire, &look, &outcome->kind, err);
}

/* ---- removal ---- */

static int look_gone(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"name", NULL};
    const struct ref *vm = context;
    const struct xml_node *object;
    *ret_reached = false;
    if (props_read(vc, *vm, paths, &object, err) == 0)
        return 0;
    *ret_reached = err->code == ERR_NOT_FOUND;
    return *ret_reached ? 0 : -1;
}

/* By the recorded instance UUID where there is one: a machine that merely took over the name
 * is another one. */
static int find_doomed(struct vc *vc, const struct step_call *call, struct machine_row **ret,
                       struct err *err)
{
    const char *name, *uuid = value_get_text(call->step->args, "instance_uuid");
    struct inventory inventory;
    if (vsphere_step_text(call, "name", &name, err) < 0)
        return -1;
    if (uuid == NULL)
        return step_machine(vc, name, ret, err);
    if (inventory_read(vc, INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    *ret = inventory_machine_by_uuid(&inventory, uuid);
    if (*ret != NULL)
        return machines_read_devices(vc, ret, 1, true, err);
    size_t n;
    const struct machine_row *unknown = inventory_machine(&inventory, name, &n);
    if (unknown != NULL && unknown->uuid == NULL)
        return err_set(err, ERR_CONFLICT,
                       "vCenter cannot tell whether the machine called %s is the one to be "
                       "destroyed: its identity is not readable (an inaccessible datastore, or "
                       "no right to see it)",
                       name);
    return 0;
}

int step_destroy(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                 struct err *err)
{
    struct machine_row *machine = NULL;
    enum outcome_kind ignored;
    outcome->kind = OUTCOME_UNCHANGED;
    if (find_doomed(vc, call, &machine, err) < 0)
        return -1;
    if (machine == NULL)
        return 0;
    if (!step_mark_is_ours(machine, call))
        return err_set(err, ERR_CONFLICT,
                       "%s does not carry a valid mark of this template: it is not destroyed",
                       machine->name);
    if (machine->on && machine_power(vc, machine->ref, false, &ignored, err) < 0)
        return -1;
    CLEANUP(wire_release) struct wire wire;
    wire_destroy(&wire, machine->ref);
    const struct change_plan plan = {.entity = machine->ref,
                                     .look = look_gone,
                                     .context = &machine->ref,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = DESTROY_MS};
    return change_make(vc, &plan, &outcome->kind, err);
}
