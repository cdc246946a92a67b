/* vec.h: a growable array in an arena, for building models.
 *
 *     VEC(struct item) items = {0};
 *     VEC_PUSH(arena, &items, ((struct item){.name = name}));
 *     VEC_EACH(struct item, it, items) use(it);
 *
 * The old storage is left to the arena when the array grows.
 */
#ifndef GF_VEC_H
#define GF_VEC_H

#include <stddef.h>

#include "arena.h"

#define VEC(type)                                                                              \
    struct {                                                                                   \
        type *items;                                                                           \
        size_t n, capacity;                                                                    \
    }

/* Internal: returns items, moved when there is no room for one more. */
void *vec_grow(struct arena *arena, void *items, size_t n, size_t *capacity, size_t size);

#define VEC_PUSH(arena, vec, value)                                                            \
    ((vec)->items = vec_grow((arena), (vec)->items, (vec)->n, &(vec)->capacity,                \
                             sizeof(*(vec)->items)),                                           \
     (vec)->items[(vec)->n++] = (value))

/* An empty one may have no items at all, and NULL + 0 is not defined. */
#define VEC_EACH(type, it, vec)                                                                \
    for (type *it = (vec).items; it != NULL && it < (vec).items + (vec).n; it++)

#endif
