/* render_drift.c: drift as people read it.
 *
 * A block per kind of difference (drift_blocks.h): the attributes of a resource that have
 * moved, with what was applied and what is there now. What rules ignore, what cannot be read
 * and what has healed stand apart, and the last line says what to do.
 */
#include "render.h"

#include "arena.h"
#include "drift_blocks.h"
#include "drift_words.h"
#include "strbuf.h"
#include "vec.h"

enum { NAME_COLUMN = 6, VALUE_COLUMN = 35, PLACE_COLUMN = 74 };

static void pad_to(struct strbuf *out, size_t start, size_t width)
{
    size_t used = strbuf_len(out) - start;
    strbuf_add_repeat(out, ' ', used < width ? width - used : 3);
}

static void add_place(struct pos pos, size_t start, struct strbuf *out)
{
    if (pos.file == NULL)
        return;
    pad_to(out, start, PLACE_COLUMN);
    render_place(pos, out);
}

static void add_news(const struct drift_item *item, bool colour, struct strbuf *out)
{
    if (item->news == DRIFT_UNTOLD)
        return;
    strbuf_addf(out, "   %s",
                style_on(item->news == DRIFT_STILL ? STYLE_DIM : STYLE_BOLD, colour));
    drift_news_words(item, out);
    strbuf_add(out, style_off(colour));
}

static void add_attr(const struct drift_item *item, bool colour, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    const struct attr_change change = {
        .attr = item->attr, .from = item->prior, .to = item->live};
    strbuf_add_repeat(out, ' ', NAME_COLUMN);
    strbuf_add(out, item->attr->name);
    pad_to(out, start, VALUE_COLUMN);
    if (item->attr->flags & ATTR_TEXT) {
        render_text_change(&change, out);
    } else {
        render_value(item->attr, item->prior, out);
        strbuf_add(out, " -> ");
        render_value(item->attr, item->live, out);
    }
    add_news(item, colour, out);
    add_place(item->pos, start, out);
    strbuf_add_char(out, '\n');
    if (item->attr->flags & ATTR_TEXT)
        render_line_diff(&change, colour, out);
}

void render_drift_block(const struct drift_block *block, bool colour, struct strbuf *out)
{
    const struct drift_item *first = block->items;
    size_t start = strbuf_len(out);
    strbuf_addf(out, "  %s%s%s ", style_on(block->gone ? STYLE_REMOVE : STYLE_CHANGE, colour),
                block->gone ? "-" : "~", style_off(colour));
    render_names(block->addresses.items, block->addresses.n, out);
    if (block->gone) {
        strbuf_addf(out, "   %s gone", block->addresses.n == 1 ? "is" : "are");
        add_news(first, colour, out);
        add_place(first->pos, start, out);
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; !block->gone && i < block->n_items; i++)
        add_attr(&block->items[i], colour, out);
}

static void render_items(struct arena *arena, const struct drift *drift, bool ignored,
                         bool colour, struct strbuf *out)
{
    const struct drift_blocks blocks = drift_blocks_of(drift, ignored, arena);
    VEC_EACH (struct drift_block, it, blocks.list) {
        render_drift_block(it, colour, out);
    }
}

static void render_unreadable(struct arena *arena, const struct drift *drift,
                              struct strbuf *out)
{
    VEC(struct plan_blind) shown = {0};
    for (size_t i = 0; i < drift->n_blind; i++)
        if (drift_shows_blind(drift, i))
            VEC_PUSH(arena, &shown, drift->blind[i]);
    render_blind(shown.items, shown.n, out);
}

void render_drift_healed(const struct drift_healed *healed, bool colour, struct strbuf *out)
{
    strbuf_addf(out, "  %s=%s ", style_on(STYLE_ADD, colour), style_off(colour));
    render_safe(healed->address, out);
    strbuf_add(out, ": ");
    render_safe(healed->attr == NULL ? "is back" : healed->attr, out);
    strbuf_addf(out, "   %s since ", healed->attr == NULL ? "was gone" : "had drifted");
    drift_time(healed->since_ms, out);
    strbuf_add_char(out, '\n');
}

static void render_advice(const struct drift *drift, struct strbuf *out)
{
    for (int i = 0; i < DRIFT_ADVICE_COUNT; i++) {
        struct strbuf text;
        strbuf_init(&text, 4000);
        if (drift_advice(drift, (enum drift_advice)i, &text))
            strbuf_addf(out, "\n%s\n", strbuf_str(&text));
        strbuf_release(&text);
    }
}

void render_drift_text(const struct drift *drift, const char *site, bool colour,
                       struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    strbuf_addf(out, "%sDrift of ", style_on(STYLE_BOLD, colour));
    render_safe(site == NULL ? "(no site)" : site, out);
    strbuf_addf(out, "%s: ", style_off(colour));
    drift_counts(drift, out);
    strbuf_add_char(out, '\n');
    render_items(arena, drift, false, colour, out);
    if (drift->n > drift_count(drift)) {
        strbuf_add(out, "\nIgnored by rule (lifecycle.ignore_drift or ignore_changes):\n");
        render_items(arena, drift, true, colour, out);
    }
    render_unreadable(arena, drift, out);
    if (drift->n_healed > 0)
        strbuf_add(out, "\nAs it was applied again:\n");
    for (size_t i = 0; i < drift->n_healed; i++)
        render_drift_healed(&drift->healed[i], colour, out);
    render_advice(drift, out);
}
