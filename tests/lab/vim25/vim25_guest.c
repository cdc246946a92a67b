/* vim25_guest.c: guest operations on programs, and what all of them check first
 * (vsphere-api.md §9). Passwords stay in the request. */
#include "guest.h"

#include <inttypes.h>
#include <string.h>

#include "vim25_call.h"

enum { ENVIRONMENT_MAX = 256 };

static int check_host(struct call *call, const struct vm *vm)
{
    struct host *host = world_host(call->world, vm->host);
    if (host == NULL || host_answers(host))
        return 0;
    return call_fault(call, "HostNotConnected",
                      "The operation is not allowed in the current connection state of the "
                      "host.");
}

static int check_login(struct call *call, struct vm *vm)
{
    const xmlNode *auth = arg_node(call, "auth");
    const char *type = node_xsi_type(call->arena, auth);
    struct fault fault = {0};
    if (type == NULL || strcmp(type, "NamePasswordAuthentication") != 0)
        return call_fault(call, "InvalidGuestLogin", "This kind of login is not supported.");
    char *user = node_text(call->arena, node_child(auth, "username"));
    char *password = node_text(call->arena, node_child(auth, "password"));
    if (guest_check(call->world, vm, user, password, &fault) < 0)
        return call_world_fault(call, &fault);
    if (node_flag(node_child(auth, "interactiveSession"), false))
        return call_fault(call, "OperationNotSupportedByGuest",
                          "The operation is not supported by the guest operating system.");
    return 0;
}

struct vm *guest_of(struct call *call)
{
    const char *id = arg_text(call, "vm");
    struct object *object = object_find(call, "VirtualMachine", id);
    if (object == NULL) {
        call_fault(call, "ManagedObjectNotFound", "The object '%s' does not exist", id);
        val_ref(&call->b, call->fault, "obj", "VirtualMachine", id);
        return NULL;
    }
    if (check_host(call, object->vm) < 0 || check_login(call, object->vm) < 0)
        return NULL;
    return object->vm;
}

static int run_validate(struct call *call)
{
    return guest_of(call) == NULL ? -1 : 0;
}

/* ---- programs --------------------------------------------------------------------------- */

static int read_start(struct call *call, struct guest_start *start)
{
    const xmlNode *spec = arg_node(call, "spec");
    xmlNode *directory = node_child(spec, "workingDirectory");
    VEC(const char *) environment = {0};
    for (xmlNode *it = node_child(spec, "envVariables"); it != NULL; it = node_next(it)) {
        const char *text = node_text(call->arena, it);
        if (strchr(text, '=') == NULL || environment.n == ENVIRONMENT_MAX)
            return call_invalid(call, "spec.envVariables", "NAME=VALUE is expected.");
        VEC_PUSH(call->arena, &environment, text);
    }
    start->program = node_text(call->arena, node_child(spec, "programPath"));
    start->arguments = node_text(call->arena, node_child(spec, "arguments"));
    start->directory = directory == NULL ? NULL : node_text(call->arena, directory);
    start->environment = environment.items;
    start->n_environment = environment.n;
    if (strchr(start->program, '"') != NULL || *start->program == '\0')
        return call_invalid(call, "spec.programPath", "It is empty or has quotes.");
    return 0;
}

static int run_start(struct call *call)
{
    struct guest_start start = {0};
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    int64_t pid;
    if (vm == NULL || read_start(call, &start) < 0)
        return -1;
    if (guest_start(call->world, vm, &start, &pid, &fault) < 0)
        return call_world_fault(call, &fault);
    call_result_text(call, "long", arena_printf(call->arena, "%" PRId64, pid));
    return 0;
}

static bool wanted(const struct call *call, int64_t pid)
{
    xmlNode *it = node_child(call->request, "pids");
    bool all = it == NULL;
    for (; it != NULL; it = node_next(it))
        all = all || node_number(it, -1) == pid;
    return all;
}

static int run_list(struct call *call)
{
    struct builder *b = &call->b;
    struct guest_program *programs;
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    size_t n;
    if (vm == NULL)
        return -1;
    if (guest_programs(call->world, vm, call->arena, &programs, &n, &fault) < 0)
        return call_world_fault(call, &fault);
    for (size_t i = 0; i < n; i++) {
        if (!wanted(call, programs[i].pid))
            continue;
        struct val *info = val_object(b, "GuestProcessInfo");
        val_text(b, info, "name", programs[i].name);
        val_int(b, info, "pid", programs[i].pid);
        val_text(b, info, "owner", programs[i].owner);
        val_text(b, info, "cmdLine", programs[i].command);
        val_time(b, info, "startTime", programs[i].started_at);
        if (programs[i].ended_at != 0) {
            val_time(b, info, "endTime", programs[i].ended_at);
            val_int(b, info, "exitCode", programs[i].status);
        }
        call_result(call, info);
    }
    return 0;
}

static int run_terminate(struct call *call)
{
    struct fault fault = {0};
    struct vm *vm = guest_of(call);
    if (vm == NULL)
        return -1;
    int64_t pid = node_number(arg_node(call, "pid"), -1);
    return guest_kill(call->world, vm, pid, &fault) < 0 ? call_world_fault(call, &fault) : 0;
}

const struct handler guest_handlers[] = {
    {"ValidateCredentialsInGuest", 0, run_validate},
    {"StartProgramInGuest", CALL_CHANGES, run_start},
    {"ListProcessesInGuest", 0, run_list},
    {"TerminateProcessInGuest", CALL_CHANGES, run_terminate},
    {0},
};

/* ---- the managers -------------------------------------------------------------------------
 */

static struct val *read_auth(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "GuestAuthManager", "guestOperationsAuthManager");
}

static struct val *read_files(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "GuestFileManager", "guestOperationsFileManager");
}

static struct val *read_processes(struct call *call, const struct object *object)
{
    (void)object;
    return val_reference(&call->b, "GuestProcessManager", "guestOperationsProcessManager");
}

const struct property guest_properties[] = {
    {"GuestOperationsManager", "authManager", read_auth},
    {"GuestOperationsManager", "fileManager", read_files},
    {"GuestOperationsManager", "processManager", read_processes},
    {0},
};
