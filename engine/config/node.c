/* node.c: see node.h. */
#include "node.h"

#include <string.h>

bool node_is_null(const struct node *node)
{
    if (node->type != NODE_SCALAR || !node->plain)
        return false;
    const char *text = node->text;
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
           strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

const char *node_describe(const struct node *node)
{
    if (node->type == NODE_LIST)
        return "a list";
    if (node->type == NODE_MAP)
        return "a map";
    return node_is_null(node) ? "nothing" : "a text";
}

const struct entry *node_find(const struct node *map, const char *key)
{
    if (map->type != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (map->entries[i].key == key)
            return &map->entries[i];
    return NULL;
}
