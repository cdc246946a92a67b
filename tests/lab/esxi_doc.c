/* esxi_doc.c: building an answer, and the machine-readable formatters. */
#include "esxi_doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "num.h"

/* ---- building ---------------------------------------------------------------------------- */

struct doc_item *doc_add_item(struct doc *doc, const char *header)
{
    struct doc_item item = {.header = header ? arena_strdup(doc->arena, header) : NULL};
    VEC_PUSH(doc->arena, &doc->items, item);
    return &doc->items.items[doc->items.n - 1];
}

static struct doc_field *add(struct doc *doc, const char *label, enum doc_type type,
                             const char *value)
{
    struct doc_item *item = &doc->items.items[doc->items.n - 1];
    struct doc_field field = {
        .label = label, .type = type, .value = arena_strdup(doc->arena, value ? value : "")};
    VEC_PUSH(doc->arena, &item->fields, field);
    return &item->fields.items[item->fields.n - 1];
}

void doc_text(struct doc *doc, const char *label, const char *value)
{
    add(doc, label, DOC_STRING, value);
}

void doc_textf(struct doc *doc, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(doc, label, DOC_STRING, arena_vprintf(doc->arena, format, args));
    va_end(args);
}

void doc_bool(struct doc *doc, const char *label, bool value)
{
    add(doc, label, DOC_BOOLEAN, value ? "true" : "false");
}

void doc_integer(struct doc *doc, const char *label, long long value)
{
    add(doc, label, DOC_INTEGER, arena_printf(doc->arena, "%lld", value));
}

void doc_strings(struct doc *doc, const char *label, const char *value)
{
    struct doc_field *field = add(doc, label, DOC_STRINGS, "");
    if (value && *value)
        VEC_PUSH(doc->arena, &field->values, arena_strdup(doc->arena, value));
}

/* ---- keys ---------------------------------------------------------------------------------
 */

static const char *key_of(const struct doc *doc, const struct doc_field *field)
{
    char *key = arena_strdup(doc->arena, field->label);
    size_t n = 0;
    for (const char *at = field->label; *at; at++) {
        if (*at != ' ')
            key[n++] = *at;
    }
    key[n] = '\0';
    return key;
}

static int by_label(const void *a, const void *b)
{
    const struct doc_field *const *x = a, *const *y = b;
    return strcmp((*x)->label, (*y)->label);
}

/* csv and keyvalue are alphabetical. */
static const struct doc_field **sorted(const struct doc *doc, const struct doc_item *item)
{
    const struct doc_field **fields =
        ARENA_ARRAY(doc->arena, item->fields.n + 1, const struct doc_field *);
    for (size_t i = 0; i < item->fields.n; i++)
        fields[i] = &item->fields.items[i];
    qsort(fields, item->fields.n, sizeof(*fields), by_label);
    return fields;
}

static const char *joined(const struct doc *doc, const struct doc_field *field)
{
    const char *text = field->value;
    for (size_t i = 0; i < field->values.n; i++)
        text = arena_printf(doc->arena, "%s%s%s", text, i ? "," : "", field->values.items[i]);
    return text;
}

/* Truth is True and False in the text of some commands only. */
static const char *machine_value(const struct doc *doc, const struct doc_field *field)
{
    char *value = arena_strdup(doc->arena, joined(doc, field));
    if (field->type == DOC_BOOLEAN)
        *value = (char)tolower((unsigned char)*value);
    return value;
}

/* ---- csv, keyvalue --------------------------------------------------------------------------
 */

static void csv_cell(const char *text, struct strbuf *out)
{
    if (!strpbrk(text, ",\"\n")) {
        strbuf_addf(out, "%s,", text);
        return;
    }
    strbuf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            strbuf_add_char(out, '"');
        strbuf_add_char(out, *text);
    }
    strbuf_add(out, "\",");
}

static void print_csv(const struct doc *doc, struct strbuf *out)
{
    if (doc->style == DOC_SCALAR)
        strbuf_addf(out, "%s\n", doc->scalar);
    for (size_t i = 0; i < doc->items.n; i++) {
        const struct doc_item *item = &doc->items.items[i];
        const struct doc_field **fields = sorted(doc, item);
        for (size_t k = 0; i == 0 && k < item->fields.n; k++)
            csv_cell(key_of(doc, fields[k]), out);
        strbuf_add(out, i == 0 ? "\n" : "");
        for (size_t k = 0; k < item->fields.n; k++)
            csv_cell(machine_value(doc, fields[k]), out);
        strbuf_add_char(out, '\n');
    }
}

static void print_keyvalue(const struct doc *doc, struct strbuf *out)
{
    static const char *const types[] = {"string", "boolean", "integer", "string[]"};
    if (doc->style == DOC_SCALAR)
        strbuf_addf(out, "string=%s\n", doc->scalar);
    VEC_EACH (const struct doc_item, item, doc->items) {
        const struct doc_field **fields = sorted(doc, item);
        for (size_t k = 0; k < item->fields.n; k++)
            strbuf_addf(out, "%s.%s.%s%s%s\n", doc->structure, key_of(doc, fields[k]),
                        types[fields[k]->type], fields[k]->type == DOC_STRINGS ? " = " : "=",
                        machine_value(doc, fields[k]));
    }
}

/* ---- xml
 * -------------------------------------------------------------------------------------- */

static void xml_escaped(const char *text, struct strbuf *out)
{
    for (; *text; text++) {
        if (*text == '<')
            strbuf_add(out, "&lt;");
        else if (*text == '>')
            strbuf_add(out, "&gt;");
        else if (*text == '&')
            strbuf_add(out, "&amp;");
        else
            strbuf_add_char(out, *text);
    }
}

static void xml_value(const char *type, const char *value, struct strbuf *out)
{
    strbuf_addf(out, "<%s>", type);
    xml_escaped(value, out);
    strbuf_addf(out, "</%s>", type);
}

static void xml_field(const struct doc *doc, const struct doc_field *field, struct strbuf *out)
{
    static const char *const types[] = {"string", "boolean", "integer", "string"};
    strbuf_addf(out, "      <field name=\"%s\">", key_of(doc, field));
    if (field->type == DOC_STRINGS) {
        strbuf_add(out, "<list type=\"string\">");
        for (size_t i = 0; i < field->values.n; i++)
            xml_value("string", field->values.items[i], out);
        strbuf_add(out, "</list>");
    } else {
        xml_value(types[field->type], machine_value(doc, field), out);
    }
    strbuf_add(out, "</field>\n");
}

static void print_xml(const struct doc *doc, struct strbuf *out)
{
    strbuf_add(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                    "<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli/\">\n"
                    "<root>\n");
    if (doc->style == DOC_SCALAR) {
        strbuf_add(out, "   ");
        xml_value("string", doc->scalar, out);
        strbuf_add_char(out, '\n');
    }
    if (doc->list)
        strbuf_add(out, "   <list type=\"structure\">\n");
    VEC_EACH (const struct doc_item, item, doc->items) {
        strbuf_addf(out, "   <structure typeName=\"%s\">\n", doc->structure);
        VEC_EACH (const struct doc_field, field, item->fields)
            xml_field(doc, field, out);
        strbuf_add(out, "   </structure>\n");
    }
    strbuf_addf(out, "%s</root>\n</output>\n", doc->list ? "   </list>\n" : "");
}

/* ---- json
 * --------------------------------------------------------------------------------------- */

static json_t *json_of(const struct doc *doc, const struct doc_field *field)
{
    int64_t number;
    const char *value = machine_value(doc, field);
    if (field->type == DOC_BOOLEAN)
        return json_boolean(*value == 't');
    if (field->type == DOC_INTEGER && num_i64(value, &number) == 0)
        return json_integer(number);
    if (field->type != DOC_STRINGS)
        return json_string(value);
    json_t *list = json_array();
    for (size_t i = 0; i < field->values.n; i++)
        json_array_append_new(list, json_string(field->values.items[i]));
    return list;
}

static void print_json(const struct doc *doc, struct strbuf *out)
{
    json_t *list = json_array();
    VEC_EACH (const struct doc_item, item, doc->items) {
        json_t *object = json_object();
        VEC_EACH (const struct doc_field, field, item->fields) {
            json_object_set_new(object, key_of(doc, field), json_of(doc, field));
        }
        json_array_append_new(list, object);
    }
    json_t *scalar = doc->style == DOC_SCALAR ? json_string(doc->scalar) : NULL;
    const json_t *root = scalar ? scalar : doc->list ? list : json_array_get(list, 0);
    char *text = root ? json_dumps(root, JSON_ENCODE_ANY | JSON_INDENT(2)) : NULL;
    strbuf_addf(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(scalar);
    json_decref(list);
}

bool doc_print(const struct doc *doc, const char *formatter, struct strbuf *out)
{
    static const struct {
        const char *name;
        void (*print)(const struct doc *, struct strbuf *);
    } formatters[] = {{"", doc_print_text},
                      {"csv", print_csv},
                      {"keyvalue", print_keyvalue},
                      {"xml", print_xml},
                      {"json", print_json}};
    for (size_t i = 0; i < ARRAY_LEN(formatters); i++) {
        if (!strcmp(formatters[i].name, formatter)) {
            if (doc->style != DOC_VOID || !*formatter)
                formatters[i].print(doc, out);
            return true;
        }
    }
    return false;
}
