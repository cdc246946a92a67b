/* test_vsphere_bulk.c: how many requests a refresh needs: 64 hosts and 1,000 machines,
 * templates and a specification among them, from login to logout (design: at most 25). */
#include "../harness/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../harness/vsphere_client.h"
#include "arena.h"

extern const struct provider provider_vsphere;

enum { N_HOSTS = 64, N_MACHINES = 1000, N_ITEMS = N_HOSTS + 3, MAX_REQUESTS = 25 };

static const char world_head[] =
    "world: 1\nspeed: 600\n"
    "vcenter: { name: vcenter.lab.local, version: \"6.5\", datacenter: Lab, accounts: "
    "[{ username: u@vsphere.local, password: secret-password }] }\n"
    "clusters: { GPU: { drs: manual } }\nnetworks: [VM Network]\n"
    "datastores: { images: { capacity: 4000 GiB } }\n"
    "hosts:\n"
    "  \"esx-{01..64}.lab.local\": { address: 127.0.30.1, cluster: GPU, version: 6.5.0, cpu: "
    "{ packages: 2, cores: 24, threads: 48 }, memory: 128 GiB, gpus: [{ pci: \"0000:3b:00.0\", "
    "model: Tesla P100-PCIE-16GB, memory: 16 GiB, ecc: enabled }] }\n"
    "vms:\n";

static void write_world(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(world_head, file);
    for (int i = 0; i < 10; i++)
        fprintf(file,
                "  \"vm-%d-{000..099}\": { host: esx-%02d.lab.local, datastore: images, "
                "memory: 4 GiB, disk: 60 GiB }\n",
                i, i * 6 + 1);
    assert_int_equal(fclose(file), 0);
}

/* Entries of the lab's record of calls. */
static unsigned count_calls(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    dprintf(fd, "GET /calls HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n");
    size_t size = 1 << 20, n = 0;
    char *answer = calloc(1, size);
    for (ssize_t got; (got = read(fd, answer + n, size - n - 1)) > 0;)
        n += (size_t)got;
    close(fd);
    unsigned calls = 0;
    for (const char *at = answer; (at = strstr(at, "\"operation\"")) != NULL; at++)
        calls++;
    free(answer);
    return calls;
}

static void add_item(struct vsphere_client *client, struct read_item *item,
                     const struct kind *kind, const char *name)
{
    *item = (struct read_item){.wanted = vsphere_client_wanted(client, kind, name, NULL)};
    item->live = instance_new(client->arena, &kind->schema, item->wanted->address, name);
}

static void read_all(struct vsphere_client *client, struct read_item *items)
{
    for (int i = 0; i < N_HOSTS; i++)
        add_item(client, &items[i], &kind_host,
                 arena_printf(client->arena, "esx-%02d.lab.local", i + 1));
    add_item(client, &items[N_HOSTS], &kind_template, "vm-3");
    add_item(client, &items[N_HOSTS + 1], &kind_template, "none");
    add_item(client, &items[N_HOSTS + 2], &kind_customization_spec, "none");
    if (provider_vsphere.read_many(client->session, &client->env, items, N_ITEMS, client->arena,
                                   &client->err) < 0)
        fail_msg("%s", client->err.message);
}

static void test_requests(void **state)
{
    (void)state;
    char world[] = "/tmp/gf-vsphere-world-XXXXXX", ca_file[96], address[64];
    int fd = mkstemp(world);
    assert_true(fd >= 0);
    close(fd);
    write_world(world);
    const char *const argv[] = {LAB_PROGRAM, "--world", world, "--dir", "DIR", NULL};
    struct server_process lab;
    struct vsphere_client client;
    struct read_item items[N_ITEMS];
    char *control = server_process_start(&lab, argv, "control");
    char *overlay = server_process_file(&lab, "overlay.yaml");
    const char *at = strstr(overlay, "\"vcenter.lab.local\": \"");
    assert_non_null(at);
    at += strlen("\"vcenter.lab.local\": \"");
    snprintf(address, sizeof address, "%.*s", (int)strcspn(at, "\""), at);
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", lab.dir);
    const struct vsphere_server server = {.name = "vcenter.lab.local",
                                          .connect_to = address,
                                          .ca_file = ca_file,
                                          .username = "u@vsphere.local",
                                          .password = "secret-password"};
    if (vsphere_client_open(&client, &server) < 0)
        fail_msg("%s", client.err.message);
    read_all(&client, items);
    size_t machines = 0;
    for (int i = 0; i < N_HOSTS; i++) {
        assert_int_equal(items[i].live->presence, PRESENCE_PRESENT);
        assert_int_equal(value_count(instance_get(items[i].live, "gpus")), 1);
        machines += value_count(instance_get(items[i].live, "vms"));
    }
    assert_int_equal(machines, N_MACHINES);
    assert_int_equal(items[N_HOSTS + 1].live->presence, PRESENCE_ABSENT);
    assert_int_equal(items[N_HOSTS + 2].live->presence, PRESENCE_ABSENT);
    vsphere_client_close(&client);
    unsigned calls = count_calls(control);
    server_process_stop(&lab);
    unlink(world);
    free(control);
    free(overlay);
    print_message("%u requests\n", calls);
    assert_in_range(calls, 5, MAX_REQUESTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
