/* test_vra7_wire.c: exact requests of the vRA provider in order, canned answers: sessions,
 * paging, lost answers, stale objects, denials (vra7-api.md §1, §2). */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/vra7_client.h"
#include "arena.h"
#include "ops.h"
#include "vra7_conversation.h"

static struct pki pki;

#define LOGIN                                                                                  \
    {                                                                                          \
        .request = "POST /identity/api/tokens",                                                \
        .contains = "\"username\":\"me@corp.test\",\"password\":\"s3cret-pass\","              \
                    "\"tenant\":\"t\"",                                                        \
        .status = 200, .token = "",                                                            \
        .body = "{\"id\":\"T1\",\"expires\":\"2001-01-01T00:00:00.000Z\"}"                     \
    }
#define LOGOUT                                                                                 \
    {                                                                                          \
        .request = "DELETE /identity/api/tokens/T1", .status = 204                             \
    }
#define PAGE "page=1&limit=1000&$orderby=name%20asc"
#define SERVICES "/catalog-service/api/services"
#define ALL_SERVICES "GET " SERVICES "?" PAGE
#define NAMED_SERVICES "GET " SERVICES "?$filter=name%20eq%20%27One%27&" PAGE
#define EMPTY                                                                                  \
    "{\"links\":[],\"content\":[],\"metadata\":{\"totalElements\":0,\"totalPages\":0,"         \
    "\"number\":1}}"
#define LIST(content)                                                                          \
    "{\"content\":[" content "],\"metadata\":{\"totalElements\":1,\"totalPages\":1}}"
#define MARK "[gridform " CLIENT_LINEAGE " catalog_service/One]"
#define OURS(version, more)                                                                    \
    "{\"id\":\"g1\",\"name\":\"One\",\"description\":\"new\\n" MARK "\",\"status\":"           \
    "\"ACTIVE\",\"version\":" version more "}"
#define STALE(version, more)                                                                   \
    "{\"id\":\"g1\",\"name\":\"One\",\"description\":\"old\\n" MARK "\",\"status\":"           \
    "\"ACTIVE\",\"version\":" version more "}"

struct fixture {
    struct conversation script;
    struct vra_client client;
    int opened;
};

static void start(struct fixture *fixture, const struct exchange *exchanges, size_t n)
{
    char address[32];
    *fixture = (struct fixture){0};
    snprintf(address, sizeof(address), "127.0.0.1:%u",
             conversation_start(&fixture->script, &pki, exchanges, n));
    const struct vra_server server = {.name = SERVER_NAME,
                                      .connect_to = address,
                                      .ca_file = pki.ca_file,
                                      .tenant = "t",
                                      .username = "me@corp.test",
                                      .password = "s3cret-pass"};
    fixture->opened = client_open(&fixture->client, &server);
}

static void stop(struct fixture *fixture)
{
    client_close(&fixture->client);
    conversation_stop(&fixture->script);
}

#define START(fixture, exchanges) start((fixture), (exchanges), ARRAY_LEN(exchanges))

static struct instance *wanted_service(struct fixture *fixture)
{
    static const char *const pairs[] = {"description", "\"new\"", "active", "true", NULL};
    return client_desired(&fixture->client, &kind_catalog_service, "One", pairs);
}

static struct instance *read_service(struct fixture *fixture)
{
    return client_read(&fixture->client, wanted_service(fixture), NULL);
}

static int write_service(struct fixture *fixture, const char *ids)
{
    return client_perform(&fixture->client, OP_SERVICE_WRITE, wanted_service(fixture), NULL,
                          ids == NULL ? NULL : client_json(&fixture->client, ids));
}

static const char *created_id(struct fixture *fixture)
{
    return value_get_text(fixture->client.outcome.ids, "id");
}

/* ---- sessions ---- */

static void logs_in_again(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = ALL_SERVICES, .status = 401},
        {.request = "POST /identity/api/tokens",
         .status = 200,
         .token = "",
         .body = "{\"id\":\"a+/b==\",\"expires\":\"2999-01-01T00:00:00.000Z\"}"},
        {.request = ALL_SERVICES, .token = "a+/b==", .status = 200, .body = EMPTY},
        {.request = "DELETE /identity/api/tokens/a%2B%2Fb%3D%3D",
         .token = "a+/b==",
         .status = 204},
    };
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(fixture.opened, 0);
    assert_int_equal(read_service(&fixture)->presence, PRESENCE_ABSENT);
    stop(&fixture);
}

/* Once, not for ever. */
static void refused_right_after_login(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {LOGIN,
                                                {.request = ALL_SERVICES, .status = 401},
                                                LOGIN,
                                                {.request = ALL_SERVICES, .status = 401},
                                                LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(read_service(&fixture)->presence, PRESENCE_UNREADABLE);
    stop(&fixture);
}

static void login_refused(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        {.request = "POST /identity/api/tokens",
         .status = 400,
         .token = "",
         .body = "{\"errors\":[{\"code\":90135,\"message\":\"Unable to authenticate user "
                 "me@corp.test with s3cret-pass in tenant t.\",\"systemMessage\":null}]}"}};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(fixture.opened, -1);
    assert_int_equal(fixture.client.err.code, ERR_DENIED);
    assert_non_null(strstr(fixture.client.err.message, "me@corp.test"));
    assert_null(strstr(fixture.client.err.message, "s3cret-pass"));
    stop(&fixture);
}

static void wrong_form_of_user(void **state)
{
    (void)state;
    const struct vra_server server = {.name = SERVER_NAME,
                                      .connect_to = "127.0.0.1:1",
                                      .ca_file = pki.ca_file,
                                      .tenant = "t",
                                      .username = "CORP\\me",
                                      .password = "x"};
    struct vra_client client = {0};
    assert_int_equal(client_open(&client, &server), -1);
    assert_int_equal(client.err.code, ERR_INVALID);
    assert_non_null(strstr(client.err.message, "user@domain"));
    client_close(&client);
}

static void role_missing(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN, {.request = ALL_SERVICES, .status = 403}, LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    struct instance *live = read_service(&fixture);
    assert_int_equal(live->presence, PRESENCE_UNREADABLE);
    assert_non_null(strstr(live->reason, "catalog administrator"));
    stop(&fixture);
}

static void page_of_a_proxy(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = ALL_SERVICES,
         .status = 503,
         .type = "text/html",
         .body = "<html><body>Service Unavailable</body></html>"},
        {.request = ALL_SERVICES, .status = 200, .type = "text/html", .body = "<html>"},
        {.request = ALL_SERVICES, .status = 200, .body = "{\"content\":7}"},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    for (int i = 0; i < 3; i++) {
        struct instance *live = read_service(&fixture);
        assert_int_equal(live->presence, PRESENCE_UNREADABLE);
        if (i == 0)
            assert_non_null(strstr(live->reason, "503"));
    }
    stop(&fixture);
}

/* ---- lists ---- */

#define PAGE_OF(content, total)                                                                \
    "{\"content\":[" content "],\"metadata\":{\"totalElements\":" total ",\"totalPages\":2}}"
#define SECOND_PAGE "GET " SERVICES "?page=2&limit=1000&$orderby=name%20asc"

static void list_read_again_until_whole(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = ALL_SERVICES, .status = 200, .body = PAGE_OF("{\"id\":\"a\"}", "2")},
        {.request = SECOND_PAGE, .status = 200, .body = PAGE_OF("{\"id\":\"a\"}", "2")},
        {.request = ALL_SERVICES, .status = 200, .body = PAGE_OF("{\"id\":\"a\"}", "3")},
        {.request = SECOND_PAGE,
         .status = 200,
         .body = PAGE_OF("{\"id\":\"g1\",\"name\":\"One\"}", "3")},
        {.request = ALL_SERVICES, .status = 200, .body = PAGE_OF("{\"id\":\"a\"}", "2")},
        {.request = SECOND_PAGE,
         .status = 200,
         .body = PAGE_OF("{\"id\":\"g1\",\"name\":\"One\"}", "2")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    struct instance *live = read_service(&fixture);
    assert_int_equal(live->presence, PRESENCE_PRESENT);
    assert_string_equal(value_get_text(live->ids, "id"), "g1");
    stop(&fixture);
}

static void list_that_never_agrees(void **state)
{
    (void)state;
#define SHORT                                                                                  \
    {                                                                                          \
        .request = ALL_SERVICES, .status = 200,                                                \
        .body = "{\"content\":[],\"metadata\":"                                                \
                "{\"totalElements\":5,\"totalPages\":1}}"                                      \
    }
    static const struct exchange exchanges[] = {LOGIN, SHORT, SHORT, SHORT, SHORT, LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    struct instance *live = read_service(&fixture);
    assert_int_equal(live->presence, PRESENCE_UNREADABLE);
    assert_non_null(strstr(live->reason, "count"));
    stop(&fixture);
}

static void list_without_end(void **state)
{
    (void)state;
    enum { N = 203 };
    static struct exchange exchanges[N];
    static char requests[N][96];
    exchanges[0] = (struct exchange)LOGIN;
    for (int i = 1; i <= 200; i++) {
        snprintf(requests[i], sizeof(requests[i]),
                 "GET " SERVICES "?page=%d&limit=1000&$orderby=name%%20asc", i);
        exchanges[i] = (struct exchange){
            .request = requests[i],
            .status = 200,
            .body = "{\"content\":[{}],\"metadata\":{\"totalPages\":100000}}"};
    }
    exchanges[201] = (struct exchange)LOGOUT;
    struct fixture fixture;
    start(&fixture, exchanges, 202);
    struct instance *live = read_service(&fixture);
    assert_int_equal(live->presence, PRESENCE_UNREADABLE);
    assert_non_null(strstr(live->reason, "longer"));
    stop(&fixture);
}

/* ---- creating ---- */

#define CREATE .request = "POST " SERVICES, .contains = "\"description\":\"new\\n" MARK "\""
#define GET_ONE "GET " SERVICES "/g1"

static void created_by_location(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        {CREATE, .status = 201, .location = "https://inside.local:8443" SERVICES "/g1"},
        {.request = GET_ONE, .status = 200, .body = OURS("0", "")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), 0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_DONE);
    assert_string_equal(created_id(&fixture), "g1");
    stop(&fixture);
}

/* The body alone; and the server ignored the status: a second write. */
static void created_by_body(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        {CREATE, .status = 200, .body = "{\"id\":\"g1\"}"},
        {.request = GET_ONE,
         .status = 200,
         .body = "{\"id\":\"g1\",\"name\":\"One\",\"description\":\"new\\n" MARK
                 "\",\"status\":\"INACTIVE\",\"version\":7,\"hours\":{\"a\":1}}"},
        {.request = "PUT " SERVICES "/g1",
         .contains = "\"version\":7,\"hours\":{\"a\":1}",
         .status = 204},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), 0);
    assert_string_equal(created_id(&fixture), "g1");
    stop(&fixture);
}

static void created_without_a_word(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        {CREATE, .status = 201},
        {.request = NAMED_SERVICES, .status = 200, .body = LIST(OURS("0", ""))},
        {.request = GET_ONE, .status = 200, .body = OURS("0", "")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), 0);
    assert_string_equal(created_id(&fixture), "g1");
    stop(&fixture);
}

static void lost_answer_is_looked_up(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        {CREATE, .status = 0},
        {.request = NAMED_SERVICES, .status = 200, .body = LIST(OURS("0", ""))},
        {.request = GET_ONE, .status = 200, .body = OURS("0", "")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), 0);
    assert_string_equal(created_id(&fixture), "g1");
    stop(&fixture);
}

static void lost_answer_stays_uncertain(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        {CREATE, .status = 0},
        /* one of that name, but not ours */
        {.request = NAMED_SERVICES,
         .status = 200,
         .body = LIST("{\"id\":\"x\",\"name\":\"One\"}")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), -1);
    assert_int_equal(fixture.client.err.code, ERR_UNCERTAIN);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_UNCERTAIN);
    stop(&fixture);
}

static void not_ours(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = NAMED_SERVICES,
         .status = 200,
         .body = LIST("{\"id\":\"x\",\"name\":\"One\"}")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, NULL), -1);
    assert_int_equal(fixture.client.err.code, ERR_CONFLICT);
    stop(&fixture);
}

/* ---- overwriting ---- */

#define KNOWN "{\"id\":\"g1\"}"
#define PUT_ONE "PUT " SERVICES "/g1"

static void stale_version_once_more(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = GET_ONE, .status = 200, .body = STALE("3", ",\"owner\":\"o\"")},
        {.request = PUT_ONE, .contains = "\"version\":3", .status = 409},
        {.request = GET_ONE, .status = 200, .body = STALE("4", ",\"owner\":\"o\"")},
        {.request = PUT_ONE, .contains = "\"version\":4,\"owner\":\"o\"", .status = 204},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, KNOWN), 0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_DONE);
    stop(&fixture);
}

static void changed_by_somebody_else(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = GET_ONE, .status = 200, .body = STALE("3", ",\"owner\":\"o\"")},
        {.request = PUT_ONE, .status = 409},
        {.request = GET_ONE, .status = 200, .body = STALE("4", ",\"owner\":\"p\"")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, KNOWN), -1);
    assert_int_equal(fixture.client.err.code, ERR_CONFLICT);
    stop(&fixture);
}

static void put_without_answer(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = GET_ONE, .status = 200, .body = STALE("3", "")},
        {.request = PUT_ONE, .status = 0},
        {.request = GET_ONE, .status = 200, .body = OURS("4", "")},
        {.request = GET_ONE, .status = 200, .body = STALE("3", "")},
        {.request = PUT_ONE, .status = 0},
        {.request = GET_ONE, .status = 200, .body = STALE("3", "")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, KNOWN), 0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_DONE);
    assert_int_equal(write_service(&fixture, KNOWN), -1);
    assert_int_equal(fixture.client.err.code, ERR_UNCERTAIN);
    stop(&fixture);
}

static void secured_values_are_not_erased(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = GET_ONE,
         .status = 200,
         .body = STALE("3", ",\"pw\":{\"default\":\"\",\"secured\":true}")},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    assert_int_equal(write_service(&fixture, KNOWN), -1);
    assert_int_equal(fixture.client.err.code, ERR_CONFLICT);
    assert_non_null(strstr(fixture.client.err.message, "(pw)"));
    stop(&fixture);
}

/* ---- publishing, templates ---- */

#define SOFTWARE "/software-service/api/softwarecomponenttypes/Software.One"
#define DRAFT "{\"id\":\"Software.One\",\"publishStatus\":\"DRAFT\",\"version\":1}"

static void publishes_by_the_whole_object(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = "GET " SOFTWARE, .status = 200, .body = DRAFT},
        {.request = "PUT " SOFTWARE "/status",
         .contains = "\"PUBLISHED\"",
         .status = 400,
         .body = "{\"errors\":[{\"code\":10101,\"message\":\"Invalid argument.\"}]}"},
        {.request = "GET " SOFTWARE, .status = 200, .body = DRAFT},
        {.request = "PUT " SOFTWARE,
         .contains = "\"publishStatus\":\"PUBLISHED\",\"version\":1",
         .status = 200,
         .body = DRAFT},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    static const char *const none[] = {NULL};
    struct instance *desired =
        client_desired(&fixture.client, &kind_software_component, "One", none);
    assert_int_equal(client_perform(&fixture.client, OP_SOFTWARE_PUBLISH, desired,
                                    client_json(&fixture.client, "{\"published\":true}"), NULL),
                     0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_DONE);
    stop(&fixture);
}

static void template_of_two_endpoints(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = "GET /composition-service/api/blueprintdocuments/One", .status = 404},
        {.request = "GET /iaas-proxy-provider/api/source-machines/?actionId=FullClone&"
                    "platformTypeId=Infrastructure.CatalogItem.Machine.Virtual.vSphere&"
                    "$filter=name%20eq%20%27T%27&" PAGE,
         .status = 200,
         .body = "{\"content\":[{\"id\":\"1\",\"name\":\"T\",\"endpointName\":\"vc-a\"},"
                 "{\"id\":\"2\",\"name\":\"T\",\"endpointName\":\"vc-b\"},"
                 "{\"id\":\"3\",\"name\":\"T2\"}],\"metadata\":{\"totalElements\":3,"
                 "\"totalPages\":1}}"},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    static const char *const pairs[] = {"machine.source", "\"T\"", NULL};
    struct instance *desired = client_desired(&fixture.client, &kind_blueprint, "One", pairs);
    assert_int_equal(client_perform(&fixture.client, OP_BLUEPRINT_WRITE, desired, NULL, NULL),
                     -1);
    assert_int_equal(fixture.client.err.code, ERR_CONFLICT);
    assert_non_null(strstr(fixture.client.err.message, "vc-a, vc-b"));
    stop(&fixture);
}

static void deleting_the_absent(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        {.request = "GET /composition-service/api/blueprintdocuments/One", .status = 404},
        {.request = GET_ONE,
         .status = 200,
         .body = "{\"id\":\"g1\",\"name\":\"One\",\"status\":\"DELETED\"}"},
        {.request = NAMED_SERVICES, .status = 200, .body = EMPTY},
        LOGOUT};
    struct fixture fixture;
    START(&fixture, exchanges);
    static const char *const none[] = {NULL};
    struct instance *desired = client_desired(&fixture.client, &kind_blueprint, "One", none);
    const struct value *args = client_json(&fixture.client, "{}");
    assert_int_equal(client_perform(&fixture.client, OP_BLUEPRINT_DELETE, desired, args, NULL),
                     0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_UNCHANGED);
    assert_int_equal(client_perform(&fixture.client, OP_SERVICE_DELETE,
                                    wanted_service(&fixture), args,
                                    client_json(&fixture.client, KNOWN)),
                     0);
    assert_int_equal(fixture.client.outcome.kind, OUTCOME_UNCHANGED);
    stop(&fixture);
}

static int make_pki(void **state)
{
    (void)state;
    pki_make(&pki);
    return 0;
}

static int remove_pki(void **state)
{
    (void)state;
    pki_remove(&pki);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_again),
        cmocka_unit_test(refused_right_after_login),
        cmocka_unit_test(login_refused),
        cmocka_unit_test(wrong_form_of_user),
        cmocka_unit_test(role_missing),
        cmocka_unit_test(page_of_a_proxy),
        cmocka_unit_test(list_read_again_until_whole),
        cmocka_unit_test(list_that_never_agrees),
        cmocka_unit_test(list_without_end),
        cmocka_unit_test(created_by_location),
        cmocka_unit_test(created_by_body),
        cmocka_unit_test(created_without_a_word),
        cmocka_unit_test(lost_answer_is_looked_up),
        cmocka_unit_test(lost_answer_stays_uncertain),
        cmocka_unit_test(not_ours),
        cmocka_unit_test(stale_version_once_more),
        cmocka_unit_test(changed_by_somebody_else),
        cmocka_unit_test(put_without_answer),
        cmocka_unit_test(secured_values_are_not_erased),
        cmocka_unit_test(publishes_by_the_whole_object),
        cmocka_unit_test(template_of_two_endpoints),
        cmocka_unit_test(deleting_the_absent),
    };
    return cmocka_run_group_tests(tests, make_pki, remove_pki);
}
