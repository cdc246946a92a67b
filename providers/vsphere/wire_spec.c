/* wire_spec.c: requests about customization specifications. See wire.h.
 *
 * A stored specification is written back as it was read, with only the declared fields put in
 * their places: passwords, scripts and fields of newer versions survive. What only Windows has
 * is in wire_spec_windows.c.
 */
#include "wire_spec.h"

#include <string.h>

#include "compiler.h"
#include "value.h"

void wire_get_spec(struct wire *wire, struct ref manager, const char *name)
{
    wire_open(wire, "GetCustomizationSpec", manager);
    wire->idempotent = true;
    xml_write_text_element(&wire->x, "name", name);
    xml_write_close(&wire->x);
}

void wire_delete_spec(struct wire *wire, struct ref manager, const char *name)
{
    wire_open(wire, "DeleteCustomizationSpec", manager);
    xml_write_text_element(&wire->x, "name", name);
    xml_write_close(&wire->x);
}

void spec_copy_others(struct xml_writer *x, const struct xml_node *stored,
                      const char *const *names)
{
    XML_EACH_CHILD(it, stored)
    {
        bool known = false;
        for (size_t i = 0; names[i] != NULL; i++)
            known = known || strcmp(it->name, names[i]) == 0;
        if (!known)
            wire_copy(x, it);
    }
}

void spec_copy_named(struct xml_writer *x, const struct xml_node *stored, const char *name)
{
    XML_EACH(it, stored, name)
    wire_copy(x, it);
}

void spec_write_text(struct xml_writer *x, const char *name, const char *text,
                     const struct xml_node *stored)
{
    if (text != NULL)
        xml_write_text_element(x, name, text);
    else
        spec_copy_named(x, stored, name);
}

void spec_write_needed(struct xml_writer *x, const char *name, const char *text,
                       const struct xml_node *stored, const char *otherwise)
{
    const char *old = xml_text_at(stored, name);
    xml_write_text_element(x, name, text != NULL ? text : old != NULL ? old : otherwise);
}

void spec_write_list(struct xml_writer *x, const char *name, const struct value *list,
                     const struct xml_node *stored)
{
    if (!value_is_known(list))
        spec_copy_named(x, stored, name);
    for (size_t i = 0; i < value_count(list); i++)
        xml_write_text_element(x, name, value_text(value_at(list, i)));
}

/* Order: name, description, type, changeVersion, lastUpdateTime. */
static void write_info(struct xml_writer *x, const struct wire_spec *spec)
{
    static const char *const known[] = {"name", "description", "type", NULL};
    xml_write_open(x, "info");
    xml_write_text_element(x, "name", spec->name);
    xml_write_text_element(x, "description", spec->description);
    xml_write_text_element(x, "type", spec->windows ? "Windows" : "Linux");
    spec_copy_others(x, xml_child(spec->stored, "info"), known);
    xml_write_close(x);
}

void spec_write_host_name(struct xml_writer *x, const char *element,
                          const struct wire_spec *spec, const struct xml_node *stored)
{
    const struct xml_node *old = xml_child(stored, element);
    const struct value *wanted = value_get(spec->args, "hostname");
    const char *name = value_get_text(wanted, "name"), *base = value_get_text(wanted, "prefix");
    if (old != NULL && !value_is_known(wanted)) {
        wire_copy(x, old);
        return;
    }
    xml_write_open(x, element);
    xml_write_attr_type(x, name != NULL   ? "CustomizationFixedName"
                           : base != NULL ? "CustomizationPrefixName"
                                          : "CustomizationVirtualMachineName");
    if (name != NULL)
        xml_write_text_element(x, "name", name);
    else if (base != NULL)
        xml_write_text_element(x, "base", base);
    xml_write_close(x);
}

static void write_clock(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored)
{
    if (value_is_known(value_get(spec->args, "hw_clock_utc")))
        xml_write_bool(x, "hwClockUTC", value_get_bool(spec->args, "hw_clock_utc", true));
    else if (stored == NULL)
        xml_write_bool(x, "hwClockUTC", true);
    else
        spec_copy_named(x, stored, "hwClockUTC");
}

/* LinuxPrep: hostName, domain, timeZone, hwClockUTC, scriptText (7.0), and what newer versions
 * add. */
static void write_linux_prep(struct xml_writer *x, const struct wire_spec *spec,
                             const struct xml_node *stored)
{
    static const char *const known[] = {"hostName",   "domain",     "timeZone",
                                        "hwClockUTC", "scriptText", NULL};
    xml_write_open(x, "identity");
    xml_write_attr_type(x, "CustomizationLinuxPrep");
    spec_write_host_name(x, "hostName", spec, stored);
    spec_write_needed(x, "domain", value_get_text(spec->args, "domain"), stored, "");
    spec_write_text(x, "timeZone", value_get_text(spec->args, "time_zone"), stored);
    write_clock(x, spec, stored);
    spec_write_text(x, "scriptText", value_get_text(spec->args, "script"), stored);
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

/* Windows has its DNS servers at the cards. */
static void write_global(struct xml_writer *x, const struct wire_spec *spec,
                         const struct xml_node *stored)
{
    static const char *const known[] = {"dnsSuffixList", "dnsServerList", NULL};
    xml_write_open(x, "globalIPSettings");
    spec_write_list(x, "dnsSuffixList", value_get(spec->args, "dns_suffixes"), stored);
    spec_write_list(x, "dnsServerList",
                    spec->windows ? value_absent() : value_get(spec->args, "dns_servers"),
                    stored);
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

/* ---- network cards ---- */

/* What is wanted of one card. */
struct card {
    const struct value *args; /* network and the rest; NULL: stays as stored */
    bool exact;               /* what args leave out is not there */
};

static bool wants_static(const struct value *args)
{
    const char *network = value_get_text(args, "network");
    return network != NULL && strcmp(network, "static") == 0;
}

/* A fixed address and what belongs to it. */
static void write_fixed(struct xml_writer *x, const struct card *card,
                        const struct xml_node *adapter)
{
    const struct xml_node *old = card->exact ? NULL : adapter;
    xml_write_open(x, "ip");
    xml_write_attr_type(x, "CustomizationFixedIp");
    spec_write_text(x, "ipAddress", value_get_text(card->args, "address"),
                    xml_child(old, "ip"));
    xml_write_close(x);
    spec_write_text(x, "subnetMask", value_get_text(card->args, "netmask"), old);
    spec_write_text(x, "gateway", value_get_text(card->args, "gateway"), old);
}

/* With an address from DHCP, a fixed one and what belongs to it goes. */
static void write_address(struct xml_writer *x, const struct card *card,
                          const struct xml_node *adapter)
{
    static const char *const parts[] = {"ip", "subnetMask", "gateway"};
    if (card->args == NULL) {
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
            spec_copy_named(x, adapter, parts[i]);
    } else if (wants_static(card->args)) {
        write_fixed(x, card, adapter);
    } else {
        xml_write_open(x, "ip");
        xml_write_attr_type(x, "CustomizationDhcpIpGenerator");
        xml_write_close(x);
    }
}

/* Order: ip, subnetMask, gateway[], ipV6Spec, dnsServerList[], dnsDomain, and more of Windows.
 */
static void write_adapter(struct xml_writer *x, const struct wire_spec *spec,
                          const struct card *card, const struct xml_node *stored)
{
    static const char *const known[] = {
        "ip", "subnetMask", "gateway", "ipV6Spec", "dnsServerList", "dnsDomain", NULL};
    xml_write_open(x, "adapter");
    write_address(x, card, stored);
    spec_copy_named(x, stored, "ipV6Spec");
    spec_write_list(x, "dnsServerList",
                    spec->windows ? value_get(spec->args, "dns_servers") : value_absent(),
                    stored);
    spec_write_text(x, "dnsDomain", spec->windows ? value_get_text(spec->args, "domain") : NULL,
                    stored);
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

/* Order: macAddress, adapter. */
static void write_card(struct xml_writer *x, const struct wire_spec *spec,
                       const struct card *card, const struct xml_node *stored)
{
    static const char *const known[] = {"macAddress", "adapter", NULL};
    xml_write_open(x, "nicSettingMap");
    spec_copy_named(x, stored, "macAddress");
    write_adapter(x, spec, card, xml_child(stored, "adapter"));
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

static const struct xml_node *nth(const struct xml_node *parent, const char *name, size_t n)
{
    XML_EACH(it, parent, name)
    {
        if (n-- == 0)
            return it;
    }
    return NULL;
}

/* The cards of the list, or the only one, or those that are stored. */
static void write_cards(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored)
{
    const struct value *list = value_get(spec->args, "cards");
    const bool several = value_is_known(list);
    const bool one = value_get_text(spec->args, "network") != NULL || spec->stored == NULL;
    const size_t n = several ? value_count(list) : one ? 1 : xml_count(stored, "nicSettingMap");
    for (size_t i = 0; i < n; i++) {
        const struct card card = {.args = several ? value_at(list, i)
                                          : one   ? spec->args
                                                  : NULL,
                                  .exact = several};
        write_card(x, spec, &card, nth(stored, "nicSettingMap", i));
    }
}

/* ---- the whole ---- */

static void write_options(struct xml_writer *x, const struct wire_spec *spec,
                          const struct xml_node *stored)
{
    const struct xml_node *options = xml_child(stored, "options");
    if (spec->windows) {
        spec_write_win_options(x, spec, options);
    } else if (options != NULL) {
        wire_copy(x, options);
    } else {
        xml_write_open(x, "options");
        xml_write_attr_type(x, "CustomizationLinuxOptions");
        xml_write_close(x);
    }
}

/* Order: options, identity, globalIPSettings, nicSettingMap[], encryptionKey[]. */
static void write_spec(struct xml_writer *x, const struct wire_spec *spec)
{
    static const char *const keyless[] = {"options",       "identity",      "globalIPSettings",
                                          "nicSettingMap", "encryptionKey", NULL};
    static const char *const known[] = {"options", "identity", "globalIPSettings",
                                        "nicSettingMap", NULL};
    const struct xml_node *stored = xml_child(spec->stored, "spec");
    const struct xml_node *identity = xml_child(stored, "identity");
    xml_write_open(x, "spec");
    write_options(x, spec, stored);
    if (spec->windows)
        spec_write_sysprep(x, spec, identity);
    else
        write_linux_prep(x, spec, identity);
    write_global(x, spec, xml_child(stored, "globalIPSettings"));
    write_cards(x, spec, stored);
    spec_copy_others(x, stored, spec->windows && !spec_keeps_password(spec) ? keyless : known);
    xml_write_close(x);
}

void wire_write_spec(struct wire *wire, struct ref manager, const struct wire_spec *spec)
{
    wire_open(wire,
              spec->stored == NULL ? "CreateCustomizationSpec" : "OverwriteCustomizationSpec",
              manager);
    xml_write_open(&wire->x, "item");
    write_info(&wire->x, spec);
    write_spec(&wire->x, spec);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}
