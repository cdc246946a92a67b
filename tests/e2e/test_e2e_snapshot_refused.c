/* test_e2e_snapshot_refused.c: a snapshot that is not what it should be is refused: too old,
 * from the future, damaged, of something else, forged. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "digest.h"
#include "site.h"
#include "snapshot_job.h"
#include "worlds.h"

#define CHECKSUM ",\"checksum\":\""

static const char private_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIKfPVD5P1lElIwlHjDDAyRZxLCCNv9hY6xh7kpI82V2G\n"
    "-----END PRIVATE KEY-----\n";
static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA9b3i/qPtFjlQBvd6h8aQpvy10tlPEPAg0OWWF+5jZPY=\n"
    "-----END PUBLIC KEY-----\n";
static const char other_public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAPZIEePor4ktmdpm/h80tHCubSmS73EmkxdYW+WQWcO4=\n"
    "-----END PUBLIC KEY-----\n";

/* ---- refused
 * ---------------------------------------------------------------------------------
 */

/* The snapshot with something else in it, and the checksum that goes with that. */
static void forge(const char *path, const char *old, const char *new)
{
    edit_text(path, old, new);
    char *text = file_text("%s", path), *last = NULL;
    for (char *at = text; (at = strstr(at, CHECKSUM)) != NULL; at++)
        last = at;
    assert_non_null(last);
    memcpy(last + strlen(CHECKSUM), digest_bytes(text, (size_t)(last - text)).hex, 32);
    write_text(path, text);
    free(text);
}

static void expect_refused(struct site *site, int status, const char *why,
                           const char *const *words)
{
    struct run *run = run_expect(job_run(site, words), status);
    run_says(run, why);
    if (run->out[0] != '\0')
        fail_long("%s: it is planned all the same", why);
    run_free(run);
}
#define REFUSED(site, status, why, ...)                                                        \
    expect_refused((site), (status), (why), (const char *const[]){__VA_ARGS__, NULL})

static void taken(char *member, size_t size, int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm utc;
    gmtime_r(&at, &utc);
    strftime(member, size, "\"taken\":\"%Y-%m-%dT%H:%M:%SZ\"", &utc);
}

/* The "taken" that is in the file. */
static void taken_of(const char *path, char *member, size_t size)
{
    char *text = file_text("%s", path), *at = strstr(text, "\"taken\":\"");
    assert_non_null(at);
    snprintf(member, size, "%.30s", at);
    free(text);
}

static void wrong_times(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char was[64], is[64];
    int64_t now = (int64_t)time(NULL);
    static const struct {
        int64_t ago;
        const char *max, *why;
    } cases[] = {{0, "1m", NULL},
                 {3 * 3600 + 5, "4h", NULL},
                 {3 * 3600 + 5, "3h", "the snapshot is 3h old"},
                 {300 * 86400, NULL, NULL},
                 {300 * 86400, "30d", "the snapshot is 300d old"},
                 {-60, "1h", NULL},
                 {-3600, NULL, "one of the clocks is wrong"}};
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        taken_of(files.live, was, sizeof(was));
        taken(is, sizeof(is), now - cases[i].ago);
        if (strcmp(was, is) != 0)
            forge(files.live, was, is);
        const char *max = cases[i].max == NULL ? NULL : "--max-age";
        const char *const words[] = {"plan", max, cases[i].max, NULL};
        if (cases[i].why != NULL)
            expect_refused(site, 5, cases[i].why, words);
        else
            run_free(run_expect(job_run(site, words), 0));
    }
    REFUSED(site, 1, "a time such as 30s", "plan", "--max-age", "0s");
    REFUSED(site, 1, "a time such as 30s", "plan", "--max-age", "yesterday");
}

/* A snapshot is as old as what was read first. */
static void as_old_as_its_beginning(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char was[64], latest[64];
    lab_fault(&site->lab, "{\"system\": \"vra\", \"operation\": \"*\", \"kind\": \"delay\","
                          " \"milliseconds\": 4000, \"times\": 1}");
    int64_t before = (int64_t)time(NULL);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    lab_no_faults(&site->lab);
    int64_t after = (int64_t)time(NULL);
    assert_true(after - before >= 3); /* so it was delayed */
    taken_of(files.live, was, sizeof(was));
    taken(latest, sizeof(latest), after - 3);
    assert_true(strcmp(was, latest) < 0);
}

/* What others wrote into it starts no line and moves no cursor where it is shown. */
static void nothing_is_smuggled_out(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    forge(files.live, "\"failures\":[]",
          "\"failures\":[{\"provider\":\"esxi\",\"code\":\"denied\","
          "\"message\":\"no\\u001b[2J\\n::error::smuggled\"}]");
    const char *const words[] = {"plan", NULL};
    struct run *run = run_expect(job_run(site, words), 7);
    run_says(run, "gridform: esxi: no");
    run_says_not(run, "\x1b");
    run_says_not(run, "\n::error");
    run_free(run);
}

static void of_something_else(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    char *good = file_text("%s", files.live);

    forge(files.live, "\"gridform_snapshot\":1,\"site\":\"ml-private-cloud\"",
          "\"gridform_snapshot\":1,\"site\":\"other-cloud\"");
    REFUSED(site, 6, "is a snapshot of site other-cloud", "plan");
    write_text(files.live, good);
    forge(files.live, "\"vsphere\":\"vcenter.lab.local\"", "\"vsphere\":\"vcenter.other\"");
    REFUSED(site, 6, "taken from vcenter.other", "plan");
    write_text(files.live, good);
    forge(files.live, "\"gridform_snapshot\":1,", "\"gridform_snapshot\":2,");
    REFUSED(site, 6, "use a newer one", "plan");

    write_text(files.live, good);
    edit_text(files.live, "\"gridform_snapshot\":1,\"site\":\"ml",
              "\"gridform_snapshot\":1,\"site\":\"mL");
    REFUSED(site, 6, "edited, cut short or damaged", "plan");
    REFUSED(site, 6, "edited, cut short or damaged", "drift");
    REFUSED(site, 6, "edited, cut short or damaged", "show");
    write_text(files.live, "gridform: 1\n");
    REFUSED(site, 6, "this is no gridform snapshot", "plan");
    unlink(files.live);
    REFUSED(site, 1, "No such file", "plan");

    /* Another history of the same site. */
    site_lose_state(site);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    write_text(files.live, good);
    REFUSED(site, 6, "goes with the state of lineage", "plan");
    REFUSED(site, 6, "goes with the state of lineage", "drift");
    free(good);
    GRIDFORM_EXPECT(site, 1, "plan", "--max-age", "1h"); /* of what? */
    GRIDFORM_EXPECT(site, 1, "drift", "--trust", files.trust);
    struct run *run = run_expect(GRIDFORM(site, "snapshot"), 1);
    run_says(run, "--out FILE");
    run_free(run);
}

/* ---- signed
 * ----------------------------------------------------------------------------------
 */

/* openssl agrees: the signature is Ed25519 over all before its line. */
static void expect_openssl_agrees(const struct site *site, const struct job_files *files)
{
    char path[200], command[1200];
    snprintf(path, sizeof(path), "%s/verify.sh", site->dir);
    snprintf(command, sizeof(command),
             "set -e\ncd '%s'\n"
             "grep -v '^,\"\\(signature\\|checksum\\)\":' live.json >signed\n"
             "sed -n 's/^,\"signature\":\"\\(.*\\)\"$/\\1/p' live.json | base64 -d >signature\n"
             "openssl pkeyutl -verify -pubin -inkey trust.pem -rawin -in signed "
             "-sigfile signature >/dev/null\n",
             site->dir);
    write_text(path, command);
    pid_t pid = fork();
    int status = -1;
    if (pid == 0) {
        execlp("sh", "sh", path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    if (status != 0)
        fail_long("openssl does not verify %s: %d", files->live, status);
}

static void signatures(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char both[600];
    write_text(files.key, private_key);
    write_text(files.trust, public_key);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    REFUSED(site, 6, "the snapshot is not signed", "plan", "--trust", files.trust);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live, "--sign-key", files.key);
    expect_openssl_agrees(site, &files);
    struct run *run =
        run_expect(GRIDFORM(site, "plan", "--live", files.live, "--trust", files.trust), 0);
    run_says(run, "its signature is good");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live); /* nobody asked */
    write_text(files.trust, other_public_key);
    REFUSED(site, 6, "not signed by a key that is trusted", "plan", "--trust", files.trust);
    snprintf(both, sizeof(both), "%s%s", other_public_key, public_key);
    write_text(files.trust, both);
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live, "--trust", files.trust);
    /* A checksum is no signature. */
    forge(files.live, "\"presence\":\"present\",\"attrs\":{\"graphics\":\"shared\"",
          "\"presence\":\"present\",\"attrs\":{\"graphics\":\"shared_passthru\"");
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live);
    REFUSED(site, 6, "not signed by a key that is trusted", "plan", "--trust", files.trust);
    REFUSED(site, 6, "not signed by a key that is trusted", "drift", "--trust", files.trust);
    write_text(files.trust, private_key);
    REFUSED(site, 1, "holds no Ed25519 public key", "plan", "--trust", files.trust);
    write_text(files.key, public_key);
    run =
        run_expect(GRIDFORM(site, "snapshot", "--out", files.live, "--sign-key", files.key), 1);
    run_says(run, "holds no Ed25519 private key");
    run_free(run);
}

static int set_up(void **state)
{
    const struct world_shape shape = {
        .n_hosts = 1, .hosts = {{.driver = DRIVER_PRESENT}}, .only_hosts = true};
    struct site *site = calloc(1, sizeof(*site));
    site_start_shape(site, &shape, 0);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_times),
        TEST(as_old_as_its_beginning),
        TEST(nothing_is_smuggled_out),
        TEST(of_something_else),
        TEST(signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
