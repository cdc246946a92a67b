/* test_vsphere_steps.c: steps of the vSphere provider against a scripted server: specifications
 * that others change or own, clones that fail, are lost, or have been made by somebody else. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "kinds.h"
#include "ops.h"
#include "read.h"
#include "strbuf.h"
#include "vsphere_script.h"

/* ---- specifications ---- */

#define SPEC_REPLY(version)                                                                    \
    "<GetCustomizationSpecResponse xmlns='urn:vim25'><returnval><info><name>s</name>"          \
    "<description>[gridform l customization_spec/s]</description><type>Linux</type>"           \
    "<changeVersion>" version "</changeVersion></info><spec>"                                  \
    "<options xsi:type='CustomizationLinuxOptions'/><identity "                                \
    "xsi:type='CustomizationLinuxPrep'><hostName xsi:type='CustomizationUnknownName'/>"        \
    "<domain>old</domain><scriptText>#!/bin/sh</scriptText></identity><globalIPSettings/>"     \
    "<encryptionKey>7</encryptionKey></spec></returnval></GetCustomizationSpecResponse>"

static int write_spec(struct fixture *f, struct outcome *outcome)
{
    struct arena *arena = f->session.arena;
    const struct value_field field = {"domain", value_string(arena, "new")};
    const struct step step = {.address = "customization_spec/s",
                              .op = OP_SPEC_WRITE,
                              .args = value_map(arena, &field, 1)};
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, step.address, "s");
    live->presence = PRESENCE_PRESENT;
    const struct step_call call = {
        .step = &step, .live = live, .lineage = "l", .nonce = "n", .arena = arena};
    return step_spec_write(&f->vc, &call, outcome, &f->err);
}

/* Somebody else was faster: told so, with nothing undone; what we do not know is sent back. */
static void test_spec_conflict(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<GetCustomizationSpec ", NULL, SPEC_REPLY("11")},
        {"<GetCustomizationSpec ", NULL, SPEC_REPLY("11")},
        {"<changeVersion>11</changeVersion>",
         "<domain>new</domain><scriptText>#!/bin/sh</scriptText>",
         FAULT("ConcurrentAccess", "")},
        {"<GetCustomizationSpec ", NULL, SPEC_REPLY("12")}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(write_spec(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_CONFLICT);
    assert_non_null(strstr(f.err.message, "somebody else"));
    script_finish(&f);
}

/* What the provider does not know of a stored specification goes back as it came. */
static void test_spec_keeps_the_unknown(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<GetCustomizationSpec ", NULL, SPEC_REPLY("11")},
        {"<GetCustomizationSpec ", NULL, SPEC_REPLY("11")},
        {"<hostName xsi:type=\"CustomizationUnknownName\"",
         "<encryptionKey>7</encryptionKey></spec>",
         "<OverwriteCustomizationSpecResponse xmlns='urn:vim25'/>"}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(write_spec(&f, &outcome), 0);
    assert_int_equal(outcome.kind, OUTCOME_DONE);
    assert_string_equal(value_get_text(outcome.ids, "name"), "s");
    script_finish(&f);
}

static void test_spec_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *text;
    } rows[] = {{"gridform l ", "gridform other ", "lineage other"},
                {"<type>Linux", "<type>Windows", "one for Windows"},
                {"CustomizationLinuxPrep", "CustomizationCloudinitPrep", "CloudinitPrep"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf body;
        strbuf_init(&body, STRBUF_MAX_OUTPUT);
        const char *whole = SPEC_REPLY("1"), *at = strstr(whole, rows[i].from);
        strbuf_add_mem(&body, whole, (size_t)(at - whole));
        strbuf_addf(&body, "%s%s", rows[i].to, at + strlen(rows[i].from));
        const struct reply replies[] = {{"<GetCustomizationSpec ", NULL, strbuf_str(&body)}};
        struct fixture f;
        struct outcome outcome = {0};
        START(&f, replies);
        assert_int_equal(write_spec(&f, &outcome), -1);
        assert_int_equal(f.err.code, ERR_CONFLICT);
        assert_non_null(strstr(f.err.message, rows[i].text));
        script_finish(&f);
        strbuf_release(&body);
    }
}

/* ---- clones ---- */

#define INVENTORY(extra)                                                                       \
    VIEW,                                                                                      \
        {"<RetrievePropertiesEx ", "HostSystem",                                               \
         OBJECTS(OBJECT("HostSystem", "host-1",                                                \
                        PROP("name", "h") "<propSet><name>parent</name><val "                  \
                                          "type='ComputeResource'>c1</val></propSet>")         \
                     OBJECT("ComputeResource", "c1",                                           \
                            "<propSet><name>resourcePool</name><val type='ResourcePool'>p1"    \
                            "</val></propSet>"))},                                             \
        {"<RetrievePropertiesEx ", "VirtualMachine",                                           \
         OBJECTS(OBJECT("VirtualMachine", "vm-1",                                              \
                        PROP("name", "base") PROP("runtime.powerState", "poweredOff"))         \
                     extra)},                                                                  \
        UNVIEW
#define CLONED                                                                                 \
    OBJECT("VirtualMachine", "vm-2",                                                           \
           PROP("name", "t-1") PROP("runtime.powerState", "poweredOff")                        \
               PROP("config.instanceUuid", "u2"))
#define IDLE(id)                                                                               \
    {                                                                                          \
        "recentTask", id, OBJECTS(OBJECT("VirtualMachine", id, ""))                            \
    }
#define MACHINES VIEW, {"<RetrievePropertiesEx ", "VirtualMachine", OBJECTS(CLONED)}, UNVIEW
#define DEVICES(lineage, nonce)                                                                \
    {                                                                                          \
        "config.extraConfig", "vm-2",                                                          \
            OBJECTS(OBJECT(                                                                    \
                "VirtualMachine", "vm-2",                                                      \
                PROP("config.hardware.device", "")                                             \
                    PROP("config.extraConfig",                                                 \
                         "<OptionValue><key>gridform.lineage</key><value>" lineage             \
                         "</value></OptionValue><OptionValue><key>gridform.address</key>"      \
                         "<value>template/t</value></OptionValue><OptionValue>"                \
                         "<key>gridform.nonce</key><value>" nonce "</value></OptionValue>")))  \
    }
#define SOURCE                                                                                 \
    {                                                                                          \
        "datastore", "vm-1",                                                                   \
            OBJECTS(                                                                           \
                OBJECT("VirtualMachine", "vm-1",                                               \
                       "<propSet><name>parent</name><val type='Folder'>f1</val></propSet>"))   \
    }
#define UUID                                                                                   \
    {                                                                                          \
        "config.instanceUuid", "vm-2",                                                         \
            OBJECTS(OBJECT("VirtualMachine", "vm-2", PROP("config.instanceUuid", "u2")))       \
    }
#define MARKED                                                                                 \
    {"<ReconfigVM_Task ", "<key>gridform.uuid</key><value xsi:type=\"xsd:string\">u2</value>", \
     "<ReconfigVM_TaskResponse xmlns='urn:vim25'><returnval type='Task'>task-1</returnval>"    \
     "</ReconfigVM_TaskResponse>"},                                                            \
        TASK_STATE(PROP("info.state", "success"))

static int run_clone(struct fixture *f, struct outcome *outcome)
{
    struct arena *arena = f->session.arena;
    const struct value_field fields[] = {{"base", value_string(arena, "base")},
                                         {"name", value_string(arena, "t-1")},
                                         {"host", value_string(arena, "h")}};
    const struct step step = {.address = "template/t",
                              .op = OP_TEMPLATE_CLONE,
                              .args = value_map(arena, fields, ARRAY_LEN(fields))};
    const struct step_call call = {.step = &step, .lineage = "l", .nonce = "n", .arena = arena};
    return step_clone(&f->vc, &call, outcome, &f->err);
}

static void test_clone(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""),
        SOURCE,
        {"<pool type=\"ResourcePool\">p1</pool><host type=\"HostSystem\">host-1</host>",
         "<key>gridform.nonce</key><value xsi:type=\"xsd:string\">n</value>",
         "<CloneVM_TaskResponse xmlns='urn:vim25'><returnval type='Task'>task-1</returnval>"
         "</CloneVM_TaskResponse>"},
        TASK_STATE(PROP("info.state", "success") "<propSet><name>info.result</name><val "
                                                 "type='VirtualMachine'>vm-2</val></propSet>"),
        UUID,
        MARKED};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    if (run_clone(&f, &outcome) < 0)
        print_message("%s\n", f.err.message);
    assert_int_equal(outcome.kind, OUTCOME_DONE);
    assert_string_equal(value_get_text(outcome.ids, "vm"), "vm-2");
    assert_string_equal(value_get_text(outcome.ids, "instance_uuid"), "u2");
    script_finish(&f);
}

/* The mark cannot be written: the step fails, and yet says what it made. */
static void test_clone_reports_ids_when_it_fails(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""),
        SOURCE,
        TASK("CloneVM_Task"),
        TASK_STATE(PROP("info.state", "success") "<propSet><name>info.result</name><val "
                                                 "type='VirtualMachine'>vm-2</val></propSet>"),
        UUID,
        {"<ReconfigVM_Task ", NULL, FAULT("NoPermission", "not you")}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    assert_string_equal(value_get_text(outcome.ids, "instance_uuid"), "u2");
    script_finish(&f);
}

/* The source is busy: wait for it, look again; another run has made it with our nonce. */
static void test_clone_busy_then_found(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""),
        SOURCE,
        {"<CloneVM_Task ", NULL, FAULT("TaskInProgress", "busy")},
        IDLE("vm-1"),
        INVENTORY(CLONED),
        IDLE("vm-2"),
        MACHINES,
        DEVICES("l", "n"),
        UUID,
        MARKED};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    if (run_clone(&f, &outcome) < 0)
        print_message("%s\n", f.err.message);
    assert_int_equal(outcome.kind, OUTCOME_UNCHANGED);
    script_finish(&f);
}

/* No answer, and nothing there after the look: not known, and said so. */
static void test_clone_lost(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""), SOURCE, {"<CloneVM_Task ", NULL, NULL}, IDLE("vm-1"), INVENTORY("")};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_UNCERTAIN);
    assert_null(outcome.ids);
    script_finish(&f);
}

static void test_clone_of_others(void **state)
{
    (void)state;
    static const struct reply other_lineage[] = {INVENTORY(CLONED), IDLE("vm-2"), MACHINES,
                                                 DEVICES("x", "n")};
    static const struct reply other_nonce[] = {INVENTORY(CLONED), IDLE("vm-2"), MACHINES,
                                               DEVICES("l", "m")};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        struct outcome outcome = {0};
        script_start(&f, i == 0 ? other_lineage : other_nonce, ARRAY_LEN(other_lineage));
        assert_int_equal(run_clone(&f, &outcome), -1);
        assert_int_equal(f.err.code, ERR_CONFLICT);
        assert_non_null(strstr(f.err.message, "template/t"));
        assert_null(outcome.ids);
        script_finish(&f);
    }
}

/* Cloned by a run that died: the mark is not written before the source's task has ended. */
static void test_clone_under_construction(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(CLONED),
        IDLE("vm-2"),
        MACHINES,
        {"config.extraConfig", "vm-2",
         OBJECTS(OBJECT("VirtualMachine", "vm-2", PROP("config.hardware.device", "")))},
        IDLE("vm-1"),
        MACHINES,
        DEVICES("l", "n"),
        UUID,
        MARKED};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    if (run_clone(&f, &outcome) < 0)
        print_message("%s\n", f.err.message);
    assert_int_equal(outcome.kind, OUTCOME_UNCHANGED);
    script_finish(&f);
}

/* The half-made machine of somebody else's failed task goes while it is looked at. */
static void test_clone_vanishes(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(CLONED),
        IDLE("vm-2"),
        VIEW,
        {"<RetrievePropertiesEx ", "VirtualMachine", OBJECTS("")},
        UNVIEW,
        SOURCE,
        {"<CloneVM_Task ", NULL, FAULT("NoPermission", "not you")}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    script_finish(&f);
}

/* The first of two datastores may be the one of a CD image: none is named then. */
static void test_clone_stays_on_its_datastores(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""),
        {"datastore", "vm-1",
         OBJECTS(OBJECT("VirtualMachine", "vm-1",
                        "<propSet><name>parent</name><val type='Folder'>f1</val></propSet>"
                        "<propSet><name>datastore</name><val>"
                        "<ManagedObjectReference type='Datastore'>iso</ManagedObjectReference>"
                        "<ManagedObjectReference type='Datastore'>ds</ManagedObjectReference>"
                        "</val></propSet>"))},
        {"<location><diskMoveType>", NULL, FAULT("NoPermission", "not you")}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    script_finish(&f);
}

/* ---- removal ---- */

/* Its files are out of reach, so is its identity: it is not gone. */
static void test_destroy_of_the_unreadable(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        VIEW,
        {"<RetrievePropertiesEx ", "VirtualMachine",
         OBJECTS(OBJECT("VirtualMachine", "vm-2",
                        PROP("name", "t-1") PROP("runtime.powerState", "poweredOff")))},
        UNVIEW};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    struct arena *arena = f.session.arena;
    const struct value_field fields[] = {{"instance_uuid", value_string(arena, "u2")},
                                         {"name", value_string(arena, "t-1")}};
    const struct step step = {.address = "template/t",
                              .op = OP_TEMPLATE_DESTROY,
                              .args = value_map(arena, fields, ARRAY_LEN(fields))};
    const struct step_call call = {.step = &step, .lineage = "l", .nonce = "n", .arena = arena};
    assert_int_equal(step_destroy(&f.vc, &call, &outcome, &f.err), -1);
    assert_int_equal(f.err.code, ERR_CONFLICT);
    assert_non_null(strstr(f.err.message, "t-1"));
    script_finish(&f);
}

/* ---- hosts and their machines ---- */

#define HOST_NAME                                                                              \
    {                                                                                          \
        "<RetrievePropertiesEx ", "host-1",                                                    \
            OBJECTS(OBJECT("HostSystem", "host-1", PROP("name", "h")))                         \
    }
#define RUNNING_MACHINE                                                                        \
    HOST_NAME, VIEW,                                                                           \
        {"<RetrievePropertiesEx ", "VirtualMachine",                                           \
         OBJECTS(OBJECT("VirtualMachine", "vm-7",                                              \
                        PROP("name", "a") PROP("runtime.powerState", "poweredOn")              \
                            PROP("runtime.host", "host-1")))},                                 \
        UNVIEW

static int host_step(struct fixture *f, const char *op, step_perform *perform,
                     const struct value *args, struct outcome *outcome)
{
    struct arena *arena = f->session.arena;
    const struct value_field id = {"host", value_string(arena, "host-1")};
    const struct step step = {.address = "host/h", .op = op, .args = args};
    const struct step_call call = {.step = &step,
                                   .ids = value_map(arena, &id, 1),
                                   .lineage = "l",
                                   .nonce = "n",
                                   .arena = arena};
    return perform(&f->vc, &call, outcome, &f->err);
}

static int machines_off(struct fixture *f, struct outcome *outcome)
{
    struct arena *arena = f->session.arena;
    const struct value *name = value_string(arena, "a");
    const struct value_field field = {"vms", value_list(arena, &name, 1)};
    return host_step(f, OP_VM_POWER_OFF, step_vms_off, value_map(arena, &field, 1), outcome);
}

/* The plug is not pulled on a guest that may have heard, and not while a task of somebody else
 * keeps the machine. A machine that is deleted meanwhile is off. */
static void test_guests_are_spared(void **state)
{
    (void)state;
    static const struct reply lost[] = {
        RUNNING_MACHINE,
        {"<ShutdownGuest ", "vm-7", NULL},
        {"<RetrievePropertiesEx ", "vm-7",
         OBJECTS(OBJECT("VirtualMachine", "vm-7", PROP("runtime.powerState", "poweredOn")))},
        {"<RetrievePropertiesEx ", "vm-7",
         OBJECTS(OBJECT("VirtualMachine", "vm-7", PROP("runtime.powerState", "poweredOff")))}};
    static const struct reply gone[] = {
        RUNNING_MACHINE,
        {"<ShutdownGuest ", "vm-7", FAULT("ManagedObjectNotFound", "gone")},
        {"<RetrievePropertiesEx ", "vm-7", FAULT("ManagedObjectNotFound", "gone")}};
    static const struct reply busy[] = {
        RUNNING_MACHINE, {"<ShutdownGuest ", "vm-7", FAULT("TaskInProgress", "a snapshot")}};
    const struct {
        const struct reply *replies;
        size_t n;
        enum err_code code;
    } rows[] = {{lost, ARRAY_LEN(lost), ERR_NONE},
                {gone, ARRAY_LEN(gone), ERR_NONE},
                {busy, ARRAY_LEN(busy), ERR_BUSY}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        struct outcome outcome = {0};
        script_start(&f, rows[i].replies, rows[i].n);
        int result = machines_off(&f, &outcome);
        if (result < 0)
            print_message("%s\n", f.err.message);
        assert_int_equal(result, rows[i].code == ERR_NONE ? 0 : -1);
        assert_true(result == 0 || f.err.code == rows[i].code);
        assert_int_equal(value_count(value_get(outcome.ids, "powered_off")), 1);
        script_finish(&f);
    }
}

#define TWO_HOSTS(other)                                                                       \
    HOST_NAME, VIEW,                                                                           \
        {"<RetrievePropertiesEx ", "HostSystem",                                               \
         OBJECTS(OBJECT("HostSystem", "host-1",                                                \
                        PROP("name", "h") "<propSet><name>parent</name><val "                  \
                                          "type='ComputeResource'>c1</val></propSet>")         \
                     OBJECT("HostSystem", "host-2",                                            \
                            PROP("name", "i") "<propSet><name>parent</name><val "              \
                                              "type='ComputeResource'>" other                  \
                                              "</val></propSet>"))},                           \
        {"<RetrievePropertiesEx ", "VirtualMachine",                                           \
         OBJECTS(OBJECT("VirtualMachine", "vm-9",                                              \
                        PROP("name", "a") PROP("runtime.powerState", "poweredOff")             \
                            PROP("runtime.host", "host-2")))},                                 \
        UNVIEW

/* A machine that moved within the cluster is powered on again; one that only bears the name of
 * a machine that is gone is not. */
static void test_namesakes_stay_off(void **state)
{
    (void)state;
    static const struct reply moved[] = {
        TWO_HOSTS("c1"),
        {"<RetrievePropertiesEx ", "vm-9",
         OBJECTS(OBJECT("VirtualMachine", "vm-9", PROP("runtime.powerState", "poweredOff")))},
        TASK("PowerOnVM_Task"),
        TASK_STATE(PROP("info.state", "success"))};
    static const struct reply namesake[] = {TWO_HOSTS("c2")};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        struct outcome outcome = {0};
        if (i == 0)
            START(&f, moved);
        else
            START(&f, namesake);
        struct arena *arena = f.session.arena;
        const struct value *name = value_string(arena, "a");
        const struct value_field field = {"vms", value_list(arena, &name, 1)};
        assert_int_equal(
            host_step(&f, OP_VM_POWER_ON, step_vms_on, value_map(arena, &field, 1), &outcome),
            0);
        assert_int_equal(outcome.kind, i == 0 ? OUTCOME_DONE : OUTCOME_UNCHANGED);
        script_finish(&f);
    }
}

#define HOST_STATE(connection, boot)                                                           \
    {                                                                                          \
        "runtime.bootTime", "host-1",                                                          \
            OBJECTS(OBJECT("HostSystem", "host-1",                                             \
                           PROP("runtime.connectionState", connection)                         \
                               PROP("runtime.bootTime", boot)))                                \
    }

/* A role that may list the host and not look into it: nothing of it is "disconnected". */
static void test_host_without_rights(void **state)
{
    (void)state;
#define REFUSED(path)                                                                          \
    "<missingSet><path>" path "</path><fault><fault xmlns:q='" XML_NS_XSI                      \
    "' q:type='NoPermission'/><localizedMessage/></fault></missingSet>"
    static const struct reply replies[] = {
        VIEW,
        {"<RetrievePropertiesEx ", "HostSystem",
         OBJECTS(OBJECT("HostSystem", "host-1",
                        PROP("name", "h") REFUSED("runtime.connectionState")
                            REFUSED("runtime.inMaintenanceMode")))},
        {"<RetrievePropertiesEx ", "VirtualMachine", OBJECTS("")},
        UNVIEW};
    static const char *const attrs[] = {"connection", "maintenance", "power_policy"};
    struct fixture f;
    START(&f, replies);
    struct arena *arena = f.session.arena;
    struct read_item item = {.wanted = instance_new(arena, &kind_host.schema, "host/h", "h"),
                             .live = instance_new(arena, &kind_host.schema, "host/h", "h")};
    assert_int_equal(vsphere_read_many(&f.session, &f.session.env, &item, 1, arena, &f.err), 0);
    assert_int_equal(item.live->presence, PRESENCE_PRESENT);
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
        const struct value *value = instance_get(item.live, attrs[i]);
        assert_true(value_is_unreadable(value));
        assert_non_null(strstr(value->string, "NoPermission"));
    }
    script_finish(&f);
}

/* The host comes back with its clock set to an earlier time. */
static void test_reboot_with_another_clock(void **state)
{
    (void)state;
    static const struct reply replies[] = {HOST_NAME,
                                           HOST_STATE("connected", "2026-03-01T10:00:00Z"),
                                           TASK("RebootHost_Task"),
                                           TASK_STATE(PROP("info.state", "success")),
                                           HOST_STATE("connected", "2026-03-01T10:00:00Z"),
                                           HOST_STATE("notResponding", "2026-03-01T10:00:00Z"),
                                           HOST_STATE("connected", "2026-03-01T10:00:00Z"),
                                           HOST_STATE("connected", "2026-02-28T10:00:00Z")};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    int result = host_step(&f, OP_HOST_REBOOT, step_reboot, value_absent(), &outcome);
    assert_int_equal(result, 0);
    script_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_conflict),
        cmocka_unit_test(test_spec_keeps_the_unknown),
        cmocka_unit_test(test_spec_of_others),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_clone_reports_ids_when_it_fails),
        cmocka_unit_test(test_clone_busy_then_found),
        cmocka_unit_test(test_clone_lost),
        cmocka_unit_test(test_clone_of_others),
        cmocka_unit_test(test_clone_under_construction),
        cmocka_unit_test(test_clone_vanishes),
        cmocka_unit_test(test_clone_stays_on_its_datastores),
        cmocka_unit_test(test_destroy_of_the_unreadable),
        cmocka_unit_test(test_guests_are_spared),
        cmocka_unit_test(test_namesakes_stay_off),
        cmocka_unit_test(test_host_without_rights),
        cmocka_unit_test(test_reboot_with_another_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
