/* vsphere_lab.c: see vsphere_lab.h. */
#include "vsphere_lab.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "strbuf.h"

/* ---- the lab ---- */

char *control(struct fixture *f, const char *method, const char *path, const char *body)
{
    char *colon = strchr(f->control, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    dprintf(fd,
            "%s %s HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nContent-Length: %zu\r\n"
            "\r\n%s",
            method, path, strlen(body), body);
    size_t size = 1 << 20, n = 0;
    char *answer = calloc(1, size);
    for (ssize_t got; (got = read(fd, answer + n, size - n - 1)) > 0;)
        n += (size_t)got;
    close(fd);
    if (strncmp(answer, "HTTP/1.1 2", 10) != 0)
        fail_msg("%s %s: %s", method, path, answer);
    return answer;
}

unsigned count_calls(struct fixture *f)
{
    char *calls = control(f, "GET", "/calls", "");
    unsigned n = 0;
    for (const char *at = calls; (at = strstr(at, "\"changing\"")) != NULL; at++)
        n++;
    free(calls);
    return n;
}

void fault(struct fixture *f, const char *operation, const char *kind)
{
    char json[160];
    snprintf(json, sizeof json, "{\"system\":\"vcenter\",\"operation\":\"%s\",\"kind\":\"%s\"}",
             operation, kind);
    free(control(f, "POST", "/faults", json));
}

/* A session of its own; password NULL: the right one. 0, or -1 with client->err. */
int open_as(struct fixture *f, struct vsphere_client *client, const char *password,
            const char *datacenter)
{
    const struct vsphere_server server = {.name = "vcenter.lab.local",
                                          .connect_to = f->address,
                                          .ca_file = f->ca_file,
                                          .username = "svc-gridform@vsphere.local",
                                          .password = password,
                                          .datacenter = datacenter};
    return vsphere_client_open(client, &server);
}

int setup(void **state)
{
    static const char *const argv[] = {LAB_PROGRAM, "--world", LAB_WORLD, "--dir", "DIR", NULL};
    static struct fixture fixture;
    struct fixture *f = &fixture;
    *f = (struct fixture){0};
    char *ready = server_process_start(&f->lab, argv, "control");
    snprintf(f->control, sizeof f->control, "%.*s", (int)strcspn(ready, "\n"), ready);
    free(ready);
    char *overlay = server_process_file(&f->lab, "overlay.yaml");
    const char *at = strstr(overlay, "\"vcenter.lab.local\": \"");
    assert_non_null(at);
    at += strlen("\"vcenter.lab.local\": \"");
    snprintf(f->address, sizeof f->address, "%.*s", (int)strcspn(at, "\""), at);
    free(overlay);
    snprintf(f->ca_file, sizeof f->ca_file, "%s/ca.pem", f->lab.dir);
    if (open_as(f, &f->client, "lab-vsphere-secret", NULL) < 0)
        fail_msg("%s", f->client.err.message);
    *state = f;
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;
    vsphere_client_close(&f->client);
    server_process_stop(&f->lab);
    return 0;
}

/* ---- helpers ---- */

struct instance *read_host(struct fixture *f, const char *name)
{
    struct instance *wanted = vsphere_client_wanted(&f->client, &kind_host, name, NULL);
    struct instance *live = vsphere_client_read(&f->client, wanted, NULL);
    if (live == NULL)
        fail_msg("%s", f->client.err.message);
    return live;
}

void must(struct fixture *f, const struct vsphere_step *step, enum outcome_kind kind)
{
    if (vsphere_client_perform(&f->client, step) < 0)
        fail_msg("%s: %s", step->op, f->client.err.message);
    if (f->client.outcome.kind != kind)
        fail_msg("%s: outcome %d, not %d", step->op, f->client.outcome.kind, kind);
}

/* Done once, and nothing to do the second time. */
void must_twice(struct fixture *f, const struct vsphere_step *step)
{
    must(f, step, OUTCOME_DONE);
    const struct outcome first = f->client.outcome;
    must(f, step, OUTCOME_UNCHANGED);
    if (f->client.outcome.ids == NULL)
        f->client.outcome = first;
}

void must_fail(struct fixture *f, const struct vsphere_step *step, enum err_code code,
               const char *text)
{
    assert_int_equal(vsphere_client_perform(&f->client, step), -1);
    if (f->client.err.code != code || strstr(f->client.err.message, text) == NULL)
        fail_msg("%s: %s: %s", step->op, err_code_name(f->client.err.code),
                 f->client.err.message);
}

void assert_attr(const struct instance *live, const char *attr, const char *text)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    value_print(instance_get(live, attr), &out);
    if (strcmp(strbuf_str(&out), text) != 0)
        fail_msg("%s of %s: %s, not %s", attr, live->name, strbuf_str(&out), text);
    strbuf_release(&out);
}

struct instance *read_template(struct fixture *f, const struct value *ids)
{
    struct instance *wanted =
        vsphere_client_wanted(&f->client, &kind_template, TEMPLATE, "{\"vm\":\"" VERSION "\"}");
    struct instance *live = vsphere_client_read(&f->client, wanted, ids);
    if (live == NULL)
        fail_msg("%s", f->client.err.message);
    return live;
}
