/* test_e2e_ssh.c: the SSH service of hosts: started by hand, it does not survive a reboot; as
 * an attribute of the pool it is started and stopped. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "files.h"
#include "site.h"
#include "worlds.h"

#define HOST "esx-gpu-01.lab.local"
#define SSH "hosts/" HOST "/services/TSM-SSH"

static void start(struct site *site, struct host_shape host)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host}, .only_hosts = true};
    site_start_shape(site, &shape, 6000);
}

static bool ssh_runs(const struct site *site)
{
    json_t *running = lab_look(&site->lab, SSH "/running");
    bool result = json_is_true(running);
    json_decref(running);
    return result;
}

/* ESXi's default: running now, but not started at boot. */
static void a_reboot_does_not_end_the_window(void **state UNUSED)
{
    struct site site = {0};
    start(&site, (struct host_shape){0});
    lab_poke(&site.lab, "\"off\"", SSH "/policy");
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, "start SSH again");
    run_free(run);
    site_converge(&site);
    assert_true(ssh_runs(&site));
    json_t *policy = lab_look(&site.lab, SSH "/policy");
    assert_string_equal(json_string_value(policy), "off");
    json_decref(policy);
    site_stop(&site);
}

static void the_pool_says_whether_it_runs(void **state UNUSED)
{
    struct site site = {0};
    start(&site, host_as_wanted());
    site_converge(&site);
    char path[256];
    snprintf(path, sizeof(path), "%s/site.yaml", site.manifest);
    char *text = file_text("%s", path);
    assert_non_null(strstr(text, "cluster: GPU"));
    free(text);
    edit_text(path, "cluster: GPU", "ssh: true\n    cluster: GPU");
    lab_poke(&site.lab, "false", SSH "/running");
    run_free(run_expect(GRIDFORM(&site, "apply", "--yes"), 7)); /* the shell was closed */
    assert_true(ssh_runs(&site));
    site_converge(&site);
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reboot_does_not_end_the_window),
        cmocka_unit_test(the_pool_says_whether_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
