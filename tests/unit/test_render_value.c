/* test_render_value.c: long values in every form: what is cut is counted, characters stay
 * whole, and values that differ only in what is cut are not taken for equal.
 */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/mixed_plan.h"
#include "arena.h"
#include "compiler.h"
#include "render.h"
#include "report.h"
#include "strbuf.h"
#include "types.h"
#include "utf8.h"

/* So many letters, then the end. */
static const char *long_text(struct arena *arena, size_t n, const char *end)
{
    char *text = arena_array(arena, n + strlen(end) + 1, 1);
    memset(text, 'v', n);
    memcpy(text + n, end, strlen(end) + 1);
    return text;
}

/* ---- where it is cut ----------------------------------------------------------------------
 */

static void test_cut(void **state UNUSED)
{
    static const struct {
        size_t letters, max;
        const char *end, *more; /* more: what is shown after the first nine letters */
    } rows[] = {
        {9, 10, "", ""},
        {9, 10, "e", "e"},
        {9, 10, "ef", "e… 1 byte more"},
        {9, 10, "\xc3\xa9", "… 2 bytes more"},
        {8, 10, "\xc3\xa9", "\xc3\xa9"},
        {9, 10, "\xe4\xb8\xad", "… 3 bytes more"},
        {8, 10, "\xe4\xb8\xad", "… 3 bytes more"},
        {7, 10, "\xe4\xb8\xad", "\xe4\xb8\xad"},
        {9, 10, "\xf0\x9f\x9a\x80xyz", "… 7 bytes more"},
        {7, 10, "\xf0\x9f\x9a\x80xyz", "… 7 bytes more"},
        {6, 10, "\xf0\x9f\x9a\x80xyz", "\xf0\x9f\x9a\x80… 3 bytes more"},
        {1009, 10, "", "v… 999 bytes more"},
        {1010, 10, "", "v… 1,000 bytes more"},
        {1234577, 10, "", "v… 1,234,567 bytes more"},
        {0, 0, "x", "… 1 byte more"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        size_t shown = rows[i].letters < 9 ? rows[i].letters : 9;
        struct strbuf out;
        strbuf_init(&out, STRBUF_MAX_OUTPUT);
        strbuf_add(&out, "before ");
        render_value_raw(&mixed_attrs[0],
                         value_string(arena, long_text(arena, rows[i].letters, rows[i].end)),
                         rows[i].max, &out);
        assert_string_equal(
            strbuf_str(&out),
            arena_printf(arena, "before %s%s", long_text(arena, shown, ""), rows[i].more));
        strbuf_release(&out);
    }
}

/* Bytes that are no characters are no reason to show less, and nothing is read beyond them. */
static void test_cut_of_anything(void **state UNUSED)
{
    for (unsigned c = 1; c < 256; c++) {
        char text[17] = {0};
        memset(text, (int)c, sizeof(text) - 1);
        for (size_t max = 1; max < sizeof(text) - 1; max++) {
            size_t fits = render_fitting(text, max);
            assert_in_range(fits, max < 3 ? 0 : max - 3, max);
        }
    }
}

/* ---- every form ---------------------------------------------------------------------------
 */

struct forms {
    struct arena *arena;
    struct attr_change attr;
    struct change change;
    struct plan plan;
    struct drift_item item;
    struct drift drift;
};

static void make(struct forms *f, const char *from, const char *to)
{
    f->attr = (struct attr_change){.attr = &mixed_attrs[0],
                                   .from = value_string(f->arena, from),
                                   .to = value_string(f->arena, to),
                                   .reason = REASON_EDIT};
    f->change = (struct change){.kind = &mixed_kinds[0],
                                .address = "host/n",
                                .action = ACTION_UPDATE,
                                .attrs = &f->attr,
                                .n_attrs = 1,
                                .wave = 1};
    f->plan = (struct plan){.site = "long", .changes = &f->change, .n_changes = 1};
    f->item = (struct drift_item){.address = "host/n",
                                  .attr = &mixed_attrs[0],
                                  .prior = f->attr.from,
                                  .live = f->attr.to};
    f->drift = (struct drift){.items = &f->item, .n = 1, .n_checked = 1};
}

static void plan_text(struct forms *f, struct strbuf *out)
{
    render_plan_text(&f->plan, (struct look){0}, out);
}

static void plan_markdown(struct forms *f, struct strbuf *out)
{
    render_plan_markdown(&f->plan, &(struct markdown_style){.limit = 64000}, out);
}

static void plan_html(struct forms *f, struct strbuf *out)
{
    render_plan_html(&f->plan, NULL, out);
}

static void drift_text(struct forms *f, struct strbuf *out)
{
    render_drift_text(&f->drift, "long", false, out);
}

static void drift_html(struct forms *f, struct strbuf *out)
{
    render_drift_html(&f->drift, "long", out);
}

static void instance_text_form(struct forms *f, struct strbuf *out)
{
    struct instance *instance = instance_new(f->arena, &mixed_kinds[0].schema, "host/n", "n");
    instance->attrs[0] = f->attr.to;
    render_instance_text(instance, false, out);
    instance->attrs[0] = f->attr.from;
    render_instance_text(instance, false, out);
}

static void as_report(struct forms *f, enum output_format format, struct strbuf *out)
{
    static const struct options options = {.directory = "."};
    struct report report;
    report_init(&report, &options, "drift", "long", f->arena);
    report_add_drift(&report, &f->drift, NULL);
    report_render(&report, format, out);
    report_release(&report);
}

static void sarif(struct forms *f, struct strbuf *out)
{
    as_report(f, FORMAT_SARIF, out);
}

static void junit(struct forms *f, struct strbuf *out)
{
    as_report(f, FORMAT_JUNIT, out);
}

static void github(struct forms *f, struct strbuf *out)
{
    as_report(f, FORMAT_GITHUB, out);
}

static void azure(struct forms *f, struct strbuf *out)
{
    as_report(f, FORMAT_AZURE, out);
}

static const struct {
    void (*render)(struct forms *f, struct strbuf *out);
    size_t max;
} forms[] = {
    {plan_text, 4000},
    {plan_markdown, 4000},
    {plan_html, 20000},
    {drift_text, 4000},
    {drift_html, 20000},
    {instance_text_form, 4000},
    {sarif, 1500},
    {junit, 1500},
    {github, 1500},
    {azure, 1500},
};

static void test_forms(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct forms f = {.arena = arena_new()};
        struct strbuf page;
        /* The character of three bytes stands across the end. */
        make(&f, long_text(f.arena, forms[i].max, ""),
             long_text(f.arena, forms[i].max - 1, "\xe4\xb8\xad and 22 that follow"));
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        forms[i].render(&f, &page);
        if (strstr(strbuf_str(&page), "v… 22 bytes more") == NULL)
            fail_msg("form %zu does not tell what it cuts: %.200s", i, strbuf_str(&page));
        assert_null(strstr(strbuf_str(&page), "that follow"));
        assert_int_equal(utf8_check(strbuf_str(&page), strbuf_len(&page)), strbuf_len(&page));
        strbuf_release(&page);
        arena_free(f.arena);
    }
}

/* ---- what differs beyond the cut ----------------------------------------------------------
 */

enum { LONG = 30000 };

static void check_apart(const struct strbuf *page)
{
    assert_non_null(strstr(strbuf_str(page), "aaa"));
    assert_non_null(strstr(strbuf_str(page), "bbb"));
    assert_null(strstr(strbuf_str(page), "2 x host"));
    assert_null(strstr(strbuf_str(page), "2 ×"));
    assert_null(strstr(strbuf_str(page), "aaa, bbb"));
    assert_null(strstr(strbuf_str(page), "aaa, host/bbb"));
}

static void test_apart(void **state UNUSED)
{
    struct forms f = {.arena = arena_new()};
    struct change changes[2];
    struct attr_change attrs[2];
    struct drift_item items[2];
    struct strbuf page;
    make(&f, "x", "y");
    for (size_t i = 0; i < 2; i++) {
        const struct value *value =
            value_string(f.arena, long_text(f.arena, LONG, i == 0 ? "a" : "b"));
        attrs[i] = f.attr;
        attrs[i].to = value;
        changes[i] = f.change;
        changes[i].attrs = &attrs[i];
        items[i] = f.item;
        items[i].live = value;
        items[i].address = changes[i].address = i == 0 ? "host/aaa" : "host/bbb";
    }
    f.plan.changes = changes;
    f.drift.items = items;
    f.plan.n_changes = f.drift.n = 2;
    for (size_t i = 0; i < 5; i++) { /* those that group */
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        forms[i].render(&f, &page);
        check_apart(&page);
        strbuf_release(&page);
    }
    arena_free(f.arena);
}

/* Steps are wrapped, and never cut. */
static void test_many_steps(void **state UNUSED)
{
    struct forms f = {.arena = arena_new()};
    struct step *steps = ARENA_ARRAY(f.arena, 400, struct step);
    struct strbuf page;
    make(&f, "x", "y");
    for (size_t i = 0; i < 400; i++)
        steps[i].title = arena_printf(f.arena, "do the thing that has the number %zu", i);
    f.change.steps = steps;
    f.change.n_steps = 400;
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    plan_text(&f, &page);
    assert_non_null(strstr(strbuf_str(&page), "399\n"));
    strbuf_release(&page);
    arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_cut_of_anything),
        cmocka_unit_test(test_forms),      cmocka_unit_test(test_apart),
        cmocka_unit_test(test_many_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
