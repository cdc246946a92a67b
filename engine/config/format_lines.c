/* format_lines.c: see format_lines.h. */
#include "format_lines.h"

#include <string.h>

enum { COMMENT_DISTANCE = 2 };

void fmt_lines_init(struct fmt_lines *lines, struct arena *arena)
{
    *lines = (struct fmt_lines){.arena = arena};
    strbuf_init(&lines->current, STRBUF_MAX_OUTPUT);
}

void fmt_lines_release(struct fmt_lines *lines)
{
    strbuf_release(&lines->current);
}

static void end_line(struct fmt_lines *lines)
{
    if (!lines->is_open)
        return;
    lines->open.len = strbuf_len(&lines->current);
    lines->open.text = arena_memdup(lines->arena, strbuf_str(&lines->current), lines->open.len);
    VEC_PUSH(lines->arena, &lines->list, lines->open);
    lines->is_open = false;
}

void fmt_lines_start(struct fmt_lines *lines, size_t indent, bool blank)
{
    end_line(lines);
    lines->open = (struct fmt_line){.blank = blank && lines->list.n > 0};
    lines->is_open = true;
    strbuf_clear(&lines->current);
    strbuf_add_repeat(&lines->current, ' ', indent);
}

void fmt_lines_add(struct fmt_lines *lines, const char *text, size_t len)
{
    strbuf_add_mem(&lines->current, text, len);
}

void fmt_lines_comment(struct fmt_lines *lines, const char *text, size_t len)
{
    lines->open.comment = arena_memdup(lines->arena, text, len);
}

/* Characters of the last line of the text. */
static size_t width(const struct fmt_line *line)
{
    size_t n = 0;
    for (size_t i = line->len; i > 0 && line->text[i - 1] != '\n'; i--)
        n += ((unsigned char)line->text[i - 1] & 0xc0) != 0x80;
    return n;
}

/* May the comments of two lines that follow each other share a column? */
static bool neighbours(const struct fmt_line *a, const struct fmt_line *b)
{
    return a->comment != NULL && b->comment != NULL && !b->blank &&
           memchr(b->text, '\n', b->len) == NULL;
}

/* The end of the run of neighbours that starts at a line, and its widest one. */
static size_t run_of(const struct fmt_lines *lines, size_t first, size_t *ret_width)
{
    size_t end = first + 1;
    *ret_width = width(&lines->list.items[first]);
    for (; end < lines->list.n &&
           neighbours(&lines->list.items[end - 1], &lines->list.items[end]);
         end++) {
        size_t n = width(&lines->list.items[end]);
        *ret_width = n > *ret_width ? n : *ret_width;
    }
    return end;
}

static void print_line(const struct fmt_line *line, size_t comment_column, struct strbuf *out)
{
    if (line->blank)
        strbuf_add_char(out, '\n');
    strbuf_add_mem(out, line->text, line->len);
    if (line->comment != NULL) {
        strbuf_add_repeat(out, ' ', comment_column - width(line));
        strbuf_add(out, line->comment);
    }
    strbuf_add_char(out, '\n');
}

void fmt_lines_print(struct fmt_lines *lines, struct strbuf *out)
{
    end_line(lines);
    for (size_t i = 0, end; i < lines->list.n; i = end) {
        size_t widest;
        end = run_of(lines, i, &widest);
        for (size_t k = i; k < end; k++)
            print_line(&lines->list.items[k], widest + COMMENT_DISTANCE, out);
    }
    if (lines->bare_end && strbuf_len(out) > 0)
        strbuf_truncate(out, strbuf_len(out) - 1);
}
