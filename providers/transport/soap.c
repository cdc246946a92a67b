/* soap.c: see soap.h. */
#include "soap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "excerpt.h"
#include "http.h"
#include "redact.h"
#include "soap_private.h"
#include "strbuf.h"
#include "xml_write.h"

#define NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define COOKIE "vmware_soap_session"
#define MAX_REQUEST ((size_t)16 << 20)

struct soap {
    struct soap_options options; /* strings are our own copies */
    pthread_mutex_t lock;
    char *cookie; /* "name=value" or NULL; guarded by lock */
};

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

int soap_new(const struct soap_options *options, struct soap **ret_soap, struct err *err)
{
    const char *path = options->path == NULL ? "/sdk" : options->path;
    if (path[0] != '/')
        return err_set(err, ERR_INVALID, "the path \"%s\" does not begin with /", path);
    struct soap *soap = calloc(1, sizeof(*soap));
    if (soap == NULL)
        abort();
    soap->options = *options;
    soap->options.path = copy(path);
    soap->options.ns = copy(options->ns == NULL ? "urn:vim25" : options->ns);
    soap->options.version = copy(options->version == NULL ? "6.5" : options->version);
    pthread_mutex_init(&soap->lock, NULL);
    *ret_soap = soap;
    return 0;
}

void soap_free(struct soap *soap)
{
    if (soap == NULL)
        return;
    soap_forget_session(soap);
    pthread_mutex_destroy(&soap->lock);
    free((char *)soap->options.path);
    free((char *)soap->options.ns);
    free((char *)soap->options.version);
    free(soap);
}

void soap_set_version(struct soap *soap, const char *version)
{
    char *text = copy(version);
    free((char *)soap->options.version);
    soap->options.version = text;
}

const char *soap_version(const struct soap *soap)
{
    return soap->options.version;
}

/* ---- Session cookie ---- */

/* With `only_after`, only while the cookie is still that one ("": none). */
static void set_cookie(struct soap *soap, char *take_cookie, const char *only_after)
{
    pthread_mutex_lock(&soap->lock);
    char *old = soap->cookie;
    if (only_after == NULL || strcmp(old == NULL ? "" : old, only_after) == 0)
        soap->cookie = take_cookie;
    else
        old = take_cookie;
    pthread_mutex_unlock(&soap->lock);
    if (old != NULL)
        explicit_bzero(old, strlen(old));
    free(old);
}

void soap_forget_session(struct soap *soap)
{
    set_cookie(soap, NULL, NULL);
}

bool soap_cookie(struct soap *soap, struct strbuf *out)
{
    pthread_mutex_lock(&soap->lock);
    bool present = soap->cookie != NULL;
    if (present)
        strbuf_add(out, soap->cookie);
    pthread_mutex_unlock(&soap->lock);
    return present;
}

/* Real servers quote the value; what it is without quotes is the secret. */
static void register_cookie(struct soap *soap, const char *cookie)
{
    char *value = copy(cookie + strlen(COOKIE "="));
    char *start = value[0] == '"' ? value + 1 : value;
    size_t n = strlen(start);
    if (n > 0 && start[n - 1] == '"')
        start[n - 1] = '\0';
    if (soap->options.secrets != NULL)
        secrets_add(soap->options.secrets, start);
    explicit_bzero(value, strlen(cookie) - strlen(COOKIE "="));
    free(value);
}

/* A server gives a new cookie to every request whose session it does not know. Of several that
 * are under way when a session ends, only the login brings one that counts: another request
 * must not replace it. */
static void keep_cookie(struct soap *soap, const struct soap_request *request,
                        const struct strbuf *sent, const struct http_response *response)
{
    bool login = strcmp(request->method, "Login") == 0;
    const char *line = strcasestr(strbuf_str(&response->headers), "\nset-cookie: " COOKIE "=");
    if (line == NULL)
        return;
    line = strstr(line, COOKIE);
    size_t n = strcspn(line, ";\r\n");
    bool empty = n <= strlen(COOKIE "=") || strncmp(line, COOKIE "=\"\"", n) == 0;
    char *cookie = empty ? NULL : strndup(line, n);
    if (cookie != NULL)
        register_cookie(soap, cookie);
    set_cookie(soap, cookie, login ? NULL : strbuf_str(sent));
}

/* ---- Request ---- */

static void add_operation_id(struct strbuf *out, const char *id, struct err *err, int *rc)
{
    struct xml_writer w;
    xml_write_init(&w, out);
    xml_write_open(&w, "soapenv:Header");
    xml_write_text_element(&w, "operationID", id);
    xml_write_close(&w);
    *rc = xml_write_finish(&w, err);
}

static int make_envelope(const struct soap_request *request, struct strbuf *out,
                         struct err *err)
{
    int rc = 0;
    strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<soapenv:Envelope xmlns:soapenv=\"" NS_SOAP "\" xmlns:xsd=\"" XML_NS_XSD
                    "\" xmlns:xsi=\"" XML_NS_XSI "\">");
    if (request->operation_id != NULL)
        add_operation_id(out, request->operation_id, err, &rc);
    strbuf_add(out, "<soapenv:Body>");
    strbuf_add(out, request->body);
    strbuf_add(out, "</soapenv:Body></soapenv:Envelope>");
    if (rc == 0 && strbuf_overflowed(out))
        return err_set(err, ERR_INVALID, "the request is larger than %zu bytes", out->max);
    return rc;
}

static void wipe(struct strbuf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->len);
    strbuf_release(buf);
}

/* Send the request; sink may be NULL. */
static int send_request(struct soap *soap, const struct soap_request *request,
                        struct http_request *http, struct http_response *response,
                        struct err *err)
{
    struct strbuf envelope, action, cookie;
    strbuf_init(&envelope, MAX_REQUEST);
    strbuf_init(&action, 256);
    strbuf_init(&cookie, 4096);
    strbuf_addf(&action, "%s/%s", soap->options.ns, soap->options.version);
    struct http_header headers[2] = {{"SOAPAction", strbuf_str(&action)}};
    http->n_headers = 1;
    if (soap_cookie(soap, &cookie))
        headers[http->n_headers++] = (struct http_header){"Cookie", strbuf_str(&cookie)};
    int rc = make_envelope(request, &envelope, err);
    http->method = "POST";
    http->path = soap->options.path;
    http->headers = headers;
    http->content_type = "text/xml; charset=utf-8";
    http->body = strbuf_str(&envelope);
    http->body_size = strbuf_len(&envelope);
    http->idempotent = request->idempotent;
    http->timeout_ms = request->timeout_ms;
    http->max_body = request->max_body;
    if (rc == 0)
        rc = http_call(soap->options.http, http, response, err);
    if (rc == 0)
        keep_cookie(soap, request, &cookie, response);
    wipe(&envelope); /* a login holds a password */
    wipe(&cookie);
    strbuf_release(&action);
    return rc;
}

/* ---- Answer ---- */

static int not_soap(const struct soap *soap, const struct soap_request *request,
                    const struct http_response *response, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, 1024);
    excerpt_add(&text, strbuf_str(&response->body), strbuf_len(&response->body),
                soap->options.secrets);
    enum err_code code = http_status_code(response->status, request->idempotent);
    /* An answer of the proxy in front, not of the API: services that start, or no API here. */
    if (response->status == 503 || response->status == 404)
        code = ERR_UNREACHABLE;
    if (code == ERR_NONE)
        code = request->idempotent ? ERR_INVALID : ERR_UNCERTAIN;
    err_set(err, code, "%s%s: not a SOAP answer: HTTP status %ld%s%s",
            http_base_url(soap->options.http), soap->options.path, response->status,
            strbuf_len(&text) > 0 ? ": " : "", strbuf_str(&text));
    strbuf_release(&text);
    return -1;
}

/* The first child of Body, or NULL. */
static const struct xml_node *body_child(const struct xml_node *root)
{
    if (root == NULL || strcmp(root->name, "Envelope") != 0 || strcmp(root->ns, NS_SOAP) != 0)
        return NULL;
    const struct xml_node *body = xml_child(root, "Body");
    return body == NULL ? NULL : body->children;
}

static int fault(const struct soap *soap, const struct xml_node *node, struct arena *arena,
                 struct soap_reply *reply, struct err *err)
{
    soap_fault_read(node, soap->options.secrets, arena, &reply->fault);
    return soap_fault_err(&reply->fault, err);
}

/* An answer that was collected whole. */
static int read_reply(const struct soap *soap, const struct soap_request *request,
                      const struct http_response *response, struct arena *arena,
                      struct soap_reply *reply, struct err *err)
{
    const struct xml_node *root = NULL;
    struct err why = {.code = ERR_NONE};
    bool expected = response->status == 200 || response->status == 500;
    if (!expected || xml_parse(strbuf_str(&response->body), strbuf_len(&response->body), NULL,
                               arena, &root, &why) < 0) {
        not_soap(soap, request, response, err);
        secrets_redact_err(soap->options.secrets, &why);
        return why.code == ERR_NONE ? -1 : err_wrap(err, "%s", why.message);
    }
    const struct xml_node *child = body_child(root);
    if (child == NULL)
        return not_soap(soap, request, response, err);
    if (strcmp(child->name, "Fault") == 0)
        return fault(soap, child, arena, reply, err);
    if (response->status != 200)
        return not_soap(soap, request, response, err);
    reply->response = child;
    return 0;
}

int soap_call(struct soap *soap, const struct soap_request *request, struct arena *arena,
              struct soap_reply *reply, struct err *err)
{
    struct http_request http = {.sink = NULL};
    struct http_response response;
    *reply = (struct soap_reply){.status = 0};
    http_response_init(&response);
    int rc = send_request(soap, request, &http, &response, err);
    if (rc == 0) {
        reply->status = response.status;
        rc = read_reply(soap, request, &response, arena, reply, err);
    }
    http_response_release(&response);
    return rc < 0 ? err_wrap(err, "%s", request->method) : 0;
}

/* ---- Streamed answers ---- */

#define MAX_NAMES 16

struct streaming {
    struct soap *soap;
    const struct xml_stream_options *wanted;
    struct arena *arena;
    struct soap_reply *reply;
    struct xml_stream *stream;
    const char *names[MAX_NAMES + 2]; /* the wanted ones, and Fault */
    bool handler_failed;              /* the error is the caller's own */
};

static int on_element(void *context, const struct xml_node *node, struct err *err)
{
    struct streaming *s = context;
    if (strcmp(node->name, "Fault") == 0 && strcmp(node->ns, NS_SOAP) == 0) {
        s->handler_failed = true;
        fault(s->soap, node, s->arena, s->reply, err);
        s->reply->fault.type = arena_strdup(s->arena, s->reply->fault.type);
        s->reply->fault.detail = NULL; /* it does not outlive this call */
        return -1;
    }
    if (s->wanted->element(s->wanted->context, node, err) == 0)
        return 0;
    s->handler_failed = true;
    return -1;
}

static int on_piece(void *context, const void *data, size_t size, struct err *err)
{
    struct streaming *s = context;
    return xml_stream_feed(s->stream, data, size, err);
}

static struct xml_stream *open_stream(struct streaming *s)
{
    size_t n = 0;
    for (; s->wanted->names[n] != NULL; n++) {
        if (n == MAX_NAMES)
            abort();
        s->names[n] = s->wanted->names[n];
    }
    s->names[n] = "Fault";
    struct xml_stream_options options = {
        .names = s->names, .element = on_element, .context = s, .limits = s->wanted->limits};
    return xml_stream_new(&options);
}

/* The end of a 200 answer: only a whole envelope counts, or absence would mean nothing. */
static int finish_stream(struct streaming *s, struct err *err)
{
    if (xml_stream_end(s->stream, err) < 0)
        return -1;
    if (strcmp(xml_stream_root(s->stream), "Envelope") != 0)
        return err_set(err, ERR_INVALID, "the answer is not a SOAP envelope");
    return 0;
}

static int stream_reply(struct streaming *s, const struct soap_request *request,
                        struct http_response *response, struct err *err)
{
    s->reply->status = response->status;
    if (response->status < 200 || response->status > 299)
        return read_reply(s->soap, request, response, s->arena, s->reply, err);
    return finish_stream(s, err);
}

int soap_stream(struct soap *soap, const struct soap_request *request,
                const struct xml_stream_options *stream, struct arena *arena,
                struct soap_reply *reply, struct err *err)
{
    struct err scratch = {.code = ERR_NONE};
    struct streaming s = {.soap = soap, .wanted = stream, .arena = arena, .reply = reply};
    struct http_request http = {.sink = on_piece, .sink_context = &s};
    struct http_response response;
    err = err == NULL ? &scratch : err;
    *reply = (struct soap_reply){.status = 0};
    http_response_init(&response);
    s.stream = open_stream(&s);
    int rc = send_request(soap, request, &http, &response, err);
    if (rc == 0)
        rc = stream_reply(&s, request, &response, err);
    else
        reply->status = response.status;
    if (rc < 0 && !s.handler_failed && err->code == ERR_INVALID && reply->status == 200 &&
        !request->idempotent)
        err->code = ERR_UNCERTAIN; /* done, and the answer cannot be read */
    xml_stream_free(s.stream);
    http_response_release(&response);
    secrets_redact_err(soap->options.secrets, err);
    return rc < 0 ? err_wrap(err, "%s", request->method) : 0;
}

void soap_open_method(struct xml_writer *writer, const char *method, const char *type,
                      const char *id)
{
    xml_write_open(writer, method);
    xml_write_attr(writer, "xmlns", "urn:vim25");
    xml_write_ref(writer, "_this", type, id);
}
