/* http_fixture.h: a store of the http backend as the program opens it from a manifest, against
 * the strict server; and the records of one small run on it.
 */
#ifndef GF_TESTS_HTTP_FIXTURE_H
#define GF_TESTS_HTTP_FIXTURE_H

#include "../harness/state_server.h"
#include "open_store.h"
#include "sessions.h"
#include "state_sample.h"

struct http_fixture {
    struct state_server *server;
    unsigned flags;
    const struct seal *seal; /* NULL: the document is plain */
    const char *query;       /* behind the address, "?…"; NULL: none */
};

/* One program's view of the server. Pauses take no time. */
struct client {
    struct arena *arena;
    struct config *config;
    struct run_env env;
    struct opened_store opened;
    struct store *store;
    void (*on_sleep)(void *context); /* or NULL */
    void *sleep_context;
    int64_t slept_ms;
};

struct client *client_open(const struct http_fixture *f);
/* `more`: further lines of the section state, or NULL; -1 when the store cannot be opened. */
int client_open_with(const struct http_fixture *f, const char *more, struct client **ret,
                     struct err *err);
void client_close(struct client *client);

int client_lock(struct client *client, const char *id, struct lock_info *ret_holder,
                struct err *err);
int client_read(struct client *client, struct state **ret_state, struct err *err);
int client_record(struct client *client, struct record record, struct err *err);
int client_flush(struct client *client, int64_t *ret_serial, struct err *err);
int client_unlock(struct client *client, struct err *err);

/* A call that ends with &problem must succeed. */
#define MUST(call)                                                                             \
    do {                                                                                       \
        struct err problem = {0};                                                              \
        if ((call) < 0)                                                                        \
            fail_msg("%s: %s", #call, problem.message);                                        \
    } while (0)

#endif
