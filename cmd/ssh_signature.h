/* ssh_signature.h: signatures in OpenSSH's SSHSIG format, as ssh-keygen -Y sign and
 * git commit -S (gpg.format=ssh) make them, verified with libcrypto.
 *
 * Keys: ed25519, RSA from 2048 bits (rsa-sha2-256 and -512, never SHA-1), ECDSA on the three
 * NIST curves, and the ed25519 and ECDSA keys of security keys. Certificates are refused.
 */
#ifndef GF_SSH_SIGNATURE_H
#define GF_SSH_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

struct ssh_bytes {
    const uint8_t *data;
    size_t size;
};

struct ssh_signature {
    struct ssh_bytes key;   /* public key in wire format */
    const char *key_type;   /* "ssh-ed25519" */
    const char *name_space; /* what it was made for: "git" */
    struct ssh_bytes reserved;
    const char *hash;           /* "sha256" or "sha512" */
    struct ssh_bytes signature; /* in wire format, its type first */
};

/* From the armoured form, between its BEGIN and END lines. ERR_INVALID: not one, or damaged. */
int ssh_signature_parse(const char *text, size_t size, struct arena *arena,
                        struct ssh_signature *ret, struct err *err);

/* Is it the key's signature over exactly these bytes, made for this name space? ERR_DENIED: no.
 * ERR_INVALID: of a kind that is not taken. */
int ssh_signature_verify(const struct ssh_signature *signature, const char *name_space,
                         const void *payload, size_t size, struct err *err);

/* "SHA256:…" of a key, as ssh-keygen -l prints it. */
const char *ssh_fingerprint(struct ssh_bytes key, struct arena *arena);

/* Strict base64, without blanks. ERR_INVALID. */
int ssh_base64(const char *text, size_t size, struct arena *arena, struct ssh_bytes *ret,
               struct err *err);

/* The type that a key in wire format begins with; NULL when it has none. */
const char *ssh_signature_key_type(struct ssh_bytes key, struct arena *arena);

#endif
