/* step_catalog.c: services, catalogue items, entitlements (vra7-api.md §6). */
#include "vra7.h"

#include <string.h>

enum { ITEM_PATIENCE_MS = 180000 };

/* ---- services ---- */

struct service_edit {
    struct vra_step *step;
    const char *description;
};

static json_t *apply_service(const json_t *read, void *context, struct err *err UNUSED)
{
    const struct service_edit *edit = context;
    return service_merge(read, edit->step->name, edit->step->session->tenant,
                         edit->description);
}

int step_service_write(struct vra_step *step, struct err *err)
{
    struct service_edit edit = {step, step_description(step)};
    struct vra_edit how = {
        .what = step->call->step->address, .apply = apply_service, .context = &edit};
    json_auto_t *read = NULL;
    if (step_find(step, VRA_SERVICES, NULL, &read, err) < 0)
        return -1;
    if (read == NULL) {
        json_auto_t *body = apply_service(NULL, &edit, err);
        return step_create(step, VRA_SERVICES, body, &how, err);
    }
    how.path = vra_path(step->arena, VRA_SERVICES, vra_text(read, "id"), "");
    return step_edit(step, &how, read, err);
}

static json_t *apply_deleted(const json_t *read, void *context UNUSED, struct err *err UNUSED)
{
    json_t *object = json_deep_copy(read);
    vra_set_text(object, "status", "DELETED");
    return object;
}

int step_service_delete(struct vra_step *step, struct err *err)
{
    json_auto_t *read = NULL;
    if (step_find(step, VRA_SERVICES, NULL, &read, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_UNCHANGED;
    if (read == NULL)
        return 0;
    const struct vra_edit how = {
        .path = vra_path(step->arena, VRA_SERVICES, vra_text(read, "id"), ""),
        .what = step->call->step->address,
        .apply = apply_deleted};
    return step_edit(step, &how, read, err);
}

/* ---- catalogue items ---- */

/* The blueprint's item now, or NULL. By name first: the whole list may be long. */
static int find_item(struct vra_step *step, const char *blueprint, json_t **ret_item,
                     struct err *err)
{
    json_auto_t *list = NULL;
    if (vra_list_named(step->session, VRA_ITEMS, step->name, &list, err) < 0)
        return -1;
    json_t *item = item_of_blueprint(list, step->session->tenant, blueprint);
    if (item == NULL) {
        json_decref(list);
        list = NULL;
        if (vra_list(step->session, VRA_ITEMS, &list, err) < 0)
            return -1;
        item = item_of_blueprint(list, step->session->tenant, blueprint);
    }
    *ret_item = json_incref(item);
    return 0;
}

static int await_item(struct vra_step *step, const char *blueprint, json_t **ret_item,
                      struct err *err)
{
    const struct value *args = step->call->step->args;
    int64_t end = step->env->now_ms(step->env->context) +
                  value_get_int(args, "timeout", ITEM_PATIENCE_MS);
    for (;;) {
        if (find_item(step, blueprint, ret_item, err) < 0)
            return -1;
        if (*ret_item != NULL || value_get_text(args, "service") == NULL)
            return 0;
        if (step->env->now_ms(step->env->context) >= end)
            return err_set(err, ERR_TIMEOUT,
                           "vRA has no catalogue item of blueprint %s yet; look whether it is "
                           "published, and apply again",
                           blueprint);
        if (step_wait(step, "the catalogue does not have the item yet", err) < 0)
            return -1;
    }
}

static json_t *apply_item(const json_t *read, void *context, struct err *err UNUSED)
{
    const json_t *service = context;
    const char *id = vra_text(service, "id"), *now = vra_text_at(read, "serviceRef.id");
    json_t *object = json_deep_copy(read);
    if (id == NULL && now != NULL)
        json_object_set_new(object, "serviceRef", json_null());
    else if (id != NULL && (now == NULL || strcmp(id, now) != 0))
        json_object_set_new(object, "serviceRef", vra_ref(id, vra_text(service, "name")));
    return object;
}

/* vRA writes items itself, some time after their blueprint is published (§4.5); only the
 * service is ours. */
static bool same_service(const json_t *seen, const json_t *now)
{
    const char *before = vra_text_at(seen, "serviceRef.id");
    const char *after = vra_text_at(now, "serviceRef.id");
    return strcmp(before == NULL ? "" : before, after == NULL ? "" : after) == 0;
}

int step_item_assign(struct vra_step *step, struct err *err)
{
    const char *name = value_get_text(step->call->step->args, "service"), *blueprint;
    json_auto_t *services = NULL, *item = NULL, *read = NULL;
    json_t *service = NULL;
    blueprint = step->id;
    if (blueprint == NULL && vra_id(step->arena, "", step->name, &blueprint, err) < 0)
        return -1;
    if (name != NULL &&
        (vra_list_named(step->session, VRA_SERVICES, name, &services, err) < 0 ||
         step_service_named(step, services, name, &service, err) < 0))
        return -1;
    if (await_item(step, blueprint, &item, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_UNCHANGED;
    if (item == NULL)
        return 0;
    const char *id = vra_text(item, "id");
    const struct vra_edit how = {
        .path = vra_path(step->arena, VRA_ITEMS, id ? id : "", ""),
        .what = arena_printf(step->arena, "catalogue item of %s", step->call->step->address),
        .apply = apply_item,
        .same = same_service,
        .context = service};
    if (vra_get(step->session, how.path, &read, err) < 0)
        return -1;
    if (read == NULL)
        return err_set(err, ERR_CONFLICT, "the catalogue item of blueprint %s disappeared",
                       blueprint);
    return step_edit(step, &how, read, err);
}

/* ---- entitlements ---- */

struct entitlement_edit {
    struct vra_step *step;
    struct entitlement_spec spec;
    json_t *services, *items; /* whole lists, owned */
    json_t *wanted_services, *wanted_items;
};

static json_t *apply_entitlement(const json_t *read, void *context, struct err *err UNUSED)
{
    const struct entitlement_edit *edit = context;
    return entitlement_merge(read, &edit->spec);
}

/* By name; the list of all groups needs a role that membership does not (§6.5). */
static int find_group(struct vra_step *step, struct entitlement_spec *spec, struct err *err)
{
    spec->group = value_get_text(step->call->step->args, "business_group");
    if (spec->group == NULL)
        return err_set(err, ERR_INTERNAL, "entitlement.write without a business group");
    const char *tenant = step->session->tenant;
    const char *all = vra_path(step->arena, "/identity/api/tenants", tenant, "/subtenants");
    json_auto_t *found = NULL;
    int ret = vra_list_named(step->session, all, spec->group, &found, err);
    if (ret < 0 && err->code != ERR_DENIED)
        return -1;
    if (ret < 0 || json_array_size(found) == 0) {
        err_clear(err);
        json_decref(found);
        found = NULL;
        all = arena_printf(step->arena, "%s/membership", all);
        if (vra_list_named(step->session, all, spec->group, &found, err) < 0)
            return -1;
    }
    const char *id = vra_text(json_array_get(found, 0), "id");
    if (json_array_size(found) != 1 || id == NULL)
        return err_set(err, id == NULL ? ERR_NOT_FOUND : ERR_CONFLICT,
                       "vRA has %zu business groups named \"%s\" in tenant %s",
                       json_array_size(found), spec->group, tenant);
    spec->group_id = arena_strdup(step->arena, id);
    return 0;
}

static int want_services(struct entitlement_edit *edit, struct err *err)
{
    const struct value *names = value_get(edit->step->call->step->args, "services");
    json_array_clear(edit->wanted_services);
    for (size_t i = 0; i < value_count(names); i++) {
        json_t *service;
        if (step_service_named(edit->step, edit->services, value_text(value_at(names, i)),
                               &service, err) < 0)
            return -1;
        json_array_append(edit->wanted_services, service);
    }
    return 0;
}

static int want_items(struct entitlement_edit *edit, struct err *err)
{
    struct vra_step *step = edit->step;
    const struct value *names = value_get(step->call->step->args, "items");
    json_array_clear(edit->wanted_items);
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_text(value_at(names, i)), *blueprint;
        if (vra_id(step->arena, "", name, &blueprint, err) < 0)
            return -1;
        json_t *item = item_of_blueprint(edit->items, step->session->tenant, blueprint);
        if (item == NULL)
            return err_set(err, ERR_NOT_FOUND,
                           "vRA has no catalogue item of blueprint \"%s\"; it must be "
                           "published",
                           name);
        json_array_append(edit->wanted_items, item);
    }
    return 0;
}

static int read_lists(struct entitlement_edit *edit, struct err *err)
{
    json_decref(edit->services);
    json_decref(edit->items);
    edit->services = edit->items = NULL;
    if (vra_list(edit->step->session, VRA_SERVICES, &edit->services, err) < 0 ||
        vra_list(edit->step->session, VRA_ITEMS, &edit->items, err) < 0)
        return -1;
    edit->spec.all_items = edit->items;
    return 0;
}

/* An item appears some time after its blueprint was published (§4.5): patience. */
static int find_entitled(struct entitlement_edit *edit, struct err *err)
{
    struct vra_step *step = edit->step;
    int64_t end = step->env->now_ms(step->env->context) + ITEM_PATIENCE_MS;
    for (;;) {
        if (read_lists(edit, err) < 0)
            return -1;
        if (want_services(edit, err) == 0 && want_items(edit, err) == 0)
            return 0;
        if (err->code != ERR_NOT_FOUND || step->env->now_ms(step->env->context) >= end)
            return -1;
        err_clear(err);
        if (step_wait(step, "the catalogue does not have the item yet", err) < 0)
            return -1;
    }
}

static int write_entitlement(struct entitlement_edit *edit, struct err *err)
{
    struct vra_step *step = edit->step;
    struct vra_edit how = {
        .what = step->call->step->address, .apply = apply_entitlement, .context = edit};
    json_auto_t *read = NULL;
    if (find_group(step, &edit->spec, err) < 0 || find_entitled(edit, err) < 0 ||
        step_find(step, VRA_ENTITLEMENTS, edit->spec.group_id, &read, err) < 0)
        return -1;
    if (read == NULL) {
        json_auto_t *body = entitlement_merge(NULL, &edit->spec);
        return step_create(step, VRA_ENTITLEMENTS, body, &how, err);
    }
    const char *group = vra_text_at(read, "organization.subtenantRef");
    if (group != NULL && strcmp(group, edit->spec.group_id) != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s belongs to another business group than \"%s\", and vRA cannot move "
                       "it",
                       how.what, edit->spec.group);
    how.path = vra_path(step->arena, VRA_ENTITLEMENTS, vra_text(read, "id"), "");
    return step_edit(step, &how, read, err);
}

int step_entitlement_write(struct vra_step *step, struct err *err)
{
    struct entitlement_edit edit = {.step = step,
                                    .wanted_services = json_array(),
                                    .wanted_items = json_array(),
                                    .spec = {.name = step->name,
                                             .tenant = step->session->tenant,
                                             .description = step_description(step),
                                             .to = value_get(step->call->step->args, "to")}};
    edit.spec.services = edit.wanted_services;
    edit.spec.items = edit.wanted_items;
    int ret = write_entitlement(&edit, err);
    json_decref(edit.wanted_services);
    json_decref(edit.wanted_items);
    json_decref(edit.services);
    json_decref(edit.items);
    return ret;
}

static json_t *apply_inactive(const json_t *read, void *context UNUSED, struct err *err UNUSED)
{
    json_t *object = json_deep_copy(read);
    const char *status = vra_text(read, "status");
    if (status == NULL || strcmp(status, "ACTIVE") == 0)
        vra_set_text(object, "status", "INACTIVE");
    return object;
}

int step_entitlement_delete(struct vra_step *step, struct err *err)
{
    json_auto_t *read = NULL;
    if (step_find(step, VRA_ENTITLEMENTS, NULL, &read, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_UNCHANGED;
    if (read == NULL)
        return 0;
    const struct vra_edit how = {
        .path = vra_path(step->arena, VRA_ENTITLEMENTS, vra_text(read, "id"), ""),
        .what = step->call->step->address,
        .apply = apply_inactive};
    if (step_edit(step, &how, read, err) < 0 ||
        vra_delete(step->session, how.path, NULL, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_DONE;
    return 0;
}
