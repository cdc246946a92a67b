/* listing.c: which software, blueprints, services and entitlements there are. */
#include "vra7.h"

#include <string.h>

#include "arena.h"
#include "vec.h"

static const struct {
    const char *kind;
    enum vra_lists list;
    const char *key, *prefix; /* prefix NULL: known by name, which need not be unique (§2.2) */
} listings[] = {{"software_component", LIST_SOFTWARE, "id", "Software."},
                {"blueprint", LIST_BLUEPRINTS, "id", ""},
                {"catalog_service", LIST_SERVICES, "name", NULL},
                {"entitlement", LIST_ENTITLEMENTS, "name", NULL}};

const char *vra_list_key(const struct instance *wanted, struct arena *arena)
{
    for (size_t i = 0; i < ARRAY_LEN(listings); i++) {
        const char *id = NULL;
        struct err err;
        if (strcmp(listings[i].kind, wanted->schema->kind) != 0)
            continue;
        if (listings[i].prefix == NULL)
            return wanted->name;
        return vra_id(arena, listings[i].prefix, wanted->name, &id, &err) < 0 ? NULL : id;
    }
    return NULL;
}

static const struct value *keys_of(const json_t *array, const char *key, struct arena *arena)
{
    VEC(const struct value *) keys = {0};
    size_t i;
    json_t *each;
    json_array_foreach(array, i, each)
    {
        if (vra_text(each, key) != NULL && !vra_is_gone(each))
            VEC_PUSH(arena, &keys, value_string(arena, vra_text(each, key)));
    }
    return value_list(arena, keys.items, keys.n);
}

/* A list that is refused says nothing about the others. */
int vra_list_all(struct session *session, const struct op_env *env, struct arena *arena,
                 const struct value **ret_keys, struct err *err)
{
    struct reader reader = {.session = session, .arena = arena};
    struct value_field kinds[ARRAY_LEN(listings)];
    int ret = 0;
    for (size_t i = 0; i < ARRAY_LEN(listings) && ret == 0; i++) {
        kinds[i] = (struct value_field){listings[i].kind, value_absent()};
        if (env->cancelled != NULL && env->cancelled(env->context)) {
            ret = err_set(err, ERR_CANCELLED, "interrupted while listing what vRA has");
            break;
        }
        const json_t *array = reader_list(&reader, listings[i].list, NULL);
        if (array != NULL)
            kinds[i].value = keys_of(array, listings[i].key, arena);
    }
    if (ret == 0)
        *ret_keys = value_map(arena, kinds, ARRAY_LEN(kinds));
    for (size_t i = 0; i < LIST_COUNT; i++)
        json_decref(reader.lists[i].array);
    return ret;
}
