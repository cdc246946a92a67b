/* directpath.c: what cards that are passed through ask of modes, hosts, templates, blueprints.
 */
#include "rules.h"

#include <string.h>

#include "gpu.h"
#include "num.h"
#include "types.h"

static const struct instance *mode_of(const struct facts *facts, const struct instance *from)
{
    return facts_referred(facts, from, "vgpu_mode", "vgpu_mode");
}

static bool is_direct(const struct instance *mode)
{
    const char *method = mode == NULL ? NULL : instance_text(mode, "method");
    return method != NULL && strcmp(method, "directpath") == 0;
}

/* ---- GF014 ------------------------------------------------------------------------------- */

static void check_not_pinned(struct rules_context *context, const struct instance *blueprint)
{
    const struct facts *facts = context->in->facts;
    const struct instance *template =
        facts_referred(facts, blueprint, "machine.clone.template", "template");
    const struct instance *mode = mode_of(facts, template);
    if (!is_direct(mode) || value_is_true(instance_get(mode, "dynamic")))
        return;
    struct diag *diag =
        rule_found(context, instance_attr_pos(blueprint, "machine.clone.template"), blueprint,
                   "template %s has fixed passthrough devices (%s), which pin every machine to "
                   "one host",
                   template->name, instance_text(mode, "device"));
    diag_hint(context->diags, diag,
              "a mode with method: vgpu, or dynamic: true on vSphere 7.0, can be offered");
}

void rule_not_pinned(struct rules_context *context)
{
    rules_each(context, "blueprint", check_not_pinned);
}

/* ---- GF015 ------------------------------------------------------------------------------- */

/* Written in the file, not a default. */
static bool is_given(const struct instance *mode, const char *attr)
{
    int i = schema_find(mode->schema, attr);
    return i >= 0 && value_is_known(mode->attrs[i]) && mode->attr_pos != NULL &&
           mode->attr_pos[i].line != 0;
}

static void check_method(struct rules_context *context, const struct instance *mode)
{
    static const struct {
        const char *attr;
        bool direct, required;
    } rows[] = {{"profile", false, true},
                {"driver.vib", false, true},
                {"driver.from", false, true},
                {"driver.signature_check", false, false},
                {"assignment_policy", false, false},
                {"ecc", false, false},
                {"device", true, true},
                {"dynamic", true, false},
                {"label", true, false}};
    bool direct = is_direct(mode);
    const char *method = direct ? "directpath" : "vgpu";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool given = is_given(mode, rows[i].attr);
        if (given && rows[i].direct != direct)
            rule_found(context, instance_attr_pos(mode, rows[i].attr), mode,
                       "%s means nothing with method: %s", rows[i].attr, method);
        else if (!given && rows[i].direct == direct && rows[i].required)
            rule_found(context, instance_attr_pos(mode, "method"), mode, "method: %s needs %s",
                       method, rows[i].attr);
    }
}

static void check_device(struct rules_context *context, const struct instance *mode)
{
    const char *device = instance_text(mode, "device");
    check_method(context, mode);
    if (!is_direct(mode))
        return;
    if (device != NULL && strcmp(device, "") != 0 && gpu_parse_device(device) == 0) {
        struct diag *diag = rule_found(context, instance_attr_pos(mode, "device"), mode,
                                       "%s is no vendor:device of an NVIDIA card", device);
        diag_hint(context->diags, diag, "such as 10de:1db4, as lspci -n and esxcli show it");
    }
    if (is_given(mode, "label") && !value_is_true(instance_get(mode, "dynamic")))
        rule_found(context, instance_attr_pos(mode, "label"), mode,
                   "label chooses among dynamic devices: it needs dynamic: true");
}

void rule_method_attributes(struct rules_context *context)
{
    rules_each(context, "vgpu_mode", check_device);
}

/* ---- GF016 ------------------------------------------------------------------------------- */

static void check_sockets(struct rules_context *context, const struct instance *who,
                          const char *attr, int64_t cpus, const struct instance *template)
{
    const struct value *cores =
        template == NULL ? value_absent() : instance_get(template, "cores_per_socket");
    if (cores->type != VALUE_INT || cores->integer < 1 || cpus < 1 ||
        cpus % cores->integer == 0)
        return;
    rule_found(context, instance_attr_pos(who, attr), who,
               "%lld vCPUs are no multiple of %lld cores per socket", (long long)cpus,
               (long long)cores->integer);
}

static void check_template_sockets(struct rules_context *context,
                                   const struct instance *template)
{
    const struct value *cpus = instance_get(template, "cpus");
    if (cpus->type == VALUE_INT)
        check_sockets(context, template, "cpus", cpus->integer, template);
}

/* The most and the preset number of a request; between them users choose. */
static void check_blueprint_sockets(struct rules_context *context,
                                    const struct instance *blueprint)
{
    const struct instance *template =
        facts_referred(context->in->facts, blueprint, "machine.clone.template", "template");
    const struct value *cpu = instance_get(blueprint, "machine.cpu");
    if (cpu->type != VALUE_MAP)
        return;
    int64_t max = range_max(cpu, -1), preset = range_default(cpu, -1);
    check_sockets(context, blueprint, "machine.cpu", max, template);
    if (preset != max)
        check_sockets(context, blueprint, "machine.cpu", preset, template);
}

void rule_whole_sockets(struct rules_context *context)
{
    rules_each(context, "template", check_template_sockets);
    rules_each(context, "blueprint", check_blueprint_sockets);
}

/* ---- GF017 ------------------------------------------------------------------------------- */

static int64_t count_cards(const struct instance *live, unsigned device, bool capable_only)
{
    const struct value *gpus = instance_get(live, "gpus");
    int64_t n = 0;
    for (size_t i = 0; i < value_count(gpus); i++)
        n += value_get_int(value_at(gpus, i), "device", 0) == (int64_t)device &&
             (!capable_only || value_get_bool(value_at(gpus, i), "capable", true));
    return n;
}

static bool before_7(const char *version)
{
    return version != NULL && version[0] >= '0' && version[0] < '7' && version[1] == '.';
}

static void check_cards(struct rules_context *context, const struct instance *host)
{
    const struct facts *facts = context->in->facts;
    const struct instance *live =
        facts->live == NULL ? NULL : instances_find(facts->live, host->address);
    const struct instance *pool = facts_referred(facts, host, "pool", "pool");
    const struct instance *mode = mode_of(facts, pool);
    struct gpu_want want;
    if (!is_direct(mode) || !gpu_want_of(mode, 1, &want) || live == NULL ||
        live->presence != PRESENCE_PRESENT)
        return;
    int64_t all = count_cards(live, want.device, false);
    if (value_is_known(instance_get(live, "gpus")) && all == 0)
        rule_found(context, instance_attr_pos(pool, "hosts"), host,
                   "it has no card %s, which its pool passes through", want.label);
    if (all > count_cards(live, want.device, true))
        rule_found(context, instance_attr_pos(pool, "hosts"), host,
                   "it cannot pass all of its %lld cards %s through: it says so of %lld",
                   (long long)all, want.label, (long long)count_cards(live, want.device, true));
    if (value_is_true(instance_get(mode, "dynamic")) &&
        before_7(instance_text(live, "version")))
        rule_found(context, instance_attr_pos(mode, "dynamic"), host,
                   "dynamic DirectPath needs vSphere 7.0, and it runs %s",
                   instance_text(live, "version"));
}

/* A template never fits where no host has as many cards as one machine takes. */
static void check_enough(struct rules_context *context, const struct instance *template)
{
    const struct facts *facts = context->in->facts;
    const struct instance *pool = facts_referred(facts, template, "pool", "pool"), *host;
    struct gpu_want want;
    bool known = false;
    if (!gpu_want_of(mode_of(facts, template), instance_get(template, "gpus")->integer, &want))
        return;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        if (gpu_places(facts_recall(facts, host->address, "gpus"), &want) != 0)
            return; /* it has them, or may have them */
        known = true;
    }
    if (known && want.count > 1) /* one of which no card is there: GF006, and above */
        rule_found(context, instance_attr_pos(template, "gpus"), template,
                   "no host of pool %s has room for a machine with %lld x %s", pool->name,
                   (long long)want.count, want.label);
}

/* A mode of its own, beside the pool's: fixed there, dynamic here. */
static void check_dynamic(struct rules_context *context, const struct instance *template)
{
    const struct facts *facts = context->in->facts;
    const struct instance *pool = facts_referred(facts, template, "pool", "pool"), *host;
    const struct instance *mode = mode_of(facts, template);
    if (mode == NULL || mode == mode_of(facts, pool) || facts->live == NULL ||
        !value_is_true(instance_get(mode, "dynamic")))
        return;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        const struct instance *live = instances_find(facts->live, host->address);
        if (live == NULL || !before_7(instance_text(live, "version")))
            continue;
        rule_found(context, instance_attr_pos(template, "vgpu_mode"), template,
                   "dynamic DirectPath needs vSphere 7.0, and %s runs %s", host->name,
                   instance_text(live, "version"));
        return;
    }
}

void rule_cards_passed(struct rules_context *context)
{
    rules_each(context, "host", check_cards);
    rules_each(context, "template", check_dynamic);
    rules_each(context, "template", check_enough);
}

/* ---- GF018 ------------------------------------------------------------------------------- */

static int64_t least_mmio(const struct gpu_want *want)
{
    int64_t memory_mb = want->device == 0 ? 0 : gpu_memory_mb(want->device) * want->count;
    return memory_mb << 20;
}

static void check_mmio(struct rules_context *context, const struct instance *template)
{
    const struct value *size = instance_get(template, "mmio_size");
    const char *firmware = instance_text(template, "firmware");
    struct gpu_want want = {0};
    bool known = gpu_want_of(mode_of(context->in->facts, template),
                             instance_get(template, "gpus")->integer, &want);
    if (size->type == VALUE_INT && firmware != NULL && strcmp(firmware, "efi") != 0)
        rule_found(context, instance_attr_pos(template, "mmio_size"), template,
                   "64-bit MMIO needs firmware: efi");
    if (size->type == VALUE_INT && known && size->integer < least_mmio(&want))
        rule_found(context, instance_attr_pos(template, "mmio_size"), template,
                   "the memory of %lld x %s does not fit into this 64-bit MMIO space",
                   (long long)want.count, want.label);
    if (known && want.device != 0 && gpu_memory_mb(want.device) == 0 &&
        size->type != VALUE_INT && (firmware == NULL || strcmp(firmware, "efi") == 0)) {
        struct diag *diag = rule_found(context, instance_attr_pos(template, "vgpu_mode"),
                                       template, "the memory of a %s is not known", want.label);
        diag_hint(context->diags, diag,
                  "give mmio_size: the power of two above the memory of all its cards, or "
                  "firmware: bios for cards with small BARs");
    }
}

void rule_mmio(struct rules_context *context)
{
    rules_each(context, "template", check_mmio);
}
