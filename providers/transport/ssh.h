/* ssh.h: commands on a host over SSH (libssh).
 *
 * Nothing of the user's own SSH setup is read: no ~/.ssh, no configuration, no agent. The host
 * key must be in the given known_hosts file under the endpoint's name ("name type key", or
 * "[name]:port type key"), whatever address the connection goes to; the file is never written.
 * Each kind of authentication that is configured is tried once, in the order key,
 * keyboard-interactive, password: repeated failures lock accounts (esxi-shell.md §12).
 *
 * One client is one connection, for one thread at a time, one command at a time.
 *
 * Errors: ERR_UNREACHABLE not connected, or lost before the command was sent;
 * ERR_UNTRUSTED unknown, changed or revoked host key, or no known_hosts file;
 * ERR_DENIED authentication refused; ERR_TIMEOUT; ERR_CANCELLED; ERR_INVALID output over the
 * limit, unusable key file; ERR_UNCERTAIN the command was sent, is not idempotent, and its
 * exit status did not come.
 */
#ifndef GF_SSH_H
#define GF_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"
#include "net.h"
#include "strbuf.h"

struct secrets;
struct ssh_client;

struct ssh_client_options {
    struct endpoint endpoint; /* ca_file is not used; verify false skips the host key check */
    struct cancel cancel;
    const struct secrets *secrets; /* borrowed; may be NULL */
    const char *user;
    const char *known_hosts;    /* path of the file */
    const char *key_file;       /* private key, or NULL */
    const char *key_passphrase; /* or NULL */
    const char *password;       /* or NULL */
    int64_t connect_timeout_ms; /* until authenticated; 0 = 15 s */
};

/* The caller owns *ret_client. Strings of options need not outlive the call. */
MUST_CHECK int ssh_client_open(const struct ssh_client_options *options,
                               struct ssh_client **ret_client, struct err *err);
void ssh_client_close(struct ssh_client *client); /* accepts NULL */

struct ssh_command {
    const char *command; /* words quoted by shell_quote.h */
    const char *input;   /* standard input, NULL = none (closed at once) */
    size_t input_size;
    size_t max_output;  /* of each stream; 0 = 4 MiB */
    int64_t timeout_ms; /* 0 = 60 s */
    bool idempotent;    /* see http.h */
};

struct ssh_result {
    struct strbuf out, errors; /* standard output and standard error, bytes as they came */
    int status;                /* exit status; 128 + n when ended by signal, as shells say */
};

void ssh_result_init(struct ssh_result *result);
void ssh_result_release(struct ssh_result *result);

/* result is initialised by the caller and emptied first. A command that ran is a success
 * whatever its status. After an error the client can only be closed. */
MUST_CHECK int ssh_client_exec(struct ssh_client *client, const struct ssh_command *command,
                               struct ssh_result *result, struct err *err);

#endif
