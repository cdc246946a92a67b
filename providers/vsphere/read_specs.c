/* read_specs.c: customization specifications (vsphere-api.md §10): decoding and the mark. */
#include "read.h"

#include <string.h>

#include "arena.h"
#include "spec_mark.h"
#include "types.h"
#include "vec.h"

/* ---- decoding ---- */

static const char *word_of(const char *type, const char *const (*words)[2], size_t n)
{
    for (size_t i = 0; type != NULL && i < n; i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

/* As the manifest says it; a word for what the manifest cannot say. */
static const struct value *host_name_of(const struct xml_node *identity, struct arena *arena)
{
    static const char *const words[][2] = {{"CustomizationVirtualMachineName", "vm-name"},
                                           {"CustomizationUnknownName", "ask"}};
    const struct xml_node *name = xml_child(identity, "hostName");
    const bool fixed = name != NULL && xml_is_type(name, "CustomizationFixedName");
    const char *text = xml_text_at(name, fixed ? "name" : "base");
    if (name == NULL || name->type == NULL)
        return value_absent();
    if (!fixed && !xml_is_type(name, "CustomizationPrefixName"))
        return value_string(arena, word_of(name->type, words, ARRAY_LEN(words)));
    const struct value_field field = {fixed ? "name" : "prefix",
                                      value_string(arena, text == NULL ? "" : text)};
    return value_map(arena, &field, 1);
}

static const char *network_word(const struct xml_node *spec, struct arena *arena)
{
    static const char *const words[][2] = {{"CustomizationDhcpIpGenerator", "dhcp"},
                                           {"CustomizationFixedIp", "static"},
                                           {"CustomizationUnknownIpGenerator", "ask"}};
    size_t n = xml_count(spec, "nicSettingMap");
    const struct xml_node *ip = xml_path(spec, "nicSettingMap/adapter/ip");
    if (n != 1)
        return arena_printf(arena, "%zu network cards", n);
    return ip == NULL ? NULL : word_of(ip->type, words, ARRAY_LEN(words));
}

static const struct value *list_of(const struct xml_node *node, const char *name,
                                   struct arena *arena)
{
    VEC(const struct value *) list = {0};
    XML_EACH(it, node, name)
    VEC_PUSH(arena, &list, value_string(arena, it->text));
    return value_list(arena, list.items, list.n);
}

static void set_text(struct instance *live, const char *attr, const char *text,
                     struct arena *arena)
{
    if (text != NULL)
        instance_set(live, attr, value_string(arena, text));
}

/* Several gateways count as one text that no declared one equals. */
static const char *gateway_text(const struct xml_node *adapter, struct arena *arena)
{
    size_t n = xml_count(adapter, "gateway");
    return n > 1 ? arena_printf(arena, "%zu gateways", n) : xml_text_at(adapter, "gateway");
}

static void decode_network(const struct xml_node *spec, struct instance *live,
                           struct arena *arena)
{
    const struct xml_node *adapter = xml_path(spec, "nicSettingMap/adapter");
    const char *word = network_word(spec, arena);
    set_text(live, "network", word, arena);
    if (word == NULL || strcmp(word, "static") != 0)
        return;
    set_text(live, "address", xml_text_at(adapter, "ip/ipAddress"), arena);
    set_text(live, "netmask", xml_text_at(adapter, "subnetMask"), arena);
    set_text(live, "gateway", gateway_text(adapter, arena), arena);
}

static void decode_clock(const struct xml_node *identity, struct instance *live)
{
    const char *utc = xml_text_at(identity, "hwClockUTC");
    if (utc != NULL)
        instance_set(live, "hw_clock_utc",
                     value_bool(strcmp(utc, "true") == 0 || strcmp(utc, "1") == 0));
}

void spec_decode(const struct xml_node *stored, struct instance *live, struct arena *arena)
{
    const struct xml_node *info = xml_child(stored, "info"), *spec = xml_child(stored, "spec");
    const struct xml_node *identity = xml_child(spec, "identity");
    const struct xml_node *global = xml_child(spec, "globalIPSettings");
    const char *type = xml_text_at(info, "type");
    bool linux_type = type != NULL && strcmp(type, "Linux") == 0;
    set_text(live, "os", linux_type ? "linux" : type, arena);
    instance_set(live, "hostname", host_name_of(identity, arena));
    set_text(live, "domain", xml_text_at(identity, "domain"), arena);
    set_text(live, "time_zone", xml_text_at(identity, "timeZone"), arena);
    set_text(live, "script", xml_text_at(identity, "scriptText"), arena);
    decode_clock(identity, live);
    decode_network(spec, live, arena);
    instance_set(live, "dns_servers", list_of(global, "dnsServerList", arena));
    instance_set(live, "dns_suffixes", list_of(global, "dnsSuffixList", arena));
    live->mark = spec_mark(xml_text_at(info, "description"), live->address, arena);
}

/* ---- reading ---- */

static bool is_listed(const struct xml_node *list, const char *name)
{
    XML_EACH_CHILD(it, list)
    {
        const char *own = xml_text_at(it, "name");
        if (own != NULL && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static void set_refused(struct instance *live, const char *reason, struct arena *arena)
{
    live->presence = PRESENCE_UNREADABLE;
    live->reason = arena_strdup(arena, reason);
}

/* A specification that cannot be had is unreadable alone, unless nothing can be had at all. */
static int read_one(struct vc *vc, struct instance *live, struct err *err)
{
    struct soap_reply reply;
    CLEANUP(wire_release) struct wire wire;
    wire_get_spec(&wire, vc->session->spec_manager, live->name);
    if (session_call(vc, &wire, &reply, err) < 0) {
        if (reply.fault.type == NULL)
            return -1;
        live->presence = PRESENCE_ABSENT;
        if (err->code != ERR_NOT_FOUND)
            set_refused(live, err->message, vc->arena);
        return 0;
    }
    const struct xml_node *stored = xml_child(reply.response, "returnval");
    const struct value_field id = {"name", value_string(vc->arena, live->name)};
    live->presence = PRESENCE_PRESENT;
    live->ids = value_map(vc->arena, &id, 1);
    spec_decode(stored, live, vc->arena);
    return 0;
}

int specs_read(struct vc *vc, struct read_item *const *items, size_t n, struct err *err)
{
    static const char *const paths[] = {"info", NULL};
    const struct xml_node *manager = NULL;
    const struct ref ref = vc->session->spec_manager;
    if (n > 0 && ref.id != NULL && props_read(vc, ref, paths, &manager, err) < 0)
        return err_wrap(err, "reading customization specifications");
    const char *refusal = manager == NULL ? "this server keeps no customization specifications"
                                          : props_refusal(vc, manager, "info");
    for (size_t i = 0; i < n; i++) {
        struct instance *live = items[i]->live;
        if (refusal != NULL)
            set_refused(live, refusal, vc->arena);
        else if (!is_listed(props_get(manager, "info"), live->name))
            live->presence = PRESENCE_ABSENT;
        else if (read_one(vc, live, err) < 0)
            return err_wrap(err, "customization specification %s", live->name);
    }
    return 0;
}
