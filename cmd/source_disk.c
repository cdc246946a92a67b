/* source_disk.c: the files of a manifest from a directory. */
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "strbuf.h"

static int read_all(int fd, const char *path, struct strbuf *text, struct err *err)
{
    char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        strbuf_add_mem(text, block, (size_t)n);
        if (strbuf_overflowed(text))
            return err_set(err, ERR_INVALID, "%s is larger than 8 MiB", path);
    }
}

static int read_open(int fd, const char *path, struct arena *arena, struct source_file *ret,
                     struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, SOURCE_FILE_MAX);
    int result = read_all(fd, path, &text, err);
    if (result == 0)
        *ret = (struct source_file){
            .name = path,
            .text = arena_memdup(arena, strbuf_str(&text), strbuf_len(&text)),
            .size = strbuf_len(&text)};
    strbuf_release(&text);
    return result;
}

int load_file(const char *path, struct arena *arena, struct source_file *ret, struct err *err)
{
    if (path == NULL)
        return read_open(STDIN_FILENO, "<stdin>", arena, ret, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    int result = 0;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        result = err_set(err, ERR_INVALID, "%s is not a regular file", path);
    else
        result = read_open(fd, path, arena, ret, err);
    close(fd);
    return result;
}

static int list(const struct source *source, struct arena *arena, const char *const **ret_names,
                size_t *ret_n, struct err *err)
{
    struct dirent **entries;
    int n = scandir(source->name, &entries, NULL, NULL);
    if (n < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", source->name, strerror(errno));
    const char **names = ARENA_ARRAY(arena, (size_t)n, const char *);
    for (int i = 0; i < n; i++) {
        names[i] = arena_strdup(arena, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_names = names;
    *ret_n = (size_t)n;
    return 0;
}

static int read_file(const struct source *source, const char *path, struct arena *arena,
                     struct source_file *ret, struct err *err)
{
    if (load_file(arena_printf(arena, "%s/%s", source->name, path), arena, ret, err) < 0)
        return -1;
    ret->name = path;
    return 0;
}

static int read_named(const struct source *source, const char *path, struct arena *arena,
                      struct source_file *ret, struct err *err)
{
    (void)source;
    return load_file(path, arena, ret, err);
}

static const struct source_ops disk_ops = {list, read_file, read_named};

struct source *source_disk(const char *directory, struct arena *arena)
{
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){&disk_ops, directory};
    return source;
}

bool source_is_lfs_pointer(const char *text, size_t size)
{
    static const char first[] = "version https://git-lfs.github.com/spec/";
    return size >= sizeof(first) - 1 && memcmp(text, first, sizeof(first) - 1) == 0;
}
