/* test_transport_ssh.c: ssh.h against an SSH server made of libssh, that misbehaves on demand.
 */
#include "../harness/unit.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "redact.h"
#include "ssh.h"
#include "test_transport_server.h"

#define HOST "esx-01.example.test"
#define PASSWORD "VMw@re 1!"

static ssh_key host_key, other_key, user_key;
static char dir[] = "/tmp/gf-ssh-XXXXXX", known_hosts[64], key_file[64];

/* ---- Server ---- */

/* libssh would have callbacks used; messages let a server answer whatever a test wants. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum ending { END_STATUS, END_SIGNAL, END_CUT, END_HANG, END_REFUSE,
              END_LATE /* status behind the end of the output */ };

struct ssh_host {
    ssh_key key;
    int methods;
    bool second_round; /* keyboard-interactive asks again, for nothing (esxi-shell.md §12) */
    const char *output, *errors;
    size_t repeat; /* of output */
    int status;
    enum ending ending;

    atomic_uint n_logins_failed, n_commands;
    char command[256];
    struct strbuf input;
    struct raw_server *server;
};

/* What one connection of the server has reached. */
struct talk {
    struct ssh_host *host;
    bool logged_in, password_good;
    bool opened, running, input_ended;
};

static int grant(struct talk *t, ssh_message m, bool good)
{
    t->logged_in = good;
    if (good)
        return ssh_message_auth_reply_success(m, 0);
    atomic_fetch_add(&t->host->n_logins_failed, 1);
    ssh_message_auth_set_methods(m, t->host->methods);
    return ssh_message_reply_default(m);
}

static int answer_questions(struct talk *t, ssh_session session, ssh_message m)
{
    const char *prompts[] = {"(root@host) Password: "};
    char echo[] = {0};
    if (!ssh_message_auth_kbdint_is_response(m))
        return ssh_message_auth_interactive_request(m, "", "", 1, prompts, echo);
    if (ssh_userauth_kbdint_getnanswers(session) == 1) {
        const char *said = ssh_userauth_kbdint_getanswer(session, 0);
        t->password_good = said != NULL && strcmp(said, PASSWORD) == 0;
        if (t->password_good && t->host->second_round)
            return ssh_message_auth_interactive_request(m, "", "", 0, prompts, echo);
    }
    return grant(t, m, t->password_good);
}

static int on_auth(struct talk *t, ssh_session session, ssh_message m, int subtype)
{
    switch (subtype) {
    case SSH_AUTH_METHOD_PASSWORD:
        return grant(t, m, strcmp(ssh_message_auth_password(m), PASSWORD) == 0);
    case SSH_AUTH_METHOD_INTERACTIVE:
        if (t->host->methods & SSH_AUTH_METHOD_INTERACTIVE)
            return answer_questions(t, session, m);
        break;
    case SSH_AUTH_METHOD_PUBLICKEY:
        if (ssh_key_cmp(ssh_message_auth_pubkey(m), user_key, SSH_KEY_CMP_PUBLIC) != 0)
            return grant(t, m, false);
        if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_NONE)
            return ssh_message_auth_reply_pk_ok_simple(m);
        return grant(t, m, ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_VALID);
    default:
        break;
    }
    ssh_message_auth_set_methods(m, t->host->methods);
    return ssh_message_reply_default(m);
}

static void on_command(struct talk *t, ssh_message m)
{
    struct ssh_host *h = t->host;
    snprintf(h->command, sizeof(h->command), "%s", ssh_message_channel_request_command(m));
    atomic_fetch_add(&h->n_commands, 1);
    if (h->ending == END_REFUSE) {
        ssh_message_reply_default(m);
        return;
    }
    ssh_message_channel_request_reply_success(m);
    t->running = true;
}

static void on_message(struct talk *t, ssh_session session, ssh_channel *channel)
{
    ssh_message m = ssh_message_get(session);
    if (m == NULL)
        return;
    int type = ssh_message_type(m), subtype = ssh_message_subtype(m);
    if (type == SSH_REQUEST_AUTH)
        on_auth(t, session, m, subtype);
    else if (type == SSH_REQUEST_CHANNEL_OPEN && t->logged_in)
        *channel = ssh_message_channel_request_open_reply_accept(m);
    else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC)
        on_command(t, m);
    else
        ssh_message_reply_default(m);
    ssh_message_free(m);
}

/* Until the client has gone. */
static void hang(ssh_session session)
{
    while (ssh_is_connected(session))
        ssh_message_free(ssh_message_get(session));
}

static void run_command(struct ssh_host *h, ssh_channel channel)
{
    char data[4096];
    int n;
    while ((n = ssh_channel_read(channel, data, sizeof(data), 0)) > 0)
        strbuf_add_mem(&h->input, data, (size_t)n);
    for (size_t i = 0; i < h->repeat; i++)
        ssh_channel_write(channel, h->output, (uint32_t)strlen(h->output));
    ssh_channel_write_stderr(channel, h->errors, (uint32_t)strlen(h->errors));
    if (h->ending == END_STATUS)
        ssh_channel_request_send_exit_status(channel, h->status);
    if (h->ending == END_SIGNAL)
        ssh_channel_request_send_exit_signal(channel, "KILL", 0, "", "");
    if (h->ending == END_HANG)
        hang(ssh_channel_get_session(channel));
    if (h->ending == END_CUT || h->ending == END_HANG)
        return;
    if (h->ending == END_LATE) {
        ssh_channel_send_eof(channel);
        usleep(50000); /* in a packet of its own, as OpenSSH sends it */
        ssh_channel_request_send_exit_status(channel, h->status);
    }
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
}

/* Until the client has gone: the server closing first would cost the client its answer. */
static void serve_session(struct talk *t, ssh_session session)
{
    ssh_channel channel = NULL;
    while (ssh_is_connected(session)) {
        on_message(t, session, &channel);
        if (!t->running)
            continue;
        t->running = false;
        run_command(t->host, channel);
        if (t->host->ending == END_CUT)
            return;
    }
}

static void serve_ssh(int fd, unsigned n_connection, void *context)
{
    (void)n_connection;
    struct talk talk = {.host = context};
    ssh_bind bind = ssh_bind_new();
    ssh_session session = ssh_new();
    bool no = false;
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, ssh_key_dup(talk.host->key));
    if (ssh_bind_accept_fd(bind, session, dup(fd)) == SSH_OK && /* ssh_free closes it */
        ssh_handle_key_exchange(session) == SSH_OK)
        serve_session(&talk, session);
    ssh_free(session);
    ssh_bind_free(bind);
}

static void host_start(struct ssh_host *h)
{
    if (h->key == NULL)
        h->key = host_key;
    if (h->methods == 0)
        h->methods = SSH_AUTH_METHOD_INTERACTIVE | SSH_AUTH_METHOD_PUBLICKEY;
    h->output = h->output == NULL ? "" : h->output;
    h->errors = h->errors == NULL ? "" : h->errors;
    h->repeat = h->repeat == 0 ? 1 : h->repeat;
    strbuf_init(&h->input, 10 << 20);
    h->server = raw_start(serve_ssh, h);
}

static void host_stop(struct ssh_host *h)
{
    raw_stop(h->server);
    strbuf_release(&h->input);
}

/* ---- Client ---- */

static void know(const char *name, ssh_key key, bool append)
{
    char *text = NULL;
    FILE *file = fopen(known_hosts, append ? "a" : "w");
    assert_int_equal(ssh_pki_export_pubkey_base64(key, &text), SSH_OK);
    fprintf(file, "# hosts\n\n%s %s %s\n", name, ssh_key_type_to_char(ssh_key_type(key)), text);
    fclose(file);
    ssh_string_free_char(text);
}

static enum err_code open_client(const struct ssh_host *h, struct ssh_client_options options,
                                 struct ssh_client **client, struct err *err)
{
    char to[32];
    snprintf(to, sizeof(to), "127.0.0.1:%u", raw_port(h->server));
    options.endpoint.name = options.endpoint.name == NULL ? HOST : options.endpoint.name;
    options.endpoint.connect_to = to;
    options.endpoint.verify = true;
    options.known_hosts = known_hosts;
    options.user = "root";
    *client = NULL;
    err_clear(err);
    int rc = ssh_client_open(&options, client, err);
    return rc == 0 ? ERR_NONE : err->code;
}

/* A host that runs one command; returns the outcome. */
static enum err_code exec(struct ssh_host *h, const struct ssh_command *command,
                          struct ssh_result *result, struct err *err)
{
    struct ssh_client *client;
    struct ssh_client_options options = {.password = PASSWORD};
    know(HOST, host_key, false);
    host_start(h);
    if (open_client(h, options, &client, err) != ERR_NONE)
        fail_msg("%s", err->message);
    int rc = ssh_client_exec(client, command, result, err);
    ssh_client_close(client);
    raw_stop(h->server);
    return rc == 0 ? ERR_NONE : err->code;
}

/* ---- Tests ---- */

static size_t count_fds(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_host_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool changed, revoked;
        enum err_code code;
        const char *says, *as; /* as: how the manifest spells it */
    } cases[] = {
        {HOST, false, false, ERR_NONE, "", NULL},
        {HOST, false, false, ERR_NONE, "", "ESX-01.Example.test"},
        {"[" HOST "]:22", false, false, ERR_NONE, "", NULL},
        {"*.example.test", false, false, ERR_NONE, "", NULL},
        {"a," HOST ",b", false, false, ERR_NONE, "", NULL},
        {"esx-02.example.test", false, false, ERR_UNTRUSTED, "unknown host key", NULL},
        {"127.0.0.1", false, false, ERR_UNTRUSTED, "SHA256:", NULL},
        {HOST, true, false, ERR_UNTRUSTED, "HAS CHANGED", NULL},
        {HOST, false, true, ERR_UNTRUSTED, "REVOKED", NULL},
    };
    size_t n_fds = count_fds();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_host h = {.key = host_key};
        struct ssh_client *client;
        struct err err;
        struct ssh_client_options options = {.endpoint.name = cases[i].as,
                                             .password = PASSWORD};
        know(cases[i].name, cases[i].changed ? other_key : host_key, false);
        if (cases[i].revoked)
            know("@revoked " HOST, host_key, true);
        struct stat before, after;
        stat(known_hosts, &before);
        host_start(&h);
        enum err_code code = open_client(&h, options, &client, &err);
        if (code != cases[i].code || strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.message);
        stat(known_hosts, &after);
        assert_int_equal(before.st_size, after.st_size);
        ssh_client_close(client);
        host_stop(&h);
        assert_int_equal(count_fds(), n_fds);
    }
}

static void test_no_known_hosts(void **state)
{
    (void)state;
    struct ssh_client *client;
    struct err err;
    struct ssh_client_options options = {
        .endpoint = {.name = HOST, .connect_to = "127.0.0.1:9", .verify = true},
        .user = "root"};
    assert_int_equal(ssh_client_open(&options, &client, &err), -1);
    assert_int_equal(err.code, ERR_UNTRUSTED);
    options.known_hosts = "/nonexistent/known_hosts";
    assert_int_equal(ssh_client_open(&options, &client, &err), -1);
    assert_int_equal(err.code, ERR_UNTRUSTED);
    assert_non_null(strstr(err.message, "/nonexistent/known_hosts"));
}

static void test_logins(void **state)
{
    (void)state;
    const int kbd = SSH_AUTH_METHOD_INTERACTIVE, key = SSH_AUTH_METHOD_PUBLICKEY,
              pass = SSH_AUTH_METHOD_PASSWORD;
    const struct {
        int methods;
        bool second_round;
        const char *password, *key_file;
        enum err_code code;
        unsigned failures; /* what an account lock would count */
    } cases[] = {
        {kbd, false, PASSWORD, NULL, ERR_NONE, 0},
        {kbd, true, PASSWORD, NULL, ERR_NONE, 0},
        {kbd | pass, true, PASSWORD, NULL, ERR_NONE, 0},
        {kbd | pass, true, "wrong", NULL, ERR_DENIED, 1},
        {pass, false, PASSWORD, NULL, ERR_NONE, 0},
        {pass, false, "wrong", NULL, ERR_DENIED, 1},
        {key, false, NULL, key_file, ERR_NONE, 0},
        {key | kbd, false, "unused", key_file, ERR_NONE, 0},
        {key, false, PASSWORD, NULL, ERR_DENIED, 0},
        {kbd, false, NULL, NULL, ERR_DENIED, 0},
        {key, false, NULL, "/nonexistent/key", ERR_INVALID, 0},
        {key, false, NULL, known_hosts, ERR_INVALID, 0},
    };
    know(HOST, host_key, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_host h = {.methods = cases[i].methods,
                             .second_round = cases[i].second_round};
        struct ssh_client *client;
        struct err err;
        struct ssh_client_options options = {.password = cases[i].password,
                                             .key_file = cases[i].key_file};
        host_start(&h);
        enum err_code code = open_client(&h, options, &client, &err);
        if (code != cases[i].code)
            fail_msg("case %zu: %s %s", i, err_code_name(code), err.message);
        if (code == ERR_DENIED)
            assert_non_null(strstr(err.message, "lockdown"));
        assert_int_equal(atomic_load(&h.n_logins_failed), cases[i].failures);
        ssh_client_close(client);
        host_stop(&h);
    }
}

static void test_exec(void **state)
{
    (void)state;
    struct ssh_host h = {.output = "out\n", .errors = "err\xff\n", .status = 3};
    struct ssh_result result;
    struct err err = {0};
    char *input = malloc(3000000);
    memset(input, 'i', 3000000);
    ssh_result_init(&result);
    struct ssh_command command = {.command = "sh -s", .input = input, .input_size = 3000000};
    if (exec(&h, &command, &result, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_string_equal(strbuf_str(&result.out), "out\n");
    assert_string_equal(strbuf_str(&result.errors), "err\xff\n");
    assert_int_equal(result.status, 3);
    assert_string_equal(h.command, "sh -s");
    assert_int_equal(strbuf_len(&h.input), 3000000);
    assert_int_equal(memcmp(strbuf_str(&h.input), input, 3000000), 0);
    strbuf_release(&h.input);
    ssh_result_release(&result);
    free(input);
}

static void test_late_status(void **state)
{
    (void)state;
    struct ssh_host h = {.output = "out\n", .status = 7, .ending = END_LATE};
    struct ssh_result result;
    struct err err = {0};
    struct ssh_command command = {.command = "x", .timeout_ms = 20000};
    ssh_result_init(&result);
    if (exec(&h, &command, &result, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    assert_int_equal(result.status, 7);
    assert_string_equal(strbuf_str(&result.out), "out\n");
    strbuf_release(&h.input);
    ssh_result_release(&result);
}

static void test_several_commands(void **state)
{
    (void)state;
    struct ssh_host h = {.output = "x"};
    struct ssh_client *client;
    struct ssh_result result;
    struct err err;
    struct ssh_client_options options = {.password = PASSWORD};
    know(HOST, host_key, false);
    host_start(&h);
    assert_int_equal(open_client(&h, options, &client, &err), ERR_NONE);
    ssh_result_init(&result);
    for (int i = 0; i < 5; i++) {
        h.status = i;
        struct ssh_command command = {.command = "true"};
        assert_int_equal(ssh_client_exec(client, &command, &result, &err), 0);
        assert_int_equal(result.status, i);
        assert_string_equal(strbuf_str(&result.out), "x");
    }
    ssh_result_release(&result);
    ssh_client_close(client);
    host_stop(&h);
}

static bool command_arrived(void *context)
{
    struct ssh_host *h = context;
    return atomic_load(&h->n_commands) > 0;
}

static void test_endings(void **state)
{
    (void)state;
    static const struct {
        enum ending ending;
        int64_t timeout_ms;
        enum err_code idempotent, other;
        const char *says;
    } cases[] = {
        {END_CUT, 0, ERR_UNREACHABLE, ERR_UNCERTAIN, HOST},
        {END_HANG, 300, ERR_TIMEOUT, ERR_UNCERTAIN, "in time"},
        {END_REFUSE, 0, ERR_DENIED, ERR_DENIED, "refuses"},
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_host h = {.ending = cases[i / 2].ending};
        struct ssh_result result;
        struct err err = {0};
        ssh_result_init(&result);
        struct ssh_command command = {.command = "reboot",
                                      .idempotent = i % 2 == 0,
                                      .timeout_ms = cases[i / 2].timeout_ms};
        enum err_code code = exec(&h, &command, &result, &err);
        if (code != (i % 2 == 0 ? cases[i / 2].idempotent : cases[i / 2].other) ||
            strstr(err.message, cases[i / 2].says) == NULL)
            fail_msg("case %zu: %s %s", i, err_code_name(code), err.message);
        strbuf_release(&h.input);
        ssh_result_release(&result);
    }
}

static void test_signal_and_limit(void **state)
{
    (void)state;
    struct ssh_result result;
    struct err err = {0};
    ssh_result_init(&result);
    struct ssh_host killed = {.ending = END_SIGNAL};
    struct ssh_command command = {.command = "x"};
    assert_int_equal(exec(&killed, &command, &result, &err), ERR_NONE);
    assert_int_equal(result.status, 137);
    strbuf_release(&killed.input);
    struct ssh_host loud = {.output = "0123456789abcdef", .repeat = 100000, .status = 5};
    command.max_output = 1000;
    assert_int_equal(exec(&loud, &command, &result, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "larger than 1000 bytes (exit status 5)"));
    assert_int_equal(strbuf_len(&result.out), 1000);
    strbuf_release(&loud.input);
    struct ssh_host whole = {.output = "0123456789abcdef", .repeat = 100000};
    command.max_output = 0;
    assert_int_equal(exec(&whole, &command, &result, &err), ERR_NONE);
    assert_int_equal(strbuf_len(&result.out), 1600000);
    strbuf_release(&whole.input);
    ssh_result_release(&result);
}

static void test_cancel(void **state)
{
    (void)state;
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        struct ssh_host h = {.ending = END_HANG};
        struct ssh_client *client;
        struct ssh_result result;
        struct err err;
        struct ssh_client_options options = {.password = PASSWORD,
                                             .cancel = {command_arrived, &h}};
        know(HOST, host_key, false);
        host_start(&h);
        ssh_result_init(&result);
        assert_int_equal(open_client(&h, options, &client, &err), ERR_NONE);
        struct ssh_command command = {.command = "x", .idempotent = idempotent != 0};
        assert_int_equal(ssh_client_exec(client, &command, &result, &err), -1);
        assert_int_equal(err.code, idempotent ? ERR_CANCELLED : ERR_UNCERTAIN);
        assert_int_equal(ssh_client_exec(client, &command, &result, &err), -1);
        assert_int_equal(err.code, ERR_UNREACHABLE);
        ssh_client_close(client);
        ssh_result_release(&result);
        host_stop(&h);
    }
}

static void hang_up(int fd, unsigned n_connection, void *context)
{
    (void)fd, (void)n_connection, (void)context;
}

static void test_unreachable(void **state)
{
    (void)state;
    char to[32];
    struct ssh_client *client;
    struct err err;
    know(HOST, host_key, false);
    snprintf(to, sizeof(to), "127.0.0.1:%u", unused_port());
    struct ssh_client_options options = {
        .endpoint = {.name = HOST, .connect_to = to, .verify = true},
        .user = "root",
        .known_hosts = known_hosts,
        .password = PASSWORD};
    assert_int_equal(ssh_client_open(&options, &client, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.message, "SSH service (TSM-SSH) is probably stopped"));
    struct raw_server *server = raw_start(hang_up, NULL);
    size_t before = count_fds();
    snprintf(to, sizeof(to), "127.0.0.1:%u", raw_port(server));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ssh_client_open(&options, &client, &err), -1);
        assert_int_equal(err.code, ERR_UNREACHABLE);
    }
    raw_stop(server);
    assert_int_equal(count_fds(), before - 1);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(known_hosts, sizeof(known_hosts), "%s/known_hosts", dir);
    snprintf(key_file, sizeof(key_file), "%s/key", dir);
    ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &host_key);
    ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &other_key);
    ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &user_key);
    return ssh_pki_export_privkey_file(user_key, NULL, NULL, NULL, key_file);
}

static int tear_down(void **state)
{
    (void)state;
    ssh_key_free(host_key);
    ssh_key_free(other_key);
    ssh_key_free(user_key);
    unlink(known_hosts);
    unlink(key_file);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_keys),        cmocka_unit_test(test_no_known_hosts),
        cmocka_unit_test(test_logins),           cmocka_unit_test(test_exec),
        cmocka_unit_test(test_several_commands), cmocka_unit_test(test_endings),
        cmocka_unit_test(test_late_status),
        cmocka_unit_test(test_signal_and_limit), cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_unreachable),
    };
    return cmocka_run_group_tests_name("ssh", tests, set_up, tear_down);
}
