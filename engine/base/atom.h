/* atom.h: names kept once, so that equal names are equal pointers.
 *
 * Kinds, attributes and addresses are interned while the configuration loads, before any
 * worker thread starts; afterwards the table is only read.
 */
#ifndef GF_ATOM_H
#define GF_ATOM_H

#include <stddef.h>

struct atoms;
struct arena;

struct atoms *atoms_new(struct arena *arena); /* lives and dies with the arena's owner */
void atoms_free(struct atoms *atoms);         /* frees the index; the names stay in the arena */
const char *atom(struct atoms *atoms, const char *text);
const char *atom_lookup(const struct atoms *atoms, const char *text); /* NULL when unknown */

#endif
