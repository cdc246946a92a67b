/* step_common.h: how steps find their objects and wait for them. */
#ifndef GF_VSPHERE_STEP_COMMON_H
#define GF_VSPHERE_STEP_COMMON_H

#include "inventory.h"

/* The host that a step is about, by the name in its address. ERR_NOT_FOUND. */
MUST_CHECK int step_host(struct vc *vc, const struct step_call *call, struct ref *ret,
                         struct err *err);

/* One reference of a host's configManager; ERR_INVALID when the host has none such. */
MUST_CHECK int step_host_manager(struct vc *vc, struct ref host, const char *path,
                                 struct ref *ret, struct err *err);

/* The machine of a template step: by name, its devices and mark read. NULL in *ret when there
 * is none; ERR_CONFLICT when several bear the name. */
MUST_CHECK int step_machine(struct vc *vc, const char *name, struct machine_row **ret,
                            struct err *err);

/* The machine named in the arguments: it must be there and be ours. */
MUST_CHECK int step_own_machine(struct vc *vc, const struct step_call *call,
                                struct machine_row **ret, struct err *err);

/* Only what this resource owns is changed: its mark is valid (or carries the call's nonce), or
 * the state records its instance UUID. ERR_CONFLICT otherwise. */
MUST_CHECK int step_require_ours(const struct machine_row *machine,
                                 const struct step_call *call, struct err *err);
bool step_mark_is_ours(const struct machine_row *machine, const struct step_call *call);

/* A required text among the arguments. */
MUST_CHECK int vsphere_step_text(const struct step_call *call, const char *key,
                                 const char **ret, struct err *err);

/* Is the machine's power state as wanted? For change_look. */
struct power_look {
    struct ref vm;
    bool on;
};
change_look look_power;

/* Ask a guest to shut down. *ret_asked false: it cannot be asked, only powered off. Fails when
 * nobody can tell, or while a task of somebody else keeps the machine (ERR_BUSY): no reason to
 * pull the plug. */
MUST_CHECK int machine_ask_guest(struct vc *vc, struct ref vm, bool *ret_asked,
                                 struct err *err);
/* Power off through the guest, hard after the limit; ret_kind as of change_make. */
MUST_CHECK int machine_shut_down(struct vc *vc, struct ref vm, int64_t guest_timeout_ms,
                                 enum outcome_kind *ret_kind, struct err *err);
MUST_CHECK int machine_power(struct vc *vc, struct ref vm, bool on, enum outcome_kind *ret_kind,
                             struct err *err);

#endif
