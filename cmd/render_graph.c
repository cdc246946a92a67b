/* render_graph.c: the references between resources, for Graphviz and Mermaid. */
#include "render.h"

#include <string.h>

#include "arena.h"
#include "references.h"
#include "strbuf.h"

struct graph {
    const struct facts *facts;
    const struct plan *plan;
    struct strbuf *out;
    bool mermaid;
    size_t from;
};

static const char *colour_of(const struct graph *graph, const char *address)
{
    for (size_t i = 0; graph->plan != NULL && i < graph->plan->n_changes; i++) {
        if (strcmp(graph->plan->changes[i].address, address) != 0)
            continue;
        switch (graph->plan->changes[i].action) {
        case ACTION_CREATE:
            return "palegreen";
        case ACTION_UPDATE:
        case ACTION_REBUILD:
            return "khaki";
        case ACTION_DELETE:
            return "lightcoral";
        case ACTION_NONE:
        case ACTION_RELEASE:
        case ACTION_ADOPT:
        case ACTION_COUNT:
            return "lightgrey";
        }
    }
    return NULL;
}

/* Quotes and backslashes would end a label early. */
static void add_label(struct strbuf *out, const char *text, bool mermaid)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            strbuf_add(out, mermaid ? "#quot;" : "\\\"");
        else if (*text == '\\')
            strbuf_add(out, mermaid ? "#92;" : "\\\\");
        else
            strbuf_add_char(out, *text);
    }
}

static size_t index_of(const struct graph *graph, const char *address)
{
    const struct instances *all = graph->facts->desired;
    for (size_t low = 0, high = all->n; low < high;) {
        size_t middle = (low + high) / 2;
        int order = strcmp(all->items[middle]->address, address);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return all->n;
}

static void add_edge(void *context, const struct reference *reference)
{
    struct graph *graph = context;
    const struct kind *kind = kind_by_section(graph->facts->kinds, reference->section);
    if (kind == NULL)
        return;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    size_t to = index_of(graph, arena_printf(arena, "%s/%s", kind->schema.kind,
                                             reference->name));
    if (to < graph->facts->desired->n)
        strbuf_addf(graph->out, graph->mermaid ? "  n%zu --> n%zu\n" : "  n%zu -> n%zu;\n",
                    graph->from, to);
}

static void add_edges(struct graph *graph)
{
    for (size_t i = 0; i < graph->facts->desired->n; i++) {
        graph->from = i;
        references_each(graph->facts->desired->items[i], add_edge, graph);
    }
}

void render_graph_dot(const struct facts *facts, const struct plan *plan, struct strbuf *out)
{
    struct graph graph = {.facts = facts, .plan = plan, .out = out};
    strbuf_add(out, "digraph gridform {\n  rankdir=RL;\n  node [shape=box];\n");
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *node = facts->desired->items[i];
        const char *colour = colour_of(&graph, node->address);
        strbuf_addf(out, "  n%zu [label=\"", i);
        add_label(out, node->address, false);
        strbuf_add(out, "\"");
        if (colour != NULL)
            strbuf_addf(out, ", style=filled, fillcolor=%s", colour);
        strbuf_addf(out, "%s];\n", node->schema->abstract ? ", shape=ellipse" : "");
    }
    add_edges(&graph);
    strbuf_add(out, "}\n");
}

void render_graph_mermaid(const struct facts *facts, const struct plan *plan,
                          struct strbuf *out)
{
    struct graph graph = {.facts = facts, .plan = plan, .out = out, .mermaid = true};
    strbuf_add(out, "flowchart RL\n");
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *node = facts->desired->items[i];
        strbuf_addf(out, "  n%zu%s\"", i, node->schema->abstract ? "([" : "[");
        add_label(out, node->address, true);
        strbuf_addf(out, "\"%s\n", node->schema->abstract ? "])" : "]");
        const char *colour = colour_of(&graph, node->address);
        if (colour != NULL)
            strbuf_addf(out, "  style n%zu fill:%s\n", i, colour);
    }
    add_edges(&graph);
}
