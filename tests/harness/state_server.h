/* state_server.h: a strict server of the http state protocol, in a thread of the test.
 *
 * It keeps one document and one lock, and enforces what the protocol says: credentials, the MD5
 * of each body, the members of the note about the holder, a lock that is asked for by its id,
 * a lineage that stays, a serial that goes up by one. What a correct client never sends is a
 * violation, which ends the test (state_server_stop); what it may meet, a lock that another one
 * holds or a serial that was written before, is answered with 409 or 423.
 *
 * As GitLab it also keeps each document that it accepted as a version, and shows it by its
 * serial below the address; there is no list of them. In the other dialect nothing is there.
 *
 * Each request can be disturbed.
 */
#ifndef GF_TESTS_STATE_SERVER_H
#define GF_TESTS_STATE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_SERVER_USER "deploy"
#define STATE_SERVER_TOKEN "glpat-3xAmPl3-t0k3n"

enum server_fault {
    FAULT_NONE,
    FAULT_REFUSED,  /* the connection is closed, nothing is done */
    FAULT_LOST,     /* done, and the connection is closed without an answer */
    FAULT_CUT,      /* done, and the answer ends in its middle */
    FAULT_REPEATED, /* done twice, as by a proxy; the second answer is sent */
    FAULT_LATE,     /* the connection is closed; done after the next request */
    FAULT_BUSY,     /* 503, nothing is done */
    FAULT_BROKEN,   /* done, and answered with 502 */
    FAULT_COUNT
};

extern const char *const server_fault_names[FAULT_COUNT];

enum server_flag {
    SERVER_GITLAB = 1 << 0, /* lock below /lock with POST and DELETE; else LOCK and UNLOCK */
    SERVER_BEARER = 1 << 1, /* a token in PRIVATE-TOKEN instead of Basic */
    SERVER_LAX = 1 << 2,    /* takes every document, whoever sends it */
};

struct state_server;

struct state_server *state_server_start(unsigned flags);
/* Fails the test after a violation. */
void state_server_stop(struct state_server *server);
void state_server_stop_quietly(struct state_server *server); /* whatever it was sent */
/* "http://127.0.0.1:PORT/api/v4/projects/7/terraform/state/lab" */
const char *state_server_address(const struct state_server *server);

/* The versions that the server keeps (SERVER_GITLAB): forget those from one serial to another;
 * put any text in the place of one. */
void state_server_prune(struct state_server *server, int64_t from, int64_t to);
void state_server_put_version(struct state_server *server, int64_t serial, const char *text);
/* The document of one (caller frees), or NULL. */
char *state_server_version(const struct state_server *server, int64_t serial);

/* Do nothing for n requests from request k from now on (1: the next one), and answer them with
 * this status and a body of that size; goes together with a fault that is set before it. */
struct server_answer {
    unsigned k, n, status;
    size_t size;
};
void state_server_answer(struct state_server *server, struct server_answer answer);

/* Disturb request k from now on (1: the next one), or with `forever` all from there on. */
void state_server_fault(struct state_server *server, unsigned k, enum server_fault fault,
                        bool forever);
/* Do not answer request k from now on, before or after doing it, until released. */
void state_server_hold(struct state_server *server, unsigned k, bool done);
bool state_server_is_held(struct state_server *server, int64_t wait_ms);
/* drop: what is not done yet is never done; else it is, or is answered. */
void state_server_release(struct state_server *server, bool drop);

/* Requests since the start, or since the last one of the two above. */
unsigned state_server_requests(const struct state_server *server);
/* Writes that were accepted since the start. */
unsigned state_server_writes(const struct state_server *server);
/* The document (caller frees), or NULL. */
char *state_server_document(const struct state_server *server);
/* NULL: none, and no versions. */
void state_server_put(struct state_server *server, const char *document);
/* The id of the lock, or "". Borrowed until the next request. */
const char *state_server_lock(const struct state_server *server);
/* As an administrator does by hand; NULL: none. */
void state_server_set_lock(struct state_server *server, const char *id);

#endif
