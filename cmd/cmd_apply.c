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
    const char *path;
    struct strbuf raw, text; /* as in the file; the plan, once it is open */
    bool sealed;
    const char *id;
    const char *const *adopt; /* what the plan was made with */
};

static void saved_release(struct saved *saved)
{
    strbuf_release(&saved->raw);
    strbuf_release(&saved->text);
}

static int parse_saved(struct app *app, struct saved *saved, const struct value **ret_source)
{
    const struct strbuf *text = &saved->text;
    const struct value *plan;
    struct err err = {0};
    if (plan_check_whole(strbuf_str(text), strbuf_len(text), &err) < 0)
        return app_fail(EXIT_USAGE, "%s: %s", saved->path, err.message);
    if (value_from_json(strbuf_str(text), strbuf_len(text), app->arena, &plan, &err) < 0 ||
        value_get_text(plan, "id") == NULL)
        return app_fail(EXIT_USAGE, "%s is no saved plan", saved->path);
    const struct value *adopt = value_get(plan, "adopt");
    const char **names = ARENA_ARRAY(app->arena, value_count(adopt) + 1, const char *);
    for (size_t i = 0; i < value_count(adopt); i++)
        names[i] = value_text(value_at(adopt, i));
    saved->adopt = names;
    saved->id = value_get_text(plan, "id");
    const struct value *source = value_get(plan, "source");
    *ret_source = value_is_known(source) ? source : NULL;
    return EXIT_OK;
}

/* What a sealed plan says readably: which commit's files it goes with, and so which keys. */
static int read_source(struct app *app, const struct saved *saved)
{
    size_t size = 0;
    const char *text = seal_source(strbuf_str(&saved->raw), strbuf_len(&saved->raw), &size);
    struct err err = {0};
    if (text != NULL && value_from_json(text, size, app->arena, &app->origin.saved, &err) < 0)
        return app_fail(EXIT_USAGE, "%s: the encrypted text was altered, cut short or damaged",
                        saved->path);
    return EXIT_OK;
}

/* Before the files are read, which are those of the plan's commit. */
static int read_saved(struct app *app, struct saved *saved)
{
    struct err err = {0};
    strbuf_init(&saved->raw, SAVED_MAX);
    strbuf_init(&saved->text, SAVED_MAX);
    if (app->options->ref != NULL)
        return app_fail(EXIT_USAGE, "a saved plan knows its commit: leave out --ref");
    if (slurp(saved->path, &saved->raw, &err) < 0)
        return app_fail(EXIT_USAGE, "the plan %s", err.message);
    saved->sealed = seal_is_sealed(strbuf_str(&saved->raw), strbuf_len(&saved->raw));
    if (saved->sealed)
        return read_source(app, saved);
    saved->text = saved->raw;
    strbuf_init(&saved->raw, SAVED_MAX);
    return parse_saved(app, saved, &app->origin.saved);
}

/* After the files are read and what is demanded of their commit holds: they name the keys, and
 * a key may be what a program prints. Whoever put the plan there chose the commit; opening it
 * proves that it was sealed with the key that the commit names, and as one of that commit. */
static int open_saved(struct app *app, struct saved *saved)
{
    const struct value *source;
    struct err err = {0};
    int code = app_open_seal(app);
    if (code != EXIT_OK)
        return code;
    if (!saved->sealed)
        return seal_check_plain(app->seal, &err) < 0
                   ? app_fail(EXIT_USAGE, "%s: %s", saved->path, err.message)
                   : EXIT_OK;
    if (unseal_document(app->seal, SEAL_PLAN, strbuf_str(&saved->raw), strbuf_len(&saved->raw),
                        &saved->text, &err) < 0)
        return app_fail(EXIT_USAGE, "%s: %s", saved->path, err.message);
    code = parse_saved(app, saved, &source);
    const struct value *said = app->origin.saved;
    if (code == EXIT_OK && !value_equal(source == NULL ? value_absent() : source,
                                        said == NULL ? value_absent() : said))
        return app_fail(EXIT_USAGE, "%s: was not saved by this gridform: make the plan again",
                        saved->path);
    return code;
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
    bool from_file = options->n_arguments > 0;
    struct saved saved = {.path = from_file ? options->arguments[0] : NULL};
    app_init(&app, options);
    int code = from_file ? read_saved(&app, &saved) : EXIT_OK;
    if (code == EXIT_OK)
        code = app_load(&app);
    if (code == EXIT_OK)
        code = origin_check(&app);
    if (code == EXIT_OK && from_file)
        code = open_saved(&app, &saved);
    if (code == EXIT_OK)
        code = app_lock_state(&app, "apply");
    if (code == EXIT_OK)
        code = check_unused(&app, &saved);
    if (code == EXIT_OK)
        code = app_read_live(&app);
    if (code == EXIT_OK)
        code = apply_plan(&app, &saved);
    if (from_file)
        saved_release(&saved);
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
        "clean files too, unless they are read from a commit: with --ref, or because the "
        "saved\n"
        "plan was made with it.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .ranges = true,
    .run = run,
};
