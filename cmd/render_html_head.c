/* render_html_head.c: the first screen of the page: a verdict, the counts, the impact and the
 * vGPU slots. Who reads no further has seen what the plan does to others. */
#include "render_html.h"

#include "change_words.h"
#include "render.h"
#include "strbuf.h"

static void add_crumb(struct html *h, const struct plan *plan)
{
    html_open(h, "p", "crumb");
    html_text(h, "gridform plan for ");
    html_element(h, "b", NULL, plan->site == NULL ? "(no site)" : plan->site);
    if (plan->commit != NULL) {
        html_text(h, " at ");
        html_element(h, "code", NULL, plan->commit);
    }
    html_close(h);
}

static void add_title(struct html *h, const struct plan *plan)
{
    struct strbuf counts;
    strbuf_init(&counts, STRBUF_MAX_OUTPUT);
    render_plan_counts(plan, &counts);
    html_sentence(h, "h1", strbuf_str(&counts));
    strbuf_release(&counts);
}

/* ---- the verdict --------------------------------------------------------------------------
 */

/* In the words of the changes: "maintenance window, reboot". */
static void collect_harm(const struct html_page *page, struct strbuf *out)
{
    const struct change none = {.action = ACTION_UPDATE};
    unsigned effects = 0;
    bool removal = false;
    VEC_EACH (struct html_block, it, page->blocks.list) {
        effects |= it->effects;
        removal = removal || it->first->action == ACTION_DELETE;
    }
    if (removal && (effects & EFFECT_DATA_LOSS) == 0)
        strbuf_add(out, "removes something");
    change_harm_words(&none, effects, strbuf_len(out) > 0 ? ", " : "", out);
}

static void add_verdict(struct html_page *page)
{
    struct html *h = &page->html;
    const struct plan *plan = page->plan;
    const char *class = "calm", *word, *rest;
    struct strbuf harm;
    strbuf_init(&harm, 4000);
    if (plan->n_refusals > 0) {
        class = "stop";
        word = "Refused";
        rest = "nothing can be applied until what is listed below is settled";
    } else if (render_plan_is_disruptive(&plan->impact) || page->n_harmful > 0) {
        class = "harm";
        word = "Disruptive";
        collect_harm(page, &harm);
        rest = strbuf_str(&harm);
    } else if (plan->n_changes > 0) {
        word = "Calm";
        rest = "no impact beyond the objects themselves";
    } else {
        word = "Nothing to do";
        rest = "the world is as the files describe it";
        if (plan->n_blind > 0)
            rest = "but not all of it could be read";
    }
    html_verdict(h, class, word, rest);
    strbuf_release(&harm);
}

/* ---- counts -------------------------------------------------------------------------------
 */

static void add_tiles(struct html *h, const struct plan *plan)
{
    size_t n[ACTION_COUNT] = {0};
    for (size_t i = 0; i < plan->n_changes; i++)
        n[plan->changes[i].action]++;
    if (plan->n_changes + plan->n_unchanged + plan->n_left_out + plan->n_blind == 0)
        return;
    html_open(h, "ul", "tiles");
    html_attr(h, "aria-label", "Changes by what they do");
    html_tile(h, n[ACTION_DELETE], html_colour(ACTION_DELETE), "destroyed");
    html_tile(h, n[ACTION_REBUILD], html_colour(ACTION_REBUILD), "rebuilt");
    html_tile(h, n[ACTION_UPDATE], html_colour(ACTION_UPDATE), "changed");
    html_tile(h, n[ACTION_CREATE], html_colour(ACTION_CREATE), "new");
    html_tile(h, n[ACTION_ADOPT], html_colour(ACTION_ADOPT), "taken over");
    html_tile(h, n[ACTION_RELEASE], html_colour(ACTION_RELEASE), "left alone");
    html_tile(h, plan->n_unchanged, "quiet", "unchanged");
    html_tile(h, plan->n_left_out, "quiet", "not asked for, left out");
    html_close(h);
}

/* ---- impact -------------------------------------------------------------------------------
 */

static void add_windows(struct html *h, const struct plan_impact *impact)
{
    if (impact->n_windows > 0) {
        html_begin_fact(h, "Maintenance windows");
        html_textf(h, "%zu (%u host%s at a time)", impact->n_windows, impact->max_out,
                   impact->max_out == 1 ? "" : "s");
        html_end_fact(h);
    }
    if (impact->n_reboots_most == 0)
        return;
    html_begin_fact(h, "Host reboots");
    if (impact->n_reboots_least == impact->n_reboots_most)
        html_textf(h, "%zu", impact->n_reboots_most);
    else
        html_textf(h, "%zu to %zu: %s", impact->n_reboots_least, impact->n_reboots_most,
                   impact->range_reason == NULL ? "the run settles it" : impact->range_reason);
    html_end_fact(h);
}

static void add_machines(struct html *h, const char *label, const char *const *names, size_t n)
{
    if (n == 0)
        return;
    html_begin_fact(h, label);
    html_count(h, n, "machine: ", "machines: ");
    html_names(h, names, n);
    html_end_fact(h);
}

static void add_slots(struct html *h, const struct plan_impact *impact)
{
    bool any = false;
    for (size_t i = 0; i < impact->n_slots; i++) {
        const struct plan_slots *slots = &impact->slots[i];
        if (slots->now == slots->after && slots->least == slots->now &&
            slots->most == slots->now)
            continue;
        if (!any)
            html_begin_fact(h, "vGPU slots");
        any = true;
        html_open(h, "p", "slots");
        html_element(h, "code", NULL, slots->profile);
        html_textf(h, " %d now", slots->now);
        if (slots->least != slots->most)
            html_textf(h, " → %d to %d on the way", slots->least, slots->most);
        else if (slots->least != slots->now)
            html_textf(h, " → %d on the way", slots->least);
        html_textf(h, " → %d after", slots->after);
        html_close(h);
    }
    if (any)
        html_end_fact(h);
}

static void add_impact(struct html *h, const struct plan *plan)
{
    const struct plan_impact *impact = &plan->impact;
    if (plan->n_changes == 0)
        return;
    html_open(h, "dl", "facts");
    add_windows(h, impact);
    add_machines(h, "Powered off", impact->power_off, impact->n_power_off);
    add_machines(h, "Moved", impact->move, impact->n_move);
    if (impact->n_windows > 0 && impact->n_power_off == 0 && impact->n_move == 0) {
        html_begin_fact(h, "Machines");
        html_text(h, "none runs on these hosts");
        html_end_fact(h);
    }
    if (impact->n_data_loss > 0) {
        html_begin_fact(h, "Destroyed");
        html_count(h, impact->n_data_loss, "object", "objects");
        html_end_fact(h);
    }
    if (impact->n_service > 0) {
        html_begin_fact(h, "Catalogue");
        html_count(h, impact->n_service, "item cannot be requested for a moment",
                   "items cannot be requested for a moment");
        html_end_fact(h);
    }
    add_slots(h, impact);
    html_close(h);
}

void html_plan_head(struct html_page *page)
{
    struct html *h = &page->html;
    html_open(h, "header", NULL);
    add_crumb(h, page->plan);
    add_title(h, page->plan);
    add_verdict(page);
    add_tiles(h, page->plan);
    add_impact(h, page->plan);
    html_close(h);
}
