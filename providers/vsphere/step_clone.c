/* step_clone.c: a new version of a template: a full clone that carries our mark.
 *
 * The clone is born with lineage, address and nonce in its extraConfig; as soon as its instance
 * UUID is known that is written beside them, and from then on the mark is valid for this very
 * machine only. Whoever copies the machine copies the mark, but not the UUID. A version that is
 * there already is taken over only when its mark is ours (design: nothing is created twice).
 */
#include <string.h>

#include "arena.h"
#include "step_common.h"

enum { CLONE_MS = 4 * 3600000, MARK_MS = 600000 };

struct clone {
    struct vc *vc;
    const struct step_call *call;
    struct outcome *outcome;
    const char *base, *name, *host;
    struct machine_row *source, *found; /* found: a machine of the name, or NULL */
    const struct host_row *target;
    struct ref pool;
};

/* ---- finishing ---- */

static void report_ids(struct clone *clone, struct ref vm, const char *uuid)
{
    struct arena *arena = clone->vc->arena;
    const struct value_field fields[] = {
        {"vm", value_string(arena, vm.id)},
        {"instance_uuid", uuid == NULL ? value_absent() : value_string(arena, uuid)},
        {"name", value_string(arena, clone->name)}};
    clone->outcome->ids = value_map(arena, fields, ARRAY_LEN(fields));
}

static int write_mark(struct clone *clone, struct ref vm, const char *uuid, struct err *err)
{
    const struct wire_option options[] = {{MARK_LINEAGE, clone->call->lineage},
                                          {MARK_ADDRESS, clone->call->step->address},
                                          {MARK_NONCE, clone->call->nonce},
                                          {MARK_UUID, uuid}};
    const struct wire_reconfig reconfig = {
        .vm = vm, .options = options, .n_options = ARRAY_LEN(options)};
    CLEANUP(wire_release) struct wire wire;
    wire_reconfig(&wire, &reconfig);
    const struct task_run run = {&wire, MARK_MS};
    if (task_run(clone->vc, &run, NULL, err) < 0)
        return err_wrap(err, "marking %s", clone->name);
    return 0;
}

/* The machine is ours; make its mark valid. */
static int finish(struct clone *clone, struct ref vm, struct err *err)
{
    static const char *const paths[] = {"config.instanceUuid", NULL};
    const struct xml_node *object;
    report_ids(clone, vm, NULL);
    if (props_read(clone->vc, vm, paths, &object, err) < 0)
        return err_wrap(err, "%s was cloned, but", clone->name);
    const char *uuid = props_text(object, "config.instanceUuid");
    if (uuid == NULL)
        return err_set(err, ERR_INVALID, "%s was cloned, but its identity is not readable",
                       clone->name);
    report_ids(clone, vm, uuid);
    return write_mark(clone, vm, uuid, err);
}

static int refuse_found(const struct clone *clone, struct err *err)
{
    const struct mark *mark = &clone->found->mark;
    if (mark->own)
        return err_set(err, ERR_CONFLICT, "%s exists and belongs to %s of lineage %s",
                       clone->name, mark->address, mark->lineage);
    if (mark->address != NULL)
        return err_set(err, ERR_CONFLICT,
                       "%s exists and is somebody's copy of a machine of %s: not ours",
                       clone->name, mark->address);
    return err_set(err, ERR_CONFLICT, "%s exists and is not gridform's: it carries no mark",
                   clone->name);
}

static int take_over(struct clone *clone, struct err *err)
{
    const struct machine_row *found = clone->found;
    clone->outcome->kind = OUTCOME_UNCHANGED;
    if (!step_mark_is_ours(found, clone->call))
        return refuse_found(clone, err);
    if (!found->mark.own)
        return finish(clone, found->ref, err);
    report_ids(clone, found->ref, found->uuid);
    return 0;
}

/* ---- looking ---- */

static int find_source(struct clone *clone, const struct inventory *inventory, struct err *err)
{
    size_t n = 0;
    clone->source = inventory_machine(inventory, clone->base, &n);
    if (n != 1)
        return n == 0
                   ? err_set(err, ERR_NOT_FOUND, "no machine is called %s", clone->base)
                   : err_set(err, ERR_CONFLICT, "%zu machines are called %s", n, clone->base);
    if (clone->source->on)
        return err_set(err, ERR_CONFLICT, "%s is powered on: only a machine at rest is cloned",
                       clone->base);
    clone->target = inventory_host(inventory, clone->host);
    const struct cluster_row *cluster =
        clone->target == NULL ? NULL
                              : inventory_cluster_by_id(inventory, clone->target->parent.id);
    if (cluster == NULL || cluster->pool.id == NULL)
        return err_set(err, ERR_NOT_FOUND, "vCenter has no host %s with a resource pool",
                       clone->host);
    clone->pool = cluster->pool;
    return 0;
}

/* A machine of the name may still be under construction: its mark counts once that is over. The
 * task of a clone is one of its source, so that is awaited when there is no mark at all. */
static int look(struct clone *clone, struct err *err)
{
    struct inventory inventory;
    size_t n = 0;
    if (inventory_read(clone->vc, INVENTORY_HOSTS | INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    clone->found = inventory_machine(&inventory, clone->name, &n);
    if (n > 1)
        return err_set(err, ERR_CONFLICT, "%zu machines are called %s", n, clone->name);
    if (clone->found == NULL)
        return find_source(clone, &inventory, err);
    if (task_settle(clone->vc, clone->found->ref, CLONE_MS, err) < 0)
        return -1;
    if (step_machine(clone->vc, clone->name, &clone->found, err) < 0)
        return -1;
    const struct machine_row *source = inventory_machine(&inventory, clone->base, &n);
    if (clone->found == NULL)
        return find_source(clone, &inventory, err);
    if (clone->found->mark.address != NULL || n != 1)
        return 0;
    if (task_settle(clone->vc, source->ref, CLONE_MS, err) < 0)
        return -1;
    if (step_machine(clone->vc, clone->name, &clone->found, err) < 0)
        return -1;
    return clone->found == NULL ? find_source(clone, &inventory, err) : 0;
}

/* ---- cloning ---- */

static int write_clone(struct clone *clone, struct wire *wire, struct err *err)
{
    static const char *const paths[] = {"parent", "datastore", NULL};
    struct arena *arena = clone->vc->arena;
    const struct xml_node *object;
    if (props_read(clone->vc, clone->source->ref, paths, &object, err) < 0)
        return -1;
    /* Of several, one may only hold an image in the CD drive: then the clone goes where its
     * source is, as vCenter does when none is named. */
    const struct xml_node *datastores = props_get(object, "datastore");
    bool single = datastores != NULL && datastores->children != NULL &&
                  datastores->children->next == NULL;
    const struct wire_option options[] = {{MARK_LINEAGE, clone->call->lineage},
                                          {MARK_ADDRESS, clone->call->step->address},
                                          {MARK_NONCE, clone->call->nonce}};
    const struct wire_clone request = {.source = clone->source->ref,
                                       .folder = props_ref(arena, object, "parent"),
                                       .datastore =
                                           ref_of(arena, single ? datastores->children : NULL),
                                       .pool = clone->pool,
                                       .host = clone->target->ref,
                                       .name = name_escape(arena, clone->name),
                                       .options = options,
                                       .n_options = ARRAY_LEN(options)};
    if (request.folder.id == NULL)
        return err_set(err, ERR_INVALID, "%s is in no folder", clone->base);
    wire_clone(wire, &request);
    return 0;
}

static int make(struct clone *clone, struct err *err)
{
    const struct xml_node *result = NULL;
    struct wire wire;
    if (write_clone(clone, &wire, err) < 0)
        return -1;
    const struct task_run run = {&wire, CLONE_MS};
    clone->outcome->kind = OUTCOME_DONE;
    int made = task_run(clone->vc, &run, &result, err);
    wire_release(&wire);
    if (made < 0)
        return -1;
    struct ref vm = ref_of(clone->vc->arena, result);
    if (vm.id == NULL)
        return err_set(err, ERR_UNCERTAIN, "the clone task does not name its machine");
    return finish(clone, vm, err);
}

/* After a failure that may hide a success, or another's clone of the same source. The original
 * error stays unless the look finds the machine. */
static bool is_doubtful(const struct err *err)
{
    return err->code == ERR_UNCERTAIN || err->code == ERR_BUSY || err->code == ERR_CONFLICT;
}

int step_clone(struct vc *vc, const struct step_call *call, struct outcome *outcome,
               struct err *err)
{
    struct clone clone = {.vc = vc, .call = call, .outcome = outcome};
    if (vsphere_step_text(call, "base", &clone.base, err) < 0 ||
        vsphere_step_text(call, "name", &clone.name, err) < 0 ||
        vsphere_step_text(call, "host", &clone.host, err) < 0)
        return -1;
    struct pause pause = pause_until(vc, CLONE_MS);
    for (;;) {
        struct err failure;
        if (look(&clone, err) < 0)
            return -1;
        if (clone.found != NULL)
            return take_over(&clone, err);
        if (make(&clone, err) == 0)
            return 0;
        if (!is_doubtful(err) || outcome->ids != NULL)
            return -1;
        failure = *err;
        if (task_settle(vc, clone.source->ref, CLONE_MS, err) < 0 || look(&clone, err) < 0)
            return -1;
        if (clone.found != NULL)
            return take_over(&clone, err);
        *err = failure;
        if (err->code != ERR_BUSY || pause_next(vc, &pause, err) < 0)
            return -1;
    }
}
