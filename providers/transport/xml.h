/* xml.h: XML documents from outside, read into a light tree (libxml2).
 *
 * Names are local names; namespaces are compared by URI, never by prefix (vsphere-api.md §1,
 * rule 2). Entities beyond the five predefined, document types, and network access are
 * refused; size, depth and number of nodes are limited. Documents are UTF-8, whatever they
 * declare: none of the servers writes anything else. What the reader does not know it keeps
 * or skips, so that newer servers do no harm.
 *
 * xml_parse reads a whole document. xml_stream reads one that arrives in pieces and hands out
 * the elements of given names one at a time, so that memory is bound by the largest of them.
 */
#ifndef GF_XML_H
#define GF_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"

struct arena;

#define XML_NS_XSI "http://www.w3.org/2001/XMLSchema-instance"
#define XML_NS_XSD "http://www.w3.org/2001/XMLSchema"

struct xml_attr {
    const char *name, *ns, *value; /* ns is "" for none */
    const struct xml_attr *next;
};

struct xml_node {
    const char *name;             /* local name */
    const char *ns;               /* namespace URI, "" for none */
    const char *text;             /* of a leaf; "" when the element has child elements */
    const char *type;             /* local name in xsi:type, whatever the prefixes, or NULL */
    const char *type_ns;          /* the namespace URI of that name; "" for none */
    const struct xml_attr *attrs; /* all but xsi:type and namespace declarations */
    struct xml_node *children, *next;
};

enum xml_flags {
    /* Accept a document type that declares nothing itself (nvidia-smi -q -x has one); what it
     * refers to is not read. */
    XML_ALLOW_DOCTYPE = 1 << 0,
};

/* 0 = the default. */
struct xml_limits {
    size_t max_size;    /* bytes; default 64 MiB (xml_parse), none (xml_stream) */
    unsigned max_depth; /* default 64 */
    size_t max_nodes;   /* elements and attributes of one tree; default 2,000,000 */
    unsigned flags;     /* enum xml_flags */
};

/* The tree lives in the arena. ERR_INVALID: not well-formed, refused, or over a limit.
 * limits may be NULL. */
MUST_CHECK int xml_parse(const char *data, size_t size, const struct xml_limits *limits,
                         struct arena *arena, const struct xml_node **ret_root,
                         struct err *err);

/* ---- Streaming ---- */

struct xml_stream;

/* A completed element. node and all below live until the function returns. Returns 0, or -1
 * with err filled in, which ends the reading with that error. */
typedef int xml_element(void *context, const struct xml_node *node, struct err *err);

struct xml_stream_options {
    const char *const
        *names; /* local names to hand out, outermost match only; ends with NULL */
    xml_element *element;
    void *context;
    struct xml_limits limits; /* max_nodes is per element handed out */
};

struct xml_stream *xml_stream_new(const struct xml_stream_options *options);
void xml_stream_free(struct xml_stream *stream); /* accepts NULL */
/* Feed the next piece; calls element for everything completed by it. */
MUST_CHECK int xml_stream_feed(struct xml_stream *stream, const void *data, size_t size,
                               struct err *err);
/* The end of the document: ERR_INVALID when it is incomplete. */
MUST_CHECK int xml_stream_end(struct xml_stream *stream, struct err *err);
/* Local name of the document's root, "" before it came. Who reads absence as "nothing is
 * there" checks it: another document has none of the elements either. */
const char *xml_stream_root(const struct xml_stream *stream);

/* ---- Finding; NULL nodes are accepted everywhere and find nothing ---- */

/* First child of that name, or NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* Next sibling of the same name, or NULL. */
const struct xml_node *xml_next(const struct xml_node *node);
/* First match of "info/error/fault", level by level (first child at each), or NULL. */
const struct xml_node *xml_path(const struct xml_node *node, const char *path);
size_t xml_count(const struct xml_node *node, const char *name);
/* Value of an attribute without namespace, or NULL. */
const char *xml_attr(const struct xml_node *node, const char *name);

#define XML_EACH(it, node, name)                                                               \
    for (const struct xml_node *it = xml_child((node), (name)); it != NULL; it = xml_next(it))
/* Every child whatever its name (an ArrayOf value). */
#define XML_EACH_CHILD(it, node)                                                               \
    for (const struct xml_node *it = (node) == NULL ? NULL : (node)->children; it != NULL;     \
         it = it->next)

/* Text of the node, or of the node at a path below it; NULL when there is no such node. */
const char *xml_text(const struct xml_node *node);
const char *xml_text_at(const struct xml_node *node, const char *path);

/* Typed text; blanks around it are ignored. 0, or -1 (node absent, or not such a value) with
 * *ret untouched. bool takes true, false, 1 and 0. xsd:short and xsd:byte are signed on the
 * wire (vsphere-api.md §3): mask them. */
MUST_CHECK int xml_i64(const struct xml_node *node, int64_t *ret);
MUST_CHECK int xml_i32(const struct xml_node *node, int32_t *ret);
MUST_CHECK int xml_bool(const struct xml_node *node, bool *ret);

/* xsi:type equals name. */
bool xml_is_type(const struct xml_node *node, const char *name);

#endif
