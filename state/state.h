/* state.h: what gridform remembers between runs, and its one form on disk.
 *
 * JSON with one resource per line, so that it is read and written a line at a time and a diff
 * of two states is readable:
 *
 *     {"gridform_state":1,"lineage":"…","serial":7,"site":"…","commit":"…","source":{…},
 *      "plans":["…"], "resources":[
 *     {"address":"host/a","attrs":{…},"ids":{…},"meta":{…},"digest":"…"},
 *     …
 *     ],"checksum":"…"}
 *
 * The first line also carries "intents" when there are any: steps under way, for backends that
 * have no journal beside the document. The checksum is XXH3-128 of all bytes before it, the
 * shape is exact to the byte, the addresses are in strcmp order. Members and attributes that
 * this version does not know survive a round trip, also when the resource is replaced. The
 * digest is instance_digest, for readers of the file; it is made anew with each write. What
 * else is remembered of a resource (dependencies, commit, facts for sizing) is in its meta.
 * No secret ever enters a state: attributes with ATTR_SECRET hold references only.
 */
#ifndef GF_STATE_H
#define GF_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "instance.h"
#include "intent.h"

struct arena;
struct strbuf;

enum {
    STATE_FORMAT = 1,
    STATE_PLANS_KEPT = 64,
    STATE_DEPTH_MAX = 48,     /* of a value; the line around it adds a few */
    STATE_SIZE_MAX = 1 << 30, /* bytes of a document or journal */
};

/* Of a serial: numbers beyond it are not exact to others who read JSON, and the next one must
 * be a number, too. */
#define STATE_SERIAL_MAX ((INT64_C(1) << 53) - 1)

/* What a stored resource holds and we do not know: maps, or NULL. */
struct kept {
    const struct value *members, *attrs;
};

struct state {
    const char *lineage; /* 32 hex digits, made once */
    int64_t serial;      /* one more with each write; 0: never written */
    const char *site;
    const char *commit;         /* of the last apply, "…-dirty", or NULL */
    const struct value *source; /* map: what else is known of it (commit in full, author, ref,
                                 * base of a range, signer), or NULL */
    const char *const *plans; /* ids of applied plans, newest last, at most STATE_PLANS_KEPT */
    size_t n_plans;
    struct instances resources;   /* prior instances, sorted: attrs, ids, meta */
    const struct intent *intents; /* unfinished ones, in the order in which they began */
    size_t n_intents;
    const struct value *unknown; /* members that we do not know: kept */

    /* Private to this layer. */
    struct kept *kept; /* parallel to resources.items, or NULL */
    size_t capacity, intents_capacity;
};

/* How a schema is found for the kind before the slash of an address; NULL: unknown kind. */
struct schema_source {
    const struct schema *(*find)(const char *kind);
};

/* A new, empty state with the given lineage, serial 0. Copies the texts. */
struct state *state_new(struct arena *arena, const char *lineage, const char *site);

/* Read a state document. Refused with ERR_INVALID and the line: a wrong checksum (edited by
 * hand, or damaged), a newer format, unsorted or repeated addresses, an unknown kind. */
int state_decode(const char *text, size_t size, struct arena *arena,
                 const struct schema_source *schemas, struct state **ret_state,
                 struct err *err);

/* Lineage and serial of a document whose checksum is right: lineage into 33 bytes. */
int state_peek(const char *text, size_t size, char *ret_lineage, int64_t *ret_serial,
               struct err *err);

/* What a document is, without its resources. */
struct state_summary {
    char lineage[33];
    int64_t serial;
    const char *site, *commit, *plan; /* in the arena; plan: the last one applied; or NULL */
    const char *author;               /* of the commit, as it stands in source; or NULL */
    size_t n_resources, n_intents;
};
int state_summarise(const char *text, size_t size, struct arena *arena,
                    struct state_summary *ret_summary, struct err *err);

/* Append the document. The state must hold state_check. */
void state_encode(const struct state *state, struct strbuf *out);

/* Put, replace or (instance NULL) remove one resource; removing the absent is fine. Keeps the
 * pointer to instance, whose address is the given one. */
void state_put(struct state *state, struct arena *arena, const char *address,
               struct instance *instance);

/* An entry gets another address of its kind, which no other one has; what is kept of it and its
 * intents follow. Borrows the new address. */
void state_rename(struct state *state, struct arena *arena, const char *from, const char *to);

bool state_has_plan(const struct state *state, const char *plan_id);
/* Copies the id; the oldest goes when there are STATE_PLANS_KEPT. */
void state_add_plan(struct state *state, struct arena *arena, const char *plan_id);

/* A step begins; borrows the texts of the intent. */
void state_add_intent(struct state *state, struct arena *arena, const struct intent *intent);
/* The step of that address, plan and number has ended; no matter when it is not there. */
void state_end_intent(struct state *state, const struct intent *intent);

/* What must hold of every state, read or about to be written: identity, order, addresses that
 * go with their kinds, no secret where a reference belongs. ERR_INVALID names the resource. */
int state_check(const struct state *state, struct err *err);
/* The same for one resource. */
int state_check_resource(const struct instance *instance, struct err *err);

#endif
