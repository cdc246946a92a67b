/* terraform_values.h: attributes of a resource as the nested objects that policies read. */
#ifndef GF_TERRAFORM_VALUES_H
#define GF_TERRAFORM_VALUES_H

#include <stdbool.h>

#include "json_write.h"

struct instance;
struct schema;

/* Which side of a change a tree of values shows. */
enum tf_tree {
    TF_VALUES,    /* the values; null where nothing is known or set */
    TF_SENSITIVE, /* true for what is or refers to a secret */
    TF_UNKNOWN,   /* true for what cannot be read and is not set either */
    TF_TREE_COUNT
};

/* The sides of a resource; any may be NULL. What the files set wins in `after`. */
struct tf_sides {
    const struct instance *desired, *prior, *live;
    bool is_drift; /* desired is what the world made of it: inputs stay as they were */
};

/* The member `name`: an object, "machine.cpu" in it being cpu in machine. */
void tf_write_tree(struct json_writer *w, const char *name, const struct tf_sides *sides,
                   bool after, enum tf_tree tree);

/* The schema of whichever side there is; NULL: none. */
const struct schema *tf_schema(const struct tf_sides *sides);

#endif
