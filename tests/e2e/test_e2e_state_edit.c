/* test_e2e_state_edit.c: the state under other names, forgotten, put back, rolled back: nothing
 * is changed in the world, and the plan afterwards is as the command said. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "still.h"
#include "worlds.h"

static void service_path(const struct site *site, char *ret, size_t size)
{
    snprintf(ret, size, "%s/service.yaml", site->manifest);
}

/* Every time that it stands in the file. */
static void edit_all(const struct site *site, const char *old, const char *new)
{
    char path[300];
    service_path(site, path, sizeof(path));
    char *text = file_text("%s", path), *to = calloc(1, 2 * strlen(text) + 1000);
    size_t n = 0, len = 0;
    for (const char *at = text; *at != '\0';) {
        if (strncmp(at, old, strlen(old)) == 0) {
            len += (size_t)sprintf(to + len, "%s", new);
            at += strlen(old);
            n++;
        } else {
            to[len++] = *at++;
        }
    }
    assert_true(n > 0);
    write_text(path, to);
    free(text);
    free(to);
}

/* Nothing in the world, and nothing of what the plan is about but the name. */
static void moved(struct site *site, const char *from, const char *to, const char *hint)
{
    struct run *run = STILL(site, 0, "state", "mv", from, to);
    run_says(run, "Nothing was changed in the world");
    run_says(run, hint);
    run_free(run);
    run = run_expect(GRIDFORM(site, "state", "list"), 0);
    run_says(run, to);
    run_says_not(run, from);
    run_free(run);
}

/* The plan is this many changes; each word stands in it. */
static void plan_says(struct site *site, size_t n, const char *const *words)
{
    struct run *run = STILL(site, n == 0 ? 0 : 2, "plan", "--detailed-exitcode");
    for (; *words != NULL; words++)
        run_says(run, *words);
    run_free(run);
    run = run_expect(GRIDFORM(site, "plan", "--json"), 0);
    json_t *plan = run_json(run);
    if (json_array_size(json_at(plan, "changes")) != n)
        fail_long("not %zu changes: %s", n, run->out);
    json_decref(plan);
    run_free(run);
}
#define PLAN_SAYS(site, n, ...) plan_says((site), (n), (const char *const[]){__VA_ARGS__, NULL})

/* The identifier of vRA's object of that list and name; caller frees. */
static char *vra_id(const struct site *site, const char *list, const char *name)
{
    json_t *objects = lab_look(&site->lab, "vra/%s", list), *object;
    const char *id;
    char *found = NULL;
    json_object_foreach(objects, id, object)
    {
        if (strcmp(json_text_at(object, "name"), name) == 0)
            found = strdup(id);
    }
    json_decref(objects);
    if (found == NULL)
        fail_long("no %s in %s", name, list);
    return found;
}

static void rename_in_vra(const struct site *site, const char *list, const char *from,
                          const char *to)
{
    char *id = vra_id(site, list, from), value[100];
    snprintf(value, sizeof(value), "\"%s\"", to);
    lab_poke(&site->lab, value, "vra/%s/%s/name", list, id);
    free(id);
}

/* ---- mv -----------------------------------------------------------------------------------
 */

/* vRA's objects are found by their ids: once they have the new name there, too, all is well. */
static void objects_of_vra_get_other_names(void **state)
{
    struct site *site = *state;
    moved(site, "catalog_service/Machine Learning", "catalog_service/GPU Machines",
          "in vRA, change its name");
    moved(site, "software_component/Tensorflow-GPU", "software_component/TF", "in vRA");
    moved(site, "blueprint/Tensorflow-GPU", "blueprint/TF", "in vRA");
    moved(site, "entitlement/ml-users", "entitlement/everybody", "in vRA");
    edit_all(site, "Machine Learning", "GPU Machines");
    edit_all(site, "Tensorflow-GPU", "TF");
    edit_all(site, "ml-users:", "everybody:");
    rename_in_vra(site, "services", "Machine Learning", "GPU Machines");
    rename_in_vra(site, "components", "Tensorflow-GPU", "TF");
    rename_in_vra(site, "blueprints", "Tensorflow-GPU", "TF");
    rename_in_vra(site, "entitlements", "ml-users", "everybody");
    rename_in_vra(site, "catalog_items", "Tensorflow-GPU", "TF");
    PLAN_SAYS(site, 0, "no changes");
}

/* Blueprints name a specification: they are pointed to the new name, and nothing is made. */
static void a_specification_gets_another_name(void **state)
{
    struct site *site = *state;
    moved(site, "customization_spec/centos-ml", "customization_spec/centos-gpu",
          "in vCenter, rename the specification");
    edit_all(site, "centos-ml", "centos-gpu");
    PLAN_SAYS(site, 2, "customization_spec/centos-gpu", "create"); /* as it was said */
    lab_poke(&site->lab, "\"centos-gpu\"", "specs/centos-ml/name");
    PLAN_SAYS(site, 1, "centos-ml -> centos-gpu");
    site_converge(site);
}

/* The version in use keeps its place under its new name; without the new name in vCenter the
 * plan is to build another one, as it was said. */
static void a_template_gets_another_name(void **state)
{
    static const char old[] = "centos72-vra-nvidia";
    struct site *site = *state;
    char value[100], machine[100] = "";
    json_t *machines = lab_look(&site->lab, "vms"), *object;
    const char *name;
    moved(site, "template/centos72-vra-nvidia", "template/nvidia", "in vCenter, rename");
    edit_all(site, old, "nvidia");
    PLAN_SAYS(site, 2, "rebuilt as nvidia-");
    json_object_foreach(machines, name, object)
    {
        if (strncmp(name, old, strlen(old)) == 0)
            snprintf(machine, sizeof(machine), "%s", name);
    }
    json_decref(machines);
    snprintf(value, sizeof(value), "\"nvidia%s\"", machine + strlen(old));
    lab_poke(&site->lab, value, "vms/%s/name", machine);
    PLAN_SAYS(site, 2, "already as wanted: recorded", "machine.source");
    site_converge(site);
}

static void what_cannot_be_moved(void **state)
{
    struct site *site = *state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"template/nvidja", "template/x", "did you mean template/nvidia?"},
        {"template/nvidia", "blueprint/x", "template/NAME"},
        {"template/nvidia", "nvidia", "template/NAME"},
        {"template/nvidia", "template/", "is empty"},
        {"template/nvidia", "template/ x", "blank"},
        {"template/nvidia", "template/nvidia", "already"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run *run = STILL(site, 1, "state", "mv", cases[i].from, cases[i].to);
        run_says(run, cases[i].says);
        run_free(run);
    }
}

/* ---- rm -----------------------------------------------------------------------------------
 */

/* What is forgotten and still declared is known by its mark, and taken over as it is. */
static void what_is_forgotten_comes_back(void **state)
{
    struct site *site = *state;
    struct run *run = STILL(site, 1, "state", "rm", "entitlement/ml-users");
    run_says(run, "--yes"); /* nobody can be asked here */
    run_free(run);
    run = STILL(site, 1, "state", "rm", "--yes", "entitlement/ml-users", "host/nobody");
    run_says(run, "no resource host/nobody");
    run_free(run);
    run = STILL(site, 0, "state", "rm", "--yes", "customization_spec/centos-ml",
                "host/esx-gpu-01.lab.local");
    run_says(run, "2 resources forgotten, 5 left");
    run_free(run);
    site_converge(site);
}

/* What is forgotten and not declared any more stays, and no plan is about it. */
static void what_is_forgotten_is_left_alone(void **state)
{
    struct site *site = *state;
    /* Its mark is of its former name: it is not taken for ours. */
    GRIDFORM_EXPECT(site, 0, "state", "rm", "--yes", "customization_spec/centos-gpu");
    run_free(STILL(site, 6, "plan"));
    GRIDFORM_EXPECT(site, 0, "apply", "--yes", "--adopt", "customization_spec/centos-gpu");
    GRIDFORM_EXPECT(site, 0, "state", "rm", "--yes", "entitlement/everybody");
    char *id = vra_id(site, "entitlements", "everybody");
    edit_all(site, "entitlements:", "#entitlements:\nx-removed:");
    char path[300];
    service_path(site, path, sizeof(path));
    char *text = file_text("%s", path);
    *strstr(text, "#entitlements:") = '\0';
    write_text(path, text);
    free(text);
    PLAN_SAYS(site, 0, "no changes");
    char *still = vra_id(site, "entitlements", "everybody");
    assert_string_equal(id, still);
    free(still);
    free(id);
}

/* ---- history ------------------------------------------------------------------------------
 */

static json_t *history(struct site *site)
{
    struct run *run = run_expect(GRIDFORM(site, "state", "history", "--json"), 0);
    json_t *entries = run_json(run);
    run_free(run);
    return entries;
}

/* A state from before a change: the world has it already, so that there is nothing to do but to
 * record it; what was removed in between is asked for again. */
static void back_to_a_former_state(void **state)
{
    struct site *site = *state;
    char serial[24], pulled[200], plan[200];
    snprintf(pulled, sizeof(pulled), "%s/pulled.json", site->dir);
    snprintf(plan, sizeof(plan), "%s/saved.plan", site->dir);
    json_t *before = history(site);
    snprintf(serial, sizeof(serial), "%lld", (long long)json_int_at(before, "0/serial"));
    assert_true(json_true_at(before, "0/current"));
    edit_all(site, "Machines for machine learning", "Machines for everybody");
    GRIDFORM_EXPECT(site, 0, "plan", "--out", plan);
    GRIDFORM_EXPECT(site, 0, "apply", plan);
    struct run *run = STILL(site, 1, "state", "rollback", serial);
    run_says(run, "--yes");
    run_free(run);
    run = STILL(site, 0, "state", "rollback", "--yes", serial);
    run_says(run, "gridform plan");
    run_free(run);
    PLAN_SAYS(site, 1, "already as wanted: recorded");
    run = run_expect(GRIDFORM(site, "drift"), 2); /* the world moved on from that state */
    run_says(run, "catalog_service/Machine Learning");
    run_free(run);
    run = STILL(site, 5, "apply", plan); /* still known as applied */
    run_says(run, "applied before");
    run_free(run);
    json_t *after = history(site);
    assert_int_equal(json_int_at(after, "0/serial"), json_int_at(before, "0/serial") + 2);
    assert_int_equal(json_int_at(after, "2/serial"), json_int_at(before, "0/serial"));
    site_converge(site);
    json_decref(before);
    json_decref(after);
}

static void what_is_no_former_state(void **state)
{
    struct site *site = *state;
    static const char *const words[][2] = {
        {"x", "a serial"}, {"0", "a serial"}, {"999", "is not kept"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct run *run = STILL(site, 1, "state", "rollback", "--yes", words[i][0]);
        run_says(run, words[i][1]);
        run_free(run);
    }
}

/* ---- pull, push ---------------------------------------------------------------------------
 */

static void out_and_in_again(void **state)
{
    struct site *site = *state;
    char path[200], other[200];
    snprintf(path, sizeof(path), "%s/pulled.json", site->dir);
    snprintf(other, sizeof(other), "%s/other.json", site->dir);
    struct run *run = run_expect(GRIDFORM(site, "state", "pull"), 0);
    write_text(path, run->out);
    char *stored = file_text("%s", site->state);
    assert_string_equal(run->out, stored);
    run_free(run);
    run = STILL(site, 0, "state", "push", path);
    run_says(run, "the same already");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "state", "rm", "--yes", "customization_spec/centos-ml");
    run = STILL(site, 6, "state", "push", "--yes", path);
    run_says(run, "--force");
    run_free(run);
    run = STILL(site, 1, "state", "push", "--force", path);
    run_says(run, "--yes");
    run_free(run);
    run = STILL(site, 0, "state", "push", "--force", "--yes", path);
    run_says(run, "gridform plan");
    run_free(run);
    PLAN_SAYS(site, 0, "no changes");
    /* Edited by hand, of another history, of another site: refused. */
    write_text(other, stored);
    edit_text(other, "\"power_policy\":\"balanced\"", "\"power_policy\":\"low_power\"");
    run = STILL(site, 1, "state", "push", "--force", "--yes", other);
    run_says(run, "edited by hand");
    run_free(run);
    run = STILL(site, 6, "state", "push", "--force", "--yes", STATE_SAMPLE);
    run_says(run, "another history");
    run_free(run);
    free(stored);
    /* The state is lost: what was printed puts it back, and the world is ours again. */
    site_lose_state(site);
    run = STILL(site, 0, "state", "push", path);
    run_says(run, "serial 1");
    run_free(run);
    PLAN_SAYS(site, 0, "no changes");
}

/* ---- locks --------------------------------------------------------------------------------
 */

static void locked_by_an_apply(void **state)
{
    struct site *site = *state;
    static const char *const apply[] = {"apply", "--yes", NULL};
    edit_all(site, "Machines for everybody", "Machines for all");
    lab_hold(&site->lab, 1);
    struct child child = site_launch(site, apply);
    assert_true(lab_is_held(&site->lab, 20000));
    struct run *run =
        run_expect(GRIDFORM(site, "state", "rm", "--yes", "blueprint/Tensorflow-GPU"), 4);
    run_says(run, "locked by");
    run_free(run);
    GRIDFORM_EXPECT(site, 0, "state", "list");
    lab_release(&site->lab, true);
    run_free(run_expect(site_finish(site, &child), 0));
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    site_start_shape(site, &shape, 0);
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
        cmocka_unit_test(what_is_forgotten_comes_back),
        cmocka_unit_test(back_to_a_former_state),
        cmocka_unit_test(what_is_no_former_state),
        cmocka_unit_test(out_and_in_again),
        cmocka_unit_test(locked_by_an_apply),
        cmocka_unit_test(objects_of_vra_get_other_names),
        cmocka_unit_test(a_specification_gets_another_name),
        cmocka_unit_test(a_template_gets_another_name),
        cmocka_unit_test(what_cannot_be_moved),
        cmocka_unit_test(what_is_forgotten_is_left_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
