/* test_e2e_drift.c: every managed attribute of every object is taken out of shape behind
 * gridform's back, one at a time, in an order that a printed seed chooses. drift names exactly
 * that attribute of that object, with exit 2; apply puts it right; then there is no drift.
 */
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "sample.h"
#include "site.h"
#include "strbuf.h"
#include "worlds.h"

enum { SPEED = 60000 };

/* Where the paths of a row begin. */
enum base {
    BASE_NONE,
    BASE_HOST,
    BASE_GPU,
    BASE_SPEC,
    BASE_FIXED,
    BASE_VM,
    BASE_SOFTWARE,
    BASE_BLUEPRINT,
    BASE_MACHINE,
    BASE_NETWORK,
    BASE_ITEM,
    BASE_SERVICE,
    BASE_ENTITLEMENT,
    BASE_COUNT
};

/* value: JSON; or "s|old|new": that replacement in the text that is there. */
struct change_made {
    enum base base;
    const char *path, *value;
};

struct row {
    const char *address;
    const char *attribute; /* NULL: the object itself is gone */
    struct change_made changes[3];
};

#define HOST1 "host/esx-gpu-01.lab.local"
#define SPEC "customization_spec/centos-ml"
#define FIXED "customization_spec/fixed"
#define TEMPLATE "template/centos72-vra-nvidia"
#define SOFTWARE "software_component/Tensorflow-GPU"
#define BLUEPRINT "blueprint/Tensorflow-GPU"
#define SERVICE "catalog_service/Machine Learning"
#define ENTITLEMENT "entitlement/ml-users"

static const struct row rows[] = {
    {HOST1, "graphics", {{BASE_HOST, "default_configured", "\"shared\""}}},
    {HOST1, "virtualization_mode", {{BASE_HOST, "default_active", "\"shared\""}}},
    {HOST1, "card_graphics", {{BASE_GPU, "type_configured", "\"shared\""}}},
    {HOST1, "passthrough", {{BASE_GPU, "passthru_enabled", "true"}}},
    {HOST1, "assignment_policy", {{BASE_HOST, "policy", "\"consolidation\""}}},
    {HOST1,
     "driver",
     {{BASE_HOST, "vibs/NVIDIA-VMware/version", "s|384.73|367.64"},
      {BASE_HOST, "vibs/NVIDIA-VMware/id", "s|384.73|367.64"}}},
    {HOST1, "ecc", {{BASE_GPU, "ecc_current", "true"}, {BASE_GPU, "ecc_pending", "true"}}},
    {HOST1, "ecc", {{BASE_GPU, "ecc_pending", "true"}}},
    {HOST1, "power_policy", {{BASE_HOST, "power_policy", "\"static\""}}},

    {SPEC,
     "hostname",
     {{BASE_SPEC, "spec",
       "s|<hostName xsi:type=\"CustomizationVirtualMachineName\">|"
       "<hostName xsi:type=\"CustomizationFixedName\"><name>other</name>"}}},
    {SPEC, "domain", {{BASE_SPEC, "spec", "s|<domain>lab.local<|<domain>other.local<"}}},
    {SPEC,
     "network",
     {{BASE_SPEC, "spec", "s|CustomizationDhcpIpGenerator|CustomizationUnknownIpGenerator"}}},
    {SPEC, "time_zone", {{BASE_SPEC, "spec", "s|Europe/Prague|Europe/Paris"}}},
    {SPEC, "dns_servers", {{BASE_SPEC, "spec", "s|10.0.0.53|10.0.0.54"}}},
    {SPEC, "dns_suffixes", {{BASE_SPEC, "spec", "s|ml.lab.local|old.lab.local"}}},
    {SPEC, NULL, {{BASE_SPEC, "", "null"}}},

    {FIXED, "hostname", {{BASE_FIXED, "spec", "s|<base>gpu-<|<base>cpu-<"}}},
    {FIXED, "hw_clock_utc", {{BASE_FIXED, "spec", "s|<hwClockUTC>false<|<hwClockUTC>true<"}}},
    {FIXED, "address", {{BASE_FIXED, "spec", "s|>10.0.0.10<|>10.0.0.11<"}}},
    {FIXED, "netmask", {{BASE_FIXED, "spec", "s|>255.255.255.0<|>255.255.0.0<"}}},
    {FIXED, "gateway", {{BASE_FIXED, "spec", "s|>10.0.0.1<|>10.0.0.2<"}}},
    {FIXED,
     "gateway",
     {{BASE_FIXED, "spec",
       "s|<gateway>10.0.0.1</gateway>|<gateway>10.0.0.1</gateway><gateway>10.0.0.2</"
       "gateway>"}}},

    {TEMPLATE, "vgpu", {{BASE_VM, "devices/VGPU/vgpu_profile", "\"grid_p100-2q\""}}},
    {TEMPLATE, "memory_locked", {{BASE_VM, "memory_locked", "false"}}},
    {TEMPLATE, "is_template", {{BASE_VM, "template", "false"}}},
    {TEMPLATE, NULL, {{BASE_VM, "", "null"}}},

    {SOFTWARE, "description", {{BASE_SOFTWARE, "description", "s|notebooks|cookbooks"}}},
    {SOFTWARE, "published", {{BASE_SOFTWARE, "publishStatus", "\"UNPUBLISHED\""}}},
    {SOFTWARE,
     "install.script",
     {{BASE_SOFTWARE, "lifecycleTasks/0/script/scriptContent", "s|port=8888|port=9999"}}},
    {SOFTWARE,
     "install.reboot",
     {{BASE_SOFTWARE, "lifecycleTasks/0/script/isRebootAfter", "true"}}},
    {SOFTWARE,
     "install.type",
     {{BASE_SOFTWARE, "lifecycleTasks/0/script/scriptTypeId", "\"PowerShell\""}}},

    {BLUEPRINT, "description", {{BASE_BLUEPRINT, "description", "s|quarter|third"}}},
    {BLUEPRINT, "published", {{BASE_BLUEPRINT, "status", "\"DRAFT\""}}},
    {BLUEPRINT, "catalog.service", {{BASE_ITEM, "serviceRef", "null"}}},
    {BLUEPRINT, "machine.prefix", {{BASE_MACHINE, "machine_prefix/fixed/id", "\"old-\""}}},
    {BLUEPRINT, "machine.instances", {{BASE_MACHINE, "_cluster/max", "3"}}},
    {BLUEPRINT, "machine.clone.type", {{BASE_MACHINE, "action/fixed", "\"LinkedClone\""}}},
    {BLUEPRINT,
     "machine.clone.customization",
     {{BASE_MACHINE, "guest_customization_specification", "\"linux\""}}},
    {BLUEPRINT,
     "machine.source",
     {{BASE_MACHINE, "source_machine/fixed/label", "\"centos72-old\""},
      {BASE_MACHINE, "source_machine_name/fixed", "\"centos72-old\""},
      {BASE_MACHINE, "source_machine/fixed/id", "\"0832bb20-227c-4bbb-a3bf-77fbb9604a0e\""}}},
    {BLUEPRINT, "machine.cpu", {{BASE_MACHINE, "cpu/max", "8"}}},
    {BLUEPRINT,
     "machine.memory",
     {{BASE_MACHINE, "memory", "{\"default\": 8192, \"min\": 8192, \"max\": 8192}"}}},
    {BLUEPRINT, "machine.storage", {{BASE_MACHINE, "storage/max", "100"}}},
    {BLUEPRINT,
     "machine.memory_reservation",
     {{BASE_MACHINE, "VMware.Memory.Reservation/default", "\"8192\""}}},
    {BLUEPRINT, "machine.network.name", {{BASE_NETWORK, "name", "\"Other Network\""}}},
    {BLUEPRINT, "machine.network.profile", {{BASE_NETWORK, "network_profile", "\"ml-old\""}}},
    {BLUEPRINT,
     "machine.network.assignment",
     {{BASE_MACHINE, "nics/0/assignment_type", "\"Static\""}}},
    {BLUEPRINT,
     "machine.reservation_policy",
     {{BASE_MACHINE, "reservation_policy",
       "{\"id\": \"other-cluster\", \"label\": \"other-cluster\"}"}}},
    {BLUEPRINT, "software", {{BASE_BLUEPRINT, "components/Tensorflow-GPU", "null"}}},

    {SERVICE, "description", {{BASE_SERVICE, "description", "s|Machines|Toys"}}},
    {SERVICE, "active", {{BASE_SERVICE, "status", "\"INACTIVE\""}}},

    {ENTITLEMENT,
     "description",
     {{BASE_ENTITLEMENT, "description", "s|[gridform|By hand\n[gridform"}}},
    {ENTITLEMENT,
     "business_group",
     {{BASE_ENTITLEMENT, "organization/subtenantLabel", "\"other\""},
      {BASE_ENTITLEMENT, "organization/subtenantRef", "the group other"}}},
    {ENTITLEMENT, "services", {{BASE_ENTITLEMENT, "entitledServices", "[]"}}},
    {ENTITLEMENT, "items", {{BASE_ENTITLEMENT, "entitledCatalogItems", "[]"}}},
    {ENTITLEMENT, "to", {{BASE_ENTITLEMENT, "principals/0/ref", "\"everybody@ml.local\""}}},
    {ENTITLEMENT, "active", {{BASE_ENTITLEMENT, "status", "\"INACTIVE\""}}},
    {ENTITLEMENT, NULL, {{BASE_ENTITLEMENT, "", "null"}}},
};

struct test {
    struct site site;
    char bases[BASE_COUNT][160];
};

/* ---- paths
 * ------------------------------------------------------------------------------------ */

static void find_id(struct test *test, enum base base, const json_t *world, const char *list,
                    const char *member, const char *text)
{
    const char *id;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)json_at(world, "vra/%s", list), id,
                        each) if (strstr(json_text_at(each, "%s", member), text) != NULL)
        snprintf(test->bases[base], sizeof(test->bases[base]), "vra/%s/%s", list, id);
}

/* Identifiers change when an object is made anew, so this is asked for every row. */
static void find_bases(struct test *test)
{
    json_t *world = lab_world(&test->site.lab);
    const char *name;
    json_t *vm;
    snprintf(test->bases[BASE_HOST], 160, "hosts/esx-gpu-01.lab.local");
    snprintf(test->bases[BASE_GPU], 160, "hosts/esx-gpu-01.lab.local/gpus/0");
    snprintf(test->bases[BASE_SPEC], 160, "specs/centos-ml");
    snprintf(test->bases[BASE_FIXED], 160, "specs/fixed");
    snprintf(test->bases[BASE_SOFTWARE], 160, "vra/components/Software.Tensorflow-GPU");
    snprintf(test->bases[BASE_BLUEPRINT], 160, "vra/blueprints/Tensorflow-GPU");
    snprintf(test->bases[BASE_MACHINE], 160,
             "vra/blueprints/Tensorflow-GPU/components/machine/data");
    snprintf(test->bases[BASE_NETWORK], 160,
             "vra/blueprints/Tensorflow-GPU/components/network/data");
    json_object_foreach(json_object_get(world, "vms"), name,
                        vm) if (strncmp(name, "centos72-vra-nvidia-", 20) == 0)
        snprintf(test->bases[BASE_VM], 160, "vms/%s", name);
    find_id(test, BASE_ITEM, world, "catalog_items", "providerBinding/bindingId",
            "!::!Tensorflow-GPU");
    find_id(test, BASE_SERVICE, world, "services", "name", "Machine Learning");
    find_id(test, BASE_ENTITLEMENT, world, "entitlements", "name", "ml-users");
    json_decref(world);
}

/* devices/VGPU/x: the key of the vGPU among the devices. */
static void resolve_path(struct test *test, const struct change_made *change, char *ret,
                         size_t size)
{
    const char *vgpu = strstr(change->path, "/VGPU/");
    snprintf(ret, size, "%s/%s", test->bases[change->base], change->path);
    if (vgpu == NULL)
        return;
    json_t *devices = lab_look(&test->site.lab, "%s/devices", test->bases[change->base]);
    size_t i;
    json_t *device;
    json_array_foreach(devices, i,
                       device) if (strcmp(json_text_at(device, "kind"), "vgpu") == 0)
        snprintf(ret, size, "%s/devices/%d/%s", test->bases[change->base],
                 (int)json_int_at(device, "key"), vgpu + 6);
    json_decref(devices);
}

/* ---- out of shape
 * --------------------------------------------------------------------------------- */

/* A list is entered by index when looking, by key when poking: vibs/NVIDIA-VMware/id. */
static json_t *current_text(struct test *test, const char *path)
{
    const char *vib = strstr(path, "/vibs/NVIDIA-VMware/");
    if (vib == NULL)
        return lab_look(&test->site.lab, "%s", path);
    json_t *vibs = lab_look(&test->site.lab, "%.*s/vibs", (int)(vib - path), path);
    json_t *each, *found = NULL;
    size_t i;
    json_array_foreach(vibs, i,
                       each) if (strcmp(json_text_at(each, "name"), "NVIDIA-VMware") == 0)
        found = json_incref(json_object_get(each, strrchr(path, '/') + 1));
    json_decref(vibs);
    return found;
}

static void replace_text(struct test *test, const char *path, const char *command)
{
    char old[256], text[16384];
    const char *new = strchr(command + 2, '|') + 1;
    snprintf(old, sizeof(old), "%.*s", (int)(new - command - 3), command + 2);
    json_t *now = current_text(test, path);
    const char *whole = json_string_value(now), *at = strstr(whole, old);
    if (at == NULL)
        fail_long("%s does not hold %s: %s", path, old, whole);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, new, at + strlen(old));
    json_t *value = json_string(text);
    char *json = json_dumps(value, JSON_ENCODE_ANY);
    lab_poke(&test->site.lab, json, "%s", path);
    free(json);
    json_decref(value);
    json_decref(now);
}

static void poke_group(struct test *test, const char *path)
{
    json_t *groups = lab_look(&test->site.lab, "vra/business_groups"), *group;
    const char *id;
    json_object_foreach(groups, id,
                        group) if (strcmp(json_text_at(group, "name"), "other") == 0)
    {
        char value[64];
        snprintf(value, sizeof(value), "\"%s\"", id);
        lab_poke(&test->site.lab, value, "%s", path);
    }
    json_decref(groups);
}

static void take_out_of_shape(struct test *test, const struct row *row)
{
    find_bases(test);
    for (size_t i = 0; i < ARRAY_LEN(row->changes) && row->changes[i].value != NULL; i++) {
        const struct change_made *change = &row->changes[i];
        char path[512];
        resolve_path(test, change, path, sizeof(path));
        if (strncmp(change->value, "s|", 2) == 0)
            replace_text(test, path, change->value);
        else if (strcmp(change->value, "the group other") == 0)
            poke_group(test, path);
        else
            lab_poke(&test->site.lab, change->value, "%s", path);
    }
}

/* ---- what drift says
 * -------------------------------------------------------------------------------- */

static void expect_named(struct test *test, const struct row *row)
{
    struct run *run = GRIDFORM(&test->site, "drift", "--json");
    const char *attribute = row->attribute == NULL ? "(gone)" : row->attribute;
    if (run->status != 2)
        fail_long("%s %s: drift ends with %d\n%s\n%s", row->address, attribute, run->status,
                  run->out, run->err);
    json_t *report = run_json(run);
    const json_t *items = json_at(report, "drift"), *item = json_at(items, "0");
    bool right = json_array_size(items) == 1 &&
                 strcmp(json_text_at(item, "address"), row->address) == 0 &&
                 (row->attribute == NULL
                      ? json_true_at(item, "gone")
                      : strcmp(json_text_at(item, "attribute"), row->attribute) == 0) &&
                 json_array_size(json_at(report, "unreadable")) == 0;
    if (!right)
        fail_long("%s %s: drift says\n%s", row->address, attribute, run->out);
    json_decref(report);
    run_free(run);
    run = run_expect(GRIDFORM(&test->site, "drift"), 2);
    run_says(run, strchr(row->address, '/') + 1);
    if (row->attribute != NULL)
        run_says(run, row->attribute);
    run_free(run);
}

static void every_attribute_is_named_and_repaired(void **state)
{
    struct test *test = *state;
    struct chance chance = chance_new(chance_seed("drift"));
    size_t order[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        order[i] = i;
    chance_shuffle(&chance, order, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!sample_takes((unsigned)i))
            continue;
        const struct row *row = &rows[order[i]];
        take_out_of_shape(test, row);
        expect_named(test, row);
        struct run *run = GRIDFORM(&test->site, "apply", "--yes");
        if (run->status != 0)
            fail_long("%s %s: apply ends with %d\n%s\n%s", row->address,
                      row->attribute == NULL ? "(gone)" : row->attribute, run->status, run->out,
                      run->err);
        run_free(run);
        run = GRIDFORM(&test->site, "drift");
        if (run->status != 0)
            fail_long("%s %s: drift after the repair\n%s\n%s", row->address,
                      row->attribute == NULL ? "(gone)" : row->attribute, run->out, run->err);
        run_free(run);
    }
}

/* Objects that others refer to: their going moves more than one attribute. */
static void what_was_deleted_comes_back(void **state)
{
    static const enum base gone[][2] = {
        {BASE_BLUEPRINT, BASE_ITEM}, {BASE_SERVICE}, {BASE_SOFTWARE}, {BASE_VM, BASE_SPEC}};
    struct test *test = *state;
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        find_bases(test);
        for (size_t j = 0; j < 2 && gone[i][j] != BASE_NONE; j++)
            lab_poke(&test->site.lab, "null", "%s", test->bases[gone[i][j]]);
        run_free(run_expect(GRIDFORM(&test->site, "drift"), 2));
        site_converge(&test->site);
        GRIDFORM_EXPECT(&test->site, 0, "drift");
    }
}

/* Edits of the files that wait to be applied are the plan's business. */
static void an_edit_is_no_drift(void **state)
{
    struct test *test = *state;
    char file[256];
    snprintf(file, sizeof(file), "%s/service.yaml", test->site.manifest);
    edit_text(file, "storage: 60 GiB", "storage: 80 GiB");
    GRIDFORM_EXPECT(&test->site, 0, "drift");
    GRIDFORM_EXPECT(&test->site, 2, "plan", "--detailed-exitcode");
    edit_text(file, "storage: 80 GiB", "storage: 60 GiB");
}

/* What cannot be read is neither drift nor its absence: exit 7, and it is said. */
static void unreadable_is_no_drift(void **state)
{
    struct test *test = *state;
    lab_poke(&test->site.lab, "false", "hosts/esx-gpu-01.lab.local/services/TSM-SSH/running");
    struct run *run = run_expect(GRIDFORM(&test->site, "drift", "--json"), 7);
    json_t *report = run_json(run);
    assert_int_equal(json_array_size(json_at(report, "drift")), 0);
    assert_true(json_array_size(json_at(report, "unreadable")) > 0);
    json_decref(report);
    run_free(run);
    lab_poke(&test->site.lab, "true", "hosts/esx-gpu-01.lab.local/services/TSM-SSH/running");
    GRIDFORM_EXPECT(&test->site, 0, "drift");
}

static int set_up(void **state)
{
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    struct test *test = calloc(1, sizeof(*test));
    char file[256];
    *state = test;
    site_start_shape(&test->site, &shape, SPEED);
    snprintf(file, sizeof(file), "%s/service.yaml", test->site.manifest);
    edit_text(file, "domain: lab.local, network: dhcp }",
              "domain: lab.local, network: dhcp, time_zone: Europe/Prague, "
              "dns_servers: [10.0.0.53], dns_suffixes: [ml.lab.local] }\n"
              "  fixed: { os: linux, hostname: { prefix: gpu- }, domain: lab.local, "
              "hw_clock_utc: false, network: static, address: 10.0.0.10, "
              "netmask: 255.255.255.0, gateway: 10.0.0.1 }");
    site_converge(&test->site);
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    site_stop(&test->site);
    free(test);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_is_named_and_repaired),
        cmocka_unit_test(what_was_deleted_comes_back),
        cmocka_unit_test(an_edit_is_no_drift),
        cmocka_unit_test(unreadable_is_no_drift),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
