/* test_e2e_directpath.c: cards that are passed through, from the manifest to machines: rows H6,
 * V13 and V14 of the procedure, several vGPUs in one machine, dynamic devices. Judged by what
 * the simulated systems became.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

#define HOST1 "esx-gpu-01.lab.local"
#define HOST2 "esx-gpu-02.lab.local"

/* %s: the pool's mode; the template. */
static const char manifest[] =
    "gridform: 1\n"
    "site: direct\n"
    "providers:\n"
    "  vsphere: { server: vcenter.lab.local, username: svc-gridform@vsphere.local,\n"
    "             password: { env: VSPHERE_PASSWORD } }\n"
    "  esxi: { username: root, password: { env: ESXI_PASSWORD }, known_hosts: known_hosts }\n"
    "  vra: { server: vra.lab.local, tenant: ml, username: architect@ml.local,\n"
    "         password: { env: VRA_PASSWORD } }\n"
    "vgpu_modes:\n"
    "  direct: { method: directpath, device: \"10de:1db4\" }\n"
    "  dynamic: { method: directpath, device: \"10de:1db4\", dynamic: true, label: gpu }\n"
    "  shared: { method: vgpu, profile: grid_v100-8q, driver: { from: /vmfs/volumes/images/,\n"
    "            vib: NVIDIA-VMware-430.27-1OEM.670.0.0.8169922.x86_64.vib } }\n"
    "pools:\n"
    "  gpu: { cluster: GPU, hosts: [\"esx-gpu-{01..02}.lab.local\"], vgpu_mode: %s }\n"
    "templates:\n"
    "  trainer: { base: ubuntu-efi, pool: gpu, vgpu_mode: %s, shutdown_timeout: 2s%s }\n";

static void put_manifest(const struct site *site, const char *mode, const char *template)
{
    char file[256], text[4096];
    snprintf(file, sizeof(file), "%s/site.yaml", site->manifest);
    snprintf(text, sizeof(text), manifest, mode, mode, template);
    write_text(file, text);
}

static void start(struct site *site, const char *world)
{
    char directory[128];
    make_directory(directory, sizeof(directory), "direct");
    site_start(site, &(struct site_options){.world = world, .manifest = directory});
    remove_directory(directory);
}

/* The machine that gridform made. Borrowed. */
static const json_t *find_template(const json_t *world)
{
    const char *name;
    json_t *vm;
    json_object_foreach(json_object_get(world, "vms"), name,
                        vm) if (strncmp(name, "trainer-", 8) == 0) return vm;
    fail_msg("no template");
    return NULL;
}

static size_t count_devices(const json_t *vm, const char *kind)
{
    size_t i, n = 0;
    json_t *device;
    json_array_foreach(json_object_get(vm, "devices"), i, device) n +=
        strcmp(json_text_at(device, "kind"), kind) == 0;
    return n;
}

static bool has_card(const json_t *vm, const char *pci_id)
{
    size_t i;
    json_t *device;
    json_array_foreach(json_object_get(vm, "devices"), i,
                       device) if (strcmp(json_text_at(device, "pci_id"), pci_id) ==
                                   0) return true;
    return false;
}

/* ---- fixed cards ---------------------------------------------------------------------------
 */

static void check_hosts(struct site *site)
{
    json_t *world = lab_world(&site->lab), *events = lab_events(&site->lab);
    json_t *calls = lab_calls(&site->lab);
    static const char *const hosts[] = {HOST1, HOST2};
    for (size_t i = 0; i < 2; i++) {
        for (int card = 0; card < 2; card++)
            assert_true(
                json_true_at(world, "hosts/%s/gpus/%d/passthru_active", hosts[i], card));
        assert_int_equal(events_count(events, "host_rebooted", hosts[i]), 1);
        assert_int_equal(events_count(events, "maintenance_entered", hosts[i]), 1);
        assert_false(json_true_at(world, "hosts/%s/in_maintenance", hosts[i]));
    }
    assert_int_equal(events_count(events, "vib_installed", NULL), 0);
    assert_int_equal(events_count(events, "graphics_set", NULL), 0);
    assert_int_equal(events_count(events, "ecc_set", NULL), 0);
    assert_int_equal(calls_count(calls, "UpdatePassthruConfig", NULL), 2);
    json_decref(world);
    json_decref(events);
    json_decref(calls);
}

static void check_template(struct site *site)
{
    json_t *world = lab_world(&site->lab), *events = lab_events(&site->lab);
    const json_t *vm = find_template(world);
    assert_int_equal(count_devices(vm, "passthru"), 2);
    assert_true(has_card(vm, "0000:3b:00.0") && has_card(vm, "0000:af:00.0"));
    assert_string_equal(json_text_at(vm, "extra/pciPassthru.use64bitMMIO"), "TRUE");
    assert_string_equal(json_text_at(vm, "extra/pciPassthru.64bitMMIOSizeGB"), "64");
    assert_int_equal(json_int_at(vm, "cpus"), 24);
    assert_int_equal(json_int_at(vm, "cores_per_socket"), 12);
    assert_false(json_true_at(vm, "cpu_hot_add"));
    assert_true(json_true_at(vm, "memory_locked"));
    assert_string_equal(json_text_at(vm, "firmware"), "efi");
    assert_true(json_true_at(vm, "template"));
    /* It was proven: it ran with its cards. */
    assert_int_equal(events_count(events, "vm_powered_on", json_text_at(vm, "name")), 1);
    json_decref(world);
    json_decref(events);
}

static void fixed_cards_from_host_to_machine(void **state UNUSED)
{
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", ", gpus: 2, cpus: 24, cores_per_socket: 12");
    struct run *run = run_expect(GRIDFORM(&site, "plan", "--detailed-exitcode"), 2);
    run_says(run, "none -> 10de:1db4");
    run_says(run, "pass 10de:1db4 cards through");
    run_says(run, "passthrough of 2 x 10de:1db4, 64-bit MMIO of");
    run_says(run, "takes 2 cards");
    run_free(run);
    site_converge(&site);
    check_hosts(&site);
    check_template(&site);
    GRIDFORM_EXPECT(&site, 0, "drift");
    site_stop(&site);
}

static char *template_name(struct site *site)
{
    json_t *world = lab_world(&site->lab);
    char *name = strdup(json_text_at(find_template(world), "name"));
    json_decref(world);
    return name;
}

static void expect_drift(struct site *site, const char *attr)
{
    struct run *run = run_expect(GRIDFORM(site, "drift"), 2);
    run_says(run, "template/trainer");
    run_says(run, attr);
    run_free(run);
    site_converge(site);
    GRIDFORM_EXPECT(site, 0, "drift");
}

/* Taken out of shape behind gridform's back: named, and put right in place. */
static void what_moves_is_put_back(void **state UNUSED)
{
    static const struct {
        const char *path, *value, *attr;
    } rows[] = {
        {"devices/13000", "null", "passthrough"},
        {"extra/pciPassthru.use64bitMMIO", "null", "mmio_size"},
        {"extra/pciPassthru.64bitMMIOSizeGB", "\"32\"", "mmio_size"},
        {"cores_per_socket", "1", "cores_per_socket"},
        {"cpus", "36", "cpus"},
        {"cpu_hot_add", "true", "cpu_hot_add"},
        {"memory_locked", "false", "memory_locked"},
    };
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", ", gpus: 2, cpus: 24, cores_per_socket: 12");
    site_converge(&site);
    char *name = template_name(&site);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        lab_poke(&site.lab, rows[i].value, "vms/%s/%s", name, rows[i].path);
        expect_drift(&site, rows[i].attr);
    }
    /* More space is as good, and what vSphere writes by itself is nobody's business. */
    lab_poke(&site.lab, "\"256\"", "vms/%s/extra/pciPassthru.64bitMMIOSizeGB", name);
    lab_poke(&site.lab, "\"TRUE\"", "vms/%s/extra/pciPassthru0.msiEnabled", name);
    lab_poke(&site.lab, "\"x\"", "vms/%s/extra/guestinfo.anything", name);
    GRIDFORM_EXPECT(&site, 0, "drift");
    GRIDFORM_EXPECT(&site, 0, "plan", "--detailed-exitcode");
    lab_poke(&site.lab, "\"bios\"", "vms/%s/firmware", name);
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 6);
    run_says(run, "an installed guest does not boot with another firmware");
    run_free(run);
    free(name);
    site_stop(&site);
}

static void a_host_that_lost_its_passthrough_gets_it_back(void **state UNUSED)
{
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", "");
    site_converge(&site);
    lab_poke(&site.lab, "false", "hosts/%s/gpus/0/passthru_enabled", HOST2);
    struct run *run = run_expect(GRIDFORM(&site, "drift"), 2);
    run_says(run, "host/" HOST2);
    run_says(run, "10de:1db4 (1 of 2)");
    run_free(run);
    site_converge(&site);
    json_t *world = lab_world(&site.lab);
    assert_true(json_true_at(world, "hosts/%s/gpus/0/passthru_active", HOST2));
    assert_int_equal(count_devices(find_template(world), "passthru"), 1);
    json_decref(world);
    site_stop(&site);
}

/* Cards that others run with are not taken, nor a host that has too few left. */
static void cards_in_use_are_left_alone(void **state UNUSED)
{
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", "");
    site_converge(&site);
    char *name = template_name(&site);
    json_t *world = lab_world(&site.lab);
    bool first = has_card(find_template(world), "0000:3b:00.0");
    json_decref(world);
    assert_true(first);
    lab_poke(&site.lab, "{\"host\": \"" HOST1 "\"}", "vms/busy");
    lab_poke(&site.lab,
             "{\"key\": 13000, \"kind\": \"passthru\", \"pci_id\": \"0000:3b:00.0\"}",
             "vms/busy/devices/13000");
    lab_poke(&site.lab, "true", "vms/busy/memory_locked");
    lab_poke(&site.lab, "\"on\"", "vms/busy/power");
    lab_poke(&site.lab, "null", "vms/%s/devices/13000", name);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    world = lab_world(&site.lab);
    assert_true(has_card(json_at(world, "vms/%s", name), "0000:af:00.0"));
    json_decref(world);
    put_manifest(&site, "direct", ", gpus: 2");
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    world = lab_world(&site.lab);
    assert_string_equal(json_text_at(world, "vms/busy/power"), "on");
    json_decref(world);
    free(name);
    site_stop(&site);
}

static void bios_is_refused(void **state UNUSED)
{
    struct site site;
    char file[256];
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", "");
    snprintf(file, sizeof(file), "%s/site.yaml", site.manifest);
    edit_text(file, "base: ubuntu-efi", "base: ubuntu-bios");
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 6);
    run_says(run, "ubuntu-bios boots with bios and the template wants efi");
    run_free(run);
    site_stop(&site);
}

/* ---- to vGPUs and back ----------------------------------------------------------------------
 */

static void a_pool_goes_back_to_vgpus(void **state UNUSED)
{
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "direct", "");
    site_converge(&site);
    lab_forget(&site.lab);
    put_manifest(&site, "shared", ", gpus: 2");
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, "10de:1db4 -> none");
    run_says(run, "end passthrough");
    run_says(run, "(absent) -> 2 x grid_v100-8q");
    run_free(run);
    site_converge(&site);
    json_t *world = lab_world(&site.lab), *events = lab_events(&site.lab);
    assert_false(json_true_at(world, "hosts/%s/gpus/0/passthru_active", HOST1));
    assert_string_equal(json_text_at(world, "hosts/%s/gpus/1/type_active", HOST1),
                        "shared_passthru");
    assert_int_equal(events_count(events, "host_rebooted", HOST1), 1);
    json_decref(events);
    json_decref(world);
    run = run_expect(GRIDFORM(&site, "show", "template/trainer"), 0);
    run_says(run, "2 x grid_v100-8q");
    run_free(run);
    site_stop(&site);
}

static void a_vgpu_too_many_or_too_few(void **state UNUSED)
{
    struct site site;
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "shared", ", gpus: 2");
    site_converge(&site);
    json_t *world = lab_world(&site.lab);
    const json_t *vm = find_template(world);
    assert_int_equal(count_devices(vm, "vgpu"), 2);
    char *name = strdup(json_text_at(vm, "name"));
    json_decref(world);
    lab_poke(&site.lab, "null", "vms/%s/devices/13001", name);
    expect_drift(&site, "2 x grid_v100-8q");
    lab_poke(&site.lab,
             "{\"key\": 13007, \"kind\": \"vgpu\", \"vgpu_profile\": \"grid_v100-8q\"}",
             "vms/%s/devices/13007", name);
    expect_drift(&site, "3 x grid_v100-8q");
    world = lab_world(&site.lab);
    assert_int_equal(count_devices(json_at(world, "vms/%s", name), "vgpu"), 2);
    json_decref(world);
    free(name);
    site_stop(&site);
}

/* ---- dynamic devices ------------------------------------------------------------------------
 */

static void world_of_7(char *file, size_t size, const char *directory, const char *hardware)
{
    char *text = file_text("%s", WORLD_DIRECTPATH);
    snprintf(file, size, "%s/world.yaml", directory);
    write_text(file, text);
    free(text);
    edit_text(file, "version: \"6.5\"", "version: \"7.0.0.0\"");
    edit_text(file, "version: 6.7.0", "version: 7.0.0");
    edit_text(file, "firmware: efi\n", hardware);
}

static void dynamic_devices_need_version_17(void **state UNUSED)
{
    struct site site;
    char directory[128], world[256];
    make_directory(directory, sizeof(directory), "direct");
    world_of_7(world, sizeof(world), directory, "firmware: efi\n    hardware: vmx-15\n");
    start(&site, world);
    put_manifest(&site, "dynamic", "");
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 6);
    run_says(run, "ubuntu-efi has hardware version 15, and dynamic DirectPath needs 17");
    run_free(run);
    site_stop(&site);
    start(&site, WORLD_DIRECTPATH);
    put_manifest(&site, "dynamic", "");
    run = run_expect(GRIDFORM(&site, "plan"), 6);
    run_says(run, "dynamic DirectPath needs vSphere 7.0, and it runs 6.7.0");
    run_free(run);
    site_stop(&site);
    remove_directory(directory);
}

static void dynamic_devices(void **state UNUSED)
{
    struct site site;
    char directory[128], world[256];
    make_directory(directory, sizeof(directory), "direct");
    world_of_7(world, sizeof(world), directory, "firmware: efi\n    hardware: vmx-17\n");
    start(&site, world);
    put_manifest(&site, "dynamic", ", gpus: 2");
    struct run *run = run_expect(GRIDFORM(&site, "plan", "--detailed-exitcode"), 2);
    run_says(run, "2 x 10de:1db4 (dynamic, label gpu)");
    run_free(run);
    site_converge(&site);
    json_t *after = lab_world(&site.lab);
    const json_t *vm = find_template(after);
    assert_int_equal(count_devices(vm, "passthru"), 2);
    size_t i;
    json_t *device;
    json_array_foreach(json_object_get(vm, "devices"), i, device)
    {
        if (strcmp(json_text_at(device, "kind"), "passthru") != 0)
            continue;
        assert_true(json_true_at(device, "dynamic"));
        assert_int_equal(json_int_at(device, "allowed_device"), 0x1db4);
        assert_string_equal(json_text_at(device, "custom_label"), "gpu");
    }
    char *name = strdup(json_text_at(vm, "name"));
    json_decref(after);
    lab_poke(&site.lab, "null", "vms/%s/devices/13000", name);
    expect_drift(&site, "passthrough");
    free(name);
    site_stop(&site);
    remove_directory(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_cards_from_host_to_machine),
        cmocka_unit_test(what_moves_is_put_back),
        cmocka_unit_test(a_host_that_lost_its_passthrough_gets_it_back),
        cmocka_unit_test(cards_in_use_are_left_alone),
        cmocka_unit_test(bios_is_refused),
        cmocka_unit_test(a_pool_goes_back_to_vgpus),
        cmocka_unit_test(a_vgpu_too_many_or_too_few),
        cmocka_unit_test(dynamic_devices_need_version_17),
        cmocka_unit_test(dynamic_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
