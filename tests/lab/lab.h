/* lab.h: the process around the world: lock, record of calls, faults, front ends.
 *
 *     gridform-lab --world WORLD.yaml --dir DIR [--speed N]
 *
 * opens its servers on loopback with ports of the system's choice and writes into DIR:
 *   ca.pem        the certificate authority of its servers
 *   known_hosts   host keys of the simulated ESXi shells, "[name]:port type key" lines
 *   overlay.yaml  providers' connect_to, ports, ca_file and known_hosts for gridform
 *   control       the control server's address, "127.0.0.1:PORT", written last: ready
 * It ends on SIGTERM, on SIGINT, and when its standard input (a pipe of the harness) closes.
 *
 * Control (plain HTTP on loopback, for tests only):
 *   GET  /world                     the world as JSON
 *   POST /world/PATH  (JSON value)  change it from outside
 *   GET  /calls                     record of calls, a JSON array (see lab_call)
 *   POST /calls/reset
 *   GET  /events                    what happened in the world
 *   POST /vra/request/ID?machines=N  a user requests machines of a blueprint
 *   POST /vra/collect               vRA reads vCenter's inventory now
 *   POST /faults  (JSON)            add a fault: see struct lab_fault
 *   POST /faults/reset
 *   POST /hold    {"call": K}       hold the reply to changing call K (counted from now)
 *   GET  /held?wait=MS              {"held": true|false}: waits until a call is held
 *   POST /release {"answer": true}  let it go; false: the connection closes without an answer
 */
#ifndef GF_LAB_LAB_H
#define GF_LAB_LAB_H

#include <pthread.h>
#include <stdbool.h>

#include "world.h"

enum lab_system { SYSTEM_VCENTER, SYSTEM_SHELL, SYSTEM_VRA, SYSTEM_COUNT };

/* A fault that tests inject: applies to calls of `system` whose operation is `operation` (NULL
 * or "*": any), after skipping `skip` of them, for `times` calls. */
enum lab_fault_kind {
    FAULT_NONE,
    FAULT_DROP_BEFORE,  /* close the connection, nothing was done */
    FAULT_DROP_AFTER,   /* do it, close the connection without an answer */
    FAULT_DELAY,        /* answer after `milliseconds` of real time */
    FAULT_STATUS,       /* HTTP status `status` and body `text` instead */
    FAULT_TRUNCATE,     /* half of the body */
    FAULT_EXPIRE,       /* the session has expired */
    FAULT_ERROR_TEXT,   /* fail with the server's own error, its text holding `text` */
    FAULT_KIND_COUNT
};

struct lab_fault {
    enum lab_system system;
    char *operation;
    enum lab_fault_kind kind;
    int skip, times, status, milliseconds;
    char *text;
};

struct lab {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* broadcast when a hold is released */
    struct world *world;
    const char *dir;
    VEC(struct lab_fault) faults;
    VEC(json_t *) calls;
    unsigned n_changing;   /* changing calls since the last /hold */
    unsigned hold_at;      /* 0: none */
    bool held, released, release_answers, stopping;
    int vcenter_port, vra_port, shell_port;
};

void lab_lock(struct lab *lab); /* also ticks the world */
void lab_unlock(struct lab *lab);

/* Every front end brackets every call with these two, holding no lock:
 *
 *     struct lab_call call = {.system = …, .operation = "ReconfigVM_Task", .object = "vm-57",
 *                             .changing = true, .user = …};
 *     lab_call_begin(lab, &call);            the fault to play, if any, is in call.fault
 *     … do it under lab_lock …
 *     if (!lab_call_end(lab, &call))         may hold here; false: close without an answer
 *         …drop the connection…
 *
 * The record holds {"seq","system","operation","object","changing","user","detail","time"}. It
 * never holds passwords. `changing` is decided by the front end: a call that can alter the
 * world (logins, property reads, waits and searches do not). */
struct lab_call {
    enum lab_system system;
    const char *operation, *object, *user, *detail;
    bool changing;
    struct lab_fault fault; /* a copy; kind FAULT_NONE when there is none */
    unsigned seq;
};

void lab_call_begin(struct lab *lab, struct lab_call *call);
bool lab_call_end(struct lab *lab, struct lab_call *call);

/* Front ends. start returns 0 or -1; stop waits for running calls. */
struct vim25_server;
int vim25_start(struct lab *lab, const char *cert_pem, const char *key_pem,
                struct vim25_server **ret, struct err *err); /* sets lab->vcenter_port */
void vim25_stop(struct vim25_server *server);

struct vra7_server;
int vra7_start(struct lab *lab, const char *cert_pem, const char *key_pem,
               struct vra7_server **ret, struct err *err); /* sets lab->vra_port */
void vra7_stop(struct vra7_server *server);

struct shell_server;
int shell_start(struct lab *lab, struct shell_server **ret, struct err *err);
void shell_stop(struct shell_server *server); /* sets lab->shell_port */

#endif
