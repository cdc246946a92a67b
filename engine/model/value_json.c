/* value_json.c: see value_json.h. */
#include "value_json.h"

#include <jansson.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "strbuf.h"
#include "utf8.h"
#include "value.h"

#define UNREADABLE_KEY "$unreadable"
enum { MAX_DEPTH = 64 };

static void add_escaped(unsigned char c, struct strbuf *out)
{
    switch (c) {
    case '"':
        strbuf_add(out, "\\\"");
        break;
    case '\\':
        strbuf_add(out, "\\\\");
        break;
    case '\n':
        strbuf_add(out, "\\n");
        break;
    case '\r':
        strbuf_add(out, "\\r");
        break;
    case '\t':
        strbuf_add(out, "\\t");
        break;
    default:
        strbuf_addf(out, "\\u%04x", c);
        break;
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void json_text(const char *text, struct strbuf *out)
{
    strbuf_add_char(out, '"');
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        const char *run = at;
        while (is_plain((unsigned char)*at))
            at++;
        strbuf_add_mem(out, run, (size_t)(at - run));
        if (at == end)
            break;
        size_t len = (unsigned char)*at < 0x80 ? 0 : utf8_len(at, (size_t)(end - at));
        if (len > 0)
            strbuf_add_mem(out, at, len);
        else if ((unsigned char)*at < 0x80)
            add_escaped((unsigned char)*at, out);
        else
            strbuf_add(out, "\xef\xbf\xbd");
        at += len > 0 ? len : 1;
    }
    strbuf_add_char(out, '"');
}

static void list_to_json(const struct value *value, struct strbuf *out)
{
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < value->list.n; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        value_to_json(value->list.items[i], out);
    }
    strbuf_add_char(out, ']');
}

static void map_to_json(const struct value *value, struct strbuf *out)
{
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < value->map.n; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        json_text(value->map.fields[i].key, out);
        strbuf_add_char(out, ':');
        value_to_json(value->map.fields[i].value, out);
    }
    strbuf_add_char(out, '}');
}

void value_to_json(const struct value *value, struct strbuf *out)
{
    value = value == NULL ? value_absent() : value;
    switch (value->type) {
    case VALUE_ABSENT:
    case VALUE_TYPE_COUNT:
        strbuf_add(out, "null");
        break;
    case VALUE_UNREADABLE:
        strbuf_add(out, "{\"" UNREADABLE_KEY "\":");
        json_text(value->string, out);
        strbuf_add_char(out, '}');
        break;
    case VALUE_BOOL:
        strbuf_add(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        strbuf_addf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_STRING:
        json_text(value->string, out);
        break;
    case VALUE_LIST:
        list_to_json(value, out);
        break;
    case VALUE_MAP:
        map_to_json(value, out);
        break;
    }
}

static int convert(const json_t *json, unsigned depth, struct arena *arena,
                   const struct value **ret, struct err *err);

static int convert_array(const json_t *json, unsigned depth, struct arena *arena,
                         const struct value **ret, struct err *err)
{
    size_t n = json_array_size(json);
    const struct value **items = ARENA_ARRAY(arena, n, const struct value *);
    for (size_t i = 0; i < n; i++)
        if (convert(json_array_get(json, i), depth, arena, &items[i], err) < 0)
            return -1;
    *ret = value_take_list(arena, items, n);
    return 0;
}

static int convert_object(const json_t *json, unsigned depth, struct arena *arena,
                          const struct value **ret, struct err *err)
{
    size_t size = json_object_size(json), n = 0;
    const char *reason =
        size == 1 ? json_string_value(json_object_get(json, UNREADABLE_KEY)) : NULL;
    if (reason != NULL) {
        *ret = value_unreadable(arena, "%s", reason);
        return 0;
    }
    struct value_field *fields = ARENA_ARRAY(arena, size, struct value_field);
    void *iter = json_object_iter((json_t *)json);
    for (; iter != NULL; iter = json_object_iter_next((json_t *)json, iter), n++) {
        fields[n].key = arena_strdup(arena, json_object_iter_key(iter));
        if (convert(json_object_iter_value(iter), depth, arena, &fields[n].value, err) < 0)
            return -1;
    }
    *ret = value_take_map(arena, fields, n);
    return 0;
}

static int convert(const json_t *json, unsigned depth, struct arena *arena,
                   const struct value **ret, struct err *err)
{
    if (depth >= MAX_DEPTH && (json_is_object(json) || json_is_array(json)))
        return err_set(err, ERR_INVALID, "nested deeper than %d levels", MAX_DEPTH);
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return convert_object(json, depth + 1, arena, ret, err);
    case JSON_ARRAY:
        return convert_array(json, depth + 1, arena, ret, err);
    case JSON_STRING:
        *ret = value_string(arena, json_string_value(json));
        return 0;
    case JSON_INTEGER:
        *ret = value_int(arena, json_integer_value(json));
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        *ret = value_bool(json_is_true(json));
        return 0;
    case JSON_NULL:
        *ret = value_absent();
        return 0;
    case JSON_REAL:
        break;
    }
    return err_set(err, ERR_INVALID, "a number is no whole number");
}

int value_from_json(const char *json, size_t size, struct arena *arena,
                    const struct value **ret_value, struct err *err)
{
    json_error_t error;
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL)
        return err_set(err, ERR_INVALID, "line %d column %d: %s", error.line, error.column,
                       error.text);
    int result = convert(root, 0, arena, ret_value, err);
    json_decref(root);
    return result;
}
