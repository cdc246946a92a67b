/* session.c: opening, logging in, choosing the version, logging out, and sending requests.
 *
 * A session that the server has forgotten (idle, restarted) is replaced once per request:
 * NotAuthenticated means that nothing was done (vsphere-api.md §1 rules 5 and 10).
 */
#include "vsphere.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "guest.h"
#include "http.h"
#include "inventory.h"
#include "session_version.h"
#include "strbuf.h"

enum { LAST_WORD_MS = 5000 };

bool fault_is(const struct soap_fault *fault, const char *type)
{
    if (fault->type == NULL)
        return false;
    size_t n = strlen(type);
    return strncmp(fault->type, type, n) == 0 &&
           (fault->type[n] == '\0' || strcmp(fault->type + n, "Fault") == 0);
}

/* ---- sending ---- */

static int send(struct vc *vc, struct wire *wire, struct soap_reply *reply, struct err *err)
{
    struct session *s = vc->session;
    const struct soap_request request = {.method = wire->method,
                                         .body = strbuf_str(&wire->body),
                                         .idempotent = wire->idempotent,
                                         .timeout_ms = wire->last_word ? LAST_WORD_MS : 0};
    if (wire->last_word)
        atomic_fetch_add(&s->last_words, 1);
    op_env_call(&s->env, "vsphere", wire->method);
    int result = soap_call(s->soap, &request, vc->arena, reply, err);
    if (wire->last_word)
        atomic_fetch_sub(&s->last_words, 1);
    vc->fault = reply->fault;
    return result;
}

static int login(struct vc *vc, struct err *err)
{
    struct session *s = vc->session;
    CLEANUP(wire_release) struct wire wire;
    struct soap_reply reply = {0};
    soap_forget_session(s->soap);
    wire_login(&wire, s->session_manager, s->user, s->password);
    if (xml_write_finish(&wire.x, err) < 0 || send(vc, &wire, &reply, err) < 0)
        return err_wrap(err, "login of %s", s->user);
    return 0;
}

static unsigned count_logins(struct session *s)
{
    pthread_mutex_lock(&s->login_lock);
    unsigned n = s->logins;
    pthread_mutex_unlock(&s->login_lock);
    return n;
}

/* Several threads find out at once; the first one logs in for all. */
static int login_again(struct vc *vc, unsigned seen, struct err *err)
{
    struct session *s = vc->session;
    int result = 0;
    pthread_mutex_lock(&s->login_lock);
    if (s->logins == seen) {
        result = login(vc, err);
        s->logins += result == 0 ? 1 : 0;
    }
    pthread_mutex_unlock(&s->login_lock);
    return result;
}

int session_call(struct vc *vc, struct wire *wire, struct soap_reply *reply, struct err *err)
{
    *reply = (struct soap_reply){0};
    if (xml_write_finish(&wire->x, err) < 0)
        return err_wrap(err, "%s", wire->method);
    unsigned seen = count_logins(vc->session);
    if (send(vc, wire, reply, err) == 0)
        return 0;
    if (!fault_is(&reply->fault, "NotAuthenticated"))
        return -1;
    if (wire->bound) {
        vc->lost = true;
        return -1;
    }
    if (login_again(vc, seen, err) < 0)
        return -1;
    *reply = (struct soap_reply){0};
    return send(vc, wire, reply, err);
}

int session_stream(struct vc *vc, struct wire *wire, const struct xml_stream_options *stream,
                   struct err *err)
{
    if (xml_write_finish(&wire->x, err) < 0)
        return err_wrap(err, "%s", wire->method);
    const struct soap_request request = {.method = wire->method,
                                         .body = strbuf_str(&wire->body),
                                         .idempotent = wire->idempotent};
    struct soap_reply reply = {0};
    op_env_call(&vc->session->env, "vsphere", wire->method);
    if (soap_stream(vc->session->soap, &request, stream, vc->arena, &reply, err) == 0)
        return 0;
    vc->lost = vc->lost || fault_is(&reply.fault, "NotAuthenticated");
    return -1;
}

int session_run_pass(struct vc *vc, session_pass *pass, void *context, struct err *err)
{
    unsigned seen = count_logins(vc->session);
    vc->lost = false;
    if (pass(vc, context, err) == 0)
        return 0;
    if (!vc->lost)
        return -1;
    vc->lost = false;
    return login_again(vc, seen, err) < 0 ? -1 : pass(vc, context, err);
}

/* ---- opening ---- */

static struct ref content_ref(struct session *s, const struct xml_node *content,
                              const char *name)
{
    return ref_of(s->arena, xml_child(content, name));
}

static int read_content(struct vc *vc, struct err *err)
{
    struct session *s = vc->session;
    CLEANUP(wire_release) struct wire wire;
    struct soap_reply reply = {0};
    wire_service_content(&wire);
    if (xml_write_finish(&wire.x, err) < 0 || send(vc, &wire, &reply, err) < 0)
        return -1;
    const struct xml_node *content = xml_child(reply.response, "returnval");
    s->root = content_ref(s, content, "rootFolder");
    s->collector = content_ref(s, content, "propertyCollector");
    s->view_manager = content_ref(s, content, "viewManager");
    s->session_manager = content_ref(s, content, "sessionManager");
    s->spec_manager = content_ref(s, content, "customizationSpecManager");
    s->guest_operations = content_ref(s, content, "guestOperationsManager");
    if (s->root.id == NULL || s->collector.id == NULL || s->view_manager.id == NULL ||
        s->session_manager.id == NULL)
        return err_set(err, ERR_INVALID,
                       "this is not a vCenter: its service content is "
                       "incomplete");
    return 0;
}

/* Asked from within a request. A task that is being cancelled, or a session that is being
 * closed, is so because of the interrupt: that request must not fall to it. */
static bool env_cancelled(void *context)
{
    struct session *s = context;
    return atomic_load(&s->last_words) == 0 && s->env.cancelled != NULL &&
           s->env.cancelled(s->env.context);
}

static const char *setting_path(struct session *s, const struct provider_config *config,
                                const char *attr)
{
    const char *path = instance_text(config->settings, attr);
    if (path == NULL || path[0] == '/' || config->directory == NULL)
        return path;
    return arena_printf(s->arena, "%s/%s", config->directory, path);
}

static int64_t setting_int(const struct provider_config *config, const char *attr,
                           int64_t otherwise)
{
    const struct value *value = instance_get(config->settings, attr);
    return value->type == VALUE_INT ? value->integer : otherwise;
}

static int connect_http(struct session *s, const struct provider_config *config,
                        struct err *err)
{
    const struct instance *settings = config->settings;
    const struct value *verify = instance_get(settings, "verify");
    const char *server = instance_text(settings, "server");
    const struct http_options options = {
        .endpoint = {.name = server,
                     .port = (unsigned)setting_int(config, "port", 443),
                     .connect_to = value_get_text(instance_get(settings, "connect_to"), server),
                     .ca_file = s->ca_file,
                     .verify = verify->type != VALUE_BOOL || verify->boolean},
        .cancel = {env_cancelled, s},
        .secrets = config->redact,
        .timeout_ms = setting_int(config, "timeout", 60000)};
    return http_new(&options, &s->http, err);
}

/* The container of all views: everything, or one datacenter. */
static int choose_root(struct vc *vc, const char *datacenter, struct err *err)
{
    if (datacenter == NULL)
        return 0;
    struct ref found = {0};
    if (find_datacenter(vc, datacenter, &found, err) < 0)
        return -1;
    vc->session->root = found;
    return 0;
}

static int start(struct session *s, const struct provider_config *config, struct err *err)
{
    if (connect_http(s, config, err) < 0)
        return -1;
    const struct soap_options options = {.http = s->http, .secrets = config->redact};
    if (soap_new(&options, &s->soap, err) < 0)
        return -1;
    s->user = arena_strdup(s->arena, instance_text(config->settings, "username"));
    if (config->secret(config->context, "password", &s->password, err) < 0)
        return -1;
    struct vc vc = {.session = s, .env = &s->env, .arena = s->arena};
    if (version_negotiate(s->http, s->soap, s->arena, err) < 0 || read_content(&vc, err) < 0 ||
        login_again(&vc, 0, err) < 0)
        return -1;
    return choose_root(&vc, instance_text(config->settings, "datacenter"), err);
}

int vsphere_session_open(const struct provider_config *config, const struct op_env *env,
                         struct session **ret_session, struct err *err)
{
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->arena = arena_new();
    s->env = *env;
    s->secrets = config->redact;
    s->poll_ms = setting_int(config, "poll_interval", 2000);
    s->settings = config->settings;
    s->directory = config->directory;
    s->ca_file = setting_path(s, config, "ca_file");
    s->reference = config->reference;
    s->reference_context = config->context;
    s->guest_hosts = guest_hosts_new();
    pthread_mutex_init(&s->login_lock, NULL);
    if (start(s, config, err) < 0) {
        vsphere_session_close(s);
        return err_wrap(err, "vCenter %s", instance_text(config->settings, "server"));
    }
    *ret_session = s;
    return 0;
}

/* Leaked sessions count against the server's limit. */
static void logout(struct session *s)
{
    struct err ignored;
    struct soap_reply reply = {0};
    struct vc vc = {.session = s, .env = &s->env, .arena = s->arena};
    CLEANUP(wire_release) struct wire wire;
    wire_logout(&wire, s->session_manager);
    if (xml_write_finish(&wire.x, &ignored) == 0 && send(&vc, &wire, &reply, &ignored) < 0)
        err_clear(&ignored);
}

void vsphere_session_close(struct session *session)
{
    if (session == NULL)
        return;
    if (session->logins > 0)
        logout(session);
    guest_hosts_free(session->guest_hosts);
    soap_free(session->soap);
    http_free(session->http);
    pthread_mutex_destroy(&session->login_lock);
    arena_free(session->arena);
    free(session);
}
