/* cmd_version.c: which gridform this is. */
#include <stdio.h>

#include "command.h"

static int run(const struct options *options)
{
    if (options->format == FORMAT_JSON)
        printf("{\"version\":\"%s\"}\n", GRIDFORM_VERSION);
    else
        printf("gridform %s\n", GRIDFORM_VERSION);
    return EXIT_OK;
}

static const enum option_id options[] = {OPTION_JSON};

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Print the version",
    .help = "Prints the version of this program.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
