/* test_model.c: attribute types, instances, addresses, references, steps. */
#include "../harness/unit.h"

#include <string.h>

#include "address.h"
#include "arena.h"
#include "err.h"
#include "instance.h"
#include "references.h"
#include "step.h"
#include "strbuf.h"
#include "types.h"
#include "value_json.h"

static const char *const colours[] = {"red", "green", NULL};

static const struct attr a_string = {.name = "s", .type = &type_string};
static const struct attr a_text = {.name = "t", .type = &type_text, .flags = ATTR_TEXT};
static const struct attr a_name = {.name = "n", .type = &type_name};
static const struct attr a_bool = {.name = "b", .type = &type_bool};
static const struct attr a_int = {.name = "i", .type = &type_int};
static const struct attr a_int_bound = {.name = "i", .type = &type_int, .min = 1, .max = 10};
static const struct attr a_size = {
    .name = "z", .type = &type_size, .min = 1024, .max = 1 << 30};
static const struct attr a_duration = {.name = "d", .type = &type_duration};
static const struct attr a_duration_bound = {
    .name = "d", .type = &type_duration, .min = 1000, .max = 60000};
static const struct attr a_enum = {.name = "e", .type = &type_enum, .names = colours};
static const struct attr a_strings = {.name = "l", .type = &type_strings};
static const struct attr a_set = {.name = "l", .type = &type_strings, .flags = ATTR_SET};
static const struct attr a_words = {.name = "l", .type = &type_strings, .names = colours};
static const struct attr a_pending = {.name = "p", .type = &type_pending, .names = colours};
static const struct attr a_pending_any = {.name = "p", .type = &type_pending};
static const struct attr a_range = {.name = "r", .type = &type_range, .min = 1, .max = 100};
static const struct attr a_size_range = {.name = "r", .type = &type_size_range};
static const struct attr a_size_range_bound = {
    .name = "r", .type = &type_size_range, .min = 1 << 20, .max = 1 << 30};
static const struct attr a_cpu = {.name = "c", .type = &type_cpu};
static const struct attr a_principals = {.name = "to", .type = &type_principals};
static const struct attr a_secret = {
    .name = "password", .type = &type_secret, .flags = ATTR_SECRET};
static const struct attr a_addresses = {.name = "connect_to", .type = &type_addresses};
static const struct attr a_ipv4 = {.name = "a", .type = &type_ipv4};
static const struct attr a_guest_name = {.name = "h", .type = &type_guest_name};
static const struct attr a_flag = {.name = "f", .type = &type_flag};
static const struct attr a_texts = {.name = "t", .type = &type_texts};
static const struct attr an_environment = {.name = "e", .type = &type_environment};
static const struct attr the_ints = {.name = "i", .type = &type_ints, .min = 0, .max = 255};
static const struct attr a_sha256 = {.name = "s", .type = &type_sha256};
static const struct attr a_any = {.name = "any", .type = &type_any};

#define HEX "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX_LOWER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

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

static const char *printed(const struct attr *attr, const struct value *value)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    attr_print(attr, value, &out);
    const char *text = arena_strdup(arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

/* What is given, as JSON; the canonical value, as JSON; and its text for people. */
static void values_become_canonical(void **state UNUSED)
{
    static const struct {
        const struct attr *attr;
        const char *in, *canonical, *print;
    } rows[] = {
        {&a_string, "\"\"", "\"\"", "\"\""},
        {&a_string, "\"a b\"", "\"a b\"", "a b"},
        {&a_text, "\"one\\n\\ttwo\\r\\n\"", "\"one\\n\\ttwo\\r\\n\"", "(2 lines)"},
        {&a_text, "\"one\"", "\"one\"", "(1 line)"},
        {&a_name, "\"x\"", "\"x\"", "x"},
        {&a_bool, "\"true\"", "true", "true"},
        {&a_bool, "\"false\"", "false", "false"},
        {&a_bool, "true", "true", "true"},
        {&a_int, "\"-7\"", "-7", "-7"},
        {&a_int, "7", "7", "7"},
        {&a_int, "\"9223372036854775807\"", "9223372036854775807", "9223372036854775807"},
        {&a_int_bound, "\"1\"", "1", "1"},
        {&a_int_bound, "\"10\"", "10", "10"},
        {&a_size, "\"2 MiB\"", "2097152", "2 MiB"},
        {&a_size, "\"2048KiB\"", "2097152", "2 MiB"},
        {&a_size, "\"1 KiB\"", "1024", "1 KiB"},
        {&a_duration, "\"90s\"", "90000", "90s"},
        {&a_duration, "\"120m\"", "7200000", "2h"},
        {&a_enum, "\"green\"", "\"green\"", "green"},
        {&a_strings, "[]", "[]", "(none)"},
        {&a_strings, "[\"b\",\"a\",\"b\"]", "[\"b\",\"a\",\"b\"]", "b, a, b"},
        {&a_set, "[\"b\",\"a\",\"b\"]", "[\"a\",\"b\"]", "a, b"},
        {&a_words, "[\"red\"]", "[\"red\"]", "red"},
        {&a_pending, "\"red\"", "\"red\"", "red"},
        {&a_pending_any, "\"384.73\"", "\"384.73\"", "384.73"},
        {&a_range, "\"4\"", "{\"default\":4,\"max\":4,\"min\":4}", "4"},
        {&a_range, "4", "{\"default\":4,\"max\":4,\"min\":4}", "4"},
        {&a_range, "{\"min\":\"1\",\"max\":\"4\"}", "{\"default\":1,\"max\":4,\"min\":1}",
         "1 to 4"},
        {&a_range, "{\"min\":\"1\",\"max\":\"4\",\"default\":\"2\"}",
         "{\"default\":2,\"max\":4,\"min\":1}", "1 to 4 (default 2)"},
        {&a_size_range, "\"16 GiB\"",
         "{\"default\":17179869184,\"max\":17179869184,\"min\":17179869184}", "16 GiB"},
        {&a_size_range, "{\"min\":\"8 GiB\",\"max\":\"16 GiB\"}",
         "{\"default\":8589934592,\"max\":17179869184,\"min\":8589934592}", "8 GiB to 16 GiB"},
        {&a_cpu, "\"auto\"", "\"auto\"", "auto"},
        {&a_cpu, "\"6\"", "{\"default\":6,\"max\":6,\"min\":6}", "6"},
        {&a_principals,
         "[{\"user\":\"z\"},{\"group\":\"b\"},{\"group\":\"a\"},{\"user\":\"z\"}]",
         "[\"group:a\",\"group:b\",\"user:z\"]", "group:a, group:b, user:z"},
        {&a_principals, "[]", "[]", "(none)"},
        {&a_secret, "{\"env\":\"PW\"}", "{\"env\":\"PW\"}", "env PW"},
        {&a_secret, "{\"file\":\"/x\"}", "{\"file\":\"/x\"}", "file /x"},
        {&a_secret, "{\"credential\":\"c\"}", "{\"credential\":\"c\"}", "credential c"},
        {&a_secret, "{\"command\":[\"pass\",\"s3cr3t\"]}",
         "{\"command\":[\"pass\",\"s3cr3t\"]}", "command pass"},
        {&a_addresses, "{\"a\":\"127.0.0.1:443\",\"b\":\"[::1]:65535\"}",
         "{\"a\":\"127.0.0.1:443\",\"b\":\"[::1]:65535\"}", "a: 127.0.0.1:443, b: [::1]:65535"},
        {&a_ipv4, "\"0.0.0.0\"", "\"0.0.0.0\"", "0.0.0.0"},
        {&a_ipv4, "\"255.255.255.255\"", "\"255.255.255.255\"", "255.255.255.255"},
        {&a_guest_name, "\"vm-name\"", "\"vm-name\"", "vm-name"},
        {&a_guest_name, "{\"prefix\":\"gpu-\"}", "{\"prefix\":\"gpu-\"}", "prefix: gpu-"},
        {&a_guest_name, "{\"name\":\"ml-1\"}", "{\"name\":\"ml-1\"}", "name: ml-1"},
        {&a_flag, "{}", "true", "true"},
        {&a_flag, "\"true\"", "true", "true"},
        {&a_texts, "{\"b\":\"x\",\"a\":\"\"}", "{\"a\":\"\",\"b\":\"x\"}", "a=\"\", b=x"},
        {&an_environment, "{\"A_1\":\"x\",\"_T\":{\"env\":\"NAME\"}}",
         "{\"A_1\":\"x\",\"_T\":{\"env\":\"NAME\"}}", "A_1=x, _T=env NAME"},
        {&the_ints, "[\"0\",\"255\"]", "[0,255]", "0, 255"},
        {&a_sha256, "\"" HEX "\"", "\"" HEX_LOWER "\"", HEX_LOWER},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct value *value;
        const struct attr *attr = rows[i].attr;
        if (attr->type->canonicalise(attr, from_json(rows[i].in), arena, &value, &err) < 0)
            fail_msg("%s %s: %s", attr->type->name, rows[i].in, err.message);
        assert_string_equal(to_json(value), rows[i].canonical);
        assert_string_equal(printed(attr, value), rows[i].print);
    }
}

static void wrong_values_are_explained(void **state UNUSED)
{
    static const struct {
        const struct attr *attr;
        const char *in, *message;
    } rows[] = {
        {&a_flag, "\"yes\"", "\"yes\" is not {} or true"},
        {&a_flag, "{\"a\":\"b\"}", "expected {} or true, found a map"},
        {&a_texts, "[]", "expected a map of names to texts, found a list"},
        {&a_texts, "{\"a\":[]}", "a: expected a text, found a list"},
        {&an_environment, "{\"1A\":\"x\"}",
         "1A: \"1A\" is no name of an environment variable: letters, digits and _ make one"},
        {&an_environment, "{\"A\":{\"env\":\"a b\"}}",
         "A: env: expected a name, not the secret itself"},
        {&an_environment, "{\"A\":\"a\\u0007\"}", "A: holds the control character 0x07"},
        {&the_ints, "[]", "has no items"},
        {&the_ints, "[\"x\"]", "\"x\" is not a whole number"},
        {&the_ints, "[\"256\"]", "256 is outside of 0 to 255"},
        {&a_sha256, "\"12\"",
         "\"12\" is not a SHA-256 of 64 hex digits, as sha256sum prints it"},
        {&a_sha256, "[]",
         "expected a SHA-256 of 64 hex digits, as sha256sum prints it, found a list"},
        {&a_string, "[]", "expected a text, found a list"},
        {&a_string, "{}", "expected a text, found a map"},
        {&a_string, "null", "expected a text, found nothing"},
        {&a_string, "\"a\\u0007b\"", "holds the control character 0x07"},
        {&a_string, "\"a\\nb\"", "holds the control character 0x0a"},
        {&a_text, "\"a\\u007fb\"", "holds the control character 0x7f"},
        {&a_name, "\"\"", "is empty"},
        {&a_bool, "\"yes\"", "\"yes\" is not true or false"},
        {&a_bool, "7", "expected true or false, found a number"},
        {&a_int, "\"4x\"", "\"4x\" is not a whole number"},
        {&a_int, "\"\"", "expected a whole number, found an empty text"},
        {&a_int, "\"9223372036854775808\"", "\"9223372036854775808\" is not a whole number"},
        {&a_int, "true", "expected a whole number, found true or false"},
        {&a_int_bound, "\"0\"", "0 is outside of 1 to 10"},
        {&a_int_bound, "\"11\"", "11 is outside of 1 to 10"},
        {&a_int_bound, "11", "11 is outside of 1 to 10"},
        {&a_size, "\"16\"", "\"16\" is not a size such as 16 GiB"},
        {&a_size, "16", "expected a size such as 16 GiB, found a number"},
        {&a_size, "\"2 GiB\"", "2 GiB is outside of 1 KiB to 1 GiB"},
        {&a_duration, "\"15\"", "\"15\" is not a duration such as 90s or 15m"},
        {&a_duration_bound, "\"2m\"", "2m is outside of 1s to 1m"},
        {&a_enum, "\"blue\"", "\"blue\" is not one of red, green"},
        {&a_enum, "[]", "expected a word, found a list"},
        {&a_strings, "\"a\"", "\"a\" is not a list of texts"},
        {&a_strings, "[\"a\",[]]", "item 2: expected a text, found a list"},
        {&a_strings, "[\"\"]", "item 1: is empty"},
        {&a_words, "[\"red\",\"blue\"]", "item 2: \"blue\" is not one of red, green"},
        {&a_pending, "\"blue\"", "\"blue\" is not one of red, green"},
        {&a_pending, "{\"now\":\"red\"}", "expected a word, found a map"},
        {&a_range, "\"x\"", "\"x\" is not a whole number or a range {min: 1, max: 4}"},
        {&a_range, "\"0\"", "0 is outside of 1 to 100"},
        {&a_range, "{\"min\":\"1\"}", "a range needs min and max; \"max\" is missing"},
        {&a_range, "{\"max\":\"1\"}", "a range needs min and max; \"min\" is missing"},
        {&a_range, "{\"min\":\"4\",\"max\":\"1\"}", "min is greater than max"},
        {&a_range, "{\"min\":\"1\",\"max\":\"4\",\"default\":\"5\"}",
         "default is not between min and max"},
        {&a_range, "{\"min\":\"1\",\"max\":\"400\"}", "max: 400 is outside of 1 to 100"},
        {&a_range, "{\"min\":\"1\",\"max\":\"4\",\"step\":\"2\"}", "unknown key \"step\""},
        {&a_size_range, "\"16\"",
         "\"16\" is not a size such as 16 GiB or a range {min: 8 GiB, max: 16 GiB}"},
        {&a_size_range, "{\"min\":\"8\",\"max\":\"16 GiB\"}",
         "min: \"8\" is not a size such as 16 GiB"},
        {&a_size_range_bound, "\"1 KiB\"", "1 KiB is outside of 1 MiB to 1 GiB"},
        {&a_cpu, "\"automatic\"",
         "\"automatic\" is not auto, a whole number or a range {min: 1, max: 4}"},
        {&a_principals, "\"x\"", "\"x\" is not a list of {user: NAME} or {group: NAME}"},
        {&a_principals, "[\"x\"]", "item 1: \"x\" is not {user: NAME} or {group: NAME}"},
        {&a_principals, "[{\"usr\":\"x\"}]",
         "item 1: unknown key \"usr\", expected {user: NAME} or {group: NAME}"},
        {&a_principals, "[{\"user\":\"\"}]", "item 1: user: is empty"},
        {&a_principals, "[{\"user\":[]}]", "item 1: expected a name, found a list"},
        {&a_secret, "\"hunter2\"",
         "is a literal secret; expected a reference: {env: NAME}, {file: PATH}, "
         "{command: [PROGRAM, ARG]} or {credential: NAME}"},
        {&a_secret, "{}", "needs exactly one of env, file, command, credential"},
        {&a_secret, "{\"hunter2\":\"x\"}",
         "has an unknown key; expected a reference: {env: NAME}, {file: PATH}, "
         "{command: [PROGRAM, ARG]} or {credential: NAME}"},
        {&a_secret, "{\"env\":[]}", "env: expected a text"},
        {&a_secret, "{\"env\":\"\"}", "env: is empty"},
        {&a_secret, "{\"env\":\"hunter2!\"}", "env: expected a name, not the secret itself"},
        {&a_secret, "{\"env\":\"MY.PASSWORD\"}", "env: expected a name, not the secret itself"},
        {&a_secret, "{\"credential\":\"a/b\"}",
         "credential: expected a name, not the secret itself"},
        {&a_secret, "{\"command\":\"pass x\"}",
         "command: expected a list: program and arguments"},
        {&a_secret, "{\"command\":[]}", "command: expected a list: program and arguments"},
        {&a_secret, "{\"command\":[\"x\",[]]}", "command: item 2 is no text"},
        {&a_addresses, "{\"a\":\"host\"}", "a: \"host\" is not \"address:port\""},
        {&a_addresses, "{\"a\":\"h:0\"}", "a: \"h:0\" is not \"address:port\""},
        {&a_addresses, "{\"a\":\"h:65536\"}", "a: \"h:65536\" is not \"address:port\""},
        {&a_addresses, "{\"a\":\"::1:443\"}", "a: an IPv6 address needs brackets: [::1]:443"},
        {&a_ipv4, "\"10.0.0\"", "\"10.0.0\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"10.0.0.1.\"", "\"10.0.0.1.\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"10.0.0.256\"", "\"10.0.0.256\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"10.0.0.01\"", "\"10.0.0.01\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"10.0.0.4294967297\"",
         "\"10.0.0.4294967297\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"10.0..1\"", "\"10.0..1\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "\"::1\"", "\"::1\" is not an IPv4 address such as 10.0.0.10"},
        {&a_ipv4, "[]", "expected an IPv4 address such as 10.0.0.10, found a list"},
        {&a_guest_name, "\"fixed\"",
         "\"fixed\" is not vm-name, {prefix: TEXT} or {name: TEXT}"},
        {&a_guest_name, "{}", "expected vm-name, {prefix: TEXT} or {name: TEXT}, found a map"},
        {&a_guest_name, "{\"base\":\"g\"}", "unknown key \"base\""},
        {&a_guest_name, "{\"name\":\"a\",\"prefix\":\"b\"}",
         "name and prefix exclude each other"},
        {&a_guest_name, "{\"name\":\"a-\"}",
         "name: \"a-\" is not a host name of letters, digits and hyphens, at most 63, without "
         "a domain"},
        {&a_guest_name, "{\"prefix\":\"a.b\"}",
         "prefix: \"a.b\" is not a host name of letters, digits and hyphens, at most 63, "
         "without a domain"},
        {&a_guest_name, "{\"name\":[]}", "expected a name, found a list"},
        {&a_any, "\"x\"", "is read only: it cannot be set"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct value *value = NULL;
        const struct attr *attr = rows[i].attr;
        assert_int_equal(
            attr->type->canonicalise(attr, from_json(rows[i].in), arena, &value, &err), -1);
        assert_null(value);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.message, rows[i].message);
    }
}

static const char *repeated(char c, size_t n)
{
    char *text = arena_alloc(arena, n + 1);
    memset(text, c, n);
    return text;
}

static void limits_of_length_hold(void **state UNUSED)
{
    static const struct {
        const struct attr *attr;
        size_t max;
    } rows[] = {{&a_string, 4096}, {&a_text, 1 << 20}, {&a_name, 4096}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        const struct value *value;
        const struct attr *attr = rows[i].attr;
        const struct value *fits = value_borrow(arena, repeated('x', rows[i].max));
        const struct value *over = value_borrow(arena, repeated('x', rows[i].max + 1));
        assert_int_equal(attr->type->canonicalise(attr, fits, arena, &value, &err), 0);
        assert_int_equal(attr->type->canonicalise(attr, over, arena, &value, &err), -1);
        assert_non_null(strstr(err.message, "is longer than"));
    }
    struct err err = {0};
    const struct value *value;
    const struct value **items = ARENA_ARRAY(arena, 10001, const struct value *);
    for (size_t i = 0; i < 10001; i++)
        items[i] = value_borrow(arena, "x");
    const struct value *fits = value_list(arena, items, 10000);
    assert_int_equal(type_strings.canonicalise(&a_set, fits, arena, &value, &err), 0);
    assert_int_equal(value_count(value), 1);
    const struct value *over = value_list(arena, items, 10001);
    assert_int_equal(type_strings.canonicalise(&a_strings, over, arena, &value, &err), -1);
    assert_string_equal(err.message, "has more than 10000 items");
    assert_int_equal(type_principals.canonicalise(&a_principals, over, arena, &value, &err),
                     -1);
    assert_string_equal(err.message, "has more than 10000 items");
}

static void a_long_value_is_cut_in_its_message(void **state UNUSED)
{
    struct err err = {0};
    const struct value *value;
    const struct value *in = value_borrow(arena, repeated('9', 200));
    assert_int_equal(type_int.canonicalise(&a_int, in, arena, &value, &err), -1);
    assert_true(strlen(err.message) < 100);
    assert_non_null(strstr(err.message, "…\" is not a whole number"));
}

static bool same(const struct attr *attr, const char *a, const char *b)
{
    struct err err;
    const struct value *x, *y;
    assert_int_equal(attr->type->canonicalise(attr, from_json(a), arena, &x, &err), 0);
    assert_int_equal(attr->type->canonicalise(attr, from_json(b), arena, &y, &err), 0);
    return attr_equal(attr, x, y);
}

static void equality_is_of_meaning(void **state UNUSED)
{
    assert_true(same(&a_size_range, "\"2 GiB\"", "\"2048 MiB\""));
    assert_false(same(&a_size_range, "\"2 GiB\"", "\"2 GB\""));
    assert_true(same(&a_range, "\"4\"", "{\"min\":\"4\",\"max\":\"4\"}"));
    assert_false(same(&a_range, "\"4\"", "{\"min\":\"3\",\"max\":\"4\"}"));
    assert_true(same(&a_duration, "\"60s\"", "\"1m\""));
    assert_true(same(&a_set, "[\"a\",\"b\"]", "[\"b\",\"a\",\"a\"]"));
    assert_false(same(&a_strings, "[\"a\",\"b\"]", "[\"b\",\"a\"]"));
    assert_false(same(&a_cpu, "\"auto\"", "\"6\""));
}

static void unreadable_equals_nothing(void **state UNUSED)
{
    const struct value *lost = value_unreadable(arena, "driver not loaded");
    const struct value *red = value_string(arena, "red");
    assert_false(attr_equal(&a_enum, lost, lost));
    assert_false(attr_equal(&a_enum, lost, red));
    assert_false(attr_equal(&a_enum, lost, NULL));
    assert_true(attr_equal(&a_enum, NULL, value_absent()));
    assert_false(attr_equal(&a_enum, red, NULL));
    assert_true(attr_equal(&a_enum, red, value_string(arena, "red")));
    assert_string_equal(printed(&a_enum, lost), "(unreadable)");
    assert_string_equal(printed(&a_size, NULL), "(absent)");
    assert_string_equal(printed(&a_text, lost), "(unreadable)");
}

static void pending_shows_both_sides(void **state UNUSED)
{
    const struct value *both = pending_make(arena, "red", "green");
    assert_string_equal(pending_now(both), "red");
    assert_string_equal(pending_next(both), "green");
    assert_string_equal(printed(&a_pending, both), "red, green after a reboot");
    const struct value *one = pending_make(arena, "red", "red");
    assert_string_equal(value_text(one), "red");
    assert_string_equal(pending_next(one), "red");
    assert_string_equal(value_text(pending_make(arena, "red", NULL)), "red");
    assert_string_equal(value_text(pending_make(arena, NULL, "red")), "red");
    assert_true(value_is_absent(pending_make(arena, NULL, NULL)));
    assert_null(pending_now(value_absent()));
    /* Half done is neither the old nor the new. */
    assert_false(attr_equal(&a_pending, both, value_string(arena, "red")));
    assert_false(attr_equal(&a_pending, both, value_string(arena, "green")));
}

static void ranges_answer_questions(void **state UNUSED)
{
    const struct value *range = from_json("{\"min\":1,\"max\":4,\"default\":2}");
    assert_int_equal(range_max(range, 9), 4);
    assert_int_equal(range_default(range, 9), 2);
    assert_int_equal(range_max(NULL, 9), 9);
    assert_int_equal(range_default(value_string(arena, "auto"), 9), 9);
    assert_int_equal(range_max(range_fixed(arena, 6), 9), 6);
}

static const struct attr thing_attrs[] = {
    {.name = "colour", .type = &type_enum, .facets = FACET_VSPHERE, .names = colours},
    {.name = "pool", .type = &type_name, .ref = "pools"},
    {.name = "items", .type = &type_strings, .facets = FACET_VRA, .ref = "blueprints"},
    {.name = "cores", .type = &type_int, .facets = FACET_VSPHERE, .flags = ATTR_FACT},
    {.name = "force", .type = &type_bool, .facets = FACET_VSPHERE, .flags = ATTR_INPUT},
};
static const struct schema thing = {.kind = "thing",
                                    .section = "things",
                                    .attrs = thing_attrs,
                                    .n_attrs = ARRAY_LEN(thing_attrs)};

static struct instance *make_thing(const char *name)
{
    return instance_new(arena, &thing, address_make(arena, "thing", name), name);
}

static void addresses_have_two_parts(void **state UNUSED)
{
    const char *address = address_make(arena, "host", "a/b");
    assert_string_equal(address, "host/a/b");
    assert_string_equal(address_name(address), "a/b");
    assert_true(address_has_kind(address, "host"));
    assert_false(address_has_kind(address, "hos"));
    assert_false(address_has_kind("hostile/x", "host"));
}

static void instances_keep_values_and_places(void **state UNUSED)
{
    struct instance *it = make_thing("x");
    for (size_t i = 0; i < thing.n_attrs; i++)
        assert_true(value_is_absent(it->attrs[i]));
    assert_null(instance_text(it, "colour"));
    instance_set(it, "colour", value_string(arena, "red"));
    assert_string_equal(instance_text(it, "colour"), "red");
    instance_set(it, "colour", NULL);
    assert_true(instance_get(it, "colour") == value_absent());

    it->pos = (struct pos){"f", 1, 2};
    assert_int_equal(instance_attr_pos(it, "pool").line, 1);
    struct pos places[ARRAY_LEN(thing_attrs)] = {[1] = {"f", 7, 9}};
    it->attr_pos = places;
    assert_int_equal(instance_attr_pos(it, "pool").line, 7);
    assert_int_equal(instance_attr_pos(it, "colour").line, 1);
}

static void instances_are_found_by_address(void **state UNUSED)
{
    struct instance *items[] = {make_thing("c"), make_thing("a"), make_thing("b")};
    struct instances list = {.items = items, .n = ARRAY_LEN(items)};
    instances_sort(&list);
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(items[i]->name, names[i]);
        assert_ptr_equal(instances_find(&list, items[i]->address), items[i]);
    }
    assert_null(instances_find(&list, "thing/d"));
    assert_null(instances_find(&list, "thing/"));
    struct instances none = {0};
    instances_sort(&none);
    assert_null(instances_find(&none, "thing/a"));
}

static void digest_sees_what_comparison_sees(void **state UNUSED)
{
    struct instance *it = make_thing("x");
    const char *empty = instance_digest(it, arena);
    assert_int_equal(strlen(empty), 32);
    instance_set(it, "cores", value_int(arena, 24));
    instance_set(it, "force", value_bool(true));
    instance_set(it, "pool", value_string(arena, "gpu"));
    assert_string_equal(instance_digest(it, arena), empty);
    instance_set(it, "colour", value_string(arena, "red"));
    const char *red = instance_digest(it, arena);
    assert_string_not_equal(red, empty);
    instance_set(it, "colour", value_unreadable(arena, "red"));
    assert_string_not_equal(instance_digest(it, arena), red);
    instance_set(it, "colour", value_string(arena, "red"));
    assert_string_equal(instance_digest(it, arena), red);
    it->presence = PRESENCE_PRESENT;
    const char *present = instance_digest(it, arena);
    assert_string_not_equal(present, red);
    it->ids = from_json("{\"moref\":\"vm-1\"}");
    assert_string_not_equal(instance_digest(it, arena), present);
}

struct seen {
    struct strbuf text;
};

static void note_reference(void *context, const struct reference *reference)
{
    struct seen *seen = context;
    strbuf_addf(&seen->text, "%s:%s/%s@%u ", reference->attr->name, reference->section,
                reference->name, reference->pos.line);
}

static void references_are_walked_in_order(void **state UNUSED)
{
    struct seen seen;
    strbuf_init(&seen.text, 1000);
    struct instance *it = make_thing("x");
    references_each(it, note_reference, &seen);
    assert_string_equal(strbuf_str(&seen.text), "");
    it->pos = (struct pos){"f", 3, 1};
    struct pos places[ARRAY_LEN(thing_attrs)] = {[2] = {"f", 5, 1}};
    it->attr_pos = places;
    instance_set(it, "items", from_json("[\"b\",\"a\",7]"));
    instance_set(it, "pool", value_string(arena, "gpu"));
    references_each(it, note_reference, &seen);
    assert_string_equal(strbuf_str(&seen.text),
                        "pool:pools/gpu@3 items:blueprints/b@5 items:blueprints/a@5 ");
    strbuf_release(&seen.text);
}

static void steps_collect_with_ids(void **state UNUSED)
{
    struct step_list list = {.arena = arena, .address = "host/x"};
    for (unsigned i = 0; i < 20; i++) {
        struct step *step =
            steps_add(&list, "esxi", "host.reboot", "reboot", EFFECT_HOST_REBOOT, NULL);
        assert_int_equal(step->id, i);
        assert_int_equal(value_count(step->args), 0);
        assert_int_equal(step->args->type, VALUE_MAP);
    }
    assert_int_equal(list.n, 20);
    assert_string_equal(list.items[19].address, "host/x");
    assert_int_equal(list.items[0].effects, EFFECT_HOST_REBOOT);
}

static void names_are_complete_and_distinct(void **state UNUSED)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        assert_string_not_equal(action_name(i), "?");
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(action_name(i), action_name(j));
    }
    for (unsigned i = 0; i < REASON_COUNT; i++)
        assert_string_not_equal(reason_name(i), "?");
    struct strbuf out;
    strbuf_init(&out, 1000);
    effects_print(EFFECT_NONE, &out);
    strbuf_add(&out, "; ");
    effects_print(EFFECT_PUBLISH | EFFECT_MAINTENANCE | EFFECT_HOST_REBOOT, &out);
    strbuf_add(&out, "; ");
    effects_print((EFFECT_PUBLISH << 1) - 1, &out);
    assert_string_equal(strbuf_str(&out),
                        "none; maintenance, host_reboot, publish; maintenance, leave, "
                        "host_reboot, vm_power_off, vm_move, slot, service, data_loss, create, "
                        "publish");
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_canonical),
        cmocka_unit_test(wrong_values_are_explained),
        cmocka_unit_test(limits_of_length_hold),
        cmocka_unit_test(a_long_value_is_cut_in_its_message),
        cmocka_unit_test(equality_is_of_meaning),
        cmocka_unit_test(unreadable_equals_nothing),
        cmocka_unit_test(pending_shows_both_sides),
        cmocka_unit_test(ranges_answer_questions),
        cmocka_unit_test(addresses_have_two_parts),
        cmocka_unit_test(instances_keep_values_and_places),
        cmocka_unit_test(instances_are_found_by_address),
        cmocka_unit_test(digest_sees_what_comparison_sees),
        cmocka_unit_test(references_are_walked_in_order),
        cmocka_unit_test(steps_collect_with_ids),
        cmocka_unit_test(names_are_complete_and_distinct),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
