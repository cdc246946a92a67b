/* world_clone.c: new virtual machines: from nothing, and as copies (vsphere-api.md §8). */
#include "world.h"

#include <string.h>

#include "guest.h"
#include "world_internal.h"

struct vm *vm_new(struct world *world, const char *name)
{
    struct vm *vm = ARENA_NEW(world->arena, struct vm);
    *vm = (struct vm){
        .moref = world_new_id(world, "vm-"),
        .name = world_strdup(world, name),
        .folder = world_strdup(world, "vm"),
        .host = world_strdup(world, world->hosts.n ? world->hosts.items[0]->name : ""),
        .datastore =
            world_strdup(world, world->datastores.n ? world->datastores.items[0].name : ""),
        .uuid = world_guid(world),
        .instance_uuid = world_guid(world),
        .cpus = 1,
        .cores_per_socket = 1,
        .memory_mb = 1024,
        .firmware = world_strdup(world, "bios"),
        .guest_id = world_strdup(world, "otherGuest64"),
        .annotation = world_strdup(world, ""),
        .version = world_strdup(world, "vmx-13"),
        .changed_at = world_now(world),
        .tools = world_strdup(world, "toolsOk"),
        .guest_os = world_strdup(world, "centos7"),
        .guest_user = world_strdup(world, "root"),
        .guest_password = world_strdup(world, "lab-guest-secret"),
        .guest_disk = (int64_t)64 << 20,
        .made_by = world_strdup(world, "")};
    VEC_PUSH(world->arena, &world->vms, vm);
    return vm;
}

void vm_add_default_devices(struct world *world, struct vm *vm, int64_t disk_bytes,
                            const char *network)
{
    struct device controller = {.key = 1000,
                                .kind = DEVICE_CONTROLLER,
                                .label = world_strdup(world, "SCSI controller 0")};
    struct device disk = {.key = 2000,
                          .kind = DEVICE_DISK,
                          .label = world_strdup(world, "Hard disk 1"),
                          .disk_capacity = disk_bytes,
                          .controller_key = 1000};
    struct device nic = {.key = 4000,
                         .kind = DEVICE_NIC,
                         .label = world_strdup(world, "Network adapter 1"),
                         .network = world_strdup(world, network)};
    VEC_PUSH(world->arena, &vm->devices, controller);
    VEC_PUSH(world->arena, &vm->devices, disk);
    VEC_PUSH(world->arena, &vm->devices, nic);
}

static int check_name(struct world *world, const char *folder, const char *name,
                      struct fault *fault)
{
    VEC_EACH (struct vm *, it, world->vms) {
        bool coming = (*it)->gone && (*it)->busy && (*it)->busy->result == *it;
        if (((*it)->gone && !coming) || strcmp((*it)->name, name) ||
            strcmp((*it)->folder, folder))
            continue;
        fault_set(fault, "DuplicateName", "The name '%.150s' already exists.", name);
        fault->detail = arena_printf(
            world->arena, "<name>%s</name><object type=\"VirtualMachine\">%s</object>", name,
            (*it)->moref);
        return -1;
    }
    return 0;
}

static int check_host(const struct host *host, const char *what, struct fault *fault)
{
    if (!host)
        return fault_set(fault, "InvalidState", "The %s has no host.", what);
    if (host_check_up(host, fault) < 0)
        return -1;
    if (host->in_maintenance)
        return fault_set(fault, "InvalidHostState",
                         "The operation is not allowed in the current state of the host.");
    return 0;
}

static struct vm *copy_of(struct world *world, const struct vm *source, const char *name,
                          const struct host *host)
{
    struct vm *clone = vm_new(world, name);
    char *moref = clone->moref, *text = clone->name;
    char *uuid = clone->uuid, *instance_uuid = clone->instance_uuid;
    int64_t now = clone->changed_at;
    *clone = *source;
    clone->moref = moref;
    clone->name = text;
    clone->uuid = uuid;
    clone->instance_uuid = instance_uuid;
    clone->changed_at = now;
    clone->change = 0;
    clone->host = host->name;
    clone->power = POWERED_OFF;
    clone->template = false;
    clone->gone = true;
    clone->gpu = NULL;
    clone->busy = NULL;
    clone->power_off_at = 0;
    clone->guest_up_at = 0;
    memset(&clone->devices, 0, sizeof(clone->devices));
    memset(&clone->extra, 0, sizeof(clone->extra));
    VEC_EACH (struct device, it, source->devices)
        VEC_PUSH(world->arena, &clone->devices, *it);
    VEC_EACH (struct key_value, it, source->extra)
        VEC_PUSH(world->arena, &clone->extra, *it);
    return clone;
}

int vm_clone(struct world *world, struct vm *source, const char *folder, const char *name,
             struct host *host, const char *user, struct task **ret_task, struct fault *fault)
{
    struct host *home = world_host(world, source->host);
    struct host *target = host ? host : home;
    if (source->busy)
        return fault_set(fault, "TaskInProgress", "Another task is already in progress.");
    if (check_host(home, "source", fault) < 0 || check_host(target, "clone", fault) < 0 ||
        check_name(world, folder ? folder : source->folder, name, fault) < 0)
        return -1;
    struct task *task =
        world_task_new(world, TASK_CLONE, target, source, world->takes.clone, user);
    struct vm *clone = copy_of(world, source, name, target);
    if (folder)
        clone->folder = world_strdup(world, folder);
    clone->made_by = task->user;
    clone->busy = task;
    task->result = clone;
    guest_cloned(world, source, clone);
    *ret_task = task;
    return 0;
}
