/* html_graph.h: the course of a plan as a layered graph, laid out for drawing.
 *
 * Columns are waves. A node is a block of equal changes; where that would be more than can be
 * looked at, nodes become coarser step by step (of one wave, kind and action; then of several
 * waves; then of any kind), until they are few. Nothing is ever left out: every change is
 * in one node, and harmful ones are never mixed with others.
 */
#ifndef GF_HTML_GRAPH_H
#define GF_HTML_GRAPH_H

#include <stdbool.h>

#include "html_blocks.h"

enum { GRAPH_NODES_MAX = 200, GRAPH_COLUMNS_MAX = 16, GRAPH_ROWS_MAX = 18 };

struct graph_node {
    size_t block;       /* the first of it */
    size_t n, n_blocks; /* changes and blocks in it */
    unsigned wave, last_wave;
    size_t column, row;
    bool harmful, mixed; /* mixed: of several kinds */
};

struct graph_edge {
    size_t from, to; /* nodes: from comes first */
};

struct graph_column {
    unsigned wave, last_wave;
    size_t n; /* rows */
};

struct html_graph {
    struct arena *arena;
    VEC(struct graph_node) nodes;
    VEC(struct graph_edge) edges; /* without those that follow from others */
    VEC(struct graph_column) columns;
    size_t most_rows;
    unsigned level; /* 0: a node is a block */
};

struct html_graph html_graph_of(const struct plan *plan, const struct html_blocks *blocks,
                                struct arena *arena);

#endif
