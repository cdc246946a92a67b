/* render.h: plans, drift and resources as text for people and as graphs.
 *
 * All renderers append to a buffer and know nothing of terminals: `colour` says whether escape
 * sequences are wanted, `look` also how wide the lines may be.
 */
#ifndef GF_RENDER_H
#define GF_RENDER_H

#include <stdbool.h>

#include "plan.h"
#include "vec.h"

struct diags;
struct strbuf;

struct look {
    bool colour;
    unsigned columns; /* of the terminal; 0: the usual 96 */
};

void render_plan_text(const struct plan *plan, struct look look, struct strbuf *out);
/* Its head alone: the plan in one line, then impact and slots when anything changes. */
void render_plan_head(const struct plan *plan, bool colour, struct strbuf *out);

/* "4 hosts change, 6 objects are new, nothing is removed" */
void render_plan_counts(const struct plan *plan, struct strbuf *out);
/* Beyond the objects themselves, and more than a moment. */
bool render_plan_is_disruptive(const struct plan_impact *impact);

/* One self-contained page for reviewers, see render_html.c; findings may be NULL, and are
 * sorted. */
void render_plan_html(const struct plan *plan, const struct diags *findings,
                      struct strbuf *out);
/* How much is due that the plan leaves out, in a line; nothing when it leaves out nothing. */
void render_left_out(const struct plan *plan, struct strbuf *out);

/* For pull requests, see render_markdown.c. */
struct markdown_style {
    size_t limit; /* bytes, from 4,000 on */
    const char
        *directory; /* of the manifest in its repository, for the marker; NULL or "": top */
    bool no_html;   /* the forge shows no HTML */
};
/* A line that nobody sees, the same for the same document ("plan", "drift"), site and directory. */
void render_marker(const char *what, const char *site, const struct markdown_style *style,
                   struct strbuf *out);
void render_plan_markdown(const struct plan *plan, const struct markdown_style *style,
                          struct strbuf *out);

/* What readers of Terraform's plans take, see render_terraform.c. facts: those the plan was
 * made from. */
void render_plan_terraform(const struct plan *plan, const struct facts *facts,
                           struct strbuf *out);
/* The same counted, for merge requests of GitLab: {"create":1,"update":0,"delete":0}. */
void render_plan_gitlab(const struct plan *plan, struct strbuf *out);

void render_drift_text(const struct drift *drift, const char *site, bool colour,
                       struct strbuf *out);
/* Parts of it, for documents that show the text in part. */
struct drift_block;
void render_drift_block(const struct drift_block *block, bool colour, struct strbuf *out);
void render_drift_healed(const struct drift_healed *healed, bool colour, struct strbuf *out);
/* For a comment or an issue, see render_drift_markdown.c. */
void render_drift_markdown(const struct drift *drift, const char *site,
                           const struct markdown_style *style, struct strbuf *out);
void render_drift_json(const struct drift *drift, const char *site, struct strbuf *out);
/* One self-contained page, see render_html_drift.c. */
void render_drift_html(const struct drift *drift, const char *site, struct strbuf *out);
/* For a check that came to no report, with its exit code. */
void render_no_drift_json(int64_t at_ms, int code, struct strbuf *out);

/* One resource with all that is known of it. */
void render_instance_text(const struct instance *instance, bool facts, struct strbuf *out);
void render_instance_json(const struct instance *instance, struct strbuf *out);

/* References between resources. With a plan (may be NULL) its actions colour the nodes: green
 * is new, yellow changes, red goes, grey is adopted or released; what it removes is a node, too. */
void render_graph_dot(const struct facts *facts, const struct plan *plan, struct strbuf *out);
void render_graph_mermaid(const struct facts *facts, const struct plan *plan,
                          struct strbuf *out);

/* What could not be read, folded: resources that lack the same for one reason. */
struct blind_group {
    const char *reason, *attrs; /* attrs: "driver, ecc", or "" for the whole */
    VEC(const char *) addresses;
};
struct blind_groups {
    struct blind_group *items;
    size_t n, capacity;
};
void render_blind_group(const struct blind_group *group, struct strbuf *out);
struct blind_groups blind_groups(struct arena *arena, const struct plan_blind *blind, size_t n);

/* The same as text; nothing when n is 0. */
void render_blind(const struct plan_blind *blind, size_t n, struct strbuf *out);

/* ---- shared by the renderers ----------------------------------------------------------- */

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_ADD,
    STYLE_CHANGE,
    STYLE_REMOVE,
    STYLE_DIM,
    STYLE_COUNT
};

const char *style_on(enum style style, bool colour);
const char *style_off(bool colour);

/* "esx-gpu-{02..04}.lab.local" for names that differ in one number only, else a list; n > 0. */
void render_names(const char *const *names, size_t n, struct strbuf *out);

/* A value of an attribute. Of one that is longer than max bytes those that fit, whole
 * characters only, and how many more there are: "… 1,234 bytes more". The second form may hold
 * anything: for who makes it safe. */
enum { RENDER_VALUE_MAX = 4000 };
void render_value(const struct attr *attr, const struct value *value, struct strbuf *out);
void render_value_raw(const struct attr *attr, const struct value *value, size_t max,
                      struct strbuf *out);
/* How much of a text longer than max bytes fits: at most max, whole characters only. */
size_t render_fitting(const char *text, size_t max);
/* Long text in lines: how many there are, and which change. */
void render_text_change(const struct attr_change *change, struct strbuf *out);
void render_line_diff(const struct attr_change *change, bool colour, struct strbuf *out);

/* The changes of a plan, wave after wave. */
void render_blocks(const struct plan *plan, struct look look, struct strbuf *out);

/* What a terminal would act on never reaches it (safe_text.h): it becomes U+FFFD, newlines too.
 */
void render_safe(const char *text, struct strbuf *out);
/* "site.yaml:35", when the place is known. */
void render_place(struct pos pos, struct strbuf *out);

#endif
