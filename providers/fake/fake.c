/* fake.c: the world, its reading and its faults. */
#include "fake_private.h"

#include <string.h>

#include "address.h"
#include "err.h"
#include "strbuf.h"
#include "value_json.h"
#include "vec.h"

struct fake *fake_new(struct arena *arena, const char *lineage)
{
    struct fake *fake = ARENA_NEW(arena, struct fake);
    *fake = (struct fake){.arena = arena, .lineage = lineage};
    map_init(&fake->objects);
    return fake;
}

void fake_free(struct fake *fake)
{
    if (fake != NULL)
        map_release(&fake->objects);
}

struct object *fake_object(struct fake *fake, const char *address)
{
    struct object *object = map_get(&fake->objects, address);
    if (object == NULL) {
        object = ARENA_NEW(fake->arena, struct object);
        map_set(&fake->objects, arena_strdup(fake->arena, address), object);
    }
    return object;
}

static struct instance *copy_instance(const struct instance *from, struct arena *arena)
{
    struct instance *copy = instance_new(arena, from->schema, from->address, from->name);
    for (size_t i = 0; i < from->schema->n_attrs; i++)
        copy->attrs[i] = value_copy(arena, from->attrs[i]);
    copy->presence = from->presence;
    copy->ids = value_copy(arena, from->ids);
    copy->mark = from->mark;
    return copy;
}

void fake_put(struct fake *fake, const struct instance *object, const char *ecc)
{
    struct object *it = fake_object(fake, object->address);
    it->live = copy_instance(object, fake->arena);
    it->live->address = arena_strdup(fake->arena, object->address);
    it->live->name = address_name(it->live->address);
    it->live->presence = PRESENCE_PRESENT;
    it->ecc_now = it->ecc_next = ecc;
    if (strcmp(object->schema->kind, "host") == 0)
        fake_host_settle(fake, it);
}

/* ---- reading ------------------------------------------------------------------------------
 */

struct instance *fake_read_one(const struct fake *fake, const struct instance *wanted,
                               struct arena *arena)
{
    const struct object *object = map_get(&fake->objects, wanted->address);
    if (object != NULL && object->live != NULL)
        return copy_instance(object->live, arena);
    struct instance *absent =
        instance_new(arena, wanted->schema, wanted->address, wanted->name);
    absent->presence = PRESENCE_ABSENT;
    return absent;
}

struct instances fake_read(const struct fake *fake, const struct instances *desired,
                           const struct instances *prior, struct arena *arena)
{
    struct instances live = {ARENA_ARRAY(arena, desired->n + prior->n, struct instance *), 0};
    for (size_t i = 0; i < desired->n; i++)
        if (!desired->items[i]->schema->abstract)
            live.items[live.n++] = fake_read_one(fake, desired->items[i], arena);
    for (size_t i = 0; i < prior->n; i++)
        if (instances_find(desired, prior->items[i]->address) == NULL)
            live.items[live.n++] = fake_read_one(fake, prior->items[i], arena);
    instances_sort(&live);
    return live;
}

void fake_print(const struct fake *fake, struct strbuf *out)
{
    const char **addresses = map_sorted_keys(&fake->objects, fake->arena);
    for (size_t i = 0; i < map_count(&fake->objects); i++) {
        const struct object *object = map_get(&fake->objects, addresses[i]);
        if (object->live == NULL)
            continue;
        strbuf_addf(out, "%s ecc=%s/%s", addresses[i], object->ecc_now ? object->ecc_now : "-",
                    object->ecc_next ? object->ecc_next : "-");
        for (size_t a = 0; a < object->live->schema->n_attrs; a++) {
            if (value_is_absent(object->live->attrs[a]))
                continue;
            strbuf_addf(out, " %s=", object->live->schema->attrs[a].name);
            value_to_json(object->live->attrs[a], out);
        }
        strbuf_add_char(out, '\n');
    }
}

/* ---- performing ---------------------------------------------------------------------------
 */

const struct value *fake_arg(const struct call *call, const char *name)
{
    return value_get(call->in->step->args, name);
}

void fake_set_text(struct call *call, const char *attr, const char *text)
{
    instance_set(call->object->live, attr, value_string(call->fake->arena, text));
}

void fake_fault(struct fake *fake, enum fault fault, size_t n)
{
    fake->fault = fault;
    fake->fault_at = fake->calls + n;
}

static int refuse(enum fault fault, struct err *err)
{
    switch (fault) {
    case FAULT_FAIL:
        return err_set(err, ERR_INVALID, "refused");
    case FAULT_TIMEOUT:
        return err_set(err, ERR_TIMEOUT, "it takes too long");
    case FAULT_LOST_CALL:
    case FAULT_LOST_REPLY:
        return err_set(err, ERR_UNCERTAIN, "no answer");
    case FAULT_NONE:
    case FAULT_COUNT:
        break;
    }
    return 0;
}

static int dispatch(struct call *call, struct err *err)
{
    const char *op = call->in->step->op;
    if (strncmp(op, "host.", 5) == 0 || strncmp(op, "vm.", 3) == 0)
        return fake_host_perform(call, err);
    return fake_object_perform(call, err);
}

int fake_perform(struct fake *fake, const struct step_call *call, struct outcome *ret_outcome,
                 struct err *err)
{
    struct call it = {fake, fake_object(fake, call->step->address), call, ret_outcome};
    enum fault fault = fake->calls++ == fake->fault_at ? fake->fault : FAULT_NONE;
    *ret_outcome = (struct outcome){.kind = OUTCOME_DONE};
    if (fault != FAULT_NONE && fault != FAULT_LOST_REPLY)
        return refuse(fault, err);
    if (dispatch(&it, err) < 0)
        return -1;
    if (fault == FAULT_LOST_REPLY) {
        *ret_outcome = (struct outcome){.kind = OUTCOME_UNCERTAIN};
        return refuse(fault, err);
    }
    return 0;
}

const struct fake_record *fake_record(const struct fake *fake)
{
    return &fake->record;
}

size_t fake_calls(const struct fake *fake)
{
    return fake->calls;
}
