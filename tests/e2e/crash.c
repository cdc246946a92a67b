/* crash.c: see crash.h. */
#include "crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "../harness/world_normal.h"

enum { SWEEP_SPEED = 60000, LEAST_CALLS = 15 };

void crash_set_up(struct crash *crash)
{
    *crash = (struct crash){.shape = {.n_hosts = 1, .hosts = {{.ecc = true}}}};
    site_start_shape(&crash->site, &crash->shape, SWEEP_SPEED);
    GRIDFORM_EXPECT(&crash->site, 0, "apply", "--yes", "--parallelism", "1");
    json_t *calls = lab_calls(&crash->site.lab);
    crash->n_calls = (unsigned)calls_changing(calls);
    json_decref(calls);
    assert_true(crash->n_calls >= LEAST_CALLS);
    crash->expected = lab_normal(&crash->site.lab);
    print_message("%u changing calls\n", crash->n_calls);
}

void crash_tear_down(struct crash *crash)
{
    site_stop(&crash->site);
    free(crash->expected);
}

struct child crash_begin(struct crash *crash, unsigned k)
{
    static const char *const words[] = {"apply", "--yes", "--parallelism", "1", NULL};
    site_fresh_shape(&crash->site, &crash->shape);
    site_lose_state(&crash->site);
    lab_hold(&crash->site.lab, k);
    struct child child = site_launch(&crash->site, words);
    if (!lab_is_held(&crash->site.lab, 60000))
        fail_long("call %u is never made", k);
    return child;
}

void crash_converges(struct crash *crash, unsigned k, const char *what)
{
    char text[128];
    json_t *calls = lab_calls(&crash->site.lab);
    const char *operation = "?";
    size_t i, n = 0;
    json_t *call;
    json_array_foreach(calls, i, call)
        if (json_true_at(call, "changing") && ++n == k)
            operation = json_text_at(call, "operation");
    snprintf(text, sizeof(text), "%s %u (%s)", what, k, operation);
    json_decref(calls);
    struct run *run = GRIDFORM(&crash->site, "apply", "--yes");
    if (run->status != 0)
        fail_long("%s: the next apply ends with %d\n%s\n%s", text, run->status, run->out,
                 run->err);
    run_free(run);
    run = GRIDFORM(&crash->site, "plan", "--detailed-exitcode");
    if (run->status != 0)
        fail_long("%s: the plan after it is not empty\n%s\n%s", text, run->out, run->err);
    run_free(run);
    GRIDFORM_EXPECT(&crash->site, 0, "drift");
    char *actual = lab_normal(&crash->site.lab);
    expect_same_world(crash->expected, actual, text);
    free(actual);
}
