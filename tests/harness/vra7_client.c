/* vra7_client.c: see vra7_client.h. */
#include "vra7_client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "arena.h"
#include "redact.h"
#include "step.h"
#include "types.h"
#include "value_json.h"

extern const struct provider provider_vra;

static int64_t now_ms(void *context)
{
    return ((struct vra_client *)context)->clock;
}

static int sleep_ms(void *context, int64_t ms)
{
    struct vra_client *client = context;
    client->clock += ms;
    client->sleeps++;
    if (client->real_sleep_us > 0)
        usleep((useconds_t)client->real_sleep_us);
    return 0;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void ignore(void *context, const struct event *event)
{
    (void)context;
    (void)event;
}

static int give_secret(void *context, const char *attr, const char **ret_secret,
                       struct err *err)
{
    (void)err;
    assert(strcmp(attr, "password") == 0);
    *ret_secret = context;
    return 0;
}

const struct value *client_json(struct vra_client *client, const char *json)
{
    const struct value *value = NULL;
    struct err err = {0};
    if (value_from_json(json, strlen(json), client->arena, &value, &err) < 0) {
        fprintf(stderr, "%s: %s\n", json, err.message);
        abort();
    }
    return value;
}

static struct instance *settings_of(struct vra_client *client, const struct vra_server *server)
{
    struct instance *settings =
        instance_new(client->arena, provider_vra.config, "providers/vra", "vra");
    const struct value_field to = {server->name,
                                   value_string(client->arena, server->connect_to)};
    instance_set(settings, "server", value_string(client->arena, server->name));
    instance_set(settings, "connect_to", value_map(client->arena, &to, 1));
    instance_set(settings, "tenant", value_string(client->arena, server->tenant));
    instance_set(settings, "username", value_string(client->arena, server->username));
    instance_set(settings, "ca_file", value_string(client->arena, server->ca_file));
    instance_set(settings, "poll_interval", value_int(client->arena, 1000));
    instance_set(settings, "timeout", value_int(client->arena, 10000));
    return settings;
}

int client_open(struct vra_client *client, const struct vra_server *server)
{
    int64_t real = client->real_sleep_us;
    *client = (struct vra_client){.arena = arena_new(), .real_sleep_us = real};
    client->env = (struct op_env){.context = client,
                                  .now_ms = now_ms,
                                  .sleep_ms = sleep_ms,
                                  .cancelled = never,
                                  .emit = ignore};
    client->redact = secrets_new();
    const struct provider_config config = {.settings = settings_of(client, server),
                                           .secret = give_secret,
                                           .context = (void *)(uintptr_t)server->password,
                                           .redact = client->redact};
    return provider_vra.open(&config, &client->env, &client->session, &client->err);
}

void client_close(struct vra_client *client)
{
    provider_vra.close(client->session);
    secrets_free(client->redact);
    arena_free(client->arena);
    client->session = NULL;
}

struct instance *client_desired(struct vra_client *client, const struct kind *kind,
                                const char *name, const char *const *pairs)
{
    const char *address = address_make(client->arena, kind->schema.kind, name);
    struct instance *desired = instance_new(client->arena, &kind->schema, address, name);
    for (; *pairs != NULL; pairs += 2)
        instance_set(desired, pairs[0], client_json(client, pairs[1]));
    return desired;
}

struct instance *client_read(struct vra_client *client, const struct instance *wanted,
                             const struct value *ids)
{
    struct read_item item = {.wanted = wanted, .ids = ids};
    item.live = instance_new(client->arena, wanted->schema, wanted->address, wanted->name);
    client->err = (struct err){0};
    if (provider_vra.read_many(client->session, &client->env, &item, 1, client->arena,
                               &client->err) < 0)
        return NULL;
    return item.live;
}

int client_perform(struct vra_client *client, const char *op, const struct instance *desired,
                   const struct value *args, const struct value *ids)
{
    const struct step step = {.address = desired->address,
                              .provider = "vra",
                              .op = op,
                              .title = op,
                              .args = args != NULL ? args : kinds_args(desired, client->arena)};
    struct step_call call = {.step = &step,
                             .ids = ids,
                             .lineage = CLIENT_LINEAGE,
                             .nonce = "n1",
                             .arena = client->arena};
    client->err = (struct err){0};
    return provider_vra.perform(client->session, &client->env, &call, &client->outcome,
                                &client->err);
}

const char *client_difference(const struct instance *desired, const struct instance *live)
{
    const struct schema *schema = desired->schema;
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        if ((attr->facets & FACET_VRA) && attr_is_compared(attr) &&
            !attr_equal(attr, desired->attrs[i], live->attrs[i]))
            return attr->name;
    }
    return NULL;
}
