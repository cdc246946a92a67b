/* ssh_exec.c: one command of ssh.h. */
#include "ssh_private.h"

#include <stdlib.h>
#include <string.h>

#include <libssh/callbacks.h>

#include "redact.h"

#define DEFAULT_TIMEOUT_MS 60000
#define DEFAULT_OUTPUT ((size_t)4 << 20)

struct run {
    struct ssh_client *client;
    const struct ssh_command *command;
    struct ssh_result *result;
    ssh_channel channel;
    size_t written;
    bool sent, input_closed, ended; /* ended: status has come */
};

void ssh_result_init(struct ssh_result *result)
{
    *result = (struct ssh_result){.status = -1};
}

void ssh_result_release(struct ssh_result *result)
{
    strbuf_release(&result->out);
    strbuf_release(&result->errors);
}

/* ---- How it ended ---- */

static void on_status(ssh_session session, ssh_channel channel, int status, void *context)
{
    (void)session, (void)channel;
    struct run *r = context;
    r->result->status = status;
    r->ended = true;
}

static void on_signal(ssh_session session, ssh_channel channel, const char *name, int core,
                      const char *text, const char *language, void *context)
{
    (void)session, (void)channel, (void)core, (void)text, (void)language;
    static const char *const names[] = {
        [1] = "HUP",   [2] = "INT",   [3] = "QUIT",  [4] = "ILL",   [6] = "ABRT",
        [8] = "FPE",   [9] = "KILL",  [10] = "USR1", [11] = "SEGV", [12] = "USR2",
        [13] = "PIPE", [14] = "ALRM", [15] = "TERM"};
    struct run *r = context;
    int number = 127;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            number = (int)i;
    r->result->status = 128 + number;
    r->ended = true;
}

/* No exit status will come. */
static int lost(struct run *r, enum err_code when_harmless, const char *what, struct err *err)
{
    r->client->broken = true;
    if (!r->sent || r->command->idempotent)
        return err_set(err, when_harmless, "%s", what);
    return err_set(err, ERR_UNCERTAIN, "%s; the command had been sent", what);
}

static int wait_more(struct run *r, struct err *err)
{
    struct err why;
    if (ssh_client_wait(r->client, &why) == 0)
        return 0;
    return lost(r, why.code, why.message, err);
}

static int broken(struct run *r, struct err *err)
{
    const char *why = ssh_get_error(r->client->session);
    return lost(r, ERR_UNREACHABLE, why[0] == '\0' ? "the connection was lost" : why, err);
}

/* ---- The steps of a run ---- */

static int start(struct run *r, struct err *err)
{
    int rc;
    while ((rc = ssh_channel_open_session(r->channel)) == SSH_AGAIN)
        if (wait_more(r, err) < 0)
            return -1;
    if (rc != SSH_OK)
        return broken(r, err);
    r->sent = true;
    while ((rc = ssh_channel_request_exec(r->channel, r->command->command)) == SSH_AGAIN)
        if (wait_more(r, err) < 0)
            return -1;
    if (rc == SSH_OK)
        return 0;
    if (!ssh_is_connected(r->client->session))
        return broken(r, err);
    r->client->broken = true;
    return err_set(err, ERR_DENIED, "the host refuses to run commands: %s",
                   ssh_get_error(r->client->session));
}

/* Send what the window takes; the rest goes when the host has read some of it. A command may
 * end without reading its input. */
static void feed(struct run *r)
{
    size_t left = r->command->input == NULL ? 0 : r->command->input_size - r->written;
    if (r->input_closed || ssh_channel_is_closed(r->channel))
        return;
    uint32_t window = ssh_channel_window_size(r->channel);
    size_t n = left < window ? left : window;
    n = n < 32768 ? n : 32768;
    if (n > 0) {
        int rc = ssh_channel_write(r->channel, r->command->input + r->written, (uint32_t)n);
        r->written += rc > 0 ? (size_t)rc : 0;
        left -= rc > 0 ? (size_t)rc : 0;
    }
    if (left == 0) {
        ssh_channel_send_eof(r->channel);
        r->input_closed = true;
    }
}

/* Read what is there; beyond the limit it is counted and dropped, so that the command ends and
 * its status is known. Returns whether anything was read. */
static bool drain(struct run *r, bool errors)
{
    static const int size = 32768;
    char data[32768];
    struct strbuf *out = errors ? &r->result->errors : &r->result->out;
    bool any = false;
    for (;;) {
        int n = ssh_channel_read_nonblocking(r->channel, data, (uint32_t)size, errors);
        if (n <= 0)
            return any;
        strbuf_add_mem(out, data, (size_t)n);
        any = true;
        if (net_now_ms() >= r->client->deadline_ms)
            return any;
    }
}

static int talk(struct run *r, struct err *err)
{
    for (;;) {
        /* Behind the end of the output libssh reads only when asked for the status, which
         * OpenSSH sends last. */
        if (!r->ended && ssh_channel_is_eof(r->channel))
            ssh_channel_get_exit_status(r->channel);
        bool last = ssh_channel_is_closed(r->channel) ||
                    (r->ended && ssh_channel_is_eof(r->channel)) ||
                    !ssh_is_connected(r->client->session);
        bool any = drain(r, false);
        any = drain(r, true) || any;
        if (last && !any)
            return r->ended ? 0 : broken(r, err);
        feed(r);
        bool late = any && net_now_ms() >= r->client->deadline_ms;
        if ((!any || late || cancel_requested(&r->client->cancel)) && wait_more(r, err) < 0)
            return -1;
    }
}

static int check_output(const struct run *r, struct err *err)
{
    bool over = strbuf_overflowed(&r->result->out) || strbuf_overflowed(&r->result->errors);
    if (!over)
        return 0;
    return err_set(err, ERR_INVALID, "output larger than %zu bytes (exit status %d)",
                   r->result->out.max, r->result->status);
}

int ssh_client_exec(struct ssh_client *client, const struct ssh_command *command,
                    struct ssh_result *result, struct err *err)
{
    struct run r = {.client = client, .command = command, .result = result};
    size_t max = command->max_output > 0 ? command->max_output : DEFAULT_OUTPUT;
    if (client->broken)
        return err_set(err, ERR_UNREACHABLE, "%s: the connection is gone", client->name);
    ssh_result_release(result);
    ssh_result_init(result);
    strbuf_init(&result->out, max);
    strbuf_init(&result->errors, max);
    client->deadline_ms =
        net_now_ms() + (command->timeout_ms > 0 ? command->timeout_ms : DEFAULT_TIMEOUT_MS);
    r.channel = ssh_channel_new(client->session);
    if (r.channel == NULL)
        return broken(&r, err);
    struct ssh_channel_callbacks_struct callbacks = {
        .userdata = &r,
        .channel_exit_status_function = on_status,
        .channel_exit_signal_function = on_signal,
    };
    ssh_callbacks_init(&callbacks);
    ssh_set_channel_callbacks(r.channel, &callbacks);
    int rc = start(&r, err);
    if (rc == 0)
        rc = talk(&r, err);
    if (rc == 0)
        rc = check_output(&r, err);
    ssh_remove_channel_callbacks(r.channel, &callbacks);
    ssh_channel_free(r.channel);
    if (rc == 0)
        return 0;
    err_wrap(err, "%s", client->name);
    secrets_redact_err(client->secrets, err);
    return -1;
}
