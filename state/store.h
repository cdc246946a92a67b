/* store.h: where a state is kept: a vtable of backends.
 *
 * Writers lock before they read. Readers take no lock: they get the last complete state with
 * the journal replayed over it, and may ask who holds the lock. What is recorded is durable
 * when the call returns, or that of flush where the backend has one: the intent of a step
 * before the call goes out, its result right after the answer.
 *
 * The order of a run: lock, read, (nothing there: write the first state, serial 1), record
 * RECORD_PLAN, per step RECORD_INTENT and RECORD_RESULT, per resource RECORD_RESOURCE after
 * the results that it follows from, write, unlock. Records need a stored state to belong to,
 * and come after a read. A store is used by one thread at a time; only record may be called
 * while another one flushes.
 *
 * Whatever cannot be written is ERR_STORAGE: the former state is intact, what was recorded
 * before stays recorded, and no further step may start. The program ignores SIGXFSZ, so that
 * a file size limit is an error like a full disk.
 */
#ifndef GF_STORE_H
#define GF_STORE_H

#include "state.h"

struct lock_info {
    char id[128];
    char who[256];      /* user@host */
    char operation[32]; /* "apply" */
    char job_url[512];  /* of the CI job, or "" */
    long pid;           /* 0: not known */
    int64_t since_ms;   /* wall clock, Unix; 0: not known */
};

enum record_kind {
    RECORD_INTENT,   /* a step is about to go out */
    RECORD_RESULT,   /* its answer; outcome "uncertain" leaves the intent unfinished */
    RECORD_RESOURCE, /* the resource's entry as it is now */
    RECORD_PLAN,     /* a run begins: its plan's id counts as applied */
    RECORD_KIND_COUNT
};

struct record {
    enum record_kind kind;
    struct intent intent;       /* INTENT, RESULT: which step */
    const char *outcome;        /* RESULT: outcome name */
    const struct value *ids;    /* RESULT: identifiers learnt, merged into the resource's */
    const char *address;        /* RESOURCE */
    struct instance *resource;  /* RESOURCE; NULL = removed */
    const char *plan, *commit;  /* PLAN: the run's plan id and commit (or NULL) */
    const struct value *source; /* PLAN: of state.h, or NULL */
};

/* A state of the past, or the one that is stored now. */
struct history_entry {
    int64_t serial;
    int64_t at_ms; /* wall clock, Unix: when it was written; 0: not known */
    bool current;
    const char *commit, *plan; /* of its last apply, or NULL */
    const char *author;        /* of that commit, as somebody liked to write it, or NULL */
    size_t n_resources;
    size_t n_intents;   /* steps under way in it: it was written in the middle of an apply */
    const char *damage; /* why it cannot be read or is none of this history; the rest is not
                         * known then. NULL: it can */
};
enum {
    STORE_HISTORY_KEPT = 10
}; /* by a backend that keeps them itself, beside the current one */

/* Newest first, in the arena that was given. */
struct history {
    struct history_entry *entries;
    size_t n;
    int64_t unasked; /* serials from here down were not looked for; 0: all were */
    bool is_gap;     /* because several above them are not kept; else enough were found */
};

struct state_summary;
/* What a document tells of the state that it is, for backends. */
void history_fill(struct history_entry *entry, const struct state_summary *summary);
/* At most `most` of all that there are. */
void history_cut(struct history_entry *entries, size_t n, size_t most,
                 struct history *ret_history);

struct seal;
struct store;

struct store_ops {
    /* Take the lock; ERR_LOCKED with the holder in ret_holder (empty texts: not known). wait_ms
     * bounds the wait, which nothing interrupts: who wants to cancel waits in small pieces. */
    int (*lock)(struct store *store, const struct lock_info *mine, int64_t wait_ms,
                struct lock_info *ret_holder, struct err *err);
    /* Give it back; fine when it is not held. ERR_STORAGE: it could not be given back, or was
     * not ours any more; the message has the way out. */
    int (*unlock)(struct store *store, struct err *err);
    /* Take away a lock whose holder is gone, by its id; ERR_CONFLICT when it has another one.
     * NULL: locks of this backend die with their process. */
    int (*force_unlock)(struct store *store, const char *id, struct err *err);
    /* Who holds the lock now; returns 1 and fills, 0 when free or not known, -1 on error. */
    int (*holder)(struct store *store, struct lock_info *ret_holder, struct err *err);
    /* The last complete state with the journal replayed; ret NULL when there is none yet. A
     * damaged state or journal is ERR_INVALID, a journal of another state ERR_CONFLICT, one
     * that is replaced faster than it can be read ERR_BUSY. */
    int (*read)(struct store *store, struct arena *arena, const struct schema_source *schemas,
                struct state **ret_state, struct err *err);
    /* Durable before it returns, unless there is a flush. Needs the lock. */
    int (*record)(struct store *store, const struct record *record, struct err *err);
    /* Make durable what was recorded before the call, in one write however much it is, and tell
     * the serial that the stored state has then. NULL: record does. */
    int (*flush)(struct store *store, int64_t *ret_serial, struct err *err);
    /* Write the whole state, serial one ahead of what is stored (1 when nothing is) and lineage
     * equal, else ERR_CONFLICT, and forget what was recorded. Needs the lock. Writing once more
     * what is stored already succeeds. */
    int (*write)(struct store *store, const struct state *state, struct err *err);
    void (*close)(struct store *store);
    /* The former states of this lineage that are kept, the stored one first, at most `most` (at
     * least 1) in all; none when there is no state yet. ERR_INVALID: the server behind it keeps
     * none that it would show. */
    int (*history)(struct store *store, struct arena *arena, size_t most,
                   struct history *ret_history, struct err *err);
    /* One of them, whose lineage the caller looks at. ERR_NOT_FOUND when it is not kept;
     * ERR_INVALID when it is damaged or has another serial, ERR_DENIED without its key. */
    int (*read_former)(struct store *store, int64_t serial, struct arena *arena,
                       const struct schema_source *schemas, struct state **ret_state,
                       struct err *err);
};

struct store {
    const struct store_ops *ops;
};

/* What a record does to a state in memory; the replay of a journal, and what a run may use to
 * keep its own state in step. Borrows from the record. Identifiers learnt for a resource that
 * is not in the state make an entry without attributes, marked STATE_META_UNFINISHED. */
int state_apply(struct state *state, struct arena *arena, const struct schema_source *schemas,
                const struct record *record, struct err *err);
#define STATE_META_UNFINISHED "unfinished"

/* The file backend: PATH, PATH.journal, PATH.lock, PATH.backup (the former state) and
 * PATH.history/SERIAL (the last STORE_HISTORY_KEPT former ones). With a seal that writes, what
 * is written from now on is sealed, and what is plain is ERR_DENIED unless the seal accepts it;
 * so is what no key opens. The seal is borrowed. Symbolic links are followed, so
 * that two names of one state share the other files. Creates PATH's directory when it is
 * missing, not those above. Nothing is touched until lock, record or write. All files are
 * private to their owner (0600). */
int store_file_open(const char *path, const struct seal *seal, struct store **ret_store,
                    struct err *err);

/* In memory, for tests; after `fail_after` records and writes, ERR_STORAGE (-1: never). */
struct store *store_mem_open(long fail_after);

#endif
