/* test_state.c: the state document and the journal, as texts. */
#include "state_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "digest.h"
#include "journal.h"
#include "strbuf.h"
#include "upgrade.h"
#include "value.h"
#include "value_json.h"

/* ---- the document ----------------------------------------------------------------------- */

static const struct instance *get(const struct state *state, const char *address)
{
    const struct instance *instance = instances_find(&state->resources, address);
    assert_non_null(instance);
    return instance;
}

static void test_round_trip(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *before = sample_state(arena);
    char *text = sample_encode(before, arena);
    struct state *after = sample_decode(text, arena);

    assert_string_equal(after->lineage, SAMPLE_LINEAGE);
    assert_int_equal(after->serial, 1);
    assert_string_equal(after->site, "lab");
    assert_string_equal(after->commit, "3f2c1ab-dirty");
    assert_string_equal(value_get_text(after->source, "author"),
                        "Ada \"the first\" <ada@lab.local>");
    assert_int_equal(value_compare(after->source, before->source), 0);
    assert_null(after->unknown);
    assert_true(state_has_plan(after, "p1"));
    assert_int_equal(after->resources.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct instance *a = before->resources.items[i], *b = after->resources.items[i];
        assert_string_equal(a->address, b->address);
        assert_int_equal(b->presence, PRESENCE_PRESENT);
        for (size_t k = 0; k < a->schema->n_attrs; k++)
            assert_int_equal(value_compare(a->attrs[k], b->attrs[k]), 0);
        assert_string_equal(instance_digest(a, arena), instance_digest(b, arena));
    }
    assert_string_equal(value_text(value_at(value_get(get(after, "host/a")->meta, "after"), 0)),
                        "gpu \"1\"");
    assert_true(value_is_unreadable(instance_get(get(after, "host/a"), "power_policy")));
    assert_string_equal(sample_encode(after, arena), text);
    arena_free(arena);
}

static void test_empty_state(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state =
        sample_decode(sample_encode(state_new(arena, SAMPLE_LINEAGE, "lab"), arena), arena);
    assert_int_equal(state->resources.n, 0);
    assert_int_equal(state->serial, 0);
    assert_null(state->commit);
    assert_null(state->source);
    assert_int_equal(state->n_plans, 0);
    arena_free(arena);
}

static void test_one_resource_per_line(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    size_t lines = 0;
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n' ? 1 : 0;
    assert_int_equal(lines, 2 + 3 + 1);
    assert_non_null(
        strstr(text, "\n{\"address\":\"host/a\",\"attrs\":{\"graphics\":\"shared\""));
    arena_free(arena);
}

static void begin(struct state *state, struct arena *arena, const char *address, unsigned step)
{
    struct record record = sample_intent(address, step);
    state_add_intent(state, arena, &record.intent);
}

static void end(struct state *state, const char *address, unsigned step)
{
    struct record record = sample_intent(address, step);
    state_end_intent(state, &record.intent);
}

static void test_intents_in_the_document(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state = sample_state(arena);
    for (unsigned i = 0; i < 40; i++)
        begin(state, arena, "host/a", i);
    end(state, "host/a", 7);
    end(state, "host/b", 8);
    struct state *again = sample_decode(sample_encode(state, arena), arena);
    assert_int_equal(again->n_intents, 39);
    assert_int_equal(again->intents[7].step, 8);
    assert_string_equal(again->intents[7].nonce, "n0");
    assert_int_equal(again->intents[7].at_ms, 1700000000000);
    arena_free(arena);
}

/* Replace one text by another and make the checksum right again. */
static char *forge(const char *text, const char *from, const char *to, struct arena *arena)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    char *forged =
        arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    char *sum = forged + strlen(forged) - strlen("\"checksum\":\"\"}\n") - 32;
    struct digest digest = digest_bytes(forged, (size_t)(sum - forged));
    memcpy(sum + strlen("\"checksum\":\""), digest.hex, 32);
    return forged;
}

static void test_unknown_members_survive(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    text = forge(text, ",\"plans\":", ",\"colour\":{\"deep\":[1,true]},\"plans\":", arena);
    text = forge(text, "{\"address\":\"host/b\",\"attrs\":{",
                 "{\"address\":\"host/b\",\"future\":\"x\",\"attrs\":{\"new_attr\":[\"y\"],",
                 arena);
    struct state *state = sample_decode(text, arena);
    /* Also when others come and go, and when the resource itself is replaced. */
    state_put(state, arena, "host/a", NULL);
    state_put(state, arena, "host/a0", sample_instance(arena, "host/a0", "new"));
    state_put(state, arena, "host/b", sample_instance(arena, "host/b", "other"));
    char *again = sample_encode(sample_decode(sample_encode(state, arena), arena), arena);
    assert_non_null(strstr(again, "\"colour\":{\"deep\":[1,true]}"));
    const char *host_b = strstr(again, "{\"address\":\"host/b\"");
    assert_non_null(host_b);
    const char *end = strchr(host_b, '\n');
    char *line = arena_memdup(arena, host_b, (size_t)(end - host_b));
    assert_non_null(strstr(line, "\"graphics\":\"other\""));
    assert_non_null(strstr(line, "\"new_attr\":[\"y\"]"));
    assert_non_null(strstr(line, "\"future\":\"x\""));
    arena_free(arena);
}

static void test_refused_documents(void **unused)
{
    (void)unused;
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"\"gridform_state\":1", "\"gridform_state\":2", "newer gridform"},
        {"\"gridform_state\":1", "\"gridform_state\":0", "no gridform state"},
        {"\"gridform_state\":1", "\"other_state\":1", "no gridform state"},
        {"\"serial\":1", "\"serial\":-1", "serial"},
        {"\"serial\":1", "\"serial\":\"1\"", "serial"},
        {"\"serial\":1", "\"serial\":9007199254740992", "serial"},
        {"\"serial\":1", "\"serial\":9223372036854775807", "serial"},
        {"\"serial\":1", "\"serial\":1.5", "line 1"},
        {SAMPLE_LINEAGE, "0123", "lineage"},
        {"\"site\":\"lab\"", "\"site\":7", "site"},
        {"[\"p1\"]", "[1]", "plan id"},
        {"[\"p1\"]", "\"p1\"", "lists"},
        {",\"plans\"", ",\"intents\":[{\"address\":\"host/a\"}],\"plans\"", "intents"},
        {",\"plans\"", ",\"checksum\":\"x\",\"plans\"", "twice"},
        {",\"plans\"", ",\"serial\":1,\"plans\"", "line 1"},
        {" \"resources\":[\n", "\"resources\":[\n", "line 2"},
        {"\"address\":\"host/b\"", "\"address\":\"host/a\"", "line 4"},
        {"\"address\":\"host/b\"", "\"address\":\"host/Z\"", "line 4"},
        {"\"address\":\"host/b\"", "\"address\":\"cloud/b\"", "line 4: cloud/b: the kind"},
        {"\"address\":\"host/b\"", "\"address\":\"hostb\"", "line 4"},
        {"\"address\":\"host/b\"", "\"address\":\"host/\"", "line 4"},
        {"\"address\":\"host/b\"", "\"name\":\"host/b\"", "line 4"},
        {"\"address\":\"template/t\"", "\"address\":\"pool/t\"", "line 5"},
        {"{\"env\":\"ESXI_PASSWORD\"}", "\"hunter2\"", "secret"},
        {"{\"env\":\"ESXI_PASSWORD\"}", "{\"value\":\"hunter2\"}", "secret"},
        {"{\"env\":\"ESXI_PASSWORD\"}", "{\"env\":\"P\",\"value\":\"hunter2\"}", "secret"},
        {"\"ids\":{\"uuid\":\"u-vgpu\"}", "\"ids\":[]", "line 4: host/b: \"ids\""},
        {"},\n{\"address\":\"template", "}\n{\"address\":\"template", "line 4: a comma"},
        {"}\n],", "},\n],", "line 5: a comma"},
        {"}\n],", "}\n\n],", "line 5"},
        {"}\n],", "}],", "line 5"},
    };
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *forged = forge(text, cases[i].from, cases[i].to, arena);
        struct state *state = NULL;
        struct err err = {0};
        int result = state_decode(forged, strlen(forged), arena, &sample_schemas, &state, &err);
        if (result != -1 || err.code != ERR_INVALID ||
            strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu (%s): %d %s", i, cases[i].to, result, err.message);
        assert_null(state);
        assert_null(strstr(err.message, "hunter2"));
    }
    arena_free(arena);
}

static void test_limit_of_depth(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state = sample_state(arena);
    struct instance *host = sample_instance(arena, "host/b", "x");
    struct err err = {0};
    const struct value *deep = value_string(arena, "x");
    for (int depth = 1; depth <= STATE_DEPTH_MAX + 1; depth++) {
        deep = value_list(arena, &deep, 1);
        instance_set(host, "tags", deep);
        state_put(state, arena, "host/b", host);
        if (depth <= STATE_DEPTH_MAX) {
            assert_int_equal(state_check(state, &err), 0);
            sample_decode(sample_encode(state, arena), arena);
        } else {
            assert_int_equal(state_check(state, &err), -1);
            assert_non_null(strstr(err.message, "host/b: tags"));
        }
    }
    arena_free(arena);
}

static void test_every_flipped_bit_is_noticed(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct arena *scratch = arena_new();
            struct state *state = NULL;
            struct err err = {0};
            text[at] = (char)(text[at] ^ (1 << bit));
            if (state_decode(text, size, scratch, &sample_schemas, &state, &err) != -1 ||
                err.code != ERR_INVALID)
                fail_msg("bit %d of byte %zu", bit, at);
            text[at] = (char)(text[at] ^ (1 << bit));
            arena_free(scratch);
        }
    }
    sample_decode(text, arena);
    arena_free(arena);
}

static void test_every_truncation_is_noticed(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    for (size_t size = 0; size < strlen(text); size++) {
        struct state *state = NULL;
        struct err err = {0};
        assert_int_equal(state_decode(text, size, arena, &sample_schemas, &state, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    arena_free(arena);
}

static void test_plans_are_bounded(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state = sample_state(arena);
    for (int i = 0; i < STATE_PLANS_KEPT + 5; i++)
        state_add_plan(state, arena, arena_printf(arena, "plan-%d", i));
    state_add_plan(state, arena, "plan-60");
    assert_int_equal(state->n_plans, STATE_PLANS_KEPT);
    assert_false(state_has_plan(state, "plan-4"));
    assert_true(state_has_plan(state, "plan-5"));
    assert_string_equal(state->plans[STATE_PLANS_KEPT - 1], "plan-68");
    sample_decode(sample_encode(state, arena), arena);
    arena_free(arena);
}

/* Any order of puts and removals gives the same sorted list. */
static void test_put_keeps_order(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state = state_new(arena, SAMPLE_LINEAGE, "lab");
    for (unsigned i = 0; i < 100; i++) {
        char *address = arena_printf(arena, "host/%02u", i * 37 % 100);
        state_put(state, arena, address, sample_instance(arena, address, "x"));
    }
    for (unsigned i = 0; i < 100; i += 2)
        state_put(state, arena, arena_printf(arena, "host/%02u", i * 37 % 100), NULL);
    state_put(state, arena, "host/none", NULL);
    struct err err;
    assert_int_equal(state_check(state, &err), 0);
    assert_int_equal(state->resources.n, 50);
    assert_null(instances_find(&state->resources, "host/74"));
    assert_non_null(instances_find(&state->resources, "host/37"));
    arena_free(arena);
}

static void test_ten_thousand_resources(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new(), *second = arena_new();
    struct state *state = state_new(arena, SAMPLE_LINEAGE, "lab");
    for (unsigned i = 0; i < 10000; i++) {
        char *address = arena_printf(arena, "host/esx-%05u.lab.local", i);
        struct instance *host = sample_instance(arena, address, "shared_passthru");
        instance_set(host, "power_policy", value_string(arena, "balanced"));
        state_put(state, arena, address, host);
    }
    char *text = sample_encode(state, arena);
    struct state *again = sample_decode(text, second);
    assert_int_equal(again->resources.n, 10000);
    assert_string_equal(instance_text(get(again, "host/esx-07777.lab.local"), "graphics"),
                        "shared_passthru");
    printf("10,000 resources: %zu bytes of text, %zu bytes decoded\n", strlen(text),
           arena_size(second));
    arena_free(second);
    arena_free(arena);
}

static void test_peek(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    char *text = sample_encode(sample_state(arena), arena);
    char lineage[33];
    int64_t serial = 0;
    struct err err;
    assert_int_equal(state_peek(text, strlen(text), lineage, &serial, &err), 0);
    assert_string_equal(lineage, SAMPLE_LINEAGE);
    assert_int_equal(serial, 1);
    text[strlen(text) / 2] ^= 1;
    assert_int_equal(state_peek(text, strlen(text), lineage, &serial, &err), -1);
    arena_free(arena);
}

/* ---- formats ---------------------------------------------------------------------------- */

/* A document of format 1 as the first release wrote it. It stays readable for ever. */
static void test_frozen_sample(void **unused)
{
    (void)unused;
    char path[1024], *text = NULL;
    snprintf(path, sizeof(path), "%s/state_v1.json", STATE_SAMPLES);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    size_t capacity = 0;
    ssize_t size = getdelim(&text, &capacity, EOF, stream);
    fclose(stream);
    assert_true(size > 0);
    struct arena *arena = arena_new();
    struct state *state = sample_decode(text, arena);
    assert_int_equal(state->serial, 7);
    assert_string_equal(state->commit, "81d00aa");
    assert_null(state->source); /* nobody knew it then */
    assert_int_equal(state->resources.n, 2);
    assert_int_equal(state->n_intents, 1);
    assert_string_equal(instance_text(get(state, "host/esx-gpu-01.lab.local"), "graphics"),
                        "shared_passthru");
    assert_string_equal(value_get_text(get(state, "template/centos72")->ids, "uuid"), "5029-1");
    assert_string_equal(value_get_text(state->unknown, "later"), "kept");
    assert_string_equal(sample_encode(state, arena), text);
    free(text);
    arena_free(arena);
}

static const struct value *add_mark(struct arena *arena, const struct value *old,
                                    const char *key)
{
    struct value_field field = {key, value_bool(true)};
    return value_merge(arena, old, value_map(arena, &field, 1));
}

static const struct value *one_to_two(struct arena *arena, const struct value *old)
{
    return add_mark(arena, old, "two");
}

static const struct value *two_to_three(struct arena *arena, const struct value *old)
{
    assert_true(value_get_bool(old, "two", false));
    return add_mark(arena, old, "three");
}

static void test_upgrades_go_step_by_step(void **unused)
{
    (void)unused;
    static const struct upgrade table[] = {
        {2, {[UPGRADE_RESOURCE] = two_to_three}},
        {1, {[UPGRADE_RESOURCE] = one_to_two}},
        {0, {NULL, NULL}},
    };
    struct arena *arena = arena_new();
    struct err err;
    const struct value *line = value_map(arena, NULL, 0);
    assert_int_equal(
        upgrade_line(table, (struct upgrade_job){UPGRADE_RESOURCE, 1, 3}, arena, &line, &err),
        0);
    assert_true(value_get_bool(line, "three", false));
    line = value_map(arena, NULL, 0);
    assert_int_equal(
        upgrade_line(table, (struct upgrade_job){UPGRADE_HEAD, 1, 3}, arena, &line, &err), 0);
    assert_int_equal(value_count(line), 0);
    assert_int_equal(
        upgrade_line(table, (struct upgrade_job){UPGRADE_HEAD, 1, 4}, arena, &line, &err), -1);
    assert_int_equal(
        upgrade_line(table, (struct upgrade_job){UPGRADE_HEAD, 4, 3}, arena, &line, &err), -1);
    assert_non_null(strstr(err.message, "newer"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_empty_state),
        cmocka_unit_test(test_one_resource_per_line),
        cmocka_unit_test(test_intents_in_the_document),
        cmocka_unit_test(test_unknown_members_survive),
        cmocka_unit_test(test_refused_documents),
        cmocka_unit_test(test_limit_of_depth),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_every_truncation_is_noticed),
        cmocka_unit_test(test_plans_are_bounded),
        cmocka_unit_test(test_put_keeps_order),
        cmocka_unit_test(test_ten_thousand_resources),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_frozen_sample),
        cmocka_unit_test(test_upgrades_go_step_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
