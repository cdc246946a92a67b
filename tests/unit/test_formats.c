/* test_formats.c: what other programs read: plans as Terraform's JSON, reports as SARIF, JUnit,
 * JSON and annotations. Every case of the planner in every format, texts that are out to break
 * out of each, 5,000 changes in time, and one example of each to the letter.
 *
 * GRIDFORM_PAGES=DIR writes all of it there, for judges of another kind
 * (contract/commands/check_formats.py).
 */
#include "../harness/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../harness/plan_case.h"
#include "arena.h"
#include "render.h"
#include "report.h"
#include "rules.h"
#include "strbuf.h"
#include "types.h"
#include "utf8.h"

static const struct options no_options = {.directory = "."};

static const struct {
    enum output_format format;
    const char *ending;
} reports[] = {
    {FORMAT_JSON, "findings.json"}, {FORMAT_SARIF, "sarif"}, {FORMAT_JUNIT, "junit.xml"},
    {FORMAT_GITHUB, "github"},      {FORMAT_AZURE, "azure"},
};

static void write_file(const char *path, const struct strbuf *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(strbuf_str(text), 1, strbuf_len(text), file), strbuf_len(text));
    fclose(file);
}

/* For the judges, and what holds of all of them: text in UTF-8 that ends its last line. */
static void keep(const char *name, const char *ending, const struct strbuf *text)
{
    const char *directory = getenv("GRIDFORM_PAGES");
    char path[4096];
    assert_false(strbuf_overflowed(text));
    assert_int_equal(utf8_check(strbuf_str(text), strbuf_len(text)), strbuf_len(text));
    assert_int_equal(strlen(strbuf_str(text)), strbuf_len(text));
    if (strbuf_len(text) > 0)
        assert_int_equal(strbuf_str(text)[strbuf_len(text) - 1], '\n');
    if (directory == NULL || name == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s.%s", directory, name, ending);
    write_file(path, text);
}

static void keep_reports(const char *name, const struct report *report)
{
    for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        report_render(report, reports[i].format, &text);
        keep(name, reports[i].ending, &text);
        strbuf_release(&text);
    }
}

static void keep_plan(const char *name, const struct plan *plan, const struct facts *facts)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    plan_encode(plan, &text);
    keep(name, "plan.json", &text);
    strbuf_clear(&text);
    render_plan_terraform(plan, facts, &text);
    keep(name, "terraform.json", &text);
    strbuf_clear(&text);
    render_plan_gitlab(plan, &text);
    keep(name, "gitlab.json", &text);
    strbuf_clear(&text);
    const struct instances none = {0};
    const struct facts no_facts = {.desired = &none};
    render_graph_dot(facts == NULL ? &no_facts : facts, plan, &text);
    keep(name, "dot", &text);
    strbuf_clear(&text);
    render_graph_mermaid(facts == NULL ? &no_facts : facts, plan, &text);
    keep(name, "mermaid", &text);
    strbuf_release(&text);
}

/* ---- every case ---------------------------------------------------------------------------
 */

static void add_waivers(struct plan *plan, const struct diags *diags, struct arena *arena)
{
    struct plan_waiver *waivers =
        ARENA_ARRAY(arena, diags_total(diags) + 1, struct plan_waiver);
    plan->waivers = waivers;
    plan->findings = diags;
    for (size_t i = 0; i < diags_total(diags); i++) {
        const struct diag *diag = diags_at(diags, i);
        if (diag->waiver != NULL)
            waivers[plan->n_waivers++] = (struct plan_waiver){.rule = diag->rule,
                                                              .address = diag->address,
                                                              .message = diag->summary,
                                                              .reason = diag->waiver,
                                                              .until = diag->waived_until};
    }
}

static void render_case(const char *name)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct plan_case c;
    struct report report;
    char stem[256];
    plan_case_load(&c, arena, CASES_DIRECTORY, name);
    const struct plan_input input = plan_case_input(&c);
    const struct plan *plan = plan_build(&input, c.diags);
    const struct rules_input rules = {&c.facts, &c.config->providers, "2026-01-15"};
    rules_check(&rules, c.diags);
    diags_sort(c.diags);
    struct plan with = *plan;
    add_waivers(&with, c.diags, arena);
    plan = &with;
    snprintf(stem, sizeof(stem), "%.*s-plan", (int)strcspn(name, "."), name);
    keep_plan(stem, plan, &c.facts);
    report_init(&report, &no_options, "plan", c.config->site, arena);
    report.rules = true;
    report_add_file(&report, "manifest");
    report_add_diags(&report, c.diags);
    report_add_plan(&report, plan, &c.facts);
    keep_reports(stem, &report);
    report_release(&report);

    struct strbuf text;
    const struct drift *drift = drift_find(&c.facts);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    snprintf(stem, sizeof(stem), "%.*s-drift", (int)strcspn(name, "."), name);
    render_drift_json(drift, c.config->site, &text);
    keep(stem, "drift.json", &text);
    report_init(&report, &no_options, "drift", c.config->site, arena);
    report_add_drift(&report, drift, &c.facts);
    keep_reports(stem, &report);
    report_release(&report);
    strbuf_release(&text);
    plan_case_release(&c);
}

static void test_cases(void **state UNUSED)
{
    DIR *directory = opendir(CASES_DIRECTORY);
    assert_non_null(directory);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 5, ".case") != 0)
            continue;
        render_case(entry->d_name);
        n++;
    }
    closedir(directory);
    assert_true(n > 100);
}

/* ---- one example, to the letter ------------------------------------------------------------
 */

static void check_golden(const char *ending, const struct strbuf *text, struct arena *arena)
{
    plan_case_golden(arena, arena_printf(arena, "%s/example.%s", GOLDEN_DIRECTORY, ending),
                     strbuf_str(text));
}

static void fill_example(struct report *report)
{
    static const struct finding findings[] = {
        {.severity = DIAG_ERROR,
         .rule = "GF001",
         .address = "blueprint/Tensorflow-GPU",
         .message = "8 vCPUs in 4 slots are 32 of 24 cores",
         .hint = "at most 6",
         .pos = {"sites/a/service 1.yaml", 51, 9}},
        {.severity = DIAG_WARNING,
         .rule = "GF012",
         .address = "provider/vsphere",
         .message = "its server is not verified: anybody on the way can pose as it",
         .pos = {"sites/a/site.yaml", 12, 5}},
        {.severity = DIAG_ERROR,
         .rule = rule_manifest,
         .message = "unknown key \"blueprnt\"",
         .hint = "did you mean \"blueprints\"?",
         .pos = {"sites/a/site.yaml", 3, 1}},
        {.severity = DIAG_ERROR,
         .rule = rule_refused,
         .address = "customization_spec/centos-ml",
         .message = "it exists and is not managed here",
         .pos = {"sites/a/service 1.yaml", 20, 3}},
        {.severity = DIAG_WARNING,
         .rule = rule_unreadable,
         .address = "host/esx-01",
         .message = "cannot be read: disconnected"},
        {.severity = DIAG_WARNING,
         .rule = rule_drift,
         .address = "host/esx-02",
         .attr = "ecc",
         .message = "ecc: applied disabled, now enabled",
         .pos = {"sites/a/site.yaml", 30, 7}},
        {.severity = DIAG_WARNING,
         .rule = rule_drift,
         .address = "host/esx-03",
         .attr = "power_policy",
         .message = "power_policy: applied balanced, now low",
         .pos = {"sites/a/site.yaml", 30, 7},
         .accepted = "lifecycle of the resource ignores this attribute"},
    };
    report->rules = true;
    VEC_PUSH(report->arena, &report->files, "sites/a/service 1.yaml");
    VEC_PUSH(report->arena, &report->files, "sites/a/site.yaml");
    VEC_PUSH(report->arena, &report->resources, "host/esx-01");
    VEC_PUSH(report->arena, &report->resources, "host/esx-04");
    for (size_t i = 0; i < ARRAY_LEN(findings); i++)
        VEC_PUSH(report->arena, &report->findings, findings[i]);
}

static void test_example(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct report report;
    struct plan_case c;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    report_init(&report, &no_options, "plan", "ml-private-cloud", arena);
    fill_example(&report);
    for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
        strbuf_clear(&text);
        report_render(&report, reports[i].format, &text);
        check_golden(reports[i].ending, &text, arena);
    }
    keep_reports("example", &report);
    report_release(&report);
    plan_case_load(&c, arena, CASES_DIRECTORY, "000-fresh.case");
    const struct plan_input input = plan_case_input(&c);
    strbuf_clear(&text);
    render_plan_terraform(plan_build(&input, c.diags), &c.facts, &text);
    check_golden("terraform.json", &text, arena);
    strbuf_release(&text);
    plan_case_release(&c);
}

/* ---- texts that are out to break out -------------------------------------------------------
 */

static const char *const hostile[] = {
    "]]>",
    "<failure/>",
    "&amp;&#10;<!--",
    "::error file=a::b",
    "a\n::set-output name=x::y",
    "\r::stop-commands::x\r\n",
    "##vso[task.setvariable variable=a]b",
    "x]##vso[task.complete result=Succeeded;]",
    "a;b=c]d",
    "a,line=5::c",
    "%0A%25%AZP25 100%",
    "##[add-mask]x",
    "\x01\x1b[31m\x7f",
    "\xef\xbf\xbd \xef\xbf\xbe \xef\xbf\xbf",
    "\xff\xfe broken",
    "{0} {{1}} [a](http://b) [c](1) \\",
    "\"quoted\" \\back ${x} %{y} $$",
    "\xe2\x80\xae turned",
    "\xf0\x9f\x9a\x80 \xe4\xb8\xad\xe6\x96\x87",
    " ",
    "'",
    "a/b/../c?d#e",
};

static void add_hostile(struct report *report, const char *text)
{
    const char *address = arena_printf(report->arena, "host/%s", text);
    const char *rules[] = {rule_manifest, rule_refused, rule_unreadable, rule_drift, "GF004"};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        VEC_PUSH(report->arena, &report->findings,
                 ((struct finding){.severity = i % 2 ? DIAG_ERROR : DIAG_WARNING,
                                   .rule = rules[i],
                                   .address = address,
                                   .attr = text,
                                   .message = text,
                                   .hint = i % 3 ? text : NULL,
                                   .pos = {text, 1, 2},
                                   .accepted = i == 3 ? text : NULL}));
    VEC_PUSH(report->arena, &report->files, text);
    VEC_PUSH(report->arena, &report->resources, address);
}

static const struct attr made_attrs[] = {
    {"memory", &type_string, FACET_VRA, 0, .doc = ""},
    {"install.script", &type_text, FACET_VRA, ATTR_TEXT, .doc = ""},
};
static const struct kind made_kind = {
    .schema = {.kind = "host", .attrs = made_attrs, .n_attrs = ARRAY_LEN(made_attrs)}};

/* A change that makes one text of another. */
static void make_change(struct arena *arena, const char *name, const char *text,
                        struct change *ret)
{
    const char *address = arena_printf(arena, "host/%s", name);
    struct instance *desired = instance_new(arena, &made_kind.schema, address, name);
    struct instance *live = instance_new(arena, &made_kind.schema, address, name);
    struct attr_change *attr = ARENA_ARRAY(arena, 1, struct attr_change);
    desired->presence = live->presence = PRESENCE_PRESENT;
    instance_set(desired, "memory", value_string(arena, text));
    instance_set(desired, "install.script", value_string(arena, text));
    instance_set(live, "memory", value_string(arena, "16 GiB"));
    *attr = (struct attr_change){.attr = &made_attrs[0],
                                 .from = live->attrs[0],
                                 .to = desired->attrs[0],
                                 .note = text,
                                 .label = text};
    *ret = (struct change){.kind = &made_kind,
                           .address = address,
                           .action = ACTION_UPDATE,
                           .desired = desired,
                           .prior = live,
                           .live = live,
                           .attrs = attr,
                           .n_attrs = 1,
                           .wave = 1,
                           .note = text,
                           .pool = text};
    ret->steps = ARENA_ARRAY(arena, 1, struct step);
    ret->n_steps = 1;
    ret->steps[0] =
        (struct step){.address = address, .provider = "vra", .op = "x", .title = text};
}

static void test_hostile(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct report report;
        struct change change;
        char name[32];
        const char *const none[] = {NULL};
        report_init(&report, &no_options, "validate", hostile[i], arena);
        add_hostile(&report, hostile[i]);
        snprintf(name, sizeof(name), "hostile-%zu", i);
        keep_reports(name, &report);
        report_release(&report);
        make_change(arena, hostile[i], hostile[i], &change);
        const struct plan plan = {.id = "1",
                                  .site = hostile[i],
                                  .lineage = "",
                                  .digest_inputs = "2",
                                  .changes = &change,
                                  .n_changes = 1,
                                  .n_waves = 1,
                                  .adopt = none};
        keep_plan(name, &plan, NULL);
    }
}

/* ---- many ----------------------------------------------------------------------------------
 */

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

enum { MANY = 5000 };

static void test_many(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct change *changes = ARENA_ARRAY(arena, MANY, struct change);
    struct plan_blind *blind = ARENA_ARRAY(arena, MANY, struct plan_blind);
    struct report report;
    report_init(&report, &no_options, "plan", "many", arena);
    for (size_t i = 0; i < MANY; i++) {
        static const enum action actions[] = {ACTION_CREATE,  ACTION_UPDATE, ACTION_REBUILD,
                                              ACTION_RELEASE, ACTION_ADOPT,  ACTION_DELETE};
        const char *name = arena_printf(arena, "esx-%05zu", i);
        make_change(arena, name, hostile[i % ARRAY_LEN(hostile)], &changes[i]);
        changes[i].action = actions[i % ARRAY_LEN(actions)];
        blind[i] = (struct plan_blind){changes[i].address, "memory", "no route to host"};
    }
    const char *const none[] = {NULL};
    const struct plan plan = {.id = "1",
                              .site = "many",
                              .lineage = "",
                              .digest_inputs = "2",
                              .changes = changes,
                              .n_changes = MANY,
                              .n_waves = 1,
                              .blind = blind,
                              .n_blind = MANY,
                              .adopt = none};
    report_add_plan(&report, &plan, NULL);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
        struct timespec start;
        clock_gettime(CLOCK_MONOTONIC, &start);
        strbuf_clear(&text);
        report_render(&report, reports[i].format, &text);
        assert_true(seconds_since(&start) < 2);
        keep(NULL, reports[i].ending, &text);
    }
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    keep_plan(NULL, &plan, NULL);
    assert_true(seconds_since(&start) < 2);
    strbuf_release(&text);
    report_release(&report);
}

/* Ten remarks of a level are shown by GitHub: the tenth tells of the rest. */
static void test_github_limit(void **state UNUSED)
{
    for (size_t n = 9; n <= 12; n++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct report report;
        struct strbuf text;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        report_init(&report, &no_options, "validate", NULL, arena);
        for (size_t i = 0; i < n; i++) {
            const struct finding finding = {DIAG_ERROR, "GF001", .message = "no"};
            VEC_PUSH(arena, &report.findings, finding);
        }
        report_render(&report, FORMAT_GITHUB, &text);
        size_t lines = 0;
        for (const char *at = strbuf_str(&text); *at != '\0'; at++)
            lines += *at == '\n';
        assert_int_equal(lines, n > 10 ? 10 : n);
        assert_int_equal(strstr(strbuf_str(&text), " more findings ") != NULL, n > 10);
        strbuf_release(&text);
        report_release(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),        cmocka_unit_test(test_example),
        cmocka_unit_test(test_hostile),      cmocka_unit_test(test_many),
        cmocka_unit_test(test_github_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
