/* yamldoc.h: one YAML document from a buffer to a tree (libyaml).
 *
 * A strict subset: one document, no tags, no merge keys, no repeated keys. Anchors and aliases
 * work within a file, but what they expand to is bounded, and so are size and depth. Whatever
 * is refused is reported with its place; parsing stops at the first error of a file.
 */
#ifndef GF_YAMLDOC_H
#define GF_YAMLDOC_H

#include <stddef.h>

#include "node.h"

struct arena;
struct atoms;
struct diags;

#define YAMLDOC_MAX_BYTES ((size_t)8 << 20)
enum { YAMLDOC_MAX_DEPTH = 64, YAMLDOC_MAX_ALIASED = 100000, YAMLDOC_MAX_KEY = 1024 };

/* Where a tree lives: the nodes may die before the texts, which values borrow. */
struct yamldoc_memory {
    struct arena *nodes, *texts;
    struct atoms *atoms; /* over texts */
};

/* A buffer under its name; both must outlive the diags, which keep pointers to them. */
struct yamldoc_source {
    const char *file, *text;
    size_t size;
    struct diags *diags;
};

/* An empty document gives a plain empty scalar. Returns -1 when something was reported. */
int yamldoc_parse(const struct yamldoc_memory *memory, const struct yamldoc_source *source,
                  struct node *ret_root);

#endif
