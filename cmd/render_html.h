/* render_html.h: what the HTML pages share, of plans and of drift, and what their parts do. */
#ifndef GF_RENDER_HTML_H
#define GF_RENDER_HTML_H

#include "diag.h"
#include "html.h"
#include "html_blocks.h"
#include "render.h"

struct html_page {
    struct html html;
    struct arena *arena;
    const struct plan *plan;
    const struct diags *findings; /* NULL: none */
    struct html_blocks blocks;
    size_t n_harmful;            /* blocks */
    size_t diff_lines;           /* of one script, at most */
    bool unfold_harmful, unfold; /* blocks, since they are few */
};

/* "new", "change", "destroy"; the sign that stands for it; and the class of its colours. */
const char *html_verb(const struct change *change);
const char *html_sign(enum action action);
const char *html_colour(enum action action);

/* "Wave 1" or "Waves 2–4"; small: in running text. */
void html_waves(struct html *h, unsigned wave, unsigned last_wave, bool small);
/* "site.yaml:35", when the place is known. */
void html_place(struct html *h, struct pos pos);
/* "1 change", "12 changes" */
void html_count(struct html *h, size_t n, const char *one, const char *many);
/* A small word of a colour: "reboot", "drift". */
void html_tag(struct html *h, const char *colour, const char *text);
/* Names folded into ranges. */
void html_names(struct html *h, const char *const *names, size_t n);

/* A text that begins with a capital. */
void html_sentence(struct html *h, const char *element, const char *text);

/* ---- heads and notices ------------------------------------------------------------------ */

/* In a word, and what it means; colour: calm, harm or stop. */
void html_verdict(struct html *h, const char *colour, const char *word, const char *rest);
/* A number with its label, in a list of them; nothing when it is 0. */
void html_tile(struct html *h, size_t n, const char *colour, const char *label);
void html_begin_fact(struct html *h, const char *label);
void html_end_fact(struct html *h);
/* Its title is open. */
void html_begin_section(struct html *h, const char *class, const char *id);
/* An item each; news: since when, or NULL. */
void html_blind_items(struct html *h, const struct blind_groups *groups, const char *news);

/* ---- the filter, which knows blocks by their kind, action and flags ("data-FLAG") ---------
 */

void html_filter_begin(struct html *h, const char *one, const char *many);
void html_filter_kinds(struct html *h, const char *const *kinds, size_t n);
void html_filter_select(struct html *h, const char *id, const char *label);
void html_filter_option(struct html *h, const char *value);
void html_filter_select_end(struct html *h);
void html_filter_check(struct html *h, const char *flag, const char *label);
void html_filter_end(struct html *h);
/* What is said when nothing is left. */
void html_filter_none(struct html *h, const char *text);

/* ---- blocks ----------------------------------------------------------------------------- */

struct html_block_head {
    size_t index;
    const char *sign, *verb, *kind, *names, *action, *colour;
    size_t n, n_members; /* what the filter counts, and resources */
    bool harmful, unfold;
};
/* Flags may follow; then the summary, in which tags may follow; then the body. */
void html_begin_block(struct html *h, const struct html_block_head *head);
void html_begin_summary(struct html *h, const struct html_block_head *head);
void html_end_summary(struct html *h, struct pos place);

/* A table of attributes; of each the name and the values, and a cell more may follow. */
void html_begin_attrs(struct html *h);
void html_begin_attr(struct html *h, const struct attr_change *attr, bool create);
void html_end_attrs(struct html *h);
/* The lines in which a text changes. */
void html_script(struct html *h, const struct attr_change *attr, size_t max_lines);
/* A list of names. */
void html_begin_members(struct html *h);

/* How many lines each script may have, so that the page still opens. */
size_t html_share_of_lines(size_t n_scripts);
const char *html_changes_class(size_t n_blocks);

/* ---- the plan --------------------------------------------------------------------------- */

/* The head: verdict, counts, impact, slots. */
void html_plan_head(struct html_page *page);
/* What is refused, disruptive, found, not readable. */
void html_plan_notices(struct html_page *page);
/* One block with all that is known of it. */
void html_plan_block(struct html_page *page, size_t index);
/* The waves as a picture. */
void html_plan_graph(struct html_page *page);

/* ---- the frame -------------------------------------------------------------------------- */

/* A link to the blocks, for who reads by keyboard. */
void html_skip(struct html *h, const char *text);
/* A document with the style and the script of the page, until </head>; the body is open. */
void html_frame_begin(struct html *h, const char *title, struct strbuf *out);
void html_frame_end(struct html *h);

#endif
