/* store_mem.c: a store in memory with the rules of the others, for tests. See store.h.
 *
 * It keeps the texts, not the structures: what is read has gone through the same encoding as
 * on disk.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "journal.h"
#include "store.h"
#include "strbuf.h"

/* A document of the past; the oldest gives way. */
struct mem_former {
    struct strbuf document;
    int64_t serial, at_ms;
};

struct mem_store {
    struct store base;
    struct strbuf document, journal;
    int64_t at_ms; /* when the document was written */
    struct mem_former formers[STORE_HISTORY_KEPT];
    size_t n_formers;
    uint64_t n;
    struct lock_info holder;
    bool is_locked;
    long left; /* records and writes until ERR_STORAGE; -1: any number */
};

static struct mem_store *of(struct store *store)
{
    return (struct mem_store *)store;
}

static int mem_lock(struct store *store, const struct lock_info *mine, int64_t wait_ms,
                    struct lock_info *ret_holder, struct err *err)
{
    (void)wait_ms;
    struct mem_store *mem = of(store);
    if (mem->is_locked) {
        *ret_holder = mem->holder;
        return err_set(err, ERR_LOCKED, "locked by %s (%s)", mem->holder.who,
                       mem->holder.operation);
    }
    mem->holder = *mine;
    mem->is_locked = true;
    return 0;
}

static int mem_unlock(struct store *store, struct err *err UNUSED)
{
    of(store)->is_locked = false;
    return 0;
}

static int mem_holder(struct store *store, struct lock_info *ret_holder, struct err *err)
{
    (void)err;
    if (of(store)->is_locked)
        *ret_holder = of(store)->holder;
    return of(store)->is_locked ? 1 : 0;
}

static int mem_read(struct store *store, struct arena *arena,
                    const struct schema_source *schemas, struct state **ret_state,
                    struct err *err)
{
    struct mem_store *mem = of(store);
    struct state *state = NULL;
    struct journal journal;
    if (strbuf_len(&mem->document) > 0) {
        const char *text = strbuf_str(&mem->journal);
        if (state_decode(strbuf_str(&mem->document), strbuf_len(&mem->document), arena, schemas,
                         &state, err) < 0 ||
            journal_scan(text, strbuf_len(&mem->journal), &journal, err) < 0 ||
            journal_replay(&journal, state, arena, schemas, err) < 0)
            return -1;
    }
    *ret_state = state;
    return 0;
}

static int spend(struct mem_store *mem, struct err *err)
{
    if (!mem->is_locked)
        return err_set(err, ERR_INTERNAL, "written without the lock");
    if (mem->left == 0)
        return err_set(err, ERR_STORAGE, "nothing more can be written here");
    if (mem->left > 0)
        mem->left--;
    return 0;
}

/* Lineage and serial of what is stored: "" and 0 when nothing is. */
static int stored(const struct mem_store *mem, char *ret_lineage, int64_t *ret_serial,
                  struct err *err)
{
    *ret_lineage = '\0';
    *ret_serial = 0;
    if (strbuf_len(&mem->document) == 0)
        return 0;
    return state_peek(strbuf_str(&mem->document), strbuf_len(&mem->document), ret_lineage,
                      ret_serial, err);
}

/* Once per journal: looking at the whole document for each record would be quadratic. */
static int start_journal(struct mem_store *mem, struct err *err)
{
    char lineage[33];
    int64_t serial;
    if (stored(mem, lineage, &serial, err) < 0)
        return -1;
    if (serial == 0)
        return err_set(err, ERR_INTERNAL, "recorded before the first state was written");
    journal_encode_head(lineage, serial, &mem->journal);
    return 0;
}

static int mem_record(struct store *store, const struct record *record, struct err *err)
{
    struct mem_store *mem = of(store);
    if (spend(mem, err) < 0)
        return -1;
    if (strbuf_len(&mem->journal) == 0 && start_journal(mem, err) < 0)
        return -1;
    if (journal_encode(mem->n + 1, record, &mem->journal, err) < 0)
        return -1;
    mem->n++;
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void keep(struct mem_store *mem, int64_t serial)
{
    struct mem_former *formers = mem->formers;
    if (mem->n_formers == STORE_HISTORY_KEPT) {
        strbuf_release(&formers[0].document);
        memmove(&formers[0], &formers[1], (STORE_HISTORY_KEPT - 1) * sizeof(*formers));
        mem->n_formers--;
    }
    struct mem_former *former = &formers[mem->n_formers++];
    *former = (struct mem_former){.serial = serial, .at_ms = mem->at_ms};
    strbuf_init(&former->document, STATE_SIZE_MAX);
    strbuf_add_mem(&former->document, strbuf_str(&mem->document), strbuf_len(&mem->document));
}

static int mem_write(struct store *store, const struct state *state, struct err *err)
{
    struct mem_store *mem = of(store);
    char lineage[33];
    int64_t serial;
    if (state_check(state, err) < 0 || stored(mem, lineage, &serial, err) < 0)
        return -1;
    if ((serial > 0 && strcmp(lineage, state->lineage) != 0) || state->serial != serial + 1)
        return err_set(err, ERR_CONFLICT, "lineage %s serial %lld cannot follow %s %lld",
                       state->lineage, (long long)state->serial, lineage, (long long)serial);
    if (spend(mem, err) < 0)
        return -1;
    if (serial > 0)
        keep(mem, serial);
    strbuf_clear(&mem->document);
    strbuf_clear(&mem->journal);
    mem->n = 0;
    state_encode(state, &mem->document);
    mem->at_ms = now_ms();
    return 0;
}

static int describe(const struct strbuf *document, struct arena *arena,
                    struct history_entry *entry, struct err *err)
{
    struct state_summary summary;
    if (state_summarise(strbuf_str(document), strbuf_len(document), arena, &summary, err) < 0)
        return -1;
    history_fill(entry, &summary);
    return 0;
}

static int mem_history(struct store *store, struct arena *arena, size_t most,
                       struct history *ret_history, struct err *err)
{
    struct mem_store *mem = of(store);
    size_t n = 0;
    struct history_entry *entries =
        ARENA_ARRAY(arena, mem->n_formers + 1, struct history_entry);
    if (strbuf_len(&mem->document) > 0) {
        entries[n] = (struct history_entry){.current = true, .at_ms = mem->at_ms};
        if (describe(&mem->document, arena, &entries[n++], err) < 0)
            return -1;
    }
    for (size_t i = mem->n_formers; i-- > 0;) {
        entries[n] = (struct history_entry){.at_ms = mem->formers[i].at_ms};
        if (describe(&mem->formers[i].document, arena, &entries[n++], err) < 0)
            return -1;
    }
    history_cut(entries, n, most, ret_history);
    return 0;
}

static int mem_read_former(struct store *store, int64_t serial, struct arena *arena,
                           const struct schema_source *schemas, struct state **ret_state,
                           struct err *err)
{
    const struct mem_store *mem = of(store);
    for (size_t i = 0; i < mem->n_formers; i++)
        if (mem->formers[i].serial == serial)
            return state_decode(strbuf_str(&mem->formers[i].document),
                                strbuf_len(&mem->formers[i].document), arena, schemas,
                                ret_state, err);
    return err_set(err, ERR_NOT_FOUND, "serial %lld is not kept", (long long)serial);
}

static void mem_close(struct store *store)
{
    strbuf_release(&of(store)->document);
    strbuf_release(&of(store)->journal);
    for (size_t i = 0; i < of(store)->n_formers; i++)
        strbuf_release(&of(store)->formers[i].document);
    free(store);
}

static const struct store_ops mem_ops = {
    .lock = mem_lock,
    .unlock = mem_unlock,
    .holder = mem_holder,
    .read = mem_read,
    .record = mem_record,
    .write = mem_write,
    .close = mem_close,
    .history = mem_history,
    .read_former = mem_read_former,
};

struct store *store_mem_open(long fail_after)
{
    struct mem_store *mem = calloc(1, sizeof(*mem));
    if (mem == NULL)
        abort();
    mem->base.ops = &mem_ops;
    mem->left = fail_after;
    strbuf_init(&mem->document, STATE_SIZE_MAX);
    strbuf_init(&mem->journal, STATE_SIZE_MAX);
    return &mem->base;
}
