/* yamldoc.c: see yamldoc.h. libyaml's events drive a stack of open collections; all entries of
 * all open collections lie on one stack, and move to the arena when their collection closes. */
#include "yamldoc_internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "arena.h"
#include "atom.h"
#include "keyset.h"
#include "map.h"

/* Longer texts are rarely repeated, and not worth a hash. */
enum { MAX_INTERNED = 32, LINEAR_KEYS = 12, HOT_TEXTS = 1024 };

/* The few texts that make up most of a file stay out of the large table of all names. */
struct hot {
    const char *text; /* an atom */
    size_t len;
};

struct frame {
    struct node node;
    size_t first;       /* of its entries on the stack */
    size_t count;       /* nodes seen when it opened, for the weight of its anchor */
    unsigned height;    /* of the highest child */
    const char *anchor; /* or NULL */
    const char *key;    /* that waits for its value, maps only */
    unsigned key_line, key_column;
    struct keyset keys; /* of a large map: key -> index on the stack */
};

struct anchor {
    struct node node;
    size_t weight; /* nodes that an alias stands for */
    unsigned height;
    bool complete;
};

struct builder {
    const struct yamldoc_memory *memory;
    struct yamldoc_source source;
    struct frame frames[YAMLDOC_MAX_DEPTH + 1];
    size_t depth; /* open collections */
    struct entry *stack;
    size_t n_stack, capacity;
    struct map anchors;
    struct hot hot[HOT_TEXTS];
    size_t count, aliased;
    struct node root;
    bool has_root;
};

static struct pos mark_pos(const struct builder *b, yaml_mark_t mark)
{
    return (struct pos){.file = b->source.file,
                        .line = (unsigned)mark.line + 1,
                        .column = (unsigned)mark.column + 1};
}

static const char *intern(struct builder *b, const char *text, size_t len)
{
    uint64_t head = 0, tail = 0;
    memcpy(&head, text, len < sizeof(head) ? len : sizeof(head));
    if (len > sizeof(tail))
        memcpy(&tail, text + len - sizeof(tail), sizeof(tail));
    uint64_t hash = (head ^ (tail << 1) ^ len) * 0x9e3779b97f4a7c15u;
    struct hot *hot = &b->hot[hash >> 54];
    if (hot->text == NULL || hot->len != len || memcmp(hot->text, text, len) != 0)
        *hot = (struct hot){atom(b->memory->atoms, text), len};
    return hot->text;
}

static void push_entry(struct builder *b, struct entry entry)
{
    if (b->n_stack == b->capacity) {
        b->capacity = b->capacity == 0 ? 256 : b->capacity * 2;
        b->stack = realloc(b->stack, b->capacity * sizeof(*b->stack));
        if (b->stack == NULL)
            abort();
    }
    b->stack[b->n_stack++] = entry;
}

/* The entry of an open map with this key, or NULL. */
static const struct entry *open_entry(const struct builder *b, const struct frame *frame,
                                      const char *key)
{
    if (b->n_stack - frame->first > LINEAR_KEYS) {
        size_t index = keyset_find(&frame->keys, key);
        return index == KEYSET_NONE ? NULL : &b->stack[index];
    }
    for (size_t i = frame->first; i < b->n_stack; i++)
        if (b->stack[i].key == key)
            return &b->stack[i];
    return NULL;
}

static void index_keys(const struct builder *b, struct frame *frame)
{
    size_t n = b->n_stack - frame->first;
    if (n <= LINEAR_KEYS)
        return;
    size_t from = n == LINEAR_KEYS + 1 ? frame->first : b->n_stack - 1;
    for (size_t i = from; i < b->n_stack; i++)
        keyset_add(&frame->keys, b->stack[i].key, i);
}

/* Put a finished node where it belongs. height: of its subtree, 0 for a scalar. */
static void place(struct builder *b, const struct node *node, unsigned height)
{
    if (b->depth == 0) {
        b->root = *node;
        b->has_root = true;
        return;
    }
    struct frame *frame = &b->frames[b->depth - 1];
    if (height > frame->height)
        frame->height = height;
    push_entry(b, (struct entry){.key = frame->key,
                                 .line = frame->key_line,
                                 .column = frame->key_column,
                                 .node = *node});
    if (frame->node.type == NODE_MAP)
        index_keys(b, frame);
    frame->key = NULL;
}

static int refuse_key(struct builder *b, struct pos pos, const char *why, const char *hint)
{
    struct diag *diag = diag_error(b->source.diags, pos, "%s", why);
    if (hint != NULL)
        diag_hint(b->source.diags, diag, "%s", hint);
    return -1;
}

static int take_key(struct builder *b, const yaml_event_t *event)
{
    struct frame *frame = &b->frames[b->depth - 1];
    struct pos pos = mark_pos(b, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (event->data.scalar.anchor != NULL)
        return refuse_key(b, pos, "a key cannot carry an anchor", NULL);
    if (len == 0 || len > YAMLDOC_MAX_KEY || strlen(text) != len)
        return refuse_key(b, pos, "a key must be a text of 1 to 1024 bytes", NULL);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(text, "<<") == 0)
        return refuse_key(b, pos, "merge keys are not supported",
                          "write the keys out, or patch them with an overlay");
    const char *key = intern(b, text, len);
    const struct entry *known = open_entry(b, frame, key);
    if (known != NULL) {
        diag_error(b->source.diags, pos, "\"%s\" is given twice, first at %s:%u:%u", key,
                   b->source.file, known->line, known->column);
        return -1;
    }
    frame->key = key;
    frame->key_line = pos.line;
    frame->key_column = pos.column;
    return 0;
}

static bool wants_key(const struct builder *b)
{
    return b->depth > 0 && b->frames[b->depth - 1].node.type == NODE_MAP &&
           b->frames[b->depth - 1].key == NULL;
}

static int refuse_tag(struct builder *b, const yaml_event_t *event, const yaml_char_t *tag)
{
    if (tag == NULL)
        return 0;
    struct diag *diag =
        diag_error(b->source.diags, mark_pos(b, event->start_mark), "tags are not supported");
    diag_hint(b->source.diags, diag, "remove \"%.60s\"", (const char *)tag);
    return -1;
}

static struct anchor *new_anchor(struct builder *b, const yaml_char_t *name)
{
    const char *key = atom(b->memory->atoms, (const char *)name);
    struct anchor *anchor = ARENA_NEW(b->memory->nodes, struct anchor);
    map_set(&b->anchors, key, anchor);
    return anchor;
}

static struct node new_node(const struct builder *b, const yaml_event_t *event,
                            enum node_type type)
{
    return (struct node){.file = b->source.file,
                         .line = (unsigned)event->start_mark.line + 1,
                         .column = (unsigned)event->start_mark.column + 1,
                         .type = (uint8_t)type};
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (refuse_tag(b, event, event->data.scalar.tag) < 0)
        return -1;
    if (wants_key(b))
        return take_key(b, event);
    struct node node = new_node(b, event, NODE_SCALAR);
    if (memchr(text, '\0', len) != NULL) {
        diag_error(b->source.diags, node_pos(&node), "the text holds a NUL character");
        return -1;
    }
    node.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node.dollar = memchr(text, '$', len) != NULL;
    node.interned = len <= MAX_INTERNED;
    node.text =
        node.interned ? intern(b, text, len) : arena_memdup(b->memory->texts, text, len);
    b->count++;
    if (event->data.scalar.anchor != NULL)
        *new_anchor(b, event->data.scalar.anchor) =
            (struct anchor){.node = node, .weight = 1, .complete = true};
    place(b, &node, 0);
    return 0;
}

static int too_deep(struct builder *b, const yaml_event_t *event)
{
    diag_error(b->source.diags, mark_pos(b, event->start_mark), "nested deeper than %d levels",
               YAMLDOC_MAX_DEPTH);
    return -1;
}

static int on_open(struct builder *b, const yaml_event_t *event)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag =
        map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    if (refuse_tag(b, event, tag) < 0)
        return -1;
    if (wants_key(b))
        return refuse_key(b, mark_pos(b, event->start_mark), "a key must be a text", NULL);
    if (b->depth == YAMLDOC_MAX_DEPTH)
        return too_deep(b, event);
    struct frame *frame = &b->frames[b->depth];
    *frame = (struct frame){.node = new_node(b, event, map ? NODE_MAP : NODE_LIST),
                            .first = b->n_stack,
                            .count = b->count};
    b->count++;
    if (anchor != NULL) {
        frame->anchor = atom(b->memory->atoms, (const char *)anchor);
        new_anchor(b, anchor);
    }
    b->depth++;
    return 0;
}

static void on_close(struct builder *b)
{
    struct frame *frame = &b->frames[b->depth - 1];
    size_t n = b->n_stack - frame->first;
    struct entry *entries = ARENA_ARRAY(b->memory->nodes, n, struct entry);
    if (n > 0)
        memcpy(entries, b->stack + frame->first, n * sizeof(*entries));
    frame->node.entries = entries;
    frame->node.n = (uint32_t)n;
    b->n_stack = frame->first;
    keyset_release(&frame->keys);
    b->depth--;
    struct anchor *anchor = frame->anchor == NULL ? NULL : map_get(&b->anchors, frame->anchor);
    if (anchor != NULL && !anchor->complete)
        *anchor = (struct anchor){.node = frame->node,
                                  .weight = b->count - frame->count,
                                  .height = frame->height + 1,
                                  .complete = true};
    struct node node = frame->node;
    place(b, &node, frame->height + 1);
}

static int on_alias(struct builder *b, const yaml_event_t *event)
{
    struct pos pos = mark_pos(b, event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    if (wants_key(b))
        return refuse_key(b, pos, "a key must be a text", NULL);
    const struct anchor *anchor = map_get(&b->anchors, name);
    if (anchor == NULL || !anchor->complete) {
        diag_error(b->source.diags, pos, "the alias \"*%.60s\" refers to %s", name,
                   anchor == NULL ? "no anchor before it" : "what it is part of");
        return -1;
    }
    b->count += anchor->weight;
    b->aliased += anchor->weight;
    if (b->aliased > YAMLDOC_MAX_ALIASED) {
        diag_error(b->source.diags, pos, "aliases expand to more than %d values",
                   YAMLDOC_MAX_ALIASED);
        return -1;
    }
    if (b->depth + anchor->height > YAMLDOC_MAX_DEPTH)
        return too_deep(b, event);
    struct node node = anchor->node;
    node.line = pos.line;
    node.column = pos.column;
    place(b, &node, anchor->height);
    return 0;
}

static int on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return on_open(b, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(b);
        return 0;
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_DOCUMENT_START_EVENT:
        if (!b->has_root)
            return 0;
        diag_error(b->source.diags, mark_pos(b, event->start_mark),
                   "only one document per file");
        return -1;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return 0;
}

static int run(struct builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return yamldoc_report(&b->source, parser);
        bool last = event.type == YAML_STREAM_END_EVENT;
        int result = on_event(b, &event);
        yaml_event_delete(&event);
        if (result < 0 || last)
            return result;
    }
}

int yamldoc_parse(const struct yamldoc_memory *memory, const struct yamldoc_source *source,
                  struct node *ret_root)
{
    struct builder b = {
        .memory = memory,
        .source = *source,
        .root = {.file = source->file, .line = 1, .column = 1, .text = "", .plain = true}};
    if (source->size >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0) {
        b.source.text += 3;
        b.source.size -= 3;
    }
    diag_add_source(source->diags, source->file, b.source.text, b.source.size);
    if (yamldoc_check_bytes(&b.source) < 0)
        return -1;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)b.source.text, b.source.size);
    map_init(&b.anchors);
    int result = run(&b, &parser);
    while (b.depth > 0)
        keyset_release(&b.frames[--b.depth].keys);
    map_release(&b.anchors);
    free(b.stack);
    yaml_parser_delete(&parser);
    if (result == 0)
        *ret_root = b.root;
    return result;
}
