/* world_passthrough.c: cards that belong to one machine while it runs (vsphere-api.md §6.1,
 * §7.3 to §7.5, §14). */
#include <stdlib.h>
#include <string.h>

#include "world_internal.h"

/* Below 4 GiB, without 64-bit MMIO: 917504 pages of 4 KiB (§7.5). */
enum { WINDOW_32_MB = 917504 * 4 / 1024, SMALL_BAR_MB = 256, SMALL_CARD_MB = 8192 };

/* ---- who has which card ---- */

static bool is_held(struct world *world, const struct vm *self, const struct host *host,
                    const char *pci_id)
{
    VEC_EACH (struct vm *, it, world->vms) {
        struct vm *vm = *it;
        if (vm == self || vm->gone || vm->power != POWERED_ON || strcmp(vm->host, host->name))
            continue;
        VEC_EACH (const struct device, device, vm->devices)
            if (device->kind == DEVICE_PASSTHRU && device->pci_id &&
                !strcmp(device->pci_id, pci_id))
                return true;
    }
    return false;
}

/* Cards on the host that are free for a dynamic device, less `skip` that went before. */
static struct gpu *free_card(struct world *world, const struct vm *vm, struct host *host,
                             unsigned model, unsigned skip)
{
    VEC_EACH (struct gpu, gpu, host->gpus)
        if (gpu->device_id == model && gpu->passthru_active &&
            !is_held(world, vm, host, gpu->pci_id) && skip-- == 0)
            return gpu;
    return NULL;
}

static bool has_cards(struct world *world, const struct vm *vm, struct host *host)
{
    unsigned n = 0;
    VEC_EACH (const struct device, it, vm->devices)
        if (it->kind == DEVICE_PASSTHRU && it->dynamic &&
            !free_card(world, vm, host, it->allowed_device, n++))
            return false;
    return true;
}

struct host *vm_place_dynamic(struct world *world, struct vm *vm, struct host *host)
{
    if (has_cards(world, vm, host))
        return host;
    VEC_EACH (struct host *, it, world->hosts) {
        if (strcmp((*it)->cluster, host->cluster) || (*it)->in_maintenance ||
            (*it)->state != HOST_CONNECTED || !has_cards(world, vm, *it))
            continue;
        vm->host = (*it)->name;
        world_event(world, "vm_moved", vm->name, (*it)->name);
        return *it;
    }
    return host;
}

void vm_assign_cards(struct world *world, struct vm *vm)
{
    struct host *host = world_host(world, vm->host);
    unsigned n = 0;
    VEC_EACH (struct device, it, vm->devices) {
        if (it->kind != DEVICE_PASSTHRU || !it->dynamic || !host)
            continue;
        struct gpu *gpu = free_card(world, vm, host, it->allowed_device, n++);
        it->pci_id = gpu ? gpu->pci_id : NULL;
    }
}

void vm_release_cards(struct vm *vm)
{
    VEC_EACH (struct device, it, vm->devices)
        if (it->dynamic)
            it->pci_id = NULL;
}

/* ---- may it run? ---- */

static int check_fixed(struct world *world, const struct vm *vm, struct host *host,
                       const struct device *device, struct fault *fault)
{
    struct gpu *gpu = device->pci_id ? host_gpu(host, device->pci_id) : NULL;
    if (!gpu || !gpu->passthru_active)
        return fault_set(fault, "GenericVmConfigFault",
                         "Device %s is not available for passthrough.",
                         device->pci_id ? device->pci_id : "");
    if (is_held(world, vm, host, gpu->pci_id))
        return fault_set(fault, "GenericVmConfigFault",
                         "Device %s is in use by another virtual machine.", gpu->pci_id);
    VEC_EACH (const struct device, it, vm->devices)
        if (it < device && it->kind == DEVICE_PASSTHRU && !it->dynamic && it->pci_id &&
            !strcmp(it->pci_id, gpu->pci_id))
            return fault_set(fault, "GenericVmConfigFault",
                             "Device %s is in the virtual machine twice.", gpu->pci_id);
    return 0;
}

static int64_t bar_mb(const struct gpu *gpu)
{
    return gpu->memory_mb <= SMALL_CARD_MB ? SMALL_BAR_MB : gpu->memory_mb;
}

static int64_t bars_mb(const struct vm *vm, struct host *host)
{
    int64_t sum = 0;
    VEC_EACH (const struct device, it, vm->devices) {
        if (it->kind != DEVICE_PASSTHRU)
            continue;
        VEC_EACH (const struct gpu, gpu, host->gpus)
            if (it->dynamic ? gpu->device_id == it->allowed_device
                            : it->pci_id && !strcmp(gpu->pci_id, it->pci_id)) {
                sum += bar_mb(gpu);
                break;
            }
    }
    return sum;
}

/* The window above 4 GiB: EFI, the switch, and as much as the BARs take. */
static int check_bars(const struct vm *vm, struct host *host, struct fault *fault)
{
    int64_t need = bars_mb(vm, host);
    const char *use = vm_extra(vm, "pciPassthru.use64bitMMIO");
    const char *size = vm_extra(vm, "pciPassthru.64bitMMIOSizeGB");
    bool wide = use && !strcmp(use, "TRUE") && !strcmp(vm->firmware, "efi");
    int64_t window = wide ? (size ? strtoll(size, NULL, 10) : 32) * 1024 : WINDOW_32_MB;
    if (need <= window)
        return 0;
    return fault_set(fault, "GenericVmConfigFault",
                     "PCIPassthru: total number of pages needed (%lld) exceeds limit (%lld), "
                     "failing. Module 'DevicePowerOn' power on failed.",
                     (long long)need * 256, (long long)window * 256);
}

int vm_check_cards(struct world *world, struct vm *vm, struct host *host, struct fault *fault)
{
    VEC_EACH (const struct device, it, vm->devices)
        if (it->kind == DEVICE_PASSTHRU && !it->dynamic &&
            check_fixed(world, vm, host, it, fault) < 0)
            return -1;
    if (!has_cards(world, vm, host))
        return fault_set(fault, "InsufficientResourcesFault",
                         "No host of the cluster has the passthrough devices that are asked "
                         "for.");
    return check_bars(vm, host, fault);
}
