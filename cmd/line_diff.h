/* line_diff.h: two texts as a unified difference of lines. */
#ifndef GF_LINE_DIFF_H
#define GF_LINE_DIFF_H

#include <stddef.h>

struct strbuf;

/* Append hunks ("@@ -1,4 +1,5 @@" and lines led by " ", "-", "+") with three lines of context.
 * A missing newline at the end is marked as diff marks it. At most max_lines lines of changes
 * and context are written; returns how many more there would have been. The shortest
 * difference up to some thousand changed lines, beyond that the whole changed middle. */
size_t line_diff(const char *from, const char *to, size_t max_lines, struct strbuf *out);

#endif
