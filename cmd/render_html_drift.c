/* render_html_drift.c: drift as one self-contained page, of the same parts as the page of a
 * plan.
 *
 * First how much has drifted and what to do; then what could not be read, what is gone and what
 * has healed; then every difference, kind by kind, and last what rules ignore. It says what the
 * text of drift says (drift_words.h), from the same blocks.
 */
#include "render_html.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "drift_blocks.h"
#include "drift_words.h"
#include "map.h"
#include "strbuf.h"

enum { UNFOLD_ALL = 12 }; /* blocks that are shown unfolded, when they are no more */

struct drift_page {
    struct html html;
    struct arena *arena;
    const struct drift *drift;
    const char *site;
    struct drift_blocks blocks, ignored;
    size_t n_gone;     /* resources that count */
    size_t diff_lines; /* of one script, at most */
    bool unfold;
};

static bool remembers(const struct drift *drift)
{
    return drift->blind_seen != NULL;
}

static const char *time_text(struct drift_page *page, int64_t ms)
{
    struct strbuf text;
    strbuf_init(&text, 100);
    drift_time(ms, &text);
    const char *copy = arena_strdup(page->arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

/* ---- the head -----------------------------------------------------------------------------
 */

static void add_verdict(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift *drift = page->drift;
    size_t n = drift_count(drift);
    bool blind = drift->n_blind > 0;
    if (n > 0 && drift->only_news && drift_count_news(drift) == 0)
        html_verdict(h, blind ? "stop" : "calm", "Nothing new",
                     "what has drifted was reported before");
    else if (n > 0)
        html_verdict(h, "harm", "Drifted",
                     blind ? "the world is not as it was last applied, and not all of it could "
                             "be read"
                           : "the world is not as it was last applied");
    else if (blind)
        html_verdict(h, "stop", "Not known",
                     "what could be read is as it was last applied, but not all could be read");
    else
        html_verdict(h, "calm", "No drift", "the world is as it was last applied");
}

static void add_tiles(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift *drift = page->drift;
    size_t n = drift_count(drift);
    html_open(h, "ul", "tiles");
    html_attr(h, "aria-label", "What was found");
    html_tile(h, page->n_gone, "remove", "gone");
    html_tile(h, n - page->n_gone, "edit",
              n - page->n_gone == 1 ? "value drifted" : "values drifted");
    html_tile(h, remembers(drift) ? drift_count_news(drift) : 0, "drift", "new or changed");
    html_tile(h, drift->n_healed, "add", "as applied again");
    html_tile(h, drift->n_blind, "edit", "not readable");
    html_tile(h, drift->n - n, "quiet", "ignored by rule");
    html_tile(h, drift->n_checked, "quiet",
              drift->n_checked == 1 ? "resource compared" : "resources compared");
    html_close(h);
}

static void add_fact(struct drift_page *page, const char *label, enum drift_advice advice)
{
    struct strbuf text;
    strbuf_init(&text, 4000);
    if (drift_advice(page->drift, advice, &text)) {
        html_begin_fact(&page->html, label);
        html_text(&page->html, strbuf_str(&text));
        html_end_fact(&page->html);
    }
    strbuf_release(&text);
}

static void add_facts(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift *drift = page->drift;
    html_open(h, "dl", "facts");
    if (drift->at_ms != 0) {
        html_begin_fact(h, "Looked at");
        html_text(h, time_text(page, drift->at_ms));
        html_end_fact(h);
        html_begin_fact(h, "Exit code");
        html_textf(h, "%d", drift->code);
        html_end_fact(h);
    }
    add_fact(page, "Told before", DRIFT_TOLD_BEFORE);
    add_fact(page, "Told before", DRIFT_BLIND_BEFORE);
    add_fact(page, "Edits", DRIFT_PENDING);
    add_fact(page, "What to do", DRIFT_TO_DO);
    html_close(h);
}

static void add_head(struct drift_page *page)
{
    struct html *h = &page->html;
    struct strbuf counts;
    strbuf_init(&counts, 4000);
    strbuf_add(&counts, "drift: ");
    drift_differences(page->drift, &counts);
    html_open(h, "header", NULL);
    html_open(h, "p", "crumb");
    html_text(h, "gridform drift of ");
    html_element(h, "b", NULL, page->site);
    html_close(h);
    html_sentence(h, "h1", strbuf_str(&counts));
    add_verdict(page);
    add_tiles(page);
    add_facts(page);
    html_close(h);
    strbuf_release(&counts);
}

/* ---- notices ------------------------------------------------------------------------------
 */

/* Of what became unreadable in one report. */
static void add_blind_since(struct drift_page *page, const struct drift_seen *seen)
{
    const struct drift *drift = page->drift;
    VEC(struct plan_blind) some = {0};
    for (size_t i = 0; i < drift->n_blind; i++)
        if (drift_shows_blind(drift, i) &&
            (seen == NULL || (drift->blind_seen[i].since_ms == seen->since_ms &&
                              drift->blind_seen[i].news == seen->news)))
            VEC_PUSH(page->arena, &some, drift->blind[i]);
    const struct blind_groups groups = blind_groups(page->arena, some.items, some.n);
    const char *news =
        seen == NULL ? NULL
        : seen->news == DRIFT_NEW
            ? "new"
            : arena_printf(page->arena, "since %s", time_text(page, seen->since_ms));
    html_blind_items(&page->html, &groups, news);
}

static bool is_first(const struct drift *drift, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (drift->blind_seen[i].since_ms == drift->blind_seen[index].since_ms &&
            drift->blind_seen[i].news == drift->blind_seen[index].news)
            return false;
    return true;
}

static void add_blind(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift *drift = page->drift;
    size_t n = 0;
    for (size_t i = 0; i < drift->n_blind; i++)
        n += drift_shows_blind(drift, i);
    if (n == 0)
        return;
    html_begin_section(h, "notice blind", "unreadable");
    html_textf(h, "Not readable, left alone (%zu)", n);
    html_close(h);
    html_open(h, "ul", "plain");
    if (!remembers(drift))
        add_blind_since(page, NULL);
    for (size_t i = 0; remembers(drift) && i < drift->n_blind; i++)
        if (drift_shows_blind(drift, i) && is_first(drift, i))
            add_blind_since(page, &drift->blind_seen[i]);
    html_close(h);
    html_close(h);
}

static void add_gone(struct drift_page *page)
{
    struct html *h = &page->html;
    bool any = false;
    for (size_t i = 0; i < page->blocks.list.n; i++) {
        const struct drift_block *block = &page->blocks.list.items[i];
        if (!block->gone)
            continue;
        if (!any) {
            html_begin_section(h, "notice harm", "gone");
            html_text(h, "Gone");
            html_close(h);
            html_open(h, "ul", "links");
        }
        any = true;
        html_open(h, "li", NULL);
        html_open(h, "a", NULL);
        html_attrf(h, "href", "#c%zu", i + 1);
        html_names(h, block->addresses.items, block->addresses.n);
        html_close(h);
        html_close(h);
    }
    if (any) {
        html_close(h);
        html_close(h);
    }
}

static void add_healed(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift *drift = page->drift;
    if (drift->n_healed == 0)
        return;
    html_begin_section(h, "notice", "healed");
    html_textf(h, "As it was applied again (%zu)", drift->n_healed);
    html_close(h);
    html_open(h, "ul", "plain");
    for (size_t i = 0; i < drift->n_healed; i++) {
        const struct drift_healed *healed = &drift->healed[i];
        html_open(h, "li", NULL);
        html_element(h, "code", "names", healed->address);
        html_textf(h, ": %s ", healed->attr == NULL ? "is back" : healed->attr);
        html_elementf(h, "span", "soft", "%s since %s",
                      healed->attr == NULL ? "was gone" : "had drifted",
                      time_text(page, healed->since_ms));
        html_close(h);
    }
    html_close(h);
    html_close(h);
}

/* ---- blocks -------------------------------------------------------------------------------
 */

static void add_news(struct html *h, const struct drift_item *item)
{
    struct strbuf text;
    strbuf_init(&text, 200);
    drift_news_words(item, &text);
    if (strbuf_len(&text) > 0)
        html_tag(h, item->news == DRIFT_STILL ? "plain" : "drift", strbuf_str(&text));
    strbuf_release(&text);
}

/* The news of all its items, when they are the same: then the line of the block tells them. */
static const struct drift_item *common_news(const struct drift_block *block)
{
    for (size_t i = 1; i < block->n_items; i++)
        if (block->items[i].news != block->items[0].news ||
            block->items[i].since_ms != block->items[0].since_ms)
            return NULL;
    return &block->items[0];
}

static void add_attr(struct html *h, const struct drift_block *block,
                     const struct drift_item *item)
{
    const struct attr_change change = {
        .attr = item->attr, .from = item->prior, .to = item->live};
    html_begin_attr(h, &change, false);
    html_open(h, "td", "why");
    if (common_news(block) == NULL)
        add_news(h, item);
    if (block->one_place && item->pos.line != block->items[0].pos.line) {
        html_text(h, " ");
        html_place(h, item->pos);
    }
    html_close(h);
    html_close(h);
}

static void add_members(struct html *h, const struct drift_block *block)
{
    if (block->addresses.n < 2)
        return;
    html_begin_members(h);
    for (size_t i = 0; i < block->addresses.n; i++) {
        html_open(h, "li", NULL);
        html_element(h, "code", NULL, address_name(block->addresses.items[i]));
        if (!block->one_place) {
            html_text(h, " ");
            html_place(h, block->places.items[i]);
        }
        html_close(h);
    }
    html_close(h);
}

static void add_body(struct drift_page *page, const struct drift_block *block)
{
    struct html *h = &page->html;
    html_open(h, "div", "body");
    if (block->gone) {
        html_element(h, "p", "remark", "It does not exist any more.");
    } else {
        html_begin_attrs(h);
        for (size_t i = 0; i < block->n_items; i++)
            add_attr(h, block, &block->items[i]);
        html_end_attrs(h);
    }
    for (size_t i = 0; i < block->n_items; i++) {
        const struct drift_item *item = &block->items[i];
        const struct attr_change change = {
            .attr = item->attr, .from = item->prior, .to = item->live};
        if (item->attr != NULL && (item->attr->flags & ATTR_TEXT) != 0)
            html_script(h, &change, page->diff_lines);
    }
    add_members(h, block);
    html_close(h);
}

static bool has_news(const struct drift_block *block)
{
    for (size_t i = 0; i < block->n_items; i++)
        if (block->items[i].news == DRIFT_NEW || block->items[i].news == DRIFT_CHANGED)
            return true;
    return false;
}

static void add_block(struct drift_page *page, const struct drift_block *block, size_t index)
{
    struct html *h = &page->html;
    const char **names = ARENA_ARRAY(page->arena, block->addresses.n, const char *);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < block->addresses.n; i++)
        names[i] = address_name(block->addresses.items[i]);
    render_names(names, block->addresses.n, &text);
    bool counts = !block->items[0].ignored, harmful = block->gone && counts;
    const struct html_block_head head = {.index = index,
                                         .sign = block->gone ? "−" : "~",
                                         .verb = block->gone ? "gone" : "drifted",
                                         .kind = block->kind,
                                         .names = strbuf_str(&text),
                                         .action = block->gone ? "gone" : "drifted",
                                         .colour = block->gone ? "remove" : "edit",
                                         .n = block->n_items * block->addresses.n,
                                         .n_members = block->addresses.n,
                                         .harmful = harmful,
                                         .unfold = page->unfold};
    html_begin_block(h, &head);
    if (counts)
        html_flag(h, "data-counts");
    if (has_news(block))
        html_flag(h, "data-news");
    html_begin_summary(h, &head);
    if (common_news(block) != NULL)
        add_news(h, common_news(block));
    if (!counts)
        html_tag(h, "plain", "ignored");
    html_end_summary(h, block->one_place ? block->items[0].pos : (struct pos){0});
    add_body(page, block);
    html_close(h);
    strbuf_release(&text);
}

/* A section of blocks [first, end), the first of which has the number from + 1. */
static void add_group(struct drift_page *page, const char *title,
                      const struct drift_block *blocks, size_t n, size_t from)
{
    struct html *h = &page->html;
    size_t n_differences = 0;
    for (size_t i = 0; i < n; i++)
        n_differences += blocks[i].n_items * blocks[i].addresses.n;
    html_open(h, "section", "wave");
    html_open(h, "h3", NULL);
    html_text(h, title);
    html_text(h, " ");
    html_open(h, "small", NULL);
    html_count(h, n_differences, "difference", "differences");
    html_close(h);
    html_close(h);
    for (size_t i = 0; i < n; i++)
        add_block(page, &blocks[i], from + i);
    html_close(h);
}

static void add_kinds(struct drift_page *page)
{
    const struct drift_block *blocks = page->blocks.list.items;
    for (size_t i = 0, n; i < page->blocks.list.n; i += n) {
        for (n = 1; i + n < page->blocks.list.n && blocks[i + n].kind_at == blocks[i].kind_at;)
            n++;
        add_group(page, blocks[i].kind, &blocks[i], n, i);
    }
    if (page->ignored.list.n > 0)
        add_group(page, "Ignored by rule (lifecycle.ignore_drift or ignore_changes)",
                  page->ignored.list.items, page->ignored.list.n, page->blocks.list.n);
}

/* ---- the page -----------------------------------------------------------------------------
 */

static void add_filter(struct drift_page *page)
{
    struct html *h = &page->html;
    const struct drift_blocks *lists[] = {&page->blocks, &page->ignored};
    struct map kinds;
    bool gone = false, drifted = false;
    map_init(&kinds);
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->list.n; i++) {
            const struct drift_block *block = &lists[l]->list.items[i];
            map_set(&kinds, block->kind, page);
            gone = gone || block->gone;
            drifted = drifted || !block->gone;
        }
    html_filter_begin(h, "difference", "differences");
    html_filter_kinds(h, map_sorted_keys(&kinds, page->arena), map_count(&kinds));
    html_filter_select(h, "action", "What");
    if (gone)
        html_filter_option(h, "gone");
    if (drifted)
        html_filter_option(h, "drifted");
    html_filter_select_end(h);
    if (remembers(page->drift))
        html_filter_check(h, "news", "new or changed only");
    html_filter_check(h, "counts", "without ignored");
    html_filter_end(h);
    map_release(&kinds);
}

static void add_differences(struct drift_page *page)
{
    struct html *h = &page->html;
    size_t n = page->blocks.list.n + page->ignored.list.n;
    if (n == 0)
        return;
    html_begin_section(h, html_changes_class(n), "changes");
    html_text(h, "Differences, applied → now");
    html_close(h);
    add_filter(page);
    add_kinds(page);
    html_filter_none(h, "No difference is like that.");
    html_close(h);
}

static void add_foot(struct html *h)
{
    html_open(h, "footer", NULL);
    html_element(
        h, "p", NULL,
        "Compared is what gridform last applied with what the systems hold now. Nothing "
        "was changed.");
    html_close(h);
}

static void prepare(struct drift_page *page)
{
    size_t n_scripts = 0;
    page->blocks = drift_blocks_of(page->drift, false, page->arena);
    page->ignored = drift_blocks_of(page->drift, true, page->arena);
    for (size_t i = 0; i < page->drift->n; i++) {
        const struct drift_item *item = &page->drift->items[i];
        page->n_gone += item->attr == NULL && !item->ignored;
        n_scripts += item->attr != NULL && (item->attr->flags & ATTR_TEXT) != 0;
    }
    page->diff_lines = html_share_of_lines(n_scripts);
    page->unfold = page->blocks.list.n + page->ignored.list.n <= UNFOLD_ALL;
}

void render_drift_html(const struct drift *drift, const char *site, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_page page = {
        .arena = arena, .drift = drift, .site = site == NULL ? "(no site)" : site};
    struct html *h = &page.html;
    struct strbuf title;
    prepare(&page);
    strbuf_init(&title, STRBUF_MAX_OUTPUT);
    strbuf_addf(&title, "Drift of %s: ", page.site);
    drift_counts(drift, &title);
    html_frame_begin(h, strbuf_str(&title), out);
    strbuf_release(&title);
    if (page.blocks.list.n + page.ignored.list.n > 0)
        html_skip(h, "To the differences");
    add_head(&page);
    html_open(h, "main", NULL);
    add_blind(&page);
    add_gone(&page);
    add_healed(&page);
    add_differences(&page);
    html_close(h);
    add_foot(h);
    html_frame_end(h);
}
