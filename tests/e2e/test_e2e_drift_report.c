/* test_e2e_drift_report.c: what people and schedules make of drift: exit codes in every
 * combination, the same in text and JSON; rules that ignore; reports that remember; an
 * interrupt that leaves no session behind. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"
#include "world_normal.h"
#include "worlds.h"

#define HOST "host/esx-gpu-01.lab.local"
#define POWER "hosts/esx-gpu-01.lab.local/power_policy"
#define SSH "hosts/esx-gpu-01.lab.local/services/TSM-SSH/running"

#define FOREIGN                                                                                \
    "{\"gridform_drift_report\":1,\"site\":\"ml\",\"lineage\":\"0123456789abcdef\","           \
    "\"at\":1764274679000,\"entries\":[\n],\"checksum\":\"980ee91a46cdfbaba5e5d632863206bf\"}" \
    "\n"

struct test {
    struct site site;
    char service[256], report[256];
};

static void edit(struct test *t)
{
    edit_text(t->service, "storage: 60 GiB", "storage: 80 GiB");
}

static void take_edit_back(struct test *t)
{
    edit_text(t->service, "storage: 80 GiB", "storage: 60 GiB");
}

static void drift(struct test *t)
{
    lab_poke(&t->site.lab, "\"static\"", POWER);
}

static void heal(struct test *t)
{
    lab_poke(&t->site.lab, "\"dynamic\"", POWER);
}

static void close_ssh(struct test *t)
{
    lab_poke(&t->site.lab, "false", SSH);
}

static void open_ssh(struct test *t)
{
    lab_poke(&t->site.lab, "true", SSH);
}

/* ---- exit codes ---------------------------------------------------------------------------
 */

/* Text, JSON, Markdown and the page end alike, and say how. */
static struct run *expect_code(struct test *t, int code)
{
    struct run *json = run_expect(GRIDFORM(&t->site, "drift", "--json"), code);
    json_t *report = run_json(json);
    assert_int_equal(json_int_at(report, "exit"), code);
    assert_int_equal(strlen(json_text_at(report, "at")), strlen("2026-01-02T03:04:05Z"));
    json_decref(report);
    run_free(json);
    struct run *page = run_expect(GRIDFORM(&t->site, "drift", "--format", "html"), code);
    char told[100];
    snprintf(told, sizeof(told), "<dt>Exit code</dt><dd>%d</dd>", code);
    run_says(page, told);
    run_free(page);
    struct run *comment = run_expect(
        GRIDFORM(&t->site, "drift", "--format", "markdown", "--limit", "github"), code);
    run_says(comment, "### Drift of ml-private-cloud: ");
    run_free(comment);
    return run_expect(GRIDFORM(&t->site, "drift"), code);
}

static void codes_never_confuse(void **state)
{
    static const char *const waits = "Edits of the files wait to be applied (1 resource)";
    struct test *t = *state;
    for (unsigned bits = 0; bits < 8; bits++) {
        bool drifted = bits & 1, edited = bits & 2, unreadable = bits & 4;
        if (drifted)
            drift(t);
        if (edited)
            edit(t);
        if (unreadable)
            close_ssh(t);
        struct run *run = expect_code(t, unreadable ? 7 : drifted ? 2 : 0);
        (edited ? run_says : run_says_not)(run, waits);
        (drifted ? run_says : run_says_not)(run, "power_policy");
        (drifted ? run_says : run_says_not)(run, "gridform apply puts the drift right");
        (unreadable ? run_says : run_says_not)(run, "Not readable, left alone:");
        run_free(run);
        if (drifted)
            heal(t);
        if (edited)
            take_edit_back(t);
        if (unreadable)
            open_ssh(t);
    }
    run_free(expect_code(t, 0));
}

static void codes_of_misuse(void **state)
{
    static const struct {
        const char *words[6], *says;
    } rows[] = {
        {{"drift", "--new-only"}, "--report FILE"},
        {{"drift", "--listen", "127.0.0.1:0"}, "--watch"},
        {{"drift", "--timeout", "5m"}, "--watch"},
        {{"drift", "--watch", "10m", "--allow-remote"}, "--listen"},
        {{"drift", "--watch", "10ms"}, "from 1s"},
        {{"drift", "--watch", "10m", "--format", "html"}, "text or JSON"},
        {{"drift", "--watch", "10m", "--format", "markdown"}, "text or JSON"},
        {{"drift", "--watch", "soon"}, "a time such as"},
        {{"drift", "--watch", "1h", "--listen", "0.0.0.0:0"}, "--allow-remote"},
        {{"drift", "--watch", "1h", "--listen", "[::]:0"}, "--allow-remote"},
        {{"drift", "--watch", "1h", "--listen", "example.com:9464"}, "no address"},
        {{"drift", "--watch", "1h", "--listen", "127.0.0.1:65536"}, "127.0.0.1:9464"},
        {{"drift", "--watch", "1h", "--listen", "127.0.0.1"}, "127.0.0.1:9464"},
    };
    struct test *t = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct run *run = run_expect(site_run(&t->site, rows[i].words), 1);
        run_says(run, rows[i].says);
        run_free(run);
    }
}

static size_t count_calls(struct test *t, const char *operation)
{
    json_t *calls = lab_calls(&t->site.lab);
    size_t n = calls_count(calls, operation, NULL);
    json_decref(calls);
    return n;
}

/* The last command of a read is under way at least. A log-in that breaks off half-way is
 * another matter. */
static bool shell_has_answered(struct test *t)
{
    json_t *calls = lab_calls(&t->site.lab), *call;
    bool found = false;
    size_t i;
    json_array_foreach(calls, i, call) found =
        found || strncmp(json_text_at(call, "operation"), "nvidia-smi", 10) == 0;
    json_decref(calls);
    return found;
}

/* While vCenter is slow to answer. What was opened is closed. */
static void an_interrupt_leaves_no_session(void **state)
{
    static const char *const words[] = {"drift", "--report", "unused", NULL};
    static const int signals[] = {SIGINT, SIGTERM};
    struct test *t = *state;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        lab_forget(&t->site.lab);
        lab_fault(
            &t->site.lab,
            "{\"system\":\"vcenter\",\"operation\":\"RetrievePropertiesEx\",\"kind\":\"delay\","
            "\"times\":1,\"milliseconds\":8000}");
        const char *with_report[] = {words[0], words[1], t->report, NULL};
        struct child child = site_launch(&t->site, with_report);
        int64_t until = clock_ms() + 30000;
        while ((count_calls(t, "RetrievePropertiesEx") == 0 || !shell_has_answered(t)) &&
               clock_ms() < until)
            pause_ms(5);
        pause_ms(100);
        int64_t since = clock_ms();
        kill(child.pid, signals[i]);
        struct run *run = run_expect(site_finish(&t->site, &child), 130);
        assert_true(clock_ms() - since < 6500); /* it did not wait for the answer */
        run_says(run, "interrupted; nothing was changed");
        assert_string_equal(run->out, "");
        run_free(run);
        assert_int_equal(count_calls(t, "Login"), 1);
        assert_int_equal(count_calls(t, "Logout"), 1);
        assert_false(file_exists("%s", t->report));
        lab_no_faults(&t->site.lab);
    }
}

/* ---- rules that ignore --------------------------------------------------------------------
 */

static void ignored_is_shown_and_never_counts(void **state)
{
    struct test *t = *state;
    char file[256];
    snprintf(file, sizeof(file), "%s/rules.yaml", t->site.dir);
    write_text(file, "pools: { gpu: { lifecycle: { ignore_drift: [power_policy] } } }\n");
    drift(t);
    GRIDFORM_EXPECT(&t->site, 2, "drift");
    struct run *run = run_expect(GRIDFORM(&t->site, "drift", "--overlay", file), 0);
    run_says(run, "Drift of ml-private-cloud: none in ");
    run_says(run, "1 ignored by rule");
    run_says(run, "Ignored by rule (lifecycle.ignore_drift or ignore_changes):\n  ~ " HOST
                  "\n      power_policy");
    run_says_not(run, "gridform apply puts");
    run_free(run);
    run = run_expect(GRIDFORM(&t->site, "drift", "--overlay", file, "--json"), 0);
    json_t *report = run_json(run);
    assert_int_equal(json_array_size(json_at(report, "drift")), 1);
    assert_true(json_true_at(report, "drift/0/ignored"));
    assert_string_equal(json_text_at(report, "drift/0/attribute"), "power_policy");
    assert_int_equal(json_int_at(report, "exit"), 0);
    json_decref(report);
    run_free(run);
    /* And an apply leaves it as it is. */
    GRIDFORM_EXPECT(&t->site, 0, "plan", "--overlay", file, "--detailed-exitcode");
    write_text(file, "pools: { gpu: { lifecycle: { ignore_drift: [power] } } }\n");
    run = run_expect(GRIDFORM(&t->site, "drift", "--overlay", file), 1);
    run_says(run, "rules.yaml:1:");
    run_free(run);
    heal(t);
}

/* ---- reports that remember ----------------------------------------------------------------
 */

static json_t *report_of(struct test *t, int code)
{
    struct run *run = run_expect(
        GRIDFORM(&t->site, "drift", "--report", t->report, "--new-only", "--json"), code);
    json_t *report = run_json(run);
    run_free(run);
    return report;
}

static void a_schedule_alarms_once(void **state)
{
    struct test *t = *state;
    json_decref(report_of(t, 0));
    drift(t);
    json_t *first = report_of(t, 2);
    assert_true(json_true_at(first, "drift/0/new"));
    json_t *second = report_of(t, 0);
    assert_false(json_true_at(second, "drift/0/new"));
    assert_string_equal(json_text_at(second, "drift/0/since"),
                        json_text_at(first, "drift/0/since"));
    json_decref(second);
    /* Without --new-only it is what it is, and says since when. */
    struct run *run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->report), 2);
    run_says(run, "   since 20");
    run_says(run, "1 difference in ");
    run_says(run, "0 of them new or changed");
    run_free(run);
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->report, "--new-only"), 0);
    run_says(run, "Reported before, and still so: 1 difference");
    run_says_not(run, "power_policy");
    run_free(run);
    /* To something else: that is news. */
    lab_poke(&t->site.lab, "\"low\"", POWER);
    second = report_of(t, 2);
    assert_true(json_true_at(second, "drift/0/changed"));
    assert_string_equal(json_text_at(second, "drift/0/since"),
                        json_text_at(first, "drift/0/since"));
    json_decref(second);
    heal(t);
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->report, "--new-only"), 0);
    run_says(run,
             "As it was applied again:\n  = " HOST ": power_policy   had drifted since 20");
    run_free(run);
    second = report_of(t, 0);
    assert_int_equal(json_array_size(json_at(second, "healed")), 0);
    json_decref(second);
    json_decref(first);
}

static void what_cannot_be_read_is_no_news_twice_and_never_healed(void **state)
{
    struct test *t = *state;
    lab_poke(&t->site.lab, "true", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
    json_decref(report_of(t, 2));
    close_ssh(t);
    json_t *report = report_of(t, 7);
    assert_true(json_true_at(report, "unreadable/0/new"));
    assert_int_equal(json_array_size(json_at(report, "healed")), 0);
    json_decref(report);
    report = report_of(t, 0);
    assert_false(json_true_at(report, "unreadable/0/new"));
    json_decref(report);
    GRIDFORM_EXPECT(&t->site, 7, "drift", "--report", t->report);
    open_ssh(t);
    report = report_of(t, 0); /* it was known before, and is what it was */
    assert_string_equal(json_text_at(report, "drift/0/attribute"), "ecc");
    assert_false(json_true_at(report, "drift/0/new"));
    json_decref(report);
    lab_poke(&t->site.lab, "false", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
    report = report_of(t, 0);
    assert_int_equal(json_array_size(json_at(report, "healed")), 1);
    json_decref(report);
}

/* A provider that cannot be asked at all is told each time. */
static void trouble_is_told_each_time(void **state)
{
    struct test *t = *state;
    t->site.env[0] = "VRA_PASSWORD=not-this-one";
    for (int i = 0; i < 2; i++)
        GRIDFORM_EXPECT(&t->site, 7, "drift", "--report", t->report, "--new-only");
    t->site.env[0] = NULL;
    GRIDFORM_EXPECT(&t->site, 0, "drift", "--report", t->report, "--new-only");
}

static void a_report_of_something_else_is_refused(void **state)
{
    struct test *t = *state;
    struct run *run;
    json_decref(report_of(t, 0));
    char *good = file_text("%s", t->report);
    write_text(t->report, "{}\n");
    lab_forget(&t->site.lab);
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->report), 1);
    run_says(run,
             "is no report that drift wrote: it is damaged; name another file, or remove it");
    run_free(run);
    assert_int_equal(count_calls(t, "Login"), 0); /* known before anybody was asked */
    char *damaged = file_text("%s", t->report);
    assert_string_equal(damaged, "{}\n"); /* it may be somebody else's */
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->service), 1);
    run_free(run);
    write_text(t->report, FOREIGN);
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", t->report), 1);
    run_says(run, "is the report of another state (lineage 0123456789abcdef, site ml)");
    run_free(run);
    write_text(t->report, good);
    run = run_expect(GRIDFORM(&t->site, "drift", "--report", "/nowhere/at/all"), 8);
    run_says(run, "/nowhere/at/all");
    run_free(run);
    GRIDFORM_EXPECT(&t->site, 0, "drift", "--report", t->report);
    free(good);
    free(damaged);
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct test *t = calloc(1, sizeof(*t));
    *state = t;
    site_start_shape(&t->site, &shape, 60000);
    snprintf(t->service, sizeof(t->service), "%s/service.yaml", t->site.manifest);
    snprintf(t->report, sizeof(t->report), "%s/report.json", t->site.dir);
    struct run *run = run_expect(GRIDFORM(&t->site, "drift"), 1);
    run_says(run, "no state yet");
    run_free(run);
    site_converge(&t->site);
    return 0;
}

static int tear_down(void **state)
{
    struct test *t = *state;
    site_stop(&t->site);
    free(t);
    return 0;
}

static int forget_report(void **state)
{
    struct test *t = *state;
    remove(t->report);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_never_confuse),
        cmocka_unit_test(codes_of_misuse),
        cmocka_unit_test(an_interrupt_leaves_no_session),
        cmocka_unit_test(ignored_is_shown_and_never_counts),
        cmocka_unit_test_setup(a_schedule_alarms_once, forget_report),
        cmocka_unit_test_setup(what_cannot_be_read_is_no_news_twice_and_never_healed,
                               forget_report),
        cmocka_unit_test_setup(trouble_is_told_each_time, forget_report),
        cmocka_unit_test_setup(a_report_of_something_else_is_refused, forget_report),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
