/* cmd_state.c: look into the state. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "strbuf.h"
#include "value_json.h"

static int with_state(struct app *app)
{
    int code = app_read_state(app);
    if (code == EXIT_OK && app->state == NULL)
        return app_fail(EXIT_USAGE, "%s: no state yet", app->state_path);
    return code;
}

static void text_member(struct strbuf *out, const char *name, const char *text)
{
    strbuf_addf(out, ",\"%s\":", name);
    if (text == NULL)
        strbuf_add(out, "null");
    else
        json_text(text, out);
}

static void list_json(const struct state *state, struct strbuf *out)
{
    strbuf_add(out, "{\"gridform_state_list\":1");
    text_member(out, "site", state->site);
    text_member(out, "lineage", state->lineage);
    strbuf_addf(out, ",\"serial\":%lld", (long long)state->serial);
    text_member(out, "commit", state->commit);
    strbuf_add(out, ",\"source\":");
    value_to_json(state->source == NULL ? value_absent() : state->source, out);
    strbuf_add(out, ",\"resources\":[");
    for (size_t i = 0; i < state->resources.n; i++) {
        const struct instance *it = state->resources.items[i];
        strbuf_add(out, i == 0 ? "\n{\"address\":" : ",\n{\"address\":");
        json_text(it->address, out);
        text_member(out, "commit", value_get_text(it->meta, "commit"));
        text_member(out, "author", value_get_text(it->meta, "author"));
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, "]}\n");
}

static void list_text(const struct state *state, struct strbuf *out)
{
    for (size_t i = 0; i < state->resources.n; i++)
        strbuf_addf(out, "%s\n", state->resources.items[i]->address);
}

static int run_list(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = with_state(&app);
    if (code == EXIT_OK) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        if (options->format == FORMAT_JSON)
            list_json(app.state, &text);
        else
            list_text(app.state, &text);
        app_print(&app, &text);
    }
    app_release(&app);
    return code;
}

static void add_commit(const struct instance *instance, struct strbuf *out)
{
    const char *commit = value_get_text(instance->meta, "commit"),
               *author = value_get_text(instance->meta, "author");
    if (commit == NULL)
        return;
    strbuf_addf(out, "  %-28s ", "applied from commit");
    render_safe(commit, out);
    if (author != NULL) {
        strbuf_add(out, " by ");
        render_safe(author, out);
    }
    strbuf_add_char(out, '\n');
}

static int print_one(const struct app *app, const char *address)
{
    const struct instance *found = instances_find(&app->state->resources, address);
    if (found == NULL)
        return app_fail(EXIT_USAGE, "no resource %s in the state; state list shows them",
                        address);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON) {
        render_instance_json(found, &text);
        strbuf_add(&text, "\n");
    } else {
        render_instance_text(found, false, &text);
        add_commit(found, &text);
    }
    app_print(app, &text);
    return EXIT_OK;
}

static int run_show(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = with_state(&app);
    if (code == EXIT_OK)
        code = print_one(&app, options->arguments[0]);
    app_release(&app);
    return code;
}

static const enum option_id list_options[] = {OPTION_DIRECTORY, OPTION_STATE, OPTION_JSON};
static const enum option_id show_options[] = {OPTION_DIRECTORY, OPTION_STATE, OPTION_JSON};

const struct command command_state_list = {
    .name = "state list",
    .arguments = "",
    .summary = "List the resources that the state knows",
    .help =
        "One address per line, sorted. Asks no system and takes no lock. --json tells the\n"
        "state's serial as well, and which commit of whom it was applied from, last and for\n"
        "each resource.",
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
