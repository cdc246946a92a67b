/* test_e2e_gitops.c: the way of a change through a pull request, with real repositories: a bare
 * origin, the clone of who proposes the change, and the clone of the job that applies it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../harness/unit.h"
#include "command.h"
#include "digest.h"
#include "site.h"
#include "still.h"
#include "worlds.h"

#define SERVICE "catalog_service/Machine Learning"
#define HOST "esx-gpu-01.lab.local"

/* A site whose manifest lies below cloud/ of a repository. */
struct flow {
    struct site site;
    char home[160], origin[160], dev[160], deploy[160], plan[160], signers[160];
};

static void in(char *ret, size_t size, const struct flow *f, const char *name)
{
    snprintf(ret, size, "%s/%s", f->site.dir, name);
}

/* Where commands read from disk. */
static void work_in(struct flow *f, const char *clone)
{
    snprintf(f->site.manifest, sizeof(f->site.manifest), "%s/cloud", clone);
}

static void use_key(const struct flow *f, const char *clone, const char *key)
{
    char path[200];
    in(path, sizeof(path), f, key);
    MUST(clone, "git", "config", "user.signingkey", path);
    MUST(clone, "git", "config", "commit.gpgsign", "true");
}

static void edit_in(const struct flow *f, const char *clone, const char *old, const char *new)
{
    char path[300];
    (void)f;
    snprintf(path, sizeof(path), "%s/cloud/service.yaml", clone);
    edit_text(path, old, new);
}

static void commit_in(const char *clone, const char *message)
{
    MUST(clone, "git", "add", "-A");
    MUST(clone, "git", "commit", "-q", "-m", message);
}

static char *id_in(const char *clone, const char *revision)
{
    return OUTPUT_OF(clone, "git", "rev-parse", revision);
}

static void write_signers(const struct flow *f)
{
    char key[200];
    in(key, sizeof(key), f, "ada");
    char *line = signer_line(key, "ada@lab.local", "namespaces=\"git\" ");
    write_text(f->signers, line);
    free(line);
}

static void start(struct flow *f)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    char from[200], key[200];
    site_start_shape(&f->site, &shape, 0);
    in(f->home, sizeof(f->home), f, "home");
    in(f->origin, sizeof(f->origin), f, "origin.git");
    in(f->dev, sizeof(f->dev), f, "dev");
    in(f->deploy, sizeof(f->deploy), f, "deploy");
    in(f->plan, sizeof(f->plan), f, "plan.json");
    in(f->signers, sizeof(f->signers), f, "signers");
    mkdir(f->home, 0700);
    command_isolate(f->home);
    in(key, sizeof(key), f, "ada");
    make_ssh_key(key, "ed25519", NULL);
    in(key, sizeof(key), f, "eve");
    make_ssh_key(key, "ecdsa", "256");
    write_signers(f);
    MUST(f->site.dir, "git", "init", "-q", "--bare", f->origin);
    MUST(f->site.dir, "git", "clone", "-q", f->origin, f->dev);
    snprintf(from, sizeof(from), "%s/cloud", f->dev);
    copy_directory(f->site.manifest, from);
    use_key(f, f->dev, "ada");
    commit_in(f->dev, "the cloud");
    MUST(f->dev, "git", "push", "-q", "origin", "main");
    MUST(f->site.dir, "git", "clone", "-q", f->origin, f->deploy);
    work_in(f, f->deploy);
}

static void stop(struct flow *f)
{
    site_stop(&f->site);
}

/* A signed change of the service's description on a branch, and something else that is due. */
static void propose(struct flow *f)
{
    MUST(f->dev, "git", "checkout", "-q", "-b", "change");
    edit_in(f, f->dev, "Machines for machine", "Many machines for machine");
    commit_in(f->dev, "more machines");
    MUST(f->dev, "git", "push", "-q", "origin", "change");
    lab_poke(&f->site.lab, "\"static\"", "hosts/" HOST "/power_policy");
}

static json_t *plan_of(struct flow *f, const char *ref)
{
    struct run *run = run_expect(GRIDFORM(&f->site, "plan", "--json", "--ref", ref), 0);
    json_t *plan = run_json(run);
    run_free(run);
    return plan;
}

/* ---- the good way -------------------------------------------------------------------------
 */

static json_t *state_list(struct flow *f)
{
    struct run *run = run_expect(GRIDFORM(&f->site, "state", "list", "--json"), 0);
    json_t *list = run_json(run);
    run_free(run);
    return list;
}

static void expect_remembered(struct flow *f, const char *id)
{
    json_t *list = state_list(f), *resource;
    size_t i;
    assert_string_equal(json_text_at(list, "source/commit"), id);
    assert_string_equal(json_text_at(list, "source/author"), "Ada Lovelace <ada@lab.local>");
    assert_string_equal(json_text_at(list, "source/ref"), "origin/main...HEAD");
    assert_non_null(strstr(json_text_at(list, "source/signer"), "ada@lab.local (ssh-ed25519 "));
    json_array_foreach(json_at(list, "resources"), i,
                       resource) if (strcmp(json_text_at(resource, "address"), SERVICE) == 0)
    {
        assert_memory_equal(json_text_at(resource, "commit"), id, 12);
        assert_string_equal(json_text_at(resource, "author"), "Ada Lovelace <ada@lab.local>");
    }
    json_decref(list);
    struct run *run = run_expect(GRIDFORM(&f->site, "state", "show", SERVICE), 0);
    run_says(run, "by Ada Lovelace <ada@lab.local>");
    run_free(run);
}

static void a_change_request_is_planned_and_applied(void **state)
{
    (void)state;
    struct flow f;
    start(&f);
    struct run *run =
        run_expect(GRIDFORM(&f.site, "apply", "--yes", "--require-clean", "--require-ref",
                            "origin/main", "--require-signed", f.signers),
                   0);
    run_says(run, "signed by ada@lab.local (ssh-ed25519 SHA256:");
    run_free(run);
    propose(&f);
    /* The job of the change request: whatever its work tree holds. */
    work_in(&f, f.dev);
    edit_in(&f, f.dev, "entitlements:", "nonsense: [");
    run = run_expect(STILL(&f.site, 0, "plan", "--ref", "origin/main...HEAD", "--out", f.plan),
                     0);
    run_says(run, SERVICE);
    run_says(run, "1 other change is due and not of this range");
    run_says_not(run, "power_policy");
    run_free(run);
    run = run_expect(
        GRIDFORM(&f.site, "plan", "--ref", "origin/main...HEAD", "--format", "markdown"), 0);
    run_says(run, "1 other change is due and not of this range");
    run_free(run);
    json_t *all = plan_of(&f, "HEAD"), *none = plan_of(&f, "HEAD..HEAD");
    assert_non_null(plan_change(all, SERVICE));
    assert_non_null(plan_change(all, "host/" HOST));
    assert_int_equal(json_array_size(json_at(none, "changes")), 0);
    assert_int_equal(json_integer_value(json_at(none, "left_out")), 2);
    json_decref(all);
    json_decref(none);
    /* The job that applies: the commit is there, and not in main yet. */
    work_in(&f, f.deploy);
    MUST(f.dev, "git", "checkout", "-q", "-f", "main");
    MUST(f.deploy, "git", "fetch", "-q");
    run = run_expect(STILL(&f.site, 6, "apply", f.plan, "--require-ref", "origin/main"), 6);
    run_says(run, "is not in origin/main");
    run_free(run);
    MUST(f.dev, "git", "merge", "-q", "--no-ff", "-m", "merged", "change");
    MUST(f.dev, "git", "push", "-q", "origin", "main");
    MUST(f.deploy, "git", "fetch", "-q");
    run = run_expect(GRIDFORM(&f.site, "apply", f.plan, "--require-ref", "origin/main",
                              "--require-signed", f.signers),
                     0);
    run_says(run, "signed by ada@lab.local");
    run_free(run);
    char *id = id_in(f.dev, "change");
    expect_remembered(&f, id);
    free(id);
    json_t *service = lab_look(&f.site.lab, "vra/services");
    char *text = json_dumps(service, 0);
    assert_non_null(strstr(text, "Many machines for machine"));
    free(text);
    json_decref(service);
    json_t *policy = lab_look(&f.site.lab, "hosts/" HOST "/power_policy");
    assert_string_equal(json_string_value(policy), "static"); /* not of the range */
    json_decref(policy);
    run_free(run_expect(STILL(&f.site, 5, "apply", f.plan), 5)); /* once */
    stop(&f);
}

/* ---- the wrong ways -----------------------------------------------------------------------
 */

static void expect_refused(struct flow *f, const char *says, const char *const *words)
{
    struct run *run = run_expect(still_run(&f->site, 6, words), 6);
    run_says(run, says);
    run_free(run);
    assert_false(file_exists("%s", f->site.state));
}
#define REFUSED(f, says, ...)                                                                  \
    expect_refused((f), (says), (const char *const[]){"apply", "--yes", __VA_ARGS__, NULL})

static void pull(struct flow *f)
{
    MUST(f->dev, "git", "push", "-q", "origin", "main");
    MUST(f->deploy, "git", "pull", "-q", "--ff-only");
}

static void signatures_are_demanded(void **state)
{
    (void)state;
    struct flow f;
    start(&f);
    use_key(&f, f.dev, "eve");
    edit_in(&f, f.dev, "Machines for machine", "Eve's machines for machine");
    commit_in(f.dev, "by Eve");
    pull(&f);
    REFUSED(&f, "no line has the key that signed", "--require-signed", f.signers);
    MUST(f.dev, "git", "config", "commit.gpgsign", "false");
    edit_in(&f, f.dev, "Eve's machines", "Nobody's machines");
    commit_in(f.dev, "by nobody");
    pull(&f);
    REFUSED(&f, "it is not signed", "--require-signed", f.signers);
    REFUSED(&f, "no line has the key", "--require-signed", f.signers, "--ref", "HEAD~1");
    /* A plan from a job that demands nothing is held to the same. */
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--out", f.plan);
    REFUSED(&f, "it is not signed", f.plan, "--require-signed", f.signers);
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "HEAD~1", "--out", f.plan);
    REFUSED(&f, "no line has the key", f.plan, "--require-signed", f.signers);
    /* Another commit written into it makes it another plan. */
    char *eve = id_in(f.deploy, "HEAD~1"), *ada = id_in(f.deploy, "HEAD~2");
    char *text = file_text("%s", f.plan), *at;
    while ((at = strstr(text, eve)) != NULL)
        memcpy(at, ada, strlen(ada));
    write_text(f.plan, text);
    struct run *run =
        run_expect(STILL(&f.site, 1, "apply", f.plan, "--require-signed", f.signers), 1);
    run_says(run, "it was altered");
    run_free(run);
    /* With a checksum that fits, too: that stops accidents, the plan made anew stops people. */
    at = strstr(text, ",\"checksum\":\"");
    assert_non_null(at);
    const struct digest sum = digest_bytes(text, (size_t)(at - text));
    memcpy(at + strlen(",\"checksum\":\""), sum.hex, strlen(sum.hex));
    write_text(f.plan, text);
    run_free(run_expect(STILL(&f.site, 5, "apply", f.plan, "--require-signed", f.signers), 5));
    free(text);
    free(ada);
    free(eve);
    write_text(f.signers, "ada@lab.local what is this\n");
    run = run_expect(STILL(&f.site, 1, "apply", "--yes", "--require-signed", f.signers), 1);
    run_says(run, "signers: line 1");
    run_free(run);
    /* What is signed goes. */
    write_signers(&f);
    GRIDFORM_EXPECT(&f.site, 0, "apply", "--yes", "--ref", "HEAD~2", "--require-signed",
                    f.signers, "--require-ref", "origin/main");
    stop(&f);
}

/* With OpenPGP it is the same; the one key that counts is in the file, beside that of SSH. */
static void openpgp_signatures_are_demanded(void **state)
{
    (void)state;
    struct flow f;
    char home[200], *key, *line, *both;
    start(&f);
    in(home, sizeof(home), &f, "gnupg");
    mkdir(home, 0700);
    setenv("GNUPGHOME", home, 1);
    for (size_t i = 0; i < 2; i++)
        MUST(f.dev, "gpg", "-q", "--batch", "--passphrase", "", "--quick-generate-key",
             i == 0 ? "ada@lab.local" : "eve@lab.local", "ed25519", "sign", "never");
    line = file_text("%s", f.signers);
    key = OUTPUT_OF(f.dev, "gpg", "-q", "--export", "--armor", "ada@lab.local");
    MUST(f.dev, "git", "config", "gpg.format", "openpgp");
    MUST(f.dev, "git", "config", "user.signingkey", "eve@lab.local");
    edit_in(&f, f.dev, "Machines for machine", "Eve's machines for machine");
    commit_in(f.dev, "by Eve");
    pull(&f);
    REFUSED(&f, "holds no OpenPGP key", "--require-signed", f.signers);
    assert_true(asprintf(&both, "%s%s\n", line, key) > 0);
    write_text(f.signers, both);
    REFUSED(&f, "no key of the file made it", "--require-signed", f.signers);
    MUST(f.dev, "git", "config", "user.signingkey", "ada@lab.local");
    edit_in(&f, f.dev, "Eve's machines", "Ada's machines");
    commit_in(f.dev, "by Ada");
    pull(&f);
    GRIDFORM_EXPECT(&f.site, 0, "apply", "--yes", "--require-signed", f.signers);
    json_t *list = state_list(&f);
    assert_non_null(strstr(json_text_at(list, "source/signer"), "ada@lab.local (OpenPGP "));
    json_decref(list);
    free(line);
    free(key);
    free(both);
    COMMAND(f.dev, "gpgconf", "--kill", "all");
    unsetenv("GNUPGHOME");
    stop(&f);
}

static void branches_and_clean_files_are_demanded(void **state)
{
    (void)state;
    struct flow f;
    char path[300];
    start(&f);
    MUST(f.deploy, "git", "checkout", "-q", "-b", "mine");
    edit_in(&f, f.deploy, "Machines for machine", "My machines for machine");
    REFUSED(&f, "cloud/service.yaml; commit or restore it", "--require-clean");
    REFUSED(&f, "cloud/service.yaml; commit or restore it", "--require-ref", "mine");
    REFUSED(&f, "cloud/service.yaml; commit or restore it", "--require-signed", f.signers);
    /* git is told to look away; we are not. */
    MUST(f.deploy, "git", "update-index", "--assume-unchanged", "cloud/service.yaml");
    REFUSED(&f, "service.yaml is not as commit", "--require-clean");
    MUST(f.deploy, "git", "update-index", "--no-assume-unchanged", "cloud/service.yaml");
    commit_in(f.deploy, "mine");
    REFUSED(&f, "is not in origin/main", "--require-ref", "origin/main");
    REFUSED(&f, "there is no branch release here", "--require-ref", "release");
    MUST(f.deploy, "git", "tag", "release");
    REFUSED(&f, "there is no branch release here", "--require-ref", "release");
    snprintf(path, sizeof(path), "%s/cloud/more.yaml", f.deploy);
    write_text(path, "variables: { more: { default: x } }\n");
    REFUSED(&f, "more.yaml", "--require-clean");
    snprintf(path, sizeof(path), "%s/.git/info/exclude", f.deploy);
    write_text(path, "more.yaml\n");
    REFUSED(&f, "more.yaml", "--require-clean");
    snprintf(path, sizeof(path), "%s/cloud/more.yaml", f.deploy);
    remove(path);
    /* In no repository there is nothing to demand. */
    snprintf(f.site.manifest, sizeof(f.site.manifest), "%s/manifest", f.site.dir);
    REFUSED(&f, "is at no commit", "--require-clean");
    work_in(&f, f.deploy);
    GRIDFORM_EXPECT(&f.site, 0, "apply", "--yes", "--require-clean", "--require-ref", "mine");
    stop(&f);
}

/* ---- sealed plans ---------------------------------------------------------------------------
 */

#define KEY_A "KEY_A=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void give_key(struct flow *f)
{
    size_t n = 0;
    while (f->site.env[n] != NULL)
        n++;
    f->site.env[n] = KEY_A;
}

static void encrypt_in(const char *clone, const char *section)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/cloud/encryption.yaml", clone);
    write_text(path, section);
}

/* The key is the one that the plan's commit names, whatever the disk says of keys. */
static void a_sealed_plan_goes_with_its_commit(void **state)
{
    (void)state;
    struct flow f;
    start(&f);
    give_key(&f);
    MUST(f.dev, "git", "checkout", "-q", "-b", "change");
    encrypt_in(f.dev, "encryption: { key: { env: KEY_A } }\n");
    edit_in(&f, f.dev, "Machines for machine", "Many machines for machine");
    commit_in(f.dev, "more machines, encrypted");
    MUST(f.dev, "git", "push", "-q", "origin", "change:main");
    work_in(&f, f.dev);
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "origin/main...HEAD", "--out", f.plan);
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "HEAD", "--out", f.plan);
    char *text = file_text("%s", f.plan);
    assert_null(strstr(text, "esx-gpu"));
    /* Another commit in its head makes it damaged; one that no repository has is not looked
     * for. */
    char *id = id_in(f.dev, "HEAD"), *other = id_in(f.dev, "HEAD~1"), *at = strstr(text, id);
    assert_non_null(at);
    work_in(&f, f.deploy);
    MUST(f.deploy, "git", "fetch", "-q");
    char *kept = strdup(text);
    memcpy(at, other, strlen(other));
    write_text(f.plan, text);
    struct run *run = STILL(&f.site, 1, "apply", f.plan);
    run_says(run, "names no key"); /* that commit does not */
    run_free(run);
    write_text(f.plan, kept);
    encrypt_in(f.deploy, "encryption: { key: { env: NO_SUCH_KEY } }\n");
    GRIDFORM_EXPECT(&f.site, 0, "apply", f.plan, "--require-ref", "origin/main",
                    "--require-signed", f.signers);
    char *stored = file_text("%s", f.site.state);
    assert_null(strstr(stored, "esx-gpu"));
    free(stored);
    free(kept);
    free(text);
    free(other);
    free(id);
    stop(&f);
}

/* Whoever can put a plan there can name a commit in it, whose key is what a program prints: it
 * is not run before the commit is what is demanded. */
static void no_program_of_a_commit_that_is_refused(void **state)
{
    (void)state;
    struct flow f;
    char section[600], trace[200];
    start(&f);
    in(trace, sizeof(trace), &f, "trace");
    MUST(f.dev, "git", "checkout", "-q", "-b", "evil");
    use_key(&f, f.dev, "eve");
    snprintf(section, sizeof(section),
             "encryption: { key: { command: [ sh, -c, \"echo > %s; echo %s\" ] } }\n", trace,
             strchr(KEY_A, '=') + 1);
    encrypt_in(f.dev, section);
    commit_in(f.dev, "by Eve");
    MUST(f.dev, "git", "push", "-q", "origin", "evil");
    MUST(f.deploy, "git", "fetch", "-q");
    work_in(&f, f.dev);
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "HEAD", "--out", f.plan);
    assert_true(file_exists("%s", trace));
    assert_int_equal(remove(trace), 0);
    work_in(&f, f.deploy);
    REFUSED(&f, "is not in origin/main", f.plan, "--require-ref", "origin/main");
    REFUSED(&f, "no line has the key that signed", f.plan, "--require-signed", f.signers);
    assert_false(file_exists("%s", trace));
    GRIDFORM_EXPECT(&f.site, 0, "apply", f.plan); /* which demands nothing */
    assert_true(file_exists("%s", trace));
    stop(&f);
}

/* ---- reading ------------------------------------------------------------------------------
 */

static void bare_repositories_are_read(void **state)
{
    (void)state;
    struct flow f;
    start(&f);
    json_t *here = plan_of(&f, "HEAD");
    snprintf(f.site.manifest, sizeof(f.site.manifest), "%s", f.origin);
    json_t *bare = plan_of(&f, "main:cloud");
    assert_true(json_equal(json_at(here, "changes"), json_at(bare, "changes")));
    assert_string_equal(json_text_at(here, "source/commit"),
                        json_text_at(bare, "source/commit"));
    json_decref(bare);
    json_decref(here);
    GRIDFORM_EXPECT(&f.site, 0, "validate", "--ref", "main:cloud");
    GRIDFORM_EXPECT(&f.site, 0, "graph", "--ref", "main:cloud");
    struct run *run = run_expect(GRIDFORM(&f.site, "validate", "--ref", "main"), 1);
    run_says(run, "holds no *.yaml file");
    run_free(run);
    run = run_expect(GRIDFORM(&f.site, "validate", "--ref", "nowhere:cloud"), 1);
    run_says(run, "git fetch");
    run_free(run);
    /* A range that begins with files that are not valid. */
    work_in(&f, f.dev);
    edit_in(&f, f.dev, "entitlements:", "nonsense: [");
    commit_in(f.dev, "a mistake");
    edit_in(&f, f.dev, "nonsense: [", "entitlements:");
    commit_in(f.dev, "put right");
    run = run_expect(STILL(&f.site, 1, "plan", "--ref", "HEAD~1..HEAD"), 1);
    run_says(run, "where the range begins, are not valid");
    run_free(run);
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "HEAD~2..HEAD");
    /* A saved plan whose commit the other clone does not have. */
    work_in(&f, f.dev);
    edit_in(&f, f.dev, "Machines for machine", "Other machines for machine");
    commit_in(f.dev, "not pushed");
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--ref", "HEAD", "--out", f.plan);
    work_in(&f, f.deploy);
    run = run_expect(STILL(&f.site, 1, "apply", f.plan), 1);
    run_says(run, "git fetch");
    run_free(run);
    /* One that was made from the disk is of the commit that was checked out. */
    GRIDFORM_EXPECT(&f.site, 0, "plan", "--out", f.plan);
    MUST(f.deploy, "git", "commit", "-q", "--allow-empty", "-m", "the same files");
    run = run_expect(STILL(&f.site, 5, "apply", f.plan), 5);
    run_says(run, "the plan was made at commit");
    run_free(run);
    run = run_expect(GRIDFORM(&f.site, "apply", f.plan, "--ref", "HEAD"), 1);
    run_says(run, "leave out --ref");
    run_free(run);
    run = run_expect(GRIDFORM(&f.site, "graph", "--ref", "HEAD~1..HEAD"), 1);
    run_says(run, "a range is for plan and apply");
    run_free(run);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_request_is_planned_and_applied),
        cmocka_unit_test(signatures_are_demanded),
        cmocka_unit_test(openpgp_signatures_are_demanded),
        cmocka_unit_test(branches_and_clean_files_are_demanded),
        cmocka_unit_test(a_sealed_plan_goes_with_its_commit),
        cmocka_unit_test(no_program_of_a_commit_that_is_refused),
        cmocka_unit_test(bare_repositories_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
