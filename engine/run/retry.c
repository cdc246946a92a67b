/* retry.c: see retry.h. */
#include "retry.h"

#include "step.h"

int64_t retry_delay(enum err_code code, const struct step *step, unsigned attempt, int64_t unit)
{
    unsigned most = 0;
    bool reboots = (step->effects & EFFECT_HOST_REBOOT) != 0;
    if (code == ERR_BUSY)
        most = 10;
    else if (code == ERR_UNREACHABLE && !reboots)
        most = 4;
    else if (code == ERR_UNCERTAIN && !reboots)
        most = 2;
    if (attempt > most)
        return -1;
    return unit << (attempt < 6 ? attempt - 1 : 5);
}
