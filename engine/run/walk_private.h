/* walk_private.h: what a walk knows of each change, for walk.c and walk_entry.c. */
#ifndef GF_WALK_PRIVATE_H
#define GF_WALK_PRIVATE_H

#include "vec.h"
#include "walk.h"

/* A condition is settled once, for all steps that carry it. */
struct settled {
    const struct condition *when;
    bool holds;
};

/* A rollout's budget: hosts that may be out of service at a time. */
struct pool {
    const char *name;
    unsigned budget;
    unsigned active;     /* members under way */
    unsigned stuck;      /* members that failed and stayed out */
    VEC(size_t) waiting; /* members that are ready, as soon as there is room */
};

struct node {
    enum walk_status status;
    size_t missing; /* changes that must end first */
    unsigned at;    /* next step; n_steps: verification */
    bool touched, changed, entry_new;
    bool started;      /* a step of it was handed out */
    bool had_window;   /* ours was open before the one that is being opened */
    struct pool *pool; /* of a rollout, or NULL */
    const struct value *ids, *meta, *observed;
    const struct instance *live; /* as read back */
    const char *nonce;
    bool cleaning; /* a step failed, and those that clean up after it are under way */
    const struct step *failed_step;
    enum err_code code;
    const char *message;
    VEC(size_t) dependents;
    VEC(struct settled) settled;
};

struct walk {
    struct arena *arena;
    const struct plan *plan;
    const struct facts *facts;
    struct walk_options options;
    struct node *nodes;
    size_t *heap; /* changes with something to hand out, lowest index first */
    size_t n_heap, n_running;
    const char *stopped;
};

#endif
