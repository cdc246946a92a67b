/* test_rules.c: each rule fires where it must, at the right place, and nowhere else. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "../harness/plan_case.h"
#include "arena.h"
#include "diag.h"
#include "rules.h"
#include "types.h"

/* A change of the site of tests/cases/plan/applied.yaml, and the line that the rule's finding
 * points at, in the overlay (case1.yaml) or the manifest (site.yaml); NULL: no finding. */
struct row {
    const char *rule, *sections, *place;
};

#define BLUEPRINT(text) "@overlay\nblueprints: { Tensorflow-GPU: { " text " } }\n"
#define MACHINE(text) BLUEPRINT("machine: { " text " }")
#define SPEC(text) "@overlay\ncustomization_specs: { centos-ml: { " text " } }\n"
#define NEW(text) "@overlay\ncustomization_specs: { n: { " text " } }\n"
#define NAMED "os: windows, full_name: x, organization: x"
#define SCRIPT(version)                                                                        \
    SPEC("script: x")                                                                          \
    "@live customization_spec/* present {\"api_version\":\"" version "\"}\n"
#define FIXED "network: static, address: 10.0.0.10, netmask: 255.255.255.0"
#define MODE(text) "@overlay\nvgpu_modes: { p100-4q: { " text " } }\n"
#define NO_HOST "@live host/* unreadable: dead\n@prior host/* absent {\"$meta\":{}}\n"
#define DRIVER(version)                                                                        \
    "driver: { vib: NVIDIA-VMware-" version "-1OEM.650.0.0.4598673.x86_64.vib }"

#define TEMPLATE(text) "@overlay\ntemplates: { centos72-vra-nvidia: { " text " } }\n"
/* The P100s of the site, passed through; and its template with them. */
#define DIRECT_POOL(text)                                                                      \
    "@overlay\nvgpu_modes:\n  direct: { method: directpath, device: \"10de:15f8\"" text        \
    " }\npools: { gpu: { vgpu_mode: direct } }\n"
#define DIRECT_SITE(mode, template)                                                            \
    DIRECT_POOL(mode)                                                                          \
    "templates: { centos72-vra-nvidia: { vgpu_mode: direct" template " } "                     \
                                                                     "}\n"
/* The pool's mode binds cards, the template's does not. */
#define OTHER_DYNAMIC                                                                          \
    DIRECT_POOL("")                                                                            \
    "templates: { centos72-vra-nvidia: { vgpu_mode: any } }\n"                                 \
    "@overlay\nvgpu_modes: { any: { method: directpath, device: \"10de:15f8\", dynamic: true " \
    "} }\n"
#define UNKNOWN_CARD(template)                                                                 \
    "@overlay\nvgpu_modes: { new: { method: directpath, device: \"10de:fffe\" } }\n"           \
    "templates: { centos72-vra-nvidia: { vgpu_mode: new" template " } }\n"

static const struct row rows[] = {
    {"GF001", MACHINE("cpu: 7"), "case1.yaml:1"},
    {"GF001", MACHINE("cpu: { min: 1, max: 7, default: 1 }"), "case1.yaml:1"},
    {"GF001", MACHINE("cpu: 6"), NULL},
    {"GF001", MACHINE("cpu: 7") NO_HOST, NULL},
    {"GF001", MACHINE("cpu: 7") "@live host/* unreadable: dead\n", "case1.yaml:1"},
    {"GF002", MACHINE("memory: 33 GiB"), "case1.yaml:1"},
    {"GF002", MACHINE("memory: 32 GiB"), NULL},
    {"GF002", MACHINE("memory: 33 GiB") NO_HOST, NULL},
    {"GF003", MACHINE("instances: 17"), "case1.yaml:1"},
    {"GF003", MACHINE("instances: 16"), NULL},
    {"GF003",
     MACHINE("instances: 17") "@live host/esx-gpu-03* unreadable: dead\n"
                              "@prior host/esx-gpu-03* absent {\"$meta\":{}}\n",
     NULL},
    {"GF004", "@live blueprint/* present {\"machine_quota\":17}\n", "site.yaml:38"},
    {"GF004", "@live blueprint/* present {\"machine_quota\":16}\n", NULL},
    {"GF004", "", NULL},
    {"GF005", MODE("profile: grid_p100-4x"), "case1.yaml:1"},
    {"GF005", MODE("profile: grid_p100-8q"), NULL},
    {"GF006", MODE("profile: grid_m60-4q"), "case1.yaml:1"},
    {"GF006", "@live host/esx-gpu-02* present {\"profiles\":[\"grid_p100-1q\"]}\n",
     "site.yaml:6"},
    {"GF006", "@live host/esx-gpu-02* present {\"gpus\":[],\"driver\":\"$absent\"}\n",
     "site.yaml:16"},
    {"GF006", "@live host/esx-gpu-02* present {\"gpus\":[{\"device\":1}],\"driver\":\"1\"}\n",
     NULL},
    {"GF006", MODE("profile: grid_p100-2b") "@live host/* present {\"driver\":\"$absent\"}\n",
     "case1.yaml:1"},
    {"GF006", MODE("profile: grid_m60-4q") "@live host/* unreadable: dead\n", NULL},
    {"GF006", "", NULL},
    {"GF007", MODE("ecc: enabled"), "case1.yaml:1"},
    {"GF007", MODE("ecc: null"), "site.yaml:10"},
    {"GF007", MODE("ecc: enabled, " DRIVER("430.27")), NULL},
    {"GF007", MODE("ecc: null, profile: grid_m10-1q"), NULL},
    {"GF007", "", NULL},
    {"GF008", MACHINE("clone: { type: linked }"), "case1.yaml:1"},
    {"GF008",
     MACHINE("clone: { type: linked }") "@overlay\ntemplates: { centos72-vra-nvidia: { "
                                        "vgpu_mode: null } }\n",
     NULL},
    {"GF008", "", NULL},
    {"GF009", MACHINE("memory: { min: 1 GiB, max: 2 GiB }"), "case1.yaml:1"},
    {"GF009", MACHINE("memory: { min: 2 GiB, max: 2 GiB }"), NULL},
    {"GF009",
     MACHINE("memory: { min: 1 GiB, max: 2 GiB }, cpu: 2") "@overlay\ntemplates: { "
                                                           "centos72-vra-nvidia: { vgpu_mode: "
                                                           "null } }\n",
     NULL},
    {"GF010",
     "@overlay\nvgpu_modes: { other: { method: vgpu, profile: grid_p100-8q, ecc: disabled, "
     "driver: { from: /v, vib: NVIDIA-VMware-384.73-1OEM.650.0.0.1.vib } } }\n"
     "templates: { centos72-vra-nvidia: { vgpu_mode: other } }\n",
     "case1.yaml:2"},
    {"GF010", "", NULL},
    {"GF011", "@live host/esx-gpu-02* present {\"cpu_cores\":12}\n", "site.yaml:16"},
    {"GF011", "@live host/esx-gpu-02* present {\"version\":\"6.7.0\"}\n", "site.yaml:16"},
    {"GF011",
     "@live host/esx-gpu-02* present {\"gpus\":[{\"device\":5624},{\"device\":5624}]}\n",
     "site.yaml:16"},
    {"GF011", "@live host/esx-gpu-02* present {\"gpus\":[{\"device\":5623}]}\n",
     "site.yaml:16"},
    {"GF011", "@live host/esx-gpu-02* present {\"cpu_cores\":{\"$unreadable\":\"x\"}}\n", NULL},
    {"GF011", "@live host/esx-gpu-02* unreadable: dead\n", NULL},
    {"GF011", "", NULL},
    {"GF010", DIRECT_POOL("") "templates: { centos72-vra-nvidia: { vgpu_mode: direct } }\n",
     NULL},
    {"GF010", DIRECT_POOL(""), "site.yaml:23"},
    {"GF013", MACHINE("network: { profile: null, assignment: static }"), "case1.yaml:1"},
    {"GF013", MACHINE("network: { assignment: static }"), NULL},
    {"GF013", MACHINE("network: { profile: null }"), NULL},
    {"GF014", DIRECT_SITE("", ""), "site.yaml:33"},
    {"GF014", DIRECT_SITE(", dynamic: true", ""), NULL},
    {"GF014", "", NULL},
    {"GF015", MODE("device: 10de:1db4"), "case1.yaml:1"},
    {"GF015", MODE("profile: null"), "site.yaml:5"},
    {"GF015", MODE("driver: { from: null }"), "site.yaml:5"},
    {"GF015", DIRECT_POOL(", ecc: enabled"), "case1.yaml:2"},
    {"GF015", DIRECT_POOL(", label: gpu"), "case1.yaml:2"},
    {"GF015", DIRECT_POOL(", dynamic: true, label: gpu"), NULL},
    {"GF015", "@overlay\nvgpu_modes: { x: { method: directpath } }\n", "case1.yaml:1"},
    {"GF015", "@overlay\nvgpu_modes: { x: { method: directpath, device: 10DE:1DB4 } }\n",
     "case1.yaml:1"},
    {"GF015", "@overlay\nvgpu_modes: { x: { method: directpath, device: \"10de:1db\" } }\n",
     "case1.yaml:1"},
    {"GF015", "", NULL},
    {"GF016", TEMPLATE("cpus: 10, cores_per_socket: 4") MACHINE("cpu: 4"), "case1.yaml:1"},
    {"GF016", TEMPLATE("cpus: 8, cores_per_socket: 4") MACHINE("cpu: 4"), NULL},
    {"GF016", TEMPLATE("cores_per_socket: 4") MACHINE("cpu: 6"), "case2.yaml:1"},
    {"GF016", TEMPLATE("cores_per_socket: 4") MACHINE("cpu: { min: 1, max: 4, default: 2 }"),
     "case2.yaml:1"},
    {"GF016", TEMPLATE("cores_per_socket: 4"), NULL}, /* auto takes whole sockets */
    {"GF017", DIRECT_SITE("", ""), NULL},
    {"GF017",
     DIRECT_SITE("", "") "@live host/esx-gpu-02* present {\"gpus\":[{\"device\":1}]}\n",
     "site.yaml:16"},
    {"GF017",
     DIRECT_SITE("", "") "@live host/esx-gpu-02* present "
                         "{\"gpus\":[{\"device\":5624,\"capable\":false}]}\n",
     "site.yaml:16"},
    {"GF017",
     DIRECT_SITE(", dynamic: true", "") "@live host/esx-gpu-0[134]* present "
                                        "{\"version\":\"7.0.3\"}\n",
     "case1.yaml:2"},
    {"GF017",
     DIRECT_SITE(", dynamic: true", "") "@live host/* present {\"version\":\"7.0.3\"}\n", NULL},
    {"GF017", DIRECT_SITE("", ", gpus: 2"), "case1.yaml:4"},
    {"GF017", OTHER_DYNAMIC, "case1.yaml:4"},
    {"GF017", OTHER_DYNAMIC "@live host/* present {\"version\":\"7.0.3\"}\n", NULL},
    {"GF017", TEMPLATE("gpus: 5"), "case1.yaml:1"},
    {"GF017", TEMPLATE("gpus: 4"), NULL},
    {"GF018", DIRECT_SITE("", ""), NULL},
    {"GF018", DIRECT_SITE("", ", mmio_size: 8 GiB"), "case1.yaml:4"},
    {"GF018", DIRECT_SITE("", ", mmio_size: 16 GiB"), NULL},
    {"GF018", DIRECT_SITE("", ", mmio_size: 32 GiB, firmware: bios"), "case1.yaml:4"},
    {"GF018", DIRECT_SITE("", ", firmware: bios"), NULL},
    {"GF018", UNKNOWN_CARD(""), "case1.yaml:2"},
    {"GF018", UNKNOWN_CARD(", mmio_size: 64 GiB"), NULL},
    {"GF018", UNKNOWN_CARD(", firmware: bios"), NULL},
    {"GF020", SPEC("network: static"), "case1.yaml:1"},
    {"GF020", SPEC("network: static, address: 10.0.0.10"), "case1.yaml:1"},
    {"GF020", SPEC("network: static, netmask: 255.0.0.0"), "case1.yaml:1"},
    {"GF020", SPEC("address: 10.0.0.10"), "case1.yaml:1"},
    {"GF020", SPEC("netmask: 255.255.255.0"), "case1.yaml:1"},
    {"GF020", SPEC("gateway: 10.0.0.1"), "case1.yaml:1"},
    {"GF020", SPEC("network: static, address: 10.0.0.10, netmask: 255.255.255.0"), NULL},
    {"GF020", "", NULL},
    {"GF021", SPEC("network: static, address: 10.0.0.10, netmask: 255.0.255.0"),
     "case1.yaml:1"},
    {"GF021", SPEC("network: static, address: 10.0.0.10, netmask: 0.0.0.0"), "case1.yaml:1"},
    {"GF021", SPEC(FIXED ", gateway: 10.0.1.1"), "case1.yaml:1"},
    {"GF021", SPEC(FIXED ", gateway: 10.0.0.1"), NULL},
    {"GF021", SPEC(FIXED), NULL},
    {"GF022", NEW("os: linux"), "case1.yaml:1"},
    {"GF022", NEW("os: linux, domain: d, full_name: x"), "case1.yaml:1"},
    {"GF022", NEW("os: linux, domain: d, join: { workgroup: x }"), "case1.yaml:1"},
    {"GF022", NEW("os: linux, domain: d, product_key: { env: X }"), "case1.yaml:1"},
    {"GF022", NEW("os: linux, domain: d, run_once: [x]"), "case1.yaml:1"},
    {"GF022", NEW("os: linux, domain: d, script: x, hw_clock_utc: true"), NULL},
    {"GF022", NEW("os: windows, organization: x"), "case1.yaml:1"},
    {"GF022", NEW("os: windows, full_name: x"), "case1.yaml:1"},
    {"GF022", NEW(NAMED ", script: x"), "case1.yaml:1"},
    {"GF022", NEW(NAMED ", hw_clock_utc: false"), "case1.yaml:1"},
    {"GF022", NEW(NAMED), NULL},
    {"GF022", NEW(NAMED ", domain: d, run_once: [x], change_sid: true"), NULL},
    {"GF023", NEW(NAMED ", hostname: { name: abcdefghijklmnop }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", hostname: { name: abcdefghijklmno }"), NULL},
    {"GF023", NEW(NAMED ", hostname: { prefix: abcdefghijklmno }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", hostname: { prefix: abcdefghijklmn }"), NULL},
    {"GF023", NEW(NAMED ", hostname: { name: \"2026\" }"), "case1.yaml:1"},
    {"GF023", NEW("os: linux, domain: d, hostname: { name: abcdefghijklmnop }"), NULL},
    {"GF023", NEW(NAMED ", join: { domain: d, user: u }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", join: { domain: d, password: { env: X } }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", join: { user: u }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", join: { workgroup: w, domain: d, user: u, password: { env: X } }"),
     "case1.yaml:1"},
    {"GF023", NEW(NAMED ", join: { workgroup: abcdefghijklmnop }"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", join: { domain: d, user: u, password: { env: X } }"), NULL},
    {"GF023", NEW(NAMED ", join: { workgroup: w }"), NULL},
    {"GF023", NEW(NAMED ", auto_logon: 1"), "case1.yaml:1"},
    {"GF023", NEW(NAMED ", auto_logon: 0"), NULL},
    {"GF023", NEW(NAMED ", auto_logon: 1, administrator_password: { env: X }"), NULL},
    {"GF024", SCRIPT("6.7.3"), "case1.yaml:1"},
    {"GF024", SCRIPT("6.5"), "case1.yaml:1"},
    {"GF024", SCRIPT("7.0.0.0"), NULL},
    {"GF024", SCRIPT("8.0.3.0"), NULL},
    {"GF024", SPEC("script: x"), NULL},
    {"GF024",
     NEW("os: linux, domain: d, script: x") "@live customization_spec/n absent "
                                            "{\"api_version\":\"6.7\"}\n",
     "case1.yaml:1"},
    {"GF025", "@live host/* present {\"bios_power\":\"\"}\n", "site.yaml:16"},
    {"GF025", "@live host/esx-gpu-03* present {\"bios_power\":\"ACPI C-states\"}\n",
     "site.yaml:16"},
    {"GF025", "@live host/* present {\"bios_power\":\"ACPI P-states, ACPI C-states\"}\n", NULL},
    {"GF025", "@live host/* present {\"bios_power\":{\"$unreadable\":\"x\"}}\n", NULL},
    {"GF025", "@live host/* present {\"bios_power\":\"$absent\"}\n", NULL},
    {"GF025", "@live host/* present {\"bios_power\":\"\"}\n@live host/* unreadable: dead\n",
     NULL},
    {"GF026", "@live host/* present {\"cpu_sockets\":2,\"numa_nodes\":1}\n", "site.yaml:16"},
    {"GF026", "@live host/* present {\"cpu_sockets\":1,\"numa_nodes\":1}\n", NULL},
    {"GF026", "@live host/* present {\"cpu_sockets\":2,\"numa_nodes\":4}\n", NULL},
    {"GF026", "@live host/* present {\"cpu_sockets\":2}\n", NULL},
    {"GF026", "@live host/* present {\"numa_nodes\":1,\"cpu_sockets\":\"$absent\"}\n", NULL},
    {"GF026",
     "@live host/* present {\"cpu_sockets\":2,\"numa_nodes\":{\"$unreadable\":\"x\"}}\n", NULL},
    {"GF027", "@live host/esx-gpu-04* present {\"hyperthreading\":false}\n", "site.yaml:16"},
    {"GF027", "@live host/* present {\"hyperthreading\":true}\n", NULL},
    {"GF027", "@live host/* present {\"hyperthreading\":{\"$unreadable\":\"x\"}}\n", NULL},
    {"GF027", "", NULL},
};

static const struct diag *find(const struct diags *diags, const char *rule, size_t *ret_n)
{
    const struct diag *found = NULL;
    *ret_n = 0;
    for (size_t i = 0; i < diags_total(diags); i++)
        if (diags_at(diags, i)->rule != NULL && strcmp(diags_at(diags, i)->rule, rule) == 0) {
            found = found == NULL ? diags_at(diags, i) : found;
            (*ret_n)++;
        }
    return found;
}

static bool check_row(const struct row *row)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct plan_case c;
    char place[64] = "";
    size_t n;
    plan_case_parse(&c, arena, CASES_DIRECTORY,
                    arena_printf(arena, "@include applied.yaml\n%s", row->sections));
    const struct plan_input input = plan_case_input(&c);
    plan_build(&input, c.diags);
    const struct rules_input rules = {&c.facts, &c.config->providers, NULL};
    rules_check(&rules, c.diags);
    const struct diag *found = find(c.diags, row->rule, &n);
    if (found != NULL)
        snprintf(place, sizeof(place), "%s:%u", found->pos.file, found->pos.line);
    plan_case_release(&c);
    if (strcmp(place, row->place == NULL ? "" : row->place) == 0 && n <= 1)
        return true;
    print_error("%s on\n%s: \"%s\" (%zu), not \"%s\"\n", row->rule, row->sections, place, n,
                row->place == NULL ? "" : row->place);
    return false;
}

static void test_rows(void **state UNUSED)
{
    int bad = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        bad += !check_row(&rows[i]);
    assert_int_equal(bad, 0);
}

/* Every rule but the one about providers has rows for both answers. */
static void test_all_rules_have_rows(void **state UNUSED)
{
    for (size_t r = 0; r < all_rules_count; r++) {
        bool fires = false, silent = false;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            bool same = strcmp(rows[i].rule, all_rules[r].id) == 0;
            fires = fires || (same && rows[i].place != NULL);
            silent = silent || (same && rows[i].place == NULL);
        }
        if (strcmp(all_rules[r].id, "GF012") != 0 && (!fires || !silent))
            fail_msg("%s has no rows for both answers", all_rules[r].id);
        if (r > 0)
            assert_true(strcmp(all_rules[r - 1].id, all_rules[r].id) < 0);
    }
}

static size_t count_unverified(const struct value *verify)
{
    static const struct attr attrs[] = {{"verify", &type_bool, FACET_NONE, 0, .doc = "x"}};
    static const struct schema schema = {.kind = "provider", .attrs = attrs, .n_attrs = 1};
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct diags *diags = diags_new(arena);
    struct instance *provider = instance_new(arena, &schema, "provider/vsphere", "vsphere");
    struct instances none = {0}, providers = {&provider, 1};
    provider->pos = (struct pos){"site.yaml", 4, 2};
    instance_set(provider, "verify", verify);
    const struct facts facts = {.arena = arena, .desired = &none, .prior = &none};
    const struct rules_input input = {&facts, &providers, NULL};
    size_t n;
    assert_int_equal(rules_check(&input, diags), 0);
    const struct diag *found = find(diags, "GF012", &n);
    if (found != NULL) {
        assert_int_equal(found->severity, DIAG_WARNING);
        assert_int_equal(found->pos.line, 4);
    }
    return n;
}

static void test_verification_off(void **state UNUSED)
{
    assert_int_equal(count_unverified(value_bool(false)), 1);
    assert_int_equal(count_unverified(value_bool(true)), 0);
    assert_int_equal(count_unverified(value_absent()), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_all_rules_have_rows),
        cmocka_unit_test(test_verification_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
