/* store_http_history.c: former states of the http backend: the versions that a server keeps,
 * each at the state's address with /versions/SERIAL behind it, as GitLab does. The protocol has
 * no list of them: serials are asked for one after the other, from the stored one down. A
 * server may have lost some, and one that keeps none answers like one that has lost all, so
 * that it is asked for the stored one, too, before that is said.
 *
 * What comes under a serial is shown or used only when it is a whole state with that serial.
 */
#include <string.h>

#include "arena.h"
#include "seal.h"
#include "store_http_internal.h"

enum { ABSENT_MAX = 5 }; /* in a row, after which older ones are not looked for */

/* What the server has under one serial. */
struct version {
    int64_t serial;
    struct strbuf url, text; /* text: the document, when there is no problem */
    long status;
    bool is_absent;
    struct err problem; /* code ERR_NONE: there is a document */
};

static void version_init(struct version *version, int64_t serial)
{
    *version = (struct version){.serial = serial};
    strbuf_init(&version->url, STRBUF_MAX_OUTPUT);
    strbuf_init(&version->text, STATE_SIZE_MAX);
}

static void version_release(struct version *version)
{
    strbuf_release(&version->url);
    strbuf_release(&version->text);
}

/* A query of the address stays behind the path. */
static void add_url(const struct http_store *store, int64_t serial, struct strbuf *url)
{
    const char *address = store->options.address;
    size_t path = strcspn(address, "?"), n = path;
    while (n > 0 && address[n - 1] == '/')
        n--;
    strbuf_add_mem(url, address, n);
    strbuf_addf(url, "/versions/%lld%s", (long long)serial, address + path);
}

/* The server knows no versions at all, whatever their serial. */
static bool is_no_place(long status)
{
    return status == 405 || status == 501;
}

static bool is_absent(const struct exchange *answer)
{
    return answer->status == 404 || answer->status == 410 || answer->status == 204 ||
           is_no_place(answer->status);
}

static void open_document(const struct http_store *store, const struct exchange *answer,
                          struct version *version)
{
    if (strbuf_len(&answer->body) == 0)
        err_set(&version->problem, ERR_INVALID, "the server's answer is empty");
    else if (http_unpack(store, &answer->body, &version->text, &version->problem) < 0)
        strbuf_clear(&version->text);
}

/* -1: the server cannot be asked now, or does not let us. What is wrong with this version alone
 * is in it: 500 is how a server says that it cannot read what it keeps. */
static int fetch(struct http_store *store, struct version *version, struct err *err)
{
    struct exchange answer;
    int result = 0;
    add_url(store, version->serial, &version->url);
    const struct state_http_request get = {
        .method = "GET", .url = strbuf_str(&version->url), .idempotent = true};
    exchange_init(&answer);
    exchange_repeat(store, &get, &answer);
    version->status = answer.status;
    version->is_absent = is_absent(&answer);
    if (answer.status == 200)
        open_document(store, &answer, version);
    else if (version->is_absent)
        err_set(&version->problem, ERR_NOT_FOUND, "%s: is not kept", get.url);
    else if (answer.status == 500)
        exchange_fail(&get, &answer, &version->problem);
    else
        result = exchange_fail(&get, &answer, err);
    exchange_release(&answer);
    return result;
}

/* ---- whether there are versions at all ----------------------------------------------------
 */

/* -1 when the stored state is not among the versions either. */
static int check_keeps_any(struct http_store *store, const struct stored *stored,
                           struct err *err)
{
    struct version version;
    version_init(&version, stored->serial);
    int result = fetch(store, &version, err);
    if (result == 0 && version.is_absent)
        result =
            err_set(err, ERR_INVALID,
                    "%s: the server has no version under this address, not even of the "
                    "stored state (status %ld): it keeps none, or shows them in another way "
                    "than GitLab; gridform state push takes a copy that gridform state pull "
                    "made before",
                    strbuf_str(&version.url), version.status);
    version_release(&version);
    return result;
}

/* ---- the list -----------------------------------------------------------------------------
 */

static void describe(const struct version *version, const char *lineage, struct arena *arena,
                     struct history_entry *entry)
{
    struct state_summary summary;
    struct err err = version->problem;
    *entry = (struct history_entry){.serial = version->serial};
    if (err.code == ERR_NONE &&
        state_summarise(strbuf_str(&version->text), strbuf_len(&version->text), arena, &summary,
                        &err) == 0) {
        if (strcmp(summary.lineage, lineage) != 0)
            err_set(&err, ERR_INVALID, "is of another history (lineage %s)", summary.lineage);
        else if (summary.serial != version->serial)
            err_set(&err, ERR_INVALID, "the server answered with serial %lld",
                    (long long)summary.serial);
        else
            history_fill(entry, &summary);
    }
    if (err.code != ERR_NONE)
        entry->damage = arena_strdup(arena, err.message);
}

/* Adds what is kept below the stored state; -1 when the server cannot be asked. */
static int walk_down(struct http_store *store, const struct stored *stored, size_t most,
                     struct arena *arena, struct history *history, struct err *err)
{
    unsigned n_absent = 0;
    int64_t serial = stored->serial - 1;
    int result = 0;
    for (; serial > 0 && history->n < most && n_absent < ABSENT_MAX && result == 0; serial--) {
        struct version version;
        version_init(&version, serial);
        result = fetch(store, &version, err);
        if (result == 0 && version.is_absent)
            n_absent = is_no_place(version.status) ? ABSENT_MAX : n_absent + 1;
        if (result == 0 && !version.is_absent) {
            n_absent = 0;
            describe(&version, stored->lineage, arena, &history->entries[history->n++]);
        }
        version_release(&version);
    }
    history->unasked = serial;
    history->is_gap = n_absent == ABSENT_MAX;
    return result;
}

/* The stored one, and its identity; 0 when there is none. */
static int describe_stored(struct http_store *store, struct arena *arena,
                           struct stored *ret_stored, struct history_entry *entry,
                           struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release);
    struct state_summary summary;
    strbuf_init(&text, STATE_SIZE_MAX);
    int found = http_fetch(store, &text, err);
    if (found <= 0)
        return found;
    if (http_identify(store, &text, ret_stored, err) < 0)
        return -1;
    if (state_summarise(strbuf_str(&text), strbuf_len(&text), arena, &summary, err) < 0)
        return err_wrap(err, "%s", store->options.address);
    *entry = (struct history_entry){.current = true};
    history_fill(entry, &summary);
    return 1;
}

int http_history(struct store *base, struct arena *arena, size_t most,
                 struct history *ret_history, struct err *err)
{
    struct http_store *store = (struct http_store *)base;
    struct history history = {.n = 0};
    struct history_entry current;
    struct stored stored;
    int found = describe_stored(store, arena, &stored, &current, err);
    if (found < 0)
        return -1;
    if (found > 0) {
        size_t room = (uint64_t)stored.serial < most ? (size_t)stored.serial : most;
        history.entries = ARENA_ARRAY(arena, room + 1, struct history_entry);
        history.entries[history.n++] = current;
        if (walk_down(store, &stored, most, arena, &history, err) < 0 ||
            (history.n == 1 && check_keeps_any(store, &stored, err) < 0))
            return -1;
    }
    *ret_history = history;
    return 0;
}

/* ---- one of them --------------------------------------------------------------------------
 */

static int decode(const struct version *version, struct arena *arena,
                  const struct schema_source *schemas, struct state **ret_state,
                  struct err *err)
{
    struct state *state = NULL;
    if (state_decode(strbuf_str(&version->text), strbuf_len(&version->text), arena, schemas,
                     &state, err) < 0)
        return err_wrap(err, "%s", strbuf_str(&version->url));
    if (state->serial != version->serial)
        return err_set(err, ERR_INVALID, "%s: the server answered with serial %lld",
                       strbuf_str(&version->url), (long long)state->serial);
    *ret_state = state;
    return 0;
}

/* Of one that is absent: the version alone, or all of them. */
static int fail_absent(struct http_store *store, const struct version *version, struct err *err)
{
    struct stored stored;
    if (http_look(store, &stored, err) < 0 ||
        (stored.present && check_keeps_any(store, &stored, err) < 0))
        return -1;
    return err_set(err, ERR_NOT_FOUND, "%s", version->problem.message);
}

int http_read_former(struct store *base, int64_t serial, struct arena *arena,
                     const struct schema_source *schemas, struct state **ret_state,
                     struct err *err)
{
    struct http_store *store = (struct http_store *)base;
    struct version version;
    version_init(&version, serial);
    int result = fetch(store, &version, err);
    if (result == 0 && version.is_absent)
        result = fail_absent(store, &version, err);
    else if (result == 0 && version.problem.code == ERR_STORAGE)
        result = err_set(err, ERR_STORAGE, "%s", version.problem.message);
    else if (result == 0 && version.problem.code != ERR_NONE)
        result = err_set(err, version.problem.code, "%s: %.700s", strbuf_str(&version.url),
                         version.problem.message);
    else if (result == 0)
        result = decode(&version, arena, schemas, ret_state, err);
    version_release(&version);
    return result;
}
