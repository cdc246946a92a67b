/* change_words.c: see change_words.h. */
#include "change_words.h"

#include <string.h>

#include "provider.h"
#include "strbuf.h"
#include "value_json.h"

static const struct {
    unsigned effect;
    const char *words;
} effect_words[] = {
    {EFFECT_DATA_LOSS, "destroys an object"},   {EFFECT_VM_POWER_OFF, "powers off machines"},
    {EFFECT_VM_MOVE, "moves machines"},         {EFFECT_HOST_REBOOT, "reboot"},
    {EFFECT_MAINTENANCE, "maintenance window"}, {EFFECT_SERVICE, "catalogue interrupted"},
};

/* Of what is created only what does not stand in the files: how a value was worked out. */
bool change_shows(const struct change *change, const struct attr_change *attr)
{
    return change->action != ACTION_CREATE || attr->note != NULL;
}

/* The version that a template gets, and the one that it had. */
const char *change_version(const struct change *change, const struct instance *instance)
{
    const char *attr = change->kind->version_attr;
    bool versioned = change->action == ACTION_CREATE || change->action == ACTION_REBUILD;
    return attr == NULL || instance == NULL || !versioned ? NULL
                                                          : instance_text(instance, attr);
}

/* Everything about a change but its name, its wave and its place; unambiguous. */
const char *change_signature(const struct change *change, struct strbuf *out)
{
    strbuf_clear(out);
    strbuf_addf(out, "%s %d ", change->kind->schema.kind, (int)change->action);
    json_text(change->note == NULL ? "" : change->note, out);
    const char *version = change_version(change, change->desired);
    json_text(version == NULL ? "" : version, out);
    for (size_t i = 0; i < change->n_attrs; i++) {
        const struct attr_change *attr = &change->attrs[i];
        if (!change_shows(change, attr))
            continue;
        strbuf_addf(out, "\n%s %d ", attr_change_name(attr), (int)attr->reason);
        value_to_json(attr->from, out);
        value_to_json(attr->to, out);
        json_text(attr->note == NULL ? "" : attr->note, out);
    }
    for (size_t i = 0; i < change->n_steps; i++) {
        const struct step *step = &change->steps[i];
        strbuf_addf(out, "\n%u ", step->effects);
        json_text(step->title, out);
        json_text(step->when == NULL ? "" : step->when->label, out);
    }
    return strbuf_str(out);
}

bool change_same_place(const struct change *a, const struct change *b)
{
    if (a->desired == NULL || b->desired == NULL || a->desired->pos.file == NULL ||
        b->desired->pos.file == NULL)
        return false;
    return a->desired->pos.line == b->desired->pos.line &&
           strcmp(a->desired->pos.file, b->desired->pos.file) == 0;
}

bool change_harm_of(const struct change *change, unsigned effects)
{
    return change->action == ACTION_DELETE || (effects & EFFECTS_HARMFUL) != 0;
}

/* That a removal destroys something goes without saying. */
const char *change_harm_word(const struct change *change, unsigned effects, size_t n)
{
    if (change->action == ACTION_DELETE)
        effects &= ~(unsigned)EFFECT_DATA_LOSS;
    for (size_t i = 0; i < ARRAY_LEN(effect_words); i++)
        if ((effects & effect_words[i].effect) != 0 && n-- == 0)
            return effect_words[i].words;
    return NULL;
}

void change_harm_words(const struct change *change, unsigned effects, const char *before,
                       struct strbuf *out)
{
    const char *words;
    for (size_t n = 0; (words = change_harm_word(change, effects, n)) != NULL; n++)
        strbuf_addf(out, "%s%s", n == 0 ? before : ", ", words);
}
