/* diag.h: what is wrong with the user's files.
 *
 * Findings are collected, so that one run shows them all, and rendered with the line they
 * point at and a caret:
 *
 *     site.yaml:12:5: error: unknown key "powr_policy"
 *        12 |     powr_policy: balanced
 *           |     ^
 *       hint: did you mean "power_policy"?
 *
 * Source texts stay in memory (diag_add_source), so nothing is read again for a report.
 */
#ifndef GF_DIAG_H
#define GF_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

struct arena;
struct strbuf;

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE, DIAG_SEVERITY_COUNT };

/* A place in a source. Lines and columns count from 1; 0 means "not known". */
struct pos {
    const char *file; /* name as the user knows it; NULL = no place */
    unsigned line, column;
};

struct diag {
    enum diag_severity severity;
    struct pos pos;
    const char *rule;    /* "GF004" or NULL */
    const char *address; /* resource concerned, or NULL */
    const char *summary; /* one sentence, no full stop */
    const char *hint;    /* the way out, or NULL */
    bool hide_source;    /* a secret may stand on its line: never show that */
    const char *waiver;  /* why the rule need not hold here (it is a note then), or NULL */
    const char
        *waived_until; /* last day of the waiver, or NULL; without waiver: it has ended */
};

struct diags;

struct diags *diags_new(struct arena *arena);

/* Register a source text; text must live as long as the diags. */
void diag_add_source(struct diags *diags, const char *file, const char *text, size_t size);

/* Findings that are kept; what comes after them is only counted. */
enum { DIAGS_MAX = 2000 };

/* Add a finding; the format makes the summary. Returns it, so that rule, address and hint can
 * be filled in. Identical findings at one place are kept once (the first is returned). */
struct diag *diag_add(struct diags *diags, enum diag_severity severity, struct pos pos,
                      const char *format, ...) PRINTF_LIKE(4, 5);
struct diag *diag_error(struct diags *diags, struct pos pos, const char *format, ...)
    PRINTF_LIKE(3, 4);
void diag_hint(struct diags *diags, struct diag *diag, const char *format, ...)
    PRINTF_LIKE(3, 4);

size_t diags_count(const struct diags *diags, enum diag_severity severity);
size_t diags_total(const struct diags *diags); /* of those that are kept */
size_t diags_dropped(const struct diags *diags); /* of those that are only counted */
bool diags_have_errors(const struct diags *diags);

/* Take out the findings that are waived: a plan shows them itself. */
void diags_drop_waived(struct diags *diags);

/* Order by file, line, column, then as added. Call before walking or rendering. */
void diags_sort(struct diags *diags);
const struct diag *diags_at(const struct diags *diags, size_t index);

/* Text of the source line at pos, without its end; NULL when unknown. */
const char *diag_source_line(const struct diags *diags, struct pos pos, size_t *ret_len);

const char *diag_severity_name(enum diag_severity severity);

/* Render one finding as text; colour adds terminal escapes. */
void diag_render(const struct diags *diags, const struct diag *diag, bool colour,
                 struct strbuf *out);
void diags_render(const struct diags *diags, bool colour, struct strbuf *out);

#endif
