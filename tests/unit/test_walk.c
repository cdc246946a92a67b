/* test_walk.c: the state machine that carries out a plan, step by step, and when to retry. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "retry.h"
#include "types.h"
#include "walk.h"

static const struct attr attrs[] = {
    {"size", &type_string, FACET_VRA, 0, .doc = "x"},
    {"ecc", &type_pending, FACET_VRA, 0, .doc = "x"},
};
static const struct kind kind_thing = {
    .schema = {.kind = "thing", .section = "things", .attrs = attrs, .n_attrs = 2, .doc = "x"}};
static const struct kind *const kinds[] = {&kind_thing, NULL};

enum { CHANGES_MAX = 8, STEPS_MAX = 4 };

/* A plan put together by hand: changes c0, c1, … with steps of no effect. */
struct bench {
    struct arena *arena;
    struct change changes[CHANGES_MAX];
    struct step steps[CHANGES_MAX][STEPS_MAX];
    struct change_edge edges[CHANGES_MAX][CHANGES_MAX];
    struct plan plan;
    struct facts facts;
    struct intent intent;
    struct walk *walk;
};

static const char *const addresses[CHANGES_MAX] = {"thing/0", "thing/1", "thing/2", "thing/3",
                                                   "thing/4", "thing/5", "thing/6", "thing/7"};

static void setup(struct bench *b, size_t n_changes, size_t n_steps)
{
    *b = (struct bench){.arena = arena_new()};
    b->facts = (struct facts){.arena = b->arena, .kinds = kinds};
    for (size_t i = 0; i < n_changes; i++) {
        struct instance *it =
            instance_new(b->arena, &kind_thing.schema, addresses[i], addresses[i] + 6);
        instance_set(it, "size", value_string(b->arena, "big"));
        struct instance *live =
            instance_new(b->arena, &kind_thing.schema, addresses[i], addresses[i] + 6);
        b->changes[i] = (struct change){.kind = &kind_thing,
                                        .address = addresses[i],
                                        .action = ACTION_CREATE,
                                        .desired = it,
                                        .live = live,
                                        .steps = b->steps[i],
                                        .n_steps = n_steps,
                                        .after = b->edges[i]};
        for (size_t s = 0; s < n_steps; s++)
            b->steps[i][s] = (struct step){
                .id = (unsigned)s, .address = addresses[i], .op = "thing.do", .title = "do"};
    }
    b->plan = (struct plan){.id = "p1", .changes = b->changes, .n_changes = n_changes};
}

static void after(struct bench *b, size_t change, size_t on, bool soft)
{
    b->edges[change][b->changes[change].n_after++] = (struct change_edge){on, soft};
}

static void start(struct bench *b, unsigned parallel)
{
    const struct walk_options options = {
        .parallel = parallel, .nonce = "n", .commit = "c0ffee", .author = "Ada <a@b>"};
    b->walk = walk_new(b->arena, &b->plan, &b->facts, &options);
}

static void teardown(struct bench *b)
{
    arena_free(b->arena);
}

/* The next task must be this one; step -1: the verification. */
static struct walk_task expect(struct bench *b, size_t change, int step)
{
    struct walk_task task;
    assert_int_equal(walk_next(b->walk, &task), WALK_READY);
    assert_int_equal(task.change, change);
    assert_int_equal(task.kind, step < 0 ? TASK_VERIFY : TASK_STEP);
    if (step >= 0)
        assert_int_equal(task.step->id, step);
    return task;
}

static void expect_end(struct bench *b)
{
    struct walk_task task;
    assert_int_equal(walk_next(b->walk, &task), WALK_DONE);
}

static void expect_wait(struct bench *b)
{
    struct walk_task task;
    assert_int_equal(walk_next(b->walk, &task), WALK_WAIT);
}

static void done(struct bench *b, struct walk_task task)
{
    const struct outcome outcome = {.kind = OUTCOME_DONE};
    struct instance *live =
        task.kind == TASK_VERIFY ? (struct instance *)b->changes[task.change].desired : NULL;
    walk_report(b->walk, &task, &outcome, live, NULL);
}

static void failed(struct bench *b, struct walk_task task, enum err_code code)
{
    struct err err = {0};
    err_set(&err, code, "it broke");
    walk_report(b->walk, &task, NULL, NULL, &err);
}

static void whole(struct bench *b, size_t change, int n_steps)
{
    for (int s = 0; s < n_steps; s++)
        done(b, expect(b, change, s));
    done(b, expect(b, change, -1));
}

static enum walk_status status(struct bench *b, size_t change)
{
    return walk_status_of(b->walk, change).status;
}

/* ---- order --------------------------------------------------------------------------------
 */

static void test_order(void **state UNUSED)
{
    struct bench b;
    setup(&b, 5, 1);
    after(&b, 0, 4, false);
    start(&b, 1);
    whole(&b, 1, 1); /* the lowest that is ready, and all of it */
    whole(&b, 2, 1);
    whole(&b, 3, 1);
    whole(&b, 4, 1);
    whole(&b, 0, 1);
    expect_end(&b);
    teardown(&b);
}

static void test_parallel(void **state UNUSED)
{
    struct bench b;
    setup(&b, 4, 1);
    start(&b, 3);
    struct walk_task first = expect(&b, 0, 0), second = expect(&b, 1, 0);
    expect(&b, 2, 0);
    expect_wait(&b);
    done(&b, second);
    done(&b, expect(&b, 1, -1));
    expect(&b, 3, 0);
    expect_wait(&b);
    done(&b, first);
    expect(&b, 0, -1);
    teardown(&b);
}

static void test_hard_and_soft(void **state UNUSED)
{
    struct bench b;
    setup(&b, 5, 1);
    after(&b, 1, 0, false); /* hard */
    after(&b, 2, 1, false); /* behind that */
    after(&b, 3, 0, true);  /* soft */
    start(&b, 4);
    struct walk_task task = expect(&b, 0, 0);
    done(&b, expect(&b, 4, 0));
    failed(&b, task, ERR_DENIED);
    whole(&b, 3, 1);
    done(&b, expect(&b, 4, -1));
    expect_end(&b);
    assert_int_equal(status(&b, 0), WALK_FAILED);
    assert_int_equal(status(&b, 1), WALK_SKIPPED);
    assert_int_equal(status(&b, 2), WALK_SKIPPED);
    assert_int_equal(status(&b, 3), WALK_CHANGED);
    assert_string_equal(walk_status_of(b.walk, 1).message, "thing/0 failed");
    assert_string_equal(walk_status_of(b.walk, 2).message, "thing/1 skipped");
    teardown(&b);
}

static void test_stop(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 3, 2);
    start(&b, 1);
    struct walk_task task = expect(&b, 0, 0);
    walk_stop(b.walk, "interrupted");
    walk_stop(b.walk, "and again");
    expect_wait(&b);
    done(&b, task);
    expect_end(&b);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(status(&b, i), WALK_CANCELLED);
        assert_string_equal(walk_status_of(b.walk, i).message, "interrupted");
    }
    assert_true(walk_status_of(b.walk, 0).touched);
    assert_false(walk_status_of(b.walk, 1).touched);
    /* What was done by then is on record, also without an identifier. */
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_true(value_get_bool(entry->meta, "unfinished", false));
    assert_false(walk_entry(b.walk, 1, &entry));
    teardown(&b);
}

/* ---- conditions ---------------------------------------------------------------------------
 */

static const struct condition ecc_on = {.attr = "ecc", .equals = "enabled", .label = "if"};

static void observe(struct bench *b, struct walk_task task, const struct value *ecc)
{
    const struct value_field field = {"ecc", ecc};
    const struct outcome outcome = {.kind = OUTCOME_UNCHANGED,
                                    .observed = value_map(b->arena, &field, 1)};
    walk_report(b->walk, &task, &outcome, NULL, NULL);
}

static void conditional(struct bench *b)
{
    setup(b, 1, 4);
    b->steps[0][1].when = &ecc_on;
    b->steps[0][2].when = &ecc_on;
    start(b, 1);
}

static void test_condition_holds(void **state UNUSED)
{
    struct bench b;
    conditional(&b);
    observe(&b, expect(&b, 0, 0), value_string(b.arena, "enabled"));
    /* Settled once: what the first step changes does not unsettle the second. */
    observe(&b, expect(&b, 0, 1), value_string(b.arena, "disabled"));
    done(&b, expect(&b, 0, 2));
    done(&b, expect(&b, 0, 3));
    done(&b, expect(&b, 0, -1));
    assert_int_equal(status(&b, 0), WALK_CHANGED);
    teardown(&b);
}

static void test_condition_does_not_hold(void **state UNUSED)
{
    struct bench b;
    conditional(&b);
    observe(&b, expect(&b, 0, 0), pending_make(b.arena, "disabled", "enabled"));
    expect(&b, 0, 3);
    teardown(&b);
}

static void test_condition_from_live(void **state UNUSED)
{
    struct bench b;
    conditional(&b);
    instance_set((struct instance *)b.changes[0].live, "ecc", value_string(b.arena, "enabled"));
    done(&b, expect(&b, 0, 0));
    expect(&b, 0, 1);
    teardown(&b);
}

static void test_condition_unreadable(void **state UNUSED)
{
    struct bench b;
    conditional(&b);
    observe(&b, expect(&b, 0, 0), value_unreadable(b.arena, "no driver"));
    expect_end(&b);
    assert_int_equal(status(&b, 0), WALK_FAILED);
    assert_int_equal(walk_status_of(b.walk, 0).code, ERR_UNREACHABLE);
    assert_string_equal(walk_status_of(b.walk, 0).message, "ecc cannot be read: no driver");
    teardown(&b);
}

/* ---- rollout ------------------------------------------------------------------------------
 */

static void roll_out(struct bench *b, size_t n, unsigned budget)
{
    setup(b, n, 2);
    for (size_t i = 0; i < n; i++) {
        b->changes[i].action = ACTION_UPDATE;
        b->changes[i].pool = "gpu";
        b->changes[i].budget = budget;
        b->steps[i][0].effects = EFFECT_MAINTENANCE;
        b->steps[i][1].effects = EFFECT_LEAVE;
        if (i > 0)
            after(b, i, i - 1, true);
    }
    start(b, 8);
}

static void test_failed_host_uses_the_budget(void **state UNUSED)
{
    struct bench b;
    roll_out(&b, 3, 1);
    done(&b, expect(&b, 0, 0));
    failed(&b, expect(&b, 0, 1), ERR_TIMEOUT); /* stays in maintenance */
    expect_end(&b);
    assert_int_equal(status(&b, 1), WALK_SKIPPED);
    assert_int_equal(status(&b, 2), WALK_SKIPPED);
    assert_string_equal(walk_status_of(b.walk, 1).message,
                        "1 host of pool gpu failed and stayed out of service");
    teardown(&b);
}

static void test_failed_host_came_back(void **state UNUSED)
{
    struct bench b;
    roll_out(&b, 2, 1);
    done(&b, expect(&b, 0, 0));
    done(&b, expect(&b, 0, 1));
    failed(&b, expect(&b, 0, -1), ERR_CONFLICT); /* after it had left maintenance */
    whole(&b, 1, 2);
    expect_end(&b);
    assert_int_equal(status(&b, 1), WALK_CHANGED);
    teardown(&b);
}

static void test_window_refused(void **state UNUSED)
{
    struct bench b;
    roll_out(&b, 2, 1);
    failed(&b, expect(&b, 0, 0), ERR_DENIED); /* it never went out */
    whole(&b, 1, 2);
    expect_end(&b);
    teardown(&b);
}

static void test_budget_waits(void **state UNUSED)
{
    struct bench b;
    roll_out(&b, 3, 2);
    b.changes[1].n_after = 0;
    b.changes[2].n_after = 0;
    start(&b, 8);
    struct walk_task first = expect(&b, 0, 0);
    expect(&b, 1, 0);
    expect_wait(&b); /* the third has no edge, and no room */
    failed(&b, first, ERR_DENIED);
    expect(&b, 2, 0);
    teardown(&b);
}

/* ---- what the state holds -----------------------------------------------------------------
 */

static const char *meta(const struct instance *entry, const char *key)
{
    return value_get_text(entry->meta, key);
}

static void test_window_is_announced(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    roll_out(&b, 1, 1);
    struct walk_task task = expect(&b, 0, 0);
    assert_true(walk_entry(b.walk, 0, &entry)); /* before the call */
    assert_string_equal(meta(entry, "window"), "p1");
    assert_false(walk_entry(b.walk, 0, &entry));
    done(&b, task);
    done(&b, expect(&b, 0, 1));
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_null(meta(entry, "window"));
    teardown(&b);
}

/* Somebody else's window stays somebody else's; one that may have opened is ours. */
static void test_window_that_was_not_opened(void **state UNUSED)
{
    static const struct {
        enum err_code code;
        bool ours;
    } rows[] = {{ERR_NONE, false},     {ERR_DENIED, false}, {ERR_BUSY, false},
                {ERR_UNCERTAIN, true}, {ERR_TIMEOUT, true}, {ERR_CANCELLED, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;
        struct instance *entry;
        roll_out(&b, 1, 1);
        struct walk_task task = expect(&b, 0, 0);
        const struct outcome unchanged = {.kind = OUTCOME_UNCHANGED};
        if (rows[i].code == ERR_NONE)
            walk_report(b.walk, &task, &unchanged, NULL, NULL);
        else
            failed(&b, task, rows[i].code);
        assert_true(walk_entry(b.walk, 0, &entry));
        assert_int_equal(meta(entry, "window") != NULL, rows[i].ours);
        teardown(&b);
    }
}

static void test_power_off_is_announced(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 1, 1);
    const struct value *name = value_string(b.arena, "vm-1");
    const struct value_field vms = {"vms", value_list(b.arena, &name, 1)};
    b.steps[0][0].effects = EFFECT_VM_POWER_OFF;
    b.steps[0][0].args = value_map(b.arena, &vms, 1);
    start(&b, 1);
    struct walk_task task = expect(&b, 0, 0);
    assert_true(value_list_has(value_get(task.ids, "powered_off"), "vm-1"));
    assert_true(walk_entry(b.walk, 0, &entry)); /* before the call */
    failed(&b, task, ERR_UNCERTAIN);
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_true(value_list_has(value_get(entry->ids, "powered_off"), "vm-1"));
    teardown(&b);
}

static void test_ids_of_a_failed_step(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 1, 1);
    start(&b, 1);
    struct walk_task task = expect(&b, 0, 0);
    const struct value_field id = {"id", value_string(b.arena, "42")};
    const struct outcome outcome = {.kind = OUTCOME_FAILED, .ids = value_map(b.arena, &id, 1)};
    struct err err = {0};
    err_set(&err, ERR_INVALID, "later");
    walk_report(b.walk, &task, &outcome, NULL, &err);
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_string_equal(value_get_text(entry->ids, "id"), "42");
    assert_true(value_get_bool(entry->meta, "unfinished", false));
    assert_true(value_is_absent(instance_get(entry, "size")));
    teardown(&b);
}

static void test_finished_entry(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 1, 1);
    start(&b, 1);
    whole(&b, 0, 1);
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_string_equal(instance_text(entry, "size"), "big");
    assert_string_equal(meta(entry, "commit"), "c0ffee");
    assert_string_equal(meta(entry, "author"), "Ada <a@b>");
    assert_false(value_get_bool(entry->meta, "unfinished", false));
    assert_false(walk_entry(b.walk, 0, &entry));
    teardown(&b);
}

static void test_verification_fails(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 1, 1);
    start(&b, 1);
    done(&b, expect(&b, 0, 0));
    failed(&b, expect(&b, 0, -1), ERR_CONFLICT);
    expect_end(&b);
    struct walk_change change = walk_status_of(b.walk, 0);
    assert_int_equal(change.status, WALK_FAILED);
    assert_null(change.failed_step);
    assert_true(change.touched);
    assert_true(walk_entry(b.walk, 0, &entry));
    assert_string_equal(meta(entry, "failed"), "it broke");
    teardown(&b);
}

static void test_leaves_the_state(void **state UNUSED)
{
    struct bench b;
    struct instance *entry;
    setup(&b, 2, 0);
    for (size_t i = 0; i < 2; i++) {
        b.changes[i].prior = b.changes[i].desired;
        b.changes[i].desired = NULL;
    }
    b.changes[0].action = ACTION_RELEASE;
    b.changes[1].action = ACTION_DELETE;
    start(&b, 1);
    struct walk_task task = expect(&b, 1, -1); /* a release takes no task */
    walk_report(b.walk, &task, NULL, NULL, NULL);
    expect_end(&b);
    for (size_t i = 0; i < 2; i++) {
        assert_true(walk_entry(b.walk, i, &entry));
        assert_null(entry);
    }
    teardown(&b);
}

static void test_nonce_of_the_interrupted_run(void **state UNUSED)
{
    struct bench b;
    setup(&b, 2, 1);
    b.intent = (struct intent){
        .address = addresses[0], .op = "thing.do", .plan = "p0", .nonce = "old"};
    b.facts.intents = &b.intent;
    b.facts.n_intents = 1;
    start(&b, 2);
    assert_string_equal(expect(&b, 0, 0).nonce, "old");
    assert_string_equal(expect(&b, 1, 0).nonce, "n-1");
    teardown(&b);
}

/* ---- retry --------------------------------------------------------------------------------
 */

static void test_retry(void **state UNUSED)
{
    static const struct {
        enum err_code code;
        unsigned effects, attempt;
        int64_t delay;
    } rows[] = {
        {ERR_BUSY, 0, 1, 10},
        {ERR_BUSY, 0, 2, 20},
        {ERR_BUSY, 0, 6, 320},
        {ERR_BUSY, 0, 10, 320},
        {ERR_BUSY, 0, 11, -1},
        {ERR_UNREACHABLE, 0, 4, 80},
        {ERR_UNREACHABLE, 0, 5, -1},
        {ERR_UNCERTAIN, 0, 2, 20},
        {ERR_UNCERTAIN, 0, 3, -1},
        {ERR_UNCERTAIN, EFFECT_HOST_REBOOT, 1, -1},
        {ERR_UNREACHABLE, EFFECT_HOST_REBOOT, 1, -1},
        {ERR_BUSY, EFFECT_HOST_REBOOT, 1, 10},
        {ERR_TIMEOUT, 0, 1, -1},
        {ERR_INVALID, 0, 1, -1},
        {ERR_DENIED, 0, 1, -1},
        {ERR_CANCELLED, 0, 1, -1},
        {ERR_CONFLICT, 0, 1, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct step step = {.effects = rows[i].effects};
        if (retry_delay(rows[i].code, &step, rows[i].attempt, 10) != rows[i].delay)
            fail_msg("row %zu", i);
    }
}

/* Steps that clean up run when one before them failed, and the change has failed all the same;
 * else they are passed over. */
static void test_cleanup(void **state UNUSED)
{
    static const enum err_code codes[] = {ERR_NONE, ERR_INVALID, ERR_UNCERTAIN, ERR_CANCELLED};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct bench b;
        bool good = codes[i] == ERR_NONE;
        setup(&b, 2, 3);
        after(&b, 1, 0, false);
        b.steps[0][2].when = &when_failed;
        start(&b, 1);
        done(&b, expect(&b, 0, 0));
        struct walk_task task = expect(&b, 0, 1);
        if (good)
            done(&b, task);
        else
            failed(&b, task, codes[i]);
        if (!good && codes[i] != ERR_CANCELLED)
            failed(&b, expect(&b, 0, 2), ERR_DENIED); /* the first failure is what counts */
        if (good)
            done(&b, expect(&b, 0, -1));
        assert_int_equal(walk_status_of(b.walk, 0).code, codes[i]);
        assert_int_equal(status(&b, 1), good ? WALK_PENDING : WALK_SKIPPED);
        teardown(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cleanup),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_hard_and_soft),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_condition_holds),
        cmocka_unit_test(test_condition_does_not_hold),
        cmocka_unit_test(test_condition_from_live),
        cmocka_unit_test(test_condition_unreadable),
        cmocka_unit_test(test_failed_host_uses_the_budget),
        cmocka_unit_test(test_failed_host_came_back),
        cmocka_unit_test(test_window_refused),
        cmocka_unit_test(test_budget_waits),
        cmocka_unit_test(test_window_is_announced),
        cmocka_unit_test(test_window_that_was_not_opened),
        cmocka_unit_test(test_power_off_is_announced),
        cmocka_unit_test(test_ids_of_a_failed_step),
        cmocka_unit_test(test_finished_entry),
        cmocka_unit_test(test_verification_fails),
        cmocka_unit_test(test_leaves_the_state),
        cmocka_unit_test(test_nonce_of_the_interrupted_run),
        cmocka_unit_test(test_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
