/* vim25_session.c: login, the service instance and what hangs on a session. */
#include <string.h>
#include <time.h>

#include "vim25_call.h"

enum { VIEWS_MAX = 1000, SESSIONS_MAX = 550 };

int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void session_close(struct session *session)
{
    session->gone = true;
    VEC_EACH (struct view *, it, session->views)
        (*it)->gone = true;
}

void session_release(struct vim25_server *server, struct session *session)
{
    if (session == NULL || --session->users > 0 || !session->gone)
        return;
    for (size_t i = 0; i < server->sessions.n; i++) {
        if (server->sessions.items[i] != session)
            continue;
        server->sessions.items[i] = server->sessions.items[--server->sessions.n];
        break;
    }
    pages_free(session);
    collectors_free(session);
    arena_free(session->arena);
}

/* Sessions that nobody used for too long end, as on the real server. */
static void expire_idle(struct vim25_server *server)
{
    int64_t now = monotonic_ms();
    for (size_t i = server->sessions.n; i-- > 0;) {
        struct session *session = server->sessions.items[i];
        if (session->users > 0)
            continue;
        if (now - session->used_ms > server->idle_limit_ms)
            session_close(session);
        session->users++;
        session_release(server, session);
    }
}

struct session *session_find(struct vim25_server *server, const char *cookie)
{
    expire_idle(server);
    VEC_EACH (struct session *, it, server->sessions)
        if (!(*it)->gone && cookie != NULL && strcmp((*it)->key, cookie) == 0)
            return *it;
    return NULL;
}

struct session *session_open(struct vim25_server *server, const struct account *account)
{
    struct arena *arena = arena_new();
    struct session *session = ARENA_NEW(arena, struct session);
    struct world *world = server->lab->world;
    session->arena = arena;
    session->key = arena_strdup(arena, world_guid(world));
    session->user = arena_strdup(arena, account->username);
    session->no_role = account->no_role;
    session->login_ms = session->active_ms = world_now(world);
    session->used_ms = monotonic_ms();
    session->next_id = 1;
    VEC_PUSH(server->arena, &server->sessions, session);
    return session;
}

struct view *session_view(struct session *session, const char *id)
{
    if (session == NULL)
        return NULL;
    VEC_EACH (struct view *, it, session->views)
        if (!(*it)->gone && strcmp((*it)->id, id) == 0)
            return *it;
    return NULL;
}

static const struct account *find_account(struct call *call, const char *name)
{
    VEC_EACH (struct account, it, call->world->accounts)
        if (strcmp(it->system, "vcenter") == 0 && strcmp(it->username, name) == 0)
            return it;
    return NULL;
}

struct val *session_value(struct call *call, const struct session *session)
{
    struct builder *b = &call->b;
    struct val *value = val_object(b, "UserSession");
    val_text(b, value, "key", session->key);
    val_text(b, value, "userName", session->user);
    val_text(b, value, "fullName", session->user);
    val_time(b, value, "loginTime", session->login_ms);
    val_time(b, value, "lastActiveTime", session->active_ms);
    val_text(b, value, "locale", "en");
    val_text(b, value, "messageLocale", "en");
    val_bool(b, value, "extensionSession", false);
    val_text(b, value, "ipAddress", session->address);
    val_text(b, value, "userAgent", session->agent);
    val_int(b, value, "callCount", session->n_calls);
    return value;
}

static int run_login(struct call *call)
{
    const struct account *account = find_account(call, arg_text(call, "userName"));
    if (account == NULL || strcmp(account->password, arg_text(call, "password")) != 0)
        return call_fault(call, "InvalidLogin",
                          "Cannot complete login due to an incorrect user name or password.");
    if (call->session != NULL)
        return call_fault(call, "InvalidLogin", "The session is already logged in.");
    if (call->server->sessions.n >= SESSIONS_MAX)
        return call_fault(call, "SystemError", "The number of sessions is exhausted.");
    struct session *session = session_open(call->server, account);
    session->agent = call->agent == NULL ? NULL : arena_strdup(session->arena, call->agent);
    session->address = arena_strdup(session->arena, call->address);
    session->users++;
    call->session = session;
    call->cookie = session->key;
    call_result(call, session_value(call, session));
    return 0;
}

static int run_logout(struct call *call)
{
    session_close(call->session);
    return 0;
}

static int run_session_is_active(struct call *call)
{
    struct session *session = session_find(call->server, arg_text(call, "sessionID"));
    bool active = session != NULL && strcmp(session->user, arg_text(call, "userName")) == 0;
    call_result_text(call, "boolean", active ? "true" : "false");
    return 0;
}

static int run_current_time(struct call *call)
{
    call_result_text(call, "dateTime", time_text(call->arena, world_now(call->world), 0));
    return 0;
}

static int run_content(struct call *call)
{
    call_result(call, service_content(call));
    return 0;
}

static size_t count_views(const struct session *session)
{
    size_t n = 0;
    VEC_EACH (struct view *, it, session->views)
        n += !(*it)->gone;
    return n;
}

static int run_create_view(struct call *call)
{
    struct session *session = call->session;
    const char *id = arg_text(call, "container");
    struct object *container = object_find(call, NULL, id);
    if (container == NULL || !type_is(container->type, "ManagedEntity")) {
        call_fault(call, "ManagedObjectNotFound", "The object '%s' does not exist", id);
        val_ref(&call->b, call->fault, "obj", "ManagedEntity", id);
        return -1;
    }
    if (count_views(session) >= VIEWS_MAX)
        return call_fault(call, "SystemError", "Too many views in this session.");
    struct view *view = ARENA_NEW(session->arena, struct view);
    view->id =
        arena_printf(session->arena, "session[%s]view-%u", session->key, session->next_id++);
    view->container = arena_strdup(session->arena, container->id);
    view->recursive = node_flag(arg_node(call, "recursive"), false);
    for (xmlNode *it = arg_node(call, "type"); it != NULL; it = node_next(it)) {
        char *name = node_text(session->arena, it);
        const struct type *type = schema_type(call->server->schema, name);
        if (type == NULL || !type_is(type, "ManagedEntity"))
            return call_invalid(call, "type", "%s", name);
        VEC_PUSH(session->arena, &view->types, name);
    }
    VEC_PUSH(session->arena, &session->views, view);
    call_result(call, val_reference(&call->b, "ContainerView", view->id));
    return 0;
}

static int run_destroy_view(struct call *call)
{
    call->self->view->gone = true;
    return 0;
}

/* The child of that name; names compare as they are shown. */
static struct object *child_named(struct call *call, const struct object *parent,
                                  const char *name)
{
    struct val *children = val_list(&call->b, "", true);
    object_children(call, parent, children);
    VEC_EACH (struct val *, it, children->items) {
        struct object *child = object_find(call, NULL, (*it)->text);
        if (child != NULL && strcmp(object_read(call, child, "name")->text, name) == 0)
            return child;
    }
    return NULL;
}

static int run_find_path(struct call *call)
{
    char *rest = arg_text(call, "inventoryPath");
    struct object *object = object_find(call, NULL, "group-d1");
    for (char *name = strsep(&rest, "/"); name != NULL && object != NULL;
         name = strsep(&rest, "/"))
        if (*name != '\0')
            object = child_named(call, object, name);
    if (object != NULL)
        call_result(call, object_reference(call, object));
    return 0;
}

const struct handler service_handlers[] = {
    {"RetrieveServiceContent", CALL_ANONYMOUS, run_content},
    {"CurrentTime", 0, run_current_time},
    {"Login", CALL_ANONYMOUS, run_login},
    {"Logout", 0, run_logout},
    {"SessionIsActive", 0, run_session_is_active},
    {"FindByInventoryPath", 0, run_find_path},
    {"CreateContainerView", 0, run_create_view},
    {"DestroyView", 0, run_destroy_view},
    {0},
};
