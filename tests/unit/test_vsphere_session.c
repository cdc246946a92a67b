/* test_vsphere_session.c: the vSphere provider's protocol against a scripted server: sessions
 * that expire, pages, tasks that fail or vanish, clones of somebody else, answers that are lost.
 * The script says which calls must come, in order, and what each is answered. */
#include "../harness/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "http.h"
#include "kinds.h"
#include "ops.h"
#include "read.h"
#include "redact.h"
#include "strbuf.h"
#include "test_transport_server.h"
#include "vsphere.h"

#define PASSWORD "not-to-be-seen"

/* ---- the scripted server ---- */

struct reply {
    const char *expect; /* a text that the request must hold, "<Login" */
    const char *also;   /* another one, or NULL */
    const char *body;   /* child of the answer's Body; NULL: hang up */
};

struct dialogue {
    const struct reply *replies;
    size_t n, at;
    char problem[512];
    pthread_mutex_t lock;
};

#define ENVELOPE                                                                               \
    "<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/' xmlns:xsd='"   \
    XML_NS_XSD "' xmlns:xsi='" XML_NS_XSI "'><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>"

static const struct reply *next_reply(struct dialogue *script, const char *request)
{
    pthread_mutex_lock(&script->lock);
    const struct reply *reply = script->at < script->n ? &script->replies[script->at++] : NULL;
    if (reply == NULL || strstr(request, reply->expect) == NULL ||
        (reply->also != NULL && strstr(request, reply->also) == NULL)) {
        const char *body = strstr(request, "Body>");
        snprintf(script->problem, sizeof script->problem, "call %zu: %s expected, got %.300s",
                 script->at, reply == NULL ? "nothing more" : reply->expect,
                 body == NULL ? request : body);
    }
    pthread_mutex_unlock(&script->lock);
    return reply;
}

static void serve(int fd, unsigned n_connection, void *context)
{
    (void)n_connection;
    static const size_t size = 65536;
    char *request = malloc(size), *answer = malloc(size), *head = malloc(size + 512);
    while (raw_read_request(fd, request, size)) {
        const struct reply *reply = next_reply(context, request);
        if (reply == NULL || reply->body == NULL)
            break;
        bool fault = strstr(reply->body, ":Fault>") != NULL;
        int n = snprintf(answer, size, ENVELOPE, reply->body);
        snprintf(head, size + 512,
                 "HTTP/1.1 %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
                 fault ? "500 Internal Server Error" : "200 OK", n, answer);
        raw_write(fd, head);
    }
    free(request);
    free(answer);
    free(head);
}

/* ---- a session by hand ---- */

struct fixture {
    struct dialogue script;
    struct raw_server *server;
    struct session session;
    struct vc vc;
    struct secrets *secrets;
    int64_t clock;
    struct err err;
};

static int64_t env_now(void *context)
{
    return ((struct fixture *)context)->clock;
}

static int env_sleep(void *context, int64_t ms)
{
    ((struct fixture *)context)->clock += ms;
    return 0;
}

static void start(struct fixture *f, const struct reply *replies, size_t n)
{
    *f = (struct fixture){.script = {.replies = replies, .n = n}};
    pthread_mutex_init(&f->script.lock, NULL);
    f->server = raw_start(serve, &f->script);
    f->secrets = secrets_new();
    secrets_add(f->secrets, PASSWORD);
    const struct http_options http = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(f->server), .verify = true},
        .flags = HTTP_PLAIN, .secrets = f->secrets, .max_connections = 1};
    struct session *s = &f->session;
    assert_int_equal(http_new(&http, &s->http, &f->err), 0);
    const struct soap_options soap = {.http = s->http, .secrets = f->secrets};
    assert_int_equal(soap_new(&soap, &s->soap, &f->err), 0);
    s->arena = arena_new();
    s->secrets = f->secrets;
    s->env = (struct op_env){.context = f, .now_ms = env_now, .sleep_ms = env_sleep};
    s->user = "who";
    s->password = PASSWORD;
    s->poll_ms = 2000;
    s->root = (struct ref){"Folder", "group-d1"};
    s->collector = (struct ref){"PropertyCollector", "pc"};
    s->view_manager = (struct ref){"ViewManager", "vm"};
    s->session_manager = (struct ref){"SessionManager", "sm"};
    s->spec_manager = (struct ref){"CustomizationSpecManager", "csm"};
    pthread_mutex_init(&s->login_lock, NULL);
    f->vc = (struct vc){.session = s, .env = &s->env, .arena = s->arena};
}

/* The script must have been followed to its end. */
static void finish(struct fixture *f)
{
    struct session *s = &f->session;
    soap_free(s->soap);
    http_free(s->http);
    arena_free(s->arena);
    secrets_free(f->secrets);
    raw_stop(f->server);
    assert_null(strstr(f->err.message, PASSWORD));
    if (f->script.problem[0] != '\0')
        fail_msg("%s", f->script.problem);
    assert_int_equal(f->script.at, f->script.n);
}

#define START(f, replies) start((f), (replies), ARRAY_LEN(replies))

/* ---- pieces of answers ---- */

#define FAULT(type, text)                                                                      \
    "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" text                  \
    "</faultstring><detail><X xmlns='urn:vim25' xsi:type='" type "'/></detail></soapenv:Fault>"
#define EXPIRED FAULT("NotAuthenticated", "The session is not authenticated.")
#define LOGIN                                                                                  \
    {"<Login ", "who", "<LoginResponse xmlns='urn:vim25'><returnval><key>k</key></returnval>"  \
                       "</LoginResponse>"}
#define OBJECTS(inner)                                                                         \
    "<RetrievePropertiesExResponse xmlns='urn:vim25'><returnval>" inner                        \
    "</returnval></RetrievePropertiesExResponse>"
#define OBJECT(type, id, props)                                                                \
    "<objects><obj type='" type "'>" id "</obj>" props "</objects>"
#define PROP(name, value) "<propSet><name>" name "</name><val>" value "</val></propSet>"
/* What an expired session answers to a read: 200, and everything missing. */
#define MISSING(path)                                                                          \
    "<missingSet><path>" path "</path><fault><fault xmlns:odd='" XML_NS_XSI                    \
    "' odd:type='NotAuthenticated'/><localizedMessage/></fault></missingSet>"
#define VIEW                                                                                   \
    {"<CreateContainerView ", NULL,                                                            \
     "<CreateContainerViewResponse xmlns='urn:vim25'><returnval type='ContainerView'>v1"       \
     "</returnval></CreateContainerViewResponse>"}
#define UNVIEW                                                                                 \
    {"<DestroyView ", "v1", "<DestroyViewResponse xmlns='urn:vim25'/>"}
#define TASK(method)                                                                           \
    {"<" method " ", NULL, "<" method "Response xmlns='urn:vim25'><returnval type='Task'>"     \
                           "task-1</returnval></" method "Response>"}
#define TASK_STATE(props) {"<RetrievePropertiesEx ", "task-1", OBJECTS(OBJECT("Task", "task-1", props))}

static const char *const name_path[] = {"name", NULL};
static const struct ref host = {"HostSystem", "host-1"};

/* ---- sessions ---- */

static void test_login_again_after_fault(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<RebootHost_Task ", NULL, EXPIRED}, LOGIN, TASK("RebootHost_Task"),
        TASK_STATE(PROP("info.state", "success"))};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), 0);
    finish(&f);
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
    finish(&f);
}

/* Once, not for ever. */
static void test_expired_twice(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {"<RetrievePropertiesEx ", NULL, OBJECTS(OBJECT("HostSystem", "host-1", MISSING("name")))},
        LOGIN,
        {"<RetrievePropertiesEx ", NULL,
         OBJECTS(OBJECT("HostSystem", "host-1", MISSING("name")))}};
    struct fixture f;
    const struct xml_node *object = NULL;
    START(&f, replies);
    assert_int_equal(props_read(&f.vc, host, name_path, &object, &f.err), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    finish(&f);
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
    finish(&f);
}

/* The pass starts over with a new view; what the first one found does not count twice. */
static void test_lost_in_second_page(void **state)
{
    (void)state;
#define VM1 OBJECT("VirtualMachine", "vm-1", PROP("name", "one") PROP("runtime.powerState", "poweredOn"))
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
    finish(&f);
}

/* ---- tasks ---- */

static void test_task_fault_chain(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        TASK("RebootHost_Task"), TASK_STATE(PROP("info.state", "queued")),
        TASK_STATE(PROP("info.state", "running") PROP("info.progress", "40")),
        {"<RetrievePropertiesEx ", NULL, FAULT("HostCommunication", "passing")},
        TASK_STATE(PROP("info.state", "error")
                   PROP("info.error", "<fault xsi:type='InvalidVmConfig'><faultMessage><key>k</key>"
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
    finish(&f);
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
    finish(&f);
}

/* Our own patience ends before the task: it is cancelled where it can be. */
static void test_task_timeout(void **state)
{
    (void)state;
#define RUNNING TASK_STATE(PROP("info.state", "running") PROP("info.cancelable", "true"))
    static const struct reply replies[] = {
        TASK("RebootHost_Task"), RUNNING, RUNNING, RUNNING,
        {"<CancelTask ", "task-1", "<CancelTaskResponse xmlns='urn:vim25'/>"}};
    struct fixture f;
    START(&f, replies);
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 250};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_TIMEOUT);
    finish(&f);
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
        TASK("RebootHost_Task"), RUNNING, RUNNING,
        {"<CancelTask ", "task-1", "<CancelTaskResponse xmlns='urn:vim25'/>"}};
    struct fixture f;
    START(&f, replies);
    f.session.env.cancelled = cancelled_later;
    CLEANUP(wire_release) struct wire wire;
    wire_reboot(&wire, host);
    const struct task_run run = {&wire, 0};
    assert_int_equal(task_run(&f.vc, &run, NULL, &f.err), -1);
    assert_int_equal(f.err.code, ERR_CANCELLED);
    finish(&f);
}

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
    const struct step step = {.address = "customization_spec/s", .op = OP_SPEC_WRITE,
                              .args = value_map(arena, &field, 1)};
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, step.address, "s");
    live->presence = PRESENCE_PRESENT;
    const struct step_call call = {.step = &step, .live = live, .lineage = "l", .nonce = "n",
                                   .arena = arena};
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
    finish(&f);
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
        finish(&f);
        strbuf_release(&body);
    }
}

/* ---- clones ---- */

#define INVENTORY(extra)                                                                       \
    VIEW,                                                                                      \
        {"<RetrievePropertiesEx ", "HostSystem",                                               \
         OBJECTS(OBJECT("HostSystem", "host-1",                                                \
                        PROP("name", "h") "<propSet><name>parent</name><val "                  \
                        "type='ComputeResource'>c1</val></propSet>")                           \
                     OBJECT("ComputeResource", "c1",                                           \
                            "<propSet><name>resourcePool</name><val type='ResourcePool'>p1"    \
                            "</val></propSet>"))},                                             \
        {"<RetrievePropertiesEx ", "VirtualMachine",                                           \
         OBJECTS(OBJECT("VirtualMachine", "vm-1",                                              \
                        PROP("name", "base") PROP("runtime.powerState", "poweredOff")) extra)},\
        UNVIEW
#define CLONED                                                                                 \
    OBJECT("VirtualMachine", "vm-2",                                                           \
           PROP("name", "t-1") PROP("runtime.powerState", "poweredOff")                        \
           PROP("config.instanceUuid", "u2"))
#define IDLE(id) {"recentTask", id, OBJECTS(OBJECT("VirtualMachine", id, ""))}
#define MACHINES                                                                               \
    VIEW,                                                                                      \
        {"<RetrievePropertiesEx ", "VirtualMachine", OBJECTS(CLONED)}, UNVIEW
#define DEVICES(lineage, nonce)                                                                \
    {"config.extraConfig", "vm-2",                                                             \
     OBJECTS(OBJECT("VirtualMachine", "vm-2",                                                  \
                    PROP("config.hardware.device", "")                                         \
                    PROP("config.extraConfig",                                                 \
                         "<OptionValue><key>gridform.lineage</key><value>" lineage             \
                         "</value></OptionValue><OptionValue><key>gridform.address</key>"      \
                         "<value>template/t</value></OptionValue><OptionValue>"                \
                         "<key>gridform.nonce</key><value>" nonce "</value></OptionValue>")))}
#define SOURCE                                                                                 \
    {"datastore", "vm-1",                                                                      \
     OBJECTS(OBJECT("VirtualMachine", "vm-1",                                                  \
                    "<propSet><name>parent</name><val type='Folder'>f1</val></propSet>"))}
#define UUID                                                                                   \
    {"config.instanceUuid", "vm-2",                                                            \
     OBJECTS(OBJECT("VirtualMachine", "vm-2", PROP("config.instanceUuid", "u2")))}
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
    const struct step step = {.address = "template/t", .op = OP_TEMPLATE_CLONE,
                              .args = value_map(arena, fields, ARRAY_LEN(fields))};
    const struct step_call call = {.step = &step, .lineage = "l", .nonce = "n", .arena = arena};
    return step_clone(&f->vc, &call, outcome, &f->err);
}

static void test_clone(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""), SOURCE,
        {"<CloneVM_Task ", "<key>gridform.nonce</key><value xsi:type=\"xsd:string\">n</value>",
         "<CloneVM_TaskResponse xmlns='urn:vim25'><returnval type='Task'>task-1</returnval>"
         "</CloneVM_TaskResponse>"},
        TASK_STATE(PROP("info.state", "success") "<propSet><name>info.result</name><val "
                   "type='VirtualMachine'>vm-2</val></propSet>"),
        UUID, MARKED};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    if (run_clone(&f, &outcome) < 0)
        print_message("%s\n", f.err.message);
    assert_int_equal(outcome.kind, OUTCOME_DONE);
    assert_string_equal(value_get_text(outcome.ids, "vm"), "vm-2");
    assert_string_equal(value_get_text(outcome.ids, "instance_uuid"), "u2");
    finish(&f);
}

/* The mark cannot be written: the step fails, and yet says what it made. */
static void test_clone_reports_ids_when_it_fails(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""), SOURCE, TASK("CloneVM_Task"),
        TASK_STATE(PROP("info.state", "success") "<propSet><name>info.result</name><val "
                   "type='VirtualMachine'>vm-2</val></propSet>"),
        UUID, {"<ReconfigVM_Task ", NULL, FAULT("NoPermission", "not you")}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_DENIED);
    assert_string_equal(value_get_text(outcome.ids, "instance_uuid"), "u2");
    finish(&f);
}

/* The source is busy: wait for it, look again; another run has made it with our nonce. */
static void test_clone_busy_then_found(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        INVENTORY(""), SOURCE, {"<CloneVM_Task ", NULL, FAULT("TaskInProgress", "busy")},
        IDLE("vm-1"), INVENTORY(CLONED), IDLE("vm-2"), MACHINES, DEVICES("l", "n"), UUID, MARKED};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    if (run_clone(&f, &outcome) < 0)
        print_message("%s\n", f.err.message);
    assert_int_equal(outcome.kind, OUTCOME_UNCHANGED);
    finish(&f);
}

/* No answer, and nothing there after the look: not known, and said so. */
static void test_clone_lost(void **state)
{
    (void)state;
    static const struct reply replies[] = {INVENTORY(""), SOURCE, {"<CloneVM_Task ", NULL, NULL},
                                           IDLE("vm-1"), INVENTORY("")};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(run_clone(&f, &outcome), -1);
    assert_int_equal(f.err.code, ERR_UNCERTAIN);
    assert_null(outcome.ids);
    finish(&f);
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
        start(&f, i == 0 ? other_lineage : other_nonce, ARRAY_LEN(other_lineage));
        assert_int_equal(run_clone(&f, &outcome), -1);
        assert_int_equal(f.err.code, ERR_CONFLICT);
        assert_non_null(strstr(f.err.message, "template/t"));
        assert_null(outcome.ids);
        finish(&f);
    }
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
        cmocka_unit_test(test_spec_conflict),
        cmocka_unit_test(test_spec_of_others),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_clone_reports_ids_when_it_fails),
        cmocka_unit_test(test_clone_busy_then_found),
        cmocka_unit_test(test_clone_lost),
        cmocka_unit_test(test_clone_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
