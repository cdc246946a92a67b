/* types_items.c: the types of lists of maps, and of what stands in such maps. */
#include "types.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "strbuf.h"
#include "type_error.h"
#include "value.h"

enum { MAX_ITEMS = 1000, MAX_ENTRIES = 1000, MAX_TEXT = 4096, SHA256_DIGITS = 64 };

/* ---- type_items ------------------------------------------------------------------------ */

static int items_canonicalise(const struct attr *attr, const struct value *in,
                              struct arena *arena UNUSED, const struct value **ret,
                              struct err *err)
{
    if (in->type != VALUE_LIST)
        return type_mismatch(attr->type->expects, in, err);
    if (in->list.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d items", MAX_ITEMS);
    *ret = in;
    return 0;
}

static void items_print(const struct value *value, struct strbuf *out)
{
    size_t n = value_count(value);
    strbuf_addf(out, "(%zu item%s)", n, n == 1 ? "" : "s");
}

const struct attr_type type_items = {.name = "items",
                                     .expects = "a list of maps",
                                     .canonicalise = items_canonicalise,
                                     .print = items_print};

/* ---- type_flag -------------------------------------------------------------------------- */

static int flag_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    const char *text = value_text(in);
    bool empty = in->type == VALUE_MAP && in->map.n == 0;
    if (!empty && (text == NULL || strcmp(text, "true") != 0))
        return type_mismatch(attr->type->expects, in, err);
    *ret = value_bool(true);
    return 0;
}

const struct attr_type type_flag = {
    .name = "flag", .expects = "{} or true", .canonicalise = flag_canonicalise};

/* ---- type_texts, type_environment --------------------------------------------------------
 */

static int check_entries(const struct attr *attr, const struct value *in, struct err *err)
{
    if (in->type != VALUE_MAP)
        return type_mismatch(attr->type->expects, in, err);
    if (in->map.n > MAX_ENTRIES)
        return err_set(err, ERR_INVALID, "has more than %d entries", MAX_ENTRIES);
    return 0;
}

static int check_text(const struct value *in, struct err *err)
{
    if (value_text(in) == NULL)
        return type_mismatch("a text", in, err);
    struct text_limits limits = {.max = MAX_TEXT, .allow_empty = true};
    return type_check_text(in->string, limits, err);
}

static int texts_canonicalise(const struct attr *attr, const struct value *in,
                              struct arena *arena UNUSED, const struct value **ret,
                              struct err *err)
{
    if (check_entries(attr, in, err) < 0)
        return -1;
    for (size_t i = 0; i < in->map.n; i++)
        if (check_text(in->map.fields[i].value, err) < 0)
            return err_wrap(err, "%.60s", in->map.fields[i].key);
    *ret = in;
    return 0;
}

static bool is_variable(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static int check_variable(const struct value_field *field, struct arena *arena, struct err *err)
{
    const struct value *ignored;
    if (!is_variable(field->key))
        return err_set(err, ERR_INVALID,
                       "\"%.60s\" is no name of an environment variable: letters, digits and _ "
                       "make one",
                       field->key);
    if (field->value->type != VALUE_MAP)
        return check_text(field->value, err);
    const struct attr secret = {.type = &type_secret};
    return type_secret.canonicalise(&secret, field->value, arena, &ignored, err);
}

static int environment_canonicalise(const struct attr *attr, const struct value *in,
                                    struct arena *arena, const struct value **ret,
                                    struct err *err)
{
    if (check_entries(attr, in, err) < 0)
        return -1;
    for (size_t i = 0; i < in->map.n; i++)
        if (check_variable(&in->map.fields[i], arena, err) < 0)
            return err_wrap(err, "%.60s", in->map.fields[i].key);
    *ret = in;
    return 0;
}

static void entries_print(const struct value *value, struct strbuf *out)
{
    for (size_t i = 0; value->type == VALUE_MAP && i < value->map.n; i++) {
        const struct value_field *field = &value->map.fields[i];
        strbuf_addf(out, "%s%s=", i == 0 ? "" : ", ", field->key);
        if (field->value->type == VALUE_MAP)
            type_secret.print(field->value, out);
        else
            value_print(field->value, out);
    }
}

const struct attr_type type_texts = {.name = "texts",
                                     .expects = "a map of names to texts",
                                     .canonicalise = texts_canonicalise,
                                     .print = entries_print};
const struct attr_type type_environment = {
    .name = "environment",
    .expects = "a map of names to texts or references to secrets",
    .canonicalise = environment_canonicalise,
    .print = entries_print};

/* ---- type_ints -------------------------------------------------------------------------- */

static int ints_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena, const struct value **ret, struct err *err)
{
    if (in->type != VALUE_LIST)
        return type_mismatch(attr->type->expects, in, err);
    if (in->list.n == 0)
        return err_set(err, ERR_INVALID, "has no items");
    if (in->list.n > MAX_ITEMS)
        return err_set(err, ERR_INVALID, "has more than %d items", MAX_ITEMS);
    const struct value **items = ARENA_ARRAY(arena, in->list.n, const struct value *);
    for (size_t i = 0; i < in->list.n; i++) {
        int64_t number;
        const char *text = value_text(in->list.items[i]);
        if (text == NULL || num_i64(text, &number) < 0)
            return type_mismatch("a whole number", in->list.items[i], err);
        if (number < attr->min || number > attr->max)
            return err_set(err, ERR_INVALID, "%lld is outside of %lld to %lld",
                           (long long)number, (long long)attr->min, (long long)attr->max);
        items[i] = value_int(arena, number);
    }
    *ret = value_list(arena, items, in->list.n);
    return 0;
}

const struct attr_type type_ints = {
    .name = "ints", .expects = "a list of whole numbers", .canonicalise = ints_canonicalise};

/* ---- type_sha256 ------------------------------------------------------------------------ */

static int sha256_canonicalise(const struct attr *attr, const struct value *in,
                               struct arena *arena, const struct value **ret, struct err *err)
{
    const char *text = value_text(in);
    if (text == NULL || strlen(text) != SHA256_DIGITS)
        return type_mismatch(attr->type->expects, in, err);
    char *lower = arena_strdup(arena, text);
    for (size_t i = 0; i < SHA256_DIGITS; i++) {
        if (!isxdigit((unsigned char)lower[i]))
            return type_mismatch(attr->type->expects, in, err);
        lower[i] = (char)tolower((unsigned char)lower[i]);
    }
    *ret = value_borrow(arena, lower);
    return 0;
}

const struct attr_type type_sha256 = {.name = "sha256",
                                      .expects = "a SHA-256 of 64 hex digits, as sha256sum "
                                                 "prints it",
                                      .canonicalise = sha256_canonicalise};

/* ---- type_date -------------------------------------------------------------------------- */

static bool is_day(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned part[3] = {0}, at = 0;
    if (strlen(text) != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        if (shape[i] == '-' ? text[i] != '-' : !isdigit((unsigned char)text[i]))
            return false;
        if (shape[i] == '-')
            at++;
        else
            part[at] = part[at] * 10 + (unsigned)(text[i] - '0');
    }
    unsigned year = part[0], month = part[1], day = part[2];
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (leap || month != 2 || day < 29);
}

static int date_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    const char *text = value_text(in);
    if (text == NULL || !is_day(text))
        return type_mismatch(attr->type->expects, in, err);
    *ret = in;
    return 0;
}

const struct attr_type type_date = {
    .name = "date", .expects = "a day such as 2026-12-31", .canonicalise = date_canonicalise};
