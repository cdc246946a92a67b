/* test_vra7_outage.c: vRA that stops answering while many objects are being read. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "../harness/vra7_client.h"
#include "arena.h"
#include "vra7.h"
#include "vra7_conversation.h"

#define SOFTWARE "GET /software-service/api/softwarecomponenttypes"
#define LISTED(id) "{\"id\":\"Software." id "\",\"name\":\"" id "\"}"
#define LOGIN                                                                                  \
    {                                                                                          \
        .request = "POST /identity/api/tokens", .status = 200, .token = "",                    \
        .body = "{\"id\":\"T1\",\"expires\":\"2001-01-01T00:00:00.000Z\"}"                     \
    }
#define LOGOUT                                                                                 \
    {                                                                                          \
        .request = "DELETE /identity/api/tokens/T1", .status = 204                             \
    }

static struct pki pki;

/* Reads five components; the answers to single ones are as scripted. */
static void read_five(const struct exchange *exchanges, size_t n, size_t n_readable)
{
    static const char *const names[] = {"A", "B", "C", "D", "E"}, *const none[] = {NULL};
    struct conversation script = {0};
    struct vra_client client = {0};
    struct read_item items[ARRAY_LEN(names)];
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
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct instance *of = client_desired(&client, &kind_software_component, names[i], none);
        items[i] = (struct read_item){
            .wanted = of,
            .live = instance_new(client.arena, of->schema, of->address, of->name)};
    }
    assert_int_equal(provider_vra.read_many(client.session, &client.env, items,
                                            ARRAY_LEN(names), client.arena, &client.err),
                     0);
    size_t readable = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        readable += items[i].live->presence == PRESENCE_PRESENT;
        if (items[i].live->presence != PRESENCE_PRESENT) {
            assert_int_equal(items[i].live->presence, PRESENCE_UNREADABLE);
            assert_non_null(strstr(items[i].live->reason, "504"));
        }
    }
    assert_int_equal(readable, n_readable);
    client_close(&client);
    conversation_stop(&script);
}

#define LIST                                                                                   \
    {                                                                                          \
        .request = SOFTWARE "?page=1&limit=1000&$orderby=name%20asc", .status = 200,           \
        .body = "{\"content\":[" LISTED("A") "," LISTED("B") "," LISTED("C") "," LISTED(       \
            "D") "," LISTED("E") "]}"                                                          \
    }
#define GIVEN_UP(id)                                                                           \
    {                                                                                          \
        .request = SOFTWARE "/Software." id, .status = 504, .body = "{}"                       \
    }
#define GIVEN(id)                                                                              \
    {                                                                                          \
        .request = SOFTWARE "/Software." id, .status = 200, .body = LISTED(id)                 \
    }

/* Three in a row are enough: each may have cost a minute. */
static void gives_up(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {
        LOGIN, LIST, GIVEN("A"), GIVEN_UP("B"), GIVEN_UP("C"), GIVEN_UP("D"), LOGOUT};
    read_five(exchanges, ARRAY_LEN(exchanges), 1);
}

static void goes_on(void **state)
{
    (void)state;
    static const struct exchange exchanges[] = {LOGIN,         LIST,       GIVEN_UP("A"),
                                                GIVEN_UP("B"), GIVEN("C"), GIVEN_UP("D"),
                                                GIVEN_UP("E"), LOGOUT};
    read_five(exchanges, ARRAY_LEN(exchanges), 1);
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
        cmocka_unit_test(gives_up),
        cmocka_unit_test(goes_on),
    };
    return cmocka_run_group_tests(tests, make_pki, remove_pki);
}
