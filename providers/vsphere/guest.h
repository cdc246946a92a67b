/* guest.h: working in the guest of a machine (vsphere-api.md §9): programs, files, output.
 *
 * Everything runs through short programs of /bin/sh and one directory of its own below
 * /var/tmp. Files come and go through the machine's ESXi host (guest_hosts.c), or, where nobody
 * reaches it, in the arguments of programs and the names of files (guest_files.c). What a
 * program's exit code was is written into the directory: vCenter forgets it after minutes.
 *
 * Layers: step_guest.c -> guest_program.c -> guest_files.c -> guest.c, guest_hosts.c ->
 * session.
 */
#ifndef GF_VSPHERE_GUEST_H
#define GF_VSPHERE_GUEST_H

#include "vsphere.h"

struct strbuf;

enum guest_transfer { TRANSFER_AUTO, TRANSFER_HOSTS, TRANSFER_ARGUMENTS };

struct guest {
    struct vc *vc;
    const struct step_call *call;
    struct wire_login login;
    struct ref auth, files, processes; /* managers */
    enum guest_transfer transfer;
    const char *label;     /* for people */
    const char *directory; /* in the guest, of this step */
    int64_t timeout_ms;
    bool host_away;  /* guest_hosts.c: the last transfer failed for that */
    bool host_known; /* and it was known before it */
};

/* The machine of a guest step, its managers and the login. ERR_INVALID: no guest operations. */
MUST_CHECK int guest_open(struct guest *guest, struct vc *vc, const struct step_call *call,
                          struct err *err);

/* As session_call; says who was refused, and that a machine that is off cannot be waited for.
 */
MUST_CHECK int guest_call(struct guest *guest, struct wire *wire, struct soap_reply *reply,
                          struct err *err);

/* Do Tools answer, and take the credentials? ERR_BUSY: not yet. */
MUST_CHECK int guest_validate(struct guest *guest, struct err *err);

/* Start a script of /bin/sh; ERR_UNCERTAIN: nobody knows whether it runs. */
MUST_CHECK int guest_start(struct guest *guest, const char *script, int64_t *ret_pid,
                           struct err *err);

enum guest_process_state { PROCESS_RUNS, PROCESS_ENDED, PROCESS_UNKNOWN };
MUST_CHECK int guest_process(struct guest *guest, int64_t pid,
                             enum guest_process_state *ret_state, int *ret_exit,
                             struct err *err);

/* A short program that may run twice without harm, to its end; script: for /bin/sh. */
MUST_CHECK int guest_shell(struct guest *guest, const char *script, int *ret_exit,
                           struct err *err);

/* Start a script and wait for nothing; goes out also when the run is cancelled. */
void guest_last_word(struct guest *guest, const char *script);

/* For people, while the run goes on (EVENT_NOTE). */
void guest_note(const struct guest *guest, const char *text);

/* Passing reasons for which a guest does not answer: it starts, or the way to it is broken. */
bool guest_is_away(const struct err *err);

/* ---- guest_files.c ---- */

/* Of output that comes back as names of files. */
enum { GUEST_TAIL_MAX = 24 * 1024 };

/* Write a file; -1 with ERR_INVALID when it is too large for the way that is left. */
MUST_CHECK int guest_write(struct guest *guest, const struct wire_guest_file *file,
                           const void *data, struct err *err);
/* Append the last `most` bytes of a file, or fewer. */
MUST_CHECK int guest_read_tail(struct guest *guest, const char *path, size_t most,
                               struct strbuf *out, struct err *err);

/* ---- guest_program.c ---- */

struct guest_program {
    const char *script;              /* text; run as it is when it starts with #! */
    const char *command;             /* for a shell, instead */
    const struct value *environment; /* map: name -> text or reference */
    const struct value *upload;      /* map: file, sha256, to, mode; or absent */
};

/* Run it to its end in the guest's directory, which is made before and gone after; ERR_INVALID
 * when it cannot be removed. Output is appended (the last part, when it is long). ERR_TIMEOUT: it
 * was ended. */
MUST_CHECK int guest_run(struct guest *guest, const struct guest_program *program,
                         int *ret_exit, struct strbuf *output, struct err *err);

/* ---- guest_hosts.c: HTTP to ESXi hosts ---- */

struct guest_hosts;

struct guest_hosts *guest_hosts_new(void);
void guest_hosts_free(struct guest_hosts *hosts); /* accepts NULL */

/* data NULL: GET into body. guest->host_away when the host could not be reached, and never was
 * in this session; where there is another way (TRANSFER_AUTO) it is not tried again. */
MUST_CHECK int guest_hosts_transfer(struct guest *guest, const char *url, const void *data,
                                    size_t size, struct strbuf *body, struct err *err);

/* ---- guest_smi.c ---- */

/* The value of a line "Key : value" of nvidia-smi -q, its first; NULL: there is none. */
const char *smi_value(const char *text, const char *key, struct arena *arena);

#endif
