/* interrupt.c: see interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

/* A handler is given nothing but the number. */
static atomic_bool interrupted;

static void on_signal(int number UNUSED)
{
    atomic_store(&interrupted, true);
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

const atomic_bool *interrupt_catch(enum interrupt_again again)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    /* Where there may be a question, calls are not restarted: one that waits ends, too. */
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags =
                                   again == INTERRUPT_ENDS ? SA_RESTART | SA_RESETHAND : 0};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (signals[i] != SIGHUP || !is_ignored(SIGHUP))
            sigaction(signals[i], &action, NULL);
    return &interrupted;
}
