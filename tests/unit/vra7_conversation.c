/* vra7_conversation.c: see vra7_conversation.h. */
#include "vra7_conversation.h"

#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "compiler.h"
#include "strbuf.h"

struct incoming {
    char *uri;
    struct strbuf body;
    bool begun;
};

static void *begin_request(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    struct incoming *incoming = calloc(1, sizeof(*incoming));
    incoming->uri = strdup(uri);
    strbuf_init(&incoming->body, 1 << 20);
    return incoming;
}

static void end_request(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct incoming *incoming = *state;
    if (incoming == NULL)
        return;
    free(incoming->uri);
    strbuf_release(&incoming->body);
    free(incoming);
}

static bool as_expected(struct conversation *conversation, const char *line, const char *body,
                        const char *authorization)
{
    if (conversation->at >= conversation->n) {
        snprintf(conversation->problem, sizeof(conversation->problem), "unexpected: %s", line);
        return false;
    }
    const struct exchange *want = &conversation->exchanges[conversation->at++];
    char bearer[64];
    snprintf(bearer, sizeof(bearer), "Bearer %s", want->token == NULL ? "T1" : want->token);
    bool open = want->token != NULL && want->token[0] == '\0';
    if (strcmp(line, want->request) != 0)
        snprintf(conversation->problem, sizeof(conversation->problem), "%s, not %s", line,
                 want->request);
    else if (want->contains != NULL && strstr(body, want->contains) == NULL)
        snprintf(conversation->problem, sizeof(conversation->problem), "%s: no %s in %.600s",
                 line, want->contains, body);
    else if (open ? authorization != NULL
                  : authorization == NULL || strcmp(authorization, bearer) != 0)
        snprintf(conversation->problem, sizeof(conversation->problem), "%s: authorization %s",
                 line, authorization == NULL ? "missing" : authorization);
    else
        return true;
    return false;
}

static enum MHD_Result answer(struct MHD_Connection *connection, const struct exchange *with)
{
    const char *body = with->body == NULL ? "" : with->body;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type",
                            with->type == NULL ? "application/json" : with->type);
    if (with->location != NULL)
        MHD_add_response_header(response, "Location", with->location);
    enum MHD_Result ret = MHD_queue_response(connection, with->status, response);
    MHD_destroy_response(response);
    return ret;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    (void)url;
    (void)version;
    struct conversation *conversation = context;
    struct incoming *incoming = *state;
    if (!incoming->begun) {
        incoming->begun = true;
        return MHD_YES;
    }
    if (*size > 0) {
        strbuf_add_mem(&incoming->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    static const struct exchange wrong = {.status = 418, .body = "{}"};
    char line[1024];
    snprintf(line, sizeof(line), "%s %s", method, incoming->uri);
    pthread_mutex_lock(&conversation->lock);
    const struct exchange *with = &wrong;
    if (conversation->problem[0] == '\0' &&
        as_expected(conversation, line, strbuf_str(&incoming->body),
                    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization")))
        with = &conversation->exchanges[conversation->at - 1];
    pthread_mutex_unlock(&conversation->lock);
    return with->status == 0 ? MHD_NO : answer(connection, with);
}

unsigned conversation_start(struct conversation *conversation, const struct pki *pki,
                            const struct exchange *exchanges, size_t n)
{
    *conversation = (struct conversation){.exchanges = exchanges, .n = n};
    pthread_mutex_init(&conversation->lock, NULL);
    conversation->daemon = MHD_start_daemon(
        MHD_USE_TLS | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, handle,
        conversation, MHD_OPTION_HTTPS_MEM_CERT, pki->cert_pem, MHD_OPTION_HTTPS_MEM_KEY,
        pki->key_pem, MHD_OPTION_URI_LOG_CALLBACK, begin_request, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL, MHD_OPTION_END);
    assert_non_null(conversation->daemon);
    return MHD_get_daemon_info(conversation->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void conversation_stop(struct conversation *conversation)
{
    MHD_stop_daemon(conversation->daemon);
    pthread_mutex_destroy(&conversation->lock);
    if (conversation->problem[0] != '\0')
        fail_msg("%s", conversation->problem);
    if (conversation->at < conversation->n)
        fail_msg("never came: %s", conversation->exchanges[conversation->at].request);
}
