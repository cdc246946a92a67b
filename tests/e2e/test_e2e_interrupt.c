/* test_e2e_interrupt.c: Ctrl-C during an apply: the first one lets running steps end, the
 * second ends at once; the state is valid either way and the next apply finishes the work. And
 * somebody else, who is at work in the same cluster. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "../harness/site.h"
#include "../harness/unit.h"

static const char *const apply[] = {"apply", "--yes", "--parallelism", "2", NULL};

static const char *const apply_json[] = {"apply", "--yes", "--json", NULL};

/* An apply whose changing call k waits for its answer. */
static struct child begin_as(struct site *site, unsigned k, const char *const *words)
{
    site_start(site, NULL);
    lab_hold(&site->lab, k);
    struct child child = site_launch(site, words);
    assert_true(lab_is_held(&site->lab, 60000));
    return child;
}

static struct child begin(struct site *site, unsigned k)
{
    return begin_as(site, k, apply);
}

static void end(struct site *site, const struct child *child)
{
    struct run *run = run_expect(site_finish(site, child), 3);
    run_says(run, "interrupted");
    run_free(run);
}

static void interrupted_once(void **state UNUSED)
{
    struct site site;
    struct child child = begin(&site, 2);
    kill(child.pid, SIGINT);
    lab_release(&site.lab, true);
    end(&site, &child);
    site_converge(&site);
    site_stop(&site);
}

/* A pipeline that reads events learns of it as well. */
static void interrupted_as_events(void **state UNUSED)
{
    struct site site;
    struct child child = begin_as(&site, 2, apply_json);
    kill(child.pid, SIGINT);
    site_await_output(&site, &child,
                      "\"text\":\"interrupted: running steps are finished first\"");
    lab_release(&site.lab, true);
    struct run *run = run_expect(site_finish(&site, &child), 3);
    run_says(run, "{\"event\":\"note\"");
    run_free(run);
    site_stop(&site);
}

/* The answer does not come before the end: whether the call was done is looked up later. */
static void interrupted_twice(void **state UNUSED)
{
    struct site site;
    struct child child = begin(&site, 3);
    kill(child.pid, SIGTERM); /* two signals, so that they cannot become one */
    kill(child.pid, SIGINT);
    end(&site, &child);
    lab_release(&site.lab, true);
    site_converge(&site);
    site_stop(&site);
}

/* What prints a key may hang: the first interrupt ends that, too. */
static void interrupted_for_a_key(void **state UNUSED)
{
    static const char *const drift[] = {"drift", NULL};
    struct site site;
    char path[300], section[600];
    site_start(&site, NULL);
    snprintf(path, sizeof(path), "%s/encryption.yaml", site.manifest);
    snprintf(
        section, sizeof(section),
        "encryption: { key: { command: [ sh, -c, \"echo > %s/begun; exec sleep 25\" ] } }\n",
        site.dir);
    write_text(path, section);
    struct child child = site_launch(&site, drift);
    for (int i = 0; i < 6000 && !file_exists("%s/begun", site.dir); i++)
        pause_ms(10);
    assert_true(file_exists("%s/begun", site.dir));
    kill(child.pid, SIGINT);
    struct run *run = run_expect(site_finish(&site, &child), 130);
    run_says(run, "encryption.key");
    run_free(run);
    site_stop(&site);
}

/* Passwords and keys are in memory as long as it runs: a crash leaves no copy of it. */
static void no_core_is_written(void **state UNUSED)
{
    struct site site;
    struct rlimit limit, kept;
    assert_int_equal(getrlimit(RLIMIT_CORE, &kept), 0);
    limit = (struct rlimit){kept.rlim_max, kept.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_CORE, &limit), 0);
    struct child child = begin(&site, 1);
    assert_int_equal(setrlimit(RLIMIT_CORE, &kept), 0);
    struct rlimit its;
    assert_int_equal(prlimit(child.pid, RLIMIT_CORE, NULL, &its), 0);
    assert_int_equal(its.rlim_cur, 0);
    assert_int_equal(its.rlim_max, kept.rlim_max);
    site_kill(&child);
    site_stop(&site);
}

static bool in_maintenance(const struct site *site, const char *host)
{
    json_t *value = lab_look(&site->lab, "hosts/%s/in_maintenance", host);
    bool inside = json_is_true(value);
    json_decref(value);
    return inside;
}

/* While one host is at work, somebody takes the others for work of their own: they are neither
 * changed nor brought back into service. */
static void maintenance_of_others(void **state UNUSED)
{
    static const char *const others[] = {"esx-gpu-02.lab.local", "esx-gpu-03.lab.local",
                                         "esx-gpu-04.lab.local"};
    struct site site;
    struct child child = begin(&site, 1);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        lab_poke(&site.lab, "true", "hosts/%s/in_maintenance", others[i]);
    lab_release(&site.lab, true);
    struct run *run = run_expect(site_finish(&site, &child), 3);
    run_says(run, "somebody else has put the host into maintenance");
    run_free(run);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_true(in_maintenance(&site, others[i]));
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_once),   cmocka_unit_test(interrupted_as_events),
        cmocka_unit_test(interrupted_twice),  cmocka_unit_test(interrupted_for_a_key),
        cmocka_unit_test(no_core_is_written), cmocka_unit_test(maintenance_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
