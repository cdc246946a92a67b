/* state_server.c: see state_server.h. */
#include "state_server.h"

#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state_answer.h"
#include "state_versions.h"
#include "unit.h"

#define STATE_PATH "/api/v4/projects/7/terraform/state/lab"

const char *const server_fault_names[FAULT_COUNT] = {
    [FAULT_NONE] = "none", [FAULT_REFUSED] = "refused",   [FAULT_LOST] = "lost",
    [FAULT_CUT] = "cut",   [FAULT_REPEATED] = "repeated", [FAULT_LATE] = "late",
    [FAULT_BUSY] = "busy", [FAULT_BROKEN] = "broken"};

struct call {
    char method[16], path[128], id[128];
    bool has_id;
    char *body;
    size_t size, room;
};

struct state_server {
    struct MHD_Daemon *daemon;
    unsigned flags;
    char address[128];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *document;
    size_t document_size;
    char lineage[64];
    json_int_t serial;
    struct versions versions;
    char holder_id[128];
    char *holder; /* the note, as JSON */
    char violation[512];
    unsigned n_requests, n_writes;
    unsigned fault_at, hold_at;
    enum server_fault fault;
    struct server_answer scripted; /* n: 0 when there is none */
    bool fault_forever, hold_done, is_held, is_released, drop;
    struct call late; /* method[0]: there is one */
};

static void violate(struct state_server *s, const struct call *call, const char *what)
{
    if (s->violation[0] == '\0')
        snprintf(s->violation, sizeof(s->violation), "%s %s: %s", call->method, call->path,
                 what);
}

/* ---- the protocol -------------------------------------------------------------------------
 */

static struct answer locked(const struct state_server *s, unsigned status)
{
    return plain(status, s->holder == NULL ? "{}" : s->holder);
}

static struct answer take_lock(struct state_server *s, const struct call *call)
{
    static const char *const members[] = {"ID",      "Operation", "Info", "Who",
                                          "Version", "Created",   "Path"};
    json_t *note = json_loadb(call->body, call->size, 0, NULL);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!json_is_string(json_object_get(note, members[i])))
            violate(s, call, members[i]);
    const char *id = json_string_value(json_object_get(note, "ID"));
    struct answer answer;
    if (s->holder_id[0] != '\0') {
        answer = locked(s, s->flags & SERVER_GITLAB ? 423 : 409);
    } else {
        snprintf(s->holder_id, sizeof(s->holder_id), "%s", id == NULL ? "?" : id);
        free(s->holder);
        s->holder = strndup(call->body, call->size);
        answer = plain(200, "");
    }
    json_decref(note);
    return answer;
}

static struct answer give_back(struct state_server *s, const struct call *call)
{
    json_t *note = json_loadb(call->body, call->size, 0, NULL);
    const char *id = json_string_value(json_object_get(note, "ID"));
    struct answer answer;
    if (id == NULL)
        violate(s, call, "without the id of the lock");
    if (id == NULL || strcmp(id, s->holder_id) != 0) {
        answer = locked(s, 409);
    } else {
        s->holder_id[0] = '\0';
        free(s->holder);
        s->holder = NULL;
        answer = plain(200, "");
    }
    json_decref(note);
    return answer;
}

static struct answer get_version(struct state_server *s, const struct call *call)
{
    char *end;
    long long serial = strtoll(call->path + strlen(STATE_PATH "/versions/"), &end, 10);
    if (end[0] != '\0' || end[-1] == '/' || serial < 1)
        violate(s, call, "is no serial");
    const char *text = versions_find(&s->versions, serial);
    return text == NULL ? plain(404, "{\"message\":\"404 Not found\"}") : plain(200, text);
}

static void keep(struct state_server *s, const char *text, size_t size, json_t *json)
{
    free(s->document);
    s->document = malloc(size + 1);
    memcpy(s->document, text, size);
    s->document[size] = '\0';
    s->document_size = size;
    s->serial = json_integer_value(json_object_get(json, "serial"));
    const char *lineage = json_string_value(json_object_get(json, "lineage"));
    snprintf(s->lineage, sizeof(s->lineage), "%s", lineage == NULL ? "" : lineage);
    versions_put(&s->versions, s->serial, s->document);
}

static struct answer put(struct state_server *s, const struct call *call)
{
    json_t *json = json_loadb(call->body, call->size, 0, NULL);
    const char *lineage = json_string_value(json_object_get(json, "lineage"));
    json_int_t serial = json_integer_value(json_object_get(json, "serial"));
    struct answer answer;
    if (json == NULL || lineage == NULL || serial < 1)
        violate(s, call, "is no state document");
    bool lax = (s->flags & SERVER_LAX) != 0;
    if (!lax && strcmp(call->id, s->holder_id) != 0) {
        answer = locked(s, s->holder_id[0] == '\0' ? 409 : 423);
    } else if (!lax && s->document != NULL &&
               (lineage == NULL || strcmp(lineage, s->lineage) != 0 ||
                serial != s->serial + 1)) {
        answer = plain(409, "{\"message\":\"serial\"}");
    } else {
        keep(s, call->body, call->size, json);
        s->n_writes++;
        answer = plain(200, "");
    }
    if (!call->has_id)
        violate(s, call, "written without a lock's id");
    json_decref(json);
    return answer;
}

static struct answer get(const struct state_server *s)
{
    if (s->document == NULL)
        return s->flags & SERVER_GITLAB ? plain(204, "") : plain(404, "");
    char *copy = malloc(s->document_size + 1);
    memcpy(copy, s->document, s->document_size + 1);
    return (struct answer){200, copy, s->document_size};
}

static struct answer perform(struct state_server *s, const struct call *call)
{
    bool gitlab = (s->flags & SERVER_GITLAB) != 0;
    bool at_lock = strcmp(call->path, gitlab ? STATE_PATH "/lock" : STATE_PATH) == 0;
    if (at_lock && strcmp(call->method, gitlab ? "POST" : "LOCK") == 0)
        return take_lock(s, call);
    if (at_lock && strcmp(call->method, gitlab ? "DELETE" : "UNLOCK") == 0)
        return give_back(s, call);
    if (strcmp(call->path, STATE_PATH) == 0 && strcmp(call->method, "GET") == 0)
        return get(s);
    if (strcmp(call->path, STATE_PATH) == 0 && strcmp(call->method, "POST") == 0)
        return put(s, call);
    if (strncmp(call->path, STATE_PATH "/versions/", strlen(STATE_PATH "/versions/")) == 0 &&
        strcmp(call->method, "GET") == 0)
        return gitlab ? get_version(s, call) : plain(404, "not found");
    violate(s, call, "no such method here");
    return plain(405, "");
}

/* ---- what every request must have ---------------------------------------------------------
 */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == NULL ? "" : value;
}

static bool may_enter(const struct state_server *s, struct MHD_Connection *connection)
{
    static const char pair[] = STATE_SERVER_USER ":" STATE_SERVER_TOKEN;
    char wanted[128] = "Basic ";
    if (s->flags & SERVER_BEARER)
        return strcmp(header(connection, "PRIVATE-TOKEN"), STATE_SERVER_TOKEN) == 0;
    EVP_EncodeBlock((unsigned char *)wanted + 6, (const unsigned char *)pair, sizeof(pair) - 1);
    return strcmp(header(connection, "Authorization"), wanted) == 0;
}

static void check_body(struct state_server *s, struct MHD_Connection *connection,
                       const struct call *call)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char wanted[64];
    if (call->size == 0)
        return;
    EVP_Digest(call->body, call->size, digest, NULL, EVP_md5(), NULL);
    EVP_EncodeBlock((unsigned char *)wanted, digest, 16);
    if (strcmp(header(connection, "Content-MD5"), wanted) != 0)
        violate(s, call, "Content-MD5 is wrong or missing");
    if (strcmp(header(connection, "Content-Type"), "application/json") != 0)
        violate(s, call, "Content-Type is not application/json");
}

/* ---- disturbances -------------------------------------------------------------------------
 */

static enum server_fault fault_of(const struct state_server *s)
{
    bool hit = s->fault_at != 0 &&
               (s->fault_forever ? s->n_requests >= s->fault_at : s->n_requests == s->fault_at);
    return hit ? s->fault : FAULT_NONE;
}

static bool is_scripted(const struct state_server *s)
{
    return s->n_requests >= s->scripted.k && s->n_requests - s->scripted.k < s->scripted.n;
}

static struct answer scripted(const struct state_server *s)
{
    char *body = malloc(s->scripted.size + 1);
    memset(body, 'x', s->scripted.size);
    body[s->scripted.size] = '\0';
    return (struct answer){s->scripted.status, body, s->scripted.size};
}

static void hold(struct state_server *s)
{
    s->is_held = true;
    pthread_cond_broadcast(&s->changed);
    while (!s->is_released)
        pthread_cond_wait(&s->changed, &s->lock);
    s->is_held = false;
    s->hold_at = 0;
}

static void delay(struct state_server *s, struct call *call)
{
    free(s->late.body); /* of one that never arrives */
    s->late = *call;
    call->body = NULL; /* is the late one's */
}

static void do_late(struct state_server *s)
{
    if (s->late.method[0] == '\0')
        return;
    struct answer answer = perform(s, &s->late);
    free(answer.body);
    free(s->late.body);
    s->late = (struct call){.size = 0};
}

static enum MHD_Result serve(struct state_server *s, struct MHD_Connection *connection,
                             struct call *call)
{
    s->n_requests++;
    check_body(s, connection, call);
    if (!may_enter(s, connection)) {
        char text[256];
        snprintf(text, sizeof(text), "you said %s%s", header(connection, "Authorization"),
                 header(connection, "PRIVATE-TOKEN"));
        struct answer denied = plain(401, text);
        return send_answer(connection, &denied, false);
    }
    bool held = s->hold_at == s->n_requests;
    if (held && !s->hold_done) {
        hold(s);
        if (s->drop)
            return MHD_NO;
    }
    enum server_fault fault = fault_of(s);
    if (fault == FAULT_REFUSED)
        return MHD_NO;
    if (fault == FAULT_LATE) {
        delay(s, call);
        return MHD_NO;
    }
    struct answer answer = is_scripted(s)        ? scripted(s)
                           : fault == FAULT_BUSY ? plain(503, "try later")
                                                 : perform(s, call);
    if (fault == FAULT_REPEATED) {
        free(answer.body);
        answer = perform(s, call);
    }
    do_late(s);
    if (held && s->hold_done)
        hold(s);
    if (fault == FAULT_BROKEN) {
        free(answer.body);
        answer = plain(502, "<html>Bad gateway</html>");
    }
    if (fault == FAULT_LOST) {
        free(answer.body);
        return MHD_NO;
    }
    return send_answer(connection, &answer, fault == FAULT_CUT);
}

/* ---- libmicrohttpd ------------------------------------------------------------------------
 */

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_size, void **call_context)
{
    struct state_server *s = context;
    struct call *call = *call_context;
    (void)version;
    if (call == NULL) {
        call = *call_context = calloc(1, sizeof(*call));
        const char *id = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "ID");
        snprintf(call->method, sizeof(call->method), "%s", method);
        snprintf(call->path, sizeof(call->path), "%s", url);
        snprintf(call->id, sizeof(call->id), "%s", id == NULL ? "" : id);
        call->has_id = id != NULL;
        return MHD_YES;
    }
    if (*data_size > 0) {
        if (call->size + *data_size >= call->room) {
            call->room = 2 * (call->size + *data_size + 1);
            call->body = realloc(call->body, call->room);
        }
        memcpy(call->body + call->size, data, *data_size);
        call->size += *data_size;
        call->body[call->size] = '\0';
        *data_size = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&s->lock);
    enum MHD_Result result = serve(s, connection, call);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void completed(void *context, struct MHD_Connection *connection, void **call_context,
                      enum MHD_RequestTerminationCode code)
{
    struct call *call = *call_context;
    (void)context, (void)connection, (void)code;
    if (call != NULL)
        free(call->body);
    free(call);
    *call_context = NULL;
}

struct state_server *state_server_start(unsigned flags)
{
    struct state_server *s = calloc(1, sizeof(*s));
    s->flags = flags;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    struct sockaddr_in loopback = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
                                 handle, s, MHD_OPTION_SOCK_ADDR, &loopback,
                                 MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    assert_non_null(s->daemon);
    snprintf(s->address, sizeof(s->address), "http://127.0.0.1:%u" STATE_PATH,
             MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    return s;
}

void state_server_stop(struct state_server *s)
{
    char violation[sizeof(s->violation)];
    memcpy(violation, s->violation, sizeof(violation));
    state_server_stop_quietly(s);
    if (violation[0] != '\0')
        fail_msg("against the protocol: %s", violation);
}

void state_server_stop_quietly(struct state_server *s)
{
    MHD_stop_daemon(s->daemon);
    free(s->document);
    free(s->holder);
    free(s->late.body);
    versions_forget(&s->versions);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const char *state_server_address(const struct state_server *s)
{
    return s->address;
}

/* ---- what tests ask and say ---------------------------------------------------------------
 */

static void enter(const struct state_server *s)
{
    pthread_mutex_lock((pthread_mutex_t *)&s->lock);
}

static void leave(const struct state_server *s)
{
    pthread_mutex_unlock((pthread_mutex_t *)&s->lock);
}

void state_server_fault(struct state_server *s, unsigned k, enum server_fault fault,
                        bool forever)
{
    enter(s);
    s->n_requests = 0;
    s->fault_at = k;
    s->fault = fault;
    s->fault_forever = forever;
    leave(s);
}

void state_server_answer(struct state_server *s, struct server_answer answer)
{
    enter(s);
    s->n_requests = 0;
    s->scripted = answer;
    leave(s);
}

void state_server_prune(struct state_server *s, int64_t from, int64_t to)
{
    enter(s);
    for (int64_t serial = from; serial <= to; serial++)
        versions_put(&s->versions, serial, NULL);
    leave(s);
}

void state_server_put_version(struct state_server *s, int64_t serial, const char *text)
{
    enter(s);
    versions_put(&s->versions, serial, text);
    leave(s);
}

char *state_server_version(const struct state_server *s, int64_t serial)
{
    enter(s);
    const char *text = versions_find(&s->versions, serial);
    char *copy = text == NULL ? NULL : strdup(text);
    leave(s);
    return copy;
}

void state_server_hold(struct state_server *s, unsigned k, bool done)
{
    enter(s);
    s->n_requests = 0;
    s->hold_at = k;
    s->hold_done = done;
    s->is_released = false;
    leave(s);
}

bool state_server_is_held(struct state_server *s, int64_t wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000 + 1;
    enter(s);
    while (!s->is_held && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
        ;
    bool held = s->is_held;
    leave(s);
    return held;
}

void state_server_release(struct state_server *s, bool drop)
{
    enter(s);
    s->drop = drop;
    s->is_released = true;
    pthread_cond_broadcast(&s->changed);
    leave(s);
}

unsigned state_server_requests(const struct state_server *s)
{
    enter(s);
    unsigned n = s->n_requests;
    leave(s);
    return n;
}

unsigned state_server_writes(const struct state_server *s)
{
    enter(s);
    unsigned n = s->n_writes;
    leave(s);
    return n;
}

char *state_server_document(const struct state_server *s)
{
    enter(s);
    char *copy = s->document == NULL ? NULL : strdup(s->document);
    leave(s);
    return copy;
}

void state_server_put(struct state_server *s, const char *document)
{
    enter(s);
    if (document == NULL) {
        free(s->document);
        s->document = NULL;
        s->serial = 0;
        versions_forget(&s->versions);
    } else {
        json_t *json = json_loads(document, 0, NULL);
        keep(s, document, strlen(document), json);
        json_decref(json);
    }
    leave(s);
}

const char *state_server_lock(const struct state_server *s)
{
    return s->holder_id;
}

void state_server_set_lock(struct state_server *s, const char *id)
{
    enter(s);
    snprintf(s->holder_id, sizeof(s->holder_id), "%s", id == NULL ? "" : id);
    free(s->holder);
    s->holder = NULL;
    if (id != NULL && asprintf(&s->holder,
                               "{\"ID\":\"%s\",\"Who\":\"jane@build-7\","
                               "\"Operation\":\"apply\",\"Info\":"
                               "\"https://ci.example/job/9\",\"Version\":\"1\","
                               "\"Created\":\"2026-11-01T08:00:00.5Z\","
                               "\"Path\":\"\"}",
                               id) < 0)
        abort();
    leave(s);
}
