/* render_html_block.c: one block of equal changes on the page: a line that says what happens to
 * what, and folded below it the attributes, scripts, steps and names. */
#include "render_html.h"

#include <string.h>

#include "address.h"
#include "change_words.h"
#include "line_diff.h"
#include "render.h"
#include "strbuf.h"
#include "types.h"

enum { LINE_BYTES = 2000, VALUE_BYTES = 20000 };

/* ---- attributes ---------------------------------------------------------------------------
 */

static void add_value(struct html *h, const char *element, const struct attr *attr,
                      const struct value *value)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_value_raw(attr, value, VALUE_BYTES, &text);
    html_element(h, element, NULL, strbuf_str(&text));
    strbuf_release(&text);
}

static void add_values(struct html *h, const struct attr_change *attr, bool create)
{
    if (attr->attr->flags & ATTR_TEXT) {
        struct strbuf text;
        strbuf_init(&text, 400);
        render_text_change(attr, &text);
        html_text(h, strbuf_str(&text));
        strbuf_release(&text);
        return;
    }
    if (!create) {
        add_value(h, "del", attr->attr, attr->from);
        html_open(h, "span", "to");
        html_attr(h, "aria-label", "becomes");
        html_text(h, " → ");
        html_close(h);
    }
    add_value(h, "ins", attr->attr, attr->to);
}

static void add_reason(struct html *h, const struct html_block *block,
                       const struct attr_change *attr)
{
    const struct instance *desired = block->first->desired;
    html_open(h, "td", "why");
    html_element(h, "span", attr->reason == REASON_DRIFT ? "reason drift" : "reason",
                 reason_name(attr->reason));
    /* Steps of a guest are shown as attributes, and are none. */
    if (desired != NULL && block->one_place && desired->attr_pos != NULL &&
        schema_find(desired->schema, attr->attr->name) >= 0) {
        const struct pos pos = instance_attr_pos(desired, attr->attr->name);
        html_text(h, " ");
        if (pos.line != desired->pos.line)
            html_place(h, pos);
    }
    html_close(h);
}

void html_begin_attrs(struct html *h)
{
    html_open(h, "table", "attrs");
    html_open(h, "tbody", NULL);
}

void html_end_attrs(struct html *h)
{
    html_close(h);
    html_close(h);
}

void html_begin_attr(struct html *h, const struct attr_change *attr, bool create)
{
    html_open(h, "tr", NULL);
    html_open(h, "th", NULL);
    html_attr(h, "scope", "row");
    html_text(h, attr_change_name(attr));
    html_close(h);
    html_open(h, "td", NULL);
    add_values(h, attr, create);
    if (attr->note != NULL) {
        html_text(h, " ");
        html_element(h, "span", "note", attr->note);
    }
    html_close(h);
}

static void add_attr(struct html *h, const struct html_block *block,
                     const struct attr_change *attr)
{
    bool create = block->first->action == ACTION_CREATE;
    html_begin_attr(h, attr, create);
    if (!create)
        add_reason(h, block, attr);
    html_close(h);
}

static void add_attrs(struct html *h, const struct html_block *block)
{
    const struct change *change = block->first;
    bool any = false;
    for (size_t i = 0; i < change->n_attrs; i++) {
        if (!change_shows(change, &change->attrs[i]))
            continue;
        if (!any)
            html_begin_attrs(h);
        any = true;
        add_attr(h, block, &change->attrs[i]);
    }
    if (any)
        html_end_attrs(h);
}

/* ---- scripts ------------------------------------------------------------------------------
 */

static void add_line(struct html *h, const char *line, size_t len)
{
    const char *element = *line == '+'   ? "ins"
                          : *line == '-' ? "del"
                          : *line == '@' ? "i"
                                         : NULL;
    size_t fits = len <= LINE_BYTES ? len : render_fitting(line, LINE_BYTES);
    if (element != NULL)
        html_open(h, element, NULL);
    html_lines(h, line, fits);
    if (fits < len)
        html_textf(h, "… (%zu more bytes of this line)", len - fits);
    html_lines(h, "\n", 1);
    if (element != NULL)
        html_close(h);
}

void html_script(struct html *h, const struct attr_change *attr, size_t max_lines)
{
    const char *from = value_text(attr->from), *to = value_text(attr->to);
    struct strbuf lines;
    strbuf_init(&lines, STRBUF_MAX_OUTPUT);
    size_t more = line_diff(from == NULL ? "" : from, to == NULL ? "" : to, max_lines, &lines);
    if (strbuf_len(&lines) > 0) {
        html_element(h, "p", "label", attr_change_name(attr));
        html_open(h, "pre", "diff");
        html_attr(h, "tabindex", "0");
        for (const char *at = strbuf_str(&lines); *at != '\0';) {
            size_t len = strcspn(at, "\n");
            add_line(h, at, len);
            at += len + (at[len] == '\n');
        }
        html_close(h);
    }
    if (more > 0)
        html_elementf(h, "p", "more", "%zu more line%s of this difference %s left out.", more,
                      more == 1 ? "" : "s", more == 1 ? "is" : "are");
    strbuf_release(&lines);
}

static void add_scripts(struct html *h, const struct change *change, size_t max_lines)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if ((change->attrs[i].attr->flags & ATTR_TEXT) != 0 && change->action != ACTION_CREATE)
            html_script(h, &change->attrs[i], max_lines);
}

/* ---- steps --------------------------------------------------------------------------------
 */

static void add_step(struct html *h, const struct step *step)
{
    html_open(h, "li", (step->effects & EFFECTS_HARMFUL) != 0 ? "harm" : NULL);
    html_text(h, step->title);
    html_close(h);
}

/* Steps of one condition are a list within the list. */
static void add_steps(struct html *h, const struct change *change)
{
    const struct condition *open = NULL;
    if (change->n_steps == 0)
        return;
    html_element(h, "p", "label", "Steps");
    html_open(h, "ol", "steps");
    for (size_t i = 0; i < change->n_steps; i++) {
        const struct step *step = &change->steps[i];
        if (open != NULL && step->when != open) {
            html_close(h);
            html_close(h);
        }
        if (step->when != NULL && step->when != open) {
            html_open(h, "li", "when");
            html_element(h, "span", "condition", step->when->label);
            html_open(h, "ol", "steps");
        }
        open = step->when;
        add_step(h, step);
    }
    if (open != NULL) {
        html_close(h);
        html_close(h);
    }
    html_close(h);
}

/* ---- names --------------------------------------------------------------------------------
 */

void html_begin_members(struct html *h)
{
    html_element(h, "p", "label", "In this group");
    html_open(h, "ul", "members");
}

static void add_members(struct html *h, const struct html_block *block)
{
    if (block->members.n < 2)
        return;
    html_begin_members(h);
    for (size_t i = 0; i < block->members.n; i++) {
        const struct change *change = block->members.items[i];
        html_open(h, "li", NULL);
        html_element(h, "code", NULL, address_name(change->address));
        if (block->wave != block->last_wave) {
            html_text(h, " ");
            html_elementf(h, "span", "soft", "wave %u", change->wave);
        }
        if (!block->one_place && change->desired != NULL) {
            html_text(h, " ");
            html_place(h, change->desired->pos);
        }
        html_close(h);
    }
    html_close(h);
}

/* ---- the line -----------------------------------------------------------------------------
 */

static void add_tags(struct html *h, const struct html_block *block)
{
    const char *words;
    for (size_t i = 0; (words = change_harm_word(block->first, block->effects, i)) != NULL; i++)
        html_tag(h, "harm", words);
    if (block->drift)
        html_tag(h, "drift", "drift");
    if (block->first->canary)
        html_tag(h, "plain", "canary");
    if (block->wave != block->last_wave) {
        html_text(h, " ");
        html_open(h, "span", "tag");
        html_open(h, "span", "plain");
        html_waves(h, block->wave, block->last_wave, true);
        html_close(h);
        html_close(h);
    }
}

void html_begin_block(struct html *h, const struct html_block_head *head)
{
    html_open(h, "details", head->harmful ? "change harmful" : "change");
    html_attrf(h, "id", "c%zu", head->index + 1);
    html_attr(h, "data-kind", head->kind);
    html_attr(h, "data-action", head->action);
    html_attr(h, "data-colour", head->colour);
    html_attrf(h, "data-n", "%zu", head->n);
    if (head->harmful)
        html_flag(h, "data-harm");
    if (head->unfold)
        html_flag(h, "open");
}

void html_begin_summary(struct html *h, const struct html_block_head *head)
{
    html_open(h, "summary", NULL);
    html_open(h, "span", "sign");
    html_attr(h, "aria-hidden", "true");
    html_text(h, head->sign);
    html_close(h);
    html_open(h, "span", "line");
    html_element(h, "b", NULL, head->verb);
    html_text(h, " ");
    if (head->n_members > 1)
        html_elementf(h, "span", "times", "%zu × ", head->n_members);
    html_element(h, "span", "kind", head->kind);
    html_text(h, " ");
    html_element(h, "code", "names", head->names);
}

void html_end_summary(struct html *h, struct pos place)
{
    html_close(h);
    html_place(h, place);
    html_close(h);
}

/* Which version a template gets, and what else is to be known of it. */
static void add_notes(struct html *h, const struct change *change)
{
    const char *version = change_version(change, change->desired);
    const char *former = change_version(change, change->live);
    if (version != NULL) {
        html_open(h, "p", "remark");
        html_text(h, change_is_switch(change) ? "Switched to " : "Built as ");
        html_element(h, "code", NULL, version);
        if (former != NULL && change_has_former(change)) {
            html_text(h, "; the version in use is kept: ");
            html_element(h, "code", NULL, former);
        }
        html_close(h);
    }
    if (change->note != NULL)
        html_element(h, "p", "remark", change->note);
}

static void add_body(struct html_page *page, const struct html_block *block, size_t index)
{
    struct html *h = &page->html;
    html_open(h, "div", "body");
    if (block->same_as != index) {
        const struct html_block *same = &page->blocks.list.items[block->same_as];
        html_open(h, "p", "remark");
        html_text(h, "The same as ");
        html_open(h, "a", NULL);
        html_attrf(h, "href", "#c%zu", block->same_as + 1);
        html_text(h, same->first->address);
        html_close(h);
        html_text(h, ".");
        html_close(h);
    } else {
        add_notes(h, block->first);
        add_attrs(h, block);
        add_scripts(h, block->first, page->diff_lines);
        add_steps(h, block->first);
    }
    add_members(h, block);
    html_close(h);
}

void html_plan_block(struct html_page *page, size_t index)
{
    struct html *h = &page->html;
    const struct html_block *block = &page->blocks.list.items[index];
    const struct change *change = block->first;
    struct strbuf names;
    strbuf_init(&names, STRBUF_MAX_OUTPUT);
    html_block_names(block, &names);
    const struct html_block_head head = {.index = index,
                                         .sign = html_sign(change->action),
                                         .verb = html_verb(change),
                                         .kind = change->kind->schema.kind,
                                         .names = strbuf_str(&names),
                                         .action = action_name(change->action),
                                         .colour = html_colour(change->action),
                                         .n = block->members.n,
                                         .n_members = block->members.n,
                                         .harmful = block->harmful,
                                         .unfold = page->unfold ||
                                                   (block->harmful && page->unfold_harmful)};
    html_begin_block(h, &head);
    if (block->drift)
        html_flag(h, "data-drift");
    html_begin_summary(h, &head);
    add_tags(h, block);
    html_end_summary(h, block->one_place && change->desired != NULL ? change->desired->pos
                                                                    : (struct pos){0});
    add_body(page, block, index);
    html_close(h);
    strbuf_release(&names);
}
