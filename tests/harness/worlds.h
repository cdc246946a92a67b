/* worlds.h: small worlds and manifests, written from a few words: for tests that need many of
 * them, or hosts in particular states. The names are those of the reference world, so that
 * tests read alike: esx-gpu-01.lab.local, blueprint Tensorflow-GPU, and so on. */
#ifndef GF_TESTS_WORLDS_H
#define GF_TESTS_WORLDS_H

#include <stdbool.h>

enum { WORLD_HOSTS_MAX = 4, HOST_VMS_MAX = 4 };

enum driver_shape { DRIVER_ABSENT, DRIVER_OLD, DRIVER_PRESENT, DRIVER_NOT_LOADED };

struct vm_shape {
    bool on, vgpu, fixed; /* vgpu: wants the profile; fixed: has a passthrough device */
};

struct host_shape {
    enum driver_shape driver;
    bool passthru;      /* graphics type is shared_passthru already */
    bool ecc;           /* ECC is on now */
    bool ecc_pending;   /* and what it will be after a reboot differs */
    bool balanced;      /* power policy is as wanted already */
    bool consolidation; /* assignment policy, wanted: performance */
    bool maintenance;   /* somebody put it into maintenance */
    bool ssh_stopped;
    struct vm_shape vms[HOST_VMS_MAX];
    unsigned n_vms;
};

struct world_shape {
    unsigned n_hosts;
    struct host_shape hosts[WORLD_HOSTS_MAX];
    bool drs_full;
    bool allow_power_off;     /* pools.gpu.allow */
    unsigned max_unavailable; /* 0: 1 */
    bool only_hosts;          /* no template, blueprint and so on in the manifest */
};

/* A host as the manifest wants it. */
struct host_shape host_as_wanted(void);

/* Write a world file, and a manifest directory that goes with it. ECC that is pending is not in
 * the file: worlds_poke does it. */
void world_write(const struct world_shape *shape, const char *file);
void manifest_write(const struct world_shape *shape, const char *directory);

struct site;
/* Start a site with both; pokes what a world file cannot say. */
void site_start_shape(struct site *site, const struct world_shape *shape, unsigned speed);
/* The same lab again: a fresh one, with its pokes. */
void site_fresh_shape(struct site *site, const struct world_shape *shape);

#endif
