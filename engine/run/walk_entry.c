/* walk_entry.c: what the state should hold of a change, at each point of its life. */
#include "walk_private.h"

#include <string.h>

#include "arena.h"
#include "types.h"

/* An attribute that could not be read, or was left alone, is as it was before. */
static bool was_left_alone(const struct change *change, const struct node *node, size_t i)
{
    const struct attr *attr = &change->desired->schema->attrs[i];
    if (node->live == NULL || !attr_is_compared(attr))
        return false;
    return value_is_unreadable(node->live->attrs[i]) ||
           (change_leaves(change, attr) &&
            !attr_equal(attr, change->desired->attrs[i], node->live->attrs[i])) ||
           (change->kind->left_alone != NULL &&
            !attr_equal(attr, change->desired->attrs[i], node->live->attrs[i]) &&
            change->kind->left_alone(attr, node->live) != NULL);
}

static struct instance *finished_entry(struct walk *walk, const struct change *change,
                                       const struct node *node)
{
    const struct instance *desired = change->desired;
    struct instance *entry =
        instance_new(walk->arena, desired->schema, desired->address, desired->name);
    for (size_t i = 0; i < desired->schema->n_attrs; i++)
        if (was_left_alone(change, node, i))
            entry->attrs[i] = change->prior == NULL ? value_absent() : change->prior->attrs[i];
        else if ((desired->schema->attrs[i].flags & ATTR_FACT) == 0)
            entry->attrs[i] = desired->attrs[i];
    const struct value *facts = change->kind->remember == NULL || node->live == NULL
                                    ? NULL
                                    : change->kind->remember(node->live, walk->arena);
    const char *commit = walk->options.commit, *author = walk->options.author;
    const struct value_field fields[] = {
        {"facts", facts == NULL ? value_get(node->meta, "facts") : facts},
        {"commit", commit == NULL ? value_absent() : value_string(walk->arena, commit)},
        {"author", author == NULL ? value_absent() : value_string(walk->arena, author)},
        {"prevent_destroy", desired->lifecycle != NULL && desired->lifecycle->prevent_destroy
                                ? value_bool(true)
                                : value_absent()},
        {"window", value_get(node->meta, "window")},
        {"took", value_get(node->meta, "took")}};
    entry->meta = value_map(walk->arena, fields, ARRAY_LEN(fields));
    return entry;
}

/* Still what was last made true, with what has been learnt since. */
static struct instance *partial_entry(struct walk *walk, const struct change *change,
                                      const struct node *node)
{
    const struct instance *from = change->prior != NULL ? change->prior : change->desired;
    struct instance *entry = instance_new(walk->arena, from->schema, from->address, from->name);
    if (change->prior != NULL)
        memcpy(entry->attrs, change->prior->attrs,
               from->schema->n_attrs * sizeof(*entry->attrs));
    const struct value_field unfinished = {"unfinished", value_bool(true)};
    entry->meta =
        change->prior != NULL && !value_get_bool(change->prior->meta, "unfinished", false)
            ? node->meta
            : value_merge(walk->arena, node->meta, value_map(walk->arena, &unfinished, 1));
    return entry;
}

bool walk_entry(struct walk *walk, size_t index, struct instance **ret_entry)
{
    struct node *node = &walk->nodes[index];
    const struct change *change = &walk->plan->changes[index];
    if (!node->entry_new)
        return false;
    node->entry_new = false;
    bool done = node->status == WALK_CHANGED || node->status == WALK_SAME;
    if (done && (change->action == ACTION_DELETE || change->action == ACTION_RELEASE)) {
        *ret_entry = NULL;
        return true;
    }
    struct instance *entry =
        done ? finished_entry(walk, change, node) : partial_entry(walk, change, node);
    entry->presence = PRESENCE_PRESENT;
    entry->ids = node->live != NULL && done
                     ? value_merge(walk->arena, node->ids, node->live->ids)
                     : node->ids;
    *ret_entry = entry;
    return true;
}
