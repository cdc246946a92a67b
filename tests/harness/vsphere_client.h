/* vsphere_client.h: the vSphere provider as the engine drives it, for its tests: a server's
 * process, a session, resources read, one step performed. Failures of the harness itself
 * abort. Time is real. */
#ifndef GF_TESTS_VSPHERE_CLIENT_H
#define GF_TESTS_VSPHERE_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "kinds.h"
#include "provider.h"
#include "strbuf.h"
#include "value.h"

#define CLIENT_LINEAGE "5f0c9a4e-lineage"
#define CLIENT_NONCE "nonce-1"

struct secrets;

/* What the reference {"env": NAME} stands for. */
struct vsphere_secret {
    const char *name, *text;
};

struct vsphere_server {
    const char *name, *connect_to, *ca_file, *username, *password;
    const char *datacenter; /* or NULL */
    const char *hosts_at;   /* where file transfers to every ESXi host go; NULL: nowhere */
    const char *directory;  /* of the manifest, or NULL */
    const struct vsphere_secret *references; /* ended by a NULL name; NULL: none resolve */
};

struct vsphere_client {
    struct arena *arena;
    struct session *session;
    struct op_env env;
    struct secrets *redact;
    struct outcome outcome; /* of the last step */
    struct err err;         /* of the last failure */
    struct vsphere_server server;
    unsigned events;
    struct strbuf output, notes; /* of the last step: what EVENT_OUTPUT and EVENT_NOTE said */
    bool cancel;                 /* what the environment says */
    unsigned cancel_after;       /* so many sleeps from now; 0: never */
    int64_t cancel_at;           /* on env.now_ms's clock; 0: never */
    const char *nonce;
};

/* 0, or -1 with client->err. */
int vsphere_client_open(struct vsphere_client *client, const struct vsphere_server *server);
void vsphere_client_close(struct vsphere_client *client);

const struct value *vsphere_client_json(struct vsphere_client *client, const char *json);

/* attrs: a JSON object of canonical values, or NULL. */
struct instance *vsphere_client_wanted(struct vsphere_client *client, const struct kind *kind,
                                       const char *name, const char *attrs);
/* NULL with client->err. ids may be NULL. */
struct instance *vsphere_client_read(struct vsphere_client *client,
                                     const struct instance *wanted, const struct value *ids);

struct vsphere_step {
    const char *op;
    const struct instance *live; /* says address and kind */
    const char *args;            /* JSON, or NULL */
    const struct value *ids;     /* or NULL */
};

/* 0, or -1 with client->err. */
int vsphere_client_perform(struct vsphere_client *client, const struct vsphere_step *step);

/* A program that serves until its standard input closes. */
struct server_process {
    pid_t pid;
    int input;
    char dir[64];
};

/* argv[0] is the program; the text "DIR" among the arguments becomes the directory made for
 * it. Returns the text of the file `ready` in that directory once it is there; the caller frees
 * it. */
char *server_process_start(struct server_process *process, const char *const *argv,
                           const char *ready);
void server_process_stop(struct server_process *process);
/* A whole file of the directory; the caller frees it. */
char *server_process_file(const struct server_process *process, const char *name);

#endif
