/* content.c: the list of contents of the content management service, read only (vra7-api.md
 * §5.1). Drafts are no content. */
#include "vra7.h"

#include <string.h>

#define BLUEPRINT_CONTENT "composite-blueprint"
#define SOFTWARE_CONTENT "software-component"

/* Contents a blueprint depends on: the guids of its software components. */
static json_t *dependencies(const json_t *document)
{
    json_t *guids = json_array(), *component;
    const char *name;
    json_object_foreach(json_object_get(document, "components"), name, component)
    {
        char guid[37];
        const char *type = text_member(component, "type");
        if (type == NULL || strncmp(type, "Software.", 9) != 0)
            continue;
        vra_guid_of(SOFTWARE_CONTENT, type, guid);
        json_array_append_new(guids, json_string(guid));
    }
    return guids;
}

static json_t *content_json(struct vra7_request *request, const json_t *body, const char *type)
{
    char guid[37];
    const char *id = text_member(body, "id");
    vra_guid_of(type, id, guid);
    return json_pack(
        "{s:s, s:s, s:O, s:O*, s:s, s:n, s:s, s:n, s:o, s:O, s:O, s:O}", "id", guid,
        "contentId", id, "name", json_object_get(body, "name"), "description",
        json_object_get(body, "description"), "contentTypeId", type, "mimeType", "tenantId",
        request->world->vra.tenant, "subtenantId", "dependencies", dependencies(body),
        "createdDate", json_object_get(body, "createdDate"), "lastUpdated",
        json_object_get(body, "lastUpdated"), "version", json_object_get(body, "version"));
}

static void add_contents(struct vra7_request *request, json_t *all, const struct vra_list *list,
                         const char *type)
{
    const char *key = strcmp(type, BLUEPRINT_CONTENT) == 0 ? "status" : "publishStatus";
    for (size_t i = 0; i < list->items.n; i++) {
        const struct vra_object *object = list->items.items[i];
        const char *status = text_member(object->body, key);
        if (status != NULL && strcmp(status, "PUBLISHED") == 0)
            json_array_append_new(all, content_json(request, object->body, type));
    }
}

static json_t *all_contents(struct vra7_request *request)
{
    json_t *all = json_array();
    add_contents(request, all, &request->world->vra.blueprints, BLUEPRINT_CONTENT);
    add_contents(request, all, &request->world->vra.components, SOFTWARE_CONTENT);
    return all;
}

static void contents_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, all_contents(request));
}

static void content_get(struct vra7_request *request, struct vra7_reply *reply)
{
    json_t *all = all_contents(request), *content;
    size_t i;
    reply_empty(reply, 404);
    json_array_foreach(all, i, content)
    {
        if (strcmp(text_member(content, "id"), request->args[0]) == 0)
            reply_json(reply, 200, json_incref(content));
    }
    json_decref(all);
}

#define ROOT "/content-management-service/api"

const struct vra7_route vra7_content_routes[] = {
    {"GET", ROOT "/contents", contents_get, 0},
    {"GET", ROOT "/contents/{id}", content_get, 0},
    {NULL, NULL, NULL, 0},
};
