/* tools_files.c: files of the guest as its own file system shows them: links end where the
 * guest says, a full disk is full. */
#include "tools.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MAX = 4096 };

/* ---- what a file is ------------------------------------------------------------------- */

static int describe(const char *path, struct answer *answer)
{
    struct stat info;
    char number[32], target[1024] = "";
    if (lstat(path, &info) < 0)
        return errno;
    bytes_text(&answer->text, S_ISDIR(info.st_mode)   ? "directory"
                              : S_ISLNK(info.st_mode) ? "symlink"
                                                      : "file");
    snprintf(number, sizeof(number), "%o", (unsigned)info.st_mode & 07777);
    bytes_text(&answer->text, number);
    snprintf(number, sizeof(number), "%lld", (long long)info.st_size);
    bytes_text(&answer->text, number);
    snprintf(number, sizeof(number), "%lld", (long long)info.st_mtime);
    bytes_text(&answer->text, number);
    bytes_text(&answer->text, path);
    if (S_ISLNK(info.st_mode) && readlink(path, target, sizeof(target) - 1) < 0)
        *target = '\0';
    bytes_text(&answer->text, target);
    return 0;
}

int file_stat(const struct request *request, struct answer *answer)
{
    return describe(request_string(request, 0), answer);
}

int file_list(const struct request *request, struct answer *answer)
{
    const char *path = request_string(request, 0);
    struct stat info;
    struct dirent **entries = NULL;
    if (stat(path, &info) < 0)
        return errno;
    if (!S_ISDIR(info.st_mode))
        return describe(path, answer);
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0)
        return errno;
    for (int i = 0; i < n; i++) {
        char *full = NULL;
        if (i < ENTRIES_MAX && asprintf(&full, "%s/%s", strcmp(path, "/") == 0 ? "" : path,
                                        entries[i]->d_name) > 0)
            describe(full, answer);
        free(full);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

/* ---- content -------------------------------------------------------------------------- */

/* Opening must not wait for the other end of a pipe that a program put there. */
static int open_regular(const char *path, int flags, mode_t mode, int *ret_fd)
{
    struct stat info;
    int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode);
    if (fd < 0)
        return errno;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        *ret_fd = fd;
        return 0;
    }
    close(fd);
    return S_ISDIR(info.st_mode) ? EISDIR : EACCES;
}

static int write_content(int fd, const struct request *request)
{
    for (size_t done = 0; done < request->data_size;) {
        ssize_t n = write(fd, request->data + done, request->data_size - done);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0)
            done += (size_t)n;
    }
    return 0;
}

int file_put(const struct request *request)
{
    const char *path = request_string(request, 0), *mode_text = request_string(request, 1);
    bool overwrite = *request_string(request, 2) != '\0';
    mode_t mode = *mode_text == '\0' ? 0644 : (mode_t)strtol(mode_text, NULL, 8) & 07777;
    int fd = -1, flags = O_WRONLY | O_CREAT | (overwrite ? O_TRUNC : O_EXCL);
    int status = open_regular(path, flags, 0600, &fd);
    if (status != 0)
        return status;
    status = write_content(fd, request);
    if (status == 0 && fchmod(fd, mode) < 0)
        status = errno;
    close(fd);
    if (status != 0)
        unlink(path);
    return status;
}

int file_get(const struct request *request, struct answer *answer)
{
    const char *path = request_string(request, 0);
    char buffer[65536];
    ssize_t n;
    int fd = -1, status = open_regular(path, O_RDONLY, 0, &fd);
    if (status != 0)
        return status;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0 &&
           answer->data.size + (size_t)n <= WIRE_DATA_MAX)
        bytes_add(&answer->data, buffer, (size_t)n);
    close(fd);
    return n < 0 ? EIO : n > 0 ? EFBIG : describe(path, answer);
}

/* ---- names ---------------------------------------------------------------------------- */

int file_mkdir(const struct request *request)
{
    char *path = strdup(request_string(request, 0));
    bool parents = *request_string(request, 1) != '\0';
    for (char *at = path; at != NULL && parents && (at = strchr(at + 1, '/')) != NULL;
         *at = '/') {
        *at = '\0';
        mkdir(path, 0755); /* what is wrong shows at the last one */
    }
    int status = path == NULL ? ENOMEM : mkdir(path, 0755) < 0 ? errno : 0;
    free(path);
    return status;
}

int file_delete(const struct request *request)
{
    return unlink(request_string(request, 0)) < 0 ? errno : 0;
}

int file_temp(const struct request *request, struct answer *answer)
{
    const char *directory = request_string(request, 2), *suffix = request_string(request, 1);
    char *path = NULL;
    if (asprintf(&path, "%s/%sXXXXXX%s", *directory == '\0' ? "/tmp" : directory,
                 request_string(request, 0), suffix) < 0)
        return ENOMEM;
    int fd = mkstemps(path, (int)strlen(suffix)), status = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
        bytes_text(&answer->text, path);
    }
    free(path);
    return status;
}
