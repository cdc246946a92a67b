/* render_html_notices.c: what a reviewer must not miss, before the changes themselves: what is
 * refused, what is disruptive, what the checks found, what could not be read. */
#include "render_html.h"

#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "change_words.h"
#include "map.h"
#include "render.h"
#include "strbuf.h"

enum { FOLD_LINKS = 40 };

/* ---- refused ------------------------------------------------------------------------------
 */

static void add_refusals(struct html *h, const struct plan *plan)
{
    if (plan->n_refusals == 0)
        return;
    html_begin_section(h, "notice stop", "refused");
    html_textf(h, "Refused (%zu)", plan->n_refusals);
    html_close(h);
    html_open(h, "ul", "plain");
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct plan_refusal *refusal = &plan->refusals[i];
        html_open(h, "li", NULL);
        html_element(h, "code", "names", refusal->address);
        html_text(h, " ");
        html_place(h, refusal->pos);
        html_element(h, "p", NULL, refusal->message);
        if (refusal->hint != NULL)
            html_element(h, "p", "hint", refusal->hint);
        html_close(h);
    }
    html_close(h);
    html_close(h);
}

/* ---- disruptive ---------------------------------------------------------------------------
 */

/* Blocks that do the same harm. */
struct harm {
    const struct html_block *first;
    VEC(size_t) blocks;
    size_t n; /* changes */
};

struct harms {
    struct arena *arena;
    VEC(struct harm) list;
    struct map index; /* words -> index + 1 */
};

static void add_harm(struct harms *harms, const struct html_block *block, size_t index)
{
    struct strbuf text;
    strbuf_init(&text, 4000);
    strbuf_addf(&text, "%s %s", html_verb(block->first), block->first->kind->schema.kind);
    change_harm_words(block->first, block->effects, ": ", &text);
    size_t at = (size_t)(uintptr_t)map_get(&harms->index, strbuf_str(&text));
    if (at == 0) {
        VEC_PUSH(harms->arena, &harms->list, ((struct harm){.first = block}));
        at = harms->list.n;
        map_set(&harms->index, arena_strdup(harms->arena, strbuf_str(&text)),
                (void *)(uintptr_t)at);
    }
    struct harm *harm = &harms->list.items[at - 1];
    VEC_PUSH(harms->arena, &harm->blocks, index);
    harm->n += block->members.n;
    strbuf_release(&text);
}

static void add_link(struct html_page *page, size_t index)
{
    struct html *h = &page->html;
    struct strbuf names;
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    html_block_names(&page->blocks.list.items[index], &names);
    html_open(h, "li", NULL);
    html_open(h, "a", NULL);
    html_attrf(h, "href", "#c%zu", index + 1);
    html_element(h, "code", NULL, strbuf_str(&names));
    html_close(h);
    html_close(h);
    strbuf_release(&names);
}

static void add_links(struct html_page *page, const struct harm *harm)
{
    struct html *h = &page->html;
    bool fold = harm->blocks.n > FOLD_LINKS;
    if (fold) {
        html_open(h, "details", "links");
        html_elementf(h, "summary", NULL, "%zu groups of equal changes", harm->blocks.n);
    }
    html_open(h, "ul", "links");
    VEC_EACH (size_t, it, harm->blocks) {
        add_link(page, *it);
    }
    html_close(h);
    if (fold)
        html_close(h);
}

static void add_harm_line(struct html_page *page, const struct harm *harm)
{
    struct html *h = &page->html;
    const struct change *change = harm->first->first;
    const char *words;
    html_open(h, "li", NULL);
    html_open(h, "p", NULL);
    html_element(h, "b", NULL, html_verb(change));
    html_textf(h, " %zu × %s", harm->n, change->kind->schema.kind);
    for (size_t i = 0; (words = change_harm_word(change, harm->first->effects, i)) != NULL; i++)
        html_tag(h, "harm", words);
    html_close(h);
    add_links(page, harm);
    html_close(h);
}

static void add_harms(struct html_page *page)
{
    struct html *h = &page->html;
    struct harms harms = {.arena = page->arena};
    size_t n = 0;
    map_init(&harms.index);
    for (size_t i = 0; i < page->blocks.list.n; i++)
        if (page->blocks.list.items[i].harmful) {
            add_harm(&harms, &page->blocks.list.items[i], i);
            n += page->blocks.list.items[i].members.n;
        }
    map_release(&harms.index);
    if (n == 0)
        return;
    html_begin_section(h, "notice harm", "disruptive");
    html_textf(h, "Disruptive (%zu)", n);
    html_close(h);
    html_open(h, "ul", "plain");
    VEC_EACH (struct harm, it, harms.list) {
        add_harm_line(page, it);
    }
    html_close(h);
    html_close(h);
}

/* ---- findings -----------------------------------------------------------------------------
 */

static void add_finding(struct html *h, const struct diag *diag)
{
    html_open(h, "li", NULL);
    html_tag(h, diag->severity == DIAG_ERROR ? "harm" : "plain",
             diag_severity_name(diag->severity));
    html_text(h, " ");
    if (diag->rule != NULL) {
        html_element(h, "code", "rule", diag->rule);
        html_text(h, " ");
    }
    if (diag->address != NULL) {
        html_element(h, "code", "names", diag->address);
        html_text(h, " ");
    }
    html_place(h, diag->pos);
    html_element(h, "p", NULL, diag->summary);
    if (diag->waived_until != NULL)
        html_elementf(h, "p", NULL, "Its waiver ended on %s: put it right, or decide again.",
                      diag->waived_until);
    if (diag->hint != NULL)
        html_element(h, "p", "hint", diag->hint);
    html_close(h);
}

static void add_findings(struct html_page *page)
{
    struct html *h = &page->html;
    size_t n = page->findings == NULL ? 0 : diags_total(page->findings);
    if (n == 0)
        return;
    html_begin_section(h, diags_have_errors(page->findings) ? "notice stop" : "notice",
                       "findings");
    html_textf(h, "Findings of the checks (%zu)", n);
    html_close(h);
    html_open(h, "ul", "plain");
    for (size_t i = 0; i < n; i++)
        add_finding(h, diags_at(page->findings, i));
    html_close(h);
    html_close(h);
}

static void add_waivers(struct html *h, const struct plan *plan)
{
    if (plan->n_waivers == 0)
        return;
    html_begin_section(h, "notice", "waived");
    html_textf(h, "Waived (%zu)", plan->n_waivers);
    html_close(h);
    html_open(h, "ul", "plain");
    for (size_t i = 0; i < plan->n_waivers; i++) {
        const struct plan_waiver *waiver = &plan->waivers[i];
        html_open(h, "li", NULL);
        html_element(h, "code", "rule", waiver->rule);
        html_text(h, " ");
        if (waiver->address != NULL) {
            html_element(h, "code", "names", waiver->address);
            html_text(h, " ");
        }
        html_place(h, waiver->pos);
        html_element(h, "p", NULL, waiver->message);
        html_elementf(h, "p", "hint", "%s%s: %s", waiver->until == NULL ? "For good" : "Until ",
                      waiver->until == NULL ? "" : waiver->until, waiver->reason);
        html_close(h);
    }
    html_close(h);
    html_close(h);
}

/* ---- not readable -------------------------------------------------------------------------
 */

static void add_blind(struct html_page *page)
{
    struct html *h = &page->html;
    const struct blind_groups groups =
        blind_groups(page->arena, page->plan->blind, page->plan->n_blind);
    if (groups.n == 0)
        return;
    html_begin_section(h, "notice blind", "unreadable");
    html_text(h, "Not readable, left alone");
    html_close(h);
    html_open(h, "ul", "plain");
    html_blind_items(h, &groups, NULL);
    html_close(h);
    html_close(h);
}

void html_plan_notices(struct html_page *page)
{
    add_refusals(&page->html, page->plan);
    add_harms(page);
    add_findings(page);
    add_waivers(&page->html, page->plan);
    add_blind(page);
}
