/* test_e2e_sealed.c: a site whose state is encrypted: nothing of it can be read on the disk,
 * also after a death in the middle; keys are exchanged; nothing becomes plain unless somebody
 * says so; a saved plan that was altered is never applied. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "still.h"
#include "worlds.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

enum { FLIPS = 25 };

/* The section of the manifest; NULL: none. */
static void encrypt_with(const struct site *site, const char *section)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/encryption.yaml", site->manifest);
    if (section == NULL)
        unlink(path);
    else
        write_text(path, section);
}

static void edit_site(const struct site *site, const char *old, const char *new)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/site.yaml", site->manifest);
    edit_text(path, old, new);
}

/* Change something, so that there is something to write. */
static void apply_a_change(struct site *site)
{
    static bool low;
    edit_site(site, low ? "power_policy: low_power" : "power_policy: balanced",
              low ? "power_policy: balanced" : "power_policy: low_power");
    low = !low;
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
}

/* Whether words of the state stand in the file, which must be there. */
static bool is_readable(const struct site *site, const char *end)
{
    char *text = file_text("%s%s", site->state, end);
    if (text == NULL)
        fail_long("no %s%s", site->state, end);
    bool readable = strstr(text, "esx-gpu") != NULL || strstr(text, "power_policy") != NULL;
    free(text);
    return readable;
}

static void nothing_can_be_read(void **state)
{
    struct site *site = *state;
    static const char *const ends[] = {"", ".backup", ".history/1", ".history/2"};
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    apply_a_change(site);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        assert_false(is_readable(site, ends[i]));
    struct run *run = run_expect(GRIDFORM(site, "state", "list"), 0);
    run_says(run, "host/esx-gpu-01.lab.local");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "drift");
}

/* Killed in the middle of a change: the journal is no exception, and the next run reads it. */
static void killed_in_the_middle(void **state)
{
    struct site *site = *state;
    static const char *const apply[] = {"apply", "--yes", NULL};
    char path[300];
    snprintf(path, sizeof(path), "%s/service.yaml", site->manifest);
    edit_text(path, "Machines for machine", "More machines for machine");
    lab_hold(&site->lab, 1);
    struct child child = site_launch(site, apply);
    assert_true(lab_is_held(&site->lab, 60000));
    site_kill(&child);
    lab_release(&site->lab, true);
    assert_false(is_readable(site, ".journal"));
    char *journal = file_text("%s.journal", site->state);
    assert_null(strstr(journal, "catalog_service"));
    free(journal);
    site_converge(site);
}

static void an_altered_plan_is_never_applied(void **state)
{
    struct site *site = *state;
    struct chance chance = chance_new(chance_seed("flips"));
    char plan[200], altered[200];
    snprintf(plan, sizeof(plan), "%s/saved.plan", site->dir);
    snprintf(altered, sizeof(altered), "%s/altered.plan", site->dir);
    edit_site(site, "power_policy: low_power", "power_policy: high_performance");
    GRIDFORM_EXPECT(site, 0, "plan", "--out", plan);
    char *text = file_text("%s", plan);
    assert_null(strstr(text, "esx-gpu"));
    size_t size = strlen(text);
    struct still still = still_begin(site);
    for (int i = 0; i < FLIPS; i++) {
        size_t at = chance_below(&chance, (unsigned)size);
        char kept = text[at];
        text[at] = (char)(kept ^ 1 << chance_below(&chance, 7));
        text[at] = text[at] == '\0' ? '!' : text[at];
        write_text(altered, text);
        text[at] = kept;
        GRIDFORM_EXPECT(site, 1, "apply", altered);
    }
    still_end(site, &still, "a plan with another bit");
    free(text);
    encrypt_with(site, "encryption: { key: { env: KEY_B }, previous: [ { env: KEY_A } ] }\n");
    struct run *run = STILL(site, 5, "apply", plan); /* the files have changed by this */
    run_says(run, "files have changed");
    run_free(run);
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    GRIDFORM_EXPECT(site, 0, "apply", plan);
    edit_site(site, "power_policy: high_performance", "power_policy: low_power");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
}

static const char *const commands[][4] = {
    {"plan"},          {"apply", "--yes"},   {"drift"},
    {"state", "list"}, {"state", "history"}, {"state", "pull"}};

static void refused(struct site *site, const char *first, const char *second)
{
    char *before = file_text("%s", site->state);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct run *run = still_run(site, 1, commands[i]);
        run_says(run, first);
        run_says(run, second);
        run_says_not(run, "KEY_A=");
        run_free(run);
    }
    char *after = file_text("%s", site->state);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void without_the_right_key_nothing_is_done(void **state)
{
    struct site *site = *state;
    encrypt_with(site, "encryption: { key: { env: KEY_B } }\n");
    refused(site, "another key", "previous");
    encrypt_with(site, NULL);
    refused(site, "names no key", "previous");
    encrypt_with(site, "encryption: { key: { env: NO_SUCH_KEY } }\n");
    refused(site, "encryption.yaml:1:20: encryption.key", "env NO_SUCH_KEY");
    encrypt_with(site, "encryption: { key: { env: PASSPHRASE } }\n");
    refused(site, "encryption.yaml:1:20: encryption.key", "openssl rand -hex 32");
    struct run *run = GRIDFORM(site, "plan");
    run_says_not(run, "correct horse");
    run_free(run);
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
}

static void the_key_is_exchanged(void **state)
{
    struct site *site = *state;
    char path[300];
    snprintf(path, sizeof(path), "%s/state.key", site->manifest);
    write_text(path, KEY_B "\n");
    assert_int_equal(chmod(path, 0600), 0);
    encrypt_with(site,
                 "encryption: { key: { file: state.key }, previous: [ { env: KEY_A } ] }\n");
    apply_a_change(site);
    encrypt_with(site, "encryption: { key: { file: state.key } }\n");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    /* So are the former states. */
    struct run *run = run_expect(GRIDFORM(site, "state", "history"), 0);
    run_says_not(run, "another key");
    run_free(run);
    assert_null(find_in_files(site->dir, KEY_A));
}

/* Only when somebody says so; and back again, when somebody says that. */
static void plain_when_it_is_said(void **state)
{
    struct site *site = *state;
    char plan[200];
    snprintf(plan, sizeof(plan), "%s/plain.plan", site->dir);
    encrypt_with(site, "encryption: { previous: [ { file: state.key } ] }\n");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    assert_false(is_readable(site, ""));
    GRIDFORM_EXPECT(site, 0, "plan", "--out", plan);
    apply_a_change(site);
    assert_true(is_readable(site, ""));
    encrypt_with(site, NULL);
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    refused(site, "it is not encrypted", "accept_plain: true");
    struct run *run = STILL(site, 1, "apply", plan);
    run_says(run, "plain.plan: it is not encrypted");
    run_free(run);
    encrypt_with(site, "encryption: { key: { env: KEY_A }, accept_plain: true }\n");
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    apply_a_change(site);
    assert_false(is_readable(site, ""));
    run = run_expect(GRIDFORM(site, "plan"), 0);
    run_says(run, "encryption.yaml:1:50: encryption.accept_plain");
    run_free(run);
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    run = run_expect(GRIDFORM(site, "state", "history"), 0);
    run_says_not(run, "not encrypted");
    run_free(run);
}

/* What is printed can be put back: who names the file vouches for it. */
static void a_plain_document_can_be_pushed(void **state)
{
    struct site *site = *state;
    char path[200];
    snprintf(path, sizeof(path), "%s/pulled.state", site->dir);
    struct run *run = run_expect(GRIDFORM(site, "state", "pull"), 0);
    write_text(path, run->out);
    run_free(run);
    apply_a_change(site);
    GRIDFORM_EXPECT(site, 0, "state", "push", "--yes", "--force", path);
    assert_false(is_readable(site, ""));
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
}

/* A job without the key saves a plan that is for looking at. */
static void plans_from_snapshots_are_plain(void **state)
{
    struct site *site = *state;
    char live[200], plan[200], away[200];
    snprintf(live, sizeof(live), "%s/live.json", site->dir);
    snprintf(plan, sizeof(plan), "%s/live-plan.json", site->dir);
    snprintf(away, sizeof(away), "%s/away", site->dir);
    encrypt_with(site, "encryption: { key: { env: KEY_A }, accept_plain: true }\n");
    apply_a_change(site);
    encrypt_with(site, "encryption: { key: { env: KEY_A } }\n");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", live);
    assert_int_equal(rename(site->state, away), 0);
    struct run *run = run_expect(GRIDFORM(site, "plan", "--live", live, "--out", plan), 0);
    run_says(run, "live-plan.json is not encrypted, since --live asks for no key");
    run_free(run);
    assert_int_equal(rename(away, site->state), 0);
    run = run_expect(STILL(site, 1, "apply", plan), 1);
    run_says(run, "live-plan.json: it is not encrypted");
    run_free(run);
    run = run_expect(GRIDFORM(site, "plan", "--out", plan), 0);
    run_says_not(run, "not encrypted");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "apply", plan);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    site_start_shape(site, &shape, 0);
    size_t n = 0;
    while (site->env[n] != NULL)
        n++;
    site->env[n++] = "KEY_A=" KEY_A;
    site->env[n++] = "KEY_B=" KEY_B;
    site->env[n++] = "PASSPHRASE=correct horse battery staple";
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_can_be_read),
        cmocka_unit_test(killed_in_the_middle),
        cmocka_unit_test(an_altered_plan_is_never_applied),
        cmocka_unit_test(without_the_right_key_nothing_is_done),
        cmocka_unit_test(the_key_is_exchanged),
        cmocka_unit_test(plain_when_it_is_said),
        cmocka_unit_test(a_plain_document_can_be_pushed),
        cmocka_unit_test(plans_from_snapshots_are_plain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
