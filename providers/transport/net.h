/* net.h: what every connection has in common: where it goes, whom it trusts, when it gives up.
 *
 * These are plain values that the caller fills in; the strings are borrowed and must outlive
 * the connection that was made with them (http_new and ssh_client_open copy what they keep).
 */
#ifndef GF_NET_H
#define GF_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"

/* A server, by the name that its certificate or its known_hosts entry carries. */
struct endpoint {
    const char *name;       /* host name or address; certificates are checked against it */
    unsigned port;          /* 0 = the protocol's own (443, 22) */
    const char *connect_to; /* "127.0.0.1:8443": connect there instead, checks stay; or NULL */
    const char *ca_file;    /* PEM file of the authorities to trust; NULL = the system's */
    bool verify;            /* false = no certificate check at all; the caller has warned */
};

/* Asked while waiting, at least about once a second, from the waiting thread. When it says
 * true the call ends soon with ERR_CANCELLED, or with ERR_UNCERTAIN when a request that is not
 * idempotent has been sent already. A NULL callback never cancels. */
struct cancel {
    bool (*cancelled)(void *context);
    void *context;
};

static inline bool cancel_requested(const struct cancel *cancel)
{
    return cancel->cancelled != NULL && cancel->cancelled(cancel->context);
}

/* Milliseconds of the monotonic clock, for deadlines. */
int64_t net_now_ms(void);

/* A name or address without brackets, and a port. */
struct net_target {
    char host[256];
    unsigned port;
};

/* Where to connect: connect_to when there is one, else name and port (default_port for 0).
 * ERR_INVALID: the name is empty, too long or holds what no name can; the port is out of range;
 * connect_to is not HOST:PORT or [ADDRESS]:PORT. */
MUST_CHECK int net_target(const struct endpoint *endpoint, unsigned default_port,
                          struct net_target *ret_target, struct err *err);

/* True for localhost, 127.0.0.0/8 and ::1. */
bool net_is_loopback(const char *host);

/* A connected, non-blocking TCP socket that the caller closes. deadline_ms is on the clock of
 * net_now_ms. ERR_UNREACHABLE (errno of the last address in *ret_errno when given),
 * ERR_TIMEOUT, ERR_CANCELLED. */
MUST_CHECK int net_connect(const struct net_target *target, int64_t deadline_ms,
                           const struct cancel *cancel, int *ret_fd, int *ret_errno,
                           struct err *err);

#endif
