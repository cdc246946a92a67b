/* provider.h: the contracts of kinds and providers, and the manual for their authors.
 *
 * A kind (providers/kinds/kind_<kind>.c) is a schema, each attribute tagged with the facet of
 * the provider that owns it, and pure functions that decide everything about it: no I/O.
 *
 * A provider (providers/<name>/) talks to one system. It reads the facets it owns of many
 * resources in one pass, and performs single steps. Its calls block and may run on several
 * threads at once; they share nothing but the session, which guards itself. Time, sleep,
 * cancellation and events come only from struct op_env. A provider neither retries, logs nor
 * keeps globals: it returns a truthful error code.
 */
#ifndef GF_PROVIDER_H
#define GF_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "instance.h"
#include "intent.h"
#include "step.h"

struct arena;
struct diags;

/* ---- kinds ---------------------------------------------------------------------------- */

/* What a kind may look at while it decides. All sources are complete and joined. */
struct facts {
    struct arena *arena;             /* for what the kind builds */
    const struct instances *desired; /* of the manifest, abstract kinds included */
    const struct instances *prior;   /* of the state */
    const struct instances *live;    /* just read; NULL while the manifest is being checked */
    const struct kind *const *kinds; /* all of them, NULL-terminated */
    const char *lineage;
    const struct intent *intents; /* of an interrupted run, see state.h */
    size_t n_intents;
};

/* The unfinished intent of a resource's operation (op NULL: any), or NULL. */
const struct intent *facts_intent(const struct facts *facts, const char *address,
                                  const char *op);

/* A fact of a resource: as it was read, or else as the state remembers it; absent when nobody
 * knows. */
const struct value *facts_recall(const struct facts *facts, const char *address,
                                 const char *attr);

/* The desired instance of `kind` that attribute `attr` of `from` names; NULL when from is NULL,
 * the attribute absent or the reference dangling (reported elsewhere). */
const struct instance *facts_referred(const struct facts *facts, const struct instance *from,
                                      const char *attr, const char *kind);

/* The hosts of a pool, one after the other: index from 0 on until it returns NULL. The list of
 * the pool's own hosts is walked, not all resources. */
const struct instance *facts_pool_host(const struct facts *facts, const struct instance *pool,
                                       size_t index);

/* An object on whose word nothing rests was left by an interrupted run: it is known by name
 * only, no identifier was learnt. */
bool facts_is_guess(const struct instance *prior);

struct kind {
    struct schema schema;

    /* Fill derived attributes of a desired instance from other desired instances. Runs once
     * per load, kinds in the order of the list, before any reading. May be NULL. */
    void (*derive)(struct instance *desired, const struct facts *facts, struct diags *diags);

    /* Fill derived attributes that need live facts (cpu: auto). Runs once per plan, kinds
     * in the order of the list, before the comparison. A fact that cannot be read falls back to
     * the recorded one in prior's meta; where nothing is known, the attribute becomes
     * unreadable with the reason, and the resource is left alone. May be NULL. */
    void (*resolve)(struct instance *desired, const struct facts *facts, struct diags *diags);

    /* The steps of one change, in order. Pure: equal input, equal steps. change->action and
     * change->attrs are settled. -1 refuses the change (ERR_CONFLICT, ERR_DENIED) with a
     * message that says what to do; with ERR_UNREACHABLE it is left alone, together with what
     * depends on it. */
    int (*plan_steps)(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err);

    /* The desired instance only refers to an object that others own: it must exist, and is
     * never changed nor recorded. May be NULL: never. */
    bool (*is_reference)(const struct instance *desired);

    /* Why a resource whose attributes are all as wanted still needs steps, such as a
     * maintenance window that an interrupted apply left open; NULL when it does not. May be
     * NULL. */
    const char *(*unfinished)(const struct instance *prior, const struct instance *live,
                              const struct facts *facts);

    /* Why an attribute that was read cannot be changed as things are: what its change is
     * verified through cannot be read. It counts as unreadable then. NULL: it can. May be
     * NULL. */
    const char *(*left_alone)(const struct attr *attr, const struct instance *live);

    /* A live value's instance becomes the prior one of this kind when a change is done: which
     * facts of live are worth remembering (sizing). Returns a map or NULL. May be NULL. */
    const struct value *(*remember)(const struct instance *live, struct arena *arena);

    const char *version_attr; /* a change of this attribute is a new version beside the old
                                 one: ACTION_REBUILD; NULL: there are no versions */
    unsigned create_reads_ms; /* how long a read-back may lag behind a change; 0 = at once */
};

/* ---- providers ------------------------------------------------------------------------ */

enum outcome_kind {
    OUTCOME_DONE,
    OUTCOME_UNCHANGED, /* it was already so */
    OUTCOME_FAILED,
    OUTCOME_SKIPPED, /* its condition did not hold */
    OUTCOME_CANCELLED,
    OUTCOME_UNCERTAIN, /* sent, no answer: the world must be read before anything else */
    OUTCOME_COUNT
};

struct outcome {
    enum outcome_kind kind;
    const struct value *ids;      /* map: identifiers learnt, merged into the resource's */
    const struct value *observed; /* map: attribute name -> value just read */
};

enum event_kind {
    EVENT_STEP_PROGRESS, /* a long step says how far it is: text, percent or -1 */
    EVENT_NOTE,
    EVENT_OUTPUT, /* a piece of what a program in a guest wrote; pieces come in order */
    EVENT_CALL,   /* a request goes out: op is the provider's name, text its kind (a method) */
};

struct event {
    enum event_kind kind;
    const char *address, *op, *text;
    int percent;
};

struct op_env {
    void *context;
    int64_t (*now_ms)(void *context);           /* monotonic */
    int (*sleep_ms)(void *context, int64_t ms); /* -1: cancelled meanwhile */
    bool (*cancelled)(void *context);
    void (*emit)(void *context, const struct event *event);
};

/* Tell that a request goes out, for those who count; method: one of a short list. */
void op_env_call(const struct op_env *env, const char *provider, const char *method);

/* A provider's own configuration: an instance of its config schema, and the secrets resolved.
 * `secret` returns the value of an ATTR_SECRET attribute: borrowed, valid while the session is
 * open; -1 with the reference (never the value) in err. */
struct provider_config {
    const struct instance *settings;
    const char *directory; /* of the manifest: relative paths start here */
    int (*secret)(void *context, const char *attr, const char **ret_secret, struct err *err);
    /* The same for a reference (the canonical map of type_secret) that a step carries among
     * its arguments. Any thread. */
    int (*reference)(void *context, const struct value *reference, const char **ret_secret,
                     struct err *err);
    void *context;
    struct secrets *redact; /* transport/redact.h: what must never appear in an error */
};

/* One resource to be read. Its answer goes into `live`: an instance of the same schema, all
 * absent, in which the provider sets presence, ids, mark and the attributes of its facet. An
 * attribute that cannot be read becomes value_unreadable with the reason; the whole resource:
 * PRESENCE_UNREADABLE with reason. */
struct read_item {
    const struct instance *wanted; /* desired, or prior when the manifest has it no more */
    const struct value *ids;       /* from the state, or NULL */
    struct instance *live;
};

struct step_call {
    const struct step *step;
    const struct value *ids;     /* of the resource, as known now; a map, maybe empty */
    const struct instance *live; /* as read when the plan was made */
    const char *lineage;         /* for ownership marks */
    const char *nonce;           /* of the recorded intent: stands for the object's own id in
                                    the mark until that is known */
    struct arena *arena;         /* of this call; the outcome lives there */
};

struct session;

struct provider {
    const char *name;            /* "vsphere": key under providers: in the manifest */
    unsigned facet;              /* enum facet */
    const struct schema *config; /* of providers.<name> */
    unsigned max_parallel;       /* calls at once that make sense */

    /* Connect and log in. On failure nothing is left open. */
    int (*open)(const struct provider_config *config, const struct op_env *env,
                struct session **ret_session, struct err *err);
    /* Log out and free; accepts NULL. */
    void (*close)(struct session *session);

    /* Read the facets of all items in as few requests as the system allows. Fails as a whole
     * only when the system cannot be asked at all. Never changes the system. Values live in
     * `arena`. */
    int (*read_many)(struct session *session, const struct op_env *env, struct read_item *items,
                     size_t n, struct arena *arena, struct err *err);

    /* What there is, ours or not: a map from kinds to lists of keys, one key for each object
     * that exists; a kind of which not all can be told is left out. Never changes the system.
     * And the key under which an object would be there that is wanted and has no identifiers
     * yet; pure; NULL for kinds of others, and where a name can make none. Together they say
     * that something is not there without a look at it. Both may be NULL. */
    int (*list)(struct session *session, const struct op_env *env, struct arena *arena,
                const struct value **ret_keys, struct err *err);
    const char *(*list_key)(const struct instance *wanted, struct arena *arena);

    /* Carry out one step: look first, act only if needed, wait until it is done. Identifiers
     * are set in the outcome the moment the platform gives them, also when it then fails.
     * ERR_UNCERTAIN when a changing request got no answer. */
    int (*perform)(struct session *session, const struct op_env *env,
                   const struct step_call *call, struct outcome *ret_outcome, struct err *err);
};

/* ---- the compiled-in lists (providers/kinds/kinds.c, providers/providers.c) ---------------
 */

extern const struct kind *const all_kinds[]; /* NULL-terminated; derive runs in this order */
extern const struct provider *const all_providers[]; /* NULL-terminated */

/* In a NULL-terminated list; NULL when there is none. */
const struct kind *kind_find(const struct kind *const *kinds, const char *kind);
/* The kind that a schema is part of: every schema of a resource is. */
const struct kind *kind_of(const struct instance *instance);
const struct kind *kind_by_section(const struct kind *const *kinds, const char *section);
const struct provider *provider_find(const struct provider *const *providers, const char *name);

#endif
