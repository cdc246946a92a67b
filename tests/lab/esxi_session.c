/* esxi_session.c: one SSH connection: log in, then exec requests, one after the other. */
#include "esxi_server.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "esxi_shell.h"

#define N_LOGIN_TRIES 6

/* ---- log in
 * -------------------------------------------------------------------------------------- */

static bool accepts(struct shell_session *session, const char *user, const char *password)
{
    const struct host *host = session->host;
    struct lab_call call = {
        .system = SYSTEM_SHELL, .operation = "login", .object = host->name, .user = user};
    lab_call_begin(session->server->lab, &call);
    bool right = user && password && !strcmp(user, host->ssh_user) &&
                 !strcmp(password, host->ssh_password);
    if (call.fault.kind != FAULT_NONE && call.fault.kind != FAULT_DELAY)
        right = false;
    lab_call_end(session->server->lab, &call);
    return right;
}

static bool answer_keyboard(struct shell_session *session, ssh_message message,
                            const char *user)
{
    const char *prompts[] = {"Password: "};
    char echo[] = {0};
    if (!ssh_message_auth_kbdint_is_response(message)) {
        ssh_message_auth_interactive_request(message, "", "", 1, prompts, echo);
        return false;
    }
    const char *answer = ssh_userauth_kbdint_getnanswers(session->ssh) == 1
                             ? ssh_userauth_kbdint_getanswer(session->ssh, 0)
                             : NULL;
    if (accepts(session, user, answer)) {
        ssh_message_auth_reply_success(message, 0);
        return true;
    }
    ssh_message_reply_default(message);
    return false;
}

/* Deprecated in favour of a callback, which would split the log in over two mechanisms:
 * keyboard answers have messages only. */
static const char *password_of(ssh_message message)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return ssh_message_auth_password(message);
#pragma GCC diagnostic pop
}

/* Of a connection that broke off while we answered libssh would wait for ever. */
static ssh_message next_message(struct shell_session *session)
{
    return ssh_is_connected(session->ssh) ? ssh_message_get(session->ssh) : NULL;
}

/* The name of who logged in, in memory of the arena; NULL when nobody did. */
static char *log_in(struct shell_session *session, struct arena *arena)
{
    ssh_message message;
    char user[128] = "";
    bool in = false;
    for (unsigned tries = 0; !in && tries < 4 * N_LOGIN_TRIES; tries++) {
        message = next_message(session);
        if (!message)
            break;
        if (ssh_message_type(message) != SSH_REQUEST_AUTH) {
            ssh_message_reply_default(message);
            ssh_message_free(message);
            continue;
        }
        ssh_message_auth_set_methods(message,
                                     SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE);
        const char *name = ssh_message_auth_user(message);
        if (name) /* a response does not repeat it */
            snprintf(user, sizeof(user), "%s", name);
        int method = ssh_message_subtype(message);
        if (method == SSH_AUTH_METHOD_INTERACTIVE) {
            in = answer_keyboard(session, message, user);
        } else if (method == SSH_AUTH_METHOD_PASSWORD &&
                   accepts(session, user, password_of(message))) {
            ssh_message_auth_reply_success(message, 0);
            in = true;
        } else {
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
    }
    return in ? arena_strdup(arena, user) : NULL;
}

/* ---- commands
 * --------------------------------------------------------------------------------------- */

static void write_out(ssh_channel channel, const struct strbuf *text, bool is_stderr)
{
    size_t at = 0, size = strbuf_len(text);
    while (at < size) {
        uint32_t chunk = size - at > 30000 ? 30000 : (uint32_t)(size - at);
        int n = is_stderr ? ssh_channel_write_stderr(channel, strbuf_str(text) + at, chunk)
                          : ssh_channel_write(channel, strbuf_str(text) + at, chunk);
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

/* false: the connection is to be closed. */
static bool execute(struct shell_session *session, ssh_channel channel, const char *user,
                    const char *line)
{
    struct shell_run run = {
        .lab = session->server->lab, .host = session->host, .user = user, .arena = arena_new()};
    strbuf_init(&run.out, SHELL_OUTPUT_MAX);
    strbuf_init(&run.err, SHELL_OUTPUT_MAX);
    shell_session_set_state(session, SESSION_BUSY);
    if (strlen(line) > SHELL_LINE_MAX) {
        strbuf_add(&run.err, "-sh: line too long\n");
        run.status = 2;
    } else {
        shell_line(&run, line);
    }
    write_out(channel, &run.out, false);
    write_out(channel, &run.err, true);
    if (!run.dropped) {
        ssh_channel_request_send_exit_status(channel, run.status);
        ssh_channel_send_eof(channel);
        ssh_channel_close(channel);
    }
    ssh_blocking_flush(session->ssh, 5000);
    shell_session_set_state(session, SESSION_ANSWERED);
    strbuf_release(&run.out);
    strbuf_release(&run.err);
    arena_free(run.arena);
    return !run.dropped;
}

/* Serve messages until the client leaves: the client closes, never we, for it would not see the
 * exit status otherwise. */
static void serve(struct shell_session *session, const char *user)
{
    ssh_message message;
    bool open = true;
    while (open && (message = next_message(session))) {
        int type = ssh_message_type(message), subtype = ssh_message_subtype(message);
        if (type == SSH_REQUEST_CHANNEL_OPEN && subtype == SSH_CHANNEL_SESSION) {
            ssh_message_channel_request_open_reply_accept(message);
        } else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC) {
            ssh_channel channel = ssh_message_channel_request_channel(message);
            ssh_message_channel_request_reply_success(message);
            open =
                execute(session, channel, user, ssh_message_channel_request_command(message));
        } else {
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
    }
}

void *shell_session_run(void *argument)
{
    struct shell_session *session = argument;
    struct arena *arena = arena_new();
    shell_session_set_state(session, SESSION_IDLE);
    if (ssh_handle_key_exchange(session->ssh) == SSH_OK) {
        const char *user = log_in(session, arena);
        if (user)
            serve(session, user);
    }
    arena_free(arena);
    shutdown(session->fd, SHUT_RDWR);
    shell_session_end(session);
    return NULL;
}
