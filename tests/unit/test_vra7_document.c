/* test_vra7_document.c: blueprint documents and attributes, both ways (vra7-api.md §4). */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "kinds.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"
#include "vra7.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct value *value(const char *json)
{
    const struct value *ret = NULL;
    struct err err = {0};
    if (value_from_json(json, strlen(json), arena, &ret, &err) < 0)
        fail_msg("%s: %s", json, err.message);
    return ret;
}

static json_t *json(const char *text)
{
    json_error_t error;
    json_t *ret = json_loads(text, JSON_DECODE_ANY, &error);
    if (ret == NULL)
        fail_msg("%s: %s", error.text, text);
    return ret;
}

static struct instance *live_of(const json_t *document, const json_t *software)
{
    struct instance *live = instance_new(arena, &kind_blueprint.schema, "blueprint/Web", "Web");
    document_attrs(document, software, arena, live);
    return live;
}

static void assert_attr(const struct instance *live, const char *attr, const char *want)
{
    struct strbuf text;
    strbuf_init(&text, 10000);
    value_to_json(instance_get(live, attr), &text);
    if (strcmp(strbuf_str(&text), want) != 0)
        fail_msg("%s: %s, not %s", attr, strbuf_str(&text), want);
    strbuf_release(&text);
}

#define HEAD "\"id\":\"Web\",\"name\":\"Web\",\"status\":\"PUBLISHED\""

/* A machine on a network with one component of software, and what only others care about. */
static const char foreign[] =
    "{" HEAD ",\"description\":\"mine\",\"propertyGroups\":[\"grp\"],"
    "\"properties\":{\"_leaseDays\":{\"default\":1,\"max\":30,\"min\":1},"
    "\"_snapshot_propagation\":true},"
    "\"components\":{"
    "\"netA\":{\"type\":\"Infrastructure.Network.Network.Existing\","
    "\"data\":{\"name\":{\"fixed\":\"VM Network\"},\"network_profile\":\"profile-1\","
    "\"__nsx.scope\":\"x\"}},"
    "\"vm1\":{\"type\":\"Infrastructure.CatalogItem.Machine.Virtual.vSphere\",\"data\":{"
    "\"_cluster\":{\"default\":1,\"max\":2,\"min\":1},\"action\":{\"fixed\":\"FullClone\"},"
    "\"allow_storage_policies\":false,\"blueprint_type\":{\"fixed\":\"0\"},"
    "\"cpu\":{\"default\":1,\"max\":4,\"min\":1},"
    "\"disks\":[{\"capacity\":8,\"custom_properties\":null,\"id\":1567,"
    "\"initial_location\":\"\",\"is_clone\":true,\"label\":\"Hard disk 1\",\"volumeId\":0}],"
    "\"guest_customization_specification\":\"Linux\","
    "\"machine_prefix\":{\"fixed\":{\"id\":\"dev-\"}},\"max_volumes\":{},"
    "\"memory\":{\"default\":1024,\"max\":4096,\"min\":512},"
    "\"nics\":{\"fixed\":[{\"address\":\"\",\"assignment_type\":\"Static\",\"id\":0,"
    "\"network\":\"${_resource~netA}\",\"network_profile\":\"profile-1\"},"
    "{\"id\":1,\"network\":\"${_resource~netB}\"}]},"
    "\"provisioning_workflow\":{\"fixed\":{\"id\":\"CloneWorkflow\",\"label\":\"Clone\"}},"
    "\"reservation_policy\":{\"id\":\"Site A\",\"label\":\"Site A\"},"
    "\"source_machine\":{\"fixed\":{\"id\":\"guid-1\",\"label\":\"T1\"}},"
    "\"source_machine_name\":{\"fixed\":\"T1\"},"
    "\"storage\":{\"default\":8,\"max\":60,\"min\":8},"
    "\"Custom.Key\":{\"default\":\"1\",\"secured\":false},"
    "\"VMware.Memory.Reservation\":{\"default\":\"1024\",\"required\":false,"
    "\"secured\":false,\"visible\":false}}},"
    "\"db_1\":{\"type\":\"Software.MySQL\",\"data\":{\"host\":\"${_resource~vm1}\","
    "\"dbuser\":\"root\"}},"
    "\"on_db\":{\"type\":\"Software.Schema\",\"dependsOn\":[\"db_1\"],"
    "\"data\":{\"host\":\"${_resource~other}\"}}},"
    "\"layout\":{\"vm1\":\"0,0\",\"netA\":\"0,1\"}}";

#define RANGE(min, max, standard)                                                              \
    "{\"default\":" #standard ",\"max\":" #max ",\"min\":" #min "}"

static void reads_a_document_of_others(void **state)
{
    (void)state;
    json_auto_t *document = json(foreign);
    json_auto_t *software = json("[{\"id\":\"Software.MySQL\",\"name\":\"My SQL\"}]");
    struct instance *live = live_of(document, software);
    static const char *const want[][2] = {
        {"published", "true"},
        {"machine.instances", RANGE(1, 2, 1)},
        {"machine.cpu", RANGE(1, 4, 1)},
        {"machine.memory", RANGE(536870912, 4294967296, 1073741824)},
        {"machine.storage", RANGE(8589934592, 64424509440, 8589934592)},
        {"machine.prefix", "\"dev-\""},
        {"machine.clone.type", "\"full\""},
        {"machine.clone.customization", "\"Linux\""},
        {"machine.source", "\"T1\""},
        {"machine.reservation_policy", "\"Site A\""},
        {"machine.memory_reservation", "1024"},
        {"machine.network.name", "\"VM Network\""},
        {"machine.network.profile", "\"profile-1\""},
        {"machine.network.assignment", "\"static\""},
        {"software", "[\"My SQL\"]"},
        {"catalog.service", "null"},
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_attr(live, want[i][0], want[i][1]);
    live = live_of(document, NULL);
    assert_attr(live, "software", "[\"MySQL\"]");
}

/* What foreign says, as arguments. */
static const char same_args[] =
    "{\"machine.instances\":" RANGE(1, 2, 1) ",\"machine.cpu\":" RANGE(
        1, 4, 1) ","
                 "\"machine.memory\":" RANGE(
                     536870912, 4294967296,
                     1073741824) ","
                                 "\"machine.storage\":" RANGE(
                                     8589934592, 64424509440,
                                     8589934592) ","
                                                 "\"machine.prefix\":\"dev-\",\"machine.clone."
                                                 "type\":\"full\","
                                                 "\"machine.clone.customization\":\"Linux\","
                                                 "\"machine.source\":\"T1\","
                                                 "\"machine.reservation_policy\":\"Site "
                                                 "A\",\"machine.memory_reservation\":1024,"
                                                 "\"machine.network.name\":\"VM "
                                                 "Network\",\"machine.network.profile\":"
                                                 "\"profile-1\","
                                                 "\"machine.network.assignment\":\"static\","
                                                 "\"software\":[\"My SQL\"]}";

static const char *const mysql[] = {"Software.MySQL", NULL};
static const char *const no_software[] = {NULL};

static struct document_spec spec_of(const char *args)
{
    return (struct document_spec){.id = "Web",
                                  .name = "Web",
                                  .description = "mine",
                                  .args = value(args),
                                  .template_id = "guid-1",
                                  .software = mysql};
}

static json_t *merge(const json_t *read, const struct document_spec *spec)
{
    struct err err = {0};
    json_t *ret = document_merge(read, spec, &err);
    if (ret == NULL)
        fail_msg("%s", err.message);
    return ret;
}

static void equal_meaning_is_no_difference(void **state)
{
    (void)state;
    json_auto_t *document = json(foreign);
    /* Everything has its place on the canvas but what others left out. */
    json_object_set_new(json_object_get(document, "layout"), "db_1", json_string("1,0"));
    json_object_set_new(json_object_get(document, "layout"), "on_db", json_string("2,0"));
    struct document_spec spec = spec_of(same_args);
    json_auto_t *merged = merge(document, &spec);
    assert_true(json_equal(merged, document));
}

/* args with one field replaced, or without it when json null. */
static const struct value *with_field(const struct value *args, const char *key,
                                      const struct value *wanted)
{
    struct value_field fields[32];
    size_t n = 0;
    for (size_t i = 0; i < args->map.n; i++)
        if (strcmp(args->map.fields[i].key, key) != 0)
            fields[n++] = args->map.fields[i];
    fields[n++] = (struct value_field){key, wanted};
    return value_map(arena, fields, n);
}

/* Each change touches its own field and nothing else. */
static void one_change_touches_one_field(void **state)
{
    (void)state;
    static const struct {
        const char *arg, *json, *path, *want;
    } cases[] = {
        {"machine.cpu", RANGE(6, 6, 6), "components.vm1.data.cpu", RANGE(6, 6, 6)},
        {"machine.prefix", "\"tf-\"", "components.vm1.data.machine_prefix",
         "{\"fixed\":{\"id\":\"tf-\"}}"},
        {"machine.clone.type", "\"linked\"", "components.vm1.data.action",
         "{\"fixed\":\"LinkedClone\"}"},
        {"machine.clone.customization", "null",
         "components.vm1.data.guest_customization_specification", NULL},
        {"machine.reservation_policy", "null", "components.vm1.data.reservation_policy", NULL},
        {"machine.reservation_policy", "\"B\"", "components.vm1.data.reservation_policy",
         "{\"id\":\"B\",\"label\":\"B\"}"},
        {"machine.memory_reservation", "2048", "components.vm1.data",
         "{\"default\":\"2048\",\"required\":false,\"secured\":false,\"visible\":false}"},
        {"machine.network.name", "\"Other\"", "components.netA.data.name", "\"Other\""},
    };
    json_auto_t *document = json(foreign);
    struct document_spec spec = spec_of(same_args);
    json_auto_t *before = merge(document, &spec);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct value *args = value(same_args);
        spec.args = with_field(args, cases[i].arg, value(cases[i].json));
        json_auto_t *after = merge(before, &spec);
        json_t *place = vra_at(after, cases[i].path);
        if (strcmp(cases[i].arg, "machine.memory_reservation") == 0)
            place = json_object_get(place, "VMware.Memory.Reservation");
        assert_false(json_equal(before, after));
        if (cases[i].want == NULL) {
            assert_null(place);
            continue;
        }
        json_auto_t *want = json(cases[i].want);
        if (!json_equal(want, place))
            fail_msg("%s", cases[i].arg);
        /* Put the old value back: nothing else may have moved. */
        spec.args = args;
        json_auto_t *again = merge(after, &spec);
        json_auto_t *third = merge(again, &spec);
        assert_true(json_equal(again, third));
        assert_non_null(vra_at(again, "properties._snapshot_propagation"));
        assert_non_null(json_object_get(vra_at(again, "components.netA.data"), "__nsx.scope"));
        assert_non_null(json_object_get(vra_at(again, "components.vm1.data"), "Custom.Key"));
        assert_int_equal(json_array_size(vra_at(again, "components.vm1.data.nics.fixed")), 2);
    }
}

static void software_comes_and_goes(void **state)
{
    (void)state;
    json_auto_t *document = json(foreign);
    struct document_spec spec = spec_of(same_args);
    static const char *const other[] = {"Software.Tensor-Flow", NULL};
    spec.software = other;
    json_auto_t *swapped = merge(document, &spec);
    assert_null(vra_at(swapped, "components.db_1"));
    assert_null(vra_at(swapped, "layout.db_1"));
    assert_int_equal(json_array_size(vra_at(swapped, "components.on_db.dependsOn")), 0);
    assert_string_equal(vra_text_at(swapped, "components.Tensor-Flow.data.host"),
                        "${_resource~vm1}");
    assert_non_null(vra_at(swapped, "layout.Tensor-Flow"));
    /* Software elsewhere is not ours. */
    assert_non_null(vra_at(swapped, "components.on_db"));
    spec.software = no_software;
    json_auto_t *bare = merge(swapped, &spec);
    assert_null(vra_at(bare, "components.Tensor-Flow"));
}

/* What the server makes of a document that it stores (§11). */
static void add_noise(json_t *document)
{
    json_t *data = vra_at(document, "components.machine.data");
    json_object_set_new(data, "max_volumes", json_object());
    json_object_set_new(data, "allow_storage_policies", json("{\"fixed\":false}"));
    json_object_set_new(json_array_get(json_object_get(data, "disks"), 0), "custom_properties",
                        json_null());
    json_object_set_new(json_array_get(json_object_get(data, "disks"), 0), "id",
                        json_integer(1567608926846));
    json_object_set_new(vra_at(document, "components.network.data"), "name",
                        json("{\"default\":\"VM Network\"}"));
    json_object_set_new(data, "guest_customization_specification",
                        json("{\"default\":\"Linux\"}"));
    json_object_set_new(data, "cpu", json("{\"min\":1,\"max\":4,\"default\":1}"));
    json_object_set_new(document, "status", json_string("PUBLISHED"));
}

static void new_document_round_trip(void **state)
{
    (void)state;
    struct document_spec spec = spec_of(same_args);
    json_auto_t *document = merge(NULL, &spec);
    assert_string_equal(vra_text_at(document, "status"), "DRAFT");
    add_noise(document);
    json_auto_t *again = merge(document, &spec);
    assert_true(json_equal(document, again));
    json_auto_t *software = json("[{\"id\":\"Software.MySQL\",\"name\":\"My SQL\"}]");
    struct instance *live = live_of(document, software);
    const struct value *args = value(same_args);
    for (size_t i = 0; i < args->map.n; i++)
        if (!value_equal(args->map.fields[i].value,
                         instance_get(live, args->map.fields[i].key)))
            fail_msg("%s differs", args->map.fields[i].key);
    assert_int_equal(
        json_integer_value(json_object_get(
            json_array_get(vra_at(document, "components.machine.data.disks"), 0), "capacity")),
        8);
}

static void refusals(void **state)
{
    (void)state;
    struct err err = {0};
    static const struct {
        const char *args, *says;
    } cases[] = {
        {"{\"machine.memory\":" RANGE(1000, 1000, 1000) "}", "whole MiB"},
        {"{\"machine.storage\":" RANGE(1048576, 1048576, 1048576) "}", "whole GiB"},
        {"{\"machine.cpu\":\"auto\"}", "no number"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct document_spec spec = spec_of(cases[i].args);
        assert_null(document_merge(NULL, &spec, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.message, cases[i].says));
    }
    json_auto_t *document = json(foreign);
    json_object_set_new(json_object_get(document, "components"), "vm2",
                        json("{\"type\":\"" VRA_MACHINE "\",\"data\":{}}"));
    struct document_spec spec = spec_of(same_args);
    assert_null(document_merge(document, &spec, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_true(value_is_unreadable(instance_get(live_of(document, NULL), "machine.cpu")));
    assert_true(value_is_unreadable(instance_get(live_of(document, NULL), "software")));
    assert_attr(live_of(document, NULL), "published", "true");
}

static void range_forms(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool is;
        int64_t min, max, standard;
    } cases[] = {
        {"3", true, 3, 3, 3},
        {"{\"default\":3}", true, 3, 3, 3},
        {"{\"fixed\":3}", true, 3, 3, 3},
        {"{\"fixed\":2,\"min\":2}", true, 2, 2, 2},
        {"{\"default\":2,\"max\":2,\"min\":2}", true, 2, 2, 2},
        {"{\"min\":1,\"max\":4}", true, 1, 4, 1},
        {"{\"max\":4}", true, 4, 4, 4},
        {"{\"default\":\"16\"}", true, 16, 16, 16},
        {"{\"default\":2.0}", true, 2, 2, 2},
        {"{\"default\":2.5}", false, 0, 0, 0},
        {"{\"default\":\"x\"}", false, 0, 0, 0},
        {"{}", false, 0, 0, 0},
        {"null", false, 0, 0, 0},
        {"[1]", false, 0, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct range range = {0, 0, 0};
        json_auto_t *field = json(cases[i].json);
        if (facet_range(field, &range) != cases[i].is || range.min != cases[i].min ||
            range.max != cases[i].max || range.standard != cases[i].standard)
            fail_msg("%s", cases[i].json);
    }
    json_auto_t *huge = json("{" HEAD ",\"components\":{\"m\":{\"type\":\"" VRA_MACHINE "\","
                             "\"data\":{\"storage\":9000000000000000000,\"cpu\":-1}}}}");
    assert_true(value_is_unreadable(instance_get(live_of(huge, NULL), "machine.storage")));
    assert_true(value_is_unreadable(instance_get(live_of(huge, NULL), "machine.cpu")));
}

/* Documents that make no sense must not hurt. */
static void broken_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"components\":[]}",
        "{\"components\":{\"a\":1,\"b\":null,\"c\":{}}}",
        "{\"components\":{\"m\":{\"type\":\"" VRA_MACHINE "\"}}}",
        "{\"components\":{\"m\":{\"type\":\"" VRA_MACHINE "\",\"data\":{\"nics\":[1],"
        "\"disks\":{\"fixed\":[7]},\"reservation_policy\":[],\"source_machine\":7}}}}",
        "{\"status\":1,\"description\":{},\"layout\":[],\"components\":{\"m\":{\"type\":"
        "\"" VRA_MACHINE "\",\"data\":{\"nics\":{\"fixed\":null}}}}}",
    };
    struct document_spec spec = spec_of(same_args);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json_auto_t *document = json(texts[i]);
        live_of(document, NULL);
        json_auto_t *once = merge(document, &spec);
        json_auto_t *twice = merge(once, &spec);
        assert_true(json_equal(once, twice));
    }
}

static void secured_values_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *json, *where; /* NULL: nothing is hidden */
    } cases[] = {
        {"{\"a\":{\"pw\":{\"default\":\"\",\"secured\":true}}}", "a.pw"},
        {"{\"a\":[{\"pw\":{\"fixed\":\"\",\"secured\":true}}]}", "a.pw"},
        {"{\"a\":{\"pw\":{\"default\":\"x\",\"secured\":true}}}", NULL},
        {"{\"a\":{\"pw\":{\"default\":\"\",\"secured\":false}}}", NULL},
        {"{\"a\":{\"pw\":{\"secured\":true}}}", NULL},
        {"{\"fields\":[{\"id\":\"pw\",\"dataType\":{\"typeId\":\"SECURE_STRING\"},\"state\":"
         "{\"facets\":[{\"type\":\"defaultValue\",\"value\":{\"type\":\"constant\",\"value\":"
         "{\"type\":\"secureString\",\"value\":\"\"}}}]}}]}",
         "fields.pw"},
        {"{\"fields\":[{\"id\":\"pw\",\"dataType\":{\"typeId\":\"SECURE_STRING\"},\"state\":"
         "{\"facets\":[]}}]}",
         NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf where;
        strbuf_init(&where, 1000);
        json_auto_t *object = json(cases[i].json);
        assert_int_equal(vra_hidden_secret(object, &where), cases[i].where != NULL);
        assert_string_equal(strbuf_str(&where), cases[i].where ? cases[i].where : "");
        strbuf_release(&where);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_a_document_of_others),
        TEST(equal_meaning_is_no_difference),
        TEST(one_change_touches_one_field),
        TEST(software_comes_and_goes),
        TEST(new_document_round_trip),
        TEST(refusals),
        TEST(range_forms),
        TEST(broken_documents),
        TEST(secured_values_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
