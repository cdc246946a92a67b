/* vim25_call.h: one SOAP call of the simulated vCenter, its session, and the objects that it
 * can name. Internal to lab_vim25.
 *
 * Everything here is used with the lab's lock held; a long poll lets go of it between its
 * looks and therefore holds a reference to its session. Values live in the arena of the call.
 */
#ifndef GF_LAB_VIM25_CALL_H
#define GF_LAB_VIM25_CALL_H

#include <libxml/tree.h>
#include <stdatomic.h>

#include "compiler.h"
#include "lab.h"
#include "strbuf.h"
#include "vim25_schema.h"
#include "vim25_value.h"

/* ---- sessions ------------------------------------------------------------------------ */

struct view {
    char *id, *container; /* id of the container */
    VEC(char *) types;
    bool recursive, gone;
};

struct page; /* rest of a property read that did not fit: vim25_read.c */
struct collector;

struct session {
    struct arena *arena;
    char *key, *user, *address, *agent;
    bool no_role, gone;
    int64_t login_ms, active_ms; /* simulated, for show */
    int64_t used_ms;             /* monotonic, for the idle limit */
    unsigned n_calls, next_id;
    unsigned users; /* calls that run in it */
    VEC(struct view *) views;
    VEC(struct page *) pages;
    VEC(struct collector *) collectors;
};

struct vim25_server {
    struct lab *lab;
    struct schema *schema;
    struct arena *arena;
    struct MHD_Daemon *daemon;
    uint32_t version; /* the newest that it speaks */
    int64_t idle_limit_ms;
    atomic_bool stopping;
    unsigned next_session;
    VEC(struct session *) sessions;
    VEC(struct transfer *) transfers; /* in the server's memory */
};

struct session *session_find(struct vim25_server *server, const char *cookie);
struct session *session_open(struct vim25_server *server, const struct account *account);
void session_close(struct session *session); /* its objects go now, its memory with its users */
void session_release(struct vim25_server *server, struct session *session);
void pages_free(struct session *session);      /* vim25_read.c */
void collectors_free(struct session *session); /* vim25_watch.c */
struct view *session_view(struct session *session, const char *id);
int64_t monotonic_ms(void);

/* ---- objects -------------------------------------------------------------------------- */

struct object {
    const struct type *type;
    const char *id;
    struct host *host; /* of a host and its managers; of a standalone ComputeResource */
    struct vm *vm;
    struct cluster *cluster; /* of a cluster, its pool and its browser */
    struct datastore *datastore;
    struct network *network;
    struct task *task;
    const char *folder; /* of a folder below the VM folder: its path */
    struct view *view;
    struct val **values; /* what was read already, by field of the type */
    bool *known;
};

/* ---- the call -------------------------------------------------------------------------- */

struct call {
    struct vim25_server *server;
    struct lab *lab;
    struct world *world;
    struct arena *arena;
    struct builder b;
    struct session *session; /* NULL: not logged in */
    const struct method *method;
    xmlNode *request;
    const char *this_type, *this_id;
    const char *agent, *address;
    struct object *self;
    VEC(struct val *) results;
    const char *raw_result; /* ready <returnval>…</returnval> instead of results */
    const char *fault_type, *fault_text;
    struct val *fault;
    const char *cookie; /* to be set */
    struct vm_paths *paths; /* folders of machines, once asked for: vim25_tree.c */
};

int call_fault(struct call *call, const char *type, const char *format, ...) PRINTF_LIKE(3, 4);
/* A fault of the world as SOAP fault. */
int call_world_fault(struct call *call, const struct fault *fault);
int call_invalid(struct call *call, const char *property, const char *format, ...)
    PRINTF_LIKE(3, 4);                                     /* InvalidArgument */
int call_task(struct call *call, const struct task *task); /* answer with it */
/* The same when a world_… function returned `failed`: precondition faults become failed tasks
 * (vsphere-api.md §1 rule 6). */
int call_task_or_fault(struct call *call, int failed, struct task *task, enum task_kind kind,
                       const struct fault *fault);
/* MethodFault value of a type, which may be unknown to the schema; detail as in struct fault.
 */
struct val *fault_value(struct builder *b, const char *type, const char *detail,
                        const char *message);
void call_result(struct call *call, struct val *value);
void call_result_text(struct call *call, const char *type, const char *text);
const char *call_user(const struct call *call);

/* Arguments: what the request holds, checked already. */
xmlNode *node_child(const xmlNode *node, const char *name);
xmlNode *node_next(const xmlNode *node);                   /* next element of the same name */
char *node_text(struct arena *arena, const xmlNode *node); /* "" for NULL */
char *node_attribute(struct arena *arena, const xmlNode *node, const char *name);
char *node_xsi_type(struct arena *arena, const xmlNode *node); /* local name, or NULL */
bool node_flag(const xmlNode *node, bool otherwise);
int64_t node_number(const xmlNode *node, int64_t otherwise);
/* The children as XML that needs no context but the prefixes xsi and xsd. */
void node_dump(const xmlNode *node, struct strbuf *out);
char *arg_text(struct call *call, const char *name); /* NULL when absent */
xmlNode *arg_node(struct call *call, const char *name);

/* Check the request's element against the method's parameters; 0, or -1 and InvalidRequest. */
int request_check(struct call *call);

/* ---- tree.c ---------------------------------------------------------------------------- */

/* The object of that id, or NULL; type is checked when not NULL. */
struct object *object_find(struct call *call, const char *type, const char *id);
/* Append what `parent` contains directly, as references. */
void object_children(struct call *call, const struct object *parent, struct val *list);
/* What a view shows now: references. */
struct val *view_objects(struct call *call, const struct view *view);
struct val *object_reference(struct call *call, const struct object *object);
const char *host_suffix(const struct host *host); /* "21" of host-21 */
const char *host_compute_id(struct call *call, const struct host *host);
const char *host_pool_id(struct call *call, const struct host *host);
const char *vm_folder_id(struct call *call, const char *path);
/* Path of the VM folder with that id as struct vm names it; NULL: no such folder. */
const char *vm_folder_path(struct call *call, const char *id);
bool host_answers(const struct host *host);

/* ---- properties ------------------------------------------------------------------------- */

struct property {
    const char *type, *name;
    struct val *(*read)(struct call *call, const struct object *object);
};

extern const struct property host_properties[], manager_properties[], vm_properties[],
    inventory_properties[], service_properties[], guest_properties[];

/* The value at a path, or NULL when unset. The path exists. */
struct val *object_read(struct call *call, struct object *object, const char *path);

/* Parts that more than one property shows. */
struct val *host_config(struct call *call, const struct host *host);
struct val *device_value(struct call *call, const struct vm *vm, const struct device *device);
void target_profiles(struct call *call, const struct host *host, struct val *target);
struct val *service_content(struct call *call);
struct val *session_value(struct call *call, const struct session *session);

/* ---- methods ----------------------------------------------------------------------------- */

enum { CALL_CHANGES = 1, CALL_ANONYMOUS = 2, CALL_HOST_UP = 4 };

struct handler {
    const char *name;
    unsigned flags;
    int (*run)(struct call *call);
};

extern const struct handler service_handlers[], read_handlers[], watch_handlers[],
    host_handlers[], vm_handlers[], spec_handlers[], guest_handlers[],
    guest_file_handlers[];

const struct handler *handler_find(const char *name);

/* Run the call: session, privilege, object, handler. The reply is in the call. */
int call_run(struct call *call, const struct handler *handler);

/* Guest operations: the machine of the call after everything that all of them check (answering
 * host, power, Tools, login), or NULL and the call's fault: vim25_guest.c. */
struct vm *guest_of(struct call *call);

/* A file on its way into a guest or out of it, once: vim25_transfer.c. */
struct transfer {
    char *token, *moref, *path;
    int64_t size; /* of a file into the guest; -1: out of it */
    int mode;
    unsigned flags; /* GUEST_OVERWRITE */
    bool used;
};

/* The URL that serves the transfer; copies it, all but the token, which it makes. */
char *transfer_url(struct call *call, const struct vm *vm, const struct transfer *transfer);

/* The specification of a VM (clone or reconfigure): vim25_reconfig.c. */
int spec_check(struct call *call, const struct vm *vm, const xmlNode *spec,
               struct fault *ret_fault);
void spec_apply(struct call *call, struct vm *vm, const xmlNode *spec);

#endif
