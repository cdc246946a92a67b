/* kind_pool.c: vGPU modes and pools: words of the manifest that hosts are made from. */
#include "kinds.h"

#include "types.h"

static const char *const methods[] = {"vgpu", NULL};
static const char *const policies[] = {"performance", "consolidation", NULL};
static const char *const ecc_words[] = {"enabled", "disabled", NULL};
static const char *const power_words[] = {"balanced", "high_performance", "low_power", "custom",
                                          NULL};
static const char *const failure_words[] = {"stop", "continue", NULL};
static const char *const allow_words[] = {"power_off_vms", NULL};

static const struct attr vgpu_mode_attrs[] = {
    {"method", &type_enum, FACET_NONE, ATTR_REQUIRED, .names = methods,
     .doc = "How the GPU reaches a machine: vgpu shares it through NVIDIA GRID."},
    {"profile", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "vGPU profile as vSphere spells it, such as grid_p100-4q."},
    {"assignment_policy", &type_enum, FACET_NONE, 0, .names = policies,
     .default_value = "performance",
     .doc = "performance spreads machines over cards, consolidation fills one card first."},
    {"ecc", &type_enum, FACET_NONE, 0, .names = ecc_words,
     .doc = "ECC of every GPU; left alone when not given. Drivers below 430 need it disabled."},
    {"driver.vib", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "File name of the GRID host driver's VIB; it carries the version."},
    {"driver.from", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "Directory on the host that holds the VIB, such as /vmfs/volumes/images/."},
    {"driver.signature_check", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "Check the VIB's signature and acceptance level when it is installed."},
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

const struct kind kind_vgpu_mode = {
    .schema = {.kind = "vgpu_mode", .section = "vgpu_modes", .attrs = vgpu_mode_attrs,
               .n_attrs = ARRAY_LEN(vgpu_mode_attrs), .abstract = true,
               .doc = "A way of giving GPUs to machines, used by pools and templates."},
};

const struct kind kind_pool = {
    .schema = {.kind = "pool", .section = "pools", .attrs = pool_attrs,
               .n_attrs = ARRAY_LEN(pool_attrs), .abstract = true,
               .doc = "Hosts that are kept alike and changed one after the other."},
};
