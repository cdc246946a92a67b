/* kind_host.c: ESXi hosts: graphics type, GRID driver, ECC, passthrough, power policy.
 *
 * All steps of a host share one maintenance window and as few reboots as possible: graphics
 * types, passthrough, the driver and a known ECC setting take effect in the same reboot. ECC
 * that can be read only once the driver runs gets a conditional second one. Changes that need
 * no window (power policy, assignment policy) never open one.
 */
#include "kinds.h"

#include <string.h>

#include "gpu.h"
#include "kind_host_schema.h"
#include "ops.h"
#include "strbuf.h"
#include "vec.h"

/* What a host needs, worked out before any step is written down. */
struct needs {
    bool graphics, policy, card_graphics, install, ecc, power, ssh,
        passthrough;  /* a setting is to be written */
    bool ecc_unknown; /* readable only after the driver has been loaded */
    bool reboot;      /* something takes effect only then */
    bool window;      /* maintenance mode is wanted */
};

/* ---- derived attributes ---------------------------------------------------------------- */

static void copy_attr(struct instance *to, const char *attr, const struct instance *from,
                      const char *from_attr)
{
    const struct value *value = instance_get(from, from_attr);
    if (value_is_known(value))
        instance_set(to, attr, value);
}

static void derive_driver(struct instance *host, const struct instance *mode,
                          const struct facts *facts, struct diags *diags)
{
    const char *vib = instance_text(mode, "driver.vib");
    const char *from = instance_text(mode, "driver.from");
    char version[16];
    if (vib == NULL || from == NULL)
        return;
    if (!driver_version_of(vib, version)) {
        struct diag *diag = diag_error(diags, instance_attr_pos(mode, "driver.vib"),
                                       "the name of the driver's VIB carries no version");
        diag_hint(diags, diag, "such as NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib");
        return;
    }
    if (from[0] != '/') {
        diag_error(diags, instance_attr_pos(mode, "driver.from"),
                   "the directory of the driver must be an absolute path on the host");
        return;
    }
    const char *slash = from[strlen(from) - 1] == '/' ? "" : "/";
    instance_set(host, "driver", value_string(facts->arena, version));
    instance_set(
        host, "driver_vib",
        value_borrow(facts->arena, arena_printf(facts->arena, "%s%s%s", from, slash, vib)));
    copy_attr(host, "driver_signature_check", mode, "driver.signature_check");
}

static void derive(struct instance *host, const struct facts *facts, struct diags *diags)
{
    const struct instance *pool = facts_referred(facts, host, "pool", "pool");
    if (pool == NULL)
        return;
    copy_attr(host, "power_policy", pool, "power_policy");
    copy_attr(host, "ssh", pool, "ssh");
    const struct instance *mode = facts_referred(facts, pool, "vgpu_mode", "vgpu_mode");
    struct gpu_want want;
    if (mode == NULL)
        return;
    bool direct = gpu_want_of(mode, 1, &want) && want.profile == NULL;
    instance_set(host, "passthrough", value_borrow(facts->arena, direct ? want.label : "none"));
    if (direct)
        return; /* the hypervisor does not touch cards that it gives away */
    const struct value *passthru = value_borrow(facts->arena, "shared_passthru");
    instance_set(host, "graphics", passthru);
    instance_set(host, "card_graphics", passthru);
    instance_set(host, "virtualization_mode", value_borrow(facts->arena, "host_vgpu"));
    copy_attr(host, "assignment_policy", mode, "assignment_policy");
    copy_attr(host, "ecc", mode, "ecc");
    derive_driver(host, mode, facts, diags);
}

/* ---- what is needed -----------------------------------------------------------------------
 */

/* For a pending attribute: must it be written, and does it wait for a reboot? */
static void pending_need(const struct change *change, const char *attr, bool *write,
                         bool *reboot)
{
    const struct value *want = instance_get(change->desired, attr);
    const struct value *have = instance_get(change->live, attr);
    const char *wanted = value_text(want);
    if (wanted == NULL || value_is_unreadable(have))
        return;
    const char *now = pending_now(have), *next = pending_next(have);
    *write = next == NULL || strcmp(next, wanted) != 0;
    *reboot = *reboot || now == NULL || strcmp(now, wanted) != 0;
}

static bool plain_need(const struct change *change, const char *attr)
{
    const struct value *want = instance_get(change->desired, attr);
    const struct value *have = instance_get(change->live, attr);
    return value_is_known(want) && !value_is_unreadable(have) && !value_equal(want, have);
}

/* The part of the shell's answer that every window needs and that is not there; NULL: all is. */
static const struct value *shell_gap(const struct instance *live)
{
    static const char *const names[] = {"graphics", "driver"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (value_is_unreadable(instance_get(live, names[i])))
            return instance_get(live, names[i]);
    return NULL;
}

static struct needs find_needs(const struct change *change)
{
    struct needs needs = {0};
    needs.policy = plain_need(change, "assignment_policy");
    needs.power = plain_need(change, "power_policy");
    needs.ssh = plain_need(change, "ssh");
    pending_need(change, "passthrough", &needs.passthrough, &needs.reboot);
    needs.window = needs.reboot || needs.passthrough;
    if (shell_gap(change->live) != NULL)
        return needs;
    pending_need(change, "graphics", &needs.graphics, &needs.reboot);
    pending_need(change, "card_graphics", &needs.card_graphics, &needs.reboot);
    pending_need(change, "driver", &needs.install, &needs.reboot);
    pending_need(change, "ecc", &needs.ecc, &needs.reboot);
    needs.reboot = needs.reboot || plain_need(change, "virtualization_mode");
    needs.ecc_unknown = value_is_known(instance_get(change->desired, "ecc")) &&
                        value_is_unreadable(instance_get(change->live, "ecc")) && needs.reboot;
    needs.window = needs.window || needs.reboot || needs.install || needs.ecc;
    return needs;
}

/* ---- machines in the way ------------------------------------------------------------------
 */

/* Powered-on machines of the host that must power off (ret_off) or that DRS moves (ret_move):
 * only a fully automated cluster moves machines, and none with a GPU (vsphere-api.md §6.5). */
static void split_machines(const struct change *change, struct arena *arena,
                           const struct value **ret_off, const struct value **ret_move)
{
    const struct value *vms = instance_get(change->live, "vms");
    const char *drs = instance_text(change->live, "drs");
    bool full = drs != NULL && strcmp(drs, "full") == 0;
    VEC(const struct value *) off = {0}, move = {0};
    for (size_t i = 0; i < value_count(vms); i++) {
        const struct value *vm = value_at(vms, i);
        if (!value_get_bool(vm, "on", false))
            continue;
        bool pinned =
            value_is_known(value_get(vm, "vgpu")) || value_get_bool(vm, "fixed", false);
        if (full && !pinned)
            VEC_PUSH(arena, &move, value_get(vm, "name"));
        else
            VEC_PUSH(arena, &off, value_get(vm, "name"));
    }
    *ret_off = value_list(arena, off.items, off.n);
    *ret_move = value_list(arena, move.items, move.n);
}

static bool power_off_allowed(const struct change *change, const struct instance *pool)
{
    const struct lifecycle *own = change->desired->lifecycle;
    for (size_t i = 0; own != NULL && own->allow != NULL && own->allow[i] != NULL; i++)
        if (strcmp(own->allow[i], "power_off_vms") == 0)
            return true;
    return pool != NULL && value_list_has(instance_get(pool, "allow"), "power_off_vms");
}

static int refuse_power_off(const struct value *off, struct err *err)
{
    struct strbuf names;
    strbuf_init(&names, 400);
    value_print(off, &names);
    err_set(err, ERR_DENIED,
            "maintenance needs these machines powered off: %s. Move or stop them, or accept it "
            "with allow: [power_off_vms] at the pool",
            strbuf_str(&names));
    strbuf_release(&names);
    return -1;
}

/* ---- steps ------------------------------------------------------------------------------- */

struct build {
    const struct change *change;
    const struct instance *pool;
    struct arena *arena;
    struct step_list *steps;
};

static const struct value *pool_value(const struct build *b, const char *attr)
{
    return b->pool == NULL ? value_absent() : instance_get(b->pool, attr);
}

static const struct value *args2(struct arena *arena, const char *key_a, const struct value *a,
                                 const char *key_b, const struct value *b)
{
    const struct value_field fields[] = {{key_a, a}, {key_b, b}};
    return value_map(arena, fields, ARRAY_LEN(fields));
}

static void add_reboot(const struct build *b, const struct condition *when)
{
    struct step *step =
        steps_add(b->steps, "vsphere", OP_HOST_REBOOT, "reboot", EFFECT_HOST_REBOOT,
                  kinds_arg(b->arena, "timeout", pool_value(b, "reboot_timeout")));
    step->when = when;
    /* A reboot ends an SSH service that is started by hand, and what follows needs it. */
    const char *policy = instance_text(b->change->live, "ssh_policy");
    if (policy == NULL || strcmp(policy, "on") == 0)
        return;
    step = steps_add(b->steps, "vsphere", OP_HOST_SSH, "start SSH again", EFFECT_NONE,
                     kinds_arg(b->arena, "running", value_bool(true)));
    step->when = when;
}

/* Passthrough that was on before a reboot may be off after it (vsphere-api.md §6.1). */
static void add_verify_passthrough(const struct build *b, const struct condition *when)
{
    const struct value *want = instance_get(b->change->desired, "passthrough");
    if (!value_is_known(want))
        return;
    struct step *step = steps_add(
        b->steps, "vsphere", OP_HOST_VERIFY_PASSTHROUGH, "verify passthrough", EFFECT_NONE,
        args2(b->arena, "device", want, "timeout", pool_value(b, "reboot_timeout")));
    step->when = when;
}

/* After a reboot the host must show what was set. ECC is left out where it is not known yet. */
static void add_verify(const struct build *b, bool with_ecc, const struct condition *when)
{
    static const char *const names[] = {"graphics", "driver", "virtualization_mode", "ecc"};
    struct value_field fields[ARRAY_LEN(names)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(names) - (with_ecc ? 0 : 1); i++)
        fields[n++] =
            (struct value_field){names[i], instance_get(b->change->desired, names[i])};
    const char *mode = instance_text(b->change->desired, "virtualization_mode");
    struct step *step = steps_add(b->steps, "esxi", OP_HOST_VERIFY,
                                  mode != NULL ? "verify Host VGPU" : "verify", EFFECT_NONE,
                                  args2(b->arena, "expect", value_map(b->arena, fields, n),
                                        "timeout", pool_value(b, "reboot_timeout")));
    step->when = when;
}

static void add_ecc(const struct build *b, const struct condition *when)
{
    const struct value *ecc = instance_get(b->change->desired, "ecc");
    bool off = strcmp(value_text(ecc), "disabled") == 0;
    struct step *step =
        steps_add(b->steps, "esxi", OP_HOST_ECC, off ? "disable ECC" : "enable ECC",
                  EFFECT_NONE, kinds_arg(b->arena, "ecc", ecc));
    step->when = when;
}

/* Other functions of a device's slot or bridge change with it: the plan says which. */
static const char *passthrough_title(const struct build *b, const char *device)
{
    const struct value *gpus = instance_get(b->change->live, "gpus");
    struct strbuf with;
    if (strcmp(device, "none") == 0)
        return "end passthrough";
    strbuf_init(&with, 400);
    for (size_t i = 0; i < value_count(gpus); i++) {
        const struct value *gpu = value_at(gpus, i);
        const char *other = value_get_text(gpu, "with");
        if (other != NULL && value_get_int(gpu, "device", 0) == gpu_parse_device(device))
            strbuf_addf(&with, "%s%s", strbuf_len(&with) == 0 ? ", and with them " : ", ",
                        other);
    }
    const char *title =
        arena_printf(b->arena, "pass %s cards through%s", device, strbuf_str(&with));
    strbuf_release(&with);
    return title;
}

static void add_passthrough(const struct build *b)
{
    const struct value *device = instance_get(b->change->desired, "passthrough");
    steps_add(b->steps, "vsphere", OP_HOST_PASSTHROUGH,
              passthrough_title(b, value_text(device)), EFFECT_NONE,
              kinds_arg(b->arena, "device", device));
}

/* Cards are, or will be, passed through, or were until now. */
static bool is_passed_through(const struct change *change)
{
    const char *want = instance_text(change->desired, "passthrough");
    const char *now = pending_now(instance_get(change->live, "passthrough"));
    return (want != NULL && strcmp(want, "none") != 0) ||
           (now != NULL && strcmp(now, "none") != 0);
}

static void add_settings(const struct build *b, const struct needs *needs)
{
    const struct instance *want = b->change->desired;
    if (needs->graphics || needs->policy)
        steps_add(b->steps, "esxi", OP_HOST_GRAPHICS,
                  needs->graphics ? "graphics type" : "assignment policy", EFFECT_NONE,
                  args2(b->arena, "graphics", instance_get(want, "graphics"),
                        "assignment_policy", instance_get(want, "assignment_policy")));
    if (needs->passthrough)
        add_passthrough(b);
    if (needs->card_graphics)
        steps_add(b->steps, "vsphere", OP_HOST_CARD_GRAPHICS, "graphics type of the cards",
                  EFFECT_NONE,
                  kinds_arg(b->arena, "type", instance_get(want, "card_graphics")));
    /* Through the driver that runs now: once another one is staged, none may answer before the
     * reboot. */
    if (needs->ecc)
        add_ecc(b, NULL);
    if (needs->install) {
        const struct value_field fields[] = {
            {"vib", instance_get(want, "driver_vib")},
            {"version", instance_get(want, "driver")},
            {"signature_check", instance_get(want, "driver_signature_check")}};
        steps_add(b->steps, "esxi", OP_HOST_INSTALL_DRIVER,
                  arena_printf(b->arena, "install driver %s", instance_text(want, "driver")),
                  EFFECT_NONE, value_map(b->arena, fields, ARRAY_LEN(fields)));
    }
}

/* Through the shell only what is wanted of it. */
static bool wants_shell(const struct change *change)
{
    return shell_gap(change->live) == NULL &&
           (value_is_known(instance_get(change->desired, "graphics")) ||
            value_is_known(instance_get(change->desired, "driver")));
}

static const struct condition *ecc_condition(const struct build *b)
{
    const char *want = instance_text(b->change->desired, "ecc");
    bool off = strcmp(want, "disabled") == 0;
    struct condition *when = ARENA_NEW(b->arena, struct condition);
    *when = (struct condition){.attr = "ecc",
                               .equals = off ? "enabled" : "disabled",
                               .label = off ? "if ECC is on" : "if ECC is off",
                               .why = "ECC is readable only with the driver"};
    return when;
}

/* Everything between entering and leaving maintenance mode. */
static void add_window_work(const struct build *b, const struct needs *needs)
{
    add_settings(b, needs);
    if (!needs->window)
        return;
    add_reboot(b, NULL);
    if (needs->passthrough || is_passed_through(b->change))
        add_verify_passthrough(b, NULL);
    if (wants_shell(b->change))
        add_verify(b, !needs->ecc_unknown, NULL);
    if (needs->ecc_unknown) {
        const struct condition *when = ecc_condition(b);
        add_ecc(b, when);
        add_reboot(b, when);
        add_verify(b, true, when);
    }
}

static void add_power_off(const struct build *b, const struct value *off)
{
    steps_add(b->steps, "vsphere", OP_VM_POWER_OFF, "power off machines", EFFECT_VM_POWER_OFF,
              args2(b->arena, "vms", off, "guest_timeout", value_int(b->arena, 300000)));
}

/* Templates registered here, which nobody can clone while the host is in maintenance. */
static const struct value *templates_here(const struct build *b)
{
    const struct value *vms = instance_get(b->change->live, "vms");
    VEC(const struct value *) names = {0};
    for (size_t i = 0; i < value_count(vms); i++)
        if (value_get_bool(value_at(vms, i), "template", false))
            VEC_PUSH(b->arena, &names, value_get(value_at(vms, i), "name"));
    return value_list(b->arena, names.items, names.n);
}

static const char *enter_title(const struct build *b, const struct value *templates)
{
    struct strbuf names;
    strbuf_init(&names, 400);
    value_print(templates, &names);
    const char *title =
        value_count(templates) == 0
            ? "enter maintenance"
            : arena_printf(b->arena, "enter maintenance (meanwhile nobody can clone %s)",
                           strbuf_str(&names));
    strbuf_release(&names);
    return title;
}

static void add_enter(const struct build *b, const struct value *move)
{
    const struct value *evacuate = pool_value(b, "maintenance.evacuate_powered_off");
    const struct value_field fields[] = {
        {"timeout", pool_value(b, "maintenance.timeout")},
        {"evacuate_powered_off", evacuate},
        {"vms", value_count(move) > 0 ? move : value_absent()}};
    bool stay = evacuate->type != VALUE_BOOL || !evacuate->boolean;
    const struct value *templates = stay ? templates_here(b) : value_list(b->arena, NULL, 0);
    steps_add(b->steps, "vsphere", OP_HOST_ENTER_MAINTENANCE, enter_title(b, templates),
              EFFECT_MAINTENANCE | (value_count(move) > 0 ? EFFECT_VM_MOVE : 0) |
                  (value_count(templates) > 0 ? EFFECT_SERVICE : 0),
              value_map(b->arena, fields, ARRAY_LEN(fields)));
}

static void add_power_on(const struct build *b, const struct value *off)
{
    if (value_count(off) > 0)
        steps_add(b->steps, "vsphere", OP_VM_POWER_ON, "power machines on again", EFFECT_NONE,
                  kinds_arg(b->arena, "vms", off));
}

static void add_leave(const struct build *b, const struct value *off)
{
    steps_add(b->steps, "vsphere", OP_HOST_EXIT_MAINTENANCE, "leave maintenance", EFFECT_LEAVE,
              kinds_arg(b->arena, "timeout", value_int(b->arena, 300000)));
    add_power_on(b, off);
}

/* The shell opens before everything else and closes after it. */
static void add_ssh(const struct build *b, const struct needs *needs, bool running)
{
    const struct value *want = instance_get(b->change->desired, "ssh");
    if (needs->ssh && want->boolean == running)
        steps_add(b->steps, "vsphere", OP_HOST_SSH, running ? "start SSH" : "stop SSH",
                  EFFECT_NONE, kinds_arg(b->arena, "running", want));
}

/* The window is ours when the state says so, or when an interrupted run meant to open it. */
static bool window_is_ours(const struct instance *prior, const char *address,
                           const struct facts *facts)
{
    return (prior != NULL && value_is_known(value_get(prior->meta, "window"))) ||
           facts_intent(facts, address, OP_HOST_ENTER_MAINTENANCE) != NULL;
}

static const char *unfinished(const struct instance *prior, const struct instance *live,
                              const struct facts *facts)
{
    bool in_maintenance = value_is_true(instance_get(live, "maintenance"));
    if (in_maintenance && window_is_ours(prior, live->address, facts))
        return "left in maintenance by an earlier apply";
    if (!in_maintenance && prior != NULL &&
        value_count(value_get(prior->ids, "powered_off")) > 0)
        return "machines that an earlier apply powered off are still to be started";
    return NULL;
}

/* Machines that this or an earlier apply powered off and that are to run again. */
static const struct value *to_power_on(const struct build *b, const struct value *off)
{
    const struct instance *prior = b->change->prior;
    const struct value *before =
        prior == NULL ? value_absent() : value_get(prior->ids, "powered_off");
    VEC(const struct value *) all = {0};
    for (size_t i = 0; i < value_count(before); i++)
        VEC_PUSH(b->arena, &all, value_at(before, i));
    for (size_t i = 0; i < value_count(off); i++)
        if (!value_list_has(before, value_text(value_at(off, i))))
            VEC_PUSH(b->arena, &all, value_at(off, i));
    return value_list(b->arena, all.items, all.n);
}

/* The steps of a window: machines off, enter, work, leave, machines on. -1: refused. */
static int add_window(const struct build *b, const struct needs *needs, bool inside, bool ours,
                      struct err *err)
{
    const struct value *off, *move;
    split_machines(b->change, b->arena, &off, &move);
    if (value_count(off) > 0 && !power_off_allowed(b->change, b->pool))
        return refuse_power_off(off, err);
    if (value_count(off) > 0)
        add_power_off(b, off);
    if (!inside)
        add_enter(b, move);
    add_window_work(b, needs);
    if (!inside || ours)
        add_leave(b, to_power_on(b, off));
    return 0;
}

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err)
{
    if (change->action == ACTION_RELEASE)
        return 0;
    if (change->live->presence == PRESENCE_ABSENT)
        return err_set(err, ERR_NOT_FOUND, "vCenter has no host of this name");
    struct build b = {change, facts_referred(facts, change->desired, "pool", "pool"),
                      facts->arena, steps};
    struct needs needs = find_needs(change);
    add_ssh(&b, &needs, true);
    if (needs.power)
        steps_add(steps, "vsphere", OP_HOST_POWER_POLICY, "power policy", EFFECT_NONE,
                  kinds_arg(b.arena, "policy", instance_get(change->desired, "power_policy")));
    bool inside = value_is_true(instance_get(change->live, "maintenance"));
    bool ours = window_is_ours(change->prior, change->address, facts);
    if (needs.window) {
        if (add_window(&b, &needs, inside, ours, err) < 0)
            return -1;
    } else {
        add_settings(&b, &needs);
        if (inside && ours)
            add_leave(&b, to_power_on(&b, value_absent()));
        else if (!inside)
            add_power_on(&b, to_power_on(&b, value_absent()));
    }
    add_ssh(&b, &needs, false);
    return 0;
}

/* What a window would be opened for, or verified by, cannot be read: none is opened. */
static const char *left_alone(const struct attr *attr, const struct instance *live)
{
    static const char *const names[] = {"graphics", "card_graphics", "driver",
                                        "virtualization_mode", "ecc"};
    const struct value *gap = shell_gap(live);
    for (size_t i = 0; gap != NULL && i < ARRAY_LEN(names); i++)
        if (strcmp(attr->name, names[i]) == 0)
            return gap->string;
    return NULL;
}

static const struct value *remember(const struct instance *live, struct arena *arena)
{
    static const char *const names[] = {"cpu_cores", "memory", "gpus"};
    struct value_field fields[ARRAY_LEN(names)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (value_is_known(instance_get(live, names[i])))
            fields[n++] = (struct value_field){names[i], instance_get(live, names[i])};
    return n == 0 ? NULL : value_map(arena, fields, n);
}

const struct kind kind_host = {
    .schema = {.kind = "host",
               .section = "hosts",
               .attrs = host_attrs,
               .n_attrs = ARRAY_LEN(host_attrs),
               .absent_is_free = true,
               .expanded = true,
               .doc = "An ESXi host; declared by the pool that lists it."},
    .derive = derive,
    .plan_steps = plan_steps,
    .unfinished = unfinished,
    .left_alone = left_alone,
    .remember = remember,
};
