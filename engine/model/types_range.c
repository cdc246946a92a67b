/* types_range.c: numbers and sizes that may be given as a range {min, max, default}. */
#include "types.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "strbuf.h"
#include "type_error.h"
#include "value.h"

int64_t range_max(const struct value *range, int64_t otherwise)
{
    return value_get_int(range, "max", otherwise);
}

int64_t range_default(const struct value *range, int64_t otherwise)
{
    return value_get_int(range, "default", otherwise);
}

static const struct value *make(struct arena *arena, int64_t min, int64_t max, int64_t initial)
{
    const struct value *number = value_int(arena, min);
    struct value_field fields[] = {
        {"default", initial == min ? number : value_int(arena, initial)},
        {"max", max == min ? number : value_int(arena, max)},
        {"min", number},
    };
    return value_map(arena, fields, ARRAY_LEN(fields));
}

const struct value *range_fixed(struct arena *arena, int64_t value)
{
    return make(arena, value, value, value);
}

/* Whether the numbers of this type are sizes. */
static bool in_bytes(const struct attr *attr)
{
    return attr->type == &type_size_range;
}

static void print_number(bool bytes, int64_t number, struct strbuf *out)
{
    if (bytes)
        num_print_size(number, out);
    else
        strbuf_addf(out, "%lld", (long long)number);
}

static int parse(const struct attr *attr, const struct value *in, const char *expects,
                 int64_t *ret, struct err *err)
{
    const char *text = value_text(in);
    if (in->type == VALUE_INT && !in_bytes(attr)) {
        *ret = in->integer;
    } else if (text == NULL ||
               (in_bytes(attr) ? num_size(text, ret) : num_i64(text, ret)) < 0) {
        return type_mismatch(expects, in, err);
    }
    if ((attr->min == 0 && attr->max == 0) || (*ret >= attr->min && *ret <= attr->max))
        return 0;
    struct strbuf message;
    strbuf_init(&message, 256);
    print_number(in_bytes(attr), *ret, &message);
    strbuf_add(&message, " is outside of ");
    print_number(in_bytes(attr), attr->min, &message);
    strbuf_add(&message, " to ");
    print_number(in_bytes(attr), attr->max, &message);
    err_set(err, ERR_INVALID, "%s", strbuf_str(&message));
    strbuf_release(&message);
    return -1;
}

static int parse_field(const struct attr *attr, const struct value *map, const char *key,
                       int64_t *ret, struct err *err)
{
    const struct value *in = value_get(map, key);
    if (value_is_absent(in))
        return err_set(err, ERR_INVALID, "a range needs min and max; \"%s\" is missing", key);
    const char *expects = in_bytes(attr) ? "a size such as 16 GiB" : "a whole number";
    if (parse(attr, in, expects, ret, err) < 0)
        return err_wrap(err, "%s", key);
    return 0;
}

static int range_canonicalise(const struct attr *attr, const struct value *in,
                              struct arena *arena, const struct value **ret, struct err *err)
{
    static const char *const keys[] = {"min", "max", "default", NULL};
    int64_t min, max, initial;
    if (in->type != VALUE_MAP) {
        if (parse(attr, in, attr->type->expects, &min, err) < 0)
            return -1;
        *ret = range_fixed(arena, min);
        return 0;
    }
    if (type_check_keys(in, keys, err) < 0 || parse_field(attr, in, "min", &min, err) < 0 ||
        parse_field(attr, in, "max", &max, err) < 0)
        return -1;
    initial = min;
    if (!value_is_absent(value_get(in, "default")) &&
        parse_field(attr, in, "default", &initial, err) < 0)
        return -1;
    if (min > max)
        return err_set(err, ERR_INVALID, "min is greater than max");
    if (initial < min || initial > max)
        return err_set(err, ERR_INVALID, "default is not between min and max");
    *ret = make(arena, min, max, initial);
    return 0;
}

static int cpu_canonicalise(const struct attr *attr, const struct value *in,
                            struct arena *arena, const struct value **ret, struct err *err)
{
    const char *text = value_text(in);
    if (text != NULL && strcmp(text, "auto") == 0) {
        *ret = in;
        return 0;
    }
    return range_canonicalise(attr, in, arena, ret, err);
}

static void print(const struct value *value, bool bytes, struct strbuf *out)
{
    if (value->type != VALUE_MAP) {
        value_print(value, out);
        return;
    }
    int64_t min = value_get_int(value, "min", 0), max = range_max(value, 0);
    print_number(bytes, min, out);
    if (min == max)
        return;
    strbuf_add(out, " to ");
    print_number(bytes, max, out);
    if (range_default(value, min) == min)
        return;
    strbuf_add(out, " (default ");
    print_number(bytes, range_default(value, min), out);
    strbuf_add_char(out, ')');
}

static void range_print(const struct value *value, struct strbuf *out)
{
    print(value, false, out);
}

static void size_range_print(const struct value *value, struct strbuf *out)
{
    print(value, true, out);
}

const struct attr_type type_range = {.name = "range",
                                     .expects = "a whole number or a range {min: 1, max: 4}",
                                     .canonicalise = range_canonicalise,
                                     .print = range_print};
const struct attr_type type_size_range = {
    .name = "size range",
    .expects = "a size such as 16 GiB or a range {min: 8 GiB, max: 16 GiB}",
    .canonicalise = range_canonicalise,
    .print = size_range_print};
const struct attr_type type_cpu = {.name = "cpu",
                                   .expects =
                                       "auto, a whole number or a range {min: 1, max: 4}",
                                   .canonicalise = cpu_canonicalise,
                                   .print = range_print};
