/* test_gpu.c: names of drivers and profiles, and what cards hold. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "gpu.h"
#include "value.h"

/* esxi-shell.md §9: names as they were seen. */
static const struct {
    const char *vib, *version, *name;
    unsigned branch;
} vibs[] = {
    {"NVIDIA-VMware_ESXi_6.5_Host_Driver_367.134-1OEM.650.0.0.4598673-offline_bundle.zip",
     "367.134", "NVIDIA-VMware_ESXi_6.5_Host_Driver", 367},
    {"NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib", "384.73", "NVIDIA-VMware", 384},
    {"/vmfs/volumes/images/NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib", "384.73",
     "NVIDIA-VMware", 384},
    {"NVIDIA-VMware_ESXi_6.5_Host_Driver_390.42-1OEM.650.0.0.4598673", "390.42",
     "NVIDIA-VMware_ESXi_6.5_Host_Driver", 390},
    {"NVIDIA-vGPU-VMware_ESXi_6.5_Host_Driver_418.240-1OEM.600.0.0.2159203.vib", "418.240",
     "NVIDIA-vGPU-VMware_ESXi_6.5_Host_Driver", 418},
    {"NVIDIA-VMware_ESXi_6.7_Host_Driver-440.43-1OEM.670.0.0.8169922.x86_64.vib", "440.43",
     "NVIDIA-VMware_ESXi_6.7_Host_Driver", 440},
    {"NVIDIA-VMware-450.55-1OEM.670.0.0.8169922.x86_64.vib", "450.55", "NVIDIA-VMware", 450},
    {"NVD.NVIDIA_bootbank_NVIDIA-VMware_450.89-1OEM.670.0.0.8169922-offline_bundle-17133261."
     "zip",
     "450.89", "NVD.NVIDIA_bootbank_NVIDIA-VMware", 450},
    {"510.73.06-1OEM.702.0.0.17630552", "510.73.06", "", 510},
    {"NVD_bootbank_NVD-VMware_ESXi_7.0.2_Driver_535.54.06-1OEM.702.0.0.17630552.vib",
     "535.54.06", "NVD_bootbank_NVD-VMware_ESXi_7.0.2_Driver", 535},
    {"NVD-AIE_ESXi_8.0.0_Driver_525.105.14-1OEM.800.1.0.20613240.vib", "525.105.14",
     "NVD-AIE_ESXi_8.0.0_Driver", 525},
    {"NVD-AIE-800_525.105.14-1OEM.800.1.0.20613240_21506612.zip", "525.105.14", "NVD-AIE-800",
     525},
    {"nvd-gpu-mgmt-daemon_525.105.14-0.0.0000_21514245.zip", NULL, NULL, 0},
    {"NVIDIA-VMware-384.7-1OEM.650.0.0.1.vib", NULL, NULL, 0},
    {"NVIDIA-VMware-384.7345-1OEM.650.0.0.1.vib", NULL, NULL, 0},
    {"NVIDIA-VMware-384.73-OEM.650.0.0.1.vib", NULL, NULL, 0},
    {"1384.73-1OEM.650", NULL, NULL, 0},
    {"", NULL, NULL, 0},
};

static void test_vibs(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(vibs); i++) {
        char version[16] = "", name[128];
        bool found = driver_version_of(vibs[i].vib, version);
        if (found != (vibs[i].version != NULL))
            fail_msg("%s: found %d %s", vibs[i].vib, found, version);
        if (!found)
            continue;
        assert_string_equal(version, vibs[i].version);
        assert_int_equal(driver_branch(version), vibs[i].branch);
        driver_vib_name(vibs[i].vib, name, sizeof(name));
        assert_string_equal(name, vibs[i].name);
    }
}

static void test_name_is_cut(void **state UNUSED)
{
    char name[8];
    driver_vib_name("NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib", name, sizeof(name));
    assert_string_equal(name, "NVIDIA-");
}

static void test_branches(void **state UNUSED)
{
    assert_int_equal(driver_release(384), 5);
    assert_int_equal(driver_release(390), 6);
    assert_int_equal(driver_release(999), 0);
    assert_int_equal(driver_branch("x"), 0);
    assert_true(driver_needs_ecc_off(384));
    assert_true(driver_needs_ecc_off(418));
    assert_false(driver_needs_ecc_off(430));
    assert_false(driver_needs_ecc_off(0));
}

/* The card of the procedure offers exactly these (design.md §2, H4). */
static void test_profiles_of_the_procedure(void **state UNUSED)
{
    static const char *const wanted[] = {"grid_p100-16a", "grid_p100-16q", "grid_p100-1a",
                                         "grid_p100-1b",  "grid_p100-1q",  "grid_p100-2a",
                                         "grid_p100-2q",  "grid_p100-4a",  "grid_p100-4q",
                                         "grid_p100-8a",  "grid_p100-8q"};
    const struct gpu_model *model = gpu_by_pci_device(0x15f8);
    size_t n = 0;
    assert_non_null(model);
    assert_ptr_equal(model, gpu_by_product("tesla p100-pcie-16gb"));
    for (size_t i = 0; i < model->n_profiles; i++)
        n += gpu_profile_in_release(&model->profiles[i], 5);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const struct gpu_profile *profile = gpu_find_profile(model, wanted[i]);
        if (profile == NULL || !gpu_profile_in_release(profile, 5))
            fail_msg("%s is missing", wanted[i]);
        assert_int_equal(profile->max, 16384 / profile->fb_mb);
    }
    assert_int_equal(n, ARRAY_LEN(wanted));
}

/* The catalogue itself: no profile twice on a model, none larger than its card (the newer cards
 * come in sizes that share one name). */
static void test_catalogue(void **state UNUSED)
{
    for (size_t m = 0; m < gpu_models_count; m++)
        for (size_t i = 0; i < gpu_models[m].n_profiles; i++) {
            const struct gpu_profile *profile = &gpu_models[m].profiles[i];
            assert_ptr_equal(gpu_find_profile(&gpu_models[m], profile->api), profile);
            assert_true(profile->max > 0);
            if (strncmp(gpu_models[m].product, "Tesla", 5) == 0 &&
                profile->fb_mb * profile->max > gpu_models[m].memory_mb)
                fail_msg("%s: %u of %s do not fit", gpu_models[m].product, profile->max,
                         profile->api);
        }
    assert_null(gpu_by_pci_device(0));
    assert_null(gpu_by_product("Voodoo 2"));
    assert_null(gpu_any_profile("grid_p100-3q"));
}

static const struct value *cards(struct arena *arena, const unsigned *devices, size_t n)
{
    const struct value *items[4];
    for (size_t i = 0; i < n; i++) {
        const struct value_field field = {"device", value_int(arena, devices[i])};
        items[i] = value_map(arena, &field, 1);
    }
    return value_list(arena, items, n);
}

static void test_slots(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const unsigned two[] = {0x15f8, 0x15f8}, mixed[] = {0x15f8, 0x1bb3, 0x1};
    assert_int_equal(gpu_slots(cards(arena, two, 2), "grid_p100-4q"), 8);
    assert_int_equal(gpu_slots(cards(arena, two, 2), "grid_p4-4q"), 0);
    assert_int_equal(gpu_slots(cards(arena, mixed, 3), "grid_p100-16q"), 1);
    assert_int_equal(gpu_slots(cards(arena, two, 0), "grid_p100-4q"), 0);
    assert_int_equal(gpu_slots(value_absent(), "grid_p100-4q"), -1);
    assert_int_equal(gpu_slots(value_unreadable(arena, "x"), "grid_p100-4q"), -1);
    assert_true(gpu_profile_has_ecc("grid_p100-4q"));
    assert_false(gpu_profile_has_ecc("grid_m10-1q"));
    assert_false(gpu_profile_has_ecc("grid_none"));
}

/* What one machine takes, of either method. */
static void test_places(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const unsigned four[] = {0x1db4, 0x1db4, 0x1db4, 0x15f8};
    struct gpu_want cards_of = {.label = "10de:1db4", .device = 0x1db4, .count = 1};
    struct gpu_want slots_of = {.label = "grid_p100-4q", .profile = "grid_p100-4q", .count = 3};
    assert_int_equal(gpu_places(cards(arena, four, 4), &cards_of), 3);
    cards_of.count = 2;
    assert_int_equal(gpu_places(cards(arena, four, 4), &cards_of), 1);
    cards_of.count = 4;
    assert_int_equal(gpu_places(cards(arena, four, 4), &cards_of), 0);
    assert_int_equal(gpu_places(value_absent(), &cards_of), -1);
    /* Four slots a card: one machine with three, and the fourth stays empty. */
    assert_int_equal(gpu_places(cards(arena, four, 4), &slots_of), 1);
    slots_of.count = 5;
    assert_int_equal(gpu_places(cards(arena, four, 4), &slots_of), 0);
}

static void test_devices(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    static const char *const wrong[] = {"",          "10de:",     "10de:1db",  "10de:1db44",
                                        "1002:1db4", "10DE:1db4", "10de:1dg4", "1db4"};
    assert_int_equal(gpu_parse_device("10de:1db4"), 0x1db4);
    assert_int_equal(gpu_parse_device("10de:ffff"), 0xffff);
    assert_int_equal(gpu_parse_device(NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(gpu_parse_device(wrong[i]), 0);
    assert_string_equal(gpu_device_text(arena, 0xdb4, false, NULL), "10de:0db4");
    assert_string_equal(gpu_device_text(arena, 0x1db4, true, NULL), "10de:1db4 (dynamic)");
    assert_string_equal(gpu_device_text(arena, 0x1db4, true, "a"),
                        "10de:1db4 (dynamic, label a)");
    assert_string_equal(gpu_text(arena, 1, "x"), "x");
    assert_string_equal(gpu_text(arena, 3, "x"), "3 x x");
    assert_int_equal(gpu_memory_mb(0x1db4), 16384);
    assert_int_equal(gpu_memory_mb(0xfffe), 0);
}

/* 16 -> 32, 2 x 24 = 48 -> 64 -> 128 (vsphere-api.md §7.5). */
static void test_mmio(void **state UNUSED)
{
    static const int64_t rows[][2] = {{16, 32}, {32, 64}, {48, 128}, {24, 64}, {640, 2048}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(gpu_mmio_gb(rows[i][0] * 1024), rows[i][1]);
    assert_int_equal(gpu_mmio_gb(16 * 1024 + 1), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vibs),     cmocka_unit_test(test_name_is_cut),
        cmocka_unit_test(test_branches), cmocka_unit_test(test_profiles_of_the_procedure),
        cmocka_unit_test(test_places),   cmocka_unit_test(test_devices),
        cmocka_unit_test(test_mmio),     cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
