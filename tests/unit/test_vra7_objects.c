/* test_vra7_objects.c: marks, ids, software components, services and entitlements as JSON. */
#include "../harness/unit.h"

#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "kinds.h"
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

static void marks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rest, *lineage;
        bool own;
    } cases[] = {
        {"[gridform L1 service/A B]", NULL, "L1", true},
        {"line 1\nline 2\n[gridform L1 service/A B]", "line 1\nline 2", "L1", true},
        {"text\r\n[gridform L1 service/A B]\n", "text", "L1", true},
        {"text\n[gridform L1 service/other]", "text", "L1", false},
        {"text [gridform L1 service/A B]", "text [gridform L1 service/A B]", NULL, false},
        {"[gridform L1 service/A B]\ntext", "[gridform L1 service/A B]\ntext", NULL, false},
        {"[gridform nothing]", "[gridform nothing]", NULL, false},
        {"[gridform ", "[gridform ", NULL, false},
        {"[gridform ]", "[gridform ]", NULL, false},
        {"\n", "\n", NULL, false},
        {"", NULL, NULL, false},
        {NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mark mark;
        const char *rest = mark_strip(arena, cases[i].text, "service/A B", &mark);
        if ((rest == NULL) != (cases[i].rest == NULL) ||
            (rest != NULL && strcmp(rest, cases[i].rest) != 0))
            fail_msg("case %zu: %s", i, rest ? rest : "(null)");
        assert_int_equal(mark.own, cases[i].own);
        assert_int_equal(mark.lineage == NULL, cases[i].lineage == NULL);
        if (mark.lineage != NULL)
            assert_string_equal(mark.lineage, cases[i].lineage);
    }
    const char *text = mark_describe(arena, "a", "L", "k/n");
    assert_string_equal(text, "a\n[gridform L k/n]");
    assert_true(mark_is_ours(arena, text, "L", "k/n"));
    assert_false(mark_is_ours(arena, text, "M", "k/n"));
    assert_string_equal(mark_describe(arena, NULL, "L", "k/n"), "[gridform L k/n]");
}

static void ids(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *name, *id;
    } cases[] = {
        {"Software.", "Apache Service", "Software.ApacheService"},
        {"", "Tensorflow-GPU_2", "Tensorflow-GPU_2"},
        {"", "a.b", NULL},
        {"", "ä", NULL},
        {"", " ", NULL},
        {"", "a/b", NULL},
        {"", "1234567890123456789012345678901234567890123456789012345678901234",
         "1234567890123456789012345678901234567890123456789012345678901234"},
        {"", "12345678901234567890123456789012345678901234567890123456789012345", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *id = NULL;
        struct err err = {0};
        int ret = vra_id(arena, cases[i].prefix, cases[i].name, &id, &err);
        assert_int_equal(ret, cases[i].id == NULL ? -1 : 0);
        if (ret == 0)
            assert_string_equal(id, cases[i].id);
        else
            assert_int_equal(err.code, ERR_INVALID);
    }
}

/* ---- software ---- */

static struct software_spec software_spec(const char *args)
{
    return (struct software_spec){.id = "Software.X",
                                  .name = "X",
                                  .tenant = "t",
                                  .description = "d",
                                  .args = value(args),
                                  .bash = "Bash"};
}

static void software_round_trip(void **state)
{
    (void)state;
    struct software_spec spec = software_spec(
        "{\"install.type\":\"bash\",\"install.script\":\"a\\n\",\"install.reboot\":true,"
        "\"uninstall.type\":\"bash\",\"uninstall.script\":\"b\",\"uninstall.reboot\":false}");
    json_auto_t *object = software_merge(NULL, &spec);
    assert_string_equal(vra_text(object, "publishStatus"), "DRAFT");
    assert_int_equal(json_array_size(json_object_get(object, "lifecycleTasks")), 2);
    const json_t *field = json_array_get(vra_at(object, "schema.fields"), 0);
    assert_string_equal(vra_text(field, "id"), vra_text(object, "containerFieldId"));
    struct instance *live =
        instance_new(arena, &kind_software_component.schema, "software_component/X", "X");
    software_attrs(object, arena, live);
    for (size_t i = 0; i < spec.args->map.n; i++)
        assert_true(value_equal(spec.args->map.fields[i].value,
                                instance_get(live, spec.args->map.fields[i].key)));
    assert_string_equal(instance_text(live, "container"), "machine");
    assert_true(value_is_absent(instance_get(live, "start.script")));
    assert_false(instance_get(live, "published")->boolean);
}

/* Fields of others, versions, spelling of the server: all kept, and no difference. */
static void software_of_the_server(void **state)
{
    (void)state;
    struct software_spec spec =
        software_spec("{\"install.type\":\"bash\",\"install.script\":\"a\"}");
    json_auto_t *object = software_merge(NULL, &spec);
    json_object_set_new(object, "version", json_integer(3));
    json_object_set_new(object, "derivesFromRef", json_null());
    json_array_insert_new(vra_at(object, "schema.fields"), 0,
                          json("{\"id\":\"dbuser\",\"dataType\":{\"typeId\":\"STRING\"}}"));
    json_t *task = json_array_get(json_object_get(object, "lifecycleTasks"), 0);
    json_object_set_new(task, "id", json_string("9"));
    json_object_set_new(json_object_get(task, "script"), "scriptTypeId", json_string("BASH"));
    json_object_set_new(json_object_get(task, "taskDescriptorRef"), "id",
                        json_string("Install"));
    json_auto_t *same = software_merge(object, &spec);
    assert_true(json_equal(same, object));
    struct software_spec changed =
        software_spec("{\"start.type\":\"bash\",\"start.script\":\"b\"}");
    json_auto_t *tasks = json("[{\"id\":\"start\",\"name\":\"Starten\"}]");
    changed.tasks = tasks;
    changed.bash = "bash";
    json_auto_t *after = software_merge(object, &changed);
    assert_int_equal(json_array_size(json_object_get(after, "lifecycleTasks")), 1);
    task = json_array_get(json_object_get(after, "lifecycleTasks"), 0);
    assert_string_equal(vra_text_at(task, "taskDescriptorRef.id"), "start");
    assert_string_equal(vra_text_at(task, "script.scriptTypeId"), "bash");
    assert_int_equal(json_array_size(vra_at(after, "schema.fields")), 2);
    assert_int_equal(json_integer_value(json_object_get(after, "version")), 3);
}

static void software_on_software(void **state)
{
    (void)state;
    json_auto_t *object =
        json("{\"containerFieldId\":\"host\",\"schema\":{\"fields\":[{\"id\":\"host\","
             "\"dataType\":{\"classId\":\"softwareResourceType\",\"typeFilter\":"
             "\"Software.MySQL\"}}]},\"lifecycleTasks\":[{\"script\":{\"scriptTypeId\":"
             "\"powershell\",\"scriptContent\":\"x\"},\"taskDescriptorRef\":{\"id\":"
             "\"INSTALL\"}},{\"script\":null},7]}");
    struct instance *live =
        instance_new(arena, &kind_software_component.schema, "software_component/X", "X");
    software_attrs(object, arena, live);
    assert_string_equal(instance_text(live, "container"), "Software.MySQL");
    assert_string_equal(instance_text(live, "install.type"), "powershell");
    struct software_spec spec = software_spec("{\"install.script\":\"x\"}");
    json_auto_t *after = software_merge(object, &spec);
    software_attrs(after, arena, live);
    assert_string_equal(instance_text(live, "container"), "machine");
    assert_string_equal(instance_text(live, "install.type"), "bash");
}

/* ---- entitlements ---- */

static const char services[] = "[{\"id\":\"s1\",\"name\":\"One\"},{\"id\":\"s2\",\"name\":"
                               "\"Two\"}]";
static const char items[] =
    "[{\"id\":\"i1\",\"name\":\"Web\",\"providerBinding\":{\"bindingId\":\"t!::!Web\"}},"
    "{\"id\":\"i2\",\"name\":\"Db\",\"providerBinding\":{\"bindingId\":\"t!::!Db\"}},"
    "{\"id\":\"i3\",\"name\":\"Soft\",\"providerBinding\":{\"bindingId\":\"t!::!Software.S\"},"
    "\"catalogItemTypeRef\":{\"id\":\"com.vmware.csp.component.software.component\"}}]";
static const char theirs[] =
    "{\"id\":\"e1\",\"name\":\"E\",\"description\":\"d\",\"status\":\"ACTIVE\",\"version\":4,"
    "\"organization\":{\"tenantRef\":\"t\",\"subtenantRef\":\"g1\",\"subtenantLabel\":\"G\"},"
    "\"allUsers\":false,\"principals\":[{\"ref\":\"a@x\",\"type\":\"USER\",\"value\":\"A\"},"
    "{\"ref\":\"g@x\",\"type\":\"SSO_GROUP\",\"value\":\"G\"}],"
    "\"entitledServices\":[{\"serviceRef\":{\"id\":\"s1\",\"label\":null},"
    "\"approvalPolicyId\":\"p\",\"active\":true}],"
    "\"entitledCatalogItems\":[{\"catalogItemRef\":{\"id\":\"i1\"},\"approvalPolicyId\":\"q\","
    "\"active\":true},{\"catalogItemRef\":{\"id\":\"i3\"},\"hidden\":true,\"active\":true}],"
    "\"entitledResourceOperations\":[{\"externalId\":\"x\"}]}";

struct wanted {
    json_t *services, *items, *all_items;
};

static json_t *merge(const json_t *read, const char *want_services, const char *want_items,
                     const char *to)
{
    json_auto_t *wanted_services = json(want_services);
    json_auto_t *wanted_items = json(want_items), *all = json(items);
    const struct entitlement_spec spec = {.name = "E",
                                          .tenant = "t",
                                          .description = "d",
                                          .to = value(to),
                                          .group_id = "g1",
                                          .group = "G",
                                          .services = wanted_services,
                                          .items = wanted_items,
                                          .all_items = all};
    return entitlement_merge(read, &spec);
}

static void entitlement_kept_and_changed(void **state)
{
    (void)state;
    json_auto_t *read = json(theirs);
    json_auto_t *same =
        merge(read, "[{\"id\":\"s1\",\"name\":\"One\"}]", "[{\"id\":\"i1\",\"name\":\"Web\"}]",
              "[\"group:G@x\",\"user:a@x\"]");
    assert_true(json_equal(same, read));
    json_auto_t *after = merge(read,
                               "[{\"id\":\"s1\",\"name\":\"One\"},{\"id\":\"s2\","
                               "\"name\":\"Two\"}]",
                               "[{\"id\":\"i2\",\"name\":\"Db\"}]", "[\"group:a@x\"]");
    assert_string_equal(vra_text(json_array_get(json_object_get(after, "entitledServices"), 0),
                                 "approvalPolicyId"),
                        "p");
    const json_t *entitled = json_object_get(after, "entitledCatalogItems");
    assert_int_equal(json_array_size(entitled), 2);
    assert_null(vra_find(entitled, "catalogItemRef.id", "i1"));
    assert_non_null(vra_find(entitled, "catalogItemRef.id", "i2"));
    assert_non_null(vra_find(entitled, "catalogItemRef.id", "i3")); /* software: not ours */
    assert_int_equal(json_array_size(json_object_get(after, "principals")), 1);
    assert_string_equal(
        vra_text(json_array_get(json_object_get(after, "principals"), 0), "type"), "SSO_GROUP");
    assert_int_equal(json_array_size(json_object_get(after, "entitledResourceOperations")), 1);
    assert_int_equal(json_integer_value(json_object_get(after, "version")), 4);
}

static void entitlement_read(void **state)
{
    (void)state;
    json_auto_t *object = json(theirs), *list = json(services), *all = json(items);
    struct instance *wanted =
        instance_new(arena, &kind_entitlement.schema, "entitlement/E", "E");
    struct instance *live = instance_new(arena, &kind_entitlement.schema, "entitlement/E", "E");
    entitlement_attrs(object, list, all, arena, wanted, live);
    assert_true(value_equal(instance_get(live, "services"), value("[\"One\"]")));
    assert_true(value_equal(instance_get(live, "items"), value("[\"Web\"]")));
    assert_true(value_equal(instance_get(live, "to"), value("[\"group:g@x\",\"user:a@x\"]")));
    assert_string_equal(instance_text(live, "business_group"), "G");
    assert_true(instance_get(live, "active")->boolean);
    /* Case is no difference in a directory: the manifest's spelling stays. */
    instance_set(wanted, "to", value("[\"group:G@X\",\"user:a@x\"]"));
    live = instance_new(arena, &kind_entitlement.schema, "entitlement/E", "E");
    entitlement_attrs(object, list, all, arena, wanted, live);
    assert_true(value_equal(instance_get(live, "to"), instance_get(wanted, "to")));
    /* Members may be missing altogether (§6.4); an empty list is one when it is wanted so. */
    json_auto_t *bare = json("{\"status\":\"DRAFT\"}");
    live = instance_new(arena, &kind_entitlement.schema, "entitlement/E", "E");
    instance_set(wanted, "items", value("[]"));
    entitlement_attrs(bare, list, all, arena, wanted, live);
    assert_true(value_is_absent(instance_get(live, "services")));
    assert_true(value_equal(instance_get(live, "items"), value("[]")));
    assert_false(instance_get(live, "active")->boolean);
    json_auto_t *filled = merge(bare, "[]", "[]", "[\"user:a@x\"]");
    assert_string_equal(vra_text(filled, "status"), "ACTIVE");
}

static void picking_by_name(void **state)
{
    (void)state;
    json_auto_t *list = json(
        "[{\"id\":\"1\",\"name\":\"A\"},{\"id\":\"2\",\"name\":\"A\"},"
        "{\"id\":\"3\",\"name\":\"B\",\"description\":\"[gridform L k/B]\"},"
        "{\"id\":\"4\",\"name\":\"B\"},{\"id\":\"5\",\"name\":\"C\",\"status\":\"DELETED\"},"
        "{\"id\":\"6\",\"name\":\"D\"}]");
    static const struct {
        const char *name, *id, *address, *want; /* "": several; NULL: none */
    } cases[] = {
        {"A", NULL, "k/A", ""},  {"A", "2", "k/A", "2"},   {"A", "9", "k/A", ""},
        {"B", NULL, "k/B", "3"}, {"C", NULL, "k/C", NULL}, {"C", "5", "k/C", NULL},
        {"D", NULL, "k/D", "6"}, {"d", NULL, "k/d", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *found = NULL;
        struct err err = {0};
        int ret =
            vra_pick(list, cases[i].name, cases[i].id, cases[i].address, arena, &found, &err);
        bool several = cases[i].want != NULL && cases[i].want[0] == '\0';
        assert_int_equal(ret, several ? -1 : 0);
        if (several)
            assert_int_equal(err.code, ERR_CONFLICT);
        else if (cases[i].want == NULL)
            assert_null(found);
        else
            assert_string_equal(vra_text(found, "id"), cases[i].want);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(marks),
        TEST(ids),
        TEST(software_round_trip),
        TEST(software_of_the_server),
        TEST(software_on_software),
        TEST(entitlement_kept_and_changed),
        TEST(entitlement_read),
        TEST(picking_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
