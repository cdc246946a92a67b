/* manifest_types.c: see manifest_types.h. */
#include "manifest_types.h"

#include <string.h>

#include "arena.h"
#include "describe.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"

/* Bounds of the types themselves stand in engine/model; these are for texts. */
enum { TEXT_MAX = 4096, LONG_TEXT_MAX = 1 << 20, ITEMS_MAX = 10000 };

const struct value *js_text(struct arena *arena, const char *string)
{
    return value_string(arena, string);
}

const struct value *js_texts(struct arena *arena, const char *const *names)
{
    VEC(const struct value *) items = {0};
    for (size_t i = 0; names[i] != NULL; i++)
        VEC_PUSH(arena, &items, js_text(arena, names[i]));
    return value_list(arena, items.items, items.n);
}

const struct value *js_defined(struct arena *arena, const char *name)
{
    return OBJECT(arena, {"$ref", js_text(arena, arena_printf(arena, "#/$defs/%s", name))});
}

const struct value *js_any_of(struct arena *arena, const struct value *a, const struct value *b)
{
    return OBJECT(arena, {"anyOf", LIST(arena, a, b)});
}

/* Or a variable that becomes it. */
const struct value *js_or_expression(struct arena *arena, const struct value *schema)
{
    return js_any_of(arena, schema, js_defined(arena, "expression"));
}

/* ---- types --------------------------------------------------------------------------------
 */

/* A plain scalar of any YAML type is a text to us. */
static const struct value *scalar(struct arena *arena, bool empty, int64_t most)
{
    static const char *const types[] = {"string", "number", "boolean", NULL};
    return OBJECT(arena, {"type", js_texts(arena, types)},
                  {"minLength", value_int(arena, empty ? 0 : 1)},
                  {"maxLength", value_int(arena, most)});
}

/* Texts without control characters. */
const struct value *js_line(struct arena *arena, bool empty)
{
    return value_merge(
        arena, scalar(arena, empty, TEXT_MAX),
        OBJECT(arena, {"pattern", js_text(arena, "^[^\\u0000-\\u001f\\u007f]*$")}));
}

const struct value *js_with_units(struct arena *arena, const char *(*unit)(size_t))
{
    struct strbuf pattern;
    strbuf_init(&pattern, 1000);
    strbuf_add(&pattern, "^[0-9]+ ?(");
    for (size_t i = 0; unit(i) != NULL; i++)
        strbuf_addf(&pattern, "%s%s", i > 0 ? "|" : "", unit(i));
    strbuf_add(&pattern, ")$");
    const struct value *schema = OBJECT(arena, {"type", js_text(arena, "string")},
                                        {"pattern", js_text(arena, strbuf_str(&pattern))});
    strbuf_release(&pattern);
    return js_or_expression(arena, schema);
}

static const struct value *whole_number(struct arena *arena, const struct attr *attr)
{
    const struct value *schema = OBJECT(arena, {"type", js_text(arena, "integer")});
    if (attr->min != 0 || attr->max != 0)
        schema = value_merge(arena, schema,
                             OBJECT(arena, {"minimum", value_int(arena, attr->min)},
                                    {"maximum", value_int(arena, attr->max)}));
    return js_or_expression(arena, schema);
}

static const struct value *range(struct arena *arena, const struct value *number)
{
    const struct value *object = OBJECT(
        arena, {"type", js_text(arena, "object")}, {"additionalProperties", value_bool(false)},
        {"required", LIST(arena, js_text(arena, "min"), js_text(arena, "max"))},
        {"properties", OBJECT(arena, {"min", number}, {"max", number}, {"default", number})});
    return js_any_of(arena, number, object);
}

static const struct value *words(struct arena *arena, const char *const *names)
{
    return js_or_expression(arena, OBJECT(arena, {"enum", js_texts(arena, names)}));
}

static const struct value *object_at(struct arena *arena, const struct schema *schema,
                                     const char *prefix);

const struct value *js_list_of(struct arena *arena, const struct value *item)
{
    return OBJECT(arena, {"type", js_text(arena, "array")}, {"items", item},
                  {"maxItems", value_int(arena, ITEMS_MAX)});
}

/* An object with exactly one of the given properties. */
const struct value *js_one_of(struct arena *arena, const struct value *properties)
{
    return OBJECT(arena, {"type", js_text(arena, "object")}, {"properties", properties},
                  {"additionalProperties", value_bool(false)},
                  {"minProperties", value_int(arena, 1)},
                  {"maxProperties", value_int(arena, 1)});
}

static const struct value *addresses(struct arena *arena)
{
    const struct value *address =
        OBJECT(arena, {"type", js_text(arena, "string")},
               {"pattern", js_text(arena, "^(\\[[^\\[\\]]+\\]|[^:]+):[0-9]{1,5}$")});
    return OBJECT(arena, {"type", js_text(arena, "object")},
                  {"additionalProperties", js_or_expression(arena, address)});
}

/* Names to texts, or to references to secrets as well. */
static const struct value *entries(struct arena *arena, const struct value *content,
                                   const char *names)
{
    return OBJECT(arena, {"type", js_text(arena, "object")}, {"additionalProperties", content},
                  {"propertyNames", names == NULL
                                        ? value_absent()
                                        : OBJECT(arena, {"pattern", js_text(arena, names)})});
}

/* true, or an empty map. */
static const struct value *flag(struct arena *arena)
{
    return js_any_of(arena, OBJECT(arena, {"const", value_bool(true)}),
                     OBJECT(arena, {"type", js_text(arena, "object")},
                            {"maxProperties", value_int(arena, 0)}));
}

/* Types that stand in the items of a list; NULL: it is none of them. */
static const struct value *item_type_schema(struct arena *arena, const struct attr *attr)
{
    const struct attr_type *type = attr->type;
    if (type == &type_items)
        return js_list_of(arena, js_object(arena, attr->items, NULL));
    if (type == &type_flag)
        return flag(arena);
    if (type == &type_texts)
        return entries(arena, js_defined(arena, "text"), NULL);
    if (type == &type_environment)
        return entries(arena,
                       js_any_of(arena, js_defined(arena, "text"), js_defined(arena, "secret")),
                       "^[A-Za-z_][A-Za-z0-9_]*$");
    if (type == &type_secrets)
        return js_list_of(arena, js_defined(arena, "secret"));
    if (type == &type_ints)
        return js_list_of(arena, whole_number(arena, attr));
    if (type == &type_date)
        return js_or_expression(
            arena,
            OBJECT(arena, {"type", js_text(arena, "string")},
                   {"pattern", js_text(arena, "^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]$")}));
    if (type == &type_sha256)
        return js_or_expression(arena,
                                OBJECT(arena, {"type", js_text(arena, "string")},
                                       {"pattern", js_text(arena, "^[0-9A-Fa-f]{64}$")}));
    return NULL;
}

#define BYTE_PATTERN "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

static const struct value *ipv4(struct arena *arena)
{
    return js_or_expression(
        arena,
        OBJECT(arena, {"type", js_text(arena, "string")},
               {"pattern", js_text(arena, "^(" BYTE_PATTERN "\\.){3}" BYTE_PATTERN "$")}));
}

static const struct value *label(struct arena *arena, const char *pattern)
{
    return js_or_expression(arena,
                            value_merge(arena, scalar(arena, false, 63),
                                        OBJECT(arena, {"pattern", js_text(arena, pattern)})));
}

static const struct value *guest_name(struct arena *arena)
{
    static const char *const word[] = {"vm-name", NULL};
    return js_any_of(
        arena, words(arena, word),
        js_one_of(arena,
                  OBJECT(arena, {"prefix", label(arena, "^[A-Za-z0-9][A-Za-z0-9-]*$")},
                         {"name", label(arena, "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")})));
}

static const struct value *type_schema(struct arena *arena, const struct attr *attr)
{
    const struct value *of_item = item_type_schema(arena, attr);
    if (of_item != NULL)
        return of_item;

    const struct attr_type *type = attr->type;
    const struct value *number =
        type == &type_size_range ? js_defined(arena, "size") : whole_number(arena, attr);
    static const char *const automatic[] = {"auto", NULL};
    if (attr->names != NULL)
        return type == &type_strings ? js_list_of(arena, words(arena, attr->names))
                                     : words(arena, attr->names);
    if (type == &type_bool)
        return js_or_expression(arena, OBJECT(arena, {"type", js_text(arena, "boolean")}));
    if (type == &type_int)
        return number;
    if (type == &type_cpu)
        return js_any_of(arena, OBJECT(arena, {"enum", js_texts(arena, automatic)}),
                         range(arena, number));
    if (type == &type_range || type == &type_size_range)
        return range(arena, number);
    if (type == &type_strings)
        return js_list_of(arena, js_defined(arena, "text"));
    if (type == &type_addresses)
        return addresses(arena);
    if (type == &type_ipv4)
        return ipv4(arena);
    if (type == &type_guest_name)
        return guest_name(arena);
    if (type == &type_text)
        return scalar(arena, true, LONG_TEXT_MAX);
    return js_defined(arena, type == &type_size         ? "size"
                             : type == &type_duration   ? "duration"
                             : type == &type_secret     ? "secret"
                             : type == &type_principals ? "principals"
                             : type == &type_string     ? "text"
                                                        : "name");
}

/* As the manifest would write it, in the JSON type that fits. */
static const struct value *default_of(struct arena *arena, const struct attr *attr)
{
    int64_t number;
    bool boolean;
    const char *initial = attr->default_value;
    if (initial == NULL || initial[0] == '[' || initial[0] == '{')
        return value_absent();
    if (attr->type == &type_bool && num_bool(initial, &boolean) == 0)
        return value_bool(boolean);
    if (attr->type != &type_string && attr->type != &type_name &&
        num_i64(initial, &number) == 0)
        return value_int(arena, number);
    return js_text(arena, initial);
}

static const struct value *attr_schema(struct arena *arena, const struct attr *attr)
{
    const char *doc = attr->doc == NULL ? attr->type->expects : attr->doc;
    if (attr->ref != NULL)
        doc = arena_printf(arena, "%s Refers to %s.", doc, attr->ref);
    return value_merge(arena, type_schema(arena, attr),
                       OBJECT(arena, {"description", js_text(arena, doc)},
                              {"default", default_of(arena, attr)}));
}

/* ---- objects ------------------------------------------------------------------------------
 */

/* What stands below a dotted prefix of a schema's attributes. */
struct level {
    struct arena *arena;
    const struct schema *schema;
    const char *prefix; /* "" or "machine.clone." */
    VEC(struct value_field) properties;
    VEC(const struct value *) required;
    VEC(const struct value *) exclusive; /* a text and the file that holds it */
};

static bool level_has(const struct level *level, const char *key)
{
    for (size_t i = 0; i < level->properties.n; i++)
        if (strcmp(level->properties.items[i].key, key) == 0)
            return true;
    return false;
}

static bool is_below(const struct attr *attr, const char *name)
{
    size_t len = strlen(name);
    return strncmp(attr->name, name, len) == 0 && attr->name[len] == '.';
}

/* Something at or below the name must be given. */
static bool is_required(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        if ((attr->flags & ATTR_REQUIRED) &&
            (is_below(attr, name) || strcmp(attr->name, name) == 0))
            return true;
    }
    return false;
}

static const struct value *property(struct level *level, const char *name, bool below)
{
    int leaf = schema_find(level->schema, name);
    if (leaf >= 0 && !attr_is_settable(&level->schema->attrs[leaf]))
        leaf = -1;
    const struct value *nested =
        below ? object_at(level->arena, level->schema, arena_printf(level->arena, "%s.", name))
              : NULL;
    if (leaf < 0)
        return nested;
    const struct value *own = attr_schema(level->arena, &level->schema->attrs[leaf]);
    return nested == NULL ? own : js_any_of(level->arena, own, nested);
}

static void add_exclusive(struct level *level, const struct attr *attr, const char *key)
{
    size_t len = strlen(key), tail = strlen("_file");
    if ((attr->flags & ATTR_FILE) == 0 || len <= tail || strcmp(key + len - tail, "_file") != 0)
        return;
    const char *content = arena_memdup(level->arena, key, len - tail);
    const struct value *both =
        OBJECT(level->arena, {"required", LIST(level->arena, js_text(level->arena, content),
                                               js_text(level->arena, key))});
    VEC_PUSH(level->arena, &level->exclusive, OBJECT(level->arena, {"not", both}));
}

static void add_attr(struct level *level, const struct attr *attr)
{
    const char *rest = attr->name + strlen(level->prefix);
    size_t len = strcspn(rest, ".");
    const char *key = arena_memdup(level->arena, rest, len);
    if (level_has(level, key))
        return;
    const char *name = arena_printf(level->arena, "%s%s", level->prefix, key);
    bool below = false;
    for (size_t i = 0; i < level->schema->n_attrs; i++) {
        const struct attr *other = &level->schema->attrs[i];
        below = below || (attr_is_settable(other) && is_below(other, name));
    }
    VEC_PUSH(level->arena, &level->properties,
             ((struct value_field){key, property(level, name, below)}));
    if (is_required(level->schema, name))
        VEC_PUSH(level->arena, &level->required, js_text(level->arena, key));
    if (rest[len] == '\0')
        add_exclusive(level, attr, key);
}

/* A map that needs nothing may also be left empty. */
static const struct value *finish(struct level *level)
{
    static const char *const types[] = {"object", "null", NULL};
    struct arena *arena = level->arena;
    bool needs = level->required.n > 0;
    const struct value *list = value_list(arena, level->required.items, level->required.n);
    const struct value *exclusive =
        value_list(arena, level->exclusive.items, level->exclusive.n);
    return OBJECT(
        arena, {"type", needs ? js_text(arena, "object") : js_texts(arena, types)},
        {"properties", value_map(arena, level->properties.items, level->properties.n)},
        {"additionalProperties", value_bool(false)},
        {"required", needs ? list : value_absent()},
        {"allOf", level->exclusive.n > 0 ? exclusive : value_absent()});
}

static void add_level(struct level *level)
{
    size_t len = strlen(level->prefix);
    for (size_t i = 0; i < level->schema->n_attrs; i++) {
        const struct attr *attr = &level->schema->attrs[i];
        if (attr_is_settable(attr) && strncmp(attr->name, level->prefix, len) == 0)
            add_attr(level, attr);
    }
}

static const struct value *object_at(struct arena *arena, const struct schema *schema,
                                     const char *prefix)
{
    struct level level = {.arena = arena, .schema = schema, .prefix = prefix};
    add_level(&level);
    return finish(&level);
}

const struct value *js_object(struct arena *arena, const struct schema *schema,
                              const struct value_field *more)
{
    struct level level = {.arena = arena, .schema = schema, .prefix = ""};
    add_level(&level);
    if (more != NULL)
        VEC_PUSH(arena, &level.properties, *more);
    return finish(&level);
}
