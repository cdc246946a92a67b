/* vra7.c: the vRealize Automation 7 provider as the engine sees it. */
#include "vra7.h"

#include <string.h>

#include "ops.h"
#include "schema.h"
#include "types.h"

static const struct attr config_attrs[] = {
    {"server", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "Host name of the vRA appliance, as its certificate has it."},
    {"port", &type_int, FACET_NONE, 0, .default_value = "443", .min = 1, .max = 65535,
     .doc = "Port of its HTTPS service."},
    {"generation", &type_int, FACET_NONE, 0, .default_value = "7", .min = 7, .max = 7,
     .doc = "Generation of vRA: 7."},
    {"tenant", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Tenant that is worked in."},
    {"username", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "Account, written user@domain: vRA 7 refuses the form DOMAIN\\user."},
    {"password", &type_secret, FACET_NONE, ATTR_REQUIRED | ATTR_SECRET, .doc = "Its password."},
    {"ca_file", &type_name, FACET_NONE, 0,
     .doc = "PEM file of the authorities to trust, instead of the system's."},
    {"verify", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "Check the server's certificate."},
    {"connect_to", &type_addresses, FACET_NONE, 0,
     .doc = "Where to connect for a name, {name: \"address:port\"}; certificates keep their "
            "name."},
    {"poll_interval", &type_duration, FACET_NONE, 0, .default_value = "3s", .min = 10,
     .max = 600000, .doc = "Pause between two looks at something that takes time."},
    {"timeout", &type_duration, FACET_NONE, 0, .default_value = "60s", .min = 100,
     .max = 3600000, .doc = "How long one request may take."},
};

static const struct schema config = {
    .kind = "vra",
    .section = "vra",
    .attrs = config_attrs,
    .n_attrs = ARRAY_LEN(config_attrs),
    .doc = "vRealize Automation 7: software, blueprints, the catalogue."};

static const struct {
    const char *op;
    vra_operation *perform;
} operations[] = {
    {OP_SOFTWARE_WRITE, step_software_write},
    {OP_SOFTWARE_PUBLISH, step_software_publish},
    {OP_SOFTWARE_DELETE, step_software_delete},
    {OP_BLUEPRINT_AWAIT_TEMPLATE, step_blueprint_await},
    {OP_BLUEPRINT_WRITE, step_blueprint_write},
    {OP_BLUEPRINT_PUBLISH, step_blueprint_publish},
    {OP_BLUEPRINT_DELETE, step_blueprint_delete},
    {OP_ITEM_ASSIGN, step_item_assign},
    {OP_SERVICE_WRITE, step_service_write},
    {OP_SERVICE_DELETE, step_service_delete},
    {OP_ENTITLEMENT_WRITE, step_entitlement_write},
    {OP_ENTITLEMENT_DELETE, step_entitlement_delete},
};

static enum outcome_kind failure(const struct err *err)
{
    if (err->code == ERR_UNCERTAIN)
        return OUTCOME_UNCERTAIN;
    return err->code == ERR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_FAILED;
}

static int perform(struct session *session, const struct op_env *env,
                   const struct step_call *call, struct outcome *ret_outcome, struct err *err)
{
    const char *name = strchr(call->step->address, '/');
    const char *id = value_get_text(call->ids, "id");
    if (id == NULL && call->live != NULL)
        id = value_get_text(call->live->ids, "id");
    *ret_outcome = (struct outcome){.kind = OUTCOME_DONE};
    struct vra_step step = {.session = session,
                            .env = env,
                            .call = call,
                            .arena = call->arena,
                            .name = name == NULL ? call->step->address : name + 1,
                            .id = id,
                            .outcome = ret_outcome};
    struct err failed = {0};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        if (strcmp(operations[i].op, call->step->op) != 0)
            continue;
        if (operations[i].perform(&step, &failed) == 0)
            return 0;
        ret_outcome->kind = failure(&failed);
        return err_set(err, failed.code, "%s", failed.message);
    }
    ret_outcome->kind = OUTCOME_FAILED;
    return err_set(err, ERR_INTERNAL, "vRA: unknown operation %s", call->step->op);
}

const struct provider provider_vra = {
    .name = "vra",
    .facet = FACET_VRA,
    .config = &config,
    .max_parallel = 4,
    .open = vra_session_open,
    .close = vra_session_close,
    .read_many = vra_read_many,
    .list = vra_list_all,
    .list_key = vra_list_key,
    .perform = perform,
};
