/* test_e2e_failures.c: what goes wrong outside of gridform: mistakes in the files, servers that
 * are away, refuse us or cannot be trusted. Each gives one clear message and the documented
 * exit code, and nothing is changed. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"
#include "world_normal.h"
#include "worlds.h"

enum { LINES_MAX = 8 };

/* ---- files
 * ------------------------------------------------------------------------------------- */

struct mistake {
    const char *name, *file, *old, *new;
    int status;
    const char *says[4];
    const char *never; /* must not be printed */
};

static const struct mistake mistakes[] = {
    {"literal secret",
     "site.yaml",
     "{ env: VRA_PASSWORD }",
     "hunter2-in-the-clear",
     1,
     {"site.yaml:", "password", "env"},
     "hunter2-in-the-clear"},
    {"literal secret, quoted",
     "site.yaml",
     "{ env: ESXI_PASSWORD }",
     "\"hunter2 in the clear\"",
     1,
     {"site.yaml:", "password"},
     "hunter2"},
    {"unknown key",
     "service.yaml",
     "reservation_policy:",
     "reservation_polcy:",
     1,
     {"service.yaml:", "reservation_polcy", "reservation_policy"},
     NULL},
    {"unknown section",
     "service.yaml",
     "entitlements:",
     "entitlemnts:",
     1,
     {"service.yaml:", "entitlemnts", "entitlements"},
     NULL},
    {"duplicate name",
     "service.yaml",
     "software_components:\n",
     "software_components:\n  Tensorflow-GPU: { container: machine, install: { type: bash, "
     "script: \"true\" } }\n",
     1,
     {"service.yaml:", "Tensorflow-GPU"},
     NULL},
    {"missing reference",
     "service.yaml",
     "template: centos72-vra-nvidia",
     "template: centos72-vra-nvidai",
     1,
     {"service.yaml:", "centos72-vra-nvidai", "centos72-vra-nvidia"},
     NULL},
    {"loop",
     "service.yaml",
     "tensorflow_image: { default: \"tensorflow/tensorflow:latest-gpu-py3\" }",
     "tensorflow_image: &loop { default: *loop }",
     1,
     {"service.yaml:", "*loop"},
     NULL},
    {"broken YAML",
     "service.yaml",
     "templates:\n",
     "templates: [\n",
     1,
     {"service.yaml:"},
     NULL},
    {"unsupported profile",
     "site.yaml",
     "profile: grid_p100-4q",
     "profile: grid_p40-4q",
     6,
     {"site.yaml:", "grid_p40-4q"},
     NULL},
    {"unknown profile",
     "site.yaml",
     "profile: grid_p100-4q",
     "profile: grid_p100-3q",
     6,
     {"site.yaml:", "grid_p100-3q"},
     NULL},
    {"too many vCPUs",
     "service.yaml",
     "cpu: auto",
     "cpu: 7",
     6,
     {"service.yaml:", "Tensorflow-GPU"},
     NULL},
    {"too much memory",
     "service.yaml",
     "memory: 16 GiB",
     "memory: 48 GiB",
     6,
     {"service.yaml:", "Tensorflow-GPU"},
     NULL},
    {"memory as a range",
     "service.yaml",
     "memory: 16 GiB",
     "memory: { min: 8 GiB, max: 16 GiB }",
     6,
     {"service.yaml:"},
     NULL},
    {"linked clone", "service.yaml", "type: full", "type: linked", 6, {"service.yaml:"}, NULL},
};

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void expect_untouched(struct site *site, const char *before, const char *what)
{
    json_t *calls = lab_calls(&site->lab);
    if (calls_changing(calls) > 0)
        fail_long("%s: something was changed", what);
    json_decref(calls);
    char *after = lab_normal(&site->lab);
    expect_same_world(before, after, what);
    free(after);
}

static void try_mistake(struct site *site, const struct mistake *mistake, const char *command)
{
    struct run *run = strcmp(command, "plan") == 0 ? GRIDFORM(site, "plan")
                                                   : GRIDFORM(site, "apply", "--yes");
    if (run->status != mistake->status || count_lines(run->err) > LINES_MAX)
        fail_long("%s: exit %d, expected %d\n%s\n%s", mistake->name, run->status,
                  mistake->status, run->out, run->err);
    for (size_t i = 0; i < ARRAY_LEN(mistake->says) && mistake->says[i] != NULL; i++)
        run_says(run, mistake->says[i]);
    if (mistake->never != NULL)
        run_says_not(run, mistake->never);
    run_free(run);
}

static void mistakes_in_the_files(void **state)
{
    struct site *site = *state;
    char *before = lab_normal(&site->lab);
    lab_forget(&site->lab);
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        char file[256];
        snprintf(file, sizeof(file), "%s/%s", site->manifest, mistakes[i].file);
        edit_text(file, mistakes[i].old, mistakes[i].new);
        try_mistake(site, &mistakes[i], "plan");
        try_mistake(site, &mistakes[i], "apply");
        edit_text(file, mistakes[i].new, mistakes[i].old);
        expect_untouched(site, before, mistakes[i].name);
    }
    free(before);
    assert_false(file_exists("%s", site->state));
}

/* ---- servers
 * ------------------------------------------------------------------------------------- */

/* In each case one resource of that provider is out of shape, so there would be work. */
struct trouble {
    const char *name;
    void (*cause)(struct site *site);
    const char *poke, *path, *back; /* out of shape, and in shape again */
    const char *says[3];
};

static void change_overlay(struct site *site, const char *before, const char *after_word,
                           const char *value)
{
    char *text = file_text("%s", site->overlay);
    char *section = strstr(text, before);
    char *at = section == NULL ? NULL : strstr(section, after_word);
    if (at == NULL)
        fail_msg("the overlay holds no %s %s", before, after_word);
    at += strlen(after_word);
    FILE *file = fopen(site->overlay, "we");
    fprintf(file, "%.*s%s%s", (int)(at - text), text, value, at + strcspn(at, "\"\n"));
    fclose(file);
    free(text);
}

static void vsphere_away(struct site *site)
{
    change_overlay(site, "vsphere:", "\"vcenter.lab.local\": \"", "127.0.0.1:1");
}

static void vra_away(struct site *site)
{
    change_overlay(site, "vra:", "\"vra.lab.local\": \"", "127.0.0.1:1");
}

static void esxi_away(struct site *site)
{
    change_overlay(site, "esxi:", "\"esx-gpu-01.lab.local\": \"", "127.0.0.1:1");
}

static void vsphere_password(struct site *site)
{
    site->env[0] = "VSPHERE_PASSWORD=not-this-one";
}

static void esxi_password(struct site *site)
{
    site->env[0] = "ESXI_PASSWORD=not-this-one";
}

static void vra_password(struct site *site)
{
    site->env[0] = "VRA_PASSWORD=not-this-one";
}

/* The authority of another lab signed nothing here. */
static void other_authority(struct site *site, const char *section)
{
    struct lab other = {.dir = ""};
    char path[256];
    lab_start(&other, site->world, 1);
    char *pem = file_text("%s/ca.pem", other.dir);
    lab_stop(&other);
    snprintf(path, sizeof(path), "%s/other-ca.pem", site->dir);
    write_text(path, pem);
    free(pem);
    change_overlay(site, section, "ca_file: ", path);
}

static void vsphere_certificate(struct site *site)
{
    other_authority(site, "vsphere:");
}

static void vra_certificate(struct site *site)
{
    other_authority(site, "vra:");
}

/* As if the host had been installed anew, or somebody were in between: another key. */
static void esxi_host_key(struct site *site)
{
    char path[256];
    char *text = file_text("%s/known_hosts", site->lab.dir);
    char *key = strstr(text, "AAAA");
    assert_non_null(key);
    size_t end = strcspn(key, " \n");
    assert_true(end > 40);
    for (size_t i = end - 20; i < end - 4; i++) /* another key of the same form */
        key[i] = key[i] == 'A' ? 'B' : 'A';
    snprintf(path, sizeof(path), "%s/other-known-hosts", site->dir);
    write_text(path, text);
    free(text);
    change_overlay(site, "esxi:", "known_hosts: ", path);
}

#define HOST1 "hosts/esx-gpu-01.lab.local"
#define OF_VSPHERE "\"static\"", HOST1 "/power_policy", "\"dynamic\""
#define OF_ESXI "\"consolidation\"", HOST1 "/policy", "\"performance\""
#define OF_VRA "3", "vra/blueprints/Tensorflow-GPU/components/machine/data/_cluster/max", "4"

static const struct trouble troubles[] = {
    {"vCenter unreachable", vsphere_away, OF_VSPHERE, {"vcenter.lab.local", "connect"}},
    {"vRA unreachable", vra_away, OF_VRA, {"vra.lab.local", "connect"}},
    {"shell unreachable", esxi_away, OF_ESXI, {"esx-gpu-01.lab.local", "refused"}},
    {"wrong password of vCenter",
     vsphere_password,
     OF_VSPHERE,
     {"vcenter.lab.local", "password"}},
    {"wrong password of a shell", esxi_password, OF_ESXI, {"esx-gpu-01.lab.local", "password"}},
    {"wrong password of vRA", vra_password, OF_VRA, {"vra.lab.local", "authenticate"}},
    {"untrusted certificate of vCenter",
     vsphere_certificate,
     OF_VSPHERE,
     {"vcenter.lab.local", "certificate"}},
    {"untrusted certificate of vRA", vra_certificate, OF_VRA, {"vra.lab.local", "certificate"}},
    {"changed host key", esxi_host_key, OF_ESXI, {"esx-gpu-01.lab.local", "host key"}},
};

static void expect_trouble(struct site *site, const struct trouble *trouble,
                           const char *const *words)
{
    struct run *run = site_run(site, words);
    if (run->status != 7 || count_lines(run->err) > LINES_MAX)
        fail_long("%s: gridform %s: exit %d, expected 7\n%s\n%s", trouble->name, run->what,
                  run->status, run->out, run->err);
    for (size_t i = 0; i < ARRAY_LEN(trouble->says) && trouble->says[i] != NULL; i++)
        run_says(run, trouble->says[i]);
    run_says_not(run, "not-this-one");
    run_free(run);
}

static void troubles_with_servers(void **state)
{
    static const char *const plan[] = {"plan", "--detailed-exitcode", NULL},
                             *const drift[] = {"drift", NULL},
                             *const apply[] = {"apply", "--yes", NULL};
    struct site *site = *state;
    site_converge(site);
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
        const struct trouble *trouble = &troubles[i];
        char *overlay = file_text("%s", site->overlay);
        lab_poke(&site->lab, trouble->poke, "%s", trouble->path);
        char *before = lab_normal(&site->lab);
        lab_forget(&site->lab);
        trouble->cause(site);
        expect_trouble(site, trouble, plan);
        expect_trouble(site, trouble, drift);
        expect_trouble(site, trouble, apply);
        expect_untouched(site, before, trouble->name);
        site->env[0] = NULL;
        write_text(site->overlay, overlay);
        lab_poke(&site->lab, trouble->back, "%s", trouble->path);
        GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
        free(overlay);
        free(before);
    }
}

/* Nothing is known of any host yet, not even for cpu: auto: that is no mistake of the files. */
static void unreachable_without_a_state(void **state)
{
    static void (*const causes[])(struct site *) = {vsphere_away, vra_away, esxi_away};
    struct site *site = *state;
    site_fresh_lab(site);
    site_lose_state(site);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        char *overlay = file_text("%s", site->overlay);
        lab_forget(&site->lab);
        causes[i](site);
        run_free(run_expect(GRIDFORM(site, "plan"), 7));
        json_t *calls = lab_calls(&site->lab);
        assert_int_equal(calls_changing(calls), 0);
        json_decref(calls);
        write_text(site->overlay, overlay);
        free(overlay);
    }
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct site *site = calloc(1, sizeof(*site));
    site_start_shape(site, &shape, 20000);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_in_the_files),
        cmocka_unit_test(troubles_with_servers),
        cmocka_unit_test(unreachable_without_a_state),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
