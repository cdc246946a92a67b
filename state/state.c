/* state.c: the state in memory. See state.h. */
#include "state.h"

#include <assert.h>
#include <string.h>

#include "address.h"
#include "arena.h"

enum { FIRST_CAPACITY = 16 };

struct state *state_new(struct arena *arena, const char *lineage, const char *site)
{
    struct state *state = ARENA_NEW(arena, struct state);
    state->lineage = arena_strdup(arena, lineage);
    state->site = arena_strdup(arena, site);
    return state;
}

/* Index of the address, or where it belongs. */
static size_t position(const struct state *state, const char *address, bool *ret_found)
{
    size_t low = 0, high = state->resources.n;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(state->resources.items[middle]->address, address);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for one more. A state that was put together elsewhere has no capacity and nothing kept:
 * its arrays are never grown in place. */
static void reserve(struct state *state, struct arena *arena)
{
    size_t n = state->resources.n;
    if (n < state->capacity)
        return;
    size_t capacity = n < FIRST_CAPACITY ? FIRST_CAPACITY : 2 * n;
    struct instance **items = ARENA_ARRAY(arena, capacity, struct instance *);
    struct kept *kept = ARENA_ARRAY(arena, capacity, struct kept);
    if (n > 0)
        memcpy(items, state->resources.items, n * sizeof(struct instance *));
    if (n > 0 && state->kept != NULL)
        memcpy(kept, state->kept, n * sizeof(struct kept));
    state->resources.items = items;
    state->kept = kept;
    state->capacity = capacity;
}

static void insert_at(struct state *state, struct arena *arena, size_t at,
                      struct instance *instance)
{
    reserve(state, arena);
    struct instance **items = state->resources.items;
    size_t behind = state->resources.n - at;
    memmove(&items[at + 1], &items[at], behind * sizeof(struct instance *));
    memmove(&state->kept[at + 1], &state->kept[at], behind * sizeof(struct kept));
    items[at] = instance;
    state->kept[at] = (struct kept){NULL, NULL};
    state->resources.n++;
}

static void remove_at(struct state *state, size_t at)
{
    struct instance **items = state->resources.items;
    size_t behind = state->resources.n - at - 1;
    memmove(&items[at], &items[at + 1], behind * sizeof(struct instance *));
    if (state->kept != NULL)
        memmove(&state->kept[at], &state->kept[at + 1], behind * sizeof(struct kept));
    state->resources.n--;
}

void state_put(struct state *state, struct arena *arena, const char *address,
               struct instance *instance)
{
    assert(instance == NULL || strcmp(instance->address, address) == 0);
    bool found;
    size_t at = position(state, address, &found);
    if (instance == NULL) {
        if (found)
            remove_at(state, at);
    } else if (found) {
        state->resources.items[at] = instance;
    } else {
        insert_at(state, arena, at, instance);
    }
}

void state_rename(struct state *state, struct arena *arena, const char *from, const char *to)
{
    bool found, taken;
    size_t at = position(state, from, &found);
    position(state, to, &taken);
    assert(found && !taken);
    struct instance *entry = ARENA_NEW(arena, struct instance);
    struct kept kept = state->kept == NULL ? (struct kept){NULL, NULL} : state->kept[at];
    *entry = *state->resources.items[at];
    entry->address = to;
    entry->name = address_name(to);
    remove_at(state, at);
    at = position(state, to, &found);
    insert_at(state, arena, at, entry);
    state->kept[at] = kept;
    struct intent *intents = ARENA_ARRAY(arena, state->n_intents, struct intent);
    for (size_t i = 0; i < state->n_intents; i++) {
        intents[i] = state->intents[i];
        if (strcmp(intents[i].address, from) == 0)
            intents[i].address = to;
    }
    state->intents = intents;
    state->intents_capacity = state->n_intents;
}

bool state_has_plan(const struct state *state, const char *plan_id)
{
    for (size_t i = 0; i < state->n_plans; i++)
        if (strcmp(state->plans[i], plan_id) == 0)
            return true;
    return false;
}

void state_add_plan(struct state *state, struct arena *arena, const char *plan_id)
{
    if (state_has_plan(state, plan_id))
        return;
    size_t drop = state->n_plans < STATE_PLANS_KEPT ? 0 : state->n_plans - STATE_PLANS_KEPT + 1;
    size_t n = state->n_plans - drop;
    const char **plans = ARENA_ARRAY(arena, n + 1, const char *);
    for (size_t i = 0; i < n; i++)
        plans[i] = state->plans[drop + i];
    plans[n] = arena_strdup(arena, plan_id);
    state->plans = plans;
    state->n_plans = n + 1;
}

static bool same_step(const struct intent *a, const struct intent *b)
{
    return a->step == b->step && strcmp(a->address, b->address) == 0 &&
           strcmp(a->plan, b->plan) == 0;
}

/* A new array when there is no room: the former one may be shared. */
void state_add_intent(struct state *state, struct arena *arena, const struct intent *intent)
{
    state_end_intent(state, intent);
    size_t n = state->n_intents;
    if (n >= state->intents_capacity) {
        size_t capacity = n < FIRST_CAPACITY ? FIRST_CAPACITY : 2 * n;
        struct intent *grown = ARENA_ARRAY(arena, capacity, struct intent);
        for (size_t i = 0; i < n; i++)
            grown[i] = state->intents[i];
        state->intents = grown;
        state->intents_capacity = capacity;
    }
    struct intent *intents = (struct intent *)state->intents;
    intents[n] = *intent;
    state->n_intents = n + 1;
}

void state_end_intent(struct state *state, const struct intent *intent)
{
    struct intent *intents = (struct intent *)state->intents;
    size_t kept = 0;
    for (size_t i = 0; i < state->n_intents; i++)
        if (!same_step(&intents[i], intent))
            intents[kept++] = intents[i];
    state->n_intents = kept;
}
