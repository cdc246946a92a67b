/* ssh_open.c: connecting and logging in for ssh.h. */
#include "ssh_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redact.h"

#define DEFAULT_CONNECT_MS 15000
#define SLICE_MS 100
/* Rounds of questions in one keyboard-interactive login. */
#define MAX_ROUNDS 5

int ssh_client_wait(struct ssh_client *client, struct err *err)
{
    if (cancel_requested(&client->cancel))
        return err_set(err, ERR_CANCELLED, "cancelled");
    int64_t left = client->deadline_ms - net_now_ms();
    if (left <= 0)
        return err_set(err, ERR_TIMEOUT, "no answer in time");
    struct pollfd p = {.fd = ssh_get_fd(client->session), .events = POLLIN};
    if (ssh_get_poll_flags(client->session) & SSH_WRITE_PENDING)
        p.events |= POLLOUT;
    poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS);
    return 0;
}

/* ---- Connection ---- */

static int open_socket(const struct ssh_client_options *o, struct ssh_client *c, int *ret_fd,
                       struct err *err)
{
    struct net_target target;
    int reason = 0;
    if (net_target(&o->endpoint, 22, &target, err) < 0)
        return -1;
    if (net_connect(&target, c->deadline_ms, &c->cancel, ret_fd, &reason, err) == 0)
        return 0;
    if (reason == ECONNREFUSED)
        return err_set(err, ERR_UNREACHABLE,
                       "%s: connection refused: the SSH service (TSM-SSH) is probably stopped",
                       c->name);
    return err_wrap(err, "%s", c->name);
}

static void set_options(const struct ssh_client_options *o, ssh_session session, int fd)
{
    bool no = false;
    int log = SSH_LOG_NOLOG;
    ssh_options_set(session, SSH_OPTIONS_LOG_VERBOSITY, &log);
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(session, SSH_OPTIONS_HOST, o->endpoint.name);
    ssh_options_set(session, SSH_OPTIONS_USER, o->user);
    ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent");
    ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    ssh_options_set(session, SSH_OPTIONS_FD, &fd);
    ssh_set_blocking(session, 0);
}

static int handshake(struct ssh_client *c, const struct host_keys *keys, struct err *err)
{
    int rc;
    while ((rc = ssh_connect(c->session)) == SSH_AGAIN)
        if (ssh_client_wait(c, err) < 0)
            return -1;
    if (rc == SSH_OK)
        return 0;
    const char *why = ssh_get_error(c->session);
    if (keys != NULL && strstr(why, "host key") != NULL)
        return err_set(err, ERR_UNTRUSTED, "the host has no key of the types known for it: %s",
                       why);
    return err_set(err, ERR_UNREACHABLE, "no SSH session: %s", why);
}

static int connect_session(const struct ssh_client_options *o, struct ssh_client *c,
                           const struct host_keys *keys, struct err *err)
{
    int fd = -1;
    if (open_socket(o, c, &fd, err) < 0)
        return -1;
    set_options(o, c->session, fd); /* the session closes fd from here on */
    if (keys != NULL)
        host_keys_prefer(keys, c->session);
    if (handshake(c, keys, err) < 0)
        return err_wrap(err, "%s", c->name);
    return keys == NULL ? 0 : host_keys_check(keys, c->session, err);
}

/* ---- Login ---- */

/* One login: what has been tried, for the message; a wrong secret must not be sent twice. */
struct login {
    struct ssh_client *client;
    const struct ssh_client_options *options;
    struct strbuf tried;
    bool secret_sent;
};

static void note(struct login *l, const char *method)
{
    strbuf_addf(&l->tried, "%s%s", l->tried.len > 0 ? ", " : "", method);
}

/* The outcome of a method: 1 = logged in, 0 = not this way, -1. */
static int outcome(struct login *l, int rc, struct err *err)
{
    if (rc == SSH_AUTH_SUCCESS)
        return 1;
    if (rc == SSH_AUTH_DENIED || rc == SSH_AUTH_PARTIAL || rc == SSH_AUTH_INFO)
        return 0;
    /* Some servers hang up on a wrong secret; to call that unreachable would invite more. */
    return err_set(err, l->secret_sent ? ERR_DENIED : ERR_UNREACHABLE,
                   "the connection ended during the login: %s",
                   ssh_get_error(l->client->session));
}

static int by_none(struct login *l, struct err *err)
{
    int rc;
    while ((rc = ssh_userauth_none(l->client->session, NULL)) == SSH_AUTH_AGAIN)
        if (ssh_client_wait(l->client, err) < 0)
            return -1;
    return outcome(l, rc, err);
}

static int by_key(struct login *l, struct err *err)
{
    ssh_key key = NULL;
    const struct ssh_client_options *o = l->options;
    if (ssh_pki_import_privkey_file(o->key_file, o->key_passphrase, NULL, NULL, &key) != SSH_OK)
        return err_set(err, ERR_INVALID,
                       "key file %s cannot be used: missing, not a private key, or its "
                       "passphrase is wrong",
                       o->key_file);
    int rc, failed = 0;
    note(l, "publickey");
    l->secret_sent = true;
    while ((rc = ssh_userauth_publickey(l->client->session, NULL, key)) == SSH_AUTH_AGAIN)
        if ((failed = ssh_client_wait(l->client, err)) < 0)
            break;
    ssh_key_free(key);
    return failed < 0 ? -1 : outcome(l, rc, err);
}

static int ask(struct login *l, struct err *err)
{
    int rc;
    while ((rc = ssh_userauth_kbdint(l->client->session, NULL, NULL)) == SSH_AUTH_AGAIN)
        if (ssh_client_wait(l->client, err) < 0)
            return SSH_AUTH_AGAIN;
    return rc;
}

/* Rounds of questions: one hidden question is the password, none at all is answered with
 * nothing; anything else (a second password, a token code) is not for us. */
static int by_questions(struct login *l, struct err *err)
{
    note(l, "keyboard-interactive");
    int rc = ask(l, err);
    bool given = false;
    for (int round = 0; rc == SSH_AUTH_INFO && round < MAX_ROUNDS; round++) {
        char echo = 0;
        int n = ssh_userauth_kbdint_getnprompts(l->client->session);
        if (n == 1)
            ssh_userauth_kbdint_getprompt(l->client->session, 0, &echo);
        if (n > 1 || (n == 1 && (echo || given)))
            return 0;
        if (n == 1) {
            ssh_userauth_kbdint_setanswer(l->client->session, 0, l->options->password);
            given = l->secret_sent = true;
        }
        rc = ask(l, err);
    }
    return rc == SSH_AUTH_AGAIN ? -1 : outcome(l, rc, err);
}

static int by_password(struct login *l, struct err *err)
{
    int rc;
    note(l, "password");
    l->secret_sent = true;
    while ((rc = ssh_userauth_password(l->client->session, NULL, l->options->password)) ==
           SSH_AUTH_AGAIN)
        if (ssh_client_wait(l->client, err) < 0)
            return -1;
    return outcome(l, rc, err);
}

static int refused(const struct login *l, struct err *err)
{
    return err_set(err, ERR_DENIED,
                   "login of %s refused (tried: %s): wrong password or key, account locked by "
                   "earlier failures, or the host is in lockdown mode",
                   l->options->user, l->tried.len > 0 ? strbuf_str(&l->tried) : "nothing fits");
}

static int try_methods(struct login *l, struct err *err)
{
    int rc = by_none(l, err);
    int offered = rc == 0 ? ssh_userauth_list(l->client->session, NULL) : 0;
    if (rc == 0 && l->options->key_file != NULL && (offered & SSH_AUTH_METHOD_PUBLICKEY))
        rc = by_key(l, err);
    bool password_left = l->options->password != NULL;
    if (rc == 0 && password_left && (offered & SSH_AUTH_METHOD_INTERACTIVE)) {
        bool before = l->secret_sent;
        l->secret_sent = false;
        rc = by_questions(l, err);
        password_left = !l->secret_sent;
        l->secret_sent = l->secret_sent || before;
    }
    if (rc == 0 && password_left && (offered & SSH_AUTH_METHOD_PASSWORD))
        rc = by_password(l, err);
    if (rc == 0)
        return refused(l, err);
    return rc < 0 ? -1 : 0;
}

static int log_in(const struct ssh_client_options *o, struct ssh_client *c, struct err *err)
{
    struct login login = {.client = c, .options = o};
    strbuf_init(&login.tried, 256);
    int rc = try_methods(&login, err);
    strbuf_release(&login.tried);
    return rc < 0 ? err_wrap(err, "%s", c->name) : 0;
}

/* ---- Opening and closing ---- */

int ssh_client_open(const struct ssh_client_options *options, struct ssh_client **ret_client,
                    struct err *err)
{
    struct host_keys *keys = NULL;
    const struct endpoint *e = &options->endpoint;
    if (options->user == NULL || e->name == NULL)
        return err_set(err, ERR_INVALID, "an SSH connection needs a host and a user");
    if (e->verify &&
        host_keys_read(options->known_hosts, e->name, e->port ? e->port : 22, &keys, err) < 0)
        return -1;
    struct ssh_client *c = calloc(1, sizeof(*c));
    if (c == NULL)
        abort();
    c->cancel = options->cancel;
    c->secrets = options->secrets;
    c->name = strdup(e->name);
    c->session = ssh_new();
    if (c->name == NULL || c->session == NULL)
        abort();
    int64_t limit = options->connect_timeout_ms;
    c->deadline_ms = net_now_ms() + (limit > 0 ? limit : DEFAULT_CONNECT_MS);
    int rc = connect_session(options, c, keys, err);
    if (rc == 0)
        rc = log_in(options, c, err);
    host_keys_free(keys);
    if (rc < 0) {
        secrets_redact_err(options->secrets, err);
        ssh_client_close(c);
        return -1;
    }
    *ret_client = c;
    return 0;
}

void ssh_client_close(struct ssh_client *client)
{
    if (client == NULL)
        return;
    /* No ssh_disconnect: it would leave a socket that we gave open, and ours to close, unless
     * sending failed. Freeing always closes it. */
    ssh_free(client->session);
    free(client->name);
    free(client);
}
