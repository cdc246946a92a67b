/* plan.h: from desired, prior and live to an ordered list of changes with their steps.
 *
 * plan_build is a pure function: the same inputs give the same plan, byte for byte. Nothing in
 * a plan is decided later: what is printed is what is executed, in that order.
 */
#ifndef GF_PLAN_H
#define GF_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "provider.h"

struct arena;
struct diags;
struct strbuf;

/* A resource, or an attribute of one, that could not be read: it is left alone. */
struct plan_blind {
    const char *address, *attr; /* attr NULL: the whole resource, or what depends on it */
    const char *reason;
};

/* What the plan refuses to do, and why; nothing is applied while there are any. */
struct plan_refusal {
    enum err_code code; /* ERR_CONFLICT: exists, not managed here; ERR_DENIED: protected */
    const char *address, *message, *hint;
    struct pos pos;
};

/* A rule that does not hold, which somebody has decided to live with. */
struct plan_waiver {
    const char *rule, *address, *message, *reason;
    const char *until; /* last day, or NULL */
    struct pos pos;    /* of what the rule is about */
};

struct plan_slots {
    const char *profile;
    int now, least, most, after; /* least and most on the way */
};

/* What the whole plan does to the world, for its head. */
struct plan_impact {
    size_t n_create, n_update, n_rebuild, n_delete, n_release, n_adopt;
    size_t n_windows, n_reboots_least, n_reboots_most;
    const char *range_reason;                   /* why least and most differ, or NULL */
    const char *const *power_off, *const *move; /* names of machines, sorted */
    size_t n_power_off, n_move;
    size_t n_data_loss, n_service;
    unsigned max_out; /* hosts of one pool out at a time, at most */
    const struct plan_slots *slots;
    size_t n_slots;
};

struct plan {
    const char *id; /* digest of all that follows: 32 hex digits */
    const char *site, *commit, *lineage;
    const struct value *source; /* map, when the files were read from a commit: commit, base of
                                 * a range, path, ref; else NULL */
    int64_t serial;             /* of the state it was made from; 0: no state yet */
    const struct change *changes; /* in order of execution: wave, then address */
    size_t n_changes;
    unsigned n_waves;
    size_t n_unchanged;
    size_t n_left_out; /* changes that are due and not asked for (plan_input.only) */
    const struct plan_blind *blind;
    size_t n_blind;
    const struct plan_refusal *refusals;
    size_t n_refusals;
    struct plan_impact impact;
    const char *digest_inputs; /* of the manifest: all files and scripts */
    const char *const *adopt;  /* addresses that may be taken over; NULL-terminated, or NULL */
    /* Set by who checks the rules, which see the finished plan: they are no part of its id. */
    const struct plan_waiver *waivers;
    size_t n_waivers;
    const struct diags *findings; /* what else the rules found, sorted; or NULL */
};

struct plan_input {
    struct facts facts;
    const char *site, *commit, *digest_inputs;
    const struct value *source; /* as in struct plan */
    int64_t serial;
    const char *const *adopt; /* addresses named with --adopt; NULL-terminated, or NULL */
    const char *const *only;  /* addresses; what is due elsewhere is counted. NULL: all */
};

/* Findings about the files (cpu: auto without facts) go to diags. Everything lives in
 * input->facts.arena. */
const struct plan *plan_build(const struct plan_input *input, struct diags *diags);

/* Anything to do? */
bool plan_is_empty(const struct plan *plan);

/* The plan as JSON (format version 1): one line a change. The id is not part of its own
 * digest. */
void plan_encode(const struct plan *plan, struct strbuf *out);

/* Saved, a plan ends with a checksum over all before it, so that what was altered is not taken
 * for a plan: put it at the end of what plan_encode wrote, when nothing changes in the text any
 * more; and look at it. ERR_INVALID: no saved plan, or damaged. */
void plan_add_checksum(struct strbuf *text);
int plan_check_whole(const char *saved, size_t size, struct err *err);

/* Compare a saved plan with one made now from fresh reads: 0 when they are the same;
 * ERR_CONFLICT naming what moved since. */
int plan_check_saved(const char *saved, size_t size, const struct plan *now,
                     struct arena *arena, struct err *err);

/* ---- drift: prior against live, and nothing else ------------------------------------------
 */

/* What an earlier report said of it (drift_memory.h). */
enum drift_news {
    DRIFT_UNTOLD,  /* nobody remembers an earlier report */
    DRIFT_NEW,     /* was not there then */
    DRIFT_CHANGED, /* was drifted already, to something else than now */
    DRIFT_STILL,
    DRIFT_NEWS_COUNT
};

struct drift_item {
    const char *address;
    const struct attr *attr; /* NULL: the resource itself is gone */
    const struct value *prior, *live;
    bool ignored;   /* by lifecycle.ignore_drift, or ignore_changes */
    struct pos pos; /* of the attribute in the files, else of the resource; or no place */
    enum drift_news news;
    int64_t since_ms; /* Unix time of the first report of it; 0: not known */
};

/* Was reported as drifted, and is as it was applied again. */
struct drift_healed {
    const char *address, *attr; /* attr NULL: the resource itself was gone */
    int64_t since_ms;
};

struct drift_seen {
    enum drift_news news; /* NEW or STILL */
    int64_t since_ms;
};

struct drift {
    const struct drift_item *items; /* by address, then schema order */
    size_t n;
    const struct plan_blind *blind;
    const struct drift_seen *blind_seen; /* of each blind; NULL: nobody remembers */
    size_t n_blind;
    const struct drift_healed *healed;
    size_t n_healed;
    size_t n_checked; /* resources compared */
    /* For who shows it; drift_find leaves them 0. */
    size_t n_pending; /* resources with edits of the files that wait to be applied */
    bool only_news;   /* what an earlier report told already is counted, not shown */
    int64_t at_ms;    /* Unix time of the reading; 0: not told */
    int code;         /* the exit code that goes with it */
};

/* Differences that count: not ignored. Of them those that are NEW or CHANGED. */
size_t drift_count(const struct drift *drift);
size_t drift_count_news(const struct drift *drift);
/* The same of what could not be read. Without a memory all of it is news. */
size_t drift_count_blind_news(const struct drift *drift);

const struct drift *drift_find(const struct facts *facts);

#endif
