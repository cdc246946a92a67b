/* signature.c: see signature.h. */
#include "signature.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#include "compiler.h"

enum { RAW_SIZE = 64, DECODED_SIZE = SIGNATURE_LEN / 4 * 3 };

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static BIO *open_text(const char *text, size_t size)
{
    return size > INT_MAX ? NULL : BIO_new_mem_buf(text, (int)size);
}

/* Nobody sits there to be asked for a passphrase. */
static int no_passphrase(char *to UNUSED, int size UNUSED, int writing UNUSED,
                         void *context UNUSED)
{
    return -1;
}

int signature_make(const char *key_pem, size_t key_size, const char *text, size_t size,
                   char ret[static SIGNATURE_LEN + 1], struct err *err)
{
    CLEANUP(free_bio) BIO *bio = open_text(key_pem, key_size);
    CLEANUP(free_key)
    EVP_PKEY *key =
        bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char raw[RAW_SIZE];
    size_t n = sizeof(raw);
    ERR_clear_error();
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
        return err_set(err, ERR_INVALID,
                       "holds no Ed25519 private key without a passphrase (make one with: "
                       "openssl genpkey -algorithm ed25519)");
    if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, raw, &n, (const unsigned char *)text, size) != 1 ||
        n != sizeof(raw))
        return err_set(err, ERR_INTERNAL, "libcrypto cannot sign");
    EVP_EncodeBlock((unsigned char *)ret, raw, (int)n);
    return 0;
}

static bool is_signed_by(EVP_PKEY *key, const char *text, size_t size,
                         const unsigned char raw[static RAW_SIZE])
{
    CLEANUP(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(context, raw, RAW_SIZE, (const unsigned char *)text, size) == 1;
    ERR_clear_error();
    return good;
}

int signature_check(const char *keys_pem, size_t keys_size, const char *text, size_t size,
                    const char *signature, struct err *err)
{
    unsigned char raw[DECODED_SIZE];
    CLEANUP(free_bio) BIO *bio = open_text(keys_pem, keys_size);
    size_t n_keys = 0;
    bool good = false, decoded = EVP_DecodeBlock(raw, (const unsigned char *)signature,
                                                 SIGNATURE_LEN) == DECODED_SIZE;
    EVP_PKEY *key;
    while (bio != NULL && !good && (key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL)) != NULL) {
        good = decoded && is_signed_by(key, text, size, raw);
        n_keys += EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
    if (good)
        return 0;
    if (n_keys == 0)
        return err_set(err, ERR_INVALID,
                       "holds no Ed25519 public key (openssl pkey -in KEY.pem -pubout)");
    return err_set(err, ERR_UNTRUSTED, "it was not signed by a key that is trusted");
}
