/* vgpu.c: what vGPUs ask of cards, drivers, templates and blueprints. */
#include "rules.h"

#include <string.h>

#include "gpu.h"
#include "names.h"
#include "types.h"
#include "vec.h"

static const char *nearest_profile(const char *word, struct arena *arena)
{
    VEC(const char *) all = {0};
    for (size_t i = 0; i < gpu_models_count; i++)
        for (size_t p = 0; p < gpu_models[i].n_profiles; p++)
            VEC_PUSH(arena, &all, gpu_models[i].profiles[p].api);
    return names_nearest(word, all.items, all.n);
}

static void check_known(struct rules_context *context, const struct instance *mode)
{
    const char *profile = instance_text(mode, "profile");
    if (profile == NULL || gpu_any_profile(profile) != NULL)
        return;
    struct diag *diag = rule_found(context, instance_attr_pos(mode, "profile"), mode,
                                   "no known GPU has a profile %s", profile);
    const char *best = nearest_profile(profile, context->in->facts->arena);
    if (best != NULL)
        diag_hint(context->diags, diag, "did you mean %s?", best);
}

void rule_profile_known(struct rules_context *context)
{
    rules_each(context, "vgpu_mode", check_known);
}

/* The release of the driver that the host will run. */
static unsigned wanted_release(const struct instance *host)
{
    const char *driver = instance_text(host, "driver");
    return driver == NULL ? 0 : driver_release(driver_branch(driver));
}

/* The wanted driver runs already: the card itself has the word. */
static bool driver_runs(const struct instance *host, const struct instance *live)
{
    const char *wanted = instance_text(host, "driver");
    const char *now = pending_now(instance_get(live, "driver"));
    const char *type = pending_now(instance_get(live, "graphics"));
    return wanted != NULL && now != NULL && strcmp(now, wanted) == 0 && type != NULL &&
           strcmp(type, "shared_passthru") == 0 &&
           value_count(instance_get(live, "profiles")) > 0;
}

/* By the catalogue: a card of the host that cannot offer the profile; NULL when all can. */
static const char *card_without(const struct instance *live, const char *profile,
                                unsigned release)
{
    const struct value *gpus = instance_get(live, "gpus");
    for (size_t i = 0; i < value_count(gpus); i++) {
        const struct value *gpu = value_at(gpus, i);
        const struct gpu_model *model =
            gpu_by_pci_device((unsigned)value_get_int(gpu, "device", 0));
        if (model == NULL)
            continue; /* newer than the catalogue: the card decides */
        const struct gpu_profile *found = gpu_find_profile(model, profile);
        if (found == NULL || !gpu_profile_in_release(found, release))
            return model->product;
    }
    return NULL;
}

static void check_offered(struct rules_context *context, const struct instance *host)
{
    const struct facts *facts = context->in->facts;
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, host->address);
    const struct instance *pool = facts_referred(context->in->facts, host, "pool", "pool");
    const struct instance *mode =
        facts_referred(context->in->facts, pool, "vgpu_mode", "vgpu_mode");
    const char *profile = mode == NULL ? NULL : instance_text(mode, "profile");
    if (live == NULL || profile == NULL || live->presence != PRESENCE_PRESENT)
        return;
    if (driver_runs(host, live)) {
        if (!value_list_has(instance_get(live, "profiles"), profile))
            rule_found(context, instance_attr_pos(mode, "profile"), host,
                       "its cards do not offer %s", profile);
        return;
    }
    const struct value *gpus = instance_get(live, "gpus");
    const char *card = card_without(live, profile, wanted_release(host));
    if (card != NULL)
        rule_found(context, instance_attr_pos(mode, "profile"), host,
                   "its %s does not offer %s with driver %s", card, profile,
                   instance_text(host, "driver"));
    else if (gpus->type == VALUE_LIST && gpus->list.n == 0)
        rule_found(context, instance_attr_pos(pool, "hosts"), host,
                   "it has no NVIDIA card, and its pool wants %s", profile);
}

void rule_profile_offered(struct rules_context *context)
{
    rules_each(context, "host", check_offered);
}

static void check_ecc(struct rules_context *context, const struct instance *mode)
{
    const char *vib = instance_text(mode, "driver.vib"), *ecc = instance_text(mode, "ecc");
    const char *profile = instance_text(mode, "profile");
    char version[16];
    if (vib == NULL || !driver_version_of(vib, version) ||
        !driver_needs_ecc_off(driver_branch(version)) ||
        (ecc != NULL && strcmp(ecc, "disabled") == 0) ||
        (profile != NULL && gpu_any_profile(profile) != NULL && !gpu_profile_has_ecc(profile)))
        return;
    const char *attr = ecc == NULL ? "driver.vib" : "ecc";
    struct diag *diag = rule_found(context, instance_attr_pos(mode, attr), mode,
                                   "driver %s starts no vGPU while ECC is on", version);
    diag_hint(context->diags, diag, "set ecc: disabled");
}

void rule_ecc_off(struct rules_context *context)
{
    rules_each(context, "vgpu_mode", check_ecc);
}

static const char *template_profile(struct rules_context *context,
                                    const struct instance *blueprint)
{
    const struct instance *template =
        facts_referred(context->in->facts, blueprint, "machine.clone.template", "template");
    return template == NULL ? NULL : instance_text(template, "vgpu");
}

static void check_clone(struct rules_context *context, const struct instance *blueprint)
{
    const char *type = instance_text(blueprint, "machine.clone.type");
    if (type == NULL || strcmp(type, "linked") != 0 ||
        template_profile(context, blueprint) == NULL)
        return;
    struct diag *diag =
        rule_found(context, instance_attr_pos(blueprint, "machine.clone.type"), blueprint,
                   "a template with a vGPU (%s) cannot be cloned as a linked clone",
                   template_profile(context, blueprint));
    diag_hint(context->diags, diag, "use type: full");
}

void rule_full_clone(struct rules_context *context)
{
    rules_each(context, "blueprint", check_clone);
}

static void check_fixed(struct rules_context *context, const struct instance *blueprint)
{
    const struct value *memory = instance_get(blueprint, "machine.memory");
    const struct instance *template =
        facts_referred(context->in->facts, blueprint, "machine.clone.template", "template");
    if (template == NULL || !value_is_true(instance_get(template, "memory_locked")) ||
        !value_is_known(memory) ||
        value_get_int(memory, "min", 0) == value_get_int(memory, "max", 0))
        return;
    struct diag *diag =
        rule_found(context, instance_attr_pos(blueprint, "machine.memory"), blueprint,
                   "memory is a range, but a machine with a %s reserves all of it",
                   template_profile(context, blueprint) != NULL ? "vGPU" : "card");
    diag_hint(context->diags, diag, "give one size, such as memory: 16 GiB");
}

void rule_memory_fixed(struct rules_context *context)
{
    rules_each(context, "blueprint", check_fixed);
}

static void check_profile(struct rules_context *context, const struct instance *template)
{
    const struct facts *facts = context->in->facts;
    const struct instance *pool = facts_referred(facts, template, "pool", "pool");
    const struct instance *mode = facts_referred(facts, pool, "vgpu_mode", "vgpu_mode");
    struct gpu_want own, of_pool = {0};
    if (pool == NULL ||
        !gpu_want_of(facts_referred(facts, template, "vgpu_mode", "vgpu_mode"), 1, &own))
        return;
    bool known = gpu_want_of(mode, 1, &of_pool);
    if (known ? strcmp(own.label, of_pool.label) == 0 : mode != NULL)
        return;
    rule_found(context, instance_attr_pos(template, "vgpu_mode"), template,
               "its %s is %s, but the hosts of pool %s are set up for %s",
               own.profile != NULL ? "profile" : "device", own.label, pool->name,
               known ? of_pool.label : "no vGPU");
}

void rule_one_profile(struct rules_context *context)
{
    rules_each(context, "template", check_profile);
}

/* The first attribute in which two hosts differ; NULL when they are alike. */
static const char *difference(const struct instance *a, const struct instance *b)
{
    static const char *const names[] = {"cpu_model", "cpu_cores", "memory", "version"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (value_is_known(instance_get(a, names[i])) &&
            value_is_known(instance_get(b, names[i])) &&
            !value_equal(instance_get(a, names[i]), instance_get(b, names[i])))
            return names[i];
    const struct value *gpus_a = instance_get(a, "gpus"), *gpus_b = instance_get(b, "gpus");
    if (!value_is_known(gpus_a) || !value_is_known(gpus_b))
        return NULL;
    if (value_count(gpus_a) != value_count(gpus_b))
        return "number of GPUs";
    for (size_t i = 0; i < value_count(gpus_a); i++)
        if (value_get_int(value_at(gpus_a, i), "device", 0) !=
            value_get_int(value_at(gpus_b, i), "device", 0))
            return "GPU model";
    return NULL;
}

static void check_alike(struct rules_context *context, const struct instance *pool)
{
    const struct facts *facts = context->in->facts;
    const struct instance *first = NULL, *host;
    for (size_t i = 0; facts->live != NULL && (host = facts_pool_host(facts, pool, i)) != NULL;
         i++) {
        const struct instance *live = instances_find(facts->live, host->address);
        if (live == NULL || live->presence != PRESENCE_PRESENT)
            continue;
        const char *name = first == NULL ? NULL : difference(first, live);
        if (name != NULL)
            rule_found(context, instance_attr_pos(pool, "hosts"), host,
                       "differs from %s of the same pool in its %s", first->name, name);
        first = first == NULL ? live : first;
    }
}

void rule_hosts_alike(struct rules_context *context)
{
    rules_each(context, "pool", check_alike);
}
