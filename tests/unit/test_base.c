/* test_base.c: the foundation: errors, arenas, buffers, maps, numbers, findings. */
#include "../harness/unit.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "digest.h"
#include "err.h"
#include "map.h"
#include "names.h"
#include "num.h"
#include "strbuf.h"
#include "vec.h"

static void errors_wrap_in_front(void **state UNUSED)
{
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_DENIED, "user %s", "x"), -1);
    assert_int_equal(err_wrap(&err, "login"), -1);
    assert_string_equal(err.message, "login: user x");
    assert_int_equal(err.code, ERR_DENIED);
    assert_int_equal(err_set(NULL, ERR_DENIED, "nobody listens"), -1);
}

static void long_errors_are_cut_not_overrun(void **state UNUSED)
{
    struct err err = {0};
    char text[4000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&err, ERR_INTERNAL, "%s", text);
    err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void arena_gives_aligned_zeroed_memory(void **state UNUSED)
{
    struct arena *arena = arena_new();
    for (size_t size = 0; size < 5000; size += 37) {
        unsigned char *p = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % _Alignof(int64_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    assert_int_equal((uintptr_t)arena_alloc(arena, 8) % _Alignof(int64_t), 0);
    arena_free(arena);
}

static void arena_keeps_texts_apart(void **state UNUSED)
{
    struct arena *arena = arena_new();
    const char *texts[1000];
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        texts[i] = arena_printf(arena, "%zu", i);
    char expected[8];
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        snprintf(expected, sizeof(expected), "%zu", i);
        assert_string_equal(texts[i], expected);
    }
    arena_free(arena);
}

static void arena_is_as_new_when_cleared(void **state UNUSED)
{
    struct arena *arena = arena_new();
    arena_clear(arena);
    size_t size = 0;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 100; i++) {
            unsigned char *p = arena_alloc(arena, 300);
            for (size_t k = 0; k < 300; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xff, 300);
        }
        memset(arena_alloc(arena, 1 << 20), 0xff, 1 << 20);
        arena_clear(arena);
        if (round == 25)
            size = arena_size(arena);
    }
    assert_int_equal(arena_size(arena), size);
    assert_in_range(size, 1, (1 << 20) - 1);
    arena_free(arena);
}

static void strbuf_stops_at_its_maximum(void **state UNUSED)
{
    struct strbuf buf;
    strbuf_init(&buf, 10);
    strbuf_add(&buf, "12345678");
    assert_false(strbuf_overflowed(&buf));
    strbuf_add(&buf, "90abc");
    assert_true(strbuf_overflowed(&buf));
    assert_string_equal(strbuf_str(&buf), "1234567890");
    strbuf_release(&buf);
    /* What is formatted goes in whole or not at all: a text all the same. */
    strbuf_init(&buf, 10);
    strbuf_addf(&buf, "%s", "1234567890a");
    assert_true(strbuf_overflowed(&buf));
    assert_string_equal(strbuf_str(&buf), "");
    strbuf_release(&buf);
}

static void map_walks_sorted(void **state UNUSED)
{
    struct arena *arena = arena_new();
    struct map map;
    map_init(&map);
    for (int i = 999; i >= 0; i--)
        map_set(&map, arena_printf(arena, "%03d", i), arena_printf(arena, "v%d", i));
    assert_int_equal(map_count(&map), 1000);
    assert_string_equal((char *)map_get(&map, "042"), "v42");
    assert_null(map_get(&map, "1000"));
    const char **keys = map_sorted_keys(&map, arena);
    for (size_t i = 1; i < 1000; i++)
        assert_true(strcmp(keys[i - 1], keys[i]) < 0);
    map_release(&map);
    arena_free(arena);
}

static void atoms_are_equal_pointers(void **state UNUSED)
{
    struct arena *arena = arena_new();
    struct atoms *atoms = atoms_new(arena);
    char text[] = "host/a";
    const char *a = atom(atoms, text);
    text[5] = 'b';
    assert_ptr_not_equal(a, atom(atoms, text));
    assert_ptr_equal(a, atom(atoms, "host/a"));
    assert_null(atom_lookup(atoms, "host/c"));
    atoms_free(atoms);
    arena_free(arena);
}

static void numbers_are_strict(void **state UNUSED)
{
    int64_t i = 5;
    assert_int_equal(num_i64("-9223372036854775808", &i), 0);
    assert_true(i == INT64_MIN);
    static const char *const bad[] = {"",   " 1",  "1 ", "1x", "-", "9223372036854775808",
                                      "+1", "0x1", "1.0"};
    for (size_t n = 0; n < ARRAY_LEN(bad); n++) {
        i = 5;
        assert_int_equal(num_i64(bad[n], &i), -1);
        assert_int_equal(i, 5);
    }
}

static void sizes_and_durations_round_trip(void **state UNUSED)
{
    static const struct {
        const char *text, *canonical;
        int64_t bytes;
    } sizes[] = {{"16 GiB", "16 GiB", (int64_t)16 << 30},
                 {"2048MiB", "2 GiB", (int64_t)2 << 30},
                 {"1 GB", "1000000000 B", 1000000000},
                 {"0 B", "0 B", 0}};
    for (size_t n = 0; n < ARRAY_LEN(sizes); n++) {
        int64_t bytes;
        assert_int_equal(num_size(sizes[n].text, &bytes), 0);
        assert_int_equal(bytes, sizes[n].bytes);
        struct strbuf buf;
        strbuf_init(&buf, 64);
        num_print_size(bytes, &buf);
        assert_string_equal(strbuf_str(&buf), sizes[n].canonical);
        strbuf_release(&buf);
    }
    int64_t ms;
    assert_int_equal(num_duration("90s", &ms), 0);
    assert_int_equal(ms, 90000);
    assert_int_equal(num_size("16", &ms), -1);
    assert_int_equal(num_size("16 gib", &ms), -1);
    assert_int_equal(num_size("99999999999 TiB", &ms), -1);
    assert_int_equal(num_duration("5 minutes", &ms), -1);
}

static void nearest_name_is_found(void **state UNUSED)
{
    static const char *const keys[] = {"power_policy", "hosts", "rollout"};
    assert_string_equal(names_nearest("powr_policy", keys, 3), "power_policy");
    assert_string_equal(names_nearest("host", keys, 3), "hosts");
    assert_null(names_nearest("zzzzzzzz", keys, 3));
    static const char *const short_keys[] = {"pool", "plan", "gpu"};
    assert_null(names_nearest("foo", short_keys, 3)); /* too little is the same */
    assert_string_equal(names_nearest("pln", short_keys, 3), "plan");
    assert_string_equal(names_nearest("gup", short_keys, 3), "gpu");
}

static void findings_show_line_and_caret(void **state UNUSED)
{
    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    static const char text[] = "a: 1\n  b: 2\n";
    diag_add_source(diags, "x.yaml", text, sizeof(text) - 1);
    struct diag *diag = diag_error(diags, (struct pos){"x.yaml", 2, 3}, "unknown key \"b\"");
    diag_hint(diags, diag, "did you mean \"%s\"?", "bb");
    assert_ptr_equal(diag,
                     diag_error(diags, (struct pos){"x.yaml", 2, 3}, "unknown key \"b\""));
    diag_add(diags, DIAG_WARNING, (struct pos){"x.yaml", 1, 1}, "first");
    diags_sort(diags);
    struct strbuf buf;
    strbuf_init(&buf, 4096);
    diags_render(diags, false, &buf);
    assert_string_equal(strbuf_str(&buf), "x.yaml:1:1: warning: first\n"
                                          "     1 | a: 1\n"
                                          "       | ^\n"
                                          "x.yaml:2:3: error: unknown key \"b\"\n"
                                          "     2 |   b: 2\n"
                                          "       |   ^\n"
                                          "  hint: did you mean \"bb\"?\n");
    assert_int_equal(diags_count(diags, DIAG_ERROR), 1);
    strbuf_release(&buf);
    arena_free(arena);
}

static void findings_are_bounded_and_counted(void **state UNUSED)
{
    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    struct pos pos = {"f", 1, 1};
    for (unsigned i = 0; i < DIAGS_MAX; i++) {
        pos.line = i + 1;
        diag_add(diags, DIAG_WARNING, pos, "warning");
    }
    assert_false(diags_have_errors(diags));
    pos.line = DIAGS_MAX + 1;
    diag_hint(diags, diag_error(diags, pos, "too late"), "lost");
    assert_true(diags_have_errors(diags));
    assert_int_equal(diags_total(diags), DIAGS_MAX);
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    diags_render(diags, false, &out);
    assert_null(strstr(strbuf_str(&out), "too late"));
    assert_non_null(strstr(strbuf_str(&out), "1 more findings are not shown"));
    strbuf_release(&out);
    arena_free(arena);
}

static void a_hidden_line_is_not_rendered(void **state UNUSED)
{
    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    diag_add_source(diags, "f", "password: hunter2\n", 18);
    diag_error(diags, (struct pos){"f", 1, 11}, "a literal secret")->hide_source = true;
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    diags_render(diags, false, &out);
    assert_string_equal(strbuf_str(&out), "f:1:11: error: a literal secret\n");
    strbuf_release(&out);
    arena_free(arena);
}

static void digests_tell_content_apart(void **state UNUSED)
{
    struct digest a = digest_bytes("a", 1), b = digest_bytes("b", 1);
    assert_int_equal(strlen(a.hex), 32);
    assert_string_not_equal(a.hex, b.hex);
    assert_string_equal(a.hex, digest_bytes("a", 1).hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_wrap_in_front),
        cmocka_unit_test(long_errors_are_cut_not_overrun),
        cmocka_unit_test(arena_gives_aligned_zeroed_memory),
        cmocka_unit_test(arena_keeps_texts_apart),
        cmocka_unit_test(arena_is_as_new_when_cleared),
        cmocka_unit_test(strbuf_stops_at_its_maximum),
        cmocka_unit_test(map_walks_sorted),
        cmocka_unit_test(atoms_are_equal_pointers),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(sizes_and_durations_round_trip),
        cmocka_unit_test(nearest_name_is_found),
        cmocka_unit_test(findings_show_line_and_caret),
        cmocka_unit_test(findings_are_bounded_and_counted),
        cmocka_unit_test(a_hidden_line_is_not_rendered),
        cmocka_unit_test(digests_tell_content_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
