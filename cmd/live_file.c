/* live_file.c: see live_file.h. */
#include "live_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "arena.h"
#include "digest.h"
#include "signature.h"
#include "snapshot.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"

enum { KEYS_MAX = 1 << 20, SKEW_S = 300 };

int live_file_read_text(const char *path, size_t max, struct strbuf *out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    strbuf_init(out, max);
    if (file == NULL)
        return app_fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
    char block[65536];
    size_t n;
    errno = 0;
    while ((n = fread(block, 1, sizeof(block), file)) > 0 && !strbuf_overflowed(out))
        strbuf_add_mem(out, block, n);
    int error = ferror(file) != 0 ? errno : 0;
    if (!is_stdin)
        fclose(file);
    if (error != 0)
        return app_fail(EXIT_USAGE, "%s: %s", path, strerror(error));
    if (strbuf_overflowed(out))
        return app_fail(EXIT_USAGE, "%s is larger than %zu MiB", path, max >> 20);
    return EXIT_OK;
}

/* ---- what the files say -------------------------------------------------------------------
 */

const char *live_file_schemas(struct app *app)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t k = 0; all_kinds[k] != NULL; k++) {
        const struct schema *schema = &all_kinds[k]->schema;
        strbuf_addf(&text, "%s\n", schema->kind);
        for (size_t i = 0; i < schema->n_attrs; i++)
            strbuf_addf(&text, "  %s %s %x %x\n", schema->attrs[i].name,
                        schema->attrs[i].type->name, schema->attrs[i].facets,
                        schema->attrs[i].flags);
    }
    struct digest digest = digest_bytes(strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return arena_strdup(app->arena, digest.hex);
}

const struct value *live_file_servers(struct app *app)
{
    const struct instances *providers = &app->loaded.config->providers;
    struct value_field *fields = ARENA_ARRAY(app->arena, providers->n + 1, struct value_field);
    size_t n = 0;
    for (size_t i = 0; i < providers->n; i++)
        if (schema_find(providers->items[i]->schema, "server") >= 0)
            fields[n++] = (struct value_field){providers->items[i]->name,
                                               instance_get(providers->items[i], "server")};
    return value_map(app->arena, fields, n);
}

/* ---- judging ------------------------------------------------------------------------------
 */

/* Before anything in it is believed. */
static int check_trust(struct app *app, const struct strbuf *text)
{
    const char *path = app->options->live, *trust = app->options->trust, *signature;
    size_t n_signed;
    struct strbuf keys;
    struct err err = {0};
    if (trust == NULL)
        return EXIT_OK; /* reading it looks at the checksum */
    if (snapshot_frame(strbuf_str(text), strbuf_len(text), &n_signed, &signature, &err) < 0)
        return app_fail(EXIT_REFUSED, "%s: %s", path, err.message);
    int code = live_file_read_text(trust, KEYS_MAX, &keys);
    if (code == EXIT_OK && signature == NULL)
        code = app_fail(
            EXIT_REFUSED,
            "%s: the snapshot is not signed; take it with --sign-key, or leave --trust "
            "out",
            path);
    else if (code == EXIT_OK &&
             signature_check(strbuf_str(&keys), strbuf_len(&keys), strbuf_str(text), n_signed,
                             signature, &err) < 0)
        code = err.code == ERR_UNTRUSTED
                   ? app_fail(EXIT_REFUSED, "%s: %s (%s)", path, err.message, trust)
                   : app_fail(EXIT_USAGE, "%s: %s", trust, err.message);
    strbuf_release(&keys);
    return code;
}

static const char *span(struct app *app, int64_t seconds)
{
    static const struct {
        int64_t from, unit;
        char letter;
    } units[] = {{48 * 3600, 24 * 3600, 'd'}, {2 * 3600, 3600, 'h'}, {120, 60, 'm'}};
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (seconds >= units[i].from)
            return arena_printf(app->arena, "%lld%c", (long long)(seconds / units[i].unit),
                                units[i].letter);
    return arena_printf(app->arena, "%llds", (long long)(seconds < 0 ? 0 : seconds));
}

static int check_age(struct app *app, int64_t age)
{
    const char *path = app->options->live;
    if (age < -SKEW_S)
        return app_fail(EXIT_STALE,
                        "%s: the snapshot was taken %s from now: one of the clocks is wrong",
                        path, span(app, -age));
    if (app->options->max_age_ms > 0 && age > app->options->max_age_ms / 1000)
        return app_fail(
            EXIT_STALE,
            "%s: the snapshot is %s old, more than --max-age allows: take a new one "
            "with gridform snapshot",
            path, span(app, age));
    return EXIT_OK;
}

/* A provider that either side does not have is no contradiction: what it would have read is
 * not in the snapshot. */
static int check_servers(struct app *app)
{
    const struct value *now = live_file_servers(app), *then = app->snapshot->servers;
    for (size_t i = 0; i < now->map.n; i++) {
        const char *name = now->map.fields[i].key;
        const struct value *server = value_get(then, name);
        if (!value_is_absent(server) && !value_equal(server, now->map.fields[i].value))
            return app_fail(
                EXIT_REFUSED,
                "%s: the snapshot was taken from %s, and the files name %s as server "
                "of %s",
                app->options->live, value_text(server), value_text(now->map.fields[i].value),
                name);
    }
    return EXIT_OK;
}

static int check_identity(struct app *app)
{
    const struct snapshot *snapshot = app->snapshot;
    const char *path = app->options->live;
    if (strcmp(snapshot->site, app->loaded.config->site) != 0)
        return app_fail(EXIT_REFUSED, "%s is a snapshot of site %s, and the files describe %s",
                        path, snapshot->site, app->loaded.config->site);
    if (strcmp(snapshot->schemas, live_file_schemas(app)) != 0)
        return app_fail(
            EXIT_STALE,
            "%s: the snapshot was taken by another gridform (%s, this is %s), which "
            "reads other attributes: take a new one with this version",
            path, snapshot->version, GRIDFORM_VERSION);
    return check_servers(app);
}

/* ---- the state ----------------------------------------------------------------------------
 */

static int state_differs(struct app *app, const char *why)
{
    return app_fail(EXIT_STALE, "%s: %s: take a new snapshot with gridform snapshot",
                    app->options->live, why);
}

/* The state that is at hand must be the one in the snapshot, to the byte. */
static int compare_state(struct app *app)
{
    const struct snapshot *snapshot = app->snapshot;
    const struct state *state = app->state;
    if (snapshot->state == NULL)
        return state_differs(app, "there was no state yet when it was taken");
    if (strcmp(snapshot->lineage, state->lineage) != 0)
        return app_fail(EXIT_REFUSED,
                        "%s goes with the state of lineage %s, and %s is of lineage %s",
                        app->options->live, snapshot->lineage, app->state_path, state->lineage);
    struct strbuf text;
    strbuf_init(&text, STATE_SIZE_MAX);
    state_encode(state, &text);
    bool same = strbuf_len(&text) == snapshot->state_size &&
                memcmp(strbuf_str(&text), snapshot->state, snapshot->state_size) == 0;
    strbuf_release(&text);
    if (same)
        return EXIT_OK;
    return state_differs(app,
                         arena_printf(app->arena,
                                      "the state has moved on since (serial %lld then, %lld "
                                      "now)",
                                      (long long)snapshot->serial, (long long)state->serial));
}

static int take_state(struct app *app)
{
    const struct snapshot *snapshot = app->snapshot;
    struct err err = {0};
    if (app_state_is_there(app)) {
        int code = app_read_stored_state(app);
        if (code != EXIT_OK)
            return code;
        if (app->state != NULL)
            return compare_state(app);
    }
    if (snapshot->state != NULL &&
        state_decode(snapshot->state, snapshot->state_size, app->arena, &app_schemas,
                     &app->state, &err) < 0)
        return app_fail(EXIT_REFUSED, "%s: the state in it: %s", app->options->live,
                        err.message);
    return EXIT_OK;
}

/* ---- the whole ----------------------------------------------------------------------------
 */

static void announce(struct app *app, int64_t age)
{
    const struct snapshot *snapshot = app->snapshot;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text, "live state from %s: taken ", app->options->live);
    snapshot_print_time(snapshot->taken, &text);
    strbuf_addf(&text, ", %s ago", span(app, age));
    if (snapshot->commit != NULL)
        strbuf_addf(&text, ", at commit %.12s%s", snapshot->commit,
                    strstr(snapshot->commit, "-dirty") == NULL ? "" : "-dirty");
    if (snapshot->lineage != NULL)
        strbuf_addf(&text, ", with the state of serial %lld", (long long)snapshot->serial);
    if (app->options->trust != NULL)
        strbuf_add(&text, "; its signature is good");
    app_note("%s", strbuf_str(&text));
    strbuf_release(&text);
}

static int read_snapshot(struct app *app, const struct strbuf *text)
{
    struct err err = {0};
    int code = check_trust(app, text);
    if (code != EXIT_OK)
        return code;
    if (snapshot_decode(strbuf_str(text), strbuf_len(text), app->arena, &app_schemas,
                        &app->snapshot, &err) < 0)
        return app_fail(EXIT_REFUSED, "%s: %s", app->options->live, err.message);
    int64_t age = app_wall_ms() / 1000 - app->snapshot->taken;
    code = check_identity(app);
    if (code == EXIT_OK)
        code = check_age(app, age);
    if (code == EXIT_OK)
        code = take_state(app);
    if (code == EXIT_OK)
        announce(app, age);
    return code;
}

int live_file_read_state(struct app *app)
{
    struct strbuf text;
    int code = live_file_read_text(app->options->live, STATE_SIZE_MAX, &text);
    if (code == EXIT_OK)
        code = read_snapshot(app, &text);
    strbuf_release(&text);
    if (app->snapshot != NULL)
        app->snapshot->state = NULL; /* it was in the text */
    return code;
}

/* ---- live ---------------------------------------------------------------------------------
 */

static const char *not_in_it(struct app *app, const char *what)
{
    struct strbuf when;
    strbuf_init(&when, 100);
    snapshot_print_time(app->snapshot->taken, &when);
    const char *text =
        arena_printf(app->arena,
                     "%s the snapshot of %s; a new one with these files, or a plan "
                     "without --live, shows it",
                     what, strbuf_str(&when));
    strbuf_release(&when);
    return text;
}

/* What the lists say about an object that nobody read. */
enum sight { SIGHT_NONE, SIGHT_ABSENT, SIGHT_THERE };

static enum sight look_up(struct app *app, const struct instance *wanted)
{
    const struct value *keys = value_get(app->snapshot->listed, wanted->schema->kind);
    const char *key = NULL;
    for (size_t i = 0; all_providers[i] != NULL && key == NULL; i++)
        if (all_providers[i]->list_key != NULL)
            key = all_providers[i]->list_key(wanted, app->arena);
    if (keys->type != VALUE_LIST || key == NULL)
        return SIGHT_NONE;
    return value_list_has(keys, key) ? SIGHT_THERE : SIGHT_ABSENT;
}

static const struct value *wish_of(const struct instance *wanted, const char *by)
{
    return by[0] == '\0' ? value_absent() : instance_get(wanted, by);
}

/* A fact that depends on nothing but one wish is the same for whoever has that wish; NULL when
 * nobody had it. */
static const struct value *fact_of_others(const struct app *app, const struct instance *wanted,
                                          size_t attr)
{
    const struct snapshot *snapshot = app->snapshot;
    const char *by = wanted->schema->attrs[attr].read_by;
    for (size_t i = 0; i < snapshot->live.n; i++)
        if (snapshot->live.items[i]->schema == wanted->schema &&
            snapshot->live.items[i]->presence != PRESENCE_UNREADABLE &&
            value_equal(value_get(snapshot->asked[i], by), wish_of(wanted, by)))
            return snapshot->live.items[i]->attrs[attr];
    return NULL;
}

/* The snapshot's own stays as it is. */
static struct instance *copy_of(struct app *app, const struct instance *live)
{
    struct instance *copy = instance_new(app->arena, live->schema, live->address, live->name);
    const struct value **attrs = copy->attrs;
    memcpy(attrs, live->attrs, live->schema->n_attrs * sizeof(*attrs));
    *copy = *live;
    copy->attrs = attrs;
    return copy;
}

static const struct value *not_for(struct app *app, const char *by)
{
    const char *what =
        by[0] == '\0' ? "it is not in" : arena_printf(app->arena, "not for this %s in", by);
    return value_unreadable(app->arena, "%s", not_in_it(app, what));
}

/* What was read in the light of other wishes says nothing about these. Whether the object is
 * there makes no difference to a fact of that kind, as to a quota; all else it does not have.
 */
static struct instance *see_wishes(struct app *app, struct instance *live,
                                   const struct instance *wanted, const struct value *asked)
{
    struct instance *seen = live;
    bool there = live->presence != PRESENCE_ABSENT;
    for (size_t i = 0; i < live->schema->n_attrs; i++) {
        const struct attr *attr = &live->schema->attrs[i];
        bool fact = (attr->flags & ATTR_FACT) != 0;
        if (attr->read_by == NULL || (!fact && !there))
            continue;
        const struct value *now = wish_of(wanted, attr->read_by);
        if (asked != NULL && value_compare(now, value_get(asked, attr->read_by)) == 0)
            continue;
        const struct value *known = fact ? fact_of_others(app, wanted, i) : NULL;
        if (seen == live)
            seen = copy_of(app, live);
        seen->attrs[i] = known != NULL ? known : not_for(app, attr->read_by);
    }
    return seen;
}

/* What nobody looked at is absent only when a list says so. */
static struct instance *unread(struct app *app, const struct instance *wanted)
{
    struct instance *live =
        instance_new(app->arena, wanted->schema, wanted->address, wanted->name);
    enum sight sight = look_up(app, wanted);
    live->ids = value_map(app->arena, NULL, 0); /* as after a read that found none */
    live->presence = sight == SIGHT_ABSENT ? PRESENCE_ABSENT : PRESENCE_UNREADABLE;
    if (sight != SIGHT_ABSENT)
        live->reason =
            not_in_it(app, sight == SIGHT_THERE ? "it exists, and no more is known of it from"
                                                : "it is not in");
    return see_wishes(app, live, wanted, NULL);
}

static struct instance *live_of(struct app *app, const struct instance *wanted, size_t *cursor)
{
    const struct snapshot *snapshot = app->snapshot;
    struct instance *live = instances_next(&snapshot->live, cursor, wanted->address);
    if (live == NULL)
        return unread(app, wanted);
    const struct value *asked = snapshot->asked[*cursor];
    return see_wishes(app, live, wanted, asked == NULL ? value_absent() : asked);
}

static void report_failures(struct app *app)
{
    const struct snapshot *snapshot = app->snapshot;
    for (size_t i = 0; i < snapshot->n_failures; i++)
        app_note("%s: %s", snapshot->failures[i].provider, snapshot->failures[i].message);
    app->provider_trouble = snapshot->n_failures > 0;
}

void live_file_read_live(struct app *app)
{
    const struct instances *desired = app->facts.desired, *prior = app->facts.prior;
    VEC(struct instance *) list = {0};
    size_t cursor = 0, other = 0;
    for (size_t i = 0; i < desired->n; i++)
        if (!desired->items[i]->schema->abstract)
            VEC_PUSH(app->arena, &list, live_of(app, desired->items[i], &cursor));
    cursor = 0;
    for (size_t i = 0; i < prior->n; i++)
        if (instances_next(desired, &other, prior->items[i]->address) == NULL)
            VEC_PUSH(app->arena, &list, live_of(app, prior->items[i], &cursor));
    app->live = (struct instances){list.items, list.n};
    instances_sort(&app->live);
    report_failures(app);
}
