/* manifest_schema.c: see manifest_schema.h. */
#include "manifest_schema.h"

#include <string.h>

#include "arena.h"
#include "config.h"
#include "manifest.h"
#include "manifest_types.h"
#include "num.h"
#include "provider.h"
#include "vec.h"

enum { NAME_MAX_LEN = 255 };

/* Lifecycle names attributes of the kind, or of the one that is made from it. */
static const struct value *lifecycle_of(struct arena *arena, const struct schema *schema,
                                        const struct schema *made)
{
    VEC(const struct value *) names = {0};
    for (size_t i = 0; i < schema->n_attrs; i++)
        VEC_PUSH(arena, &names, js_text(arena, schema->attrs[i].name));
    for (size_t i = 0; made != NULL && i < made->n_attrs; i++)
        if (schema_find(schema, made->attrs[i].name) < 0)
            VEC_PUSH(arena, &names, js_text(arena, made->attrs[i].name));
    const struct value *known =
        OBJECT(arena, {"enum", value_list(arena, names.items, names.n)});
    const struct value *items = OBJECT(arena, {"items", js_or_expression(arena, known)});
    const struct value *narrow =
        OBJECT(arena, {"ignore_changes", items}, {"ignore_drift", items});
    return OBJECT(arena, {"allOf", LIST(arena, js_defined(arena, "lifecycle"),
                                        OBJECT(arena, {"properties", narrow}))});
}

static const struct value *kind_schema(struct arena *arena, const struct schema *schema,
                                       const struct schema *made)
{
    const struct value_field lifecycle = {"lifecycle", lifecycle_of(arena, schema, made)};
    return js_object(arena, schema, &lifecycle);
}

/* ---- the whole ----------------------------------------------------------------------------
 */

/* A section: any name with an object of the kind. */
static const struct value *section_schema(struct arena *arena, const struct schema *schema,
                                          const struct schema *made)
{
    static const char *const types[] = {"object", "null", NULL};
    const struct value *names = OBJECT(
        arena, {"minLength", value_int(arena, 1)},
        {"maxLength", value_int(arena, NAME_MAX_LEN)},
        {"pattern", js_text(arena, "^[^ \\u0000-\\u001f\\u007f]"
                                   "([^\\u0000-\\u001f\\u007f]*[^ \\u0000-\\u001f\\u007f])?$")},
        {"not", OBJECT(arena, {"pattern", js_text(arena, "\\$\\{")})});
    return OBJECT(
        arena, {"type", js_texts(arena, types)}, {"propertyNames", names},
        {"additionalProperties", kind_schema(arena, schema, made)},
        {"description", schema->doc == NULL ? value_absent() : js_text(arena, schema->doc)});
}

static const struct value *variables_schema(struct arena *arena)
{
    static const char *const types[] = {"string", "number", "boolean", "null", NULL};
    static const char *const maybe[] = {"object", "null", NULL};
    const struct value *content = OBJECT(arena, {"type", js_texts(arena, types)});
    const struct value *variable =
        OBJECT(arena, {"type", js_texts(arena, maybe)},
               {"properties", OBJECT(arena, {"default", content}, {"doc", content})},
               {"additionalProperties", value_bool(false)});
    return OBJECT(
        arena, {"type", js_texts(arena, maybe)}, {"additionalProperties", variable},
        {"propertyNames",
         OBJECT(arena, {"pattern", js_text(arena, "^[A-Za-z_][A-Za-z0-9_-]{0,127}$")})},
        {"description", js_text(arena, "Texts that stand wherever ${var.NAME} is written.")});
}

static const struct value *providers_schema(struct arena *arena)
{
    static const char *const types[] = {"object", "null", NULL};
    VEC(struct value_field) properties = {0};
    for (size_t i = 0; all_providers[i] != NULL; i++) {
        const struct schema *config = all_providers[i]->config;
        const struct value *doc =
            config->doc == NULL ? value_absent() : js_text(arena, config->doc);
        const struct value *schema = value_merge(arena, js_object(arena, config, NULL),
                                                 OBJECT(arena, {"description", doc}));
        VEC_PUSH(arena, &properties, ((struct value_field){all_providers[i]->name, schema}));
    }
    return OBJECT(arena, {"type", js_texts(arena, types)},
                  {"properties", value_map(arena, properties.items, properties.n)},
                  {"additionalProperties", value_bool(false)},
                  {"description", js_text(arena, "The systems, and how to log in.")});
}

/* A section that is one object. */
static const struct value *settings_schema(struct arena *arena, const struct schema *schema)
{
    return value_merge(arena, js_object(arena, schema, NULL),
                       OBJECT(arena, {"description", js_text(arena, schema->doc)}));
}

/* With a key, or with a previous one. */
static const struct value *encryption(struct arena *arena)
{
    const struct value *one = OBJECT(arena, {"minItems", value_int(arena, 1)});
    const struct value *former = OBJECT(arena, {"properties", OBJECT(arena, {"previous", one})},
                                        {"required", LIST(arena, js_text(arena, "previous"))});
    const struct value *key = OBJECT(arena, {"required", LIST(arena, js_text(arena, "key"))});
    return value_merge(
        arena, settings_schema(arena, &encryption_schema),
        OBJECT(arena, {"type", js_text(arena, "object")}, {"anyOf", LIST(arena, key, former)}));
}

static const struct value *secret_schema(struct arena *arena)
{
    const struct value *name = js_defined(arena, "name");
    const struct value *command =
        OBJECT(arena, {"type", js_text(arena, "array")}, {"items", js_defined(arena, "text")},
               {"minItems", value_int(arena, 1)}, {"maxItems", value_int(arena, 64)});
    return js_one_of(arena, OBJECT(arena, {"env", name}, {"file", name}, {"credential", name},
                                   {"command", command}));
}

static const struct value *definitions(struct arena *arena)
{
    const struct value *name = js_defined(arena, "name");
    const struct value *expression =
        OBJECT(arena, {"type", js_text(arena, "string")},
               {"pattern", js_text(arena, "\\$\\{var\\.[A-Za-z_][A-Za-z0-9_-]*\\}")});
    return OBJECT(
        arena, {"expression", expression}, {"text", js_line(arena, true)},
        {"name", js_line(arena, false)}, {"size", js_with_units(arena, num_size_unit)},
        {"duration", js_with_units(arena, num_duration_unit)}, {"secret", secret_schema(arena)},
        {"principals",
         js_list_of(arena, js_one_of(arena, OBJECT(arena, {"user", name}, {"group", name})))},
        {"lifecycle",
         value_merge(arena, js_object(arena, &lifecycle_schema, NULL),
                     OBJECT(arena, {"description", js_text(arena, lifecycle_schema.doc)}))});
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
             js_text(arena, arena_printf(arena, "%d", MANIFEST_VERSION)));
    const struct value *site =
        OBJECT(arena, {"type", js_text(arena, "string")},
               {"pattern", js_text(arena, "^[^ /\\u0000-\\u001f\\u007f]"
                                          "([^/\\u0000-\\u001f\\u007f]*"
                                          "[^ /\\u0000-\\u001f\\u007f])?$")},
               {"maxLength", value_int(arena, NAME_MAX_LEN)},
               {"description", js_text(arena, "Name of the site; the state belongs to it.")});
    VEC_PUSH(arena, &properties,
             ((struct value_field){"gridform", OBJECT(arena, {"enum", version})}));
    VEC_PUSH(arena, &properties, ((struct value_field){"site", site}));
    VEC_PUSH(arena, &properties, ((struct value_field){"variables", variables_schema(arena)}));
    VEC_PUSH(arena, &properties, ((struct value_field){"providers", providers_schema(arena)}));
    VEC_PUSH(arena, &properties,
             ((struct value_field){"state", settings_schema(arena, &state_schema)}));
    VEC_PUSH(arena, &properties, ((struct value_field){"encryption", encryption(arena)}));
    for (size_t i = 0; all_kinds[i] != NULL; i++) {
        const struct schema *schema = &all_kinds[i]->schema;
        if (!schema->expanded)
            VEC_PUSH(arena, &properties,
                     ((struct value_field){schema->section,
                                           section_schema(arena, schema, made_by(schema))}));
    }
    return OBJECT(arena,
                  {"$schema", js_text(arena, "https://json-schema.org/draft/2020-12/schema")},
                  {"title", js_text(arena, "Manifest of gridform")},
                  {"description", js_text(arena, "All files of a manifest, merged.")},
                  {"type", js_text(arena, "object")},
                  {"required", LIST(arena, js_text(arena, "gridform"), js_text(arena, "site"))},
                  {"additionalProperties", value_bool(false)},
                  {"properties", value_map(arena, properties.items, properties.n)},
                  {"$defs", definitions(arena)});
}
