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

/* Blocks that are shown unfolded, when they are no more. */
enum { UNFOLD_HARMFUL = 12, UNFOLD_ALL = 6 };

static size_t count_scripts(const struct html_blocks *blocks)
{
    size_t n = 0;
    VEC_EACH (struct html_block, it, blocks->list) {
        for (size_t a = 0; a < it->first->n_attrs; a++)
            n += (it->first->attrs[a].attr->flags & ATTR_TEXT) != 0;
    }
    return n;
}

/* ---- the filter ---------------------------------------------------------------------------
 */

static void add_filter(struct html_page *page)
{
    struct html *h = &page->html;
    bool seen[ACTION_COUNT] = {0};
    struct map kinds;
    map_init(&kinds);
    VEC_EACH (struct html_block, it, page->blocks.list) {
        map_set(&kinds, it->first->kind->schema.kind, page);
        seen[it->first->action] = true;
    }
    html_filter_begin(h, "change", "changes");
    html_filter_kinds(h, map_sorted_keys(&kinds, page->arena), map_count(&kinds));
    html_filter_select(h, "action", "Action");
    for (int action = 0; action < ACTION_COUNT; action++)
        if (seen[action])
            html_filter_option(h, action_name((enum action)action));
    html_filter_select_end(h);
    html_filter_check(h, "harm", "disruptive only");
    html_filter_check(h, "drift", "drift only");
    html_filter_end(h);
    map_release(&kinds);
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
    html_begin_section(h, html_changes_class(page->blocks.list.n), "changes");
    html_text(h, "Changes in their order");
    html_close(h);
    add_filter(page);
    add_waves(page);
    html_filter_none(h, "No change is like that.");
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
    page.diff_lines = html_share_of_lines(count_scripts(&page.blocks));
    for (size_t i = 0; i < page.blocks.list.n; i++)
        page.n_harmful += page.blocks.list.items[i].harmful;
    page.unfold_harmful = page.n_harmful <= UNFOLD_HARMFUL;
    page.unfold = page.blocks.list.n <= UNFOLD_ALL;
    begin_page(&page, out);
    if (plan->n_changes > 0)
        html_skip(h, "To the changes");
    html_plan_head(&page);
    html_open(h, "main", NULL);
    html_plan_notices(&page);
    html_plan_graph(&page);
    add_changes(&page);
    html_close(h);
    add_foot(h, plan);
    html_frame_end(h);
}
