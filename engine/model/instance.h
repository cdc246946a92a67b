/* instance.h: one resource as one source shows it.
 *
 * The same structure holds what the manifest wants (desired), what gridform last made true
 * (prior, from the state) and what was just read (live). attrs has one value per attribute of
 * the schema, never NULL: absent where nothing is known or set.
 */
#ifndef GF_INSTANCE_H
#define GF_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "schema.h"
#include "value.h"

struct arena;

enum presence {
    PRESENCE_UNKNOWN, /* nobody looked */
    PRESENCE_PRESENT,
    PRESENCE_ABSENT,
    PRESENCE_UNREADABLE, /* could not be read as a whole: `reason` says why */
};

/* The mark that gridform leaves on what it creates (design.md §4). `own` is true only while
 * the identifier in it equals the live object's own. */
struct mark {
    const char *lineage, *address, *uuid, *nonce; /* NULL: no mark */
    bool own;
};

struct lifecycle {
    bool prevent_destroy, adopt;
    const char *const *ignore_changes, *const *ignore_drift; /* attribute names, NULL-ended */
    const char *const *allow; /* "power_off_vms", … */
    const struct value *waive; /* list of {rule, reason, until}, until "2026-12-31" or absent */
    struct pos waive_pos;
};

struct instance {
    const struct schema *schema;
    const char *address, *name; /* interned */
    enum presence presence;
    const char *reason;
    const struct value **attrs;
    const struct value *ids;  /* map: identifiers that the platform assigned; never compared */
    const struct value *meta; /* map, prior only: what gridform remembers beside attributes */
    const struct value *computed; /* map, desired only: attribute -> how it was worked out */
    struct mark mark;         /* live only */
    struct pos pos;              /* desired only: where it is declared */
    const struct pos *attr_pos;  /* desired only: per attribute, or NULL */
    const struct lifecycle *lifecycle; /* desired only, or NULL */
};

/* All attributes absent, presence unknown. address and name are borrowed. */
struct instance *instance_new(struct arena *arena, const struct schema *schema,
                              const char *address, const char *name);

/* By attribute name; asserts that the schema has it. */
const struct value *instance_get(const struct instance *instance, const char *attr);
const char *instance_text(const struct instance *instance, const char *attr); /* or NULL */
void instance_set(struct instance *instance, const char *attr, const struct value *value);
struct pos instance_attr_pos(const struct instance *instance, const char *attr);

/* Instances sorted by address, and a look-up. */
struct instances {
    struct instance **items;
    size_t n;
};

int instances_compare(const void *a, const void *b); /* for qsort over struct instance * */
void instances_sort(struct instances *list);
struct instance *instances_find(const struct instances *list, const char *address);
/* The same for who asks for addresses in ascending order: *cursor starts at 0. */
struct instance *instances_next(const struct instances *list, size_t *cursor,
                                const char *address);
/* The same for "kind/name", without anybody having to put the address together. */
struct instance *instances_find_named(const struct instances *list, const char *kind,
                                      const char *name);

/* Digest of everything about an instance that comparison sees: presence, compared attributes,
 * identifiers. 32 hex digits in the arena. */
const char *instance_digest(const struct instance *instance, struct arena *arena);

#endif
