/* fake_host.c: hosts: maintenance, reboots, and what takes effect only then. */
#include "fake_private.h"

#include <string.h>

#include "err.h"
#include "ops.h"
#include "types.h"
#include "vec.h"

static bool runs_driver(const struct object *object)
{
    return pending_now(instance_get(object->live, "driver")) != NULL;
}

static bool serves_vgpu(const struct object *object)
{
    const char *graphics = pending_now(instance_get(object->live, "graphics"));
    const char *given = pending_now(instance_get(object->live, "passthrough"));
    return runs_driver(object) && graphics != NULL &&
           strcmp(graphics, "shared_passthru") == 0 &&
           (given == NULL || strcmp(given, "none") == 0);
}

void fake_host_settle(struct fake *fake, struct object *object)
{
    struct instance *live = object->live;
    if (!runs_driver(object)) {
        const struct value *hidden = value_unreadable(fake->arena, "the driver is not loaded");
        instance_set(live, "ecc", hidden);
        instance_set(live, "virtualization_mode", hidden);
    } else {
        instance_set(live, "ecc", pending_make(fake->arena, object->ecc_now, object->ecc_next));
        instance_set(
            live, "virtualization_mode",
            value_string(fake->arena, serves_vgpu(object) ? "host_vgpu" : "host_vsga"));
    }
    const struct value *profile = value_string(fake->arena, "grid_p100-4q");
    instance_set(live, "profiles", value_list(fake->arena, &profile, serves_vgpu(object)));
}

/* What was set is in effect from the next boot on. */
static void set_pending(struct call *call, const char *attr, const char *next)
{
    const char *now = pending_now(instance_get(call->object->live, attr));
    const struct value_field field = {"next", value_string(call->fake->arena, next)};
    instance_set(call->object->live, attr,
                 now == NULL ? value_map(call->fake->arena, &field, 1)
                             : pending_make(call->fake->arena, now, next));
}

static int reboot(struct call *call, struct err *err)
{
    static const char *const attrs[] = {"graphics", "card_graphics", "driver", "passthrough"};
    struct object *object = call->object;
    if (!value_is_true(instance_get(object->live, "maintenance")))
        return err_set(err, ERR_CONFLICT, "a host is rebooted in maintenance only");
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
        const char *next = pending_next(instance_get(object->live, attrs[i]));
        if (next != NULL)
            fake_set_text(call, attrs[i], next);
    }
    object->ecc_now = object->ecc_next;
    call->fake->record.reboots++;
    fake_host_settle(call->fake, object);
    return 0;
}

static int maintain(struct call *call, bool enter)
{
    struct instance *live = call->object->live;
    bool inside = value_is_true(instance_get(live, "maintenance"));
    if (inside == enter) {
        call->out->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    instance_set(live, "maintenance", value_bool(enter));
    call->fake->record.windows += enter;
    call->fake->record.moved += enter ? value_count(fake_arg(call, "vms")) : 0;
    return 0;
}

static int verify(struct call *call, struct err *err)
{
    static const char *const names[] = {"graphics", "driver", "virtualization_mode", "ecc"};
    const struct value *expect = fake_arg(call, "expect");
    struct value_field fields[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        fields[i] = (struct value_field){names[i], instance_get(call->object->live, names[i])};
    call->out->observed = value_map(call->in->arena, fields, ARRAY_LEN(names));
    call->out->kind = OUTCOME_UNCHANGED;
    for (size_t i = 0; i < value_count(expect); i++)
        if (!value_equal(expect->map.fields[i].value,
                         instance_get(call->object->live, expect->map.fields[i].key)))
            return err_set(err, ERR_TIMEOUT, "%s is not as expected",
                           expect->map.fields[i].key);
    return 0;
}

/* Machines are switched by name; those that were on are reported. */
static void switch_machines(struct call *call, bool on)
{
    const struct value *vms = instance_get(call->object->live, "vms");
    const struct value *wanted = fake_arg(call, "vms");
    struct arena *arena = call->fake->arena;
    const struct value **all = ARENA_ARRAY(arena, value_count(vms) + 1, const struct value *);
    VEC(const struct value *) off = {0};
    for (size_t i = 0; i < value_count(vms); i++) {
        const struct value *vm = value_at(vms, i);
        const struct value_field field = {"on", value_bool(on)};
        const char *name = value_get_text(vm, "name");
        all[i] = vm;
        if (!value_list_has(wanted, name))
            continue;
        call->fake->record.powered_off += !on && value_get_bool(vm, "on", false);
        all[i] = value_merge(arena, vm, value_map(arena, &field, 1));
        if (!on)
            VEC_PUSH(arena, &off, value_get(vm, "name"));
    }
    instance_set(call->object->live, "vms", value_list(arena, all, value_count(vms)));
    const struct value_field ids = {"powered_off", value_list(arena, off.items, off.n)};
    call->out->ids = value_map(arena, &ids, 1);
}

static int set_up(struct call *call, const char *op, struct err *err)
{
    const char *text = NULL;
    if (strcmp(op, OP_HOST_GRAPHICS) == 0) {
        text = value_text(fake_arg(call, "graphics"));
        if (text != NULL)
            set_pending(call, "graphics", text);
        text = value_text(fake_arg(call, "assignment_policy"));
        if (text != NULL)
            fake_set_text(call, "assignment_policy", text);
    } else if (strcmp(op, OP_HOST_CARD_GRAPHICS) == 0) {
        set_pending(call, "card_graphics", value_text(fake_arg(call, "type")));
    } else if (strcmp(op, OP_HOST_PASSTHROUGH) == 0) {
        set_pending(call, "passthrough", value_text(fake_arg(call, "device")));
    } else if (strcmp(op, OP_HOST_INSTALL_DRIVER) == 0) {
        if (!value_is_true(instance_get(call->object->live, "maintenance")))
            return err_set(err, ERR_CONFLICT, "drivers are installed in maintenance only");
        set_pending(call, "driver", value_text(fake_arg(call, "version")));
    } else if (strcmp(op, OP_HOST_ECC) == 0) {
        if (!runs_driver(call->object))
            return err_set(err, ERR_CONFLICT, "the driver is not loaded");
        text = value_text(fake_arg(call, "ecc"));
        call->object->ecc_next = arena_strdup(call->fake->arena, text);
    } else if (strcmp(op, OP_HOST_POWER_POLICY) == 0) {
        fake_set_text(call, "power_policy", value_text(fake_arg(call, "policy")));
    } else if (strcmp(op, OP_HOST_SSH) == 0) {
        instance_set(call->object->live, "ssh", fake_arg(call, "running"));
    } else {
        return err_set(err, ERR_INTERNAL, "unknown operation %s", op);
    }
    fake_host_settle(call->fake, call->object);
    return 0;
}

static int verify_passthrough(struct call *call, struct err *err)
{
    const struct value *now = instance_get(call->object->live, "passthrough");
    const struct value_field field = {"passthrough", now};
    call->out->observed = value_map(call->in->arena, &field, 1);
    call->out->kind = OUTCOME_UNCHANGED;
    return value_equal(now, fake_arg(call, "device"))
               ? 0
               : err_set(err, ERR_TIMEOUT, "passthrough is not as expected");
}

int fake_host_perform(struct call *call, struct err *err)
{
    const char *op = call->in->step->op;
    if (call->object->live == NULL)
        return err_set(err, ERR_NOT_FOUND, "no such host");
    if (strcmp(op, OP_HOST_REBOOT) == 0)
        return reboot(call, err);
    if (strcmp(op, OP_HOST_ENTER_MAINTENANCE) == 0)
        return maintain(call, true);
    if (strcmp(op, OP_HOST_EXIT_MAINTENANCE) == 0)
        return maintain(call, false);
    if (strcmp(op, OP_HOST_VERIFY) == 0)
        return verify(call, err);
    if (strcmp(op, OP_HOST_VERIFY_PASSTHROUGH) == 0)
        return verify_passthrough(call, err);
    if (strcmp(op, OP_VM_POWER_OFF) == 0 || strcmp(op, OP_VM_POWER_ON) == 0) {
        switch_machines(call, strcmp(op, OP_VM_POWER_ON) == 0);
        return 0;
    }
    return set_up(call, op, err);
}
