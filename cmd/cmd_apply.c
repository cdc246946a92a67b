/* cmd_apply.c: carry out a plan: a fresh one after a question, or a saved one as it is. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "arena.h"
#include "carry_out.h"
#include "command.h"
#include "seal.h"
#include "slurp.h"
#include "strbuf.h"
#include "value_json.h"
#include "vec.h"

enum { SAVED_MAX = 256 << 20 };

struct saved {
    struct strbuf text;
    const char *id;
    const char *const *adopt; /* what the plan was made with */
};

static int read_saved(struct app *app, const char *path, struct saved *saved)
{
    struct strbuf raw CLEANUP(strbuf_release);
    strbuf_init(&raw, SAVED_MAX);
    strbuf_init(&saved->text, SAVED_MAX);
    const struct value *plan;
    struct err err = {0};
    if (slurp(path, &raw, &err) < 0)
        return app_fail(EXIT_USAGE, "the plan %s", err.message);
    int code =
        seal_is_sealed(strbuf_str(&raw), strbuf_len(&raw)) ? app_open_seal(app) : EXIT_OK;
    if (code != EXIT_OK)
        return code;
    if (unseal_document(app->seal, SEAL_PLAN, strbuf_str(&raw), strbuf_len(&raw), &saved->text,
                        &err) < 0 ||
        plan_check_whole(strbuf_str(&saved->text), strbuf_len(&saved->text), &err) < 0)
        return app_fail(EXIT_USAGE, "%s: %s", path, err.message);
    if (value_from_json(strbuf_str(&saved->text), strbuf_len(&saved->text), app->arena, &plan,
                        &err) < 0 ||
        value_get_text(plan, "id") == NULL)
        return app_fail(EXIT_USAGE, "%s is no saved plan", path);
    const char *id = value_get_text(plan, "id");
    const struct value *adopt = value_get(plan, "adopt");
    const char **names = ARENA_ARRAY(app->arena, value_count(adopt) + 1, const char *);
    for (size_t i = 0; i < value_count(adopt); i++)
        names[i] = value_text(value_at(adopt, i));
    saved->adopt = names;
    saved->id = id;
    const struct value *source = value_get(plan, "source");
    app->origin.saved = value_is_known(source) ? source : NULL;
    if (app->options->ref != NULL)
        return app_fail(EXIT_USAGE, "a saved plan knows its commit: leave out --ref");
    return EXIT_OK;
}

static int check_unused(const struct app *app, const struct saved *saved)
{
    if (saved->id != NULL && app->state != NULL && state_has_plan(app->state, saved->id))
        return app_fail(EXIT_STALE, "this plan was applied before; make a new one");
    return EXIT_OK;
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
        carry_out_print(app, plan);
    if (code != EXIT_OK)
        return code;
    if (plan_is_empty(plan))
        return app->provider_trouble ? EXIT_PROVIDER : EXIT_OK;
    if (!from_file)
        code = carry_out_ask(app, "apply a saved plan");
    return code == EXIT_OK ? carry_out(app, plan) : code;
}

static int run(const struct options *options)
{
    struct app app;
    struct saved saved = {.adopt = NULL};
    app_init(&app, options);
    int code = EXIT_OK;
    if (options->n_arguments > 0)
        code = read_saved(&app, options->arguments[0], &saved);
    if (code == EXIT_OK)
        code = app_load(&app);
    if (code == EXIT_OK)
        code = origin_check(&app);
    if (code == EXIT_OK)
        code = app_lock_state(&app, "apply");
    if (code == EXIT_OK)
        code = check_unused(&app, &saved);
    if (code == EXIT_OK)
        code = app_read_live(&app);
    if (code == EXIT_OK)
        code = apply_plan(&app, &saved);
    if (options->n_arguments > 0)
        strbuf_release(&saved.text);
    app_release(&app);
    return code;
}

static const enum option_id options[] = {OPTION_DIRECTORY,    OPTION_REF,
                                         OPTION_OVERLAY,      OPTION_VAR,
                                         OPTION_STATE,        OPTION_ADOPT,
                                         OPTION_AUTO_APPROVE, OPTION_REQUIRE_CLEAN,
                                         OPTION_REQUIRE_REF,  OPTION_REQUIRE_SIGNED,
                                         OPTION_PARALLELISM,  OPTION_LOCK_TIMEOUT,
                                         OPTION_JSON,         OPTION_NO_COLOR};

const struct command command_apply = {
    .name = "apply",
    .arguments = "[PLAN]",
    .most_arguments = 1,
    .completion = COMPLETE_FILE,
    .summary = "Carry out a plan, new or saved",
    .help =
        "Without PLAN: plans, shows the plan, asks, and carries it out (--yes does not ask).\n"
        "With PLAN, a file of gridform plan --out: carries out exactly that plan; when a\n"
        "resource, a file or the state has moved since, it is refused as stale.\n\n"
        "Each step is recorded before it is done and read back after it, so an interrupted\n"
        "apply, however it ended, is put right by the next one. The first interrupt lets\n"
        "running steps finish; the second stops at once.\n\n"
        "For pipelines: --require-clean refuses files that differ from their commit (also\n"
        "untracked ones that are read), --require-ref BRANCH a commit that is not in BRANCH,\n"
        "--require-signed FILE one that no signer of FILE signed: FILE holds allowed signers\n"
        "(ssh-keygen(1)), OpenPGP public keys (gpg --export --armor), or both. Each demands\n"
        "clean files too, unless they are read from a commit: with --ref, or because the saved\n"
        "plan was made with it.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .ranges = true,
    .run = run,
};
