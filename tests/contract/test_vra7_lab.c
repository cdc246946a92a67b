/* test_vra7_lab.c: the vRA provider against the simulated vRA: create everything that a
 * TensorFlow blueprint needs, read it back as wanted, do it again without a change, see what
 * others change behind its back, take it all away. Also with the switches turned the other
 * way, and with answers that get lost. */
#include "../harness/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../harness/vra7_client.h"
#include "arena.h"
#include "ops.h"
#include "strbuf.h"
#include "types.h"

/* ---- the lab's process ---- */

struct lab_process {
    pid_t pid;
    int input; /* closing it ends the lab */
    char dir[64];
    char control[64], vra[64], ca_file[96];
};

static char *slurp(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    char *text = calloc(1, 65536);
    size_t n = fread(text, 1, 65535, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void wait_ready(struct lab_process *lab)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/control", lab->dir);
    for (int i = 0; i < 3000; i++) {
        char *text = slurp(path);
        if (text != NULL && strchr(text, ':') != NULL) {
            snprintf(lab->control, sizeof(lab->control), "%.*s", (int)strcspn(text, "\n"),
                     text);
            free(text);
            return;
        }
        free(text);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fail_msg("the lab did not start");
}

static void lab_start(struct lab_process *lab)
{
    int pipe_fds[2];
    snprintf(lab->dir, sizeof(lab->dir), "/tmp/gf-vra7-lab-XXXXXX");
    assert_non_null(mkdtemp(lab->dir));
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    lab->pid = fork();
    if (lab->pid == 0) {
        dup2(pipe_fds[0], 0);
        execl(LAB_PROGRAM, LAB_PROGRAM, "--world", LAB_WORLD, "--dir", lab->dir, (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[0]);
    lab->input = pipe_fds[1];
    wait_ready(lab);
    char path[128];
    snprintf(path, sizeof(path), "%s/overlay.yaml", lab->dir);
    snprintf(lab->ca_file, sizeof(lab->ca_file), "%s/ca.pem", lab->dir);
    char *overlay = slurp(path);
    const char *at = strstr(overlay, "\"vra.lab.local\": \"");
    assert_non_null(at);
    at += strlen("\"vra.lab.local\": \"");
    snprintf(lab->vra, sizeof(lab->vra), "%.*s", (int)strcspn(at, "\""), at);
    free(overlay);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    return remove(path);
}

static void lab_stop(struct lab_process *lab)
{
    close(lab->input);
    waitpid(lab->pid, NULL, 0);
    assert_int_equal(nftw(lab->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* One request to the control server; fails the test unless it is answered with 2xx. */
static char *control(struct lab_process *lab, const char *method, const char *path,
                     const char *body)
{
    char *colon = strchr(lab->control, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
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

static void poke(struct lab_process *lab, const char *path, const char *json)
{
    char url[256];
    snprintf(url, sizeof(url), "/world/vra/%s", path);
    free(control(lab, "POST", url, json));
}

static void fault(struct lab_process *lab, const char *json)
{
    free(control(lab, "POST", "/faults", json));
}

/* Changing calls since the last reset that the record holds. */
static unsigned changing_calls(struct lab_process *lab)
{
    char *calls = control(lab, "GET", "/calls", "");
    unsigned n = 0;
    for (const char *at = calls; (at = strstr(at, "\"changing\"")) != NULL; at++)
        n += strncmp(at + strcspn(at, ":") + 1 + strspn(at + strcspn(at, ":") + 1, " "), "true",
                     4) == 0;
    free(calls);
    return n;
}

/* ---- what is wanted ---- */

enum { SOFTWARE, SERVICE, BLUEPRINT, ENTITLEMENT, N_OBJECTS };

struct fixture {
    struct lab_process lab;
    struct vra_client client;
    struct instance *desired[N_OBJECTS];
    const struct value *ids[N_OBJECTS];
};

static const char *const software[] = {
    "description",
    "\"TensorFlow with a GPU\"",
    "container",
    "\"machine\"",
    "published",
    "true",
    "install.type",
    "\"bash\"",
    "install.script",
    "\"#!/bin/bash\\nset -e\\nnvidia-docker run tensorflow\\n\"",
    "install.reboot",
    "false",
    "start.type",
    "\"bash\"",
    "start.script",
    "\"true\\n\"",
    "start.reboot",
    "true",
    NULL};
static const char *const service[] = {"description", "\"Machines that learn\"", "active",
                                      "true", NULL};
static const char *const blueprint[] = {
    "description",
    "\"One machine\"",
    "published",
    "true",
    "catalog.service",
    "\"Machine Learning\"",
    "machine.prefix",
    "\"tf-\"",
    "machine.instances",
    "{\"min\":1,\"max\":4,\"default\":1}",
    "machine.clone.type",
    "\"full\"",
    "machine.source",
    "\"centos72-base\"",
    "machine.cpu",
    "{\"min\":6,\"max\":6,\"default\":6}",
    "machine.memory",
    "{\"min\":17179869184,\"max\":17179869184,\"default\":17179869184}",
    "machine.storage",
    "{\"min\":64424509440,\"max\":64424509440,\"default\":64424509440}",
    "machine.memory_reservation",
    "16384",
    "machine.network.name",
    "\"VM Network\"",
    "machine.network.profile",
    "\"ml-external\"",
    "machine.network.assignment",
    "\"dhcp\"",
    "machine.reservation_policy",
    "\"gpu-cluster\"",
    "software",
    "[\"Tensorflow-GPU\"]",
    NULL};
static const char *const entitlement[] = {
    "description",
    "\"Who may\"",
    "business_group",
    "\"ml\"",
    "services",
    "[\"Machine Learning\"]",
    "items",
    "[\"Tensorflow-GPU\"]",
    "to",
    "[\"group:ml-users@ml.local\",\"user:architect@ml.local\"]",
    "active",
    "true",
    NULL};

static void session_start(struct fixture *fixture)
{
    const struct vra_server server = {.name = "vra.lab.local",
                                      .connect_to = fixture->lab.vra,
                                      .ca_file = fixture->lab.ca_file,
                                      .tenant = "ml",
                                      .username = "architect@ml.local",
                                      .password = "lab-vra-secret"};
    struct vra_client *client = &fixture->client;
    client->real_sleep_us = 20000;
    if (client_open(client, &server) < 0)
        fail_msg("%s", client->err.message);
    fixture->desired[SOFTWARE] =
        client_desired(client, &kind_software_component, "Tensorflow-GPU", software);
    fixture->desired[SERVICE] =
        client_desired(client, &kind_catalog_service, "Machine Learning", service);
    fixture->desired[BLUEPRINT] =
        client_desired(client, &kind_blueprint, "Tensorflow-GPU", blueprint);
    fixture->desired[ENTITLEMENT] =
        client_desired(client, &kind_entitlement, "ml-users", entitlement);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    lab_start(&fixture->lab);
    free(control(&fixture->lab, "POST", "/world/vms/centos72-base/template", "true"));
    free(control(&fixture->lab, "POST", "/vra/collect", ""));
    session_start(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    client_close(&fixture->client);
    lab_stop(&fixture->lab);
    free(fixture);
    return 0;
}

/* Perform; must succeed. */
static enum outcome_kind step(struct fixture *fixture, int object, const char *op,
                              const char *args)
{
    struct vra_client *client = &fixture->client;
    if (client_perform(client, op, fixture->desired[object],
                       args == NULL ? NULL : client_json(client, args),
                       fixture->ids[object]) < 0)
        fail_msg("%s: %s", op, client->err.message);
    if (client->outcome.ids != NULL)
        fixture->ids[object] = client->outcome.ids;
    return client->outcome.kind;
}

#define AWAIT "{\"source\":\"centos72-base\",\"timeout\":60000}"
#define ASSIGN "{\"service\":\"Machine Learning\",\"timeout\":60000}"

static const struct {
    int object;
    const char *op, *args;
} create_steps[] = {
    {SOFTWARE, OP_SOFTWARE_WRITE, NULL},
    {SOFTWARE, OP_SOFTWARE_PUBLISH, "{\"published\":true}"},
    {SERVICE, OP_SERVICE_WRITE, NULL},
    {BLUEPRINT, OP_BLUEPRINT_AWAIT_TEMPLATE, AWAIT},
    {BLUEPRINT, OP_BLUEPRINT_WRITE, NULL},
    {BLUEPRINT, OP_BLUEPRINT_PUBLISH, "{\"published\":true}"},
    {BLUEPRINT, OP_ITEM_ASSIGN, ASSIGN},
    {ENTITLEMENT, OP_ENTITLEMENT_WRITE, NULL},
};

static void create_all(struct fixture *fixture)
{
    for (size_t i = 0; i < ARRAY_LEN(create_steps); i++)
        step(fixture, create_steps[i].object, create_steps[i].op, create_steps[i].args);
}

static struct instance *read_back(struct fixture *fixture, int object)
{
    struct instance *live =
        client_read(&fixture->client, fixture->desired[object], fixture->ids[object]);
    if (live == NULL)
        fail_msg("%s", fixture->client.err.message);
    if (live->presence == PRESENCE_UNREADABLE)
        fail_msg("%s: %s", live->address, live->reason);
    return live;
}

static void assert_as_wanted(struct fixture *fixture)
{
    for (int i = 0; i < N_OBJECTS; i++) {
        struct instance *live = read_back(fixture, i);
        assert_int_equal(live->presence, PRESENCE_PRESENT);
        const char *attr = client_difference(fixture->desired[i], live);
        if (attr != NULL) {
            struct strbuf text;
            strbuf_init(&text, 100000);
            value_print(instance_get(live, attr), &text);
            fail_msg("%s: %s differs, live: %s", live->address, attr, strbuf_str(&text));
        }
        assert_true(live->mark.own);
        assert_string_equal(live->mark.lineage, CLIENT_LINEAGE);
    }
}

/* ---- tests ---- */

static void all_objects(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < N_OBJECTS; i++)
        assert_int_equal(read_back(fixture, i)->presence, PRESENCE_ABSENT);
    create_all(fixture);
    assert_as_wanted(fixture);
    struct instance *live = read_back(fixture, BLUEPRINT);
    assert_int_equal(instance_get(live, "machine_quota")->integer, 16);
    assert_int_equal(instance_get(live, "reserved_memory")->integer, (int64_t)400 << 30);
}

static void second_time_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    free(control(&fixture->lab, "POST", "/calls/reset", ""));
    for (size_t i = 0; i < ARRAY_LEN(create_steps); i++)
        assert_int_equal(
            step(fixture, create_steps[i].object, create_steps[i].op, create_steps[i].args),
            OUTCOME_UNCHANGED);
    assert_int_equal(changing_calls(&fixture->lab), 0);
    /* Without the state's ids the marks are enough. */
    fixture->ids[SERVICE] = fixture->ids[ENTITLEMENT] = fixture->ids[BLUEPRINT] = NULL;
    assert_int_equal(step(fixture, ENTITLEMENT, OP_ENTITLEMENT_WRITE, NULL), OUTCOME_UNCHANGED);
    assert_int_equal(step(fixture, SERVICE, OP_SERVICE_WRITE, NULL), OUTCOME_UNCHANGED);
    assert_int_equal(step(fixture, BLUEPRINT, OP_BLUEPRINT_WRITE, NULL), OUTCOME_UNCHANGED);
    assert_non_null(value_get_text(fixture->ids[ENTITLEMENT], "id"));
}

static void edits_of_others_show_and_go(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    static const struct {
        int object;
        const char *path, *json, *attr;
    } edits[] = {
        {BLUEPRINT, "blueprints/Tensorflow-GPU/components/machine/data/cpu",
         "{\"default\":2,\"min\":1,\"max\":4}", "machine.cpu"},
        {BLUEPRINT, "blueprints/Tensorflow-GPU/components/machine/data/action",
         "{\"fixed\":\"LinkedClone\"}", "machine.clone.type"},
        {BLUEPRINT, "blueprints/Tensorflow-GPU/components/network/data/name", "\"Other\"",
         "machine.network.name"},
        {BLUEPRINT, "blueprints/Tensorflow-GPU/components/Tensorflow-GPU", "null", "software"},
        {SOFTWARE, "components/Software.Tensorflow-GPU/containerFieldId", "\"none\"",
         "container"},
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        poke(&fixture->lab, edits[i].path, edits[i].json);
        const char *attr = client_difference(fixture->desired[edits[i].object],
                                             read_back(fixture, edits[i].object));
        assert_non_null(attr);
        assert_string_equal(attr, edits[i].attr);
        step(fixture, edits[i].object,
             edits[i].object == BLUEPRINT ? OP_BLUEPRINT_WRITE : OP_SOFTWARE_WRITE, NULL);
    }
    assert_as_wanted(fixture);
}

static void foreign_keys_survive(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    poke(&fixture->lab, "blueprints/Tensorflow-GPU/properties/_leaseDays",
         "{\"default\":1,\"max\":30,\"min\":1}");
    poke(&fixture->lab, "blueprints/Tensorflow-GPU/components/machine/data/Team.Key",
         "{\"fixed\":\"x\"}");
    instance_set(fixture->desired[BLUEPRINT], "machine.cpu",
                 range_fixed(fixture->client.arena, 8));
    assert_int_equal(step(fixture, BLUEPRINT, OP_BLUEPRINT_WRITE, NULL), OUTCOME_DONE);
    assert_as_wanted(fixture);
    char *world = control(&fixture->lab, "GET", "/world", "");
    assert_non_null(strstr(world, "_leaseDays"));
    assert_non_null(strstr(world, "Team.Key"));
    free(world);
}

static void optional_things_go(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    static const char *const optional[] = {"machine.reservation_policy",
                                           "machine.memory_reservation", "software",
                                           "machine.network.profile", "description"};
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        instance_set(fixture->desired[BLUEPRINT], optional[i], value_absent());
    step(fixture, BLUEPRINT, OP_BLUEPRINT_WRITE, NULL);
    assert_as_wanted(fixture);
    assert_int_equal(step(fixture, BLUEPRINT, OP_ITEM_ASSIGN, "{\"timeout\":1000}"),
                     OUTCOME_DONE);
    assert_true(
        value_is_absent(instance_get(read_back(fixture, BLUEPRINT), "catalog.service")));
}

static void everything_goes(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    for (int round = 0; round < 2; round++) {
        enum outcome_kind want = round == 0 ? OUTCOME_DONE : OUTCOME_UNCHANGED;
        assert_int_equal(step(fixture, ENTITLEMENT, OP_ENTITLEMENT_DELETE, "{}"), want);
        assert_int_equal(step(fixture, BLUEPRINT, OP_BLUEPRINT_DELETE, "{}"), want);
        assert_int_equal(step(fixture, SERVICE, OP_SERVICE_DELETE, "{}"), want);
        assert_int_equal(step(fixture, SOFTWARE, OP_SOFTWARE_DELETE, "{}"), want);
    }
    for (int i = 0; i < N_OBJECTS; i++)
        assert_int_equal(read_back(fixture, i)->presence, PRESENCE_ABSENT);
}

/* What is not known of the real system (world_vra.h), the other way round. */
static void switches_the_other_way(void **state)
{
    struct fixture *fixture = *state;
    static const char *const turned[][2] = {{"create_body", "true"},
                                            {"software_create_status", "201"},
                                            {"software_status_call", "false"},
                                            {"taskdescriptors_denied", "true"},
                                            {"document_create", "false"},
                                            {"document_publishes", "false"},
                                            {"unpublish_removes_item", "true"},
                                            {"republish_resets_service", "true"},
                                            {"active_entitlement_delete", "true"},
                                            {"shuffle_pages", "true"}};
    for (size_t i = 0; i < ARRAY_LEN(turned); i++) {
        char path[64];
        snprintf(path, sizeof(path), "switches/%s", turned[i][0]);
        poke(&fixture->lab, path, turned[i][1]);
    }
    create_all(fixture);
    assert_as_wanted(fixture);
    second_time_changes_nothing(state);
    everything_goes(state);
}

/* The answer to the changing request of every step in turn is lost, and the session with it: a
 * step that cannot tell what became of it says so, and doing it again ends well. */
static void lost_answers(void **state)
{
    struct fixture *fixture = *state;
    static const char *const operations[ARRAY_LEN(create_steps)] = {
        "POST /software-service/api/softwarecomponenttypes",
        "PUT /software-service/api/softwarecomponenttypes/{id}/status",
        "POST /catalog-service/api/services",
        NULL,
        "PUT /composition-service/api/blueprintdocuments/{id}",
        "PUT /composition-service/api/blueprints/{id}/status",
        "PUT /catalog-service/api/catalogItems/{id}",
        "POST /catalog-service/api/entitlements"};
    for (size_t i = 0; i < ARRAY_LEN(create_steps); i++) {
        char json[256];
        snprintf(json, sizeof(json),
                 "{\"system\":\"vra\",\"operation\":\"%s\",\"kind\":\"drop_after\","
                 "\"times\":1}",
                 operations[i] == NULL ? "none" : operations[i]);
        fault(&fixture->lab, json);
        fault(&fixture->lab, "{\"system\":\"vra\",\"operation\":\"*\",\"kind\":\"expire\","
                             "\"times\":1}");
        step(fixture, create_steps[i].object, create_steps[i].op, create_steps[i].args);
    }
    assert_as_wanted(fixture);
    second_time_changes_nothing(state);
}

static void foreign_objects_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    create_all(fixture);
    poke(&fixture->lab, "blueprints/Tensorflow-GPU/description", "\"of somebody else\"");
    fixture->ids[BLUEPRINT] = NULL;
    instance_set(fixture->desired[BLUEPRINT], "machine.cpu",
                 range_fixed(fixture->client.arena, 9));
    assert_int_equal(client_perform(&fixture->client, OP_BLUEPRINT_WRITE,
                                    fixture->desired[BLUEPRINT], NULL, NULL),
                     -1);
    assert_int_equal(fixture->client.err.code, ERR_CONFLICT);
    assert_false(read_back(fixture, BLUEPRINT)->mark.own);
}

static void template_that_never_comes(void **state)
{
    struct fixture *fixture = *state;
    struct vra_client *client = &fixture->client;
    const struct value *args = client_json(client, "{\"source\":\"none\",\"timeout\":5000}");
    assert_int_equal(client_perform(client, OP_BLUEPRINT_AWAIT_TEMPLATE,
                                    fixture->desired[BLUEPRINT], args, NULL), -1);
    assert_int_equal(fixture->client.err.code, ERR_TIMEOUT);
    assert_non_null(strstr(fixture->client.err.message, "data collection"));
    assert_int_equal(fixture->client.sleeps, 5);
    struct instance *wanted = fixture->desired[BLUEPRINT];
    instance_set(wanted, "machine.source", client_json(client, "\"none\""));
    assert_int_equal(client_perform(client, OP_BLUEPRINT_WRITE, wanted, NULL, NULL), -1);
    assert_int_equal(client->err.code, ERR_NOT_FOUND);
}

/* Several threads at once on one session whose token dies now and then: far enough apart that
 * it does not die twice within one call, which gives up by rule (vra7-api.md §1). */
static void *read_often(void *context)
{
    struct fixture *fixture = context;
    struct vra_client mine = fixture->client;
    mine.arena = arena_new();
    mine.env.context = &mine;
    uintptr_t bad = 0;
    for (int i = 0; i < 10; i++) {
        struct instance *live = client_read(&mine, fixture->desired[i % N_OBJECTS], NULL);
        const char *why = live == NULL ? mine.err.message : live->reason;
        if (live != NULL && live->presence == PRESENCE_PRESENT)
            why = client_difference(fixture->desired[i % N_OBJECTS], live);
        else if (why == NULL)
            why = "not there";
        if (why != NULL)
            fprintf(stderr, "read %d: %s\n", i, why);
        bad += why != NULL;
    }
    arena_free(mine.arena);
    return (void *)bad;
}

static void threads_share_a_session(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[4];
    create_all(fixture);
    for (int i = 0; i < 3; i++) {
        char json[128];
        snprintf(json, sizeof(json), "{\"system\":\"vra\",\"operation\":\"*\","
                 "\"kind\":\"expire\",\"times\":1,\"skip\":%d}", 10 + i * 70);
        fault(&fixture->lab, json);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, fixture), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *bad = NULL;
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(all_objects),
        TEST(second_time_changes_nothing),
        TEST(edits_of_others_show_and_go),
        TEST(foreign_keys_survive),
        TEST(optional_things_go),
        TEST(everything_goes),
        TEST(switches_the_other_way),
        TEST(lost_answers),
        TEST(foreign_objects_are_left_alone),
        TEST(template_that_never_comes),
        TEST(threads_share_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
