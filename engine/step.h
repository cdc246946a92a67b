/* step.h: changes, and the steps that carry them out.
 *
 * A plan is a list of changes, one per resource; a change has steps that run in order; a step
 * is one call of one provider. Steps say what they do to the world outside (effects), so that
 * a reviewer sees the impact before anything happens and tests can compare it with what did.
 */
#ifndef GF_STEP_H
#define GF_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance.h"

struct kind;

enum action {
    ACTION_NONE,
    ACTION_CREATE,
    ACTION_UPDATE,
    ACTION_REBUILD, /* a new version beside the old one (templates) */
    ACTION_DELETE,
    ACTION_RELEASE, /* leave the state, touch nothing (hosts) */
    ACTION_ADOPT,   /* enter the state, touch nothing: live is already as desired */
    ACTION_COUNT
};

/* Why an attribute changes. */
enum reason {
    REASON_EDIT,     /* the file says something new */
    REASON_DRIFT,    /* the world moved away from what was last applied */
    REASON_DEFAULT,  /* same file, but gridform's default moved */
    REASON_COMPUTED, /* follows from another change: template rebuilt, cpu: auto */
    REASON_COUNT
};

/* What a step does beyond its own object: the classes of impact of design.md §5. */
enum effect {
    EFFECT_NONE = 0,
    EFFECT_MAINTENANCE = 1 << 0, /* the host is in maintenance after it */
    EFFECT_LEAVE = 1 << 1,       /* the host leaves maintenance */
    EFFECT_HOST_REBOOT = 1 << 2,
    EFFECT_VM_POWER_OFF = 1 << 3, /* args.vms names them */
    EFFECT_VM_MOVE = 1 << 4,      /* args.vms names them */
    EFFECT_SLOT = 1 << 5,         /* takes one vGPU slot while it runs */
    EFFECT_SERVICE = 1 << 6,      /* a catalogue item cannot be requested meanwhile */
    EFFECT_DATA_LOSS = 1 << 7,    /* an object is destroyed */
    EFFECT_CREATE = 1 << 8,
    EFFECT_PUBLISH = 1 << 9,
};

/* Settled once per group, when the first step that carries it comes up: the attribute, as the
 * latest observation or else the live instance has it, equals the text. An unreadable value at
 * that moment fails the step. */
struct condition {
    const char *attr;   /* "ecc"; NULL: an earlier step of the change failed (when_failed) */
    const char *equals; /* compared with pending_now for pending types, else as text */
    const char *label;  /* for people: "if ECC is on" */
    const char *why;    /* why only the run can settle it, for people */
};

/* Steps that clean up after a failure: they run when a step before them has failed, and the
 * change has failed all the same. */
extern const struct condition when_failed;

struct step {
    unsigned id;                  /* index within its change */
    const char *address;          /* of the change */
    const char *provider;         /* name: "vsphere", "esxi", "vra" */
    const char *op;               /* "host.reboot"; the providers' headers list theirs */
    const char *title;            /* for people, present tense: "install driver 384.73" */
    unsigned effects;             /* enum effect */
    const struct condition *when; /* NULL: always; the same pointer = the same group */
    const struct value *args;     /* map: all that the provider needs; never a secret */
};

struct attr_change {
    const struct attr *attr;
    const struct value *from, *to; /* live (or prior when live is unreadable), desired */
    enum reason reason;
    const char *note;  /* "24 physical cores / 4 vGPU slots of a host (auto)", or NULL */
    const char *label; /* for people, instead of the attribute's name; or NULL */
};

/* What people call it: "driver", "guest step 7 (guest/docker.sh)". */
const char *attr_change_name(const struct attr_change *change);

/* Something that comes first. Hard: when it fails, this is skipped. Soft: order only. */
struct change_edge {
    size_t on; /* index in the plan's changes */
    bool soft;
};

struct change {
    const struct kind *kind;
    const char *address;
    enum action action;
    const struct instance *desired, *prior, *live; /* desired NULL: removal; prior NULL: new */
    const struct attr_change *attrs;
    size_t n_attrs;
    struct step *steps;
    size_t n_steps;
    const struct change_edge *after;
    size_t n_after;
    unsigned wave;    /* from 1, display only */
    const char *pool; /* rollout group, or NULL */
    unsigned budget;  /* how many of its group may be out of service at a time */
    bool canary;      /* first of its pool */
    const char *note; /* "built as centos72-…-9c41e07b", or NULL */
};

/* Whether the plan could not read the attribute and does nothing about it: what it turns out to
 * be later is the next plan's business. */
bool change_leaves(const struct change *change, const struct attr *attr);

/* enum effect, of all its steps. */
unsigned change_effects(const struct change *change);

/* There is a version from before, which stays: what failed or was interrupted is none. */
bool change_has_former(const struct change *change);

/* A new version that needs no build: it was kept from before. */
bool change_is_switch(const struct change *change);

/* ---- collecting steps (for plan_steps of the kinds) ------------------------------------ */

struct step_list {
    struct arena *arena;
    const char *address;
    struct step *items;
    size_t n, capacity;
};

/* Append a step; args may be NULL. The result may be filled in further until the next add. */
struct step *steps_add(struct step_list *list, const char *provider, const char *op,
                       const char *title, unsigned effects, const struct value *args);

/* Stable names, for JSON and for tests. */
const char *action_name(enum action action);
const char *reason_name(enum reason reason);
/* Of the bit with this number; "none" after the last one, then NULL. */
const char *effect_name(size_t bit);
/* Names of the bits of effects, joined with ", ". */
void effects_print(unsigned effects, struct strbuf *out);

#endif
