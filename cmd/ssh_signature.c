/* ssh_signature.c: reading of signatures; their verification is in ssh_verify.c. */
#include "ssh_verify.h"

#include <string.h>

#include <openssl/evp.h>

#include "arena.h"
#include "err.h"
#include "strbuf.h"

#define MAGIC "SSHSIG"
#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define END "-----END SSH SIGNATURE-----"

enum { SIGNATURE_MAX = 64 << 10, NAME_MAX_LEN = 256 };

int ssh_take_u32(struct ssh_bytes *from, uint32_t *ret)
{
    if (from->size < 4)
        return -1;
    *ret = (uint32_t)from->data[0] << 24 | (uint32_t)from->data[1] << 16 |
           (uint32_t)from->data[2] << 8 | from->data[3];
    from->data += 4;
    from->size -= 4;
    return 0;
}

int ssh_take(struct ssh_bytes *from, struct ssh_bytes *ret)
{
    uint32_t size;
    if (ssh_take_u32(from, &size) < 0 || size > from->size)
        return -1;
    *ret = (struct ssh_bytes){from->data, size};
    from->data += size;
    from->size -= size;
    return 0;
}

bool ssh_bytes_are(struct ssh_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

/* A name: printable, short. */
static int take_name(struct ssh_bytes *from, struct arena *arena, const char **ret)
{
    struct ssh_bytes bytes;
    if (ssh_take(from, &bytes) < 0 || bytes.size > NAME_MAX_LEN)
        return -1;
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e)
            return -1;
    *ret = arena_memdup(arena, bytes.data, bytes.size);
    return 0;
}

const char *ssh_signature_key_type(struct ssh_bytes key, struct arena *arena)
{
    const char *type;
    return take_name(&key, arena, &type) < 0 ? NULL : type;
}

int ssh_base64(const char *text, size_t size, struct arena *arena, struct ssh_bytes *ret,
               struct err *err)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    bool good = size > 0 && size % 4 == 0 && size <= SIGNATURE_MAX;
    for (size_t i = 0; good && i < size - padding; i++)
        good = text[i] != '\0' && strchr(alphabet, text[i]) != NULL;
    if (!good)
        return err_set(err, ERR_INVALID, "this is no base64");
    unsigned char *data = arena_alloc(arena, size / 4 * 3 + 1);
    int n = EVP_DecodeBlock(data, (const unsigned char *)text, (int)size);
    if (n < 0)
        return err_set(err, ERR_INVALID, "this is no base64");
    *ret = (struct ssh_bytes){data, (size_t)n - padding};
    return 0;
}

/* The base64 between the lines of the armour, without their ends. */
static int take_armour(const char *text, size_t size, struct arena *arena,
                       struct ssh_bytes *ret, struct err *err)
{
    const size_t begin = strlen(BEGIN), end = strlen(END);
    if (size > SIGNATURE_MAX)
        return err_set(err, ERR_INVALID, "the signature is larger than 64 KiB");
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    if (size < begin + end + 2 || memcmp(text, BEGIN, begin) != 0 ||
        memcmp(text + size - end, END, end) != 0 || text[size - end - 1] != '\n')
        return err_set(err, ERR_INVALID, "this is no SSH signature");
    char *packed = arena_alloc(arena, size);
    size_t n = 0;
    for (size_t i = begin; i < size - end; i++)
        if (text[i] != '\n' && text[i] != '\r')
            packed[n++] = text[i];
    return ssh_base64(packed, n, arena, ret, err);
}

int ssh_signature_parse(const char *text, size_t size, struct arena *arena,
                        struct ssh_signature *ret, struct err *err)
{
    struct ssh_bytes at;
    struct ssh_signature s = {0};
    uint32_t version;
    if (take_armour(text, size, arena, &at, err) < 0)
        return -1;
    if (at.size < strlen(MAGIC) || memcmp(at.data, MAGIC, strlen(MAGIC)) != 0)
        return err_set(err, ERR_INVALID, "this is no SSH signature");
    at.data += strlen(MAGIC);
    at.size -= strlen(MAGIC);
    if (ssh_take_u32(&at, &version) < 0 || version != 1)
        return err_set(err, ERR_INVALID, "the SSH signature is of an unknown version");
    if (ssh_take(&at, &s.key) < 0 || take_name(&at, arena, &s.name_space) < 0 ||
        ssh_take(&at, &s.reserved) < 0 || take_name(&at, arena, &s.hash) < 0 ||
        ssh_take(&at, &s.signature) < 0 || at.size != 0 ||
        (s.key_type = ssh_signature_key_type(s.key, arena)) == NULL || s.name_space[0] == '\0')
        return err_set(err, ERR_INVALID, "the SSH signature is damaged");
    *ret = s;
    return 0;
}

const char *ssh_fingerprint(struct ssh_bytes key, struct arena *arena)
{
    unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned n = 0;
    if (EVP_Digest(key.data, key.size, digest, &n, EVP_sha256(), NULL) != 1)
        return "SHA256:?";
    int len = EVP_EncodeBlock(text, digest, (int)n);
    while (len > 0 && text[len - 1] == '=')
        len--;
    return arena_printf(arena, "SHA256:%.*s", len, (const char *)text);
}
