/* mixed_plan.c: see mixed_plan.h. */
#include "mixed_plan.h"

#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "strbuf.h"
#include "types.h"

const struct attr mixed_attrs[MIXED_ATTRS] = {
    {"memory", &type_string, FACET_VRA, 0, .doc = ""},
    {"install.script", &type_text, FACET_VRA, ATTR_TEXT, .doc = ""},
};
const struct kind mixed_kinds[MIXED_KINDS] = {
    {.schema = {.kind = "host", .attrs = mixed_attrs, .n_attrs = 2}},
    {.schema = {.kind = "template", .attrs = mixed_attrs, .n_attrs = 2}},
    {.schema = {.kind = "blueprint", .attrs = mixed_attrs, .n_attrs = 2}},
    {.schema = {.kind = "software_component", .attrs = mixed_attrs, .n_attrs = 2}},
    {.schema = {.kind = "entitlement", .attrs = mixed_attrs, .n_attrs = 2}},
};

unsigned mixed_pick(struct mixed *m, unsigned n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->seed >> 33) % n;
}

/* Letters only, so that names do not fold. */
static const char *letters(struct mixed *m, const char *prefix, size_t number)
{
    char text[8] = "";
    for (int i = 6; i >= 0; i--, number /= 26)
        text[i] = (char)('a' + number % 26);
    return arena_printf(m->arena, "%s%.7s", prefix, text);
}

/* ---- texts --------------------------------------------------------------------------------
 */

static const char *const lines[] = {
    "yum -y update",
    "```",
    "~~~~",
    "````bash",
    "   ```",
    "</details>",
    "<script>x</script>",
    "| a | b |",
    "|---|---|",
    "# heading",
    "echo \"@everyone\"",
    "-----",
    "\xf0\x9f\x9a\x80 go",
    "\xe4\xb8\xad\xe6\x96\x87 | \xe6\x97\xa5\xe6\x9c\xac",
    "https://evil.example/x.png",
    "",
    "<!-- hidden -->",
    "\t&lt;tab&gt;",
    "[x](javascript:1)",
    "+++ b",
    "--- a",
    "@@ -1 +1 @@",
    "\\",
    "*bold* _it_ ~~gone~~ $x$",
    "e\xcc\x81\xe2\x80\x8d\xf0\x9f\x91\xa9",
    "GH-1 #1",
};

const struct value *mixed_script(struct mixed *m, size_t n)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&text, "%s%s", lines[mixed_pick(m, ARRAY_LEN(lines))],
                    i + 1 < n || mixed_pick(m, 4) > 0 ? "\n" : "");
    const struct value *value = value_string(m->arena, strbuf_str(&text));
    strbuf_release(&text);
    return value;
}

static const char *word(struct mixed *m)
{
    return lines[mixed_pick(m, ARRAY_LEN(lines))];
}

/* ---- changes ------------------------------------------------------------------------------
 */

static void make_attrs(struct mixed *m, struct change *change)
{
    struct attr_change *attrs = ARENA_ARRAY(m->arena, 2, struct attr_change);
    size_t most = mixed_pick(m, 50) == 0 ? m->long_lines : 12;
    const struct value *none = value_absent();
    bool create = change->action == ACTION_CREATE;
    attrs[0] = (struct attr_change){.attr = &mixed_attrs[0],
                                    .from = create ? none : value_string(m->arena, word(m)),
                                    .to = value_string(m->arena, word(m)),
                                    .reason = (enum reason)mixed_pick(m, REASON_COUNT),
                                    .note = mixed_pick(m, 3) == 0 ? word(m) : NULL};
    attrs[1] = (struct attr_change){.attr = &mixed_attrs[1],
                                    .from = create ? none : mixed_script(m, mixed_pick(m, 12)),
                                    .to = mixed_script(m, 1 + mixed_pick(m, (unsigned)most)),
                                    .note = mixed_pick(m, 3) == 0 ? word(m) : NULL};
    change->attrs = attrs;
    change->n_attrs = mixed_pick(m, 3);
}

static void make_steps(struct mixed *m, struct change *change, unsigned effect)
{
    static const unsigned harmless[] = {EFFECT_NONE, EFFECT_CREATE, EFFECT_PUBLISH, EFFECT_SLOT,
                                        EFFECT_LEAVE};
    change->n_steps = 1 + mixed_pick(m, 4);
    struct step *steps = ARENA_ARRAY(m->arena, change->n_steps, struct step);
    for (size_t i = 0; i < change->n_steps; i++)
        steps[i] = (struct step){.title = word(m),
                                 .effects = harmless[mixed_pick(m, ARRAY_LEN(harmless))]};
    steps[mixed_pick(m, (unsigned)change->n_steps)].effects |= effect;
    change->steps = steps;
}

static void make_change(struct mixed *m, struct change *change, size_t index)
{
    static const unsigned harm[] = {EFFECT_MAINTENANCE, EFFECT_HOST_REBOOT, EFFECT_VM_POWER_OFF,
                                    EFFECT_VM_MOVE,     EFFECT_SERVICE,     EFFECT_DATA_LOSS};
    static const enum action calm[] = {ACTION_CREATE, ACTION_UPDATE, ACTION_REBUILD,
                                       ACTION_RELEASE, ACTION_ADOPT};
    bool harmful = mixed_pick(m, 1000) < m->harm, removed = harmful && mixed_pick(m, 4) == 0;
    m->harmful[index] = harmful;
    change->kind = &mixed_kinds[mixed_pick(m, ARRAY_LEN(mixed_kinds))];
    change->address = arena_printf(m->arena, "%s/%s", change->kind->schema.kind,
                                   letters(m, harmful ? "h" : "n", index));
    change->action = removed ? ACTION_DELETE : calm[mixed_pick(m, ARRAY_LEN(calm))];
    change->wave = (unsigned)(index / 40 + 1);
    change->note = mixed_pick(m, 20) == 0 ? word(m) : NULL;
    change->canary = mixed_pick(m, 50) == 0;
    make_attrs(m, change);
    make_steps(m, change,
               harmful && !removed ? harm[mixed_pick(m, ARRAY_LEN(harm))] : EFFECT_NONE);
}

void mixed_plan_make(struct mixed *m, size_t n)
{
    struct change *changes = ARENA_ARRAY(m->arena, n, struct change);
    m->harmful = ARENA_ARRAY(m->arena, n, bool);
    for (size_t i = 0; i < n; i++)
        make_change(m, &changes[i], i);
    m->changes = changes;
    m->plan = (struct plan){.site = word(m), .changes = changes, .n_changes = n};
    m->plan.impact.n_update = n;
}

void mixed_plan_link(struct mixed *m)
{
    enum { WAVE = 40 };
    struct change *changes = m->changes;
    for (size_t i = WAVE; i < m->plan.n_changes; i++) {
        struct change_edge *after = ARENA_ARRAY(m->arena, 2, struct change_edge);
        size_t former = i / WAVE * WAVE - WAVE;
        after[0] = (struct change_edge){.on = former + mixed_pick(m, WAVE)};
        after[1] = (struct change_edge){.on = mixed_pick(m, (unsigned)(former + WAVE))};
        changes[i].after = after;
        changes[i].n_after = 1 + mixed_pick(m, 2);
    }
}
