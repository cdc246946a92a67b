/* cred.h: from a reference to a secret to its value.
 *
 * Manifests name secrets and never hold them. Errors name the reference ("env VC_PASSWORD"),
 * never the value. A value is registered with the redactor before it is returned, and wiped
 * from memory by cred_release. One trailing line end is not part of a value.
 */
#ifndef GF_CRED_H
#define GF_CRED_H

#include <stddef.h>

#include "compiler.h"
#include "err.h"
#include "net.h"

struct secrets;
struct strbuf;

enum cred_source {
    CRED_ENV,        /* name: environment variable */
    CRED_FILE,       /* name: path of a regular file that is closed to other users */
    CRED_COMMAND,    /* argv: program and arguments, started without a shell; its stdout */
    CRED_CREDENTIAL, /* name: file in $CREDENTIALS_DIRECTORY (systemd) */
    CRED_SOURCE_COUNT
};

struct cred_ref {
    enum cred_source source;
    const char *name;
    const char *const *argv; /* ends with NULL; CRED_COMMAND only */
};

/* value is NUL-terminated and holds no other NUL. */
struct cred {
    char *value;
    size_t size;
};

/* The longest secret accepted, and how long a command may take. */
#define CRED_MAX_SIZE ((size_t)64 * 1024)
#define CRED_COMMAND_TIMEOUT_MS 10000

/* ERR_NOT_FOUND: nothing there; ERR_DENIED: not readable; ERR_INVALID: empty, too large, holds
 * a NUL byte, or the command failed; ERR_TIMEOUT, ERR_CANCELLED: the command was killed.
 * secrets and cancel may be NULL. */
MUST_CHECK int cred_resolve(const struct cred_ref *ref, struct secrets *secrets,
                            const struct cancel *cancel, struct cred *ret_cred,
                            struct err *err);
void cred_release(struct cred *cred); /* wipes; accepts a zeroed or released one */

/* Append "env NAME", "file PATH", "command PROGRAM", "credential NAME". */
void cred_describe(const struct cred_ref *ref, struct strbuf *out);

#endif
