/* drift_check.c: see drift_check.h. */
#include "drift_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "diag.h"
#include "report.h"
#include "snapshot.h"
#include "storage.h"
#include "strbuf.h"

/* ---- the memory of reports ----------------------------------------------------------------
 */

/* 1 with the text that an earlier report left, 0 when there is none. */
static int fetch_text(const struct drift_check *check, struct strbuf *text, struct err *err)
{
    const char *path = check->options->report;
    int fd;
    if (path == NULL) {
        strbuf_add(text, check->memory == NULL ? "" : check->memory);
        return check->memory != NULL;
    }
    int found = storage_open(path, &fd, err);
    if (found != 1)
        return found;
    int result = storage_slurp(fd, path, text, err);
    close(fd);
    return result < 0 ? -1 : 1;
}

static int read_memory(const struct drift_check *check, struct app *app,
                       struct drift_memory *memory, bool *ret_found)
{
    const char *path = check->options->report, *name = path == NULL ? "the memory" : path;
    struct err err = {0};
    struct strbuf text;
    strbuf_init(&text, DRIFT_MEMORY_SIZE_MAX);
    int found = fetch_text(check, &text, &err);
    if (found == 1 &&
        drift_memory_decode(strbuf_str(&text), strbuf_len(&text), app->arena, memory, &err) < 0)
        found = err_wrap(&err, "%s is no report that drift wrote", name);
    strbuf_release(&text);
    if (found < 0)
        return app_fail(EXIT_USAGE,
                        "%s; name another file, or remove it: all drift is new then",
                        err.message);
    bool foreign = found == 1 && strcmp(memory->lineage, app->state->lineage) != 0;
    /* A service that finds a new state has no report of it yet. */
    *ret_found = found == 1 && !foreign;
    if (foreign && path != NULL)
        return app_fail(EXIT_USAGE,
                        "%s is the report of another state (lineage %s, site %s): name another "
                        "file with --report",
                        path, memory->lineage, memory->site);
    return EXIT_OK;
}

static int keep_memory(struct drift_check *check, const struct drift_memory *memory)
{
    struct strbuf text;
    int code = EXIT_OK;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    drift_memory_encode(memory, &text);
    if (check->options->report != NULL) {
        struct err err = {0};
        if (storage_replace(check->options->report, &text, &err) < 0)
            code = app_fail(EXIT_STORAGE, "%s; what was reported now will be new once more",
                            err.message);
    } else {
        free(check->memory);
        check->memory = strdup(strbuf_str(&text));
        if (check->memory == NULL)
            abort();
    }
    strbuf_release(&text);
    return code;
}

/* ---- edits that wait ----------------------------------------------------------------------
 */

static bool is_edit(const struct change *change)
{
    if (change->prior == NULL || change->desired == NULL)
        return true;
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change->action != ACTION_CREATE && (change->attrs[i].reason == REASON_EDIT ||
                                                change->attrs[i].reason == REASON_DEFAULT))
            return true;
    return false;
}

/* What the plan would change because the files say so, not because the world moved. */
static size_t count_pending(const struct app *app)
{
    const struct plan_input input = {.facts = app->facts,
                                     .site = app->loaded.config->site,
                                     .digest_inputs = app->loaded.digest,
                                     .serial = app->state->serial};
    const struct plan *plan = plan_build(&input, diags_new(app->arena));
    size_t n = 0;
    for (size_t i = 0; i < plan->n_changes; i++)
        n += is_edit(&plan->changes[i]);
    return n;
}

/* ---- one check ----------------------------------------------------------------------------
 */

static int code_of(const struct app *app, const struct drift *drift)
{
    bool news = app->options->new_only;
    size_t blind = news ? drift_count_blind_news(drift) : drift->n_blind;
    size_t n = news ? drift_count_news(drift) : drift_count(drift);
    if (app->provider_trouble || blind > 0)
        return EXIT_PROVIDER;
    return n > 0 ? EXIT_DIFFERENCES : EXIT_OK;
}

static int look(struct drift_check *check, struct app *app)
{
    struct drift_memory before, after = {0};
    bool remembers = check->remembers || check->options->report != NULL, found = false;
    if (app->state == NULL)
        return app_fail(EXIT_USAGE,
                        "%s: no state yet, so nothing can have drifted; apply first",
                        app->state_path);
    int code = remembers ? read_memory(check, app, &before, &found) : EXIT_OK;
    if (code != EXIT_OK)
        return code;
    code = app_read_live(app);
    if (app->env.op.cancelled(&app->env))
        return app_fail(EXIT_INTERRUPTED, "interrupted; nothing was changed");
    if (code != EXIT_OK)
        return code;
    struct drift_result result = {.app = app,
                                  .at_ms = app->snapshot == NULL ? app_wall_ms()
                                                                 : app->snapshot->taken * 1000};
    const struct drift *now = drift_find(&app->facts);
    if (remembers) {
        after.site = app->loaded.config->site == NULL ? "" : app->loaded.config->site;
        after.lineage = app->state->lineage;
        now = drift_recall(now, found ? &before : NULL, &app->facts, result.at_ms, &after);
        result.after = &after;
    }
    struct drift drift = *now;
    drift.n_pending = count_pending(app);
    drift.only_news = app->options->new_only;
    result.drift = &drift;
    drift.at_ms = result.at_ms;
    drift.code = result.code = code_of(app, &drift);
    check->show(check->context, &result);
    /* Remembered is what was told. */
    if (fflush(stdout) != 0 || ferror(stdout) || !remembers)
        return result.code;
    code = keep_memory(check, &after);
    return code == EXIT_OK ? result.code : code;
}

int drift_check_run(struct drift_check *check)
{
    struct app app;
    app_init(&app, check->options);
    app.env.outer_cancel = check->cancel;
    app.env.on_event = check->on_event;
    app.env.event_context = check->context;
    app.command = "drift";
    app.reports = report_has_format(check->options->format);
    int code = app_load(&app);
    if (code != EXIT_OK && app.reports)
        app_print_report(&app, NULL, NULL);
    if (code == EXIT_OK)
        code = app_read_state(&app);
    if (code == EXIT_OK)
        code = look(check, &app);
    app_release(&app);
    return code;
}
