/* cmd_snapshot.c: the live state as a document, for plans without credentials. Read-only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "arena.h"
#include "command.h"
#include "live_file.h"
#include "signature.h"
#include "snapshot.h"
#include "storage.h"
#include "strbuf.h"

enum { KEY_MAX = 1 << 16 };

static void take_out(const void *context, struct strbuf *text)
{
    app_redact(context, text);
}

/* ---- what goes into it --------------------------------------------------------------------
 */

static void add_failures(struct app *app, struct snapshot *snapshot)
{
    size_t n = sessions_count(app->sessions);
    struct snapshot_failure *failures = ARENA_ARRAY(app->arena, n + 1, struct snapshot_failure);
    for (size_t i = 0; i < n; i++) {
        struct snapshot_failure *it = &failures[snapshot->n_failures];
        enum err_code code;
        it->message = sessions_failure(app->sessions, i, &it->provider, &code);
        if (it->message == NULL)
            continue;
        it->code = err_code_name(code);
        snapshot->n_failures++;
    }
    snapshot->failures = failures;
}

static int compare_keys(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static const struct value *sorted(const struct value *list, struct arena *arena)
{
    size_t n = value_count(list);
    const struct value **items = ARENA_ARRAY(arena, n + 1, const struct value *);
    for (size_t i = 0; i < n; i++)
        items[i] = value_at(list, i);
    if (n > 1)
        qsort(items, n, sizeof(const struct value *), compare_keys);
    return value_list(arena, items, n);
}

/* By kind, in order: two snapshots of the same world look the same. */
static const struct value *listed_in_order(struct app *app)
{
    const struct value *all = sessions_list(app->sessions, app->arena);
    struct value_field *fields = ARENA_ARRAY(app->arena, all->map.n + 1, struct value_field);
    for (size_t i = 0; i < all->map.n; i++)
        fields[i] = (struct value_field){all->map.fields[i].key,
                                         sorted(all->map.fields[i].value, app->arena)};
    return value_map(app->arena, fields, all->map.n);
}

/* The wishes in whose light a resource was read. */
static const struct value *asked_of(struct app *app, const struct instance *live)
{
    const struct schema *schema = live->schema;
    const struct instance *wanted = instances_find(app->facts.desired, live->address);
    struct value_field *fields = NULL;
    size_t n = 0;
    wanted = wanted == NULL ? instances_find(app->facts.prior, live->address) : wanted;
    for (size_t i = 0; wanted != NULL && i < schema->n_attrs; i++) {
        const char *by = schema->attrs[i].read_by;
        if (by == NULL || by[0] == '\0')
            continue;
        if (fields == NULL)
            fields = ARENA_ARRAY(app->arena, schema->n_attrs, struct value_field);
        fields[n++] = (struct value_field){by, instance_get(wanted, by)};
    }
    const struct value *asked = value_map(app->arena, fields, n);
    return value_count(asked) == 0 ? NULL : asked;
}

/* since: when reading began. What was read first is as old as that. */
static struct snapshot describe(struct app *app, int64_t since)
{
    struct snapshot snapshot = {.site = app->loaded.config->site,
                                .version = GRIDFORM_VERSION,
                                .commit = app->commit,
                                .schemas = live_file_schemas(app),
                                .servers = live_file_servers(app),
                                .taken = since,
                                .lineage = app->state == NULL ? NULL : app->state->lineage,
                                .serial = app->state == NULL ? 0 : app->state->serial,
                                .listed = listed_in_order(app),
                                .live = app->live};
    snapshot.asked = ARENA_ARRAY(app->arena, app->live.n + 1, const struct value *);
    for (size_t i = 0; i < app->live.n; i++)
        snapshot.asked[i] = asked_of(app, app->live.items[i]);
    add_failures(app, &snapshot);
    return snapshot;
}

/* ---- writing ------------------------------------------------------------------------------
 */

static int save(const char *path, const struct strbuf *text)
{
    struct err err = {0};
    if (strcmp(path, "-") == 0)
        fwrite(strbuf_str(text), 1, strbuf_len(text), stdout);
    else if (storage_replace(path, text, &err) < 0)
        return app_fail(EXIT_STORAGE, "the snapshot cannot be saved: %s", err.message);
    return EXIT_OK;
}

/* State and systems are read one after the other: with an apply in between, the two would not
 * be of one time. */
static int check_state_unmoved(struct app *app)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    struct state *again = NULL;
    struct err err = {0};
    struct strbuf before, after;
    if (app->store->ops->read(app->store, scratch, &app_schemas, &again, &err) < 0)
        return app_fail(app_storage_code(&err), "%s", err.message);
    strbuf_init(&before, STATE_SIZE_MAX);
    strbuf_init(&after, STATE_SIZE_MAX);
    if (app->state != NULL)
        state_encode(app->state, &before);
    if (again != NULL)
        state_encode(again, &after);
    bool same = strcmp(strbuf_str(&before), strbuf_str(&after)) == 0;
    strbuf_release(&before);
    strbuf_release(&after);
    return same ? EXIT_OK
                : app_fail(EXIT_STALE,
                           "%s was changed while the systems were read, by an apply: "
                           "take the snapshot again when that has ended",
                           app->state_path);
}

/* What was written can be read: nobody finds out later that it cannot. */
static int check_text(struct app *app, const struct strbuf *text)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    struct snapshot *again;
    struct state *state;
    struct err err = {0};
    if (snapshot_decode(strbuf_str(text), strbuf_len(text), scratch, &app_schemas, &again,
                        &err) < 0 ||
        (again->state != NULL && state_decode(again->state, again->state_size, scratch,
                                              &app_schemas, &state, &err) < 0))
        return app_fail(
            EXIT_REFUSED,
            "%s: no snapshot can be made of this: %s (is a password part of a name?)",
            app->loaded.config->site, err.message);
    return EXIT_OK;
}

static int write_snapshot(struct app *app, int64_t since, const struct strbuf *key)
{
    struct strbuf text;
    struct err err = {0};
    int code = check_state_unmoved(app);
    if (code != EXIT_OK)
        return code;
    const struct snapshot snapshot = describe(app, since);
    const struct snapshot_redactor redactor = {take_out, app};
    const struct snapshot_pen pen = {.redactor = &redactor,
                                     .key_pem = key == NULL ? NULL : strbuf_str(key),
                                     .key_size = key == NULL ? 0 : strbuf_len(key)};
    strbuf_init(&text, STATE_SIZE_MAX);
    if (snapshot_encode(&snapshot, app->state, &pen, &text, &err) < 0)
        code = app_fail(EXIT_USAGE, "%s: %s", app->options->out, err.message);
    if (code == EXIT_OK)
        code = check_text(app, &text);
    if (code == EXIT_OK)
        code = save(app->options->out, &text);
    strbuf_release(&text);
    return code;
}

/* A key of no use is known before the systems are asked. */
static int read_key(struct app *app, struct strbuf *key)
{
    char made[SIGNATURE_LEN + 1];
    struct err err = {0};
    int code = live_file_read_text(app->options->sign_key, KEY_MAX, key);
    if (code == EXIT_OK &&
        signature_make(strbuf_str(key), strbuf_len(key), "", 0, made, &err) < 0)
        code = app_fail(EXIT_USAGE, "%s: %s", app->options->sign_key, err.message);
    return code;
}

static void forget_key(struct strbuf *key)
{
    if (key->data != NULL)
        explicit_bzero(key->data, key->capacity);
    strbuf_release(key);
}

static int take(struct app *app)
{
    struct strbuf key;
    bool is_signed = app->options->sign_key != NULL;
    int64_t since = app_wall_ms() / 1000;
    int code = is_signed ? read_key(app, &key) : EXIT_OK;
    if (code == EXIT_OK)
        code = app_read_live(app);
    if (code == EXIT_OK)
        code = write_snapshot(app, since, is_signed ? &key : NULL);
    if (is_signed)
        forget_key(&key);
    if (code != EXIT_OK)
        return code;
    size_t n_unread = 0;
    for (size_t i = 0; i < app->live.n; i++)
        n_unread += app->live.items[i]->presence == PRESENCE_UNREADABLE;
    fprintf(stderr, "gridform: snapshot of %zu resource%s%s", app->live.n,
            app->live.n == 1 ? "" : "s", is_signed ? ", signed" : "");
    if (n_unread > 0)
        fprintf(stderr, ", %zu of them not readable", n_unread);
    fprintf(stderr, "; plan with it: gridform plan --live %s\n", app->options->out);
    return app->provider_trouble ? EXIT_PROVIDER : EXIT_OK;
}

static int run(const struct options *options)
{
    if (options->out == NULL)
        return app_fail(EXIT_USAGE, "snapshot: where to? Name a file with --out FILE; - is "
                                    "standard output");
    return app_run(options, APP_STATE, take);
}

static const enum option_id options[] = {
    OPTION_SNAPSHOT_OUT,     OPTION_SIGN_KEY, OPTION_DIRECTORY, OPTION_REF,
    OPTION_SNAPSHOT_OVERLAY, OPTION_VAR,      OPTION_STATE};

const struct command command_snapshot = {
    .name = "snapshot",
    .arguments = "",
    .summary = "Write the live state to a file, to plan with it without credentials",
    .help =
        "Reads what plan would read, and writes it with the state into one file: gridform "
        "plan\n"
        "--live FILE then gives the same plan without asking any system, with no password and\n"
        "no state at hand. A scheduled job takes it, jobs for pull requests plan with it.\n\n"
        "No secret is in it. Names and identifiers of machines, hosts and users' groups, and\n"
        "the scripts of software components are: treat it like the state. With --sign-key it\n"
        "is signed, for plan --live FILE --trust PUBLIC.pem.\n\n"
        "What cannot be read is written down with its reason, and is as unreadable in the\n"
        "plan: exit 7, and the file is there. Nothing is changed, and no lock is taken.",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
