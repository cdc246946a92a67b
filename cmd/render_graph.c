/* render_graph.c: the references between resources, for Graphviz and Mermaid. */
#include "render.h"

#include <string.h>

#include "arena.h"
#include "references.h"
#include "safe_text.h"
#include "strbuf.h"

struct graph {
    const struct facts *facts;
    const struct plan *plan;
    struct strbuf *out;
    bool mermaid;
    size_t from;
};

static const char *colour_of(enum action action)
{
    switch (action) {
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
        break;
    }
    return "lightgrey";
}

/* What would end a label early or mean something in it: for Graphviz behind a backslash, for
 * Mermaid, which takes labels for HTML or Markdown, by its number. */
static void add_label(struct strbuf *out, const char *text, bool mermaid)
{
    const char *special = mermaid ? "\"\\#&<>`" : "\"\\";
    while (*text != '\0') {
        if (strchr(special, *text) == NULL)
            text += safe_char(text, false, out);
        else if (mermaid)
            strbuf_addf(out, "#%d;", *text++);
        else
            strbuf_addf(out, "\\%c", *text++);
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
    size_t to =
        index_of(graph, arena_printf(arena, "%s/%s", kind->schema.kind, reference->name));
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

/* colour NULL: the plan leaves it as it is. */
static void add_node(const struct graph *graph, size_t number, const char *address,
                     bool abstract, const char *colour)
{
    if (graph->mermaid)
        strbuf_addf(graph->out, "  n%zu%s\"", number, abstract ? "([" : "[");
    else
        strbuf_addf(graph->out, "  n%zu [label=\"", number);
    add_label(graph->out, address, graph->mermaid);
    if (graph->mermaid) {
        strbuf_addf(graph->out, "\"%s\n", abstract ? "])" : "]");
        if (colour != NULL)
            strbuf_addf(graph->out, "  style n%zu fill:%s\n", number, colour);
        return;
    }
    strbuf_add(graph->out, "\"");
    if (colour != NULL)
        strbuf_addf(graph->out, ", style=filled, fillcolor=%s", colour);
    strbuf_addf(graph->out, "%s];\n", abstract ? ", shape=ellipse" : "");
}

/* The resources of the files, then those that only the plan knows: what it removes. */
static void add_nodes(const struct graph *graph)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const struct instances *files = graph->facts->desired;
    const struct plan none = {0}, *plan = graph->plan == NULL ? &none : graph->plan;
    const char **colours = ARENA_ARRAY(arena, files->n + 1, const char *);
    for (size_t i = 0; i < plan->n_changes; i++)
        colours[index_of(graph, plan->changes[i].address)] = colour_of(plan->changes[i].action);
    for (size_t i = 0; i < files->n; i++)
        add_node(graph, i, files->items[i]->address, files->items[i]->schema->abstract,
                 colours[i]);
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct change *change = &plan->changes[i];
        if (index_of(graph, change->address) == files->n)
            add_node(graph, files->n + i, change->address, false, colour_of(change->action));
    }
}

void render_graph_dot(const struct facts *facts, const struct plan *plan, struct strbuf *out)
{
    struct graph graph = {.facts = facts, .plan = plan, .out = out};
    strbuf_add(out, "digraph gridform {\n  rankdir=RL;\n  node [shape=box];\n");
    add_nodes(&graph);
    add_edges(&graph);
    strbuf_add(out, "}\n");
}

void render_graph_mermaid(const struct facts *facts, const struct plan *plan,
                          struct strbuf *out)
{
    struct graph graph = {.facts = facts, .plan = plan, .out = out, .mermaid = true};
    strbuf_add(out, "flowchart RL\n");
    add_nodes(&graph);
    add_edges(&graph);
}
