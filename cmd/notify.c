/* notify.c: see notify.h. */
#include "notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "num.h"

enum { MESSAGE_MAX = 1000 };

/* A path, or '@' and a name in the abstract namespace. */
static socklen_t socket_address(const char *name, struct sockaddr_un *ret)
{
    size_t len = strlen(name);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(ret->sun_path))
        return 0;
    memcpy(ret->sun_path, name, len);
    if (name[0] == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void notify_send(const char *format, ...)
{
    char message[MESSAGE_MAX];
    struct sockaddr_un address;
    const char *name = getenv("NOTIFY_SOCKET");
    socklen_t size = name == NULL ? 0 : socket_address(name, &address);
    if (size == 0)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    close(fd);
}

int64_t notify_watchdog_ms(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
    int64_t us, pid;
    if (period == NULL || num_i64(period, &us) < 0 || us < 2000)
        return 0;
    if (whose != NULL && (num_i64(whose, &pid) < 0 || pid != getpid()))
        return 0;
    return us / 2000;
}
