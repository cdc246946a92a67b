/* order.c: what comes before what.
 *
 * Creation follows the references, deletion runs against them: what is deleted goes after
 * everything that referred to it has let go. Waves are the levels of the graph; inside a wave
 * the order is that of the addresses.
 */
#include "plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "references.h"

void order_add_edge(struct draft *draft, size_t from, size_t on, bool soft)
{
    if (from == on)
        return;
    for (size_t i = 0; i < draft->edges[from].n; i++) {
        struct change_edge *edge = &draft->edges[from].items[i];
        if (edge->on == on) {
            edge->soft = edge->soft && soft;
            return;
        }
    }
    VEC_PUSH(draft->arena, &draft->edges[from], ((struct change_edge){on, soft}));
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

/* A reference to a pool is one to each of its hosts that changes. */
static void add_pool_edges(struct edge_walk *walk, const char *pool)
{
    struct draft *draft = walk->draft;
    if (draft->changes.items[walk->from].kind->schema.expanded)
        return;
    for (size_t i = 0; i < draft->changes.n; i++) {
        const struct change *host = &draft->changes.items[i];
        const char *of = host->desired != NULL && host->kind->schema.expanded
                             ? instance_text(host->desired, "pool")
                             : NULL;
        if (of != NULL && strcmp(of, pool) == 0)
            order_add_edge(draft, walk->from, i, false);
    }
}

static void visit(void *context, const struct reference *reference)
{
    struct edge_walk *walk = context;
    struct draft *draft = walk->draft;
    const struct kind *kind = kind_by_section(draft->input->facts.kinds, reference->section);
    if (kind == NULL)
        return;
    if (strcmp(kind->schema.kind, "pool") == 0) {
        if (!walk->former)
            add_pool_edges(walk, reference->name);
        return;
    }
    size_t on = index_of(draft, arena_printf(draft->arena, "%s/%s", kind->schema.kind,
                                             reference->name));
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

/* ---- waves -------------------------------------------------------------------------------- */

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
        VEC_EACH(struct change_edge, edge, draft->edges[i])
        VEC_PUSH(draft->arena, &dependents[edge->on], i);
        draft->changes.items[i].wave = 1;
        if (missing[i] == 0)
            VEC_PUSH(draft->arena, &ready, i);
    }
    for (size_t at = 0; at < ready.n; at++) {
        size_t done = ready.items[at];
        unsigned wave = draft->changes.items[done].wave;
        waves = wave > waves ? wave : waves;
        VEC_EACH(size_t, it, dependents[done])
        {
            struct change *dependent = &draft->changes.items[*it];
            if (dependent->wave <= wave)
                dependent->wave = wave + 1;
            if (--missing[*it] == 0)
                VEC_PUSH(draft->arena, &ready, *it);
        }
    }
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
        ranks[i] = (struct rank){draft->changes.items[i].wave, draft->changes.items[i].address,
                                 i};
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
    unsigned waves = assign_waves(draft);
    sort_changes(draft);
    return waves;
}
