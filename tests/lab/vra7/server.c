/* server.c: the HTTPS server in front of vra7_handle: libmicrohttpd, one thread a connection,
 * since a held call blocks its own thread. */
#include "vra7.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#include "strbuf.h"

struct vra7_server {
    struct vra7 vra7;
    struct MHD_Daemon *daemon;
};

/* A message on its way in. */
struct incoming {
    struct vra7_message message;
    struct strbuf body;
};

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind UNUSED, const char *key,
                                 const char *value)
{
    struct vra7_message *message = context;
    if (message->n_query < VRA7_MAX_QUERY)
        message->query[message->n_query++] = (struct key_value){
            .key = (char *)key, .value = (char *)(value != NULL ? value : "")};
    return MHD_YES;
}

/* Half of a body whose whole length was announced. */
struct half {
    char *body;
    size_t size;
};

static ssize_t half_read(void *context, uint64_t position, char *buffer, size_t max)
{
    const struct half *half = context;
    if (position >= half->size / 2)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = half->size / 2 - (size_t)position;
    n = n < max ? n : max;
    memcpy(buffer, half->body + position, n);
    return (ssize_t)n;
}

static void half_free(void *context)
{
    struct half *half = context;
    free(half->body);
    free(half);
}

static struct MHD_Response *make_response(const struct vra7_reply *reply)
{
    char *body = vra7_reply_body(reply);
    size_t size = body != NULL ? strlen(body) : 0;
    if (!reply->truncate || size < 2)
        return MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    struct half *half = calloc(1, sizeof(*half));
    if (half == NULL)
        abort();
    *half = (struct half){.body = body, .size = size};
    return MHD_create_response_from_callback(size, 4096, half_read, half, half_free);
}

static const char *content_type(const struct vra7_reply *reply)
{
    if (reply->json != NULL)
        return "application/json;charset=UTF-8";
    return reply->text != NULL ? reply->content_type : NULL;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  const struct vra7_reply *reply)
{
    struct MHD_Response *response = make_response(reply);
    const char *type = content_type(reply);
    if (type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (reply->location != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static void pause_ms(int milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000L};
    while (nanosleep(&time, &time) < 0 && errno == EINTR)
        continue;
}

static enum MHD_Result answer(struct vra7_server *server, struct MHD_Connection *connection,
                              struct incoming *incoming)
{
    struct vra7_message *message = &incoming->message;
    struct vra7_reply reply = {0};
    message->body = strbuf_str(&incoming->body);
    message->size = strbuf_len(&incoming->body);
    message->authorization =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, message);
    if (strbuf_overflowed(&incoming->body))
        reply_error(&reply, 413, VRA_INVALID, "The request body is too large.");
    else
        vra7_handle(&server->vra7, message, &reply);
    if (reply.delay_ms > 0)
        pause_ms(reply.delay_ms);
    enum MHD_Result result = reply.drop ? MHD_NO : send_reply(connection, &reply);
    vra7_reply_release(&reply);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version UNUSED, const char *data, size_t *size,
                                  void **memory)
{
    struct incoming *incoming = *memory;
    if (incoming == NULL) {
        incoming = calloc(1, sizeof(*incoming));
        if (incoming == NULL)
            return MHD_NO;
        strbuf_init(&incoming->body, VRA7_MAX_BODY);
        incoming->message.path = path;
        incoming->message.method = method;
        *memory = incoming;
        return MHD_YES;
    }
    if (*size > 0) {
        strbuf_add_mem(&incoming->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return answer(context, connection, incoming);
}

static void on_end(void *context UNUSED, struct MHD_Connection *connection UNUSED,
                   void **memory, enum MHD_RequestTerminationCode code UNUSED)
{
    struct incoming *incoming = *memory;
    if (incoming == NULL)
        return;
    strbuf_release(&incoming->body);
    free(incoming);
    *memory = NULL;
}

int vra7_start(struct lab *lab, const char *cert_pem, const char *key_pem,
               struct vra7_server **ret, struct err *err)
{
    struct vra7_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (server == NULL)
        abort();
    server->vra7.lab = lab;
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_TLS, 0, NULL,
        NULL, on_request, server, MHD_OPTION_HTTPS_MEM_CERT, cert_pem, MHD_OPTION_HTTPS_MEM_KEY,
        key_pem, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED,
        on_end, NULL, MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)128 * 1024, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon != NULL ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)
                               : NULL;
    if (info == NULL) {
        free(server);
        return err_set(err, ERR_UNREACHABLE, "vra7: cannot open an HTTPS server on loopback");
    }
    lab->vra_port = info->port;
    *ret = server;
    return 0;
}

void vra7_stop(struct vra7_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
