/* impact.c: the head of a plan: what it does to the world, counted from its steps. */
#include "plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
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
            impact->range_reason = "ECC is readable only with the driver";
    }
    if (step->effects & EFFECT_VM_POWER_OFF)
        add_names(arena, off, value_get(step->args, "vms"));
    if (step->effects & EFFECT_VM_MOVE)
        add_names(arena, move, value_get(step->args, "vms"));
    impact->n_data_loss += (step->effects & EFFECT_DATA_LOSS) != 0;
    impact->n_service += (step->effects & EFFECT_SERVICE) != 0;
}

/* ---- slots -------------------------------------------------------------------------------- */

/* A host gives slots while it is connected, out of maintenance and offers the profile. */
static bool serves_now(const struct instance *live, const char *profile)
{
    const char *connection = instance_text(live, "connection");
    const struct value *maintenance = instance_get(live, "maintenance");
    return live->presence == PRESENCE_PRESENT && connection != NULL &&
           strcmp(connection, "connected") == 0 && maintenance->type == VALUE_BOOL &&
           !maintenance->boolean && value_list_has(instance_get(live, "profiles"), profile);
}

static const char *profile_of_pool(const struct facts *facts, const struct instance *pool)
{
    const char *mode = instance_text(pool, "vgpu_mode");
    const struct instance *found =
        mode == NULL ? NULL
                     : instances_find(facts->desired,
                                      address_make(facts->arena, "vgpu_mode", mode));
    return found == NULL ? NULL : instance_text(found, "profile");
}

/* One host of the profile, as far as counting slots goes. */
struct seat {
    int before, after;
    unsigned wave; /* its window; 0: none */
};

static struct seat seat_of(const struct draft *draft, const struct instance *host,
                           const char *profile)
{
    const struct instance *live = instances_find(draft->input->facts.live, host->address);
    if (live == NULL || live->presence != PRESENCE_PRESENT)
        return (struct seat){0};
    int known = gpu_slots(instance_get(live, "gpus"), profile), slots = known < 0 ? 0 : known;
    struct seat seat = {.before = serves_now(live, profile) ? slots : 0};
    seat.after = seat.before;
    const struct change *change = draft_change(draft, host->address);
    if (change == NULL)
        return seat;
    bool leaves = false;
    for (size_t i = 0; i < change->n_steps; i++)
        leaves = leaves || (change->steps[i].effects & EFFECT_LEAVE);
    if (change_opens_window(change)) {
        seat.wave = change->wave;
        seat.after = leaves ? slots : 0;
    } else if (leaves) {
        seat.after = slots;
    }
    return seat;
}

static struct plan_slots count_slots(const struct draft *draft, const char *profile,
                                     unsigned n_waves)
{
    const struct facts *facts = &draft->input->facts;
    struct plan_slots total = {.profile = profile};
    int *during = ARENA_ARRAY(draft->arena, n_waves + 1, int);
    bool *busy = ARENA_ARRAY(draft->arena, n_waves + 1, bool);
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *host = facts->desired->items[i];
        const char *pool = host->schema->expanded ? instance_text(host, "pool") : NULL;
        const struct instance *of =
            pool == NULL ? NULL
                         : instances_find(facts->desired,
                                          address_make(facts->arena, "pool", pool));
        const char *own = of == NULL ? NULL : profile_of_pool(facts, of);
        if (own == NULL || strcmp(own, profile) != 0)
            continue;
        struct seat seat = seat_of(draft, host, profile);
        total.now += seat.before;
        total.after += seat.after;
        for (unsigned wave = 1; wave <= n_waves; wave++)
            during[wave] += seat.wave == wave                     ? 0
                            : seat.wave != 0 && wave > seat.wave ? seat.after
                                                                  : seat.before;
        if (seat.wave != 0)
            busy[seat.wave] = true;
    }
    total.least = total.most = total.now;
    bool first = true;
    for (unsigned wave = 1; wave <= n_waves; wave++) {
        if (!busy[wave])
            continue;
        total.least = first || during[wave] < total.least ? during[wave] : total.least;
        total.most = first || during[wave] > total.most ? during[wave] : total.most;
        first = false;
    }
    return total;
}

static void add_slots(const struct draft *draft, struct plan_impact *impact, unsigned n_waves)
{
    const struct facts *facts = &draft->input->facts;
    VEC(struct plan_slots) all = {0};
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *pool = facts->desired->items[i];
        if (strcmp(pool->schema->kind, "pool") != 0)
            continue;
        const char *profile = profile_of_pool(facts, pool);
        bool known = profile == NULL;
        for (size_t j = 0; j < all.n; j++)
            known = known || strcmp(all.items[j].profile, profile) == 0;
        if (!known)
            VEC_PUSH(draft->arena, &all, count_slots(draft, profile, n_waves));
    }
    impact->slots = all.items;
    impact->n_slots = all.n;
}

/* Most windows of one pool in one wave. */
static unsigned count_max_out(const struct draft *draft)
{
    unsigned most = 0, run = 0;
    const struct change *former = NULL;
    for (size_t i = 0; i < draft->changes.n; i++) {
        const struct change *change = &draft->changes.items[i];
        if (change->pool == NULL)
            continue;
        bool same = former != NULL && former->wave == change->wave &&
                    strcmp(former->pool, change->pool) == 0;
        run = same ? run + 1 : 1;
        most = run > most ? run : most;
        former = change;
    }
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
