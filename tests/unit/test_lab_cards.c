/* test_lab_cards.c: the rules of the simulated data centre for cards that are passed through.
 */
#include "lab_world.h"

#include <string.h>

#define HOST_2 "esx-gpu-02.lab.local"

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

/* A machine with a card: what vSphere refuses to start, and what makes it start. */
static void a_machine_with_a_card_starts_only_as_it_should(void **state)
{
    static const struct {
        const char *path, *value, *fault;
    } rows[] = {
        {"vms/trainer/memory_locked", "false", "memory reservation"},
        {"vms/trainer/firmware", "\"bios\"", "exceeds limit"},
        {"vms/trainer/extra/pciPassthru.use64bitMMIO", "\"FALSE\"", "exceeds limit"},
        {"vms/trainer/extra/pciPassthru.64bitMMIOSizeGB", "\"8\"", "exceeds limit"},
        {"vms/trainer/host", "\"" HOST_2 "\"", "not available for passthrough"},
        {"vms/rival/power", "\"on\"", "in use by another"},
        {"hosts/" HOST_1 "/gpus/0/passthru_active", "false", "not available"},
    };
    struct world *world = *state;
    for (size_t i = 0; i <= ARRAY_LEN(rows); i++) {
        struct task *task;
        struct fault fault;
        poke(world, "hosts/" HOST_1 "/gpus/0/passthru_active", "true");
        poke(world, "vms/trainer",
             "{\"host\": \"" HOST_1 "\", \"memory_locked\": true, \"firmware\": \"efi\"}");
        poke(world, "vms/rival", "{\"host\": \"" HOST_1 "\", \"power\": \"off\"}");
        poke(world, "vms/trainer/devices/13000",
             "{\"key\": 13000, \"kind\": \"passthru\", \"pci_id\": \"0000:3b:00.0\"}");
        poke(world, "vms/rival/devices/13000",
             "{\"key\": 13000, \"kind\": \"passthru\", \"pci_id\": \"0000:3b:00.0\"}");
        poke(world, "vms/trainer/extra/pciPassthru.use64bitMMIO", "\"TRUE\"");
        poke(world, "vms/trainer/extra/pciPassthru.64bitMMIOSizeGB", "\"32\"");
        if (i < ARRAY_LEN(rows))
            poke(world, rows[i].path, rows[i].value);
        assert_int_equal(vm_power_on(world, world_vm(world, "trainer"), "u", &task, &fault), 0);
        pass(world, 10);
        if (i == ARRAY_LEN(rows))
            assert_int_equal(task->state, TASK_SUCCESS);
        else if (task->state != TASK_ERROR || !strstr(task->fault_message, rows[i].fault))
            fail_msg("%s: %s", rows[i].path, task->fault_message);
    }
}

/* A dynamic device takes any free card of its model, on another host if need be, and gives it
 * back. */
static void a_dynamic_device_goes_where_a_card_is_free(void **state)
{
    struct world *world = *state;
    struct task *task;
    struct fault fault;
    poke(world, "hosts/" HOST_2 "/gpus/0/passthru_active", "true");
    poke(world, "vms/trainer",
         "{\"host\": \"" HOST_1 "\", \"memory_locked\": true, \"firmware\": \"efi\"}");
    poke(world, "vms/trainer/extra/pciPassthru.use64bitMMIO", "\"TRUE\"");
    poke(world, "vms/trainer/devices/13000",
         "{\"key\": 13000, \"kind\": \"passthru\", \"dynamic\": true, \"allowed_device\": "
         "5624}");
    struct vm *vm = world_vm(world, "trainer");
    assert_int_equal(vm_power_on(world, vm, "u", &task, &fault), 0);
    pass(world, 10);
    assert_int_equal(vm->power, POWERED_ON);
    assert_string_equal(vm->host, HOST_2);
    struct device *device = &vm->devices.items[vm->devices.n - 1];
    assert_string_equal(device->pci_id, "0000:3b:00.0");
    assert_int_equal(vm_power_off(world, vm, "u", &task, &fault), 0);
    pass(world, 10);
    assert_int_equal(task->state, TASK_SUCCESS);
    assert_null(device->pci_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_with_a_card_starts_only_as_it_should, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_dynamic_device_goes_where_a_card_is_free, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
