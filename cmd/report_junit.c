/* report_junit.c: findings as JUnit XML, for the test pages of GitLab, Jenkins and Azure.
 *
 * A test case for each file, each rule and each resource that was looked at, so that the pages
 * show what holds as well as what does not, and tell what is new since the last run by names
 * that stay. A finding belongs to exactly one case: of a rule to the rule's, of the manifest to
 * the file's, else to the resource's. Errors and drift are failures, what cannot be read is an
 * error, a case with accepted findings only is skipped; warnings of rules go to its output.
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "markdown.h"
#include "strbuf.h"
#include "xml_write.h"

struct test_case {
    const char *class, *name, *file;
    VEC(const struct finding *) findings;
};

enum verdict {
    VERDICT_PASSED,
    VERDICT_NOTED,
    VERDICT_SKIPPED,
    VERDICT_FAILED,
    VERDICT_ERROR,
    VERDICT_COUNT
};

struct suite {
    const struct report *report;
    struct arena *arena;
    VEC(struct test_case) cases;
    struct map index; /* "rules GF004", "files site.yaml", "resources host/a" -> index + 1 */
};

static struct test_case *case_of(struct suite *suite, const char *group, const char *key)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text, "%s %s", group, key);
    size_t at = (size_t)(uintptr_t)map_get(&suite->index, strbuf_str(&text));
    if (at == 0) {
        VEC_PUSH(suite->arena, &suite->cases, ((struct test_case){.name = key}));
        at = suite->cases.n;
        map_set(&suite->index, arena_strdup(suite->arena, strbuf_str(&text)),
                (void *)(uintptr_t)at);
    }
    strbuf_release(&text);
    return &suite->cases.items[at - 1];
}

static void add_resource(struct suite *suite, const char *address)
{
    struct test_case *it = case_of(suite, "resources", address);
    it->class =
        arena_printf(suite->arena, "gridform.%.*s", (int)strcspn(address, "/"), address);
}

static void add_cases(struct suite *suite)
{
    for (size_t i = 0; i < suite->report->files.n; i++) {
        struct test_case *it = case_of(suite, "files", suite->report->files.items[i]);
        it->class = "gridform.files";
        it->file = it->name;
    }
    for (size_t i = 0; suite->report->rules && i < report_rule_count(); i++) {
        const struct report_rule rule = report_rule_at(i);
        struct test_case *it;
        if (strncmp(rule.id, "GF", 2) != 0)
            continue;
        it = case_of(suite, "rules", rule.id);
        it->class = "gridform.rules";
        it->name = arena_printf(suite->arena, "%s %s", rule.id, rule.summary);
    }
    for (size_t i = 0; i < suite->report->resources.n; i++)
        add_resource(suite, suite->report->resources.items[i]);
}

static void assign(struct suite *suite, const struct finding *finding)
{
    struct test_case *it;
    if (strncmp(finding->rule, "GF", 2) == 0) {
        it = case_of(suite, "rules", finding->rule);
        it->class = "gridform.rules";
    } else if (finding->rule == rule_manifest || finding->address == NULL) {
        it =
            case_of(suite, "files", finding->pos.file == NULL ? "manifest" : finding->pos.file);
        it->class = "gridform.files";
        it->file = finding->pos.file;
    } else {
        add_resource(suite, finding->address);
        it = case_of(suite, "resources", finding->address);
        it->file = it->file == NULL ? finding->pos.file : it->file;
    }
    VEC_PUSH(suite->arena, &it->findings, finding);
}

static enum verdict verdict_of_finding(const struct finding *finding)
{
    if (finding->accepted != NULL)
        return VERDICT_SKIPPED;
    if (finding->rule == rule_unreadable)
        return VERDICT_ERROR;
    bool failed = finding->severity == DIAG_ERROR || finding->rule == rule_drift;
    return failed ? VERDICT_FAILED : VERDICT_NOTED;
}

/* The gravest of its findings; notes beside accepted ones are not skipped. */
static enum verdict verdict_of(const struct test_case *it)
{
    enum verdict verdict = VERDICT_PASSED;
    bool noted = false;
    for (size_t i = 0; i < it->findings.n; i++) {
        enum verdict one = verdict_of_finding(it->findings.items[i]);
        noted = noted || one == VERDICT_NOTED;
        verdict = one > verdict ? one : verdict;
    }
    return noted && verdict == VERDICT_SKIPPED ? VERDICT_NOTED : verdict;
}

/* ---- XML ----------------------------------------------------------------------------------
 */

/* XML cannot hold every character: the others become U+FFFD. */
static void safe(const char *text, struct strbuf *out)
{
    struct strbuf first;
    strbuf_init(&first, STRBUF_MAX_OUTPUT);
    md_safe(text, &first);
    for (const char *at = strbuf_str(&first); *at != '\0'; at++) {
        bool none = memcmp(at, "\xef\xbf", 2) == 0 && ((unsigned char)at[2] & 0xfe) == 0xbe;
        if (none) /* U+FFFE, U+FFFF */
            strbuf_add(out, "\xef\xbf\xbd");
        else
            strbuf_add_char(out, *at);
        at += none ? 2 : 0;
    }
    strbuf_release(&first);
}

static void add_attr(struct xml_writer *w, const char *name, const char *value)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    safe(value, &text);
    xml_write_attr(w, name, strbuf_str(&text));
    strbuf_release(&text);
}

static void add_count(struct xml_writer *w, const char *name, size_t n)
{
    char text[24];
    snprintf(text, sizeof(text), "%zu", n);
    xml_write_attr(w, name, text);
}

/* "site.yaml:3:5: warning: host/a: what is wrong", a line each. */
static void add_lines(struct xml_writer *w, const struct test_case *it)
{
    struct strbuf text, whole;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_init(&whole, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < it->findings.n; i++) {
        const struct finding *finding = it->findings.items[i];
        if (finding->pos.file != NULL)
            strbuf_addf(&text, "%s:%u:%u: ", finding->pos.file, finding->pos.line,
                        finding->pos.column);
        strbuf_addf(&text, "%s: ", diag_severity_name(finding->severity));
        if (finding->address != NULL)
            strbuf_addf(&text, "%s: ", finding->address);
        strbuf_addf(&text, "%s\n", finding->message);
        if (finding->hint != NULL)
            strbuf_addf(&text, "  hint: %s\n", finding->hint);
        if (finding->accepted != NULL)
            strbuf_addf(&text, "  accepted: %s\n", finding->accepted);
    }
    safe(strbuf_str(&text), &whole);
    xml_write_text(w, strbuf_str(&whole));
    strbuf_release(&whole);
    strbuf_release(&text);
}

/* The finding that makes the verdict. */
static const struct finding *main_finding(const struct test_case *it, enum verdict verdict)
{
    for (size_t i = 0; i < it->findings.n; i++)
        if (verdict_of_finding(it->findings.items[i]) == verdict)
            return it->findings.items[i];
    return it->findings.items[0];
}

static void add_verdict(struct xml_writer *w, const struct test_case *it, enum verdict verdict)
{
    static const char *const elements[VERDICT_COUNT] = {[VERDICT_NOTED] = "system-out",
                                                        [VERDICT_SKIPPED] = "skipped",
                                                        [VERDICT_FAILED] = "failure",
                                                        [VERDICT_ERROR] = "error"};
    if (verdict == VERDICT_PASSED)
        return;
    xml_write_open(w, elements[verdict]);
    if (verdict != VERDICT_NOTED) {
        const struct finding *first = main_finding(it, verdict);
        bool skipped = verdict == VERDICT_SKIPPED;
        add_attr(w, "message", skipped ? first->accepted : first->message);
        if (!skipped)
            add_attr(w, "type", first->rule);
    }
    add_lines(w, it);
    xml_write_close(w);
}

static void add_case(struct xml_writer *w, const struct test_case *it)
{
    strbuf_add_char(w->out, '\n');
    xml_write_open(w, "testcase");
    add_attr(w, "classname", it->class);
    add_attr(w, "name", it->name);
    if (it->file != NULL)
        add_attr(w, "file", it->file);
    xml_write_attr(w, "time", "0");
    add_verdict(w, it, verdict_of(it));
    xml_write_close(w);
}

static void add_head(struct xml_writer *w, const struct suite *suite, const char *element)
{
    size_t counts[VERDICT_COUNT] = {0};
    struct strbuf name;
    strbuf_init(&name, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < suite->cases.n; i++)
        counts[verdict_of(&suite->cases.items[i])]++;
    strbuf_addf(&name, "gridform %s%s%s", suite->report->command,
                suite->report->site == NULL ? "" : " ",
                suite->report->site == NULL ? "" : suite->report->site);
    xml_write_open(w, element);
    add_attr(w, "name", strbuf_str(&name));
    add_count(w, "tests", suite->cases.n);
    add_count(w, "failures", counts[VERDICT_FAILED]);
    add_count(w, "errors", counts[VERDICT_ERROR]);
    if (strcmp(element, "testsuite") == 0)
        add_count(w, "skipped", counts[VERDICT_SKIPPED]);
    xml_write_attr(w, "time", "0");
    strbuf_release(&name);
}

void report_junit(const struct report *report, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct suite suite = {.report = report, .arena = arena};
    struct xml_writer w;
    struct err err = {0};
    map_init(&suite.index);
    add_cases(&suite);
    VEC_EACH (struct finding, it, report->findings)
        assign(&suite, it);
    strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml_write_init(&w, out);
    add_head(&w, &suite, "testsuites");
    add_head(&w, &suite, "testsuite");
    for (size_t i = 0; i < suite.cases.n; i++)
        add_case(&w, &suite.cases.items[i]);
    xml_write_close(&w);
    xml_write_close(&w);
    if (xml_write_finish(&w, &err) < 0) /* all texts were made safe */
        abort();
    strbuf_add_char(out, '\n');
    map_release(&suite.index);
}
