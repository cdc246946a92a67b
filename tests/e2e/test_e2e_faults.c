/* test_e2e_faults.c: single calls of any system, reading or changing, go wrong in the middle of
 * an apply: the connection drops before or after the work, the session has expired, the answer
 * is an error or half of one. Which calls, a printed seed says.
 *
 *     test_e2e_faults [NUMBER]
 *
 * The apply goes on, or ends with the exit code of what happened; the one after it converges to
 * the world that an undisturbed one makes. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "sample.h"
#include "site.h"
#include "world_normal.h"
#include "worlds.h"

enum { CASES = 40, SPEED = 60000 };

static const char *const systems[] = {"vcenter", "shell", "vra"};
static const char *const kinds[] = {"drop_before", "drop_after", "expire",
                                    "status",      "truncate",   "error_text"};

static const struct world_shape shape = {.n_hosts = 1, .hosts = {{.ecc = true}}};

static unsigned n_cases;

struct fault_case {
    unsigned system, kind, skip, times;
};

static unsigned count_calls(const json_t *calls, const char *system)
{
    size_t i;
    unsigned n = 0;
    json_t *call;
    json_array_foreach(calls, i, call) n += strcmp(json_text_at(call, "system"), system) == 0;
    return n;
}

static void add_fault(const struct site *site, const struct fault_case *fault)
{
    char text[256];
    snprintf(text, sizeof(text),
             "{\"system\": \"%s\", \"operation\": \"*\", \"kind\": \"%s\", \"skip\": %u, "
             "\"times\": %u, \"status\": 503, \"text\": \"something broke\"}",
             systems[fault->system], kinds[fault->kind], fault->skip, fault->times);
    lab_fault(&site->lab, text);
}

static void describe(const struct site *site, const struct fault_case *fault, char *ret,
                     size_t size)
{
    json_t *calls = lab_calls(&site->lab), *call;
    unsigned n = 0;
    size_t i;
    snprintf(ret, size, "%s of %s call %u", kinds[fault->kind], systems[fault->system],
             fault->skip + 1);
    json_array_foreach(
        calls, i, call) if (strcmp(json_text_at(call, "system"), systems[fault->system]) == 0 &&
                            n++ == fault->skip)
        snprintf(ret, size, "%s of %s call %u (%s), %u times", kinds[fault->kind],
                 systems[fault->system], fault->skip + 1, json_text_at(call, "operation"),
                 fault->times);
    json_decref(calls);
}

/* Returns whether the disturbed apply went on by itself. */
static bool try_fault(struct site *site, const struct fault_case *fault, const char *expected)
{
    char what[160];
    site_fresh_shape(site, &shape);
    site_lose_state(site);
    add_fault(site, fault);
    struct run *run = GRIDFORM(site, "apply", "--yes", "--parallelism", "1");
    int status = run->status;
    describe(site, fault, what, sizeof(what));
    /* A login that fails is seen before anything was done, so it is 7; 6 when without what was
     * not read nothing can be decided. */
    if (status != 0 && status != 3 && status != 7)
        fail_long("%s: exit %d\n%s\n%s", what, status, run->out, run->err);
    run_free(run);
    lab_no_faults(&site->lab);
    run = GRIDFORM(site, "apply", "--yes");
    if (run->status != 0)
        fail_long("%s: the apply after it: exit %d\n%s\n%s", what, run->status, run->out,
                  run->err);
    run_free(run);
    run = GRIDFORM(site, "plan", "--detailed-exitcode");
    if (run->status != 0)
        fail_long("%s: the plan after it is not empty:\n%s\n%s", what, run->out, run->err);
    run_free(run);
    char *actual = lab_normal(&site->lab);
    expect_same_world(expected, actual, what);
    free(actual);
    return status == 0;
}

static void single_calls_go_wrong(void **state)
{
    struct site site;
    struct chance chance = chance_new(chance_seed("faults"));
    unsigned limits[ARRAY_LEN(systems)], reads[ARRAY_LEN(systems)] = {0}, n_went_on = 0;
    (void)state;
    site_start_shape(&site, &shape, SPEED);
    GRIDFORM_EXPECT(&site, 0, "plan");
    json_t *calls = lab_calls(&site.lab);
    /* What only half a shell could tell the plan is a case of its own: not here. */
    reads[1] = count_calls(calls, systems[1]);
    json_decref(calls);
    lab_forget(&site.lab);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes", "--parallelism", "1");
    calls = lab_calls(&site.lab);
    for (size_t i = 0; i < ARRAY_LEN(systems); i++)
        limits[i] = count_calls(calls, systems[i]);
    json_decref(calls);
    char *expected = lab_normal(&site.lab);
    for (unsigned i = 0; i < n_cases; i++) {
        struct fault_case fault = {.system = chance_below(&chance, ARRAY_LEN(systems)),
                                   .kind = chance_below(&chance, ARRAY_LEN(kinds)),
                                   .times = chance_yes(&chance, 80) ? 1 : 3};
        fault.skip = reads[fault.system] +
                     chance_below(&chance, limits[fault.system] - reads[fault.system]);
        n_went_on += try_fault(&site, &fault, expected);
    }
    print_message("%u of %u applies went on by themselves\n", n_went_on, n_cases);
    free(expected);
    site_stop(&site);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_calls_go_wrong)};
    n_cases = sample_size(CASES);
    if (argc > 1)
        n_cases = (unsigned)strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
