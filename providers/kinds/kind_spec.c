/* kind_spec.c: customization specifications of vCenter, for Linux and for Windows.
 *
 * Attributes that the manifest leaves out are not managed. Passwords and the product key are
 * references: they are written whenever the specification is, and never read. That one is due
 * to be written is known from the state alone: another reference, or another password_version.
 */
#include "kind_spec.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "kinds.h"
#include "ops.h"
#include "strbuf.h"
#include "types.h"
#include "windows_zone.h"

static const char *const os_words[] = {"linux", "windows", NULL};

static const struct attr attrs[] = {
    {"os", &type_enum, FACET_VSPHERE, ATTR_REQUIRED, .names = os_words,
     .doc = "Family of the guest system: what the clone is personalised by. It never changes."},
    {"hostname", &type_guest_name, FACET_VSPHERE, 0, .default_value = "vm-name",
     .doc = "vm-name: the guest is called like its machine; prefix: a number is appended; "
            "name: always that. Windows takes 15 characters."},
    {"domain", &type_string, FACET_VSPHERE, 0,
     .doc =
         "DNS domain of the guest, which Linux needs; of Windows, that of its network cards. "
         "Which domain Windows joins is said by join.domain."},
    {"network", &type_enum, FACET_VSPHERE, 0, .names = spec_network_words,
     .default_value = "dhcp", .doc = "Where the guest's only network card gets its address."},
    {"address", &type_ipv4, FACET_VSPHERE, 0, .doc = "With network: static, the address."},
    {"netmask", &type_ipv4, FACET_VSPHERE, 0,
     .doc = "With network: static, such as 255.255.255.0."},
    {"gateway", &type_ipv4, FACET_VSPHERE, 0,
     .doc = "With network: static, the way out of the network."},
    {"cards", &type_items, FACET_VSPHERE, 0, .items = &spec_card_schema,
     .doc = "The network cards of a guest that has several, in the order of its hardware; "
            "instead of network, address, netmask and gateway."},
    {"time_zone", &type_string, FACET_VSPHERE, 0,
     .doc = "Linux: such as Etc/UTC. Windows: such as W. Europe Standard Time, Europe/Berlin, "
            "or 110, its number in Microsoft's list; a new one without it keeps UTC "
            "(Greenwich Standard Time)."},
    {"hw_clock_utc", &type_bool, FACET_VSPHERE, 0,
     .doc = "Linux: the machine's clock runs in UTC, not in local time."},
    {"script", &type_text, FACET_VSPHERE, ATTR_TEXT,
     .doc =
         "Linux: script that runs in each clone before and after its customization, with the "
         "word precustomization or postcustomization; vCenter 7.0 on."},
    {"script_file", &type_name, FACET_NONE, ATTR_FILE, .doc = "File that holds the script."},
    {"dns_servers", &type_strings, FACET_VSPHERE, 0,
     .doc = "DNS servers, in order; of Windows, those of each network card."},
    {"dns_suffixes", &type_strings, FACET_VSPHERE, 0, .doc = "DNS search domains, in order."},
    {"full_name", &type_name, FACET_VSPHERE, 0,
     .doc = "Windows: in whose name it is registered; needed."},
    {"organization", &type_name, FACET_VSPHERE, 0,
     .doc = "Windows: of which organisation; needed."},
    {"product_key", &type_secret, FACET_NONE, ATTR_INPUT | ATTR_SECRET,
     .doc = "Windows: product key. Without it the guest keeps the one of its template."},
    {"administrator_password", &type_secret, FACET_NONE, ATTR_INPUT | ATTR_SECRET,
     .doc = "Windows: password of the local Administrator."},
    {"auto_logon", &type_int, FACET_VSPHERE, 0, .min = 0, .max = 999,
     .doc = "Windows: how many times Administrator is logged on by itself at the start; 0: "
            "never."},
    {"join.workgroup", &type_name, FACET_VSPHERE, 0,
     .doc = "Windows: the workgroup that it is in; a new one without join is in WORKGROUP."},
    {"join.domain", &type_name, FACET_VSPHERE, 0,
     .doc = "Windows: the domain that it joins, instead of a workgroup."},
    {"join.user", &type_name, FACET_VSPHERE, 0,
     .doc = "Who may join it to the domain, such as joiner@lab.local."},
    {"join.password", &type_secret, FACET_NONE, ATTR_INPUT | ATTR_SECRET,
     .doc = "Password of that user."},
    {"password_version", &type_string, FACET_NONE, ATTR_INPUT,
     .doc = "Change it when a password or the product key is another one under the same "
            "reference: they are then written anew."},
    {"run_once", &type_strings, FACET_VSPHERE, 0,
     .doc = "Windows: commands that run when somebody logs on for the first time, in order."},
    {"change_sid", &type_bool, FACET_VSPHERE, 0,
     .doc = "Windows: each clone gets a security identifier of its own; a new specification "
            "without this says true."},
    {"delete_accounts", &type_bool, FACET_VSPHERE, 0,
     .doc = "Windows: remove all user accounts of the template; a new one without this says "
            "false."},
    {"api_version", &type_string, FACET_VSPHERE, ATTR_FACT, .read_by = "",
     .doc = "Version of vCenter's API; read only, for checks."},
};

static bool is_windows(const struct instance *spec)
{
    const char *os = instance_text(spec, "os");
    return os != NULL && strcmp(os, "windows") == 0;
}

/* ---- canonical forms ----------------------------------------------------------------------
 */

/* A script out of a file with lines of Windows runs nowhere: its first line names an
 * interpreter with a carriage return. */
static void derive_script(struct instance *desired, struct arena *arena)
{
    const char *text = instance_text(desired, "script");
    if (text != NULL && strchr(text, '\r') != NULL)
        instance_set(desired, "script", value_unix_lines(arena, text));
}

static void derive_zone(struct instance *desired, struct diags *diags, struct arena *arena)
{
    const char *text = instance_text(desired, "time_zone");
    if (text == NULL || !is_windows(desired))
        return;
    const struct windows_zone *zone = windows_zone_find(text);
    if (zone != NULL) {
        instance_set(desired, "time_zone", value_borrow(arena, zone->name));
        return;
    }
    struct diag *diag = diag_error(diags, instance_attr_pos(desired, "time_zone"),
                                   "\"%.60s\" is no time zone that Windows can be given", text);
    diag->address = desired->address;
    const char *nearest = windows_zone_nearest(text);
    if (nearest != NULL)
        diag_hint(diags, diag, "did you mean \"%s\"?", nearest);
    else
        diag_hint(
            diags, diag,
            "give a name of Windows, or its number in Microsoft's list: %s (%d) keeps UTC "
            "all year",
            windows_zone_at(WINDOWS_ZONE_UTC)->name, WINDOWS_ZONE_UTC);
}

static bool is_written(const struct instance *desired, const char *attr)
{
    int index = schema_find(desired->schema, attr);
    return desired->attr_pos != NULL && desired->attr_pos[index].line != 0;
}

/* Several cards say themselves where their addresses come from; the default for one goes. */
static void derive_cards(struct instance *desired, struct diags *diags)
{
    static const char *const single[] = {"network", "address", "netmask", "gateway"};
    if (!value_is_known(instance_get(desired, "cards")))
        return;
    if (value_count(instance_get(desired, "cards")) == 0) {
        struct diag *diag = diag_error(diags, instance_attr_pos(desired, "cards"),
                                       "cards: there is none in the list");
        diag->address = desired->address;
        diag_hint(diags, diag, "give one item for each network card of the guest");
    }
    for (size_t i = 0; i < ARRAY_LEN(single); i++) {
        if (is_written(desired, single[i])) {
            struct diag *diag = diag_error(diags, instance_attr_pos(desired, single[i]),
                                           "%s is given beside cards; choose one", single[i]);
            diag->address = desired->address;
            diag_hint(diags, diag, "write it at the card that it is about");
        }
        instance_set(desired, single[i], value_absent());
    }
}

static void derive(struct instance *desired, const struct facts *facts, struct diags *diags)
{
    derive_script(desired, facts->arena);
    derive_zone(desired, diags, facts->arena);
    derive_cards(desired, diags);
}

/* ---- secrets ------------------------------------------------------------------------------
 */

static const char *secret_news(const struct instance *desired, const struct instance *prior,
                               struct arena *arena)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
        if ((attrs[i].flags & ATTR_SECRET) == 0 || !value_is_known(desired->attrs[i]))
            continue;
        any = true;
        if (prior == NULL)
            return arena_printf(arena, "nobody can tell its %s: it is written", attrs[i].name);
        if (!attr_equal(&attrs[i], desired->attrs[i], prior->attrs[i]))
            return arena_printf(arena, "%s %s: it is written", attrs[i].name,
                                value_is_known(prior->attrs[i]) ? "has another reference"
                                                                : "is new");
    }
    return any && !value_equal(instance_get(desired, "password_version"),
                               instance_get(prior, "password_version"))
               ? "password_version changes: what it refers to is written anew"
               : NULL;
}

static const char *unfinished(const struct instance *prior, const struct instance *live,
                              const struct facts *facts)
{
    const struct instance *desired = instances_find(facts->desired, live->address);
    return desired == NULL ? NULL : secret_news(desired, prior, facts->arena);
}

/* ---- steps --------------------------------------------------------------------------------
 */

static int refuse_other_os(const struct change *change, struct err *err)
{
    return err_set(err, ERR_DENIED,
                   "it is a specification for %s, and vCenter changes none into one for %s: "
                   "give the new one another name, or remove this one first",
                   instance_text(change->live, "os"), instance_text(change->desired, "os"));
}

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err)
{
    if (change->action == ACTION_DELETE) {
        steps_add(steps, "vsphere", OP_SPEC_DELETE, "delete", EFFECT_DATA_LOSS, NULL);
        return 0;
    }
    if (change->action == ACTION_UPDATE && kinds_changes(change, "os") &&
        instance_text(change->live, "os") != NULL)
        return refuse_other_os(change, err);
    steps_add(steps, "vsphere", OP_SPEC_WRITE,
              change->action == ACTION_CREATE ? "create" : "overwrite",
              change->action == ACTION_CREATE ? EFFECT_CREATE : EFFECT_NONE,
              kinds_args(change->desired, facts->arena));
    return 0;
}

const struct kind kind_customization_spec = {
    .schema = {.kind = "customization_spec",
               .section = "customization_specs",
               .attrs = attrs,
               .n_attrs = ARRAY_LEN(attrs),
               .absent_is_free = true,
               .doc =
                   "How vCenter personalises a clone: name, domain, network; of Windows also "
                   "registration, Administrator, and what it joins. Passwords are references; "
                   "they are written with every change and never read."},
    .derive = derive,
    .unfinished = unfinished,
    .plan_steps = plan_steps,
};
