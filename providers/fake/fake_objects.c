/* fake_objects.c: what is created, written, published and deleted; templates as versions. */
#include "fake_private.h"

#include <string.h>

#include "address.h"
#include "err.h"
#include "gpu.h"
#include "ops.h"
#include "vec.h"

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

static void report_ids(struct call *call)
{
    call->out->ids = value_copy(call->in->arena, call->object->live->ids);
}

/* A new object with our mark. Identifiers follow from names, so that runs can be compared. */
static void create(struct call *call, const char *id)
{
    struct arena *arena = call->fake->arena;
    const char *address = arena_strdup(arena, call->in->step->address);
    const struct value_field field = {"id", value_string(arena, id)};
    const struct instance *seen = call->in->live;
    call->object->live = instance_new(arena, seen->schema, address, address_name(address));
    call->object->live->presence = PRESENCE_PRESENT;
    call->object->live->ids = value_map(arena, &field, 1);
    call->object->live->mark =
        (struct mark){.lineage = call->fake->lineage, .address = address, .own = true};
    call->fake->record.created++;
}

/* All that the arguments say; publishing and the service have steps of their own. */
static void write_all(struct call *call)
{
    if (call->object->live == NULL) {
        create(call, arena_printf(call->fake->arena, "id-%s", call->in->step->address));
        if (schema_find(call->object->live->schema, "published") >= 0)
            instance_set(call->object->live, "published", value_bool(false));
    }
    struct instance *live = call->object->live;
    for (size_t i = 0; i < live->schema->n_attrs; i++) {
        const struct attr *attr = &live->schema->attrs[i];
        if (!attr_is_compared(attr) || strcmp(attr->name, "published") == 0 ||
            strcmp(attr->name, "catalog.service") == 0)
            continue;
        live->attrs[i] = value_copy(call->fake->arena, fake_arg(call, attr->name));
    }
    report_ids(call);
}

static void publish(struct call *call)
{
    struct instance *live = call->object->live;
    instance_set(live, "published", fake_arg(call, "published"));
    if (!value_is_true(fake_arg(call, "published")) &&
        schema_find(live->schema, "catalog.service") >= 0)
        instance_set(live, "catalog.service", value_absent());
}

static void destroy(struct call *call)
{
    call->fake->record.destroyed += call->object->live != NULL;
    call->object->live = NULL;
}

/* ---- templates ----------------------------------------------------------------------------
 */

static const struct value *version_of(struct call *call, const char *name, bool complete)
{
    struct arena *arena = call->fake->arena;
    const struct value_field fields[] = {
        {"name", value_string(arena, name)},
        {"instance_uuid", value_string(arena, arena_printf(arena, "uuid-%s", name))},
        {"lineage", value_string(arena, call->fake->lineage)},
        {"complete", value_bool(complete)},
        {"is_template", value_bool(complete)}};
    return value_map(arena, fields, ARRAY_LEN(fields));
}

/* The version in use came to the end of its build, or is in another state now. */
static void note_version(struct call *call, bool complete)
{
    struct instance *live = call->object->live;
    struct arena *arena = call->fake->arena;
    const struct value *versions = instance_get(live, "versions");
    const char *vm = instance_text(live, "vm");
    const struct value **all =
        ARENA_ARRAY(arena, value_count(versions) + 1, const struct value *);
    for (size_t i = 0; i < value_count(versions); i++) {
        const char *name = value_get_text(value_at(versions, i), "name");
        all[i] = strcmp(name, vm) == 0 ? version_of(call, vm, complete) : value_at(versions, i);
    }
    instance_set(live, "complete", value_bool(complete));
    instance_set(live, "versions", value_list(arena, all, value_count(versions)));
}

static void use_version(struct call *call, const char *name)
{
    struct instance *live = call->object->live;
    struct arena *arena = call->fake->arena;
    const struct value_field uuid = {"instance_uuid",
                                     value_string(arena, arena_printf(arena, "uuid-%s", name))};
    live->ids = value_map(arena, &uuid, 1);
    instance_set(live, "vm", value_string(arena, name));
    report_ids(call);
}

static void clone(struct call *call)
{
    const char *name = value_text(fake_arg(call, "name"));
    struct arena *arena = call->fake->arena;
    const struct value *versions = call->object->live == NULL
                                       ? call->object->others
                                       : instance_get(call->object->live, "versions");
    const char *now =
        call->object->live == NULL ? NULL : instance_text(call->object->live, "vm");
    if (now != NULL && strcmp(now, name) == 0) {
        call->out->kind = OUTCOME_UNCHANGED;
        report_ids(call);
        return;
    }
    VEC(const struct value *) all = {0};
    for (size_t i = 0; i < value_count(versions); i++)
        VEC_PUSH(arena, &all, value_at(versions, i));
    VEC_PUSH(arena, &all, version_of(call, name, false));
    create(call, name);
    struct instance *live = call->object->live;
    use_version(call, name);
    instance_set(live, "memory_locked", value_bool(false));
    instance_set(live, "firmware", value_string(arena, "efi"));
    instance_set(live, "is_template", value_bool(false));
    instance_set(live, "powered_on", value_bool(false));
    instance_set(live, "complete", value_bool(false));
    instance_set(live, "host", fake_arg(call, "host"));
    instance_set(live, "versions", value_list(arena, all.items, all.n));
}

static void destroy_version(struct call *call)
{
    const char *name = value_text(fake_arg(call, "name"));
    struct object *object = call->object;
    const struct value *versions =
        object->live == NULL ? object->others : instance_get(object->live, "versions");
    VEC(const struct value *) kept = {0};
    for (size_t i = 0; i < value_count(versions); i++)
        if (strcmp(value_get_text(value_at(versions, i), "name"), name) != 0)
            VEC_PUSH(call->fake->arena, &kept, value_at(versions, i));
    call->fake->record.destroyed += kept.n < value_count(versions);
    object->others = value_list(call->fake->arena, kept.items, kept.n);
    if (object->live != NULL && strcmp(instance_text(object->live, "vm"), name) == 0)
        object->live = NULL;
    else if (object->live != NULL)
        instance_set(object->live, "versions", object->others);
}

/* Devices by what the arguments count; hardware as it is named. */
static void configure(struct call *call, struct instance *live)
{
    static const char *const hardware[] = {"cpus", "cores_per_socket", "cpu_hot_add",
                                           "mmio_size"};
    struct arena *arena = call->fake->arena;
    const struct value *gpus = fake_arg(call, "gpus"), *vgpu, *card;
    const char *profile = value_get_text(gpus, "profile");
    int64_t count = value_get_int(gpus, "count", 0);
    vgpu = card = value_absent();
    if (profile != NULL)
        vgpu = value_string(arena, gpu_text(arena, count, profile));
    else if (count > 0)
        card = value_string(
            arena,
            gpu_text(arena, count,
                     gpu_device_text(arena, gpu_parse_device(value_get_text(gpus, "device")),
                                     value_get_bool(gpus, "dynamic", false),
                                     value_get_text(gpus, "label"))));
    instance_set(live, "vgpu", vgpu);
    instance_set(live, "passthrough", card);
    instance_set(live, "memory_locked", fake_arg(call, "memory_locked"));
    for (size_t i = 0; i < ARRAY_LEN(hardware); i++)
        if (value_is_known(fake_arg(call, hardware[i])))
            instance_set(live, hardware[i], value_copy(arena, fake_arg(call, hardware[i])));
}

static bool has_gpu(const struct instance *live)
{
    return value_is_known(instance_get(live, "vgpu")) ||
           value_is_known(instance_get(live, "passthrough"));
}

static int template_step(struct call *call, const char *op, struct err *err)
{
    if (strcmp(op, OP_TEMPLATE_CLONE) == 0) {
        clone(call);
        return 0;
    }
    if (strcmp(op, OP_TEMPLATE_DESTROY) == 0) {
        destroy_version(call);
        return 0;
    }
    struct instance *live = call->object->live;
    if (live == NULL)
        return err_set(err, ERR_NOT_FOUND, "no such machine");
    bool on = value_is_true(instance_get(live, "powered_on"));
    bool marked = value_is_true(instance_get(live, "is_template"));
    if (strcmp(op, OP_TEMPLATE_CONFIGURE) == 0) {
        if (on || marked)
            return err_set(err, ERR_CONFLICT, "devices change in machines that are off");
        configure(call, live);
    } else if (strcmp(op, OP_TEMPLATE_START) == 0) {
        if (marked || (has_gpu(live) && !value_is_true(instance_get(live, "memory_locked"))))
            return err_set(err, ERR_CONFLICT, "it cannot be powered on");
        instance_set(live, "powered_on", value_bool(true));
    } else if (strcmp(op, OP_TEMPLATE_SHUTDOWN) == 0) {
        instance_set(live, "powered_on", value_bool(false));
    } else if (strcmp(op, OP_TEMPLATE_MARK) == 0 || strcmp(op, OP_TEMPLATE_UNMARK) == 0) {
        if (on)
            return err_set(err, ERR_CONFLICT, "it runs");
        instance_set(live, "is_template", value_bool(strcmp(op, OP_TEMPLATE_MARK) == 0));
        if (strcmp(op, OP_TEMPLATE_MARK) == 0)
            note_version(call, true);
    } else if (strcmp(op, OP_TEMPLATE_SWITCH) == 0) {
        use_version(call, value_text(fake_arg(call, "name")));
        instance_set(live, "is_template", value_bool(true));
        instance_set(live, "complete", value_bool(true));
    } else {
        return err_set(err, ERR_INTERNAL, "unknown operation %s", op);
    }
    return 0;
}

/* Guests only have to be on: what happens in them is the lab's business. */
static int guest_step(struct call *call, struct err *err)
{
    const struct instance *live = call->object->live;
    if (live == NULL || !value_is_true(instance_get(live, "powered_on")))
        return err_set(err, ERR_CONFLICT, "the machine is off");
    return 0;
}

int fake_object_perform(struct call *call, struct err *err)
{
    const char *op = call->in->step->op;
    if (strncmp(op, "guest.", 6) == 0)
        return guest_step(call, err);
    if (strncmp(op, "template.", 9) == 0)
        return template_step(call, op, err);
    if (ends_with(op, ".write")) {
        write_all(call);
        return 0;
    }
    if (ends_with(op, ".delete")) {
        destroy(call);
        return 0;
    }
    if (call->object->live == NULL && strcmp(op, OP_BLUEPRINT_AWAIT_TEMPLATE) != 0)
        return err_set(err, ERR_NOT_FOUND, "no such object");
    if (ends_with(op, ".publish"))
        publish(call);
    else if (strcmp(op, OP_ITEM_ASSIGN) == 0)
        instance_set(call->object->live, "catalog.service",
                     value_copy(call->fake->arena, fake_arg(call, "service")));
    else if (strcmp(op, OP_BLUEPRINT_AWAIT_TEMPLATE) != 0)
        return err_set(err, ERR_INTERNAL, "unknown operation %s", op);
    return 0;
}
