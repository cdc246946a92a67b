/* host_graphics.c: the NVIDIA cards of a host and their graphics types (vsphere-api.md §6.2).
 *
 * Configured is what graphicsConfig says of a card, or the host default; active is what
 * graphicsInfo says. A card that is `basic` is claimed by no driver: nothing is in effect that
 * contradicts the configured type, so that alone is reported. A card that is `direct` is
 * passed through to a machine and does not count.
 */
#include "read.h"

#include <string.h>

#include "arena.h"
#include "types.h"
#include "vec.h"

enum { VENDOR_NVIDIA = 0x10de, CLASS_DISPLAY = 0x03 };

/* xsd:short is signed on the wire. */
static unsigned field16(const struct xml_node *device, const char *name)
{
    int32_t value = 0;
    if (xml_i32(xml_child(device, name), &value) < 0)
        return 0;
    return (unsigned)value & 0xffff;
}

size_t host_each_card(const struct xml_node *devices,
                      void (*card)(void *context, const struct xml_node *device), void *context)
{
    size_t n = 0;
    XML_EACH_CHILD(it, devices)
    {
        if (field16(it, "vendorId") != VENDOR_NVIDIA || xml_text_at(it, "id") == NULL ||
            field16(it, "classId") >> 8 != CLASS_DISPLAY)
            continue;
        card(context, it);
        n++;
    }
    return n;
}

static const struct xml_node *find_info(const struct xml_node *info, const char *id)
{
    XML_EACH_CHILD(it, info)
    {
        const char *pci = xml_text_at(it, "pciId");
        if (pci != NULL && strcmp(pci, id) == 0)
            return it;
    }
    return NULL;
}

const char *host_card_active(const struct xml_node *info, const char *id)
{
    return xml_text_at(find_info(info, id), "graphicsType");
}

const char *host_card_configured(const struct xml_node *config, const char *id)
{
    XML_EACH(it, config, "deviceType")
    {
        const char *device = xml_text_at(it, "deviceId");
        if (device != NULL && strcmp(device, id) == 0)
            return xml_text_at(it, "graphicsType");
    }
    return xml_text_at(config, "hostDefaultGraphicsType");
}

unsigned host_card_device(const struct xml_node *device)
{
    return field16(device, "deviceId");
}

/* ---- gpus ---- */

struct gpu_list {
    const struct host_cards *cards;
    struct arena *arena;
    VEC(const struct value *) items;
};

static void add_gpu(void *context, const struct xml_node *device)
{
    struct gpu_list *list = context;
    struct arena *arena = list->arena;
    const char *id = xml_text_at(device, "id"), *name = xml_text_at(device, "deviceName");
    int64_t kib = 0;
    if (xml_i64(xml_child(find_info(list->cards->info, id), "memorySizeInKB"), &kib) < 0 ||
        kib > INT64_MAX / 1024)
        kib = 0;
    const struct xml_node *passthrough = host_passthrough_of(list->cards->passthrough, id);
    const char *with = xml_text_at(passthrough, "dependentDevice");
    bool capable = true;
    if (xml_bool(xml_child(passthrough, "passthruCapable"), &capable) < 0)
        capable = true; /* not said */
    const struct value_field fields[] = {
        {"id", value_string(arena, id)},
        {"name", name == NULL ? value_absent() : value_string(arena, name)},
        {"device", value_int(arena, field16(device, "deviceId"))},
        {"memory", kib <= 0 ? value_absent() : value_int(arena, kib * 1024)},
        {"capable", capable ? value_absent() : value_bool(false)},
        {"with",
         with == NULL || strcmp(with, id) == 0 ? value_absent() : value_string(arena, with)}};
    VEC_PUSH(arena, &list->items, value_map(arena, fields, ARRAY_LEN(fields)));
}

const struct value *host_gpus(const struct host_cards *cards, struct arena *arena)
{
    struct gpu_list list = {.cards = cards, .arena = arena};
    host_each_card(cards->devices, add_gpu, &list);
    return value_list(arena, list.items.items, list.items.n);
}

/* ---- types ---- */

struct card_types {
    const struct xml_node *config, *info;
    const char *now, *next; /* NULL: no card yet */
};

static const char *type_word(const char *type)
{
    if (type != NULL && strcmp(type, "sharedDirect") == 0)
        return "shared_passthru";
    return type;
}

static const char *joined(const char *all, const char *word)
{
    if (all == NULL || word == NULL || strcmp(all, word) == 0)
        return all == NULL ? word : all;
    return "mixed";
}

static void add_types(void *context, const struct xml_node *device)
{
    struct card_types *types = context;
    const char *id = xml_text_at(device, "id");
    const char *active = host_card_active(types->info, id);
    if (active != NULL && strcmp(active, "direct") == 0)
        return;
    const char *configured = type_word(host_card_configured(types->config, id));
    bool claimed = active != NULL && strcmp(active, "basic") != 0;
    types->next = joined(types->next, configured);
    types->now = joined(types->now, claimed ? type_word(active) : configured);
}

const struct value *host_card_graphics(const struct xml_node *devices,
                                       const struct xml_node *config,
                                       const struct xml_node *info, struct arena *arena)
{
    struct card_types types = {.config = config, .info = info};
    host_each_card(devices, add_types, &types);
    if (types.now == NULL || types.next == NULL)
        return value_absent();
    return pending_make(arena, types.now, types.next);
}
