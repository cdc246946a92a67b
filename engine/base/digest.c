/* digest.c: see digest.h. */
#include "digest.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct digest digest_bytes(const void *data, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(data, size);
    struct digest digest;
    snprintf(digest.hex, sizeof(digest.hex), "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    return digest;
}

uint64_t digest_hash64(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}
