/* test_e2e_procedure.c: the rows of the procedure (design.md §2), a test per row under its id.
 *
 * One apply of examples/tensorflow to the reference hardware; then every row looks at what the
 * simulated systems became and were asked, never at what gridform says it did.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

#define HOST "esx-gpu-%02u.lab.local"
#define PROFILE "grid_p100-4q"

enum { N_HOSTS = 4 };

struct done {
    struct site site;
    json_t *before, *world, *calls, *events, *plan;
    const json_t *template, *machine, *network, *blueprint; /* of world, borrowed */
};

static const json_t *first_where(const json_t *object, const char *member, const char *text)
{
    const char *key;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        each) if (strcmp(json_text_at(each, "%s", member), text) ==
                                  0) return each;
    fail_msg("nothing whose %s is %s", member, text);
    return NULL;
}

/* ---- hosts ----------------------------------------------------------------------------------
 */

static void h1_graphics_type_and_policy(void **state)
{
    struct done *done = *state;
    for (unsigned i = 1; i <= N_HOSTS; i++) {
        const json_t *host = json_at(done->world, "hosts/" HOST, i);
        assert_string_equal(json_text_at(host, "default_configured"), "shared_passthru");
        assert_string_equal(json_text_at(host, "default_active"), "shared_passthru");
        assert_string_equal(json_text_at(host, "policy"), "performance");
        assert_string_equal(json_text_at(host, "gpus/0/type_configured"), "shared_passthru");
        assert_string_equal(json_text_at(host, "gpus/0/type_active"), "shared_passthru");
    }
}

/* The position of the n-th event of a kind on an object; -1: there is none. */
static int event_at(const json_t *events, const char *event, const char *object)
{
    size_t i;
    json_t *item;
    json_array_foreach(events, i, item) if (strcmp(json_text_at(item, "event"), event) == 0 &&
                                            strcmp(json_text_at(item, "object"), object) ==
                                                0) return (int)i;
    return -1;
}

static void h2_driver_in_real_maintenance_mode(void **state)
{
    struct done *done = *state;
    for (unsigned i = 1; i <= N_HOSTS; i++) {
        char host[64];
        snprintf(host, sizeof(host), HOST, i);
        int entered = event_at(done->events, "maintenance_entered", host);
        int installed = event_at(done->events, "vib_installed", host);
        int left = event_at(done->events, "maintenance_left", host);
        assert_true(entered >= 0 && entered < installed && installed < left);
        assert_int_equal(events_count(done->events, "vib_installed", host), 1);
        assert_false(json_true_at(done->world, "hosts/%s/in_maintenance", host));
    }
    assert_int_equal(calls_count(done->calls, "esxcli software vib install", NULL), N_HOSTS);
    assert_int_equal(
        calls_count(done->calls, "esxcli software vib install", "--maintenance-mode"), 0);
    /* The file says signature_check: false; --force would do far more than that. */
    assert_int_equal(calls_count(done->calls, "esxcli software vib install", "--no-sig-check"),
                     N_HOSTS);
    assert_int_equal(calls_count(done->calls, "esxcli software vib install", "--force"), 0);
}

static void h3_virtualization_mode_after_reboot(void **state)
{
    struct done *done = *state;
    for (unsigned i = 1; i <= N_HOSTS; i++) {
        char host[64];
        snprintf(host, sizeof(host), HOST, i);
        assert_true(json_true_at(done->world, "hosts/%s/driver_runs", host));
        assert_true(events_count(done->events, "host_rebooted", host) >= 1);
    }
    struct run *run = run_expect(GRIDFORM(&done->site, "show", "host/esx-gpu-01.lab.local"), 0);
    run_says(run, "host_vgpu");
    run_free(run);
}

/* The cards have the word now that the driver runs; test_e2e_failures asks the catalogue. */
static void h4_profile_is_supported(void **state)
{
    struct done *done = *state;
    struct site *site = &done->site;
    char file[256];
    snprintf(file, sizeof(file), "%s/site.yaml", site->manifest);
    edit_text(file, "profile: " PROFILE, "profile: grid_p40-4q");
    struct run *run = run_expect(GRIDFORM(site, "plan"), 6);
    run_says(run, "grid_p40-4q");
    run_says(run, "site.yaml:");
    run_free(run);
    edit_text(file, "profile: grid_p40-4q", "profile: " PROFILE);
}

static void h5_ecc_is_off(void **state)
{
    struct done *done = *state;
    for (unsigned i = 1; i <= N_HOSTS; i++) {
        const json_t *gpu = json_at(done->world, "hosts/" HOST "/gpus/0", i);
        assert_true(json_is_false(json_at(gpu, "ecc_current")));
        assert_true(json_is_false(json_at(gpu, "ecc_pending")));
    }
    assert_int_equal(events_count(done->events, "ecc_set", NULL), N_HOSTS);
    /* The driver was new: one reboot to load it, one for ECC. */
    assert_int_equal(events_count(done->events, "host_rebooted", NULL), 2 * N_HOSTS);
    assert_int_equal(events_count(done->events, "maintenance_entered", NULL), N_HOSTS);
}

static void h7_power_policy(void **state)
{
    struct done *done = *state;
    for (unsigned i = 1; i <= N_HOSTS; i++)
        assert_string_equal(json_text_at(done->world, "hosts/" HOST "/power_policy", i),
                            "dynamic");
}

/* Firmware is nothing that gridform could set: it says what is amiss, once for the pool, and
 * the plan is as it was. The reference hardware is as it should be. */
static void h8_advice_about_the_firmware(void **state)
{
    struct done *done = *state;
    const struct lab *lab = &done->site.lab;
    struct run *run = run_expect(GRIDFORM(&done->site, "plan", "--detailed-exitcode"), 0);
    run_says_not(run, "GF025");
    run_says_not(run, "GF026");
    run_says_not(run, "GF027");
    run_free(run);
    for (unsigned i = 1; i <= N_HOSTS; i++)
        lab_poke(lab, "false", "hosts/" HOST "/hyperthreading", i);
    lab_poke(lab, "1", "hosts/" HOST "/numa_nodes", 2);
    lab_poke(lab, "\"\"", "hosts/" HOST "/bios_power_support", 3);
    run = run_expect(GRIDFORM(&done->site, "plan", "--detailed-exitcode"), 0);
    run_says(run, "warning: host/esx-gpu-03.lab.local: its BIOS keeps the CPU power management "
                  "[GF025]\n");
    run_says(run, "warning: host/esx-gpu-02.lab.local: it shows fewer NUMA nodes than CPU "
                  "sockets [GF026]\n");
    run_says(run,
             "warning: host/esx-gpu-01.lab.local: its hyper-threading is off, as on 3 other "
             "hosts of pool gpu [GF027]\n");
    run_free(run);
    for (unsigned i = 1; i <= N_HOSTS; i++)
        lab_poke(lab, "true", "hosts/" HOST "/hyperthreading", i);
    lab_poke(lab, "2", "hosts/" HOST "/numa_nodes", 2);
    lab_poke(lab, "\"ACPI P-states, ACPI C-states\"", "hosts/" HOST "/bios_power_support", 3);
}

/* ---- template -------------------------------------------------------------------------------
 */

static void v1_shared_pci_device(void **state)
{
    struct done *done = *state;
    size_t i, n = 0;
    json_t *device;
    json_array_foreach(json_at(done->template, "devices"), i,
                       device) if (strcmp(json_text_at(device, "kind"), "vgpu") == 0)
    {
        assert_string_equal(json_text_at(device, "vgpu_profile"), PROFILE);
        n++;
    }
    assert_int_equal(n, 1);
}

static void v2_all_memory_reserved(void **state)
{
    struct done *done = *state;
    assert_true(json_true_at(done->template, "memory_locked"));
    assert_int_equal(json_int_at(done->template, "memory_mb"), 4096);
}

/* ---- in the guest: what its disk holds now that it is off -----------------------------------
 */

#define OLD_KERNEL "3.10.0-327.el7.x86_64"

/* A file of the template's guest holds the text. */
static void in_guest(const struct done *done, const char *path, const char *text)
{
    char *content =
        lab_guest_file(&done->site.lab, json_text_at(done->template, "moref"), path);
    if (content == NULL)
        fail_msg("the guest has no %s", path);
    if (strstr(content, text) == NULL)
        fail_msg("%s: no \"%s\" in\n%s", path, text, content);
    free(content);
}

static size_t call_at(const json_t *calls, const char *operation)
{
    for (size_t i = 0; i < json_array_size(calls); i++)
        if (strcmp(json_text_at(json_array_get(calls, i), "operation"), operation) == 0)
            return i;
    fail_msg("no call %s", operation);
    return 0;
}

static void v0_tools_before_everything(void **state)
{
    struct done *done = *state;
    size_t first = call_at(done->calls, "ValidateCredentialsInGuest");
    assert_true(first < call_at(done->calls, "StartProgramInGuest"));
    assert_true(call_at(done->calls, "PowerOnVM_Task") < first);
}

static void v3_updated_then_restarted(void **state)
{
    struct done *done = *state;
    const char *name = json_text_at(done->template, "name");
    in_guest(done, "boot/default", "3.10.0-");
    char *kernel = lab_guest_file(&done->site.lab, json_text_at(done->template, "moref"),
                                  "boot/default");
    assert_string_not_equal(kernel, OLD_KERNEL "\n");
    /* The driver was built for the kernel that is started, so it is the one that ran then. */
    in_guest(done, "var/lib/lab/driver-kernel", kernel);
    free(kernel);
    assert_int_equal(events_count(done->events, "guest_rebooted", name), 1);
}

static void v4_vra_agent(void **state)
{
    in_guest(*state, "usr/share/gugent/gugent.properties", "appliance=vra.lab.local\n"
                                                           "provider=vsphere\n");
}

static void v5_grid_driver(void **state)
{
    in_guest(*state, "var/lib/lab/driver", "384.73\n");
    in_guest(*state, "var/log/nvidia-installer.log", "is now complete");
    in_guest(*state, "etc/modprobe.d/nouveau.conf", "blacklist nouveau\n");
}

/* The verification runs in the guest; that a wrong driver or profile fails it is asked in
 * test_e2e_guest. */
static void v6_driver_is_verified(void **state)
{
    struct done *done = *state;
    const json_t *change = plan_change(done->plan, "template/centos72-vra-nvidia");
    bool found = false;
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(change, "steps"), i, step) found =
        found || (strcmp(json_text_at(step, "op"), "guest.verify") == 0 &&
                  strcmp(json_text_at(step, "args/expect/profile"), "GRID P100-4Q") == 0);
    assert_true(found);
}

static void v7_licence(void **state)
{
    in_guest(*state, "etc/nvidia/gridd.conf", "ServerAddress=licences.lab.local\n");
    in_guest(*state, "etc/nvidia/gridd.conf", "\nFeatureType=1\n");
}

static void v8_docker(void **state)
{
    in_guest(*state, "var/lib/lab/packages", "docker-ce|17.09.0.ce");
    in_guest(*state, "etc/systemd/system/multi-user.target.wants/docker.service", "");
}

static void v9_nvidia_docker_goes_with_docker(void **state)
{
    in_guest(*state, "var/lib/lab/packages", "nvidia-docker2|2.0.1-1.docker17.09.0.ce");
    in_guest(*state, "etc/docker/daemon.json", "nvidia");
}

/* Scripts, and the directories that they ran in, are not part of the image. */
static void vx_nothing_is_left_behind(void **state)
{
    struct done *done = *state;
    char command[400];
    snprintf(command, sizeof(command), "tar -tf '%s/guests/%s.tar' | grep -c gridform",
             done->site.lab.dir, json_text_at(done->template, "moref"));
    FILE *pipe = popen(command, "re");
    char count[16] = "";
    assert_non_null(pipe);
    assert_non_null(fgets(count, sizeof(count), pipe));
    pclose(pipe);
    assert_string_equal(count, "0\n");
}

static void v10_shut_down_through_the_guest(void **state)
{
    struct done *done = *state;
    const char *name = json_text_at(done->template, "name");
    assert_string_equal(json_text_at(done->template, "power"), "off");
    assert_int_equal(events_count(done->events, "vm_powered_on", name), 1);
    assert_int_equal(events_count(done->events, "vm_powered_off", name), 1);
    assert_int_equal(calls_count(done->calls, "ShutdownGuest", NULL), 1);
    assert_int_equal(calls_count(done->calls, "PowerOffVM_Task", NULL), 0);
}

static void v11_is_a_template(void **state)
{
    struct done *done = *state;
    assert_true(json_true_at(done->template, "template"));
    /* A version beside the base, which stays as it was. */
    assert_memory_equal(json_text_at(done->template, "name"), "centos72-vra-nvidia-", 20);
    assert_int_equal(strlen(json_text_at(done->template, "name")), 28);
    assert_false(json_true_at(done->world, "vms/centos72-base/template"));
    assert_int_equal(json_object_size(json_at(done->world, "vms")), 2);
}

static void v12_customization_specification(void **state)
{
    struct done *done = *state;
    const json_t *spec = json_at(done->world, "specs/centos-ml");
    assert_non_null(spec);
    assert_string_equal(json_text_at(spec, "type"), "Linux");
    assert_non_null(strstr(json_text_at(spec, "spec"), "lab.local"));
    assert_non_null(strstr(json_text_at(spec, "spec"), "CustomizationLinuxPrep"));
    assert_non_null(strstr(json_text_at(spec, "spec"), "CustomizationDhcpIpGenerator"));
}

/* ---- service catalogue
 * -------------------------------------------------------------------------- */

static void r1_software_component(void **state)
{
    struct done *done = *state;
    const json_t *component =
        first_where(json_at(done->world, "vra/components"), "name", "Tensorflow-GPU");
    char *script = file_text("%s/software/tensorflow-gpu.sh", EXAMPLE_TENSORFLOW);
    char *dump = json_dumps(component, 0);
    json_t *text = json_string(script);
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);
    assert_non_null(strstr(dump, quoted));
    assert_non_null(strstr(dump, "bash"));
    free(quoted);
    json_decref(text);
    free(dump);
    free(script);
}

static void r2_software_is_published(void **state)
{
    struct done *done = *state;
    const json_t *component =
        first_where(json_at(done->world, "vra/components"), "name", "Tensorflow-GPU");
    assert_string_equal(json_text_at(component, "publishStatus"), "PUBLISHED");
}

static void r3_blueprint_with_machine(void **state)
{
    struct done *done = *state;
    assert_int_equal(json_object_size(json_at(done->world, "vra/blueprints")), 1);
    assert_string_equal(json_text_at(done->machine, "machine_prefix/fixed/id"), "tf-");
    assert_int_equal(json_int_at(done->machine, "_cluster/min"), 1);
    assert_int_equal(json_int_at(done->machine, "_cluster/max"), 4);
}

static void r4_full_clone_of_the_template(void **state)
{
    struct done *done = *state;
    assert_string_equal(json_text_at(done->machine, "action/fixed"), "FullClone");
    assert_string_equal(json_text_at(done->machine, "source_machine/fixed/label"),
                        json_text_at(done->template, "name"));
    assert_string_equal(json_text_at(done->machine, "guest_customization_specification"),
                        "centos-ml");
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", done->site.manifest);
    edit_text(file, "type: full", "type: linked");
    struct run *run = run_expect(GRIDFORM(&done->site, "plan"), 6);
    run_says(run, "linked");
    run_says(run, "service.yaml:");
    run_free(run);
    edit_text(file, "type: linked", "type: full");
}

static void r5_size(void **state)
{
    struct done *done = *state;
    assert_int_equal(json_int_at(done->machine, "memory/default"), 16384);
    assert_int_equal(json_int_at(done->machine, "memory/max"), 16384);
    assert_int_equal(json_int_at(done->machine, "storage/default"), 60);
    assert_int_equal(json_int_at(done->machine, "disks/0/capacity"), 60);
}

static void r6_network(void **state)
{
    struct done *done = *state;
    assert_string_equal(json_text_at(done->network, "name"), "VM Network");
    assert_string_equal(json_text_at(done->network, "network_profile"), "ml-external");
    assert_int_equal(json_array_size(json_at(done->machine, "nics")), 1);
    assert_string_equal(json_text_at(done->machine, "nics/0/assignment_type"), "DHCP");
}

static void r7_memory_reservation(void **state)
{
    struct done *done = *state;
    const json_t *property = json_object_get(done->machine, "VMware.Memory.Reservation");
    assert_string_equal(json_text_at(property, "default"), "16384");
    assert_null(json_at(property, "fixed"));
    assert_true(json_is_false(json_at(property, "secured")));
    assert_true(json_is_false(json_at(property, "visible")));
}

static void r8_software_on_the_machine(void **state)
{
    struct done *done = *state;
    const json_t *component =
        first_where(json_at(done->world, "vra/components"), "name", "Tensorflow-GPU");
    const json_t *on = first_where(json_at(done->blueprint, "components"), "type",
                                   json_text_at(component, "id"));
    assert_memory_equal(json_text_at(on, "data/host"), "${_resource~", 12);
    char name[128];
    snprintf(name, sizeof(name), "%s", json_text_at(on, "data/host") + 12);
    name[strcspn(name, "}")] = '\0';
    assert_ptr_equal(
        json_object_get(json_object_get(json_at(done->blueprint, "components"), name), "data"),
        done->machine);
}

static void r9_blueprint_is_published(void **state)
{
    struct done *done = *state;
    assert_string_equal(json_text_at(done->blueprint, "status"), "PUBLISHED");
}

static void r10_in_the_catalogue_under_its_service(void **state)
{
    struct done *done = *state;
    const json_t *service =
        first_where(json_at(done->world, "vra/services"), "name", "Machine Learning");
    const char *key;
    json_t *item;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)json_at(done->world, "vra/catalog_items"), key,
                        item)
    {
        const char *binding = json_text_at(item, "providerBinding/bindingId");
        const char *end = strstr(binding, "!::!");
        if (end == NULL || strcmp(end + 4, json_text_at(done->blueprint, "id")) != 0)
            continue;
        n++;
        assert_string_equal(json_text_at(item, "status"), "PUBLISHED");
        assert_string_equal(json_text_at(item, "serviceRef/id"), json_text_at(service, "id"));
    }
    assert_int_equal(n, 1);
}

static void r11_entitled(void **state)
{
    struct done *done = *state;
    const json_t *entitlement =
        first_where(json_at(done->world, "vra/entitlements"), "name", "ml-users");
    assert_string_equal(json_text_at(entitlement, "status"), "ACTIVE");
    assert_string_equal(json_text_at(entitlement, "organization/subtenantLabel"), "ml");
    assert_int_equal(json_array_size(json_at(entitlement, "principals")), 1);
    assert_string_equal(json_text_at(entitlement, "principals/0/ref"), "ml-users@ml.local");
    assert_string_equal(json_text_at(entitlement, "principals/0/type"), "SSO_GROUP");
    assert_int_equal(json_array_size(json_at(entitlement, "entitledServices")), 1);
    assert_int_equal(json_array_size(json_at(entitlement, "entitledCatalogItems")), 1);
}

static void s1_vcpus_are_cores_by_slots(void **state)
{
    struct done *done = *state;
    assert_int_equal(json_int_at(done->machine, "cpu/min"), 6);
    assert_int_equal(json_int_at(done->machine, "cpu/default"), 6);
    assert_int_equal(json_int_at(done->machine, "cpu/max"), 6);
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", done->site.manifest);
    edit_text(file, "cpu: auto", "cpu: { min: 6, max: 7 }");
    struct run *run = run_expect(GRIDFORM(&done->site, "plan"), 6);
    run_says(run, "service.yaml:");
    run_free(run);
    edit_text(file, "cpu: { min: 6, max: 7 }", "cpu: auto");
}

/* ---- after it
 * -------------------------------------------------------------------------------------- */

static void second_plan_is_empty(void **state)
{
    struct done *done = *state;
    GRIDFORM_EXPECT(&done->site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(&done->site, 0, "drift");
    lab_forget(&done->site.lab);
    GRIDFORM_EXPECT(&done->site, 0, "apply", "--yes");
    json_t *calls = lab_calls(&done->site.lab);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);
}

static void find_parts(struct done *done)
{
    done->template =
        first_where(json_at(done->world, "vms"), "made_by", "svc-gridform@vsphere.local");
    done->blueprint =
        first_where(json_at(done->world, "vra/blueprints"), "name", "Tensorflow-GPU");
    const json_t *components = json_at(done->blueprint, "components");
    done->machine = json_at(
        first_where(components, "type", "Infrastructure.CatalogItem.Machine.Virtual.vSphere"),
        "data");
    done->network = json_at(
        first_where(components, "type", "Infrastructure.Network.Network.Existing"), "data");
}

static int set_up(void **state)
{
    struct done *done = calloc(1, sizeof(*done));
    *state = done;
    site_start(&done->site, &(struct site_options){.guest = true});
    GRIDFORM_EXPECT(&done->site, 0, "validate");
    GRIDFORM_EXPECT(&done->site, 2, "plan", "--detailed-exitcode");
    struct run *plan = run_expect(GRIDFORM(&done->site, "plan", "--json"), 0);
    done->plan = run_json(plan);
    run_free(plan);
    struct run *run = run_expect(GRIDFORM(&done->site, "apply", "--yes"), 0);
    run_free(run);
    done->world = lab_world(&done->site.lab);
    done->calls = lab_calls(&done->site.lab);
    done->events = lab_events(&done->site.lab);
    find_parts(done);
    return 0;
}

static int tear_down(void **state)
{
    struct done *done = *state;
    site_stop(&done->site);
    json_decref(done->world);
    json_decref(done->calls);
    json_decref(done->events);
    json_decref(done->plan);
    free(done);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h1_graphics_type_and_policy),
        cmocka_unit_test(h2_driver_in_real_maintenance_mode),
        cmocka_unit_test(h3_virtualization_mode_after_reboot),
        cmocka_unit_test(h4_profile_is_supported),
        cmocka_unit_test(h5_ecc_is_off),
        cmocka_unit_test(h7_power_policy),
        cmocka_unit_test(h8_advice_about_the_firmware),
        cmocka_unit_test(v1_shared_pci_device),
        cmocka_unit_test(v2_all_memory_reserved),
        cmocka_unit_test(v0_tools_before_everything),
        cmocka_unit_test(v3_updated_then_restarted),
        cmocka_unit_test(v4_vra_agent),
        cmocka_unit_test(v5_grid_driver),
        cmocka_unit_test(v6_driver_is_verified),
        cmocka_unit_test(v7_licence),
        cmocka_unit_test(v8_docker),
        cmocka_unit_test(v9_nvidia_docker_goes_with_docker),
        cmocka_unit_test(vx_nothing_is_left_behind),
        cmocka_unit_test(v10_shut_down_through_the_guest),
        cmocka_unit_test(v11_is_a_template),
        cmocka_unit_test(v12_customization_specification),
        cmocka_unit_test(r1_software_component),
        cmocka_unit_test(r2_software_is_published),
        cmocka_unit_test(r3_blueprint_with_machine),
        cmocka_unit_test(r4_full_clone_of_the_template),
        cmocka_unit_test(r5_size),
        cmocka_unit_test(r6_network),
        cmocka_unit_test(r7_memory_reservation),
        cmocka_unit_test(r8_software_on_the_machine),
        cmocka_unit_test(r9_blueprint_is_published),
        cmocka_unit_test(r10_in_the_catalogue_under_its_service),
        cmocka_unit_test(r11_entitled),
        cmocka_unit_test(s1_vcpus_are_cores_by_slots),
        cmocka_unit_test(second_plan_is_empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
