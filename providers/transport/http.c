/* http.c: the pool of connections of http.h, and what needs no connection. */
#include "http_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "redact.h"

static char *copy(const char *text)
{
    char *result = text == NULL ? NULL : strdup(text);
    if (text != NULL && result == NULL)
        abort();
    return result;
}

static void fill_defaults(struct http_options *o)
{
    o->endpoint.name = copy(o->endpoint.name);
    o->endpoint.connect_to = copy(o->endpoint.connect_to);
    o->endpoint.ca_file = copy(o->endpoint.ca_file);
    o->user_agent = copy(o->user_agent == NULL ? "gridform" : o->user_agent);
    if (o->connect_timeout_ms <= 0)
        o->connect_timeout_ms = 15000;
    if (o->timeout_ms <= 0)
        o->timeout_ms = 60000;
    if (o->max_body == 0)
        o->max_body = (size_t)64 << 20;
    if (o->max_connections == 0)
        o->max_connections = 8;
    if (o->max_connections > HTTP_MAX_CONNECTIONS)
        o->max_connections = HTTP_MAX_CONNECTIONS;
}

static void add_host(struct strbuf *out, const char *host)
{
    bool brackets = strchr(host, ':') != NULL;
    strbuf_addf(out, "%s%s%s", brackets ? "[" : "", host, brackets ? "]" : "");
}

/* The base URL and libcurl's connect_to entry ("::host:port" holds for every request). */
static void set_addresses(struct http *http, const struct net_target *target)
{
    const struct endpoint *e = &http->options.endpoint;
    bool plain = (http->options.flags & HTTP_PLAIN) != 0;
    struct strbuf text;
    strbuf_init(&text, 1024);
    strbuf_add(&text, plain ? "http://" : "https://");
    add_host(&text, e->name);
    if (e->port != 0)
        strbuf_addf(&text, ":%u", e->port);
    http->base_url = copy(strbuf_str(&text));
    if (e->connect_to != NULL) {
        strbuf_clear(&text);
        strbuf_add(&text, "::");
        add_host(&text, target->host);
        strbuf_addf(&text, ":%u", target->port);
        http->connect_to = curl_slist_append(NULL, strbuf_str(&text));
    }
    strbuf_release(&text);
}

int http_new(const struct http_options *options, struct http **ret_http, struct err *err)
{
    struct net_target target;
    bool plain = (options->flags & HTTP_PLAIN) != 0;
    if (net_target(&options->endpoint, plain ? 80 : 443, &target, err) < 0)
        return -1;
    if (plain && !net_is_loopback(target.host))
        return err_set(err, ERR_INVALID, "%s: unencrypted HTTP is for loopback addresses only",
                       options->endpoint.name);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return err_set(err, ERR_INTERNAL, "libcurl cannot be initialised");
    struct http *http = calloc(1, sizeof(*http));
    if (http == NULL)
        abort();
    http->options = *options;
    fill_defaults(&http->options);
    set_addresses(http, &target);
    pthread_mutex_init(&http->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&http->returned, &attr);
    pthread_condattr_destroy(&attr);
    *ret_http = http;
    return 0;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    for (unsigned i = 0; i < http->n_idle; i++)
        curl_easy_cleanup(http->idle[i]);
    curl_slist_free_all(http->connect_to);
    pthread_cond_destroy(&http->returned);
    pthread_mutex_destroy(&http->lock);
    free((char *)http->options.endpoint.name);
    free((char *)http->options.endpoint.connect_to);
    free((char *)http->options.endpoint.ca_file);
    free((char *)http->options.user_agent);
    free(http->base_url);
    free(http);
    curl_global_cleanup();
}

/* Wait a little for a connection to come back; the cancel hook is asked in between. */
static void wait_for_return(struct http *http)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 200 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&http->returned, &http->lock, &until);
}

int http_take(struct http *http, CURL **ret_curl, struct err *err)
{
    CURL *curl = NULL;
    bool cancelled = false;
    pthread_mutex_lock(&http->lock);
    while (http->n_idle == 0 && http->n_open >= http->options.max_connections && !cancelled) {
        wait_for_return(http);
        cancelled = cancel_requested(&http->options.cancel);
    }
    if (http->n_idle > 0) {
        curl = http->idle[--http->n_idle];
    } else if (!cancelled) {
        curl = curl_easy_init();
        if (curl == NULL)
            abort();
        http->n_open++;
    }
    pthread_mutex_unlock(&http->lock);
    if (curl == NULL)
        return err_set(err, ERR_CANCELLED, "%s: cancelled while waiting for a connection",
                       http->base_url);
    *ret_curl = curl;
    return 0;
}

void http_give_back(struct http *http, CURL *curl)
{
    pthread_mutex_lock(&http->lock);
    http->idle[http->n_idle++] = curl;
    pthread_cond_signal(&http->returned);
    pthread_mutex_unlock(&http->lock);
}

void http_response_init(struct http_response *response)
{
    response->status = 0;
    strbuf_init(&response->headers, HTTP_MAX_HEADERS);
    strbuf_init(&response->body, 0);
}

void http_response_release(struct http_response *response)
{
    strbuf_release(&response->headers);
    strbuf_release(&response->body);
}

bool http_response_header(const struct http_response *response, const char *name,
                          struct strbuf *out)
{
    size_t n = strlen(name);
    const char *line = strbuf_str(&response->headers);
    while (line != NULL && *line != '\0') {
        const char *end = strpbrk(line, "\r\n");
        size_t size = end == NULL ? strlen(line) : (size_t)(end - line);
        if (size > n && strncasecmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1;
            value += strspn(value, " \t");
            strbuf_add_mem(out, value, value < line + size ? (size_t)(line + size - value) : 0);
            return true;
        }
        line = end == NULL ? NULL : end + strspn(end, "\r\n");
    }
    return false;
}

enum err_code http_status_code(long status, bool idempotent)
{
    if (status >= 200 && status < 300)
        return ERR_NONE;
    switch (status) {
    case 401:
    case 403:
    case 407:
        return ERR_DENIED;
    case 404:
    case 410:
        return ERR_NOT_FOUND;
    case 409:
    case 412:
        return ERR_CONFLICT;
    case 423:
    case 429:
    case 503:
        return ERR_BUSY;
    case 408:
    case 502:
    case 504: /* a proxy gave up on a server that may have done the work */
        return idempotent ? ERR_UNREACHABLE : ERR_UNCERTAIN;
    default:
        return ERR_INVALID;
    }
}

const char *http_base_url(const struct http *http)
{
    return http->base_url;
}

const struct secrets *http_secrets(const struct http *http)
{
    return http->options.secrets;
}
