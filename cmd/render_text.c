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
#include "diag.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"

/* ---- the head -----------------------------------------------------------------------------
 */

static void add_count(struct strbuf *out, size_t n, const char *one, const char *many,
                      bool *first)
{
    if (n == 0)
        return;
    strbuf_addf(out, "%s%zu %s", *first ? "" : ", ", n, n == 1 ? one : many);
    *first = false;
}

/* "2 hosts, 1 template" of the changes with one of the actions; what they do follows. */
static void add_kinds(struct strbuf *out, const struct plan *plan, unsigned actions,
                      const char *one, const char *many, bool *first)
{
    struct {
        const char *kind;
        size_t n;
    } kinds[16] = {0};
    size_t n_kinds = 0, total = 0;
    for (size_t i = 0; i < plan->n_changes; i++) {
        const char *kind = plan->changes[i].kind->schema.kind;
        size_t k = 0;
        if ((actions & (1u << plan->changes[i].action)) == 0)
            continue;
        while (k < n_kinds && kinds[k].kind != kind)
            k++;
        if (k == ARRAY_LEN(kinds))
            k--;
        n_kinds = k + 1 > n_kinds ? k + 1 : n_kinds;
        kinds[k].kind = kind;
        kinds[k].n++;
        total++;
    }
    for (size_t k = 0; k < n_kinds; k++) {
        const char *glue = k == 0 ? *first ? "" : ", " : k + 1 == n_kinds ? " and " : ", ";
        strbuf_addf(out, "%s%zu ", glue, kinds[k].n);
        for (const char *at = kinds[k].kind; *at != '\0'; at++)
            strbuf_add_char(out, *at == '_' ? ' ' : *at);
        strbuf_add(out, kinds[k].n == 1 ? "" : "s");
    }
    if (total > 0)
        strbuf_addf(out, " %s", total == 1 ? one : many);
    *first = *first && total == 0;
}

/* Resources that could not be read, wholly or in part. */
static size_t count_blind(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_blind; i++)
        n += i == 0 || strcmp(plan->blind[i].address, plan->blind[i - 1].address) != 0;
    return n;
}

void render_plan_counts(const struct plan *plan, struct strbuf *out)
{
    const struct plan_impact *impact = &plan->impact;
    bool first = true;
    add_kinds(out, plan, 1u << ACTION_UPDATE | 1u << ACTION_REBUILD, "changes", "change",
              &first);
    add_count(out, impact->n_create, "object is new", "objects are new", &first);
    add_count(out, impact->n_adopt, "is recorded as it is", "are recorded as they are", &first);
    add_count(out, impact->n_release, "leaves the state", "leave the state", &first);
    add_kinds(out, plan, 1u << ACTION_DELETE, "is removed", "are removed", &first);
    if (first)
        strbuf_add(out, "no changes");
    else if (impact->n_delete == 0)
        strbuf_add(out, ", nothing is removed");
    size_t n_blind = count_blind(plan);
    if (n_blind > 0)
        strbuf_addf(out, "; %zu resource%s cannot be read", n_blind, n_blind == 1 ? "" : "s");
}

bool render_plan_is_disruptive(const struct plan_impact *impact)
{
    return impact->n_windows > 0 || impact->n_reboots_most > 0 || impact->n_power_off > 0 ||
           impact->n_data_loss > 0;
}

/* Parts of the line are parted by semicolons. */
static void add_part(struct strbuf *out, bool *first)
{
    strbuf_add(out, *first ? "" : "; ");
    *first = false;
}

static void render_windows(const struct plan_impact *impact, struct strbuf *out, bool *first)
{
    if (impact->n_windows > 0) {
        add_part(out, first);
        strbuf_addf(out, "%zu maintenance window%s, %u host%s at a time", impact->n_windows,
                    impact->n_windows == 1 ? "" : "s", impact->max_out,
                    impact->max_out == 1 ? "" : "s");
    }
    if (impact->n_reboots_most == 0)
        return;
    add_part(out, first);
    if (impact->n_reboots_least == impact->n_reboots_most)
        strbuf_addf(out, "%zu host reboot%s", impact->n_reboots_most,
                    impact->n_reboots_most == 1 ? "" : "s");
    else
        strbuf_addf(out, "%zu to %zu host reboots (%s)", impact->n_reboots_least,
                    impact->n_reboots_most, impact->range_reason);
}

static void render_machines(const char *what, const char *const *names, size_t n,
                            struct strbuf *out, bool *first)
{
    if (n == 0)
        return;
    add_part(out, first);
    strbuf_addf(out, "%s ", what);
    render_names(names, n, out);
}

static void render_impact(const struct plan_impact *impact, bool colour, struct strbuf *out)
{
    bool first = true;
    if (!render_plan_is_disruptive(impact)) {
        strbuf_add(out, impact->n_service > 0
                            ? "Impact: catalogue items cannot be requested for a moment\n"
                            : "Impact: none beyond the objects themselves\n");
        return;
    }
    strbuf_addf(out, "Impact: %sDISRUPTIVE%s. ", style_on(STYLE_REMOVE, colour),
                style_off(colour));
    render_windows(impact, out, &first);
    render_machines("powers off", impact->power_off, impact->n_power_off, out, &first);
    render_machines("moves", impact->move, impact->n_move, out, &first);
    if (impact->n_windows > 0 && impact->n_power_off == 0 && impact->n_move == 0)
        strbuf_add(out, "; no VM runs there");
    if (impact->n_data_loss > 0) {
        add_part(out, &first);
        strbuf_addf(out, "%zu object%s destroyed", impact->n_data_loss,
                    impact->n_data_loss == 1 ? " is" : "s are");
    }
    if (impact->n_service > 0) {
        add_part(out, &first);
        strbuf_add(out, "the catalogue is interrupted");
    }
    strbuf_add_char(out, '\n');
}

static void render_slots(const struct plan_impact *impact, struct strbuf *out)
{
    for (size_t i = 0; i < impact->n_slots; i++) {
        const struct plan_slots *slots = &impact->slots[i];
        if (slots->now == slots->after && slots->least == slots->now &&
            slots->most == slots->now)
            continue;
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

/* Why nothing of it can be applied, for who reads no further than the head. */
static void render_stop(const struct plan *plan, bool colour, struct strbuf *out)
{
    size_t n_errors = plan->findings == NULL ? 0 : diags_count(plan->findings, DIAG_ERROR);
    bool first = true;
    if (n_errors == 0 && plan->n_refusals == 0)
        return;
    strbuf_addf(out, "%sStopped%s: ", style_on(STYLE_REMOVE, colour), style_off(colour));
    add_count(out, n_errors, "check fails", "checks fail", &first);
    add_count(out, plan->n_refusals, "change is refused", "changes are refused", &first);
    strbuf_add(out, ": nothing can be applied\n");
}

void render_plan_head(const struct plan *plan, bool colour, struct strbuf *out)
{
    strbuf_addf(out, "%sPlan for ", style_on(STYLE_BOLD, colour));
    render_safe(plan->site == NULL ? "(no site)" : plan->site, out);
    strbuf_add(out, style_off(colour));
    if (plan->commit != NULL) {
        strbuf_add(out, " at ");
        render_safe(plan->commit, out);
    }
    const char *base = value_get_text(plan->source, "base");
    if (base != NULL)
        strbuf_addf(out, ", what changes since %.12s", base);
    strbuf_add(out, ": ");
    render_plan_counts(plan, out);
    strbuf_add_char(out, '\n');
    render_stop(plan, colour, out);
    if (plan->n_changes == 0)
        return;
    render_impact(&plan->impact, colour, out);
    render_slots(&plan->impact, out);
}

void render_left_out(const struct plan *plan, struct strbuf *out)
{
    bool one = plan->n_left_out == 1;
    if (plan->n_left_out == 0)
        return;
    if (value_get_text(plan->source, "base") != NULL)
        strbuf_addf(
            out,
            "%zu other change%s due and not of this range; a plan without a range shows "
            "%s.\n",
            plan->n_left_out, one ? " is" : "s are", one ? "it" : "them");
    else
        strbuf_addf(out, "%zu other change%s left out: gridform plan shows %s.\n",
                    plan->n_left_out, one ? " is" : "s are", one ? "it" : "them");
}

/* ---- what is left alone, what is refused --------------------------------------------------
 */

static void add_place(struct pos pos, struct strbuf *out)
{
    if (pos.file == NULL)
        return;
    strbuf_add(out, " (");
    render_place(pos, out);
    strbuf_add_char(out, ')');
}

static void render_refusals(const struct plan *plan, bool colour, struct strbuf *out)
{
    if (plan->n_refusals == 0)
        return;
    strbuf_addf(out, "\n%sRefused%s (%zu), so nothing can be applied:\n",
                style_on(STYLE_REMOVE, colour), style_off(colour), plan->n_refusals);
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct plan_refusal *refusal = &plan->refusals[i];
        strbuf_add(out, "  ! ");
        render_safe(refusal->address, out);
        add_place(refusal->pos, out);
        strbuf_add(out, ": ");
        render_safe(refusal->message, out);
        strbuf_add_char(out, '\n');
        if (refusal->hint == NULL)
            continue;
        strbuf_add(out, "    ");
        render_safe(refusal->hint, out);
        strbuf_add_char(out, '\n');
    }
}

static void render_waivers(const struct plan *plan, struct strbuf *out)
{
    if (plan->n_waivers > 0)
        strbuf_add(out, "\nWaived:\n");
    for (size_t i = 0; i < plan->n_waivers; i++) {
        const struct plan_waiver *waiver = &plan->waivers[i];
        strbuf_addf(out, "  * %s ", waiver->rule);
        render_safe(waiver->address == NULL ? "" : waiver->address, out);
        add_place(waiver->pos, out);
        strbuf_add(out, ": ");
        render_safe(waiver->message, out);
        strbuf_addf(out, "\n    %s%s: ", waiver->until == NULL ? "for good" : "until ",
                    waiver->until == NULL ? "" : waiver->until);
        render_safe(waiver->reason, out);
        strbuf_add_char(out, '\n');
    }
}

void render_plan_text(const struct plan *plan, struct look look, struct strbuf *out)
{
    render_plan_head(plan, look.colour, out);
    render_blocks(plan, look, out);
    render_blind(plan->blind, plan->n_blind, out);
    render_refusals(plan, look.colour, out);
    render_waivers(plan, out);
    if (plan->n_unchanged > 0 && plan->n_changes > 0)
        strbuf_addf(out, "\n%zu unchanged.\n", plan->n_unchanged);
    render_left_out(plan, out);
}
