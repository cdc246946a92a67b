/* metrics_http.c: see metrics_http.h. */
#include "metrics_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "err.h"
#include "metrics.h"
#include "net.h"
#include "strbuf.h"

enum { CONNECTIONS_MAX = 32, CONNECTION_TIMEOUT_S = 10, CONNECTION_MEMORY = 16384 };

struct metrics_http {
    struct MHD_Daemon *daemon;
    struct metrics *metrics;
    char url[128];
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* ---- answers ------------------------------------------------------------------------------
 */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              const char *type, const struct strbuf *body)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strbuf_len(body), (void *)(uintptr_t)strbuf_str(body), MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version UNUSED, const char *data UNUSED,
                                  size_t *size, void **request)
{
    static const char *const plain = "text/plain; charset=utf-8";
    static int seen;
    struct metrics_http *http = context;
    struct strbuf body;
    if (*request == NULL) { /* the headers: the answer comes with the next call */
        *request = &seen;
        return MHD_YES;
    }
    if (*size > 0) { /* a body that nobody reads */
        *size = 0;
        return MHD_YES;
    }
    unsigned status = MHD_HTTP_OK;
    const char *type = plain;
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        strbuf_add(&body, "GET only\n");
    } else if (strcmp(path, "/metrics") == 0) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_render(http->metrics, &body);
    } else if (strcmp(path, "/healthz") == 0) {
        if (!metrics_healthy(http->metrics, now_ms(), &body))
            status = MHD_HTTP_SERVICE_UNAVAILABLE;
    } else {
        status = MHD_HTTP_NOT_FOUND;
        strbuf_add(&body, "/metrics and /healthz are all there is\n");
    }
    enum MHD_Result result = answer(connection, status, type, &body);
    strbuf_release(&body);
    return result;
}

/* ---- listening ----------------------------------------------------------------------------
 */

static int parse_address(const char *listen, union address *ret, struct err *err)
{
    char with_host[300];
    struct net_target target;
    snprintf(with_host, sizeof(with_host), "%s%s", listen[0] == ':' ? "127.0.0.1" : "", listen);
    bool any = strlen(with_host) > 2 && strcmp(with_host + strlen(with_host) - 2, ":0") == 0;
    if (any) /* a target has a port; what is listened to may leave it open */
        with_host[strlen(with_host) - 1] = '1';
    const struct endpoint endpoint = {.name = "listen", .connect_to = with_host};
    if (net_target(&endpoint, 0, &target, err) < 0)
        return err_set(err, ERR_INVALID,
                       "--listen: an address and a port such as 127.0.0.1:9464, not %s",
                       listen);
    const char *host = strcmp(target.host, "localhost") == 0 ? "127.0.0.1" : target.host;
    uint16_t port = htons((uint16_t)(any ? 0 : target.port));
    *ret = (union address){0};
    if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = port;
        return 0;
    }
    *ret = (union address){0};
    if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = port;
        return 0;
    }
    return err_set(err, ERR_INVALID, "--listen: %s is no address (names are not looked up)",
                   host);
}

static void print_host(const union address *address, char *ret, size_t size)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &address->v6.sin6_addr, text, sizeof(text));
    else
        inet_ntop(AF_INET, &address->v4.sin_addr, text, sizeof(text));
    snprintf(ret, size, "%s", text);
}

static int start(struct metrics_http *http, const union address *address, struct err *err)
{
    bool v6 = address->any.sa_family == AF_INET6;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL;
    errno = 0;
    http->daemon = MHD_start_daemon(
        flags | (v6 ? MHD_USE_IPv6 : 0), 0, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR,
        &address->any, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    char host[INET6_ADDRSTRLEN];
    int error = errno;
    print_host(address, host, sizeof(host));
    if (http->daemon == NULL)
        return err_set(err, ERR_CONFLICT, "--listen: cannot listen at %s port %u: %s", host,
                       ntohs(v6 ? address->v6.sin6_port : address->v4.sin_port),
                       error != 0 ? strerror(error) : "refused");
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(http->url, sizeof(http->url), v6 ? "http://[%s]:%u" : "http://%s:%u", host,
             info == NULL ? 0u : (unsigned)info->port);
    return 0;
}

int metrics_http_start(const char *listen, bool allow_remote, struct metrics *metrics,
                       struct metrics_http **ret_http, struct err *err)
{
    union address address;
    char host[INET6_ADDRSTRLEN];
    if (parse_address(listen, &address, err) < 0)
        return -1;
    print_host(&address, host, sizeof(host));
    if (!net_is_loopback(host) && !allow_remote)
        return err_set(err, ERR_DENIED,
                       "--listen: %s can be reached from elsewhere, without TLS and password; "
                       "say --allow-remote when that is meant",
                       host);
    struct metrics_http *http = calloc(1, sizeof(*http));
    if (http == NULL)
        abort();
    http->metrics = metrics;
    if (start(http, &address, err) < 0) {
        free(http);
        return -1;
    }
    *ret_http = http;
    return 0;
}

void metrics_http_stop(struct metrics_http *http)
{
    if (http == NULL)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}

const char *metrics_http_url(const struct metrics_http *http)
{
    return http->url;
}
