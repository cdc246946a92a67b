/* store_http_send.c: requests of the http backend, and what their answers mean. */
#include <stdio.h>
#include <string.h>

#include "content_md5.h"
#include "seal.h"
#include "state.h"
#include "store_http_internal.h"

enum { EXCERPT_MAX = 200 };

/* ---- one exchange ------------------------------------------------------------------------ */

void exchange_init(struct exchange *exchange)
{
    *exchange = (struct exchange){.status = 0};
    strbuf_init(&exchange->body, STATE_SIZE_MAX);
}

void exchange_release(struct exchange *exchange)
{
    strbuf_release(&exchange->body);
}

void exchange_do(struct http_store *store, const struct state_http_request *request,
                 struct exchange *exchange)
{
    struct state_http *http = store->options.http;
    struct state_http_request with_md5 = *request;
    char md5[CONTENT_MD5_SIZE];
    if (request->body != NULL && content_md5(request->body, request->body_size, md5))
        with_md5.content_md5 = md5;
    exchange->status = 0;
    err_clear(&exchange->err);
    strbuf_clear(&exchange->body);
    if (http->request(http, &with_md5, &exchange->status, &exchange->body, &exchange->err) < 0)
        exchange->status = 0;
}

void exchange_repeat(struct http_store *store, const struct state_http_request *request,
                     struct exchange *exchange)
{
    for (unsigned attempt = 1;; attempt++) {
        exchange_do(store, request, exchange);
        if (attempt == HTTP_ATTEMPTS || !exchange_may_be_repeated(exchange))
            break;
        (void)exchange_pause(store, attempt); /* a run that ends still wants to know */
    }
}

bool exchange_succeeded(const struct exchange *exchange)
{
    return exchange->status >= 200 && exchange->status < 300;
}

bool exchange_may_be_repeated(const struct exchange *exchange)
{
    if (exchange->status == 0)
        return err_is_transient(exchange->err.code) || exchange->err.code == ERR_UNCERTAIN;
    return exchange->status == 408 || exchange->status == 429 ||
           (exchange->status >= 500 && exchange->status != 501);
}

bool exchange_may_be_done(const struct exchange *exchange)
{
    if (exchange->status == 0) /* invalid: what came is no answer that could be read */
        return exchange->err.code == ERR_UNCERTAIN || exchange->err.code == ERR_INVALID;
    return exchange->status == 408 || (exchange->status >= 500 && exchange->status != 501);
}

bool exchange_is_locked(const struct exchange *exchange)
{
    return exchange->status == 409 || exchange->status == 423;
}

/* What the server wrote, as one line of plain text. */
static void add_excerpt(const struct strbuf *body, struct strbuf *out)
{
    size_t n = strbuf_len(body) < EXCERPT_MAX ? strbuf_len(body) : EXCERPT_MAX;
    const char *text = strbuf_str(body);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        strbuf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
    }
}

static const char *way_out(long status)
{
    switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return "the server wants to be asked at another address: name that one in the section "
               "state, since credentials go nowhere else";
    case 401:
    case 403:
        return "check username, password or token of the section state, and what they may do";
    case 404:
    case 410:
        return "check the addresses of the section state";
    case 405:
    case 501:
        return "the server does not know this method: GitLab wants lock_method: POST and "
               "unlock_method: DELETE";
    case 413:
        return "the state is larger than the server allows";
    default:
        return "";
    }
}

int exchange_fail(const struct state_http_request *request, const struct exchange *exchange,
                  struct err *err)
{
    if (exchange->status == 0)
        return err_set(err, ERR_STORAGE, "%s %s: %.700s", request->method, request->url,
                       exchange->err.message);
    struct strbuf excerpt CLEANUP(strbuf_release);
    strbuf_init(&excerpt, EXCERPT_MAX + 8);
    add_excerpt(&exchange->body, &excerpt);
    const char *hint = way_out(exchange->status);
    return err_set(err, ERR_STORAGE, "%s %s: answered with status %ld%s%s%s%s", request->method,
                   request->url, exchange->status, strbuf_len(&excerpt) == 0 ? "" : ": ",
                   strbuf_str(&excerpt), hint[0] == '\0' ? "" : "; ", hint);
}

int exchange_pause(struct http_store *store, unsigned attempt)
{
    struct state_http *http = store->options.http;
    return http->sleep_ms(http, (int64_t)HTTP_PAUSE_MS << (attempt - 1));
}

/* ---- documents --------------------------------------------------------------------------- */

int http_pack(const struct http_store *store, const struct strbuf *text,
              const struct stored *identity, struct strbuf *ret_body, struct err *err)
{
    const struct seal_label label = {
        .purpose = SEAL_STATE, .lineage = identity->lineage, .serial = identity->serial};
    if (seal_document(store->options.seal, &label, strbuf_str(text), strbuf_len(text), ret_body,
                      err) < 0)
        return -1;
    if (strbuf_overflowed(ret_body))
        return err_set(err, ERR_STORAGE, "the state is larger than %d bytes", STATE_SIZE_MAX);
    return 0;
}

int http_unpack(const struct http_store *store, const struct strbuf *body,
                struct strbuf *ret_text, struct err *err)
{
    if (unseal_document(store->options.seal, SEAL_STATE, strbuf_str(body), strbuf_len(body),
                        ret_text, err) < 0)
        return -1;
    if (strbuf_overflowed(ret_text))
        return err_set(err, ERR_INVALID, "the state is larger than %d bytes", STATE_SIZE_MAX);
    return 0;
}

int http_fetch(struct http_store *store, struct strbuf *text, struct err *err)
{
    const struct state_http_request get = {
        .method = "GET", .url = store->options.address, .idempotent = true};
    struct exchange answer;
    exchange_init(&answer);
    exchange_repeat(store, &get, &answer);
    int result;
    strbuf_clear(text);
    if (answer.status == 404 || answer.status == 204 ||
        (answer.status == 200 && strbuf_len(&answer.body) == 0))
        result = 0;
    else if (answer.status != 200)
        result = exchange_fail(&get, &answer, err);
    else if (http_unpack(store, &answer.body, text, err) < 0)
        result = err_wrap(err, "%s", store->options.address);
    else
        result = 1;
    exchange_release(&answer);
    return result;
}

int http_identify(const struct http_store *store, const struct strbuf *text,
                  struct stored *ret_stored, struct err *err)
{
    struct stored stored = {.present = true,
                            .digest = digest_bytes(strbuf_str(text), strbuf_len(text))};
    if (state_peek(strbuf_str(text), strbuf_len(text), stored.lineage, &stored.serial, err) < 0)
        return err_wrap(err, "%s", store->options.address);
    *ret_stored = stored;
    return 0;
}

static bool same_document(const struct stored *a, const struct stored *b)
{
    return a->present == b->present &&
           (!a->present || strcmp(a->digest.hex, b->digest.hex) == 0);
}

int http_look(struct http_store *store, struct stored *ret_stored, struct err *err)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STATE_SIZE_MAX);
    int found = http_fetch(store, &text, err);
    if (found < 0)
        return -1;
    *ret_stored = (struct stored){.present = false};
    return found == 0 ? 0 : http_identify(store, &text, ret_stored, err);
}

static int conflict(const struct http_store *store, const struct stored *found, struct err *err)
{
    if (!found->present)
        return err_set(err, ERR_CONFLICT,
                       "%s: the state is gone: somebody removed it meanwhile",
                       store->options.address);
    return err_set(
        err, ERR_CONFLICT,
        "%s: holds serial %lld of lineage %s, which this run did not write: somebody "
        "else wrote it meanwhile; it is not overwritten: plan again",
        store->options.address, (long long)found->serial, found->lineage);
}

/* A lock keeps out those who ask for it, not all: look once more right before the first write.
 */
static int confirm(struct http_store *store, struct err *err)
{
    struct stored found;
    if (store->is_confirmed)
        return 0;
    if (http_look(store, &found, err) < 0)
        return -1;
    if (store->is_known && !same_document(&found, &store->stored))
        return conflict(store, &found, err);
    store->stored = found;
    store->is_known = store->is_confirmed = true;
    return 0;
}

static int check_successor(const struct http_store *store, const struct stored *next,
                           struct err *err)
{
    const struct stored *stored = &store->stored;
    if (stored->present && strcmp(stored->lineage, next->lineage) != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s: is the state of another history (lineage %s, not %s): it is not "
                       "overwritten",
                       store->options.address, stored->lineage, next->lineage);
    if (next->serial != stored->serial + 1)
        return err_set(err, ERR_CONFLICT,
                       "%s: has serial %lld, and %lld cannot follow it: it was written by "
                       "somebody else meanwhile; read it and plan again",
                       store->options.address, (long long)stored->serial,
                       (long long)next->serial);
    return 0;
}

static int lock_lost(const struct http_store *store, const struct exchange *answer,
                     struct err *err)
{
    struct lock_info holder;
    http_read_holder(&answer->body, &holder);
    bool is_other = holder.id[0] != '\0' && strcmp(holder.id, store->lock.id) != 0;
    const char *other = !is_other ? "" : holder.who[0] == '\0' ? holder.id : holder.who;
    return err_set(err, ERR_STORAGE,
                   "%s: refused with status %ld: the lock %s is not held any more%s%s; nothing "
                   "more is recorded",
                   store->options.address, answer->status, store->lock.id,
                   is_other ? ", but another one by " : "", other);
}

/* An answer that is no success: 1 it was written all the same, 0 it was not and may be sent
 * again, -1. */
static int judge(struct http_store *store, const struct state_http_request *post,
                 const struct exchange *answer, const struct stored *next, struct err *err)
{
    struct stored found;
    struct err unread = {0};
    if (http_look(store, &found, &unread) < 0) {
        exchange_fail(post, answer, err);
        struct err first = *err;
        return err_set(err, ERR_STORAGE,
                       "%.400s; whether serial %lld was written is not known: %.400s",
                       first.message, (long long)next->serial, unread.message);
    }
    if (same_document(&found, next))
        return 1;
    if (!same_document(&found, &store->stored))
        return conflict(store, &found, err);
    if (exchange_is_locked(answer))
        return lock_lost(store, answer, err);
    return exchange_may_be_repeated(answer) ? 0 : exchange_fail(post, answer, err);
}

static int post_body(struct http_store *store, const struct state_http_request *post,
                     const struct stored *next, struct err *err)
{
    struct exchange answer;
    exchange_init(&answer);
    int result = 0;
    for (unsigned attempt = 1; result == 0; attempt++) {
        exchange_do(store, post, &answer);
        if (exchange_succeeded(&answer))
            break;
        result = judge(store, post, &answer, next, err);
        if (result == 0 && attempt == HTTP_ATTEMPTS)
            result = exchange_fail(post, &answer, err);
        else if (result == 0)
            (void)exchange_pause(store, attempt); /* the end of a run is recorded, too */
    }
    exchange_release(&answer);
    return result < 0 ? -1 : 0;
}

/* The id is random hex, or a person's word in a command: never without escapes. */
static void add_id(struct strbuf *url, const char *id)
{
    strbuf_add(url, strchr(strbuf_str(url), '?') == NULL ? "?ID=" : "&ID=");
    for (; *id != '\0'; id++) {
        bool plain = (*id >= '0' && *id <= '9') || (*id >= 'a' && *id <= 'z') ||
                     (*id >= 'A' && *id <= 'Z') || *id == '-';
        if (plain)
            strbuf_add_char(url, *id);
        else
            strbuf_addf(url, "%%%02X", (unsigned char)*id);
    }
}

int http_post(struct http_store *store, const struct strbuf *text, const struct stored *next,
              struct err *err)
{
    struct strbuf body CLEANUP(strbuf_release), url CLEANUP(strbuf_release);
    strbuf_init(&body, STATE_SIZE_MAX);
    strbuf_init(&url, STRBUF_MAX_OUTPUT);
    if (confirm(store, err) < 0)
        return -1;
    if (same_document(&store->stored, next))
        return 0;
    if (check_successor(store, next, err) < 0 || http_pack(store, text, next, &body, err) < 0)
        return -1;
    strbuf_add(&url, store->options.address);
    add_id(&url, store->lock.id);
    const struct state_http_request post = {.method = store->options.update_method,
                                            .url = strbuf_str(&url),
                                            .body = strbuf_str(&body),
                                            .body_size = strbuf_len(&body)};
    if (post_body(store, &post, next, err) < 0) {
        store->is_confirmed = false; /* what is there is not known any more */
        return -1;
    }
    store->stored = *next;
    return 0;
}
