/* session.c: the token of vRA (vra7-api.md §1) and every request that needs it.
 *
 * Token, expiry and the count of logins stand under the lock; several threads may find the
 * token dead at once, and only the first of them logs in again.
 */
#include "vra7.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "redact.h"
#include "url.h"

enum { MAX_TOKEN = 16384, SLACK_SECONDS = 300, MAX_BODY = 64 << 20 };

static void authorize(void *context, struct strbuf *ret_value)
{
    struct session *session = context;
    pthread_mutex_lock(&session->lock);
    if (strbuf_len(&session->token) > 0)
        strbuf_addf(ret_value, "Bearer %s", strbuf_str(&session->token));
    pthread_mutex_unlock(&session->lock);
}

/* When to log in again, some time before `expires`; 0 when that is of no use: unreadable, or
 * in the past already because the clocks differ. */
static int64_t renewal(const char *expires)
{
    struct tm tm = {0};
    const char *rest = expires == NULL ? NULL : strptime(expires, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL || expires[strlen(expires) - 1] != 'Z')
        return 0;
    int64_t end = timegm(&tm), now = time(NULL);
    if (end <= now)
        return 0;
    int64_t slack = (end - now) / 4;
    return end - (slack < SLACK_SECONDS ? slack : SLACK_SECONDS);
}

static int take_token(struct session *session, const json_t *body, struct err *err)
{
    const char *id = vra_text(body, "id");
    if (id == NULL || id[0] == '\0' || strlen(id) > MAX_TOKEN)
        return err_set(err, ERR_INVALID, "vRA login: the answer holds no token");
    if (session->secrets != NULL)
        secrets_add(session->secrets, id);
    strbuf_clear(&session->token);
    strbuf_add(&session->token, id);
    session->renew_at = renewal(vra_text(body, "expires"));
    session->login++;
    return 0;
}

/* Every request goes out here. It is counted by method and service: "GET catalog-service". */
static int call_counted(struct session *session, const struct rest_request *request,
                        struct rest_reply *reply, struct err *err)
{
    char what[64];
    const char *service = request->path + (request->path[0] == '/');
    snprintf(what, sizeof(what), "%s %.*s", request->method == NULL ? "GET" : request->method,
             (int)strcspn(service, "/?"), service);
    op_env_call(&session->env, "vra", what);
    return rest_call(session->rest, request, reply, err);
}

/* Under the lock, or before anybody else knows the session. */
static int login(struct session *session, struct err *err)
{
    json_auto_t *body = json_object();
    json_object_set_new(body, "username", json_string(session->username));
    json_object_set_new(body, "password", json_string(session->password));
    json_object_set_new(body, "tenant", json_string(session->tenant));
    const struct rest_request request = {.method = "POST",
                                         .path = "/identity/api/tokens",
                                         .body = body,
                                         .flags = REST_NO_AUTH | REST_IDEMPOTENT,
                                         .timeout_ms = session->timeout_ms,
                                         .max_body = 1 << 20};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = call_counted(session, &request, &reply, err);
    if (ret == 0)
        ret = take_token(session, reply.body, err);
    else if (reply.status == 400 || reply.status == 401) {
        struct err cause = *err;
        ret = err_set(err, ERR_DENIED, "vRA refuses user %s in tenant %s: %s",
                      session->username, session->tenant, cause.message);
    }
    rest_reply_release(&reply);
    return ret;
}

/* The number of the login whose token the next request will carry. */
static int ensure_login(struct session *session, unsigned *ret_login, struct err *err)
{
    int ret = 0;
    pthread_mutex_lock(&session->lock);
    if (session->renew_at != 0 && time(NULL) >= session->renew_at)
        ret = login(session, err);
    *ret_login = session->login;
    pthread_mutex_unlock(&session->lock);
    return ret;
}

/* The token of login number `seen` was refused. */
static int renew(struct session *session, unsigned seen, struct err *err)
{
    int ret = 0;
    pthread_mutex_lock(&session->lock);
    if (session->login == seen)
        ret = login(session, err);
    pthread_mutex_unlock(&session->lock);
    return ret;
}

/* Who may use a service (§1). */
static const struct {
    const char *prefix, *role;
} roles[] = {
    {"/software-service/", "software architect"},
    {"/composition-service/", "infrastructure architect and application architect"},
    {"/content-management-service/", "infrastructure architect and application architect"},
    {"/catalog-service/", "catalog administrator (or tenant administrator)"},
    {"/reservation-service/", "fabric administrator"},
    {"/iaas-proxy-provider/", "fabric administrator or infrastructure architect"},
    {"/identity/", "tenant administrator"},
};

static int denied(const struct session *session, const char *path, struct err *err)
{
    struct err cause = *err;
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (strncmp(path, roles[i].prefix, strlen(roles[i].prefix)) == 0)
            return err_set(err, ERR_DENIED, "%s: user %s probably lacks the role %s",
                           cause.message, session->username, roles[i].role);
    return -1;
}

int vra_call(struct session *session, const struct rest_request *request,
             struct rest_reply *reply, struct err *err)
{
    struct rest_request timed = *request;
    if (timed.timeout_ms == 0)
        timed.timeout_ms = session->timeout_ms;
    if (timed.max_body == 0)
        timed.max_body = MAX_BODY;
    unsigned seen;
    if (ensure_login(session, &seen, err) < 0)
        return -1;
    int ret = call_counted(session, &timed, reply, err);
    if (ret < 0 && reply->status == 401) {
        if (renew(session, seen, err) < 0)
            return err_wrap(err, "vRA session ended");
        ret = call_counted(session, &timed, reply, err);
    }
    if (ret < 0 && reply->status == 403)
        return denied(session, request->path, err);
    return ret;
}

/* ---- opening and closing ---- */

static int read_settings(struct session *session, const struct provider_config *config,
                         struct err *err)
{
    const struct instance *settings = config->settings;
    session->tenant = arena_strdup(session->arena, instance_text(settings, "tenant"));
    session->username = arena_strdup(session->arena, instance_text(settings, "username"));
    session->secrets = config->redact;
    const struct value *poll = instance_get(settings, "poll_interval");
    const struct value *timeout = instance_get(settings, "timeout");
    session->poll_ms = poll->type == VALUE_INT ? poll->integer : 3000;
    session->timeout_ms = timeout->type == VALUE_INT ? timeout->integer : 60000;
    if (strchr(session->username, '\\') != NULL || strchr(session->username, '@') == NULL)
        return err_set(err, ERR_INVALID,
                       "providers.vra.username must be written user@domain: vRA 7 refuses "
                       "DOMAIN\\user");
    if (config->secret(config->context, "password", &session->password, err) < 0)
        return err_wrap(err, "providers.vra.password");
    if (session->secrets != NULL)
        secrets_add(session->secrets, session->password);
    return 0;
}

static const char *absolute(struct arena *arena, const char *directory, const char *path)
{
    if (path == NULL || path[0] == '/' || directory == NULL)
        return path;
    return arena_printf(arena, "%s/%s", directory, path);
}

static bool env_cancelled(void *context)
{
    struct session *session = context;
    return !atomic_load(&session->closing) && session->env.cancelled != NULL &&
           session->env.cancelled(session->env.context);
}

static int connect_rest(struct session *session, const struct provider_config *config,
                        struct err *err)
{
    const struct instance *settings = config->settings;
    const char *server = instance_text(settings, "server");
    const struct value *port = instance_get(settings, "port");
    const struct value *verify = instance_get(settings, "verify");
    const struct http_options options = {
        .endpoint = {.name = server,
                     .port = port->type == VALUE_INT ? (unsigned)port->integer : 443,
                     .connect_to = value_get_text(instance_get(settings, "connect_to"), server),
                     .ca_file = absolute(session->arena, config->directory,
                                         instance_text(settings, "ca_file")),
                     .verify = verify->type != VALUE_BOOL || verify->boolean},
        .cancel = {env_cancelled, session},
        .secrets = session->secrets,
        .timeout_ms = session->timeout_ms,
        .max_body = MAX_BODY,
    };
    if (http_new(&options, &session->http, err) < 0)
        return -1;
    const struct rest_options rest = {
        .http = session->http, .authorize = authorize, .context = session};
    session->rest = rest_new(&rest);
    return 0;
}

static void release(struct session *session)
{
    rest_free(session->rest);
    http_free(session->http);
    strbuf_release(&session->token);
    pthread_mutex_destroy(&session->lock);
    arena_free(session->arena);
    free(session);
}

int vra_session_open(const struct provider_config *config, const struct op_env *env,
                     struct session **ret_session, struct err *err)
{
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL)
        abort();
    session->arena = arena_new();
    session->env = *env;
    strbuf_init(&session->token, MAX_TOKEN + 1);
    pthread_mutex_init(&session->lock, NULL);
    if (read_settings(session, config, err) < 0 || connect_rest(session, config, err) < 0 ||
        login(session, err) < 0) {
        release(session);
        return err_wrap(err, "vRA %s", instance_text(config->settings, "server"));
    }
    *ret_session = session;
    return 0;
}

void vra_session_close(struct session *session)
{
    if (session == NULL)
        return;
    struct strbuf path;
    atomic_store(&session->closing, true);
    strbuf_init(&path, 4 * MAX_TOKEN);
    strbuf_add(&path, "/identity/api/tokens");
    url_add_segment(&path, strbuf_str(&session->token));
    const struct rest_request request = {.method = "DELETE",
                                         .path = strbuf_str(&path),
                                         .timeout_ms = 10000,
                                         .max_body = 1 << 20};
    struct rest_reply reply;
    struct err ignored = {0};
    rest_reply_init(&reply);
    /* Best effort: the token dies by itself. */
    if (call_counted(session, &request, &reply, &ignored) < 0)
        err_clear(&ignored);
    rest_reply_release(&reply);
    strbuf_release(&path);
    release(session);
}
