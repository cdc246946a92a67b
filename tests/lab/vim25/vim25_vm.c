/* vim25_vm.c: a virtual machine as vCenter shows it (vsphere-api.md §4.2, §7). */
#include <string.h>

#include "guest.h"
#include "vim25_call.h"

enum { KEY_PCI = 100 };

static struct host *home(struct call *call, const struct vm *vm)
{
    return world_host(call->world, vm->host);
}

/* The change stamp: the time of the change, made unique by its number. */
static char *change_version(struct call *call, const struct vm *vm)
{
    return time_text(call->arena, vm->changed_at, (unsigned)(vm->change % 1000));
}

/* ---- devices
 * --------------------------------------------------------------------------------- */

static void set_dynamic(struct call *call, const struct device *device, struct val *value)
{
    struct builder *b = &call->b;
    struct val *backing =
        val_sub_as(b, value, "backing", "VirtualPCIPassthroughDynamicBackingInfo");
    val_text(b, backing, "deviceName", "");
    struct val *allowed = val_add_object(b, backing, "allowedDevice");
    val_int(b, allowed, "vendorId", 0x10de);
    val_int(b, allowed, "deviceId", device->allowed_device);
    val_text(b, backing, "customLabel", device->custom_label);
    val_text(b, backing, "assignedId", device->pci_id);
}

static void set_passthrough(struct call *call, const struct vm *vm, const struct device *device,
                            struct val *value)
{
    struct builder *b = &call->b;
    if (device->kind == DEVICE_VGPU) {
        struct val *backing =
            val_sub_as(b, value, "backing", "VirtualPCIPassthroughVmiopBackingInfo");
        val_text(b, backing, "vgpu", device->vgpu_profile);
        val_bool(b, backing, "migrateSupported", false);
        return;
    }
    if (device->dynamic) {
        set_dynamic(call, device, value);
        return;
    }
    struct host *host = home(call, vm);
    struct gpu *gpu =
        host == NULL || device->pci_id == NULL ? NULL : host_gpu(host, device->pci_id);
    struct val *backing =
        val_sub_as(b, value, "backing", "VirtualPCIPassthroughDeviceBackingInfo");
    val_text(b, backing, "deviceName", gpu == NULL ? "" : gpu->device_name);
    val_text(b, backing, "id", device->pci_id == NULL ? "" : device->pci_id);
    val_text(b, backing, "deviceId",
             arena_printf(call->arena, "%x", gpu == NULL ? 0 : gpu->device_id));
    val_text(b, backing, "systemId", host == NULL ? "" : host->uuid);
    val_int(b, backing, "vendorId", gpu == NULL ? 0 : (int16_t)gpu->vendor_id);
}

static void set_disk(struct call *call, const struct vm *vm, const struct device *device,
                     struct val *value)
{
    struct builder *b = &call->b;
    struct val *backing = val_sub_as(b, value, "backing", "VirtualDiskFlatVer2BackingInfo");
    val_text(b, backing, "fileName",
             arena_printf(call->arena, "[%s] %s/%s.vmdk", vm->datastore, vm->name, vm->name));
    val_text(b, backing, "diskMode", "persistent");
    val_bool(b, backing, "thinProvisioned", true);
    val_int(b, value, "capacityInKB", device->disk_capacity / 1024);
    val_int(b, value, "capacityInBytes", device->disk_capacity);
}

static void set_nic(struct call *call, const struct device *device, struct val *value)
{
    struct builder *b = &call->b;
    struct val *backing =
        val_sub_as(b, value, "backing", "VirtualEthernetCardNetworkBackingInfo");
    val_text(b, backing, "deviceName", device->network == NULL ? "" : device->network);
    VEC_EACH (struct network, it, call->world->networks)
        if (device->network != NULL && strcmp(it->name, device->network) == 0)
            val_ref(b, backing, "network", "Network", it->moref);
    val_text(b, value, "addressType", "assigned");
    val_bool(b, value, "wakeOnLanEnabled", true);
}

struct val *device_value(struct call *call, const struct vm *vm, const struct device *device)
{
    static const char *const types[] = {
        [DEVICE_DISK] = "VirtualDisk",
        [DEVICE_NIC] = "VirtualVmxnet3",
        [DEVICE_CONTROLLER] = "ParaVirtualSCSIController",
        [DEVICE_VGPU] = "VirtualPCIPassthrough",
        [DEVICE_PASSTHRU] = "VirtualPCIPassthrough",
    };
    struct builder *b = &call->b;
    struct val *value = val_object(b, types[device->kind]);
    val_int(b, value, "key", device->key);
    struct val *info = val_sub(b, value, "deviceInfo");
    val_text(b, info, "label", device->label == NULL ? "" : device->label);
    val_text(b, info, "summary", device->kind == DEVICE_VGPU ? "NVIDIA GRID vGPU" : "");
    if (device->controller_key != 0) {
        val_int(b, value, "controllerKey", device->controller_key);
        val_int(b, value, "unitNumber", device->unit);
    }
    if (device->kind == DEVICE_DISK)
        set_disk(call, vm, device, value);
    else if (device->kind == DEVICE_NIC)
        set_nic(call, device, value);
    else if (device->kind == DEVICE_CONTROLLER) {
        val_int(b, value, "busNumber", 0);
        val_text(b, value, "sharedBus", "noSharing");
    } else
        set_passthrough(call, vm, device, value);
    return value;
}

/* The controllers that every machine has, then its own devices. */
static void add_devices(struct call *call, const struct vm *vm, struct val *hardware)
{
    struct builder *b = &call->b;
    struct val *pci = val_object(b, "VirtualPCIController");
    val_int(b, pci, "key", KEY_PCI);
    struct val *info = val_sub(b, pci, "deviceInfo");
    val_text(b, info, "label", "PCI controller 0");
    val_text(b, info, "summary", "PCI controller 0");
    val_int(b, pci, "busNumber", 0);
    val_add(b, hardware, "device", pci);
    VEC_EACH (const struct device, it, vm->devices)
        val_add(b, hardware, "device", device_value(call, vm, it));
}

/* ---- config
 * ------------------------------------------------------------------------------------ */

static void set_allocation(struct call *call, struct val *to, const char *field,
                           int64_t reservation)
{
    struct builder *b = &call->b;
    struct val *allocation = val_sub(b, to, field);
    val_int(b, allocation, "reservation", reservation);
    val_bool(b, allocation, "expandableReservation", false);
    val_int(b, allocation, "limit", -1);
    struct val *shares = val_sub(b, allocation, "shares");
    val_int(b, shares, "shares", 1000);
    val_text(b, shares, "level", "normal");
}

static void set_files(struct call *call, const struct vm *vm, struct val *config)
{
    struct builder *b = &call->b;
    char *folder = arena_printf(call->arena, "[%s] %s/", vm->datastore, vm->name);
    struct val *files = val_sub(b, config, "files");
    val_text(
        b, files, "vmPathName",
        arena_printf(call->arena, "%s%s.%s", folder, vm->name, vm->template ? "vmtx" : "vmx"));
    val_text(b, files, "snapshotDirectory", folder);
    val_text(b, files, "logDirectory", folder);
}

static void set_hardware(struct call *call, const struct vm *vm, struct val *config)
{
    struct builder *b = &call->b;
    struct val *hardware = val_sub(b, config, "hardware");
    val_int(b, hardware, "numCPU", vm->cpus);
    val_int(b, hardware, "numCoresPerSocket", vm->cores_per_socket);
    val_bool(b, hardware, "autoCoresPerSocket", vm->cores_per_socket == 0);
    val_int(b, hardware, "memoryMB", vm->memory_mb);
    add_devices(call, vm, hardware);
}

static void set_extra(struct call *call, const struct vm *vm, struct val *config)
{
    struct builder *b = &call->b;
    VEC_EACH (const struct key_value, it, vm->extra) {
        struct val *option = val_add_object(b, config, "extraConfig");
        val_text(b, option, "key", it->key);
        val_set(b, option, "value", val_simple(b, "string", it->value));
    }
}

static struct val *read_config(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct vm *vm = object->vm;
    struct val *config = val_object(b, "VirtualMachineConfigInfo");
    val_text(b, config, "changeVersion", change_version(call, vm));
    val_time(b, config, "modified", vm->changed_at);
    val_text(b, config, "name", vm->name);
    val_text(b, config, "guestFullName", vm->guest_id);
    val_text(b, config, "version", vm->version);
    val_text(b, config, "uuid", vm->uuid);
    val_text(b, config, "instanceUuid", vm->instance_uuid);
    val_bool(b, config, "template", vm->template);
    val_text(b, config, "guestId", vm->guest_id);
    val_text(b, config, "alternateGuestName", "");
    val_text(b, config, "annotation", vm->annotation == NULL ? "" : vm->annotation);
    set_files(call, vm, config);
    val_sub(b, config, "flags");
    val_sub(b, config, "defaultPowerOps");
    set_hardware(call, vm, config);
    set_allocation(call, config, "cpuAllocation", 0);
    set_allocation(call, config, "memoryAllocation",
                   vm->memory_locked ? vm->memory_mb : vm->memory_reservation_mb);
    val_text(b, val_sub(b, config, "latencySensitivity"), "level", "normal");
    val_bool(b, config, "memoryHotAddEnabled", false);
    val_bool(b, config, "cpuHotAddEnabled", vm->cpu_hot_add);
    set_extra(call, vm, config);
    val_text(b, config, "firmware", vm->firmware);
    val_bool(b, config, "memoryReservationLockedToMax", vm->memory_locked);
    return config;
}

/* ---- state
 * --------------------------------------------------------------------------------------- */

static const char *tools_status(const struct call *call, const struct vm *vm)
{
    if (vm->tools == NULL || strcmp(vm->tools, "toolsNotInstalled") == 0)
        return "toolsNotInstalled";
    return guest_tools_run(call->world, vm) ? vm->tools : "toolsNotRunning";
}

static const char *tools_version(const struct vm *vm)
{
    if (vm->tools == NULL || strcmp(vm->tools, "toolsNotInstalled") == 0)
        return "guestToolsNotInstalled";
    return strcmp(vm->tools, "toolsOld") == 0 ? "guestToolsSupportedOld"
                                              : "guestToolsUnmanaged";
}

static struct val *vm_runtime(struct call *call, const struct vm *vm)
{
    struct builder *b = &call->b;
    struct host *host = home(call, vm);
    bool reachable = host != NULL && host_answers(host);
    struct val *runtime = val_object(b, "VirtualMachineRuntimeInfo");
    if (host != NULL)
        val_ref(b, runtime, "host", "HostSystem", host->moref);
    val_text(b, runtime, "connectionState", reachable ? "connected" : "disconnected");
    val_text(b, runtime, "powerState", vm->power == POWERED_ON ? "poweredOn" : "poweredOff");
    val_text(b, runtime, "faultToleranceState", "notConfigured");
    val_bool(b, runtime, "toolsInstallerMounted", false);
    val_int(b, runtime, "numMksConnections", 0);
    val_text(b, runtime, "recordReplayState", "inactive");
    val_bool(b, runtime, "onlineStandby", false);
    val_bool(b, runtime, "consolidationNeeded", false);
    return runtime;
}

static struct val *read_runtime(struct call *call, const struct object *object)
{
    return vm_runtime(call, object->vm);
}

static struct val *read_guest(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct vm *vm = object->vm;
    bool runs = guest_tools_run(call->world, vm);
    struct val *guest = val_object(b, "GuestInfo");
    val_text(b, guest, "toolsStatus", tools_status(call, vm));
    val_text(b, guest, "toolsVersionStatus2", tools_version(vm));
    val_text(b, guest, "toolsRunningStatus",
             runs ? "guestToolsRunning" : "guestToolsNotRunning");
    val_text(b, guest, "guestId", runs ? vm->guest_id : NULL);
    val_text(b, guest, "hostName", runs ? vm->name : NULL);
    val_text(b, guest, "guestState", runs ? "running" : "notRunning");
    val_bool(b, guest, "guestOperationsReady", runs);
    return guest;
}

static unsigned count(const struct vm *vm, enum device_kind kind)
{
    unsigned n = 0;
    VEC_EACH (const struct device, it, vm->devices)
        n += it->kind == kind;
    return n;
}

static void set_config_summary(struct call *call, const struct vm *vm, struct val *summary)
{
    struct builder *b = &call->b;
    struct val *config = val_sub(b, summary, "config");
    val_text(b, config, "name", vm->name);
    val_bool(b, config, "template", vm->template);
    val_text(b, config, "vmPathName",
             arena_printf(call->arena, "[%s] %s/%s.%s", vm->datastore, vm->name, vm->name,
                          vm->template ? "vmtx" : "vmx"));
    val_int(b, config, "memorySizeMB", vm->memory_mb);
    val_int(b, config, "memoryReservation",
            vm->memory_locked ? vm->memory_mb : vm->memory_reservation_mb);
    val_int(b, config, "numCpu", vm->cpus);
    val_int(b, config, "numEthernetCards", count(vm, DEVICE_NIC));
    val_int(b, config, "numVirtualDisks", count(vm, DEVICE_DISK));
    val_text(b, config, "uuid", vm->uuid);
    val_text(b, config, "instanceUuid", vm->instance_uuid);
    val_text(b, config, "guestId", vm->guest_id);
    val_text(b, config, "annotation", vm->annotation == NULL ? "" : vm->annotation);
    val_int(b, config, "numVmiopBackings", count(vm, DEVICE_VGPU));
}

static struct val *read_summary(struct call *call, const struct object *object)
{
    struct builder *b = &call->b;
    const struct vm *vm = object->vm;
    struct val *summary = val_object(b, "VirtualMachineSummary");
    val_ref(b, summary, "vm", "VirtualMachine", vm->moref);
    val_set(b, summary, "runtime", vm_runtime(call, vm));
    struct val *guest = val_sub(b, summary, "guest");
    val_text(b, guest, "guestId", vm->guest_id);
    val_text(b, guest, "toolsStatus", tools_status(call, vm));
    val_text(b, guest, "toolsVersionStatus2", tools_version(vm));
    val_text(b, guest, "toolsRunningStatus",
             guest_tools_run(call->world, vm) ? "guestToolsRunning" : "guestToolsNotRunning");
    set_config_summary(call, vm, summary);
    val_text(b, val_sub(b, summary, "quickStats"), "guestHeartbeatStatus", "gray");
    val_text(b, summary, "overallStatus", "green");
    return summary;
}

/* ---- relations
 * ------------------------------------------------------------------------------------ */

static struct val *read_pool(struct call *call, const struct object *object)
{
    struct host *host = home(call, object->vm);
    if (object->vm->template || host == NULL)
        return NULL;
    return val_reference(&call->b, "ResourcePool", host_pool_id(call, host));
}

static struct val *read_browser(struct call *call, const struct object *object)
{
    struct host *host = home(call, object->vm);
    if (host == NULL)
        return NULL;
    return val_reference(
        &call->b, "EnvironmentBrowser",
        arena_printf(call->arena, "envbrowser-%s", host_compute_id(call, host)));
}

static struct val *read_datastores(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Datastore", true);
    struct datastore *store = object->vm->datastore == NULL
                                  ? NULL
                                  : world_datastore(call->world, object->vm->datastore);
    if (store != NULL)
        VEC_PUSH(call->arena, &list->items, val_reference(&call->b, "Datastore", store->moref));
    return list;
}

static struct val *read_networks(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "Network", true);
    VEC_EACH (struct network, net, call->world->networks)
        VEC_EACH (const struct device, it, object->vm->devices)
            if (it->kind == DEVICE_NIC && it->network != NULL &&
                strcmp(it->network, net->name) == 0) {
                VEC_PUSH(call->arena, &list->items,
                         val_reference(&call->b, "Network", net->moref));
                break;
            }
    return list;
}

static struct val *read_disabled_methods(struct call *call, const struct object *object)
{
    struct val *list = val_list(&call->b, "string", false);
    const char *name = object->vm->template              ? "PowerOnVM_Task"
                       : object->vm->power == POWERED_ON ? "PowerOnVM_Task"
                                                         : "PowerOffVM_Task";
    VEC_PUSH(call->arena, &list->items, val_simple(&call->b, "string", name));
    return list;
}

const struct property vm_properties[] = {
    {"VirtualMachine", "config", read_config},
    {"VirtualMachine", "runtime", read_runtime},
    {"VirtualMachine", "guest", read_guest},
    {"VirtualMachine", "summary", read_summary},
    {"VirtualMachine", "resourcePool", read_pool},
    {"VirtualMachine", "environmentBrowser", read_browser},
    {"VirtualMachine", "datastore", read_datastores},
    {"VirtualMachine", "network", read_networks},
    {"VirtualMachine", "disabledMethod", read_disabled_methods},
    {0},
};
