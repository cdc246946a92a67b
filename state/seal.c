/* seal.c: see seal.h. */
#include "seal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "compiler.h"
#include "names.h"
#include "strbuf.h"

#define BEGIN "{\"gridform_sealed\":"
#define VERSION "1"
#define TEXT "\",\"text\":\""
#define END "\"}\n"
#define SOURCE "\"source\":"
#define KEY ",\"key\":\""

enum {
    KEY_SIZE = 32,
    ID_HEX = 16,
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    KEYS_MAX = 16,
    HEAD_MAX = 1 << 16, /* up to the key */
    CHUNK = 3 * 16384   /* of base64: whole groups */
};

struct key {
    unsigned char bytes[KEY_SIZE];
    char id[ID_HEX + 1];
};

struct seal {
    struct key keys[KEYS_MAX];
    size_t n;
    bool writes;        /* the first key does */
    bool accepts_plain; /* though it does */
};

static const char *const purpose_names[SEAL_PURPOSE_COUNT] = {
    [SEAL_STATE] = "state", [SEAL_JOURNAL] = "journal", [SEAL_PLAN] = "plan"};

/* ---- keys ------------------------------------------------------------------------------- */

struct seal *seal_new(void)
{
    struct seal *seal = calloc(1, sizeof(*seal));
    if (seal == NULL)
        abort();
    return seal;
}

void seal_free(struct seal *seal)
{
    if (seal != NULL)
        OPENSSL_cleanse(seal, sizeof(*seal));
    free(seal);
}

static void to_hex(const unsigned char *bytes, size_t n, char *ret_hex)
{
    for (size_t i = 0; i < n; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits) % 16;
}

static bool from_hex(const char *text, unsigned char *ret_bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        ret_bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* 43 digits and one "=", which the standard's text has; the other alphabet is not ours. */
static bool from_base64(const char *text, unsigned char *ret_bytes)
{
    enum { DIGITS = 44 };
    unsigned char bytes[DIGITS];
    if (strlen(text) != DIGITS || text[DIGITS - 1] != '=' || text[DIGITS - 2] == '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, DIGITS) != KEY_SIZE + 1)
        return false;
    memcpy(ret_bytes, bytes, KEY_SIZE);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return true;
}

/* The digest that names the key says nothing about its bytes to who does not have them. */
static int name_key(struct key *key, struct err *err)
{
    static const char what[] = "gridform key id";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key->bytes, KEY_SIZE, (const unsigned char *)what, strlen(what),
             digest, &size) == NULL)
        return err_set(err, ERR_INTERNAL, "the key's digest cannot be made");
    to_hex(digest, ID_HEX / 2, key->id);
    return 0;
}

static int add_key(struct seal *seal, const char *text, struct err *err)
{
    struct key *key = &seal->keys[seal->n];
    if (seal->n == KEYS_MAX)
        return err_set(err, ERR_INVALID, "more than %d keys", KEYS_MAX);
    bool is_hex = strlen(text) == 2 * (size_t)KEY_SIZE && from_hex(text, key->bytes, KEY_SIZE);
    if (!is_hex && !from_base64(text, key->bytes))
        return err_set(
            err, ERR_INVALID,
            "it is no key: 32 random bytes as 64 hex digits or as base64 are wanted, "
            "not a passphrase; openssl rand -hex 32 makes one");
    if (name_key(key, err) < 0)
        return -1;
    seal->n++;
    return 0;
}

int seal_add_key(struct seal *seal, const char *text, struct err *err)
{
    bool first = seal->n == 0;
    if (add_key(seal, text, err) < 0)
        return -1;
    seal->writes = seal->writes || first;
    return 0;
}

int seal_add_former_key(struct seal *seal, const char *text, struct err *err)
{
    return add_key(seal, text, err);
}

void seal_accept_plain(struct seal *seal)
{
    seal->accepts_plain = true;
}

bool seal_writes(const struct seal *seal)
{
    return seal != NULL && seal->writes;
}

/* ---- the cipher ---------------------------------------------------------------------------
 */

static void free_cipher(EVP_CIPHER_CTX **cipher)
{
    EVP_CIPHER_CTX_free(*cipher);
}

static int library_fails(struct err *err)
{
    return err_set(err, ERR_INTERNAL, "libcrypto refuses AES-256-GCM");
}

/* What is bound to a text beside its content. */
struct bound {
    const char *head;
    size_t head_size;
    const struct seal_label *label;
};

static int add_bound(EVP_CIPHER_CTX *cipher, const struct bound *bound)
{
    int n;
    const struct seal_label *label = bound->label;
    if (EVP_CipherUpdate(cipher, NULL, &n, (const unsigned char *)bound->head,
                         (int)bound->head_size) != 1)
        return -1;
    if (label->context_size > 0 &&
        EVP_CipherUpdate(cipher, NULL, &n, (const unsigned char *)label->context,
                         (int)label->context_size) != 1)
        return -1;
    return 0;
}

/* A buffer that knows how large it will be. */
static unsigned char *buffer_of(size_t size)
{
    unsigned char *buffer = malloc(size + 1);
    if (buffer == NULL)
        abort();
    return buffer;
}

static void free_buffer(unsigned char **buffer)
{
    free(*buffer);
}

static void add_base64(const unsigned char *data, size_t size, struct strbuf *out)
{
    unsigned char text[CHUNK / 3 * 4 + 1];
    for (size_t at = 0; at < size; at += CHUNK) {
        size_t n = size - at < CHUNK ? size - at : CHUNK;
        int length = EVP_EncodeBlock(text, data + at, (int)n);
        strbuf_add_mem(out, text, (size_t)length);
    }
}

/* Only the one form of each content: what is encoded again is what was there. */
static int decode_base64(const char *text, size_t size, unsigned char *data, size_t *ret_size)
{
    unsigned char again[CHUNK / 3 * 4 + 1], bytes[CHUNK];
    const size_t step = CHUNK / 3 * 4;
    size_t done = 0;
    if (size == 0 || size % 4 != 0)
        return -1;
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        int length = EVP_DecodeBlock(bytes, (const unsigned char *)text + at, (int)n);
        if (length < 0)
            return -1;
        if (at + n == size)
            length -= (text[size - 1] == '=') + (text[size - 2] == '=');
        if (EVP_EncodeBlock(again, bytes, length) != (int)n || memcmp(again, text + at, n) != 0)
            return -1;
        memcpy(data + done, bytes, (size_t)length);
        done += (size_t)length;
    }
    *ret_size = done;
    return 0;
}

/* ---- sealing ------------------------------------------------------------------------------
 */

static int encrypt(const struct key *key, const unsigned char *nonce, const struct bound *bound,
                   const char *text, size_t size, unsigned char *ret_data)
{
    EVP_CIPHER_CTX *cipher CLEANUP(free_cipher) = EVP_CIPHER_CTX_new();
    int n = 0, last = 0;
    if (cipher == NULL ||
        EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, nonce) != 1 ||
        add_bound(cipher, bound) < 0 ||
        EVP_EncryptUpdate(cipher, ret_data, &n, (const unsigned char *)text, (int)size) != 1 ||
        EVP_EncryptFinal_ex(cipher, ret_data + n, &last) != 1 || (size_t)(n + last) != size ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, ret_data + size) != 1)
        return -1;
    return 0;
}

static void add_head(const struct seal_label *label, const struct key *key,
                     const unsigned char *nonce, struct strbuf *out)
{
    char hex[2 * NONCE_SIZE + 1];
    to_hex(nonce, NONCE_SIZE, hex);
    strbuf_addf(out, BEGIN VERSION ",\"purpose\":\"%s\"",
                names_of(purpose_names, SEAL_PURPOSE_COUNT, label->purpose));
    if (label->purpose == SEAL_JOURNAL)
        strbuf_addf(out, ",\"n\":%lld", (long long)label->serial);
    else if (label->lineage != NULL)
        strbuf_addf(out, ",\"lineage\":\"%s\",\"serial\":%lld", label->lineage,
                    (long long)label->serial);
    else if (label->source != NULL)
        strbuf_addf(out, "," SOURCE "%s", label->source);
    strbuf_addf(out, KEY "%s\",\"nonce\":\"%s" TEXT, key->id, hex);
}

int seal_text(const struct seal *seal, const struct seal_label *label, const char *text,
              size_t size, struct strbuf *out, struct err *err)
{
    unsigned char nonce[NONCE_SIZE];
    if (!seal_writes(seal) || size > INT_MAX - TAG_SIZE || label->context_size > INT_MAX ||
        (label->source != NULL && strlen(label->source) > HEAD_MAX / 2))
        return err_set(err, ERR_INTERNAL, "there is no key to seal with, or too much to seal");
    if (RAND_bytes(nonce, NONCE_SIZE) != 1)
        return err_set(err, ERR_INTERNAL, "libcrypto has no random bytes");
    size_t start = strbuf_len(out);
    add_head(label, &seal->keys[0], nonce, out);
    const struct bound bound = {strbuf_str(out) + start, strbuf_len(out) - start, label};
    unsigned char *data CLEANUP(free_buffer) = buffer_of(size + TAG_SIZE);
    if (encrypt(&seal->keys[0], nonce, &bound, text, size, data) < 0) {
        strbuf_truncate(out, start);
        return library_fails(err);
    }
    add_base64(data, size + TAG_SIZE, out);
    strbuf_add(out, END);
    if (!strbuf_overflowed(out))
        return 0;
    strbuf_truncate(out, start);
    return err_set(err, ERR_STORAGE, "more than %zu bytes once it is encrypted", out->max);
}

/* ---- opening ------------------------------------------------------------------------------
 */

static bool starts_with(const char *text, size_t size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

bool seal_is_sealed(const char *text, size_t size)
{
    return starts_with(text, size, BEGIN);
}

static int damaged(struct err *err)
{
    return err_set(err, ERR_INVALID, "the encrypted text was altered, cut short or damaged");
}

/* A sealed text taken apart. */
struct parts {
    const char *head, *key, *text; /* key: ID_HEX digits */
    size_t head_size, text_size;
    unsigned char nonce[NONCE_SIZE];
};

static const char *find(const char *text, size_t size, const char *what)
{
    return memmem(text, size, what, strlen(what));
}

bool seal_is_current(const struct seal *seal, const char *text, size_t size)
{
    char member[sizeof(KEY) + ID_HEX + 1];
    if (!seal_writes(seal))
        return !seal_is_sealed(text, size);
    snprintf(member, sizeof(member), KEY "%s\"", seal->keys[0].id);
    return seal_is_sealed(text, size) &&
           find(text, size < SEAL_HEAD ? size : SEAL_HEAD, member) != NULL;
}

static const char *skip(const char *at, const char *end, const char *expected)
{
    return at != NULL && starts_with(at, (size_t)(end - at), expected) ? at + strlen(expected)
                                                                       : NULL;
}

static const char *find_key_member(const char *text, size_t size)
{
    return find(text, size < HEAD_MAX ? size : HEAD_MAX, KEY);
}

const char *seal_source(const char *text, size_t size, size_t *ret_size)
{
    static const char start[] = BEGIN VERSION ",\"purpose\":\"plan\"," SOURCE;
    const char *key = find_key_member(text, size);
    if (!starts_with(text, size, start) || key == NULL)
        return NULL;
    *ret_size = (size_t)(key - text) - strlen(start);
    return text + strlen(start);
}

static int take_apart(const char *text, size_t size, struct parts *ret, struct err *err)
{
    const char *key = find_key_member(text, size), *end = text + size;
    if (key == NULL)
        return damaged(err);
    ret->head = text;
    ret->key = key + strlen(KEY);
    if ((size_t)(end - ret->key) < ID_HEX)
        return damaged(err);
    const char *nonce = skip(ret->key + ID_HEX, end, "\",\"nonce\":\"");
    if (nonce == NULL || end - nonce < 2 * NONCE_SIZE ||
        !from_hex(nonce, ret->nonce, NONCE_SIZE))
        return damaged(err);
    ret->text = skip(nonce + 2 * NONCE_SIZE, end, TEXT);
    if (ret->text == NULL || (size_t)(end - ret->text) < strlen(END) ||
        memcmp(end - strlen(END), END, strlen(END)) != 0)
        return damaged(err);
    ret->head_size = (size_t)(ret->text - text);
    ret->text_size = (size_t)(end - ret->text) - strlen(END);
    return 0;
}

/* A later version may look otherwise behind its number. */
static int check_version(const char *text, size_t size, struct err *err)
{
    const char *at = text + strlen(BEGIN);
    size_t digits = 0;
    while (digits < size - strlen(BEGIN) && digits < 9 && at[digits] >= '0' &&
           at[digits] <= '9')
        digits++;
    bool other = digits > 0 && (digits != strlen(VERSION) || memcmp(at, VERSION, digits) != 0);
    if (other && digits < size - strlen(BEGIN) && at[digits] == ',')
        return err_set(err, ERR_INVALID,
                       "it was encrypted in format %.*s by a newer gridform, or is damaged",
                       (int)digits, at);
    return digits == 0 ? damaged(err) : 0;
}

static int check_purpose(const struct seal_label *label, const struct parts *parts,
                         struct err *err)
{
    char expected[100];
    const char *name = names_of(purpose_names, SEAL_PURPOSE_COUNT, label->purpose);
    snprintf(expected, sizeof(expected), BEGIN VERSION ",\"purpose\":\"%s\",", name);
    if (!starts_with(parts->head, parts->head_size, expected))
        return err_set(err, ERR_INVALID, "it was not encrypted as a %s, or is damaged", name);
    if (label->purpose != SEAL_JOURNAL)
        return 0;
    char number[40];
    snprintf(number, sizeof(number), "\"n\":%lld,", (long long)label->serial);
    size_t at = strlen(expected);
    if (!starts_with(parts->head + at, parts->head_size - at, number))
        return err_set(err, ERR_INVALID, "records are missing or repeated here");
    return 0;
}

static int unknown_key(const struct seal *seal, const struct parts *parts, struct err *err)
{
    if (seal == NULL || seal->n == 0)
        return err_set(err, ERR_DENIED,
                       "it is encrypted (key %.*s), and the manifest names no key: put "
                       "encryption: { key: … } back; to leave encryption, name the key under "
                       "encryption: { previous: [ … ] } alone",
                       ID_HEX, parts->key);
    char given[KEYS_MAX * (ID_HEX + 2) + 1] = "";
    for (size_t i = 0; i < seal->n; i++)
        snprintf(given + strlen(given), sizeof(given) - strlen(given), "%s%s",
                 i == 0 ? "" : ", ", seal->keys[i].id);
    return err_set(err, ERR_DENIED,
                   "it was encrypted with another key (%.*s; given: %s): name that key under "
                   "encryption: { previous: [ … ] }",
                   ID_HEX, parts->key, given);
}

static const struct key *find_key(const struct seal *seal, const struct parts *parts)
{
    for (size_t i = 0; seal != NULL && i < seal->n; i++)
        if (memcmp(seal->keys[i].id, parts->key, ID_HEX) == 0)
            return &seal->keys[i];
    return NULL;
}

static bool is_hex_id(const struct parts *parts)
{
    for (size_t i = 0; i < ID_HEX; i++)
        if (strchr("0123456789abcdef", parts->key[i]) == NULL || parts->key[i] == '\0')
            return false;
    return true;
}

static int decrypt(const struct key *key, const struct parts *parts, const struct bound *bound,
                   unsigned char *data, size_t size)
{
    EVP_CIPHER_CTX *cipher CLEANUP(free_cipher) = EVP_CIPHER_CTX_new();
    size_t content = size - TAG_SIZE;
    int n = 0, last = 0;
    unsigned char rest[EVP_MAX_BLOCK_LENGTH];
    if (cipher == NULL ||
        EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, parts->nonce) != 1 ||
        add_bound(cipher, bound) < 0 ||
        EVP_DecryptUpdate(cipher, data, &n, data, (int)content) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, data + content) != 1 ||
        EVP_DecryptFinal_ex(cipher, rest, &last) != 1 || (size_t)(n + last) != content)
        return -1;
    return 0;
}

static int open_parts(const struct key *key, const struct seal_label *label,
                      const struct parts *parts, struct strbuf *out, struct err *err)
{
    unsigned char *data CLEANUP(free_buffer) = buffer_of(parts->text_size);
    const struct bound bound = {parts->head, parts->head_size, label};
    size_t size = 0;
    if (parts->text_size > INT_MAX ||
        decode_base64(parts->text, parts->text_size, data, &size) < 0 || size < TAG_SIZE ||
        decrypt(key, parts, &bound, data, size) < 0)
        return damaged(err);
    strbuf_add_mem(out, data, size - TAG_SIZE);
    return strbuf_overflowed(out) ? damaged(err) : 0;
}

int unseal_text(const struct seal *seal, const struct seal_label *label, const char *text,
                size_t size, struct strbuf *out, struct err *err)
{
    struct parts parts = {0};
    if (!seal_is_sealed(text, size))
        return damaged(err);
    if (check_version(text, size, err) < 0 || take_apart(text, size, &parts, err) < 0)
        return -1;
    const struct key *key = find_key(seal, &parts);
    if (key == NULL)
        return is_hex_id(&parts) ? unknown_key(seal, &parts, err) : damaged(err);
    if (check_purpose(label, &parts, err) < 0)
        return -1;
    return open_parts(key, label, &parts, out, err);
}

/* ---- documents ----------------------------------------------------------------------------
 */

int seal_document(const struct seal *seal, const struct seal_label *label, const char *text,
                  size_t size, struct strbuf *out, struct err *err)
{
    if (seal_writes(seal))
        return seal_text(seal, label, text, size, out, err);
    strbuf_add_mem(out, text, size);
    return 0;
}

int seal_check_plain(const struct seal *seal, struct err *err)
{
    if (!seal_writes(seal) || seal->accepts_plain)
        return 0;
    return err_set(
        err, ERR_DENIED,
        "it is not encrypted, or its beginning is damaged, and the manifest names a "
        "key: whoever can write there could have put it in the place of what was; to "
        "begin with encryption, say encryption: { accept_plain: true, … } until the "
        "next write");
}

int unseal_document(const struct seal *seal, enum seal_purpose purpose, const char *text,
                    size_t size, struct strbuf *out, struct err *err)
{
    const struct seal_label label = {.purpose = purpose};
    if (seal_is_sealed(text, size))
        return unseal_text(seal, &label, text, size, out, err);
    if (seal_check_plain(seal, err) < 0)
        return -1;
    strbuf_add_mem(out, text, size);
    return 0;
}
