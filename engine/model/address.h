/* address.h: "kind/name", the name of a resource everywhere. */
#ifndef GF_ADDRESS_H
#define GF_ADDRESS_H

#include <stdbool.h>

struct arena;

/* "host/esx-01" from its parts. */
char *address_make(struct arena *arena, const char *kind, const char *name);

/* The part after the first slash; asserts that there is one. */
const char *address_name(const char *address);

bool address_has_kind(const char *address, const char *kind);

#endif
