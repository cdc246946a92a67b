/* guest_spawn.c: starts sandboxes. bwrap ends with the thread that started it, and the threads
 * of the lab's servers come and go with their connections: so one thread does it for all. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "guest_internal.h"

enum { NOBODY = 65534, TOOLS_FD = 5, ARGUMENTS_MAX = 96, ANSWER_TIMEOUT_S = 30 };

/* What /proc would tell about the machine below. */
static const char *const hidden[] = {
    "/proc/version",    "/proc/cmdline",    "/proc/kallsyms",  "/proc/config.gz",
    "/proc/modules",    "/proc/interrupts", "/proc/diskstats", "/proc/partitions",
    "/proc/timer_list", "/proc/kcore",      "/proc/kmsg",      "/proc/sched_debug",
};

struct arguments {
    const char *items[ARGUMENTS_MAX];
    size_t n;
};

static void add(struct arguments *arguments, const char *const *items, size_t n)
{
    for (size_t i = 0; i < n && arguments->n + 1 < ARGUMENTS_MAX; i++)
        arguments->items[arguments->n++] = items[i];
}

/* The order matters: each mount lies on those before it. */
static void bwrap_arguments(struct arguments *arguments, const char *hostname, const char *disk)
{
    const char *const first[] = {"bwrap",
                                 "--unshare-all",
                                 "--unshare-user",
                                 "--disable-userns",
                                 "--uid",
                                 "0",
                                 "--gid",
                                 "0",
                                 "--die-with-parent",
                                 "--new-session",
                                 "--clearenv",
                                 "--as-pid-1",
                                 "--cap-drop",
                                 "ALL",
                                 "--hostname",
                                 hostname,
                                 "--size",
                                 disk,
                                 "--tmpfs",
                                 "/",
                                 "--dir",
                                 "/.lab",
                                 "--ro-bind",
                                 "/bin/busybox",
                                 "/.lab/busybox",
                                 "--ro-bind",
                                 "/bin/bash-static",
                                 "/.lab/bash",
                                 "--perms",
                                 "0755",
                                 "--file",
                                 "5",
                                 "/.lab/tools",
                                 "--proc",
                                 "/proc",
                                 "--dev",
                                 "/dev",
                                 "--size",
                                 "1048576",
                                 "--tmpfs",
                                 "/dev/shm",
                                 "--remount-ro",
                                 "/dev"};
    static const char *const last[] = {"--chdir", "/", "--", "/.lab/tools"};
    add(arguments, first, ARRAY_LEN(first));
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        const char *const mask[] = {"--ro-bind", "/dev/null", hidden[i]};
        if (access(hidden[i], F_OK) == 0)
            add(arguments, mask, 3);
    }
    add(arguments, last, ARRAY_LEN(last));
    arguments->items[arguments->n] = NULL;
}

/* In the child: only calls that are safe between fork and exec. */
static void become_bwrap(const struct spawn *spawn, int tools, char *const *argv)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int from[] = {null, null, spawn->errors, spawn->socket, spawn->notices, tools};
    int high[ARRAY_LEN(from)];
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        high[i] = fcntl(from[i], F_DUPFD, 32);
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        if (high[i] < 0 || dup2(high[i], (int)i) < 0)
            _exit(126);
    syscall(SYS_close_range, TOOLS_FD + 1, ~0U, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (geteuid() == 0 && (syscall(SYS_setgroups, 0, NULL) < 0 ||
                           syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
                           syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0))
        _exit(126);
    execvp("bwrap", argv);
    dprintf(2, "bwrap: %s\n", strerror(errno));
    _exit(127);
}

static void start_bwrap(struct spawn *spawn)
{
    struct arguments arguments = {.n = 0};
    char disk[32];
    snprintf(disk, sizeof(disk), "%lld", (long long)spawn->disk);
    bwrap_arguments(&arguments, spawn->hostname, disk);
    int tools = open(LAB_GUEST_TOOLS, O_RDONLY | O_CLOEXEC);
    spawn->pid = tools < 0 ? -1 : fork();
    spawn->error = errno;
    if (spawn->pid == 0)
        become_bwrap(spawn, tools, (char *const *)arguments.items);
    if (tools >= 0)
        close(tools);
}

static void *spawner_run(void *context)
{
    struct guests *guests = context;
    pthread_mutex_lock(&guests->lock);
    while (!guests->stopping) {
        if (guests->spawn != NULL && !guests->spawn->done) {
            start_bwrap(guests->spawn);
            guests->spawn->done = true;
            pthread_cond_broadcast(&guests->changed);
        }
        pthread_cond_wait(&guests->changed, &guests->lock);
    }
    pthread_mutex_unlock(&guests->lock);
    return NULL;
}

int spawner_start(struct guests *guests)
{
    pthread_mutex_init(&guests->lock, NULL);
    pthread_cond_init(&guests->changed, NULL);
    return pthread_create(&guests->thread, NULL, spawner_run, guests) == 0 ? 0 : -1;
}

void spawner_stop(struct guests *guests)
{
    pthread_mutex_lock(&guests->lock);
    guests->stopping = true;
    pthread_cond_broadcast(&guests->changed);
    pthread_mutex_unlock(&guests->lock);
    pthread_join(guests->thread, NULL);
    pthread_cond_destroy(&guests->changed);
    pthread_mutex_destroy(&guests->lock);
}

static void ask(struct guests *guests, struct spawn *spawn)
{
    pthread_mutex_lock(&guests->lock);
    guests->spawn = spawn;
    pthread_cond_broadcast(&guests->changed);
    while (!spawn->done)
        pthread_cond_wait(&guests->changed, &guests->lock);
    guests->spawn = NULL;
    pthread_mutex_unlock(&guests->lock);
}

int guest_spawn(struct guests *guests, struct vm *vm, struct guest *guest,
                char reason[REASON_MAX])
{
    static const struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
    int sockets[2] = {-1, -1}, notices[2] = {-1, -1}, errors[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
        pipe2(notices, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0) {
        snprintf(reason, REASON_MAX, "%s", strerror(errno));
        for (size_t i = 0; i < 2; i++) {
            close(sockets[i]);
            close(notices[i]);
        }
        return -1;
    }
    struct spawn spawn = {.socket = sockets[1],
                          .notices = notices[1],
                          .errors = errors[1],
                          .hostname = vm->name,
                          .disk = vm->guest_disk};
    ask(guests, &spawn);
    close(sockets[1]);
    close(notices[1]);
    close(errors[1]);
    setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(sockets[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    fcntl(notices[0], F_SETFL, O_NONBLOCK);
    guest->socket = sockets[0];
    guest->notices = notices[0];
    guest->errors = errors[0];
    guest->pid = spawn.pid;
    if (spawn.pid > 0)
        return 0;
    snprintf(reason, REASON_MAX, "%s: %s", LAB_GUEST_TOOLS, strerror(spawn.error));
    return -1;
}
