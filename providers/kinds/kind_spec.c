/* kind_spec.c: customization specifications of vCenter. */
#include "kinds.h"

#include "ops.h"
#include "types.h"

static const char *const os_words[] = {"linux", NULL};
static const char *const network_words[] = {"dhcp", "static", NULL};

static const struct attr attrs[] = {
    {"os", &type_enum, FACET_VSPHERE, ATTR_REQUIRED, .names = os_words,
     .doc = "Family of the guest system."},
    {"hostname", &type_guest_name, FACET_VSPHERE, 0, .default_value = "vm-name",
     .doc = "vm-name: the guest is called like its machine; prefix: a number is appended; "
            "name: always that."},
    {"domain", &type_string, FACET_VSPHERE, ATTR_REQUIRED, .doc = "DNS domain of the guest."},
    {"network", &type_enum, FACET_VSPHERE, 0, .names = network_words, .default_value = "dhcp",
     .doc = "Where the guest's only network card gets its address."},
    {"address", &type_ipv4, FACET_VSPHERE, 0, .doc = "With network: static, the address."},
    {"netmask", &type_ipv4, FACET_VSPHERE, 0,
     .doc = "With network: static, such as 255.255.255.0."},
    {"gateway", &type_ipv4, FACET_VSPHERE, 0,
     .doc = "With network: static, the way out of the network."},
    {"time_zone", &type_string, FACET_VSPHERE, 0, .doc = "Such as Etc/UTC."},
    {"hw_clock_utc", &type_bool, FACET_VSPHERE, 0,
     .doc = "The machine's clock runs in UTC, not in local time."},
    {"script", &type_text, FACET_VSPHERE, ATTR_TEXT,
     .doc = "Script that runs in each clone before and after its customization, with the word "
            "precustomization or postcustomization; vCenter 7.0 on."},
    {"script_file", &type_name, FACET_NONE, ATTR_FILE, .doc = "File that holds the script."},
    {"dns_servers", &type_strings, FACET_VSPHERE, 0, .doc = "DNS servers, in order."},
    {"dns_suffixes", &type_strings, FACET_VSPHERE, 0, .doc = "DNS search domains, in order."},
};

static int plan_steps(const struct change *change, const struct facts *facts,
                      struct step_list *steps, struct err *err UNUSED)
{
    if (change->action == ACTION_DELETE)
        steps_add(steps, "vsphere", OP_SPEC_DELETE, "delete", EFFECT_DATA_LOSS, NULL);
    else
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
               .doc = "How vCenter personalises a clone: name, domain, network."},
    .plan_steps = plan_steps,
};
