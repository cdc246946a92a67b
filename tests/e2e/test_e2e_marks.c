/* test_e2e_marks.c: whose is what. Machines that vRA clones from our template carry its mark
 * and are not ours; what exists and is not in the state is refused until it is named; nothing
 * is destroyed on the word of a mark. */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"
#include "worlds.h"

enum { N_MACHINES = 16 };

#define SERVICE_FILE "service.yaml"

static const char *const addresses[] = {
    "blueprint/Tensorflow-GPU",          "catalog_service/Machine Learning",
    "customization_spec/centos-ml",      "entitlement/ml-users",
    "software_component/Tensorflow-GPU", "template/centos72-vra-nvidia"};

struct test {
    struct site site;
    char lineage[40], template[64];
};

static void read_lineage(struct test *test)
{
    char *text = file_text("%s", test->site.state);
    char *at = text == NULL ? NULL : strstr(text, "\"lineage\":\"");
    if (at == NULL)
        fail_msg("the state has no lineage");
    snprintf(test->lineage, sizeof(test->lineage), "%.32s", at + 11);
    free(text);
}

static void find_template(struct test *test, const json_t *world)
{
    const char *name;
    json_t *vm;
    json_object_foreach(json_object_get(world, "vms"), name,
                        vm) if (strncmp(name, "centos72-vra-nvidia-", 20) == 0)
        snprintf(test->template, sizeof(test->template), "%s", name);
}

/* The machines of the users, as JSON text: equal before and after. */
static char *users_machines(const struct site *site, size_t *ret_n)
{
    json_t *world = lab_world(&site->lab), *found = json_object(), *vm;
    const char *name;
    *ret_n = 0;
    json_object_foreach(json_object_get(world, "vms"), name, vm)
    {
        if (strcmp(json_text_at(vm, "made_by"), "vra") != 0)
            continue;
        json_object_set(found, name, vm);
        *ret_n += 1;
    }
    char *text = json_dumps(found, JSON_SORT_KEYS | JSON_INDENT(1));
    json_decref(found);
    json_decref(world);
    return text;
}

static void expect_no_call_about_machines(const struct site *site)
{
    json_t *calls = lab_calls(&site->lab), *world = lab_world(&site->lab);
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        const char *name;
        json_t *vm;
        if (!json_true_at(call, "changing"))
            continue;
        json_object_foreach(json_object_get(world, "vms"), name,
                            vm) if (strcmp(json_text_at(vm, "made_by"), "vra") == 0)
            assert_string_not_equal(json_text_at(vm, "moref"), json_text_at(call, "object"));
    }
    json_decref(calls);
    json_decref(world);
}

/* ---- the machines of users ------------------------------------------------------------------
 */

static void machines_carry_the_mark(void **state)
{
    struct test *test = *state;
    json_t *world = lab_world(&test->site.lab);
    const char *name;
    json_t *vm;
    size_t n = 0;
    json_object_foreach(json_object_get(world, "vms"), name, vm)
    {
        if (strcmp(json_text_at(vm, "made_by"), "vra") != 0)
            continue;
        n++;
        assert_string_equal(json_text_at(json_object_get(vm, "extra"), "gridform.lineage"),
                            test->lineage);
        /* The mark's own identifier is the template's, not the copy's. */
        assert_string_not_equal(json_text_at(json_object_get(vm, "extra"), "gridform.uuid"),
                                json_text_at(vm, "instance_uuid"));
    }
    assert_int_equal(n, N_MACHINES);
    json_decref(world);
    GRIDFORM_EXPECT(&test->site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(&test->site, 0, "drift");
}

static struct run *adopt_all(struct site *site, const char *command)
{
    const char *words[32] = {command};
    size_t n = 1;
    if (strcmp(command, "apply") == 0)
        words[n++] = "--yes";
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        words[n++] = "--adopt";
        words[n++] = addresses[i];
    }
    return site_run(site, words);
}

static void without_a_state_everything_is_refused_until_named(void **state)
{
    struct test *test = *state;
    size_t n;
    char *before = users_machines(&test->site, &n);
    char *kept = file_text("%s", test->site.state);
    site_lose_state(&test->site);
    lab_forget(&test->site.lab);
    struct run *run = run_expect(GRIDFORM(&test->site, "apply", "--yes"), 6);
    run_says(run, "not managed here");
    run_says(run, test->lineage);
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        run_says(run, addresses[i]);
    run_free(run);
    json_t *calls = lab_calls(&test->site.lab);
    assert_int_equal(calls_changing(calls), 0);
    json_decref(calls);

    run = run_expect(GRIDFORM(&test->site, "apply", "--yes", "--adopt", addresses[0]), 6);
    run_says(run, addresses[1]);
    run_free(run);

    run_free(run_expect(adopt_all(&test->site, "apply"), 0));
    GRIDFORM_EXPECT(&test->site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(&test->site, 0, "drift");
    expect_no_call_about_machines(&test->site);
    char *after = users_machines(&test->site, &n);
    assert_int_equal(n, N_MACHINES);
    assert_string_equal(before, after);
    free(before);
    free(after);
    /* The state is found again: its marks are valid still. */
    site_lose_state(&test->site);
    write_text(test->site.state, kept);
    free(kept);
    GRIDFORM_EXPECT(&test->site, 0, "plan", "--detailed-exitcode");
}

/* ---- rebuilding and removing
 * ------------------------------------------------------------------- */

static void set_base(struct test *test, const char *old, const char *new)
{
    char file[256], from[64], to[64];
    snprintf(file, sizeof(file), "%s/" SERVICE_FILE, test->site.manifest);
    snprintf(from, sizeof(from), "base: %s\n", old);
    snprintf(to, sizeof(to), "base: %s\n", new);
    edit_text(file, from, to);
}

/* A version that somebody else made of our template's address is nobody's to destroy. */
static void a_foreign_mark_protects(void **state)
{
    struct test *test = *state;
    lab_poke(
        &test->site.lab,
        "{\"host\": \"esx-gpu-01.lab.local\", \"datastore\": \"images\", \"template\": true,"
        " \"instance_uuid\": \"52aaaaaa-0000-1111-2222-333333333333\","
        " \"memory_mb\": 4096}",
        "vms/centos72-vra-nvidia-0badcafe");
    lab_poke(&test->site.lab, "\"ffffffffffffffffffffffffffffffff\"",
             "vms/centos72-vra-nvidia-0badcafe/extra/gridform.lineage");
    lab_poke(&test->site.lab, "\"template/centos72-vra-nvidia\"",
             "vms/centos72-vra-nvidia-0badcafe/extra/gridform.address");
    lab_poke(&test->site.lab, "\"52aaaaaa-0000-1111-2222-333333333333\"",
             "vms/centos72-vra-nvidia-0badcafe/extra/gridform.uuid");
    GRIDFORM_EXPECT(&test->site, 0, "plan", "--detailed-exitcode");
}

static void stop_a_machine(const struct site *site)
{
    json_t *world = lab_world(&site->lab), *vm;
    const char *name, *first = NULL;
    json_object_foreach(json_object_get(world, "vms"), name,
                        vm) if (strcmp(json_text_at(vm, "made_by"), "vra") == 0 &&
                                strcmp(json_text_at(vm, "host"), "esx-gpu-03.lab.local") == 0)
        first = name;
    assert_non_null(first);
    lab_poke(&site->lab, "\"off\"", "vms/%s/power", first);
    json_decref(world);
}

/* Rebuilt three times with two versions kept: the older ones go, those of others stay, the
 * machines of users stay. */
static void old_versions_go_and_only_ours(void **state)
{
    static const char *const bases[] = {"centos72-base", "base-b", "base-c", "base-d"};
    struct test *test = *state;
    size_t n;
    /* All slots are taken; a new version is proven on one. */
    stop_a_machine(&test->site);
    char *before = users_machines(&test->site, &n);
    for (size_t i = 1; i < ARRAY_LEN(bases); i++) {
        lab_poke(&test->site.lab,
                 "{\"host\": \"esx-gpu-01.lab.local\", \"datastore\": \"images\","
                 " \"memory_mb\": 4096, \"cpus\": 2, \"tools\": \"toolsOk\"}",
                 "vms/%s", bases[i]);
        set_base(test, bases[i - 1], bases[i]);
        site_converge(&test->site);
    }
    json_t *world = lab_world(&test->site.lab), *vm;
    const char *name;
    size_t versions = 0;
    json_object_foreach(json_object_get(world, "vms"), name, vm) versions +=
        strncmp(name, "centos72-vra-nvidia-", 20) == 0;
    assert_int_equal(versions, 2 + 1); /* keep: 2, and the stranger's */
    assert_non_null(json_at(world, "vms/centos72-vra-nvidia-0badcafe"));
    json_decref(world);
    char *after = users_machines(&test->site, &n);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void removal_takes_only_what_is_ours(void **state)
{
    struct test *test = *state;
    char file[256];
    size_t n;
    char *before = users_machines(&test->site, &n);
    snprintf(file, sizeof(file), "%s/" SERVICE_FILE, test->site.manifest);
    write_text(file, "gridform: 1\n");
    lab_forget(&test->site.lab);
    GRIDFORM_EXPECT(&test->site, 0, "apply", "--yes");
    json_t *world = lab_world(&test->site.lab);
    json_t *vm;
    const char *name;
    json_object_foreach(json_object_get(world, "vms"), name,
                        vm) if (strncmp(name, "centos72-vra-nvidia-", 20) == 0)
        assert_string_equal(name, "centos72-vra-nvidia-0badcafe");
    assert_non_null(json_at(world, "vms/centos72-vra-nvidia-0badcafe"));
    assert_int_equal(json_object_size(json_at(world, "vra/blueprints")), 0);
    json_decref(world);
    char *after = users_machines(&test->site, &n);
    assert_string_equal(before, after);
    expect_no_call_about_machines(&test->site);
    free(before);
    free(after);
}

/* What was adopted is managed like anything else: a change of it makes its mark ours, and then
 * it can go. */
static void what_was_adopted_can_be_changed_and_removed(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct site site;
    char file[256];
    (void)state;
    site_start_shape(&site, &shape, 0);
    site_converge(&site);
    site_lose_state(&site);
    run_free(run_expect(adopt_all(&site, "apply"), 0));
    snprintf(file, sizeof(file), "%s/" SERVICE_FILE, site.manifest);
    edit_text(file, "domain: lab.local", "domain: new.local");
    edit_text(file, "description: Machines for machine learning", "description: Machines");
    edit_text(file, "storage: 60 GiB", "storage: 70 GiB");
    edit_text(file, "TensorFlow notebooks", "Notebooks");
    site_converge(&site);
    json_t *spec = lab_look(&site.lab, "specs/centos-ml/spec");
    assert_non_null(strstr(json_string_value(spec), "new.local"));
    json_decref(spec);
    /* The template was not written to, so it carries the mark of the lost state: it is left to
     * people, and nothing is destroyed before they have decided. */
    write_text(file, "gridform: 1\n");
    struct run *run = run_expect(GRIDFORM(&site, "apply", "--yes"), 6);
    run_says(run, "template/centos72-vra-nvidia");
    run_free(run);
    site_stop(&site);
}

/* ---- setting up
 * --------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    *state = test;
    const struct world_shape shape = {
        .n_hosts = 4,
        .hosts = {host_as_wanted(), host_as_wanted(), host_as_wanted(), host_as_wanted()}};
    site_start_shape(&test->site, &shape, 0);
    site_converge(&test->site);
    read_lineage(test);
    for (int i = 0; i < N_MACHINES / 4; i++) /* 4 are allowed in one request */
        lab_post(&test->site.lab, "vra/request/Tensorflow-GPU?machines=4", NULL);
    json_t *world = lab_world(&test->site.lab);
    find_template(test, world);
    json_decref(world);
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    site_stop(&test->site);
    free(test);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_carry_the_mark),
        cmocka_unit_test(a_foreign_mark_protects),
        cmocka_unit_test(old_versions_go_and_only_ours),
        cmocka_unit_test(without_a_state_everything_is_refused_until_named),
        cmocka_unit_test(removal_takes_only_what_is_ours),
        cmocka_unit_test(what_was_adopted_can_be_changed_and_removed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
