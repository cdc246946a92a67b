/* lab_vra7_fixture.c: see the header. */
#include "lab_vra7_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_internal.h"

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

unsigned call(struct fixture *f, const char *method, const char *url, const char *body)
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
json_t *at(struct fixture *f, const char *path)
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

const char *text_at(struct fixture *f, const char *path)
{
    const char *text = json_string_value(at(f, path));
    return text != NULL ? text : "(none)";
}

size_t problems(struct fixture *f)
{
    return json_array_size(at(f, "errors"));
}

void advance(struct fixture *f, int64_t ms)
{
    f->lab.world->epoch += ms;
}

void set_switch(struct fixture *f, const char *name, json_t *take_value)
{
    json_object_set_new(f->lab.world->vra.switches, name, take_value);
}

unsigned login_as(struct fixture *f, const char *user, const char *password)
{
    char body[256];
    snprintf(body, sizeof(body), "{\"username\":\"%s\",\"password\":\"%s\",\"tenant\":\"ml\"}",
             user, password);
    unsigned status = call(f, "POST", "/identity/api/tokens", body);
    if (status == 200)
        snprintf(f->authorization, sizeof(f->authorization), "Bearer %s", text_at(f, "id"));
    return status;
}

int setup(void **state)
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

int teardown(void **state)
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

const char software_body[] =
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
char *document(const char *status, const char *prefix, const char *profile,
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

unsigned put_document(struct fixture *f, const char *status)
{
    char *body = document(status, "tf-", "ml-external", f->guid);
    unsigned code = call(f, "PUT", DOCUMENTS "/WebServer", body);
    free(body);
    return code;
}

void put_published(struct fixture *f)
{
    assert_int_equal(call(f, "POST", SOFTWARE, software_body), 200);
    assert_int_equal(call(f, "PUT", SOFTWARE "/Software.JupyterLab/status", "\"PUBLISHED\""),
                     200);
    assert_int_equal(put_document(f, "PUBLISHED"), 200);
}

/* The id of the blueprint's catalogue item, in `id`; false when it is not there. */
bool find_item(struct fixture *f, char id[64])
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

void post_service(struct fixture *f, const char *name)
{
    char body[300];
    snprintf(body, sizeof(body),
             "{\"name\":\"%s\",\"description\":\"d\",\"status\":\"ACTIVE\",\"version\":1,"
             "\"organization\":{\"tenantRef\":\"ml\",\"tenantLabel\":null,"
             "\"subtenantRef\":null,\"subtenantLabel\":null},\"newDuration\":null}",
             name);
    assert_int_equal(call(f, "POST", CATALOG "/services", body), 201);
}

char *entitlement(struct fixture *f, const char *status, const char *principals,
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
