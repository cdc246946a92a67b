/* node.h: the manifest as a tree in which everything knows its place.
 *
 * Nodes are plain values: copying one copies a reference to its children, so that aliases and
 * overlays share what is equal. Keys are interned (compare pointers), short scalars too.
 */
#ifndef GF_NODE_H
#define GF_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct entry;

struct node {
    const char *file;
    unsigned line, column;
    union {
        const char *text;            /* NODE_SCALAR */
        const struct entry *entries; /* NODE_LIST, NODE_MAP: in source order */
    };
    uint32_t n; /* entries */
    uint8_t type;
    bool plain;    /* a scalar without quotes */
    bool dollar;   /* the text holds a "$": it may be an expression */
    bool interned; /* the text is an atom */
};

struct entry {
    const char *key;       /* an atom; NULL in lists */
    unsigned line, column; /* of the key, in node.file */
    struct node node;
};

static inline struct pos node_pos(const struct node *node)
{
    return (struct pos){.file = node->file, .line = node->line, .column = node->column};
}

static inline struct pos entry_pos(const struct entry *entry)
{
    return (struct pos){.file = entry->node.file, .line = entry->line, .column = entry->column};
}

/* A plain scalar that YAML reads as null: nothing, ~, null. */
bool node_is_null(const struct node *node);

/* "a text", "a list", "a map", "nothing": for messages. */
const char *node_describe(const struct node *node);

/* The entry of a map by its interned key, or NULL. Linear: for maps of known keys. */
const struct entry *node_find(const struct node *map, const char *key);

#endif
