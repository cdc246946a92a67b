/* infra.c: what vRA has beneath it, read only: reservations, policies, prefixes, templates,
 * network profiles, and the empty property dictionary (vra7-api.md §8). */
#include "vra7.h"

#include <arpa/inet.h>
#include <string.h>

#define MAX_ADDRESSES 4096

/* ---- reservations ----------------------------------------------------------------------- */

/* The list leaves the extension data out: whoever needs it reads the single object. */
static json_t *reservation_info(struct vra7_request *request UNUSED, const json_t *body)
{
    json_t *info = json_deep_copy(body);
    json_object_set_new(info, "extensionData", json_pack("{s:[]}", "entries"));
    return info;
}

static void reservations_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply,
               list_shown(request, &request->world->vra.reservations, reservation_info));
}

static void reservation_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, &request->world->vra.reservations, NULL);
}

static void policies_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply,
               list_shown(request, &request->world->vra.reservation_policies, NULL));
}

static void policy_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, &request->world->vra.reservation_policies, NULL);
}

static void compute_resources(struct vra7_request *request, struct vra7_reply *reply)
{
    json_t *values = json_array();
    VEC_EACH (struct cluster, cluster, request->world->clusters) {
        char guid[37];
        vra_guid_of("ComputeResource", cluster->name, guid);
        json_array_append_new(
            values, json_pack("{s:s, s:{s:s, s:n, s:s, s:s, s:s}}", "label", cluster->name,
                              "underlyingValue", "type", "entityRef", "componentId", "classId",
                              "ComputeResource", "id", guid, "label", cluster->name));
    }
    reply_json(reply, 200, json_pack("{s:o}", "values", values));
}

/* ---- prefixes and templates ------------------------------------------------------------- */

static void prefixes_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply,
               list_shown(request, &request->world->vra.machine_prefixes, NULL));
}

static void prefix_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, &request->world->vra.machine_prefixes, NULL);
}

static void machines_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const char *platform = query_value(request, "platformTypeId");
    const json_t *all = request->world->vra.source_machines;
    if (platform != NULL && strcmp(platform, VRA_MACHINE_TYPE) != 0)
        reply_page(request, reply, json_array());
    else
        reply_page(request, reply, all != NULL ? json_deep_copy(all) : json_array());
}

static void machine_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const json_t *machine = vra_source_machine(request->world, request->args[0]);
    if (machine == NULL)
        reply_empty(reply, 404);
    else
        reply_json(reply, 200, json_deep_copy(machine));
}

/* ---- network profiles ------------------------------------------------------------------- */

static void profiles_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply,
               list_shown(request, &request->world->vra.network_profiles, NULL));
}

static void profile_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_object(request, reply, &request->world->vra.network_profiles, NULL);
}

static bool address_of(const json_t *range, const char *key, uint32_t *ret)
{
    struct in_addr address;
    const char *text = text_member(range, key);
    if (text == NULL || inet_pton(AF_INET, text, &address) != 1)
        return false;
    *ret = ntohl(address.s_addr);
    return true;
}

static void add_addresses(json_t *all, const json_t *range)
{
    uint32_t first, last;
    if (!address_of(range, "beginIPv4Address", &first) ||
        !address_of(range, "endIPv4Address", &last))
        return;
    for (uint64_t i = first; i <= last && json_array_size(all) < MAX_ADDRESSES; i++) {
        struct in_addr address = {.s_addr = htonl((uint32_t)i)};
        char text[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &address, text, sizeof(text));
        json_array_append_new(all, json_pack("{s:s, s:s, s:n}", "state", "UNALLOCATED",
                                             "IPv4Address", text, "virtualMachineName"));
    }
}

static void addresses_get(struct vra7_request *request, struct vra7_reply *reply)
{
    const struct vra_object *profile =
        vra_list_find(&request->world->vra.network_profiles, request->args[0]);
    json_t *all = json_array(), *range;
    size_t i;
    if (profile == NULL) {
        json_decref(all);
        reply_empty(reply, 404);
        return;
    }
    json_array_foreach(json_object_get(profile->body, "definedRanges"), i, range)
        add_addresses(all, range);
    reply_page(request, reply, all);
}

/* ---- property dictionary ---------------------------------------------------------------- */

static void nothing_get(struct vra7_request *request, struct vra7_reply *reply)
{
    reply_page(request, reply, json_array());
}

static void absent_get(struct vra7_request *request UNUSED, struct vra7_reply *reply)
{
    reply_empty(reply, 404);
}

#define RESERVATION "/reservation-service/api"
#define SCHEMA RESERVATION "/data-service/schema/Infrastructure.Reservation.Virtual.vSphere"
#define IAAS "/iaas-proxy-provider/api"
#define PROPERTIES "/properties-service/api"

const struct vra7_route vra7_infra_routes[] = {
    {"GET", RESERVATION "/reservations", reservations_get, 0},
    {"GET", RESERVATION "/reservations/policies", policies_get, 0},
    {"GET", RESERVATION "/reservations/policies/{id}", policy_get, 0},
    {"GET", RESERVATION "/reservations/{id}", reservation_get, 0},
    {"POST", SCHEMA "/default/computeResource/values", compute_resources, ROUTE_READ},
    {"GET", IAAS "/machine-prefixes", prefixes_get, 0},
    {"GET", IAAS "/machine-prefixes/{id}", prefix_get, 0},
    {"GET", IAAS "/source-machines", machines_get, 0},
    {"GET", IAAS "/source-machines/{id}", machine_get, 0},
    {"GET", IAAS "/network/profiles", profiles_get, 0},
    {"GET", IAAS "/network/profiles/{id}", profile_get, 0},
    {"GET", IAAS "/network/profiles/addresses/{id}", addresses_get, 0},
    {"GET", PROPERTIES "/propertydefinitions", nothing_get, 0},
    {"GET", PROPERTIES "/propertydefinitions/{id}", absent_get, 0},
    {"GET", PROPERTIES "/propertygroups", nothing_get, 0},
    {"GET", PROPERTIES "/propertygroups/{id}", absent_get, 0},
    {NULL, NULL, NULL, 0},
};
