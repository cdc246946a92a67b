/* upload.c: see upload.h. */
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#define LFS_POINTER "version https://git-lfs"

static int map(int fd, const char *path, struct upload *ret, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return err_set(err, ERR_INVALID, "%s is not a regular file", path);
    ret->size = (size_t)info.st_size;
    if (ret->size == 0)
        return 0;
    void *data = mmap(NULL, ret->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return err_set(err, ERR_INVALID, "%s cannot be read: %s", path, strerror(errno));
    ret->data = data;
    return 0;
}

static int hash(const struct upload *upload, char ret_hex[static 65], struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(upload->data == NULL ? "" : upload->data, upload->size, digest, &n,
                   EVP_sha256(), NULL) != 1 ||
        n != 32)
        return err_set(err, ERR_INTERNAL, "SHA-256 is not available");
    for (unsigned i = 0; i < n; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
    return 0;
}

static int check(const struct upload *upload, const char *path, const char *sha256,
                 struct err *err)
{
    char actual[65];
    if (hash(upload, actual, err) < 0)
        return -1;
    if (strcmp(actual, sha256) == 0)
        return 0;
    size_t len = strlen(LFS_POINTER);
    if (upload->size >= len && memcmp(upload->data, LFS_POINTER, len) == 0)
        return err_set(err, ERR_INVALID,
                       "%s is only git-LFS's pointer to the file: run git lfs pull", path);
    return err_set(err, ERR_INVALID, "%s has another SHA-256 than the manifest says: %s", path,
                   actual);
}

int upload_open(const char *path, const char *sha256, struct upload *ret, struct err *err)
{
    struct upload upload = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, errno == EACCES ? ERR_DENIED : ERR_NOT_FOUND, "%s: %s", path,
                       strerror(errno));
    int result = map(fd, path, &upload, err);
    close(fd);
    if (result == 0 && check(&upload, path, sha256, err) < 0) {
        upload_close(&upload);
        result = -1;
    }
    if (result == 0)
        *ret = upload;
    return result;
}

void upload_close(struct upload *upload)
{
    if (upload->data != NULL)
        munmap((void *)(uintptr_t)upload->data, upload->size);
    *upload = (struct upload){0};
}
