/* cmd_validate.c: check the files, ask nobody. */
#include <stdio.h>

#include "app.h"
#include "command.h"

static int report(struct app *app)
{
    size_t files = app->loaded.n_files;
    printf("%zu file%s, %zu resources: valid\n", files, files == 1 ? "" : "s",
           app->loaded.config->resources.n);
    return EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run(options, APP_FILES, report);
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_REF, OPTION_OVERLAY,
                                         OPTION_VAR, OPTION_NO_COLOR};

const struct command command_validate = {
    .name = "validate",
    .arguments = "",
    .summary = "Check the files without asking any system",
    .help =
        "Reads the *.yaml files of the directory and reports everything that is wrong with\n"
        "them, each with its place. Rules that need no live facts are checked as well.\n"
        "No system is contacted and no secret is resolved.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
