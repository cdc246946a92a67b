/* esxi_doc.h: what an esxcli command answers, before a formatter prints it (esxi-shell.md §1.2,
 * §1.3). All memory is the arena's. */
#ifndef GF_LAB_ESXI_DOC_H
#define GF_LAB_ESXI_DOC_H

#include <stdbool.h>

#include "arena.h"
#include "strbuf.h"
#include "vec.h"

enum doc_style { DOC_VOID, DOC_SCALAR, DOC_SIMPLE, DOC_TABLE };
enum doc_type { DOC_STRING, DOC_BOOLEAN, DOC_INTEGER, DOC_STRINGS };

struct doc_field {
    const char *label; /* "World ID"; its key is the label without blanks */
    enum doc_type type;
    const char *value;
    VEC(const char *) values; /* DOC_STRINGS */
};

struct doc_item {
    const char *header; /* NULL: none */
    VEC(struct doc_field) fields;
};

struct doc {
    struct arena *arena;
    enum doc_style style;
    const char *structure; /* VersionGet */
    bool list;             /* of structures */
    const char *scalar;
    const char *const *columns; /* of a table; shown when it has no rows; NULL-terminated */
    VEC(struct doc_item) items;
};

struct doc_item *doc_add_item(struct doc *doc, const char *header);
void doc_text(struct doc *doc, const char *label, const char *value);
void doc_textf(struct doc *doc, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);
void doc_bool(struct doc *doc, const char *label, bool value); /* true, false */
void doc_integer(struct doc *doc, const char *label, long long value);
/* One value or none. */
void doc_strings(struct doc *doc, const char *label, const char *value);

/* "" is text; false when there is no such formatter. */
bool doc_print(const struct doc *doc, const char *formatter, struct strbuf *out);
void doc_print_text(const struct doc *doc, struct strbuf *out); /* esxi_doc_text.c */

#endif
