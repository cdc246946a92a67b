/* test_lab_vra7_samples.c: the captured samples of vra7-api.md as judges: every member that a
 * sample shows must be in our answer, with the sample's type. Values are our own. */
#include "lab_vra7_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LITERAL "{\"type\":\"\",\"value\":\"\"}"
#define REF "{\"id\":\"\",\"label\":\"\"}"
#define ORGANIZATION                                                                           \
    "{\"tenantRef\":\"\",\"tenantLabel\":null,\"subtenantRef\":null,\"subtenantLabel\":null}"
#define WEB1_FORM                                                                              \
    "\"components\":{\"web1\":{\"type\":\"\",\"dependson\":[],"                                \
    "\"componentProfiles\":null,\"propertyGroups\":null,\"data\":{\"action\":{\"facets\":{"    \
    "\"fixedValue\":{\"type\":\"\",\"value\":" LITERAL "}},\"permittedValues\":null,"          \
    "\"data\":{}},\"cpu\":{\"facets\":{\"minValue\":{\"type\":\"\",\"value\":{\"type\":\"\","  \
    "\"value\":1}}}}}}}"

/* The type of every member of `sample` is that of `actual`; null in either fits anything. An
 * element of a list stands for the first of the answer. */
static bool fits(const json_t *sample, const json_t *actual, const char *path)
{
    const char *key;
    json_t *value;
    char below[200];
    if (json_is_null(sample) || json_is_null(actual))
        return true;
    bool booleans = json_is_boolean(sample) && json_is_boolean(actual);
    if (actual == NULL || (!booleans && json_typeof(sample) != json_typeof(actual))) {
        print_error("%s: missing, or of another type\n", path);
        return false;
    }
    if (json_is_array(sample) && json_array_size(sample) > 0) {
        snprintf(below, sizeof(below), "%s[0]", path);
        return fits(json_array_get(sample, 0), json_array_get(actual, 0), below);
    }
    json_object_foreach((json_t *)sample, key, value)
    {
        const json_t *member = json_object_get(actual, key);
        snprintf(below, sizeof(below), "%s.%s", path, key);
        if (member == NULL) {
            print_error("%s is missing\n", below);
            return false;
        }
        if (!fits(value, member, below))
            return false;
    }
    return true;
}

/* `url` ends in '@' where the id of the first element of the list before it goes. */
static const struct {
    const char *url, *sample;
} samples[] = {
    {"/identity/api/about", "{\"buildNumber\":\"\",\"buildDate\":\"\",\"productVersion\":\"\","
                            "\"apiVersion\":\"\",\"productBuildNumber\":\"\"}"},
    {"/identity/api/tenants/ml/subtenants",
     "{\"links\":[],\"content\":[{\"@type\":\"\",\"id\":\"\",\"name\":\"\",\"description\":"
     "\"\",\"subtenantRoles\":null,\"tenant\":\"\",\"extensionData\":{\"entries\":[{\"key\":"
     "\"\",\"value\":" LITERAL "}]}}],\"metadata\":{\"size\":1,\"totalElements\":1,"
     "\"totalPages\":1,\"number\":1,\"offset\":0}}"},
    {SOFTWARE, "{\"content\":[{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"tenantId\":"
               "\"\",\"version\":1,\"publishStatus\":\"\",\"publishStatusName\":\"\","
               "\"createdDate\":\"\",\"lastUpdated\":\"\"}]}"},
    {SOFTWARE "/@",
     "{\"@type\":\"\",\"id\":\"\",\"name\":\"\",\"description\":\"\",\"publishStatus\":\"\","
     "\"publishStatusName\":\"\",\"createdDate\":\"\",\"lastUpdated\":\"\",\"version\":1,"
     "\"tenantId\":\"\",\"derivesFromRef\":null,\"catalogResourceTypeId\":null,"
     "\"containerFieldId\":\"\",\"schema\":{\"fields\":[{\"id\":\"\",\"label\":\"\","
     "\"dataType\":{\"type\":\"\",\"typeId\":\"\"},\"state\":{\"dependencies\":[],\"facets\":[{"
     "\"type\":\"\",\"value\":{\"type\":\"\",\"value\":{\"type\":\"\",\"value\":true}}}]},"
     "\"isMultiValued\":false}]},\"lifecycleTasks\":[{\"id\":\"\",\"version\":1,\"script\":{"
     "\"scriptTypeId\":\"\",\"scriptContent\":\"\",\"isRebootAfter\":false},"
     "\"taskDescriptorRef\":" REF "}]}"},
    {BLUEPRINTS, "{\"content\":[{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"version\":1,"
                 "\"publishStatus\":\"\",\"publishStatusName\":\"\",\"createdDate\":\"\","
                 "\"lastUpdated\":\"\",\"usingCustomForm\":false}]}"},
    {BLUEPRINTS "/@",
     "{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"tenantId\":\"\",\"version\":1,"
     "\"publishStatus\":\"\",\"publishStatusName\":\"\",\"externalId\":\"\","
     "\"catalogItemTypeId\":null,\"properties\":{},\"propertyGroups\":[],\"layout\":{}"
     "," WEB1_FORM "}"},
    {DOCUMENTS, "{\"content\":[{\"id\":\"\",\"status\":\"\"}]}"},
    {DOCUMENTS "/@",
     "{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"status\":\"\",\"properties\":{"
     "\"_leaseDays\":{\"default\":1,\"max\":1,\"min\":1}},\"components\":{\"net1\":{\"type\":"
     "\"\",\"data\":{\"name\":\"\",\"network_profile\":\"\"}},\"web1\":{\"type\":\"\","
     "\"data\":{\"_cluster\":{\"default\":1,\"max\":1,\"min\":1},\"action\":{\"fixed\":\"\"},"
     "\"allow_storage_policies\":{\"fixed\":false},\"blueprint_type\":{\"fixed\":\"\"},"
     "\"cpu\":{\"default\":1,\"max\":1,\"min\":1},\"disks\":[{\"capacity\":8,"
     "\"custom_properties\":null,\"id\":1,\"initial_location\":\"\",\"is_clone\":true,"
     "\"label\":\"\",\"storage_reservation_policy\":\"\",\"userCreated\":false,"
     "\"volumeId\":0}],\"display_location\":{\"fixed\":false},"
     "\"guest_customization_specification\":\"\",\"machine_prefix\":{\"fixed\":{\"id\":\"\"}},"
     "\"max_network_adapters\":{},\"max_volumes\":{},\"nics\":[{\"address\":\"\","
     "\"assignment_type\":\"\",\"id\":0,\"load_balancing\":\"\",\"network\":\"\","
     "\"network_profile\":\"\"}],\"provisioning_workflow\":{\"fixed\":" REF "},"
     "\"reservation_policy\":" REF ",\"security_groups\":[],\"security_tags\":[],"
     "\"source_machine\":{\"fixed\":" REF "},\"source_machine_name\":{\"fixed\":\"\"},"
     "\"storage\":{\"default\":1,\"max\":1,\"min\":1},\"VMware.Memory.Reservation\":{"
     "\"default\":\"\",\"required\":false,\"secured\":false,\"visible\":false}}},"
     "\"jupyter\":{\"type\":\"\",\"data\":{\"host\":\"\"}}},\"layout\":{\"net1\":\"\"}}"},
    {"/content-management-service/api/contents",
     "{\"content\":[{\"id\":\"\",\"contentId\":\"\",\"name\":\"\",\"description\":null,"
     "\"contentTypeId\":\"\",\"mimeType\":null,\"tenantId\":\"\",\"subtenantId\":null,"
     "\"dependencies\":[\"\"],\"createdDate\":\"\",\"lastUpdated\":\"\",\"version\":1}]}"},
    {CATALOG "/services",
     "{\"content\":[{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"status\":\"\","
     "\"statusName\":\"\",\"version\":1,\"organization\":" ORGANIZATION ",\"newDuration\":null,"
     "\"iconId\":\"\",\"owner\":null,\"supportTeam\":null,\"hours\":null,"
     "\"changeWindow\":null,\"lastUpdatedDate\":\"\",\"lastUpdatedBy\":null}]}"},
    {CATALOG "/catalogItems", "{\"content\":[{\"id\":\"\"}]}"},
    {CATALOG "/catalogItems/@",
     "{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"status\":\"\",\"statusName\":\"\","
     "\"version\":1,\"iconId\":\"\",\"isNoteworthy\":false,\"quota\":null,\"requestable\":true,"
     "\"dateCreated\":\"\",\"lastUpdatedDate\":\"\",\"callbacks\":null,"
     "\"catalogItemTypeRef\":" REF ",\"outputResourceTypeRef\":" REF
     ",\"organization\":" ORGANIZATION ",\"providerBinding\":{\"bindingId\":\"\","
     "\"providerRef\":" REF "},\"forms\":{\"itemDetails\":{\"type\":\"\",\"formId\":\"\"},"
     "\"catalogRequestInfoHidden\":true,\"requestFormScale\":\"\",\"requestSubmission\":{"
     "\"type\":\"\",\"extensionId\":\"\",\"extensionPointId\":null},\"requestDetails\":{"
     "\"type\":\"\",\"extensionId\":\"\",\"extensionPointId\":null}},\"serviceRef\":null}"},
    {CATALOG "/entitlements",
     "{\"content\":[{\"id\":\"\",\"name\":\"\",\"description\":\"\",\"status\":\"\","
     "\"statusName\":\"\",\"version\":0,\"organization\":{\"tenantRef\":\"\",\"tenantLabel\":"
     "\"\",\"subtenantRef\":\"\",\"subtenantLabel\":\"\"},\"allUsers\":false,\"principals\":[{"
     "\"tenantName\":\"\",\"ref\":\"\",\"type\":\"\",\"value\":\"\"}],\"entitledServices\":[{"
     "\"serviceRef\":" REF ",\"approvalPolicyId\":null,\"active\":true}],"
     "\"entitledCatalogItems\":[],\"entitledResourceOperations\":[],"
     "\"localScopeForActions\":true,\"expiryDate\":null,\"priorityOrder\":null,"
     "\"lastUpdatedDate\":null}]}"},
    {CATALOG "/resourceOperations",
     "{\"content\":[{\"id\":\"\",\"name\":\"\",\"externalId\":\"\",\"description\":\"\","
     "\"status\":\"\",\"targetResourceTypeRef\":" REF ",\"type\":\"\",\"entitleable\":true,"
     "\"organization\":null}]}"},
    {"/reservation-service/api/reservations", "{\"content\":[{\"id\":\"\"}]}"},
    {"/reservation-service/api/reservations/@",
     "{\"id\":\"\",\"name\":\"\",\"reservationTypeId\":\"\",\"tenantId\":\"\",\"subTenantId\":"
     "\"\",\"enabled\":true,\"priority\":1,\"reservationPolicyId\":\"\",\"alertPolicy\":null,"
     "\"version\":0,\"createdDate\":\"\",\"lastUpdated\":\"\",\"extensionData\":{\"entries\":[{"
     "\"key\":\"\",\"value\":{\"type\":\"\",\"componentTypeId\":\"\",\"componentId\":null,"
     "\"classId\":\"\",\"typeFilter\":null,\"values\":{\"entries\":[{\"key\":\"\",\"value\":{"
     "\"type\":\"\",\"value\":1}}]}}}]}}"},
    {"/reservation-service/api/reservations/policies",
     "{\"content\":[{\"id\":\"\",\"name\":\"\",\"description\":\"\","
     "\"reservationPolicyTypeId\":\"\",\"version\":0}]}"},
    {"/iaas-proxy-provider/api/machine-prefixes",
     "{\"content\":[{\"id\":\"\",\"tenantId\":\"\",\"name\":\"\",\"machineNumberLength\":3,"
     "\"nextMachineNo\":1}]}"},
    {"/iaas-proxy-provider/api/source-machines", "{\"content\":[{\"id\":\"\"}]}"},
    {"/iaas-proxy-provider/api/source-machines/@",
     "{\"id\":\"\",\"name\":\"\",\"description\":null,\"externalId\":\"\",\"status\":\"\","
     "\"isTemplate\":true,\"cpu\":1,\"memoryMB\":1,\"storageGB\":1,\"disks\":[{\"label\":\"\"}]"
     ","
     "\"guestOSFamily\":\"\",\"hostName\":\"\",\"endpointName\":\"\",\"reservationName\":null,"
     "\"region\":null,\"interfaceType\":\"\",\"properties\":[]}"},
    {"/iaas-proxy-provider/api/network/profiles", "{\"content\":[{\"id\":\"\"}]}"},
    {"/iaas-proxy-provider/api/network/profiles/@",
     "{\"@type\":\"\",\"id\":\"\",\"name\":\"\",\"description\":\"\",\"profileType\":\"\","
     "\"subnetMask\":\"\",\"gatewayAddress\":null,\"primaryDnsAddress\":null,"
     "\"secondaryDnsAddress\":null,\"dnsSuffix\":null,\"definedRanges\":[{\"name\":\"\","
     "\"beginIPv4Address\":\"\",\"endIPv4Address\":\"\",\"state\":\"\","
     "\"definedAddresses\":[]}]}"},
};

static void fill(struct fixture *f)
{
    static const char user[] = "{\"tenantName\":\"ml\",\"ref\":\"user@corp.local\","
                               "\"type\":\"USER\",\"value\":\"U\"}";
    put_published(f);
    advance(f, 60001);
    post_service(f, "S");
    char *service = strdup(strrchr(f->last.location, '/') + 1);
    char *body = entitlement(f, "ACTIVE", user, service);
    assert_int_equal(call(f, "POST", CATALOG "/entitlements", body), 201);
    free(service);
    free(body);
}

static void answers_have_the_members_of_the_samples(void **state)
{
    struct fixture *f = *state;
    char id[100] = "", url[300];
    fill(f);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        size_t n = strlen(samples[i].url);
        bool single = samples[i].url[n - 1] == '@';
        snprintf(url, sizeof(url), "%.*s%s", (int)(single ? n - 1 : n), samples[i].url,
                 single ? id : "");
        json_error_t error;
        json_t *sample = json_loads(samples[i].sample, 0, &error);
        if (sample == NULL)
            fail_msg("sample %zu: %s at %d", i, error.text, error.position);
        assert_int_equal(call(f, "GET", url, NULL), 200);
        if (!fits(sample, f->last.json, url))
            fail_msg("%s", f->last.text);
        snprintf(id, sizeof(id), "%s", text_at(f, "content/0/id"));
        json_decref(sample);
    }
}

static void logins_and_errors_look_like_the_samples(void **state)
{
    struct fixture *f = *state;
    json_t *token = json_loads("{\"expires\":\"\",\"id\":\"\",\"tenant\":\"\"}", 0, NULL);
    json_t *error = json_loads("{\"errors\":[{\"code\":1,\"source\":null,\"message\":\"\","
                               "\"systemMessage\":\"\",\"moreInfoUrl\":null}]}",
                               0, NULL);
    assert_int_equal(login_as(f, "architect@ml.local", "secret"), 200);
    assert_true(fits(token, f->last.json, "token"));
    assert_int_equal(login_as(f, "architect@ml.local", "no"), 400);
    assert_true(fits(error, f->last.json, "login error"));
    assert_int_equal(strncmp(text_at(f, "errors/0/systemMessage"), "90135-Unable", 12), 0);
    assert_int_equal(call(f, "POST", SOFTWARE, NULL), 400);
    assert_true(fits(error, f->last.json, "error"));
    json_decref(token);
    json_decref(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_have_the_members_of_the_samples),
        TEST(logins_and_errors_look_like_the_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
