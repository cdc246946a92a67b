/* entitlement.c: entitlements and the resource operations that they name (vra7-api.md §6.4). */
#include "vra7.h"

#include <string.h>

static const char *const statuses[][2] = {
    {"DRAFT", "Draft"}, {"ACTIVE", "Active"}, {"INACTIVE", "Inactive"}};

static const struct {
    const char *external_id, *name, *target, *target_label;
} operations[] = {
    {"Infrastructure.Machine.Action.PowerOn", "Power On", "Infrastructure.Machine", "Machine"},
    {"Infrastructure.Machine.Action.PowerOff", "Power Off", "Infrastructure.Machine",
     "Machine"},
    {"Infrastructure.Machine.Action.Suspend", "Suspend", "Infrastructure.Machine", "Machine"},
    {"Infrastructure.Machine.Action.Reboot", "Reboot", "Infrastructure.Machine", "Machine"},
    {"Infrastructure.Machine.Action.Reprovision", "Reprovision", "Infrastructure.Machine",
     "Machine"},
    {"Infrastructure.Machine.Action.Unregister", "Unregister", "Infrastructure.Machine",
     "Machine"},
    {"Infrastructure.Machine.Action.ChangeLease", "Change Lease", "Infrastructure.Machine",
     "Machine"},
    {"Infrastructure.Machine.Action.Expire", "Expire", "Infrastructure.Machine", "Machine"},
    {"Infrastructure.Machine.Action.Destroy", "Destroy", "Infrastructure.Machine", "Machine"},
    {"Infrastructure.Machine.Action.Reconfigure", "Reconfigure", "Infrastructure.Machine",
     "Machine"},
    {"Infrastructure.Machine.Action.CancelReconfigure", "Cancel Reconfigure",
     "Infrastructure.Machine", "Machine"},
    {"composition.resource.action.deployment.changelease", "Change Lease",
     "composition.resource.type.deployment", "Deployment"},
    {"composition.resource.action.deployment.destroy", "Destroy",
     "composition.resource.type.deployment", "Deployment"},
};

static struct vra_list *entitlements(struct vra7_request *request)
{
    return &request->world->vra.entitlements;
}

/* ---- resource operations ---------------------------------------------------------------- */

static json_t *operation_json(size_t i)
{
    char guid[37];
    vra_guid_of("resource-operation", operations[i].external_id, guid);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:s, s:n}", "id", guid, "name",
                     operations[i].name, "externalId", operations[i].external_id, "description",
                     operations[i].name, "status", "PUBLISHED", "statusName", "Published",
                     "entitleable", 1, "targetResourceTypeRef",
                     reference(operations[i].target, operations[i].target_label), "type",
                     "ACTION", "organization");
}

static json_t *operation_list(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        json_array_append_new(all, operation_json(i));
    return all;
}

/* The index of an operation by guid; the count when there is none. */
static size_t operation_index(const char *id)
{
    size_t i = 0;
    for (; i < ARRAY_LEN(operations); i++) {
        char guid[37];
        vra_guid_of("resource-operation", operations[i].external_id, guid);
        if (id != NULL && strcmp(guid, id) == 0)
            break;
    }
    return i;
}

static void operations_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, operation_list());
}

static void operation_get(struct vra7_request *request, struct vra7_reply *reply)
{
    size_t i = operation_index(request->args[0]);
    if (i == ARRAY_LEN(operations))
        reply_empty(reply, 404);
    else
        reply_json(reply, 200, operation_json(i));
}

/* ---- checks ----------------------------------------------------------------------------- */

static const char *status_name(const char *status)
{
    for (size_t i = 0; status != NULL && i < ARRAY_LEN(statuses); i++) {
        if (strcmp(statuses[i][0], status) == 0)
            return statuses[i][1];
    }
    return NULL;
}

static const char *ref_id(const json_t *element, const char *key)
{
    const char *id = text_member(json_object_get(element, key), "id");
    return id != NULL ? id : "";
}

static void check_references(struct vra7_request *request, json_t *errors)
{
    struct vra *vra = &request->world->vra;
    size_t i;
    json_t *element;
    json_array_foreach(json_object_get(request->body, "entitledServices"), i, element)
    {
        if (vra_list_find(&vra->services, ref_id(element, "serviceRef")) == NULL)
            problem_add(errors, VRA_INVALID, "The service %s does not exist.",
                        ref_id(element, "serviceRef"));
    }
    json_array_foreach(json_object_get(request->body, "entitledCatalogItems"), i, element)
    {
        const struct vra_object *item =
            vra_list_find(&vra->catalog_items, ref_id(element, "catalogItemRef"));
        if (item == NULL || vra_object_shown(request->world, item) == NULL)
            problem_add(errors, VRA_INVALID, "The catalog item %s does not exist.",
                        ref_id(element, "catalogItemRef"));
    }
    json_array_foreach(json_object_get(request->body, "entitledResourceOperations"), i, element)
    {
        const char *id = ref_id(element, "resourceOperationRef");
        if (operation_index(id) == ARRAY_LEN(operations))
            problem_add(errors, VRA_INVALID, "The resource operation %s does not exist.", id);
    }
}

static void check_principals(struct vra7_request *request, json_t *errors)
{
    size_t i;
    json_t *principal;
    json_array_foreach(json_object_get(request->body, "principals"), i, principal)
    {
        const char *ref = text_member(principal, "ref"), *type = text_member(principal, "type");
        if (ref == NULL || strchr(ref, '@') == NULL || type == NULL ||
            (strcmp(type, "USER") != 0 && strcmp(type, "SSO_GROUP") != 0 &&
             strcmp(type, "GROUP") != 0))
            problem_add(errors, VRA_INVALID, "Principal %zu is not valid.", i);
    }
}

static const char *subtenant_of(const json_t *body)
{
    const char *id = text_member(json_object_get(body, "organization"), "subtenantRef");
    return id != NULL ? id : "";
}

static bool entitlement_is_good(struct vra7_request *request, struct vra7_reply *reply,
                                const json_t *stored)
{
    json_t *errors = json_array();
    const char *name = text_member(request->body, "name");
    const char *group = subtenant_of(request->body);
    const json_t *status = json_object_get(request->body, "status");
    if (name == NULL || *name == '\0')
        problem_add(errors, VRA_INVALID, "The name is required.");
    if (json_is_string(status) && status_name(json_string_value(status)) == NULL)
        problem_add(errors, VRA_INVALID, "Invalid entitlement status.");
    if (vra_list_find(&request->world->vra.business_groups, group) == NULL)
        problem_add(errors, VRA_INVALID, "The business group %s does not exist.", group);
    else if (stored != NULL && strcmp(group, subtenant_of(stored)) != 0)
        problem_add(errors, VRA_INVALID, "The business group cannot be changed.");
    check_references(request, errors);
    check_principals(request, errors);
    if (json_array_size(errors) == 0) {
        json_decref(errors);
        return true;
    }
    reply_problems(reply, errors);
    return false;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void label_refs(const struct vra_list *list, json_t *elements, const char *key)
{
    size_t i;
    json_t *element;
    json_array_foreach(elements, i, element)
    {
        const struct vra_object *object = vra_list_find(list, ref_id(element, key));
        if (object != NULL)
            set_text(json_object_get(element, key), "label", text_member(object->body, "name"));
        set_default(element, "approvalPolicyId", json_null());
        set_default(element, "active", json_true());
    }
}

static void fill_operations(json_t *elements)
{
    size_t i;
    json_t *element;
    json_array_foreach(elements, i, element)
    {
        size_t at = operation_index(ref_id(element, "resourceOperationRef"));
        if (at == ARRAY_LEN(operations))
            continue;
        set_text(json_object_get(element, "resourceOperationRef"), "label",
                 operations[at].name);
        set_text(element, "externalId", operations[at].external_id);
        set_default(element, "resourceOperationType", json_string("ACTION"));
        json_object_set_new(element, "targetResourceTypeRef",
                            reference(operations[at].target, operations[at].target_label));
        set_default(element, "approvalPolicyId", json_null());
        set_default(element, "active", json_true());
    }
}

/* Without anybody entitled it stays a draft, whatever was asked (§9, point 10). */
static const char *settle_status(const json_t *body)
{
    const char *status = text_member(body, "status");
    bool anybody = json_is_true(json_object_get(body, "allUsers")) ||
                   json_array_size(json_object_get(body, "principals")) > 0;
    if (status == NULL || (!anybody && strcmp(status, "ACTIVE") == 0))
        return anybody ? "ACTIVE" : "DRAFT";
    return status;
}

static json_t *entitlement_body(struct vra7_request *request, const char *id, int64_t version)
{
    static const char *const arrays[] = {"entitledServices", "entitledCatalogItems",
                                         "entitledResourceOperations"};
    struct vra *vra = &request->world->vra;
    json_t *body = json_deep_copy(request->body);
    json_t *organization = json_object_get(body, "organization");
    const struct vra_object *group = vra_list_find(&vra->business_groups, subtenant_of(body));
    set_text(body, "id", id);
    set_text(body, "status", settle_status(body));
    set_text(body, "statusName", status_name(text_member(body, "status")));
    set_text(organization, "tenantRef", vra->tenant);
    set_text(organization, "tenantLabel", vra->tenant);
    set_text(organization, "subtenantLabel", text_member(group->body, "name"));
    set_default(body, "description", json_string(""));
    set_default(body, "allUsers", json_false());
    set_default(body, "localScopeForActions", json_true());
    set_default(body, "expiryDate", json_null());
    set_default(body, "priorityOrder", json_null());
    for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
        if (!json_is_array(json_object_get(body, arrays[i])))
            json_object_set_new(body, arrays[i], json_array());
    }
    label_refs(&vra->services, json_object_get(body, "entitledServices"), "serviceRef");
    label_refs(&vra->catalog_items, json_object_get(body, "entitledCatalogItems"),
               "catalogItemRef");
    fill_operations(json_object_get(body, "entitledResourceOperations"));
    body_stamp(request, body, version, "lastUpdatedDate");
    return body;
}

/* Empty principals are left out of the answer (§6.4). */
static json_t *entitlement_shown(struct vra7_request *request UNUSED, const json_t *body)
{
    json_t *shown = json_deep_copy(body);
    if (json_array_size(json_object_get(shown, "principals")) == 0)
        json_object_del(shown, "principals");
    return shown;
}

static void entitlements_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, list_shown(request, entitlements(request), entitlement_shown));
}

static void entitlement_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, entitlements(request), entitlement_shown);
}

static void entitlement_post(struct vra7_request *request, struct vra7_reply *reply)
{
    if (!body_is_object(request, reply) || !entitlement_is_good(request, reply, NULL))
        return;
    const char *id = world_guid(request->world);
    struct vra_object *object = vra_list_add(request->world, entitlements(request), id,
                                             entitlement_body(request, id, 0), 0);
    world_event(request->world, "vra_created", text_member(object->body, "name"),
                "entitlement");
    reply_created(request, reply, id, entitlement_shown(request, object->body));
}

static void entitlement_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(entitlements(request), request->args[0]);
    if (object == NULL) {
        reply_empty(reply, 404);
        return;
    }
    if (!body_is_object(request, reply) || !version_is_current(request, reply, object->body) ||
        !entitlement_is_good(request, reply, object->body))
        return;
    json_t *body = entitlement_body(request, object->id, body_version(object->body) + 1);
    json_decref(object->body);
    object->body = body;
    world_event(request->world, "vra_updated", text_member(body, "name"), "entitlement");
    reply_empty(reply, 204);
}

static void entitlement_delete(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(entitlements(request), request->args[0]);
    if (object == NULL) {
        reply_empty(reply, 404);
        return;
    }
    if (strcmp(text_member(object->body, "status"), "ACTIVE") == 0 &&
        !vra_switch(request->world, "active_entitlement_delete", false)) {
        reply_error(reply, 400, VRA_INVALID, "An active entitlement cannot be deleted.");
        return;
    }
    world_event(request->world, "vra_deleted", text_member(object->body, "name"),
                "entitlement");
    vra_object_remove(object);
    reply_empty(reply, 204);
}

#define ROOT "/catalog-service/api"

const struct vra7_route vra7_entitlement_routes[] = {
    {"GET", ROOT "/entitlements", entitlements_get, 0},
    {"POST", ROOT "/entitlements", entitlement_post, 0},
    {"GET", ROOT "/entitlements/{id}", entitlement_get, 0},
    {"PUT", ROOT "/entitlements/{id}", entitlement_put, 0},
    {"DELETE", ROOT "/entitlements/{id}", entitlement_delete, 0},
    {"GET", ROOT "/resourceOperations", operations_get, 0},
    {"GET", ROOT "/resourceOperations/{id}", operation_get, 0},
    {NULL, NULL, NULL, 0},
};
