/* expand.h: names that stand for many: esx-gpu-{01..04}.lab.local.
 *
 * A range is two numbers of the same width or without leading zeros, ascending; several ranges
 * multiply, the last one varying fastest.
 */
#ifndef GF_EXPAND_H
#define GF_EXPAND_H

#include <stddef.h>

struct arena;
struct err;

enum { EXPAND_MAX = 10000 };

/* The names in the arena; a pattern without a range is its own only name. ERR_INVALID. */
int expand_names(const char *pattern, struct arena *arena, const char *const **ret_names,
                 size_t *ret_n, struct err *err);

#endif
