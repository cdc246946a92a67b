/* session.c: the settings of the provider, and one connection to one host. Nothing is
 * connected before a call needs it, and nothing stays connected after it: sshd's idle limits
 * and the hosts' reboots make kept connections a liability (esxi-shell.md §12).
 */
#include "esxi.h"

#include "arena.h"
#include "redact.h"
#include "ssh.h"

static const char *setting(struct session *session, const struct instance *settings,
                           const char *attr)
{
    const char *text = instance_text(settings, attr);
    return text == NULL ? NULL : arena_strdup(session->arena, text);
}

static int64_t number(const struct instance *settings, const char *attr, int64_t otherwise)
{
    const struct value *value = instance_get(settings, attr);
    return value->type == VALUE_INT ? value->integer : otherwise;
}

static const char *path_setting(struct session *session, const struct provider_config *config,
                                const char *attr)
{
    const char *path = setting(session, config->settings, attr);
    if (path == NULL || path[0] == '/' || config->directory == NULL)
        return path;
    return arena_printf(session->arena, "%s/%s", config->directory, path);
}

static int read_password(struct session *session, const struct provider_config *config,
                         struct err *err)
{
    const char *password;
    if (!value_is_known(instance_get(config->settings, "password")))
        return 0;
    if (config->secret(config->context, "password", &password, err) < 0)
        return err_wrap(err, "providers.esxi.password");
    if (config->redact != NULL)
        secrets_add(config->redact, password);
    session->password = password;
    return 0;
}

static int read_settings(struct session *session, const struct provider_config *config,
                         struct err *err)
{
    const struct instance *settings = config->settings;
    const struct value *verify = instance_get(settings, "verify");
    session->username = setting(session, settings, "username");
    session->key_file = path_setting(session, config, "key_file");
    session->known_hosts = path_setting(session, config, "known_hosts");
    session->connect_to = value_copy(session->arena, instance_get(settings, "connect_to"));
    session->secrets = config->redact;
    session->port = (unsigned)number(settings, "port", 22);
    session->verify = verify->type != VALUE_BOOL || verify->boolean;
    session->poll_ms = number(settings, "poll_interval", 5000);
    session->timeout_ms = number(settings, "timeout", 60000);
    session->install_timeout_ms = number(settings, "install_timeout", 900000);
    if (session->username == NULL)
        return err_set(err, ERR_INVALID, "providers.esxi.username is missing");
    if (session->verify && session->known_hosts == NULL)
        return err_set(err, ERR_INVALID,
                       "providers.esxi.known_hosts is missing: host keys are checked against "
                       "that file");
    if (read_password(session, config, err) < 0)
        return -1;
    if (session->password == NULL && session->key_file == NULL)
        return err_set(err, ERR_INVALID,
                       "providers.esxi needs a password or a key_file to log in with");
    return 0;
}

int esxi_session_open(const struct provider_config *config, const struct op_env *env,
                      struct session **ret_session, struct err *err)
{
    (void)env;
    struct arena *arena = arena_new();
    struct session *session = ARENA_NEW(arena, struct session);
    session->arena = arena;
    if (read_settings(session, config, err) < 0) {
        arena_free(arena);
        return -1;
    }
    *ret_session = session;
    return 0;
}

void esxi_session_close(struct session *session)
{
    if (session != NULL)
        arena_free(session->arena);
}

int shell_open(struct shell *shell, struct err *err)
{
    const struct session *session = shell->session;
    const struct ssh_client_options options = {
        .endpoint = {.name = shell->host,
                     .port = session->port,
                     .connect_to = value_get_text(session->connect_to, shell->host),
                     .verify = session->verify},
        .cancel = {.cancelled = shell->env->cancelled, .context = shell->env->context},
        .secrets = session->secrets,
        .user = session->username,
        .known_hosts = session->known_hosts,
        .key_file = session->key_file,
        .password = session->password,
        .connect_timeout_ms = session->timeout_ms < 30000 ? session->timeout_ms : 30000,
    };
    op_env_call(shell->env, "esxi", "connect");
    return ssh_client_open(&options, &shell->client, err);
}

void shell_close(struct shell *shell)
{
    ssh_client_close(shell->client);
    shell->client = NULL;
}
