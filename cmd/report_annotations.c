/* report_annotations.c: findings as lines that pipelines turn into remarks at the changed
 * lines.
 *
 * GitHub:  ::error file=a.yaml,line=3,col=5,title=GF004 blueprint/x::message
 * Azure:   ##vso[task.logissue type=error;sourcepath=a.yaml;linenumber=3;…;code=GF004]message
 *
 * Both read commands line by line from what a step prints, so nothing of outside may begin a
 * line or end a property: all of it is escaped as the runners undo it. GitHub shows ten remarks
 * of a level for each step and drops the rest in silence, so errors come first and the tenth
 * says how many there are more. What is accepted is no remark. Azure knows no level below a
 * warning: notes are left out there.
 */
#include "report.h"

#include <string.h>

#include "markdown.h"
#include "strbuf.h"

enum { GITHUB_MOST = 10, TITLE_MAX = 250, MESSAGE_MAX = 4000 };

struct escape {
    char c;
    const char *text;
};

static const struct escape github_data[] = {
    {'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {0, NULL}};
static const struct escape github_property[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"},
                                                {':', "%3A"}, {',', "%2C"},  {0, NULL}};
static const struct escape azure_data[] = {
    {'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}, {0, NULL}};
static const struct escape azure_property[] = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"},
                                               {';', "%3B"},    {']', "%5D"},  {0, NULL}};

static void escape(const struct escape *table, const char *text, struct strbuf *out)
{
    for (; *text != '\0'; text++) {
        const struct escape *it = table;
        while (it->text != NULL && it->c != *text)
            it++;
        if (it->text != NULL)
            strbuf_add(out, it->text);
        else
            strbuf_add_char(out, *text);
    }
}

/* Cut between characters, with dots to say so. */
static void shorten(struct strbuf *text, size_t max)
{
    if (strbuf_len(text) <= max)
        return;
    size_t len = max - 3;
    while (len > 0 && ((unsigned char)strbuf_str(text)[len] & 0xc0) == 0x80)
        len--;
    strbuf_truncate(text, len);
    strbuf_add(text, "...");
}

/* Made safe, then short, then escaped. */
static void add_escaped(const struct escape *table, size_t max, const char *text,
                        struct strbuf *out)
{
    struct strbuf safe;
    strbuf_init(&safe, STRBUF_MAX_OUTPUT);
    md_safe(text, &safe);
    shorten(&safe, max);
    escape(table, strbuf_str(&safe), out);
    strbuf_release(&safe);
}

static void add_message(const struct escape *table, const struct finding *finding, bool address,
                        struct strbuf *out)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (address && finding->address != NULL)
        strbuf_addf(&text, "%s: ", finding->address);
    strbuf_add(&text, finding->message);
    if (finding->hint != NULL)
        strbuf_addf(&text, "\nhint: %s", finding->hint);
    add_escaped(table, MESSAGE_MAX, strbuf_str(&text), out);
    strbuf_add_char(out, '\n');
    strbuf_release(&text);
}

/* ---- GitHub -------------------------------------------------------------------------------
 */

static const char *const github_levels[DIAG_SEVERITY_COUNT] = {
    [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "notice"};

static void add_github(const struct finding *finding, struct strbuf *out)
{
    struct strbuf title;
    strbuf_init(&title, STRBUF_MAX_OUTPUT);
    strbuf_addf(&title, "%s%s%s", finding->rule, finding->address == NULL ? "" : " ",
                finding->address == NULL ? "" : finding->address);
    strbuf_addf(out, "::%s ", github_levels[finding->severity]);
    if (finding->pos.file != NULL) {
        strbuf_add(out, "file=");
        add_escaped(github_property, MESSAGE_MAX, finding->pos.file, out);
        if (finding->pos.line > 0)
            strbuf_addf(out, ",line=%u", finding->pos.line);
        if (finding->pos.column > 0)
            strbuf_addf(out, ",col=%u", finding->pos.column);
        strbuf_add_char(out, ',');
    }
    strbuf_add(out, "title=");
    add_escaped(github_property, TITLE_MAX, strbuf_str(&title), out);
    strbuf_add(out, "::");
    add_message(github_data, finding, false, out);
    strbuf_release(&title);
}

static size_t count_level(const struct report *report, enum diag_severity severity)
{
    size_t n = 0;
    VEC_EACH (struct finding, it, report->findings)
        n += it->severity == severity && it->accepted == NULL;
    return n;
}

void report_github(const struct report *report, struct strbuf *out)
{
    for (enum diag_severity level = 0; level < DIAG_SEVERITY_COUNT; level++) {
        size_t n = count_level(report, level), shown = 0;
        size_t dropped = level == DIAG_ERROR ? report->n_dropped : 0;
        size_t most = n + dropped > GITHUB_MOST ? GITHUB_MOST - 1 : n;
        VEC_EACH (struct finding, it, report->findings)
            if (it->severity == level && it->accepted == NULL && shown < most) {
                add_github(it, out);
                shown++;
            }
        if (n + dropped > shown)
            strbuf_addf(out,
                        "::%s title=%zu more::%zu more findings of this level are not shown "
                        "here: gridform %s shows all\n",
                        github_levels[level], n + dropped - shown, n + dropped - shown,
                        report->command);
    }
}

/* ---- Azure DevOps -------------------------------------------------------------------------
 */

static void add_azure(const struct finding *finding, struct strbuf *out)
{
    strbuf_addf(out, "##vso[task.logissue type=%s;",
                finding->severity == DIAG_ERROR ? "error" : "warning");
    if (finding->pos.file != NULL) {
        strbuf_add(out, "sourcepath=");
        add_escaped(azure_property, MESSAGE_MAX, finding->pos.file, out);
        strbuf_add_char(out, ';');
        if (finding->pos.line > 0)
            strbuf_addf(out, "linenumber=%u;", finding->pos.line);
        if (finding->pos.column > 0)
            strbuf_addf(out, "columnnumber=%u;", finding->pos.column);
    }
    strbuf_add(out, "code=");
    add_escaped(azure_property, TITLE_MAX, finding->rule, out);
    strbuf_add(out, "]");
    add_message(azure_data, finding, true, out);
}

void report_azure(const struct report *report, struct strbuf *out)
{
    for (enum diag_severity level = 0; level < DIAG_NOTE; level++)
        VEC_EACH (struct finding, it, report->findings)
            if (it->severity == level && it->accepted == NULL)
                add_azure(it, out);
    if (report->n_dropped > 0)
        strbuf_addf(out,
                    "##vso[task.logissue type=warning;code=manifest]%zu more findings are "
                    "left out\n",
                    report->n_dropped);
}
