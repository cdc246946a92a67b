/* order.c: what comes before what.
 *
 * Creation follows the references, deletion runs against them: what is deleted goes after
 * everything that referred to it has let go. Waves are the levels of the graph; inside a wave
 * the order is that of the addresses.
 */
#include "plan_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "references.h"

void order_add_edge(struct draft *draft, size_t from, size_t on, bool soft)
{
    if (from != on)
        VEC_PUSH(draft->arena, &draft->edges[from], ((struct change_edge){on, soft}));
}

static int compare_edges(const void *a, const void *b)
{
    const struct change_edge *x = a, *y = b;
    if (x->on != y->on)
        return x->on < y->on ? -1 : 1;
    return (int)x->soft - (int)y->soft;
}

/* Each edge once; of two the hard one, which sorts first. */
static void settle_edges(struct draft *draft)
{
    for (size_t i = 0; i < draft->changes.n; i++) {
        struct change_edge *edges = draft->edges[i].items;
        size_t kept = 0, n = draft->edges[i].n;
        if (n < 2)
            continue;
        qsort(edges, n, sizeof(*edges), compare_edges);
        for (size_t e = 0; e < n; e++)
            if (kept == 0 || edges[kept - 1].on != edges[e].on)
                edges[kept++] = edges[e];
        draft->edges[i].n = kept;
    }
}

struct edge_walk {
    struct draft *draft;
    size_t from;
    bool former; /* references of prior: deletions come after */
};

static size_t index_of(const struct draft *draft, const char *address)
{
    return (size_t)(uintptr_t)map_get(&draft->by_address, address);
}

/* A step of the change works on that host. */
static bool works_on(const struct change *change, const char *host)
{
    for (size_t i = 0; i < change->n_steps; i++) {
        const char *name = value_get_text(change->steps[i].args, "host");
        if (name != NULL && strcmp(name, host) == 0)
            return true;
    }
    return false;
}

/* A reference to a pool is one to each of its hosts that changes. Where the rollout goes on
 * after a host has failed, what stands on the pool does too, unless it needs that very host. */
static void add_pool_edges(struct edge_walk *walk, const char *name)
{
    struct draft *draft = walk->draft;
    const struct facts *facts = &draft->input->facts;
    const struct change *from = &draft->changes.items[walk->from];
    if (from->kind->schema.expanded)
        return;
    const struct instance *pool = instances_find_named(facts->desired, "pool", name), *host;
    const char *on_failure = pool == NULL ? NULL : instance_text(pool, "rollout.on_failure");
    bool goes_on = on_failure != NULL && strcmp(on_failure, "continue") == 0;
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        size_t on = index_of(draft, host->address);
        if (on != 0)
            order_add_edge(draft, walk->from, on - 1, goes_on && !works_on(from, host->name));
    }
}

static void visit(void *context, const struct reference *reference)
{
    struct edge_walk *walk = context;
    struct draft *draft = walk->draft;
    if (strcmp(reference->section, "pools") == 0) {
        if (!walk->former)
            add_pool_edges(walk, reference->name);
        return;
    }
    size_t on = index_of(draft, draft_address(draft, reference));
    if (on == 0)
        return;
    bool deleted = draft->changes.items[on - 1].action == ACTION_DELETE;
    if (walk->former && deleted)
        order_add_edge(draft, on - 1, walk->from, false);
    else if (!walk->former && !deleted)
        order_add_edge(draft, walk->from, on - 1, false);
}

void order_edges(struct draft *draft)
{
    size_t n = draft->changes.n;
    draft->edges = arena_array(draft->arena, n + 1, sizeof(*draft->edges));
    for (size_t i = 0; i < n; i++) {
        const struct change *change = &draft->changes.items[i];
        struct edge_walk walk = {.draft = draft, .from = i};
        if (change->desired != NULL)
            references_each(change->desired, visit, &walk);
        walk.former = true;
        if (change->prior != NULL)
            references_each(change->prior, visit, &walk);
    }
}

/* ---- waves --------------------------------------------------------------------------------
 */

/* Kahn's algorithm over side arrays. The references of a manifest have no cycle (config checks
 * it) and pools only chain hosts, so all changes get a wave. */
static unsigned assign_waves(struct draft *draft)
{
    size_t n = draft->changes.n;
    unsigned waves = 0;
    size_t *missing = ARENA_ARRAY(draft->arena, n, size_t);
    VEC(size_t) *dependents = arena_array(draft->arena, n, sizeof(*dependents));
    VEC(size_t) ready = {0};
    for (size_t i = 0; i < n; i++) {
        missing[i] = draft->edges[i].n;
        VEC_EACH (struct change_edge, edge, draft->edges[i])
            VEC_PUSH(draft->arena, &dependents[edge->on], i);
        draft->changes.items[i].wave = 1;
        if (missing[i] == 0)
            VEC_PUSH(draft->arena, &ready, i);
    }
    for (size_t at = 0; at < ready.n; at++) {
        size_t done = ready.items[at];
        unsigned wave = draft->changes.items[done].wave;
        waves = wave > waves ? wave : waves;
        VEC_EACH (size_t, it, dependents[done]) {
            struct change *dependent = &draft->changes.items[*it];
            if (dependent->wave <= wave)
                dependent->wave = wave + 1;
            if (--missing[*it] == 0)
                VEC_PUSH(draft->arena, &ready, *it);
        }
    }
    assert(ready.n == n);
    return waves;
}

struct rank {
    unsigned wave;
    const char *address;
    size_t index;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->wave != y->wave)
        return x->wave < y->wave ? -1 : 1;
    return strcmp(x->address, y->address);
}

/* Put the changes into the order of execution and renumber the edges. */
static void sort_changes(struct draft *draft)
{
    size_t n = draft->changes.n;
    struct rank *ranks = ARENA_ARRAY(draft->arena, n, struct rank);
    size_t *place = ARENA_ARRAY(draft->arena, n, size_t);
    struct change *sorted = ARENA_ARRAY(draft->arena, n, struct change);
    for (size_t i = 0; i < n; i++)
        ranks[i] =
            (struct rank){draft->changes.items[i].wave, draft->changes.items[i].address, i};
    if (n > 1)
        qsort(ranks, n, sizeof(*ranks), compare_ranks);
    for (size_t i = 0; i < n; i++)
        place[ranks[i].index] = i;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = draft->changes.items[ranks[i].index];
        struct change_edge *edges = draft->edges[ranks[i].index].items;
        for (size_t e = 0; e < draft->edges[ranks[i].index].n; e++)
            edges[e].on = place[edges[e].on];
        sorted[i].after = edges;
        sorted[i].n_after = draft->edges[ranks[i].index].n;
        map_set(&draft->by_address, sorted[i].address, (void *)(uintptr_t)(i + 1));
    }
    draft->changes.items = sorted;
}

unsigned order_waves(struct draft *draft)
{
    if (draft->changes.n == 0)
        return 0;
    settle_edges(draft);
    unsigned waves = assign_waves(draft);
    sort_changes(draft);
    return waves;
}
