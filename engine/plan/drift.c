/* drift.c: what moved in the world since it was last applied: prior against live. */
#include "plan.h"

#include "arena.h"
#include "diff.h"
#include "types.h"
#include "vec.h"

struct search {
    struct arena *arena;
    VEC(struct drift_item) items;
    VEC(struct plan_blind) blind;
};

static struct pos place_of(const struct instance *desired, size_t attr)
{
    if (desired == NULL)
        return (struct pos){0};
    bool own = desired->attr_pos != NULL && desired->attr_pos[attr].line > 0;
    return own ? desired->attr_pos[attr] : desired->pos;
}

static void compare(struct search *search, const struct instance *prior,
                    const struct instance *live, const struct instance *desired)
{
    const struct schema *schema = prior->schema;
    const struct lifecycle *lifecycle = desired == NULL ? NULL : desired->lifecycle;
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        if (!diff_is_managed(schema, attr, prior->attrs[i]))
            continue;
        if (value_is_unreadable(live->attrs[i])) {
            VEC_PUSH(search->arena, &search->blind,
                     ((struct plan_blind){prior->address, attr->name, live->attrs[i]->string}));
            continue;
        }
        if (attr_equal(attr, prior->attrs[i], live->attrs[i]))
            continue;
        bool ignored =
            lifecycle != NULL && (lifecycle_names(lifecycle->ignore_drift, attr->name) ||
                                  lifecycle_names(lifecycle->ignore_changes, attr->name));
        VEC_PUSH(search->arena, &search->items,
                 ((struct drift_item){.address = prior->address,
                                      .attr = attr,
                                      .prior = prior->attrs[i],
                                      .live = live->attrs[i],
                                      .ignored = ignored,
                                      .pos = place_of(desired, i)}));
    }
}

const struct drift *drift_find(const struct facts *facts)
{
    struct search search = {.arena = facts->arena};
    size_t checked = 0;
    for (size_t i = 0; i < facts->prior->n; i++) {
        const struct instance *prior = facts->prior->items[i];
        const struct instance *live = instances_find(facts->live, prior->address);
        const struct instance *desired = instances_find(facts->desired, prior->address);
        if (live == NULL || live->presence == PRESENCE_UNKNOWN ||
            live->presence == PRESENCE_UNREADABLE) {
            const char *reason = live == NULL || live->reason == NULL
                                     ? "no provider is configured that reads it"
                                     : live->reason;
            VEC_PUSH(facts->arena, &search.blind,
                     ((struct plan_blind){prior->address, NULL, reason}));
            continue;
        }
        if (value_get_bool(prior->meta, "unfinished", false)) {
            VEC_PUSH(facts->arena, &search.blind,
                     ((struct plan_blind){prior->address, NULL,
                                          "an apply of it was interrupted: run apply"}));
            continue;
        }
        checked++;
        if (live->presence == PRESENCE_ABSENT)
            VEC_PUSH(
                facts->arena, &search.items,
                ((struct drift_item){.address = prior->address,
                                     .pos = desired == NULL ? (struct pos){0} : desired->pos}));
        else
            compare(&search, prior, live, desired);
    }
    struct drift *drift = ARENA_NEW(facts->arena, struct drift);
    *drift = (struct drift){.items = search.items.items,
                            .n = search.items.n,
                            .blind = search.blind.items,
                            .n_blind = search.blind.n,
                            .n_checked = checked};
    return drift;
}

size_t drift_count(const struct drift *drift)
{
    size_t n = 0;
    for (size_t i = 0; i < drift->n; i++)
        n += !drift->items[i].ignored;
    return n;
}

size_t drift_count_news(const struct drift *drift)
{
    size_t n = 0;
    for (size_t i = 0; i < drift->n; i++)
        n += !drift->items[i].ignored && drift->items[i].news != DRIFT_STILL;
    return n;
}

size_t drift_count_blind_news(const struct drift *drift)
{
    size_t n = 0;
    for (size_t i = 0; i < drift->n_blind; i++)
        n += drift->blind_seen == NULL || drift->blind_seen[i].news != DRIFT_STILL;
    return n;
}
