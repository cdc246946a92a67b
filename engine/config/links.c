/* links.c: see links.h. */
#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "map.h"
#include "names.h"
#include "provider.h"
#include "references.h"
#include "strbuf.h"
#include "vec.h"

enum { MAX_HINTS = 50, MAX_SHOWN = 20 };

/* The members of one section. */
struct members {
    const struct schema *schema;
    struct map by_name; /* name -> index of the resource + 1 */
    const char **names; /* sorted; made for the first hint */
};

struct edge {
    size_t to;
    struct pos pos;
};

struct node_edges {
    size_t first, n; /* in edges */
};

struct linker {
    const struct links_input *input;
    struct arena *scratch;
    struct members *sections;
    size_t n_sections;
    VEC(struct edge) edges;
    struct node_edges *nodes; /* per resource */
    size_t at;                /* resource whose references are being walked */
    size_t hints;
    bool *bad;
    int result;
};

static struct members *find_section(const struct linker *l, const char *section)
{
    for (size_t i = 0; i < l->n_sections; i++)
        if (l->sections[i].schema->section != NULL &&
            strcmp(l->sections[i].schema->section, section) == 0)
            return &l->sections[i];
    return NULL;
}

static void collect_members(struct linker *l)
{
    while (l->input->kinds[l->n_sections] != NULL)
        l->n_sections++;
    l->sections = ARENA_ARRAY(l->scratch, l->n_sections, struct members);
    for (size_t i = 0; i < l->n_sections; i++) {
        l->sections[i].schema = &l->input->kinds[i]->schema;
        map_init(&l->sections[i].by_name);
    }
    for (size_t i = 0; i < l->input->resources->n; i++) {
        const struct instance *it = l->input->resources->items[i];
        for (size_t s = 0; s < l->n_sections; s++)
            if (l->sections[s].schema == it->schema)
                map_set(&l->sections[s].by_name, it->name, (void *)(uintptr_t)(i + 1));
    }
}

/* Guessing is linear in the section: not for every one of many errors. */
static void hint_nearest(struct linker *l, struct members *section, struct diag *diag,
                         const char *name)
{
    if (l->hints++ >= MAX_HINTS)
        return;
    if (section->names == NULL)
        section->names = map_sorted_keys(&section->by_name, l->input->arena);
    size_t n = map_count(&section->by_name);
    const char *nearest = names_nearest(name, section->names, n);
    if (nearest != NULL)
        diag_hint(l->input->diags, diag, "did you mean \"%s\"?", nearest);
    else if (n == 0)
        diag_hint(l->input->diags, diag, "there are no %s", section->schema->section);
}

static void note_reference(void *context, const struct reference *reference)
{
    struct linker *l = context;
    struct members *section = find_section(l, reference->section);
    if (section == NULL)
        return;
    size_t to = (size_t)(uintptr_t)map_get(&section->by_name, reference->name);
    if (to != 0) {
        VEC_PUSH(l->scratch, &l->edges, ((struct edge){.to = to - 1, .pos = reference->pos}));
        return;
    }
    struct diag *diag =
        diag_error(l->input->diags, reference->pos, "%s: there is no \"%.100s\" in %s",
                   reference->attr->name, reference->name, reference->section);
    diag->address = l->input->resources->items[l->at]->address;
    hint_nearest(l, section, diag, reference->name);
    l->bad[l->at] = true;
    l->result = -1;
}

static void collect_edges(struct linker *l)
{
    size_t n = l->input->resources->n;
    l->nodes = ARENA_ARRAY(l->scratch, n, struct node_edges);
    for (l->at = 0; l->at < n; l->at++) {
        l->nodes[l->at].first = l->edges.n;
        references_each(l->input->resources->items[l->at], note_reference, l);
        l->nodes[l->at].n = l->edges.n - l->nodes[l->at].first;
    }
}

/* ---- circles
 * ------------------------------------------------------------------------------------ */

enum colour { WHITE, GREY, BLACK };

struct visit {
    size_t node, next; /* next edge to follow, from 0 */
};

/* path[from..n) closes on its first member through its last edge. */
static void report_circle(struct linker *l, const struct visit *path, size_t n)
{
    struct strbuf loop, places;
    strbuf_init(&loop, 1 << 16);
    strbuf_init(&places, 1 << 16);
    struct instance *const *items = l->input->resources->items;
    for (size_t i = 0; i < n; i++) {
        l->bad[path[i].node] = true;
        if (i == MAX_SHOWN)
            strbuf_addf(&loop, "(%zu more) -> ", n - i);
        if (i >= MAX_SHOWN)
            continue;
        const struct edge *edge =
            &l->edges.items[l->nodes[path[i].node].first + path[i].next - 1];
        strbuf_addf(&loop, "%s -> ", items[path[i].node]->address);
        strbuf_addf(&places, "%s%s refers to %s at %s:%u:%u", i > 0 ? "; " : "",
                    items[path[i].node]->address, items[edge->to]->address, edge->pos.file,
                    edge->pos.line, edge->pos.column);
    }
    const struct edge *first = &l->edges.items[l->nodes[path[0].node].first + path[0].next - 1];
    struct diag *diag =
        diag_error(l->input->diags, first->pos, "references run in a circle: %s%s",
                   strbuf_str(&loop), items[path[0].node]->address);
    diag_hint(l->input->diags, diag, "%s", strbuf_str(&places));
    strbuf_release(&loop);
    strbuf_release(&places);
    l->result = -1;
}

static void walk(struct linker *l, size_t start, unsigned char *colours, struct visit *path)
{
    size_t depth = 0;
    path[depth++] = (struct visit){.node = start};
    colours[start] = GREY;
    while (depth > 0) {
        struct visit *top = &path[depth - 1];
        const struct node_edges *edges = &l->nodes[top->node];
        if (top->next == edges->n) {
            colours[top->node] = BLACK;
            depth--;
            continue;
        }
        size_t to = l->edges.items[edges->first + top->next++].to;
        if (colours[to] == WHITE) {
            colours[to] = GREY;
            path[depth++] = (struct visit){.node = to};
        } else if (colours[to] == GREY) {
            size_t from = depth - 1;
            while (path[from].node != to)
                from--;
            report_circle(l, path + from, depth - from);
        }
    }
}

static void find_circles(struct linker *l)
{
    size_t n = l->input->resources->n;
    unsigned char *colours = ARENA_ARRAY(l->scratch, n, unsigned char);
    struct visit *path = ARENA_ARRAY(l->scratch, n, struct visit);
    for (size_t i = 0; i < n; i++)
        if (colours[i] == WHITE)
            walk(l, i, colours, path);
}

int links_check(const struct links_input *input, bool *bad)
{
    struct linker l = {.input = input, .scratch = arena_new(), .bad = bad};
    collect_members(&l);
    collect_edges(&l);
    find_circles(&l);
    for (size_t i = 0; i < l.n_sections; i++)
        map_release(&l.sections[i].by_name);
    arena_free(l.scratch);
    return l.result;
}
