/* test_vsphere_specs.c: customization specifications for Windows, with several network cards,
 * and with scripts: what is read of them, and how they are written with passwords. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "kinds.h"
#include "ops.h"
#include "read.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"
#include "vsphere_script.h"
#include "windows_zone.h"

#define ADMIN "Kanarie-admin-71"
#define JOIN "Kanarie-join-72"

#define CARD(ip, more)                                                                         \
    "<nicSettingMap><adapter><ip xsi:type='Customization" ip "</ip>" more                      \
    "</adapter></nicSettingMap>"
#define DHCP(more) CARD("DhcpIpGenerator'>", more)
#define FIXED(address, more) CARD("FixedIp'><ipAddress>" address "</ipAddress>", more)
#define WINDOWS(version, unattended, join, cards)                                              \
    "<returnval xmlns='urn:vim25' xmlns:xsi='" XML_NS_XSI "'><info><name>s</name>"             \
    "<description>[gridform l customization_spec/s]</description><type>Windows</type>"         \
    "<changeVersion>" version "</changeVersion></info><spec>"                                  \
    "<options xsi:type='CustomizationWinOptions'><changeSID>true</changeSID>"                  \
    "<deleteAccounts>0</deleteAccounts><reboot>shutdown</reboot></options>"                    \
    "<identity xsi:type='CustomizationSysprep'><guiUnattended>" unattended                     \
    "</guiUnattended><userData><fullName>ML</fullName><orgName>Lab</orgName>"                  \
    "<computerName xsi:type='CustomizationPrefixName'><base>ml</base></computerName>"          \
    "<productId>K-1</productId></userData><guiRunOnce><commandList>a.cmd</commandList>"        \
    "</guiRunOnce><identification>" join "</identification><licenseFilePrintData>"             \
    "<autoMode>perSeat</autoMode></licenseFilePrintData></identity><globalIPSettings>"         \
    "<dnsSuffixList>lab.local</dnsSuffixList></globalIPSettings>" cards                        \
    "<encryptionKey>7</encryptionKey><encryptionKey>-8</encryptionKey></spec></returnval>"
#define UNATTENDED                                                                             \
    "<password><value>ENC1</value><plainText>false</plainText></password>"                     \
    "<timeZone>110</timeZone><autoLogon>true</autoLogon><autoLogonCount>2</autoLogonCount>"
#define JOINED                                                                                 \
    "<joinDomain>lab.local</joinDomain><domainAdmin>joiner</domainAdmin>"                      \
    "<domainAdminPassword><value>ENC2</value><plainText>false</plainText>"                     \
    "</domainAdminPassword><domainOU>OU=ml</domainOU>"

/* ---- reading ------------------------------------------------------------------------------
 */

static struct instance *decode(struct arena *arena, const char *xml)
{
    const struct xml_node *root = NULL;
    struct err err;
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, "customization_spec/s", "s");
    if (xml_parse(xml, strlen(xml), NULL, arena, &root, &err) < 0)
        fail_msg("%s: %s", xml, err.message);
    spec_decode(root, live, arena);
    return live;
}

struct expected {
    const char *attr, *text; /* as attr_print has it */
};

static void expect_attrs(const struct instance *live, const struct expected *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct strbuf text;
        strbuf_init(&text, 10000);
        const struct attr *attr = &live->schema->attrs[schema_find(live->schema, rows[i].attr)];
        attr_print(attr, instance_get(live, rows[i].attr), &text);
        if (strcmp(strbuf_str(&text), rows[i].text) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].attr, strbuf_str(&text), rows[i].text);
        strbuf_release(&text);
    }
}

static void test_windows_is_read(void **state)
{
    (void)state;
    static const struct expected rows[] = {{"os", "windows"},
                                           {"hostname", "prefix: ml"},
                                           {"full_name", "ML"},
                                           {"organization", "Lab"},
                                           {"time_zone", "W. Europe Standard Time"},
                                           {"auto_logon", "2"},
                                           {"join.workgroup", "(absent)"},
                                           {"join.domain", "lab.local"},
                                           {"join.user", "joiner"},
                                           {"run_once", "a.cmd"},
                                           {"change_sid", "true"},
                                           {"delete_accounts", "false"},
                                           {"domain", "ml.local"},
                                           {"dns_servers", "10.0.0.53"},
                                           {"dns_suffixes", "lab.local"},
                                           {"network", "dhcp"},
                                           {"administrator_password", "(absent)"},
                                           {"join.password", "(absent)"},
                                           {"product_key", "(absent)"}};
    struct arena *arena = arena_new();
    const struct instance *live =
        decode(arena, WINDOWS("1", UNATTENDED, JOINED,
                              DHCP("<dnsServerList>10.0.0.53</dnsServerList>"
                                   "<dnsDomain>ml.local</dnsDomain>")));
    expect_attrs(live, rows, ARRAY_LEN(rows));
    assert_true(live->mark.own);
    for (size_t i = 0; i < live->schema->n_attrs; i++) {
        struct strbuf text;
        strbuf_init(&text, 10000);
        value_to_json(live->attrs[i], &text);
        assert_null(strstr(strbuf_str(&text), "ENC"));
        strbuf_release(&text);
    }
    arena_free(arena);
}

/* No automatic logon, whatever its count; a zone of nobody's list; cards that differ. */
static void test_windows_odd(void **state)
{
    (void)state;
    static const struct expected rows[] = {{"auto_logon", "0"},
                                           {"time_zone", "-2147483568"},
                                           {"join.workgroup", "ML"},
                                           {"join.domain", "(absent)"},
                                           {"domain", "(absent)"},
                                           {"dns_servers", "differs between cards"},
                                           {"network", "2 network cards"},
                                           {"address", "(absent)"},
                                           {"cards", "dhcp; 10.0.0.9/255.0.0.0 via 10.0.0.1"}};
    struct arena *arena = arena_new();
    const struct instance *live = decode(
        arena, WINDOWS("1",
                       "<timeZone>-2147483568</timeZone><autoLogon>false</autoLogon>"
                       "<autoLogonCount>1</autoLogonCount>",
                       "<joinWorkgroup>ML</joinWorkgroup>",
                       DHCP("") FIXED("10.0.0.9", "<subnetMask>255.0.0.0</subnetMask>"
                                                  "<gateway>10.0.0.1</gateway>"
                                                  "<dnsServerList>10.0.0.53</dnsServerList>")));
    expect_attrs(live, rows, ARRAY_LEN(rows));
    arena_free(arena);
}

#define LINUX(script, cards)                                                                   \
    "<returnval xmlns='urn:vim25' xmlns:xsi='" XML_NS_XSI "'><info><type>Linux</type></info>"  \
    "<spec><identity xsi:type='CustomizationLinuxPrep'><domain>d</domain>"                     \
    "<dnsDomain>x</dnsDomain><scriptText>" script "</scriptText></identity>"                   \
    "<globalIPSettings/>" cards "</spec></returnval>"

static void test_cards_are_read(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"network", "3 network cards"},
        {"cards", "10.0.0.9/255.0.0.0 via 2 gateways; ask; dhcp"}};
    struct arena *arena = arena_new();
    const struct instance *live =
        decode(arena, LINUX("x", FIXED("10.0.0.9", "<subnetMask>255.0.0.0</subnetMask>"
                                                   "<gateway>10.0.0.1</gateway>"
                                                   "<gateway>10.0.0.2</gateway>")
                                     CARD("UnknownIpGenerator'>", "") DHCP("")));
    expect_attrs(live, rows, ARRAY_LEN(rows));
    live = decode(arena, LINUX("x", DHCP("")));
    const struct value_field dhcp = {"network", value_string(arena, "dhcp")};
    const struct value *card = value_map(arena, &dhcp, 1);
    assert_true(value_equal(instance_get(live, "cards"), value_list(arena, &card, 1)));
    arena_free(arena);
}

/* However its lines end, a script is the same; a carriage return within a line is one. */
static void test_script_lines(void **state)
{
    (void)state;
    static const char text[] = "#!/bin/sh\necho a\r b\n";
    struct arena *arena = arena_new();
    assert_string_equal(
        instance_text(decode(arena, LINUX("#!/bin/sh&#13;\necho a&#13; b&#13;\n", "")),
                      "script"),
        text);
    assert_string_equal(
        instance_text(decode(arena, LINUX("#!/bin/sh\necho a&#13; b\n", "")), "script"), text);
    assert_string_equal(instance_text(decode(arena, LINUX("a &amp; b", "")), "script"),
                        "a & b");
    arena_free(arena);
}

/* ---- time zones ---------------------------------------------------------------------------
 */

static void test_zones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t index; /* -1: none */
    } rows[] = {{"110", 110},
                {"085", 85},
                {"0", 0},
                {"000", 0},
                {"W. Europe Standard Time", 110},
                {"w. europe standard time", 110},
                {"Europe/Berlin", 110},
                {"AUS Eastern Standard Time", 255},
                {"A.U.S. Eastern Standard Time", 255},
                {"111", -1},
                {"-1", -1},
                {"", -1},
                {"Europe", -1},
                {"Etc/UTC", -1},
                {"W. Europe Standard Time 2", -1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct windows_zone *zone = windows_zone_find(rows[i].text);
        assert_int_equal(zone == NULL ? -1 : zone->index, rows[i].index);
        if (zone != NULL)
            assert_ptr_equal(windows_zone_find(zone->iana), zone);
    }
    assert_string_equal(windows_zone_nearest("Europe/Berlln"), "Europe/Berlin");
    assert_null(windows_zone_nearest("Etc/UTC"));
    assert_string_equal(windows_zone_at(WINDOWS_ZONE_UTC)->name, "Greenwich Standard Time");
}

/* ---- writing ------------------------------------------------------------------------------
 */

static int resolve(void *context, const struct value *reference, const char **ret_secret,
                   struct err *err)
{
    (void)context;
    const char *name = value_get_text(reference, "env");
    if (strcmp(name, "GONE") == 0)
        return err_set(err, ERR_NOT_FOUND, "the environment variable GONE is not set");
    *ret_secret = strcmp(name, "ADMIN") == 0 ? ADMIN : JOIN;
    return 0;
}

static int write_spec(struct fixture *f, const char *json, struct outcome *outcome)
{
    struct arena *arena = f->session.arena;
    const struct value *args = NULL;
    if (value_from_json(json, strlen(json), arena, &args, &f->err) < 0)
        fail_msg("%s: %s", json, f->err.message);
    const struct step step = {
        .address = "customization_spec/s", .op = OP_SPEC_WRITE, .args = args};
    struct instance *live =
        instance_new(arena, &kind_customization_spec.schema, step.address, "s");
    live->presence = PRESENCE_PRESENT;
    f->session.reference = resolve;
    const struct step_call call = {
        .step = &step, .live = live, .lineage = "l", .nonce = "n", .arena = arena};
    return step_spec_write(&f->vc, &call, outcome, &f->err);
}

#define GOT(version, unattended, join)                                                         \
    {                                                                                          \
        "<GetCustomizationSpec ", NULL,                                                        \
            "<GetCustomizationSpecResponse xmlns='urn:vim25'>" WINDOWS(                        \
                version, unattended, join, DHCP("")) "</GetCustomizationSpecResponse>"         \
    }
#define WRITTEN "<OverwriteCustomizationSpecResponse xmlns='urn:vim25'/>"
#define PLAIN(name, secret)                                                                    \
    "<" name "><value>" secret "</value><plainText>true</plainText></" name ">"
#define STORED(name, secret)                                                                   \
    "<" name "><value>" secret "</value><plainText>false</plainText></" name ">"

static const char admin_args[] =
    "{\"os\":\"windows\",\"full_name\":\"ML\",\"administrator_password\":{\"env\":\"ADMIN\"}}";

/* A declared password replaces the encrypted one; the other goes back as it came, and with it
 * the key. What nobody knows survives. */
static void test_one_password(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        GOT("1", UNATTENDED, JOINED),
        {PLAIN("password", ADMIN) "<timeZone>110</timeZone><autoLogon>true</autoLogon>"
                                  "<autoLogonCount>2</autoLogonCount></guiUnattended>",
         "<domainAdmin>joiner</domainAdmin>" STORED(
             "domainAdminPassword",
             "ENC2") "<domainOU>OU=ml</domainOU></identification><licenseFilePrintData>",
         WRITTEN}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(write_spec(&f, admin_args, &outcome), 0);
    assert_int_equal(outcome.kind, OUTCOME_DONE);
    script_finish(&f);
}

/* Nothing encrypted goes back: nor does the key. */
static void test_all_passwords(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        GOT("1", UNATTENDED, JOINED),
        {PLAIN("domainAdminPassword", JOIN), "</nicSettingMap></spec>", WRITTEN}};
    struct fixture f;
    struct outcome outcome = {0};
    START(&f, replies);
    assert_int_equal(
        write_spec(&f,
                   "{\"os\":\"windows\",\"administrator_password\":{\"env\":\"ADMIN\"},"
                   "\"join.domain\":\"lab.local\",\"join.user\":\"joiner\","
                   "\"join.password\":{\"env\":\"JOIN\"}}",
                   &outcome),
        0);
    script_finish(&f);
}

/* The password of one domain's user is not given to another; a workgroup needs none. */
static void test_password_stays_with_its_user(void **state)
{
    (void)state;
    static const struct {
        const char *args, *join;
    } rows[] = {
        {"{\"os\":\"windows\",\"join.domain\":\"other.local\"}",
         "<identification><joinDomain>other.local</joinDomain><domainAdmin>joiner</domainAdmin>"
         "</identification>"},
        {"{\"os\":\"windows\",\"join.user\":\"other\"}",
         "<identification><joinDomain>lab.local</joinDomain><domainAdmin>other</domainAdmin>"
         "<domainOU>OU=ml</domainOU></identification>"},
        {"{\"os\":\"windows\",\"join.workgroup\":\"ML\"}",
         "<identification><joinWorkgroup>ML</joinWorkgroup></identification>"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct reply replies[] = {GOT("1", "<timeZone>110</timeZone>", JOINED),
                                        GOT("1", UNATTENDED, JOINED),
                                        {rows[i].join, "</nicSettingMap></spec>", WRITTEN}};
        struct fixture f;
        struct outcome outcome = {0};
        START(&f, replies);
        assert_int_equal(write_spec(&f, rows[i].args, &outcome), 0);
        script_finish(&f);
    }
}

/* A write whose answer was lost came through when the version moved and all that can be read is
 * as wanted; without a new version nobody knows. A change by others is none of ours. */
static void test_lost_answer(void **state)
{
    (void)state;
    static const struct {
        struct reply answer, look;
        int result;
        enum err_code code;
    } rows[] = {
        {{"<OverwriteCustomizationSpec ", PLAIN("password", ADMIN), NULL},
         GOT("2", UNATTENDED, JOINED),
         0,
         ERR_NONE},
        {{"<OverwriteCustomizationSpec ", PLAIN("password", ADMIN), NULL},
         GOT("1", UNATTENDED, JOINED),
         -1,
         ERR_UNCERTAIN},
        {{"<OverwriteCustomizationSpec ", "<changeVersion>1<", FAULT("ConcurrentAccess", "")},
         {NULL, NULL, NULL},
         -1,
         ERR_CONFLICT}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct reply replies[] = {GOT("1", UNATTENDED, JOINED), rows[i].answer,
                                        rows[i].look};
        struct fixture f;
        struct outcome outcome = {0};
        script_start(&f, replies, rows[i].look.expect == NULL ? 2 : 3);
        assert_int_equal(write_spec(&f, admin_args, &outcome), rows[i].result);
        assert_int_equal(f.err.code, rows[i].code);
        assert_null(strstr(f.err.message, ADMIN));
        script_finish(&f);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *args, *text;
    } rows[] = {{"{\"os\":\"linux\",\"domain\":\"d\"}", "is one for Windows"},
                {"{\"os\":\"windows\",\"administrator_password\":{\"env\":\"GONE\"}}",
                 "administrator_password: the environment variable GONE is not set"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static const struct reply replies[] = {GOT("1", UNATTENDED, JOINED)};
        struct fixture f;
        struct outcome outcome = {0};
        START(&f, replies);
        assert_int_equal(write_spec(&f, rows[i].args, &outcome), -1);
        if (strstr(f.err.message, rows[i].text) == NULL)
            fail_msg("%s", f.err.message);
        script_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_is_read),
        cmocka_unit_test(test_windows_odd),
        cmocka_unit_test(test_cards_are_read),
        cmocka_unit_test(test_script_lines),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_one_password),
        cmocka_unit_test(test_all_passwords),
        cmocka_unit_test(test_password_stays_with_its_user),
        cmocka_unit_test(test_lost_answer),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
