/* cmd_state_history.c: former states: which there are, and back to one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "command.h"
#include "num.h"
#include "render.h"
#include "state_edit.h"
#include "strbuf.h"
#include "value_json.h"

#define ROW "%8s  %-20s  %-16s  %9s  %-32s  "

/* ---- state history ------------------------------------------------------------------------
 */

/* False when it is not known. */
static bool print_time(int64_t at_ms, char *ret, size_t size)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;
    snprintf(ret, size, "-");
    if (at_ms == 0 || gmtime_r(&seconds, &utc) == NULL)
        return false;
    strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return true;
}

static void entry_text(const struct history_entry *entry, struct strbuf *out)
{
    char serial[24], at[32], resources[24], commit[17] = "";
    (void)print_time(entry->at_ms, at, sizeof(at));
    snprintf(serial, sizeof(serial), "%lld%s", (long long)entry->serial,
             entry->current         ? "*"
             : entry->n_intents > 0 ? "+"
                                    : " ");
    if (entry->damage != NULL) {
        strbuf_addf(out, "%8s  %-20s  ", serial, at);
        render_safe(entry->damage, out);
        strbuf_add_char(out, '\n');
        return;
    }
    snprintf(resources, sizeof(resources), "%zu", entry->n_resources);
    if (entry->commit != NULL)
        snprintf(commit, sizeof(commit), "%s", entry->commit);
    strbuf_addf(out, ROW, serial, at, commit, resources,
                entry->plan == NULL ? "" : entry->plan);
    render_safe(entry->author == NULL ? "" : entry->author, out);
    strbuf_add_char(out, '\n');
}

static void add_member(const char *key, const char *text, struct strbuf *out)
{
    strbuf_addf(out, ",\"%s\":", key);
    if (text == NULL)
        strbuf_add(out, "null");
    else
        json_text(text, out);
}

static void entry_json(const struct history_entry *entry, struct strbuf *out)
{
    char at[32];
    strbuf_addf(out, "{\"serial\":%lld", (long long)entry->serial);
    add_member("written", print_time(entry->at_ms, at, sizeof(at)) ? at : NULL, out);
    strbuf_addf(out, ",\"current\":%s", entry->current ? "true" : "false");
    if (entry->damage == NULL)
        strbuf_addf(out, ",\"resources\":%zu,\"under_way\":%zu", entry->n_resources,
                    entry->n_intents);
    add_member("commit", entry->commit, out);
    add_member("author", entry->author, out);
    add_member("plan", entry->plan, out);
    add_member("damage", entry->damage, out);
    strbuf_add_char(out, '}');
}

static void print_entries(const struct app *app, const struct history *history)
{
    bool json = app->options->format == FORMAT_JSON;
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    if (json)
        strbuf_add_char(&out, '[');
    else
        strbuf_addf(&out, ROW "%s\n", "SERIAL ", "WRITTEN", "COMMIT", "RESOURCES", "PLAN",
                    "AUTHOR");
    for (size_t i = 0; i < history->n; i++) {
        strbuf_add(&out, !json ? "" : i == 0 ? "\n" : ",\n");
        (json ? entry_json : entry_text)(&history->entries[i], &out);
    }
    strbuf_add(&out, json ? "\n]\n" : "");
    app_print(app, &out);
}

/* What is not shown, so that nobody takes the list for all that there is. */
static void print_rest(const struct history *history)
{
    long long from = (long long)history->unasked;
    if (from > 0 && history->is_gap)
        fprintf(
            stderr,
            "gridform: several serials in a row are not kept, and older ones than %lld were "
            "not looked for; gridform state rollback finds one that is kept\n",
            from + 1);
    else if (from > 0)
        fprintf(stderr, "gridform: there may be older ones, from serial %lld down: --number\n",
                from);
}

static int show_history(struct app *app)
{
    struct history history;
    struct err err = {0};
    if (app->store->ops->history(app->store, app->arena, (size_t)app->options->number, &history,
                                 &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    print_entries(app, &history);
    print_rest(&history);
    return EXIT_OK;
}

static int run_history(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = state_edit_look(&app);
    if (code == EXIT_OK)
        code = show_history(&app);
    app_release(&app);
    return code;
}

/* ---- state rollback -----------------------------------------------------------------------
 */

static int find_former(struct app *app, int64_t serial, struct state **ret_state)
{
    struct err err = {0};
    if (app->store->ops->read_former(app->store, serial, app->arena, &app_schemas, ret_state,
                                     &err) < 0)
        return app_fail(
            app_storage_code(&err), "%s%s", err.message,
            err.code == ERR_NOT_FOUND ? "; gridform state history shows what is kept" : "");
    if (strcmp((*ret_state)->lineage, app->state->lineage) != 0)
        return app_fail(EXIT_REFUSED, "serial %lld belongs to another history (lineage %s)",
                        (long long)serial, (*ret_state)->lineage);
    return EXIT_OK;
}

static int roll_back(struct app *app)
{
    int64_t serial;
    struct state *former = NULL;
    char question[300];
    if (num_i64(app->options->arguments[0], &serial) < 0 || serial < 1)
        return app_fail(EXIT_USAGE, "a serial as gridform state history shows it, not %s",
                        app->options->arguments[0]);
    if (app->state == NULL)
        return app_fail(EXIT_USAGE, "%s: no state yet", app->state_path);
    if (serial == app->state->serial)
        return app_fail(EXIT_USAGE, "serial %lld is the current one", (long long)serial);
    int code = find_former(app, serial, &former);
    if (code != EXIT_OK)
        return code;
    snprintf(
        question, sizeof(question),
        "The state becomes that of serial %lld again (%zu resources, now %zu)%s. The world "
        "is not rolled back. Do it?",
        (long long)serial, former->resources.n, app->state->resources.n,
        former->n_intents > 0 ? ", which was written in the middle of an apply" : "");
    former->n_intents = 0; /* they have ended since, or are among those of the current state */
    code = state_edit_ask(app, question);
    if (code == EXIT_OK)
        code = state_edit_replace(app, former);
    if (code == EXIT_OK)
        printf("The state of serial %lld is stored as serial %lld. Nothing was changed in the "
               "world: gridform plan shows what has to be done now.\n",
               (long long)serial, (long long)former->serial);
    return code;
}

static int run_rollback(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = app_lock_state(&app, "state rollback");
    if (code == EXIT_OK)
        code = roll_back(&app);
    app_release(&app);
    return code;
}

static const enum option_id history_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                                 OPTION_STATE,     OPTION_NUMBER,  OPTION_JSON};
static const enum option_id rollback_options[] = {OPTION_DIRECTORY,    OPTION_OVERLAY,
                                                  OPTION_VAR,          OPTION_STATE,
                                                  OPTION_AUTO_APPROVE, OPTION_LOCK_TIMEOUT};

const struct command command_state_history = {
    .name = "state history",
    .arguments = "",
    .summary = "List the former states that are kept",
    .help =
        "The stored state (marked *) and those before it, newest first: serial, time, commit,\n"
        "number of resources, id of the last plan and author of the commit; + marks one that\n"
        "was written in the middle of an apply. Takes no lock. Of a file the last ten before\n"
        "it are kept. Of a server (backend http) the versions are asked for one by one, as\n"
        "GitLab has them; it does not tell when they were written. One that is damaged, of\n"
        "another history or sealed with an unknown key is shown as such.",
    .options = history_options,
    .n_options = sizeof(history_options) / sizeof(history_options[0]),
    .run = run_history,
};

const struct command command_state_rollback = {
    .name = "state rollback",
    .arguments = "SERIAL",
    .least_arguments = 1,
    .most_arguments = 1,
    .summary = "Make a former state the current one",
    .help =
        "Stores a state that gridform state history shows once more, as a new serial, so that\n"
        "nothing is lost by it. The world is not rolled back: gridform plan shows afterwards\n"
        "what the files ask for. Plans that were applied stay known as applied, and steps\n"
        "of an interrupted apply stay known as unfinished.",
    .options = rollback_options,
    .n_options = sizeof(rollback_options) / sizeof(rollback_options[0]),
    .run = run_rollback,
};
