/* store_file_read.c: reading a state and its journal, also while a writer is at work.
 *
 * A writer appends to the journal, and now and then replaces the state and removes the
 * journal. A reader that takes no lock reads the state, then the journal, then looks whether
 * the state is still the same file. If it is, the journal belonged to it the whole time.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal_seal.h"
#include "seal.h"
#include "state_json.h"
#include "storage.h"
#include "store_file.h"
#include "strbuf.h"

enum { ATTEMPTS = 50, PAUSE_NS = 2000000 };

/* One reading: the two files, and where the result goes. */
struct reading {
    struct strbuf state;
    struct stored_journal journal;
    bool present; /* the state is there */
    struct arena *arena;
    const struct schema_source *schemas;
};

static int read_both(const struct file_store *file, struct reading *reading,
                     bool *ret_consistent, struct err *err)
{
    strbuf_clear(&reading->state);
    strbuf_clear(&reading->journal.raw);
    int fd = -1;
    int found = storage_open(file->path, &fd, err);
    if (found < 0)
        return -1;
    reading->present = found > 0;
    int result = found > 0 ? storage_slurp(fd, file->path, &reading->state, err) : 0;
    if (result == 0 && storage_read(file->journal, &reading->journal.raw, err) < 0)
        result = -1;
    *ret_consistent =
        found > 0 ? storage_is_same(fd, file->path) : access(file->path, F_OK) != 0;
    if (fd >= 0)
        close(fd);
    return result;
}

int store_file_refuse_journal(const struct file_store *file, const struct journal *journal,
                              struct err *err)
{
    return err_set(err, ERR_CONFLICT,
                   "%s: holds %llu records that belong to another state (lineage %s, serial "
                   "%lld): put that state back, or move the journal away and check with a plan "
                   "what was done",
                   file->journal, (unsigned long long)journal->n, journal->lineage,
                   (long long)journal->serial);
}

static int wrap_damage(const struct file_store *file, struct err *err)
{
    err_wrap(err, "%s", file->path);
    if (err == NULL || err->code != ERR_INVALID)
        return -1;
    struct err damage = *err;
    return err_set(err, damage.code, "%.700s; put back %s or a copy of your own",
                   damage.message, file->backup);
}

void stored_journal_release(struct stored_journal *stored)
{
    strbuf_release(&stored->raw);
    strbuf_release(&stored->plain);
}

int store_file_scan(const struct file_store *file, struct stored_journal *stored,
                    struct err *err)
{
    const char *raw = strbuf_str(&stored->raw);
    size_t size = strbuf_len(&stored->raw);
    const char *newline = size == 0 ? NULL : memchr(raw, '\n', size);
    bool is_sealed = journal_is_sealed(file->seal, raw, size);
    const struct strbuf *text = is_sealed ? &stored->plain : &stored->raw;
    strbuf_clear(&stored->plain);
    stored->start = newline == NULL ? 0 : (size_t)(newline + 1 - raw);
    if (is_sealed &&
        journal_unseal(file->seal, raw, size, &stored->plain, &stored->good, err) < 0)
        return -1;
    if (journal_scan(strbuf_str(text), strbuf_len(text), &stored->journal, err) < 0)
        return -1;
    if (!is_sealed)
        stored->good = stored->journal.good;
    return 0;
}

static int scan(const struct file_store *file, struct stored_journal *stored, struct err *err)
{
    if (store_file_scan(file, stored, err) == 0)
        return 0;
    struct err damage = *err;
    return err_set(
        err, damage.code, "%s: %.700s%s", file->journal, damage.message,
        damage.code == ERR_DENIED ? "" : "; move it away and check with a plan what was done");
}

static int decode(const struct file_store *file, const struct reading *reading,
                  struct state **ret_state, struct err *err)
{
    const struct strbuf *raw = &reading->state;
    struct strbuf plain CLEANUP(strbuf_release);
    strbuf_init(&plain, STATE_SIZE_MAX);
    if (!seal_is_sealed(strbuf_str(raw), strbuf_len(raw)))
        return seal_check_plain(file->seal, err) < 0
                   ? -1
                   : state_decode(strbuf_str(raw), strbuf_len(raw), reading->arena,
                                  reading->schemas, ret_state, err);
    const struct seal_label label = {.purpose = SEAL_STATE};
    if (unseal_text(file->seal, &label, strbuf_str(raw), strbuf_len(raw), &plain, err) < 0)
        return -1;
    return state_decode(strbuf_str(&plain), strbuf_len(&plain), reading->arena,
                        reading->schemas, ret_state, err);
}

/* The state with its journal from texts that are consistent; err is not NULL. */
static int build(const struct file_store *file, struct reading *reading,
                 struct state **ret_state, struct err *err)
{
    struct state *state = NULL;
    if (reading->present && decode(file, reading, &state, err) < 0)
        return wrap_damage(file, err);
    if (scan(file, &reading->journal, err) < 0)
        return -1;
    const struct journal journal = reading->journal.journal;
    if (state == NULL)
        return journal.n == 0 ? 0 : store_file_refuse_journal(file, &journal, err);
    enum journal_fit fit = journal_fit(&journal, state->lineage, state->serial);
    if (fit == JOURNAL_FOREIGN)
        return store_file_refuse_journal(file, &journal, err);
    if (fit == JOURNAL_FITS &&
        journal_replay(&journal, state, reading->arena, reading->schemas, err) < 0)
        return err_wrap(err, "%s", file->journal);
    *ret_state = state;
    return 0;
}

static int read_consistent(struct file_store *file, struct reading *reading,
                           struct state **ret_state, struct err *err)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct err problem = {.code = ERR_BUSY};
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        bool consistent = false;
        err_clear(&problem);
        if (read_both(file, reading, &consistent, err) < 0)
            return -1;
        /* A journal that was caught while its torn end was cut off looks damaged, too. */
        if (consistent && build(file, reading, ret_state, &problem) == 0)
            return 0;
        if (consistent && (file->lock_fd >= 0 || attempt > 2))
            return err_set(err, problem.code, "%s", problem.message);
        nanosleep(&pause, NULL);
    }
    return err_set(err, ERR_BUSY, "%s: is being written all the time: try again", file->path);
}

int store_file_read(struct store *store, struct arena *arena,
                    const struct schema_source *schemas, struct state **ret_state,
                    struct err *err)
{
    struct file_store *file = (struct file_store *)store;
    struct reading reading = {.arena = arena, .schemas = schemas};
    struct state *state = NULL;
    int resolved = store_file_resolve(file, false, err);
    if (resolved < 0)
        return -1;
    strbuf_init(&reading.state, STATE_SIZE_MAX);
    strbuf_init(&reading.journal.raw, STATE_SIZE_MAX);
    strbuf_init(&reading.journal.plain, STATE_SIZE_MAX);
    int result = 0;
    if (resolved > 0)
        result = read_consistent(file, &reading, &state, err);
    strbuf_release(&reading.state);
    stored_journal_release(&reading.journal);
    if (result == 0)
        *ret_state = state;
    return result;
}

int store_file_stored(struct file_store *file, struct strbuf *text, char *ret_lineage,
                      int64_t *ret_serial, struct err *err)
{
    struct strbuf raw CLEANUP(strbuf_release);
    strbuf_init(&raw, STATE_SIZE_MAX);
    int found = storage_read(file->path, &raw, err);
    if (found <= 0)
        return found;
    if (unseal_document(file->seal, SEAL_STATE, strbuf_str(&raw), strbuf_len(&raw), text, err) <
            0 ||
        state_peek(strbuf_str(text), strbuf_len(text), ret_lineage, ret_serial, err) < 0)
        return wrap_damage(file, err);
    return 1;
}
