/* rules.c: the table of rules, and what they share. */
#include "rules.h"

#include <stdarg.h>
#include <string.h>

#include "map.h"
#include "strbuf.h"

const struct rule all_rules[] = {
    {"GF001", DIAG_ERROR, "The vCPUs of all vGPU slots of a host fit its physical cores",
     "Hyper-threads do not count: a machine's vCPUs are the cores of a host divided by its "
     "slots.",
     rule_cpu_fits, WAIVABLE},
    {"GF002", DIAG_ERROR, "The memory of all vGPU slots of a host fits the host",
     "Machines with a vGPU reserve all of their memory.", rule_memory_fits, WAIVABLE},
    {"GF003", DIAG_ERROR, "One request asks for no more machines than the pool has slots",
     "instances.max is the most that a user can request at once.", rule_instances_fit,
     WAIVABLE},
    {"GF004", DIAG_WARNING, "The reservations promise no more machines than there are slots",
     "A machine beyond the last slot fails when it is powered on.", rule_quota_fits, WAIVABLE},
    {"GF005", DIAG_ERROR, "A vGPU profile exists",
     "Profile names are those of vSphere: lower case, as in grid_p100-4q.", rule_profile_known,
     FIRM},
    {"GF006", DIAG_ERROR, "The cards of a pool offer the profile that is wanted of them",
     "By the catalogue while the driver is absent, by the card afterwards.",
     rule_profile_offered, WAIVABLE},
    {"GF007", DIAG_ERROR, "ECC is off where the driver needs it off",
     "vGPU on drivers below branch 430 does not start with ECC on.", rule_ecc_off, WAIVABLE},
    {"GF008", DIAG_ERROR, "A template with a vGPU is cloned in full",
     "Linked clones need a snapshot, which a machine with a vGPU cannot give.", rule_full_clone,
     FIRM},
    {"GF009", DIAG_ERROR, "The memory of a machine with a vGPU is a single size",
     "All of it is reserved, and the reservation is one number.", rule_memory_fixed, FIRM},
    {"GF010", DIAG_ERROR, "A template has the profile that its pool is set up for",
     "All vGPUs on one physical GPU are of one profile.", rule_one_profile, WAIVABLE},
    {"GF011", DIAG_WARNING, "The hosts of a pool are alike",
     "Sizing takes the smallest; a pool of different hosts wastes the others.",
     rule_hosts_alike, WAIVABLE},
    {"GF012", DIAG_WARNING, "Certificates and host keys are verified",
     "verify: false lets anybody on the way read the password.", rule_tls_verified, FIRM},
    {"GF013", DIAG_ERROR, "Static addresses come from a network profile",
     "vRA takes the addresses out of the profile's ranges.", rule_static_has_profile, FIRM},
    {"GF014", DIAG_ERROR, "No blueprint stands on a template with fixed passthrough devices",
     "vRA 7 would place every clone on the one host, and the one set of cards, of its "
     "template.",
     rule_not_pinned, FIRM},
    {"GF015", DIAG_ERROR, "A mode has the attributes of its method",
     "A vGPU needs a profile and a host driver; DirectPath needs a device and knows neither.",
     rule_method_attributes, FIRM},
    {"GF016", DIAG_ERROR, "vCPUs fill whole virtual sockets",
     "vSphere refuses a number of vCPUs that is no multiple of the cores per socket.",
     rule_whole_sockets, FIRM},
    {"GF017", DIAG_ERROR, "The hosts of a pool have the cards that are to be passed through",
     "The host says which devices are capable of it; dynamic devices came with vSphere 7.0.",
     rule_cards_passed, WAIVABLE},
    {"GF018", DIAG_ERROR,
     "64-bit MMIO is large enough to be asked for, and the guest boots EFI",
     "Large BARs lie above 4 GiB, where only a guest that was installed with EFI maps them.",
     rule_mmio, WAIVABLE},
    {"GF020", DIAG_ERROR, "A guest has an address exactly when its network is static",
     "Static needs address and netmask; with dhcp, neither they nor a gateway mean anything.",
     rule_address_complete, FIRM},
    {"GF021", DIAG_ERROR, "The netmask of a guest is one, and its gateway is within reach",
     "A netmask is ones and then zeros; the gateway is in the network of the address.",
     rule_address_fits, FIRM},
    {"GF022", DIAG_ERROR, "A specification says what its guest system takes",
     "Linux needs a domain, Windows a full name and an organisation; a script is for Linux, and "
     "registration, Administrator and joining are for Windows.",
     rule_system_attributes, FIRM},
    {"GF023", DIAG_ERROR, "A Windows guest can be called so, and can join and log on",
     "Names have at most 15 characters and are no number; a domain is joined by a user with a "
     "password, and logging on by itself takes the password of Administrator.",
     rule_windows_identity, FIRM},
    {"GF024", DIAG_ERROR, "The vCenter takes scripts in customization specifications",
     "They came with vCenter 7.0; before it, a software component or the template's guest is "
     "where a script runs.",
     rule_script_supported, FIRM},
    {"GF025", DIAG_WARNING, "The BIOS leaves power management to the host",
     "While the BIOS keeps the P-states, power_policy does nothing: the host cannot raise the "
     "clock of a CPU that feeds a GPU.",
     rule_bios_power, WAIVABLE},
    {"GF026", DIAG_WARNING, "A host shows a NUMA node for each of its CPU sockets",
     "Node interleaving hides which memory is near: the scheduler can place no machine beside "
     "its memory and its GPU.",
     rule_numa_visible, WAIVABLE},
    {"GF027", DIAG_WARNING, "Hyper-threading is on",
     "Sizing counts physical cores; their second threads are what the host itself and the "
     "other "
     "side of a GPU's transfers run on.",
     rule_hyperthreading, WAIVABLE},
};

const size_t all_rules_count = ARRAY_LEN(all_rules);

/* ---- waivers --------------------------------------------------------------------------------
 */

static const struct rule *rule_by_id(const char *id)
{
    for (size_t i = 0; i < all_rules_count; i++)
        if (strcmp(all_rules[i].id, id) == 0)
            return &all_rules[i];
    return NULL;
}

static void check_waivers(const struct instance *instance, struct diags *diags)
{
    const struct value *list = instance->lifecycle == NULL ? NULL : instance->lifecycle->waive;
    for (size_t i = 0; i < value_count(list); i++) {
        const char *id = value_get_text(value_at(list, i), "rule");
        const struct rule *rule = rule_by_id(id);
        if (rule != NULL && rule->force != FIRM)
            continue;
        struct diag *diag =
            diag_error(diags, instance->lifecycle->waive_pos,
                       rule == NULL ? "waive: there is no rule \"%.40s\""
                                    : "waive: %.40s cannot be waived: nothing would come of it",
                       id);
        diag->address = instance->address;
        diag_hint(diags, diag, "gridform explain %s", rule == NULL ? "lists the rules" : id);
    }
}

/* Marks the finding by the waiver that the object has for its rule. */
static void waive(const struct rules_context *context, const struct instance *who,
                  struct diag *diag)
{
    const struct value *list =
        who == NULL || who->lifecycle == NULL ? NULL : who->lifecycle->waive;
    for (size_t i = 0; i < value_count(list) && context->rule->force != FIRM; i++) {
        const struct value *waiver = value_at(list, i);
        if (strcmp(value_get_text(waiver, "rule"), context->rule->id) != 0)
            continue;
        diag->waived_until = value_get_text(waiver, "until");
        if (diag->waived_until == NULL || context->in->today == NULL ||
            strcmp(context->in->today, diag->waived_until) <= 0) {
            diag->waiver = value_get_text(waiver, "reason");
            diag->severity = DIAG_NOTE;
            return;
        }
    }
}

/* ---- running --------------------------------------------------------------------------------
 */

size_t rules_check(const struct rules_input *input, struct diags *diags)
{
    size_t before = diags_count(diags, DIAG_ERROR);
    struct map rooms;
    map_init(&rooms);
    for (size_t i = 0; i < input->facts->desired->n; i++)
        check_waivers(input->facts->desired->items[i], diags);
    for (size_t i = 0; i < all_rules_count; i++) {
        struct rules_context context = {input, diags, &all_rules[i], &rooms};
        all_rules[i].check(&context);
    }
    map_release(&rooms);
    return diags_count(diags, DIAG_ERROR) - before;
}

struct diag *rule_found(struct rules_context *context, struct pos pos,
                        const struct instance *who, const char *format, ...)
{
    struct strbuf text;
    strbuf_init(&text, 2000);
    va_list args;
    va_start(args, format);
    strbuf_addv(&text, format, args);
    va_end(args);
    struct diag *diag =
        diag_add(context->diags, context->rule->severity, pos, "%s", strbuf_str(&text));
    strbuf_release(&text);
    diag->rule = context->rule->id;
    diag->address = who == NULL ? NULL : who->address;
    waive(context, who, diag);
    return diag;
}

void rules_each(struct rules_context *context, const char *kind,
                void (*visit)(struct rules_context *context, const struct instance *instance))
{
    const struct instances *desired = context->in->facts->desired;
    for (size_t i = 0; i < desired->n; i++)
        if (strcmp(desired->items[i]->schema->kind, kind) == 0)
            visit(context, desired->items[i]);
}
