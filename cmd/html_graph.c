/* html_graph.c: see html_graph.h. */
#include "html_graph.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "map.h"
#include "provider.h"

enum { LEVEL_BLOCKS, LEVEL_WAVES, LEVEL_SPANS, LEVEL_ACTIONS, LEVEL_COUNT, SWEEPS = 6 };

/* ---- nodes --------------------------------------------------------------------------------
 */

/* Which of the spans of waves, each as long as the others. */
static unsigned span_of(const struct plan *plan, unsigned wave)
{
    unsigned n = plan->n_changes == 0 ? 1 : plan->changes[plan->n_changes - 1].wave;
    unsigned length = (n + GRAPH_COLUMNS_MAX - 1) / GRAPH_COLUMNS_MAX;
    return length == 0 ? 0 : (wave - (wave > 0)) / length;
}

static const char *key_of(const struct plan *plan, const struct html_blocks *blocks,
                          size_t block, unsigned level)
{
    const struct html_block *it = &blocks->list.items[block];
    unsigned span = level == LEVEL_WAVES ? it->wave : span_of(plan, it->wave);
    if (level == LEVEL_BLOCKS)
        return arena_printf(blocks->arena, "%zu", block);
    return arena_printf(blocks->arena, "%u %d %d %s", span, (int)it->first->action, it->harmful,
                        level == LEVEL_ACTIONS ? "" : it->first->kind->schema.kind);
}

static void add_to_node(struct graph_node *node, const struct html_blocks *blocks, size_t block)
{
    const struct html_block *it = &blocks->list.items[block];
    node->n += it->members.n;
    node->n_blocks++;
    node->wave = it->wave < node->wave ? it->wave : node->wave;
    node->last_wave = it->last_wave > node->last_wave ? it->last_wave : node->last_wave;
    node->mixed = node->mixed || it->first->kind != blocks->list.items[node->block].first->kind;
}

/* node_of: of each block. */
static void make_nodes(struct html_graph *graph, const struct plan *plan,
                       const struct html_blocks *blocks, size_t *node_of)
{
    struct map seen;
    map_init(&seen);
    for (size_t i = 0; i < blocks->list.n; i++) {
        const struct html_block *block = &blocks->list.items[i];
        const char *key = key_of(plan, blocks, i, graph->level);
        size_t index = (size_t)(uintptr_t)map_get(&seen, key);
        if (index == 0) {
            VEC_PUSH(graph->arena, &graph->nodes,
                     ((struct graph_node){.block = i,
                                          .wave = block->wave,
                                          .last_wave = block->last_wave,
                                          .harmful = block->harmful}));
            index = graph->nodes.n;
            map_set(&seen, key, (void *)(uintptr_t)index);
        }
        node_of[i] = index - 1;
        add_to_node(&graph->nodes.items[index - 1], blocks, i);
    }
    map_release(&seen);
}

/* Blocks come by wave, so columns do too. */
static void make_columns(struct html_graph *graph, const struct plan *plan,
                         const struct html_blocks *blocks)
{
    unsigned current = 0;
    graph->most_rows = 0;
    VEC_EACH (struct graph_node, it, graph->nodes) {
        unsigned wave = blocks->list.items[it->block].wave;
        unsigned span = graph->level < LEVEL_SPANS ? wave : span_of(plan, wave);
        if (graph->columns.n == 0 || span != current)
            VEC_PUSH(graph->arena, &graph->columns,
                     ((struct graph_column){it->wave, it->last_wave, 0}));
        current = span;
        struct graph_column *column = &graph->columns.items[graph->columns.n - 1];
        it->column = graph->columns.n - 1;
        it->row = column->n++;
        column->last_wave =
            it->last_wave > column->last_wave ? it->last_wave : column->last_wave;
        graph->most_rows = column->n > graph->most_rows ? column->n : graph->most_rows;
    }
}

static bool is_small(const struct html_graph *graph)
{
    return graph->nodes.n <= GRAPH_NODES_MAX && graph->most_rows <= GRAPH_ROWS_MAX &&
           graph->columns.n <= 4 * GRAPH_COLUMNS_MAX;
}

/* ---- edges --------------------------------------------------------------------------------
 */

/* linked[from * n + to]: from comes before to. Only between columns: within one that stands
 * for several waves there may be both ways. */
static bool *collect_links(const struct html_graph *graph, const struct plan *plan,
                           const struct html_blocks *blocks, const size_t *node_of)
{
    size_t n = graph->nodes.n;
    bool *linked = ARENA_ARRAY(graph->arena, n * n + 1, bool);
    for (size_t i = 0; i < plan->n_changes; i++) {
        size_t to = node_of[blocks->of_change[i]];
        for (size_t e = 0; e < plan->changes[i].n_after; e++) {
            size_t from = node_of[blocks->of_change[plan->changes[i].after[e].on]];
            if (graph->nodes.items[from].column < graph->nodes.items[to].column)
                linked[from * n + to] = true;
        }
    }
    return linked;
}

/* Nodes are sorted by column, so whatever leads to one has a smaller number. Edges that follow
 * from others would only be noise. */
static void make_edges(struct html_graph *graph, const bool *linked)
{
    size_t n = graph->nodes.n;
    bool *reached = ARENA_ARRAY(graph->arena, n * n + 1, bool); /* over any number of edges */
    for (size_t to = 0; to < n; to++)
        for (size_t from = to; from-- > 0;) {
            if (!linked[from * n + to] || reached[from * n + to])
                continue;
            VEC_PUSH(graph->arena, &graph->edges, ((struct graph_edge){from, to}));
            reached[from * n + to] = true;
            for (size_t k = 0; k < from; k++)
                reached[k * n + to] = reached[k * n + to] || reached[k * n + from];
        }
}

/* ---- rows ---------------------------------------------------------------------------------
 */

/* A node with where its neighbours stand, in units of a thousandth of the column. */
struct place {
    size_t node, weight, row;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static size_t scaled_row(const struct html_graph *graph, size_t node)
{
    const struct graph_node *it = &graph->nodes.items[node];
    size_t n = graph->columns.items[it->column].n;
    return (2 * it->row + 1) * 500000 / n;
}

static size_t weight_of(const struct html_graph *graph, size_t node, bool forward)
{
    size_t sum = 0, n = 0;
    VEC_EACH (struct graph_edge, it, graph->edges) {
        size_t mine = forward ? it->to : it->from, other = forward ? it->from : it->to;
        if (mine != node)
            continue;
        sum += scaled_row(graph, other);
        n++;
    }
    return n == 0 ? scaled_row(graph, node) : sum / n;
}

static void sort_column(struct html_graph *graph, size_t column, bool forward)
{
    struct place places[GRAPH_NODES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < graph->nodes.n; i++)
        if (graph->nodes.items[i].column == column)
            places[n++] =
                (struct place){i, weight_of(graph, i, forward), graph->nodes.items[i].row};
    qsort(places, n, sizeof(*places), compare_places);
    for (size_t i = 0; i < n; i++)
        graph->nodes.items[places[i].node].row = i;
}

/* Each node goes to the middle of its neighbours, there and back. */
static void order_rows(struct html_graph *graph)
{
    for (unsigned sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t i = 0; i < graph->columns.n; i++) {
            bool forward = sweep % 2 == 0;
            sort_column(graph, forward ? i : graph->columns.n - 1 - i, forward);
        }
}

struct html_graph html_graph_of(const struct plan *plan, const struct html_blocks *blocks,
                                struct arena *arena)
{
    struct html_graph graph = {.arena = arena};
    size_t *node_of = ARENA_ARRAY(arena, blocks->list.n + 1, size_t);
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        graph = (struct html_graph){.arena = arena, .level = level};
        make_nodes(&graph, plan, blocks, node_of);
        make_columns(&graph, plan, blocks);
        if (is_small(&graph))
            break;
    }
    make_edges(&graph, collect_links(&graph, plan, blocks, node_of));
    order_rows(&graph);
    return graph;
}
