/* content_md5.h: the value of the Content-MD5 header, which servers check a body against. */
#ifndef GF_CONTENT_MD5_H
#define GF_CONTENT_MD5_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTENT_MD5_SIZE = 32 };

/* Base64 of the MD5, NUL-terminated; false where MD5 is switched off (FIPS mode). */
bool content_md5(const void *data, size_t size, char ret[static CONTENT_MD5_SIZE]);

#endif
