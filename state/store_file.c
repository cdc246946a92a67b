/* store_file.c: the file backend: its files, its lock, its life. See store.h. */
#include "store_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "lock_file.h"
#include "storage.h"

static struct file_store *of(struct store *store)
{
    return (struct file_store *)store;
}

static char *parent_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return arena_strdup(arena, ".");
    return arena_memdup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static void set_paths(struct file_store *file, const char *path)
{
    file->path = arena_strdup(file->arena, path);
    file->journal = arena_printf(file->arena, "%s.journal", path);
    file->lock = arena_printf(file->arena, "%s.lock", path);
    file->backup = arena_printf(file->arena, "%s.backup", path);
    file->temp = arena_printf(file->arena, "%s.new", path);
    file->history = arena_printf(file->arena, "%s.history", path);
}

/* A state that does not exist yet: only its directory can be resolved. */
static int resolve_new(struct file_store *file, bool create, struct err *err)
{
    struct stat st;
    if (lstat(file->given, &st) == 0 && S_ISLNK(st.st_mode))
        return err_set(err, ERR_INVALID,
                       "%s: is a symbolic link to nothing: remove it or create its target's "
                       "directory and point it to a state",
                       file->given);
    const char *parent = parent_of(file->arena, file->given);
    if (create && mkdir(parent, 0700) == 0) {
        if (storage_sync_dir(parent, err) < 0)
            return -1;
    } else if (create && errno != EEXIST) {
        return storage_fail(err, parent, "create the directory", errno);
    }
    char *real = realpath(parent, NULL);
    if (real == NULL)
        return errno == ENOENT ? 0 : storage_fail(err, parent, "find it", errno);
    const char *slash = strrchr(file->given, '/');
    set_paths(file, arena_printf(file->arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                                 slash == NULL ? file->given : slash + 1));
    free(real);
    return 1;
}

int store_file_resolve(struct file_store *file, bool create, struct err *err)
{
    if (file->path != NULL)
        return 1;
    char *real = realpath(file->given, NULL);
    if (real == NULL && errno != ENOENT)
        return storage_fail(err, file->given, "find it", errno);
    if (real == NULL)
        return resolve_new(file, create, err);
    set_paths(file, real);
    free(real);
    return 1;
}

static int file_lock(struct store *store, const struct lock_info *mine, int64_t wait_ms,
                     struct lock_info *ret_holder, struct err *err)
{
    struct file_store *file = of(store);
    if (file->lock_fd >= 0)
        return err_set(err, ERR_INTERNAL, "%s: locked already by this run", file->given);
    if (store_file_resolve(file, true, err) < 0)
        return -1;
    file->lock_fd = lock_file_take(file->lock, mine, wait_ms, ret_holder, err);
    return file->lock_fd < 0 ? -1 : 0;
}

static int file_unlock(struct store *store, struct err *err UNUSED)
{
    struct file_store *file = of(store);
    if (file->journal_fd >= 0)
        close(file->journal_fd);
    if (file->lock_fd >= 0)
        lock_file_release(file->lock_fd);
    file->journal_fd = file->lock_fd = -1;
    return 0;
}

static int file_holder(struct store *store, struct lock_info *ret_holder, struct err *err)
{
    struct file_store *file = of(store);
    int resolved = store_file_resolve(file, false, err);
    return resolved <= 0 ? resolved : lock_file_holder(file->lock, ret_holder, err);
}

static void file_close(struct store *store)
{
    file_unlock(store, NULL);
    free(of(store)->journal_start);
    arena_free(of(store)->arena);
}

static const struct store_ops file_ops = {
    .lock = file_lock,
    .unlock = file_unlock,
    .holder = file_holder,
    .read = store_file_read,
    .record = store_file_record,
    .write = store_file_write,
    .close = file_close,
    .history = store_file_history,
    .read_former = store_file_read_former,
};

int store_file_open(const char *path, const struct seal *seal, struct store **ret_store,
                    struct err *err)
{
    size_t len = strlen(path);
    if (len == 0 || path[len - 1] == '/')
        return err_set(err, ERR_INVALID, "\"%s\" is no path of a file", path);
    struct arena *arena = arena_new();
    struct file_store *file = ARENA_NEW(arena, struct file_store);
    *file = (struct file_store){.base.ops = &file_ops,
                                .arena = arena,
                                .given = arena_strdup(arena, path),
                                .seal = seal,
                                .lock_fd = -1,
                                .journal_fd = -1};
    *ret_store = &file->base;
    return 0;
}
