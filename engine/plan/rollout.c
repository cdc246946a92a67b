/* rollout.c: how many hosts of a pool are out of service at a time.
 *
 * Hosts whose change opens a window go in batches of rollout.max_unavailable; the first host
 * goes alone (canary). Hosts that are out already, for whatever reason, use up the budget. A
 * host that an earlier apply left in maintenance goes first: it is out anyway.
 */
#include "plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"

static bool is_out(const struct instance *live)
{
    if (live == NULL || live->presence != PRESENCE_PRESENT)
        return true;
    const char *connection = instance_text(live, "connection");
    const struct value *maintenance = instance_get(live, "maintenance");
    return connection == NULL || strcmp(connection, "connected") != 0 ||
           (maintenance->type == VALUE_BOOL && maintenance->boolean);
}

static bool of_pool(const struct instance *host, const char *pool)
{
    const char *of = host != NULL && host->schema->expanded ? instance_text(host, "pool") : NULL;
    return of != NULL && strcmp(of, pool) == 0;
}

/* Hosts of the pool that are out now and that this plan does not work on. */
static size_t out_already(const struct draft *draft, const char *pool, const char **ret_example)
{
    const struct facts *facts = &draft->input->facts;
    size_t n = 0;
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *host = facts->desired->items[i];
        if (!of_pool(host, pool) || !is_out(instances_find(facts->live, host->address)))
            continue;
        const struct change *change = draft_change(draft, host->address);
        if (change != NULL && change_opens_window(change))
            continue;
        *ret_example = host->name;
        n++;
    }
    return n;
}

/* A host that is out already goes first; then by address. */
static int compare_members(const void *a, const void *b)
{
    const struct change *x = *(struct change *const *)a, *y = *(struct change *const *)b;
    bool out_x = is_out(x->live), out_y = is_out(y->live);
    if (out_x != out_y)
        return out_x ? -1 : 1;
    return strcmp(x->address, y->address);
}

static size_t index_of(const struct draft *draft, const struct change *change)
{
    return (size_t)(change - draft->changes.items);
}

/* Members in batches: the canary alone, then `size` at a time. */
static void chain(struct draft *draft, struct change **members, size_t n, size_t size, bool soft)
{
    size_t former = 0, begin = 0;
    for (size_t end = 1; begin < n; end = end + size < n ? end + size : n) {
        for (size_t i = begin; begin > 0 && i < end; i++)
            for (size_t j = former; j < begin; j++)
                order_add_edge(draft, index_of(draft, members[i]), index_of(draft, members[j]),
                               soft);
        former = begin;
        begin = end;
    }
}

static void refuse_all(struct draft *draft, struct change **members, size_t n, size_t out,
                       const char *example)
{
    for (size_t i = 0; i < n; i++)
        draft_refuse(
            draft, ERR_DENIED, members[i]->desired,
            arena_printf(draft->arena,
                         "would be out of service together with %zu host%s of its pool (%s)", out,
                         out == 1 ? "" : "s", example),
            "bring that host back, or raise rollout.max_unavailable of the pool");
}

static void order_pool(struct draft *draft, const struct instance *pool)
{
    VEC(struct change *) members = {0};
    for (size_t i = 0; i < draft->changes.n; i++) {
        struct change *change = &draft->changes.items[i];
        if (of_pool(change->desired, pool->name) && change_opens_window(change))
            VEC_PUSH(draft->arena, &members, change);
    }
    if (members.n == 0)
        return;
    qsort(members.items, members.n, sizeof(*members.items), compare_members);
    for (size_t i = 0; i < members.n; i++)
        members.items[i]->pool = pool->name;
    members.items[0]->canary = members.n > 1;
    int64_t budget = instance_get(pool, "rollout.max_unavailable")->integer;
    const char *example = "";
    size_t out = out_already(draft, pool->name, &example);
    if ((int64_t)out >= budget) {
        refuse_all(draft, members.items, members.n, out, example);
        return;
    }
    const char *on_failure = instance_text(pool, "rollout.on_failure");
    bool soft = on_failure != NULL && strcmp(on_failure, "continue") == 0;
    chain(draft, members.items, members.n, (size_t)budget - out, soft);
}

void rollout_order(struct draft *draft)
{
    const struct instances *desired = draft->input->facts.desired;
    for (size_t i = 0; i < desired->n; i++)
        if (strcmp(desired->items[i]->schema->kind, "pool") == 0)
            order_pool(draft, desired->items[i]);
}
