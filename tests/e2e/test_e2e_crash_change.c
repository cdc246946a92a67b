/* test_e2e_crash_change.c: the crash sweeps of applies that change and remove what is there: a
 * window with machines powered off, another version of a template, the removal of objects. */
#include "../harness/unit.h"
#include "crash.h"

static void window_killed(void **state)
{
    (void)state;
    crash_sweep_kill(CRASH_WINDOW);
}

static void window_answer_lost(void **state)
{
    (void)state;
    crash_sweep_lost(CRASH_WINDOW);
}

static void rebuild_killed(void **state)
{
    (void)state;
    crash_sweep_kill(CRASH_REBUILD);
}

static void rebuild_answer_lost(void **state)
{
    (void)state;
    crash_sweep_lost(CRASH_REBUILD);
}

static void guest_killed(void **state)
{
    (void)state;
    crash_sweep_kill(CRASH_GUEST);
}

static void guest_answer_lost(void **state)
{
    (void)state;
    crash_sweep_lost(CRASH_GUEST);
}

static void removal_killed(void **state)
{
    (void)state;
    crash_sweep_kill(CRASH_REMOVE);
}

static void removal_answer_lost(void **state)
{
    (void)state;
    crash_sweep_lost(CRASH_REMOVE);
}

/* An argument is a pattern of the names of the tests to run. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_killed),  cmocka_unit_test(window_answer_lost),
        cmocka_unit_test(rebuild_killed), cmocka_unit_test(rebuild_answer_lost),
        cmocka_unit_test(guest_killed),   cmocka_unit_test(guest_answer_lost),
        cmocka_unit_test(removal_killed), cmocka_unit_test(removal_answer_lost),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
