/* vim25_call.c: running one call: who may, on which object, and what it answers. */
#include "vim25_call.h"

#include <stdarg.h>
#include <string.h>

static const struct handler *const handler_tables[] = {
    service_handlers, read_handlers, watch_handlers, host_handlers, vm_handlers, spec_handlers,
    guest_handlers, guest_file_handlers,
};

const struct handler *handler_find(const char *name)
{
    for (size_t i = 0; i < sizeof(handler_tables) / sizeof(handler_tables[0]); i++)
        for (const struct handler *it = handler_tables[i]; it->name != NULL; it++)
            if (strcmp(it->name, name) == 0)
                return it;
    return NULL;
}

struct val *fault_value(struct builder *b, const char *type, const char *detail,
                        const char *message)
{
    struct val *value;
    if (schema_type(b->schema, type) != NULL)
        value = val_object(b, type);
    else
        value = val_simple(b, arena_strdup(b->arena, type), "");
    if (detail != NULL)
        value->raw = arena_strdup(b->arena, detail);
    else if (value->object != NULL && type_field(value->object, "reason", UINT32_MAX) != NULL)
        val_text(b, value, "reason", message);
    return value;
}

int call_fault(struct call *call, const char *type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    call->fault_text = arena_vprintf(call->arena, format, args);
    va_end(args);
    call->fault_type = arena_strdup(call->arena, type);
    call->fault = fault_value(&call->b, call->fault_type, NULL, call->fault_text);
    return -1;
}

int call_world_fault(struct call *call, const struct fault *fault)
{
    call_fault(call, fault->type, "%s", fault->message);
    call->fault = fault_value(&call->b, call->fault_type, fault->detail, fault->message);
    return -1;
}

int call_invalid(struct call *call, const char *property, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(call->arena, format, args);
    va_end(args);
    call_fault(call, "InvalidArgument", "A specified parameter was not correct: %s. %s",
               property, text);
    val_text(&call->b, call->fault, "invalidProperty", property);
    return -1;
}

void call_result(struct call *call, struct val *value)
{
    if (value != NULL)
        VEC_PUSH(call->arena, &call->results, value);
}

void call_result_text(struct call *call, const char *type, const char *text)
{
    call_result(call, val_simple(&call->b, type, text));
}

const char *call_user(const struct call *call)
{
    return call->session == NULL ? NULL : call->session->user;
}

int call_task(struct call *call, const struct task *task)
{
    call_result(call, val_reference(&call->b, "Task", task->moref));
    return 0;
}

/* What a real server says at once instead of in the task. */
static bool faults_at_once(struct call *call, const char *type)
{
    const struct type *known = schema_type(call->server->schema, type);
    return strcmp(type, "TaskInProgress") == 0 ||
           (known != NULL && type_is(known, "RuntimeFault"));
}

/* A task that failed as soon as it was asked for. */
static struct task *failed_task(struct call *call, enum task_kind kind,
                                const struct fault *fault)
{
    struct world *world = call->world;
    const struct object *self = call->self;
    struct task *task = world_task_new(world, kind, self->host, self->vm, 0, call_user(call));
    task->state = TASK_ERROR;
    task->finished_at = world_now(world);
    task->fault_type = world_strdup(world, fault->type);
    task->fault_message = world_strdup(world, fault->message);
    task->fault_detail = fault->detail == NULL ? NULL : world_strdup(world, fault->detail);
    if (self->vm != NULL && self->vm->busy == task)
        self->vm->busy = NULL;
    return task;
}

int call_task_or_fault(struct call *call, int failed, struct task *task, enum task_kind kind,
                       const struct fault *fault)
{
    if (failed == 0)
        return call_task(call, task);
    if (faults_at_once(call, fault->type))
        return call_world_fault(call, fault);
    return call_task(call, failed_task(call, kind, fault));
}

/* ---- who may -------------------------------------------------------------------------- */

static int not_authenticated(struct call *call)
{
    call_fault(call, "NotAuthenticated", "The session is not authenticated.");
    val_ref(&call->b, call->fault, "object", call->this_type, call->this_id);
    val_text(&call->b, call->fault, "privilegeId", "System.View");
    return -1;
}

static bool open_to_all(const char *privilege)
{
    return privilege[0] == '\0' || strcmp(privilege, "System.Anonymous") == 0;
}

static int check_role(struct call *call)
{
    const char *privilege = call->method->privilege;
    if (call->session == NULL || !call->session->no_role || open_to_all(privilege) ||
        type_is(call->method->object, "PropertyCollector") ||
        type_is(call->method->object, "SessionManager") ||
        type_is(call->method->object, "ServiceInstance"))
        return 0;
    call_fault(call, "NoPermission", "Permission to perform this operation was denied.");
    val_ref(&call->b, call->fault, "object", call->this_type, call->this_id);
    val_text(&call->b, call->fault, "privilegeId", privilege);
    return -1;
}

static int find_self(struct call *call)
{
    call->self = object_find(call, NULL, call->this_id);
    if (call->self == NULL) {
        call_fault(call, "ManagedObjectNotFound",
                   "The object '%s:%s' has already been deleted or has not been completely "
                   "created",
                   call->this_type, call->this_id);
        val_ref(&call->b, call->fault, "obj", call->this_type, call->this_id);
        return -1;
    }
    if (type_is(call->self->type, call->method->object->name))
        return 0;
    call_fault(call, "MethodNotFound", "%s does not implement: %s", call->self->type->name,
               call->method->name);
    val_set(&call->b, call->fault, "receiver", object_reference(call, call->self));
    val_text(&call->b, call->fault, "method", call->method->name);
    return -1;
}

/* No host answers while it reboots: whatever goes through to it fails. */
static int check_host(struct call *call)
{
    struct host *host = call->self->host;
    if (host == NULL && call->self->vm != NULL)
        host = world_host(call->world, call->self->vm->host);
    if (host == NULL || host_answers(host))
        return 0;
    return call_fault(call, "HostNotConnected",
                      "The operation is not allowed in the current connection state of the "
                      "host.");
}

int call_run(struct call *call, const struct handler *handler)
{
    if (call->session == NULL && !(handler->flags & CALL_ANONYMOUS))
        return not_authenticated(call);
    if (request_check(call) < 0 || find_self(call) < 0 || check_role(call) < 0)
        return -1;
    if ((handler->flags & CALL_HOST_UP) && check_host(call) < 0)
        return -1;
    return handler->run(call);
}
