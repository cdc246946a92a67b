/* publish.c: what publishing checks, and the catalogue item that it makes (vra7-api.md §4.5,
 * §6.2). The item appears, or shows its new self, after durations.catalog_delay. */
#include "vra7.h"

#include <string.h>

#define BLUEPRINT_ITEM "com.vmware.csp.component.cafe.composition.blueprint"
#define SOFTWARE_ITEM "com.vmware.csp.component.software"

/* ---- checks ----------------------------------------------------------------------------- */

static void check_named(const struct vra_list *list, const char *what, const char *name,
                        json_t *errors)
{
    if (name != NULL && *name != '\0' && vra_list_by(list, "name", name) == NULL)
        problem_add(errors, VRA_INVALID, "The %s %s does not exist.", what, name);
}

static void check_nics(struct vra7_request *request, const json_t *data, json_t *errors)
{
    const json_t *nics = vra_facet(data, "nics");
    size_t i;
    json_t *nic;
    json_array_foreach(nics, i, nic)
    {
        const char *kind = text_member(nic, "assignment_type");
        const char *profile = text_member(nic, "network_profile");
        if (kind != NULL && strcmp(kind, "Static") == 0 &&
            (profile == NULL || *profile == '\0'))
            problem_add(errors, VRA_INVALID,
                        "Network adapter %zu: a static address needs a "
                        "network profile.",
                        i);
        check_named(&request->world->vra.network_profiles, "network profile", profile, errors);
    }
}

static void check_machine(struct vra7_request *request, const char *name, const json_t *data,
                          json_t *errors)
{
    struct vra *vra = &request->world->vra;
    const char *prefix = vra_facet_id(data, "machine_prefix");
    const char *source = vra_facet_id(data, "source_machine");
    const char *action = vra_facet_id(data, "action");
    if (prefix != NULL && strcmp(prefix, "Use group default") != 0)
        check_named(&vra->machine_prefixes, "machine prefix", prefix, errors);
    check_named(&vra->reservation_policies, "reservation policy",
                vra_facet_id(data, "reservation_policy"), errors);
    if (source == NULL && (action == NULL || strcmp(action, "Create") != 0))
        problem_add(errors, VRA_INVALID, "Component %s has no template.", name);
    if (source != NULL && vra_source_machine(request->world, source) == NULL)
        problem_add(errors, VRA_INVALID, "The template %s of component %s does not exist.",
                    source, name);
    check_nics(request, data, errors);
}

/* `${_resource~web1}`, with or without a field behind it, names a component. */
static void check_binding(const json_t *components, const char *name, const char *text,
                          json_t *errors)
{
    static const char start[] = "${_resource~";
    char target[128] = "";
    if (text == NULL || strncmp(text, start, strlen(start)) != 0)
        return;
    size_t n = strcspn(text + strlen(start), "~}");
    if (n < sizeof(target))
        memcpy(target, text + strlen(start), n);
    if (json_object_get(components, target) == NULL)
        problem_add(errors, VRA_INVALID, "Component %s: the binding %s names no component.",
                    name, text);
}

static void check_bindings(const json_t *components, const char *name, const json_t *data,
                           json_t *errors)
{
    const char *field;
    json_t *value, *nic;
    size_t i;
    json_object_foreach((json_t *)data, field, value)
        check_binding(components, name, json_string_value(vra_facet(data, field)), errors);
    json_array_foreach(vra_facet(data, "nics"), i, nic)
        check_binding(components, name, text_member(nic, "network"), errors);
}

static void check_software(struct vra7_request *request, const char *name, const char *type,
                           json_t *errors)
{
    const struct vra_object *component = vra_list_find(&request->world->vra.components, type);
    if (component == NULL)
        problem_add(errors, VRA_INVALID, "Component %s: unknown type %s.", name, type);
    else if (strcmp(text_member(component->body, "publishStatus"), "PUBLISHED") != 0)
        problem_add(errors, VRA_INVALID, "Component %s: type %s is not published.", name, type);
}

void publish_check(struct vra7_request *request, const json_t *document, json_t *errors)
{
    const char *name;
    json_t *component, *group;
    size_t i;
    json_object_foreach(json_object_get(document, "components"), name, component)
    {
        const char *type = text_member(component, "type");
        const json_t *data = json_object_get(component, "data");
        if (type == NULL)
            continue;
        check_bindings(json_object_get(document, "components"), name, data, errors);
        if (strncmp(type, "Software.", 9) == 0 && vra_facet_id(data, "host") == NULL)
            problem_add(errors, VRA_INVALID, "Component %s has no host.", name);
        if (strcmp(type, VRA_MACHINE_TYPE) == 0)
            check_machine(request, name, data, errors);
        else if (strcmp(type, VRA_NETWORK_TYPE) == 0)
            check_named(&request->world->vra.network_profiles, "network profile",
                        vra_facet_id(data, "network_profile"), errors);
        else if (strncmp(type, "Software.", 9) == 0)
            check_software(request, name, type, errors);
    }
    json_array_foreach(json_object_get(document, "propertyGroups"), i, group)
    {
        if (json_is_string(group))
            problem_add(errors, VRA_INVALID, "The property group %s does not exist.",
                        json_string_value(group));
    }
}

/* ---- the catalogue item ----------------------------------------------------------------- */

static char *binding_of(struct vra7_request *request, const char *id)
{
    return arena_printf(request->arena, "%s!::!%s", request->world->vra.tenant, id);
}

static struct vra_object *find_item(struct vra7_request *request, const char *id)
{
    const char *binding = binding_of(request, id);
    const struct vra_list *list = &request->world->vra.catalog_items;
    for (size_t i = 0; i < list->items.n; i++) {
        struct vra_object *item = list->items.items[i];
        const char *own =
            text_member(json_object_get(item->body, "providerBinding"), "bindingId");
        if (!item->gone && own != NULL && strcmp(own, binding) == 0)
            return item;
    }
    return NULL;
}

static json_t *item_forms(void)
{
    return json_pack(
        "{s:{s:s, s:s}, s:b, s:s, s:{s:s, s:s, s:n}, s:{s:s, s:s, s:n}}", "itemDetails", "type",
        "external", "formId", "composition.catalog.item.details", "catalogRequestInfoHidden", 1,
        "requestFormScale", "BIG", "requestSubmission", "type", "extension", "extensionId",
        "com.vmware.vcac.core.design.blueprints.requestForm", "extensionPointId",
        "requestDetails", "type", "extension", "extensionId",
        "com.vmware.vcac.core.design.blueprints.requestDetailsForm", "extensionPointId");
}

static json_t *item_body(struct vra7_request *request, const char *id, bool requestable)
{
    const char *tenant = request->world->vra.tenant;
    const char *now = vra_time(request->world, world_now(request->world));
    char provider[37];
    vra_guid_of("provider", requestable ? "blueprint" : "software", provider);
    json_t *body =
        json_pack("{s:s, s:s, s:i, s:s, s:b, s:n, s:b, s:s, s:s, s:n}", "status", "PUBLISHED",
                  "statusName", "Published", "version", 0, "iconId",
                  "composition.blueprint.png", "isNoteworthy", 0, "quota", "requestable",
                  (int)requestable, "dateCreated", now, "lastUpdatedDate", now, "callbacks");
    json_object_set_new(body, "catalogItemTypeRef",
                        requestable ? reference(BLUEPRINT_ITEM, "Composite Blueprint")
                                    : reference(SOFTWARE_ITEM, "Software Component"));
    json_object_set_new(body, "outputResourceTypeRef",
                        reference("composition.resource.type.deployment", "Deployment"));
    json_object_set_new(body, "organization",
                        json_pack("{s:s, s:s, s:n, s:n}", "tenantRef", tenant, "tenantLabel",
                                  tenant, "subtenantRef", "subtenantLabel"));
    json_object_set_new(
        body, "providerBinding",
        json_pack("{s:s, s:o}", "bindingId", binding_of(request, id), "providerRef",
                  reference(provider, requestable ? "Blueprint Service" : "Software Service")));
    json_object_set_new(body, "forms", item_forms());
    json_object_set_new(body, "serviceRef", json_null());
    return body;
}

/* From now on it changes while its former self stays in view until the delay is over. */
static void begin_refresh(struct vra7_request *request, struct vra_object *item)
{
    struct world *world = request->world;
    if (world->takes.catalog_delay <= 0 || world_now(world) < item->visible_at)
        return;
    json_decref(item->shown);
    item->shown = json_deep_copy(item->body);
    item->visible_at = world_now(world) + world->takes.catalog_delay;
}

static void set_status(struct vra7_request *request, json_t *body, bool published)
{
    set_text(body, "status", published ? "PUBLISHED" : "RETIRED");
    set_text(body, "statusName", published ? "Published" : "Retired");
    body_stamp(request, body, body_version(body) + 1, "lastUpdatedDate");
}

void publish_item(struct vra7_request *request, const char *id, const char *name,
                  const char *description, bool requestable)
{
    struct world *world = request->world;
    struct vra_object *item = find_item(request, id);
    if (item == NULL) {
        const char *guid = world_guid(world);
        item = vra_list_add(world, &world->vra.catalog_items, guid,
                            item_body(request, id, requestable),
                            world_now(world) + world->takes.catalog_delay);
        set_text(item->body, "id", guid);
    } else {
        begin_refresh(request, item);
        set_status(request, item->body, true);
        if (vra_switch(world, "republish_resets_service", false)) {
            set_text(item->body, "serviceRef", NULL);
            set_text(item->body, "iconId", "composition.blueprint.png");
        }
    }
    set_text(item->body, "name", name);
    set_text(item->body, "description", description != NULL ? description : "");
}

void unpublish_item(struct vra7_request *request, const char *id)
{
    struct vra_object *item = find_item(request, id);
    if (item == NULL)
        return;
    if (vra_switch(request->world, "unpublish_removes_item", false)) {
        vra_object_remove(item);
        return;
    }
    set_status(request, item->body, false);
    if (item->shown != NULL)
        set_status(request, item->shown, false);
}

void delete_item(struct vra7_request *request, const char *id)
{
    struct vra_object *item = find_item(request, id);
    if (item != NULL)
        vra_object_remove(item);
}
