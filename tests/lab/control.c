/* control.c: the tests' own door into the lab (lab.h lists the calls), plain HTTP on loopback.
 */
#include <microhttpd.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab_internal.h"
#include "names.h"
#include "num.h"
#include "strbuf.h"

#define BODY_MAX ((size_t)4 << 20)
#define WAIT_MAX_MS 60000

struct control {
    struct lab *lab;
    struct MHD_Daemon *daemon;
};

struct request {
    struct strbuf body;
    struct MHD_Connection *connection;
    const char *url;
    const json_t *json; /* the body, when it is JSON */
};

/* What a handler answers: a JSON value (owned), and 200; or an error. */
struct answer {
    unsigned status;
    json_t *json;
};

static struct answer ok(json_t *json)
{
    return (struct answer){MHD_HTTP_OK, json ? json : json_object()};
}

static struct answer refuse(unsigned status, const char *text)
{
    return (struct answer){status, json_pack("{s:s}", "error", text)};
}

static int64_t argument(const struct request *request, const char *name, int64_t otherwise)
{
    const char *text =
        MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    int64_t value;
    return text && num_i64(text, &value) == 0 ? value : otherwise;
}

/* ---- the calls ----------------------------------------------------------------------------
 */

static struct answer get_world(struct lab *lab, const struct request *request)
{
    json_t *dump = world_dump(lab->world);
    json_t *at = dump;
    char *path = world_strdup(lab->world, request->url + strlen("/world"));
    while (path && at) {
        char *segment = strsep(&path, "/");
        int64_t index;
        if (!*segment)
            continue;
        if (json_is_array(at))
            at = num_i64(segment, &index) == 0 ? json_array_get(at, (size_t)index) : NULL;
        else
            at = json_object_get(at, segment);
    }
    json_incref(at);
    json_decref(dump);
    return at ? ok(at) : refuse(MHD_HTTP_NOT_FOUND, "nothing is there");
}

static struct answer post_world(struct lab *lab, const struct request *request)
{
    struct err err = {0};
    if (world_poke(lab->world, request->url + strlen("/world"), request->json, &err) < 0)
        return refuse(MHD_HTTP_BAD_REQUEST, err.message);
    return ok(NULL);
}

static json_t *array_of(json_t *const *items, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(array, items[i]);
    return array;
}

static struct answer get_calls(struct lab *lab, const struct request *request)
{
    (void)request;
    return ok(array_of(lab->calls.items, lab->calls.n));
}

static struct answer reset_calls(struct lab *lab, const struct request *request)
{
    (void)request;
    lab_clear_calls(lab);
    return ok(NULL);
}

static struct answer get_events(struct lab *lab, const struct request *request)
{
    (void)request;
    return ok(array_of(lab->world->events.items, lab->world->events.n));
}

static struct answer reset_events(struct lab *lab, const struct request *request)
{
    (void)request;
    VEC_EACH (json_t *, it, lab->world->events)
        json_decref(*it);
    lab->world->events.n = 0;
    return ok(NULL);
}

static struct answer vra_request(struct lab *lab, const struct request *request)
{
    struct err err = {0};
    const char *id = request->url + strlen("/vra/request/");
    if (world_vra_request(lab->world, id, (unsigned)argument(request, "machines", 1), &err) < 0)
        return refuse(MHD_HTTP_BAD_REQUEST, err.message);
    return ok(NULL);
}

static struct answer vra_collect(struct lab *lab, const struct request *request)
{
    (void)request;
    world_vra_collect(lab->world);
    return ok(NULL);
}

static int number(const json_t *object, const char *name, int otherwise)
{
    const json_t *value = json_object_get(object, name);
    return value ? (int)json_integer_value(value) : otherwise;
}

static struct answer add_fault(struct lab *lab, const struct request *request)
{
    const json_t *json = request->json;
    struct arena *arena = lab->world->arena;
    const char *system = json_string_value(json_object_get(json, "system"));
    const char *kind = json_string_value(json_object_get(json, "kind"));
    const char *operation = json_string_value(json_object_get(json, "operation"));
    const char *text = json_string_value(json_object_get(json, "text"));
    int system_value = names_value(lab_system_names, SYSTEM_COUNT, system ? system : "");
    int kind_value = names_value(lab_fault_names, FAULT_KIND_COUNT, kind ? kind : "");
    if (system_value < 0 || kind_value <= FAULT_NONE)
        return refuse(MHD_HTTP_BAD_REQUEST, "unknown \"system\" or \"kind\"");
    struct lab_fault fault = {.system = (enum lab_system)system_value,
                              .operation = operation ? arena_strdup(arena, operation) : NULL,
                              .kind = (enum lab_fault_kind)kind_value,
                              .skip = number(json, "skip", 0),
                              .times = number(json, "times", 1),
                              .status = number(json, "status", 503),
                              .milliseconds = number(json, "milliseconds", 0),
                              .text = text ? arena_strdup(arena, text) : NULL};
    VEC_PUSH(arena, &lab->faults, fault);
    return ok(NULL);
}

static struct answer reset_faults(struct lab *lab, const struct request *request)
{
    (void)request;
    lab->faults.n = 0;
    return ok(NULL);
}

static struct answer hold(struct lab *lab, const struct request *request)
{
    int call = number(request->json, "call", 0);
    if (call < 0)
        return refuse(MHD_HTTP_BAD_REQUEST, "\"call\" counts from 1; 0: none");
    lab->n_changing = 0;
    lab->hold_at = (unsigned)call;
    return ok(NULL);
}

static struct answer held(struct lab *lab, const struct request *request)
{
    int64_t ms = argument(request, "wait", 0);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    ms = ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (ms > 0 && !lab->held && !lab->stopping) {
        if (pthread_cond_timedwait(&lab->changed, &lab->lock, &until) != 0)
            break;
    }
    return ok(json_pack("{s:b}", "held", lab->held));
}

static struct answer release(struct lab *lab, const struct request *request)
{
    if (!lab->held)
        return refuse(MHD_HTTP_CONFLICT, "no call is held");
    lab->release_answers = !json_is_false(json_object_get(request->json, "answer"));
    lab->released = true;
    lab->held = false;
    pthread_cond_broadcast(&lab->changed);
    return ok(NULL);
}

/* ---- HTTP -----------------------------------------------------------------------------------
 */

static const struct route {
    const char *method, *path;
    bool below; /* the path goes on */
    struct answer (*handle)(struct lab *, const struct request *);
} routes[] = {
    {"GET", "/world", true, get_world},
    {"POST", "/world/", true, post_world},
    {"GET", "/calls", false, get_calls},
    {"POST", "/calls/reset", false, reset_calls},
    {"GET", "/events", false, get_events},
    {"POST", "/events/reset", false, reset_events},
    {"POST", "/vra/request/", true, vra_request},
    {"POST", "/vra/collect", false, vra_collect},
    {"POST", "/faults", false, add_fault},
    {"POST", "/faults/reset", false, reset_faults},
    {"POST", "/hold", false, hold},
    {"GET", "/held", false, held},
    {"POST", "/release", false, release},
};

static const struct route *find_route(const char *method, const char *url)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        const struct route *route = &routes[i];
        size_t size = strlen(route->path);
        if (!strcmp(route->method, method) && !strncmp(route->path, url, size) &&
            (route->below || url[size] == '\0'))
            return route;
    }
    return NULL;
}

/* The text of an answer; takes its JSON. The elements may be shared with the record, so this is
 * done under the lab's lock. */
static char *render(struct answer answer)
{
    char *text = json_dumps(answer.json, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(answer.json);
    return text ? text : strdup("null");
}

static struct answer dispatch(struct lab *lab, const char *method, struct request *request)
{
    const struct route *route = find_route(method, request->url);
    if (!route)
        return refuse(MHD_HTTP_NOT_FOUND, "no such call");
    if (strbuf_overflowed(&request->body))
        return refuse(MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    if (!request->json && strbuf_len(&request->body))
        return refuse(MHD_HTTP_BAD_REQUEST, "the body is not JSON");
    if (!request->json && route->handle == post_world)
        return refuse(MHD_HTTP_BAD_REQUEST, "a JSON value is expected");
    return route->handle(lab, request);
}

static enum MHD_Result serve(struct lab *lab, const char *method, struct request *request)
{
    json_t *json = json_loadb(strbuf_str(&request->body), strbuf_len(&request->body),
                              JSON_DECODE_ANY, NULL);
    request->json = json;
    lab_lock(lab);
    struct answer answer = dispatch(lab, method, request);
    char *text = render(answer);
    lab_unlock(lab);
    json_decref(json);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(request->connection, answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *closure, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct control *control = closure;
    struct request *request = *state;
    (void)version;
    if (!request) {
        request = calloc(1, sizeof(*request));
        if (!request)
            return MHD_NO;
        strbuf_init(&request->body, BODY_MAX);
        *state = request;
        return MHD_YES;
    }
    if (*size) {
        strbuf_add_mem(&request->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    request->connection = connection;
    request->url = url;
    return serve(control->lab, method, request);
}

static void completed(void *closure, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
    struct request *request = *state;
    (void)closure, (void)connection, (void)code;
    if (request)
        strbuf_release(&request->body);
    free(request);
}

int control_start(struct lab *lab, struct control **ret, int *ret_port, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    lab_lock(lab); /* other servers run already */
    struct control *control = ARENA_NEW(lab->world->arena, struct control);
    lab_unlock(lab);
    control->lab = lab;
    control->daemon =
        MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0,
                         NULL, NULL, handle, control, MHD_OPTION_SOCK_ADDR, &address,
                         MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (!control->daemon)
        return err_set(err, ERR_UNREACHABLE, "the control server does not start");
    *ret_port = MHD_get_daemon_info(control->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *ret = control;
    return 0;
}

void control_stop(struct control *control)
{
    if (control)
        MHD_stop_daemon(control->daemon);
}
