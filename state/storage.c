/* storage.c: see storage.h. */
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "strbuf.h"

enum { READ_CHUNK = 1 << 16 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static const char *way_out(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "free some space there and run again";
    case EFBIG:
        return "raise the limit of file sizes (ulimit -f) and run again";
    case EACCES:
    case EPERM:
        return "check the owner and the permissions of the file and its directory";
    case EROFS:
        return "the file system is mounted read-only";
    case EIO:
        return "the disk or the network file system fails: copy the state to safety first";
    case ELOOP:
        return "it is a symbolic link where a file was expected";
    case ENOENT:
        return "the directory does not exist";
    default:
        return "what was there before is intact";
    }
}

int storage_fail(struct err *err, const char *path, const char *what, int error)
{
    return err_set(err, ERR_STORAGE, "%s: cannot %s: %s; %s", path, what, strerror(error),
                   way_out(error));
}

int storage_open(const char *path, int *ret_fd, struct err *err)
{
    /* O_NONBLOCK: a FIFO must not hang us before we have seen what it is. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return storage_fail(err, path, "open it", errno);
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(err, ERR_INVALID, "%s: is not a regular file", path);
    }
    *ret_fd = fd;
    return 1;
}

int storage_slurp(int fd, const char *path, struct strbuf *out, struct err *err)
{
    char chunk[READ_CHUNK];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return storage_fail(err, path, "read it", errno);
        if (n == 0)
            return 0;
        strbuf_add_mem(out, chunk, (size_t)n);
        if (strbuf_overflowed(out))
            return err_set(err, ERR_INVALID, "%s: larger than %zu bytes", path, out->max);
    }
}

int storage_read(const char *path, struct strbuf *out, struct err *err)
{
    int fd CLEANUP(close_fd) = -1;
    int found = storage_open(path, &fd, err);
    if (found <= 0)
        return found;
    return storage_slurp(fd, path, out, err) < 0 ? -1 : 1;
}

int storage_write(int fd, const char *path, const struct strbuf *data, off_t offset,
                  struct err *err)
{
    const char *at = strbuf_str(data);
    size_t left = strbuf_len(data);
    while (left > 0) {
        ssize_t n = pwrite(fd, at, left, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return storage_fail(err, path, "write to it", errno);
        at += n;
        left -= (size_t)n;
        offset += n;
    }
    return 0;
}

int storage_create(const char *path, const struct strbuf *data, struct err *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return storage_fail(err, path, "remove the old one", errno);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return storage_fail(err, path, "create it", errno);
    int result = storage_write(fd, path, data, 0, err);
    if (result == 0 && fsync(fd) < 0)
        result = storage_fail(err, path, "write it to the disk", errno);
    if (close(fd) < 0 && result == 0)
        result = storage_fail(err, path, "close it", errno);
    if (result < 0)
        unlink(path);
    return result;
}

int storage_sync_dir(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char directory[4096];
    int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    snprintf(directory, sizeof(directory), "%.*s", length, slash == NULL ? "." : path);
    int fd CLEANUP(close_fd) = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return storage_fail(err, directory, "open it", errno);
    /* Some file systems keep no directories to be synchronised. */
    if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP)
        return storage_fail(err, directory, "write it to the disk", errno);
    return 0;
}

/* A pipe, a terminal, /dev/null: nothing that could be replaced. */
static bool is_device(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_all(int fd, const struct strbuf *data)
{
    const char *at = strbuf_str(data);
    for (size_t left = strbuf_len(data); left > 0;) {
        ssize_t n = write(fd, at, left);
        if (n < 0 && errno != EINTR)
            return -1;
        at += n < 0 ? 0 : n;
        left -= n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

static int write_through(const char *path, const struct strbuf *data, struct err *err)
{
    int fd CLEANUP(close_fd) = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return storage_fail(err, path, "open it", errno);
    return write_all(fd, data) < 0 ? storage_fail(err, path, "write to it", errno) : 0;
}

int storage_replace(const char *path, const struct strbuf *data, struct err *err)
{
    char temporary[PATH_MAX];
    if (is_device(path))
        return write_through(path, data, err);
    if (snprintf(temporary, sizeof(temporary), "%s.tmp%ld", path, (long)getpid()) >=
        (int)sizeof(temporary))
        return storage_fail(err, path, "write it", ENAMETOOLONG);
    if (storage_create(temporary, data, err) < 0)
        return -1;
    if (rename(temporary, path) < 0) {
        int error = errno;
        unlink(temporary);
        return storage_fail(err, path, "put it in place", error);
    }
    return storage_sync_dir(path, err);
}

bool storage_is_same(int fd, const char *path)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}
