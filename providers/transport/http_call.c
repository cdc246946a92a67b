/* http_call.c: one request of http.h: options in, callbacks, libcurl's errors out. */
#include "http_private.h"

#include <stdlib.h>
#include <string.h>

#include "redact.h"

/* Why a callback of ours ended the transfer. */
enum stop { STOP_NONE, STOP_CANCELLED, STOP_REPEAT, STOP_TOO_LARGE, STOP_HEADERS, STOP_SINK };

struct transfer {
    struct http *http;
    const struct http_request *request;
    struct http_response *response;
    CURL *curl;
    struct curl_slist *headers;
    curl_mime *mime;
    struct err *err;
    size_t max_body, received;
    unsigned n_sent; /* how often libcurl was about to send the request */
    bool head_complete;
    enum stop stop;
    char detail[CURL_ERROR_SIZE];
};

/* ---- Callbacks ---- */

/* Runs when the connection stands and the request is about to go out. libcurl would send it
 * again when a kept-alive connection dies without an answer; only idempotent ones may be. */
static int on_prereq(void *context, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    struct transfer *t = context;
    if (t->n_sent > 0 && !t->request->idempotent) {
        t->stop = STOP_REPEAT;
        return CURL_PREREQFUNC_ABORT;
    }
    t->n_sent++;
    return CURL_PREREQFUNC_OK;
}

static int on_progress(void *context, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                       curl_off_t ulnow)
{
    (void)dltotal, (void)dlnow, (void)ultotal, (void)ulnow;
    struct transfer *t = context;
    if (!cancel_requested(&t->http->options.cancel))
        return 0;
    t->stop = STOP_CANCELLED;
    return 1;
}

static size_t on_header(char *data, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    struct strbuf *headers = &t->response->headers;
    size *= n;
    if (size >= 5 && memcmp(data, "HTTP/", 5) == 0)
        strbuf_clear(headers); /* an interim answer came before this one */
    t->head_complete = size <= 2 && data[size - 1] == '\n';
    strbuf_add_mem(headers, data, size);
    if (!strbuf_overflowed(headers))
        return size;
    t->stop = STOP_HEADERS;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    long status = 0;
    size *= n;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    t->received += size;
    if (t->received < size || t->received > t->max_body) {
        t->stop = STOP_TOO_LARGE;
        return 0;
    }
    if (t->request->sink == NULL || status < 200 || status > 299) {
        strbuf_add_mem(&t->response->body, data, size);
        if (!strbuf_overflowed(&t->response->body))
            return size;
        t->stop = STOP_TOO_LARGE;
        return 0;
    }
    if (t->request->sink(t->request->sink_context, data, size, t->err) == 0)
        return size;
    t->stop = STOP_SINK;
    return 0;
}

/* ---- Options in ---- */

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static int check_request(const struct http_request *r, struct err *err)
{
    bool good = r->path != NULL && r->path[0] == '/' && !has_control(r->path) &&
                strchr(r->path, ' ') == NULL && strchr(r->path, '#') == NULL;
    if (!good)
        return err_set(err, ERR_INVALID, "not a request path: \"%s\"",
                       r->path == NULL ? "" : r->path);
    for (size_t i = 0; i < r->n_headers; i++)
        if (has_control(r->headers[i].name) || has_control(r->headers[i].value))
            return err_set(err, ERR_INVALID, "header %s holds a control character",
                           r->headers[i].name);
    return 0;
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
    struct strbuf line;
    strbuf_init(&line, HTTP_MAX_HEADERS);
    /* libcurl's notation: "Name:" removes a header, "Name;" sends an empty one. */
    strbuf_addf(&line, value[0] == '\0' ? "%s;" : "%s: %s", name, value);
    t->headers = curl_slist_append(t->headers, strbuf_str(&line));
    if (line.data != NULL)
        explicit_bzero(line.data, line.len); /* may be an Authorization header */
    strbuf_release(&line);
}

static void set_headers(struct transfer *t)
{
    const struct http_request *r = t->request;
    t->headers = curl_slist_append(NULL, "Expect:");
    if (r->content_type != NULL)
        add_header(t, "Content-Type", r->content_type);
    else if (r->n_parts == 0)
        t->headers = curl_slist_append(t->headers, "Content-Type:");
    for (size_t i = 0; i < r->n_headers; i++)
        add_header(t, r->headers[i].name, r->headers[i].value);
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
}

static void set_connection(struct transfer *t)
{
    const struct http_options *o = &t->http->options;
    CURL *c = t->curl;
    const char *scheme = o->flags & HTTP_PLAIN ? "http" : "https";
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, scheme);
    curl_easy_setopt(c, CURLOPT_CONNECT_TO, t->http->connect_to);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, o->endpoint.verify ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, o->endpoint.verify ? 2L : 0L);
    if (o->endpoint.ca_file != NULL) {
        curl_easy_setopt(c, CURLOPT_CAINFO, o->endpoint.ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
    if (!(o->flags & HTTP_PROXY_FROM_ENV))
        curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, o->user_agent);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    curl_easy_setopt(
        c, CURLOPT_TIMEOUT_MS,
        (long)(t->request->timeout_ms > 0 ? t->request->timeout_ms : o->timeout_ms));
}

static void set_callbacks(struct transfer *t)
{
    CURL *c = t->curl;
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->detail);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
}

static void set_parts(struct transfer *t)
{
    t->mime = curl_mime_init(t->curl);
    for (size_t i = 0; i < t->request->n_parts; i++) {
        const struct http_part *p = &t->request->parts[i];
        curl_mimepart *part = curl_mime_addpart(t->mime);
        curl_mime_name(part, p->name);
        curl_mime_data(part, p->data, p->size);
        if (p->filename != NULL)
            curl_mime_filename(part, p->filename);
        if (p->content_type != NULL)
            curl_mime_type(part, p->content_type);
    }
    curl_easy_setopt(t->curl, CURLOPT_MIMEPOST, t->mime);
}

static const char *method_of(const struct http_request *r)
{
    if (r->method != NULL)
        return r->method;
    return r->body != NULL || r->n_parts > 0 ? "POST" : "GET";
}

static void set_method(struct transfer *t)
{
    const struct http_request *r = t->request;
    const char *method = method_of(r);
    bool wants_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
                      strcmp(method, "PATCH") == 0;
    if (r->n_parts > 0) {
        set_parts(t);
    } else if (r->body != NULL || wants_body) {
        curl_easy_setopt(t->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, r->body == NULL ? "" : r->body);
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(r->body == NULL ? 0 : r->body_size));
    } else if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->curl, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, method);
}

/* ---- Errors out ---- */

/* The request is out and no whole answer came: what that means depends on the request. */
static int lost(const struct transfer *t, enum err_code when_harmless, const char *what)
{
    if (t->n_sent == 0 || t->request->idempotent)
        return err_set(t->err, when_harmless, "%s", what);
    return err_set(t->err, ERR_UNCERTAIN, "%s; the request had been sent", what);
}

static int stopped(const struct transfer *t)
{
    switch (t->stop) {
    case STOP_CANCELLED:
        return lost(t, ERR_CANCELLED, "cancelled");
    case STOP_REPEAT:
        return lost(t, ERR_UNREACHABLE, "the connection broke before an answer came");
    case STOP_TOO_LARGE:
        return err_set(t->err, ERR_INVALID, "the answer is larger than %zu bytes", t->max_body);
    case STOP_HEADERS:
        return err_set(t->err, ERR_INVALID,
                       "the headers of the answer are larger than %zu bytes", HTTP_MAX_HEADERS);
    case STOP_SINK:
    case STOP_NONE:
        break;
    }
    return -1;
}

static int untrusted(const struct transfer *t)
{
    /* libcurl has one code for both and tells them apart in words only. */
    bool wrong_name = strstr(t->detail, "host name") != NULL;
    const char *way_out =
        wrong_name ? "use a name that is in the certificate, and connect_to for the address"
                   : "if this is the right server, name the PEM file of its authority in "
                     "ca_file";
    return err_set(t->err, ERR_UNTRUSTED, "certificate refused: %s; %s", t->detail, way_out);
}

static int failed(const struct transfer *t, CURLcode rc)
{
    const char *why = t->detail[0] != '\0' ? t->detail : curl_easy_strerror(rc);
    if (t->stop != STOP_NONE)
        return stopped(t);
    switch ((int)rc) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return untrusted(t);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(t->err, ERR_INVALID, "ca_file %s cannot be used: %s",
                       t->http->options.endpoint.ca_file == NULL
                           ? "(the system's)"
                           : t->http->options.endpoint.ca_file,
                       why);
    case CURLE_OPERATION_TIMEDOUT:
        return lost(t, ERR_TIMEOUT, why);
    case CURLE_OUT_OF_MEMORY:
        abort();
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
        return err_set(t->err, ERR_INTERNAL, "%s", why);
    case CURLE_UNSUPPORTED_PROTOCOL: /* the answer does not begin with HTTP/1 */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return lost(t, ERR_INVALID, why);
    default:
        return lost(t, ERR_UNREACHABLE, why);
    }
}

static void transfer_init(struct transfer *t)
{
    const struct http_request *r = t->request;
    t->max_body = r->max_body != 0  ? r->max_body
                  : r->sink != NULL ? SIZE_MAX
                                    : t->http->options.max_body;
    size_t collected = r->sink != NULL ? t->http->options.max_body : t->max_body;
    http_response_release(t->response);
    http_response_init(t->response);
    t->response->body.max = collected < STRBUF_MAX_OUTPUT ? collected : STRBUF_MAX_OUTPUT;
}

static int perform(struct transfer *t)
{
    curl_easy_reset(t->curl);
    struct strbuf url;
    strbuf_init(&url, STRBUF_MAX_OUTPUT);
    strbuf_addf(&url, "%s%s", t->http->base_url, t->request->path);
    curl_easy_setopt(t->curl, CURLOPT_URL, strbuf_str(&url));
    set_connection(t);
    set_callbacks(t);
    set_method(t);
    set_headers(t);
    CURLcode rc = curl_easy_perform(t->curl);
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &t->response->status);
    int result = rc == CURLE_OK ? 0 : failed(t, rc);
    if (rc == CURLE_OK && !t->head_complete) /* libcurl takes a cut head for an answer */
        result = lost(t, ERR_UNREACHABLE, "the connection broke inside the answer");
    curl_easy_reset(t->curl);
    curl_mime_free(t->mime);
    curl_slist_free_all(t->headers);
    strbuf_release(&url);
    return result;
}

int http_call(struct http *http, const struct http_request *request,
              struct http_response *response, struct err *err)
{
    struct err scratch = {.code = ERR_NONE};
    struct transfer t = {.http = http,
                         .request = request,
                         .response = response,
                         .err = err == NULL ? &scratch : err};
    transfer_init(&t);
    if (check_request(request, t.err) < 0 || http_take(http, &t.curl, t.err) < 0)
        return -1;
    int rc = perform(&t);
    http_give_back(http, t.curl);
    if (rc < 0 && t.stop != STOP_SINK)
        err_wrap(t.err, "%s", http->base_url);
    if (rc < 0)
        secrets_redact_err(http->options.secrets, t.err);
    return rc;
}
