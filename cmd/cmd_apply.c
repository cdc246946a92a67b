/* cmd_apply.c: carry out a plan: a fresh one after a question, or a saved one as it is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "arena.h"
#include "command.h"
#include "progress.h"
#include "render.h"
#include "runner.h"
#include "strbuf.h"
#include "value_json.h"
#include "vec.h"

enum { SAVED_MAX = 256 << 20 };

struct saved {
    struct strbuf text;
    const char *const *adopt; /* what the plan was made with */
};

static int read_saved(struct app *app, const char *path, struct saved *saved)
{
    strbuf_init(&saved->text, SAVED_MAX);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return app_fail(EXIT_USAGE, "%s: the plan cannot be read", path);
    char block[65536];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), file)) > 0)
        strbuf_add_mem(&saved->text, block, n);
    bool bad = ferror(file) != 0;
    fclose(file);
    const struct value *plan;
    struct err err = {0};
    if (bad || strbuf_overflowed(&saved->text) ||
        value_from_json(strbuf_str(&saved->text), strbuf_len(&saved->text), app->arena, &plan,
                        &err) < 0)
        return app_fail(EXIT_USAGE, "%s is no saved plan", path);
    const char *id = value_get_text(plan, "id");
    if (id == NULL)
        return app_fail(EXIT_USAGE, "%s is no saved plan", path);
    if (app->state != NULL && state_has_plan(app->state, id))
        return app_fail(EXIT_STALE, "this plan was applied before; make a new one");
    const struct value *adopt = value_get(plan, "adopt");
    const char **names = ARENA_ARRAY(app->arena, value_count(adopt) + 1, const char *);
    for (size_t i = 0; i < value_count(adopt); i++)
        names[i] = value_text(value_at(adopt, i));
    saved->adopt = names;
    return EXIT_OK;
}

static bool ask(void)
{
    printf("\nApply this? Only yes is yes: ");
    fflush(stdout);
    char answer[16];
    return fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

/* A first state, so that there is one that records can belong to. */
static int make_state(struct app *app)
{
    char lineage[33];
    app_random_hex(lineage);
    struct err err = {0};
    app->state = state_new(app->arena, arena_strdup(app->arena, lineage),
                           app->loaded.config->site);
    app->state->serial = 1;
    if (app->store->ops->write(app->store, app->state, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    app->facts.lineage = app->state->lineage;
    app->facts.prior = &app->state->resources;
    return EXIT_OK;
}

static int carry_out(struct app *app, const struct plan *plan)
{
    bool json = app->options->format == FORMAT_JSON;
    int code = app->state == NULL ? make_state(app) : EXIT_OK;
    if (code != EXIT_OK)
        return code;
    struct progress *progress =
        progress_new(plan, json, app_colour(app), isatty(STDOUT_FILENO) != 0);
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
    strbuf_addf(out, "{\"event\":\"%s\",\"elapsed_ms\":0", event);
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

static void print(const struct app *app, const struct plan *plan)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON)
        add_events(plan, &text);
    else
        render_plan_text(plan, app_colour(app), &text);
    app_print(app, &text);
    fflush(stdout);
}

static int apply_plan(struct app *app, const struct saved *saved)
{
    const struct plan *plan;
    bool from_file = app->options->n_arguments > 0;
    struct err err = {0};
    int code = app_plan(app, from_file ? saved->adopt : app->options->adopt, &plan);
    if (from_file && plan_check_saved(strbuf_str(&saved->text), strbuf_len(&saved->text), plan,
                                      app->arena, &err) < 0)
        return app_fail(err.code == ERR_INVALID ? EXIT_USAGE : EXIT_STALE, "%s", err.message);
    if (code != EXIT_OK || !from_file)
        print(app, plan);
    if (code != EXIT_OK)
        return code;
    if (plan_is_empty(plan))
        return app->provider_trouble ? EXIT_PROVIDER : EXIT_OK;
    if (!from_file && !app->options->auto_approve) {
        if (!isatty(STDIN_FILENO))
            return app_fail(EXIT_USAGE, "nobody can be asked here: use --yes, or apply a saved "
                                        "plan");
        if (!ask())
            return app_fail(EXIT_USAGE, "not applied");
    }
    return carry_out(app, plan);
}

static int run(const struct options *options)
{
    struct app app;
    struct saved saved = {.adopt = NULL};
    app_init(&app, options);
    int code = app_load(&app);
    if (code == EXIT_OK)
        code = app_lock_state(&app, "apply");
    if (code == EXIT_OK && options->n_arguments > 0)
        code = read_saved(&app, options->arguments[0], &saved);
    if (code == EXIT_OK)
        code = app_read_live(&app);
    if (code == EXIT_OK)
        code = apply_plan(&app, &saved);
    if (options->n_arguments > 0)
        strbuf_release(&saved.text);
    app_release(&app);
    return code;
}

static const enum option_id options[] = {
    OPTION_DIRECTORY,   OPTION_OVERLAY,      OPTION_VAR,          OPTION_STATE,
    OPTION_ADOPT,       OPTION_AUTO_APPROVE, OPTION_PARALLELISM,  OPTION_LOCK_TIMEOUT,
    OPTION_JSON,        OPTION_NO_COLOR};

const struct command command_apply = {
    .name = "apply",
    .arguments = "[PLAN]",
    .most_arguments = 1,
    .completion = COMPLETE_FILE,
    .summary = "Carry out a plan, new or saved",
    .help = "Without PLAN: plans, shows the plan, asks, and carries it out (--yes does not ask).\n"
            "With PLAN, a file of gridform plan --out: carries out exactly that plan; when a\n"
            "resource, a file or the state has moved since, it is refused as stale.\n\n"
            "Each step is recorded before it is done and read back after it, so an interrupted\n"
            "apply, however it ended, is put right by the next one. The first interrupt lets\n"
            "running steps finish; the second stops at once.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
