/* html_page.h: a page taken apart by libxml2, which knows nothing of gridform. It ends the test
 * when the page is no well-formed document, loads or links to anything outside itself, holds an
 * element, attribute or script that gridform does not mean to write, names an id twice or
 * refers to one that is not there, or when its policy does not fit its style and script.
 * GRIDFORM_PAGES=DIR writes the pages there, for a browser (contract/commands/check_html.py).
 */
#ifndef GF_TESTS_HTML_PAGE_H
#define GF_TESTS_HTML_PAGE_H

#include <stddef.h>

#include "map.h"
#include "strbuf.h"

struct arena;

struct html_seen {
    size_t n_blocks, n_changes; /* <details class="change">, and the changes in them */
    size_t n_harmful;           /* of these changes, those of blocks that are marked */
    size_t n_drift;             /* blocks with drift */
    size_t n_nodes, n_edges;    /* of the graph */
    struct map names;           /* words in <code> of changes, set to this very structure */
    struct map harmful;         /* the same, of blocks that are marked */
    struct map listed;          /* words of the section that lists harmful ones */
    const char *shape;          /* elements and attributes in their order, without any text */
    const char *text;           /* all text, without style and script */
};

void html_page_read(const struct strbuf *page, struct arena *arena, struct html_seen *seen);
void html_seen_release(struct html_seen *seen);

/* Words that are out to be more than words; NULL after the last. */
const char *html_page_hostile(size_t n);
/* Well-formed, and nothing in it turns the reading or drives a terminal. */
void html_page_check_text(const struct strbuf *text);

/* The body, without style and script, is what the file holds (GRIDFORM_UPDATE_CASES writes it). */
void html_page_check_golden(struct arena *arena, const struct strbuf *page, const char *path);

#endif
