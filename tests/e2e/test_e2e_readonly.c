/* test_e2e_readonly.c: plan, drift, show, graph and snapshot change nothing: no changing call is in the
 * lab's record; they work while an apply holds the lock. Of two applies at once one wins, and
 * the other names the holder. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "world_normal.h"
#include "worlds.h"

static const char *const apply_words[] = {"apply", "--yes", NULL};

static void run_readers(struct site *site, int plan_status, int drift_status)
{
    GRIDFORM_EXPECT(site, 0, "validate");
    GRIDFORM_EXPECT(site, plan_status, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(site, plan_status, "plan", "--json", "--detailed-exitcode");
    GRIDFORM_EXPECT(site, drift_status, "drift");
    GRIDFORM_EXPECT(site, drift_status, "drift", "--json");
    GRIDFORM_EXPECT(site, 0, "show", "host/esx-gpu-01.lab.local");
    GRIDFORM_EXPECT(site, 0, "graph");
    GRIDFORM_EXPECT(site, 0, "graph", "--format", "mermaid");
    GRIDFORM_EXPECT(site, 0, "template", "list");
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", "-");
}

static void expect_no_changing_call(struct site *site)
{
    json_t *calls = lab_calls(&site->lab);
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call) if (json_true_at(call, "changing"))
        fail_long("a reader made the call %s %s", json_text_at(call, "operation"),
                  json_text_at(call, "object"));
    assert_true(json_array_size(calls) > 0);
    json_decref(calls);
}

/* Before there is a state, with one, and with drift to report. */
static void readers_change_nothing(void **state)
{
    struct site *site = *state;
    char *before = lab_normal(&site->lab);
    lab_forget(&site->lab);
    GRIDFORM_EXPECT(site, 2, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(site, 1, "drift"); /* no state yet */
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", "-");
    GRIDFORM_EXPECT(site, 0, "graph");
    expect_no_changing_call(site);
    char *after = lab_normal(&site->lab);
    expect_same_world(before, after, "readers without a state");
    assert_false(file_exists("%s", site->state));
    free(before);
    free(after);

    site_converge(site);
    char *text = file_text("%s", site->state);
    lab_forget(&site->lab);
    run_readers(site, 0, 0);
    expect_no_changing_call(site);
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    run_readers(site, 2, 2);
    expect_no_changing_call(site);
    char *same = file_text("%s", site->state);
    assert_string_equal(text, same);
    free(text);
    free(same);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
}

static void readers_work_while_an_apply_runs(void **state)
{
    struct site *site = *state;
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    lab_hold(&site->lab, 1);
    struct child child = site_launch(site, apply_words);
    assert_true(lab_is_held(&site->lab, 30000));
    struct run *run = run_expect(GRIDFORM(site, "plan"), 0);
    run_says(run, "under way");
    run_free(run);
    run = run_expect(GRIDFORM(site, "drift"), 0); /* the held change is made already */
    run_says(run, "under way");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "show", "host/esx-gpu-01.lab.local");
    GRIDFORM_EXPECT(site, 0, "graph");
    lab_release(&site->lab, true);
    run_free(run_expect(site_finish(site, &child), 0));
}

static void of_two_applies_one_wins(void **state)
{
    struct site *site = *state;
    char pid[32];
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    lab_hold(&site->lab, 1);
    struct child child = site_launch(site, apply_words);
    assert_true(lab_is_held(&site->lab, 30000));
    struct run *run = run_expect(GRIDFORM(site, "apply", "--yes"), 4);
    snprintf(pid, sizeof(pid), "process %ld", (long)child.pid);
    run_says(run, pid);
    run_says(run, "apply");
    run_free(run);
    /* Waiting a little does not help as long as it is held. */
    run = run_expect(GRIDFORM(site, "apply", "--yes", "--lock-timeout", "1s"), 4);
    run_free(run);
    lab_release(&site->lab, true);
    run_free(run_expect(site_finish(site, &child), 0));
    json_t *calls = lab_calls(&site->lab);
    lab_forget(&site->lab);
    json_decref(calls);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
}

/* With patience the second one goes on where the first has finished. */
static void the_second_may_wait(void **state)
{
    struct site *site = *state;
    static const char *const patient[] = {"apply", "--yes", "--lock-timeout", "60s", NULL};
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    lab_hold(&site->lab, 1);
    struct child first = site_launch(site, apply_words);
    assert_true(lab_is_held(&site->lab, 30000));
    struct child second = site_launch(site, patient);
    pause_ms(300);
    assert_false(site_has_ended(&second));
    lab_release(&site->lab, true);
    run_free(run_expect(site_finish(site, &first), 0));
    struct run *run = run_expect(site_finish(site, &second), 0);
    run_says(run, "no changes");
    run_free(run);
}

/* A lock dies with its process. */
static void a_killed_apply_locks_nobody_out(void **state)
{
    struct site *site = *state;
    lab_poke(&site->lab, "\"static\"", "hosts/esx-gpu-01.lab.local/power_policy");
    lab_hold(&site->lab, 1);
    struct child child = site_launch(site, apply_words);
    assert_true(lab_is_held(&site->lab, 30000));
    site_kill(&child);
    lab_release(&site->lab, true);
    site_converge(site);
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_change_nothing),
        cmocka_unit_test(readers_work_while_an_apply_runs),
        cmocka_unit_test(of_two_applies_one_wins),
        cmocka_unit_test(the_second_may_wait),
        cmocka_unit_test(a_killed_apply_locks_nobody_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
