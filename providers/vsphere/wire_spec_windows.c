/* wire_spec_windows.c: the parts of a customization specification that only Windows has. See
 * wire_spec.h. vCenter gives passwords back encrypted, together with its key; one that is not
 * declared goes back so, one that is declared replaces it. */
#include <string.h>

#include "compiler.h"
#include "value.h"
#include "windows_zone.h"
#include "wire_spec.h"

static void write_password(struct xml_writer *x, const char *name, const char *password)
{
    xml_write_open(x, name);
    xml_write_text_element(x, "value", password);
    xml_write_bool(x, "plainText", true);
    xml_write_close(x);
}

static void write_zone(struct xml_writer *x, const struct wire_spec *spec,
                       const struct xml_node *stored)
{
    const char *text = value_get_text(spec->args, "time_zone");
    const struct windows_zone *zone = text == NULL ? NULL : windows_zone_find(text);
    if (zone == NULL && xml_child(stored, "timeZone") != NULL)
        spec_copy_named(x, stored, "timeZone");
    else
        xml_write_i64(x, "timeZone", zone == NULL ? WINDOWS_ZONE_UTC : zone->index);
}

static void write_logon(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored)
{
    const bool known = value_is_known(value_get(spec->args, "auto_logon"));
    const int64_t times = value_get_int(spec->args, "auto_logon", 0);
    if (!known && xml_child(stored, "autoLogon") != NULL) {
        spec_copy_named(x, stored, "autoLogon");
        spec_copy_named(x, stored, "autoLogonCount");
        return;
    }
    xml_write_bool(x, "autoLogon", times > 0);
    xml_write_i64(x, "autoLogonCount", times > 0 ? times : 1);
}

/* Order: password, timeZone, autoLogon, autoLogonCount. */
static void write_unattended(struct xml_writer *x, const struct wire_spec *spec,
                             const struct xml_node *stored)
{
    static const char *const known[] = {"password", "timeZone", "autoLogon", "autoLogonCount",
                                        NULL};
    xml_write_open(x, "guiUnattended");
    if (spec->administrator_password != NULL)
        write_password(x, "password", spec->administrator_password);
    else
        spec_copy_named(x, stored, "password");
    write_zone(x, spec, stored);
    write_logon(x, spec, stored);
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

/* Order: fullName, orgName, computerName, productId, all of them required. */
static void write_user_data(struct xml_writer *x, const struct wire_spec *spec,
                            const struct xml_node *stored)
{
    static const char *const known[] = {"fullName", "orgName", "computerName", "productId",
                                        NULL};
    xml_write_open(x, "userData");
    spec_write_needed(x, "fullName", value_get_text(spec->args, "full_name"), stored, "");
    spec_write_needed(x, "orgName", value_get_text(spec->args, "organization"), stored, "");
    spec_write_host_name(x, "computerName", spec, stored);
    spec_write_needed(x, "productId", spec->product_key, stored, "");
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

static void write_run_once(struct xml_writer *x, const struct wire_spec *spec,
                           const struct xml_node *identity)
{
    const struct value *commands = value_get(spec->args, "run_once");
    if (!value_is_known(commands))
        spec_copy_named(x, identity, "guiRunOnce");
    if (value_count(commands) == 0)
        return;
    xml_write_open(x, "guiRunOnce");
    spec_write_list(x, "commandList", commands, NULL);
    xml_write_close(x);
}

static bool is_same(const char *wanted, const struct xml_node *stored, const char *name)
{
    const char *text = xml_text_at(stored, name);
    return text != NULL && (wanted == NULL || strcmp(wanted, text) == 0);
}

/* The stored password is that of this user in this domain; it is given to no other. */
static bool joins_as_stored(const struct wire_spec *spec, const struct xml_node *stored)
{
    return is_same(value_get_text(spec->args, "join.domain"), stored, "joinDomain") &&
           is_same(value_get_text(spec->args, "join.user"), stored, "domainAdmin");
}

static void write_domain(struct xml_writer *x, const struct wire_spec *spec,
                         const struct xml_node *stored)
{
    static const char *const known[] = {"joinWorkgroup", "joinDomain", "domainAdmin",
                                        "domainAdminPassword", NULL};
    const bool same = joins_as_stored(spec, stored);
    spec_write_text(x, "joinDomain", value_get_text(spec->args, "join.domain"), stored);
    spec_write_text(x, "domainAdmin", value_get_text(spec->args, "join.user"), stored);
    if (spec->join_password != NULL)
        write_password(x, "domainAdminPassword", spec->join_password);
    else if (same)
        spec_copy_named(x, stored, "domainAdminPassword");
    if (is_same(value_get_text(spec->args, "join.domain"), stored, "joinDomain"))
        spec_copy_others(x, stored, known);
}

static bool is_domain(const struct wire_spec *spec, const struct xml_node *stored)
{
    return value_get_text(spec->args, "join.domain") != NULL ||
           (value_get_text(spec->args, "join.workgroup") == NULL &&
            xml_child(stored, "joinDomain") != NULL);
}

/* Order: joinWorkgroup, joinDomain, domainAdmin, domainAdminPassword, domainOU (8.0.2). */
static void write_identification(struct xml_writer *x, const struct wire_spec *spec,
                                 const struct xml_node *stored)
{
    xml_write_open(x, "identification");
    if (is_domain(spec, stored))
        write_domain(x, spec, stored);
    else
        spec_write_needed(x, "joinWorkgroup", value_get_text(spec->args, "join.workgroup"),
                          stored, "WORKGROUP");
    xml_write_close(x);
}

/* Order: guiUnattended, userData, guiRunOnce, identification, licenseFilePrintData. */
void spec_write_sysprep(struct xml_writer *x, const struct wire_spec *spec,
                        const struct xml_node *stored)
{
    static const char *const known[] = {"guiUnattended", "userData", "guiRunOnce",
                                        "identification", NULL};
    xml_write_open(x, "identity");
    xml_write_attr_type(x, "CustomizationSysprep");
    write_unattended(x, spec, xml_child(stored, "guiUnattended"));
    write_user_data(x, spec, xml_child(stored, "userData"));
    write_run_once(x, spec, stored);
    write_identification(x, spec, xml_child(stored, "identification"));
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

static void write_choice(struct xml_writer *x, const char *name, const struct value *wanted,
                         const struct xml_node *stored, bool otherwise)
{
    if (value_is_known(wanted))
        xml_write_bool(x, name, value_is_true(wanted));
    else
        spec_write_needed(x, name, NULL, stored, otherwise ? "true" : "false");
}

/* Order: changeSID, deleteAccounts, reboot. */
void spec_write_win_options(struct xml_writer *x, const struct wire_spec *spec,
                            const struct xml_node *stored)
{
    static const char *const known[] = {"changeSID", "deleteAccounts", NULL};
    xml_write_open(x, "options");
    xml_write_attr_type(x, "CustomizationWinOptions");
    write_choice(x, "changeSID", value_get(spec->args, "change_sid"), stored, true);
    write_choice(x, "deleteAccounts", value_get(spec->args, "delete_accounts"), stored, false);
    spec_copy_others(x, stored, known);
    xml_write_close(x);
}

bool spec_keeps_password(const struct wire_spec *spec)
{
    const struct xml_node *identity = xml_path(spec->stored, "spec/identity");
    const struct xml_node *join = xml_child(identity, "identification");
    if (spec->administrator_password == NULL &&
        xml_path(identity, "guiUnattended/password") != NULL)
        return true;
    return spec->join_password == NULL && xml_child(join, "domainAdminPassword") != NULL &&
           is_domain(spec, join) && joins_as_stored(spec, join);
}
