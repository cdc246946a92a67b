/* test_vsphere_vcsim.c: the unchanged vSphere provider against govmomi's simulator: a second
 * opinion on envelope, sessions, prefixes, property collection, tasks, and the flow of
 * templates. vcsim ignores much that a server checks (vsphere-api.md §13); what it lacks is in
 * main.go or left out: reboots, deleting specifications, conflicts. */
#include "../../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/vsphere_client.h"
#include "arena.h"
#include "ops.h"
#include "types.h"

#define HOST "DC0_C0_H0"
#define BASE "DC0_C0_RP0_VM0"
#define VERSION "tmpl-0a1b2c3d"
#define NAMED "{\"name\":\"" VERSION "\"}"
#define PLACED                                                                                 \
    "{\"base\":\"" BASE "\",\"name\":\"" VERSION "\",\"host\":\"" HOST                         \
    "\",\"cluster\":\"DC0_C0\"}"

struct fixture {
    struct server_process vcsim;
    struct vsphere_client client;
};

static int setup(void **state)
{
    static const char *const argv[] = {VCSIM_PROGRAM, "-dir", "DIR", NULL};
    static struct fixture fixture;
    char ca_file[96];
    fixture = (struct fixture){0};
    char *url = server_process_start(&fixture.vcsim, argv, "url");
    url[strcspn(url, "\n")] = '\0';
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", fixture.vcsim.dir);
    const struct vsphere_server server = {.name = "127.0.0.1",
                                          .connect_to = url,
                                          .ca_file = ca_file,
                                          .username = "user",
                                          .password = "a-password"};
    int opened = vsphere_client_open(&fixture.client, &server);
    free(url);
    if (opened < 0)
        fail_msg("%s", fixture.client.err.message);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f == NULL)
        return -1;
    vsphere_client_close(&f->client);
    server_process_stop(&f->vcsim);
    return 0;
}

static struct instance *read_one(struct fixture *f, const struct kind *kind, const char *name,
                                 const char *attrs, const struct value *ids)
{
    struct instance *wanted = vsphere_client_wanted(&f->client, kind, name, attrs);
    struct instance *live = vsphere_client_read(&f->client, wanted, ids);
    if (live == NULL)
        fail_msg("%s", f->client.err.message);
    return live;
}

static struct instance *read_host(struct fixture *f)
{
    return read_one(f, &kind_host, HOST, NULL, NULL);
}

static struct instance *read_template(struct fixture *f, const struct value *ids)
{
    return read_one(f, &kind_template, "tmpl", "{\"vm\":\"" VERSION "\"}", ids);
}

static void must(struct fixture *f, const struct vsphere_step *step, enum outcome_kind kind)
{
    if (vsphere_client_perform(&f->client, step) < 0)
        fail_msg("%s: %s", step->op, f->client.err.message);
    if (f->client.outcome.kind != kind)
        fail_msg("%s: outcome %d, not %d", step->op, f->client.outcome.kind, kind);
}

static void must_twice(struct fixture *f, const struct vsphere_step *step)
{
    must(f, step, OUTCOME_DONE);
    must(f, step, OUTCOME_UNCHANGED);
}

static bool is_true(const struct instance *live, const char *attr)
{
    const struct value *value = instance_get(live, attr);
    return value->type == VALUE_BOOL && value->boolean;
}

static void test_facts(void **state)
{
    struct fixture *f = *state;
    struct instance *live = read_host(f);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_string_equal(instance_text(live, "cluster"), "DC0_C0");
    assert_string_equal(instance_text(live, "connection"), "connected");
    assert_string_equal(instance_text(live, "version"), "6.5.0");
    assert_int_equal(instance_get(live, "cpu_cores")->integer, 2);
    assert_int_equal(instance_get(live, "numa_nodes")->integer, 1);
    assert_false(is_true(live, "hyperthreading"));
    assert_string_equal(instance_text(live, "power_policy"), "balanced");
    const struct value *gpus = instance_get(live, "gpus");
    assert_int_equal(value_count(gpus), 1);
    assert_int_equal(value_get_int(value_at(gpus, 0), "memory", 0), INT64_C(16) << 30);
    assert_string_equal(pending_now(instance_get(live, "card_graphics")), "shared");
    assert_int_equal(read_one(f, &kind_host, "none", NULL, NULL)->presence, PRESENCE_ABSENT);
}

static void test_settings(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f);
    must_twice(f, &(struct vsphere_step){OP_HOST_POWER_POLICY, host,
                                         "{\"policy\":\"high_performance\"}", host->ids});
    must_twice(f, &(struct vsphere_step){OP_HOST_CARD_GRAPHICS, host,
                                         "{\"type\":\"shared_passthru\"}", host->ids});
    const char *other = is_true(host, "ssh") ? "{\"running\":false}" : "{\"running\":true}";
    must_twice(f, &(struct vsphere_step){OP_HOST_SSH, host, other, NULL});
    struct instance *live = read_host(f);
    assert_string_equal(instance_text(live, "power_policy"), "high_performance");
    assert_true(is_true(live, "ssh") != is_true(host, "ssh"));
    assert_string_equal(pending_next(instance_get(live, "card_graphics")), "shared_passthru");
}

static void test_maintenance(void **state)
{
    struct fixture *f = *state;
    struct instance *host = read_host(f);
    must_twice(f, &(struct vsphere_step){OP_HOST_ENTER_MAINTENANCE, host, NULL, host->ids});
    assert_true(is_true(read_host(f), "maintenance"));
    must_twice(f, &(struct vsphere_step){OP_HOST_EXIT_MAINTENANCE, host, NULL, host->ids});
    assert_false(is_true(read_host(f), "maintenance"));
}

/* The machines of the host go off, and the step says which; then on again. */
static void test_machines(void **state)
{
    struct fixture *f = *state;
    const struct value *vms;
    const char *args = "{\"vms\":[\"" BASE "\"],\"guest_timeout\":5000}", *name = NULL;
    struct instance *host = NULL;
    char hosts[3][16] = {"DC0_C0_H0", "DC0_C0_H1", "DC0_C0_H2"};
    for (size_t i = 0; i < 3 && name == NULL; i++) {
        host = read_one(f, &kind_host, hosts[i], NULL, NULL);
        vms = instance_get(host, "vms");
        for (size_t j = 0; j < value_count(vms); j++)
            if (strcmp(value_get_text(value_at(vms, j), "name"), BASE) == 0)
                name = BASE;
    }
    assert_non_null(name);
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, args, NULL}, OUTCOME_DONE);
    const struct value *ids = f->client.outcome.ids;
    assert_true(value_list_has(value_get(ids, "powered_off"), BASE));
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, args, ids}, OUTCOME_UNCHANGED);
    must(f, &(struct vsphere_step){OP_VM_POWER_ON, host, args, ids}, OUTCOME_DONE);
    assert_int_equal(value_count(value_get(f->client.outcome.ids, "powered_off")), 0);
    must(f, &(struct vsphere_step){OP_VM_POWER_OFF, host, args, NULL}, OUTCOME_DONE);
}

#define HARDWARE                                                                               \
    "{\"name\":\"" VERSION                                                                     \
    "\",\"gpus\":{\"count\":2,\"profile\":\"grid_p100-4q\"},\"memory_locked\":true,"           \
    "\"cpus\":8,\"cores_per_socket\":4,\"cpu_hot_add\":false,\"mmio_size\":68719476736}"

static void test_template(void **state)
{
    struct fixture *f = *state;
    struct instance *live = read_template(f, NULL);
    assert_int_equal(live->presence, PRESENCE_ABSENT);
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_CLONE, live, PLACED, NULL});
    const struct value *ids = f->client.outcome.ids;
    live = read_template(f, ids);
    assert_true(live->mark.own);
    assert_string_equal(live->mark.address, "template/tmpl");
    must_twice(
        f, &(struct vsphere_step){
               OP_TEMPLATE_CONFIGURE, live,
               "{\"name\":\"" VERSION
               "\",\"gpus\":{\"count\":1,\"profile\":\"grid_p100-4q\"},\"memory_locked\":true}",
               ids});
    live = read_template(f, ids);
    assert_string_equal(instance_text(live, "vgpu"), "grid_p100-4q");
    assert_true(is_true(live, "memory_locked"));
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live, HARDWARE, ids});
    live = read_template(f, ids);
    assert_string_equal(instance_text(live, "vgpu"), "2 x grid_p100-4q");
    assert_int_equal(instance_get(live, "cpus")->integer, 8);
    assert_int_equal(instance_get(live, "cores_per_socket")->integer, 4);
    assert_false(is_true(live, "cpu_hot_add"));
    assert_int_equal(instance_get(live, "mmio_size")->integer, INT64_C(64) << 30);
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_START, live, NAMED, ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_SHUTDOWN, live, NAMED, ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_MARK, live, NAMED, ids});
    assert_true(is_true(read_template(f, ids), "is_template"));
    must_twice(f,
               &(struct vsphere_step){OP_TEMPLATE_UNMARK, live,
                                      "{\"name\":\"" VERSION "\",\"host\":\"" HOST "\"}", ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_CONFIGURE, live,
                                         "{\"name\":\"" VERSION "\",\"memory_locked\":false}",
                                         ids});
    must_twice(f, &(struct vsphere_step){OP_TEMPLATE_DESTROY, live, NAMED, ids});
    assert_int_equal(read_template(f, ids)->presence, PRESENCE_ABSENT);
}

static void test_spec(void **state)
{
    struct fixture *f = *state;
    const char *args = "{\"os\":\"linux\",\"hostname\":\"vm-name\",\"domain\":\"lab.local\","
                       "\"network\":\"dhcp\",\"dns_servers\":[\"10.0.0.53\"]}";
    struct instance *live = read_one(f, &kind_customization_spec, "ml", NULL, NULL);
    assert_int_equal(live->presence, PRESENCE_ABSENT);
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, live, args, NULL});
    live = read_one(f, &kind_customization_spec, "ml", NULL, NULL);
    assert_true(live->mark.own);
    assert_string_equal(instance_text(live, "domain"), "lab.local");
    must_twice(f, &(struct vsphere_step){OP_SPEC_WRITE, live,
                                         "{\"os\":\"linux\",\"domain\":\"x.local\"}", NULL});
    live = read_one(f, &kind_customization_spec, "ml", NULL, NULL);
    assert_string_equal(instance_text(live, "domain"), "x.local");
    assert_string_equal(instance_text(live, "network"), "dhcp");
}

/* Types and order are as another implementation of the protocol has them. */
static void test_windows_spec(void **state)
{
    struct fixture *f = *state;
    static const struct vsphere_secret secrets[] = {{"P", "Kanarie-vcsim"}, {NULL, NULL}};
    const char *args =
        "{\"os\":\"windows\",\"hostname\":{\"name\":\"ml-1\"},\"full_name\":\"ML\","
        "\"organization\":\"Lab\",\"time_zone\":\"GMT Standard Time\",\"run_once\":[\"a\"],"
        "\"administrator_password\":{\"env\":\"P\"},\"join.workgroup\":\"ML\",\"cards\":["
        "{\"network\":\"dhcp\"},{\"network\":\"dhcp\"}]}";
    f->client.server.references = secrets;
    struct instance *live = read_one(f, &kind_customization_spec, "win", NULL, NULL);
    assert_int_equal(live->presence, PRESENCE_ABSENT);
    must(f, &(struct vsphere_step){OP_SPEC_WRITE, live, args, NULL}, OUTCOME_DONE);
    live = read_one(f, &kind_customization_spec, "win", NULL, NULL);
    assert_true(live->mark.own);
    assert_string_equal(instance_text(live, "os"), "windows");
    assert_string_equal(instance_text(live, "organization"), "Lab");
    assert_string_equal(instance_text(live, "time_zone"), "GMT Standard Time");
    assert_int_equal(value_count(instance_get(live, "cards")), 2);
    must(f,
         &(struct vsphere_step){OP_SPEC_WRITE, live,
                                "{\"os\":\"windows\",\"organization\":\"Other\"}", NULL},
         OUTCOME_DONE);
    live = read_one(f, &kind_customization_spec, "win", NULL, NULL);
    assert_string_equal(instance_text(live, "organization"), "Other");
    assert_string_equal(instance_text(live, "join.workgroup"), "ML");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_maintenance),  cmocka_unit_test(test_machines),
        cmocka_unit_test(test_template),     cmocka_unit_test(test_spec),
        cmocka_unit_test(test_windows_spec),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
