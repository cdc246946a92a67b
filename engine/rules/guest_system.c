/* guest_system.c: what customization specifications say for Linux, and what for Windows. */
#include "rules.h"

#include <string.h>

#include "value.h"

enum { WINDOWS_NAME_MAX = 15 }; /* NetBIOS */

static bool is_set(const struct instance *spec, const char *attr)
{
    return value_is_known(instance_get(spec, attr));
}

static bool is_windows(const struct instance *spec)
{
    const char *os = instance_text(spec, "os");
    return os != NULL && strcmp(os, "windows") == 0;
}

/* ---- GF022 ----------------------------------------------------------------------------- */

static void need(struct rules_context *context, const struct instance *spec, const char *attr,
                 const char *what)
{
    if (is_set(spec, attr))
        return;
    struct diag *diag = rule_found(context, instance_attr_pos(spec, "os"), spec, "%s has no %s",
                                   spec->address, attr);
    diag_hint(context->diags, diag, "give %s: %s", attr, what);
}

/* The place of a script that came out of a file is the file's name. */
static struct pos place_of(const struct instance *spec, const char *attr)
{
    return instance_attr_pos(spec, strcmp(attr, "script") == 0 && is_set(spec, "script_file")
                                       ? "script_file"
                                       : attr);
}

static void refuse(struct rules_context *context, const struct instance *spec, const char *attr,
                   const char *hint)
{
    if (!is_set(spec, attr))
        return;
    struct diag *diag = rule_found(context, place_of(spec, attr), spec, "%s is not for %s",
                                   attr, is_windows(spec) ? "Windows" : "Linux");
    diag_hint(context->diags, diag, "%s", hint);
}

static void check_linux(struct rules_context *context, const struct instance *spec)
{
    static const char *const windows_attrs[] = {
        "full_name",      "organization",     "product_key", "administrator_password",
        "auto_logon",     "join.workgroup",   "join.domain", "join.user",
        "join.password",  "password_version", "run_once",    "change_sid",
        "delete_accounts"};
    need(context, spec, "domain", "the DNS domain of the guest");
    for (size_t i = 0; i < ARRAY_LEN(windows_attrs); i++)
        refuse(context, spec, windows_attrs[i], "say os: windows, or leave it out");
}

static void check_system(struct rules_context *context, const struct instance *spec)
{
    if (!is_windows(spec)) {
        check_linux(context, spec);
        return;
    }
    need(context, spec, "full_name", "in whose name Windows is registered");
    need(context, spec, "organization", "the organisation that it is registered for");
    refuse(context, spec, "hw_clock_utc",
           "Windows keeps the clock in local time: leave it out");
    refuse(context, spec, "script",
           "give run_once: commands that run when somebody logs on for the first time, or "
           "auto_logon: 1 with them");
}

void rule_system_attributes(struct rules_context *context)
{
    rules_each(context, "customization_spec", check_system);
}

/* ---- GF023 ----------------------------------------------------------------------------- */

static void check_name(struct rules_context *context, const struct instance *spec)
{
    const struct value *hostname = instance_get(spec, "hostname");
    const char *name = value_get_text(hostname, "name");
    const char *prefix = value_get_text(hostname, "prefix");
    const char *text = name != NULL ? name : prefix;
    if (text == NULL)
        return;
    size_t max = name != NULL ? WINDOWS_NAME_MAX : WINDOWS_NAME_MAX - 1;
    const bool number = text[strspn(text, "0123456789")] == '\0';
    if (strlen(text) <= max && !number)
        return;
    struct diag *diag = rule_found(context, instance_attr_pos(spec, "hostname"), spec,
                                   number ? "Windows is not called by a number: %s"
                                          : "%s is too long for the name of a Windows guest",
                                   text);
    diag_hint(context->diags, diag,
              "a name has at most %d characters, a prefix %d and a number after it, not digits "
              "alone",
              WINDOWS_NAME_MAX, WINDOWS_NAME_MAX - 1);
}

static void check_domain(struct rules_context *context, const struct instance *spec)
{
    static const char *const parts[] = {"join.user", "join.password"};
    const bool domain = is_set(spec, "join.domain");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (is_set(spec, parts[i]) == domain)
            continue;
        struct diag *diag =
            domain ? rule_found(context, instance_attr_pos(spec, "join.domain"), spec,
                                "%s joins a domain, but has no %s", spec->address, parts[i])
                   : rule_found(context, instance_attr_pos(spec, parts[i]), spec,
                                "%s has no meaning without join.domain", parts[i]);
        diag_hint(context->diags, diag,
                  domain
                      ? "a domain lets a user join machines: join: { domain: lab.local, user: "
                        "joiner@lab.local, password: { env: JOIN_PASSWORD } }"
                      : "say which domain is joined, or leave %s out",
                  parts[i]);
    }
}

static void check_join(struct rules_context *context, const struct instance *spec)
{
    const char *workgroup = instance_text(spec, "join.workgroup");
    check_domain(context, spec);
    if (workgroup == NULL)
        return;
    struct diag *diag = NULL;
    if (is_set(spec, "join.domain"))
        diag = rule_found(context, instance_attr_pos(spec, "join.workgroup"), spec,
                          "%s is to be in a workgroup and in a domain", spec->address);
    else if (strlen(workgroup) > WINDOWS_NAME_MAX)
        diag = rule_found(context, instance_attr_pos(spec, "join.workgroup"), spec,
                          "%s is too long for the name of a workgroup", workgroup);
    if (diag != NULL)
        diag_hint(context->diags, diag,
                  "give join.workgroup, at most %d characters, or "
                  "join.domain",
                  WINDOWS_NAME_MAX);
}

static void check_logon(struct rules_context *context, const struct instance *spec)
{
    const struct value *times = instance_get(spec, "auto_logon");
    if (times->type != VALUE_INT || times->integer == 0 ||
        is_set(spec, "administrator_password"))
        return;
    struct diag *diag =
        rule_found(context, instance_attr_pos(spec, "auto_logon"), spec,
                   "Administrator cannot log on by itself without its password");
    diag_hint(
        context->diags, diag,
        "give administrator_password: { env: ADMINISTRATOR_PASSWORD }, or leave auto_logon "
        "out");
}

static void check_identity(struct rules_context *context, const struct instance *spec)
{
    if (!is_windows(spec))
        return;
    check_name(context, spec);
    check_join(context, spec);
    check_logon(context, spec);
}

void rule_windows_identity(struct rules_context *context)
{
    rules_each(context, "customization_spec", check_identity);
}

/* ---- GF024 ----------------------------------------------------------------------------- */

/* "6.5", "6.7.1". */
static bool is_before_7(const char *version)
{
    return version[0] >= '0' && version[0] <= '6' && version[1] == '.';
}

static void check_script(struct rules_context *context, const struct instance *spec)
{
    const char *version =
        value_text(facts_recall(context->in->facts, spec->address, "api_version"));
    if (!is_set(spec, "script") || is_windows(spec) || version == NULL || !is_before_7(version))
        return;
    struct diag *diag = rule_found(
        context, place_of(spec, "script"), spec,
        "this vCenter (API %s) takes no script in a customization specification", version);
    diag_hint(
        context->diags, diag,
        "that came with 7.0: run it from a software component, or in the template's guest");
}

void rule_script_supported(struct rules_context *context)
{
    rules_each(context, "customization_spec", check_script);
}
