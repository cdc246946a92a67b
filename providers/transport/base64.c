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

/* Standard alphabet, padded to whole groups; libcrypto wants it so. */
static char *normal(const char *text, size_t size, size_t *ret_size, size_t *ret_padding)
{
    char *copy = malloc(size + 4);
    if (copy == NULL)
        abort();
    while (size > 0 && text[size - 1] == '=')
        size--;
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    *ret_padding = (4 - size % 4) % 4;
    memset(copy + size, '=', *ret_padding);
    *ret_size = size + *ret_padding;
    return copy;
}

int base64_decode(struct strbuf *out, const char *text, size_t size)
{
    size_t whole, padding;
    char *copy = normal(text, size, &whole, &padding);
    unsigned char *bytes = malloc(whole / 4 * 3 + 1);
    if (bytes == NULL)
        abort();
    int n = padding == 3 || whole > INT32_MAX
                ? -1
                : EVP_DecodeBlock(bytes, (const unsigned char *)copy, (int)whole);
    if (n >= 0)
        strbuf_add_mem(out, (const char *)bytes, (size_t)n - padding);
    free(copy);
    free(bytes);
    return n < 0 ? -1 : 0;
}
