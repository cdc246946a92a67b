/* world_vra_load.c: the `vra:` section of a world: business groups, prefixes, policies,
 * profiles and reservations, in the form that the API shows (vra7-api.md §6.5, §8). */
#include "world_vra.h"

#include <string.h>

#include "num.h"

#define VSPHERE_RESERVATION "Infrastructure.Reservation.Virtual.vSphere"
#define COMPUTE_POLICY "Infrastructure.Reservation.Policy.ComputeResource"

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* YAML may have been read with or without types. */
static int64_t number_of(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    int64_t number;
    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_string(value) && num_i64(json_string_value(value), &number) == 0)
        return number;
    return otherwise;
}

static int64_t bytes_of(const json_t *object, const char *key)
{
    const char *text = text_of(object, key);
    int64_t bytes;
    return text != NULL && num_size(text, &bytes) == 0 ? bytes : 0;
}

/* An element of a list is its name, or an object with `name`. */
static const char *name_of(const json_t *element)
{
    return json_is_string(element) ? json_string_value(element) : text_of(element, "name");
}

static const char *id_by_name(const struct vra_list *list, const char *name)
{
    const struct vra_object *object = name != NULL ? vra_list_by(list, "name", name) : NULL;
    return object != NULL ? object->id : NULL;
}

static json_t *string_literal(const char *value)
{
    return json_pack("{s:s, s:s}", "type", "string", "value", value);
}

static json_t *integer_literal(int64_t value)
{
    return json_pack("{s:s, s:I}", "type", "integer", "value", (json_int_t)value);
}

static json_t *reference_literal(const char *class, const char *name)
{
    char guid[37];
    vra_guid_of(class, name, guid);
    return json_pack("{s:s, s:n, s:s, s:s, s:s}", "type", "entityRef", "componentId", "classId",
                     class, "id", guid, "label", name);
}

static json_t *complex_literal(const char *class, json_t *entries)
{
    return json_pack("{s:s, s:s, s:n, s:s, s:n, s:{s:o}}", "type", "complex", "componentTypeId",
                     "com.vmware.csp.iaas.blueprint.service", "componentId", "classId", class,
                     "typeFilter", "values", "entries", entries);
}

static void entry_add(json_t *entries, const char *key, json_t *value)
{
    json_array_append_new(entries, json_pack("{s:s, s:o}", "key", key, "value", value));
}

static json_t *one_of(json_t *item)
{
    return json_pack("{s:s, s:s, s:[o]}", "type", "multiple", "elementTypeId", "COMPLEX",
                     "items", item);
}

/* ---- one function an element ------------------------------------------------------------ */

static void load_prefix(struct world *world, const json_t *element, const char *id)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:I, s:I}", "id", id, "tenantId",
                             world->vra.tenant, "name", name_of(element), "machineNumberLength",
                             (json_int_t)number_of(element, "digits", 3), "nextMachineNo",
                             (json_int_t)number_of(element, "next", 1));
    vra_list_add(world, &world->vra.machine_prefixes, id, body, 0);
}

static void load_group(struct world *world, const json_t *element, const char *id)
{
    const char *prefix = id_by_name(&world->vra.machine_prefixes, text_of(element, "prefix"));
    json_t *entries = json_array();
    if (prefix != NULL)
        entry_add(entries, "iaas-machine-prefix", string_literal(prefix));
    entry_add(entries, "iaas-manager-emails", string_literal("managers@lab.local"));
    entry_add(entries, "iaas-ad-container", string_literal(""));
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:n, s:s, s:{s:o}}", "@type", "Subtenant", "id", id,
                  "name", name_of(element), "description", "", "subtenantRoles", "tenant",
                  world->vra.tenant, "extensionData", "entries", entries);
    vra_list_add(world, &world->vra.business_groups, id, body, 0);
}

static void load_policy(struct world *world, const json_t *element, const char *id)
{
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:i}", "id", id, "name", name_of(element),
                  "description", "", "reservationPolicyTypeId", COMPUTE_POLICY, "version", 0);
    vra_list_add(world, &world->vra.reservation_policies, id, body, 0);
}

static void load_profile(struct world *world, const json_t *element, const char *id)
{
    const char *begin = text_of(element, "begin"), *end = text_of(element, "end");
    json_t *ranges = json_array();
    if (begin != NULL && end != NULL)
        json_array_append_new(ranges,
                              json_pack("{s:s, s:s, s:s, s:s, s:[]}", "name", "range-1",
                                        "beginIPv4Address", begin, "endIPv4Address", end,
                                        "state", "UNALLOCATED", "definedAddresses"));
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:n, s:s?, s:o}", "@type",
                  "ExternalNetworkProfile", "id", id, "name", name_of(element), "description",
                  "", "profileType", "EXTERNAL", "subnetMask", "255.255.255.0",
                  "gatewayAddress", text_of(element, "gateway"), "primaryDnsAddress",
                  text_of(element, "dns"), "secondaryDnsAddress", "dnsSuffix",
                  text_of(element, "dns_suffix"), "definedRanges", ranges);
    vra_list_add(world, &world->vra.network_profiles, id, body, 0);
}

static json_t *reservation_memory(int64_t bytes)
{
    json_t *entries = json_array();
    int64_t mb = bytes >> 20;
    entry_add(entries, "computeResourceMemoryTotalSizeMB", integer_literal(mb));
    entry_add(entries, "computeResourceMemoryReservedTotalSizeMB", integer_literal(mb));
    entry_add(entries, "computeResourceMemoryAllocatedTotalSizeMB", integer_literal(0));
    entry_add(entries, "memoryReservedSizeMb", integer_literal(mb));
    return complex_literal("Infrastructure.Reservation.Memory", entries);
}

static json_t *reservation_storage(int64_t bytes, const char *datastore)
{
    json_t *entries = json_array();
    int64_t gb = bytes >> 30;
    entry_add(entries, "storagePath", reference_literal("Storage", datastore));
    entry_add(entries, "storageReservedSizeGB", integer_literal(gb));
    entry_add(entries, "storageAllocatedSizeGB", integer_literal(0));
    entry_add(entries, "storageReservationPriority", integer_literal(0));
    entry_add(entries, "computeResourceStorageTotalSizeGB", integer_literal(gb));
    entry_add(entries, "computeResourceStorageReservedSizeGB", integer_literal(gb));
    entry_add(entries, "computeResourceStorageFreeSizeGB", integer_literal(gb));
    return one_of(complex_literal("Infrastructure.Reservation.Storage", entries));
}

static json_t *reservation_network(const char *network, const char *profile)
{
    json_t *entries = json_array();
    entry_add(entries, "networkPath", reference_literal("Network", network));
    if (profile != NULL)
        entry_add(entries, "networkProfile", reference_literal("network-profile", profile));
    return one_of(complex_literal("Infrastructure.Reservation.Network", entries));
}

static json_t *reservation_extension(const struct world *world, const json_t *element)
{
    const char *cluster = text_of(element, "cluster");
    const char *network = text_of(element, "network");
    const char *datastore = text_of(element, "datastore");
    if (datastore == NULL && world->datastores.n > 0)
        datastore = world->datastores.items[0].name;
    json_t *entries = json_array();
    entry_add(entries, "reservationMemory", reservation_memory(bytes_of(element, "memory")));
    if (datastore != NULL)
        entry_add(entries, "reservationStorages",
                  reservation_storage(bytes_of(element, "storage"), datastore));
    if (cluster != NULL)
        entry_add(entries, "computeResource", reference_literal("ComputeResource", cluster));
    if (network != NULL)
        entry_add(entries, "reservationNetworks",
                  reservation_network(network, text_of(element, "network_profile")));
    entry_add(entries, "machineQuota", integer_literal(number_of(element, "machine_quota", 0)));
    return json_pack("{s:o}", "entries", entries);
}

static void load_reservation(struct world *world, const json_t *element, const char *id)
{
    struct vra *vra = &world->vra;
    char *now = vra_time(world, world_now(world));
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s?, s:b, s:I, s:s?, s:n, s:i, s:s, s:s, s:o}", "id", id, "name",
        name_of(element), "reservationTypeId", VSPHERE_RESERVATION, "tenantId", vra->tenant,
        "subTenantId", id_by_name(&vra->business_groups, text_of(element, "business_group")),
        "enabled", 1, "priority", (json_int_t)number_of(element, "priority", 1),
        "reservationPolicyId",
        id_by_name(&vra->reservation_policies, text_of(element, "policy")), "alertPolicy",
        "version", 0, "createdDate", now, "lastUpdated", now, "extensionData",
        reservation_extension(world, element));
    vra_list_add(world, &vra->reservations, id, body, 0);
}

/* The order matters: groups name prefixes, reservations name groups and policies. */
static const struct {
    const char *key, *kind;
    void (*load)(struct world *world, const json_t *element, const char *id);
} sections[] = {
    {"machine_prefixes", "machine-prefix", load_prefix},
    {"business_groups", "business-group", load_group},
    {"reservation_policies", "reservation-policy", load_policy},
    {"network_profiles", "network-profile", load_profile},
    {"reservations", "reservation", load_reservation},
};

/* ---- the section ------------------------------------------------------------------------ */

static bool has_accounts(const struct world *world)
{
    VEC_EACH (struct account, account, world->accounts) {
        if (strcmp(account->system, "vra") == 0)
            return true;
    }
    return false;
}

static void load_accounts(struct world *world, const json_t *accounts)
{
    size_t i;
    json_t *element;
    json_array_foreach(accounts, i, element)
    {
        const char *username = text_of(element, "username");
        const char *password = text_of(element, "password");
        const json_t *no_role = json_object_get(element, "no_role");
        struct account account = {
            .system = world_strdup(world, "vra"),
            .username = world_strdup(world, username != NULL ? username : ""),
            .password = world_strdup(world, password != NULL ? password : ""),
            .tenant = world_strdup(world, world->vra.tenant),
            .no_role =
                json_is_true(no_role) ||
                (json_is_string(no_role) && strcmp(json_string_value(no_role), "true") == 0),
        };
        VEC_PUSH(world->arena, &world->accounts, account);
    }
}

static int load_list(struct world *world, const json_t *vra, size_t section, struct err *err)
{
    size_t i;
    json_t *element;
    json_array_foreach(json_object_get(vra, sections[section].key), i, element)
    {
        const char *name = name_of(element);
        char guid[37];
        if (name == NULL)
            return err_set(err, ERR_INVALID, "vra: %s: element %zu has no name",
                           sections[section].key, i);
        vra_guid_of(sections[section].kind, name, guid);
        sections[section].load(world, element, guid);
    }
    return 0;
}

static void load_principals(struct world *world, const json_t *section)
{
    world->vra.principals = json_object();
    for (size_t i = 0; i < 2; i++) {
        const char *key = i == 0 ? "users" : "groups";
        json_t *names = json_object_get(section, key);
        if (json_is_array(names))
            json_object_set_new(world->vra.principals, key, json_deep_copy(names));
    }
}

int vra_world_load(struct world *world, const json_t *vra_section, struct err *err)
{
    struct vra *vra = &world->vra;
    const char *version = text_of(vra_section, "version");
    const char *tenant = text_of(vra_section, "tenant");
    vra->version = world_strdup(world, version != NULL ? version : "7.3.0");
    vra->tenant = world_strdup(world, tenant != NULL ? tenant : "vsphere.local");
    const json_t *switches = json_object_get(vra_section, "switches");
    vra->switches = json_is_object(switches) ? json_deep_copy(switches) : json_object();
    load_principals(world, vra_section);
    if (!has_accounts(world))
        load_accounts(world, json_object_get(vra_section, "accounts"));
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (load_list(world, vra_section, i, err) < 0)
            return -1;
    }
    world_vra_collect(world);
    return 0;
}
