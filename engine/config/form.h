/* form.h: what decode.c and decode_value.c share. */
#ifndef GF_FORM_H
#define GF_FORM_H

#include "decode.h"

/* One key of the manifest: an attribute, or a map of further keys, or both. */
struct shape {
    const char *key; /* atom */
    int attr;        /* index in the schema, or -1 */
    struct shape *children;
    size_t n, capacity;
};

struct form {
    struct decoder *decoder;
    const struct schema *schema, *also;
    unsigned flags;
    struct shape root;
    const struct value **defaults; /* per attribute: absent without one */
    struct form **items;           /* per attribute: of its items, or NULL */
};

struct value_cache *value_cache_new(void);
void value_cache_free(struct value_cache *cache);

/* The canonical value of a node for one attribute. Returns -1 when something was reported. */
int decode_value(const struct form *form, const struct attr *attr, const struct node *node,
                 const struct instance *instance, const struct value **ret);

/* The same of an attribute with items. */
int decode_items(const struct form *form, size_t index, const struct node *node,
                 const struct instance *owner, const struct value **ret);

/* form_list_files for the items of one attribute. */
void items_list_files(const struct form *form, size_t index, const struct node *list,
                      void (*visit)(void *context, const char *path), void *context);

/* Load the file that attribute `index` names into the attribute that it stands for. */
int decode_file(const struct form *form, size_t index, struct instance *instance);

/* The tree as a value in the arena, expressions replaced; NULL when something was reported. The
 * texts live as long as the decoder's own arena. */
const struct value *decode_tree(const struct decoder *decoder, const struct node *node,
                                struct arena *arena);

/* Why a path is no place inside of the manifest's directory, or NULL. */
const char *decode_path_problem(const char *path);

#endif
