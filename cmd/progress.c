/* progress.c: see progress.h. */
#include "progress_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "arena.h"
#include "err.h"
#include "names.h"
#include "render.h"
#include "strbuf.h"

enum {
    TAIL_LINES = 20,
    LINE_MAX_SIZE = 16000,
    LEFT_SHOWN = 20,
    FRAME_MS = 1000,
    HEARTBEAT_MS = 30000,
    HEARTBEAT_LINES = 8,
    BLOCK_ROWS_MAX = 12,
    COLUMNS_LEAST = 20,
};

static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_DONE] = "done",           [OUTCOME_UNCHANGED] = "unchanged",
    [OUTCOME_FAILED] = "failed",       [OUTCOME_SKIPPED] = "skipped",
    [OUTCOME_CANCELLED] = "cancelled", [OUTCOME_UNCERTAIN] = "uncertain",
};

const char *outcome_name(enum outcome_kind outcome)
{
    return names_of(outcome_names, OUTCOME_COUNT, outcome);
}

int64_t progress_elapsed(const struct progress *progress)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - progress->started.tv_sec) * 1000 +
           (now.tv_nsec - progress->started.tv_nsec) / 1000000;
}

struct view_task progress_task(const struct progress *progress, const struct running *running)
{
    const struct change *change = &progress->plan->changes[running->change];
    struct view_task task = {.address = change->address,
                             .title = "reading back",
                             .running_ms = progress_elapsed(progress) - running->since_ms,
                             .expected_ms = PACE_UNKNOWN,
                             .said = running->said};
    if (running->step == NULL)
        return task;
    task.title = running->step->title;
    task.step = running->step->id + 1;
    task.n_steps = (unsigned)change->n_steps;
    task.expected_ms = pace_step(progress->pace, running->change, running->step->id);
    return task;
}

/* ---- the foot of a terminal -----------------------------------------------------------------
 */

static void erase(struct progress *progress, struct strbuf *frame)
{
    if (progress->drawn > 0)
        strbuf_addf(frame, "\r\033[%zuA\033[J", progress->drawn);
    progress->drawn = 0;
}

static unsigned first_wave_under_way(const struct progress *progress)
{
    for (size_t i = 0; i < progress->plan->n_changes; i++)
        if (!progress->at[i].ended)
            return progress->plan->changes[i].wave;
    return progress->plan->n_waves;
}

static void draw(struct progress *progress, struct strbuf *frame)
{
    if (!progress->options.terminal || progress->stopped)
        return;
    struct winsize size = {0};
    if (ioctl(fileno(progress->options.out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    unsigned columns = size.ws_col < COLUMNS_LEAST ? COLUMNS_LEAST : size.ws_col;
    unsigned rows = size.ws_row / 2 < 2 ? 2 : size.ws_row / 2;
    struct view_task tasks[PROGRESS_RUNNING_MAX];
    for (size_t i = 0; i < progress->n_running; i++) {
        tasks[i] = progress_task(progress, &progress->running[i]);
        progress->at[progress->running[i].change].running_ms = tasks[i].running_ms;
    }
    struct view view = {.tasks = tasks,
                        .n_tasks = progress->n_running,
                        .n_ended = progress->n_ended,
                        .n_changes = progress->plan->n_changes,
                        .wave = first_wave_under_way(progress),
                        .n_waves = progress->plan->n_waves,
                        .elapsed_ms = progress_elapsed(progress)};
    view.left_ms = pace_left(progress->pace, progress->at, &view.left_is_known);
    progress->drawn = view_block(&view, columns, rows < BLOCK_ROWS_MAX ? rows : BLOCK_ROWS_MAX,
                                 progress->options.colour, frame);
}

/* In one piece, so that nothing flickers. */
static void put(struct progress *progress, struct strbuf *frame)
{
    fwrite(strbuf_str(frame), 1, strbuf_len(frame), progress->options.out);
    fflush(progress->options.out);
    strbuf_release(frame);
}

/* ---- lines ----------------------------------------------------------------------------------
 */

struct line {
    enum style style;
    const char *sign, *address, *text, *more;
};

static void add_line(const struct progress *progress, const struct line *line,
                     struct strbuf *frame)
{
    strbuf_addf(frame, "%7.1fs %s%s%s %s  ", (double)progress_elapsed(progress) / 1000,
                style_on(line->style, progress->options.colour), line->sign,
                style_off(progress->options.colour), line->address);
    struct strbuf text;
    strbuf_init(&text, LINE_MAX_SIZE);
    render_safe(line->text, &text);
    if (line->more != NULL) {
        strbuf_add(&text, ": ");
        render_safe(line->more, &text);
    }
    strbuf_add(frame, strbuf_str(&text));
    strbuf_add_char(frame, '\n');
    strbuf_release(&text);
}

static void say(struct progress *progress, const struct line *line)
{
    struct strbuf frame;
    strbuf_init(&frame, STRBUF_MAX_OUTPUT);
    erase(progress, &frame);
    add_line(progress, line, &frame);
    draw(progress, &frame);
    put(progress, &frame);
}

/* ---- the thread that says what is still running ---------------------------------------------
 */

static int64_t heartbeat_ms(const struct progress *progress)
{
    return progress->options.heartbeat_ms > 0 ? progress->options.heartbeat_ms : HEARTBEAT_MS;
}

static void mention(struct progress *progress, const struct running *running)
{
    if (progress->options.json) {
        event_heartbeat(progress, running);
        return;
    }
    const struct view_task task = progress_task(progress, running);
    struct strbuf text;
    strbuf_init(&text, LINE_MAX_SIZE);
    view_still_running(&task, &text);
    say(progress, &(struct line){STYLE_DIM, ".", task.address, strbuf_str(&text), NULL});
    strbuf_release(&text);
}

/* In a log; of many steps only those that have run longest, and how many there are. */
static void beat(struct progress *progress)
{
    int64_t now = progress_elapsed(progress);
    size_t mentioned = 0, left_out = 0;
    for (size_t i = 0; i < progress->n_running; i++) {
        struct running *running = &progress->running[i];
        if (now - running->mentioned_ms < heartbeat_ms(progress))
            continue;
        running->mentioned_ms = now;
        if (!progress->options.json && mentioned == HEARTBEAT_LINES) {
            left_out++;
            continue;
        }
        mention(progress, running);
        mentioned++;
    }
    if (left_out == 0)
        return;
    struct strbuf text;
    strbuf_init(&text, 100);
    strbuf_addf(&text, "%zu more steps are running", left_out);
    say(progress, &(struct line){STYLE_DIM, ".", "gridform", strbuf_str(&text), NULL});
    strbuf_release(&text);
}

static void *tick(void *context)
{
    struct progress *progress = context;
    int64_t period = progress->options.terminal ? FRAME_MS : heartbeat_ms(progress) / 4;
    pthread_mutex_lock(&progress->lock);
    while (!progress->stopped) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += period / 1000;
        until.tv_nsec += period % 1000 * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_clockwait(&progress->stop, &progress->lock, CLOCK_MONOTONIC, &until);
        if (progress->stopped)
            break;
        if (!progress->options.terminal) {
            beat(progress);
            continue;
        }
        struct strbuf frame;
        strbuf_init(&frame, STRBUF_MAX_OUTPUT);
        erase(progress, &frame);
        draw(progress, &frame);
        put(progress, &frame);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

static void stop_ticking(struct progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    progress->stopped = true;
    pthread_cond_broadcast(&progress->stop);
    pthread_mutex_unlock(&progress->lock);
    if (progress->ticking)
        pthread_join(progress->ticker, NULL);
    progress->ticking = false;
}

/* ---- beginning and end ----------------------------------------------------------------------
 */

struct progress *progress_new(const struct plan *plan, const struct progress_options *options)
{
    struct progress *progress = calloc(1, sizeof(*progress));
    if (progress == NULL)
        abort();
    progress->plan = plan;
    progress->options = *options;
    progress->options.terminal = options->terminal && !options->json;
    progress->arena = arena_new();
    progress->pace = pace_new(plan, options->prior, progress->arena);
    progress->at = ARENA_ARRAY(progress->arena, plan->n_changes + 1, struct pace_at);
    clock_gettime(CLOCK_MONOTONIC, &progress->started);
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->stop, NULL);
    progress->ticking = pthread_create(&progress->ticker, NULL, tick, progress) == 0;
    return progress;
}

void progress_free(struct progress *progress)
{
    if (progress == NULL)
        return;
    stop_ticking(progress);
    pthread_cond_destroy(&progress->stop);
    pthread_mutex_destroy(&progress->lock);
    arena_free(progress->arena);
    free(progress);
}

/* ---- what runs ------------------------------------------------------------------------------
 */

static struct running *add_running(struct progress *progress, const struct walk_task *task)
{
    size_t i = progress->n_running;
    if (i == PROGRESS_RUNNING_MAX)
        i--; /* more than workers: cannot be */
    else
        progress->n_running++;
    int64_t now = progress_elapsed(progress);
    progress->running[i] = (struct running){
        .change = task->change, .step = task->step, .since_ms = now, .mentioned_ms = now};
    struct pace_at *at = &progress->at[task->change];
    at->step = task->step == NULL ? (unsigned)progress->plan->changes[task->change].n_steps
                                  : task->step->id;
    at->running_ms = 0;
    return &progress->running[i];
}

static void drop_running(struct progress *progress, size_t change)
{
    for (size_t i = 0; i < progress->n_running; i++)
        if (progress->running[i].change == change) {
            memmove(&progress->running[i], &progress->running[i + 1],
                    (--progress->n_running - i) * sizeof(progress->running[0]));
            break;
        }
}

static struct running *find_running(struct progress *progress, const char *address)
{
    for (size_t i = 0; address != NULL && i < progress->n_running; i++)
        if (strcmp(progress->plan->changes[progress->running[i].change].address, address) == 0)
            return &progress->running[i];
    return NULL;
}

void progress_step_started(struct progress *progress, const struct walk_task *task)
{
    pthread_mutex_lock(&progress->lock);
    struct running *running = add_running(progress, task);
    if (progress->options.json) {
        event_step_started(progress, running);
    } else {
        const struct view_task view = progress_task(progress, running);
        struct strbuf text;
        strbuf_init(&text, LINE_MAX_SIZE);
        strbuf_add(&text, view.title);
        strbuf_add(&text, "  ");
        view_place(&view, &text);
        while (strbuf_len(&text) > 0 && strbuf_str(&text)[strbuf_len(&text) - 1] == ' ')
            strbuf_truncate(&text, strbuf_len(&text) - 1);
        say(progress, &(struct line){STYLE_DIM, ">", view.address, strbuf_str(&text), NULL});
        strbuf_release(&text);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_step_ended(struct progress *progress, const struct walk_task *task,
                         enum outcome_kind outcome, const struct err *err)
{
    const struct step *step = task->step;
    pthread_mutex_lock(&progress->lock);
    drop_running(progress, task->change);
    progress->at[task->change] = (struct pace_at){.step = step->id + 1};
    if (outcome == OUTCOME_DONE)
        pace_learn(progress->pace, task->change, step->id, task->took_ms);
    if (progress->options.json)
        event_step_ended(progress, step, outcome, err);
    else if (err->code != ERR_NONE)
        say(progress,
            &(struct line){STYLE_REMOVE, "!", step->address, step->title, err->message});
    else if (outcome == OUTCOME_UNCHANGED)
        say(progress, &(struct line){STYLE_DIM, "=", step->address, step->title, "already so"});
    pthread_mutex_unlock(&progress->lock);
}

void progress_verifying(struct progress *progress, const struct walk_task *task)
{
    pthread_mutex_lock(&progress->lock);
    add_running(progress, task);
    if (progress->options.json)
        event_verifying(progress, &progress->plan->changes[task->change]);
    pthread_mutex_unlock(&progress->lock);
}

void progress_verified(struct progress *progress, const struct walk_task *task)
{
    pthread_mutex_lock(&progress->lock);
    drop_running(progress, task->change);
    pthread_mutex_unlock(&progress->lock);
}

void progress_change_ended(struct progress *progress, size_t index, struct walk_change status)
{
    const struct change *change = &progress->plan->changes[index];
    pthread_mutex_lock(&progress->lock);
    progress->n_ended += !progress->at[index].ended;
    progress->at[index].ended = true;
    if (progress->options.json)
        event_change_ended(progress, change, status);
    else if (status.status == WALK_CHANGED || status.status == WALK_SAME)
        say(progress,
            &(struct line){STYLE_ADD, "+", change->address,
                           status.status == WALK_CHANGED ? "done, verified" : "was already so",
                           NULL});
    else
        say(progress, &(struct line){STYLE_REMOVE, "!", change->address,
                                     walk_status_name(status.status), status.message});
    pthread_mutex_unlock(&progress->lock);
}

void progress_event(void *context, const struct event *event)
{
    struct progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    struct running *running = find_running(progress, event->address);
    if (running != NULL && event->text != NULL)
        snprintf(running->said, sizeof(running->said), "%s", event->text);
    if (progress->options.json && event->text != NULL)
        event_progress(progress, event);
    pthread_mutex_unlock(&progress->lock);
}

/* ---- output of guests, notes ----------------------------------------------------------------
 */

/* The last lines, each on a line of its own. */
static void add_tail(const char *text, struct strbuf *frame)
{
    size_t end = strlen(text), start = end;
    for (int lines = 0; start > 0; start--) {
        if (text[start - 1] == '\n' && start != end && ++lines == TAIL_LINES)
            break;
    }
    if (start > 0)
        strbuf_add(frame, "           | ...\n");
    for (const char *at = text + start; *at != '\0';) {
        struct strbuf line;
        size_t len = strcspn(at, "\n");
        strbuf_init(&line, LINE_MAX_SIZE);
        strbuf_add_mem(&line, at, len < LINE_MAX_SIZE / 8 ? len : LINE_MAX_SIZE / 8);
        strbuf_add(frame, "           | ");
        render_safe(strbuf_str(&line), frame);
        strbuf_add_char(frame, '\n');
        strbuf_release(&line);
        at += len + (at[len] == '\n');
    }
}

void progress_output(struct progress *progress, const struct step *step, const char *text,
                     bool failed, const char *path)
{
    pthread_mutex_lock(&progress->lock);
    if (progress->options.json) {
        event_output(progress, step, text, path);
    } else if (failed) {
        struct strbuf frame;
        strbuf_init(&frame, STRBUF_MAX_OUTPUT);
        erase(progress, &frame);
        add_line(
            progress,
            &(struct line){STYLE_DIM, "|", step->address, step->title, "its output ends with"},
            &frame);
        add_tail(text, &frame);
        if (path != NULL)
            strbuf_addf(&frame, "           all of it: %s\n", path);
        draw(progress, &frame);
        put(progress, &frame);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_note(struct progress *progress, const char *text)
{
    pthread_mutex_lock(&progress->lock);
    if (progress->options.json)
        event_note(progress, text);
    else
        say(progress, &(struct line){STYLE_CHANGE, "*", "gridform", text, NULL});
    pthread_mutex_unlock(&progress->lock);
}

/* ---- the last word --------------------------------------------------------------------------
 */

/* What is left and why: in a long log that stood far above. What failed comes first. */
static void add_left(const struct progress *progress, const struct walk *walk,
                     struct strbuf *frame)
{
    static const enum walk_status order[] = {WALK_FAILED, WALK_CANCELLED, WALK_SKIPPED};
    size_t shown = 0, left_out = 0;
    for (size_t o = 0; o < ARRAY_LEN(order); o++)
        for (size_t i = 0; i < progress->plan->n_changes; i++) {
            struct walk_change status = walk_status_of(walk, i);
            if (status.status != order[o])
                continue;
            if (shown == LEFT_SHOWN) {
                left_out++;
                continue;
            }
            shown++;
            strbuf_addf(frame, "  %-10s %s", walk_status_name(status.status),
                        progress->plan->changes[i].address);
            if (status.message != NULL) {
                strbuf_add(frame, "  ");
                render_safe(status.message, frame);
            }
            strbuf_add_char(frame, '\n');
        }
    if (left_out > 0)
        strbuf_addf(frame, "  and %zu more\n", left_out);
}

static void add_summary(const struct progress *progress, const struct walk *walk,
                        const size_t counts[WALK_STATUS_COUNT], struct strbuf *frame)
{
    size_t left = counts[WALK_FAILED] + counts[WALK_SKIPPED] + counts[WALK_CANCELLED] +
                  counts[WALK_PENDING];
    strbuf_addf(frame, "\nApplied in %.1fs: %zu changed, %zu already so",
                (double)progress_elapsed(progress) / 1000, counts[WALK_CHANGED],
                counts[WALK_SAME]);
    if (left > 0)
        strbuf_addf(frame, ", %zu failed, %zu skipped, %zu cancelled", counts[WALK_FAILED],
                    counts[WALK_SKIPPED], counts[WALK_CANCELLED] + counts[WALK_PENDING]);
    strbuf_add(frame, ".\n");
    add_left(progress, walk, frame);
    if (counts[WALK_FAILED] > 0)
        strbuf_add(frame,
                   "Put right what failed and apply again: what is done is recorded, and "
                   "the rest is planned anew.\n");
    else if (left > 0)
        strbuf_add(frame, "Apply again to go on: what is done is recorded.\n");
}

void progress_summary(struct progress *progress, const struct walk *walk)
{
    size_t counts[WALK_STATUS_COUNT] = {0};
    for (size_t i = 0; i < progress->plan->n_changes; i++)
        counts[walk_status_of(walk, i).status]++;
    stop_ticking(progress);
    if (progress->options.json) {
        event_summary(progress, counts);
        return;
    }
    struct strbuf frame;
    strbuf_init(&frame, STRBUF_MAX_OUTPUT);
    erase(progress, &frame);
    add_summary(progress, walk, counts, &frame);
    put(progress, &frame);
}
