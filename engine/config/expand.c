/* expand.c: see expand.h. */
#include "expand.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "num.h"
#include "strbuf.h"

enum { MAX_RANGES = 8, MAX_NAME = 255 };

struct range {
    const char *prefix; /* text before it */
    size_t prefix_len;
    uint64_t first, count;
    int width; /* of zero-padded numbers, else 0 */
};

struct pattern {
    struct range ranges[MAX_RANGES];
    size_t n;
    const char *rest; /* text behind the last range */
    uint64_t total;
};

/* One end of a range: its number and how it is padded. */
static int parse_end(const char *text, size_t len, uint64_t *ret)
{
    char digits[20];
    if (len == 0 || len >= sizeof(digits))
        return -1;
    memcpy(digits, text, len);
    digits[len] = '\0';
    return num_u64(digits, ret);
}

/* [at, end) is the inside of the braces. */
static int parse_range(const char *at, const char *end, struct range *range, struct err *err)
{
    const char *dots = memmem(at, (size_t)(end - at), "..", 2);
    size_t first_len = dots == NULL ? 0 : (size_t)(dots - at);
    size_t last_len = dots == NULL ? 0 : (size_t)(end - dots) - 2;
    uint64_t first, last;
    if (dots == NULL || parse_end(at, first_len, &first) < 0 ||
        parse_end(dots + 2, last_len, &last) < 0)
        return err_set(err, ERR_INVALID, "\"{%.*s}\" is not a range such as {01..04}",
                       end - at > 40 ? 40 : (int)(end - at), at);
    bool padded = (first_len > 1 && at[0] == '0') || (last_len > 1 && dots[2] == '0');
    if (padded && first_len != last_len)
        return err_set(err, ERR_INVALID, "both ends of {%.*s} need the same number of digits",
                       (int)(end - at), at);
    if (last < first)
        return err_set(err, ERR_INVALID, "the range {%.*s} runs backwards", (int)(end - at),
                       at);
    range->first = first;
    range->count = last - first + 1;
    range->width = padded ? (int)first_len : 0;
    return 0;
}

static int parse_pattern(const char *text, struct pattern *pattern, struct err *err)
{
    pattern->n = 0;
    pattern->total = 1;
    for (;;) {
        size_t plain = strcspn(text, "{}");
        pattern->rest = text;
        if (text[plain] == '\0')
            return 0;
        const char *end = strchr(text + plain, '}');
        if (text[plain] == '}' || end == NULL)
            return err_set(err, ERR_INVALID, "a brace without its partner");
        if (pattern->n == MAX_RANGES)
            return err_set(err, ERR_INVALID, "more than %d ranges", MAX_RANGES);
        struct range *range = &pattern->ranges[pattern->n++];
        range->prefix = text;
        range->prefix_len = plain;
        if (parse_range(text + plain + 1, end, range, err) < 0)
            return -1;
        if (__builtin_mul_overflow(pattern->total, range->count, &pattern->total) ||
            pattern->total > EXPAND_MAX)
            return err_set(err, ERR_INVALID, "stands for more than %d names", EXPAND_MAX);
        text = end + 1;
    }
}

/* The name with number `index` of the product of all ranges. */
static void print_name(const struct pattern *pattern, uint64_t index, struct strbuf *out)
{
    uint64_t stride = pattern->total;
    for (size_t i = 0; i < pattern->n; i++) {
        const struct range *range = &pattern->ranges[i];
        stride /= range->count;
        strbuf_add_mem(out, range->prefix, range->prefix_len);
        strbuf_addf(out, "%0*" PRIu64, range->width,
                    range->first + index / stride % range->count);
    }
    strbuf_add(out, pattern->rest);
}

int expand_names(const char *pattern, struct arena *arena, const char *const **ret_names,
                 size_t *ret_n, struct err *err)
{
    struct pattern parsed;
    if (pattern[0] == '\0')
        return err_set(err, ERR_INVALID, "is empty");
    if (parse_pattern(pattern, &parsed, err) < 0)
        return -1;
    struct strbuf name;
    strbuf_init(&name, MAX_NAME);
    const char **names = ARENA_ARRAY(arena, parsed.total, const char *);
    for (uint64_t i = 0; i < parsed.total; i++) {
        strbuf_clear(&name);
        print_name(&parsed, i, &name);
        if (strbuf_overflowed(&name))
            break;
        names[i] = arena_memdup(arena, strbuf_str(&name), strbuf_len(&name));
    }
    int result = 0;
    if (strbuf_overflowed(&name)) {
        result = err_set(err, ERR_INVALID, "makes names longer than %d bytes", MAX_NAME);
    } else {
        *ret_names = names;
        *ret_n = (size_t)parsed.total;
    }
    strbuf_release(&name);
    return result;
}
