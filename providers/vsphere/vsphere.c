/* vsphere.c: the provider "vsphere": its configuration and its operations.
 *
 * Reads and changes vCenter 6.5 to 8.0 over SOAP (vim25): hosts, VM templates, customization
 * specifications. A session keeps the environment that it was opened with, to end requests
 * under way when the user interrupts; its context must live until the session is closed.
 */
#include "vsphere.h"

#include <string.h>

#include "ops.h"
#include "list.h"
#include "read.h"
#include "types.h"

static const struct attr config_attrs[] = {
    {"server", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "Name of the vCenter, as its certificate carries it."},
    {"port", &type_int, FACET_NONE, 0, .default_value = "443", .min = 1, .max = 65535,
     .doc = "Port of its API."},
    {"username", &type_string, FACET_NONE, ATTR_REQUIRED,
     .doc = "Who logs in, such as gridform@vsphere.local."},
    {"password", &type_secret, FACET_NONE, ATTR_REQUIRED | ATTR_SECRET,
     .doc = "Where the password comes from: env, file, command or credential."},
    {"ca_file", &type_name, FACET_NONE, 0,
     .doc = "PEM file of the authorities to trust, relative to the manifest."},
    {"verify", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "Check the server's certificate."},
    {"connect_to", &type_addresses, FACET_NONE, 0,
     .doc = "Addresses to connect to instead of the server's name; checks stay."},
    {"poll_interval", &type_duration, FACET_NONE, 0, .default_value = "2s", .min = 10,
     .max = 60000, .doc = "How often a running task is looked at."},
    {"datacenter", &type_name, FACET_NONE, 0,
     .doc = "Look only at this datacenter of the vCenter."},
    {"timeout", &type_duration, FACET_NONE, 0, .default_value = "60s", .min = 1000,
     .max = 3600000, .doc = "How long one call may take."},
};

static const struct schema config_schema = {.kind = "vsphere",
                                            .section = "vsphere",
                                            .attrs = config_attrs,
                                            .n_attrs = ARRAY_LEN(config_attrs),
                                            .doc = "vCenter Server 6.5 to 8.0."};

static const struct {
    const char *op;
    step_perform *perform;
} operations[] = {
    {OP_HOST_ENTER_MAINTENANCE, step_enter_maintenance},
    {OP_HOST_EXIT_MAINTENANCE, step_exit_maintenance},
    {OP_HOST_REBOOT, step_reboot},
    {OP_HOST_CARD_GRAPHICS, step_card_graphics},
    {OP_HOST_PASSTHROUGH, step_passthrough},
    {OP_HOST_VERIFY_PASSTHROUGH, step_verify_passthrough},
    {OP_HOST_POWER_POLICY, step_power_policy},
    {OP_HOST_SSH, step_ssh},
    {OP_VM_POWER_OFF, step_vms_off},
    {OP_VM_POWER_ON, step_vms_on},
    {OP_SPEC_WRITE, step_spec_write},
    {OP_SPEC_DELETE, step_spec_delete},
    {OP_TEMPLATE_CLONE, step_clone},
    {OP_TEMPLATE_CONFIGURE, step_configure},
    {OP_TEMPLATE_START, step_start},
    {OP_TEMPLATE_SHUTDOWN, step_shutdown},
    {OP_TEMPLATE_MARK, step_mark},
    {OP_TEMPLATE_UNMARK, step_unmark},
    {OP_TEMPLATE_DESTROY, step_destroy},
    {OP_TEMPLATE_SWITCH, step_switch},
    {OP_GUEST_AWAIT, step_guest_await},
    {OP_GUEST_RUN, step_guest_run},
    {OP_GUEST_VERIFY, step_guest_verify},
    {OP_GUEST_REBOOT, step_guest_reboot},
};

static step_perform *find_operation(const char *op)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].op, op) == 0)
            return operations[i].perform;
    return NULL;
}

static enum outcome_kind outcome_of(enum err_code code)
{
    if (code == ERR_UNCERTAIN)
        return OUTCOME_UNCERTAIN;
    return code == ERR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_FAILED;
}

static int perform(struct session *session, const struct op_env *env,
                   const struct step_call *call, struct outcome *ret_outcome, struct err *err)
{
    step_perform *perform_op = find_operation(call->step->op);
    struct vc vc = {.session = session,
                    .env = env,
                    .arena = call->arena,
                    .address = call->step->address,
                    .op = call->step->op};
    *ret_outcome = (struct outcome){.kind = OUTCOME_FAILED};
    if (perform_op == NULL)
        return err_set(err, ERR_INTERNAL, "vsphere has no operation %s", call->step->op);
    if (perform_op(&vc, call, ret_outcome, err) == 0) {
        err_clear(err); /* a look may have settled what an error left open */
        return 0;
    }
    ret_outcome->kind = outcome_of(err->code);
    return -1;
}

const struct provider provider_vsphere = {
    .name = "vsphere",
    .facet = FACET_VSPHERE,
    .config = &config_schema,
    .max_parallel = 16,
    .open = vsphere_session_open,
    .close = vsphere_session_close,
    .read_many = vsphere_read_many,
    .list = vsphere_list,
    .list_key = vsphere_list_key,
    .perform = perform,
};
