/* test_esxi_parse.c: the parsers of esxcli's and nvidia-smi's output on every shape that the
 * fact sheet knows (esxi-shell.md §1-§3, §7), and on output that no host would print. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "esxi.h"
#include "strbuf.h"

#define XML_HEAD                                                                               \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"                                             \
    "<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli/\">\n<root>\n"
#define XML_TAIL "</root>\n</output>\n"

/* ---- esxcli ---- */

/* What is expected of one field of one record: value NULL = there is no such field. */
struct expected {
    size_t record;
    const char *label, *value;
};

static const struct esx_case {
    const char *name, *text;
    int shape; /* -1: XML */
    size_t n;
    struct expected fields[6];
} esx_cases[] = {
    {"host get of 8.0",
     "   Default Graphics Type: SharedPassthru\n"
     "   Shared Passthru Assignment Policy: Performance\n",
     SHAPE_FIELDS,
     1,
     {{0, "Default Graphics Type", "SharedPassthru"},
      {0, "shared passthru ASSIGNMENT policy", "Performance"},
      {0, "Other", NULL}}},
    {"host get, other order, unknown field, CR LF",
     "   Shared Passthru Assignment Policy: Consolidation\r\n   vGPU Weather: fine: sunny\r\n"
     "   Default Graphics Type: Shared\r\n",
     SHAPE_FIELDS,
     1,
     {{0, "DefaultGraphicsType", "Shared"},
      {0, "SharedPassthruAssignmentPolicy", "Consolidation"},
      {0, "vGPU Weather", "fine: sunny"}}},
    {"host get with a header line",
     "Graphics\n   Default Graphics Type: Shared",
     SHAPE_FIELDS,
     1,
     {{0, "Default Graphics Type", "Shared"}}},
    {"device list, two cards",
     "0000:af:00.0\n   Vendor Name: NVIDIA Corporation\n"
     "   Device Name: GA100 [A100 PCIe 40GB]\n   Module Name: None\n   Graphics Type: Basic\n"
     "   Memory Size in KB: 0\n   Number of VMs: 0\n\n0000:3b:00.0\n"
     "   Graphics Type: SharedPassthru\n   vGPU Mode: SameSize\n",
     SHAPE_FIELDS,
     2,
     {{0, "Device Name", "GA100 [A100 PCIe 40GB]"},
      {0, "Graphics Type", "Basic"},
      {1, "Graphics Type", "SharedPassthru"},
      {1, "Vendor Name", NULL}}},
    {"installation result, empty value without the blank",
     "Installation Result\n   Message: Operation finished successfully.\n"
     "   Reboot Required: false\n   VIBs Removed:\n   VIBs Skipped: \n",
     SHAPE_FIELDS,
     1,
     {{0, "VIBs Removed", ""}, {0, "VIBs Skipped", ""}, {0, "Reboot Required", "false"}}},
    {"vib get",
     "VMware_bootbank_esx-ui_2.12.0-21482143\n   Name: esx-ui\n   Version: 2.12.0-21482143\n"
     "   Vendor: VMware\n   Maintenance Mode Required: False\n",
     SHAPE_FIELDS,
     1,
     {{0, "Name", "esx-ui"}, {0, "Maintenance Mode Required", "False"}}},
    {"pci list: labels that end alike",
     "0000:af:00.0\n   SubVendor ID: 0x1\n   Vendor ID: 0x10de\n",
     SHAPE_FIELDS,
     1,
     {{0, "Vendor ID", "0x10de"}}},
    {"nothing", "", SHAPE_FIELDS, 0, {{0}}},
    {"vib list up to 7.0",
     "Name                             Version                           Vendor  Acceptance "
     "Level  Install Date\n"
     "-------------------------------  --------------------------------  ------  "
     "----------------  ------------\n"
     "NVIDIA-VMware_ESXi_7.0.2_Driver  510.73.06-1OEM.702.0.0.17630552   NVIDIA  "
     "VMwareAccepted    2022-08-15\n",
     SHAPE_TABLE,
     1,
     {{0, "Name", "NVIDIA-VMware_ESXi_7.0.2_Driver"},
      {0, "Version", "510.73.06-1OEM.702.0.0.17630552"},
      {0, "Vendor", "NVIDIA"},
      {0, "Acceptance Level", "VMwareAccepted"}}},
    {"vib list of 8.0, columns in another order, an empty cell",
     "Vendor  Name    Version  Platforms  Build Note\r\n"
     "------  ------  -------  ---------  ----------\r\n"
     "VMware  esx-ui  2.12.0   host       a b\r\n"
     "        esx-b   1.0      host       x\r\n",
     SHAPE_TABLE,
     2,
     {{0, "Name", "esx-ui"},
      {0, "Build Note", "a b"},
      {1, "Vendor", ""},
      {1, "Name", "esx-b"}}},
    {"component list: blanks within a cell",
     "Name         Display Name                                         Version\n"
     "-----------  ---------------------------------------------------  -----------------\n"
     "NVD-AIE-800  NVIDIA AI Enterprise vGPU driver for VMWare ESX-8.0  525.105.14-1OEM.8\n",
     SHAPE_TABLE,
     1,
     {{0, "Display Name", "NVIDIA AI Enterprise vGPU driver for VMWare ESX-8.0"},
      {0, "Version", "525.105.14-1OEM.8"}}},
    {"vm list",
     "World ID  Name       Device Address\n--------  ---------  --------------\n"
     " 6733887  LLMtest01  0000:af:00.0\n",
     SHAPE_TABLE,
     1,
     {{0, "World ID", "6733887"}, {0, "Device Address", "0000:af:00.0"}}},
    {"empty table", "World ID  Name\n--------  ----\n", SHAPE_TABLE, 0, {{0}}},
    {"no table at all", "", SHAPE_TABLE, 0, {{0}}},
    {"xml: one structure",
     XML_HEAD "<structure typeName=\"HostGet\">\n"
              "<field name=\"SharedPassthruAssignmentPolicy\"><string>Performance</string>"
              "</field>\n<field name=\"DefaultGraphicsType\"><string>Shared</string></field>"
              "</structure>" XML_TAIL,
     -1,
     1,
     {{0, "Default Graphics Type", "Shared"},
      {0, "Shared Passthru Assignment Policy", "Performance"}}},
    {"xml: a list, typed values, arrays, an unknown field",
     XML_HEAD "<list type=\"structure\"><structure typeName=\"A\">"
              "<field name=\"RebootRequired\"><boolean>false</boolean></field>"
              "<field name=\"MemorySizeinKB\"><integer>16777216</integer></field>"
              "<field name=\"VIBsInstalled\"><list type=\"string\"><string>a</string>"
              "<string>b</string></list></field><field name=\"Empty\"/><news/></structure>"
              "<structure typeName=\"B\"/></list>" XML_TAIL,
     -1,
     2,
     {{0, "Reboot Required", "false"},
      {0, "Memory Size in KB", "16777216"},
      {0, "VIBs Installed", "a, b"},
      {0, "Empty", ""},
      {1, "Empty", NULL}}},
    {"xml: noise before and behind",
     "warning: deprecated\r\n" XML_HEAD "<structure typeName=\"HostGet\"><field name=\"A\">"
     "<string>&lt;x&gt; &amp; y</string></field></structure>" XML_TAIL "bye\n",
     -1,
     1,
     {{0, "A", "<x> & y"}}},
    {"xml: an empty list", XML_HEAD "<list type=\"structure\"></list>" XML_TAIL, -1, 0, {{0}}},
};

static int parse(const char *text, size_t size, int shape, struct arena *arena,
                 struct records *ret, struct err *err)
{
    if (shape < 0)
        return records_from_xml(text, size, arena, ret, err);
    return records_from_text(text, size, (enum esx_shape)shape, arena, ret, err);
}

static void test_esxcli(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(esx_cases); i++) {
        const struct esx_case *c = &esx_cases[i];
        struct arena *arena = arena_new();
        struct records records;
        struct err err = {0};
        if (parse(c->text, strlen(c->text), c->shape, arena, &records, &err) < 0)
            fail_msg("%s: %s", c->name, err.message);
        if (records.n != c->n)
            fail_msg("%s: %zu records", c->name, records.n);
        for (size_t k = 0; k < ARRAY_LEN(c->fields) && c->fields[k].label != NULL; k++) {
            const struct expected *e = &c->fields[k];
            const char *found = record_get(&records.items[e->record], e->label);
            if ((found == NULL) != (e->value == NULL) ||
                (found != NULL && strcmp(found, e->value) != 0))
                fail_msg("%s: %s is \"%s\"", c->name, e->label, found);
        }
        arena_free(arena);
    }
}

/* However it is cut off, XML is refused or complete, and text does no harm. */
static void test_esxcli_truncated(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(esx_cases); i++) {
        const struct esx_case *c = &esx_cases[i];
        const char *end = strstr(c->text, "</output>");
        for (size_t size = 0; size < strlen(c->text); size++) {
            struct arena *arena = arena_new();
            struct records records = {0};
            struct err err = {0};
            char *copy = malloc(size + 1); /* a reader beyond the end meets the sanitizer */
            memcpy(copy, c->text, size);
            int rc = parse(copy, size, c->shape, arena, &records, &err);
            if (c->shape < 0 && size < (size_t)(end - c->text) + 9 && rc == 0)
                fail_msg("%s: accepted at %zu", c->name, size);
            free(copy);
            arena_free(arena);
        }
    }
}

static void test_esxcli_hostile(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "{}",
        "<?xml version=\"1.0\"?><html/>",
        "<?xml version=\"1.0\"?><output><list/></output>",
        "<?xml version=\"1.0\"?><!DOCTYPE output [<!ENTITY a \"aaaa\"><!ENTITY b "
        "\"&a;&a;&a;\">]><output><root>&b;</root></output>",
        "<?xml version=\"1.0\"?><!DOCTYPE output SYSTEM \"file:///etc/passwd\">"
        "<output><root/></output>",
        XML_HEAD "&lol;" XML_TAIL,
        XML_HEAD "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a>"
                 "</a></a></a></a></a></a></a></a></a></a></a>" XML_TAIL,
    };
    struct records records;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct arena *arena = arena_new();
        struct err err = {0};
        if (records_from_xml(refused[i], strlen(refused[i]), arena, &records, &err) == 0)
            fail_msg("accepted: %s", refused[i]);
        assert_int_equal(err.code, ERR_INVALID);
        arena_free(arena);
    }
}

static int parse_repeated(const char *head, const char *line, size_t n, int shape)
{
    struct strbuf text;
    struct records records;
    struct err err = {0};
    struct arena *arena = arena_new();
    strbuf_init(&text, 64 << 20);
    strbuf_add(&text, head);
    for (size_t i = 0; i < n; i++)
        strbuf_add(&text, line);
    strbuf_add(&text, shape < 0 ? XML_TAIL : "");
    int rc = parse(strbuf_str(&text), strbuf_len(&text), shape, arena, &records, &err);
    if (rc < 0)
        assert_int_equal(err.code, ERR_INVALID);
    strbuf_release(&text);
    arena_free(arena);
    return rc;
}

/* One field of n values of 2 bytes each: joined it has 4 n - 2 bytes. */
static int parse_values(size_t n)
{
    struct strbuf text;
    strbuf_init(&text, 64 << 20);
    strbuf_add(&text, XML_HEAD "<structure><field name=\"a\">");
    for (size_t i = 0; i < n; i++)
        strbuf_add(&text, "<string>ab</string>");
    strbuf_add(&text, "</field></structure>");
    int rc = parse_repeated(strbuf_str(&text), "", 0, -1);
    strbuf_release(&text);
    return rc;
}

static void test_esxcli_limits(void **state)
{
    (void)state;
    const char *one = "<structure typeName=\"a\"/>", *field = "<field name=\"a\"/>";
    assert_int_equal(parse_repeated("", "x\n", 20000, SHAPE_FIELDS), 0);
    assert_int_equal(parse_repeated("", "x\n", 20001, SHAPE_FIELDS), -1);
    assert_int_equal(parse_repeated("x\n", " a: b\n", 200, SHAPE_FIELDS), 0);
    assert_int_equal(parse_repeated("x\n", " a: b\n", 201, SHAPE_FIELDS), -1);
    assert_int_equal(parse_repeated("a  b\n-  -\n", "x y\n", 20000, SHAPE_TABLE), 0);
    assert_int_equal(parse_repeated("a  b\n-  -\n", "x y\n", 20001, SHAPE_TABLE), -1);
    assert_int_equal(parse_repeated("a\n", "- ", 33, SHAPE_TABLE), -1);
    assert_int_equal(parse_repeated("-\n", "x\n", 1, SHAPE_TABLE), -1);
    assert_int_equal(parse_repeated("Error\n", "not a table\n", 2, SHAPE_TABLE), -1);
    assert_int_equal(parse_repeated(XML_HEAD, one, 20000, -1), 0);
    assert_int_equal(parse_repeated(XML_HEAD, one, 20001, -1), -1);
    assert_int_equal(parse_repeated(XML_HEAD "<structure typeName=\"a\">", field, 0, -1), -1);
    assert_int_equal(parse_repeated(XML_HEAD, "                ", 300000, -1), -1);
    assert_int_equal(parse_values(16384), 0);
    assert_int_equal(parse_values(16385), -1);
}

/* ---- errors of esxcli ---- */

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *output;
        int status;
        enum err_code code;
        const char *says;
    } cases[] = {
        {" [NoMatchError]\n No image profile found with name 'ESXi-8.0U3-standard'\n"
         "         id = ESXi-8.0U3-standard\n Please refer to the log file for more details.\n",
         1, ERR_NOT_FOUND,
         "x: NoMatchError: No image profile found with name 'ESXi-8.0U3-standard' id = "
         "ESXi-8.0U3-standard Please"},
        {" [DependencyError]\r\n VIB DEL_bootbank requires esx-version >= 7.0.0\r\n", 1,
         ERR_INVALID, "x: DependencyError: VIB DEL_bootbank requires esx-version >= 7.0.0"},
        {" [MaintenanceModeError]\n no\n", 1, ERR_DENIED, "MaintenanceModeError: no"},
        {" [LockingError]\n busy\n", 1, ERR_BUSY, "LockingError"},
        {" [AcceptanceConfigError]\n low\n", 1, ERR_DENIED, "AcceptanceConfigError"},
        {"Error: Unknown command or namespace graphics host refresh\n", 1, ERR_INVALID,
         "x: Error: Unknown command or namespace graphics host refresh (status 1)"},
        {"Connect to localhost failed: Connection failure.\n", 1, ERR_UNREACHABLE,
         "hostd is not up yet"},
        {"-sh: esxcli: not found\n", 127, ERR_NOT_FOUND, "not found"},
        {"''\n", 1, ERR_INVALID, "(status 1)"},
        {"", 1, ERR_INVALID, "no message"},
        {"[not a class] \033[31m red\a\n", 1, ERR_INVALID, "[not a class] [31m red (status"},
        {"[", 1, ERR_INVALID, "[ (status 1)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct part part = {cases[i].output, strlen(cases[i].output), cases[i].status};
        struct err err = {0};
        assert_int_equal(esxcli_error(&part, "x", &err), -1);
        if (err.code != cases[i].code || strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s: %s", i, err_code_name(err.code), err.message);
    }
}

/* ---- scripts ---- */

static void test_script_line(void **state)
{
    (void)state;
    static const char *const a[] = {"esxcli", "--formatter=xml", "a b; reboot", NULL};
    static const char *const b[] = {"nvidia-smi", "-e", "0'$(x)", NULL};
    const struct script script = {.commands = {a, b}, .n = 2};
    struct strbuf out;
    strbuf_init(&out, 4096);
    script_line(&script, "gf-1", &out);
    assert_string_equal(strbuf_str(&out),
                        "esxcli '--formatter=xml' 'a b; reboot' 2>&1; echo \"gf-1:0:$?\"; "
                        "nvidia-smi -e '0'\\''$(x)' 2>&1; echo \"gf-1:1:$?\"");
    strbuf_release(&out);
}

static void test_script_split(void **state)
{
    (void)state;
    static const struct {
        const char *output, *first, *second; /* first NULL: refused */
        int a, b;
    } cases[] = {
        {"one\ngf-1:0:0\ntwo\ngf-1:1:127\n", "one\n", "two\n", 0, 127},
        {"no newlinegf-1:0:3\ngf-1:1:255\n", "no newline", "", 3, 255},
        {"one\r\ngf-1:0:0\r\ntwo\r\ngf-1:1:1\r\n", "one\r\n", "two\r\n", 0, 1},
        {"gf-2:0:0\ngf-1:1:9\ngf-1:0:0\ngf-1:1:1\n", "gf-2:0:0\ngf-1:1:9\n", "", 0, 1},
        {"banner\ngf-1:0:0\ngf-1:1:0\nlogout\n", "banner\n", "", 0, 0},
        {"", NULL, NULL, 0, 0},
        {"one\ngf-1:0:0\ntwo\n", NULL, NULL, 0, 0},
        {"one\ngf-1:0:0\ntwo\ngf-1:1:", NULL, NULL, 0, 0},
        {"one\ngf-1:0:0\ntwo\ngf-1:1:12", NULL, NULL, 0, 0},
        {"one\ngf-1:0:x\ntwo\ngf-1:1:0\n", NULL, NULL, 0, 0},
        {"one\ngf-1:0:1234\ntwo\ngf-1:1:0\n", NULL, NULL, 0, 0},
        {"gf-1:1:0\ngf-1:0:0\n", NULL, NULL, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        struct part parts[2];
        struct err err = {0};
        int rc = script_split(cases[i].output, strlen(cases[i].output), "gf-1", 2, arena, parts,
                              &err);
        assert_int_equal(rc, cases[i].first == NULL ? -1 : 0);
        if (rc == 0) {
            assert_string_equal(parts[0].output, cases[i].first);
            assert_string_equal(parts[1].output, cases[i].second);
            assert_int_equal(parts[0].status, cases[i].a);
            assert_int_equal(parts[1].status, cases[i].b);
        }
        arena_free(arena);
    }
    struct arena *arena = arena_new();
    struct part part;
    struct err err = {0};
    assert_int_equal(script_split("a\0b\0gf-1:0:0\n", 14, "gf-1", 1, arena, &part, &err), 0);
    assert_string_equal(part.output, "a b ");
    arena_free(arena);
}

/* ---- nvidia-smi ---- */

#define SMI_DOC(n) "<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v" n ".dtd\">\n"
#define SMI_HEAD                                                                               \
    "<?xml version=\"1.0\" ?>\n" SMI_DOC("11") "<nvidia_smi_log>\n"                            \
                                               "<driver_version>470.63</driver_version>\n"
#define SMI_CARD                                                                               \
    "<gpu id=\"00000000:83:00.0\">\n  <product_name>Tesla P40</product_name>\n"                \
    "  <gpu_virtualization_mode><virtualization_mode>Host VGPU</virtualization_mode>"          \
    "<host_vgpu_mode>Non SR-IOV</host_vgpu_mode></gpu_virtualization_mode>\n"                  \
    "  <ecc_mode><current_ecc>Disabled</current_ecc><pending_ecc>Enabled</pending_ecc>"        \
    "</ecc_mode>\n  <mig_mode><current_mig>N/A</current_mig></mig_mode>\n</gpu>\n"

static const struct smi_case {
    const char *name, *text;
    bool xml;
    enum smi_state state;
    const char *driver;
    size_t n;
    const char *id, *mode, *current, *pending; /* of the last card */
} smi_cases[] = {
    {"xml", SMI_HEAD SMI_CARD "</nvidia_smi_log>\n", true, SMI_RUNS, "470.63", 1,
     "00000000:83:00.0", "Host VGPU", "Disabled", "Enabled"},
    {"xml of 535, CR LF, warning before",
     "WARNING: infoROM is corrupted\r\n<?xml version=\"1.0\" ?>\r\n" SMI_DOC(
         "12") "\r\n"
               "<nvidia_smi_log>\r\n<attached_gpus>2</attached_gpus><driver_version>535.54.06"
               "</driver_version><vgpu_driver_capability><heterogenous_multivGPU>Supported"
               "</heterogenous_multivGPU></vgpu_driver_capability>" SMI_CARD
               "<gpu id=\"2\"><ecc_mode><pending_ecc>N/A</pending_ecc></ecc_mode></gpu>"
               "</nvidia_smi_log>",
     true, SMI_RUNS, "535.54.06", 2, "2", NULL, NULL, "N/A"},
    {"xml without a document type",
     "<?xml version=\"1.0\"?><nvidia_smi_log><gpu/></nvidia_smi_log>", true, SMI_RUNS, NULL, 1,
     "?", NULL, NULL, NULL},
    {"xml without cards", SMI_HEAD "</nvidia_smi_log>", true, SMI_NO_CARD, "470.63", 0, NULL,
     NULL, NULL, NULL},
    {"text, -d ECC of 384",
     "\n==============NVSMI LOG==============\n\n"
     "Timestamp                                 : Tue Dec 19 18:36:45 2017\n"
     "Driver Version                            : 384.99\n\n"
     "Attached GPUs                             : 1\nGPU 0000:02:00.0\n    Ecc Mode\n"
     "        Current                           : Enabled\n"
     "        Pending                           : Disabled\n",
     false, SMI_RUNS, "384.99", 1, "0000:02:00.0", NULL, "Enabled", "Disabled"},
    {"text of 535, CR LF",
     "Driver Version : 535.129.03\r\nCUDA Version : Not Found\r\nvGPU Driver Capability\r\n"
     "        Heterogenous Multi-vGPU           : Supported\r\n\r\nAttached GPUs : 1\r\n"
     "GPU 00000000:83:00.0\r\n    Product Name : Tesla P40\r\n    MIG Mode\r\n"
     "        Current : N/A\r\n        Pending : N/A\r\n    vGPU Device Capability\r\n"
     "        Fractional Multi-vGPU             : Not Supported\r\n"
     "    GPU Virtualization Mode\r\n        Virtualization Mode               : Host VGPU\r\n"
     "        Host VGPU Mode                    : Non SR-IOV\r\n    PCI\r\n"
     "        Bus Id                            : 00000000:83:00.0\r\n"
     "    FB Memory Usage\r\n        Total                             : 24576 MiB\r\n"
     "    Compute Mode : Default\r\n        Current : Nonsense\r\n    ECC Mode\r\n"
     "        Current                           : Disabled\r\n"
     "        Pending                           : Enabled\r\n    ECC Errors\r\n"
     "        Current : 7\r\n",
     false, SMI_RUNS, "535.129.03", 1, "00000000:83:00.0", "Host VGPU", "Disabled", "Enabled"},
    {"text, two cards, labels in another case",
     "DRIVER VERSION : 384.73\nGPU 0000:3B:00.0\n    ecc mode\n        current : Enabled\n"
     "GPU 0000:AF:00.0\n    gpu virtualization mode\n        virtualization mode : Host VSGA\n",
     false, SMI_RUNS, "384.73", 2, "0000:AF:00.0", "Host VSGA", NULL, NULL},
    {"text without cards", "Driver Version : 384.73\nAttached GPUs : 0\n", false, SMI_NO_CARD,
     "384.73", 0, NULL, NULL, NULL, NULL},
};

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void test_smi(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(smi_cases); i++) {
        const struct smi_case *c = &smi_cases[i];
        struct arena *arena = arena_new();
        struct smi_report report;
        struct err err = {0};
        if ((c->xml ? smi_from_xml : smi_from_text)(c->text, strlen(c->text), arena, &report,
                                                    &err) < 0)
            fail_msg("%s: %s", c->name, err.message);
        if (report.state != c->state || report.n_cards != c->n ||
            !same(report.driver, c->driver))
            fail_msg("%s: %d, %zu cards, driver %s", c->name, report.state, report.n_cards,
                     report.driver);
        const struct smi_card *card = c->n == 0 ? NULL : &report.cards[c->n - 1];
        if (card != NULL &&
            (!same(card->id, c->id) || !same(card->mode, c->mode) ||
             !same(card->ecc_current, c->current) || !same(card->ecc_pending, c->pending)))
            fail_msg("%s: %s %s %s %s", c->name, card->id, card->mode, card->ecc_current,
                     card->ecc_pending);
        for (size_t size = 0; size < strlen(c->text); size++) {
            char *copy = malloc(size + 1);
            memcpy(copy, c->text, size);
            int rc = (c->xml ? smi_from_xml : smi_from_text)(copy, size, arena, &report, &err);
            const char *end = strstr(c->text, "</nvidia_smi_log>");
            if (c->xml && rc == 0 && size < (size_t)(end - c->text) + 17)
                fail_msg("%s: accepted at %zu", c->name, size);
            free(copy);
        }
        arena_free(arena);
    }
}

static void test_smi_hostile(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log SYSTEM \"http://x/y.dtd\">"
        "<nvidia_smi_log/>",
        "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log PUBLIC \"a\" \"y.dtd\">"
        "<nvidia_smi_log/>",
        "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log SYSTEM \"/etc/passwd\">"
        "<nvidia_smi_log/>",
        "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log SYSTEM \"y.dtd\" [<!ENTITY a \"b\">]>"
        "<nvidia_smi_log>&a;</nvidia_smi_log>",
        "<?xml version=\"1.0\"?><!DOCTYPE other SYSTEM \"y.dtd\"><other/>",
        "<?xml version=\"1.0\"?>" SMI_DOC("11") SMI_DOC("11") "<nvidia_smi_log/>",
        "<?xml version=\"1.0\"?>" SMI_DOC("11") "<nvidia_smi_log>&lol;</nvidia_smi_log>",
        "<?xml version=\"1.0\"?>" SMI_DOC("11") "<output/>",
        "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log SYSTEM \"",
        "no xml",
    };
    struct smi_report report;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct arena *arena = arena_new();
        struct err err = {0};
        if (smi_from_xml(refused[i], strlen(refused[i]), arena, &report, &err) == 0)
            fail_msg("accepted: %s", refused[i]);
        assert_int_equal(err.code, ERR_INVALID);
        arena_free(arena);
    }
    struct arena *arena = arena_new();
    struct err err = {0};
    assert_int_equal(smi_from_text("rubbish\n", 8, arena, &report, &err), -1);
    struct strbuf many;
    strbuf_init(&many, 1 << 20);
    strbuf_add(&many, "Driver Version : 1.2\n");
    for (int i = 0; i < 65; i++)
        strbuf_add(&many, "GPU 0000:AF:00.0\n");
    assert_int_equal(smi_from_text(many.data, many.len - 17, arena, &report, &err), 0);
    assert_int_equal(smi_from_text(many.data, many.len, arena, &report, &err), -1);
    strbuf_release(&many);
    arena_free(arena);
}

static void test_smi_failures(void **state)
{
    (void)state;
    static const struct {
        const char *output;
        int status;
        enum smi_state state;
    } cases[] = {
        {"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make "
         "sure that the latest NVIDIA driver is installed and running.\n\n",
         9, SMI_NOT_LOADED},
        {"Failed to initialize NVML: Driver/library version mismatch\nNVML library version: "
         "535.261\n",
         18, SMI_NOT_LOADED},
        {"Failed to initialize NVML: Driver/library version mismatch\n", 18, SMI_NOT_LOADED},
        {"NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.\n", 12, SMI_FAILED},
        {"-sh: nvidia-smi: not found\n", 127, SMI_ABSENT},
        {"sh: 1: nvidia-smi: not found\n", 127, SMI_ABSENT},
        {"bash: nvidia-smi: command not found\n", 127, SMI_ABSENT},
        {"No devices found\n", 6, SMI_NO_CARD},
        {"No devices were found\n", 6, SMI_NO_CARD},
        {"GPU is lost\n", 15, SMI_FAILED},
        {"", 255, SMI_FAILED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        struct smi_report report;
        const struct part part = {cases[i].output, strlen(cases[i].output), cases[i].status};
        smi_from_failure(&part, arena, &report);
        if (report.state != cases[i].state)
            fail_msg("case %zu: %d", i, report.state);
        if (report.state == SMI_FAILED)
            assert_non_null(report.reason);
        arena_free(arena);
    }
}

static void test_one_line(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char big[5000];
    memset(big, 'x', sizeof big);
    assert_string_equal(one_line(arena, " a\r\n\tb\x01\x7f c \n", 11), "a b c");
    assert_string_equal(one_line(arena, "", 0), "");
    assert_int_equal(strlen(one_line(arena, big, sizeof big)), 603);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_esxcli),         cmocka_unit_test(test_esxcli_truncated),
        cmocka_unit_test(test_esxcli_hostile), cmocka_unit_test(test_esxcli_limits),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_script_line),
        cmocka_unit_test(test_script_split),   cmocka_unit_test(test_smi),
        cmocka_unit_test(test_smi_hostile),    cmocka_unit_test(test_smi_failures),
        cmocka_unit_test(test_one_line),
    };
    return cmocka_run_group_tests_name("esxi_parse", tests, NULL, NULL);
}
