/* kind_pool.c: vGPU modes and pools: words of the manifest that hosts are made from. */
#include "kinds.h"

#include <string.h>

#include "gpu.h"
#include "types.h"

static const char *const methods[] = {"vgpu", "directpath", NULL};
static const char *const policies[] = {"performance", "consolidation", NULL};
static const char *const ecc_words[] = {"enabled", "disabled", NULL};
static const char *const power_words[] = {"balanced", "high_performance", "low_power", "custom",
                                          NULL};
static const char *const failure_words[] = {"stop", "continue", NULL};
static const char *const allow_words[] = {"power_off_vms", NULL};

static const struct attr vgpu_mode_attrs[] = {
    {"method", &type_enum, FACET_NONE, ATTR_REQUIRED, .names = methods,
     .doc =
         "How the GPU reaches a machine: vgpu shares it through NVIDIA GRID, directpath gives "
         "machines whole cards."},
    {"profile", &type_name, FACET_NONE, 0,
     .doc = "vgpu: the profile as vSphere spells it, such as grid_p100-4q."},
    {"assignment_policy", &type_enum, FACET_NONE, 0, .names = policies,
     .default_value = "performance",
     .doc = "vgpu: performance spreads machines over cards, consolidation fills one card "
            "first."},
    {"ecc", &type_enum, FACET_NONE, 0, .names = ecc_words,
     .doc = "vgpu: ECC of every GPU; left alone when not given. Drivers below 430 need it "
            "disabled."},
    {"driver.vib", &type_name, FACET_NONE, 0,
     .doc = "vgpu: file name of the GRID host driver's VIB; it carries the version."},
    {"driver.from", &type_name, FACET_NONE, 0,
     .doc = "vgpu: directory on the host that holds the VIB, such as /vmfs/volumes/images/."},
    {"driver.signature_check", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "vgpu: check the VIB's signature and acceptance level when it is installed."},
    {"device", &type_name, FACET_NONE, 0,
     .doc =
         "directpath: vendor:device of the NVIDIA cards that are passed through, 10de:1db4."},
    {"dynamic", &type_bool, FACET_NONE, 0,
     .doc = "directpath: name the model only, and any host with a free card runs the machine "
            "(vSphere 7.0 and hardware version 17 on); else a machine is bound to its cards."},
    {"label", &type_name, FACET_NONE, 0,
     .doc = "directpath, dynamic: only cards with this hardware label."},
};

static const struct attr pool_attrs[] = {
    {"cluster", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "vSphere cluster of the hosts."},
    {"hosts", &type_strings, FACET_NONE, ATTR_REQUIRED,
     .doc = "Names of the hosts; esx-{01..04}.lab.local stands for a range."},
    {"vgpu_mode", &type_name, FACET_NONE, 0, .ref = "vgpu_modes",
     .doc = "How the GPUs of these hosts are used."},
    {"power_policy", &type_enum, FACET_NONE, 0, .names = power_words,
     .doc = "CPU power management of the hosts; left alone when not given."},
    {"ssh", &type_bool, FACET_NONE, 0,
     .doc = "Whether the SSH service of the hosts runs; left alone when not given."},
    {"rollout.max_unavailable", &type_int, FACET_NONE, 0, .default_value = "1", .min = 1,
     .max = 1000, .doc = "How many hosts may be out of service at a time."},
    {"rollout.on_failure", &type_enum, FACET_NONE, 0, .names = failure_words,
     .default_value = "stop",
     .doc = "What to do with the other hosts of the pool after one has failed."},
    {"maintenance.timeout", &type_duration, FACET_NONE, 0, .default_value = "30m",
     .doc = "How long entering maintenance mode may take."},
    {"maintenance.evacuate_powered_off", &type_bool, FACET_NONE, 0, .default_value = "false",
     .doc = "Move powered-off machines and templates away as well."},
    {"reboot_timeout", &type_duration, FACET_NONE, 0, .default_value = "30m",
     .doc = "How long a host may take to come back from a reboot."},
    {"allow", &type_strings, FACET_NONE, ATTR_SET, .names = allow_words,
     .doc = "Disruptions that are accepted: power_off_vms."},
};

static struct share find_share(const struct instance *pool, const struct gpu_want *want,
                               const struct facts *facts)
{
    struct share best = {0};
    const struct instance *host;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        const struct value *cores = facts_recall(facts, host->address, "cpu_cores");
        int slots = gpu_places(facts_recall(facts, host->address, "gpus"), want);
        if (cores->type != VALUE_INT || slots < 0)
            best.unknown = host->name;
        if (cores->type != VALUE_INT || cores->integer <= 0 || slots <= 0)
            continue;
        if (best.slots == 0 || cores->integer / slots < best.cores / best.slots)
            best = (struct share){cores->integer, slots, best.unknown};
    }
    return best;
}

/* What resolve has worked out for one device of the pool's own mode is looked up, not counted
 * again for each blueprint. */
struct share pool_share(const struct instance *pool, const struct gpu_want *want,
                        const struct facts *facts)
{
    const char *known = value_get_text(pool->computed, "want");
    if (known == NULL || want->count != 1 || strcmp(known, want->label) != 0)
        return find_share(pool, want, facts);
    return (struct share){.cores = value_get_int(pool->computed, "cores", 0),
                          .slots = (int)value_get_int(pool->computed, "slots", 0),
                          .unknown = value_get_text(pool->computed, "unknown")};
}

static void resolve(struct instance *pool, const struct facts *facts,
                    struct diags *diags UNUSED)
{
    struct gpu_want want;
    if (!gpu_want_of(facts_referred(facts, pool, "vgpu_mode", "vgpu_mode"), 1, &want))
        return;
    struct share share = find_share(pool, &want, facts);
    const struct value_field fields[] = {
        {"want", value_borrow(facts->arena, want.label)},
        {"cores", value_int(facts->arena, share.cores)},
        {"slots", value_int(facts->arena, share.slots)},
        {"unknown",
         share.unknown == NULL ? value_absent() : value_borrow(facts->arena, share.unknown)}};
    pool->computed = value_map(facts->arena, fields, ARRAY_LEN(fields));
}

const struct kind kind_vgpu_mode = {
    .schema = {.kind = "vgpu_mode",
               .section = "vgpu_modes",
               .attrs = vgpu_mode_attrs,
               .n_attrs = ARRAY_LEN(vgpu_mode_attrs),
               .abstract = true,
               .doc = "A way of giving GPUs to machines, used by pools and templates."},
};

const struct kind kind_pool = {
    .schema = {.kind = "pool",
               .section = "pools",
               .attrs = pool_attrs,
               .n_attrs = ARRAY_LEN(pool_attrs),
               .abstract = true,
               .doc = "Hosts that are kept alike and changed one after the other."},
    .resolve = resolve,
};
