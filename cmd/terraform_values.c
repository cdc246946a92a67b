/* terraform_values.c: see terraform_values.h. */
#include "terraform_values.h"

#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "instance.h"
#include "types.h"

enum { ATTRS_MAX = 512 };

/* One attribute with what the tree has of it. */
struct leaf {
    const char *name;
    const struct value *value; /* TF_VALUES */
};

const struct schema *tf_schema(const struct tf_sides *sides)
{
    const struct instance *it = sides->desired != NULL ? sides->desired
                                : sides->prior != NULL ? sides->prior
                                                       : sides->live;
    return it == NULL ? NULL : it->schema;
}

static const struct value *value_in(const struct instance *it, size_t i)
{
    return it == NULL ? value_absent() : it->attrs[i];
}

/* Live where somebody looked, else what the state remembers; of inputs the state alone knows.
 */
static const struct value *before_of(const struct tf_sides *sides, const struct attr *attr,
                                     size_t i)
{
    if ((attr->flags & ATTR_INPUT) || !attr_is_compared(attr))
        return value_in(sides->prior, i);
    bool read = sides->live != NULL && sides->live->presence == PRESENCE_PRESENT;
    return value_in(read ? sides->live : sides->prior, i);
}

static const struct value *after_of(const struct tf_sides *sides, const struct attr *attr,
                                    size_t i)
{
    if (sides->desired == NULL)
        return value_absent();
    if (sides->is_drift && !attr_is_compared(attr))
        return value_in(sides->prior, i);
    const struct value *wanted = sides->desired->attrs[i];
    const struct lifecycle *lifecycle = sides->desired->lifecycle;
    if (lifecycle != NULL && lifecycle_names(lifecycle->ignore_changes, attr->name))
        return before_of(sides, attr, i);
    if (!attr_is_compared(attr) || diff_is_managed(sides->desired->schema, attr, wanted))
        return wanted;
    return before_of(sides, attr, i);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct leaf *)a)->name, ((const struct leaf *)b)->name);
}

static size_t collect(const struct tf_sides *sides, bool after, enum tf_tree tree,
                      struct leaf leaves[static ATTRS_MAX])
{
    const struct schema *schema = tf_schema(sides);
    size_t n = 0;
    for (size_t i = 0; schema != NULL && i < schema->n_attrs && n < ATTRS_MAX; i++) {
        const struct attr *attr = &schema->attrs[i];
        if (attr->flags & ATTR_FACT)
            continue;
        const struct value *value =
            after ? after_of(sides, attr, i) : before_of(sides, attr, i);
        bool unknown = value_is_unreadable(value), secret = (attr->flags & ATTR_SECRET) != 0;
        if ((tree == TF_SENSITIVE && !secret) || (tree == TF_UNKNOWN && !unknown))
            continue;
        leaves[n++] = (struct leaf){attr->name, unknown ? value_absent() : value};
    }
    qsort(leaves, n, sizeof(*leaves), compare);
    return n;
}

static void write_leaf(struct json_writer *w, const char *name, const struct leaf *leaf,
                       enum tf_tree tree)
{
    if (tree == TF_VALUES)
        json_write_value(w, name, leaf->value);
    else
        json_write_bool(w, name, true);
}

/* All leaves share the first `skip` bytes of their names; sorted, groups are runs. Depth is
 * that of the dots in the tables' names. */
static void write_level(struct json_writer *w, const struct leaf *leaves, size_t n, size_t skip,
                        enum tf_tree tree)
{
    for (size_t i = 0; i < n;) {
        const char *name = leaves[i].name + skip;
        size_t len = strcspn(name, "."), run = 1;
        if (name[len] == '\0') {
            write_leaf(w, name, &leaves[i++], tree);
            continue;
        }
        while (i + run < n && strncmp(leaves[i + run].name + skip, name, len + 1) == 0)
            run++;
        char group[64];
        memcpy(group, name, len < sizeof(group) - 1 ? len : sizeof(group) - 1);
        group[len < sizeof(group) - 1 ? len : sizeof(group) - 1] = '\0';
        json_write_object(w, group);
        write_level(w, leaves + i, run, skip + len + 1, tree);
        json_write_end(w);
        i += run;
    }
}

void tf_write_tree(struct json_writer *w, const char *name, const struct tf_sides *sides,
                   bool after, enum tf_tree tree)
{
    struct leaf leaves[ATTRS_MAX];
    size_t n = collect(sides, after, tree, leaves);
    json_write_object(w, name);
    write_level(w, leaves, n, 0, tree);
    json_write_end(w);
}
