/* run.c: carries out plans as the runner does, one event after the other, and dies on demand.
 *
 * What survives a death is what the runner has recorded by then: intents before a call,
 * results with identifiers after it, entries of resources after that.
 */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "diag.h"
#include "diff.h"
#include "err.h"
#include "laws.h"
#include "strbuf.h"
#include "value_json.h"

/* ---- planning -----------------------------------------------------------------------------
 */

static const struct instances *kept(struct arena *arena, struct instances list)
{
    struct instances *copy = ARENA_NEW(arena, struct instances);
    *copy = list;
    return copy;
}

static struct instances sorted_state(struct site *site)
{
    struct instances list = {ARENA_ARRAY(site->arena, site->state.n + 1, struct instance *),
                             site->state.n};
    if (list.n > 0)
        memcpy(list.items, site->state.items, list.n * sizeof(*list.items));
    instances_sort(&list);
    return list;
}

static struct config *load(struct site *site, unsigned order)
{
    static const struct provider *const none[] = {NULL};
    struct source_file files[LAWS_FILES];
    for (size_t i = 0; i < LAWS_FILES; i++)
        files[i] = site->files[(i + order) % LAWS_FILES];
    const struct config_input input = {
        .files = files, .n_files = LAWS_FILES, .kinds = all_kinds, .providers = none};
    struct diags *diags = diags_new(site->arena);
    struct config *config;
    if (config_build(&input, site->arena, diags, &config) < 0)
        fail_msg("the generated manifest is wrong: %s", diags_at(diags, 0)->summary);
    VEC_PUSH(site->arena, &site->configs, config);
    return config;
}

const struct plan *site_plan(struct site *site, unsigned order, struct facts *ret_facts)
{
    struct config *config = load(site, order);
    struct facts facts = {.arena = site->arena,
                          .kinds = all_kinds,
                          .lineage = LAWS_LINEAGE,
                          .desired = &config->resources,
                          .prior = kept(site->arena, sorted_state(site)),
                          .intents = site->intents.items,
                          .n_intents = site->intents.n};
    facts.live =
        kept(site->arena, fake_read(site->fake, facts.desired, facts.prior, site->arena));
    const struct plan_input input = {
        .facts = facts, .site = "law", .digest_inputs = "d", .serial = 1};
    struct diags *diags = diags_new(site->arena);
    const struct plan *plan = plan_build(&input, diags);
    if (diags_have_errors(diags))
        fail_msg("%s", diags_at(diags, 0)->summary);
    *ret_facts = facts;
    return plan;
}

/* ---- what is recorded ---------------------------------------------------------------------
 */

static void put_entry(struct site *site, const char *address, struct instance *entry)
{
    size_t n = 0;
    for (size_t i = 0; i < site->state.n; i++)
        if (strcmp(site->state.items[i]->address, address) != 0)
            site->state.items[n++] = site->state.items[i];
    site->state.n = n;
    if (entry != NULL)
        VEC_PUSH(site->arena, &site->state, entry);
}

static void end_intents(struct site *site, const char *address, const char *plan, unsigned step)
{
    size_t n = 0;
    for (size_t i = 0; i < site->intents.n; i++) {
        const struct intent *it = &site->intents.items[i];
        bool same = strcmp(it->address, address) == 0 &&
                    (plan == NULL || (strcmp(it->plan, plan) == 0 && it->step == step));
        if (!same)
            site->intents.items[n++] = *it;
    }
    site->intents.n = n;
}

/* Identifiers reach the state with the result, before the entry does. */
static void put_ids(struct site *site, const struct change *change, const struct value *ids)
{
    const struct instance *of = change->desired != NULL ? change->desired : change->prior;
    struct instance *entry = instance_new(site->arena, of->schema, of->address, of->name);
    const struct value_field unfinished = {"unfinished", value_bool(true)};
    if (value_count(ids) == 0)
        return;
    entry->presence = PRESENCE_PRESENT;
    entry->meta = value_map(site->arena, &unfinished, 1);
    for (size_t i = 0; i < site->state.n; i++)
        if (strcmp(site->state.items[i]->address, of->address) == 0)
            *entry = *site->state.items[i];
    entry->ids = value_merge(site->arena, entry->ids, value_copy(site->arena, ids));
    put_entry(site, of->address, entry);
}

/* ---- a run --------------------------------------------------------------------------------
 */

struct run {
    struct site *site;
    const struct plan *plan;
    const struct facts *facts;
    const struct run_options *options;
    struct run_result result;
    VEC(struct walk_task) running;
};

/* True: the process dies here. */
static bool event(struct run *run)
{
    run->result.events++;
    run->result.crashed = run->result.crashed || run->result.events == run->options->crash_at;
    return run->result.crashed;
}

static void record_entry(struct run *run, size_t index)
{
    struct instance *entry;
    if (!walk_entry(run->result.walk, index, &entry))
        return;
    const char *address = run->plan->changes[index].address;
    put_entry(run->site, address, entry);
    enum walk_status status = walk_status_of(run->result.walk, index).status;
    if (status == WALK_CHANGED || status == WALK_SAME)
        end_intents(run->site, address, NULL, 0);
}

static void begin(struct run *run, const struct walk_task *task)
{
    if (task->kind == TASK_STEP) {
        const struct intent intent = {.address = run->plan->changes[task->change].address,
                                      .op = task->step->op,
                                      .plan = run->plan->id,
                                      .nonce = task->nonce,
                                      .step = task->step->id};
        VEC_PUSH(run->site->arena, &run->site->intents, intent);
        record_entry(run, task->change);
    }
    VEC_PUSH(run->site->arena, &run->running, *task);
}

static void end_step(struct run *run, const struct walk_task *task)
{
    const struct change *change = &run->plan->changes[task->change];
    const struct step_call call = {.step = task->step,
                                   .ids = task->ids,
                                   .live = change->live,
                                   .lineage = LAWS_LINEAGE,
                                   .nonce = task->nonce,
                                   .arena = run->site->arena};
    struct outcome outcome = {0};
    struct err err = {0};
    if (event(run)) /* recorded, not yet done */
        return;
    fake_perform(run->site->fake, &call, &outcome, &err);
    if (event(run)) /* done, nobody was told */
        return;
    if (err.code != ERR_UNCERTAIN)
        end_intents(run->site, change->address, run->plan->id, task->step->id);
    put_ids(run->site, change, outcome.ids);
    if (event(run)) /* the result is recorded, the entry is not */
        return;
    walk_report(run->result.walk, task, &outcome, NULL, &err);
    record_entry(run, task->change);
}

static void end_verification(struct run *run, const struct walk_task *task)
{
    const struct change *change = &run->plan->changes[task->change];
    struct arena *arena = run->site->arena;
    struct err err = {0};
    if (event(run))
        return;
    struct instance *live = fake_read_one(
        run->site->fake, change->desired != NULL ? change->desired : change->prior, arena);
    bool present = live->presence == PRESENCE_PRESENT;
    if (change->desired == NULL || !present) {
        if (present != (change->desired != NULL))
            err_set(&err, ERR_CONFLICT, "read back: present %d", present);
    } else {
        struct diff diff = diff_attributes(change->desired, change->prior, live, arena);
        if (diff.n > 0 || diff.n_blind > 0)
            err_set(&err, ERR_CONFLICT, "read back: %s differs",
                    diff.n > 0 ? diff.changes[0].attr->name : diff.blind[0].attr->name);
    }
    walk_report(run->result.walk, task, NULL, present ? live : NULL, &err);
    record_entry(run, task->change);
}

static void end_one(struct run *run, struct dice *dice)
{
    size_t index = dice_roll(dice, (unsigned)run->running.n);
    struct walk_task task = run->running.items[index];
    run->running.items[index] = run->running.items[--run->running.n];
    if (task.kind == TASK_STEP)
        end_step(run, &task);
    else
        end_verification(run, &task);
}

struct run_result site_run(struct site *site, const struct plan *plan,
                           const struct facts *facts, const struct run_options *options)
{
    struct dice dice = {options->seed + 1};
    struct run run = {.site = site, .plan = plan, .facts = facts, .options = options};
    const struct walk_options walk_options = {.parallel = options->parallel, .nonce = "run"};
    run.result.walk = walk_new(site->arena, plan, facts, &walk_options);
    for (;;) {
        struct walk_task task;
        enum walk_next next = walk_next(run.result.walk, &task);
        if (next == WALK_DONE)
            break;
        if (next == WALK_READY)
            begin(&run, &task);
        else
            end_one(&run, &dice);
        if (run.result.crashed)
            return run.result;
    }
    for (size_t i = 0; i < plan->n_changes; i++)
        record_entry(&run, i);
    return run.result;
}

const char *site_print(struct site *site)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    fake_print(site->fake, &text);
    struct instances state = sorted_state(site);
    for (size_t i = 0; i < state.n; i++) {
        strbuf_addf(&text, "state %s", state.items[i]->address);
        for (size_t a = 0; a < state.items[i]->schema->n_attrs; a++)
            value_to_json(state.items[i]->attrs[a], &text);
        value_to_json(state.items[i]->ids, &text);
        value_to_json(state.items[i]->meta, &text);
        strbuf_add_char(&text, '\n');
    }
    const char *copy = arena_strdup(site->arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}
