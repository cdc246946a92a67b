/* test_schedule.c: when a repeated check starts, backs off, is cut off and ends. */
#include "../harness/unit.h"

#include "compiler.h"
#include "schedule.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct schedule_options normal = {
    .interval_ms = 15 * MINUTE, .timeout_ms = 10 * MINUTE, .grace_ms = 30 * SECOND, .seed = 1};

static enum schedule_action next(struct schedule *s, int64_t now)
{
    int64_t wait = -1;
    enum schedule_action action = schedule_next(s, now, &wait);
    assert_true(action == SCHEDULE_WAIT ? wait > 0 : wait == -1);
    return action;
}

/* Start, take `took`, end; returns how long after the start the next one is due. */
static int64_t round_trip(struct schedule *s, int64_t *now, int64_t took, bool good)
{
    int64_t wait;
    assert_int_equal(next(s, *now), SCHEDULE_START);
    int64_t started = *now;
    *now += took;
    schedule_done(s, *now, good);
    assert_int_equal(schedule_next(s, *now, &wait), SCHEDULE_WAIT);
    *now += wait;
    return *now - started;
}

static void assert_about(int64_t got, int64_t wanted)
{
    if (got < wanted - wanted / 10 || got > wanted + wanted / 10)
        fail_msg("%lld is not about %lld", (long long)got, (long long)wanted);
}

static void the_first_check_is_due_at_once(void **state UNUSED)
{
    struct schedule s;
    schedule_init(&s, &normal, 5000);
    assert_int_equal(next(&s, 5000), SCHEDULE_START);
    assert_int_equal(next(&s, 5000), SCHEDULE_WAIT); /* it runs */
}

static void pauses_are_about_the_interval(void **state UNUSED)
{
    int64_t least = HOUR, most = 0, sum = 0;
    struct schedule s;
    int64_t now = 0;
    schedule_init(&s, &normal, now);
    for (int i = 0; i < 1000; i++) {
        int64_t pause = round_trip(&s, &now, SECOND, true);
        assert_about(pause, normal.interval_ms);
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
        sum += pause;
    }
    /* The jitter uses its room, and is not one-sided. */
    assert_true(most - least > normal.interval_ms / 6);
    assert_true(sum / 1000 > normal.interval_ms * 98 / 100);
    assert_true(sum / 1000 < normal.interval_ms * 102 / 100);
}

static void instances_part(void **state UNUSED)
{
    struct schedule_options other = normal;
    struct schedule a, b;
    int64_t now_a = 0, now_b = 0, apart = 0;
    other.seed = 2;
    schedule_init(&a, &normal, 0);
    schedule_init(&b, &other, 0);
    for (int i = 0; i < 20; i++) {
        round_trip(&a, &now_a, SECOND, true);
        round_trip(&b, &now_b, SECOND, true);
        apart += now_a > now_b ? now_a - now_b > SECOND : now_b - now_a > SECOND;
    }
    assert_true(apart > 15);
    /* And the same seed gives the same times. */
    schedule_init(&a, &normal, 0);
    schedule_init(&b, &normal, 0);
    now_a = now_b = 0;
    for (int i = 0; i < 20; i++)
        assert_int_equal(round_trip(&a, &now_a, 1, i % 3 == 0),
                         round_trip(&b, &now_b, 1, i % 3 == 0));
}

static void failures_back_off_and_are_forgotten(void **state UNUSED)
{
    static const int64_t minutes[] = {5, 10, 20, 40, 40, 40};
    struct schedule_options options = normal;
    struct schedule s;
    int64_t now = 0;
    options.interval_ms = 5 * MINUTE;
    schedule_init(&s, &options, now);
    for (size_t i = 0; i < ARRAY_LEN(minutes); i++)
        assert_about(round_trip(&s, &now, SECOND, false), minutes[i] * MINUTE);
    assert_int_equal(s.failures, ARRAY_LEN(minutes));
    assert_about(round_trip(&s, &now, SECOND, true), 5 * MINUTE);
    assert_about(round_trip(&s, &now, SECOND, false), 5 * MINUTE);
    assert_about(round_trip(&s, &now, SECOND, false), 10 * MINUTE);
}

/* Never longer than an hour, unless that is what was asked for. */
static void back_off_has_an_end(void **state UNUSED)
{
    static const struct {
        int64_t interval, most;
    } rows[] = {
        {20 * MINUTE, HOUR}, {HOUR, HOUR}, {24 * HOUR, 24 * HOUR}, {SECOND, 8 * SECOND}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct schedule_options options = normal;
        struct schedule s;
        int64_t now = 0;
        options.interval_ms = rows[i].interval;
        schedule_init(&s, &options, now);
        for (int n = 0; n < 100; n++) {
            int64_t pause = round_trip(&s, &now, 1, false);
            assert_true(pause <= rows[i].most + rows[i].most / 10);
            if (n > 10)
                assert_about(pause, rows[i].most);
        }
    }
}

/* A check that takes longer than the interval is not followed by the next at once. */
static void slow_checks_leave_some_rest(void **state UNUSED)
{
    struct schedule_options options = normal;
    struct schedule s;
    int64_t now = 0;
    options.interval_ms = MINUTE;
    schedule_init(&s, &options, now);
    assert_int_equal(round_trip(&s, &now, 5 * MINUTE, true), 5 * MINUTE + 6 * SECOND);
}

static void a_hanging_check_is_cancelled_then_abandoned(void **state UNUSED)
{
    struct schedule s;
    int64_t wait;
    schedule_init(&s, &normal, 0);
    assert_int_equal(next(&s, 0), SCHEDULE_START);
    assert_int_equal(schedule_next(&s, 1000, &wait), SCHEDULE_WAIT);
    assert_int_equal(wait, 10 * MINUTE - 1000);
    assert_int_equal(next(&s, 10 * MINUTE), SCHEDULE_CANCEL);
    assert_true(s.timed_out);
    assert_int_equal(schedule_next(&s, 10 * MINUTE + 1, &wait), SCHEDULE_WAIT);
    assert_int_equal(wait, 30 * SECOND - 1);
    assert_int_equal(next(&s, 10 * MINUTE + 30 * SECOND), SCHEDULE_ABANDON);
    assert_int_equal(next(&s, 11 * MINUTE), SCHEDULE_ABANDON);
}

static void a_cancelled_check_that_returns_is_a_failure(void **state UNUSED)
{
    struct schedule s;
    int64_t wait;
    schedule_init(&s, &normal, 0);
    assert_int_equal(next(&s, 0), SCHEDULE_START);
    assert_int_equal(next(&s, 10 * MINUTE), SCHEDULE_CANCEL);
    schedule_done(&s, 10 * MINUTE + 500, false);
    assert_int_equal(s.failures, 1);
    assert_true(s.timed_out);
    assert_int_equal(schedule_next(&s, 10 * MINUTE + 500, &wait), SCHEDULE_WAIT);
    assert_int_equal(next(&s, 10 * MINUTE + 500 + wait), SCHEDULE_START);
    assert_false(s.timed_out);
}

static void hurry_starts_at_once(void **state UNUSED)
{
    struct schedule s;
    int64_t now = 0;
    schedule_init(&s, &normal, now);
    round_trip(&s, &now, SECOND, true);
    now -= 10 * MINUTE;
    assert_int_equal(next(&s, now), SCHEDULE_WAIT);
    schedule_hurry(&s);
    assert_int_equal(next(&s, now), SCHEDULE_START);
    /* While one runs, another follows: the first may have looked already. Once. */
    schedule_hurry(&s);
    schedule_hurry(&s);
    assert_int_equal(next(&s, now), SCHEDULE_WAIT);
    schedule_done(&s, now + 1, true);
    assert_int_equal(next(&s, now + 1), SCHEDULE_START);
    schedule_done(&s, now + 2, true);
    assert_int_equal(next(&s, now + 2), SCHEDULE_WAIT);
}

static void stopping(void **state UNUSED)
{
    struct schedule s;
    schedule_init(&s, &normal, 0);
    assert_int_equal(next(&s, 0), SCHEDULE_START);
    schedule_stop(&s);
    schedule_hurry(&s); /* too late */
    assert_int_equal(next(&s, 1), SCHEDULE_CANCEL);
    assert_false(s.timed_out);
    assert_int_equal(next(&s, 2), SCHEDULE_WAIT);
    schedule_done(&s, 3, false);
    assert_int_equal(next(&s, 3), SCHEDULE_END);
    schedule_init(&s, &normal, 0);
    schedule_stop(&s);
    assert_int_equal(next(&s, 0), SCHEDULE_END);
    schedule_init(&s, &normal, 0);
    assert_int_equal(next(&s, 0), SCHEDULE_START);
    schedule_stop(&s);
    assert_int_equal(next(&s, 0), SCHEDULE_CANCEL);
    assert_int_equal(next(&s, 30 * SECOND), SCHEDULE_ABANDON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_check_is_due_at_once),
        cmocka_unit_test(pauses_are_about_the_interval),
        cmocka_unit_test(instances_part),
        cmocka_unit_test(failures_back_off_and_are_forgotten),
        cmocka_unit_test(back_off_has_an_end),
        cmocka_unit_test(slow_checks_leave_some_rest),
        cmocka_unit_test(a_hanging_check_is_cancelled_then_abandoned),
        cmocka_unit_test(a_cancelled_check_that_returns_is_a_failure),
        cmocka_unit_test(hurry_starts_at_once),
        cmocka_unit_test(stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
