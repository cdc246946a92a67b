/* world_internal.h: what the parts of the world share among themselves; not for front ends. */
#ifndef GF_LAB_WORLD_INTERNAL_H
#define GF_LAB_WORLD_INTERNAL_H

#include "compiler.h"
#include "world.h"
#include "world_vra.h"

int fault_set(struct fault *fault, const char *type, const char *format, ...) PRINTF_LIKE(3, 4);

/* 6.5.0 -> 60500. */
unsigned version_number(const char *version);
/* 384.73-1OEM... -> 384; 0 without a driver. */
unsigned driver_branch(const struct vib *driver);

/* The running task on a host, or NULL. */
struct task *host_busy(struct world *world, const struct host *host);
int host_check_up(const struct host *host, struct fault *fault);
/* A boot at `at`: everything pending becomes active. */
void host_boot(struct world *world, struct host *host, int64_t at);
void host_go_down(struct world *world, struct host *host, int64_t at);
enum { INSTALL_CLAIM_MAINTENANCE = 1, INSTALL_NO_SIG_CHECK = 2 };
/* Why an installation would be refused, before its time passes. */
int host_check_install(struct world *world, struct host *host, const char *path, unsigned flags,
                       struct fault *fault);
int host_remove_vib_claiming(struct world *world, struct host *host, const char *name,
                             bool claim_maintenance, struct fault *fault);
/* A host as the loader and pokes create it: defaults of the reference hardware. */
struct host *host_new(struct world *world, const char *name);
struct gpu *host_add_gpu(struct world *world, struct host *host, const char *pci_id);
void gpu_set_model(struct world *world, struct gpu *gpu, const char *model);

struct vm *vm_new(struct world *world, const char *name);
void vm_add_default_devices(struct world *world, struct vm *vm, int64_t disk_bytes,
                            const char *network);
int vm_next_key(const struct vm *vm, enum device_kind kind);
unsigned vm_count_devices(const struct vm *vm, enum device_kind kind);
/* Why the VM cannot run on its host: -1 and a fault; or 0 and the card for its vGPU. */
int vm_check_start(struct world *world, struct vm *vm, struct gpu **ret_gpu,
                   struct fault *fault);
/* Cards that are passed through (world_passthrough.c): why the VM cannot have them, or 0; a VM
 * with dynamic devices goes to a host of its cluster that has them. */
int vm_check_cards(struct world *world, struct vm *vm, struct host *host, struct fault *fault);
struct host *vm_place_dynamic(struct world *world, struct vm *vm, struct host *host);
void vm_assign_cards(struct world *world, struct vm *vm);
void vm_release_cards(struct vm *vm);
void vm_stop(struct world *world, struct vm *vm, const char *why);
/* extraConfig keys that vSphere writes by itself for vGPUs. */
void vm_write_own_keys(struct world *world, struct vm *vm);

struct vib *vib_copy(struct world *world, const struct vib *vib);
/* Makes the id from vendor, name and version. */
void vib_complete(struct world *world, struct vib *vib);

/* The lists of vRA by the names of the dump. */
#define N_VRA_LISTS 11
struct vra_list_name {
    const char *name;
    size_t offset;
};
extern const struct vra_list_name vra_lists[N_VRA_LISTS];
struct vra_list *vra_list_of(struct world *world, const struct vra_list_name *name);

#endif
