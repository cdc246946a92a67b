/* store.h: where a state is kept: a vtable of backends.
 *
 * Writers lock before they read. Readers take no lock: they get the last complete state with
 * the journal replayed over it, and may ask who holds the lock. Recording is durable when the
 * call returns (write-ahead): the intent of a step before the call goes out, its result right
 * after the answer.
 */
#ifndef GF_STORE_H
#define GF_STORE_H

#include "state.h"

struct lock_info {
    char id[33];
    char who[256];       /* user@host */
    char operation[32];  /* "apply" */
    char job_url[512];   /* of the CI job, or "" */
    long pid;
    int64_t since_ms;    /* wall clock, Unix */
};

/* One record of the journal. `resource`: the state entry after the step, NULL: unchanged.
 * `remove`: the entry leaves the state. */
struct record {
    enum { RECORD_INTENT, RECORD_RESULT, RECORD_RESOURCE, RECORD_PLAN } kind;
    struct intent intent;          /* INTENT, RESULT: which step */
    const char *outcome;           /* RESULT: outcome name */
    const struct value *ids;       /* RESULT: identifiers learnt */
    const char *address;           /* RESOURCE */
    struct instance *resource;     /* RESOURCE; NULL = removed */
    const char *plan, *commit;     /* PLAN: the run's plan id and commit, first record */
};

struct store;

struct store_ops {
    /* Take the lock; ERR_LOCKED with the holder in ret_holder. wait_ms bounds the wait. */
    int (*lock)(struct store *store, const struct lock_info *mine, int64_t wait_ms,
                struct lock_info *ret_holder, struct err *err);
    void (*unlock)(struct store *store);
    /* Who holds the lock now; returns 1 and fills, 0 when free, -1 on error. */
    int (*holder)(struct store *store, struct lock_info *ret_holder, struct err *err);
    /* The last complete state with the journal replayed; ret NULL when there is none yet. */
    int (*read)(struct store *store, struct arena *arena, const struct schema_source *schemas,
                struct state **ret_state, struct err *err);
    /* Durable before it returns. Needs the lock. */
    int (*record)(struct store *store, const struct record *record, struct err *err);
    /* Write the whole state, serial one ahead of what is stored and lineage equal, and empty
     * the journal. Needs the lock. */
    int (*write)(struct store *store, const struct state *state, struct err *err);
    void (*close)(struct store *store);
};

struct store {
    const struct store_ops *ops;
};

/* The file backend: PATH, PATH.journal, PATH.lock, PATH.backup. Creates missing directories
 * only for its own files' parent. Nothing is touched until lock, record or write. */
int store_file_open(const char *path, struct store **ret_store, struct err *err);

/* In memory, for tests; `fail_after` records or writes, ERR_STORAGE follows (-1: never). */
struct store *store_mem_open(long fail_after);

#endif
