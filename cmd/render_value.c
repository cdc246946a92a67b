/* render_value.c: values of attributes, and long texts as the lines that change. */
#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "types.h"
#include "utf8.h"

enum { SCRIPT_LINES = 40 };

/* Lines of the first `size` bytes; a last one without its end counts. */
static size_t count_lines_to(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\n' || i + 1 == size;
    return n;
}

static size_t count_lines(const char *text)
{
    return count_lines_to(text, strlen(text));
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Long text is not shown in full: how much of it changes. */
void render_text_change(const struct attr_change *change, struct strbuf *out)
{
    const char *from = value_text(change->from), *to = value_text(change->to);
    if (from == NULL && to != NULL)
        strbuf_addf(out, "(absent) -> %zu line%s", count_lines(to), plural(count_lines(to)));
    else if (to == NULL)
        strbuf_add(out, "removed");
    else
        strbuf_addf(out, "%zu line%s -> %zu line%s", from == NULL ? 0 : count_lines(from),
                    plural(from == NULL ? 0 : count_lines(from)), count_lines(to),
                    plural(count_lines(to)));
}

/* The lines in which two texts differ: what is common at both ends is left out. */
void render_line_diff(const struct attr_change *change, bool colour, struct strbuf *out)
{
    const char *from = value_text(change->from), *to = value_text(change->to);
    if (from == NULL || to == NULL)
        return;
    while (*from != '\0') {
        size_t len = strcspn(from, "\n") + 1;
        if (strncmp(from, to, len) != 0 || from[len - 1] == '\0')
            break;
        from += len;
        to += len;
    }
    size_t end_from = strlen(from), end_to = strlen(to);
    while (end_from > 0 && end_to > 0) {
        size_t a = end_from - 1, b = end_to - 1;
        while (a > 0 && from[a - 1] != '\n')
            a--;
        while (b > 0 && to[b - 1] != '\n')
            b--;
        if (end_from - a != end_to - b || memcmp(from + a, to + b, end_from - a) != 0)
            break;
        end_from = a;
        end_to = b;
    }
    const struct {
        const char *text, *sign;
        size_t end;
        enum style style;
    } sides[] = {{from, "-", end_from, STYLE_REMOVE}, {to, "+", end_to, STYLE_ADD}};
    for (size_t s = 0; s < ARRAY_LEN(sides); s++) {
        size_t at = 0;
        for (int line = 0; at < sides[s].end; line++) {
            size_t len = strcspn(sides[s].text + at, "\n");
            if (line == SCRIPT_LINES) {
                strbuf_addf(out, "            %s (%zu more lines)\n", sides[s].sign,
                            count_lines_to(sides[s].text + at, sides[s].end - at));
                break;
            }
            char *copy = strndup(sides[s].text + at, len);
            strbuf_addf(out, "            %s%s ", style_on(sides[s].style, colour),
                        sides[s].sign);
            render_safe(copy == NULL ? "" : copy, out);
            strbuf_addf(out, "%s\n", style_off(colour));
            free(copy);
            at += len + 1;
        }
    }
}

/* "1,234,567" */
static void add_grouped(size_t n, struct strbuf *out)
{
    if (n < 1000) {
        strbuf_addf(out, "%zu", n);
        return;
    }
    add_grouped(n / 1000, out);
    strbuf_addf(out, ",%03zu", n % 1000);
}

size_t render_fitting(const char *text, size_t max)
{
    size_t fits = max, back = 0;
    while (back < 3 && fits > 0 && ((unsigned char)text[fits] & 0xc0) == 0x80) {
        fits--;
        back++;
    }
    return utf8_len(text + fits, max - fits + 4) > max - fits ? fits : max;
}

void render_value_raw(const struct attr *attr, const struct value *value, size_t max,
                      struct strbuf *out)
{
    size_t start = strbuf_len(out);
    attr_print(attr, value, out);
    size_t size = strbuf_len(out) - start;
    if (size <= max)
        return;
    size_t fits = render_fitting(strbuf_str(out) + start, max);
    strbuf_truncate(out, start + fits);
    strbuf_add(out, "… ");
    add_grouped(size - fits, out);
    strbuf_addf(out, " byte%s more", plural(size - fits));
}

void render_value(const struct attr *attr, const struct value *value, struct strbuf *out)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_value_raw(attr, value, RENDER_VALUE_MAX, &text);
    render_safe(strbuf_str(&text), out);
    strbuf_release(&text);
}
