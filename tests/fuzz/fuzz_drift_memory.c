/* fuzz_drift_memory.c: what a drift report left, from anywhere. Each input is tried as it is,
 * and with a right checksum: no mutation would ever get past that. What is accepted is written
 * again as the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "drift_memory.h"
#include "err.h"
#include "strbuf.h"

#define CHECKSUM "\"checksum\":\""

enum { HEX_LEN = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool accepts(const char *text, size_t size)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_memory memory;
    struct err err = {0};
    if (drift_memory_decode(text, size, arena, &memory, &err) < 0) {
        assert(err.code == ERR_INVALID);
        return false;
    }
    struct strbuf again;
    strbuf_init(&again, STRBUF_MAX_OUTPUT);
    drift_memory_encode(&memory, &again);
    assert(strbuf_len(&again) == size && memcmp(strbuf_str(&again), text, size) == 0);
    strbuf_release(&again);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    accepts(text, size);
    char *at = NULL;
    for (char *next = strstr(text, CHECKSUM); next != NULL; next = strstr(next + 1, CHECKSUM))
        at = next;
    if (at != NULL && strlen(at + sizeof(CHECKSUM) - 1) >= HEX_LEN) {
        at += sizeof(CHECKSUM) - 1;
        memcpy(at, digest_bytes(text, (size_t)(at - text)).hex, HEX_LEN);
        accepts(text, size);
    }
    free(text);
    return 0;
}
