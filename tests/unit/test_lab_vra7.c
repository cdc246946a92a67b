/* test_lab_vra7.c: the simulated vRealize Automation against the facts of vra7-api.md: what the
 * captured samples send must be accepted, and what it answers must have their members. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_internal.h"
#include "strbuf.h"
#include "vra7.h"

#define SOFTWARE "/software-service/api/softwarecomponenttypes"
#define DOCUMENTS "/composition-service/api/blueprintdocuments"
#define BLUEPRINTS "/composition-service/api/blueprints"
#define CATALOG "/catalog-service/api"

static const char world_text[] =
    "world: 1\nspeed: 1\nstable_ids: true\n"
    "vcenter:\n  name: vcenter.lab.local\n  version: \"6.5\"\n  datacenter: Lab\n"
    "  accounts:\n    - { username: a@vsphere.local, password: x }\n"
    "vra:\n  name: vra.lab.local\n  version: 7.3.0\n  tenant: ml\n"
    "  accounts:\n    - { username: architect@ml.local, password: secret }\n"
    "    - { username: guest@ml.local, password: secret, no_role: true }\n"
    "  business_groups: [ml]\n  machine_prefixes: [tf-, dev-]\n"
    "  reservation_policies: [gpu-cluster]\n"
    "  network_profiles: [{ name: ml-external, begin: 10.20.0.10, end: 10.20.0.19 }]\n"
    "  users: [user@corp.local]\n"
    "  reservations:\n"
    "    - { name: ml-gpu, business_group: ml, policy: gpu-cluster, cluster: GPU,\n"
    "        memory: 400 GiB, storage: 4000 GiB, machine_quota: 16, network: VM Network }\n"
    "clusters:\n  GPU: { drs: manual }\nnetworks: [VM Network]\n"
    "datastores:\n  images:\n    capacity: 4000 GiB\n"
    "hosts:\n  esx-01.lab.local:\n    address: 127.0.10.1\n    cluster: GPU\n"
    "    version: 6.5.0\n    build: \"5969303\"\n"
    "    cpu: { packages: 2, cores: 24, threads: 48, model: Xeon }\n    memory: 128 GiB\n"
    "    ssh: { username: root, password: x, running: true }\n"
    "    gpus:\n"
    "      - { pci: \"0000:3b:00.0\", model: Tesla P100-PCIE-16GB, memory: 16 GiB, ecc: "
    "disabled }\n"
    "vms:\n  tpl-gpu:\n    host: esx-01.lab.local\n    datastore: images\n    cpus: 2\n"
    "    memory: 4 GiB\n    disk: 60 GiB\n    network: VM Network\n"
    "    guest: centos7_64Guest\n    tools: ok\n";

struct answer {
    unsigned status;
    json_t *json;
    char *text, *location;
    bool drop, truncate;
};

struct fixture {
    struct lab lab;
    struct vra7 vra7;
    char authorization[600];
    char guid[37]; /* of the template */
    struct answer last;
};

static void answer_release(struct answer *answer)
{
    json_decref(answer->json);
    free(answer->text);
    free(answer->location);
    memset(answer, 0, sizeof(*answer));
}

/* "path?key=value&key=value": nothing is encoded here. */
static void split_query(char *path, struct vra7_message *message)
{
    char *rest = strchr(path, '?');
    if (rest == NULL)
        return;
    *rest++ = '\0';
    while (rest != NULL && message->n_query < VRA7_MAX_QUERY) {
        char *part = strsep(&rest, "&");
        char *value = strchr(part, '=');
        assert_non_null(value);
        *value++ = '\0';
        message->query[message->n_query++] = (struct key_value){.key = part, .value = value};
    }
}

static unsigned call(struct fixture *f, const char *method, const char *url, const char *body)
{
    char *path = strdup(url);
    struct vra7_reply reply;
    struct vra7_message message = {.method = method,
                                   .authorization = f->authorization,
                                   .body = body,
                                   .size = body != NULL ? strlen(body) : 0};
    split_query(path, &message);
    message.path = path;
    vra7_handle(&f->vra7, &message, &reply);
    answer_release(&f->last);
    f->last.status = reply.status;
    f->last.text = vra7_reply_body(&reply);
    f->last.json =
        f->last.text != NULL ? json_loads(f->last.text, JSON_DECODE_ANY, NULL) : NULL;
    f->last.location = reply.location != NULL ? strdup(reply.location) : NULL;
    f->last.drop = reply.drop;
    f->last.truncate = reply.truncate;
    vra7_reply_release(&reply);
    free(path);
    return f->last.status;
}

/* The value at a/b/0/c of the last answer. */
static json_t *at(struct fixture *f, const char *path)
{
    json_t *value = f->last.json;
    char *copy = strdup(path), *rest = copy;
    while (value != NULL && rest != NULL && *rest != '\0') {
        const char *part = strsep(&rest, "/");
        value = json_is_array(value) ? json_array_get(value, (size_t)(part[0] - '0'))
                                     : json_object_get(value, part);
    }
    free(copy);
    return value;
}

static const char *text_at(struct fixture *f, const char *path)
{
    const char *text = json_string_value(at(f, path));
    return text != NULL ? text : "(none)";
}

static size_t problems(struct fixture *f)
{
    return json_array_size(at(f, "errors"));
}

static void advance(struct fixture *f, int64_t ms)
{
    f->lab.world->epoch += ms;
}

static void set_switch(struct fixture *f, const char *name, json_t *take_value)
{
    json_object_set_new(f->lab.world->vra.switches, name, take_value);
}

static unsigned login_as(struct fixture *f, const char *user, const char *password)
{
    char body[256];
    snprintf(body, sizeof(body), "{\"username\":\"%s\",\"password\":\"%s\",\"tenant\":\"ml\"}",
             user, password);
    unsigned status = call(f, "POST", "/identity/api/tokens", body);
    if (status == 200)
        snprintf(f->authorization, sizeof(f->authorization), "Bearer %s", text_at(f, "id"));
    return status;
}

static int setup(void **state)
{
    char name[] = "/tmp/test_lab_vra7_XXXXXX";
    struct fixture *f = calloc(1, sizeof(*f));
    struct world *world = NULL;
    struct err err = {0};
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, world_text, sizeof(world_text) - 1), sizeof(world_text) - 1);
    close(fd);
    if (world_load(name, &world, &err) < 0)
        fail_msg("%s", err.message);
    unlink(name);
    lab_init(&f->lab, world, "/tmp");
    f->vra7.lab = &f->lab;
    world->takes.catalog_delay = 60000;
    world->takes.inventory_interval = 3600000;
    struct vm *vm = world_vm(world, "tpl-gpu");
    assert_non_null(vm);
    vm->template = true;
    struct device vgpu = {
        .key = 13000, .kind = DEVICE_VGPU, .vgpu_profile = world_strdup(world, "grid_p100-4q")};
    VEC_PUSH(world->arena, &vm->devices, vgpu);
    vm_set_extra(world, vm, "guestinfo.gridform", "mark");
    world_vra_collect(world);
    vra_guid_of("source-machine", vm->instance_uuid, f->guid);
    assert_int_equal(login_as(f, "architect@ml.local", "secret"), 200);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct world *world = f->lab.world;
    answer_release(&f->last);
    lab_release(&f->lab);
    world_free(world);
    free(f);
    return 0;
}

/* ---- bodies, in the form of the samples -------------------------------------------------- */

static const char software_body[] =
    "{\"@type\":\"SoftwareComponentType\",\"name\":\"Jupyter Lab\",\"description\":\"x\","
    "\"publishStatus\":\"DRAFT\",\"containerFieldId\":\"host\",\"schema\":{\"fields\":["
    "{\"id\":\"dbpassword\",\"label\":\"dbpassword\",\"dataType\":{\"type\":\"primitive\","
    "\"typeId\":\"SECURE_STRING\"},\"state\":{\"dependencies\":[],\"facets\":["
    "{\"type\":\"encrypted\",\"value\":{\"type\":\"constant\",\"value\":{\"type\":\"boolean\","
    "\"value\":true}}},{\"type\":\"defaultValue\",\"value\":{\"type\":\"constant\",\"value\":"
    "{\"type\":\"secureString\",\"value\":\"hidden-one\"}}}]},\"isMultiValued\":false},"
    "{\"id\":\"host\",\"label\":\"Container\",\"dataType\":{\"type\":\"ref\","
    "\"componentTypeId\":\"com.vmware.csp.iaas.blueprint.service\","
    "\"classId\":\"Infrastructure.Machine.Schema\",\"label\":\"Machine\"},"
    "\"state\":{\"dependencies\":[],\"facets\":[]},\"isMultiValued\":false}]},"
    "\"lifecycleTasks\":[{\"script\":{\"scriptTypeId\":\"Bash\","
    "\"scriptContent\":\"#!/bin/bash\\ntrue\\n\",\"isRebootAfter\":false},"
    "\"taskDescriptorRef\":{\"id\":\"INSTALL\",\"label\":\"Install\"}}]}";

/* A blueprint document; `prefix`, `profile`, `policy`, `template`, `software` as named. */
static char *document(const char *status, const char *prefix, const char *profile,
                      const char *template)
{
    char *text = NULL;
    assert_true(
        asprintf(&text,
                 "{\"id\":\"WebServer\",\"name\":\"Web Server\",\"description\":\"\","
                 "\"status\":\"%s\",\"properties\":{\"_leaseDays\":{\"default\":1,\"max\":30,"
                 "\"min\":1}},\"components\":{"
                 "\"net1\":{\"type\":\"Infrastructure.Network.Network.Existing\",\"data\":"
                 "{\"name\":\"corp\",\"network_profile\":\"%s\"}},"
                 "\"web1\":{\"type\":\"Infrastructure.CatalogItem.Machine.Virtual.vSphere\","
                 "\"data\":{\"_cluster\":{\"default\":1,\"max\":6,\"min\":1},"
                 "\"action\":{\"fixed\":\"FullClone\"},\"blueprint_type\":{\"fixed\":\"1\"},"
                 "\"cpu\":{\"default\":6,\"min\":6,\"max\":6},"
                 "\"disks\":[{\"capacity\":60,\"id\":1567608926846,\"is_clone\":true,"
                 "\"label\":\"Hard disk 1\",\"userCreated\":false,\"volumeId\":0}],"
                 "\"guest_customization_specification\":\"Linux\","
                 "\"machine_prefix\":{\"fixed\":{\"id\":\"%s\"}},"
                 "\"memory\":{\"fixed\":4096,\"min\":4096},"
                 "\"nics\":[{\"assignment_type\":\"Static\",\"id\":0,"
                 "\"network\":\"${_resource~net1}\",\"network_profile\":\"ml-external\"}],"
                 "\"provisioning_workflow\":{\"fixed\":{\"id\":\"CloneWorkflow\"}},"
                 "\"reservation_policy\":{\"id\":\"gpu-cluster\"},"
                 "\"source_machine\":{\"fixed\":{\"id\":\"%s\"}},"
                 "\"source_machine_name\":{\"fixed\":\"tpl-gpu\"},"
                 "\"storage\":{\"default\":60,\"max\":60,\"min\":60},"
                 "\"Bare.Property\":\"plain\","
                 "\"SecretProp\":{\"default\":\"hidden-two\",\"secured\":true},"
                 "\"VMware.Memory.Reservation\":{\"default\":\"4096\",\"required\":false,"
                 "\"secured\":false,\"visible\":false}}},"
                 "\"jupyter\":{\"type\":\"Software.JupyterLab\",\"data\":"
                 "{\"host\":\"${_resource~web1}\",\"dbpassword\":\"hidden-three\"}}},"
                 "\"layout\":{\"net1\":\"0,1\"}}",
                 status, profile, prefix, template) > 0);
    return text;
}

static unsigned put_document(struct fixture *f, const char *status)
{
    char *body = document(status, "tf-", "ml-external", f->guid);
    unsigned code = call(f, "PUT", DOCUMENTS "/WebServer", body);
    free(body);
    return code;
}

static void put_published(struct fixture *f)
{
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 200);
    assert_int_equal(call(f, "PUT", SOFTWARE "/Software.JupyterLab/status", "\"PUBLISHED\""),
                     200);
    assert_int_equal(put_document(f, "PUBLISHED"), 200);
}

/* The id of the blueprint's catalogue item, in `id`; false when it is not there. */
static bool find_item(struct fixture *f, char id[64])
{
    size_t i;
    json_t *item;
    assert_int_equal(call(f, "GET", CATALOG "/catalogItems?limit=100", NULL), 200);
    json_array_foreach(at(f, "content"), i, item)
    {
        json_t *binding =
            json_object_get(json_object_get(item, "providerBinding"), "bindingId");
        if (strcmp(json_string_value(binding), "ml!::!WebServer") == 0) {
            snprintf(id, 64, "%s", json_string_value(json_object_get(item, "id")));
            return true;
        }
    }
    return false;
}

/* ---- identity ---------------------------------------------------------------------------- */

static void tokens_live_and_die(void **state)
{
    struct fixture *f = *state;
    char path[700];
    assert_true(strlen(f->authorization) > 300);
    snprintf(path, sizeof(path), "/identity/api/tokens/%s", f->authorization + 7);
    assert_int_equal(call(f, "HEAD", path, NULL), 204);
    advance(f, (int64_t)7 * 3600 * 1000);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 200);
    advance(f, (int64_t)2 * 3600 * 1000);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 401);
    assert_null(f->last.text);
    assert_int_equal(call(f, "HEAD", path, NULL), 401);
    assert_int_equal(login_as(f, "architect@ml.local", "secret"), 200);
    assert_string_equal(text_at(f, "tenant"), "ml");
    assert_int_equal(strlen(text_at(f, "expires")), strlen("2019-02-26T03:32:35.000Z"));
    snprintf(path, sizeof(path), "/identity/api/tokens/%s", f->authorization + 7);
    assert_int_equal(call(f, "DELETE", path, NULL), 204);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 401);
}

static void logins_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(login_as(f, "architect@ml.local", "wrong"), 400);
    assert_int_equal(json_integer_value(at(f, "errors/0/code")), 90135);
    assert_null(strstr(f->last.text, "wrong"));
    assert_int_equal(login_as(f, "ml\\\\architect", "secret"), 400);
    set_switch(f, "login_failure_status", json_integer(401));
    assert_int_equal(login_as(f, "architect@ml.local", "wrong"), 401);
    assert_int_equal(login_as(f, "guest@ml.local", "secret"), 200);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 403);
    assert_null(f->last.text);
}

static void lookups_answer(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *url;
        unsigned status;
        const char *path, *value;
    } cases[] = {
        {"/identity/api/about", 200, "productVersion", "7.3.0"},
        {"/identity/api/tenants/ml/subtenants?$filter=name eq 'ml'", 200, "content/0/name",
         "ml"},
        {"/identity/api/tenants/other/subtenants", 404, NULL, NULL},
        {"/identity/api/tenants/ml/principals/user@corp.local", 200, "principalId/domain",
         "corp.local"},
        {"/identity/api/tenants/ml/principals/nobody@corp.local", 404, NULL, NULL},
        {"/identity/api/tenants/ml/groups/team@corp.local", 200, "principalId/name", "team"},
        {"/iaas-proxy-provider/api/machine-prefixes?$filter=name eq 'dev-'", 200,
         "content/0/name", "dev-"},
        {"/iaas-proxy-provider/api/source-machines/?platformTypeId="
         "Infrastructure.CatalogItem.Machine.Virtual.vSphere&$filter=name eq 'tpl-gpu'",
         200, "content/0/guestOSFamily", "Linux"},
        {"/iaas-proxy-provider/api/network/profiles?$filter=name eq 'ml-external' and "
         "profileType eq EXTERNAL",
         200, "content/0/definedRanges/0/beginIPv4Address", "10.20.0.10"},
        {"/reservation-service/api/reservations/policies?$filter=name eq 'gpu-cluster'", 200,
         "content/0/reservationPolicyTypeId",
         "Infrastructure.Reservation.Policy.ComputeResource"},
        {"/reservation-service/api/reservations", 200, "content/0/reservationTypeId",
         "Infrastructure.Reservation.Virtual.vSphere"},
        {CATALOG "/resourceOperations?$filter=externalId eq "
                 "'Infrastructure.Machine.Action.PowerOff'",
         200, "content/0/targetResourceTypeRef/id", "Infrastructure.Machine"},
        {"/software-service/api/scripttypes", 200, "content/0/id", "Bash"},
        {"/software-service/api/admin/taskdescriptors", 200, "content/3/id", "UPDATE"},
        {"/properties-service/api/propertygroups", 200, NULL, NULL},
        {"/blueprint/api/blueprints", 404, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (call(f, "GET", cases[i].url, NULL) != cases[i].status)
            fail_msg("%s: %u", cases[i].url, f->last.status);
        if (cases[i].path != NULL)
            assert_string_equal(text_at(f, cases[i].path), cases[i].value);
    }
}

static void reservations_tell_all_one_by_one(void **state)
{
    struct fixture *f = *state;
    char url[200];
    assert_int_equal(call(f, "GET", "/reservation-service/api/reservations", NULL), 200);
    assert_int_equal(json_array_size(at(f, "content/0/extensionData/entries")), 0);
    snprintf(url, sizeof(url), "/reservation-service/api/reservations/%s",
             text_at(f, "content/0/id"));
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_string_equal(text_at(f, "extensionData/entries/0/key"), "reservationMemory");
    assert_string_equal(text_at(f, "extensionData/entries/0/value/values/entries/3/key"),
                        "memoryReservedSizeMb");
    assert_int_equal(
        json_integer_value(at(f, "extensionData/entries/0/value/values/entries/3/value/value")),
        409600);
}

/* ---- lists ------------------------------------------------------------------------------- */

static void post_service(struct fixture *f, const char *name)
{
    char body[300];
    snprintf(body, sizeof(body),
             "{\"name\":\"%s\",\"description\":\"d\",\"status\":\"ACTIVE\",\"version\":1,"
             "\"organization\":{\"tenantRef\":\"ml\",\"tenantLabel\":null,"
             "\"subtenantRef\":null,\"subtenantLabel\":null},\"newDuration\":null}",
             name);
    assert_int_equal(call(f, "POST", CATALOG "/services", body), 201);
}

static void pages_are_exact(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 45; i++) {
        char name[20];
        snprintf(name, sizeof(name), "s%02d", 44 - i);
        post_service(f, name);
    }
    assert_int_equal(call(f, "GET", CATALOG "/services?page=3&$orderby=name asc", NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 5);
    assert_string_equal(text_at(f, "content/0/name"), "s40");
    assert_int_equal(json_integer_value(at(f, "metadata/totalElements")), 45);
    assert_int_equal(json_integer_value(at(f, "metadata/totalPages")), 3);
    assert_int_equal(json_integer_value(at(f, "metadata/number")), 3);
    assert_int_equal(json_integer_value(at(f, "metadata/offset")), 40);
    assert_int_equal(call(f, "GET", CATALOG "/services?limit=10&$orderby=name desc", NULL),
                     200);
    assert_string_equal(text_at(f, "content/0/name"), "s44");
    assert_string_equal(text_at(f, "links/0/rel"), "next");
    assert_int_equal(call(f, "GET", CATALOG "/services?page=9", NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 0);
    assert_int_equal(call(f, "GET", CATALOG "/services?page=0", NULL), 400);
    assert_int_equal(call(f, "GET", CATALOG "/services?limit=x", NULL), 400);
}

static void filters_work(void **state)
{
    static const struct {
        const char *filter;
        int n; /* -1: 400 */
    } cases[] = {
        {"name eq 'it''s'", 1},
        {"name eq 'none'", 0},
        {"startswith(name,'a')", 2},
        {"startswith(name, 'a') and status eq ACTIVE", 2},
        {"organization/tenant eq 'ml'", 4},
        {"organization/tenant eq 'other'", 0},
        {"noSuchField eq 'x'", 4},
        {"name eq 'ab' or name eq 'ac'", -1},
        {"name eq 'open", -1},
        {"name", -1},
        {"", -1},
    };
    struct fixture *f = *state;
    const char *names[] = {"it's", "ab", "ac", "ab "};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        post_service(f, i == 3 ? "zz" : names[i]);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char url[200];
        snprintf(url, sizeof(url), CATALOG "/services?$filter=%s", cases[i].filter);
        unsigned status = call(f, "GET", url, NULL);
        if (status != (cases[i].n < 0 ? 400 : 200))
            fail_msg("%s: %u", cases[i].filter, status);
        if (cases[i].n >= 0 && json_array_size(at(f, "content")) != (size_t)cases[i].n)
            fail_msg("%s: %zu", cases[i].filter, json_array_size(at(f, "content")));
    }
}

static void shuffled_pages_repeat_items(void **state)
{
    struct fixture *f = *state;
    post_service(f, "a");
    post_service(f, "b");
    set_switch(f, "shuffle_pages", json_true());
    call(f, "GET", CATALOG "/services?limit=1&page=1", NULL);
    assert_string_equal(text_at(f, "content/0/name"), "a");
    call(f, "GET", CATALOG "/services?limit=1&page=2", NULL);
    assert_string_equal(text_at(f, "content/0/name"), "a");
    call(f, "GET", CATALOG "/services?limit=1&page=2&$orderby=name", NULL);
    assert_string_equal(text_at(f, "content/0/name"), "b");
}

/* ---- software ---------------------------------------------------------------------------- */

static void software_is_created_published_deleted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 200);
    assert_string_equal(text_at(f, "id"), "Software.JupyterLab");
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 400);
    assert_int_equal(call(f, "GET", SOFTWARE "/Software.JupyterLab", NULL), 200);
    assert_null(strstr(f->last.text, "hidden"));
    assert_string_equal(text_at(f, "schema/fields/0/state/facets/1/value/value/value"), "");
    assert_int_equal(json_integer_value(at(f, "version")), 0);
    assert_string_equal(text_at(f, "tenantId"), "ml");
    char *copy = strdup(f->last.text);
    assert_int_equal(call(f, "PUT", SOFTWARE "/Software.JupyterLab/status", "\"PUBLISHED\""),
                     200);
    assert_int_equal(call(f, "PUT", SOFTWARE "/Software.JupyterLab", copy), 409);
    free(copy);
    assert_int_equal(call(f, "GET", SOFTWARE, NULL), 200);
    assert_string_equal(text_at(f, "content/0/publishStatus"), "PUBLISHED");
    assert_null(at(f, "content/0/schema"));
    assert_int_equal(put_document(f, "DRAFT"), 200);
    assert_int_equal(call(f, "DELETE", SOFTWARE "/Software.JupyterLab", NULL), 400);
    assert_int_equal(call(f, "DELETE", DOCUMENTS "/WebServer", NULL), 204);
    assert_int_equal(call(f, "DELETE", SOFTWARE "/Software.JupyterLab", NULL), 204);
    assert_int_equal(call(f, "DELETE", SOFTWARE "/Software.JupyterLab", NULL), 404);
}

static void software_mistakes_are_listed(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *from, *to;
        size_t n;
    } cases[] = {
        {"\"Bash\"", "\"bash\"", 1},
        {"\"INSTALL\"", "\"DEPLOY\"", 1},
        {"\"containerFieldId\":\"host\"", "\"containerFieldId\":\"no\"", 1},
        {"\"publishStatus\":\"DRAFT\"", "\"publishStatus\":\"READY\"", 1},
        {"\"isRebootAfter\":false", "\"isRebootAfter\":\"no\"", 1},
        {"\"lifecycleTasks\":[", "\"lifecycleTasks\":[],\"other\":[", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *where = strstr(software_body, cases[i].from);
        char body[4096];
        assert_non_null(where);
        snprintf(body, sizeof(body), "%.*s%s%s", (int)(where - software_body), software_body,
                 cases[i].to, where + strlen(cases[i].from));
        assert_int_equal(call(f, "POST", SOFTWARE, body), 400);
        assert_int_equal(problems(f), cases[i].n);
    }
    assert_int_equal(call(f, "POST", SOFTWARE, "{"), 400);
    assert_int_equal(call(f, "POST", SOFTWARE, NULL), 400);
    assert_int_equal(json_integer_value(at(f, "errors/0/code")), 10101);
}

/* ---- blueprints -------------------------------------------------------------------------- */

#define WEB1 "components/web1/data/"

static void documents_come_back_with_noise(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(put_document(f, "DRAFT"), 200);
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 200);
    assert_string_equal(text_at(f, WEB1 "Bare.Property/default"), "plain");
    assert_true(json_is_null(at(f, WEB1 "disks/0/custom_properties")));
    assert_string_equal(text_at(f, WEB1 "disks/0/initial_location"), "");
    assert_string_equal(text_at(f, WEB1 "nics/0/load_balancing"), "");
    assert_true(json_is_object(at(f, WEB1 "max_volumes")));
    assert_true(json_is_object(at(f, WEB1 "max_network_adapters")));
    assert_true(json_is_false(at(f, WEB1 "allow_storage_policies/fixed")));
    assert_string_equal(text_at(f, WEB1 "reservation_policy/label"), "gpu-cluster");
    assert_string_equal(text_at(f, WEB1 "source_machine/fixed/label"), "tpl-gpu");
    assert_string_equal(text_at(f, WEB1 "VMware.Memory.Reservation/default"), "4096");
    assert_null(at(f, "version"));
    const char *capital = strstr(f->last.text, "\"VMware.Memory.Reservation\"");
    assert_true(capital != NULL && capital < strstr(f->last.text, "\"_cluster\""));
}

static void secrets_are_kept_and_never_shown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 200);
    assert_int_equal(put_document(f, "DRAFT"), 200);
    const char *urls[] = {DOCUMENTS "/WebServer", DOCUMENTS, BLUEPRINTS "/WebServer",
                          BLUEPRINTS "?includeContent=true", SOFTWARE "/Software.JupyterLab"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        assert_int_equal(call(f, "GET", urls[i], NULL), 200);
        assert_null(strstr(f->last.text, "hidden"));
    }
    struct vra_object *stored = vra_list_find(&f->lab.world->vra.blueprints, "WebServer");
    char *text = json_dumps(stored->body, 0);
    assert_non_null(strstr(text, "hidden-two"));
    assert_non_null(strstr(text, "hidden-three"));
    free(text);
}

static void publishing_checks_everything(void **state)
{
    struct fixture *f = *state;
    char *body = document("PUBLISHED", "none-", "none", "no-such-guid");
    assert_int_equal(call(f, "PUT", DOCUMENTS "/WebServer", body), 400);
    free(body);
    assert_int_equal(problems(f), 4); /* prefix, profile, template, unknown software type */
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 404);
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 200);
    assert_int_equal(put_document(f, "PUBLISHED"), 400);
    assert_int_equal(problems(f), 1); /* software not published */
    assert_non_null(strstr(text_at(f, "errors/0/message"), "not published"));
    assert_int_equal(put_document(f, "DRAFT"), 200);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"PUBLISHED\""), 400);
    call(f, "PUT", SOFTWARE "/Software.JupyterLab/status", "\"PUBLISHED\"");
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"PUBLISHED\""), 200);
    assert_string_equal(text_at(f, "publishStatus"), "PUBLISHED");
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"READY\""), 400);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/Other/status", "\"PUBLISHED\""), 404);
}

static void documents_with_mistakes_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bodies[] = {
        "[]",
        "{\"name\":\"\",\"components\":{}}",
        "{\"id\":\"Other\",\"name\":\"x\",\"components\":{}}",
        "{\"name\":\"x\",\"status\":\"READY\"}",
        "{\"name\":\"x\",\"components\":[]}",
        "{\"name\":\"x\",\"components\":{\"a\":{\"type\":\"Foo\"}}}",
        "{\"name\":\"x\",\"components\":{\"a\":{\"type\":\"Infrastructure.CatalogItem.Machine."
        "Virtual.vSphere\",\"data\":{\"cpu\":{\"default\":8,\"max\":4}}}}}",
        "{\"name\":\"x\",\"components\":{\"a\":{\"type\":\"Infrastructure.CatalogItem.Machine."
        "Virtual.vSphere\",\"data\":{\"blueprint_type\":{\"fixed\":1}}}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        if (call(f, "PUT", DOCUMENTS "/WebServer", bodies[i]) != 400)
            fail_msg("accepted: %s", bodies[i]);
    }
    assert_int_equal(call(f, "PUT", DOCUMENTS "/Web Server", "{\"name\":\"x\"}"), 400);
}

static void templates_may_go_and_the_document_stays(void **state)
{
    struct fixture *f = *state;
    put_published(f);
    world_vm(f->lab.world, "tpl-gpu")->gone = true;
    assert_int_equal(call(f, "GET", "/iaas-proxy-provider/api/source-machines", NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 1); /* not collected yet */
    advance(f, 3600001);
    assert_int_equal(call(f, "GET", "/iaas-proxy-provider/api/source-machines", NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 0);
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 200);
    assert_string_equal(text_at(f, WEB1 "source_machine/fixed/id"), f->guid);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"PUBLISHED\""), 400);
}

static void the_full_form_goes_round(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(put_document(f, "DRAFT"), 200);
    assert_int_equal(call(f, "GET", BLUEPRINTS "/WebServer", NULL), 200);
    assert_string_equal(text_at(f, "externalId"), "ml!::!WebServer");
    assert_string_equal(text_at(f, WEB1 "action/facets/fixedValue/value/value"), "FullClone");
    assert_int_equal(json_integer_value(at(f, WEB1 "cpu/facets/minValue/value/value")), 6);
    assert_string_equal(text_at(f, WEB1 "machine_prefix/facets/fixedValue/value/classId"),
                        "Infrastructure.Compute.MachinePrefix");
    char *copy = strdup(f->last.text);
    assert_int_equal(call(f, "DELETE", BLUEPRINTS "/WebServer", NULL), 204);
    assert_int_equal(call(f, "DELETE", BLUEPRINTS "/WebServer", NULL), 404);
    assert_int_equal(call(f, "POST", BLUEPRINTS, copy), 201);
    assert_string_equal(f->last.location, BLUEPRINTS "/WebServer");
    assert_null(f->last.text);
    assert_int_equal(call(f, "POST", BLUEPRINTS, copy), 400);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer", copy), 204);
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer", copy), 409);
    free(copy);
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 200);
    assert_int_equal(json_integer_value(at(f, WEB1 "cpu/max")), 6);
    assert_string_equal(text_at(f, WEB1 "machine_prefix/fixed/id"), "tf-");
    assert_string_equal(text_at(f, WEB1 "nics/0/network"), "${_resource~net1}");
    assert_string_equal(text_at(f, WEB1 "disks/0/label"), "Hard disk 1");
    assert_int_equal(json_integer_value(at(f, "properties/_leaseDays/max")), 30);
}

/* ---- catalogue --------------------------------------------------------------------------- */

static void items_appear_after_the_delay(void **state)
{
    struct fixture *f = *state;
    char id[64], again[64], url[200];
    put_published(f);
    assert_false(find_item(f, id));
    advance(f, 60001);
    assert_true(find_item(f, id));
    snprintf(url, sizeof(url), CATALOG "/catalogItems/%s", id);
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_true(json_is_null(at(f, "serviceRef")));
    assert_string_equal(text_at(f, "catalogItemTypeRef/id"),
                        "com.vmware.csp.component.cafe.composition.blueprint");
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"DRAFT\""), 200);
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_string_equal(text_at(f, "status"), "RETIRED");
    assert_int_equal(call(f, "PUT", BLUEPRINTS "/WebServer/status", "\"PUBLISHED\""), 200);
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_string_equal(text_at(f, "status"), "RETIRED"); /* the refresh takes its time too */
    advance(f, 60001);
    assert_true(find_item(f, again));
    assert_string_equal(again, id);
    assert_int_equal(call(f, "DELETE", DOCUMENTS "/WebServer", NULL), 204);
    assert_false(find_item(f, id));
    assert_int_equal(call(f, "GET", url, NULL), 404);
}

static void items_belong_to_services(void **state)
{
    struct fixture *f = *state;
    char item[64], item_url[200], service_url[200], service[64];
    put_published(f);
    advance(f, 60001);
    assert_true(find_item(f, item));
    post_service(f, "Machine Learning");
    snprintf(service_url, sizeof(service_url), "%s", f->last.location);
    snprintf(service, sizeof(service), "%s", strrchr(service_url, '/') + 1);
    snprintf(item_url, sizeof(item_url), CATALOG "/catalogItems/%s", item);
    assert_int_equal(call(f, "GET", item_url, NULL), 200);
    json_t *body = json_deep_copy(f->last.json);
    json_object_set_new(body, "serviceRef", json_pack("{s:s, s:n}", "id", service, "label"));
    char *text = json_dumps(body, 0);
    json_decref(body);
    assert_int_equal(call(f, "PUT", item_url, text), 204);
    assert_int_equal(call(f, "PUT", item_url, text), 409);
    set_switch(f, "optimistic_lock", json_false());
    assert_int_equal(call(f, "PUT", item_url, text), 204);
    free(text);
    char filter[300];
    snprintf(filter, sizeof(filter), CATALOG "/catalogItems?$filter=service/id eq '%s'",
             service);
    assert_int_equal(call(f, "GET", filter, NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 1);
    assert_string_equal(text_at(f, "content/0/serviceRef/label"), "Machine Learning");
    assert_int_equal(call(f, "GET", service_url, NULL), 200);
    body = json_deep_copy(f->last.json);
    set_text(body, "status", "DELETED");
    text = json_dumps(body, 0);
    json_decref(body);
    assert_int_equal(call(f, "PUT", service_url, text), 204);
    assert_int_equal(call(f, "PUT", service_url, text), 404);
    free(text);
    assert_int_equal(call(f, "GET", item_url, NULL), 200);
    assert_true(json_is_null(at(f, "serviceRef")));
}

static char *entitlement(struct fixture *f, const char *status, const char *principals,
                         const char *service)
{
    char *text = NULL;
    call(f, "GET", "/identity/api/tenants/ml/subtenants", NULL);
    assert_true(
        asprintf(&text,
                 "{\"id\":null,\"name\":\"E\",\"status\":\"%s\",\"version\":null,"
                 "\"organization\":{\"tenantRef\":\"ml\",\"subtenantRef\":\"%s\"},"
                 "\"allUsers\":false,\"principals\":[%s],\"entitledServices\":["
                 "{\"serviceRef\":{\"id\":\"%s\",\"label\":null},\"approvalPolicyId\":null,"
                 "\"active\":true}],\"entitledCatalogItems\":[],"
                 "\"entitledResourceOperations\":[],\"localScopeForActions\":true}",
                 status, text_at(f, "content/0/id"), principals, service) > 0);
    return text;
}

static void entitlements_follow_their_rules(void **state)
{
    static const char user[] = "{\"tenantName\":\"ml\",\"ref\":\"user@corp.local\","
                               "\"type\":\"USER\",\"value\":\"U\"}";
    struct fixture *f = *state;
    char service[64], url[200];
    post_service(f, "S");
    snprintf(service, sizeof(service), "%s", strrchr(f->last.location, '/') + 1);
    char *body = entitlement(f, "ACTIVE", "", "no-such-service");
    assert_int_equal(call(f, "POST", CATALOG "/entitlements", body), 400);
    free(body);
    body = entitlement(f, "ACTIVE", "", service);
    assert_int_equal(call(f, "POST", CATALOG "/entitlements", body), 201);
    free(body);
    snprintf(url, sizeof(url), "%s", f->last.location);
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_string_equal(text_at(f, "status"), "DRAFT"); /* nobody is entitled */
    assert_null(at(f, "principals"));
    assert_string_equal(text_at(f, "entitledServices/0/serviceRef/label"), "S");
    body = entitlement(f, "ACTIVE", user, service);
    assert_int_equal(call(f, "PUT", url, body), 204);
    free(body);
    assert_int_equal(call(f, "DELETE", url, NULL), 400);
    body = entitlement(f, "INACTIVE", user, service);
    assert_int_equal(call(f, "PUT", url, body), 204);
    assert_int_equal(call(f, "DELETE", url, NULL), 204);
    assert_int_equal(call(f, "DELETE", url, NULL), 404);
    set_switch(f, "create_body", json_true());
    assert_int_equal(call(f, "POST", CATALOG "/entitlements", body), 201);
    free(body);
    assert_string_equal(text_at(f, "organization/subtenantLabel"), "ml");
}

static void published_objects_are_contents(void **state)
{
    struct fixture *f = *state;
    const char *url = "/content-management-service/api/contents?$filter=contentTypeId eq "
                      "'composite-blueprint'";
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 0);
    put_published(f);
    assert_int_equal(call(f, "GET", url, NULL), 200);
    assert_int_equal(json_array_size(at(f, "content")), 1);
    assert_string_equal(text_at(f, "content/0/contentId"), "WebServer");
    assert_int_equal(json_array_size(at(f, "content/0/dependencies")), 1);
}

/* ---- requests ---------------------------------------------------------------------------- */

static void drive_gpus(struct fixture *f)
{
    struct host *host = f->lab.world->hosts.items[0];
    struct world *world = f->lab.world;
    struct vib vib = {.id = world_strdup(world, "v"),
                      .name = world_strdup(world, "NVIDIA-VMware"),
                      .version = world_strdup(world, "384.73"),
                      .is_gpu_driver = true,
                      .loaded = true};
    VEC_PUSH(f->lab.world->arena, &host->vibs, vib);
    host->default_configured = host->default_active = GRAPHICS_SHARED_PASSTHRU;
    VEC_EACH (struct gpu, gpu, host->gpus) {
        gpu->type_configured = gpu->type_active = GRAPHICS_SHARED_PASSTHRU;
        gpu->ecc_current = gpu->ecc_pending = false;
    }
}

static void requests_make_machines_until_the_slots_are_gone(void **state)
{
    struct fixture *f = *state;
    struct world *world = f->lab.world;
    struct err err = {0};
    assert_int_equal(world_vra_request(world, "WebServer", 1, &err), -1);
    put_published(f);
    drive_gpus(f);
    if (world_vra_request(world, "WebServer", 3, &err) < 0)
        fail_msg("%s", err.message);
    const struct vm *vm = world_vm(world, "tf-003");
    assert_non_null(vm);
    assert_int_equal(vm->power, POWERED_ON);
    assert_int_equal(vm->cpus, 6);
    assert_true(vm->memory_locked);
    assert_int_equal(vm->memory_reservation_mb, 4096);
    assert_string_equal(vm_extra(vm, "guestinfo.gridform"), "mark");
    assert_string_equal(vm->gpu, "0000:3b:00.0");
    assert_false(vm->template);
    assert_string_not_equal(vm->instance_uuid, world_vm(world, "tpl-gpu")->instance_uuid);
    assert_int_equal(world_vra_request(world, "WebServer", 7, &err), -1);
    assert_non_null(strstr(err.message, "1 to 6"));
    assert_int_equal(world_vra_request(world, "WebServer", 2, &err), -1);
    assert_non_null(strstr(err.message, "grid_p100-4q"));
    assert_non_null(world_vm(world, "tf-004"));
    assert_null(world_vm(world, "tf-005"));
}

static void machines_without_a_full_reservation_stay_off(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    put_published(f);
    drive_gpus(f);
    struct vra_object *stored = vra_list_find(&f->lab.world->vra.blueprints, "WebServer");
    json_t *web1 = json_object_get(json_object_get(stored->body, "components"), "web1");
    json_object_del(json_object_get(web1, "data"), "VMware.Memory.Reservation");
    assert_int_equal(world_vra_request(f->lab.world, "WebServer", 1, &err), -1);
    assert_non_null(strstr(err.message, "reserved"));
    assert_int_equal(world_vm(f->lab.world, "tf-001")->power, POWERED_OFF);
}

/* ---- faults and the record ----------------------------------------------------------------
 */

static void add_fault(struct fixture *f, struct lab_fault fault)
{
    fault.system = SYSTEM_VRA;
    fault.times = 1;
    fault.text = fault.text != NULL ? world_strdup(f->lab.world, fault.text) : NULL;
    VEC_PUSH(f->lab.world->arena, &f->lab.faults, fault);
}

static void faults_are_played(void **state)
{
    struct fixture *f = *state;
    add_fault(f, (struct lab_fault){
                     .kind = FAULT_STATUS, .status = 503, .text = (char *)"<html>busy</html>"});
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 503);
    assert_string_equal(f->last.text, "<html>busy</html>");
    add_fault(f, (struct lab_fault){.kind = FAULT_STATUS, .status = 403});
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 403);
    assert_null(f->last.text);
    add_fault(f, (struct lab_fault){.kind = FAULT_ERROR_TEXT, .text = (char *)"odd thing"});
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 400);
    assert_string_equal(text_at(f, "errors/0/message"), "odd thing");
    add_fault(f, (struct lab_fault){.kind = FAULT_DROP_BEFORE,
                                    .operation = (char *)"PUT " DOCUMENTS "/{id}"});
    put_document(f, "DRAFT");
    assert_true(f->last.drop);
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 404);
    add_fault(f, (struct lab_fault){.kind = FAULT_DROP_AFTER,
                                    .operation = (char *)"PUT " DOCUMENTS "/{id}"});
    put_document(f, "DRAFT");
    assert_true(f->last.drop);
    add_fault(f, (struct lab_fault){.kind = FAULT_TRUNCATE});
    assert_int_equal(call(f, "GET", DOCUMENTS "/WebServer", NULL), 200);
    assert_true(f->last.truncate);
    add_fault(f, (struct lab_fault){.kind = FAULT_EXPIRE});
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 401);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 401); /* until a new login */
    assert_int_equal(login_as(f, "architect@ml.local", "secret"), 200);
    assert_int_equal(call(f, "GET", BLUEPRINTS, NULL), 200);
}

static void calls_are_recorded_without_secrets(void **state)
{
    struct fixture *f = *state;
    put_document(f, "DRAFT");
    json_t *entry = f->lab.calls.items[f->lab.calls.n - 1];
    assert_string_equal(text_member(entry, "operation"), "PUT " DOCUMENTS "/{id}");
    assert_string_equal(text_member(entry, "object"), "WebServer");
    assert_string_equal(text_member(entry, "user"), "architect@ml.local");
    assert_true(json_is_true(json_object_get(entry, "changing")));
    json_t *login = f->lab.calls.items[0];
    char *text = json_dumps(login, 0);
    assert_null(strstr(text, "secret"));
    assert_false(json_is_true(json_object_get(login, "changing")));
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tokens_live_and_die),
        TEST(logins_are_refused),
        TEST(lookups_answer),
        TEST(reservations_tell_all_one_by_one),
        TEST(pages_are_exact),
        TEST(filters_work),
        TEST(shuffled_pages_repeat_items),
        TEST(software_is_created_published_deleted),
        TEST(software_mistakes_are_listed),
        TEST(documents_come_back_with_noise),
        TEST(secrets_are_kept_and_never_shown),
        TEST(publishing_checks_everything),
        TEST(documents_with_mistakes_are_refused),
        TEST(templates_may_go_and_the_document_stays),
        TEST(the_full_form_goes_round),
        TEST(items_appear_after_the_delay),
        TEST(items_belong_to_services),
        TEST(entitlements_follow_their_rules),
        TEST(published_objects_are_contents),
        TEST(requests_make_machines_until_the_slots_are_gone),
        TEST(machines_without_a_full_reservation_stay_off),
        TEST(faults_are_played),
        TEST(calls_are_recorded_without_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
