/* crash.h: the sweep over all changing calls of an apply, used by several test programs: some
 * kill the program while the reply to call k is held, some lose the reply. */
#ifndef GF_TESTS_CRASH_H
#define GF_TESTS_CRASH_H

#include "../harness/site.h"
#include "../harness/worlds.h"

/* What the disturbed apply has to do. */
enum crash_scene {
    CRASH_CREATE,  /* everything: driver, ECC, template, blueprint, entitlement */
    CRASH_WINDOW,  /* a window on a host with machines that must be off meanwhile */
    CRASH_REBUILD, /* a third version of the template; the first one goes */
    CRASH_GUEST,   /* a version whose guest is prepared, beside one that was not */
    CRASH_REMOVE,  /* all but the hosts */
    CRASH_SCENE_COUNT
};

struct crash {
    struct site site;
    enum crash_scene scene;
    struct world_shape shape;
    char *expected; /* the world after an undisturbed apply */
    unsigned n_calls;
};

void crash_set_up(struct crash *crash, enum crash_scene scene);
void crash_tear_down(struct crash *crash);
/* The scene anew, and the apply; the reply to its changing call k is held. */
struct child crash_begin(struct crash *crash, unsigned k);
/* The next apply converges: the same world as without a crash, an empty plan, no drift. */
void crash_converges(struct crash *crash, unsigned k, const char *what);

/* Kill at, or lose the answer of, every call of the scene. */
void crash_sweep_kill(enum crash_scene scene);
void crash_sweep_lost(enum crash_scene scene);

#endif
