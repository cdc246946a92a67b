/* value.c: see value.h. */
#include "value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "strbuf.h"

static const struct value absent = {.type = VALUE_ABSENT};
static const struct value yes = {.type = VALUE_BOOL, .boolean = true};
static const struct value no = {.type = VALUE_BOOL, .boolean = false};

const struct value *value_absent(void)
{
    return &absent;
}

const struct value *value_bool(bool boolean)
{
    return boolean ? &yes : &no;
}

static struct value *make(struct arena *arena, enum value_type type)
{
    struct value *value = ARENA_NEW(arena, struct value);
    value->type = type;
    return value;
}

const struct value *value_unreadable(struct arena *arena, const char *format, ...)
{
    struct value *value = make(arena, VALUE_UNREADABLE);
    va_list args;
    va_start(args, format);
    value->string = arena_vprintf(arena, format, args);
    va_end(args);
    return value;
}

const struct value *value_int(struct arena *arena, int64_t integer)
{
    struct value *value = make(arena, VALUE_INT);
    value->integer = integer;
    return value;
}

const struct value *value_borrow(struct arena *arena, const char *text)
{
    struct value *value = make(arena, VALUE_STRING);
    value->string = text;
    return value;
}

const struct value *value_unix_lines(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text), *to = copy;
    for (const char *from = copy; *from != '\0'; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    *to = '\0';
    return value_borrow(arena, copy);
}

const struct value *value_string(struct arena *arena, const char *text)
{
    return value_borrow(arena, arena_strdup(arena, text));
}

const struct value *value_take_list(struct arena *arena, const struct value *const *items,
                                    size_t n)
{
    struct value *value = make(arena, VALUE_LIST);
    value->list.items = items;
    value->list.n = n;
    return value;
}

const struct value *value_list(struct arena *arena, const struct value *const *items, size_t n)
{
    const struct value **copy = ARENA_ARRAY(arena, n, const struct value *);
    for (size_t i = 0; i < n; i++)
        copy[i] = items[i];
    return value_take_list(arena, copy, n);
}

static int compare_fields(const void *a, const void *b)
{
    return strcmp(((const struct value_field *)a)->key, ((const struct value_field *)b)->key);
}

const struct value *value_take_map(struct arena *arena, struct value_field *fields, size_t n)
{
    size_t kept = 0;
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        if (value_is_absent(fields[i].value))
            continue;
        sorted = sorted && (kept == 0 || strcmp(fields[kept - 1].key, fields[i].key) < 0);
        fields[kept++] = fields[i];
    }
    if (!sorted)
        qsort(fields, kept, sizeof(*fields), compare_fields);
    struct value *value = make(arena, VALUE_MAP);
    value->map.fields = fields;
    value->map.n = kept;
    return value;
}

/* Looking back for a repeated key is quick: maps are small, and most are in order. */
const struct value *value_map(struct arena *arena, const struct value_field *fields, size_t n)
{
    struct value_field *copy = ARENA_ARRAY(arena, n, struct value_field);
    size_t used = 0;
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        size_t at = used;
        if (used > 0 && (!sorted || strcmp(copy[used - 1].key, fields[i].key) >= 0)) {
            for (at = 0; at < used && strcmp(copy[at].key, fields[i].key) != 0; at++)
                ;
            sorted = sorted && at < used;
        }
        copy[at] = fields[i];
        if (at == used)
            used++;
    }
    return value_take_map(arena, copy, used);
}

const struct value *value_merge(struct arena *arena, const struct value *map,
                                const struct value *over)
{
    size_t n_map = map != NULL && map->type == VALUE_MAP ? map->map.n : 0;
    size_t n_over = over != NULL && over->type == VALUE_MAP ? over->map.n : 0;
    struct value_field *fields = ARENA_ARRAY(arena, n_map + n_over, struct value_field);
    for (size_t i = 0; i < n_map; i++)
        fields[i] = map->map.fields[i];
    for (size_t i = 0; i < n_over; i++)
        fields[n_map + i] = over->map.fields[i];
    return value_map(arena, fields, n_map + n_over);
}

bool value_is_absent(const struct value *value)
{
    return value == NULL || value->type == VALUE_ABSENT;
}

bool value_is_unreadable(const struct value *value)
{
    return value != NULL && value->type == VALUE_UNREADABLE;
}

bool value_is_known(const struct value *value)
{
    return !value_is_absent(value) && !value_is_unreadable(value);
}

bool value_is_true(const struct value *value)
{
    return value != NULL && value->type == VALUE_BOOL && value->boolean;
}

const struct value *value_get(const struct value *value, const char *key)
{
    if (value == NULL || value->type != VALUE_MAP)
        return &absent;
    size_t low = 0, high = value->map.n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(value->map.fields[middle].key, key);
        if (order == 0)
            return value->map.fields[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return &absent;
}

const char *value_text(const struct value *value)
{
    return value != NULL && value->type == VALUE_STRING ? value->string : NULL;
}

const char *value_get_text(const struct value *value, const char *key)
{
    return value_text(value_get(value, key));
}

int64_t value_get_int(const struct value *value, const char *key, int64_t otherwise)
{
    const struct value *field = value_get(value, key);
    return field->type == VALUE_INT ? field->integer : otherwise;
}

bool value_get_bool(const struct value *value, const char *key, bool otherwise)
{
    const struct value *field = value_get(value, key);
    return field->type == VALUE_BOOL ? field->boolean : otherwise;
}

size_t value_count(const struct value *value)
{
    if (value == NULL)
        return 0;
    if (value->type == VALUE_LIST)
        return value->list.n;
    return value->type == VALUE_MAP ? value->map.n : 0;
}

const struct value *value_at(const struct value *value, size_t index)
{
    if (value == NULL || value->type != VALUE_LIST || index >= value->list.n)
        return &absent;
    return value->list.items[index];
}

bool value_list_has(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *item = value_text(value_at(list, i));
        if (item != NULL && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

static int compare_lists(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->list.n && i < b->list.n; i++) {
        int order = value_compare(a->list.items[i], b->list.items[i]);
        if (order != 0)
            return order;
    }
    return a->list.n < b->list.n ? -1 : a->list.n > b->list.n;
}

static int compare_maps(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->map.n && i < b->map.n; i++) {
        int order = strcmp(a->map.fields[i].key, b->map.fields[i].key);
        if (order == 0)
            order = value_compare(a->map.fields[i].value, b->map.fields[i].value);
        if (order != 0)
            return order;
    }
    return a->map.n < b->map.n ? -1 : a->map.n > b->map.n;
}

int value_compare(const struct value *a, const struct value *b)
{
    a = a == NULL ? &absent : a;
    b = b == NULL ? &absent : b;
    if (a == b)
        return 0;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    switch (a->type) {
    case VALUE_UNREADABLE:
    case VALUE_STRING:
        return strcmp(a->string, b->string);
    case VALUE_BOOL:
        return (int)a->boolean - (int)b->boolean;
    case VALUE_INT:
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    case VALUE_LIST:
        return compare_lists(a, b);
    case VALUE_MAP:
        return compare_maps(a, b);
    case VALUE_ABSENT:
    case VALUE_TYPE_COUNT:
        break;
    }
    return 0;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (value_is_unreadable(a) || value_is_unreadable(b))
        return false;
    return value_compare(a, b) == 0;
}

static const struct value *copy_list(struct arena *arena, const struct value *value)
{
    const struct value **items = ARENA_ARRAY(arena, value->list.n, const struct value *);
    for (size_t i = 0; i < value->list.n; i++)
        items[i] = value_copy(arena, value->list.items[i]);
    struct value *copy = make(arena, VALUE_LIST);
    copy->list.items = items;
    copy->list.n = value->list.n;
    return copy;
}

static const struct value *copy_map(struct arena *arena, const struct value *value)
{
    struct value_field *fields = ARENA_ARRAY(arena, value->map.n, struct value_field);
    for (size_t i = 0; i < value->map.n; i++) {
        fields[i].key = arena_strdup(arena, value->map.fields[i].key);
        fields[i].value = value_copy(arena, value->map.fields[i].value);
    }
    struct value *copy = make(arena, VALUE_MAP);
    copy->map.fields = fields;
    copy->map.n = value->map.n;
    return copy;
}

const struct value *value_copy(struct arena *arena, const struct value *value)
{
    if (value == NULL)
        return &absent;
    switch (value->type) {
    case VALUE_ABSENT:
    case VALUE_TYPE_COUNT:
        return &absent;
    case VALUE_BOOL:
        return value_bool(value->boolean);
    case VALUE_INT:
        return value_int(arena, value->integer);
    case VALUE_STRING:
        return value_string(arena, value->string);
    case VALUE_UNREADABLE:
        return value_unreadable(arena, "%s", value->string);
    case VALUE_LIST:
        return copy_list(arena, value);
    case VALUE_MAP:
        return copy_map(arena, value);
    }
    return &absent;
}

static void print_items(const struct value *value, struct strbuf *out)
{
    for (size_t i = 0; i < value_count(value); i++) {
        if (i > 0)
            strbuf_add(out, ", ");
        if (value->type == VALUE_LIST) {
            value_print(value->list.items[i], out);
        } else {
            strbuf_addf(out, "%s: ", value->map.fields[i].key);
            value_print(value->map.fields[i].value, out);
        }
    }
}

void value_print(const struct value *value, struct strbuf *out)
{
    value = value == NULL ? &absent : value;
    switch (value->type) {
    case VALUE_ABSENT:
    case VALUE_TYPE_COUNT:
        strbuf_add(out, "(absent)");
        break;
    case VALUE_UNREADABLE:
        strbuf_add(out, "(unreadable)");
        break;
    case VALUE_BOOL:
        strbuf_add(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        strbuf_addf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_STRING:
        strbuf_add(out, value->string[0] == '\0' ? "\"\"" : value->string);
        break;
    case VALUE_LIST:
        if (value->list.n == 0)
            strbuf_add(out, "(none)");
        print_items(value, out);
        break;
    case VALUE_MAP:
        print_items(value, out);
        break;
    }
}
