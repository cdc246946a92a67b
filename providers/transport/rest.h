/* rest.h: JSON over HTTP, as vRealize Automation speaks it.
 *
 * Any 2xx status is a success (vra7-api.md §2.4). Anything else is an error that says method,
 * path, status and the texts of errors[] (§2.3); an empty body, an HTML page or anything else
 * that is not such a document is survived, cut short and never echoed whole. Its code comes
 * from the status (http_status_code); reply.status tells more. No call is repeated: a 401 is
 * ERR_DENIED with reply.status 401, and logging in again is the provider's.
 *
 * May be used by several threads at once when the authorize hook may.
 */
#ifndef GF_REST_H
#define GF_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"
#include "strbuf.h"

struct arena;
struct http;
struct http_part;
struct json_t;
struct rest;

struct rest_options {
    struct http *http; /* borrowed; must outlive the rest */
    /* Append the value of the Authorization header ("Bearer ..."), or nothing for none. May be
     * NULL. */
    void (*authorize)(void *context, struct strbuf *ret_value);
    void *context;
};

enum rest_flags {
    REST_IDEMPOTENT = 1 << 0, /* beyond GET, HEAD, PUT and DELETE, which are always */
    REST_NOT_IDEMPOTENT = 1 << 1,
    REST_NO_AUTH = 1 << 2, /* the login itself */
    REST_RAW = 1 << 3,     /* answer into reply.raw, whatever its type (content packages) */
};

struct rest_request {
    const char *method;            /* NULL = GET */
    const char *path;              /* encoded, with query (url.h) */
    const struct json_t *body;     /* borrowed; NULL = none */
    const struct http_part *parts; /* multipart/form-data instead of a body */
    size_t n_parts;
    const char *accept; /* NULL = application/json */
    unsigned flags;     /* enum rest_flags */
    int64_t timeout_ms;
    size_t max_body;
};

struct rest_reply {
    long status;            /* 0 when no answer came */
    struct json_t *body;    /* NULL when the answer had none */
    struct strbuf raw;      /* REST_RAW only */
    struct strbuf location; /* Location header, empty when there was none; it may name an
                               internal host: use its path only */
    int64_t error_code;     /* errors[0].code, 0 when there was none */
};

struct rest *rest_new(const struct rest_options *options);
void rest_free(struct rest *rest); /* accepts NULL */

void rest_reply_init(struct rest_reply *reply);
void rest_reply_release(struct rest_reply *reply);

/* reply is initialised by the caller, emptied first, and tells status and error_code on
 * failure too. A 2xx answer whose body is not JSON is ERR_INVALID for an idempotent request,
 * ERR_UNCERTAIN otherwise. */
MUST_CHECK int rest_call(struct rest *rest, const struct rest_request *request,
                         struct rest_reply *reply, struct err *err);

/* Append the path of a Location, or its last segment (the id), both still encoded. */
void rest_location_path(const char *location, struct strbuf *out);
void rest_location_id(const char *location, struct strbuf *out);

#endif
