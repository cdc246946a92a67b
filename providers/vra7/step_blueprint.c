/* step_blueprint.c: writing, publishing and deleting blueprints (vra7-api.md §4). */
#include "vra7.h"

#include <string.h>

#include "url.h"

struct blueprint_edit {
    struct vra_step *step;
    struct document_spec spec;
    const char *path;
};

static int blueprint_id(struct vra_step *step, const char **ret_id, struct err *err)
{
    if (step->id == NULL)
        return vra_id(step->arena, "", step->name, ret_id, err);
    *ret_id = step->id;
    return 0;
}

/* ---- what the document refers to ---- */

static int list_templates(struct vra_step *step, const char *source, json_t **ret_array,
                          struct err *err)
{
    return vra_list_named(step->session,
                          VRA_SOURCES "?actionId=FullClone&platformTypeId=" VRA_MACHINE, source,
                          ret_array, err);
}

static int several_templates(const char *source, const json_t *found, struct err *err)
{
    struct strbuf endpoints;
    strbuf_init(&endpoints, 512);
    size_t i;
    json_t *each;
    json_array_foreach(found, i, each)
    {
        const char *endpoint = vra_text(each, "endpointName");
        strbuf_addf(&endpoints, "%s%s", i > 0 ? ", " : "", endpoint == NULL ? "?" : endpoint);
    }
    err_set(err, ERR_CONFLICT,
            "vRA lists %zu templates named \"%s\", of the endpoints %s: the name must be "
            "unique",
            json_array_size(found), source, strbuf_str(&endpoints));
    strbuf_release(&endpoints);
    return -1;
}

static int find_template(struct vra_step *step, const char **ret_id, struct err *err)
{
    const char *source = value_get_text(step->call->step->args, "machine.source");
    if (source == NULL)
        return 0;
    json_auto_t *found = NULL;
    if (list_templates(step, source, &found, err) < 0)
        return -1;
    if (json_array_size(found) > 1)
        return several_templates(source, found, err);
    const char *id = vra_text(json_array_get(found, 0), "id");
    if (id == NULL)
        return err_set(err, ERR_NOT_FOUND,
                       "vRA does not list the template \"%s\": its inventory is older than "
                       "the template; start a data collection of the compute resource",
                       source);
    *ret_id = arena_strdup(step->arena, id);
    return 0;
}

/* Component types of the software by name. */
static int find_software(struct vra_step *step, const char *const **ret_types, struct err *err)
{
    const struct value *names = value_get(step->call->step->args, "software");
    size_t n = value_count(names);
    const char **types = ARENA_ARRAY(step->arena, n + 1, const char *);
    json_auto_t *list = NULL;
    if (n > 0 && vra_list(step->session, VRA_SOFTWARE, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *name = value_text(value_at(names, i)), *id;
        if (vra_id(step->arena, "Software.", name, &id, err) < 0)
            return -1;
        const json_t *component = vra_find(list, "id", id);
        if (component == NULL)
            component = vra_find(list, "name", name);
        if (component == NULL)
            return err_set(err, ERR_NOT_FOUND, "vRA has no software component \"%s\"", name);
        types[i] = arena_strdup(step->arena, vra_text(component, "id"));
    }
    *ret_types = types;
    return 0;
}

/* Something that others set up, referred to by name. A list that this account may not see is
 * no mistake of the blueprint: vRA checks the name itself when it publishes. */
static int check_name(struct vra_step *step, const char *path, const char *attr,
                      const char *what, struct err *err)
{
    const char *name = value_get_text(step->call->step->args, attr);
    json_auto_t *found = NULL;
    if (name == NULL)
        return 0;
    if (vra_list_named(step->session, path, name, &found, err) < 0) {
        if (err->code != ERR_DENIED)
            return -1;
        err_clear(err);
        return 0;
    }
    if (json_array_size(found) > 0)
        return 0;
    return err_set(err, ERR_NOT_FOUND,
                   "vRA has no %s \"%s\" (%s): a fabric administrator "
                   "creates it",
                   what, name, attr);
}

static int check_names(void *context, struct err *err)
{
    const struct blueprint_edit *edit = context;
    struct vra_step *step = edit->step;
    if (check_name(step, VRA_PREFIXES, "machine.prefix", "machine prefix", err) < 0 ||
        check_name(step, VRA_POLICIES, "machine.reservation_policy", "reservation policy",
                   err) < 0)
        return -1;
    return check_name(step, VRA_PROFILES, "machine.network.profile", "network profile", err);
}

/* ---- writing ---- */

static json_t *apply(const json_t *read, void *context, struct err *err)
{
    const struct blueprint_edit *edit = context;
    return document_merge(read, &edit->spec, err);
}

/* An empty blueprint by POST, for servers whose PUT of a document only updates (§12.9). */
static int post_skeleton(const struct blueprint_edit *edit, struct err *err)
{
    const struct document_spec *spec = &edit->spec;
    json_auto_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{}, s:[], s:{}, s:{}}", "id", spec->id, "name", spec->name,
        "description", spec->description, "tenantId", edit->step->session->tenant,
        "publishStatus", "DRAFT", "properties", "propertyGroups", "layout", "components");
    const char *id = NULL;
    return vra_post(edit->step->session, VRA_BLUEPRINTS, body, edit->step->arena, &id, err);
}

static int create_in_two(const struct blueprint_edit *edit, const json_t *body, struct err *err)
{
    struct err first = *err, ignored = {0};
    if (post_skeleton(edit, err) < 0) {
        if (err->code != ERR_UNCERTAIN)
            *err = first;
        return -1;
    }
    err_clear(err);
    if (vra_put(edit->step->session, edit->path, body, NULL, err) == 0)
        return 0;
    if (err->code == ERR_INVALID || err->code == ERR_NOT_FOUND)
        /* The document itself is refused: leave nothing half-made. */
        (void)!vra_delete(edit->step->session,
                          vra_path(edit->step->arena, VRA_BLUEPRINTS, edit->spec.id, ""), NULL,
                          &ignored);
    return -1;
}

/* The PUT got no answer: is the document there as we wrote it? */
static int settle_create(const struct blueprint_edit *edit, struct err *err)
{
    struct err ignored = {0};
    json_auto_t *now = NULL;
    if (vra_get(edit->step->session, edit->path, &now, &ignored) < 0 || now == NULL)
        return -1;
    json_auto_t *want = document_merge(now, &edit->spec, &ignored);
    if (want == NULL || !json_equal(want, now))
        return -1;
    err_clear(err);
    return 0;
}

static int create(struct blueprint_edit *edit, struct err *err)
{
    if (check_names(edit, err) < 0)
        return -1;
    json_auto_t *body = document_merge(NULL, &edit->spec, err);
    if (body == NULL)
        return -1;
    long status = 0;
    int ret = vra_put(edit->step->session, edit->path, body, &status, err);
    if (ret < 0 && (status == 400 || status == 404 || status == 405))
        ret = create_in_two(edit, body, err);
    if (ret == 0 || err->code == ERR_UNCERTAIN)
        step_set_id(edit->step, edit->spec.id);
    if (ret < 0 && err->code == ERR_UNCERTAIN)
        ret = settle_create(edit, err);
    return ret;
}

int step_blueprint_write(struct vra_step *step, struct err *err)
{
    struct blueprint_edit edit = {.step = step,
                                  .spec = {.name = step->name,
                                           .description = step_description(step),
                                           .args = step->call->step->args}};
    if (blueprint_id(step, &edit.spec.id, err) < 0)
        return -1;
    edit.path = vra_path(step->arena, VRA_DOCUMENTS, edit.spec.id, "");
    json_auto_t *read = NULL;
    if (vra_get(step->session, edit.path, &read, err) < 0 ||
        (read != NULL && step_check_ours(step, read, err) < 0) ||
        find_template(step, &edit.spec.template_id, err) < 0 ||
        find_software(step, &edit.spec.software, err) < 0)
        return -1;
    if (read == NULL)
        return create(&edit, err);
    step_set_id(step, edit.spec.id);
    const struct vra_edit how = {.path = edit.path,
                                 .what = step->call->step->address,
                                 .apply = apply,
                                 .prepare = check_names,
                                 .context = &edit};
    return step_edit(step, &how, read, err);
}

/* ---- the template ---- */

int step_blueprint_await(struct vra_step *step, struct err *err)
{
    const struct value *args = step->call->step->args;
    const char *source = value_get_text(args, "source");
    if (source == NULL)
        return err_set(err, ERR_INTERNAL, "blueprint.await_template without a source");
    int64_t end = step->env->now_ms(step->env->context) + value_get_int(args, "timeout", 0);
    for (bool first = true;; first = false) {
        json_auto_t *found = NULL;
        if (list_templates(step, source, &found, err) < 0)
            return -1;
        if (json_array_size(found) > 0) {
            step->outcome->kind = first ? OUTCOME_UNCHANGED : OUTCOME_DONE;
            return 0;
        }
        if (step->env->now_ms(step->env->context) >= end)
            return err_set(err, ERR_TIMEOUT,
                           "vRA does not list the template \"%s\" yet. Start an inventory "
                           "data collection by hand (Infrastructure > Compute Resources > "
                           "Compute Resources > the cluster > Data Collection > Inventory > "
                           "Request now), then apply again",
                           source);
        if (step_wait(step, "vRA does not list the template yet", err) < 0)
            return -1;
    }
}

/* ---- status ---- */

int step_blueprint_publish(struct vra_step *step, struct err *err)
{
    bool published = value_get_bool(step->call->step->args, "published", true);
    const char *wanted = published ? "PUBLISHED" : "DRAFT", *id;
    long http;
    if (blueprint_id(step, &id, err) < 0)
        return -1;
    json_auto_t *read = NULL;
    if (vra_get(step->session, vra_path(step->arena, VRA_DOCUMENTS, id, ""), &read, err) < 0)
        return -1;
    if (read == NULL)
        return err_set(err, ERR_NOT_FOUND, "vRA has no blueprint %s", id);
    const char *status = vra_text(read, "status");
    if (status != NULL && strcmp(status, wanted) == 0) {
        step->outcome->kind = OUTCOME_UNCHANGED;
        return 0;
    }
    return step_set_status(step, vra_path(step->arena, VRA_BLUEPRINTS, id, ""), "publishStatus",
                           wanted, &http, err);
}

int step_blueprint_delete(struct vra_step *step, struct err *err)
{
    const char *id;
    long http;
    if (blueprint_id(step, &id, err) < 0)
        return -1;
    json_auto_t *read = NULL;
    if (vra_get(step->session, vra_path(step->arena, VRA_DOCUMENTS, id, ""), &read, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_UNCHANGED;
    if (read == NULL)
        return 0;
    if (step_check_ours(step, read, err) < 0)
        return -1;
    const char *path = vra_path(step->arena, VRA_BLUEPRINTS, id, "");
    const char *status = vra_text(read, "status");
    if ((status == NULL || strcmp(status, "DRAFT") != 0) &&
        step_set_status(step, path, "publishStatus", "DRAFT", &http, err) < 0)
        return -1;
    if (vra_delete(step->session, path, NULL, err) < 0)
        return -1;
    step->outcome->kind = OUTCOME_DONE;
    return 0;
}
