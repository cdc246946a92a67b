/* err.h: the value by which a failed call says what went wrong.
 *
 * A call that can fail takes `struct err *err` last, returns 0 or -1, and fills err only when
 * it returns -1. The message has a fixed size, so reporting never allocates. err_set and
 * err_wrap return -1, so that detecting and returning is one line:
 *
 *     if (fd < 0)
 *         return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
 *     if (soap_call(soap, &request, &reply, err) < 0)
 *         return err_wrap(err, "%s: power on", address);
 *
 * What is wrong with the user's own files goes through diag.h instead.
 */
#ifndef GF_ERR_H
#define GF_ERR_H

#include "compiler.h"

enum err_code {
    ERR_NONE,
    ERR_INVALID,     /* the request or the data is wrong; repeating cannot help */
    ERR_NOT_FOUND,   /* the object does not exist (deleting the absent is success, not this) */
    ERR_CONFLICT,    /* somebody else changed it first, or it exists already */
    ERR_DENIED,      /* refused: password, role, licence, policy */
    ERR_UNTRUSTED,   /* certificate or host key could not be verified */
    ERR_BUSY,        /* another operation is under way; repeating later can help */
    ERR_TIMEOUT,     /* a wait ran out */
    ERR_UNREACHABLE, /* no connection, or it broke before the request was sent */
    ERR_UNCERTAIN,   /* the request went out and no answer came: read before anything else */
    ERR_CANCELLED,   /* interrupted by the user */
    ERR_STORAGE,     /* the state or the journal cannot be written */
    ERR_LOCKED,      /* the state is locked by somebody else */
    ERR_INTERNAL,    /* our own mistake */
    ERR_CODE_COUNT
};

struct err {
    enum err_code code;
    char message[1024];
};

/* Forget what err holds. */
void err_clear(struct err *err);

/* Always -1: tells the compiler what the two calls below return. */
static inline int err_failed(int result)
{
    (void)result;
    return -1;
}

/* Set code and message; always returns -1. err may be NULL. */
int err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);
#define err_set(...) err_failed((err_set)(__VA_ARGS__))

/* Put a prefix and ": " in front of the message, the code stays; always returns -1. */
int err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
#define err_wrap(...) err_failed((err_wrap)(__VA_ARGS__))

/* The stable lower-case name of a code ("not_found"), as JSON output prints it. */
const char *err_code_name(enum err_code code);

/* True when the same call may succeed later without anybody changing anything. */
int err_is_transient(enum err_code code);

#endif
