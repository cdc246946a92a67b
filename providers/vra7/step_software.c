/* step_software.c: writing, publishing and deleting software components (vra7-api.md §3). */
#include "vra7.h"

#include <string.h>
#include <strings.h>

struct software_edit {
    struct vra_step *step;
    struct software_spec spec;
    json_t *tasks; /* owned */
};

static json_t *apply(const json_t *read, void *context, struct err *err UNUSED)
{
    const struct software_edit *edit = context;
    return software_merge(read, &edit->spec);
}

/* How this server spells script types and tasks (§12.3). An architect may not be allowed to
 * ask; the usual words are right then. */
static int learn_words(void *context, struct err *err)
{
    struct software_edit *edit = context;
    struct session *session = edit->step->session;
    struct err ignored = {0};
    json_auto_t *types = NULL;
    if (vra_list(session, "/software-service/api/scripttypes", &types, &ignored) < 0 &&
        ignored.code == ERR_CANCELLED)
        return err_set(err, ERR_CANCELLED, "%s", ignored.message);
    size_t i;
    json_t *each;
    json_array_foreach(types, i, each)
    {
        const char *id = vra_text(each, "id");
        if (id != NULL && strcasecmp(id, "bash") == 0)
            edit->spec.bash = arena_strdup(edit->step->arena, id);
    }
    if (edit->tasks == NULL && vra_list(session, "/software-service/api/admin/taskdescriptors",
                                        &edit->tasks, &ignored) < 0)
        edit->tasks = NULL;
    edit->spec.tasks = edit->tasks;
    return 0;
}

static int software_id(struct vra_step *step, const char **ret_id, struct err *err)
{
    if (step->id == NULL)
        return vra_id(step->arena, "Software.", step->name, ret_id, err);
    *ret_id = step->id;
    return 0;
}

static int write_component(struct vra_step *step, struct software_edit *edit,
                           struct vra_edit *how, struct err *err)
{
    json_auto_t *read = NULL;
    if (vra_get(step->session, how->path, &read, err) < 0)
        return -1;
    if (read != NULL) {
        if (step_check_ours(step, read, err) < 0)
            return -1;
        step_set_id(step, edit->spec.id);
        return step_edit(step, how, read, err);
    }
    if (learn_words(edit, err) < 0)
        return -1;
    json_auto_t *body = software_merge(NULL, &edit->spec);
    return step_create(step, VRA_SOFTWARE, body, how, err);
}

int step_software_write(struct vra_step *step, struct err *err)
{
    struct software_edit edit = {.step = step,
                                 .spec = {.name = step->name,
                                          .tenant = step->session->tenant,
                                          .description = step_description(step),
                                          .args = step->call->step->args,
                                          .bash = "Bash"}};
    if (software_id(step, &edit.spec.id, err) < 0)
        return -1;
    struct vra_edit how = {.path = vra_path(step->arena, VRA_SOFTWARE, edit.spec.id, ""),
                           .what = step->call->step->address,
                           .apply = apply,
                           .prepare = learn_words,
                           .context = &edit};
    int ret = write_component(step, &edit, &how, err);
    json_decref(edit.tasks);
    return ret;
}

/* ---- publishing ---- */

static json_t *apply_status(const json_t *read, void *context, struct err *err UNUSED)
{
    json_t *object = json_deep_copy(read);
    vra_set_text(object, "publishStatus", context);
    return object;
}

/* Publish by the call of its own; a server that does not have it takes the whole object
 * (§12.2). */
static int set_status(struct vra_step *step, const char *path, const char *wanted,
                      struct err *err)
{
    long http = 0;
    if (step_set_status(step, path, "publishStatus", wanted, &http, err) == 0)
        return 0;
    if (http != 400 && http != 404 && http != 405)
        return -1;
    struct err refused = *err;
    char status[16];
    snprintf(status, sizeof(status), "%s", wanted);
    const struct vra_edit how = {.path = path,
                                 .what = step->call->step->address,
                                 .apply = apply_status,
                                 .context = status};
    json_auto_t *read = NULL;
    bool changed;
    if (vra_get(step->session, path, &read, err) < 0 || read == NULL ||
        vra_edit(step->session, &how, read, &changed, err) < 0) {
        struct err second = *err;
        return err_set(err, refused.code, "%s; and by the whole object: %s", refused.message,
                       second.message);
    }
    err_clear(err);
    return 0;
}

int step_software_publish(struct vra_step *step, struct err *err)
{
    bool published = value_get_bool(step->call->step->args, "published", true);
    const char *wanted = published ? "PUBLISHED" : "DRAFT", *id;
    if (software_id(step, &id, err) < 0)
        return -1;
    const char *path = vra_path(step->arena, VRA_SOFTWARE, id, "");
    json_auto_t *read = NULL;
    if (vra_get(step->session, path, &read, err) < 0)
        return -1;
    if (read == NULL)
        return err_set(err, ERR_NOT_FOUND, "vRA has no software component %s", id);
    const char *status = vra_text(read, "publishStatus");
    if (status != NULL && strcmp(status, wanted) == 0) {
        step->outcome->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    return set_status(step, path, wanted, err);
}

int step_software_delete(struct vra_step *step, struct err *err)
{
    const char *id;
    if (software_id(step, &id, err) < 0)
        return -1;
    const char *path = vra_path(step->arena, VRA_SOFTWARE, id, "");
    json_auto_t *read = NULL;
    if (vra_get(step->session, path, &read, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_UNCHANGED;
    if (read == NULL)
        return 0;
    if (step_check_ours(step, read, err) < 0)
        return -1;
    const char *status = vra_text(read, "publishStatus");
    if (status != NULL && strcmp(status, "PUBLISHED") == 0 &&
        set_status(step, path, "DRAFT", err) < 0)
        return -1;
    bool absent = false;
    if (vra_delete(step->session, path, &absent, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_DONE;
    return 0;
}
