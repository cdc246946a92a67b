/* test_e2e_crash_lost.c: the change of call k is made, and its answer is lost on the way, for
 * every k of an apply. Whatever that apply makes of it, the next one converges to the world
 * that an undisturbed one makes. */
#include "../harness/unit.h"
#include "crash.h"

static void answer_lost_at_every_call(void **state)
{
    (void)state;
    crash_sweep_lost(CRASH_CREATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answer_lost_at_every_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
