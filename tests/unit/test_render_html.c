/* test_render_html.c: plans of any size as a page: well-formed, closed in itself, the same to
 * the byte when repeated, all changes there and everything harmful marked, and whatever the
 * words of the world are, they are words and nothing else.
 */
#include "../harness/unit.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../harness/html_page.h"
#include "../harness/mixed_plan.h"
#include "../harness/plan_case.h"
#include "address.h"
#include "arena.h"
#include "compiler.h"
#include "html.h"
#include "html_graph.h"
#include "redact.h"
#include "render.h"
#include "types.h"

enum { PAGE_MOST = 5000000 };

static struct html_seen render(const struct plan *plan, struct arena *arena,
                               struct strbuf *page)
{
    struct html_seen seen;
    strbuf_init(page, STRBUF_MAX_OUTPUT);
    render_plan_html(plan, NULL, page);
    html_page_read(page, arena, &seen);
    return seen;
}

/* ---- plans of any size --------------------------------------------------------------------
 */

static void check_names(const struct mixed *m, const struct html_seen *seen)
{
    size_t harmful = 0;
    for (size_t i = 0; i < m->plan.n_changes; i++) {
        const char *name = address_name(m->plan.changes[i].address);
        assert_non_null(map_get(&seen->names, name));
        harmful += m->harmful[i];
        if (m->harmful[i]) {
            assert_non_null(map_get(&seen->harmful, name));
            assert_non_null(map_get(&seen->listed, name));
        } else {
            assert_null(map_get(&seen->listed, name));
        }
    }
    assert_int_equal(seen->n_changes, m->plan.n_changes);
    assert_int_equal(seen->n_harmful, harmful);
}

static void check_mixed(size_t n, unsigned harm)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct mixed m = {.arena = arena, .seed = n + harm, .harm = harm, .long_lines = 300};
    struct strbuf page, again;
    mixed_plan_make(&m, n);
    mixed_plan_link(&m);
    struct html_seen seen = render(&m.plan, arena, &page);
    check_names(&m, &seen);
    assert_in_range(seen.n_nodes, 1, GRAPH_NODES_MAX);
    strbuf_init(&again, STRBUF_MAX_OUTPUT);
    render_plan_html(&m.plan, NULL, &again);
    assert_string_equal(strbuf_str(&page), strbuf_str(&again));
    if (n <= 5000)
        assert_in_range(strbuf_len(&page), 10000, PAGE_MOST);
    html_seen_release(&seen);
    strbuf_release(&page);
    strbuf_release(&again);
}

static void test_mixed(void **state UNUSED)
{
    static const size_t sizes[] = {1, 2, 3, 10, 41, 100, 1000};
    static const unsigned harms[] = {0, 10, 500, 1000};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t h = 0; h < ARRAY_LEN(harms); h++)
            check_mixed(sizes[s], harms[h]);
    check_mixed(5000, 100);
}

static void test_time(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct mixed m = {.arena = arena, .seed = 9, .harm = 100, .long_lines = 300};
    struct strbuf page;
    mixed_plan_make(&m, 5000);
    mixed_plan_link(&m);
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    clock_t start = clock();
    render_plan_html(&m.plan, NULL, &page);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("5000 changes: %.2f s, %zu bytes\n", seconds, strbuf_len(&page));
    assert_in_range(strbuf_len(&page), 10000, PAGE_MOST);
    assert_true(seconds < 8); /* also under the sanitizers; without them it is far less */
    strbuf_release(&page);
}

/* ---- the graph ----------------------------------------------------------------------------
 */

static void check_graph(size_t n, unsigned harm)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct mixed m = {.arena = arena, .seed = n * 3 + harm, .harm = harm, .long_lines = 4};
    mixed_plan_make(&m, n);
    mixed_plan_link(&m);
    const struct html_blocks blocks = html_blocks_of(&m.plan, arena);
    const struct html_graph graph = html_graph_of(&m.plan, &blocks, arena);
    bool taken[GRAPH_NODES_MAX * GRAPH_BESIDE_MAX] = {false};
    size_t changes = 0, rows = 0;
    VEC_EACH (struct graph_node, it, graph.nodes) {
        changes += it->n;
        const struct graph_layer *layer = &graph.layers.items[it->layer];
        assert_in_range(it->rank, 0, layer->n - 1);
        assert_in_range(it->line, 0, layer->n_lines - 1);
        assert_in_range(it->x, 0, GRAPH_BESIDE_MAX - 1);
        size_t place = ((layer->first_line + it->line) * GRAPH_BESIDE_MAX + it->x);
        assert_false(taken[place]); /* no two stand in one place */
        taken[place] = true;
    }
    VEC_EACH (struct graph_layer, it, graph.layers) {
        rows += it->n;
    }
    assert_int_equal(changes, n);
    assert_int_equal(rows, graph.nodes.n);
    assert_in_range(graph.nodes.n, 1, GRAPH_NODES_MAX);
    assert_in_range(graph.most, 1, GRAPH_LAYER_MAX);
    VEC_EACH (struct graph_edge, it, graph.edges) {
        assert_true(graph.nodes.items[it->from].layer < graph.nodes.items[it->to].layer);
    }
}

static void test_graph(void **state UNUSED)
{
    static const size_t sizes[] = {1, 5, 17, 40, 41, 90, 400, 2000};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (unsigned harm = 0; harm <= 1000; harm += 250)
            check_graph(sizes[s], harm);
}

/* a, b after a, c after both: the edge from a to c says nothing new. */
static void test_edges_that_follow(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    static const struct change_edge on[] = {{.on = 0}, {.on = 1}};
    struct change changes[3] = {
        {.kind = &mixed_kinds[0], .address = "host/a", .action = ACTION_CREATE, .wave = 1},
        {.kind = &mixed_kinds[1],
         .address = "template/b",
         .action = ACTION_CREATE,
         .wave = 2,
         .after = on,
         .n_after = 1},
        {.kind = &mixed_kinds[2],
         .address = "blueprint/c",
         .action = ACTION_CREATE,
         .wave = 3,
         .after = on,
         .n_after = 2}};
    const struct plan plan = {.changes = changes, .n_changes = 3};
    const struct html_blocks blocks = html_blocks_of(&plan, arena);
    const struct html_graph graph = html_graph_of(&plan, &blocks, arena);
    assert_int_equal(graph.edges.n, 2);
    VEC_EACH (struct graph_edge, it, graph.edges) {
        assert_int_equal(it->to, it->from + 1);
    }
}

/* ---- hostile words ------------------------------------------------------------------------
 */

/* The word stands wherever the world or the files have a say. */
static void make_hostile(struct arena *arena, const char *word, struct plan *ret)
{
    static struct condition when;
    struct change *change = ARENA_ARRAY(arena, 1, struct change);
    struct attr_change *attrs = ARENA_ARRAY(arena, 2, struct attr_change);
    struct plan_blind *blind = ARENA_ARRAY(arena, 1, struct plan_blind);
    struct plan_refusal *refusal = ARENA_ARRAY(arena, 1, struct plan_refusal);
    struct plan_waiver *waiver = ARENA_ARRAY(arena, 1, struct plan_waiver);
    struct plan_slots *slots = ARENA_ARRAY(arena, 1, struct plan_slots);
    const char **machines = ARENA_ARRAY(arena, 1, const char *);
    struct instance *desired =
        instance_new(arena, &mixed_kinds[0].schema, arena_printf(arena, "host/%s", word), word);
    const struct value *text = value_string(arena, word);
    const struct value *script = value_string(arena, arena_printf(arena, "x\n.%s", word));
    when = (struct condition){.label = word};
    machines[0] = word;
    desired->pos = (struct pos){.file = word, .line = 1};
    attrs[0] = (struct attr_change){&mixed_attrs[0], text, text, REASON_DRIFT, word, word};
    attrs[1] = (struct attr_change){
        &mixed_attrs[1], value_string(arena, "x\n+\n"), script, REASON_EDIT, word, word};
    *change = (struct change){.kind = &mixed_kinds[0],
                              .address = desired->address,
                              .action = ACTION_UPDATE,
                              .desired = desired,
                              .attrs = attrs,
                              .n_attrs = 2,
                              .wave = 1,
                              .canary = true,
                              .note = word,
                              .n_steps = 2};
    change->steps = ARENA_ARRAY(arena, 2, struct step);
    change->steps[0] = (struct step){.title = word, .effects = EFFECT_HOST_REBOOT};
    change->steps[1] = (struct step){.title = word, .when = &when};
    *blind = (struct plan_blind){change->address, word, word};
    *waiver = (struct plan_waiver){.rule = word,
                                   .address = word,
                                   .message = word,
                                   .reason = word,
                                   .until = word,
                                   .pos = desired->pos};
    *slots = (struct plan_slots){.profile = word, .now = 1, .least = 0, .most = 1, .after = 2};
    *refusal = (struct plan_refusal){
        .address = change->address, .message = word, .hint = word, .pos = desired->pos};
    *ret = (struct plan){.site = word,
                         .commit = word,
                         .id = word,
                         .changes = change,
                         .n_changes = 1,
                         .n_waves = 1,
                         .blind = blind,
                         .n_blind = 1,
                         .refusals = refusal,
                         .n_refusals = 1};
    ret->waivers = waiver;
    ret->n_waivers = 1;
    ret->impact = (struct plan_impact){.n_update = 1,
                                       .power_off = machines,
                                       .n_power_off = 1,
                                       .move = machines,
                                       .n_move = 1,
                                       .n_reboots_most = 2,
                                       .range_reason = word,
                                       .slots = slots,
                                       .n_slots = 1};
}

static struct diags *hostile_findings(struct arena *arena, const char *word)
{
    struct diags *diags = diags_new(arena);
    struct diag *diag =
        diag_add(diags, DIAG_WARNING, (struct pos){.file = word, .line = 3}, "%s", word);
    diag->address = diag->rule = diag->waived_until = word;
    diag_hint(diags, diag, "%s", word);
    return diags;
}

static const char *shape_with(struct arena *arena, const char *word)
{
    struct plan plan;
    struct strbuf page;
    struct html_seen seen;
    make_hostile(arena, word, &plan);
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    render_plan_html(&plan, hostile_findings(arena, word), &page);
    html_page_read(&page, arena, &seen);
    html_page_check_text(&page);
    html_seen_release(&seen);
    strbuf_release(&page);
    return seen.shape;
}

/* The elements of the page and their attributes are the same whatever the words are. */
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

static void test_long_words(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    char *word = arena_array(arena, 70001, 1);
    memset(word, 'w', 70000);
    assert_string_equal(shape_with(arena, word), shape_with(arena, "calm"));
}

/* Text comes back as it went in. */
static void test_writer(void **state UNUSED)
{
    struct strbuf out;
    struct html h;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    html_begin(&h, &out);
    html_open(&h, "p", NULL);
    html_attr(&h, "title", "a\"b'<&>\n");
    html_text(&h, "x<y>&\"'\xc3\xa9\x01\xff");
    html_lines(&h, "1\n\t2", 4);
    html_open(&h, "br", NULL);
    html_close(&h);
    html_close(&h);
    html_end(&h);
    assert_string_equal(strbuf_str(&out),
                        "<!DOCTYPE html>\n<p title=\"a&quot;b&#39;&lt;&amp;&gt;\xef\xbf\xbd\">"
                        "x&lt;y&gt;&amp;&quot;&#39;\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"
                        "1\n\t2<br /></p>\n");
    strbuf_release(&out);
}

/* What is written can still be searched for secrets. */
static void test_secrets_are_found(void **state UNUSED)
{
    static const char *const values[] = {"plain-Secret1", "<&\"'>", "a&amp;b", "p'q\"r<s>t&u",
                                         "\xc3\xa4 \xe4\xb8\xad"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct secrets *secrets = secrets_new();
        struct strbuf page;
        struct html_seen seen;
        struct plan plan;
        make_hostile(arena, values[i], &plan);
        secrets_add(secrets, values[i]);
        strbuf_init(&page, STRBUF_MAX_OUTPUT);
        render_plan_html(&plan, hostile_findings(arena, values[i]), &page);
        secrets_redact(secrets, &page);
        html_page_read(&page, arena, &seen);
        assert_non_null(strstr(seen.text, "***"));
        assert_null(strstr(seen.text, values[i]));
        html_seen_release(&seen);
        strbuf_release(&page);
        secrets_free(secrets);
    }
}

/* ---- scripts ------------------------------------------------------------------------------
 */

static void test_lines_are_counted(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct strbuf to, page;
    strbuf_init(&to, STRBUF_MAX_OUTPUT);
    for (int i = 0; i < 1000; i++)
        strbuf_addf(&to, "line <%d>\n", i);
    struct attr_change attr = {.attr = &mixed_attrs[1],
                               .from = value_string(arena, "old\n"),
                               .to = value_string(arena, strbuf_str(&to))};
    struct change change = {.kind = &mixed_kinds[0],
                            .address = "host/n",
                            .wave = 1,
                            .action = ACTION_UPDATE,
                            .attrs = &attr,
                            .n_attrs = 1};
    const struct plan plan = {.site = "lines", .changes = &change, .n_changes = 1};
    struct html_seen seen = render(&plan, arena, &page);
    assert_non_null(strstr(seen.text, "-old\n"));
    assert_non_null(strstr(seen.text, "+line <398>\n"));
    assert_null(strstr(seen.text, "+line <399>\n"));
    assert_non_null(strstr(seen.text, "601 more lines of this difference are left out."));
    html_seen_release(&seen);
    strbuf_release(&page);
    strbuf_release(&to);
}

/* ---- cases --------------------------------------------------------------------------------
 */

/* Blocks say what the text of the plan says: as many changes, drift where there is some. */
static void check_case(const char *name)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct plan_case c;
    struct strbuf page;
    struct html_seen seen;
    plan_case_load(&c, arena, CASES_DIRECTORY, name);
    const struct plan_input input = plan_case_input(&c);
    const struct plan *plan = plan_build(&input, c.diags);
    strbuf_init(&page, STRBUF_MAX_OUTPUT);
    diags_sort(c.diags);
    render_plan_html(plan, c.diags, &page);
    html_page_read(&page, arena, &seen);
    assert_int_equal(seen.n_changes, plan->n_changes);
    for (size_t i = 0; i < plan->n_refusals; i++)
        assert_non_null(strstr(seen.text, plan->refusals[i].message));
    for (size_t i = 0; i < plan->n_blind; i++)
        assert_non_null(strstr(seen.text, plan->blind[i].reason));
    const char *text = plan_case_body(&c, "plan");
    if (text != NULL)
        assert_int_equal(strstr(text, " drift\n") != NULL, seen.n_drift > 0);
    if (strcmp(name, "000-fresh.case") == 0)
        html_page_check_golden(arena, &page, CASES_DIRECTORY "/000-fresh.html");
    html_seen_release(&seen);
    strbuf_release(&page);
    plan_case_release(&c);
}

static int is_case(const struct dirent *entry)
{
    return fnmatch("*.case", entry->d_name, 0) == 0;
}

static void test_cases(void **state UNUSED)
{
    struct dirent **entries;
    int n = scandir(CASES_DIRECTORY, &entries, is_case, alphasort);
    assert_true(n > 50);
    for (int i = 0; i < n; i++) {
        check_case(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),      cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long_words), cmocka_unit_test(test_lines_are_counted),
        cmocka_unit_test(test_writer),     cmocka_unit_test(test_secrets_are_found),
        cmocka_unit_test(test_graph),      cmocka_unit_test(test_edges_that_follow),
        cmocka_unit_test(test_mixed),      cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
