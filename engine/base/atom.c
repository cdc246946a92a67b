/* atom.c: see atom.h. */
#include "atom.h"

#include <stdlib.h>

#include "arena.h"
#include "map.h"

struct atoms {
    struct arena *arena;
    struct map map;
};

struct atoms *atoms_new(struct arena *arena)
{
    struct atoms *atoms = calloc(1, sizeof(*atoms));
    if (atoms == NULL)
        abort();
    atoms->arena = arena;
    map_init(&atoms->map);
    return atoms;
}

void atoms_free(struct atoms *atoms)
{
    if (atoms == NULL)
        return;
    map_release(&atoms->map);
    free(atoms);
}

const char *atom(struct atoms *atoms, const char *text)
{
    char *known = map_get(&atoms->map, text);
    if (known != NULL)
        return known;
    char *copy = arena_strdup(atoms->arena, text);
    map_set(&atoms->map, copy, copy);
    return copy;
}

const char *atom_lookup(const struct atoms *atoms, const char *text)
{
    return map_get(&atoms->map, text);
}
