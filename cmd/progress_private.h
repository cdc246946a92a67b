/* progress_private.h: what progress.c keeps of the work under way, for progress_json.c. */
#ifndef GF_PROGRESS_PRIVATE_H
#define GF_PROGRESS_PRIVATE_H

#include <pthread.h>

#include "pace.h"
#include "progress.h"
#include "progress_view.h"

enum { PROGRESS_RUNNING_MAX = 256, PROGRESS_SAID_SIZE = 200 };

/* A step, or the reading back of a change (step NULL). */
struct running {
    size_t change;
    const struct step *step;
    int64_t since_ms, mentioned_ms;
    char said[PROGRESS_SAID_SIZE];
};

struct progress {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t ticker;
    bool ticking, stopped;
    const struct plan *plan;
    struct progress_options options;
    struct arena *arena;
    struct pace *pace;
    struct pace_at *at; /* per change */
    struct timespec started;
    struct running running[PROGRESS_RUNNING_MAX];
    size_t n_running, n_ended;
    size_t drawn; /* lines at the foot of the terminal */
};

int64_t progress_elapsed(const struct progress *progress); /* ms */
struct view_task progress_task(const struct progress *progress, const struct running *running);

/* progress_json.c: one event a line. */
void event_step_started(struct progress *progress, const struct running *running);
void event_step_ended(struct progress *progress, const struct step *step,
                      enum outcome_kind outcome, const struct err *err);
void event_verifying(struct progress *progress, const struct change *change);
void event_change_ended(struct progress *progress, const struct change *change,
                        struct walk_change status);
void event_progress(struct progress *progress, const struct event *event);
void event_heartbeat(struct progress *progress, const struct running *running);
void event_output(struct progress *progress, const struct step *step, const char *text,
                  const char *path);
void event_note(struct progress *progress, const char *text);
void event_summary(struct progress *progress, const size_t counts[WALK_STATUS_COUNT]);

#endif
