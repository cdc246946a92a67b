/* format_check.c: two texts compared by what libyaml reads in them, and by their comments. */
#include "format_internal.h"

#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

static bool same_text(const yaml_char_t *a, const yaml_char_t *b)
{
    return a == NULL || b == NULL ? a == b : strcmp((const char *)a, (const char *)b) == 0;
}

static bool same_scalar(const yaml_event_t *a, const yaml_event_t *b)
{
    return a->data.scalar.length == b->data.scalar.length &&
           memcmp(a->data.scalar.value, b->data.scalar.value, a->data.scalar.length) == 0 &&
           a->data.scalar.style == b->data.scalar.style &&
           a->data.scalar.plain_implicit == b->data.scalar.plain_implicit &&
           a->data.scalar.quoted_implicit == b->data.scalar.quoted_implicit &&
           same_text(a->data.scalar.anchor, b->data.scalar.anchor) &&
           same_text(a->data.scalar.tag, b->data.scalar.tag);
}

static bool same_event(const yaml_event_t *a, const yaml_event_t *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case YAML_SCALAR_EVENT:
        return same_scalar(a, b);
    case YAML_ALIAS_EVENT:
        return same_text(a->data.alias.anchor, b->data.alias.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return a->data.sequence_start.style == b->data.sequence_start.style &&
               same_text(a->data.sequence_start.anchor, b->data.sequence_start.anchor) &&
               same_text(a->data.sequence_start.tag, b->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return a->data.mapping_start.style == b->data.mapping_start.style &&
               same_text(a->data.mapping_start.anchor, b->data.mapping_start.anchor) &&
               same_text(a->data.mapping_start.tag, b->data.mapping_start.tag);
    case YAML_DOCUMENT_START_EVENT:
        return a->data.document_start.implicit == b->data.document_start.implicit;
    case YAML_DOCUMENT_END_EVENT:
        return a->data.document_end.implicit == b->data.document_end.implicit;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        break;
    }
    return true;
}

/* 1: the same, go on; 0: the same to the end; -1: they differ, or one cannot be read. */
static int compare_next(yaml_parser_t *a, yaml_parser_t *b)
{
    yaml_event_t of_a, of_b;
    if (!yaml_parser_parse(a, &of_a))
        return -1;
    if (!yaml_parser_parse(b, &of_b)) {
        yaml_event_delete(&of_a);
        return -1;
    }
    int result = !same_event(&of_a, &of_b) ? -1 : of_a.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&of_a);
    yaml_event_delete(&of_b);
    return result;
}

static void open_parser(yaml_parser_t *parser, const char *text, size_t size)
{
    if (!yaml_parser_initialize(parser))
        abort();
    yaml_parser_set_input_string(parser, (const unsigned char *)text, size);
}

bool fmt_same_events(const char *a, size_t a_size, const char *b, size_t b_size)
{
    yaml_parser_t of_a, of_b;
    open_parser(&of_a, a, a_size);
    open_parser(&of_b, b, b_size);
    int result;
    do
        result = compare_next(&of_a, &of_b);
    while (result > 0);
    yaml_parser_delete(&of_a);
    yaml_parser_delete(&of_b);
    return result == 0;
}

static void add_comment(const struct fmt_tokens *tokens, struct fmt_item item,
                        struct strbuf *out)
{
    if (item.type != FMT_COMMENT)
        return;
    strbuf_add_mem(out, tokens->text + item.at, item.len);
    strbuf_add_char(out, '\n');
}

/* All comments in their order, a line each. */
static void comments_of(const struct fmt_tokens *tokens, struct strbuf *out)
{
    size_t at = 0, len;
    strbuf_init(out, STRBUF_MAX_OUTPUT);
    VEC_EACH (const struct fmt_token, token, tokens->list) {
        struct fmt_gap gap = {.text = tokens->text, .at = at, .end = token->start};
        struct fmt_item item;
        while ((item = fmt_gap_next(&gap)).type != FMT_NOTHING)
            add_comment(tokens, item, out);
        if (token->block) {
            fmt_block_header(tokens, token, &len, &item);
            add_comment(tokens, item, out);
        }
        at = token->end > at ? token->end : at;
    }
}

bool fmt_same_comments(const struct fmt_tokens *a, const struct fmt_tokens *b)
{
    struct strbuf of_a, of_b;
    comments_of(a, &of_a);
    comments_of(b, &of_b);
    bool same = strbuf_len(&of_a) == strbuf_len(&of_b) &&
                memcmp(strbuf_str(&of_a), strbuf_str(&of_b), strbuf_len(&of_a)) == 0;
    strbuf_release(&of_a);
    strbuf_release(&of_b);
    return same;
}
