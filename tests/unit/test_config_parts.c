/* test_config_parts.c: the parts of the manifest's reader: trees, overlays, expressions,
 * ranges, paths, the look of secrets. */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "err.h"
#include "expand.h"
#include "expr.h"
#include "form.h"
#include "overlay.h"
#include "secret.h"
#include "strbuf.h"
#include "yamldoc.h"

struct world {
    struct arena *arena;
    struct atoms *atoms;
    struct diags *diags;
    struct yamldoc_memory memory;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *w = ARENA_NEW(arena, struct world);
    w->arena = arena;
    w->atoms = atoms_new(arena);
    w->diags = diags_new(arena);
    w->memory = (struct yamldoc_memory){arena, arena, w->atoms};
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    atoms_free(w->atoms);
    arena_free(w->arena);
    return 0;
}

static struct node parse_as(struct world *w, const char *file, const char *text)
{
    struct node root;
    struct yamldoc_source source = {file, text, strlen(text), w->diags};
    if (yamldoc_parse(&w->memory, &source, &root) < 0)
        fail_msg("%s: %s", text, diags_at(w->diags, 0)->summary);
    return root;
}

static struct node parse(struct world *w, const char *text)
{
    return parse_as(w, "f", text);
}

/* One line for a tree: {a: x@1:4, b: [..]}; places of scalars on demand. */
static void print(const struct node *node, bool places, struct strbuf *out)
{
    if (node->type == NODE_SCALAR)
        strbuf_addf(out, "%s%s", node->text, node->plain ? "" : "'");
    else
        strbuf_add_char(out, node->type == NODE_MAP ? '{' : '[');
    for (size_t i = 0; node->type != NODE_SCALAR && i < node->n; i++) {
        const struct entry *entry = &node->entries[i];
        strbuf_add(out, i > 0 ? ", " : "");
        if (entry->key != NULL && places)
            strbuf_addf(out, "%s@%s:%u:%u: ", entry->key, entry->node.file, entry->line,
                        entry->column);
        else if (entry->key != NULL)
            strbuf_addf(out, "%s: ", entry->key);
        print(&entry->node, places, out);
    }
    if (node->type != NODE_SCALAR)
        strbuf_add_char(out, node->type == NODE_MAP ? '}' : ']');
    if (places)
        strbuf_addf(out, "@%s:%u:%u", node->file, node->line, node->column);
}

static const char *text_of(struct world *w, const struct node *node, bool places)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    print(node, places, &out);
    const char *text = arena_strdup(w->arena, strbuf_str(&out));
    strbuf_release(&out);
    return text;
}

static void trees_keep_order_and_places(void **state)
{
    struct world *w = *state;
    struct node root = parse(w, "b: 1\na:\n  - \"x\"\n  - {k: v}\nä: ü\n");
    assert_string_equal(text_of(w, &root, true),
                        "{b@f:1:1: 1@f:1:4, a@f:2:1: [x'@f:3:5, {k@f:4:6: v@f:4:9}@f:4:5]"
                        "@f:3:3, ä@f:5:1: ü@f:5:4}@f:1:1");
    root = parse(w, "");
    assert_true(node_is_null(&root));
    root = parse(w, "# nothing\n--- \n");
    assert_true(node_is_null(&root));
}

static void null_is_only_plain(void **state)
{
    struct world *w = *state;
    struct node root = parse(w, "[~, null, Null, NULL, '', \"null\", nul, {}]");
    static const bool null[] = {true, true, true, true, false, false, false, false};
    assert_int_equal(root.n, ARRAY_LEN(null));
    for (size_t i = 0; i < root.n; i++)
        assert_int_equal(node_is_null(&root.entries[i].node), null[i]);
}

static void aliases_share_and_keep_their_own_place(void **state)
{
    struct world *w = *state;
    struct node root = parse(w, "a: &x {k: [1]}\nb: *x\nc: &x 2\nd: *x\n");
    assert_string_equal(text_of(w, &root, false), "{a: {k: [1]}, b: {k: [1]}, c: 2, d: 2}");
    assert_ptr_equal(root.entries[0].node.entries, root.entries[1].node.entries);
    assert_int_equal(root.entries[1].node.line, 2);
    assert_int_equal(root.entries[1].node.column, 4);
}

static void equal_keys_are_equal_pointers(void **state)
{
    struct world *w = *state;
    struct node a = parse(w, "some_key: some value\n"), b = parse(w, "some_key: some value\n");
    assert_ptr_equal(a.entries[0].key, b.entries[0].key);
    assert_ptr_equal(a.entries[0].node.text, b.entries[0].node.text);
}

static int parse_result(struct world *w, const char *text, size_t size)
{
    struct node root;
    struct yamldoc_source source = {"f", text, size, w->diags};
    return yamldoc_parse(&w->memory, &source, &root);
}

static void limits_are_reached_exactly(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_add_repeat(&text, '[', YAMLDOC_MAX_DEPTH);
    strbuf_add_repeat(&text, ']', YAMLDOC_MAX_DEPTH);
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), 0);
    strbuf_clear(&text);
    strbuf_add_repeat(&text, '[', YAMLDOC_MAX_DEPTH + 1);
    strbuf_add_repeat(&text, ']', YAMLDOC_MAX_DEPTH + 1);
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), -1);

    strbuf_clear(&text);
    strbuf_add(&text, "x: y\n#");
    strbuf_add_repeat(&text, ' ', YAMLDOC_MAX_BYTES - strbuf_len(&text));
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), 0);
    strbuf_add_char(&text, ' ');
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), -1);

    strbuf_clear(&text);
    strbuf_add(&text, "? ");
    strbuf_add_repeat(&text, 'k', YAMLDOC_MAX_KEY);
    strbuf_add(&text, "\n: v\n");
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), 0);
    strbuf_clear(&text);
    strbuf_add(&text, "? ");
    strbuf_add_repeat(&text, 'k', YAMLDOC_MAX_KEY + 1);
    strbuf_add(&text, "\n: v\n");
    assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)), -1);
    strbuf_release(&text);
}

/* Each alias stands for 1 list and 99 texts: 1000 of them are as many as there may be. */
static void aliases_expand_up_to_a_limit(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    for (unsigned n = 1000; n <= 1001; n++) {
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        strbuf_add(&text, "- &a [x");
        for (unsigned i = 1; i < 99; i++)
            strbuf_add(&text, ",x");
        strbuf_add(&text, "]\n");
        for (unsigned i = 0; i < n; i++)
            strbuf_add(&text, "- *a\n");
        assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)),
                         n == 1000 ? 0 : -1);
        strbuf_release(&text);
    }
}

static void aliases_count_as_deep_as_they_are(void **state)
{
    struct world *w = *state;
    struct strbuf text;
    for (unsigned levels = 63; levels <= 64; levels++) {
        strbuf_init(&text, STRBUF_MAX_OUTPUT);
        strbuf_add(&text, "- &a ");
        strbuf_add_repeat(&text, '[', 32);
        strbuf_add_repeat(&text, ']', 32);
        strbuf_add(&text, "\n- ");
        strbuf_add_repeat(&text, '[', levels - 32);
        strbuf_add(&text, "*a");
        strbuf_add_repeat(&text, ']', levels - 32);
        assert_int_equal(parse_result(w, strbuf_str(&text), strbuf_len(&text)),
                         levels == 63 ? 0 : -1);
        strbuf_release(&text);
    }
}

static void overlays_patch(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *base, *over, *result;
    } rows[] = {
        {"a: 1\nb: 2", "b: 3", "{a: 1, b: 3}"},
        {"a: {x: 1, y: 2}", "a: {y: 3, z: 4}", "{a: {x: 1, y: 3, z: 4}}"},
        {"a: [1, 2]", "a: [3]", "{a: [3]}"},
        {"a: {x: 1}\nb: 2", "a: null", "{b: 2}"},
        {"a: {x: 1, y: 2}", "a: {x: ~}", "{a: {y: 2}}"},
        {"a: {x: 1}", "a: 5", "{a: 5}"},
        {"a: 5", "a: {x: 1}", "{a: {x: 1}}"},
        {"a: 5", "a: {x: null, y: {z: null, q: 1}}", "{a: {y: {q: 1}}}"},
        {"a: 5", "b: {x: null}\nc: null", "{a: 5, b: {}}"},
        {"a: ", "b: 1", "{a: , b: 1}"},
        {"a: {x: [1]}", "{}", "{a: {x: [1]}}"},
        {"a: {b: {c: {d: 1, e: 2}}}", "a: {b: {c: {d: 3}}}", "{a: {b: {c: {d: 3, e: 2}}}}"},
        {"a: [null]", "b: [null]", "{a: [null], b: [null]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct node base = parse(w, rows[i].base), over = parse(w, rows[i].over);
        const char *before = text_of(w, &base, true);
        struct node merged = overlay_apply(&base, &over, w->arena);
        assert_string_equal(text_of(w, &merged, false), rows[i].result);
        assert_string_equal(text_of(w, &base, true), before);
    }
}

static void places_follow_the_winner(void **state)
{
    struct world *w = *state;
    struct node base = parse_as(w, "base", "a:\n  x: 1\n  y: 2\n");
    struct node over = parse_as(w, "prod", "a: { y: 3, z: { q: 4, r: null } }\n");
    struct node merged = overlay_apply(&base, &over, w->arena);
    assert_string_equal(
        text_of(w, &merged, true),
        "{a@base:1:1: {x@base:2:3: 1@base:2:6, y@prod:1:6: 3@prod:1:9, "
        "z@prod:1:12: {q@prod:1:17: 4@prod:1:20}@prod:1:15}@base:2:3}@base:1:1");
}

static const char *expand_text(struct world *w, const struct variables *vars, const char *text)
{
    struct node node = {.file = "f", .line = 1, .column = 1, .text = text, .dollar = true};
    (void)w;
    return expr_text(vars, &node);
}

static void expressions_are_replaced(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text, *result; /* NULL: refused */
    } rows[] = {
        {"plain", "plain"},
        {"${var.image}", "tf:1"},
        {"<${var.image}|${var.empty}|${var.image}>", "<tf:1||tf:1>"},
        {"$${var.image}", "${var.image}"},
        {"$$${var.image}", "$${var.image}"},
        {"$x $ $$ $", "$x $ $$ $"},
        {"${var.given}", "from outside=x"},
        {"${var.chain}", "${var.image}"},
        {"${var.nothing}", NULL},
        {"${var.}", NULL},
        {"${var.image", NULL},
        {"${image}", NULL},
        {"${}", NULL},
        {"${ var.image }", NULL},
        {"${var.image.x}", NULL},
    };
    struct node section =
        parse(w, "image: {default: \"tf:1\"}\nempty: {default: \"\"}\ngiven:\n"
                 "chain: {default: \"${var.image}\", doc: not looked into}\n");
    static const char *const assignments[] = {"given=from outside=x"};
    struct variables vars;
    variables_init(&vars, w->arena, w->diags);
    variables_declare(&vars, &section);
    variables_set(&vars, assignments, 1);
    variables_check(&vars);
    assert_int_equal(diags_total(w->diags), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t before = diags_total(w->diags);
        const char *result = expand_text(w, &vars, rows[i].text);
        if (rows[i].result != NULL) {
            assert_non_null(result);
            assert_string_equal(result, rows[i].result);
            assert_int_equal(diags_total(w->diags), before);
        } else {
            assert_null(result);
            assert_int_equal(diags_total(w->diags), before + 1);
        }
    }
    variables_release(&vars);
}

static void expressions_cannot_explode(void **state)
{
    struct world *w = *state;
    struct variables vars;
    variables_init(&vars, w->arena, w->diags);
    char *big = arena_alloc(w->arena, 1 << 16);
    memset(big, 'x', (1 << 16) - 1);
    struct variable variable = {.value = big};
    map_set(&vars.map, "big", &variable);
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    for (unsigned i = 0; i < 16; i++)
        strbuf_add(&text, "${var.big}");
    assert_non_null(expand_text(w, &vars, strbuf_str(&text)));
    strbuf_add(&text, "${var.big}");
    assert_null(expand_text(w, &vars, strbuf_str(&text)));
    strbuf_release(&text);
    variables_release(&vars);
}

static void ranges_expand(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *pattern;
        size_t n;
        const char *first, *last;
    } rows[] = {
        {"esx-01.lab", 1, "esx-01.lab", "esx-01.lab"},
        {"esx-{01..04}.lab", 4, "esx-01.lab", "esx-04.lab"},
        {"esx-{8..12}", 5, "esx-8", "esx-12"},
        {"{098..101}", 4, "098", "101"},
        {"{0..0}", 1, "0", "0"},
        {"{00..00}x", 1, "00x", "00x"},
        {"r{1..3}n{01..16}", 48, "r1n01", "r3n16"},
        {"{1..10000}", 10000, "1", "10000"},
        {"{0001..9999}", 9999, "0001", "9999"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const *names;
        size_t n;
        struct err err;
        if (expand_names(rows[i].pattern, w->arena, &names, &n, &err) < 0)
            fail_msg("%s: %s", rows[i].pattern, err.message);
        assert_int_equal(n, rows[i].n);
        assert_string_equal(names[0], rows[i].first);
        assert_string_equal(names[n - 1], rows[i].last);
    }
    const char *const *names;
    size_t n;
    struct err err;
    assert_int_equal(expand_names("{1..2}{1..2}", w->arena, &names, &n, &err), 0);
    static const char *const product[] = {"11", "12", "21", "22"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(names[i], product[i]);
}

static void bad_ranges_are_refused(void **state)
{
    struct world *w = *state;
    static const char *const rows[] = {
        "",
        "{",
        "}",
        "{}",
        "{1}",
        "{1..}",
        "{..1}",
        "{1...2}",
        "{1..2",
        "1..2}",
        "{{1..2}}",
        "{2..1}",
        "{1..02}",
        "{01..002}",
        "{-1..2}",
        "{1..10001}",
        "{a..b}",
        "{1,2}",
        "{0..18446744073709551615}",
        "{1..18446744073709551616}",
        "{1..200}{1..200}",
        "{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}{1..1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const *names = NULL;
        size_t n;
        struct err err = {0};
        if (expand_names(rows[i], w->arena, &names, &n, &err) == 0)
            fail_msg("%s is accepted", rows[i]);
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(names);
    }
    struct strbuf name;
    strbuf_init(&name, 1000);
    strbuf_add_repeat(&name, 'x', 254);
    strbuf_add(&name, "{9..10}");
    const char *const *names;
    size_t n;
    struct err err;
    assert_int_equal(expand_names(strbuf_str(&name), w->arena, &names, &n, &err), -1);
    strbuf_release(&name);
}

static void paths_stay_inside(void **state UNUSED)
{
    static const char *const good[] = {"a", "a/b.sh", "..a", "a..", "a/...", "./a", "a//b"};
    static const char *const bad[] = {"/a", "..", "../a", "a/..", "a/../b", "./.."};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_null(decode_path_problem(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(decode_path_problem(bad[i]));
}

static void secrets_are_known_by_their_keys(void **state UNUSED)
{
    static const char *const yes[] = {"password",  "db_password",   "adminPassword", "TOKEN",
                                      "api-token", "client_secret", "private_key"};
    static const char *const no[] = {"passwords_file", "tokens", "secretary", "user", "",
                                     "pass",           "key"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(secret_key(yes[i]));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(secret_key(no[i]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(trees_keep_order_and_places),
        TEST(null_is_only_plain),
        TEST(aliases_share_and_keep_their_own_place),
        TEST(equal_keys_are_equal_pointers),
        TEST(limits_are_reached_exactly),
        TEST(aliases_expand_up_to_a_limit),
        TEST(aliases_count_as_deep_as_they_are),
        TEST(overlays_patch),
        TEST(places_follow_the_winner),
        TEST(expressions_are_replaced),
        TEST(expressions_cannot_explode),
        TEST(ranges_expand),
        TEST(bad_ranges_are_refused),
        TEST(paths_stay_inside),
        TEST(secrets_are_known_by_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
