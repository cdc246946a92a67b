/* cmd_template.c: versions of templates: which there are, and back to an earlier one. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "app.h"
#include "arena.h"
#include "carry_out.h"
#include "command.h"
#include "names.h"
#include "strbuf.h"
#include "value_json.h"
#include "vec.h"

/* ---- versions -----------------------------------------------------------------------------
 */

/* One template with what the state and vCenter know of it. */
struct template
{
    const struct instance *desired, *live;
    struct instance *prior; /* NULL: never applied */
    const struct value *versions;
    const char *in_use; /* machine of the version in use, or NULL */
};

static struct template template_of(const struct app *app, const struct instance *desired)
{
    struct template t = {.desired = desired};
    t.live = instances_find(&app->live, desired->address);
    t.prior =
        app->state == NULL ? NULL : instances_find(&app->state->resources, desired->address);
    t.versions = t.live == NULL ? value_absent() : instance_get(t.live, "versions");
    t.in_use = t.live == NULL || t.live->presence != PRESENCE_PRESENT
                   ? NULL
                   : instance_text(t.live, "vm");
    return t;
}

static bool is_ours(const struct app *app, const struct value *version)
{
    const char *lineage = value_get_text(version, "lineage");
    return app->state != NULL && lineage != NULL && strcmp(lineage, app->state->lineage) == 0;
}

static const char *status_of(const struct template *t, const struct value *version)
{
    const char *name = value_get_text(version, "name");
    bool failed = !value_is_true(value_get(version, "is_template")) &&
                  !value_is_true(value_get(version, "complete"));
    if (failed)
        return "failed build";
    if (t->in_use == NULL || strcmp(name, t->in_use) != 0)
        return "kept";
    bool back = t->prior != NULL && value_is_known(instance_get(t->prior, "rollback"));
    return back ? "in use, rolled back" : "in use";
}

/* The last column has no width: lines end where their text ends. */
#define ROW "%-28s %-38s %-20s %s\n"

/* ---- template list ------------------------------------------------------------------------
 */

static void list_text(const struct app *app, const struct template *t, struct strbuf *out)
{
    const char *name = t->desired->name;
    size_t shown = 0;
    for (size_t i = value_count(t->versions); i-- > 0;) {
        const struct value *version = value_at(t->versions, i);
        const char *host = value_get_text(version, "host");
        if (!is_ours(app, version))
            continue;
        strbuf_addf(out, ROW, shown++ == 0 ? name : "", value_get_text(version, "name"),
                    status_of(t, version), host == NULL ? "" : host);
    }
    if (shown == 0)
        strbuf_addf(out, "%-28s (no version yet)\n", name);
}

static void json_pair(struct strbuf *out, const char *key, const char *text)
{
    strbuf_addf(out, ",\"%s\":", key);
    if (text == NULL)
        strbuf_add(out, "null");
    else
        json_text(text, out);
}

/* One object a line. */
static void list_json(const struct app *app, const struct template *t, struct strbuf *out)
{
    for (size_t i = value_count(t->versions); i-- > 0;) {
        const struct value *version = value_at(t->versions, i);
        if (!is_ours(app, version))
            continue;
        strbuf_add(out, "{\"template\":");
        json_text(t->desired->name, out);
        json_pair(out, "version", value_get_text(version, "name"));
        json_pair(out, "status", status_of(t, version));
        json_pair(out, "host", value_get_text(version, "host"));
        json_pair(out, "instance_uuid", value_get_text(version, "instance_uuid"));
        strbuf_add(out, "}\n");
    }
}

static bool is_template(const struct instance *instance)
{
    return strcmp(instance->schema->kind, "template") == 0;
}

static int unknown_template(const struct app *app, const char *name)
{
    const struct instances *all = app->facts.desired;
    const char **names = ARENA_ARRAY(app->arena, all->n + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (is_template(all->items[i]))
            names[n++] = all->items[i]->name;
    const char *near = names_nearest(name, names, n);
    return app_fail(EXIT_USAGE, "the files declare no template %s%s%s%s", name,
                    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                    near == NULL ? "" : "?");
}

static int list_all(struct app *app)
{
    const char *only = app->options->n_arguments > 0 ? app->options->arguments[0] : NULL;
    struct strbuf out;
    size_t found = 0;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    if (app->options->format != FORMAT_JSON)
        strbuf_addf(&out, ROW, "TEMPLATE", "VERSION", "STATUS", "HOST");
    for (size_t i = 0; i < app->facts.desired->n; i++) {
        const struct instance *it = app->facts.desired->items[i];
        if (!is_template(it) || (only != NULL && strcmp(only, it->name) != 0))
            continue;
        const struct template t = template_of(app, it);
        found++;
        if (app->options->format == FORMAT_JSON)
            list_json(app, &t, &out);
        else
            list_text(app, &t, &out);
    }
    if (only != NULL && found == 0) {
        strbuf_release(&out);
        return unknown_template(app, only);
    }
    app_print(app, &out);
    return app->provider_trouble ? EXIT_PROVIDER : EXIT_OK;
}

static int run_list(const struct options *options)
{
    return app_run(options, APP_LIVE, list_all);
}

/* ---- template rollback --------------------------------------------------------------------
 */

static bool is_choice(const struct app *app, const struct value *version)
{
    return is_ours(app, version) && value_is_true(value_get(version, "is_template"));
}

/* "centos72-51d2c7f0" or its last part. */
static bool is_named(const struct template *t, const struct value *version, const char *word)
{
    const char *name = value_get_text(version, "name");
    size_t len = strlen(t->desired->name);
    return strcmp(name, word) == 0 || (strncmp(name, t->desired->name, len) == 0 &&
                                       name[len] == '-' && strcmp(name + len + 1, word) == 0);
}

/* The version that is asked for, or else the one before that in use. */
static const char *choose(const struct app *app, const struct template *t)
{
    const char *word = app->options->n_arguments > 1 ? app->options->arguments[1] : NULL;
    const char *before = NULL;
    for (size_t i = 0; i < value_count(t->versions); i++) {
        const struct value *version = value_at(t->versions, i);
        const char *name = value_get_text(version, "name");
        if (word == NULL && t->in_use != NULL && strcmp(name, t->in_use) == 0)
            break;
        if (is_choice(app, version) && (word == NULL || is_named(t, version, word)))
            before = name;
    }
    return before;
}

/* The template, and the blueprints that clone it. */
static const char *const *affected(const struct app *app, const struct instance *template)
{
    VEC(const char *) addresses = {0};
    VEC_PUSH(app->arena, &addresses, template->address);
    for (size_t i = 0; i < app->facts.desired->n; i++) {
        const struct instance *it = app->facts.desired->items[i];
        int attr = schema_find(it->schema, "machine.clone.template");
        const char *of = attr < 0 ? NULL : value_text(it->attrs[attr]);
        if (of != NULL && strcmp(of, template->name) == 0)
            VEC_PUSH(app->arena, &addresses, it->address);
    }
    VEC_PUSH(app->arena, &addresses, NULL);
    return addresses.items;
}

/* In the state in memory: it is recorded with the template's entry, before any blueprint is
 * pointed to the other version. */
static void set_rollback(const struct app *app, const struct template *t, const char *target)
{
    const char *wanted = instance_text(t->desired, "vm");
    const struct value_field fields[] = {{"from", value_string(app->arena, wanted)},
                                         {"to", value_string(app->arena, target)}};
    instance_set(t->prior, "rollback",
                 strcmp(wanted, target) == 0
                     ? value_absent()
                     : value_map(app->arena, fields, ARRAY_LEN(fields)));
}

static int roll_back(struct app *app)
{
    const char *name = app->options->arguments[0];
    const struct instance *desired = instances_find_named(app->facts.desired, "template", name);
    if (desired == NULL)
        return unknown_template(app, name);
    const struct template t = template_of(app, desired);
    if (t.prior == NULL || t.in_use == NULL)
        return app_fail(app->provider_trouble ? EXIT_PROVIDER : EXIT_USAGE,
                        "template %s has no version in use: apply first", name);
    const char *target = choose(app, &t);
    if (target == NULL)
        return app_fail(
            EXIT_REFUSED,
            app->options->n_arguments > 1
                ? "template %s has no such version; gridform template list shows them"
                : "template %s has no version before the one in use",
            name);
    if (strcmp(target, t.in_use) == 0)
        return app_fail(EXIT_USAGE, "%s is in use already", target);
    set_rollback(app, &t, target);
    app->only = affected(app, desired);
    const struct plan *plan;
    int code = app_plan(app, NULL, &plan);
    carry_out_print(app, plan);
    if (code == EXIT_OK)
        code = carry_out_ask(app, NULL);
    return code == EXIT_OK ? carry_out(app, plan) : code;
}

static int run_rollback(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = app_load(&app);
    if (code == EXIT_OK)
        code = app_lock_state(&app, "template rollback");
    if (code == EXIT_OK)
        code = app_read_live(&app);
    if (code == EXIT_OK)
        code = roll_back(&app);
    app_release(&app);
    return code;
}

static const enum option_id list_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                              OPTION_STATE, OPTION_JSON};
static const enum option_id rollback_options[] = {
    OPTION_DIRECTORY,   OPTION_OVERLAY,      OPTION_VAR,  OPTION_STATE,   OPTION_AUTO_APPROVE,
    OPTION_PARALLELISM, OPTION_LOCK_TIMEOUT, OPTION_JSON, OPTION_NO_COLOR};

const struct command command_template_list = {
    .name = "template list",
    .arguments = "[NAME]",
    .most_arguments = 1,
    .summary = "List the versions of templates",
    .help =
        "Reads from vCenter which versions of each template there are, newest first: the one\n"
        "in use, those that are kept, and what failed builds left behind. Changes nothing.",
    .options = list_options,
    .n_options = sizeof(list_options) / sizeof(list_options[0]),
    .run = run_list,
};

const struct command command_template_rollback = {
    .name = "template rollback",
    .arguments = "NAME [VERSION]",
    .least_arguments = 1,
    .most_arguments = 2,
    .summary = "Use an earlier version of a template again",
    .help =
        "Points the template, and the blueprints that clone it, to the version before the one\n"
        "in use, or to VERSION (as template list shows it, or its last part). Shows the plan\n"
        "for these objects alone, asks, and carries it out; nothing is built.\n\n"
        "The state remembers it: plan stays empty until an input of the template changes, and\n"
        "then builds a new version as ever. To undo it, name the newer version.",
    .options = rollback_options,
    .n_options = sizeof(rollback_options) / sizeof(rollback_options[0]),
    .run = run_rollback,
};
