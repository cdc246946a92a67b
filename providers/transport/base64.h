/* base64.h: bytes as text and back (RFC 4648); both alphabets are read. */
#ifndef GF_BASE64_H
#define GF_BASE64_H

#include <stddef.h>

#include "compiler.h"

struct strbuf;

/* Append size bytes in the standard alphabet, padded, on one line. */
void base64_encode(struct strbuf *out, const void *data, size_t size);

/* Append what the text stands for, padded or not; -1 when it is no base64, be it for a blank
 * (out is unchanged then). */
MUST_CHECK int base64_decode(struct strbuf *out, const char *text, size_t size);

#endif
