/* report.h: what checks have found, for the formats that other programs read.
 *
 * One list serves JSON, SARIF, JUnit and the annotations of pipelines: findings about the files
 * and of the rules, what a plan refuses, what could not be read, what has drifted. Places are
 * paths as the repository has them ("site/service.yaml"), since that is what readers of such
 * formats look them up by; without a repository, paths from the current directory.
 */
#ifndef GF_REPORT_H
#define GF_REPORT_H

#include <stdbool.h>

#include "command.h"
#include "diag.h"
#include "map.h"
#include "vec.h"

struct arena;
struct diags;
struct drift;
struct facts;
struct instances;
struct plan;
struct strbuf;

/* What a finding is about when it comes from no rule of engine/rules; stable, like GF001. */
extern const char rule_manifest[], rule_refused[], rule_unreadable[], rule_drift[], rule_gone[];

struct finding {
    enum diag_severity severity;
    const char *rule;           /* "GF004" or one of those above */
    const char *address, *attr; /* or NULL */
    const char *message, *hint; /* hint: or NULL */
    struct pos pos;             /* file: path as in the repository; NULL: no place */
    const char *accepted;       /* why it does not count, or NULL: it counts */
};

struct report {
    struct arena *arena;
    const char *command, *site;  /* "validate"; site: or NULL */
    const char *prefix;          /* of the manifest's directory: "sites/a/", or "" */
    const char *const *overlays; /* named from the current directory, not from the manifest */
    size_t n_overlays;
    VEC(struct finding) findings;
    VEC(const char *) files;     /* of the manifest, as in the repository */
    VEC(const char *) resources; /* addresses that were looked at */
    bool rules;                  /* the rules were checked: the caller says it */
    size_t n_dropped;            /* findings that were only counted */
    struct map paths;            /* file as a position names it -> path */
};

/* For a manifest in options->directory. Everything that is added must outlive the report. */
void report_init(struct report *report, const struct options *options, const char *command,
                 const char *site, struct arena *arena);
void report_release(struct report *report);

void report_add_file(struct report *report, const char *file);
/* What reading the files and checking the rules found, sorted. */
void report_add_diags(struct report *report, const struct diags *diags);
/* What was looked at, of the kinds that exist beyond the files. */
void report_add_resources(struct report *report, const struct instances *all);
/* Refusals and what could not be read; resources: of the files, and those that go. */
void report_add_plan(struct report *report, const struct plan *plan, const struct facts *facts);
/* Differences, at the place where the file declares them. */
void report_add_drift(struct report *report, const struct drift *drift,
                      const struct facts *facts);

/* Is it a format that shows a report? */
bool report_has_format(enum output_format format);
/* In the format of the options; colour of text is not its business. */
void report_render(const struct report *report, enum output_format format, struct strbuf *out);

/* "GF004", "drift": title and explanation; of what is no rule of the table as well. */
struct report_rule {
    const char *id, *summary, *why;
    enum diag_severity severity;
};
size_t report_rule_count(void);
struct report_rule report_rule_at(size_t index);

/* ---- the formats: report_json.c, report_sarif.c, report_junit.c, report_annotations.c ------
 */

void report_json(const struct report *report, struct strbuf *out);
void report_sarif(const struct report *report, struct strbuf *out);
void report_junit(const struct report *report, struct strbuf *out);
void report_github(const struct report *report, struct strbuf *out);
void report_azure(const struct report *report, struct strbuf *out);

#endif
