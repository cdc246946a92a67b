/* render_common.c: styles, names folded into ranges, text that is safe to show. */
#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "safe_text.h"
#include "strbuf.h"

const char *style_on(enum style style, bool colour)
{
    static const char *const codes[STYLE_COUNT] = {
        [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",  [STYLE_ADD] = "\033[32m",
        [STYLE_CHANGE] = "\033[33m", [STYLE_REMOVE] = "\033[31m", [STYLE_DIM] = "\033[2m",
    };
    return colour ? codes[style] : "";
}

const char *style_off(bool colour)
{
    return colour ? "\033[0m" : "";
}

void render_safe(const char *text, struct strbuf *out)
{
    while (*text != '\0')
        text += safe_char(text, false, out);
}

void render_place(struct pos pos, struct strbuf *out)
{
    if (pos.file == NULL)
        return;
    render_safe(pos.file, out);
    strbuf_addf(out, ":%u", pos.line);
}

/* A run of digits in which two names differ while all around it is equal. */
struct number_slot {
    size_t at, len;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Do a and b differ in exactly one run of digits of equal length? */
static bool find_slot(const char *a, const char *b, struct number_slot *ret)
{
    if (strlen(a) != strlen(b))
        return false;
    size_t first = 0;
    while (a[first] != '\0' && a[first] == b[first])
        first++;
    if (!is_digit(a[first]) || !is_digit(b[first]))
        return false;
    size_t at = first, end = first;
    while (at > 0 && is_digit(a[at - 1]))
        at--;
    while (is_digit(a[end]) && is_digit(b[end]))
        end++;
    if (end - at > 9 || strcmp(a + end, b + end) != 0)
        return false;
    *ret = (struct number_slot){at, end - at};
    return true;
}

static long number_at(const char *name, struct number_slot slot)
{
    long number = 0;
    for (size_t i = 0; i < slot.len; i++)
        number = number * 10 + (name[slot.at + i] - '0');
    return number;
}

/* How many names from the first on count up by one in the same place. */
static size_t count_range(const char *const *names, size_t n, struct number_slot *ret)
{
    if (n < 2 || !find_slot(names[0], names[1], ret))
        return 1;
    size_t count = 1;
    while (count < n) {
        struct number_slot slot;
        if (!find_slot(names[0], names[count], &slot) || slot.at != ret->at ||
            slot.len != ret->len ||
            number_at(names[count], slot) != number_at(names[0], slot) + (long)count)
            break;
        count++;
    }
    return count;
}

void render_names(const char *const *names, size_t n, struct strbuf *out)
{
    for (size_t i = 0; i < n;) {
        struct number_slot slot;
        size_t count = count_range(names + i, n - i, &slot);
        if (i > 0)
            strbuf_add(out, ", ");
        if (count < 2) {
            render_safe(names[i++], out);
            continue;
        }
        const char *last = names[i + count - 1];
        strbuf_addf(out, "%.*s{%.*s..%.*s}%s", (int)slot.at, names[i], (int)slot.len,
                    names[i] + slot.at, (int)slot.len, last + slot.at,
                    names[i] + slot.at + slot.len);
        i += count;
    }
}
