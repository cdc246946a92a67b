/* ssh_signers.h: the file that says whose signatures count: OpenSSH's allowed signers
 * (ssh-keygen(1), "ALLOWED SIGNERS"), a line each:
 *
 *     PRINCIPALS [namespaces="git",valid-after="20260101",valid-before="20270101Z"] TYPE KEY
 *
 * Lines of cert-authority are known and never match; they are named when nothing else does.
 */
#ifndef GF_SSH_SIGNERS_H
#define GF_SSH_SIGNERS_H

#include <stdbool.h>

#include "ssh_signature.h"

struct ssh_signer {
    const char *principals; /* as they are written */
    struct ssh_bytes key;
    const char *name_spaces; /* patterns with commas; NULL: all */
    int64_t after, before;   /* Unix seconds; 0: no limit */
    bool authority;
    unsigned line;
};

struct ssh_signers {
    const struct ssh_signer *items;
    size_t n;
};

/* ERR_INVALID names the line. */
int ssh_signers_parse(const char *text, size_t size, struct arena *arena,
                      struct ssh_signers *ret, struct err *err);

/* Whose key it is, for this name space and at this time (Unix seconds). ERR_DENIED: nobody's,
 * and the reason that comes nearest. */
int ssh_signers_find(const struct ssh_signers *signers, struct ssh_bytes key,
                     const char *name_space, int64_t time, const struct ssh_signer **ret,
                     struct err *err);

#endif
