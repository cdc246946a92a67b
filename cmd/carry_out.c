/* carry_out.c: see carry_out.h. */
#include "carry_out.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "progress.h"
#include "render.h"
#include "runner.h"
#include "strbuf.h"
#include "value_json.h"

static bool ask(void)
{
    /* Where it is seen when standard output goes elsewhere. */
    fflush(stdout);
    fputs("\nApply this? Only yes is yes: ", stderr);
    char answer[16];
    return fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

int carry_out_ask(const struct app *app, const char *instead)
{
    if (app->options->auto_approve)
        return EXIT_OK;
    if (!isatty(STDIN_FILENO))
        return app_fail(EXIT_USAGE, "nobody can be asked here: use --yes%s%s",
                        instead == NULL ? "" : ", or ", instead == NULL ? "" : instead);
    if (ask())
        return EXIT_OK;
    int code = app_check_interrupt(app);
    return code == EXIT_OK ? app_fail(EXIT_USAGE, "not applied") : code;
}

/* A first state, so that there is one that records can belong to. */
static int make_state(struct app *app)
{
    char lineage[33];
    app_random_hex(lineage);
    struct err err = {0};
    app->state =
        state_new(app->arena, arena_strdup(app->arena, lineage), app->loaded.config->site);
    app->state->serial = 1;
    if (app->store->ops->write(app->store, app->state, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    app->facts.lineage = app->state->lineage;
    app->facts.prior = &app->state->resources;
    return EXIT_OK;
}

int carry_out(struct app *app, const struct plan *plan)
{
    bool json = app->options->format == FORMAT_JSON;
    int code = app_check_interrupt(app);
    if (code == EXIT_OK && app->state == NULL)
        code = make_state(app);
    if (code != EXIT_OK)
        return code;
    struct progress *progress =
        progress_new(plan, &(struct progress_options){.out = stdout,
                                                      .prior = app->facts.prior,
                                                      .json = json,
                                                      .colour = app_colour(app),
                                                      .terminal = isatty(STDOUT_FILENO) != 0});
    struct walk *walk;
    code = runner_apply(app, plan, progress, &walk);
    progress_summary(progress, walk);
    progress_free(progress);
    return code == EXIT_OK && app->provider_trouble ? EXIT_PROVIDER : code;
}

struct member {
    const char *name, *text;
};

static void add_event(const char *event, const struct member *members, size_t n,
                      struct strbuf *out)
{
    strbuf_addf(out, "{\"event\":\"%s\",\"gridform_events\":1,\"elapsed_ms\":0", event);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(out, ",\"%s\":", members[i].name);
        if (members[i].text == NULL)
            strbuf_add(out, "null");
        else
            json_text(members[i].text, out);
    }
    strbuf_add(out, "}\n");
}

/* Of the plan itself, events say only what else explains the exit status. */
static void add_events(const struct plan *plan, struct strbuf *out)
{
    for (size_t i = 0; i < plan->n_blind; i++) {
        const struct member members[] = {{"address", plan->blind[i].address},
                                         {"attribute", plan->blind[i].attr},
                                         {"reason", plan->blind[i].reason}};
        add_event("unreadable", members, ARRAY_LEN(members), out);
    }
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct member members[] = {{"address", plan->refusals[i].address},
                                         {"message", plan->refusals[i].message},
                                         {"hint", plan->refusals[i].hint}};
        add_event("refused", members, ARRAY_LEN(members), out);
    }
}

void carry_out_print(const struct app *app, const struct plan *plan)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON)
        add_events(plan, &text);
    else
        render_plan_text(plan, app_look(app), &text);
    app_print(app, &text);
    fflush(stdout);
}
