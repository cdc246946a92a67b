/* guest_ops.c: guest operations as vCenter offers them (vsphere-api.md §9): what the guest
 * answers, said as faults of vim25. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest_internal.h"
#include "num.h"
#include "world_internal.h"

static const struct {
    int status;
    const char *type, *message;
    bool names_file;
} faults[] = {
    {ENOENT, "FileNotFound", "File %s was not found", true},
    {EEXIST, "FileAlreadyExists", "File %s already exists", true},
    {EISDIR, "NotAFile", "%s is not a file", true},
    {ENOTDIR, "NotADirectory", "%s is not a directory", true},
    {EACCES, "GuestPermissionDenied", "Permission to perform this operation was denied: %s",
     false},
    {EPERM, "GuestPermissionDenied", "Permission to perform this operation was denied: %s",
     false},
    {ESRCH, "GuestProcessNotFound", "The process %s was not found", false},
    {ENOSPC, "CannotAccessFile", "No space left on the guest's disk for %s", true},
    {-1, "GuestOperationsUnavailable", "The guest does not answer: %s", false},
};

static char *escaped(struct world *world, const char *text)
{
    struct strbuf out;
    strbuf_init(&out, WIRE_TEXT_MAX);
    for (; *text != '\0'; text++) {
        const char *entity = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : NULL;
        if (entity != NULL)
            strbuf_add(&out, entity);
        else if ((unsigned char)*text >= ' ')
            strbuf_add_char(&out, *text);
    }
    char *result = world_strdup(world, strbuf_str(&out));
    strbuf_release(&out);
    return result;
}

/* `what`: the file or the pid that the call was about. */
static int refuse(struct world *world, int status, const char *what, struct fault *fault)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        if (faults[i].status != status)
            continue;
        fault->type = faults[i].type;
        fault->detail = NULL;
        /* the formats are those of the table */
        const char *mark = strstr(faults[i].message, "%s");
        snprintf(fault->message, sizeof(fault->message), "%.*s%.120s%s",
                 (int)(mark - faults[i].message), faults[i].message, what, mark + 2);
        if (faults[i].names_file)
            fault->detail = arena_printf(world->arena, "<file>%s</file>", escaped(world, what));
        else if (status == ESRCH)
            fault->detail = arena_printf(world->arena, "<pid>%s</pid>", what);
        return -1;
    }
    return fault_set(fault, "SystemError", "A general system error occurred: %s",
                     strerror(status));
}

/* One operation; the answer is the caller's to release when this returns 0. */
static int operate(struct world *world, struct vm *vm, const struct exchange *exchange,
                   const char *what, struct answer *ret, struct fault *fault)
{
    struct guest *guest = guest_need(world, vm, fault);
    if (guest == NULL)
        return -1;
    int lost = guest_exchange(guest, exchange, ret);
    if (lost == 0 && ret->status == 0)
        return 0;
    int status = ret->status;
    answer_release(ret);
    if (lost < 0) {
        world_event(world, "guest_crashed", vm->name, NULL);
        vm->guest_up_at = world_now(world) + world->takes.guest_boot;
        guest_drop(world->guests, guest);
    }
    return refuse(world, status, what, fault);
}

static int simply(struct world *world, struct vm *vm, const struct exchange *exchange,
                  const char *what, struct fault *fault)
{
    struct answer answer;
    if (operate(world, vm, exchange, what, &answer, fault) < 0)
        return -1;
    answer_release(&answer);
    return 0;
}

int guest_check(struct world *world, struct vm *vm, const char *username, const char *password,
                struct fault *fault)
{
    if (vm->power != POWERED_ON) {
        fault_set(fault, "InvalidPowerState",
                  "The attempted operation cannot be performed in the current state (Powered "
                  "off).");
        fault->detail = world_strdup(world, "<requestedState>poweredOn</requestedState>"
                                            "<existingState>poweredOff</existingState>");
        return -1;
    }
    if (!guest_tools_run(world, vm))
        return fault_set(fault, "GuestOperationsUnavailable",
                         "The guest operations agent could not be contacted.");
    if (world->guests == NULL)
        return fault_set(fault, "GuestOperationsUnavailable", "This lab has no guests.");
    if (strcmp(username, vm->guest_user) != 0 || strcmp(password, vm->guest_password) != 0)
        return fault_set(fault, "InvalidGuestLogin",
                         "Failed to authenticate with the guest operating system using the "
                         "supplied credentials.");
    return 0;
}

/* ---- programs ------------------------------------------------------------------------- */

static void remember(struct world *world, struct vm *vm, const struct guest_start *start,
                     int64_t pid)
{
    struct guest *guest = guest_find(world->guests, vm);
    const char *slash = strrchr(start->program, '/');
    struct guest_program program = {
        .pid = pid,
        .name = world_strdup(world, slash == NULL ? start->program : slash + 1),
        .owner = world_strdup(world, vm->guest_user),
        .command = arena_printf(world->arena, "\"%s\" %s", start->program, start->arguments),
        .started_at = world_now(world)};
    VEC_PUSH(world->arena, &guest->programs, program);
}

int guest_start(struct world *world, struct vm *vm, const struct guest_start *start,
                int64_t *ret_pid, struct fault *fault)
{
    struct answer answer;
    const struct exchange exchange = {
        .op = WIRE_START,
        .strings = {start->directory == NULL ? "" : start->directory, start->program,
                    start->arguments, start->n_environment > 0 ? "env" : ""},
        .n_strings = 4,
        .more = start->environment,
        .n_more = start->n_environment};
    if (operate(world, vm, &exchange, start->program, &answer, fault) < 0)
        return -1;
    int result = answer.text_size > 0 ? num_i64(answer.text, ret_pid) : -1;
    answer_release(&answer);
    if (result < 0)
        return refuse(world, EPROTO, "", fault);
    remember(world, vm, start, *ret_pid);
    return 0;
}

int guest_kill(struct world *world, struct vm *vm, int64_t pid, struct fault *fault)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)pid);
    const struct exchange exchange = {.op = WIRE_KILL, .strings = {text}, .n_strings = 1};
    return simply(world, vm, &exchange, text, fault);
}

int64_t guest_real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int guest_programs(struct world *world, struct vm *vm, struct arena *arena,
                   struct guest_program **ret_programs, size_t *ret_n, struct fault *fault)
{
    struct guest *guest = guest_need(world, vm, fault);
    int64_t oldest = world_now(world) - world->takes.guest_exit_kept;
    size_t n = 0;
    if (guest == NULL)
        return -1;
    struct guest_program *programs =
        ARENA_ARRAY(arena, guest->programs.n + 1, struct guest_program);
    VEC_EACH (const struct guest_program, it, guest->programs)
        if (it->ended_at == 0 || it->ended_at >= oldest ||
            guest_real_ms() - it->ended_real_ms < GUEST_EXIT_LEAST_MS)
            programs[n++] = *it;
    for (size_t i = 0; i < n; i++)
        guest->programs.items[i] = programs[i];
    guest->programs.n = n;
    *ret_programs = programs;
    *ret_n = n;
    return 0;
}

/* ---- files ---------------------------------------------------------------------------- */

/* One file's description: six strings. NULL: the guest says nonsense. */
static const char *read_file(struct arena *arena, const char *at, const char *end,
                             struct guest_file *ret)
{
    const char *parts[6];
    int64_t seconds = 0, size = 0;
    for (size_t i = 0; i < 6; i++) {
        if (at >= end)
            return NULL;
        parts[i] = arena_strdup(arena, at);
        at += strlen(at) + 1;
    }
    unsigned mode = 0;
    for (const char *digit = parts[1]; *digit >= '0' && *digit <= '7'; digit++)
        mode = (mode * 8 + (unsigned)(*digit - '0')) & 07777;
    if (num_i64(parts[2], &size) < 0 || num_i64(parts[3], &seconds) < 0)
        return NULL;
    *ret = (struct guest_file){.type = parts[0],
                               .mode = mode,
                               .size = size,
                               .modified_at = seconds * 1000,
                               .path = parts[4],
                               .target = parts[5]};
    return at;
}

int guest_put(struct world *world, struct vm *vm, const char *path,
              const struct guest_content *content, struct fault *fault)
{
    char mode[16] = "";
    if (content->mode >= 0)
        snprintf(mode, sizeof(mode), "%o", (unsigned)content->mode & 07777);
    const struct exchange exchange = {
        .op = WIRE_PUT,
        .strings = {path, mode, content->flags & GUEST_OVERWRITE ? "overwrite" : ""},
        .n_strings = 3,
        .data = content->data,
        .size = content->size};
    return simply(world, vm, &exchange, path, fault);
}

int guest_check_put(struct world *world, struct vm *vm, const char *path, unsigned flags,
                    struct fault *fault)
{
    struct arena *arena = arena_new();
    struct guest_file file;
    const char *slash = strrchr(path, '/');
    char *parent = slash == NULL ? NULL : arena_memdup(arena, path, (size_t)(slash - path));
    int result = 0;
    if (parent == NULL)
        result = refuse(world, ENOENT, path, fault);
    else if (guest_get(world, vm, arena, *parent == '\0' ? "/" : parent, NULL, &file, fault) <
             0)
        result = -1;
    else if (guest_get(world, vm, arena, path, NULL, &file, fault) < 0)
        result = strcmp(fault->type, "FileNotFound") == 0 ? 0 : -1;
    else if (strcmp(file.type, "directory") == 0)
        result = refuse(world, EISDIR, path, fault);
    else if (!(flags & GUEST_OVERWRITE))
        result = refuse(world, EEXIST, path, fault);
    arena_free(arena);
    return result;
}

int guest_get(struct world *world, struct vm *vm, struct arena *arena, const char *path,
              struct guest_content *ret_content, struct guest_file *ret_file,
              struct fault *fault)
{
    struct answer answer;
    const struct exchange exchange = {
        .op = ret_content == NULL ? WIRE_STAT : WIRE_GET, .strings = {path}, .n_strings = 1};
    if (operate(world, vm, &exchange, path, &answer, fault) < 0)
        return -1;
    const char *end = answer.text + answer.text_size;
    bool sane = read_file(arena, answer.text, end, ret_file) != NULL;
    if (sane && ret_content != NULL)
        *ret_content =
            (struct guest_content){.data = arena_memdup(arena, answer.data, answer.data_size),
                                   .size = answer.data_size,
                                   .mode = (int)ret_file->mode};
    answer_release(&answer);
    return sane ? 0 : refuse(world, EPROTO, path, fault);
}

int guest_list(struct world *world, struct vm *vm, struct arena *arena, const char *path,
               struct guest_file **ret_files, size_t *ret_n, struct fault *fault)
{
    VEC(struct guest_file) files = {0};
    struct answer answer;
    struct guest_file file;
    const struct exchange exchange = {.op = WIRE_LIST, .strings = {path}, .n_strings = 1};
    if (operate(world, vm, &exchange, path, &answer, fault) < 0)
        return -1;
    const char *end = answer.text + answer.text_size;
    for (const char *at = answer.text; (at = read_file(arena, at, end, &file)) != NULL;)
        VEC_PUSH(arena, &files, file);
    answer_release(&answer);
    *ret_files = files.items;
    *ret_n = files.n;
    return 0;
}

int guest_mkdir(struct world *world, struct vm *vm, const char *path, bool parents,
                struct fault *fault)
{
    const struct exchange exchange = {
        .op = WIRE_MKDIR, .strings = {path, parents ? "parents" : ""}, .n_strings = 2};
    return simply(world, vm, &exchange, path, fault);
}

int guest_delete(struct world *world, struct vm *vm, const char *path, struct fault *fault)
{
    const struct exchange exchange = {.op = WIRE_DELETE, .strings = {path}, .n_strings = 1};
    return simply(world, vm, &exchange, path, fault);
}

int guest_temp(struct world *world, struct vm *vm, struct arena *arena,
               const struct guest_temp *temp, char **ret_path, struct fault *fault)
{
    struct answer answer;
    const char *directory = temp->directory == NULL ? "" : temp->directory;
    const struct exchange exchange = {
        .op = WIRE_TEMP, .strings = {temp->prefix, temp->suffix, directory}, .n_strings = 3};
    if (operate(world, vm, &exchange, *directory == '\0' ? "/tmp" : directory, &answer, fault) <
        0)
        return -1;
    *ret_path = arena_strdup(arena, answer.text);
    answer_release(&answer);
    return 0;
}
