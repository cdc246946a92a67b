/* metrics.h: what a service that watches drift counts, in the text format of Prometheus.
 *
 * Any thread may count and read. What a report shows stays until the next one: a check that
 * fails changes no number of drifted resources.
 */
#ifndef GF_METRICS_H
#define GF_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drift_memory;
struct metrics;
struct strbuf;

enum metrics_result {
    METRICS_CLEAN,
    METRICS_DRIFT,
    METRICS_PARTIAL, /* something could not be read, with drift or without */
    METRICS_ERROR,   /* a provider could not be asked at all, or there was no report */
    METRICS_TIMEOUT,
    METRICS_RESULT_COUNT
};

/* fresh_ms: how long a good check counts for metrics_healthy. */
struct metrics *metrics_new(int64_t fresh_ms);
void metrics_free(struct metrics *metrics); /* accepts NULL */

/* A check has ended. at_ms: Unix; now_ms: monotonic. */
struct metrics_check {
    enum metrics_result result;
    int64_t at_ms, now_ms, duration_ms;
};
void metrics_checked(struct metrics *metrics, const struct metrics_check *check);
/* Its report: what is drifted and what is unreadable, of how many resources. What was drifted
 * and cannot be read now counts as drifted still. */
void metrics_reported(struct metrics *metrics, const struct drift_memory *memory,
                      size_t n_checked);
void metrics_error(struct metrics *metrics, const char *provider);
void metrics_call(struct metrics *metrics, const char *provider, const char *method);

void metrics_render(struct metrics *metrics, struct strbuf *out);
/* Was the last good check (neither error nor timeout) fresh enough at now_ms (monotonic)? Says
 * in a line how old it is. */
bool metrics_healthy(struct metrics *metrics, int64_t now_ms, struct strbuf *out);

#endif
