/* fake_private.h: the objects of the platform in memory. */
#ifndef GF_FAKE_PRIVATE_H
#define GF_FAKE_PRIVATE_H

#include "arena.h"
#include "fake.h"
#include "map.h"

struct object {
    struct instance *live;          /* NULL: it is not there */
    const char *ecc_now, *ecc_next; /* of a host */
    const char *uuid;
    const struct value *others; /* versions of a template that stay when the one in use goes */
};

struct fake {
    struct arena *arena;
    const char *lineage;
    struct map objects; /* address -> struct object */
    struct fake_record record;
    enum fault fault;
    size_t fault_at, calls;
};

struct call {
    struct fake *fake;
    struct object *object;
    const struct step_call *in;
    struct outcome *out;
};

struct object *fake_object(struct fake *fake, const char *address);

/* fake_host.c, fake_objects.c: -1 with err, else 0 with the outcome's kind set. ERR_INTERNAL
 * with "unknown" when the operation is not one of theirs. */
int fake_host_perform(struct call *call, struct err *err);
int fake_object_perform(struct call *call, struct err *err);

/* What a host shows of itself changes with what it runs. */
void fake_host_settle(struct fake *fake, struct object *object);

const struct value *fake_arg(const struct call *call, const char *name);
void fake_set_text(struct call *call, const char *attr, const char *text);

#endif
