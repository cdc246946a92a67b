/* address.c: see address.h. */
#include "address.h"

#include <assert.h>
#include <string.h>

#include "arena.h"

char *address_make(struct arena *arena, const char *kind, const char *name)
{
    /* Made for every resource, hence without a format. */
    size_t n_kind = strlen(kind), n_name = strlen(name);
    char *address = arena_alloc(arena, n_kind + n_name + 2);
    memcpy(address, kind, n_kind);
    address[n_kind] = '/';
    memcpy(address + n_kind + 1, name, n_name);
    return address;
}

const char *address_name(const char *address)
{
    const char *slash = strchr(address, '/');
    assert(slash != NULL);
    return slash + 1;
}

bool address_has_kind(const char *address, const char *kind)
{
    size_t len = strlen(kind);
    return strncmp(address, kind, len) == 0 && address[len] == '/';
}
