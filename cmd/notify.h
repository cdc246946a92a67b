/* notify.h: what the service manager is told (sd_notify(3), without libsystemd). Without
 * NOTIFY_SOCKET in the environment nothing happens. */
#ifndef GF_NOTIFY_H
#define GF_NOTIFY_H

#include <stdint.h>

#include "compiler.h"

/* One message of NAME=VALUE lines: "READY=1\nSTATUS=…". What cannot be sent is lost. */
void notify_send(const char *format, ...) PRINTF_LIKE(1, 2);

/* How often WATCHDOG=1 is due, in milliseconds: half of what the manager waits. 0: never. */
int64_t notify_watchdog_ms(void);

#endif
