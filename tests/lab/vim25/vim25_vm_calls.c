/* vim25_vm_calls.c: methods of virtual machines (vsphere-api.md §7.8, §8). */
#include <stdio.h>
#include <string.h>

#include "vim25_call.h"

/* New names arrive with % / \ escaped (vsphere-api.md §3). */
static char *unescaped(struct call *call, const char *name)
{
    static const char *const codes[][2] = {{"%25", "%"}, {"%2f", "/"}, {"%5c", "\\"}};
    char *text = arena_strdup(call->arena, name), *to = text;
    for (const char *p = text; *p != '\0'; to++) {
        const char *plain = NULL;
        for (size_t i = 0; i < 3; i++)
            if (strncasecmp(p, codes[i][0], 3) == 0)
                plain = codes[i][1];
        *to = plain == NULL ? *p : *plain;
        p += plain == NULL ? 1 : 3;
    }
    *to = '\0';
    return text;
}

static int set_fault(struct fault *fault, const char *type, const char *message)
{
    fault->type = type;
    fault->detail = NULL;
    snprintf(fault->message, sizeof(fault->message), "%s", message);
    return -1;
}

/* ---- reconfigure
 * --------------------------------------------------------------------------------- */

static int check_version(struct call *call, const struct vm *vm, const xmlNode *spec,
                         struct fault *fault)
{
    xmlNode *version = node_child(spec, "changeVersion");
    const char *text = node_text(call->arena, version);
    struct val *known = object_read(call, call->self, "config.changeVersion");
    (void)vm;
    if (version == NULL || *text == '\0' || strcmp(text, known->text) == 0)
        return 0;
    return set_fault(fault, "ConcurrentAccess",
                     "The object has been changed since it was read.");
}

static int check_busy(struct call *call, const struct vm *vm)
{
    if (vm->busy == NULL)
        return 0;
    call_fault(call, "TaskInProgress", "Another task is already in progress.");
    val_ref(&call->b, call->fault, "task", "Task", vm->busy->moref);
    return -1;
}

static int run_reconfigure(struct call *call)
{
    struct vm *vm = call->self->vm;
    const xmlNode *spec = arg_node(call, "spec");
    struct fault fault = {0};
    struct task *task = NULL;
    if (check_busy(call, vm) < 0)
        return -1;
    if (vm->template)
        return call_fault(call, "NotSupported",
                          "The operation is not supported on the object: it is a template.");
    int result =
        check_version(call, vm, spec, &fault) < 0 || spec_check(call, vm, spec, &fault) < 0 ? -1
                                                                                            : 0;
    if (result == 0) {
        spec_apply(call, vm, spec);
        task = world_task_new(call->world, TASK_RECONFIGURE, NULL, vm,
                              call->world->takes.reconfigure, call_user(call));
    }
    return call_task_or_fault(call, result, task, TASK_RECONFIGURE, &fault);
}

/* ---- clone
 * ------------------------------------------------------------------------------------------ */

static struct host *located_host(struct call *call, const xmlNode *location)
{
    xmlNode *node = node_child(location, "host");
    return node == NULL ? NULL : world_host_by_moref(call->world, node_text(call->arena, node));
}

static unsigned count_children(const xmlNode *node, const char *name)
{
    unsigned n = 0;
    for (xmlNode *it = node_child(node, name); it != NULL; it = node_next(it))
        n++;
    return n;
}

static int check_nics(struct call *call, const struct vm *vm, const xmlNode *customization,
                      struct fault *fault)
{
    unsigned in_spec = count_children(customization, "nicSettingMap"), in_vm = 0;
    VEC_EACH (const struct device, it, vm->devices)
        in_vm += it->kind == DEVICE_NIC;
    if (customization == NULL || in_spec == in_vm)
        return 0;
    set_fault(fault, "NicSettingMismatch",
              "The number of network interfaces in the specification does not match.");
    fault->detail = arena_printf(call->world->arena,
                                 "<numberOfNicsInSpec>%u</numberOfNicsInSpec>"
                                 "<numberOfNicsInVM>%u</numberOfNicsInVM>",
                                 in_spec, in_vm);
    return -1;
}

/* What a CloneSpec may not ask: everything that would be forgotten silently. */
static int check_clone(struct call *call, const xmlNode *spec)
{
    const xmlNode *location = node_child(spec, "location");
    bool to_template = node_flag(node_child(spec, "template"), false);
    xmlNode *store = node_child(location, "datastore"), *pool = node_child(location, "pool");
    if (node_flag(node_child(spec, "powerOn"), false) && !to_template)
        return call_fault(call, "NotSupported", "spec.powerOn is not supported here.");
    if (call->self->vm->template && !to_template && pool == NULL)
        return call_invalid(call, "spec.location.pool", "It is required for a template.");
    if (pool != NULL && object_find(call, "ResourcePool", node_text(call->arena, pool)) == NULL)
        return call_invalid(call, "spec.location.pool", "No such pool.");
    if (node_child(location, "host") != NULL && located_host(call, location) == NULL)
        return call_invalid(call, "spec.location.host", "No such host.");
    if (store != NULL && object_find(call, "Datastore", node_text(call->arena, store)) == NULL)
        return call_invalid(call, "spec.location.datastore", "No such datastore.");
    return 0;
}

static void finish_clone(struct call *call, struct vm *clone, const xmlNode *spec)
{
    xmlNode *store = node_child(node_child(spec, "location"), "datastore");
    xmlNode *config = node_child(spec, "config");
    if (store != NULL) {
        struct object *object = object_find(call, "Datastore", node_text(call->arena, store));
        clone->datastore = object->datastore->name;
    }
    if (config != NULL)
        spec_apply(call, clone, config);
    clone->template = node_flag(node_child(spec, "template"), false);
}

/* The machine as the clone starts out, to check the changes against. */
static struct vm starting_point(const struct vm *source)
{
    struct vm vm = *source;
    vm.power = POWERED_OFF;
    vm.template = false;
    return vm;
}

static int run_clone(struct call *call)
{
    struct vm *source = call->self->vm;
    const xmlNode *spec = arg_node(call, "spec"), *config = node_child(spec, "config");
    const char *folder = vm_folder_path(call, arg_text(call, "folder"));
    struct vm start = starting_point(source);
    struct task *task = NULL;
    struct fault fault = {0};
    if (folder == NULL)
        return call_invalid(call, "folder", "No such folder of machines.");
    if (check_clone(call, spec) < 0)
        return -1;
    struct host *host = located_host(call, node_child(spec, "location"));
    if (host != NULL)
        start.host = host->name;
    int result = -1;
    if ((config == NULL || spec_check(call, &start, config, &fault) == 0) &&
        check_nics(call, source, node_child(spec, "customization"), &fault) == 0)
        result = vm_clone(call->world, source, folder, unescaped(call, arg_text(call, "name")),
                          host, call_user(call), &task, &fault);
    if (result == 0)
        finish_clone(call, task->result, spec);
    return call_task_or_fault(call, result, task, TASK_CLONE, &fault);
}

/* ---- the rest
 * ------------------------------------------------------------------------------------------ */

static int run_power_on(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    int result = vm_power_on(call->world, call->self->vm, call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_POWER_ON, &fault);
}

static int run_power_off(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    int result = vm_power_off(call->world, call->self->vm, call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_POWER_OFF, &fault);
}

static int run_shutdown(struct call *call)
{
    struct fault fault = {0};
    if (vm_shutdown_guest(call->world, call->self->vm, &fault) < 0)
        return call_world_fault(call, &fault);
    return 0;
}

static int run_reboot_guest(struct call *call)
{
    struct fault fault = {0};
    if (vm_reboot_guest(call->world, call->self->vm, &fault) < 0)
        return call_world_fault(call, &fault);
    return 0;
}

static int run_destroy(struct call *call)
{
    struct task *task = NULL;
    struct fault fault = {0};
    if (call->self->vm == NULL)
        return call_fault(call, "NotSupported", "Only virtual machines can be destroyed here.");
    int result = vm_destroy(call->world, call->self->vm, call_user(call), &task, &fault);
    return call_task_or_fault(call, result, task, TASK_DESTROY, &fault);
}

static int run_mark_template(struct call *call)
{
    struct fault fault = {0};
    if (vm_mark_template(call->world, call->self->vm, &fault) < 0)
        return call_world_fault(call, &fault);
    return 0;
}

static int run_mark_vm(struct call *call)
{
    struct fault fault = {0};
    struct host *host = located_host(call, call->request);
    if (object_find(call, "ResourcePool", arg_text(call, "pool")) == NULL)
        return call_invalid(call, "pool", "No such pool.");
    if (arg_node(call, "host") != NULL && host == NULL)
        return call_invalid(call, "host", "No such host.");
    if (vm_mark_vm(call->world, call->self->vm, host, &fault) < 0)
        return call_world_fault(call, &fault);
    return 0;
}

const struct handler vm_handlers[] = {
    {"ReconfigVM_Task", CALL_CHANGES | CALL_HOST_UP, run_reconfigure},
    {"CloneVM_Task", CALL_CHANGES | CALL_HOST_UP, run_clone},
    {"PowerOnVM_Task", CALL_CHANGES | CALL_HOST_UP, run_power_on},
    {"PowerOffVM_Task", CALL_CHANGES | CALL_HOST_UP, run_power_off},
    {"ShutdownGuest", CALL_CHANGES | CALL_HOST_UP, run_shutdown},
    {"RebootGuest", CALL_CHANGES | CALL_HOST_UP, run_reboot_guest},
    {"Destroy_Task", CALL_CHANGES, run_destroy},
    {"MarkAsTemplate", CALL_CHANGES, run_mark_template},
    {"MarkAsVirtualMachine", CALL_CHANGES, run_mark_vm},
    {0},
};
