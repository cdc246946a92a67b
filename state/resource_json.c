/* resource_json.c: one resource, and one intent, to JSON and back. See state_json.h. */
#include <string.h>

#include "address.h"
#include "arena.h"
#include "state_json.h"
#include "strbuf.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

enum { KIND_MAX = 64 };

static const char *const resource_members[] = {"address", "attrs", "ids", "meta", "digest"};

static void member_key(const char *key, struct strbuf *out)
{
    size_t len = strbuf_len(out);
    if (len > 0 && strbuf_str(out)[len - 1] != '{')
        strbuf_add_char(out, ',');
    json_text(key, out);
    strbuf_add_char(out, ':');
}

void json_member(const char *key, const struct value *value, struct strbuf *out)
{
    if (value_is_absent(value))
        return;
    member_key(key, out);
    value_to_json(value, out);
}

void json_member_text(const char *key, const char *text, struct strbuf *out)
{
    if (text == NULL)
        return;
    member_key(key, out);
    json_text(text, out);
}

void json_member_int(const char *key, int64_t number, struct strbuf *out)
{
    member_key(key, out);
    strbuf_addf(out, "%lld", (long long)number);
}

static void add_members(const struct value *map, struct strbuf *out)
{
    if (map == NULL || map->type != VALUE_MAP)
        return;
    for (size_t i = 0; i < map->map.n; i++)
        json_member(map->map.fields[i].key, map->map.fields[i].value, out);
}

void resource_encode(const struct instance *instance, const struct kept *kept,
                     const char *digest, struct strbuf *out)
{
    strbuf_add_char(out, '{');
    json_member_text("address", instance->address, out);
    member_key("attrs", out);
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < instance->schema->n_attrs; i++)
        json_member(instance->schema->attrs[i].name, instance->attrs[i], out);
    if (kept != NULL)
        add_members(kept->attrs, out);
    strbuf_add_char(out, '}');
    json_member("ids", instance->ids, out);
    json_member("meta", instance->meta, out);
    json_member_text("digest", digest, out);
    if (kept != NULL)
        add_members(kept->members, out);
    strbuf_add_char(out, '}');
}

static bool is_one_of(const char *key, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, known[i]) == 0)
            return true;
    return false;
}

const struct value *unknown_members(const struct value *map, const char *const *known,
                                    size_t n_known, struct arena *arena)
{
    size_t n = 0;
    for (size_t i = 0; i < map->map.n; i++)
        n += is_one_of(map->map.fields[i].key, known, n_known) ? 0 : 1;
    if (n == 0)
        return NULL;
    struct value_field *fields = ARENA_ARRAY(arena, n, struct value_field);
    n = 0;
    for (size_t i = 0; i < map->map.n; i++)
        if (!is_one_of(map->map.fields[i].key, known, n_known))
            fields[n++] = map->map.fields[i];
    return value_map(arena, fields, n);
}

int resource_schema(const char *address, const struct schema_source *schemas,
                    const struct schema **ret_schema, struct err *err)
{
    const char *slash = strchr(address, '/');
    char kind[KIND_MAX];
    if (slash == NULL || slash == address || slash[1] == '\0' ||
        (size_t)(slash - address) >= sizeof(kind))
        return err_set(err, ERR_INVALID, "\"%.200s\" is no address (kind/name)", address);
    memcpy(kind, address, (size_t)(slash - address));
    kind[slash - address] = '\0';
    const struct schema *schema = schemas->find(kind);
    if (schema == NULL)
        return err_set(err, ERR_INVALID,
                       "%.200s: the kind is unknown (was it written by a newer gridform?)",
                       address);
    *ret_schema = schema;
    return 0;
}

/* Attributes that the schema does not have, of a map that has more than `n_found` known. */
static const struct value *unknown_attrs(const struct value *attrs, const struct schema *schema,
                                         struct arena *arena)
{
    struct value_field *fields = ARENA_ARRAY(arena, attrs->map.n, struct value_field);
    size_t n = 0;
    for (size_t i = 0; i < attrs->map.n; i++)
        if (schema_find(schema, attrs->map.fields[i].key) < 0)
            fields[n++] = attrs->map.fields[i];
    return value_copy(arena, value_map(arena, fields, n));
}

static const struct value *decode_attrs(const struct value *attrs, struct instance *instance,
                                        struct value_pool *pool)
{
    size_t n_found = 0;
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        const struct value *value = value_get(attrs, instance->schema->attrs[i].name);
        if (value_is_absent(value))
            continue;
        instance->attrs[i] = value_pool_keep(pool, value);
        n_found++;
    }
    return n_found == attrs->map.n
               ? NULL
               : unknown_attrs(attrs, instance->schema, value_pool_arena(pool));
}

/* The member when it is an object, NULL when it is not there. */
static int copy_map(const struct value *object, const char *key, struct arena *arena,
                    const struct value **ret, struct err *err)
{
    const struct value *value = value_get(object, key);
    if (!value_is_absent(value) && value->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "\"%s\" is no object", key);
    *ret = value_is_absent(value) ? NULL : value_copy(arena, value);
    return 0;
}

int resource_decode(const struct value *object, struct value_pool *pool,
                    const struct schema_source *schemas, struct resource *ret_resource,
                    struct err *err)
{
    const char *address = value_get_text(object, "address");
    const struct value *attrs = value_get(object, "attrs");
    const struct schema *schema;
    struct arena *arena = value_pool_arena(pool);
    if (address == NULL)
        return err_set(err, ERR_INVALID, "a resource without an address");
    if (resource_schema(address, schemas, &schema, err) < 0)
        return -1;
    if (!value_is_absent(attrs) && attrs->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "%.200s: \"attrs\" is no object", address);
    address = arena_strdup(arena, address);
    struct instance *instance = instance_new(arena, schema, address, address_name(address));
    if (copy_map(object, "ids", arena, &instance->ids, err) < 0 ||
        copy_map(object, "meta", arena, &instance->meta, err) < 0)
        return err_wrap(err, "%.200s", address);
    instance->presence = PRESENCE_PRESENT;
    const struct value *unknown =
        unknown_members(object, resource_members, ARRAY_LEN(resource_members), arena);
    ret_resource->instance = instance;
    ret_resource->kept.attrs =
        value_is_absent(attrs) ? NULL : decode_attrs(attrs, instance, pool);
    ret_resource->kept.members = unknown == NULL ? NULL : value_copy(arena, unknown);
    return 0;
}

void intent_encode(const struct intent *intent, struct strbuf *out)
{
    json_member_text("address", intent->address, out);
    json_member_text("op", intent->op, out);
    json_member_text("plan", intent->plan, out);
    json_member_text("nonce", intent->nonce, out);
    json_member_int("step", intent->step, out);
    json_member_int("at", intent->at_ms, out);
}

int intent_decode(const struct value *object, struct intent *ret_intent, struct err *err)
{
    struct intent intent = {
        .address = value_get_text(object, "address"),
        .op = value_get_text(object, "op"),
        .plan = value_get_text(object, "plan"),
        .nonce = value_get_text(object, "nonce"),
        .at_ms = value_get_int(object, "at", 0),
    };
    int64_t step = value_get_int(object, "step", -1);
    if (intent.address == NULL || intent.op == NULL || intent.plan == NULL || step < 0 ||
        step > UINT32_MAX)
        return err_set(err, ERR_INVALID, "a step without its address, op, plan or number");
    intent.step = (unsigned)step;
    *ret_intent = intent;
    return 0;
}
