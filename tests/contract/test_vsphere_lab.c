/* test_vsphere_lab.c: the vSphere provider against the simulated vCenter: what it reads, every
 * operation, each done twice, and what happens when answers get lost. */
#include "vsphere_lab.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ops.h"
#include "types.h"

/* ---- hosts ---- */

static void test_host_facts(void **state)
{
    struct fixture *f = *state;
    free(control(f, "POST", "/calls/reset", ""));
    struct instance *live = read_host(f, HOST1);
    assert_true(count_calls(f) <= 10);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_attr(live, "cluster", "GPU");
    assert_attr(live, "drs", "manual");
    assert_attr(live, "connection", "connected");
    assert_attr(live, "maintenance", "false");
    assert_attr(live, "version", "6.5.0");
    assert_attr(live, "cpu_sockets", "2");
    assert_attr(live, "cpu_cores", "24");
    assert_attr(live, "memory", "137438953472");
    assert_attr(live, "power_policy", "high_performance");
    assert_attr(live, "card_graphics", "shared");
    assert_attr(live, "ssh", "true");
    assert_attr(live, "hyperthreading", "true");
    assert_true(value_is_known(instance_get(live, "boot_time")));
    assert_true(value_is_known(instance_get(live, "cpu_model")));
    const struct value *gpus = instance_get(live, "gpus");
    assert_int_equal(value_count(gpus), 1);
    assert_string_equal(value_get_text(value_at(gpus, 0), "id"), "0000:3b:00.0");
    assert_int_equal(value_get_int(value_at(gpus, 0), "device", 0), 0x15f8);
    const struct value *vms = instance_get(live, "vms");
    assert_int_equal(value_count(vms), 1);
    assert_string_equal(value_get_text(value_at(vms, 0), "name"), "centos72-base");
    assert_int_equal(read_host(f, "esx-none.lab.local")->presence, PRESENCE_ABSENT);
}

static void test_host_settings(void **state)
{
    struct fixture *f = *state;
    struct instance *live = read_host(f, HOST1);
    must_twice(f, &(struct vsphere_step){OP_HOST_POWER_POLICY, live,
                                         "{\"policy\":\"balanced\"}", live->ids});
    must_twice(f, &(struct vsphere_step){OP_HOST_SSH, live, "{\"running\":false}", NULL});
    must_twice(f, &(struct vsphere_step){OP_HOST_CARD_GRAPHICS, live,
                                         "{\"type\":\"shared_passthru\"}", live->ids});
    live = read_host(f, HOST1);
    assert_attr(live, "power_policy", "balanced");
    assert_attr(live, "ssh", "false");
    assert_string_equal(pending_next(instance_get(live, "card_graphics")), "shared_passthru");
    must_fail(
        f,
        &(struct vsphere_step){OP_HOST_POWER_POLICY, live, "{\"policy\":\"warp\"}", live->ids},
        ERR_INVALID, "does not offer");
}

static void test_host_window(void **state)
{
    struct fixture *f = *state;
    struct instance *before = read_host(f, HOST2);
    const struct vsphere_step reboot = {OP_HOST_REBOOT, before, "{\"timeout\":60000}",
                                        before->ids};
    must_twice(f, &(struct vsphere_step){OP_HOST_ENTER_MAINTENANCE, before,
                                         "{\"timeout\":1800000}", before->ids});
    must(f, &reboot, OUTCOME_DONE);
    assert_true(f->client.events > 0);
    struct instance *live = read_host(f, HOST2);
    assert_attr(live, "maintenance", "true");
    assert_attr(live, "connection", "connected");
    assert_string_not_equal(instance_text(live, "boot_time"),
                            instance_text(before, "boot_time"));
    must_twice(f, &(struct vsphere_step){OP_HOST_EXIT_MAINTENANCE, live, "{\"timeout\":300000}",
                                         live->ids});
    must_fail(f, &reboot, ERR_CONFLICT, "InvalidState");
}

/* ---- templates ---- */

static void test_template(void **state)
{
    struct fixture *f = *state;
    struct instance *absent = read_template(f, NULL);
    assert_int_equal(absent->presence, PRESENCE_ABSENT);
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, absent, CLONE, NULL});
    const struct value *ids = f->client.outcome.ids;
    assert_string_equal(value_get_text(ids, "name"), VERSION);
    assert_non_null(value_get_text(ids, "instance_uuid"));
    struct instance *live = read_template(f, ids);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_true(live->mark.own);
    assert_string_equal(live->mark.lineage, CLIENT_LINEAGE);
    assert_string_equal(live->mark.address, "template/" TEMPLATE);
    must_twice(
        f, &(struct vsphere_step){
               OP_TEMPLATE_CONFIGURE, live,
               "{\"name\":\"" VERSION
               "\",\"gpus\":{\"count\":1,\"profile\":\"grid_p100-4q\"},\"memory_locked\":true}",
               ids});
    live = read_template(f, ids);
    assert_attr(live, "vgpu", "grid_p100-4q");
    assert_attr(live, "memory_locked", "true");
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live,
                                         "{\"name\":\"" VERSION "\",\"memory_locked\":false}",
                                         ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_START, live, NAMED, ids});
    assert_attr(read_template(f, ids), "powered_on", "true");
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_SHUTDOWN, live,
                                         "{\"name\":\"" VERSION "\",\"guest_timeout\":20000}",
                                         ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_MARK, live, NAMED, ids});
    live = read_template(f, ids);
    assert_attr(live, "is_template", "true");
    assert_attr(live, "host", HOST1);
    assert_int_equal(value_count(instance_get(live, "versions")), 1);
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_UNMARK, live,
                                         "{\"name\":\"" VERSION "\",\"host\":\"" HOST1
                                         "\",\"cluster\":\"GPU\"}",
                                         ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, NAMED, ids});
    assert_int_equal(read_template(f, ids)->presence, PRESENCE_ABSENT);
}

static void test_template_not_ours(void **state)
{
    struct fixture *f = *state;
    struct instance *wanted = vsphere_client_wanted(&f->client, &kind_template, "centos72",
                                                    "{\"vm\":\"centos72-base\"}");
    struct instance *live = vsphere_client_read(&f->client, wanted, NULL);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_false(live->mark.own);
    must_fail(f,
              &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, "{\"name\":\"centos72-base\"}",
                                     live->ids},
              ERR_CONFLICT, "not destroyed");
    must_fail(f,
              &(struct vsphere_step){OP_TEMPLATE_CLONE, live,
                                     "{\"base\":\"centos72-base\",\"name\":\"centos72-base\","
                                     "\"host\":\"" HOST1 "\",\"cluster\":\"GPU\"}",
                                     NULL},
              ERR_CONFLICT, "carries no mark");
}

/* The clone is made, the answer never comes: the look finds it by its nonce. */
static void test_template_lost_answer(void **state)
{
    struct fixture *f = *state;
    struct instance *absent = read_template(f, NULL);
    fault(f, "CloneVM_Task", "drop_after");
    must(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, absent, CLONE, NULL}, OUTCOME_UNCHANGED);
    const struct value *ids = f->client.outcome.ids;
    assert_true(read_template(f, ids)->mark.own);
    must(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, absent, NAMED, ids}, OUTCOME_DONE);
}

/* ---- customization specifications ---- */

#define SPEC                                                                                   \
    "{\"os\":\"linux\",\"hostname\":\"vm-name\",\"domain\":\"lab.local\",\"network\":"         \
    "\"dhcp\","                                                                                \
    "\"time_zone\":\"Etc/UTC\",\"dns_servers\":[\"10.0.0.53\"],"                               \
    "\"dns_suffixes\":[\"lab.local\"]}"
#define FIXED_SPEC                                                                             \
    "{\"os\":\"linux\",\"hostname\":{\"prefix\":\"gpu\"},\"network\":\"static\","              \
    "\"address\":\"10.0.0.10\",\"netmask\":\"255.255.255.0\",\"gateway\":\"10.0.0.1\","        \
    "\"hw_clock_utc\":false}"

static struct instance *read_spec(struct fixture *f)
{
    struct instance *wanted =
        vsphere_client_wanted(&f->client, &kind_customization_spec, "centos-ml", SPEC);
    struct instance *live = vsphere_client_read(&f->client, wanted, NULL);
    if (live == NULL)
        fail_msg("%s", f->client.err.message);
    return live;
}

static void test_spec(void **state)
{
    struct fixture *f = *state;
    struct instance *absent = read_spec(f);
    assert_int_equal(absent->presence, PRESENCE_ABSENT);
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, absent, SPEC, NULL});
    struct instance *live = read_spec(f);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_true(live->mark.own);
    assert_attr(live, "domain", "lab.local");
    assert_attr(live, "network", "dhcp");
    assert_attr(live, "hostname", "vm-name");
    must_twice(f,
               &(struct vsphere_step){OP_SPEC_WRITE, live,
                                      "{\"os\":\"linux\",\"domain\":\"other.local\"}", NULL});
    live = read_spec(f);
    assert_attr(live, "domain", "other.local");
    assert_attr(live, "dns_servers", "10.0.0.53");
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, live, FIXED_SPEC, NULL});
    live = read_spec(f);
    assert_attr(live, "hostname", "prefix: gpu");
    assert_attr(live, "address", "10.0.0.10");
    assert_attr(live, "netmask", "255.255.255.0");
    assert_attr(live, "gateway", "10.0.0.1");
    assert_attr(live, "hw_clock_utc", "false");
    assert_attr(live, "domain", "other.local");
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, live,
                                         "{\"os\":\"linux\",\"network\":\"dhcp\"}", NULL});
    live = read_spec(f);
    assert_attr(live, "network", "dhcp");
    assert_attr(live, "address", "(absent)");
    must_twice(f, &(struct vsphere_step){OP_SPEC_DELETE, live, NULL, NULL});
}

#define WINDOWS_SPEC                                                                           \
    "{\"os\":\"windows\",\"hostname\":{\"prefix\":\"ml-\"},\"full_name\":\"ML\","              \
    "\"organization\":\"Lab\",\"time_zone\":\"Tokyo Standard Time\",\"auto_logon\":1,"         \
    "\"administrator_password\":{\"env\":\"ADMINISTRATOR\"},\"join.domain\":\"lab.local\","    \
    "\"join.user\":\"joiner\",\"join.password\":{\"env\":\"JOIN\"},\"domain\":\"ml.local\","   \
    "\"dns_servers\":[\"10.0.0.53\"],\"run_once\":[\"a\",\"b & c\"],\"cards\":["               \
    "{\"network\":\"dhcp\"},{\"address\":\"10.0.0.9\",\"netmask\":\"255.0.0.0\","              \
    "\"network\":\"static\"}]}"

#define CARDS_TEXT "network: dhcp, address: 10.0.0.9, netmask: 255.0.0.0, network: static"

static const struct vsphere_secret windows_secrets[] = {
    {"ADMINISTRATOR", "Kanarie-administrator"}, {"JOIN", "Kanarie-join"}, {NULL, NULL}};

/* Written with passwords, read without them; each further write carries them again, and what
 * is not declared then stays, the sealed passwords among it. */
static void test_windows_spec(void **state)
{
    struct fixture *f = *state;
    f->client.server.references = windows_secrets;
    struct instance *spec = read_spec(f);
    must(f, &(struct vsphere_step){OP_SPEC_WRITE, spec, WINDOWS_SPEC, NULL}, OUTCOME_DONE);
    spec = read_spec(f);
    assert_true(spec->mark.own);
    assert_attr(spec, "os", "windows");
    assert_attr(spec, "hostname", "prefix: ml-");
    assert_attr(spec, "time_zone", "Tokyo Standard Time");
    assert_attr(spec, "auto_logon", "1");
    assert_attr(spec, "join.user", "joiner");
    assert_attr(spec, "join.workgroup", "(absent)");
    assert_attr(spec, "domain", "ml.local");
    assert_attr(spec, "dns_servers", "10.0.0.53");
    assert_attr(spec, "run_once", "a, b & c");
    assert_attr(spec, "cards", CARDS_TEXT);
    must(f, &(struct vsphere_step){OP_SPEC_WRITE, spec, WINDOWS_SPEC, NULL}, OUTCOME_DONE);
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, spec,
                                         "{\"os\":\"windows\",\"organization\":\"Other\","
                                         "\"join.workgroup\":\"ML\"}",
                                         NULL});
    spec = read_spec(f);
    assert_attr(spec, "organization", "Other");
    assert_attr(spec, "full_name", "ML");
    assert_attr(spec, "join.workgroup", "ML");
    assert_attr(spec, "join.domain", "(absent)");
    assert_attr(spec, "cards", CARDS_TEXT);
    must_fail(f, &(struct vsphere_step){OP_SPEC_WRITE, spec, SPEC, NULL}, ERR_CONFLICT,
              "one for Windows");
    fault(f, "OverwriteCustomizationSpec", "drop_after");
    must(f, &(struct vsphere_step){OP_SPEC_WRITE, spec, WINDOWS_SPEC, NULL}, OUTCOME_DONE);
    must_twice(f, &(struct vsphere_step){OP_SPEC_DELETE, spec, NULL, NULL});
}

/* ---- trouble on the way ---- */

/* Each step's changing call is carried out, and its answer lost: the look settles it. */
static void test_lost_answers(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f, HOST2);
    struct instance *spec = read_spec(f);
    const struct {
        const char *call;
        struct vsphere_step step;
    } rows[] = {
        {"ConfigurePowerPolicy",
         {OP_HOST_POWER_POLICY, host, "{\"policy\":\"low_power\"}", NULL}},
        {"StopService", {OP_HOST_SSH, host, "{\"running\":false}", NULL}},
        {"UpdateGraphicsConfig",
         {OP_HOST_CARD_GRAPHICS, host, "{\"type\":\"shared_passthru\"}", NULL}},
        {"EnterMaintenanceMode_Task",
         {OP_HOST_ENTER_MAINTENANCE, host, "{\"timeout\":1800000}", NULL}},
        {"RebootHost_Task", {OP_HOST_REBOOT, host, "{\"timeout\":60000}", NULL}},
        {"ExitMaintenanceMode_Task",
         {OP_HOST_EXIT_MAINTENANCE, host, "{\"timeout\":300000}", NULL}},
        {"CreateCustomizationSpec", {OP_SPEC_WRITE, spec, SPEC, NULL}},
        {"OverwriteCustomizationSpec",
         {OP_SPEC_WRITE, spec, "{\"os\":\"linux\",\"domain\":\"x.local\"}", NULL}},
        {"DeleteCustomizationSpec", {OP_SPEC_DELETE, spec, NULL, NULL}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fault(f, rows[i].call, "drop_after");
        must(f, &rows[i].step, OUTCOME_DONE);
    }
}

/* Nothing was done: that is not known for certain, and said so. */
static void test_lost_requests(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f, HOST2);
    const struct vsphere_step enter = {OP_HOST_ENTER_MAINTENANCE, host, NULL, NULL};
    fault(f, "EnterMaintenanceMode_Task", "drop_before");
    assert_int_equal(vsphere_client_perform(&f->client, &enter), -1);
    assert_int_equal(f->client.err.code, ERR_UNCERTAIN);
    assert_int_equal(f->client.outcome.kind, OUTCOME_UNCERTAIN);
    assert_attr(read_host(f, HOST2), "maintenance", "false");
}

/* The server forgets the session: a read and a step each log in again and go on. */
static void test_expired_session(void **state)
{
    struct fixture *f = *state;
    static const char *const calls[] = {"CreateContainerView", "RetrievePropertiesEx",
                                        "EnterMaintenanceMode_Task"};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        fault(f, calls[i], "expire");
        struct instance *host = read_host(f, HOST2);
        assert_int_equal(host->presence, PRESENCE_PRESENT);
        must(f, &(struct vsphere_step){OP_HOST_ENTER_MAINTENANCE, host, NULL, NULL},
             OUTCOME_DONE);
        must(f, &(struct vsphere_step){OP_HOST_EXIT_MAINTENANCE, host, NULL, NULL},
             OUTCOME_DONE);
        free(control(f, "POST", "/faults/reset", ""));
    }
}

/* ---- opening ---- */

static void test_open(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *password, *datacenter;
        enum err_code code;
        const char *text;
    } rows[] = {{"lab-vsphere-secret", "Lab", ERR_NONE, ""},
                {"lab-vsphere-secret", "Elsewhere", ERR_NOT_FOUND, "Elsewhere"},
                {"a-wrong-password", NULL, ERR_DENIED, "InvalidLogin"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct vsphere_client client;
        int opened = open_as(f, &client, rows[i].password, rows[i].datacenter);
        assert_int_equal(opened, rows[i].code == ERR_NONE ? 0 : -1);
        if (opened < 0) {
            assert_int_equal(client.err.code, rows[i].code);
            assert_non_null(strstr(client.err.message, rows[i].text));
            assert_null(strstr(client.err.message, rows[i].password));
        } else {
            struct instance *wanted = vsphere_client_wanted(&client, &kind_host, HOST1, NULL);
            struct instance *live = vsphere_client_read(&client, wanted, NULL);
            assert_int_equal(live->presence, PRESENCE_PRESENT);
        }
        vsphere_client_close(&client);
    }
}

/* ---- machines in the way ---- */

#define MACHINE "{\"vms\":[\"centos72-base\"],\"guest_timeout\":20000}"

static void test_machines(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f, HOST1);
    must(f, &(struct vsphere_step){OP_VM_POWER_ON, host, MACHINE, NULL}, OUTCOME_DONE);
    must_fail(
        f, &(struct vsphere_step){OP_HOST_ENTER_MAINTENANCE, host, "{\"timeout\":30000}", NULL},
        ERR_TIMEOUT, "centos72-base");
    /* On another host the machine is not in the way, and stays as it is. */
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, read_host(f, HOST2), MACHINE, NULL},
         OUTCOME_UNCHANGED);
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, MACHINE, NULL}, OUTCOME_DONE);
    const struct value *ids = f->client.outcome.ids;
    assert_true(value_list_has(value_get(ids, "powered_off"), "centos72-base"));
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, MACHINE, ids}, OUTCOME_UNCHANGED);
    const struct value *vms = instance_get(read_host(f, HOST1), "vms");
    assert_false(value_get_bool(value_at(vms, 0), "on", true));
}

/* No driver runs on the host: a machine with a vGPU does not start, and the error says why. */
static void test_no_slot(void **state)
{
    struct fixture *f = *state;
    struct instance *live = read_template(f, NULL);
    must(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, live, CLONE, NULL}, OUTCOME_DONE);
    const struct value *ids = f->client.outcome.ids;
    must(f,
         &(struct vsphere_step){
             OP_TEMPLATE_CONFIGURE, live,
             "{\"name\":\"" VERSION
             "\",\"gpus\":{\"count\":1,\"profile\":\"grid_p100-4q\"},\"memory_locked\":true}",
             ids},
         OUTCOME_DONE);
    must_fail(f, &(struct vsphere_step){OP_TEMPLATE_START, live, NAMED, ids}, ERR_CONFLICT,
              "no vGPU slot is free");
    must(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, NAMED, ids}, OUTCOME_DONE);
}

/* Threads share the session: while it expires again and again, every read comes through. */
static void *read_often(void *context)
{
    struct fixture *f = context;
    for (int i = 0; i < 5; i++) {
        struct arena *arena = arena_new();
        struct err err = {0};
        struct instance *wanted = instance_new(arena, &kind_host.schema, "host/" HOST2, HOST2);
        struct read_item item = {.wanted = wanted};
        item.live = instance_new(arena, &kind_host.schema, "host/" HOST2, HOST2);
        int result = provider_vsphere.read_many(f->client.session, &f->client.env, &item, 1,
                                                arena, &err);
        bool good = result == 0 && item.live->presence == PRESENCE_PRESENT;
        if (result < 0)
            fprintf(stderr, "%s\n", err.message);
        arena_free(arena);
        if (!good)
            return context;
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    fault(f, "RetrievePropertiesEx", "expire");
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, f), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    free(control(f, "POST", "/faults/reset", ""));
}

/* Interrupted while a machine keeps the host from entering: the session is closed properly all
 * the same. (The lab's tasks cannot be cancelled: the host enters once the machine is off.) */
static void test_cancelled(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f, HOST1);
    must(f, &(struct vsphere_step){OP_VM_POWER_ON, host, MACHINE, NULL}, OUTCOME_DONE);
    struct vsphere_step enter = {OP_HOST_ENTER_MAINTENANCE, host, NULL, NULL};
    free(control(f, "POST", "/calls/reset", ""));
    f->client.cancel_after = 3;
    assert_int_equal(vsphere_client_perform(&f->client, &enter), -1);
    assert_int_equal(f->client.outcome.kind, OUTCOME_CANCELLED);
    vsphere_client_close(&f->client);
    char *calls = control(f, "GET", "/calls", "");
    assert_non_null(strstr(calls, "EnterMaintenanceMode_Task"));
    assert_non_null(strstr(calls, "Logout"));
    free(calls);
    assert_int_equal(open_as(f, &f->client, "lab-vsphere-secret", NULL), 0);
    enter.live = host = read_host(f, HOST1);
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, MACHINE, NULL}, OUTCOME_DONE);
    assert_int_equal(vsphere_client_perform(&f->client, &enter), 0);
    must(f, &(struct vsphere_step){OP_HOST_EXIT_MAINTENANCE, host, NULL, NULL}, OUTCOME_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_facts),
        cmocka_unit_test(test_host_settings),
        cmocka_unit_test(test_host_window),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_template_not_ours),
        cmocka_unit_test(test_template_lost_answer),
        cmocka_unit_test(test_spec),
        cmocka_unit_test(test_windows_spec),
        cmocka_unit_test(test_lost_answers),
        cmocka_unit_test(test_lost_requests),
        cmocka_unit_test(test_expired_session),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_no_slot),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
