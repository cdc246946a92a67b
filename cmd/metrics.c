/* metrics.c: see metrics.h. */
#include "metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "drift_memory.h"
#include "strbuf.h"

enum { KINDS_MAX = 32, COUNTERS_MAX = 256, LABEL_MAX = 64 };

struct kind_counts {
    const char *kind;
    size_t drifted, attributes, unreadable;
};

/* One for each pair of labels; the second may be "". */
struct counter {
    char provider[LABEL_MAX], method[LABEL_MAX];
    uint64_t n;
};

struct counters {
    struct counter items[COUNTERS_MAX];
    size_t n;
};

struct metrics {
    pthread_mutex_t lock; /* of all that follows */
    int64_t fresh_ms;
    struct kind_counts kinds[KINDS_MAX];
    size_t n_kinds, n_checked;
    uint64_t checks[METRICS_RESULT_COUNT];
    int64_t last_check_ms, last_success_ms, duration_ms; /* 0: none yet */
    int64_t success_now_ms;                              /* on the monotonic clock */
    struct counters errors, calls;
};

static const char *const result_names[METRICS_RESULT_COUNT] = {
    [METRICS_CLEAN] = "clean", [METRICS_DRIFT] = "drift",     [METRICS_PARTIAL] = "partial",
    [METRICS_ERROR] = "error", [METRICS_TIMEOUT] = "timeout",
};

static void count(struct counters *counters, const char *provider, const char *method,
                  uint64_t by)
{
    for (size_t i = 0; i < counters->n; i++) {
        struct counter *it = &counters->items[i];
        if (strncmp(it->provider, provider, LABEL_MAX - 1) == 0 &&
            strncmp(it->method, method, LABEL_MAX - 1) == 0) {
            it->n += by;
            return;
        }
    }
    if (counters->n == COUNTERS_MAX)
        return; /* methods are a short list: this bounds a mistake */
    struct counter *it = &counters->items[counters->n++];
    *it = (struct counter){.n = by};
    memcpy(it->provider, provider, strnlen(provider, LABEL_MAX - 1));
    memcpy(it->method, method, strnlen(method, LABEL_MAX - 1));
}

/* Series exist from the start, at 0: an alert on a rate must see the first step up. */
struct metrics *metrics_new(int64_t fresh_ms)
{
    struct metrics *m = calloc(1, sizeof(*m));
    if (m == NULL)
        abort();
    pthread_mutex_init(&m->lock, NULL);
    m->fresh_ms = fresh_ms;
    for (size_t i = 0; all_kinds[i] != NULL && m->n_kinds < KINDS_MAX; i++)
        if (!all_kinds[i]->schema.abstract)
            m->kinds[m->n_kinds++].kind = all_kinds[i]->schema.kind;
    for (size_t i = 0; all_providers[i] != NULL; i++)
        count(&m->errors, all_providers[i]->name, "", 0);
    return m;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* ---- counting -----------------------------------------------------------------------------
 */

void metrics_error(struct metrics *metrics, const char *provider)
{
    pthread_mutex_lock(&metrics->lock);
    count(&metrics->errors, provider, "", 1);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_call(struct metrics *metrics, const char *provider, const char *method)
{
    pthread_mutex_lock(&metrics->lock);
    count(&metrics->calls, provider, method, 1);
    pthread_mutex_unlock(&metrics->lock);
}

static bool is_good(enum metrics_result result)
{
    return result != METRICS_ERROR && result != METRICS_TIMEOUT;
}

void metrics_checked(struct metrics *metrics, const struct metrics_check *check)
{
    pthread_mutex_lock(&metrics->lock);
    metrics->checks[check->result]++;
    metrics->last_check_ms = check->at_ms;
    metrics->duration_ms = check->duration_ms;
    if (is_good(check->result)) {
        metrics->last_success_ms = check->at_ms;
        metrics->success_now_ms = check->now_ms;
    }
    pthread_mutex_unlock(&metrics->lock);
}

static struct kind_counts *counts_of(struct metrics *m, const char *address)
{
    size_t len = strcspn(address, "/");
    for (size_t i = 0; i < m->n_kinds; i++)
        if (strlen(m->kinds[i].kind) == len && memcmp(m->kinds[i].kind, address, len) == 0)
            return &m->kinds[i];
    return NULL;
}

void metrics_reported(struct metrics *metrics, const struct drift_memory *memory,
                      size_t n_checked)
{
    const char *drifted = "", *unreadable = ""; /* the last of each; entries are sorted */
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->n_kinds; i++)
        metrics->kinds[i] = (struct kind_counts){.kind = metrics->kinds[i].kind};
    for (size_t i = 0; i < memory->n; i++) {
        const struct drift_entry *entry = &memory->entries[i];
        struct kind_counts *counts = counts_of(metrics, entry->address);
        const char **last = entry->live == NULL ? &unreadable : &drifted;
        if (counts == NULL)
            continue;
        if (strcmp(*last, entry->address) != 0)
            *(entry->live == NULL ? &counts->unreadable : &counts->drifted) += 1;
        counts->attributes += entry->live != NULL && entry->attr != NULL;
        *last = entry->address;
    }
    metrics->n_checked = n_checked;
    pthread_mutex_unlock(&metrics->lock);
}

/* ---- text ---------------------------------------------------------------------------------
 */

static void head(const char *name, const char *type, const char *help, struct strbuf *out)
{
    strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void label(const char *name, const char *value, struct strbuf *out)
{
    strbuf_addf(out, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            strbuf_add(out, "\\n");
        else if (*value == '\\' || *value == '"')
            strbuf_addf(out, "\\%c", *value);
        else
            strbuf_add_char(out, *value);
    }
    strbuf_add_char(out, '"');
}

static void seconds(const char *name, const char *help, int64_t ms, struct strbuf *out)
{
    head(name, "gauge", help, out);
    strbuf_addf(out, "%s %lld.%03d\n", name, (long long)(ms / 1000), (int)(ms % 1000));
}

static void per_kind(const struct metrics *m, const char *name, const char *help, size_t offset,
                     struct strbuf *out)
{
    head(name, "gauge", help, out);
    for (size_t i = 0; i < m->n_kinds; i++) {
        const char *at = (const char *)&m->kinds[i] + offset;
        size_t n;
        memcpy(&n, at, sizeof(n));
        strbuf_addf(out, "%s{", name);
        label("kind", m->kinds[i].kind, out);
        strbuf_addf(out, "} %zu\n", n);
    }
}

static void render_counters(const struct counters *counters, const char *name, const char *help,
                            struct strbuf *out)
{
    head(name, "counter", help, out);
    for (size_t i = 0; i < counters->n; i++) {
        const struct counter *it = &counters->items[i];
        strbuf_addf(out, "%s{", name);
        label("provider", it->provider, out);
        if (it->method[0] != '\0') {
            strbuf_add_char(out, ',');
            label("method", it->method, out);
        }
        strbuf_addf(out, "} %llu\n", (unsigned long long)it->n);
    }
}

static void render_checks(const struct metrics *m, struct strbuf *out)
{
    head("gridform_checks_total", "counter", "Checks by how they ended.", out);
    for (size_t i = 0; i < METRICS_RESULT_COUNT; i++)
        strbuf_addf(out, "gridform_checks_total{result=\"%s\"} %llu\n", result_names[i],
                    (unsigned long long)m->checks[i]);
    seconds("gridform_last_check_timestamp_seconds", "Unix time when the last check ended.",
            m->last_check_ms, out);
    seconds("gridform_last_success_timestamp_seconds",
            "Unix time when the last check ended that could ask all providers.",
            m->last_success_ms, out);
    seconds("gridform_check_duration_seconds", "How long the last check took.", m->duration_ms,
            out);
}

void metrics_render(struct metrics *metrics, struct strbuf *out)
{
    pthread_mutex_lock(&metrics->lock);
    head("gridform_build_info", "gauge", "The version of this gridform.", out);
    strbuf_add(out, "gridform_build_info{version=\"" GRIDFORM_VERSION "\"} 1\n");
    per_kind(
        metrics, "gridform_drifted_resources",
        "Resources that moved away from what was applied; ignored attributes do not count.",
        offsetof(struct kind_counts, drifted), out);
    per_kind(metrics, "gridform_drifted_attributes", "Their attributes that moved.",
             offsetof(struct kind_counts, attributes), out);
    per_kind(metrics, "gridform_unreadable_resources",
             "Resources that could not be read, wholly or in part.",
             offsetof(struct kind_counts, unreadable), out);
    head("gridform_checked_resources", "gauge", "Resources compared by the last report.", out);
    strbuf_addf(out, "gridform_checked_resources %zu\n", metrics->n_checked);
    render_checks(metrics, out);
    render_counters(&metrics->errors, "gridform_errors_total",
                    "Checks in which a provider could not be asked at all.", out);
    render_counters(&metrics->calls, "gridform_provider_calls_total",
                    "Requests sent to a provider's systems.", out);
    pthread_mutex_unlock(&metrics->lock);
}

bool metrics_healthy(struct metrics *metrics, int64_t now_ms, struct strbuf *out)
{
    pthread_mutex_lock(&metrics->lock);
    bool any = metrics->last_success_ms > 0;
    int64_t age = now_ms - metrics->success_now_ms;
    bool good = any && age <= metrics->fresh_ms;
    pthread_mutex_unlock(&metrics->lock);
    if (!any)
        strbuf_add(out, "no good check yet\n");
    else
        strbuf_addf(out, "%s: the last good check ended %lld s ago\n", good ? "ok" : "stale",
                    (long long)(age / 1000));
    return good;
}
