/* wire.h: the requests that the vSphere provider sends, one function per method.
 *
 * Each function fills a struct wire with the complete child of the SOAP body. The order of
 * elements is part of the protocol (vsphere-api.md §1 rule 1, §7.1): it is written down in
 * these functions and nowhere else, and tests/contract/check_requests.py judges every one of
 * them against the type tables. The caller releases the wire, also after a failed call; the
 * body is wiped, since it may carry a password.
 */
#ifndef GF_VSPHERE_WIRE_H
#define GF_VSPHERE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"
#include "xml.h"
#include "xml_write.h"

struct value;

/* A managed object; id NULL means none. Ids are opaque. */
struct ref {
    const char *type, *id;
};

struct wire {
    const char *method;
    struct strbuf body;
    struct xml_writer x;
    bool idempotent;
    bool bound; /* refers to objects that die with the session: not repeated after a login */
    bool last_word; /* goes out although the user interrupts, and may take a few seconds only */
};

void wire_release(struct wire *wire);

/* A stored tree as it was read: names, xsi:type, attributes, texts. For the parts of an object
 * that we write back and do not know. */
void wire_copy(struct xml_writer *x, const struct xml_node *node);
/* The same, all children of node. */
void wire_copy_children(struct xml_writer *x, const struct xml_node *node);

/* ---- session (vsphere-api.md §2.5) ---- */

void wire_service_content(struct wire *wire);
void wire_login(struct wire *wire, struct ref manager, const char *user, const char *password);
void wire_logout(struct wire *wire, struct ref manager);

/* ---- properties (§4.1) ---- */

struct prop_set {
    const char *type;
    const char *const *paths; /* ends with NULL */
};

struct wire_retrieve {
    struct ref collector;
    const struct prop_set *sets;
    size_t n_sets;
    struct ref view;           /* its members, or */
    const struct ref *objects; /* these objects; the vanished ones are left out */
    size_t n_objects;
    int64_t page; /* most objects of one answer; 0 = as the server likes */
};

void wire_create_view(struct wire *wire, struct ref manager, struct ref container,
                      const char *const *types);
void wire_destroy_view(struct wire *wire, struct ref view);
void wire_retrieve(struct wire *wire, const struct wire_retrieve *retrieve);
void wire_continue(struct wire *wire, struct ref collector, const char *token);

/* ---- tasks (§5) ---- */

void wire_cancel_task(struct wire *wire, const char *task);

/* ---- hosts (§6) ---- */

void wire_enter_maintenance(struct wire *wire, struct ref host, int64_t timeout_s,
                            bool evacuate_powered_off);
void wire_exit_maintenance(struct wire *wire, struct ref host, int64_t timeout_s);
void wire_reboot(struct wire *wire, struct ref host);
void wire_refresh_graphics(struct wire *wire, struct ref manager);
/* A card to be passed through, or no more. */
struct wire_passthrough {
    const char *id;
    bool enabled;
};

void wire_update_passthrough(struct wire *wire, struct ref system,
                             const struct wire_passthrough *cards, size_t n);
void wire_refresh_passthrough(struct wire *wire, struct ref system);
void wire_power_policy(struct wire *wire, struct ref manager, int64_t key);
void wire_service(struct wire *wire, struct ref manager, const char *id, bool run);

/* The stored configuration with the type of the given cards set; all else survives. */
struct wire_graphics {
    const struct xml_node *stored; /* HostGraphicsConfig as read */
    const char *const *devices;    /* PCI ids */
    size_t n_devices;
    const char *type; /* "shared" or "sharedDirect" */
};

void wire_update_graphics(struct wire *wire, struct ref manager,
                          const struct wire_graphics *graphics);

/* ---- virtual machines (§7, §8) ---- */

struct wire_option {
    const char *key, *value; /* value NULL: left out */
};

struct wire_clone {
    struct ref source, folder, datastore, pool, host;
    const char *name;
    const struct wire_option *options; /* extraConfig of the clone */
    size_t n_options;
};

enum wire_choice { WIRE_KEEP, WIRE_TRUE, WIRE_FALSE };

/* A GPU to be added: a vGPU; any card of a model; one card of a host (§7.2 to §7.4). */
struct wire_gpu {
    const char *profile;          /* vGPU */
    const char *id;               /* fixed: PCI address on the host */
    const char *name, *system_id; /* fixed: as QueryConfigTarget gives them */
    int vendor;                   /* fixed: the signed short as read */
    unsigned device;              /* fixed, dynamic: 16 bits */
    const char *label;            /* dynamic: customLabel, or NULL */
};

struct wire_reconfig {
    struct ref vm;
    const char *change_version;           /* NULL: not checked */
    const struct xml_node *const *remove; /* devices as read */
    size_t n_remove;
    const struct wire_gpu *add;
    size_t n_add;
    const struct wire_option *options;
    size_t n_options;
    int64_t cpus, cores_per_socket; /* 0: kept */
    enum wire_choice cpu_hot_add;
    enum wire_choice memory_locked; /* unlocking drops the reservation too */
};

void wire_clone(struct wire *wire, const struct wire_clone *clone);
void wire_reconfig(struct wire *wire, const struct wire_reconfig *reconfig);
/* What machines of the host can be given. */
void wire_config_target(struct wire *wire, struct ref browser, struct ref host);
void wire_power(struct wire *wire, struct ref vm, bool on);
void wire_shutdown_guest(struct wire *wire, struct ref vm);
void wire_mark_template(struct wire *wire, struct ref vm);
void wire_mark_vm(struct wire *wire, struct ref vm, struct ref pool, struct ref host);
void wire_destroy(struct wire *wire, struct ref vm);

/* ---- customization specifications (§10) ---- */

struct wire_spec {
    const char *name, *description;
    const struct value *args;      /* members of spec.write; what is absent stays as stored */
    const struct xml_node *stored; /* CustomizationSpecItem as read, or NULL: a new one */
    bool windows;                  /* what it is for; as in args */
    /* Windows; NULL: stays as stored. They travel in the body, which wire_release wipes. */
    const char *administrator_password, *join_password, *product_key;
};

void wire_get_spec(struct wire *wire, struct ref manager, const char *name);
/* Creates when nothing is stored, overwrites otherwise (with the change version read). */
void wire_write_spec(struct wire *wire, struct ref manager, const struct wire_spec *spec);
void wire_delete_spec(struct wire *wire, struct ref manager, const char *name);

/* ---- guest operations (§9) ---- */

/* Who asks which guest. The password travels in the body, which wire_release wipes. */
struct wire_login {
    struct ref vm;
    const char *user, *password;
};

void wire_guest_validate(struct wire *wire, struct ref manager, const struct wire_login *login);
void wire_guest_start(struct wire *wire, struct ref manager, const struct wire_login *login,
                      const char *program, const char *arguments);
void wire_guest_processes(struct wire *wire, struct ref manager, const struct wire_login *login,
                          int64_t pid);

struct wire_guest_file {
    const char *path;
    unsigned mode;
    int64_t size;
};

void wire_guest_put(struct wire *wire, struct ref manager, const struct wire_login *login,
                    const struct wire_guest_file *file);
void wire_guest_get(struct wire *wire, struct ref manager, const struct wire_login *login,
                    const char *path);
void wire_guest_list(struct wire *wire, struct ref manager, const struct wire_login *login,
                     const char *path, int64_t most);
void wire_reboot_guest(struct wire *wire, struct ref vm);

/* For the files wire_*.c. */
void wire_open(struct wire *wire, const char *method, struct ref self);
void wire_ref(struct wire *wire, const char *name, struct ref ref);

#endif
