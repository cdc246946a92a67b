/* origin.c: see origin.h. */
#include "origin.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "arena.h"
#include "err.h"
#include "git_require.h"
#include "range.h"
#include "strbuf.h"
#include "value.h"

void origin_release(struct origin *origin)
{
    config_release(origin->base);
    git_place_close(origin->place);
    *origin = (struct origin){0};
}

/* ---- where the files are ------------------------------------------------------------------
 */

static int open_place(struct app *app, bool wanted)
{
    struct err err = {0};
    const char *directory = app->options->directory;
    if (git_place_open(directory, &app->origin.place, &err) < 0) {
        if (wanted)
            return app_fail(EXIT_USAGE, "%s", err.message);
        app_note("warning: %s", err.message);
    } else if (wanted && app->origin.place == NULL) {
        return app_fail(EXIT_USAGE, "%s is in no git repository, so there is no commit to read",
                        directory);
    }
    return EXIT_OK;
}

/* What a saved plan says of its commit: 40 digits, and no way out of the tree. */
static int resolve_saved(struct app *app, struct git_ref *ret, struct err *err)
{
    const struct value *saved = app->origin.saved;
    const char *commit = value_get_text(saved, "commit"), *path = value_get_text(saved, "path");
    const char *base = value_get_text(saved, "base");
    if (commit == NULL || path == NULL || strlen(commit) != 40 ||
        (base != NULL && strlen(base) != 40))
        return err_set(err, ERR_INVALID, "the saved plan is damaged");
    if (git_ref_resolve(app->origin.place,
                        arena_printf(app->arena, "%s%s%s:%s", base == NULL ? "" : base,
                                     base == NULL ? "" : "..", commit, path),
                        app->arena, ret, err) < 0)
        return err_wrap(err, "the saved plan");
    app->origin.said = value_get_text(saved, "ref");
    return 0;
}

static int resolve_ref(struct app *app, struct err *err)
{
    struct origin *origin = &app->origin;
    if (origin->saved != NULL)
        return resolve_saved(app, &origin->ref, err);
    origin->said = app->options->ref;
    return git_ref_resolve(origin->place, app->options->ref, app->arena, &origin->ref, err);
}

int origin_open(struct app *app, const struct source **ret)
{
    struct origin *origin = &app->origin;
    struct err err = {0};
    origin->from_commit = app->options->ref != NULL || origin->saved != NULL;
    int code = open_place(app, origin->from_commit);
    if (code != EXIT_OK)
        return code;
    if (!origin->from_commit) {
        *ret = source_disk(app->options->directory, app->arena);
        return EXIT_OK;
    }
    struct source *source;
    if (resolve_ref(app, &err) < 0 ||
        git_source_new(origin->place, origin->ref.commit.id, origin->ref.path, app->arena,
                       &source, &err) < 0)
        return app_fail(EXIT_USAGE, "%s", err.message);
    origin->commit = origin->ref.commit;
    *ret = source;
    return EXIT_OK;
}

static int note_head(struct app *app, struct err *err)
{
    struct origin *origin = &app->origin;
    bool there;
    if (git_place_head(origin->place, app->arena, &origin->commit, &there, err) < 0)
        return -1;
    if (!there)
        return 0;
    origin->said = git_place_branch(origin->place, app->arena);
    const char **names = ARENA_ARRAY(app->arena, app->loaded.n_inputs + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; i < app->loaded.n_inputs; i++)
        if (!app->loaded.inputs[i].overlay)
            names[n++] = app->loaded.inputs[i].name;
    return git_place_is_dirty(origin->place, names, n, &origin->dirty, NULL, err);
}

/* A manifest that is not there yet wants nothing. */
static int load_base(struct app *app)
{
    struct loaded loaded = {0};
    const struct git_ref *ref = &app->origin.ref;
    struct source *source;
    struct err err = {0};
    struct diags *diags = diags_new(app->arena), *kept = app->diags;
    if (git_source_new(app->origin.place, ref->base.id, ref->path, app->arena, &source, &err) <
        0)
        return app_fail(EXIT_USAGE, "%s", err.message);
    int result = load_manifest(app->options, source, app->arena, diags, &loaded, &err);
    app->origin.base = loaded.config;
    if (result == 0 || err.code == ERR_NOT_FOUND)
        return EXIT_OK;
    app->diags = diags;
    app_print_findings(app);
    app->diags = kept;
    if (err.code != ERR_NONE)
        return app_fail(EXIT_USAGE, "%s", err.message);
    return app_fail(
        EXIT_USAGE,
        "the files at %.12s, where the range begins, are not valid, so what the range "
        "changes cannot be told; without a range, --ref %.12s shows all that is due",
        ref->base.id, ref->commit.id);
}

int origin_note(struct app *app)
{
    struct origin *origin = &app->origin;
    struct err err = {0};
    if (origin->place == NULL)
        return EXIT_OK;
    if (!origin->from_commit && note_head(app, &err) < 0) {
        origin->commit.id = NULL;
        app_note("warning: %s", err.message);
    }
    if (origin->commit.id != NULL)
        app->commit = arena_printf(app->arena, "%.12s%s", origin->commit.id,
                                   origin->dirty ? "-dirty" : "");
    return origin->ref.base.id == NULL ? EXIT_OK : load_base(app);
}

/* ---- what is remembered -------------------------------------------------------------------
 */

static const struct value *text_or_absent(struct arena *arena, const char *text)
{
    return text == NULL ? value_absent() : value_string(arena, text);
}

const struct value *origin_for_plan(const struct app *app)
{
    const struct origin *origin = &app->origin;
    if (!origin->from_commit)
        return NULL;
    const struct value_field fields[] = {
        {"commit", value_string(app->arena, origin->ref.commit.id)},
        {"base", text_or_absent(app->arena, origin->ref.base.id)},
        {"path", value_string(app->arena, origin->ref.path)},
        {"ref", text_or_absent(app->arena, origin->said)}};
    return value_map(app->arena, fields, ARRAY_LEN(fields));
}

const struct value *origin_for_state(const struct app *app)
{
    const struct origin *origin = &app->origin;
    if (origin->commit.id == NULL)
        return NULL;
    const struct value_field fields[] = {
        {"commit", value_string(app->arena, origin->commit.id)},
        {"author", value_string(app->arena, origin->commit.author)},
        {"base", text_or_absent(app->arena, origin->ref.base.id)},
        {"ref", text_or_absent(app->arena, origin->said)},
        {"signer", text_or_absent(app->arena, origin->signer)}};
    return value_map(app->arena, fields, ARRAY_LEN(fields));
}

/* ---- ranges -------------------------------------------------------------------------------
 */

const char *const *origin_narrow(struct app *app, const struct plan_input *input)
{
    static const struct instances none = {0};
    const struct origin *origin = &app->origin;
    if (origin->ref.base.id == NULL)
        return NULL;
    struct plan_input former = *input;
    former.facts.desired = origin->base == NULL ? &none : &origin->base->resources;
    return plan_range(&former, input, diags_new(app->arena));
}

/* ---- demands ------------------------------------------------------------------------------
 */

static const struct loaded_file *find_input(const struct loaded *loaded, const char *name)
{
    for (size_t i = 0; i < loaded->n_inputs; i++)
        if (strcmp(loaded->inputs[i].name, name) == 0)
            return &loaded->inputs[i];
    return NULL;
}

static const char *first_difference(const struct loaded *a, const struct loaded *b)
{
    for (size_t i = 0; i < a->n_inputs; i++) {
        const struct loaded_file *other = find_input(b, a->inputs[i].name);
        if (other == NULL || strcmp(other->digest, a->inputs[i].digest) != 0)
            return a->inputs[i].name;
    }
    return NULL;
}

/* What was read from disk is to the byte what the commit holds, whatever git has been told to
 * ignore or to assume. */
static int check_content(struct app *app, const char *option)
{
    struct origin *origin = &app->origin;
    struct git_ref ref;
    struct source *source;
    struct loaded committed = {0};
    struct err err = {0};
    int result = git_ref_resolve(origin->place, origin->commit.id, app->arena, &ref, &err);
    if (result == 0)
        result =
            git_source_new(origin->place, ref.commit.id, ref.path, app->arena, &source, &err);
    if (result == 0)
        result = load_manifest(app->options, source, app->arena, diags_new(app->arena),
                               &committed, &err);
    const char *differs = first_difference(&app->loaded, &committed);
    if (differs == NULL)
        differs = first_difference(&committed, &app->loaded);
    config_release(committed.config);
    if (differs != NULL)
        return app_fail(EXIT_REFUSED, "%s: %s is not as commit %.12s has it", option, differs,
                        origin->commit.id);
    if (result < 0)
        return app_fail(EXIT_REFUSED, "%s: %s", option,
                        err.code == ERR_NONE ? "the files in the commit are not valid"
                                             : err.message);
    return EXIT_OK;
}

static int check_clean(struct app *app, const char *option)
{
    struct origin *origin = &app->origin;
    if (origin->from_commit)
        return EXIT_OK;
    const char **names = ARENA_ARRAY(app->arena, app->loaded.n_inputs + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; i < app->loaded.n_inputs; i++)
        if (!app->loaded.inputs[i].overlay)
            names[n++] = app->loaded.inputs[i].name;
    struct err err = {0};
    struct strbuf which;
    bool dirty;
    strbuf_init(&which, 4000);
    int code = EXIT_OK;
    if (git_place_is_dirty(origin->place, names, n, &dirty, &which, &err) < 0)
        code = app_fail(EXIT_REFUSED, "%s: %s", option, err.message);
    else if (dirty)
        code =
            app_fail(EXIT_REFUSED, "%s: not as commit %.12s has it: %s; commit or restore it",
                     option, origin->commit.id, strbuf_str(&which));
    strbuf_release(&which);
    return code == EXIT_OK ? check_content(app, option) : code;
}

static int check_signed(struct app *app)
{
    struct origin *origin = &app->origin;
    struct err err = {0};
    if (git_require_signed(origin->place, &origin->commit, app->options->require_signed,
                           app->arena, &origin->signer, &err) < 0)
        return app_fail(err.code == ERR_DENIED ? EXIT_REFUSED : EXIT_USAGE, "%s", err.message);
    fprintf(stderr, "Commit %.12s by %s: signed by %s\n", origin->commit.id,
            origin->commit.author, origin->signer);
    return EXIT_OK;
}

int origin_check(struct app *app)
{
    const struct options *options = app->options;
    struct origin *origin = &app->origin;
    struct err err = {0};
    const char *option = options->require_signed != NULL ? "--require-signed"
                         : options->require_ref != NULL  ? "--require-ref"
                         : options->require_clean        ? "--require-clean"
                                                         : NULL;
    if (option == NULL)
        return EXIT_OK;
    if (origin->place == NULL || origin->commit.id == NULL)
        return app_fail(EXIT_REFUSED, "%s: %s is at no commit of a git repository", option,
                        options->directory);
    /* The best commit says nothing about files that differ from it: that comes first. */
    int code = check_clean(app, option);
    if (code == EXIT_OK && options->require_ref != NULL &&
        git_require_ref(origin->place, &origin->commit, options->require_ref, &err) < 0)
        return app_fail(EXIT_REFUSED, "%s", err.message);
    if (code == EXIT_OK && options->require_signed != NULL)
        code = check_signed(app);
    return code;
}
