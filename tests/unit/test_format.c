/* test_format.c: the layout of manifest files: a table of cases, then laws over generated
 * files: no file that can be read is refused, and a second pass changes nothing. That meaning
 * and comments survive is checked by the formatter itself; contract/commands/check_fmt.py lets
 * PyYAML judge that from outside.
 */
#include "../harness/unit.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "compiler.h"
#include "diag.h"
#include "err.h"
#include "format.h"
#include "strbuf.h"
#include "yamldoc.h"

static const char *formatted(struct arena *arena, const char *text, struct err *err)
{
    struct diags *diags = diags_new(arena);
    struct yamldoc_source source = {
        .file = "x.yaml", .text = text, .size = strlen(text), .diags = diags};
    const char *out = NULL;
    size_t size = 0;
    if (format_yaml(&source, arena, &out, &size, err) < 0) {
        struct strbuf found;
        strbuf_init(&found, STRBUF_MAX_OUTPUT);
        diags_render(diags, false, &found);
        if (err->code == ERR_NONE)
            (void)err_set(err, ERR_INVALID, "%s", strbuf_str(&found));
        strbuf_release(&found);
        return NULL;
    }
    assert_int_equal(strlen(out), size);
    return out;
}

static void check(const char *text, const char *expected)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct err err = {0};
    const char *once = formatted(arena, text, &err);
    if (once == NULL)
        fail_msg("refused: %s\n%s", err.message, text);
    if (strcmp(once, expected) != 0)
        fail_msg("expected:\n%s\nfound:\n%s", expected, once);
    const char *twice = formatted(arena, once, &err);
    if (twice == NULL || strcmp(once, twice) != 0)
        fail_msg("a second pass makes:\n%s\nof:\n%s", twice == NULL ? err.message : twice,
                 once);
}

static const struct {
    const char *text, *expected;
} cases[] = {
    {"", ""},
    {"\n\n", ""},
    {"# only\n\n\n# words", "# only\n\n# words\n"},
    {"\xef\xbb\xbf"
     "a: 1\r\nb: 2\r\n",
     "a: 1\nb: 2\n"},
    {"a:   1  \nb :   2", "a: 1\nb: 2\n"},
    {"\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"},
    {"a:\n    b:\n         c: 1\n    d: 2\n", "a:\n  b:\n    c: 1\n  d: 2\n"},
    {"   a: 1\n   b: 2\n", "a: 1\nb: 2\n"},
    /* lists */
    {"a:\n- x\n- y\nb: 1\n", "a:\n  - x\n  - y\nb: 1\n"},
    {"a:\n     -   x: 1\n         y: 2\n     -   z\n", "a:\n  - x: 1\n    y: 2\n  - z\n"},
    {"a:\n- b:\n  - c\n  d: 1\n- e\n", "a:\n  - b:\n      - c\n    d: 1\n  - e\n"},
    {"-\n    a: 1\n    b: 2\n- - x\n  -   y\n", "- a: 1\n  b: 2\n- - x\n  - y\n"},
    {"a:\n  -\n  - 1\n  -\n", "a:\n  -\n  - 1\n  -\n"},
    /* flow collections */
    {"a: {b: 1,c: 2}\n", "a: { b: 1, c: 2 }\n"},
    {"a: [ x,y , z ]\nb: {   }\nc: [ ]\n", "a: [x, y, z]\nb: {}\nc: []\n"},
    {"to: [ {group: x} ]\n", "to: [{ group: x }]\n"},
    {"a: {b: , c: }\n", "a: { b: , c: }\n"},
    {"a: {\"b\":1}\n", "a: { \"b\": 1 }\n"},
    {"a: [\n x,\n     y\n   ]\n", "a: [\n  x,\n  y\n]\n"},
    {"a:\n   b: {\n x: [1,\n 2],\n\n\n # why\n y: 3 }\n",
     "a:\n  b: {\n    x: [1,\n      2],\n\n    # why\n    y: 3 }\n"},
    {"- [a,\nb\n]\n", "- [a,\n    b\n  ]\n"},
    {"a: [x, # one\ny, # two\n]\n", "a: [x,  # one\n  y,    # two\n]\n"},
    {"a: {\"b\":-}\n", "a: { \"b\": -}\n"},
    {"a: [p: 1, q]\n", "a: [p: 1, q]\n"},
    /* quotes and numbers are not ours to change */
    {"a:  'x'\nb: \"y\\n\"\nc: 0x1F\n'd':  1.0\n", "a: 'x'\nb: \"y\\n\"\nc: 0x1F\n'd': 1.0\n"},
    /* what stands on a line of its own stays there */
    {"a:\n      a long text\n", "a:\n  a long text\n"},
    {"a:\n    [x]\n", "a:\n  [x]\n"},
    /* long plain and quoted scalars move as they are */
    {"a:\n      b: one\n        two\n\n          three\n",
     "a:\n  b: one\n    two\n\n      three\n"},
    {"a:\n      b: \"one\n two\n\n        three\"\n",
     "a:\n  b: \"one\n    two\n\n    three\"\n"},
    {"a:\n- one\n two\n", "a:\n  - one\n   two\n"},
    /* literal and folded scalars */
    {"a:\n    b: |\n        x\n          y\n\n        z\n\n\n    c: 1\n",
     "a:\n  b: |\n    x\n      y\n\n    z\n\n  c: 1\n"},
    {"a: |+\n   x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"},
    {"a: |+\n   x\n\n\n", "a: |+\n  x\n\n\n"},
    {"a: >-   # folded\n   x\n   y", "a: >-  # folded\n  x\n  y\n"},
    {"a: |\n   x", "a: |\n  x"},
    {"a:\n    b: |1\n       x\n     y\n", "a:\n  b: |1\n     x\n   y\n"},
    {"a: |\n   x  \n   \ty\n      \n", "a: |\n  x  \n  \ty\n     \n"},
    {"a: |\n  # no comment\n# a comment\nb: 1\n", "a: |\n  # no comment\n# a comment\nb: 1\n"},
    {"a: |\n      \n  \nb: 1\n", "a: |\n\nb: 1\n"},
    {"a: |\nb: |-\n\n\nc: 1\n", "a: |\nb: |-\n\nc: 1\n"},
    /* comments */
    {"a: 1 # x\nb: 22    # y\n\nc: 1 # z\n", "a: 1   # x\nb: 22  # y\n\nc: 1  # z\n"},
    {"\xc3\xa4: 1 # x\nbb: 2 # y\n", "\xc3\xa4: 1   # x\nbb: 2  # y\n"},
    {"a:   # x\n     b: 1\n", "a:  # x\n  b: 1\n"},
    {"a: # x\n - b\n", "a:  # x\n  - b\n"},
    {"a: # x\n     b\n", "a:  # x\n  b\n"},
    {"- # x\n  a: 1\n", "-  # x\n  a: 1\n"},
    {"a:\n# of b\n    b: 1\n    # last of a\n  # next\n# of c\nc: 1\n",
     "a:\n  # of b\n  b: 1\n  # last of a\n# next\n# of c\nc: 1\n"},
    {"a:\n- x\n# of b\nb: 1\n", "a:\n  - x\n# of b\nb: 1\n"},
    {"a:\n    # nothing yet\nb: 1\n", "a:\n  # nothing yet\nb: 1\n"},
    {"a:\n    b: 1\n\n\n\n    # end\n", "a:\n  b: 1\n\n  # end\n"},
    {"#x\t \na: 1\n", "#x\na: 1\n"},
    {"a: x#y\nb: \"# no\" # yes\n", "a: x#y\nb: \"# no\"  # yes\n"},
    /* anchors, and what frames a document */
    {"a: &x  { b: 1 }\nc:   *x\n", "a: &x { b: 1 }\nc: *x\n"},
    {"a: &x\n    b: 1\nc: [*x ,&y z]\n", "a: &x\n  b: 1\nc: [*x, &y z]\n"},
    {"a:\n- &x\n  b: 1\n- *x\n", "a:\n  - &x\n    b: 1\n  - *x\n"},
    {"%YAML 1.1   # why\n---   # start\na: 1\n...\n",
     "%YAML 1.1  # why\n---        # start\na: 1\n...\n"},
};

static void test_cases(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check(cases[i].text, cases[i].expected);
}

static const struct {
    const char *text, *message;
} refused[] = {
    {"a: [1\nb: 2\n", "x.yaml:2:2: error: did not find expected ',' or ']'"},
    {"a: 1\na: 2\n", "x.yaml:2:1: error: \"a\" is given twice"},
    {"a: 1\n---\nb: 1\n", "x.yaml:2:1: error: only one document per file"},
    {"a:\n\t- b\n", "x.yaml:2:1: error: a tab cannot indent"},
    {"a: \xff\n", "x.yaml:1:4: error: the byte 0xff is not UTF-8"},
    {"a: |+\n  x\n\n\xef\xbb\xbf\nb: 1\n",
     "x.yaml:4:1: error: a byte-order mark within the file"},
    {"a:\n  ? b\n  : c\n", "x.yaml:2:3: error: a key that is led by ? has no layout"},
};

static void test_refused(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct err err = {0};
        assert_null(formatted(arena, refused[i].text, &err));
        if (strncmp(err.message, refused[i].message, strlen(refused[i].message)) != 0)
            fail_msg("expected: %s\nfound: %s", refused[i].message, err.message);
    }
}

/* ---- generated files ----------------------------------------------------------------------
 */

struct maker {
    struct strbuf text;
    uint64_t seed;
    unsigned names, comments, anchors;
};

static unsigned pick(struct maker *m, unsigned n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->seed >> 33) % n;
}

static void blanks(struct maker *m, unsigned most)
{
    strbuf_add_repeat(&m->text, ' ', pick(m, most + 1));
}

/* The end of a line, with whatever people leave between lines. */
static void line_end(struct maker *m)
{
    if (pick(m, 5) == 0)
        strbuf_addf(&m->text, " %*s# c%u: 'x' \"%s", (int)pick(m, 9), "", m->comments++,
                    pick(m, 2) ? "\xe4\xb8\xad" : "- a");
    blanks(m, 1);
    strbuf_add(&m->text, pick(m, 20) == 0 ? "\r\n" : "\n");
    while (pick(m, 5) == 0) {
        blanks(m, 7);
        if (pick(m, 2) == 0)
            strbuf_addf(&m->text, "#%u |  ", m->comments++);
        strbuf_add_char(&m->text, '\n');
    }
}

static void flow(struct maker *m, unsigned depth, size_t indent);

static void flow_break(struct maker *m, size_t indent)
{
    if (pick(m, 4) == 0) {
        line_end(m);
        strbuf_add_repeat(&m->text, ' ', indent + 1 + pick(m, 4));
    } else {
        blanks(m, 2);
    }
}

static void flow_item(struct maker *m, unsigned depth, size_t indent)
{
    static const char *const words[] = {
        "x", "'it''s'", "\"a\\tb\"", "16 GiB", "\xf0\x9f\x98\x80", "http://x", "~", "\"\""};
    if (depth > 0 && pick(m, 4) == 0)
        flow(m, depth - 1, indent);
    else
        strbuf_add(&m->text, words[pick(m, ARRAY_LEN(words))]);
}

static void flow(struct maker *m, unsigned depth, size_t indent)
{
    bool map = pick(m, 2) == 0;
    unsigned n = pick(m, 4);
    strbuf_add_char(&m->text, map ? '{' : '[');
    flow_break(m, indent);
    for (unsigned i = 0; i < n; i++) {
        if (map)
            strbuf_addf(&m->text, "k%u: ", m->names++);
        if (!map || pick(m, 6) > 0)
            flow_item(m, depth, indent);
        flow_break(m, indent);
        if (i + 1 < n || pick(m, 4) == 0)
            strbuf_add_char(&m->text, ',');
        flow_break(m, indent);
    }
    strbuf_add_char(&m->text, map ? '}' : ']');
}

static void block_scalar(struct maker *m, size_t indent)
{
    static const char *const headers[] = {"|", ">", "|-", ">-", "|+", ">+"};
    static const char *const lines[] = {
        "",      "x",      "  deeper",   "# no comment",
        "\ttab", "- a: [", "trailing  ", "\xe4\xb8\xad\xe6\x96\x87"};
    strbuf_add(&m->text, headers[pick(m, ARRAY_LEN(headers))]);
    unsigned step = 1 + pick(m, 4), n = pick(m, 6);
    if (pick(m, 4) == 0)
        strbuf_addf(&m->text, "%u", step);
    strbuf_add(&m->text, pick(m, 5) == 0 ? "  # of the block\n" : "\n");
    for (unsigned i = 0; i < n; i++) {
        const char *line = i == 0 ? "first" : lines[pick(m, ARRAY_LEN(lines))];
        strbuf_add_repeat(&m->text, ' ', *line == '\0' ? 0 : indent + step);
        strbuf_addf(&m->text, "%s\n", line);
    }
}

static void long_scalar(struct maker *m, size_t indent)
{
    static const char *const quotes[] = {"", "'", "\""};
    const char *quote = quotes[pick(m, 3)];
    strbuf_addf(&m->text, "%sone", quote);
    for (unsigned n = 1 + pick(m, 3); n > 0; n--) {
        strbuf_add(&m->text, pick(m, 3) == 0 ? "\n  \n" : "\n");
        strbuf_add_repeat(&m->text, ' ', indent + 1 + pick(m, 5));
        strbuf_add(&m->text, "more");
    }
    strbuf_add(&m->text, quote);
    line_end(m);
}

static void collection(struct maker *m, unsigned depth, size_t indent);

static void value(struct maker *m, unsigned depth, size_t indent, bool key)
{
    if (pick(m, 8) == 0)
        strbuf_addf(&m->text, " &a%u", m->anchors++);
    else if (m->anchors > 3 && pick(m, 10) == 0) {
        strbuf_addf(&m->text, " *a%u", pick(m, 2)); /* the first two are scalars by then */
        line_end(m);
        return;
    }
    unsigned kind = pick(m, depth == 0 ? 5 : 8);
    if (kind >= 5) {
        line_end(m);
        collection(m, depth - 1, indent + (key && pick(m, 3) == 0 ? 0 : 1 + pick(m, 4)));
        return;
    }
    strbuf_add_char(&m->text, ' ');
    if (kind == 0)
        block_scalar(m, indent);
    else if (kind == 1)
        long_scalar(m, indent);
    else {
        if (kind == 2)
            flow(m, 3, indent);
        else
            flow_item(m, 0, indent);
        line_end(m);
    }
}

/* indent may be that of the key above, which only a list may have. */
static void collection(struct maker *m, unsigned depth, size_t indent)
{
    unsigned n = 1 + pick(m, 4);
    bool map = m->text.len == 0 || pick(m, 2) == 0;
    size_t line = indent + (map && m->text.len > 0 ? 1 : 0);
    for (unsigned i = 0; i < n; i++) {
        strbuf_add_repeat(&m->text, ' ', line);
        if (map)
            strbuf_addf(&m->text, "key%u:", m->names++);
        else
            strbuf_add_char(&m->text, '-');
        if (pick(m, 9) == 0)
            line_end(m);
        else
            value(m, depth, line, map);
    }
}

static void test_generated(void **state UNUSED)
{
    size_t changed = 0, refusals = 0;
    for (unsigned i = 0; i < 4000; i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct maker m = {.seed = i + 1};
        struct err err = {0};
        strbuf_init(&m.text, STRBUF_MAX_OUTPUT);
        collection(&m, 4, 0);
        const char *once = formatted(arena, strbuf_str(&m.text), &err);
        const char *twice = once == NULL ? NULL : formatted(arena, once, &err);
        if (once == NULL && err.code == ERR_INVALID)
            refusals++; /* an alias before its anchor, or an odd carriage return */
        else if (twice == NULL)
            fail_msg("%s of:\n%s", err.message, once == NULL ? strbuf_str(&m.text) : once);
        else if (strcmp(once, twice) != 0)
            fail_msg("file %u: a second pass makes:\n%s\nof:\n%s", i, twice, once);
        changed += once != NULL && strcmp(once, strbuf_str(&m.text)) != 0;
        strbuf_release(&m.text);
    }
    assert_in_range(refusals, 0, 400); /* nearly all of them say something */
    assert_in_range(changed, 3000, 4000);
}

/* Bytes that move nothing else: taken out or put in one by one. */
static void test_mutated(void **state UNUSED)
{
    static const char odd[] = " \n#:-,[]{}'\"|>&*?%\t\r";
    static const char text[] = "# head\na: &x { b: [1, 2], c: \"q\" } # t\nd:\n- e: |\n    s\n"
                               "  # f\n- 'g\n  h'\n\n# i\nj: *x\n";
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        for (size_t o = 0; o < sizeof(odd); o++) {
            struct arena *arena CLEANUP(arena_freep) = arena_new();
            struct err err = {0};
            char *copy =
                arena_printf(arena, "%.*s%.1s%s", (int)at, text, odd + o, text + at + (o % 2));
            const char *once = formatted(arena, copy, &err);
            if (once == NULL && err.code == ERR_INVALID)
                continue;
            const char *twice = once == NULL ? NULL : formatted(arena, once, &err);
            if (twice == NULL || strcmp(once, twice) != 0)
                fail_msg("%s\nof:\n%s\nonce:\n%s", err.message, copy, once == NULL ? "" : once);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_mutated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
