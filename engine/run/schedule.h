/* schedule.h: when a service that repeats a check starts it, cuts it off, and ends.
 *
 * A pure state machine: it is told the time and what happened, and says what to do next. Time
 * is milliseconds of a monotonic clock.
 *
 *     for (;;) {
 *         switch (schedule_next(&schedule, now(), &wait)) {
 *         case SCHEDULE_WAIT: sleep up to `wait`, or until something happens; break;
 *         case SCHEDULE_START: start the check; tell schedule_done when it has ended; break;
 *         case SCHEDULE_CANCEL: ask the check to stop; break;
 *         case SCHEDULE_ABANDON: it does not stop: give up; return;
 *         case SCHEDULE_END: nothing runs any more: return;
 *         }
 *     }
 *
 * The pause between two checks is the interval, up to a tenth shorter or longer, so that
 * several instances do not read together for long. After the second failure in a row it
 * doubles, up to eight intervals or an hour, whichever is less: a wrong password that is tried
 * every minute locks an account.
 */
#ifndef GF_SCHEDULE_H
#define GF_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule_options {
    int64_t interval_ms; /* from the start of a check to the start of the next */
    int64_t timeout_ms;  /* a check that takes longer is asked to stop */
    int64_t grace_ms;    /* and given up when it has not stopped so much later */
    uint64_t seed;       /* of the jitter: another one for each instance */
};

enum schedule_action {
    SCHEDULE_WAIT,
    SCHEDULE_START,
    SCHEDULE_CANCEL,
    SCHEDULE_ABANDON,
    SCHEDULE_END,
    SCHEDULE_ACTION_COUNT
};

enum schedule_phase { SCHEDULE_IDLE, SCHEDULE_RUNNING, SCHEDULE_STOPPING };

/* To be looked at, not to be written. */
struct schedule {
    struct schedule_options options;
    enum schedule_phase phase;
    uint64_t random;
    int64_t due;       /* IDLE: of the next check */
    int64_t started;   /* of the last check */
    int64_t cancelled; /* STOPPING: when it was asked to stop */
    unsigned failures; /* in a row */
    bool asked;        /* somebody wants a check now */
    bool ending;
    bool timed_out; /* the last check was asked to stop because it took too long */
};

/* The first check is due at once. */
void schedule_init(struct schedule *schedule, const struct schedule_options *options,
                   int64_t now);
/* ret_wait_ms is set for SCHEDULE_WAIT: more than 0. */
enum schedule_action schedule_next(struct schedule *schedule, int64_t now,
                                   int64_t *ret_wait_ms);
/* The check has ended. */
void schedule_done(struct schedule *schedule, int64_t now, bool good);
/* A check is wanted now; after the one that runs, when one does, which may have looked already.
 */
void schedule_hurry(struct schedule *schedule);
/* No further check; one that runs is asked to stop. */
void schedule_stop(struct schedule *schedule);

#endif
