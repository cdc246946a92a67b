/* format_layout.c: where each token of a file goes.
 *
 * A walk over libyaml's tokens keeps the open block collections, with the column that each had
 * and the one that it gets. A list that stands in the column of its key has no tokens of its
 * own for its start and end; it is opened here when its first "-" comes.
 */
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "format_internal.h"
#include "format_lines.h"
#include "yamldoc.h"

enum { INDENT = 2 };

struct level {
    size_t was, column; /* in the file, and laid out */
    bool list;
    bool unmarked; /* a list in the column of its key */
};

struct layout {
    const struct fmt_tokens *tokens;
    struct fmt_lines lines;
    struct level levels[YAMLDOC_MAX_DEPTH + 2];
    size_t n_levels;
    size_t flow;      /* open flow collections */
    size_t flow_base; /* column that their lines count from */
    size_t at;        /* all before it is laid out */
    yaml_token_type_t previous;
    bool lone;    /* the previous token is the text "-" or "?", which no blank may follow */
    bool inlined; /* the next key or "-" stays behind the "-" before it */
    /* What lies between the previous token and the next: */
    bool newline, blank, comment;
};

static const struct level *top(const struct layout *l)
{
    return l->n_levels == 0 ? NULL : &l->levels[l->n_levels - 1];
}

/* The column of what is inside the collection with this number of levels. */
static size_t inside(const struct layout *l, size_t n_levels)
{
    return n_levels == 0 ? 0 : l->levels[n_levels - 1].column + INDENT;
}

static void push_level(struct layout *l, size_t was, bool list, bool unmarked)
{
    struct level level = {
        .was = was, .column = inside(l, l->n_levels), .list = list, .unmarked = unmarked};
    l->levels[l->n_levels++] = level;
}

static void pop_unmarked(struct layout *l)
{
    if (l->n_levels > 0 && top(l)->unmarked)
        l->n_levels--;
}

/* ---- comments -----------------------------------------------------------------------------
 */

/* What comes next: how many levels stay open for it, and its columns. */
struct next {
    size_t n_levels, was, column;
    bool inner; /* it opens a level or is a value: comments before it belong to it */
};

static struct next next_in_level(const struct layout *l, const struct fmt_token *token,
                                 size_t n)
{
    if (token->type == YAML_KEY_TOKEN && n > 0 && l->levels[n - 1].unmarked)
        n--;
    if (n == 0)
        return (struct next){0};
    return (struct next){n, l->levels[n - 1].was, l->levels[n - 1].column, false};
}

static struct next next_of(const struct layout *l, const struct fmt_token *token)
{
    size_t n = l->n_levels;
    for (; token->type == YAML_BLOCK_END_TOKEN && n > 0; token++)
        n -= l->levels[n - 1].unmarked ? 2 : 1;
    bool opens = token->type == YAML_BLOCK_ENTRY_TOKEN && n > 0 && !l->levels[n - 1].list;
    if (opens)
        return (struct next){n, token->column, inside(l, n), true};
    if (token->type == YAML_KEY_TOKEN || token->type == YAML_BLOCK_ENTRY_TOKEN)
        return next_in_level(l, token, n);
    if (token->type == YAML_STREAM_END_TOKEN || token->type == YAML_DOCUMENT_START_TOKEN ||
        token->type == YAML_DOCUMENT_END_TOKEN)
        return (struct next){0};
    return (struct next){n, token->column, inside(l, n), true};
}

/* A comment on a line of its own keeps to the collection that its column shows it to be in:
 * behind the last entry of a collection it may belong to that, or to what comes next. */
static size_t comment_column(const struct layout *l, const struct fmt_token *token,
                             size_t column)
{
    if (l->flow > 0)
        return l->flow_base + INDENT * l->flow;
    struct next next = next_of(l, token);
    if (next.inner || column <= next.was)
        return next.column;
    bool no_value = l->previous == YAML_VALUE_TOKEN || l->previous == YAML_BLOCK_ENTRY_TOKEN ||
                    l->previous == YAML_ANCHOR_TOKEN;
    if (no_value && l->n_levels > 0 && column > top(l)->was)
        return inside(l, l->n_levels);
    for (size_t i = l->n_levels; i > next.n_levels; i--)
        if (l->levels[i - 1].was <= column)
            return l->levels[i - 1].column;
    return next.column;
}

static void place_comment(struct layout *l, const struct fmt_token *token, struct fmt_item item)
{
    const char *text = l->tokens->text + item.at;
    if (item.fresh) {
        fmt_lines_start(&l->lines, comment_column(l, token, item.column), l->blank);
        fmt_lines_add(&l->lines, text, item.len);
    } else {
        fmt_lines_comment(&l->lines, text, item.len);
    }
    l->newline = l->comment = true;
    l->blank = false;
}

/* Lay out the comments before a token, and remember the line ends. */
static void place_gap(struct layout *l, const struct fmt_token *token)
{
    const char *text = l->tokens->text;
    struct fmt_gap gap = {.text = text,
                          .at = l->at,
                          .end = token->start,
                          .fresh = l->at == 0 || text[l->at - 1] == '\n'};
    for (;;) {
        struct fmt_item item = fmt_gap_next(&gap);
        if (item.type == FMT_NOTHING)
            break;
        if (item.type == FMT_COMMENT) {
            place_comment(l, token, item);
            continue;
        }
        l->newline = true;
        l->blank |= item.type == FMT_BLANK;
    }
    l->at = token->start > l->at ? token->start : l->at;
}

/* ---- tokens -------------------------------------------------------------------------------
 */

static void start_line(struct layout *l, size_t column)
{
    fmt_lines_start(&l->lines, column, l->blank);
    l->previous = YAML_NO_TOKEN;
}

/* Between two tokens on one line. */
static bool blank_between(yaml_token_type_t a, yaml_token_type_t b)
{
    switch ((int)b) {
    case YAML_VALUE_TOKEN:
        return false;
    case YAML_FLOW_ENTRY_TOKEN:
    case YAML_FLOW_SEQUENCE_END_TOKEN:
        return a == YAML_VALUE_TOKEN || a == YAML_ANCHOR_TOKEN;
    case YAML_FLOW_MAPPING_END_TOKEN:
        return a != YAML_FLOW_MAPPING_START_TOKEN;
    default:
        return a == YAML_VALUE_TOKEN || a == YAML_BLOCK_ENTRY_TOKEN ||
               a == YAML_FLOW_ENTRY_TOKEN || a == YAML_ANCHOR_TOKEN ||
               a == YAML_FLOW_MAPPING_START_TOKEN;
    }
}

static void place_text(struct layout *l, const struct fmt_token *token, size_t len)
{
    const char *text = l->tokens->text + token->start;
    bool joined = l->lone && token->type == YAML_FLOW_MAPPING_END_TOKEN;
    if (blank_between(l->previous, token->type) && !joined)
        fmt_lines_add(&l->lines, " ", 1);
    fmt_lines_add(&l->lines, text, len);
    l->lone = token->type == YAML_SCALAR_TOKEN && len == 1 && (*text == '-' || *text == '?');
    l->previous = token->type;
    l->at = token->end;
    l->newline = l->blank = l->comment = l->inlined = false;
}

static size_t spaces(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] == ' ')
        n++;
    return n;
}

static bool only_blanks(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    return true;
}

static size_t line_len(const char *text, size_t at, size_t end)
{
    const char *newline = memchr(text + at, '\n', end - at);
    return newline == NULL ? end - at : (size_t)(newline - text) - at;
}

/* The other lines of a plain or quoted scalar move with the collection that they are in. */
static void place_lines(struct layout *l, const struct fmt_token *token)
{
    const char *text = l->tokens->text;
    const struct level *level = top(l);
    size_t len = line_len(text, token->start, token->end), at = token->start + len;
    place_text(l, token, len);
    while (at < token->end) {
        at++;
        len = line_len(text, at, token->end);
        fmt_lines_add(&l->lines, "\n", 1);
        if (!only_blanks(text + at, len)) {
            size_t n = spaces(text + at, len), column = n;
            if (level != NULL)
                column = level->column + (n > level->was ? n - level->was : INDENT);
            strbuf_add_repeat(&l->lines.current, ' ', column);
            fmt_lines_add(&l->lines, text + at + n, len - n);
        }
        at += len;
    }
}

/* ---- literal and folded scalars -----------------------------------------------------------
 */

struct block {
    size_t at, end;     /* of the content */
    size_t was, column; /* of its indentation */
    bool keep, strip;   /* "+", "-" */
};

static struct block block_of(const struct layout *l, const struct fmt_token *token, size_t at,
                             size_t header_len)
{
    const char *text = l->tokens->text, *header = text + token->start;
    struct block block = {.at = at, .end = token->end};
    size_t digit = 0;
    for (size_t i = 1; i < header_len; i++) {
        block.keep |= header[i] == '+';
        block.strip |= header[i] == '-';
        digit = header[i] >= '1' && header[i] <= '9' ? (size_t)(header[i] - '0') : digit;
    }
    if (digit > 0) {
        block.was = digit + (l->n_levels == 0 ? 0 : top(l)->was);
        block.column = digit + (l->n_levels == 0 ? 0 : top(l)->column);
        return block;
    }
    block.was = SIZE_MAX; /* without any content all lines are empty ones */
    for (size_t len; at < token->end && block.was == SIZE_MAX; at += len + 1) {
        len = line_len(text, at, token->end);
        size_t n = spaces(text + at, len);
        block.was = n < len ? n : SIZE_MAX;
    }
    block.column = l->n_levels == 0 ? INDENT : inside(l, l->n_levels);
    return block;
}

/* Lines of blanks behind the content mean nothing, unless they are to be kept. */
static void drop_last_lines(struct layout *l, struct block *block)
{
    const char *text = l->tokens->text;
    while (!block->keep && block->end > block->at && text[block->end - 1] == '\n') {
        size_t start = block->end - 1;
        while (start > block->at && text[start - 1] != '\n')
            start--;
        size_t len = block->end - 1 - start;
        if (spaces(text + start, len) < len || len > block->was)
            return;
        block->end = start;
        l->blank = true;
    }
}

static void place_block(struct layout *l, const struct fmt_token *token)
{
    const char *text = l->tokens->text;
    struct fmt_item comment;
    size_t header_len, at = fmt_block_header(l->tokens, token, &header_len, &comment);
    struct block block = block_of(l, token, at, header_len);
    place_text(l, token, header_len);
    if (comment.type == FMT_COMMENT)
        fmt_lines_comment(&l->lines, text + comment.at, comment.len);
    drop_last_lines(l, &block);
    for (size_t len; block.at < block.end; block.at += len + 1) {
        len = line_len(text, block.at, block.end);
        size_t n = spaces(text + block.at, len);
        bool empty = n == len && len <= block.was;
        n = n < block.was ? n : block.was;
        fmt_lines_start(&l->lines, empty ? 0 : block.column, false);
        if (!empty)
            fmt_lines_add(&l->lines, text + block.at + n, len - n);
    }
    /* libyaml gives a last line without a newline a value without one. */
    l->lines.bare_end = at < block.end && block.end == l->tokens->size && !block.strip &&
                        text[block.end - 1] != '\n';
}

/* ---- the walk -----------------------------------------------------------------------------
 */

static bool closes_flow(const struct fmt_token *token)
{
    return token->type == YAML_FLOW_SEQUENCE_END_TOKEN ||
           token->type == YAML_FLOW_MAPPING_END_TOKEN;
}

static bool opens_flow(const struct fmt_token *token)
{
    return token->type == YAML_FLOW_SEQUENCE_START_TOKEN ||
           token->type == YAML_FLOW_MAPPING_START_TOKEN;
}

/* A value, or what belongs to a flow collection: its line breaks stay. */
static void place_value(struct layout *l, const struct fmt_token *token)
{
    size_t column = l->flow > 0 ? l->flow_base + INDENT * (l->flow - closes_flow(token))
                                : inside(l, l->n_levels);
    bool moved = l->newline || !l->lines.is_open;
    if (moved)
        start_line(l, column);
    if (closes_flow(token))
        l->flow--;
    if (opens_flow(token) && l->flow++ == 0)
        l->flow_base = moved || (top(l) != NULL && top(l)->list) ? column
                       : top(l) == NULL                          ? 0
                                                                 : top(l)->column;
    if (token->block)
        place_block(l, token);
    else
        place_lines(l, token);
}

static void place_entry(struct layout *l, const struct fmt_token *token)
{
    if (!top(l)->list)
        push_level(l, token->column, true, true);
    if (!l->inlined)
        start_line(l, top(l)->column);
    place_text(l, token, token->end - token->start);
}

/* Nothing of its own to write: the line of a key begins. */
static void place_key(struct layout *l)
{
    if (l->flow > 0)
        return;
    pop_unmarked(l);
    if (l->inlined)
        fmt_lines_add(&l->lines, " ", 1);
    else
        start_line(l, top(l)->column);
    l->previous = YAML_KEY_TOKEN;
    l->newline = l->blank = l->comment = l->inlined = false;
}

static void place_start(struct layout *l, const struct fmt_token *token)
{
    push_level(l, token->column, token->type == YAML_BLOCK_SEQUENCE_START_TOKEN, false);
    l->inlined = l->previous == YAML_BLOCK_ENTRY_TOKEN && !l->comment;
}

static void place_token(struct layout *l, const struct fmt_token *token)
{
    switch ((int)token->type) {
    case YAML_STREAM_START_TOKEN:
    case YAML_STREAM_END_TOKEN:
        return;
    case YAML_VERSION_DIRECTIVE_TOKEN:
    case YAML_TAG_DIRECTIVE_TOKEN:
    case YAML_DOCUMENT_START_TOKEN:
    case YAML_DOCUMENT_END_TOKEN:
        start_line(l, 0);
        place_text(l, token, token->end - token->start);
        l->newline = true; /* what follows has a line of its own */
        return;
    case YAML_BLOCK_SEQUENCE_START_TOKEN:
    case YAML_BLOCK_MAPPING_START_TOKEN:
        place_start(l, token);
        return;
    case YAML_BLOCK_END_TOKEN:
        pop_unmarked(l);
        l->n_levels--;
        return;
    case YAML_BLOCK_ENTRY_TOKEN:
        place_entry(l, token);
        return;
    case YAML_KEY_TOKEN:
        place_key(l);
        return;
    default:
        place_value(l, token);
    }
}

const struct fmt_token *fmt_layout(struct arena *arena, const struct fmt_tokens *tokens,
                                   struct strbuf *out)
{
    struct layout l = {.tokens = tokens};
    const struct fmt_token *strange = NULL;
    fmt_lines_init(&l.lines, arena);
    VEC_EACH (const struct fmt_token, token, tokens->list) {
        if (token->type == YAML_KEY_TOKEN && token->end > token->start) { /* a "?" */
            strange = token;
            break;
        }
        place_gap(&l, token);
        place_token(&l, token);
    }
    if (strange == NULL)
        fmt_lines_print(&l.lines, out);
    fmt_lines_release(&l.lines);
    return strange;
}
