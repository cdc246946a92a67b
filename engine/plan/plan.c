/* plan.c: the named passes of planning.
 *
 *   resolve   derived attributes that need live facts
 *   decide    pair desired, prior and live of each resource: its action and attributes
 *   narrow    what was not asked for is left out, and counted
 *   steps     each kind writes down the steps of its changes
 *   block     what depends on something unreadable is left alone as well
 *   order     edges, rollout of pools, waves
 *   impact    what the whole does to the world
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "diff.h"
#include "digest.h"
#include "err.h"
#include "plan_private.h"
#include "references.h"
#include "strbuf.h"
#include "types.h"

/* ---- collecting ------------------------------------------------------------------------- */

void draft_refuse(struct draft *draft, enum err_code code, const struct instance *who,
                  const char *message, const char *hint)
{
    struct plan_refusal refusal = {.code = code,
                                   .address = who->address,
                                   .message = message,
                                   .hint = hint,
                                   .pos = who->pos};
    VEC_PUSH(draft->arena, &draft->refusals, refusal);
}

void draft_blind(struct draft *draft, const char *address, const char *attr, const char *reason)
{
    VEC_PUSH(draft->arena, &draft->blind, ((struct plan_blind){address, attr, reason}));
}

void draft_index(struct draft *draft)
{
    map_release(&draft->by_address);
    map_init(&draft->by_address);
    for (size_t i = 0; i < draft->changes.n; i++)
        map_set(&draft->by_address, draft->changes.items[i].address,
                (void *)(uintptr_t)(i + 1));
}

const char *draft_address(const struct draft *draft, const struct reference *reference)
{
    const struct kind *kind = kind_by_section(draft->input->facts.kinds, reference->section);
    struct strbuf *text = draft->scratch;
    strbuf_clear(text);
    strbuf_add(text, kind == NULL ? reference->section : kind->schema.kind);
    strbuf_add_char(text, '/');
    strbuf_add(text, reference->name);
    return strbuf_str(text);
}

const struct change *draft_change(const struct draft *draft, const char *address)
{
    size_t index = (size_t)(uintptr_t)map_get(&draft->by_address, address);
    return index == 0 ? NULL : &draft->changes.items[index - 1];
}

static void add_change(struct draft *draft, struct change change)
{
    VEC_PUSH(draft->arena, &draft->changes, change);
    map_set(&draft->by_address, change.address, (void *)(uintptr_t)draft->changes.n);
}

/* ---- resolve ------------------------------------------------------------------------------
 */

/* Kinds in the order of their list: what others refer to comes first. */
static void pass_resolve(struct draft *draft)
{
    const struct facts *facts = &draft->input->facts;
    for (size_t k = 0; facts->kinds[k] != NULL; k++)
        for (size_t i = 0; facts->kinds[k]->resolve != NULL && i < facts->desired->n; i++)
            if (kind_of(facts->desired->items[i]) == facts->kinds[k])
                facts->kinds[k]->resolve(facts->desired->items[i], facts, draft->diags);
}

/* ---- decide -------------------------------------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* The mark on a live object is ours: this lineage, this address, and either the object's own
 * identifier or the nonce of an intent that an interrupted run left behind. */
static bool mark_is_ours(const struct draft *draft, const struct instance *live)
{
    const struct mark *mark = &live->mark;
    const struct facts *facts = &draft->input->facts;
    if (!same_text(mark->lineage, facts->lineage) || !same_text(mark->address, live->address))
        return false;
    if (mark->own)
        return true;
    const struct intent *intent = facts_intent(facts, live->address, NULL);
    return intent != NULL && same_text(mark->nonce, intent->nonce);
}

static bool is_adopted(const struct draft *draft, const struct instance *desired)
{
    if (desired->schema->expanded || (desired->lifecycle != NULL && desired->lifecycle->adopt))
        return true;
    return lifecycle_names(draft->input->adopt, desired->address);
}

/* Identifiers that no two objects of a kind share. */
static const char *const id_keys[] = {"id", "instance_uuid"};

/* Same name, but not the object that the state knows. */
static bool is_other_object(const struct instance *prior, const struct instance *live)
{
    for (size_t i = 0; i < ARRAY_LEN(id_keys); i++) {
        const struct value *before = value_get(prior->ids, id_keys[i]);
        const struct value *now = value_get(live->ids, id_keys[i]);
        if (value_is_known(before) && value_is_known(now) && !value_equal(before, now))
            return true;
    }
    return false;
}

static void refuse_foreign(struct draft *draft, const struct instance *desired,
                           const struct instance *live)
{
    const char *whose = "";
    if (live->mark.lineage != NULL)
        whose = arena_printf(draft->arena, " (it carries the mark of lineage %s, %s%s)",
                             live->mark.lineage,
                             live->mark.address == NULL ? "?" : live->mark.address,
                             live->mark.own ? "" : ", copied from another object");
    draft_refuse(draft, ERR_CONFLICT, desired,
                 arena_printf(draft->arena, "exists, not managed here%s", whose),
                 arena_printf(draft->arena,
                              "to take it over: --adopt '%s', or lifecycle: { adopt: true } at "
                              "the object",
                              desired->address));
}

static void decide_creation(struct draft *draft, const struct instance *desired,
                            const struct instance *prior, const struct instance *live)
{
    struct diff diff = diff_creation(desired, draft->arena);
    /* An interrupted run may know identifiers of what never came to be. */
    bool deleted = prior != NULL && !value_get_bool(prior->meta, "unfinished", false);
    struct attr_change *attrs = ARENA_ARRAY(draft->arena, diff.n, struct attr_change);
    for (size_t i = 0; i < diff.n; i++) {
        attrs[i] = diff.changes[i];
        if (deleted)
            attrs[i].reason = REASON_DRIFT;
    }
    add_change(draft, (struct change){.kind = kind_of(desired),
                                      .address = desired->address,
                                      .action = ACTION_CREATE,
                                      .desired = desired,
                                      .prior = prior,
                                      .live = live,
                                      .attrs = attrs,
                                      .n_attrs = diff.n,
                                      .note = deleted ? "was deleted outside gridform" : NULL});
}

static enum action update_action(const struct kind *kind, const struct diff *diff)
{
    for (size_t i = 0; kind->version_attr != NULL && i < diff->n; i++)
        if (strcmp(diff->changes[i].attr->name, kind->version_attr) == 0)
            return ACTION_REBUILD;
    return ACTION_UPDATE;
}

static void decide_present(struct draft *draft, const struct instance *desired,
                           const struct instance *prior, const struct instance *live)
{
    const struct facts *facts = &draft->input->facts;
    struct diff diff = diff_attributes(desired, prior, live, draft->arena);
    for (size_t i = 0; i < diff.n_blind; i++) {
        draft_blind(draft, desired->address, diff.blind[i].attr->name, diff.blind[i].reason);
    }
    struct change change = {.kind = kind_of(desired),
                            .address = desired->address,
                            .desired = desired,
                            .prior = prior,
                            .live = live,
                            .attrs = diff.changes,
                            .n_attrs = diff.n};
    if (change.kind->unfinished != NULL)
        change.note = change.kind->unfinished(prior, live, facts);
    if (diff.n > 0 || change.note != NULL) {
        change.action = update_action(change.kind, &diff);
        if (change.action == ACTION_REBUILD) {
            inputs_show(&change, draft->arena);
            change.note = NULL; /* a new version finishes what was left of the old one */
        }
    } else if (diff.n_blind == 0 &&
               (diff.stale || facts_intent(facts, desired->address, NULL) != NULL)) {
        change.action = ACTION_ADOPT;
        change.note = prior == NULL ? "taken over as it is" : "already as wanted: recorded";
    } else {
        draft->n_unchanged++;
        return;
    }
    add_change(draft, change);
}

/* Objects of others that are only referred to: never changed, never recorded. */
static void decide_reference(struct draft *draft, const struct instance *desired,
                             const struct instance *prior, const struct instance *live)
{
    if (live->presence == PRESENCE_ABSENT)
        draft_refuse(draft, ERR_NOT_FOUND, desired, "is declared as existing, and is not there",
                     "create it, correct its name, or drop existing: true");
    else if (prior != NULL)
        add_change(draft, (struct change){.kind = kind_of(prior),
                                          .address = prior->address,
                                          .action = ACTION_RELEASE,
                                          .prior = prior,
                                          .live = live,
                                          .note = "from now on only referred to: leaves the "
                                                  "state, stays as it is"});
    else
        draft->n_unchanged++;
}

/* Why what is wanted could not be worked out; NULL when it could. */
static const char *unresolved(const struct instance *desired)
{
    for (size_t i = 0; i < desired->schema->n_attrs; i++)
        if (value_is_unreadable(desired->attrs[i]))
            return desired->attrs[i]->string;
    return NULL;
}

static void decide_desired(struct draft *draft, const struct instance *desired,
                           const struct instance *prior, const struct instance *live)
{
    if (live == NULL || live->presence == PRESENCE_UNKNOWN) {
        draft_blind(draft, desired->address, NULL, "no provider is configured that reads it");
        return;
    }
    const char *why =
        live->presence == PRESENCE_UNREADABLE ? live->reason : unresolved(desired);
    if (why != NULL) {
        draft_blind(draft, desired->address, NULL, why);
        return;
    }
    const struct kind *kind = kind_of(desired);
    if (kind->is_reference != NULL && kind->is_reference(desired)) {
        decide_reference(draft, desired, prior, live);
        return;
    }
    if (live->presence == PRESENCE_ABSENT) {
        if (desired->schema->expanded)
            draft_refuse(draft, ERR_NOT_FOUND, desired, "is not there, and is never created",
                         "correct its name in the pool, or take it out of the pool");
        else
            decide_creation(draft, desired, prior, live);
        return;
    }
    bool other = prior != NULL && is_other_object(prior, live);
    bool known = prior != NULL && !other && !facts_is_guess(prior);
    if (!known && !is_adopted(draft, desired) && !mark_is_ours(draft, live)) {
        refuse_foreign(draft, desired, live);
        return;
    }
    decide_present(draft, desired, other ? NULL : prior, live);
}

static void decide_removal(struct draft *draft, const struct instance *prior,
                           const struct instance *live)
{
    struct change change = {
        .kind = kind_of(prior), .address = prior->address, .prior = prior, .live = live};
    if (prior->schema->expanded) {
        change.action = ACTION_RELEASE;
        change.note = value_is_known(value_get(prior->meta, "window"))
                          ? "leaves the state; it stays in maintenance, where an earlier apply "
                            "left it"
                          : "leaves the state; the host itself stays as it is";
    } else if (live == NULL || live->presence == PRESENCE_UNKNOWN ||
               live->presence == PRESENCE_UNREADABLE) {
        draft_blind(draft, prior->address, NULL,
                    live == NULL || live->reason == NULL
                        ? "no provider is configured that reads it"
                        : live->reason);
        return;
    } else if (live->presence == PRESENCE_ABSENT || is_other_object(prior, live)) {
        change.action = ACTION_RELEASE;
        change.note = "already gone: leaves the state";
    } else if (facts_is_guess(prior) && !mark_is_ours(draft, live)) {
        change.action = ACTION_RELEASE;
        change.note =
            "an interrupted apply did not create it: leaves the state, stays as it is";
    } else if (value_get_bool(prior->meta, "prevent_destroy", false)) {
        draft_refuse(draft, ERR_DENIED, prior,
                     "was removed from the files, but lifecycle: { prevent_destroy: true } "
                     "protected it",
                     "put it back with prevent_destroy: false, apply, then remove it");
        return;
    } else {
        change.action = ACTION_DELETE;
    }
    add_change(draft, change);
}

/* The object itself, whatever it is called: "blueprint id 7"; NULL when it is not there. */
static const char *identity_of(const struct instance *live, struct arena *arena)
{
    if (live == NULL || live->presence != PRESENCE_PRESENT)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(id_keys); i++) {
        const char *id = value_get_text(live->ids, id_keys[i]);
        if (id != NULL)
            return arena_printf(arena, "%s %s %s", live->schema->kind, id_keys[i], id);
    }
    return NULL;
}

/* The objects that the files want, each with its address there. */
static void index_wanted(struct draft *draft, struct map *wanted)
{
    const struct facts *facts = &draft->input->facts;
    size_t live = 0;
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *it = facts->desired->items[i];
        const char *id =
            identity_of(instances_next(facts->live, &live, it->address), draft->arena);
        if (id != NULL)
            map_set(wanted, id, (void *)it->address);
    }
}

/* An entry of the state whose object the files know by another name, as after a renaming of the
 * entry alone: what is wanted is not destroyed. */
static bool release_renamed(struct draft *draft, const struct instance *prior,
                            const struct instance *live, const struct map *wanted)
{
    const char *id = identity_of(live, draft->arena);
    const char *address = id == NULL ? NULL : map_get(wanted, id);
    if (address == NULL)
        return false;
    add_change(draft, (struct change){.kind = kind_of(prior),
                                      .address = prior->address,
                                      .action = ACTION_RELEASE,
                                      .prior = prior,
                                      .live = live,
                                      .note = arena_printf(draft->arena,
                                                           "is %s in the files: leaves the "
                                                           "state, stays as it is",
                                                           address)});
    return true;
}

/* All lists are in order of addresses: they are walked side by side. */
static void pass_decide(struct draft *draft)
{
    const struct facts *facts = &draft->input->facts;
    size_t prior = 0, live = 0, desired = 0;
    for (size_t i = 0; i < facts->desired->n; i++) {
        const struct instance *it = facts->desired->items[i];
        if (!it->schema->abstract)
            decide_desired(draft, it, instances_next(facts->prior, &prior, it->address),
                           instances_next(facts->live, &live, it->address));
    }
    struct map wanted;
    bool indexed = false;
    map_init(&wanted);
    live = 0;
    for (size_t i = 0; i < facts->prior->n; i++) {
        const struct instance *it = facts->prior->items[i];
        if (instances_next(facts->desired, &desired, it->address) != NULL)
            continue;
        const struct instance *now = instances_next(facts->live, &live, it->address);
        if (!indexed)
            index_wanted(draft, &wanted);
        indexed = true;
        if (!release_renamed(draft, it, now, &wanted))
            decide_removal(draft, it, now);
    }
    map_release(&wanted);
}

/* ---- steps --------------------------------------------------------------------------------
 */

static void pass_steps(struct draft *draft)
{
    const struct facts *facts = &draft->input->facts;
    for (size_t i = 0; i < draft->changes.n; i++) {
        struct change *change = &draft->changes.items[i];
        if (change->action == ACTION_ADOPT || change->action == ACTION_RELEASE ||
            change->kind->plan_steps == NULL)
            continue;
        struct step_list steps = {.arena = draft->arena, .address = change->address};
        struct err err = {0};
        if (change->kind->plan_steps(change, facts, &steps, &err) < 0 &&
            err.code == ERR_UNREACHABLE) {
            draft_blind(draft, change->address, NULL, arena_strdup(draft->arena, err.message));
            continue;
        }
        if (err.code != ERR_NONE) {
            draft_refuse(draft, err.code,
                         change->desired != NULL ? change->desired : change->prior,
                         arena_strdup(draft->arena, err.message), NULL);
            continue;
        }
        change->steps = steps.items;
        change->n_steps = steps.n;
    }
}

bool change_opens_window(const struct change *change)
{
    return (change_effects(change) & (EFFECT_MAINTENANCE | EFFECT_HOST_REBOOT)) != 0;
}

/* ---- narrow -------------------------------------------------------------------------------
 */

/* Only what was asked for: the rest is counted, and waits for another plan. */
static void pass_narrow(struct draft *draft)
{
    const char *const *only = draft->input->only;
    size_t kept = 0;
    if (only == NULL)
        return;
    for (size_t i = 0; i < draft->changes.n; i++)
        if (lifecycle_names(only, draft->changes.items[i].address))
            draft->changes.items[kept++] = draft->changes.items[i];
    draft->n_left_out = draft->changes.n - kept;
    draft->changes.n = kept;
    kept = 0;
    for (size_t i = 0; i < draft->blind.n; i++)
        if (lifecycle_names(only, draft->blind.items[i].address))
            draft->blind.items[kept++] = draft->blind.items[i];
    draft->blind.n = kept;
    kept = 0;
    for (size_t i = 0; i < draft->refusals.n; i++)
        if (lifecycle_names(only, draft->refusals.items[i].address))
            draft->refusals.items[kept++] = draft->refusals.items[i];
    draft->refusals.n = kept;
    draft_index(draft);
}

/* ---- the whole ----------------------------------------------------------------------------
 */

static int compare_blind(const void *a, const void *b)
{
    const struct plan_blind *x = a, *y = b;
    int order = strcmp(x->address, y->address);
    return order != 0 ? order : strcmp(x->attr ? x->attr : "", y->attr ? y->attr : "");
}

static int compare_refusals(const void *a, const void *b)
{
    const struct plan_refusal *x = a, *y = b;
    int order = strcmp(x->address, y->address);
    return order != 0 ? order : strcmp(x->message, y->message);
}

static const struct plan *finish(struct draft *draft, unsigned n_waves)
{
    const struct plan_input *input = draft->input;
    struct plan *plan = ARENA_NEW(draft->arena, struct plan);
    if (draft->blind.n > 1)
        qsort(draft->blind.items, draft->blind.n, sizeof(*draft->blind.items), compare_blind);
    if (draft->refusals.n > 1)
        qsort(draft->refusals.items, draft->refusals.n, sizeof(*draft->refusals.items),
              compare_refusals);
    *plan = (struct plan){.id = "",
                          .site = input->site,
                          .commit = input->commit,
                          .source = input->source,
                          .lineage = input->facts.lineage,
                          .serial = input->serial,
                          .changes = draft->changes.items,
                          .n_changes = draft->changes.n,
                          .n_waves = n_waves,
                          .n_unchanged = draft->n_unchanged,
                          .n_left_out = draft->n_left_out,
                          .blind = draft->blind.items,
                          .n_blind = draft->blind.n,
                          .refusals = draft->refusals.items,
                          .n_refusals = draft->refusals.n,
                          .impact = impact_of(draft, n_waves),
                          .digest_inputs = input->digest_inputs,
                          .adopt = input->adopt};
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    plan_encode(plan, &text);
    struct digest digest = digest_bytes(strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    plan->id = arena_strdup(draft->arena, digest.hex);
    return plan;
}

const struct plan *plan_build(const struct plan_input *input, struct diags *diags)
{
    struct draft draft = {.input = input, .arena = input->facts.arena, .diags = diags};
    struct strbuf scratch;
    strbuf_init(&scratch, STRBUF_MAX_OUTPUT);
    draft.scratch = &scratch;
    map_init(&draft.by_address);
    pass_resolve(&draft);
    pass_decide(&draft);
    pass_narrow(&draft);
    pass_steps(&draft);
    block_dependents(&draft);
    order_edges(&draft);
    rollout_order(&draft);
    unsigned n_waves = order_waves(&draft);
    const struct plan *plan = finish(&draft, n_waves);
    map_release(&draft.by_address);
    strbuf_release(&scratch);
    return plan;
}

bool plan_is_empty(const struct plan *plan)
{
    return plan->n_changes == 0;
}
