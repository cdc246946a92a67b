/* keyset.h: which interned keys a map has, and where. Compares pointers only. */
#ifndef GF_KEYSET_H
#define GF_KEYSET_H

#include <stddef.h>

struct keyset {
    struct keyset_slot *slots;
    size_t n, capacity;
};

/* A zeroed set is empty. */
void keyset_release(struct keyset *set);

/* Remember an index under an atom that the set does not have. */
void keyset_add(struct keyset *set, const char *key, size_t index);

/* The index of an atom, or KEYSET_NONE. */
#define KEYSET_NONE ((size_t)-1)
size_t keyset_find(const struct keyset *set, const char *key);

#endif
