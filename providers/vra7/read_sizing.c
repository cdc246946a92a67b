/* read_sizing.c: what the reservations allow a blueprint's machines (vra7-api.md §8.1, §8.2):
 * those that are enabled and, when the blueprint names a reservation policy, in that policy. */
#include "vra7.h"

#include <string.h>

#define MIB ((int64_t)1 << 20)

struct sizing {
    int64_t quota, memory; /* sums */
    size_t n;
    bool unlimited;
};

static const json_t *extension(const json_t *reservation, const char *key)
{
    return json_object_get(vra_find(vra_at(reservation, "extensionData.entries"), "key", key),
                           "value");
}

static void add_reservation(struct sizing *sizing, const json_t *reservation)
{
    int64_t quota =
        json_integer_value(json_object_get(extension(reservation, "machineQuota"), "value"));
    const json_t *memory =
        vra_find(vra_at(extension(reservation, "reservationMemory"), "values.entries"), "key",
                 "memoryReservedSizeMb");
    int64_t megabytes = json_integer_value(vra_at(memory, "value.value"));
    sizing->n++;
    if (quota <= 0)
        sizing->unlimited = true;
    else if (quota < INT32_MAX)
        sizing->quota += quota;
    if (megabytes > 0 && megabytes < INT32_MAX)
        sizing->memory += megabytes * MIB;
}

/* The list may show less than the single object (§8.1). */
static int take_reservation(struct reader *reader, struct sizing *sizing, const json_t *listed,
                            struct err *err)
{
    if (json_array_size(vra_at(listed, "extensionData.entries")) > 0 ||
        vra_text(listed, "id") == NULL) {
        add_reservation(sizing, listed);
        return 0;
    }
    const char *path = vra_path(reader->arena, VRA_RESERVATIONS, vra_text(listed, "id"), "");
    json_auto_t *whole = NULL;
    if (vra_get(reader->session, path, &whole, err) < 0)
        return -1;
    if (whole != NULL)
        add_reservation(sizing, whole);
    return 0;
}

static bool matters(const json_t *reservation, const char *policy)
{
    const char *type = vra_text(reservation, "reservationTypeId");
    const char *of = vra_text(reservation, "reservationPolicyId");
    return !json_is_false(json_object_get(reservation, "enabled")) &&
           (type == NULL || strcmp(type, "Infrastructure.Reservation.Virtual.vSphere") == 0) &&
           (policy == NULL || (of != NULL && strcmp(of, policy) == 0));
}

static int sum(struct reader *reader, const char *policy_name, struct sizing *sizing,
               struct err *err)
{
    const char *policy = NULL;
    if (policy_name != NULL) {
        const json_t *policies = reader_list(reader, LIST_POLICIES, err);
        if (policies == NULL)
            return -1;
        policy = vra_text(vra_find(policies, "name", policy_name), "id");
        if (policy == NULL)
            return err_set(err, ERR_NOT_FOUND, "vRA has no reservation policy \"%s\"",
                           policy_name);
    }
    const json_t *reservations = reader_list(reader, LIST_RESERVATIONS, err);
    if (reservations == NULL)
        return -1;
    size_t i;
    json_t *each;
    json_array_foreach(reservations, i, each)
    {
        if (matters(each, policy) && take_reservation(reader, sizing, each, err) < 0)
            return -1;
    }
    return 0;
}

void vra_read_sizing(struct reader *reader, const struct read_item *item)
{
    struct sizing sizing = {0};
    struct err cause = {0};
    struct instance *live = item->live;
    if (sum(reader, instance_text(item->wanted, "machine.reservation_policy"), &sizing,
            &cause) < 0) {
        const struct value *why = value_unreadable(reader->arena, "%s", cause.message);
        instance_set(live, "machine_quota", why);
        instance_set(live, "reserved_memory", why);
        return;
    }
    if (sizing.n > 0 && !sizing.unlimited)
        instance_set(live, "machine_quota", value_int(reader->arena, sizing.quota));
    if (sizing.memory > 0)
        instance_set(live, "reserved_memory", value_int(reader->arena, sizing.memory));
}
