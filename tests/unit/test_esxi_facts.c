/* test_esxi_facts.c: attributes of a host from what its commands printed: VIBs, nvidia-smi and
 * graphics types in combination. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "esxi.h"
#include "types.h"

static struct records one(struct arena *arena, const struct field *fields, size_t n)
{
    struct record *record = ARENA_NEW(arena, struct record);
    struct field *copy = ARENA_ARRAY(arena, n, struct field);
    memcpy(copy, fields, n * sizeof *fields);
    *record = (struct record){.header = "", .fields = copy, .n = n};
    return (struct records){record, 1};
}

/* "now" or "now>next" or ">next", "-" absent, "!…" unreadable with that text in its reason. */
static void check_value(const char *what, const struct value *found, const char *wanted)
{
    if (wanted[0] == '!') {
        if (!value_is_unreadable(found) || strstr(found->string, wanted + 1) == NULL)
            fail_msg("%s: %s, not %s", what,
                     value_is_unreadable(found) ? found->string : "readable", wanted);
        return;
    }
    char text[80] = "-";
    const char *now = pending_now(found), *next = pending_next(found);
    if (value_is_unreadable(found))
        fail_msg("%s: unreadable: %s", what, found->string);
    if (now != NULL || next != NULL) {
        bool both = value_text(found) != NULL;
        snprintf(text, sizeof text, "%s%s%s", now == NULL ? "" : now, both ? "" : ">",
                 both || next == NULL ? "" : next);
    }
    if (strcmp(text, wanted) != 0)
        fail_msg("%s: %s, not %s", what, text, wanted);
}

/* ---- graphics ---- */

static void test_graphics(void **state)
{
    (void)state;
    static const struct {
        const char *configured, *policy, *cards[3], *graphics, *assignment;
    } cases[] = {
        {"Shared", "Performance", {"Basic"}, "shared", "performance"},
        {"Shared", "Performance", {0}, "shared", "performance"},
        {"SharedPassthru",
         "Consolidation",
         {"Basic", "Basic"},
         "shared_passthru",
         "consolidation"},
        {"SharedPassthru", "Performance", {"Shared"}, "shared>shared_passthru", "performance"},
        {"SharedPassthru",
         "Performance",
         {"SharedPassthru", "Passthru"},
         "shared_passthru",
         "performance"},
        {"SharedPassthru", "Performance", {"Passthru"}, "shared_passthru", "performance"},
        {"Shared", "Performance", {"SharedPassthru"}, "shared_passthru>shared", "performance"},
        {"SharedPassthru",
         "Performance",
         {"SharedPassthru", "Shared"},
         "mixed>shared_passthru",
         "performance"},
        {"sharedpassthru", "PERFORMANCE", {"SHAREDPASSTHRU"}, "shared_passthru", "performance"},
        {"Direct",
         "Best",
         {"Shared"},
         "!unknown default graphics type \"Direct\"",
         "!unknown assignment policy \"Best\""},
        {NULL, NULL, {"Shared"}, "!names no default graphics type", "!names no"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        const struct value *attrs[ESXI_ATTR_COUNT];
        struct sight sight = {.smi = {.state = SMI_ABSENT}};
        const struct field host[] = {{"Default Graphics Type", cases[i].configured},
                                     {"SharedPassthruAssignmentPolicy", cases[i].policy}};
        sight.graphics.records = one(arena, host, cases[i].configured == NULL ? 0 : 2);
        struct record cards[3];
        struct field types[3];
        for (size_t k = 0; k < 3 && cases[i].cards[k] != NULL; k++) {
            types[k] = (struct field){"Graphics Type", cases[i].cards[k]};
            cards[k] = (struct record){.header = "", .fields = &types[k], .n = 1};
            sight.devices.records = (struct records){cards, k + 1};
        }
        facts_derive(&sight, arena, attrs);
        check_value("graphics", attrs[ESXI_GRAPHICS], cases[i].graphics);
        check_value("policy", attrs[ESXI_POLICY], cases[i].assignment);
        arena_free(arena);
    }
}

/* Only NVIDIA's cards count. */
static void test_other_cards(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *attrs[ESXI_ATTR_COUNT];
    const struct field host[] = {{"Default Graphics Type", "SharedPassthru"}};
    const struct field card[] = {{"Graphics Type", "Shared"},
                                 {"Vendor Name", "Advanced Micro Devices, Inc."}};
    struct sight sight = {.smi = {.state = SMI_ABSENT}};
    sight.graphics.records = one(arena, host, 1);
    sight.devices.records = one(arena, card, 2);
    facts_derive(&sight, arena, attrs);
    check_value("graphics", attrs[ESXI_GRAPHICS], "shared_passthru");
    arena_free(arena);
}

/* ---- driver ---- */

struct vib_row {
    const char *name, *version, *vendor;
};

#define OWN                                                                                    \
    {                                                                                          \
        "NVIDIA-VMware", "384.73-1OEM.650.0.0.4598673", "NVIDIA"                               \
    }
static const struct vib_row own = OWN;

static struct records rows(struct arena *arena, const struct vib_row *vibs, size_t max)
{
    struct records list = {ARENA_ARRAY(arena, max + 1, struct record), 0};
    const struct field other[] = {
        {"Name", "esx-ui"}, {"Version", "2.12.0-2"}, {"Vendor", "VMware"}};
    list.items[list.n++] = one(arena, other, 3).items[0];
    for (size_t i = 0; i < max && vibs[i].name != NULL; i++) {
        const struct field fields[] = {
            {"Vendor", vibs[i].vendor}, {"Name", vibs[i].name}, {"Version", vibs[i].version}};
        list.items[list.n++] = one(arena, fields, 3).items[0];
    }
    return list;
}

/* Every name that has been seen (§9). */
static void test_vib_names(void **state)
{
    (void)state;
    static const struct {
        struct vib_row vib;
        const char *driver; /* NULL: no driver */
    } cases[] = {
        {{"NVIDIA-VMware", "384.73-1OEM.650.0.0.4598673", "NVIDIA"}, "384.73"},
        {{"NVIDIA-VMware_ESXi_6.5_Host_Driver", "367.134-1OEM.650.0.0.4598673", "NVIDIA"},
         "367.134"},
        {{"NVIDIA-VMware_ESXi_6.5_Host_Driver", "390.42-1OEM.650.0.0.4598673", "NVIDIA"},
         "390.42"},
        {{"NVIDIA-vGPU-VMware_ESXi_6.5_Host_Driver", "418.240-1OEM.600.0.0.2159203", "?"},
         "418.240"},
        {{"NVIDIA-VMware_ESXi_6.7_Host_Driver", "440.43-1OEM.670.0.0.8169922", "NVIDIA"},
         "440.43"},
        {{"NVIDIA-VMware", "450.89-1OEM.670.0.0.8169922", "NVD.NVIDIA"}, "450.89"},
        {{"NVIDIA-VMware_ESXi_7.0.2_Driver", "510.73.06-1OEM.702.0.0.17630552", "NVIDIA"},
         "510.73.06"},
        {{"NVD-VMware_ESXi_7.0.2_Driver", "535.54.06-1OEM.702.0.0.17630552", "NVD"},
         "535.54.06"},
        {{"NVD-AIE_ESXi_8.0.0_Driver", "525.105.14-1OEM.800.1.0.20613240", "NVD"},
         "525.105.14"},
        {{"NewName", "600.10-1OEM.900.0.0.1", "nvidia"}, "600.10"},
        {{"nvd-gpu-mgmt-daemon", "525.105.14-0.0.0000", "NVIDIA"}, NULL},
        {{"nvme", "1.2.0-1vmw", "VMW"}, NULL},
        {{"nmlx5-core", "4.23.6.2-1OEM.800.1.0.20613240", "NVIDIA"}, NULL},
        {{"mft", "4.27.0.83-0", "NVIDIA"}, NULL},
        {{"nvdgpumgmtdaemon", "525.105.14-0.0.0000", "NVD"}, NULL},
        {{"NVIDIA-VMware", "next", "NVIDIA"}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        struct records list = rows(arena, &cases[i].vib, 1);
        struct driver_vibs vibs;
        facts_driver_vibs(&list, arena, &vibs);
        assert_int_equal(vibs.n, cases[i].driver != NULL);
        if (vibs.n == 1)
            assert_string_equal(vibs.items[0].driver, cases[i].driver);
        arena_free(arena);
    }
    assert_true(driver_is_aie("/a/NVD-AIE_ESXi_8.0.0_Driver_525.105.14-1OEM.vib"));
    assert_false(driver_is_aie("NVD-VMware_ESXi_7.0.2_Driver"));
}

static void test_driver(void **state)
{
    (void)state;
    static const struct {
        struct vib_row vibs[3];
        enum smi_state state;
        const char *running, *driver, *mode;
    } cases[] = {
        {{{0}}, SMI_ABSENT, NULL, "-", "!the driver is not installed"},
        {{{0}}, SMI_NOT_LOADED, NULL, "-", "!the driver is not installed"},
        {{OWN}, SMI_RUNS, "384.73", "384.73", "host_vgpu"},
        {{OWN}, SMI_RUNS, "367.134", "367.134>384.73", "host_vgpu"},
        {{OWN}, SMI_NOT_LOADED, NULL, ">384.73", "!not loaded until the next reboot"},
        {{OWN}, SMI_ABSENT, NULL, ">384.73", "!not loaded until the next reboot"},
        {{OWN}, SMI_NO_CARD, NULL, "384.73", "!finds no card"},
        {{OWN}, SMI_FAILED, NULL, "!status 15", "!status 15"},
        {{OWN}, SMI_RUNS, "384\n73", "!no driver version", "host_vgpu"},
        {{OWN}, SMI_RUNS, NULL, "!no driver version", "host_vgpu"},
        {{{"NVIDIA-VMware", "oops", "NVIDIA"}},
         SMI_RUNS,
         "384.73",
         "!no driver version in",
         "host_vgpu"},
        {{OWN, {"NVD-AIE", "525.105.14-1OEM.800.1.0.2", "NVD"}},
         SMI_RUNS,
         "384.73",
         "!several NVIDIA drivers are installed: NVIDIA-VMware 384.73-1OEM.650.0.0.4598673, "
         "NVD-AIE 525",
         "host_vgpu"},
        {{OWN, {"nvd-gpu-mgmt-daemon", "525.105.14-0.0.0000", "NVD"}},
         SMI_RUNS,
         "384.73",
         "384.73",
         "host_vgpu"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        const struct value *attrs[ESXI_ATTR_COUNT];
        struct smi_card card = {.id = "a", .mode = "Host VGPU", .ecc_current = "N/A"};
        struct sight sight = {.smi = {.state = cases[i].state,
                                      .driver = cases[i].running,
                                      .reason = "nvidia-smi failed with status 15: lost",
                                      .cards = &card,
                                      .n_cards = 1}};
        sight.vibs.records = rows(arena, cases[i].vibs, 3);
        facts_derive(&sight, arena, attrs);
        check_value("driver", attrs[ESXI_DRIVER], cases[i].driver);
        check_value("mode", attrs[ESXI_MODE], cases[i].mode);
        check_value("ecc", attrs[ESXI_ECC], cases[i].mode[0] == '!' ? cases[i].mode : "-");
        arena_free(arena);
    }
}

/* ---- cards ---- */

static void test_cards(void **state)
{
    (void)state;
    static const struct {
        struct smi_card cards[3];
        const char *mode, *ecc;
    } cases[] = {
        {{{"a", "Host VGPU", "Enabled", "Enabled"}}, "host_vgpu", "enabled"},
        {{{"a", "Host VSGA", "Enabled", "Disabled"}}, "host_vsga", "enabled>disabled"},
        {{{"a", "Pass-Through", "Disabled", "Disabled"}}, "pass_through", "disabled"},
        {{{"a", "None", "N/A", "N/A"}}, "none", "-"},
        {{{"a", NULL, NULL, NULL}}, "none", "-"},
        {{{"a", "VGPU", "[Not Supported]", "[N/A]"}}, "vgpu", "-"},
        {{{"a", "Host VGPU", "Enabled", "Enabled"}, {"b", "Host VSGA", "N/A", "N/A"}},
         "mixed",
         "enabled"},
        {{{"a", "Host VGPU", "Enabled", "Disabled"},
          {"b", "Host VGPU", "Disabled", "Disabled"}},
         "host_vgpu",
         "mixed>disabled"},
        {{{"a", "Host VGPU", "Enabled", "Disabled"}, {"b", "Host VGPU", "Enabled", "Enabled"}},
         "host_vgpu",
         "enabled>mixed"},
        {{{"a", "Host VGPU", "Enabled", "Enabled"}, {"b", "Host VGPU", "Disabled", "Disabled"}},
         "host_vgpu",
         "mixed"},
        {{{"a", "Very New\x01Mode", "On", "On"}}, "very_new_mode", "unknown"},
        {{{"a", "A", "Enabled", "Enabled"},
          {"b", "B", "Disabled", "Enabled"},
          {"c", "A", "Enabled", "Enabled"}},
         "mixed",
         "mixed>enabled"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        const struct value *attrs[ESXI_ATTR_COUNT];
        struct smi_card cards[3];
        memcpy(cards, cases[i].cards, sizeof cards);
        struct sight sight = {.smi = {.state = SMI_RUNS, .driver = "384.73", .cards = cards}};
        while (sight.smi.n_cards < 3 && cards[sight.smi.n_cards].id != NULL)
            sight.smi.n_cards++;
        sight.vibs.records = rows(arena, &own, 1);
        facts_derive(&sight, arena, attrs);
        check_value("mode", attrs[ESXI_MODE], cases[i].mode);
        check_value("ecc", attrs[ESXI_ECC], cases[i].ecc);
        arena_free(arena);
    }
}

/* A question without an answer makes its attributes unreadable, and no others. */
static void test_problems(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *attrs[ESXI_ATTR_COUNT];
    struct smi_card card = {"a", "Host VGPU", "Enabled", "Enabled"};
    struct sight sight = {
        .graphics = {.problem = "no graphics"},
        .vibs = {.problem = "no vibs"},
        .smi = {.state = SMI_RUNS, .driver = "384.73", .cards = &card, .n_cards = 1}};
    facts_derive(&sight, arena, attrs);
    check_value("graphics", attrs[ESXI_GRAPHICS], "!no graphics");
    check_value("policy", attrs[ESXI_POLICY], "!no graphics");
    check_value("driver", attrs[ESXI_DRIVER], "!no vibs");
    check_value("ecc", attrs[ESXI_ECC], "enabled");
    const struct value *map = facts_map(attrs, arena);
    assert_string_equal(value_get_text(map, "virtualization_mode"), "host_vgpu");
    assert_true(value_is_unreadable(value_get(map, "driver")));
    assert_int_equal(value_count(map), ESXI_ATTR_COUNT);
    const struct field host[] = {{"Default Graphics Type", "Shared"}};
    sight.graphics = (struct answer){.records = one(arena, host, 1)};
    sight.devices.problem = "no devices";
    facts_derive(&sight, arena, attrs);
    check_value("graphics", attrs[ESXI_GRAPHICS], "!no devices");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphics),  cmocka_unit_test(test_other_cards),
        cmocka_unit_test(test_vib_names), cmocka_unit_test(test_driver),
        cmocka_unit_test(test_cards),     cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests_name("esxi_facts", tests, NULL, NULL);
}
