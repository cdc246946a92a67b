/* store_file_write.c: recording in the journal, and replacing the state.
 *
 * Order of a replacement, each step durable before the next: a journal that was left behind by
 * an earlier state goes; the new state is complete in a file of its own; the former one gets a
 * second name in the history, and a third, PATH.backup; the new one takes over the name; the
 * journal goes. A crash between the last two leaves a journal of the former serial, which is
 * spent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal_seal.h"
#include "seal.h"
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

static int scan_stored(struct file_store *file, struct stored_journal *stored, struct err *err)
{
    strbuf_init(&stored->raw, STATE_SIZE_MAX);
    strbuf_init(&stored->plain, STATE_SIZE_MAX);
    if (storage_read(file->journal, &stored->raw, err) < 0)
        return -1;
    if (store_file_scan(file, stored, err) < 0)
        return err_wrap(err, "%s", file->journal);
    return 0;
}

/* What the following lines are bound to. */
static void keep_start(struct file_store *file, const struct strbuf *text, size_t size)
{
    free(file->journal_start);
    file->journal_start = malloc(size + 1);
    if (file->journal_start == NULL)
        abort();
    memcpy(file->journal_start, strbuf_str(text), size);
    file->journal_start_size = size;
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
    struct strbuf head CLEANUP(strbuf_release), stored CLEANUP(strbuf_release);
    strbuf_init(&head, STRBUF_MAX_OUTPUT);
    strbuf_init(&stored, STRBUF_MAX_OUTPUT);
    journal_encode_head(lineage, serial, &head);
    if (journal_seal_line(file->seal, (struct journal_start){0}, 0, &head, &stored, err) < 0 ||
        storage_create(file->journal, &stored, err) < 0 ||
        storage_sync_dir(file->journal, err) < 0)
        return -1;
    file->journal_n = 0;
    keep_start(file, &stored, strbuf_len(&stored));
    return open_for_append(file, (off_t)strbuf_len(&stored), err);
}

static int go_on(struct file_store *file, const struct stored_journal *stored, struct err *err)
{
    file->journal_n = stored->journal.n;
    keep_start(file, &stored->raw, stored->start);
    return open_for_append(file, (off_t)stored->good, err);
}

static int open_journal(struct file_store *file, struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release);
    struct stored_journal stored CLEANUP(stored_journal_release) = {0};
    strbuf_init(&text, STATE_SIZE_MAX);
    char lineage[33];
    int64_t serial;
    int found = store_file_stored(file, &text, lineage, &serial, err);
    if (found < 0)
        return -1;
    if (found == 0)
        return err_set(err, ERR_INTERNAL, "%s: recorded before the first state was written",
                       file->path);
    if (scan_stored(file, &stored, err) < 0)
        return -1;
    switch (journal_fit(&stored.journal, lineage, serial)) {
    case JOURNAL_FITS:
        return go_on(file, &stored, err);
    case JOURNAL_SPENT:
        return start_journal(file, lineage, serial, err);
    case JOURNAL_FOREIGN:
        break;
    }
    return store_file_refuse_journal(file, &stored.journal, err);
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
    struct strbuf plain CLEANUP(strbuf_release), line CLEANUP(strbuf_release);
    strbuf_init(&plain, STRBUF_MAX_OUTPUT);
    strbuf_init(&line, STRBUF_MAX_OUTPUT);
    const struct journal_start start = {file->journal_start, file->journal_start_size};
    if (journal_encode(file->journal_n + 1, record, &plain, err) < 0 ||
        journal_seal_line(file->seal, start, file->journal_n + 1, &plain, &line, err) < 0)
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
    struct stored_journal stored CLEANUP(stored_journal_release) = {0};
    if (file->journal_fd >= 0)
        return 0;
    if (scan_stored(file, &stored, err) < 0)
        return -1;
    enum journal_fit fit = journal_fit(&stored.journal, lineage, serial);
    if (fit == JOURNAL_FOREIGN)
        return store_file_refuse_journal(file, &stored.journal, err);
    if (fit == JOURNAL_SPENT && unlink(file->journal) < 0 && errno != ENOENT)
        return storage_fail(err, file->journal, "remove it", errno);
    return 0;
}

int store_file_link(const char *from, const char *to, struct err *err)
{
    unlink(to);
    if (link(from, to) == 0)
        return 0;
    struct strbuf copy CLEANUP(strbuf_release);
    strbuf_init(&copy, STATE_SIZE_MAX);
    if (storage_read(from, &copy, err) < 0)
        return -1;
    return storage_create(to, &copy, err);
}

static int make_backup(struct file_store *file, struct err *err)
{
    char temp[4096];
    if (snprintf(temp, sizeof(temp), "%s.new", file->backup) >= (int)sizeof(temp))
        return storage_fail(err, file->backup, "create it", ENAMETOOLONG);
    if (store_file_link(file->path, temp, err) < 0)
        return -1;
    int result = 0;
    if (rename(temp, file->backup) < 0)
        result = storage_fail(err, file->backup, "replace it", errno);
    unlink(temp); /* still there when both were the same file already */
    return result;
}

/* former: serial of the state that is replaced, 0 when there is none. */
static int replace(struct file_store *file, const struct strbuf *text, int64_t former,
                   struct err *err)
{
    if (storage_create(file->temp, text, err) < 0)
        return -1;
    if (former > 0 && (store_file_keep(file, former, err) < 0 || make_backup(file, err) < 0)) {
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

/* plain: the document; text: as it goes into the file. */
static int write_text(struct file_store *file, const struct state *state,
                      const struct strbuf *plain, const struct strbuf *text, struct err *err)
{
    struct strbuf former CLEANUP(strbuf_release);
    strbuf_init(&former, STATE_SIZE_MAX);
    char lineage[33] = "";
    int64_t serial = 0;
    if (store_file_stored(file, &former, lineage, &serial, err) < 0)
        return -1;
    bool is_stored = strbuf_len(&former) == strbuf_len(plain) &&
                     memcmp(strbuf_str(&former), strbuf_str(plain), strbuf_len(plain)) == 0;
    if (is_stored)
        return confirm(file, lineage, serial, err);
    if (check_successor(file, state, lineage, serial, err) < 0 ||
        drop_old_journal(file, lineage, serial, err) < 0 ||
        replace(file, text, serial, err) < 0 || storage_sync_dir(file->path, err) < 0)
        return -1;
    unlink(file->journal); /* spent, whether or not this succeeds */
    close_journal(file);
    file->journal_broken = false;
    store_file_tidy(file, state->serial);
    return 0;
}

int store_file_write(struct store *store, const struct state *state, struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    if (need_lock(file, err) < 0)
        return -1;
    if (state_check(state, err) < 0)
        return err_wrap(err, "%s: not written", file->path);
    struct strbuf plain CLEANUP(strbuf_release), sealed CLEANUP(strbuf_release);
    strbuf_init(&plain, STATE_SIZE_MAX);
    strbuf_init(&sealed, STATE_SIZE_MAX);
    state_encode(state, &plain);
    const struct seal_label label = {
        .purpose = SEAL_STATE, .lineage = state->lineage, .serial = state->serial};
    bool seals = seal_writes(file->seal);
    if (seals &&
        seal_text(file->seal, &label, strbuf_str(&plain), strbuf_len(&plain), &sealed, err) < 0)
        return err_wrap(err, "%s: not written", file->path);
    if (strbuf_overflowed(&plain) || strbuf_overflowed(&sealed))
        return err_set(err, ERR_STORAGE, "%s: larger than %d bytes", file->path,
                       STATE_SIZE_MAX);
    return write_text(file, state, &plain, seals ? &sealed : &plain, err);
}
