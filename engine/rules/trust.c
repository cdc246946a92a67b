/* trust.c: verification that somebody turned off, and declarations that contradict. */
#include "rules.h"

#include <string.h>

void rule_tls_verified(struct rules_context *context)
{
    const struct instances *providers = context->in->providers;
    for (size_t i = 0; providers != NULL && i < providers->n; i++) {
        const struct instance *provider = providers->items[i];
        if (schema_find(provider->schema, "verify") < 0)
            continue;
        const struct value *verify = instance_get(provider, "verify");
        if (verify->type == VALUE_BOOL && !verify->boolean)
            rule_found(context, instance_attr_pos(provider, "verify"), provider,
                       "its server is not verified: anybody on the way can pose as it");
    }
}

static void check_static(struct rules_context *context, const struct instance *blueprint)
{
    const char *assignment = instance_text(blueprint, "machine.network.assignment");
    if (assignment == NULL || strcmp(assignment, "static") != 0 ||
        value_is_known(instance_get(blueprint, "machine.network.profile")))
        return;
    struct diag *diag =
        rule_found(context, instance_attr_pos(blueprint, "machine.network.assignment"),
                   blueprint, "static addresses need a network profile");
    diag_hint(context->diags, diag, "name one with network: { profile: … }");
}

void rule_static_has_profile(struct rules_context *context)
{
    rules_each(context, "blueprint", check_static);
}
