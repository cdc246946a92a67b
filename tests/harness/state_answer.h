/* state_answer.h: answers of the state server, sent whole or cut off in their middle. */
#ifndef GF_TESTS_STATE_ANSWER_H
#define GF_TESTS_STATE_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct answer {
    unsigned status;
    char *body; /* malloc'd, or NULL */
    size_t size;
};

struct answer plain(unsigned status, const char *text); /* copies it */
/* Takes over the body. */
enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer, bool cut);

#endif
