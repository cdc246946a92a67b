/* test_vsphere_cards.c: the vSphere provider against the simulated vCenter: passthrough of
 * hosts, cards and topology of machines. */
#include "vsphere_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "types.h"

static void poke(struct fixture *f, const char *path, const char *value)
{
    char where[160];
    snprintf(where, sizeof where, "/world/%s", path);
    free(control(f, "POST", where, value));
}

#define PASS(device) "{\"device\":\"" device "\"}"
#define CARDS(count, device)                                                                   \
    "{\"name\":\"" VERSION "\",\"memory_locked\":true,\"mmio_size\":34359738368,\"gpus\":{"    \
    "\"count\":" count ",\"device\":\"" device "\"}}"
#define GPU1 "hosts/" HOST1 "/gpus/0/"

/* Configured, and in effect after the boot. Ids of 0x8000 and above are negative on the wire.
 */
static void test_passthrough(void **state)
{
    struct fixture *f = *state;
    poke(f, GPU1 "device_id", "40372"); /* 0x9db4 */
    struct instance *live = read_host(f, HOST1);
    assert_attr(live, "passthrough", "none");
    must_fail(f,
              &(struct vsphere_step){OP_HOST_PASSTHROUGH, live, PASS("10de:1db4"), live->ids},
              ERR_NOT_FOUND, "no card 10de:1db4");
    must_twice(f,
               &(struct vsphere_step){OP_HOST_PASSTHROUGH, live, PASS("10de:9db4"), live->ids});
    live = read_host(f, HOST1);
    assert_string_equal(pending_now(instance_get(live, "passthrough")), "none");
    assert_string_equal(pending_next(instance_get(live, "passthrough")), "10de:9db4");
    must_fail(
        f,
        &(struct vsphere_step){OP_HOST_VERIFY_PASSTHROUGH, live, PASS("10de:9db4"), live->ids},
        ERR_TIMEOUT, "0000:3b:00.0 is not passed through");
    poke(f, GPU1 "passthru_active", "true");
    must(f,
         &(struct vsphere_step){OP_HOST_VERIFY_PASSTHROUGH, live, PASS("10de:9db4"), live->ids},
         OUTCOME_UNCHANGED);
    assert_attr(read_host(f, HOST1), "passthrough", "10de:9db4");
    poke(f, GPU1 "passthru_incapable", "true");
    must_fail(f,
              &(struct vsphere_step){OP_HOST_PASSTHROUGH, live, PASS("10de:9db4"), live->ids},
              ERR_INVALID, "cannot pass 0000:3b:00.0 through");
    poke(f, GPU1 "passthru_incapable", "false");
}

/* The card of the host, as QueryConfigTarget has it: the machine starts with it; another that
 * runs with it keeps it. */
static void test_cards(void **state)
{
    struct fixture *f = *state;
    poke(f, "vms/centos72-base/firmware", "\"efi\"");
    struct instance *live = read_template(f, NULL);
    must(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, live, CLONE, NULL}, OUTCOME_DONE);
    const struct value *ids = f->client.outcome.ids;
    must_twice(
        f, &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live, CARDS("1", "10de:9db4"), ids});
    live = read_template(f, ids);
    assert_attr(live, "passthrough", "10de:9db4");
    assert_attr(live, "mmio_size", "34359738368");
    must_fail(f,
              &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live, CARDS("2", "10de:9db4"), ids},
              ERR_CONFLICT, "0 free cards 10de:9db4");
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_START, live, NAMED, ids});
    const struct value *vms = instance_get(read_host(f, HOST1), "vms");
    for (size_t i = 0; i < value_count(vms); i++)
        if (strcmp(value_get_text(value_at(vms, i), "name"), VERSION) == 0)
            assert_true(value_list_has(value_get(value_at(vms, i), "cards"), "0000:3b:00.0"));
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_SHUTDOWN, live,
                                         "{\"name\":\"" VERSION "\",\"guest_timeout\":20000}",
                                         ids});
    poke(f, "vms/rival", "{\"host\":\"" HOST1 "\",\"memory_locked\":true}");
    poke(f, "vms/rival/devices/13000",
         "{\"key\":13000,\"kind\":\"passthru\",\"pci_id\":\"0000:3b:00.0\"}");
    poke(f, "vms/rival/power", "\"on\"");
    must_fail(f,
              &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live, CARDS("1", "10de:9db4"), ids},
              ERR_CONFLICT, "0 free cards");
    must_fail(f, &(struct vsphere_step){OP_TEMPLATE_START, live, NAMED, ids}, ERR_INVALID,
              "in use by another");
    poke(f, "vms/rival", "null");
    must(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, NAMED, ids}, OUTCOME_DONE);
    poke(f, GPU1 "device_id", "5624");
    poke(f, GPU1 "passthru_enabled", "false");
    poke(f, GPU1 "passthru_active", "false");
    poke(f, "vms/centos72-base/firmware", "\"bios\"");
}

/* What would not boot, or not fit, is refused before anything is sent. */
static void test_hardware_refused(void **state)
{
    static const struct {
        const char *more, *text;
        enum err_code code;
    } rows[] = {
        {"\"firmware\":\"efi\"", "its guest would not boot", ERR_DENIED},
        {"\"cores_per_socket\":3", "no multiple of 3 cores per socket", ERR_CONFLICT},
        {"\"gpus\":{\"count\":1,\"device\":\"10de:15f8\",\"dynamic\":true}",
         "hardware version 13", ERR_CONFLICT},
    };
    struct fixture *f = *state;
    struct instance *live = read_template(f, NULL);
    must(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, live, CLONE, NULL}, OUTCOME_DONE);
    const struct value *ids = f->client.outcome.ids;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char args[300];
        snprintf(args, sizeof args, "{\"name\":\"" VERSION "\",\"memory_locked\":true,%s}",
                 rows[i].more);
        must_fail(f, &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live, args, ids},
                  rows[i].code, rows[i].text);
    }
    must(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, NAMED, ids}, OUTCOME_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passthrough),
        cmocka_unit_test(test_cards),
        cmocka_unit_test(test_hardware_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
