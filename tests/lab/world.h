/* world.h: the one model of the simulated data centre, and its rules.
 *
 * The front ends (vim25.c, esxi_shell.c, vra7.c) translate protocols; what may happen, when,
 * and with which consequence is decided here, so that a host looks the same through vCenter
 * and through its shell. The model keeps the rules of the real systems: vsphere-api.md §14,
 * esxi-shell.md §14, vra7-api.md §11.
 *
 * Time is simulated: world_now runs `speed` times faster than the wall. Nothing happens in the
 * background: every front end calls world_tick under the lab's lock before it looks, and
 * world_tick carries out what has become due (reboots, tasks, catalogue entries).
 *
 * All memory belongs to the world and is freed with it. Lists only grow; what was deleted has
 * `gone` set and is skipped by the finders. Every caller holds the lab's lock (lab.h).
 */
#ifndef GF_LAB_WORLD_H
#define GF_LAB_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "arena.h"
#include "err.h"
#include "vec.h"

/* ---- hosts ------------------------------------------------------------------------- */

enum graphics_type { GRAPHICS_SHARED, GRAPHICS_SHARED_PASSTHRU }; /* vSGA, vGPU */
enum assignment_policy { POLICY_PERFORMANCE, POLICY_CONSOLIDATION };

struct gpu {
    char *pci_id;      /* 0000:3b:00.0 */
    char *model;       /* Tesla P100-PCIE-16GB (nvidia-smi); */
    char *device_name; /* GP100GL [Tesla P100 PCIe 16GB] (PCI list) */
    char *uuid;        /* GPU-... */
    unsigned vendor_id, device_id, sub_vendor_id, sub_device_id;
    int64_t memory_mb;
    unsigned numa_node;
    bool ecc_capable, ecc_current, ecc_pending;
    enum graphics_type type_configured, type_active; /* of this card */
    bool passthru_enabled, passthru_active, passthru_incapable;
};

struct vib {
    char *id;      /* NVIDIA_bootbank_NVIDIA-VMware_384.73-1OEM.650.0.0.4598673 */
    char *name;    /* NVIDIA-VMware */
    char *version; /* 384.73-1OEM.650.0.0.4598673 */
    char *vendor, *acceptance, *install_date, *summary;
    bool maintenance_required; /* the VIB asks for maintenance mode */
    bool is_gpu_driver;
    bool is_unsigned; /* wants --no-sig-check */
    bool loaded;  /* active since the last boot */
    bool removed; /* gone after the next boot */
};

struct service {
    char *key, *label; /* TSM-SSH, SSH */
    bool running;
    char *policy; /* on, automatic, off */
};

enum host_state { HOST_CONNECTED, HOST_REBOOTING, HOST_DISCONNECTED };

struct host {
    char *moref;   /* host-21 */
    char *name;    /* esx-gpu-01.lab.local */
    char *address; /* 127.0.10.1: where its shell listens */
    char *cluster;
    char *version, *build; /* 6.5.0, 5969303 */
    char *vendor, *hardware_model, *uuid, *cpu_model;
    unsigned cpu_packages, cpu_cores, cpu_threads;
    int64_t cpu_hz, memory_bytes;
    bool hyperthreading;
    unsigned numa_nodes;
    char *bios_power_support; /* "ACPI P-states, ACPI C-states", or "" when the BIOS keeps it */
    enum host_state state;
    bool in_maintenance;
    char *maintenance_by; /* user of the session that entered it; NULL otherwise */
    int64_t boot_time, up_at; /* simulated ms; up_at: when a reboot ends */
    bool reboot_fails;        /* fault: the host does not come back */
    enum graphics_type default_configured, default_active;
    enum assignment_policy policy;
    char *power_policy; /* static, dynamic, low, custom */
    char *acceptance;   /* VMwareCertified, VMwareAccepted, PartnerSupported, CommunitySupported */
    char *ssh_user, *ssh_password;
    char *ssh_key_file; /* its private host key */
    VEC(struct gpu) gpus;
    VEC(struct vib) vibs;
    VEC(struct service) services;
};

/* ---- virtual machines --------------------------------------------------------------- */

enum power_state { POWERED_OFF, POWERED_ON };
enum device_kind { DEVICE_DISK, DEVICE_NIC, DEVICE_CONTROLLER, DEVICE_VGPU, DEVICE_PASSTHRU };

struct device {
    int key;
    enum device_kind kind;
    char *label;
    char *vgpu_profile;    /* grid_p100-4q */
    char *pci_id;          /* DEVICE_PASSTHRU; of a dynamic one only while it runs */
    bool dynamic;          /* any card of the model will do */
    unsigned allowed_device;
    char *custom_label;
    char *network;         /* DEVICE_NIC */
    int64_t disk_capacity; /* bytes */
    int controller_key, unit;
};

struct key_value {
    char *key, *value;
};

struct vm {
    char *moref, *name, *folder; /* vm-57 */
    char *host;                  /* name of the host that it is registered on */
    char *datastore;
    enum power_state power;
    bool template, gone;
    char *uuid, *instance_uuid;
    unsigned cpus, cores_per_socket;
    bool cpu_hot_add;
    int64_t memory_mb;
    bool memory_locked; /* memoryReservationLockedToMax */
    int64_t memory_reservation_mb;
    char *firmware, *guest_id, *annotation, *version;
    uint64_t change; /* config.changeVersion is made from it */
    int64_t changed_at;
    char *tools; /* toolsOk, toolsOld, toolsNotRunning, toolsNotInstalled: when powered on */
    int64_t power_off_at; /* guest shutdown under way: simulated ms, or 0 */
    char *guest_os;       /* centos7, ubuntu2204: which stand-ins its guest has */
    char *guest_user, *guest_password;
    int64_t guest_disk;  /* bytes of its root in the sandbox */
    int64_t guest_up_at; /* simulated ms: when Tools answer after a boot */
    char *made_by;        /* user that cloned it; "vra" for machines of vRA */
    char *gpu;            /* pci id of the card its vGPU sits on while powered on */
    struct task *busy;    /* task under way, or NULL */
    VEC(struct device) devices;
    VEC(struct key_value) extra;
};

struct datastore_file {
    char *path; /* /vmfs/volumes/images/NVIDIA-... : as the shell sees it */
    struct vib *vib;
};

struct datastore {
    char *moref, *name;
    int64_t capacity, free;
    VEC(struct datastore_file) files;
};

struct network {
    char *moref, *name;
};

struct cluster {
    char *moref, *name, *resource_pool; /* domain-c7, resgroup-8 */
    bool drs_enabled;
    char *drs_behavior; /* fullyAutomated, partiallyAutomated, manual */
};

/* A stored customization specification; `spec` is the XML text of its <spec> children as it
 * came, passwords sealed, which is how a reply gives it back. */
struct custom_spec {
    char *name, *description, *type; /* Linux, Windows */
    char *spec;
    uint64_t change;
    int64_t updated_at;
    bool gone;
};

enum task_state { TASK_QUEUED, TASK_RUNNING, TASK_SUCCESS, TASK_ERROR };
enum task_kind {
    TASK_ENTER_MAINTENANCE,
    TASK_EXIT_MAINTENANCE,
    TASK_REBOOT,
    TASK_CLONE,
    TASK_RECONFIGURE,
    TASK_POWER_ON,
    TASK_POWER_OFF,
    TASK_DESTROY
};

struct task {
    char *moref; /* task-80 */
    enum task_kind kind;
    enum task_state state;
    int64_t queued_at, due_at, deadline, finished_at; /* deadline: maintenance timeout, 0 none */
    struct host *host;
    struct vm *vm;     /* entity; of a clone: the source */
    struct vm *result; /* the clone */
    bool force;
    char *user;
    char *fault_type, *fault_message, *fault_detail; /* of TASK_ERROR; detail: XML or NULL */
};

/* ---- vRealize Automation 7 ----------------------------------------------------------- */

/* Objects of vRA are kept as the JSON documents that its API shows, one list a type. */
struct vra_object {
    char *id;
    json_t *body;
    json_t *shown;      /* what GET answers while `body` is not visible yet; NULL = body */
    int64_t visible_at; /* simulated ms; catalogue items appear after a delay */
    bool gone;
};

struct vra_list {
    VEC(struct vra_object *) items;
};

struct vra {
    char *version, *tenant; /* 7.3.0, ml */
    struct vra_list business_groups, machine_prefixes, reservation_policies, reservations,
        network_profiles, components, blueprints, catalog_items, services, entitlements,
        icons;
    json_t *switches;   /* how it behaves where the real one is not known: world_vra.h */
    json_t *principals; /* {"users": [...], "groups": [...]}; a list absent: everybody */
    int64_t inventory_synced_at; /* source machines show what vCenter had then */
    json_t *source_machines;     /* array; the inventory as of the last collection */
};

struct account {
    char *system; /* vcenter, vra */
    char *username, *password, *tenant;
    bool no_role; /* may log in, may do nothing */
};

/* How long things take, in simulated milliseconds. */
struct durations {
    int64_t enter_maintenance, exit_maintenance, reboot, clone, reconfigure, power, destroy,
        guest_shutdown, guest_boot, guest_exit_kept, vib_install, catalog_delay, inventory_interval;
};

struct world {
    struct arena *arena;
    double speed;
    int64_t epoch;      /* simulated ms since 1970 at the start */
    int64_t started_us; /* monotonic clock at the start */
    char *vcenter_name, *vcenter_version, *vcenter_uuid, *datacenter, *vra_name;
    struct durations takes;
    struct guests *guests; /* guest/guest.h; NULL: machines have no insides */
    char *guest_repository; /* directory: more of what guests find on the network, or NULL */
    int64_t guest_time_limit; /* real ms that the programs of a guest may run */
    unsigned guest_process_limit;
    bool guest_transfer_star; /* transfer URLs name "*" instead of the ESXi host */
    unsigned next_id; /* for morefs and guids */
    bool random_guids_off; /* guids are derived from next_id: same run, same ids */
    VEC(struct host *) hosts;
    VEC(struct vm *) vms;
    VEC(struct cluster) clusters;
    VEC(struct datastore) datastores;
    VEC(struct network) networks;
    VEC(struct custom_spec *) specs;
    VEC(struct task *) tasks;
    VEC(struct account) accounts;
    struct vra vra;
    VEC(json_t *) events; /* what happened, for tests: see world_event */
};

/* ---- life ---------------------------------------------------------------------------- */

/* Read a world from YAML (world.yaml documents the format). */
int world_load(const char *file, struct world **ret_world, struct err *err);
void world_free(struct world *world);

int64_t world_now(const struct world *world); /* simulated ms since 1970 */
void world_tick(struct world *world);

/* Simulated time as RFC 3339 in UTC, in the world's memory. */
char *world_time_text(struct world *world, int64_t ms);
char *world_guid(struct world *world);
char *world_new_id(struct world *world, const char *prefix); /* "vm-" -> "vm-103" */
char *world_strdup(struct world *world, const char *text);

/* Write down what physically happened ("reboot" of "esx-gpu-01…"): {"time","event","object",
 * "detail"}. Tests compare it with what a plan announced. Events: maintenance_entered,
 * maintenance_left, host_rebooted, vib_installed, vib_removed, ecc_set, graphics_set,
 * power_policy_set, service_started, service_stopped, vm_created, vm_reconfigured,
 * vm_powered_on, vm_powered_off, vm_moved, vm_destroyed, vm_marked_template, guest_rebooted,
 * guest_limit (detail: disk, processes, files, time), guest_crashed, guest_refused (detail: why
 * there is no sandbox), spec_written, spec_deleted, vra_created, vra_updated, vra_deleted, vra_published. */
void world_event(struct world *world, const char *event, const char *object,
                 const char *detail);

/* The whole world as JSON (borrowed by nobody: caller decrefs): what tests look into. */
json_t *world_dump(struct world *world);

/* Change the world from outside, as somebody behind gridform's back would. Paths are those of
 * world_dump: "hosts/esx-gpu-01.lab.local/gpus/0/ecc_current" = true. */
int world_poke(struct world *world, const char *path, const json_t *value, struct err *err);

/* ---- finders ------------------------------------------------------------------------- */

struct host *world_host(struct world *world, const char *name);
struct host *world_host_by_moref(struct world *world, const char *moref);
struct vm *world_vm(struct world *world, const char *name); /* first that is not gone */
struct vm *world_vm_by_moref(struct world *world, const char *moref);
struct cluster *world_cluster(struct world *world, const char *name);
struct datastore *world_datastore(struct world *world, const char *name);
struct datastore_file *world_file(struct world *world, const char *path);
struct custom_spec *world_spec(struct world *world, const char *name);
struct task *world_task(struct world *world, const char *moref);
struct gpu *host_gpu(struct host *host, const char *pci_id);
struct service *host_service(struct host *host, const char *key);
struct vib *host_driver(struct host *host); /* installed GPU driver, not `removed`; or NULL */
bool host_driver_runs(const struct host *host); /* loaded since the last boot */
unsigned host_powered_on(struct world *world, const struct host *host);

/* Names of the profiles a card offers: API spelling, NULL-terminated; lab_profiles.c. */
struct gpu_profile {
    const char *name, *api; /* GRID P100-4Q, grid_p100-4q */
    char class;             /* Q, C, A, B */
    unsigned fb_mb, max, type_id, subsystem;
};
const struct gpu_profile *gpu_profiles(const struct gpu *gpu, size_t *ret_n);
const struct gpu_profile *gpu_profile(const struct gpu *gpu, const char *api_name);
/* Instances of `profile` that could still start on this card. */
unsigned gpu_free_slots(struct world *world, const struct host *host, const struct gpu *gpu,
                        const char *api_name);
/* Whether the host offers vGPU types of this card now (driver runs, both types active); with
 * a profile: whether that one is among them. */
bool gpu_offers(const struct host *host, const struct gpu *gpu,
                const struct gpu_profile *profile);

/* ---- what can be done to it ------------------------------------------------------------
 * These return 0, or -1 with the vim25 fault in `fault` (static type name, and a message). The
 * shell maps the same faults to its own words. */

struct fault {
    const char *type; /* InvalidState, TaskInProgress, InsufficientGraphicsResourcesFault, … */
    char message[256];
    char *detail; /* XML of the fault's own fields, or NULL */
};

/* A running task that ends by itself after `takes`; it keeps its VM busy till then (a clone its
 * result). What TASK_RECONFIGURE changes is changed by whoever makes the task; the end of it
 * moves changeVersion and writes vSphere's own extraConfig keys. */
struct task *world_task_new(struct world *world, enum task_kind kind, struct host *host,
                            struct vm *vm, int64_t takes, const char *user);

int host_enter_maintenance(struct world *world, struct host *host, int timeout_s,
                           const char *user, struct task **ret_task, struct fault *fault);
int host_exit_maintenance(struct world *world, struct host *host, const char *user,
                          struct task **ret_task, struct fault *fault);
int host_reboot(struct world *world, struct host *host, bool force, const char *user,
                struct task **ret_task, struct fault *fault);
int host_install_vib(struct world *world, struct host *host, const char *path,
                     bool claim_maintenance, bool no_sig_check, struct vib **ret_vib,
                     bool *ret_skipped, struct fault *fault);
int host_remove_vib(struct world *world, struct host *host, const char *name,
                    struct fault *fault);
void host_set_ecc(struct world *world, struct host *host, struct gpu *gpu, bool enabled);
/* The configured default; cards that were on the old default follow it. It becomes active when
 * Xorg restarts (with a running driver) or at the next boot; from 7.0.1 on at once. */
void host_set_graphics(struct world *world, struct host *host, enum graphics_type type,
                       enum assignment_policy policy);
void host_restart_xorg(struct host *host);
void host_start_service(struct world *world, struct host *host, struct service *service,
                        bool run);

/* The clone is (*ret_task)->result at once and may be edited there; until the task is done it
 * is `gone`, so that nobody finds it. */
int vm_clone(struct world *world, struct vm *source, const char *folder, const char *name,
             struct host *host, const char *user, struct task **ret_task, struct fault *fault);
int vm_power_on(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
                struct fault *fault);
int vm_power_off(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
                 struct fault *fault);
int vm_shutdown_guest(struct world *world, struct vm *vm, struct fault *fault);
int vm_reboot_guest(struct world *world, struct vm *vm, struct fault *fault);
int vm_destroy(struct world *world, struct vm *vm, const char *user, struct task **ret_task,
               struct fault *fault);
int vm_mark_template(struct world *world, struct vm *vm, struct fault *fault);
int vm_mark_vm(struct world *world, struct vm *vm, struct host *host, struct fault *fault);
void vm_touch(struct world *world, struct vm *vm); /* a new changeVersion */
const char *vm_extra(const struct vm *vm, const char *key); /* NULL when absent */
void vm_set_extra(struct world *world, struct vm *vm, const char *key, const char *value);

/* Whether every published blueprint's source is a template that exists; an event
 * "vra_source_gone" for each that is not. Asked at every call. */
void world_vra_check(struct world *world);

/* Machines cloned from a template by vRA, as a request of a user would make: full clones that
 * carry annotation and extraConfig of the template, powered on. */
int world_vra_request(struct world *world, const char *blueprint_id, unsigned machines,
                      struct err *err);
/* Collect vCenter's templates into vRA's inventory now (otherwise: each inventory_interval). */
void world_vra_collect(struct world *world);

#endif
