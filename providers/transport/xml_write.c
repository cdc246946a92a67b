/* xml_write.c: see xml_write.h. */
#include "xml_write.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

void xml_write_init(struct xml_writer *writer, struct strbuf *out)
{
    *writer = (struct xml_writer){.out = out};
}

static void refuse(struct xml_writer *w, const char *name, const char *cause)
{
    if (w->bad_cause != NULL)
        return;
    w->bad_name = name;
    w->bad_cause = cause;
}

/* Bytes of the UTF-8 sequence at text, 0 when it is none that XML may hold. */
static size_t utf8_size(const unsigned char *text)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = text[0] < 0x80   ? 1
               : text[0] < 0xc0 ? 0
               : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3
               : text[0] < 0xf8 ? 4
                                : 0;
    if (n < 2)
        return n;
    unsigned long c = text[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3f);
    }
    bool good = c >= least[n] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff) &&
                c != 0xfffe && c != 0xffff;
    return good ? n : 0;
}

/* What stands for an ASCII character, NULL for itself. */
static const char *escape_of(char c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r': /* readers turn a bare one into a line feed */
        return "&#13;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void add_escaped(struct xml_writer *w, const char *name, const char *text,
                        bool attribute)
{
    while (*text != '\0') {
        size_t n = utf8_size((const unsigned char *)text);
        if (n == 0) {
            refuse(w, name, "is not UTF-8 that XML may hold");
            return;
        }
        bool control = n == 1 && (unsigned char)*text < 0x20 && strchr("\t\n\r", *text) == NULL;
        if (control) {
            refuse(w, name, "holds a control character");
            return;
        }
        const char *escape = escape_of(*text, attribute);
        if (escape != NULL)
            strbuf_add(w->out, escape);
        else
            strbuf_add_mem(w->out, text, n);
        text += n;
    }
}

static void end_tag_start(struct xml_writer *w)
{
    if (w->in_tag)
        strbuf_add_char(w->out, '>');
    w->in_tag = false;
}

void xml_write_open(struct xml_writer *w, const char *name)
{
    if (w->depth == XML_WRITE_MAX_DEPTH) /* our own recursion went wrong */
        abort();
    end_tag_start(w);
    strbuf_addf(w->out, "<%s", name);
    w->open[w->depth++] = name;
    w->in_tag = true;
}

void xml_write_attr(struct xml_writer *w, const char *name, const char *value)
{
    assert(w->in_tag);
    strbuf_addf(w->out, " %s=\"", name);
    add_escaped(w, name, value, true);
    strbuf_add_char(w->out, '"');
}

void xml_write_attr_type(struct xml_writer *w, const char *type)
{
    xml_write_attr(w, "xsi:type", type);
}

void xml_write_text(struct xml_writer *w, const char *text)
{
    assert(w->depth > 0);
    if (*text == '\0')
        return;
    end_tag_start(w);
    add_escaped(w, w->open[w->depth - 1], text, false);
}

void xml_write_close(struct xml_writer *w)
{
    assert(w->depth > 0);
    const char *name = w->open[--w->depth];
    if (w->in_tag)
        strbuf_add(w->out, "/>");
    else
        strbuf_addf(w->out, "</%s>", name);
    w->in_tag = false;
}

void xml_write_text_element(struct xml_writer *w, const char *name, const char *text)
{
    xml_write_open(w, name);
    xml_write_text(w, text);
    xml_write_close(w);
}

void xml_write_i64(struct xml_writer *w, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, value);
    xml_write_text_element(w, name, text);
}

void xml_write_bool(struct xml_writer *w, const char *name, bool value)
{
    xml_write_text_element(w, name, value ? "true" : "false");
}

void xml_write_ref(struct xml_writer *w, const char *name, const char *type, const char *id)
{
    xml_write_open(w, name);
    xml_write_attr(w, "type", type);
    xml_write_text(w, id);
    xml_write_close(w);
}

void xml_write_any(struct xml_writer *w, const char *name, const char *xsd_type,
                   const char *text)
{
    xml_write_open(w, name);
    xml_write_attr_type(w, xsd_type);
    xml_write_text(w, text);
    xml_write_close(w);
}

int xml_write_finish(struct xml_writer *w, struct err *err)
{
    assert(w->depth == 0);
    if (w->bad_cause != NULL)
        return err_set(err, ERR_INVALID, "the value of %s %s", w->bad_name, w->bad_cause);
    if (strbuf_overflowed(w->out))
        return err_set(err, ERR_INVALID, "the request is larger than %zu bytes", w->out->max);
    return 0;
}
