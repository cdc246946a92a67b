/* cmd_drift.c: has the world moved away from what was last applied? Read-only. */
#include <stdio.h>

#include "app.h"
#include "command.h"
#include "drift_check.h"
#include "drift_watch.h"
#include "interrupt.h"
#include "render.h"
#include "report.h"
#include "strbuf.h"

static void show(void *context, const struct drift_result *result)
{
    const struct options *options = context;
    const char *site = result->app->loaded.config->site;
    const struct markdown_style style = app_markdown_style(result->app);
    struct strbuf text;
    if (result->app->reports) {
        app_print_report(result->app, NULL, result->drift);
        return;
    }
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (options->format == FORMAT_JSON)
        render_drift_json(result->drift, site, &text);
    else if (options->format == FORMAT_MARKDOWN)
        render_drift_markdown(result->drift, site, &style, &text);
    else if (options->format == FORMAT_HTML)
        render_drift_html(result->drift, site, &text);
    else
        render_drift_text(result->drift, site, app_colour(result->app), &text);
    app_print(result->app, &text);
}

static int check_options(const struct options *options)
{
    if (options->watch_ms == 0 && options->listen != NULL)
        return app_fail(EXIT_USAGE, "--listen is for a service: say --watch 15m as well");
    if (options->watch_ms == 0 && options->timeout_ms != OPTIONS_TIMEOUT_MS)
        return app_fail(EXIT_USAGE, "--timeout is for a service: say --watch 15m as well");
    if (options->allow_remote && options->listen == NULL)
        return app_fail(EXIT_USAGE, "--allow-remote is about --listen, which is missing");
    if (options->new_only && options->report == NULL && options->watch_ms == 0)
        return app_fail(EXIT_USAGE,
                        "--new-only needs to know what was reported before: say --report FILE");
    if (options->watch_ms > 0 && options->format != FORMAT_TEXT &&
        options->format != FORMAT_JSON)
        return app_fail(EXIT_USAGE, "--watch prints text or JSON, no other format");
    if (options->watch_ms > 0 && options->live != NULL)
        return app_fail(EXIT_USAGE, "--watch looks at the systems: a snapshot does not change");
    return EXIT_OK;
}

static int run(const struct options *options)
{
    int code = check_options(options);
    if (code != EXIT_OK)
        return code;
    if (options->watch_ms > 0)
        return drift_watch_run(options);
    struct drift_check check = {.options = options,
                                .cancel = interrupt_catch(INTERRUPT_ENDS),
                                .show = show,
                                .context = (void *)(uintptr_t)options};
    return drift_check_run(&check);
}

static const enum option_id options[] = {
    OPTION_DIRECTORY,    OPTION_REF,      OPTION_OVERLAY, OPTION_VAR,     OPTION_STATE,
    OPTION_REPORT,       OPTION_NEW_ONLY, OPTION_WATCH,   OPTION_TIMEOUT, OPTION_LISTEN,
    OPTION_ALLOW_REMOTE, OPTION_JSON,     OPTION_FORMAT,  OPTION_LIVE,    OPTION_MAX_AGE,
    OPTION_TRUST,        OPTION_LIMIT,    OPTION_NO_COLOR};

const struct command command_drift = {
    .name = "drift",
    .arguments = "",
    .summary = "Show what has moved in the world since the last apply",
    .help =
        "Compares the live systems with what gridform last applied, attribute by attribute.\n"
        "Edits of the files that wait to be applied are not drift: gridform plan shows them.\n"
        "Exit 2: drift, and nothing else; 0: none; 7: something could not be read, with drift\n"
        "or without. lifecycle.ignore_drift names attributes that are shown and never count.\n"
        "Nothing is changed, and no lock is taken.\n\n"
        "--report FILE remembers what was reported: the next report marks what is new, "
        "changed,\n"
        "still so since when, or healed. With --new-only a schedule alarms once: only what is "
        "new\n"
        "or changed since the last report counts for exit code 2, and only what has become\n"
        "unreadable since for 7; a provider that cannot be asked at all is 7 each time.\n\n"
        "--watch 15m is a service: it reads files, state and systems anew each time, up to a\n"
        "tenth of the interval earlier or later, rarer after failures; it prints a report "
        "when\n"
        "something changed (with --json a line for each check). SIGHUP: check now; SIGTERM: "
        "stop,\n"
        "exit 0. --listen 127.0.0.1:9464 serves metrics for Prometheus at /metrics, and "
        "/healthz:\n"
        "ok while the last good check is younger than three intervals.\n\n"
        "--format markdown is for a comment or an issue of a forge, never longer than "
        "--limit.\n"
        "--format html is one page for a browser, which loads nothing from anywhere: what "
        "could\n"
        "not be read, what is gone and every difference, with filter; --format sarif, junit,\n"
        "github and azure show drift where the files declare what drifted.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats = 1u << FORMAT_TEXT | 1u << FORMAT_JSON | 1u << FORMAT_MARKDOWN |
               1u << FORMAT_HTML | FORMATS_OF_REPORTS,
    .run = run,
};
