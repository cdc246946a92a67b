/* store_file_history.c: former states of the file backend: second names of the files that they
 * were written as, so that keeping one costs a name and no writing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "num.h"
#include "seal.h"
#include "storage.h"
#include "store_file.h"
#include "vec.h"

/* A file of the history. */
struct former {
    int64_t serial;
    struct timespec at;
    bool is_past; /* before the present state, as far as its name says */
};

/* ---- keeping ------------------------------------------------------------------------------
 */

int store_file_keep(const struct file_store *file, int64_t serial, struct err *err)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const char *kept = arena_printf(scratch, "%s/%lld", file->history, (long long)serial);
    if (mkdir(file->history, 0700) < 0 && errno != EEXIST)
        return storage_fail(err, file->history, "create the directory", errno);
    if (store_file_link(file->path, kept, err) < 0)
        return -1;
    return storage_sync_dir(kept, err);
}

/* ---- finding ------------------------------------------------------------------------------
 */

/* A directory that is not there is empty. */
static int list_files(const struct file_store *file, struct arena *arena,
                      struct former **ret_files, size_t *ret_n, struct err *err)
{
    VEC(struct former) files = {0};
    DIR *directory = opendir(file->history);
    if (directory == NULL && errno != ENOENT)
        return storage_fail(err, file->history, "read it", errno);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        struct former former;
        struct stat st;
        if (num_i64(entry->d_name, &former.serial) < 0 || former.serial < 1 ||
            fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        former.at = st.st_mtim;
        VEC_PUSH(arena, &files, former);
    }
    if (directory != NULL)
        closedir(directory);
    *ret_files = files.items;
    *ret_n = files.n;
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------
 */

static int read_plain(const struct file_store *file, const char *path, struct strbuf *out,
                      struct err *err)
{
    struct strbuf raw CLEANUP(strbuf_release);
    strbuf_init(&raw, STATE_SIZE_MAX);
    int found = storage_read(path, &raw, err);
    if (found <= 0)
        return found;
    if (unseal_document(file->seal, SEAL_STATE, strbuf_str(&raw), strbuf_len(&raw), out, err) <
        0)
        return -1;
    return 1;
}

/* ---- tidying ------------------------------------------------------------------------------
 */

static bool is_current(const struct file_store *file, const char *path)
{
    char head[SEAL_HEAD];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head));
    if (fd >= 0)
        close(fd);
    return n <= 0 || seal_is_current(file->seal, head, (size_t)n);
}

/* The same document under today's key, as old as it was. */
static int write_again(const struct file_store *file, const char *path,
                       const struct strbuf *plain, struct arena *arena)
{
    struct strbuf text CLEANUP(strbuf_release);
    struct state_summary summary;
    struct stat st;
    const char *temp = arena_printf(arena, "%s.new", path);
    strbuf_init(&text, STATE_SIZE_MAX);
    if (stat(path, &st) < 0 ||
        state_summarise(strbuf_str(plain), strbuf_len(plain), arena, &summary, NULL) < 0)
        return -1;
    const struct seal_label label = {
        .purpose = SEAL_STATE, .lineage = summary.lineage, .serial = summary.serial};
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    if (seal_document(file->seal, &label, strbuf_str(plain), strbuf_len(plain), &text, NULL) <
            0 ||
        strbuf_overflowed(&text) || storage_create(temp, &text, NULL) < 0)
        return -1;
    if (utimensat(AT_FDCWD, temp, times, 0) == 0 && rename(temp, path) == 0)
        return 0;
    unlink(temp);
    return -1;
}

/* What was plain when the key came, or is still under a former key. What cannot be opened
 * stays. */
static void bring_up_to_date(const struct file_store *file, const char *path,
                             struct arena *arena)
{
    struct strbuf plain CLEANUP(strbuf_release);
    strbuf_init(&plain, STATE_SIZE_MAX);
    if (!is_current(file, path) && read_plain(file, path, &plain, NULL) > 0)
        (void)write_again(file, path, &plain, arena);
}

/* What may be dropped first. Serials tell it, not clocks: those below the present one are its
 * former states, as each that was kept took the place of another lineage's; the rest was left
 * behind by a state that was lost or put back. */
static int compare_worth(const void *a, const void *b)
{
    const struct former *x = a, *y = b;
    if (x->is_past != y->is_past)
        return x->is_past ? 1 : -1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

void store_file_tidy(const struct file_store *file, int64_t serial)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    struct former *files;
    size_t n = 0;
    bring_up_to_date(file, file->backup, scratch);
    if (list_files(file, scratch, &files, &n, NULL) < 0)
        return;
    for (size_t i = 0; i < n; i++)
        files[i].is_past = files[i].serial < serial;
    if (n > 1)
        qsort(files, n, sizeof(*files), compare_worth);
    for (size_t i = 0; i < n; i++) {
        const char *path =
            arena_printf(scratch, "%s/%lld", file->history, (long long)files[i].serial);
        if (i + STORE_HISTORY_KEPT < n)
            unlink(path);
        else
            bring_up_to_date(file, path, scratch);
    }
}

/* ---- showing ------------------------------------------------------------------------------
 */

/* Adds an entry unless the file is gone or belongs to another lineage, which an empty one
 * becomes with the first entry. */
static bool describe(const struct file_store *file, const char *path, struct arena *arena,
                     char *lineage, struct history_entry *entry)
{
    struct strbuf text CLEANUP(strbuf_release);
    struct state_summary summary;
    struct err err = {0};
    strbuf_init(&text, STATE_SIZE_MAX);
    int found = read_plain(file, path, &text, &err);
    if (found == 0)
        return false;
    if (found < 0 ||
        state_summarise(strbuf_str(&text), strbuf_len(&text), arena, &summary, &err) < 0) {
        entry->damage = arena_strdup(arena, err.message);
        return true;
    }
    if (lineage[0] != '\0' && strcmp(lineage, summary.lineage) != 0)
        return false;
    memcpy(lineage, summary.lineage, sizeof(summary.lineage));
    if (!entry->current && summary.serial != entry->serial)
        entry->damage =
            arena_printf(arena, "%s: holds serial %lld", path, (long long)summary.serial);
    else
        history_fill(entry, &summary);
    return true;
}

static int64_t to_ms(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static int compare_serials(const void *a, const void *b)
{
    const struct history_entry *x = a, *y = b;
    if (x->serial != y->serial)
        return x->serial > y->serial ? -1 : 1;
    return y->current - x->current;
}

int store_file_history(struct store *store, struct arena *arena, size_t most,
                       struct history *ret_history, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    struct former *files = NULL;
    size_t n_files = 0, n = 0;
    struct stat st;
    char lineage[33] = "";
    int resolved = store_file_resolve(file, false, err);
    if (resolved < 0)
        return -1;
    *ret_history = (struct history){.n = 0};
    if (resolved == 0)
        return 0;
    if (stat(file->path, &st) < 0)
        return errno == ENOENT ? 0 : storage_fail(err, file->path, "find it", errno);
    if (list_files(file, arena, &files, &n_files, err) < 0)
        return -1;
    struct history_entry *entries = ARENA_ARRAY(arena, n_files + 1, struct history_entry);
    entries[0] = (struct history_entry){.current = true, .at_ms = to_ms(st.st_mtim)};
    n = describe(file, file->path, arena, lineage, &entries[0]) ? 1 : 0;
    for (size_t i = 0; i < n_files; i++) {
        const char *path =
            arena_printf(arena, "%s/%lld", file->history, (long long)files[i].serial);
        entries[n] =
            (struct history_entry){.serial = files[i].serial, .at_ms = to_ms(files[i].at)};
        n += describe(file, path, arena, lineage, &entries[n]) ? 1 : 0;
    }
    if (n > 1)
        qsort(entries, n, sizeof(*entries), compare_serials);
    history_cut(entries, n, most, ret_history);
    return 0;
}

int store_file_read_former(struct store *store, int64_t serial, struct arena *arena,
                           const struct schema_source *schemas, struct state **ret_state,
                           struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    struct strbuf text CLEANUP(strbuf_release);
    struct state *state = NULL;
    strbuf_init(&text, STATE_SIZE_MAX);
    int resolved = store_file_resolve(file, false, err);
    if (resolved < 0)
        return -1;
    const char *path = resolved == 0
                           ? file->given
                           : arena_printf(arena, "%s/%lld", file->history, (long long)serial);
    int found = resolved == 0 ? 0 : read_plain(file, path, &text, err);
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "%s: is not kept", path);
    if (found < 0 ||
        state_decode(strbuf_str(&text), strbuf_len(&text), arena, schemas, &state, err) < 0)
        return err_wrap(err, "%s", path);
    if (state->serial != serial)
        return err_set(err, ERR_INVALID, "%s: holds serial %lld", path,
                       (long long)state->serial);
    *ret_state = state;
    return 0;
}
