/* cmd_drift.c: has the world moved away from what was last applied? Read-only. */
#include <stdio.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "strbuf.h"

static bool any_drift(const struct drift *drift)
{
    for (size_t i = 0; i < drift->n; i++)
        if (!drift->items[i].ignored)
            return true;
    return false;
}

static void print(const struct app *app, const struct drift *drift)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON)
        render_drift_json(drift, app->loaded.config->site, &text);
    else
        render_drift_text(drift, app->loaded.config->site, app_colour(app), &text);
    app_print(app, &text);
}

static int report(struct app *app)
{
    if (app->state == NULL)
        return app_fail(EXIT_USAGE,
                        "%s: no state yet, so nothing can have drifted; apply first",
                        app->state_path);
    int code = app_read_live(app);
    if (code != EXIT_OK)
        return code;
    const struct drift *drift = drift_find(&app->facts);
    if (app->reports)
        app_print_report(app, NULL, drift);
    else
        print(app, drift);
    if (app->provider_trouble || drift->n_blind > 0)
        return EXIT_PROVIDER;
    return any_drift(drift) ? EXIT_DIFFERENCES : EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run_reporting(options, "drift", APP_STATE, report);
}

static const enum option_id options[] = {
    OPTION_DIRECTORY, OPTION_REF,  OPTION_OVERLAY, OPTION_VAR,   OPTION_STATE,   OPTION_JSON,
    OPTION_FORMAT,    OPTION_LIVE, OPTION_MAX_AGE, OPTION_TRUST, OPTION_NO_COLOR};

const struct command command_drift = {
    .name = "drift",
    .arguments = "",
    .summary = "Show what has moved in the world since the last apply",
    .help =
        "Compares the live systems with what gridform last applied, attribute by attribute.\n"
        "Edits of the files that wait to be applied are not drift: gridform plan shows them.\n"
        "Exit 2: drift, and nothing else; 0: none; 7: something could not be read.\n"
        "Nothing is changed, and no lock is taken. --format sarif, junit, github and azure "
        "show\n"
        "drift where the files declare what drifted.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats = 1u << FORMAT_TEXT | 1u << FORMAT_JSON | FORMATS_OF_REPORTS,
    .run = run,
};
