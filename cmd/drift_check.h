/* drift_check.h: one look at the drift of a site: files, state, live values, report.
 *
 * Nothing is locked, and nothing is written but the memory of reports that --report names.
 */
#ifndef GF_DRIFT_CHECK_H
#define GF_DRIFT_CHECK_H

#include <stdatomic.h>

#include "app.h"
#include "drift_memory.h"

/* What a check has found; gone when `show` returns. */
struct drift_result {
    struct app *app;
    const struct drift *drift;
    const struct drift_memory *after; /* NULL: nothing is remembered */
    int code;                         /* enum exit_code of this check */
    int64_t at_ms;                    /* Unix */
};

struct drift_check {
    const struct options *options;
    const atomic_bool *cancel; /* somebody wants the check to stop */
    void (*on_event)(void *context, const struct event *event); /* any thread; or NULL */
    void (*show)(void *context, const struct drift_result *result);
    void *context;
    /* Text of the memory between checks, malloc'ed, for who has no --report: NULL at first.
     * remembers: whether it is used at all. */
    char *memory;
    bool remembers;
};

/* Returns the exit code; `show` was called when there was something to report, which is also so
 * when a part could not be read. */
int drift_check_run(struct drift_check *check);

#endif
