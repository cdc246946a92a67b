/* test_store.c: the contract of a store, on every backend. */
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "store_fixture.h"
#include "value.h"

/* ---- the contract, on all backends ------------------------------------------------------ */

static void test_nothing_stored(void **fixture)
{
    struct fixture *f = *fixture;
    struct lock_info holder;
    assert_null(fixture_read(f));
    assert_int_equal(f->store->ops->holder(f->store, &holder, NULL), 0);
}

static void test_write_and_read(void **fixture)
{
    struct fixture *f = *fixture;
    fixture_write_first(f);
    struct state *state = fixture_read(f);
    assert_string_equal(sample_encode(state, f->arena),
                        sample_encode(sample_state(f->arena), f->arena));
    state->serial++;
    state_put(state, f->arena, "host/b", NULL);
    fixture_write(f, state);
    f->store->ops->unlock(f->store, NULL);
    state = fixture_read(f);
    assert_int_equal(state->serial, 2);
    assert_int_equal(state->resources.n, 2);
}

static void test_records_are_read_back(void **fixture)
{
    struct fixture *f = *fixture;
    fixture_write_first(f);
    fixture_record(f, (struct record){.kind = RECORD_PLAN, .plan = "p2", .commit = "c2"});
    fixture_record(f, sample_intent("host/a", 1));
    struct state *state = fixture_read(f);
    assert_true(state_has_plan(state, "p2"));
    assert_int_equal(state->n_intents, 1);
    fixture_record(f, sample_result("host/a", 1, "done"));
    fixture_record_graphics(f, "changed");
    state = fixture_read(f);
    assert_int_equal(state->n_intents, 0);
    assert_int_equal(state->serial, 1);
    assert_string_equal(fixture_graphics(state), "changed");
    /* Writing empties the journal. */
    state->serial++;
    state_put(state, f->arena, "host/a", sample_instance(f->arena, "host/a", "written"));
    fixture_write(f, state);
    assert_string_equal(fixture_graphics(fixture_read(f)), "written");
    fixture_record_graphics(f, "again");
    assert_string_equal(fixture_graphics(fixture_read(f)), "again");
}

static void test_only_the_successor_is_written(void **fixture)
{
    static const struct {
        const char *lineage;
        int64_t serial;
    } cases[] = {
        {SAMPLE_LINEAGE, 0},
        {SAMPLE_LINEAGE, 3},
        {"ffffffffffffffffffffffffffffffff", 2},
        {"ffffffffffffffffffffffffffffffff", 1},
    };
    struct fixture *f = *fixture;
    struct err err = {0};
    struct state *state = sample_state(f->arena);
    fixture_lock(f->store);
    state->serial = 2;
    assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    state->serial = 1;
    fixture_write(f, state);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        state->lineage = cases[i].lineage;
        state->serial = cases[i].serial;
        assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
        assert_int_equal(err.code, ERR_CONFLICT);
        assert_int_equal(fixture_read(f)->serial, 1);
    }
}

static void test_invalid_states_are_not_written(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    struct state *state = sample_state(f->arena);
    fixture_lock(f->store);
    instance_set(state->resources.items[0], "password", value_string(f->arena, "hunter2"));
    assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(strstr(err.message, "hunter2"));
    assert_null(fixture_read(f));
}

static void test_misuse_is_an_internal_error(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    struct record intent = sample_intent("host/a", 1);
    assert_int_equal(f->store->ops->record(f->store, &intent, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_int_equal(f->store->ops->write(f->store, sample_state(f->arena), &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
    fixture_lock(f->store);
    assert_int_equal(f->store->ops->record(f->store, &intent, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL); /* no state yet that it could belong to */
}

static void test_holder(void **fixture)
{
    struct fixture *f = *fixture;
    struct lock_info holder = {0};
    fixture_lock(f->store);
    assert_int_equal(f->store->ops->holder(f->store, &holder, NULL), 1);
    assert_string_equal(holder.who, fixture_holder.who);
    assert_string_equal(holder.operation, "apply");
    assert_string_equal(holder.job_url, fixture_holder.job_url);
    assert_int_equal(holder.pid, 42);
    assert_int_equal(holder.since_ms, fixture_holder.since_ms);
    f->store->ops->unlock(f->store, NULL);
    assert_int_equal(f->store->ops->holder(f->store, &holder, NULL), 0);
    fixture_lock(f->store);
}

static void test_mem_fails_on_order(void **unused)
{
    (void)unused;
    struct fixture f = {.arena = arena_new(), .store = store_mem_open(2)};
    struct err err = {0};
    struct record intent = sample_intent("host/a", 1);
    fixture_write_first(&f);
    fixture_record(&f, intent);
    assert_int_equal(f.store->ops->record(f.store, &intent, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_int_equal(fixture_read(&f)->n_intents, 1);
    f.store->ops->close(f.store);
    arena_free(f.arena);
}

#define ON_BOTH(test)                                                                          \
    ON_FILE(test),                                                                             \
    {                                                                                          \
#test " (memory)", test, fixture_setup_mem, fixture_teardown, NULL                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_nothing_stored),
        ON_BOTH(test_write_and_read),
        ON_BOTH(test_records_are_read_back),
        ON_BOTH(test_only_the_successor_is_written),
        ON_BOTH(test_invalid_states_are_not_written),
        ON_BOTH(test_misuse_is_an_internal_error),
        ON_BOTH(test_holder),
        cmocka_unit_test(test_mem_fails_on_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
