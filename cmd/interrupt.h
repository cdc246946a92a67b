/* interrupt.h: an interrupt that ends a run in good order, while no runner is at work: what holds
 * a lock that outlives the process must give it back. */
#ifndef GF_INTERRUPT_H
#define GF_INTERRUPT_H

struct run_env;

/* From now on SIGINT, SIGTERM and SIGHUP cancel the environment instead of ending the process. */
void interrupt_cancels(struct run_env *env);
/* As it was; fine when nothing was changed. The environment may go then. */
void interrupt_restore(void);

#endif
