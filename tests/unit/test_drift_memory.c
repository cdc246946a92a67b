/* test_drift_memory.c: what one drift report leaves for the next, as text and as news. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "drift_memory.h"
#include "err.h"
#include "strbuf.h"
#include "types.h"

static const struct attr attrs[] = {
    {"alpha", &type_string, FACET_VRA, 0, .doc = "x"},
    {"beta", &type_string, FACET_VRA, 0, .doc = "x"},
};
static const struct schema schema = {.kind = "t", .attrs = attrs, .n_attrs = 2};

enum { N = 3, T0 = 1000000 };

/* Three resources, applied as "a" and "b". A cell is the live value of alpha and beta: a
 * letter,
 * '?' unreadable; "gone", "dark" (unreadable as a whole). */
struct world {
    struct arena *arena;
    struct instance *prior[N], *live[N], *desired[N];
    struct lifecycle lifecycle;
    struct drift_memory memory;
    bool remembers;
};

static const char *const addresses[N] = {"t/1", "t/2", "t/3"};

static const struct value *cell(struct arena *arena, char c)
{
    const char text[2] = {c, '\0'};
    return c == '?' ? value_unreadable(arena, "closed") : value_string(arena, text);
}

static void set_up_world(struct world *w)
{
    *w = (struct world){.arena = arena_new(),
                        .memory = {.site = "s", .lineage = "0123456789abcdef"}};
    for (size_t i = 0; i < N; i++) {
        w->prior[i] = instance_new(w->arena, &schema, addresses[i], addresses[i] + 2);
        w->desired[i] = instance_new(w->arena, &schema, addresses[i], addresses[i] + 2);
        w->prior[i]->attrs[0] = cell(w->arena, 'a');
        w->prior[i]->attrs[1] = cell(w->arena, 'b');
        w->desired[i]->lifecycle = &w->lifecycle;
    }
}

/* One report, through the text of the memory as well. */
static const struct drift *look(struct world *w, const char *const cells[N], int64_t now)
{
    for (size_t i = 0; i < N; i++) {
        struct instance *live = w->live[i] =
            instance_new(w->arena, &schema, addresses[i], addresses[i] + 2);
        live->presence = strcmp(cells[i], "gone") == 0   ? PRESENCE_ABSENT
                         : strcmp(cells[i], "dark") == 0 ? PRESENCE_UNREADABLE
                                                         : PRESENCE_PRESENT;
        live->reason = "dark";
        live->attrs[0] = cell(w->arena, cells[i][0]);
        live->attrs[1] = cell(w->arena, cells[i][1]);
    }
    struct instances desired = {w->desired, N}, prior = {w->prior, N}, live = {w->live, N};
    const struct facts facts = {
        .arena = w->arena, .desired = &desired, .prior = &prior, .live = &live};
    const struct drift *drift = drift_recall(
        drift_find(&facts), w->remembers ? &w->memory : NULL, &facts, now, &w->memory);
    w->remembers = true;
    struct strbuf text;
    struct err err = {0};
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    drift_memory_encode(&w->memory, &text);
    assert_int_equal(
        drift_memory_decode(strbuf_str(&text), strbuf_len(&text), w->arena, &w->memory, &err),
        0);
    strbuf_release(&text);
    return drift;
}

/* "1.alpha new", "2 gone still", "1.beta ?new", "1.alpha healed", with times after T0. */
static void describe(const struct drift *drift, char *out, size_t size)
{
    static const char *const news[DRIFT_NEWS_COUNT] = {"ignored", "new", "changed", "still"};
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < drift->n; i++) {
        const struct drift_item *it = &drift->items[i];
        at +=
            (size_t)snprintf(out + at, size - at, "%s%s.%s %s %d", at == 0 ? "" : ", ",
                             it->address + 2, it->attr == NULL ? "gone" : it->attr->name,
                             news[it->news], it->since_ms == 0 ? 0 : (int)(it->since_ms - T0));
    }
    for (size_t i = 0; i < drift->n_blind; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s.%s ?%s %d", at == 0 ? "" : ", ",
                               drift->blind[i].address + 2,
                               drift->blind[i].attr == NULL ? "all" : drift->blind[i].attr,
                               news[drift->blind_seen[i].news],
                               (int)(drift->blind_seen[i].since_ms - T0));
    for (size_t i = 0; i < drift->n_healed; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s.%s healed %d", at == 0 ? "" : ", ",
                               drift->healed[i].address + 2,
                               drift->healed[i].attr == NULL ? "gone" : drift->healed[i].attr,
                               (int)(drift->healed[i].since_ms - T0));
}

/* A story: what the world looks like, and what is news then. */
static const struct {
    const char *cells[N], *said;
} story[] = {
    {{"ab", "ab", "ab"}, ""},
    {{"xb", "ab", "ab"}, "1.alpha new 1"},
    {{"xb", "ay", "ab"}, "1.alpha still 1, 2.beta new 2"},
    {{"zb", "ay", "ab"}, "1.alpha changed 1, 2.beta still 2"},
    {{"zb", "ab", "ab"}, "1.alpha still 1, 2.beta healed 2"},
    /* Unreadable: neither drifted nor healed; it is known again when it can be read. */
    {{"?b", "ab", "ab"}, "1.alpha ?new 5"},
    {{"?b", "ab", "dark"}, "1.alpha ?still 5, 3.all ?new 6"},
    {{"dark", "ab", "ab"}, "1.all ?new 7"},
    {{"zb", "ab", "ab"}, "1.alpha still 1"},
    {{"?b", "ab", "ab"}, "1.alpha ?new 9"},
    {{"ab", "ab", "ab"}, "1.alpha healed 1"},
    {{"ab", "ab", "ab"}, ""},
    /* Gone: what was drifted in it is no news, neither then nor later. */
    {{"ab", "xy", "ab"}, "2.alpha new 12, 2.beta new 12"},
    {{"ab", "gone", "ab"}, "2.gone new 13"},
    {{"ab", "dark", "ab"}, "2.all ?new 14"},
    {{"ab", "gone", "ab"}, "2.gone still 13"},
    {{"ab", "xb", "ab"}, "2.alpha new 16, 2.gone healed 13"},
    {{"ab", "ab", "gone"}, "3.gone new 17, 2.alpha healed 16"},
};

static void news_follow_the_story(void **state UNUSED)
{
    struct world w;
    set_up_world(&w);
    for (size_t i = 0; i < ARRAY_LEN(story); i++) {
        char said[400];
        describe(look(&w, story[i].cells, T0 + (int64_t)i), said, sizeof(said));
        if (strcmp(said, story[i].said) != 0)
            fail_msg("report %zu says \"%s\", not \"%s\"", i, said, story[i].said);
        assert_int_equal(w.memory.at_ms, T0 + (int64_t)i);
    }
    arena_free(w.arena);
}

static void ignored_drift_is_neither_news_nor_healed(void **state UNUSED)
{
    static const char *const alpha[] = {"alpha", NULL};
    static const char *const drifted[N] = {"xb", "ab", "ab"}, *const well[N] = {"ab", "ab",
                                                                                "ab"};
    struct world w;
    char said[400];
    set_up_world(&w);
    describe(look(&w, drifted, T0), said, sizeof(said));
    assert_string_equal(said, "1.alpha new 0");
    w.lifecycle.ignore_drift = alpha;
    describe(look(&w, drifted, T0 + 1), said, sizeof(said));
    assert_string_equal(said, "1.alpha ignored 0");
    assert_int_equal(w.memory.n, 0);
    describe(look(&w, well, T0 + 2), said, sizeof(said));
    assert_string_equal(said, "");
    w.lifecycle.ignore_drift = NULL;
    describe(look(&w, drifted, T0 + 3), said, sizeof(said));
    assert_string_equal(said, "1.alpha new 3");
    arena_free(w.arena);
}

/* What gridform does not manage any more has not healed. */
static void what_left_the_state_is_dropped(void **state UNUSED)
{
    static const char *const drifted[N] = {"xb", "ay", "gone"}, *const same[N] = {"ab", "ab",
                                                                                  "ab"};
    struct world w;
    char said[400];
    set_up_world(&w);
    look(&w, drifted, T0);
    for (size_t i = 0; i < N; i++)
        w.prior[i] = instance_new(w.arena, &schema,
                                  i == 0   ? "t/4"
                                  : i == 1 ? "t/5"
                                           : "t/6",
                                  "x");
    look(&w, same, T0 + 1); /* the others are unknown to live: unreadable */
    for (size_t i = 0; i < w.memory.n; i++)
        assert_null(w.memory.entries[i].live);
    describe(look(&w, same, T0 + 2), said, sizeof(said));
    assert_null(strstr(said, "healed"));
    arena_free(w.arena);
}

static void a_clock_set_back_is_survived(void **state UNUSED)
{
    static const char *const drifted[N] = {"x?", "ab", "ab"};
    struct world w;
    char said[400];
    set_up_world(&w);
    look(&w, drifted, T0);
    describe(look(&w, drifted, T0 - 500), said, sizeof(said));
    assert_string_equal(said, "1.alpha still -500, 1.beta ?still -500");
    arena_free(w.arena);
}

/* ---- the text -----------------------------------------------------------------------------
 */

static void sample(struct strbuf *out)
{
    static const struct drift_entry entries[] = {
        {"host/esx-01", "ecc", "0123456789abcdef0123456789abcdef", 1764274678000},
        {"host/esx-01", "power", NULL, 1764274678001},
        {"template/a \"b\"\\", NULL, "fedcba9876543210fedcba9876543210", 0},
    };
    const struct drift_memory memory = {.site = "ml",
                                        .lineage = "0123456789abcdef",
                                        .at_ms = 1764274679000,
                                        .entries = entries,
                                        .n = ARRAY_LEN(entries)};
    strbuf_init(out, STRBUF_MAX_OUTPUT);
    drift_memory_encode(&memory, out);
}

static int decode(const char *text, size_t size, struct err *err)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_memory memory;
    err_clear(err);
    return drift_memory_decode(text, size, arena, &memory, err);
}

static void every_changed_byte_is_noticed(void **state UNUSED)
{
    struct strbuf text;
    struct err err = {0};
    sample(&text);
    size_t size = strbuf_len(&text);
    char *copy = malloc(size + 1);
    assert_int_equal(decode(strbuf_str(&text), size, &err), 0);
    for (size_t i = 0; i < size; i++)
        for (unsigned value = 0; value < 256; value++) {
            memcpy(copy, strbuf_str(&text), size + 1);
            if ((unsigned char)copy[i] == value)
                continue;
            copy[i] = (char)value;
            if (decode(copy, size, &err) == 0)
                fail_msg("byte %zu changed to %u is not noticed", i, value);
            assert_int_equal(err.code, ERR_INVALID);
        }
    free(copy);
    strbuf_release(&text);
}

static void every_cut_is_noticed(void **state UNUSED)
{
    struct strbuf text;
    struct err err = {0};
    sample(&text);
    for (size_t i = 0; i < strbuf_len(&text); i++)
        assert_int_equal(decode(strbuf_str(&text), i, &err), -1);
    strbuf_add_char(&text, '\n');
    assert_int_equal(decode(strbuf_str(&text), strbuf_len(&text), &err), -1);
    strbuf_release(&text);
}

static void another_version_is_named(void **state UNUSED)
{
    static const char newer[] = "{\"gridform_drift_report\":2,\"whatever\":true}\n";
    struct err err = {0};
    assert_int_equal(decode(newer, strlen(newer), &err), -1);
    assert_non_null(strstr(err.message, "version 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(news_follow_the_story),
        cmocka_unit_test(ignored_drift_is_neither_news_nor_healed),
        cmocka_unit_test(what_left_the_state_is_dropped),
        cmocka_unit_test(a_clock_set_back_is_survived),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(another_version_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
