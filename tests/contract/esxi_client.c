/* esxi_client.c: see esxi_client.h. */
#include "esxi_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "arena.h"
#include "kinds.h"
#include "net.h"
#include "redact.h"
#include "strbuf.h"
#include "value_json.h"

extern const struct provider provider_esxi;

static int64_t env_now(void *context)
{
    (void)context;
    return net_now_ms();
}

static bool env_cancelled(void *context)
{
    return atomic_load(&((struct esxi_client *)context)->cancel);
}

static int env_sleep(void *context, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&time, NULL);
    return env_cancelled(context) ? -1 : 0;
}

static void env_emit(void *context, const struct event *event)
{
    if (event->kind != EVENT_CALL) /* what people see of long steps */
        atomic_fetch_add(&((struct esxi_client *)context)->events, 1);
}

static int give_secret(void *context, const char *attr, const char **ret_secret,
                       struct err *err)
{
    struct esxi_client *client = context;
    if (strcmp(attr, "password") != 0)
        return err_set(err, ERR_INTERNAL, "%s is no secret", attr);
    *ret_secret = client->password;
    return 0;
}

const struct value *esxi_client_json(struct esxi_client *client, const char *json)
{
    const struct value *value = NULL;
    struct err err = {0};
    if (value_from_json(json, strlen(json), client->arena, &value, &err) < 0) {
        fprintf(stderr, "%s: %s\n", json, err.message);
        abort();
    }
    return value;
}

int esxi_client_open(struct esxi_client *client, const char *settings)
{
    memset(client, 0, sizeof *client);
    client->arena = arena_new();
    client->redact = secrets_new();
    client->env = (struct op_env){.context = client,
                                  .now_ms = env_now,
                                  .sleep_ms = env_sleep,
                                  .cancelled = env_cancelled,
                                  .emit = env_emit};
    const struct value *map = esxi_client_json(client, settings);
    struct instance *instance =
        instance_new(client->arena, provider_esxi.config, "providers/esxi", "esxi");
    for (size_t i = 0; i < map->map.n; i++)
        instance_set(instance, map->map.fields[i].key, map->map.fields[i].value);
    client->password = value_get_text(map, "password");
    const struct provider_config config = {.settings = instance,
                                           .directory = "/nonexistent",
                                           .secret = give_secret,
                                           .context = client,
                                           .redact = client->redact};
    return provider_esxi.open(&config, &client->env, &client->session, &client->err);
}

void esxi_client_close(struct esxi_client *client)
{
    provider_esxi.close(client->session);
    secrets_free(client->redact);
    arena_free(client->arena);
}

int esxi_client_read_many(struct esxi_client *client, const char *const *hosts, size_t n,
                          struct instance **ret)
{
    struct read_item *items = ARENA_ARRAY(client->arena, n, struct read_item);
    for (size_t i = 0; i < n; i++) {
        const char *address = address_make(client->arena, "host", hosts[i]);
        items[i].wanted = instance_new(client->arena, &kind_host.schema, address, hosts[i]);
        items[i].live = ret[i] =
            instance_new(client->arena, &kind_host.schema, address, hosts[i]);
    }
    client->err = (struct err){0};
    return provider_esxi.read_many(client->session, &client->env, items, n, client->arena,
                                   &client->err);
}

struct instance *esxi_client_read(struct esxi_client *client, const char *host)
{
    struct instance *live;
    return esxi_client_read_many(client, &host, 1, &live) < 0 ? NULL : live;
}

int esxi_client_perform(struct esxi_client *client, const char *host, const char *op,
                        const char *args)
{
    const char *address = address_make(client->arena, "host", host);
    const struct value *none = value_map(client->arena, NULL, 0);
    const struct step step = {.address = address,
                              .provider = "esxi",
                              .op = op,
                              .title = op,
                              .args = esxi_client_json(client, args)};
    const struct step_call call = {
        .step = &step,
        .ids = none,
        .live = instance_new(client->arena, &kind_host.schema, address, host),
        .lineage = "lineage",
        .nonce = "nonce",
        .arena = client->arena};
    client->err = (struct err){0};
    return provider_esxi.perform(client->session, &client->env, &call, &client->outcome,
                                 &client->err);
}

const char *esxi_client_text(struct esxi_client *client, const struct value *value)
{
    struct strbuf out;
    if (value_is_unreadable(value))
        return arena_printf(client->arena, "(unreadable: %s)", value->string);
    strbuf_init(&out, 4096);
    value_print(value, &out);
    const char *text = arena_strdup(client->arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

const char *esxi_client_attr(struct esxi_client *client, const struct instance *live,
                             const char *attr)
{
    return esxi_client_text(client, instance_get(live, attr));
}
