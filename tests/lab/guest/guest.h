/* guest.h: what runs inside a simulated machine: a root of its own in a sandbox.
 *
 * A guest is a root directory in memory of limited size (so that a full disk is full), made of
 * bash, busybox and the stand-ins below tests/lab/guest/root, with its first process (tools.c)
 * in Debian's bubblewrap: own root, users, processes, network (none), nothing of the machine
 * that runs the lab. Where bubblewrap cannot start, nothing of a guest ever runs: the calls
 * fail with GuestOperationsUnavailable and say why. As root the lab gives up its rights first.
 *
 * A guest starts when somebody first needs it. Its root lies in DIR/guests/MOREF.tar while it
 * is off; a clone gets a copy of it, a destroyed machine takes it along.
 *
 * All functions want the lab's lock. Those that return int return 0, or -1 with the vim25 fault
 * that vCenter would show. A NULL world->guests is a world without guests.
 */
#ifndef GF_LAB_GUEST_H
#define GF_LAB_GUEST_H

#include "world.h"

struct guests;

/* dir is borrowed. Starts a thread: a guest ends with the thread that started it. */
int guests_new(const char *dir, struct guests **ret, struct err *err);
/* Ends all guests; what they wrote since they were last off is gone, as the lab's world is. */
void guests_free(struct guests *guests); /* accepts NULL */

/* ---- for the world ---------------------------------------------------------------------- */

/* Reads what guests have to say: ended programs, reboots, shutdowns, limits. */
void guests_tick(struct world *world);
/* The machine is off: programs end, the root is put away. */
void guest_stopped(struct world *world, struct vm *vm);
/* As ShutdownGuest and RebootGuest do it: the guest's programs end. */
void guest_shut_down(struct world *world, struct vm *vm);
void guest_reboot(struct world *world, struct vm *vm);
void guest_cloned(struct world *world, struct vm *source, struct vm *clone);
void guest_destroyed(struct world *world, struct vm *vm);
/* Whether VMware Tools answer now. */
bool guest_tools_run(const struct world *world, const struct vm *vm);

/* ---- guest operations (vsphere-api.md §9) --------------------------------------------------
 */

enum { GUEST_EXIT_LEAST_MS = 3000 };

struct guest_program {
    int64_t pid;
    char *name, *owner, *command; /* in the world's memory */
    int64_t started_at, ended_at; /* simulated ms; ended_at 0: runs */
    int64_t ended_real_ms;
    int status;
};

struct guest_start {
    const char *program, *arguments, *directory; /* directory NULL: the home */
    const char *const *environment;              /* n_environment 0: the guest's own */
    size_t n_environment;
};

struct guest_file {
    const char *type; /* file, directory, symlink */
    const char *path, *target;
    unsigned mode;
    int64_t size, modified_at; /* modified_at: ms since 1970, of the real clock */
};

/* Power, Tools, credentials; `interactive` sessions are not offered. */
int guest_check(struct world *world, struct vm *vm, const char *username, const char *password,
                struct fault *fault);
int guest_start(struct world *world, struct vm *vm, const struct guest_start *start,
                int64_t *ret_pid, struct fault *fault);
int guest_kill(struct world *world, struct vm *vm, int64_t pid, struct fault *fault);
/* Running programs and those that ended less than takes.guest_exit_kept ago. Programs run in
 * real time, so they are kept for GUEST_EXIT_LEAST_MS of that in any case: who looks every
 * second must find them, however fast the world's clock runs. */
int guest_programs(struct world *world, struct vm *vm, struct arena *arena,
                   struct guest_program **ret_programs, size_t *ret_n, struct fault *fault);

enum { GUEST_OVERWRITE = 1 };

struct guest_content {
    const char *data;
    size_t size;
    int mode; /* -1: the guest's choice */
    unsigned flags;
};

int guest_put(struct world *world, struct vm *vm, const char *path,
              const struct guest_content *content, struct fault *fault);
/* Whether it could be put there; nothing is written. */
int guest_check_put(struct world *world, struct vm *vm, const char *path, unsigned flags,
                    struct fault *fault);
/* In memory of the arena. ret_content NULL: only what it is; links are followed with it. */
int guest_get(struct world *world, struct vm *vm, struct arena *arena, const char *path,
              struct guest_content *ret_content, struct guest_file *ret_file,
              struct fault *fault);
int guest_list(struct world *world, struct vm *vm, struct arena *arena, const char *path,
               struct guest_file **ret_files, size_t *ret_n, struct fault *fault);
int guest_mkdir(struct world *world, struct vm *vm, const char *path, bool parents,
                struct fault *fault);
int guest_delete(struct world *world, struct vm *vm, const char *path, struct fault *fault);

struct guest_temp {
    const char *prefix, *suffix, *directory; /* directory NULL: the guest's choice */
};

int guest_temp(struct world *world, struct vm *vm, struct arena *arena,
               const struct guest_temp *temp, char **ret_path, struct fault *fault);

#endif
