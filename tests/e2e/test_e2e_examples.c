/* test_e2e_examples.c: the other examples, each planned and applied to a world of its own. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

#define DRIVER "NVIDIA-Linux-x86_64-535.54.03-grid.run"

static void in_guest(const struct site *site, const char *machine, const char *path,
                     const char *text)
{
    json_t *moref = lab_look(&site->lab, "vms/%s/moref", machine);
    char *content = lab_guest_file(&site->lab, json_string_value(moref), path);
    json_decref(moref);
    if (content == NULL || strstr(content, text) == NULL)
        fail_msg("%s: %s: no \"%s\"", machine, path, text);
    free(content);
}

/* The one machine whose name begins so; caller frees. */
static char *version_of(const struct site *site, const char *name)
{
    json_t *world = lab_world(&site->lab), *vm;
    const char *key;
    char *found = NULL;
    json_object_foreach((json_t *)(uintptr_t)json_at(world, "vms"), key,
                        vm) if (strncmp(key, name, strlen(name)) == 0 && found == NULL) found =
        strdup(key);
    json_decref(world);
    if (found == NULL)
        fail_msg("no machine %s-…", name);
    return found;
}

static void start(struct site *site, const char *example)
{
    char world[300], manifest[300];
    snprintf(world, sizeof(world), "%s/%s.yaml", LAB_WORLDS, example);
    snprintf(manifest, sizeof(manifest), "%s/%s", EXAMPLES, example);
    site_start(site, &(struct site_options){.world = world, .manifest = manifest});
}

static void converge(struct site *site)
{
    GRIDFORM_EXPECT(site, 0, "validate");
    GRIDFORM_EXPECT(site, 2, "plan", "--detailed-exitcode");
    site_converge(site);
    GRIDFORM_EXPECT(site, 0, "drift");
}

static void test_ubuntu(void **state)
{
    (void)state;
    struct site site;
    char file[400];
    start(&site, "ubuntu");
    site.env[0] = "NVIDIA_LICENCE_TOKEN=canary-licence-token-5501";
    snprintf(file, sizeof(file), "%s/files/" DRIVER, site.manifest);
    /* A plan needs no file, an apply says which one it misses. */
    GRIDFORM_EXPECT(&site, 2, "plan", "--detailed-exitcode");
    struct run *run = run_expect(GRIDFORM(&site, "apply", "--yes"), 3);
    run_says(run, "files/" DRIVER);
    run_free(run);
    write_text(file, "version https://git-lfs.github.com/spec/v1\n");
    run = run_expect(GRIDFORM(&site, "apply", "--yes"), 3);
    run_says(run, "run git lfs pull");
    run_free(run);
    copy_file(LAB_DOWNLOADS "/" DRIVER, file);
    converge(&site);
    char *machine = version_of(&site, "ubuntu2204-containers-");
    in_guest(&site, machine, "var/lib/lab/packages", "nvidia-container-toolkit|");
    in_guest(&site, machine, "var/lib/lab/driver", "535.54.03\n");
    in_guest(&site, machine, "etc/nvidia/ClientConfigToken/client.tok",
             "canary-licence-token-5501");
    in_guest(&site, machine, "etc/docker/daemon.json", "nvidia");
    free(machine);
    assert_null(find_in_files(site.dir, "canary-licence-token"));
    /* The script that each clone runs, and what becomes of another one. */
    json_t *spec = lab_look(&site.lab, "specs/ubuntu-ml");
    char *text = json_dumps(spec, JSON_ENCODE_ANY);
    assert_non_null(strstr(text, "ssh_host_"));
    free(text);
    json_decref(spec);
    snprintf(file, sizeof(file), "%s/guest/first-boot.sh", site.manifest);
    edit_text(file, "dpkg-reconfigure openssh-server\n", "ssh-keygen -A\n");
    run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, "+ ssh-keygen -A\n");
    run_free(run);
    site_converge(&site);
    site_stop(&site);
}

/* Scripts of customization specifications came with vCenter 7.0. */
static void test_script_needs_7(void **state)
{
    (void)state;
    struct site site;
    char file[400];
    start(&site, "notebook");
    snprintf(file, sizeof(file), "%s/service.yaml", site.manifest);
    edit_text(file, "time_zone: Etc/UTC }", "time_zone: Etc/UTC, script: \"echo x\" }");
    struct run *run = run_expect(GRIDFORM(&site, "apply", "--yes"), 6);
    run_says(run, "came with 7.0");
    run_free(run);
    site_stop(&site);
}

/* Everything goes through vCenter alone. */
static void test_notebook(void **state)
{
    (void)state;
    struct site site;
    start(&site, "notebook");
    converge(&site);
    char *machine = version_of(&site, "ubuntu2204-docker-");
    in_guest(&site, machine, "var/lib/lab/packages", "docker-ce|");
    free(machine);
    json_t *calls = lab_calls(&site.lab);
    assert_int_equal(calls_count(calls, "PutGuestFile", NULL), 0);
    assert_int_equal(calls_count(calls, "InitiateFileTransferToGuest", NULL), 0);
    assert_true(calls_count(calls, "ListFilesInGuest", NULL) > 0);
    json_decref(calls);
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ubuntu),
        cmocka_unit_test(test_notebook),
        cmocka_unit_test(test_script_needs_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
