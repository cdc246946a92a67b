/* rollout.c: how many hosts of a pool are out of service at a time.
 *
 * Hosts that a plan takes out of service go in batches of what rollout.max_unavailable leaves,
 * the first one alone (canary). Hosts that are out already and stay out use up the budget.
 * Hosts that are out and that this plan brings back, since an earlier apply left them in
 * maintenance, go first: they are out anyway.
 */
#include "plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static bool is_out(const struct instance *live)
{
    if (live == NULL || live->presence != PRESENCE_PRESENT)
        return true;
    const char *connection = instance_text(live, "connection");
    return connection == NULL || strcmp(connection, "connected") != 0 ||
           value_is_true(instance_get(live, "maintenance"));
}

/* The hosts of one pool, sorted out. */
struct rollout {
    const struct instance *pool;
    VEC(size_t) members; /* indexes of changes: what comes back, then what goes out */
    VEC(size_t) leaving; /* those that are in service now */
    size_t out;          /* hosts that are out and stay out */
    const char *example; /* one of those */
};

static void sort_out(const struct draft *draft, struct rollout *rollout)
{
    const struct facts *facts = &draft->input->facts;
    const struct instance *host;
    for (size_t i = 0; (host = facts_pool_host(facts, rollout->pool, i)) != NULL; i++) {
        const struct change *change = draft_change(draft, host->address);
        bool out = is_out(instances_find(facts->live, host->address));
        bool returns = change != NULL && change_effects(change) & EFFECT_LEAVE;
        size_t index = change == NULL ? 0 : (size_t)(change - draft->changes.items);
        if (out && returns) {
            VEC_PUSH(draft->arena, &rollout->members, index);
        } else if (out) {
            rollout->example = rollout->out == 0 ? host->name : rollout->example;
            rollout->out++;
        } else if (change != NULL && change_opens_window(change)) {
            VEC_PUSH(draft->arena, &rollout->leaving, index);
        }
    }
}

static int compare_indexes(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Members in batches: the canary alone, then `size` at a time. */
static void chain(struct draft *draft, const size_t *members, size_t n, size_t size, bool soft)
{
    size_t former = 0, begin = 0;
    for (size_t end = 1; begin < n; end = end + size < n ? end + size : n) {
        for (size_t i = begin; begin > 0 && i < end; i++)
            for (size_t j = former; j < begin; j++)
                order_add_edge(draft, members[i], members[j], soft);
        former = begin;
        begin = end;
    }
}

static void refuse_all(struct draft *draft, const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->leaving.n; i++)
        draft_refuse(
            draft, ERR_DENIED, draft->changes.items[rollout->leaving.items[i]].desired,
            arena_printf(draft->arena,
                         "would be out of service together with %zu host%s of its pool "
                         "(%s)",
                         rollout->out, rollout->out == 1 ? "" : "s", rollout->example),
            "bring that host back, or raise rollout.max_unavailable of the pool");
}

static void order_pool(struct draft *draft, const struct instance *pool)
{
    struct rollout rollout = {.pool = pool};
    sort_out(draft, &rollout);
    if (rollout.members.n + rollout.leaving.n == 0)
        return;
    int64_t most = instance_get(pool, "rollout.max_unavailable")->integer;
    size_t budget = (int64_t)rollout.out >= most ? 0 : (size_t)most - rollout.out;
    if (budget == 0 && rollout.leaving.n > 0)
        refuse_all(draft, &rollout);
    /* The list of a pool may name its hosts in any order. */
    if (rollout.members.n > 1)
        qsort(rollout.members.items, rollout.members.n, sizeof(size_t), compare_indexes);
    if (rollout.leaving.n > 1)
        qsort(rollout.leaving.items, rollout.leaving.n, sizeof(size_t), compare_indexes);
    VEC_EACH (size_t, it, rollout.leaving)
        VEC_PUSH(draft->arena, &rollout.members, *it);
    for (size_t i = 0; i < rollout.members.n; i++) {
        struct change *change = &draft->changes.items[rollout.members.items[i]];
        change->pool = pool->name;
        change->budget = (unsigned)(budget == 0 ? 1 : budget);
    }
    draft->changes.items[rollout.members.items[0]].canary = rollout.members.n > 1;
    const char *on_failure = instance_text(pool, "rollout.on_failure");
    bool soft = on_failure != NULL && strcmp(on_failure, "continue") == 0;
    chain(draft, rollout.members.items, rollout.members.n, budget == 0 ? 1 : budget, soft);
}

void rollout_order(struct draft *draft)
{
    const struct instances *desired = draft->input->facts.desired;
    for (size_t i = 0; i < desired->n; i++)
        if (strcmp(desired->items[i]->schema->kind, "pool") == 0)
            order_pool(draft, desired->items[i]);
}
