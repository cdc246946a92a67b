/* range.c: see range.h. */
#include "range.h"

#include <string.h>

#include "arena.h"
#include "map.h"
#include "references.h"
#include "vec.h"

/* The two plans, side by side, and what was found to belong. */
struct range {
    struct arena *arena;
    const struct plan_input *base, *input;
    const struct plan *former, *plan;
    struct map changes;  /* of plan: address -> struct change */
    struct map formerly; /* of former: the same */
    struct map belongs;  /* address -> itself */
    VEC(const char *) addresses;
};

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Values that cannot be worked out are the same when they lack the same. */
static bool same_value(const struct value *a, const struct value *b)
{
    return value_compare(a, b) == 0;
}

/* ---- what is wanted -----------------------------------------------------------------------
 */

static bool same_list(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return (a == NULL || a[0] == NULL) && (b == NULL || b[0] == NULL);
    size_t i = 0;
    while (a[i] != NULL && b[i] != NULL && strcmp(a[i], b[i]) == 0)
        i++;
    return a[i] == NULL && b[i] == NULL;
}

static bool same_lifecycle(const struct lifecycle *a, const struct lifecycle *b)
{
    static const struct lifecycle none = {0};
    a = a == NULL ? &none : a;
    b = b == NULL ? &none : b;
    return a->prevent_destroy == b->prevent_destroy && a->adopt == b->adopt &&
           same_list(a->ignore_changes, b->ignore_changes) &&
           same_list(a->ignore_drift, b->ignore_drift) && same_list(a->allow, b->allow);
}

static bool same_wish(const struct instance *a, const struct instance *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->schema != b->schema || !same_lifecycle(a->lifecycle, b->lifecycle))
        return false;
    for (size_t i = 0; i < a->schema->n_attrs; i++)
        if (!same_value(a->attrs[i], b->attrs[i]))
            return false;
    return true;
}

static bool was_edited(const struct range *range, const char *address)
{
    return !same_wish(instances_find(range->base->facts.desired, address),
                      instances_find(range->input->facts.desired, address));
}

/* ---- what is done -------------------------------------------------------------------------
 */

static bool same_attr(const struct attr_change *a, const struct attr_change *b)
{
    return strcmp(a->attr->name, b->attr->name) == 0 && same_value(a->from, b->from) &&
           same_value(a->to, b->to);
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return same_text(a->attr, b->attr) && same_text(a->equals, b->equals);
}

static bool same_step(const struct step *a, const struct step *b)
{
    return strcmp(a->provider, b->provider) == 0 && strcmp(a->op, b->op) == 0 &&
           a->effects == b->effects && same_condition(a->when, b->when) &&
           same_value(a->args, b->args);
}

static bool same_change(const struct change *a, const struct change *b)
{
    if (a == NULL || a->action != b->action || !same_text(a->note, b->note) ||
        a->n_attrs != b->n_attrs || a->n_steps != b->n_steps)
        return false;
    for (size_t i = 0; i < a->n_attrs; i++)
        if (!same_attr(&a->attrs[i], &b->attrs[i]))
            return false;
    for (size_t i = 0; i < a->n_steps; i++)
        if (!same_step(&a->steps[i], &b->steps[i]))
            return false;
    return true;
}

static bool was_refused(const struct plan *plan, const struct plan_refusal *refusal)
{
    for (size_t i = 0; i < plan->n_refusals; i++)
        if (strcmp(plan->refusals[i].address, refusal->address) == 0 &&
            same_text(plan->refusals[i].message, refusal->message))
            return true;
    return false;
}

/* ---- what belongs -------------------------------------------------------------------------
 */

static void add(struct range *range, const char *address)
{
    if (map_get(&range->belongs, address) != NULL)
        return;
    map_set(&range->belongs, address, (void *)(uintptr_t)address);
    VEC_PUSH(range->arena, &range->addresses, address);
}

static void pull_in(void *context, const struct reference *reference)
{
    struct range *range = context;
    const struct kind *kind = kind_by_section(range->input->facts.kinds, reference->section);
    const char *address =
        arena_printf(range->arena, "%s/%s",
                     kind == NULL ? reference->section : kind->schema.kind, reference->name);
    const struct change *change = map_get(&range->changes, address);
    if (change != NULL && (change->action == ACTION_CREATE || change->action == ACTION_REBUILD))
        add(range, change->address);
}

/* A template is not built on a host that is not in shape yet. */
static void pull_in_hosts(struct range *range, const struct change *change)
{
    for (size_t i = 0; i < change->n_steps; i++) {
        const char *host = value_get_text(change->steps[i].args, "host");
        const struct change *due =
            host == NULL
                ? NULL
                : map_get(&range->changes, arena_printf(range->arena, "host/%s", host));
        if (due != NULL)
            add(range, due->address);
    }
}

/* The list grows while it is walked: what is pulled in pulls in more. */
static void close_over_needs(struct range *range)
{
    for (size_t i = 0; i < range->addresses.n; i++) {
        const struct change *change = map_get(&range->changes, range->addresses.items[i]);
        if (change != NULL && change->desired != NULL)
            references_each(change->desired, pull_in, range);
        if (change != NULL)
            pull_in_hosts(range, change);
    }
}

static void index_changes(struct map *map, const struct plan *plan)
{
    map_init(map);
    for (size_t i = 0; i < plan->n_changes; i++)
        map_set(map, plan->changes[i].address, (void *)(uintptr_t)&plan->changes[i]);
}

const char *const *plan_range(const struct plan_input *base, const struct plan_input *input,
                              struct diags *scratch)
{
    struct range range = {.arena = input->facts.arena, .base = base, .input = input};
    range.former = plan_build(base, scratch);
    range.plan = plan_build(input, scratch);
    index_changes(&range.changes, range.plan);
    index_changes(&range.formerly, range.former);
    map_init(&range.belongs);
    for (size_t i = 0; i < range.plan->n_changes; i++) {
        const struct change *change = &range.plan->changes[i];
        if (!same_change(map_get(&range.formerly, change->address), change) ||
            was_edited(&range, change->address))
            add(&range, change->address);
    }
    for (size_t i = 0; i < range.plan->n_blind; i++)
        if (was_edited(&range, range.plan->blind[i].address))
            add(&range, range.plan->blind[i].address);
    for (size_t i = 0; i < range.plan->n_refusals; i++)
        if (!was_refused(range.former, &range.plan->refusals[i]) ||
            was_edited(&range, range.plan->refusals[i].address))
            add(&range, range.plan->refusals[i].address);
    close_over_needs(&range);
    VEC_PUSH(range.arena, &range.addresses, NULL);
    map_release(&range.belongs);
    map_release(&range.formerly);
    map_release(&range.changes);
    return range.addresses.items;
}
