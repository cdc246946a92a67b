/* vsphere_script.c: see vsphere_script.h. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "http.h"
#include "vsphere_script.h"

/* ---- the scripted server ---- */

#define ENVELOPE                                                                               \
    "<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/' "             \
    "xmlns:xsd='" XML_NS_XSD "' xmlns:xsi='" XML_NS_XSI                                        \
    "'><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>"

static const struct reply *next_reply(struct dialogue *script, const char *request)
{
    pthread_mutex_lock(&script->lock);
    const struct reply *reply = script->at < script->n ? &script->replies[script->at++] : NULL;
    if (reply == NULL || strstr(request, reply->expect) == NULL ||
        (reply->also != NULL && strstr(request, reply->also) == NULL)) {
        const char *body = strstr(request, "Body>");
        snprintf(script->problem, sizeof script->problem, "call %zu: %s expected, got %.300s",
                 script->at, reply == NULL ? "nothing more" : reply->expect,
                 body == NULL ? request : body);
    }
    pthread_mutex_unlock(&script->lock);
    return reply;
}

static void serve(int fd, unsigned n_connection, void *context)
{
    (void)n_connection;
    static const size_t size = 65536;
    char *request = malloc(size), *answer = malloc(size), *head = malloc(size + 512);
    while (raw_read_request(fd, request, size)) {
        const struct reply *reply = next_reply(context, request);
        if (reply == NULL || reply->body == NULL)
            break;
        bool fault = strstr(reply->body, ":Fault>") != NULL;
        int n = snprintf(answer, size, ENVELOPE, reply->body);
        snprintf(head, size + 512,
                 "HTTP/1.1 %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
                 fault ? "500 Internal Server Error" : "200 OK", n, answer);
        raw_write(fd, head);
    }
    free(request);
    free(answer);
    free(head);
}

/* ---- a session by hand ---- */

static int64_t env_now(void *context)
{
    return ((struct fixture *)context)->clock;
}

static int env_sleep(void *context, int64_t ms)
{
    ((struct fixture *)context)->clock += ms;
    return 0;
}

void script_start(struct fixture *f, const struct reply *replies, size_t n)
{
    *f = (struct fixture){.script = {.replies = replies, .n = n}};
    pthread_mutex_init(&f->script.lock, NULL);
    f->server = raw_start(serve, &f->script);
    f->secrets = secrets_new();
    secrets_add(f->secrets, PASSWORD);
    const struct http_options http = {
        .endpoint = {.name = "127.0.0.1", .port = raw_port(f->server), .verify = true},
        .flags = HTTP_PLAIN,
        .secrets = f->secrets,
        .max_connections = 1};
    struct session *s = &f->session;
    assert_int_equal(http_new(&http, &s->http, &f->err), 0);
    const struct soap_options soap = {.http = s->http, .secrets = f->secrets};
    assert_int_equal(soap_new(&soap, &s->soap, &f->err), 0);
    s->arena = arena_new();
    s->secrets = f->secrets;
    s->env = (struct op_env){.context = f, .now_ms = env_now, .sleep_ms = env_sleep};
    s->user = "who";
    s->password = PASSWORD;
    s->poll_ms = 2000;
    s->root = (struct ref){"Folder", "group-d1"};
    s->collector = (struct ref){"PropertyCollector", "pc"};
    s->view_manager = (struct ref){"ViewManager", "vm"};
    s->session_manager = (struct ref){"SessionManager", "sm"};
    s->spec_manager = (struct ref){"CustomizationSpecManager", "csm"};
    pthread_mutex_init(&s->login_lock, NULL);
    f->vc = (struct vc){.session = s, .env = &s->env, .arena = s->arena};
}

void script_finish(struct fixture *f)
{
    struct session *s = &f->session;
    soap_free(s->soap);
    http_free(s->http);
    arena_free(s->arena);
    secrets_free(f->secrets);
    raw_stop(f->server);
    assert_null(strstr(f->err.message, PASSWORD));
    if (f->script.problem[0] != '\0')
        fail_msg("%s", f->script.problem);
    assert_int_equal(f->script.at, f->script.n);
}
