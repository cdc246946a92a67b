/* certs.c: a certificate authority of the lab's own, and a certificate for each server. */
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lab_internal.h"
#include "strbuf.h"

enum { NAMES_MAX = 1 << 16 };

struct pair {
    X509 *cert;
    EVP_PKEY *key;
};

static void pair_release(struct pair *pair)
{
    X509_free(pair->cert);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){0};
}

static char *bio_text(struct arena *arena, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    return arena_memdup(arena, data, (size_t)size);
}

static char *cert_text(struct arena *arena, X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    char *text = bio_text(arena, bio);
    BIO_free(bio);
    return text;
}

static char *key_text(struct arena *arena, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    char *text = bio_text(arena, bio);
    BIO_free(bio);
    return text;
}

static bool load(struct lab *lab, const char *kind, struct pair *pair)
{
    char name[128];
    snprintf(name, sizeof(name), "%s.pem", kind);
    char *cert = file_read(lab->world->arena, lab->dir, name);
    snprintf(name, sizeof(name), "%s.key", kind);
    char *key = file_read(lab->world->arena, lab->dir, name);
    if (!cert || !key)
        return false;
    BIO *bio = BIO_new_mem_buf(cert, -1);
    pair->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    bio = BIO_new_mem_buf(key, -1);
    pair->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (pair->cert && pair->key && X509_check_private_key(pair->cert, pair->key) == 1)
        return true;
    pair_release(pair);
    return false;
}

static int save(struct lab *lab, const char *kind, const struct pair *pair, struct err *err)
{
    char name[128];
    snprintf(name, sizeof(name), "%s.key", kind);
    if (file_write(lab->dir, name, key_text(lab->world->arena, pair->key), 0600, err) < 0)
        return -1;
    snprintf(name, sizeof(name), "%s.pem", kind);
    return file_write(lab->dir, name, cert_text(lab->world->arena, pair->cert), 0644, err);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension)
        X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static void set_identity(X509 *cert, const char *name, const X509 *issuer)
{
    unsigned char serial[16];
    RAND_bytes(serial, sizeof(serial));
    serial[0] &= 0x7f;
    BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    X509_set_version(cert, 2);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3650L * 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
}

static void add_names(X509 *cert, X509 *issuer, const struct server_cert *server)
{
    struct strbuf names;
    strbuf_init(&names, NAMES_MAX);
    strbuf_addf(&names, "DNS:%s,DNS:localhost,IP:127.0.0.1", server->name);
    for (const char *const *it = server->also; it && *it; it++)
        strbuf_addf(&names, ",DNS:%s", *it);
    add_extension(cert, issuer, NID_subject_alt_name, strbuf_str(&names));
    strbuf_release(&names);
}

static bool has_names(X509 *cert, const struct server_cert *server)
{
    bool all = X509_check_host(cert, server->name, 0, 0, NULL) == 1;
    for (const char *const *it = server->also; it && *it; it++)
        all = all && X509_check_host(cert, *it, 0, 0, NULL) == 1;
    return all;
}

/* A key and its certificate; without an authority (server is NULL) it is one itself. */
static int make(const struct server_cert *server, const struct pair *authority,
                struct pair *ret, struct err *err)
{
    const char *name = server ? server->name : "gridform lab authority";
    struct pair pair = {X509_new(), EVP_EC_gen("P-256")};
    if (!pair.cert || !pair.key) {
        pair_release(&pair);
        return err_set(err, ERR_INTERNAL, "no key for %s", name);
    }
    X509 *issuer = authority ? authority->cert : pair.cert;
    set_identity(pair.cert, name, authority ? authority->cert : NULL);
    X509_set_pubkey(pair.cert, pair.key);
    add_extension(pair.cert, issuer, NID_basic_constraints,
                  authority ? "critical,CA:FALSE" : "critical,CA:TRUE");
    add_extension(pair.cert, issuer, NID_key_usage,
                  authority ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
    add_extension(pair.cert, issuer, NID_subject_key_identifier, "hash");
    if (authority) {
        add_extension(pair.cert, issuer, NID_authority_key_identifier, "keyid");
        add_extension(pair.cert, issuer, NID_ext_key_usage, "serverAuth");
        add_names(pair.cert, issuer, server);
    }
    if (!X509_sign(pair.cert, authority ? authority->key : pair.key, EVP_sha256())) {
        pair_release(&pair);
        return err_set(err, ERR_INTERNAL, "no certificate for %s", name);
    }
    *ret = pair;
    return 0;
}

static int make_server(struct lab *lab, const struct pair *authority, struct server_cert *cert,
                       struct err *err)
{
    struct pair pair = {0};
    bool kept = load(lab, cert->kind, &pair);
    kept = kept && X509_verify(pair.cert, authority->key) == 1 &&
           has_names(pair.cert, cert);
    if (!kept) {
        pair_release(&pair);
        if (make(cert, authority, &pair, err) < 0)
            return -1;
    }
    int result = kept ? 0 : save(lab, cert->kind, &pair, err);
    cert->cert_pem = cert_text(lab->world->arena, pair.cert);
    cert->key_pem = key_text(lab->world->arena, pair.key);
    pair_release(&pair);
    return result;
}

int certs_make(struct lab *lab, struct server_cert *certs, size_t n, struct err *err)
{
    struct pair authority = {0};
    int result = 0;
    if (!load(lab, "ca", &authority)) {
        if (make(NULL, NULL, &authority, err) < 0)
            return -1;
        result = save(lab, "ca", &authority, err);
    }
    for (size_t i = 0; result == 0 && i < n; i++)
        result = make_server(lab, &authority, &certs[i], err);
    pair_release(&authority);
    return result;
}
