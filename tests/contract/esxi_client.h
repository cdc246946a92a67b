/* esxi_client.h: the provider of the ESXi shells as the engine drives it, for its tests: a
 * session, many hosts read, one step performed. Time is real. */
#ifndef GF_TESTS_ESXI_CLIENT_H
#define GF_TESTS_ESXI_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "provider.h"
#include "value.h"

struct secrets;

struct esxi_client {
    struct arena *arena;
    struct session *session;
    struct op_env env;
    struct secrets *redact;
    struct outcome outcome; /* of the last step */
    struct err err;         /* of the last failure */
    const char *password;
    atomic_uint events;
    atomic_bool cancel;
};

/* settings: JSON of the canonical values of the provider's configuration; `password` in it is
 * taken out and handed over as the secret. 0, or -1 with client->err. */
int esxi_client_open(struct esxi_client *client, const char *settings);
void esxi_client_close(struct esxi_client *client);

const struct value *esxi_client_json(struct esxi_client *client, const char *json);

/* Read one host; NULL with client->err. */
struct instance *esxi_client_read(struct esxi_client *client, const char *host);
/* Read many; 0, or -1 with client->err. */
int esxi_client_read_many(struct esxi_client *client, const char *const *hosts, size_t n,
                          struct instance **ret);

/* args: JSON. 0, or -1 with client->err. */
int esxi_client_perform(struct esxi_client *client, const char *host, const char *op,
                        const char *args);

/* An attribute as people see it; "(absent)", "(unreadable: …)". In the client's arena. */
const char *esxi_client_text(struct esxi_client *client, const struct value *value);
const char *esxi_client_attr(struct esxi_client *client, const struct instance *live,
                             const char *attr);

#endif
