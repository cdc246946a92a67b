/* render_html.c: a plan as one self-contained page for reviewers.
 *
 * The order is that of the questions: is it dangerous, whom does it disturb, what is refused or
 * unknown; then the course of the work as a picture; then every change in its true order. All
 * of it can be read without the script, which adds the filter and folding at once. Nothing is
 * loaded from anywhere.
 *
 * Harmful changes are marked, listed first, and never left out. Of scripts so many lines are
 * shown that a page of thousands of changes still opens; what is left out is counted.
 */
#include "render_html.h"

#include <string.h>

#include "arena.h"
#include "change_words.h"
#include "map.h"
#include "render.h"
#include "strbuf.h"

enum {
    LINES_OF_ALL = 20000, /* of scripts, together */
    LINES_LEAST = 6,
    LINES_MOST = 400,    /* of one script */
    UNFOLD_HARMFUL = 12, /* blocks that are shown unfolded, when they are no more */
    UNFOLD_ALL = 6,
    LARGE = 200, /* blocks from which on what is not in sight is not laid out */
};

/* How many lines each script may have. */
static size_t share_of_lines(const struct html_blocks *blocks)
{
    size_t n = 0;
    for (size_t i = 0; i < blocks->list.n; i++) {
        const struct change *change = blocks->list.items[i].first;
        for (size_t a = 0; a < change->n_attrs; a++)
            n += (change->attrs[a].attr->flags & ATTR_TEXT) != 0;
    }
    size_t share = n == 0 ? LINES_MOST : LINES_OF_ALL / n;
    return share < LINES_LEAST ? LINES_LEAST : share > LINES_MOST ? LINES_MOST : share;
}

/* ---- the filter ---------------------------------------------------------------------------
 */

static void add_option(struct html *h, const char *value, const char *text)
{
    html_open(h, "option", NULL);
    html_attr(h, "value", value);
    html_text(h, text);
    html_close(h);
}

static void begin_select(struct html *h, const char *id, const char *label)
{
    html_open(h, "label", NULL);
    html_element(h, "span", NULL, label);
    html_open(h, "select", NULL);
    html_attr(h, "id", id);
    add_option(h, "", "all");
}

static void add_kinds(struct html_page *page)
{
    struct map kinds;
    map_init(&kinds);
    for (size_t i = 0; i < page->blocks.list.n; i++)
        map_set(&kinds, page->blocks.list.items[i].first->kind->schema.kind, page);
    const char **names = map_sorted_keys(&kinds, page->arena);
    for (size_t i = 0; i < map_count(&kinds); i++)
        add_option(&page->html, names[i], names[i]);
    map_release(&kinds);
}

static void add_actions(struct html_page *page)
{
    const struct change *first[ACTION_COUNT] = {0};
    for (size_t i = 0; i < page->blocks.list.n; i++) {
        const struct change *change = page->blocks.list.items[i].first;
        if (first[change->action] == NULL)
            first[change->action] = change;
    }
    for (int action = 0; action < ACTION_COUNT; action++)
        if (first[action] != NULL)
            add_option(&page->html, action_name((enum action)action),
                       action_name((enum action)action));
}

static void add_check(struct html *h, const char *id, const char *label)
{
    html_open(h, "label", "check");
    html_open(h, "input", NULL);
    html_attr(h, "type", "checkbox");
    html_attr(h, "id", id);
    html_close(h);
    html_textf(h, " %s", label);
    html_close(h);
}

static void add_button(struct html *h, const char *id, const char *label)
{
    html_open(h, "button", NULL);
    html_attr(h, "type", "button");
    html_attr(h, "id", id);
    html_text(h, label);
    html_close(h);
}

/* Hidden until the script runs: without it none of this works. */
static void add_filter(struct html_page *page)
{
    struct html *h = &page->html;
    html_open(h, "form", "filter");
    html_attr(h, "id", "filter");
    html_attr(h, "role", "search");
    html_attr(h, "aria-label", "Filter the changes");
    html_flag(h, "hidden");
    html_open(h, "label", "words");
    html_element(h, "span", NULL, "Address or text");
    html_open(h, "input", NULL);
    html_attr(h, "type", "search");
    html_attr(h, "id", "words");
    html_attr(h, "autocomplete", "off");
    html_attr(h, "spellcheck", "false");
    html_close(h);
    html_close(h);
    begin_select(h, "kind", "Kind");
    add_kinds(page);
    html_close(h);
    html_close(h);
    begin_select(h, "action", "Action");
    add_actions(page);
    html_close(h);
    html_close(h);
    add_check(h, "harmful", "disruptive only");
    add_check(h, "drifted", "drift only");
    html_open(h, "span", "buttons");
    add_button(h, "unfold", "Unfold all");
    add_button(h, "fold", "Fold all");
    html_close(h);
    html_open(h, "output", NULL);
    html_attr(h, "id", "shown");
    html_close(h);
    html_close(h);
}

/* ---- waves --------------------------------------------------------------------------------
 */

/* Blocks from first to end begin in one wave. */
static void add_wave(struct html_page *page, size_t first, size_t end)
{
    struct html *h = &page->html;
    const struct html_block *blocks = page->blocks.list.items;
    unsigned wave = blocks[first].wave, last = blocks[first].last_wave;
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        n += blocks[i].members.n;
        last = blocks[i].last_wave == last ? last : wave;
    }
    html_open(h, "section", "wave");
    html_attrf(h, "id", "w%u", wave);
    html_open(h, "h3", NULL);
    html_waves(h, wave, last, false);
    html_text(h, " ");
    html_open(h, "small", NULL);
    html_count(h, n, "change", "changes");
    html_close(h);
    html_close(h);
    for (size_t i = first; i < end; i++)
        html_plan_block(page, i);
    html_close(h);
}

static void add_waves(struct html_page *page)
{
    const struct html_blocks *blocks = &page->blocks;
    for (size_t i = 0; i < blocks->list.n;) {
        size_t end = i + 1;
        while (end < blocks->list.n &&
               blocks->list.items[end].wave == blocks->list.items[i].wave)
            end++;
        add_wave(page, i, end);
        i = end;
    }
}

static void add_changes(struct html_page *page)
{
    struct html *h = &page->html;
    if (page->plan->n_changes == 0)
        return;
    html_open(h, "section", page->blocks.list.n > LARGE ? "changes large" : "changes");
    html_attr(h, "id", "changes");
    html_attr(h, "aria-labelledby", "changes-title");
    html_open(h, "h2", NULL);
    html_attr(h, "id", "changes-title");
    html_text(h, "Changes in their order");
    html_close(h);
    add_filter(page);
    add_waves(page);
    html_open(h, "p", "none");
    html_attr(h, "id", "none");
    html_flag(h, "hidden");
    html_text(h, "No change is like that.");
    html_close(h);
    html_close(h);
}

/* ---- the page -----------------------------------------------------------------------------
 */

static void add_foot(struct html *h, const struct plan *plan)
{
    html_open(h, "footer", NULL);
    html_open(h, "p", NULL);
    if (plan->n_unchanged > 0) {
        html_count(h, plan->n_unchanged, "resource is", "resources are");
        html_text(h, " unchanged. ");
    }
    if (plan->n_left_out > 0) {
        html_count(h, plan->n_left_out, "other change is", "other changes are");
        html_text(h, " left out: gridform plan shows all. ");
    }
    if (plan->id != NULL) {
        html_text(h, "Plan ");
        html_element(h, "code", NULL, plan->id);
        html_textf(h, ", made from serial %lld of the state. ", (long long)plan->serial);
    }
    html_text(h, "What is shown is what is carried out, in that order.");
    html_close(h);
    html_close(h);
}

static void add_skip(struct html *h, const struct plan *plan)
{
    if (plan->n_changes == 0)
        return;
    html_open(h, "a", "skip");
    html_attr(h, "href", "#changes");
    html_text(h, "To the changes");
    html_close(h);
}

static void begin_page(struct html_page *page, struct strbuf *out)
{
    struct strbuf title;
    strbuf_init(&title, STRBUF_MAX_OUTPUT);
    strbuf_addf(&title,
                "Plan for %s: ", page->plan->site == NULL ? "(no site)" : page->plan->site);
    render_plan_counts(page->plan, &title);
    html_frame_begin(&page->html, strbuf_str(&title), out);
    strbuf_release(&title);
}

void render_plan_html(const struct plan *plan, const struct diags *findings, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct html_page page = {.arena = arena, .plan = plan, .findings = findings};
    struct html *h = &page.html;
    page.blocks = html_blocks_of(plan, arena);
    page.diff_lines = share_of_lines(&page.blocks);
    for (size_t i = 0; i < page.blocks.list.n; i++)
        page.n_harmful += page.blocks.list.items[i].harmful;
    page.unfold_harmful = page.n_harmful <= UNFOLD_HARMFUL;
    page.unfold = page.blocks.list.n <= UNFOLD_ALL;
    begin_page(&page, out);
    add_skip(h, plan);
    html_plan_head(&page);
    html_open(h, "main", NULL);
    html_plan_notices(&page);
    html_plan_graph(&page);
    add_changes(&page);
    html_close(h);
    add_foot(h, plan);
    html_frame_end(h);
}
