/* esxi_doc_text.c: esxcli's text formatter: simple and table. */
#include <string.h>

#include "esxi_doc.h"

static void print_value(const struct doc_field *field, struct strbuf *out)
{
    if (field->type != DOC_STRINGS) {
        strbuf_add(out, field->value);
        return;
    }
    for (size_t i = 0; i < field->values.n; i++)
        strbuf_addf(out, "%s%s", i ? ", " : "", field->values.items[i]);
}

static void print_simple(const struct doc *doc, struct strbuf *out)
{
    for (size_t i = 0; i < doc->items.n; i++) {
        const struct doc_item *item = &doc->items.items[i];
        if (i)
            strbuf_add_char(out, '\n');
        if (item->header)
            strbuf_addf(out, "%s\n", item->header);
        VEC_EACH (const struct doc_field, field, item->fields) {
            strbuf_addf(out, "   %s: ", field->label);
            print_value(field, out);
            strbuf_add_char(out, '\n');
        }
    }
}

static size_t column_width(const struct doc *doc, size_t column)
{
    size_t width = strlen(doc->columns[column]);
    VEC_EACH (const struct doc_item, item, doc->items) {
        size_t size = strlen(item->fields.items[column].value);
        width = size > width ? size : width;
    }
    return width;
}

/* Text stands left, numbers and truth values right; nothing follows the last column. */
static void print_cell(const char *text, size_t width, bool right, bool last,
                       struct strbuf *out)
{
    size_t pad = width - strlen(text);
    if (right)
        strbuf_add_repeat(out, ' ', pad);
    strbuf_add(out, text);
    if (!right && !last)
        strbuf_add_repeat(out, ' ', pad);
    strbuf_add(out, last ? "\n" : "  ");
}

static void print_table(const struct doc *doc, struct strbuf *out)
{
    size_t n = 0;
    while (doc->columns[n])
        n++;
    for (size_t i = 0; i < n; i++)
        print_cell(doc->columns[i], column_width(doc, i), false, i + 1 == n, out);
    for (size_t i = 0; i < n; i++) {
        strbuf_add_repeat(out, '-', column_width(doc, i));
        strbuf_add(out, i + 1 == n ? "\n" : "  ");
    }
    VEC_EACH (const struct doc_item, item, doc->items) {
        for (size_t i = 0; i < n; i++) {
            const struct doc_field *field = &item->fields.items[i];
            bool right = field->type == DOC_BOOLEAN || field->type == DOC_INTEGER;
            print_cell(field->value, column_width(doc, i), right, i + 1 == n, out);
        }
    }
}

void doc_print_text(const struct doc *doc, struct strbuf *out)
{
    switch (doc->style) {
    case DOC_VOID:
        break;
    case DOC_SCALAR:
        strbuf_addf(out, "%s\n", doc->scalar);
        break;
    case DOC_SIMPLE:
        print_simple(doc, out);
        break;
    case DOC_TABLE:
        print_table(doc, out);
        break;
    }
}
