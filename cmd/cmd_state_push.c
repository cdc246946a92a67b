/* cmd_state_push.c: the state as a document: out of the store, and into it. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "command.h"
#include "seal.h"
#include "slurp.h"
#include "state_edit.h"
#include "strbuf.h"

/* ---- state pull ---------------------------------------------------------------------------
 */

static int run_pull(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = state_edit_look(&app);
    if (code == EXIT_OK) {
        struct strbuf text CLEANUP(strbuf_release);
        strbuf_init(&text, STATE_SIZE_MAX);
        state_encode(app.state, &text);
        fwrite(strbuf_str(&text), 1, strbuf_len(&text), stdout);
    }
    app_release(&app);
    return code;
}

/* ---- state push ---------------------------------------------------------------------------
 */

static int read_document(struct app *app, const char *path, struct state **ret_state)
{
    struct strbuf raw CLEANUP(strbuf_release), text CLEANUP(strbuf_release);
    struct err err = {0};
    strbuf_init(&raw, STATE_SIZE_MAX);
    strbuf_init(&text, STATE_SIZE_MAX);
    if (slurp(path, &raw, &err) < 0)
        return app_fail(EXIT_USAGE, "%s", err.message);
    /* A plain one is what state pull prints, and who pushes it vouches for it. */
    bool sealed = seal_is_sealed(strbuf_str(&raw), strbuf_len(&raw));
    const struct strbuf *plain = sealed ? &text : &raw;
    const struct seal_label label = {.purpose = SEAL_STATE};
    if ((sealed &&
         unseal_text(app->seal, &label, strbuf_str(&raw), strbuf_len(&raw), &text, &err) < 0) ||
        state_decode(strbuf_str(plain), strbuf_len(plain), app->arena, &app_schemas, ret_state,
                     &err) < 0)
        return app_fail(EXIT_USAGE, "%s: %s", path, err.message);
    return EXIT_OK;
}

static bool is_same(const struct state *a, const struct state *b)
{
    struct strbuf x CLEANUP(strbuf_release), y CLEANUP(strbuf_release);
    strbuf_init(&x, STATE_SIZE_MAX);
    strbuf_init(&y, STATE_SIZE_MAX);
    state_encode(a, &x);
    state_encode(b, &y);
    return strbuf_len(&x) == strbuf_len(&y) &&
           memcmp(strbuf_str(&x), strbuf_str(&y), strbuf_len(&x)) == 0;
}

static int check_identity(const struct app *app, const struct state *new)
{
    const char *path = app->options->arguments[0];
    const char *site = app->state != NULL      ? app->state->site
                       : app->settings != NULL ? app->settings->site
                                               : NULL;
    if (site != NULL && strcmp(site, new->site) != 0)
        return app_fail(EXIT_REFUSED, "%s is the state of site %s, not of %s", path, new->site,
                        site);
    if (app->state != NULL && strcmp(app->state->lineage, new->lineage) != 0)
        return app_fail(
            EXIT_REFUSED,
            "%s is of another history (lineage %s), and %s of %s: what gridform made "
            "carries the mark of its own; to start over with it, move the stored state "
            "away first",
            path, new->lineage, app->state_path, app->state->lineage);
    return EXIT_OK;
}

/* A state that others have gone on from is not put back by mistake. */
static int check_serial(const struct app *app, const struct state *new)
{
    const char *path = app->options->arguments[0];
    if (app->options->force || new->serial > app->state->serial)
        return EXIT_OK;
    bool equal = new->serial == app->state->serial;
    return app_fail(EXIT_REFUSED,
                    "%s has serial %lld, and the stored state has %s%lld%s: what was recorded "
                    "since would be lost; --force pushes it all the same",
                    path, (long long)new->serial, equal ? "the same with other content (" : "",
                    (long long)app->state->serial, equal ? ")" : "");
}

/* Addresses of one that the other lacks. */
static size_t count_missing(const struct state *of, const struct state *in)
{
    size_t n = 0;
    for (size_t i = 0; i < of->resources.n; i++)
        n += instances_find(&in->resources, of->resources.items[i]->address) == NULL;
    return n;
}

static int confirm(const struct app *app, const struct state *new)
{
    char question[400];
    size_t lost = count_missing(app->state, new), come = count_missing(new, app->state);
    snprintf(question, sizeof(question),
             "%s (serial %lld, %zu resources) replaces the stored state (serial %lld, %zu "
             "resources): %zu are forgotten, %zu are new. Push it?",
             app->options->arguments[0], (long long)new->serial, new->resources.n,
             (long long)app->state->serial, app->state->resources.n, lost, come);
    return state_edit_ask(app, question);
}

static int push(struct app *app)
{
    struct state *new = NULL;
    int code = read_document(app, app->options->arguments[0], &new);
    if (code == EXIT_OK)
        code = check_identity(app, new);
    if (code != EXIT_OK)
        return code;
    if (app->state != NULL) {
        if (new->serial == app->state->serial && is_same(new, app->state)) {
            puts("The stored state is the same already: nothing to push.");
            return EXIT_OK;
        }
        code = check_serial(app, new);
        if (code == EXIT_OK)
            code = confirm(app, new);
    }
    if (code == EXIT_OK)
        code = state_edit_replace(app, new);
    if (code == EXIT_OK)
        printf("Stored as serial %lld, %zu resource%s. Nothing was changed in the world: "
               "gridform plan shows what follows.\n",
               (long long)new->serial, new->resources.n, new->resources.n == 1 ? "" : "s");
    return code;
}

static int run_push(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = app_lock_state(&app, "state push");
    if (code == EXIT_OK)
        code = push(&app);
    app_release(&app);
    return code;
}

static const enum option_id pull_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                              OPTION_STATE};
static const enum option_id push_options[] = {
    OPTION_DIRECTORY, OPTION_OVERLAY,      OPTION_VAR,         OPTION_STATE,
    OPTION_FORCE,     OPTION_AUTO_APPROVE, OPTION_LOCK_TIMEOUT};

const struct command command_state_pull = {
    .name = "state pull",
    .arguments = "",
    .summary = "Print the whole state",
    .help =
        "Prints the state as one JSON document, decrypted where it is encrypted, with what an\n"
        "interrupted apply recorded. Takes no lock. Keep what is printed like the state\n"
        "itself: gridform state push FILE puts it back.",
    .options = pull_options,
    .n_options = sizeof(pull_options) / sizeof(pull_options[0]),
    .run = run_pull,
};

const struct command command_state_push = {
    .name = "state push",
    .arguments = "FILE",
    .least_arguments = 1,
    .most_arguments = 1,
    .completion = COMPLETE_FILE,
    .summary = "Store a state that was printed or backed up",
    .help =
        "Puts a document of gridform state pull, or a backup, in the place of the stored\n"
        "state, as its next serial; - is standard input. A state of another site or history\n"
        "is refused, and so is one that is older than the stored one (--force pushes it). A\n"
        "document that was edited by hand is refused: its checksum is wrong.\n\n"
        "Nothing is changed in the world. Plans that were applied stay known as applied.",
    .options = push_options,
    .n_options = sizeof(push_options) / sizeof(push_options[0]),
    .run = run_push,
};
