/* crash.h: the sweep over all changing calls of an apply, used by two test programs: one kills
 * the program while the reply to call k is held, one loses the reply. */
#ifndef GF_TESTS_CRASH_H
#define GF_TESTS_CRASH_H

#include "../harness/site.h"
#include "../harness/worlds.h"

struct crash {
    struct site site;
    struct world_shape shape;
    char *expected; /* the world after an undisturbed apply */
    unsigned n_calls;
};

/* One host, everything to do: driver, ECC, template, blueprint, entitlement. */
void crash_set_up(struct crash *crash);
void crash_tear_down(struct crash *crash);
/* A fresh world, no state; the reply to changing call k will be held. */
struct child crash_begin(struct crash *crash, unsigned k);
/* The next apply converges: the same world as without a crash, an empty plan, no drift. */
void crash_converges(struct crash *crash, unsigned k, const char *what);

#endif
