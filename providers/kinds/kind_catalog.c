/* kind_catalog.c: services of the catalogue, and who may use them. */
#include "kinds.h"

#include "ops.h"
#include "types.h"

static const struct attr service_attrs[] = {
    {"existing", &type_bool, FACET_NONE, ATTR_INPUT, .default_value = "false",
     .doc = "true: the service is shared with others; it is referred to and never changed."},
    {"description", &type_string, FACET_VRA, 0, .doc = "Shown in the catalogue."},
    {"active", &type_bool, FACET_VRA, ATTR_DERIVED, .default_value = "true",
     .doc = "The service is active."},
};

static const struct attr entitlement_attrs[] = {
    {"description", &type_string, FACET_VRA, 0, .doc = "For administrators."},
    {"business_group", &type_name, FACET_VRA, ATTR_REQUIRED,
     .doc = "Business group whose members are entitled; it cannot change."},
    {"services", &type_strings, FACET_VRA, ATTR_SET, .ref = "catalog_services",
     .doc = "Services whose items may be requested."},
    {"items", &type_strings, FACET_VRA, ATTR_SET, .ref = "blueprints",
     .doc = "Single blueprints that may be requested."},
    {"to", &type_principals, FACET_VRA, ATTR_SET | ATTR_REQUIRED,
     .doc = "Users and groups: {user: name@domain} or {group: name@domain}."},
    {"active", &type_bool, FACET_VRA, ATTR_DERIVED, .default_value = "true",
     .doc = "The entitlement is in force."},
};

static bool service_is_reference(const struct instance *desired)
{
    return value_is_true(instance_get(desired, "existing"));
}

static int service_steps(const struct change *change, const struct facts *facts,
                         struct step_list *steps, struct err *err UNUSED)
{
    if (change->action == ACTION_DELETE)
        steps_add(steps, "vra", OP_SERVICE_DELETE, "delete", EFFECT_DATA_LOSS | EFFECT_SERVICE,
                  NULL);
    else
        steps_add(steps, "vra", OP_SERVICE_WRITE,
                  change->action == ACTION_CREATE ? "create" : "overwrite",
                  change->action == ACTION_CREATE ? EFFECT_CREATE : EFFECT_NONE,
                  kinds_args(change->desired, facts->arena));
    return 0;
}

static int entitlement_steps(const struct change *change, const struct facts *facts,
                             struct step_list *steps, struct err *err UNUSED)
{
    bool moved = change->action == ACTION_UPDATE && kinds_changes(change, "business_group");
    if (change->action == ACTION_DELETE || moved)
        steps_add(steps, "vra", OP_ENTITLEMENT_DELETE, "delete",
                  EFFECT_DATA_LOSS | EFFECT_SERVICE, NULL);
    if (change->action == ACTION_DELETE)
        return 0;
    bool create = change->action == ACTION_CREATE || moved;
    steps_add(steps, "vra", OP_ENTITLEMENT_WRITE, create ? "create" : "overwrite",
              create ? EFFECT_CREATE : EFFECT_NONE, kinds_args(change->desired, facts->arena));
    return 0;
}

const struct kind kind_catalog_service = {
    .schema = {.kind = "catalog_service",
               .section = "catalog_services",
               .attrs = service_attrs,
               .n_attrs = ARRAY_LEN(service_attrs),
               .doc = "A heading of the catalogue that items stand under."},
    .plan_steps = service_steps,
    .is_reference = service_is_reference,
    .create_reads_ms = 30000,
};

const struct kind kind_entitlement = {
    .schema = {.kind = "entitlement",
               .section = "entitlements",
               .attrs = entitlement_attrs,
               .n_attrs = ARRAY_LEN(entitlement_attrs),
               .doc = "Who may request which services and items."},
    .plan_steps = entitlement_steps,
    .create_reads_ms = 30000,
};
