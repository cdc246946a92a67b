/* cred.c: see cred.h. */
#include "cred.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cred_private.h"
#include "names.h"
#include "redact.h"
#include "strbuf.h"

static const char *const source_names[CRED_SOURCE_COUNT] = {
    [CRED_ENV] = "env",
    [CRED_FILE] = "file",
    [CRED_COMMAND] = "command",
    [CRED_CREDENTIAL] = "credential",
};

void cred_describe(const struct cred_ref *ref, struct strbuf *out)
{
    const char *name = ref->source != CRED_COMMAND ? ref->name
                       : ref->argv == NULL         ? NULL
                                                   : ref->argv[0];
    strbuf_addf(out, "%s %s", names_of(source_names, CRED_SOURCE_COUNT, ref->source),
                name == NULL ? "(no name)" : name);
}

int cred_read(int fd, struct cred_buffer *buffer, struct err *err)
{
    while (buffer->size <= CRED_MAX_SIZE) {
        size_t room = CRED_MAX_SIZE + 1 - buffer->size;
        ssize_t n = read(fd, buffer->data + buffer->size, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_INVALID, "%s", strerror(errno));
        if (n == 0)
            break;
        buffer->size += (size_t)n;
    }
    return 0;
}

static int file_error(int reason, struct err *err)
{
    if (reason == ENOENT || reason == ENOTDIR)
        return err_set(err, ERR_NOT_FOUND, "no such file");
    return err_set(err, ERR_DENIED, "%s", strerror(reason));
}

static int check_file(const struct stat *info, bool closed_to_others, struct err *err)
{
    if (!S_ISREG(info->st_mode))
        return err_set(err, ERR_INVALID, "not a regular file");
    if (closed_to_others && (info->st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return err_set(err, ERR_DENIED,
                       "its permissions (%03o) open it to other users; chmod 600 it",
                       (unsigned)info->st_mode & 0777);
    return 0;
}

static int from_file(const char *path, bool closed_to_others, struct cred_buffer *buffer,
                     struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return file_error(errno, err);
    int rc = fstat(fd, &info) < 0 ? file_error(errno, err) : 0;
    if (rc == 0)
        rc = check_file(&info, closed_to_others, err);
    if (rc == 0)
        rc = cred_read(fd, buffer, err);
    close(fd);
    return rc;
}

static int from_env(const char *name, struct cred_buffer *buffer, struct err *err)
{
    const char *value = getenv(name);
    if (value == NULL)
        return err_set(err, ERR_NOT_FOUND, "the variable is not set");
    buffer->size = strnlen(value, CRED_MAX_SIZE + 1);
    memcpy(buffer->data, value, buffer->size);
    return 0;
}

static int from_credential(const char *name, struct cred_buffer *buffer, struct err *err)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (dir == NULL)
        return err_set(err, ERR_NOT_FOUND,
                       "$CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with "
                       "LoadCredential=");
    if (strchr(name, '/') != NULL || name[0] == '.')
        return err_set(err, ERR_INVALID, "not a name of a credential");
    struct strbuf path;
    strbuf_init(&path, 4096);
    strbuf_addf(&path, "%s/%s", dir, name);
    int rc = from_file(strbuf_str(&path), false, buffer, err);
    strbuf_release(&path);
    return rc;
}

static int fetch(const struct cred_ref *ref, const struct cancel *cancel,
                 struct cred_buffer *buffer, struct err *err)
{
    bool named = ref->source == CRED_COMMAND
                     ? ref->argv != NULL && ref->argv[0] != NULL && ref->argv[0][0] != '\0'
                     : ref->name != NULL && ref->name[0] != '\0';
    if (!named)
        return err_set(err, ERR_INVALID, "the reference is empty");
    switch (ref->source) {
    case CRED_ENV:
        return from_env(ref->name, buffer, err);
    case CRED_FILE:
        return from_file(ref->name, true, buffer, err);
    case CRED_COMMAND:
        return cred_run(ref->argv, cancel, buffer, err);
    case CRED_CREDENTIAL:
        return from_credential(ref->name, buffer, err);
    case CRED_SOURCE_COUNT:
        break;
    }
    return err_set(err, ERR_INTERNAL, "unknown source");
}

static int check_value(struct cred_buffer *buffer, struct err *err)
{
    if (buffer->size > CRED_MAX_SIZE)
        return err_set(err, ERR_INVALID, "larger than %zu bytes", CRED_MAX_SIZE);
    if (buffer->size > 0 && buffer->data[buffer->size - 1] == '\n')
        buffer->size--;
    if (buffer->size > 0 && buffer->data[buffer->size - 1] == '\r')
        buffer->size--;
    buffer->data[buffer->size] = '\0';
    if (buffer->size == 0)
        return err_set(err, ERR_INVALID, "it is empty");
    if (memchr(buffer->data, '\0', buffer->size) != NULL)
        return err_set(err, ERR_INVALID, "it holds a NUL byte");
    return 0;
}

static int describe_err(const struct cred_ref *ref, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, 512);
    cred_describe(ref, &text);
    err_wrap(err, "secret from %s", strbuf_str(&text));
    strbuf_release(&text);
    return -1;
}

int cred_resolve(const struct cred_ref *ref, struct secrets *secrets,
                 const struct cancel *cancel, struct cred *ret_cred, struct err *err)
{
    struct cred_buffer *buffer = calloc(1, sizeof(*buffer));
    if (buffer == NULL)
        abort();
    int rc = fetch(ref, cancel, buffer, err);
    if (rc == 0)
        rc = check_value(buffer, err);
    if (rc == 0) {
        struct cred cred = {.value = strdup(buffer->data), .size = buffer->size};
        if (cred.value == NULL)
            abort();
        if (secrets != NULL)
            secrets_add(secrets, cred.value);
        *ret_cred = cred;
    }
    explicit_bzero(buffer, sizeof(*buffer));
    free(buffer);
    return rc < 0 ? describe_err(ref, err) : 0;
}

void cred_release(struct cred *cred)
{
    if (cred->value != NULL)
        explicit_bzero(cred->value, cred->size);
    free(cred->value);
    *cred = (struct cred){.value = NULL};
}
