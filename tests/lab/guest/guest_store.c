/* guest_store.c: roots of guests that are off: DIR/guests/MOREF.tar, archives that only guests
 * ever unpack. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_internal.h"

enum { PATH_SIZE = 1024 };

static void path_of(const struct guests *guests, const char *moref, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/guests/%s.tar", guests->dir, moref);
}

static char *read_fd(int fd, size_t *ret_size)
{
    size_t size = 0, capacity = 65536;
    char *data = malloc(capacity);
    ssize_t n = 0;
    while (data != NULL && (n = read(fd, data + size, capacity - size)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || size + (size_t)n > WIRE_DATA_MAX)
            break;
        size += (size_t)n;
        if (size == capacity)
            data = realloc(data, capacity *= 2);
    }
    if (data == NULL)
        abort();
    if (n == 0) {
        *ret_size = size;
        return data;
    }
    free(data);
    return NULL;
}

char *store_read(struct guests *guests, const char *moref, size_t *ret_size)
{
    char path[PATH_SIZE];
    path_of(guests, moref, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data = fd < 0 ? NULL : read_fd(fd, ret_size);
    if (fd >= 0)
        close(fd);
    return data;
}

/* Beside its place and renamed: a guest has its old root or its new one. */
void store_write(struct guests *guests, const char *moref, const char *data, size_t size)
{
    char path[PATH_SIZE], beside[PATH_SIZE + 8];
    size_t done = 0;
    path_of(guests, moref, path);
    snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (fd >= 0 && done < size) {
        ssize_t n = write(fd, data + done, size - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    if (fd < 0 || done < size || rename(beside, path) < 0)
        fprintf(stderr, "gridform-lab: %s: %s\n", path, strerror(errno));
}

void store_copy(struct guests *guests, const char *from, const char *to)
{
    size_t size = 0;
    char *data = store_read(guests, from, &size);
    if (data != NULL)
        store_write(guests, to, data, size);
    free(data);
}

void store_remove(struct guests *guests, const char *moref)
{
    char path[PATH_SIZE];
    path_of(guests, moref, path);
    unlink(path);
}

char *archive_of(const char *directory, size_t *ret_size)
{
    int out[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execl("/bin/busybox", "tar", "-c", "-f", "-", "-C", directory, ".", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    char *data = pid < 0 ? NULL : read_fd(out[0], ret_size);
    close(out[0]);
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (data != NULL && status == 0)
        return data;
    free(data);
    return NULL;
}
