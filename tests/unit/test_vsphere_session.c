/* test_vsphere_session.c: the vSphere provider's protocol against a scripted server: sessions
 * that expire, pages, tasks that fail, vanish or are cancelled. */
#include "../harness/unit.h"

#include <string.h>

#include "inventory.h"
#include "vsphere_script.h"

static const char *const name_path[] = {"name", NULL};
static const struct ref host = {"HostSystem", "host-1"};

/* ---- sessions ---- */

static void test_login_again_after_fault(void **state)
{
    (void)state;
    static const struct reply replies[] = {{"<RebootHost_Task ", NULL, EXPIRED},
                                           LOGIN,
                                           TASK("RebootHost_Task"),
                                           TASK_STATE(PROP("info.state", "success"))};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), 0);
    script_finish(&f);
}

static void test_login_again_after_missing_set(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<RetrievePropertiesEx ", "host-1",
         OBJECTS(OBJECT("HostSystem", "host-1", MISSING("name")))},
        LOGIN,
        {"<RetrievePropertiesEx ", "host-1",
         OBJECTS(OBJECT("HostSystem", "host-1", PROP("name", "h")))}};
    struct fixture f;
    const struct xml_node *object = NULL;
    START(&f, replies);
    assert_int_equal(props_read(&f.vc, host, name_path, &object, &f.err), 0);
    assert_string_equal(props_text(object, "name"), "h");
    script_finish(&f);
}

/* Once, not for ever. */
static void test_expired_twice(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<RetrievePropertiesEx ", NULL,
         OBJECTS(OBJECT("HostSystem", "host-1", MISSING("name")))},
        LOGIN,
        {"<RetrievePropertiesEx ", NULL,
         OBJECTS(OBJECT("HostSystem", "host-1", MISSING("name")))}};
    struct fixture f;
    const struct xml_node *object = NULL;
    START(&f, replies);
    assert_int_equal(props_read(&f.vc, host, name_path, &object, &f.err), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    script_finish(&f);
}

static void test_login_refused(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<RebootHost_Task ", NULL, EXPIRED},
        {"<Login ", PASSWORD, FAULT("InvalidLogin", "no: " PASSWORD)}};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    struct soap_reply reply;
    wire_reboot(&wire, host);
    assert_int_equal(session_call(&f.vc, &wire, &reply, &f.err), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    assert_non_null(strstr(f.err.message, "login of who"));
    assert_null(strstr(f.err.message, PASSWORD));
    script_finish(&f);
}

/* The pass starts over with a new view; what the first one found does not count twice. */
static void test_lost_in_second_page(void **state)
{
    (void)state;
#define VM1                                                                                    \
    OBJECT("VirtualMachine", "vm-1",                                                           \
           PROP("name", "one") PROP("runtime.powerState", "poweredOn"))
#define VM2 OBJECT("VirtualMachine", "vm-2", PROP("name", "a%2fb") PROP("config.template", "1"))
#define PAGE2(inner)                                                                           \
    "<ContinueRetrievePropertiesExResponse xmlns='urn:vim25'><returnval>" inner                \
    "</returnval></ContinueRetrievePropertiesExResponse>"
    static const struct reply replies[] = {
        VIEW,
        {"<RetrievePropertiesEx ", "v1", OBJECTS("<token>t1</token>" VM1)},
        {"<ContinueRetrievePropertiesEx ", "t1",
         PAGE2(OBJECT("VirtualMachine", "vm-2", MISSING("name")))},
        LOGIN,
        VIEW,
        {"<RetrievePropertiesEx ", "v1", OBJECTS("<token>t2</token>" VM1)},
        {"<ContinueRetrievePropertiesEx ", "t2", PAGE2("<token>t3</token>" VM2)},
        {"<ContinueRetrievePropertiesEx ", "t3", PAGE2("")},
        UNVIEW};
    struct fixture f;
    struct inventory inventory;
    START(&f, replies);
    assert_int_equal(inventory_read(&f.vc, INVENTORY_MACHINES, &inventory, &f.err), 0);
    assert_int_equal(inventory.n_machines, 2);
    assert_string_equal(inventory.machines[1]->name, "a/b");
    assert_true(inventory.machines[0]->on);
    assert_true(inventory.machines[1]->template);
    assert_true(inventory.machines[1]->may_have_gpu);
    script_finish(&f);
}

/* ---- tasks ---- */

static void test_task_fault_chain(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        TASK("RebootHost_Task"),
        TASK_STATE(PROP("info.state", "queued")),
        TASK_STATE(PROP("info.state", "running") PROP("info.progress", "40")),
        {"<RetrievePropertiesEx ", NULL, FAULT("HostCommunication", "passing")},
        TASK_STATE(PROP("info.state", "error") PROP(
            "info.error", "<fault xsi:type='InvalidVmConfig'><faultMessage><key>k</key>"
                          "<message>memory must be reserved</message></faultMessage>"
                          "<property>spec.memory</property></fault>"
                          "<localizedMessage>Invalid.</localizedMessage>"))};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_INVALID);
    static const char *const texts[] = {"RebootHost_Task", "InvalidVmConfig", "Invalid.",
                                        "memory must be reserved", "spec.memory"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_non_null(strstr(f.err.message, texts[i]));
    assert_true(fault_is(&f.vc.fault, "InvalidVmConfig"));
    script_finish(&f);
}

static void test_task_vanished(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        TASK("RebootHost_Task"),
        {"<RetrievePropertiesEx ", "task-1", FAULT("ManagedObjectNotFound", "gone")}};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_UNCERTAIN);
    script_finish(&f);
}

/* Our own patience ends before the task: it is cancelled where it can be. */
static void test_task_timeout(void **state)
{
    (void)state;
#define RUNNING TASK_STATE(PROP("info.state", "running") PROP("info.cancelable", "true"))
    static const struct reply replies[] = {
        TASK("RebootHost_Task"),
        RUNNING,
        RUNNING,
        RUNNING,
        {"<CancelTask ", "task-1", "<CancelTaskResponse xmlns='urn:vim25'/>"}};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 250};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_TIMEOUT);
    script_finish(&f);
}

/* The user interrupts: the same, and the error says so. */
static bool cancelled_later(void *context)
{
    return ((struct fixture *)context)->clock >= 100;
}

static void test_task_cancelled(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        TASK("RebootHost_Task"),
        RUNNING,
        RUNNING,
        {"<CancelTask ", "task-1", "<CancelTaskResponse xmlns='urn:vim25'/>"}};
    struct fixture f;
    START(&f, replies);
    f.session.env.cancelled = cancelled_later;
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_CANCELLED);
    script_finish(&f);
}

/* Somebody else cancels our task: a failure, and no interrupt of ours. */
static void test_task_cancelled_by_others(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        TASK("RebootHost_Task"),
        TASK_STATE(PROP("info.state", "error")
                       PROP("info.error", "<fault xsi:type='RequestCanceled'/>"
                                          "<localizedMessage>Canceled</localizedMessage>"))};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_CONFLICT);
    assert_non_null(strstr(f.err.message, "somebody else"));
    script_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_again_after_fault),
        cmocka_unit_test(test_login_again_after_missing_set),
        cmocka_unit_test(test_expired_twice),
        cmocka_unit_test(test_login_refused),
        cmocka_unit_test(test_lost_in_second_page),
        cmocka_unit_test(test_task_fault_chain),
        cmocka_unit_test(test_task_vanished),
        cmocka_unit_test(test_task_timeout),
        cmocka_unit_test(test_task_cancelled),
        cmocka_unit_test(test_task_cancelled_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
