/* interrupt.h: an interrupt that ends a run in good order, while no runner is at work: what
 * holds a lock that outlives the process must give it back, and sessions are logged out.
 */
#ifndef GF_INTERRUPT_H
#define GF_INTERRUPT_H

#include <stdatomic.h>

/* What the second signal does. */
enum interrupt_again {
    INTERRUPT_ENDS,   /* ends the process: for commands that only read */
    INTERRUPT_REPEATS /* nothing more: for who has something to give back */
};

/* From now on until the process ends SIGINT, SIGTERM and SIGHUP raise this flag, which is the
 * outer_cancel of a run's environment (run_env.h). A SIGHUP that is ignored (nohup) stays so.
 */
const atomic_bool *interrupt_catch(enum interrupt_again again);

#endif
