/* kind_blueprint.c: blueprints of vRA 7: one vSphere machine, its network and its software. */
#include "kind_template_devices.h"

#include <string.h>

#include "arena.h"
#include "ops.h"
#include "types.h"

static const char *const clone_words[] = {"full", "linked", NULL};
static const char *const assignment_words[] = {"dhcp", "static", NULL};

static const struct attr attrs[] = {
    {"description", &type_string, FACET_VRA, 0, .doc = "Shown in the catalogue."},
    {"published", &type_bool, FACET_VRA, 0, .default_value = "true",
     .doc = "Only published blueprints are in the catalogue."},
    {"catalog.service", &type_name, FACET_VRA, 0, .ref = "catalog_services",
     .doc = "Service of the catalogue that the blueprint stands under."},
    {"machine.prefix", &type_name, FACET_VRA, ATTR_REQUIRED,
     .doc = "Machine prefix of vRA, by name; it exists already."},
    {"machine.instances", &type_range, FACET_VRA, 0, .default_value = "1", .min = 1, .max = 100,
     .doc = "Machines in one request: a number or {min, max}."},
    {"machine.clone.template", &type_name, FACET_NONE, ATTR_REQUIRED, .ref = "templates",
     .doc = "Template that machines are cloned from; its newest good version is used."},
    {"machine.clone.type", &type_enum, FACET_VRA, 0, .names = clone_words,
     .default_value = "full", .doc = "full, or linked, which a vGPU rules out."},
    {"machine.clone.customization", &type_name, FACET_VRA, 0, .ref = "customization_specs",
     .doc = "Customization specification for the clones."},
    {"machine.source", &type_string, FACET_VRA, ATTR_DERIVED,
     .doc = "Version of the template: the virtual machine's name."},
    {"machine.cpu", &type_cpu, FACET_VRA, ATTR_REQUIRED, .min = 1, .max = 128,
     .doc = "vCPUs: a number, {min, max, default}, or auto: cores of a host / its slots."},
    {"machine.memory", &type_size_range, FACET_VRA, ATTR_REQUIRED,
     .doc = "Memory; with a vGPU a single size, since all of it is reserved."},
    {"machine.storage", &type_size_range, FACET_VRA, ATTR_REQUIRED,
     .doc = "Storage of all disks together."},
    {"machine.memory_reservation", &type_int, FACET_VRA, ATTR_DERIVED,
     .doc = "VMware.Memory.Reservation in MB: equal to the memory when there is a vGPU."},
    {"machine.network.name", &type_name, FACET_VRA, ATTR_REQUIRED,
     .doc = "Name of the network component."},
    {"machine.network.profile", &type_name, FACET_VRA, 0,
     .doc = "External network profile; needed for static addresses."},
    {"machine.network.assignment", &type_enum, FACET_VRA, 0, .names = assignment_words,
     .default_value = "dhcp", .doc = "dhcp or static."},
    {"machine.reservation_policy", &type_name, FACET_VRA, 0,
     .doc = "Reservation policy, by name; it exists already."},
    {"software", &type_strings, FACET_VRA, ATTR_SET, .ref = "software_components",
     .doc = "Software components on the machine."},
    {"machine_quota", &type_int, FACET_VRA, ATTR_FACT, .read_by = "machine.reservation_policy",
     .doc = "Machines that the reservations in question allow together; absent: unlimited."},
    {"reserved_memory", &type_size, FACET_VRA, ATTR_FACT,
     .read_by = "machine.reservation_policy",
     .doc = "Memory of the reservations in question together."},
};

enum { MIB = 1 << 20 };

static void derive(struct instance *desired, const struct facts *facts,
                   struct diags *diags UNUSED)
{
    const struct instance *template =
        facts_referred(facts, desired, "machine.clone.template", "template");
    /* What is not published has no item that could stand under a service. */
    if (!value_is_true(instance_get(desired, "published")))
        instance_set(desired, "catalog.service", value_absent());
    if (template == NULL)
        return;
    instance_set(desired, "machine.source", instance_get(template, "vm"));
    int64_t memory = range_default(instance_get(desired, "machine.memory"), -1);
    if (value_is_true(instance_get(template, "memory_locked")) && memory > 0)
        instance_set(desired, "machine.memory_reservation",
                     value_int(facts->arena, memory / MIB));
}

/* cpu: auto: the fewest physical cores per slot among the hosts of the template's pool. */
static struct share share_of(const struct instance *template, const struct facts *facts)
{
    const struct instance *pool = facts_referred(facts, template, "pool", "pool");
    struct gpu_want want;
    return pool == NULL || !template_want(template, facts, &want)
               ? (struct share){0}
               : pool_share(pool, &want, facts);
}

static void note_computed(struct instance *desired, const char *attr, const char *how,
                          struct arena *arena)
{
    const struct value_field field = {attr, value_borrow(arena, how)};
    desired->computed = value_merge(arena, desired->computed, value_map(arena, &field, 1));
}

/* The version may be another one than the files ask for: template rollback. */
static void resolve_source(struct instance *desired, const struct instance *template)
{
    if (template != NULL && value_is_known(instance_get(template, "rollback")))
        instance_set(desired, "machine.source", instance_get(template, "vm"));
}

/* Whole virtual sockets, where the template has sockets of more than one core. */
static void set_cpus(struct instance *desired, const struct instance *template,
                     const struct share *share, struct arena *arena)
{
    const struct value *socket = instance_get(template, "cores_per_socket");
    int64_t step = socket->type == VALUE_INT ? socket->integer : 1;
    int64_t cpus = share->cores / share->slots / step * step;
    const char *thing =
        instance_text(template, "vgpu") != NULL ? "vGPU slots" : "sets of cards";
    const char *whole =
        step > 1 ? arena_printf(arena, ", in sockets of %lld", (long long)step) : "";
    instance_set(desired, "machine.cpu", range_fixed(arena, cpus < step ? step : cpus));
    note_computed(desired, "machine.cpu",
                  arena_printf(arena, "%lld physical cores / %d %s of a host%s (auto)",
                               (long long)share->cores, share->slots, thing, whole),
                  arena);
}

static void resolve(struct instance *desired, const struct facts *facts, struct diags *diags)
{
    const char *cpu = instance_text(desired, "machine.cpu");
    const struct instance *template =
        facts_referred(facts, desired, "machine.clone.template", "template");
    resolve_source(desired, template);
    if (cpu == NULL || strcmp(cpu, "auto") != 0)
        return;
    struct share share = share_of(template, facts);
    if (share.slots > 0) {
        set_cpus(desired, template, &share, facts->arena);
        return;
    }
    if (share.unknown != NULL) {
        instance_set(desired, "machine.cpu",
                     value_unreadable(facts->arena,
                                      "cpu: auto needs the cores and GPUs of the pool's hosts, "
                                      "and %s cannot be read",
                                      share.unknown));
        return;
    }
    struct diag *diag =
        diag_error(diags, instance_attr_pos(desired, "machine.cpu"),
                   "cpu: auto needs vGPU slots, and no host of the pool has any");
    diag->address = desired->address;
    diag_hint(diags, diag, "give a number of vCPUs, or a template with a vGPU of its pool");
}

static bool only(const struct change *change, const char *a, const char *b)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if (strcmp(change->attrs[i].attr->name, a) != 0 &&
            strcmp(change->attrs[i].attr->name, b) != 0)
            return false;
    return change->action != ACTION_CREATE;
}

static void add_item(const struct change *change, const struct facts *facts,
                     struct step_list *steps)
{
    const struct value *service = instance_get(change->desired, "catalog.service");
    const struct value_field fields[] = {{"service", service},
                                         {"timeout", value_int(facts->arena, 180000)}};
    steps_add(steps, "vra", OP_ITEM_ASSIGN,
              value_is_known(service)
                  ? arena_printf(facts->arena, "into service %s", value_text(service))
                  : "out of its service",
              EFFECT_NONE, value_map(facts->arena, fields, ARRAY_LEN(fields)));
}

static void add_write(const struct change *change, const struct facts *facts,
                      struct step_list *steps)
{
    if (kinds_changes(change, "machine.source")) {
        const struct value_field fields[] = {
            {"source", instance_get(change->desired, "machine.source")},
            {"timeout", value_int(facts->arena, 1800000)}};
        steps_add(steps, "vra", OP_BLUEPRINT_AWAIT_TEMPLATE,
                  "wait until vRA lists the template", EFFECT_NONE,
                  value_map(facts->arena, fields, ARRAY_LEN(fields)));
    }
    bool create = change->action == ACTION_CREATE;
    steps_add(steps, "vra", OP_BLUEPRINT_WRITE, create ? "create" : "overwrite",
              create ? EFFECT_CREATE : EFFECT_NONE, kinds_args(change->desired, facts->arena));
}

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err UNUSED)
{
    if (change->action == ACTION_DELETE) {
        steps_add(steps, "vra", OP_BLUEPRINT_DELETE, "unpublish and delete",
                  EFFECT_DATA_LOSS | EFFECT_SERVICE, NULL);
        return 0;
    }
    bool published = value_is_true(instance_get(change->desired, "published"));
    if (!only(change, "catalog.service", "published"))
        add_write(change, facts, steps);
    if (published ? !only(change, "catalog.service", "catalog.service")
                  : change->action != ACTION_CREATE && kinds_changes(change, "published"))
        steps_add(steps, "vra", OP_BLUEPRINT_PUBLISH, published ? "publish" : "unpublish",
                  published ? EFFECT_PUBLISH : EFFECT_SERVICE,
                  kinds_arg(facts->arena, "published", value_bool(published)));
    /* Publishing may reset the service of the item (vra7-api.md §6.2). */
    bool leaves = change->action != ACTION_CREATE && kinds_changes(change, "catalog.service");
    if (published &&
        (value_is_known(instance_get(change->desired, "catalog.service")) || leaves))
        add_item(change, facts, steps);
    return 0;
}

const struct kind kind_blueprint = {
    .schema = {.kind = "blueprint",
               .section = "blueprints",
               .attrs = attrs,
               .n_attrs = ARRAY_LEN(attrs),
               .doc = "What users request: a machine with its template, size and software."},
    .derive = derive,
    .resolve = resolve,
    .plan_steps = plan_steps,
    .create_reads_ms = 180000,
};
