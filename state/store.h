/* store.h: where a state is kept: a vtable of backends.
 *
 * Writers lock before they read. Readers take no lock: they get the last complete state with
 * the journal replayed over it, and may ask who holds the lock. Recording is durable when the
 * call returns (write-ahead): the intent of a step before the call goes out, its result right
 * after the answer.
 *
 * The order of a run: lock, read, (nothing there: write the first state, serial 1), record
 * RECORD_PLAN, per step RECORD_INTENT and RECORD_RESULT, per resource RECORD_RESOURCE after
 * the results that it follows from, write, unlock. Records need a stored state to belong to.
 * A store is used by one thread at a time.
 *
 * Whatever cannot be written is ERR_STORAGE: the former state is intact, what was recorded
 * before stays recorded, and no further step may start. The program ignores SIGXFSZ, so that
 * a file size limit is an error like a full disk.
 */
#ifndef GF_STORE_H
#define GF_STORE_H

#include "state.h"

struct lock_info {
    char id[33];
    char who[256];      /* user@host */
    char operation[32]; /* "apply" */
    char job_url[512];  /* of the CI job, or "" */
    long pid;
    int64_t since_ms; /* wall clock, Unix */
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

struct store;

struct store_ops {
    /* Take the lock; ERR_LOCKED with the holder in ret_holder (empty texts: not known). wait_ms
     * bounds the wait, which nothing interrupts: who wants to cancel waits in small pieces. */
    int (*lock)(struct store *store, const struct lock_info *mine, int64_t wait_ms,
                struct lock_info *ret_holder, struct err *err);
    void (*unlock)(struct store *store);
    /* Who holds the lock now; returns 1 and fills, 0 when free, -1 on error. */
    int (*holder)(struct store *store, struct lock_info *ret_holder, struct err *err);
    /* The last complete state with the journal replayed; ret NULL when there is none yet. A
     * damaged state or journal is ERR_INVALID, a journal of another state ERR_CONFLICT, one
     * that is replaced faster than it can be read ERR_BUSY. */
    int (*read)(struct store *store, struct arena *arena, const struct schema_source *schemas,
                struct state **ret_state, struct err *err);
    /* Durable before it returns. Needs the lock. */
    int (*record)(struct store *store, const struct record *record, struct err *err);
    /* Write the whole state, serial one ahead of what is stored (1 when nothing is) and lineage
     * equal, else ERR_CONFLICT, and empty the journal. Needs the lock. Writing once more what
     * is stored already succeeds. */
    int (*write)(struct store *store, const struct state *state, struct err *err);
    void (*close)(struct store *store);
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

/* The file backend: PATH, PATH.journal, PATH.lock, PATH.backup (the former state). Symbolic
 * links are followed, so that two names of one state share the other files. Creates PATH's
 * directory when it is missing, not those above. Nothing is touched until lock, record or
 * write. All files are private to their owner (0600). */
int store_file_open(const char *path, struct store **ret_store, struct err *err);

/* In memory, for tests; after `fail_after` records and writes, ERR_STORAGE (-1: never). */
struct store *store_mem_open(long fail_after);

#endif
