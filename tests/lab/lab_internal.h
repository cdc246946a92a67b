/* lab_internal.h: the parts of the process that front ends do not use. */
#ifndef GF_LAB_LAB_INTERNAL_H
#define GF_LAB_LAB_INTERNAL_H

#include "lab.h"

extern const char *const lab_system_names[SYSTEM_COUNT];
extern const char *const lab_fault_names[FAULT_KIND_COUNT];

/* The world stays the caller's; dir is borrowed. */
void lab_init(struct lab *lab, struct world *world, const char *dir);
void lab_stop(struct lab *lab); /* wakes who is held */
void lab_release(struct lab *lab);
void lab_clear_calls(struct lab *lab); /* under the lock */

/* control.c */
struct control;
int control_start(struct lab *lab, struct control **ret, int *ret_port, struct err *err);
void control_stop(struct control *control);

/* certs.c: DIR/ca.pem, and for each server name DIR/<kind>.pem and .key; what is there and
 * still fits is kept. PEM texts are in memory of the world. */
struct server_cert {
    const char *kind; /* vcenter */
    const char *name; /* vcenter.lab.local */
    const char *const *also; /* more names that it answers to, NULL-terminated; or NULL */
    char *cert_pem, *key_pem;
};
int certs_make(struct lab *lab, struct server_cert *certs, size_t n, struct err *err);

/* hostkeys.c: a private key for each host in DIR (kept when there), DIR/known_hosts. */
int hostkeys_make(struct lab *lab, struct err *err);

/* files.c */
int file_write(const char *dir, const char *name, const char *text, int mode, struct err *err);
/* NULL when it cannot be read; in memory of the arena. */
char *file_read(struct arena *arena, const char *dir, const char *name);
int overlay_write(struct lab *lab, struct err *err);

#endif
