/* test_lab_vra7.c: the simulated vRealize Automation: sessions, lists, requests of users,
 * faults (vra7-api.md §1, §2, §8, §11). */
#include "lab_vra7_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    assert_int_equal(call(f, "POST", "/catalog-service/api/nothing", NULL), 404);
    entry = f->lab.calls.items[f->lab.calls.n - 1];
    assert_string_equal(text_member(entry, "object"), "/catalog-service/api/nothing");
    json_t *login = f->lab.calls.items[0];
    char *text = json_dumps(login, 0);
    assert_null(strstr(text, "secret"));
    assert_false(json_is_true(json_object_get(login, "changing")));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tokens_live_and_die),
        TEST(logins_are_refused),
        TEST(lookups_answer),
        TEST(reservations_tell_all_one_by_one),
        TEST(pages_are_exact),
        TEST(filters_work),
        TEST(shuffled_pages_repeat_items),
        TEST(requests_make_machines_until_the_slots_are_gone),
        TEST(machines_without_a_full_reservation_stay_off),
        TEST(faults_are_played),
        TEST(calls_are_recorded_without_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
