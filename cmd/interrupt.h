/* interrupt.h: SIGINT and SIGTERM as a flag, for commands that only read: providers see it and
 * stop, sessions are logged out, and the command ends with EXIT_INTERRUPTED. A second signal
 * ends the process. */
#ifndef GF_INTERRUPT_H
#define GF_INTERRUPT_H

#include <stdatomic.h>

/* From now on, until the process ends. */
const atomic_bool *interrupt_catch(void);

#endif
