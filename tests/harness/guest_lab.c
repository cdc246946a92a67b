/* guest_lab.c: see guest_lab.h. */
#include "guest_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "files.h"
#include "ops.h"
#include "unit.h"

static const struct vsphere_secret references[] = {
    {"GUEST_PASSWORD", GUEST_PASSWORD},
    {"WRONG_PASSWORD", "canary-wrong-password"},
    {"LINES", "canary-first-line\ncanary-last-line"},
    {"KEY", "canary-k3y '\"$(id)`\\ \n*"},
    {0}};

/* ---- the lab ---- */

static void write_world(struct guest_lab *g, const char *options, char *ret_path, size_t size)
{
    char *text = file_text("%s", LAB_REFERENCE);
    struct strbuf world;
    make_directory(g->lab.dir, sizeof g->lab.dir, "guest-lab");
    snprintf(ret_path, size, "%s/world.yaml", g->lab.dir);
    strbuf_init(&world, STRBUF_MAX_OUTPUT);
    strbuf_addf(&world, "%s\n%s", text, options == NULL ? "" : options);
    write_text(ret_path, strbuf_str(&world));
    strbuf_release(&world);
    free(text);
}

static void find_vcenter(struct guest_lab *g)
{
    static const char before[] = "\"vcenter.lab.local\": \"";
    char *overlay = file_text("%s/overlay.yaml", g->lab.dir);
    const char *at = strstr(overlay, before);
    assert_non_null(at);
    at += strlen(before);
    snprintf(g->vcenter, sizeof g->vcenter, "%.*s", (int)strcspn(at, "\""), at);
    snprintf(g->ca_file, sizeof g->ca_file, "%s/ca.pem", g->lab.dir);
    free(overlay);
}

static void open_client(struct guest_lab *g, const char *hosts_at)
{
    const struct vsphere_server server = {.name = "vcenter.lab.local",
                                          .connect_to = g->vcenter,
                                          .ca_file = g->ca_file,
                                          .username = "svc-gridform@vsphere.local",
                                          .password = "lab-vsphere-secret",
                                          .hosts_at = hosts_at,
                                          .directory = g->lab.dir,
                                          .references = references};
    if (vsphere_client_open(&g->client, &server) < 0)
        fail_long("%s", g->client.err.message);
    struct instance *wanted = vsphere_client_wanted(&g->client, &kind_template, "prepared",
                                                    "{\"vm\":\"" GUEST_VM "\"}");
    g->live = vsphere_client_read(&g->client, wanted, NULL);
    if (g->live == NULL)
        fail_long("%s", g->client.err.message);
    g->ids = g->live->ids;
}

void guest_lab_reopen(struct guest_lab *g, const char *hosts_at)
{
    vsphere_client_close(&g->client);
    open_client(g, hosts_at);
}

static bool has_sandbox(struct guest_lab *g)
{
    json_t *events = lab_events(&g->lab);
    bool refused = events_count(events, "guest_refused", NULL) > 0;
    json_decref(events);
    return !refused;
}

struct guest_lab *guest_lab_of(void **state)
{
    struct guest_lab *g = *state;
    if (!g->sandbox) {
        print_message("guests have no sandbox here\n");
        skip();
    }
    return g;
}

void guest_lab_start(struct guest_lab *g, const char *options)
{
    char world[256];
    *g = (struct guest_lab){.transfer = "hosts"};
    write_world(g, options, world, sizeof world);
    lab_start(&g->lab, world, 600);
    find_vcenter(g);
    open_client(g, g->vcenter);
    guest_lab_must(g, OP_TEMPLATE_CLONE,
                   json_pack("{ssssss}", "base", "centos72-base", "host",
                             "esx-gpu-01.lab.local", "cluster", "GPU"));
    guest_lab_reopen(g, g->vcenter);
    guest_lab_must(g, OP_TEMPLATE_START, json_object());
    int result = guest_lab_perform(g, OP_GUEST_AWAIT, json_object());
    g->sandbox = has_sandbox(g);
    if (result < 0 && g->sandbox)
        fail_long("%s", g->client.err.message);
}

void guest_lab_stop(struct guest_lab *g)
{
    vsphere_client_close(&g->client);
    lab_stop(&g->lab);
}

/* ---- steps ---- */

int guest_lab_again(struct guest_lab *g, const char *op, json_t *args)
{
    json_t *all = json_pack("{ss, s{ss, s{ss}}, ss, ss, si}", "name", GUEST_VM, "credentials",
                            "username", "root", "password", "env", "GUEST_PASSWORD", "transfer",
                            g->transfer, "label", "guest step 1", "timeout", 60000);
    assert_non_null(all);
    assert_non_null(args);
    json_object_update(all, args);
    json_decref(args);
    char *text = json_dumps(all, JSON_COMPACT);
    const struct vsphere_step step = {op, g->live, text, g->ids};
    int result = vsphere_client_perform(&g->client, &step);
    free(text);
    json_decref(all);
    return result;
}

int guest_lab_perform(struct guest_lab *g, const char *op, json_t *args)
{
    g->client.nonce = arena_printf(g->client.arena, "nonce-%u", ++g->nonces);
    return guest_lab_again(g, op, args);
}

void guest_lab_must(struct guest_lab *g, const char *op, json_t *args)
{
    if (guest_lab_perform(g, op, args) < 0)
        fail_long("%s: %s: %s", op, err_code_name(g->client.err.code), g->client.err.message);
}

void guest_lab_must_fail(struct guest_lab *g, const char *op, json_t *args, enum err_code code,
                         const char *text)
{
    const struct err *err = &g->client.err;
    if (guest_lab_perform(g, op, args) == 0)
        fail_long("%s succeeds:\n%s", op, strbuf_str(&g->client.output));
    if (err->code != code || strstr(err->message, text) == NULL)
        fail_long("%s: %s: %s", op, err_code_name(err->code), err->message);
}

const char *guest_lab_shell(struct guest_lab *g, const char *command)
{
    guest_lab_must(g, OP_GUEST_RUN, json_pack("{ss}", "command", command));
    return strbuf_str(&g->client.output);
}

void guest_lab_clean(struct guest_lab *g)
{
    const char *left = guest_lab_shell(g, "ls -d /var/tmp/gridform-*; "
                                          "ls -d /var/tmp/gridform-* | wc -l");
    if (strstr(left, "\n1\n") == NULL)
        fail_long("left behind in /var/tmp:\n%s", left);
}

void guest_lab_no_trace(struct guest_lab *g, const char *secret)
{
    json_t *calls = lab_calls(&g->lab);
    char *text = json_dumps(calls, 0);
    assert_null(strstr(text, secret));
    assert_null(strstr(g->client.err.message, secret));
    assert_null(strstr(strbuf_str(&g->client.notes), secret));
    free(text);
    json_decref(calls);
}
