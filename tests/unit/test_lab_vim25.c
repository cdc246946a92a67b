/* test_lab_vim25.c: the schema, the values and the limits of the simulated vCenter. What its
 * methods do is judged by pyVmomi (tests/lab/check_pyvmomi.py). */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "lab_internal.h"
#include "vim25_soap.h"

#define USER "svc-gridform@vsphere.local"
#define PASSWORD "lab-vsphere-secret"
#define SELF(type, id) "<_this type=\"" type "\">" id "</_this>"

struct fixture {
    struct world *world;
    struct lab lab;
    struct vim25_server *server;
    char cookie[256];
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct err err = {0};
    assert_int_equal(world_load(LAB_REFERENCE, &fixture->world, &err), 0);
    lab_init(&fixture->lab, fixture->world, ".");
    fixture->world->vms.items[0]->moref = world_strdup(fixture->world, "vm-1");
    fixture->server = vim25_server_new(&fixture->lab);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    lab_stop(&fixture->lab);
    vim25_stop(fixture->server);
    lab_release(&fixture->lab);
    world_free(fixture->world);
    free(fixture);
    return 0;
}

static struct soap_reply serve_text(struct fixture *fixture, const char *text)
{
    struct soap_request request = {.body = text,
                                   .size = strlen(text),
                                   .action = "\"urn:vim25/6.5\"",
                                   .cookie = fixture->cookie};
    struct soap_reply reply;
    soap_serve(fixture->server, &request, &reply);
    return reply;
}

static struct soap_reply serve(struct fixture *fixture, const char *method, const char *content)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text,
                "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                "xmlns:x=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>"
                "<%s xmlns=\"urn:vim25\">%s</%s></e:Body></e:Envelope>",
                method, content, method);
    struct soap_reply reply = serve_text(fixture, strbuf_str(&text));
    strbuf_release(&text);
    return reply;
}

/* The reply has the status and holds the text. */
static void expect(struct soap_reply reply, int status, const char *text)
{
    if (reply.status != status || strstr(strbuf_str(&reply.body), text) == NULL)
        fail_msg("%d, not %d with \"%s\": %s", reply.status, status, text,
                 strbuf_str(&reply.body));
    strbuf_release(&reply.body);
}

static void login(struct fixture *fixture)
{
    struct soap_reply reply =
        serve(fixture, "Login",
              SELF("SessionManager", "SessionManager") "<userName>" USER
                                                       "</userName><password>" PASSWORD
                                                       "</password>");
    size_t size = strcspn(reply.set_cookie, ";");
    assert_int_equal(reply.status, 200);
    memcpy(fixture->cookie, reply.set_cookie, size);
    fixture->cookie[size] = '\0';
    strbuf_release(&reply.body);
}

static struct soap_reply current_time(struct fixture *fixture)
{
    return serve(fixture, "CurrentTime", SELF("ServiceInstance", "ServiceInstance"));
}

/* ---- the schema -----------------------------------------------------------------------------
 */

static void test_version(void **state)
{
    (void)state;
    static const char *const rising[] = {"5.5",     "6.0",     "6.5",     "6.7",     "6.7.1",
                                         "6.7.2",   "6.9.1",   "7.0.0.0", "7.0.0.2", "7.0.1.0",
                                         "7.0.3.2", "8.0.0.1", "8.0.3.0"};
    static const char *const bad[] = {"",          "6.",    ".6",  "6..5", "6.x",
                                      "6.5.1.2.3", "256.1", "6 5", "-6"};
    for (size_t i = 0; i + 1 < sizeof(rising) / sizeof(rising[0]); i++)
        assert_true(schema_version(rising[i]) < schema_version(rising[i + 1]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(schema_version(bad[i]), 0);
    assert_int_equal(schema_version("7.0"), schema_version("7.0.0.0"));
}

static void test_path(void **state)
{
    (void)state;
    static const struct {
        const char *type, *path, *version;
        bool exists;
    } cases[] = {
        {"VirtualMachine", "name", "6.5", true},
        {"VirtualMachine", "config.hardware.numCPU", "6.5", true},
        {"VirtualMachine", "config.hardware.device", "6.5", true},
        {"VirtualMachine", "config.hardware.device.key", "6.5", false},
        {"VirtualMachine", "config.hardware.", "6.5", false},
        {"VirtualMachine", "", "6.5", false},
        {"VirtualMachine", ".config", "6.5", false},
        {"VirtualMachine", "runtime.host.name", "6.5", false},
        {"VirtualMachine", "config.createDate", "6.5", false},
        {"VirtualMachine", "config.createDate", "6.7", true},
        {"HostSystem", "config.sharedGpuCapabilities", "6.5", false},
        {"HostSystem", "config.sharedGpuCapabilities", "6.7.1", true},
        {"HostSystem", "summary.rebootRequired", "6.5", true},
        {"ManagedEntity", "runtime", "6.5", false},
        {"ClusterComputeResource", "configurationEx.drsConfig.enabled", "6.5", true},
        {"ComputeResource", "configurationEx.drsConfig.enabled", "6.5", false},
        {"Task", "info.error.localizedMessage", "6.5", true},
    };
    struct schema *schema = schema_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool exists = schema_path(schema, schema_type(schema, cases[i].type), cases[i].path,
                                  schema_version(cases[i].version));
        if (exists != cases[i].exists)
            fail_msg("%s %s at %s", cases[i].type, cases[i].path, cases[i].version);
    }
    schema_free(schema);
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
        bool fits;
    } cases[] = {
        {"int", "2147483647", true},
        {"int", "2147483648", false},
        {"int", "", false},
        {"short", "-32768", true},
        {"short", "32768", false},
        {"byte", "-81", true},
        {"byte", "175", false},
        {"boolean", "1", true},
        {"boolean", "TRUE", false},
        {"long", "9223372036854775807", true},
        {"dateTime", "2026-01-02T03:04:05Z", true},
        {"dateTime", "today", false},
        {"string", "", true},
        {"SharesLevel", "", false},
        {"SharesLevel", "high", true},
        {"SharesLevel", "very high", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (schema_text_fits(cases[i].type, cases[i].text) != cases[i].fits)
            fail_msg("%s \"%s\"", cases[i].type, cases[i].text);
}

/* Order of the schema, newer fields hidden, escaping, derived types named. */
static void test_write(void **state)
{
    (void)state;
    struct schema *schema = schema_new();
    struct builder b = {arena_new(), schema, schema_version("6.5")};
    struct val *node = val_object(&b, "HostNumaNode");
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    val_add_text(&b, node, "pciId", "0000:3b:00.0"); /* 6.7 */
    val_int(&b, node, "memoryRangeLength", 5);
    val_add_text(&b, node, "cpuID", "1");
    val_add_text(&b, node, "cpuID", "2");
    val_int(&b, node, "typeId", 0);
    val_write(node, "val", "anyType", &out);
    assert_string_equal(strbuf_str(&out),
                        "<val xsi:type=\"HostNumaNode\"><typeId>0</typeId><cpuID>1</cpuID>"
                        "<cpuID>2</cpuID><memoryRangeLength>5</memoryRangeLength></val>");
    strbuf_clear(&out);
    val_write(val_path(node, "cpuID"), "val", "anyType", &out);
    assert_string_equal(strbuf_str(&out), "<val xsi:type=\"ArrayOfShort\"><short>1</short>"
                                          "<short>2</short></val>");
    strbuf_clear(&out);
    val_write(val_simple(&b, "string", "a<b>&\"\r\x01"), "val", "anyType", &out);
    assert_string_equal(strbuf_str(&out),
                        "<val xsi:type=\"xsd:string\">a&lt;b&gt;&amp;&quot;&#13;</val>");
    strbuf_clear(&out);
    val_write(val_reference(&b, "HostSystem", "host-1"), "val", "anyType", &out);
    assert_string_equal(strbuf_str(&out), "<val type=\"HostSystem\" "
                                          "xsi:type=\"ManagedObjectReference\">host-1</val>");
    strbuf_release(&out);
    arena_free(b.arena);
    schema_free(schema);
}

/* ---- calls
 * ------------------------------------------------------------------------------------- */

static void test_idle_limit(void **state)
{
    struct fixture *fixture = *state;
    login(fixture);
    expect(current_time(fixture), 200, "CurrentTimeResponse");
    fixture->server->sessions.items[0]->used_ms -= fixture->server->idle_limit_ms + 1;
    expect(current_time(fixture), 500, "xsi:type=\"NotAuthenticated\"");
    assert_int_equal(fixture->server->sessions.n, 0);
}

static void test_refused_texts(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {
        "",
        "<",
        "<a/>",
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"/>",
        ("<e:Envelope xmlns:e=\"urn:other\"><e:Body><x "
         "xmlns=\"urn:vim25\"/></e:Body></e:Envelope>"),
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(serve_text(fixture, texts[i]), 500, "xsi:type=\"InvalidRequest\"");
    assert_int_equal(fixture->lab.calls.n, 0);
}

static void test_selection_depth(void **state)
{
    struct fixture *fixture = *state;
    static const char open[] = "<selectSet x:type=\"TraversalSpec\"><type>Folder</type>"
                               "<path>childEntity</path>";
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    login(fixture);
    strbuf_add(&text, SELF("PropertyCollector",
                           "propertyCollector") "<specSet><propSet>"
                                                "<type>Folder</type><pathSet>name</pathSet></"
                                                "propSet><objectSet>"
                                                "<obj type=\"Folder\">group-d1</obj>");
    for (int i = 0; i < 20; i++)
        strbuf_add(&text, open);
    for (int i = 0; i < 20; i++)
        strbuf_add(&text, "</selectSet>");
    strbuf_add(&text, "</objectSet></specSet><options/>");
    expect(serve(fixture, "RetrievePropertiesEx", strbuf_str(&text)), 500, "nested too deep");
    strbuf_release(&text);
}

static void test_object_limits(void **state)
{
    struct fixture *fixture = *state;
    login(fixture);
    for (int i = 0; i < 1000; i++)
        expect(
            serve(fixture, "CreateContainerView",
                  SELF("ViewManager", "ViewManager") "<container type=\"Folder\">group-d1"
                                                     "</container><recursive>true</recursive>"),
            200, "ContainerView");
    expect(serve(fixture, "CreateContainerView",
                 SELF("ViewManager", "ViewManager") "<container type=\"Folder\">group-d1"
                                                    "</container><recursive>true</recursive>"),
           500, "Too many views");
    for (int i = 0; i < 100; i++)
        expect(serve(fixture, "CreatePropertyCollector",
                     SELF("PropertyCollector", "propertyCollector")),
               200, "PropertyCollector");
    expect(serve(fixture, "CreatePropertyCollector",
                 SELF("PropertyCollector", "propertyCollector")),
           500, "Too many property collectors");
}

static void test_session_limit(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 550; i++) {
        fixture->cookie[0] = '\0';
        login(fixture);
    }
    fixture->cookie[0] = '\0';
    expect(serve(fixture, "Login",
                 SELF("SessionManager", "SessionManager") "<userName>" USER
                                                          "</userName><password>" PASSWORD
                                                          "</password>"),
           500, "sessions is exhausted");
}

/* A password that is wrong is in no record and in no reply. */
static void test_no_secrets(void **state)
{
    struct fixture *fixture = *state;
    struct soap_reply reply =
        serve(fixture, "Login",
              SELF("SessionManager", "SessionManager") "<userName>" USER "</userName>"
                                                       "<password>very-secret</password>");
    assert_int_equal(reply.status, 500);
    assert_null(strstr(strbuf_str(&reply.body), "very-secret"));
    strbuf_release(&reply.body);
    assert_int_equal(fixture->lab.calls.n, 1);
    char *record = json_dumps(fixture->lab.calls.items[0], 0);
    assert_null(strstr(record, "very-secret"));
    assert_non_null(strstr(record, USER));
    free(record);
}

#define OPEN                                                                                   \
    "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "                       \
    "xmlns:x=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body>"
#define CLOSE "</e:Body></e:Envelope>"

static const char *const samples[] = {
    (OPEN "<ReconfigVM_Task xmlns=\"urn:vim25\">" SELF(
        "VirtualMachine",
        "vm-1") "<spec><numCPUs>4</numCPUs><deviceChange><operation>add"
                "</operation><device x:type=\"VirtualPCIPassthrough\"><key>-200</key><backing "
                "x:type=\"VirtualPCIPassthroughVmiopBackingInfo\"><vgpu>grid_p100-4q</vgpu></"
                "backing>"
                "</device></deviceChange><extraConfig><key>a</key><value "
                "x:type=\"string\">b</value>"
                "</extraConfig></spec></ReconfigVM_Task>" CLOSE),
    (OPEN "<RetrievePropertiesEx xmlns=\"urn:vim25\">" SELF(
        "PropertyCollector",
        "propertyCollector") "<specSet><propSet><type>Folder</type>"
                             "<all>true</all></propSet><objectSet><obj "
                             "type=\"Folder\">group-d1</obj><selectSet "
                             "x:type=\"TraversalSpec\"><name>a</name><type>Folder</"
                             "type><path>childEntity</path>"
                             "<selectSet><name>a</name></selectSet></selectSet></objectSet></"
                             "specSet><options/>"
                             "</RetrievePropertiesEx>" CLOSE),
    (OPEN "<CreateCustomizationSpec xmlns=\"urn:vim25\">" SELF(
        "CustomizationSpecManager",
        "CustomizationSpecManager") "<item><info><name>a</name>"
                                    "<description/><type>Linux</type></info><spec><identity "
                                    "x:type=\"CustomizationLinuxPrep\">"
                                    "<hostName "
                                    "x:type=\"CustomizationFixedName\"><name>h</name></"
                                    "hostName><domain/></identity>"
                                    "<globalIPSettings/></spec></item></"
                                    "CreateCustomizationSpec>" CLOSE),
};

enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void expect_status(struct soap_reply reply, bool may_succeed)
{
    assert_true(reply.status == 500 || (may_succeed && reply.status == 200));
    strbuf_release(&reply.body);
}

static void test_samples_work(void **state)
{
    struct fixture *fixture = *state;
    login(fixture);
    expect(serve_text(fixture, samples[0]), 200, "<returnval type=\"Task\">task-");
    expect(serve_text(fixture, samples[1]), 200,
           "<ManagedObjectReference type=\"Datacenter\">");
    expect(serve_text(fixture, samples[2]), 200, "CreateCustomizationSpecResponse");
    assert_string_equal(world_spec(fixture->world, "a")->spec,
                        "<identity xsi:type=\"CustomizationLinuxPrep\"><hostName "
                        "xsi:type=\"CustomizationFixedName\"><name>h</name></hostName><domain>"
                        "</domain></identity><globalIPSettings></globalIPSettings>");
}

/* Whatever is missing at the end: refused. */
static void test_cut_requests(void **state)
{
    struct fixture *fixture = *state;
    login(fixture);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        char *text = strdup(samples[i]);
        for (size_t size = strlen(text); size-- > 0;) {
            text[size] = '\0';
            expect_status(serve_text(fixture, text), false);
        }
        free(text);
    }
    assert_int_equal(fixture->world->specs.n, 0);
}

/* Whatever is garbled: an answer, and no mistake that a sanitizer would see. */
static void test_garbled_requests(void **state)
{
    static const char marks[] = {'<', '>', '&', '"', '/', ' ', '0', '-', 'x', '\x80'};
    struct fixture *fixture = *state;
    login(fixture);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        char *text = strdup(samples[i]);
        for (size_t at = 0; text[at] != '\0'; at++) {
            char kept = text[at];
            text[at] = marks[at % sizeof(marks)];
            expect_status(serve_text(fixture, text), true);
            text[at] = kept;
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_write),
        cmocka_unit_test_setup_teardown(test_idle_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selection_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_object_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_session_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples_work, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbled_requests, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
