/* run_env.c: see run_env.h. */
#include "run_env.h"

#include <time.h>

enum { SLEEP_SLICE_MS = 20 };

static int64_t env_now(void *context UNUSED)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool env_cancelled(void *context)
{
    const struct run_env *env = context;
    return atomic_load(&env->cancelled) ||
           (env->outer_cancel != NULL && atomic_load(env->outer_cancel));
}

static int env_sleep(void *context, int64_t ms)
{
    int64_t until = env_now(context) + ms;
    for (;;) {
        if (env_cancelled(context))
            return -1;
        int64_t left = until - env_now(context);
        if (left <= 0)
            return 0;
        int64_t slice = left < SLEEP_SLICE_MS ? left : SLEEP_SLICE_MS;
        struct timespec pause = {.tv_nsec = (long)slice * 1000000};
        nanosleep(&pause, NULL);
    }
}

static void env_emit(void *context, const struct event *event)
{
    struct run_env *env = context;
    if (env->on_event != NULL)
        env->on_event(env->event_context, event);
}

void run_env_init(struct run_env *env)
{
    *env = (struct run_env){.op = {.context = env,
                                   .now_ms = env_now,
                                   .sleep_ms = env_sleep,
                                   .cancelled = env_cancelled,
                                   .emit = env_emit}};
}
