/* vsphere_client.c: see vsphere_client.h. */
#include "vsphere_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "arena.h"
#include "net.h"
#include "redact.h"
#include "value_json.h"

extern const struct provider provider_vsphere;

static void fail_hard(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static void rest_ms(int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* ---- environment ---- */

static int64_t env_now(void *context)
{
    (void)context;
    return net_now_ms();
}

static bool env_cancelled(void *context)
{
    struct vsphere_client *client = context;
    return client->cancel || (client->cancel_at > 0 && net_now_ms() >= client->cancel_at);
}

static int env_sleep(void *context, int64_t ms)
{
    struct vsphere_client *client = context;
    rest_ms(ms);
    if (client->cancel_after > 0 && --client->cancel_after == 0)
        client->cancel = true;
    return env_cancelled(context) ? -1 : 0;
}

static void env_emit(void *context, const struct event *event)
{
    struct vsphere_client *client = context;
    if (event->kind == EVENT_CALL) /* from all threads of a session; nobody looks at these */
        return;
    client->events++;
    if (event->kind == EVENT_OUTPUT)
        strbuf_add(&client->output, event->text);
    if (event->kind == EVENT_NOTE)
        strbuf_addf(&client->notes, "%s\n", event->text);
}

static int give_secret(void *context, const char *attr, const char **ret_secret,
                       struct err *err)
{
    (void)err;
    if (strcmp(attr, "password") != 0)
        fail_hard("secret", attr);
    *ret_secret = ((struct vsphere_client *)context)->server.password;
    return 0;
}

static int give_reference(void *context, const struct value *reference, const char **ret_secret,
                          struct err *err)
{
    const struct vsphere_secret *it = ((struct vsphere_client *)context)->server.references;
    const char *name = value_get_text(reference, "env");
    if (name == NULL)
        fail_hard("reference", "no environment variable");
    for (; it != NULL && it->name != NULL; it++) {
        if (strcmp(it->name, name) != 0)
            continue;
        *ret_secret = it->text;
        return 0;
    }
    return err_set(err, ERR_NOT_FOUND, "the environment variable %s is not set", name);
}

/* ---- the provider ---- */

const struct value *vsphere_client_json(struct vsphere_client *client, const char *json)
{
    const struct value *value = NULL;
    struct err err = {0};
    if (value_from_json(json, strlen(json), client->arena, &value, &err) < 0)
        fail_hard(json, err.message);
    return value;
}

static const struct value *connect_to(struct vsphere_client *client,
                                      const struct vsphere_server *server)
{
    struct arena *arena = client->arena;
    struct value_field to[5] = {{server->name, value_string(arena, server->connect_to)}};
    size_t n = 1;
    for (; server->hosts_at != NULL && n < ARRAY_LEN(to); n++)
        to[n] = (struct value_field){arena_printf(arena, "esx-gpu-%02zu.lab.local", n),
                                     value_string(arena, server->hosts_at)};
    return value_map(arena, to, n);
}

static struct instance *settings_of(struct vsphere_client *client,
                                    const struct vsphere_server *server)
{
    struct arena *arena = client->arena;
    struct instance *settings =
        instance_new(arena, provider_vsphere.config, "providers/vsphere", "vsphere");
    instance_set(settings, "server", value_string(arena, server->name));
    instance_set(settings, "connect_to", connect_to(client, server));
    instance_set(settings, "username", value_string(arena, server->username));
    instance_set(settings, "ca_file", value_string(arena, server->ca_file));
    if (server->datacenter != NULL)
        instance_set(settings, "datacenter", value_string(arena, server->datacenter));
    instance_set(settings, "poll_interval", value_int(arena, 20));
    instance_set(settings, "timeout", value_int(arena, 20000));
    return settings;
}

int vsphere_client_open(struct vsphere_client *client, const struct vsphere_server *server)
{
    *client =
        (struct vsphere_client){.arena = arena_new(), .nonce = CLIENT_NONCE, .server = *server};
    strbuf_init(&client->output, STRBUF_MAX_OUTPUT);
    strbuf_init(&client->notes, STRBUF_MAX_OUTPUT);
    client->env = (struct op_env){.context = client,
                                  .now_ms = env_now,
                                  .sleep_ms = env_sleep,
                                  .cancelled = env_cancelled,
                                  .emit = env_emit};
    client->redact = secrets_new();
    secrets_add(client->redact, server->password);
    for (const struct vsphere_secret *it = server->references; it != NULL && it->name != NULL;
         it++)
        secrets_add(client->redact, it->text);
    const struct provider_config config = {.settings = settings_of(client, server),
                                           .directory = server->directory,
                                           .secret = give_secret,
                                           .reference = give_reference,
                                           .context = client,
                                           .redact = client->redact};
    return provider_vsphere.open(&config, &client->env, &client->session, &client->err);
}

void vsphere_client_close(struct vsphere_client *client)
{
    provider_vsphere.close(client->session);
    secrets_free(client->redact);
    arena_free(client->arena);
    strbuf_release(&client->output);
    strbuf_release(&client->notes);
    client->session = NULL;
}

struct instance *vsphere_client_wanted(struct vsphere_client *client, const struct kind *kind,
                                       const char *name, const char *attrs)
{
    const char *address = address_make(client->arena, kind->schema.kind, name);
    struct instance *wanted = instance_new(client->arena, &kind->schema, address, name);
    const struct value *map = attrs == NULL ? NULL : vsphere_client_json(client, attrs);
    for (size_t i = 0; map != NULL && i < map->map.n; i++)
        instance_set(wanted, map->map.fields[i].key, map->map.fields[i].value);
    return wanted;
}

struct instance *vsphere_client_read(struct vsphere_client *client,
                                     const struct instance *wanted, const struct value *ids)
{
    struct read_item item = {.wanted = wanted, .ids = ids};
    item.live = instance_new(client->arena, wanted->schema, wanted->address, wanted->name);
    client->err = (struct err){0};
    if (provider_vsphere.read_many(client->session, &client->env, &item, 1, client->arena,
                                   &client->err) < 0)
        return NULL;
    return item.live;
}

int vsphere_client_perform(struct vsphere_client *client, const struct vsphere_step *what)
{
    const struct value *none = value_map(client->arena, NULL, 0);
    const struct step step = {
        .address = what->live->address,
        .provider = "vsphere",
        .op = what->op,
        .title = what->op,
        .args = what->args == NULL ? none : vsphere_client_json(client, what->args)};
    const struct step_call call = {.step = &step,
                                   .ids = what->ids == NULL ? none : what->ids,
                                   .live = what->live,
                                   .lineage = CLIENT_LINEAGE,
                                   .nonce = client->nonce,
                                   .arena = client->arena};
    client->err = (struct err){0};
    strbuf_clear(&client->output);
    strbuf_clear(&client->notes);
    return provider_vsphere.perform(client->session, &client->env, &call, &client->outcome,
                                    &client->err);
}

/* ---- the server's process ---- */

char *server_process_file(const struct server_process *process, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", process->dir, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    char *text = calloc(1, 65536);
    size_t n = fread(text, 1, 65535, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

char *server_process_start(struct server_process *process, const char *const *argv,
                           const char *ready)
{
    int fds[2];
    const char *words[16] = {0};
    snprintf(process->dir, sizeof process->dir, "/tmp/gf-vsphere-XXXXXX");
    if (mkdtemp(process->dir) == NULL || pipe2(fds, O_CLOEXEC) < 0)
        fail_hard(argv[0], "no directory, no pipe");
    for (size_t i = 0; argv[i] != NULL && i < 15; i++)
        words[i] = strcmp(argv[i], "DIR") == 0 ? process->dir : argv[i];
    process->pid = fork();
    if (process->pid == 0) {
        dup2(fds[0], 0);
        execv(argv[0], (char *const *)words);
        _exit(127);
    }
    close(fds[0]);
    process->input = fds[1];
    for (int i = 0; i < 6000; i++) {
        char *text = server_process_file(process, ready);
        if (text != NULL && strchr(text, '\n') != NULL)
            return text;
        free(text);
        if (waitpid(process->pid, NULL, WNOHANG) == process->pid)
            fail_hard(argv[0], "ended before it was ready");
        rest_ms(10);
    }
    fail_hard(argv[0], "did not start");
    return NULL;
}

void server_process_stop(struct server_process *process)
{
    char command[128];
    close(process->input);
    waitpid(process->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", process->dir);
    if (system(command) != 0)
        fail_hard(process->dir, "not removed");
}
