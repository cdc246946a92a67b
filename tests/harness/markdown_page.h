/* markdown_page.h: a page of Markdown taken apart by a small reader of its blocks. It ends the
 * test when the page is too long, no UTF-8, leaves anything open, or holds markup or links that
 * gridform does not mean to make. GRIDFORM_PAGES=DIR writes the pages there, for judges of
 * another kind (contract/commands/check_markdown.py). */
#ifndef GF_TESTS_MARKDOWN_PAGE_H
#define GF_TESTS_MARKDOWN_PAGE_H

#include <stddef.h>

#include "map.h"
#include "strbuf.h"

struct arena;

struct seen {
    size_t n_details, n_fences;
    size_t more;      /* names that a list of names says it leaves out */
    struct map words; /* all words of letters, set to this very structure */
};

/* The caller releases seen->words. */
void read_page(const struct strbuf *page, struct arena *arena, size_t limit, struct seen *seen);

/* The number right in front of the text; 0 when that is not on the page. */
size_t number_before(const struct strbuf *page, const char *text);

#endif
