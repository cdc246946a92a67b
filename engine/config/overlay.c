/* overlay.c: see overlay.h. The parser bounds the depth of both trees. */
#include "overlay.h"

#include "arena.h"
#include "keyset.h"

/* Whether a tree has a null in its maps: then it cannot be taken as it is. */
static bool removes(const struct node *node)
{
    if (node->type != NODE_MAP)
        return false;
    for (size_t i = 0; i < node->n; i++)
        if (node_is_null(&node->entries[i].node) || removes(&node->entries[i].node))
            return true;
    return false;
}

/* What the overlay says of one key of the base, or NULL; marks it as used. */
static const struct entry *claim(const struct keyset *index, const struct entry *entries,
                                 bool *used, const char *key)
{
    size_t at = keyset_find(index, key);
    if (at == KEYSET_NONE)
        return NULL;
    used[at] = true;
    return &entries[at];
}

static struct node merge_maps(const struct node *base, const struct node *over,
                              struct arena *arena)
{
    struct keyset index = {0};
    for (size_t i = 0; i < over->n; i++)
        keyset_add(&index, over->entries[i].key, i);
    bool *used = ARENA_ARRAY(arena, over->n, bool);
    struct entry *entries = ARENA_ARRAY(arena, (size_t)base->n + over->n, struct entry);
    size_t n = 0;
    for (size_t i = 0; i < base->n; i++) {
        const struct entry *from = &base->entries[i];
        const struct entry *patch = claim(&index, over->entries, used, from->key);
        if (patch != NULL && node_is_null(&patch->node))
            continue;
        entries[n] = *from;
        if (patch != NULL) {
            entries[n].node = overlay_apply(&from->node, &patch->node, arena);
            if (entries[n].node.file != from->node.file) {
                entries[n].line = patch->line;
                entries[n].column = patch->column;
            }
        }
        n++;
    }
    static const struct node nothing = {.type = NODE_MAP};
    for (size_t i = 0; i < over->n; i++) {
        const struct entry *from = &over->entries[i];
        if (used[i] || node_is_null(&from->node))
            continue;
        entries[n] = *from;
        if (removes(&from->node)) {
            entries[n].node = overlay_apply(&nothing, &from->node, arena);
            entries[n].node.file = from->node.file;
            entries[n].node.line = from->node.line;
            entries[n].node.column = from->node.column;
        }
        n++;
    }
    keyset_release(&index);
    struct node merged = *base;
    merged.entries = entries;
    merged.n = (uint32_t)n;
    return merged;
}

struct node overlay_apply(const struct node *base, const struct node *over, struct arena *arena)
{
    if (base->type == NODE_MAP && over->type == NODE_MAP)
        return merge_maps(base, over, arena);
    static const struct node nothing = {.type = NODE_MAP};
    if (over->type != NODE_MAP || !removes(over))
        return *over;
    struct node merged = merge_maps(&nothing, over, arena);
    merged.file = over->file;
    merged.line = over->line;
    merged.column = over->column;
    return merged;
}
