/* value_pool.c: see value_pool.h. */
#include "value_pool.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "value.h"

enum { FIRST_CAPACITY = 256 };

struct slot {
    const struct value *value;
    uint64_t hash;
};

struct value_pool {
    struct arena *arena, *scratch;
    struct slot *slots;
    size_t n, capacity;
};

struct value_pool *value_pool_new(struct arena *arena)
{
    struct value_pool *pool = calloc(1, sizeof(*pool));
    struct slot *slots = calloc(FIRST_CAPACITY, sizeof(*slots));
    if (pool == NULL || slots == NULL)
        abort();
    *pool = (struct value_pool){
        .arena = arena, .scratch = arena_new(), .slots = slots, .capacity = FIRST_CAPACITY};
    return pool;
}

void value_pool_free(struct value_pool *pool)
{
    if (pool == NULL)
        return;
    arena_free(pool->scratch);
    free(pool->slots);
    free(pool);
}

struct arena *value_pool_arena(const struct value_pool *pool)
{
    return pool->arena;
}

struct arena *value_pool_scratch(struct value_pool *pool)
{
    arena_clear(pool->scratch);
    return pool->scratch;
}

static uint64_t mix(uint64_t hash, uint64_t more)
{
    return (hash ^ more) * 0x9e3779b97f4a7c15u + (hash >> 29);
}

static uint64_t hash_text(const char *text)
{
    return digest_hash64(text, strlen(text));
}

/* The depth of values is bounded by the parser. */
static uint64_t hash_of(const struct value *value)
{
    uint64_t hash = mix(0, (uint64_t)value->type + 1);
    switch (value->type) {
    case VALUE_ABSENT:
    case VALUE_TYPE_COUNT:
        break;
    case VALUE_BOOL:
        return mix(hash, value->boolean);
    case VALUE_INT:
        return mix(hash, (uint64_t)value->integer);
    case VALUE_STRING:
    case VALUE_UNREADABLE:
        return mix(hash, hash_text(value->string));
    case VALUE_LIST:
        for (size_t i = 0; i < value->list.n; i++)
            hash = mix(hash, hash_of(value->list.items[i]));
        break;
    case VALUE_MAP:
        for (size_t i = 0; i < value->map.n; i++)
            hash = mix(mix(hash, hash_text(value->map.fields[i].key)),
                       hash_of(value->map.fields[i].value));
        break;
    }
    return hash;
}

static struct slot *find(const struct value_pool *pool, uint64_t hash,
                         const struct value *value)
{
    size_t mask = pool->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot *slot = &pool->slots[i];
        if (slot->value == NULL ||
            (slot->hash == hash && value_compare(slot->value, value) == 0))
            return slot;
    }
}

static void grow(struct value_pool *pool)
{
    struct value_pool old = *pool;
    pool->capacity *= 2;
    pool->slots = calloc(pool->capacity, sizeof(*pool->slots));
    if (pool->slots == NULL)
        abort();
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].value != NULL)
            *find(pool, old.slots[i].hash, old.slots[i].value) = old.slots[i];
    free(old.slots);
}

const struct value *value_pool_keep(struct value_pool *pool, const struct value *value)
{
    if (pool->n * 2 >= pool->capacity)
        grow(pool);
    uint64_t hash = hash_of(value);
    struct slot *slot = find(pool, hash, value);
    if (slot->value == NULL) {
        *slot = (struct slot){value_copy(pool->arena, value), hash};
        pool->n++;
    }
    return slot->value;
}
