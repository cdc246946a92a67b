/* snapshot_json.c: one resource of a snapshot to JSON and back. See snapshot_json.h. */
#include "snapshot_json.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "names.h"
#include "state_json.h"
#include "strbuf.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

enum { PRESENCE_COUNT = PRESENCE_UNREADABLE + 1 };

static const char *const presence_names[PRESENCE_COUNT] = {
    [PRESENCE_UNKNOWN] = "unknown",
    [PRESENCE_PRESENT] = "present",
    [PRESENCE_ABSENT] = "absent",
    [PRESENCE_UNREADABLE] = "unreadable",
};

static bool has_attrs(const struct instance *live)
{
    for (size_t i = 0; i < live->schema->n_attrs; i++)
        if (!value_is_absent(live->attrs[i]))
            return true;
    return false;
}

static void add_attrs(const struct instance *live, struct strbuf *out)
{
    if (!has_attrs(live))
        return;
    strbuf_add(out, ",\"attrs\":{");
    for (size_t i = 0; i < live->schema->n_attrs; i++)
        json_member(live->schema->attrs[i].name, live->attrs[i], out);
    strbuf_add_char(out, '}');
}

static void add_mark(const struct mark *mark, struct strbuf *out)
{
    if (mark->lineage == NULL && mark->address == NULL && mark->uuid == NULL &&
        mark->nonce == NULL && !mark->own)
        return;
    strbuf_add(out, ",\"mark\":{");
    json_member_text("lineage", mark->lineage, out);
    json_member_text("address", mark->address, out);
    json_member_text("uuid", mark->uuid, out);
    json_member_text("nonce", mark->nonce, out);
    json_member("own", value_bool(mark->own), out);
    strbuf_add_char(out, '}');
}

void live_encode(const struct instance *live, const struct value *asked, struct strbuf *out)
{
    strbuf_add_char(out, '{');
    json_member_text("address", live->address, out);
    json_member_text("presence", presence_names[live->presence], out);
    json_member_text("reason", live->reason, out);
    add_attrs(live, out);
    json_member("ids", live->ids, out);
    add_mark(&live->mark, out);
    json_member("asked", asked, out);
    strbuf_add_char(out, '}');
}

/* ---- reading --------------------------------------------------------------------------- */

static const char *copy_text(const struct value *object, const char *key, struct arena *arena)
{
    const char *text = value_get_text(object, key);
    return text == NULL ? NULL : arena_strdup(arena, text);
}

static int copy_map(const struct value *object, const char *key, struct arena *arena,
                    const struct value **ret, struct err *err)
{
    const struct value *value = value_get(object, key);
    if (!value_is_absent(value) && value->type != VALUE_MAP)
        return err_set(err, ERR_INVALID, "\"%s\" is no object", key);
    *ret = value_is_absent(value) ? NULL : value_copy(arena, value);
    return 0;
}

static int decode_attrs(const struct value *attrs, struct instance *live,
                        struct value_pool *pool, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < live->schema->n_attrs; i++) {
        const struct value *value = value_get(attrs, live->schema->attrs[i].name);
        if (value_is_absent(value))
            continue;
        live->attrs[i] = value_pool_keep(pool, value);
        n++;
    }
    if (!value_is_absent(attrs) && (attrs->type != VALUE_MAP || n != attrs->map.n))
        return err_set(err, ERR_INVALID, "\"attrs\" is no object of attributes of a %s",
                       live->schema->kind);
    return 0;
}

static void decode_mark(const struct value *mark, struct instance *live, struct arena *arena)
{
    live->mark = (struct mark){.lineage = copy_text(mark, "lineage", arena),
                               .address = copy_text(mark, "address", arena),
                               .uuid = copy_text(mark, "uuid", arena),
                               .nonce = copy_text(mark, "nonce", arena),
                               .own = value_get_bool(mark, "own", false)};
}

int live_decode(const struct value *object, struct value_pool *pool,
                const struct schema_source *schemas, struct instance **ret_live,
                const struct value **ret_asked, struct err *err)
{
    const char *address = value_get_text(object, "address");
    const char *presence = value_get_text(object, "presence");
    const struct schema *schema;
    struct arena *arena = value_pool_arena(pool);
    if (address == NULL || presence == NULL)
        return err_set(err, ERR_INVALID, "a resource without its address or presence");
    if (resource_schema(address, schemas, &schema, err) < 0)
        return -1;
    int number = names_value(presence_names, PRESENCE_COUNT, presence);
    if (number < 0)
        return err_set(err, ERR_INVALID, "%.200s: the presence is unknown", address);
    address = arena_strdup(arena, address);
    struct instance *live = instance_new(arena, schema, address, address_name(address));
    live->presence = (enum presence)number;
    live->reason = copy_text(object, "reason", arena);
    if (decode_attrs(value_get(object, "attrs"), live, pool, err) < 0 ||
        copy_map(object, "ids", arena, &live->ids, err) < 0 ||
        copy_map(object, "asked", arena, ret_asked, err) < 0)
        return err_wrap(err, "%.200s", address);
    decode_mark(value_get(object, "mark"), live, arena);
    *ret_live = live;
    return state_check_resource(live, err);
}
