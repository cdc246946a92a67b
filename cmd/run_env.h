/* run_env.h: time, sleep, cancellation and events for providers (struct op_env of provider.h).
 */
#ifndef GF_RUN_ENV_H
#define GF_RUN_ENV_H

#include <stdatomic.h>
#include <stdbool.h>

#include "provider.h"

/* One for a run: what providers may know of the world (struct op_env), and how to stop them. */
struct run_env {
    struct op_env op;
    atomic_bool cancelled;
    const atomic_bool *outer_cancel; /* means the same; or NULL */
    /* Called from worker threads with each event, or NULL. */
    void (*on_event)(void *context, const struct event *event);
    void *event_context;
};

void run_env_init(struct run_env *env);

#endif
