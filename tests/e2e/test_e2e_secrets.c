/* test_e2e_secrets.c: 50 canaries, secrets that can be told apart, given to gridform in every
 * form of reference and sent back by servers in their error texts. None is found in any output,
 * state, journal, backup or saved plan, nor in the lab's record. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "sample.h"
#include "site.h"
#include "strbuf.h"
#include "worlds.h"

enum { N_CANARIES = 50, N_SYSTEMS = 3 };

enum form { FORM_ENV, FORM_FILE, FORM_COMMAND, FORM_CREDENTIAL, FORM_COUNT };

struct system {
    const char *section, *lab, *variable; /* in the manifest, in the lab, of the example */
    const char *usual;                    /* its password in the lab's worlds */
    const char *const *operations;        /* that its error texts belong to */
    size_t n_operations;
};

static const char *const vcenter_operations[] = {"Login", "RetrievePropertiesEx",
                                                 "CreateContainerView", "*"},
                         *const shell_operations[] = {"*", "nvidia-smi",
                                                      "esxcli graphics host get"},
                         *const vra_operations[] = {"POST /identity/api/tokens", "*",
                                                    "GET /catalog-service/api/services"};

static const struct system systems[N_SYSTEMS] = {
    {"vsphere", "vcenter", "VSPHERE_PASSWORD", "lab-vsphere-secret", vcenter_operations,
     ARRAY_LEN(vcenter_operations)},
    {"esxi", "shell", "ESXI_PASSWORD", "lab-esxi-secret", shell_operations,
     ARRAY_LEN(shell_operations)},
    {"vra", "vra", "VRA_PASSWORD", "lab-vra-secret", vra_operations,
     ARRAY_LEN(vra_operations)}};

/* The core is looked for; what is around it is there to be escaped in XML, JSON and URLs. */
struct canary {
    char core[32], value[64];
};

static struct canary make_canary(unsigned number)
{
    static const char *const around[][2] = {
        {"", ""}, {"a b", "&<c>"}, {"\"q'", "%41+"}, {"$(x)`", "\\n"}, {"\xc3\xa4", "/?=#;"}};
    struct canary canary;
    const char *const *edge = around[number % ARRAY_LEN(around)];
    snprintf(canary.core, sizeof(canary.core), "Kanarie%02uXq%uZ", number, number * 7919u);
    snprintf(canary.value, sizeof(canary.value), "%s%s%s", edge[0], canary.core, edge[1]);
    return canary;
}

/* ---- giving it
 * -------------------------------------------------------------------------------- */

struct giving {
    char manifest[256], original[64], reference[256]; /* what was edited, to take it back */
    char variable[160], file[256];
};

static void write_secret(const struct site *site, const char *name, const char *value,
                         char *ret_path, size_t size)
{
    char directory[200];
    snprintf(directory, sizeof(directory), "%s/secrets", site->dir);
    mkdir(directory, 0700);
    snprintf(ret_path, size, "%s/%s", directory, name);
    write_text(ret_path, value);
    chmod(ret_path, 0600);
}

static void give(struct site *site, const struct system *system, enum form form,
                 const struct canary *canary, struct giving *giving)
{
    char name[32];
    snprintf(giving->manifest, sizeof(giving->manifest), "%s/site.yaml", site->manifest);
    snprintf(giving->original, sizeof(giving->original), "{ env: %s }", system->variable);
    snprintf(name, sizeof(name), "secret-%s", system->section);
    write_secret(site, name, canary->value, giving->file, sizeof(giving->file));
    snprintf(giving->variable, sizeof(giving->variable), "CANARY=%s", canary->value);
    switch (form) {
    case FORM_ENV:
        snprintf(giving->reference, sizeof(giving->reference), "{ env: CANARY }");
        break;
    case FORM_FILE:
        snprintf(giving->reference, sizeof(giving->reference), "{ file: %s }", giving->file);
        break;
    case FORM_COMMAND:
        snprintf(giving->reference, sizeof(giving->reference), "{ command: [/bin/cat, %s] }",
                 giving->file);
        break;
    case FORM_CREDENTIAL:
        snprintf(giving->variable, sizeof(giving->variable), "CREDENTIALS_DIRECTORY=%s/secrets",
                 site->dir);
        snprintf(giving->reference, sizeof(giving->reference), "{ credential: %s }", name);
        break;
    case FORM_COUNT:
        break;
    }
    site->env[0] = giving->variable;
    edit_text(giving->manifest, giving->original, giving->reference);
}

static void take_back(struct site *site, const struct giving *giving)
{
    edit_text(giving->manifest, giving->reference, giving->original);
    site->env[0] = NULL;
    unlink(giving->file);
}

/* ---- looking for it
 * ----------------------------------------------------------------------------- */

static void expect_nowhere(const struct site *site, const struct canary *canary)
{
    char runs[200];
    snprintf(runs, sizeof(runs), "%s/runs", site->dir);
    char *found = find_in_files(runs, canary->core);
    if (found != NULL)
        fail_long("%s is in %s:\n%s", canary->value, found, file_text("%s", found));
    static const char *const ends[] = {"", ".journal", ".backup", ".lock"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *text = file_text("%s%s", site->state, ends[i]);
        if (text != NULL && strstr(text, canary->core) != NULL)
            fail_long("%s is in the state%s", canary->value, ends[i]);
        free(text);
    }
    char *plan = file_text("%s/saved.plan", site->dir);
    if (plan != NULL && strstr(plan, canary->core) != NULL)
        fail_long("%s is in a saved plan", canary->value);
    free(plan);
    json_t *calls = lab_calls(&site->lab);
    char *record = json_dumps(calls, 0);
    if (strstr(record, canary->core) != NULL)
        fail_long("%s is in the record", canary->value);
    free(record);
    json_decref(calls);
}

/* What asks no server resolves no secret: now and then is enough for it. */
static void run_everything(struct site *site, unsigned number)
{
    char file[256];
    snprintf(file, sizeof(file), "%s/saved.plan", site->dir);
    unlink(file);
    if (number % 8 == 0) {
        run_free(GRIDFORM(site, "validate"));
        run_free(GRIDFORM(site, "graph"));
        run_free(GRIDFORM(site, "state", "list"));
    }
    run_free(GRIDFORM(site, "plan", "--json", "--out", file));
    run_free(GRIDFORM(site, "drift", "--json"));
    run_free(GRIDFORM(site, "show", "host/esx-gpu-01.lab.local"));
    run_free(GRIDFORM(site, "apply", "--yes", "--json"));
}

/* ---- canaries as wrong passwords
 * ----------------------------------------------------------------- */

static void wrong_passwords(void **state)
{
    struct site *site = *state;
    for (unsigned i = 0; i < 24; i++) {
        if (!sample_takes(i))
            continue;
        const struct system *system = &systems[i % N_SYSTEMS];
        struct canary canary = make_canary(i);
        struct giving giving;
        give(site, system, (enum form)((i / N_SYSTEMS) % FORM_COUNT), &canary, &giving);
        lab_poke(&site->lab, i % 2 ? "\"static\"" : "\"low\"",
                 "hosts/esx-gpu-01.lab.local/power_policy");
        struct run *run = run_expect(GRIDFORM(site, "plan"), 7);
        run_free(run);
        run_everything(site, i);
        take_back(site, &giving);
        expect_nowhere(site, &canary);
    }
}

/* ---- canaries as right passwords, which the servers send back
 * -------------------------------------- */

static void send_back(struct site *site, const struct system *system, const char *kind,
                      const char *operation, const char *value)
{
    json_t *fault =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "system", system->lab, "operation",
                  operation, "kind", kind, "times", 1000, "status", 500, "text",
                  json_sprintf("refused: password '%s' in %s", value, value));
    lab_post(&site->lab, "faults", fault);
    json_decref(fault);
}

static void error_texts(void **state)
{
    static const char *const kinds[] = {"error_text", "status"};
    (void)state;
    unsigned n_failed = 0;
    for (unsigned i = 24; i < 44; i++) {
        if (!sample_takes(i))
            continue;
        const struct system *system = &systems[i % N_SYSTEMS];
        const struct world_shape shape = {.n_hosts = 1, .hosts = {{.ecc = true}}};
        struct canary canary = make_canary(i);
        struct giving giving;
        struct site site;
        site_start_shape(&site, &shape, 60000);
        json_t *text = json_string(canary.value);
        char *quoted = json_dumps(text, JSON_ENCODE_ANY);
        edit_text(site.world, system->usual, quoted);
        site_fresh_lab(&site);
        give(&site, system, (enum form)(i % FORM_COUNT), &canary, &giving);
        if (i % 4 == 0) /* a state, a journal and a backup are there already */
            GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
        send_back(&site, system, kinds[i % 2],
                  system->operations[i / N_SYSTEMS % system->n_operations], canary.value);
        run_everything(&site, i);
        struct run *run = GRIDFORM(&site, "plan");
        n_failed += run->status == 7;
        run_free(run);
        expect_nowhere(&site, &canary);
        free(quoted);
        json_decref(text);
        site_stop(&site);
    }
    assert_true(n_failed >= sample_size(10)); /* the texts did come */
}

/* ---- commands that fail
 * ---------------------------------------------------------------------------- */

/* What a failing command prints, on either stream, may be half of a secret. */
static void failing_commands(void **state)
{
    static const char *const scripts[] = {
        "#!/bin/sh\ncat %s\ncat %s >&2\nexit 3\n",
        "#!/bin/sh\ncat %s %s >&2\n",
        "#!/bin/sh\ncat %s; echo; cat %s\nkill -9 $$\n",
        "#!/bin/sh\ncat %s >&2\nsleep 0; false %s\n",
        "#!/bin/sh\ncat %s\nprintf '\\n\\nmore %%s\\n' %s\n",
        "#!/bin/sh\necho \"$0: cannot unlock: $(cat %s)\" >&2; : %s\nexit 1\n"};
    struct site *site = *state;
    for (unsigned i = 44; i < N_CANARIES; i++) {
        if (!sample_takes(i))
            continue;
        struct canary canary = make_canary(i);
        char secret[256], program[256], text[800], manifest[256], reference[300];
        write_secret(site, "half", canary.value, secret, sizeof(secret));
        snprintf(program, sizeof(program), "%s/secrets/unlock", site->dir);
        FILE *file = fopen(program, "we");
        snprintf(text, sizeof(text), "%s", scripts[i - 44]);
        fprintf(file, "%.*s%s", (int)(strstr(text, "%s") - text), text, secret);
        char *rest = strstr(text, "%s") + 2, *second = strstr(rest, "%s");
        fprintf(file, "%.*s%s%s", (int)(second - rest), rest, secret, second + 2);
        fclose(file);
        chmod(program, 0700);
        snprintf(manifest, sizeof(manifest), "%s/site.yaml", site->manifest);
        snprintf(reference, sizeof(reference), "{ command: [%s] }", program);
        edit_text(manifest, "{ env: VSPHERE_PASSWORD }", reference);
        run_free(run_expect(GRIDFORM(site, "plan"), 7));
        run_everything(site, i);
        edit_text(manifest, reference, "{ env: VSPHERE_PASSWORD }");
        expect_nowhere(site, &canary);
    }
}

/* A search that finds nothing proves something only if it can find. */
static void the_search_finds(void **state)
{
    struct site *site = *state;
    char path[200];
    snprintf(path, sizeof(path), "%s/runs/planted", site->dir);
    write_text(path, "x Kanarie99Xq0Z y");
    char *found = find_in_files(site->dir, "Kanarie99Xq0Z");
    assert_non_null(found);
    assert_string_equal(found, path);
    free(found);
    unlink(path);
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct site *site = calloc(1, sizeof(*site));
    site_start_shape(site, &shape, 60000);
    GRIDFORM_EXPECT(site, 0, "apply", "--yes");
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
        cmocka_unit_test(the_search_finds),
        cmocka_unit_test(wrong_passwords),
        cmocka_unit_test(error_texts),
        cmocka_unit_test(failing_commands),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
