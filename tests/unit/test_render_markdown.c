/* test_render_markdown.c: plans of any size as Markdown: within the limit, well-formed, and with
 * nothing harmful hidden. The plans are put together by hand from a seed; what comes out is
 * taken apart again (harness/markdown_page.h).
 */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/markdown_page.h"
#include "../harness/plan_case.h"
#include "address.h"
#include "arena.h"
#include "compiler.h"
#include "diag.h"
#include "line_diff.h"
#include "map.h"
#include "markdown.h"
#include "redact.h"
#include "render.h"
#include "strbuf.h"
#include "types.h"

/* ---- making plans ------------------------------------------------------------------------- */

static const struct attr made_attrs[] = {
    {"memory", &type_string, FACET_VRA, 0, .doc = ""},
    {"script", &type_text, FACET_VRA, ATTR_TEXT, .doc = ""},
};
static const struct kind made_kinds[] = {
    {.schema = {.kind = "host", .attrs = made_attrs, .n_attrs = 2}},
    {.schema = {.kind = "blueprint", .attrs = made_attrs, .n_attrs = 2}},
    {.schema = {.kind = "template", .attrs = made_attrs, .n_attrs = 2}},
};

struct maker {
    struct arena *arena;
    uint64_t seed;
    size_t harm;   /* of 100 changes so many are harmful */
    size_t unlike; /* of 100 changes so many are like no other */
    struct plan plan;
    bool *harmful;
};

static size_t pick(struct maker *m, size_t n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(m->seed >> 33) % n;
}

/* Letters only, so that names do not fold: "xqaaab". */
static char *letters(struct maker *m, const char *prefix, size_t number)
{
    char text[8] = "";
    for (int i = 6; i >= 0; i--, number /= 26)
        text[i] = (char)('a' + number % 26);
    return arena_printf(m->arena, "%s%.7s", prefix, text);
}

static void make_attrs(struct maker *m, struct change *change, size_t index)
{
    struct attr_change *attrs = ARENA_ARRAY(m->arena, 2, struct attr_change);
    bool unlike = pick(m, 100) < m->unlike;
    char *to = unlike ? letters(m, "v", index) : arena_strdup(m->arena, "16 GiB");
    attrs[0] = (struct attr_change){.attr = &made_attrs[0],
                                    .from = value_string(m->arena, "8 GiB"),
                                    .to = value_string(m->arena, to)};
    attrs[1] = (struct attr_change){
        .attr = &made_attrs[1],
        .from = value_string(m->arena, "#!/bin/bash\n```\nyum -y update\n"),
        .to = value_string(m->arena, "#!/bin/bash\n```\nyum -y upgrade\n</details>\n")};
    change->attrs = attrs;
    change->n_attrs = 1 + pick(m, 2);
}

static void make_change(struct maker *m, struct change *change, size_t index)
{
    static const unsigned effects[] = {EFFECT_MAINTENANCE, EFFECT_HOST_REBOOT,
                                       EFFECT_VM_POWER_OFF, EFFECT_VM_MOVE, EFFECT_DATA_LOSS};
    bool harmful = pick(m, 100) < m->harm;
    m->harmful[index] = harmful;
    change->kind = &made_kinds[pick(m, 3)];
    change->address = arena_printf(m->arena, "%s/%s", change->kind->schema.kind,
                                   letters(m, harmful ? "h" : "n", index));
    change->action = harmful && pick(m, 3) == 0 ? ACTION_DELETE : ACTION_UPDATE;
    change->wave = (unsigned)(index / 50 + 1);
    make_attrs(m, change, index);
    change->n_steps = 1;
    change->steps = ARENA_ARRAY(m->arena, 1, struct step);
    change->steps[0] = (struct step){.title = "write it"};
    if (harmful && change->action != ACTION_DELETE)
        change->steps[0].effects = effects[pick(m, ARRAY_LEN(effects))];
}

static void make_plan(struct maker *m, size_t n)
{
    struct change *changes = ARENA_ARRAY(m->arena, n, struct change);
    m->harmful = ARENA_ARRAY(m->arena, n, bool);
    for (size_t i = 0; i < n; i++)
        make_change(m, &changes[i], i);
    m->plan = (struct plan){.site = "made", .changes = changes, .n_changes = n};
    m->plan.impact.n_update = n;
}

/* ---- the laws ----------------------------------------------------------------------------- */

/* Every name is there, or counted among what is not. */
static void check_names(const struct maker *m, const struct strbuf *page, const struct seen *seen)
{
    size_t hidden[2] = {0, 0};
    for (size_t i = 0; i < m->plan.n_changes; i++)
        hidden[m->harmful[i]] +=
            map_get(&seen->words, address_name(m->plan.changes[i].address)) == NULL;
    size_t unnamed = number_before(page, " disruptive change is not even named here") +
                     number_before(page, " disruptive changes are not even named here");
    size_t left_out = number_before(page, " changes, none of them disruptive") +
                      number_before(page, " change, none of them disruptive");
    assert_int_equal(hidden[true], unnamed);
    assert_int_equal(hidden[false], left_out + seen->more);
}

static void check_plan(size_t n, size_t harm, size_t unlike, size_t limit)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct maker m = {.arena = arena, .seed = n * 7 + harm, .harm = harm, .unlike = unlike};
    struct strbuf page, again;
    struct seen seen = {0};
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    strbuf_init(&again, STRBUF_MAX_OUTPUT);
    make_plan(&m, n);
    render_plan_markdown(&m.plan, &(struct markdown_style){.limit = limit}, &page);
    read_page(&page, arena, limit, &seen);
    check_names(&m, &page, &seen);
    render_plan_markdown(&m.plan, &(struct markdown_style){.limit = limit}, &again);
    assert_string_equal(strbuf_str(&page), strbuf_str(&again));
    /* With room for all of it nothing is left out. */
    if (n <= 50 && limit >= 64000) {
        assert_int_equal(seen.more, 0);
        assert_null(strstr(strbuf_str(&page), "lack of room"));
    }
    map_release(&seen.words);
    strbuf_release(&page);
    strbuf_release(&again);
}

static void test_sizes(void **state UNUSED)
{
    static const size_t sizes[] = {1, 2, 3, 10, 50, 200, 1000, 20000};
    static const size_t limits[] = {4000, 64000, 1 << 20};
    static const struct {
        size_t harm, unlike;
    } mixes[] = {{0, 0}, {0, 100}, {5, 50}, {50, 100}, {100, 0}, {100, 100}};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t m = 0; m < ARRAY_LEN(mixes); m++)
            for (size_t l = 0; l < ARRAY_LEN(limits); l++)
                check_plan(sizes[s], mixes[m].harm, mixes[m].unlike, limits[l]);
}

/* Sizes around the point where details begin to be cut. */
static void test_edges(void **state UNUSED)
{
    for (size_t n = 1; n < 80; n++) {
        check_plan(n, 50, 100, 4000);
        check_plan(n, 100, 100, 4000 + n * 37);
    }
}

/* Some hundred reboots among thousands of harmless changes: each is named, none is cut away. */
static void test_nothing_harmful_hidden(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct maker m = {.arena = arena, .seed = 3, .harm = 2, .unlike = 100};
    struct strbuf page;
    struct seen seen = {0};
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    make_plan(&m, 20000);
    render_plan_markdown(&m.plan, &(struct markdown_style){.limit = 64000}, &page);
    read_page(&page, arena, 64000, &seen);
    size_t n = 0;
    for (size_t i = 0; i < m.plan.n_changes; i++) {
        n += m.harmful[i];
        if (m.harmful[i])
            assert_non_null(map_get(&seen.words, address_name(m.plan.changes[i].address)));
    }
    assert_in_range(n, 300, 500);
    assert_null(strstr(strbuf_str(&page), "not even named"));
    map_release(&seen.words);
    strbuf_release(&page);
}

/* ---- hostile words ------------------------------------------------------------------------ */

static const char *const hostile[] = {
    "@everyone", "`@admin`", "``` ````", "</details></summary>", "<script>alert(1)</script>",
    "--> <b>", "#1", "GH-7 owner/repo#9", "[x](http://evil.example)", "a\nb\n```\n@root",
    "\xff\xfe bytes", "\xe2\x80\xae turned", "*bold* _it_ ~no~ |cell|", "&lt;b&gt; &#64;x",
    "\\", "\\`", "`", " ", "www.evil.example", "![i](https://evil.example/x.png)", "$x$",
    "merge !12 group/project!7", "~label ~\"a b\"", "%milestone %\"a b\" 50 % of", "snippet $7",
    "epic &8", "[vulnerability:3] [issue:4]", "gh-12", "WWW.EVIL.EXAMPLE", "HTTPS://EVIL.EXAMPLE",
    "^alert#5", "- [x] done", "| a | b |\n|---|---|", "a\rb\x1b[31m\x7f\xc2\x9bm", "-->", "--",
    "--!>", "<!-- gridform:plan site=other -->", ")", "[//]: # (gridform:plan)", "```````````````",
    "~~~", "\xe2\x81\xa6 \xe2\x80\x8f \xd8\x9c \xe2\x80\xa8", "<details><summary>", "***",
};

static void make_hostile(struct maker *m, const char *word)
{
    struct change *change = ARENA_ARRAY(m->arena, 1, struct change);
    struct attr_change *attrs = ARENA_ARRAY(m->arena, 2, struct attr_change);
    struct plan_blind *blind = ARENA_ARRAY(m->arena, 1, struct plan_blind);
    struct plan_refusal *refusal = ARENA_ARRAY(m->arena, 1, struct plan_refusal);
    struct plan_waiver *waiver = ARENA_ARRAY(m->arena, 1, struct plan_waiver);
    struct plan_slots *slots = ARENA_ARRAY(m->arena, 1, struct plan_slots);
    struct condition *when = ARENA_ARRAY(m->arena, 1, struct condition);
    const char **machines = ARENA_ARRAY(m->arena, 1, const char *);
    struct instance *desired = instance_new(m->arena, &made_kinds[0].schema, "host/x", "x");
    const struct value *text = value_string(m->arena, word);
    machines[0] = word;
    desired->pos = (struct pos){.file = word, .line = 1};
    attrs[0] = (struct attr_change){&made_attrs[0], text, text, REASON_EDIT, word, NULL};
    attrs[1] = (struct attr_change){
        &made_attrs[1], value_string(m->arena, "x\n"), text, REASON_EDIT, NULL, word};
    change->kind = &made_kinds[0];
    change->address = arena_printf(m->arena, "host/%s", word);
    change->action = ACTION_UPDATE;
    change->desired = desired;
    change->attrs = attrs;
    change->n_attrs = 2;
    change->wave = 1;
    change->canary = true;
    change->note = word;
    change->steps = ARENA_ARRAY(m->arena, 1, struct step);
    when->label = word;
    change->steps[0] = (struct step){.title = word, .effects = EFFECT_HOST_REBOOT, .when = when};
    change->n_steps = 1;
    *blind = (struct plan_blind){change->address, NULL, word};
    *refusal = (struct plan_refusal){.address = change->address, .message = word, .hint = word,
                                     .pos = desired->pos};
    m->plan = (struct plan){.site = word, .commit = word, .changes = change, .n_changes = 1,
                            .blind = blind, .n_blind = 1, .refusals = refusal, .n_refusals = 1};
    struct diags *findings = diags_new(m->arena);
    struct diag *diag = diag_error(findings, desired->pos, "%s", word);
    diag->address = change->address;
    diag->rule = "GF001";
    diag_hint(findings, diag, "%s", word);
    m->plan.findings = findings;
    *waiver = (struct plan_waiver){.rule = word, .address = word, .message = word, .reason = word,
                                   .until = word, .pos = desired->pos};
    *slots = (struct plan_slots){.profile = word, .now = 1, .least = 0, .most = 1, .after = 2};
    m->plan.waivers = waiver;
    m->plan.n_waivers = 1;
    m->plan.impact = (struct plan_impact){.n_update = 1, .power_off = machines, .n_power_off = 1,
                                          .n_windows = 1, .n_reboots_most = 2, .range_reason = word,
                                          .slots = slots, .n_slots = 1};
}

static void test_hostile(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        struct arena *arena = arena_new();
        struct maker m = {.arena = arena};
        struct strbuf page;
        struct seen seen = {0};
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        make_hostile(&m, hostile[i]);
        render_plan_markdown(&m.plan, &(struct markdown_style){.limit = 64000}, &page);
        read_page(&page, arena, 64000, &seen);
        assert_int_equal(seen.n_details, 1);
        assert_null(strstr(strbuf_str(&page), "\xe2\x80\xae"));
        assert_null(strstr(strbuf_str(&page), "\xe2\x81\xa6"));
        assert_null(strstr(strbuf_str(&page), "\xc2\x9b"));
        assert_null(strpbrk(strbuf_str(&page), "\r\x1b\x7f"));
        const char *first = strstr(strbuf_str(&page), "-->");
        assert_non_null(first);
        assert_true(first < strchr(strbuf_str(&page), '\n')); /* the marker ends in its line */
        map_release(&seen.words);
        strbuf_release(&page);
        arena_free(arena);
    }
}

/* What is written can still be searched for secrets. */
static void test_secrets_are_found(void **state UNUSED)
{
    static const char *const values[] = {
        "plain-Secret1", "p@ss#1", "a*b_c_d[e](f)", "<&\"'>", "x`y``z", "a\\b|c~d$e!", "_a_",
        "http://user:pw@host/", "www.secret", "GH-1",
    };
    static void (*const writers[])(const char *, struct strbuf *) = {md_text, md_code, md_html,
                                                                     md_safe};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        for (size_t w = 0; w < ARRAY_LEN(writers); w++) {
            struct secrets *secrets = secrets_new();
            struct strbuf out;
            strbuf_init(&out, STRBUF_MAX_OUTPUT);
            secrets_add(secrets, values[i]);
            writers[w](values[i], &out);
            secrets_redact(secrets, &out);
            const char *found = strstr(strbuf_str(&out), "***");
            assert_non_null(found);
            assert_int_equal(strspn(strbuf_str(&out), "`"), found - strbuf_str(&out));
            strbuf_release(&out);
            secrets_free(secrets);
        }
}

/* ---- refusals and what is unreadable ------------------------------------------------------ */

static void test_many_refused(void **state UNUSED)
{
    enum { N = 5000 };
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct maker m = {.arena = arena, .seed = 1, .harm = 50, .unlike = 100};
    make_plan(&m, 500);
    struct plan_refusal *refusals = ARENA_ARRAY(arena, N, struct plan_refusal);
    struct plan_blind *blind = ARENA_ARRAY(arena, N, struct plan_blind);
    for (size_t i = 0; i < N; i++) {
        refusals[i] = (struct plan_refusal){.address = letters(&m, "template/r", i),
                                            .message = "exists, and is not managed here"};
        blind[i] = (struct plan_blind){.address = letters(&m, "host/b", i),
                                       .reason = i % 2 ? "no route to host" : "disconnected"};
    }
    m.plan.refusals = refusals;
    m.plan.n_refusals = N;
    m.plan.blind = blind;
    m.plan.n_blind = N;
    static const size_t limits[] = {4000, 64000};
    for (size_t l = 0; l < ARRAY_LEN(limits); l++) {
        struct strbuf page;
        struct seen seen = {0};
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        render_plan_markdown(&m.plan, &(struct markdown_style){.limit = limits[l]}, &page);
        read_page(&page, arena, limits[l], &seen);
        check_names(&m, &page, &seen);
        const char *refused = strstr(strbuf_str(&page), "#### Refused (5000)");
        const char *unreadable = strstr(strbuf_str(&page), "#### Not readable");
        const char *harmful = strstr(strbuf_str(&page), "#### Disruptive");
        assert_non_null(refused);
        assert_true(refused < unreadable && unreadable < harmful);
        map_release(&seen.words);
        strbuf_release(&page);
    }
}

/* ---- findings of the checks --------------------------------------------------------------- */

static size_t count_text(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* Who reads the page alone learns that nothing can be applied, and why; warnings never cost an
 * error its place. */
static void test_findings(void **state UNUSED)
{
    static const size_t counts[] = {1, 1500}, limits[] = {4000, 64000};
    for (size_t c = 0; c < ARRAY_LEN(counts); c++)
        for (size_t l = 0; l < ARRAY_LEN(limits); l++) {
            struct arena *arena CLEANUP(arena_freep) = arena_new();
            struct maker m = {.arena = arena, .seed = 1, .harm = 50, .unlike = 100};
            struct diags *findings = diags_new(arena);
            struct strbuf page;
            struct seen seen = {0};
            make_plan(&m, 500);
            for (size_t i = 0; i < counts[c]; i++)
                diag_add(findings, DIAG_WARNING, (struct pos){"a.yaml", (unsigned)i + 1, 1},
                         "a warning");
            diag_error(findings, (struct pos){"z.yaml", 7, 1}, "more than there is")->rule =
                "GF003";
            m.plan.findings = findings;
            strbuf_init(&page, STRBUF_MAX_OUTPUT);
            render_plan_markdown(&m.plan, &(struct markdown_style){.limit = limits[l]}, &page);
            read_page(&page, arena, limits[l], &seen);
            check_names(&m, &page, &seen);
            const char *text = strbuf_str(&page);
            const char *stop = strstr(text, "- Stopped: 1 check fails: nothing can be applied");
            const char *error = strstr(text, "- error GF003 (z.yaml:7): more than there is");
            const char *harmful = strstr(text, "#### Disruptive");
            assert_non_null(stop);
            assert_non_null(error);
            assert_true(stop < error && error < harmful);
            size_t shown = count_text(text, "a warning");
            assert_true(shown > 0 && (counts[c] > 1 || shown == 1));
            assert_int_equal(strstr(text, " more**") != NULL, shown < counts[c]);
            map_release(&seen.words);
            strbuf_release(&page);
        }
}

/* ---- lines -------------------------------------------------------------------------------- */

static const struct {
    const char *from, *to, *diff;
} differences[] = {
    {"", "", ""},
    {"a\n", "a\n", ""},
    {"", "a\n", "@@ -0,0 +1,1 @@\n+a\n"},
    {"a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
    {"a\n", "b\n", "@@ -1,1 +1,1 @@\n-a\n+b\n"},
    {"a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
     "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
     "@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
     "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n"},
    {"a\nb\nc\n", "a\nc\nd\n", "@@ -1,3 +1,3 @@\n a\n-b\n c\n+d\n"},
};

static void test_line_diff(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
        struct strbuf out;
        strbuf_init(&out, STRBUF_MAX_OUTPUT);
        assert_int_equal(line_diff(differences[i].from, differences[i].to, 100, &out), 0);
        assert_string_equal(strbuf_str(&out), differences[i].diff);
        strbuf_release(&out);
    }
}

/* More lines than the table of subsequences holds, and more than are wanted. */
static void test_line_diff_large(void **state UNUSED)
{
    struct strbuf from, to, out;
    strbuf_init(&from, STRBUF_MAX_OUTPUT);
    strbuf_init(&to, STRBUF_MAX_OUTPUT);
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    for (int i = 0; i < 3000; i++) {
        strbuf_addf(&from, "old %d\n", i);
        strbuf_addf(&to, "new %d\n", i);
    }
    assert_int_equal(line_diff(strbuf_str(&from), strbuf_str(&to), 100, &out), 5900);
    static const char start[] = "@@ -1,3000 +1,3000 @@\n-old 0\n-old 1\n";
    assert_memory_equal(strbuf_str(&out), start, sizeof(start) - 1);
    strbuf_release(&from);
    strbuf_release(&to);
    strbuf_release(&out);
}

/* ---- the example -------------------------------------------------------------------------- */

static void test_example(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct plan_case c;
    struct strbuf page;
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    plan_case_load(&c, arena, CASES_DIRECTORY, "000-fresh.case");
    const struct plan_input input = plan_case_input(&c);
    render_plan_markdown(plan_build(&input, c.diags), &(struct markdown_style){.limit = 64000}, &page);
    const char *path = CASES_DIRECTORY "/000-fresh.md";
    if (getenv("GRIDFORM_UPDATE_CASES") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fwrite(strbuf_str(&page), 1, strbuf_len(&page), file);
        fclose(file);
    }
    assert_string_equal(strbuf_str(&page), plan_case_slurp(arena, path));
    struct seen seen = {0};
    read_page(&page, arena, 64000, &seen);
    assert_int_equal(seen.n_details, 7);
    map_release(&seen.words);
    strbuf_release(&page);
    plan_case_release(&c);
}

/* ---- markers ------------------------------------------------------------------------------ */

static void check_marker(struct markdown_style style, const char *site, const char *line)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    static const char *const elements[] = {"<details>", "<summary>", "<code>", "<b>", "<!--"};
    struct maker m = {.arena = arena, .seed = 5, .harm = 30, .unlike = 100};
    struct strbuf page;
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    make_plan(&m, 3000);
    m.plan.site = site;
    render_plan_markdown(&m.plan, &style, &page);
    assert_in_range(strbuf_len(&page), 1, style.limit);
    assert_int_equal(strncmp(strbuf_str(&page), line, strlen(line)), 0);
    for (size_t i = 0; style.no_html && i < ARRAY_LEN(elements); i++)
        assert_null(strstr(strbuf_str(&page), elements[i]));
    strbuf_release(&page);
}

/* The first line, at any limit, is one that nobody sees and that no name can end. */
static void test_markers(void **state UNUSED)
{
    for (size_t limit = 4000; limit <= 1000000; limit *= 6) {
        check_marker((struct markdown_style){.limit = limit, .directory = "sites/a b/"}, "x-->y",
                     "<!-- gridform:plan site=x-%2D%3Ey dir=sites%2Fa%20b%2F -->\n");
        check_marker((struct markdown_style){.limit = limit, .directory = ""}, "ml",
                     "<!-- gridform:plan site=ml -->\n");
        check_marker((struct markdown_style){.limit = limit, .no_html = true}, "a)\n(b",
                     "[//]: # (gridform:plan site=a%29%0A%28b)\n\n### ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),       cmocka_unit_test(test_edges),
        cmocka_unit_test(test_hostile),     cmocka_unit_test(test_secrets_are_found),
        cmocka_unit_test(test_nothing_harmful_hidden),
        cmocka_unit_test(test_many_refused),
        cmocka_unit_test(test_findings), cmocka_unit_test(test_line_diff),
        cmocka_unit_test(test_markers), cmocka_unit_test(test_line_diff_large), cmocka_unit_test(test_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
