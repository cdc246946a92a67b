/* walk.h: the state machine that carries out a plan, without doing anything itself.
 *
 * It hands out what may run now and is told how it went; cmd/ performs on any number of
 * threads, tests in any order:
 *
 *     while ((next = walk_next(walk, &task)) != WALK_DONE) {
 *         if (next == WALK_WAIT)
 *             … wait for a result of a running task, then walk_report it …
 *         else
 *             … record the intent and walk_entry, perform, record the result, walk_report,
 *               record walk_entry …
 *     }
 *
 * A change's steps run one after the other; after the last one comes a task of its own that
 * reads the resource back and compares (TASK_VERIFY). What a failed change blocks is skipped;
 * independent branches go on. Not safe for two threads at once: the caller holds a lock.
 */
#ifndef GF_WALK_H
#define GF_WALK_H

#include "plan.h"

struct walk;

enum walk_next { WALK_READY, WALK_WAIT, WALK_DONE };

enum walk_task_kind { TASK_STEP, TASK_VERIFY };

struct walk_task {
    enum walk_task_kind kind;
    size_t change;           /* index in plan->changes */
    const struct step *step; /* TASK_STEP */
    const struct value *ids; /* of the resource, as known now: map */
    const char *nonce;       /* for the ownership mark of what this change creates */
    int64_t took_ms;         /* set before walk_report by who measures time; kept for pace.h */
};

enum walk_status {
    WALK_PENDING,
    WALK_RUNNING,
    WALK_CHANGED, /* done, something was changed */
    WALK_SAME,    /* done, it was already so */
    WALK_FAILED,
    WALK_SKIPPED,   /* something it needs failed */
    WALK_CANCELLED, /* interrupted before it was done */
    WALK_STATUS_COUNT
};

struct walk_change {
    enum walk_status status;
    bool touched;                   /* a step of it changed something, or may have */
    const struct step *failed_step; /* NULL: the verification failed */
    enum err_code code;             /* of WALK_FAILED */
    const char *message;            /* of WALK_FAILED, WALK_SKIPPED */
};

struct walk_options {
    unsigned parallel;           /* tasks at once, at least 1 */
    const char *nonce;           /* random text of this run; each change gets its own from it */
    const char *commit, *author; /* recorded with each resource, or NULL */
};

/* facts: those the plan was made from. Everything lives in arena. */
struct walk *walk_new(struct arena *arena, const struct plan *plan, const struct facts *facts,
                      const struct walk_options *options);

enum walk_next walk_next(struct walk *walk, struct walk_task *ret_task);

/* How a task went. outcome may be NULL when err is set (failure without identifiers). For
 * TASK_VERIFY: `live` is the instance read back, NULL when it is gone. */
void walk_report(struct walk *walk, const struct walk_task *task, const struct outcome *outcome,
                 const struct instance *live, const struct err *err);

/* Hand out nothing more: interrupted, or nothing can be recorded any longer. */
void walk_stop(struct walk *walk, const char *why);

/* What the state should hold for a change now, asked before a task is performed and after it is
 * reported: true when that differs from what it returned before. *ret_entry NULL: the resource
 * leaves the state. */
bool walk_entry(struct walk *walk, size_t change, struct instance **ret_entry);

struct walk_change walk_status_of(const struct walk *walk, size_t change);
const char *walk_status_name(enum walk_status status);

#endif
