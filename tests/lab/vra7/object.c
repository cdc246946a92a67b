/* object.c: what all stored objects share: version, dates, references (vra7-api.md §2.5). */
#include "vra7.h"

#include <string.h>

const char *text_member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool body_is_object(struct vra7_request *request, struct vra7_reply *reply)
{
    if (json_is_object(request->body))
        return true;
    reply_error(reply, 400, VRA_INVALID, "The provided resource was null.");
    return false;
}

int64_t body_version(const json_t *body)
{
    return json_integer_value(json_object_get(body, "version"));
}

bool version_is_current(struct vra7_request *request, struct vra7_reply *reply,
                        const json_t *stored)
{
    const json_t *sent = json_object_get(request->body, "version");
    if (!vra_switch(request->world, "optimistic_lock", true) || !json_is_integer(sent) ||
        json_integer_value(sent) >= body_version(stored))
        return true;
    reply_empty(reply, 409);
    return false;
}

void set_text(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, value != NULL ? json_string(value) : json_null());
}

void set_default(json_t *object, const char *key, json_t *take_value)
{
    if (json_object_get(object, key) == NULL)
        json_object_set_new(object, key, take_value);
    else
        json_decref(take_value);
}

void body_stamp(struct vra7_request *request, json_t *body, int64_t version,
                const char *changed_key)
{
    json_object_set_new(body, "version", json_integer(version));
    set_text(body, changed_key, vra_time(request->world, world_now(request->world)));
}

bool id_is_valid(const char *id)
{
    size_t n = strlen(id);
    return n >= 1 && n <= 64 &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

json_t *reference(const char *id, const char *label)
{
    return json_pack("{s:s, s:s?}", "id", id, "label", label);
}
