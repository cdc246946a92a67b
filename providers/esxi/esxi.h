/* esxi.h: inside the provider of the ESXi shells (esxi-shell.md): from a host's name to its
 * attributes, and the pieces that steps are made of.
 *
 *     shell (session.c)         one SSH connection to one host, for one thread
 *     script (command.c)        several commands in one line, each with its output and status
 *     records (parse_esxcli.c)  what esxcli printed, in whichever form
 *     smi_report (parse_smi.c)  what nvidia-smi printed, in whichever form
 *     facts (facts.c)           attributes derived from both; pure
 *
 * Everything is allocated from the arena that is handed in, and no function but those of
 * shells does any I/O.
 */
#ifndef GF_ESXI_H
#define GF_ESXI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "provider.h"

struct secrets;
struct ssh_client;

extern const struct provider provider_esxi;

/* ---- session ---------------------------------------------------------------------------- */

struct session {
    struct arena *arena;
    const char *username, *password, *key_file, *known_hosts;
    const struct value *connect_to; /* host name -> address:port */
    const struct secrets *secrets;
    unsigned port;
    bool verify;
    int64_t poll_ms, timeout_ms, install_timeout_ms;
};

int esxi_session_open(const struct provider_config *config, const struct op_env *env,
                      struct session **ret_session, struct err *err);
void esxi_session_close(struct session *session);

/* One connection. Kept within one call of the provider, by one thread. */
struct shell {
    const struct session *session;
    const struct op_env *env;
    struct arena *arena;
    const char *host;
    struct ssh_client *client; /* NULL: not connected */
};

/* Errors are those of ssh_client_open. A shell may be opened again after it was closed. */
MUST_CHECK int shell_open(struct shell *shell, struct err *err);
void shell_close(struct shell *shell);

/* ---- scripts ---------------------------------------------------------------------------- */

enum { SCRIPT_MAX = 6 };

/* What one command of a script did. */
struct part {
    const char *output; /* both streams, as they came; NUL bytes become blanks */
    size_t size;
    int status;
};

/* Commands that run one after the other in one line, whatever becomes of each. */
struct script {
    const char *const *commands[SCRIPT_MAX]; /* words, each list NULL-terminated */
    size_t n;
    int64_t timeout_ms;
    bool changes; /* ERR_UNCERTAIN when the answer does not come */
};

/* Run it. ERR_INVALID: the host answered with something else. Other errors are those of
 * ssh_client_exec. */
MUST_CHECK int shell_run(struct shell *shell, const struct script *script, struct part *parts,
                         struct err *err);

/* The line that a script becomes, and the way back; marker is a word that no output holds. */
void script_line(const struct script *script, const char *marker, struct strbuf *out);
MUST_CHECK int script_split(const char *output, size_t size, const char *marker, size_t n,
                            struct arena *arena, struct part *parts, struct err *err);

/* ---- esxcli ----------------------------------------------------------------------------- */

struct field {
    const char *label, *value;
};

struct record {
    const char *header; /* line above the fields ("0000:af:00.0"), or "" */
    struct field *fields;
    size_t n;
};

struct records {
    struct record *items;
    size_t n;
};

enum esx_shape { SHAPE_FIELDS, SHAPE_TABLE };

/* Output of a command under --formatter=xml. ERR_INVALID: it is not that. */
MUST_CHECK int records_from_xml(const char *text, size_t size, struct arena *arena,
                                struct records *ret, struct err *err);
/* Output of the text formatter (esxi-shell.md §1.2). ERR_INVALID. */
MUST_CHECK int records_from_text(const char *text, size_t size, enum esx_shape shape,
                                 struct arena *arena, struct records *ret, struct err *err);

/* The value of a field; case and blanks of labels do not matter. NULL when there is none. */
const char *record_get(const struct record *record, const char *label);

/* Why a command of esxcli failed, as one line: error class and text (§1.4). */
MUST_CHECK int esxcli_error(const struct part *part, const char *what, struct err *err);
/* hostd is not up yet (§4). */
bool esxcli_no_hostd(const struct part *part);

/* One line of printable text out of anything, cut to a sane length. */
const char *one_line(struct arena *arena, const char *text, size_t size);

/* ---- nvidia-smi ------------------------------------------------------------------------- */

struct smi_card {
    const char *id, *mode, *ecc_current, *ecc_pending; /* as printed; NULL: no such field */
};

enum smi_state {
    SMI_RUNS,
    SMI_ABSENT,     /* there is no such program */
    SMI_NOT_LOADED, /* driver not loaded, or another version than the installed one is */
    SMI_NO_CARD,    /* the driver runs, but has no card */
    SMI_FAILED,     /* reason says how */
};

struct smi_report {
    enum smi_state state;
    const char *reason; /* SMI_FAILED */
    const char *driver; /* running version, or NULL */
    struct smi_card *cards;
    size_t n_cards;
};

/* Output of -q -x (§7.5). ERR_INVALID: not that, not well-formed, or refused. */
MUST_CHECK int smi_from_xml(const char *text, size_t size, struct arena *arena,
                            struct smi_report *ret, struct err *err);
/* Output of -q (§7.4). ERR_INVALID. */
MUST_CHECK int smi_from_text(const char *text, size_t size, struct arena *arena,
                             struct smi_report *ret, struct err *err);
/* What a status other than 0 means (§7.1). */
void smi_from_failure(const struct part *part, struct arena *arena, struct smi_report *ret);

/* ---- what a host shows ------------------------------------------------------------------ */

/* Of each command the records, or why there are none. */
struct answer {
    struct records records;
    const char *problem; /* NULL: records are good */
};

struct sight {
    struct answer graphics, devices, vibs;
    struct smi_report smi;
    const char *hostd; /* why esxcli cannot answer at all, or NULL */
};

enum {
    LOOK_GRAPHICS = 1 << 0, /* host default */
    LOOK_DEVICES = 1 << 1,
    LOOK_VIBS = 1 << 2,
    LOOK_SMI = 1 << 3,
    LOOK_ALL = LOOK_GRAPHICS | LOOK_DEVICES | LOOK_VIBS | LOOK_SMI,
};

/* Ask an open shell, in one command; a second one follows only for what was not understood.
 * Fails only when the shell does not answer. */
MUST_CHECK int sight_take(struct shell *shell, unsigned what, struct sight *ret,
                          struct err *err);

/* A host's attributes of this provider. */
enum esxi_attr {
    ESXI_GRAPHICS,
    ESXI_POLICY,
    ESXI_DRIVER,
    ESXI_MODE,
    ESXI_ECC,
    ESXI_ATTR_COUNT
};
extern const char *const esxi_attr_names[ESXI_ATTR_COUNT];

void facts_derive(const struct sight *sight, struct arena *arena,
                  const struct value *ret[ESXI_ATTR_COUNT]);
/* All of them as a map, as outcomes want it. */
const struct value *facts_map(const struct value *const attrs[ESXI_ATTR_COUNT],
                              struct arena *arena);

/* The installed NVIDIA host driver (§9). */
struct driver_vib {
    const char *name, *version; /* of the VIB: 384.73-1OEM.650.0.0.4598673 */
    char driver[16];            /* 384.73; "" when the version holds none */
};
struct driver_vibs {
    struct driver_vib *items;
    size_t n;
};
void facts_driver_vibs(const struct records *vibs, struct arena *arena,
                       struct driver_vibs *ret);
/* NVIDIA AI Enterprise has drivers of its own; a name or file of that family? */
bool driver_is_aie(const char *name);

/* The host default as words of the manifest; NULL when it is not readable. */
const char *facts_graphics_word(const char *text);
const char *facts_policy_word(const char *text);
/* ECC of all cards by what is pending (or current): enabled, disabled, mixed; NULL: no card
 * is capable. */
const char *facts_ecc(const struct smi_report *smi, bool pending);

/* ---- reading and steps ------------------------------------------------------------------ */

int esxi_read_many(struct session *session, const struct op_env *env, struct read_item *items,
                   size_t n, struct arena *arena, struct err *err);

/* One read of one host into attrs, by a connection of its own. */
MUST_CHECK int esxi_read_host(struct shell *shell,
                              const struct value *ret_attrs[ESXI_ATTR_COUNT],
                              const char **ret_hostd, struct err *err);

struct esxi_step {
    const struct step_call *call;
    struct shell shell;
    struct outcome *outcome;
};

typedef int esxi_operation(struct esxi_step *step, struct err *err);
esxi_operation step_graphics, step_install_driver, step_remove_driver, step_ecc, step_verify;

/* Is the host as `wanted` says? */
typedef bool step_reached(const struct sight *sight, const void *wanted);

struct step_change {
    struct script script;
    unsigned look; /* enum LOOK_…: what is looked at to judge it */
    step_reached *reached;
    const void *wanted;
};

/* Run a changing script on the open shell, and look: 0 = reached; 1 = it answered, but the host
 * is not as wanted: parts say why. When its answer is lost, one look by a new connection
 * settles it, or else it is ERR_UNCERTAIN: a command may still be at work. */
MUST_CHECK int esxi_step_change(struct esxi_step *step, const struct step_change *change,
                                struct part *parts, struct err *err);
/* A required text among the arguments, or NULL and an error. */
const char *esxi_step_text(const struct esxi_step *step, const char *key, struct err *err);
void esxi_step_progress(const struct esxi_step *step, const char *text);
/* sight_take, and an error for the first answer that is not there. */
MUST_CHECK int esxi_step_look(struct esxi_step *step, unsigned what, struct sight *ret,
                              struct err *err);

#endif
