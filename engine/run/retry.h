/* retry.h: when to try a failed step again, as a pure function. */
#ifndef GF_RETRY_H
#define GF_RETRY_H

#include <stdint.h>

#include "err.h"

struct step;

/* Milliseconds to wait before attempt `attempt` (the first retry is 1), in multiples of `unit`
 * that double; -1: give up. Only what may pass by itself is tried again. After a lost answer a
 * step that looks before it acts may be asked again. A reboot does not look, so it is asked
 * again only when the system said that it is busy: even "unreachable" may be the word of a
 * proxy that had passed the call on. */
int64_t retry_delay(enum err_code code, const struct step *step, unsigned attempt,
                    int64_t unit);

#endif
