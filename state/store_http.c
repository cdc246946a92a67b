/* store_http.c: the http backend: reading, recording, writing. See store_http.h. */
#include "store_http_internal.h"

#include <string.h>

#include "arena.h"
#include "journal.h"

static struct http_store *of(struct store *store)
{
    return (struct http_store *)store;
}

static int need_lock(const struct http_store *store, struct err *err)
{
    if (!store->is_locked)
        return err_set(err, ERR_INTERNAL, "%s: written without the lock",
                       store->options.address);
    return 0;
}

/* ---- the state with its records ---------------------------------------------------------- */

static void forget_state(struct http_store *store)
{
    arena_free(store->state_arena);
    store->state_arena = NULL;
    store->state = NULL;
    store->is_dirty = false;
}

/* Reading it again costs nothing as long as nothing is recorded. */
static int need_state(struct http_store *store, struct err *err)
{
    if (store->state != NULL)
        return 0;
    if (strbuf_len(&store->text) == 0 || store->schemas == NULL)
        return err_set(err, ERR_INTERNAL, "%s: recorded before the state was read",
                       store->options.address);
    store->state_arena = arena_new();
    if (state_decode(strbuf_str(&store->text), strbuf_len(&store->text), store->state_arena,
                     store->schemas, &store->state, err) < 0) {
        forget_state(store);
        return -1;
    }
    strbuf_release(&store->text);
    strbuf_init(&store->text, STATE_SIZE_MAX);
    return 0;
}

/* By way of its text, like the journal of a file: what is kept borrows nothing of the record,
 * and whatever cannot be read back is refused right here. */
static int apply_record(struct http_store *store, const struct record *record, struct err *err)
{
    struct strbuf line CLEANUP(strbuf_release);
    strbuf_init(&line, STATE_SIZE_MAX);
    if (need_state(store, err) < 0 || journal_encode(1, record, &line, err) < 0)
        return -1;
    const struct journal journal = {
        .text = strbuf_str(&line), .n = 1, .good = strbuf_len(&line)};
    if (journal_replay(&journal, store->state, store->state_arena, store->schemas, err) < 0)
        return -1;
    store->is_dirty = true;
    return 0;
}

static int http_record(struct store *base, const struct record *record, struct err *err)
{
    struct http_store *store = of(base);
    if (need_lock(store, err) < 0)
        return -1;
    pthread_mutex_lock(&store->guard);
    int result = store->is_broken ? err_set(err, ERR_STORAGE,
                                            "%s: an earlier write to it failed: nothing more "
                                            "can be recorded",
                                            store->options.address)
                                  : apply_record(store, record, err);
    pthread_mutex_unlock(&store->guard);
    return result;
}

/* ---- writing ----------------------------------------------------------------------------- */

static int encode(const struct http_store *store, const struct state *state,
                  struct strbuf *text, struct err *err)
{
    if (state_check(state, err) < 0)
        return err_wrap(err, "%s: not written", store->options.address);
    state_encode(state, text);
    if (strbuf_overflowed(text))
        return err_set(err, ERR_STORAGE, "%s: the state is larger than %d bytes",
                       store->options.address, STATE_SIZE_MAX);
    return 0;
}

/* The document of all records so far; empty when there are none since the last one. */
static int take_records(struct http_store *store, struct strbuf *text, struct err *err)
{
    int result = 0;
    pthread_mutex_lock(&store->guard);
    if (store->is_dirty) {
        store->state->serial++;
        store->is_dirty = false;
        result = encode(store, store->state, text, err);
    }
    pthread_mutex_unlock(&store->guard);
    return result;
}

static void set_broken(struct http_store *store)
{
    pthread_mutex_lock(&store->guard);
    store->is_broken = true;
    pthread_mutex_unlock(&store->guard);
}

static int post_text(struct http_store *store, const struct strbuf *text, struct err *err)
{
    struct stored next;
    if (http_identify(store, text, &next, err) < 0 || http_post(store, text, &next, err) < 0)
        return -1;
    return 0;
}

static int http_flush(struct store *base, int64_t *ret_serial, struct err *err)
{
    struct http_store *store = of(base);
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    if (need_lock(store, err) < 0)
        return -1;
    if (store->is_broken)
        return err_set(err, ERR_STORAGE, "%s: an earlier write to it failed",
                       store->options.address);
    if (take_records(store, &text, err) < 0 ||
        (strbuf_len(&text) > 0 && post_text(store, &text, err) < 0)) {
        set_broken(store);
        return -1;
    }
    *ret_serial = store->stored.serial;
    return 0;
}

static int http_write(struct store *base, const struct state *state, struct err *err)
{
    struct http_store *store = of(base);
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    if (need_lock(store, err) < 0 || encode(store, state, &text, err) < 0 ||
        post_text(store, &text, err) < 0)
        return -1;
    forget_state(store);
    strbuf_release(&store->text);
    store->text = text; /* for what is recorded from now on */
    strbuf_init(&text, STATE_SIZE_MAX);
    return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Under the lock, what was read is where records begin. */
static void keep(struct http_store *store, struct strbuf *text, const struct stored *stored)
{
    forget_state(store);
    strbuf_release(&store->text);
    store->text = *text;
    strbuf_init(text, STATE_SIZE_MAX);
    store->stored = *stored;
    store->is_known = true;
    store->is_confirmed = false;
}

static int decode(struct http_store *store, const struct strbuf *text, struct arena *arena,
                  struct state **ret_state, struct err *err)
{
    if (state_decode(strbuf_str(text), strbuf_len(text), arena, store->schemas, ret_state,
                     err) == 0)
        return 0;
    struct err damage = *err;
    return err_set(err, damage.code, "%s: %.700s; put back an earlier version of it",
                   store->options.address, damage.message);
}

static int http_read(struct store *base, struct arena *arena,
                     const struct schema_source *schemas, struct state **ret_state,
                     struct err *err)
{
    struct http_store *store = of(base);
    struct strbuf text CLEANUP(strbuf_release);
    struct stored stored = {.present = false};
    struct state *state = NULL;
    struct err problem = {0};
    strbuf_init(&text, STATE_SIZE_MAX);
    store->schemas = schemas;
    int found = http_fetch(store, &text, &problem);
    if (found > 0 && (decode(store, &text, arena, &state, &problem) < 0 ||
                      http_identify(store, &text, &stored, &problem) < 0))
        found = -1;
    if (found < 0)
        return err_set(err, problem.code, "%s", problem.message);
    if (store->is_locked)
        keep(store, &text, &stored);
    *ret_state = state;
    return 0;
}

/* The protocol tells who holds a lock only to those who want it. */
static int http_holder(struct store *store UNUSED, struct lock_info *ret_holder UNUSED,
                       struct err *err UNUSED)
{
    return 0;
}

/* ---- life -------------------------------------------------------------------------------- */

static void http_close(struct store *base)
{
    struct http_store *store = of(base);
    (void)http_unlock(base, NULL);
    forget_state(store);
    strbuf_release(&store->text);
    pthread_mutex_destroy(&store->guard);
    store->options.http->close(store->options.http);
    arena_free(store->arena);
}

static const struct store_ops http_ops = {
    .lock = http_lock,
    .unlock = http_unlock,
    .force_unlock = http_force_unlock,
    .holder = http_holder,
    .read = http_read,
    .record = http_record,
    .flush = http_flush,
    .write = http_write,
    .close = http_close,
    .history = http_history,
    .read_former = http_read_former,
};

struct store *store_http_open(const struct store_http_options *options)
{
    struct arena *arena = arena_new();
    struct http_store *store = ARENA_NEW(arena, struct http_store);
    *store = (struct http_store){.base.ops = &http_ops, .arena = arena};
    store->options = (struct store_http_options){
        .address = arena_strdup(arena, options->address),
        .update_method = arena_strdup(arena, options->update_method),
        .lock_address = arena_strdup(arena, options->lock_address),
        .lock_method = arena_strdup(arena, options->lock_method),
        .unlock_address = arena_strdup(arena, options->unlock_address),
        .unlock_method = arena_strdup(arena, options->unlock_method),
        .version = arena_strdup(arena, options->version),
        .seal = options->seal,
        .http = options->http};
    pthread_mutex_init(&store->guard, NULL);
    strbuf_init(&store->text, STATE_SIZE_MAX);
    return &store->base;
}
