/* vra7_client.h: the vRA provider as the engine drives it, for its tests: a session, desired
 * instances, one resource read, one step performed. Failures of the harness itself abort. */
#ifndef GF_TESTS_VRA7_CLIENT_H
#define GF_TESTS_VRA7_CLIENT_H

#include <stdbool.h>

#include "err.h"
#include "kinds.h"
#include "provider.h"
#include "value.h"

#define CLIENT_LINEAGE "0b6f7c1e-lineage"

struct secrets;

struct vra_client {
    struct arena *arena;
    struct session *session;
    struct op_env env;
    int64_t clock;         /* advanced by every sleep */
    int64_t real_sleep_us; /* also slept for real */
    unsigned sleeps;
    struct secrets *redact;
    struct outcome outcome; /* of the last step */
    struct err err;         /* of the last failure */
};

struct vra_server {
    const char *name, *connect_to, *ca_file, *tenant, *username, *password;
};

/* 0, or -1 with client->err. */
int client_open(struct vra_client *client, const struct vra_server *server);
void client_close(struct vra_client *client);

/* Attributes as name, JSON pairs (canonical values), NULL-terminated. */
struct instance *client_desired(struct vra_client *client, const struct kind *kind,
                                const char *name, const char *const *pairs);
/* NULL with client->err. */
struct instance *client_read(struct vra_client *client, const struct instance *wanted,
                             const struct value *ids);
/* args NULL: all attributes of desired. 0, or -1 with client->err. */
int client_perform(struct vra_client *client, const char *op, const struct instance *desired,
                   const struct value *args, const struct value *ids);
const struct value *client_json(struct vra_client *client, const char *json);

/* Name of the first compared vRA attribute that differs, or NULL. */
const char *client_difference(const struct instance *desired, const struct instance *live);

#endif
