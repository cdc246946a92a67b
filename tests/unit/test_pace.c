/* test_pace.c: what is remembered of the time that steps took, and expected of others. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "pace.h"
#include "types.h"
#include "walk.h"

static const struct attr attrs[] = {{"size", &type_string, FACET_VRA, 0, .doc = "x"}};
static const struct kind kind_thing = {
    .schema = {.kind = "thing", .section = "things", .attrs = attrs, .n_attrs = 1, .doc = "x"}};
static const struct kind *const kinds[] = {&kind_thing, NULL};
static const struct condition maybe = {.attr = "size", .equals = "big", .label = "if"};

enum { N_CHANGES = 3, N_STEPS = 3 };

static const char *const addresses[N_CHANGES] = {"thing/0", "thing/1", "thing/2"};

struct bench {
    struct arena *arena;
    struct change changes[N_CHANGES];
    struct step steps[N_CHANGES][N_STEPS];
    struct instance *prior[N_CHANGES];
    struct plan plan;
    struct facts facts;
};

/* Changes with the steps a, b, b; the first and the second in wave 1, the third in wave 2. */
static void set_up(struct bench *b)
{
    static const char *const ops[N_STEPS] = {"a", "b", "b"};
    *b = (struct bench){.arena = arena_new()};
    for (size_t i = 0; i < N_CHANGES; i++) {
        for (unsigned s = 0; s < N_STEPS; s++)
            b->steps[i][s] =
                (struct step){.id = s, .address = addresses[i], .op = ops[s], .title = ops[s]};
        b->prior[i] =
            instance_new(b->arena, &kind_thing.schema, addresses[i], addresses[i] + 6);
        struct instance *desired =
            instance_new(b->arena, &kind_thing.schema, addresses[i], addresses[i] + 6);
        b->changes[i] = (struct change){.kind = &kind_thing,
                                        .address = addresses[i],
                                        .action = ACTION_UPDATE,
                                        .desired = desired,
                                        .live = desired,
                                        .prior = b->prior[i],
                                        .steps = b->steps[i],
                                        .n_steps = N_STEPS,
                                        .wave = i < 2 ? 1 : 2};
    }
    b->plan =
        (struct plan){.id = "p", .changes = b->changes, .n_changes = N_CHANGES, .n_waves = 2};
    b->facts = (struct facts){.arena = b->arena, .kinds = kinds};
}

static struct pace *pace_of(struct bench *b, const struct instances *prior)
{
    return pace_new(&b->plan, prior, b->arena);
}

static void took(struct bench *b, size_t i, const char *key, int64_t ms)
{
    b->prior[i]->meta = pace_remember(b->prior[i]->meta, key, ms, b->arena);
}

static void test_keys(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    assert_string_equal(pace_key(&b.changes[0], 0, b.arena), "a");
    assert_string_equal(pace_key(&b.changes[0], 1, b.arena), "b");
    assert_string_equal(pace_key(&b.changes[0], 2, b.arena), "b 2");
    arena_free(b.arena);
}

static void test_remembered_in_seconds(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    took(&b, 0, "a", 499);
    assert_null(b.prior[0]->meta);
    took(&b, 0, "a", 500);
    took(&b, 0, "b", 61499);
    took(&b, 0, "b", 62000); /* the last time counts */
    const struct value *times = value_get(b.prior[0]->meta, "took");
    assert_int_equal(value_get_int(times, "a", -1), 1);
    assert_int_equal(value_get_int(times, "b", -1), 62);
    arena_free(b.arena);
}

static void test_own_then_kind(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    took(&b, 0, "a", 10000);
    took(&b, 1, "a", 30000);
    const struct instances prior = {b.prior, N_CHANGES};
    struct pace *pace = pace_of(&b, &prior);
    assert_int_equal(pace_step(pace, 0, 0), 10000);
    assert_int_equal(pace_step(pace, 1, 0), 30000);
    assert_int_equal(pace_step(pace, 2, 0), 10000); /* the lower median of 10 and 30 */
    assert_int_equal(pace_step(pace, 0, 1), PACE_UNKNOWN);
    pace_learn(pace, 0, 1, 5000);
    assert_int_equal(pace_step(pace, 2, 1), 5000);
    assert_int_equal(pace_step(pace, 2, 2), PACE_UNKNOWN); /* another step of the same name */
    arena_free(b.arena);
}

/* A state that somebody else wrote, or a later version. */
static void test_strange_times(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    const struct value_field text = {"a", value_string(b.arena, "long")};
    const struct value *const strange[] = {value_map(b.arena, &text, 1), value_int(b.arena, 3),
                                           value_list(b.arena, NULL, 0)};
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        const struct value_field field = {"took", strange[i]};
        b.prior[i]->meta = value_map(b.arena, &field, 1);
    }
    const struct instances prior = {b.prior, N_CHANGES};
    struct pace *pace = pace_of(&b, &prior);
    for (size_t i = 0; i < N_CHANGES; i++)
        assert_int_equal(pace_step(pace, i, 0), PACE_UNKNOWN);
    arena_free(b.arena);
}

static void test_left(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    took(&b, 0, "a", 10000);
    took(&b, 0, "b", 20000);
    took(&b, 0, "b 2", 5000);
    const struct instances prior = {b.prior, 1};
    struct pace *pace = pace_of(&b, &prior);
    struct pace_at at[N_CHANGES] = {{0}};
    bool whole = false;
    /* Two waves, each as long as its longest change. */
    assert_int_equal(pace_left(pace, at, &whole), 70000);
    assert_true(whole);
    at[0] = (struct pace_at){.step = 1, .running_ms = 15000};
    at[1] = (struct pace_at){.ended = true};
    assert_int_equal(pace_left(pace, at, &whole), 5000 + 5000 + 35000);
    /* Longer than expected: nothing is left of the step. */
    at[0].running_ms = 60000;
    assert_int_equal(pace_left(pace, at, &whole), 5000 + 35000);
    for (size_t i = 0; i < N_CHANGES; i++)
        at[i].ended = true;
    assert_int_equal(pace_left(pace, at, &whole), 0);
    assert_true(whole);
    arena_free(b.arena);
}

static void test_left_without_times(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    took(&b, 0, "a", 10000);
    took(&b, 0, "b", 20000);
    const struct instances prior = {b.prior, 1};
    struct pace *pace = pace_of(&b, &prior);
    struct pace_at at[N_CHANGES] = {{0}};
    bool whole = true;
    assert_int_equal(pace_left(pace, at, &whole), 60000);
    assert_false(whole); /* b 2 has never been seen */
    for (size_t i = 0; i < N_CHANGES; i++)
        b.steps[i][2].when = &maybe;
    assert_int_equal(pace_left(pace, at, &whole), 60000);
    assert_true(whole); /* what was never needed before */
    for (size_t i = 0; i < N_CHANGES; i++)
        b.steps[i][1].when = &when_failed;
    assert_int_equal(pace_left(pace, at, &whole), 20000);
    arena_free(b.arena);
}

/* From the walk into the entry of the state, and from there into the next plan. */
static void test_the_walk_keeps_it(void **state UNUSED)
{
    struct bench b;
    set_up(&b);
    took(&b, 0, "b 2", 9000);
    b.plan.n_changes = 1;
    const struct walk_options options = {.parallel = 1, .nonce = "n"};
    struct walk *walk = walk_new(b.arena, &b.plan, &b.facts, &options);
    static const int64_t times[] = {4000, 100, 7000};
    static const enum outcome_kind kinds_of[] = {OUTCOME_DONE, OUTCOME_DONE, OUTCOME_UNCHANGED};
    struct walk_task task;
    for (unsigned s = 0; s < N_STEPS; s++) {
        assert_int_equal(walk_next(walk, &task), WALK_READY);
        const struct outcome outcome = {.kind = kinds_of[s]};
        task.took_ms = times[s];
        walk_report(walk, &task, &outcome, NULL, NULL);
    }
    assert_int_equal(walk_next(walk, &task), WALK_READY);
    walk_report(walk, &task, NULL, b.changes[0].live, NULL);
    struct instance *entry = NULL;
    assert_true(walk_entry(walk, 0, &entry));
    const struct value *kept = value_get(entry->meta, "took");
    assert_int_equal(value_get_int(kept, "a", -1), 4);
    assert_int_equal(value_get_int(kept, "b", -1), -1);  /* no time to speak of */
    assert_int_equal(value_get_int(kept, "b 2", -1), 9); /* looking is not doing */
    arena_free(b.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_remembered_in_seconds),
        cmocka_unit_test(test_own_then_kind),
        cmocka_unit_test(test_strange_times),
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_left_without_times),
        cmocka_unit_test(test_the_walk_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
