/* pace.c: see pace.h. */
#include "pace.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "map.h"
#include "vec.h"

#define TOOK "took"

/* Of one step of one kind, with all resources. */
struct times {
    VEC(int64_t) seconds;
    bool sorted;
};

struct expectation {
    int64_t own; /* seconds with the same resource, or PACE_UNKNOWN */
    struct times *kind;
};

struct pace {
    const struct plan *plan;
    struct arena *arena;
    struct expectation **steps; /* per change, per step */
};

const char *pace_key(const struct change *change, unsigned step, struct arena *arena)
{
    const char *op = change->steps[step].op;
    unsigned number = 1;
    for (unsigned i = 0; i < step; i++)
        number += strcmp(change->steps[i].op, op) == 0;
    return number == 1 ? op : arena_printf(arena, "%s %u", op, number);
}

const struct value *pace_remember(const struct value *meta, const char *key, int64_t took_ms,
                                  struct arena *arena)
{
    if (took_ms < 500)
        return meta;
    const struct value_field time = {key, value_int(arena, (took_ms + 500) / 1000)};
    const struct value_field took = {
        TOOK, value_merge(arena, value_get(meta, TOOK), value_map(arena, &time, 1))};
    return value_merge(arena, meta, value_map(arena, &took, 1));
}

/* ---- what the state tells -------------------------------------------------------------------
 */

/* The times of a step of a kind; empty ones when there are none yet. */
static struct times *times_of(struct map *by_kind, const char *address, const char *key,
                              struct arena *arena)
{
    const char *name = arena_printf(arena, "%.*s %s", (int)strcspn(address, "/"), address, key);
    struct times *times = map_get(by_kind, name);
    if (times == NULL) {
        times = ARENA_NEW(arena, struct times);
        map_set(by_kind, name, times);
    }
    return times;
}

static void add_time(struct times *times, int64_t seconds, struct arena *arena)
{
    VEC_PUSH(arena, &times->seconds, seconds);
    times->sorted = false;
}

static void collect(const struct instances *prior, struct map *by_kind, struct arena *arena)
{
    for (size_t i = 0; i < prior->n; i++) {
        const struct value *took = value_get(prior->items[i]->meta, TOOK);
        for (size_t j = 0; j < value_count(took) && took->type == VALUE_MAP; j++) {
            const char *key = took->map.fields[j].key;
            int64_t seconds = value_get_int(took, key, PACE_UNKNOWN);
            if (seconds >= 0)
                add_time(times_of(by_kind, prior->items[i]->address, key, arena), seconds,
                         arena);
        }
    }
}

static int compare_seconds(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t median(struct times *times)
{
    if (times->seconds.n == 0)
        return PACE_UNKNOWN;
    if (!times->sorted)
        qsort(times->seconds.items, times->seconds.n, sizeof(int64_t), compare_seconds);
    times->sorted = true;
    return times->seconds.items[(times->seconds.n - 1) / 2];
}

struct pace *pace_new(const struct plan *plan, const struct instances *prior,
                      struct arena *arena)
{
    struct pace *pace = ARENA_NEW(arena, struct pace);
    *pace = (struct pace){.plan = plan, .arena = arena};
    pace->steps = ARENA_ARRAY(arena, plan->n_changes + 1, struct expectation *);
    struct map by_kind;
    map_init(&by_kind);
    collect(prior, &by_kind, arena);
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct change *change = &plan->changes[i];
        const struct value *own =
            change->prior == NULL ? NULL : value_get(change->prior->meta, TOOK);
        pace->steps[i] = ARENA_ARRAY(arena, change->n_steps + 1, struct expectation);
        for (unsigned s = 0; s < change->n_steps; s++) {
            const char *key = pace_key(change, s, arena);
            pace->steps[i][s] =
                (struct expectation){value_get_int(own, key, PACE_UNKNOWN),
                                     times_of(&by_kind, change->address, key, arena)};
        }
    }
    map_release(&by_kind);
    return pace;
}

int64_t pace_step(const struct pace *pace, size_t change, unsigned step)
{
    const struct expectation *expected = &pace->steps[change][step];
    int64_t seconds = expected->own >= 0 ? expected->own : median(expected->kind);
    return seconds < 0 ? PACE_UNKNOWN : seconds * 1000;
}

void pace_learn(struct pace *pace, size_t change, unsigned step, int64_t took_ms)
{
    add_time(pace->steps[change][step].kind, (took_ms + 500) / 1000, pace->arena);
}

/* ---- what is left ---------------------------------------------------------------------------
 */

/* Steps that only a failure calls for are not expected. A conditional step without a time of
 * its own was never needed: it does not make the sum uncertain. */
static int64_t change_left(const struct pace *pace, size_t index, const struct pace_at *at,
                           bool *whole)
{
    const struct change *change = &pace->plan->changes[index];
    int64_t left = 0;
    for (unsigned s = at->step; s < change->n_steps; s++) {
        const struct step *step = &change->steps[s];
        int64_t expected = pace_step(pace, index, s);
        if (step->when == &when_failed)
            continue;
        if (expected < 0)
            *whole = *whole && step->when != NULL;
        else if (s > at->step || at->running_ms < expected)
            left += expected - (s == at->step ? at->running_ms : 0);
    }
    return left;
}

int64_t pace_left(const struct pace *pace, const struct pace_at *at, bool *ret_whole)
{
    int64_t left = 0;
    bool whole = true;
    for (size_t i = 0; i < pace->plan->n_changes;) {
        unsigned wave = pace->plan->changes[i].wave;
        int64_t longest = 0;
        for (; i < pace->plan->n_changes && pace->plan->changes[i].wave == wave; i++) {
            int64_t one = at[i].ended ? 0 : change_left(pace, i, &at[i], &whole);
            longest = one > longest ? one : longest;
        }
        left += longest;
    }
    *ret_whole = whole;
    return left;
}
