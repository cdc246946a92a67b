/* format_internal.h: what the parts of the formatter share: the tokens of a file with their
 * places in its bytes, and what lies between them. */
#ifndef GF_FORMAT_INTERNAL_H
#define GF_FORMAT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "vec.h"

struct strbuf;

struct fmt_token {
    yaml_token_type_t type;
    size_t start, end;     /* bytes; a literal or folded scalar ends where a line starts */
    unsigned line, column; /* from 0, in characters */
    bool block;            /* a literal or folded scalar */
};

struct fmt_tokens {
    const char *text; /* lines end in newlines alone */
    size_t size;
    VEC(struct fmt_token) list;
};

/* -1: libyaml cannot read it. */
int fmt_scan(struct arena *arena, const char *text, size_t size, struct fmt_tokens *ret);

/* The next comment, without blanks behind it, or blank line in front of `end`. */
struct fmt_gap {
    const char *text;
    size_t at, end;
    bool fresh; /* nothing stands in front of `at` on its line */
};
struct fmt_item {
    enum { FMT_NOTHING, FMT_COMMENT, FMT_BREAK, FMT_BLANK } type;
    bool fresh; /* the comment stands alone on its line */
    size_t column, at, len;
};
struct fmt_item fmt_gap_next(struct fmt_gap *gap);

/* "|2-" and its comment, which may be empty. Returns where the next line starts. */
size_t fmt_block_header(const struct fmt_tokens *tokens, const struct fmt_token *token,
                        size_t *ret_len, struct fmt_item *ret_comment);

/* format_layout.c: lay the tokens out. Returns the token that it cannot lay out, or NULL. */
const struct fmt_token *fmt_layout(struct arena *arena, const struct fmt_tokens *tokens,
                                   struct strbuf *out);

/* format_check.c: do the two texts say the same, with the same comments? */
bool fmt_same_events(const char *a, size_t a_size, const char *b, size_t b_size);
bool fmt_same_comments(const struct fmt_tokens *a, const struct fmt_tokens *b);

#endif
