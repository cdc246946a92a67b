/* vra7_conversation.h: a loopback TLS server that answers by a script: the exact requests in
 * order, each with its canned answer. */
#ifndef GF_TEST_VRA7_CONVERSATION_H
#define GF_TEST_VRA7_CONVERSATION_H

#include <pthread.h>
#include <stddef.h>

#include "test_transport_server.h"

struct MHD_Daemon;

/* One request that must come next, and what is answered. */
struct exchange {
    const char *request;  /* "GET /path?query", exactly */
    const char *contains; /* the body must hold this, or NULL */
    unsigned status;      /* 0: the connection closes without an answer */
    const char *body;     /* of the answer; NULL: none */
    const char *location;
    const char *token; /* that must be shown; NULL: T1; "": none */
    const char *type;
};

struct conversation {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    const struct exchange *exchanges;
    size_t n, at;
    char problem[1024];
};

/* Listens with the certificate of the pki; the exchanges are borrowed. Returns the port. */
unsigned conversation_start(struct conversation *conversation, const struct pki *pki,
                            const struct exchange *exchanges, size_t n);
/* Fails the test when a request differed from the script or never came. */
void conversation_stop(struct conversation *conversation);

#endif
