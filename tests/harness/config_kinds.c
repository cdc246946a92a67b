/* config_kinds.c: see config_kinds.h. */
#include "config_kinds.h"

#include "arena.h"
#include "compiler.h"
#include "provider.h"
#include "types.h"

static const char *const ecc_words[] = {"enabled", "disabled", NULL};
static const char *const power_words[] = {"balanced", "high_performance", "low_power", NULL};
static const char *const clone_words[] = {"full", "linked", NULL};

static const struct attr mode_attrs[] = {
    {"profile", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Profile."},
    {"ecc", &type_enum, FACET_NONE, 0, .names = ecc_words, .doc = "ECC."},
    {"driver.vib", &type_name, FACET_NONE, 0, .doc = "VIB."},
    {"driver.signature_check", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "Check."},
};

static const struct attr pool_attrs[] = {
    {"cluster", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Cluster."},
    {"hosts", &type_strings, FACET_NONE, ATTR_REQUIRED, .doc = "Hosts."},
    {"vgpu_mode", &type_name, FACET_NONE, 0, .ref = "vgpu_modes", .doc = "Mode."},
    {"power_policy", &type_enum, FACET_NONE, 0, .names = power_words, .doc = "Power."},
    {"rollout.max_unavailable", &type_int, FACET_NONE, 0, .default_value = "1", .min = 1,
     .max = 1000, .doc = "Rollout."},
    {"timeout", &type_duration, FACET_NONE, 0, .default_value = "30m", .doc = "Limit."},
};

static const struct attr host_attrs[] = {
    {"pool", &type_name, FACET_NONE, ATTR_DERIVED, .ref = "pools", .doc = "Pool."},
    {"power_policy", &type_enum, FACET_VSPHERE, ATTR_DERIVED, .names = power_words,
     .doc = "Power."},
    {"keep", &type_int, FACET_NONE, 0, .default_value = "2", .doc = "A default."},
};

static const struct attr template_attrs[] = {
    {"base", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Base."},
    {"pool", &type_name, FACET_NONE, 0, .ref = "pools", .doc = "Pool."},
    {"after", &type_name, FACET_NONE, 0, .ref = "templates", .doc = "Another template."},
    {"install.script", &type_text, FACET_VSPHERE, ATTR_TEXT, .doc = "Script."},
    {"install.script_file", &type_name, FACET_NONE, ATTR_FILE, .doc = "Its file."},
    {"guest.username", &type_name, FACET_NONE, 0, .doc = "User."},
    {"guest.password", &type_secret, FACET_NONE, ATTR_SECRET, .doc = "Password."},
    {"vm", &type_string, FACET_VSPHERE, ATTR_DERIVED, .doc = "Computed."},
    {"size", &type_size, FACET_VSPHERE, ATTR_FACT, .doc = "Read only."},
};

static const struct attr blueprint_attrs[] = {
    {"machine.clone.template", &type_name, FACET_VRA, ATTR_REQUIRED, .ref = "templates",
     .doc = "Template."},
    {"machine.clone.type", &type_enum, FACET_VRA, 0, .names = clone_words,
     .default_value = "full", .doc = "Type."},
    {"machine.cpu", &type_cpu, FACET_VRA, 0, .min = 1, .max = 128, .default_value = "auto",
     .doc = "CPU."},
    {"machine.memory", &type_size_range, FACET_VRA, ATTR_REQUIRED, .doc = "Memory."},
    {"machine.instances", &type_range, FACET_VRA, 0, .default_value = "{min: 1, max: 4}",
     .doc = "Instances."},
    {"tags", &type_strings, FACET_VRA, ATTR_SET, .doc = "Tags."},
    {"to", &type_principals, FACET_VRA, ATTR_SET, .doc = "Entitled."},
    {"needs", &type_strings, FACET_VRA, ATTR_SET, .ref = "blueprints", .doc = "Others."},
    {"description", &type_string, FACET_VRA, 0, .doc = "Text."},
};

static const struct attr vsphere_attrs[] = {
    {"server", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Server."},
    {"username", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "User."},
    {"password", &type_secret, FACET_NONE, ATTR_SECRET | ATTR_REQUIRED, .doc = "Password."},
    {"port", &type_int, FACET_NONE, 0, .default_value = "443", .min = 1, .max = 65535,
     .doc = "Port."},
    {"connect_to", &type_addresses, FACET_NONE, 0, .doc = "Addresses."},
};

#define SCHEMA(kind_, section_, attrs_)                                                        \
    .kind = kind_, .section = section_, .attrs = attrs_, .n_attrs = ARRAY_LEN(attrs_)

static void host_derive(struct instance *host, const struct facts *facts,
                        struct diags *diags UNUSED)
{
    const char *address = arena_printf(facts->arena, "pool/%s", instance_text(host, "pool"));
    const struct instance *pool = instances_find(facts->desired, address);
    if (pool != NULL)
        instance_set(host, "power_policy", instance_get(pool, "power_policy"));
}

static void template_derive(struct instance *template, const struct facts *facts,
                            struct diags *diags UNUSED)
{
    const char *base = instance_text(template, "base");
    instance_set(template, "vm",
                 value_borrow(facts->arena, arena_printf(facts->arena, "%s-1", base)));
}

static const struct kind mode = {
    .schema = {SCHEMA("vgpu_mode", "vgpu_modes", mode_attrs), .abstract = true}};
static const struct kind pool = {
    .schema = {SCHEMA("pool", "pools", pool_attrs), .abstract = true}};
static const struct kind host = {
    .schema = {SCHEMA("host", "hosts", host_attrs), .expanded = true}, .derive = host_derive};
static const struct kind template = {
    .schema = {SCHEMA("template", "templates", template_attrs)}, .derive = template_derive};
static const struct kind blueprint = {
    .schema = {SCHEMA("blueprint", "blueprints", blueprint_attrs)}};

const struct kind *const test_kinds[] = {&mode, &pool, &host, &template, &blueprint, NULL};

static const struct schema vsphere_schema = {SCHEMA("vsphere", "providers", vsphere_attrs)};
static const struct provider vsphere = {.name = "vsphere", .config = &vsphere_schema};

const struct provider *const test_providers[] = {&vsphere, NULL};
