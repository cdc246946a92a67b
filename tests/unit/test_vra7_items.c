/* test_vra7_items.c: a catalogue item that changes between reading and writing it: vRA itself
 * refreshes items when their blueprint was written, and others put them into services. */
#include "../harness/unit.h"

#include <stdio.h>

#include "../harness/vra7_client.h"
#include "arena.h"
#include "ops.h"
#include "vra7_conversation.h"

#define ITEMS "/catalog-service/api/catalogItems"
#define LOGIN                                                                                  \
    {                                                                                          \
        .request = "POST /identity/api/tokens", .status = 200, .token = "",                    \
        .body = "{\"id\":\"T1\",\"expires\":\"2001-01-01T00:00:00.000Z\"}"                     \
    }
#define LOGOUT                                                                                 \
    {                                                                                          \
        .request = "DELETE /identity/api/tokens/T1", .status = 204                             \
    }
#define ITEM(version, description, service)                                                    \
    "{\"id\":\"i1\",\"name\":\"Web\",\"description\":\"" description "\",\"version\":" version \
    ",\"providerBinding\":{\"bindingId\":\"t!::!Web\"},\"serviceRef\":{\"id\":\"" service      \
    "\",\"label\":\"S\"}}"
#define FIND                                                                                   \
    {                                                                                          \
        .request = "GET " ITEMS                                                                \
                   "?$filter=name%20eq%20%27Web%27&page=1&limit=1000&$orderby=name%20asc",     \
        .status = 200, .body = "{\"content\":[" ITEM("1", "old", "s1") "]}"                    \
    }
#define READ(version, description, service)                                                    \
    {                                                                                          \
        .request = "GET " ITEMS "/i1", .status = 200,                                          \
        .body = ITEM(version, description, service)                                            \
    }
#define REFUSED                                                                                \
    {                                                                                          \
        .request = "PUT " ITEMS "/i1", .contains = "\"version\":1", .status = 409              \
    }

static struct pki pki;

/* Take the item out of its service. */
static void assign(const struct exchange *exchanges, size_t n, enum err_code expected)
{
    static const char *const none[] = {NULL};
    struct conversation script = {0};
    struct vra_client client = {0};
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%u",
             conversation_start(&script, &pki, exchanges, n));
    const struct vra_server server = {.name = SERVER_NAME,
                                      .connect_to = address,
                                      .ca_file = pki.ca_file,
                                      .tenant = "t",
                                      .username = "me@corp.test",
                                      .password = "s3cret-pass"};
    assert_int_equal(client_open(&client, &server), 0);
    int result = client_perform(
        &client, OP_ITEM_ASSIGN, client_desired(&client, &kind_blueprint, "Web", none),
        client_json(&client, "{\"timeout\":1000}"), client_json(&client, "{\"id\":\"Web\"}"));
    assert_int_equal(result, expected == ERR_NONE ? 0 : -1);
    if (expected == ERR_NONE)
        assert_int_equal(client.outcome.kind, OUTCOME_DONE);
    else
        assert_int_equal(client.err.code, expected);
    client_close(&client);
    conversation_stop(&script);
}

static void refreshed_meanwhile(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN,
        FIND,
        READ("1", "old", "s1"),
        REFUSED,
        READ("2", "new", "s1"),
        {.request = "PUT " ITEMS "/i1",
         .contains = "\"description\":\"new\",\"version\":2",
         .status = 204},
        LOGOUT};
    assign(exchanges, ARRAY_LEN(exchanges), ERR_NONE);
}

static void moved_meanwhile(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN, FIND, READ("1", "old", "s1"), REFUSED, READ("2", "old", "s2"), LOGOUT};
    assign(exchanges, ARRAY_LEN(exchanges), ERR_CONFLICT);
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
        cmocka_unit_test(refreshed_meanwhile),
        cmocka_unit_test(moved_meanwhile),
    };
    return cmocka_run_group_tests(tests, make_pki, remove_pki);
}
