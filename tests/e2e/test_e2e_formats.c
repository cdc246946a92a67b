/* test_e2e_formats.c: what other programs read of a real site: a plan, an apply, drift and
 * mistakes in the files, each in the formats that the commands have, held against the schemas
 * that gridform prints and against what the site is like.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../harness/unit.h"
#include "files.h"
#include "site.h"

#define HOST "esx-gpu-01.lab.local"

/* Keep an output for the judge, and forget the run. */
static void keep(const struct site *site, const char *name, struct run *run)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", site->dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(run->out, file);
    fclose(file);
    run_free(run);
}

static void judge(const struct site *site)
{
    char command[2000];
    snprintf(
        command, sizeof(command),
        "cd '%s' && /usr/bin/python3 -B '%s' '%s' findings findings plan plan events events "
        "drift drift findings broken",
        site->dir, CHECK_OUTPUTS, GRIDFORM_PROGRAM);
    assert_int_equal(system(command), 0);
}

/* The text of a line of a file of the manifest. */
static char *line_of(const struct site *site, const char *path, json_int_t number)
{
    char *text = file_text("%s/%s", site->dir, path);
    const char *at = text;
    for (json_int_t i = 1; i < number; i++)
        at = strchr(at, '\n') + 1;
    char *line = strndup(at, strcspn(at, "\n"));
    free(text);
    return line;
}

static json_t *results(const json_t *sarif)
{
    return json_object_get(json_array_get(json_object_get(sarif, "runs"), 0), "results");
}

static void check_drift(struct site *site)
{
    const char *path, *rule;
    json_int_t line;
    lab_poke(&site->lab, "\"static\"", "hosts/" HOST "/power_policy");
    keep(site, "drift", run_expect(GRIDFORM(site, "drift", "--json"), 2));
    struct run *run = run_expect(GRIDFORM(site, "drift", "--format", "sarif"), 2);
    json_t *sarif = run_json(run);
    assert_int_equal(json_array_size(results(sarif)), 1);
    assert_int_equal(json_unpack(results(sarif), "[{s:s, s:[{s:{s:{s:s}, s:{s:I}}}]}]",
                                 "ruleId", &rule, "locations", "physicalLocation",
                                 "artifactLocation", "uri", &path, "region", "startLine",
                                 &line),
                     0);
    assert_string_equal(rule, "drift");
    assert_string_equal(path, "manifest/site.yaml"); /* as the repository has it */
    char *text = line_of(site, path, line);
    assert_non_null(strstr(text, "hosts: [")); /* where the pool declares its hosts */
    free(text);
    json_decref(sarif);
    run_free(run);
    run = run_expect(GRIDFORM(site, "drift", "--format", "github"), 2);
    run_says(run, "::warning file=manifest/site.yaml,line=");
    run_says(run, "title=drift host/" HOST "::power_policy: applied balanced, now ");
    run_free(run);
    run = run_expect(GRIDFORM(site, "drift", "--format", "junit"), 2);
    run_says(run, " failures=\"1\" errors=\"0\"");
    run_free(run);
}

/* Reports come also when the files are wrong, on standard output alone. */
static void check_broken(struct site *site)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/site.yaml", site->manifest);
    edit_text(path, "power_policy:", "powr_policy:");
    keep(site, "broken", run_expect(GRIDFORM(site, "validate", "--json"), 1));
    static const char *const commands[] = {"validate", "plan", "drift"};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        struct run *run = run_expect(GRIDFORM(site, commands[i], "--format", "azure"), 1);
        assert_non_null(strstr(run->out,
                               "##vso[task.logissue type=error;sourcepath=manifest/site.yaml;"
                               "linenumber="));
        assert_null(strstr(run->err, "powr_policy"));
        run_free(run);
    }
    edit_text(path, "powr_policy:", "power_policy:");
}

static void a_site_in_all_formats(void **state UNUSED)
{
    struct site site = {0};
    char git[200];
    site_start(&site, NULL);
    snprintf(git, sizeof(git), "%s/.git", site.dir);
    assert_int_equal(mkdir(git, 0700), 0);
    keep(&site, "findings", run_expect(GRIDFORM(&site, "validate", "--json"), 0));
    struct run *run = run_expect(GRIDFORM(&site, "plan", "--format", "terraform-json"), 0);
    json_t *plan = run_json(run);
    assert_int_equal(json_array_size(json_object_get(plan, "resource_changes")), 10);
    json_decref(plan);
    run_free(run);
    run = run_expect(GRIDFORM(&site, "plan", "--format", "gitlab-terraform"), 0);
    assert_string_equal(run->out, "{\"create\":6,\"update\":4,\"delete\":0}\n");
    run_free(run);
    run =
        run_expect(GRIDFORM(&site, "plan", "--format", "markdown", "--limit", "bitbucket"), 0);
    static const char marker[] =
        "[//]: # (gridform:plan site=ml-private-cloud dir=manifest%2F)\n";
    assert_int_equal(strncmp(run->out, marker, strlen(marker)), 0);
    run_says_not(run, "<details>");
    run_free(run);
    run = run_expect(GRIDFORM(&site, "plan", "--format", "markdown", "--limit", "github"), 0);
    run_says(run, "<!-- gridform:plan site=ml-private-cloud dir=manifest%2F -->\n");
    run_free(run);
    keep(&site, "plan", run_expect(GRIDFORM(&site, "plan", "--json"), 0));
    keep(&site, "events", run_expect(GRIDFORM(&site, "apply", "--yes", "--json"), 0));
    run = run_expect(GRIDFORM(&site, "plan", "--format", "gitlab-terraform"), 0);
    assert_string_equal(run->out, "{\"create\":0,\"update\":0,\"delete\":0}\n");
    run_free(run);
    check_drift(&site);
    check_broken(&site);
    judge(&site);
    site_stop(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_site_in_all_formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
