/* test_lab_world.c: the rules of the simulated data centre, its file format, its dump and its
 * pokes. */
#include "lab_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state)
{
    *state = reference_world();
    world_tick(*state);
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static struct task *done(struct world *world, struct task *task, int64_t seconds)
{
    pass(world, seconds);
    assert_int_equal(task->state, TASK_SUCCESS);
    return task;
}

static void enter(struct world *world, struct host *host)
{
    struct task *task;
    struct fault fault;
    assert_int_equal(host_enter_maintenance(world, host, 0, "u", &task, &fault), 0);
    done(world, task, 30);
}

static void leave(struct world *world, struct host *host)
{
    struct task *task;
    struct fault fault;
    assert_int_equal(host_exit_maintenance(world, host, "u", &task, &fault), 0);
    done(world, task, 10);
}

static void reboot(struct world *world, struct host *host)
{
    struct task *task;
    struct fault fault;
    assert_int_equal(host_reboot(world, host, false, "u", &task, &fault), 0);
    done(world, task, 5);
    assert_int_equal(host->state, HOST_REBOOTING);
    pass(world, 600);
    assert_int_equal(host->state, HOST_CONNECTED);
}

/* Driver, graphics type and ECC as the reference procedure leaves them. */
static struct host *ready_host(struct world *world)
{
    struct host *host = world_host(world, HOST_1);
    struct vib *vib;
    struct fault fault;
    bool skipped;
    enter(world, host);
    assert_int_equal(
        host_install_vib(world, host, VIB_PATH, false, true, &vib, &skipped, &fault), 0);
    host_set_graphics(world, host, GRAPHICS_SHARED_PASSTHRU, POLICY_PERFORMANCE);
    host_set_ecc(world, host, &host->gpus.items[0], false);
    reboot(world, host);
    leave(world, host);
    return host;
}

static void add_vgpu(struct world *world, const char *vm, const char *profile)
{
    char path[128], json[256];
    snprintf(path, sizeof(path), "vms/%s", vm);
    snprintf(json, sizeof(json),
             "{\"host\": \"" HOST_1 "\", \"memory_locked\": true, \"devices\": [{\"key\": 13000, "
             "\"kind\": \"vgpu\", \"vgpu_profile\": \"%s\"}]}",
             profile);
    poke(world, path, json);
}

/* The fault of a power-on, or NULL when the machine runs. */
static const char *start(struct world *world, const char *vm)
{
    static struct fault fault;
    struct task *task;
    if (vm_power_on(world, world_vm(world, vm), "u", &task, &fault) < 0)
        return fault.type;
    pass(world, 5);
    return task->state == TASK_SUCCESS ? NULL : task->fault_type;
}

static unsigned count_events(struct world *world, const char *event)
{
    unsigned n = 0;
    VEC_EACH(json_t *, it, world->events)
    {
        n += !strcmp(json_string_value(json_object_get(*it, "event")), event);
    }
    return n;
}

/* ---- loading ------------------------------------------------------------------------------------ */

static void reference_has_four_hosts_counting_up(void **state)
{
    struct world *world = *state;
    assert_int_equal(world->hosts.n, 4);
    assert_string_equal(world->hosts.items[3]->name, "esx-gpu-04.lab.local");
    assert_string_equal(world->hosts.items[3]->address, "127.0.10.4");
    const struct host *host = world->hosts.items[0];
    assert_int_equal(host->cpu_cores, 24);
    assert_int_equal(host->memory_bytes, (int64_t)128 << 30);
    assert_string_equal(host->power_policy, "static");
    assert_int_equal(host->gpus.items[0].device_id, 0x15f8);
    assert_true(host->gpus.items[0].ecc_current);
    assert_false(host_driver_runs(host));
    assert_string_equal(world_file(world, VIB_PATH)->vib->id, VIB_ID);
    assert_true(world_file(world, VIB_PATH)->vib->is_unsigned);
    assert_string_equal(world_vm(world, "centos72-base")->guest_id, "centos7_64Guest");
}

static void load_text(const char *text, struct err *err)
{
    char name[] = "/tmp/gridform-world-XXXXXX";
    struct world *world = NULL;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    if (world_load(name, &world, err) == 0) {
        err->code = ERR_NONE;
        world_free(world);
    }
    unlink(name);
}

static void mistakes_in_files_name_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"world: 1\nhosst: {}\n", "unknown key \"hosst\""},
        {"speed: 1\n", "\"world: 1\" is missing"},
        {"world: 1\nhosts:\n  a: { adress: 127.0.0.2 }\n", "hosts.a: unknown key \"adress\""},
        {"world: 1\nhosts:\n  a: { memory: 12 }\n", "hosts.a: \"memory\" must be a size"},
        {"world: 1\nhosts:\n  a: { cluster: X }\n", "hosts.a: no such cluster: \"X\""},
        {"world: 1\nhosts:\n  a: { address: x }\n", "\"address\" must be an IPv4 address"},
        {"world: 1\nhosts:\n  a: { gpus: [ { ecc: maybe } ] }\n",
         "hosts.a.gpus[0]: \"ecc\": unknown value \"maybe\""},
        {"world: 1\nvms:\n  a: { host: nowhere }\n", "vms.a: no such host: \"nowhere\""},
        {"world: 1\ndurations: { reboot: fast }\n", "durations: \"reboot\" must be a duration"},
        {"world: 1\nworld: 1\n", ":2:1: the key is there already"},
        {"world: &a 1\n", "anchors are not supported"},
        {"- 1\n", "a mapping is expected"},
        {"world: [\n", ":2:1:"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        load_text(cases[i].text, &err);
        assert_int_equal(err.code, ERR_INVALID);
        if (!strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].message, err.message);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    char text[200] = "world: ";
    memset(text + 7, '[', 100);
    load_text(text, &err);
    assert_non_null(strstr(err.message, "nested too deeply"));
}

/* ---- hosts ---------------------------------------------------------------------------------------- */

static void maintenance_waits_for_running_machines_and_times_out(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct task *task, *second;
    struct fault fault;
    poke(world, "vms/centos72-base/power", "\"on\"");
    assert_int_equal(host_enter_maintenance(world, host, 600, "u", &task, &fault), 0);
    pass(world, 500);
    assert_int_equal(task->state, TASK_RUNNING);
    assert_int_equal(host_enter_maintenance(world, host, 600, "u", &second, &fault), -1);
    assert_string_equal(fault.type, "TaskInProgress");
    pass(world, 101);
    assert_int_equal(task->state, TASK_ERROR);
    assert_string_equal(task->fault_type, "Timedout");
    assert_false(host->in_maintenance);
    assert_int_equal(host_enter_maintenance(world, host, 600, "u", &task, &fault), 0);
    poke(world, "vms/centos72-base/power", "\"off\"");
    done(world, task, 30);
    assert_true(host->in_maintenance);
    assert_string_equal(host->maintenance_by, "u");
    assert_int_equal(host_enter_maintenance(world, host, 600, "u", &task, &fault), -1);
    assert_string_equal(fault.type, "InvalidState");
}

static void only_full_drs_moves_machines_and_none_with_a_card(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct task *task;
    struct fault fault;
    poke(world, "vms/centos72-base/power", "\"on\"");
    poke(world, "clusters/GPU/drs_behavior", "\"fullyAutomated\"");
    enter(world, host);
    assert_string_equal(world_vm(world, "centos72-base")->host, "esx-gpu-02.lab.local");
    assert_int_equal(count_events(world, "vm_moved"), 1);
    leave(world, host);
    add_vgpu(world, "trainer", "grid_p100-4q");
    poke(world, "vms/trainer/power", "\"on\"");
    assert_int_equal(host_enter_maintenance(world, host, 60, "u", &task, &fault), 0);
    pass(world, 61);
    assert_string_equal(task->fault_type, "Timedout");
}

static void reboot_needs_maintenance_and_applies_what_is_pending(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct gpu *gpu = &host->gpus.items[0];
    struct task *task;
    struct fault fault;
    assert_int_equal(host_reboot(world, host, false, "u", &task, &fault), -1);
    assert_string_equal(fault.type, "InvalidState");
    enter(world, host);
    int64_t before = host->boot_time;
    host_set_ecc(world, host, gpu, false);
    host_set_graphics(world, host, GRAPHICS_SHARED_PASSTHRU, POLICY_CONSOLIDATION);
    gpu->passthru_enabled = true;
    assert_true(gpu->ecc_current);
    assert_int_equal(host->default_active, GRAPHICS_SHARED);
    reboot(world, host);
    assert_true(host->boot_time > before);
    assert_true(host->in_maintenance);
    assert_false(gpu->ecc_current);
    assert_true(gpu->passthru_active);
    assert_int_equal(host->default_active, GRAPHICS_SHARED_PASSTHRU);
    assert_int_equal(gpu->type_active, GRAPHICS_SHARED_PASSTHRU);
    assert_int_equal(count_events(world, "host_rebooted"), 1);
}

static void forced_reboot_stops_machines_and_a_broken_host_stays_away(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct task *task;
    struct fault fault;
    poke(world, "vms/centos72-base/power", "\"on\"");
    poke(world, "hosts/" HOST_1 "/reboot_fails", "true");
    assert_int_equal(host_reboot(world, host, true, "u", &task, &fault), 0);
    pass(world, 10);
    assert_int_equal(world_vm(world, "centos72-base")->power, POWERED_OFF);
    assert_int_equal(host_enter_maintenance(world, host, 0, "u", &task, &fault), -1);
    assert_string_equal(fault.type, "HostNotConnected");
    pass(world, 3600);
    assert_int_equal(host->state, HOST_DISCONNECTED);
}

static void a_driver_wants_maintenance_trust_and_a_reboot(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct vib *vib;
    struct fault fault;
    bool skipped;
    const struct {
        const char *path;
        bool claim, trust;
        const char *fault;
    } refused[] = {
        {"/vmfs/volumes/images/none.vib", true, true, "FileNotFound"},
        {VIB_PATH, true, false, "InvalidSignature"},
        {VIB_PATH, false, true, "InvalidState"},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(host_install_vib(world, host, refused[i].path, refused[i].claim,
                                          refused[i].trust, &vib, &skipped, &fault),
                         -1);
        assert_string_equal(fault.type, refused[i].fault);
    }
    assert_int_equal(
        host_install_vib(world, host, VIB_PATH, true, true, &vib, &skipped, &fault), 0);
    assert_false(skipped);
    assert_false(host_driver_runs(host));
    assert_int_equal(
        host_install_vib(world, host, VIB_PATH, false, false, &vib, &skipped, &fault), 0);
    assert_true(skipped);
    assert_int_equal(host_remove_vib(world, host, "NVIDIA-VMware", &fault), -1);
    enter(world, host);
    reboot(world, host);
    assert_true(host_driver_runs(host));
    assert_int_equal(host_remove_vib(world, host, "nothing", &fault), -1);
    assert_string_equal(fault.type, "NotFound");
    assert_int_equal(host_remove_vib(world, host, "NVIDIA-VMware", &fault), 0);
    assert_null(host_driver(host));
    reboot(world, host);
    assert_int_equal(host->vibs.n, 1);
    assert_int_equal(count_events(world, "vib_installed"), 1);
    assert_int_equal(count_events(world, "vib_removed"), 1);
}

static void xorg_activates_the_type_only_with_a_driver(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    host_set_graphics(world, host, GRAPHICS_SHARED_PASSTHRU, POLICY_PERFORMANCE);
    host_restart_xorg(host);
    assert_int_equal(host->default_active, GRAPHICS_SHARED);
    host = ready_host(world);
    host_set_graphics(world, host, GRAPHICS_SHARED, POLICY_PERFORMANCE);
    assert_int_equal(host->default_active, GRAPHICS_SHARED_PASSTHRU);
    assert_true(gpu_offers(host, &host->gpus.items[0], NULL));
    host_restart_xorg(host);
    assert_int_equal(host->default_active, GRAPHICS_SHARED);
    assert_false(gpu_offers(host, &host->gpus.items[0], NULL));
}

/* ---- machines -------------------------------------------------------------------------------------- */

static void a_vgpu_starts_only_when_everything_fits(void **state)
{
    struct world *world = *state;
    add_vgpu(world, "a", "grid_p100-8q");
    add_vgpu(world, "b", "grid_p100-8q");
    add_vgpu(world, "c", "grid_p100-8q");
    add_vgpu(world, "d", "grid_p100-4q");
    assert_string_equal(start(world, "a"), "InsufficientGraphicsResourcesFault");
    struct host *host = ready_host(world);
    const struct gpu *gpu = &host->gpus.items[0];
    assert_int_equal(gpu_free_slots(world, host, gpu, "grid_p100-8q"), 2);
    poke(world, "vms/a/memory_locked", "false");
    assert_string_equal(start(world, "a"), "GenericVmConfigFault");
    poke(world, "vms/a/memory_locked", "true");
    poke(world, "hosts/" HOST_1 "/gpus/0/ecc_current", "true");
    assert_string_equal(start(world, "a"), "GenericVmConfigFault");
    poke(world, "hosts/" HOST_1 "/gpus/0/ecc_current", "false");
    assert_null(start(world, "a"));
    assert_string_equal(start(world, "a"), "InvalidPowerState");
    assert_int_equal(gpu_free_slots(world, host, gpu, "grid_p100-8q"), 1);
    assert_int_equal(gpu_free_slots(world, host, gpu, "grid_p100-8a"), 0);
    assert_string_equal(start(world, "d"), "InsufficientGraphicsResourcesFault");
    assert_null(start(world, "b"));
    assert_string_equal(start(world, "c"), "InsufficientGraphicsResourcesFault");
    assert_string_equal(vm_extra(world_vm(world, "a"), "pciPassthru0.present"), "TRUE");
    assert_string_equal(world_vm(world, "a")->gpu, "0000:3b:00.0");
}

static void ecc_may_stay_on_from_branch_430(void **state)
{
    struct world *world = *state;
    struct host *host = ready_host(world);
    add_vgpu(world, "a", "grid_p100-8q");
    add_vgpu(world, "b", "grid_p100-8a");
    poke(world, "hosts/" HOST_1 "/gpus/0/ecc_current", "true");
    poke(world, "hosts/" HOST_1 "/vibs/NVIDIA-VMware/version", "\"430.27-1OEM\"");
    assert_true(host_driver_runs(host));
    assert_null(start(world, "a"));
    assert_null(start(world, "b")); /* one size is enough, not one type */
}

static void templates_and_hosts_in_maintenance_start_nothing(void **state)
{
    struct world *world = *state;
    struct vm *vm = world_vm(world, "centos72-base");
    struct task *task;
    struct fault fault;
    assert_int_equal(vm_mark_template(world, vm, &fault), 0);
    assert_string_equal(start(world, "centos72-base"), "NotSupported");
    enter(world, world_host(world, HOST_1));
    assert_int_equal(vm_clone(world, vm, NULL, "x", world_host(world, "esx-gpu-02.lab.local"),
                              "u", &task, &fault),
                     -1);
    assert_string_equal(fault.type, "InvalidHostState");
    assert_int_equal(vm_mark_vm(world, vm, NULL, &fault), 0);
    assert_string_equal(start(world, "centos72-base"), "InvalidHostState");
}

static void a_clone_copies_and_appears_when_it_is_done(void **state)
{
    struct world *world = *state;
    struct vm *source = world_vm(world, "centos72-base");
    struct task *task, *other;
    struct fault fault;
    vm_set_extra(world, source, "gridform.id", "x");
    poke(world, "vms/centos72-base/annotation", "\"mine\"");
    poke(world, "vms/centos72-base/memory_locked", "true");
    assert_int_equal(vm_clone(world, source, NULL, "copy", NULL, "u", &task, &fault), 0);
    assert_null(world_vm(world, "copy"));
    assert_int_equal(vm_clone(world, source, NULL, "copy", NULL, "u", &other, &fault), -1);
    assert_string_equal(fault.type, "DuplicateName");
    done(world, task, 120);
    struct vm *copy = world_vm(world, "copy");
    assert_ptr_equal(copy, task->result);
    assert_string_equal(copy->annotation, "mine");
    assert_string_equal(vm_extra(copy, "gridform.id"), "x");
    assert_true(copy->memory_locked);
    assert_int_equal(copy->devices.n, source->devices.n);
    assert_string_not_equal(copy->uuid, source->uuid);
    assert_string_not_equal(copy->instance_uuid, source->instance_uuid);
    assert_string_not_equal(copy->moref, source->moref);
    vm_set_extra(world, copy, "gridform.id", "");
    assert_null(vm_extra(copy, "gridform.id"));
    assert_string_equal(vm_extra(source, "gridform.id"), "x");
}

static void a_busy_machine_refuses_and_every_change_counts(void **state)
{
    struct world *world = *state;
    struct vm *vm = world_vm(world, "centos72-base");
    struct task *task, *other;
    struct fault fault;
    uint64_t change = vm->change;
    task = world_task_new(world, TASK_RECONFIGURE, NULL, vm, world->takes.reconfigure, "u");
    assert_int_equal(vm_power_on(world, vm, "u", &other, &fault), -1);
    assert_string_equal(fault.type, "TaskInProgress");
    assert_non_null(strstr(fault.detail, task->moref));
    assert_int_equal(vm_clone(world, vm, NULL, "x", NULL, "u", &other, &fault), -1);
    done(world, task, 3);
    assert_true(vm->change > change);
    change = vm->change;
    poke(world, "vms/centos72-base/annotation", "\"edited\"");
    assert_true(vm->change > change);
    assert_null(start(world, "centos72-base"));
    assert_int_equal(vm_destroy(world, vm, "u", &other, &fault), -1);
    assert_string_equal(fault.type, "InvalidPowerState");
    poke(world, "vms/centos72-base/tools", "\"toolsNotRunning\"");
    assert_int_equal(vm_shutdown_guest(world, vm, &fault), -1);
    assert_string_equal(fault.type, "ToolsUnavailable");
    poke(world, "vms/centos72-base/tools", "\"toolsOk\"");
    assert_int_equal(vm_shutdown_guest(world, vm, &fault), -1); /* it boots */
    pass(world, 40);
    assert_int_equal(vm_shutdown_guest(world, vm, &fault), 0);
    pass(world, 29);
    assert_int_equal(vm->power, POWERED_ON);
    pass(world, 1);
    assert_int_equal(vm->power, POWERED_OFF);
    assert_int_equal(vm_destroy(world, vm, "u", &task, &fault), 0);
    done(world, task, 5);
    assert_null(world_vm(world, "centos72-base"));
}

static void what_is_due_happens_in_order_even_after_a_long_silence(void **state)
{
    struct world *world = *state;
    struct host *host = world_host(world, HOST_1);
    struct vm *vm = world_vm(world, "centos72-base");
    struct task *task;
    struct fault fault;
    poke(world, "vms/centos72-base/power", "\"on\"");
    assert_int_equal(vm_shutdown_guest(world, vm, &fault), 0);
    assert_int_equal(host_enter_maintenance(world, host, 60, "u", &task, &fault), 0);
    pass(world, 100000);
    assert_int_equal(task->state, TASK_SUCCESS);
}

/* ---- pokes and the dump ------------------------------------------------------------------------------ */

static void pokes_change_create_and_delete(void **state)
{
    struct world *world = *state;
    static const char *const pokes[][2] = {
        {"hosts/" HOST_1 "/in_maintenance", "true"},
        {"hosts/" HOST_1 "/services/TSM-SSH/running", "false"},
        {"hosts/" HOST_1 "/vibs/extra", "{\"version\": \"1\"}"},
        {"hosts/" HOST_1 "/gpus/0000:3b:00.0/type_configured", "\"shared_passthru\""},
        {"hosts/new.lab.local", "{\"cluster\": \"GPU\"}"},
        {"hosts/esx-gpu-04.lab.local", "null"},
        {"vms/a%2Fb", "{\"host\": \"" HOST_1 "\", \"extra\": {\"k\": \"v\"}}"},
        {"vms/a%2Fb/extra/k2", "\"v2\""},
        {"vms/a%2Fb/extra/k", "null"},
        {"vms/a%2Fb/devices/4000", "null"},
        {"vms/centos72-base", "null"},
        {"specs/linux", "{\"spec\": \"<x/>\"}"},
        {"networks/other", "{}"},
        {"vra/services/s1", "{\"name\": \"S\", \"list\": [1, 2]}"},
        {"vra/services/s1/list/1", "{\"deep\": {}}"},
        {"vra/services/s1/list/1/deep/er", "true"},
    };
    for (size_t i = 0; i < sizeof(pokes) / sizeof(pokes[0]); i++)
        poke(world, pokes[i][0], pokes[i][1]);
    json_t *dump = world_dump(world), *hosts = json_object_get(dump, "hosts");
    json_t *host = json_object_get(hosts, HOST_1);
    json_t *vm = json_object_get(json_object_get(dump, "vms"), "a/b");
    assert_true(json_is_true(json_object_get(host, "in_maintenance")));
    assert_true(json_is_false(json_object_get(
        json_object_get(json_object_get(host, "services"), "TSM-SSH"), "running")));
    assert_int_equal(json_array_size(json_object_get(host, "vibs")), 2);
    assert_non_null(json_object_get(hosts, "new.lab.local"));
    assert_null(json_object_get(hosts, "esx-gpu-04.lab.local"));
    assert_null(json_object_get(host, "ssh_password"));
    assert_int_equal(json_object_size(json_object_get(vm, "extra")), 1);
    assert_int_equal(json_array_size(json_object_get(vm, "devices")), 2);
    assert_int_equal(json_object_size(json_object_get(dump, "vms")), 1);
    json_t *service = json_object_get(
        json_object_get(json_object_get(dump, "vra"), "services"), "s1");
    char *text = json_dumps(json_object_get(service, "list"), JSON_COMPACT);
    assert_string_equal(text, "[1,{\"deep\":{\"er\":true}}]");
    free(text);
    json_decref(dump);
}

static void wrong_pokes_are_refused(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *path, *json, *message;
    } cases[] = {
        {"", "1", "the path is empty"},
        {"nothing/x", "1", "nothing is there"},
        {"hosts/none/in_maintenance", "true", "there is no \"none\""},
        {"hosts/" HOST_1 "/in_maintenance", "1", "in_maintenance: true or false"},
        {"hosts/" HOST_1 "/in_maintenace", "true", "unknown member \"in_maintenace\""},
        {"hosts/" HOST_1 "/default_active", "\"direct\"", "default_active: one of its names"},
        {"hosts/" HOST_1 "/gpus/9/ecc_current", "true", "gpus has no \"9\""},
        {"hosts/" HOST_1 "/name/x", "true", "\"name\" has no members"},
        {"vra/nonsense/x", "1", "there is no \"nonsense\""},
        {"speed", "-1", "speed: a positive number"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        json_t *value = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
        assert_int_equal(world_poke(world, cases[i].path, value, &err), -1);
        json_decref(value);
        if (!strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].path, err.message);
    }
}

static void same_run_same_identifiers(void **state)
{
    struct world *one = *state, *two = reference_world();
    assert_string_equal(world_guid(one), world_guid(two));
    for (size_t i = 0; i < one->hosts.n; i++)
        assert_string_equal(one->hosts.items[i]->uuid, two->hosts.items[i]->uuid);
    world_free(two);
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(reference_has_four_hosts_counting_up),
        cmocka_unit_test(mistakes_in_files_name_their_place),
        cmocka_unit_test(deep_nesting_is_refused),
        RULE(maintenance_waits_for_running_machines_and_times_out),
        RULE(only_full_drs_moves_machines_and_none_with_a_card),
        RULE(reboot_needs_maintenance_and_applies_what_is_pending),
        RULE(forced_reboot_stops_machines_and_a_broken_host_stays_away),
        RULE(a_driver_wants_maintenance_trust_and_a_reboot),
        RULE(xorg_activates_the_type_only_with_a_driver),
        RULE(a_vgpu_starts_only_when_everything_fits),
        RULE(ecc_may_stay_on_from_branch_430),
        RULE(templates_and_hosts_in_maintenance_start_nothing),
        RULE(a_clone_copies_and_appears_when_it_is_done),
        RULE(a_busy_machine_refuses_and_every_change_counts),
        RULE(what_is_due_happens_in_order_even_after_a_long_silence),
        RULE(pokes_change_create_and_delete),
        RULE(wrong_pokes_are_refused),
        RULE(same_run_same_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
