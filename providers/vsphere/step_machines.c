/* step_machines.c: powering machines off before a host's maintenance, and on again after it.
 *
 * The names of those that this step powered off are reported as the host's identifier
 * "powered_off", also when it then fails: so no machine is forgotten.
 */
#include <string.h>

#include "arena.h"
#include "step_common.h"
#include "vec.h"

struct names {
    VEC(const struct value *) items;
};

static void add_name(struct arena *arena, struct names *names, const char *name)
{
    for (size_t i = 0; i < names->items.n; i++)
        if (strcmp(value_text(names->items.items[i]), name) == 0)
            return;
    VEC_PUSH(arena, &names->items, value_string(arena, name));
}

static const struct value *names_ids(struct arena *arena, const struct names *names)
{
    const struct value_field field = {"powered_off",
                                      value_list(arena, names->items.items, names->items.n)};
    return value_map(arena, &field, 1);
}

/* What earlier steps powered off and nobody has powered on yet. */
static void add_recorded(struct arena *arena, struct names *names, const struct value *ids)
{
    const struct value *before = value_get(ids, "powered_off");
    for (size_t i = 0; i < value_count(before); i++)
        if (value_text(value_at(before, i)) != NULL)
            add_name(arena, names, value_text(value_at(before, i)));
}

/* The machine of that name on the host; elsewhere it is no longer in the way. */
static struct machine_row *on_host(const struct inventory *inventory, const char *name,
                                   struct ref host)
{
    for (size_t i = 0; i < inventory->n_machines; i++) {
        struct machine_row *it = inventory->machines[i];
        if (strcmp(it->name, name) == 0 && it->host_id != NULL &&
            strcmp(it->host_id, host.id) == 0)
            return it;
    }
    return NULL;
}

static int start(struct vc *vc, const struct step_call *call, unsigned parts,
                 struct inventory *inventory, struct ref *host, struct err *err)
{
    if (step_host(vc, call, host, err) < 0)
        return -1;
    return inventory_read(vc, parts, inventory, err);
}

/* ---- off ---- */

/* All guests are asked first: they shut down side by side. One that cannot be asked is powered
 * off below. */
static int ask_all(struct vc *vc, struct machine_row *const *machines, size_t n,
                   struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (machine_ask_guest(vc, machines[i]->ref, &machines[i]->asked, err) < 0)
            return err_wrap(err, "shut down the guest of %s", machines[i]->name);
    return 0;
}

/* A machine that was deleted meanwhile is off. */
static int look_off(struct vc *vc, struct ref vm, bool *ret_off, struct err *err)
{
    struct power_look look = {vm, false};
    if (look_power(vc, &look, ret_off, err) == 0)
        return 0;
    if (err->code != ERR_NOT_FOUND)
        return -1;
    err_clear(err);
    *ret_off = true;
    return 0;
}

static int await_all(struct vc *vc, struct machine_row *const *machines, size_t n,
                     int64_t timeout_ms, struct err *err)
{
    struct pause pause = pause_until(vc, timeout_ms > 0 ? timeout_ms : 1);
    for (;;) {
        size_t waiting = 0;
        for (size_t i = 0; i < n; i++) {
            bool off = !machines[i]->on;
            if (!off && look_off(vc, machines[i]->ref, &off, err) < 0)
                return -1;
            machines[i]->on = !off;
            waiting += !off && machines[i]->asked ? 1 : 0;
        }
        if (waiting == 0)
            return 0;
        vc_progress(vc, -1, "%zu guests are still shutting down", waiting);
        if (pause_next(vc, &pause, err) < 0)
            return err->code == ERR_TIMEOUT ? 0 : -1;
    }
}

static int power_off_rest(struct vc *vc, struct machine_row *const *machines, size_t n,
                          struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        enum outcome_kind ignored;
        if (machines[i]->on && machine_power(vc, machines[i]->ref, false, &ignored, err) < 0)
            return err_wrap(err, "power off %s", machines[i]->name);
    }
    return 0;
}

int step_vms_off(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                 struct err *err)
{
    const struct value *vms = value_get(call->step->args, "vms");
    int64_t limit = value_get_int(call->step->args, "guest_timeout", 300000);
    VEC(struct machine_row *) running = {0};
    struct names names = {0};
    struct inventory inventory;
    struct ref host;
    if (start(vc, call, INVENTORY_MACHINES, &inventory, &host, err) < 0)
        return -1;
    add_recorded(vc->arena, &names, call->ids);
    for (size_t i = 0; i < value_count(vms); i++) {
        struct machine_row *it = on_host(&inventory, value_text(value_at(vms, i)), host);
        if (it == NULL || !it->on)
            continue;
        VEC_PUSH(vc->arena, &running, it);
        add_name(vc->arena, &names, it->name);
    }
    outcome->kind = running.n == 0 ? OUTCOME_UNCHANGED : OUTCOME_DONE;
    if (running.n == 0)
        return 0;
    outcome->ids = names_ids(vc->arena, &names);
    if (limit > 0 && ask_all(vc, running.items, running.n, err) < 0)
        return -1;
    if (await_all(vc, running.items, running.n, limit, err) < 0)
        return -1;
    return power_off_rest(vc, running.items, running.n, err);
}

/* ---- on ---- */

/* The machine of that name on another host of the cluster, where maintenance may have moved it;
 * in other clusters a machine of the name is another one. *ret_n: how many there are. */
static const struct machine_row *near_host(const struct inventory *inventory, const char *name,
                                           struct ref host, size_t *ret_n)
{
    const struct host_row *here = inventory_host_by_id(inventory, host.id);
    const struct machine_row *found = NULL;
    *ret_n = 0;
    for (size_t i = 0; i < inventory->n_machines; i++) {
        const struct machine_row *it = inventory->machines[i];
        if (strcmp(it->name, name) != 0)
            continue;
        const struct host_row *there = inventory_host_by_id(inventory, it->host_id);
        if (here == NULL || there == NULL || here->parent.id == NULL ||
            there->parent.id == NULL || strcmp(here->parent.id, there->parent.id) != 0)
            continue;
        found = it;
        ++*ret_n;
    }
    return found;
}

static int power_on(struct vc *vc, const struct inventory *inventory, const char *name,
                    struct ref host, bool *ret_changed, struct err *err)
{
    size_t n = 0;
    enum outcome_kind kind;
    const struct machine_row *machine = on_host(inventory, name, host);
    if (machine == NULL)
        machine = near_host(inventory, name, host, &n);
    if (n > 1)
        return err_set(err, ERR_CONFLICT, "%zu machines are called %s", n, name);
    if (machine == NULL)
        return 0; /* gone meanwhile: nothing to start */
    if (machine_power(vc, machine->ref, true, &kind, err) < 0)
        return err_wrap(err, "power on %s", name);
    *ret_changed = *ret_changed || kind == OUTCOME_DONE;
    return 0;
}

/* Each is tried; the first failure is reported, and those that failed stay recorded. */
int step_vms_on(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                struct err *err)
{
    const struct value *vms = value_get(call->step->args, "vms");
    struct names left = {0};
    struct inventory inventory;
    struct ref host;
    bool changed = false;
    int result = 0;
    if (start(vc, call, INVENTORY_HOSTS | INVENTORY_MACHINES, &inventory, &host, err) < 0)
        return -1;
    for (size_t i = 0; i < value_count(vms); i++) {
        const char *name = value_text(value_at(vms, i));
        struct err later;
        bool stopped = result < 0 && err->code == ERR_CANCELLED;
        if (name == NULL || (!stopped && power_on(vc, &inventory, name, host, &changed,
                                                  result == 0 ? err : &later) == 0))
            continue;
        add_name(vc->arena, &left, name);
        result = -1;
    }
    outcome->ids = names_ids(vc->arena, &left);
    outcome->kind = changed ? OUTCOME_DONE : OUTCOME_UNCHANGED;
    return result;
}
