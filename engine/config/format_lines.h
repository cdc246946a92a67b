/* format_lines.h: lines that are being laid out, with the comments at their ends.
 *
 * Comments at the ends of neighbouring lines stand in one column, two blanks behind the longest
 * of these lines.
 */
#ifndef GF_FORMAT_LINES_H
#define GF_FORMAT_LINES_H

#include <stdbool.h>

#include "strbuf.h"
#include "vec.h"

struct fmt_line {
    const char *text; /* with its indentation; newlines of a long scalar may be in it */
    size_t len;
    const char *comment; /* at its end, or NULL */
    bool blank;          /* an empty line goes before it */
};

struct fmt_lines {
    struct arena *arena;
    struct strbuf current;
    struct fmt_line open; /* what is known of the current line */
    bool is_open;
    bool bare_end; /* no newline behind the last one */
    VEC(struct fmt_line) list;
};

void fmt_lines_init(struct fmt_lines *lines, struct arena *arena);
void fmt_lines_release(struct fmt_lines *lines);

/* End the current line and begin the next; blank: an empty line between, but never a first. */
void fmt_lines_start(struct fmt_lines *lines, size_t indent, bool blank);
void fmt_lines_add(struct fmt_lines *lines, const char *text, size_t len);
/* The comment at the end of the current line. */
void fmt_lines_comment(struct fmt_lines *lines, const char *text, size_t len);
/* End the last line and write all of them. */
void fmt_lines_print(struct fmt_lines *lines, struct strbuf *out);

#endif
