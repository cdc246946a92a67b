/* test_e2e_objects.c: objects come and go: what is there already is taken over only when
 * somebody says so, what leaves the files is removed in the right order, what cannot be seen is
 * left alone, and plan and state name the commit that they come from. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <git2.h>

#include "../harness/unit.h"
#include "site.h"
#include "still.h"
#include "world_normal.h"
#include "worlds.h"

enum { N_MADE = 6 };

/* Everything that the example makes; hosts are only kept. */
static const char *const made[N_MADE] = {
    "blueprint/Tensorflow-GPU",          "catalog_service/Machine Learning",
    "customization_spec/centos-ml",      "entitlement/ml-users",
    "software_component/Tensorflow-GPU", "template/centos72-vra-nvidia"};

static struct world_shape small(unsigned n_hosts)
{
    return (struct world_shape){
        .n_hosts = n_hosts, .hosts = {host_as_wanted(), host_as_wanted(), host_as_wanted()}};
}

static void start(struct site *site, unsigned n_hosts)
{
    const struct world_shape shape = small(n_hosts);
    site_start_shape(site, &shape, 0);
}

static void edit(const struct site *site, const char *file, const char *old, const char *new)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", site->manifest, file);
    edit_text(path, old, new);
}

static json_t *plan_json(struct site *site, int status)
{
    struct run *run = run_expect(GRIDFORM(site, "plan", "--json"), status);
    json_t *plan = run_json(run);
    run_free(run);
    return plan;
}

static void expect_action(const json_t *plan, const char *address, const char *action)
{
    const json_t *change = plan_change(plan, address);
    if (change == NULL || strcmp(json_text_at(change, "action"), action) != 0)
        fail_long("%s: not %s but %s", address, action,
                  change == NULL ? "no change" : json_text_at(change, "action"));
}

/* ---- what is there already
 * -------------------------------------------------------------------- */

/* The identifier of vRA's object of that list and name; caller frees. */
static char *vra_id(const struct site *site, const char *list, const char *name)
{
    json_t *objects = lab_look(&site->lab, "vra/%s", list), *object;
    const char *id;
    char *found = NULL;
    json_object_foreach(objects, id, object) if (strcmp(json_text_at(object, "name"), name) ==
                                                 0) found = strdup(id);
    json_decref(objects);
    if (found == NULL)
        fail_long("no %s in %s", name, list);
    return found;
}

static void describe(const struct site *site, const char *list, const char *name,
                     const char *text)
{
    char *id = vra_id(site, list, name), json[200];
    snprintf(json, sizeof(json), "\"%s\"", text);
    lab_poke(&site->lab, json, "vra/%s/%s/description", list, id);
    free(id);
}

/* Take gridform's marks off everything, as if people had made it by hand. */
static void remove_marks(const struct site *site)
{
    const struct lab *lab = &site->lab;
    json_t *vms = lab_look(lab, "vms"), *vm;
    const char *name;
    json_object_foreach(vms, name, vm) if (strcmp(name, "centos72-base") != 0)
    {
        lab_poke(lab, "null", "vms/%s/extra/gridform.lineage", name);
        lab_poke(lab, "null", "vms/%s/extra/gridform.address", name);
    }
    json_decref(vms);
    lab_poke(lab, "\"\"", "specs/centos-ml/description");
    describe(site, "services", "Machine Learning", "Machines for machine learning");
    describe(site, "entitlements", "ml-users", "");
    describe(site, "components", "Tensorflow-GPU",
             "TensorFlow notebooks in a container (tensorflow/tensorflow:latest-gpu-py3)");
    describe(site, "blueprints", "Tensorflow-GPU",
             "A machine with a quarter of a Tesla P100 and TensorFlow");
}

static void unmarked_objects_are_refused(struct site *site)
{
    static const char *const commands[][3] = {{"plan"}, {"apply", "--yes"}};
    for (size_t c = 0; c < ARRAY_LEN(commands); c++) {
        struct run *run = still_run(site, 6, commands[c]);
        for (size_t i = 0; i < N_MADE; i++) {
            char hint[100];
            snprintf(hint, sizeof(hint), "--adopt '%s'", made[i]);
            run_says(run, hint);
        }
        run_says(run, "exists, not managed here");
        run_says(run, "service.yaml:8)");
        run_says_not(run, "lineage");
        run_free(run);
    }
}

static void foreign_objects_are_adopted_when_named(void **state)
{
    (void)state;
    struct site site;
    start(&site, 1);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    site_lose_state(&site);
    remove_marks(&site);
    unmarked_objects_are_refused(&site);
    /* Half of them by name, half in the files. */
    edit(&site, "service.yaml", "network: dhcp }",
         "network: dhcp, lifecycle: { adopt: true } }");
    edit(&site, "service.yaml", "for machine learning }",
         "for machine learning, lifecycle: { adopt: true } }");
    edit(&site, "service.yaml", "    base: centos72-base\n",
         "    base: centos72-base\n    lifecycle: { adopt: true }\n");
    struct run *run = STILL(&site, 6, "apply", "--yes", "--adopt", made[0]);
    run_says(run, "entitlement/ml-users");
    run_says_not(run, "--adopt 'template/centos72-vra-nvidia'");
    run_free(run);
    char *before = lab_normal(&site.lab);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes", "--adopt", made[0], "--adopt", made[3],
                    "--adopt", made[4]);
    GRIDFORM_EXPECT(&site, 0, "plan", "--detailed-exitcode");
    char *after = lab_normal(&site.lab);
    expect_same_world(before, after, "adoption takes objects over as they are");
    free(before);
    free(after);
    site_stop(&site);
}

/* An adopted object that differs is changed, not made anew. */
static void adopted_object_is_brought_into_shape(void **state)
{
    (void)state;
    struct site site;
    start(&site, 1);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    char *before = vra_id(&site, "services", "Machine Learning");
    site_lose_state(&site);
    describe(&site, "services", "Machine Learning", "Made by hand");
    struct run *run =
        run_expect(GRIDFORM(&site, "plan", "--adopt", "catalog_service/Machine Learning"), 6);
    run_says(run, "Made by hand");
    run_free(run);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes", "--adopt", made[0], "--adopt", made[1],
                    "--adopt", made[2], "--adopt", made[3], "--adopt", made[4], "--adopt",
                    made[5]);
    char *after = vra_id(&site, "services", "Machine Learning");
    assert_string_equal(before, after);
    json_t *text = lab_look(&site.lab, "vra/services/%s/description", after);
    assert_memory_equal(json_string_value(text), "Machines for machine learning", 29);
    GRIDFORM_EXPECT(&site, 0, "plan", "--detailed-exitcode");
    free(before);
    free(after);
    json_decref(text);
    site_stop(&site);
}

/* ---- removal
 * ------------------------------------------------------------------------------------ */

/* Where in the list of events something went; fails when it did not. */
static size_t gone_at(const json_t *events, const char *event, const char *words)
{
    size_t i;
    json_t *each;
    json_array_foreach(
        events, i, each) if (strcmp(json_text_at(each, "event"), event) == 0 &&
                             (strstr(json_text_at(each, "object"), words) != NULL ||
                              strstr(json_text_at(each, "detail"), words) != NULL)) return i;
    fail_long("no %s of %s in %s", event, words, json_dumps(events, 0));
    return 0;
}

static void removed_in_order(const struct site *site)
{
    static const char *const last[][2] = {{"vra_deleted", "ervice"},
                                          {"vra_deleted", "omponent"},
                                          {"vm_destroyed", "centos72-vra-nvidia-"},
                                          {"spec_deleted", "centos-ml"}};
    json_t *events = lab_events(&site->lab);
    size_t blueprint = gone_at(events, "vra_deleted", "lueprint");
    assert_true(gone_at(events, "vra_deleted", "ntitlement") < blueprint);
    for (size_t i = 0; i < ARRAY_LEN(last); i++)
        assert_true(blueprint < gone_at(events, last[i][0], last[i][1]));
    json_decref(events);
}

static void only_hosts_are_left(struct site *site)
{
    json_t *world = lab_world(&site->lab);
    static const char *const gone[] = {"specs", "vra/services", "vra/entitlements",
                                       "vra/blueprints", "vra/components"};
    for (size_t i = 0; i < ARRAY_LEN(gone); i++)
        if (json_object_size(json_at(world, "%s", gone[i])) != 0)
            fail_long("%s are still there", gone[i]);
    assert_int_equal(json_object_size(json_at(world, "vms")), 1);
    json_decref(world);
    struct run *run = run_expect(GRIDFORM(site, "state", "list"), 0);
    assert_string_equal(run->out, "host/esx-gpu-01.lab.local\nhost/esx-gpu-02.lab.local\n");
    run_free(run);
}

/* Everything leaves the files at once; then one host leaves its pool, then the pool goes. */
static void what_leaves_the_files_is_removed(void **state)
{
    (void)state;
    struct site site;
    char path[300];
    start(&site, 2);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    snprintf(path, sizeof(path), "%s/service.yaml", site.manifest);
    write_text(path, "gridform: 1\n");
    json_t *plan = plan_json(&site, 0);
    for (size_t i = 0; i < N_MADE; i++)
        expect_action(plan, made[i], "delete");
    assert_int_equal(json_array_size(json_at(plan, "changes")), N_MADE);
    assert_int_equal(json_int_at(plan, "impact/delete"), N_MADE);
    assert_int_equal(json_int_at(plan, "impact/data_loss"), N_MADE);
    json_decref(plan);
    lab_forget(&site.lab);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    removed_in_order(&site);
    only_hosts_are_left(&site);
    edit(&site, "site.yaml", "esx-gpu-{01..02}.lab.local", "esx-gpu-01.lab.local");
    struct run *run = STILL(&site, 0, "apply", "--yes");
    run_says(run, "esx-gpu-02.lab.local");
    run_says(run, "leaves the state");
    run_free(run);
    run = run_expect(GRIDFORM(&site, "state", "list"), 0);
    assert_string_equal(run->out, "host/esx-gpu-01.lab.local\n");
    run_free(run);
    GRIDFORM_EXPECT(&site, 0, "plan", "--detailed-exitcode");
    site_stop(&site);
}

/* One of several: what it was used by is changed first. */
static void service_leaves_its_entitlement(void **state)
{
    (void)state;
    struct site site;
    start(&site, 1);
    edit(&site, "service.yaml", "catalog_services:\n",
         "catalog_services:\n  Another: { description: One more }\n");
    edit(&site, "service.yaml", "services: [Machine Learning]",
         "services: [Machine Learning, Another]");
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    edit(&site, "service.yaml", "  Another: { description: One more }\n", "");
    struct run *run = STILL(&site, 1, "plan"); /* the entitlement still names it */
    run_says(run, "Another");
    run_says(run, "service.yaml:");
    run_free(run);
    edit(&site, "service.yaml", "services: [Machine Learning, Another]",
         "services: [Machine Learning]");
    json_t *plan = plan_json(&site, 0);
    expect_action(plan, "catalog_service/Another", "delete");
    expect_action(plan, "entitlement/ml-users", "update");
    assert_true(json_int_at(plan_change(plan, "entitlement/ml-users"), "wave") <
                json_int_at(plan_change(plan, "catalog_service/Another"), "wave"));
    json_decref(plan);
    site_converge(&site);
    site_stop(&site);
}

static void protected_objects_stay(void **state)
{
    (void)state;
    struct site site;
    start(&site, 1);
    edit(&site, "service.yaml", "network: dhcp }",
         "network: dhcp, lifecycle: { prevent_destroy: true } }");
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    edit(&site, "service.yaml",
         "customization_specs:\n  centos-ml:", "customization_specs:\n  b:");
    edit(&site, "service.yaml", "customization: centos-ml", "customization: b");
    struct run *run = STILL(&site, 6, "apply", "--yes");
    run_says(run, "customization_spec/centos-ml");
    run_says(run, "prevent_destroy");
    run_free(run);
    site_stop(&site);
}

/* ---- partial sight
 * ------------------------------------------------------------------------------- */

static void calls_of_host(const struct site *site, const char *host, size_t *ret_changing)
{
    json_t *calls = lab_calls(&site->lab), *call;
    size_t i;
    *ret_changing = 0;
    json_array_foreach(calls, i, call) if (json_true_at(call, "changing") &&
                                           strcmp(json_text_at(call, "object"), host) ==
                                               0)++ *ret_changing;
    json_decref(calls);
}

/* The SSH service of one of three hosts is stopped: the others are changed, that one only as
 * far as vCenter alone will do, and the exit status tells. */
static void host_without_shell_is_left_alone(void **state)
{
    (void)state;
    struct site site;
    struct world_shape shape = small(3);
    for (unsigned i = 0; i < 3; i++)
        shape.hosts[i] = (struct host_shape){.driver = DRIVER_PRESENT, .ecc = true};
    shape.hosts[1].ssh_stopped = true;
    site_start_shape(&site, &shape, 0);
    struct run *run = run_expect(GRIDFORM(&site, "plan", "--detailed-exitcode"), 7);
    run_says(run, "Not readable, left alone");
    run_says(run, "esx-gpu-02.lab.local");
    run_free(run);
    run = run_expect(GRIDFORM(&site, "apply", "--yes"), 7);
    run_free(run);
    json_t *world = lab_world(&site.lab);
    for (unsigned i = 1; i <= 3; i++) {
        const json_t *host = json_at(world, "hosts/esx-gpu-%02u.lab.local", i);
        assert_int_equal(json_true_at(host, "gpus/0/ecc_current"), i == 2);
        assert_string_equal(json_text_at(host, "power_policy"), "dynamic");
    }
    assert_int_equal(json_object_size(json_at(world, "vra/blueprints")), 1);
    assert_int_equal(json_object_size(json_at(world, "vra/entitlements")), 1);
    json_t *events = lab_events(&site.lab);
    assert_int_equal(events_count(events, "host_rebooted", "esx-gpu-02.lab.local"), 0);
    assert_int_equal(events_count(events, "maintenance_entered", "esx-gpu-02.lab.local"), 0);
    assert_int_equal(events_count(events, "host_rebooted", "esx-gpu-03.lab.local"), 1);
    json_decref(events);
    json_decref(world);
    size_t changing;
    calls_of_host(&site, "esx-gpu-02.lab.local", &changing);
    assert_int_equal(changing, 0); /* those of the shell; vCenter's name the host by its id */
    run = STILL(&site, 7, "apply", "--yes");
    run_free(run);
    lab_poke(&site.lab, "true", "hosts/esx-gpu-02.lab.local/services/TSM-SSH/running");
    lab_poke(&site.lab, "\"on\"", "hosts/esx-gpu-02.lab.local/services/TSM-SSH/policy");
    site_converge(&site);
    lab_poke(&site.lab, "false", "hosts/esx-gpu-02.lab.local/services/TSM-SSH/running");
    run = STILL(&site, 7, "drift");
    run_says(run, "esx-gpu-02.lab.local");
    run_free(run);
    site_stop(&site);
}

/* ---- the commit
 * ------------------------------------------------------------------------------------ */

/* Commit everything below the directory; returns the identifier's first 12 digits. */
static void commit_all(const char *directory, char ret[static 13])
{
    git_repository *repository = NULL;
    git_index *index = NULL;
    git_tree *tree = NULL;
    git_signature *who = NULL;
    git_oid tree_id, id;
    git_strarray all = {(char *[]){(char[]){"*"}}, 1};
    git_libgit2_init();
    if (git_repository_init(&repository, directory, 0) < 0 ||
        git_repository_index(&index, repository) < 0 ||
        git_index_add_all(index, &all, 0, NULL, NULL) < 0 || git_index_write(index) < 0 ||
        git_index_write_tree(&tree_id, index) < 0 ||
        git_tree_lookup(&tree, repository, &tree_id) < 0 ||
        git_signature_new(&who, "A", "a@lab.local", 1500000000, 0) < 0 ||
        git_commit_create_v(&id, repository, "HEAD", who, who, NULL, "all", tree, 0) < 0)
        fail_long("git: %s", git_error_last()->message);
    git_oid_tostr(ret, 13, &id);
    git_signature_free(who);
    git_tree_free(tree);
    git_index_free(index);
    git_repository_free(repository);
}

static void expect_commit(struct site *site, const char *commit)
{
    json_t *plan = plan_json(site, 0);
    const json_t *named = json_at(plan, "commit");
    if (commit == NULL)
        assert_true(json_is_null(named));
    else
        assert_string_equal(json_string_value(named), commit);
    json_decref(plan);
    char *text = file_text("%s", site->state);
    char wanted[60];
    snprintf(wanted, sizeof(wanted), "\"commit\":\"%s\"", commit);
    if (text != NULL &&
        (strstr(text, commit == NULL ? "\"commit\":\"" : wanted) == NULL) != (commit == NULL))
        fail_long("the state should name the commit %s\n%s", commit, text);
    free(text);
}

static void commit_is_named(void **state)
{
    (void)state;
    struct site site;
    char commit[13], dirty[40];
    start(&site, 1);
    expect_commit(&site, NULL);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    expect_commit(&site, NULL);
    commit_all(site.manifest, commit);
    edit(&site, "service.yaml", "Machines for machine", "Many machines for machine");
    snprintf(dirty, sizeof(dirty), "%s-dirty", commit);
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    expect_commit(&site, dirty);
    edit(&site, "service.yaml", "Many machines for machine", "Machines for machine");
    GRIDFORM_EXPECT(&site, 0, "apply", "--yes");
    expect_commit(&site, commit);
    struct run *run = run_expect(GRIDFORM(&site, "plan"), 0);
    run_says(run, commit);
    run_free(run);
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_objects_are_adopted_when_named),
        cmocka_unit_test(adopted_object_is_brought_into_shape),
        cmocka_unit_test(what_leaves_the_files_is_removed),
        cmocka_unit_test(service_leaves_its_entitlement),
        cmocka_unit_test(protected_objects_stay),
        cmocka_unit_test(host_without_shell_is_left_alone),
        cmocka_unit_test(commit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
