/* render_markdown.c: a plan as a comment of a pull request.
 *
 * The head comes first, then what is refused and what could not be read, then what is harmful,
 * then the rest. The document never exceeds its limit: details of blocks are cut as a whole. A
 * harmful change whose details are cut is still named; only when even the names are too many,
 * the head says how many have none. Lists of the head have a fixed share of the room each.
 *
 * Plan of the room: the lines that name harmful changes are set aside first; then details take
 * their place, block after block, as long as all fits; the harmless come last.
 */
#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "map.h"
#include "markdown.h"
#include "markdown_blocks.h"
#include "strbuf.h"

enum {
    TAIL_ROOM = 1200, /* for the words about what was left out */
    LABEL_ROOM = 240, /* of a line of names, without them */
    FEW_NAMES = 40,
    SLOTS_MAX = 20,
};

/* A block with what it would take. */
struct entry {
    const struct md_block *block;
    const char *details;
    size_t size, line; /* bytes of details; of the name in a list instead */
    bool harmful, shown;
};

struct page {
    const struct plan *plan;
    struct arena *arena;
    const struct markdown_style *style;
    size_t limit;
    struct md_blocks blocks;
    struct entry *entries;
    size_t n_unnamed;            /* harmful changes that had no room at all */
    size_t n_cut, n_cut_harmful; /* changes whose details are left out */
    size_t cut[ACTION_COUNT];    /* the same, harmless only */
};

/* ---- the head -----------------------------------------------------------------------------
 */

/* Names that fold into a short text stay; of others some, and how many there are. */
static void shorten(struct arena *arena, size_t max, const char *const **names, size_t *n)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (*n > FEW_NAMES)
        render_names(*names, *n, &text);
    if (strbuf_len(&text) > max) {
        const char **few = ARENA_ARRAY(arena, FEW_NAMES + 1, const char *);
        memcpy(few, *names, FEW_NAMES * sizeof(*few));
        few[FEW_NAMES] = arena_printf(arena, "and %zu more", *n - FEW_NAMES);
        *names = few;
        *n = FEW_NAMES + 1;
    }
    strbuf_release(&text);
}

/* A line that nobody sees, by which a pipeline finds the comment that it wrote before: the same
 * for the same site and directory. Where HTML is shown as text, a definition of a link that
 * nothing refers to is what stays hidden. */
void render_marker(const char *what, const char *site, const struct markdown_style *style,
                   struct strbuf *out)
{
    strbuf_addf(out, "%sgridform:%s", style->no_html ? "[//]: # (" : "<!-- ", what);
    if (site != NULL) {
        strbuf_add(out, " site=");
        md_comment(site, out);
    }
    if (style->directory != NULL && style->directory[0] != '\0') {
        strbuf_add(out, " dir=");
        md_comment(style->directory, out);
    }
    strbuf_add(out, style->no_html ? ")\n\n" : " -->\n");
}

/* The text of the head, line by line: a title and a list. */
static void add_head(struct page *page, struct strbuf *out)
{
    struct plan plan = *page->plan;
    struct plan_impact *impact = &plan.impact;
    shorten(page->arena, page->limit / 16, &impact->power_off, &impact->n_power_off);
    shorten(page->arena, page->limit / 16, &impact->move, &impact->n_move);
    size_t more = impact->n_slots > SLOTS_MAX ? impact->n_slots - SLOTS_MAX : 0;
    impact->n_slots -= more;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_plan_head(&plan, false, &text);
    render_marker("plan", page->plan->site, page->style, out);
    const char *before = "### ";
    for (const char *at = strbuf_str(&text); *at != '\0'; before = "- ") {
        size_t len = strcspn(at, "\n");
        strbuf_add(out, before);
        md_text(arena_memdup(page->arena, at, len), out);
        strbuf_add(out, before[0] == '#' ? "\n\n" : "\n");
        at += len + (at[len] == '\n');
    }
    if (more > 0)
        strbuf_addf(out, "- and %zu more profiles\n", more);
    strbuf_release(&text);
}

static void add_place(struct pos pos, struct strbuf *out)
{
    if (pos.file == NULL)
        return;
    strbuf_add(out, " (");
    md_text(pos.file, out);
    strbuf_addf(out, ":%u)", pos.line);
}

static void add_hint(const char *hint, struct strbuf *out)
{
    if (hint == NULL)
        return;
    strbuf_add(out, ". ");
    md_text(hint, out);
}

static void add_refusal(const struct plan_refusal *refusal, struct strbuf *out)
{
    strbuf_add(out, "- ");
    md_code(refusal->address, out);
    add_place(refusal->pos, out);
    strbuf_add(out, ": ");
    md_text(refusal->message, out);
    add_hint(refusal->hint, out);
    strbuf_add_char(out, '\n');
}

static void add_refusals(const struct page *page, struct strbuf *out)
{
    const struct plan *plan = page->plan;
    if (plan->n_refusals == 0)
        return;
    strbuf_addf(out, "\n#### Refused (%zu), so nothing can be applied\n\n", plan->n_refusals);
    size_t start = strbuf_len(out), i = 0;
    for (; i < plan->n_refusals; i++) {
        size_t before = strbuf_len(out);
        add_refusal(&plan->refusals[i], out);
        if (strbuf_len(out) - start <= page->limit / 5)
            continue;
        strbuf_truncate(out, before);
        break;
    }
    if (i < plan->n_refusals)
        strbuf_addf(out, "- **and %zu more**\n", plan->n_refusals - i);
}

static void add_finding(const struct diag *diag, struct strbuf *out)
{
    strbuf_addf(out, "- %s", diag_severity_name(diag->severity));
    if (diag->rule != NULL)
        strbuf_addf(out, " %s", diag->rule);
    if (diag->address != NULL) {
        strbuf_add_char(out, ' ');
        md_code(diag->address, out);
    }
    add_place(diag->pos, out);
    strbuf_add(out, ": ");
    md_text(diag->summary, out);
    if (diag->waived_until != NULL)
        strbuf_addf(out, ". Its waiver ended on %s", diag->waived_until);
    add_hint(diag->hint, out);
    strbuf_add_char(out, '\n');
}

/* Findings of one severity: what stops the plan must not be cut for what does not. */
static void add_findings(const struct page *page, enum diag_severity severity,
                         const char *title, struct strbuf *out)
{
    const struct diags *findings = page->plan->findings;
    size_t n = findings == NULL ? 0 : diags_count(findings, severity), shown = 0;
    if (n == 0)
        return;
    strbuf_addf(out, "\n#### %s (%zu)\n\n", title, n);
    size_t start = strbuf_len(out);
    for (size_t i = 0; i < diags_total(findings); i++) {
        size_t before = strbuf_len(out);
        if (diags_at(findings, i)->severity != severity)
            continue;
        add_finding(diags_at(findings, i), out);
        if (strbuf_len(out) - start > page->limit / 8) {
            strbuf_truncate(out, before);
            break;
        }
        shown++;
    }
    if (shown < n)
        strbuf_addf(out, "- **and %zu more**\n", n - shown);
}

static void add_waiver(const struct plan_waiver *waiver, struct strbuf *out)
{
    strbuf_add(out, "- ");
    md_text(waiver->rule, out);
    strbuf_add_char(out, ' ');
    if (waiver->address != NULL)
        md_code(waiver->address, out);
    strbuf_add(out, ": ");
    md_text(waiver->message, out);
    strbuf_add(out, waiver->until == NULL ? ". Waived for good: " : ". Waived until ");
    if (waiver->until != NULL) {
        md_text(waiver->until, out);
        strbuf_add(out, ": ");
    }
    md_text(waiver->reason, out);
    strbuf_add_char(out, '\n');
}

static void add_waivers(const struct page *page, struct strbuf *out)
{
    const struct plan *plan = page->plan;
    if (plan->n_waivers == 0)
        return;
    strbuf_add(out, "\n#### Waived\n\n");
    size_t start = strbuf_len(out), i = 0;
    for (; i < plan->n_waivers; i++) {
        size_t before = strbuf_len(out);
        add_waiver(&plan->waivers[i], out);
        if (strbuf_len(out) - start <= page->limit / 8)
            continue;
        strbuf_truncate(out, before);
        break;
    }
    if (i < plan->n_waivers)
        strbuf_addf(out, "- **and %zu more**\n", plan->n_waivers - i);
}

static void add_blind_group(const struct page *page, const struct blind_group *group,
                            struct strbuf *out)
{
    struct strbuf names;
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    md_names(group->addresses.items, group->addresses.n, page->limit / 16, &names);
    strbuf_add(out, "- ");
    md_code(strbuf_str(&names), out);
    strbuf_add(out, ": ");
    if (group->attrs[0] != '\0') {
        md_code(group->attrs, out);
        strbuf_add(out, ": ");
    }
    md_text(group->reason, out);
    strbuf_add_char(out, '\n');
    strbuf_release(&names);
}

static void add_blind(const struct page *page, struct strbuf *out)
{
    const struct blind_groups groups =
        blind_groups(page->arena, page->plan->blind, page->plan->n_blind);
    if (groups.n == 0)
        return;
    strbuf_add(out, "\n#### Not readable, left alone\n\n");
    size_t start = strbuf_len(out), i = 0;
    for (; i < groups.n; i++) {
        size_t before = strbuf_len(out);
        add_blind_group(page, &groups.items[i], out);
        if (strbuf_len(out) - start <= page->limit / 5)
            continue;
        strbuf_truncate(out, before);
        break;
    }
    size_t more = 0;
    for (; i < groups.n; i++)
        more += groups.items[i].addresses.n;
    if (more > 0)
        strbuf_addf(out, "- **and %zu more**\n", more);
}

/* ---- what is shown, what is cut -----------------------------------------------------------
 */

static void measure(struct page *page)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    page->entries = ARENA_ARRAY(page->arena, page->blocks.list.n, struct entry);
    for (size_t i = 0; i < page->blocks.list.n; i++) {
        const struct md_block *block = &page->blocks.list.items[i];
        struct entry *entry = &page->entries[i];
        *entry = (struct entry){.block = block, .harmful = md_block_is_harmful(block)};
        strbuf_clear(&text);
        md_block_render(block, entry->harmful ? SIZE_MAX : page->limit / 8, &text);
        entry->size = strbuf_len(&text);
        entry->details = arena_memdup(page->arena, strbuf_str(&text), entry->size);
        strbuf_clear(&text);
        render_names(block->names.items, block->names.n, &text);
        entry->line = strbuf_len(&text) + 2;
    }
    strbuf_release(&text);
}

/* Harmful changes whose details are cut, by what they do. */
struct label {
    const char *text;
    VEC(const char *) names;
};

struct labels {
    struct arena *arena;
    VEC(struct label) list;
    struct map index;
};

static void add_label(struct labels *labels, const struct md_block *block)
{
    struct strbuf text;
    strbuf_init(&text, 4000);
    md_block_label(block, &text);
    size_t at = (size_t)(uintptr_t)map_get(&labels->index, strbuf_str(&text));
    if (at == 0) {
        const char *kept = arena_strdup(labels->arena, strbuf_str(&text));
        VEC_PUSH(labels->arena, &labels->list, ((struct label){.text = kept}));
        at = labels->list.n;
        map_set(&labels->index, kept, (void *)(uintptr_t)at);
    }
    struct label *label = &labels->list.items[at - 1];
    for (size_t i = 0; i < block->names.n; i++)
        VEC_PUSH(labels->arena, &label->names, block->names.items[i]);
    strbuf_release(&text);
}

static struct labels collect_labels(struct page *page)
{
    struct labels labels = {.arena = page->arena};
    map_init(&labels.index);
    for (size_t i = 0; i < page->blocks.list.n; i++)
        if (page->entries[i].harmful && !page->entries[i].shown)
            add_label(&labels, page->entries[i].block);
    map_release(&labels.index);
    return labels;
}

/* Details for the harmful, in order, while every other one can still be named. */
static void choose_harmful(struct page *page, size_t room)
{
    size_t n = page->blocks.list.n;
    const struct labels all = collect_labels(page);
    size_t used = all.list.n * LABEL_ROOM;
    for (size_t i = 0; i < n; i++)
        used += page->entries[i].harmful ? page->entries[i].line : 0;
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = &page->entries[i];
        if (!entry->harmful || used - entry->line + entry->size > room)
            continue;
        used += entry->size - entry->line;
        entry->shown = true;
    }
}

static void choose_harmless(struct page *page, size_t room)
{
    for (size_t i = 0; i < page->blocks.list.n; i++) {
        struct entry *entry = &page->entries[i];
        if (entry->harmful || entry->size > room)
            continue;
        entry->shown = true;
        room -= entry->size;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t add_label_line(const struct label *label, size_t room, struct strbuf *out)
{
    struct strbuf names;
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    qsort(label->names.items, label->names.n, sizeof(*label->names.items), compare_names);
    size_t unnamed = md_names(label->names.items, label->names.n, room, &names);
    strbuf_addf(out, "- **%s** ", label->text);
    md_code(strbuf_str(&names), out);
    strbuf_add_char(out, '\n');
    strbuf_release(&names);
    return unnamed;
}

/* The list of harmful changes without details: a line for each kind of harm. */
static void add_names(struct page *page, size_t room, struct strbuf *out)
{
    const struct labels labels = collect_labels(page);
    size_t start = strbuf_len(out);
    for (size_t i = 0; i < labels.list.n; i++) {
        const struct label *label = &labels.list.items[i];
        size_t used = strbuf_len(out) - start, rest = (labels.list.n - i) * LABEL_ROOM;
        page->n_cut_harmful += label->names.n;
        if (used + LABEL_ROOM > room) {
            page->n_unnamed += label->names.n;
            continue;
        }
        if (i == 0)
            strbuf_add(out, "\nWithout details, for lack of room:\n\n");
        page->n_unnamed +=
            add_label_line(label, used + rest < room ? room - used - rest : 0, out);
    }
}

static void add_details(const struct page *page, bool harmful, struct strbuf *out)
{
    for (size_t i = 0; i < page->blocks.list.n; i++)
        if (page->entries[i].harmful == harmful && page->entries[i].shown)
            strbuf_add_mem(out, page->entries[i].details, page->entries[i].size);
}

static void count_cut(struct page *page)
{
    for (size_t i = 0; i < page->blocks.list.n; i++) {
        const struct entry *entry = &page->entries[i];
        if (entry->harmful || entry->shown)
            continue;
        page->cut[entry->block->first->action] += entry->block->names.n;
        page->n_cut += entry->block->names.n;
    }
}

/* ---- the page -----------------------------------------------------------------------------
 */

static void add_harmful(struct page *page, size_t room, struct strbuf *out)
{
    bool any = false;
    for (size_t i = 0; i < page->blocks.list.n; i++)
        any = any || page->entries[i].harmful;
    if (!any)
        return;
    strbuf_add(out, "\n#### Disruptive\n\n");
    choose_harmful(page, room);
    add_details(page, true, out);
    size_t used = 0;
    for (size_t i = 0; i < page->blocks.list.n; i++)
        used += page->entries[i].shown ? page->entries[i].size : 0;
    add_names(page, room - used, out);
}

static void add_harmless(struct page *page, size_t room, struct strbuf *out)
{
    choose_harmless(page, room);
    count_cut(page);
    size_t start = strbuf_len(out);
    strbuf_add(out, "\n#### Other changes\n\n");
    size_t heading = strbuf_len(out);
    add_details(page, false, out);
    if (strbuf_len(out) == heading)
        strbuf_truncate(out, start);
}

static void add_tail(const struct page *page, struct strbuf *out)
{
    static const char *const words[ACTION_COUNT] = {
        [ACTION_NONE] = "unchanged",   [ACTION_CREATE] = "new",
        [ACTION_UPDATE] = "changed",   [ACTION_REBUILD] = "rebuilt",
        [ACTION_DELETE] = "destroyed", [ACTION_RELEASE] = "released",
        [ACTION_ADOPT] = "taken over"};
    if (page->n_cut > 0) {
        strbuf_addf(out, "\n**Left out for lack of room: %zu change%s, none of them disruptive",
                    page->n_cut, page->n_cut == 1 ? "" : "s");
        const char *before = " (";
        for (int action = 0; action < ACTION_COUNT; action++) {
            if (page->cut[action] == 0)
                continue;
            strbuf_addf(out, "%s%zu %s", before, page->cut[action], words[action]);
            before = ", ";
        }
        strbuf_add(out, ").** `gridform plan` shows all.\n");
    }
    if (page->plan->n_unchanged > 0)
        strbuf_addf(out, "\n%zu unchanged.\n", page->plan->n_unchanged);
    if (page->plan->n_left_out > 0) {
        strbuf_add_char(out, '\n');
        render_left_out(page->plan, out);
    }
}

static void add_warning(const struct page *page, struct strbuf *out)
{
    if (page->n_unnamed > 0)
        strbuf_addf(out,
                    "\n> **%zu disruptive change%s not even named here, for lack of room. Read "
                    "the whole plan before you approve: `gridform plan`.**\n",
                    page->n_unnamed, page->n_unnamed == 1 ? " is" : "s are");
    else if (page->n_cut_harmful > 0)
        strbuf_addf(out,
                    "\n> **%zu disruptive change%s named here without details, for lack of "
                    "room.**\n",
                    page->n_cut_harmful, page->n_cut_harmful == 1 ? " is" : "s are");
}

void render_plan_markdown(const struct plan *plan, const struct markdown_style *style,
                          struct strbuf *out)
{
    size_t limit = style->limit;
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct page page = {.plan = plan, .arena = arena, .style = style, .limit = limit};
    struct strbuf top, body;
    strbuf_init(&top, STRBUF_MAX_OUTPUT);
    strbuf_init(&body, STRBUF_MAX_OUTPUT);
    page.blocks = md_blocks_of(plan, arena);
    for (size_t i = 0; i < page.blocks.list.n; i++)
        page.blocks.list.items[i].no_html = style->no_html;
    measure(&page);
    add_head(&page, &top);
    size_t head = strbuf_len(&top);
    add_findings(&page, DIAG_ERROR, "Checks that fail, so nothing can be applied", &top);
    add_refusals(&page, &top);
    add_findings(&page, DIAG_WARNING, "Warnings of the checks", &top);
    add_blind(&page, &top);
    add_waivers(&page, &top);
    size_t used = strbuf_len(&top) + TAIL_ROOM;
    add_harmful(&page, used < limit ? limit - used : 0, &body);
    used += strbuf_len(&body);
    add_harmless(&page, used < limit ? limit - used : 0, &body);
    strbuf_add_mem(out, strbuf_str(&top), head);
    add_warning(&page, out);
    strbuf_add(out, strbuf_str(&top) + head);
    strbuf_add_mem(out, strbuf_str(&body), strbuf_len(&body));
    add_tail(&page, out);
    strbuf_release(&top);
    strbuf_release(&body);
}
