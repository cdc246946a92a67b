/* guest.c: what customization specifications say of a guest's address. */
#include "rules.h"

#include <string.h>

#include "num.h"
#include "value.h"

static const char *const fixed_attrs[] = {"address", "netmask", "gateway"};

static bool is_static(const struct instance *spec)
{
    const char *network = instance_text(spec, "network");
    return network != NULL && strcmp(network, "static") == 0;
}

static void refuse_missing(struct rules_context *context, const struct instance *spec)
{
    const bool address = instance_text(spec, "address") != NULL;
    const bool netmask = instance_text(spec, "netmask") != NULL;
    if (address && netmask)
        return;
    struct diag *diag = rule_found(
        context, instance_attr_pos(spec, "network"), spec,
        "network is static, but %s has no %s%s%s", spec->address, address ? "" : "address",
        address || netmask ? "" : " and no ", netmask ? "" : "netmask");
    diag_hint(context->diags, diag, "give address: and netmask:, or network: dhcp");
}

static void refuse_stray(struct rules_context *context, const struct instance *spec,
                         const char *attr)
{
    if (instance_text(spec, attr) == NULL)
        return;
    struct diag *diag = rule_found(context, instance_attr_pos(spec, attr), spec,
                                   "%s has no meaning while the network is dhcp", attr);
    diag_hint(context->diags, diag, "say network: static, or leave %s out", attr);
}

static void check_complete(struct rules_context *context, const struct instance *spec)
{
    if (is_static(spec)) {
        refuse_missing(context, spec);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(fixed_attrs); i++)
        refuse_stray(context, spec, fixed_attrs[i]);
}

void rule_address_complete(struct rules_context *context)
{
    rules_each(context, "customization_spec", check_complete);
}

static bool read_address(const struct instance *spec, const char *attr, uint32_t *ret)
{
    const char *text = instance_text(spec, attr);
    return text != NULL && num_ipv4(text, ret) == 0;
}

static void check_network(struct rules_context *context, const struct instance *spec)
{
    uint32_t address, mask, gateway;
    if (!is_static(spec) || !read_address(spec, "netmask", &mask))
        return;
    if (!num_is_netmask(mask)) {
        struct diag *diag = rule_found(context, instance_attr_pos(spec, "netmask"), spec,
                                       "%s is not a netmask", instance_text(spec, "netmask"));
        diag_hint(context->diags, diag, "a netmask is such as 255.255.255.0");
        return;
    }
    if (!read_address(spec, "address", &address) || !read_address(spec, "gateway", &gateway) ||
        ((address ^ gateway) & mask) == 0)
        return;
    struct diag *diag = rule_found(
        context, instance_attr_pos(spec, "gateway"), spec,
        "gateway %s is not in the network of %s, netmask %s", instance_text(spec, "gateway"),
        instance_text(spec, "address"), instance_text(spec, "netmask"));
    diag_hint(context->diags, diag, "a guest reaches only a gateway of its own network");
}

void rule_address_fits(struct rules_context *context)
{
    rules_each(context, "customization_spec", check_network);
}
