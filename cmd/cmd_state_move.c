/* cmd_state_move.c: the state's entries under other names, or forgotten. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "command.h"
#include "manifest.h"
#include "state_edit.h"
#include "strbuf.h"

/* ---- state mv -----------------------------------------------------------------------------
 */

/* Names are identities in the platforms too, and gridform renames nothing there: what is to be
 * done by hand. */
static const struct {
    const char *kind, *todo;
} by_hand[] = {
    {"host", "vCenter must list the host under its new name before the next plan"},
    {"template",
     "in vCenter, rename the machine of the version in use, keeping the end of its name "
     "(OLD-1a2b3c4d becomes NEW-1a2b3c4d); else the next apply builds a new version. What was "
     "built under the old name carries its mark: it is used, and never removed by gridform"},
    {"customization_spec",
     "in vCenter, rename the specification as well; else the next apply creates a new one and "
     "leaves the old one behind"},
    {"software_component",
     "in vRA, change its name as well; its id there stays, and gridform goes on by that"},
    {"blueprint",
     "in vRA, change its name as well; its id there stays, and gridform goes on by that"},
    {"catalog_service",
     "in vRA, change its name as well: blueprints and entitlements refer to it by name"},
    {"entitlement", "in vRA, change its name as well; gridform finds it by its id"},
};

static const char *todo_of(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(by_hand); i++)
        if (strcmp(by_hand[i].kind, kind) == 0)
            return by_hand[i].todo;
    return "rename the object in its platform as well";
}

/* The value with the name replaced, or NULL when it does not hold it. */
static const struct value *renamed(const struct value *value, const char *from, const char *to,
                                   struct arena *arena)
{
    const char *text = value_text(value);
    if (text != NULL)
        return strcmp(text, from) == 0 ? value_string(arena, to) : NULL;
    if (!value_list_has(value, from))
        return NULL;
    const struct value **items = ARENA_ARRAY(arena, value_count(value), const struct value *);
    for (size_t i = 0; i < value_count(value); i++) {
        const struct value *item = value_at(value, i);
        const struct value *other = renamed(item, from, to, arena);
        items[i] = other == NULL ? item : other;
    }
    return value_list(arena, items, value_count(value));
}

/* What one entry says of the object; NULL when it does not refer to it. */
static struct instance *point_to(const struct instance *entry, const struct instance *moved,
                                 const char *from, struct arena *arena)
{
    struct instance *copy = NULL;
    for (size_t i = 0; i < entry->schema->n_attrs; i++) {
        const char *ref = entry->schema->attrs[i].ref;
        if (ref == NULL || strcmp(ref, moved->schema->section) != 0)
            continue;
        const struct value *value = renamed(entry->attrs[i], from, moved->name, arena);
        if (value == NULL)
            continue;
        if (copy == NULL) {
            copy = instance_new(arena, entry->schema, entry->address, entry->name);
            const struct value **attrs = copy->attrs;
            *copy = *entry;
            copy->attrs = attrs;
            memcpy(copy->attrs, entry->attrs, entry->schema->n_attrs * sizeof(*copy->attrs));
        }
        copy->attrs[i] = value;
    }
    return copy;
}

static size_t point_all(struct app *app, const struct instance *moved, const char *from)
{
    size_t n = 0;
    for (size_t i = 0; i < app->state->resources.n; i++) {
        const struct instance *entry = app->state->resources.items[i];
        struct instance *copy = point_to(entry, moved, from, app->arena);
        if (copy == NULL)
            continue;
        state_put(app->state, app->arena, copy->address, copy);
        printf("%s refers to %s now.\n", copy->address, moved->address);
        n++;
    }
    return n;
}

static int check_target(const struct app *app, const struct instance *entry, const char *to)
{
    if (!address_has_kind(to, entry->schema->kind))
        return app_fail(EXIT_USAGE, "%s: an address of the same kind is wanted, %s/NAME", to,
                        entry->schema->kind);
    const char *problem = manifest_name_problem(address_name(to));
    if (problem != NULL)
        return app_fail(EXIT_USAGE, "%s: the name %s", to, problem);
    if (instances_find(&app->state->resources, to) != NULL)
        return app_fail(EXIT_USAGE,
                        "%s is in the state already: forget it first (gridform state rm), or "
                        "choose another name",
                        to);
    return EXIT_OK;
}

/* The file, and the platform. */
static void say_next(const struct instance *moved, const char *from)
{
    const char *name = address_name(from);
    printf("%s is %s now. Nothing was changed in the world.\n", from, moved->address);
    printf("In the files, call it %s, wherever %s stands.\n", moved->name, name);
    printf("By hand: %s.\n", todo_of(moved->schema->kind));
}

static int move(struct app *app)
{
    const char *from = app->options->arguments[0], *to = app->options->arguments[1];
    if (app->state == NULL)
        return app_fail(EXIT_USAGE, "%s: no state yet", app->state_path);
    const struct instance *entry = instances_find(&app->state->resources, from);
    if (entry == NULL)
        return state_edit_unknown(app, from);
    int code = check_target(app, entry, to);
    if (code != EXIT_OK)
        return code;
    state_rename(app->state, app->arena, from, to);
    const struct instance *moved = instances_find(&app->state->resources, to);
    point_all(app, moved, address_name(from));
    code = state_edit_write(app);
    if (code == EXIT_OK)
        say_next(moved, from);
    return code;
}

static int run_move(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = app_lock_state(&app, "state mv");
    if (code == EXIT_OK)
        code = move(&app);
    app_release(&app);
    return code;
}

/* ---- state rm -----------------------------------------------------------------------------
 */

/* Steps under way belong to what is forgotten. */
static void forget(struct app *app, const char *address)
{
    for (size_t i = 0; i < app->state->n_intents;) {
        const struct intent intent = app->state->intents[i];
        if (strcmp(intent.address, address) == 0)
            state_end_intent(app->state, &intent);
        else
            i++;
    }
    state_put(app->state, app->arena, address, NULL);
}

static int remove_all(struct app *app)
{
    const struct options *options = app->options;
    if (app->state == NULL)
        return app_fail(EXIT_USAGE, "%s: no state yet", app->state_path);
    for (size_t i = 0; i < options->n_arguments; i++)
        if (instances_find(&app->state->resources, options->arguments[i]) == NULL)
            return state_edit_unknown(app, options->arguments[i]);
    for (size_t i = 0; i < options->n_arguments; i++)
        puts(options->arguments[i]);
    puts(
        "Forgotten by the state, left as it is in the world: what the files still declare, the "
        "next\nplan takes over by its mark, or asks to adopt; what they do not, nobody manages "
        "any more.");
    int code = state_edit_ask(app, "Forget this?");
    if (code != EXIT_OK)
        return code;
    size_t before = app->state->resources.n;
    for (size_t i = 0; i < options->n_arguments; i++)
        forget(app, options->arguments[i]);
    code = state_edit_write(app);
    size_t n = before - app->state->resources.n;
    if (code == EXIT_OK)
        printf("%zu resource%s forgotten, %zu left.\n", n, n == 1 ? "" : "s",
               app->state->resources.n);
    return code;
}

static int run_remove(const struct options *options)
{
    struct app app;
    app_init(&app, options);
    int code = app_lock_state(&app, "state rm");
    if (code == EXIT_OK)
        code = remove_all(&app);
    app_release(&app);
    return code;
}

static const enum option_id move_options[] = {OPTION_DIRECTORY, OPTION_OVERLAY, OPTION_VAR,
                                              OPTION_STATE, OPTION_LOCK_TIMEOUT};
static const enum option_id remove_options[] = {OPTION_DIRECTORY,    OPTION_OVERLAY,
                                                OPTION_VAR,          OPTION_STATE,
                                                OPTION_AUTO_APPROVE, OPTION_LOCK_TIMEOUT};

const struct command command_state_mv = {
    .name = "state mv",
    .arguments = "FROM TO",
    .least_arguments = 2,
    .most_arguments = 2,
    .completion = COMPLETE_ADDRESS,
    .summary = "Give a resource of the state another name",
    .help =
        "For an object that gets a new name in the files and is not to be removed and made\n"
        "anew: its entry becomes TO, an address of the same kind, and entries that refer to\n"
        "it follow. Nothing is changed in the world; what has to be renamed there by hand is\n"
        "printed.",
    .options = move_options,
    .n_options = sizeof(move_options) / sizeof(move_options[0]),
    .run = run_move,
};

const struct command command_state_rm = {
    .name = "state rm",
    .arguments = "ADDRESS...",
    .least_arguments = 1,
    .most_arguments = 10000,
    .completion = COMPLETE_ADDRESS,
    .summary = "Forget resources, and leave them as they are",
    .help =
        "Takes entries out of the state. Nothing is changed in the world. Asks first; --yes\n"
        "does not.",
    .options = remove_options,
    .n_options = sizeof(remove_options) / sizeof(remove_options[0]),
    .run = run_remove,
};
