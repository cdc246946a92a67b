/* impact.c: the head of a plan: what it does to the world, counted from its steps. */
#include "plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "gpu.h"
#include "types.h"

struct names {
    VEC(const char *) list;
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_names(struct arena *arena, struct names *names, const struct value *vms)
{
    for (size_t i = 0; i < value_count(vms); i++)
        VEC_PUSH(arena, &names->list, value_text(value_at(vms, i)));
}

static void count_action(struct plan_impact *impact, enum action action)
{
    switch (action) {
    case ACTION_CREATE:
        impact->n_create++;
        break;
    case ACTION_UPDATE:
        impact->n_update++;
        break;
    case ACTION_REBUILD:
        impact->n_rebuild++;
        break;
    case ACTION_DELETE:
        impact->n_delete++;
        break;
    case ACTION_RELEASE:
        impact->n_release++;
        break;
    case ACTION_ADOPT:
        impact->n_adopt++;
        break;
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
}

static void count_step(struct arena *arena, struct plan_impact *impact, const struct step *step,
                       struct names *off, struct names *move)
{
    if (step->effects & EFFECT_MAINTENANCE)
        impact->n_windows++;
    if (step->effects & EFFECT_HOST_REBOOT) {
        impact->n_reboots_most++;
        if (step->when == NULL)
            impact->n_reboots_least++;
        else
            impact->range_reason = step->when->why;
    }
    if (step->effects & EFFECT_VM_POWER_OFF)
        add_names(arena, off, value_get(step->args, "vms"));
    if (step->effects & EFFECT_VM_MOVE)
        add_names(arena, move, value_get(step->args, "vms"));
    impact->n_data_loss += (step->effects & EFFECT_DATA_LOSS) != 0;
    impact->n_service += (step->effects & EFFECT_SERVICE) != 0;
}

/* ---- slots --------------------------------------------------------------------------------
 */

/* The profile is offered, or the cards are passed through, as things are. */
static bool offers(const struct instance *live, const struct gpu_want *want)
{
    const char *now = pending_now(instance_get(live, "passthrough"));
    if (want->profile != NULL)
        return value_list_has(instance_get(live, "profiles"), want->profile);
    return now != NULL && strcmp(now, want->label) == 0;
}

/* A host gives slots while it is connected, out of maintenance and offers what is wanted. */
static bool serves_now(const struct instance *live, const struct gpu_want *want)
{
    const char *connection = instance_text(live, "connection");
    const struct value *maintenance = instance_get(live, "maintenance");
    return live->presence == PRESENCE_PRESENT && connection != NULL &&
           strcmp(connection, "connected") == 0 && maintenance->type == VALUE_BOOL &&
           !maintenance->boolean && offers(live, want);
}

/* One host of the profile, as far as counting slots goes. */
struct seat {
    int before, after;
    unsigned wave; /* its window; 0: none */
};

static struct seat seat_of(const struct draft *draft, const struct instance *host,
                           const struct gpu_want *want)
{
    const struct instance *live = instances_find(draft->input->facts.live, host->address);
    if (live == NULL || live->presence != PRESENCE_PRESENT)
        return (struct seat){0};
    int known = gpu_places(instance_get(live, "gpus"), want), slots = known < 0 ? 0 : known;
    struct seat seat = {.before = serves_now(live, want) ? slots : 0};
    seat.after = seat.before;
    const struct change *change = draft_change(draft, host->address);
    if (change == NULL)
        return seat;
    bool leaves = (change_effects(change) & EFFECT_LEAVE) != 0;
    if (change_opens_window(change)) {
        seat.wave = change->wave;
        seat.after = leaves ? slots : 0;
    } else if (leaves) {
        seat.wave = change->wave;
        seat.after = slots;
    }
    return seat;
}

/* Slots of one profile, as differences from wave to wave. */
struct tally {
    struct plan_slots total;
    int *step;  /* [w]: slots in wave w less those in wave w - 1 */
    bool *busy; /* [w]: a host of the profile is worked on */
};

static void tally_host(struct tally *tally, const struct seat *seat)
{
    tally->total.now += seat->before;
    tally->total.after += seat->after;
    tally->step[0] += seat->before;
    if (seat->wave == 0)
        return;
    tally->step[seat->wave] -= seat->before;
    tally->step[seat->wave + 1] += seat->after;
    tally->busy[seat->wave] = true;
}

static struct plan_slots tally_end(const struct tally *tally, unsigned n_waves)
{
    struct plan_slots total = tally->total;
    int during = tally->step[0];
    bool first = true;
    total.least = total.most = total.now;
    for (unsigned wave = 1; wave <= n_waves; wave++) {
        during += tally->step[wave];
        if (!tally->busy[wave])
            continue;
        total.least = first || during < total.least ? during : total.least;
        total.most = first || during > total.most ? during : total.most;
        first = false;
    }
    return total;
}

static struct tally *tally_of(struct map *tallies, const char *profile, struct arena *arena,
                              unsigned n_waves)
{
    struct tally *tally = map_get(tallies, profile);
    if (tally != NULL)
        return tally;
    tally = ARENA_NEW(arena, struct tally);
    tally->total.profile = profile;
    tally->step = ARENA_ARRAY(arena, n_waves + 2, int);
    tally->busy = ARENA_ARRAY(arena, n_waves + 2, bool);
    map_set(tallies, profile, tally);
    return tally;
}

static void tally_pool(const struct draft *draft, struct map *tallies,
                       const struct instance *pool, unsigned n_waves)
{
    const struct facts *facts = &draft->input->facts;
    const struct instance *host;
    struct gpu_want want;
    if (!gpu_want_of(facts_referred(facts, pool, "vgpu_mode", "vgpu_mode"), 1, &want))
        return;
    struct tally *tally = tally_of(tallies, want.label, draft->arena, n_waves);
    for (size_t i = 0; (host = facts_pool_host(facts, pool, i)) != NULL; i++) {
        struct seat seat = seat_of(draft, host, &want);
        tally_host(tally, &seat);
    }
}

static void add_slots(const struct draft *draft, struct plan_impact *impact, unsigned n_waves)
{
    const struct instances *desired = draft->input->facts.desired;
    struct map tallies;
    map_init(&tallies);
    for (size_t i = 0; i < desired->n; i++)
        if (strcmp(desired->items[i]->schema->kind, "pool") == 0)
            tally_pool(draft, &tallies, desired->items[i], n_waves);
    const char **profiles = map_sorted_keys(&tallies, draft->arena);
    size_t n = map_count(&tallies);
    struct plan_slots *slots = ARENA_ARRAY(draft->arena, n + 1, struct plan_slots);
    for (size_t i = 0; i < n; i++)
        slots[i] = tally_end(map_get(&tallies, profiles[i]), n_waves);
    map_release(&tallies);
    impact->slots = slots;
    impact->n_slots = n;
}

/* Most hosts of one pool in one wave: changes are in order of waves. */
static unsigned count_max_out(const struct draft *draft)
{
    unsigned most = 0, wave = 0;
    struct map run;
    map_init(&run);
    for (size_t i = 0; i < draft->changes.n; i++) {
        const struct change *change = &draft->changes.items[i];
        if (change->pool == NULL)
            continue;
        if (change->wave != wave) {
            map_release(&run);
            map_init(&run);
            wave = change->wave;
        }
        unsigned n = (unsigned)(uintptr_t)map_get(&run, change->pool) + 1;
        map_set(&run, change->pool, (void *)(uintptr_t)n);
        most = n > most ? n : most;
    }
    map_release(&run);
    return most;
}

struct plan_impact impact_of(const struct draft *draft, unsigned n_waves)
{
    struct plan_impact impact = {0};
    struct names off = {0}, move = {0};
    for (size_t i = 0; i < draft->changes.n; i++) {
        const struct change *change = &draft->changes.items[i];
        count_action(&impact, change->action);
        for (size_t s = 0; s < change->n_steps; s++)
            count_step(draft->arena, &impact, &change->steps[s], &off, &move);
    }
    if (off.list.n > 1)
        qsort(off.list.items, off.list.n, sizeof(*off.list.items), compare_texts);
    if (move.list.n > 1)
        qsort(move.list.items, move.list.n, sizeof(*move.list.items), compare_texts);
    impact.power_off = off.list.items;
    impact.n_power_off = off.list.n;
    impact.move = move.list.items;
    impact.n_move = move.list.n;
    impact.max_out = count_max_out(draft);
    add_slots(draft, &impact, n_waves);
    return impact;
}
