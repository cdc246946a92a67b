/* handle.c: one message in, one reply out: route, token, role, fault, handler, record. */
#include "vra7.h"

#include <stdlib.h>
#include <string.h>

static const struct vra7_route *const tables[] = {
    vra7_identity_routes, vra7_software_routes,    vra7_blueprint_routes, vra7_content_routes,
    vra7_catalog_routes,  vra7_entitlement_routes, vra7_infra_routes,
};

/* ---- routes ----------------------------------------------------------------------------- */

/* One segment or, for the last one called {token}, all that is left. */
static size_t match_argument(const char *pattern, const char *path)
{
    return strcmp(pattern, "{token}") == 0 ? strlen(path) : strcspn(path, "/");
}

static bool route_matches(struct vra7_request *request, const char *pattern, const char *path)
{
    size_t n = 0;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t size = match_argument(pattern, path);
        if (size == 0 || n == VRA7_MAX_ARGS)
            return false;
        request->args[n++] = arena_memdup(request->arena, path, size);
        path += size;
        pattern = strchr(pattern, '}') + 1;
    }
    return *path == '\0' || strcmp(path, "/") == 0;
}

/* Sets *ret_known when the path exists for another method. */
static const struct vra7_route *find_route(struct vra7_request *request, bool *ret_known)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        for (const struct vra7_route *route = tables[t]; route->method != NULL; route++) {
            memset(request->args, 0, sizeof(request->args));
            if (!route_matches(request, route->pattern, request->message->path))
                continue;
            *ret_known = true;
            if (strcmp(route->method, request->message->method) == 0)
                return route;
        }
    }
    return NULL;
}

/* ---- sessions --------------------------------------------------------------------------- */

static struct vra7_session *find_session(struct vra7_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = request->message->authorization;
    if (header == NULL || strncmp(header, scheme, strlen(scheme)) != 0)
        return NULL;
    request->token = header + strlen(scheme);
    VEC_EACH (struct vra7_session, session, request->vra7->sessions) {
        if (!session->ended && session->expires > world_now(request->world) &&
            strcmp(session->token, request->token) == 0)
            return session;
    }
    return NULL;
}

/* ---- the record of calls ---------------------------------------------------------------- */

static const char *call_object(const struct vra7_request *request,
                               const struct vra7_route *route)
{
    const char *const keys[] = {"id", "name", "username"};
    if (strstr(route->pattern, "{token}") != NULL)
        return ""; /* a token is a secret */
    for (size_t i = VRA7_MAX_ARGS; i-- > 0;) {
        if (request->args[i] != NULL)
            return request->args[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *text = text_member(request->body, keys[i]);
        if (text != NULL)
            return arena_strdup(request->arena, text);
    }
    return "";
}

static const char *call_detail(const struct vra7_request *request)
{
    const char *text = json_string_value(request->body);
    if (text == NULL)
        text = text_member(request->body, "status");
    return text != NULL ? arena_strdup(request->arena, text) : NULL;
}

static bool is_changing(const struct vra7_route *route)
{
    return (route->flags & ROUTE_READ) == 0 && strcmp(route->method, "GET") != 0 &&
           strcmp(route->method, "HEAD") != 0;
}

/* ---- faults ----------------------------------------------------------------------------- */

static void reply_text(struct vra7_reply *reply, int status, const char *text)
{
    reply->status = status > 0 ? (unsigned)status : 503;
    if (text == NULL || *text == '\0')
        return;
    reply->text = strdup(text);
    reply->content_type = *text == '{'   ? "application/json;charset=UTF-8"
                          : *text == '<' ? "text/html"
                                         : "text/plain";
}

/* Faults that replace the handler; false: go on. */
static bool play_before(struct vra7_request *request, const struct lab_fault *fault,
                        struct vra7_reply *reply)
{
    if (fault->kind == FAULT_DROP_BEFORE) {
        reply->drop = true;
    } else if (fault->kind == FAULT_STATUS) {
        reply_text(reply, fault->status, fault->text);
    } else if (fault->kind == FAULT_ERROR_TEXT) {
        int status = fault->status > 0 ? fault->status : 400;
        reply_error(reply, (unsigned)status, status >= 500 ? VRA_SYSTEM : VRA_INVALID, "%s",
                    fault->text != NULL ? fault->text : "System exception.");
    } else if (fault->kind == FAULT_EXPIRE) {
        struct vra7_session *session = find_session(request);
        if (session != NULL)
            session->ended = true;
        reply_empty(reply, 401);
    } else {
        return false;
    }
    return true;
}

static void play_after(const struct lab_fault *fault, struct vra7_reply *reply)
{
    if (fault->kind == FAULT_DROP_AFTER)
        reply->drop = true;
    else if (fault->kind == FAULT_TRUNCATE)
        reply->truncate = true;
    else if (fault->kind == FAULT_DELAY)
        reply->delay_ms = fault->milliseconds;
}

/* ---- one message ------------------------------------------------------------------------ */

static bool read_body(struct vra7_request *request)
{
    const struct vra7_message *message = request->message;
    if (message->size == 0)
        return true;
    request->body = json_loadb(message->body, message->size,
                               JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return request->body != NULL;
}

static void run_handler(struct vra7_request *request, const struct vra7_route *route,
                        bool body_is_readable, struct vra7_reply *reply)
{
    const struct vra7_session *session = find_session(request);
    if ((route->flags & ROUTE_OPEN) == 0 && session == NULL)
        reply_empty(reply, 401);
    else if ((route->flags & ROUTE_OPEN) == 0 && session->no_role)
        reply_empty(reply, 403);
    else if (!body_is_readable)
        reply_error(reply, 400, VRA_INVALID, "The request body is not JSON.");
    else
        route->handler(request, reply);
}

/* The caller as the record shows it: of a login the name that was given. */
static const char *caller(struct vra7_request *request)
{
    const struct vra7_session *session = find_session(request);
    const char *user = session != NULL ? session->user : text_member(request->body, "username");
    return user != NULL ? arena_strdup(request->arena, user) : "";
}

static void handle_route(struct vra7_request *request, const struct vra7_route *route,
                         struct vra7_reply *reply)
{
    struct lab *lab = request->vra7->lab;
    bool readable = read_body(request);
    lab_lock(lab);
    const char *user = caller(request);
    lab_unlock(lab);
    struct lab_call call = {
        .system = SYSTEM_VRA,
        .operation = arena_printf(request->arena, "%s %s", route->method, route->pattern),
        .object = call_object(request, route),
        .user = user,
        .detail = call_detail(request),
        .changing = is_changing(route),
    };
    lab_call_begin(lab, &call);
    lab_lock(lab);
    if (!play_before(request, &call.fault, reply))
        run_handler(request, route, readable, reply);
    lab_unlock(lab);
    play_after(&call.fault, reply);
    if (!lab_call_end(lab, &call))
        reply->drop = true;
}

/* What the real system has and this one has not must show in the record. */
static void handle_unknown(struct vra7_request *request, bool path_is_known,
                           struct vra7_reply *reply)
{
    const struct vra7_message *message = request->message;
    struct lab_call call = {
        .system = SYSTEM_VRA,
        .operation = arena_printf(request->arena, "%s (unknown)", message->method),
        .object = strstr(message->path, "/tokens/") == NULL ? message->path : "",
    };
    lab_call_begin(request->vra7->lab, &call);
    reply_empty(reply, path_is_known ? 405 : 404);
    lab_call_end(request->vra7->lab, &call);
}

void vra7_handle(struct vra7 *vra7, const struct vra7_message *message,
                 struct vra7_reply *reply)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct vra7_request request = {
        .vra7 = vra7, .world = vra7->lab->world, .arena = arena, .message = message};
    bool known = false;
    memset(reply, 0, sizeof(*reply));
    const struct vra7_route *route = find_route(&request, &known);
    if (route != NULL)
        handle_route(&request, route, reply);
    else
        handle_unknown(&request, known, reply);
    json_decref(request.body);
}
