/* render_html_graph.c: the course of the work as a picture: a column per wave, a box per block,
 * an arrow from what comes first to what follows. */
#include "render_html.h"

#include <string.h>

#include "html_graph.h"
#include "strbuf.h"
#include "utf8.h"

enum {
    BOX_WIDTH = 240,
    BOX_HEIGHT = 50,
    COLUMN = BOX_WIDTH + 70,
    ROW = BOX_HEIGHT + 16,
    HEAD = 34, /* above the boxes: the names of the columns */
    MARGIN = 2,
    NAME_COLUMNS = 29, /* of monospaced letters */
    WHAT_COLUMNS = 24,
};

static unsigned x_of(const struct graph_node *node)
{
    return MARGIN + (unsigned)node->column * COLUMN;
}

/* Columns stand in the middle of the picture. */
static unsigned y_of(const struct html_graph *graph, const struct graph_node *node)
{
    size_t rows = graph->columns.items[node->column].n;
    return HEAD + (unsigned)((graph->most_rows - rows) * ROW / 2 + node->row * ROW);
}

/* What fits into a box; letters beyond ASCII may be twice as wide. */
static void add_short(const char *text, size_t max, struct strbuf *out)
{
    size_t size = strlen(text), at = 0, width = 0;
    while (at < size) {
        size_t len = utf8_len(text + at, size - at);
        len = len == 0 ? 1 : len;
        size_t wide = len > 2 ? 2 : 1;
        bool fits = width + wide <= max - (at + len < size ? 1 : 0);
        if (!fits)
            break;
        strbuf_add_mem(out, text + at, len);
        width += wide;
        at += len;
    }
    strbuf_add(out, at < size ? "…" : "");
}

static void add_words(struct html *h, const char *class, unsigned x, unsigned y,
                      const char *text)
{
    html_open(h, "text", class);
    html_attrf(h, "x", "%u", x);
    html_attrf(h, "y", "%u", y);
    html_text(h, text);
    html_close(h);
}

/* ---- boxes --------------------------------------------------------------------------------
 */

/* "change 3 × host" */
static void describe(const struct html_page *page, const struct graph_node *node,
                     struct strbuf *out)
{
    const struct change *first = page->blocks.list.items[node->block].first;
    strbuf_add(out, html_verb(first));
    if (node->n > 1 || node->mixed)
        strbuf_addf(out, " %zu ×", node->n);
    strbuf_addf(out, " %s", node->mixed ? "of all kinds" : first->kind->schema.kind);
}

static void add_full_title(struct html_page *page, const struct graph_node *node,
                           const char *what, const char *names)
{
    struct html *h = &page->html;
    html_open(h, "title", NULL);
    html_textf(h, "%s: %s, ", what, names);
    html_waves(h, node->wave, node->last_wave, true);
    html_text(h, node->harmful ? ", disruptive" : "");
    html_close(h);
}

static void add_box(struct html_page *page, const struct html_graph *graph, size_t index)
{
    struct html *h = &page->html;
    const struct graph_node *node = &graph->nodes.items[index];
    const struct html_block *block = &page->blocks.list.items[node->block];
    unsigned x = x_of(node), y = y_of(graph, node);
    struct strbuf what, names, brief;
    strbuf_init(&what, STRBUF_MAX_OUTPUT);
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    strbuf_init(&brief, 1000);
    describe(page, node, &what);
    if (node->n_blocks > 1)
        strbuf_addf(&names, "%zu different", node->n_blocks);
    else
        html_block_names(block, &names);
    add_short(strbuf_str(&names), NAME_COLUMNS, &brief);
    html_open(h, "a", node->harmful ? "node harm" : "node");
    html_attrf(h, "id", "n%zu", index);
    html_attr(h, "data-colour", html_colour(block->first->action));
    html_attrf(h, "href", "#c%zu", node->block + 1);
    add_full_title(page, node, strbuf_str(&what), strbuf_str(&names));
    html_open(h, "rect", NULL);
    html_attrf(h, "x", "%u", x);
    html_attrf(h, "y", "%u", y);
    html_attrf(h, "width", "%d", BOX_WIDTH);
    html_attrf(h, "height", "%d", BOX_HEIGHT);
    html_attr(h, "rx", "6");
    html_close(h);
    if (node->harmful) {
        html_open(h, "path", "bar");
        html_attrf(h, "d", "M%u %ua6 6 0 0 1 6 -6v%da6 6 0 0 1 -6 -6z", x, y + 6, BOX_HEIGHT);
        html_close(h);
    }
    add_words(h, "sign", x + 16, y + 21, html_sign(block->first->action));
    add_words(h, "name", x + 16, y + 39, strbuf_str(&brief));
    strbuf_clear(&brief);
    add_short(strbuf_str(&what), WHAT_COLUMNS, &brief);
    add_words(h, "what", x + 32, y + 21, strbuf_str(&brief));
    html_close(h);
    strbuf_release(&what);
    strbuf_release(&names);
    strbuf_release(&brief);
}

static void add_edge(struct html *h, const struct html_graph *graph,
                     const struct graph_edge *edge)
{
    const struct graph_node *from = &graph->nodes.items[edge->from];
    const struct graph_node *to = &graph->nodes.items[edge->to];
    unsigned x1 = x_of(from) + BOX_WIDTH, y1 = y_of(graph, from) + BOX_HEIGHT / 2;
    unsigned x2 = x_of(to) - 3, y2 = y_of(graph, to) + BOX_HEIGHT / 2;
    unsigned bend = (x2 - x1) / 2 > 60 ? 60 : (x2 - x1) / 2;
    html_open(h, "path", "edge");
    html_attrf(h, "data-from", "n%zu", edge->from);
    html_attrf(h, "data-to", "n%zu", edge->to);
    html_attrf(h, "d", "M%u %uC%u %u %u %u %u %u", x1, y1, x1 + bend, y1, x2 - bend, y2, x2,
               y2);
    html_attr(h, "marker-end", "url(#tip)");
    html_close(h);
}

static void add_tip(struct html *h)
{
    html_open(h, "defs", NULL);
    html_open(h, "marker", NULL);
    html_attr(h, "id", "tip");
    html_attr(h, "viewBox", "0 0 8 8");
    html_attr(h, "refX", "6");
    html_attr(h, "refY", "4");
    html_attr(h, "markerWidth", "7");
    html_attr(h, "markerHeight", "7");
    html_attr(h, "orient", "auto");
    html_open(h, "path", "tip");
    html_attr(h, "d", "M0 0.5L7 4L0 7.5z");
    html_close(h);
    html_close(h);
    html_close(h);
}

/* ---- the picture --------------------------------------------------------------------------
 */

static void add_columns(struct html *h, const struct html_graph *graph)
{
    for (size_t i = 0; i < graph->columns.n; i++) {
        const struct graph_column *column = &graph->columns.items[i];
        html_open(h, "text", "column");
        html_attrf(h, "x", "%u", MARGIN + (unsigned)i * COLUMN);
        html_attr(h, "y", "16");
        html_waves(h, column->wave, column->last_wave, false);
        html_close(h);
    }
}

static void add_picture(struct html_page *page, const struct html_graph *graph)
{
    struct html *h = &page->html;
    unsigned width = (unsigned)graph->columns.n * COLUMN - (COLUMN - BOX_WIDTH) + 2 * MARGIN;
    unsigned height = HEAD + (unsigned)graph->most_rows * ROW;
    html_open(h, "svg", NULL);
    html_attr(h, "xmlns", "http://www.w3.org/2000/svg");
    html_attrf(h, "width", "%u", width);
    html_attrf(h, "height", "%u", height);
    html_attrf(h, "viewBox", "0 0 %u %u", width, height);
    html_attr(h, "role", "group");
    html_attr(h, "aria-labelledby", "graph-title");
    add_tip(h);
    add_columns(h, graph);
    VEC_EACH (struct graph_edge, it, graph->edges) {
        add_edge(h, graph, it);
    }
    for (size_t i = 0; i < graph->nodes.n; i++)
        add_box(page, graph, i);
    html_close(h);
}

void html_plan_graph(struct html_page *page)
{
    struct html *h = &page->html;
    if (page->plan->n_changes == 0)
        return;
    const struct html_graph graph = html_graph_of(page->plan, &page->blocks, page->arena);
    html_open(h, "section", "graph");
    html_attr(h, "id", "graph");
    html_attr(h, "aria-labelledby", "graph-title");
    html_open(h, "h2", NULL);
    html_attr(h, "id", "graph-title");
    html_text(h, "Course of the work");
    html_close(h);
    html_open(h, "p", "soft");
    html_text(h, graph.level == 0
                     ? "A box is a group of equal changes; an arrow leads to what has to wait."
                     : "Too much for single boxes: each stands for many changes of one action, "
                       "and none is left out. An arrow leads to what has to wait.");
    html_close(h);
    html_open(h, "div", "scroll");
    html_attr(h, "tabindex", "0");
    html_attr(h, "role", "region");
    html_attr(h, "aria-label", "Graph of the waves");
    add_picture(page, &graph);
    html_close(h);
    html_close(h);
}
