/* cmd_show.c: resources as they are live, with their facts. Read-only. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "strbuf.h"

static bool is_wanted(const struct options *options, const char *address)
{
    for (size_t i = 0; i < options->n_arguments; i++)
        if (strcmp(options->arguments[i], address) == 0)
            return true;
    return options->n_arguments == 0;
}

static int check_names(const struct app *app)
{
    for (size_t i = 0; i < app->options->n_arguments; i++)
        if (instances_find(&app->live, app->options->arguments[i]) == NULL)
            return app_fail(EXIT_USAGE, "no resource %s in the files or the state%s",
                            app->options->arguments[i],
                            app_nearest(app, &app->live, app->options->arguments[i]));
    return EXIT_OK;
}

static void add_one(const struct app *app, const struct instance *live, size_t shown,
                    struct strbuf *out)
{
    if (app->options->format == FORMAT_JSON) {
        strbuf_add(out, shown == 0 ? "" : ",\n");
        render_instance_json(live, out);
        return;
    }
    strbuf_add(out, shown == 0 ? "" : "\n");
    if (live->presence == PRESENCE_PRESENT)
        render_instance_text(live, true, out);
    else
        strbuf_addf(out, "%s\n  %s\n", live->address,
                    live->presence == PRESENCE_ABSENT ? "(absent)"
                    : live->reason == NULL            ? "(not read: no provider)"
                                                      : live->reason);
}

static int show(struct app *app)
{
    int code = check_names(app);
    if (code != EXIT_OK)
        return code;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    bool json = app->options->format == FORMAT_JSON;
    strbuf_add(&text, json ? "[" : "");
    size_t shown = 0;
    for (size_t i = 0; i < app->live.n; i++)
        if (is_wanted(app->options, app->live.items[i]->address))
            add_one(app, app->live.items[i], shown++, &text);
    strbuf_add(&text, json ? "]\n" : "");
    app_print(app, &text);
    return app->provider_trouble ? EXIT_PROVIDER : EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run(options, APP_LIVE, show);
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                         OPTION_STATE,     OPTION_JSON,    OPTION_LIVE,
                                         OPTION_MAX_AGE,   OPTION_TRUST,   OPTION_NO_COLOR};

const struct command command_show = {
    .name = "show",
    .arguments = "[ADDRESS]...",
    .most_arguments = 1000,
    .completion = COMPLETE_ADDRESS,
    .summary = "Show resources as they are live, with their facts",
    .help =
        "Reads the live systems and prints what is known of each resource of the files and\n"
        "the state, or of the given addresses only (host/esx-gpu-01.lab.local).",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
