/* html_page.c: see html_page.h. */
#include "html_page.h"

#include "unit.h"

#include <libxml/parser.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "base64.h"
#include "compiler.h"
#include "plan_case.h"
#include "utf8.h"

struct reader {
    struct arena *arena;
    struct html_seen *seen;
    struct strbuf shape, text;
    struct map ids;
    const char *policy;
    unsigned scripts, styles, titles;
};

/* Where a node stands. */
struct context {
    bool change, harm, list, code;
};

static const char *attr_of(const struct reader *r, xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    const char *copy = value == NULL ? NULL : arena_strdup(r->arena, (const char *)value);
    xmlFree(value);
    return copy;
}

static bool has_class(const struct reader *r, xmlNode *node, const char *class)
{
    const char *value = attr_of(r, node, "class"), *at = value;
    size_t len = strlen(class);
    while (at != NULL && (at = strstr(at, class)) != NULL) {
        if ((at == value || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
        at += len;
    }
    return false;
}

/* ---- what may be there --------------------------------------------------------------------
 */

static void check_element(const char *name)
{
    static const char *const known =
        " html head meta title style body a header main p b strong h1 h2 h3 small ul ol li dl "
        "dt "
        "dd div span code section details summary table tbody tr th td del ins i pre form "
        "label "
        "input select option button output footer script svg defs marker path rect text ";
    char word[40];
    snprintf(word, sizeof(word), " %s ", name);
    if (strstr(known, word) == NULL)
        fail_msg("an element that is not ours: %s", name);
}

/* No style, no handler of events, nothing that loads; references stay on the page. */
static void check_attr(struct reader *r, const char *element, const char *name,
                       const char *value)
{
    if (strncmp(name, "on", 2) == 0 || strcmp(name, "style") == 0 || strcmp(name, "src") == 0 ||
        strcmp(name, "srcset") == 0 || strcmp(name, "action") == 0)
        assert_string_equal(element, "form");
    if (strcmp(name, "href") == 0 && value[0] != '#')
        fail_msg("a reference that leaves the page: %s", value);
    if (strcmp(name, "id") == 0 && map_set(&r->ids, value, r) != NULL)
        fail_msg("the id %s is there twice", value);
}

static void check_hash(const struct reader *r, const char *what, const char *content)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct strbuf source;
    SHA256((const unsigned char *)content, strlen(content), digest);
    strbuf_init(&source, 200);
    strbuf_addf(&source, "%s 'sha256-", what);
    base64_encode(&source, digest, sizeof(digest));
    strbuf_add(&source, "'");
    assert_non_null(r->policy);
    if (strstr(r->policy, strbuf_str(&source)) == NULL)
        fail_msg("the policy has no %s: %s", strbuf_str(&source), r->policy);
    strbuf_release(&source);
}

/* The content as a browser takes it: raw, with what XML calls a section of characters. */
static const char *raw_content(const struct strbuf *page, struct arena *arena,
                               const char *element)
{
    const char *open = arena_printf(arena, "<%s>", element);
    const char *close = arena_printf(arena, "</%s>", element);
    const char *start = strstr(strbuf_str(page), open);
    assert_non_null(start);
    start += strlen(open);
    const char *end = strstr(start, close);
    assert_non_null(end);
    return arena_memdup(arena, start, (size_t)(end - start));
}

/* ---- the tree -----------------------------------------------------------------------------
 */

static void add_words(struct reader *r, struct map *words, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, " ,");
        if (len > 0)
            map_set(words, arena_memdup(r->arena, at, len), r->seen);
        at += len + strspn(at + len, " ,");
    }
}

static void see_text(struct reader *r, xmlNode *node, const struct context *where)
{
    const char *text = (const char *)node->content;
    strbuf_add(&r->text, text);
    if (where->list)
        add_words(r, &r->seen->listed, text);
    if (where->change && where->code)
        add_words(r, &r->seen->names, text);
    if (where->harm && where->code)
        add_words(r, &r->seen->harmful, text);
}

static void see_attrs(struct reader *r, xmlNode *node)
{
    for (xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
        const char *value = attr_of(r, node, (const char *)attr->name);
        strbuf_addf(&r->shape, " %s", (const char *)attr->name);
        check_attr(r, (const char *)node->name, (const char *)attr->name, value);
    }
}

static void see_element(struct reader *r, xmlNode *node, struct context *where)
{
    const char *name = (const char *)node->name, *id = attr_of(r, node, "id");
    check_element(name);
    strbuf_addf(&r->shape, "<%s", name);
    see_attrs(r, node);
    strbuf_add(&r->shape, ">\n");
    r->scripts += strcmp(name, "script") == 0;
    r->styles += strcmp(name, "style") == 0;
    r->titles += strcmp(name, "h1") == 0;
    const char *equiv = attr_of(r, node, "http-equiv");
    if (equiv != NULL && strcmp(equiv, "Content-Security-Policy") == 0)
        r->policy = attr_of(r, node, "content");
    if (strcmp(name, "details") == 0 && has_class(r, node, "change")) {
        size_t n = strtoul(attr_of(r, node, "data-n"), NULL, 10);
        where->change = true;
        where->harm = attr_of(r, node, "data-harm") != NULL;
        assert_int_equal(where->harm, has_class(r, node, "harmful"));
        r->seen->n_blocks++;
        r->seen->n_changes += n;
        r->seen->n_harmful += where->harm ? n : 0;
        r->seen->n_drift += attr_of(r, node, "data-drift") != NULL;
    }
    where->list = where->list || (id != NULL && strcmp(id, "disruptive") == 0);
    where->code = strcmp(name, "code") == 0;
    r->seen->n_nodes += has_class(r, node, "node");
    r->seen->n_edges += has_class(r, node, "edge");
}

static void walk(struct reader *r, xmlNode *node, struct context where)
{
    for (; node != NULL; node = node->next) {
        struct context inner = where;
        if (node->type == XML_TEXT_NODE)
            see_text(r, node, &where);
        if (node->type != XML_ELEMENT_NODE)
            continue;
        see_element(r, node, &inner);
        const char *name = (const char *)node->name;
        if (strcmp(name, "style") != 0 && strcmp(name, "script") != 0)
            walk(r, node->children, inner);
    }
}

static void check_references(const struct reader *r, const struct strbuf *page)
{
    for (const char *at = strbuf_str(page); (at = strstr(at, "href=\"#")) != NULL;) {
        at += 7;
        const char *id = arena_memdup(r->arena, at, strcspn(at, "\""));
        if (map_get(&r->ids, id) == NULL)
            fail_msg("nothing has the id %s", id);
    }
}

static void write_page(const struct strbuf *page)
{
    static unsigned number;
    const char *directory = getenv("GRIDFORM_PAGES");
    char path[4096];
    if (directory == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%04u.html", directory, ++number);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(strbuf_str(page), 1, strbuf_len(page), file), strbuf_len(page));
    assert_int_equal(fclose(file), 0);
}

void html_page_read(const struct strbuf *page, struct arena *arena, struct html_seen *seen)
{
    struct reader r = {.arena = arena, .seen = seen};
    write_page(page);
    *seen = (struct html_seen){0};
    map_init(&seen->names);
    map_init(&seen->harmful);
    map_init(&seen->listed);
    map_init(&r.ids);
    strbuf_init(&r.shape, STRBUF_MAX_OUTPUT);
    strbuf_init(&r.text, STRBUF_MAX_OUTPUT);
    xmlDoc *doc = xmlReadMemory(strbuf_str(page), (int)strbuf_len(page), "page.html", "UTF-8",
                                XML_PARSE_NONET | XML_PARSE_HUGE);
    assert_non_null(doc);
    walk(&r, xmlDocGetRootElement(doc), (struct context){0});
    xmlFreeDoc(doc);
    assert_int_equal(r.scripts, 1);
    assert_int_equal(r.styles, 1);
    assert_int_equal(r.titles, 1);
    check_hash(&r, "style-src", raw_content(page, arena, "style"));
    check_hash(&r, "script-src", raw_content(page, arena, "script"));
    assert_non_null(strstr(r.policy, "default-src 'none'"));
    check_references(&r, page);
    seen->shape = arena_strdup(arena, strbuf_str(&r.shape));
    seen->text = arena_strdup(arena, strbuf_str(&r.text));
    map_release(&r.ids);
    strbuf_release(&r.shape);
    strbuf_release(&r.text);
}

void html_seen_release(struct html_seen *seen)
{
    map_release(&seen->names);
    map_release(&seen->harmful);
    map_release(&seen->listed);
}

/* ---- words --------------------------------------------------------------------------------
 */

static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style><svg onload=alert(1)>",
    "]]>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;b&gt; &amp; &#x3c;script&#x3e; &nbsp;",
    "javascript:alert(1)",
    "a\tb\nc\rd\x01\x1b[31m\x7f",
    "\xff\xfe\xc0\x80 bytes \xed\xa0\x80 \xf5",
    "\xef\xbf\xbe \xef\xbf\xbf",
    "\xe2\x80\xae turned \xe2\x81\xa6 \xe2\x80\x8f \xd8\x9c",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "{{constructor}} ${x} %s %n",
    "\xc2\x9bm \xc2\x85 \xe2\x80\xa8 \xe2\x80\xa9",
    "@team #123 !45 ~label %m $7 &8 https://evil.example/ [x](javascript:1)",
    "``` ```` `x` | a | b | ~~~",
    "\xef\xbb\xbf\xe2\x80\x8b\xe2\x81\xa0",
    "",
    " ",
};

const char *html_page_hostile(size_t n)
{
    return n < ARRAY_LEN(hostile) ? hostile[n] : NULL;
}

void html_page_check_text(const struct strbuf *text)
{
    static const char *const deceiving[] = {
        "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xd8\x9c",     "\xc2\x85",
        "\xc2\x9b"};
    assert_int_equal(utf8_check(strbuf_str(text), strbuf_len(text)), strbuf_len(text));
    for (const char *at = strbuf_str(text); *at != '\0'; at++)
        assert_true(((unsigned char)*at >= 0x20 && *at != 0x7f) || *at == '\n' || *at == '\t');
    for (size_t i = 0; i < ARRAY_LEN(deceiving); i++)
        assert_null(strstr(strbuf_str(text), deceiving[i]));
}

/* ---- golden pages -------------------------------------------------------------------------
 */

/* The body alone: style and script are files of their own. */
static const char *body_of(struct arena *arena, const struct strbuf *page)
{
    const char *start = strstr(strbuf_str(page), "<body>");
    const char *end = strstr(strbuf_str(page), "<script>");
    assert_non_null(start);
    assert_non_null(end);
    return arena_memdup(arena, start, (size_t)(end - start));
}

void html_page_check_golden(struct arena *arena, const struct strbuf *page, const char *path)
{
    plan_case_golden(arena, path, body_of(arena, page));
}
