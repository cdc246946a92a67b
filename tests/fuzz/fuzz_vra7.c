/* fuzz_vra7.c: what vRA answers as blueprint, software component, service and entitlement.
 *
 * The input is one JSON object that stands for each of them; lists of other objects are its
 * members "components_list", "services", "items" and "tasks". Whatever it holds, it is read;
 * ours can be merged over it; doing so once more changes nothing; and what was merged is read
 * back.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "kinds.h"
#include "strbuf.h"
#include "value_json.h"
#include "vra7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct value *value(const char *json, struct arena *arena)
{
    const struct value *ret = NULL;
    struct err err = {0};
    if (value_from_json(json, strlen(json), arena, &ret, &err) < 0)
        abort();
    return ret;
}

/* The live instance says what args say, for each of args that it has. */
static void check_read_back(const struct instance *live, const struct value *args)
{
    for (size_t i = 0; i < args->map.n; i++) {
        const struct value_field *field = &args->map.fields[i];
        const struct value *read = instance_get(live, field->key);
        if (value_equal(read, field->value))
            continue;
        struct strbuf text;
        strbuf_init(&text, 1 << 20);
        value_to_json(read, &text);
        fprintf(stderr, "%s is read back as %s\n", field->key, strbuf_str(&text));
        abort();
    }
}

/* Equal, or shown and ended. */
static void check_same(const json_t *once, const json_t *twice)
{
    if (json_equal(once, twice))
        return;
    char *first = json_dumps(once, JSON_SORT_KEYS), *second = json_dumps(twice, JSON_SORT_KEYS);
    fprintf(stderr, "once  %s\ntwice %s\n", first, second);
    abort();
}

static struct instance *instance(struct arena *arena, const struct kind *kind)
{
    return instance_new(arena, &kind->schema, "kind/A B", "A B");
}

/* ---- blueprints ---- */

#define RANGE(min, max, standard)                                                              \
    "{\"default\":" #standard ",\"max\":" #max ",\"min\":" #min "}"

static const char
    *const
        blueprint_args
            [] =
                {
                    "{\"machine.instances\":" RANGE(1, 2, 1) ",\"machine.cpu\":" RANGE(1, 4, 2) ",\"machine.memory\":" RANGE(
                        1073741824, 4294967296,
                        2147483648) ",\"machine.storage\":" RANGE(8589934592, 64424509440,
                                                                  8589934592) ",\"machine."
                                                                              "prefix\":\"dev-"
                                                                              "\",\"machine."
                                                                              "clone.type\":"
                                                                              "\"full\","
                                                                              "\"machine."
                                                                              "source\":\"T1\","
                                                                              "\"machine."
                                                                              "network.name\":"
                                                                              "\"VM "
                                                                              "Network\","
                                                                              "\"machine."
                                                                              "network."
                                                                              "assignment\":"
                                                                              "\"dhcp\"}",
                    "{\"machine.instances\":" RANGE(1, 1, 1) ",\"machine.cpu\":" RANGE(8, 8, 8) ",\"machine.memory\":" RANGE(
                        34359738368, 34359738368,
                        34359738368) ",\"machine.storage\":" RANGE(42949672960, 42949672960,
                                                                   42949672960) ",\"machine."
                                                                                "prefix\":"
                                                                                "\"gpu\","
                                                                                "\"machine."
                                                                                "clone.type\":"
                                                                                "\"linked\","
                                                                                "\"machine."
                                                                                "source\":"
                                                                                "\"T2\","
                                                                                "\"machine."
                                                                                "clone."
                                                                                "customization"
                                                                                "\":\"Linux\","
                                                                                "\"machine."
                                                                                "memory_"
                                                                                "reservation\":"
                                                                                "32768,"
                                                                                "\"machine."
                                                                                "reservation_"
                                                                                "policy\":"
                                                                                "\"Gold\","
                                                                                "\"machine."
                                                                                "network."
                                                                                "name\":\"net-"
                                                                                "b\","
                                                                                "\"machine."
                                                                                "network."
                                                                                "profile\":"
                                                                                "\"p1\","
                                                                                "\"machine."
                                                                                "network."
                                                                                "assignment\":"
                                                                                "\"static\","
                                                                                "\"software\":["
                                                                                "\"MySQL\","
                                                                                "\"X\"]}",
};

/* The designer gives components ids of letters, digits, "-" and "_"; with "~" or "}" in it no
 * reference could name one. */
static bool ids_are_sane(const json_t *document)
{
    const char *key;
    json_t *each;
    json_object_foreach(json_object_get(document, "components"), key, each)
    {
        if (strpbrk(key, "~}") != NULL)
            return false;
    }
    return true;
}

static void try_document(const json_t *document, const json_t *list, const char *json,
                         struct arena *arena)
{
    static const char *const software[] = {"Software.MySQL", "Software.X", NULL};
    const struct value *args = value(json, arena);
    const struct document_spec spec = {
        .id = "A-B",
        .name = "A B",
        .description = "d",
        .args = args,
        .template_id = "guid",
        .software = value_is_absent(value_get(args, "software")) ? NULL : software};
    struct err err = {0};
    struct instance *live = instance(arena, &kind_blueprint);
    document_attrs(document, list, arena, live);
    json_auto_t *once = document_merge(document, &spec, &err);
    if (once == NULL)
        assert(err.code == ERR_CONFLICT && err.message[0] != '\0');
    if (once == NULL || !ids_are_sane(document))
        return;
    json_auto_t *twice = document_merge(once, &spec, &err);
    assert(twice != NULL);
    check_same(once, twice);
    live = instance(arena, &kind_blueprint);
    document_attrs(once, NULL, arena, live);
    check_read_back(live, args);
}

/* ---- software components ---- */

static void try_software(const json_t *object, const json_t *tasks, const char *json,
                         struct arena *arena)
{
    const struct value *args = value(json, arena);
    const struct software_spec spec = {.id = "Software.AB",
                                       .name = "A B",
                                       .tenant = "t",
                                       .description = "d",
                                       .args = args,
                                       .bash = "Bash",
                                       .tasks = tasks};
    struct instance *live = instance(arena, &kind_software_component);
    software_attrs(object, arena, live);
    json_auto_t *once = software_merge(object, &spec);
    json_auto_t *twice = software_merge(once, &spec);
    check_same(once, twice);
    live = instance(arena, &kind_software_component);
    software_attrs(once, arena, live);
    check_read_back(live, args);
    if (value_get_text(args, "start.script") == NULL)
        assert(value_is_absent(instance_get(live, "start.script")));
}

/* ---- the catalogue ---- */

static void try_service(const json_t *object, struct arena *arena)
{
    struct instance *wanted = instance(arena, &kind_catalog_service);
    struct instance *live = instance(arena, &kind_catalog_service);
    json_auto_t *once = service_merge(object, "A B", "t", "d\n[gridform L kind/A B]");
    json_auto_t *twice = service_merge(once, "A B", "t", "d\n[gridform L kind/A B]");
    check_same(once, twice);
    mark_read(arena, vra_text(object, "description"), wanted, live);
    mark_read(arena, vra_text(once, "description"), wanted, live);
    assert(live->mark.own && strcmp(instance_text(live, "description"), "d") == 0);
}

static void try_entitlement(const json_t *object, const json_t *services, const json_t *items,
                            struct arena *arena)
{
    const struct value *args = value("{\"active\":true,\"services\":[\"One\"],"
                                     "\"items\":[\"Web\"],\"to\":[\"group:g@x\",\"user:a@x\"]}",
                                     arena);
    json_auto_t *one = json_pack("[{s:s, s:s}]", "id", "s1", "name", "One");
    json_auto_t *web = json_pack("[{s:s, s:s, s:{s:s}}]", "id", "i1", "name", "Web",
                                 "providerBinding", "bindingId", "t!::!Web");
    const struct entitlement_spec spec = {.name = "A B",
                                          .tenant = "t",
                                          .description = "d",
                                          .to = value_get(args, "to"),
                                          .group_id = "g1",
                                          .group = "G",
                                          .services = one,
                                          .items = web,
                                          .all_items = items};
    struct instance *wanted = instance(arena, &kind_entitlement);
    struct instance *live = instance(arena, &kind_entitlement);
    for (size_t i = 0; i < args->map.n; i++)
        instance_set(wanted, args->map.fields[i].key, args->map.fields[i].value);
    entitlement_attrs(object, services, items, arena, wanted, live);
    item_of_blueprint(items, "t", "Web");
    json_auto_t *once = entitlement_merge(object, &spec);
    json_auto_t *twice = entitlement_merge(once, &spec);
    check_same(once, twice);
    live = instance(arena, &kind_entitlement);
    entitlement_attrs(once, one, web, arena, wanted, live);
    const char *tenant = vra_text_at(once, "organization.tenantRef");
    if (items == NULL && tenant != NULL && strcmp(tenant, "t") == 0)
        check_read_back(live, args);
}

/* ---- */

static void check_secret(const json_t *object)
{
    struct strbuf where;
    strbuf_init(&where, 256);
    if (vra_hidden_secret(object, &where))
        assert(strbuf_len(&where) > 0);
    strbuf_release(&where);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    json_auto_t *root = json_loadb((const char *)data, size, 0, &error);
    if (!json_is_object(root))
        return 0;
    struct arena *arena = arena_new();
    const json_t *tasks = json_object_get(root, "tasks");
    check_secret(root);
    for (size_t i = 0; i < ARRAY_LEN(blueprint_args); i++)
        try_document(root, json_object_get(root, "components_list"), blueprint_args[i], arena);
    try_software(
        root, tasks,
        "{\"install.type\":\"bash\",\"install.script\":\"a\\n\",\"install.reboot\":true,"
        "\"container\":\"machine\"}",
        arena);
    try_software(root, tasks,
                 "{\"start.type\":\"bash\",\"start.script\":\"b\",\"start.reboot\":false}",
                 arena);
    try_service(root, arena);
    try_entitlement(root, json_object_get(root, "services"), json_object_get(root, "items"),
                    arena);
    arena_free(arena);
    return 0;
}
