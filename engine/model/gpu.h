/* gpu.h: what is known about GPUs, vGPU profiles and driver versions without asking anybody.
 *
 * While a host's driver is absent, the catalogue here says which profiles a card will offer;
 * afterwards the card itself is asked.
 */
#ifndef GF_GPU_H
#define GF_GPU_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

struct value;

struct gpu_profile {
    const char *name; /* as nvidia-smi prints it: GRID P100-4Q */
    const char *api;  /* as vSphere spells it: grid_p100-4q */
    char class;       /* Q, C, A, B */
    unsigned fb_mb;
    unsigned max;   /* instances on one physical GPU, all of one profile */
    unsigned since; /* vGPU release times ten that brought it; 0: not known, or very old */
};

struct gpu_model {
    const char *product; /* Tesla P100-PCIE-16GB */
    const char *prefix;  /* GRID P100 */
    unsigned pci_device; /* 0x15f8; several products may share one */
    unsigned memory_mb;
    bool ecc; /* capable of it */
    const struct gpu_profile *profiles;
    size_t n_profiles;
};

extern const struct gpu_model gpu_models[];
extern const size_t gpu_models_count;

/* By product name as nvidia-smi or vCenter give it; NULL when unknown. */
const struct gpu_model *gpu_by_product(const char *product);
const struct gpu_model *gpu_by_pci_device(unsigned device);

/* The profile with this API name on this model; NULL when it has none such. */
const struct gpu_profile *gpu_find_profile(const struct gpu_model *model, const char *api);
/* The profile on any model: for the names of the manifest. */
const struct gpu_profile *gpu_any_profile(const char *api);

/* vGPU slots of a profile on cards as the fact `gpus` of a host lists them, all of them used for
 * that profile; cards that the catalogue does not know count as none. -1: gpus is not known. */
int gpu_slots(const struct value *gpus, const char *profile);

/* Is there a card with this profile that has ECC at all? */
bool gpu_profile_has_ecc(const char *api);

/* Does a driver of this vGPU release (5 for branch 384) offer the profile? esxi-shell.md §8,
 * vgpu-profiles.yaml. An unknown release (0) offers everything. */
bool gpu_profile_in_release(const struct gpu_profile *profile, unsigned release);

/* "384.73" out of a VIB's file name, id or version, "NVIDIA-VMware-384.73-1OEM.650…"
 * (esxi-shell.md §9), written to ret; false when there is none. */
bool driver_version_of(const char *vib, char ret[static 16]);

/* The name of a VIB out of its file name: "NVIDIA-VMware". Written to ret, cut to size. */
void driver_vib_name(const char *file, char *ret, size_t size);

/* 384 for "384.73"; 0 when it is no version. */
unsigned driver_branch(const char *version);

/* vGPU release of a driver branch: 5 for 384; 0 when unknown. esxi-shell.md §8.1 */
unsigned driver_release(unsigned branch);

/* Must ECC be off for vGPUs? True below branch 430 (esxi-shell.md §8.2). */
bool driver_needs_ecc_off(unsigned branch);

#endif
