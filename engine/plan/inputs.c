/* inputs.c: which inputs of a new version changed, for the reviewer.
 *
 * Inputs are not compared with what is live; they are compared with those that the last version
 * was made from. A list of items (the steps in a guest) is aligned by the items' titles, so
 * that a step that was put in between does not look like a change of all that follow.
 */
#include "plan_private.h"

#include <string.h>

#include "arena.h"
#include "strbuf.h"
#include "types.h"

struct inputs {
    struct arena *arena;
    VEC(struct attr_change) changes;
};

/* ---- items --------------------------------------------------------------------------------
 */

/* Two lists of items of one attribute. */
struct pairing {
    struct inputs *inputs;
    const struct attr *attr;
    const struct value *from, *to;
    const char **from_titles, **to_titles;
    size_t n_from, n_to;
    unsigned short *common; /* (n_from + 1) x (n_to + 1): common titles from here on */
};

static const char *title_of(const struct attr *attr, const struct value *item,
                            struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, 1024);
    if (attr->items->title != NULL)
        attr->items->title(item, &text);
    const char *title = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return title;
}

static const char **titles_of(const struct attr *attr, const struct value *list,
                              struct arena *arena)
{
    const char **titles = ARENA_ARRAY(arena, value_count(list) + 1, const char *);
    for (size_t i = 0; i < value_count(list); i++)
        titles[i] = title_of(attr, value_at(list, i), arena);
    return titles;
}

/* The attribute under the name that it has in this item, for machines. */
static const struct attr *in_item(const struct pairing *p, const struct attr *inner,
                                  size_t number)
{
    struct attr *attr = ARENA_NEW(p->inputs->arena, struct attr);
    *attr = *inner;
    attr->name =
        arena_printf(p->inputs->arena, "%s[%zu].%s", p->attr->name, number, inner->name);
    return attr;
}

static void show_pair(const struct pairing *p, size_t from, size_t to)
{
    const struct schema *schema = p->attr->items;
    const struct value *before = value_at(p->from, from), *after = value_at(p->to, to);
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *inner = &schema->attrs[i];
        const struct value *a = value_get(before, inner->name),
                           *b = value_get(after, inner->name);
        if (attr_equal(inner, a, b))
            continue;
        const char *label = inner->flags & ATTR_TEXT
                                ? arena_printf(p->inputs->arena, "%s %zu (%s)", schema->kind,
                                               to + 1, p->to_titles[to])
                                : arena_printf(p->inputs->arena, "%s %zu %s", schema->kind,
                                               to + 1, inner->name);
        VEC_PUSH(p->inputs->arena, &p->inputs->changes,
                 ((struct attr_change){.attr = in_item(p, inner, to + 1),
                                       .from = a,
                                       .to = b,
                                       .reason = REASON_EDIT,
                                       .label = label}));
    }
}

/* An item that came or went, by its title. */
static void show_single(const struct pairing *p, const char *from, const char *to,
                        size_t number)
{
    struct arena *arena = p->inputs->arena;
    struct attr *attr = ARENA_NEW(arena, struct attr);
    *attr = (struct attr){.name = arena_printf(arena, "%s[%zu]", p->attr->name, number),
                          .type = &type_string,
                          .flags = ATTR_INPUT};
    VEC_PUSH(arena, &p->inputs->changes,
             ((struct attr_change){
                 .attr = attr,
                 .from = from == NULL ? value_absent() : value_string(arena, from),
                 .to = to == NULL ? value_absent() : value_string(arena, to),
                 .reason = REASON_EDIT,
                 .label = arena_printf(arena, "%s%s %zu", to == NULL ? "former " : "",
                                       p->attr->items->kind, number)}));
}

static unsigned short *cell(const struct pairing *p, size_t from, size_t to)
{
    return &p->common[from * (p->n_to + 1) + to];
}

/* Longest common subsequence of titles, from the end. */
static void count_common(struct pairing *p)
{
    p->common = ARENA_ARRAY(p->inputs->arena, (p->n_from + 1) * (p->n_to + 1), unsigned short);
    for (size_t i = p->n_from; i-- > 0;)
        for (size_t j = p->n_to; j-- > 0;) {
            unsigned short skip_from = *cell(p, i + 1, j), skip_to = *cell(p, i, j + 1);
            *cell(p, i, j) = strcmp(p->from_titles[i], p->to_titles[j]) == 0
                                 ? (unsigned short)(*cell(p, i + 1, j + 1) + 1)
                             : skip_from > skip_to ? skip_from
                                                   : skip_to;
        }
}

/* What lies between two common items: pairs as far as they go, then what came or went. */
static void show_gap(const struct pairing *p, size_t from, size_t end_from, size_t to,
                     size_t end_to)
{
    for (; from < end_from && to < end_to; from++, to++)
        show_pair(p, from, to);
    for (; from < end_from; from++)
        show_single(p, p->from_titles[from], NULL, from + 1);
    for (; to < end_to; to++)
        show_single(p, NULL, p->to_titles[to], to + 1);
}

static void show_items(struct inputs *inputs, const struct attr *attr, const struct value *from,
                       const struct value *to)
{
    struct pairing p = {.inputs = inputs,
                        .attr = attr,
                        .from = from,
                        .to = to,
                        .from_titles = titles_of(attr, from, inputs->arena),
                        .to_titles = titles_of(attr, to, inputs->arena),
                        .n_from = value_count(from),
                        .n_to = value_count(to)};
    size_t from_at = 0, to_at = 0, i = 0, j = 0;
    count_common(&p);
    while (i < p.n_from && j < p.n_to) {
        if (strcmp(p.from_titles[i], p.to_titles[j]) == 0) {
            show_gap(&p, from_at, i, to_at, j);
            show_pair(&p, i, j);
            from_at = ++i;
            to_at = ++j;
        } else if (*cell(&p, i + 1, j) >= *cell(&p, i, j + 1)) {
            i++;
        } else {
            j++;
        }
    }
    show_gap(&p, from_at, p.n_from, to_at, p.n_to);
}

/* ---- all inputs ---------------------------------------------------------------------------
 */

static void show_input(struct inputs *inputs, const struct attr *attr, const struct value *from,
                       const struct value *to)
{
    if (attr_equal(attr, from, to))
        return;
    if (attr->items != NULL)
        show_items(inputs, attr, from, to);
    else if (value_is_known(from))
        VEC_PUSH(inputs->arena, &inputs->changes,
                 ((struct attr_change){
                     .attr = attr, .from = from, .to = to, .reason = REASON_EDIT}));
}

void inputs_show(struct change *change, struct arena *arena)
{
    struct inputs inputs = {.arena = arena};
    const struct instance *desired = change->desired, *prior = change->prior;
    for (size_t i = 0; change_has_former(change) && i < desired->schema->n_attrs; i++)
        if (desired->schema->attrs[i].flags & ATTR_INPUT)
            show_input(&inputs, &desired->schema->attrs[i], prior->attrs[i], desired->attrs[i]);
    for (size_t i = 0; i < change->n_attrs; i++)
        VEC_PUSH(arena, &inputs.changes, change->attrs[i]);
    change->attrs = inputs.changes.items;
    change->n_attrs = inputs.changes.n;
}
