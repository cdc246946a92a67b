/* test_laws.c: what must hold of every site, over generated ones.
 *
 * GRIDFORM_SEED=N repeats the run with that seed, which is printed; GRIDFORM_LAWS=N says over
 * how many sites.
 */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "laws.h"
#include "num.h"
#include "render.h"
#include "strbuf.h"

static uint64_t first_seed, n_sites = 20;

static _Noreturn void broken(uint64_t seed, const char *what, const struct plan *plan)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (plan != NULL)
        render_plan_text(plan, (struct look){0}, &text);
    print_error("seed %llu: %s\n%s\n", (unsigned long long)seed, what, strbuf_str(&text));
    strbuf_release(&text);
    fail();
    abort();
}

/* The lines in which two texts differ. */
static void print_difference(const char *wanted, const char *got)
{
    while (*wanted != '\0' || *got != '\0') {
        int a = (int)strcspn(wanted, "\n"), b = (int)strcspn(got, "\n");
        if (a != b || strncmp(wanted, got, (size_t)a) != 0)
            fprintf(stderr, "wanted %.*s\ngot    %.*s\n", a, wanted, b, got);
        wanted += a + (wanted[a] == '\n');
        got += b + (got[b] == '\n');
    }
}

/* Each law sees a fresh site, a site after a first apply, and one whose files changed then. */
enum stage { STAGE_FRESH, STAGE_EDITED, STAGE_COUNT };

static void settle(struct site *site, uint64_t seed)
{
    for (int i = 0; i < 6; i++) {
        struct facts facts;
        const struct plan *plan = site_plan(site, 0, &facts);
        if (plan_is_empty(plan))
            return;
        if (plan->n_refusals > 0)
            broken(seed, plan->refusals[0].message, plan);
        site_run(site, plan, &facts, &(struct run_options){.seed = seed, .parallel = 4});
    }
    struct facts facts;
    broken(seed, "the plan does not become empty", site_plan(site, 0, &facts));
}

static void prepare(struct site *site, struct arena *arena, uint64_t seed, enum stage stage)
{
    site_init(site, arena, seed);
    if (stage == STAGE_EDITED) {
        settle(site, seed);
        site_edit(site, seed);
    }
}

/* ---- one apply is enough ------------------------------------------------------------------
 */

static void check_impact(uint64_t seed, const struct plan *plan,
                         const struct fake_record *before, const struct fake_record *after)
{
    const struct plan_impact *impact = &plan->impact;
    size_t reboots = after->reboots - before->reboots;
    if (impact->n_windows != after->windows - before->windows)
        broken(seed, "windows were announced otherwise", plan);
    if (reboots < impact->n_reboots_least || reboots > impact->n_reboots_most)
        broken(seed, "reboots were announced otherwise", plan);
    if (impact->n_power_off != after->powered_off - before->powered_off)
        broken(seed, "machines were powered off otherwise", plan);
    if (impact->n_move != after->moved - before->moved)
        broken(seed, "machines were moved otherwise", plan);
    if (impact->n_data_loss != after->destroyed - before->destroyed)
        broken(seed, "objects were destroyed otherwise", plan);
    if (impact->n_create + impact->n_rebuild != after->created - before->created)
        broken(seed, "objects were created otherwise", plan);
}

/* Afterwards the world has what each change announced: apply(a, diff(a, b)) = b. */
static void check_values(uint64_t seed, struct site *site, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct change *change = &plan->changes[i];
        if (change->desired == NULL)
            continue;
        const struct instance *live = fake_read_one(site->fake, change->desired, site->arena);
        for (size_t a = 0; a < change->n_attrs; a++)
            if (attr_is_compared(change->attrs[a].attr) &&
                !value_equal(instance_get(live, change->attrs[a].attr->name),
                             change->attrs[a].to) &&
                !value_is_absent(change->attrs[a].to))
                broken(seed, change->attrs[a].attr->name, plan);
    }
}

static void law_one_apply(uint64_t seed, enum stage stage)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct site site;
    struct facts facts;
    prepare(&site, arena, seed, stage);
    const struct plan *plan = site_plan(&site, 0, &facts);
    const struct fake_record before = *fake_record(site.fake);
    site_run(&site, plan, &facts, &(struct run_options){.seed = seed, .parallel = 3});
    check_impact(seed, plan, &before, fake_record(site.fake));
    check_values(seed, &site, plan);
    const struct plan *second = site_plan(&site, 0, &facts);
    if (!plan_is_empty(second))
        broken(seed, "the second plan is not empty", second);
    site_release(&site);
}

/* ---- order does not matter ----------------------------------------------------------------
 */

static void law_any_order(uint64_t seed, enum stage stage)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *expected = NULL;
    for (unsigned i = 0; i < 4; i++) {
        struct site site;
        struct facts facts;
        prepare(&site, arena, seed, stage);
        const struct plan *plan = site_plan(&site, 0, &facts);
        site_run(&site, plan, &facts,
                 &(struct run_options){.seed = seed * 7 + i, .parallel = 1 + 5 * i});
        const char *got = site_print(&site);
        if (expected != NULL && strcmp(expected, got) != 0)
            broken(seed, "another order of completion ended otherwise", plan);
        expected = got;
        site_release(&site);
    }
}

static void law_any_files(uint64_t seed, enum stage stage)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct site site;
    struct facts facts;
    struct strbuf texts[2];
    prepare(&site, arena, seed, stage);
    for (unsigned i = 0; i < 2; i++) {
        strbuf_init(&texts[i], STRBUF_MAX_OUTPUT);
        plan_encode(site_plan(&site, i, &facts), &texts[i]);
    }
    if (strcmp(strbuf_str(&texts[0]), strbuf_str(&texts[1])) != 0)
        broken(seed, "another order of files planned otherwise", NULL);
    strbuf_release(&texts[0]);
    strbuf_release(&texts[1]);
    site_release(&site);
}

/* ---- death at any moment ------------------------------------------------------------------
 */

/* The world in the end is that of a run without accidents. */
static const char *world_of(struct site *site)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    fake_print(site->fake, &text);
    const char *copy = arena_strdup(site->arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

static size_t count_events(struct arena *arena, uint64_t seed, enum stage stage,
                           const char **ret_world, size_t *ret_calls)
{
    struct site site;
    struct facts facts;
    prepare(&site, arena, seed, stage);
    size_t before = fake_calls(site.fake);
    const struct plan *plan = site_plan(&site, 0, &facts);
    size_t events =
        site_run(&site, plan, &facts, &(struct run_options){.seed = seed, .parallel = 3})
            .events;
    *ret_calls = fake_calls(site.fake) - before;
    *ret_world = world_of(&site);
    site_release(&site);
    return events;
}

static void law_crash(uint64_t seed, enum stage stage)
{
    struct arena *outer CLEANUP(arena_freep) = arena_new();
    const char *world;
    size_t calls, events = count_events(outer, seed, stage, &world, &calls);
    size_t stride = events / 12 + 1;
    for (size_t at = 1 + seed % stride; at <= events; at += stride) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct site site;
        struct facts facts;
        prepare(&site, arena, seed, stage);
        const struct plan *plan = site_plan(&site, 0, &facts);
        site_run(&site, plan, &facts,
                 &(struct run_options){.seed = seed, .parallel = 3, .crash_at = at});
        settle(&site, seed);
        if (strcmp(world, world_of(&site)) != 0) {
            print_error("died at event %zu\n", at);
            print_difference(world, world_of(&site));
            broken(seed, "the world after a death is another one", plan);
        }
        site_release(&site);
    }
}

/* ---- every step in turn fails -------------------------------------------------------------
 */

/* Is there a way of hard edges from the change to one that failed? */
static bool is_behind(const struct plan *plan, const bool *bad, size_t index)
{
    for (size_t e = 0; e < plan->changes[index].n_after; e++)
        if (!plan->changes[index].after[e].soft && bad[plan->changes[index].after[e].on])
            return true;
    return false;
}

static void check_branches(uint64_t seed, const struct plan *plan, const struct walk *walk,
                           struct arena *arena)
{
    bool *bad = ARENA_ARRAY(arena, plan->n_changes + 1, bool);
    const char *failed_pool = NULL;
    for (size_t i = 0; i < plan->n_changes; i++) {
        struct walk_change status = walk_status_of(walk, i);
        bool behind = is_behind(plan, bad, i);
        bad[i] = status.status != WALK_CHANGED && status.status != WALK_SAME;
        if (status.status == WALK_FAILED && plan->changes[i].pool != NULL)
            failed_pool = plan->changes[i].pool;
        if (behind && status.status != WALK_SKIPPED)
            broken(seed, "something behind a failure was not skipped", plan);
        bool budget = failed_pool != NULL && plan->changes[i].pool != NULL &&
                      strcmp(failed_pool, plan->changes[i].pool) == 0;
        if (!behind && status.status == WALK_SKIPPED && !budget)
            broken(seed, "an independent branch was skipped", plan);
        if (status.status == WALK_PENDING || status.status == WALK_RUNNING)
            broken(seed, "a change was forgotten", plan);
    }
}

static void fault_once(uint64_t seed, enum stage stage, size_t n, const char *world)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct site site;
    struct facts facts;
    prepare(&site, arena, seed, stage);
    const struct plan *plan = site_plan(&site, 0, &facts);
    fake_fault(site.fake, FAULT_FAIL + (enum fault)((seed + n) % (FAULT_COUNT - FAULT_FAIL)),
               n);
    struct run_result result =
        site_run(&site, plan, &facts, &(struct run_options){.seed = seed, .parallel = 3});
    check_branches(seed, plan, result.walk, arena);
    settle(&site, seed);
    if (strcmp(world, world_of(&site)) != 0) {
        print_error("call %zu failed\n", n);
        print_difference(world, world_of(&site));
        broken(seed, "the world after a failure is another one", plan);
    }
    site_release(&site);
}

static void law_faults(uint64_t seed, enum stage stage)
{
    struct arena *outer CLEANUP(arena_freep) = arena_new();
    const char *world;
    size_t calls;
    count_events(outer, seed, stage, &world, &calls);
    size_t stride = calls / 12 + 1;
    for (size_t n = seed % stride; n < calls; n += stride)
        fault_once(seed, stage, n, world);
}

/* ---- running ------------------------------------------------------------------------------
 */

static void over_sites(void (*law)(uint64_t seed, enum stage stage))
{
    for (uint64_t i = 0; i < n_sites; i++)
        for (enum stage stage = STAGE_FRESH; stage < STAGE_COUNT; stage++)
            law(first_seed + i, stage);
}

static void test_one_apply(void **state UNUSED)
{
    over_sites(law_one_apply);
}

static void test_any_order(void **state UNUSED)
{
    over_sites(law_any_order);
}

static void test_any_files(void **state UNUSED)
{
    over_sites(law_any_files);
}

static void test_crash(void **state UNUSED)
{
    over_sites(law_crash);
}

static void test_faults(void **state UNUSED)
{
    over_sites(law_faults);
}

int main(void)
{
    const char *seed = getenv("GRIDFORM_SEED"), *sites = getenv("GRIDFORM_LAWS");
    first_seed = 20171219; /* the same by default, so that an ordinary run can be repeated */
    if (seed != NULL && num_u64(seed, &first_seed) < 0)
        first_seed = (uint64_t)time(NULL) % 1000000; /* "clock" explores */
    if (sites != NULL && num_u64(sites, &n_sites) < 0)
        n_sites = 1;
    printf("GRIDFORM_SEED=%llu\n", (unsigned long long)first_seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_apply), cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_any_files), cmocka_unit_test(test_crash),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
