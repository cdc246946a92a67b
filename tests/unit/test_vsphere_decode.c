/* test_vsphere_decode.c: what the vSphere provider makes of the answers of a vCenter: hosts,
 * cards, machines, marks, specifications, names, times, versions. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "kinds.h"
#include "read.h"
#include "session_version.h"
#include "spec_mark.h"
#include "strbuf.h"
#include "types.h"

#define ROOT "<val xmlns='urn:vim25' xmlns:xsi='" XML_NS_XSI "' xmlns:xsd='" XML_NS_XSD "'>"

static const struct xml_node *parse(struct arena *arena, const char *xml)
{
    const struct xml_node *root = NULL;
    struct err err;
    if (xml_parse(xml, strlen(xml), NULL, arena, &root, &err) < 0)
        fail_msg("%s: %s", xml, err.message);
    return root;
}

/* ---- small encodings ---- */

static void test_datetime(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us; /* -1: none */
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-22T12:00:00Z", INT64_C(1795348800000000)},
        {"2026-11-22T12:00:00.123456Z", INT64_C(1795348800123456)},
        {"2026-11-22T12:00:00.123456789Z", INT64_C(1795348800123456)},
        {"2026-11-22T13:00:00+01:00", INT64_C(1795348800000000)},
        {"2026-11-22T06:30:00.5-05:30", INT64_C(1795348800500000)},
        {"2000-02-29T00:00:00", INT64_C(951782400000000)},
        {"2026-13-01T00:00:00Z", -1},
        {"2026-11-22", -1},
        {"yesterday", -1},
        {"", -1},
        {NULL, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t us = -1;
        int result = datetime_parse(rows[i].text, &us);
        assert_int_equal(result, rows[i].us < 0 ? -1 : 0);
        assert_int_equal(us, rows[i].us);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const char *const rows[][2] = {
        {"plain", "plain"},     {"a%2fb", "a/b"}, {"a%2Fb", "a/b"}, {"%25", "%"},
        {"x%5cy%5C", "x\\y\\"}, {"100%", "100%"}, {"%2", "%2"},     {"%252f", "%2f"},
        {"%41", "%41"},         {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(name_unescape(arena, rows[i][0]), rows[i][1]);
    static const char *const awkward[] = {"a/b", "%", "\\", "%2f", "plain"};
    for (size_t i = 0; i < ARRAY_LEN(awkward); i++)
        assert_string_equal(name_unescape(arena, name_escape(arena, awkward[i])), awkward[i]);
    arena_free(arena);
}

static void test_versions(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const struct {
        const char *xml, *version;
    } rows[] = {
        {"<namespaces><namespace><name>urn:vim25</name><version>6.5</version></namespace>"
         "</namespaces>",
         "6.5"},
        {"<namespaces><namespace><name>urn:vim2</name><version>8.0.3.0</version></namespace>"
         "<namespace><name>urn:vim25</name><version>6.7.1</version></namespace></namespaces>",
         "6.7.1"},
        {"<namespaces><namespace><name>urn:vim25</name><version>9.9.9.9</version>"
         "<priorVersions><version>8.0.3.0</version><version>6.5</version></priorVersions>"
         "</namespace></namespaces>",
         "8.0.3.0"},
        {"<namespaces/>", "6.5"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(version_choose(parse(arena, rows[i].xml)), rows[i].version);
    assert_string_equal(version_choose(NULL), "6.5");
    arena_free(arena);
}

/* ---- cards ---- */

#define CARD(id)                                                                               \
    "<HostPciDevice><id>" id "</id><classId>770</classId><vendorId>4318</vendorId>"            \
    "<deviceId>5624</deviceId><deviceName>Tesla P100</deviceName></HostPciDevice>"
#define INFO(id, type)                                                                         \
    "<HostGraphicsInfo><pciId>" id "</pciId><graphicsType>" type                               \
    "</graphicsType><memorySizeInKB>16777216</memorySizeInKB></HostGraphicsInfo>"
#define TYPE(id, type)                                                                         \
    "<deviceType><deviceId>" id "</deviceId><graphicsType>" type "</graphicsType></"           \
    "deviceType>"
#define DEFAULT(type) "<hostDefaultGraphicsType>" type "</hostDefaultGraphicsType>"

static void test_card_graphics(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const struct {
        const char *devices, *config, *info, *now, *next; /* now NULL: absent */
    } rows[] = {
        {CARD("a"), DEFAULT("shared"), INFO("a", "shared"), "shared", "shared"},
        {CARD("a"), DEFAULT("shared") TYPE("a", "sharedDirect"), INFO("a", "shared"), "shared",
         "shared_passthru"},
        {CARD("a"), DEFAULT("sharedDirect"), INFO("a", "basic"), "shared_passthru",
         "shared_passthru"},
        {CARD("a") CARD("b"), DEFAULT("shared") TYPE("a", "sharedDirect"),
         INFO("a", "sharedDirect") INFO("b", "shared"), "mixed", "mixed"},
        {CARD("a") CARD("b"), DEFAULT("sharedDirect"),
         INFO("a", "sharedDirect") INFO("b", "direct"), "shared_passthru", "shared_passthru"},
        {CARD("a"), DEFAULT("sharedDirect"), "", "shared_passthru", "shared_passthru"},
        {CARD("a"), "", INFO("a", "direct"), NULL, NULL},
        {"", DEFAULT("shared"), "", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char devices[1024], config[1024], info[1024];
        snprintf(devices, sizeof devices, ROOT "%s</val>", rows[i].devices);
        snprintf(config, sizeof config, ROOT "%s</val>", rows[i].config);
        snprintf(info, sizeof info, ROOT "%s</val>", rows[i].info);
        const struct value *value = host_card_graphics(
            parse(arena, devices), parse(arena, config), parse(arena, info), arena);
        if (rows[i].now == NULL) {
            assert_true(value_is_absent(value));
            continue;
        }
        assert_string_equal(pending_now(value), rows[i].now);
        assert_string_equal(pending_next(value), rows[i].next);
    }
    arena_free(arena);
}

/* Only NVIDIA, only display classes; ids above 0x7fff arrive as negative numbers. */
static void test_gpus(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct xml_node *devices = parse(
        arena,
        ROOT CARD(
            "a") "<HostPciDevice><id>i</id><classId>768</classId><vendorId>-32634</vendorId>"
                 "<deviceId>1</deviceId></HostPciDevice>"
                 "<HostPciDevice><id>audio</id><classId>1027</classId><vendorId>4318</vendorId>"
                 "<deviceId>1</deviceId></HostPciDevice>"
                 "<HostPciDevice><id>vga</id><classId>768</classId><vendorId>4318</vendorId>"
                 "<deviceId>-2</deviceId><deviceName>n</deviceName></HostPciDevice></val>");
    const struct value *gpus =
        host_gpus(&(struct host_cards){.devices = devices,
                                       .info = parse(arena, ROOT INFO("a", "shared") "</val>")},
                  arena);
    assert_int_equal(value_count(gpus), 2);
    assert_int_equal(value_get_int(value_at(gpus, 0), "device", 0), 0x15f8);
    assert_int_equal(value_get_int(value_at(gpus, 0), "memory", 0), INT64_C(1) << 34);
    assert_string_equal(value_get_text(value_at(gpus, 1), "id"), "vga");
    assert_int_equal(value_get_int(value_at(gpus, 1), "device", 0), 0xfffe);
    assert_true(value_is_absent(value_get(value_at(gpus, 1), "memory")));
    arena_free(arena);
}

/* ---- hosts ---- */

#define PROP(name, value) "<propSet><name>" name "</name><val>" value "</val></propSet>"

static void test_host(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct session session = {0};
    struct vc vc = {.session = &session, .arena = arena};
    struct instance *live = instance_new(arena, &kind_host.schema, "host/h", "h");
    host_decode(
        &vc,
        parse(arena,
              "<objects xmlns='urn:vim25'><obj type='HostSystem'>host-1</obj>" PROP(
                  "hardware.memorySize", "137438953472")
                  PROP("hardware.cpuInfo",
                       "<numCpuPackages>2</numCpuPackages><numCpuCores>24</numCpuCores>")
                      PROP("hardware.cpuPkg",
                           "<HostCpuPackage><description>Xeon</description></HostCpuPackage>"
                           "<HostCpuPackage><description>other</description></HostCpuPackage>")
                          PROP("hardware.pciDevice", CARD("a")) PROP(
                              "config.powerSystemInfo",
                              "<currentPolicy><key>1</key><shortName>static</shortName>"
                              "</currentPolicy>")
                              PROP("config.service",
                                   "<service><key>TSM</key><running>true</running></service>"
                                   "<service><key>TSM-SSH</key><running>0</running></"
                                   "service>") PROP("config.sharedPassthruGpuTypes",
                                                    "<string>grid_b</string><string>grid_a</"
                                                    "string>") "<missingSet><path>config."
                                                               "product.version</"
                                                               "path><fault><fault "
                                                               "xmlns:q='" XML_NS_XSI "' "
                                                               "q:type='NoPermission'><"
                                                               "privilegeId>System.Read</"
                                                               "privilegeId></fault>"
                                                               "<localizedMessage>no</"
                                                               "localizedMessage></fault></"
                                                               "missingSet></objects>"),
        live);
    assert_int_equal(instance_get(live, "memory")->integer, INT64_C(137438953472));
    assert_int_equal(instance_get(live, "cpu_cores")->integer, 24);
    assert_string_equal(instance_text(live, "cpu_model"), "Xeon");
    assert_string_equal(instance_text(live, "power_policy"), "high_performance");
    assert_false(instance_get(live, "ssh")->boolean);
    assert_string_equal(value_text(value_at(instance_get(live, "profiles"), 0)), "grid_a");
    assert_true(value_is_unreadable(instance_get(live, "version")));
    assert_non_null(strstr(instance_get(live, "version")->string, "System.Read"));
    assert_true(value_is_absent(instance_get(live, "card_graphics")));
    assert_true(value_is_absent(instance_get(live, "hyperthreading")));
    arena_free(arena);
}

/* Just connected: no hardware, no config, and no word about it. Nothing of that is absent. */
static void test_host_not_known_yet(void **state)
{
    (void)state;
    static const char *const attrs[] = {"power_policy", "ssh",     "card_graphics", "profiles",
                                        "gpus",         "version", "cpu_cores"};
    struct arena *arena = arena_new();
    struct session session = {0};
    struct vc vc = {.session = &session, .arena = arena};
    struct instance *live = instance_new(arena, &kind_host.schema, "host/h", "h");
    host_decode(
        &vc,
        parse(arena, "<objects xmlns='urn:vim25'><obj type='HostSystem'>host-1</obj>" PROP(
                         "runtime.bootTime", "2026-03-01T10:00:00Z") "</objects>"),
        live);
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        assert_true(value_is_unreadable(instance_get(live, attrs[i])));
    assert_string_equal(instance_text(live, "boot_time"), "2026-03-01T10:00:00Z");
    arena_free(arena);
}

/* ---- machines ---- */

/* The prefixes are those of a simulator: only namespaces count. */
static void test_devices(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct machine_row machine = {0};
    machine_devices(&machine, NULL, arena);
    assert_false(machine.devices_known);
    machine_devices(
        &machine,
        parse(arena,
              "<val xmlns='urn:vim25'><VirtualDevice xmlns:XMLSchema-instance='" XML_NS_XSI "' "
              "XMLSchema-instance:type='VirtualPCIPassthrough'><key>13000</key>"
              "<backing xmlns:_XMLSchema-instance='" XML_NS_XSI "' "
              "_XMLSchema-instance:type='VirtualPCIPassthroughVmiopBackingInfo'>"
              "<vgpu>grid_p100-4q</vgpu></backing></VirtualDevice>"
              "<VirtualDevice xmlns:x='" XML_NS_XSI
              "' x:type='VirtualFutureDevice'><key>1</key>"
              "</VirtualDevice></val>"),
        arena);
    assert_true(machine.devices_known);
    assert_false(machine.fixed);
    assert_string_equal(machine.vgpu, "grid_p100-4q");
    machine_devices(
        &machine,
        parse(arena,
              ROOT "<VirtualDevice xsi:type='VirtualPCIPassthrough'><key>1</key>"
                   "<backing "
                   "xsi:type='VirtualPCIPassthroughFutureBackingInfo'/></VirtualDevice></val>"),
        arena);
    assert_true(machine.fixed);
    assert_null(machine.vgpu);
    arena_free(arena);
}

#define FIXED(key, id, vendor, device)                                                         \
    "<VirtualDevice xsi:type='VirtualPCIPassthrough'><key>" key "</key><backing "              \
    "xsi:type='VirtualPCIPassthroughDeviceBackingInfo'><deviceName/><id>" id "</id><deviceId>"  \
    device "</deviceId><systemId>s</systemId><vendorId>" vendor                                \
    "</vendorId></backing></VirtualDevice>"
#define DYNAMIC(allowed, more)                                                                 \
    "<VirtualDevice xsi:type='VirtualPCIPassthrough'><key>9</key><backing "                    \
    "xsi:type='VirtualPCIPassthroughDynamicBackingInfo'><deviceName/>" allowed more            \
    "</backing></VirtualDevice>"
#define ALLOWED                                                                                \
    "<allowedDevice><vendorId>4318</vendorId><deviceId>7604</deviceId></allowedDevice>"
#define VGPU(profile)                                                                          \
    "<VirtualDevice xsi:type='VirtualPCIPassthrough'><key>1</key><backing "                    \
    "xsi:type='VirtualPCIPassthroughVmiopBackingInfo'><vgpu>" profile                          \
    "</vgpu></backing></VirtualDevice>"

/* Counted by what they are backed with, whatever the order; other vendors' devices stay out,
 * and so does what nobody knows. */
static void test_devices_counted(void **state)
{
    (void)state;
    static const struct {
        const char *devices, *vgpu, *passthrough, *cards;
    } rows[] = {
        {VGPU("b") VGPU("a") VGPU("b"), "a, 2 x b", NULL, ""},
        {FIXED("1", "0000:3b:00.0", "4318", "1db4") FIXED("2", "0000:af:00.0", "4318", "0x1DB4"),
         NULL, "2 x 10de:1db4", "0000:3b:00.0 0000:af:00.0 "},
        {FIXED("1", "0000:3b:00.0", "4318", "fffe"), NULL, "10de:fffe", "0000:3b:00.0 "},
        {FIXED("1", "0000:3b:00.0", "4318", ""), NULL, "10de:0000", "0000:3b:00.0 "},
        {FIXED("1", "0000:01:00.0", "-32634", "10fb"), NULL, NULL, "0000:01:00.0 "},
        {DYNAMIC(ALLOWED, "") DYNAMIC(ALLOWED, ""), NULL, "2 x 10de:1db4 (dynamic)", ""},
        {DYNAMIC(ALLOWED, "<customLabel>gpu</customLabel><assignedId>0000:3b:00.0</assignedId>"),
         NULL, "10de:1db4 (dynamic, label gpu)", "0000:3b:00.0 "},
        {DYNAMIC("", ""), NULL, NULL, ""},
        {VGPU("a") FIXED("1", "0000:3b:00.0", "4318", "1db4"), "a", "10de:1db4",
         "0000:3b:00.0 "},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct machine_row machine = {0};
        const char *cards = "";
        machine_devices(
            &machine, parse(arena, arena_printf(arena, ROOT "%s</val>", rows[i].devices)),
            arena);
        for (size_t c = 0; c < machine.n_cards; c++)
            cards = arena_printf(arena, "%s%s ", cards, machine.cards[c]);
        assert_string_equal(machine.vgpu == NULL ? "-" : machine.vgpu,
                            rows[i].vgpu == NULL ? "-" : rows[i].vgpu);
        assert_string_equal(machine.passthrough == NULL ? "-" : machine.passthrough,
                            rows[i].passthrough == NULL ? "-" : rows[i].passthrough);
        assert_string_equal(cards, rows[i].cards);
    }
    arena_free(arena);
}

#define GIVEN(id, enabled, active)                                                             \
    "<HostPciPassthruInfo><id>" id "</id><dependentDevice>" id "</dependentDevice>"            \
    "<passthruEnabled>" enabled "</passthruEnabled><passthruCapable>true</passthruCapable>"    \
    "<passthruActive>" active "</passthruActive></HostPciPassthruInfo>"

static void test_passthrough(void **state)
{
    (void)state;
    static const struct {
        const char *given, *now, *next;
    } rows[] = {
        {"", "none", "none"},
        {GIVEN("a", "false", "false"), "none", "none"},
        {GIVEN("a", "true", "true") GIVEN("b", "true", "true"), "10de:15f8", "10de:15f8"},
        {GIVEN("a", "true", "false") GIVEN("b", "true", "false"), "none", "10de:15f8"},
        {GIVEN("b", "false", "true"), "10de:15f8 (1 of 2)", "none"},
        {GIVEN("other", "true", "true"), "none", "none"},
    };
    struct arena *arena = arena_new();
    const struct xml_node *devices = parse(arena, ROOT CARD("a") CARD("b") "</val>");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *value = host_passthrough(
            devices, parse(arena, arena_printf(arena, ROOT "%s</val>", rows[i].given)), arena);
        assert_string_equal(pending_now(value), rows[i].now);
        assert_string_equal(pending_next(value), rows[i].next);
    }
    assert_string_equal(value_text(host_passthrough(devices, NULL, arena)), "none");
    arena_free(arena);
}

#define OPTION(key, value)                                                                     \
    "<OptionValue><key>" key "</key><value xsi:type='xsd:string'>" value                       \
    "</value></OptionValue>"

static void test_mmio(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        int64_t gb;
    } rows[] = {
        {"", 0},
        {OPTION("pciPassthru.use64bitMMIO", "TRUE"), 0},
        {OPTION("pciPassthru.64bitMMIOSizeGB", "64"), 0},
        {OPTION("pciPassthru.use64bitMMIO", "true") OPTION("pciPassthru.64bitMMIOSizeGB", "64"),
         64},
        {OPTION("pciPassthru.use64bitMMIO", "FALSE")
             OPTION("pciPassthru.64bitMMIOSizeGB", "64"),
         0},
        {OPTION("pciPassthru.use64bitMMIO", "TRUE") OPTION("pciPassthru.64bitMMIOSizeGB", "x"),
         0},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(options_mmio_gb(parse(
                             arena, arena_printf(arena, ROOT "%s</val>", rows[i].options))),
                         rows[i].gb);
    arena_free(arena);
}

static void test_machine_mark(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct xml_node *ours = parse(
        arena, ROOT OPTION("gridform.lineage", "l") OPTION("gridform.address", "template/t")
                   OPTION("gridform.uuid", "old") OPTION("gridform.nonce", "")
                       OPTION("gridform.uuid", "u1") "</val>");
    struct mark mark = machine_mark(ours, "u1", arena);
    assert_true(mark.own);
    assert_string_equal(mark.address, "template/t");
    assert_null(mark.nonce);
    assert_false(machine_mark(ours, "u2", arena).own); /* somebody's clone of ours */
    assert_false(machine_mark(ours, NULL, arena).own);
    assert_null(machine_mark(NULL, "u1", arena).lineage);
    arena_free(arena);
}

/* ---- templates ---- */

static struct machine_row machine_of(const char *id, const char *name, const char *uuid)
{
    struct machine_row row = {
        .ref = {"VirtualMachine", id}, .name = name, .uuid = uuid, .devices_known = true};
    row.mark =
        (struct mark){.lineage = "l", .address = "template/t", .uuid = uuid, .own = true};
    return row;
}

static void test_template(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct machine_row rows[] = {
        machine_of("vm-100", "t-new", "u2"), machine_of("vm-99", "t-old", "u1"),
        machine_of("vm-101", "t-copy", "u3"), machine_of("vm-7", "twin", "u4"),
        machine_of("vm-8", "twin", "u5")};
    rows[2].mark.own = false;
    rows[3].mark = rows[4].mark = (struct mark){0};
    rows[0].template = true;
    struct machine_row *list[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        list[i] = &rows[i];
    const struct inventory inventory = {.machines = list, .n_machines = ARRAY_LEN(rows)};
    struct instance *wanted = instance_new(arena, &kind_template.schema, "template/t", "t");
    instance_set(wanted, "vm", value_string(arena, "t-new"));
    const struct value_field field = {"instance_uuid", value_string(arena, "u1")};
    struct read_item item = {.wanted = wanted, .ids = value_map(arena, &field, 1)};
    item.live = instance_new(arena, &kind_template.schema, "template/t", "t");
    template_decode(&inventory, &item, arena);
    assert_string_equal(instance_text(item.live, "vm"), "t-old"); /* the recorded one */
    const struct value *versions = instance_get(item.live, "versions");
    assert_int_equal(value_count(versions), 2); /* oldest first, the copy is not one */
    assert_string_equal(value_get_text(value_at(versions, 0), "name"), "t-old");
    assert_string_equal(value_get_text(value_at(versions, 1), "name"), "t-new");
    item.ids = NULL;
    item.live = instance_new(arena, &kind_template.schema, "template/t", "t");
    template_decode(&inventory, &item, arena);
    assert_string_equal(instance_text(item.live, "vm"), "t-new");
    instance_set(wanted, "vm", value_string(arena, "twin"));
    template_decode(&inventory, &item, arena);
    assert_int_equal(item.live->presence, PRESENCE_UNREADABLE);
    instance_set(wanted, "vm", value_string(arena, "gone"));
    template_decode(&inventory, &item, arena);
    assert_int_equal(item.live->presence, PRESENCE_ABSENT);
    arena_free(arena);
}

/* ---- specifications ---- */

static void test_spec(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, "customization_spec/s", "s");
    spec_decode(
        parse(arena,
              "<returnval xmlns='urn:vim25' xmlns:xsi='" XML_NS_XSI "'><info><name>s</name>"
              "<description>ours\n[gridform l "
              "customization_spec/s]</description><type>Linux</type>"
              "</info><spec><identity xsi:type='CustomizationLinuxPrep'>"
              "<hostName xsi:type='CustomizationPrefixName'><base>g</base></hostName>"
              "<domain></domain><hwClockUTC>false</hwClockUTC></"
              "identity><globalIPSettings><dnsServerList>1.1.1.1</"
              "dnsServerList>"
              "</globalIPSettings><nicSettingMap><adapter><ip xsi:type='CustomizationFixedIp'>"
              "<ipAddress>10.0.0.10</ipAddress></ip><subnetMask>255.0.0.0</subnetMask>"
              "<gateway>10.0.0.1</gateway></adapter></nicSettingMap></spec></returnval>"),
        live, arena);
    assert_string_equal(instance_text(live, "os"), "linux");
    assert_string_equal(value_get_text(instance_get(live, "hostname"), "prefix"), "g");
    assert_string_equal(instance_text(live, "domain"), "");
    assert_string_equal(instance_text(live, "network"), "static");
    assert_string_equal(instance_text(live, "address"), "10.0.0.10");
    assert_string_equal(instance_text(live, "netmask"), "255.0.0.0");
    assert_string_equal(instance_text(live, "gateway"), "10.0.0.1");
    assert_true(value_is_known(instance_get(live, "hw_clock_utc")));
    assert_false(value_is_true(instance_get(live, "hw_clock_utc")));
    assert_int_equal(value_count(instance_get(live, "dns_servers")), 1);
    assert_true(live->mark.own);
    spec_decode(parse(arena, "<returnval><info><type>Windows</type></info><spec/></returnval>"),
                live, arena);
    assert_string_equal(instance_text(live, "os"), "windows");
    assert_string_equal(instance_text(live, "network"), "0 network cards");
    assert_null(live->mark.lineage);
    arena_free(arena);
}

static void test_spec_mark(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const struct {
        const char *before, *after;
        bool own;
    } rows[] = {
        {NULL, "[gridform l customization_spec/a b]", true},
        {"", "[gridform l customization_spec/a b]", true},
        {"text", "text\n[gridform l customization_spec/a b]", true},
        {"text\n[gridform x customization_spec/z]\nmore\n",
         "text\nmore\n[gridform l customization_spec/a b]", true},
        {"[gridform x y]", "[gridform l customization_spec/a b]", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf out;
        strbuf_init(&out, STRBUF_MAX_OUTPUT);
        spec_mark_write(&out, rows[i].before, "l", "customization_spec/a b");
        assert_string_equal(strbuf_str(&out), rows[i].after);
        struct mark mark = spec_mark(strbuf_str(&out), "customization_spec/a b", arena);
        assert_string_equal(mark.lineage, "l");
        assert_string_equal(mark.address, "customization_spec/a b");
        assert_true(mark.own);
        assert_false(spec_mark(strbuf_str(&out), "customization_spec/copy", arena).own);
        strbuf_release(&out);
    }
    static const char *const none[] = {NULL,
                                       "",
                                       "text",
                                       "[gridform]",
                                       "[gridform l]",
                                       "[gridform l a",
                                       " [gridform l a]",
                                       "[gridform  a]"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_null(spec_mark(none[i], "a", arena).lineage);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datetime),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_card_graphics),
        cmocka_unit_test(test_gpus),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_host_not_known_yet),
        cmocka_unit_test(test_devices), cmocka_unit_test(test_devices_counted),
        cmocka_unit_test(test_passthrough), cmocka_unit_test(test_mmio),
        cmocka_unit_test(test_machine_mark),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_spec),
        cmocka_unit_test(test_spec_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
