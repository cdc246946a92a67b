/* step_common.c: see step_common.h. */
#include "step_common.h"

#include <string.h>
#include <strings.h>

#include "arena.h"

enum { POWER_TIMEOUT_MS = 600000 };

int vsphere_step_text(const struct step_call *call, const char *key, const char **ret,
                      struct err *err)
{
    const char *text = value_get_text(call->step->args, key);
    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_INTERNAL, "%s: the step names no %s", call->step->op, key);
    *ret = text;
    return 0;
}

/* ---- hosts ---- */

static const char *address_name(const char *address)
{
    const char *slash = strchr(address, '/');
    return slash == NULL ? address : slash + 1;
}

/* The id that the plan's reading found, when it still means a host of that name. */
static bool is_host(struct vc *vc, struct ref host, const char *name)
{
    static const char *const paths[] = {"name", NULL};
    const struct xml_node *object;
    struct err ignored;
    if (host.id == NULL || props_read(vc, host, paths, &object, &ignored) < 0)
        return false;
    const char *found = props_text(object, "name");
    return found != NULL && strcasecmp(name_unescape(vc->arena, found), name) == 0;
}

int step_host(struct vc *vc, const struct step_call *call, struct ref *ret, struct err *err)
{
    const char *name = address_name(call->step->address);
    const char *id = value_get_text(call->ids, "host");
    if (id == NULL && call->live != NULL)
        id = value_get_text(call->live->ids, "host");
    struct ref known = {"HostSystem", id};
    if (is_host(vc, known, name)) {
        *ret = known;
        return 0;
    }
    struct inventory inventory;
    if (inventory_read(vc, INVENTORY_HOSTS, &inventory, err) < 0)
        return -1;
    const struct host_row *row = inventory_host(&inventory, name);
    if (row == NULL)
        return err_set(err, ERR_NOT_FOUND, "vCenter has no host %s", name);
    *ret = row->ref;
    return 0;
}

int step_host_manager(struct vc *vc, struct ref host, const char *path, struct ref *ret,
                      struct err *err)
{
    const char *const paths[] = {path, NULL};
    const struct xml_node *object;
    if (props_read(vc, host, paths, &object, err) < 0)
        return -1;
    *ret = props_ref(vc->arena, object, path);
    if (ret->id == NULL)
        return err_set(err, ERR_INVALID, "the host has no %s", path);
    return 0;
}

/* ---- machines ---- */

int step_machine(struct vc *vc, const char *name, struct machine_row **ret, struct err *err)
{
    struct inventory inventory;
    size_t n = 0;
    if (inventory_read(vc, INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    *ret = inventory_machine(&inventory, name, &n);
    if (n > 1)
        return err_set(err, ERR_CONFLICT, "%zu machines are called %s", n, name);
    return *ret == NULL ? 0 : machines_read_devices(vc, ret, 1, true, err);
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool step_mark_is_ours(const struct machine_row *machine, const struct step_call *call)
{
    const struct mark *mark = &machine->mark;
    if (!same(mark->lineage, call->lineage) || !same(mark->address, call->step->address))
        return false;
    /* A mark without an identifier is that of a clone under way, or of a copy of one: ours when
     * this step, or the state, knows the machine. */
    return mark->own ||
           (mark->uuid == NULL && (same(mark->nonce, call->nonce) ||
                                   same(machine->ref.id, value_get_text(call->ids, "vm"))));
}

int step_require_ours(const struct machine_row *machine, const struct step_call *call,
                      struct err *err)
{
    if (step_mark_is_ours(machine, call) ||
        same(machine->uuid, value_get_text(call->ids, "instance_uuid")))
        return 0;
    const struct mark *mark = &machine->mark;
    if (mark->own)
        return err_set(err, ERR_CONFLICT, "%s belongs to %s of lineage %s", machine->name,
                       mark->address, mark->lineage);
    return err_set(err, ERR_CONFLICT,
                   "%s is not gridform's: it carries no valid mark of this template",
                   machine->name);
}

int step_own_machine(struct vc *vc, const struct step_call *call, struct machine_row **ret,
                     struct err *err)
{
    const char *name;
    if (vsphere_step_text(call, "name", &name, err) < 0 || step_machine(vc, name, ret, err) < 0)
        return -1;
    if (*ret == NULL)
        return err_set(err, ERR_NOT_FOUND, "no machine is called %s", name);
    return step_require_ours(*ret, call, err);
}

/* ---- power ---- */

int look_power(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"runtime.powerState", NULL};
    const struct power_look *look = context;
    const struct xml_node *object;
    if (props_read(vc, look->vm, paths, &object, err) < 0)
        return -1;
    const char *state = props_text(object, "runtime.powerState");
    if (state == NULL)
        return err_set(err, ERR_INVALID, "the power state of %s is not readable", look->vm.id);
    *ret_reached = strcmp(state, look->on ? "poweredOn" : "poweredOff") == 0;
    return 0;
}

int machine_power(struct vc *vc, struct ref vm, bool on, enum outcome_kind *ret_kind,
                  struct err *err)
{
    struct power_look look = {vm, on};
    CLEANUP(wire_release) struct wire wire;
    wire_power(&wire, vm, on);
    const struct change_plan plan = {.entity = vm,
                                     .look = look_power,
                                     .context = &look,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = POWER_TIMEOUT_MS};
    return change_make(vc, &plan, ret_kind, err);
}

/* Asked, not made: the guest takes its time, and one without Tools does not hear. */
int machine_ask_guest(struct vc *vc, struct ref vm, bool *ret_asked, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_shutdown_guest(&wire, vm);
    *ret_asked = session_call(vc, &wire, &reply, err) == 0;
    if (*ret_asked || err->code == ERR_UNCERTAIN) {
        *ret_asked = true; /* perhaps it did hear */
        return 0;
    }
    if (reply.fault.type == NULL || fault_is(&reply.fault, "TaskInProgress"))
        return -1;
    return 0; /* a refusal leaves the hard way */
}

static int await_off(struct vc *vc, struct ref vm, int64_t timeout_ms, bool *ret_off,
                     struct err *err)
{
    struct power_look look = {vm, false};
    struct pause pause = pause_until(vc, timeout_ms > 0 ? timeout_ms : 1);
    for (;;) {
        if (look_power(vc, &look, ret_off, err) < 0)
            return -1;
        if (*ret_off)
            return 0;
        if (pause_next(vc, &pause, err) < 0)
            return err->code == ERR_TIMEOUT ? 0 : -1;
    }
}

int machine_shut_down(struct vc *vc, struct ref vm, int64_t guest_timeout_ms,
                      enum outcome_kind *ret_kind, struct err *err)
{
    struct power_look look = {vm, false};
    bool off = false, asked = false;
    if (look_power(vc, &look, &off, err) < 0)
        return -1;
    *ret_kind = OUTCOME_UNCHANGED;
    if (off)
        return 0;
    *ret_kind = OUTCOME_DONE;
    if (guest_timeout_ms > 0 && machine_ask_guest(vc, vm, &asked, err) < 0)
        return -1;
    if (asked && await_off(vc, vm, guest_timeout_ms, &off, err) < 0)
        return -1;
    if (off)
        return 0;
    vc_progress(vc, -1, "%s",
                asked ? "the guest did not shut down in time, powering off"
                      : "the guest cannot be asked, powering off");
    enum outcome_kind ignored;
    return machine_power(vc, vm, false, &ignored, err);
}
