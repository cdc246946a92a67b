/* state.h: what gridform remembers between runs, and its one form on disk.
 *
 * JSON with one resource per line, so that it is read and written a line at a time and a diff
 * of two states is readable:
 *
 *     {"gridform_state":1,"lineage":"…","serial":7,"site":"…","commit":"…","plans":["…"],
 *      "resources":[
 *     {"address":"host/a","attrs":{…},"ids":{…},"meta":{…},"after":["…"],"digest":"…"},
 *     …
 *     ],"checksum":"…"}
 *
 * The checksum is XXH3-128 of all bytes before it. Members that this version does not know
 * survive a round trip. No secret ever enters a state.
 */
#ifndef GF_STATE_H
#define GF_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "instance.h"

struct arena;
struct atoms;
struct strbuf;

enum { STATE_FORMAT = 1, STATE_PLANS_KEPT = 64 };

/* What was under way when a run ended without saying how it went. */
struct intent {
    const char *address, *op, *plan, *nonce;
    unsigned step;
    int64_t at_ms; /* wall clock, Unix */
};

struct state {
    const char *lineage; /* 32 hex digits, made once */
    int64_t serial;      /* one more with each write */
    const char *site;
    const char *commit; /* of the last apply, "…-dirty", or NULL */
    const char *const *plans; /* ids of applied plans, newest last, at most STATE_PLANS_KEPT */
    size_t n_plans;
    struct instances resources; /* prior instances, sorted: attrs, ids, meta */
    const struct intent *intents; /* unfinished ones, from the journal */
    size_t n_intents;
    const struct value *unknown; /* members that we do not know: kept */
};

/* How a schema is found for the kind before the slash of an address; NULL: unknown kind. */
struct schema_source {
    const struct schema *(*find)(const char *kind);
};

/* A new, empty state with the given lineage. */
struct state *state_new(struct arena *arena, const char *lineage, const char *site);

/* Read a state document. Refused with ERR_INVALID and the line: a wrong checksum (edited by
 * hand, or damaged), a newer format, unsorted or repeated addresses, an unknown kind. */
int state_decode(const char *text, size_t size, struct arena *arena,
                 const struct schema_source *schemas, struct state **ret_state,
                 struct err *err);

/* Append the document. */
void state_encode(const struct state *state, struct strbuf *out);

/* Put, replace or (instance NULL) remove one resource. */
void state_put(struct state *state, struct arena *arena, const char *address,
               struct instance *instance);

bool state_has_plan(const struct state *state, const char *plan_id);
void state_add_plan(struct state *state, struct arena *arena, const char *plan_id);

#endif
