/* report_sarif.c: findings as SARIF 2.1.0, for code scanning.
 *
 * What readers in use do with it decides the form: GitHub wants a place for each result and
 * refuses more than 25,000 of them, so a finding without a place stands at the first file, and
 * what is beyond is told as a notification. Places are relative to the repository. A result is
 * recognised again by rule, resource and file, never by its line or by numbers in its text, so
 * that edits elsewhere do not close one alert and open another.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "json_write.h"
#include "markdown.h"
#include "strbuf.h"
#include "url.h"

enum { RESULTS_MAX = 25000 };

static const char *const levels[DIAG_SEVERITY_COUNT] = {
    [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

static void add_message(struct json_writer *w, const char *name, const char *text)
{
    json_write_object(w, name);
    json_write_text(w, "text", text);
    json_write_end(w);
}

/* A message's {n} would be a place holder, and [text](target) a link: braces are doubled, and a
 * link is taken apart. */
static void add_result_message(struct json_writer *w, const struct finding *finding)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (finding->address != NULL)
        strbuf_addf(&text, "%s: ", finding->address);
    strbuf_add(&text, finding->message);
    if (finding->hint != NULL)
        strbuf_addf(&text, ". %s", finding->hint);
    struct strbuf safe;
    strbuf_init(&safe, STRBUF_MAX_OUTPUT);
    md_safe(strbuf_str(&text), &safe);
    strbuf_clear(&text);
    for (const char *at = strbuf_str(&safe); *at != '\0'; at++) {
        strbuf_add_char(&text, *at);
        if (*at == '{' || *at == '}')
            strbuf_add_char(&text, *at);
        else if (*at == ']' && at[1] == '(')
            strbuf_add_char(&text, ' ');
    }
    add_message(w, "message", strbuf_str(&text));
    strbuf_release(&safe);
    strbuf_release(&text);
}

static void add_rules(struct json_writer *w)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    json_write_array(w, "rules");
    for (size_t i = 0; i < report_rule_count(); i++) {
        const struct report_rule rule = report_rule_at(i);
        json_write_line(w);
        json_write_object(w, NULL);
        json_write_text(w, "id", rule.id);
        add_message(w, "shortDescription", rule.summary);
        strbuf_clear(&text);
        strbuf_addf(&text, "%s. %s", rule.summary, rule.why);
        add_message(w, "fullDescription", strbuf_str(&text));
        add_message(w, "help", rule.why);
        json_write_object(w, "defaultConfiguration");
        json_write_text(w, "level", levels[rule.severity]);
        json_write_end(w);
        json_write_end(w);
    }
    json_write_end(w);
    strbuf_release(&text);
}

static void add_tool(struct json_writer *w)
{
    json_write_object(w, "tool");
    json_write_object(w, "driver");
    json_write_text(w, "name", "gridform");
    json_write_text(w, "version", GRIDFORM_VERSION);
    add_rules(w);
    json_write_end(w);
    json_write_end(w);
}

/* Each segment encoded; absolute paths become file URIs. */
static void uri_of(const char *path, struct strbuf *out)
{
    if (path[0] == '/')
        strbuf_add(out, "file://");
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        char *segment = strndup(path, len);
        if (segment != NULL)
            url_encode(out, segment);
        free(segment);
        path += len;
        if (*path == '/')
            strbuf_add_char(out, *path++);
    }
}

static void add_artifact(struct json_writer *w, const char *path)
{
    struct strbuf uri;
    strbuf_init(&uri, STRBUF_MAX_OUTPUT);
    uri_of(path, &uri);
    json_write_object(w, "artifactLocation");
    json_write_text(w, "uri", strbuf_str(&uri));
    if (path[0] != '/')
        json_write_text(w, "uriBaseId", "%SRCROOT%");
    json_write_end(w);
    strbuf_release(&uri);
}

static void add_location(struct json_writer *w, const struct report *report,
                         const struct finding *finding)
{
    const char *path = finding->pos.file;
    if (path == NULL && report->files.n > 0)
        path = report->files.items[0];
    json_write_array(w, "locations");
    json_write_object(w, NULL);
    if (path != NULL) {
        json_write_object(w, "physicalLocation");
        add_artifact(w, path);
        json_write_object(w, "region");
        json_write_int(w, "startLine", finding->pos.line > 0 ? finding->pos.line : 1);
        if (finding->pos.column > 0)
            json_write_int(w, "startColumn", finding->pos.column);
        json_write_end(w);
        json_write_end(w);
    }
    if (finding->address != NULL) {
        json_write_array(w, "logicalLocations");
        json_write_object(w, NULL);
        json_write_text(w, "fullyQualifiedName", finding->address);
        json_write_text(w, "kind", "resource");
        json_write_end(w);
        json_write_end(w);
    }
    json_write_end(w);
    json_write_end(w);
}

/* seen: how often each fingerprint came up; the second of equal ones is another result. */
static void add_fingerprint(struct json_writer *w, const struct report *report,
                            const struct finding *finding, struct map *seen)
{
    const char *parts[] = {finding->rule, finding->address, finding->attr, finding->pos.file,
                           finding->address == NULL ? finding->message : NULL};
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        strbuf_addf(&text, "%s\n", parts[i] == NULL ? "" : parts[i]);
    const char *hex =
        arena_strdup(report->arena, digest_bytes(strbuf_str(&text), strbuf_len(&text)).hex);
    strbuf_clear(&text);
    uintptr_t number = (uintptr_t)map_get(seen, hex) + 1;
    map_set(seen, hex, (void *)number);
    strbuf_addf(&text, "%s:%zu", hex, (size_t)number);
    json_write_object(w, "partialFingerprints");
    json_write_text(w, "gridform/v1", strbuf_str(&text));
    json_write_end(w);
    strbuf_release(&text);
}

static void add_suppressions(struct json_writer *w, const struct finding *finding)
{
    json_write_array(w, "suppressions");
    if (finding->accepted != NULL) {
        json_write_object(w, NULL);
        json_write_text(w, "kind", "inSource");
        json_write_text(w, "status", "accepted");
        json_write_text(w, "justification", finding->accepted);
        json_write_end(w);
    }
    json_write_end(w);
}

static size_t rule_index(const char *id)
{
    size_t i = 0;
    while (i < report_rule_count() && strcmp(report_rule_at(i).id, id) != 0)
        i++;
    return i;
}

static void add_result(struct json_writer *w, const struct report *report,
                       const struct finding *finding, struct map *seen)
{
    json_write_line(w);
    json_write_object(w, NULL);
    json_write_text(w, "ruleId", finding->rule);
    json_write_int(w, "ruleIndex", (int64_t)rule_index(finding->rule));
    json_write_text(w, "level", levels[finding->severity]);
    add_result_message(w, finding);
    add_location(w, report, finding);
    add_fingerprint(w, report, finding, seen);
    add_suppressions(w, finding);
    json_write_end(w);
}

static void add_invocation(struct json_writer *w, size_t left_out)
{
    json_write_array(w, "invocations");
    json_write_object(w, NULL);
    json_write_bool(w, "executionSuccessful", true);
    if (left_out > 0) {
        struct strbuf text;
        strbuf_init(&text, 200);
        strbuf_addf(&text, "%zu more findings are left out", left_out);
        json_write_array(w, "toolExecutionNotifications");
        json_write_object(w, NULL);
        json_write_text(w, "level", "warning");
        add_message(w, "message", strbuf_str(&text));
        json_write_end(w);
        json_write_end(w);
        strbuf_release(&text);
    }
    json_write_end(w);
    json_write_end(w);
}

/* One kind of run per command and site: an upload replaces the last one of its own kind only.
 */
static void add_identity(struct json_writer *w, const struct report *report)
{
    struct strbuf id;
    strbuf_init(&id, STRBUF_MAX_OUTPUT);
    strbuf_addf(&id, "gridform/%s/", report->command);
    if (report->site != NULL) {
        url_encode(&id, report->site);
        strbuf_add_char(&id, '/');
    }
    json_write_object(w, "automationDetails");
    json_write_text(w, "id", strbuf_str(&id));
    json_write_end(w);
    strbuf_release(&id);
}

void report_sarif(const struct report *report, struct strbuf *out)
{
    struct json_writer w = {.out = out};
    struct map seen;
    map_init(&seen);
    size_t n = report->findings.n < RESULTS_MAX ? report->findings.n : RESULTS_MAX;
    json_write_object(&w, NULL);
    json_write_text(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_write_text(&w, "version", "2.1.0");
    json_write_array(&w, "runs");
    json_write_object(&w, NULL);
    add_tool(&w);
    add_identity(&w, report);
    add_invocation(&w, report->findings.n - n + report->n_dropped);
    json_write_text(&w, "columnKind", "unicodeCodePoints");
    json_write_object(&w, "originalUriBaseIds");
    json_write_object(&w, "%SRCROOT%");
    add_message(&w, "description", "The top of the repository");
    json_write_end(&w);
    json_write_end(&w);
    json_write_array(&w, "results");
    for (size_t i = 0; i < n; i++)
        add_result(&w, report, &report->findings.items[i], &seen);
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
    strbuf_add_char(out, '\n');
    map_release(&seen);
}
