/* test_transport_soap.c: soap.h against scripted answers (vsphere-api.md §2.3, §5.1). */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "http.h"
#include "redact.h"
#include "soap.h"
#include "strbuf.h"
#include "test_transport_server.h"
#include "xml_write.h"

#define ENVELOPE(body)                                                                         \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "           \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "                                          \
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" body              \
    "</soapenv:Body></soapenv:Envelope>"

#define FAULT(text, detail)                                                                    \
    ENVELOPE("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" text         \
             "</faultstring><detail>" detail "</detail></soapenv:Fault>")

struct fixture {
    struct script script;
    struct raw_server *server;
    struct secrets *secrets;
    struct http *http;
    struct soap *soap;
    struct arena *arena;
    struct soap_reply reply;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->server = raw_start(serve_script, &f->script);
    f->secrets = secrets_new();
    f->arena = arena_new();
    struct http_options options = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(f->server), .verify = true},
        .secrets = f->secrets,
        .flags = HTTP_PLAIN};
    assert_int_equal(http_new(&options, &f->http, &f->err), 0);
    struct soap_options soap = {.http = f->http, .secrets = f->secrets, .version = "6.7.1"};
    assert_int_equal(soap_new(&soap, &f->soap, &f->err), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    soap_free(f->soap);
    http_free(f->http);
    raw_stop(f->server);
    secrets_free(f->secrets);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void script(struct fixture *f, unsigned status, const char *headers, const char *body)
{
    unsigned i = f->script.n_replies++;
    f->script.replies[i].status = status;
    f->script.replies[i].headers = headers;
    f->script.replies[i].body = body;
}

/* The next answer replaces those before. */
static void script_only(struct fixture *f, unsigned status, const char *body)
{
    f->script.n_replies = 0;
    f->script.n_served = 0;
    script(f, status, NULL, body);
}

static enum err_code call(struct fixture *f, bool idempotent)
{
    struct soap_request request = {.method = "CurrentTime",
                                   .body = "<CurrentTime xmlns=\"urn:vim25\"/>",
                                   .operation_id = "gridform-<1>",
                                   .idempotent = idempotent};
    err_clear(&f->err);
    int rc = soap_call(f->soap, &request, f->arena, &f->reply, &f->err);
    return rc == 0 ? ERR_NONE : f->err.code;
}

static void assert_says(const struct fixture *f, const char *text)
{
    if (strstr(f->err.message, text) == NULL)
        fail_msg("no \"%s\" in: %s", text, f->err.message);
}

#define OK_BODY                                                                                \
    ENVELOPE("<CurrentTimeResponse xmlns=\"urn:vim25\"><returnval>2026</returnval>"            \
             "</CurrentTimeResponse>")

static void test_call_and_cookie(void **state)
{
    struct fixture *f = *state;
    script(f, 200,
           "Set-Cookie: other=1\r\nset-cookie: vmware_soap_session=\"52aa-secret\"; Path=/; "
           "HttpOnly; Secure\r\n",
           OK_BODY);
    script(f, 200, NULL, OK_BODY);
    assert_int_equal(call(f, true), ERR_NONE);
    assert_string_equal(f->reply.response->name, "CurrentTimeResponse");
    assert_string_equal(xml_text_at(f->reply.response, "returnval"), "2026");
    assert_null(f->reply.fault.type);
    assert_int_equal(f->reply.status, 200);
    const char *seen = f->script.request;
    assert_non_null(strstr(seen, "POST /sdk HTTP/1.1\r\n"));
    assert_non_null(strstr(seen, "SOAPAction: urn:vim25/6.7.1\r\n"));
    assert_non_null(strstr(seen, "Content-Type: text/xml; charset=utf-8\r\n"));
    assert_non_null(strstr(seen, "<operationID>gridform-&lt;1&gt;</operationID>"));
    assert_non_null(strstr(seen, "<soapenv:Body><CurrentTime xmlns=\"urn:vim25\"/>"));
    assert_null(strstr(seen, "Cookie:"));
    assert_int_equal(call(f, true), ERR_NONE);
    assert_non_null(strstr(seen, "Cookie: vmware_soap_session=\"52aa-secret\"\r\n"));
    struct strbuf text;
    strbuf_init(&text, 100);
    strbuf_add(&text, "session 52aa-secret");
    secrets_redact(f->secrets, &text);
    assert_string_equal(strbuf_str(&text), "session ***");
    strbuf_clear(&text);
    assert_true(soap_cookie(f->soap, &text));
    soap_forget_session(f->soap);
    assert_false(soap_cookie(f->soap, &text));
    assert_int_equal(call(f, true), ERR_NONE);
    assert_null(strstr(seen, "Cookie:"));
    strbuf_release(&text);
}

static void test_faults(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body, *type, *says;
        enum err_code code;
    } cases[] = {
        {FAULT("human text", "<ManagedObjectNotFoundFault xmlns=\"urn:vim25\" "
                             "xsi:type=\"ManagedObjectNotFound\"><obj type=\"VirtualMachine\">"
                             "vm-99999</obj></ManagedObjectNotFoundFault>"),
         "ManagedObjectNotFound",
         "CurrentTime: ManagedObjectNotFound: human text (obj=vm-99999)", ERR_NOT_FOUND},
        {FAULT("", "<x:NotAuthenticatedFault xmlns:x=\"urn:vim25\" "
                   "xmlns:_XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" "
                   "_XMLSchema-instance:type=\"NotAuthenticated\"><x:privilegeId>System.View"
                   "</x:privilegeId></x:NotAuthenticatedFault>"),
         "NotAuthenticated", "(privilegeId=System.View)", ERR_DENIED},
        {FAULT("A general error", "<InvalidArgumentFault xmlns=\"urn:vim25\" "
                                  "xsi:type=\"InvalidArgument\"><faultMessage><key>k</key>"
                                  "<message>the real reason</message></faultMessage>"
                                  "<invalidProperty>spec.name</invalidProperty>"
                                  "</InvalidArgumentFault>"),
         "InvalidArgument", "A general error; the real reason (invalidProperty=spec.name)",
         ERR_INVALID},
        {FAULT("t", "<q xsi:type=\"InvalidPowerStateFault\"/>"), "InvalidPowerStateFault",
         "InvalidPowerStateFault: t", ERR_CONFLICT},
        {FAULT("t", "<TaskInProgressFault/>"), "TaskInProgressFault", "TaskInProgress",
         ERR_BUSY},
        {FAULT("Unexpected element", ""), "Fault", "Unexpected element", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        script_only(f, 500, cases[i].body);
        assert_int_equal(call(f, false), cases[i].code);
        assert_string_equal(f->reply.fault.type, cases[i].type);
        assert_null(f->reply.response);
        assert_says(f, cases[i].says);
    }
}

static void test_fault_codes(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum err_code code;
    } cases[] = {{"InvalidLogin", ERR_DENIED},
                 {"NoPermission", ERR_DENIED},
                 {"NotFound", ERR_NOT_FOUND},
                 {"DuplicateName", ERR_CONFLICT},
                 {"AlreadyExists", ERR_CONFLICT},
                 {"ConcurrentAccess", ERR_CONFLICT},
                 {"InvalidState", ERR_CONFLICT},
                 {"TaskInProgress", ERR_BUSY},
                 {"HostNotConnected", ERR_UNREACHABLE},
                 {"HostCommunication", ERR_UNREACHABLE},
                 {"Timedout", ERR_TIMEOUT},
                 {"RequestCanceled", ERR_CANCELLED},
                 {"SomethingNew", ERR_INVALID},
                 {"Fault", ERR_INVALID},
                 {"", ERR_INVALID},
                 {"SSLVerifyFault", ERR_UNTRUSTED}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(soap_fault_code(cases[i].type), cases[i].code);
}

static void test_task_error(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        "<error xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><fault "
        "xsi:type=\"InvalidPowerState\"><requestedState>poweredOff</requestedState>"
        "<existingState>poweredOff</existingState></fault>"
        "<localizedMessage>not with hunter2 now</localizedMessage></error>";
    const struct xml_node *root = NULL;
    struct soap_fault fault;
    secrets_add(f->secrets, "hunter2");
    assert_int_equal(xml_parse(text, strlen(text), NULL, f->arena, &root, &f->err), 0);
    soap_fault_decode(root, f->secrets, f->arena, &fault);
    assert_string_equal(fault.type, "InvalidPowerState");
    assert_string_equal(xml_text_at(fault.detail, "existingState"), "poweredOff");
    assert_int_equal(soap_fault_err(&fault, &f->err), -1);
    assert_int_equal(f->err.code, ERR_CONFLICT);
    assert_string_equal(f->err.message,
                        "InvalidPowerState: not with *** now "
                        "(requestedState=poweredOff, existingState=poweredOff)");
    soap_fault_decode(NULL, NULL, f->arena, &fault);
    assert_string_equal(fault.type, "MethodFault");
}

/* Answers that are no SOAP: a request that was not idempotent may have been carried out. */
static void test_other_answers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        unsigned status;
        const char *body, *says;
        enum err_code idempotent, other;
    } cases[] = {
        {503, "<html><head><title>503 Service Unavailable</title></head></html>",
         "HTTP status 503: 503 Service Unavailable", ERR_UNREACHABLE, ERR_UNREACHABLE},
        {404, "", "HTTP status 404", ERR_UNREACHABLE, ERR_UNREACHABLE},
        {403, "no", "HTTP status 403: no", ERR_DENIED, ERR_DENIED},
        {504, "", "HTTP status 504", ERR_UNREACHABLE, ERR_UNCERTAIN},
        {500, "oops", "HTTP status 500: oops", ERR_INVALID, ERR_INVALID},
        {200, "<html>login page hunter2</html>", "login page ***", ERR_INVALID, ERR_UNCERTAIN},
        {200, "", "HTTP status 200", ERR_INVALID, ERR_UNCERTAIN},
        {200, "<Envelope><Body><x/></Body></Envelope>", "not a SOAP", ERR_INVALID,
         ERR_UNCERTAIN},
        {200, ENVELOPE(""), "not a SOAP", ERR_INVALID, ERR_UNCERTAIN},
        {500, OK_BODY, "HTTP status 500", ERR_INVALID, ERR_INVALID},
    };
    secrets_add(f->secrets, "hunter2");
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        script_only(f, cases[i / 2].status, cases[i / 2].body);
        enum err_code code = call(f, i % 2 == 0);
        if (code != (i % 2 == 0 ? cases[i / 2].idempotent : cases[i / 2].other))
            fail_msg("case %zu: %s %s", i, err_code_name(code), f->err.message);
        assert_says(f, cases[i / 2].says);
        assert_int_equal(f->reply.status, cases[i / 2].status);
        assert_null(f->reply.fault.type);
    }
}

static int count(void *context, const struct xml_node *node, struct err *err)
{
    (void)node;
    size_t *n = context;
    return ++*n > 2 ? err_set(err, ERR_CONFLICT, "too many") : 0;
}

static enum err_code stream(struct fixture *f, size_t *n)
{
    static const char *const names[] = {"objects", NULL};
    struct xml_stream_options wanted = {.names = names, .element = count, .context = n};
    struct soap_request request = {.method = "RetrievePropertiesEx",
                                   .body = "<RetrievePropertiesEx/>",
                                   .idempotent = true};
    *n = 0;
    err_clear(&f->err);
    int rc = soap_stream(f->soap, &request, &wanted, f->arena, &f->reply, &f->err);
    return rc == 0 ? ERR_NONE : f->err.code;
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;
    script_only(f, 200, ENVELOPE("<R><returnval><objects/><objects/></returnval></R>"));
    assert_int_equal(stream(f, &n), ERR_NONE);
    assert_int_equal(n, 2);
    script_only(f, 200, ENVELOPE("<R><objects/><objects/><objects/></R>"));
    assert_int_equal(stream(f, &n), ERR_CONFLICT);
    assert_string_equal(f->err.message, "RetrievePropertiesEx: too many");
    script_only(f, 500, FAULT("gone", "<x xsi:type=\"NotAuthenticated\"/>"));
    assert_int_equal(stream(f, &n), ERR_DENIED);
    assert_string_equal(f->reply.fault.type, "NotAuthenticated");
    script_only(f, 200, FAULT("gone", "<x xsi:type=\"InvalidProperty\"/>"));
    assert_int_equal(stream(f, &n), ERR_INVALID);
    assert_string_equal(f->reply.fault.type, "InvalidProperty");
    script_only(f, 200, "<html><objects/></html>");
    assert_int_equal(stream(f, &n), ERR_INVALID);
    assert_says(f, "not a SOAP envelope");
    script_only(f, 200, "<Envelope><Body><objects/>");
    assert_int_equal(stream(f, &n), ERR_INVALID);
    script_only(f, 503, "starting");
    assert_int_equal(stream(f, &n), ERR_UNREACHABLE);
    assert_int_equal(n, 0);
}

/* Each request has a connection of its own, so that one can be made within another. */
static void serve_one(int fd, unsigned n_connection, void *context)
{
    char request[8192], head[1024];
    const struct script *script = context;
    if (!raw_read_request(fd, request, sizeof(request)))
        return;
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nConnection: close\r\n%s"
             "Content-Length: %zu\r\n\r\n",
             script->replies[n_connection].headers, strlen(script->replies[n_connection].body));
    raw_write(fd, head);
    raw_write(fd, script->replies[n_connection].body);
}

/* Another thread logs in while an answer is under way. */
static int log_in_meanwhile(void *context, const struct xml_node *node, struct err *err)
{
    (void)node;
    struct fixture *f = context;
    struct soap_reply reply;
    struct soap_request request = {.method = "Login", .body = "<Login/>", .idempotent = true};
    return soap_call(f->soap, &request, f->arena, &reply, err);
}

/* A server gives a cookie to every request of a session that it has forgotten: an answer that
 * was under way during the login must not replace the session with such a one. */
static void test_cookie_of_a_late_answer(void **state)
{
    (void)state;
    static const char *const names[] = {"objects", NULL};
    struct fixture *f = calloc(1, sizeof(*f));
    script(f, 200, "Set-Cookie: vmware_soap_session=old-cookie\r\n", OK_BODY);
    script(f, 200, "Set-Cookie: vmware_soap_session=nobody-cookie\r\n",
           ENVELOPE("<R><returnval><objects/></returnval></R>"));
    script(f, 200, "Set-Cookie: vmware_soap_session=good-cookie\r\n", OK_BODY);
    f->server = raw_start(serve_one, &f->script);
    f->secrets = secrets_new();
    f->arena = arena_new();
    struct http_options options = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(f->server), .verify = true},
        .secrets = f->secrets,
        .flags = HTTP_PLAIN};
    assert_int_equal(http_new(&options, &f->http, &f->err), 0);
    struct soap_options soap = {.http = f->http, .secrets = f->secrets};
    assert_int_equal(soap_new(&soap, &f->soap, &f->err), 0);
    assert_int_equal(call(f, true), ERR_NONE);
    struct xml_stream_options wanted = {
        .names = names, .element = log_in_meanwhile, .context = f};
    struct soap_request request = {
        .method = "RetrievePropertiesEx", .body = "<R/>", .idempotent = true};
    assert_int_equal(soap_stream(f->soap, &request, &wanted, f->arena, &f->reply, &f->err), 0);
    struct strbuf text;
    strbuf_init(&text, 100);
    assert_true(soap_cookie(f->soap, &text));
    assert_string_equal(strbuf_str(&text), "vmware_soap_session=good-cookie");
    strbuf_release(&text);
    tear_down((void **)&f);
}

static void test_open_method(void **state)
{
    (void)state;
    struct strbuf out;
    struct xml_writer w;
    struct err err;
    strbuf_init(&out, 1000);
    xml_write_init(&w, &out);
    soap_open_method(&w, "PowerOnVM_Task", "VirtualMachine", "vm-1&2");
    xml_write_close(&w);
    assert_int_equal(xml_write_finish(&w, &err), 0);
    assert_string_equal(strbuf_str(&out),
                        "<PowerOnVM_Task xmlns=\"urn:vim25\"><_this type=\"VirtualMachine\">"
                        "vm-1&amp;2</_this></PowerOnVM_Task>");
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_call_and_cookie, set_up, tear_down),
        cmocka_unit_test(test_cookie_of_a_late_answer),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
        cmocka_unit_test(test_fault_codes),
        cmocka_unit_test_setup_teardown(test_task_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
        cmocka_unit_test(test_open_method),
    };
    return cmocka_run_group_tests_name("soap", tests, NULL, NULL);
}
