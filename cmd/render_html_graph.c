/* render_html_graph.c: the course of the work as a picture: waves from the top down, a box per
 * block, an arrow from what comes first to what follows.
 *
 * Boxes stand on a grid. An arrow to the next wave goes straight there; one that would cross a
 * box on its way goes through the gap beside it, where lines that share the gap are set apart.
 */
#include "render_html.h"

#include <string.h>

#include "html_graph.h"
#include "strbuf.h"
#include "utf8.h"

enum {
    BOX_WIDTH = 236,
    BOX_HEIGHT = 50,
    GAP = 28, /* beside a box */
    STEP = BOX_WIDTH + GAP,
    LINE = BOX_HEIGHT + 14,
    TOP = 24,  /* above the first boxes: the name of their wave */
    HEAD = 46, /* above others: arrows as well */
    BEND = 22,
    MARGIN = 2,
    NAME_COLUMNS = 28, /* of monospaced letters */
    WHAT_COLUMNS = 24,
    LANES = 5, /* of a gap */
};

static unsigned x_of(const struct graph_node *node)
{
    return MARGIN + (unsigned)node->x * STEP;
}

/* The top of its boxes. */
static unsigned layer_y(const struct graph_layer *layer, size_t index)
{
    return TOP + HEAD * (unsigned)index + LINE * (unsigned)layer->first_line;
}

static unsigned y_of(const struct html_graph *graph, const struct graph_node *node)
{
    return layer_y(&graph->layers.items[node->layer], node->layer) +
           LINE * (unsigned)node->line;
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

/* Does the next line of the wave have a box below it? */
static bool has_below(const struct html_graph *graph, const struct graph_node *node)
{
    const struct graph_layer *layer = &graph->layers.items[node->layer];
    return node->line + 1 < layer->n_lines && node->rank + 1 < layer->n;
}

/* Down through the gap beside the boxes; from and to are left and reached from above where
 * nothing is in the way, else at the side. */
static void add_detour(const struct html_graph *graph, const struct graph_node *from,
                       const struct graph_node *to, size_t lane, struct strbuf *out)
{
    unsigned x1 = x_of(from), y1 = y_of(graph, from), x2 = x_of(to), y2 = y_of(graph, to);
    unsigned left = from->x < to->x ? x1 : x2;
    unsigned gap = left + BOX_WIDTH + GAP / 2 - LANES * 2 + (unsigned)lane * 4 + 2;
    unsigned middle = BOX_WIDTH / 2, half = BOX_HEIGHT / 2;
    if (has_below(graph, from)) {
        x1 += gap > x1 ? BOX_WIDTH : 0;
        strbuf_addf(out, "M%u %uQ%u %u %u %u", x1, y1 + half, gap, y1 + half, gap,
                    y1 + BOX_HEIGHT + 6);
    } else {
        y1 += BOX_HEIGHT;
        strbuf_addf(out, "M%u %uC%u %u %u %u %u %u", x1 + middle, y1, x1 + middle, y1 + BEND,
                    gap, y1, gap, y1 + BEND);
    }
    if (to->line > 0) {
        bool right = gap > x2;
        x2 = right ? x2 + BOX_WIDTH + 3 : x2 - 3;
        strbuf_addf(out, "V%uQ%u %u %u %u", y2, gap, y2 + half, x2, y2 + half);
    } else {
        strbuf_addf(out, "V%uC%u %u %u %u %u %u", y2 - BEND - 3, gap, y2 - 3, x2 + middle,
                    y2 - BEND - 3, x2 + middle, y2 - 3);
    }
}

static void add_straight(const struct html_graph *graph, const struct graph_node *from,
                         const struct graph_node *to, struct strbuf *out)
{
    unsigned x1 = x_of(from) + BOX_WIDTH / 2, y1 = y_of(graph, from) + BOX_HEIGHT;
    unsigned x2 = x_of(to) + BOX_WIDTH / 2, y2 = y_of(graph, to) - 3;
    unsigned bend = (y2 - y1) * 2 / 3;
    strbuf_addf(out, "M%u %uC%u %u %u %u %u %u", x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2);
}

static void add_edge(struct html *h, const struct html_graph *graph, size_t index)
{
    const struct graph_edge *edge = &graph->edges.items[index];
    const struct graph_node *from = &graph->nodes.items[edge->from];
    const struct graph_node *to = &graph->nodes.items[edge->to];
    struct strbuf line;
    strbuf_init(&line, 400);
    if (to->layer == from->layer + 1 && to->line == 0 && !has_below(graph, from))
        add_straight(graph, from, to, &line);
    else
        add_detour(graph, from, to, edge->from % LANES, &line);
    html_open(h, "path", "edge");
    html_attrf(h, "data-from", "n%zu", edge->from);
    html_attrf(h, "data-to", "n%zu", edge->to);
    html_attr(h, "d", strbuf_str(&line));
    html_attr(h, "marker-end", "url(#tip)");
    html_close(h);
    strbuf_release(&line);
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

static void add_layer_names(struct html *h, const struct html_graph *graph)
{
    for (size_t i = 0; i < graph->layers.n; i++) {
        const struct graph_layer *layer = &graph->layers.items[i];
        html_open(h, "text", "layer");
        html_attrf(h, "x", "%d", MARGIN);
        html_attrf(h, "y", "%u", layer_y(layer, i) - 8);
        html_waves(h, layer->wave, layer->last_wave, false);
        html_close(h);
    }
}

static void add_picture(struct html_page *page, const struct html_graph *graph)
{
    struct html *h = &page->html;
    const struct graph_layer *last = &graph->layers.items[graph->layers.n - 1];
    unsigned height = layer_y(last, graph->layers.n - 1) + LINE * (unsigned)last->n_lines;
    size_t beside = 0;
    VEC_EACH (struct graph_node, it, graph->nodes) {
        beside = it->x + 1 > beside ? it->x + 1 : beside;
    }
    unsigned width = 2 * MARGIN + STEP * (unsigned)beside;
    html_open(h, "svg", NULL);
    html_attr(h, "xmlns", "http://www.w3.org/2000/svg");
    html_attrf(h, "width", "%u", width);
    html_attrf(h, "height", "%u", height);
    html_attrf(h, "viewBox", "0 0 %u %u", width, height);
    html_attr(h, "role", "group");
    html_attr(h, "aria-labelledby", "graph-title");
    add_tip(h);
    add_layer_names(h, graph);
    for (size_t i = 0; i < graph->edges.n; i++)
        add_edge(h, graph, i);
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
