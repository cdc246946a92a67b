/* state_answer.c: see state_answer.h. */
#include "state_answer.h"

#include <stdlib.h>
#include <string.h>

struct answer plain(unsigned status, const char *text)
{
    return (struct answer){status, strdup(text), strlen(text)};
}

static ssize_t cut_reader(void *context, uint64_t pos, char *buffer, size_t max)
{
    const struct answer *answer = context;
    size_t half = answer->size / 2, n = half - (size_t)pos < max ? half - (size_t)pos : max;
    if (pos >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(buffer, answer->body + pos, n);
    return (ssize_t)n;
}

static void free_answer(void *context)
{
    struct answer *answer = context;
    free(answer->body);
    free(answer);
}

static struct MHD_Response *cut_response(const struct answer *answer)
{
    struct answer *copy = malloc(sizeof(*copy));
    *copy = *answer;
    if (copy->size == 0) { /* something there must be to be cut */
        free(copy->body);
        copy->body = strdup("{\"some\":\"answer\"}");
        copy->size = strlen(copy->body);
    }
    return MHD_create_response_from_callback(copy->size, 4096, cut_reader, copy, free_answer);
}

enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer, bool cut)
{
    struct MHD_Response *response =
        cut ? cut_response(answer)
            : MHD_create_response_from_buffer(answer->size, answer->body,
                                              MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}
