/* arena.h: memory with one lifetime.
 *
 * Everything allocated from an arena lives until arena_free. Used for the configuration, a
 * snapshot, a plan, and as scratch of one provider call. Allocation failure aborts. Not safe
 * for use by two threads at once.
 */
#ifndef GF_ARENA_H
#define GF_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "compiler.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* accepts NULL */
void arena_freep(struct arena **arena); /* for CLEANUP */

/* Gives up all that was allocated; the memory serves what comes next. For scratch that is used
 * over and over. */
void arena_clear(struct arena *arena);

/* Zeroed memory, aligned for pointers and 64-bit numbers. */
void *arena_alloc(struct arena *arena, size_t size);
/* Zeroed array; aborts on overflow of n * size. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* Texts, which are aligned for characters only. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_memdup(struct arena *arena, const void *data, size_t size); /* adds a NUL */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Bytes taken from the system. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, n, type) ((type *)arena_array((arena), (n), sizeof(type)))

#endif
