/* test_e2e_guest.c: a template whose guest is prepared: what fails, what is kept, and back.
 *
 * The steps are short here; the whole preparation is in test_e2e_procedure. Everything happens
 * in the lab's guests, in a sandbox.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "site.h"

#define TEMPLATE "template/centos72-vra-nvidia"

static const char steps[] = "    guest:\n"
                            "      credentials: { username: root, password: { env: GUEST_PASSWORD } }\n"
                            "      steps:\n"
                            "        - script: guest/one.sh\n"
                            "          environment: { PRODUCT_KEY: { env: PRODUCT_KEY } }\n"
                            "        - reboot: {}\n"
                            "        - script: guest/two.sh\n"
                            "        - verify: cat /etc/two\n"
                            "          expect: { output: two }\n";

struct guest_site {
    struct site site;
    char service[256], one[256], two[256];
};

static void start(struct guest_site *g)
{
    site_start(&g->site, NULL);
    g->site.env[0] = "PRODUCT_KEY=canary-product-key-71";
    snprintf(g->service, sizeof(g->service), "%s/service.yaml", g->site.manifest);
    snprintf(g->one, sizeof(g->one), "%s/guest/one.sh", g->site.manifest);
    snprintf(g->two, sizeof(g->two), "%s/guest/two.sh", g->site.manifest);
    char text[1200];
    snprintf(text, sizeof(text), "    vgpu_mode: p100-4q\n%s", steps);
    edit_text(g->service, "    vgpu_mode: p100-4q\n", text);
    write_text(g->one, "#!/bin/sh\nset -e\necho \"key is $PRODUCT_KEY\" >/etc/one\n"
                       "echo first boot\n");
    write_text(g->two, "echo two >/etc/two\necho the second script ran\n");
}

static void stop(struct guest_site *g)
{
    json_t *events = lab_events(&g->site.lab);
    assert_int_equal(events_count(events, "vra_source_gone", NULL), 0);
    json_decref(events);
    site_stop(&g->site);
}

/* The name of the machine that the published blueprint clones; caller frees. */
static char *source(struct guest_site *g)
{
    json_t *world = lab_world(&g->site.lab);
    const json_t *blueprints = json_at(world, "vra/blueprints");
    const char *key, *label = "";
    json_t *each, *component;
    json_object_foreach((json_t *)(uintptr_t)blueprints, key, each)
    {
        const char *name;
        json_object_foreach(json_object_get(each, "components"), name, component) if (
            json_text_at(component, "data/source_machine/fixed/label")[0] != '\0') label =
            json_text_at(component, "data/source_machine/fixed/label");
    }
    char *copy = strdup(label);
    json_decref(world);
    return copy;
}

static size_t count_machines(struct guest_site *g)
{
    json_t *world = lab_world(&g->site.lab);
    size_t n = json_object_size(json_at(world, "vms"));
    json_decref(world);
    return n;
}

static char *in_guest(struct guest_site *g, const char *machine, const char *path)
{
    json_t *moref = lab_look(&g->site.lab, "vms/%s/moref", machine);
    char *text = lab_guest_file(&g->site.lab, json_string_value(moref), path);
    json_decref(moref);
    return text;
}

/* ---- tests --------------------------------------------------------------------------------
 */

/* What the steps did stays in the image; the secret that one of them was given is nowhere in
 * what gridform keeps or shows. */
static void test_prepared(void **state)
{
    (void)state;
    struct guest_site g;
    start(&g);
    struct run *run = run_expect(GRIDFORM(&g.site, "apply", "--yes"), 0);
    run_says_not(run, "canary-product-key");
    run_free(run);
    char *machine = source(&g);
    char *one = in_guest(&g, machine, "etc/one"), *two = in_guest(&g, machine, "etc/two");
    assert_string_equal(one, "key is canary-product-key-71\n");
    assert_string_equal(two, "two\n");
    free(one);
    free(two);
    char log[300];
    snprintf(log, sizeof(log), "%s.guest.log", g.site.state);
    char *kept = file_text("%s", log);
    assert_non_null(kept);
    assert_non_null(strstr(kept, "guest step 1 (guest/one.sh): done\nfirst boot\n"));
    assert_non_null(strstr(kept, "the second script ran\n"));
    free(kept);
    assert_null(find_in_files(g.site.dir, "canary-product-key"));
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(&g.site, 0, "drift");
    free(machine);
    stop(&g);
}

/* A failed build leaves the version in use as it is, and its machine for a look inside; the
 * next one takes its place. */
static void test_failed_build(void **state)
{
    (void)state;
    struct guest_site g;
    start(&g);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    char *before = source(&g);
    write_text(g.two, "echo about to break\nexit 7\n");
    struct run *run = run_expect(GRIDFORM(&g.site, "apply", "--yes"), 3);
    run_says(run, "guest/two.sh");
    run_says(run, "about to break");
    run_says(run, "7");
    run_free(run);
    char *after = source(&g);
    assert_string_equal(after, before);
    assert_int_equal(count_machines(&g), 3);
    run = run_expect(GRIDFORM(&g.site, "template", "list"), 0);
    run_says(run, "failed build");
    run_free(run);
    run = run_expect(GRIDFORM(&g.site, "plan"), 0);
    run_says(run, "its build did not come to an end: it is built again");
    run_says(run, "remove failed build");
    run_free(run);
    write_text(g.two, "echo two >/etc/two\necho mended\n");
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    char *mended = source(&g);
    assert_string_not_equal(mended, before);
    assert_int_equal(count_machines(&g), 3); /* the base, and two versions */
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    free(before);
    free(after);
    free(mended);
    stop(&g);
}

/* on_failure: remove: the machine goes at once. Verifications fail a build as well. */
static void test_failed_build_is_removed(void **state)
{
    (void)state;
    struct guest_site g;
    start(&g);
    edit_text(g.service, "    guest:\n", "    on_failure: remove\n    guest:\n");
    edit_text(g.service, "expect: { output: two }",
              "expect: { output: three }\n          timeout: 15s");
    struct run *run = run_expect(GRIDFORM(&g.site, "apply", "--yes"), 3);
    run_says(run, "three");
    run_free(run);
    assert_int_equal(count_machines(&g), 1);
    edit_text(g.service, "{ output: three }", "{ output: two }");
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    stop(&g);
}

/* An edited script is a new version, shown as the lines that change; taking the edit back takes
 * the old version back, without building anything. */
static void test_edit_and_revert(void **state)
{
    (void)state;
    struct guest_site g;
    start(&g);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    char *first = source(&g);
    write_text(g.two, "echo two >/etc/two\necho another line\n");
    struct run *run = run_expect(GRIDFORM(&g.site, "plan"), 0);
    run_says(run, "guest step 3 (guest/two.sh)");
    run_says(run, "- echo the second script ran\n");
    run_says(run, "+ echo another line\n");
    run_free(run);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    char *second = source(&g);
    assert_string_not_equal(first, second);
    write_text(g.two, "echo two >/etc/two\necho the second script ran\n");
    run = run_expect(GRIDFORM(&g.site, "plan"), 0);
    run_says(run, "switched to");
    run_free(run);
    lab_forget(&g.site.lab);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    json_t *calls = lab_calls(&g.site.lab);
    assert_int_equal(calls_count(calls, "CloneVM_Task", NULL), 0);
    assert_int_equal(calls_count(calls, "StartProgramInGuest", NULL), 0);
    json_decref(calls);
    char *third = source(&g);
    assert_string_equal(third, first);
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    free(first);
    free(second);
    free(third);
    stop(&g);
}

static void test_rollback(void **state)
{
    (void)state;
    struct guest_site g;
    start(&g);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(&g.site, 6, "template", "rollback", "centos72-vra-nvidia", "--yes");
    char *first = source(&g);
    write_text(g.two, "echo two >/etc/two\necho another line\n");
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    char *second = source(&g);
    /* Other edits that wait are no part of it. */
    edit_text(g.service, "Machines for machine learning", "Machines for learning");
    struct run *run = run_expect(
        GRIDFORM(&g.site, "template", "rollback", "centos72-vra-nvidia", "--yes"), 0);
    run_says(run, "rolled back");
    run_says(run, "1 other change is left out");
    run_free(run);
    char *now = source(&g);
    assert_string_equal(now, first);
    free(now);
    run = run_expect(GRIDFORM(&g.site, "template", "list"), 0);
    run_says(run, "in use, rolled back");
    run_free(run);
    GRIDFORM_EXPECT(&g.site, 0, "apply", "--yes");
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    GRIDFORM_EXPECT(&g.site, 0, "drift");
    GRIDFORM_EXPECT(&g.site, 1, "template", "rollback", "centos72-vra-nvidia", first, "--yes");
    GRIDFORM_EXPECT(&g.site, 1, "template", "rollback", "centos72", "--yes");
    /* To the newer one again, by the last part of its name. */
    GRIDFORM_EXPECT(&g.site, 0, "template", "rollback", "centos72-vra-nvidia",
                    second + strlen("centos72-vra-nvidia-"), "--yes");
    now = source(&g);
    assert_string_equal(now, second);
    GRIDFORM_EXPECT(&g.site, 0, "plan", "--detailed-exitcode");
    free(now);
    free(first);
    free(second);
    stop(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_failed_build),
        cmocka_unit_test(test_failed_build_is_removed),
        cmocka_unit_test(test_edit_and_revert),
        cmocka_unit_test(test_rollback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
