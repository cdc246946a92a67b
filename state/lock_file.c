/* lock_file.c: see lock_file.h. */
#include "lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "state_json.h"
#include "storage.h"
#include "store.h"
#include "strbuf.h"
#include "value.h"
#include "value_json.h"

/* A reader that asks who holds the lock takes it for an instant, hence the least wait. */
enum { NOTE_MAX = 8192, LEAST_WAIT_MS = 50, POLL_MS = 10, POLL_MAX_MS = 200 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

static void copy_text(const struct value *note, const char *key, char *to, size_t size)
{
    const char *text = value_get_text(note, key);
    snprintf(to, size, "%s", text == NULL ? "" : text);
}

/* Whatever the note says; an unfinished one says nothing. */
static void read_note(const char *text, size_t size, struct lock_info *ret)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const struct value *note = NULL;
    *ret = (struct lock_info){0};
    if (value_from_json(text, size, scratch, &note, NULL) < 0)
        return;
    copy_text(note, "id", ret->id, sizeof(ret->id));
    copy_text(note, "who", ret->who, sizeof(ret->who));
    copy_text(note, "operation", ret->operation, sizeof(ret->operation));
    copy_text(note, "job_url", ret->job_url, sizeof(ret->job_url));
    ret->pid = (long)value_get_int(note, "pid", 0);
    ret->since_ms = value_get_int(note, "since", 0);
}

static int write_note(int fd, const char *path, const struct lock_info *mine, struct err *err)
{
    struct strbuf note CLEANUP(strbuf_release);
    strbuf_init(&note, NOTE_MAX);
    strbuf_add_char(&note, '{');
    json_member_text("id", mine->id, &note);
    json_member_text("who", mine->who, &note);
    json_member_text("operation", mine->operation, &note);
    json_member_text("job_url", mine->job_url, &note);
    json_member_int("pid", mine->pid, &note);
    json_member_int("since", mine->since_ms, &note);
    strbuf_add(&note, "}\n");
    if (ftruncate(fd, 0) < 0)
        return storage_fail(err, path, "empty it", errno);
    return storage_write(fd, path, &note, 0, err);
}

static int refuse(const char *path, const struct lock_info *holder, struct err *err)
{
    if (holder->who[0] == '\0')
        return err_set(err, ERR_LOCKED, "%s: locked by another process", path);
    char since[32] = "?";
    time_t seconds = (time_t)(holder->since_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return err_set(err, ERR_LOCKED, "%s: locked by %s (%s, process %ld) since %s%s%s", path,
                   holder->who, holder->operation, holder->pid, since,
                   holder->job_url[0] == '\0' ? "" : ", ", holder->job_url);
}

/* One attempt: 1 taken, 0 held by somebody else, -1. A file that was removed or replaced
 * between opening and locking counts as an attempt that failed. */
static int try_lock(const char *path, int *ret_fd, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return storage_fail(err, path, "open the lock", errno);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && storage_is_same(fd, path)) {
        *ret_fd = fd;
        return 1;
    }
    int error = errno;
    bool is_held = !storage_is_same(fd, path) || error == EWOULDBLOCK || error == EINTR;
    close(fd);
    return is_held ? 0 : storage_fail(err, path, "lock it", error);
}

static void read_holder(const char *path, struct lock_info *ret_holder)
{
    struct strbuf note CLEANUP(strbuf_release);
    strbuf_init(&note, NOTE_MAX);
    *ret_holder = (struct lock_info){0};
    if (storage_read(path, &note, NULL) > 0)
        read_note(strbuf_str(&note), strbuf_len(&note), ret_holder);
}

int lock_file_take(const char *path, const struct lock_info *mine, int64_t wait_ms,
                   struct lock_info *ret_holder, struct err *err)
{
    int64_t until = now_ms() + (wait_ms > LEAST_WAIT_MS ? wait_ms : LEAST_WAIT_MS);
    int fd = -1;
    for (int64_t poll = POLL_MS;; poll = poll < POLL_MAX_MS ? poll * 2 : POLL_MAX_MS) {
        int taken = try_lock(path, &fd, err);
        if (taken < 0)
            return -1;
        if (taken > 0)
            break;
        int64_t left = until - now_ms();
        if (left <= 0) {
            read_holder(path, ret_holder);
            return refuse(path, ret_holder, err);
        }
        pause_ms(left < poll ? left : poll);
    }
    if (write_note(fd, path, mine, err) < 0) {
        lock_file_release(fd);
        return -1;
    }
    return fd;
}

/* The note goes first: who reads it meanwhile sees the lock as free, which it is about to be.
 * If it cannot be emptied, readers find out from the lock itself. */
void lock_file_release(int fd)
{
    if (ftruncate(fd, 0) < 0)
        flock(fd, LOCK_UN);
    close(fd);
}

int lock_file_holder(const char *path, struct lock_info *ret_holder, struct err *err)
{
    struct strbuf note CLEANUP(strbuf_release);
    strbuf_init(&note, NOTE_MAX);
    int fd;
    int found = storage_open(path, &fd, err);
    if (found <= 0)
        return found;
    /* An empty note: free. A note whose writer died: the lock can be had. A note that makes no
     * sense: the lock decides, and the holder is not known. */
    int result = 0;
    if ((storage_slurp(fd, path, &note, err) < 0 || strbuf_len(&note) > 0) &&
        flock(fd, LOCK_SH | LOCK_NB) < 0) {
        read_note(strbuf_str(&note), strbuf_len(&note), ret_holder);
        result = 1;
    }
    close(fd);
    return result;
}
