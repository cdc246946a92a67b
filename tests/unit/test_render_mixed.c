/* test_render_mixed.c: plans of 1 to 20,000 changes as they may come, as Markdown: every kind
 * and action, harm of every sort sprinkled in, long scripts full of what Markdown, HTML and
 * forges would act on. Whatever the plan: valid UTF-8, all fences and details closed, within
 * the limit, everything harmful named or counted as harmful, everything cut counted.
 */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/markdown_page.h"
#include "../harness/mixed_plan.h"
#include "address.h"
#include "arena.h"
#include "compiler.h"
#include "line_diff.h"
#include "render.h"
#include "types.h"
#include "vec.h"

/* ---- the laws -----------------------------------------------------------------------------
 */

/* hidden: harmless and harmful changes whose names are nowhere on the page. */
static void count_hidden(const struct mixed *m, const struct seen *seen, size_t hidden[2])
{
    for (size_t i = 0; i < m->plan.n_changes; i++)
        hidden[m->harmful[i]] +=
            map_get(&seen->words, address_name(m->plan.changes[i].address)) == NULL;
}

static size_t either(const struct strbuf *page, const char *one, const char *many)
{
    return number_before(page, one) + number_before(page, many);
}

/* Returns how many harmful changes have no name on the page. */
static size_t check_plan(size_t n, unsigned harm, size_t long_lines, size_t limit)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct mixed m = {
        .arena = arena, .seed = n + harm + limit, .harm = harm, .long_lines = long_lines};
    struct strbuf page;
    struct seen seen = {0};
    size_t hidden[2] = {0, 0};
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    mixed_plan_make(&m, n);
    render_plan_markdown(&m.plan, &(struct markdown_style){.limit = limit}, &page);
    read_page(&page, arena, limit, &seen);
    count_hidden(&m, &seen, hidden);
    size_t unnamed = either(&page, " disruptive change is not even named here",
                            " disruptive changes are not even named here");
    size_t left_out =
        either(&page, " change, none of them disruptive", " changes, none of them disruptive");
    assert_int_equal(hidden[true], unnamed);
    assert_int_equal(hidden[false], left_out + seen.more);
    map_release(&seen.words);
    strbuf_release(&page);
    return unnamed;
}

static void test_mixed(void **state UNUSED)
{
    static const size_t sizes[] = {1, 2, 10, 100, 1000, 5000, 20000};
    static const size_t limits[] = {4000, 64000, 1 << 20};
    static const unsigned harms[] = {0, 10, 500, 1000};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t h = 0; h < ARRAY_LEN(harms); h++)
            for (size_t l = 0; l < ARRAY_LEN(limits); l++)
                if (sizes[s] < 5000 || h == 1 || l == 1) /* the slow ones: a cross of them */
                    check_plan(sizes[s], harms[h], sizes[s] > 1000 ? 40 : 900, limits[l]);
}

/* One in a hundred is harmful: in a comment of the usual size none of them lacks its name. */
static void test_harm_is_named(void **state UNUSED)
{
    static const size_t sizes[] = {1, 2, 10, 100, 1000, 5000, 20000};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        assert_int_equal(check_plan(sizes[s], 10, 60, 64000), 0);
}

/* Many small plans: each has other words in other places. */
static void test_small(void **state UNUSED)
{
    for (unsigned harm = 0; harm <= 1000; harm += 20)
        for (size_t n = 1; n <= 4; n++)
            check_plan(n, harm, 2000, harm % 40 == 0 ? 64000 : 6000);
}

/* ---- lines that are left out --------------------------------------------------------------
 */

/* Is it a line of a script, and not one that diff adds? */
static bool is_script_line(const char *line)
{
    return *line == '+' || *line == '-' || *line == ' ';
}

/* Lines of scripts in the fence that has most of them. */
static size_t lines_shown(const struct strbuf *page)
{
    size_t most = 0, n = 0, fence = 0;
    for (const char *at = strbuf_str(page); *at != '\0';) {
        size_t len = strcspn(at, "\n"), ticks = strspn(at, "`");
        if (fence > 0 && ticks >= fence && ticks == len) {
            most = n > most ? n : most;
            fence = n = 0;
        } else if (fence == 0 && ticks >= 3) {
            fence = ticks;
        } else if (fence > 0) {
            n += is_script_line(at);
        }
        at += len + (at[len] == '\n');
    }
    return most;
}

/* Whatever the script, lines shown and lines counted make the whole difference. */
static void test_lines_are_counted(void **state UNUSED)
{
    size_t cut = 0;
    for (unsigned i = 0; i < 40; i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct mixed m = {.arena = arena, .seed = i, .harm = 0, .long_lines = 12};
        struct strbuf page, whole;
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        strbuf_init(&whole, STRBUF_MAX_OUTPUT);
        struct change change = {.kind = &mixed_kinds[0], .address = "host/n", .wave = 1};
        struct attr_change attr = {.attr = &mixed_attrs[1],
                                   .from = mixed_script(&m, 1 + mixed_pick(&m, 900)),
                                   .to = mixed_script(&m, 1 + mixed_pick(&m, 900))};
        change.action = ACTION_UPDATE;
        change.attrs = &attr;
        change.n_attrs = 1;
        m.plan = (struct plan){.site = "mixed", .changes = &change, .n_changes = 1};
        render_plan_markdown(&m.plan, &(struct markdown_style){.limit = 1 << 20}, &page);
        line_diff(value_text(attr.from), value_text(attr.to), SIZE_MAX, &whole);
        size_t n = 0;
        for (const char *at = strbuf_str(&whole); *at != '\0';
             at += strcspn(at, "\n") + (strchr(at, '\n') != NULL))
            n += is_script_line(at);
        size_t more = number_before(&page, " more lines of this difference are left out");
        cut += more > 0;
        assert_int_equal(lines_shown(&page) + more, n);
        strbuf_release(&page);
        strbuf_release(&whole);
    }
    assert_in_range(cut, 10, 39);
}

/* ---- many alike, and one that is not --------------------------------------------------------
 */

typedef void render_fn(const struct plan *plan, struct strbuf *out);

static void as_text(const struct plan *plan, struct strbuf *out)
{
    render_plan_text(plan, (struct look){0}, out);
}

static void as_markdown(const struct plan *plan, struct strbuf *out)
{
    render_plan_markdown(plan, &(struct markdown_style){.limit = 64000}, out);
}

/* What is on the page before the changes names them all. */
static void as_html(const struct plan *plan, struct strbuf *out)
{
    struct strbuf page;
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    render_plan_html(plan, NULL, &page);
    const char *changes = strstr(strbuf_str(&page), "<section class=\"wave\"");
    assert_non_null(changes);
    strbuf_add(out, changes);
    strbuf_release(&page);
}

/* 200 identical edits and one odd one: the odd one first, in every form, in few lines. */
static void test_one_odd_among_many(void **state UNUSED)
{
    static render_fn *const forms[] = {as_text, as_markdown, as_html};
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    enum { MANY = 201, ODD = 137 };
    struct attr_change usual = {.attr = &mixed_attrs[0],
                                .from = value_string(arena, "8 GiB"),
                                .to = value_string(arena, "16 GiB"),
                                .reason = REASON_EDIT};
    struct attr_change odd = usual;
    odd.to = value_string(arena, "640 KiB");
    struct change *changes = ARENA_ARRAY(arena, MANY, struct change);
    for (size_t i = 0; i < MANY; i++)
        changes[i] = (struct change){.kind = &mixed_kinds[2],
                                     .address = arena_printf(arena, "blueprint/ml-%03zu", i),
                                     .action = ACTION_UPDATE,
                                     .attrs = i == ODD ? &odd : &usual,
                                     .n_attrs = 1,
                                     .wave = 1};
    const struct plan plan = {.site = "mixed",
                              .changes = changes,
                              .n_changes = MANY,
                              .n_waves = 1,
                              .impact = {.n_update = MANY}};
    for (size_t form = 0; form < ARRAY_LEN(forms); form++) {
        struct strbuf text;
        size_t n_lines = 0;
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        forms[form](&plan, &text);
        for (const char *at = strbuf_str(&text); *at != '\0'; at++)
            n_lines += *at == '\n';
        const char *first = strstr(strbuf_str(&text), "640 KiB");
        const char *second = strstr(strbuf_str(&text), "16 GiB");
        assert_true(forms[form] == as_html || n_lines < 60);
        assert_non_null(first);
        assert_non_null(second);
        assert_true(first < second);
        assert_non_null(strstr(strbuf_str(&text), "200"));
        strbuf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_harm_is_named),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_lines_are_counted),
        cmocka_unit_test(test_one_odd_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
