/* test_transport_rest.c: rest.h against scripted answers (vra7-api.md §2.3, §2.4). */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "excerpt.h"
#include "http.h"
#include "redact.h"
#include "rest.h"
#include "strbuf.h"
#include "test_transport_server.h"

struct fixture {
    struct script script;
    struct raw_server *server;
    struct secrets *secrets;
    struct http *http;
    struct rest *rest;
    struct rest_reply reply;
    struct err err;
};

static void authorize(void *context, struct strbuf *value)
{
    strbuf_addf(value, "Bearer %s", (const char *)context);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->server = raw_start(serve_script, &f->script);
    f->secrets = secrets_new();
    secrets_add(f->secrets, "s3cret/t\"ken");
    struct http_options options = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(f->server), .verify = true},
        .secrets = f->secrets,
        .flags = HTTP_PLAIN};
    assert_int_equal(http_new(&options, &f->http, &f->err), 0);
    struct rest_options rest = {
        .http = f->http, .authorize = authorize, .context = (void *)"T0ken="};
    f->rest = rest_new(&rest);
    rest_reply_init(&f->reply);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rest_reply_release(&f->reply);
    rest_free(f->rest);
    http_free(f->http);
    raw_stop(f->server);
    secrets_free(f->secrets);
    free(f);
    return 0;
}

static void script(struct fixture *f, unsigned status, const char *headers, const char *body)
{
    f->script.n_replies = 1;
    f->script.n_served = 0;
    f->script.replies[0].status = status;
    f->script.replies[0].headers = headers;
    f->script.replies[0].body = body;
}

static enum err_code call(struct fixture *f, const char *method, unsigned flags)
{
    struct rest_request request = {.method = method, .path = "/api/things", .flags = flags};
    err_clear(&f->err);
    return rest_call(f->rest, &request, &f->reply, &f->err) == 0 ? ERR_NONE : f->err.code;
}

static void test_success(void **state)
{
    struct fixture *f = *state;
    script(f, 201, "Location: https://internal.host/api/things/a%20b?x=1\r\n", "");
    struct json_t *body = json_pack("{s:s}", "name", "x");
    struct rest_request request = {.method = "POST", .path = "/api/things", .body = body};
    assert_int_equal(rest_call(f->rest, &request, &f->reply, &f->err), 0);
    json_decref(body);
    assert_int_equal(f->reply.status, 201);
    assert_null(f->reply.body);
    assert_non_null(strstr(f->script.request, "Authorization: Bearer T0ken=\r\n"));
    assert_non_null(strstr(f->script.request, "Accept: application/json\r\n"));
    assert_non_null(strstr(f->script.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(f->script.request, "\r\n\r\n{\"name\":\"x\"}"));
    struct strbuf text;
    strbuf_init(&text, 1000);
    rest_location_path(strbuf_str(&f->reply.location), &text);
    assert_string_equal(strbuf_str(&text), "/api/things/a%20b");
    strbuf_clear(&text);
    rest_location_id(strbuf_str(&f->reply.location), &text);
    assert_string_equal(strbuf_str(&text), "a%20b");
    strbuf_release(&text);
    script(f, 200, NULL, "{\"content\":[1,2]}");
    assert_int_equal(call(f, NULL, REST_NO_AUTH), ERR_NONE);
    assert_int_equal(json_array_size(json_object_get(f->reply.body, "content")), 2);
    assert_int_equal(strbuf_len(&f->reply.location), 0);
    assert_non_null(strstr(f->script.request, "GET /api/things HTTP/1.1\r\n"));
    assert_null(strstr(f->script.request, "Authorization"));
    script(f, 204, NULL, "");
    assert_int_equal(call(f, "DELETE", 0), ERR_NONE);
    assert_null(f->reply.body);
    script(f, 200, "Content-Type: application/zip\r\n", "PK not JSON");
    assert_int_equal(call(f, "GET", REST_RAW), ERR_NONE);
    assert_string_equal(strbuf_str(&f->reply.raw), "PK not JSON");
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    static const struct {
        unsigned status;
        const char *body, *says;
        enum err_code code;
        int error_code;
    } cases[] = {
        {400,
         "{\"errors\":[{\"code\":10101,\"source\":null,\"message\":\"Invalid argument.\","
         "\"systemMessage\":\"The provided resource was null.\",\"moreInfoUrl\":null}]}",
         "POST /api/things: HTTP status 400: Invalid argument.: The provided resource was null."
         " (10101)",
         ERR_INVALID, 10101},
        {500,
         "{\"errors\":[{\"code\":50505,\"message\":\"System "
         "exception.\",\"systemMessage\":null}"
         ",{\"code\":\"x\",\"message\":\"second\"}]}",
         "System exception. (50505); second", ERR_INVALID, 50505},
        {400, "{\"errors\":[{\"code\":90135,\"message\":\"bad password s3cret\\/t\\\"ken\"}]}",
         "bad password *** (90135)", ERR_INVALID, 90135},
        {401, "", "HTTP status 401", ERR_DENIED, 0},
        {404, "{}", "HTTP status 404: {}", ERR_NOT_FOUND, 0},
        {409, "[]", "HTTP status 409: []", ERR_CONFLICT, 0},
        {403, "<html><head><style>p{}</style></head><body><h1>Forbidden</h1></body></html>",
         "HTTP status 403: Forbidden", ERR_DENIED, 0},
        {503, "\x1b[31mred\x1b[0m\r\n\r\nX: y", "HTTP status 503: [31mred [0m X: y", ERR_BUSY,
         0},
        {502, "{\"errors\":\"none\"}", "HTTP status 502", ERR_UNCERTAIN, 0},
        {302, "", "HTTP status 302", ERR_INVALID, 0},
        {400, "{\"message\":\"only this\"}", "HTTP status 400: only this", ERR_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        script(f, cases[i].status, NULL, cases[i].body);
        enum err_code code = call(f, "POST", 0);
        if (code != cases[i].code || strstr(f->err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s %s", i, err_code_name(code), f->err.message);
        assert_int_equal(f->reply.status, cases[i].status);
        assert_int_equal(f->reply.error_code, cases[i].error_code);
    }
}

static void test_not_json(void **state)
{
    struct fixture *f = *state;
    script(f, 200, "Content-Type: text/html\r\n", "<html>please log in</html>");
    assert_int_equal(call(f, "GET", 0), ERR_INVALID);
    assert_non_null(strstr(f->err.message, "not JSON"));
    assert_non_null(strstr(f->err.message, "please log in"));
    assert_int_equal(call(f, "POST", 0), ERR_UNCERTAIN);
    assert_int_equal(call(f, "POST", REST_IDEMPOTENT), ERR_INVALID);
    assert_int_equal(call(f, "PUT", REST_NOT_IDEMPOTENT), ERR_UNCERTAIN);
    script(f, 200, NULL, "{\"a\":1} trailing");
    assert_int_equal(call(f, "GET", 0), ERR_INVALID);
    script(f, 200, NULL, " \r\n");
    assert_int_equal(call(f, "GET", 0), ERR_NONE);
    assert_null(f->reply.body);
    char deep[5000];
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    script(f, 200, NULL, deep);
    assert_int_equal(call(f, "GET", 0), ERR_INVALID);
}

static void test_location(void **state)
{
    (void)state;
    static const struct {
        const char *location, *path, *id;
    } cases[] = {{"https://h/a/b", "/a/b", "b"},
                 {"/a/b/", "/a/b/", "b"},
                 {"https://h", "/", ""},
                 {"", "", ""},
                 {"https://h:8/a?b=/c", "/a", "a"},
                 {"/a#x/y", "/a", "a"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf out;
        strbuf_init(&out, 100);
        rest_location_path(cases[i].location, &out);
        assert_string_equal(strbuf_str(&out), cases[i].path);
        strbuf_clear(&out);
        rest_location_id(cases[i].location, &out);
        assert_string_equal(strbuf_str(&out), cases[i].id);
        strbuf_release(&out);
    }
}

static void test_excerpt(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    struct strbuf out, page;
    strbuf_init(&out, 10000);
    strbuf_init(&page, 1000000);
    strbuf_add(&page, "<!DOCTYPE html><html><script>var x = '<b>';</script><!-- no --><p>A\n");
    for (int i = 0; i < 20000; i++)
        strbuf_add(&page, "\xc3\xa9");
    excerpt_add(&out, strbuf_str(&page), strbuf_len(&page), secrets);
    assert_true(strbuf_len(&out) <= EXCERPT_MAX);
    assert_int_equal(strncmp(strbuf_str(&out), "A \xc3\xa9\xc3\xa9", 6), 0);
    assert_string_equal(strbuf_str(&out) + strbuf_len(&out) - 5, "\xc3\xa9...");
    strbuf_clear(&out);
    /* A secret across the place of the cut must not show its beginning. */
    secrets_add(secrets, "correct horse battery staple");
    strbuf_clear(&page);
    strbuf_add_repeat(&page, 'x', EXCERPT_MAX - 10);
    strbuf_add(&page, "correct horse battery staple");
    excerpt_add(&out, strbuf_str(&page), strbuf_len(&page), secrets);
    assert_null(strstr(strbuf_str(&out), "corr"));
    strbuf_clear(&out);
    excerpt_add(&out, "<html", 5, NULL);
    excerpt_add(&out, "<html><script>", 14, NULL);
    excerpt_add(&out, "", 0, NULL);
    assert_string_equal(strbuf_str(&out), "");
    excerpt_add(&out, "a < b", 5, NULL);
    assert_string_equal(strbuf_str(&out), "a < b");
    strbuf_release(&out);
    strbuf_release(&page);
    secrets_free(secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_success, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_json, set_up, tear_down),
        cmocka_unit_test(test_location),
        cmocka_unit_test(test_excerpt),
    };
    return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
