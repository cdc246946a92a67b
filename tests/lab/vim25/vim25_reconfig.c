/* vim25_reconfig.c: a VirtualMachineConfigSpec: what is refused, and what it changes
 * (vsphere-api.md §7). Fields that the world has no place for are refused by name rather than
 * forgotten. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "vim25_call.h"

enum { FIRST_KEY = 13000, DEVICES_MAX = 64 };

static int refuse(struct fault *fault, const char *type, const char *format, ...)
    PRINTF_LIKE(3, 4);

static int refuse(struct fault *fault, const char *type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault->message, sizeof(fault->message), format, args);
    va_end(args);
    fault->type = type;
    fault->detail = NULL;
    return -1;
}

static int refuse_property(struct call *call, struct fault *fault, const char *property)
{
    refuse(fault, "InvalidArgument", "A specified parameter was not correct: spec.%s",
           property);
    fault->detail = arena_printf(call->world->arena,
                                 "<invalidProperty>spec.%s</invalidProperty>", property);
    return -1;
}

static int refuse_device(struct call *call, struct fault *fault, const char *type, int index,
                         const char *message)
{
    refuse(fault, type, "%s", message);
    fault->detail = arena_printf(call->world->arena,
                                 "<property>virtualDeviceSpec.device</property>"
                                 "<deviceIndex>%d</deviceIndex>",
                                 index);
    return -1;
}

/* ---- devices
 * ---------------------------------------------------------------------------------- */

static struct device *find_device(const struct vm *vm, int64_t key)
{
    VEC_EACH (struct device, it, vm->devices)
        if (it->key == key)
            return it;
    return NULL;
}

static int64_t change_key(const xmlNode *change)
{
    return node_number(node_child(node_child(change, "device"), "key"), 0);
}

static const char *operation(struct call *call, const xmlNode *change)
{
    return node_text(call->arena, node_child(change, "operation"));
}

/* Two new devices may not share a key (§1 rule 8). */
static bool key_repeats(struct call *call, const xmlNode *change)
{
    for (const xmlNode *it = node_next(change); it != NULL; it = node_next(it))
        if (strcmp(operation(call, it), "add") == 0 && change_key(it) == change_key(change))
            return true;
    return false;
}

/* What QueryConfigTarget says of the device, or the machine would not power on (§7.3). */
static int check_fixed(struct call *call, const struct vm *vm, const xmlNode *backing,
                       int index, struct fault *fault)
{
    struct host *host = world_host(call->world, vm->host);
    struct gpu *gpu =
        host == NULL ? NULL : host_gpu(host, node_text(call->arena, node_child(backing, "id")));
    if (gpu == NULL)
        return refuse_device(call, fault, "InvalidDeviceBacking", index,
                             "The PCI device does not exist on the host.");
    const char *device = arena_printf(call->arena, "%x", gpu->device_id);
    const char *given = node_text(call->arena, node_child(backing, "deviceId"));
    while (*given == '0')
        given++;
    if (strcmp(node_text(call->arena, node_child(backing, "systemId")), host->uuid) != 0 ||
        (*given != '\0' && strcmp(given, device) != 0) ||
        node_number(node_child(backing, "vendorId"), 0) != (int16_t)gpu->vendor_id)
        return refuse_device(call, fault, "InvalidDeviceBacking", index,
                             "The systemId does not match the current system or the deviceId, "
                             "and the vendorId does not match the device");
    return 0;
}

/* From vSphere 7.0 and hardware version 17 on (§7.4). */
static int check_dynamic(struct call *call, const struct vm *vm, const xmlNode *backing,
                         int index, struct fault *fault)
{
    const xmlNode *allowed = node_child(backing, "allowedDevice");
    int64_t version = strncmp(vm->version, "vmx-", 4) == 0 ? atoll(vm->version + 4) : 0;
    if (version < 17)
        return refuse_device(call, fault, "DeviceUnsupportedForVmVersion", index,
                             "Dynamic devices need hardware version 17.");
    if (node_number(node_child(allowed, "vendorId"), 0) != 0x10de ||
        node_number(node_child(allowed, "deviceId"), 0) == 0)
        return refuse_device(call, fault, "InvalidDeviceBacking", index,
                             "The device names no model.");
    return 0;
}

static int check_backing(struct call *call, const struct vm *vm, const xmlNode *device,
                         int index, struct fault *fault)
{
    const xmlNode *backing = node_child(device, "backing");
    const char *type = backing == NULL ? NULL : node_xsi_type(call->arena, backing);
    const char *device_type = node_xsi_type(call->arena, device);
    if (strcmp(device_type, "VirtualPCIPassthrough") != 0 || type == NULL)
        return refuse(fault, "NotSupported", "Devices of type %s cannot be added here.",
                      device_type);
    if (strcmp(type, "VirtualPCIPassthroughVmiopBackingInfo") == 0) {
        if (*node_text(call->arena, node_child(backing, "vgpu")) == '\0')
            return refuse_device(call, fault, "InvalidDeviceBacking", index,
                                 "The device has no vGPU profile.");
        return 0;
    }
    if (strcmp(type, "VirtualPCIPassthroughDynamicBackingInfo") == 0)
        return check_dynamic(call, vm, backing, index, fault);
    if (strcmp(type, "VirtualPCIPassthroughDeviceBackingInfo") != 0)
        return refuse(fault, "NotSupported", "Backings of type %s are not supported here.",
                      type);
    return check_fixed(call, vm, backing, index, fault);
}

static int check_change(struct call *call, const struct vm *vm, const xmlNode *change,
                        int index, struct fault *fault)
{
    const xmlNode *device = node_child(change, "device");
    const char *what = operation(call, change);
    if (vm->power == POWERED_ON)
        return refuse_device(call, fault, "DeviceHotPlugNotSupported", index,
                             "Hot plug is not supported for this virtual machine.");
    if (strcmp(what, "add") == 0) {
        if (key_repeats(call, change) || find_device(vm, change_key(change)) != NULL)
            return refuse_device(call, fault, "InvalidDeviceSpec", index,
                                 "Cannot add multiple devices using the same device key.");
        return check_backing(call, vm, device, index, fault);
    }
    struct device *known = find_device(vm, change_key(change));
    if (known == NULL)
        return refuse_device(call, fault, "DeviceNotFound", index,
                             "The device does not exist.");
    if (strcmp(what, "remove") == 0)
        return 0;
    if (strcmp(what, "edit") != 0)
        return refuse_property(call, fault, "deviceChange.operation");
    if (known->kind != DEVICE_VGPU && known->kind != DEVICE_PASSTHRU)
        return refuse(fault, "NotSupported", "The device %d cannot be edited here.",
                      known->key);
    return check_backing(call, vm, device, index, fault);
}

static int check_devices(struct call *call, const struct vm *vm, const xmlNode *spec,
                         struct fault *fault)
{
    int index = 0;
    for (xmlNode *it = node_child(spec, "deviceChange"); it != NULL; it = node_next(it))
        if (check_change(call, vm, it, index++, fault) < 0)
            return -1;
    if (vm->devices.n + (size_t)index > DEVICES_MAX)
        return refuse_property(call, fault, "deviceChange");
    return 0;
}

static void set_backing(struct call *call, struct device *device, const xmlNode *node)
{
    struct world *world = call->world;
    const xmlNode *backing = node_child(node, "backing");
    xmlNode *vgpu = node_child(backing, "vgpu");
    const xmlNode *allowed = node_child(backing, "allowedDevice");
    xmlNode *label = node_child(backing, "customLabel");
    device->dynamic = allowed != NULL;
    device->allowed_device = (unsigned)node_number(node_child(allowed, "deviceId"), 0);
    device->custom_label =
        label == NULL ? NULL : world_strdup(world, node_text(call->arena, label));
    device->kind = vgpu != NULL ? DEVICE_VGPU : DEVICE_PASSTHRU;
    device->vgpu_profile =
        vgpu == NULL ? NULL : world_strdup(world, node_text(call->arena, vgpu));
    device->pci_id =
        vgpu != NULL || device->dynamic
            ? NULL
            : world_strdup(world, node_text(call->arena, node_child(backing, "id")));
}

static void add_device(struct call *call, struct vm *vm, const xmlNode *node)
{
    struct device device = {.key = FIRST_KEY};
    VEC_EACH (const struct device, it, vm->devices)
        if (it->key >= device.key)
            device.key = it->key + 1;
    device.label = world_strdup(
        call->world, arena_printf(call->arena, "PCI device %d", device.key - FIRST_KEY));
    device.controller_key = 100;
    device.unit = device.key - FIRST_KEY + 18;
    set_backing(call, &device, node);
    VEC_PUSH(call->world->arena, &vm->devices, device);
}

static void remove_device(struct vm *vm, int64_t key)
{
    size_t kept = 0;
    for (size_t i = 0; i < vm->devices.n; i++)
        if (vm->devices.items[i].key != key)
            vm->devices.items[kept++] = vm->devices.items[i];
    vm->devices.n = kept;
}

static void apply_devices(struct call *call, struct vm *vm, const xmlNode *spec)
{
    for (xmlNode *it = node_child(spec, "deviceChange"); it != NULL; it = node_next(it)) {
        const char *what = operation(call, it);
        const xmlNode *device = node_child(it, "device");
        if (strcmp(what, "add") == 0)
            add_device(call, vm, device);
        else if (strcmp(what, "remove") == 0)
            remove_device(vm, change_key(it));
        else
            set_backing(call, find_device(vm, change_key(it)), device);
    }
}

/* ---- the other fields
 * ---------------------------------------------------------------------------- */

static bool is_known(const char *name)
{
    static const char *const names[] = {
        "changeVersion",
        "name",
        "version",
        "guestId",
        "annotation",
        "numCPUs",
        "numCoresPerSocket",
        "memoryMB",
        "memoryHotAddEnabled",
        "deviceChange",
        "cpuHotAddEnabled",
        "cpuAllocation",
        "memoryAllocation",
        "extraConfig",
        "firmware",
        "memoryReservationLockedToMax",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int check_known(const xmlNode *spec, struct fault *fault)
{
    for (const xmlNode *it = spec->children; it != NULL; it = it->next)
        if (it->type == XML_ELEMENT_NODE && !is_known((const char *)it->name))
            return refuse(fault, "NotSupported", "spec.%s is not supported here.",
                          (const char *)it->name);
    if (node_flag(node_child(spec, "memoryHotAddEnabled"), false))
        return refuse(fault, "NotSupported", "Hot add is not supported here.");
    return 0;
}

static int check_hot(struct call *call, const struct vm *vm, const xmlNode *spec,
                     struct fault *fault)
{
    static const char *const cold[] = {"numCPUs",         "numCoresPerSocket", "memoryMB",
                                       "firmware",        "version",           "guestId",
                                       "cpuHotAddEnabled"};
    for (size_t i = 0; vm->power == POWERED_ON && i < sizeof(cold) / sizeof(cold[0]); i++) {
        if (node_child(spec, cold[i]) == NULL)
            continue;
        refuse(
            fault, "InvalidPowerState",
            "The attempted operation cannot be performed in the current state (Powered on).");
        fault->detail =
            arena_strdup(call->world->arena, "<requestedState>poweredOff</requestedState>"
                                             "<existingState>poweredOn</existingState>");
        return -1;
    }
    return 0;
}

static int check_size(struct call *call, const struct vm *vm, const xmlNode *spec,
                      struct fault *fault)
{
    int64_t cpus = node_number(node_child(spec, "numCPUs"), vm->cpus);
    int64_t cores = node_number(node_child(spec, "numCoresPerSocket"), vm->cores_per_socket);
    int64_t memory = node_number(node_child(spec, "memoryMB"), vm->memory_mb);
    xmlNode *firmware = node_child(spec, "firmware");
    if (cpus < 1 || cpus > 256)
        return refuse_property(call, fault, "numCPUs");
    if (cores < 0 || (cores > 0 && cpus % cores != 0))
        return refuse_property(call, fault, "numCoresPerSocket");
    if (memory < 4 || memory % 4 != 0)
        return refuse_property(call, fault, "memoryMB");
    const char *text = node_text(call->arena, firmware);
    if (firmware != NULL && strcmp(text, "bios") != 0 && strcmp(text, "efi") != 0)
        return refuse_property(call, fault, "firmware");
    return 0;
}

/* While all memory is reserved the number cannot be lowered (§7.6). */
static int check_reservation(struct call *call, const struct vm *vm, const xmlNode *spec,
                             struct fault *fault)
{
    bool locked =
        node_flag(node_child(spec, "memoryReservationLockedToMax"), vm->memory_locked);
    int64_t memory = node_number(node_child(spec, "memoryMB"), vm->memory_mb);
    xmlNode *node = node_child(node_child(spec, "memoryAllocation"), "reservation");
    int64_t reservation = node_number(node, 0);
    if (node != NULL &&
        (reservation < 0 || reservation > memory || (locked && reservation != memory)))
        return refuse_property(call, fault, "memoryAllocation.reservation");
    return 0;
}

static int check_extra(struct call *call, const xmlNode *spec, struct fault *fault)
{
    for (xmlNode *it = node_child(spec, "extraConfig"); it != NULL; it = node_next(it)) {
        const char *type = node_xsi_type(call->arena, node_child(it, "value"));
        if (*node_text(call->arena, node_child(it, "key")) == '\0' || type == NULL ||
            strcmp(type, "string") != 0)
            return refuse_property(call, fault, "extraConfig");
    }
    return 0;
}

int spec_check(struct call *call, const struct vm *vm, const xmlNode *spec, struct fault *fault)
{
    if (check_known(spec, fault) < 0 || check_hot(call, vm, spec, fault) < 0 ||
        check_size(call, vm, spec, fault) < 0 || check_reservation(call, vm, spec, fault) < 0 ||
        check_extra(call, spec, fault) < 0)
        return -1;
    return check_devices(call, vm, spec, fault);
}

/* ---- applying
 * ---------------------------------------------------------------------------------------- */

static void set_text(struct call *call, const xmlNode *spec, const char *name, char **to)
{
    xmlNode *node = node_child(spec, name);
    if (node != NULL)
        *to = world_strdup(call->world, node_text(call->arena, node));
}

static void apply_extra(struct call *call, struct vm *vm, const xmlNode *spec)
{
    for (xmlNode *it = node_child(spec, "extraConfig"); it != NULL; it = node_next(it)) {
        const char *key = node_text(call->arena, node_child(it, "key"));
        const char *value = node_text(call->arena, node_child(it, "value"));
        vm_set_extra(call->world, vm, key, value); /* empty: goes */
    }
}

void spec_apply(struct call *call, struct vm *vm, const xmlNode *spec)
{
    set_text(call, spec, "name", &vm->name);
    set_text(call, spec, "version", &vm->version);
    set_text(call, spec, "guestId", &vm->guest_id);
    set_text(call, spec, "annotation", &vm->annotation);
    set_text(call, spec, "firmware", &vm->firmware);
    vm->cpus = (unsigned)node_number(node_child(spec, "numCPUs"), vm->cpus);
    vm->cores_per_socket =
        (unsigned)node_number(node_child(spec, "numCoresPerSocket"), vm->cores_per_socket);
    vm->cpu_hot_add = node_flag(node_child(spec, "cpuHotAddEnabled"), vm->cpu_hot_add);
    vm->memory_mb = node_number(node_child(spec, "memoryMB"), vm->memory_mb);
    vm->memory_locked =
        node_flag(node_child(spec, "memoryReservationLockedToMax"), vm->memory_locked);
    vm->memory_reservation_mb =
        node_number(node_child(node_child(spec, "memoryAllocation"), "reservation"),
                    vm->memory_reservation_mb);
    if (vm->memory_locked)
        vm->memory_reservation_mb = vm->memory_mb;
    apply_extra(call, vm, spec);
    apply_devices(call, vm, spec);
}
