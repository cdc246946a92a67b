/* store_http_internal.h: the inside of the http backend, shared by its parts. */
#ifndef GF_STORE_HTTP_INTERNAL_H
#define GF_STORE_HTTP_INTERNAL_H

#include <pthread.h>

#include "digest.h"
#include "store_http.h"
#include "strbuf.h"

/* What is known of the stored document. */
struct stored {
    bool present;
    char lineage[33];
    int64_t serial;
    struct digest digest; /* of the document's text */
};

struct http_store {
    struct store base;
    struct arena *arena;
    struct store_http_options options;
    struct lock_info lock; /* ours */
    bool is_locked;

    struct stored stored; /* as read or written last under the lock */
    bool is_known;        /* it was read under this lock */
    bool is_confirmed;    /* and once more right before the first write */
    bool is_broken;       /* a write failed: nothing more is recorded */
    const struct schema_source *schemas;
    struct strbuf text; /* the document that was read, until something is recorded */

    /* The state with all that was recorded; guarded, since records may come during a flush. */
    pthread_mutex_t guard;
    struct arena *state_arena;
    struct state *state; /* NULL: nothing recorded since it was read or written as a whole */
    bool is_dirty;
};

enum { HTTP_ATTEMPTS = 4, HTTP_PAUSE_MS = 250 };

/* ---- store_http_send.c ------------------------------------------------------------------ */

/* One request of the store, whatever comes of it. */
struct exchange {
    long status; /* 0: no answer */
    struct strbuf body;
    struct err err; /* without an answer: why */
};

void exchange_init(struct exchange *exchange);
void exchange_release(struct exchange *exchange);
void exchange_do(struct http_store *store, const struct state_http_request *request,
                 struct exchange *exchange);
bool exchange_succeeded(const struct exchange *exchange);
/* One that does no harm when it is done twice: done again while that may help. */
void exchange_repeat(struct http_store *store, const struct state_http_request *request,
                     struct exchange *exchange);
/* Trying again may help: no answer, or one that says so. */
bool exchange_may_be_repeated(const struct exchange *exchange);
/* No success, and yet it may have been done, or be done later. */
bool exchange_may_be_done(const struct exchange *exchange);
/* The server says that the lock is somebody else's. */
bool exchange_is_locked(const struct exchange *exchange);
/* ERR_STORAGE with what is wrong and a way out; always -1. */
int exchange_fail(const struct state_http_request *request, const struct exchange *exchange,
                  struct err *err);
/* The pause before attempt 2, 3, …; -1: the run is asked to end. */
int exchange_pause(struct http_store *store, unsigned attempt);

/* The stored document, repeated while that may help. 1 and the text; 0: there is none. */
int http_fetch(struct http_store *store, struct strbuf *text, struct err *err);
/* Identity of a document that was fetched. */
int http_identify(const struct http_store *store, const struct strbuf *text,
                  struct stored *ret_stored, struct err *err);
/* Identity of what is stored now. */
int http_look(struct http_store *store, struct stored *ret_stored, struct err *err);
/* Replace what is stored by this document, of that identity. ERR_CONFLICT: somebody else wrote
 * meanwhile. */
int http_post(struct http_store *store, const struct strbuf *text, const struct stored *next,
              struct err *err);

/* The only places where documents become what is sent, and come back. */
int http_pack(const struct http_store *store, const struct strbuf *text,
              const struct stored *identity, struct strbuf *ret_body, struct err *err);
int http_unpack(const struct http_store *store, const struct strbuf *body,
                struct strbuf *ret_text, struct err *err);

/* ---- store_http_history.c --------------------------------------------------------------- */

int http_history(struct store *store, struct arena *arena, size_t most,
                 struct history *ret_history, struct err *err);
int http_read_former(struct store *store, int64_t serial, struct arena *arena,
                     const struct schema_source *schemas, struct state **ret_state,
                     struct err *err);

/* ---- store_http_lock.c ------------------------------------------------------------------ */

int http_lock(struct store *store, const struct lock_info *mine, int64_t wait_ms,
              struct lock_info *ret_holder, struct err *err);
int http_unlock(struct store *store, struct err *err);
int http_force_unlock(struct store *store, const char *id, struct err *err);
/* What an answer says about the holder; texts it does not have are "". */
void http_read_holder(const struct strbuf *body, struct lock_info *ret_holder);

#endif
