/* test_e2e_crash_kill.c: gridform is killed (kill -9) while the reply to changing call k is on
 * its way, for every k of an apply; the next apply converges to the world that an undisturbed
 * one makes: no second object, nothing orphaned. */
#include "../harness/unit.h"
#include "crash.h"
#include "sample.h"

static void killed_at_every_call(void **state)
{
    (void)state;
    crash_sweep_kill(CRASH_CREATE);
}

/* Killed twice: at a call of the first apply, and at the first one of the apply after it. */
static void killed_again(void **state)
{
    static const char *const words[] = {"apply", "--yes", "--parallelism", "1", NULL};
    struct crash crash;
    (void)state;
    crash_set_up(&crash, CRASH_CREATE);
    for (unsigned k = 3, i = 0; k < crash.n_calls; k += 5, i++) {
        if (!sample_takes(i))
            continue;
        struct child child = crash_begin(&crash, k);
        site_kill(&child);
        lab_release(&crash.site.lab, true);
        lab_hold(&crash.site.lab, 1);
        child = site_launch(&crash.site, words);
        assert_true(lab_is_held(&crash.site.lab, 60000));
        site_kill(&child);
        lab_release(&crash.site.lab, true);
        crash_converges(&crash, k, "killed twice, first at call");
    }
    crash_tear_down(&crash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_every_call),
        cmocka_unit_test(killed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
