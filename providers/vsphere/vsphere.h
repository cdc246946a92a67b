/* vsphere.h: what the files of the vSphere provider share: the session, a caller's view of it,
 * property reads and waiting. The steps and the bulk reading build on these.
 *
 * Layers, each includes only those below: steps and reads (step_*.c, read_*.c), waiting
 * (task.c), properties (props.c), session (session.c), requests (wire.h), transport.
 *
 * Facts: vsphere-api.md; sections are named where they are used.
 */
#ifndef GF_VSPHERE_H
#define GF_VSPHERE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider.h"
#include "soap.h"
#include "wire.h"

struct guest_hosts;
struct http;

/* Everything but login_lock, logins and last_words is constant after opening. The environment
 * given to open is kept: its cancelled() ends requests under way until the session closes. */
struct session {
    struct arena *arena;
    struct http *http;
    struct soap *soap;
    struct secrets *secrets; /* borrowed */
    struct op_env env;
    const char *user, *password; /* the password is borrowed from the configuration */
    int64_t poll_ms;
    struct ref root, collector, view_manager, session_manager, spec_manager, guest_operations;
    /* For guests: of the configuration given to open, which outlives the session. */
    const struct instance *settings;
    const char *directory, *ca_file; /* ca_file: NULL, or with the manifest's directory */
    int (*reference)(void *context, const struct value *reference, const char **ret_secret,
                     struct err *err);
    void *reference_context;
    struct guest_hosts *guest_hosts;
    atomic_uint last_words; /* requests under way that no interrupt may end */
    pthread_mutex_t login_lock;
    unsigned logins; /* guarded by login_lock: counts logins, to log in again only once */
};

/* One read or one step: what its functions pass on to each other. */
struct vc {
    struct session *session;
    const struct op_env *env;
    struct arena *arena;
    const char *address, *op; /* for events; NULL while reading */
    bool lost; /* the server forgot the session in the middle of a pass over a view */
    struct soap_fault fault; /* of the last call or task that was refused; type NULL: none */
};

/* ---- session.c ---- */

int vsphere_session_open(const struct provider_config *config, const struct op_env *env,
                         struct session **ret_session, struct err *err);
void vsphere_session_close(struct session *session);

/* Send a request, which stays the caller's. When the server has forgotten the session, logs in
 * again and sends it once more; for requests bound to the session sets vc->lost instead. */
MUST_CHECK int session_call(struct vc *vc, struct wire *wire, struct soap_reply *reply,
                            struct err *err);
MUST_CHECK int session_stream(struct vc *vc, struct wire *wire,
                              const struct xml_stream_options *stream, struct err *err);

/* Run a pass, and when it ends with vc->lost, log in and run it once more from its start. */
typedef int session_pass(struct vc *vc, void *context, struct err *err);
MUST_CHECK int session_run_pass(struct vc *vc, session_pass *pass, void *context,
                                struct err *err);

/* A fault of that type, with or without the suffix that some servers add. */
bool fault_is(const struct soap_fault *fault, const char *type);

/* ---- props.c ---- */

/* A listed object (ObjectContent); lives until the function returns. */
typedef int prop_object(void *context, const struct xml_node *object, struct err *err);

struct prop_query {
    const struct prop_set *sets;
    size_t n_sets;
    struct ref view;
    const struct ref *objects;
    size_t n_objects;
    int64_t page;
    prop_object *object;
    void *context;
};

/* All pages of a bulk read, object by object. Part of a pass: may set vc->lost. */
MUST_CHECK int props_stream(struct vc *vc, const struct prop_query *query, struct err *err);

/* One object; it lives in the arena. ERR_NOT_FOUND when there is none such. */
MUST_CHECK int props_read(struct vc *vc, struct ref object, const char *const *paths,
                          const struct xml_node **ret_object, struct err *err);

/* The value of a path of an ObjectContent, or NULL: unset, or not readable. */
const struct xml_node *props_get(const struct xml_node *object, const char *path);
const char *props_text(const struct xml_node *object, const char *path);
bool props_true(const struct xml_node *object, const char *path);
struct ref props_ref(struct arena *arena, const struct xml_node *object, const char *path);
/* Why a path was refused ("NoPermission: …"), or NULL. */
const char *props_refusal(struct vc *vc, const struct xml_node *object, const char *path);
struct ref ref_of(struct arena *arena, const struct xml_node *node);

/* Names carry %, / and \ percent-escaped (vsphere-api.md §3). */
const char *name_unescape(struct arena *arena, const char *name);
const char *name_escape(struct arena *arena, const char *name);

/* An xsd:dateTime as microseconds since 1970, for comparing. -1 when it is none. */
MUST_CHECK int datetime_parse(const char *text, int64_t *ret_us);

/* ---- task.c ---- */

/* Sleeping between looks: longer each time, up to the poll interval. deadline 0 = none. */
struct pause {
    int64_t deadline_ms, next_ms;
};

struct pause pause_until(const struct vc *vc, int64_t timeout_ms); /* 0: no deadline */
/* ERR_TIMEOUT after the deadline, ERR_CANCELLED; the caller wraps with what it waits for. */
MUST_CHECK int pause_next(struct vc *vc, struct pause *pause, struct err *err);

void vc_progress(const struct vc *vc, int percent, const char *format, ...) PRINTF_LIKE(3, 4);

struct task_run {
    struct wire *wire;
    int64_t timeout_ms; /* 0: as long as it takes */
};

/* Start a task and wait for its end. ret_result may be NULL. A failed task is an error with
 * its fault's texts, the fault is in vc->fault; ERR_UNCERTAIN when nobody can tell how it
 * ended. */
MUST_CHECK int task_run(struct vc *vc, const struct task_run *run,
                        const struct xml_node **ret_result, struct err *err);
MUST_CHECK int task_wait(struct vc *vc, const char *task, int64_t timeout_ms,
                         const struct xml_node **ret_result, struct err *err);
/* Wait until no recent task of the object runs any more. */
MUST_CHECK int task_settle(struct vc *vc, struct ref entity, int64_t timeout_ms,
                           struct err *err);

/* A change with its look: looks first; acts; when the answer was lost or somebody was faster,
 * lets the object's tasks end and looks again. *ret_kind is DONE or UNCHANGED on success. */
typedef int change_look(struct vc *vc, void *context, bool *ret_reached, struct err *err);

struct change_plan {
    struct ref entity; /* whose tasks are awaited when in doubt; id NULL: it has none */
    change_look *look;
    void *context;
    struct wire *wire;
    bool task; /* the method is a *_Task */
    int64_t timeout_ms;
};

MUST_CHECK int change_make(struct vc *vc, const struct change_plan *plan,
                           enum outcome_kind *ret_kind, struct err *err);

/* ---- steps ---- */

typedef int step_perform(struct vc *vc, const struct step_call *call, struct outcome *outcome,
                         struct err *err);

step_perform step_enter_maintenance, step_exit_maintenance, step_reboot, step_card_graphics,
    step_passthrough, step_verify_passthrough, step_power_policy, step_ssh, step_vms_off,
    step_vms_on, step_spec_write, step_spec_delete, step_clone, step_configure, step_start,
    step_shutdown, step_mark, step_unmark, step_destroy, step_switch, step_guest_await,
    step_guest_run, step_guest_verify, step_guest_reboot;

#endif
