/* diff.c: see diff.h.
 *
 * Three values per attribute: a change is desired against live; its reason follows from prior:
 * when the file still says what was last applied, the world has moved (drift); otherwise the
 * file has (edit).
 */
#include "diff.h"

#include <string.h>

#include "arena.h"
#include "provider.h"
#include "types.h"
#include "vec.h"

bool lifecycle_names(const char *const *names, const char *attr)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (strcmp(names[i], attr) == 0)
            return true;
    return false;
}

bool diff_is_managed(const struct schema *schema, const struct attr *attr,
                     const struct value *wanted)
{
    if (!attr_is_compared(attr))
        return false;
    bool free = schema->absent_is_free || (attr->flags & ATTR_FREE) != 0;
    return !free || value_is_known(wanted);
}

static enum reason find_reason(const struct instance *desired, const struct instance *prior,
                               size_t i, const struct value *live)
{
    const struct attr *attr = &desired->schema->attrs[i];
    const struct value *before = prior == NULL ? NULL : prior->attrs[i];
    if (prior != NULL && attr_equal(attr, before, desired->attrs[i]))
        return REASON_DRIFT;
    if (prior == NULL && value_is_absent(live))
        return REASON_EDIT;
    if (((attr->flags & ATTR_DERIVED) && !desired->schema->expanded) ||
        value_is_known(value_get(desired->computed, attr->name)))
        return REASON_COMPUTED;
    if (prior != NULL && attr->default_value != NULL && desired->attr_pos != NULL &&
        desired->attr_pos[i].line == 0)
        return REASON_DEFAULT;
    return REASON_EDIT;
}

/* When the file was edited and the world has moved as well, what was applied stands on neither
 * side of the change. What gridform works out itself is moved by its own failures, too. */
static const char *find_note(const struct instance *desired, const struct instance *prior,
                             const struct attr_change *change, size_t i, struct arena *arena)
{
    const char *note = value_get_text(desired->computed, change->attr->name);
    const struct value *before = prior == NULL ? NULL : prior->attrs[i];
    if (note != NULL || change->reason == REASON_DRIFT || change->reason == REASON_COMPUTED ||
        !value_is_known(before) || value_get_bool(prior->meta, "unfinished", false) ||
        attr_equal(change->attr, before, change->from))
        return note;
    const char *text = change->attr->flags & ATTR_TEXT ? NULL : value_text(before);
    return text == NULL ? "and drifted" : arena_printf(arena, "and drifted from %s", text);
}

static bool is_left_to_others(const struct instance *desired, const struct attr *attr)
{
    return desired->lifecycle != NULL &&
           lifecycle_names(desired->lifecycle->ignore_changes, attr->name);
}

/* The file was not edited, only the world moved, and that is to be ignored; or the attribute
 * is left to others altogether. */
static bool is_ignored(const struct instance *desired, const struct attr_change *change)
{
    const struct lifecycle *lifecycle = desired->lifecycle;
    if (is_left_to_others(desired, change->attr))
        return true;
    return lifecycle != NULL && change->reason == REASON_DRIFT &&
           lifecycle_names(lifecycle->ignore_drift, change->attr->name);
}

/* An attribute that only a running driver shows is no blind spot while the driver itself is
 * about to change. */
static bool driver_changes(const struct instance *desired, const struct instance *live)
{
    int driver = schema_find(desired->schema, "driver");
    return driver >= 0 && !value_is_unreadable(live->attrs[driver]) &&
           !attr_equal(&desired->schema->attrs[driver], desired->attrs[driver],
                       live->attrs[driver]);
}

struct diff diff_attributes(const struct instance *desired, const struct instance *prior,
                            const struct instance *live, struct arena *arena)
{
    const struct schema *schema = desired->schema;
    VEC(struct attr_change) changes = {0};
    VEC(struct diff_blind) blind = {0};
    const struct kind *kind = kind_of(desired);
    bool stale = prior == NULL || value_get_bool(prior->meta, "unfinished", false);
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        if (!diff_is_managed(schema, attr, desired->attrs[i]))
            continue;
        stale = stale || (!is_left_to_others(desired, attr) &&
                          !attr_equal(attr, prior->attrs[i], desired->attrs[i]));
        if (value_is_unreadable(live->attrs[i]) &&
            !((attr->flags & ATTR_DRIVER_NEEDED) && driver_changes(desired, live))) {
            VEC_PUSH(arena, &blind, ((struct diff_blind){attr, live->attrs[i]->string}));
            continue;
        }
        if (attr_equal(attr, desired->attrs[i], live->attrs[i]))
            continue;
        const char *why = kind->left_alone == NULL ? NULL : kind->left_alone(attr, live);
        if (why != NULL) {
            VEC_PUSH(arena, &blind, ((struct diff_blind){attr, why}));
            continue;
        }
        struct attr_change change = {.attr = attr,
                                     .from = live->attrs[i],
                                     .to = desired->attrs[i],
                                     .reason = find_reason(desired, prior, i, live->attrs[i])};
        change.note = find_note(desired, prior, &change, i, arena);
        if (!is_ignored(desired, &change))
            VEC_PUSH(arena, &changes, change);
    }
    return (struct diff){.changes = changes.items,
                         .n = changes.n,
                         .blind = blind.items,
                         .n_blind = blind.n,
                         .stale = stale};
}

struct diff diff_creation(const struct instance *desired, struct arena *arena)
{
    const struct schema *schema = desired->schema;
    VEC(struct attr_change) changes = {0};
    for (size_t i = 0; i < schema->n_attrs; i++)
        if (attr_is_compared(&schema->attrs[i]) && value_is_known(desired->attrs[i]))
            VEC_PUSH(arena, &changes,
                     ((struct attr_change){
                         .attr = &schema->attrs[i],
                         .from = value_absent(),
                         .to = desired->attrs[i],
                         .reason = REASON_EDIT,
                         .note = value_get_text(desired->computed, schema->attrs[i].name)}));
    return (struct diff){.changes = changes.items, .n = changes.n};
}
