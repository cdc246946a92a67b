/* test_transport_http.c: http.h and url.h against loopback servers that misbehave on purpose.
 */
#include "../harness/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "http.h"
#include "redact.h"
#include "test_transport_server.h"
#include "url.h"

static struct pki pki;

/* ---- TLS server: answers with what it was asked ---- */

struct seen {
    char *text;
    size_t len;
    bool started;
};

static enum MHD_Result add_seen_header(void *context, enum MHD_ValueKind kind, const char *key,
                                       const char *value)
{
    (void)kind;
    struct strbuf *out = context;
    strbuf_addf(out, "%s: %s\n", key, value == NULL ? "" : value);
    return MHD_YES;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
                             const char *text, size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "X-Colour", "blue");
    if (status == 302)
        MHD_add_response_header(response, "Location", "/echo");
    enum MHD_Result rc = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return rc;
}

static enum MHD_Result answer(struct MHD_Connection *connection, const char *url,
                              const char *method, const char *body, size_t body_size)
{
    static char large[100000];
    if (strcmp(url, "/large") == 0) {
        memset(large, 'x', sizeof(large));
        return reply(connection, 200, large, sizeof(large));
    }
    if (strcmp(url, "/moved") == 0)
        return reply(connection, 302, "moved", 5);
    if (strcmp(url, "/broken") == 0)
        return reply(connection, 500, "it broke", 8);
    struct strbuf text;
    strbuf_init(&text, 1 << 20);
    strbuf_addf(&text, "%s %s\n", method, url);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_seen_header, &text);
    strbuf_addf(&text, "\n%.*s", (int)body_size, body == NULL ? "" : body);
    enum MHD_Result rc = reply(connection, 200, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return rc;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    (void)context, (void)version;
    struct strbuf *body = *state;
    if (body == NULL) {
        body = calloc(1, sizeof(*body));
        strbuf_init(body, 1 << 20);
        *state = body;
        return MHD_YES;
    }
    if (*size > 0) {
        strbuf_add_mem(body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return answer(connection, url, method, strbuf_str(body), strbuf_len(body));
}

static void done(void *context, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    if (*state != NULL)
        strbuf_release(*state);
    free(*state);
}

static atomic_uint n_tls_connections;

static void count_connection(void *context, struct MHD_Connection *connection,
                             void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    (void)context, (void)connection, (void)socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&n_tls_connections, 1);
}

static struct MHD_Daemon *tls_start(unsigned *ret_port)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, handle, NULL,
        MHD_OPTION_HTTPS_MEM_CERT, pki.cert_pem, MHD_OPTION_HTTPS_MEM_KEY, pki.key_pem,
        MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_NOTIFY_CONNECTION, count_connection,
        NULL, MHD_OPTION_END);
    assert_non_null(daemon);
    *ret_port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    atomic_store(&n_tls_connections, 0);
    return daemon;
}

/* ---- Helpers ---- */

static struct http *client(const struct http_options *options)
{
    struct http *http = NULL;
    struct err err = {0};
    if (http_new(options, &http, &err) < 0)
        fail_msg("http_new: %s", err.message);
    return http;
}

static struct http_options tls_options(unsigned port, char connect_to[32])
{
    snprintf(connect_to, 32, "127.0.0.1:%u", port);
    return (struct http_options){.endpoint = {.name = SERVER_NAME,
                                              .connect_to = connect_to,
                                              .ca_file = pki.ca_file,
                                              .verify = true}};
}

/* One request; returns the error code, ERR_NONE for an answer. */
static enum err_code ask(struct http *http, const struct http_request *request,
                         struct http_response *response, struct err *err)
{
    err_clear(err);
    int rc = http_call(http, request, response, err);
    if (rc == 0)
        return ERR_NONE;
    assert_int_not_equal(err->code, ERR_NONE);
    assert_true(err->message[0] != '\0');
    return err->code;
}

/* ---- TLS ---- */

static void test_request_as_sent(void **state)
{
    (void)state;
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    struct http_options options = tls_options(port, to);
    struct http *http = client(&options);
    struct http_response response;
    struct err err;
    http_response_init(&response);
    struct http_header header = {"X-Trace", "7"};
    struct http_request request = {.path = "/echo",
                                   .headers = &header,
                                   .n_headers = 1,
                                   .body = "<a/>",
                                   .body_size = 4,
                                   .content_type = "text/xml"};
    assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
    assert_int_equal(response.status, 200);
    const char *seen = strbuf_str(&response.body);
    assert_non_null(strstr(seen, "POST /echo\n"));
    assert_non_null(strstr(seen, "Host: " SERVER_NAME "\n"));
    assert_non_null(strstr(seen, "User-Agent: gridform\n"));
    assert_non_null(strstr(seen, "Content-Type: text/xml\n"));
    assert_non_null(strstr(seen, "Accept-Encoding: "));
    assert_non_null(strstr(seen, "X-Trace: 7\n"));
    assert_non_null(strstr(seen, "\n\n<a/>"));
    assert_null(strstr(seen, "Expect"));
    assert_null(strstr(seen, "Cookie"));
    struct strbuf value;
    strbuf_init(&value, 100);
    assert_true(http_response_header(&response, "x-colour", &value));
    assert_string_equal(strbuf_str(&value), "blue");
    assert_false(http_response_header(&response, "x-colou", &value));
    strbuf_release(&value);
    http_response_release(&response);
    http_free(http);
    MHD_stop_daemon(daemon);
}

static void test_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method, *body, *line;
    } cases[] = {{NULL, NULL, "GET /echo\n"},       {"DELETE", NULL, "DELETE /echo\n"},
                 {"PUT", "{}", "PUT /echo\n"},      {"PUT", NULL, "PUT /echo\n"},
                 {"POST", NULL, "POST /echo\n"},    {"PATCH", "[]", "PATCH /echo\n"},
                 {"DELETE", "x", "DELETE /echo\n"}, {NULL, "x", "POST /echo\n"}};
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    struct http_options options = tls_options(port, to);
    struct http *http = client(&options);
    struct http_response response;
    struct err err;
    http_response_init(&response);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_request request = {.method = cases[i].method,
                                       .path = "/echo",
                                       .body = cases[i].body,
                                       .idempotent = true,
                                       .body_size = cases[i].body ? strlen(cases[i].body) : 0};
        assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
        const char *seen = strbuf_str(&response.body);
        assert_int_equal(strncmp(seen, cases[i].line, strlen(cases[i].line)), 0);
        assert_string_equal(strstr(seen, "\n\n") + 2, cases[i].body ? cases[i].body : "");
        assert_null(strstr(seen, "Content-Type"));
    }
    struct http_request head = {.method = "HEAD", .path = "/echo", .idempotent = true};
    assert_int_equal(ask(http, &head, &response, &err), ERR_NONE);
    assert_int_equal(strbuf_len(&response.body), 0);
    /* One connection served them all, and no redirect is followed. */
    struct http_request moved = {.path = "/moved", .idempotent = true};
    assert_int_equal(ask(http, &moved, &response, &err), ERR_NONE);
    assert_int_equal(response.status, 302);
    assert_string_equal(strbuf_str(&response.body), "moved");
    assert_int_equal(atomic_load(&n_tls_connections), 1);
    http_response_release(&response);
    http_free(http);
    MHD_stop_daemon(daemon);
}

static void test_multipart(void **state)
{
    (void)state;
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    struct http_options options = tls_options(port, to);
    struct http *http = client(&options);
    struct http_response response;
    struct err err;
    http_response_init(&response);
    struct http_part part = {.name = "file",
                             .filename = "package.zip",
                             .data = "PK!",
                             .content_type = "application/octet-stream",
                             .size = 3};
    struct http_request request = {.path = "/echo", .parts = &part, .n_parts = 1};
    assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
    const char *seen = strbuf_str(&response.body);
    assert_non_null(strstr(seen, "Content-Type: multipart/form-data; boundary="));
    assert_non_null(strstr(seen, "form-data; name=\"file\"; filename=\"package.zip\"\r\n"));
    assert_non_null(strstr(seen, "Content-Type: application/octet-stream\r\n\r\nPK!\r\n"));
    http_response_release(&response);
    http_free(http);
    MHD_stop_daemon(daemon);
}

static void test_trust(void **state)
{
    (void)state;
    const struct {
        const char *name, *ca_file;
        bool verify;
        enum err_code code;
        const char *says;
    } cases[] = {
        {SERVER_NAME, pki.ca_file, true, ERR_NONE, NULL},
        {SERVER_NAME, pki.stranger_file, true, ERR_UNTRUSTED, "in ca_file"},
        {SERVER_NAME, NULL, true, ERR_UNTRUSTED, "in ca_file"},
        {"other.example.test", pki.ca_file, true, ERR_UNTRUSTED, "connect_to for the address"},
        {"127.0.0.1", pki.ca_file, true, ERR_UNTRUSTED, "connect_to for the address"},
        {"other.example.test", pki.stranger_file, false, ERR_NONE, NULL},
        {SERVER_NAME, "/nonexistent/ca.pem", true, ERR_INVALID, "/nonexistent/ca.pem"},
    };
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_options options = tls_options(port, to);
        options.endpoint.name = cases[i].name;
        options.endpoint.ca_file = cases[i].ca_file;
        options.endpoint.verify = cases[i].verify;
        struct http *http = client(&options);
        struct http_response response;
        struct err err;
        http_response_init(&response);
        struct http_request request = {.path = "/echo", .body = "x", .body_size = 1};
        assert_int_equal(ask(http, &request, &response, &err), cases[i].code);
        if (cases[i].says != NULL && strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.message);
        http_response_release(&response);
        http_free(http);
    }
    MHD_stop_daemon(daemon);
}

/* ---- Limits ---- */

struct collected {
    size_t size, pieces, stop_after;
};

static int collect(void *context, const void *data, size_t size, struct err *err)
{
    (void)data;
    struct collected *c = context;
    c->size += size;
    c->pieces++;
    if (c->stop_after != 0 && c->size >= c->stop_after)
        return err_set(err, ERR_CONFLICT, "enough");
    return 0;
}

static void test_body_limit_and_sink(void **state)
{
    (void)state;
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    struct http_options options = tls_options(port, to);
    options.max_body = 100000;
    struct http *http = client(&options);
    struct http_response response;
    struct err err;
    http_response_init(&response);
    struct collected c = {0};
    struct http_request request = {.path = "/large", .idempotent = true};
    assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
    assert_int_equal(strbuf_len(&response.body), 100000);
    request.max_body = 99999;
    assert_int_equal(ask(http, &request, &response, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "larger than 99999 bytes"));
    request.sink = collect;
    request.sink_context = &c;
    assert_int_equal(ask(http, &request, &response, &err), ERR_INVALID);
    request.max_body = 0;
    c = (struct collected){0};
    assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
    assert_int_equal(c.size, 100000);
    assert_true(c.pieces > 1);
    assert_int_equal(strbuf_len(&response.body), 0);
    c = (struct collected){.stop_after = 1};
    assert_int_equal(ask(http, &request, &response, &err), ERR_CONFLICT);
    assert_string_equal(err.message, "enough");
    c = (struct collected){0};
    request.path = "/broken";
    assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
    assert_int_equal(response.status, 500);
    assert_int_equal(c.pieces, 0);
    assert_string_equal(strbuf_str(&response.body), "it broke");
    http_response_release(&response);
    http_free(http);
    MHD_stop_daemon(daemon);
}

/* ---- The pool ---- */

static void *many_requests(void *context)
{
    struct http *http = context;
    struct http_response response;
    size_t failures = 0;
    http_response_init(&response);
    for (int i = 0; i < 20; i++) {
        struct err err = {0};
        struct http_request request = {.path = "/echo", .idempotent = true};
        failures += http_call(http, &request, &response, &err) < 0 || response.status != 200;
    }
    http_response_release(&response);
    return (void *)failures;
}

static void test_threads_share_the_pool(void **state)
{
    (void)state;
    char to[32];
    unsigned port;
    struct MHD_Daemon *daemon = tls_start(&port);
    struct http_options options = tls_options(port, to);
    options.max_connections = 2;
    struct http *http = client(&options);
    pthread_t threads[6];
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_requests, http), 0);
    for (size_t i = 0; i < 6; i++) {
        void *failures = NULL;
        pthread_join(threads[i], &failures);
        assert_null(failures);
    }
    assert_in_range(atomic_load(&n_tls_connections), 1, 2);
    http_free(http);
    MHD_stop_daemon(daemon);
}

/* ---- Pure parts ---- */

static void test_status_codes(void **state)
{
    (void)state;
    static const struct {
        long status;
        enum err_code idempotent, other;
    } cases[] = {{200, ERR_NONE, ERR_NONE},
                 {204, ERR_NONE, ERR_NONE},
                 {302, ERR_INVALID, ERR_INVALID},
                 {400, ERR_INVALID, ERR_INVALID},
                 {401, ERR_DENIED, ERR_DENIED},
                 {403, ERR_DENIED, ERR_DENIED},
                 {404, ERR_NOT_FOUND, ERR_NOT_FOUND},
                 {409, ERR_CONFLICT, ERR_CONFLICT},
                 {429, ERR_BUSY, ERR_BUSY},
                 {500, ERR_INVALID, ERR_INVALID},
                 {502, ERR_UNREACHABLE, ERR_UNCERTAIN},
                 {503, ERR_BUSY, ERR_BUSY},
                 {504, ERR_UNREACHABLE, ERR_UNCERTAIN}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(http_status_code(cases[i].status, true), cases[i].idempotent);
        assert_int_equal(http_status_code(cases[i].status, false), cases[i].other);
    }
}

static void test_url(void **state)
{
    (void)state;
    struct strbuf url;
    strbuf_init(&url, 1000);
    strbuf_add(&url, "/api");
    url_add_segment(&url, "a/b c\xc3\xa9");
    url_add_segment(&url, "..");
    url_add_query(&url, "$filter", "name eq 'X&Y=1+2'");
    url_add_query(&url, "page", "1");
    assert_string_equal(strbuf_str(&url), "/api/a%2Fb%20c%C3%A9/%2E%2E"
                                          "?$filter=name%20eq%20%27X%26Y%3D1%2B2%27&page=1");
    strbuf_release(&url);
}

static int make_pki(void **state)
{
    (void)state;
    pki_make(&pki);
    return 0;
}

static int remove_pki(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_as_sent),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_body_limit_and_sink),
        cmocka_unit_test(test_threads_share_the_pool),
        cmocka_unit_test(test_status_codes),
        cmocka_unit_test(test_url),
    };
    return cmocka_run_group_tests_name("http", tests, make_pki, remove_pki);
}
