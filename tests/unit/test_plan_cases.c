/* test_plan_cases.c: replays tests/cases/plan: each case through the real manifest decoder, the
 * real kinds and the planner, compared with the exact text of the plan.
 *
 * The form of a case stands in harness/plan_case.h. GRIDFORM_UPDATE_CASES=1 writes the expected
 * sections instead of comparing: read the difference before you commit it.
 * GRIDFORM_CASE=NAME runs one case and prints what comes out.
 */
#include "../harness/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/plan_case.h"
#include "arena.h"
#include "diag.h"
#include "render.h"
#include "rules.h"
#include "strbuf.h"

struct outcome_texts {
    struct strbuf plan, findings, drift;
};

static void make_texts(struct plan_case *c, struct outcome_texts *texts)
{
    strbuf_init(&texts->plan, STRBUF_MAX_OUTPUT);
    strbuf_init(&texts->findings, STRBUF_MAX_OUTPUT);
    strbuf_init(&texts->drift, STRBUF_MAX_OUTPUT);
    const struct plan_input input = plan_case_narrowed(c);
    const struct plan *plan = plan_build(&input, c->diags);
    render_plan_text(plan, (struct look){0}, &texts->plan);
    const struct rules_input rules = {&c->facts, &c->config->providers, "2026-01-15"};
    rules_check(&rules, c->diags);
    diags_sort(c->diags);
    for (size_t i = 0; i < diags_total(c->diags); i++) {
        const struct diag *diag = diags_at(c->diags, i);
        strbuf_addf(&texts->findings, "%s:%u: %s%s%s: %s\n",
                    diag->pos.file == NULL ? "-" : diag->pos.file, diag->pos.line,
                    diag_severity_name(diag->severity), diag->rule == NULL ? "" : " ",
                    diag->rule == NULL ? "" : diag->rule, diag->summary);
        if (diag->waiver != NULL || diag->waived_until != NULL)
            strbuf_addf(&texts->findings, "  %s %s: %s\n",
                        diag->waiver != NULL ? "waived until" : "its waiver ended on",
                        diag->waived_until == NULL ? "further notice" : diag->waived_until,
                        diag->waiver == NULL ? "" : diag->waiver);
        if (diag->hint != NULL)
            strbuf_addf(&texts->findings, "  hint: %s\n", diag->hint);
    }
    if (c->facts.prior->n > 0)
        render_drift_text(drift_find(&c->facts), c->config->site, false, &texts->drift);
}

static void release_texts(struct outcome_texts *texts)
{
    strbuf_release(&texts->plan);
    strbuf_release(&texts->findings);
    strbuf_release(&texts->drift);
}

/* ---- writing expectations -----------------------------------------------------------------
 */

static bool is_expectation(const char *line)
{
    return strncmp(line, "@plan\n", 6) == 0 || strncmp(line, "@findings\n", 10) == 0 ||
           strncmp(line, "@drift\n", 7) == 0;
}

/* The text of the case up to its first expectation, then what came out. */
static void update(const struct plan_case *c, const struct outcome_texts *texts)
{
    const char *text = plan_case_slurp(c->arena, c->path), *at = text;
    while (*at != '\0' && !is_expectation(at))
        at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
    bool drift = strstr(at, "@drift\n") != NULL;
    FILE *file = fopen(c->path, "wb");
    assert_non_null(file);
    fprintf(file, "%.*s@plan\n%s", (int)(at - text), text, strbuf_str(&texts->plan));
    if (strbuf_len(&texts->findings) > 0)
        fprintf(file, "@findings\n%s", strbuf_str(&texts->findings));
    if (drift)
        fprintf(file, "@drift\n%s", strbuf_str(&texts->drift));
    fclose(file);
}

/* ---- running ------------------------------------------------------------------------------
 */

static bool compare(const struct plan_case *c, const char *word, const struct strbuf *got)
{
    const char *expected = plan_case_body(c, word);
    if (expected == NULL)
        expected = "";
    if (strcmp(expected, strbuf_str(got)) == 0)
        return true;
    fprintf(stderr, "%s: %s differs. Wanted:\n%s\nGot:\n%s\n", c->path, word, expected,
            strbuf_str(got));
    return false;
}

static bool check(const struct plan_case *c, const struct outcome_texts *texts)
{
    bool good = compare(c, "@plan", &texts->plan);
    good = compare(c, "@findings", &texts->findings) && good;
    if (plan_case_body(c, "@drift") != NULL)
        good = compare(c, "@drift", &texts->drift) && good;
    return good;
}

static bool run_case(const char *name)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct plan_case c;
    struct outcome_texts texts;
    plan_case_load(&c, arena, CASES_DIRECTORY, name);
    make_texts(&c, &texts);
    bool good = true;
    if (getenv("GRIDFORM_UPDATE_CASES") != NULL)
        update(&c, &texts);
    else
        good = check(&c, &texts);
    release_texts(&texts);
    plan_case_release(&c);
    return good;
}

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".case") == 0;
}

static void test_cases(void **state UNUSED)
{
    struct dirent **entries;
    int n = scandir(CASES_DIRECTORY, &entries, is_case, alphasort), bad = 0;
    const char *only = getenv("GRIDFORM_CASE");
    assert_true(n >= 50);
    for (int i = 0; i < n; i++) {
        if (only == NULL || strcmp(only, entries[i]->d_name) == 0)
            bad += !run_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (bad > 0)
        fail_msg("%d of %d cases differ", bad, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
