/* render_text.c: a plan as a reviewer reads it.
 *
 * Head with counts and impact, then the waves in their true order. Equal changes are shown
 * once: a change's body (attributes and steps, without its name) is its signature, and a run
 * of waves or changes with one signature becomes one block with the list of names.
 */
#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"

enum { NAME_WIDTH = 20, WRAP = 92, SCRIPT_LINES = 12 };

/* ---- the head ----------------------------------------------------------------------------- */

static void add_count(struct strbuf *out, size_t n, const char *one, const char *many,
                      bool *first)
{
    if (n == 0)
        return;
    strbuf_addf(out, "%s%zu %s", *first ? "" : ", ", n, n == 1 ? one : many);
    *first = false;
}

static void render_counts(const struct plan *plan, struct strbuf *out)
{
    const struct plan_impact *impact = &plan->impact;
    bool first = true;
    add_count(out, impact->n_create, "is new", "are new", &first);
    add_count(out, impact->n_update, "changes", "change", &first);
    add_count(out, impact->n_rebuild, "is rebuilt", "are rebuilt", &first);
    add_count(out, impact->n_adopt, "is taken over as it is", "are taken over as they are",
              &first);
    add_count(out, impact->n_release, "leaves the state", "leave the state", &first);
    add_count(out, impact->n_delete, "is removed", "are removed", &first);
    if (first)
        strbuf_add(out, "no changes");
    else if (impact->n_delete == 0)
        strbuf_add(out, ", nothing is removed");
}

static bool is_disruptive(const struct plan_impact *impact)
{
    return impact->n_windows > 0 || impact->n_reboots_most > 0 || impact->n_power_off > 0 ||
           impact->n_data_loss > 0;
}

static void render_reboots(const struct plan_impact *impact, struct strbuf *out)
{
    if (impact->n_reboots_most == 0)
        return;
    if (impact->n_reboots_least == impact->n_reboots_most)
        strbuf_addf(out, "; %zu host reboot%s", impact->n_reboots_most,
                    impact->n_reboots_most == 1 ? "" : "s");
    else
        strbuf_addf(out, "; %zu to %zu host reboots (%s)", impact->n_reboots_least,
                    impact->n_reboots_most, impact->range_reason);
}

static void render_machines(const char *what, const char *const *names, size_t n,
                            struct strbuf *out)
{
    if (n == 0)
        return;
    strbuf_addf(out, "; %s ", what);
    render_names(names, n, out);
}

static void render_impact(const struct plan_impact *impact, bool colour, struct strbuf *out)
{
    if (!is_disruptive(impact)) {
        strbuf_add(out, impact->n_service > 0
                            ? "Impact: catalogue items cannot be requested for a moment\n"
                            : "Impact: none beyond the objects themselves\n");
        return;
    }
    strbuf_addf(out, "Impact: %sDISRUPTIVE%s. ", style_on(STYLE_REMOVE, colour),
                style_off(colour));
    if (impact->n_windows > 0)
        strbuf_addf(out, "%zu maintenance window%s, %u host%s at a time", impact->n_windows,
                    impact->n_windows == 1 ? "" : "s", impact->max_out,
                    impact->max_out == 1 ? "" : "s");
    else
        strbuf_add(out, "No maintenance window");
    render_reboots(impact, out);
    render_machines("powers off", impact->power_off, impact->n_power_off, out);
    render_machines("moves", impact->move, impact->n_move, out);
    if (impact->n_windows > 0 && impact->n_power_off == 0 && impact->n_move == 0)
        strbuf_add(out, "; no VM runs there");
    if (impact->n_data_loss > 0)
        strbuf_addf(out, "; %zu object%s destroyed", impact->n_data_loss,
                    impact->n_data_loss == 1 ? " is" : "s are");
    strbuf_add_char(out, '\n');
}

static void render_slots(const struct plan_impact *impact, struct strbuf *out)
{
    for (size_t i = 0; i < impact->n_slots; i++) {
        const struct plan_slots *slots = &impact->slots[i];
        strbuf_addf(out, "Slots:  %s %d now", slots->profile, slots->now);
        if (slots->least != slots->now || slots->most != slots->now) {
            if (slots->least == slots->most)
                strbuf_addf(out, ", %d on the way", slots->least);
            else
                strbuf_addf(out, ", %d to %d on the way", slots->least, slots->most);
        }
        strbuf_addf(out, ", %d after\n", slots->after);
    }
}

static void render_head(const struct plan *plan, bool colour, struct strbuf *out)
{
    strbuf_addf(out, "%sPlan for %s%s", style_on(STYLE_BOLD, colour),
                plan->site == NULL ? "(no site)" : plan->site, style_off(colour));
    if (plan->commit != NULL)
        strbuf_addf(out, " at %s", plan->commit);
    strbuf_add(out, ": ");
    render_counts(plan, out);
    strbuf_add_char(out, '\n');
    if (plan->n_changes == 0)
        return;
    render_impact(&plan->impact, colour, out);
    render_slots(&plan->impact, out);
}

/* ---- bodies of changes -------------------------------------------------------------------- */

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* Long text is not shown in full: how much of it changes. */
static void render_text_change(const struct attr_change *change, struct strbuf *out)
{
    const char *from = value_text(change->from), *to = value_text(change->to);
    if (from == NULL && to != NULL)
        strbuf_addf(out, "(absent) -> %zu lines", count_lines(to));
    else if (to == NULL)
        strbuf_add(out, "removed");
    else
        strbuf_addf(out, "%zu lines -> %zu lines", from == NULL ? 0 : count_lines(from),
                    count_lines(to));
}

/* The lines in which two texts differ: what is common at both ends is left out. */
static void render_line_diff(const struct attr_change *change, bool colour, struct strbuf *out)
{
    const char *from = value_text(change->from), *to = value_text(change->to);
    if (from == NULL || to == NULL)
        return;
    while (*from != '\0') {
        size_t len = strcspn(from, "\n") + 1;
        if (strncmp(from, to, len) != 0 || from[len - 1] == '\0')
            break;
        from += len;
        to += len;
    }
    size_t end_from = strlen(from), end_to = strlen(to);
    while (end_from > 0 && end_to > 0) {
        size_t a = end_from - 1, b = end_to - 1;
        while (a > 0 && from[a - 1] != '\n')
            a--;
        while (b > 0 && to[b - 1] != '\n')
            b--;
        if (end_from - a != end_to - b || memcmp(from + a, to + b, end_from - a) != 0)
            break;
        end_from = a;
        end_to = b;
    }
    const struct {
        const char *text, *sign;
        size_t end;
        enum style style;
    } sides[] = {{from, "-", end_from, STYLE_REMOVE}, {to, "+", end_to, STYLE_ADD}};
    for (size_t s = 0; s < ARRAY_LEN(sides); s++) {
        size_t at = 0;
        for (int line = 0; at < sides[s].end; line++) {
            size_t len = strcspn(sides[s].text + at, "\n");
            if (line == SCRIPT_LINES) {
                strbuf_addf(out, "            %s …\n", sides[s].sign);
                break;
            }
            char *copy = strndup(sides[s].text + at, len);
            strbuf_addf(out, "            %s%s ", style_on(sides[s].style, colour),
                        sides[s].sign);
            render_safe(copy == NULL ? "" : copy, out);
            strbuf_addf(out, "%s\n", style_off(colour));
            free(copy);
            at += len + 1;
        }
    }
}

static void render_value(const struct attr *attr, const struct value *value, struct strbuf *out)
{
    struct strbuf text;
    strbuf_init(&text, 4000);
    attr_print(attr, value, &text);
    render_safe(strbuf_str(&text), out);
    strbuf_release(&text);
}

static void pad_to(struct strbuf *out, size_t start, size_t width)
{
    size_t used = strbuf_len(out) - start;
    strbuf_add_repeat(out, ' ', used < width ? width - used : 1);
}

static void render_attr(const struct attr_change *change, bool create, bool colour,
                        struct strbuf *out)
{
    size_t start = strbuf_len(out);
    strbuf_addf(out, "          %s", change->attr->name);
    pad_to(out, start, 10 + NAME_WIDTH + 9);
    if (change->attr->flags & ATTR_TEXT) {
        render_text_change(change, out);
    } else {
        if (!create || !value_is_absent(change->from)) {
            render_value(change->attr, change->from, out);
            strbuf_add(out, " -> ");
        }
        render_value(change->attr, change->to, out);
    }
    if (change->note != NULL)
        strbuf_addf(out, "   %s", change->note);
    if (!create || change->reason == REASON_DRIFT) {
        pad_to(out, start, WRAP - 8);
        strbuf_add(out, reason_name(change->reason));
    }
    strbuf_add_char(out, '\n');
    if (change->attr->flags & ATTR_TEXT)
        render_line_diff(change, colour, out);
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
        if (step->when != NULL && step->when != open)
            strbuf_addf(out, "[%s: ", step->when->label);
        open = step->when;
        render_safe(step->title, out);
    }
    if (open != NULL)
        strbuf_add_char(out, ']');
}

static void render_steps(const struct change *change, struct strbuf *out)
{
    if (change->n_steps == 0)
        return;
    struct strbuf line;
    strbuf_init(&line, 8000);
    collect_steps(change, &line);
    size_t start = strbuf_len(out);
    strbuf_add(out, "          steps");
    pad_to(out, start, 10 + 13);
    size_t column = 10 + 13;
    const char *at = strbuf_str(&line);
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (column + len > WRAP && column > 10 + 13) {
            strbuf_truncate(out, strbuf_len(out) - 1);
            strbuf_add_char(out, '\n');
            strbuf_add_repeat(out, ' ', 10 + 13);
            column = 10 + 13;
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

static void render_body(const struct change *change, bool colour, struct strbuf *out)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        render_attr(&change->attrs[i], change->action == ACTION_CREATE, colour, out);
    render_steps(change, out);
}

/* ---- blocks ------------------------------------------------------------------------------- */

/* Equal changes of one wave. */
struct block {
    const char *signature;
    const struct change *first;
    VEC(const char *) names;
    VEC(const char *) addresses;
    unsigned wave, last_wave;
};

struct blocks {
    struct arena *arena;
    VEC(struct block) list;
};

static const struct {
    const char *sign;
    enum style style;
} action_signs[ACTION_COUNT] = {
    [ACTION_NONE] = {" ", STYLE_PLAIN},     [ACTION_CREATE] = {"+", STYLE_ADD},
    [ACTION_UPDATE] = {"~", STYLE_CHANGE},  [ACTION_REBUILD] = {"~", STYLE_CHANGE},
    [ACTION_DELETE] = {"-", STYLE_REMOVE},  [ACTION_RELEASE] = {"-", STYLE_DIM},
    [ACTION_ADOPT] = {"=", STYLE_DIM},
};

/* What must be equal for two changes to be shown as one. The name itself may appear in notes
 * and values of templates, which are then shown apart. */
static const char *signature_of(struct arena *arena, const struct change *change)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text, "%s %s %s\n", change->kind->schema.kind, action_name(change->action),
                change->note == NULL ? "" : change->note);
    render_body(change, false, &text);
    const char *copy = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return copy;
}

/* The block of this wave with the signature, or of the wave just before when that had no
 * other (a rollout, host after host); NULL: none. */
static struct block *find_block(struct blocks *blocks, const struct change *change,
                                const char *signature, size_t n_in_former)
{
    for (size_t i = blocks->list.n; i-- > 0;) {
        struct block *block = &blocks->list.items[i];
        if (block->last_wave + 1 < change->wave)
            return NULL;
        if (strcmp(block->signature, signature) != 0)
            continue;
        if (block->last_wave == change->wave)
            return block;
        bool rollout = change->pool != NULL && n_in_former == 1 &&
                       !(block->first->canary && block->wave == block->last_wave);
        return rollout ? block : NULL;
    }
    return NULL;
}

static size_t blocks_in_wave(const struct blocks *blocks, unsigned wave)
{
    size_t n = 0;
    for (size_t i = blocks->list.n; i-- > 0 && blocks->list.items[i].last_wave >= wave;)
        n += blocks->list.items[i].last_wave == wave;
    return n;
}

static void add_to_block(struct blocks *blocks, const struct change *change,
                         const char *signature)
{
    size_t former = change->wave == 0 ? 0 : blocks_in_wave(blocks, change->wave - 1);
    struct block *block = find_block(blocks, change, signature, former);
    if (block == NULL) {
        VEC_PUSH(blocks->arena, &blocks->list,
                 ((struct block){.signature = signature, .first = change,
                                 .wave = change->wave}));
        block = &blocks->list.items[blocks->list.n - 1];
    }
    block->last_wave = change->wave;
    VEC_PUSH(blocks->arena, &block->names, address_name(change->address));
}

/* The body of an earlier block with the same signature is not printed again. */
static bool shown_before(const struct blocks *blocks, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(blocks->list.items[i].signature, blocks->list.items[index].signature) == 0)
            return true;
    return false;
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
    strbuf_add_repeat(out, ' ', used < 8 ? 8 - used : 1);
}

static void render_title(const struct block *block, bool colour, struct strbuf *out)
{
    const struct change *change = block->first;
    size_t start = strbuf_len(out);
    strbuf_addf(out, "%s%s%s ", style_on(action_signs[change->action].style, colour),
                action_signs[change->action].sign, style_off(colour));
    if (block->names.n == 1) {
        strbuf_addf(out, "%s%s/", style_on(STYLE_BOLD, colour), change->kind->schema.kind);
        render_safe(block->names.items[0], out);
        strbuf_add(out, style_off(colour));
    } else {
        strbuf_addf(out, "%s%zu x %s%s: ", style_on(STYLE_BOLD, colour), block->names.n,
                    change->kind->schema.kind, style_off(colour));
        render_names(block->names.items, block->names.n, out);
    }
    if (change->canary)
        strbuf_add(out, "   canary");
    if (change->note != NULL)
        strbuf_addf(out, "   %s", change->note);
    if (change->action == ACTION_REBUILD)
        strbuf_addf(out, "   rebuilt as %s; the old version is kept",
                    instance_text(change->desired, "vm"));
    if (change->desired != NULL && change->desired->pos.file != NULL) {
        pad_to(out, start, WRAP - 20);
        strbuf_addf(out, "%s%s:%u%s", style_on(STYLE_DIM, colour), change->desired->pos.file,
                    change->desired->pos.line, style_off(colour));
    }
    strbuf_add_char(out, '\n');
}

static void render_blocks(const struct plan *plan, bool colour, struct strbuf *out)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct blocks blocks = {.arena = arena};
    for (size_t i = 0; i < plan->n_changes; i++)
        add_to_block(&blocks, &plan->changes[i], signature_of(arena, &plan->changes[i]));
    unsigned last = 0;
    for (size_t i = 0; i < blocks.list.n; i++) {
        const struct block *block = &blocks.list.items[i];
        strbuf_add(out, last != block->wave ? "\n" : "");
        render_wave_label(block, &last, out);
        render_title(block, colour, out);
        if (shown_before(&blocks, i) && (block->first->n_attrs > 0 || block->first->n_steps > 0))
            strbuf_add(out, "          the same changes and steps as above\n");
        else
            render_body(block->first, colour, out);
    }
}

/* ---- what is left alone, what is refused -------------------------------------------------- */

static void render_refusals(const struct plan *plan, bool colour, struct strbuf *out)
{
    if (plan->n_refusals == 0)
        return;
    strbuf_addf(out, "\n%sRefused%s (%zu), so nothing can be applied:\n",
                style_on(STYLE_REMOVE, colour), style_off(colour), plan->n_refusals);
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct plan_refusal *refusal = &plan->refusals[i];
        strbuf_addf(out, "  ! %s", refusal->address);
        if (refusal->pos.file != NULL)
            strbuf_addf(out, " (%s:%u)", refusal->pos.file, refusal->pos.line);
        strbuf_add(out, ": ");
        render_safe(refusal->message, out);
        strbuf_add_char(out, '\n');
        if (refusal->hint != NULL)
            strbuf_addf(out, "    %s\n", refusal->hint);
    }
}

void render_plan_text(const struct plan *plan, bool colour, struct strbuf *out)
{
    render_head(plan, colour, out);
    render_blocks(plan, colour, out);
    render_blind(plan->blind, plan->n_blind, out);
    render_refusals(plan, colour, out);
    if (plan->n_unchanged > 0 && plan->n_changes > 0)
        strbuf_addf(out, "\n%zu unchanged.\n", plan->n_unchanged);
}

/* ---- drift -------------------------------------------------------------------------------- */

void render_drift_text(const struct drift *drift, const char *site, bool colour,
                       struct strbuf *out)
{
    size_t n = 0, ignored = 0;
    for (size_t i = 0; i < drift->n; i++)
        *(drift->items[i].ignored ? &ignored : &n) += 1;
    strbuf_addf(out, "%sDrift of %s%s: ", style_on(STYLE_BOLD, colour),
                site == NULL ? "(no site)" : site, style_off(colour));
    if (n == 0)
        strbuf_add(out, "none");
    else
        strbuf_addf(out, "%zu difference%s", n, n == 1 ? "" : "s");
    strbuf_addf(out, " in %zu resource%s", drift->n_checked, drift->n_checked == 1 ? "" : "s");
    if (ignored > 0)
        strbuf_addf(out, ", %zu ignored by rule", ignored);
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < drift->n; i++) {
        const struct drift_item *item = &drift->items[i];
        if (item->ignored)
            continue;
        if (item->attr == NULL) {
            strbuf_addf(out, "  %s-%s %s   is gone\n", style_on(STYLE_REMOVE, colour),
                        style_off(colour), item->address);
            continue;
        }
        strbuf_addf(out, "  %s~%s %s %s   ", style_on(STYLE_CHANGE, colour), style_off(colour),
                    item->address, item->attr->name);
        const struct attr_change change = {.attr = item->attr, .from = item->prior,
                                           .to = item->live};
        if (item->attr->flags & ATTR_TEXT) {
            render_text_change(&change, out);
        } else {
            render_value(item->attr, item->prior, out);
            strbuf_add(out, " -> ");
            render_value(item->attr, item->live, out);
        }
        strbuf_add_char(out, '\n');
        if (item->attr->flags & ATTR_TEXT)
            render_line_diff(&change, colour, out);
    }
    render_blind(drift->blind, drift->n_blind, out);
}
