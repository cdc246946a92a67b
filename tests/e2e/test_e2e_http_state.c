/* test_e2e_http_state.c: the state kept by a server, as GitLab keeps it. A pipeline's runner
 * has a fresh disk each time: whatever happens to a run, the server's document is all that the
 * next one has. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../harness/state_server.h"
#include "../harness/unit.h"
#include "../harness/world_normal.h"
#include "crash.h"
#include "sample.h"
#include "still.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

struct remote {
    struct crash crash;
    struct site *site;
    struct state_server *server;
    char section[600];
};

static void remote_start(struct remote *r)
{
    r->server = state_server_start(SERVER_GITLAB);
    r->site = &r->crash.site;
    r->site->env[0] = "STATE_TOKEN=" STATE_SERVER_TOKEN;
    r->site->env[1] = "CI_JOB_URL=https://gitlab.example/job/4711";
    r->site->env[2] = "KEY_A=" KEY_A;
    r->site->env[3] = "KEY_B=" KEY_B;
    const char *address = state_server_address(r->server);
    snprintf(r->section, sizeof(r->section),
             "state:\n"
             "  backend: http\n"
             "  address: %s\n"
             "  lock_address: %s/lock\n"
             "  lock_method: POST\n"
             "  unlock_method: DELETE\n"
             "  username: " STATE_SERVER_USER "\n"
             "  password: { env: STATE_TOKEN }\n",
             address, address);
    site_keep_state(r->site, r->section);
}

static int start(void **fixture)
{
    struct remote *r = calloc(1, sizeof(*r));
    crash_set_up(&r->crash, CRASH_CREATE);
    remote_start(r);
    *fixture = r;
    return 0;
}

static int stop(void **fixture)
{
    struct remote *r = *fixture;
    state_server_stop(r->server);
    crash_tear_down(&r->crash);
    free(r);
    return 0;
}

/* A world in which nothing is done yet, a server without a state, a disk without a trace. */
static void begin_anew(struct remote *r)
{
    site_fresh_shape(r->site, &r->crash.shape);
    site_lose_state(r->site);
    state_server_put(r->server, NULL);
    state_server_set_lock(r->server, NULL);
    state_server_fault(r->server, 0, FAULT_NONE, false);
}

static void expect_fresh_disk(const struct remote *r)
{
    struct stat info;
    char path[256];
    snprintf(path, sizeof(path), "%s/gridform.state", r->site->manifest);
    assert_int_equal(stat(path, &info), -1);
    assert_int_equal(stat(r->site->state, &info), -1);
}

/* ---- the course ---------------------------------------------------------------------------
 */

static void test_course(void **fixture)
{
    struct remote *r = *fixture;
    struct site *site = r->site;
    begin_anew(r);
    GRIDFORM_EXPECT(site, 2, "plan", "--detailed-exitcode");
    struct run *run = run_expect(GRIDFORM(site, "state", "list"), 1);
    run_says(run, "no state yet");
    run_free(run);
    assert_string_equal(state_server_lock(r->server), "");
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
    assert_string_equal(state_server_lock(r->server), "");
    unsigned n_requests = state_server_requests(r->server);
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(site, 0, "drift");
    assert_int_equal(state_server_requests(r->server), n_requests + 2); /* readers only read */
    expect_fresh_disk(r);
    run = run_expect(GRIDFORM(site, "state", "list"), 0);
    run_says(run, "blueprint/Tensorflow-GPU\n");
    run_free(run);
    run = run_expect(GRIDFORM(site, "state", "show", "host/esx-gpu-01.lab.local"), 0);
    run_says(run, "graphics");
    run_free(run);
    char *document = state_server_document(r->server);
    assert_null(strstr(document, "\"intents\""));
    assert_null(strstr(document, STATE_SERVER_TOKEN));
    free(document);
}

/* Three new objects on two systems, and a host that is as wanted. */
static const char small_service[] =
    "gridform: 1\n"
    "customization_specs:\n"
    "  centos-ml: { os: linux, hostname: vm-name, domain: lab.local, network: dhcp }\n"
    "software_components:\n"
    "  Tensorflow-GPU:\n"
    "    container: machine\n"
    "    install: { type: bash, script_file: software/tensorflow-gpu.sh }\n"
    "catalog_services:\n"
    "  Machine Learning: {}\n";

static void use_small_service(struct remote *r)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", r->site->manifest);
    write_text(file, small_service);
    r->crash.shape.hosts[0] = host_as_wanted();
}

/* Steps that start together are recorded in one write, before any of them is started. */
static void test_one_write_for_many(void **fixture)
{
    static const char *const words[] = {"apply", "--yes", NULL};
    enum { FIRST_INTENTS = 5 }; /* lock, read, look again, write the first state, this */
    struct remote *r = *fixture;
    use_small_service(r);
    begin_anew(r);
    lab_forget(&r->site->lab);
    state_server_hold(r->server, FIRST_INTENTS, true);
    struct child child = site_launch(r->site, words);
    assert_true(state_server_is_held(r->server, 60000));
    char *document = state_server_document(r->server);
    unsigned n_intents = 0;
    for (const char *at = document; (at = strstr(at, "\"op\":")) != NULL; at++)
        n_intents++;
    free(document);
    assert_int_equal(n_intents, 3);
    json_t *calls = lab_calls(&r->site->lab);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);
    state_server_release(r->server, false);
    run_free(run_expect(site_finish(r->site, &child), 0));
}

/* ---- the lock -----------------------------------------------------------------------------
 */

static void test_locked(void **fixture)
{
    struct remote *r = *fixture;
    begin_anew(r);
    state_server_set_lock(r->server, "9f8e-7d6c");
    struct run *run = run_expect(GRIDFORM(r->site, "apply", "--yes"), 4);
    run_says(run, "locked by jane@build-7 (apply) since 2026-11-01 08:00:00Z, "
                  "https://ci.example/job/9, lock 9f8e-7d6c");
    run_says(run, "gridform force-unlock 9f8e-7d6c");
    run_free(run);
    GRIDFORM_EXPECT(r->site, 4, "apply", "--yes", "--lock-timeout", "1s");
    GRIDFORM_EXPECT(r->site, 2, "plan", "--detailed-exitcode"); /* asks for no lock */
    run = run_expect(GRIDFORM(r->site, "force-unlock", "0000"), 1);
    run_says(run, "is locked with the id 9f8e-7d6c, not 0000");
    run_free(run);
    GRIDFORM_EXPECT(r->site, 0, "force-unlock", "9f8e-7d6c");
    assert_string_equal(state_server_lock(r->server), "");
    GRIDFORM_EXPECT(r->site, 1, "force-unlock", "9f8e-7d6c");
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes");
}

/* An interrupt while an apply still reads: the lock is given back, nothing was changed. */
static void test_interrupted_before_work(void **fixture)
{
    static const char *const words[] = {"apply", "--yes", NULL};
    struct remote *r = *fixture;
    unsigned before = state_server_writes(r->server);
    begin_anew(r);
    state_server_hold(r->server, 2, true); /* the lock is taken, the state is being read */
    struct child child = site_launch(r->site, words);
    assert_true(state_server_is_held(r->server, 30000));
    assert_string_not_equal(state_server_lock(r->server), "");
    kill(child.pid, SIGTERM);
    pause_ms(50);
    state_server_release(r->server, false);
    struct run *run = run_expect(site_finish(r->site, &child), 130);
    run_says(run, "nothing was changed");
    run_free(run);
    assert_string_equal(state_server_lock(r->server), "");
    assert_int_equal(state_server_writes(r->server), before);
}

/* nohup means it: who had SIGHUP ignored for us is not interrupted by it. */
static void test_a_terminal_that_goes(void **fixture)
{
    static const char *const words[] = {"apply", "--yes", NULL};
    static const int expected[] = {130, 0};
    struct remote *r = *fixture;
    for (size_t ignored = 0; ignored < ARRAY_LEN(expected); ignored++) {
        begin_anew(r);
        state_server_hold(r->server, 2, true);
        signal(SIGHUP, ignored ? SIG_IGN : SIG_DFL);
        struct child child = site_launch(r->site, words);
        signal(SIGHUP, SIG_DFL);
        assert_true(state_server_is_held(r->server, 30000));
        kill(child.pid, SIGHUP);
        pause_ms(50);
        state_server_release(r->server, false);
        run_free(run_expect(site_finish(r->site, &child), expected[ignored]));
        assert_string_equal(state_server_lock(r->server), "");
    }
}

/* ---- trouble ------------------------------------------------------------------------------
 */

static void test_backend_goes(void **fixture)
{
    struct remote *r = *fixture;
    begin_anew(r);
    state_server_fault(r->server, 1, FAULT_REFUSED, true);
    struct run *run = run_expect(GRIDFORM(r->site, "plan"), 8);
    run_says_not(run, STATE_SERVER_TOKEN);
    run_free(run);
    GRIDFORM_EXPECT(r->site, 8, "apply", "--yes");
    /* In the middle: steps under way are finished, no further one starts. */
    state_server_fault(r->server, 7, FAULT_REFUSED, true);
    lab_forget(&r->site->lab);
    run = run_expect(GRIDFORM(r->site, "apply", "--yes", "--parallelism", "1"), 8);
    run_says(run, "gridform force-unlock ");
    run_free(run);
    json_t *calls = lab_calls(&r->site->lab);
    unsigned n_calls = (unsigned)calls_changing(calls);
    json_decref(calls);
    assert_true(n_calls > 0 && n_calls < r->crash.n_calls / 2);
    state_server_fault(r->server, 0, FAULT_NONE, false);
    GRIDFORM_EXPECT(r->site, 4, "apply", "--yes");
    GRIDFORM_EXPECT(r->site, 0, "force-unlock", state_server_lock(r->server));
    crash_converges(&r->crash, 1, "lost the backend at request");
}

static void test_lock_is_taken_away(void **fixture)
{
    static const char *const words[] = {"apply", "--yes", "--parallelism", "1", NULL};
    struct remote *r = *fixture;
    begin_anew(r);
    state_server_hold(r->server, 6, true);
    struct child child = site_launch(r->site, words);
    assert_true(state_server_is_held(r->server, 30000));
    state_server_release(r->server, false);
    state_server_set_lock(r->server, "somebody-else");
    struct run *run = run_expect(site_finish(r->site, &child), 8);
    run_says(run, "is not held any more, but another one by jane@build-7");
    run_says(run, "was taken away while this run held it");
    run_free(run);
    assert_string_equal(state_server_lock(r->server), "somebody-else");
    state_server_set_lock(r->server, NULL);
    crash_converges(&r->crash, 1, "lost the lock at request");
}

/* ---- former states ------------------------------------------------------------------------
 */

static json_t *history_of(struct remote *r)
{
    struct run *run = run_expect(GRIDFORM(r->site, "state", "history", "--json"), 0);
    json_t *entries = run_json(run);
    run_free(run);
    return entries;
}

static int64_t stored_serial(struct remote *r)
{
    json_t *entries = history_of(r);
    assert_true(json_true_at(entries, "0/current"));
    int64_t serial = json_int_at(entries, "0/serial");
    json_decref(entries);
    return serial;
}

/* Another wish for the catalogue, applied. */
static void apply_description(struct remote *r, const char *description)
{
    char file[256], text[sizeof(small_service) + 100];
    snprintf(file, sizeof(file), "%s/service.yaml", r->site->manifest);
    snprintf(text, sizeof(text), "%.*s { description: %s }\n",
             (int)(strlen(small_service) - strlen(" {}\n")), small_service, description);
    write_text(file, text);
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes");
}

static void roll_back(struct remote *r, int64_t serial, int status, const char *words)
{
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)serial);
    struct run *run = STILL(r->site, status, "state", "rollback", "--yes", number);
    run_says(run, words);
    run_says_not(run, STATE_SERVER_TOKEN);
    run_free(run);
    assert_string_equal(state_server_lock(r->server), "");
}

/* The last entry that was written in the middle of an apply. */
static int64_t serial_in_the_middle(struct remote *r)
{
    json_t *entries = history_of(r), *entry;
    size_t i;
    int64_t serial = 0;
    json_array_foreach(entries, i, entry)
    {
        assert_true(json_is_null(json_object_get(entry, "written")));
        assert_true(json_is_null(json_object_get(entry, "damage")));
        if (serial == 0 && json_integer_value(json_object_get(entry, "under_way")) > 0)
            serial = json_integer_value(json_object_get(entry, "serial"));
    }
    json_decref(entries);
    return serial;
}

static void test_back_to_a_former_state(void **fixture)
{
    struct remote *r = *fixture;
    use_small_service(r);
    begin_anew(r);
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes");
    int64_t before = stored_serial(r), middle = serial_in_the_middle(r);
    assert_true(middle > 0 && middle < before);
    apply_description(r, "For everybody");
    int64_t after = stored_serial(r);
    roll_back(r, before, 0, "gridform plan");
    assert_int_equal(stored_serial(r), after + 1);
    struct run *run = run_expect(GRIDFORM(r->site, "plan"), 0);
    run_says(run, "already as wanted: recorded");
    run_free(run);
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes");
    /* Steps that were under way then have ended since. */
    roll_back(r, middle, 0, "gridform plan");
    run = run_expect(GRIDFORM(r->site, "state", "pull"), 0);
    run_says_not(run, "\"intents\"");
    run_free(run);
    roll_back(r, after, 0, "gridform plan");
    site_converge(r->site);
    run = run_expect(GRIDFORM(r->site, "state", "history", "-n", "2"), 0);
    run_says(run, "* ");
    run_says(run, "there may be older ones");
    run_free(run);
    run = run_expect(GRIDFORM(r->site, "state", "history", "-n", "0"), 1);
    run_says(run, "from 1 to 1000");
    run_free(run);
}

/* Follows the one before. */
static void test_what_is_no_former_state(void **fixture)
{
    struct remote *r = *fixture;
    int64_t serial = stored_serial(r);
    char *document = state_server_document(r->server);
    char *foreign = file_text("%s", STATE_SAMPLE);
    assert_true(serial > 7);
    state_server_put_version(r->server, 7, foreign);
    state_server_put_version(r->server, 2, document);
    state_server_put_version(r->server, 3, "<html>Sign in</html>");
    state_server_prune(r->server, 4, 4);
    roll_back(r, 7, 6, "another history");
    roll_back(r, 2, 1, "/versions/2: the server answered with serial");
    roll_back(r, 3, 1, "/versions/3: line 1: this is no gridform state");
    roll_back(r, 4, 1, "is not kept; gridform state history");
    roll_back(r, serial + 1, 1, "is not kept");
    struct run *run = run_expect(GRIDFORM(r->site, "state", "history", "-n", "1000"), 0);
    run_says(run, "the server answered with serial");
    run_says(run, "another history");
    run_free(run);
    /* A server that shows none. */
    state_server_prune(r->server, 1, serial);
    roll_back(r, 5, 1, "gridform state push");
    run = run_expect(GRIDFORM(r->site, "state", "history"), 1);
    run_says(run, "it keeps none");
    run_free(run);
    /* Locked; gone. */
    state_server_set_lock(r->server, "9f8e-7d6c");
    GRIDFORM_EXPECT(r->site, 4, "state", "rollback", "--yes", "5");
    state_server_set_lock(r->server, NULL);
    state_server_fault(r->server, 3, FAULT_REFUSED, true);
    GRIDFORM_EXPECT(r->site, 8, "state", "rollback", "--yes", "5");
    GRIDFORM_EXPECT(r->site, 8, "state", "history");
    state_server_fault(r->server, 0, FAULT_NONE, false);
    char *stored = state_server_document(r->server);
    assert_string_equal(stored, document);
    free(stored);
    free(foreign);
    free(document);
}

static void encrypt_with(const struct remote *r, const char *section)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/encryption.yaml", r->site->manifest);
    write_text(path, section);
}

/* What the server keeps stays under its key: the former one is needed for it. */
static void test_former_states_under_a_former_key(void **fixture)
{
    struct remote *r = *fixture;
    use_small_service(r);
    begin_anew(r);
    encrypt_with(r, "encryption: { key: { env: KEY_A } }\n");
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes");
    int64_t before = stored_serial(r);
    encrypt_with(r, "encryption: { key: { env: KEY_B }, previous: [ { env: KEY_A } ] }\n");
    apply_description(r, "For everybody");
    json_decref(history_of(r));
    assert_int_not_equal(serial_in_the_middle(r), 0);
    encrypt_with(r, "encryption: { key: { env: KEY_B } }\n");
    struct run *run = run_expect(GRIDFORM(r->site, "state", "history"), 0);
    run_says(run, "another key");
    run_free(run);
    roll_back(r, before, 1, "another key");
    encrypt_with(r, "encryption: { key: { env: KEY_B }, previous: [ { env: KEY_A } ] }\n");
    roll_back(r, before, 0, "gridform plan");
    char *document = state_server_document(r->server);
    assert_null(strstr(document, "centos-ml"));
    free(document);
    encrypt_with(r, "encryption: { key: { env: KEY_B } }\n");
    site_converge(r->site);
    encrypt_with(r, "gridform: 1\n");
}

/* ---- kill -9 ------------------------------------------------------------------------------
 */

static void unlock_after_death(struct remote *r, const char *what)
{
    char id[128];
    snprintf(id, sizeof(id), "%s", state_server_lock(r->server));
    if (id[0] == '\0')
        return;
    struct run *run = GRIDFORM(r->site, "apply", "--yes");
    if (run->status != 4)
        fail_long("%s: locked by a dead run, and apply ends with %d\n%s", what, run->status,
                  run->err);
    run_says(run, id);
    run_says(run, "https://gitlab.example/job/4711");
    run_free(run);
    GRIDFORM_EXPECT(r->site, 0, "force-unlock", id);
}

static unsigned requests_of_an_apply(struct remote *r)
{
    begin_anew(r);
    GRIDFORM_EXPECT(r->site, 0, "apply", "--yes", "--parallelism", "1");
    return state_server_requests(r->server);
}

static void kill_at(struct remote *r, unsigned k, bool done)
{
    static const char *const words[] = {"apply", "--yes", "--parallelism", "1", NULL};
    char what[64];
    snprintf(what, sizeof(what), "killed at request %s", done ? "that was done" : "not done");
    begin_anew(r);
    state_server_hold(r->server, k, done);
    struct child child = site_launch(r->site, words);
    if (!state_server_is_held(r->server, 60000))
        fail_msg("request %u is never made", k);
    site_kill(&child);
    state_server_release(r->server, true);
    unlock_after_death(r, what);
    expect_fresh_disk(r);
    crash_converges(&r->crash, k, what);
}

static void test_killed_at_every_request(void **fixture)
{
    struct remote *r = *fixture;
    use_small_service(r);
    unsigned n = requests_of_an_apply(r);
    free(r->crash.expected);
    r->crash.expected = lab_normal(&r->site->lab);
    print_message("%u requests\n", n);
    for (unsigned k = 1; k <= n; k++) {
        if (sample_takes(k))
            kill_at(r, k, false);
        if (sample_takes(k + 2))
            kill_at(r, k, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_course),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_interrupted_before_work),
        cmocka_unit_test(test_a_terminal_that_goes),
        cmocka_unit_test(test_backend_goes),
        cmocka_unit_test(test_lock_is_taken_away),
        cmocka_unit_test(test_one_write_for_many),
        cmocka_unit_test(test_back_to_a_former_state),
        cmocka_unit_test(test_what_is_no_former_state),
        cmocka_unit_test(test_former_states_under_a_former_key),
        cmocka_unit_test(test_killed_at_every_request),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
