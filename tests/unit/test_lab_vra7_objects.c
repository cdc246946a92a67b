/* test_lab_vra7_objects.c: software, blueprints and the catalogue of the simulated vRealize
 * Automation: what a client sends is accepted, mistakes are not (vra7-api.md §3 to §6). */
#include "lab_vra7_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
