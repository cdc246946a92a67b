/* schedule.c: see schedule.h. */
#include "schedule.h"

#include <assert.h>

enum { DOUBLINGS_MAX = 3, BACKOFF_MAX_MS = 3600000, JITTER_PARTS = 10 };

/* SplitMix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t pause_after(const struct schedule *s)
{
    int64_t pause = s->options.interval_ms;
    int64_t most = pause > BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS;
    for (unsigned i = 1; i < s->failures && i <= DOUBLINGS_MAX; i++)
        pause = pause > most / 2 ? most : 2 * pause;
    return pause;
}

static int64_t with_jitter(struct schedule *s, int64_t pause)
{
    uint64_t width = (uint64_t)(2 * (pause / JITTER_PARTS) + 1);
    return pause - pause / JITTER_PARTS + (int64_t)(next_random(&s->random) % width);
}

void schedule_init(struct schedule *schedule, const struct schedule_options *options,
                   int64_t now)
{
    assert(options->interval_ms > 0 && options->timeout_ms > 0 && options->grace_ms > 0);
    *schedule = (struct schedule){.options = *options, .random = options->seed, .due = now};
}

static enum schedule_action wait_until(int64_t until, int64_t now, int64_t *ret_wait_ms)
{
    *ret_wait_ms = until - now;
    return SCHEDULE_WAIT;
}

static enum schedule_action next_idle(struct schedule *s, int64_t now, int64_t *ret_wait_ms)
{
    if (s->ending)
        return SCHEDULE_END;
    if (!s->asked && now < s->due)
        return wait_until(s->due, now, ret_wait_ms);
    s->phase = SCHEDULE_RUNNING;
    s->started = now;
    s->asked = s->timed_out = false;
    return SCHEDULE_START;
}

static enum schedule_action next_running(struct schedule *s, int64_t now, int64_t *ret_wait_ms)
{
    int64_t until = s->started + s->options.timeout_ms;
    if (!s->ending && now < until)
        return wait_until(until, now, ret_wait_ms);
    s->phase = SCHEDULE_STOPPING;
    s->cancelled = now;
    s->timed_out = !s->ending;
    return SCHEDULE_CANCEL;
}

enum schedule_action schedule_next(struct schedule *schedule, int64_t now, int64_t *ret_wait_ms)
{
    if (schedule->phase == SCHEDULE_IDLE)
        return next_idle(schedule, now, ret_wait_ms);
    if (schedule->phase == SCHEDULE_RUNNING)
        return next_running(schedule, now, ret_wait_ms);
    int64_t until = schedule->cancelled + schedule->options.grace_ms;
    return now < until ? wait_until(until, now, ret_wait_ms) : SCHEDULE_ABANDON;
}

/* Also a check that takes longer than the interval leaves the systems some rest. */
void schedule_done(struct schedule *schedule, int64_t now, bool good)
{
    assert(schedule->phase != SCHEDULE_IDLE);
    schedule->phase = SCHEDULE_IDLE;
    schedule->failures = good ? 0 : schedule->failures + 1;
    schedule->due = schedule->started + with_jitter(schedule, pause_after(schedule));
    int64_t earliest = now + schedule->options.interval_ms / JITTER_PARTS;
    if (schedule->due < earliest)
        schedule->due = earliest;
}

void schedule_hurry(struct schedule *schedule)
{
    schedule->asked = true;
}

void schedule_stop(struct schedule *schedule)
{
    schedule->ending = true;
}
