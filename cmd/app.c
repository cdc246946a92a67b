/* app.c: see app.h. */
#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "interrupt.h"
#include "live_file.h"
#include "names.h"
#include "open_seal.h"
#include "redact.h"
#include "reference.h"
#include "report.h"
#include "report_place.h"
#include "rules.h"
#include "safe_text.h"
#include "seal.h"
#include "strbuf.h"

/* One line whatever stands in it: much of it comes from servers and files of others. */
static void PRINTF_LIKE(1, 0) print_line(const char *format, va_list args)
{
    char *text = NULL;
    struct strbuf line CLEANUP(strbuf_release);
    strbuf_init(&line, STRBUF_MAX_OUTPUT);
    if (vasprintf(&text, format, args) < 0)
        abort();
    strbuf_add(&line, "gridform: ");
    for (char *end = text; (end = strchr(end, '\n')) != NULL;)
        *end = ' ';
    for (const char *at = text; *at != '\0';)
        at += safe_char(at, false, &line);
    strbuf_add_char(&line, '\n');
    fputs(strbuf_str(&line), stderr);
    free(text);
}

void app_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(format, args);
    va_end(args);
}

int app_fail(enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(format, args);
    va_end(args);
    return code;
}

enum exit_code app_storage_code(const struct err *err)
{
    if (err->code == ERR_STORAGE)
        return EXIT_STORAGE;
    if (err->code == ERR_CANCELLED)
        return EXIT_INTERRUPTED;
    if (err->code == ERR_LOCKED)
        return EXIT_LOCKED;
    return err->code == ERR_CONFLICT ? EXIT_STALE : EXIT_USAGE;
}

bool app_colour(const struct app *app)
{
    const char *no = getenv("NO_COLOR");
    return !app->options->no_color && (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO);
}

struct markdown_style app_markdown_style(const struct app *app)
{
    const char *place = report_place(app->options->directory, app->arena);
    return (struct markdown_style){.limit = (size_t)app->options->limit,
                                   .directory = place[0] == '/' ? NULL : place,
                                   .no_html = app->options->no_html};
}

struct look app_look(const struct app *app)
{
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        size.ws_col = 0;
    return (struct look){app_colour(app), size.ws_col};
}

int64_t app_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void app_random_hex(char ret[static 33])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        abort();
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

void app_init(struct app *app, const struct options *options)
{
    *app = (struct app){.options = options, .arena = arena_new()};
    app->diags = diags_new(app->arena);
    app->keys = secrets_new();
    run_env_init(&app->env);
}

void app_release(struct app *app)
{
    struct err err = {0};
    sessions_close(app->sessions);
    if (app->locked && app->store->ops->unlock(app->store, &err) < 0)
        app_fail(EXIT_STORAGE, "%s", err.message);
    close_store(&app->opened);
    seal_free(app->seal);
    secrets_free(app->keys);
    config_release(app->loaded.config);
    origin_release(&app->origin);
    config_release(app->settings);
    arena_free(app->arena);
}

void app_print_findings(struct app *app)
{
    if (app->reports)
        return;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    diags_sort(app->diags);
    const char *no = getenv("NO_COLOR");
    bool colour =
        !app->options->no_color && (no == NULL || no[0] == '\0') && isatty(STDERR_FILENO);
    diags_render(app->diags, colour, &text);
    app_redact(app, &text);
    fputs(strbuf_str(&text), stderr);
    strbuf_release(&text);
}

static int counted_failure(const struct app *app, enum exit_code code)
{
    size_t n = diags_count(app->diags, DIAG_ERROR);
    return app_fail(code, "%zu error%s", n, n == 1 ? "" : "s");
}

/* By UTC: the same everywhere. */
static const char *app_today(const struct app *app)
{
    time_t now = time(NULL);
    struct tm utc;
    char text[16] = "";
    if (gmtime_r(&now, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d", &utc);
    return arena_strdup(app->arena, text);
}

/* Where the facts of this run come from. */
static void fill_facts(struct app *app)
{
    static const struct instances none = {0};
    app->facts = (struct facts){.arena = app->arena,
                                .desired = &app->loaded.config->resources,
                                .prior = app->state == NULL ? &none : &app->state->resources,
                                .live = app->live.items == NULL ? NULL : &app->live,
                                .kinds = all_kinds,
                                .lineage = app->state == NULL ? "" : app->state->lineage,
                                .intents = app->state == NULL ? NULL : app->state->intents,
                                .n_intents = app->state == NULL ? 0 : app->state->n_intents};
}

/* A name that was mistyped must not leave a plan that merely refuses. */
static int check_adopted(const struct app *app)
{
    const struct instances *all = &app->loaded.config->resources;
    for (size_t i = 0; i < app->options->n_adopt; i++) {
        const char *address = app->options->adopt[i];
        if (instances_find(all, address) == NULL)
            return app_fail(EXIT_USAGE, "--adopt: the files declare no %s%s", address,
                            app_nearest(app, all, address));
    }
    return EXIT_OK;
}

int app_load(struct app *app)
{
    struct err err = {0};
    const struct source *source;
    int code = origin_open(app, &source);
    if (code != EXIT_OK)
        return code;
    if (load_manifest(app->options, source, app->arena, app->diags, &app->loaded, &err) < 0) {
        app_print_findings(app);
        if (err.code != ERR_NONE) {
            diag_error(app->diags, (struct pos){0}, "%s", err.message); /* for a report */
            return app_fail(EXIT_USAGE, "%s", err.message);
        }
        return counted_failure(app, EXIT_USAGE);
    }
    code = origin_note(app);
    if (code != EXIT_OK)
        return code;
    fill_facts(app);
    const struct rules_input input = {&app->facts, &app->loaded.config->providers,
                                      app_today(app)};
    app->rules_checked = true;
    if (rules_check(&input, app->diags) > 0) {
        app_print_findings(app);
        return counted_failure(app, EXIT_REFUSED);
    }
    return check_adopted(app);
}

const char *app_nearest(const struct app *app, const struct instances *all, const char *address)
{
    const char **names = ARENA_ARRAY(app->arena, all->n + 1, const char *);
    for (size_t i = 0; i < all->n; i++)
        names[i] = all->items[i]->address;
    const char *near = names_nearest(address, names, all->n);
    return near == NULL ? "" : arena_printf(app->arena, "; did you mean %s?", near);
}

static const struct schema *schema_of(const char *kind)
{
    const struct kind *found = kind_find(all_kinds, kind);
    return found == NULL ? NULL : &found->schema;
}

const struct schema_source app_schemas = {schema_of};

bool app_state_is_there(struct app *app)
{
    app->state_path = store_file_path(app->options, app->loaded.config->state, app->arena);
    return app->state_path != NULL && access(app->state_path, F_OK) == 0;
}

/* What the files say about the state: as loaded, or the sections about it alone. Who only reads
 * a file that was named does without what cannot be read, but not without the keys. */
static int find_settings(struct app *app, bool writes, const struct config **ret_config)
{
    struct err err = {0};
    *ret_config = app->loaded.config;
    if (app->loaded.config != NULL || app->settings != NULL)
        return EXIT_OK;
    struct diags *diags = diags_new(app->arena);
    int found = load_state_sections(app->options, app->arena, diags, &app->settings, &err);
    const struct config *config = *ret_config = app->settings;
    bool wrong_keys = config != NULL && config->encryption_given && config->encryption == NULL;
    if (found >= 0 || (app->options->state != NULL && !writes && !wrong_keys))
        return EXIT_OK;
    app->diags = diags;
    app_print_findings(app);
    if (err.code != ERR_NONE)
        return app_fail(EXIT_USAGE, "%s", err.message);
    return app_fail(EXIT_USAGE, "how the state is kept cannot be told%s",
                    writes || wrong_keys ? "" : "; --state FILE names a file");
}

static int take_keys(struct app *app, const struct config *config)
{
    const struct reference_place place = {app->options->directory, app->keys, &app->env};
    struct err err = {0};
    if (app->seal == NULL && open_seal(config == NULL ? NULL : config->encryption, &place,
                                       app->arena, &app->seal, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    return EXIT_OK;
}

int app_open_seal(struct app *app)
{
    const struct config *config;
    int code = find_settings(app, true, &config);
    return code == EXIT_OK ? take_keys(app, config) : code;
}

static int open_for(struct app *app, bool writes)
{
    struct err err = {0};
    const struct config *config;
    if (app->store != NULL)
        return EXIT_OK;
    int code = find_settings(app, writes, &config);
    if (code != EXIT_OK)
        return code;
    code = take_keys(app, config);
    if (code != EXIT_OK)
        return code;
    const struct instance *where =
        config == NULL || app->options->state != NULL ? NULL : config->state;
    const struct store_settings settings = {where, app->seal};
    if (open_store(app->options, &settings, &app->env, app->arena, &app->opened, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    app->store = app->opened.store;
    app->state_path = app->opened.name;
    return EXIT_OK;
}

int app_open_store(struct app *app)
{
    return open_for(app, false);
}

/* site: that the state must belong to, or NULL. */
static int load_state(struct app *app, const char *site)
{
    struct err err = {0};
    if (app->store->ops->read(app->store, app->arena, &app_schemas, &app->state, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    if (app->state != NULL && app->state->site != NULL && site != NULL &&
        strcmp(app->state->site, site) != 0)
        return app_fail(EXIT_USAGE,
                        "%s is the state of site %s, and the files describe %s: name its own "
                        "state with --state, or undo the new name",
                        app->state_path, app->state->site, site);
    return EXIT_OK;
}

/* What is not known is left out. */
void app_print_holder(const struct lock_info *holder, const char *prefix)
{
    char since[40] = "", process[40] = "";
    time_t seconds = (time_t)(holder->since_ms / 1000);
    struct tm utc;
    if (seconds > 0 && gmtime_r(&seconds, &utc) != NULL)
        strftime(since, sizeof(since), " since %Y-%m-%d %H:%M:%SZ", &utc);
    if (holder->pid != 0)
        snprintf(process, sizeof(process), ", process %ld", holder->pid);
    app_note("%s %s (%s%s)%s%s%s%s%s", prefix,
             holder->who[0] != '\0' ? holder->who : "an unknown holder",
             holder->operation[0] != '\0' ? holder->operation : "operation not known", process,
             since, holder->job_url[0] != '\0' ? ", " : "", holder->job_url,
             holder->id[0] != '\0' ? ", lock " : "", holder->id);
}

int app_read_state(struct app *app)
{
    const struct options *options = app->options;
    if (options->live != NULL)
        return live_file_read_state(app);
    if (options->trust != NULL || options->max_age_ms > 0)
        return app_fail(EXIT_USAGE,
                        "--trust and --max-age are about the snapshot of --live FILE, "
                        "which is missing");
    return app_read_stored_state(app);
}

int app_read_stored_state(struct app *app)
{
    int code = app_open_store(app);
    if (code != EXIT_OK)
        return code;
    struct lock_info holder = {0};
    struct err err = {0};
    if (app->store->ops->holder(app->store, &holder, &err) == 1)
        app_print_holder(&holder, "note: under way, what follows may change: apply by");
    return load_state(app, app->loaded.config == NULL ? NULL : app->loaded.config->site);
}

static void describe_self(const char *operation, struct lock_info *ret)
{
    char id[33], host[128] = "localhost";
    app_random_hex(id);
    gethostname(host, sizeof(host) - 1);
    const char *user = getenv("USER"), *job = getenv("CI_JOB_URL");
    *ret = (struct lock_info){.pid = (long)getpid(), .since_ms = app_wall_ms()};
    snprintf(ret->id, sizeof(ret->id), "%s", id);
    snprintf(ret->who, sizeof(ret->who), "%s@%s", user != NULL ? user : "uid", host);
    snprintf(ret->operation, sizeof(ret->operation), "%s", operation);
    snprintf(ret->job_url, sizeof(ret->job_url), "%s", job != NULL ? job : "");
}

static int refuse_locked(const struct app *app, const struct lock_info *holder)
{
    app_print_holder(holder, "the state is locked by");
    if (app->store->ops->force_unlock == NULL)
        return app_fail(EXIT_LOCKED, "wait for it, or use --lock-timeout 5m");
    return app_fail(EXIT_LOCKED,
                    "wait for it, or use --lock-timeout 5m; if that run is gone for good: "
                    "gridform force-unlock %s",
                    holder->id[0] != '\0' ? holder->id : "ID");
}

int app_lock_state(struct app *app, const char *operation)
{
    int code = open_for(app, true);
    if (code != EXIT_OK)
        return code;
    struct lock_info mine, holder = {0};
    struct err err = {0};
    describe_self(operation, &mine);
    if (app->store->ops->force_unlock != NULL)
        app->env.outer_cancel = interrupt_catch(INTERRUPT_REPEATS);
    if (app->store->ops->lock(app->store, &mine, app->options->lock_timeout_ms, &holder, &err) <
        0)
        return err.code == ERR_LOCKED ? refuse_locked(app, &holder)
                                      : app_fail(app_storage_code(&err), "%s", err.message);
    app->locked = true;
    const struct config *config =
        app->loaded.config != NULL ? app->loaded.config : app->settings;
    return load_state(app, config == NULL ? NULL : config->site);
}

int app_check_interrupt(const struct app *app)
{
    return app->env.op.cancelled(app->env.op.context)
               ? app_fail(EXIT_INTERRUPTED, "interrupted: nothing was changed")
               : EXIT_OK;
}

/* ---- live ---------------------------------------------------------------------------------
 */

static void report_providers(struct app *app)
{
    for (size_t i = 0; i < sessions_count(app->sessions); i++) {
        const char *provider;
        enum err_code code;
        const char *message = sessions_failure(app->sessions, i, &provider, &code);
        if (message == NULL)
            continue;
        app_note("%s: %s", provider, message);
        app->provider_trouble = true;
    }
}

/* A value that came from a reference stands in the files as well: it would get into state and
 * plan, so it is refused like any other literal secret. */
static int refuse_literal_secrets(struct app *app)
{
    const struct instances *all = &app->loaded.config->resources;
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct instance *one = all->items[i];
        for (size_t a = 0; a < one->schema->n_attrs; a++) {
            const char *name = sessions_secret_in(app->sessions, one->attrs[a]);
            if (name == NULL)
                continue;
            struct diag *diag = diag_error(app->diags, one->pos, "%s: %s holds the %s itself",
                                           one->address, one->schema->attrs[a].name, name);
            diag->hide_source = true;
            diag_hint(app->diags, diag,
                      "take it out; what is written there can be read by many");
            n++;
        }
    }
    if (n == 0)
        return EXIT_OK;
    app_print_findings(app);
    return counted_failure(app, EXIT_USAGE);
}

int app_read_live(struct app *app)
{
    fill_facts(app);
    if (app->snapshot != NULL) {
        live_file_read_live(app);
        fill_facts(app);
        return EXIT_OK;
    }
    if (app->sessions == NULL) {
        app->sessions = sessions_new(app->loaded.config, app->options->directory, &app->env);
        sessions_open(app->sessions);
    }
    int code = refuse_literal_secrets(app);
    if (code != EXIT_OK)
        return code;
    app->live = sessions_read(app->sessions, app->facts.desired, app->facts.prior, app->arena);
    report_providers(app);
    fill_facts(app);
    return app_check_interrupt(app);
}

/* The plan with what the rules found, waived or not: it is read where standard error is not. */
static const struct plan *plan_with_findings(const struct plan *plan, struct diags *diags,
                                             struct arena *arena)
{
    struct plan *with = ARENA_NEW(arena, struct plan);
    struct plan_waiver *waivers =
        ARENA_ARRAY(arena, diags_total(diags) + 1, struct plan_waiver);
    *with = *plan;
    with->waivers = waivers;
    diags_sort(diags);
    for (size_t i = 0; i < diags_total(diags); i++) {
        const struct diag *diag = diags_at(diags, i);
        if (diag->waiver != NULL)
            waivers[with->n_waivers++] =
                (struct plan_waiver){diag->rule,   diag->address,      diag->summary,
                                     diag->waiver, diag->waived_until, diag->pos};
    }
    diags_drop_waived(diags);
    with->findings = diags;
    return with;
}

int app_plan(struct app *app, const char *const *adopt, const struct plan **ret_plan)
{
    fill_facts(app);
    struct plan_input input = {.facts = app->facts,
                               .site = app->loaded.config->site,
                               .commit = app->commit,
                               .source = origin_for_plan(app),
                               .digest_inputs = app->loaded.digest,
                               .serial = app->state == NULL ? 0 : app->state->serial,
                               .adopt = adopt,
                               .only = app->only};
    if (input.only == NULL)
        input.only = origin_narrow(app, &input);
    struct diags *diags = app->diags = diags_new(app->arena);
    const struct plan *plan = plan_build(&input, diags);
    const struct rules_input rules = {&app->facts, &app->loaded.config->providers,
                                      app_today(app)};
    rules_check(&rules, diags);
    *ret_plan = plan = plan_with_findings(plan, diags, app->arena);
    app->provider_trouble = app->provider_trouble || plan->n_blind > 0;
    app_print_findings(app);
    if (diags_have_errors(diags) || plan->n_refusals > 0)
        return EXIT_REFUSED;
    return EXIT_OK;
}

void app_print_report(struct app *app, const struct plan *plan, const struct drift *drift)
{
    struct report report;
    struct strbuf text;
    const char *site = app->loaded.config == NULL ? NULL : app->loaded.config->site;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    report_init(&report, app->options, app->command, site, app->arena);
    report.rules = app->rules_checked && drift == NULL;
    for (size_t i = 0; i < app->loaded.n_files; i++)
        report_add_file(&report, app->loaded.file_names[i]);
    diags_sort(app->diags);
    if (drift == NULL)
        report_add_diags(&report, app->diags);
    if (plan != NULL)
        report_add_plan(&report, plan, &app->facts);
    else if (drift != NULL)
        report_add_drift(&report, drift, &app->facts);
    else if (app->rules_checked)
        report_add_resources(&report, &app->loaded.config->resources);
    report_render(&report, app->options->format, &text);
    report_release(&report);
    app_print(app, &text);
}

static int run_command(const struct options *options, const char *command, enum app_stage stage,
                       int (*work)(struct app *app))
{
    struct app app;
    app_init(&app, options);
    app.command = command;
    app.reports = command != NULL && (report_has_format(options->format) ||
                                      (stage == APP_FILES && options->format == FORMAT_JSON));
    int code = app_load(&app);
    if (code != EXIT_OK && app.reports)
        app_print_report(&app, NULL, NULL);
    if (code == EXIT_OK && stage >= APP_STATE)
        code = app_read_state(&app);
    if (code == EXIT_OK && stage >= APP_LIVE)
        code = app_read_live(&app);
    if (code == EXIT_OK)
        code = work(&app);
    app_release(&app);
    return code;
}

int app_run(const struct options *options, enum app_stage stage, int (*work)(struct app *app))
{
    return run_command(options, NULL, stage, work);
}

int app_run_reporting(const struct options *options, const char *command, enum app_stage stage,
                      int (*work)(struct app *app))
{
    return run_command(options, command, stage, work);
}

void app_redact(const struct app *app, struct strbuf *text)
{
    if (app->sessions != NULL)
        secrets_redact(sessions_secrets(app->sessions), text);
    secrets_redact(app->opened.secrets, text);
    secrets_redact(app->keys, text);
}

void app_print(const struct app *app, struct strbuf *text)
{
    app_redact(app, text);
    fwrite(strbuf_str(text), 1, strbuf_len(text), stdout);
    strbuf_release(text);
}
