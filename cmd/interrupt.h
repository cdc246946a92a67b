/* interrupt.h: an interrupt that ends a run in good order, while no runner is at work: what
 * holds a lock that outlives the process must give it back, and sessions are logged out.
 */
#ifndef GF_INTERRUPT_H
#define GF_INTERRUPT_H

#include <stdatomic.h>

struct run_env;

/* From now on SIGINT, SIGTERM and SIGHUP cancel the environment instead of ending the process.
 */
void interrupt_cancels(struct run_env *env);
/* As it was; fine when nothing was changed. The environment may go then. */
void interrupt_restore(void);

/* For commands that only read: SIGINT and SIGTERM as a flag, from now on until the process
 * ends, which a second signal does at once. */
const atomic_bool *interrupt_catch(void);

#endif
