/* names.h: enumerators and their names, from one designated-initialiser array. */
#ifndef GF_NAMES_H
#define GF_NAMES_H

#include <stddef.h>

/* The name of a value, or "?" outside the table. */
const char *names_of(const char *const *names, size_t n, unsigned value);

/* The value of a name, or -1. */
int names_value(const char *const *names, size_t n, const char *name);

/* The candidate nearest to word by edit distance, when near enough to be meant; or NULL. */
const char *names_nearest(const char *word, const char *const *candidates, size_t n);

#endif
