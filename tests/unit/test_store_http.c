/* test_store_http.c: the http backend against the strict server: the protocol in both of its
 * dialects, two programs at one state, and answers that are wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "http_fixture.h"
#include "seal.h"
#include "value.h"

static int start(void **fixture, unsigned flags)
{
    struct http_fixture *f = calloc(1, sizeof(*f));
    f->flags = flags;
    f->server = state_server_start(flags);
    *fixture = f;
    return 0;
}

static int start_terraform(void **fixture)
{
    return start(fixture, 0);
}

static int start_gitlab(void **fixture)
{
    return start(fixture, SERVER_GITLAB);
}

static int start_bearer(void **fixture)
{
    return start(fixture, SERVER_GITLAB | SERVER_BEARER);
}

static int start_lax(void **fixture)
{
    return start(fixture, SERVER_LAX);
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

static struct state *read_state(struct client *client)
{
    struct state *state;
    MUST(client_read(client, &state, &problem));
    return state;
}

static void lock(struct client *client, const char *id)
{
    struct lock_info holder;
    MUST(client_lock(client, id, &holder, &problem));
}

/* What is there under the lock. */
static struct state *begin(struct client *client, const char *id)
{
    lock(client, id);
    return read_state(client);
}

static void write_state(struct client *client, const struct state *state)
{
    MUST(client->store->ops->write(client->store, state, &problem));
}

static void expect_document(const struct http_fixture *f, struct client *client,
                            const struct state *state)
{
    char *document = state_server_document(f->server);
    assert_non_null(document);
    assert_string_equal(document, sample_encode(state, client->arena));
    free(document);
}

static void expect_failure(int result, const struct err *err, enum err_code code,
                           const char *words)
{
    assert_int_equal(result, -1);
    if (err->code != code || strstr(err->message, words) == NULL)
        fail_msg("%s: %s", err_code_name(err->code), err->message);
    assert_null(strstr(err->message, STATE_SERVER_TOKEN));
}

/* ---- the course of a run ------------------------------------------------------------------
 */

static void test_course(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    int64_t serial;
    assert_null(read_state(client));
    assert_null(begin(client, "lock-1"));
    assert_string_equal(state_server_lock(f->server), "lock-1");
    write_state(client, sample_state(client->arena));
    MUST(client_record(client, (struct record){.kind = RECORD_PLAN, .plan = "p2"}, &problem));
    MUST(client_record(client, sample_intent("host/a", 1), &problem));
    MUST(client_record(client, sample_intent("host/b", 2), &problem));
    unsigned writes = state_server_writes(f->server);
    MUST(client_flush(client, &serial, &problem));
    MUST(client_flush(client, &serial, &problem)); /* nothing to do */
    assert_int_equal(serial, 2);
    assert_int_equal(state_server_writes(f->server), writes + 1);
    /* What another program sees now. */
    struct client *other = client_open(f);
    struct state *seen = read_state(other);
    assert_true(state_has_plan(seen, "p2"));
    assert_int_equal(seen->n_intents, 2);
    client_close(other);
    MUST(client_record(client, sample_result("host/a", 1, "done"), &problem));
    MUST(client_flush(client, &serial, &problem));
    seen = read_state(client);
    assert_int_equal(seen->n_intents, 1);
    assert_int_equal(seen->serial, 3);
    seen->serial = serial + 1;
    state_end_intent(seen, &seen->intents[0]);
    write_state(client, seen);
    expect_document(f, client, seen);
    write_state(client, seen); /* once more: nothing happens */
    assert_int_equal(state_server_writes(f->server), 4);
    MUST(client_unlock(client, &problem));
    assert_string_equal(state_server_lock(f->server), "");
    client_close(client);
}

/* With a key the server sees lineage and serial, and nothing else; who has another key or none
 * reads and writes nothing. */
static void test_encrypted(void **fixture)
{
    static const char key[] =
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    struct http_fixture *f = *fixture;
    struct seal *seal = seal_new();
    struct err err = {0};
    struct state *state;
    int64_t serial;
    MUST(seal_add_key(seal, key, &problem));
    f->seal = seal;
    struct client *client = client_open(f);
    assert_null(begin(client, "lock-1"));
    write_state(client, sample_state(client->arena));
    MUST(client_record(client, sample_intent("host/a", 1), &problem));
    MUST(client_flush(client, &serial, &problem));
    char *document = state_server_document(f->server);
    assert_null(strstr(document, "host/"));
    assert_non_null(strstr(document, "\"serial\":2"));
    assert_non_null(strstr(document, "\"lineage\":\"" SAMPLE_LINEAGE "\""));
    free(document);
    assert_int_equal(read_state(client)->n_intents, 1);
    f->seal = NULL;
    struct client *other = client_open(f);
    expect_failure(client_read(other, &state, &err), &err, ERR_DENIED, "names no key");
    client_close(other);
    MUST(client_unlock(client, &problem));
    client_close(client);
    seal_free(seal);
}

static void test_only_the_successor_is_written(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct state *state = sample_state(client->arena);
    struct err err = {0};
    expect_failure(client->store->ops->write(client->store, state, &err), &err, ERR_INTERNAL,
                   "without the lock");
    lock(client, "lock-1");
    state->serial = 2;
    expect_failure(client->store->ops->write(client->store, state, &err), &err, ERR_CONFLICT,
                   "cannot follow");
    state->serial = 1;
    write_state(client, state);
    state->serial = 3;
    expect_failure(client->store->ops->write(client->store, state, &err), &err, ERR_CONFLICT,
                   "cannot follow");
    state->serial = 2;
    state->lineage = "ffffffffffffffffffffffffffffffff";
    expect_failure(client->store->ops->write(client->store, state, &err), &err, ERR_CONFLICT,
                   "another history");
    assert_int_equal(state_server_writes(f->server), 1);
    client_close(client);
    assert_string_equal(state_server_lock(f->server), ""); /* closing gives it back */
}

/* What cannot be read back is never sent. */
static void test_a_bad_record_is_refused(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct err err = {0};
    (void)begin(client, "lock-1");
    write_state(client, sample_state(client->arena));
    const struct value_field literal = {"password", value_string(client->arena, "hunter2")};
    struct instance *bad = sample_instance(client->arena, "host/a", "x");
    instance_set(bad, "password", value_map(client->arena, &literal, 1));
    assert_int_equal(
        client_record(
            client,
            (struct record){.kind = RECORD_RESOURCE, .address = "host/a", .resource = bad},
            &err),
        -1);
    assert_int_equal(err.code, ERR_INVALID);
    client_close(client);
}

/* ---- two programs -------------------------------------------------------------------------
 */

static void test_locked_by_another(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *a = client_open(f), *b = client_open(f);
    struct lock_info holder = {0};
    struct err err = {0};
    lock(a, "lock-a");
    expect_failure(client_lock(b, "lock-b", &holder, &err), &err, ERR_LOCKED, "tests@here");
    assert_string_equal(holder.id, "lock-a");
    assert_string_equal(holder.who, "tests@here");
    assert_string_equal(holder.job_url, "https://ci.example/job/11");
    assert_int_equal(holder.since_ms, 1762092120000);
    client_close(b);
    assert_string_equal(state_server_lock(f->server), "lock-a");
    client_close(a);
}

static void release_a(void *context)
{
    MUST(client_unlock(context, &problem));
}

static void test_waits_for_the_lock(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *a = client_open(f), *b = client_open(f);
    struct lock_info mine = {.id = "lock-b", .who = "b", .operation = "apply"}, holder;
    struct err err = {0};
    lock(a, "lock-a");
    assert_int_equal(b->store->ops->lock(b->store, &mine, 60000, &holder, &err), -1);
    assert_int_equal(err.code, ERR_LOCKED);
    assert_int_equal(b->slept_ms, 60000);
    b->on_sleep = release_a;
    b->sleep_context = a;
    MUST(b->store->ops->lock(b->store, &mine, 60000, &holder, &problem));
    assert_string_equal(state_server_lock(f->server), "lock-b");
    client_close(a);
    assert_string_equal(state_server_lock(f->server), "lock-b");
    client_close(b);
}

static void test_wait_is_interrupted(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct lock_info mine = {.id = "lock-b", .who = "b", .operation = "apply"}, holder;
    struct err err = {0};
    state_server_set_lock(f->server, "lock-x");
    atomic_store(&client->env.cancelled, true);
    assert_int_equal(client->store->ops->lock(client->store, &mine, 60000, &holder, &err), -1);
    assert_int_equal(err.code, ERR_CANCELLED);
    client_close(client);
}

/* Somebody takes the lock away, locks, writes: the first program notices and writes nothing. */
static void test_lock_taken_away(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *a = client_open(f), *b = client_open(f);
    struct err err = {0};
    int64_t serial;
    (void)begin(a, "lock-a");
    write_state(a, sample_state(a->arena));
    MUST(client_record(a, sample_intent("host/a", 1), &problem));
    MUST(client_flush(a, &serial, &problem));
    expect_failure(b->store->ops->force_unlock(b->store, "lock-z", &err), &err, ERR_CONFLICT,
                   "lock-a");
    MUST(b->store->ops->force_unlock(b->store, "lock-a", &problem));
    MUST(client_record(a, sample_result("host/a", 1, "done"), &problem));
    expect_failure(client_flush(a, &serial, &err), &err, ERR_STORAGE, "lock-a is not held");
    struct state *state = begin(b, "lock-b");
    state->serial++;
    write_state(b, state);
    assert_int_equal(client_record(a, sample_intent("host/b", 2), &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    expect_document(f, b, state);
    expect_failure(client_unlock(a, &err), &err, ERR_STORAGE, "taken away");
    assert_string_equal(state_server_lock(f->server), "lock-b");
    client_close(a);
    client_close(b);
}

/* A server that enforces nothing: what another one wrote between reading and writing is seen.
 */
static void test_written_under_our_lock(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *a = client_open(f);
    struct err err = {0};
    lock(a, "lock-a");
    struct state *state = sample_state(a->arena);
    write_state(a, state);
    MUST(client_unlock(a, &problem));
    state = begin(a, "lock-a2");
    struct state *theirs = sample_state(a->arena);
    theirs->serial = 2;
    state_put(theirs, a->arena, "host/b", NULL);
    char *document = sample_encode(theirs, a->arena);
    state_server_put(f->server, document);
    state->serial++;
    expect_failure(a->store->ops->write(a->store, state, &err), &err, ERR_CONFLICT,
                   "somebody else wrote it meanwhile");
    expect_document(f, a, theirs);
    state_server_put(f->server, NULL);
    expect_failure(a->store->ops->write(a->store, state, &err), &err, ERR_CONFLICT,
                   "somebody removed it");
    client_close(a);
}

/* ---- wrong answers ------------------------------------------------------------------------
 */

static void test_no_way_in(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct err err = {0};
    struct state *state;
    struct lock_info holder;
    client_close(client);
    /* The server shows what it was sent: that must not be seen. */
    struct http_fixture other = {.server = f->server, .flags = SERVER_BEARER};
    MUST(client_open_with(&other, "  headers: { X-Other: x }\n", &client, &problem));
    expect_failure(client_read(client, &state, &err), &err, ERR_STORAGE, "401: you said ***");
    expect_failure(client_lock(client, "lock-1", &holder, &err), &err, ERR_STORAGE, "401");
    client_close(client);
}

static void test_wrong_documents(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct err err = {0};
    struct state *state;
    char *text = sample_encode(sample_state(client->arena), client->arena);
    strstr(text, "vgpu")[0] = 'V';
    state_server_put(f->server, text);
    expect_failure(client_read(client, &state, &err), &err, ERR_INVALID, "checksum");
    state_server_put(f->server, "{\"version\":4,\"serial\":1,\"lineage\":\"x\"}");
    expect_failure(client_read(client, &state, &err), &err, ERR_INVALID, "no gridform state");
    client_close(client);
}

static void test_unlock_fails(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct err err = {0};
    lock(client, "lock-1");
    state_server_fault(f->server, 1, FAULT_BUSY, true);
    expect_failure(client_unlock(client, &err), &err, ERR_STORAGE,
                   "gridform force-unlock lock-1");
    state_server_fault(f->server, 0, FAULT_NONE, false);
    MUST(client->store->ops->force_unlock(client->store, "lock-1", &problem));
    assert_string_equal(state_server_lock(f->server), "");
    client_close(client);
}

/* The answer of the first attempt is lost, and what comes after it is no: the lock was taken
 * all the same, and is given back. */
static void test_lock_taken_unnoticed(void **fixture)
{
    static const unsigned statuses[] = {403, 404, 413, 429};
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct lock_info holder;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct err err = {0};
        char words[32];
        snprintf(words, sizeof(words), "status %u", statuses[i]);
        unsigned repeated = statuses[i] == 429 ? 3 : 1;
        state_server_fault(f->server, 1, FAULT_LOST, false);
        state_server_answer(f->server, (struct server_answer){2, repeated, statuses[i], 0});
        expect_failure(client_lock(client, "lock-1", &holder, &err), &err, ERR_STORAGE, words);
        assert_string_equal(state_server_lock(f->server), "");
    }
    state_server_fault(f->server, 0, FAULT_NONE, false);
    client_close(client);
}

/* An answer without end may come after the lock was taken. */
static void test_lock_answered_at_length(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct lock_info holder;
    struct err err = {0};
    state_server_answer(f->server, (struct server_answer){1, 1, 200, 2 << 20});
    expect_failure(client_lock(client, "lock-1", &holder, &err), &err, ERR_STORAGE,
                   "is larger than");
    assert_int_equal(state_server_requests(f->server), 2); /* the second gives it back */
    client_close(client);
}

/* An unlocking that was refused for now is not done: whoever has the lock then took it away. */
static void test_lock_taken_away_before_unlocking(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct err err = {0};
    lock(client, "lock-1");
    state_server_set_lock(f->server, "lock-x");
    state_server_answer(f->server, (struct server_answer){1, 1, 429, 0});
    expect_failure(client_unlock(client, &err), &err, ERR_STORAGE, "taken away");
    client_close(client);
}

/* No request follows one: its credentials are for the server that was named. */
static void test_redirected(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct state *state;
    struct err err = {0};
    state_server_answer(f->server, (struct server_answer){1, 1, 302, 0});
    expect_failure(client_read(client, &state, &err), &err, ERR_STORAGE,
                   "status 302; the server wants to be asked at another address");
    assert_int_equal(state_server_requests(f->server), 1);
    client_close(client);
}

/* What cannot be done is not tried again. */
static void test_not_implemented(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    struct lock_info holder;
    struct err err = {0};
    state_server_answer(f->server, (struct server_answer){1, 9, 501, 0});
    expect_failure(client_lock(client, "lock-1", &holder, &err), &err, ERR_STORAGE,
                   "lock_method: POST");
    assert_int_equal(state_server_requests(f->server), 1);
    client_close(client);
}

static void test_wrong_method(void **fixture)
{
    struct http_fixture *f = *fixture;
    struct http_fixture terraform = {.server = f->server};
    struct lock_info holder;
    struct err err = {0};
    struct client *client;
    MUST(client_open_with(&terraform, "  lock_method: PUT\n", &client, &problem));
    assert_int_equal(client_lock(client, "lock-1", &holder, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_non_null(strstr(err.message, "lock_method: POST"));
    client_close(client);
    /* The server has noticed it, too; that is no fault of this test. */
    state_server_stop_quietly(f->server);
    f->server = state_server_start(0);
}

/* ---- size ---------------------------------------------------------------------------------
 */

static void test_large_state(void **fixture)
{
    enum { HOSTS = 2500, TEXT = 4000 };
    struct http_fixture *f = *fixture;
    struct client *client = client_open(f);
    int64_t serial;
    char text[TEXT + 1];
    memset(text, 'x', TEXT);
    text[TEXT] = '\0';
    struct state *state = sample_state(client->arena);
    for (unsigned i = 0; i < HOSTS; i++) {
        char *address = arena_printf(client->arena, "host/h%06u", i);
        state_put(state, client->arena, address, sample_instance(client->arena, address, text));
    }
    (void)begin(client, "lock-1");
    write_state(client, state);
    MUST(client_record(client, sample_intent("host/h000007", 1), &problem));
    MUST(client_flush(client, &serial, &problem));
    struct state *seen = read_state(client);
    assert_int_equal(seen->resources.n, HOSTS + 3);
    assert_int_equal(seen->n_intents, 1);
    char *document = state_server_document(f->server);
    assert_true(strlen(document) > (size_t)HOSTS * TEXT);
    free(document);
    client_close(client);
}

#define ON(start, test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(start_terraform, test_course),
        ON(start_gitlab, test_course),
        ON(start_bearer, test_course),
        ON(start_terraform, test_encrypted),
        ON(start_gitlab, test_encrypted),
        ON(start_gitlab, test_only_the_successor_is_written),
        ON(start_gitlab, test_a_bad_record_is_refused),
        ON(start_terraform, test_locked_by_another),
        ON(start_gitlab, test_locked_by_another),
        ON(start_gitlab, test_waits_for_the_lock),
        ON(start_gitlab, test_wait_is_interrupted),
        ON(start_terraform, test_lock_taken_away),
        ON(start_gitlab, test_lock_taken_away),
        ON(start_lax, test_written_under_our_lock),
        ON(start_gitlab, test_no_way_in),
        ON(start_gitlab, test_wrong_documents),
        ON(start_gitlab, test_unlock_fails),
        ON(start_gitlab, test_lock_taken_unnoticed),
        ON(start_gitlab, test_lock_answered_at_length),
        ON(start_gitlab, test_lock_taken_away_before_unlocking),
        ON(start_gitlab, test_redirected),
        ON(start_gitlab, test_not_implemented),
        ON(start_terraform, test_wrong_method),
        ON(start_gitlab, test_large_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
