/* vim25_http.c: the HTTPS server around the SOAP calls. One thread per connection, since long
 * polls and holds block. */
#include <arpa/inet.h>
#include <assert.h>
#include <libxml/parser.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "vim25_soap.h"
#include "vim25_transfer.h"

enum { IDLE_LIMIT_MS = 30 * 60 * 1000, CONNECTION_TIMEOUT_S = 900 };

struct exchange {
    struct strbuf body;
};

/* A body that stops in the middle of what Content-Length promised. */
struct cut {
    char *data;
    size_t size, sent;
};

static ssize_t read_cut(void *context, uint64_t at, char *buffer, size_t max)
{
    struct cut *cut = context;
    size_t end = cut->size / 2;
    if (at >= end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = end - at < max ? (size_t)(end - at) : max;
    memcpy(buffer, cut->data + at, n);
    return (ssize_t)n;
}

static void free_cut(void *context)
{
    struct cut *cut = context;
    free(cut->data);
    free(cut);
}

static struct MHD_Response *cut_response(const struct strbuf *body)
{
    struct cut *cut = calloc(1, sizeof(*cut));
    if (cut == NULL)
        abort();
    cut->size = strbuf_len(body);
    cut->data = malloc(cut->size + 1);
    if (cut->data == NULL)
        abort();
    memcpy(cut->data, strbuf_str(body), cut->size);
    return MHD_create_response_from_callback(cut->size, 4096, read_cut, cut, free_cut);
}

static enum MHD_Result send_body(struct MHD_Connection *connection, int status,
                                 const struct strbuf *body, const char *cookie, bool cut)
{
    struct MHD_Response *response =
        cut ? cut_response(body)
            : MHD_create_response_from_buffer(strbuf_len(body), (void *)strbuf_str(body),
                                              MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/xml; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    if (*cookie != '\0')
        MHD_add_response_header(response, "Set-Cookie", cookie);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, int status,
                                 const char *text)
{
    struct strbuf body;
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    strbuf_add(&body, text);
    enum MHD_Result result = send_body(connection, status, &body, "", false);
    strbuf_release(&body);
    return result;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result serve_soap(struct vim25_server *server,
                                  struct MHD_Connection *connection,
                                  const struct exchange *exchange)
{
    struct soap_request request = {.body = strbuf_str(&exchange->body),
                                   .size = strbuf_len(&exchange->body),
                                   .action = header(connection, "SOAPAction"),
                                   .cookie = header(connection, "Cookie"),
                                   .agent = header(connection, "User-Agent")};
    struct soap_reply reply;
    soap_serve(server, &request, &reply);
    enum MHD_Result result = MHD_NO;
    if (reply.ending != SOAP_DROP)
        result = send_body(connection, reply.status, &reply.body, reply.set_cookie,
                           reply.ending == SOAP_TRUNCATE);
    strbuf_release(&reply.body);
    return result;
}

static enum MHD_Result serve_get(struct vim25_server *server, struct MHD_Connection *connection,
                                 const char *url)
{
    struct strbuf body;
    if (strcmp(url, "/sdk/vimServiceVersions.xml") != 0)
        return send_text(connection, 404, "not found\n");
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    soap_versions(server, &body);
    enum MHD_Result result = send_body(connection, 200, &body, "", false);
    strbuf_release(&body);
    return result;
}

/* No chunks, no question first: what the real one would not take either. */
static enum MHD_Result serve_transfer(struct vim25_server *server,
                                      struct MHD_Connection *connection,
                                      const struct exchange *exchange, bool put)
{
    struct transfer_request request = {
        .token = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token"),
        .length = header(connection, "Content-Length"),
        .body = strbuf_str(&exchange->body),
        .size = strbuf_len(&exchange->body),
        .put = put};
    struct transfer_reply reply;
    if (put && header(connection, "Expect") != NULL)
        return send_text(connection, 417, "no expectations\n");
    if (strbuf_overflowed(&exchange->body))
        return send_text(connection, 413, "request too large\n");
    transfer_serve(server, &request, &reply);
    enum MHD_Result result = MHD_NO;
    if (reply.status != 0)
        result = send_body(connection, reply.status, &reply.body, "", reply.cut);
    strbuf_release(&reply.body);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **state)
{
    struct vim25_server *server = context;
    struct exchange *exchange = *state;
    (void)version;
    if (exchange == NULL) {
        exchange = calloc(1, sizeof(*exchange));
        if (exchange == NULL)
            abort();
        strbuf_init(&exchange->body, strcmp(method, "PUT") == 0 ? TRANSFER_MAX : BODY_MAX);
        *state = exchange;
        return MHD_YES;
    }
    if (*size > 0) {
        strbuf_add_mem(&exchange->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    bool put = strcmp(method, "PUT") == 0;
    if (strcmp(url, "/guestFile") == 0 && (put || strcmp(method, "GET") == 0))
        return serve_transfer(server, connection, exchange, put);
    if (strcmp(method, "GET") == 0)
        return serve_get(server, connection, url);
    if (strcmp(method, "POST") != 0)
        return send_text(connection, 405, "method not allowed\n");
    if (strcmp(url, "/sdk") != 0 && strcmp(url, "/sdk/") != 0)
        return send_text(connection, 404, "not found\n");
    if (strbuf_overflowed(&exchange->body))
        return send_text(connection, 413, "request too large\n");
    return serve_soap(server, connection, exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;
    (void)context;
    (void)connection;
    (void)code;
    if (exchange == NULL)
        return;
    strbuf_release(&exchange->body);
    free(exchange);
    *state = NULL;
}

/* Every method has its parameters, and the other way round. */
static void check_tables(const struct schema *schema)
{
    for (const struct schema_method_row *row = schema_methods; row->name != NULL; row++) {
        const struct method *method = schema_method(schema, row->name);
        assert(method != NULL && method->object != NULL && handler_find(row->name) != NULL);
        (void)method;
    }
}

struct vim25_server *vim25_server_new(struct lab *lab)
{
    struct arena *arena = arena_new();
    struct vim25_server *server = ARENA_NEW(arena, struct vim25_server);
    server->arena = arena;
    server->lab = lab;
    server->schema = schema_new();
    server->version = schema_version(lab->world->vcenter_version);
    server->idle_limit_ms = IDLE_LIMIT_MS;
    check_tables(server->schema);
    xmlInitParser();
    return server;
}

int vim25_start(struct lab *lab, const char *cert_pem, const char *key_pem,
                struct vim25_server **ret, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct vim25_server *server = vim25_server_new(lab);
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_TLS, 0, NULL,
        NULL, on_request, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_HTTPS_MEM_KEY, key_pem, MHD_OPTION_HTTPS_MEM_CERT, cert_pem,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon == NULL ? NULL
                               : MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL || server->version == 0) {
        vim25_stop(server);
        return err_set(err, ERR_INTERNAL, "vCenter: cannot start the HTTPS server");
    }
    lab->vcenter_port = info->port;
    *ret = server;
    return 0;
}

void vim25_stop(struct vim25_server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->stopping, true);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    while (server->sessions.n > 0) {
        struct session *session = server->sessions.items[0];
        session_close(session);
        session->users = 1;
        session_release(server, session);
    }
    schema_free(server->schema);
    arena_free(server->arena);
}
