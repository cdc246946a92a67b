/* test_vsphere_steps.c: steps of the vSphere provider against a scripted server: specifications
 * that others change or own, clones that fail, are lost, or have been made by somebody else. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "kinds.h"
#include "ops.h"
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
                {"<type>Linux", "<type>Windows", "one for Windows"}};
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
