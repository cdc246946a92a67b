/* xml_read.c: the reader of xml.h: libxml2's SAX events, limits, and trees built from them.
 *
 * One reader serves both uses. xml_parse collects from the root into the caller's arena;
 * xml_stream collects from each element of a wanted name into an arena of its own, which is
 * freed when the element has been handed out.
 */
#include "xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "arena.h"
#include "strbuf.h"
#include "vec.h"

#define DEFAULT_SIZE ((size_t)64 << 20)
#define DEFAULT_DEPTH 64
#define DEFAULT_NODES 2000000
#define DEPTH_MAX 256
/* libxml2 gets at most so much at once. */
#define SLICE ((size_t)64 * 1024)

/* A namespace declaration in force. The strings belong to libxml2's dictionary. */
struct declaration {
    const char *prefix, *uri;
    unsigned depth;
};

struct xml_stream {
    struct xml_stream_options options;
    xmlParserCtxtPtr parser;
    struct err err;
    bool failed, saw_root;
    char root[128];
    size_t size;    /* bytes fed */
    unsigned depth; /* of open elements */
    VEC(struct declaration) declarations;
    struct arena *own; /* declarations */

    struct arena *arena; /* of the tree being built */
    bool whole;          /* the tree is the document and outlives the reader */
    size_t n_nodes;
    unsigned n_open;
    struct xml_node *open[DEPTH_MAX], *last[DEPTH_MAX]; /* open elements; their last child */
    struct strbuf text;                                 /* of the innermost open element */
    struct xml_node *root_node;
};

/* ---- Failing ---- */

static void stop(struct xml_stream *s, const char *reason)
{
    if (s->failed)
        return;
    s->failed = true;
    err_set(&s->err, ERR_INVALID, "XML line %d: %s", xmlSAX2GetLineNumber(s->parser), reason);
    xmlStopParser(s->parser);
}

static void on_error(void *context, xmlErrorPtr error)
{
    struct xml_stream *s = context;
    if (error->level != XML_ERR_FATAL || s->failed)
        return;
    char reason[256] = "not well-formed";
    if (error->message != NULL) {
        size_t n = strcspn(error->message, "\r\n");
        n = n < sizeof(reason) - 1 ? n : sizeof(reason) - 1;
        memcpy(reason, error->message, n);
        reason[n] = '\0';
    }
    stop(s, reason);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *id,
                       const xmlChar *system)
{
    (void)name, (void)id, (void)system;
    struct xml_stream *s = context;
    if (!(s->options.limits.flags & XML_ALLOW_DOCTYPE))
        stop(s, "a document type is not accepted");
}

static void on_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system, xmlChar *content)
{
    (void)name, (void)type, (void)public_id, (void)system, (void)content;
    stop(context, "entity declarations are not accepted");
}

static void on_attribute_decl(void *context, const xmlChar *element, const xmlChar *name,
                              int type, int def, const xmlChar *value, xmlEnumerationPtr tree)
{
    (void)element, (void)name, (void)type, (void)def, (void)value;
    xmlFreeEnumeration(tree);
    stop(context, "attribute declarations are not accepted");
}

static void on_reference(void *context, const xmlChar *name)
{
    (void)name;
    stop(context, "entity references are not accepted");
}

/* ---- Building ---- */

/* Names live in libxml2's dictionary as long as the reader does. */
static const char *keep_name(struct xml_stream *s, const char *name)
{
    if (name == NULL)
        return "";
    return s->whole ? arena_strdup(s->arena, name) : name;
}

static void declare(struct xml_stream *s, int n, const xmlChar **pairs)
{
    for (int i = 0; i < n; i++) {
        struct declaration d = {.prefix = pairs[2 * i] ? (const char *)pairs[2 * i] : "",
                                .uri = pairs[2 * i + 1] ? (const char *)pairs[2 * i + 1] : "",
                                .depth = s->depth};
        VEC_PUSH(s->own, &s->declarations, d);
    }
}

static const char *uri_of(const struct xml_stream *s, const char *prefix, size_t size)
{
    for (size_t i = s->declarations.n; i > 0; i--) {
        const struct declaration *d = &s->declarations.items[i - 1];
        if (strlen(d->prefix) == size && memcmp(d->prefix, prefix, size) == 0)
            return d->uri;
    }
    return "";
}

/* The value of xsi:type: a name whose prefix is one of the document's. */
static void set_type(struct xml_stream *s, struct xml_node *node, const char *value,
                     size_t size)
{
    char *text = arena_memdup(s->arena, value, size);
    text += strspn(text, " \t\r\n");
    text[strcspn(text, " \t\r\n")] = '\0';
    const char *colon = strchr(text, ':');
    size_t prefix = colon == NULL ? 0 : (size_t)(colon - text);
    node->type = colon == NULL ? text : colon + 1;
    node->type_ns = keep_name(s, uri_of(s, text, prefix));
}

static void set_attrs(struct xml_stream *s, struct xml_node *node, int n,
                      const xmlChar **attributes)
{
    const struct xml_attr **end = &node->attrs;
    for (int i = 0; i < n; i++) {
        const char *const *a = (const char *const *)attributes + 5 * i;
        size_t size = (size_t)(a[4] - a[3]);
        if (a[2] != NULL && strcmp(a[2], XML_NS_XSI) == 0 && strcmp(a[0], "type") == 0) {
            set_type(s, node, a[3], size);
            continue;
        }
        struct xml_attr *attr = ARENA_NEW(s->arena, struct xml_attr);
        attr->name = keep_name(s, a[0]);
        attr->ns = keep_name(s, a[2]);
        attr->value = arena_memdup(s->arena, a[3], size);
        *end = attr;
        end = &attr->next;
    }
}

static bool is_wanted(const struct xml_stream *s, const char *name)
{
    if (s->whole)
        return true;
    for (const char *const *n = s->options.names; *n != NULL; n++)
        if (strcmp(*n, name) == 0)
            return true;
    return false;
}

static void link_node(struct xml_stream *s, struct xml_node *node)
{
    if (s->n_open > 0) {
        struct xml_node *parent = s->open[s->n_open - 1], *last = s->last[s->n_open - 1];
        if (last == NULL)
            parent->children = node;
        else
            last->next = node;
        s->last[s->n_open - 1] = node;
    }
    s->open[s->n_open] = node;
    s->last[s->n_open] = NULL;
    s->n_open++;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
                     int n_attributes, int n_defaulted, const xmlChar **attributes)
{
    (void)prefix, (void)n_defaulted;
    struct xml_stream *s = context;
    const char *local = (const char *)name;
    if (s->failed)
        return;
    if (++s->depth > s->options.limits.max_depth) {
        stop(s, "nested too deeply");
        return;
    }
    if (!s->saw_root) {
        s->saw_root = true;
        size_t n = strnlen(local, sizeof(s->root) - 1);
        memcpy(s->root, local, n);
    }
    declare(s, n_namespaces, namespaces);
    if (s->n_open == 0 && !is_wanted(s, local))
        return;
    if (s->arena == NULL)
        s->arena = arena_new();
    s->n_nodes += 1 + (size_t)n_attributes;
    if (s->n_nodes > s->options.limits.max_nodes) {
        stop(s, "too many elements");
        return;
    }
    struct xml_node *node = ARENA_NEW(s->arena, struct xml_node);
    node->name = keep_name(s, local);
    node->ns = keep_name(s, (const char *)uri);
    node->text = node->type_ns = "";
    set_attrs(s, node, n_attributes, attributes);
    link_node(s, node);
    strbuf_clear(&s->text);
}

/* The outermost collected element is complete. */
static void hand_out(struct xml_stream *s, struct xml_node *node)
{
    s->root_node = node;
    if (s->whole)
        return;
    if (s->options.element(s->options.context, node, &s->err) < 0) {
        s->failed = true;
        xmlStopParser(s->parser);
    }
    arena_free(s->arena);
    s->arena = NULL;
    s->n_nodes = 0;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
                   const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct xml_stream *s = context;
    if (s->failed)
        return;
    while (s->declarations.n > 0 &&
           s->declarations.items[s->declarations.n - 1].depth == s->depth)
        s->declarations.n--;
    s->depth--;
    if (s->n_open == 0)
        return;
    struct xml_node *node = s->open[--s->n_open];
    if (node->children == NULL && strbuf_len(&s->text) > 0)
        node->text = arena_memdup(s->arena, strbuf_str(&s->text), strbuf_len(&s->text));
    strbuf_clear(&s->text);
    if (s->n_open == 0)
        hand_out(s, node);
}

static void on_text(void *context, const xmlChar *text, int size)
{
    struct xml_stream *s = context;
    if (s->failed || s->n_open == 0)
        return;
    strbuf_add_mem(&s->text, text, (size_t)size);
    if (strbuf_overflowed(&s->text))
        stop(s, "text too long");
}

/* ---- Reading ---- */

static void fill_defaults(struct xml_limits *limits, size_t size)
{
    if (limits->max_size == 0)
        limits->max_size = size;
    if (limits->max_depth == 0)
        limits->max_depth = DEFAULT_DEPTH;
    if (limits->max_depth > DEPTH_MAX)
        limits->max_depth = DEPTH_MAX;
    if (limits->max_nodes == 0)
        limits->max_nodes = DEFAULT_NODES;
}

struct xml_stream *xml_stream_new(const struct xml_stream_options *options)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_doctype,
        .entityDecl = on_entity,
        .attributeDecl = on_attribute_decl,
        .reference = on_reference,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .serror = on_error,
    };
    xmlInitParser();
    struct xml_stream *s = calloc(1, sizeof(*s));
    if (s == NULL)
        abort();
    s->options = *options;
    fill_defaults(&s->options.limits, SIZE_MAX);
    s->own = arena_new();
    strbuf_init(&s->text, DEFAULT_SIZE);
    s->parser = xmlCreatePushParserCtxt(&sax, s, NULL, 0, NULL);
    if (s->parser == NULL)
        abort();
    /* NOENT: without it a "&" in an attribute arrives as "&#38;". Declared entities, which it
     * would also replace, do not get that far. */
    xmlCtxtUseOptions(s->parser, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
    return s;
}

void xml_stream_free(struct xml_stream *s)
{
    if (s == NULL)
        return;
    if (s->parser->myDoc != NULL) /* made by libxml2 for declarations that we refuse */
        xmlFreeDoc(s->parser->myDoc);
    xmlFreeParserCtxt(s->parser);
    if (!s->whole)
        arena_free(s->arena);
    arena_free(s->own);
    strbuf_release(&s->text);
    free(s);
}

static int result(struct xml_stream *s, struct err *err)
{
    if (!s->failed && s->parser->wellFormed == 0)
        stop(s, "not well-formed");
    if (!s->failed)
        return 0;
    return err_set(err, s->err.code, "%s", s->err.message);
}

/* By its first bytes libxml2 takes a document for UTF-16 and the like and converts it; what
 * cannot be converted it reports on standard error. None of these bytes begin UTF-8. */
static void check_encoding(struct xml_stream *s, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size && s->size + i < 4; i++)
        if (data[i] == 0 || data[i] >= 0xfe || (s->size + i == 0 && data[i] == 'L'))
            stop(s, "only UTF-8 is read");
}

int xml_stream_feed(struct xml_stream *s, const void *data, size_t size, struct err *err)
{
    const char *at = data;
    if (size > s->options.limits.max_size - s->size)
        return err_set(err, ERR_INVALID, "XML document larger than %zu bytes",
                       s->options.limits.max_size);
    check_encoding(s, data, size);
    s->size += size;
    while (size > 0 && !s->failed) {
        size_t n = size < SLICE ? size : SLICE;
        xmlParseChunk(s->parser, at, (int)n, 0);
        at += n;
        size -= n;
    }
    return result(s, err);
}

int xml_stream_end(struct xml_stream *s, struct err *err)
{
    if (!s->failed)
        xmlParseChunk(s->parser, NULL, 0, 1);
    if (!s->failed && (s->depth > 0 || !s->saw_root))
        stop(s, "the document is incomplete");
    return result(s, err);
}

const char *xml_stream_root(const struct xml_stream *stream)
{
    return stream->root;
}

int xml_parse(const char *data, size_t size, const struct xml_limits *limits,
              struct arena *arena, const struct xml_node **ret_root, struct err *err)
{
    struct xml_stream_options options = {.limits =
                                             limits == NULL ? (struct xml_limits){0} : *limits};
    fill_defaults(&options.limits, DEFAULT_SIZE);
    struct xml_stream *s = xml_stream_new(&options);
    s->whole = true;
    s->arena = arena;
    int rc = xml_stream_feed(s, data, size, err);
    if (rc == 0)
        rc = xml_stream_end(s, err);
    if (rc == 0)
        *ret_root = s->root_node;
    xml_stream_free(s);
    return rc;
}
