/* kind_template.c: VM templates, kept as versions.
 *
 * A build is a new VM NAME-DIGEST8 beside the old one; the digest is that of all inputs, so a
 * rebuild is planned when, and only when, an input changed. The logical name means the newest
 * good version, which the state remembers by its instance UUID.
 */
#include "kind_template.h"

#include <string.h>

#include "arena.h"
#include "digest.h"
#include "ops.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

static const char *const tools_words[] = {"current", "running", NULL};
static const char *const transfer_words[] = {"auto", "hosts", "arguments", NULL};
static const char *const failure_words[] = {"keep", "remove", NULL};
static const char *const firmware_words[] = {"bios", "efi", NULL};

static const struct attr attrs[] = {
    {"base", &type_name, FACET_NONE, ATTR_REQUIRED | ATTR_INPUT,
     .doc = "Virtual machine (powered off) or template that a version is cloned from."},
    {"pool", &type_name, FACET_NONE, ATTR_REQUIRED, .ref = "pools",
     .doc = "Pool on whose hosts the versions are built."},
    {"vgpu_mode", &type_name, FACET_NONE, 0, .ref = "vgpu_modes",
     .doc = "Gives the template GPUs in this way: vGPUs of its profile, which clones inherit, "
            "or cards."},
    {"gpus", &type_int, FACET_NONE, 0, .default_value = "1", .min = 1, .max = 16,
     .doc = "How many vGPUs, or cards, of the mode a machine has."},
    {"cpus", &type_int, FACET_VSPHERE, ATTR_FREE, .min = 1, .max = 768,
     .doc = "vCPUs of the template; the base's when not given."},
    {"cores_per_socket", &type_int, FACET_VSPHERE, ATTR_FREE, .min = 1, .max = 768,
     .doc = "Cores of a virtual socket, which shape virtual NUMA nodes; vSphere's choice when "
            "not given."},
    {"firmware", &type_enum, FACET_VSPHERE, ATTR_FREE, .names = firmware_words,
     .doc = "What the base must boot with; efi where 64-bit MMIO is needed. Never changed."},
    {"mmio_size", &type_size, FACET_VSPHERE, ATTR_FREE, .read_by = "mmio_size",
     .min = (int64_t)1 << 30, .max = (int64_t)1 << 44,
     .doc = "64-bit MMIO space for cards with large BARs, in whole GiB; by the cards' memory "
            "when not given. More is no difference."},
    {"keep", &type_int, FACET_NONE, 0, .default_value = "2", .min = 1, .max = 16,
     .doc = "How many versions stay, the one in use included; the one before it stays in any "
            "case until the next is built."},
    {"on_failure", &type_enum, FACET_NONE, ATTR_INPUT, .names = failure_words,
     .default_value = "keep",
     .doc =
         "What becomes of the machine of a build that failed: keep leaves it, running, for a "
         "look inside, and the next build removes it."},
    {"guest.credentials.username", &type_string, FACET_NONE, ATTR_INPUT,
     .doc = "Who logs in to the guest."},
    {"guest.credentials.password", &type_secret, FACET_NONE, ATTR_INPUT | ATTR_SECRET,
     .doc = "Where the password comes from: env, file, command or credential."},
    {"guest.tools", &type_enum, FACET_NONE, ATTR_INPUT, .names = tools_words,
     .default_value = "current",
     .doc = "What is asked of VMware Tools in the base: current, or that they run at all."},
    {"guest.tools_timeout", &type_duration, FACET_NONE, ATTR_INPUT, .default_value = "10m",
     .doc = "How long VMware Tools may take to answer after the start."},
    {"guest.transfer", &type_enum, FACET_NONE, ATTR_INPUT, .names = transfer_words,
     .default_value = "auto",
     .doc = "How files come into the guest: hosts sends them to the ESXi host (its port 443), "
            "arguments puts small scripts into the arguments of programs, auto tries the host "
            "first."},
    {"guest.steps", &type_items, FACET_NONE, ATTR_INPUT, .items = &guest_step_schema,
     .doc = "What is done in the guest before the version is complete, in order."},
    {"rollback", &type_any, FACET_NONE, ATTR_DERIVED | ATTR_INPUT,
     .doc = "Set by template rollback: {from, to}; to is used until an input of from changes."},
    {"shutdown_timeout", &type_duration, FACET_NONE, ATTR_INPUT, .default_value = "5m",
     .doc = "How long the guest may take to shut down before it is powered off."},
    {"vm", &type_string, FACET_VSPHERE, ATTR_DERIVED,
     .doc = "Virtual machine that holds the version: NAME-DIGEST8."},
    {"vgpu", &type_string, FACET_VSPHERE, ATTR_DERIVED,
     .doc = "vGPU profile of the shared PCI device, \"2 x\" before it when there are two; "
            "absent: none may be there."},
    {"passthrough", &type_string, FACET_VSPHERE, ATTR_DERIVED,
     .doc = "Model of the cards that it holds, with their number; absent: none may be there."},
    {"cpu_hot_add", &type_bool, FACET_VSPHERE, ATTR_DERIVED | ATTR_FREE,
     .doc = "CPUs can be added while it runs; off where cores_per_socket is given."},
    {"memory_locked", &type_bool, FACET_VSPHERE, ATTR_DERIVED,
     .doc = "All memory reserved; follows from having GPUs."},
    {"is_template", &type_bool, FACET_VSPHERE, ATTR_DERIVED,
     .doc = "The virtual machine is marked as a template."},
    {"host", &type_string, FACET_VSPHERE, ATTR_FACT, .doc = "Host it is registered on."},
    {"powered_on", &type_bool, FACET_VSPHERE, ATTR_FACT, .doc = "It runs."},
    {"versions", &type_any, FACET_VSPHERE, ATTR_FACT,
     .doc = "Virtual machines that carry this template's own, valid mark: list of {name, vm, "
            "instance_uuid, lineage, is_template, complete, host}, oldest first."},
    {"complete", &type_bool, FACET_VSPHERE, ATTR_FACT,
     .doc = "Its build came to its end: it is a version, whether or not it is a template now."},
};

const char *template_version(const struct instance *desired, const struct facts *facts)
{
    struct strbuf inputs;
    strbuf_init(&inputs, STRBUF_MAX_OUTPUT);
    strbuf_add(&inputs, "template 1\n");
    static const char *const names[] = {"base", "vgpu", "memory_locked"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        strbuf_addf(&inputs, "%s ", names[i]);
        value_to_json(instance_get(desired, names[i]), &inputs);
        strbuf_add_char(&inputs, '\n');
    }
    template_add_inputs(desired, &inputs);
    guest_digest_inputs(desired, &inputs);
    struct digest digest = digest_bytes(strbuf_str(&inputs), strbuf_len(&inputs));
    strbuf_release(&inputs);
    return arena_printf(facts->arena, "%.8s", digest.hex);
}

static const char *version_name(const struct instance *desired, const struct facts *facts)
{
    return arena_printf(facts->arena, "%s-%s", desired->name, template_version(desired, facts));
}

static void derive(struct instance *desired, const struct facts *facts, struct diags *diags)
{
    const struct instance *mode = facts_referred(facts, desired, "vgpu_mode", "vgpu_mode");
    template_derive_devices(desired, facts);
    instance_set(desired, "memory_locked", value_bool(mode != NULL));
    instance_set(desired, "is_template", value_bool(true));
    guest_check_attrs(desired, diags);
    instance_set(desired, "vm", value_borrow(facts->arena, version_name(desired, facts)));
}

/* A roll-back that was recorded holds as long as the inputs are those it was made for. */
static void resolve(struct instance *desired, const struct facts *facts,
                    struct diags *diags UNUSED)
{
    const struct instance *prior = instances_find(facts->prior, desired->address);
    const struct value *rollback =
        prior == NULL ? value_absent() : instance_get(prior, "rollback");
    const char *from = value_get_text(rollback, "from"), *to = value_get_text(rollback, "to");
    if (from == NULL || to == NULL || strcmp(from, instance_text(desired, "vm")) != 0)
        return;
    const struct value_field note = {"vm", value_borrow(facts->arena, "rolled back")};
    instance_set(desired, "rollback", rollback);
    instance_set(desired, "vm", value_borrow(facts->arena, to));
    desired->computed =
        value_merge(facts->arena, desired->computed, value_map(facts->arena, &note, 1));
}

/* By the time of the build the windows of this plan are closed: a host counts when its shell
 * can be read, so that this plan sees to it; a profile that it merely offers may not start,
 * with ECC on. Cards are passed through without the shell. Maintenance that somebody else began
 * stays. */
static bool host_can_build(const struct instance *live, const struct instance *prior,
                           const struct gpu_want *want, const struct facts *facts)
{
    const char *connection = instance_text(live, "connection");
    const struct value *maintenance = instance_get(live, "maintenance");
    bool inside = maintenance->type == VALUE_BOOL && maintenance->boolean;
    /* A window that an interrupted apply left open is closed by this one. */
    bool ours = inside && kind_host.unfinished(prior, live, facts) != NULL;
    if (live->presence != PRESENCE_PRESENT || connection == NULL ||
        strcmp(connection, "connected") != 0 || (inside && !ours))
        return false;
    return want == NULL || value_is_known(instance_get(
                               live, want->profile != NULL ? "graphics" : "passthrough"));
}

/* The first host of the pool with room for the start that proves a version, or when all are
 * full the first that serves. */
static const char *build_host(const struct instance *pool, const struct facts *facts,
                              const struct gpu_want *want)
{
    const struct instance *host;
    const char *full = NULL;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        const struct instance *live = instances_find(facts->live, host->address);
        const struct instance *prior = instances_find(facts->prior, host->address);
        if (live == NULL || !host_can_build(live, prior, want, facts))
            continue;
        if (want == NULL || template_has_room(live, want))
            return host->name;
        full = full == NULL ? host->name : full;
    }
    return full;
}

static bool holds_machine(const struct instance *live, const char *name)
{
    const struct value *vms = instance_get(live, "vms");
    for (size_t i = 0; i < value_count(vms); i++) {
        const char *own = value_get_text(value_at(vms, i), "name");
        if (own != NULL && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

/* A host of the pool that holds the base and stays in maintenance, as far as this plan goes:
 * nothing can be cloned from there. NULL: none, or the base is elsewhere. */
static const char *base_locked_by(const struct instance *pool, const struct facts *facts,
                                  const char *base)
{
    const struct instance *host;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        const struct instance *live = instances_find(facts->live, host->address);
        const struct instance *prior = instances_find(facts->prior, host->address);
        if (live != NULL && value_is_true(instance_get(live, "maintenance")) &&
            holds_machine(live, base) && kind_host.unfinished(prior, live, facts) == NULL)
            return host->name;
    }
    return NULL;
}

const struct value *build_args(const struct build *b, const struct value_field *more, size_t n)
{
    const struct value_field name = {"name", value_string(b->arena, b->vm)};
    const struct value *map = value_map(b->arena, &name, 1);
    return value_merge(b->arena, map, value_map(b->arena, more, n));
}

static void add_configure(const struct build *b)
{
    const struct value *args = template_configure_args(b->change->desired, b->facts);
    steps_add(b->steps, "vsphere", OP_TEMPLATE_CONFIGURE,
              template_configure_title(b->change->desired, b->arena), EFFECT_NONE,
              value_merge(b->arena, build_args(b, NULL, 0), args));
}

static void add_shutdown(const struct build *b)
{
    const struct value_field fields[] = {
        {"guest_timeout", instance_get(b->change->desired, "shutdown_timeout")}};
    steps_add(b->steps, "vsphere", OP_TEMPLATE_SHUTDOWN, "shut down", EFFECT_NONE,
              build_args(b, fields, 1));
}

static void add_start(const struct build *b, const char *verb)
{
    steps_add(b->steps, "vsphere", OP_TEMPLATE_START,
              template_start_title(b->change->desired, b->want, verb, b->arena),
              b->want != NULL ? EFFECT_SLOT : EFFECT_NONE, build_args(b, NULL, 0));
}

/* GPUs are proven by starting the machine once: it takes their slots meanwhile. */
static void add_proof(const struct build *b)
{
    if (b->want != NULL)
        add_start(b, "start once");
    add_shutdown(b);
}

static void add_guest(const struct build *b)
{
    add_start(b, "start");
    guest_add_steps(b);
    add_shutdown(b);
}

static void add_mark(const struct build *b)
{
    steps_add(b->steps, "vsphere", OP_TEMPLATE_MARK, "convert to template", EFFECT_NONE,
              build_args(b, NULL, 0));
}

static void add_clone(const struct build *b)
{
    const struct value_field fields[] = {{"base", instance_get(b->change->desired, "base")},
                                         {"host", value_string(b->arena, b->host)},
                                         {"cluster", instance_get(b->pool, "cluster")}};
    steps_add(b->steps, "vsphere", OP_TEMPLATE_CLONE,
              arena_printf(b->arena, "clone %s to %s on %s",
                           instance_text(b->change->desired, "base"), b->vm, b->host),
              EFFECT_CREATE, build_args(b, fields, ARRAY_LEN(fields)));
}

/* The machine of a failed build, which is only minutes old, holds nothing of anybody. */
static void add_removal_of_failed(const struct build *b)
{
    const char *policy = instance_text(b->change->desired, "on_failure");
    if (policy == NULL || strcmp(policy, "remove") != 0)
        return;
    struct step *step = steps_add(b->steps, "vsphere", OP_TEMPLATE_DESTROY,
                                  arena_printf(b->arena, "remove %s", b->vm), EFFECT_NONE,
                                  build_args(b, NULL, 0));
    step->when = &when_failed;
}

static void add_build(const struct build *b)
{
    add_clone(b);
    add_configure(b);
    if (template_has_guest(b->change->desired))
        add_guest(b);
    else
        add_proof(b);
    add_mark(b);
    add_removal_of_failed(b);
}

/* An interrupted run made the clone and did not come to write its own identifier into the mark,
 * so the mark is not valid yet: the step that clones completes it. */
static bool is_half_made(const struct instance *live, const struct facts *facts)
{
    const struct mark *mark = &live->mark;
    return !mark->own && mark->lineage != NULL && strcmp(mark->lineage, facts->lineage) == 0;
}

/* What was changed behind our back is put right in place: same inputs, same version. */
static void add_repair(const struct build *b)
{
    bool devices = template_devices_change(b->change);
    bool marked = value_is_true(instance_get(b->change->live, "is_template"));
    if (devices && marked) {
        const char *host = instance_text(b->change->live, "host");
        const struct value_field fields[] = {
            {"host", value_string(b->arena, host != NULL ? host : b->host)},
            {"cluster", instance_get(b->pool, "cluster")}};
        steps_add(b->steps, "vsphere", OP_TEMPLATE_UNMARK, "back to a virtual machine",
                  EFFECT_SERVICE, build_args(b, fields, ARRAY_LEN(fields)));
    }
    if (value_is_true(instance_get(b->change->live, "powered_on")))
        add_shutdown(b); /* devices change in machines that are off */
    add_configure(b);
    add_proof(b);
    add_mark(b);
}

/* ---- versions -----------------------------------------------------------------------------
 */

static bool version_is(const struct value *version, const char *name)
{
    const char *own = value_get_text(version, "name");
    return own != NULL && name != NULL && strcmp(own, name) == 0;
}

/* Another site may keep a template of this name in the same vCenter. */
static bool version_is_ours(const struct value *version, const struct facts *facts)
{
    const char *lineage = value_get_text(version, "lineage");
    return lineage == NULL || (facts->lineage != NULL && strcmp(lineage, facts->lineage) == 0);
}

/* A machine whose build never came to its end is no version. */
static bool version_is_failed(const struct value *version)
{
    const struct value *marked = value_get(version, "is_template");
    return value_is_known(marked) && !value_is_true(marked) &&
           !value_is_true(value_get(version, "complete"));
}

static const struct value *find_version(const struct instance *live, const char *name,
                                        const struct facts *facts)
{
    const struct value *versions = instance_get(live, "versions");
    for (size_t i = 0; i < value_count(versions); i++)
        if (version_is(value_at(versions, i), name) &&
            version_is_ours(value_at(versions, i), facts))
            return value_at(versions, i);
    return NULL;
}

static bool blueprints_use(const struct instances *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct instance *it = list->items[i];
        const char *source = strcmp(it->schema->kind, "blueprint") == 0
                                 ? instance_text(it, "machine.source")
                                 : NULL;
        if (source != NULL && strcmp(source, name) == 0)
            return true;
    }
    return false;
}

static void add_destroy(const struct build *b, const struct value *version, const char *what)
{
    const struct value_field fields[] = {{"instance_uuid", value_get(version, "instance_uuid")},
                                         {"name", value_get(version, "name")}};
    steps_add(b->steps, "vsphere", OP_TEMPLATE_DESTROY,
              arena_printf(b->arena, "%s %s", what, value_get_text(version, "name")),
              EFFECT_DATA_LOSS, value_map(b->arena, fields, ARRAY_LEN(fields)));
}

/* Versions beyond `keep` go, oldest first; never the one that was in use until now, nor one
 * that a blueprint still clones: blueprints are pointed to the new one after this. What failed
 * builds left behind goes, too. */
static void add_cleanup(const struct build *b)
{
    const struct instance *live = b->change->live;
    const struct value *versions = instance_get(live, "versions");
    int64_t keep = instance_get(b->change->desired, "keep")->integer;
    const char *former = instance_text(live, "vm");
    const struct value *in_use = former == NULL ? NULL : find_version(live, former, b->facts);
    if (former != NULL && in_use != NULL && version_is_failed(in_use))
        former = NULL;
    /* Beside the new one and the former one, which are the same when the build is done. */
    int64_t others = keep - (former == NULL || strcmp(former, b->vm) == 0 ? 1 : 2);
    for (size_t i = value_count(versions); i-- > 0;) {
        const struct value *version = value_at(versions, i);
        const char *name = value_get_text(version, "name");
        if (name == NULL || version_is(version, b->vm) || version_is(version, former) ||
            !version_is_ours(version, b->facts))
            continue;
        if (version_is_failed(version))
            add_destroy(b, version, "remove failed build");
        else if (others-- <= 0 && !blueprints_use(b->facts->live, name) &&
                 !blueprints_use(b->facts->prior, name))
            add_destroy(b, version, "remove old version");
    }
}

/* Nothing without our own mark is destroyed: not even what was adopted. */
static int add_removal(const struct build *b, struct err *err)
{
    const char *vm = instance_text(b->change->live, "vm");
    bool found = false;
    const struct value *versions = instance_get(b->change->live, "versions");
    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value *version = value_at(versions, i);
        if (!version_is_ours(version, b->facts))
            continue;
        found = found || version_is(version, vm);
        add_destroy(b, version, "destroy");
    }
    return found
               ? 0
               : err_set(err, ERR_DENIED,
                         "%s carries no mark of gridform's own, so it is not destroyed: remove "
                         "it yourself, or put the template back",
                         vm == NULL ? "its machine" : vm);
}

/* ---- what a change takes ------------------------------------------------------------------
 */

/* The build of the wanted version was interrupted or failed. What already happened in its guest
 * may not happen twice, so it is built from the start; a guest that was never started is not
 * touched yet. */
static bool is_failed_build(const struct instance *live, const struct instance *desired,
                            const struct facts *facts)
{
    const char *vm = instance_text(live, "vm"), *wanted = instance_text(desired, "vm");
    if (!template_has_guest(desired) || vm == NULL || strcmp(vm, wanted) != 0)
        return false;
    const struct value *version = find_version(live, vm, facts);
    return version != NULL && version_is_failed(version);
}

/* The wanted version, kept from before: nothing has to be built, and no host is needed. */
static const struct value *kept_version(const struct build *b)
{
    const struct instance *live = b->change->live;
    const struct value *there =
        b->change->action == ACTION_REBUILD ? find_version(live, b->vm, b->facts) : NULL;
    return there != NULL && value_is_true(value_get(there, "is_template")) ? there : NULL;
}

static void add_switch(const struct build *b, const struct value *version)
{
    const struct value_field uuid = {"instance_uuid", value_get(version, "instance_uuid")};
    steps_add(b->steps, "vsphere", OP_TEMPLATE_SWITCH,
              arena_printf(b->arena, "take %s, which was kept", b->vm), EFFECT_NONE,
              build_args(b, &uuid, 1));
}

/* A failed build of the same version is in the way. */
static void add_version(const struct build *b)
{
    const struct instance *live = b->change->live;
    const struct value *there =
        live->presence == PRESENCE_PRESENT ? find_version(live, b->vm, b->facts) : NULL;
    if (there != NULL && template_has_guest(b->change->desired))
        add_destroy(b, there, "remove failed build");
    add_build(b);
}

static int find_place(struct build *b, struct err *err)
{
    const struct change *change = b->change;
    if (template_check_base(change, b->facts, err) < 0)
        return -1;
    b->pool = facts_referred(b->facts, change->desired, "pool", "pool");
    b->host = b->pool == NULL ? NULL : build_host(b->pool, b->facts, b->want);
    if (b->host == NULL)
        return err_set(err, ERR_UNREACHABLE, "no host of pool %s can be used to build it%s%s",
                       instance_text(change->desired, "pool"),
                       b->want == NULL ? "" : ": none offers ",
                       b->want == NULL ? "" : b->want->label);
    const char *base = instance_text(change->desired, "base");
    const char *locked = base_locked_by(b->pool, b->facts, base);
    if (change->action != ACTION_UPDATE && locked != NULL)
        return err_set(err, ERR_UNREACHABLE,
                       "%s, which it is cloned from, is on %s, and somebody keeps that host in "
                       "maintenance",
                       base, locked);
    return 0;
}

static void add_update(const struct build *b)
{
    const struct instance *live = b->change->live;
    bool half_made = is_half_made(live, b->facts);
    if (is_failed_build(live, b->change->desired, b->facts) ||
        (half_made && template_has_guest(b->change->desired))) {
        add_version(b);
        return;
    }
    if (half_made)
        add_clone(b);
    if (b->change->n_attrs > 0 || half_made)
        add_repair(b);
}

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err)
{
    struct build b = {.change = change, .facts = facts, .arena = facts->arena, .steps = steps};
    if (change->action == ACTION_DELETE)
        return add_removal(&b, err);
    b.vm = instance_text(change->desired, "vm");
    struct gpu_want want;
    b.want = template_want(change->desired, facts, &want) ? &want : NULL;
    const struct value *kept = kept_version(&b);
    if (kept == NULL && find_place(&b, err) < 0)
        return -1;
    if (kept != NULL)
        add_switch(&b, kept);
    else if (change->action == ACTION_UPDATE)
        add_update(&b);
    else
        add_version(&b);
    if (change->action != ACTION_CREATE)
        add_cleanup(&b);
    return 0;
}

/* More versions than are to be kept: a run ended before it came to remove the oldest, or the
 * number was lowered. */
static bool has_surplus(const struct instance *desired, const struct instance *live,
                        const struct facts *facts)
{
    const struct value *versions = instance_get(live, "versions");
    int64_t n = 0, keep = instance_get(desired, "keep")->integer;
    for (size_t i = 0; i < value_count(versions); i++) {
        const struct value *version = value_at(versions, i);
        if (!version_is_ours(version, facts))
            continue;
        if (version_is_failed(version) && !version_is(version, instance_text(live, "vm")))
            return true;
        n++;
    }
    return n > (keep > 2 ? keep : 2);
}

static const char *unfinished(const struct instance *prior, const struct instance *live,
                              const struct facts *facts)
{
    const struct instance *desired = instances_find(facts->desired, live->address);
    if (desired == NULL)
        return NULL;
    if (is_failed_build(live, desired, facts))
        return "its build did not come to an end: it is built again";
    return prior != NULL && has_surplus(desired, live, facts)
               ? "old versions are still to be removed"
               : NULL;
}

const struct kind kind_template = {
    .schema = {.kind = "template",
               .section = "templates",
               .attrs = attrs,
               .n_attrs = ARRAY_LEN(attrs),
               .doc = "A VM template that blueprints clone, built and kept as versions."},
    .derive = derive,
    .resolve = resolve,
    .version_attr = "vm",
    .plan_steps = plan_steps,
    .unfinished = unfinished,
};
