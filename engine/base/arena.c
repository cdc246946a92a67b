/* arena.c: see arena.h. Chunks grow to 1 MiB; a larger request gets a chunk of its own. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 4096, CHUNK_MAX = 1 << 20, ALIGNMENT = _Alignof(int64_t) };

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
    struct chunk *head;
    size_t next_size, total;
};

static struct chunk *chunk_new(struct arena *arena, size_t size)
{
    struct chunk *chunk = calloc(1, sizeof(*chunk) + size);
    if (chunk == NULL)
        abort();
    chunk->size = size;
    arena->total += sizeof(*chunk) + size;
    return chunk;
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL)
        abort();
    arena->next_size = CHUNK_FIRST;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->head, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

void arena_freep(struct arena **arena)
{
    arena_free(*arena);
    *arena = NULL;
}

/* The largest ordinary chunk is the newest, and it alone is kept. */
void arena_clear(struct arena *arena)
{
    struct chunk *kept = arena->head;
    if (kept == NULL)
        return;
    for (struct chunk *chunk = kept->next, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    memset(kept->data, 0, kept->used);
    kept->used = 0;
    kept->next = NULL;
    arena->total = sizeof(*kept) + kept->size;
}

/* A request larger than a quarter of a chunk goes behind the head, so that the room left in
 * the head is not lost. */
static void *alloc_large(struct arena *arena, size_t size)
{
    struct chunk *chunk = chunk_new(arena, size);
    chunk->used = size;
    if (arena->head != NULL) {
        chunk->next = arena->head->next;
        arena->head->next = chunk;
    } else {
        arena->head = chunk;
    }
    return chunk->data;
}

static void *alloc(struct arena *arena, size_t size, size_t alignment)
{
    if (size > SIZE_MAX / 2)
        abort();
    struct chunk *head = arena->head;
    size_t at = head == NULL ? 0 : (head->used + alignment - 1) & ~(alignment - 1);
    if (head != NULL && at <= head->size && head->size - at >= size) {
        head->used = at + size;
        return head->data + at;
    }
    if (size > arena->next_size / 4)
        return alloc_large(arena, size);
    struct chunk *chunk = chunk_new(arena, arena->next_size);
    if (arena->next_size < CHUNK_MAX)
        arena->next_size *= 2;
    chunk->next = head;
    chunk->used = size;
    arena->head = chunk;
    return chunk->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return alloc(arena, size, ALIGNMENT);
}

/* Texts lie one behind the other: most are shorter than what alignment would add. */
static char *alloc_text(struct arena *arena, size_t size)
{
    return alloc(arena, size, 1);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / 2 / size)
        abort();
    return arena_alloc(arena, n * size);
}

char *arena_memdup(struct arena *arena, const void *data, size_t size)
{
    char *copy = alloc_text(arena, size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_memdup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    int n = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (n < 0)
        abort();
    char *text = alloc_text(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, args);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

size_t arena_size(const struct arena *arena)
{
    return arena->total;
}
