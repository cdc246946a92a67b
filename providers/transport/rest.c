/* rest.c: see rest.h. */
#include "rest.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "excerpt.h"
#include "http.h"
#include "redact.h"

#define MAX_ERRORS 8 /* of errors[], shown */
#define MAX_ERROR_TEXT ((size_t)900)

struct rest {
    struct rest_options options;
};

struct rest *rest_new(const struct rest_options *options)
{
    struct rest *rest = calloc(1, sizeof(*rest));
    if (rest == NULL)
        abort();
    rest->options = *options;
    return rest;
}

void rest_free(struct rest *rest)
{
    free(rest);
}

void rest_reply_init(struct rest_reply *reply)
{
    *reply = (struct rest_reply){.status = 0};
    strbuf_init(&reply->raw, STRBUF_MAX_OUTPUT);
    strbuf_init(&reply->location, 8192);
}

void rest_reply_release(struct rest_reply *reply)
{
    json_decref(reply->body);
    reply->body = NULL;
    strbuf_release(&reply->raw);
    strbuf_release(&reply->location);
}

/* ---- Errors ---- */

static void add_text(struct strbuf *out, const char *separator, const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL || text[0] == '\0')
        return;
    if (strbuf_len(out) > 0)
        strbuf_add(out, separator);
    strbuf_add_mem(out, text, strnlen(text, EXCERPT_MAX));
}

/* errors[] of vra7-api.md §2.3; false when the answer is no such document. */
static bool add_errors(struct strbuf *out, const char *data, size_t size,
                       struct rest_reply *reply)
{
    json_t *root = json_loadb(data, size, 0, NULL);
    const json_t *errors = json_object_get(root, "errors"), *item;
    size_t i = 0;
    json_array_foreach(errors, i, item)
    {
        const json_t *code = json_object_get(item, "code");
        if (i == 0)
            reply->error_code = json_integer_value(code);
        if (i >= MAX_ERRORS)
            break;
        add_text(out, "; ", json_object_get(item, "message"));
        add_text(out, ": ", json_object_get(item, "systemMessage"));
        if (json_is_integer(code))
            strbuf_addf(out, " (%lld)", (long long)json_integer_value(code));
    }
    if (strbuf_len(out) == 0)
        add_text(out, "; ", json_object_get(root, "message"));
    json_decref(root);
    return strbuf_len(out) > 0;
}

static int refused(const struct rest *rest, const struct http_request *request,
                   const struct http_response *response, struct rest_reply *reply,
                   struct err *err)
{
    const struct secrets *secrets = http_secrets(rest->options.http);
    struct strbuf text, clean;
    const char *body = strbuf_str(&response->body);
    size_t size = strbuf_len(&response->body);
    strbuf_init(&text, (size_t)8 * 1024);
    strbuf_init(&clean, MAX_ERROR_TEXT);
    if (add_errors(&text, body, size, reply))
        excerpt_add(&clean, strbuf_str(&text), strbuf_len(&text), secrets);
    else
        excerpt_add(&clean, body, size, secrets);
    err_set(err, http_status_code(response->status, request->idempotent),
            "%s %s: HTTP status %ld%s%s", request->method, request->path, response->status,
            strbuf_len(&clean) > 0 ? ": " : "", strbuf_str(&clean));
    secrets_redact_err(secrets, err);
    strbuf_release(&text);
    strbuf_release(&clean);
    return -1;
}

/* Done, but what came back cannot be read. */
static int unreadable(const struct rest *rest, const struct http_request *request,
                      const struct http_response *response, const char *why, struct err *err)
{
    const struct secrets *secrets = http_secrets(rest->options.http);
    struct strbuf text;
    strbuf_init(&text, 1024);
    excerpt_add(&text, strbuf_str(&response->body), strbuf_len(&response->body), secrets);
    err_set(err, request->idempotent ? ERR_INVALID : ERR_UNCERTAIN,
            "%s %s: HTTP status %ld, but the answer is not JSON (%s): %s", request->method,
            request->path, response->status, why, strbuf_str(&text));
    secrets_redact_err(secrets, err);
    strbuf_release(&text);
    return -1;
}

/* ---- Calls ---- */

static bool is_blank(const struct strbuf *text)
{
    return strspn(strbuf_str(text), " \t\r\n") == strbuf_len(text);
}

static int read_reply(const struct rest *rest, const struct rest_request *request,
                      const struct http_request *sent, struct http_response *response,
                      struct rest_reply *reply, struct err *err)
{
    reply->status = response->status;
    if (response->status < 200 || response->status > 299)
        return refused(rest, sent, response, reply, err);
    http_response_header(response, "Location", &reply->location);
    if (request->flags & REST_RAW) {
        strbuf_release(&reply->raw);
        reply->raw = response->body;
        strbuf_init(&response->body, 0);
        return 0;
    }
    if (is_blank(&response->body))
        return 0;
    json_error_t why;
    reply->body = json_loadb(strbuf_str(&response->body), strbuf_len(&response->body),
                             JSON_DECODE_ANY, &why);
    if (reply->body == NULL)
        return unreadable(rest, sent, response, why.text, err);
    return 0;
}

static bool is_idempotent(const char *method, unsigned flags)
{
    static const char *const always[] = {"GET", "HEAD", "PUT", "DELETE"};
    if (flags & (REST_IDEMPOTENT | REST_NOT_IDEMPOTENT))
        return (flags & REST_NOT_IDEMPOTENT) == 0;
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        if (strcmp(method, always[i]) == 0)
            return true;
    return false;
}

static void wipe(struct strbuf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->len);
    strbuf_release(buf);
}

static int append_json(const char *data, size_t size, void *context)
{
    strbuf_add_mem(context, data, size);
    return 0;
}

static int encode(const struct json_t *body, struct strbuf *out, struct err *err)
{
    if (body == NULL)
        return 0;
    if (json_dump_callback(body, append_json, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
        return err_set(err, ERR_INTERNAL, "the request cannot be written as JSON");
    return 0;
}

int rest_call(struct rest *rest, const struct rest_request *request, struct rest_reply *reply,
              struct err *err)
{
    struct strbuf body, authorization;
    struct http_response response;
    rest_reply_release(reply);
    rest_reply_init(reply);
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    strbuf_init(&authorization, 8192);
    http_response_init(&response);
    struct http_header headers[2] = {
        {"Accept", request->accept == NULL ? "application/json" : request->accept}};
    struct http_request http = {.method = request->method == NULL ? "GET" : request->method,
                                .path = request->path,
                                .headers = headers,
                                .n_headers = 1,
                                .parts = request->parts,
                                .n_parts = request->n_parts,
                                .timeout_ms = request->timeout_ms,
                                .max_body = request->max_body};
    http.idempotent = is_idempotent(http.method, request->flags);
    if (rest->options.authorize != NULL && !(request->flags & REST_NO_AUTH))
        rest->options.authorize(rest->options.context, &authorization);
    if (strbuf_len(&authorization) > 0)
        headers[http.n_headers++] =
            (struct http_header){"Authorization", strbuf_str(&authorization)};
    int rc = encode(request->body, &body, err);
    if (request->body != NULL) {
        http.body = strbuf_str(&body);
        http.body_size = strbuf_len(&body);
        http.content_type = "application/json";
    }
    if (rc == 0)
        rc = http_call(rest->options.http, &http, &response, err);
    if (rc == 0)
        rc = read_reply(rest, request, &http, &response, reply, err);
    http_response_release(&response);
    wipe(&body); /* may hold a password */
    wipe(&authorization);
    return rc;
}

/* ---- Location ---- */

void rest_location_path(const char *location, struct strbuf *out)
{
    const char *scheme_end = strstr(location, "://");
    if (scheme_end != NULL) {
        location = strchr(scheme_end + 3, '/');
        if (location == NULL)
            location = "/";
    }
    strbuf_add_mem(out, location, strcspn(location, "?#"));
}

void rest_location_id(const char *location, struct strbuf *out)
{
    struct strbuf path;
    strbuf_init(&path, 8192);
    rest_location_path(location, &path);
    while (path.len > 0 && path.data[path.len - 1] == '/')
        strbuf_truncate(&path, path.len - 1);
    const char *slash = strrchr(strbuf_str(&path), '/');
    if (slash != NULL)
        strbuf_add(out, slash + 1);
    strbuf_release(&path);
}
