/* address.c: see address.h. */
#include "address.h"

#include <assert.h>
#include <string.h>

#include "arena.h"

char *address_make(struct arena *arena, const char *kind, const char *name)
{
    return arena_printf(arena, "%s/%s", kind, name);
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
