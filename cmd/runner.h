/* runner.h: carries out a plan: worker threads, journal, signals. */
#ifndef GF_RUNNER_H
#define GF_RUNNER_H

#include "app.h"
#include "plan.h"

struct progress;
struct walk;

/* Perform the plan with the state locked and in app->state. Intents and results are durable
 * before and after each call; the state is written at the end. Returns an exit code; *ret_walk
 * tells how each change ended. The first interrupt lets running steps finish, the second
 * stops them. */
int runner_apply(struct app *app, const struct plan *plan, struct progress *progress,
                 struct walk **ret_walk);

/* The exit code that the ends of all changes mean (not storage, not locks). */
enum exit_code runner_exit_code(const struct plan *plan, const struct walk *walk,
                                bool interrupted);

#endif
