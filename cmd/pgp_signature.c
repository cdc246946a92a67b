/* pgp_signature.c: see pgp_signature.h. */
#include "pgp_signature.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gpgme.h>

#include "arena.h"
#include "err.h"
#include "safe_text.h"
#include "strbuf.h"

enum { BITS_MIN = 2048, PATH_LEN = 512, NAME_MAX_LEN = 4096, REMOVAL_TRIES = 100 };

struct pgp_ring {
    gpgme_ctx_t context;
    char directory[PATH_LEN]; /* GnuPG's home; "" when there is none yet */
};

/* Keys are believed because they are in the ring; nothing is started, asked or fetched. */
static const char settings[] = "batch\n"
                               "trust-model always\n"
                               "no-autostart\n"
                               "lock-never\n"
                               "disable-dirmngr\n"
                               "no-auto-key-retrieve\n"
                               "weak-digest SHA1\n"
                               "weak-digest RIPEMD160\n";

static int gpgme_failed(const char *what, gpgme_error_t error, struct err *err)
{
    char text[200];
    gpgme_strerror_r(error, text, sizeof(text));
    return err_set(err, ERR_DENIED, "%s: GnuPG says: %s", what, text);
}

/* ---- the ring -----------------------------------------------------------------------------
 */

static int write_settings(const char *directory, struct err *err)
{
    char path[PATH_LEN + 16];
    snprintf(path, sizeof(path), "%s/gpg.conf", directory);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    bool bad = fputs(settings, file) == EOF;
    if (fclose(file) != 0 || bad)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    return 0;
}

static int make_home(struct pgp_ring *ring, struct err *err)
{
    char path[PATH_LEN];
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] != '/')
        parent = "/tmp";
    if (snprintf(path, sizeof(path), "%s/gridform-pgp-XXXXXX", parent) >= PATH_LEN)
        return err_set(err, ERR_STORAGE, "TMPDIR is too long");
    if (mkdtemp(path) == NULL)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    memcpy(ring->directory, path, sizeof(path));
    return write_settings(path, err);
}

static int open_context(struct pgp_ring *ring, struct err *err)
{
    if (gpgme_check_version(GPGME_VERSION) == NULL)
        return err_set(err, ERR_NOT_FOUND, "gpgme is older than the one of the build");
    if (gpgme_engine_check_version(GPGME_PROTOCOL_OPENPGP) != GPG_ERR_NO_ERROR)
        return err_set(err, ERR_NOT_FOUND,
                       "OpenPGP signatures are verified by GnuPG, which is not here: install "
                       "gpg");
    gpgme_error_t error = gpgme_new(&ring->context);
    if (error == GPG_ERR_NO_ERROR)
        error = gpgme_ctx_set_engine_info(ring->context, GPGME_PROTOCOL_OPENPGP, NULL,
                                          ring->directory);
    return error == GPG_ERR_NO_ERROR ? 0 : gpgme_failed("GnuPG does not start", error, err);
}

static int import(struct pgp_ring *ring, const struct pgp_block *block, struct err *err)
{
    gpgme_data_t data = NULL;
    gpgme_error_t error = gpgme_data_new_from_mem(&data, block->text, block->size, 0);
    if (error == GPG_ERR_NO_ERROR)
        error = gpgme_op_import(ring->context, data);
    gpgme_data_release(data);
    const gpgme_import_result_t result =
        error == GPG_ERR_NO_ERROR ? gpgme_op_import_result(ring->context) : NULL;
    if (result != NULL && result->secret_read > 0)
        return err_set(err, ERR_INVALID,
                       "line %u: the block holds a secret key: only gpg --export --armor "
                       "belongs here, and whoever could read the file may sign now",
                       block->line);
    if (result == NULL || result->imported + result->unchanged == 0)
        return err_set(err, ERR_INVALID,
                       "line %u: GnuPG takes no public key from this block: gpg --export "
                       "--armor makes one",
                       block->line);
    return 0;
}

int pgp_ring_open(const struct pgp_keys *keys, struct arena *arena, struct pgp_ring **ret,
                  struct err *err)
{
    struct pgp_ring *ring = ARENA_NEW(arena, struct pgp_ring);
    int result = make_home(ring, err);
    if (result == 0)
        result = open_context(ring, err);
    for (size_t i = 0; result == 0 && i < keys->n; i++)
        result = import(ring, &keys->items[i], err);
    if (result < 0)
        pgp_ring_close(ring);
    else
        *ret = ring;
    return result;
}

static int remove_one(const char *path, const struct stat *status UNUSED, int kind UNUSED,
                      struct FTW *where UNUSED)
{
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

/* gpgme does not wait for the end of the gpg that it started, which may tidy up beside us. */
static void remove_home(const char *directory)
{
    for (int left = REMOVAL_TRIES; left > 0; left--) {
        nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        if (access(directory, F_OK) < 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

void pgp_ring_close(struct pgp_ring *ring)
{
    if (ring->context != NULL)
        gpgme_release(ring->context);
    if (ring->directory[0] != '\0')
        remove_home(ring->directory);
}

/* ---- verification -------------------------------------------------------------------------
 */

static bool hash_counts(gpgme_hash_algo_t hash)
{
    return hash == GPGME_MD_SHA256 || hash == GPGME_MD_SHA384 || hash == GPGME_MD_SHA512 ||
           hash == GPGME_MD_SHA224;
}

/* What is wrong with a signature in itself, before whose it is; NULL: nothing. */
static const char *objection(const struct _gpgme_signature *signature)
{
    static const struct {
        gpgme_err_code_t code;
        const char *says;
    } known[] = {
        {GPG_ERR_BAD_SIGNATURE, "the commit was changed after it was signed"},
        {GPG_ERR_NO_PUBKEY, "no key of the file made it"},
        {GPG_ERR_KEY_EXPIRED, "the key has expired: put the renewed one into the file"},
        {GPG_ERR_SIG_EXPIRED, "the signature has expired"},
        {GPG_ERR_CERT_REVOKED, "the key is revoked"},
    };
    gpgme_err_code_t code = gpgme_err_code(signature->status);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (code == known[i].code)
            return known[i].says;
    if (code != GPG_ERR_NO_ERROR)
        return gpgme_strerror(signature->status);
    if (!hash_counts(signature->hash_algo))
        return "it is of a hash that is too weak: SHA-256 or SHA-512 are wanted";
    /* GnuPG rates no trust where every key of the ring is believed, so green is not wanted. */
    if ((signature->summary & ~(GPGME_SIGSUM_VALID | GPGME_SIGSUM_GREEN)) != 0 ||
        signature->wrong_key_usage)
        return "GnuPG does not call it valid";
    return NULL;
}

static const char *key_objection(const struct _gpgme_key *key, const char *fingerprint)
{
    for (const struct _gpgme_subkey *it = key->subkeys; it != NULL; it = it->next) {
        if (it->fpr == NULL || strcmp(it->fpr, fingerprint) != 0)
            continue;
        bool curve = it->pubkey_algo == GPGME_PK_ECDSA || it->pubkey_algo == GPGME_PK_EDDSA;
        return curve || it->length >= BITS_MIN ? NULL
                                               : "its key is too short: 2048 bits are wanted";
    }
    return "GnuPG does not tell its key";
}

static const char *describe(const struct _gpgme_key *key, struct arena *arena)
{
    struct strbuf out;
    const char *name = key->uids != NULL && key->uids->uid != NULL ? key->uids->uid : "";
    strbuf_init(&out, NAME_MAX_LEN);
    for (const char *at = name; *at != '\0';)
        at += safe_char(at, false, &out);
    strbuf_addf(&out, " (OpenPGP %s)", key->subkeys->fpr);
    const char *kept = arena_strdup(arena, strbuf_str(&out));
    strbuf_release(&out);
    return kept;
}

/* One signature alone may stand for a commit: with two, each reader could look at another. */
static int judge(struct pgp_ring *ring, struct arena *arena, const char **ret_signer,
                 struct err *err)
{
    const gpgme_verify_result_t result = gpgme_op_verify_result(ring->context);
    const struct _gpgme_signature *signature = result == NULL ? NULL : result->signatures;
    if (signature == NULL || signature->fpr == NULL)
        return err_set(err, ERR_DENIED, "no OpenPGP signature: damaged, or of another kind");
    if (signature->next != NULL)
        return err_set(err, ERR_DENIED, "it carries several OpenPGP signatures, not one");
    const char *problem = objection(signature);
    if (problem != NULL)
        return err_set(err, ERR_DENIED, "signed by the OpenPGP key %.80s: %s", signature->fpr,
                       problem);
    gpgme_key_t key = NULL;
    gpgme_error_t error = gpgme_get_key(ring->context, signature->fpr, &key, 0);
    if (error != GPG_ERR_NO_ERROR)
        return gpgme_failed("the key that signed", error, err);
    problem = key_objection(key, signature->fpr);
    if (problem == NULL)
        *ret_signer = describe(key, arena);
    else
        err_set(err, ERR_DENIED, "signed by the OpenPGP key %.80s: %s", signature->fpr,
                problem);
    gpgme_key_unref(key);
    return problem == NULL ? 0 : -1;
}

int pgp_ring_verify(struct pgp_ring *ring, const char *signature, size_t signature_size,
                    const char *payload, size_t payload_size, struct arena *arena,
                    const char **ret_signer, struct err *err)
{
    gpgme_data_t armour = NULL, text = NULL;
    gpgme_error_t error = gpgme_data_new_from_mem(&armour, signature, signature_size, 0);
    if (error == GPG_ERR_NO_ERROR)
        error = gpgme_data_new_from_mem(&text, payload, payload_size, 0);
    if (error == GPG_ERR_NO_ERROR)
        error = gpgme_op_verify(ring->context, armour, text, NULL);
    int result = error == GPG_ERR_NO_ERROR || gpgme_err_code(error) == GPG_ERR_NO_DATA
                     ? judge(ring, arena, ret_signer, err)
                     : gpgme_failed("no OpenPGP signature", error, err);
    gpgme_data_release(text);
    gpgme_data_release(armour);
    return result;
}
