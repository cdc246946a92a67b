/* cred_private.h: what cred.c and cred_command.c share. */
#ifndef GF_CRED_PRIVATE_H
#define GF_CRED_PRIVATE_H

#include "cred.h"

/* Room for the largest value, one byte to notice a larger one, and a NUL. */
struct cred_buffer {
    size_t size;
    char data[CRED_MAX_SIZE + 2];
};

/* Read fd until its end or until the buffer is over-full. ERR_INVALID: read error. */
MUST_CHECK int cred_read(int fd, struct cred_buffer *buffer, struct err *err);

/* Run argv and collect its standard output. */
MUST_CHECK int cred_run(const char *const *argv, const struct cancel *cancel,
                        struct cred_buffer *buffer, struct err *err);

#endif
