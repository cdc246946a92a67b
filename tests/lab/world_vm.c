/* world_vm.c: what may happen to a virtual machine (vsphere-api.md §7, §8, §14). */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "world_internal.h"

#define DRIVER_WITH_ECC 430 /* first branch that runs vGPUs with ECC on (esxi-shell.md §8.2) */

/* ---- extraConfig and devices ------------------------------------------------------------ */

const char *vm_extra(const struct vm *vm, const char *key)
{
    VEC_EACH(const struct key_value, it, vm->extra)
    {
        if (!strcmp(it->key, key))
            return it->value;
    }
    return NULL;
}

/* An empty value removes the key, as vCenter does (vsphere-api.md §11). */
void vm_set_extra(struct world *world, struct vm *vm, const char *key, const char *value)
{
    VEC_EACH(struct key_value, it, vm->extra)
    {
        if (strcmp(it->key, key))
            continue;
        if (value && *value)
            it->value = world_strdup(world, value);
        else
            *it = vm->extra.items[--vm->extra.n];
        return;
    }
    if (value && *value) {
        struct key_value entry = {world_strdup(world, key), world_strdup(world, value)};
        VEC_PUSH(world->arena, &vm->extra, entry);
    }
}

unsigned vm_count_devices(const struct vm *vm, enum device_kind kind)
{
    unsigned n = 0;
    VEC_EACH(const struct device, it, vm->devices)
    {
        n += it->kind == kind;
    }
    return n;
}

int vm_next_key(const struct vm *vm, enum device_kind kind)
{
    static const int first[] = {[DEVICE_DISK] = 2000,
                                [DEVICE_NIC] = 4000,
                                [DEVICE_CONTROLLER] = 1000,
                                [DEVICE_VGPU] = 13000,
                                [DEVICE_PASSTHRU] = 13000};
    int key = first[kind];
    VEC_EACH(const struct device, it, vm->devices)
    {
        if (it->key >= key && it->key < first[kind] + 1000)
            key = it->key + 1;
    }
    return key;
}

void vm_write_own_keys(struct world *world, struct vm *vm)
{
    unsigned n = 0;
    VEC_EACH(const struct device, it, vm->devices)
    {
        if (it->kind != DEVICE_VGPU && it->kind != DEVICE_PASSTHRU)
            continue;
        char key[64];
        snprintf(key, sizeof(key), "pciPassthru%u.present", n);
        vm_set_extra(world, vm, key, "TRUE");
        if (it->kind == DEVICE_VGPU) {
            snprintf(key, sizeof(key), "pciPassthru%u.vgpu", n);
            vm_set_extra(world, vm, key, it->vgpu_profile);
            snprintf(key, sizeof(key), "pciPassthru%u.virtualDev", n);
            vm_set_extra(world, vm, key, "vmiop");
        }
        if (vm->power == POWERED_ON) {
            char slot[16];
            snprintf(key, sizeof(key), "pciPassthru%u.pciSlotNumber", n);
            snprintf(slot, sizeof(slot), "%u", 64 + 32 * n);
            vm_set_extra(world, vm, key, slot);
        }
        n++;
    }
}

void vm_touch(struct world *world, struct vm *vm)
{
    vm->change++;
    vm->changed_at = world_now(world);
}

/* ---- slots of a card --------------------------------------------------------------------- */

bool gpu_offers(const struct host *host, const struct gpu *gpu,
                const struct gpu_profile *profile)
{
    bool vgpu = host->default_active == GRAPHICS_SHARED_PASSTHRU &&
                gpu->type_active == GRAPHICS_SHARED_PASSTHRU && !gpu->passthru_active;
    if (!vgpu || !host_driver_runs(host) || host->state != HOST_CONNECTED)
        return false;
    return !profile || profile->class != 'C' ||
           driver_branch(host_driver((struct host *)host)) >= DRIVER_WITH_ECC;
}

/* vGPUs on a card; `ret_other` counts those that bar the wanted profile: up to branch 418 all
 * must be of one type, later of one size (esxi-shell.md §8.3). */
static unsigned card_load(struct world *world, const struct host *host, const struct gpu *gpu,
                          const struct gpu_profile *wanted, unsigned *ret_other)
{
    bool one_type = driver_branch(host_driver((struct host *)host)) < DRIVER_WITH_ECC;
    unsigned n = 0;
    VEC_EACH(struct vm *, it, world->vms)
    {
        struct vm *vm = *it;
        if (vm->gone || vm->power != POWERED_ON || !vm->gpu || strcmp(vm->host, host->name) ||
            strcmp(vm->gpu, gpu->pci_id))
            continue;
        VEC_EACH(const struct device, device, vm->devices)
        {
            if (device->kind != DEVICE_VGPU)
                continue;
            const struct gpu_profile *there = gpu_profile(gpu, device->vgpu_profile);
            n++;
            if (wanted && there != wanted &&
                (one_type || !there || there->fb_mb != wanted->fb_mb))
                (*ret_other)++;
        }
    }
    return n;
}

unsigned gpu_free_slots(struct world *world, const struct host *host, const struct gpu *gpu,
                        const char *api_name)
{
    const struct gpu_profile *profile = gpu_profile(gpu, api_name);
    unsigned other = 0;
    if (!profile || !gpu_offers(host, gpu, profile))
        return 0;
    unsigned load = card_load(world, host, gpu, profile, &other);
    return other || load >= profile->max ? 0 : profile->max - load;
}

/* ---- may it run? ------------------------------------------------------------------------- */

static int check_place(struct world *world, const struct vm *vm, struct host **ret_host,
                       struct fault *fault)
{
    struct host *host = world_host(world, vm->host);
    if (vm->template)
        return fault_set(fault, "NotSupported", "The virtual machine is a template.");
    if (!host || host_check_up(host, fault) < 0)
        return host ? -1 : fault_set(fault, "InvalidState", "The virtual machine has no host.");
    if (host->in_maintenance)
        return fault_set(fault, "InvalidHostState",
                         "The operation is not allowed in the current state of the host.");
    *ret_host = host;
    return 0;
}

static int check_memory(const struct vm *vm, struct fault *fault)
{
    if (vm->memory_locked || vm->memory_reservation_mb >= vm->memory_mb)
        return 0;
    return fault_set(fault, "GenericVmConfigFault",
                     "Invalid memory setting: memory reservation (sched.mem.min) should be "
                     "equal to memsize(%lld).",
                     (long long)vm->memory_mb);
}

static int check_card(const struct host *host, const struct gpu *gpu, const char *profile,
                      struct fault *fault)
{
    if (gpu->ecc_current && driver_branch(host_driver((struct host *)host)) < DRIVER_WITH_ECC)
        return fault_set(fault, "GenericVmConfigFault",
                         "Could not initialize plugin 'libnvidia-vgx.so' for vGPU '%s'.",
                         profile);
    return 0;
}

/* The card that takes the vGPUs: the fullest that fits (consolidation), else the emptiest. */
static struct gpu *pick_card(struct world *world, struct host *host, const char *profile,
                             unsigned n)
{
    struct gpu *best = NULL;
    unsigned best_load = 0;
    VEC_EACH(struct gpu, gpu, host->gpus)
    {
        unsigned other = 0;
        if (gpu_free_slots(world, host, gpu, profile) < n)
            continue;
        unsigned load = card_load(world, host, gpu, NULL, &other);
        bool better = host->policy == POLICY_CONSOLIDATION ? load > best_load
                                                           : load < best_load;
        if (!best || better) {
            best = gpu;
            best_load = load;
        }
    }
    return best;
}

static const char *first_profile(const struct vm *vm)
{
    VEC_EACH(const struct device, it, vm->devices)
    {
        if (it->kind == DEVICE_VGPU)
            return it->vgpu_profile ? it->vgpu_profile : "";
    }
    return NULL;
}

static int check_vgpu(struct world *world, struct vm *vm, struct host *host,
                      struct gpu **ret_gpu, struct fault *fault)
{
    const char *profile = first_profile(vm);
    bool offered = false;
    if (!profile)
        return 0;
    VEC_EACH(struct gpu, gpu, host->gpus)
    {
        const struct gpu_profile *known = gpu_profile(gpu, profile);
        offered |= known && gpu_offers(host, gpu, known);
    }
    if (!offered)
        return fault_set(fault, "InsufficientGraphicsResourcesFault",
                         "The amount of graphics resource available in the parent resource "
                         "pool is insufficient for the operation.");
    struct gpu *gpu = pick_card(world, host, profile, vm_count_devices(vm, DEVICE_VGPU));
    if (!gpu)
        return fault_set(fault, "InsufficientGraphicsResourcesFault",
                         "No graphics device is available for vGPU '%s'.", profile);
    if (check_card(host, gpu, profile, fault) < 0)
        return -1;
    *ret_gpu = gpu;
    return 0;
}

int vm_check_start(struct world *world, struct vm *vm, struct gpu **ret_gpu,
                   struct fault *fault)
{
    struct host *host = NULL;
    bool has_card = vm_count_devices(vm, DEVICE_VGPU) || vm_count_devices(vm, DEVICE_PASSTHRU);
    if (check_place(world, vm, &host, fault) < 0)
        return -1;
    if (has_card && check_memory(vm, fault) < 0)
        return -1;
    host = vm_place_dynamic(world, vm, host);
    if (vm_check_cards(world, vm, host, fault) < 0)
        return -1;
    return check_vgpu(world, vm, host, ret_gpu, fault);
}

/* ---- operations --------------------------------------------------------------------------- */

static int check_idle(struct world *world, const struct vm *vm, struct fault *fault)
{
    if (!vm->busy)
        return 0;
    fault_set(fault, "TaskInProgress", "Another task is already in progress.");
    fault->detail =
        arena_printf(world->arena, "<task type=\"Task\">%s</task>", vm->busy->moref);
    return -1;
}

static int check_power(struct world *world, const struct vm *vm, enum power_state wanted,
                       enum power_state asked, struct fault *fault)
{
    static const char *const names[] = {"poweredOff", "poweredOn"};
    if (vm->power == wanted)
        return 0;
    fault_set(fault, "InvalidPowerState", "The attempted operation cannot be performed in the "
                                          "current state (%s).",
              vm->power == POWERED_ON ? "Powered on" : "Powered off");
    fault->detail = arena_printf(world->arena,
                                 "<requestedState>%s</requestedState>"
                                 "<existingState>%s</existingState>",
                                 names[asked], names[vm->power]);
    return -1;
}

void vm_stop(struct world *world, struct vm *vm, const char *why)
{
    guest_stopped(world, vm);
    vm->power = POWERED_OFF;
    vm->power_off_at = 0;
    vm->gpu = NULL;
    vm_release_cards(vm);
    vm_touch(world, vm);
    world_event(world, "vm_powered_off", vm->name, why);
}

int vm_power_on(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
                struct fault *fault)
{
    struct host *host = NULL;
    if (check_idle(world, vm, fault) < 0 || check_place(world, vm, &host, fault) < 0 ||
        check_power(world, vm, POWERED_OFF, POWERED_ON, fault) < 0)
        return -1;
    *ret_task = world_task_new(world, TASK_POWER_ON, host, vm, world->takes.power, user);
    return 0;
}

int vm_power_off(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
                 struct fault *fault)
{
    struct host *host = world_host(world, vm->host);
    if (check_idle(world, vm, fault) < 0 || (host && host_check_up(host, fault) < 0) ||
        check_power(world, vm, POWERED_ON, POWERED_OFF, fault) < 0)
        return -1;
    *ret_task = world_task_new(world, TASK_POWER_OFF, host, vm, world->takes.power, user);
    return 0;
}

static int check_tools(struct world *world, const struct vm *vm, struct fault *fault)
{
    if (check_idle(world, vm, fault) < 0 ||
        check_power(world, vm, POWERED_ON, POWERED_OFF, fault) < 0)
        return -1;
    if (guest_tools_run(world, vm))
        return 0;
    return fault_set(fault, "ToolsUnavailable",
                     "Cannot complete operation because VMware Tools is not running in this "
                     "virtual machine.");
}

int vm_reboot_guest(struct world *world, struct vm *vm, struct fault *fault)
{
    if (check_tools(world, vm, fault) < 0)
        return -1;
    guest_reboot(world, vm);
    return 0;
}

int vm_shutdown_guest(struct world *world, struct vm *vm, struct fault *fault)
{
    if (check_tools(world, vm, fault) < 0)
        return -1;
    guest_shut_down(world, vm);
    vm->power_off_at = world_now(world) + world->takes.guest_shutdown;
    return 0;
}

int vm_destroy(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
               struct fault *fault)
{
    struct host *host = world_host(world, vm->host);
    if (check_idle(world, vm, fault) < 0 ||
        check_power(world, vm, POWERED_OFF, POWERED_OFF, fault) < 0 ||
        (host && host_check_up(host, fault) < 0))
        return -1;
    *ret_task = world_task_new(world, TASK_DESTROY, host, vm, world->takes.destroy, user);
    return 0;
}

int vm_mark_template(struct world *world, struct vm *vm, struct fault *fault)
{
    if (check_idle(world, vm, fault) < 0 ||
        check_power(world, vm, POWERED_OFF, POWERED_OFF, fault) < 0)
        return -1;
    if (vm->template)
        return fault_set(fault, "NotSupported", "The virtual machine is a template already.");
    vm->template = true;
    vm_touch(world, vm);
    world_event(world, "vm_marked_template", vm->name, NULL);
    return 0;
}

int vm_mark_vm(struct world *world, struct vm *vm, struct host *host, struct fault *fault)
{
    if (check_idle(world, vm, fault) < 0 || (host && host_check_up(host, fault) < 0))
        return -1;
    if (!vm->template)
        return fault_set(fault, "NotSupported", "The virtual machine is not a template.");
    vm->template = false;
    if (host)
        vm->host = host->name;
    vm_touch(world, vm);
    world_event(world, "vm_reconfigured", vm->name, "marked as a virtual machine");
    return 0;
}
