/* replace_file.c: see replace_file.h. */
#include "replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

static int write_all(int fd, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = write(fd, text + at, size - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += (size_t)n;
    }
    return 0;
}

/* Like the file that it will replace. Only root may give files away: for others the content
 * counts more than whose it is. */
static int dress(int fd, const struct stat *like)
{
    if (fchown(fd, like->st_uid, like->st_gid) < 0 && errno != EPERM)
        return -1;
    return fchmod(fd, like->st_mode & 07777);
}

/* The new name is on the disk, too. What cannot be synchronised was renamed all the same. */
static void sync_directory(char *path)
{
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static int swap(char *path, const struct stat *like, const char *text, size_t size)
{
    char temporary[PATH_MAX + 8];
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool good = write_all(fd, text, size) == 0 && dress(fd, like) == 0 && fsync(fd) == 0;
    int error = errno;
    good = close(fd) == 0 && good;
    if (good && rename(temporary, path) == 0) {
        sync_directory(path);
        return 0;
    }
    error = good ? errno : error;
    unlink(temporary);
    errno = error;
    return -1;
}

int replace_file(const char *path, const char *text, size_t size, struct err *err)
{
    char real[PATH_MAX];
    struct stat like;
    /* A file that nobody may write is not replaced behind its back. */
    if (realpath(path, real) == NULL || stat(real, &like) < 0 ||
        faccessat(AT_FDCWD, real, W_OK, AT_EACCESS) < 0 || swap(real, &like, text, size) < 0)
        return err_set(err, ERR_STORAGE, "%s: cannot be written: %s", path, strerror(errno));
    return 0;
}
