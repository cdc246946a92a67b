/* watch.h: a check that is repeated until the service is stopped.
 *
 * The check runs in a thread of its own; this thread waits for signals, the schedule and the
 * service manager's watchdog, so that a check that hangs is noticed. SIGHUP: check now.
 * SIGTERM, SIGINT: stop; the check that runs is asked to stop and waited for.
 */
#ifndef GF_WATCH_H
#define GF_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "schedule.h"

/* How a check can be asked to stop, and why. */
struct watch_turn {
    atomic_bool cancel;
    atomic_bool timed_out; /* set before cancel when it took too long */
};

enum watch_result {
    WATCH_GOOD,
    WATCH_BAD,  /* the next one comes later and later */
    WATCH_OVER, /* no further check makes sense: the output is gone */
};

struct watch {
    struct schedule_options schedule;
    enum watch_result (*check)(void *context, const struct watch_turn *turn);
    void *context;
};

/* Until a signal ends it: 0. EXIT_USAGE: a check said WATCH_OVER, or the service cannot start,
 * after a message. A check that does not stop when asked ends the process with EXIT_PROVIDER.
 */
int watch_run(const struct watch *watch);

#endif
