/* drift_watch.c: see drift_watch.h.
 *
 * Every check stands alone: files and state are read anew, sessions are opened and logged out.
 * What lives from one to the next is the memory of reports, what was printed last, and the
 * metrics.
 */
#include "drift_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "digest.h"
#include "drift_check.h"
#include "err.h"
#include "metrics.h"
#include "metrics_http.h"
#include "notify.h"
#include "render.h"
#include "strbuf.h"
#include "watch.h"

enum { FRESH_INTERVALS = 3, GRACE_MS = 15000 };

struct service {
    const struct options *options;
    struct drift_check check;
    struct metrics *metrics;
    struct digest shown; /* of what was printed last */
    /* Of the check that runs. */
    bool reported;
    enum metrics_result result;
};

/* ---- one check ----------------------------------------------------------------------------
 */

/* Line breaks stand between the parts of a report, never in them: strings escape theirs. */
static void print_line(const struct app *app, struct strbuf *text)
{
    struct strbuf line;
    strbuf_init(&line, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < strbuf_len(text); i++)
        if (strbuf_str(text)[i] != '\n')
            strbuf_add_char(&line, strbuf_str(text)[i]);
    strbuf_add_char(&line, '\n');
    strbuf_release(text);
    app_print(app, &line);
}

/* Of all that makes a report worth printing: not of the time at which it was made. */
static struct digest gist(const struct drift_result *result)
{
    struct drift_memory memory = *result->after;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    memory.at_ms = 0;
    drift_memory_encode(&memory, &text);
    strbuf_addf(&text, "%zu %zu %d", result->drift->n_pending,
                result->drift->n - drift_count(result->drift), result->code);
    struct digest digest = digest_bytes(strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return digest;
}

static void print_report(struct service *service, const struct drift_result *result)
{
    const struct app *app = result->app;
    const char *site = app->loaded.config->site;
    struct digest now = gist(result);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (service->options->format == FORMAT_JSON) {
        render_drift_json(result->drift, site, &text);
        print_line(app, &text);
        return;
    }
    if (strcmp(now.hex, service->shown.hex) != 0) {
        render_drift_text(result->drift, site, app_colour(app), &text);
        strbuf_add_char(&text, '\n');
    }
    service->shown = now;
    app_print(app, &text);
}

static void count_errors(struct service *service, const struct app *app)
{
    for (size_t i = 0; app->sessions != NULL && i < sessions_count(app->sessions); i++) {
        const char *provider;
        enum err_code code;
        if (sessions_failure(app->sessions, i, &provider, &code) != NULL)
            metrics_error(service->metrics, provider);
    }
}

static void show(void *context, const struct drift_result *result)
{
    struct service *service = context;
    size_t n = drift_count(result->drift);
    service->reported = true;
    service->result = result->app->provider_trouble ? METRICS_ERROR
                      : result->drift->n_blind > 0  ? METRICS_PARTIAL
                      : n > 0                       ? METRICS_DRIFT
                                                    : METRICS_CLEAN;
    count_errors(service, result->app);
    metrics_reported(service->metrics, result->after, result->drift->n_checked);
    print_report(service, result);
    notify_send("STATUS=%zu difference%s in %zu resources, %zu not readable", n,
                n == 1 ? "" : "s", result->drift->n_checked, result->drift->n_blind);
}

static void on_event(void *context, const struct event *event)
{
    struct service *service = context;
    if (event->kind == EVENT_CALL)
        metrics_call(service->metrics, event->op, event->text);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With --json every check is one line, also one that made no report. */
static void tell_no_report(const struct service *service, int code)
{
    notify_send("STATUS=The last check made no report (exit code %d)", code);
    if (service->options->format != FORMAT_JSON)
        return;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_no_drift_json(app_wall_ms(), code, &text);
    fputs(strbuf_str(&text), stdout);
    fflush(stdout);
    strbuf_release(&text);
}

static enum watch_result check_once(void *context, const struct watch_turn *turn)
{
    struct service *service = context;
    int64_t start = now_ms();
    service->reported = false;
    service->result = METRICS_ERROR;
    service->check.cancel = &turn->cancel;
    int code = drift_check_run(&service->check);
    bool stopped = atomic_load(&turn->cancel) && !atomic_load(&turn->timed_out);
    if (!service->reported && atomic_load(&turn->timed_out))
        service->result = METRICS_TIMEOUT;
    if (!service->reported && stopped)
        return WATCH_GOOD; /* somebody ends the service: that says nothing of the world */
    if (!service->reported)
        tell_no_report(service, code);
    const struct metrics_check ended = {.result = service->result,
                                        .at_ms = app_wall_ms(),
                                        .now_ms = now_ms(),
                                        .duration_ms = now_ms() - start};
    metrics_checked(service->metrics, &ended);
    if (ferror(stdout))
        return WATCH_OVER;
    return service->result == METRICS_ERROR || service->result == METRICS_TIMEOUT ? WATCH_BAD
                                                                                  : WATCH_GOOD;
}

/* ---- the service --------------------------------------------------------------------------
 */

static uint64_t random_seed(void)
{
    char hex[33];
    app_random_hex(hex);
    return digest_hash64(hex, sizeof(hex));
}

static int serve(struct service *service)
{
    const struct options *options = service->options;
    const struct watch watch = {.schedule = {.interval_ms = options->watch_ms,
                                             .timeout_ms = options->timeout_ms,
                                             .grace_ms = GRACE_MS,
                                             .seed = random_seed()},
                                .check = check_once,
                                .context = service};
    struct metrics_http *http = NULL;
    struct err err = {0};
    if (options->listen != NULL && metrics_http_start(options->listen, options->allow_remote,
                                                      service->metrics, &http, &err) < 0)
        return app_fail(EXIT_USAGE, "%s", err.message);
    if (http != NULL)
        fprintf(stderr, "gridform: metrics at %s/metrics\n", metrics_http_url(http));
    int code = watch_run(&watch);
    metrics_http_stop(http);
    return code;
}

int drift_watch_run(const struct options *options)
{
    struct service service = {
        .options = options,
        .metrics = metrics_new(FRESH_INTERVALS * options->watch_ms),
        .check = {.options = options, .on_event = on_event, .show = show, .remembers = true}};
    service.check.context = &service;
    int code = serve(&service);
    metrics_free(service.metrics);
    free(service.check.memory);
    return code;
}
