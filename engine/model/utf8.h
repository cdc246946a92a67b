/* utf8.h: the one check of what is well-formed UTF-8. */
#ifndef GF_UTF8_H
#define GF_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed character at text (1 to 4; no surrogates, nothing overlong, at most
 * U+10FFFF), or 0 when there is none within size. */
size_t utf8_len(const char *text, size_t size);

/* Offset of the first byte that is not well-formed, or size when all of it is. */
size_t utf8_check(const char *text, size_t size);

#endif
