/* test_e2e_drift_watch.c: drift as a service against the lab: what its metrics and its output
 * say while drift comes and goes, while systems are away or slow; that it leaks nothing, locks
 * nothing and writes nothing. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "../harness/unit.h"
#include "num.h"
#include "site.h"
#include "strbuf.h"
#include "worlds.h"

#define POWER "hosts/esx-gpu-01.lab.local/power_policy"
#define SSH "hosts/esx-gpu-01.lab.local/services/TSM-SSH/running"

enum { LIMIT_MS = 60000, WARM = 40, RSS_ROOM_KIB = 8192 };

static int64_t many = 100; /* checks of one service; the argument of the program */

struct test {
    struct site site;
    struct child child;
    char url[128];
};

/* ---- the service --------------------------------------------------------------------------
 */

static char *errors_of(struct test *t)
{
    return file_text("%s/runs/%05u.err", t->site.dir, t->child.number);
}

/* Until it says where it listens. */
static void await_url(struct test *t)
{
    static const char *const before = "gridform: metrics at ";
    for (int64_t until = clock_ms() + LIMIT_MS; clock_ms() < until; pause_ms(2)) {
        char *text = errors_of(t), *at = text == NULL ? NULL : strstr(text, before);
        bool found = at != NULL && strstr(at, "/metrics\n") != NULL;
        if (found)
            snprintf(t->url, sizeof(t->url), "%.*s",
                     (int)(strstr(at, "/metrics\n") - at - (long)strlen(before)),
                     at + strlen(before));
        free(text);
        if (found)
            return;
    }
    fail_long("the service does not listen");
}

static void start(struct test *t, const char *interval, const char *option, const char *value)
{
    const char *const words[] = {"drift",       "--watch", interval, "--listen",
                                 "127.0.0.1:0", option,    value,    NULL};
    t->child = site_launch(&t->site, words);
    await_url(t);
}

static struct run *stop(struct test *t)
{
    const struct child child = t->child;
    t->child.pid = 0;
    kill(child.pid, SIGTERM);
    return run_expect(site_finish(&t->site, &child), 0);
}

static size_t keep(char *data, size_t one, size_t n, void *context)
{
    strbuf_add_mem(context, data, one * n);
    return one * n;
}

static long fetch(struct test *t, const char *method, const char *path, struct strbuf *out)
{
    char url[300];
    long status = 0;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof(url), "%s%s", t->url, path);
    strbuf_clear(out);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "GET") != 0)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "POST") == 0)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "a body that nobody wants");
    CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK)
        fail_long("%s %s: %s", method, url, curl_easy_strerror(result));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return status;
}

static long status_of(struct test *t, const char *method, const char *path)
{
    struct strbuf body;
    strbuf_init(&body, 1 << 20);
    long status = fetch(t, method, path, &body);
    strbuf_release(&body);
    return status;
}

static double value_of(const struct strbuf *metrics, const char *name)
{
    char line[200];
    snprintf(line, sizeof(line), "\n%s ", name);
    const char *at = strstr(strbuf_str(metrics), line);
    return at == NULL ? 0 : strtod(at + strlen(line), NULL);
}

/* A sample by its name and labels as they are written. */
static double sample(struct test *t, const char *name)
{
    struct strbuf body;
    strbuf_init(&body, 1 << 20);
    assert_int_equal(fetch(t, "GET", "/metrics", &body), 200);
    double value = value_of(&body, name);
    strbuf_release(&body);
    return value;
}

#define assert_sample(t, name, value) assert_int_equal((int)sample((t), (name)), (value))
#define CHECKS(result) "gridform_checks_total{result=\"" result "\"}"

static int checks(struct test *t)
{
    static const char *const results[] = {CHECKS("clean"), CHECKS("drift"), CHECKS("partial"),
                                          CHECKS("error"), CHECKS("timeout")};
    struct strbuf body;
    int n = 0;
    strbuf_init(&body, 1 << 20);
    assert_int_equal(fetch(t, "GET", "/metrics", &body), 200);
    for (size_t i = 0; i < ARRAY_LEN(results); i++)
        n += (int)value_of(&body, results[i]);
    strbuf_release(&body);
    return n;
}

static void await_checks(struct test *t, int n)
{
    for (int64_t until = clock_ms() + LIMIT_MS; checks(t) < n; pause_ms(2)) {
        if (site_has_ended(&t->child) || clock_ms() > until) {
            char *text = errors_of(t);
            fail_long("no check number %d: %s", n, text);
        }
    }
}

static void check_now(struct test *t)
{
    int n = checks(t);
    kill(t->child.pid, SIGHUP);
    await_checks(t, n + 1);
}

/* ---- drift that comes and goes ------------------------------------------------------------
 */

static void expect_drifted(struct test *t, int resources, int attributes)
{
    assert_sample(t, "gridform_drifted_resources{kind=\"host\"}", resources);
    assert_sample(t, "gridform_drifted_attributes{kind=\"host\"}", attributes);
    assert_sample(t, "gridform_drifted_resources{kind=\"blueprint\"}", 0);
}

static void judge(struct test *t)
{
    char file[200];
    struct strbuf body;
    int status = -1;
    strbuf_init(&body, 1 << 20);
    assert_int_equal(fetch(t, "GET", "/metrics", &body), 200);
    snprintf(file, sizeof(file), "%s/metrics.txt", t->site.dir);
    write_text(file, strbuf_str(&body));
    pid_t pid = fork();
    if (pid == 0) {
        execl("/usr/bin/python3", "python3", JUDGE_METRICS, file, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_long("the judge refuses:\n%s", strbuf_str(&body));
    strbuf_release(&body);
}

static size_t count_text(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void metrics_follow_the_world(void **state)
{
    struct test *t = *state;
    start(t, "1h", NULL, NULL);
    await_checks(t, 1);
    expect_drifted(t, 0, 0);
    assert_sample(t, CHECKS("clean"), 1);
    assert_true(sample(t, "gridform_checked_resources") > 5);
    assert_true(sample(t, "gridform_last_check_timestamp_seconds") > 1700000000);
    assert_true(sample(t, "gridform_check_duration_seconds") > 0);
    assert_int_equal(status_of(t, "GET", "/healthz"), 200);
    judge(t);
    lab_poke(&t->site.lab, "\"static\"", POWER);
    lab_poke(&t->site.lab, "true", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
    check_now(t);
    expect_drifted(t, 1, 2);
    assert_sample(t, CHECKS("drift"), 1);
    check_now(t);
    /* What cannot be read has not healed. */
    lab_poke(&t->site.lab, "false", SSH);
    check_now(t);
    expect_drifted(t, 1, 2);
    assert_sample(t, "gridform_unreadable_resources{kind=\"host\"}", 1);
    assert_sample(t, CHECKS("partial"), 1);
    judge(t);
    lab_poke(&t->site.lab, "true", SSH);
    lab_poke(&t->site.lab, "\"dynamic\"", POWER);
    lab_poke(&t->site.lab, "false", "hosts/esx-gpu-01.lab.local/gpus/0/ecc_pending");
    check_now(t);
    expect_drifted(t, 0, 0);
    assert_sample(t, "gridform_unreadable_resources{kind=\"host\"}", 0);
    assert_true(
        sample(t, "gridform_provider_calls_total{provider=\"vsphere\",method=\"Login\"}") == 5);
    assert_true(
        sample(t, "gridform_provider_calls_total{provider=\"esxi\",method=\"connect\"}") >= 4);
    struct run *run = stop(t);
    /* Four reports for five checks: one of them had nothing new to say. */
    assert_int_equal(count_text(run->out, "Drift of ml-private-cloud: "), 4);
    assert_int_equal(count_text(run->out, "   new"), 2);
    run_says(run, "As it was applied again:");
    run_free(run);
}

/* Files and state are read anew each time. */
static void edits_are_seen(void **state)
{
    struct test *t = *state;
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", t->site.manifest);
    start(t, "1h", "--json", NULL);
    await_checks(t, 1);
    edit_text(file, "storage: 60 GiB", "storage: 80 GiB");
    check_now(t);
    edit_text(file, "storage: 80 GiB", "storage: 80 PiBi");
    check_now(t);
    assert_sample(t, CHECKS("error"), 1);
    assert_sample(t, CHECKS("clean"), 2);
    edit_text(file, "storage: 80 PiBi", "storage: 60 GiB");
    check_now(t);
    struct run *run = stop(t);
    /* With --json every check is one line. */
    static const int exits[] = {0, 0, 1, 0}, pending[] = {0, 1, 0, 0};
    char *line = run->out;
    for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        json_t *report = json_parse(line);
        assert_int_equal(json_int_at(report, "gridform_drift"), 1);
        assert_int_equal(json_int_at(report, "exit"), exits[i]);
        if (exits[i] == 0)
            assert_int_equal(json_int_at(report, "pending_edits"), pending[i]);
        else
            assert_true(json_is_false(json_at(report, "report")));
        json_decref(report);
        line = end + 1;
    }
    assert_string_equal(line, "");
    run_says(run, "service.yaml:");
    run_free(run);
}

/* ---- systems that are away or slow --------------------------------------------------------
 */

static void a_provider_away_is_an_error_and_unhealthy(void **state)
{
    struct test *t = *state;
    lab_poke(&t->site.lab, "\"static\"", POWER);
    start(t, "1s", NULL, NULL);
    await_checks(t, 1);
    assert_int_equal(status_of(t, "GET", "/healthz"), 200);
    double success = sample(t, "gridform_last_success_timestamp_seconds");
    assert_true(success > 0);
    lab_fault(&t->site.lab,
              "{\"system\":\"vcenter\",\"operation\":\"*\",\"kind\":\"drop_before\","
              "\"times\":1000}");
    int64_t until = clock_ms() + LIMIT_MS;
    while (status_of(t, "GET", "/healthz") == 200 && clock_ms() < until)
        pause_ms(20);
    assert_int_equal(status_of(t, "GET", "/healthz"), 503);
    assert_true(sample(t, CHECKS("error")) >= 1);
    assert_true(sample(t, "gridform_errors_total{provider=\"vsphere\"}") >= 1);
    assert_sample(t, "gridform_errors_total{provider=\"vra\"}", 0);
    expect_drifted(t, 1, 1); /* nobody has seen it heal */
    lab_no_faults(&t->site.lab);
    check_now(t);
    assert_int_equal(status_of(t, "GET", "/healthz"), 200);
    assert_true(sample(t, "gridform_last_success_timestamp_seconds") > success);
    struct run *run = stop(t);
    run_says(run, "vCenter vcenter.lab.local");
    run_free(run);
    lab_poke(&t->site.lab, "\"dynamic\"", POWER);
}

static void a_check_that_takes_too_long_is_cut_off(void **state)
{
    struct test *t = *state;
    lab_fault(&t->site.lab,
              "{\"system\":\"vcenter\",\"operation\":\"RetrievePropertiesEx\",\"kind\":"
              "\"delay\",\"times\":1,\"milliseconds\":6000}");
    start(t, "1h", "--timeout", "2s");
    await_checks(t, 1);
    assert_sample(t, CHECKS("timeout"), 1);
    assert_int_equal(status_of(t, "GET", "/healthz"), 503); /* no good check yet */
    lab_no_faults(&t->site.lab);
    int64_t until = clock_ms() + LIMIT_MS;
    do /* a busy machine may need more than two seconds as well */
        check_now(t);
    while (sample(t, CHECKS("clean")) < 1 && clock_ms() < until);
    assert_sample(t, CHECKS("clean"), 1);
    struct run *run = stop(t);
    run_says(run, "takes longer than 2 s and is cut off");
    run_free(run);
}

/* ---- nothing else -------------------------------------------------------------------------
 */

static void nothing_else_is_served(void **state)
{
    static const struct {
        const char *method, *path;
        long status;
    } rows[] = {
        {"GET", "/metrics", 200},   {"HEAD", "/metrics", 200},   {"GET", "/metrics?x=1", 200},
        {"GET", "/healthz", 200},   {"GET", "/", 404},           {"GET", "/metrics/", 404},
        {"GET", "/healthz/x", 404}, {"GET", "/state", 404},      {"GET", "/../metrics", 200},
        {"POST", "/metrics", 405},  {"DELETE", "/metrics", 405}, {"PUT", "/healthz", 405},
    };
    struct test *t = *state;
    start(t, "1h", NULL, NULL);
    await_checks(t, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        long status = status_of(t, rows[i].method, rows[i].path);
        if (status != rows[i].status)
            fail_long("%s %s: %ld", rows[i].method, rows[i].path, status);
    }
    /* A second one cannot take the same port, and says so. */
    struct run *run = run_expect(
        GRIDFORM(&t->site, "drift", "--watch", "1h", "--listen", t->url + strlen("http://")),
        1);
    run_says(run, "cannot listen at 127.0.0.1 port ");
    run_free(run);
    run_free(stop(t));
}

static size_t count_files(pid_t pid)
{
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    return n;
}

/* The smallest of some looks: our own request's connection may not be gone yet. */
static size_t open_files(pid_t pid)
{
    size_t least = SIZE_MAX;
    for (int i = 0; i < 20; i++) {
        size_t n = count_files(pid);
        least = n < least ? n : least;
        pause_ms(5);
    }
    return least;
}

static long memory_kib(pid_t pid)
{
    char path[64], line[200];
    long kib = 0;
    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(file);
    assert_true(kib > 0);
    return kib;
}

static size_t count_calls(struct test *t, const char *operation)
{
    json_t *calls = lab_calls(&t->site.lab);
    size_t n = calls_count(calls, operation, NULL);
    json_decref(calls);
    return n;
}

/* Hundreds of checks, with drift in between: no memory, descriptor or session stays; no
 * changing call, no lock, no write to the state. */
static void nothing_is_left_behind(void **state)
{
    struct test *t = *state;
    size_t files = 0;
    long memory = 0;
    char *before = file_text("%s", t->site.state);
    lab_forget(&t->site.lab);
    /* Freed memory that a sanitizer keeps back for a while is no leak. */
    t->site.env[0] =
        "ASAN_OPTIONS=exitcode=99:quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
    start(t, "1h", NULL, NULL);
    t->site.env[0] = NULL;
    await_checks(t, 1);
    for (int i = 1; i < many; i++) {
        if (i == WARM) {
            files = open_files(t->child.pid);
            memory = memory_kib(t->child.pid);
        }
        if (i % 20 == 0)
            lab_poke(&t->site.lab, i % 40 == 0 ? "\"dynamic\"" : "\"static\"", POWER);
        check_now(t);
    }
    lab_poke(&t->site.lab, "\"dynamic\"", POWER);
    assert_int_equal(open_files(t->child.pid), files);
    long grown = memory_kib(t->child.pid) - memory;
    print_message("after %d checks: %zu files, %ld KiB, grown by %ld KiB\n", (int)many, files,
                  memory, grown);
    assert_true(grown < RSS_ROOM_KIB);
    run_free(stop(t));
    assert_int_equal(count_calls(t, "Login"), many);
    assert_int_equal(count_calls(t, "Logout"), many);
    json_t *calls = lab_calls(&t->site.lab);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);
    char *after = file_text("%s", t->site.state);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* The lock stays free for who applies, also while a check runs. */
static void an_apply_goes_its_way(void **state)
{
    struct test *t = *state;
    lab_poke(&t->site.lab, "\"static\"", POWER);
    start(t, "1h", NULL, NULL);
    await_checks(t, 1);
    expect_drifted(t, 1, 1);
    kill(t->child.pid, SIGHUP);
    GRIDFORM_EXPECT(&t->site, 0, "apply", "--yes");
    check_now(t);
    expect_drifted(t, 0, 0);
    run_free(stop(t));
}

/* A test that failed half-way leaves a service behind. */
static int end_service(void **state)
{
    struct test *t = *state;
    if (t->child.pid > 0)
        site_kill(&t->child);
    t->child.pid = 0;
    lab_no_faults(&t->site.lab);
    return 0;
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct test *t = calloc(1, sizeof(*t));
    *state = t;
    site_start_shape(&t->site, &shape, 60000);
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

int main(int argc, char **argv)
{
    if (argc > 1 && num_i64(argv[1], &many) == 0)
        cmocka_set_test_filter("nothing_is_left_behind");

    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(metrics_follow_the_world, end_service),
        cmocka_unit_test_teardown(edits_are_seen, end_service),
        cmocka_unit_test_teardown(a_provider_away_is_an_error_and_unhealthy, end_service),
        cmocka_unit_test_teardown(a_check_that_takes_too_long_is_cut_off, end_service),
        cmocka_unit_test_teardown(nothing_else_is_served, end_service),
        cmocka_unit_test_teardown(nothing_is_left_behind, end_service),
        cmocka_unit_test_teardown(an_apply_goes_its_way, end_service),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
