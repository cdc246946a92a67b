/* cmd_state.c: look into the state. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "render.h"
#include "state_edit.h"
#include "strbuf.h"

static int run_list(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = state_edit_look(&app);
    for (size_t i = 0; code == EXIT_OK && i < app.state->resources.n; i++)
        puts(app.state->resources.items[i]->address);
    app_release(&app);
    return code;
}

static int print_one(const struct app *app, const char *address)
{
    const struct instance *found = instances_find(&app->state->resources, address);
    if (found == NULL)
        return state_edit_unknown(app, address);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON) {
        render_instance_json(found, &text);
        strbuf_add(&text, "\n");
    } else {
        render_instance_text(found, false, &text);
    }
    app_print(app, &text);
    return EXIT_OK;
}

static int run_show(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = state_edit_look(&app);
    if (code == EXIT_OK)
        code = print_one(&app, options->arguments[0]);
    app_release(&app);
    return code;
}

static const enum option_id list_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                              OPTION_STATE};
static const enum option_id show_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                              OPTION_STATE, OPTION_JSON};

const struct command command_state_list = {
    .name = "state list",
    .arguments = "",
    .summary = "List the resources that the state knows",
    .help = "One address per line, sorted. Asks no system and takes no lock.",
    .options = list_options,
    .n_options = sizeof(list_options) / sizeof(list_options[0]),
    .run = run_list,
};

const struct command command_state_show = {
    .name = "state show",
    .arguments = "ADDRESS",
    .least_arguments = 1,
    .most_arguments = 1,
    .completion = COMPLETE_ADDRESS,
    .summary = "Show one resource as it was last applied",
    .help = "Prints the attributes and identifiers that the state holds for an address.",
    .options = show_options,
    .n_options = sizeof(show_options) / sizeof(show_options[0]),
    .run = run_show,
};
