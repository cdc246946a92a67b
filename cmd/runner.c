/* runner.c: see runner.h.
 *
 * All workers share one lock, which guards the walk, the state and the store; it is released
 * while a provider works. Reading a resource back is a provider's work as well.
 *
 * Where recording is a request to a server, what workers record at about the same time goes out
 * in one write: one per round of tasks, and one when there is nothing to start.
 */
#include "runner.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "diff.h"
#include "guest_log.h"
#include "progress.h"
#include "redact.h"
#include "retry.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"
#include "walk.h"

enum { WORKERS_MAX = 256, VERIFY_LEAST_MS = 30000 };

struct runner {
    struct app *app;
    const struct plan *plan;
    struct walk *walk;
    struct progress *progress;
    struct guest_log *log;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct err storage;             /* code set: nothing can be recorded any more */
    uint64_t n_recorded, n_durable; /* records; the latter counts with a store that flushes */
    bool is_flushing;
    VEC(struct walk_task) ready; /* handed out, their intents are durable */
    size_t n_taken;              /* of those */
    VEC(struct arena *) arenas;  /* of results that the walk refers to */
    struct arena *own;
    const char *lineage;
    const struct value *source; /* where the manifest comes from, or NULL */
};

/* ---- signals ------------------------------------------------------------------------------
 */

/* Written by whichever thread the signal comes to, read by all of them. */
static atomic_int interrupts;

static void on_interrupt(int number UNUSED)
{
    interrupts++;
}

static void catch_signals(struct sigaction former[2])
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    interrupts = 0;
    sigaction(SIGINT, &action, &former[0]);
    sigaction(SIGTERM, &action, &former[1]);
}

static void restore_signals(const struct sigaction former[2])
{
    sigaction(SIGINT, &former[0], NULL);
    sigaction(SIGTERM, &former[1], NULL);
}

/* ---- recording ----------------------------------------------------------------------------
 */

static void record(struct runner *r, const struct record *record)
{
    if (r->storage.code != ERR_NONE)
        return;
    r->n_recorded++;
    if (r->app->store->ops->record(r->app->store, record, &r->storage) < 0)
        walk_stop(r->walk, "nothing can be recorded any more");
}

/* One write for what all workers have recorded meanwhile; the lock is released while it is
 * under way. */
static void flush_once(struct runner *r)
{
    const struct store_ops *ops = r->app->store->ops;
    uint64_t covered = r->n_recorded;
    struct err err = {0};
    int64_t serial;
    r->is_flushing = true;
    pthread_mutex_unlock(&r->lock);
    int result = ops->flush(r->app->store, &serial, &err);
    pthread_mutex_lock(&r->lock);
    r->is_flushing = false;
    if (result == 0) {
        r->n_durable = covered;
        r->app->state->serial = serial;
    } else {
        r->storage = err;
        walk_stop(r->walk, "nothing can be recorded any more");
    }
    pthread_cond_broadcast(&r->changed);
}

/* Returns when all that is recorded now is durable, or nothing can be recorded any more. */
static void flush(struct runner *r)
{
    uint64_t wanted = r->n_recorded;
    while (r->app->store->ops->flush != NULL && r->storage.code == ERR_NONE &&
           r->n_durable < wanted) {
        if (r->is_flushing)
            pthread_cond_wait(&r->changed, &r->lock);
        else
            flush_once(r);
    }
}

static bool must_flush(const struct runner *r)
{
    return r->app->store->ops->flush != NULL && r->storage.code == ERR_NONE &&
           r->n_durable < r->n_recorded;
}

static struct intent intent_of(const struct runner *r, const struct walk_task *task)
{
    return (struct intent){.address = r->plan->changes[task->change].address,
                           .op = task->step->op,
                           .plan = r->plan->id,
                           .nonce = task->nonce,
                           .step = task->step->id,
                           .at_ms = app_wall_ms()};
}

/* The state in memory keeps the open intents as well: it is what is written at the end. */
static void record_intent(struct runner *r, const struct walk_task *task)
{
    const struct intent intent = intent_of(r, task);
    record(r, &(struct record){.kind = RECORD_INTENT, .intent = intent});
    if (r->storage.code == ERR_NONE)
        state_add_intent(r->app->state, r->app->arena, &intent);
}

static void record_result(struct runner *r, const struct walk_task *task,
                          const struct outcome *outcome, enum outcome_kind kind)
{
    const struct intent intent = intent_of(r, task);
    record(r, &(struct record){.kind = RECORD_RESULT,
                               .intent = intent,
                               .outcome = outcome_name(kind),
                               .ids = value_count(outcome->ids) > 0 ? outcome->ids : NULL});
    if (kind != OUTCOME_UNCERTAIN)
        state_end_intent(r->app->state, &intent);
}

/* A resource that was read back as wanted leaves no question open, also none that an earlier
 * run left behind. */
static void settle_intents(struct runner *r, const char *address)
{
    const struct facts facts = {.intents = r->app->state->intents,
                                .n_intents = r->app->state->n_intents};
    const struct intent *open = facts_intent(&facts, address, NULL);
    if (open == NULL || r->storage.code != ERR_NONE)
        return;
    const struct intent intent = *open;
    record(r, &(struct record){.kind = RECORD_RESULT,
                               .intent = intent,
                               .outcome = outcome_name(OUTCOME_UNCHANGED)});
    state_end_intent(r->app->state, &intent);
    settle_intents(r, address);
}

/* Put the change's entry, when it is a new one, into the state and the journal. */
static void record_entry(struct runner *r, size_t change)
{
    struct instance *entry;
    if (!walk_entry(r->walk, change, &entry))
        return;
    const char *address = r->plan->changes[change].address;
    state_put(r->app->state, r->app->arena, address, entry);
    record(r, &(struct record){.kind = RECORD_RESOURCE, .address = address, .resource = entry});
    enum walk_status status = walk_status_of(r->walk, change).status;
    if (status == WALK_CHANGED || status == WALK_SAME)
        settle_intents(r, address);
}

static bool has_ended(enum walk_status status)
{
    return status != WALK_PENDING && status != WALK_RUNNING;
}

/* ---- one task ------------------------------------------------------------------------------
 */

/* Nobody plans to open a window that is open. A host that is in maintenance before a call of
 * ours was put there by somebody else, after the plan's reading: it is left to them. */
static int judge_window(const struct step *step, bool maybe_ours, struct outcome *outcome,
                        struct err *err)
{
    if ((step->effects & EFFECT_MAINTENANCE) == 0 || outcome->kind != OUTCOME_UNCHANGED)
        return 0;
    if (!maybe_ours)
        return err_set(err, ERR_CONFLICT,
                       "somebody else has put the host into maintenance meanwhile: it is left "
                       "to them; apply again when it is back");
    outcome->kind = OUTCOME_DONE;
    return 0;
}

static int perform(struct runner *r, const struct walk_task *task, struct arena *arena,
                   struct outcome *outcome, struct err *err)
{
    const struct change *change = &r->plan->changes[task->change];
    const struct step_call call = {.step = task->step,
                                   .ids = task->ids,
                                   .live = change->live,
                                   .lineage = r->lineage,
                                   .nonce = task->nonce,
                                   .arena = arena};
    int64_t unit = sessions_poll_interval(r->app->sessions, task->step->provider);
    bool maybe_done = false; /* by an attempt whose answer was lost */
    for (unsigned attempt = 1;; attempt++) {
        *outcome = (struct outcome){.kind = OUTCOME_DONE};
        err_clear(err);
        if (sessions_perform(r->app->sessions, &call, outcome, err) == 0) {
            err_clear(err); /* what a provider found out on the way is no failure */
            return judge_window(task->step, maybe_done, outcome, err);
        }
        maybe_done = maybe_done || err->code == ERR_UNCERTAIN;
        int64_t delay = retry_delay(err->code, task->step, attempt, unit);
        if (delay < 0 || r->app->env.op.sleep_ms(&r->app->env, delay) < 0)
            return -1;
    }
}

static enum outcome_kind failed_kind(enum err_code code)
{
    if (code == ERR_UNCERTAIN)
        return OUTCOME_UNCERTAIN;
    return code == ERR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_FAILED;
}

/* What a program in a guest wrote is kept; of a failed one the last lines are shown. */
static void keep_output(struct runner *r, const struct step *step, enum outcome_kind kind)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (guest_log_end(r->log, step, outcome_name(kind), &text))
        progress_output(r->progress, step, strbuf_str(&text), kind == OUTCOME_FAILED,
                        guest_log_path(r->log));
    strbuf_release(&text);
}

static void on_event(void *context, const struct event *event)
{
    struct runner *r = context;
    if (event->kind == EVENT_CALL)
        return;
    if (event->kind == EVENT_OUTPUT)
        guest_log_add(r->log, event);
    else if (event->kind == EVENT_NOTE && event->text != NULL)
        progress_note(r->progress, event->text);
    else
        progress_event(r->progress, event);
}

static void do_step(struct runner *r, struct walk_task *task, struct arena *arena)
{
    struct outcome outcome = {.kind = OUTCOME_FAILED};
    struct err err = {0};
    if (r->storage.code != ERR_NONE) {
        err_set(&err, ERR_CANCELLED, "not started: %s", r->storage.message);
        walk_report(r->walk, task, NULL, NULL, &err);
        return;
    }
    pthread_mutex_unlock(&r->lock);
    struct op_env *env = &r->app->env.op;
    int64_t began = env->now_ms(env->context);
    progress_step_started(r->progress, task);
    if (perform(r, task, arena, &outcome, &err) < 0)
        outcome.kind = failed_kind(err.code);
    task->took_ms = env->now_ms(env->context) - began;
    keep_output(r, task->step, outcome.kind);
    progress_step_ended(r->progress, task, outcome.kind, &err);
    pthread_mutex_lock(&r->lock);
    record_result(r, task, &outcome, outcome.kind);
    walk_report(r->walk, task, &outcome, NULL, &err);
}

static bool is_changed_by(const struct change *change, const struct attr *attr)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change->attrs[i].attr == attr)
            return true;
    return false;
}

/* Appends what still differs, in words. What the plan left alone does not count. */
static void describe_difference(const struct change *of, const struct diff *diff,
                                struct strbuf *out)
{
    for (size_t i = 0; i < diff->n_blind; i++)
        if (is_changed_by(of, diff->blind[i].attr))
            strbuf_addf(out, "%s%s cannot be read (%s)", strbuf_len(out) == 0 ? "" : "; ",
                        diff->blind[i].attr->name, diff->blind[i].reason);
    for (size_t i = 0; i < diff->n; i++) {
        const struct attr_change *change = &diff->changes[i];
        if (change_leaves(of, change->attr))
            continue;
        strbuf_addf(out, "%s%s is ", strbuf_len(out) == 0 ? "" : "; ", change->attr->name);
        if (change->attr->flags & ATTR_TEXT) {
            strbuf_add(out, "not the text that was written");
            continue;
        }
        attr_print(change->attr, change->from, out);
        strbuf_add(out, ", wanted ");
        attr_print(change->attr, change->to, out);
    }
}

/* One look: is the change true? 0 with the instance, -1 with what is not. */
static int look(struct runner *r, const struct walk_task *task, struct arena *arena,
                struct instance **ret_live, struct err *err)
{
    const struct change *change = &r->plan->changes[task->change];
    const struct instance *wanted = change->desired != NULL ? change->desired : change->prior;
    struct instance *live = sessions_read_one(r->app->sessions, wanted, task->ids, arena);
    if (live->presence == PRESENCE_UNREADABLE || live->presence == PRESENCE_UNKNOWN)
        return err_set(err, ERR_UNREACHABLE, "read back: %s",
                       live->reason == NULL ? "not readable" : live->reason);
    if (change->desired == NULL)
        return live->presence == PRESENCE_ABSENT
                   ? 0
                   : err_set(err, ERR_CONFLICT, "read back: it is still there");
    if (live->presence == PRESENCE_ABSENT)
        return err_set(err, ERR_NOT_FOUND, "read back: it is not there");
    struct diff diff = diff_attributes(change->desired, change->prior, live, arena);
    struct strbuf text;
    strbuf_init(&text, 600);
    describe_difference(change, &diff, &text);
    int result = strbuf_len(&text) == 0
                     ? 0
                     : err_set(err, ERR_CONFLICT, "read back: %s", strbuf_str(&text));
    strbuf_release(&text);
    *ret_live = live;
    return result;
}

/* Look until it is true, as long as the platform may lag behind. */
static void do_verify(struct runner *r, const struct walk_task *task, struct arena *arena)
{
    const struct change *change = &r->plan->changes[task->change];
    struct op_env *env = &r->app->env.op;
    unsigned patience = change->kind->create_reads_ms;
    const char *provider = change->n_steps > 0 ? change->steps[0].provider : "";
    int64_t pause = sessions_poll_interval(r->app->sessions, provider);
    pthread_mutex_unlock(&r->lock);
    progress_verifying(r->progress, task);
    int64_t until =
        env->now_ms(env->context) + (patience > VERIFY_LEAST_MS ? patience : VERIFY_LEAST_MS);
    struct instance *live = NULL;
    struct err err = {0};
    for (;;) {
        err_clear(&err);
        if (look(r, task, arena, &live, &err) == 0 || env->now_ms(env->context) >= until)
            break;
        if (env->sleep_ms(env->context, pause) < 0) {
            err_set(&err, ERR_CANCELLED, "interrupted before it was read back");
            break;
        }
    }
    progress_verified(r->progress, task);
    secrets_redact_err(sessions_secrets(r->app->sessions), &err); /* it may show live values */
    pthread_mutex_lock(&r->lock);
    walk_report(r->walk, task, NULL, live, &err);
}

static void check_interrupts(struct runner *r)
{
    if (interrupts >= 1)
        walk_stop(r->walk, "interrupted");
    if (interrupts >= 2)
        atomic_store(&r->app->env.cancelled, true);
}

/* A round: all that can be started now, recorded in one write before any of it starts; that
 * write also holds the results that led to it. WALK_READY also when the lock was released
 * meanwhile: it is time to look again. */
static enum walk_next hand_out(struct runner *r)
{
    VEC(struct walk_task) round = {0};
    struct walk_task task;
    enum walk_next next;
    while ((next = walk_next(r->walk, &task)) == WALK_READY) {
        if (task.kind == TASK_STEP) {
            record_intent(r, &task);
            record_entry(r, task.change);
        }
        VEC_PUSH(r->own, &round, task);
    }
    if (round.n == 0 && (next == WALK_DONE || !must_flush(r)))
        return next; /* the state as a whole is written at the end */
    flush(r);
    for (size_t i = 0; i < round.n; i++)
        VEC_PUSH(r->own, &r->ready, round.items[i]);
    pthread_cond_broadcast(&r->changed);
    return WALK_READY;
}

static void do_task(struct runner *r, struct walk_task *task)
{
    struct arena *arena = arena_new();
    VEC_PUSH(r->own, &r->arenas, arena);
    if (task->kind == TASK_STEP)
        do_step(r, task, arena);
    else
        do_verify(r, task, arena);
    record_entry(r, task->change);
    struct walk_change status = walk_status_of(r->walk, task->change);
    if (has_ended(status.status))
        progress_change_ended(r->progress, task->change, status);
    pthread_cond_broadcast(&r->changed);
}

static void *work(void *context)
{
    struct runner *r = context;
    enum walk_next next = WALK_READY;
    pthread_mutex_lock(&r->lock);
    while (next != WALK_DONE) {
        check_interrupts(r);
        if (r->n_taken < r->ready.n) {
            struct walk_task task = r->ready.items[r->n_taken++];
            do_task(r, &task);
            continue;
        }
        next = hand_out(r);
        if (next == WALK_WAIT)
            pthread_cond_wait(&r->changed, &r->lock);
    }
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Interrupts must reach waiting workers: this thread only passes them on. */
static void *watch_signals(void *context)
{
    struct runner *r = context;
    pthread_mutex_lock(&r->lock);
    int seen = 0;
    while (!atomic_load(&r->app->env.cancelled)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until); /* clocks of runners are set while they run */
        until.tv_nsec += 50000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_clockwait(&r->changed, &r->lock, CLOCK_MONOTONIC, &until);
        if (seen < 0 || r->plan == NULL)
            break;
        if (interrupts > seen) {
            seen = interrupts;
            progress_note(r->progress, seen == 1
                                           ? "interrupted: running steps are finished first"
                                           : "interrupted again: stopping now");
            check_interrupts(r);
            pthread_cond_broadcast(&r->changed);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void run_workers(struct runner *r)
{
    pthread_t threads[WORKERS_MAX], watcher;
    size_t n = (size_t)r->app->options->parallelism, started = 0;
    bool watched = pthread_create(&watcher, NULL, watch_signals, r) == 0;
    while (started < n && started + 1 < WORKERS_MAX &&
           pthread_create(&threads[started], NULL, work, r) == 0)
        started++;
    if (started == 0)
        work(r);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (watched) {
        pthread_mutex_lock(&r->lock);
        r->plan = NULL; /* the watcher's sign to end */
        pthread_cond_broadcast(&r->changed);
        pthread_mutex_unlock(&r->lock);
        pthread_join(watcher, NULL);
    }
}

static int write_state(struct runner *r)
{
    struct app *app = r->app;
    struct err err = {0};
    app->state->serial++;
    if (app->commit != NULL) {
        app->state->commit = app->commit;
        app->state->source = r->source;
    }
    if (r->storage.code == ERR_NONE &&
        app->store->ops->write(app->store, app->state, &err) == 0)
        return EXIT_OK;
    return app_fail(EXIT_STORAGE, "%s",
                    r->storage.code != ERR_NONE ? r->storage.message : err.message);
}

int runner_apply(struct app *app, const struct plan *plan, struct progress *progress,
                 struct walk **ret_walk)
{
    char nonce[33];
    app_random_hex(nonce);
    const struct walk_options options = {.parallel = (unsigned)app->options->parallelism,
                                         .nonce = nonce,
                                         .commit = app->commit,
                                         .author = app->origin.commit.author};
    struct runner r = {.app = app,
                       .plan = plan,
                       .progress = progress,
                       .own = arena_new(),
                       .lineage = app->state->lineage,
                       .source = origin_for_state(app)};
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.changed, NULL);
    r.walk = *ret_walk = walk_new(app->arena, plan, &app->facts, &options);
    r.log = guest_log_new(arena_printf(r.own, "%s.guest.log", app->opened.beside),
                          sessions_secrets(app->sessions));
    app->env.on_event = on_event;
    app->env.event_context = &r;
    struct sigaction former[2];
    catch_signals(former);
    record(&r, &(struct record){.kind = RECORD_PLAN,
                                .plan = plan->id,
                                .commit = app->commit,
                                .source = r.source});
    if (r.storage.code == ERR_NONE)
        run_workers(&r);
    app->env.on_event = NULL;
    guest_log_free(r.log);
    r.plan = plan;
    for (size_t i = 0; i < plan->n_changes; i++)
        record_entry(&r, i);
    state_add_plan(app->state, app->arena, plan->id);
    int code = write_state(&r);
    restore_signals(former);
    if (code == EXIT_OK)
        code = runner_exit_code(plan, r.walk, interrupts > 0);
    for (size_t i = 0; i < r.arenas.n; i++)
        arena_free(r.arenas.items[i]);
    arena_free(r.own);
    pthread_cond_destroy(&r.changed);
    pthread_mutex_destroy(&r.lock);
    return code;
}

enum exit_code runner_exit_code(const struct plan *plan, const struct walk *walk,
                                bool interrupted)
{
    bool changed = false, left = false;
    for (size_t i = 0; i < plan->n_changes; i++) {
        struct walk_change status = walk_status_of(walk, i);
        bool done = status.status == WALK_CHANGED || status.status == WALK_SAME;
        left = left || !done;
        changed = changed || status.touched || status.status == WALK_CHANGED;
    }
    if (!left)
        return EXIT_OK;
    if (changed)
        return EXIT_WORK_LEFT;
    return interrupted ? EXIT_INTERRUPTED : EXIT_PROVIDER;
}
