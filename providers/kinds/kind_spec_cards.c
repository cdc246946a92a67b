/* kind_spec_cards.c: the network cards of a guest, where it has several. */
#include "kind_spec.h"

#include <string.h>

#include "diag.h"
#include "instance.h"
#include "num.h"
#include "strbuf.h"
#include "types.h"
#include "value.h"

const char *const spec_network_words[] = {"dhcp", "static", NULL};

static const struct attr attrs[] = {
    {"network", &type_enum, FACET_NONE, 0, .names = spec_network_words, .default_value = "dhcp",
     .doc = "Where the card gets its address."},
    {"address", &type_ipv4, FACET_NONE, 0, .doc = "With network: static, the address."},
    {"netmask", &type_ipv4, FACET_NONE, 0,
     .doc = "With network: static, such as 255.255.255.0."},
    {"gateway", &type_ipv4, FACET_NONE, 0,
     .doc = "With network: static, the way out of the network."},
};

static void complain(const struct instance *card, struct diags *diags, const char *attr,
                     const char *message, const char *hint)
{
    struct diag *diag = diag_error(diags, instance_attr_pos(card, attr), "%s", message);
    diag->address = card->address;
    diag_hint(diags, diag, "%s", hint);
}

static bool read_address(const struct instance *card, const char *attr, uint32_t *ret)
{
    const char *text = instance_text(card, attr);
    return text != NULL && num_ipv4(text, ret) == 0;
}

static void check_fixed(const struct instance *card, struct diags *diags)
{
    uint32_t address, mask, gateway;
    if (!read_address(card, "address", &address) || !read_address(card, "netmask", &mask)) {
        complain(card, diags, "network", "a static card has an address and a netmask",
                 "give address: and netmask:, or network: dhcp");
        return;
    }
    if (!num_is_netmask(mask))
        complain(card, diags, "netmask", "this is not a netmask",
                 "a netmask is such as 255.255.255.0");
    else if (read_address(card, "gateway", &gateway) && ((address ^ gateway) & mask) != 0)
        complain(card, diags, "gateway", "the gateway is not in the network of the address",
                 "a guest reaches only a gateway of its own network");
}

static void check_card(const struct instance *card, struct diags *diags)
{
    static const char *const fixed[] = {"address", "netmask", "gateway"};
    const char *network = instance_text(card, "network");
    if (network != NULL && strcmp(network, "static") == 0) {
        check_fixed(card, diags);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (instance_text(card, fixed[i]) != NULL)
            complain(card, diags, fixed[i], "this has no meaning while the network is dhcp",
                     "say network: static, or leave it out");
}

static void card_title(const struct value *card, struct strbuf *out)
{
    const char *address = value_get_text(card, "address");
    const char *netmask = value_get_text(card, "netmask");
    const char *gateway = value_get_text(card, "gateway");
    const char *network = value_get_text(card, "network");
    if (address == NULL) {
        strbuf_add(out, network == NULL ? "?" : network);
        return;
    }
    strbuf_addf(out, "%s/%s", address, netmask == NULL ? "?" : netmask);
    if (gateway != NULL)
        strbuf_addf(out, " via %s", gateway);
}

const struct schema spec_card_schema = {.kind = "network card",
                                        .attrs = attrs,
                                        .n_attrs = ARRAY_LEN(attrs),
                                        .doc = "One network card of a guest.",
                                        .check = check_card,
                                        .title = card_title};
