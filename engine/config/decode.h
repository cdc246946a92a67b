/* decode.h: a tree and a schema make a resource.
 *
 * A form is a schema prepared for reading: its dotted names as a tree of keys, its defaults in
 * canonical form. Everything that is wrong is reported at its place, and decoding goes on.
 */
#ifndef GF_DECODE_H
#define GF_DECODE_H

#include <stddef.h>

#include "expr.h"
#include "instance.h"
#include "map.h"
#include "node.h"

struct atoms;
struct form;
struct value_cache;
struct value_pool;

/* What all forms of one load share. Borrowed by them. */
struct decoder {
    struct arena *arena;
    struct atoms *atoms;
    struct diags *diags;
    const struct variables *vars;
    struct map attachments;    /* path -> struct attachment */
    struct value_cache *cache; /* of scalars */
    struct value_pool *pool;   /* of lists and maps */
    const char *lifecycle_key; /* atom */
    struct form *lifecycle;
};

/* Content of a file that an ATTR_FILE attribute names. */
struct attachment {
    const char *text, *problem; /* one of them */
    size_t size;
    const struct value *value; /* made on first use */
};

void decoder_init(struct decoder *decoder);
void decoder_release(struct decoder *decoder);

enum form_flag { FORM_LIFECYCLE = 1 << 0 /* the key `lifecycle` is allowed */ };

/* `also` (or NULL): a second schema whose attributes lifecycle may name, for pools. */
struct form *form_new(struct decoder *decoder, const struct schema *schema, unsigned flags,
                      const struct schema *also);

const struct schema *form_schema(const struct form *form);

/* Fill the instance from the map under its name (a null counts as an empty map), with defaults
 * and attached files. Returns -1 when something was reported. */
int form_read(const struct form *form, const struct node *node, struct instance *instance);

/* Only the defaults: for instances that are made, not read. */
void form_defaults(const struct form *form, struct instance *instance);

/* Append the paths that the ATTR_FILE attributes under this node name. */
void form_list_files(const struct form *form, const struct node *node,
                     void (*visit)(void *context, const char *path), void *context);

#endif
