/* step.c: see step.h. */
#include "step.h"

#include <string.h>

#include "arena.h"
#include "names.h"
#include "ops.h"
#include "strbuf.h"
#include "value.h"
#include "vec.h"

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_NONE] = "none",       [ACTION_CREATE] = "create", [ACTION_UPDATE] = "update",
    [ACTION_REBUILD] = "rebuild", [ACTION_DELETE] = "delete", [ACTION_RELEASE] = "release",
    [ACTION_ADOPT] = "adopt",
};

static const char *const reason_names[REASON_COUNT] = {
    [REASON_EDIT] = "edit",
    [REASON_DRIFT] = "drift",
    [REASON_DEFAULT] = "default",
    [REASON_COMPUTED] = "computed",
};

/* In the order of the bits. */
static const char *const effect_names[] = {
    "maintenance", "leave",   "host_reboot", "vm_power_off", "vm_move",
    "slot",        "service", "data_loss",   "create",       "publish",
};

const struct condition when_failed = {
    .equals = "failed", .label = "if that fails", .why = "only a failed build is cleaned up"};

const char *attr_change_name(const struct attr_change *change)
{
    return change->label != NULL ? change->label : change->attr->name;
}

unsigned change_effects(const struct change *change)
{
    unsigned effects = EFFECT_NONE;
    for (size_t i = 0; i < change->n_steps; i++)
        effects |= change->steps[i].effects;
    return effects;
}

struct step *steps_add(struct step_list *list, const char *provider, const char *op,
                       const char *title, unsigned effects, const struct value *args)
{
    list->items =
        vec_grow(list->arena, list->items, list->n, &list->capacity, sizeof(*list->items));
    struct step *step = &list->items[list->n];
    *step = (struct step){
        .id = (unsigned)list->n,
        .address = list->address,
        .provider = provider,
        .op = op,
        .title = title,
        .effects = effects,
        .args = args != NULL ? args : value_map(list->arena, NULL, 0),
    };
    list->n++;
    return step;
}

const char *action_name(enum action action)
{
    return names_of(action_names, ACTION_COUNT, action);
}

const char *reason_name(enum reason reason)
{
    return names_of(reason_names, REASON_COUNT, reason);
}

const char *effect_name(size_t bit)
{
    size_t n = ARRAY_LEN(effect_names);
    return bit < n ? effect_names[bit] : bit == n ? "none" : NULL;
}

void effects_print(unsigned effects, struct strbuf *out)
{
    bool first = true;
    for (size_t i = 0; i < ARRAY_LEN(effect_names); i++) {
        if ((effects & (1u << i)) == 0)
            continue;
        strbuf_addf(out, "%s%s", first ? "" : ", ", effect_names[i]);
        first = false;
    }
    if (first)
        strbuf_add(out, "none");
}

bool change_leaves(const struct change *change, const struct attr *attr)
{
    for (size_t i = 0; i < change->n_attrs; i++)
        if (change->attrs[i].attr == attr)
            return false;
    return change->live != NULL && change->live->presence == PRESENCE_PRESENT &&
           value_is_unreadable(change->live->attrs[attr - change->live->schema->attrs]);
}

bool change_is_switch(const struct change *change)
{
    return change->action == ACTION_REBUILD && change->n_steps > 0 &&
           change->steps[0].op != NULL && strcmp(change->steps[0].op, OP_TEMPLATE_SWITCH) == 0;
}

bool change_has_former(const struct change *change)
{
    return change->action == ACTION_REBUILD && change->prior != NULL &&
           !value_get_bool(change->prior->meta, "unfinished", false);
}
