/* guest_hosts.c: files of guests go through the ESXi hosts, each under its own name.
 *
 * vCenter answers a request for a transfer with a URL: host `*` is vCenter itself, else it is
 * the host of the machine, to which the client needs a way of its own (vsphere-api.md §9). One
 * struct http per host is made when it is first needed, and shared by all steps.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "excerpt.h"
#include "guest.h"
#include "http.h"
#include "redact.h"
#include "url.h"

enum { TRANSFER_MS = 60000, BYTES_PER_MS = 500, BODY_MAX = 16 << 20 };

struct guest_host {
    struct guest_host *next;
    struct url_parts parts;
    struct http *http;
    bool answered; /* once at least */
    bool away;     /* could not be reached, and never answered */
};

struct guest_hosts {
    pthread_mutex_t lock; /* of the list, `answered` and `away` */
    struct guest_host *first;
};

struct guest_hosts *guest_hosts_new(void)
{
    struct guest_hosts *hosts = calloc(1, sizeof *hosts);
    if (hosts == NULL)
        abort();
    pthread_mutex_init(&hosts->lock, NULL);
    return hosts;
}

void guest_hosts_free(struct guest_hosts *hosts)
{
    if (hosts == NULL)
        return;
    while (hosts->first != NULL) {
        struct guest_host *host = hosts->first;
        hosts->first = host->next;
        http_free(host->http);
        free(host);
    }
    pthread_mutex_destroy(&hosts->lock);
    free(hosts);
}

static bool is_cancelled(void *context)
{
    const struct session *s = context;
    return s->env.cancelled != NULL && s->env.cancelled(s->env.context);
}

static int make_host(struct session *s, const struct url_parts *parts, struct guest_host **ret,
                     struct err *err)
{
    const struct value *verify = instance_get(s->settings, "verify");
    struct guest_host *host = calloc(1, sizeof *host);
    if (host == NULL)
        abort();
    host->parts = *parts;
    const struct http_options options = {
        .endpoint = {.name = parts->host,
                     .port = parts->port,
                     .connect_to =
                         value_get_text(instance_get(s->settings, "connect_to"), parts->host),
                     .ca_file = s->ca_file,
                     .verify = verify->type != VALUE_BOOL || verify->boolean},
        .cancel = {is_cancelled, s},
        .secrets = s->secrets};
    if (http_new(&options, &host->http, err) < 0) {
        free(host);
        return -1;
    }
    host->next = s->guest_hosts->first;
    s->guest_hosts->first = host;
    *ret = host;
    return 0;
}

static int find_host(struct guest *guest, const struct url_parts *parts,
                     struct guest_host **ret, struct err *err)
{
    struct session *s = guest->vc->session;
    struct guest_hosts *hosts = s->guest_hosts;
    int result = 0;
    pthread_mutex_lock(&hosts->lock);
    struct guest_host *it = hosts->first;
    while (it != NULL &&
           (strcmp(it->parts.host, parts->host) != 0 || it->parts.port != parts->port))
        it = it->next;
    if (it == NULL)
        result = make_host(s, parts, &it, err);
    guest->host_away = it != NULL && it->away;
    guest->host_known = guest->host_away;
    if (guest->host_away && guest->transfer == TRANSFER_AUTO)
        result = err_set(err, ERR_UNREACHABLE, "%s could not be reached before", parts->host);
    pthread_mutex_unlock(&hosts->lock);
    *ret = it;
    return result;
}

/* A host that has answered is there, whatever becomes of one connection. */
static void note_result(struct guest *guest, struct guest_host *host, int result,
                        const struct err *err)
{
    struct guest_hosts *hosts = guest->vc->session->guest_hosts;
    bool silent = result < 0 && (err->code == ERR_UNREACHABLE || err->code == ERR_TIMEOUT);
    /* One that is not trusted is there: to go around it would hide that. */
    if (result < 0 && (err->code == ERR_CANCELLED || err->code == ERR_UNTRUSTED))
        return;
    pthread_mutex_lock(&hosts->lock);
    host->answered = host->answered || !silent;
    host->away = silent && !host->answered;
    guest->host_away = host->away;
    pthread_mutex_unlock(&hosts->lock);
}

/* What stands behind token= opens the file to everybody. */
static void hide_token(struct session *s, const char *path)
{
    const char *token = strstr(path, "token=");
    char *value = token == NULL ? NULL : strdup(token + strlen("token="));
    if (value == NULL)
        return;
    value[strcspn(value, "&")] = '\0';
    secrets_add(s->secrets, value);
    free(value);
}

/* The host's own words say what the guest lacks: a full disk, a directory. 404: the URL is
 * void, which it is after one use, be it one whose answer was lost (libcurl sends a request
 * once more when a connection that it kept turns out to be closed). */
static int refused(struct http *http, const struct http_response *response, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, 2 * EXCERPT_MAX);
    excerpt_add(&text, strbuf_str(&response->body), strbuf_len(&response->body),
                http_secrets(http));
    enum err_code code =
        response->status == 404 ? ERR_UNREACHABLE : http_status_code(response->status, true);
    err_set(err, code, "%s answers the transfer of a file with status %ld%s%s",
            http_base_url(http), response->status, strbuf_len(&text) > 0 ? ": " : "",
            strbuf_str(&text));
    strbuf_release(&text);
    return -1;
}

static int send(struct http *http, const struct http_request *request, struct strbuf *body,
                struct err *err)
{
    struct http_response response;
    http_response_init(&response);
    int result = http_call(http, request, &response, err);
    if (result == 0 && (response.status < 200 || response.status > 299))
        result = refused(http, &response, err);
    if (result == 0 && body != NULL)
        strbuf_add_mem(body, strbuf_str(&response.body), strbuf_len(&response.body));
    http_response_release(&response);
    return result;
}

int guest_hosts_transfer(struct guest *guest, const char *url, const void *data, size_t size,
                         struct strbuf *body, struct err *err)
{
    struct session *s = guest->vc->session;
    struct url_parts parts;
    struct guest_host *host = NULL;
    struct strbuf path;
    guest->host_away = false;
    strbuf_init(&path, 1 << 16);
    int result = url_split(url, &parts, &path);
    if (result < 0)
        err_set(err, ERR_INVALID, "vCenter names no URL for the transfer of a file");
    bool own = result == 0 && strcmp(parts.host, "*") == 0;
    if (result == 0 && !own)
        result = find_host(guest, &parts, &host, err);
    hide_token(s, strbuf_str(&path));
    const struct http_request request = {
        .method = data == NULL ? "GET" : "PUT",
        .path = strbuf_str(&path),
        .body = data,
        .body_size = size,
        .content_type = data == NULL ? NULL : "application/octet-stream",
        .idempotent = true, /* the URL is good for once */
        .timeout_ms = TRANSFER_MS + (int64_t)(size / BYTES_PER_MS),
        .max_body = BODY_MAX};
    if (result == 0) {
        result = send(own ? s->http : host->http, &request, body, err);
        if (!own)
            note_result(guest, host, result, err);
    }
    strbuf_release(&path);
    return result;
}
