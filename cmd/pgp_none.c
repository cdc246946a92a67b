/* pgp_none.c: pgp_signature.h where gridform is built without gpgme. */
#include "pgp_signature.h"

#include "err.h"

int pgp_ring_open(const struct pgp_keys *keys UNUSED, struct arena *arena UNUSED,
                  struct pgp_ring **ret UNUSED, struct err *err)
{
    return err_set(
        err, ERR_NOT_FOUND,
        "this gridform is built without gpgme, so it verifies no OpenPGP signatures: "
        "build it where libgpgme-dev is installed, or sign with SSH (git config "
        "gpg.format ssh)");
}

void pgp_ring_close(struct pgp_ring *ring UNUSED)
{
}

int pgp_ring_verify(struct pgp_ring *ring UNUSED, const char *signature UNUSED,
                    size_t signature_size UNUSED, const char *payload UNUSED,
                    size_t payload_size UNUSED, struct arena *arena UNUSED,
                    const char **ret_signer UNUSED, struct err *err)
{
    return err_set(err, ERR_INTERNAL, "a ring that never opened verifies nothing");
}
