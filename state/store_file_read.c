/* store_file_read.c: reading a state and its journal, also while a writer is at work.
 *
 * A writer appends to the journal, and now and then replaces the state and removes the
 * journal. A reader that takes no lock reads the state, then the journal, then looks whether
 * the state is still the same file. If it is, the journal belonged to it the whole time.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "state_json.h"
#include "storage.h"
#include "store_file.h"
#include "strbuf.h"

enum { ATTEMPTS = 50, PAUSE_NS = 2000000 };

/* One reading: the two texts, and where the result goes. */
struct reading {
    struct strbuf state, journal;
    bool present; /* the state is there */
    struct arena *arena;
    const struct schema_source *schemas;
};

static int read_both(const struct file_store *file, struct reading *reading,
                     bool *ret_consistent, struct err *err)
{
    strbuf_clear(&reading->state);
    strbuf_clear(&reading->journal);
    int fd = -1;
    int found = storage_open(file->path, &fd, err);
    if (found < 0)
        return -1;
    reading->present = found > 0;
    int result = found > 0 ? storage_slurp(fd, file->path, &reading->state, err) : 0;
    if (result == 0 && storage_read(file->journal, &reading->journal, err) < 0)
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

static int scan(const struct file_store *file, const struct strbuf *text,
                struct journal *ret_journal, struct err *err)
{
    if (journal_scan(strbuf_str(text), strbuf_len(text), ret_journal, err) == 0)
        return 0;
    struct err damage = *err;
    return err_set(err, damage.code,
                   "%s: %.700s; move it away and check with a plan what was "
                   "done",
                   file->journal, damage.message);
}

/* The state with its journal from texts that are consistent; err is not NULL. */
static int build(const struct file_store *file, const struct reading *reading,
                 struct state **ret_state, struct err *err)
{
    struct state *state = NULL;
    struct journal journal;
    if (reading->present &&
        state_decode(strbuf_str(&reading->state), strbuf_len(&reading->state), reading->arena,
                     reading->schemas, &state, err) < 0)
        return wrap_damage(file, err);
    if (scan(file, &reading->journal, &journal, err) < 0)
        return -1;
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
    strbuf_init(&reading.journal, STATE_SIZE_MAX);
    int result = 0;
    if (resolved > 0)
        result = read_consistent(file, &reading, &state, err);
    strbuf_release(&reading.state);
    strbuf_release(&reading.journal);
    if (result == 0)
        *ret_state = state;
    return result;
}

int store_file_stored(struct file_store *file, struct strbuf *text, char *ret_lineage,
                      int64_t *ret_serial, struct err *err)
{
    int found = storage_read(file->path, text, err);
    if (found <= 0)
        return found;
    if (state_peek(strbuf_str(text), strbuf_len(text), ret_lineage, ret_serial, err) < 0)
        return wrap_damage(file, err);
    return 1;
}
