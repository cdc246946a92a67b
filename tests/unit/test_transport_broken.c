/* test_transport_broken.c: http.h when requests are refused and connections break. */
#include "../harness/unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http.h"
#include "test_transport_server.h"

static struct http *client(const struct http_options *options)
{
    struct http *http = NULL;
    struct err err = {0};
    if (http_new(options, &http, &err) < 0)
        fail_msg("http_new: %s", err.message);
    return http;
}

static struct http *plain_client(unsigned port, struct cancel cancel)
{
    struct http_options options = {
        .endpoint = {.name = "127.0.0.1", .port = port, .verify = true},
        .cancel = cancel,
        .flags = HTTP_PLAIN};
    return client(&options);
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

static void test_bad_requests(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "echo", "/a b", "/a\r\nX: y", "/a#b"};
    struct http *http = plain_client(unused_port(), (struct cancel){0});
    struct http_response response;
    struct err err;
    http_response_init(&response);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct http_request request = {.path = paths[i]};
        assert_int_equal(ask(http, &request, &response, &err), ERR_INVALID);
    }
    struct http_header header = {"X-A", "b\r\nX-C: d"};
    struct http_request request = {.path = "/", .headers = &header, .n_headers = 1};
    assert_int_equal(ask(http, &request, &response, &err), ERR_INVALID);
    http_response_release(&response);
    http_free(http);
}

static void test_bad_endpoints(void **state)
{
    (void)state;
    static const struct {
        struct endpoint endpoint;
        unsigned flags;
    } cases[] = {
        {{.name = NULL}, 0},
        {{.name = ""}, 0},
        {{.name = "a/b"}, 0},
        {{.name = "user@host"}, 0},
        {{.name = "host", .port = 65536}, 0},
        {{.name = "host", .connect_to = "127.0.0.1"}, 0},
        {{.name = "host", .connect_to = "127.0.0.1:0"}, 0},
        {{.name = "host", .connect_to = "127.0.0.1:99999"}, 0},
        {{.name = "host", .connect_to = "::1:443"}, 0},
        {{.name = "host.example"}, HTTP_PLAIN},
        {{.name = "127.evil.example"}, HTTP_PLAIN},
        {{.name = "127.0.0.1", .connect_to = "192.0.2.1:80"}, HTTP_PLAIN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_options options = {.endpoint = cases[i].endpoint, .flags = cases[i].flags};
        struct http *http = NULL;
        struct err err = {0};
        assert_int_equal(http_new(&options, &http, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(http);
    }
    struct http_options six = {
        .endpoint = {.name = "::1", .port = 8443, .connect_to = "[::1]:443"}};
    struct http *http = client(&six);
    assert_string_equal(http_base_url(http), "https://[::1]:8443");
    http_free(http);
}

/* ---- Connections that break ---- */

enum fault {
    FAULT_CLOSE_AT_ONCE,    /* accept, close */
    FAULT_CLOSE_AFTER,      /* read the request, close */
    FAULT_CUT_BODY,         /* promise 100 bytes, send 10 */
    FAULT_CUT_HEADERS,      /* stop inside the head */
    FAULT_NOT_HTTP,         /* answer with something else */
    FAULT_HUGE_HEADERS,     /* an endless head */
    FAULT_SILENT,           /* never answer */
    FAULT_ANSWER_THEN_CLOSE /* keep-alive, answer the first, drop the second */
};

struct faulty {
    enum fault fault;
    atomic_uint n_requests;
};

static void serve_fault(int fd, unsigned n_connection, void *context)
{
    struct faulty *f = context;
    char request[4096], byte;
    if (f->fault == FAULT_CLOSE_AT_ONCE || !raw_read_request(fd, request, sizeof(request)))
        return;
    atomic_fetch_add(&f->n_requests, 1);
    switch (f->fault) {
    case FAULT_CUT_BODY:
        raw_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
        break;
    case FAULT_CUT_HEADERS:
        raw_write(fd, "HTTP/1.1 200 OK\r\nContent-Le");
        break;
    case FAULT_NOT_HTTP:
        raw_write(fd, "SSH-2.0-OpenSSH_9.0\r\n");
        break;
    case FAULT_HUGE_HEADERS:
        raw_write(fd, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 3000; i++)
            raw_write(fd, "X-Filler: 0123456789012345678901234567890\r\n");
        raw_write(fd, "\r\n");
        break;
    case FAULT_SILENT:
        while (read(fd, &byte, 1) > 0)
            continue;
        break;
    case FAULT_ANSWER_THEN_CLOSE:
        raw_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        if (n_connection == 0 && raw_read_request(fd, request, sizeof(request)))
            atomic_fetch_add(&f->n_requests, 1);
        break;
    case FAULT_CLOSE_AT_ONCE:
    case FAULT_CLOSE_AFTER:
        break;
    }
}

static void test_broken_connections(void **state)
{
    (void)state;
    static const struct {
        enum fault fault;
        enum err_code idempotent, other;
    } cases[] = {
        {FAULT_CLOSE_AFTER, ERR_UNREACHABLE, ERR_UNCERTAIN},
        {FAULT_CUT_BODY, ERR_UNREACHABLE, ERR_UNCERTAIN},
        {FAULT_CUT_HEADERS, ERR_UNREACHABLE, ERR_UNCERTAIN},
        {FAULT_NOT_HTTP, ERR_INVALID, ERR_UNCERTAIN},
        {FAULT_HUGE_HEADERS, ERR_INVALID, ERR_INVALID},
        {FAULT_SILENT, ERR_TIMEOUT, ERR_UNCERTAIN},
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        bool idempotent = i % 2 == 0;
        struct faulty f = {.fault = cases[i / 2].fault};
        struct raw_server *server = raw_start(serve_fault, &f);
        struct http *http = plain_client(raw_port(server), (struct cancel){0});
        struct http_response response;
        struct err err;
        http_response_init(&response);
        struct http_request request = {.method = "POST",
                                       .path = "/",
                                       .idempotent = idempotent,
                                       .timeout_ms = f.fault == FAULT_SILENT ? 300 : 0};
        enum err_code code = ask(http, &request, &response, &err);
        assert_int_equal(code, idempotent ? cases[i / 2].idempotent : cases[i / 2].other);
        assert_int_equal(strncmp(err.message, "http://127.0.0.1:", 17), 0);
        assert_int_equal(atomic_load(&f.n_requests), 1);
        http_response_release(&response);
        http_free(http);
        raw_stop(server);
    }
}

/* Before the request is out nothing is uncertain. */
static void test_broken_before_sending(void **state)
{
    (void)state;
    struct faulty f = {.fault = FAULT_CLOSE_AT_ONCE};
    struct raw_server *server = raw_start(serve_fault, &f);
    struct http_options options = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(server), .verify = true}};
    struct http *http = client(&options); /* TLS to a server that hangs up */
    struct http_response response;
    struct err err;
    http_response_init(&response);
    struct http_request request = {.method = "POST", .path = "/"};
    assert_int_equal(ask(http, &request, &response, &err), ERR_UNREACHABLE);
    http_free(http);
    raw_stop(server);

    http = plain_client(unused_port(), (struct cancel){0});
    assert_int_equal(ask(http, &request, &response, &err), ERR_UNREACHABLE);
    http_free(http);
    struct http_options nowhere = {.endpoint = {.name = "no-such-host.invalid"}};
    http = client(&nowhere);
    assert_int_equal(ask(http, &request, &response, &err), ERR_UNREACHABLE);
    assert_non_null(strstr(err.message, "no-such-host.invalid"));
    http_free(http);
    http_response_release(&response);
}

/* libcurl repeats a request when a kept-alive connection dies under it; that may happen to
 * idempotent ones only. */
static void test_nothing_is_sent_twice(void **state)
{
    (void)state;
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        struct faulty f = {.fault = FAULT_ANSWER_THEN_CLOSE};
        struct raw_server *server = raw_start(serve_fault, &f);
        struct http *http = plain_client(raw_port(server), (struct cancel){0});
        struct http_response response;
        struct err err;
        http_response_init(&response);
        struct http_request request = {.method = "POST",
                                       .path = "/",
                                       .body = "x",
                                       .body_size = 1,
                                       .idempotent = idempotent != 0};
        assert_int_equal(ask(http, &request, &response, &err), ERR_NONE);
        enum err_code code = ask(http, &request, &response, &err);
        assert_int_equal(code, idempotent ? ERR_NONE : ERR_UNCERTAIN);
        assert_int_equal(atomic_load(&f.n_requests), idempotent ? 3 : 2);
        http_response_release(&response);
        http_free(http);
        raw_stop(server);
    }
}

static bool request_arrived(void *context)
{
    struct faulty *f = context;
    return atomic_load(&f->n_requests) > 0;
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void test_cancel(void **state)
{
    (void)state;
    static const enum err_code codes[] = {ERR_UNCERTAIN, ERR_CANCELLED};
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        struct faulty f = {.fault = FAULT_SILENT};
        struct raw_server *server = raw_start(serve_fault, &f);
        struct cancel cancel = {request_arrived, &f};
        struct http *http = plain_client(raw_port(server), cancel);
        struct http_response response;
        struct err err;
        http_response_init(&response);
        struct http_request request = {.path = "/", .idempotent = idempotent != 0};
        assert_int_equal(ask(http, &request, &response, &err), codes[idempotent]);
        assert_non_null(strstr(err.message, "cancelled"));
        http_free(http);
        http = plain_client(raw_port(server), (struct cancel){always, NULL});
        request.idempotent = false;
        assert_int_equal(ask(http, &request, &response, &err), ERR_CANCELLED);
        http_response_release(&response);
        http_free(http);
        raw_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_bad_endpoints),
        cmocka_unit_test(test_broken_connections),
        cmocka_unit_test(test_broken_before_sending),
        cmocka_unit_test(test_nothing_is_sent_twice),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests_name("http, broken", tests, NULL, NULL);
}
