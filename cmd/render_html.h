/* render_html.h: what the parts of the HTML page of a plan share. */
#ifndef GF_RENDER_HTML_H
#define GF_RENDER_HTML_H

#include "diag.h"
#include "html.h"
#include "html_blocks.h"

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

/* The head: verdict, counts, impact, slots. */
void html_plan_head(struct html_page *page);
/* What is refused, disruptive, found, not readable. */
void html_plan_notices(struct html_page *page);
/* One block with all that is known of it. */
void html_plan_block(struct html_page *page, size_t index);
/* The waves as a picture. */
void html_plan_graph(struct html_page *page);

/* A document with the style and the script of the page, until </head>; the body is open. */
void html_frame_begin(struct html *h, const char *title, struct strbuf *out);
void html_frame_end(struct html *h);

#endif
