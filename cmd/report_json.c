/* report_json.c: findings as JSON, format version 1 (gridform schema findings). */
#include "report.h"

#include "json_write.h"
#include "strbuf.h"

static void add_finding(struct json_writer *w, const struct finding *finding)
{
    json_write_line(w);
    json_write_object(w, NULL);
    json_write_text(w, "rule", finding->rule);
    json_write_text(w, "severity", diag_severity_name(finding->severity));
    json_write_text(w, "address", finding->address);
    json_write_text(w, "attribute", finding->attr);
    json_write_text(w, "message", finding->message);
    json_write_text(w, "hint", finding->hint);
    json_write_text(w, "accepted", finding->accepted);
    json_write_text(w, "file", finding->pos.file);
    json_write_int(w, "line", finding->pos.line);
    json_write_int(w, "column", finding->pos.column);
    json_write_end(w);
}

void report_json(const struct report *report, struct strbuf *out)
{
    size_t counts[DIAG_SEVERITY_COUNT] = {0};
    struct json_writer w = {.out = out};
    json_write_object(&w, NULL);
    json_write_int(&w, "gridform_findings", 1);
    json_write_text(&w, "command", report->command);
    json_write_text(&w, "site", report->site);
    json_write_int(&w, "files", (int64_t)report->files.n);
    json_write_int(&w, "resources", (int64_t)report->resources.n);
    json_write_array(&w, "findings");
    VEC_EACH (struct finding, it, report->findings) {
        add_finding(&w, it);
        counts[it->severity] += it->accepted == NULL;
    }
    json_write_end(&w);
    json_write_int(&w, "errors", (int64_t)counts[DIAG_ERROR]);
    json_write_int(&w, "warnings", (int64_t)counts[DIAG_WARNING]);
    json_write_int(&w, "left_out", (int64_t)report->n_dropped);
    json_write_end(&w);
    strbuf_add_char(out, '\n');
}
