/* test_pgp_signature.c: signatures that gpg made are verified, and those that do not count are
 * refused. gpg with a keyring of the same keys, and git's way of reading it, are the judge. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"

#include "arena.h"
#include "command.h"
#include "err.h"
#include "files.h"
#include "signers.h"

#define PAYLOAD "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nA commit\n"
#define LONG_AGO "20200101T000000!"

static char dir[128];
static struct arena *arena;

static const char *in_dir(const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

static const char *kept(char *text)
{
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

static const char *exported(const char *who)
{
    return kept(OUTPUT_OF(dir, "gpg", "-q", "--export", "--armor", who));
}

/* What --require-signed is given: the public keys of some, one block each. */
static const char *keys_of(const char *a, const char *b)
{
    return arena_printf(arena, "# who may sign\n%s\n%s\n", exported(a),
                        b == NULL ? "" : exported(b));
}

/* A detached signature; two more options of gpg, or NULL. */
static const char *sign_with(const char *who, const char *payload, const char *a, const char *b)
{
    write_text(in_dir("payload"), payload);
    remove(in_dir("payload.asc"));
    MUST(dir, "gpg", "-q", "--batch", "--yes", "--armor", "--local-user", who, "--detach-sign",
         "--output", in_dir("payload.asc"), a == NULL ? "--no-tty" : a,
         b == NULL ? "--no-tty" : b, in_dir("payload"));
    char *text = file_text("%s", in_dir("payload.asc"));
    assert_non_null(text);
    return kept(text);
}

static const char *sign(const char *who, const char *payload)
{
    return sign_with(who, payload, NULL, NULL);
}

/* Is every signature good to gpg itself, which knows just these keys? As git does it, what it
 * says on its status lines counts. */
static bool gpg_takes(const char *keys, const char *signature, const char *payload)
{
    const char *home = in_dir("judge");
    write_text(in_dir("judge.keys"), keys);
    write_text(in_dir("judge.asc"), signature);
    write_text(in_dir("judge.payload"), payload);
    mkdir(home, 0700);
    char *status = NULL;
    command_run(dir, NULL,
                (const char *const[]){"gpg", "--homedir", home, "--no-autostart", "-q",
                                      "--batch", "--import", in_dir("judge.keys"), NULL},
                NULL);
    int code = command_run(
        dir, NULL,
        (const char *const[]){"gpg", "--homedir", home, "--batch", "--status-fd", "1",
                              "--verify", in_dir("judge.asc"), in_dir("judge.payload"), NULL},
        &status);
    bool good = code == 0 && strstr(status, "[GNUPG:] GOODSIG") != NULL &&
                strstr(status, "EXPKEYSIG") == NULL && strstr(status, "REVKEYSIG") == NULL;
    free(status);
    remove_directory(home);
    return good;
}

/* says NULL: it is taken, and the signer is returned. */
static const char *expect(const char *keys, const char *signature, const char *payload,
                          const char *says)
{
    struct signers signers;
    struct pgp_ring *ring = NULL;
    struct err err = {0};
    const char *signer = NULL;
    if (signers_parse(keys, strlen(keys), arena, &signers, &err) < 0 ||
        pgp_ring_open(&signers.pgp, arena, &ring, &err) < 0)
        fail_msg("%s", err.message);
    int result = pgp_ring_verify(ring, signature, strlen(signature), payload, strlen(payload),
                                 arena, &signer, &err);
    pgp_ring_close(ring);
    if ((result == 0) != (says == NULL) || (says != NULL && strstr(err.message, says) == NULL))
        fail_msg("%s, wanted: %s", result == 0 ? signer : err.message,
                 says == NULL ? "taken" : says);
    if (result < 0)
        assert_int_equal(err.code, ERR_DENIED);
    return signer;
}

static const char *expect_judged(const char *keys, const char *signature, const char *payload,
                                 const char *says)
{
    bool judged = gpg_takes(keys, signature, payload);
    if (judged != (says == NULL))
        fail_msg("gpg %s it", judged ? "takes" : "does not take");
    return expect(keys, signature, payload, says);
}

static void make_key(const char *who, const char *algorithm, const char *expires)
{
    MUST(dir, "gpg", "-q", "--batch", "--passphrase", "", "--quick-generate-key", who,
         algorithm, "sign", expires);
}

static const char *fingerprint(const char *who)
{
    char *listed = OUTPUT_OF(dir, "gpg", "-q", "--with-colons", "--list-keys", who);
    const char *at = strstr(listed, "\nfpr:::::::::");
    assert_non_null(at);
    const char *copy = arena_memdup(arena, at + strlen("\nfpr:::::::::"), 40);
    free(listed);
    return copy;
}

/* ---- what counts --------------------------------------------------------------------------
 */

static void keys_of_all_kinds(void **state UNUSED)
{
    static const char *const kinds[] = {
        "rsa2048",  "rsa3072",  "dsa2048",   "ed25519",
        "nistp256", "nistp384", "secp256k1", "brainpoolP256r1",
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *who = arena_printf(arena, "%s@lab.local", kinds[i]);
        make_key(who, kinds[i], "never");
        const char *signer =
            expect_judged(keys_of(who, "eve@lab.local"), sign(who, PAYLOAD), PAYLOAD, NULL);
        assert_string_equal(signer,
                            arena_printf(arena, "%s (OpenPGP %s)", who, fingerprint(who)));
    }
}

static void who_signed(void **state UNUSED)
{
    const char *keys = keys_of("eve@lab.local", "ada@lab.local");
    const char *by_ada = sign("ada@lab.local", PAYLOAD);
    assert_string_equal(expect_judged(keys, by_ada, PAYLOAD, NULL),
                        arena_printf(arena, "Ada Lovelace <ada@lab.local> (OpenPGP %s)",
                                     fingerprint("ada@lab.local")));
    /* Ada's key is in the keyring of who runs this, and that says nothing. */
    expect_judged(exported("eve@lab.local"), by_ada, PAYLOAD, "no key of the file made it");
    expect_judged(keys, by_ada, PAYLOAD "more", "changed after it was signed");
    expect_judged(keys, by_ada, "", "changed after it was signed");
}

/* With a subkey it is the primary key that is named. */
static void subkeys(void **state UNUSED)
{
    make_key("sub@lab.local", "rsa2048", "never");
    const char *primary = fingerprint("sub@lab.local");
    MUST(dir, "gpg", "-q", "--batch", "--passphrase", "", "--quick-add-key", primary, "ed25519",
         "sign", "never");
    const char *signer =
        expect_judged(exported("sub@lab.local"), sign("sub@lab.local", PAYLOAD), PAYLOAD, NULL);
    assert_non_null(strstr(signer, primary));
}

/* ---- what does not ------------------------------------------------------------------------
 */

static void weak_ones(void **state UNUSED)
{
    make_key("short@lab.local", "rsa1024", "never");
    expect(exported("short@lab.local"), sign("short@lab.local", PAYLOAD), PAYLOAD, "too short");
    make_key("sha1@lab.local", "rsa2048", "never");
    expect(exported("sha1@lab.local"),
           sign_with("sha1@lab.local", PAYLOAD, "--digest-algo=SHA1", NULL), PAYLOAD, "");
}

static void expired_ones(void **state UNUSED)
{
    MUST(dir, "gpg", "-q", "--batch", "--passphrase", "", "--faked-system-time", LONG_AGO,
         "--quick-generate-key", "old@lab.local", "ed25519", "sign", "1y");
    expect_judged(exported("old@lab.local"),
                  sign_with("old@lab.local", PAYLOAD, "--faked-system-time=" LONG_AGO, NULL),
                  PAYLOAD, "the key has expired");
    MUST(dir, "gpg", "-q", "--batch", "--passphrase", "", "--faked-system-time", LONG_AGO,
         "--quick-generate-key", "aged@lab.local", "ed25519", "sign", "never");
    const char *past = "--faked-system-time=" LONG_AGO;
    expect_judged(exported("aged@lab.local"), sign_with("aged@lab.local", PAYLOAD, past, NULL),
                  PAYLOAD, NULL);
    expect_judged(exported("aged@lab.local"),
                  sign_with("aged@lab.local", PAYLOAD, past, "--default-sig-expire=1d"),
                  PAYLOAD, "the signature has expired");
}

static void revoked_ones(void **state UNUSED)
{
    make_key("gone@lab.local", "ed25519", "never");
    const char *before = exported("gone@lab.local"),
               *signature = sign("gone@lab.local", PAYLOAD);
    expect_judged(before, signature, PAYLOAD, NULL);
    /* gpg keeps a revocation beside each key, with a colon before its first dash. */
    char *text =
        file_text("%s/gnupg/openpgp-revocs.d/%s.rev", dir, fingerprint("gone@lab.local"));
    assert_non_null(text);
    char *colon = strstr(text, ":-----BEGIN");
    assert_non_null(colon);
    *colon = '\n';
    write_text(in_dir("revocation"), text);
    free(text);
    MUST(dir, "gpg", "-q", "--batch", "--import", in_dir("revocation"));
    expect_judged(exported("gone@lab.local"), signature, PAYLOAD, "the key is revoked");
}

/* Two signatures, one of them good, are none. */
static void several(void **state UNUSED)
{
    const char *both = sign_with("ada@lab.local", PAYLOAD, "--local-user=eve@lab.local", NULL);
    expect(keys_of("ada@lab.local", "eve@lab.local"), both, PAYLOAD, "several");
    expect(exported("ada@lab.local"), both, PAYLOAD, "several");
}

static void no_detached_signatures(void **state UNUSED)
{
    const char *keys = exported("ada@lab.local");
    write_text(in_dir("message"), PAYLOAD);
    static const char *const ways[] = {"--clearsign", "--sign", "--store"};
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const char *text =
            kept(OUTPUT_OF(dir, "gpg", "-q", "--batch", "--armor", "--local-user",
                           "ada@lab.local", ways[i], "--output", "-", in_dir("message")));
        expect_judged(keys, text, PAYLOAD, "");
        expect(keys, text, "", "");
    }
    expect(keys, "", PAYLOAD, "no OpenPGP signature");
    expect(keys, "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
           PAYLOAD, "no OpenPGP signature");
    expect(keys, keys, PAYLOAD, "no OpenPGP signature");
}

/* Any character of the armour changed, it is another signature or none. */
static void every_flipped_character(void **state UNUSED)
{
    const char *keys = exported("ada@lab.local"), *good = sign("ada@lab.local", PAYLOAD);
    const char *body = strstr(good, "\n\n") + 2, *sum = strstr(body, "\n=");
    struct signers signers;
    struct pgp_ring *ring = NULL;
    struct err err = {0};
    assert_int_equal(signers_parse(keys, strlen(keys), arena, &signers, &err), 0);
    assert_int_equal(pgp_ring_open(&signers.pgp, arena, &ring, &err), 0);
    for (size_t i = 0; i < (size_t)(sum - body); i++) {
        /* Before the padding, some bits of a character mean nothing. */
        if (body[i] == '\n' || body[i] == '=' || body[i + 1] == '=')
            continue;
        char *bent = arena_strdup(arena, good);
        char *at = bent + (body - good) + i;
        *at = *at == 'A' ? 'B' : 'A';
        const char *signer = NULL;
        assert_int_equal(pgp_ring_verify(ring, bent, strlen(bent), PAYLOAD, strlen(PAYLOAD),
                                         arena, &signer, &err),
                         -1);
        assert_int_equal(err.code, ERR_DENIED);
    }
    pgp_ring_close(ring);
}

/* ---- the file of keys ---------------------------------------------------------------------
 */

static void expect_bad_file(const char *text, const char *says)
{
    struct signers signers;
    struct pgp_ring *ring = NULL;
    struct err err = {0};
    if (signers_parse(text, strlen(text), arena, &signers, &err) == 0 &&
        pgp_ring_open(&signers.pgp, arena, &ring, &err) == 0)
        fail_msg("taken: %s", text);
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.message, says) == NULL)
        fail_msg("%s", err.message);
}

static void bad_files(void **state UNUSED)
{
    const char *good = exported("ada@lab.local");
    const char *secret =
        kept(OUTPUT_OF(dir, "gpg", "-q", "--batch", "--pinentry-mode", "loopback",
                       "--passphrase", "", "--export-secret-keys", "--armor", "ada@lab.local"));
    expect_bad_file(secret, "line 1: of OpenPGP, only public keys");
    /* A secret key that calls itself public. */
    const char *body = strchr(secret, '\n'), *end = strstr(body, "-----END");
    expect_bad_file(arena_printf(arena,
                                 "\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----%.*s"
                                 "-----END PGP PUBLIC KEY BLOCK-----\n",
                                 (int)(end - body), body),
                    "line 3: the block holds a secret key");
    expect_bad_file(arena_printf(arena, "# a\n%.*s", (int)strlen(good) - 40, good),
                    "line 2: the block has no line");
    expect_bad_file(arena_printf(arena, "%.*s%s", (int)strlen(good) - 40, good, good),
                    "line 1: the block has no line");
    expect_bad_file("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n"
                    "-----END PGP PUBLIC KEY BLOCK-----\n",
                    "line 1: GnuPG takes no public key");
    expect_bad_file("-----BEGIN PGP SIGNATURE-----\n", "line 1: of OpenPGP, only public keys");
}

static void both_kinds_in_one_file(void **state UNUSED)
{
    struct signers signers;
    struct err err = {0};
    const char *block = exported("ada@lab.local");
    const char *line = "ada@lab.local ssh-ed25519 "
                       "AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n";
    const char *text = arena_printf(arena, "%s%s\n%s%s", line, block, line, block);
    assert_int_equal(signers_parse(text, strlen(text), arena, &signers, &err), 0);
    assert_int_equal(signers.ssh.n, 2);
    assert_int_equal(signers.pgp.n, 2);
    unsigned lines = 1;
    for (const char *at = block; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(signers.pgp.items[0].line, 2);
    assert_int_equal(signers.ssh.items[1].line, 2 + lines);
    text = arena_printf(arena, "%s\nnonsense\n", block);
    assert_int_equal(signers_parse(text, strlen(text), arena, &signers, &err), -1);
    assert_non_null(strstr(err.message, arena_printf(arena, "line %u", lines + 1)));
}

/* GnuPG's directories are gone afterwards: all of them are made in here. */
static int nothing_stays(void)
{
    int result = rmdir(in_dir("tmp"));
    if (result < 0)
        perror("what GnuPG left in tmp");
    return result;
}

static void no_directory(void **state UNUSED)
{
    struct pgp_ring *ring = NULL;
    struct err err = {0};
    setenv("TMPDIR", in_dir("nowhere"), 1);
    assert_int_equal(pgp_ring_open(&(struct pgp_keys){0}, arena, &ring, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_non_null(strstr(err.message, "nowhere/gridform-pgp-"));
    setenv("TMPDIR", in_dir("tmp"), 1);
}

static int set_up(void **state UNUSED)
{
    arena = arena_new();
    make_directory(dir, sizeof(dir), "pgp");
    command_isolate(dir);
    mkdir(in_dir("gnupg"), 0700);
    mkdir(in_dir("tmp"), 0700);
    setenv("TMPDIR", in_dir("tmp"), 1);
    setenv("GNUPGHOME", in_dir("gnupg"), 1);
    make_key("Ada Lovelace <ada@lab.local>", "ed25519", "never");
    make_key("eve@lab.local", "ed25519", "never");
    return 0;
}

static int tear_down(void **state UNUSED)
{
    COMMAND(dir, "gpgconf", "--kill", "all");
    int result = nothing_stays();
    remove_directory(dir);
    arena_free(arena);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_all_kinds),
        cmocka_unit_test(who_signed),
        cmocka_unit_test(subkeys),
        cmocka_unit_test(weak_ones),
        cmocka_unit_test(expired_ones),
        cmocka_unit_test(revoked_ones),
        cmocka_unit_test(several),
        cmocka_unit_test(no_detached_signatures),
        cmocka_unit_test(every_flipped_character),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(both_kinds_in_one_file),
        cmocka_unit_test(no_directory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
