/* base64.c: see base64.h. */
#include "base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "strbuf.h"

enum { BLOCK = 3 * 1024 };

void base64_encode(struct strbuf *out, const void *data, size_t size)
{
    unsigned char text[BLOCK / 3 * 4 + 1];
    const unsigned char *at = data;
    while (size > 0) {
        size_t n = size < BLOCK ? size : BLOCK;
        int written = EVP_EncodeBlock(text, at, (int)n);
        strbuf_add_mem(out, (const char *)text, (size_t)written);
        at += n;
        size -= n;
    }
}

/* How many of the last characters are padding: as many as the group lacks, or none at all. -1:
 * another number. */
static int padding_of(const char *text, size_t size)
{
    size_t n = 0;
    while (n < size && text[size - 1 - n] == '=')
        n++;
    return n == 0 || (n <= 2 && size % 4 == 0) ? (int)n : -1;
}

/* In the standard alphabet, padded to whole groups: libcrypto wants it so, and is not strict
 * itself: it drops blanks and takes padding anywhere. -1: not base64. */
static int normal(const char *text, size_t size, char *copy)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i++) {
        char c = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
        if (c == '\0' || strchr(alphabet, c) == NULL)
            return -1;
        copy[i] = c;
    }
    size_t missing = (4 - size % 4) % 4;
    memset(copy + size, '=', missing);
    return missing == 3 ? -1 : (int)missing;
}

int base64_decode(struct strbuf *out, const char *text, size_t size)
{
    int padding = padding_of(text, size), missing = -1, n = -1;
    if (padding < 0 || size > INT32_MAX - 4)
        return -1;
    size -= (size_t)padding;
    char *copy = malloc(size + 4);
    unsigned char *bytes = malloc(size + 4);
    if (copy == NULL || bytes == NULL)
        abort();
    missing = normal(text, size, copy);
    if (missing >= 0)
        n = EVP_DecodeBlock(bytes, (const unsigned char *)copy, (int)size + missing);
    if (n >= 0)
        strbuf_add_mem(out, (const char *)bytes, (size_t)(n - missing));
    free(copy);
    free(bytes);
    return n < 0 ? -1 : 0;
}
