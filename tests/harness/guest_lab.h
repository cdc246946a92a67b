/* guest_lab.h: a machine of the lab that runs, is gridform's, and has a guest in a sandbox,
 * with the vSphere provider before it. What a test asks for and does not get ends it. */
#ifndef GF_TESTS_GUEST_LAB_H
#define GF_TESTS_GUEST_LAB_H

#include <jansson.h>

#include "lab_process.h"
#include "vsphere_client.h"

#define GUEST_VM "prepared-0a1b2c3d"
#define GUEST_PASSWORD "lab-guest-secret"

struct guest_lab {
    struct lab lab;
    struct vsphere_client client;
    char vcenter[64], ca_file[160];
    const struct instance *live;
    const struct value *ids;
    const char *transfer; /* of the steps: "hosts", "arguments", "auto" */
    unsigned nonces;
    bool sandbox;
};

/* options: more of the world file, YAML, or NULL. */
void guest_lab_start(struct guest_lab *g, const char *options);
/* Of a test; skips it where guests have no sandbox. */
struct guest_lab *guest_lab_of(void **state);
void guest_lab_stop(struct guest_lab *g);
/* Another session, with ESXi hosts at that address (NULL: nobody knows them). */
void guest_lab_reopen(struct guest_lab *g, const char *hosts_at);

/* One step, under a nonce of its own. args is taken; name, credentials, transfer, label
 * ("guest step 1") and timeout (a minute) are added where they miss. 0, or -1 with
 * g->client.err. */
int guest_lab_perform(struct guest_lab *g, const char *op, json_t *args);
/* The same once more, as another attempt of the step before. */
int guest_lab_again(struct guest_lab *g, const char *op, json_t *args);

void guest_lab_must(struct guest_lab *g, const char *op, json_t *args);
void guest_lab_must_fail(struct guest_lab *g, const char *op, json_t *args, enum err_code code,
                         const char *text);
/* A shell command in the guest that must end well; its output, until the next step. */
const char *guest_lab_shell(struct guest_lab *g, const char *command);
/* No directory of a step is left in the guest. */
void guest_lab_clean(struct guest_lab *g);
/* Fails when the text is in the lab's record of calls, in the error, a note or a progress. */
void guest_lab_no_trace(struct guest_lab *g, const char *secret);

#endif
