/* vim25_schema.c: builds the lookup tables from schema_*.c. */
#include "vim25_schema.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "map.h"
#include "num.h"

enum { FIELDS_MAX = 160, VERSION_PARTS = 4, VERSION_PART_MAX = 255 };

struct schema {
    struct arena *arena;
    struct map types, methods;
};

uint32_t schema_version(const char *text)
{
    uint32_t version = 0;
    int parts = 0;
    for (const char *p = text; *p != '\0'; parts++) {
        unsigned part = 0;
        size_t digits = strspn(p, "0123456789");
        if (digits == 0 || digits > 3 || parts == VERSION_PARTS)
            return 0;
        for (size_t i = 0; i < digits; i++)
            part = part * 10 + (unsigned)(p[i] - '0');
        if (part > VERSION_PART_MAX)
            return 0;
        version = version << 8 | part;
        p += digits;
        if (*p == '.' && p[1] != '\0')
            p++;
        else if (*p != '\0')
            return 0;
    }
    return parts == 0 ? 0 : version << (8 * (VERSION_PARTS - parts));
}

/* One field from its notation; returns where the next one begins. */
static const char *parse_field(struct arena *arena, const char *text, struct field *field)
{
    size_t size = strcspn(text, " ");
    char *copy = arena_memdup(arena, text, size);
    char *type = strchr(copy, ':');
    assert(type != NULL);
    *type++ = '\0';
    char *since = strchr(type, '@');
    if (since != NULL)
        *since++ = '\0';
    size_t name = strcspn(copy, "?*");
    *field = (struct field){
        .name = copy,
        .reference = *type == '&',
        .optional = strchr(copy, '?') != NULL,
        .list = strchr(copy, '*') != NULL,
        .since = since == NULL ? 0 : schema_version(since),
    };
    field->type = field->reference ? type + 1 : type;
    copy[name] = '\0';
    text += size;
    return text + strspn(text, " ");
}

static void parse_fields(struct arena *arena, const char *text, struct type *type)
{
    struct field fields[FIELDS_MAX];
    size_t n = 0;
    for (const char *p = text == NULL ? "" : text; *p != '\0'; n++) {
        assert(n < FIELDS_MAX);
        p = parse_field(arena, p, &fields[n]);
    }
    size_t inherited = type->base == NULL ? 0 : type->base->n_fields;
    type->n_fields = inherited + n;
    type->fields = ARENA_ARRAY(arena, type->n_fields + 1, struct field);
    for (size_t i = 0; i < inherited; i++)
        type->fields[i] = type->base->fields[i];
    for (size_t i = 0; i < n; i++)
        type->fields[inherited + i] = fields[i];
}

/* Bases stand before what derives from them. */
static void load_types(struct schema *schema, const struct schema_row *rows, bool managed)
{
    for (const struct schema_row *row = rows; row->name != NULL; row++) {
        struct type *type = ARENA_NEW(schema->arena, struct type);
        type->abstract = row->name[0] == '!';
        type->name = row->name + type->abstract;
        type->managed = managed;
        if (row->base[0] != '\0') {
            type->base = map_get(&schema->types, row->base);
            assert(type->base != NULL);
        }
        parse_fields(schema->arena, row->fields, type);
        map_set(&schema->types, type->name, type);
    }
}

static void load_methods(struct schema *schema)
{
    for (const struct schema_method_row *row = schema_methods; row->name != NULL; row++) {
        struct method *method = ARENA_NEW(schema->arena, struct method);
        method->name = row->name;
        method->privilege = row->privilege;
        method->object = schema_type(schema, row->object);
        method->parameters.name = row->name;
        parse_fields(schema->arena, row->parameters, &method->parameters);
        if (row->result[0] != '\0') {
            const char *text = row->result;
            method->result.reference = *text == '&';
            text += method->result.reference;
            size_t size = strcspn(text, "[");
            method->result.list = text[size] == '[';
            method->result.type = arena_memdup(schema->arena, text, size);
        }
        map_set(&schema->methods, method->name, method);
    }
}

struct schema *schema_new(void)
{
    struct arena *arena = arena_new();
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->arena = arena;
    map_init(&schema->types);
    map_init(&schema->methods);
    load_types(schema, schema_objects, true);
    load_types(schema, schema_types, false);
    load_types(schema, schema_vm_types, false);
    load_types(schema, schema_faults, false);
    load_methods(schema);
    return schema;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL)
        return;
    map_release(&schema->types);
    map_release(&schema->methods);
    arena_free(schema->arena);
}

const struct type *schema_type(const struct schema *schema, const char *name)
{
    return map_get(&schema->types, name);
}

const struct method *schema_method(const struct schema *schema, const char *name)
{
    return map_get(&schema->methods, name);
}

bool type_is(const struct type *type, const char *base)
{
    for (; type != NULL; type = type->base)
        if (strcmp(type->name, base) == 0)
            return true;
    return false;
}

const struct field *type_field(const struct type *type, const char *name, uint32_t version)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (strcmp(type->fields[i].name, name) == 0 && type->fields[i].since <= version)
            return &type->fields[i];
    return NULL;
}

/* The declared type of what a field holds; a cluster's configuration is always the larger one
 * of a cluster, whose fields can be named. */
static const struct type *held_type(const struct schema *schema, const struct type *owner,
                                    const struct field *field)
{
    if (strcmp(field->name, "configurationEx") == 0 && type_is(owner, "ClusterComputeResource"))
        return schema_type(schema, "ClusterConfigInfoEx");
    return schema_type(schema, field->type);
}

bool schema_path(const struct schema *schema, const struct type *type, const char *path,
                 uint32_t version)
{
    char name[128];
    for (;;) {
        size_t size = strcspn(path, ".");
        if (type == NULL || size == 0 || size >= sizeof(name))
            return false;
        memcpy(name, path, size);
        name[size] = '\0';
        const struct field *field = type_field(type, name, version);
        if (field == NULL)
            return false;
        if (path[size] == '\0')
            return true;
        if (field->list || field->reference)
            return false;
        type = held_type(schema, type, field);
        path += size + 1;
    }
}

static bool integer_fits(const char *text, int64_t low, int64_t high)
{
    int64_t number;
    return num_i64(text, &number) == 0 && number >= low && number <= high;
}

bool schema_text_fits(const char *type, const char *text)
{
    if (strcmp(type, "boolean") == 0)
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
               strcmp(text, "1") == 0 || strcmp(text, "0") == 0;
    if (strcmp(type, "int") == 0)
        return integer_fits(text, INT32_MIN, INT32_MAX);
    if (strcmp(type, "short") == 0)
        return integer_fits(text, INT16_MIN, INT16_MAX);
    if (strcmp(type, "byte") == 0)
        return integer_fits(text, INT8_MIN, INT8_MAX);
    if (strcmp(type, "long") == 0)
        return integer_fits(text, INT64_MIN, INT64_MAX);
    if (strcmp(type, "dateTime") == 0)
        return strlen(text) >= 20 && text[4] == '-' && text[10] == 'T';
    if (strcmp(type, "string") == 0 || strcmp(type, "anyType") == 0 ||
        strcmp(type, "base64Binary") == 0)
        return true;
    return *text != '\0' && strpbrk(text, " \t\n<") == NULL;
}
