/* store_http.h: a state kept by a server that speaks the protocol of Terraform's http backend,
 * GitLab-managed state among them: GET and POST of the document, LOCK and UNLOCK with a note
 * about the holder.
 *
 * There is no journal beside the document: what is recorded goes into the document itself, one
 * write for all that was recorded since the last one (flush), so that a run whose disk dies
 * with it leaves nothing behind. Each write raises the serial by one.
 *
 * Nothing is written on trust. Before the first write under a lock the document is read once
 * more; a write whose answer is lost, or is anything but success, is followed by a read that
 * tells whether it arrived. Only then is it sent again, a few times at most.
 *
 * Former states are the versions that the server keeps, each below the address, as GitLab has
 * them: one for each write, also in the middle of an apply.
 *
 * All trouble with the server is ERR_STORAGE: nothing can be recorded.
 */
#ifndef GF_STORE_HTTP_H
#define GF_STORE_HTTP_H

#include <stdbool.h>

#include "store.h"

struct strbuf;

/* One request; what needs a body has its MD5 as well, or NULL where that cannot be made. */
struct state_http_request {
    const char *method, *url, *content_md5;
    const void *body; /* JSON; NULL: none */
    size_t body_size;
    bool idempotent; /* may be sent twice without harm */
};

/* Who carries requests: this layer knows of no network. */
struct state_http {
    /* Any complete answer: 0 with status and body (initialised by the caller, emptied first).
     * ERR_UNCERTAIN: sent, and no answer came. All other errors: it was not sent, or it is
     * idempotent. Not to be interrupted: the end of a run must still be recorded. */
    int (*request)(struct state_http *http, const struct state_http_request *request,
                   long *ret_status, struct strbuf *ret_body, struct err *err);
    /* Wait; -1 when the run is asked to end. */
    int (*sleep_ms)(struct state_http *http, int64_t ms);
    void (*close)(struct state_http *http);
};

/* Copied, all but the seal, and http, which becomes the store's. */
struct store_http_options {
    const char *address, *update_method;
    const char *lock_address, *lock_method, *unlock_address, *unlock_method;
    const char *version;     /* of the program, for the note about the holder */
    const struct seal *seal; /* borrowed; NULL: the document goes out as it is */
    struct state_http *http;
};

struct store *store_http_open(const struct store_http_options *options);

#endif
