/* http.h: HTTP/1.1 requests to one endpoint over libcurl.
 *
 * A struct http owns a small pool of connections and may be used by several threads at once;
 * a call that finds every connection taken waits for one. TLS is always used and verified
 * against endpoint.name unless the options say otherwise. There are no redirects, no cookies,
 * no .netrc, no proxy from the environment (unless asked), and nothing is ever repeated: a
 * request that is not idempotent is sent at most once, also on a kept-alive connection.
 *
 * Any complete answer is a success of http_call, whatever its status; soap.h and rest.h judge
 * it. Errors of http_call:
 *   ERR_UNREACHABLE  name not resolved, not connected, TLS failed, or connection lost
 *                    (before anything was sent, or the request is idempotent)
 *   ERR_UNTRUSTED    certificate refused; the message has the reason and the way out
 *   ERR_TIMEOUT      time ran out (before anything was sent, or the request is idempotent)
 *   ERR_UNCERTAIN    sent and not idempotent, and no complete answer came
 *   ERR_CANCELLED    the cancel hook said so (nothing sent, or idempotent)
 *   ERR_INVALID      answer larger than the maximum or not HTTP, ca_file unreadable, bad
 * request
 *
 * Facts: vsphere-api.md §2.1 (empty Expect, decoding), debian-12-libraries.md (CONNECT_TO).
 */
#ifndef GF_HTTP_H
#define GF_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"
#include "net.h"
#include "strbuf.h"

struct secrets;
struct http;

enum http_flags {
    HTTP_PROXY_FROM_ENV = 1 << 0, /* honour https_proxy, no_proxy and so on */
    HTTP_PLAIN = 1 << 1, /* http instead of https; refused unless to a loopback address */
};

struct http_options {
    struct endpoint endpoint;
    struct cancel cancel;
    const struct secrets *secrets; /* borrowed; error texts are redacted by it; may be NULL */
    const char *user_agent;        /* NULL = "gridform" */
    int64_t connect_timeout_ms;    /* 0 = 15 s */
    int64_t timeout_ms;            /* whole request, when it names none itself; 0 = 60 s */
    size_t max_body;               /* largest answer, when the request names none; 0 = 64 MiB */
    unsigned max_connections;      /* 0 = 8 */
    unsigned flags;                /* enum http_flags */
};

struct http_header {
    const char *name, *value;
};

/* One part of a multipart/form-data body. */
struct http_part {
    const char *name, *filename, *content_type; /* the latter two may be NULL */
    const void *data;
    size_t size;
};

/* Receives the body of a 2xx answer piece by piece (other bodies go to response.body).
 * Returns 0, or -1 with err filled in to end the call with that error. */
typedef int http_sink(void *context, const void *data, size_t size, struct err *err);

struct http_request {
    const char *method; /* "GET"; NULL = GET, or POST when there is a body */
    const char *path;   /* from the first '/', already percent-encoded (url.h), with query */
    const struct http_header *headers;
    size_t n_headers;
    const void *body; /* NULL = none */
    size_t body_size;
    const char *content_type;
    const struct http_part *parts; /* instead of body: multipart/form-data */
    size_t n_parts;
    bool idempotent; /* sending it twice does no harm: reads, deletes by id, whole PUTs */
    int64_t timeout_ms;
    size_t max_body;
    http_sink *sink; /* NULL = collect into response.body; max_body 0 is then no limit */
    void *sink_context;
};

struct http_response {
    long status;
    struct strbuf headers; /* of the final answer, as received */
    struct strbuf body;
};

/* err: ERR_INVALID for a name, port or connect_to that cannot be. The caller owns *ret_http. */
MUST_CHECK int http_new(const struct http_options *options, struct http **ret_http,
                        struct err *err);
void http_free(struct http *http); /* accepts NULL; no call may be under way */

void http_response_init(struct http_response *response);
void http_response_release(struct http_response *response);

/* response is initialised by the caller and emptied first; unspecified content on failure. */
MUST_CHECK int http_call(struct http *http, const struct http_request *request,
                         struct http_response *response, struct err *err);

/* Copy the first header of that name (any case) into out; false when there is none. */
bool http_response_header(const struct http_response *response, const char *name,
                          struct strbuf *out);

/* The error code that a status stands for; ERR_NONE for 2xx. */
enum err_code http_status_code(long status, bool idempotent);

/* "https://name:port", for messages. Borrowed from http. */
const char *http_base_url(const struct http *http);

/* The redactor given in the options, or NULL. */
const struct secrets *http_secrets(const struct http *http);

#endif
