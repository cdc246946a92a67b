/* step_configure.c: the virtual hardware of a version: GPUs, memory reservation, 64-bit MMIO,
 * topology, in one reconfiguration (vsphere-api.md §7.1 to §7.7).
 *
 * There is no name to know a device by: what is there is counted by what it is backed with,
 * surplus goes, what is missing comes. Cards that are bound (fixed) are those that the host
 * offers and no running machine holds.
 */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "gpu.h"
#include "num.h"
#include "step_common.h"
#include "vec.h"

enum { CONFIGURE_MS = 600000, VENDOR_NVIDIA = 0x10de, DYNAMIC_HARDWARE = 17, GIB_SHIFT = 30 };

/* A card that machines of the host may be given. */
struct target {
    struct wire_gpu gpu;
    bool running, assigned; /* held by another machine that runs; by any other */
    bool kept;              /* this machine has it already */
};

struct configure {
    struct vc *vc;
    const struct machine_row *machine;
    /* Wanted. */
    struct gpu_want gpus; /* count 0: none */
    bool dynamic;
    const char *label, *word; /* word: how one device is compared */
    bool locked;
    int64_t cpus, cores_per_socket, mmio_gb; /* 0: as it is */
    bool no_hot_add;
    const char *firmware; /* NULL: as it is */
    /* Seen. */
    VEC(struct target) targets;
    VEC(const struct xml_node *) surplus;
    VEC(struct wire_gpu) missing;
    int64_t n_kept, have_cpus, have_cores, have_mmio_gb;
    bool have_locked, have_hot_add;
    const char *have_firmware, *have_version, *change_version;
};

static bool wants_fixed(const struct configure *c)
{
    return c->gpus.count > 0 && c->gpus.profile == NULL && !c->dynamic;
}

/* ---- what is wanted ---------------------------------------------------------------------- */

static void take_gpus(struct configure *c, const struct value *gpus)
{
    const char *device = value_get_text(gpus, "device");
    c->gpus = (struct gpu_want){.profile = value_get_text(gpus, "profile"),
                                .device = gpu_parse_device(device),
                                .count = value_get_int(gpus, "count", 0)};
    c->dynamic = value_get_bool(gpus, "dynamic", false);
    c->label = value_get_text(gpus, "label");
    c->word = c->gpus.profile != NULL
                  ? c->gpus.profile
                  : gpu_device_text(c->vc->arena, c->gpus.device, c->dynamic, c->label);
}

static void take_wishes(struct configure *c, const struct value *args)
{
    int64_t mmio = value_get_int(args, "mmio_size", 0);
    take_gpus(c, value_get(args, "gpus"));
    c->locked = value_get_bool(args, "memory_locked", false);
    c->cpus = value_get_int(args, "cpus", 0);
    c->cores_per_socket = value_get_int(args, "cores_per_socket", 0);
    c->no_hot_add = !value_get_bool(args, "cpu_hot_add", true);
    c->firmware = value_get_text(args, "firmware");
    c->mmio_gb = (mmio >> GIB_SHIFT) + ((mmio & ((1 << GIB_SHIFT) - 1)) != 0);
}

/* ---- cards of the host ------------------------------------------------------------------- */

/* deviceId is a signed short on the wire, and so is vendorId, which goes back as it came. */
static void take_target(struct configure *c, const struct xml_node *info)
{
    struct arena *arena = c->vc->arena;
    const struct xml_node *device = xml_child(info, "pciDevice");
    const char *id = xml_text_at(device, "id"), *system = xml_text_at(info, "systemId");
    const char *name = xml_text_at(device, "deviceName");
    int32_t vendor, number;
    if (id == NULL || system == NULL || xml_i32(xml_child(device, "vendorId"), &vendor) < 0 ||
        xml_i32(xml_child(device, "deviceId"), &number) < 0 ||
        ((unsigned)vendor & 0xffff) != VENDOR_NVIDIA ||
        ((unsigned)number & 0xffff) != c->gpus.device)
        return;
    const struct wire_gpu gpu = {.id = arena_strdup(arena, id),
                                 .name = arena_strdup(arena, name == NULL ? "" : name),
                                 .system_id = arena_strdup(arena, system),
                                 .vendor = vendor,
                                 .device = (unsigned)number & 0xffff};
    VEC_PUSH(arena, &c->targets, (struct target){.gpu = gpu});
}

static int query_targets(struct configure *c, struct ref host, struct err *err)
{
    static const char *const paths[] = {"environmentBrowser", NULL};
    struct vc *vc = c->vc;
    const struct xml_node *object;
    struct soap_reply reply;
    if (props_read(vc, c->machine->ref, paths, &object, err) < 0)
        return -1;
    struct ref browser = props_ref(vc->arena, object, "environmentBrowser");
    if (browser.id == NULL)
        return err_set(err, ERR_INVALID, "vCenter does not say what %s can be given",
                       c->machine->name);
    CLEANUP(wire_release) struct wire wire;
    wire_config_target(&wire, browser, host);
    if (session_call(vc, &wire, &reply, err) < 0)
        return err_wrap(err, "asking which cards are passed through");
    XML_EACH(it, xml_child(reply.response, "returnval"), "pciPassthrough")
    take_target(c, it);
    return 0;
}

static void mark_held(struct configure *c, const struct machine_row *machine)
{
    for (size_t i = 0; i < machine->n_cards; i++)
        VEC_EACH (struct target, it, c->targets) {
            if (strcmp(it->gpu.id, machine->cards[i]) != 0)
                continue;
            it->assigned = true;
            it->running = it->running || machine->on;
        }
}

/* Who else on the host holds cards. */
static int find_holders(struct configure *c, struct err *err)
{
    struct inventory inventory;
    VEC(struct machine_row *) others = {0};
    if (inventory_read(c->vc, INVENTORY_MACHINES, &inventory, err) < 0)
        return -1;
    for (size_t i = 0; i < inventory.n_machines; i++) {
        struct machine_row *it = inventory.machines[i];
        if (it->host_id != NULL && strcmp(it->host_id, c->machine->host_id) == 0 &&
            it->may_have_gpu && strcmp(it->ref.id, c->machine->ref.id) != 0)
            VEC_PUSH(c->vc->arena, &others, it);
    }
    if (machines_read_devices(c->vc, others.items, others.n, false, err) < 0)
        return -1;
    for (size_t i = 0; i < others.n; i++)
        mark_held(c, others.items[i]);
    return 0;
}

static int find_targets(struct configure *c, struct err *err)
{
    if (!wants_fixed(c))
        return 0;
    if (c->machine->host_id == NULL)
        return err_set(err, ERR_INVALID, "%s is on no host", c->machine->name);
    if (query_targets(c, (struct ref){"HostSystem", c->machine->host_id}, err) < 0)
        return -1;
    return find_holders(c, err);
}

/* ---- what is there ----------------------------------------------------------------------- */

/* A card that the host offers, that nobody else runs with, and that is not counted twice. */
static bool keeps_card(struct configure *c, const char *card)
{
    VEC_EACH (struct target, it, c->targets) {
        if (card == NULL || strcmp(it->gpu.id, card) != 0)
            continue;
        bool usable = !it->running && !it->kept;
        it->kept = true;
        return usable;
    }
    return false;
}

static void look_at_devices(struct configure *c, const struct xml_node *devices)
{
    c->surplus.n = 0;
    c->n_kept = 0;
    VEC_EACH (struct target, it, c->targets)
        it->kept = false;
    XML_EACH_CHILD(it, devices)
    {
        const char *card = NULL, *word = device_vgpu(it);
        if (word == NULL)
            word = device_card(it, c->vc->arena, &card);
        if (word == NULL)
            continue;
        if (c->n_kept < c->gpus.count && strcmp(word, c->word) == 0 &&
            (!wants_fixed(c) || keeps_card(c, card)))
            c->n_kept++;
        else
            VEC_PUSH(c->vc->arena, &c->surplus, it);
    }
}

static int64_t number_at(const struct xml_node *object, const char *path)
{
    int64_t value;
    return xml_i64(props_get(object, path), &value) < 0 ? 0 : value;
}

static void look_at_hardware(struct configure *c, const struct xml_node *object)
{
    c->have_locked = props_true(object, "config.memoryReservationLockedToMax");
    c->change_version = props_text(object, "config.changeVersion");
    c->have_cpus = number_at(object, "config.hardware.numCPU");
    c->have_cores = number_at(object, "config.hardware.numCoresPerSocket");
    c->have_hot_add = props_true(object, "config.cpuHotAddEnabled");
    c->have_mmio_gb = options_mmio_gb(props_get(object, "config.extraConfig"));
    c->have_firmware = props_text(object, "config.firmware");
    c->have_version = props_text(object, "config.version");
}

static bool is_reached(const struct configure *c)
{
    return c->surplus.n == 0 && c->n_kept == c->gpus.count && c->have_locked == c->locked &&
           (c->cpus == 0 || c->cpus == c->have_cpus) &&
           (c->cores_per_socket == 0 || c->cores_per_socket == c->have_cores) &&
           !(c->no_hot_add && c->have_hot_add) && c->have_mmio_gb >= c->mmio_gb;
}

static int look(struct vc *vc, void *context, bool *ret_reached, struct err *err)
{
    static const char *const paths[] = {"config.hardware.device",
                                        "config.changeVersion",
                                        "config.memoryReservationLockedToMax",
                                        "config.hardware.numCPU",
                                        "config.hardware.numCoresPerSocket",
                                        "config.cpuHotAddEnabled",
                                        "config.extraConfig",
                                        "config.firmware",
                                        "config.version",
                                        NULL};
    struct configure *c = context;
    const struct xml_node *object;
    if (props_read(vc, c->machine->ref, paths, &object, err) < 0)
        return -1;
    const struct xml_node *devices = props_get(object, "config.hardware.device");
    if (devices == NULL)
        return err_set(err, ERR_INVALID, "the devices of the machine are not readable");
    look_at_devices(c, devices);
    look_at_hardware(c, object);
    *ret_reached = is_reached(c);
    return 0;
}

/* ---- what cannot be ---------------------------------------------------------------------- */

static int check_firmware(const struct configure *c, struct err *err)
{
    if (c->firmware == NULL || c->have_firmware == NULL ||
        strcmp(c->firmware, c->have_firmware) == 0)
        return 0;
    return err_set(
        err, ERR_DENIED,
        "%s boots with %s and is to boot with %s: its guest would not boot any more; "
        "name a base that was installed with %s",
        c->machine->name, c->have_firmware, c->firmware, c->firmware);
}

static int check_hardware(const struct configure *c, struct err *err)
{
    int64_t cpus = c->cpus > 0 ? c->cpus : c->have_cpus, version = 0;
    if (c->cores_per_socket > 0 && cpus % c->cores_per_socket != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s has %lld vCPUs, which is no multiple of %lld cores per socket: give "
                       "the template cpus",
                       c->machine->name, (long long)cpus, (long long)c->cores_per_socket);
    if (!c->dynamic || c->have_version == NULL || strncmp(c->have_version, "vmx-", 4) != 0 ||
        num_i64(c->have_version + 4, &version) < 0 || version >= DYNAMIC_HARDWARE)
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "%s has hardware version %lld, and dynamic DirectPath needs %d: upgrade the "
                   "compatibility of its base",
                   c->machine->name, (long long)version, DYNAMIC_HARDWARE);
}

/* ---- the change -------------------------------------------------------------------------- */

/* First cards that no machine is set up with, then those of machines that are off. */
static void choose_cards(struct configure *c, int64_t n)
{
    for (int round = 0; round < 2; round++)
        VEC_EACH (const struct target, it, c->targets) {
            if ((int64_t)c->missing.n < n && !it->kept && !it->running &&
                it->assigned == (round == 1))
                VEC_PUSH(c->vc->arena, &c->missing, it->gpu);
        }
}

static int choose(struct configure *c, struct err *err)
{
    int64_t n = c->gpus.count - c->n_kept;
    const struct wire_gpu any = {.profile = c->gpus.profile,
                                 .vendor = VENDOR_NVIDIA,
                                 .device = c->gpus.device,
                                 .label = c->label};
    if (wants_fixed(c))
        choose_cards(c, n);
    else
        while ((int64_t)c->missing.n < n)
            VEC_PUSH(c->vc->arena, &c->missing, any);
    if ((int64_t)c->missing.n < n)
        return err_set(err, ERR_CONFLICT,
                       "the host of %s has %zu free cards %s that are passed through, and %lld "
                       "more are needed",
                       c->machine->name, c->missing.n, c->word, (long long)n);
    return 0;
}

static void write_changes(struct wire *wire, const struct configure *c)
{
    char size[24];
    snprintf(size, sizeof size, "%lld", (long long)c->mmio_gb);
    const struct wire_option options[] = {{"pciPassthru.use64bitMMIO", "TRUE"},
                                          {"pciPassthru.64bitMMIOSizeGB", size}};
    const struct wire_reconfig reconfig = {
        .vm = c->machine->ref,
        .change_version = c->change_version,
        .remove = c->surplus.items,
        .n_remove = c->surplus.n,
        .add = c->missing.items,
        .n_add = c->missing.n,
        .options = options,
        .n_options = c->have_mmio_gb < c->mmio_gb ? ARRAY_LEN(options) : 0,
        .cpus = c->cpus == c->have_cpus ? 0 : c->cpus,
        .cores_per_socket = c->cores_per_socket == c->have_cores ? 0 : c->cores_per_socket,
        .cpu_hot_add = c->no_hot_add && c->have_hot_add ? WIRE_FALSE : WIRE_KEEP,
        .memory_locked = c->have_locked == c->locked ? WIRE_KEEP
                         : c->locked                 ? WIRE_TRUE
                                                     : WIRE_FALSE};
    wire_reconfig(wire, &reconfig);
}

static int change(struct configure *c, struct outcome *outcome, struct err *err)
{
    CLEANUP(wire_release) struct wire wire;
    write_changes(&wire, c);
    const struct change_plan plan = {.entity = c->machine->ref,
                                     .look = look,
                                     .context = c,
                                     .wire = &wire,
                                     .task = true,
                                     .timeout_ms = CONFIGURE_MS};
    if (change_make(c->vc, &plan, &outcome->kind, err) == 0)
        return 0;
    return fault_is(&c->vc->fault, "ConcurrentAccess")
               ? err_wrap(err, "somebody else changed %s meanwhile", c->machine->name)
               : -1;
}

int step_configure(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                   struct err *err)
{
    struct machine_row *machine;
    bool reached = false;
    if (step_own_machine(vc, call, &machine, err) < 0)
        return -1;
    struct configure c = {.vc = vc, .machine = machine};
    take_wishes(&c, call->step->args);
    outcome->kind = OUTCOME_UNCHANGED;
    if (find_targets(&c, err) < 0 || look(vc, &c, &reached, err) < 0 ||
        check_firmware(&c, err) < 0)
        return -1;
    if (reached)
        return 0;
    if (machine->template || machine->on)
        return err_set(err, ERR_CONFLICT, "%s is %s: its devices cannot be changed",
                       machine->name, machine->template ? "a template" : "powered on");
    if (check_hardware(&c, err) < 0 || choose(&c, err) < 0)
        return -1;
    return change(&c, outcome, err);
}
