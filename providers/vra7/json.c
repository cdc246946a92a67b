/* json.c: small helpers over jansson. */
#include "vra7.h"

#include <string.h>

const char *vra_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

json_t *vra_at(const json_t *object, const char *path)
{
    json_t *at = (json_t *)(uintptr_t)object;
    while (at != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        at = json_object_getn(at, path, length);
        path += length;
        path += *path == '.';
    }
    return at;
}

const char *vra_text_at(const json_t *object, const char *path)
{
    return json_string_value(vra_at(object, path));
}

void vra_set_text(json_t *object, const char *key, const char *text)
{
    const char *now = vra_text(object, key);
    if (text == NULL && json_is_null(json_object_get(object, key)))
        return;
    if (text != NULL && now != NULL && strcmp(now, text) == 0)
        return;
    json_object_set_new(object, key, text == NULL ? json_null() : json_string(text));
}

json_t *vra_ref(const char *id, const char *label)
{
    json_t *ref = json_object();
    vra_set_text(ref, "id", id);
    vra_set_text(ref, "label", label);
    return ref;
}

json_t *vra_find(const json_t *array, const char *key, const char *text)
{
    size_t i;
    json_t *each;
    json_array_foreach(array, i, each)
    {
        const char *value = vra_text_at(each, key);
        if (value != NULL && text != NULL && strcmp(value, text) == 0)
            return each;
    }
    return NULL;
}
