/* format_scan.c: the tokens of a file, and the comments and blank lines between them. */
#include "format_internal.h"

#include <stdlib.h>
#include <string.h>

/* libyaml's marks count characters; this follows them through the bytes. */
struct cursor {
    const char *text;
    size_t size, bytes, characters;
};

static size_t cursor_to(struct cursor *c, size_t character)
{
    while (c->characters < character && c->bytes < c->size) {
        c->bytes++;
        while (c->bytes < c->size && ((unsigned char)c->text[c->bytes] & 0xc0) == 0x80)
            c->bytes++;
        c->characters++;
    }
    while (c->characters > character && c->bytes > 0) {
        c->bytes--;
        while (c->bytes > 0 && ((unsigned char)c->text[c->bytes] & 0xc0) == 0x80)
            c->bytes--;
        c->characters--;
    }
    return c->bytes;
}

static struct fmt_token token_of(struct cursor *cursor, const yaml_token_t *token)
{
    struct fmt_token made = {.type = token->type,
                             .line = (unsigned)token->start_mark.line,
                             .column = (unsigned)token->start_mark.column};
    made.start = cursor_to(cursor, token->start_mark.index);
    made.end = cursor_to(cursor, token->end_mark.index);
    made.block = token->type == YAML_SCALAR_TOKEN &&
                 (token->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                  token->data.scalar.style == YAML_FOLDED_SCALAR_STYLE);
    return made;
}

int fmt_scan(struct arena *arena, const char *text, size_t size, struct fmt_tokens *ret)
{
    struct cursor cursor = {.text = text, .size = size};
    yaml_parser_t parser;
    *ret = (struct fmt_tokens){.text = text, .size = size};
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int result = 0;
    for (bool last = false; result == 0 && !last;) {
        yaml_token_t token;
        if (!yaml_parser_scan(&parser, &token)) {
            result = -1;
            break;
        }
        last = token.type == YAML_STREAM_END_TOKEN;
        VEC_PUSH(arena, &ret->list, token_of(&cursor, &token));
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&parser);
    return result;
}

static struct fmt_item comment_at(const char *text, size_t at, size_t end)
{
    const char *newline = memchr(text + at, '\n', end - at);
    size_t len = newline == NULL ? end - at : (size_t)(newline - text) - at;
    size_t line = at;
    while (line > 0 && text[line - 1] != '\n')
        line--;
    struct fmt_item item = {.type = FMT_COMMENT, .at = at, .column = at - line, .len = len};
    while (item.len > 0 && strchr(" \t", text[at + item.len - 1]) != NULL)
        item.len--;
    return item;
}

struct fmt_item fmt_gap_next(struct fmt_gap *gap)
{
    while (gap->at < gap->end) {
        char c = gap->text[gap->at];
        if (c == '#') {
            struct fmt_item item = comment_at(gap->text, gap->at, gap->end);
            item.fresh = gap->fresh;
            gap->at += item.len;
            gap->fresh = false;
            return item;
        }
        gap->at++;
        if (c == '\n') {
            bool blank = gap->fresh;
            gap->fresh = true;
            return (struct fmt_item){.type = blank ? FMT_BLANK : FMT_BREAK};
        }
    }
    return (struct fmt_item){.type = FMT_NOTHING};
}

size_t fmt_block_header(const struct fmt_tokens *tokens, const struct fmt_token *token,
                        size_t *ret_len, struct fmt_item *ret_comment)
{
    const char *text = tokens->text;
    const char *newline = memchr(text + token->start, '\n', token->end - token->start);
    size_t end = newline == NULL ? token->end : (size_t)(newline - text), at = token->start;
    while (at < end && strchr(" \t#", text[at]) == NULL)
        at++;
    *ret_len = at - token->start;
    struct fmt_gap gap = {.text = text, .at = at, .end = end};
    *ret_comment = fmt_gap_next(&gap);
    return newline == NULL ? end : end + 1;
}
