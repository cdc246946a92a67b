/* progress.c: see progress.h. */
#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "err.h"
#include "names.h"
#include "render.h"
#include "strbuf.h"
#include "value_json.h"

enum { TAIL_LINES = 20, LINE_MAX_SIZE = 16000 };

struct progress {
    pthread_mutex_t lock;
    const struct plan *plan;
    bool json, colour, terminal, status_shown;
    struct timespec started;
    size_t n_ended, n_running;
    char current[160]; /* what was last heard of: "host/a: reboot" */
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

struct progress *progress_new(const struct plan *plan, bool json, bool colour, bool terminal)
{
    struct progress *progress = calloc(1, sizeof(*progress));
    if (progress == NULL)
        abort();
    pthread_mutex_init(&progress->lock, NULL);
    progress->plan = plan;
    progress->json = json;
    progress->colour = colour;
    progress->terminal = terminal && !json;
    clock_gettime(CLOCK_MONOTONIC, &progress->started);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (progress == NULL)
        return;
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}

static double elapsed(const struct progress *progress)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - progress->started.tv_sec) +
           (double)(now.tv_nsec - progress->started.tv_nsec) / 1e9;
}

static void clear_status(struct progress *progress)
{
    if (progress->status_shown)
        fputs("\r\033[K", stdout);
    progress->status_shown = false;
}

static void show_status(struct progress *progress)
{
    if (!progress->terminal)
        return;
    clear_status(progress);
    printf("[%zu/%zu] %.0fs, %zu running: %s", progress->n_ended, progress->plan->n_changes,
           elapsed(progress), progress->n_running, progress->current);
    progress->status_shown = true;
}

/* For the status line, cut to fit one line. */
static void set_current(struct progress *progress, const char *address, const char *text)
{
    struct strbuf line;
    strbuf_init(&line, 70);
    strbuf_addf(&line, "%s: ", address_name(address));
    render_safe(text, &line);
    snprintf(progress->current, sizeof(progress->current), "%s", strbuf_str(&line));
    strbuf_release(&line);
}

/* One line for people; text is made safe. */
static void say(struct progress *progress, enum style style, const char *sign,
                const char *address, const char *text, const char *more)
{
    struct strbuf line;
    strbuf_init(&line, 4000);
    render_safe(text, &line);
    if (more != NULL) {
        strbuf_add(&line, ": ");
        render_safe(more, &line);
    }
    clear_status(progress);
    printf("%7.1fs %s%s%s %s  %s\n", elapsed(progress), style_on(style, progress->colour), sign,
           style_off(progress->colour), address, strbuf_str(&line));
    show_status(progress);
    fflush(stdout);
    strbuf_release(&line);
}

struct json_line {
    struct strbuf text;
};

static void json_begin(struct progress *progress, struct json_line *line, const char *event)
{
    strbuf_init(&line->text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&line->text, "{\"event\":\"%s\",\"elapsed_ms\":%.0f", event,
                elapsed(progress) * 1000);
}

static void json_member(struct json_line *line, const char *name, const char *text)
{
    strbuf_addf(&line->text, ",\"%s\":", name);
    if (text == NULL)
        strbuf_add(&line->text, "null");
    else
        json_text(text, &line->text);
}

static void json_print(struct json_line *line)
{
    strbuf_add(&line->text, "}\n");
    fputs(strbuf_str(&line->text), stdout);
    fflush(stdout);
    strbuf_release(&line->text);
}

void progress_step_started(struct progress *progress, const struct step *step)
{
    pthread_mutex_lock(&progress->lock);
    progress->n_running++;
    set_current(progress, step->address, step->title);
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "step_started");
        json_member(&line, "address", step->address);
        json_member(&line, "op", step->op);
        json_member(&line, "title", step->title);
        json_print(&line);
    } else {
        say(progress, STYLE_DIM, ">", step->address, step->title, NULL);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_step_ended(struct progress *progress, const struct step *step,
                         enum outcome_kind outcome, const struct err *err)
{
    pthread_mutex_lock(&progress->lock);
    progress->n_running--;
    bool failed = err->code != ERR_NONE;
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "step_ended");
        json_member(&line, "address", step->address);
        json_member(&line, "op", step->op);
        json_member(&line, "outcome", outcome_name(outcome));
        if (failed)
            json_member(&line, "error", err->message);
        json_print(&line);
    } else if (failed) {
        say(progress, STYLE_REMOVE, "!", step->address, step->title, err->message);
    } else if (outcome == OUTCOME_UNCHANGED) {
        say(progress, STYLE_DIM, "=", step->address, step->title, "already so");
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_verifying(struct progress *progress, const struct change *change)
{
    pthread_mutex_lock(&progress->lock);
    progress->n_running++;
    set_current(progress, change->address, "reading back");
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "verify_started");
        json_member(&line, "address", change->address);
        json_print(&line);
    } else {
        show_status(progress);
        fflush(stdout);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_verified(struct progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    progress->n_running--;
    pthread_mutex_unlock(&progress->lock);
}

void progress_change_ended(struct progress *progress, const struct change *change,
                           struct walk_change status)
{
    pthread_mutex_lock(&progress->lock);
    progress->n_ended++;
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "change_ended");
        json_member(&line, "address", change->address);
        json_member(&line, "action", action_name(change->action));
        json_member(&line, "status", walk_status_name(status.status));
        json_member(&line, "message", status.message);
        json_print(&line);
    } else if (status.status == WALK_CHANGED || status.status == WALK_SAME) {
        say(progress, STYLE_ADD, "+", change->address,
            status.status == WALK_CHANGED ? "done, verified" : "was already so", NULL);
    } else {
        say(progress, STYLE_REMOVE, "!", change->address, walk_status_name(status.status),
            status.message);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_event(void *context, const struct event *event)
{
    struct progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    if (progress->json && event->text != NULL) {
        struct json_line line;
        json_begin(progress, &line, "progress");
        json_member(&line, "address", event->address);
        json_member(&line, "op", event->op);
        json_member(&line, "text", event->text);
        json_print(&line);
    } else {
        if (event->address != NULL && event->text != NULL)
            set_current(progress, event->address, event->text);
        show_status(progress);
        fflush(stdout);
    }
    pthread_mutex_unlock(&progress->lock);
}

/* The last lines, each on a line of its own. */
static void print_tail(const char *text)
{
    size_t end = strlen(text), start = end;
    for (int lines = 0; start > 0; start--) {
        if (text[start - 1] == '\n' && start != end && ++lines == TAIL_LINES)
            break;
    }
    if (start > 0)
        printf("           | ...\n");
    for (const char *at = text + start; *at != '\0';) {
        struct strbuf line;
        size_t len = strcspn(at, "\n");
        strbuf_init(&line, LINE_MAX_SIZE);
        strbuf_add_mem(&line, at, len < LINE_MAX_SIZE / 8 ? len : LINE_MAX_SIZE / 8);
        struct strbuf safe;
        strbuf_init(&safe, LINE_MAX_SIZE);
        render_safe(strbuf_str(&line), &safe);
        printf("           | %s\n", strbuf_str(&safe));
        strbuf_release(&line);
        strbuf_release(&safe);
        at += len + (at[len] == '\n');
    }
}

void progress_output(struct progress *progress, const struct step *step, const char *text,
                     bool failed, const char *path)
{
    pthread_mutex_lock(&progress->lock);
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "output");
        json_member(&line, "address", step->address);
        json_member(&line, "op", step->op);
        json_member(&line, "text", text);
        json_member(&line, "log", path);
        json_print(&line);
    } else if (failed) {
        say(progress, STYLE_DIM, "|", step->address, step->title, "its output ends with");
        print_tail(text);
        if (path != NULL)
            printf("           all of it: %s\n", path);
    }
    fflush(stdout);
    pthread_mutex_unlock(&progress->lock);
}

void progress_note(struct progress *progress, const char *text)
{
    pthread_mutex_lock(&progress->lock);
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "note");
        json_member(&line, "text", text);
        json_print(&line);
    } else {
        say(progress, STYLE_CHANGE, "*", "gridform", text, NULL);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_summary(struct progress *progress, const struct walk *walk)
{
    size_t counts[WALK_STATUS_COUNT] = {0};
    for (size_t i = 0; i < progress->plan->n_changes; i++)
        counts[walk_status_of(walk, i).status]++;
    pthread_mutex_lock(&progress->lock);
    clear_status(progress);
    size_t left = counts[WALK_FAILED] + counts[WALK_SKIPPED] + counts[WALK_CANCELLED] +
                  counts[WALK_PENDING];
    if (progress->json) {
        struct json_line line;
        json_begin(progress, &line, "summary");
        strbuf_addf(&line.text,
                    ",\"changed\":%zu,\"unchanged\":%zu,\"failed\":%zu,\"skipped\":%zu,"
                    "\"cancelled\":%zu",
                    counts[WALK_CHANGED], counts[WALK_SAME], counts[WALK_FAILED],
                    counts[WALK_SKIPPED], counts[WALK_CANCELLED] + counts[WALK_PENDING]);
        json_print(&line);
    } else {
        printf("\nApplied in %.1fs: %zu changed, %zu already so", elapsed(progress),
               counts[WALK_CHANGED], counts[WALK_SAME]);
        if (left > 0)
            printf(", %zu failed, %zu skipped, %zu cancelled", counts[WALK_FAILED],
                   counts[WALK_SKIPPED], counts[WALK_CANCELLED] + counts[WALK_PENDING]);
        printf(".\n");
        if (counts[WALK_FAILED] > 0)
            printf("Put right what failed and apply again: what is done is recorded, and the rest "
                   "is planned anew.\n");
        else if (left > 0)
            printf("Apply again to go on: what is done is recorded.\n");
    }
    fflush(stdout);
    pthread_mutex_unlock(&progress->lock);
}
