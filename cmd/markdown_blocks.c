/* markdown_blocks.c: see markdown_blocks.h. */
#include "markdown_blocks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "block_order.h"
#include "change_words.h"
#include "line_diff.h"
#include "map.h"
#include "markdown.h"
#include "render.h"
#include "strbuf.h"

enum {
    SUMMARY_NAMES = 300,
    NAME_WIDTH = 28,
    REASON_COLUMN = 64,
    DIFF_LINES = 300,
    WAVE_RANGES = 8
};

static const struct {
    const char *sign, *verb;
} actions[ACTION_COUNT] = {
    [ACTION_NONE] = {" ", "keep"},       [ACTION_CREATE] = {"+", "new"},
    [ACTION_UPDATE] = {"!", "change"},   [ACTION_REBUILD] = {"!", "rebuild"},
    [ACTION_DELETE] = {"-", "destroy"},  [ACTION_RELEASE] = {" ", "leave alone from now on"},
    [ACTION_ADOPT] = {" ", "take over"},
};

/* ---- grouping -----------------------------------------------------------------------------
 */

static void add_change(struct md_blocks *blocks, struct map *seen, const struct change *change,
                       struct strbuf *scratch)
{
    const char *signature = change_signature(change, scratch);
    size_t index = (size_t)(uintptr_t)map_get(seen, signature);
    if (index == 0) {
        struct md_block block = {.first = change,
                                 .one_place = true,
                                 .effects = change_effects(change),
                                 .at = blocks->list.n};
        VEC_PUSH(blocks->arena, &blocks->list, block);
        index = blocks->list.n;
        map_set(seen, arena_strdup(blocks->arena, signature), (void *)(uintptr_t)index);
    }
    struct md_block *block = &blocks->list.items[index - 1];
    const char *name = address_name(change->address);
    VEC_PUSH(blocks->arena, &block->names, name);
    if (block->waves.n == 0 || block->waves.items[block->waves.n - 1] != change->wave)
        VEC_PUSH(blocks->arena, &block->waves, change->wave);
    if (change->canary && block->canary == NULL)
        block->canary = name;
    block->one_place = block->one_place && change_same_place(block->first, change);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct block_rank rank_of(const struct md_block *block)
{
    return (struct block_rank){block->waves.items[0], block->names.n, block->at};
}

static int compare_blocks(const void *a, const void *b)
{
    const struct block_rank x = rank_of(a), y = rank_of(b);
    return block_order(&x, &y);
}

struct md_blocks md_blocks_of(const struct plan *plan, struct arena *arena)
{
    struct md_blocks blocks = {.arena = arena};
    struct map seen;
    struct strbuf scratch;
    strbuf_init(&scratch, STRBUF_MAX_OUTPUT);
    map_init(&seen);
    for (size_t i = 0; i < plan->n_changes; i++)
        add_change(&blocks, &seen, &plan->changes[i], &scratch);
    map_release(&seen);
    strbuf_release(&scratch);
    VEC_EACH (struct md_block, it, blocks.list)
        qsort(it->names.items, it->names.n, sizeof(*it->names.items), compare_names);
    if (blocks.list.n > 1)
        qsort(blocks.list.items, blocks.list.n, sizeof(*blocks.list.items), compare_blocks);
    return blocks;
}

bool md_block_is_harmful(const struct md_block *block)
{
    return change_harm_of(block->first, block->effects);
}

/* ---- names and labels ---------------------------------------------------------------------
 */

size_t md_names(const char *const *names, size_t n, size_t max, struct strbuf *out)
{
    struct strbuf text, code;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_init(&code, STRBUF_MAX_OUTPUT);
    size_t fits = 0, too_many = n + 1, count = n;
    while (fits + 1 < too_many) {
        strbuf_clear(&text);
        strbuf_clear(&code);
        render_names(names, count, &text);
        md_code(strbuf_str(&text), &code);
        if (strbuf_len(&code) <= max)
            fits = count;
        else
            too_many = count;
        count = fits + (too_many - fits) / 2;
    }
    strbuf_clear(&text);
    if (fits > 0)
        render_names(names, fits, &text);
    strbuf_add_mem(out, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    strbuf_release(&code);
    if (fits < n)
        strbuf_addf(out, "%s%zu more", fits > 0 ? " and " : "", n - fits);
    return n - fits;
}

void md_block_label(const struct md_block *block, struct strbuf *out)
{
    strbuf_addf(out, "%s %s", actions[block->first->action].verb,
                block->first->kind->schema.kind);
    change_harm_words(block->first, block->effects, ": ", out);
}

/* "Waves 1-4, 7": a handful of ranges, else the ends. */
static void add_waves(const struct md_block *block, struct strbuf *out)
{
    const unsigned *waves = block->waves.items;
    size_t n = block->waves.n, n_ranges = 0, start = strbuf_len(out);
    strbuf_addf(out, "Wave%s ", n == 1 ? "" : "s");
    for (size_t i = 0; i < n; n_ranges++) {
        size_t end = i;
        while (end + 1 < n && waves[end + 1] == waves[end] + 1)
            end++;
        strbuf_addf(out, "%s%u", i > 0 ? ", " : "", waves[i]);
        if (end > i)
            strbuf_addf(out, "-%u", waves[end]);
        i = end + 1;
    }
    if (n_ranges > WAVE_RANGES) {
        strbuf_truncate(out, start);
        strbuf_addf(out, "Waves %u to %u", waves[0], waves[n - 1]);
    }
}

/* ---- a block ------------------------------------------------------------------------------
 */

/* In the summary, which is HTML where the forge knows it. */
static void add_code(const struct md_block *block, const char *text, struct strbuf *out)
{
    if (block->no_html) {
        md_code(text, out);
        return;
    }
    strbuf_add(out, "<code>");
    md_html(text, out);
    strbuf_add(out, "</code>");
}

/* The names in the summary; true when all of them are there. */
static bool add_summary_names(const struct md_block *block, size_t max, struct strbuf *out)
{
    struct strbuf names;
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    size_t left = md_names(block->names.items, block->names.n, max, &names);
    add_code(block, strbuf_str(&names), out);
    strbuf_release(&names);
    return left == 0;
}

static void add_remarks(const struct md_block *block, struct strbuf *out)
{
    const struct change *change = block->first;
    if (block->canary != NULL && block->names.n > 1) {
        strbuf_add(out, ", first ");
        add_code(block, block->canary, out);
    }
    if (block->canary != NULL)
        strbuf_add(out, " (canary)");
    const char *version = change_version(change, change->desired);
    const char *former = change_version(change, change->live);
    if (version != NULL) {
        strbuf_add(out, change_is_switch(change) ? ", switched to " : ", built as ");
        add_code(block, version, out);
    }
    if (version != NULL && former != NULL && change_has_former(change)) {
        strbuf_add(out, ", kept: ");
        add_code(block, former, out);
    }
    if (change->note != NULL) {
        strbuf_add(out, ", ");
        add_code(block, change->note, out);
    }
    if (block->one_place && change->desired != NULL && change->desired->pos.file != NULL) {
        struct strbuf place;
        strbuf_init(&place, STRBUF_MAX_OUTPUT);
        strbuf_addf(&place, "%s:%u", change->desired->pos.file, change->desired->pos.line);
        strbuf_add(out, ", ");
        add_code(block, strbuf_str(&place), out);
        strbuf_release(&place);
    }
}

static bool add_summary(const struct md_block *block, size_t names_max, struct strbuf *out)
{
    const struct change *change = block->first;
    const char *verb = change_is_switch(change) ? "switch" : actions[change->action].verb;
    strbuf_add(out, block->no_html ? "" : "<details>\n<summary>");
    add_waves(block, out);
    strbuf_addf(out, block->no_html ? ": **%s** " : ": <b>%s</b> ", verb);
    if (block->names.n > 1)
        strbuf_addf(out, "%zu × ", block->names.n);
    strbuf_addf(out, "%s ", change->kind->schema.kind);
    size_t max = names_max < SUMMARY_NAMES ? names_max : SUMMARY_NAMES;
    bool complete = add_summary_names(block, max, out);
    change_harm_words(block->first, block->effects, ": ", out);
    add_remarks(block, out);
    strbuf_add(out, block->no_html ? "\n\n" : "</summary>\n\n");
    return complete;
}

static void pad_to(struct strbuf *out, size_t start, size_t width)
{
    size_t used = strbuf_len(out) - start;
    strbuf_add_repeat(out, ' ', used + 2 < width ? width - used : 3);
}

static void add_values(const struct change *change, const struct attr_change *attr,
                       struct strbuf *out)
{
    size_t start = strbuf_len(out);
    strbuf_addf(out, "%s ", actions[change->action].sign);
    render_safe(attr_change_name(attr), out);
    pad_to(out, start, NAME_WIDTH);
    if (attr->attr->flags & ATTR_TEXT) {
        render_text_change(attr, out);
    } else {
        if (change->action != ACTION_CREATE) {
            render_value(attr->attr, attr->from, out);
            strbuf_add(out, " -> ");
        }
        render_value(attr->attr, attr->to, out);
    }
    if (attr->note != NULL) {
        strbuf_add(out, "   ");
        render_safe(attr->note, out);
    }
    if (change->action != ACTION_CREATE) {
        pad_to(out, start, REASON_COLUMN);
        strbuf_add(out, reason_name(attr->reason));
    }
    strbuf_add_char(out, '\n');
}

static void add_attrs(const struct change *change, struct strbuf *out)
{
    struct strbuf lines;
    strbuf_init(&lines, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change_shows(change, &change->attrs[i]))
            add_values(change, &change->attrs[i], &lines);
    if (strbuf_len(&lines) > 0)
        md_fence("diff", strbuf_str(&lines), out);
    if (strbuf_len(&lines) > 0)
        strbuf_add_char(out, '\n');
    strbuf_release(&lines);
}

static void add_script(const struct attr_change *attr, struct strbuf *out)
{
    const char *from = value_text(attr->from), *to = value_text(attr->to);
    if ((attr->attr->flags & ATTR_TEXT) == 0 || from == NULL || to == NULL)
        return;
    struct strbuf lines;
    strbuf_init(&lines, STRBUF_MAX_OUTPUT);
    size_t more = line_diff(from, to, DIFF_LINES, &lines);
    md_code(attr_change_name(attr), out);
    strbuf_add(out, ":\n\n");
    md_fence("diff", strbuf_str(&lines), out);
    strbuf_add_char(out, '\n');
    if (more > 0)
        strbuf_addf(out, "%zu more lines of this difference are left out.\n\n", more);
    strbuf_release(&lines);
}

/* "Steps: enter maintenance, …, [if ECC is on: disable ECC], leave maintenance" */
static void add_steps(const struct change *change, struct strbuf *out)
{
    const struct condition *open = NULL;
    for (size_t i = 0; i < change->n_steps; i++) {
        const struct step *step = &change->steps[i];
        if (open != NULL && step->when != open)
            strbuf_add_char(out, ']');
        strbuf_add(out, i == 0 ? "Steps: " : ", ");
        if (step->when != NULL && step->when != open) {
            strbuf_add_char(out, '[');
            md_text(step->when->label, out);
            strbuf_add(out, ": ");
        }
        open = step->when;
        md_text(step->title, out);
    }
    if (change->n_steps > 0)
        strbuf_add(out, open != NULL ? "]\n\n" : "\n\n");
}

void md_block_render(const struct md_block *block, size_t names_max, struct strbuf *out)
{
    const struct change *change = block->first;
    if (!add_summary(block, names_max, out)) {
        struct strbuf names;
        strbuf_init(&names, STRBUF_MAX_OUTPUT);
        md_names(block->names.items, block->names.n, names_max, &names);
        strbuf_add_char(&names, '\n');
        md_fence("text", strbuf_str(&names), out);
        strbuf_add_char(out, '\n');
        strbuf_release(&names);
    }
    add_attrs(change, out);
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change_shows(change, &change->attrs[i]))
            add_script(&change->attrs[i], out);
    add_steps(change, out);
    if (!block->no_html)
        strbuf_add(out, "</details>\n");
}
