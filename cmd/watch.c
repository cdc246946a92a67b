/* watch.c: see watch.h.
 *
 * All that happens arrives as one byte on a pipe: signals write there, and so does a check that
 * has ended.
 */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "compiler.h"
#include "notify.h"

enum { HAPPENED_STOP = 'T', HAPPENED_HURRY = 'H', HAPPENED_DONE = 'D' };

/* A signal handler knows nothing else. */
static atomic_int pipe_to_loop = -1;

struct loop {
    const struct watch *watch;
    struct schedule schedule;
    struct watch_turn turn;
    pthread_t thread;
    enum watch_result result; /* of the check that has ended */
    int pipe[2];
    int64_t watchdog_ms;
    bool over, twice; /* twice: asked to stop a second time */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pipe that is full holds enough of the same news. */
static void tell_loop(char what)
{
    int error = errno;
    ssize_t written = write(atomic_load(&pipe_to_loop), &what, 1);
    (void)written;
    errno = error;
}

static void on_signal(int number)
{
    tell_loop(number == SIGHUP ? HAPPENED_HURRY : HAPPENED_STOP);
}

static int start_listening(struct loop *loop)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    if (pipe2(loop->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return app_fail(EXIT_USAGE, "no pipe: %s", strerror(errno));
    atomic_store(&pipe_to_loop, loop->pipe[1]);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    return EXIT_OK;
}

static void stop_listening(struct loop *loop)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    atomic_store(&pipe_to_loop, -1);
    close(loop->pipe[0]);
    close(loop->pipe[1]);
}

static void *run_check(void *context)
{
    struct loop *loop = context;
    loop->result = loop->watch->check(loop->watch->context, &loop->turn);
    /* Unlike a signal this must not get lost. */
    char what = HAPPENED_DONE;
    while (write(loop->pipe[1], &what, 1) < 0 && (errno == EAGAIN || errno == EINTR))
        poll(NULL, 0, 10);
    return NULL;
}

static void start_check(struct loop *loop)
{
    atomic_store(&loop->turn.cancel, false);
    atomic_store(&loop->turn.timed_out, false);
    int error = pthread_create(&loop->thread, NULL, run_check, loop);
    if (error == 0)
        return;
    fprintf(stderr, "gridform: no thread for the check: %s\n", strerror(error));
    schedule_done(&loop->schedule, now_ms(), false);
}

static void end_check(struct loop *loop)
{
    pthread_join(loop->thread, NULL);
    schedule_done(&loop->schedule, now_ms(), loop->result == WATCH_GOOD);
    if (loop->result == WATCH_OVER) {
        loop->over = true;
        schedule_stop(&loop->schedule);
    }
}

static void cancel_check(struct loop *loop)
{
    if (loop->schedule.timed_out)
        fprintf(stderr, "gridform: the check takes longer than %lld s and is cut off\n",
                (long long)(loop->schedule.options.timeout_ms / 1000));
    atomic_store(&loop->turn.timed_out, loop->schedule.timed_out);
    atomic_store(&loop->turn.cancel, true);
}

static void stop(struct loop *loop)
{
    loop->twice = loop->schedule.ending;
    schedule_stop(&loop->schedule);
    notify_send("STOPPING=1\nSTATUS=Stopping");
}

static void read_news(struct loop *loop)
{
    char news[64];
    ssize_t n = read(loop->pipe[0], news, sizeof(news));
    for (ssize_t i = 0; i < n; i++) {
        if (news[i] == HAPPENED_DONE)
            end_check(loop);
        else if (news[i] == HAPPENED_HURRY)
            schedule_hurry(&loop->schedule);
        else
            stop(loop);
    }
}

static void wait_for_news(struct loop *loop, int64_t ms)
{
    struct pollfd fd = {.fd = loop->pipe[0], .events = POLLIN};
    if (loop->watchdog_ms > 0) {
        notify_send("WATCHDOG=1");
        ms = ms < loop->watchdog_ms ? ms : loop->watchdog_ms;
    }
    if (poll(&fd, 1, ms < 3600000 ? (int)ms : 3600000) > 0)
        read_news(loop);
}

/* Its thread uses what a return would free, and cannot be stopped: the process ends here. */
static _Noreturn void abandon(const struct loop *loop)
{
    fprintf(stderr,
            "gridform: the check does not stop (asked %lld s ago): ending without it; the "
            "service manager may start anew\n",
            (long long)((now_ms() - loop->schedule.cancelled) / 1000));
    notify_send("STATUS=A check hangs and does not stop");
    _exit(EXIT_PROVIDER);
}

static int run_loop(struct loop *loop)
{
    for (;;) {
        int64_t wait = 0;
        switch (schedule_next(&loop->schedule, now_ms(), &wait)) {
        case SCHEDULE_WAIT:
            wait_for_news(loop, wait);
            if (loop->twice && loop->schedule.phase != SCHEDULE_IDLE)
                abandon(loop);
            break;
        case SCHEDULE_START:
            start_check(loop);
            break;
        case SCHEDULE_CANCEL:
            cancel_check(loop);
            break;
        case SCHEDULE_ABANDON:
        case SCHEDULE_ACTION_COUNT:
            abandon(loop);
        case SCHEDULE_END:
            return loop->over ? EXIT_USAGE : EXIT_OK;
        }
    }
}

int watch_run(const struct watch *watch)
{
    struct loop loop = {.watch = watch, .watchdog_ms = notify_watchdog_ms()};
    int code = start_listening(&loop);
    if (code != EXIT_OK)
        return code;
    schedule_init(&loop.schedule, &watch->schedule, now_ms());
    notify_send("READY=1\nSTATUS=The first check runs");
    code = run_loop(&loop);
    stop_listening(&loop);
    return code;
}
