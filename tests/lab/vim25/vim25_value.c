/* vim25_value.c: building and writing value trees. */
#include "vim25_value.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "strbuf.h"

static struct val *val_new(struct builder *b, const char *type)
{
    struct val *value = ARENA_NEW(b->arena, struct val);
    value->type = type;
    return value;
}

struct val *val_object(struct builder *b, const char *type)
{
    const struct type *object = schema_type(b->schema, type);
    assert(object != NULL);
    struct val *value = val_new(b, object->name);
    value->object = object;
    value->slots = ARENA_ARRAY(b->arena, object->n_fields + 1, struct val *);
    return value;
}

struct val *val_simple(struct builder *b, const char *type, const char *text)
{
    if (text == NULL)
        return NULL;
    struct val *value = val_new(b, type);
    value->text = arena_strdup(b->arena, text);
    return value;
}

struct val *val_reference(struct builder *b, const char *type, const char *id)
{
    if (id == NULL)
        return NULL;
    struct val *value = val_simple(b, type, id);
    value->type = arena_strdup(b->arena, type);
    value->reference = true;
    return value;
}

struct val *val_list(struct builder *b, const char *type, bool reference)
{
    struct val *value = val_new(b, type);
    value->list = true;
    value->reference = reference;
    return value;
}

/* The field, or NULL when it is newer than the negotiated version. */
static const struct field *find_field(struct builder *b, const struct val *object,
                                      const char *name)
{
    assert(object->object != NULL);
    const struct field *field = type_field(object->object, name, UINT32_MAX);
    assert(field != NULL);
    return field->since <= b->version ? field : NULL;
}

static struct val **slot(struct val *object, const struct field *field)
{
    return &object->slots[field - object->object->fields];
}

struct val *val_set(struct builder *b, struct val *object, const char *name, struct val *value)
{
    const struct field *field = find_field(b, object, name);
    if (field != NULL)
        *slot(object, field) = value;
    return value;
}

static const char *field_type(const struct val *object, const char *name)
{
    const struct field *field = type_field(object->object, name, UINT32_MAX);
    assert(field != NULL);
    return field->type;
}

struct val *val_sub_as(struct builder *b, struct val *object, const char *name,
                       const char *type)
{
    return val_set(b, object, name, val_object(b, type));
}

struct val *val_sub(struct builder *b, struct val *object, const char *name)
{
    return val_sub_as(b, object, name, field_type(object, name));
}

void val_add(struct builder *b, struct val *object, const char *name, struct val *value)
{
    const struct field *field = find_field(b, object, name);
    if (field == NULL || value == NULL)
        return;
    assert(field->list);
    struct val **list = slot(object, field);
    if (*list == NULL)
        *list = val_list(b, field->type, field->reference);
    VEC_PUSH(b->arena, &(*list)->items, value);
}

struct val *val_add_object(struct builder *b, struct val *object, const char *name)
{
    struct val *value = val_object(b, field_type(object, name));
    val_add(b, object, name, value);
    return value;
}

void val_text(struct builder *b, struct val *object, const char *name, const char *text)
{
    val_set(b, object, name, val_simple(b, field_type(object, name), text));
}

void val_int(struct builder *b, struct val *object, const char *name, int64_t number)
{
    val_text(b, object, name, arena_printf(b->arena, "%" PRId64, number));
}

void val_bool(struct builder *b, struct val *object, const char *name, bool value)
{
    val_text(b, object, name, value ? "true" : "false");
}

void val_time(struct builder *b, struct val *object, const char *name, int64_t ms)
{
    val_text(b, object, name, time_text(b->arena, ms, 0));
}

void val_ref(struct builder *b, struct val *object, const char *name, const char *type,
             const char *id)
{
    val_set(b, object, name, val_reference(b, type, id));
}

void val_add_text(struct builder *b, struct val *object, const char *name, const char *text)
{
    val_add(b, object, name, val_simple(b, field_type(object, name), text));
}

void val_add_ref(struct builder *b, struct val *object, const char *name, const char *type,
                 const char *id)
{
    val_add(b, object, name, val_reference(b, type, id));
}

struct val *val_path(struct val *object, const char *path)
{
    char name[128];
    while (object != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        if (object->object == NULL || size >= sizeof(name))
            return NULL;
        memcpy(name, path, size);
        name[size] = '\0';
        const struct field *field = type_field(object->object, name, UINT32_MAX);
        if (field == NULL)
            return NULL;
        object = *slot(object, field);
        path += size + (path[size] == '.');
    }
    return object;
}

void xml_text(const char *text, struct strbuf *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '&')
            strbuf_add(out, "&amp;");
        else if (c == '<')
            strbuf_add(out, "&lt;");
        else if (c == '>')
            strbuf_add(out, "&gt;");
        else if (c == '"')
            strbuf_add(out, "&quot;");
        else if (c == '\r')
            strbuf_add(out, "&#13;");
        else if (c >= ' ' || c == '\n' || c == '\t')
            strbuf_add_char(out, (char)c);
    }
}

static bool is_xsd(const char *type)
{
    static const char *const names[] = {"string",  "int",   "long",     "short",
                                        "boolean", "byte",  "dateTime", "base64Binary",
                                        "float",   "double"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(type, names[i]) == 0)
            return true;
    return false;
}

static const char *element_type(const struct val *list)
{
    return list->reference ? "ManagedObjectReference" : list->type;
}

/* ArrayOfInt, ArrayOfString, ArrayOfHostPciDevice. */
static void write_list(const struct val *value, struct strbuf *out)
{
    const char *type = element_type(value);
    char first = type[0] >= 'a' && type[0] <= 'z' ? (char)(type[0] - 'a' + 'A') : type[0];
    strbuf_addf(out, " xsi:type=\"ArrayOf%c%s\">", first, type + 1);
    VEC_EACH (struct val *, it, value->items)
        val_write(*it, type, value->type, out);
}

static void write_fields(const struct val *value, struct strbuf *out)
{
    for (size_t i = 0; i < value->object->n_fields; i++) {
        const struct field *field = &value->object->fields[i];
        const struct val *part = value->slots[i];
        if (part == NULL)
            continue;
        if (!part->list || !field->list) {
            val_write(part, field->name, field->type, out);
            continue;
        }
        VEC_EACH (struct val *, it, part->items)
            val_write(*it, field->name, field->type, out);
    }
}

void val_write(const struct val *value, const char *name, const char *declared,
               struct strbuf *out)
{
    strbuf_addf(out, "<%s", name);
    if (value->list) {
        write_list(value, out);
    } else {
        if (value->reference)
            strbuf_addf(out, " type=\"%s\"", value->type);
        if (value->reference && strcmp(declared, "anyType") == 0)
            strbuf_add(out, " xsi:type=\"ManagedObjectReference\"");
        else if (!value->reference && strcmp(declared, value->type) != 0)
            strbuf_addf(out, " xsi:type=\"%s%s\"", is_xsd(value->type) ? "xsd:" : "",
                        value->type);
        strbuf_add_char(out, '>');
        if (value->text != NULL)
            xml_text(value->text, out);
        if (value->object != NULL)
            write_fields(value, out);
        if (value->raw != NULL)
            strbuf_add(out, value->raw);
    }
    strbuf_addf(out, "</%s>", name);
}

char *time_text(struct arena *arena, int64_t ms, unsigned micros)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char date[32];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    return arena_printf(arena, "%s.%03d%03uZ", date, (int)(ms % 1000), micros % 1000);
}
