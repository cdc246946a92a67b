/* world.c: time, identifiers, the finders and the list of events. Loading is in world_load.c,
 * the rules in world_host.c, world_vm.c and world_task.c. */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "world_internal.h"

#define N_EVENTS_MAX 100000

int64_t world_now(const struct world *world)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    return world->epoch + (int64_t)((double)(us - world->started_us) * world->speed / 1000.0);
}

void world_free(struct world *world)
{
    if (!world)
        return;
    vra_world_release(world);
    VEC_EACH(json_t *, event, world->events) json_decref(*event);
    arena_free(world->arena);
}

char *world_time_text(struct world *world, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char text[64];
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    return arena_printf(world->arena, "%s.%03dZ", text, (int)(ms % 1000));
}

char *world_guid(struct world *world)
{
    char seed[64];
    int64_t salt = world->random_guids_off ? 0 : world->started_us;
    snprintf(seed, sizeof(seed), "guid %u %lld", world->next_id++, (long long)salt);
    struct digest digest = digest_bytes(seed, strlen(seed));
    const char *h = digest.hex;
    return arena_printf(world->arena, "%.8s-%.4s-4%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17,
                        h + 20);
}

char *world_new_id(struct world *world, const char *prefix)
{
    return arena_printf(world->arena, "%s%u", prefix, world->next_id++);
}

char *world_strdup(struct world *world, const char *text)
{
    return arena_strdup(world->arena, text ? text : "");
}

void world_event(struct world *world, const char *event, const char *object, const char *detail)
{
    if (world->events.n >= N_EVENTS_MAX)
        return;
    json_t *entry = json_pack("{s:s, s:s, s:s, s:s?}", "time",
                              world_time_text(world, world_now(world)), "event", event,
                              "object", object, "detail", detail);
    if (entry)
        VEC_PUSH(world->arena, &world->events, entry);
}

struct host *world_host(struct world *world, const char *name)
{
    VEC_EACH(struct host *, it, world->hosts)
    {
        if (name && !strcmp((*it)->name, name))
            return *it;
    }
    return NULL;
}

struct host *world_host_by_moref(struct world *world, const char *moref)
{
    VEC_EACH(struct host *, it, world->hosts)
    {
        if (!strcmp((*it)->moref, moref))
            return *it;
    }
    return NULL;
}

struct vm *world_vm(struct world *world, const char *name)
{
    VEC_EACH(struct vm *, it, world->vms)
    {
        if (!(*it)->gone && !strcmp((*it)->name, name))
            return *it;
    }
    return NULL;
}

struct vm *world_vm_by_moref(struct world *world, const char *moref)
{
    VEC_EACH(struct vm *, it, world->vms)
    {
        if (!(*it)->gone && !strcmp((*it)->moref, moref))
            return *it;
    }
    return NULL;
}

struct cluster *world_cluster(struct world *world, const char *name)
{
    VEC_EACH(struct cluster, it, world->clusters)
    {
        if (name && !strcmp(it->name, name))
            return it;
    }
    return NULL;
}

struct datastore *world_datastore(struct world *world, const char *name)
{
    VEC_EACH(struct datastore, it, world->datastores)
    {
        if (!strcmp(it->name, name))
            return it;
    }
    return NULL;
}

struct datastore_file *world_file(struct world *world, const char *path)
{
    VEC_EACH(struct datastore, store, world->datastores)
    {
        VEC_EACH(struct datastore_file, it, store->files)
        {
            if (!strcmp(it->path, path))
                return it;
        }
    }
    return NULL;
}

struct custom_spec *world_spec(struct world *world, const char *name)
{
    VEC_EACH(struct custom_spec *, it, world->specs)
    {
        if (!(*it)->gone && !strcmp((*it)->name, name))
            return *it;
    }
    return NULL;
}

struct task *world_task(struct world *world, const char *moref)
{
    VEC_EACH(struct task *, it, world->tasks)
    {
        if (!strcmp((*it)->moref, moref))
            return *it;
    }
    return NULL;
}

struct gpu *host_gpu(struct host *host, const char *pci_id)
{
    VEC_EACH(struct gpu, it, host->gpus)
    {
        if (pci_id && !strcmp(it->pci_id, pci_id))
            return it;
    }
    return NULL;
}

struct service *host_service(struct host *host, const char *key)
{
    VEC_EACH(struct service, it, host->services)
    {
        if (!strcmp(it->key, key))
            return it;
    }
    return NULL;
}

struct vib *host_driver(struct host *host)
{
    VEC_EACH(struct vib, it, host->vibs)
    {
        if (it->is_gpu_driver && !it->removed)
            return it;
    }
    return NULL;
}

bool host_driver_runs(const struct host *host)
{
    VEC_EACH(const struct vib, it, host->vibs)
    {
        if (it->is_gpu_driver && !it->removed)
            return it->loaded;
    }
    return false;
}

unsigned host_powered_on(struct world *world, const struct host *host)
{
    unsigned n = 0;
    VEC_EACH(struct vm *, it, world->vms)
    {
        n += !(*it)->gone && (*it)->power == POWERED_ON && !strcmp((*it)->host, host->name);
    }
    return n;
}

int fault_set(struct fault *fault, const char *type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault->type = type;
    fault->detail = NULL;
    vsnprintf(fault->message, sizeof(fault->message), format, args);
    va_end(args);
    return -1;
}

unsigned version_number(const char *version)
{
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(version, "%u.%u.%u", &major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

unsigned driver_branch(const struct vib *driver)
{
    unsigned branch = 0;
    if (driver)
        sscanf(driver->version, "%u", &branch);
    return branch;
}
