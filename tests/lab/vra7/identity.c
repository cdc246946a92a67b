/* identity.c: tokens, version, business groups, principals (vra7-api.md §1, §6.5). */
#include "vra7.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "strbuf.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* ---- tokens ----------------------------------------------------------------------------- */

static const struct account *find_account(const struct vra7_request *request)
{
    const char *username = text_member(request->body, "username");
    const char *password = text_member(request->body, "password");
    const char *tenant = text_member(request->body, "tenant");
    if (username == NULL || password == NULL || tenant == NULL || strchr(username, '@') == NULL)
        return NULL;
    VEC_EACH (struct account, account, request->world->accounts) {
        const char *own = account->tenant != NULL && *account->tenant != '\0'
                              ? account->tenant
                              : request->world->vra.tenant;
        if (strcmp(account->system, "vra") == 0 &&
            strcasecmp(account->username, username) == 0 &&
            strcmp(account->password, password) == 0 && strcasecmp(own, tenant) == 0)
            return account;
    }
    return NULL;
}

/* Opaque text of the real length and alphabet, '+', '/' and '=' included. */
static char *new_token(struct vra7_request *request)
{
    struct strbuf text;
    strbuf_init(&text, 1024);
    for (int i = 0; strbuf_len(&text) < 320; i++)
        strbuf_addf(&text, "%s%c", world_guid(request->world), i % 2 == 0 ? '+' : '/');
    strbuf_add(&text, "==");
    char *token = world_strdup(request->world, strbuf_str(&text));
    strbuf_release(&text);
    return token;
}

static void refuse_login(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *username = text_member(request->body, "username");
    const char *tenant = text_member(request->body, "tenant");
    char *message =
        arena_printf(request->arena, "Unable to authenticate user %s in tenant %s.",
                     username != NULL ? username : "null", tenant != NULL ? tenant : "null");
    char *system = arena_printf(request->arena, "%d-%s", VRA_LOGIN, message);
    int64_t status = vra_switch_number(request->world, "login_failure_status", 400);
    reply_json(reply, (unsigned)status,
               json_pack("{s:[{s:i, s:n, s:s, s:s, s:n}]}", "errors", "code", VRA_LOGIN,
                         "source", "message", message, "systemMessage", system, "moreInfoUrl"));
}

static void token_post(struct vra7_request *request, struct vra7_reply *reply)
{
    struct world *world = request->world;
    if (!body_is_object(request, reply))
        return;
    const struct account *account = find_account(request);
    if (account == NULL) {
        refuse_login(request, reply);
        return;
    }
    int64_t hours = vra_switch_number(world, "token_lifetime_hours", 8);
    struct vra7_session session = {.token = new_token(request),
                                   .user = account->username,
                                   .expires = world_now(world) + hours * HOUR_MS,
                                   .no_role = account->no_role};
    VEC_PUSH(world->arena, &request->vra7->sessions, session);
    reply_json(reply, 200,
               json_pack("{s:s, s:s, s:s}", "expires", vra_time(world, session.expires), "id",
                         session.token, "tenant", text_member(request->body, "tenant")));
}

static struct vra7_session *session_of(struct vra7_request *request)
{
    VEC_EACH (struct vra7_session, session, request->vra7->sessions) {
        if (!session->ended && session->expires > world_now(request->world) &&
            strcmp(session->token, request->args[0]) == 0)
            return session;
    }
    return NULL;
}

static void token_head(struct vra7_request *request, struct vra7_reply *reply)
{
    int64_t dead = vra_switch_number(request->world, "dead_token_status", 401);
    reply_empty(reply, session_of(request) != NULL ? 204 : (unsigned)dead);
}

static void token_delete(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra7_session *session = session_of(request);
    if (session != NULL)
        session->ended = true;
    reply_empty(reply, session != NULL ? 204 : 404);
}

static void about_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *version = request->world->vra.version;
    reply_json(reply, 200,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "buildNumber", "5604410", "buildDate",
                         "2017-05-11T00:00:00.000Z", "productVersion", version, "apiVersion",
                         "7.3", "productBuildNumber", "5604410"));
}

/* ---- business groups -------------------------------------------------------------------- */

static bool tenant_is_known(struct vra7_request *request, struct vra7_reply *reply)
{
    if (strcasecmp(request->args[0], request->world->vra.tenant) == 0)
        return true;
    reply_empty(reply, 404);
    return false;
}

static void tenant_get(struct vra7_request *request, struct vra7_reply *reply)
{
    if (tenant_is_known(request, reply))
        reply_json(reply, 200,
                   json_pack("{s:s, s:s, s:s, s:s, s:n}", "@type", "Tenant", "id",
                             request->args[0], "urlName", request->args[0], "name",
                             request->args[0], "description"));
}

static void subtenants_get(struct vra7_request *request, struct vra7_reply *reply)
{
    if (tenant_is_known(request, reply))
        reply_page(request, reply,
                   list_shown(request, &request->world->vra.business_groups, NULL));
}

static void subtenant_get(struct vra7_request *request, struct vra7_reply *reply)
{
    if (!tenant_is_known(request, reply))
        return;
    request->args[0] = request->args[1];
    reply_object(request, reply, &request->world->vra.business_groups, NULL);
}

/* ---- principals ------------------------------------------------------------------------- */

static bool is_account(const struct world *world, const char *name)
{
    VEC_EACH (struct account, account, world->accounts) {
        if (strcmp(account->system, "vra") == 0 && strcasecmp(account->username, name) == 0)
            return true;
    }
    return false;
}

/* Without a list in the world's file every well-formed name exists. */
static bool principal_exists(const struct world *world, const char *list, const char *name)
{
    const char *at = strchr(name, '@');
    const json_t *names = json_object_get(world->vra.principals, list);
    size_t i;
    json_t *element;
    if (at == NULL || at == name || at[1] == '\0')
        return false;
    if (names == NULL)
        return true;
    json_array_foreach(names, i, element)
    {
        const char *text = json_string_value(element);
        if (text != NULL && strcasecmp(text, name) == 0)
            return true;
    }
    return strcmp(list, "users") == 0 && is_account(world, name);
}

static json_t *principal_id(struct vra7_request *request, const char *name)
{
    const char *at = strchr(name, '@');
    return json_pack("{s:s, s:s}", "domain", at + 1, "name",
                     arena_memdup(request->arena, name, (size_t)(at - name)));
}

static void principal_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *name = request->args[1];
    if (!tenant_is_known(request, reply))
        return;
    if (!principal_exists(request->world, "users", name)) {
        reply_empty(reply, 404);
        return;
    }
    reply_json(reply, 200,
               json_pack("{s:s, s:s, s:s, s:s, s:n, s:b, s:b, s:n, s:o, s:s, s:s}", "@type",
                         "User", "firstName", name, "lastName", "", "emailAddress", name,
                         "description", "locked", 0, "disabled", 0, "password", "principalId",
                         principal_id(request, name), "tenantName", request->world->vra.tenant,
                         "name", name));
}

static void group_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *name = request->args[1];
    if (!tenant_is_known(request, reply))
        return;
    if (!principal_exists(request->world, "groups", name)) {
        reply_empty(reply, 404);
        return;
    }
    json_t *id = principal_id(request, name);
    reply_json(reply, 200,
               json_pack("{s:s, s:s, s:O, s:O, s:n, s:o}", "@type", "Group", "groupType", "SSO",
                         "name", json_object_get(id, "name"), "domain",
                         json_object_get(id, "domain"), "description", "principalId", id));
}

const struct vra7_route vra7_identity_routes[] = {
    {"POST", "/identity/api/tokens", token_post, ROUTE_OPEN | ROUTE_READ},
    {"HEAD", "/identity/api/tokens/{token}", token_head, ROUTE_OPEN | ROUTE_READ},
    {"DELETE", "/identity/api/tokens/{token}", token_delete, ROUTE_OPEN | ROUTE_READ},
    {"GET", "/identity/api/about", about_get, ROUTE_OPEN},
    {"GET", "/identity/api/tenants/{id}", tenant_get, 0},
    {"GET", "/identity/api/tenants/{id}/subtenants", subtenants_get, 0},
    {"GET", "/identity/api/tenants/{id}/subtenants/membership", subtenants_get, 0},
    {"GET", "/identity/api/tenants/{id}/subtenants/{id}", subtenant_get, 0},
    {"GET", "/identity/api/tenants/{id}/principals/{id}", principal_get, 0},
    {"GET", "/identity/api/tenants/{id}/groups/{id}", group_get, 0},
    {NULL, NULL, NULL, 0},
};
