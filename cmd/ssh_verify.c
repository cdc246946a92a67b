/* ssh_verify.c: verification of signatures, by the type of their key (ssh_signature.h). */
#include "ssh_verify.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "compiler.h"
#include "err.h"
#include "strbuf.h"

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 16384, PRESENT = 1, SIGNED_MAX = 4096 };

enum family { FAMILY_ED25519, FAMILY_RSA, FAMILY_ECDSA };

/* One type of key, and how its signatures are made. */
struct key_type {
    const char *name;
    enum family family;
    const char *curve, *group;     /* ECDSA: SSH's name and OpenSSL's */
    const EVP_MD *(*digest)(void); /* NULL: the signature's type says it, or none */
    bool security_key;
};

static const struct key_type key_types[] = {
    {"ssh-ed25519", FAMILY_ED25519, NULL, NULL, NULL, false},
    {"ssh-rsa", FAMILY_RSA, NULL, NULL, NULL, false},
    {"ecdsa-sha2-nistp256", FAMILY_ECDSA, "nistp256", "P-256", EVP_sha256, false},
    {"ecdsa-sha2-nistp384", FAMILY_ECDSA, "nistp384", "P-384", EVP_sha384, false},
    {"ecdsa-sha2-nistp521", FAMILY_ECDSA, "nistp521", "P-521", EVP_sha512, false},
    {"sk-ssh-ed25519@openssh.com", FAMILY_ED25519, NULL, NULL, NULL, true},
    {"sk-ecdsa-sha2-nistp256@openssh.com", FAMILY_ECDSA, "nistp256", "P-256", EVP_sha256, true},
};

static void pkey_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void bn_free(BIGNUM **number)
{
    BN_free(*number);
}

static const struct key_type *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(key_types); i++)
        if (strcmp(key_types[i].name, name) == 0)
            return &key_types[i];
    return NULL;
}

/* ---- keys ---------------------------------------------------------------------------------
 */

/* A number that is not negative. */
static BIGNUM *take_number(struct ssh_bytes *from)
{
    struct ssh_bytes bytes;
    if (ssh_take(from, &bytes) < 0 || bytes.size > RSA_BITS_MOST / 8 + 1 ||
        (bytes.size > 0 && bytes.data[0] >= 0x80))
        return NULL;
    return BN_bin2bn(bytes.data, (int)bytes.size, NULL);
}

static EVP_PKEY *build(const char *algorithm, OSSL_PARAM_BLD *builder, bool complete)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = complete ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *rsa_key(struct ssh_bytes *at)
{
    BIGNUM *e CLEANUP(bn_free) = take_number(at);
    BIGNUM *n CLEANUP(bn_free) = take_number(at);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool complete = builder != NULL && n != NULL && e != NULL && !BN_is_zero(n) &&
                    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    EVP_PKEY *key = build("RSA", builder, complete);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *ecdsa_key(const struct key_type *type, struct ssh_bytes *at)
{
    struct ssh_bytes curve, point;
    if (ssh_take(at, &curve) < 0 || ssh_take(at, &point) < 0 ||
        !ssh_bytes_are(curve, type->curve))
        return NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool complete = builder != NULL &&
                    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                                    type->group, 0) == 1 &&
                    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                                     point.data, point.size) == 1;
    EVP_PKEY *key = build("EC", builder, complete);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/* The key behind its type; what a security key is bound to comes last. */
static EVP_PKEY *take_key(const struct key_type *type, struct ssh_bytes at,
                          struct ssh_bytes *ret_application)
{
    struct ssh_bytes name, raw;
    EVP_PKEY *key = NULL;
    if (ssh_take(&at, &name) < 0 || !ssh_bytes_are(name, type->name))
        return NULL;
    if (type->family == FAMILY_RSA)
        key = rsa_key(&at);
    else if (type->family == FAMILY_ECDSA)
        key = ecdsa_key(type, &at);
    else if (ssh_take(&at, &raw) == 0)
        key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data, raw.size);
    if ((type->security_key && ssh_take(&at, ret_application) < 0) || at.size != 0) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* ---- signatures ---------------------------------------------------------------------------
 */

/* libcrypto wants r and s in DER. Returns its size, 0 when they are none. */
static size_t ecdsa_der(struct ssh_bytes from, unsigned char **ret)
{
    BIGNUM *r = take_number(&from), *s = take_number(&from);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    if (r == NULL || s == NULL || from.size != 0 || pair == NULL ||
        ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return 0;
    }
    int n = i2d_ECDSA_SIG(pair, ret);
    ECDSA_SIG_free(pair);
    return n < 0 ? 0 : (size_t)n;
}

static bool verify_raw(EVP_PKEY *key, const EVP_MD *digest, struct ssh_bytes signature,
                       const struct strbuf *data)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context != NULL && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
        EVP_DigestVerify(context, signature.data, signature.size,
                         (const unsigned char *)strbuf_str(data), strbuf_len(data)) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static bool verify_ecdsa(const struct key_type *type, EVP_PKEY *key, struct ssh_bytes signature,
                         const struct strbuf *data)
{
    unsigned char *der = NULL;
    size_t size = ecdsa_der(signature, &der);
    bool good =
        size > 0 && verify_raw(key, type->digest(), (struct ssh_bytes){der, size}, data);
    OPENSSL_free(der);
    return good;
}

/* Leading zeros of the number may have been left out. */
static bool verify_rsa(EVP_PKEY *key, const EVP_MD *digest, struct ssh_bytes signature,
                       const struct strbuf *data)
{
    unsigned char padded[RSA_BITS_MOST / 8] = {0};
    size_t size = (size_t)EVP_PKEY_get_size(key);
    if (size > sizeof(padded) || signature.size > size)
        return false;
    memcpy(padded + size - signature.size, signature.data, signature.size);
    return verify_raw(key, digest, (struct ssh_bytes){padded, size}, data);
}

static void add_string(struct strbuf *out, const void *data, size_t size)
{
    const char length[4] = {(char)(size >> 24), (char)(size >> 16), (char)(size >> 8),
                            (char)size};
    strbuf_add_mem(out, length, sizeof(length));
    strbuf_add_mem(out, data, size);
}

/* What was signed: name space, hash and digest, never the payload alone. */
static int add_signed(const struct ssh_signature *s, const void *payload, size_t size,
                      struct strbuf *out, struct err *err)
{
    const EVP_MD *hash = strcmp(s->hash, "sha512") == 0   ? EVP_sha512()
                         : strcmp(s->hash, "sha256") == 0 ? EVP_sha256()
                                                          : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (hash == NULL)
        return err_set(err, ERR_INVALID,
                       "the signature uses the hash %.40s, not sha256 or sha512", s->hash);
    if (EVP_Digest(payload, size, digest, &n, hash, NULL) != 1)
        return err_set(err, ERR_INTERNAL, "libcrypto cannot digest");
    strbuf_add(out, "SSHSIG");
    add_string(out, s->name_space, strlen(s->name_space));
    add_string(out, s->reserved.data, s->reserved.size);
    add_string(out, s->hash, strlen(s->hash));
    add_string(out, digest, n);
    return strbuf_overflowed(out) ? err_set(err, ERR_INVALID, "the SSH signature is damaged")
                                  : 0;
}

/* A security key signs digests, with its flags and counter between them. */
static int wrap_security_key(struct ssh_bytes *tail, struct ssh_bytes application,
                             struct strbuf *data, struct err *err)
{
    unsigned char of_application[EVP_MAX_MD_SIZE], of_data[EVP_MAX_MD_SIZE];
    if (tail->size != 5)
        return err_set(err, ERR_INVALID, "the SSH signature is damaged");
    if ((tail->data[0] & PRESENT) == 0)
        return err_set(err, ERR_DENIED, "nobody touched the security key that signed");
    if (EVP_Digest(application.data, application.size, of_application, NULL, EVP_sha256(),
                   NULL) != 1 ||
        EVP_Digest(strbuf_str(data), strbuf_len(data), of_data, NULL, EVP_sha256(), NULL) != 1)
        return err_set(err, ERR_INTERNAL, "libcrypto cannot digest");
    strbuf_clear(data);
    strbuf_add_mem(data, of_application, 32);
    strbuf_add_mem(data, tail->data, tail->size);
    strbuf_add_mem(data, of_data, 32);
    tail->size = 0;
    return 0;
}

static bool verify_with(const struct key_type *type, EVP_PKEY *key, struct ssh_bytes name,
                        struct ssh_bytes signature, const struct strbuf *data)
{
    switch (type->family) {
    case FAMILY_RSA:
        return verify_rsa(key,
                          ssh_bytes_are(name, "rsa-sha2-512") ? EVP_sha512() : EVP_sha256(),
                          signature, data);
    case FAMILY_ECDSA:
        return verify_ecdsa(type, key, signature, data);
    case FAMILY_ED25519:
        break;
    }
    return verify_raw(key, NULL, signature, data);
}

static int check_strength(const struct key_type *type, EVP_PKEY *key, struct ssh_bytes name,
                          struct err *err)
{
    if (key == NULL)
        return err_set(err, ERR_INVALID, "the key of the SSH signature is damaged");
    if (type->family != FAMILY_RSA)
        return ssh_bytes_are(name, type->name)
                   ? 0
                   : err_set(err, ERR_INVALID,
                             "the SSH signature is of another type than its key");
    if (!ssh_bytes_are(name, "rsa-sha2-512") && !ssh_bytes_are(name, "rsa-sha2-256"))
        return err_set(err, ERR_INVALID,
                       "the RSA signature is not of rsa-sha2-256 or rsa-sha2-512: sign again");
    if (EVP_PKEY_get_bits(key) < RSA_BITS_LEAST)
        return err_set(err, ERR_INVALID, "the RSA key that signed has %d bits, fewer than %d",
                       EVP_PKEY_get_bits(key), RSA_BITS_LEAST);
    return 0;
}

static int verify_data(const struct ssh_signature *s, const struct key_type *type,
                       struct strbuf *data, struct err *err)
{
    struct ssh_bytes at = s->signature, name, signature, application = {0};
    if (ssh_take(&at, &name) < 0 || ssh_take(&at, &signature) < 0)
        return err_set(err, ERR_INVALID, "the SSH signature is damaged");
    EVP_PKEY *key CLEANUP(pkey_free) = take_key(type, s->key, &application);
    if (check_strength(type, key, name, err) < 0)
        return -1;
    if (type->security_key && wrap_security_key(&at, application, data, err) < 0)
        return -1;
    if (at.size != 0)
        return err_set(err, ERR_INVALID, "the SSH signature is damaged");
    if (!verify_with(type, key, name, signature, data))
        return err_set(err, ERR_DENIED,
                       "the signature is not one of this content: it was "
                       "changed after it was signed, or the signature was");
    return 0;
}

int ssh_signature_verify(const struct ssh_signature *signature, const char *name_space,
                         const void *payload, size_t size, struct err *err)
{
    const struct key_type *type = find_type(signature->key_type);
    struct strbuf data;
    if (strcmp(signature->name_space, name_space) != 0)
        return err_set(err, ERR_DENIED, "the signature was made for %.60s, not for %s",
                       signature->name_space, name_space);
    if (type == NULL)
        return err_set(err, ERR_INVALID, "keys of the type %.80s are not taken%s",
                       signature->key_type,
                       strstr(signature->key_type, "-cert-") != NULL
                           ? ": certificates are not, sign with the key itself"
                           : "");
    strbuf_init(&data, SIGNED_MAX);
    int result = add_signed(signature, payload, size, &data, err);
    if (result == 0)
        result = verify_data(signature, type, &data, err);
    strbuf_release(&data);
    return result;
}
