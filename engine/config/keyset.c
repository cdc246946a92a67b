/* keyset.c: see keyset.h. */
#include "keyset.h"

#include <stdint.h>
#include <stdlib.h>

struct keyset_slot {
    const char *key;
    size_t index;
};

void keyset_release(struct keyset *set)
{
    free(set->slots);
    *set = (struct keyset){0};
}

static struct keyset_slot *find(const struct keyset *set, const char *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    size_t mask = set->capacity - 1;
    for (size_t i = (size_t)(hash >> 32) & mask;; i = (i + 1) & mask)
        if (set->slots[i].key == NULL || set->slots[i].key == key)
            return &set->slots[i];
}

static void grow(struct keyset *set)
{
    struct keyset old = *set;
    set->capacity = old.capacity == 0 ? 64 : old.capacity * 2;
    set->slots = calloc(set->capacity, sizeof(*set->slots));
    if (set->slots == NULL)
        abort();
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key != NULL)
            *find(set, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void keyset_add(struct keyset *set, const char *key, size_t index)
{
    if (set->n * 2 >= set->capacity)
        grow(set);
    *find(set, key) = (struct keyset_slot){key, index};
    set->n++;
}

size_t keyset_find(const struct keyset *set, const char *key)
{
    if (set->n == 0)
        return KEYSET_NONE;
    const struct keyset_slot *slot = find(set, key);
    return slot->key == NULL ? KEYSET_NONE : slot->index;
}
