/* render_drift.c: drift as people read it.
 *
 * A block per kind of difference: the attributes of a resource that have moved, with what was
 * applied and what is there now, are its body; resources with equal bodies share one block.
 * What rules ignore, what cannot be read and what has healed stand apart, and the last line
 * says what to do.
 */
#include "render.h"

#include <string.h>
#include <time.h>

#include "arena.h"
#include "map.h"
#include "strbuf.h"
#include "vec.h"

enum { NAME_COLUMN = 6, VALUE_COLUMN = 35, PLACE_COLUMN = 74 };

/* Resources with one body. items: the run of the first of them. */
struct group {
    const struct drift_item *items;
    size_t n_items;
    VEC(const char *) names;
};

struct groups {
    struct arena *arena;
    VEC(struct group) list;
    struct map bodies; /* body -> index + 1 */
};

static void pad_to(struct strbuf *out, size_t start, size_t width)
{
    size_t used = strbuf_len(out) - start;
    strbuf_add_repeat(out, ' ', used < width ? width - used : 3);
}

static void add_time(int64_t ms, struct strbuf *out)
{
    char text[32] = "?";
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%MZ", &utc);
    strbuf_add(out, text);
}

static void add_place(struct pos pos, size_t start, struct strbuf *out)
{
    if (pos.file == NULL)
        return;
    pad_to(out, start, PLACE_COLUMN);
    strbuf_addf(out, "%s:%u", pos.file, pos.line);
}

static void add_news(const struct drift_item *item, bool colour, struct strbuf *out)
{
    if (item->news == DRIFT_UNTOLD)
        return;
    strbuf_addf(out, "   %s",
                style_on(item->news == DRIFT_STILL ? STYLE_DIM : STYLE_BOLD, colour));
    if (item->news == DRIFT_NEW) {
        strbuf_add(out, "new");
    } else {
        strbuf_add(out, item->news == DRIFT_STILL ? "since " : "changed, drifted since ");
        add_time(item->since_ms, out);
    }
    strbuf_add(out, style_off(colour));
}

/* One attribute, with its place when the block is one to be printed. */
static void add_attr(const struct drift_item *item, bool colour, bool with_place,
                     struct strbuf *out)
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
    if (with_place)
        add_place(item->pos, start, out);
    strbuf_add_char(out, '\n');
    if (item->attr->flags & ATTR_TEXT)
        render_line_diff(&change, colour, out);
}

static const char *body_of(struct arena *arena, const struct drift_item *items, size_t n)
{
    struct strbuf body;
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < n; i++) {
        if (items[i].attr == NULL)
            add_news(&items[i], false, &body);
        else
            add_attr(&items[i], false, false, &body);
    }
    const char *text = arena_strdup(arena, strbuf_str(&body));
    strbuf_release(&body);
    return text;
}

static void add_to_group(struct groups *groups, const struct drift_item *items, size_t n)
{
    const char *body = body_of(groups->arena, items, n);
    size_t at = (size_t)(uintptr_t)map_get(&groups->bodies, body);
    if (at == 0) {
        VEC_PUSH(groups->arena, &groups->list, ((struct group){items, n, {0}}));
        at = groups->list.n;
        map_set(&groups->bodies, body, (void *)(uintptr_t)at);
    }
    VEC_PUSH(groups->arena, &groups->list.items[at - 1].names, items[0].address);
}

static void render_group(const struct group *group, bool colour, struct strbuf *out)
{
    const struct drift_item *first = group->items;
    bool gone = first->attr == NULL;
    size_t start = strbuf_len(out);
    strbuf_addf(out, "  %s%s%s ", style_on(gone ? STYLE_REMOVE : STYLE_CHANGE, colour),
                gone ? "-" : "~", style_off(colour));
    render_names(group->names.items, group->names.n, out);
    if (gone) {
        strbuf_addf(out, "   %s gone", group->names.n == 1 ? "is" : "are");
        add_news(first, colour, out);
        add_place(first->pos, start, out);
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; !gone && i < group->n_items; i++)
        add_attr(&group->items[i], colour, true, out);
}

static bool is_shown(const struct drift *drift, const struct drift_item *item, bool ignored)
{
    return item->ignored == ignored &&
           (ignored || !drift->only_news || item->news != DRIFT_STILL);
}

static void render_items(struct arena *arena, const struct drift *drift, bool ignored,
                         bool colour, struct strbuf *out)
{
    struct groups groups = {.arena = arena};
    VEC(struct drift_item) shown = {0};
    map_init(&groups.bodies);
    for (size_t i = 0; i < drift->n; i++)
        if (is_shown(drift, &drift->items[i], ignored))
            VEC_PUSH(arena, &shown, drift->items[i]);
    for (size_t i = 0, n; i < shown.n; i += n) {
        for (n = 1; i + n < shown.n &&
                    strcmp(shown.items[i].address, shown.items[i + n].address) == 0;)
            n++;
        add_to_group(&groups, &shown.items[i], n);
    }
    VEC_EACH (struct group, it, groups.list)
        render_group(it, colour, out);
    map_release(&groups.bodies);
}

static void render_unreadable(struct arena *arena, const struct drift *drift,
                              struct strbuf *out)
{
    VEC(struct plan_blind) shown = {0};
    for (size_t i = 0; i < drift->n_blind; i++)
        if (!drift->only_news || drift->blind_seen == NULL ||
            drift->blind_seen[i].news != DRIFT_STILL)
            VEC_PUSH(arena, &shown, drift->blind[i]);
    render_blind(shown.items, shown.n, out);
}

static void render_healed(const struct drift *drift, bool colour, struct strbuf *out)
{
    if (drift->n_healed > 0)
        strbuf_add(out, "\nAs it was applied again:\n");
    for (size_t i = 0; i < drift->n_healed; i++) {
        const struct drift_healed *healed = &drift->healed[i];
        strbuf_addf(out, "  %s=%s ", style_on(STYLE_ADD, colour), style_off(colour));
        render_safe(healed->address, out);
        strbuf_addf(out, ": %s   %s since ", healed->attr == NULL ? "is back" : healed->attr,
                    healed->attr == NULL ? "was gone" : "had drifted");
        add_time(healed->since_ms, out);
        strbuf_add_char(out, '\n');
    }
}

static void render_count(const struct drift *drift, const char *site, bool colour,
                         struct strbuf *out)
{
    size_t n = drift_count(drift), ignored = drift->n - n;
    strbuf_addf(out, "%sDrift of %s%s: ", style_on(STYLE_BOLD, colour),
                site == NULL ? "(no site)" : site, style_off(colour));
    if (n == 0)
        strbuf_add(out, "none");
    else
        strbuf_addf(out, "%zu difference%s", n, n == 1 ? "" : "s");
    strbuf_addf(out, " in %zu resource%s", drift->n_checked, drift->n_checked == 1 ? "" : "s");
    if (n > 0 && drift->blind_seen != NULL)
        strbuf_addf(out, ", %zu of them new or changed", drift_count_news(drift));
    if (ignored > 0)
        strbuf_addf(out, ", %zu ignored by rule", ignored);
    if (drift->n_blind > 0)
        strbuf_addf(out, ", %zu not readable", drift->n_blind);
    strbuf_add_char(out, '\n');
}

static void render_told_before(const struct drift *drift, struct strbuf *out)
{
    size_t old = drift_count(drift) - drift_count_news(drift);
    size_t old_blind = drift->n_blind - drift_count_blind_news(drift);
    if (drift->only_news && old > 0)
        strbuf_addf(out, "\nReported before, and still so: %zu difference%s\n", old,
                    old == 1 ? "" : "s");
    if (drift->only_news && old_blind > 0)
        strbuf_addf(out, "\nReported before, and still not readable: %zu\n", old_blind);
}

static void render_advice(const struct drift *drift, struct strbuf *out)
{
    if (drift->n_pending > 0)
        strbuf_addf(out,
                    "\nEdits of the files wait to be applied (%zu resource%s); they are no "
                    "drift: gridform plan shows them.\n",
                    drift->n_pending, drift->n_pending == 1 ? "" : "s");
    if (drift_count(drift) > 0)
        strbuf_add(out,
                   "\ngridform apply puts the drift right, gridform plan shows how; to keep "
                   "what is there, write it into the files.\n");
}

void render_drift_text(const struct drift *drift, const char *site, bool colour,
                       struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    render_count(drift, site, colour, out);
    render_items(arena, drift, false, colour, out);
    if (drift->n > drift_count(drift)) {
        strbuf_add(out, "\nIgnored by rule (lifecycle.ignore_drift or ignore_changes):\n");
        render_items(arena, drift, true, colour, out);
    }
    render_unreadable(arena, drift, out);
    render_healed(drift, colour, out);
    render_told_before(drift, out);
    render_advice(drift, out);
}
