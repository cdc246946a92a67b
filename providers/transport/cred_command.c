/* cred_command.c: the command that prints a secret (cred.h). */
#include "cred_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_MS 50

extern char **environ;

/* stdin and stderr are closed to it: nobody is there to answer, and what it complains about
 * may hold what must not be seen. It leads a process group, to be ended with all its children.
 */
static int spawn(const char *const *argv, int out, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    int rc = posix_spawnp(ret_pid, argv[0], &actions, &attr, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int check_time(int64_t deadline_ms, const struct cancel *cancel, struct err *err)
{
    if (cancel != NULL && cancel_requested(cancel))
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (net_now_ms() >= deadline_ms)
        return err_set(err, ERR_TIMEOUT, "did not finish in %d s",
                       CRED_COMMAND_TIMEOUT_MS / 1000);
    return 0;
}

static int collect(int fd, int64_t deadline_ms, const struct cancel *cancel,
                   struct cred_buffer *buffer, struct err *err)
{
    for (;;) {
        if (check_time(deadline_ms, cancel, err) < 0)
            return -1;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, SLICE_MS) <= 0)
            continue;
        size_t room = CRED_MAX_SIZE + 1 - buffer->size;
        ssize_t n = read(fd, buffer->data + buffer->size, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_INVALID, "its output cannot be read: %s", strerror(errno));
        buffer->size += (size_t)n;
        if (n == 0 || (size_t)n == room)
            return 0;
    }
}

static int await_exit(pid_t pid, int64_t deadline_ms, const struct cancel *cancel,
                      int *ret_status, struct err *err)
{
    for (;;) {
        pid_t done = waitpid(pid, ret_status, WNOHANG);
        if (done == pid)
            return 0;
        if (done < 0 && errno != EINTR)
            return err_set(err, ERR_INTERNAL, "waitpid: %s", strerror(errno));
        if (check_time(deadline_ms, cancel, err) < 0)
            return -1;
        poll(NULL, 0, 5);
    }
}

static int judge(int status, struct err *err)
{
    if (WIFSIGNALED(status))
        return err_set(err, ERR_INVALID, "ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_INVALID, "exit status %d; run it by hand to see why",
                       WEXITSTATUS(status));
    return 0;
}

int cred_run(const char *const *argv, const struct cancel *cancel, struct cred_buffer *buffer,
             struct err *err)
{
    int pipe_fds[2], status = 0;
    pid_t pid = -1;
    int64_t deadline_ms = net_now_ms() + CRED_COMMAND_TIMEOUT_MS;
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return err_set(err, ERR_INTERNAL, "pipe: %s", strerror(errno));
    int rc = spawn(argv, pipe_fds[1], &pid);
    close(pipe_fds[1]);
    if (rc != 0) {
        close(pipe_fds[0]);
        return err_set(err, rc == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "cannot be started: %s",
                       strerror(rc));
    }
    rc = collect(pipe_fds[0], deadline_ms, cancel, buffer, err);
    close(pipe_fds[0]);
    if (rc == 0 && buffer->size <= CRED_MAX_SIZE &&
        (rc = await_exit(pid, deadline_ms, cancel, &status, err)) == 0)
        return judge(status, err);
    kill(-pid, SIGKILL); /* late, cancelled, or printing without end */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return rc;
}
