/* vec.c: see vec.h. */
#include "vec.h"

#include <string.h>

void *vec_grow(struct arena *arena, void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return items;
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    void *grown = arena_array(arena, *capacity, size);
    if (n > 0)
        memcpy(grown, items, n * size);
    return grown;
}
