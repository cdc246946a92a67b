/* test_watch.c: the loop around a repeated check, each in a process of its own: signals, a
 * check that hangs, what the service manager is told. */
#include "../harness/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "compiler.h"
#include "notify.h"
#include "watch.h"

enum { LIMIT_MS = 20000, HOUR = 3600000 };

/* How a check of the child behaves. */
enum behaviour {
    QUICK,    /* good at once */
    POLITE,   /* until it is asked to stop */
    STUBBORN, /* never stops */
    FAILS,
    OUTPUT_GONE,
};

struct child {
    pid_t pid;
    int out, err; /* a byte per check that starts; standard error */
    int manager;  /* socket of the service manager */
    char dir[64];
};

struct service {
    enum behaviour behaviour;
    int out;
};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static enum watch_result check(void *context, const struct watch_turn *turn)
{
    const struct service *service = context;
    if (write(service->out, "c", 1) != 1)
        abort();
    while (service->behaviour == STUBBORN ||
           (service->behaviour == POLITE && !atomic_load(&turn->cancel)))
        nap();
    if (service->behaviour == POLITE &&
        write(service->out, atomic_load(&turn->timed_out) ? "t" : "s", 1) != 1)
        abort();
    if (service->behaviour == OUTPUT_GONE)
        return WATCH_OVER;
    return service->behaviour == QUICK ? WATCH_GOOD : WATCH_BAD;
}

static void start(struct child *child, enum behaviour behaviour,
                  const struct schedule_options *schedule)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int out[2], err[2];
    snprintf(child->dir, sizeof(child->dir), "/tmp/gf-watch-XXXXXX");
    assert_non_null(mkdtemp(child->dir));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", child->dir);
    child->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(child->manager, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(pipe(out) == 0 && pipe(err) == 0);
    child->pid = fork();
    if (child->pid == 0) {
        struct service service = {behaviour, out[1]};
        const struct watch watch = {*schedule, check, &service};
        dup2(err[1], STDERR_FILENO);
        setenv("NOTIFY_SOCKET", address.sun_path, 1);
        setenv("WATCHDOG_USEC", "100000", 1);
        unsetenv("WATCHDOG_PID");
        _exit(watch_run(&watch));
    }
    close(out[1]);
    close(err[1]);
    child->out = out[0];
    child->err = err[0];
}

/* Until a byte of the check arrives. */
static void await(const struct child *child, char what)
{
    struct pollfd fd = {.fd = child->out, .events = POLLIN};
    char c = '\0';
    if (poll(&fd, 1, LIMIT_MS) != 1 || read(child->out, &c, 1) != 1 || c != what)
        fail_msg("no '%c', but '%c'", what, c);
}

/* Until the manager is told something that begins so. */
static void await_message(const struct child *child, const char *begins)
{
    for (;;) {
        char message[500];
        struct pollfd fd = {.fd = child->manager, .events = POLLIN};
        if (poll(&fd, 1, LIMIT_MS) != 1)
            fail_msg("the manager is not told %s", begins);
        ssize_t n = recv(child->manager, message, sizeof(message) - 1, 0);
        assert_true(n > 0);
        message[n] = '\0';
        if (strncmp(message, begins, strlen(begins)) == 0)
            return;
    }
}

static void stop(const struct child *child, int code, const char *says)
{
    int status;
    char text[2000], path[100];
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    ssize_t n = read(child->err, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        fail_msg("status %x, not exit %d: %s", (unsigned)status, code, text);
    if (says == NULL ? text[0] != '\0' : strstr(text, says) == NULL)
        fail_msg("says \"%s\"", text);
    close(child->out);
    close(child->err);
    close(child->manager);
    snprintf(path, sizeof(path), "%s/notify", child->dir);
    unlink(path);
    rmdir(child->dir);
}

static const struct schedule_options slow = {
    .interval_ms = HOUR, .timeout_ms = HOUR, .grace_ms = HOUR, .seed = 1};

static void a_signal_ends_it_between_checks(void **state UNUSED)
{
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct child child;
        start(&child, QUICK, &slow);
        await_message(&child, "READY=1\nSTATUS=");
        await(&child, 'c');
        kill(child.pid, signals[i]);
        await_message(&child, "STOPPING=1");
        stop(&child, EXIT_OK, NULL);
    }
}

static void a_check_that_runs_is_asked_to_stop(void **state UNUSED)
{
    struct child child;
    start(&child, POLITE, &slow);
    await(&child, 'c');
    kill(child.pid, SIGTERM);
    await(&child, 's');
    stop(&child, EXIT_OK, NULL);
}

static void hangup_means_now(void **state UNUSED)
{
    struct child child;
    start(&child, QUICK, &slow);
    for (int i = 0; i < 50; i++) {
        await(&child, 'c');
        kill(child.pid, SIGHUP);
    }
    await(&child, 'c');
    kill(child.pid, SIGTERM);
    stop(&child, EXIT_OK, NULL);
}

static void it_repeats_and_goes_on_after_failures(void **state UNUSED)
{
    const struct schedule_options fast = {
        .interval_ms = 10, .timeout_ms = HOUR, .grace_ms = HOUR, .seed = 1};
    static const enum behaviour all[] = {QUICK, FAILS};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct child child;
        start(&child, all[i], &fast);
        for (int n = 0; n < 6; n++)
            await(&child, 'c');
        kill(child.pid, SIGTERM);
        stop(&child, EXIT_OK, NULL);
    }
}

static void the_watchdog_is_fed_while_a_check_runs(void **state UNUSED)
{
    struct child child;
    start(&child, POLITE, &slow);
    await(&child, 'c');
    for (int i = 0; i < 3; i++)
        await_message(&child, "WATCHDOG=1");
    kill(child.pid, SIGTERM);
    await(&child, 's');
    stop(&child, EXIT_OK, NULL);
}

static void a_slow_check_is_cut_off(void **state UNUSED)
{
    const struct schedule_options short_time = {
        .interval_ms = 20, .timeout_ms = 20, .grace_ms = HOUR, .seed = 1};
    struct child child;
    start(&child, POLITE, &short_time);
    for (int i = 0; i < 2; i++) {
        await(&child, 'c');
        await(&child, 't');
    }
    await(&child, 'c'); /* and the next one comes */
    kill(child.pid, SIGTERM);
    await(&child, 's');
    stop(&child, EXIT_OK, "takes longer than 0 s and is cut off");
}

static void a_check_that_hangs_ends_the_process(void **state UNUSED)
{
    const struct schedule_options short_time = {
        .interval_ms = HOUR, .timeout_ms = 20, .grace_ms = 20, .seed = 1};
    struct child child;
    start(&child, STUBBORN, &short_time);
    await_message(&child, "STATUS=A check hangs");
    stop(&child, EXIT_PROVIDER, "the check does not stop");
}

static void a_second_signal_does_not_wait(void **state UNUSED)
{
    struct child child;
    start(&child, STUBBORN, &slow);
    await(&child, 'c');
    kill(child.pid, SIGTERM);
    await_message(&child, "STOPPING=1");
    kill(child.pid, SIGTERM);
    stop(&child, EXIT_PROVIDER, "the check does not stop");
}

static void without_output_there_is_no_point(void **state UNUSED)
{
    struct child child;
    start(&child, OUTPUT_GONE, &slow);
    stop(&child, EXIT_USAGE, NULL);
}

/* Abstract names, and nonsense in the environment. */
static void notify_takes_what_it_gets(void **state UNUSED)
{
    static const char *const nonsense[] = {"", "/", "@", "relative", "/nobody/listens/here"};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[60], message[100];
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        setenv("NOTIFY_SOCKET", nonsense[i], 1);
        notify_send("READY=1");
    }
    snprintf(name, sizeof(name), "@gf-watch-%ld", (long)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    notify_send("STATUS=%d of %s", 3, "all");
    ssize_t n = recv(fd, message, sizeof(message), MSG_DONTWAIT);
    assert_int_equal(n, strlen("STATUS=3 of all"));
    assert_memory_equal(message, "STATUS=3 of all", n);
    close(fd);
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
}

static void the_watchdog_is_ours_or_nobodys(void **state UNUSED)
{
    char pid[30];
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_ends_it_between_checks),
        cmocka_unit_test(a_check_that_runs_is_asked_to_stop),
        cmocka_unit_test(hangup_means_now),
        cmocka_unit_test(it_repeats_and_goes_on_after_failures),
        cmocka_unit_test(the_watchdog_is_fed_while_a_check_runs),
        cmocka_unit_test(a_slow_check_is_cut_off),
        cmocka_unit_test(a_check_that_hangs_ends_the_process),
        cmocka_unit_test(a_second_signal_does_not_wait),
        cmocka_unit_test(without_output_there_is_no_point),
        cmocka_unit_test(notify_takes_what_it_gets),
        cmocka_unit_test(the_watchdog_is_ours_or_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
