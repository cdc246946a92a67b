/* line_diff.c: see line_diff.h.
 *
 * Lines that are common at both ends are set aside; the longest common subsequence of the rest
 * is found by a table, as long as that stays small.
 */
#include "line_diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "strbuf.h"
#include "vec.h"

enum { CONTEXT = 3, TABLE_MAX = 4 << 20 };

struct line {
    const char *text;
    size_t len; /* its newline included, when it has one */
};

struct text {
    struct line *lines;
    size_t n;
};

/* One line of the result: sign, and where it stands in both texts. */
struct edit {
    char sign;
    struct line line;
    size_t from, to;
};

struct edits {
    struct arena *arena;
    VEC(struct edit) list;
    size_t from, to; /* next line of each */
};

static struct text split(struct arena *arena, const char *text)
{
    VEC(struct line) lines = {0};
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        len += text[len] == '\n';
        VEC_PUSH(arena, &lines, ((struct line){text, len}));
        text += len;
    }
    return (struct text){lines.items, lines.n};
}

static bool same(struct line a, struct line b)
{
    return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static void add(struct edits *edits, char sign, struct line line)
{
    VEC_PUSH(edits->arena, &edits->list, ((struct edit){sign, line, edits->from, edits->to}));
    edits->from += sign != '+';
    edits->to += sign != '-';
}

static void add_all(struct edits *edits, char sign, struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        add(edits, sign, text.lines[i]);
}

/* lengths[i * (b.n + 1) + j]: of the longest common subsequence of a from i on, b from j on. */
static const uint16_t *fill_table(struct arena *arena, struct text a, struct text b)
{
    size_t width = b.n + 1;
    uint16_t *lengths = ARENA_ARRAY(arena, (a.n + 1) * width, uint16_t);
    for (size_t i = a.n; i-- > 0;)
        for (size_t j = b.n; j-- > 0;) {
            uint16_t down = lengths[(i + 1) * width + j], right = lengths[i * width + j + 1];
            lengths[i * width + j] = same(a.lines[i], b.lines[j])
                                         ? (uint16_t)(lengths[(i + 1) * width + j + 1] + 1)
                                     : down >= right ? down
                                                     : right;
        }
    return lengths;
}

/* What differs between the common ends. */
static void add_middle(struct edits *edits, struct text a, struct text b)
{
    if (a.n >= UINT16_MAX || b.n >= UINT16_MAX || (a.n + 1) * (b.n + 1) > TABLE_MAX) {
        add_all(edits, '-', a);
        add_all(edits, '+', b);
        return;
    }
    const uint16_t *lengths = fill_table(edits->arena, a, b);
    size_t i = 0, j = 0, width = b.n + 1;
    while (i < a.n || j < b.n) {
        if (i < a.n && j < b.n && same(a.lines[i], b.lines[j])) {
            add(edits, ' ', a.lines[i++]);
            j++;
        } else if (i < a.n &&
                   (j == b.n || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
            add(edits, '-', a.lines[i++]);
        } else {
            add(edits, '+', b.lines[j++]);
        }
    }
}

static void compare(struct edits *edits, struct text a, struct text b)
{
    size_t head = 0, tail = 0;
    if (a.n == 0 || b.n == 0) {
        add_all(edits, '-', a);
        add_all(edits, '+', b);
        return;
    }
    while (head < a.n && head < b.n && same(a.lines[head], b.lines[head]))
        head++;
    while (tail < a.n - head && tail < b.n - head &&
           same(a.lines[a.n - tail - 1], b.lines[b.n - tail - 1]))
        tail++;
    struct text rest = {a.lines + (a.n - tail), tail};
    add_all(edits, ' ', (struct text){a.lines, head});
    add_middle(edits, (struct text){a.lines + head, a.n - head - tail},
               (struct text){b.lines + head, b.n - head - tail});
    add_all(edits, ' ', rest);
}

/* One past the last edit of the hunk whose first change is at `first`. */
static size_t hunk_end(const struct edits *edits, size_t first)
{
    size_t last = first;
    for (size_t i = first; i < edits->list.n && i <= last + 2 * CONTEXT + 1; i++)
        if (edits->list.items[i].sign != ' ')
            last = i;
    size_t end = last + 1 + CONTEXT;
    return end < edits->list.n ? end : edits->list.n;
}

static void add_header(const struct edit *edits, size_t n, struct strbuf *out)
{
    size_t from = 0, to = 0;
    for (size_t i = 0; i < n; i++) {
        from += edits[i].sign != '+';
        to += edits[i].sign != '-';
    }
    strbuf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", edits[0].from + (from > 0), from,
                edits[0].to + (to > 0), to);
}

static void add_line(const struct edit *edit, struct strbuf *out)
{
    strbuf_add_char(out, edit->sign);
    strbuf_add_mem(out, edit->line.text, edit->line.len);
    if (edit->line.text[edit->line.len - 1] != '\n')
        strbuf_add(out, "\n\\ No newline at end of file\n");
}

size_t line_diff(const char *from, const char *to, size_t max_lines, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct edits edits = {.arena = arena};
    compare(&edits, split(arena, from), split(arena, to));
    size_t shown = 0, left_out = 0;
    for (size_t i = 0; i < edits.list.n; i++) {
        if (edits.list.items[i].sign == ' ')
            continue;
        size_t start = i < CONTEXT ? 0 : i - CONTEXT, end = hunk_end(&edits, i);
        if (shown < max_lines)
            add_header(edits.list.items + start, end - start, out);
        for (size_t k = start; k < end; k++) {
            if (shown >= max_lines) {
                left_out++;
                continue;
            }
            add_line(&edits.list.items[k], out);
            shown++;
        }
        i = end - 1;
    }
    return left_out;
}
