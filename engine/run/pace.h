/* pace.h: how long steps took, and what that says of those to come.
 *
 * The walk keeps with each resource what its steps took when they last did something, in whole
 * seconds: meta {"took": {"host.reboot": 251, "guest.run": 12, "guest.run 2": 95}}. A step is
 * expected to take what it took with the same resource; a resource that has never done it takes
 * the median of its kind, of this run too. What nobody has done is not guessed at.
 */
#ifndef GF_PACE_H
#define GF_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

enum { PACE_UNKNOWN = -1 };

/* The name under which a step's time is kept: its operation, numbered from the second of the
 * same name in its change on. In the arena. */
const char *pace_key(const struct change *change, unsigned step, struct arena *arena);

/* meta with another time in it; times under half a second are not kept. */
const struct value *pace_remember(const struct value *meta, const char *key, int64_t took_ms,
                                  struct arena *arena);

struct pace;

/* For all steps of a plan. prior: the state that the times are in. */
struct pace *pace_new(const struct plan *plan, const struct instances *prior,
                      struct arena *arena);

/* Milliseconds that a step is expected to take, or PACE_UNKNOWN. */
int64_t pace_step(const struct pace *pace, size_t change, unsigned step);

/* A step of this run has taken that long: others of its kind may go by it. */
void pace_learn(struct pace *pace, size_t change, unsigned step, int64_t took_ms);

/* How far a change is. */
struct pace_at {
    bool ended;
    unsigned step;      /* the running or next one; n_steps: reading back */
    int64_t running_ms; /* since it began; 0: it has not */
};

/* Milliseconds until the end: waves one after the other, each as long as its longest change.
 * *ret_whole is false when some step's time is not known and so not counted. */
int64_t pace_left(const struct pace *pace, const struct pace_at *at, bool *ret_whole);

#endif
