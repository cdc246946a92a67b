/* types.c: the types of one scalar or a list of texts, and what all types share. */
#include "types.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "strbuf.h"
#include "type_error.h"
#include "value.h"

enum { MAX_STRING = 4096, MAX_TEXT = 1 << 20, MAX_ITEMS = 10000, SHOWN = 60 };

static const char *const found_names[VALUE_TYPE_COUNT] = {
    [VALUE_ABSENT] = "nothing",     [VALUE_UNREADABLE] = "something unreadable",
    [VALUE_BOOL] = "true or false", [VALUE_INT] = "a number",
    [VALUE_STRING] = "a text",      [VALUE_LIST] = "a list",
    [VALUE_MAP] = "a map",
};

int type_mismatch(const char *expects, const struct value *in, struct err *err)
{
    const char *text = value_text(in);
    if (text == NULL)
        return err_set(err, ERR_INVALID, "expected %s, found %s", expects,
                       found_names[in->type]);
    size_t len = strlen(text);
    if (len == 0)
        return err_set(err, ERR_INVALID, "expected %s, found an empty text", expects);
    return err_set(err, ERR_INVALID, "\"%.*s%s\" is not %s", SHOWN, text,
                   len > SHOWN ? "…" : "", expects);
}

int type_check_keys(const struct value *map, const char *const *keys, struct err *err)
{
    for (size_t i = 0; i < map->map.n; i++) {
        size_t k = 0;
        while (keys[k] != NULL && strcmp(keys[k], map->map.fields[i].key) != 0)
            k++;
        if (keys[k] == NULL)
            return err_set(err, ERR_INVALID, "unknown key \"%.60s\"", map->map.fields[i].key);
    }
    return 0;
}

int type_check_text(const char *text, struct text_limits limits, struct err *err)
{
    size_t len = strlen(text);
    if (len == 0 && !limits.allow_empty)
        return err_set(err, ERR_INVALID, "is empty");
    if (len > limits.max)
        return err_set(err, ERR_INVALID, "is longer than %lu bytes", limits.max);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != 0x7f)
            continue;
        if (limits.multiline && (c == '\n' || c == '\t' || c == '\r'))
            continue;
        return err_set(err, ERR_INVALID, "holds the control character 0x%02x", c);
    }
    return 0;
}

static int take_text(const struct attr *attr, const struct value *in, struct text_limits limits,
                     const struct value **ret, struct err *err)
{
    if (value_text(in) == NULL)
        return type_mismatch(attr->type->expects, in, err);
    if (type_check_text(in->string, limits, err) < 0)
        return -1;
    *ret = in;
    return 0;
}

static int string_canonicalise(const struct attr *attr, const struct value *in,
                               struct arena *arena UNUSED, const struct value **ret,
                               struct err *err)
{
    struct text_limits limits = {.max = MAX_STRING, .allow_empty = true};
    return take_text(attr, in, limits, ret, err);
}

static int text_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    struct text_limits limits = {.max = MAX_TEXT, .allow_empty = true, .multiline = true};
    return take_text(attr, in, limits, ret, err);
}

static int name_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    return take_text(attr, in, (struct text_limits){.max = MAX_STRING}, ret, err);
}

static int bool_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    bool boolean;
    if (in->type == VALUE_BOOL)
        boolean = in->boolean;
    else if (value_text(in) == NULL || num_bool(in->string, &boolean) < 0)
        return type_mismatch(attr->type->expects, in, err);
    *ret = value_bool(boolean);
    return 0;
}

/* A bound as the type writes it. */
static void print_number(const struct attr *attr, int64_t number, struct strbuf *out)
{
    if (attr->type == &type_size)
        num_print_size(number, out);
    else if (attr->type == &type_duration)
        num_print_duration(number, out);
    else
        strbuf_addf(out, "%lld", (long long)number);
}

static int check_bounds(const struct attr *attr, int64_t number, struct err *err)
{
    if ((attr->min == 0 && attr->max == 0) || (number >= attr->min && number <= attr->max))
        return 0;
    struct strbuf text;
    strbuf_init(&text, 256);
    print_number(attr, number, &text);
    strbuf_add(&text, " is outside of ");
    print_number(attr, attr->min, &text);
    strbuf_add(&text, " to ");
    print_number(attr, attr->max, &text);
    err_set(err, ERR_INVALID, "%s", strbuf_str(&text));
    strbuf_release(&text);
    return -1;
}

static int take_number(const struct attr *attr, const struct value *in,
                       int (*parse)(const char *, int64_t *), struct arena *arena,
                       const struct value **ret)
{
    int64_t number;
    if (in->type == VALUE_INT && attr->type == &type_int) {
        *ret = in;
        return 0;
    }
    if (value_text(in) == NULL || parse(in->string, &number) < 0)
        return -1;
    *ret = value_int(arena, number);
    return 0;
}

static int parse_int(const char *text, int64_t *ret)
{
    return num_i64(text, ret);
}

static int parse_size(const char *text, int64_t *ret)
{
    return num_size(text, ret);
}

static int parse_duration(const char *text, int64_t *ret)
{
    return num_duration(text, ret);
}

static int number_canonicalise(const struct attr *attr, const struct value *in,
                               struct arena *arena, const struct value **ret, struct err *err)
{
    int (*parse)(const char *, int64_t *) = attr->type == &type_size       ? parse_size
                                            : attr->type == &type_duration ? parse_duration
                                                                           : parse_int;
    const struct value *number;
    if (take_number(attr, in, parse, arena, &number) < 0)
        return type_mismatch(attr->type->expects, in, err);
    if (check_bounds(attr, number->integer, err) < 0)
        return -1;
    *ret = number;
    return 0;
}

/* One of attr->names; any text when there are none. */
static int check_word(const struct attr *attr, const struct value *in, struct err *err)
{
    if (value_text(in) == NULL)
        return type_mismatch(attr->type->expects, in, err);
    if (attr->names == NULL)
        return type_check_text(in->string, (struct text_limits){.max = MAX_STRING}, err);
    struct strbuf expects;
    strbuf_init(&expects, 512);
    strbuf_add(&expects, "one of ");
    int result = -1;
    for (size_t i = 0; attr->names[i] != NULL; i++) {
        strbuf_addf(&expects, "%s%s", i > 0 ? ", " : "", attr->names[i]);
        if (strcmp(attr->names[i], in->string) == 0)
            result = 0;
    }
    if (result < 0)
        type_mismatch(strbuf_str(&expects), in, err);
    strbuf_release(&expects);
    return result;
}

static int word_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    if (check_word(attr, in, err) < 0)
        return -1;
    *ret = in;
    return 0;
}

static int compare_values(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static int check_item(const struct attr *attr, const struct value *item, struct err *err)
{
    if (value_text(item) == NULL)
        return type_mismatch("a text", item, err);
    if (attr->names != NULL)
        return check_word(attr, item, err);
    return type_check_text(item->string, (struct text_limits){.max = MAX_STRING}, err);
}

static int strings_canonicalise(const struct attr *attr, const struct value *in,
                                struct arena *arena, const struct value **ret, struct err *err)
{
    if (in->type != VALUE_LIST)
        return type_mismatch(attr->type->expects, in, err);
    if (in->list.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d items", MAX_ITEMS);
    for (size_t i = 0; i < in->list.n; i++)
        if (check_item(attr, in->list.items[i], err) < 0)
            return err_wrap(err, "item %zu", i + 1);
    *ret = in;
    if ((attr->flags & ATTR_SET) == 0 || in->list.n < 2)
        return 0;
    const struct value **items = ARENA_ARRAY(arena, in->list.n, const struct value *);
    memcpy(items, in->list.items, in->list.n * sizeof(*items));
    qsort(items, in->list.n, sizeof(*items), compare_values);
    size_t kept = 1;
    for (size_t i = 1; i < in->list.n; i++)
        if (value_compare(items[i], items[kept - 1]) != 0)
            items[kept++] = items[i];
    *ret = value_list(arena, items, kept);
    return 0;
}

static int any_canonicalise(const struct attr *attr UNUSED, const struct value *in UNUSED,
                            struct arena *arena UNUSED, const struct value **ret UNUSED,
                            struct err *err)
{
    return err_set(err, ERR_INVALID, "is read only: it cannot be set");
}

static void size_print(const struct value *value, struct strbuf *out)
{
    if (value->type == VALUE_INT)
        num_print_size(value->integer, out);
    else
        value_print(value, out);
}

static void duration_print(const struct value *value, struct strbuf *out)
{
    if (value->type == VALUE_INT)
        num_print_duration(value->integer, out);
    else
        value_print(value, out);
}

const struct attr_type type_string = {
    .name = "string", .expects = "a text", .canonicalise = string_canonicalise};
const struct attr_type type_text = {
    .name = "text", .expects = "a text", .canonicalise = text_canonicalise};
const struct attr_type type_name = {
    .name = "name", .expects = "a name", .canonicalise = name_canonicalise};
const struct attr_type type_bool = {
    .name = "bool", .expects = "true or false", .canonicalise = bool_canonicalise};
const struct attr_type type_int = {
    .name = "int", .expects = "a whole number", .canonicalise = number_canonicalise};
const struct attr_type type_size = {.name = "size",
                                    .expects = "a size such as 16 GiB",
                                    .canonicalise = number_canonicalise,
                                    .print = size_print};
const struct attr_type type_duration = {.name = "duration",
                                        .expects = "a duration such as 90s or 15m",
                                        .canonicalise = number_canonicalise,
                                        .print = duration_print};
const struct attr_type type_enum = {
    .name = "enum", .expects = "a word", .canonicalise = word_canonicalise};
const struct attr_type type_strings = {
    .name = "strings", .expects = "a list of texts", .canonicalise = strings_canonicalise};
const struct attr_type type_any = {
    .name = "any", .expects = "nothing", .canonicalise = any_canonicalise};

/* ---- type_pending ---------------------------------------------------------------------- */

const struct value *pending_make(struct arena *arena, const char *now, const char *next)
{
    if (now == NULL && next == NULL)
        return value_absent();
    if (now == NULL || next == NULL || strcmp(now, next) == 0)
        return value_string(arena, now != NULL ? now : next);
    struct value_field fields[] = {{"now", value_string(arena, now)},
                                   {"next", value_string(arena, next)}};
    return value_map(arena, fields, ARRAY_LEN(fields));
}

const char *pending_now(const struct value *value)
{
    const char *text = value_text(value);
    return text != NULL ? text : value_get_text(value, "now");
}

const char *pending_next(const struct value *value)
{
    const char *text = value_text(value);
    return text != NULL ? text : value_get_text(value, "next");
}

static void pending_print(const struct value *value, struct strbuf *out)
{
    if (value->type == VALUE_MAP && pending_now(value) != NULL && pending_next(value) != NULL)
        strbuf_addf(out, "%s, %s after a reboot", pending_now(value), pending_next(value));
    else if (value->type == VALUE_MAP && pending_next(value) != NULL)
        strbuf_addf(out, "%s after a reboot", pending_next(value));
    else
        value_print(value, out);
}

const struct attr_type type_pending = {.name = "pending",
                                       .expects = "a word",
                                       .canonicalise = word_canonicalise,
                                       .print = pending_print};

/* ---- values of attributes -----------------------------------------------------------------
 */

bool attr_equal(const struct attr *attr, const struct value *a, const struct value *b)
{
    if (value_is_unreadable(a) || value_is_unreadable(b))
        return false;
    if (value_is_absent(a) || value_is_absent(b))
        return value_is_absent(a) && value_is_absent(b);
    return attr->type->equal != NULL ? attr->type->equal(a, b) : value_equal(a, b);
}

static void print_line_count(const char *text, struct strbuf *out)
{
    size_t lines = 0;
    for (const char *at = text; *at != '\0'; lines++) {
        const char *newline = strchr(at, '\n');
        at = newline == NULL ? at + strlen(at) : newline + 1;
    }
    strbuf_addf(out, "(%zu line%s)", lines, lines == 1 ? "" : "s");
}

/* Items by what people call them. */
static void print_titles(const struct schema *items, const struct value *list,
                         struct strbuf *out)
{
    for (size_t i = 0; i < value_count(list); i++) {
        strbuf_add(out, i == 0 ? "" : "; ");
        items->title(value_at(list, i), out);
    }
}

void attr_print(const struct attr *attr, const struct value *value, struct strbuf *out)
{
    const struct schema *items = attr->items;
    if (!value_is_known(value))
        value_print(value, out);
    else if ((attr->flags & ATTR_TEXT) != 0 && value_text(value) != NULL)
        print_line_count(value->string, out);
    else if (items != NULL && items->title != NULL && attr_is_compared(attr) &&
             value_count(value) > 0)
        print_titles(items, value, out);
    else if (attr->type->print != NULL)
        attr->type->print(value, out);
    else
        value_print(value, out);
}
