/* html.h: the one writer of HTML; whatever text it is given becomes nothing but text.
 *
 * A document is written element by element. Names of elements and attributes are ours; texts
 * and values of attributes may come from anywhere and are escaped and made safe (safe_text.h).
 * The result is well-formed XML as well, by construction: what is opened is closed, in order.
 * Misuse (an attribute after content, a close too many) is a broken invariant, and asserts.
 *
 *     html_open(h, "li", "step");
 *     html_attr(h, "id", id);
 *     html_text(h, title);
 *     html_close(h);
 */
#ifndef GF_HTML_H
#define GF_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

struct strbuf;

enum { HTML_DEPTH_MAX = 40 };

struct html {
    struct strbuf *out;
    const char *open[HTML_DEPTH_MAX]; /* names of the elements that are open */
    unsigned depth;
    bool in_tag; /* attributes of the last one may still come */
};

/* The document's first line; what is written goes to out. */
void html_begin(struct html *h, struct strbuf *out);
/* Everything has been closed. */
void html_end(struct html *h);

/* Open an element; class may be NULL. The names are literals: they are not copied. */
void html_open(struct html *h, const char *element, const char *class);
void html_attr(struct html *h, const char *name, const char *value);
void html_attrf(struct html *h, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
/* An attribute that stands for itself. */
void html_flag(struct html *h, const char *name);
void html_close(struct html *h);

void html_text(struct html *h, const char *text);
void html_textf(struct html *h, const char *format, ...) PRINTF_LIKE(2, 3);
/* n bytes in which newlines and tabs stay: the content of <pre>. */
void html_lines(struct html *h, const char *text, size_t n);

/* An element with nothing but text. */
void html_element(struct html *h, const char *element, const char *class, const char *text);
void html_elementf(struct html *h, const char *element, const char *class, const char *format,
                   ...) PRINTF_LIKE(4, 5);

/* A style or script of ours, byte for byte: its digest is in the policy of the page. */
void html_asset(struct html *h, const char *element, const char *content, size_t size);

#endif
