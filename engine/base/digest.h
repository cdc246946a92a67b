/* digest.h: XXH3 digests of content (xxhash).
 *
 * For change detection and hashing only: not cryptographic, never for secrets or
 * authenticity.
 */
#ifndef GF_DIGEST_H
#define GF_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* 32 lower-case hex digits and a NUL. */
struct digest {
    char hex[33];
};

struct digest digest_bytes(const void *data, size_t size);
uint64_t digest_hash64(const void *data, size_t size);

#endif
