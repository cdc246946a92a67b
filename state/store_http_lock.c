/* store_http_lock.c: the lock of the http backend: a note about its holder that the server
 * keeps, and that outlives its process.
 *
 * An answer that is lost leaves open whether the lock was taken or given back; the id decides:
 * a lock that is held under our own id is ours.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "state_json.h"
#include "store_http_internal.h"
#include "value.h"
#include "value_json.h"

enum { NOTE_MAX = 8192, POLL_MS = 500, POLL_MAX_MS = 5000 };

/* ---- the note ---------------------------------------------------------------------------- */

/* From a server, for a terminal: no control characters. */
static void copy_text(const struct value *note, const char *key, char *to, size_t size)
{
    const char *text = value_get_text(note, key);
    snprintf(to, size, "%s", text == NULL ? "" : text);
    for (; *to != '\0'; to++)
        if ((unsigned char)*to < 0x20 || *to == 0x7f)
            *to = '?';
}

/* "2026-11-27T20:15:41Z", with a fraction or without; 0 when it is something else. */
static int64_t read_time(const char *text)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (rest == NULL)
        return 0;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    return strcmp(rest, "Z") == 0 || strcmp(rest, "+00:00") == 0 ? (int64_t)timegm(&utc) * 1000
                                                                 : 0;
}

void http_read_holder(const struct strbuf *body, struct lock_info *ret_holder)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new();
    const struct value *note = NULL;
    char created[64];
    *ret_holder = (struct lock_info){.pid = 0};
    if (strbuf_len(body) > NOTE_MAX ||
        value_from_json(strbuf_str(body), strbuf_len(body), scratch, &note, NULL) < 0)
        return;
    copy_text(note, "ID", ret_holder->id, sizeof(ret_holder->id));
    copy_text(note, "Who", ret_holder->who, sizeof(ret_holder->who));
    copy_text(note, "Operation", ret_holder->operation, sizeof(ret_holder->operation));
    copy_text(note, "Info", ret_holder->job_url, sizeof(ret_holder->job_url));
    copy_text(note, "Created", created, sizeof(created));
    ret_holder->since_ms = read_time(created);
}

static void write_note(const struct http_store *store, const struct lock_info *lock,
                       struct strbuf *out)
{
    char created[32] = "";
    time_t seconds = (time_t)(lock->since_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &utc);
    strbuf_add_char(out, '{');
    json_member_text("ID", lock->id, out);
    json_member_text("Operation", lock->operation, out);
    json_member_text("Info", lock->job_url, out);
    json_member_text("Who", lock->who, out);
    json_member_text("Version", store->options.version, out);
    json_member_text("Created", created, out);
    json_member_text("Path", "", out);
    strbuf_add_char(out, '}');
}

/* ---- giving back ------------------------------------------------------------------------- */

static int not_ours(const struct http_store *store, const struct lock_info *holder,
                    const char *id, struct err *err)
{
    const char *address = store->options.address;
    if (holder->id[0] == '\0')
        return err_set(err, ERR_CONFLICT, "%s: is not locked with the id %s", address, id);
    return err_set(err, ERR_CONFLICT, "%s: is locked with the id %s, not %s, by %s (%s)",
                   address, holder->id, id,
                   holder->who[0] == '\0' ? "an unknown holder" : holder->who,
                   holder->operation);
}

/* ERR_CONFLICT: the server says that it is not locked with this id. */
static int release(struct http_store *store, const struct lock_info *lock, struct err *err)
{
    struct strbuf note CLEANUP(strbuf_release);
    struct exchange answer;
    struct lock_info holder = {.pid = 0};
    bool maybe_done = false; /* by an attempt whose answer was lost */
    strbuf_init(&note, NOTE_MAX);
    write_note(store, lock, &note);
    const struct state_http_request request = {.method = store->options.unlock_method,
                                               .url = store->options.unlock_address,
                                               .body = strbuf_str(&note),
                                               .body_size = strbuf_len(&note)};
    exchange_init(&answer);
    for (unsigned attempt = 1;; attempt++) {
        exchange_do(store, &request, &answer);
        if (attempt == HTTP_ATTEMPTS || !exchange_may_be_repeated(&answer))
            break;
        maybe_done = maybe_done || exchange_may_be_done(&answer);
        (void)exchange_pause(store, attempt); /* a lock that stays is worse than a pause */
    }
    int result = 0;
    if (exchange_is_locked(&answer))
        http_read_holder(&answer.body, &holder);
    bool is_gone = exchange_is_locked(&answer) || answer.status == 404;
    bool is_done = exchange_succeeded(&answer) ||
                   (is_gone && maybe_done && strcmp(holder.id, lock->id) != 0);
    if (!is_done && exchange_is_locked(&answer))
        result = not_ours(store, &holder, lock->id, err);
    else if (!is_done)
        result = exchange_fail(&request, &answer, err);
    exchange_release(&answer);
    return result;
}

int http_unlock(struct store *base, struct err *err)
{
    struct http_store *store = (struct http_store *)base;
    struct err problem = {0};
    if (!store->is_locked)
        return 0;
    store->is_locked = store->is_known = store->is_confirmed = false;
    if (release(store, &store->lock, &problem) == 0)
        return 0;
    if (problem.code == ERR_CONFLICT)
        return err_set(err, ERR_STORAGE,
                       "the lock %s was taken away while this run held it: %.600s; what "
                       "somebody else wrote meanwhile was not overwritten",
                       store->lock.id, problem.message);
    return err_set(err, ERR_STORAGE,
                   "the state may still be locked, it could not be given back: %.600s; give it "
                   "back with: gridform force-unlock %s",
                   problem.message, store->lock.id);
}

int http_force_unlock(struct store *base, const char *id, struct err *err)
{
    struct lock_info lock = {.operation = "force-unlock"};
    snprintf(lock.id, sizeof(lock.id), "%s", id);
    return release((struct http_store *)base, &lock, err);
}

/* ---- taking ------------------------------------------------------------------------------ */

static int refuse(const struct http_store *store, const struct lock_info *holder,
                  struct err *err)
{
    return err_set(err, ERR_LOCKED, "%s: locked by %s (%s)%s%s", store->options.address,
                   holder->who[0] == '\0' ? "somebody else" : holder->who, holder->operation,
                   holder->job_url[0] == '\0' ? "" : ", ", holder->job_url);
}

/* When an attempt may have taken it, it is given back, as far as that can be done. */
static int give_up(struct http_store *store, bool maybe_taken, struct err *err)
{
    struct err former = *err, problem = {0};
    if (!maybe_taken || release(store, &store->lock, &problem) == 0 ||
        problem.code == ERR_CONFLICT)
        return -1;
    return err_set(err, former.code, "%.800s; if it stays locked: gridform force-unlock %s",
                   former.message, store->lock.id);
}

/* 1 taken, 0 held by somebody else, -1. */
static int try_lock(struct http_store *store, const struct strbuf *note,
                    struct lock_info *ret_holder, struct err *err)
{
    const struct state_http_request request = {.method = store->options.lock_method,
                                               .url = store->options.lock_address,
                                               .body = strbuf_str(note),
                                               .body_size = strbuf_len(note)};
    struct exchange answer;
    bool maybe_taken = false; /* by an attempt that was no success */
    exchange_init(&answer);
    for (unsigned attempt = 1;; attempt++) {
        exchange_do(store, &request, &answer);
        maybe_taken = maybe_taken || exchange_may_be_done(&answer);
        if (attempt == HTTP_ATTEMPTS || !exchange_may_be_repeated(&answer) ||
            exchange_pause(store, attempt) < 0)
            break;
    }
    int result = 1;
    if (exchange_is_locked(&answer)) {
        http_read_holder(&answer.body, ret_holder);
        result = strcmp(ret_holder->id, store->lock.id) == 0 ? 1 : 0;
    } else if (!exchange_succeeded(&answer)) {
        exchange_fail(&request, &answer, err);
        result = give_up(store, maybe_taken, err);
    }
    exchange_release(&answer);
    return result;
}

int http_lock(struct store *base, const struct lock_info *mine, int64_t wait_ms,
              struct lock_info *ret_holder, struct err *err)
{
    struct http_store *store = (struct http_store *)base;
    struct state_http *http = store->options.http;
    struct strbuf note CLEANUP(strbuf_release);
    if (store->is_locked)
        return err_set(err, ERR_INTERNAL, "%s: locked already by this run",
                       store->options.address);
    strbuf_init(&note, NOTE_MAX);
    store->lock = *mine;
    write_note(store, mine, &note);
    for (int64_t waited = 0, poll = POLL_MS;; waited += poll, poll = poll * 2) {
        int taken = try_lock(store, &note, ret_holder, err);
        if (taken < 0)
            return -1;
        if (taken > 0)
            break;
        if (waited >= wait_ms)
            return refuse(store, ret_holder, err);
        poll = poll > POLL_MAX_MS ? POLL_MAX_MS : poll;
        poll = poll > wait_ms - waited ? wait_ms - waited : poll;
        if (http->sleep_ms(http, poll) < 0)
            return err_set(err, ERR_CANCELLED, "interrupted while waiting for the lock");
    }
    store->is_locked = true;
    store->is_known = store->is_confirmed = store->is_broken = false;
    return 0;
}
