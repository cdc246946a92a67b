/* test_render_drift.c: drift as a page and as text: everything there, grouped and in order,
 * what an earlier report told marked, and whatever the words of the world are, they are words
 * and nothing else.
 */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "../harness/html_page.h"
#include "../harness/markdown_page.h"
#include "../harness/mixed_plan.h"
#include "../harness/plan_case.h"
#include "arena.h"
#include "compiler.h"
#include "redact.h"
#include "render.h"
#include "types.h"

#define MINUTES(n)                                                                             \
    ((int64_t)1767323045000 + (int64_t)(n)*60000) /* from 2026-01-02 03:04Z on                 \
                                                   */

static struct html_seen read_drift(const struct drift *drift, struct arena *arena,
                                   struct strbuf *page)
{
    struct html_seen seen;
    strbuf_init(page, STRBUF_MAX_OUTPUT);
    render_drift_html(drift, drift->n == 0 ? NULL : "ml-private-cloud", page);
    html_page_read(page, arena, &seen);
    return seen;
}

static struct drift_item moved(struct arena *arena, const char *address, const char *from,
                               const char *to)
{
    return (struct drift_item){.address = address,
                               .attr = &mixed_attrs[0],
                               .prior = value_string(arena, from),
                               .live = value_string(arena, to)};
}

/* ---- a report with a bit of everything ----------------------------------------------------
 */

enum { N_ITEMS = 11, N_BLIND = 4 };

struct report {
    struct drift_item items[N_ITEMS];
    struct plan_blind blind[N_BLIND];
    struct drift_seen seen[N_BLIND];
    struct drift_healed healed[2];
    struct drift drift;
};

static void place(struct drift_item *item, unsigned line)
{
    item->pos = (struct pos){.file = "site.yaml", .line = line};
}

static void fill_items(struct arena *arena, struct drift_item *items)
{
    items[0] = (struct drift_item){.address = "blueprint/Tensorflow-GPU"};
    items[1] = moved(arena, "blueprint/Torch", "16 GiB", "32 GiB");
    for (size_t i = 0; i < 6; i++)
        items[2 + i] = moved(arena, arena_printf(arena, "host/esx-%02zu", i + 1), "balanced",
                             "high_performance");
    items[8] = moved(arena, "host/esx-07", "balanced", "static");
    items[8].ignored = true;
    items[9] = moved(arena, "host/esx-08", "balanced", "low");
    items[10] =
        (struct drift_item){.address = "software_component/Docker",
                            .attr = &mixed_attrs[1],
                            .prior = value_string(arena, "set -e\nyum -y install docker\n"),
                            .live = value_string(arena, "set -e\nyum -y remove docker\n")};
    for (size_t i = 0; i < N_ITEMS; i++)
        place(&items[i], i >= 2 && i < 8 ? 20 : 100 + (unsigned)i);
}

static void fill(struct arena *arena, struct report *r, bool remembers)
{
    static const struct plan_blind blind[N_BLIND] = {
        {"host/esx-09", "driver", "the shell is closed"},
        {"host/esx-09", "ecc", "the shell is closed"},
        {"host/esx-10", "ecc", "the driver is not loaded"},
        {"template/centos72", NULL, "vcenter.lab.local: connection refused"}};
    *r = (struct report){0};
    fill_items(arena, r->items);
    memcpy(r->blind, blind, sizeof(blind));
    r->drift = (struct drift){.items = r->items,
                              .n = N_ITEMS,
                              .blind = r->blind,
                              .n_blind = N_BLIND,
                              .n_checked = 14,
                              .n_pending = 1,
                              .at_ms = MINUTES(90),
                              .code = 7};
    if (!remembers)
        return;
    for (size_t i = 0; i < N_ITEMS; i++) {
        r->items[i].news = i == 9 ? DRIFT_NEW : i == 10 ? DRIFT_CHANGED : DRIFT_STILL;
        r->items[i].since_ms = i == 9 ? MINUTES(90) : MINUTES(0);
    }
    for (size_t i = 0; i < N_BLIND; i++)
        r->seen[i] = i == 3 ? (struct drift_seen){DRIFT_NEW, MINUTES(90)}
                            : (struct drift_seen){DRIFT_STILL, MINUTES(30)};
    r->healed[0] = (struct drift_healed){"host/esx-11", "memory", MINUTES(10)};
    r->healed[1] = (struct drift_healed){"blueprint/Old", NULL, MINUTES(20)};
    r->drift.blind_seen = r->seen;
    r->drift.healed = r->healed;
    r->drift.n_healed = 2;
}

static void says(const struct html_seen *seen, const char *text)
{
    if (strstr(seen->text, text) == NULL)
        fail_msg("the page does not say: %s\n%s", text, seen->text);
}

static void says_not(const struct html_seen *seen, const char *text)
{
    if (strstr(seen->text, text) != NULL)
        fail_msg("the page says: %s", text);
}

static void test_page(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct report r;
    struct strbuf page;
    fill(arena, &r, true);
    struct html_seen seen = read_drift(&r.drift, arena, &page);
    html_page_check_golden(arena, &page, GOLDEN_DIRECTORY "/drift.html");
    assert_int_equal(seen.n_changes, N_ITEMS);
    assert_int_equal(seen.n_blocks, 6);
    assert_int_equal(seen.n_harmful, 1);
    says(&seen, "10 differences in 14 resources, 2 of them new or changed, 1 ignored by rule, "
                "4 not readable");
    says(&seen, "2026-01-02 04:34Z");
    says(&seen, "Ignored by rule (lifecycle.ignore_drift or ignore_changes)");
    says(&seen, "changed, drifted since 2026-01-02 03:04Z");
    says(&seen, "had drifted since 2026-01-02 03:14Z");
    says(&seen, "was gone since 2026-01-02 03:24Z");
    says(&seen, "site.yaml:101");
    says(&seen, "-yum -y install docker");
    says(&seen, "Edits of the files wait to be applied (1 resource)");
    says(&seen, "gridform apply puts the drift right");
    for (size_t i = 0; i < N_BLIND; i++)
        says(&seen, r.blind[i].reason);
    html_seen_release(&seen);
    strbuf_release(&page);
}

/* Without a memory nothing is new, and nothing pretends to be. */
static void test_without_memory(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct report r;
    struct strbuf page;
    fill(arena, &r, false);
    struct html_seen seen = read_drift(&r.drift, arena, &page);
    assert_int_equal(seen.n_changes, N_ITEMS);
    says_not(&seen, "new");
    says_not(&seen, "since");
    says_not(&seen, "applied again");
    html_seen_release(&seen);
    strbuf_release(&page);
}

/* What was told before is counted, and what rules ignore stays there. */
static void test_only_news(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct report r;
    struct strbuf page;
    fill(arena, &r, true);
    r.drift.only_news = true;
    struct html_seen seen = read_drift(&r.drift, arena, &page);
    assert_int_equal(seen.n_changes, 3);
    says(&seen, "Reported before, and still so: 8 differences");
    says(&seen, "Reported before, and still not readable: 3");
    says(&seen, "connection refused");
    says_not(&seen, "the shell is closed");
    html_seen_release(&seen);
    strbuf_release(&page);
}

static void test_verdicts(void **state UNUSED)
{
    static const struct {
        size_t n, n_blind;
        bool told;
        const char *says;
    } rows[] = {
        {0, 0, false, "No drift the world is as it was last applied"},
        {0, 1, false, "Not known what could be read is as it was last applied"},
        {1, 0, false, "Drifted the world is not as it was last applied"},
        {1, 1, false, "not all of it could be read"},
        {1, 0, true, "Nothing new what has drifted was reported before"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct strbuf page;
        struct drift_item item = moved(arena, "host/a", "x", "y");
        item.news = rows[i].told ? DRIFT_STILL : DRIFT_UNTOLD;
        const struct plan_blind blind = {"host/b", NULL, "closed"};
        const struct drift_seen none = {0};
        const struct drift drift = {.items = &item,
                                    .n = rows[i].n,
                                    .blind = &blind,
                                    .n_blind = rows[i].n_blind,
                                    .n_checked = 2,
                                    .only_news = rows[i].told,
                                    .blind_seen = rows[i].told ? &none : NULL};
        struct html_seen seen = read_drift(&drift, arena, &page);
        says(&seen, rows[i].says);
        html_seen_release(&seen);
        strbuf_release(&page);
    }
}

/* ---- many alike, and one that is not ------------------------------------------------------
 */

static void check_odd_first(const struct strbuf *text)
{
    const char *odd = strstr(strbuf_str(text), "640 KiB");
    const char *crowd = strstr(strbuf_str(text), "16 GiB");
    assert_non_null(odd);
    assert_non_null(crowd);
    assert_true(odd < crowd);
}

static void test_one_odd_among_many(void **state UNUSED)
{
    enum { MANY = 201, ODD = 137 };
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_item items[MANY];
    struct strbuf text;
    for (size_t i = 0; i < MANY; i++)
        items[i] = moved(arena, arena_printf(arena, "blueprint/ml-%03zu", i), "8 GiB",
                         i == ODD ? "640 KiB" : "16 GiB");
    const struct drift drift = {.items = items, .n = MANY, .n_checked = MANY};
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_drift_text(&drift, "mixed", false, &text);
    check_odd_first(&text);
    strbuf_release(&text);
    struct html_seen seen = read_drift(&drift, arena, &text);
    check_odd_first(&text);
    assert_int_equal(seen.n_blocks, 2);
    assert_int_equal(seen.n_changes, MANY);
    html_seen_release(&seen);
    strbuf_release(&text);
}

/* Thousands that are all different. */
static void test_large(void **state UNUSED)
{
    enum { MANY = 5000 };
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_item *items = ARENA_ARRAY(arena, MANY, struct drift_item);
    struct strbuf page;
    for (size_t i = 0; i < MANY; i++)
        items[i] = moved(arena, arena_printf(arena, "host/n%05zu", i), "x",
                         arena_printf(arena, "y%zu", i));
    const struct drift drift = {.items = items, .n = MANY, .n_checked = MANY};
    struct html_seen seen = read_drift(&drift, arena, &page);
    assert_int_equal(seen.n_blocks, MANY);
    assert_in_range(strbuf_len(&page), 10000, 5000000);
    html_seen_release(&seen);
    strbuf_release(&page);
}

/* ---- hostile words ------------------------------------------------------------------------
 */

static void make_hostile(struct arena *arena, const char *word, struct report *r)
{
    const struct value *text = value_string(arena, word);
    const char *address = arena_printf(arena, "host/%s", word);
    fill(arena, r, true);
    for (size_t i = 0; i < N_ITEMS; i++) {
        if (r->items[i].attr != NULL && (r->items[i].attr->flags & ATTR_TEXT) != 0) {
            r->items[i].prior = value_string(arena, "x\n");
            r->items[i].live = value_string(arena, arena_printf(arena, "x\n.%s", word));
        } else if (r->items[i].attr != NULL) {
            r->items[i].prior = r->items[i].live = text;
        }
        r->items[i].pos.file = word;
        r->items[i].address = arena_printf(arena, "host/%zu%s", i, word);
        r->items[i].since_ms = MINUTES(i); /* each stands alone */
    }
    for (size_t i = 0; i < N_BLIND; i++)
        r->blind[i] = (struct plan_blind){address, word, word};
    r->healed[0].address = r->healed[1].address = address;
    r->healed[0].attr = word;
}

static const char *shape_with(struct arena *arena, const char *word)
{
    struct report r;
    struct strbuf page;
    struct html_seen seen;
    make_hostile(arena, word, &r);
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    render_drift_html(&r.drift, word, &page);
    html_page_read(&page, arena, &seen);
    html_page_check_text(&page);
    html_seen_release(&seen);
    strbuf_release(&page);
    return seen.shape;
}

static void test_hostile(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *shape = shape_with(arena, "calm"), *word;
    for (size_t i = 0; (word = html_page_hostile(i)) != NULL; i++)
        if (strchr(word, '\n') == NULL) /* a line more in the script is an element more */
            assert_string_equal(shape_with(arena, word), shape);
        else
            shape_with(arena, word);
}

static void test_long_word(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    char *word = arena_array(arena, 70001, 1);
    memset(word, 'w', 70000);
    assert_string_equal(shape_with(arena, word), shape_with(arena, "calm"));
}

/* Nothing that a terminal acts on reaches it, whatever the world holds. */
static void test_hostile_text(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *word;
    for (size_t i = 0; (word = html_page_hostile(i)) != NULL; i++) {
        struct report r;
        struct strbuf text;
        make_hostile(arena, word, &r);
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        render_drift_text(&r.drift, word, false, &text);
        html_page_check_text(&text);
        strbuf_release(&text);
    }
}

/* ---- Markdown -----------------------------------------------------------------------------
 */

static void write_markdown(const struct drift *drift, const char *site, size_t limit,
                           struct arena *arena, struct strbuf *page, struct seen *seen)
{
    const struct markdown_style style = {.limit = limit, .directory = "sites/a"};
    strbuf_init(page, STRBUF_MAX_OUTPUT);
    render_drift_markdown(drift, site, &style, page);
    read_page(page, arena, limit, seen);
}

static void test_markdown(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct report r;
    struct strbuf page;
    struct seen seen = {0};
    fill(arena, &r, true);
    write_markdown(&r.drift, "ml-private-cloud", 64000, arena, &page, &seen);
    plan_case_golden(arena, GOLDEN_DIRECTORY "/drift.md", strbuf_str(&page));
    assert_int_equal(seen.n_fences, 4);
    map_release(&seen.words);
    strbuf_release(&page);
}

static size_t count(const struct strbuf *page, const char *text)
{
    size_t n = 0;
    for (const char *at = strbuf_str(page); (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

/* Whatever the limit: it is kept, and each resource is shown or counted. */
static void test_markdown_limits(void **state UNUSED)
{
    enum { MANY = 5000 };
    static const size_t limits[] = {4000, 5000, 32768, 65536, 150000, 1000000};
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct drift_item *items = ARENA_ARRAY(arena, MANY, struct drift_item);
    struct plan_blind *blind = ARENA_ARRAY(arena, MANY, struct plan_blind);
    for (size_t i = 0; i < MANY; i++) {
        items[i] = moved(arena, arena_printf(arena, "host/n%05zu", i), "`x```",
                         arena_printf(arena, "y%zu", i));
        items[i].ignored = i % 5 == 0;
        blind[i] = (struct plan_blind){arena_printf(arena, "template/t%05zu", i), NULL,
                                       arena_printf(arena, "closed by %zu", i)};
    }
    const struct drift drift = {
        .items = items, .n = MANY, .blind = blind, .n_blind = MANY, .n_checked = 2 * MANY};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct strbuf page;
        struct seen seen = {0};
        write_markdown(&drift, "mixed", limits[i], arena, &page, &seen);
        assert_true(strbuf_len(&page) <= limits[i]);
        size_t shown = count(&page, "host/n") + count(&page, "template/t"), left_out = 0;
        const char *at = strbuf_str(&page);
        while ((at = strstr(at, "lack of room: ")) != NULL) {
            at += strlen("lack of room: ");
            left_out += strtoul(at, NULL, 10);
        }
        assert_true(shown > 0);
        /* Sections that have no room for a heading are counted in the head. */
        assert_true(shown + left_out == 2 * MANY || limits[i] < 5000);
        assert_true(limits[i] < 1000000 || left_out == 0);
        map_release(&seen.words);
        strbuf_release(&page);
    }
}

static void test_hostile_markdown(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const char *word;
    for (size_t i = 0; (word = html_page_hostile(i)) != NULL; i++) {
        struct report r;
        struct strbuf page;
        struct seen seen = {0};
        make_hostile(arena, word, &r);
        write_markdown(&r.drift, word, 64000, arena, &page, &seen);
        assert_int_equal(seen.n_fences, 4);
        map_release(&seen.words);
        strbuf_release(&page);
    }
}

static void test_secrets_are_found(void **state UNUSED)
{
    static const char *const values[] = {"plain-Secret1", "<&\"'>", "p'q\"r<s>t&u"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct secrets *secrets = secrets_new();
        struct report r;
        struct strbuf page;
        struct html_seen seen;
        make_hostile(arena, values[i], &r);
        secrets_add(secrets, values[i]);
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        render_drift_html(&r.drift, values[i], &page);
        secrets_redact(secrets, &page);
        html_page_read(&page, arena, &seen);
        assert_non_null(strstr(seen.text, "***"));
        assert_null(strstr(seen.text, values[i]));
        html_seen_release(&seen);
        strbuf_release(&page);
        secrets_free(secrets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_only_news),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_one_odd_among_many),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long_word),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_markdown_limits),
        cmocka_unit_test(test_hostile_markdown),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_secrets_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
