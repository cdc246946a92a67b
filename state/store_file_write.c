/* store_file_write.c: recording in the journal, and replacing the state.
 *
 * Order of a replacement, each step durable before the next: a journal that was left behind by
 * an earlier state goes; the new state is complete in a file of its own; the former one gets a
 * second name, PATH.backup; the new one takes over the name; the journal goes. A crash between
 * the last two leaves a journal of the former serial, which is spent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "state_json.h"
#include "storage.h"
#include "store_file.h"
#include "strbuf.h"

/* A lock whose file was removed keeps nobody out any more. */
static int need_lock(const struct file_store *file, struct err *err)
{
    if (file->lock_fd < 0)
        return err_set(err, ERR_INTERNAL, "%s: written without the lock", file->given);
    if (!storage_is_same(file->lock_fd, file->lock))
        return err_set(err, ERR_STORAGE,
                       "%s: was removed while this run held the lock: somebody else may be "
                       "writing; nothing more is recorded",
                       file->lock);
    return 0;
}

/* ---- the journal ------------------------------------------------------------------------ */

static void close_journal(struct file_store *file)
{
    if (file->journal_fd >= 0)
        close(file->journal_fd);
    file->journal_fd = -1;
}

static int scan_stored(struct file_store *file, struct journal *ret_journal, struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    *ret_journal = (struct journal){0};
    if (storage_read(file->journal, &text, err) < 0)
        return -1;
    if (journal_scan(strbuf_str(&text), strbuf_len(&text), ret_journal, err) < 0)
        return err_wrap(err, "%s", file->journal);
    return 0;
}

static int open_for_append(struct file_store *file, off_t size, struct err *err)
{
    int fd = open(file->journal, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return storage_fail(err, file->journal, "open it", errno);
    /* A torn end that stayed would look like damage behind the next record. */
    if (ftruncate(fd, size) < 0) {
        storage_fail(err, file->journal, "cut off its torn end", errno);
        close(fd);
        return -1;
    }
    file->journal_fd = fd;
    file->journal_size = size;
    return 0;
}

static int start_journal(struct file_store *file, const char *lineage, int64_t serial,
                         struct err *err)
{
    struct strbuf head CLEANUP(strbuf_release);
    strbuf_init(&head, STRBUF_MAX_OUTPUT);
    journal_encode_head(lineage, serial, &head);
    if (storage_create(file->journal, &head, err) < 0 ||
        storage_sync_dir(file->journal, err) < 0)
        return -1;
    file->journal_n = 0;
    return open_for_append(file, (off_t)strbuf_len(&head), err);
}

static int open_journal(struct file_store *file, struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    char lineage[33];
    int64_t serial;
    int found = store_file_stored(file, &text, lineage, &serial, err);
    if (found < 0)
        return -1;
    if (found == 0)
        return err_set(err, ERR_INTERNAL, "%s: recorded before the first state was written",
                       file->path);
    struct journal journal;
    if (scan_stored(file, &journal, err) < 0)
        return -1;
    switch (journal_fit(&journal, lineage, serial)) {
    case JOURNAL_FITS:
        file->journal_n = journal.n;
        return open_for_append(file, (off_t)journal.good, err);
    case JOURNAL_SPENT:
        return start_journal(file, lineage, serial, err);
    case JOURNAL_FOREIGN:
        break;
    }
    return store_file_refuse_journal(file, &journal, err);
}

/* After a failure the end of the journal is put back, so that a later record may succeed; when
 * that fails, or the disk did not confirm, nothing more can be trusted to it. */
static int append(struct file_store *file, const struct strbuf *line, struct err *err)
{
    if (storage_write(file->journal_fd, file->journal, line, file->journal_size, err) < 0) {
        file->journal_broken = ftruncate(file->journal_fd, file->journal_size) < 0;
        return -1;
    }
    if (fdatasync(file->journal_fd) < 0) {
        file->journal_broken = true;
        return storage_fail(err, file->journal, "write it to the disk", errno);
    }
    file->journal_size += (off_t)strbuf_len(line);
    file->journal_n++;
    return 0;
}

int store_file_record(struct store *store, const struct record *record, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    if (need_lock(file, err) < 0)
        return -1;
    if (file->journal_broken)
        return err_set(err, ERR_STORAGE,
                       "%s: an earlier write to it failed: nothing more can be recorded",
                       file->journal);
    if (file->journal_fd < 0 && open_journal(file, err) < 0)
        return -1;
    struct strbuf line CLEANUP(strbuf_release);
    strbuf_init(&line, STRBUF_MAX_OUTPUT);
    if (journal_encode(file->journal_n + 1, record, &line, err) < 0)
        return -1;
    if ((size_t)file->journal_size + strbuf_len(&line) > STATE_SIZE_MAX)
        return err_set(err, ERR_STORAGE, "%s: larger than %d bytes: run again", file->journal,
                       STATE_SIZE_MAX);
    return append(file, &line, err);
}

/* ---- the state -------------------------------------------------------------------------- */

static int check_successor(const struct file_store *file, const struct state *state,
                           const char *lineage, int64_t serial, struct err *err)
{
    if (lineage[0] != '\0' && strcmp(lineage, state->lineage) != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s: is the state of another history (lineage %s, not %s): it is not "
                       "overwritten",
                       file->path, lineage, state->lineage);
    if (state->serial != serial + 1)
        return err_set(err, ERR_CONFLICT,
                       "%s: has serial %lld, and %lld cannot follow it: it was written by "
                       "somebody else meanwhile; read it and plan again",
                       file->path, (long long)serial, (long long)state->serial);
    return 0;
}

/* See the order above: a journal two states back would not be known as spent. */
static int drop_old_journal(struct file_store *file, const char *lineage, int64_t serial,
                            struct err *err)
{
    struct journal journal;
    if (file->journal_fd >= 0)
        return 0;
    if (scan_stored(file, &journal, err) < 0)
        return -1;
    enum journal_fit fit = journal_fit(&journal, lineage, serial);
    if (fit == JOURNAL_FOREIGN)
        return store_file_refuse_journal(file, &journal, err);
    if (fit == JOURNAL_SPENT && unlink(file->journal) < 0 && errno != ENOENT)
        return storage_fail(err, file->journal, "remove it", errno);
    return 0;
}

/* A second name for the former state; a copy where the file system has no such names. */
static int make_backup(struct file_store *file, const struct strbuf *former, struct err *err)
{
    char temp[4096];
    if (snprintf(temp, sizeof(temp), "%s.new", file->backup) >= (int)sizeof(temp))
        return storage_fail(err, file->backup, "create it", ENAMETOOLONG);
    unlink(temp);
    if (link(file->path, temp) < 0 && storage_create(temp, former, err) < 0)
        return -1;
    int result = 0;
    if (rename(temp, file->backup) < 0)
        result = storage_fail(err, file->backup, "replace it", errno);
    unlink(temp); /* still there when both were the same file already */
    return result;
}

static int replace(struct file_store *file, const struct strbuf *text,
                   const struct strbuf *former, struct err *err)
{
    if (storage_create(file->temp, text, err) < 0)
        return -1;
    if (strbuf_len(former) > 0 && make_backup(file, former, err) < 0) {
        unlink(file->temp);
        return -1;
    }
    if (rename(file->temp, file->path) < 0) {
        storage_fail(err, file->path, "replace it", errno);
        unlink(file->temp);
        return -1;
    }
    return 0;
}

/* The text is there already: an earlier attempt failed late, or the caller repeats itself. What
 * was recorded since stays. */
static int confirm(struct file_store *file, const char *lineage, int64_t serial,
                   struct err *err)
{
    close_journal(file);
    if (drop_old_journal(file, lineage, serial, err) < 0)
        return -1;
    return storage_sync_dir(file->path, err);
}

static int write_text(struct file_store *file, const struct state *state,
                      const struct strbuf *text, struct err *err)
{
    struct strbuf former CLEANUP(strbuf_release);
    strbuf_init(&former, STATE_SIZE_MAX);
    char lineage[33] = "";
    int64_t serial = 0;
    if (store_file_stored(file, &former, lineage, &serial, err) < 0)
        return -1;
    bool is_stored = strbuf_len(&former) == strbuf_len(text) &&
                     memcmp(strbuf_str(&former), strbuf_str(text), strbuf_len(text)) == 0;
    if (is_stored)
        return confirm(file, lineage, serial, err);
    if (check_successor(file, state, lineage, serial, err) < 0 ||
        drop_old_journal(file, lineage, serial, err) < 0 ||
        replace(file, text, &former, err) < 0 || storage_sync_dir(file->path, err) < 0)
        return -1;
    unlink(file->journal); /* spent, whether or not this succeeds */
    close_journal(file);
    file->journal_broken = false;
    return 0;
}

int store_file_write(struct store *store, const struct state *state, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    if (need_lock(file, err) < 0)
        return -1;
    if (state_check(state, err) < 0)
        return err_wrap(err, "%s: not written", file->path);
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    state_encode(state, &text);
    if (strbuf_overflowed(&text))
        return err_set(err, ERR_STORAGE, "%s: larger than %d bytes", file->path,
                       STATE_SIZE_MAX);
    return write_text(file, state, &text, err);
}
