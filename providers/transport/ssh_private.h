/* ssh_private.h: what the files of ssh.h share: the client, waiting, the host key. */
#ifndef GF_SSH_PRIVATE_H
#define GF_SSH_PRIVATE_H

#include <libssh/libssh.h>

#include "ssh.h"

struct ssh_client {
    ssh_session session;
    struct cancel cancel;
    const struct secrets *secrets;
    char *name;          /* for messages */
    int64_t deadline_ms; /* of the call under way, on the clock of net_now_ms */
    bool broken;         /* only good for closing */
};

/* Wait for the connection to become readable (or writable, when something is to be sent), at
 * most a fraction of a second. ERR_CANCELLED, ERR_TIMEOUT. */
MUST_CHECK int ssh_client_wait(struct ssh_client *client, struct err *err);

/* What a known_hosts file says about a host. */
struct host_keys;

/* ERR_UNTRUSTED when the file cannot be read. The caller owns *ret_keys. */
MUST_CHECK int host_keys_read(const char *file, const char *name, unsigned port,
                              struct host_keys **ret_keys, struct err *err);
void host_keys_free(struct host_keys *keys); /* accepts NULL */
/* Ask only for host keys of the types that are known, when there are any: a host has several,
 * and one of another type would look like a changed one. */
void host_keys_prefer(const struct host_keys *keys, ssh_session session);
/* 0 when the server's key is known; ERR_UNTRUSTED. */
MUST_CHECK int host_keys_check(const struct host_keys *keys, ssh_session session,
                               struct err *err);

#endif
