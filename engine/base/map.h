/* map.h: hash map from text to pointer.
 *
 * Keys are borrowed: they must outlive the map (intern them or keep them in an arena). The
 * map has no order; whoever prints walks map_sorted_keys, so that output never depends on
 * hashing.
 */
#ifndef GF_MAP_H
#define GF_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct map {
    struct map_slot *slots;
    size_t n, capacity;
};

void map_init(struct map *map);
void map_release(struct map *map);

/* Set key to value (replacing); returns the former value or NULL. value must not be NULL. */
void *map_set(struct map *map, const char *key, void *value);
void *map_get(const struct map *map, const char *key); /* NULL when absent */
size_t map_count(const struct map *map);

/* All keys in strcmp order, in memory of the arena. */
const char **map_sorted_keys(const struct map *map, struct arena *arena);

#endif
