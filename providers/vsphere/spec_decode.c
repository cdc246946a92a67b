/* spec_decode.c: what a stored customization specification says, in the words of the manifest.
 *
 * What the manifest cannot say becomes a text that no declared value equals, so that it shows
 * in a plan. Passwords and the product key stay where they are.
 */
#include <string.h>

#include "arena.h"
#include "num.h"
#include "read.h"
#include "spec_mark.h"
#include "types.h"
#include "vec.h"
#include "windows_zone.h"

/* The instance that is filled, and where its values live. */
struct decode {
    struct instance *live;
    struct arena *arena;
};

static const char *word_of(const char *type, const char *const (*words)[2], size_t n)
{
    for (size_t i = 0; type != NULL && i < n; i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

static bool is_true(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

static void set_text(const struct decode *d, const char *attr, const char *text)
{
    if (text != NULL)
        instance_set(d->live, attr, value_string(d->arena, text));
}

static void set_bool(const struct decode *d, const char *attr, const char *text)
{
    if (text != NULL)
        instance_set(d->live, attr, value_bool(is_true(text)));
}

static const struct value *list_of(const struct xml_node *node, const char *name,
                                   struct arena *arena)
{
    VEC(const struct value *) list = {0};
    XML_EACH(it, node, name)
    VEC_PUSH(arena, &list, value_string(arena, it->text));
    return value_list(arena, list.items, list.n);
}

/* As the manifest says it; a word for what the manifest cannot say. */
static const struct value *host_name_of(const struct xml_node *name, struct arena *arena)
{
    static const char *const words[][2] = {{"CustomizationVirtualMachineName", "vm-name"},
                                           {"CustomizationUnknownName", "ask"}};
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

/* ---- network cards ---- */

static const char *network_word(const struct xml_node *adapter)
{
    static const char *const words[][2] = {{"CustomizationDhcpIpGenerator", "dhcp"},
                                           {"CustomizationFixedIp", "static"},
                                           {"CustomizationUnknownIpGenerator", "ask"}};
    const struct xml_node *ip = xml_child(adapter, "ip");
    return ip == NULL ? NULL : word_of(ip->type, words, ARRAY_LEN(words));
}

/* Several gateways count as one text that no declared one equals. */
static const char *gateway_text(const struct xml_node *adapter, struct arena *arena)
{
    size_t n = xml_count(adapter, "gateway");
    return n > 1 ? arena_printf(arena, "%zu gateways", n) : xml_text_at(adapter, "gateway");
}

static const struct value *text_or_absent(const char *text, struct arena *arena)
{
    return text == NULL ? value_absent() : value_string(arena, text);
}

/* As a card of the manifest: network, and with a fixed address what belongs to it. */
static const struct value *card_of(const struct xml_node *adapter, struct arena *arena)
{
    const char *word = network_word(adapter);
    const bool fixed = word != NULL && strcmp(word, "static") == 0;
    const struct value_field fields[] = {
        {"network", text_or_absent(word, arena)},
        {"address", text_or_absent(xml_text_at(adapter, "ip/ipAddress"), arena)},
        {"netmask", text_or_absent(xml_text_at(adapter, "subnetMask"), arena)},
        {"gateway", text_or_absent(gateway_text(adapter, arena), arena)}};
    return value_map(arena, fields, fixed ? ARRAY_LEN(fields) : 1);
}

static void decode_network(const struct decode *d, const struct xml_node *spec)
{
    static const char *const single[] = {"network", "address", "netmask", "gateway"};
    VEC(const struct value *) cards = {0};
    XML_EACH(it, spec, "nicSettingMap")
    VEC_PUSH(d->arena, &cards, card_of(xml_child(it, "adapter"), d->arena));
    instance_set(d->live, "cards", value_list(d->arena, cards.items, cards.n));
    if (cards.n != 1) {
        set_text(d, "network", arena_printf(d->arena, "%zu network cards", cards.n));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(single); i++)
        instance_set(d->live, single[i], value_get(cards.items[0], single[i]));
}

/* ---- Linux ---- */

/* Editors of Windows, and some ways into vCenter, end lines with a carriage return more. */
static void decode_script(const struct decode *d, const char *text)
{
    if (text != NULL)
        instance_set(d->live, "script", value_unix_lines(d->arena, text));
}

static void decode_linux(const struct decode *d, const struct xml_node *spec)
{
    const struct xml_node *identity = xml_child(spec, "identity");
    const struct xml_node *global = xml_child(spec, "globalIPSettings");
    instance_set(d->live, "hostname", host_name_of(xml_child(identity, "hostName"), d->arena));
    set_text(d, "domain", xml_text_at(identity, "domain"));
    set_text(d, "time_zone", xml_text_at(identity, "timeZone"));
    set_bool(d, "hw_clock_utc", xml_text_at(identity, "hwClockUTC"));
    decode_script(d, xml_text_at(identity, "scriptText"));
    instance_set(d->live, "dns_servers", list_of(global, "dnsServerList", d->arena));
}

/* ---- Windows ---- */

static void decode_zone(const struct decode *d, const char *text)
{
    int64_t index;
    if (text == NULL)
        return;
    const struct windows_zone *zone =
        num_i64(text, &index) == 0 ? windows_zone_at(index) : NULL;
    set_text(d, "time_zone", zone == NULL ? text : zone->name);
}

static void decode_logon(const struct decode *d, const struct xml_node *unattended)
{
    const char *on = xml_text_at(unattended, "autoLogon");
    const char *times = xml_text_at(unattended, "autoLogonCount");
    int64_t n = 0;
    if (on == NULL || (is_true(on) && (times == NULL || num_i64(times, &n) < 0)))
        return;
    instance_set(d->live, "auto_logon", value_int(d->arena, is_true(on) ? n : 0));
}

/* What all cards have; a word when they differ. */
static void decode_dns(const struct decode *d, const struct xml_node *spec)
{
    const struct value *servers = NULL, *domain = NULL;
    const struct value *differ = value_string(d->arena, "differs between cards");
    XML_EACH(it, spec, "nicSettingMap")
    {
        const struct xml_node *adapter = xml_child(it, "adapter");
        const struct value *list = list_of(adapter, "dnsServerList", d->arena);
        const struct value *text = text_or_absent(xml_text_at(adapter, "dnsDomain"), d->arena);
        const bool first = servers == NULL;
        servers = first || value_equal(servers, list) ? list : value_list(d->arena, &differ, 1);
        domain = first || value_equal(domain, text) ? text : differ;
    }
    if (servers == NULL)
        return;
    instance_set(d->live, "dns_servers", servers);
    instance_set(d->live, "domain", domain);
}

static void decode_windows(const struct decode *d, const struct xml_node *spec)
{
    const struct xml_node *identity = xml_child(spec, "identity");
    const struct xml_node *user = xml_child(identity, "userData");
    const struct xml_node *unattended = xml_child(identity, "guiUnattended");
    const struct xml_node *join = xml_child(identity, "identification");
    const struct xml_node *options = xml_child(spec, "options");
    instance_set(d->live, "hostname", host_name_of(xml_child(user, "computerName"), d->arena));
    set_text(d, "full_name", xml_text_at(user, "fullName"));
    set_text(d, "organization", xml_text_at(user, "orgName"));
    decode_zone(d, xml_text_at(unattended, "timeZone"));
    decode_logon(d, unattended);
    set_text(d, "join.workgroup", xml_text_at(join, "joinWorkgroup"));
    set_text(d, "join.domain", xml_text_at(join, "joinDomain"));
    set_text(d, "join.user", xml_text_at(join, "domainAdmin"));
    instance_set(d->live, "run_once",
                 list_of(xml_child(identity, "guiRunOnce"), "commandList", d->arena));
    set_bool(d, "change_sid", xml_text_at(options, "changeSID"));
    set_bool(d, "delete_accounts", xml_text_at(options, "deleteAccounts"));
    decode_dns(d, spec);
}

/* ---- all ---- */

void spec_decode(const struct xml_node *stored, struct instance *live, struct arena *arena)
{
    static const char *const words[][2] = {{"Linux", "linux"}, {"Windows", "windows"}};
    const struct xml_node *info = xml_child(stored, "info"), *spec = xml_child(stored, "spec");
    const struct decode d = {live, arena};
    const char *type = xml_text_at(info, "type");
    set_text(&d, "os", word_of(type, words, ARRAY_LEN(words)));
    if (type != NULL && strcmp(type, "Windows") == 0)
        decode_windows(&d, spec);
    else
        decode_linux(&d, spec);
    decode_network(&d, spec);
    instance_set(live, "dns_suffixes",
                 list_of(xml_child(spec, "globalIPSettings"), "dnsSuffixList", arena));
    live->mark = spec_mark(xml_text_at(info, "description"), live->address, arena);
}
