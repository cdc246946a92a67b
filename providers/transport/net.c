/* net.c: see net.h. */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "num.h"

/* How long one wait may last before the cancel hook is asked again. */
#define POLL_SLICE_MS 200

int64_t net_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_host(const char *host)
{
    size_t n = strlen(host);
    if (n == 0 || n > 253)
        return false;
    for (const char *c = host; *c != '\0'; c++) {
        bool ok = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                  (*c >= '0' && *c <= '9') || strchr("-._:", *c) != NULL;
        if (!ok)
            return false;
    }
    return true;
}

/* "host:port" or "[address]:port". */
static int split(const char *text, struct net_target *ret)
{
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (colon == NULL || num_u64(colon + 1, &port) < 0 || port == 0 || port > 65535)
        return -1;
    size_t n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    } else if (memchr(text, ':', n) != NULL) {
        return -1;
    }
    if (n >= sizeof(ret->host))
        return -1;
    memcpy(ret->host, text, n);
    ret->host[n] = '\0';
    ret->port = (unsigned)port;
    return is_host(ret->host) ? 0 : -1;
}

int net_target(const struct endpoint *endpoint, unsigned default_port,
               struct net_target *ret_target, struct err *err)
{
    struct net_target target = {.port = endpoint->port != 0 ? endpoint->port : default_port};
    if (endpoint->name == NULL || !is_host(endpoint->name))
        return err_set(err, ERR_INVALID, "\"%s\" is not a host name or address",
                       endpoint->name == NULL ? "" : endpoint->name);
    if (target.port > 65535)
        return err_set(err, ERR_INVALID, "%s: port %u is out of range", endpoint->name,
                       target.port);
    memcpy(target.host, endpoint->name, strlen(endpoint->name) + 1);
    if (endpoint->connect_to != NULL && split(endpoint->connect_to, &target) < 0)
        return err_set(err, ERR_INVALID,
                       "%s: connect_to \"%s\" is not HOST:PORT or [ADDRESS]:PORT",
                       endpoint->name, endpoint->connect_to);
    *ret_target = target;
    return 0;
}

bool net_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

/* Wait until the connection under way on fd is decided; 0, or -1 with errno set. */
static int await_connection(int fd, int64_t deadline_ms, const struct cancel *cancel)
{
    for (;;) {
        int64_t left = deadline_ms - net_now_ms();
        if (cancel_requested(cancel)) {
            errno = ECANCELED;
            return -1;
        }
        if (left <= 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        int n = poll(&p, 1, left < POLL_SLICE_MS ? (int)left : POLL_SLICE_MS);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n <= 0)
            continue;
        int reason = 0;
        socklen_t size = sizeof(reason);
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) < 0)
            return -1;
        errno = reason;
        return reason == 0 ? 0 : -1;
    }
}

static int connect_one(const struct addrinfo *address, int64_t deadline_ms,
                       const struct cancel *cancel)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* Small packets follow each other in SSH: without this each waits for a delayed ACK. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && await_connection(fd, deadline_ms, cancel) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int connect_error(const struct net_target *target, int reason, struct err *err)
{
    if (reason == ECANCELED)
        return err_set(err, ERR_CANCELLED, "cancelled while connecting");
    if (reason == ETIMEDOUT)
        return err_set(err, ERR_TIMEOUT, "no connection to %s port %u in time", target->host,
                       target->port);
    return err_set(err, ERR_UNREACHABLE, "cannot connect to %s port %u: %s", target->host,
                   target->port, strerror(reason));
}

int net_connect(const struct net_target *target, int64_t deadline_ms,
                const struct cancel *cancel, int *ret_fd, int *ret_errno, struct err *err)
{
    char port[8];
    snprintf(port, sizeof(port), "%u", target->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int rc = getaddrinfo(target->host, port, &hints, &list);
    if (rc != 0)
        return err_set(err, ERR_UNREACHABLE, "cannot resolve %s: %s", target->host,
                       gai_strerror(rc));
    int fd = -1, reason = ECONNREFUSED;
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = connect_one(a, deadline_ms, cancel);
        reason = errno;
        if (fd < 0 && (reason == ECANCELED || reason == ETIMEDOUT))
            break;
    }
    freeaddrinfo(list);
    if (fd < 0) {
        if (ret_errno != NULL)
            *ret_errno = reason;
        return connect_error(target, reason, err);
    }
    *ret_fd = fd;
    return 0;
}
