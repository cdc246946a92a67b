/* step_common.c: what the steps share. */
#include "vra7.h"

#include <string.h>

#include "address.h"

const char *step_description(const struct vra_step *step)
{
    const char *text = value_get_text(step->call->step->args, "description");
    return mark_describe(step->arena, text, step->call->lineage, step->call->step->address);
}

void step_set_id(struct vra_step *step, const char *id)
{
    if (id == NULL)
        return;
    step->id = arena_strdup(step->arena, id);
    step->outcome->ids =
        value_map(step->arena, &(struct value_field){"id", value_string(step->arena, id)}, 1);
}

int step_wait(struct vra_step *step, const char *what, struct err *err)
{
    const struct event event = {.kind = EVENT_STEP_PROGRESS,
                                .address = step->call->step->address,
                                .op = step->call->step->op,
                                .text = what,
                                .percent = -1};
    if (step->env->emit != NULL)
        step->env->emit(step->env->context, &event);
    if (step->env->sleep_ms(step->env->context, step->session->poll_ms) < 0)
        return err_set(err, ERR_CANCELLED, "%s: interrupted while waiting for vRA",
                       step->call->step->address);
    return 0;
}

int step_check_ours(const struct vra_step *step, const json_t *object, struct err *err)
{
    const char *id = vra_text(object, "id");
    if (step->id != NULL && id != NULL && strcmp(step->id, id) == 0)
        return 0;
    if (mark_is_ours(step->arena, vra_text(object, "description"), step->call->lineage,
                     step->call->step->address))
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "%s exists in vRA already (%s) and gridform did not make it: adopt it or "
                   "rename one of them",
                   step->call->step->address, id == NULL ? "without an id" : id);
}

int step_edit(struct vra_step *step, const struct vra_edit *edit, const json_t *read,
              struct err *err)
{
    bool changed = false;
    if (vra_edit(step->session, edit, read, &changed, err) < 0)
        return -1;
    step->outcome->kind = changed ? OUTCOME_DONE : OUTCOME_UNCHANGED;
    return 0;
}

/* ---- status ---- */

static int status_now(struct vra_step *step, const char *path, const char *key,
                      const char *wanted, bool *ret_so, struct err *err)
{
    json_auto_t *object = NULL;
    if (vra_get(step->session, path, &object, err) < 0)
        return -1;
    const char *status = vra_text(object, key);
    *ret_so = status != NULL && strcmp(status, wanted) == 0;
    return 0;
}

int step_set_status(struct vra_step *step, const char *path, const char *key,
                    const char *wanted, long *ret_http, struct err *err)
{
    json_auto_t *body = json_string(wanted);
    const char *status_path = arena_printf(step->arena, "%s/status", path);
    struct err ignored = {0};
    bool so = false;
    *ret_http = 0;
    if (vra_put(step->session, status_path, body, ret_http, err) == 0)
        return 0;
    if (err->code != ERR_UNCERTAIN && err->code != ERR_CONFLICT)
        return -1;
    if (status_now(step, path, key, wanted, &so, &ignored) < 0 || !so)
        return -1;
    err_clear(err);
    return 0;
}

/* ---- creating ---- */

/* What an earlier or an unanswered POST made: the one object with our name and mark. */
static int find_created(struct vra_step *step, const char *collection, const char **ret_id,
                        struct err *err)
{
    json_auto_t *named = NULL;
    if (vra_list_named(step->session, collection, step->name, &named, err) < 0)
        return -1;
    size_t i;
    json_t *each;
    json_array_foreach(named, i, each)
    {
        if (mark_is_ours(step->arena, vra_text(each, "description"), step->call->lineage,
                         step->call->step->address) &&
            vra_text(each, "id") != NULL)
            *ret_id = arena_strdup(step->arena, vra_text(each, "id"));
    }
    return 0;
}

int step_create(struct vra_step *step, const char *collection, const json_t *body,
                struct vra_edit *edit, struct err *err)
{
    const char *id = NULL;
    int ret = vra_post(step->session, collection, body, step->arena, &id, err);
    if (ret < 0 && err->code != ERR_UNCERTAIN)
        return -1;
    struct err lost = *err, ignored = {0};
    if (ret == 0 && id == NULL && find_created(step, collection, &id, err) < 0)
        return -1;
    if (ret < 0 && (find_created(step, collection, &id, &ignored) < 0 || id == NULL)) {
        *err = lost;
        return -1;
    }
    if (ret < 0)
        err_clear(err);
    if (id == NULL)
        return err_set(err, ERR_UNCERTAIN, "%s: vRA does not say what it created", edit->what);
    step_set_id(step, id);
    edit->path = vra_path(step->arena, collection, id, "");
    json_auto_t *created = NULL;
    if (vra_get(step->session, edit->path, &created, err) < 0)
        return -1;
    bool changed; /* a server that starts with other values gets a second write */
    if (created != NULL && vra_edit(step->session, edit, created, &changed, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_DONE;
    return 0;
}

/* ---- finding ---- */

static int find_by_id(struct vra_step *step, const char *collection, json_t **ret_object,
                      struct err *err)
{
    json_t *object = NULL;
    if (vra_get(step->session, vra_path(step->arena, collection, step->id, ""), &object, err) <
        0)
        return -1;
    const char *status = vra_text(object, "status");
    if (status != NULL && strcmp(status, "DELETED") == 0) {
        json_decref(object);
        object = NULL;
    }
    *ret_object = object;
    return 0;
}

static void only_of_group(json_t *array, const char *group)
{
    for (size_t i = json_array_size(array); i-- > 0;) {
        const char *of = vra_text_at(json_array_get(array, i), "organization.subtenantRef");
        if (group != NULL && (of == NULL || strcmp(of, group) != 0))
            json_array_remove(array, i);
    }
}

int step_find(struct vra_step *step, const char *collection, const char *group,
              json_t **ret_object, struct err *err)
{
    *ret_object = NULL;
    if (step->id != NULL && find_by_id(step, collection, ret_object, err) < 0)
        return -1;
    if (*ret_object != NULL)
        return 0;
    json_auto_t *named = NULL;
    json_t *found = NULL;
    if (vra_list_named(step->session, collection, step->name, &named, err) < 0)
        return -1;
    only_of_group(named, group);
    if (vra_pick(named, step->name, NULL, step->call->step->address, step->arena, &found, err) <
        0)
        return -1;
    if (found == NULL)
        return 0;
    if (step_check_ours(step, found, err) < 0)
        return -1;
    step_set_id(step, vra_text(found, "id"));
    return step->id == NULL ? 0 : find_by_id(step, collection, ret_object, err);
}

int step_service_named(struct vra_step *step, const json_t *services, const char *name,
                       json_t **ret_service, struct err *err)
{
    const char *address = address_make(step->arena, "catalog_service", name);
    if (vra_pick(services, name, NULL, address, step->arena, ret_service, err) < 0)
        return -1;
    if (*ret_service == NULL)
        return err_set(err, ERR_NOT_FOUND, "vRA has no service \"%s\"", name);
    return 0;
}
