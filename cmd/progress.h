/* progress.h: what an apply says while it works: lines, a live status line, or JSON events.
 *
 * Guards itself: workers call it at the same time.
 */
#ifndef GF_PROGRESS_H
#define GF_PROGRESS_H

#include <stdbool.h>

#include "plan.h"
#include "walk.h"

struct progress;

/* json: one event per line; otherwise lines, and on a terminal a status line below them. */
struct progress *progress_new(const struct plan *plan, bool json, bool colour, bool terminal);
void progress_free(struct progress *progress);

void progress_step_started(struct progress *progress, const struct step *step);
void progress_step_ended(struct progress *progress, const struct step *step,
                         enum outcome_kind outcome, const struct err *err);
void progress_verifying(struct progress *progress, const struct change *change);
void progress_verified(struct progress *progress);
void progress_change_ended(struct progress *progress, const struct change *change,
                           struct walk_change status);
/* From inside a long step. */
void progress_event(void *progress, const struct event *event);
/* What a program in a guest wrote: an event; of a failed step, its last lines for people. path:
 * where all of it is kept, or NULL. */
void progress_output(struct progress *progress, const struct step *step, const char *text,
                     bool failed, const char *path);
void progress_note(struct progress *progress, const char *text);
/* The last word: counts, and what to do next. */
void progress_summary(struct progress *progress, const struct walk *walk);

const char *outcome_name(enum outcome_kind outcome);

#endif
