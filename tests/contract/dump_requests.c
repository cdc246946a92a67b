/* dump_requests.c: prints every request that the vSphere provider can send, each with all its
 * optional parts and once with none, for the judge check_requests.py. Before each body stands a
 * line "=== LABEL". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "value.h"
#include "value_json.h"
#include "wire.h"

#define VIM "xmlns='urn:vim25' xmlns:xsi='" XML_NS_XSI "' xmlns:xsd='" XML_NS_XSD "'"

static const struct ref vm = {"VirtualMachine", "vm-57"};
static const struct ref host = {"HostSystem", "host-21"};
static const struct ref pool = {"ResourcePool", "resgroup-22"};
static const struct ref collector = {"PropertyCollector", "propertyCollector"};
static const struct ref specs = {"CustomizationSpecManager", "CustomizationSpecManager"};

static void show(struct wire *wire, const char *label)
{
    struct err err;
    if (xml_write_finish(&wire->x, &err) < 0) {
        fprintf(stderr, "%s: %s\n", label, err.message);
        exit(1);
    }
    printf("=== %s: %s\n%s\n", wire->method, label, strbuf_str(&wire->body));
    wire_release(wire);
}

static const struct xml_node *parse(struct arena *arena, const char *xml)
{
    const struct xml_node *root = NULL;
    struct err err;
    if (xml_parse(xml, strlen(xml), NULL, arena, &root, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return root;
}

static const struct value *args(struct arena *arena, const char *json)
{
    const struct value *value = NULL;
    struct err err;
    if (value_from_json(json, strlen(json), arena, &value, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return value;
}

static void dump_session(void)
{
    static const char *const types[] = {"HostSystem", "ComputeResource", "VirtualMachine",
                                        NULL};
    const struct ref manager = {"SessionManager", "SessionManager"};
    struct wire wire;
    wire_service_content(&wire);
    show(&wire, "content");
    wire_login(&wire, manager, "who & <ever>", "secret \"'&");
    show(&wire, "login");
    wire_logout(&wire, manager);
    show(&wire, "logout");
    wire_create_view(&wire, (struct ref){"ViewManager", "ViewManager"},
                     (struct ref){"Folder", "group-d1"}, types);
    show(&wire, "view");
    wire_destroy_view(&wire, (struct ref){"ContainerView", "session[1]view-1"});
    show(&wire, "view");
    wire_continue(&wire, collector, "token 1");
    show(&wire, "page");
    wire_cancel_task(&wire, "task-80");
    show(&wire, "task");
}

static void dump_retrieve(void)
{
    static const char *const paths[] = {"name", "config.extraConfig", NULL};
    const struct prop_set sets[] = {{"VirtualMachine", paths}, {"ManagedEntity", paths}};
    struct wire_retrieve retrieve = {.collector = collector,
                                     .sets = sets,
                                     .n_sets = 2,
                                     .view = {"ContainerView", "session[1]view-1"},
                                     .page = 500};
    const struct ref objects[] = {vm, host};
    struct wire wire;
    wire_retrieve(&wire, &retrieve);
    show(&wire, "of a view, paged");
    retrieve.view = (struct ref){0};
    retrieve.objects = objects;
    retrieve.n_objects = 2;
    retrieve.page = 0;
    wire_retrieve(&wire, &retrieve);
    show(&wire, "of objects");
}

static void dump_host(struct arena *arena)
{
    static const char *const devices[] = {"0000:3b:00.0", "0000:af:00.0"};
    const struct wire_graphics graphics = {
        .stored = parse(arena,
                        "<val " VIM "><hostDefaultGraphicsType>shared</hostDefaultGraphicsType>"
                        "<sharedPassthruAssignmentPolicy>performance"
                        "</sharedPassthruAssignmentPolicy>"
                        "<deviceType><deviceId>0000:3b:00.0</deviceId>"
                        "<graphicsType>shared</graphicsType></deviceType>"
                        "<deviceType><deviceId>0000:99:00.0</deviceId>"
                        "<graphicsType>shared</graphicsType></deviceType></val>"),
        .devices = devices,
        .n_devices = 2,
        .type = "sharedDirect"};
    const struct ref manager = {"HostGraphicsManager", "graphicsManager-21"};
    const struct ref services = {"HostServiceSystem", "serviceSystem-21"};
    struct wire wire;
    wire_enter_maintenance(&wire, host, 1800, true);
    show(&wire, "evacuating");
    wire_exit_maintenance(&wire, host, 300);
    show(&wire, "exit");
    wire_reboot(&wire, host);
    show(&wire, "reboot");
    wire_refresh_graphics(&wire, manager);
    show(&wire, "refresh");
    wire_update_graphics(&wire, manager, &graphics);
    show(&wire, "two cards, one stranger");
    const struct wire_passthrough cards[] = {{"0000:3b:00.0", true}, {"0000:af:00.0", false}};
    const struct ref passthrough = {"HostPciPassthruSystem", "pciPassthruSystem-21"};
    wire_update_passthrough(&wire, passthrough, cards, 2);
    show(&wire, "one on, one off");
    wire_refresh_passthrough(&wire, passthrough);
    show(&wire, "refresh passthrough");
    wire_power_policy(&wire, (struct ref){"HostPowerSystem", "powerSystem-21"}, 2);
    show(&wire, "policy");
    wire_service(&wire, services, "TSM-SSH", true);
    show(&wire, "start");
    wire_service(&wire, services, "TSM-SSH", false);
    show(&wire, "stop");
}

static void dump_reconfig(struct arena *arena)
{
    const struct xml_node *device =
        parse(arena, "<VirtualDevice " VIM " xsi:type='VirtualPCIPassthrough'><key>13000</key>"
                     "<backing xsi:type='VirtualPCIPassthroughVmiopBackingInfo'>"
                     "<vgpu>grid_p100-1q</vgpu></backing></VirtualDevice>");
    const struct xml_node *const remove[] = {device, device};
    const struct wire_option options[] = {{"gridform.lineage", "l"},
                                          {"gridform.uuid", NULL},
                                          {"gridform.address", "template/<a> & b"}};
    const struct wire_gpu add[] = {{.profile = "grid_p100-4q"},
                                   {.profile = "grid_p100-4q"},
                                   {.id = "0000:3b:00.0",
                                    .name = "GV100GL [Tesla V100 PCIe 16GB]",
                                    .system_id = "5b087ce4-ce46-72c0-c7c2-28ac9e22c3c2",
                                    .vendor = -32634, /* 0x8086, as a signed short */
                                    .device = 0xffff9db4}};
    const struct wire_gpu dynamic[] = {{.vendor = 0x10de, .device = 0x9db4, .label = "gpu"},
                                       {.vendor = 0x10de, .device = 0x1db4}};
    struct wire_reconfig reconfig = {.vm = vm,
                                     .change_version = "2026-01-02T03:04:05.678901Z",
                                     .remove = remove,
                                     .n_remove = 2,
                                     .add = add,
                                     .n_add = sizeof add / sizeof add[0],
                                     .options = options,
                                     .n_options = 3,
                                     .cpus = 24,
                                     .cores_per_socket = 12,
                                     .cpu_hot_add = WIRE_FALSE,
                                     .memory_locked = WIRE_TRUE};
    struct wire wire;
    wire_reconfig(&wire, &reconfig);
    show(&wire, "everything, locked");
    reconfig.memory_locked = WIRE_FALSE;
    wire_reconfig(&wire, &reconfig);
    show(&wire, "everything, unlocked");
    wire_reconfig(&wire, &(struct wire_reconfig){.vm = vm, .add = dynamic, .n_add = 2});
    show(&wire, "dynamic devices");
    wire_reconfig(&wire, &(struct wire_reconfig){.vm = vm});
    show(&wire, "nothing");
}

static void dump_machine(void)
{
    const struct wire_option options[] = {{"gridform.lineage", "l"},
                                          {"gridform.address", "template/a"}};
    struct wire_clone clone = {.source = vm,
                               .folder = {"Folder", "group-v3"},
                               .datastore = {"Datastore", "datastore-59"},
                               .pool = pool,
                               .host = host,
                               .name = "a%2fb",
                               .options = options,
                               .n_options = 2};
    struct wire wire;
    wire_clone(&wire, &clone);
    show(&wire, "everything");
    clone.datastore = clone.host = (struct ref){0};
    clone.n_options = 0;
    wire_clone(&wire, &clone);
    show(&wire, "no datastore, no host, no options");
    wire_config_target(&wire, (struct ref){"EnvironmentBrowser", "envbrowser-20"}, host);
    show(&wire, "of a host");
    wire_power(&wire, vm, true);
    show(&wire, "on");
    wire_power(&wire, vm, false);
    show(&wire, "off");
    wire_shutdown_guest(&wire, vm);
    show(&wire, "guest");
    wire_mark_template(&wire, vm);
    show(&wire, "mark");
    wire_mark_vm(&wire, vm, pool, host);
    show(&wire, "unmark");
    wire_destroy(&wire, vm);
    show(&wire, "destroy");
}

/* Guest operations, with a login and a script that need escaping. */
static void dump_guest(void)
{
    struct wire wire;
    const struct ref programs = {"GuestProcessManager", "guestOperationsProcessManager"};
    const struct ref files = {"GuestFileManager", "guestOperationsFileManager"};
    const struct wire_login login = {{"VirtualMachine", "vm-57"}, "ro<o>t", "s&'\"<ecret"};
    const struct wire_guest_file file = {"/var/tmp/a & b", 0755, 1234};
    wire_guest_validate(&wire, (struct ref){"GuestAuthManager", "guestOperationsAuthManager"},
                        &login);
    show(&wire, "login");
    wire_guest_start(&wire, programs, &login, "/bin/sh", "-c 'a && b >c'");
    show(&wire, "start");
    wire_guest_processes(&wire, programs, &login, 4711);
    show(&wire, "processes");
    wire_guest_put(&wire, files, &login, &file);
    show(&wire, "put");
    wire_guest_get(&wire, files, &login, file.path);
    show(&wire, "get");
    wire_guest_list(&wire, files, &login, "/var/tmp", 1000);
    show(&wire, "list");
    wire_reboot_guest(&wire, login.vm);
    show(&wire, "reboot");
}

static void dump_specs(struct arena *arena)
{
    const struct xml_node *stored = parse(
        arena,
        "<returnval " VIM "><info><name>lin</name><description>d</description>"
        "<type>Linux</type><changeVersion>1569965707</changeVersion>"
        "<lastUpdateTime>2026-01-02T03:04:05Z</lastUpdateTime></info>"
        "<spec><options xsi:type='CustomizationLinuxOptions'/>"
        "<identity xsi:type='CustomizationLinuxPrep'>"
        "<hostName xsi:type='CustomizationPrefixName'><base>gpu</base></hostName>"
        "<domain>example.com</domain><timeZone>Etc/UTC</timeZone><hwClockUTC>true</hwClockUTC>"
        "</identity><globalIPSettings><dnsSuffixList>a</dnsSuffixList>"
        "<dnsServerList>10.0.0.53</dnsServerList></globalIPSettings>"
        "<nicSettingMap><macAddress>00:50:56:00:00:01</macAddress><adapter>"
        "<ip xsi:type='CustomizationFixedIp'><ipAddress>10.0.0.10</ipAddress></ip>"
        "<subnetMask>255.255.255.0</subnetMask><gateway>10.0.0.1</gateway>"
        "<dnsServerList>10.0.0.54</dnsServerList><dnsDomain>d</dnsDomain></adapter>"
        "</nicSettingMap><encryptionKey>1</encryptionKey><encryptionKey>-2</encryptionKey>"
        "</spec></returnval>");
    const char *all = "{\"os\":\"linux\",\"hostname\":\"vm-name\",\"domain\":\"lab.local\","
                      "\"network\":\"dhcp\",\"time_zone\":\"Etc/UTC\",\"dns_servers\":"
                      "[\"10.0.0.1\",\"10.0.0.2\"],\"dns_suffixes\":[\"a\",\"b\"]}";
    struct wire_spec spec = {
        .name = "lin", .description = "text\n[gridform l a]", .args = args(arena, all)};
    struct wire wire;
    wire_get_spec(&wire, specs, "lin");
    show(&wire, "get");
    wire_delete_spec(&wire, specs, "lin");
    show(&wire, "delete");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "everything");
    spec.stored = stored;
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "everything over a stored one");
    spec.args = args(arena, "{\"domain\":\"x\"}");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "one field over a stored one");
    spec.args = args(arena, "{\"hostname\":{\"name\":\"ml-1\"},\"hw_clock_utc\":false,"
                            "\"network\":\"static\",\"address\":\"10.0.0.11\","
                            "\"netmask\":\"255.255.0.0\"}");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "a fixed address over a stored one");
    spec.stored = NULL;
    spec.args = args(arena, "{\"hostname\":{\"prefix\":\"gpu\"},\"network\":\"static\","
                            "\"address\":\"10.0.0.11\",\"netmask\":\"255.255.0.0\","
                            "\"gateway\":\"10.0.0.1\"}");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "a new one with a fixed address");
    spec.args = args(arena, "{\"domain\":\"x\"}");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "the least");
    spec.args = args(arena, "{\"domain\":\"x\",\"time_zone\":\"Etc/UTC\","
                            "\"script\":\"#!/bin/sh\\n[ a ] && b <c\\n\"}");
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "a script");
    spec.stored = stored;
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "a script over a stored one");
}

/* A specification for Windows as vCenter gives it back: passwords encrypted, and its key. */
static const struct xml_node *stored_windows(struct arena *arena)
{
    return parse(
        arena,
        "<returnval " VIM "><info><name>win</name><description>d</description>"
        "<type>Windows</type><changeVersion>1569965708</changeVersion></info>"
        "<spec><options xsi:type='CustomizationWinOptions'><changeSID>true</changeSID>"
        "<deleteAccounts>true</deleteAccounts><reboot>reboot</reboot></options>"
        "<identity xsi:type='CustomizationSysprep'><guiUnattended><password><value>YWJj</value>"
        "<plainText>false</plainText></password><timeZone>35</timeZone>"
        "<autoLogon>true</autoLogon><autoLogonCount>2</autoLogonCount></guiUnattended>"
        "<userData><fullName>a</fullName><orgName>b</orgName>"
        "<computerName xsi:type='CustomizationVirtualMachineName'/><productId>c</productId>"
        "</userData><guiRunOnce><commandList>d</commandList></guiRunOnce>"
        "<identification><joinDomain>e</joinDomain><domainAdmin>f</domainAdmin>"
        "<domainAdminPassword><value>ZGVm</value><plainText>false</plainText>"
        "</domainAdminPassword></identification><licenseFilePrintData>"
        "<autoMode>perServer</autoMode><autoUsers>5</autoUsers></licenseFilePrintData>"
        "</identity><globalIPSettings><dnsSuffixList>a</dnsSuffixList></globalIPSettings>"
        "<nicSettingMap><adapter><ip xsi:type='CustomizationDhcpIpGenerator'/>"
        "<dnsServerList>10.0.0.53</dnsServerList><dnsDomain>d</dnsDomain>"
        "<primaryWINS>10.0.0.54</primaryWINS><netBIOS>enableNetBIOS</netBIOS></adapter>"
        "</nicSettingMap><nicSettingMap><adapter><ip xsi:type='CustomizationFixedIp'>"
        "<ipAddress>10.0.0.10</ipAddress></ip><subnetMask>255.0.0.0</subnetMask>"
        "<gateway>10.0.0.1</gateway></adapter></nicSettingMap>"
        "<encryptionKey>1</encryptionKey></spec></returnval>");
}

static void dump_windows(struct arena *arena)
{
    static const char all[] =
        "{\"os\":\"windows\",\"hostname\":{\"prefix\":\"ml-\"},\"domain\":\"lab.local\","
        "\"full_name\":\"ML & more\",\"organization\":\"Lab\","
        "\"time_zone\":\"Tokyo Standard Time\",\"auto_logon\":1,\"run_once\":[\"a\",\"b\"],"
        "\"join.domain\":\"lab.local\",\"join.user\":\"joiner\",\"change_sid\":false,"
        "\"delete_accounts\":true,\"dns_servers\":[\"10.0.0.1\"],\"dns_suffixes\":[\"a\"],"
        "\"cards\":[{\"network\":\"dhcp\"},{\"network\":\"static\",\"address\":\"10.0.0.11\","
        "\"netmask\":\"255.255.0.0\",\"gateway\":\"10.0.0.1\"}]}";
    static const char *const some[] = {
        "{\"os\":\"windows\"}",
        "{\"os\":\"windows\",\"run_once\":[],\"auto_logon\":0,\"join.workgroup\":\"ML\"}",
        "{\"os\":\"windows\",\"join.domain\":\"other\",\"cards\":[{\"network\":\"dhcp\"}]}",
        "{\"os\":\"windows\",\"domain\":\"x\",\"dns_servers\":[]}"};
    struct wire_spec spec = {.name = "win",
                             .description = "d",
                             .windows = true,
                             .args = args(arena, all),
                             .administrator_password = "a<b>&\"c",
                             .join_password = "p",
                             .product_key = "AAAAA-BBBBB"};
    struct wire wire;
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "Windows, everything");
    spec.stored = stored_windows(arena);
    wire_write_spec(&wire, specs, &spec);
    show(&wire, "Windows, everything over a stored one");
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        spec = (struct wire_spec){
            .name = "win", .description = "d", .windows = true, .args = args(arena, some[i])};
        wire_write_spec(&wire, specs, &spec);
        show(&wire, "Windows, little");
        spec.stored = stored_windows(arena);
        wire_write_spec(&wire, specs, &spec);
        show(&wire, "Windows, little over a stored one");
    }
}

int main(void)
{
    struct arena *arena = arena_new();
    dump_session();
    dump_retrieve();
    dump_host(arena);
    dump_reconfig(arena);
    dump_machine();
    dump_guest();
    dump_specs(arena);
    dump_windows(arena);
    arena_free(arena);
    return 0;
}
