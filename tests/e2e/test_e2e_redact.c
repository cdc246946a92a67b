/* test_e2e_redact.c: no secret is ever seen, wherever it comes from: 50 of them are passwords
 * that are right or wrong, what servers echo, what programs print, and values that do not
 * belong into the files; none is found in any output, state, journal, backup, lock, saved plan,
 * or in the lab's record of calls. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "canary.h"
#include "sample.h"
#include "site.h"
#include "still.h"
#include "strbuf.h"
#include "worlds.h"

enum { N_PROVIDERS = 3, N_SOURCES = 4 };
enum source { FROM_ENV, FROM_FILE, FROM_COMMAND, FROM_CREDENTIAL };

struct secrets_test {
    struct site site;
    struct canary canaries[CANARIES];
    unsigned next; /* canary that has not been used */
    char env[N_PROVIDERS + 1][200];
    const char *passwords[N_PROVIDERS]; /* that the servers accept */
    char *site_yaml;
};

static const struct {
    const char *name, *variable, *lab_password, *lab_system, *read;
} providers[N_PROVIDERS] = {
    {"vsphere", "VSPHERE_PASSWORD", "lab-vsphere-secret", "vcenter", "RetrievePropertiesEx"},
    {"esxi", "ESXI_PASSWORD", "lab-esxi-secret", "shell", "nvidia-smi -q"},
    {"vra", "VRA_PASSWORD", "lab-vra-secret", "vra",
     "GET /composition-service/api/blueprints"}};

static const char *new_canary(struct secrets_test *t)
{
    assert_true(t->next < CANARIES);
    return t->canaries[t->next++].value;
}

/* ---- the world and the manifest -------------------------------------------------------------
 */

/* Every `old` becomes `new`; caller frees. */
static char *replace_all(const char *text, const char *old, const char *new)
{
    struct strbuf out;
    strbuf_init(&out, 1 << 20);
    for (const char *at; (at = strstr(text, old)) != NULL; text = at + strlen(old)) {
        strbuf_add_mem(&out, text, (size_t)(at - text));
        strbuf_add(&out, new);
    }
    strbuf_add(&out, text);
    char *result = strdup(strbuf_str(&out));
    strbuf_release(&out);
    return result;
}

/* As a text between single quotes of YAML. */
static char *yaml_quoted(const char *text)
{
    char *doubled = replace_all(text, "'", "''"), *result = NULL;
    if (asprintf(&result, "'%s'", doubled) < 0)
        abort();
    free(doubled);
    return result;
}

/* A fresh world whose servers accept these passwords. */
static void set_server_passwords(struct secrets_test *t, const struct world_shape *shape)
{
    world_write(shape, t->site.world);
    char *text = file_text("%s", t->site.world);
    for (size_t p = 0; p < N_PROVIDERS; p++) {
        t->passwords[p] = new_canary(t);
        char *quoted = yaml_quoted(t->passwords[p]);
        char *changed = replace_all(text, providers[p].lab_password, quoted);
        free(quoted);
        free(text);
        text = changed;
    }
    write_text(t->site.world, text);
    free(text);
    site_fresh_lab(&t->site);
    site_lose_state(&t->site);
}

static void store(const struct secrets_test *t, const char *name, const char *secret)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/secrets/%s", t->site.dir, name);
    write_text(path, secret);
    chmod(path, 0600);
}

static void reference(struct secrets_test *t, enum source source, size_t p, const char *secret,
                      char *ret, size_t size)
{
    const char *name = providers[p].name;
    unsetenv(providers[p].variable);
    if (source == FROM_ENV)
        snprintf(ret, size, "{ env: %s }", providers[p].variable);
    else if (source == FROM_FILE)
        snprintf(ret, size, "{ file: %s/secrets/%s }", t->site.dir, name);
    else if (source == FROM_COMMAND)
        snprintf(ret, size, "{ command: [cat, %s/secrets/%s] }", t->site.dir, name);
    else
        snprintf(ret, size, "{ credential: %s }", name);
    store(t, name, secret);
    snprintf(t->env[p], sizeof(t->env[p]), "%s=%s", providers[p].variable,
             source == FROM_ENV ? secret : "unused");
    t->site.env[p] = t->env[p];
}

/* The files refer to these secrets, all through one kind of source. */
static void refer_to(struct secrets_test *t, enum source source,
                     const char *const secrets[N_PROVIDERS])
{
    char path[200], *text = strdup(t->site_yaml);
    for (size_t p = 0; p < N_PROVIDERS; p++) {
        char old[80], new[300];
        snprintf(old, sizeof(old), "{ env: %s }", providers[p].variable);
        reference(t, source, p, secrets[p], new, sizeof(new));
        char *changed = replace_all(text, old, new);
        free(text);
        text = changed;
    }
    snprintf(path, sizeof(path), "%s/site.yaml", t->site.manifest);
    write_text(path, text);
    free(text);
    snprintf(t->env[N_PROVIDERS], sizeof(t->env[0]), "CREDENTIALS_DIRECTORY=%s/secrets",
             t->site.dir);
    t->site.env[N_PROVIDERS] = t->env[N_PROVIDERS];
}

/* ---- runs
 * --------------------------------------------------------------------------------------- */

static void run_and_forget(struct secrets_test *t, const char *const *words)
{
    run_free(site_run(&t->site, words));
}
#define RUN(t, ...) run_and_forget((t), (const char *const[]){__VA_ARGS__, NULL})

static void all_commands(struct secrets_test *t)
{
    char plan[200], snapshot[200];
    snprintf(plan, sizeof(plan), "%s/plan", t->site.dir);
    snprintf(snapshot, sizeof(snapshot), "%s/plan.snapshot", t->site.dir);
    RUN(t, "validate");
    RUN(t, "snapshot", "--out", snapshot);
    RUN(t, "plan", "--live", snapshot, "--json");
    RUN(t, "plan", "--out", plan);
    RUN(t, "plan", "--json");
    RUN(t, "graph", "--format", "dot");
    RUN(t, "drift");
    RUN(t, "drift", "--json");
    RUN(t, "show");
    RUN(t, "show", "--json");
    RUN(t, "state", "list");
    RUN(t, "state", "show", "host/esx-gpu-01.lab.local");
    RUN(t, "state", "show", "software_component/Tensorflow-GPU", "--json");
}

/* A run that a kill ends leaves its journal, lock and backup behind. */
static void killed_apply(struct secrets_test *t)
{
    lab_hold(&t->site.lab, 4);
    struct child child =
        site_launch(&t->site, (const char *const[]){"apply", "--yes", "--json", NULL});
    assert_true(lab_is_held(&t->site.lab, 20000));
    site_kill(&child);
    lab_release(&t->site.lab, false);
    lab_hold(&t->site.lab, 0);
    assert_true(file_exists("%s.journal", t->site.state));
}

static void add_fault(struct secrets_test *t, size_t p, const char *operation, const char *kind,
                      const char *text)
{
    json_t *fault = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "system",
                              providers[p].lab_system, "operation", operation, "kind", kind,
                              "text", text, "times", 1000, "status", 500);
    char *dump = json_dumps(fault, 0);
    lab_fault(&t->site.lab, dump);
    free(dump);
    json_decref(fault);
}

/* What a careless server, or a proxy before it, may answer. */
static char *echo_of(const char *secret)
{
    char *base64 = text_base64(secret), *percent = text_percent(secret), *echo = NULL;
    if (asprintf(&echo, "<html>no such user, tried %s and password=%s&b=%s (\"%s\")</html>",
                 secret, percent, base64, secret) < 0)
        abort();
    free(base64);
    free(percent);
    return echo;
}

static void servers_echo(struct secrets_test *t, const char *const secrets[N_PROVIDERS])
{
    static const char *const kinds[] = {"error_text", "status"};
    for (size_t p = 0; p < N_PROVIDERS; p++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            char *echo = echo_of(secrets[p]);
            add_fault(t, p, k == 0 ? providers[p].read : "*", kinds[k], echo);
            RUN(t, "plan", "--json");
            RUN(t, k == 0 ? "drift" : "show");
            RUN(t, "apply", "--yes", k == 0 ? "--json" : "--no-color");
            lab_no_faults(&t->site.lab);
            free(echo);
        }
}

/* Steps that fail with such a text: in events, summaries, and in the state's outcomes. */
static void steps_fail(struct secrets_test *t)
{
    static const char *const steps[N_PROVIDERS] = {
        "ConfigurePowerPolicy", "esxcli graphics host set",
        "PUT /composition-service/api/blueprintdocuments/{id}"};
    for (size_t p = 0; p < N_PROVIDERS; p++) {
        char *echo = echo_of(t->passwords[p]);
        add_fault(t, p, steps[p], "error_text", echo);
        free(echo);
    }
    struct run *run = run_expect(GRIDFORM(&t->site, "apply", "--yes"), 3);
    run_says(run, "***");
    run_free(run);
    lab_no_faults(&t->site.lab);
}

static void expect_none(struct secrets_test *t, const char *what)
{
    canaries_expect_none(t->canaries, &t->site, what);
}

/* ---- rounds
 * --------------------------------------------------------------------------------------- */

/* Right passwords, all ways to fail with them, then wrong ones. 3 + 3 canaries. */
static void round_of(struct secrets_test *t, enum source source)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {{.driver = DRIVER_PRESENT}}};
    if (!sample_takes(source)) {
        for (size_t i = 0; i < 2 * N_PROVIDERS; i++) /* the later ones stay what they are */
            (void)new_canary(t);
        return;
    }
    set_server_passwords(t, &shape);
    refer_to(t, source, t->passwords);
    lab_hold(&t->site.lab, 0);
    if (source == FROM_ENV)
        all_commands(t);
    steps_fail(t);
    expect_none(t, "steps that fail");
    killed_apply(t);
    RUN(t, "apply", "--yes", "--json"); /* a host may still be on its way up */
    expect_none(t, "an apply that was killed");
    GRIDFORM_EXPECT(&t->site, 0, "apply", "--yes", "--json");
    GRIDFORM_EXPECT(&t->site, 0, "plan", "--detailed-exitcode");
    all_commands(t);
    servers_echo(t, t->passwords);
    expect_none(t, "servers that echo");
    const char *wrong[N_PROVIDERS];
    for (size_t p = 0; p < N_PROVIDERS; p++)
        wrong[p] = new_canary(t);
    refer_to(t, source, wrong);
    struct run *run = run_expect(GRIDFORM(&t->site, "plan"), 7);
    run_says(run, "vsphere");
    run_free(run);
    all_commands(t);
    if (source == FROM_COMMAND)
        servers_echo(t, wrong);
    expect_none(t, "wrong passwords");
}

static void from_the_environment(void **state)
{
    round_of(*state, FROM_ENV);
}

static void from_files(void **state)
{
    round_of(*state, FROM_FILE);
}

static void from_commands(void **state)
{
    round_of(*state, FROM_COMMAND);
}

static void from_credentials(void **state)
{
    round_of(*state, FROM_CREDENTIAL);
}

/* The site.yaml with something else for vSphere's reference. */
static void write_reference(struct secrets_test *t, const char *format, const char *secret)
{
    char path[200], *quoted = yaml_quoted(secret);
    char *new = replace_all(format, "SECRET", quoted);
    char *text = replace_all(t->site_yaml, "{ env: VSPHERE_PASSWORD }", new);
    snprintf(path, sizeof(path), "%s/site.yaml", t->site.manifest);
    write_text(path, text);
    free(text);
    free(new);
    free(quoted);
}

/* Programs that print the secret where it does not belong, or fail after printing it. */
static void commands_that_fail(void **state)
{
    struct secrets_test *t = *state;
    static const char *const references[] = {
        "{ command: [sh, -c, 'cat >&2 \"$1\"; exit 1', sh, FILE] }",
        "{ command: [sh, -c, 'cat \"$1\"; exit 3', sh, FILE] }",
        "{ command: [sh, -c, 'cat \"$1\" \"$1\"; kill -9 $$', sh, FILE] }",
        "{ command: [sh, -c, 'cat \"$1\"; printf \"\\000\"', sh, FILE] }",
        "{ command: [false, SECRET] }",
        "{ command: [no-such-program, SECRET] }",
        "{ command: [cat, /nowhere, SECRET] }"};
    for (size_t i = 0; i < ARRAY_LEN(references); i++) {
        char path[200];
        const char *secret = new_canary(t);
        snprintf(path, sizeof(path), "%s/secrets/command", t->site.dir);
        store(t, "command", secret);
        char *text = replace_all(references[i], "FILE", path);
        write_reference(t, text, secret);
        free(text);
        struct run *run = STILL(&t->site, 7, "plan");
        run_says(run, "password");
        run_free(run);
        RUN(t, "apply", "--yes");
    }
    expect_none(t, "commands that fail");
}

/* A file that others can read is not used; what is in it is not shown. */
static void open_file(void **state)
{
    struct secrets_test *t = *state;
    char text[300], path[200];
    const char *secret = new_canary(t);
    store(t, "open", secret);
    snprintf(path, sizeof(path), "%s/secrets/open", t->site.dir);
    chmod(path, 0644);
    snprintf(text, sizeof(text), "{ file: %s }", path);
    write_reference(t, text, secret);
    struct run *run = STILL(&t->site, 7, "plan");
    run_says(run, "secrets/open");
    run_free(run);
    expect_none(t, "a file that is open to others");
}

/* Secrets in the files themselves, in places and shapes that people try. */
static void literal_secrets(void **state)
{
    struct secrets_test *t = *state;
    static const char *const literals[] = {"SECRET",
                                           "{ env: VSPHERE_PASSWORD, value: SECRET }",
                                           "{ value: SECRET }",
                                           "[SECRET]",
                                           "{ env: SECRET }",
                                           "{ credential: SECRET }",
                                           "SECRET\n    token: SECRET",

                                           "{ env: VSPHERE_PASSWORD }\n    passwrod: SECRET",
                                           "{ env: VSPHERE_PASSWORD }\n    api_token: SECRET",
                                           "{ env: VSPHERE_PASSWORD\n    password: SECRET",
                                           "SECRET }\n  }: [",
                                           "!!binary SECRET",
                                           "&anchor SECRET",
                                           "\n      SECRET",
                                           "{ file: [SECRET] }"};
    for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
        write_reference(t, literals[i], new_canary(t));
        struct run *run = STILL(&t->site, 1, "plan");
        run_says(run, "site.yaml:");
        run_free(run);
        RUN(t, "validate");
        RUN(t, "apply", "--yes");
        expect_none(t, literals[i]);
    }
}

/* A password that somebody pasted into a script, or into a description. */
static void password_in_a_script(void **state)
{
    struct secrets_test *t = *state;
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    char path[300], line[300];
    set_server_passwords(t, &shape);
    refer_to(t, FROM_ENV, t->passwords);
    snprintf(path, sizeof(path), "%s/software/tensorflow-gpu.sh", t->site.manifest);
    snprintf(line, sizeof(line), "port=8888\nlogin='%s'", t->passwords[1]);
    edit_text(path, "port=8888", line);
    static const char *const commands[][3] = {
        {"plan"}, {"plan", "--json"}, {"apply", "--yes"}, {"show"}, {"drift"}};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        run_free(still_run(&t->site, 1, commands[i]));
    struct run *run = STILL(&t->site, 1, "plan");
    run_says(run, "software_component/Tensorflow-GPU");
    run_says(run, "install.script");
    run_says(run, "service.yaml:");
    run_free(run);
    edit_text(path, line, "port=8888");
    expect_none(t, "a password in a script");
}

static char *service_id(const struct site *site)
{
    json_t *services = lab_look(&site->lab, "vra/services"), *service;
    const char *key;
    char *id = NULL;
    json_object_foreach(services, key, service) id = strdup(key);
    json_decref(services);
    assert_non_null(id);
    return id;
}

/* One that stands in the world: nobody's fault here, but not to be shown either. */
static void password_in_the_world(void **state)
{
    struct secrets_test *t = *state;
    GRIDFORM_EXPECT(&t->site, 0, "apply", "--yes");
    char *id = service_id(&t->site);
    json_t *text = json_string(t->passwords[2]);
    char *json = json_dumps(text, JSON_ENCODE_ANY);
    lab_poke(&t->site.lab, json, "vra/services/%s/description", id);
    free(json);
    json_decref(text);
    free(id);
    all_commands(t);
    struct run *run = run_expect(GRIDFORM(&t->site, "drift"), 2);
    run_says(run, "***");
    run_free(run);
    char plan[200], snapshot[200];
    snprintf(plan, sizeof(plan), "%s/plan", t->site.dir);
    snprintf(snapshot, sizeof(snapshot), "%s/plan.snapshot", t->site.dir);
    GRIDFORM_EXPECT(&t->site, 0, "snapshot", "--out", snapshot);
    run = run_expect(GRIDFORM(&t->site, "drift", "--live", snapshot), 2);
    run_says(run, "***");
    run_free(run);
    GRIDFORM_EXPECT(&t->site, 0, "plan", "--out", plan);
    GRIDFORM_EXPECT(&t->site, 0, "apply", plan);
    GRIDFORM_EXPECT(&t->site, 0, "drift");
    expect_none(t, "a password in the world");
}

/* ----------------------------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    struct secrets_test *t = calloc(1, sizeof(*t));
    const struct world_shape shape = {.n_hosts = 1};
    char path[200];
    canaries_make(t->canaries);
    site_start_shape(&t->site, &shape, 0);
    snprintf(path, sizeof(path), "%s/secrets", t->site.dir);
    mkdir(path, 0700);
    t->site_yaml = file_text("%s/site.yaml", t->site.manifest);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct secrets_test *t = *state;
    site_stop(&t->site);
    free(t->site_yaml);
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_environment),  cmocka_unit_test(from_files),
        cmocka_unit_test(from_commands),         cmocka_unit_test(from_credentials),
        cmocka_unit_test(commands_that_fail),    cmocka_unit_test(open_file),
        cmocka_unit_test(literal_secrets),       cmocka_unit_test(password_in_a_script),
        cmocka_unit_test(password_in_the_world),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
