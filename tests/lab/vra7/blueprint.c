/* blueprint.c: composite blueprints, in full and as documents (vra7-api.md §4.1, §4.5). The
 * list holds documents with the client's own values; see world_vra.h. */
#include "vra7.h"

#include <string.h>

static struct vra_list *blueprints(struct vra7_request *request)
{
    return &request->world->vra.blueprints;
}

static bool is_published(const json_t *body)
{
    const char *status = text_member(body, "status");
    return status != NULL && strcmp(status, "PUBLISHED") == 0;
}

static const char *status_name(const char *status)
{
    if (strcmp(status, "PUBLISHED") == 0)
        return "Published";
    return strcmp(status, "RETIRED") == 0 ? "Retired" : "Draft";
}

static json_t *info_of(struct vra7_request *request UNUSED, const json_t *body)
{
    const char *status = text_member(body, "status");
    const char *description = text_member(body, "description");
    return json_pack("{s:O, s:O, s:s, s:O, s:s, s:s, s:O, s:O, s:b}", "id",
                     json_object_get(body, "id"), "name", json_object_get(body, "name"),
                     "description", description != NULL ? description : "", "version",
                     json_object_get(body, "version"), "publishStatus", status,
                     "publishStatusName", status_name(status), "createdDate",
                     json_object_get(body, "createdDate"), "lastUpdated",
                     json_object_get(body, "lastUpdated"), "usingCustomForm", 0);
}

/* ---- saving ----------------------------------------------------------------------------- */

static void follow_status(struct vra7_request *request, const struct vra_object *object)
{
    if (is_published(object->body)) {
        publish_item(request, object->id, text_member(object->body, "name"),
                     text_member(object->body, "description"), true);
        world_event(request->world, "vra_published", object->id, "blueprint");
    } else {
        unpublish_item(request, object->id);
    }
}

/* What the status becomes when `document` is written over `stored` (NULL: new). */
static void settle_status(struct vra7_request *request, json_t *document, const json_t *stored,
                          bool status_counts)
{
    const char *now = stored != NULL ? text_member(stored, "status") : "DRAFT";
    if (text_member(document, "status") == NULL || !status_counts)
        set_text(document, "status", now);
    set_text(document, "tenantId", request->world->vra.tenant);
    json_object_del(document, "version");
    json_object_del(document, "createdDate");
    json_object_del(document, "lastUpdated");
}

/* False with a 400 when the document has mistakes. */
static bool document_is_good(struct vra7_request *request, struct vra7_reply *reply,
                             const json_t *document, const char *id)
{
    json_t *errors = json_array();
    const char *own = text_member(document, "id");
    document_check(request, document, errors);
    if (id != NULL && own != NULL && strcmp(own, id) != 0)
        problem_add(errors, VRA_INVALID, "The id %s cannot be changed.", id);
    if (json_array_size(errors) == 0 && is_published(document))
        publish_check(request, document, errors);
    if (json_array_size(errors) == 0) {
        json_decref(errors);
        return true;
    }
    reply_problems(reply, errors);
    return false;
}

/* Store a checked document; takes it. */
static struct vra_object *document_store(struct vra7_request *request,
                                         struct vra_object *object, json_t *take_document)
{
    struct world *world = request->world;
    bool is_new = object == NULL;
    if (is_new) {
        const char *id = text_member(take_document, "id");
        set_text(take_document, "createdDate", vra_time(world, world_now(world)));
        object = vra_list_add(world, blueprints(request), id, NULL, 0);
        body_stamp(request, take_document, 0, "lastUpdated");
    } else {
        json_object_set(take_document, "createdDate",
                        json_object_get(object->body, "createdDate"));
        body_stamp(request, take_document, body_version(object->body) + 1, "lastUpdated");
    }
    json_decref(object->body);
    object->body = take_document;
    world_event(world, is_new ? "vra_created" : "vra_updated", object->id, "blueprint");
    follow_status(request, object);
    return object;
}

/* Check and store; NULL with the reply filled when it is refused. Takes the document. */
static struct vra_object *document_save(struct vra7_request *request, struct vra7_reply *reply,
                                        struct vra_object *object, json_t *take_document)
{
    if (!document_is_good(request, reply, take_document, object != NULL ? object->id : NULL)) {
        json_decref(take_document);
        return NULL;
    }
    return document_store(request, object, take_document);
}

static struct vra_object *blueprint_find(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(blueprints(request), request->args[0]);
    if (object == NULL)
        reply_empty(reply, 404);
    return object;
}

/* ---- documents -------------------------------------------------------------------------- */

static void documents_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, list_shown(request, blueprints(request), document_shown));
    reply->sorted = true;
}

static void document_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, blueprints(request), document_shown);
    reply->sorted = true;
}

static void document_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(blueprints(request), request->args[0]);
    if (object == NULL && !vra_switch(request->world, "document_create", true)) {
        reply_empty(reply, 404);
        return;
    }
    if (!body_is_object(request, reply) ||
        (object != NULL && !version_is_current(request, reply, object->body)))
        return;
    json_t *document = json_deep_copy(request->body);
    set_default(document, "id", json_string(request->args[0]));
    if (object == NULL &&
        strcmp(request->args[0],
               text_member(document, "id") != NULL ? text_member(document, "id") : "") != 0) {
        json_decref(document);
        reply_error(reply, 400, VRA_INVALID, "The id differs from that of the address.");
        return;
    }
    settle_status(request, document, object != NULL ? object->body : NULL,
                  vra_switch(request->world, "document_publishes", true));
    object = document_save(request, reply, object, document);
    if (object == NULL)
        return;
    reply_json(reply, 200, document_shown(request, object->body));
    reply->sorted = true;
}

/* ---- the full form ---------------------------------------------------------------------- */

static void blueprints_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *content = query_value(request, "includeContent");
    bool full = content != NULL && strcmp(content, "true") == 0;
    reply_page(request, reply,
               list_shown(request, blueprints(request), full ? form_from_document : info_of));
}

static void blueprint_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, blueprints(request), form_from_document);
}

/* The UI's rule: the name without blanks. */
static void derive_id(json_t *document)
{
    const char *name = text_member(document, "name");
    char id[65];
    size_t n = 0;
    if (text_member(document, "id") != NULL || name == NULL)
        return;
    for (; *name != '\0' && n + 1 < sizeof(id); name++) {
        if (*name != ' ')
            id[n++] = *name;
    }
    id[n] = '\0';
    set_text(document, "id", id);
}

static void blueprint_post(struct vra7_request *request, struct vra7_reply *reply)
{
    if (!body_is_object(request, reply))
        return;
    json_t *document = form_to_document(request->body);
    derive_id(document);
    const char *id = text_member(document, "id");
    if (id != NULL && vra_list_find(blueprints(request), id) != NULL) {
        reply_error(reply, 400, VRA_INVALID, "A blueprint %s exists already.", id);
        json_decref(document);
        return;
    }
    settle_status(request, document, NULL, true);
    struct vra_object *object = document_save(request, reply, NULL, document);
    if (object != NULL)
        reply_created(request, reply, object->id, form_from_document(request, object->body));
}

static void blueprint_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = blueprint_find(request, reply);
    if (object == NULL || !body_is_object(request, reply) ||
        !version_is_current(request, reply, object->body))
        return;
    json_t *document = form_to_document(request->body);
    set_default(document, "id", json_string(object->id));
    settle_status(request, document, object->body, true);
    if (document_save(request, reply, object, document) != NULL)
        reply_empty(reply, 204);
}

static void status_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = blueprint_find(request, reply);
    const char *status = json_string_value(request->body);
    if (object == NULL)
        return;
    if (status == NULL || (strcmp(status, "PUBLISHED") != 0 && strcmp(status, "DRAFT") != 0 &&
                           strcmp(status, "RETIRED") != 0)) {
        reply_error(reply, 400, VRA_INVALID, "Invalid publish status.");
        return;
    }
    json_t *document = json_deep_copy(object->body);
    set_text(document, "status", status);
    object = document_save(request, reply, object, document);
    if (object != NULL)
        reply_json(reply, 200, info_of(request, object->body));
}

static void blueprint_delete(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = blueprint_find(request, reply);
    if (object == NULL)
        return;
    delete_item(request, object->id);
    vra_object_remove(object);
    world_event(request->world, "vra_deleted", object->id, "blueprint");
    reply_empty(reply, 204);
}

#define ROOT "/composition-service/api"

const struct vra7_route vra7_blueprint_routes[] = {
    {"GET", ROOT "/blueprints", blueprints_get, 0},
    {"POST", ROOT "/blueprints", blueprint_post, 0},
    {"GET", ROOT "/blueprints/{id}", blueprint_get, 0},
    {"PUT", ROOT "/blueprints/{id}", blueprint_put, 0},
    {"DELETE", ROOT "/blueprints/{id}", blueprint_delete, 0},
    {"PUT", ROOT "/blueprints/{id}/status", status_put, 0},
    {"GET", ROOT "/blueprintdocuments", documents_get, 0},
    {"GET", ROOT "/blueprintdocuments/{id}", document_get, 0},
    {"PUT", ROOT "/blueprintdocuments/{id}", document_put, 0},
    {"DELETE", ROOT "/blueprintdocuments/{id}", blueprint_delete, 0},
    {NULL, NULL, NULL, 0},
};
