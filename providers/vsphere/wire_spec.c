/* wire_spec.c: requests about customization specifications. See wire.h.
 *
 * A stored specification is written back as it was read, with only the declared fields put in
 * their places: passwords, scripts and fields of newer versions survive.
 */
#include "wire.h"

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

/* The children of stored that are not among names (which ends with NULL). */
static void copy_others(struct xml_writer *x, const struct xml_node *stored,
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

/* All children of that name. */
static void copy_named(struct xml_writer *x, const struct xml_node *stored, const char *name)
{
    XML_EACH(it, stored, name)
    wire_copy(x, it);
}

/* Order: name, description, type, changeVersion, lastUpdateTime. */
static void write_info(struct xml_writer *x, const struct wire_spec *spec)
{
    static const char *const known[] = {"name", "description", "type", NULL};
    xml_write_open(x, "info");
    xml_write_text_element(x, "name", spec->name);
    xml_write_text_element(x, "description", spec->description);
    xml_write_text_element(x, "type", "Linux");
    copy_others(x, xml_child(spec->stored, "info"), known);
    xml_write_close(x);
}

static void write_host_name(struct xml_writer *x, const struct wire_spec *spec,
                            const struct xml_node *stored)
{
    const struct xml_node *old = xml_child(stored, "hostName");
    const struct value *wanted = value_get(spec->args, "hostname");
    const char *name = value_get_text(wanted, "name"), *base = value_get_text(wanted, "prefix");
    if (old != NULL && !value_is_known(wanted)) {
        wire_copy(x, old);
        return;
    }
    xml_write_open(x, "hostName");
    xml_write_attr_type(x, name != NULL   ? "CustomizationFixedName"
                           : base != NULL ? "CustomizationPrefixName"
                                          : "CustomizationVirtualMachineName");
    if (name != NULL)
        xml_write_text_element(x, "name", name);
    else if (base != NULL)
        xml_write_text_element(x, "base", base);
    xml_write_close(x);
}

static void write_text_or_stored(struct xml_writer *x, const char *name, const char *text,
                                 const struct xml_node *stored)
{
    if (text != NULL)
        xml_write_text_element(x, name, text);
    else
        copy_named(x, stored, name);
}

static void write_clock(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored)
{
    if (value_is_known(value_get(spec->args, "hw_clock_utc")))
        xml_write_bool(x, "hwClockUTC", value_get_bool(spec->args, "hw_clock_utc", true));
    else if (stored == NULL)
        xml_write_bool(x, "hwClockUTC", true);
    else
        copy_named(x, stored, "hwClockUTC");
}

/* LinuxPrep: hostName, domain, timeZone, hwClockUTC, scriptText (7.0), and what newer versions
 * add. */
static void write_identity(struct xml_writer *x, const struct wire_spec *spec,
                           const struct xml_node *stored)
{
    static const char *const known[] = {"hostName",   "domain",     "timeZone",
                                        "hwClockUTC", "scriptText", NULL};
    const char *domain = value_get_text(spec->args, "domain");
    const char *zone = value_get_text(spec->args, "time_zone");
    const char *old_domain = xml_text_at(stored, "domain");
    xml_write_open(x, "identity");
    xml_write_attr_type(x, "CustomizationLinuxPrep");
    write_host_name(x, spec, stored);
    xml_write_text_element(x, "domain",
                           domain != NULL       ? domain
                           : old_domain != NULL ? old_domain
                                                : "");
    write_text_or_stored(x, "timeZone", zone, stored);
    write_clock(x, spec, stored);
    write_text_or_stored(x, "scriptText", value_get_text(spec->args, "script"), stored);
    copy_others(x, stored, known);
    xml_write_close(x);
}

static void write_list(struct xml_writer *x, const char *name, const struct value *list,
                       const struct xml_node *stored)
{
    if (!value_is_known(list))
        copy_named(x, stored, name);
    for (size_t i = 0; i < value_count(list); i++)
        xml_write_text_element(x, name, value_text(value_at(list, i)));
}

static void write_global(struct xml_writer *x, const struct wire_spec *spec,
                         const struct xml_node *stored)
{
    static const char *const known[] = {"dnsSuffixList", "dnsServerList", NULL};
    xml_write_open(x, "globalIPSettings");
    write_list(x, "dnsSuffixList", value_get(spec->args, "dns_suffixes"), stored);
    write_list(x, "dnsServerList", value_get(spec->args, "dns_servers"), stored);
    copy_others(x, stored, known);
    xml_write_close(x);
}

static bool wants_static(const struct value *args)
{
    const char *network = value_get_text(args, "network");
    return network != NULL && strcmp(network, "static") == 0;
}

/* A fixed address and what belongs to it; a gateway that nobody declares stays. */
static void write_fixed(struct xml_writer *x, const struct value *args,
                        const struct xml_node *adapter)
{
    xml_write_open(x, "ip");
    xml_write_attr_type(x, "CustomizationFixedIp");
    write_text_or_stored(x, "ipAddress", value_get_text(args, "address"),
                         xml_child(adapter, "ip"));
    xml_write_close(x);
    write_text_or_stored(x, "subnetMask", value_get_text(args, "netmask"), adapter);
    write_text_or_stored(x, "gateway", value_get_text(args, "gateway"), adapter);
}

/* One card. With an address from DHCP, a fixed one and what belongs to it goes. */
static void write_card(struct xml_writer *x, const struct value *args,
                       const struct xml_node *stored)
{
    static const char *const gone[] = {"ip", "subnetMask", "gateway", NULL};
    static const char *const known[] = {"macAddress", "adapter", NULL};
    const struct xml_node *adapter = xml_child(stored, "adapter");
    xml_write_open(x, "nicSettingMap");
    copy_named(x, stored, "macAddress");
    xml_write_open(x, "adapter");
    if (wants_static(args)) {
        write_fixed(x, args, adapter);
    } else {
        xml_write_open(x, "ip");
        xml_write_attr_type(x, "CustomizationDhcpIpGenerator");
        xml_write_close(x);
    }
    copy_others(x, adapter, gone);
    xml_write_close(x);
    copy_others(x, stored, known);
    xml_write_close(x);
}

static void write_options(struct xml_writer *x, const struct xml_node *stored)
{
    const struct xml_node *options = xml_child(stored, "options");
    if (options != NULL) {
        wire_copy(x, options);
        return;
    }
    xml_write_open(x, "options");
    xml_write_attr_type(x, "CustomizationLinuxOptions");
    xml_write_close(x);
}

/* Order: options, identity, globalIPSettings, nicSettingMap[], encryptionKey[]. */
static void write_spec(struct xml_writer *x, const struct wire_spec *spec)
{
    static const char *const known[] = {"options", "identity", "globalIPSettings",
                                        "nicSettingMap", NULL};
    const struct xml_node *stored = xml_child(spec->stored, "spec");
    xml_write_open(x, "spec");
    write_options(x, stored);
    write_identity(x, spec, xml_child(stored, "identity"));
    write_global(x, spec, xml_child(stored, "globalIPSettings"));
    if (stored == NULL || value_get_text(spec->args, "network") != NULL)
        write_card(x, spec->args, xml_child(stored, "nicSettingMap"));
    else
        copy_named(x, stored, "nicSettingMap");
    copy_others(x, stored, known);
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
