/* test_e2e_snapshot.c: a plan from a snapshot is the plan from the systems, to the byte,
 * without a password, a system or a state at hand; it can be applied; and what the snapshot
 * does not know is never taken for absent. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "snapshot_job.h"
#include "still.h"
#include "world_normal.h"
#include "worlds.h"

/* ---- the same
 * --------------------------------------------------------------------------------
 */

static const char *const looks[][4] = {
    {"plan"},
    {"plan", "--json"},
    {"plan", "--format", "markdown"},
    {"plan", "--detailed-exitcode"},
    {"drift"},
    {"drift", "--json"},
    {"show"},
    {"show", "--json"},
    {"show", "host/esx-gpu-01.lab.local"},
};

/* What was printed to standard error, without the line about the snapshot. */
static void expect_same_errors(const struct run *live, struct run *run, const char *what)
{
    char *line = strstr(run->err, "gridform: live state from ");
    if (line == NULL)
        fail_long("%s does not say how old the snapshot is:\n%s", what, run->err);
    char *end = line + strcspn(line, "\n") + 1;
    memmove(line, end, strlen(end) + 1);
    if (strcmp(live->err, run->err) != 0)
        fail_long("%s: other messages\n--- live\n%s\n--- snapshot\n%s", what, live->err,
                  run->err);
}

/* Drift says when it looked: live that is now. */
static void forget_time(struct run *run)
{
    static const char at[] = "\"at\":\"";
    char *found = strstr(run->out, at);
    for (char *digit = found == NULL ? NULL : found + strlen(at);
         digit != NULL && *digit != '"'; digit++)
        *digit = '-';
}

static void expect_same(struct site *site, int status, const char *what)
{
    const struct job_files files = job_files_of(site);
    struct run *lives[ARRAY_LEN(looks)];
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        lives[i] = site_run(site, looks[i]);
    struct still still = still_begin(site);
    GRIDFORM_EXPECT(site, status, "snapshot", "-o", files.live);
    still_end(site, &still, "taking a snapshot");
    job_leave(site);
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        struct run *run = job_run(site, looks[i]);
        forget_time(lives[i]);
        forget_time(run);
        expect_same_world(lives[i]->out, run->out, what);
        if (run->status != lives[i]->status)
            fail_long("%s: %s: exit %d, live %d\n%s", what, run->what, run->status,
                      lives[i]->status, run->err);
        if (lives[i]->status != 1) /* drift without a state */
            expect_same_errors(lives[i], run, run->what);
        run_free(run);
        run_free(lives[i]);
    }
    job_come_back(site);
}

static void the_same_plan(void **state)
{
    struct site *site = *state;
    char path[200];
    expect_same(site, 0, "before the first apply");
    site_converge(site);
    expect_same(site, 0, "nothing to do");

    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    snprintf(path, sizeof(path), "%s/service.yaml", site->manifest);
    edit_text(path, "memory: 16 GiB", "memory: 12 GiB");
    edit_text(path, "  Machine Learning: { description: Machines for machine learning }",
              "  Machine Learning: { description: Machines that learn }");
    expect_same(site, 0, "drift and edits");

    lab_poke(&site->lab, "false", "hosts/esx-gpu-02.lab.local/services/TSM-SSH/running");
    expect_same(site, 0, "a shell that is closed");

    lab_fault(&site->lab, "{\"system\": \"vra\", \"operation\": \"*\", \"kind\": \"status\","
                          " \"status\": 403, \"text\": \"no\", \"times\": 100000}");
    expect_same(site, 7, "vRA refuses");
    lab_no_faults(&site->lab);
}

/* ---- applied
 * ---------------------------------------------------------------------------------
 */

/* Planned in one job, applied in another. */
static void a_plan_from_it_is_applied(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    job_leave(site);
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live, "--out", files.plan);
    job_come_back(site);
    GRIDFORM_EXPECT(site, 0, "apply", files.plan);
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(site, 5, "apply", files.plan);
    /* The state is another one now, and it is at hand. */
    struct run *run = run_expect(GRIDFORM(site, "plan", "--live", files.live), 5);
    run_says(run, "there was no state yet when it was taken");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live, "--detailed-exitcode");
    /* The world moves on behind the snapshot's back: the plan is made, and not applied. */
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    GRIDFORM_EXPECT(site, 0, "plan", "--live", files.live, "--out", files.plan);
    lab_poke(&site->lab, "\"low\"", "hosts/esx-gpu-01.lab.local/power_policy");
    GRIDFORM_EXPECT(site, 5, "apply", files.plan);
    /* And the state does. */
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    run = run_expect(GRIDFORM(site, "plan", "--live", files.live), 5);
    run_says(run, "the state has moved on since");
    run_free(run);
}

/* ---- far from everything
 * ----------------------------------------------------------------------
 */

/* The overlay leads to where nobody listens. */
static void systems_that_are_gone(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    struct run *live = run_expect(GRIDFORM(site, "plan"), 0);
    char *overlay = file_text("%s", site->overlay), *at;
    for (at = overlay; (at = strstr(at, "127.0.0.1:")) != NULL; at++)
        at[8] = '2';
    write_text(site->overlay, overlay);
    free(overlay);
    GRIDFORM_EXPECT(site, 7, "plan");
    job_leave(site);
    struct run *run = run_expect(GRIDFORM(site, "show", "--live", files.live), 0);
    run_free(run);
    run = run_expect(GRIDFORM(site, "plan", "--live", files.live), 0);
    expect_same_world(live->out, run->out, "systems that are gone");
    run_free(run);
    run_free(live);
    job_come_back(site);
}

/* Others can read it: it is JSON, and the state is in it as it is. */
static void it_is_json(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    struct run *run = run_expect(GRIDFORM(site, "snapshot", "-o", "-"), 0);
    char *text = file_text("%s", files.live), *kept = file_text("%s", site->state);
    json_t *snapshot = json_parse(text), *printed = run_json(run), *stored = json_parse(kept);
    assert_string_equal(json_text_at(snapshot, "site"), "ml-private-cloud");
    assert_int_equal(json_array_size(json_at(snapshot, "live")), 1);
    assert_string_equal(json_text_at(snapshot, "live/0/address"), "host/esx-gpu-01.lab.local");
    assert_string_equal(json_text_at(snapshot, "live/0/attrs/power_policy"), "balanced");
    assert_int_equal(json_array_size(json_at(snapshot, "listed/host")), 1);
    assert_true(json_equal(json_at(snapshot, "state"), stored));
    assert_true(json_equal(json_at(snapshot, "live"), json_at(printed, "live")));
    json_decref(snapshot);
    json_decref(printed);
    json_decref(stored);
    free(text);
    free(kept);
    run_free(run);
}

/* ---- what it does not know
 * -------------------------------------------------------------------
 */

static void add_to(const struct site *site, const char *name, const char *text)
{
    char path[240];
    snprintf(path, sizeof(path), "%s/%s", site->manifest, name);
    write_text(path, text);
}

static void expect_blind(const json_t *plan, const char *address, const char *reason)
{
    const json_t *list = json_at(plan, "unreadable"), *it;
    size_t i;
    json_array_foreach(list, i, it) if (strcmp(json_text_at(it, "address"), address) == 0)
    {
        if (strstr(json_text_at(it, "reason"), reason) == NULL)
            fail_long("%s: %s", address, json_text_at(it, "reason"));
        return;
    }
    char *text = json_dumps(plan, JSON_INDENT(1));
    fail_long("%s is not unreadable:\n%s", address, text);
}

static const char new_objects[] =
    "gridform: 1\n"
    "customization_specs:\n"
    "  plain: { os: linux, domain: lab.local, network: dhcp }\n"
    "templates:\n"
    "  bare: { base: centos72-base, pool: gpu, vgpu_mode: p100-4q, cpus: 2 }\n"
    "catalog_services:\n  Another: { description: One more }\n"
    "software_components:\n"
    "  Tool: { container: machine, install: { type: bash, script: 'true' } }\n"
    "blueprints:\n"
    "  Second:\n"
    "    machine:\n"
    "      prefix: tf-\n"
    "      clone: { template: bare, type: full, customization: plain }\n"
    "      cpu: 2\n"
    "      memory: 8 GiB\n"
    "      storage: 60 GiB\n"
    "      network: { name: VM Network, profile: ml-external, assignment: dhcp }\n"
    "      reservation_policy: gpu-cluster\n"
    "    software: [Tool]\n"
    "    catalog: { service: Another }\n";

/* A pull request names objects that no file named when the snapshot was taken: lists that go
 * with it say that they are not there. */
static void new_names(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    static const char *const words[][3] = {{"plan", "--json"}, {"plan"}, {"show", "--json"}};
    struct run *lives[ARRAY_LEN(words)];
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    add_to(site, "more.yaml", new_objects);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        lives[i] = run_expect(site_run(site, words[i]), 0);
    json_t *plan = run_json(lives[0]);
    assert_non_null(plan_change(plan, "template/bare"));
    assert_non_null(plan_change(plan, "blueprint/Second"));
    json_decref(plan);
    job_leave(site);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct run *run = run_expect(job_run(site, words[i]), 0);
        expect_same_world(lives[i]->out, run->out, "new objects");
        expect_same_errors(lives[i], run, "new objects");
        run_free(run);
        run_free(lives[i]);
    }
    job_come_back(site);
}

/* They exist, but nobody has looked at them. */
static void new_names_of_old_things(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char path[200];
    add_to(site, "more.yaml",
           "gridform: 1\ncatalog_services:\n  Another: { description: One more }\n"
           "customization_specs:\n"
           "  plain: { os: linux, domain: lab.local, network: dhcp }\n"
           "software_components:\n"
           "  Old Tool: { container: machine, install: { type: bash, script: 'true' } }\n");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    snprintf(path, sizeof(path), "%s/more.yaml", site->manifest);
    char *more = file_text("%s", path);
    unlink(path);
    snprintf(path, sizeof(path), "%s/site.yaml", site->manifest);
    edit_text(path, "esx-gpu-{01..02}.lab.local", "esx-gpu-{01..01}.lab.local");
    /* The state forgets them: they are nobody's. */
    site_lose_state(site);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    add_to(site, "more.yaml", more);
    edit_text(path, "esx-gpu-{01..01}.lab.local", "esx-gpu-{01..02}.lab.local");
    struct run *run = GRIDFORM(site, "plan", "--json", "--live", files.live);
    json_t *plan = run_json(run);
    expect_blind(plan, "catalog_service/Another", "it exists, and no more is known of it");
    expect_blind(plan, "customization_spec/plain", "it exists, and no more is known of it");
    expect_blind(plan, "software_component/Old Tool", "it exists, and no more is known of it");
    expect_blind(plan, "host/esx-gpu-02.lab.local", "it exists, and no more is known of it");
    json_decref(plan);
    run_free(run);
    free(more);
}

/* No list was to be had: nothing is said to be absent. */
static void without_lists(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char path[200];
    lab_fault(&site->lab, "{\"system\": \"vra\", \"operation\": \"*\", \"kind\": \"status\","
                          " \"status\": 403, \"text\": \"no\", \"times\": 100000}");
    GRIDFORM_EXPECT(site, 7, "snapshot", "--out", files.live);
    lab_no_faults(&site->lab);
    snprintf(path, sizeof(path), "%s/service.yaml", site->manifest);
    edit_text(path, "catalog_services:\n",
              "catalog_services:\n  Another: { description: One more }\n");
    struct run *run = run_expect(GRIDFORM(site, "plan", "--json", "--live", files.live), 7);
    json_t *plan = run_json(run);
    expect_blind(plan, "catalog_service/Another", "it is not in the snapshot of 20");
    assert_null(plan_change(plan, "catalog_service/Another"));
    json_decref(plan);
    run_free(run);
}

/* What vRA allows depends on the policy that is asked for. */
static void other_wishes(void **state)
{
    struct site *site = *state;
    const struct job_files files = job_files_of(site);
    char path[200];
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", files.live);
    static const char *const words[] = {"show", "blueprint/Tensorflow-GPU", "--json", NULL};
    struct run *run = run_expect(job_run(site, words), 0);
    run_says_not(run, "$unreadable");
    run_free(run);
    snprintf(path, sizeof(path), "%s/service.yaml", site->manifest);
    edit_text(path, "reservation_policy: gpu-cluster", "reservation_policy: other-cluster");
    run = run_expect(job_run(site, words), 0);
    run_says(run,
             "\"machine_quota\":{\"$unreadable\":\"not for this machine.reservation_policy "
             "in the snapshot of 20");
    run_free(run);
}

/* ------------------------------------------------------------------------------------------------
 */

static int start(void **state, const struct world_shape *shape)
{
    struct site *site = calloc(1, sizeof(*site));
    site_start_shape(site, shape, 0);
    *state = site;
    return 0;
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 2,
                                      .hosts = {{.ecc = true}, {.driver = DRIVER_OLD}}};
    return start(state, &shape);
}

static int set_up_wanted(void **state)
{
    const struct world_shape shape = {.n_hosts = 2,
                                      .hosts = {host_as_wanted(), host_as_wanted()}};
    return start(state, &shape);
}

static int set_up_hosts(void **state)
{
    const struct world_shape shape = {
        .n_hosts = 1, .hosts = {{.driver = DRIVER_PRESENT}}, .only_hosts = true};
    return start(state, &shape);
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_plan, set_up),
        TEST(a_plan_from_it_is_applied, set_up),
        TEST(systems_that_are_gone, set_up_hosts),
        TEST(it_is_json, set_up_hosts),
        TEST(new_names, set_up_wanted),
        TEST(new_names_of_old_things, set_up_wanted),
        TEST(without_lists, set_up_wanted),
        TEST(other_wishes, set_up_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
