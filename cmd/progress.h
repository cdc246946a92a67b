/* progress.h: what an apply says while it works: lines, on a terminal with what runs below
 * them, or JSON events.
 *
 * Guards itself: workers call it at the same time, and a thread of its own keeps the foot of a
 * terminal fresh, or writes now and then in a log what is still running, so that a pipeline
 * does not take a long reboot for a job that hangs.
 */
#ifndef GF_PROGRESS_H
#define GF_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "plan.h"
#include "walk.h"

struct progress;

struct progress_options {
    FILE *out;                     /* borrowed */
    const struct instances *prior; /* the state: how long steps took before */
    bool json;                     /* one event per line */
    bool colour;
    bool terminal;        /* out is one: lines, and below them what runs */
    int64_t heartbeat_ms; /* a step that long without a word is mentioned; 0: half a minute */
};

struct progress *progress_new(const struct plan *plan, const struct progress_options *options);
void progress_free(struct progress *progress); /* accepts NULL */

void progress_step_started(struct progress *progress, const struct walk_task *task);
void progress_step_ended(struct progress *progress, const struct walk_task *task,
                         enum outcome_kind outcome, const struct err *err);
void progress_verifying(struct progress *progress, const struct walk_task *task);
void progress_verified(struct progress *progress, const struct walk_task *task);
void progress_change_ended(struct progress *progress, size_t change, struct walk_change status);
/* From inside a long step. */
void progress_event(void *progress, const struct event *event);
/* What a program in a guest wrote: an event; of a failed step, its last lines for people. path:
 * where all of it is kept, or NULL. */
void progress_output(struct progress *progress, const struct step *step, const char *text,
                     bool failed, const char *path);
void progress_note(struct progress *progress, const char *text);
/* The last word: counts, what is left, and what to do next. Nothing is drawn after it. */
void progress_summary(struct progress *progress, const struct walk *walk);

const char *outcome_name(enum outcome_kind outcome);

#endif
