/* walk.c: see walk.h. */
#include "walk.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "map.h"
#include "names.h"
#include "ops.h"
#include "pace.h"
#include "types.h"
#include "walk_private.h"

static const char *const status_names[WALK_STATUS_COUNT] = {
    [WALK_PENDING] = "pending",     [WALK_RUNNING] = "running", [WALK_CHANGED] = "changed",
    [WALK_SAME] = "unchanged",      [WALK_FAILED] = "failed",   [WALK_SKIPPED] = "skipped",
    [WALK_CANCELLED] = "cancelled",
};

/* ---- a heap of change indexes -------------------------------------------------------------
 */

static void heap_swap(size_t *heap, size_t a, size_t b)
{
    size_t kept = heap[a];
    heap[a] = heap[b];
    heap[b] = kept;
}

static void heap_push(struct walk *walk, size_t change)
{
    size_t at = walk->n_heap++;
    walk->heap[at] = change;
    while (at > 0 && walk->heap[(at - 1) / 2] > walk->heap[at]) {
        heap_swap(walk->heap, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static size_t heap_pop(struct walk *walk)
{
    size_t top = walk->heap[0], at = 0;
    walk->heap[0] = walk->heap[--walk->n_heap];
    for (;;) {
        size_t least = at, left = 2 * at + 1, right = 2 * at + 2;
        if (left < walk->n_heap && walk->heap[left] < walk->heap[least])
            least = left;
        if (right < walk->n_heap && walk->heap[right] < walk->heap[least])
            least = right;
        if (least == at)
            return top;
        heap_swap(walk->heap, at, least);
        at = least;
    }
}

/* ---- setting up ---------------------------------------------------------------------------
 */

/* An interrupted run may have created the object under its own nonce: keep to that one. */
static const char *choose_nonce(const struct walk *walk, const struct change *change, size_t i)
{
    const struct intent *intent = facts_intent(walk->facts, change->address, NULL);
    if (intent != NULL && intent->nonce != NULL)
        return intent->nonce;
    return arena_printf(walk->arena, "%s-%zu", walk->options.nonce, i);
}

/* The change's pool, with its budget; made when its first member is met. */
static struct pool *pool_of(struct walk *walk, struct map *pools, const struct change *change)
{
    if (change->pool == NULL)
        return NULL;
    struct pool *pool = map_get(pools, change->pool);
    if (pool == NULL) {
        pool = ARENA_NEW(walk->arena, struct pool);
        *pool = (struct pool){.name = change->pool, .budget = change->budget};
        map_set(pools, change->pool, pool);
    }
    return pool;
}

/* What the state remembers; a window that an interrupted run meant to open is ours. */
static const struct value *former_meta(const struct walk *walk, const struct change *change)
{
    const struct value *meta = value_map(walk->arena, NULL, 0);
    if (change->prior != NULL && change->prior->meta != NULL)
        meta = change->prior->meta;
    const struct intent *intent =
        facts_intent(walk->facts, change->address, OP_HOST_ENTER_MAINTENANCE);
    if (intent == NULL)
        return meta;
    const struct value_field window = {
        "window", value_string(walk->arena, intent->plan == NULL ? "?" : intent->plan)};
    return value_merge(walk->arena, meta, value_map(walk->arena, &window, 1));
}

struct walk *walk_new(struct arena *arena, const struct plan *plan, const struct facts *facts,
                      const struct walk_options *options)
{
    struct walk *walk = ARENA_NEW(arena, struct walk);
    *walk = (struct walk){.arena = arena, .plan = plan, .facts = facts, .options = *options};
    walk->nodes = ARENA_ARRAY(arena, plan->n_changes + 1, struct node);
    walk->heap = ARENA_ARRAY(arena, plan->n_changes + 1, size_t);
    struct map pools;
    map_init(&pools);
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct change *change = &plan->changes[i];
        struct node *node = &walk->nodes[i];
        node->missing = change->n_after;
        node->nonce = choose_nonce(walk, change, i);
        const struct value *prior_ids = change->prior == NULL ? NULL : change->prior->ids;
        node->ids =
            value_merge(arena, prior_ids, change->live == NULL ? NULL : change->live->ids);
        node->meta = former_meta(walk, change);
        node->pool = pool_of(walk, &pools, change);
        for (size_t e = 0; e < change->n_after; e++)
            VEC_PUSH(arena, &walk->nodes[change->after[e].on].dependents, i);
        if (node->missing == 0)
            heap_push(walk, i);
    }
    map_release(&pools);
    return walk;
}

/* ---- ends of changes ------------------------------------------------------------------------
 */

static bool ended_badly(enum walk_status status)
{
    return status == WALK_FAILED || status == WALK_SKIPPED || status == WALK_CANCELLED;
}

static bool edge_is_soft(const struct change *change, size_t on)
{
    for (size_t e = 0; e < change->n_after; e++)
        if (change->after[e].on == on)
            return change->after[e].soft;
    return false;
}

/* A member of a rollout has ended: when it stays out, it counts against the budget. */
static void leave_pool(struct walk *walk, struct node *node)
{
    struct pool *pool = node->pool;
    if (pool == NULL || !node->started)
        return;
    pool->active--;
    pool->stuck += value_is_known(value_get(node->meta, "window"));
    VEC_EACH (size_t, it, pool->waiting)
        if (walk->stopped == NULL && walk->nodes[*it].status == WALK_PENDING)
            heap_push(walk, *it);
    pool->waiting.n = 0;
}

/* Everything behind a change that ended; a work list, since chains can be long. */
static void end_change(struct walk *walk, size_t index, enum walk_status status)
{
    VEC(size_t) work = {0};
    walk->nodes[index].status = status;
    leave_pool(walk, &walk->nodes[index]);
    VEC_PUSH(walk->arena, &work, index);
    for (size_t at = 0; at < work.n; at++) {
        size_t done = work.items[at];
        struct node *node = &walk->nodes[done];
        VEC_EACH (size_t, it, node->dependents) {
            struct node *next = &walk->nodes[*it];
            next->missing--;
            if (next->status != WALK_PENDING)
                continue;
            if (ended_badly(node->status) && !edge_is_soft(&walk->plan->changes[*it], done)) {
                next->status = WALK_SKIPPED;
                next->message =
                    arena_printf(walk->arena, "%s %s", walk->plan->changes[done].address,
                                 walk_status_name(node->status));
                VEC_PUSH(walk->arena, &work, *it);
            } else if (next->missing == 0 && walk->stopped == NULL) {
                heap_push(walk, *it);
            }
        }
    }
}

static void note_failure(struct walk *walk, struct node *node, const struct step *step,
                         const struct err *err)
{
    node->failed_step = step;
    node->code = err->code;
    node->message = arena_strdup(walk->arena, err->message);
}

/* The change ends with the failure that is noted. */
static void end_failed(struct walk *walk, size_t index)
{
    struct node *node = &walk->nodes[index];
    const struct step *step = node->failed_step;
    const struct value_field failed = {
        "failed",
        value_string(walk->arena, step == NULL ? node->message
                                               : arena_printf(walk->arena, "%s: %s",
                                                              step->title, node->message))};
    if (node->touched || node->meta->map.n > 0) {
        node->meta = value_merge(walk->arena, node->meta, value_map(walk->arena, &failed, 1));
        node->entry_new = true;
    }
    end_change(walk, index, node->code == ERR_CANCELLED ? WALK_CANCELLED : WALK_FAILED);
}

static void fail_change(struct walk *walk, size_t index, const struct step *step,
                        const struct err *err)
{
    note_failure(walk, &walk->nodes[index], step, err);
    end_failed(walk, index);
}

/* ---- cleaning up --------------------------------------------------------------------------
 */

/* The first step behind the failed one that cleans up after it; n_steps: there is none. */
static unsigned find_cleanup(const struct change *change, unsigned from)
{
    while (from < change->n_steps && change->steps[from].when != &when_failed)
        from++;
    return from;
}

/* A step failed. What an interrupt stopped is left for the next run to look at. */
static void fail_step(struct walk *walk, size_t index, const struct step *step,
                      const struct err *err)
{
    struct node *node = &walk->nodes[index];
    const struct change *change = &walk->plan->changes[index];
    if (node->cleaning) {
        node->message = arena_printf(walk->arena, "%s; then, to clean up: %s: %s",
                                     node->message, step->title, err->message);
        end_failed(walk, index);
        return;
    }
    note_failure(walk, node, step, err);
    unsigned cleanup = find_cleanup(change, node->at);
    if (cleanup == change->n_steps || err->code == ERR_CANCELLED || walk->stopped != NULL) {
        end_failed(walk, index);
        return;
    }
    node->cleaning = true;
    node->at = cleanup;
    node->status = WALK_PENDING;
    heap_push(walk, index);
}

/* The step that cleaned up is done: on to the next such, or the change ends as failed. */
static bool goes_on(struct walk *walk, size_t index)
{
    struct node *node = &walk->nodes[index];
    const struct change *change = &walk->plan->changes[index];
    if (!node->cleaning ||
        (node->at < change->n_steps && change->steps[node->at].when == &when_failed))
        return true;
    end_failed(walk, index);
    return false;
}

/* ---- handing out --------------------------------------------------------------------------
 */

/* Does the condition hold? -1 with err when what it asks for cannot be read. */
static int settle(struct walk *walk, size_t index, const struct condition *when,
                  bool *ret_holds, struct err *err)
{
    struct node *node = &walk->nodes[index];
    if (when->attr == NULL) {
        *ret_holds = node->cleaning;
        return 0;
    }
    VEC_EACH (struct settled, it, node->settled) {
        if (it->when == when) {
            *ret_holds = it->holds;
            return 0;
        }
    }
    const struct value *value = value_get(node->observed, when->attr);
    if (value_is_absent(value))
        value = instance_get(walk->plan->changes[index].live, when->attr);
    if (!value_is_known(value))
        return err_set(err, ERR_UNREACHABLE, "%s cannot be read: %s", when->attr,
                       value_is_unreadable(value) ? value->string : "not reported");
    const char *now = pending_now(value);
    bool holds = now != NULL && strcmp(now, when->equals) == 0;
    VEC_PUSH(walk->arena, &node->settled, ((struct settled){when, holds}));
    *ret_holds = holds;
    return 0;
}

/* Pass over steps whose condition does not hold. -1: the change failed. */
static int skip_conditional(struct walk *walk, size_t index)
{
    const struct change *change = &walk->plan->changes[index];
    struct node *node = &walk->nodes[index];
    while (node->at < change->n_steps && change->steps[node->at].when != NULL) {
        bool holds;
        struct err err = {0};
        if (settle(walk, index, change->steps[node->at].when, &holds, &err) < 0) {
            fail_change(walk, index, &change->steps[node->at], &err);
            return -1;
        }
        if (holds)
            return 0;
        node->at++;
    }
    return 0;
}

/* May a member of a rollout start? When not, it waits for one that is under way; when none is,
 * those that failed have used up the budget, and it is skipped. */
static bool enter_pool(struct walk *walk, size_t index)
{
    struct node *node = &walk->nodes[index];
    struct pool *pool = node->pool;
    if (pool == NULL || node->started)
        return true;
    if (pool->active + pool->stuck < pool->budget) {
        pool->active++;
        node->started = true;
        return true;
    }
    if (pool->active > 0) {
        VEC_PUSH(walk->arena, &pool->waiting, index);
        return false;
    }
    node->message =
        arena_printf(walk->arena, "%u host%s of pool %s failed and stayed out of service",
                     pool->stuck, pool->stuck == 1 ? "" : "s", pool->name);
    end_change(walk, index, WALK_SKIPPED);
    return false;
}

static bool needs_no_verification(const struct change *change)
{
    return change->action == ACTION_ADOPT || change->action == ACTION_RELEASE;
}

static void set_meta(struct walk *walk, struct node *node, const char *key,
                     const struct value *value)
{
    const struct value_field field = {key, value};
    node->meta = value_merge(walk->arena, node->meta, value_map(walk->arena, &field, 1));
}

/* value_merge keeps what the second map leaves out: removal needs a copy. */
static void drop_meta(struct walk *walk, struct node *node, const char *key)
{
    size_t n = value_count(node->meta), kept = 0;
    struct value_field *fields = ARENA_ARRAY(walk->arena, n, struct value_field);
    for (size_t i = 0; i < n; i++)
        if (strcmp(node->meta->map.fields[i].key, key) != 0)
            fields[kept++] = node->meta->map.fields[i];
    node->meta = value_map(walk->arena, fields, kept);
}

/* Machines that are about to be powered off are on record before they are: when the answer is
 * lost, they must be started again all the same. */
static void announce_power_off(struct walk *walk, struct node *node, const struct step *step)
{
    const struct value *vms = value_get(step->args, "vms");
    const struct value *before = value_get(node->ids, "powered_off");
    VEC(const struct value *) all = {0};
    for (size_t i = 0; i < value_count(before); i++)
        VEC_PUSH(walk->arena, &all, value_at(before, i));
    for (size_t i = 0; i < value_count(vms); i++)
        if (!value_list_has(before, value_text(value_at(vms, i))))
            VEC_PUSH(walk->arena, &all, value_at(vms, i));
    const struct value_field field = {"powered_off", value_list(walk->arena, all.items, all.n)};
    node->ids = value_merge(walk->arena, node->ids, value_map(walk->arena, &field, 1));
    node->entry_new = true;
}

/* What must be on record before it is done, so that nobody else has to guess whose it was. */
static void announce(struct walk *walk, struct node *node, const struct step *step)
{
    if (step->effects & EFFECT_VM_POWER_OFF)
        announce_power_off(walk, node, step);
    if (step->effects & EFFECT_MAINTENANCE) {
        node->had_window = value_is_known(value_get(node->meta, "window"));
        set_meta(walk, node, "window", value_string(walk->arena, walk->plan->id));
        node->entry_new = true;
    }
}

enum walk_next walk_next(struct walk *walk, struct walk_task *ret_task)
{
    while (walk->n_heap > 0 && walk->n_running < walk->options.parallel &&
           walk->stopped == NULL) {
        size_t index = heap_pop(walk);
        const struct change *change = &walk->plan->changes[index];
        struct node *node = &walk->nodes[index];
        if (!enter_pool(walk, index) || skip_conditional(walk, index) < 0)
            continue;
        if (needs_no_verification(change)) {
            node->live = change->live;
            node->entry_new = true;
            end_change(walk, index, WALK_CHANGED);
            continue;
        }
        bool verify = node->at >= change->n_steps;
        node->status = WALK_RUNNING;
        walk->n_running++;
        if (!verify)
            announce(walk, node, &change->steps[node->at]);
        *ret_task = (struct walk_task){.kind = verify ? TASK_VERIFY : TASK_STEP,
                                       .change = index,
                                       .step = verify ? NULL : &change->steps[node->at],
                                       .ids = node->ids,
                                       .nonce = node->nonce};
        return WALK_READY;
    }
    return walk->n_running > 0 ? WALK_WAIT : WALK_DONE;
}

/* ---- results ------------------------------------------------------------------------------
 */

/* The call did not succeed, and still the system may have done, or yet do, what was asked. */
static bool may_have_happened(enum err_code code)
{
    return code == ERR_UNCERTAIN || code == ERR_TIMEOUT || code == ERR_CANCELLED;
}

/* The window that was announced is ours when it was opened, or may have been. */
static void settle_window(struct walk *walk, struct node *node, const struct step *step,
                          enum outcome_kind kind, enum err_code code)
{
    bool opened = code == ERR_NONE ? kind == OUTCOME_DONE : may_have_happened(code);
    if (((step->effects & EFFECT_MAINTENANCE) && !opened && !node->had_window) ||
        ((step->effects & EFFECT_LEAVE) && code == ERR_NONE)) {
        drop_meta(walk, node, "window");
        node->entry_new = true;
    }
}

static void remember_time(struct walk *walk, struct node *node, const struct walk_task *task)
{
    const char *key = pace_key(&walk->plan->changes[task->change], task->step->id, walk->arena);
    node->meta = pace_remember(node->meta, key, task->took_ms, walk->arena);
}

static void report_step(struct walk *walk, const struct walk_task *task,
                        const struct outcome *outcome, const struct err *err)
{
    struct node *node = &walk->nodes[task->change];
    if (outcome != NULL && value_count(outcome->ids) > 0) {
        node->ids = value_merge(walk->arena, node->ids, value_copy(walk->arena, outcome->ids));
        node->entry_new = true;
    }
    if (outcome != NULL && value_count(outcome->observed) > 0)
        node->observed = value_merge(walk->arena, node->observed,
                                     value_copy(walk->arena, outcome->observed));
    bool failed = err != NULL && err->code != ERR_NONE;
    if (failed) {
        node->touched = node->touched || err->code == ERR_UNCERTAIN;
        settle_window(walk, node, task->step, OUTCOME_FAILED, err->code);
        fail_step(walk, task->change, task->step, err);
        return;
    }
    enum outcome_kind kind = outcome == NULL ? OUTCOME_DONE : outcome->kind;
    settle_window(walk, node, task->step, kind, ERR_NONE);
    /* What was created is ours from now on, whether or not an identifier was learnt. */
    node->entry_new = node->entry_new || (kind == OUTCOME_DONE && !node->touched);
    node->touched = node->touched || kind == OUTCOME_DONE;
    node->changed = node->changed || kind == OUTCOME_DONE;
    if (kind == OUTCOME_DONE)
        remember_time(walk, node, task);
    node->at++;
    if (!goes_on(walk, task->change))
        return;
    if (walk->stopped != NULL && node->cleaning) {
        end_failed(walk, task->change);
        return;
    }
    if (walk->stopped != NULL) {
        struct err stopped = {0};
        err_set(&stopped, ERR_CANCELLED, "%s", walk->stopped);
        fail_change(walk, task->change, NULL, &stopped);
        return;
    }
    node->status = WALK_PENDING;
    heap_push(walk, task->change);
}

static void report_verify(struct walk *walk, const struct walk_task *task,
                          const struct instance *live, const struct err *err)
{
    struct node *node = &walk->nodes[task->change];
    if (err != NULL && err->code != ERR_NONE) {
        fail_change(walk, task->change, NULL, err);
        return;
    }
    node->live = live;
    drop_meta(walk, node, "failed");
    drop_meta(walk, node, "unfinished");
    node->entry_new = true;
    end_change(walk, task->change, node->changed ? WALK_CHANGED : WALK_SAME);
}

void walk_report(struct walk *walk, const struct walk_task *task, const struct outcome *outcome,
                 const struct instance *live, const struct err *err)
{
    assert(walk->nodes[task->change].status == WALK_RUNNING);
    walk->n_running--;
    if (task->kind == TASK_STEP)
        report_step(walk, task, outcome, err);
    else
        report_verify(walk, task, live, err);
}

void walk_stop(struct walk *walk, const char *why)
{
    if (walk->stopped != NULL)
        return;
    walk->stopped = arena_strdup(walk->arena, why);
    for (size_t i = 0; i < walk->plan->n_changes; i++)
        if (walk->nodes[i].status == WALK_PENDING && walk->nodes[i].cleaning) {
            end_failed(walk, i);
        } else if (walk->nodes[i].status == WALK_PENDING) {
            walk->nodes[i].status = WALK_CANCELLED;
            walk->nodes[i].message = walk->stopped;
        }
    walk->n_heap = 0;
}

struct walk_change walk_status_of(const struct walk *walk, size_t change)
{
    const struct node *node = &walk->nodes[change];
    return (struct walk_change){.status = node->status,
                                .touched = node->touched,
                                .failed_step = node->failed_step,
                                .code = node->code,
                                .message = node->message};
}

const char *walk_status_name(enum walk_status status)
{
    return names_of(status_names, WALK_STATUS_COUNT, status);
}
