/* test_store_http_faults.c: the http backend when things go wrong: every request of a small run
 * is disturbed in turn, in every way, once or for good.
 *
 * What must hold: a run that reports success has left exactly the document of an undisturbed
 * one; a run that fails says so with ERR_STORAGE or ERR_CONFLICT, all that it was told to be
 * durable is in the document, and nothing is in it that it did not write; the server never saw
 * a request that the protocol forbids; and a run after it, which may have to take away the
 * lock, ends with the same document.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "http_fixture.h"

enum { STAGES = 5 }; /* documents: first, intent, result, second step, written as a whole */

struct sweep {
    struct http_fixture fixture;
    struct arena *arena;
    char *stages[STAGES];
    unsigned n_requests;
};

/* ---- one run ------------------------------------------------------------------------------
 */

struct progress {
    unsigned stage; /* how many documents are durable, as far as the run knows */
    struct err err;
    bool is_unlocked;
};

static struct record resource(struct client *client, const char *address, const char *graphics)
{
    return (struct record){.kind = RECORD_RESOURCE,
                           .address = address,
                           .resource = sample_instance(client->arena, address, graphics)};
}

/* Records of one stage, on the store and on the run's own state. */
static int record_stage(struct client *client, struct state *state, unsigned stage,
                        struct err *err)
{
    const struct record intents[] = {{.kind = RECORD_PLAN, .plan = "p2", .commit = "c2"},
                                     sample_intent("host/a", 1)};
    const struct record results[] = {sample_result("host/a", 1, "done"),
                                     resource(client, "host/a", "changed"),
                                     sample_intent("host/b", 2)};
    const struct record last[] = {sample_result("host/b", 2, "done"),
                                  resource(client, "host/b", "changed")};
    const struct record *records = stage == 1 ? intents : stage == 2 ? results : last;
    size_t n = stage == 1   ? ARRAY_LEN(intents)
               : stage == 2 ? ARRAY_LEN(results)
                            : ARRAY_LEN(last);
    for (size_t i = 0; i < n; i++)
        if (client_record(client, records[i], err) < 0 ||
            state_apply(state, client->arena, &sample_schemas, &records[i], err) < 0)
            return -1;
    return 0;
}

static int finish(struct client *client, struct state *state, struct err *err)
{
    state->serial++;
    state_put(state, client->arena, "template/t", NULL);
    return client->store->ops->write(client->store, state, err);
}

/* From whatever is there to the end, like an apply: stages that are done are not done again. */
static int go(struct client *client, const char *id, unsigned from, struct progress *p)
{
    struct state *state;
    struct lock_info holder;
    int64_t serial;
    if (client_lock(client, id, &holder, &p->err) < 0 ||
        client_read(client, &state, &p->err) < 0)
        return -1;
    if (state == NULL) {
        state = sample_state(client->arena);
        if (client->store->ops->write(client->store, state, &p->err) < 0)
            return -1;
        from = 1;
    }
    p->stage = from;
    for (unsigned stage = from; stage < STAGES - 1; stage++, p->stage++) {
        if (record_stage(client, state, stage, &p->err) < 0 ||
            client_flush(client, &serial, &p->err) < 0)
            return -1;
        state->serial = serial;
    }
    if (from < STAGES && finish(client, state, &p->err) < 0)
        return -1;
    p->stage = STAGES;
    return 0;
}

static struct progress run(const struct sweep *sweep, const char *id, unsigned from)
{
    struct progress p = {.stage = 0};
    struct client *client = client_open(&sweep->fixture);
    struct err ignored = {0};
    (void)go(client, id, from, &p);
    p.is_unlocked = client_unlock(client, &ignored) == 0;
    client_close(client);
    return p;
}

/* ---- judging ------------------------------------------------------------------------------
 */

/* Which stage the document is of: 0 none, else its number. */
static unsigned stage_of(const struct sweep *sweep, const char *what)
{
    char *document = state_server_document(sweep->fixture.server);
    unsigned found = document == NULL ? 0 : STAGES + 1;
    for (unsigned i = 0; document != NULL && i < STAGES; i++)
        if (strcmp(document, sweep->stages[i]) == 0)
            found = i + 1;
    if (found > STAGES)
        fail_msg("%s: a document that no run wrote: %s", what, document);
    free(document);
    return found;
}

static void reset(const struct sweep *sweep)
{
    state_server_put(sweep->fixture.server, NULL);
    state_server_set_lock(sweep->fixture.server, NULL);
}

static void converge(const struct sweep *sweep, const char *what)
{
    struct state_server *server = sweep->fixture.server;
    struct client *client = client_open(&sweep->fixture);
    struct state *state;
    state_server_fault(server, 0, FAULT_NONE, false);
    MUST(client_read(client, &state, &problem)); /* what was late arrives now */
    if (state_server_lock(server)[0] != '\0')
        MUST(client->store->ops->force_unlock(client->store, "lock-1", &problem));
    client_close(client);
    unsigned from = stage_of(sweep, what);
    struct progress p = run(sweep, "lock-2", from);
    if (p.err.code != ERR_NONE || stage_of(sweep, what) != STAGES)
        fail_msg("%s: the next run: %s", what, p.err.message);
    assert_string_equal(state_server_lock(server), "");
}

static void judge(const struct sweep *sweep, const struct progress *p, const char *what)
{
    unsigned stored = stage_of(sweep, what);
    if (p->err.code == ERR_NONE && stored != STAGES)
        fail_msg("%s: success, and stage %u is stored", what, stored);
    if (p->err.code != ERR_NONE && p->err.code != ERR_STORAGE && p->err.code != ERR_CONFLICT)
        fail_msg("%s: %s: %s", what, err_code_name(p->err.code), p->err.message);
    if (stored < p->stage || stored > p->stage + 1)
        fail_msg("%s: stage %u was durable, %u is stored", what, p->stage, stored);
    bool is_held = state_server_lock(sweep->fixture.server)[0] != '\0';
    if (p->is_unlocked && is_held && p->stage > 0)
        fail_msg("%s: it says that it gave the lock back, and it is held", what);
    converge(sweep, what);
}

static void sweep_all(struct sweep *sweep, bool forever)
{
    unsigned n_failed = 0, n_runs = 0;
    for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        for (unsigned k = 1; k <= sweep->n_requests; k++, n_runs++) {
            char what[80];
            snprintf(what, sizeof(what), "request %u%s %s", k, forever ? " and after" : "",
                     server_fault_names[fault]);
            reset(sweep);
            state_server_fault(sweep->fixture.server, k, (enum server_fault)fault, forever);
            struct progress p = run(sweep, "lock-1", 0);
            n_failed += p.err.code != ERR_NONE;
            /* Of an unlocking that was done twice the second answer tells nothing. */
            if (!forever && fault != FAULT_REPEATED && !p.is_unlocked)
                fail_msg("%s: the lock is not given back", what);
            judge(sweep, &p, what);
        }
    }
    print_message("%u of %u runs failed\n", n_failed, n_runs);
    /* A single fault is overcome. */
    assert_true(forever ? n_failed > n_runs / 3 : n_failed == 0);
}

/* ---- the tests ----------------------------------------------------------------------------
 */

/* An undisturbed run, stage by stage. */
static void record_stages(struct sweep *sweep)
{
    struct client *client = client_open(&sweep->fixture);
    struct state *state = sample_state(sweep->arena);
    sweep->stages[0] = sample_encode(state, sweep->arena);
    struct lock_info holder;
    int64_t serial;
    MUST(client_lock(client, "lock-1", &holder, &problem));
    MUST(client_read(client, &state, &problem));
    state = sample_state(client->arena);
    MUST(client->store->ops->write(client->store, state, &problem));
    for (unsigned stage = 1; stage < STAGES - 1; stage++) {
        MUST(record_stage(client, state, stage, &problem));
        MUST(client_flush(client, &serial, &problem));
        char *document = state_server_document(sweep->fixture.server);
        sweep->stages[stage] = arena_strdup(sweep->arena, document);
        state->serial = serial;
        free(document);
    }
    MUST(finish(client, state, &problem));
    char *document = state_server_document(sweep->fixture.server);
    sweep->stages[STAGES - 1] = arena_strdup(sweep->arena, document);
    free(document);
    client_close(client);
    reset(sweep);
    state_server_fault(sweep->fixture.server, 0, FAULT_NONE, false);
    struct progress p = run(sweep, "lock-1", 0);
    assert_int_equal(p.err.code, ERR_NONE);
    sweep->n_requests = state_server_requests(sweep->fixture.server);
    print_message("%u requests\n", sweep->n_requests);
    assert_true(sweep->n_requests >= 9);
}

static int start(void **fixture, unsigned flags)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));
    sweep->fixture = (struct http_fixture){.server = state_server_start(flags), .flags = flags};
    sweep->arena = arena_new();
    record_stages(sweep);
    *fixture = sweep;
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

static int stop(void **fixture)
{
    struct sweep *sweep = *fixture;
    state_server_stop(sweep->fixture.server);
    arena_free(sweep->arena);
    free(sweep);
    return 0;
}

static void test_once(void **fixture)
{
    sweep_all(*fixture, false);
}

static void test_from_there_on(void **fixture)
{
    sweep_all(*fixture, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once, start_terraform, stop),
        cmocka_unit_test_setup_teardown(test_once, start_gitlab, stop),
        cmocka_unit_test_setup_teardown(test_from_there_on, start_gitlab, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
