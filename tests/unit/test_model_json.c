/* test_model_json.c: values as JSON and back; what is UTF-8. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "strbuf.h"
#include "utf8.h"
#include "value.h"
#include "value_json.h"
#include "value_pool.h"

static struct arena *arena;

static int start(void **state UNUSED)
{
    arena = arena_new();
    return 0;
}

static int stop(void **state UNUSED)
{
    arena_free(arena);
    return 0;
}

static const struct value *from_json(const char *json)
{
    struct err err;
    const struct value *value;
    if (value_from_json(json, strlen(json), arena, &value, &err) < 0)
        fail_msg("%s: %s", json, err.message);
    return value;
}

static const char *to_json(const struct value *value)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    value_to_json(value, &out);
    const char *text = arena_strdup(arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

/* Whatever order they come in. */
static void the_last_of_a_repeated_key_counts(void **state UNUSED)
{
    static const struct {
        const char *keys, *becomes;
    } rows[] = {
        {"", "{}"},
        {"abc", "{\"a\":0,\"b\":1,\"c\":2}"},
        {"cba", "{\"a\":2,\"b\":1,\"c\":0}"},
        {"aab", "{\"a\":1,\"b\":2}"},
        {"aba", "{\"a\":2,\"b\":1}"},
        {"bcab", "{\"a\":2,\"b\":3,\"c\":1}"},
        {"cbabc", "{\"a\":2,\"b\":3,\"c\":4}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value_field fields[8];
        size_t n = strlen(rows[i].keys);
        for (size_t k = 0; k < n; k++)
            fields[k] = (struct value_field){arena_printf(arena, "%c", rows[i].keys[k]),
                                             value_int(arena, (int64_t)k)};
        assert_string_equal(to_json(value_map(arena, fields, n)), rows[i].becomes);
    }
    const struct value *under = from_json("{\"b\":1,\"c\":1}");
    const struct value *over = from_json("{\"a\":2,\"b\":2}");
    assert_string_equal(to_json(value_merge(arena, under, over)), "{\"a\":2,\"b\":2,\"c\":1}");
}

static void equal_values_are_kept_once(void **state UNUSED)
{
    static const char *const texts[] = {
        "true",  "7",         "\"7\"",     "[\"7\"]",
        "[7]",   "{\"a\":7}", "{\"b\":7}", "{\"$unreadable\":\"7\"}",
        "[[7]]", "{}",        "[]",        "\"\"",
    };
    struct value_pool *pool = value_pool_new(arena);
    const struct value *kept[ARRAY_LEN(texts)];
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            struct err err;
            const struct value *value, *expected = from_json(texts[i]);
            assert_int_equal(value_from_json(texts[i], strlen(texts[i]),
                                             value_pool_scratch(pool), &value, &err),
                             0);
            const struct value *it = value_pool_keep(pool, value);
            if (round > 0)
                assert_ptr_equal(it, kept[i]);
            kept[i] = it;
            (void)value_pool_scratch(pool);
            assert_int_equal(value_compare(it, expected), 0);
        }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(kept[i], kept[k]);
    value_pool_free(pool);
}

static void json_round_trips(void **state UNUSED)
{
    static const char *const rows[] = {
        "null",
        "true",
        "false",
        "0",
        "-9223372036854775808",
        "\"\"",
        "[]",
        "{}",
        "\"\\\"\\\\\\n\\t\\r\\u0001\\u007f\"",
        "\"äß€𝄞\"",
        "[1,[2,[]],{\"a\":null,\"b\":1}]",
        "{\"$unreadable\":\"driver not loaded\"}",
        "{\"a\":{\"$unreadable\":\"x\"},\"b\":[{\"$unreadable\":\"y\"}]}",
        "{\"$unreadable\":\"x\",\"more\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *value = from_json(rows[i]);
        const char *text = to_json(value);
        if (strstr(rows[i], "\"a\":null") == NULL) /* absent fields leave a map */
            assert_string_equal(text, rows[i]);
        assert_string_equal(to_json(from_json(text)), text);
        if (strstr(rows[i], "$unreadable\":\"") == NULL)
            assert_true(value_equal(from_json(text), value));
    }
    assert_true(value_is_unreadable(from_json("{\"$unreadable\":\"x\"}")));
    assert_false(value_is_unreadable(from_json("{\"$unreadable\":1}")));
    assert_string_equal(to_json(from_json("{\"b\":1,\"a\":2,\"A\":3}")),
                        "{\"A\":3,\"a\":2,\"b\":1}");
    assert_string_equal(to_json(NULL), "null");
}

static void odd_text_stays_valid_json(void **state UNUSED)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"\xff", "\"\uFFFD\""},
        {"a\xc3", "\"a\uFFFD\""},
        {"\xc0\xaf", "\"\uFFFD\uFFFD\""},                     /* overlong */
        {"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""},           /* surrogate */
        {"\xf4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""}, /* beyond the last plane */
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        {"\xe2\x82", "\"\uFFFD\uFFFD\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(to_json(value_string(arena, rows[i].text)), rows[i].json);
        from_json(rows[i].json);
    }
    assert_int_equal(utf8_check("abcdefghij\xff", 11), 10);
    assert_int_equal(utf8_check("abcdefg\xc3\xa4", 9), 9);
    assert_int_equal(utf8_check("abc\xc3\xa4", 4), 3);
    assert_int_equal(utf8_len("", 0), 0);
}

static void bad_json_is_refused(void **state UNUSED)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"", "line 1 column 0"},
        {"{", "line 1 column 1"},
        {"1.5", "no whole number"},
        {"{\"a\":1,\"a\":2}", "duplicate object key"},
        {"[1] x", "end of file expected"},
        {"\"\\u0000\"", "\\u0000"},
        {"9223372036854775808", "too big"},
        {"\"\xff\"", "0xff"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct value *value = NULL;
        assert_int_equal(
            value_from_json(rows[i].json, strlen(rows[i].json), arena, &value, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(value);
        if (strstr(err.message, rows[i].message) == NULL)
            fail_msg("%s: %s", rows[i].json, err.message);
    }
}

static int parse_nested(size_t depth)
{
    struct strbuf json;
    struct err err;
    const struct value *value;
    strbuf_init(&json, STRBUF_MAX_OUTPUT);
    strbuf_add_repeat(&json, '[', depth);
    strbuf_add_repeat(&json, ']', depth);
    int result = value_from_json(strbuf_str(&json), strbuf_len(&json), arena, &value, &err);
    strbuf_release(&json);
    return result;
}

static void json_depth_is_bounded(void **state UNUSED)
{
    assert_int_equal(parse_nested(64), 0);
    assert_int_equal(parse_nested(65), -1);
    assert_int_equal(parse_nested(1000000), -1);
}

static void large_objects_parse_in_order(void **state UNUSED)
{
    struct strbuf json;
    strbuf_init(&json, STRBUF_MAX_OUTPUT);
    strbuf_add_char(&json, '{');
    for (int i = 100000; i > 0; i--)
        strbuf_addf(&json, "%s\"k%06d\":%d", i < 100000 ? "," : "", i, i);
    strbuf_add_char(&json, '}');
    const struct value *value = from_json(strbuf_str(&json));
    assert_int_equal(value_count(value), 100000);
    assert_int_equal(value_get_int(value, "k054321", 0), 54321);
    strbuf_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_a_repeated_key_counts),
        cmocka_unit_test(equal_values_are_kept_once),
        cmocka_unit_test(json_round_trips),
        cmocka_unit_test(odd_text_stays_valid_json),
        cmocka_unit_test(bad_json_is_refused),
        cmocka_unit_test(json_depth_is_bounded),
        cmocka_unit_test(large_objects_parse_in_order),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
