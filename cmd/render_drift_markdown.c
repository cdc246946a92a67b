/* render_drift_markdown.c: drift for a comment or an issue of a forge.
 *
 * The head counts everything. Then come the sections of the text, each a fenced block: what has
 * moved, what could not be read, what rules ignore, what has healed. The document never exceeds
 * its limit: what has no room is left out as a whole and counted below its section.
 */
#include "render.h"

#include <string.h>

#include "arena.h"
#include "drift_blocks.h"
#include "drift_words.h"
#include "markdown.h"
#include "strbuf.h"
#include "vec.h"

enum {
    TAIL_ROOM = 1500,   /* for the sentences at the end */
    SECTION_ROOM = 240, /* for a heading, its fences and what it leaves out */
};

/* What is shown whole or not at all. */
struct chunk {
    const char *text;
    size_t n; /* resources in it */
};

struct page {
    struct arena *arena;
    struct strbuf *out;
    size_t limit;
    VEC(struct chunk) chunks; /* of the section that is being made */
};

static void add_chunk(struct page *page, struct strbuf *text, size_t n)
{
    VEC_PUSH(page->arena, &page->chunks,
             ((struct chunk){arena_strdup(page->arena, strbuf_str(text)), n}));
    strbuf_clear(text);
}

/* Fences are longer than any run of backticks between them, above and below. */
static size_t room_for(const char *text)
{
    size_t longest = 0, len = strlen(text);
    for (const char *at = strchr(text, '`'); at != NULL; at = strchr(at, '`')) {
        size_t run = strspn(at, "`");
        longest = run > longest ? run : longest;
        at += run;
    }
    return len + 2 * longest;
}

/* Ends a section: its chunks, as many as there is room for. */
static void add_section(struct page *page, const char *title)
{
    struct strbuf content CLEANUP(strbuf_release);
    size_t used = strbuf_len(page->out) + TAIL_ROOM + SECTION_ROOM, n_left_out = 0;
    strbuf_init(&content, STRBUF_MAX_OUTPUT);
    VEC_EACH (struct chunk, it, page->chunks) {
        size_t room = room_for(it->text);
        if (used + room > page->limit) {
            n_left_out += it->n;
            continue;
        }
        strbuf_add(&content, it->text);
        used += room;
    }
    if (page->chunks.n > 0 && strbuf_len(page->out) + TAIL_ROOM < page->limit) {
        strbuf_addf(page->out, "\n#### %s\n\n", title);
        if (strbuf_len(&content) > 0)
            md_fence("text", strbuf_str(&content), page->out);
        if (n_left_out > 0)
            strbuf_addf(page->out,
                        "\n**Left out for lack of room: %zu resource%s.** `gridform drift` "
                        "shows all.\n",
                        n_left_out, n_left_out == 1 ? "" : "s");
    }
    page->chunks.n = 0;
}

static void add_items(struct page *page, const struct drift *drift, bool ignored,
                      const char *title)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    const struct drift_blocks blocks = drift_blocks_of(drift, ignored, page->arena);
    VEC_EACH (struct drift_block, it, blocks.list) {
        render_drift_block(it, false, &text);
        add_chunk(page, &text, it->addresses.n);
    }
    add_section(page, title);
}

static void add_blind(struct page *page, const struct drift *drift)
{
    struct strbuf text CLEANUP(strbuf_release);
    VEC(struct plan_blind) shown = {0};
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < drift->n_blind; i++)
        if (drift_shows_blind(drift, i))
            VEC_PUSH(page->arena, &shown, drift->blind[i]);
    const struct blind_groups groups = blind_groups(page->arena, shown.items, shown.n);
    for (size_t i = 0; i < groups.n; i++) {
        render_blind_group(&groups.items[i], &text);
        add_chunk(page, &text, groups.items[i].addresses.n);
    }
    add_section(page, "Not readable, left alone");
}

static void add_healed(struct page *page, const struct drift *drift)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < drift->n_healed; i++) {
        render_drift_healed(&drift->healed[i], false, &text);
        add_chunk(page, &text, 1);
    }
    add_section(page, "As it was applied again");
}

static void add_advice(struct page *page, const struct drift *drift)
{
    struct strbuf text CLEANUP(strbuf_release);
    strbuf_init(&text, TAIL_ROOM);
    for (int i = 0; i < DRIFT_ADVICE_COUNT; i++) {
        strbuf_clear(&text);
        if (!drift_advice(drift, (enum drift_advice)i, &text))
            continue;
        strbuf_add_char(page->out, '\n');
        md_text(strbuf_str(&text), page->out);
        strbuf_add_char(page->out, '\n');
    }
}

void render_drift_markdown(const struct drift *drift, const char *site,
                           const struct markdown_style *style, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct page page = {.arena = arena, .out = out, .limit = style->limit};
    struct strbuf counts CLEANUP(strbuf_release);
    strbuf_init(&counts, STRBUF_MAX_OUTPUT);
    drift_counts(drift, &counts);
    render_marker("drift", site, style, out);
    strbuf_add(out, "### Drift of ");
    md_text(site == NULL ? "(no site)" : site, out);
    strbuf_add(out, ": ");
    md_text(strbuf_str(&counts), out);
    strbuf_add_char(out, '\n');
    add_items(&page, drift, false, "What has moved");
    add_blind(&page, drift);
    if (drift->n > drift_count(drift))
        add_items(&page, drift, true,
                  "Ignored by rule (lifecycle.ignore_drift or ignore_changes)");
    add_healed(&page, drift);
    add_advice(&page, drift);
}
