/* test_git_require.c: what may be demanded of commits, on repositories that git made and
 * commits that git signed, or that somebody bent afterwards. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../harness/unit.h"

#include "arena.h"
#include "command.h"
#include "err.h"
#include "files.h"
#include "git_require.h"

static char dir[128];
static struct arena *arena;
static struct git_place *place;

static const char *in_dir(const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

static struct git_commit_info find(const char *revision)
{
    struct git_commit_info info;
    struct err err = {0};
    if (git_place_find(place, revision, arena, &info, &err) < 0)
        fail_msg("%s", err.message);
    return info;
}

/* ---- branches -----------------------------------------------------------------------------
 */

static void expect_ref(const char *revision, const char *branch, const char *says)
{
    struct git_commit_info commit = find(revision);
    struct err err = {0};
    int result = git_require_ref(place, &commit, branch, &err);
    if ((result == 0) != (says == NULL) || (says != NULL && strstr(err.message, says) == NULL))
        fail_msg("%s in %s: %s", revision, branch, result == 0 ? "taken" : err.message);
}

static void commits_of_a_branch(void **state UNUSED)
{
    MUST(dir, "git", "commit", "-q", "--allow-empty", "-m", "root");
    MUST(dir, "git", "commit", "-q", "--allow-empty", "-m", "main");
    MUST(dir, "git", "checkout", "-q", "-b", "side", "HEAD~1");
    MUST(dir, "git", "commit", "-q", "--allow-empty", "-m", "side");
    MUST(dir, "git", "update-ref", "refs/remotes/origin/main", "main");
    expect_ref("main", "main", NULL);
    expect_ref("main~1", "main", NULL);
    expect_ref("main", "origin/main", NULL);
    expect_ref("main~1", "refs/remotes/origin/main", NULL);
    expect_ref("side", "main", "is not in main");
    expect_ref("main", "side", "is not in side");
    expect_ref("main", "refs/heads/main", NULL);
    expect_ref("main", "nowhere", "no branch nowhere here");
    expect_ref("main", "refs/heads/nowhere", "git fetch");
    expect_ref("main", "HEAD~1", "no branch");
    expect_ref("main", "", "no branch");
    MUST(dir, "git", "branch", "origin/main", "side");
    expect_ref("main", "origin/main",
               "both refs/heads/origin/main and refs/remotes/origin/main");
    MUST(dir, "git", "branch", "-D", "origin/main");
}

/* A tag with the name of a branch does not stand in for it. */
static void tags_are_no_branches(void **state UNUSED)
{
    MUST(dir, "git", "tag", "origin/main", "side");
    MUST(dir, "git", "tag", "only-a-tag", "side");
    expect_ref("side", "origin/main", "is not in origin/main");
    expect_ref("main", "origin/main", NULL);
    expect_ref("side", "only-a-tag", "no branch only-a-tag");
}

/* ---- signatures ---------------------------------------------------------------------------
 */

static void write_signers(const char *options)
{
    char *line = signer_line(in_dir("ada"), "ada@lab.local", options);
    write_text(in_dir("signers"), line);
    free(line);
}

/* says NULL: it is taken. */
static const char *expect_signed(const char *revision, const char *says)
{
    struct git_commit_info commit = find(revision);
    struct err err = {0};
    const char *signer = NULL;
    int result = git_require_signed(place, &commit, in_dir("signers"), arena, &signer, &err);
    if ((result == 0) != (says == NULL) || (says != NULL && strstr(err.message, says) == NULL))
        fail_msg("%s: %s", revision, result == 0 ? signer : err.message);
    if (result < 0)
        assert_int_equal(err.code, ERR_DENIED);
    return signer;
}

static void sign_commit(const char *key, const char *message)
{
    MUST(dir, "git", "-c", arena_printf(arena, "user.signingkey=%s", in_dir(key)), "commit",
         "-q", "-S", "--allow-empty", "-m", message);
}

/* git's own verdict. */
static bool git_takes(const char *revision)
{
    return COMMAND(dir, "git", "-c",
                   arena_printf(arena, "gpg.ssh.allowedSignersFile=%s", in_dir("signers")),
                   "verify-commit", revision) == 0;
}

/* A commit object out of a text; returns its identifier. */
static const char *write_commit(const char *text)
{
    const char *file = in_dir("object");
    write_text(file, text);
    char *id = OUTPUT_OF(dir, "git", "hash-object", "-t", "commit", "-w", file);
    const char *kept = arena_strdup(arena, id);
    free(id);
    return kept;
}

static const char *text_of(const char *revision)
{
    char *text = OUTPUT_OF(dir, "git", "cat-file", "commit", revision);
    const char *kept = arena_printf(arena, "%s\n", text);
    free(text);
    return kept;
}

static const char *replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void signed_commits(void **state UNUSED)
{
    write_signers("");
    sign_commit("ada", "signed by Ada");
    const char *signer = expect_signed("HEAD", NULL);
    assert_non_null(strstr(signer, "ada@lab.local (ssh-ed25519 SHA256:"));
    assert_true(git_takes("HEAD"));
    sign_commit("eve", "signed by Eve");
    expect_signed("HEAD", "no line has the key that signed");
    assert_false(git_takes("HEAD"));
    expect_signed("HEAD~1", NULL);
    MUST(dir, "git", "commit", "-q", "--allow-empty", "-m", "by nobody");
    expect_signed("HEAD", "it is not signed");
    MUST(dir, "git", "reset", "-q", "--hard", "HEAD~2");
    write_signers("namespaces=\"file\" ");
    expect_signed("HEAD", "not meant for commits");
    assert_false(git_takes("HEAD"));
    write_signers("valid-before=\"20200101\" ");
    expect_signed("HEAD", "no longer valid");
    assert_false(git_takes("HEAD"));
    write_signers("valid-after=\"20990101\" ");
    expect_signed("HEAD", "not valid yet");
    write_text(in_dir("signers"), "ada@lab.local no key\n");
    struct git_commit_info commit = find("HEAD");
    struct err err = {0};
    assert_int_equal(
        git_require_signed(place, &commit, in_dir("signers"), arena, &signer, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "signers: line 1"));
    assert_int_equal(git_require_signed(place, &commit, in_dir("none"), arena, &signer, &err),
                     -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void bent_commits(void **state UNUSED)
{
    write_signers("");
    sign_commit("ada", "true words");
    const char *text = text_of("HEAD");
    expect_signed(write_commit(text), NULL);
    expect_signed(write_commit(replaced(text, "true words", "false words")),
                  "changed after it was signed");
    expect_signed(write_commit(replaced(text, "author Ada", "author Eve")),
                  "changed after it was signed");
    /* The tree, and with it every file, is what the signature is about. */
    const char *tree = arena_memdup(arena, text + 5, 40);
    write_text(in_dir("blob"), "another file\n");
    MUST(dir, "git", "hash-object", "-w", in_dir("blob"));
    MUST(dir, "git", "add", "-f", in_dir("blob"));
    char *other = OUTPUT_OF(dir, "git", "write-tree");
    assert_string_not_equal(tree, other);
    expect_signed(write_commit(replaced(text, tree, other)), "changed after it was signed");
    free(other);
    MUST(dir, "git", "reset", "-q");
    /* Without one of the lines of the signature; with words after it. */
    expect_signed(write_commit(replaced(text, " -----END SSH SIGNATURE-----\n", "")),
                  "no SSH signature");
    expect_signed(write_commit(replaced(text, "U1NIU0lH", "U1NIU0lI")), "no SSH signature");
    /* A valid signature of the same bytes that was made for files. */
    const char *body = in_dir("body");
    const char *from = strstr(text, "gpgsig "),
               *to = strstr(text, "-----END SSH SIGNATURE-----\n");
    to += strlen("-----END SSH SIGNATURE-----\n");
    const char *payload = arena_printf(arena, "%.*s%s", (int)(from - text), text, to);
    write_text(body, payload);
    MUST(dir, "ssh-keygen", "-q", "-Y", "sign", "-f", in_dir("ada"), "-n", "file", body);
    char *armour = file_text("%s.sig", body);
    char *header = arena_strdup(arena, "gpgsig");
    for (char *line = armour, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        header = arena_printf(arena, "%s %.*s\n", header, (int)(end - line), line);
    free(armour);
    expect_signed(
        write_commit(arena_printf(arena, "%.*s%s%s", (int)(from - text), text, header, to)),
        "made for file, not for git");
}

static void other_signatures_are_named(void **state UNUSED)
{
    static const struct {
        const char *header, *says;
    } others[] = {
        {"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n",
         "signed with OpenPGP, and the file holds no OpenPGP key"},
        {"gpgsig -----BEGIN SIGNED MESSAGE-----\n iQ==\n -----END SIGNED MESSAGE-----\n",
         "signed with X.509"},
        {"gpgsig nonsense\n", "no SSH signature"},
    };
    MUST(dir, "git", "commit", "-q", "--allow-empty", "-m", "plain");
    const char *text = text_of("HEAD");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        expect_signed(
            write_commit(replaced(text, "\n\nplain",
                                  arena_printf(arena, "\n%s\nplain", others[i].header))),
            others[i].says);
}

/* ---- OpenPGP ------------------------------------------------------------------------------
 */

static void make_pgp_key(const char *who)
{
    MUST(dir, "gpg", "-q", "--batch", "--passphrase", "", "--quick-generate-key", who,
         "ed25519", "sign", "never");
}

static void sign_with_pgp(const char *who, const char *message)
{
    MUST(dir, "git", "-c", "gpg.format=openpgp", "-c",
         arena_printf(arena, "user.signingkey=%s", who), "commit", "-q", "-S", "--allow-empty",
         "-m", message);
}

static void signed_with_pgp(void **state UNUSED)
{
    char *key = OUTPUT_OF(dir, "gpg", "-q", "--export", "--armor", "ada@lab.local");
    char *line = signer_line(in_dir("ada"), "ada@lab.local", "");
    write_text(in_dir("signers"), key);
    sign_with_pgp("ada@lab.local", "signed by Ada");
    const char *text = text_of("HEAD"), *signer = expect_signed("HEAD", NULL);
    assert_non_null(strstr(signer, "ada@lab.local (OpenPGP "));
    assert_int_equal(COMMAND(dir, "git", "verify-commit", "HEAD"), 0);
    const char *bent = write_commit(replaced(text, "signed by Ada", "signed by Eva"));
    expect_signed(bent, "changed after it was signed");
    assert_int_not_equal(COMMAND(dir, "git", "verify-commit", bent), 0);
    expect_signed(write_commit(replaced(text, "author Ada", "author Eve")),
                  "changed after it was signed");
    sign_with_pgp("eve@lab.local", "signed by Eve");
    expect_signed("HEAD", "no key of the file made it");
    /* One file for both kinds of signers, whatever comes first in it. */
    write_text(in_dir("signers"), arena_printf(arena, "%s\n%s", key, line));
    expect_signed("HEAD~1", NULL);
    sign_commit("ada", "signed by Ada with SSH");
    expect_signed("HEAD", NULL);
    write_text(in_dir("signers"), arena_printf(arena, "%s%s", line, key));
    expect_signed("HEAD", NULL);
    expect_signed("HEAD~2", NULL);
    /* Without the key, there is nothing to look in. */
    write_text(in_dir("signers"), line);
    expect_signed("HEAD~2", "holds no OpenPGP key");
    write_text(in_dir("signers"), key);
    expect_signed("HEAD", "no line has the key that signed");
    free(line);
    free(key);
}

static int set_up(void **state UNUSED)
{
    struct err err = {0};
    arena = arena_new();
    make_directory(dir, sizeof(dir), "require");
    command_isolate(dir);
    MUST(dir, "git", "init", "-q");
    make_ssh_key(in_dir("ada"), "ed25519", NULL);
    make_ssh_key(in_dir("eve"), "ed25519", NULL);
    mkdir(in_dir("gnupg"), 0700);
    setenv("GNUPGHOME", in_dir("gnupg"), 1);
    make_pgp_key("ada@lab.local");
    make_pgp_key("eve@lab.local");
    return git_place_open(dir, &place, &err);
}

static int tear_down(void **state UNUSED)
{
    git_place_close(place);
    COMMAND(dir, "gpgconf", "--kill", "all");
    remove_directory(dir);
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_of_a_branch),
        cmocka_unit_test(tags_are_no_branches),
        cmocka_unit_test(signed_commits),
        cmocka_unit_test(bent_commits),
        cmocka_unit_test(other_signatures_are_named),
        cmocka_unit_test(signed_with_pgp),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
