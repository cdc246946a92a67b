/* calls.c: single requests, and the one way in which an object is overwritten. */
#include "vra7.h"

#include <string.h>

#include "url.h"

const char *vra_path(struct arena *arena, const char *collection, const char *segment,
                     const char *rest)
{
    struct strbuf path;
    strbuf_init(&path, STRBUF_MAX_OUTPUT);
    strbuf_add(&path, collection);
    url_add_segment(&path, segment);
    strbuf_add(&path, rest);
    const char *copy = arena_strdup(arena, strbuf_str(&path));
    strbuf_release(&path);
    return copy;
}

int vra_get(struct session *session, const char *path, json_t **ret_object, struct err *err)
{
    const struct rest_request request = {.path = path};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = vra_call(session, &request, &reply, err);
    if (ret < 0 && reply.status == 404) {
        err_clear(err);
        *ret_object = NULL;
        ret = 0;
    } else if (ret == 0 && !json_is_object(reply.body)) {
        ret = err_set(err, ERR_INVALID, "GET %s: the answer is no object", path);
    } else if (ret == 0) {
        *ret_object = json_incref(reply.body);
    }
    rest_reply_release(&reply);
    return ret;
}

int vra_put(struct session *session, const char *path, const json_t *body, long *ret_status,
            struct err *err)
{
    const struct rest_request request = {
        .method = "PUT", .path = path, .body = body, .flags = REST_NOT_IDEMPOTENT};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = vra_call(session, &request, &reply, err);
    if (ret_status != NULL)
        *ret_status = reply.status;
    rest_reply_release(&reply);
    return ret;
}

/* The id in a Location header; what is percent-encoded there is not decoded: ids that the
 * server makes are guids, and those that we make are the object's name. */
int vra_post(struct session *session, const char *path, const json_t *body, struct arena *arena,
             const char **ret_id, struct err *err)
{
    const struct rest_request request = {.method = "POST", .path = path, .body = body};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = vra_call(session, &request, &reply, err);
    if (ret == 0) {
        struct strbuf id;
        strbuf_init(&id, 4096);
        const char *told = vra_text(reply.body, "id");
        if (told == NULL && strbuf_len(&reply.location) > 0)
            rest_location_id(strbuf_str(&reply.location), &id);
        if (told == NULL)
            told = strbuf_str(&id);
        *ret_id = told[0] == '\0' ? NULL : arena_strdup(arena, told);
        strbuf_release(&id);
    }
    rest_reply_release(&reply);
    return ret;
}

int vra_delete(struct session *session, const char *path, bool *ret_absent, struct err *err)
{
    const struct rest_request request = {.method = "DELETE", .path = path};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = vra_call(session, &request, &reply, err);
    bool absent = ret < 0 && reply.status == 404;
    if (absent) {
        err_clear(err);
        ret = 0;
    }
    if (ret_absent != NULL)
        *ret_absent = absent;
    rest_reply_release(&reply);
    return ret;
}

/* ---- secured values ---- */

static bool is_empty_text(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

/* {default: '', secured: true} of a document; a field of type SECURE_STRING with a default. */
static bool hides_secret(const json_t *object)
{
    if (json_is_true(json_object_get(object, "secured")))
        return (json_object_get(object, "default") != NULL ||
                json_object_get(object, "fixed") != NULL) &&
               is_empty_text(json_object_get(object, "default")) &&
               is_empty_text(json_object_get(object, "fixed"));
    const char *type = vra_text_at(object, "dataType.typeId");
    if (type == NULL || strcmp(type, "SECURE_STRING") != 0)
        return false;
    size_t i;
    json_t *facet;
    json_array_foreach(vra_at(object, "state.facets"), i, facet)
    {
        const char *name = vra_text(facet, "type");
        if (name != NULL && strcmp(name, "defaultValue") == 0)
            return is_empty_text(vra_at(facet, "value.value.value"));
    }
    return false;
}

static bool search_secret(const json_t *node, struct strbuf *where, unsigned depth)
{
    size_t length = strbuf_len(where), i;
    const char *key;
    json_t *each;
    if (depth > 64)
        return false;
    if (json_is_object(node) && hides_secret(node)) {
        if (vra_text(node, "id") != NULL)
            strbuf_addf(where, ".%s", vra_text(node, "id"));
        return true;
    }
    json_object_foreach((json_t *)(uintptr_t)node, key, each)
    {
        strbuf_addf(where, "%s%s", length > 0 ? "." : "", key);
        if (search_secret(each, where, depth + 1))
            return true;
        strbuf_truncate(where, length);
    }
    json_array_foreach(node, i, each)
    {
        if (search_secret(each, where, depth + 1))
            return true;
    }
    return false;
}

bool vra_hidden_secret(const json_t *object, struct strbuf *ret_where)
{
    return search_secret(object, ret_where, 0);
}

static int refuse_secrets(const struct vra_edit *edit, const json_t *object, struct err *err)
{
    struct strbuf where;
    strbuf_init(&where, 512);
    int ret = 0;
    if (vra_hidden_secret(object, &where))
        ret = err_set(err, ERR_CONFLICT,
                      "%s holds a secured value (%s) that vRA does not show: writing the "
                      "object back would erase it. Take that value out, or make this change "
                      "by hand",
                      edit->what, strbuf_str(&where));
    strbuf_release(&where);
    return ret;
}

/* ---- editing ---- */

/* Members that every write changes. */
static const char *const moving[] = {"version",       "lastUpdated", "lastUpdatedDate",
                                     "lastUpdatedBy", "createdDate", "dateCreated"};

static bool same_object(const json_t *a, const json_t *b)
{
    json_auto_t *left = json_copy((json_t *)(uintptr_t)a);
    json_auto_t *right = json_copy((json_t *)(uintptr_t)b);
    for (size_t i = 0; i < ARRAY_LEN(moving); i++) {
        json_object_del(left, moving[i]);
        json_object_del(right, moving[i]);
    }
    return json_equal(left, right);
}

/* The object as it is now; being gone is a conflict. */
static int read_again(struct session *session, const struct vra_edit *edit, json_t **ret_now,
                      struct err *err)
{
    json_t *now = NULL;
    if (vra_get(session, edit->path, &now, err) < 0)
        return -1;
    if (now == NULL)
        return err_set(err, ERR_CONFLICT, "%s disappeared meanwhile", edit->what);
    *ret_now = now;
    return 0;
}

/* The answer to the PUT was lost: done when the object is as wanted now. */
static int settle(struct session *session, const struct vra_edit *edit, struct err *err)
{
    struct err ignored = {0};
    json_auto_t *now = NULL;
    if (vra_get(session, edit->path, &now, &ignored) < 0 || now == NULL)
        return -1;
    json_auto_t *want = edit->apply(now, edit->context, &ignored);
    if (want == NULL || !json_equal(want, now))
        return -1;
    err_clear(err);
    return 0;
}

/* 409: somebody wrote in between; once more unless that changed anything that we saw. */
static int put_again(struct session *session, const struct vra_edit *edit, const json_t *read,
                     struct err *err)
{
    struct err conflict = *err;
    json_auto_t *now = NULL;
    if (read_again(session, edit, &now, err) < 0)
        return -1;
    json_auto_t *want = edit->apply(now, edit->context, err);
    if (want == NULL)
        return -1;
    if (json_equal(want, now))
        return 0;
    if (!(edit->same == NULL ? same_object : edit->same)(read, now))
        return err_set(err, ERR_CONFLICT, "%s was changed by somebody else meanwhile: %s",
                       edit->what, conflict.message);
    return vra_put(session, edit->path, want, NULL, err);
}

int vra_edit(struct session *session, const struct vra_edit *edit, const json_t *read,
             bool *ret_changed, struct err *err)
{
    json_auto_t *want = edit->apply(read, edit->context, err);
    if (want == NULL)
        return -1;
    *ret_changed = !json_equal(want, read);
    if (!*ret_changed)
        return 0;
    if (refuse_secrets(edit, read, err) < 0)
        return -1;
    if (edit->prepare != NULL) {
        if (edit->prepare(edit->context, err) < 0)
            return -1;
        json_decref(want);
        want = edit->apply(read, edit->context, err);
        if (want == NULL)
            return -1;
    }
    long status = 0;
    int ret = vra_put(session, edit->path, want, &status, err);
    if (ret < 0 && status == 409)
        ret = put_again(session, edit, read, err);
    if (ret < 0 && err->code == ERR_UNCERTAIN)
        ret = settle(session, edit, err);
    return ret;
}
