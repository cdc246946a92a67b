/* report.c: see report.h. */
#include "report.h"

#include <string.h>

#include "arena.h"
#include "plan.h"
#include "render.h"
#include "report_place.h"
#include "rules.h"
#include "strbuf.h"
#include "types.h"

const char rule_manifest[] = "manifest", rule_refused[] = "refused",
           rule_unreadable[] = "unreadable", rule_drift[] = "drift", rule_gone[] = "gone";

static const struct report_rule own_rules[] = {
    {rule_manifest, "The files are what gridform can read",
     "Unknown keys, values of the wrong form and references that lead nowhere are found before "
     "any system is asked.",
     DIAG_ERROR},
    {rule_refused, "The plan may do what the files ask for",
     "What exists and is not managed here, and what is protected, is never changed silently.",
     DIAG_ERROR},
    {rule_unreadable, "Everything that is managed can be read",
     "What cannot be read is left alone, with what depends on it.", DIAG_WARNING},
    {rule_drift, "The world is as it was last applied",
     "An attribute was changed outside of gridform; the next apply changes it back.",
     DIAG_WARNING},
    {rule_gone, "What was applied still exists",
     "A resource was removed outside of gridform; the next apply makes it again.", DIAG_ERROR},
};

size_t report_rule_count(void)
{
    return all_rules_count + ARRAY_LEN(own_rules);
}

struct report_rule report_rule_at(size_t index)
{
    if (index >= all_rules_count)
        return own_rules[index - all_rules_count];
    const struct rule *rule = &all_rules[index];
    return (struct report_rule){rule->id, rule->summary, rule->why, rule->severity};
}

void report_init(struct report *report, const struct options *options, const char *command,
                 const char *site, struct arena *arena)
{
    *report = (struct report){.arena = arena,
                              .command = command,
                              .site = site,
                              .prefix = report_place(options->directory, arena),
                              .overlays = options->overlays,
                              .n_overlays = options->n_overlays};
    map_init(&report->paths);
}

void report_release(struct report *report)
{
    map_release(&report->paths);
}

/* ---- places -------------------------------------------------------------------------------
 */

static const char *find_path(const struct report *report, const char *file)
{
    for (size_t i = 0; i < report->n_overlays; i++) {
        const char *slash = strrchr(file, '/');
        if (strcmp(report->overlays[i], file) != 0)
            continue;
        if (slash == NULL)
            return arena_printf(report->arena, "%s%s", report_place(".", report->arena), file);
        const char *directory = arena_memdup(report->arena, file, (size_t)(slash - file) + 1);
        return arena_printf(report->arena, "%s%s", report_place(directory, report->arena),
                            slash + 1);
    }
    return arena_printf(report->arena, "%s%s", report->prefix, file);
}

static const char *path_of(struct report *report, const char *file)
{
    char *known = map_get(&report->paths, file);
    if (known != NULL)
        return known;
    const char *path = find_path(report, file);
    map_set(&report->paths, arena_strdup(report->arena, file), (void *)path);
    return path;
}

static struct pos place_of(struct report *report, struct pos pos)
{
    if (pos.file != NULL)
        pos.file = path_of(report, pos.file);
    return pos;
}

void report_add_file(struct report *report, const char *file)
{
    VEC_PUSH(report->arena, &report->files, path_of(report, file));
}

/* ---- findings -----------------------------------------------------------------------------
 */

static enum diag_severity severity_of(const struct diag *diag)
{
    for (size_t i = 0; diag->waiver != NULL && i < all_rules_count; i++)
        if (strcmp(all_rules[i].id, diag->rule) == 0)
            return all_rules[i].severity;
    return diag->severity;
}

/* A waiver that has ended is no longer one, and says what is to be done now. */
static const char *hint_of(struct arena *arena, const struct diag *diag)
{
    if (diag->waiver != NULL || diag->waived_until == NULL)
        return diag->hint;
    return arena_printf(arena, "its waiver ended on %s: put it right, or decide again",
                        diag->waived_until);
}

static const char *waiver_of(struct arena *arena, const struct diag *diag)
{
    if (diag->waiver == NULL || diag->waived_until == NULL)
        return diag->waiver;
    return arena_printf(arena, "%s (waived until %s)", diag->waiver, diag->waived_until);
}

void report_add_diags(struct report *report, const struct diags *diags)
{
    for (size_t i = 0; i < diags_total(diags); i++) {
        const struct diag *diag = diags_at(diags, i);
        const struct finding finding = {.severity = severity_of(diag),
                                        .rule = diag->rule == NULL ? rule_manifest : diag->rule,
                                        .address = diag->address,
                                        .message = diag->summary,
                                        .hint = hint_of(report->arena, diag),
                                        .pos = place_of(report, diag->pos),
                                        .accepted = waiver_of(report->arena, diag)};
        VEC_PUSH(report->arena, &report->findings, finding);
    }
    report->n_dropped += diags_dropped(diags);
}

/* Where the files declare it: the attribute, or else the resource. */
static struct pos declared(const struct facts *facts, const char *address, const char *attr)
{
    const struct instance *it = facts == NULL || facts->desired == NULL
                                    ? NULL
                                    : instances_find(facts->desired, address);
    if (it == NULL)
        return (struct pos){0};
    int index = attr == NULL || it->attr_pos == NULL ? -1 : schema_find(it->schema, attr);
    bool own = index >= 0 && it->attr_pos[index].file != NULL && it->attr_pos[index].line > 0;
    return own ? it->attr_pos[index] : it->pos;
}

static void add_blind(struct report *report, const struct plan_blind *blind, size_t n,
                      const struct facts *facts)
{
    for (size_t i = 0; i < n; i++) {
        const char *attr = blind[i].attr;
        const char *message =
            arena_printf(report->arena, "%s%scannot be read: %s", attr == NULL ? "" : attr,
                         attr == NULL ? "" : " ", blind[i].reason);
        const struct finding finding = {
            .severity = DIAG_WARNING,
            .rule = rule_unreadable,
            .address = blind[i].address,
            .attr = attr,
            .message = message,
            .pos = place_of(report, declared(facts, blind[i].address, attr))};
        VEC_PUSH(report->arena, &report->findings, finding);
    }
}

void report_add_resources(struct report *report, const struct instances *all)
{
    for (size_t i = 0; all != NULL && i < all->n; i++)
        if (!all->items[i]->schema->abstract)
            VEC_PUSH(report->arena, &report->resources, all->items[i]->address);
}

void report_add_plan(struct report *report, const struct plan *plan, const struct facts *facts)
{
    for (size_t i = 0; i < plan->n_refusals; i++) {
        const struct plan_refusal *refusal = &plan->refusals[i];
        const struct finding finding = {.severity = DIAG_ERROR,
                                        .rule = rule_refused,
                                        .address = refusal->address,
                                        .message = refusal->message,
                                        .hint = refusal->hint,
                                        .pos = place_of(report, refusal->pos)};
        VEC_PUSH(report->arena, &report->findings, finding);
    }
    add_blind(report, plan->blind, plan->n_blind, facts);
    report_add_resources(report, facts == NULL ? NULL : facts->desired);
    for (size_t i = 0; i < plan->n_changes; i++)
        if (facts == NULL || plan->changes[i].desired == NULL)
            VEC_PUSH(report->arena, &report->resources, plan->changes[i].address);
}

/* Two of them, and the words around them, fit what a pipeline shows of a message. */
enum { VALUE_MAX = 1500 };

static const char *drift_message(struct arena *arena, const struct drift_item *item)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    if (item->attr == NULL) {
        strbuf_add(&text, "does not exist any more");
    } else if (item->attr->flags & ATTR_TEXT) {
        strbuf_addf(&text, "%s is another text than the one that was applied",
                    item->attr->name);
    } else {
        strbuf_addf(&text, "%s: applied ", item->attr->name);
        render_value_raw(item->attr, item->prior, VALUE_MAX, &text);
        strbuf_add(&text, ", now ");
        render_value_raw(item->attr, item->live, VALUE_MAX, &text);
    }
    const char *message = arena_strdup(arena, strbuf_str(&text));
    strbuf_release(&text);
    return message;
}

void report_add_drift(struct report *report, const struct drift *drift,
                      const struct facts *facts)
{
    for (size_t i = 0; i < drift->n; i++) {
        const struct drift_item *item = &drift->items[i];
        const char *attr = item->attr == NULL ? NULL : item->attr->name;
        const struct finding finding = {
            .severity = attr == NULL ? DIAG_ERROR : DIAG_WARNING,
            .rule = attr == NULL ? rule_gone : rule_drift,
            .address = item->address,
            .attr = attr,
            .message = drift_message(report->arena, item),
            .pos = place_of(report, declared(facts, item->address, attr)),
            .accepted =
                item->ignored ? "lifecycle of the resource ignores this attribute" : NULL};
        VEC_PUSH(report->arena, &report->findings, finding);
    }
    add_blind(report, drift->blind, drift->n_blind, facts);
    report_add_resources(report, facts == NULL ? NULL : facts->prior);
}

/* ---- formats ------------------------------------------------------------------------------
 */

static void (*const renderers[FORMAT_COUNT])(const struct report *, struct strbuf *) = {
    [FORMAT_JSON] = report_json,   [FORMAT_SARIF] = report_sarif,
    [FORMAT_JUNIT] = report_junit, [FORMAT_GITHUB] = report_github,
    [FORMAT_AZURE] = report_azure,
};

bool report_has_format(enum output_format format)
{
    return format != FORMAT_JSON && renderers[format] != NULL;
}

void report_render(const struct report *report, enum output_format format, struct strbuf *out)
{
    renderers[format](report, out);
}
