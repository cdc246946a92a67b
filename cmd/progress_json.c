/* progress_json.c: the events of an apply as JSON, one a line. */
#include "progress_private.h"

#include <stdio.h>

#include "err.h"
#include "strbuf.h"
#include "value_json.h"

static void begin(const struct progress *progress, struct strbuf *line, const char *event)
{
    strbuf_init(line, STRBUF_MAX_OUTPUT);
    strbuf_addf(line, "{\"event\":\"%s\",\"gridform_events\":1,\"elapsed_ms\":%lld", event,
                (long long)progress_elapsed(progress));
}

static void member(struct strbuf *line, const char *name, const char *text)
{
    strbuf_addf(line, ",\"%s\":", name);
    if (text == NULL)
        strbuf_add(line, "null");
    else
        json_text(text, line);
}

static void number(struct strbuf *line, const char *name, int64_t value)
{
    strbuf_addf(line, ",\"%s\":%lld", name, (long long)value);
}

static void print(const struct progress *progress, struct strbuf *line)
{
    strbuf_add(line, "}\n");
    fputs(strbuf_str(line), progress->options.out);
    fflush(progress->options.out);
    strbuf_release(line);
}

/* Where a step stands: k of n in its change, its wave, how long it is expected to take. */
static void place(const struct progress *progress, const struct running *running,
                  struct strbuf *line)
{
    const struct view_task task = progress_task(progress, running);
    if (task.n_steps > 0) {
        number(line, "step", task.step);
        number(line, "steps", task.n_steps);
    }
    number(line, "wave", progress->plan->changes[running->change].wave);
    if (task.expected_ms >= 0)
        number(line, "expected_ms", task.expected_ms);
}

void event_step_started(struct progress *progress, const struct running *running)
{
    struct strbuf line;
    begin(progress, &line, "step_started");
    member(&line, "address", running->step->address);
    member(&line, "op", running->step->op);
    member(&line, "title", running->step->title);
    place(progress, running, &line);
    print(progress, &line);
}

void event_step_ended(struct progress *progress, const struct step *step,
                      enum outcome_kind outcome, const struct err *err)
{
    struct strbuf line;
    begin(progress, &line, "step_ended");
    member(&line, "address", step->address);
    member(&line, "op", step->op);
    member(&line, "outcome", outcome_name(outcome));
    if (err->code != ERR_NONE)
        member(&line, "error", err->message);
    print(progress, &line);
}

void event_verifying(struct progress *progress, const struct change *change)
{
    struct strbuf line;
    begin(progress, &line, "verify_started");
    member(&line, "address", change->address);
    print(progress, &line);
}

void event_change_ended(struct progress *progress, const struct change *change,
                        struct walk_change status)
{
    struct strbuf line;
    begin(progress, &line, "change_ended");
    member(&line, "address", change->address);
    member(&line, "action", action_name(change->action));
    member(&line, "status", walk_status_name(status.status));
    member(&line, "message", status.message);
    print(progress, &line);
}

void event_progress(struct progress *progress, const struct event *event)
{
    struct strbuf line;
    begin(progress, &line, "progress");
    member(&line, "address", event->address);
    member(&line, "op", event->op);
    member(&line, "text", event->text);
    print(progress, &line);
}

void event_heartbeat(struct progress *progress, const struct running *running)
{
    const struct view_task task = progress_task(progress, running);
    struct strbuf line;
    begin(progress, &line, "heartbeat");
    member(&line, "address", task.address);
    member(&line, "op", running->step == NULL ? NULL : running->step->op);
    member(&line, "title", task.title);
    number(&line, "running_ms", task.running_ms);
    place(progress, running, &line);
    member(&line, "text", task.said[0] == '\0' ? NULL : task.said);
    print(progress, &line);
}

void event_output(struct progress *progress, const struct step *step, const char *text,
                  const char *path)
{
    struct strbuf line;
    begin(progress, &line, "output");
    member(&line, "address", step->address);
    member(&line, "op", step->op);
    member(&line, "text", text);
    member(&line, "log", path);
    print(progress, &line);
}

void event_note(struct progress *progress, const char *text)
{
    struct strbuf line;
    begin(progress, &line, "note");
    member(&line, "text", text);
    print(progress, &line);
}

void event_summary(struct progress *progress, const size_t counts[WALK_STATUS_COUNT])
{
    struct strbuf line;
    begin(progress, &line, "summary");
    number(&line, "changed", (int64_t)counts[WALK_CHANGED]);
    number(&line, "unchanged", (int64_t)counts[WALK_SAME]);
    number(&line, "failed", (int64_t)counts[WALK_FAILED]);
    number(&line, "skipped", (int64_t)counts[WALK_SKIPPED]);
    number(&line, "cancelled", (int64_t)(counts[WALK_CANCELLED] + counts[WALK_PENDING]));
    print(progress, &line);
}
