/* cmd_plan.c: show what an apply would do. Read-only: no code here can perform a step. */
#include <stdio.h>

#include "app.h"
#include "command.h"
#include "render.h"
#include "seal.h"
#include "storage.h"
#include "strbuf.h"
#include "value_json.h"

static void print(struct app *app, const struct plan *plan)
{
    struct strbuf text;
    const struct markdown_style style = app_markdown_style(app);
    if (app->reports) {
        app_print_report(app, plan, NULL);
        return;
    }
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (app->options->format == FORMAT_JSON)
        plan_encode(plan, &text);
    else if (app->options->format == FORMAT_TERRAFORM)
        render_plan_terraform(plan, &app->facts, &text);
    else if (app->options->format == FORMAT_GITLAB)
        render_plan_gitlab(plan, &text);
    else if (app->options->format == FORMAT_MARKDOWN)
        render_plan_markdown(plan, &style, &text);
    else if (app->options->format == FORMAT_HTML)
        render_plan_html(plan, app->diags, &text);
    else if (app->options->format == FORMAT_DOT)
        render_graph_dot(&app->facts, plan, &text);
    else if (app->options->format == FORMAT_MERMAID)
        render_graph_mermaid(&app->facts, plan, &text);
    else
        render_plan_text(plan, app_look(app), &text);
    app_print(app, &text);
}

/* A job that plans from a snapshot is given no key either. */
static void warn_of_plain(const struct app *app)
{
    const struct instance *encryption = app->loaded.config->encryption;
    if (app->seal == NULL && encryption != NULL &&
        value_is_known(instance_get(encryption, "key")))
        fprintf(stderr,
                "gridform: warning: %s is not encrypted, since --live asks for no key, and "
                "apply takes no such plan: make it again where the key is\n",
                app->options->out);
}

/* Without secrets, with its checksum, and sealed where the manifest says so. */
static int save_plan(const struct app *app, const struct plan *plan)
{
    struct strbuf text CLEANUP(strbuf_release), sealed CLEANUP(strbuf_release);
    struct strbuf source CLEANUP(strbuf_release);
    const struct value *origin = origin_for_plan(app);
    const char *path = app->options->out;
    struct err err = {0};
    strbuf_init(&source, STRBUF_MAX_OUTPUT);
    if (origin != NULL)
        value_to_json(origin, &source);
    app_redact(app, &source);
    const struct seal_label label = {.purpose = SEAL_PLAN,
                                     .source = origin == NULL ? NULL : strbuf_str(&source)};
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_init(&sealed, STRBUF_MAX_OUTPUT);
    plan_encode(plan, &text);
    app_redact(app, &text);
    plan_add_checksum(&text);
    if (seal_document(app->seal, &label, strbuf_str(&text), strbuf_len(&text), &sealed, &err) <
            0 ||
        storage_replace(path, &sealed, &err) < 0)
        return app_fail(EXIT_STORAGE, "the plan cannot be saved: %s", err.message);
    warn_of_plain(app);
    fprintf(stderr, "Saved as %s; apply it with: gridform apply %s\n", path, path);
    return EXIT_OK;
}

static int show_plan(struct app *app)
{
    const struct plan *plan;
    int code = app_plan(app, app->options->adopt, &plan);
    print(app, plan);
    if (code == EXIT_OK && app->options->out != NULL)
        code = save_plan(app, plan);
    if (code != EXIT_OK)
        return code;
    if (app->provider_trouble)
        return EXIT_PROVIDER;
    return app->options->detailed_exitcode && !plan_is_empty(plan) ? EXIT_DIFFERENCES : EXIT_OK;
}

static int run(const struct options *options)
{
    return app_run_reporting(options, "plan", APP_LIVE, show_plan);
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
        "filter, scripts line by line, and harmful changes first.\n"
        "--format dot and mermaid draw the references between resources, coloured by what is\n"
        "done: green is new, yellow changes, red goes, grey is adopted or released.\n"
        "terraform-json is read by what reads plans of Terraform, gitlab-terraform by merge\n"
        "requests of GitLab; sarif, junit, github and azure show findings, refusals and what\n"
        "could not be read.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .formats = 1u << FORMAT_TEXT | 1u << FORMAT_JSON | 1u << FORMAT_MARKDOWN |
               1u << FORMAT_HTML | 1u << FORMAT_DOT | 1u << FORMAT_MERMAID |
               1u << FORMAT_TERRAFORM | 1u << FORMAT_GITLAB | FORMATS_OF_REPORTS,
    .ranges = true,
    .run = run,
};
