/* interrupt.c: see interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "sessions.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

/* Of the one run of this process: a handler is given nothing but the number. */
static struct run_env *_Atomic cancelled;
static struct sigaction former[ARRAY_LEN(signals)];

static void on_signal(int number UNUSED)
{
    struct run_env *env = cancelled;
    if (env != NULL)
        atomic_store(&env->cancelled, true);
}

void interrupt_cancels(struct run_env *env)
{
    /* No restart of calls: a question that waits for an answer ends, too. */
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (cancelled != NULL)
        return;
    cancelled = env;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &action, &former[i]);
}

void interrupt_restore(void)
{
    if (cancelled == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &former[i], NULL);
    cancelled = NULL;
}

/* ---- a flag ---------------------------------------------------------------------------------
 */

static atomic_bool interrupted;

static void on_first_signal(int number UNUSED)
{
    atomic_store(&interrupted, true);
}

const atomic_bool *interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_first_signal,
                               .sa_flags = SA_RESTART | SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &interrupted;
}
