/* open_store.c: see open_store.h. */
#include "open_store.h"

#include <string.h>

#include "arena.h"
#include "command.h"
#include "instance.h"
#include "redact.h"
#include "reference.h"
#include "sessions.h"
#include "state_transport.h"
#include "store_http.h"

static const char *beside_manifest(const struct options *options, struct arena *arena,
                                   const char *path)
{
    return path[0] == '/' ? path : arena_printf(arena, "%s/%s", options->directory, path);
}

static int open_file(const char *path, const struct seal *seal, struct opened_store *ret,
                     struct err *err)
{
    ret->name = ret->beside = path;
    return store_file_open(path, seal, &ret->store, err);
}

static int open_http(const struct store_settings *how, const struct reference_place *place,
                     struct opened_store *ret, struct err *err)
{
    const struct instance *settings = how->section;
    const char *address = instance_text(settings, "address");
    const char *lock = instance_text(settings, "lock_address");
    const char *unlock = instance_text(settings, "unlock_address");
    lock = lock == NULL ? address : lock;
    struct store_http_options options = {
        .address = address,
        .update_method = instance_text(settings, "update_method"),
        .lock_address = lock,
        .lock_method = instance_text(settings, "lock_method"),
        .unlock_address = unlock == NULL ? lock : unlock,
        .unlock_method = instance_text(settings, "unlock_method"),
        .version = "gridform " GRIDFORM_VERSION,
        .seal = how->seal};
    ret->name = address;
    if (state_transport_open(settings, place, &options.http, err) < 0)
        return -1;
    ret->store = store_http_open(&options);
    return 0;
}

const char *store_file_path(const struct options *options, const struct instance *settings,
                            struct arena *arena)
{
    if (options->state != NULL)
        return options->state;
    const char *path = settings == NULL ? NULL : instance_text(settings, "path");
    if (settings != NULL && strcmp(instance_text(settings, "backend"), "file") != 0)
        return NULL;
    return beside_manifest(options, arena, path == NULL ? "gridform.state" : path);
}

int open_store(const struct options *options, const struct store_settings *how,
               struct run_env *env, struct arena *arena, struct opened_store *ret,
               struct err *err)
{
    const char *path = store_file_path(options, how->section, arena);
    *ret = (struct opened_store){.secrets = secrets_new()};
    if (path != NULL)
        return open_file(path, how->seal, ret, err);
    struct reference_place *place = ARENA_NEW(arena, struct reference_place);
    *place = (struct reference_place){options->directory, ret->secrets, env};
    ret->beside = beside_manifest(options, arena, "gridform.state");
    return open_http(how, place, ret, err);
}

void close_store(struct opened_store *opened)
{
    if (opened->store != NULL)
        opened->store->ops->close(opened->store);
    secrets_free(opened->secrets);
    *opened = (struct opened_store){.store = NULL};
}
