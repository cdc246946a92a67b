/* html_graph.h: the course of a plan as a layered graph, laid out for drawing.
 *
 * Layers are waves, from the top down, so that the picture is no wider than the page however
 * many there are; what does not fit beside each other in a layer goes into several lines. A
 * node is a block of equal changes; where that would be more than can be looked at, nodes
 * become coarser step by step (of one wave, kind and action; then of several waves; then of any
 * kind), until they are few. Nothing is ever left out: every change is in one node, and harmful
 * ones are never mixed with others.
 */
#ifndef GF_HTML_GRAPH_H
#define GF_HTML_GRAPH_H

#include <stdbool.h>

#include "html_blocks.h"

enum {
    GRAPH_NODES_MAX = 200,
    GRAPH_SPANS_MAX = 16,
    GRAPH_LAYER_MAX = 18,
    GRAPH_BESIDE_MAX = 4
};

struct graph_node {
    size_t block;       /* the first of it */
    size_t n, n_blocks; /* changes and blocks in it */
    unsigned wave, last_wave;
    size_t layer;
    size_t rank;         /* in the layer, from the left */
    size_t x, line;      /* x: from the left; line: of the layer, from the top */
    bool harmful, mixed; /* mixed: of several kinds */
};

struct graph_edge {
    size_t from, to; /* nodes: from comes first */
};

struct graph_layer {
    unsigned wave, last_wave;
    size_t n, n_lines;
    size_t first_line; /* lines of layers above it */
};

struct html_graph {
    struct arena *arena;
    VEC(struct graph_node) nodes;
    VEC(struct graph_edge) edges; /* without those that follow from others */
    VEC(struct graph_layer) layers;
    size_t most;    /* nodes of a layer */
    unsigned level; /* 0: a node is a block */
};

struct html_graph html_graph_of(const struct plan *plan, const struct html_blocks *blocks,
                                struct arena *arena);

#endif
