/* catalog_json.c: services and entitlements: attributes and the objects of vra7-api.md §6.1 and
 * §6.4. Pure. */
#include "vra7.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

static json_t *organization(const char *tenant, const char *group_id, const char *group)
{
    json_t *organization = json_object();
    vra_set_text(organization, "tenantRef", tenant);
    vra_set_text(organization, "tenantLabel", NULL);
    vra_set_text(organization, "subtenantRef", group_id);
    vra_set_text(organization, "subtenantLabel", group);
    return organization;
}

static void set_active(json_t *object)
{
    const char *status = vra_text(object, "status");
    if (status != NULL && strcmp(status, "ACTIVE") == 0)
        return;
    vra_set_text(object, "status", "ACTIVE");
    vra_set_text(object, "statusName", "Active");
}

json_t *service_merge(const json_t *read, const char *name, const char *tenant,
                      const char *description)
{
    json_t *object = read == NULL ? json_object() : json_deep_copy(read);
    if (read == NULL) {
        json_object_set_new(object, "organization", organization(tenant, NULL, NULL));
        json_object_set_new(object, "newDuration", json_null());
        vra_set_text(object, "iconId", "cafe_default_icon_genericService");
    }
    vra_set_text(object, "name", name);
    vra_set_text(object, "description", description);
    set_active(object);
    return object;
}

/* ---- items ---- */

const char *item_blueprint(const json_t *item, const char *tenant)
{
    const char *type = vra_text_at(item, "catalogItemTypeRef.id");
    const char *binding = vra_text_at(item, "providerBinding.bindingId");
    size_t length = strlen(tenant);
    if (binding == NULL || strncmp(binding, tenant, length) != 0 ||
        strncmp(binding + length, "!::!", 4) != 0)
        return NULL;
    if (type != NULL &&
        strcmp(type, "com.vmware.csp.component.cafe.composition.blueprint") != 0)
        return NULL;
    return binding + length + 4;
}

json_t *item_of_blueprint(const json_t *items, const char *tenant, const char *blueprint)
{
    size_t i;
    json_t *each;
    json_array_foreach(items, i, each)
    {
        const char *of = item_blueprint(each, tenant);
        if (of != NULL && strcmp(of, blueprint) == 0)
            return each;
    }
    return NULL;
}

/* ---- entitlements: writing ---- */

static json_t *list_of(json_t *object, const char *key)
{
    if (!json_is_array(json_object_get(object, key)))
        json_object_set_new(object, key, json_array());
    return json_object_get(object, key);
}

/* Is the entry one of the wanted objects, or (for items) nothing of ours to decide? */
static bool keep_entry(const json_t *entry, const char *ref_path, const json_t *wanted,
                       const struct entitlement_spec *spec)
{
    const char *id = vra_text_at(entry, ref_path);
    if (id != NULL && vra_find(wanted, "id", id) != NULL)
        return true;
    if (wanted != spec->items)
        return false;
    const json_t *item = vra_find(spec->all_items, "id", id);
    return item != NULL && item_blueprint(item, spec->tenant) == NULL;
}

/* Keep entries with all that others set in them (approval policies), drop what is not wanted,
 * add what is missing with `make`. */
static void merge_entries(json_t *list, const json_t *wanted, const char *ref_path,
                          const struct entitlement_spec *spec,
                          json_t *(*make)(const json_t *object))
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!keep_entry(json_array_get(list, i), ref_path, wanted, spec))
            json_array_remove(list, i);
    size_t i;
    json_t *each;
    json_array_foreach(wanted, i, each)
    {
        json_t *entry = vra_find(list, ref_path, vra_text(each, "id"));
        if (entry == NULL)
            json_array_append_new(list, make(each));
        else if (json_is_false(json_object_get(entry, "active")))
            json_object_set_new(entry, "active", json_true());
    }
}

static json_t *service_entry(const json_t *service)
{
    return json_pack("{s:o, s:n, s:b}", "serviceRef",
                     vra_ref(vra_text(service, "id"), vra_text(service, "name")),
                     "approvalPolicyId", "active", 1);
}

static json_t *item_entry(const json_t *item)
{
    return json_pack("{s:o, s:n, s:b, s:b, s:b}", "catalogItemRef",
                     vra_ref(vra_text(item, "id"), vra_text(item, "name")), "approvalPolicyId",
                     "active", 1, "hidden", 0, "catalogItemRequestable", 1);
}

static bool is_user(const json_t *principal)
{
    const char *type = vra_text(principal, "type");
    return type != NULL && strcmp(type, "USER") == 0;
}

static json_t *find_principal(const json_t *list, const char *ref, bool user)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        const char *of = vra_text(each, "ref");
        if (of != NULL && strcasecmp(of, ref) == 0 && is_user(each) == user)
            return each;
    }
    return NULL;
}

static bool wanted_principal(const struct value *to, const json_t *principal)
{
    const char *ref = vra_text(principal, "ref");
    for (size_t i = 0; ref != NULL && i < value_count(to); i++) {
        const char *text = value_text(value_at(to, i));
        bool user = strncmp(text, "user:", 5) == 0;
        if (user == is_user(principal) && strcasecmp(strchr(text, ':') + 1, ref) == 0)
            return true;
    }
    return false;
}

static void merge_principals(json_t *list, const struct entitlement_spec *spec)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!wanted_principal(spec->to, json_array_get(list, i)))
            json_array_remove(list, i);
    for (size_t i = 0; i < value_count(spec->to); i++) {
        const char *text = value_text(value_at(spec->to, i));
        const char *ref = strchr(text, ':') + 1;
        bool user = strncmp(text, "user:", 5) == 0;
        if (find_principal(list, ref, user) == NULL)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "tenantName",
                                                  spec->tenant, "ref", ref, "type",
                                                  user ? "USER" : "SSO_GROUP", "value", ref));
    }
}

json_t *entitlement_merge(const json_t *read, const struct entitlement_spec *spec)
{
    json_t *object = read == NULL ? json_object() : json_deep_copy(read);
    if (read == NULL) {
        json_object_set_new(object, "organization",
                            organization(spec->tenant, spec->group_id, spec->group));
        json_object_set_new(object, "entitledResourceOperations", json_array());
        json_object_set_new(object, "localScopeForActions", json_true());
        json_object_set_new(object, "expiryDate", json_null());
    }
    vra_set_text(object, "name", spec->name);
    vra_set_text(object, "description", spec->description);
    set_active(object);
    if (json_is_true(json_object_get(object, "allUsers")) || read == NULL)
        json_object_set_new(object, "allUsers", json_false());
    merge_principals(list_of(object, "principals"), spec);
    merge_entries(list_of(object, "entitledServices"), spec->services, "serviceRef.id", spec,
                  service_entry);
    merge_entries(list_of(object, "entitledCatalogItems"), spec->items, "catalogItemRef.id",
                  spec, item_entry);
    return object;
}

/* ---- entitlements: reading ---- */

static int compare_values(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

struct names {
    struct arena *arena;
    VEC(const struct value *) list;
};

/* A set: what stands twice in the object (the same user in two cases) stands once in it. */
static void set_names(struct names *names, const char *attr, const struct instance *wanted,
                      struct instance *live)
{
    const struct value *none = instance_get(wanted, attr);
    const struct value **items = names->list.items;
    size_t n = 0;
    if (names->list.n == 0 && none->type != VALUE_LIST)
        return;
    if (names->list.n > 0)
        qsort(items, names->list.n, sizeof(*items), compare_values);
    for (size_t i = 0; i < names->list.n; i++)
        if (n == 0 || !value_equal(items[n - 1], items[i]))
            items[n++] = items[i];
    instance_set(live, attr, value_list(names->arena, items, n));
}

static const struct value *name_of(struct arena *arena, const json_t *object,
                                   const json_t *entry, const char *ref)
{
    const char *name = vra_text(object, "name");
    if (name == NULL)
        name = vra_text(json_object_get(entry, ref), "label");
    if (name == NULL)
        name = vra_text(json_object_get(entry, ref), "id");
    return value_string(arena, name == NULL ? "?" : name);
}

static void read_services(const json_t *object, const json_t *services, struct names *names)
{
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(object, "entitledServices"), i, each)
    {
        if (json_is_false(json_object_get(each, "active")))
            continue;
        const json_t *service = vra_find(services, "id", vra_text_at(each, "serviceRef.id"));
        VEC_PUSH(names->arena, &names->list,
                 name_of(names->arena, service, each, "serviceRef"));
    }
}

/* Entries that are no blueprint (software, XaaS) are not ours to show. */
static void read_items(const json_t *object, const json_t *items, const char *tenant,
                       struct names *names)
{
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(object, "entitledCatalogItems"), i, each)
    {
        if (json_is_false(json_object_get(each, "active")))
            continue;
        const json_t *item = vra_find(items, "id", vra_text_at(each, "catalogItemRef.id"));
        if (item != NULL && tenant != NULL && item_blueprint(item, tenant) == NULL)
            continue;
        VEC_PUSH(names->arena, &names->list,
                 name_of(names->arena, item, each, "catalogItemRef"));
    }
}

/* As the manifest spells it: directories do not tell case apart. */
static const char *spelling(const struct value *wanted, const char *text)
{
    for (size_t i = 0; i < value_count(wanted); i++)
        if (strcasecmp(value_text(value_at(wanted, i)), text) == 0)
            return value_text(value_at(wanted, i));
    return text;
}

static void read_principals(const json_t *object, const struct value *wanted,
                            struct names *names)
{
    size_t i;
    json_t *each;
    if (json_is_true(json_object_get(object, "allUsers")))
        VEC_PUSH(names->arena, &names->list, value_string(names->arena, "group:(all users)"));
    json_array_foreach(json_object_get(object, "principals"), i, each)
    {
        const char *ref = vra_text(each, "ref");
        if (ref == NULL)
            continue;
        const char *text =
            arena_printf(names->arena, "%s:%s", is_user(each) ? "user" : "group", ref);
        VEC_PUSH(names->arena, &names->list,
                 value_string(names->arena, spelling(wanted, text)));
    }
}

void entitlement_attrs(const json_t *object, const json_t *services, const json_t *items,
                       struct arena *arena, const struct instance *wanted,
                       struct instance *live)
{
    const char *status = vra_text(object, "status");
    const char *group = vra_text_at(object, "organization.subtenantLabel");
    const char *tenant = vra_text_at(object, "organization.tenantRef");
    instance_set(live, "active", value_bool(status != NULL && strcmp(status, "ACTIVE") == 0));
    if (group != NULL)
        instance_set(live, "business_group", value_string(arena, group));
    struct names of_services = {.arena = arena}, of_items = {.arena = arena},
                 to = {.arena = arena};
    read_services(object, services, &of_services);
    set_names(&of_services, "services", wanted, live);
    read_items(object, items, tenant, &of_items);
    set_names(&of_items, "items", wanted, live);
    read_principals(object, instance_get(wanted, "to"), &to);
    set_names(&to, "to", wanted, live);
}
