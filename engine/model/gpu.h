/* gpu.h: what is known about GPUs, vGPU profiles and driver versions without asking anybody.
 *
 * While a host's driver is absent, the catalogue here says which profiles a card will offer;
 * afterwards the card itself is asked.
 */
#ifndef GF_GPU_H
#define GF_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct arena;
struct instance;
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

/* What one machine takes: `count` vGPUs of a profile, or cards of a model. */
struct gpu_want {
    const char *label;   /* grid_p100-4q, 10de:1db4 */
    const char *profile; /* NULL: whole cards that are passed through */
    unsigned device;     /* PCI device id of those */
    int64_t count;
};

/* Of a mode of the manifest; false while it says nothing that can be counted. */
bool gpu_want_of(const struct instance *mode, int64_t count, struct gpu_want *ret);

/* Machines that fit the cards; the vGPUs of one machine share a card. -1: not known. */
int gpu_places(const struct value *gpus, const struct gpu_want *want);

/* The PCI device id of "10de:1db4", lower case; 0 for anything else: only NVIDIA cards are
 * known here. */
unsigned gpu_parse_device(const char *text);

/* How such a card stands in a machine: "10de:1db4", "10de:1db4 (dynamic, label gpu)". */
const char *gpu_device_text(struct arena *arena, unsigned device, bool dynamic,
                            const char *label);

/* Memory of a card of that id in MiB, of the largest where several models share it; 0: not in
 * the catalogue. */
int64_t gpu_memory_mb(unsigned device);

/* "2 x grid_p100-4q", or the bare word for one: how devices of machines are compared. */
const char *gpu_text(struct arena *arena, int64_t count, const char *what);

/* GiB of 64-bit MMIO for cards of so much memory in all: the power of two above the one that
 * holds them (vsphere-api.md §7.5). */
int64_t gpu_mmio_gb(int64_t memory_mb);

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
