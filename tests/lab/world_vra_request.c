/* world_vra_request.c: a user requests machines of a published blueprint. Each becomes a full
 * clone of the template: devices, annotation and extraConfig come with it, and the memory
 * reservation only when the blueprint asks for it (VMware.Memory.Reservation, vra7-api.md
 * §12.11). A machine with a vGPU starts only with all of its memory reserved and on a card
 * with a free slot. */
#include "world_vra.h"

#include <inttypes.h>
#include <string.h>

#include "num.h"

/* What the blueprint says of its machine, resolved. */
struct request {
    const char *blueprint;
    const struct vm *template;
    struct vra_object *prefix;
    const char *cluster; /* of the reservation; NULL: any host */
    int64_t quota;       /* powered-on machines of the reservation; 0: no limit */
    int64_t cpus, memory_mb, reservation_mb, most;
};

struct place {
    struct host *host;
    struct gpu *gpu; /* NULL for a machine without a vGPU */
};

static const json_t *machine_data(const json_t *document)
{
    const char *key;
    json_t *component;
    json_object_foreach(json_object_get(document, "components"), key, component)
    {
        const char *type = json_string_value(json_object_get(component, "type"));
        if (type != NULL && strcmp(type, VRA_MACHINE_TYPE) == 0)
            return json_object_get(component, "data");
    }
    return NULL;
}

static int64_t number_in(const json_t *data, const char *field, int64_t otherwise)
{
    const json_t *value = vra_facet(data, field);
    int64_t number;
    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_string(value) && num_i64(json_string_value(value), &number) == 0)
        return number;
    return otherwise;
}

static const struct vm *template_of(const struct world *world, const char *guid)
{
    for (size_t i = 0; i < world->vms.n; i++) {
        const struct vm *vm = world->vms.items[i];
        char own[37];
        if (vm->gone || !vm->template)
            continue;
        vra_guid_of("source-machine", vm->instance_uuid, own);
        if (strcmp(own, guid) == 0)
            return vm;
    }
    return NULL;
}

/* The value of `key` among the entries of a literal map. */
static const json_t *entry_value(const json_t *map, const char *key)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(map, "entries"), i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "key")), key) == 0)
            return json_object_get(entry, "value");
    }
    return NULL;
}

static bool reservation_fits(const struct world *world, const json_t *reservation,
                             const char *policy)
{
    const char *id = json_string_value(json_object_get(reservation, "reservationPolicyId"));
    if (!json_is_true(json_object_get(reservation, "enabled")))
        return false;
    if (policy == NULL)
        return true;
    const struct vra_object *wanted =
        vra_list_by(&world->vra.reservation_policies, "name", policy);
    return wanted != NULL && id != NULL && strcmp(id, wanted->id) == 0;
}

static int request_reserve(struct world *world, struct request *request, const json_t *data,
                           struct err *err)
{
    const char *policy = vra_facet_id(data, "reservation_policy");
    const struct vra_list *list = &world->vra.reservations;
    for (size_t i = 0; i < list->items.n; i++) {
        const json_t *body = list->items.items[i]->body;
        if (!reservation_fits(world, body, policy))
            continue;
        const json_t *extension = json_object_get(body, "extensionData");
        const json_t *resource = entry_value(extension, "computeResource");
        request->cluster = json_string_value(json_object_get(resource, "label"));
        request->quota = json_integer_value(
            json_object_get(entry_value(extension, "machineQuota"), "value"));
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "no reservation is available for the reservation policy %s",
                   policy != NULL ? policy : "(none)");
}

static struct vra_object *default_prefix(const struct world *world)
{
    const struct vra *vra = &world->vra;
    for (size_t i = 0; i < vra->business_groups.items.n; i++) {
        const json_t *body = vra->business_groups.items.items[i]->body;
        const json_t *literal =
            entry_value(json_object_get(body, "extensionData"), "iaas-machine-prefix");
        const char *id = json_string_value(json_object_get(literal, "value"));
        if (id != NULL)
            return vra_list_find(&vra->machine_prefixes, id);
    }
    return NULL;
}

static int request_resolve(struct world *world, const struct vra_object *blueprint,
                           struct request *request, struct err *err)
{
    const json_t *data = machine_data(blueprint->body);
    if (data == NULL)
        return err_set(err, ERR_INVALID, "blueprint %s has no vSphere machine", blueprint->id);
    const char *source = vra_facet_id(data, "source_machine");
    request->template = source != NULL ? template_of(world, source) : NULL;
    if (request->template == NULL)
        return err_set(err, ERR_NOT_FOUND, "the template of blueprint %s does not exist",
                       blueprint->id);
    const char *prefix = vra_facet_id(data, "machine_prefix");
    request->prefix = prefix != NULL && strcmp(prefix, "Use group default") != 0
                          ? vra_list_by(&world->vra.machine_prefixes, "name", prefix)
                          : default_prefix(world);
    if (request->prefix == NULL)
        return err_set(err, ERR_INVALID, "blueprint %s has no machine prefix", blueprint->id);
    request->blueprint = blueprint->id;
    request->cpus = number_in(data, "cpu", (int64_t)request->template->cpus);
    request->memory_mb = number_in(data, "memory", request->template->memory_mb);
    request->reservation_mb = number_in(data, "VMware.Memory.Reservation", 0);
    const json_t *most = json_object_get(json_object_get(data, "_cluster"), "max");
    request->most =
        json_is_integer(most) ? json_integer_value(most) : number_in(data, "_cluster", 1);
    return request_reserve(world, request, data, err);
}

/* ---- placement -------------------------------------------------------------------------- */

static const char *vgpu_of(const struct vm *vm)
{
    VEC_EACH (struct device, device, vm->devices) {
        if (device->kind == DEVICE_VGPU)
            return device->vgpu_profile;
    }
    return NULL;
}

static bool host_is_usable(const struct host *host, const struct request *request)
{
    return host->state == HOST_CONNECTED && !host->in_maintenance &&
           (request->cluster == NULL || host->cluster == NULL ||
            strcmp(host->cluster, request->cluster) == 0);
}

/* The card that the host's assignment policy prefers for one more `profile`. */
static struct gpu *pick_gpu(struct world *world, struct host *host, const char *profile,
                            unsigned *ret_free)
{
    struct gpu *best = NULL;
    unsigned best_free = 0, total = 0;
    VEC_EACH (struct gpu, gpu, host->gpus) {
        unsigned slots = gpu_free_slots(world, host, gpu, profile);
        bool consolidate = host->policy == POLICY_CONSOLIDATION;
        total += slots;
        if (slots > 0 &&
            (best == NULL || (consolidate ? slots < best_free : slots > best_free))) {
            best = gpu;
            best_free = slots;
        }
    }
    *ret_free = total;
    return best;
}

/* Hosts with the most free slots first, so that machines spread. */
static bool find_place(struct world *world, const struct request *request,
                       struct place *ret_place)
{
    const char *profile = vgpu_of(request->template);
    struct place best = {0};
    unsigned best_score = 0;
    for (size_t i = 0; i < world->hosts.n; i++) {
        struct host *host = world->hosts.items[i];
        unsigned slots = 0;
        if (!host_is_usable(host, request))
            continue;
        struct gpu *gpu = profile != NULL ? pick_gpu(world, host, profile, &slots) : NULL;
        unsigned busy = host_powered_on(world, host);
        unsigned score = profile != NULL ? slots : (busy < 1000 ? 1000 - busy : 1);
        if (score > best_score) {
            best = (struct place){.host = host, .gpu = gpu};
            best_score = score;
        }
    }
    *ret_place = best;
    return best.host != NULL;
}

/* ---- the clone -------------------------------------------------------------------------- */

/* The next number of the prefix that no machine has. */
static char *next_name(struct world *world, struct vra_object *prefix)
{
    int64_t number = json_integer_value(json_object_get(prefix->body, "nextMachineNo"));
    int digits = (int)json_integer_value(json_object_get(prefix->body, "machineNumberLength"));
    const char *start = json_string_value(json_object_get(prefix->body, "name"));
    char *name = NULL;
    do {
        name = arena_printf(world->arena, "%s%0*" PRId64, start, digits, number++);
    } while (world_vm(world, name) != NULL);
    json_object_set_new(prefix->body, "nextMachineNo", json_integer(number));
    return name;
}

static void copy_contents(struct world *world, const struct vm *from, struct vm *to)
{
    memset(&to->devices, 0, sizeof(to->devices));
    memset(&to->extra, 0, sizeof(to->extra));
    VEC_EACH (struct device, device, from->devices)
        VEC_PUSH(world->arena, &to->devices, *device);
    VEC_EACH (struct key_value, entry, from->extra)
        VEC_PUSH(world->arena, &to->extra, *entry);
}

static struct vm *make_clone(struct world *world, const struct request *request,
                             struct host *host)
{
    struct vm *vm = ARENA_NEW(world->arena, struct vm);
    *vm = *request->template;
    vm->moref = world_new_id(world, "vm-");
    vm->name = next_name(world, request->prefix);
    vm->host = host->name;
    vm->template = false;
    vm->power = POWERED_OFF;
    vm->uuid = world_guid(world);
    vm->instance_uuid = world_guid(world);
    vm->made_by = world_strdup(world, "vra");
    vm->cpus = (unsigned)request->cpus;
    if (vm->cores_per_socket == 0 || vm->cpus % vm->cores_per_socket != 0)
        vm->cores_per_socket = 1;
    vm->memory_mb = request->memory_mb;
    vm->memory_reservation_mb = request->reservation_mb;
    vm->memory_locked = request->reservation_mb >= request->memory_mb;
    vm->power_off_at = 0;
    vm->gpu = NULL;
    vm->busy = NULL;
    copy_contents(world, request->template, vm);
    VEC_PUSH(world->arena, &world->vms, vm);
    vm_touch(world, vm);
    world_event(world, "vm_created", vm->name, request->blueprint);
    return vm;
}

static int64_t machines_of_vra(const struct world *world)
{
    int64_t n = 0;
    for (size_t i = 0; i < world->vms.n; i++) {
        const struct vm *vm = world->vms.items[i];
        n += !vm->gone && vm->power == POWERED_ON && vm->made_by != NULL &&
             strcmp(vm->made_by, "vra") == 0;
    }
    return n;
}

static int make_machine(struct world *world, const struct request *request, struct err *err)
{
    const char *profile = vgpu_of(request->template);
    struct place place;
    if (request->quota > 0 && machines_of_vra(world) >= request->quota)
        return err_set(err, ERR_DENIED,
                       "the machine quota of the reservation (%" PRId64 ") is used up",
                       request->quota);
    if (!find_place(world, request, &place))
        return err_set(err, ERR_BUSY,
                       profile != NULL ? "no host has a free slot of vGPU profile %s"
                                       : "no host can take a machine%s",
                       profile != NULL ? profile : "");
    struct vm *vm = make_clone(world, request, place.host);
    if (profile != NULL && !vm->memory_locked)
        return err_set(err, ERR_INVALID,
                       "%s does not power on: a machine with a vGPU needs all "
                       "of its memory reserved (%" PRId64 " of %" PRId64 " MB)",
                       vm->name, vm->memory_reservation_mb, vm->memory_mb);
    vm->power = POWERED_ON;
    vm->gpu = place.gpu != NULL ? place.gpu->pci_id : NULL;
    vm_touch(world, vm);
    world_event(world, "vm_powered_on", vm->name, place.host->name);
    return 0;
}

int world_vra_request(struct world *world, const char *blueprint_id, unsigned machines,
                      struct err *err)
{
    struct request request = {0};
    const struct vra_object *blueprint = vra_list_find(&world->vra.blueprints, blueprint_id);
    const char *status = blueprint == NULL
                             ? NULL
                             : json_string_value(json_object_get(blueprint->body, "status"));
    if (status == NULL || strcmp(status, "PUBLISHED") != 0)
        return err_set(err, ERR_NOT_FOUND, "no published blueprint %s", blueprint_id);
    if (request_resolve(world, blueprint, &request, err) < 0)
        return err_wrap(err, "request of %s", blueprint_id);
    if (machines == 0 || (int64_t)machines > request.most)
        return err_set(err, ERR_INVALID,
                       "request of %s: %u machines, allowed are 1 to %" PRId64, blueprint_id,
                       machines, request.most);
    for (unsigned i = 0; i < machines; i++) {
        if (make_machine(world, &request, err) < 0)
            return err_wrap(err, "request of %s: machine %u of %u", blueprint_id, i + 1,
                            machines);
    }
    return 0;
}

/* ---- what must hold at any moment ---------------------------------------------------------
 */

void world_vra_check(struct world *world)
{
    for (size_t i = 0; i < world->vra.blueprints.items.n; i++) {
        const struct vra_object *blueprint = world->vra.blueprints.items.items[i];
        const char *status = json_string_value(json_object_get(blueprint->body, "status"));
        const json_t *data =
            status != NULL && strcmp(status, "PUBLISHED") == 0 && !blueprint->gone
                ? machine_data(blueprint->body)
                : NULL;
        const char *source = data == NULL ? NULL : vra_facet_id(data, "source_machine");
        const struct vm *vm = source == NULL ? NULL : template_of(world, source);
        if (source != NULL && (vm == NULL || !vm->template))
            world_event(world, "vra_source_gone", blueprint->id, source);
    }
}
