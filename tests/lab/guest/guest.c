/* guest.c: the life of guests: start, what they have to say, end. */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_internal.h"
#include "num.h"
#include "world_internal.h"

#define POWER_OFF_MS 2000 /* from the guest's last word to the machine being off */

struct guest *guest_find(struct guests *guests, const struct vm *vm)
{
    struct guest *it = guests == NULL ? NULL : guests->first;
    while (it != NULL && strcmp(it->moref, vm->moref) != 0)
        it = it->next;
    return it;
}

static void release(struct guest *guest)
{
    if (guest->pid > 0) {
        kill(guest->pid, SIGKILL); /* bwrap: its child follows (--die-with-parent) */
        while (waitpid(guest->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    close(guest->socket);
    close(guest->notices);
    close(guest->errors);
    free(guest->moref);
    free(guest);
}

void guest_drop(struct guests *guests, struct guest *guest)
{
    struct guest **at = &guests->first;
    while (*at != NULL && *at != guest)
        at = &(*at)->next;
    if (*at != NULL)
        *at = guest->next;
    release(guest);
}

static int open_store(struct guests *guests, struct err *err)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/guests", guests->dir);
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
    DIR *dir = opendir(path); /* what an earlier world left behind */
    for (struct dirent *it = dir == NULL ? NULL : readdir(dir); it != NULL; it = readdir(dir))
        if (strchr(it->d_name, '.') > it->d_name)
            unlinkat(dirfd(dir), it->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    return 0;
}

int guests_new(const char *dir, struct guests **ret, struct err *err)
{
    struct guests *guests = calloc(1, sizeof(*guests));
    if (guests == NULL)
        abort();
    guests->dir = dir;
    if (open_store(guests, err) < 0 || spawner_start(guests) < 0) {
        free(guests);
        return err->code != 0 ? -1 : err_set(err, ERR_INTERNAL, "guests: no thread");
    }
    *ret = guests;
    return 0;
}

void guests_free(struct guests *guests)
{
    if (guests == NULL)
        return;
    while (guests->first != NULL)
        guest_drop(guests, guests->first);
    spawner_stop(guests);
    free(guests);
}

/* ---- start ---------------------------------------------------------------------------- */

/* What bwrap said before it gave up. */
static void read_reason(struct guest *guest, char reason[REASON_MAX])
{
    kill(guest->pid, SIGKILL);
    fcntl(guest->errors, F_SETFL, O_NONBLOCK);
    while (waitpid(guest->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    guest->pid = 0;
    ssize_t n = read(guest->errors, reason, REASON_MAX - 1);
    reason[n > 0 ? n : 0] = '\0';
    reason[strcspn(reason, "\n")] = '\0';
    if (*reason == '\0')
        snprintf(reason, REASON_MAX, "it ended without a word");
}

static int say(struct guest *guest, const struct exchange *exchange)
{
    struct answer answer;
    int result = guest_exchange(guest, exchange, &answer) < 0 || answer.status != 0 ? -1 : 0;
    answer_release(&answer);
    return result;
}

static int unpack(struct guest *guest, const char *directory, char *data, size_t size)
{
    struct exchange exchange = {
        .op = WIRE_UNPACK, .strings = {directory}, .n_strings = 1, .data = data, .size = size};
    int result = data == NULL ? -1 : say(guest, &exchange);
    free(data);
    return result;
}

static int unpack_directory(struct guest *guest, const char *directory, const char *source)
{
    size_t size = 0;
    char *data = archive_of(source, &size);
    return unpack(guest, directory, data, size);
}

static const struct gpu_profile *vgpu_of(struct world *world, const struct vm *vm,
                                         const struct host *host)
{
    (void)world;
    VEC_EACH (const struct device, it, vm->devices) {
        if (it->kind != DEVICE_VGPU || it->vgpu_profile == NULL || host == NULL)
            continue;
        VEC_EACH (const struct gpu, gpu, host->gpus) {
            const struct gpu_profile *profile = gpu_profile(gpu, it->vgpu_profile);
            if (profile != NULL)
                return profile;
        }
    }
    return NULL;
}

static int boot(struct world *world, struct vm *vm, struct guest *guest, bool new)
{
    struct host *host = world_host(world, vm->host);
    struct vib *driver = host == NULL ? NULL : host_driver(host);
    const struct gpu_profile *profile = vgpu_of(world, vm, host);
    char memory[32] = "", version[64] = "";
    if (profile != NULL)
        snprintf(memory, sizeof(memory), "%u", profile->fb_mb);
    if (driver != NULL)
        snprintf(version, sizeof(version), "%.*s", (int)strcspn(driver->version, "-"),
                 driver->version);
    const struct exchange exchange = {.op = WIRE_BOOT,
                                      .strings = {new ? "new" : "", vm->name,
                                                  profile == NULL ? "" : profile->name, memory,
                                                  version},
                                      .n_strings = 5};
    return say(guest, &exchange);
}

static int furnish(struct world *world, struct vm *vm, struct guest *guest)
{
    size_t size = 0;
    char *saved = store_read(world->guests, vm->moref, &size);
    bool new = saved == NULL;
    const struct exchange os = {.op = WIRE_PUT,
                                .strings = {"/.lab/os", "644", "overwrite"},
                                .n_strings = 3,
                                .data = vm->guest_os,
                                .size = strlen(vm->guest_os)};
    if (unpack_directory(guest, "/.lab", LAB_GUEST_ROOT) < 0 || say(guest, &os) < 0) {
        free(saved);
        return -1;
    }
    if (world->guest_repository != NULL &&
        unpack_directory(guest, "/.lab/net", world->guest_repository) < 0) {
        free(saved);
        return -1;
    }
    if (!new &&unpack(guest, "/", saved, size) < 0)
        return -1;
    return boot(world, vm, guest, new);
}

static int greet(struct world *world, struct guest *guest)
{
    char seconds[32], processes[32];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(world->guest_time_limit / 1000));
    snprintf(processes, sizeof(processes), "%u", world->guest_process_limit);
    const struct exchange hello = {
        .op = WIRE_HELLO, .strings = {seconds, processes}, .n_strings = 2};
    return say(guest, &hello);
}

static int refuse(struct world *world, const struct vm *vm, const char *reason,
                  struct fault *fault)
{
    world_event(world, "guest_refused", vm->name, reason);
    return fault_set(fault, "GuestOperationsUnavailable",
                     "The guest does not start: no sandbox: %s", reason);
}

struct guest *guest_need(struct world *world, struct vm *vm, struct fault *fault)
{
    char reason[REASON_MAX] = "";
    struct guest *guest = guest_find(world->guests, vm);
    if (guest != NULL)
        return guest;
    guest = calloc(1, sizeof(*guest));
    if (guest == NULL)
        abort();
    guest->moref = strdup(vm->moref);
    guest->socket = guest->notices = guest->errors = -1;
    int result = guest_spawn(world->guests, vm, guest, reason);
    if (result == 0 && (result = greet(world, guest)) < 0)
        read_reason(guest, reason);
    if (result == 0 && (result = furnish(world, vm, guest)) < 0)
        snprintf(reason, sizeof(reason), "its root cannot be laid out");
    if (result < 0) {
        refuse(world, vm, reason, fault);
        release(guest);
        return NULL;
    }
    guest->next = world->guests->first;
    world->guests->first = guest;
    return guest;
}

/* ---- what guests say ------------------------------------------------------------------- */

static void program_ended(struct world *world, struct guest *guest, int64_t pid, int status)
{
    VEC_EACH (struct guest_program, it, guest->programs) {
        if (it->pid != pid || it->ended_at != 0)
            continue;
        it->ended_at = world_now(world);
        it->ended_real_ms = guest_real_ms();
        it->status = status;
    }
}

static void rebooted(struct world *world, struct vm *vm, struct guest *guest)
{
    guest->programs.n = 0;
    vm->guest_up_at = world_now(world) + world->takes.guest_boot;
    world_event(world, "guest_rebooted", vm->name, NULL);
}

static void hear(struct world *world, struct vm *vm, struct guest *guest, char *line)
{
    char *rest = line;
    const char *word = strsep(&rest, " ");
    if (strcmp(word, "exit") == 0 && rest != NULL) {
        int64_t pid, status;
        const char *first = strsep(&rest, " ");
        if (rest != NULL && num_i64(first, &pid) == 0 && num_i64(rest, &status) == 0)
            program_ended(world, guest, pid, (int)(status & 0xff));
    } else if (strcmp(word, "reboot") == 0) {
        rebooted(world, vm, guest);
    } else if (strcmp(word, "off") == 0) {
        guest->programs.n = 0;
        if (vm->power_off_at == 0)
            vm->power_off_at = world_now(world) + POWER_OFF_MS;
    } else if (strcmp(word, "limit") == 0 && rest != NULL) {
        world_event(world, "guest_limit", vm->name, rest);
    }
}

/* false: the guest is dead. */
static bool listen_to(struct world *world, struct vm *vm, struct guest *guest)
{
    for (;;) {
        ssize_t n = read(guest->notices, guest->line + guest->line_size,
                         sizeof(guest->line) - 1 - guest->line_size);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        guest->line_size += (size_t)n;
        guest->line[guest->line_size] = '\0';
        for (char *end; (end = memchr(guest->line, '\n', guest->line_size)) != NULL;) {
            *end++ = '\0';
            hear(world, vm, guest, guest->line);
            guest->line_size -= (size_t)(end - guest->line);
            memmove(guest->line, end, guest->line_size);
        }
        if (guest->line_size == sizeof(guest->line) - 1)
            return false;
    }
}

static void crashed(struct world *world, struct vm *vm, struct guest *guest)
{
    guest_drop(world->guests, guest);
    vm->guest_up_at = world_now(world) + world->takes.guest_boot;
    world_event(world, "guest_crashed", vm->name, NULL);
}

void guests_tick(struct world *world)
{
    struct guest *next = world->guests == NULL ? NULL : world->guests->first;
    while (next != NULL) {
        struct guest *guest = next;
        next = guest->next;
        struct vm *vm = world_vm_by_moref(world, guest->moref);
        if (vm == NULL)
            guest_drop(world->guests, guest);
        else if (!listen_to(world, vm, guest))
            crashed(world, vm, guest);
    }
}

/* ---- for the world --------------------------------------------------------------------- */

static void put_away(struct world *world, struct guest *guest, const char *how,
                     const char *moref)
{
    struct answer answer;
    const struct exchange save = {.op = WIRE_SAVE, .strings = {how}, .n_strings = 1};
    if (guest_exchange(guest, &save, &answer) == 0 && answer.status == 0)
        store_write(world->guests, moref, answer.data, answer.data_size);
    answer_release(&answer);
}

void guest_stopped(struct world *world, struct vm *vm)
{
    struct guest *guest = guest_find(world->guests, vm);
    if (guest == NULL)
        return;
    put_away(world, guest, "", vm->moref);
    guest_drop(world->guests, guest);
}

void guest_shut_down(struct world *world, struct vm *vm)
{
    struct guest *guest = guest_find(world->guests, vm);
    if (guest == NULL)
        return;
    guest->programs.n = 0;
    put_away(world, guest, "", vm->moref);
}

void guest_reboot(struct world *world, struct vm *vm)
{
    struct guest *guest = guest_find(world->guests, vm);
    const struct exchange reboot = {.op = WIRE_REBOOT};
    if (guest != NULL && say(guest, &reboot) == 0)
        return; /* its notice does the rest */
    vm->guest_up_at = world_now(world) + world->takes.guest_boot;
    world_event(world, "guest_rebooted", vm->name, NULL);
}

void guest_cloned(struct world *world, struct vm *source, struct vm *clone)
{
    struct guest *guest = guest_find(world->guests, source);
    if (world->guests == NULL)
        return;
    if (guest != NULL)
        put_away(world, guest, "running", clone->moref);
    else
        store_copy(world->guests, source->moref, clone->moref);
}

void guest_destroyed(struct world *world, struct vm *vm)
{
    struct guest *guest = guest_find(world->guests, vm);
    if (guest != NULL)
        guest_drop(world->guests, guest);
    if (world->guests != NULL)
        store_remove(world->guests, vm->moref);
}

bool guest_tools_run(const struct world *world, const struct vm *vm)
{
    return vm->power == POWERED_ON && vm->tools != NULL &&
           vm->guest_up_at <= world_now(world) &&
           (strcmp(vm->tools, "toolsOk") == 0 || strcmp(vm->tools, "toolsOld") == 0);
}
