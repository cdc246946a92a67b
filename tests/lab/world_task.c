/* world_task.c: tasks and what becomes due, in the order of simulated time. */
#include "world.h"

#include <string.h>

#include "guest.h"
#include "world_internal.h"

struct task *world_task_new(struct world *world, enum task_kind kind, struct host *host,
                            struct vm *vm, int64_t takes, const char *user)
{
    struct task *task = ARENA_NEW(world->arena, struct task);
    task->moref = world_new_id(world, "task-");
    task->kind = kind;
    task->state = TASK_RUNNING;
    task->queued_at = world_now(world);
    task->due_at = task->queued_at + takes;
    task->host = host;
    task->vm = vm;
    task->user = world_strdup(world, user);
    if (vm && kind != TASK_CLONE)
        vm->busy = task;
    VEC_PUSH(world->arena, &world->tasks, task);
    return task;
}

static void finish(struct task *task, int64_t at)
{
    task->state = TASK_SUCCESS;
    task->finished_at = at;
    if (task->vm && task->vm->busy == task)
        task->vm->busy = NULL;
}

static void fail(struct world *world, struct task *task, int64_t at, const struct fault *fault)
{
    finish(task, at);
    task->state = TASK_ERROR;
    task->fault_type = world_strdup(world, fault->type);
    task->fault_message = world_strdup(world, fault->message);
    task->fault_detail = fault->detail;
}

/* ---- maintenance mode ---------------------------------------------------------------- */

static struct host *drs_target(struct world *world, const struct host *from)
{
    VEC_EACH(struct host *, it, world->hosts)
    {
        bool fits = *it != from && (*it)->state == HOST_CONNECTED && !(*it)->in_maintenance &&
                    (*it)->cluster && from->cluster && !strcmp((*it)->cluster, from->cluster) &&
                    !host_busy(world, *it);
        if (fits)
            return *it;
    }
    return NULL;
}

/* Only a fully automated DRS moves running VMs away, and none with a card (§6.5). */
static void evacuate(struct world *world, struct host *host)
{
    struct cluster *cluster = world_cluster(world, host->cluster);
    if (!cluster || !cluster->drs_enabled || strcmp(cluster->drs_behavior, "fullyAutomated"))
        return;
    VEC_EACH(struct vm *, it, world->vms)
    {
        struct vm *vm = *it;
        if (vm->gone || vm->power != POWERED_ON || strcmp(vm->host, host->name) ||
            vm_count_devices(vm, DEVICE_VGPU) || vm_count_devices(vm, DEVICE_PASSTHRU))
            continue;
        struct host *target = drs_target(world, host);
        if (!target)
            return;
        vm->host = target->name;
        world_event(world, "vm_moved", vm->name, target->name);
    }
}

static bool can_enter(struct world *world, const struct task *task)
{
    struct cluster *cluster = world_cluster(world, task->host->cluster);
    if (task->host->state != HOST_CONNECTED || !host_powered_on(world, task->host))
        return true;
    if (!cluster || !cluster->drs_enabled || strcmp(cluster->drs_behavior, "fullyAutomated"))
        return false;
    VEC_EACH(struct vm *, it, world->vms)
    {
        if (!(*it)->gone && (*it)->power == POWERED_ON &&
            !strcmp((*it)->host, task->host->name) &&
            (vm_count_devices(*it, DEVICE_VGPU) || vm_count_devices(*it, DEVICE_PASSTHRU)))
            return false;
    }
    return drs_target(world, task->host) != NULL;
}

static void end_enter(struct world *world, struct task *task, int64_t at)
{
    struct host *host = task->host;
    struct fault fault;
    if (host_check_up(host, &fault) < 0) {
        fail(world, task, at, &fault);
        return;
    }
    evacuate(world, host);
    if (host_powered_on(world, host)) {
        fault_set(&fault, "Timedout", "Operation timed out.");
        fail(world, task, at, &fault);
        return;
    }
    host->in_maintenance = true;
    host->maintenance_by = task->user;
    world_event(world, "maintenance_entered", host->name, task->user);
    finish(task, at);
}

static void end_exit(struct world *world, struct task *task, int64_t at)
{
    struct fault fault;
    if (host_check_up(task->host, &fault) < 0) {
        fail(world, task, at, &fault);
        return;
    }
    task->host->in_maintenance = false;
    task->host->maintenance_by = NULL;
    world_event(world, "maintenance_left", task->host->name, task->user);
    finish(task, at);
}

/* ---- virtual machines ----------------------------------------------------------------- */

static void end_clone(struct world *world, struct task *task, int64_t at)
{
    struct vm *clone = task->result;
    clone->gone = false;
    clone->busy = NULL;
    vm_touch(world, clone);
    world_event(world, "vm_created", clone->name, task->vm->name);
    finish(task, at);
}

static void end_power_on(struct world *world, struct task *task, int64_t at)
{
    struct gpu *gpu = NULL;
    struct fault fault;
    if (vm_check_start(world, task->vm, &gpu, &fault) < 0) {
        fail(world, task, at, &fault);
        return;
    }
    task->vm->power = POWERED_ON;
    task->vm->guest_up_at = at + world->takes.guest_boot;
    task->vm->gpu = gpu ? gpu->pci_id : NULL;
    vm_assign_cards(world, task->vm);
    vm_write_own_keys(world, task->vm);
    vm_touch(world, task->vm);
    world_event(world, "vm_powered_on", task->vm->name, task->vm->host);
    finish(task, at);
}

static void end_destroy(struct world *world, struct task *task, int64_t at)
{
    task->vm->gone = true;
    guest_destroyed(world, task->vm);
    world_event(world, "vm_destroyed", task->vm->name, task->user);
    finish(task, at);
}

static void end_reconfigure(struct world *world, struct task *task, int64_t at)
{
    vm_write_own_keys(world, task->vm);
    vm_touch(world, task->vm);
    world_event(world, "vm_reconfigured", task->vm->name, task->user);
    finish(task, at);
}

static void carry_out(struct world *world, struct task *task, int64_t at)
{
    switch (task->kind) {
    case TASK_ENTER_MAINTENANCE:
        end_enter(world, task, at);
        break;
    case TASK_EXIT_MAINTENANCE:
        end_exit(world, task, at);
        break;
    case TASK_REBOOT:
        host_go_down(world, task->host, at);
        finish(task, at);
        break;
    case TASK_CLONE:
        end_clone(world, task, at);
        break;
    case TASK_RECONFIGURE:
        end_reconfigure(world, task, at);
        break;
    case TASK_POWER_ON:
        end_power_on(world, task, at);
        break;
    case TASK_POWER_OFF:
        vm_stop(world, task->vm, task->user);
        finish(task, at);
        break;
    case TASK_DESTROY:
        end_destroy(world, task, at);
        break;
    }
}

/* ---- the clock ------------------------------------------------------------------------- */

/* What is next: one of the three is set. */
struct due {
    int64_t at;
    struct task *task;
    struct host *host;
    struct vm *vm;
};

/* When a task can end; INT64_MAX: it waits for something else to happen. */
static int64_t task_due(struct world *world, const struct task *task)
{
    if (task->kind != TASK_ENTER_MAINTENANCE || can_enter(world, task))
        return task->due_at;
    return task->deadline ? task->deadline : INT64_MAX;
}

static void consider(struct due *due, int64_t at, struct due candidate)
{
    if (at >= due->at)
        return;
    *due = candidate;
    due->at = at;
}

static struct due next_due(struct world *world)
{
    struct due due = {.at = INT64_MAX};
    VEC_EACH(struct task *, it, world->tasks)
    {
        if ((*it)->state <= TASK_RUNNING)
            consider(&due, task_due(world, *it), (struct due){.task = *it});
    }
    VEC_EACH(struct host *, it, world->hosts)
    {
        if ((*it)->state == HOST_REBOOTING)
            consider(&due, (*it)->up_at, (struct due){.host = *it});
    }
    VEC_EACH(struct vm *, it, world->vms)
    {
        if (!(*it)->gone && (*it)->power_off_at)
            consider(&due, (*it)->power_off_at, (struct due){.vm = *it});
    }
    return due;
}

void world_tick(struct world *world)
{
    guests_tick(world);
    int64_t now = world_now(world);
    for (;;) {
        struct due due = next_due(world);
        if (due.at > now)
            break;
        if (due.task)
            carry_out(world, due.task, due.at);
        else if (due.host)
            host_boot(world, due.host, due.at);
        else
            vm_stop(world, due.vm, "guest shutdown");
    }
    vra_world_tick(world);
}
