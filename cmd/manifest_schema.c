/* manifest_schema.c: see manifest_schema.h. */
#include "manifest_schema.h"

#include <string.h>

#include "arena.h"
#include "compiler.h"
#include "config.h"
#include "describe.h"
#include "manifest.h"
#include "num.h"
#include "provider.h"
#include "strbuf.h"
#include "types.h"
#include "value.h"
#include "vec.h"

/* Bounds of the types themselves stand in engine/model; these are for texts. */
enum { TEXT_MAX = 4096, LONG_TEXT_MAX = 1 << 20, NAME_MAX_LEN = 255, ITEMS_MAX = 10000 };

#define OBJECT(arena, ...)                                                                     \
    value_map((arena), (const struct value_field[]){__VA_ARGS__},                              \
              ARRAY_LEN(((const struct value_field[]){__VA_ARGS__})))
#define LIST(arena, ...)                                                                       \
    value_list((arena), (const struct value *const[]){__VA_ARGS__},                            \
               ARRAY_LEN(((const struct value *const[]){__VA_ARGS__})))

static const struct value *text(struct arena *arena, const char *string)
{
    return value_string(arena, string);
}

static const struct value *texts(struct arena *arena, const char *const *names)
{
    VEC(const struct value *) items = {0};
    for (size_t i = 0; names[i] != NULL; i++)
        VEC_PUSH(arena, &items, text(arena, names[i]));
    return value_list(arena, items.items, items.n);
}

static const struct value *defined(struct arena *arena, const char *name)
{
    return OBJECT(arena, {"$ref", text(arena, arena_printf(arena, "#/$defs/%s", name))});
}

static const struct value *any_of(struct arena *arena, const struct value *a,
                                  const struct value *b)
{
    return OBJECT(arena, {"anyOf", LIST(arena, a, b)});
}

/* Or a variable that becomes it. */
static const struct value *or_expression(struct arena *arena, const struct value *schema)
{
    return any_of(arena, schema, defined(arena, "expression"));
}

/* ---- types -------------------------------------------------------------------------------- */

/* A plain scalar of any YAML type is a text to us. */
static const struct value *scalar(struct arena *arena, bool empty, int64_t most)
{
    static const char *const types[] = {"string", "number", "boolean", NULL};
    return OBJECT(arena, {"type", texts(arena, types)},
                  {"minLength", value_int(arena, empty ? 0 : 1)},
                  {"maxLength", value_int(arena, most)});
}

/* Texts without control characters. */
static const struct value *line(struct arena *arena, bool empty)
{
    return value_merge(arena, scalar(arena, empty, TEXT_MAX),
                       OBJECT(arena, {"pattern", text(arena, "^[^\\u0000-\\u001f\\u007f]*$")}));
}

static const struct value *with_units(struct arena *arena, const char *(*unit)(size_t))
{
    struct strbuf pattern;
    strbuf_init(&pattern, 1000);
    strbuf_add(&pattern, "^[0-9]+ ?(");
    for (size_t i = 0; unit(i) != NULL; i++)
        strbuf_addf(&pattern, "%s%s", i > 0 ? "|" : "", unit(i));
    strbuf_add(&pattern, ")$");
    const struct value *schema =
        OBJECT(arena, {"type", text(arena, "string")},
               {"pattern", text(arena, strbuf_str(&pattern))});
    strbuf_release(&pattern);
    return or_expression(arena, schema);
}

static const struct value *whole_number(struct arena *arena, const struct attr *attr)
{
    const struct value *schema = OBJECT(arena, {"type", text(arena, "integer")});
    if (attr->min != 0 || attr->max != 0)
        schema = value_merge(arena, schema,
                             OBJECT(arena, {"minimum", value_int(arena, attr->min)},
                                    {"maximum", value_int(arena, attr->max)}));
    return or_expression(arena, schema);
}

static const struct value *range(struct arena *arena, const struct value *number)
{
    const struct value *object = OBJECT(
        arena, {"type", text(arena, "object")}, {"additionalProperties", value_bool(false)},
        {"required", LIST(arena, text(arena, "min"), text(arena, "max"))},
        {"properties", OBJECT(arena, {"min", number}, {"max", number}, {"default", number})});
    return any_of(arena, number, object);
}

static const struct value *words(struct arena *arena, const char *const *names)
{
    return or_expression(arena, OBJECT(arena, {"enum", texts(arena, names)}));
}

static const struct value *object_at(struct arena *arena, const struct schema *schema,
                                     const char *prefix);

static const struct value *list_of(struct arena *arena, const struct value *item)
{
    return OBJECT(arena, {"type", text(arena, "array")}, {"items", item},
                  {"maxItems", value_int(arena, ITEMS_MAX)});
}

/* An object with exactly one of the given properties. */
static const struct value *one_of(struct arena *arena, const struct value *properties)
{
    return OBJECT(arena, {"type", text(arena, "object")}, {"properties", properties},
                  {"additionalProperties", value_bool(false)},
                  {"minProperties", value_int(arena, 1)},
                  {"maxProperties", value_int(arena, 1)});
}

static const struct value *addresses(struct arena *arena)
{
    const struct value *address =
        OBJECT(arena, {"type", text(arena, "string")},
               {"pattern", text(arena, "^(\\[[^\\[\\]]+\\]|[^:]+):[0-9]{1,5}$")});
    return OBJECT(arena, {"type", text(arena, "object")},
                  {"additionalProperties", or_expression(arena, address)});
}

/* Names to texts, or to references to secrets as well. */
static const struct value *entries(struct arena *arena, const struct value *content,
                                   const char *names)
{
    return OBJECT(arena, {"type", text(arena, "object")}, {"additionalProperties", content},
                  {"propertyNames", names == NULL
                                        ? value_absent()
                                        : OBJECT(arena, {"pattern", text(arena, names)})});
}

/* true, or an empty map. */
static const struct value *flag(struct arena *arena)
{
    return any_of(
        arena, OBJECT(arena, {"const", value_bool(true)}),
        OBJECT(arena, {"type", text(arena, "object")}, {"maxProperties", value_int(arena, 0)}));
}

/* Types that stand in the items of a list; NULL: it is none of them. */
static const struct value *item_type_schema(struct arena *arena, const struct attr *attr)
{
    const struct attr_type *type = attr->type;
    if (type == &type_items)
        return list_of(arena, object_at(arena, attr->items, ""));
    if (type == &type_flag)
        return flag(arena);
    if (type == &type_texts)
        return entries(arena, defined(arena, "text"), NULL);
    if (type == &type_environment)
        return entries(arena, any_of(arena, defined(arena, "text"), defined(arena, "secret")),
                       "^[A-Za-z_][A-Za-z0-9_]*$");
    if (type == &type_ints)
        return list_of(arena, whole_number(arena, attr));
    if (type == &type_date)
        return or_expression(
            arena, OBJECT(arena, {"type", text(arena, "string")},
                          {"pattern", text(arena, "^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]$")}));
    if (type == &type_sha256)
        return or_expression(arena, OBJECT(arena, {"type", text(arena, "string")},
                                           {"pattern", text(arena, "^[0-9A-Fa-f]{64}$")}));
    return NULL;
}

#define BYTE_PATTERN "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

static const struct value *ipv4(struct arena *arena)
{
    return or_expression(
        arena, OBJECT(arena, {"type", text(arena, "string")},
                      {"pattern", text(arena, "^(" BYTE_PATTERN "\\.){3}" BYTE_PATTERN "$")}));
}

static const struct value *label(struct arena *arena, const char *pattern)
{
    return or_expression(arena, value_merge(arena, scalar(arena, false, 63),
                                            OBJECT(arena, {"pattern", text(arena, pattern)})));
}

static const struct value *guest_name(struct arena *arena)
{
    static const char *const word[] = {"vm-name", NULL};
    return any_of(
        arena, words(arena, word),
        one_of(arena,
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
        type == &type_size_range ? defined(arena, "size") : whole_number(arena, attr);
    static const char *const automatic[] = {"auto", NULL};
    if (attr->names != NULL)
        return type == &type_strings ? list_of(arena, words(arena, attr->names))
                                     : words(arena, attr->names);
    if (type == &type_bool)
        return or_expression(arena, OBJECT(arena, {"type", text(arena, "boolean")}));
    if (type == &type_int)
        return number;
    if (type == &type_cpu)
        return any_of(arena, OBJECT(arena, {"enum", texts(arena, automatic)}),
                      range(arena, number));
    if (type == &type_range || type == &type_size_range)
        return range(arena, number);
    if (type == &type_strings)
        return list_of(arena, defined(arena, "text"));
    if (type == &type_addresses)
        return addresses(arena);
    if (type == &type_ipv4)
        return ipv4(arena);
    if (type == &type_guest_name)
        return guest_name(arena);
    if (type == &type_text)
        return scalar(arena, true, LONG_TEXT_MAX);
    return defined(arena, type == &type_size         ? "size"
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
    if (attr->type != &type_string && attr->type != &type_name && num_i64(initial, &number) == 0)
        return value_int(arena, number);
    return text(arena, initial);
}

static const struct value *attr_schema(struct arena *arena, const struct attr *attr)
{
    const char *doc = attr->doc == NULL ? attr->type->expects : attr->doc;
    if (attr->ref != NULL)
        doc = arena_printf(arena, "%s Refers to %s.", doc, attr->ref);
    return value_merge(arena, type_schema(arena, attr),
                       OBJECT(arena, {"description", text(arena, doc)},
                              {"default", default_of(arena, attr)}));
}

/* ---- objects ------------------------------------------------------------------------------ */

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
    return nested == NULL ? own : any_of(level->arena, own, nested);
}

static void add_exclusive(struct level *level, const struct attr *attr, const char *key)
{
    size_t len = strlen(key), tail = strlen("_file");
    if ((attr->flags & ATTR_FILE) == 0 || len <= tail || strcmp(key + len - tail, "_file") != 0)
        return;
    const char *content = arena_memdup(level->arena, key, len - tail);
    const struct value *both = OBJECT(
        level->arena,
        {"required", LIST(level->arena, text(level->arena, content), text(level->arena, key))});
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
        VEC_PUSH(level->arena, &level->required, text(level->arena, key));
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
        arena, {"type", needs ? text(arena, "object") : texts(arena, types)},
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

/* Lifecycle names attributes of the kind, or of the one that is made from it. */
static const struct value *lifecycle_of(struct arena *arena, const struct schema *schema,
                                        const struct schema *made)
{
    VEC(const struct value *) names = {0};
    for (size_t i = 0; i < schema->n_attrs; i++)
        VEC_PUSH(arena, &names, text(arena, schema->attrs[i].name));
    for (size_t i = 0; made != NULL && i < made->n_attrs; i++)
        if (schema_find(schema, made->attrs[i].name) < 0)
            VEC_PUSH(arena, &names, text(arena, made->attrs[i].name));
    const struct value *known =
        OBJECT(arena, {"enum", value_list(arena, names.items, names.n)});
    const struct value *items = OBJECT(arena, {"items", or_expression(arena, known)});
    const struct value *narrow =
        OBJECT(arena, {"ignore_changes", items}, {"ignore_drift", items});
    return OBJECT(arena, {"allOf", LIST(arena, defined(arena, "lifecycle"),
                                        OBJECT(arena, {"properties", narrow}))});
}

static const struct value *kind_schema(struct arena *arena, const struct schema *schema,
                                       const struct schema *made)
{
    struct level level = {.arena = arena, .schema = schema, .prefix = ""};
    add_level(&level);
    VEC_PUSH(arena, &level.properties,
             ((struct value_field){"lifecycle", lifecycle_of(arena, schema, made)}));
    return finish(&level);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* A section: any name with an object of the kind. */
static const struct value *section_schema(struct arena *arena, const struct schema *schema,
                                          const struct schema *made)
{
    static const char *const types[] = {"object", "null", NULL};
    const struct value *names = OBJECT(
        arena, {"minLength", value_int(arena, 1)}, {"maxLength", value_int(arena, NAME_MAX_LEN)},
        {"pattern", text(arena, "^[^ \\u0000-\\u001f\\u007f]"
                                "([^\\u0000-\\u001f\\u007f]*[^ \\u0000-\\u001f\\u007f])?$")},
        {"not", OBJECT(arena, {"pattern", text(arena, "\\$\\{")})});
    return OBJECT(arena, {"type", texts(arena, types)}, {"propertyNames", names},
                  {"additionalProperties", kind_schema(arena, schema, made)},
                  {"description", schema->doc == NULL ? value_absent()
                                                      : text(arena, schema->doc)});
}

static const struct value *variables_schema(struct arena *arena)
{
    static const char *const types[] = {"string", "number", "boolean", "null", NULL};
    static const char *const maybe[] = {"object", "null", NULL};
    const struct value *content = OBJECT(arena, {"type", texts(arena, types)});
    const struct value *variable =
        OBJECT(arena, {"type", texts(arena, maybe)},
               {"properties", OBJECT(arena, {"default", content}, {"doc", content})},
               {"additionalProperties", value_bool(false)});
    return OBJECT(
        arena, {"type", texts(arena, maybe)}, {"additionalProperties", variable},
        {"propertyNames",
         OBJECT(arena, {"pattern", text(arena, "^[A-Za-z_][A-Za-z0-9_-]{0,127}$")})},
        {"description", text(arena, "Texts that stand wherever ${var.NAME} is written.")});
}

static const struct value *providers_schema(struct arena *arena)
{
    static const char *const types[] = {"object", "null", NULL};
    VEC(struct value_field) properties = {0};
    for (size_t i = 0; all_providers[i] != NULL; i++) {
        const struct schema *config = all_providers[i]->config;
        const struct value *doc =
            config->doc == NULL ? value_absent() : text(arena, config->doc);
        const struct value *schema = value_merge(arena, object_at(arena, config, ""),
                                                 OBJECT(arena, {"description", doc}));
        VEC_PUSH(arena, &properties, ((struct value_field){all_providers[i]->name, schema}));
    }
    return OBJECT(arena, {"type", texts(arena, types)},
                  {"properties", value_map(arena, properties.items, properties.n)},
                  {"additionalProperties", value_bool(false)},
                  {"description", text(arena, "The systems, and how to log in.")});
}

static const struct value *secret_schema(struct arena *arena)
{
    const struct value *name = defined(arena, "name");
    const struct value *command =
        OBJECT(arena, {"type", text(arena, "array")}, {"items", defined(arena, "text")},
               {"minItems", value_int(arena, 1)}, {"maxItems", value_int(arena, 64)});
    return one_of(arena, OBJECT(arena, {"env", name}, {"file", name}, {"credential", name},
                                {"command", command}));
}

static const struct value *definitions(struct arena *arena)
{
    const struct value *name = defined(arena, "name");
    const struct value *expression =
        OBJECT(arena, {"type", text(arena, "string")},
               {"pattern", text(arena, "\\$\\{var\\.[A-Za-z_][A-Za-z0-9_-]*\\}")});
    return OBJECT(
        arena, {"expression", expression}, {"text", line(arena, true)},
        {"name", line(arena, false)}, {"size", with_units(arena, num_size_unit)},
        {"duration", with_units(arena, num_duration_unit)}, {"secret", secret_schema(arena)},
        {"principals",
         list_of(arena, one_of(arena, OBJECT(arena, {"user", name}, {"group", name})))},
        {"lifecycle",
         value_merge(arena, object_at(arena, &lifecycle_schema, ""),
                     OBJECT(arena, {"description", text(arena, lifecycle_schema.doc)}))});
}

/* The kind whose objects another one's section lists: hosts, of pools. */
static const struct schema *made_by(const struct schema *schema)
{
    for (size_t i = 0; strcmp(schema->kind, "pool") == 0 && all_kinds[i] != NULL; i++)
        if (all_kinds[i]->schema.expanded)
            return &all_kinds[i]->schema;
    return NULL;
}

const struct value *manifest_schema(struct arena *arena)
{
    VEC(struct value_field) properties = {0};
    const struct value *version =
        LIST(arena, value_int(arena, MANIFEST_VERSION),
             text(arena, arena_printf(arena, "%d", MANIFEST_VERSION)));
    const struct value *site =
        OBJECT(arena, {"type", text(arena, "string")},
               {"pattern", text(arena, "^[^ /\\u0000-\\u001f\\u007f]"
                                       "([^/\\u0000-\\u001f\\u007f]*"
                                       "[^ /\\u0000-\\u001f\\u007f])?$")},
               {"maxLength", value_int(arena, NAME_MAX_LEN)},
               {"description", text(arena, "Name of the site; the state belongs to it.")});
    VEC_PUSH(arena, &properties,
             ((struct value_field){"gridform", OBJECT(arena, {"enum", version})}));
    VEC_PUSH(arena, &properties, ((struct value_field){"site", site}));
    VEC_PUSH(arena, &properties, ((struct value_field){"variables", variables_schema(arena)}));
    VEC_PUSH(arena, &properties, ((struct value_field){"providers", providers_schema(arena)}));
    for (size_t i = 0; all_kinds[i] != NULL; i++) {
        const struct schema *schema = &all_kinds[i]->schema;
        if (!schema->expanded)
            VEC_PUSH(arena, &properties,
                     ((struct value_field){
                         schema->section, section_schema(arena, schema, made_by(schema))}));
    }
    return OBJECT(
        arena, {"$schema", text(arena, "https://json-schema.org/draft/2020-12/schema")},
        {"title", text(arena, "Manifest of gridform")},
        {"description", text(arena, "All files of a manifest, merged.")},
        {"type", text(arena, "object")},
        {"required", LIST(arena, text(arena, "gridform"), text(arena, "site"))},
        {"additionalProperties", value_bool(false)},
        {"properties", value_map(arena, properties.items, properties.n)},
        {"$defs", definitions(arena)});
}
