/* test_e2e_harness.c: the harness itself: the lab answers, can be changed, keeps its record;
 * runs are seen with their status; a world that is started again is the same one. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

static void lab_can_be_looked_at_and_changed(void **state)
{
    struct site *site = *state;
    json_t *world = lab_world(&site->lab);
    assert_string_equal(json_text_at(world, "vms/centos72-base/host"), "esx-gpu-01.lab.local");
    json_decref(world);
    lab_poke(&site->lab, "\"dynamic\"", "hosts/%s/power_policy", "esx-gpu-02.lab.local");
    json_t *policy = lab_look(&site->lab, "hosts/esx-gpu-02.lab.local/power_policy");
    assert_string_equal(json_string_value(policy), "dynamic");
    json_decref(policy);
    assert_int_equal(
        lab_try(&site->lab, "POST", "world/hosts/nobody/power_policy", NULL, &world), 400);
    json_decref(world);
    site_fresh_lab(site);
    policy = lab_look(&site->lab, "hosts/esx-gpu-02.lab.local/power_policy");
    assert_string_equal(json_string_value(policy), "static");
    json_decref(policy);
}

static void runs_are_seen_with_their_status(void **state)
{
    struct site *site = *state;
    struct run *run = run_expect(GRIDFORM(site, "validate"), 0);
    run_free(run);
    run = run_expect(GRIDFORM(site, "valdate"), 1);
    run_says(run, "Did you mean validate?");
    run_free(run);
    assert_true(file_exists("%s/runs/00002.err", site->dir));
}

static void chance_repeats_itself(void **state)
{
    (void)state;
    struct chance a = chance_new(7), b = chance_new(7);
    size_t items[] = {0, 1, 2, 3, 4, 5, 6, 7}, sum = 0;
    for (int i = 0; i < 100; i++)
        assert_int_equal(chance_below(&a, 1000), chance_below(&b, 1000));
    chance_shuffle(&a, items, 8);
    for (size_t i = 0; i < 8; i++)
        sum |= (size_t)1 << items[i];
    assert_int_equal(sum, 255);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    site_start(site, NULL);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lab_can_be_looked_at_and_changed),
        cmocka_unit_test(runs_are_seen_with_their_status),
        cmocka_unit_test(chance_repeats_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
