/* cmd_graph.c: what refers to what, for Graphviz or Mermaid. Asks no system. */
#include <stdio.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "strbuf.h"

static int print(struct app *app)
{
    if (app->options->format == FORMAT_JSON)
        return app_fail(EXIT_USAGE, "graph --format: dot or mermaid");
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_MERMAID)
        render_graph_mermaid(&app->facts, NULL, &text);
    else
        render_graph_dot(&app->facts, NULL, &text);
    app_print(app, &text);
    return EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run(options, APP_FILES, print);
}

static const enum option_id options[] = {OPTION_DIRECTORY, OPTION_REF,    OPTION_OVERLAY,
                                         OPTION_VAR,       OPTION_FORMAT, OPTION_NO_COLOR};

const struct command command_graph = {
    .name = "graph",
    .arguments = "",
    .summary = "Print the references between resources as a graph",
    .help =
        "Prints the graph of the files: an arrow leads from a resource to what it refers to.\n"
        "--format dot (the default) is for Graphviz, --format mermaid for Markdown:\n\n"
        "  gridform graph | dot -Tsvg >graph.svg",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats = 1u << FORMAT_DOT | 1u << FORMAT_MERMAID,
    .run = run,
};
