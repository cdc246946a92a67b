/* test_ssh_signature.c: signatures that ssh-keygen made are verified, and those that it would
 * not take are refused. For files of allowed signers, ssh-keygen is the judge of every verdict;
 * for security keys, which no machine has at hand, it judges signatures made here with
 * libcrypto. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../harness/unit.h"

#include "arena.h"
#include "command.h"
#include "err.h"
#include "files.h"
#include "ssh_signature.h"
#include "ssh_signers.h"
#include "strbuf.h"

#define PAYLOAD "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA commit\n"
#define SIGNED_AT 1767225600 /* 2026-01-01 00:00:00Z */
#define SIGNED_AT_TEXT "20260101000000Z"

static char dir[128];

static const char *in_dir(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

/* The signature of a payload by a key, in its armour. */
static const char *sign(struct arena *arena, const char *key, const char *name_space,
                        const char *payload)
{
    const char *file = in_dir(arena, "payload");
    char *old = NULL;
    assert_true(asprintf(&old, "%s.sig", file) > 0);
    remove(old);
    write_text(file, payload);
    MUST(dir, "ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", name_space, file);
    char *text = file_text("%s", old);
    const char *kept = arena_strdup(arena, text);
    free(text);
    free(old);
    return kept;
}

static struct ssh_signature parse(struct arena *arena, const char *armour)
{
    struct ssh_signature signature;
    struct err err = {0};
    if (ssh_signature_parse(armour, strlen(armour), arena, &signature, &err) < 0)
        fail_msg("%s\n%s", err.message, armour);
    return signature;
}

static void expect_denied(const struct ssh_signature *signature, const char *name_space,
                          const char *payload, enum err_code code, const char *says)
{
    struct err err = {0};
    assert_int_equal(
        ssh_signature_verify(signature, name_space, payload, strlen(payload), &err), -1);
    if (err.code != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s", err_code_name(err.code), err.message);
}

/* ---- every type of key --------------------------------------------------------------------
 */

static const struct {
    const char *name, *type, *bits;
} keys[] = {
    {"ed25519", "ed25519", NULL}, {"rsa2048", "rsa", "2048"}, {"p256", "ecdsa", "256"},
    {"p384", "ecdsa", "384"},     {"p521", "ecdsa", "521"},
};

static void every_type_is_verified(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        const char *key = in_dir(arena, keys[i].name);
        /* Several times: a number of an ECDSA or RSA signature may begin with zeros. */
        for (int turn = 0; turn < 3; turn++) {
            const char *payload = arena_printf(arena, PAYLOAD "%d\n", turn);
            struct ssh_signature signature = parse(arena, sign(arena, key, "git", payload));
            struct err err = {0};
            if (ssh_signature_verify(&signature, "git", payload, strlen(payload), &err) < 0)
                fail_msg("%s: %s", keys[i].name, err.message);
            expect_denied(&signature, "git", PAYLOAD, ERR_DENIED,
                          "changed after it was signed");
            expect_denied(&signature, "file", payload, ERR_DENIED,
                          "made for git, not for file");
        }
        char *printed = OUTPUT_OF(dir, "ssh-keygen", "-l", "-f", key);
        struct ssh_signature signature = parse(arena, sign(arena, key, "git", PAYLOAD));
        assert_non_null(strstr(printed, ssh_fingerprint(signature.key, arena)));
        free(printed);
    }
}

/* Each byte of a signature matters, and none makes the program fall over. */
static void every_byte_matters(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct ssh_signature signature =
            parse(arena, sign(arena, in_dir(arena, keys[i].name), "git", PAYLOAD));
        struct ssh_bytes *parts[] = {&signature.signature, &signature.key};
        for (size_t p = 0; p < ARRAY_LEN(parts); p++)
            for (size_t at = 0; at < parts[p]->size; at += 1 + at / 40) {
                struct ssh_bytes whole = *parts[p];
                uint8_t *bent = (uint8_t *)arena_memdup(arena, whole.data, whole.size);
                bent[at] ^= 0x41;
                parts[p]->data = bent;
                struct err err = {0};
                assert_int_equal(
                    ssh_signature_verify(&signature, "git", PAYLOAD, strlen(PAYLOAD), &err),
                    -1);
                assert_true(err.message[0] != '\0');
                parts[p]->data = whole.data;
                parts[p]->size = at; /* cut short */
                assert_int_equal(
                    ssh_signature_verify(&signature, "git", PAYLOAD, strlen(PAYLOAD), &err),
                    -1);
                *parts[p] = whole;
            }
    }
}

static void weak_and_unknown_keys_are_refused(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    make_ssh_key(in_dir(arena, "weak"), "rsa", "1024");
    struct ssh_signature signature =
        parse(arena, sign(arena, in_dir(arena, "weak"), "git", PAYLOAD));
    expect_denied(&signature, "git", PAYLOAD, ERR_INVALID, "1024 bits");
    signature = parse(arena, sign(arena, in_dir(arena, "ed25519"), "git", PAYLOAD));
    signature.key_type = "ssh-ed25519-cert-v01@openssh.com";
    expect_denied(&signature, "git", PAYLOAD, ERR_INVALID, "certificates are not");
    signature.key_type = "ssh-dss";
    expect_denied(&signature, "git", PAYLOAD, ERR_INVALID, "ssh-dss are not taken");
    signature.key_type = "ssh-ed25519";
    signature.hash = "md5";
    expect_denied(&signature, "git", PAYLOAD, ERR_INVALID, "md5");
}

/* What a certificate signs is refused by its type, whatever stands in the certificate. */
static void certificates_are_refused(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *key = in_dir(arena, "certified");
    make_ssh_key(key, "ed25519", NULL);
    MUST(dir, "ssh-keygen", "-q", "-s", in_dir(arena, "p256"), "-I", "ada", "-n", "ada",
         arena_printf(arena, "%s.pub", key));
    struct ssh_signature signature =
        parse(arena, sign(arena, arena_printf(arena, "%s-cert.pub", key), "git", PAYLOAD));
    expect_denied(&signature, "git", PAYLOAD, ERR_INVALID, "certificates are not");
}

static void damaged_armour_is_refused(void **state UNUSED)
{
    static const char *const wrong[] = {
        "",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAg==\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1N IU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH=AAAAAQ=\n-----END SSH SIGNATURE-----\n",
    };
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct ssh_signature signature;
        struct err err = {0};
        assert_int_equal(
            ssh_signature_parse(wrong[i], strlen(wrong[i]), arena, &signature, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    const size_t large = 70 << 10;
    char *text = arena_alloc(arena, large);
    memset(text, 'A', large);
    struct ssh_signature signature;
    struct err err = {0};
    assert_int_equal(ssh_signature_parse(text, large, arena, &signature, &err), -1);
    assert_non_null(strstr(err.message, "64 KiB"));
}

/* ---- security keys ------------------------------------------------------------------------
 */

static void put(struct strbuf *out, const void *data, size_t size)
{
    const char length[4] = {0, 0, (char)(size >> 8), (char)size};
    strbuf_add_mem(out, length, 4);
    strbuf_add_mem(out, data, size);
}

static void put_text(struct strbuf *out, const char *text)
{
    put(out, text, strlen(text));
}

static const char *base64(struct arena *arena, const struct strbuf *from)
{
    unsigned char *text = arena_alloc(arena, strbuf_len(from) * 2 + 4);
    EVP_EncodeBlock(text, (const unsigned char *)strbuf_str(from), (int)strbuf_len(from));
    return (const char *)text;
}

/* What a security key signs: digests, with its flags and counter between them. */
static const char *sign_with_security_key(struct arena *arena, EVP_PKEY *key,
                                          const struct strbuf *public, unsigned char flags)
{
    unsigned char digest[64], raw[64];
    struct strbuf data, message, inner, armour;
    size_t size = sizeof(raw);
    struct strbuf *all[] = {&data, &message, &inner, &armour};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        strbuf_init(all[i], 4096);
    strbuf_add(&message, "SSHSIG");
    put_text(&message, "git");
    put_text(&message, "");
    put_text(&message, "sha512");
    EVP_Digest(PAYLOAD, strlen(PAYLOAD), digest, NULL, EVP_sha512(), NULL);
    put(&message, digest, 64);
    const char tail[5] = {(char)flags, 0, 0, 0, 7};
    EVP_Digest("ssh:", 4, digest, NULL, EVP_sha256(), NULL);
    strbuf_add_mem(&data, digest, 32);
    strbuf_add_mem(&data, tail, 5);
    EVP_Digest(strbuf_str(&message), strbuf_len(&message), digest, NULL, EVP_sha256(), NULL);
    strbuf_add_mem(&data, digest, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, raw, &size,
                                    (const unsigned char *)strbuf_str(&data),
                                    strbuf_len(&data)),
                     1);
    EVP_MD_CTX_free(context);
    put_text(&inner, "sk-ssh-ed25519@openssh.com");
    put(&inner, raw, size);
    strbuf_add_mem(&inner, tail, 5);
    strbuf_add_mem(&armour, "SSHSIG\0\0\0\1", 10);
    put(&armour, strbuf_str(public), strbuf_len(public));
    put_text(&armour, "git");
    put_text(&armour, "");
    put_text(&armour, "sha512");
    put(&armour, strbuf_str(&inner), strbuf_len(&inner));
    const char *text =
        arena_printf(arena, "-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n",
                     base64(arena, &armour));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        strbuf_release(all[i]);
    return text;
}

static void security_keys_are_verified(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    unsigned char raw[32];
    size_t size = sizeof(raw);
    struct strbuf public;
    strbuf_init(&public, 4096);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &size), 1);
    put_text(&public, "sk-ssh-ed25519@openssh.com");
    put(&public, raw, size);
    put_text(&public, "ssh:");
    const char *armour = sign_with_security_key(arena, key, &public, 1);
    struct ssh_signature signature = parse(arena, armour);
    struct err err = {0};
    if (ssh_signature_verify(&signature, "git", PAYLOAD, strlen(PAYLOAD), &err) < 0)
        fail_msg("%s", err.message);
    expect_denied(&signature, "git", "something else", ERR_DENIED, "changed after");
    /* ssh-keygen agrees that this is how a security key signs. */
    const char *signers = in_dir(arena, "sk-signers"), *file = in_dir(arena, "sk.sig"),
               *payload = in_dir(arena, "sk-payload");
    write_text(signers, arena_printf(arena, "a@b sk-ssh-ed25519@openssh.com %s\n",
                                     base64(arena, &public)));
    write_text(file, armour);
    write_text(payload, PAYLOAD);
    const char *const words[] = {"ssh-keygen", "-Y", "verify", "-n", "git", "-f",
                                 signers,      "-I", "a@b",    "-s", file,  NULL};
    char *output;
    if (command_run(dir, payload, words, &output) != 0)
        fail_msg("%s", output);
    free(output);
    signature = parse(arena, sign_with_security_key(arena, key, &public, 0));
    expect_denied(&signature, "git", PAYLOAD, ERR_DENIED, "nobody touched");
    strbuf_release(&public);
    EVP_PKEY_free(key);
}

/* ---- allowed signers ----------------------------------------------------------------------
 */

/* A file, with KEY for the key that signed and OTHER for another one; then what ssh-keygen must
 * say as well. reason: in our message; NULL: it is taken. only_us: ssh-keygen takes it, or
 * looks no further where we refuse the file. */
static const struct {
    const char *file, *reason;
    bool only_us;
} files[] = {
    {"ada@lab.local KEY\n", NULL, false},
    {"# who may\n\n  ada@lab.local,eve@lab.local   KEY a comment\r\n", NULL, false},
    {"\"ada lovelace\" KEY\n", NULL, false},
    {"ada@lab.local namespaces=\"git\" KEY\n", NULL, false},
    {"ada@lab.local NameSpaces=\"file,git\" KEY\n", NULL, false},
    {"ada@lab.local namespaces=\"g*\" KEY\n", NULL, false},
    {"ada@lab.local namespaces=\"?it\" KEY\n", NULL, false},
    {"ada@lab.local namespaces=\"*,!git\" KEY\n", "namespaces", false},
    {"ada@lab.local namespaces=\"file\" KEY\n", "namespaces", false},
    {"ada@lab.local namespaces=\"gi\" KEY\n", "namespaces", false},
    {"ada@lab.local valid-after=\"20251231\" KEY\n", NULL, false},
    {"ada@lab.local valid-after=\"20251231\",valid-before=\"20260102Z\" KEY\n", NULL, false},
    {"ada@lab.local valid-after=\"20260101000001Z\" KEY\n", "valid-after", false},
    {"ada@lab.local valid-after=\"20260101000000Z\" KEY\n", NULL, false},
    {"ada@lab.local valid-before=\"20260101000000Z\" KEY\n", NULL, false},
    {"ada@lab.local valid-before=\"202512312359Z\" KEY\n", "valid-before", false},
    {"ada@lab.local valid-before=\"20251231\",namespaces=\"git\" KEY\n", "valid-before", false},
    {"ada@lab.local valid-before=\"20251231\" KEY\nada@lab.local KEY\n", NULL, false},
    {"ada@lab.local OTHER\n", "no line has the key", false},
    {"", "no line has the key", false},
    {"ada@lab.local OTHER\neve@lab.local KEY\n", NULL, false},
    {"ada@lab.local cert-authority KEY\n", "cert-authority", false},
    {"ada@lab.local cert-authority OTHER\n", "line 1 is a cert-authority", false},
    {"ada@lab.local cert-authority OTHER\nada@lab.local KEY\n", NULL, false},
    {"ada@lab.local\n", "names no key", false},
    {"ada@lab.local ssh-ed25519\n", "line 1", false},
    {"ada@lab.local nonsense KEY\n", "no option", false},
    {"ada@lab.local namespaces KEY\n", "lacks its value", false},
    {"ada@lab.local namespaces=git KEY\n", "not in quotes", false},
    {"ada@lab.local valid-before=\"soon\" KEY\n", "a time such as", false},
    {"ada@lab.local valid-before=\"20261331\" KEY\n", "a time such as", false},
    {"ada@lab.local valid-after=\"20260102\",valid-before=\"20251231\" KEY\n", "not before",
     false},
    {"ada@lab.local namespaces=\"git\",namespaces=\"git\" KEY\n", "twice", false},
    {"ada@lab.local KEY\nada@lab.local nonsense KEY\n", "line 2", true},
};

static const char *with_keys(struct arena *arena, const char *file)
{
    struct strbuf text;
    strbuf_init(&text, 10000);
    static const char *const words[] = {"KEY", "OTHER"};
    const char *const paths[] = {in_dir(arena, "ed25519"), in_dir(arena, "p256")};
    while (*file != '\0') {
        size_t i = 0;
        while (i < 2 && strncmp(file, words[i], strlen(words[i])) != 0)
            i++;
        if (i == 2) {
            strbuf_add_char(&text, *file++);
            continue;
        }
        char *key = file_text("%s.pub", paths[i]);
        strbuf_add_mem(&text, key, strcspn(key, "\n"));
        free(key);
        file += strlen(words[i]);
    }
    const char *kept = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return kept;
}

/* As git does it: whose key is it, then is it valid for that principal. */
static bool ssh_keygen_takes(struct arena *arena, const char *signers, const char *signature,
                             const char *payload)
{
    char *principal = NULL;
    const char *const find[] = {
        "ssh-keygen", "-Y", "find-principals", "-f",
        signers,      "-s", signature,         "-Overify-time=" SIGNED_AT_TEXT,
        NULL};
    bool good = command_run(dir, NULL, find, &principal) == 0;
    const char *who = "nobody"; /* the last line that is no message */
    for (const char *line = principal; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *copy = arena_memdup(arena, line, len);
        who = strchr(copy, ':') == NULL ? copy : who;
        line += len + (line[len] == '\n');
    }
    const char *const verify[] = {
        "ssh-keygen", "-Y", "verify", "-n", "git",     "-f",
        signers,      "-I", who,      "-s", signature, "-Overify-time=" SIGNED_AT_TEXT,
        NULL};
    good = good && command_run(dir, payload, verify, NULL) == 0;
    free(principal);
    return good;
}

static bool we_take(struct arena *arena, const char *text, struct ssh_bytes key,
                    struct err *err)
{
    struct ssh_signers signers;
    const struct ssh_signer *signer = NULL;
    if (ssh_signers_parse(text, strlen(text), arena, &signers, err) < 0 ||
        ssh_signers_find(&signers, key, "git", SIGNED_AT, &signer, err) < 0)
        return false;
    assert_non_null(signer->principals);
    return true;
}

static void ssh_keygen_agrees_about_signers(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *armour = sign(arena, in_dir(arena, "ed25519"), "git", PAYLOAD);
    struct ssh_signature signature = parse(arena, armour);
    const char *signers = in_dir(arena, "signers"), *file = in_dir(arena, "one.sig"),
               *payload = in_dir(arena, "one");
    write_text(file, armour);
    write_text(payload, PAYLOAD);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const char *text = with_keys(arena, files[i].file);
        struct err err = {0};
        bool taken = we_take(arena, text, signature.key, &err);
        if (taken != (files[i].reason == NULL) ||
            (!taken && strstr(err.message, files[i].reason) == NULL))
            fail_msg("%s%s: %s", files[i].file, taken ? "taken" : "refused", err.message);
        write_text(signers, text);
        if (ssh_keygen_takes(arena, signers, file, payload) != (taken || files[i].only_us))
            fail_msg("ssh-keygen sees it in another way: %s", files[i].file);
    }
}

static int set_up(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    make_directory(dir, sizeof(dir), "ssh");
    command_isolate(dir);
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        make_ssh_key(in_dir(arena, keys[i].name), keys[i].type, keys[i].bits);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    remove_directory(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_verified),
        cmocka_unit_test(every_byte_matters),
        cmocka_unit_test(weak_and_unknown_keys_are_refused),
        cmocka_unit_test(certificates_are_refused),
        cmocka_unit_test(damaged_armour_is_refused),
        cmocka_unit_test(security_keys_are_verified),
        cmocka_unit_test(ssh_keygen_agrees_about_signers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
