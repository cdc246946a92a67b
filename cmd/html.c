/* html.c: see html.h. */
#include "html.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "safe_text.h"
#include "strbuf.h"

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* Elements that have no content and no end of their own. */
static bool is_void(const char *element)
{
    static const char *const list[] = {"meta", "input", "br"};
    return is_one_of(element, list, ARRAY_LEN(list));
}

/* Those that begin a line of the document, for who reads its source. */
static bool begins_line(const char *element)
{
    static const char *const list[] = {
        "html",   "head",   "body",  "meta", "title", "style", "script",  "header",
        "main",   "nav",    "table", "form", "li",    "tr",    "details", "h1",
        "h2",     "h3",     "p",     "ul",   "ol",    "dl",    "div",     "section",
        "footer", "figure", "svg",   "path", "g",     "a",     "pre"};
    return is_one_of(element, list, ARRAY_LEN(list));
}

static void end_tag(struct html *h)
{
    if (h->in_tag)
        strbuf_add_char(h->out, '>');
    h->in_tag = false;
}

/* Written as references, which the search for secrets (redact.h) sees through. */
static void add_escaped(struct strbuf *out, const char *text, size_t n, bool lines)
{
    for (const char *end = text + n; text < end;) {
        switch (*text) {
        case '&':
            strbuf_add(out, "&amp;");
            break;
        case '<':
            strbuf_add(out, "&lt;");
            break;
        case '>':
            strbuf_add(out, "&gt;");
            break;
        case '"':
            strbuf_add(out, "&quot;");
            break;
        case '\'':
            strbuf_add(out, "&#39;");
            break;
        case '\0':
            strbuf_add(out, "\xef\xbf\xbd");
            break;
        default:
            text += safe_char(text, lines, out) - 1;
        }
        text++;
    }
}

void html_begin(struct html *h, struct strbuf *out)
{
    *h = (struct html){.out = out};
    strbuf_add(out, "<!DOCTYPE html>");
}

void html_end(struct html *h)
{
    assert(h->depth == 0);
    strbuf_add_char(h->out, '\n');
}

void html_open(struct html *h, const char *element, const char *class)
{
    assert(h->depth < HTML_DEPTH_MAX);
    end_tag(h);
    if (begins_line(element))
        strbuf_add_char(h->out, '\n');
    strbuf_add_char(h->out, '<');
    strbuf_add(h->out, element);
    h->open[h->depth++] = element;
    h->in_tag = true;
    if (class != NULL)
        html_attr(h, "class", class);
}

void html_attr(struct html *h, const char *name, const char *value)
{
    assert(h->in_tag);
    strbuf_add_char(h->out, ' ');
    strbuf_add(h->out, name);
    strbuf_add(h->out, "=\"");
    add_escaped(h->out, value, strlen(value), false);
    strbuf_add_char(h->out, '"');
}

void html_attrf(struct html *h, const char *name, const char *format, ...)
{
    struct strbuf value;
    va_list args;
    strbuf_init(&value, STRBUF_MAX_OUTPUT);
    va_start(args, format);
    strbuf_addv(&value, format, args);
    va_end(args);
    html_attr(h, name, strbuf_str(&value));
    strbuf_release(&value);
}

void html_flag(struct html *h, const char *name)
{
    html_attr(h, name, name);
}

void html_close(struct html *h)
{
    assert(h->depth > 0);
    const char *element = h->open[--h->depth];
    if (is_void(element)) {
        assert(h->in_tag);
        h->in_tag = false;
        strbuf_add(h->out, " />");
        return;
    }
    end_tag(h);
    strbuf_addf(h->out, "</%s>", element);
}

void html_text(struct html *h, const char *text)
{
    end_tag(h);
    add_escaped(h->out, text, strlen(text), false);
}

void html_lines(struct html *h, const char *text, size_t n)
{
    end_tag(h);
    add_escaped(h->out, text, n, true);
}

static void PRINTF_LIKE(2, 0) add_textv(struct html *h, const char *format, va_list args)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addv(&text, format, args);
    html_text(h, strbuf_str(&text));
    strbuf_release(&text);
}

void html_textf(struct html *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_textv(h, format, args);
    va_end(args);
}

void html_element(struct html *h, const char *element, const char *class, const char *text)
{
    html_open(h, element, class);
    html_text(h, text);
    html_close(h);
}

void html_elementf(struct html *h, const char *element, const char *class, const char *format,
                   ...)
{
    va_list args;
    html_open(h, element, class);
    va_start(args, format);
    add_textv(h, format, args);
    va_end(args);
    html_close(h);
}

void html_asset(struct html *h, const char *element, const char *content, size_t size)
{
    html_open(h, element, NULL);
    end_tag(h);
    strbuf_add_mem(h->out, content, size);
    html_close(h);
}
