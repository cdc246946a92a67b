/* upload.h: a local file that is sent as it is: checked first, never copied into memory. */
#ifndef GF_UPLOAD_H
#define GF_UPLOAD_H

#include <stddef.h>

#include "compiler.h"
#include "err.h"

struct upload {
    const void *data; /* mapped, read only; NULL when the file is empty */
    size_t size;
};

/* Open the file and compare its SHA-256 (64 lower-case hex digits) before anything is done with
 * it. ERR_NOT_FOUND, ERR_DENIED; ERR_INVALID: no regular file, another content, or the pointer
 * that git-LFS leaves in place of a large file. */
MUST_CHECK int upload_open(const char *path, const char *sha256, struct upload *ret,
                           struct err *err);
void upload_close(struct upload *upload); /* accepts a zeroed one */

#endif
