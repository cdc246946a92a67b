/* map.c: open addressing with linear probing; no removal, which nobody needs. */
#include "map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"

struct map_slot {
    const char *key;
    void *value;
    uint64_t hash;
};

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_release(struct map *map)
{
    free(map->slots);
    map_init(map);
}

static struct map_slot *find(const struct map *map, const char *key, uint64_t hash)
{
    size_t mask = map->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct map_slot *slot = &map->slots[i];
        if (slot->key == NULL || (slot->hash == hash && strcmp(slot->key, key) == 0))
            return slot;
    }
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->capacity = old.capacity == 0 ? 16 : old.capacity * 2;
    map->slots = calloc(map->capacity, sizeof(*map->slots));
    if (map->slots == NULL)
        abort();
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key != NULL)
            *find(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

void *map_set(struct map *map, const char *key, void *value)
{
    if ((map->n + 1) * 3 > map->capacity * 2)
        grow(map);
    uint64_t hash = digest_hash64(key, strlen(key));
    struct map_slot *slot = find(map, key, hash);
    void *former = slot->value;
    if (slot->key == NULL)
        map->n++;
    *slot = (struct map_slot){.key = slot->key == NULL ? key : slot->key, .value = value,
                              .hash = hash};
    return former;
}

void *map_get(const struct map *map, const char *key)
{
    if (map->capacity == 0)
        return NULL;
    return find(map, key, digest_hash64(key, strlen(key)))->value;
}

size_t map_count(const struct map *map)
{
    return map->n;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **map_sorted_keys(const struct map *map, struct arena *arena)
{
    const char **keys = ARENA_ARRAY(arena, map->n + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key != NULL)
            keys[n++] = map->slots[i].key;
    if (n > 1)
        qsort(keys, n, sizeof(*keys), compare_keys);
    return keys;
}
