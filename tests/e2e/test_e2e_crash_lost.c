/* test_e2e_crash_lost.c: the change of call k is made, and its answer is lost on the way, for
 * every k of an apply. Whatever that apply makes of it, the next one converges to the world
 * that an undisturbed one makes. */
#include <stdlib.h>

#include "../harness/unit.h"
#include "crash.h"

static void answer_lost_at_every_call(void **state)
{
    struct crash *crash = *state;
    unsigned n_went_on = 0;
    for (unsigned k = 1; k <= crash->n_calls; k++) {
        struct child child = crash_begin(crash, k);
        lab_release(&crash->site.lab, false);
        struct run *run = site_finish(&crash->site, &child);
        if (run->status != 0 && run->status != 3)
            fail_long("answer %u lost: exit %d\n%s\n%s", k, run->status, run->out, run->err);
        n_went_on += run->status == 0;
        run_free(run);
        crash_converges(crash, k, "lost the answer to call");
    }
    print_message("%u of %u went on by themselves\n", n_went_on, crash->n_calls);
}

static int set_up(void **state)
{
    struct crash *crash = calloc(1, sizeof(*crash));
    crash_set_up(crash);
    *state = crash;
    return 0;
}

static int tear_down(void **state)
{
    crash_tear_down(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answer_lost_at_every_call)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
