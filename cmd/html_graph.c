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
    unsigned length = (n + GRAPH_SPANS_MAX - 1) / GRAPH_SPANS_MAX;
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

/* Blocks come by wave, so layers do too. */
static void make_layers(struct html_graph *graph, const struct plan *plan,
                        const struct html_blocks *blocks)
{
    unsigned current = 0;
    VEC_EACH (struct graph_node, it, graph->nodes) {
        unsigned wave = blocks->list.items[it->block].wave;
        unsigned span = graph->level < LEVEL_SPANS ? wave : span_of(plan, wave);
        if (graph->layers.n == 0 || span != current)
            VEC_PUSH(graph->arena, &graph->layers,
                     ((struct graph_layer){.wave = it->wave, .last_wave = it->last_wave}));
        current = span;
        struct graph_layer *layer = &graph->layers.items[graph->layers.n - 1];
        it->layer = graph->layers.n - 1;
        it->rank = layer->n++;
        layer->last_wave = it->last_wave > layer->last_wave ? it->last_wave : layer->last_wave;
        graph->most = layer->n > graph->most ? layer->n : graph->most;
    }
    for (size_t i = 0; i < graph->layers.n; i++) {
        struct graph_layer *layer = &graph->layers.items[i];
        layer->n_lines = (layer->n + GRAPH_BESIDE_MAX - 1) / GRAPH_BESIDE_MAX;
        layer->first_line = i == 0 ? 0 : layer[-1].first_line + layer[-1].n_lines;
    }
}

/* Nodes that follow each other stand below each other as long as there are lines, so that what
 * is further left by rank is further left in the picture. */
static void set_place(struct html_graph *graph, struct graph_node *node, size_t rank)
{
    const struct graph_layer *layer = &graph->layers.items[node->layer];
    node->rank = rank;
    node->x = rank / layer->n_lines;
    node->line = rank % layer->n_lines;
}

static bool is_small(const struct html_graph *graph)
{
    return graph->nodes.n <= GRAPH_NODES_MAX && graph->most <= GRAPH_LAYER_MAX &&
           graph->layers.n <= 4 * GRAPH_SPANS_MAX;
}

/* ---- edges --------------------------------------------------------------------------------
 */

/* linked[from * n + to]: from comes before to. Only between layers: within one that stands
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
            if (graph->nodes.items[from].layer < graph->nodes.items[to].layer)
                linked[from * n + to] = true;
        }
    }
    return linked;
}

/* Nodes are sorted by layer, so whatever leads to one has a smaller number. Edges that follow
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

/* ---- places -------------------------------------------------------------------------------
 */

/* A node with where its neighbours stand, in thousandths of a place. */
struct place {
    size_t node, weight, rank;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static size_t weight_of(const struct html_graph *graph, size_t node, bool forward)
{
    size_t sum = 0, n = 0;
    VEC_EACH (struct graph_edge, it, graph->edges) {
        size_t mine = forward ? it->to : it->from, other = forward ? it->from : it->to;
        if (mine != node)
            continue;
        sum += graph->nodes.items[other].x * 1000;
        n++;
    }
    return n == 0 ? graph->nodes.items[node].x * 1000 : sum / n;
}

static void sort_layer(struct html_graph *graph, size_t layer, bool forward)
{
    struct place places[GRAPH_NODES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < graph->nodes.n; i++)
        if (graph->nodes.items[i].layer == layer)
            places[n++] =
                (struct place){i, weight_of(graph, i, forward), graph->nodes.items[i].rank};
    qsort(places, n, sizeof(*places), compare_places);
    for (size_t i = 0; i < n; i++)
        set_place(graph, &graph->nodes.items[places[i].node], i);
}

/* Each node goes to the middle of its neighbours, there and back. */
static void order_layers(struct html_graph *graph)
{
    VEC_EACH (struct graph_node, it, graph->nodes) {
        set_place(graph, it, it->rank);
    }
    for (unsigned sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t i = 0; i < graph->layers.n; i++) {
            bool forward = sweep % 2 == 0;
            sort_layer(graph, forward ? i : graph->layers.n - 1 - i, forward);
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
        make_layers(&graph, plan, blocks);
        if (is_small(&graph))
            break;
    }
    make_edges(&graph, collect_links(&graph, plan, blocks, node_of));
    order_layers(&graph);
    return graph;
}
