/* catalog.c: services, catalogue items, icons (vra7-api.md §6.1 to §6.3). */
#include "vra7.h"

#include <string.h>

static const char *const service_statuses[][2] = {{"ACTIVE", "Active"},
                                                  {"INACTIVE", "Inactive"},
                                                  {"RETIRED", "Retired"},
                                                  {"DELETED", "Deleted"}};

static const char *const item_statuses[][2] = {
    {"PUBLISHED", "Published"}, {"RETIRED", "Retired"}, {"STAGING", "Staging"}};

static const char *name_of(const char *const table[][2], size_t n, const char *key)
{
    for (size_t i = 0; key != NULL && i < n; i++) {
        if (strcmp(table[i][0], key) == 0)
            return table[i][1];
    }
    return NULL;
}

static struct vra_list *services(struct vra7_request *request)
{
    return &request->world->vra.services;
}

static struct vra_list *items(struct vra7_request *request)
{
    return &request->world->vra.catalog_items;
}

/* ---- services --------------------------------------------------------------------------- */

static bool service_is_good(struct vra7_request *request, struct vra7_reply *reply)
{
    json_t *errors = json_array();
    const char *name = text_member(request->body, "name");
    const char *status = text_member(request->body, "status");
    const char *tenant =
        text_member(json_object_get(request->body, "organization"), "tenantRef");
    if (name == NULL || *name == '\0')
        problem_add(errors, VRA_INVALID, "The name is required.");
    if (name_of(service_statuses, ARRAY_LEN(service_statuses), status) == NULL)
        problem_add(errors, VRA_INVALID, "Invalid service status.");
    if (tenant == NULL || strcmp(tenant, request->world->vra.tenant) != 0)
        problem_add(errors, VRA_INVALID, "The organization is not that of the tenant.");
    if (json_array_size(errors) == 0) {
        json_decref(errors);
        return true;
    }
    reply_problems(reply, errors);
    return false;
}

static json_t *service_body(struct vra7_request *request, const char *id, int64_t version)
{
    static const char *const nulls[] = {"owner",        "supportTeam", "hours",
                                        "changeWindow", "newDuration", "lastUpdatedBy"};
    const char *tenant = request->world->vra.tenant;
    json_t *body = json_deep_copy(request->body);
    set_text(body, "id", id);
    set_text(
        body, "statusName",
        name_of(service_statuses, ARRAY_LEN(service_statuses), text_member(body, "status")));
    set_default(body, "description", json_string(""));
    set_default(body, "iconId", json_string("cafe_default_icon_genericService"));
    for (size_t i = 0; i < ARRAY_LEN(nulls); i++)
        set_default(body, nulls[i], json_null());
    set_text(json_object_get(body, "organization"), "tenantLabel", tenant);
    body_stamp(request, body, version, "lastUpdatedDate");
    return body;
}

static void services_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, list_shown(request, services(request), NULL));
}

static void service_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, services(request), NULL);
}

static void service_post(struct vra7_request *request, struct vra7_reply *reply)
{
    if (!body_is_object(request, reply) || !service_is_good(request, reply))
        return;
    const char *id = world_guid(request->world);
    struct vra_object *object =
        vra_list_add(request->world, services(request), id, service_body(request, id, 0), 0);
    world_event(request->world, "vra_created", text_member(object->body, "name"), "service");
    reply_created(request, reply, id, json_deep_copy(object->body));
}

static bool item_is_in(const json_t *item, const char *service)
{
    const char *id = text_member(json_object_get(item, "serviceRef"), "id");
    return id != NULL && strcmp(id, service) == 0;
}

static void service_remove(struct vra7_request *request, struct vra_object *service)
{
    for (size_t i = 0; i < items(request)->items.n; i++) {
        struct vra_object *item = items(request)->items.items[i];
        if (item_is_in(item->body, service->id))
            set_text(item->body, "serviceRef", NULL);
        if (item_is_in(item->shown, service->id))
            set_text(item->shown, "serviceRef", NULL);
    }
    world_event(request->world, "vra_deleted", text_member(service->body, "name"), "service");
    vra_object_remove(service);
}

static void service_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(services(request), request->args[0]);
    if (object == NULL) {
        reply_empty(reply, 404);
        return;
    }
    if (!body_is_object(request, reply) || !service_is_good(request, reply) ||
        !version_is_current(request, reply, object->body))
        return;
    if (strcmp(text_member(request->body, "status"), "DELETED") == 0) {
        service_remove(request, object);
    } else {
        json_t *body = service_body(request, object->id, body_version(object->body) + 1);
        json_decref(object->body);
        object->body = body;
        world_event(request->world, "vra_updated", text_member(body, "name"), "service");
    }
    reply_empty(reply, 204);
}

/* ---- catalogue items -------------------------------------------------------------------- */

static void items_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, list_shown(request, items(request), NULL));
}

/* The items of one service, or of none (service NULL). */
static json_t *items_of(struct vra7_request *request, const char *service)
{
    json_t *all = list_shown(request, items(request), NULL), *kept = json_array(), *item;
    size_t i;
    json_array_foreach(all, i, item)
    {
        bool is_free = !json_is_object(json_object_get(item, "serviceRef"));
        if (service != NULL ? item_is_in(item, service) : is_free)
            json_array_append(kept, item);
    }
    json_decref(all);
    return kept;
}

static void items_available(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, items_of(request, NULL));
}

static void service_items(struct vra7_request *request, struct vra7_reply *reply)
{
    if (vra_list_find(services(request), request->args[0]) == NULL)
        reply_empty(reply, 404);
    else
        reply_page(request, reply, items_of(request, request->args[0]));
}

static void item_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, items(request), NULL);
}

/* What a client may change of an item, written to `body` (NULL: nothing there). */
static void item_write(struct vra7_request *request, json_t *body, int64_t version)
{
    static const char *const writable[] = {"iconId", "quota", "isNoteworthy", "status"};
    if (body == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(writable); i++) {
        const json_t *value = json_object_get(request->body, writable[i]);
        if (value != NULL)
            json_object_set_new(body, writable[i], json_deep_copy(value));
    }
    const char *id = text_member(json_object_get(request->body, "serviceRef"), "id");
    const struct vra_object *service = id != NULL ? vra_list_find(services(request), id) : NULL;
    json_object_set_new(body, "serviceRef",
                        service != NULL ? reference(id, text_member(service->body, "name"))
                                        : json_null());
    set_text(body, "statusName",
             name_of(item_statuses, ARRAY_LEN(item_statuses), text_member(body, "status")));
    body_stamp(request, body, version, "lastUpdatedDate");
}

static bool item_is_good(struct vra7_request *request, struct vra7_reply *reply)
{
    const json_t *sent = json_object_get(request->body, "serviceRef");
    const char *id = text_member(sent, "id");
    const char *status = text_member(request->body, "status");
    if (json_is_object(sent) && (id == NULL || vra_list_find(services(request), id) == NULL))
        reply_error(reply, 400, VRA_INVALID, "The service %s does not exist.",
                    id != NULL ? id : "null");
    else if (name_of(item_statuses, ARRAY_LEN(item_statuses), status) == NULL)
        reply_error(reply, 400, VRA_INVALID, "Invalid catalog item status.");
    else
        return true;
    return false;
}

static void item_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(items(request), request->args[0]);
    const json_t *shown = object != NULL ? vra_object_shown(request->world, object) : NULL;
    if (shown == NULL) {
        reply_error(reply, 404, 20116, "Catalog item %s was not found.", request->args[0]);
        return;
    }
    if (!body_is_object(request, reply) || !version_is_current(request, reply, shown) ||
        !item_is_good(request, reply))
        return;
    int64_t version = body_version(object->body) + 1; /* of a refresh under way: the newer */
    item_write(request, object->body, version);
    item_write(request, object->shown, version);
    world_event(request->world, "vra_updated", text_member(object->body, "name"),
                "catalog item");
    reply_empty(reply, 204);
}

/* ---- icons ------------------------------------------------------------------------------ */

static void icon_post(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_list *icons = &request->world->vra.icons;
    const char *id = text_member(request->body, "id");
    if (!body_is_object(request, reply))
        return;
    if (id == NULL || *id == '\0' || text_member(request->body, "image") == NULL) {
        reply_error(reply, 400, VRA_INVALID, "An icon needs an id and an image.");
        return;
    }
    struct vra_object *object = vra_list_find(icons, id);
    if (object == NULL)
        object = vra_list_add(request->world, icons, id, NULL, 0);
    json_decref(object->body);
    object->body = json_deep_copy(request->body);
    world_event(request->world, "vra_created", object->id, "icon");
    reply_created(request, reply, object->id, json_deep_copy(object->body));
}

static void icon_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, &request->world->vra.icons, NULL);
}

static void icon_delete(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(&request->world->vra.icons, request->args[0]);
    if (object == NULL) {
        reply_empty(reply, 404);
        return;
    }
    vra_object_remove(object);
    world_event(request->world, "vra_deleted", object->id, "icon");
    reply_empty(reply, 204);
}

#define ROOT "/catalog-service/api"

const struct vra7_route vra7_catalog_routes[] = {
    {"GET", ROOT "/services", services_get, 0},
    {"POST", ROOT "/services", service_post, 0},
    {"GET", ROOT "/services/{id}", service_get, 0},
    {"PUT", ROOT "/services/{id}", service_put, 0},
    {"GET", ROOT "/services/{id}/catalogItems", service_items, 0},
    {"GET", ROOT "/catalogItems", items_get, 0},
    {"GET", ROOT "/catalogItems/available", items_available, 0},
    {"GET", ROOT "/catalogItems/{id}", item_get, 0},
    {"PUT", ROOT "/catalogItems/{id}", item_put, 0},
    {"POST", ROOT "/icons", icon_post, 0},
    {"GET", ROOT "/icons/{id}", icon_get, 0},
    {"DELETE", ROOT "/icons/{id}", icon_delete, 0},
    {NULL, NULL, NULL, 0},
};
