/* state_transport.c: see state_transport.h. */
#include "state_transport.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "base64.h"
#include "cred.h"
#include "http.h"
#include "instance.h"
#include "redact.h"
#include "reference.h"
#include "sessions.h"
#include "store_http.h"
#include "url.h"

/* Time for a large state: this many bytes in a millisecond are always there. */
enum { SERVERS_MAX = 3, HEADERS_MAX = 64, BYTES_PER_MS = 64, ANSWER_MAX = 1 << 20 };

struct server {
    struct url_parts parts;
    struct http *http;
};

struct transport {
    struct state_http base;
    struct arena *arena;
    const struct instance *settings;
    const struct reference_place *place;
    struct cred cred;
    struct strbuf authorization; /* wiped at the end */
    struct http_header headers[HEADERS_MAX];
    size_t n_headers;
    struct server servers[SERVERS_MAX];
    size_t n_servers;
};

static int64_t timeout_of(const struct transport *t)
{
    const struct value *timeout = instance_get(t->settings, "timeout");
    return timeout->type == VALUE_INT ? timeout->integer : 60000;
}

/* ---- servers: addresses may have different hosts ------------------------------------------ */

static bool same_server(const struct url_parts *a, const struct url_parts *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port && a->is_plain == b->is_plain;
}

static int open_server(struct transport *t, const struct url_parts *parts, struct err *err)
{
    const char *ca_file = instance_text(t->settings, "ca_file");
    struct server *server = &t->servers[t->n_servers];
    server->parts = *parts;
    if (ca_file != NULL && ca_file[0] != '/')
        ca_file = arena_printf(t->arena, "%s/%s", t->place->directory, ca_file);
    const struct http_options options = {
        .endpoint = {.name = server->parts.host,
                     .port = server->parts.port,
                     .connect_to =
                         value_get_text(instance_get(t->settings, "connect_to"), parts->host),
                     .ca_file = ca_file,
                     .verify = true},
        .secrets = t->place->secrets,
        .timeout_ms = timeout_of(t),
        .max_connections = 1,
        .flags = parts->is_plain ? HTTP_PLAIN : 0};
    if (http_new(&options, &server->http, err) < 0)
        return -1;
    t->n_servers++;
    return 0;
}

/* Appends the request's path. */
static int find_server(struct transport *t, const char *url, struct http **ret_http,
                       struct strbuf *path, struct err *err)
{
    struct url_parts parts;
    if (url_split_any(url, &parts, path) < 0)
        return err_set(err, ERR_INVALID, "%s is no address of a server", url);
    for (size_t i = 0; i < t->n_servers; i++) {
        if (same_server(&t->servers[i].parts, &parts)) {
            *ret_http = t->servers[i].http;
            return 0;
        }
    }
    if (t->n_servers == SERVERS_MAX)
        return err_set(err, ERR_INTERNAL, "%s: one server too many", url);
    if (open_server(t, &parts, err) < 0)
        return -1;
    *ret_http = t->servers[t->n_servers - 1].http;
    return 0;
}

/* ---- requests ----------------------------------------------------------------------------- */

static int request(struct state_http *base, const struct state_http_request *request,
                   long *ret_status, struct strbuf *ret_body, struct err *err)
{
    struct transport *t = (struct transport *)base;
    struct strbuf path CLEANUP(strbuf_release);
    struct http *http;
    struct http_response response;
    struct http_header headers[HEADERS_MAX + 1];
    strbuf_init(&path, STRBUF_MAX_OUTPUT);
    if (find_server(t, request->url, &http, &path, err) < 0)
        return -1;
    memcpy(headers, t->headers, t->n_headers * sizeof(*headers));
    headers[t->n_headers] = (struct http_header){"Content-MD5", request->content_md5};
    bool reads = strcmp(request->method, "GET") == 0;
    const struct http_request sent = {
        .method = request->method,
        .path = strbuf_str(&path),
        .headers = headers,
        .n_headers = t->n_headers + (request->content_md5 != NULL ? 1 : 0),
        .body = request->body,
        .body_size = request->body_size,
        .content_type = request->body == NULL ? NULL : "application/json",
        .idempotent = request->idempotent,
        .timeout_ms = timeout_of(t) + (int64_t)(request->body_size / BYTES_PER_MS),
        .max_body = reads ? ret_body->max : ANSWER_MAX};
    http_response_init(&response);
    int result = http_call(http, &sent, &response, err);
    if (result == 0) {
        if (!reads || response.status != 200) /* what is shown, unlike a document */
            secrets_redact(t->place->secrets, &response.body);
        *ret_status = response.status;
        strbuf_release(ret_body);
        *ret_body = response.body;
        strbuf_init(&response.body, 0);
    }
    http_response_release(&response);
    return result;
}

static int sleep_ms(struct state_http *base, int64_t ms)
{
    struct run_env *env = ((struct transport *)base)->place->env;
    return env->op.sleep_ms(env, ms);
}

static void transport_close(struct state_http *base)
{
    struct transport *t = (struct transport *)base;
    for (size_t i = 0; i < t->n_servers; i++)
        http_free(t->servers[i].http);
    if (t->authorization.data != NULL)
        explicit_bzero(t->authorization.data, t->authorization.len);
    strbuf_release(&t->authorization);
    cred_release(&t->cred);
    arena_free(t->arena);
}

/* ---- opening ------------------------------------------------------------------------------ */

static int resolve(struct transport *t, const char *key, struct err *err)
{
    if (reference_resolve(t->place, instance_get(t->settings, key), t->arena, &t->cred, err) < 0)
        return err_wrap(err, "state: %s", key);
    if (strpbrk(t->cred.value, "\r\n") != NULL)
        return err_set(err, ERR_INVALID, "state: %s: has more than one line", key);
    return 0;
}

static void add_header(struct transport *t, const char *name, const char *value)
{
    t->headers[t->n_headers++] = (struct http_header){name, value};
}

static int add_basic(struct transport *t, struct err *err)
{
    struct strbuf pair;
    if (resolve(t, "password", err) < 0)
        return -1;
    strbuf_init(&pair, STRBUF_MAX_OUTPUT);
    strbuf_addf(&pair, "%s:%s", instance_text(t->settings, "username"), t->cred.value);
    strbuf_add(&t->authorization, "Basic ");
    base64_encode(&t->authorization, strbuf_str(&pair), strbuf_len(&pair));
    explicit_bzero(pair.data, pair.len);
    strbuf_release(&pair);
    add_header(t, "Authorization", strbuf_str(&t->authorization));
    return 0;
}

static int add_token(struct transport *t, struct err *err)
{
    const char *name = instance_text(t->settings, "token_header");
    if (resolve(t, "token", err) < 0)
        return -1;
    strbuf_addf(&t->authorization, "%s%s", name == NULL ? "Bearer " : "", t->cred.value);
    add_header(t, name == NULL ? "Authorization" : name, strbuf_str(&t->authorization));
    return 0;
}

static int add_headers(struct transport *t, struct err *err)
{
    const struct value *more = instance_get(t->settings, "headers");
    if (value_count(more) > HEADERS_MAX - 1)
        return err_set(err, ERR_INVALID, "state: more than %d headers", HEADERS_MAX - 1);
    for (size_t i = 0; i < value_count(more); i++)
        add_header(t, more->map.fields[i].key, value_text(more->map.fields[i].value));
    if (!value_is_absent(instance_get(t->settings, "password")))
        return add_basic(t, err);
    if (!value_is_absent(instance_get(t->settings, "token")))
        return add_token(t, err);
    return 0;
}

int state_transport_open(const struct instance *settings, const struct reference_place *place,
                         struct state_http **ret, struct err *err)
{
    struct arena *arena = arena_new();
    struct transport *t = ARENA_NEW(arena, struct transport);
    *t = (struct transport){
        .base = {.request = request, .sleep_ms = sleep_ms, .close = transport_close},
        .arena = arena,
        .settings = settings,
        .place = place};
    strbuf_init(&t->authorization, STRBUF_MAX_OUTPUT);
    if (add_headers(t, err) < 0) {
        transport_close(&t->base);
        return -1;
    }
    *ret = &t->base;
    return 0;
}
