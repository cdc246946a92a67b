/* pgp_signature.h: OpenPGP signatures, as git commit -S (gpg.format=openpgp) makes them,
 * verified by GnuPG through gpgme.
 *
 * Only the keys of the ring count. GnuPG works in a directory of its own, which pgp_ring_close
 * removes: the caller's keyring, trust and settings play no part, nothing is fetched and no
 * agent is started. Keys: RSA and DSA from 2048 bits and the elliptic curves; hashes: SHA-2.
 *
 * A gridform that is built without gpgme has pgp_none.c instead, in which no ring opens.
 */
#ifndef GF_PGP_SIGNATURE_H
#define GF_PGP_SIGNATURE_H

#include <stddef.h>

struct arena;
struct err;

/* One armoured block of public keys; the text is the caller's. */
struct pgp_block {
    const char *text;
    size_t size;
    unsigned line; /* in its file, for messages */
};

struct pgp_keys {
    const struct pgp_block *items;
    size_t n;
};

struct pgp_ring;

/* The ring lies in the arena; the caller closes what opens. ERR_INVALID names the line of a
 * block that GnuPG does not take, or that holds secret keys. ERR_NOT_FOUND: there is no GnuPG
 * here, or this gridform is built without gpgme. ERR_STORAGE: no directory for it. */
int pgp_ring_open(const struct pgp_keys *keys, struct arena *arena, struct pgp_ring **ret,
                  struct err *err);
void pgp_ring_close(struct pgp_ring *ring);

/* Is the detached, armoured signature one of a key of the ring over exactly these bytes?
 * *ret_signer: "Ada <ada@lab.local> (OpenPGP FINGERPRINT)", with the primary key's fingerprint.
 * ERR_DENIED: it is not, and why: a key that is revoked or by now expired does not count, as
 * for git. */
int pgp_ring_verify(struct pgp_ring *ring, const char *signature, size_t signature_size,
                    const char *payload, size_t payload_size, struct arena *arena,
                    const char **ret_signer, struct err *err);

#endif
