/* http_fixture.c: see http_fixture.h. */
#include "http_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "command.h"
#include "config.h"
#include "diag.h"
#include "provider.h"
#include "redact.h"
#include "strbuf.h"

static int no_time(void *context, int64_t ms)
{
    struct run_env *env = context;
    struct client *client = (struct client *)((char *)env - offsetof(struct client, env));
    client->slept_ms += ms;
    if (client->on_sleep != NULL)
        client->on_sleep(client->sleep_context);
    return atomic_load(&env->cancelled) ? -1 : 0;
}

static const char *manifest_of(const struct http_fixture *f, struct arena *arena,
                               const char *more)
{
    const char *address = state_server_address(f->server);
    const char *methods = "";
    if (f->flags & SERVER_GITLAB)
        methods = arena_printf(arena,
                               "  lock_address: %s/lock\n"
                               "  lock_method: POST\n"
                               "  unlock_method: DELETE\n",
                               address);
    const char *query = f->query == NULL ? "" : f->query;
    const char *login = f->flags & SERVER_BEARER
                            ? "  token: { env: STATE_TOKEN }\n  token_header: PRIVATE-TOKEN\n"
                            : "  username: " STATE_SERVER_USER
                              "\n  password: { env: STATE_TOKEN }\n";
    return arena_printf(arena,
                        "gridform: 1\nsite: lab\nstate:\n  backend: http\n"
                        "  address: %s%s\n%s%s%s",
                        address, query, methods, login, more == NULL ? "" : more);
}

static const struct instance *settings_of(struct client *client, const char *text)
{
    struct diags *diags = diags_new(client->arena);
    const struct source_file file = {.name = "site.yaml", .text = text, .size = strlen(text)};
    const struct config_input input = {
        .files = &file, .n_files = 1, .kinds = all_kinds, .providers = all_providers};
    if (config_build_state(&input, client->arena, diags, &client->config) < 0) {
        struct strbuf out;
        strbuf_init(&out, STRBUF_MAX_OUTPUT);
        diags_render(diags, false, &out);
        fail_msg("%s", strbuf_str(&out));
    }
    return client->config->state;
}

int client_open_with(const struct http_fixture *f, const char *more, struct client **ret,
                     struct err *err)
{
    static const struct options options = {.directory = "."};
    struct client *client = calloc(1, sizeof(*client));
    client->arena = arena_new();
    run_env_init(&client->env);
    client->env.op.sleep_ms = no_time;
    setenv("STATE_TOKEN", STATE_SERVER_TOKEN, 1);
    const struct store_settings settings = {
        .section = settings_of(client, manifest_of(f, client->arena, more)), .seal = f->seal};
    *ret = client;
    if (open_store(&options, &settings, &client->env, client->arena, &client->opened, err) < 0)
        return -1;
    client->store = client->opened.store;
    return 0;
}

struct client *client_open(const struct http_fixture *f)
{
    struct client *client;
    MUST(client_open_with(f, NULL, &client, &problem));
    return client;
}

void client_close(struct client *client)
{
    close_store(&client->opened);
    config_release(client->config);
    arena_free(client->arena);
    free(client);
}

int client_lock(struct client *client, const char *id, struct lock_info *ret_holder,
                struct err *err)
{
    struct lock_info mine = {.who = "tests@here",
                             .operation = "apply",
                             .job_url = "https://ci.example/job/11",
                             .pid = 7,
                             .since_ms = 1762092120000};
    snprintf(mine.id, sizeof(mine.id), "%s", id);
    return client->store->ops->lock(client->store, &mine, 0, ret_holder, err);
}

int client_read(struct client *client, struct state **ret_state, struct err *err)
{
    *ret_state = NULL;
    return client->store->ops->read(client->store, client->arena, &sample_schemas, ret_state,
                                    err);
}

int client_record(struct client *client, struct record record, struct err *err)
{
    return client->store->ops->record(client->store, &record, err);
}

int client_flush(struct client *client, int64_t *ret_serial, struct err *err)
{
    return client->store->ops->flush(client->store, ret_serial, err);
}

int client_unlock(struct client *client, struct err *err)
{
    return client->store->ops->unlock(client->store, err);
}
