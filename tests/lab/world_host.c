/* world_host.c: what may happen to a host (vsphere-api.md §6, §14; esxi-shell.md §3, §6, §14).
 */
#include "world.h"

#include <string.h>
#include <strings.h>

#include "world_internal.h"

/* The moment between the order to reboot and the loss of connections. */
#define SHUTDOWN_MS 5000

struct task *host_busy(struct world *world, const struct host *host)
{
    VEC_EACH (struct task *, it, world->tasks) {
        bool of_host = (*it)->kind == TASK_ENTER_MAINTENANCE ||
                       (*it)->kind == TASK_EXIT_MAINTENANCE || (*it)->kind == TASK_REBOOT;
        if (of_host && (*it)->host == host && (*it)->state <= TASK_RUNNING)
            return *it;
    }
    return NULL;
}

int host_check_up(const struct host *host, struct fault *fault)
{
    if (host->state == HOST_CONNECTED)
        return 0;
    return fault_set(fault, "HostNotConnected",
                     "Unable to communicate with the remote host, since it is disconnected.");
}

static int check_free(struct world *world, struct host *host, struct fault *fault)
{
    struct task *task = host_busy(world, host);
    if (host_check_up(host, fault) < 0)
        return -1;
    if (!task)
        return 0;
    fault_set(fault, "TaskInProgress", "Another task is already in progress.");
    fault->detail = arena_printf(world->arena, "<task type=\"Task\">%s</task>", task->moref);
    return -1;
}

static int invalid_state(struct fault *fault)
{
    return fault_set(fault, "InvalidState",
                     "The operation is not allowed in the current state.");
}

int host_enter_maintenance(struct world *world, struct host *host, int timeout_s,
                           const char *user, struct task **ret_task, struct fault *fault)
{
    if (check_free(world, host, fault) < 0)
        return -1;
    if (host->in_maintenance)
        return invalid_state(fault);
    struct task *task = world_task_new(world, TASK_ENTER_MAINTENANCE, host, NULL,
                                       world->takes.enter_maintenance, user);
    if (timeout_s > 0)
        task->deadline = task->queued_at + (int64_t)timeout_s * 1000;
    *ret_task = task;
    return 0;
}

int host_exit_maintenance(struct world *world, struct host *host, const char *user,
                          struct task **ret_task, struct fault *fault)
{
    if (check_free(world, host, fault) < 0)
        return -1;
    if (!host->in_maintenance)
        return invalid_state(fault);
    *ret_task = world_task_new(world, TASK_EXIT_MAINTENANCE, host, NULL,
                               world->takes.exit_maintenance, user);
    return 0;
}

int host_reboot(struct world *world, struct host *host, bool force, const char *user,
                struct task **ret_task, struct fault *fault)
{
    if (check_free(world, host, fault) < 0)
        return -1;
    if (!host->in_maintenance && !force)
        return invalid_state(fault);
    *ret_task = world_task_new(world, TASK_REBOOT, host, NULL, SHUTDOWN_MS, user);
    (*ret_task)->force = force;
    return 0;
}

void host_go_down(struct world *world, struct host *host, int64_t at)
{
    VEC_EACH (struct vm *, it, world->vms) {
        if (!(*it)->gone && (*it)->power == POWERED_ON && !strcmp((*it)->host, host->name))
            vm_stop(world, *it, "its host went down");
    }
    host->state = HOST_REBOOTING;
    host->up_at = at + world->takes.reboot;
    world_event(world, "host_rebooted", host->name, NULL);
}

static void boot_vibs(struct host *host)
{
    size_t kept = 0;
    for (size_t i = 0; i < host->vibs.n; i++) {
        if (host->vibs.items[i].removed)
            continue;
        host->vibs.items[kept] = host->vibs.items[i];
        host->vibs.items[kept++].loaded = true;
    }
    host->vibs.n = kept;
}

void host_boot(struct world *world, struct host *host, int64_t at)
{
    (void)world;
    host->up_at = 0;
    if (host->reboot_fails) {
        host->state = HOST_DISCONNECTED;
        return;
    }
    host->state = HOST_CONNECTED;
    host->boot_time = at;
    host->default_active = host->default_configured;
    boot_vibs(host);
    VEC_EACH (struct gpu, gpu, host->gpus) {
        gpu->ecc_current = gpu->ecc_pending;
        gpu->type_active = gpu->type_configured;
        gpu->passthru_active = gpu->passthru_enabled;
    }
    VEC_EACH (struct service, service, host->services) {
        bool wants_driver = strcmp(service->key, "xorg") == 0;
        service->running =
            strcmp(service->policy, "on") == 0 && (!wants_driver || host_driver_runs(host));
    }
}

/* ---- graphics ----------------------------------------------------------------------- */

static void activate_graphics(struct host *host)
{
    host->default_active = host->default_configured;
    VEC_EACH (struct gpu, gpu, host->gpus) {
        gpu->type_active = gpu->type_configured;
    }
}

void host_set_graphics(struct world *world, struct host *host, enum graphics_type type,
                       enum assignment_policy policy)
{
    enum graphics_type before = host->default_configured;
    if (before == type && host->policy == policy)
        return;
    VEC_EACH (struct gpu, gpu, host->gpus) {
        if (gpu->type_configured == before)
            gpu->type_configured = type;
    }
    host->default_configured = type;
    host->policy = policy;
    if (version_number(host->version) >= 70001)
        activate_graphics(host);
    world_event(world, "graphics_set", host->name,
                type == GRAPHICS_SHARED_PASSTHRU ? "shared_passthru" : "shared");
}

void host_restart_xorg(struct host *host)
{
    struct service *xorg = host_service(host, "xorg");
    if (xorg)
        xorg->running = host_driver_runs(host);
    if (host_driver_runs(host))
        activate_graphics(host);
}

void host_set_ecc(struct world *world, struct host *host, struct gpu *gpu, bool enabled)
{
    if (gpu->ecc_pending == enabled || !gpu->ecc_capable)
        return;
    gpu->ecc_pending = enabled;
    world_event(world, "ecc_set", host->name, enabled ? "enabled" : "disabled");
}

void host_start_service(struct world *world, struct host *host, struct service *service,
                        bool run)
{
    if (service->running == run)
        return;
    service->running = run;
    world_event(world, run ? "service_started" : "service_stopped", host->name, service->key);
}

/* ---- software ----------------------------------------------------------------------- */

static const char *const acceptance_levels[] = {"CommunitySupported", "PartnerSupported",
                                                "VMwareAccepted", "VMwareCertified"};

static unsigned acceptance_rank(const char *level)
{
    for (unsigned i = 0; i < ARRAY_LEN(acceptance_levels); i++) {
        if (!strcmp(level, acceptance_levels[i]))
            return i;
    }
    return 0;
}

struct vib *vib_copy(struct world *world, const struct vib *vib)
{
    struct vib *copy = ARENA_NEW(world->arena, struct vib);
    *copy = *vib;
    return copy;
}

void vib_complete(struct world *world, struct vib *vib)
{
    vib->id =
        arena_printf(world->arena, "%s_bootbank_%s_%s", vib->vendor, vib->name, vib->version);
}

static int check_maintenance(const struct host *host, const struct vib *vib, bool claimed,
                             struct fault *fault)
{
    if (!vib->maintenance_required || host->in_maintenance || claimed)
        return 0;
    return fault_set(fault, "InvalidState",
                     "Maintenance mode is required for VIB %s, but the host is not in it.",
                     vib->id);
}

static int check_trust(const struct host *host, const struct vib *vib, struct fault *fault)
{
    if (vib->is_unsigned)
        return fault_set(fault, "InvalidSignature",
                         "VIB %s does not contain a signature that can be verified.", vib->id);
    if (acceptance_rank(vib->acceptance) < acceptance_rank(host->acceptance))
        return fault_set(fault, "AcceptanceLevel",
                         "VIB %s has acceptance level %s, below the host's %s.", vib->id,
                         vib->acceptance, host->acceptance);
    return 0;
}

static struct vib *installed(struct host *host, const char *name, bool removed)
{
    VEC_EACH (struct vib, it, host->vibs) {
        if (it->removed == removed && !strcasecmp(it->name, name))
            return it;
    }
    return NULL;
}

/* The VIB joins the list; it is active at once only when it needs no boot of its own. */
static struct vib *put_vib(struct world *world, struct host *host, const struct vib *source)
{
    struct vib *former = installed(host, source->name, true);
    if (former && !strcmp(former->id, source->id)) {
        former->removed = false;
        return former;
    }
    struct vib vib = *source;
    vib.loaded = !vib.is_gpu_driver;
    vib.removed = false;
    vib.install_date =
        arena_printf(world->arena, "%.10s", world_time_text(world, world_now(world)));
    VEC_PUSH(world->arena, &host->vibs, vib);
    return &host->vibs.items[host->vibs.n - 1];
}

static bool is_same(const struct vib *there, const struct vib *wanted)
{
    return there && !strcmp(there->version, wanted->version);
}

int host_check_install(struct world *world, struct host *host, const char *path, unsigned flags,
                       struct fault *fault)
{
    struct datastore_file *file = world_file(world, path);
    if (host_check_up(host, fault) < 0)
        return -1;
    if (!file || !file->vib)
        return fault_set(fault, "FileNotFound", "Cannot open VIB at %.180s.", path);
    if (is_same(installed(host, file->vib->name, false), file->vib))
        return 0;
    if (!(flags & INSTALL_NO_SIG_CHECK) && check_trust(host, file->vib, fault) < 0)
        return -1;
    return check_maintenance(host, file->vib, flags & INSTALL_CLAIM_MAINTENANCE, fault);
}

int host_install_vib(struct world *world, struct host *host, const char *path,
                     bool claim_maintenance, bool no_sig_check, struct vib **ret_vib,
                     bool *ret_skipped, struct fault *fault)
{
    unsigned flags = (claim_maintenance ? INSTALL_CLAIM_MAINTENANCE : 0) |
                     (no_sig_check ? INSTALL_NO_SIG_CHECK : 0);
    if (host_check_install(world, host, path, flags, fault) < 0)
        return -1;
    struct datastore_file *file = world_file(world, path);
    struct vib *same = installed(host, file->vib->name, false);
    if (is_same(same, file->vib)) {
        *ret_vib = same;
        *ret_skipped = true;
        return 0;
    }
    if (same)
        same->removed = true;
    *ret_vib = put_vib(world, host, file->vib);
    *ret_skipped = false;
    world_event(world, "vib_installed", host->name, (*ret_vib)->id);
    return 0;
}

int host_remove_vib_claiming(struct world *world, struct host *host, const char *name,
                             bool claim_maintenance, struct fault *fault)
{
    struct vib *vib = installed(host, name, false);
    if (host_check_up(host, fault) < 0)
        return -1;
    if (!vib)
        return fault_set(fault, "NotFound", "No VIB matching VIB search specification '%s'.",
                         name);
    if (check_maintenance(host, vib, claim_maintenance, fault) < 0)
        return -1;
    vib->removed = true;
    world_event(world, "vib_removed", host->name, vib->id);
    return 0;
}

int host_remove_vib(struct world *world, struct host *host, const char *name,
                    struct fault *fault)
{
    return host_remove_vib_claiming(world, host, name, false, fault);
}
