/* esxi.c: the provider of the ESXi shells as the engine sees it. */
#include "esxi.h"

#include <string.h>

#include "ops.h"
#include "redact.h"
#include "schema.h"
#include "types.h"

static const struct attr config_attrs[] = {
    {"username", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Account on the hosts: root."},
    {"password", &type_secret, FACET_NONE, ATTR_SECRET, .doc = "Its password."},
    {"key_file", &type_name, FACET_NONE, 0,
     .doc = "Private key to log in with, instead of the password or before it; ECDSA or RSA, "
            "which hosts in FIPS mode accept."},
    {"known_hosts", &type_name, FACET_NONE, 0,
     .doc = "File with the host keys, as OpenSSH writes it; needed unless verify is false."},
    {"verify", &type_bool, FACET_NONE, 0, .default_value = "true",
     .doc = "Check the host keys."},
    {"port", &type_int, FACET_NONE, 0, .default_value = "22", .min = 1, .max = 65535,
     .doc = "Port of the SSH service."},
    {"connect_to", &type_addresses, FACET_NONE, 0,
     .doc =
         "Where to connect for a host, {name: \"address:port\"}; host keys keep their name."},
    {"poll_interval", &type_duration, FACET_NONE, 0, .default_value = "5s", .min = 10,
     .max = 600000, .doc = "Pause between two looks at a host that boots."},
    {"timeout", &type_duration, FACET_NONE, 0, .default_value = "60s", .min = 100,
     .max = 3600000, .doc = "How long a host may take to answer."},
    {"install_timeout", &type_duration, FACET_NONE, 0, .default_value = "15m", .min = 1000,
     .max = 86400000, .doc = "How long installing or removing a driver may take."},
};

static const struct schema config = {
    .kind = "esxi",
    .section = "esxi",
    .attrs = config_attrs,
    .n_attrs = ARRAY_LEN(config_attrs),
    .doc = "ESXi shells over SSH: graphics type, driver and ECC of the hosts."};

static const struct {
    const char *op;
    esxi_operation *perform;
} operations[] = {
    {OP_HOST_GRAPHICS, step_graphics},
    {OP_HOST_INSTALL_DRIVER, step_install_driver},
    {OP_HOST_REMOVE_DRIVER, step_remove_driver},
    {OP_HOST_ECC, step_ecc},
    {OP_HOST_VERIFY, step_verify},
};

static enum outcome_kind failure(enum err_code code)
{
    if (code == ERR_UNCERTAIN)
        return OUTCOME_UNCERTAIN;
    return code == ERR_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_FAILED;
}

static int run(struct esxi_step *step, esxi_operation *operation, struct err *err)
{
    /* Verifying connects by itself, as often as it looks. */
    if (operation != step_verify && shell_open(&step->shell, err) < 0)
        return -1;
    int rc = operation(step, err);
    shell_close(&step->shell);
    return rc;
}

static int perform(struct session *session, const struct op_env *env,
                   const struct step_call *call, struct outcome *ret_outcome, struct err *err)
{
    const char *slash = strchr(call->step->address, '/');
    struct esxi_step step = {.call = call,
                             .shell = {.session = session,
                                       .env = env,
                                       .arena = call->arena,
                                       .host = slash == NULL ? call->step->address : slash + 1},
                             .outcome = ret_outcome};
    struct err failed = {0};
    *ret_outcome = (struct outcome){.kind = OUTCOME_DONE};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        if (strcmp(operations[i].op, call->step->op) != 0)
            continue;
        if (run(&step, operations[i].perform, &failed) == 0)
            return 0;
        secrets_redact_err(session->secrets, &failed);
        ret_outcome->kind = failure(failed.code);
        return err_set(err, failed.code, "%s", failed.message);
    }
    ret_outcome->kind = OUTCOME_FAILED;
    return err_set(err, ERR_INTERNAL, "esxi: unknown operation %s", call->step->op);
}

const struct provider provider_esxi = {
    .name = "esxi",
    .facet = FACET_ESXI,
    .config = &config,
    .max_parallel = 64,
    .open = esxi_session_open,
    .close = esxi_session_close,
    .read_many = esxi_read_many,
    .perform = perform,
};
