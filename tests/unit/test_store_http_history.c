/* test_store_http_history.c: former states of the http backend, against a server that keeps
 * versions as GitLab does, has lost some, keeps damaged ones, or keeps none at all; and every
 * request of a return to one of them disturbed in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "http_fixture.h"
#include "seal.h"
#include "value.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

enum { ENOUGH = 20 };

static int start_with(void **fixture, unsigned flags)
{
    struct http_fixture *f = calloc(1, sizeof(*f));
    f->flags = flags;
    f->server = state_server_start(flags);
    *fixture = f;
    return 0;
}

static int start_gitlab(void **fixture)
{
    return start_with(fixture, SERVER_GITLAB);
}

static int start_terraform(void **fixture)
{
    return start_with(fixture, 0);
}

static int stop(void **fixture)
{
    struct http_fixture *f = *fixture;
    state_server_stop(f->server);
    free(f);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------
 */

/* State `serial` names itself in host/a, its commit and its last plan. */
static struct state *numbered_state(struct arena *arena, int64_t serial)
{
    struct state *state = sample_state(arena);
    const char *name = arena_printf(arena, "%lld", (long long)serial);
    const struct value_field author = {"author",
                                       value_string(arena, arena_printf(arena, "by %s", name))};
    state->serial = serial;
    state->commit = name;
    state->source = value_map(arena, &author, 1);
    state_add_plan(state, arena, arena_printf(arena, "plan-%s", name));
    state_put(state, arena, "host/a", sample_instance(arena, "host/a", name));
    return state;
}

static void write_states(const struct http_fixture *f, int64_t from, int64_t to)
{
    struct client *client = client_open(f);
    struct lock_info holder;
    struct state *state;
    MUST(client_lock(client, "lock-1", &holder, &problem));
    MUST(client_read(client, &state, &problem));
    for (int64_t serial = from; serial <= to; serial++)
        MUST(client->store->ops->write(client->store, numbered_state(client->arena, serial),
                                       &problem));
    MUST(client_unlock(client, &problem));
    client_close(client);
}

static int history(struct client *client, size_t most, struct history *ret, struct err *err)
{
    return client->store->ops->history(client->store, client->arena, most, ret, err);
}

static struct history listed(struct client *client, size_t most)
{
    struct history found;
    MUST(history(client, most, &found, &problem));
    return found;
}

static int read_former(struct client *client, int64_t serial, struct state **ret_state,
                       struct err *err)
{
    *ret_state = NULL;
    return client->store->ops->read_former(client->store, serial, client->arena,
                                           &sample_schemas, ret_state, err);
}

static void expect_former(struct client *client, int64_t serial)
{
    struct state *state;
    MUST(read_former(client, serial, &state, &problem));
    assert_int_equal(state->serial, serial);
    assert_string_equal(instance_text(instances_find(&state->resources, "host/a"), "graphics"),
                        arena_printf(client->arena, "%lld", (long long)serial));
}

static void expect_failure(int result, const struct err *err, enum err_code code,
                           const char *words)
{
    assert_int_equal(result, -1);
    if (err->code != code || strstr(err->message, words) == NULL)
        fail_msg("%s: %s", err_code_name(err->code), err->message);
    assert_null(strstr(err->message, STATE_SERVER_TOKEN));
}

static void expect_no_former(struct client *client, int64_t serial, enum err_code code,
                             const char *words)
{
    struct state *state;
    struct err err = {0};
    expect_failure(read_former(client, serial, &state, &err), &err, code, words);
    assert_null(state);
}

static void expect_serials(const struct history *found, const int64_t *serials, size_t n)
{
    assert_int_equal(found->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(found->entries[i].serial, serials[i]);
        assert_int_equal(found->entries[i].current, i == 0);
    }
}
#define SERIALS(found, ...)                                                                    \
    expect_serials(found, (const int64_t[]){__VA_ARGS__},                                      \
                   ARRAY_LEN(((const int64_t[]){__VA_ARGS__})))

/* ---- what is there ------------------------------------------------------------------------
 */

static void test_listed(void **fixture)
{
    struct http_fixture *f = *fixture;
    write_states(f, 1, 4);
    struct client *client = client_open(f);
    state_server_fault(f->server, 0, FAULT_NONE, false);
    struct history found = listed(client, ENOUGH);
    assert_int_equal(state_server_requests(f->server), 4);
    SERIALS(&found, 4, 3, 2, 1);
    assert_int_equal(found.unasked, 0);
    for (size_t i = 0; i < found.n; i++) {
        const struct history_entry *entry = &found.entries[i];
        const char *name = arena_printf(client->arena, "%lld", (long long)entry->serial);
        assert_null(entry->damage);
        assert_string_equal(entry->commit, name);
        assert_string_equal(entry->author, arena_printf(client->arena, "by %s", name));
        assert_string_equal(entry->plan, arena_printf(client->arena, "plan-%s", name));
        assert_int_equal(entry->n_resources, 3);
        assert_int_equal(entry->n_intents, 0);
        assert_int_equal(entry->at_ms, 0);
    }
    expect_former(client, 1);
    expect_former(client, 3);
    client_close(client);
}

/* Each write of an apply is a version of its own. */
static void test_in_the_middle_of_an_apply(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct lock_info holder;
    struct state *state;
    int64_t serial;
    write_states(f, 1, 1);
    struct client *client = client_open(f);
    MUST(client_lock(client, "lock-1", &holder, &problem));
    MUST(client_read(client, &state, &problem));
    MUST(client_record(client, sample_intent("host/a", 1), &problem));
    MUST(client_record(client, sample_intent("host/b", 2), &problem));
    MUST(client_flush(client, &serial, &problem));
    MUST(client_record(client, sample_result("host/a", 1, "done"), &problem));
    MUST(client_record(client, sample_result("host/b", 2, "done"), &problem));
    MUST(client_flush(client, &serial, &problem));
    struct history found = listed(client, ENOUGH);
    SERIALS(&found, 3, 2, 1);
    assert_int_equal(found.entries[0].n_intents, 0);
    assert_int_equal(found.entries[1].n_intents, 2);
    assert_int_equal(found.entries[2].n_intents, 0);
    client_close(client);
}

static void test_no_more_than_asked_for(void **fixture)
{
    struct http_fixture *f = *fixture;
    write_states(f, 1, 6);
    struct client *client = client_open(f);
    state_server_fault(f->server, 0, FAULT_NONE, false);
    struct history found = listed(client, 3);
    assert_int_equal(state_server_requests(f->server), 3);
    SERIALS(&found, 6, 5, 4);
    assert_int_equal(found.unasked, 3);
    assert_false(found.is_gap);
    client_close(client);
}

static void test_nothing_yet(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    assert_int_equal(listed(client, ENOUGH).n, 0);
    expect_no_former(client, 1, ERR_NOT_FOUND, "/versions/1: is not kept");
    write_states(f, 1, 1);
    struct history found = listed(client, ENOUGH);
    SERIALS(&found, 1);
    client_close(client);
}

/* A query of the address stays one. */
static void test_address_with_a_query(void **fixture)
{
    struct http_fixture *f = *fixture;
    f->query = "?region=west";
    write_states(f, 1, 2);
    struct client *client = client_open(f);
    struct history found = listed(client, ENOUGH);
    SERIALS(&found, 2, 1);
    expect_no_former(client, 9, ERR_NOT_FOUND, "/versions/9?region=west");
    client_close(client);
}

/* ---- what is not --------------------------------------------------------------------------
 */

static void test_pruned(void **fixture)
{
    struct http_fixture *f = *fixture;
    write_states(f, 1, 15);
    struct client *client = client_open(f);
    state_server_prune(f->server, 10, 13);
    struct history found = listed(client, 5);
    SERIALS(&found, 15, 14, 9, 8, 7);
    expect_no_former(client, 12, ERR_NOT_FOUND, "/versions/12: is not kept");
    expect_no_former(client, 99, ERR_NOT_FOUND, "is not kept");
    /* Many in a row: nobody asks for thousands. */
    state_server_prune(f->server, 3, 13);
    found = listed(client, ENOUGH);
    SERIALS(&found, 15, 14);
    assert_true(found.is_gap);
    assert_int_equal(found.unasked, 8);
    expect_former(client, 2);
    /* All but the stored one: that is no server without versions. */
    state_server_prune(f->server, 1, 14);
    found = listed(client, ENOUGH);
    SERIALS(&found, 15);
    client_close(client);
}

static void expect_no_versions(struct client *client, const char *status)
{
    struct history found = {.n = 77};
    struct err err = {0};
    expect_failure(history(client, ENOUGH, &found, &err), &err, ERR_INVALID, status);
    assert_non_null(strstr(err.message, "gridform state push"));
    assert_int_equal(found.n, 77);
}

static void test_a_server_without_versions(void **fixture)
{
    struct http_fixture *f = *fixture;
    write_states(f, 1, 3);
    struct client *client = client_open(f);
    expect_no_versions(client, "status 404");
    expect_no_former(client, 2, ERR_INVALID, "status 404");
    client_close(client);
}

/* That is clear with the first answer, and is not asked again. */
static void test_a_server_that_knows_no_such_path(void **fixture)
{
    static const unsigned statuses[] = {405, 501};
    struct http_fixture *f = *fixture;
    write_states(f, 1, 9);
    struct client *client = client_open(f);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char words[32];
        snprintf(words, sizeof(words), "status %u", statuses[i]);
        state_server_answer(f->server, (struct server_answer){2, 99, statuses[i], 0});
        expect_no_versions(client, words);
        assert_int_equal(state_server_requests(f->server), 3);
    }
    state_server_answer(f->server, (struct server_answer){.n = 0});
    client_close(client);
}

/* ---- what is wrong ------------------------------------------------------------------------
 */

static void test_wrong_versions(void **fixture)
{
    struct http_fixture *f = *fixture;
    write_states(f, 1, 8);
    struct client *client = client_open(f);
    struct state *foreign = numbered_state(client->arena, 6);
    foreign->lineage = "ffffffffffffffffffffffffffffffff";
    char *damaged = sample_encode(numbered_state(client->arena, 7), client->arena);
    strstr(damaged, "vgpu")[0] = 'V';
    state_server_put_version(f->server, 7, damaged);
    state_server_put_version(f->server, 6, sample_encode(foreign, client->arena));
    state_server_put_version(f->server, 5,
                             sample_encode(numbered_state(client->arena, 8), client->arena));
    state_server_put_version(f->server, 4, "");
    state_server_put_version(f->server, 3, "<html>Sign in</html>");
    const char *const words[] = {
        NULL, "checksum", "another history", "with serial 8", "is empty", "no gridform state",
        NULL, NULL};
    struct history found = listed(client, ENOUGH);
    SERIALS(&found, 8, 7, 6, 5, 4, 3, 2, 1);
    for (size_t i = 0; i < found.n; i++) {
        const char *damage = found.entries[i].damage;
        if ((damage == NULL) != (words[i] == NULL) ||
            (damage != NULL && strstr(damage, words[i]) == NULL))
            fail_msg("serial %lld: %s", (long long)found.entries[i].serial,
                     damage == NULL ? "is fine" : damage);
    }
    expect_no_former(client, 7, ERR_INVALID, "/versions/7: the checksum");
    expect_no_former(client, 5, ERR_INVALID, "/versions/5: the server answered with serial 8");
    expect_no_former(client, 4, ERR_INVALID, "/versions/4: the server's answer is empty");
    expect_no_former(client, 3, ERR_INVALID, "/versions/3: line 1: this is no gridform state");
    /* Of this one the caller sees the lineage, and no write takes it. */
    struct lock_info holder;
    struct state *state;
    struct err err = {0};
    MUST(read_former(client, 6, &state, &problem));
    assert_string_equal(state->lineage, foreign->lineage);
    MUST(client_lock(client, "lock-1", &holder, &problem));
    state->serial = 9;
    expect_failure(client->store->ops->write(client->store, state, &err), &err, ERR_CONFLICT,
                   "another history");
    client_close(client);
}

static void test_trouble_with_the_server(void **fixture)
{
    enum { ATTEMPTS = 4 };
    struct http_fixture *f = *fixture;
    struct err err = {0};
    struct history found;
    write_states(f, 1, 4);
    struct client *client = client_open(f);
    /* It cannot read one of them, however often it is asked. */
    state_server_answer(f->server, (struct server_answer){2, ATTEMPTS, 500, 9});
    found = listed(client, ENOUGH);
    SERIALS(&found, 4, 3, 2, 1);
    assert_non_null(strstr(found.entries[1].damage, "status 500"));
    assert_null(found.entries[2].damage);
    state_server_answer(f->server, (struct server_answer){1, ATTEMPTS, 500, 9});
    expect_no_former(client, 3, ERR_STORAGE, "status 500");
    /* It answers nothing, or not to us. */
    state_server_answer(f->server, (struct server_answer){3, 99, 502, 0});
    expect_failure(history(client, ENOUGH, &found, &err), &err, ERR_STORAGE, "status 502");
    state_server_answer(f->server, (struct server_answer){2, 99, 403, 0});
    expect_failure(history(client, ENOUGH, &found, &err), &err, ERR_STORAGE, "check username");
    assert_int_equal(state_server_requests(f->server), 2);
    expect_no_former(client, 3, ERR_STORAGE, "status 403");
    state_server_answer(f->server, (struct server_answer){.n = 0});
    client_close(client);
}

/* ---- sealed -------------------------------------------------------------------------------
 */

static struct seal *seal_of(const char *key, const char *former)
{
    struct seal *seal = seal_new();
    MUST(seal_add_key(seal, key, &problem));
    if (former != NULL)
        MUST(seal_add_former_key(seal, former, &problem));
    return seal;
}

/* What a server keeps stays under the key that it was written with. */
static void test_sealed_under_two_keys(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct seal *first = seal_of(KEY_A, NULL), *both = seal_of(KEY_B, KEY_A);
    struct seal *second = seal_of(KEY_B, NULL);
    write_states(f, 1, 1); /* plain */
    f->seal = first;
    seal_accept_plain(first);
    write_states(f, 2, 3);
    f->seal = both;
    write_states(f, 4, 5);
    char *sealed = state_server_version(f->server, 2);
    assert_null(strstr(sealed, "host/"));
    struct client *client = client_open(f);
    struct history found = listed(client, ENOUGH);
    SERIALS(&found, 5, 4, 3, 2, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_null(found.entries[i].damage);
        expect_former(client, found.entries[i].serial);
    }
    /* From before there was a key: anybody could have put it there by now. */
    assert_non_null(strstr(found.entries[4].damage, "it is not encrypted"));
    expect_no_former(client, 1, ERR_DENIED, "it is not encrypted");
    /* One under the number of another: the seal is right, the serial within is not. */
    state_server_put_version(f->server, 3, sealed);
    expect_no_former(client, 3, ERR_INVALID, "the server answered with serial 2");
    client_close(client);
    f->seal = second;
    client = client_open(f);
    found = listed(client, ENOUGH);
    SERIALS(&found, 5, 4, 3, 2, 1);
    assert_null(found.entries[1].damage);
    assert_non_null(strstr(found.entries[3].damage, "another key"));
    expect_no_former(client, 2, ERR_DENIED, "/versions/2: ");
    client_close(client);
    free(sealed);
    seal_free(first);
    seal_free(both);
    seal_free(second);
}

/* ---- disturbed ----------------------------------------------------------------------------
 */

enum { STORED = 4, FORMER = 2 };

struct sweep {
    const struct http_fixture *fixture;
    struct arena *arena;
    char *documents[STORED + 1], *expected; /* by serial; after the return */
    unsigned n_requests;
};

struct course {
    struct err err;
    struct history found;
    bool is_listed;
};

/* Look what there is, and make the second state the stored one again. */
static int go(struct client *client, struct course *course)
{
    struct store *store = client->store;
    struct lock_info holder;
    struct state *state, *former;
    if (history(client, ENOUGH, &course->found, &course->err) < 0)
        return -1;
    course->is_listed = true;
    if (client_lock(client, "lock-1", &holder, &course->err) < 0 ||
        client_read(client, &state, &course->err) < 0 ||
        read_former(client, FORMER, &former, &course->err) < 0)
        return -1;
    former->serial = state->serial + 1;
    return store->ops->write(store, former, &course->err);
}

static void reset(const struct sweep *sweep)
{
    struct state_server *server = sweep->fixture->server;
    state_server_put(server, NULL);
    for (int64_t serial = 1; serial <= STORED; serial++)
        state_server_put(server, sweep->documents[serial]);
    state_server_set_lock(server, NULL);
}

static void expect_versions_intact(const struct sweep *sweep, const char *what)
{
    for (int64_t serial = 1; serial <= STORED; serial++) {
        char *version = state_server_version(sweep->fixture->server, serial);
        if (version == NULL || strcmp(version, sweep->documents[serial]) != 0)
            fail_msg("%s: version %lld is not what it was", what, (long long)serial);
        free(version);
    }
}

/* Whether the run succeeded. */
static bool run_and_judge(const struct sweep *sweep, const char *what)
{
    struct client *client = client_open(sweep->fixture);
    struct course course = {.is_listed = false};
    struct err ignored = {0};
    bool success = go(client, &course) == 0;
    (void)client_unlock(client, &ignored);
    for (size_t i = 0; course.is_listed && i < course.found.n; i++)
        if (course.found.entries[i].damage != NULL ||
            course.found.entries[i].serial != STORED - (int64_t)i)
            fail_msg("%s: entry %zu is wrong", what, i);
    if (course.is_listed && course.found.n != STORED)
        fail_msg("%s: %zu entries", what, course.found.n);
    if (!success && course.err.code != ERR_STORAGE && course.err.code != ERR_CONFLICT)
        fail_msg("%s: %s: %s", what, err_code_name(course.err.code), course.err.message);
    char *document = state_server_document(sweep->fixture->server);
    bool is_back = strcmp(document, sweep->expected) == 0;
    if (!is_back && (success || strcmp(document, sweep->documents[STORED]) != 0))
        fail_msg("%s: %s, and stored is %s", what, success ? "success" : course.err.message,
                 document);
    free(document);
    expect_versions_intact(sweep, what);
    client_close(client);
    return success;
}

static void sweep_all(const struct sweep *sweep, bool forever)
{
    unsigned n_failed = 0, n_runs = 0;
    for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        for (unsigned k = 1; k <= sweep->n_requests; k++, n_runs++) {
            char what[80];
            snprintf(what, sizeof(what), "request %u%s %s", k, forever ? " and after" : "",
                     server_fault_names[fault]);
            reset(sweep);
            state_server_fault(sweep->fixture->server, k, (enum server_fault)fault, forever);
            n_failed += !run_and_judge(sweep, what);
            state_server_fault(sweep->fixture->server, 0, FAULT_NONE, false);
        }
    }
    print_message("%u of %u runs failed\n", n_failed, n_runs);
    assert_true(forever ? n_failed > n_runs / 3 : n_failed == 0);
}

static void test_every_request_disturbed(void **fixture)
{
    struct sweep sweep = {.fixture = *fixture, .arena = arena_new()};
    struct state_server *server = sweep.fixture->server;
    for (int64_t serial = 1; serial <= STORED; serial++)
        sweep.documents[serial] =
            sample_encode(numbered_state(sweep.arena, serial), sweep.arena);
    struct state *back = numbered_state(sweep.arena, FORMER);
    back->serial = STORED + 1;
    sweep.expected = sample_encode(back, sweep.arena);
    reset(&sweep);
    state_server_fault(server, 0, FAULT_NONE, false);
    assert_true(run_and_judge(&sweep, "undisturbed"));
    sweep.n_requests = state_server_requests(server);
    print_message("%u requests\n", sweep.n_requests);
    assert_int_equal(sweep.n_requests, 10);
    sweep_all(&sweep, false);
    sweep_all(&sweep, true);
    arena_free(sweep.arena);
}

#define ON(start, test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(start_gitlab, test_listed),
        ON(start_gitlab, test_in_the_middle_of_an_apply),
        ON(start_gitlab, test_no_more_than_asked_for),
        ON(start_gitlab, test_nothing_yet),
        ON(start_gitlab, test_address_with_a_query),
        ON(start_gitlab, test_pruned),
        ON(start_terraform, test_a_server_without_versions),
        ON(start_gitlab, test_a_server_that_knows_no_such_path),
        ON(start_gitlab, test_wrong_versions),
        ON(start_gitlab, test_trouble_with_the_server),
        ON(start_gitlab, test_sealed_under_two_keys),
        ON(start_gitlab, test_every_request_disturbed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
