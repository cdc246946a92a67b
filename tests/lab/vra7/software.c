/* software.c: software component types (vra7-api.md §3). */
#include "vra7.h"

#include <string.h>

static const struct {
    const char *id, *label;
} tasks[] = {
    {"INSTALL", "Install"}, {"CONFIGURE", "Configure"}, {"START", "Start"},
    {"UPDATE", "Update"},   {"UNINSTALL", "Uninstall"},
};

static const struct {
    const char *id, *name, *os, *extension;
} scripts[] = {
    {"Bash", "Bash", "Linux", "sh"},
    {"powershell", "Windows PowerShell", "Windows", "ps1"},
    {"CMD", "Windows CMD", "Windows", "bat"},
};

static struct vra_list *components(struct vra7_request *request)
{
    return &request->world->vra.components;
}

/* ---- what GET shows --------------------------------------------------------------------- */

static bool field_is_secret(const json_t *field)
{
    const char *type = text_member(json_object_get(field, "dataType"), "typeId");
    return type != NULL && strcmp(type, "SECURE_STRING") == 0;
}

bool component_has_secret(const struct world *world, const char *type, const char *field)
{
    const struct vra_object *component = vra_list_find(&world->vra.components, type);
    const json_t *schema =
        component != NULL ? json_object_get(component->body, "schema") : NULL;
    size_t i;
    json_t *element;
    json_array_foreach(json_object_get(schema, "fields"), i, element)
    {
        const char *id = text_member(element, "id");
        if (id != NULL && strcmp(id, field) == 0)
            return field_is_secret(element);
    }
    return false;
}

static void blank_secret(json_t *field)
{
    size_t i;
    json_t *facet;
    if (!field_is_secret(field))
        return;
    json_array_foreach(json_object_get(json_object_get(field, "state"), "facets"), i, facet)
    {
        const char *type = text_member(facet, "type");
        json_t *literal = json_object_get(json_object_get(facet, "value"), "value");
        if (type != NULL && strcmp(type, "defaultValue") == 0)
            set_text(literal, "value", "");
    }
}

static json_t *component_shown(struct vra7_request *request, const json_t *body)
{
    json_t *shown = json_deep_copy(body);
    size_t i;
    json_t *element;
    json_array_foreach(json_object_get(json_object_get(shown, "schema"), "fields"), i, element)
        blank_secret(element);
    json_array_foreach(json_object_get(shown, "lifecycleTasks"), i, element)
    {
        char guid[37];
        const char *task = text_member(json_object_get(element, "taskDescriptorRef"), "id");
        vra_guid_of(text_member(body, "id"), task, guid);
        set_default(element, "id", json_string(guid));
        set_default(element, "version", json_integer(body_version(body)));
    }
    set_default(shown, "derivesFromRef", json_null());
    set_default(shown, "catalogResourceTypeId", json_null());
    set_text(shown, "tenantId", request->world->vra.tenant);
    return shown;
}

static json_t *component_info(struct vra7_request *request, const json_t *body)
{
    static const char *const keys[] = {"id",          "name",          "description",
                                       "version",     "publishStatus", "publishStatusName",
                                       "createdDate", "lastUpdated"};
    json_t *info = json_pack("{s:s}", "@type", "SoftwareComponentTypeInfo");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        json_object_set(info, keys[i], json_object_get(body, keys[i]));
    set_text(info, "tenantId", request->world->vra.tenant);
    return info;
}

/* ---- checks ----------------------------------------------------------------------------- */

static const char *status_name(const char *status)
{
    static const char *const names[][2] = {
        {"DRAFT", "Draft"}, {"PUBLISHED", "Published"}, {"RETIRED", "Retired"}};
    for (size_t i = 0; status != NULL && i < ARRAY_LEN(names); i++) {
        if (strcmp(status, names[i][0]) == 0)
            return names[i][1];
    }
    return NULL;
}

/* `Software.` and the name without blanks. */
static char *id_of_name(struct vra7_request *request, const char *name)
{
    char *id = arena_printf(request->arena, "Software.%s", name);
    char *to = id;
    for (const char *from = id; *from != '\0'; from++) {
        if (*from != ' ')
            *to++ = *from;
    }
    *to = '\0';
    return id;
}

static void check_fields(const json_t *body, json_t *errors)
{
    const char *container = text_member(body, "containerFieldId");
    const json_t *fields = json_object_get(json_object_get(body, "schema"), "fields");
    bool has_container = false;
    size_t i;
    json_t *field;
    if (!json_is_array(fields)) {
        problem_add(errors, VRA_INVALID, "The schema has no fields.");
        return;
    }
    json_array_foreach(fields, i, field)
    {
        const char *id = text_member(field, "id");
        if (id == NULL || text_member(json_object_get(field, "dataType"), "type") == NULL)
            problem_add(errors, VRA_INVALID, "Field %zu has no id or no data type.", i);
        else if (container != NULL && strcmp(id, container) == 0)
            has_container = true;
    }
    if (!has_container)
        problem_add(errors, VRA_INVALID, "The container field %s is not in the schema.",
                    container != NULL ? container : "null");
}

static bool is_task(const char *id)
{
    for (size_t i = 0; id != NULL && i < ARRAY_LEN(tasks); i++) {
        if (strcmp(id, tasks[i].id) == 0)
            return true;
    }
    return false;
}

static bool is_script_type(const char *id)
{
    for (size_t i = 0; id != NULL && i < ARRAY_LEN(scripts); i++) {
        if (strcmp(id, scripts[i].id) == 0)
            return true;
    }
    return false;
}

static void check_tasks(const json_t *body, json_t *errors)
{
    const json_t *list = json_object_get(body, "lifecycleTasks");
    size_t i, n = 0;
    json_t *task;
    json_array_foreach(list, i, task)
    {
        const json_t *script = json_object_get(task, "script");
        const char *content = text_member(script, "scriptContent");
        const char *id = text_member(json_object_get(task, "taskDescriptorRef"), "id");
        const char *type = text_member(script, "scriptTypeId");
        if (!is_task(id))
            problem_add(errors, VRA_INVALID, "Unknown lifecycle task %s.",
                        id != NULL ? id : "null");
        if (!is_script_type(type))
            problem_add(errors, VRA_INVALID, "Unknown script type %s.",
                        type != NULL ? type : "null");
        if (!json_is_boolean(json_object_get(script, "isRebootAfter")))
            problem_add(errors, VRA_INVALID, "Task %zu: isRebootAfter is not a boolean.", i);
        n += content != NULL && *content != '\0';
    }
    if (n == 0)
        problem_add(errors, VRA_INVALID, "At least one lifecycle task needs a script.");
}

static json_t *component_check(struct vra7_request *request, const char *id)
{
    const json_t *body = request->body;
    const char *sent = text_member(body, "id"), *name = text_member(body, "name");
    json_t *errors = json_array();
    if (name == NULL || *name == '\0')
        problem_add(errors, VRA_INVALID, "The name is required.");
    if (sent != NULL && id != NULL && strcmp(sent, id) != 0)
        problem_add(errors, VRA_INVALID, "The id %s cannot be changed.", id);
    if (sent != NULL && strncmp(sent, "Software.", 9) != 0)
        problem_add(errors, VRA_INVALID, "The id %s does not start with Software.", sent);
    if (status_name(text_member(body, "publishStatus")) == NULL)
        problem_add(errors, VRA_INVALID, "publishStatus is required.");
    check_fields(body, errors);
    check_tasks(body, errors);
    return errors;
}

/* ---- writing ---------------------------------------------------------------------------- */

/* The catalogue item of the type follows its status: listed, never requestable. */
static void follow_status(struct vra7_request *request, const json_t *body)
{
    const char *id = text_member(body, "id");
    if (strcmp(text_member(body, "publishStatus"), "PUBLISHED") == 0)
        publish_item(request, id, text_member(body, "name"), text_member(body, "description"),
                     false);
    else
        unpublish_item(request, id);
}

static void component_store(struct vra7_request *request, struct vra_object *object,
                            int64_t version)
{
    const char *now = vra_time(request->world, world_now(request->world));
    json_t *body = json_deep_copy(request->body);
    const json_t *created = json_object_get(object->body, "createdDate");
    set_text(body, "id", object->id);
    set_text(body, "publishStatusName", status_name(text_member(body, "publishStatus")));
    set_default(body, "description", json_string(""));
    set_default(body, "@type", json_string("SoftwareComponentType"));
    if (created != NULL)
        json_object_set(body, "createdDate", (json_t *)created);
    else
        set_text(body, "createdDate", now);
    body_stamp(request, body, version, "lastUpdated");
    json_decref(object->body);
    object->body = body;
    follow_status(request, body);
}

static void component_post(struct vra7_request *request, struct vra7_reply *reply)
{
    if (!body_is_object(request, reply))
        return;
    json_t *errors = component_check(request, NULL);
    const char *name = text_member(request->body, "name");
    const char *sent = text_member(request->body, "id");
    const char *id = sent != NULL ? sent : id_of_name(request, name != NULL ? name : "");
    if (vra_list_find(components(request), id) != NULL)
        problem_add(errors, VRA_INVALID, "A software component %s exists already.", id);
    if (json_array_size(errors) > 0) {
        reply_problems(reply, errors);
        return;
    }
    json_decref(errors);
    struct vra_object *object =
        vra_list_add(request->world, components(request), id, json_object(), 0);
    component_store(request, object, 0);
    world_event(request->world, "vra_created", id, "software component");
    reply_json(reply,
               (unsigned)vra_switch_number(request->world, "software_create_status", 200),
               component_shown(request, object->body));
}

static struct vra_object *component_find(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = vra_list_find(components(request), request->args[0]);
    if (object == NULL)
        reply_empty(reply, 404);
    return object;
}

static void component_put(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = component_find(request, reply);
    if (object == NULL || !body_is_object(request, reply) ||
        !version_is_current(request, reply, object->body))
        return;
    json_t *errors = component_check(request, object->id);
    if (json_array_size(errors) > 0) {
        reply_problems(reply, errors);
        return;
    }
    json_decref(errors);
    component_store(request, object, body_version(object->body) + 1);
    world_event(request->world, "vra_updated", object->id, "software component");
    reply_json(reply, 200, component_shown(request, object->body));
}

static void component_put_status(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = component_find(request, reply);
    const char *status = json_string_value(request->body);
    if (object == NULL)
        return;
    if (status_name(status) == NULL ||
        !vra_switch(request->world, "software_status_call", true)) {
        reply_error(reply, 400, VRA_INVALID, "Invalid publish status.");
        return;
    }
    set_text(object->body, "publishStatus", status);
    set_text(object->body, "publishStatusName", status_name(status));
    body_stamp(request, object->body, body_version(object->body) + 1, "lastUpdated");
    follow_status(request, object->body);
    world_event(request->world,
                strcmp(status, "PUBLISHED") == 0 ? "vra_published" : "vra_updated", object->id,
                status);
    reply_json(reply, 200, component_info(request, object->body));
}

static const char *user_of_component(const struct vra7_request *request, const char *id)
{
    const struct vra_list *list = &request->world->vra.blueprints;
    for (size_t i = 0; i < list->items.n; i++) {
        const struct vra_object *blueprint = list->items.items[i];
        if (!blueprint->gone && document_uses(blueprint->body, id))
            return blueprint->id;
    }
    return NULL;
}

static void component_delete(struct vra7_request *request, struct vra7_reply *reply)
{
    struct vra_object *object = component_find(request, reply);
    if (object == NULL)
        return;
    const char *user = user_of_component(request, object->id);
    if (user != NULL && !vra_switch(request->world, "component_delete_in_use", false)) {
        reply_error(reply, 400, VRA_INVALID, "Software component %s is used by blueprint %s.",
                    object->id, user);
        return;
    }
    delete_item(request, object->id);
    vra_object_remove(object);
    world_event(request->world, "vra_deleted", object->id, "software component");
    reply_empty(reply, 204);
}

/* ---- reading ---------------------------------------------------------------------------- */

static void components_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, list_shown(request, components(request), component_info));
}

static void component_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, components(request), component_shown);
}

static json_t *script_type(size_t i)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "id", scripts[i].id, "name", scripts[i].name,
                     "osType", scripts[i].os, "fileExtension", scripts[i].extension);
}

static void scripts_get(struct vra7_request *request, struct vra7_reply *reply)
{
    json_t *all = json_array();
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        json_array_append_new(all, script_type(i));
    reply_page(request, reply, all);
}

static void script_get(struct vra7_request *request, struct vra7_reply *reply)
{
    bool by_extension = strstr(request->message->path, "/fileextension/") != NULL;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        const char *key = by_extension ? scripts[i].extension : scripts[i].id;
        if (strcmp(key, request->args[0]) == 0) {
            reply_json(reply, 200, script_type(i));
            return;
        }
    }
    reply_empty(reply, 404);
}

static void tasks_get(struct vra7_request *request, struct vra7_reply *reply)
{
    json_t *all = json_array();
    if (vra_switch(request->world, "taskdescriptors_denied", false)) {
        json_decref(all);
        reply_empty(reply, 403);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "id", tasks[i].id, "name",
                                             tasks[i].label, "description", tasks[i].label));
    reply_page(request, reply, all);
}

#define ROOT "/software-service/api"

const struct vra7_route vra7_software_routes[] = {
    {"GET", ROOT "/softwarecomponenttypes", components_get, 0},
    {"POST", ROOT "/softwarecomponenttypes", component_post, 0},
    {"GET", ROOT "/softwarecomponenttypes/{id}", component_get, 0},
    {"PUT", ROOT "/softwarecomponenttypes/{id}", component_put, 0},
    {"DELETE", ROOT "/softwarecomponenttypes/{id}", component_delete, 0},
    {"PUT", ROOT "/softwarecomponenttypes/{id}/status", component_put_status, 0},
    {"GET", ROOT "/scripttypes", scripts_get, 0},
    {"GET", ROOT "/scripttypes/{id}", script_get, 0},
    {"GET", ROOT "/scripttypes/fileextension/{id}", script_get, 0},
    {"GET", ROOT "/admin/taskdescriptors", tasks_get, 0},
    {NULL, NULL, NULL, 0},
};
