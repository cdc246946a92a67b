/* render_blocks.c: the changes of a plan, in the order in which they are carried out.
 *
 * Equal changes are shown once: a run of changes or waves with one signature (change_words.h)
 * becomes one block with the list of names. What is created plainly, as the files say, is named
 * and no more.
 */
#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "block_order.h"
#include "change_words.h"
#include "map.h"
#include "strbuf.h"
#include "vec.h"

enum {
    NAME_COLUMN = 10,
    STEP_COLUMN = 23,
    VALUE_COLUMN = 39,
    REASON_COLUMN = 86,
    REASON_LEAST = 60,
    REASON_ROOM = 10, /* right of that column */
    LABEL_WIDTH = 8,  /* of "Wave 1" and the blanks behind it */
    GAP = 3           /* where a column is overrun */
};

/* Further left on a terminal that is narrow. */
static size_t reason_column(struct look look)
{
    size_t column = look.columns == 0 ? REASON_COLUMN + REASON_ROOM : look.columns;
    column = column < REASON_LEAST + REASON_ROOM ? REASON_LEAST : column - REASON_ROOM;
    return column < REASON_COLUMN ? column : REASON_COLUMN;
}

/* Escape sequences and the later bytes of a character take no room. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '\033' && strchr(text, 'm') != NULL)
            text = strchr(text, 'm');
        else if (((unsigned char)*text & 0xc0) != 0x80)
            n++;
    }
    return n;
}

static void pad_to(struct strbuf *out, size_t start, size_t width)
{
    size_t used = width_of(strbuf_str(out) + start);
    strbuf_add_repeat(out, ' ', used < width ? width - used : GAP);
}

/* ---- bodies of changes --------------------------------------------------------------------
 */

static void add_note(const char *note, struct strbuf *out)
{
    if (note == NULL)
        return;
    strbuf_add(out, "   ");
    render_safe(note, out);
}

static void render_attr(const struct attr_change *change, bool create, struct look look,
                        struct strbuf *out)
{
    size_t start = strbuf_len(out);
    strbuf_add_repeat(out, ' ', NAME_COLUMN);
    render_safe(attr_change_name(change), out);
    pad_to(out, start, VALUE_COLUMN);
    if (change->attr->flags & ATTR_TEXT) {
        render_text_change(change, out);
    } else {
        if (!create) {
            render_value(change->attr, change->from, out);
            strbuf_add(out, " -> ");
        }
        render_value(change->attr, change->to, out);
    }
    add_note(change->note, out);
    if (!create) {
        pad_to(out, start, reason_column(look));
        strbuf_add(out, reason_name(change->reason));
    }
    strbuf_add_char(out, '\n');
    if (change->attr->flags & ATTR_TEXT)
        render_line_diff(change, look.colour, out);
}

/* "enter maintenance, …, [if ECC is on: disable ECC, reboot, verify], leave maintenance" */
static void collect_steps(const struct change *change, struct strbuf *out)
{
    const struct condition *open = NULL;
    for (size_t i = 0; i < change->n_steps; i++) {
        const struct step *step = &change->steps[i];
        if (open != NULL && step->when != open)
            strbuf_add_char(out, ']');
        strbuf_add(out, i == 0 ? "" : ", ");
        if (step->when != NULL && step->when != open) {
            strbuf_add_char(out, '[');
            render_safe(step->when->label, out);
            strbuf_add(out, ": ");
        }
        open = step->when;
        render_safe(step->title, out);
    }
    if (open != NULL)
        strbuf_add_char(out, ']');
}

static void render_steps(const struct change *change, struct look look, struct strbuf *out)
{
    if (change->n_steps == 0)
        return;
    struct strbuf line;
    strbuf_init(&line, STRBUF_MAX_OUTPUT);
    collect_steps(change, &line);
    size_t start = strbuf_len(out);
    strbuf_add_repeat(out, ' ', NAME_COLUMN);
    strbuf_add(out, "steps");
    pad_to(out, start, STEP_COLUMN);
    size_t column = STEP_COLUMN, wrap = reason_column(look) + REASON_ROOM - 2;
    const char *at = strbuf_str(&line);
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (column + len > wrap && column > STEP_COLUMN) {
            strbuf_truncate(out, strbuf_len(out) - 1);
            strbuf_add_char(out, '\n');
            strbuf_add_repeat(out, ' ', STEP_COLUMN);
            column = STEP_COLUMN;
        }
        strbuf_add_mem(out, at, len);
        at += len;
        column += len;
        if (*at == ' ') {
            strbuf_add_char(out, ' ');
            at++;
            column++;
        }
    }
    strbuf_add_char(out, '\n');
    strbuf_release(&line);
}

static void render_body(const struct change *change, struct look look, struct strbuf *out)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change_shows(change, &change->attrs[i]))
            render_attr(&change->attrs[i], change->action == ACTION_CREATE, look, out);
    render_steps(change, look, out);
}

/* ---- blocks -------------------------------------------------------------------------------
 */

/* Equal changes of one wave, or of waves that follow each other. */
struct block {
    const struct change *first;
    VEC(const char *) names;
    unsigned wave, last_wave;
    bool brief;       /* nothing to say but the addresses, of any kind */
    bool repeats;     /* an earlier block has shown this body */
    const char *body; /* without rollout */
    size_t at;        /* in order of the plan */
};

struct blocks {
    struct arena *arena;
    VEC(struct block) list;
    struct map latest; /* body and rollout -> index + 1 of the block that grows */
};

static const struct {
    const char *sign;
    enum style style;
} action_signs[ACTION_COUNT] = {
    [ACTION_NONE] = {" ", STYLE_PLAIN},    [ACTION_CREATE] = {"+", STYLE_ADD},
    [ACTION_UPDATE] = {"~", STYLE_CHANGE}, [ACTION_REBUILD] = {"~", STYLE_CHANGE},
    [ACTION_DELETE] = {"-", STYLE_REMOVE}, [ACTION_RELEASE] = {"-", STYLE_DIM},
    [ACTION_ADOPT] = {"=", STYLE_DIM},
};

/* Nothing to say but that it comes to be as the files describe it. */
static bool is_plain(const struct change *change)
{
    if (change->action != ACTION_CREATE || change->note != NULL ||
        change->kind->version_attr != NULL)
        return false;
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change_shows(change, &change->attrs[i]))
            return false;
    for (size_t i = 0; i < change->n_steps; i++)
        if (change->steps[i].effects & ~(unsigned)(EFFECT_CREATE | EFFECT_PUBLISH))
            return false;
    return true;
}

static bool is_brief(const struct change *change)
{
    return is_plain(change) || (change->n_attrs == 0 && change->n_steps == 0);
}

/* What must be equal for two changes to be shown as one: all of it, since of long values and
 * texts only a part is printed. */
static void add_signature(struct strbuf *text, const struct change *change)
{
    if (!is_brief(change)) {
        change_signature(change, text);
        return;
    }
    strbuf_clear(text);
    strbuf_addf(text, "%s %s\n", action_name(change->action),
                change->note == NULL ? "" : change->note);
}

/* The growing block of the body: of this wave, or of the one before when hosts of one pool
 * follow each other; the canary stands alone. NULL: none. */
static struct block *find_block(struct blocks *blocks, const struct change *change,
                                const char *key)
{
    size_t index = (size_t)(uintptr_t)map_get(&blocks->latest, key);
    struct block *block = index == 0 ? NULL : &blocks->list.items[index - 1];
    if (block == NULL || block->last_wave == change->wave)
        return block;
    return block->last_wave + 1 == change->wave && change->pool != NULL ? block : NULL;
}

static struct block *new_block(struct blocks *blocks, const struct change *change,
                               const char *key, size_t body)
{
    VEC_PUSH(blocks->arena, &blocks->list,
             ((struct block){.first = change,
                             .wave = change->wave,
                             .brief = is_brief(change),
                             .body = arena_memdup(blocks->arena, key, body),
                             .at = blocks->list.n}));
    struct block *block = &blocks->list.items[blocks->list.n - 1];
    map_set(&blocks->latest, arena_strdup(blocks->arena, key),
            (void *)(uintptr_t)blocks->list.n);
    return block;
}

/* What is brief hides nothing, so it is no crowd. */
static struct block_rank rank_of(const struct block *block)
{
    return (struct block_rank){block->wave, block->brief ? 0 : block->names.n, block->at};
}

static int compare_blocks(const void *a, const void *b)
{
    const struct block_rank x = rank_of(a), y = rank_of(b);
    return block_order(&x, &y);
}

static void sort_blocks(struct blocks *blocks)
{
    struct map shown;
    map_init(&shown);
    if (blocks->list.n > 1)
        qsort(blocks->list.items, blocks->list.n, sizeof(blocks->list.items[0]),
              compare_blocks);
    for (size_t i = 0; i < blocks->list.n; i++) {
        struct block *block = &blocks->list.items[i];
        block->repeats = map_set(&shown, block->body, block) != NULL;
    }
    map_release(&shown);
}

static void add_to_block(struct blocks *blocks, const struct change *change,
                         struct strbuf *text)
{
    add_signature(text, change);
    size_t body = strbuf_len(text);
    strbuf_addf(text, "%s %s", change->pool == NULL ? "" : change->pool,
                change->canary ? "canary" : "");
    struct block *block = find_block(blocks, change, strbuf_str(text));
    if (block == NULL)
        block = new_block(blocks, change, strbuf_str(text), body);
    block->last_wave = change->wave;
    VEC_PUSH(blocks->arena, &block->names,
             block->brief ? change->address : address_name(change->address));
}

static void render_wave_label(const struct block *block, unsigned *last, struct strbuf *out)
{
    size_t start = strbuf_len(out);
    if (block->wave != block->last_wave)
        strbuf_addf(out, "Waves %u-%u", block->wave, block->last_wave);
    else if (*last != block->wave)
        strbuf_addf(out, "Wave %u", block->wave);
    *last = block->wave == block->last_wave ? block->wave : 0;
    size_t used = strbuf_len(out) - start;
    strbuf_add_repeat(out, ' ', used < LABEL_WIDTH ? LABEL_WIDTH - used : 1);
}

/* Which version a template gets. */
static void render_version(const struct change *change, struct strbuf *out)
{
    const char *attr = change->kind->version_attr;
    if (attr == NULL || change->desired == NULL)
        return;
    bool former = change_has_former(change);
    if (change->action == ACTION_CREATE || (change->action == ACTION_REBUILD && !former))
        strbuf_addf(out, "   built as %s", instance_text(change->desired, attr));
    if (former)
        strbuf_addf(out, "   %s %s; the version in use is kept",
                    change_is_switch(change) ? "switched to" : "rebuilt as",
                    instance_text(change->desired, attr));
}

static void add_place(const struct change *change, size_t start, struct look look,
                      struct strbuf *out)
{
    struct strbuf place CLEANUP(strbuf_release);
    strbuf_init(&place, STRBUF_MAX_OUTPUT);
    if (change->desired == NULL || change->desired->pos.file == NULL)
        return;
    render_place(change->desired->pos, &place);
    size_t len = width_of(strbuf_str(&place)), column = reason_column(look);
    if (look.columns != 0 && column + len > look.columns)
        column = look.columns > len + LABEL_WIDTH ? look.columns - len : LABEL_WIDTH;
    pad_to(out, start, column - LABEL_WIDTH);
    strbuf_addf(out, "%s%s%s", style_on(STYLE_DIM, look.colour), strbuf_str(&place),
                style_off(look.colour));
}

static void render_title(const struct block *block, struct look look, struct strbuf *out)
{
    bool colour = look.colour;
    const struct change *change = block->first;
    size_t start = strbuf_len(out);
    strbuf_addf(out, "%s%s%s ", style_on(action_signs[change->action].style, colour),
                action_signs[change->action].sign, style_off(colour));
    strbuf_add(out, style_on(STYLE_BOLD, colour));
    if (block->names.n > 1 && !block->brief)
        strbuf_addf(out, "%zu x %s: ", block->names.n, change->kind->schema.kind);
    else if (!block->brief)
        strbuf_addf(out, "%s/", change->kind->schema.kind);
    render_names(block->names.items, block->names.n, out);
    strbuf_add(out, style_off(colour));
    if (change->canary)
        strbuf_add(out, "   canary");
    render_version(change, out);
    add_note(change->note, out);
    if (block->names.n == 1)
        add_place(change, start, look, out);
    strbuf_add_char(out, '\n');
}

static void render_block(const struct block *block, struct look look, struct strbuf *out)
{
    bool colour = look.colour;
    const struct change *change = block->first;
    if (!block->repeats || block->brief) {
        render_title(block, look, out);
        if (!block->brief)
            render_body(change, look, out);
        return;
    }
    strbuf_addf(out, "%s%s%s the same on %zu %s%s: ",
                style_on(action_signs[change->action].style, colour),
                action_signs[change->action].sign, style_off(colour), block->names.n,
                change->kind->schema.kind, block->names.n == 1 ? "" : "s");
    render_names(block->names.items, block->names.n, out);
    strbuf_add(out, change->canary ? "   canary\n" : "\n");
}

void render_blocks(const struct plan *plan, struct look look, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct blocks blocks = {.arena = arena};
    struct strbuf text;
    unsigned last = 0;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    map_init(&blocks.latest);
    for (size_t i = 0; i < plan->n_changes; i++)
        add_to_block(&blocks, &plan->changes[i], &text);
    sort_blocks(&blocks);
    for (size_t i = 0; i < blocks.list.n; i++) {
        const struct block *block = &blocks.list.items[i];
        strbuf_add(out, last != block->wave ? "\n" : "");
        render_wave_label(block, &last, out);
        render_block(block, look, out);
    }
    map_release(&blocks.latest);
    strbuf_release(&text);
}
