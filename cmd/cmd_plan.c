/* cmd_plan.c: show what an apply would do. Read-only: no code here can perform a step. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "strbuf.h"

/* Whole or not at all: a temporary file beside it, then a rename. */
static int save(const char *path, const struct strbuf *text)
{
    char temporary[4096];
    if (snprintf(temporary, sizeof(temporary), "%s.tmp%ld", path, (long)getpid()) >=
        (int)sizeof(temporary))
        return app_fail(EXIT_USAGE, "%s: the name is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    for (size_t at = 0; good && at < strbuf_len(text);) {
        ssize_t n = write(fd, strbuf_str(text) + at, strbuf_len(text) - at);
        good = n > 0;
        at += good ? (size_t)n : 0;
    }
    good = good && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (good && rename(temporary, path) == 0)
        return EXIT_OK;
    error = good ? errno : error;
    unlink(temporary);
    return app_fail(EXIT_STORAGE, "%s: the plan cannot be saved: %s", path, strerror(error));
}

static void print(const struct app *app, const struct plan *plan)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON)
        plan_encode(plan, &text);
    else if (app->options->format == FORMAT_MARKDOWN)
        render_plan_markdown(plan, (size_t)app->options->limit, &text);
    else if (app->options->format == FORMAT_HTML)
        render_plan_html(plan, app->diags, &text);
    else
        render_plan_text(plan, app_colour(app), &text);
    app_print(app, &text);
}

static int show_plan(struct app *app)
{
    const struct plan *plan;
    int code = app_plan(app, app->options->adopt, &plan);
    print(app, plan);
    if (code != EXIT_OK)
        return code;
    if (app->options->out != NULL) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        plan_encode(plan, &text);
        app_redact(app, &text);
        code = save(app->options->out, &text);
        strbuf_release(&text);
        if (code != EXIT_OK)
            return code;
        fprintf(stderr, "Saved as %s; apply it with: gridform apply %s\n", app->options->out,
                app->options->out);
    }
    if (app->provider_trouble)
        return EXIT_PROVIDER;
    return app->options->detailed_exitcode && !plan_is_empty(plan) ? EXIT_DIFFERENCES : EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run(options, APP_LIVE, show_plan);
}

static const enum option_id options[] = {OPTION_DIRECTORY,
                                         OPTION_REF,
                                         OPTION_OVERLAY,
                                         OPTION_VAR,
                                         OPTION_STATE,
                                         OPTION_ADOPT,
                                         OPTION_OUT,
                                         OPTION_JSON,
                                         OPTION_FORMAT,
                                         OPTION_LIMIT,
                                         OPTION_DETAILED_EXITCODE,
                                         OPTION_LIVE,
                                         OPTION_MAX_AGE,
                                         OPTION_TRUST,
                                         OPTION_NO_COLOR};

const struct command command_plan = {
    .name = "plan",
    .arguments = "",
    .summary = "Show what apply would do, in order, with its impact",
    .help =
        "Reads the files, the state and the live systems, and prints the ordered plan: what\n"
        "changes and why (edit, drift, default, computed), the steps, the machines and hosts\n"
        "that are disturbed, and the vGPU slots before, during and after.\n\n"
        "Nothing is changed, and no lock is taken. --out saves the plan; gridform apply FILE\n"
        "carries out exactly that plan, or refuses when anything has moved since.\n\n"
        "--ref REV reads the files from a commit, the work tree does not matter; --ref A..B\n"
        "plans what the difference between two commits changes and counts the rest, and\n"
        "--ref A...B begins where B left A: for pull requests. REV:PATH names the directory "
        "of\n"
        "the files from the top of the tree, as bare repositories need it.\n\n"
        "--live FILE takes the live state, and the state, from a file of gridform snapshot: "
        "it\n"
        "gives the same plan as when that was taken, without any access. What the snapshot\n"
        "does not know is unreadable, not absent. Values that come from secrets cannot be\n"
        "looked for in the files then; snapshot and apply do that.\n\n"
        "--format markdown is for pull requests: folded, harmful changes first, never longer\n"
        "than --limit; what has no room is counted, and harmful changes are named even then.\n"
        "--format html is one page for a browser, which loads nothing from anywhere: graph,\n"
        "filter, scripts line by line, and harmful changes first.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats =
        1u << FORMAT_TEXT | 1u << FORMAT_JSON | 1u << FORMAT_MARKDOWN | 1u << FORMAT_HTML,
    .ranges = true,
    .run = run,
};
