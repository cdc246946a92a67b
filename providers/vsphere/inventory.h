/* inventory.h: who is there: hosts, clusters and machines of a vCenter in one pass.
 *
 * One container view, one light property read per object type, pages followed: a number of
 * requests that does not grow with the number of objects. Names are unescaped. Reads and steps
 * find their objects here; everything heavier is read afterwards, for those in question only.
 */
#ifndef GF_VSPHERE_INVENTORY_H
#define GF_VSPHERE_INVENTORY_H

#include "map.h"
#include "vsphere.h"

struct cluster_row {
    const char *id, *name;
    const char *drs; /* off, manual, partial, full; NULL: not a cluster, or not readable */
    struct ref pool; /* its root resource pool */
};

struct host_row {
    struct ref ref;
    const char *name, *connection;
    const char *refusal; /* why its state is not readable, or NULL */
    bool maintenance;
    struct ref parent; /* its ComputeResource */
};

struct machine_row {
    struct ref ref;
    const char *name, *host_id, *uuid; /* uuid: config.instanceUuid; NULL: not readable */
    bool on, template;
    const char *firmware, *hardware; /* bios, vmx-13; NULL: not readable */
    bool may_have_gpu; /* the light read does not rule out vGPUs and fixed devices */
    bool asked;        /* a step has asked its guest to shut down */
    /* Filled in by machines_read_devices. */
    bool devices_known, fixed, memory_locked;
    const char *vgpu;        /* profiles with their numbers, as gpu_text; NULL: none */
    const char *passthrough; /* NVIDIA cards, as gpu_device_text, likewise */
    size_t n_vgpus, n_cards;
    const char **cards; /* PCI ids of those that it holds: fixed ones, assigned ones */
    struct mark mark;
    bool complete; /* gridform.complete is its own identifier: its build came to an end */
    /* With the mark. */
    int64_t cpus, cores_per_socket, mmio_gb; /* -1: not readable; mmio_gb 0: none */
    bool cpu_hot_add;
};

struct inventory {
    struct cluster_row **clusters;
    struct host_row **hosts;
    struct machine_row **machines;
    size_t n_clusters, n_hosts, n_machines;
};

enum inventory_parts {
    INVENTORY_HOSTS = 1 << 0, /* clusters too */
    INVENTORY_MACHINES = 1 << 1,
};

/* The inventory lives in vc's arena. */
MUST_CHECK int inventory_read(struct vc *vc, unsigned parts, struct inventory *ret,
                              struct err *err);

/* By name or id; NULL: not there. Host names compare without regard to case. */
struct host_row *inventory_host(const struct inventory *inventory, const char *name);
struct host_row *inventory_host_by_id(const struct inventory *inventory, const char *id);
struct cluster_row *inventory_cluster_by_id(const struct inventory *inventory, const char *id);
struct machine_row *inventory_machine_by_uuid(const struct inventory *inventory,
                                              const char *uuid);
/* NULL when there is none; *ret_n tells how many bear the name. */
struct machine_row *inventory_machine(const struct inventory *inventory, const char *name,
                                      size_t *ret_n);

/* Devices of the machines; with_mark also marks and memory lock (whole extraConfig). */
MUST_CHECK int machines_read_devices(struct vc *vc, struct machine_row *const *machines,
                                     size_t n, bool with_mark, struct err *err);

/* The vGPU profiles and fixed devices of a device list (config.hardware.device). */
void machine_devices(struct machine_row *machine, const struct xml_node *devices,
                     struct arena *arena);
/* The profile of a device that is a vGPU, or NULL. */
const char *device_vgpu(const struct xml_node *device);
/* How a device that is an NVIDIA card is compared (gpu_device_text), or NULL; ret_card: the
 * card that it holds, or NULL. Backings that are not known stay out of it. */
const char *device_card(const struct xml_node *device, struct arena *arena,
                        const char **ret_card);
/* The 64-bit MMIO space of config.extraConfig in GiB; 0: not in use. */
int64_t options_mmio_gb(const struct xml_node *extra_config);
/* The mark in config.extraConfig; own only while gridform.uuid equals uuid. */
struct mark machine_mark(const struct xml_node *extra_config, const char *uuid,
                         struct arena *arena);
/* Whether it says that the machine's build came to its end. Clones say it of their source. */
bool machine_complete(const struct xml_node *extra_config, const char *uuid,
                      struct arena *arena);

int find_datacenter(struct vc *vc, const char *name, struct ref *ret, struct err *err);

#define MARK_LINEAGE "gridform.lineage"
#define MARK_ADDRESS "gridform.address"
#define MARK_UUID "gridform.uuid"
#define MARK_NONCE "gridform.nonce"
#define MARK_COMPLETE "gridform.complete"

#endif
