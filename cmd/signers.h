/* signers.h: the file that says whose signatures of commits count: lines of OpenSSH's allowed
 * signers (ssh_signers.h), armoured OpenPGP public keys as gpg --export --armor prints them, or
 * both. */
#ifndef GF_SIGNERS_H
#define GF_SIGNERS_H

#include "pgp_signature.h"
#include "ssh_signers.h"

struct signers {
    struct ssh_signers ssh;
    struct pgp_keys pgp; /* not looked into before a commit is signed with OpenPGP */
};

/* The signers point into the text and the arena. ERR_INVALID names the line. */
int signers_parse(const char *text, size_t size, struct arena *arena, struct signers *ret,
                  struct err *err);

#endif
