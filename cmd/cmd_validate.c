/* cmd_validate.c: check the files, ask nobody. */
#include <stdio.h>

#include "app.h"
#include "command.h"

static int report(struct app *app)
{
    if (app->reports) {
        app_print_report(app, NULL, NULL);
        return EXIT_OK;
    }
    app_print_findings(app); /* warnings */
    size_t files = app->loaded.n_files;
    size_t resources = app->loaded.config->resources.n;
    printf("%zu file%s, %zu resource%s: valid\n", files, files == 1 ? "" : "s", resources,
           resources == 1 ? "" : "s");
    return EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run_reporting(options, "validate", APP_FILES, report);
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_REF,  OPTION_OVERLAY,
                                         OPTION_VAR,       OPTION_JSON, OPTION_FORMAT,
                                         OPTION_NO_COLOR};

const struct command command_validate = {
    .name = "validate",
    .arguments = "",
    .summary = "Check the files without asking any system",
    .help =
        "Reads the *.yaml files of the directory and reports everything that is wrong with\n"
        "them, each with its place. Rules that need no live facts are checked as well.\n"
        "No system is contacted and no secret is resolved.\n\n"
        "--json and --format are for other programs, also when the files are wrong: sarif for\n"
        "code scanning, junit for test pages, github and azure for remarks at changed lines.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats = 1u << FORMAT_TEXT | 1u << FORMAT_JSON | FORMATS_OF_REPORTS,
    .run = run,
};
