/* test_journal.c: the write-ahead journal as text, and what its records do to a state. */
#include "state_sample.h"

#include <string.h>

#include "../harness/unit.h"
#include "arena.h"
#include "digest.h"
#include "journal.h"
#include "strbuf.h"
#include "value.h"

enum { RECORDS = 7 };

/* A run that creates a template, changes host/a, removes host/b and loses sight of a step. */
static void sample_records(struct arena *arena, struct record records[RECORDS])
{
    struct value_field id = {"moid", value_string(arena, "vm-7")};
    struct value_field author = {"author", value_string(arena, "Eve <eve@lab.local>")};
    records[0] = (struct record){.kind = RECORD_PLAN,
                                 .plan = "p2",
                                 .commit = "81d00aa",
                                 .source = value_map(arena, &author, 1)};
    records[1] = sample_intent("template/new", 0);
    records[2] = sample_result("template/new", 0, "failed");
    records[2].ids = value_map(arena, &id, 1);
    records[3] = sample_intent("host/a", 4);
    records[4] = sample_result("host/a", 4, "uncertain");
    records[5] = (struct record){.kind = RECORD_RESOURCE,
                                 .address = "host/a",
                                 .resource = sample_instance(arena, "host/a", "changed")};
    records[6] = (struct record){.kind = RECORD_RESOURCE, .address = "host/b"};
}

/* The journal as text; offsets[i] is the end of line i (0: the head). */
static char *sample_journal(struct arena *arena, size_t offsets[RECORDS + 1])
{
    struct record records[RECORDS];
    struct strbuf text;
    struct err err = {0};
    sample_records(arena, records);
    strbuf_init(&text, STATE_SIZE_MAX);
    journal_encode_head(SAMPLE_LINEAGE, 1, &text);
    offsets[0] = strbuf_len(&text);
    for (size_t i = 0; i < RECORDS; i++) {
        if (journal_encode(i + 1, &records[i], &text, &err) < 0)
            fail_msg("record %zu: %s", i, err.message);
        offsets[i + 1] = strbuf_len(&text);
    }
    char *copy = arena_memdup(arena, strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return copy;
}

static char *replayed(const char *text, size_t size, struct arena *arena)
{
    struct journal journal;
    struct err err = {0};
    struct state *state = sample_state(arena);
    if (journal_scan(text, size, &journal, &err) < 0 ||
        journal_replay(&journal, state, arena, &sample_schemas, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(state_check(state, &err), 0);
    return sample_encode(state, arena);
}

static void test_replay(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    size_t offsets[RECORDS + 1];
    char *text = sample_journal(arena, offsets);
    struct state *state = sample_decode(replayed(text, strlen(text), arena), arena);

    assert_true(state_has_plan(state, "p1"));
    assert_true(state_has_plan(state, "p2"));
    assert_string_equal(state->commit, "81d00aa");
    assert_string_equal(value_get_text(state->source, "author"), "Eve <eve@lab.local>");
    assert_null(instances_find(&state->resources, "host/b"));
    assert_string_equal(instance_text(instances_find(&state->resources, "host/a"), "graphics"),
                        "changed");
    /* What was created and then failed is known by its identifier, and as unfinished. */
    const struct instance *created = instances_find(&state->resources, "template/new");
    assert_non_null(created);
    assert_string_equal(value_get_text(created->ids, "moid"), "vm-7");
    assert_true(value_get_bool(created->meta, STATE_META_UNFINISHED, false));
    /* The step without an answer is still under way, the failed one is not. */
    assert_int_equal(state->n_intents, 1);
    assert_string_equal(state->intents[0].address, "host/a");
    assert_int_equal(state->intents[0].step, 4);
    assert_string_equal(state->intents[0].plan, "p2");
    arena_free(arena);
}

static void test_replay_is_the_same_as_applying(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    size_t offsets[RECORDS + 1];
    char *text = sample_journal(arena, offsets);
    struct record records[RECORDS];
    struct err err = {0};
    struct state *state = sample_state(arena);
    sample_records(arena, records);
    for (size_t i = 0; i < RECORDS; i++) {
        assert_int_equal(state_apply(state, arena, &sample_schemas, &records[i], &err), 0);
        assert_string_equal(replayed(text, offsets[i + 1], arena), sample_encode(state, arena));
    }
    arena_free(arena);
}

static void test_ids_are_merged(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct state *state = sample_state(arena);
    struct err err = {0};
    const struct instance *before = instances_find(&state->resources, "host/a");
    struct value_field id = {"moid", value_string(arena, "host-1")};
    struct record record = sample_result("host/a", 0, "done");
    record.ids = value_map(arena, &id, 1);
    assert_int_equal(state_apply(state, arena, &sample_schemas, &record, &err), 0);
    const struct instance *after = instances_find(&state->resources, "host/a");
    assert_string_equal(value_get_text(after->ids, "moid"), "host-1");
    assert_string_equal(value_get_text(after->ids, "uuid"), "u-shared");
    assert_string_equal(instance_text(after, "graphics"), "shared");
    assert_int_equal(value_count(before->ids), 1); /* a plan may still look at it */

    record = sample_result("cloud/x", 0, "done");
    record.ids = value_map(arena, &id, 1);
    assert_int_equal(state_apply(state, arena, &sample_schemas, &record, &err), -1);
    arena_free(arena);
}

/* A torn end loses what was being written, and nothing else. */
static void test_every_truncation_is_a_prefix(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    size_t offsets[RECORDS + 1];
    char *text = sample_journal(arena, offsets);
    for (size_t size = 0; size <= strlen(text); size++) {
        struct arena *scratch = arena_new();
        struct journal journal;
        struct err err = {0};
        uint64_t complete = 0;
        while (complete < RECORDS && offsets[complete + 1] <= size)
            complete++;
        if (journal_scan(text, size, &journal, &err) < 0)
            fail_msg("%zu bytes: %s", size, err.message);
        assert_int_equal(journal.n, complete);
        assert_int_equal(journal.good, size < offsets[0] ? 0 : offsets[complete]);
        if (size >= offsets[0])
            assert_string_equal(replayed(text, size, scratch),
                                replayed(text, offsets[complete], scratch));
        arena_free(scratch);
    }
    arena_free(arena);
}

/* Only the very last byte can be mistaken for a torn end. */
static void test_every_flipped_bit_is_noticed(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    size_t offsets[RECORDS + 1];
    char *text = sample_journal(arena, offsets);
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct journal journal;
            struct err err = {0};
            text[at] = (char)(text[at] ^ (1 << bit));
            int result = journal_scan(text, size, &journal, &err);
            text[at] = (char)(text[at] ^ (1 << bit));
            if (at + 1 < size && (result != -1 || err.code != ERR_INVALID))
                fail_msg("bit %d of byte %zu", bit, at);
            if (at + 1 == size && (result != 0 || journal.n != RECORDS - 1))
                fail_msg("bit %d of the last byte", bit);
        }
    }
    arena_free(arena);
}

static void test_lines_cannot_be_lost_or_moved(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    size_t end[RECORDS + 1];
    char *text = sample_journal(arena, end);
    const char *const cases[] = {
        arena_printf(arena, "%s%s", text, text),
        arena_printf(arena, "%s%s", text, text + end[RECORDS - 1]),
        arena_printf(arena, "%.*s%s", (int)end[2], text, text + end[3]),
        arena_printf(arena, "%.*s%s", (int)end[0], text, text + end[1]),
        arena_printf(arena, "%s", text + end[0]),
        arena_printf(arena, "%.*s\n%s", (int)end[1], text, text + end[1]),
        "\n",
        "{}\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct journal journal;
        struct err err = {0};
        if (journal_scan(cases[i], strlen(cases[i]), &journal, &err) != -1 ||
            strncmp(err.message, "line ", 5) != 0)
            fail_msg("case %zu: %s", i, err.message);
    }
    arena_free(arena);
}

static void test_fit(void **unused)
{
    (void)unused;
    static const char other[] = "ffffffffffffffffffffffffffffffff";
    static const struct {
        const char *lineage;
        int64_t serial;
        uint64_t n;
        enum journal_fit fit;
    } cases[] = {
        {SAMPLE_LINEAGE, 7, 3, JOURNAL_FITS},
        {SAMPLE_LINEAGE, 7, 0, JOURNAL_FITS},
        {SAMPLE_LINEAGE, 6, 3, JOURNAL_SPENT},
        {SAMPLE_LINEAGE, 6, 0, JOURNAL_SPENT},
        {SAMPLE_LINEAGE, 5, 3, JOURNAL_FOREIGN},
        {SAMPLE_LINEAGE, 5, 0, JOURNAL_SPENT},
        {SAMPLE_LINEAGE, 8, 3, JOURNAL_FOREIGN},
        {other, 7, 3, JOURNAL_FOREIGN},
        {other, 6, 1, JOURNAL_FOREIGN},
        {other, 7, 0, JOURNAL_SPENT},
        {"", 0, 0, JOURNAL_SPENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct journal journal = {.serial = cases[i].serial, .n = cases[i].n};
        memcpy(journal.lineage, cases[i].lineage, strlen(cases[i].lineage) + 1);
        assert_int_equal(journal_fit(&journal, SAMPLE_LINEAGE, 7), cases[i].fit);
    }
}

static void test_records_that_are_refused(void **unused)
{
    (void)unused;
    struct arena *arena = arena_new();
    struct instance *leaky = sample_instance(arena, "host/a", "x");
    instance_set(leaky, "password", value_string(arena, "hunter2"));
    const struct value *deep = value_string(arena, "x");
    for (int i = 0; i < 70; i++)
        deep = value_list(arena, &deep, 1);
    struct value_field field = {"deep", deep};
    struct record no_outcome = sample_result("host/a", 0, NULL);
    struct record no_address = sample_intent(NULL, 0);
    struct record too_deep = sample_result("host/a", 0, "done");
    too_deep.ids = value_map(arena, &field, 1);
    const struct record cases[] = {
        no_outcome,
        no_address,
        too_deep,
        {.kind = RECORD_PLAN},
        {.kind = RECORD_RESOURCE},
        {.kind = RECORD_RESOURCE, .address = "host"},
        {.kind = RECORD_RESOURCE, .address = "host/b", .resource = leaky},
        {.kind = RECORD_RESOURCE, .address = "host/a", .resource = leaky},
        {.kind = RECORD_KIND_COUNT},
    };
    struct strbuf text;
    strbuf_init(&text, STATE_SIZE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        if (journal_encode(1, &cases[i], &text, &err) != -1 || err.code != ERR_INVALID)
            fail_msg("case %zu", i);
        assert_int_equal(strbuf_len(&text), 0);
        assert_null(strstr(err.message, "hunter2"));
    }
    strbuf_release(&text);
    arena_free(arena);
}

/* A whole and sealed line with the given content. */
static void add_line(const char *content, struct strbuf *out)
{
    strbuf_addf(out, "%s,\"checksum\":\"%s\"}\n", content,
                digest_bytes(content, strlen(content)).hex);
}

static void test_unknown_content_is_refused(void **unused)
{
    (void)unused;
    static const char head[] =
        "{\"gridform_journal\":1,\"lineage\":\"" SAMPLE_LINEAGE "\",\"serial\":1";
    static const struct {
        const char *head, *record, *message;
    } cases[] = {
        {"{\"gridform_journal\":2,\"lineage\":\"" SAMPLE_LINEAGE "\",\"serial\":1", NULL,
         "newer gridform"},
        {"{\"gridform_journal\":1,\"lineage\":\"x\",\"serial\":1", NULL, "no gridform journal"},
        {"{\"gridform_state\":1", NULL, "no gridform journal"},
        {head, "{\"n\":1,\"kind\":\"teleport\"", "unknown kind"},
        {head, "{\"n\":1,\"other\":\"plan\"", "unknown kind"},
        {head, "{\"n\":1,\"kind\":\"plan\"", "plan"},
        {head, "{\"n\":1,\"kind\":\"intent\",\"address\":\"host/a\"", "step"},
        {head, "{\"n\":1,\"kind\":\"resource\"", "address"},
        {head, "{\"n\":1,\"kind\":\"resource\",\"address\":\"host/a\",\"resource\":7",
         "address"},
        {head,
         "{\"n\":1,\"kind\":\"resource\",\"address\":\"host/a\",\"resource\":{\"address\":"
         "\"host/b\",\"attrs\":{}}",
         "host/b"},
        {head, "{\"n\":1,\"kind\":", "line 2"},
        {head, "{\"n\":2,\"kind\":\"plan\",\"plan\":\"p\"", "missing or repeated"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf text;
        struct journal journal;
        struct err err = {0};
        strbuf_init(&text, STATE_SIZE_MAX);
        add_line(cases[i].head, &text);
        if (cases[i].record != NULL)
            add_line(cases[i].record, &text);
        int result = journal_scan(strbuf_str(&text), strbuf_len(&text), &journal, &err);
        if (result == 0)
            result =
                journal_replay(&journal, sample_state(arena), arena, &sample_schemas, &err);
        if (result != -1 || err.code != ERR_INVALID ||
            strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: %s", i, err.message);
        strbuf_release(&text);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_replay_is_the_same_as_applying),
        cmocka_unit_test(test_ids_are_merged),
        cmocka_unit_test(test_every_truncation_is_a_prefix),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_lines_cannot_be_lost_or_moved),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_records_that_are_refused),
        cmocka_unit_test(test_unknown_content_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
