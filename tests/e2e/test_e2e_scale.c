/* test_e2e_scale.c: how much is asked of the systems. The record of calls is the measure, not
 * the clock: a refresh of 64 hosts and 1,000 machines takes at most 25 requests to vCenter, and
 * one connection with one command to each shell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "files.h"
#include "site.h"

enum { HOSTS = 64, MACHINES = 1000 };

/* The reference world, with more hosts and machines. */
static void write_world(const char *path)
{
    char *world = file_text("%s", LAB_REFERENCE);
    assert_non_null(world);
    size_t ranges = 0;
    for (char *at = world; (at = strstr(at, "{01..04}")) != NULL; ranges++)
        memcpy(at, "{01..64}", 8);
    assert_true(ranges > 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(world, file);
    for (int i = 0; i < MACHINES; i++)
        fprintf(file,
                "  vm-%04d: { host: esx-gpu-%02d.lab.local, datastore: images, cpus: 2, "
                "memory: 4 GiB, disk: 60 GiB, network: VM Network, guest: centos7_64Guest, "
                "tools: ok }\n",
                i, i % HOSTS + 1);
    assert_int_equal(fclose(file), 0);
    free(world);
}

struct counts {
    size_t vcenter, paging, logins, shells;
};

static struct counts count_calls(const json_t *calls)
{
    struct counts counts = {0};
    size_t i;
    json_t *call;
    json_array_foreach((json_t *)calls, i, call) {
        const char *system = json_text_at(call, "system"), *op = json_text_at(call, "operation");
        counts.vcenter += strcmp(system, "vcenter") == 0;
        counts.paging += strcmp(op, "ContinueRetrievePropertiesEx") == 0;
        counts.logins += strcmp(system, "shell") == 0 && strcmp(op, "login") == 0;
        counts.shells += strcmp(system, "shell") == 0;
    }
    return counts;
}

static void a_refresh_asks_little(void **state UNUSED)
{
    char world[] = "/tmp/gf-scale-world.XXXXXX";
    int fd = mkstemp(world);
    assert_true(fd >= 0);
    fclose(fdopen(fd, "w"));
    write_world(world);
    struct site site = {0};
    const struct site_options options = {.world = world};
    site_start(&site, &options);
    char manifest[256];
    snprintf(manifest, sizeof(manifest), "%s/site.yaml", site.manifest);
    edit_text(manifest, "{01..04}", "{01..64}");
    lab_forget(&site.lab);
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, "64 hosts change");
    run_free(run);
    json_t *calls = lab_calls(&site.lab);
    struct counts counts = count_calls(calls);
    print_message("vCenter: %zu requests, %zu of them pages; shells: %zu connections\n",
                  counts.vcenter, counts.paging, counts.logins);
    assert_true(counts.vcenter <= 25);
    assert_int_equal(counts.logins, HOSTS);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);
    site_stop(&site);
    remove(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_refresh_asks_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
