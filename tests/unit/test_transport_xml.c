/* test_transport_xml.c: xml.h and xml_write.h. */
#include "../harness/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "strbuf.h"
#include "xml.h"
#include "xml_write.h"

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static const struct xml_node *parse(struct arena *arena, const char *text)
{
    const struct xml_node *root = NULL;
    struct err err = {0};
    if (xml_parse(text, strlen(text), NULL, arena, &root, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return root;
}

/* ---- Refused documents ---- */

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
        unsigned flags;
    } cases[] = {
        {"", "", 0},
        {"   ", "", 0},
        {"<a>", "", 0},
        {"<a></b>", "", 0},
        {"<a/><b/>", "", 0},
        {"<a>\x01</a>", "", 0},
        {"<a>\xff</a>", "", 0},
        {"<a b=\"1\" b=\"2\"/>", "", 0},
        {"no xml", "", 0},
        {"LF", "UTF-8", 0},
        {"\xff\xfe<", "UTF-8", 0},
        {"\xfe\xff", "UTF-8", 0},
        {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe4</a>", "UTF-8", 0},
        {"<a>&foo;</a>", "", 0},
        {"<!DOCTYPE a><a/>", "document type", 0},
        {"<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x.dtd\"><a/>", "document type", 0},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "document type", 0},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "entity", XML_ALLOW_DOCTYPE},
        {"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "entity",
         XML_ALLOW_DOCTYPE},
        {"<!DOCTYPE a [<!ENTITY % x SYSTEM \"file:///etc/passwd\"> %x;]><a/>", "entity",
         XML_ALLOW_DOCTYPE},
        {"<!DOCTYPE a [<!ATTLIST a b CDATA \"c\">]><a/>", "attribute", XML_ALLOW_DOCTYPE},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>&foo;</a>", "", XML_ALLOW_DOCTYPE},
        {"<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
         "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><l>&c;</l>",
         "entity", XML_ALLOW_DOCTYPE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        const struct xml_node *root = NULL;
        struct err err = {0};
        struct xml_limits limits = {.flags = cases[i].flags};
        int rc = xml_parse(cases[i].text, strlen(cases[i].text), &limits, arena, &root, &err);
        if (rc != -1 || strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %d %s", i, rc, err.message);
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(root);
        arena_free(arena);
    }
}

static void test_doctype_can_be_allowed(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version=\"1.0\" ?>\n"
        "<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v12.dtd\">\n"
        "<nvidia_smi_log><gpu id=\"00000000:3B:00.0\"/></nvidia_smi_log>";
    struct arena *arena = arena_new();
    const struct xml_node *root = NULL;
    struct err err = {0};
    struct xml_limits limits = {.flags = XML_ALLOW_DOCTYPE};
    assert_int_equal(xml_parse(text, strlen(text), &limits, arena, &root, &err), 0);
    assert_string_equal(xml_attr(xml_child(root, "gpu"), "id"), "00000000:3B:00.0");
    arena_free(arena);
}

/* n times <a>, then n times </a>. */
static char *nested(unsigned n)
{
    char *text = calloc(n + 1, 7), *at = text;
    for (unsigned i = 0; i < n; i++, at += 3)
        memcpy(at, "<a>", 3);
    for (unsigned i = 0; i < n; i++, at += 4)
        memcpy(at, "</a>", 4);
    return text;
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        unsigned depth;
        struct xml_limits limits;
        const char *says; /* NULL = accepted */
    } cases[] = {
        {64, {0}, NULL},
        {65, {0}, "nested too deeply"},
        {100000, {0}, "nested too deeply"},
        {3, {.max_depth = 3}, NULL},
        {4, {.max_depth = 3}, "nested too deeply"},
        {250, {.max_depth = 100000}, NULL},
        {300, {.max_depth = 100000}, "nest"},
        {10, {.max_nodes = 10}, NULL},
        {10, {.max_nodes = 9}, "too many elements"},
        {10, {.max_size = 70}, NULL},
        {10, {.max_size = 69}, "larger than 69 bytes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        const struct xml_node *root = NULL;
        struct err err = {0};
        char *text = nested(cases[i].depth);
        int rc = xml_parse(text, strlen(text), &cases[i].limits, arena, &root, &err);
        bool good =
            cases[i].says == NULL ? rc == 0 : rc == -1 && strstr(err.message, cases[i].says);
        if (!good)
            fail_msg("case %zu: %d %s", i, rc, err.message);
        free(text);
        arena_free(arena);
    }
}

/* ---- Trees ---- */

static void test_tree(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct xml_node *root =
        parse(arena, "<?xml version=\"1.0\"?><r xmlns=\"urn:vim25\" xmlns:o=\"urn:o\">\n"
                     "  <obj type=\"HostSystem\" o:type=\"x\">host-21</obj>\n"
                     "  <name>a &lt;&amp;&#x41;<![CDATA[<b>]]></name><e/>\n"
                     "  <list><i>1</i><j>x</j><i>2</i></list>\n"
                     "  <o:name>other</o:name></r>");
    assert_string_equal(root->name, "r");
    assert_string_equal(root->ns, "urn:vim25");
    assert_string_equal(root->text, "");
    assert_string_equal(xml_text_at(root, "obj"), "host-21");
    assert_string_equal(xml_attr(xml_child(root, "obj"), "type"), "HostSystem");
    assert_string_equal(xml_text_at(root, "name"), "a <&A<b>");
    assert_string_equal(xml_text_at(root, "e"), "");
    assert_string_equal(xml_text_at(root, "list/i"), "1");
    assert_null(xml_text_at(root, "list/k"));
    assert_null(xml_text_at(root, "lis/i"));
    assert_null(xml_path(NULL, "a"));
    assert_int_equal(xml_count(xml_child(root, "list"), "i"), 2);
    char seen[8] = "";
    XML_EACH(it, xml_child(root, "list"), "i")
    strncat(seen, it->text, 2);
    assert_string_equal(seen, "12");
    size_t n = 0;
    XML_EACH_CHILD(it, root)
    n++;
    assert_int_equal(n, 5);
    const struct xml_node *first = xml_child(root, "name"), *second = xml_next(first);
    assert_string_equal(second->ns, "urn:o");
    assert_null(xml_next(second));
    arena_free(arena);
}

/* Prefixes are the document's own business (vsphere-api.md §1, rule 2). */
static void test_type_by_namespace(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type, *type_ns;
    } cases[] = {
        {"<v " XSI " xsi:type=\"T\" xmlns=\"urn:vim25\"/>", "T", "urn:vim25"},
        {"<v xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" "
         "XMLSchema-instance:type=\"ManagedObjectNotFound\"/>",
         "ManagedObjectNotFound", ""},
        {"<v xmlns:_XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" "
         "_XMLSchema-instance:type=\"ArrayOfString\"/>",
         "ArrayOfString", ""},
        {"<v " XSI " xmlns:q=\"http://www.w3.org/2001/XMLSchema\" xsi:type=\" q:string \"/>",
         "string", XML_NS_XSD},
        {"<v " XSI " xsi:type=\"nope:string\"/>", "string", ""},
        {"<v type=\"T\"/>", NULL, ""},
        {"<v xmlns:xsi=\"urn:not-it\" xsi:type=\"T\"/>", NULL, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        const struct xml_node *root = parse(arena, cases[i].text);
        if (cases[i].type == NULL)
            assert_null(root->type);
        else
            assert_true(xml_is_type(root, cases[i].type));
        assert_string_equal(root->type_ns, cases[i].type_ns);
        arena_free(arena);
    }
}

/* A prefix means what the innermost declaration says, and nothing after its element. */
static void test_prefix_scope(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct xml_node *root =
        parse(arena, "<r " XSI " xmlns:p=\"urn:one\"><a xmlns:p=\"urn:two\" xsi:type=\"p:T\"/>"
                     "<b xsi:type=\"p:T\"/></r>");
    assert_string_equal(xml_child(root, "a")->type_ns, "urn:two");
    assert_string_equal(xml_child(root, "b")->type_ns, "urn:one");
    arena_free(arena);
}

static void test_array_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct xml_node *val =
        parse(arena, "<val " XSI " xsi:type=\"ArrayOfManagedObjectReference\">"
                     "<ManagedObjectReference type=\"VirtualMachine\">vm-1"
                     "</ManagedObjectReference><ManagedObjectReference type=\"VirtualMachine\">"
                     "vm-2</ManagedObjectReference></val>");
    assert_true(xml_is_type(val, "ArrayOfManagedObjectReference"));
    assert_int_equal(xml_count(val, "ManagedObjectReference"), 2);
    assert_string_equal(val->children->text, "vm-1");
    assert_string_equal(val->children->next->text, "vm-2");
    arena_free(arena);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t value;
    } ints[] = {{"<v>42</v>", 0, 42},
                {"<v> -32634\n</v>", 0, -32634},
                {"<v>9223372036854775807</v>", 0, INT64_MAX},
                {"<v>9223372036854775808</v>", -1, 0},
                {"<v></v>", -1, 0},
                {"<v>4 2</v>", -1, 0},
                {"<v>0000000000000000000000000000000000000000000001</v>", -1, 0},
                {"<v><x>1</x></v>", -1, 0}};
    static const struct {
        const char *text;
        int rc;
        bool value;
    } bools[] = {{"<v>true</v>", 0, true},   {"<v>0</v>", 0, false},     {"<v>1</v>", 0, true},
                 {"<v>false</v>", 0, false}, {"<v>True</v>", -1, false}, {"<v/>", -1, false}};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        int64_t value = 0;
        assert_int_equal(xml_i64(parse(arena, ints[i].text), &value), ints[i].rc);
        assert_int_equal(value, ints[i].value);
    }
    for (size_t i = 0; i < sizeof(bools) / sizeof(bools[0]); i++) {
        bool value = false;
        assert_int_equal(xml_bool(parse(arena, bools[i].text), &value), bools[i].rc);
        assert_int_equal(value, bools[i].value);
    }
    int32_t small = 7;
    assert_int_equal(xml_i32(parse(arena, "<v>2147483648</v>"), &small), -1);
    assert_int_equal(small, 7);
    assert_int_equal(xml_i32(parse(arena, "<v>-2147483648</v>"), &small), 0);
    assert_int_equal(small, INT32_MIN);
    assert_int_equal(xml_i64(NULL, &(int64_t){0}), -1);
    arena_free(arena);
}

/* ---- Streams ---- */

struct counted {
    size_t n;
    int64_t sum;
    size_t fail_at;
    char token[16];
};

static int count_object(void *context, const struct xml_node *node, struct err *err)
{
    struct counted *c = context;
    int64_t value = 0;
    if (strcmp(node->name, "token") == 0) {
        snprintf(c->token, sizeof(c->token), "%s", node->text);
        return 0;
    }
    if (c->fail_at != 0 && c->n + 1 == c->fail_at)
        return err_set(err, ERR_CONFLICT, "object %zu", c->n);
    assert_string_equal(node->name, "objects");
    assert_string_equal(node->ns, "urn:vim25");
    assert_int_equal(xml_i64(xml_path(node, "propSet/val"), &value), 0);
    assert_string_equal(xml_path(node, "propSet/val")->type, "int");
    assert_string_equal(xml_path(node, "propSet/val")->type_ns, XML_NS_XSD);
    c->n++;
    c->sum += value;
    return 0;
}

static void make_objects(struct strbuf *out, size_t n)
{
    strbuf_add(out, "<Envelope " XSI " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><Body>"
                    "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>");
    for (size_t i = 0; i < n; i++)
        strbuf_addf(out,
                    "<objects><obj type=\"VirtualMachine\">vm-%zu</obj><propSet><name>n</name>"
                    "<val xsi:type=\"xsd:int\">%zu</val></propSet>"
                    "<propSet><token>no</token></propSet></objects>",
                    i, i);
    strbuf_add(out, "<token>7</token></returnval></RetrievePropertiesExResponse></Body>"
                    "</Envelope>");
}

/* Feed text in pieces of the given size; the result of the first failure, or of the end. */
static int feed(struct counted *counted, const struct strbuf *text, size_t len, size_t piece,
                struct err *err)
{
    static const char *const names[] = {"objects", "token", NULL};
    struct xml_stream_options options = {.names = names,
                                         .element = count_object,
                                         .context = counted,
                                         .limits = {.max_nodes = 20}};
    struct xml_stream *stream = xml_stream_new(&options);
    int rc = 0;
    for (size_t at = 0; at < len && rc == 0; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        rc = xml_stream_feed(stream, strbuf_str(text) + at, n, err);
    }
    if (rc == 0)
        rc = xml_stream_end(stream, err);
    if (rc == 0)
        assert_string_equal(xml_stream_root(stream), "Envelope");
    xml_stream_free(stream);
    return rc;
}

static void test_stream_of_10000(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    make_objects(&text, 10000);
    static const size_t pieces[] = {1 << 30, 65536, 4096, 999};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct counted c = {0};
        struct err err = {0};
        if (feed(&c, &text, strbuf_len(&text), pieces[i], &err) < 0)
            fail_msg("%s", err.message);
        assert_int_equal(c.n, 10000);
        assert_int_equal(c.sum, 49995000);
        assert_string_equal(c.token, "7");
    }
    strbuf_release(&text);
}

/* However the answer is cut into pieces, and wherever it ends early. */
static void test_stream_cuts(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    make_objects(&text, 3);
    for (size_t piece = 1; piece < 64; piece++) {
        struct counted c = {0};
        struct err err = {0};
        assert_int_equal(feed(&c, &text, strbuf_len(&text), piece, &err), 0);
        assert_int_equal(c.n, 3);
    }
    for (size_t len = 0; len < strbuf_len(&text); len++) {
        struct counted c = {0};
        struct err err = {0};
        assert_int_equal(feed(&c, &text, len, 10, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    struct counted c = {.fail_at = 2};
    struct err err = {0};
    assert_int_equal(feed(&c, &text, strbuf_len(&text), 10000, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.message, "object 1");
    strbuf_release(&text);
}

static void test_stream_element_limit(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, 100000);
    strbuf_add(&text, "<r><objects>");
    for (int i = 0; i < 20; i++)
        strbuf_add(&text, "<a/>");
    strbuf_add(&text, "</objects></r>");
    struct counted c = {0};
    struct err err = {0};
    assert_int_equal(feed(&c, &text, strbuf_len(&text), 7, &err), -1);
    assert_non_null(strstr(err.message, "too many elements"));
    strbuf_release(&text);
}

/* ---- Writer ---- */

static void test_writer(void **state)
{
    (void)state;
    struct strbuf out;
    struct xml_writer w;
    struct err err = {0};
    strbuf_init(&out, 10000);
    xml_write_init(&w, &out);
    xml_write_open(&w, "spec");
    xml_write_attr_type(&w, "VirtualMachineConfigSpec");
    xml_write_text_element(&w, "name", "a<b>&\"c\" \xc3\xa9\r\n");
    xml_write_text_element(&w, "empty", "");
    xml_write_i64(&w, "n", INT64_MIN);
    xml_write_bool(&w, "yes", true);
    xml_write_ref(&w, "host", "HostSystem", "host-\"1\"");
    xml_write_any(&w, "value", "xsd:string", "TRUE");
    xml_write_open(&w, "attr");
    xml_write_attr(&w, "a", "\"<\n\t>");
    xml_write_close(&w);
    xml_write_close(&w);
    assert_int_equal(xml_write_finish(&w, &err), 0);
    assert_string_equal(strbuf_str(&out),
                        "<spec xsi:type=\"VirtualMachineConfigSpec\">"
                        "<name>a&lt;b&gt;&amp;\"c\" \xc3\xa9&#13;\n</name><empty/>"
                        "<n>-9223372036854775808</n><yes>true</yes>"
                        "<host type=\"HostSystem\">host-\"1\"</host>"
                        "<value xsi:type=\"xsd:string\">TRUE</value>"
                        "<attr a=\"&quot;&lt;&#10;&#9;&gt;\"/></spec>");
    strbuf_release(&out);
}

/* What goes in comes out of a reader unchanged, or is refused: every byte, in text and in an
 * attribute, and some sequences. */
static void test_writer_round_trip(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 256 + 6; i++) {
        static const char *const more[] = {"\xed\xa0\x80",     "\xc0\x80",
                                           "\xef\xbf\xbf",     "\xf4\x90\x80\x80",
                                           "\xf0\x9f\x98\x80", "]]>"};
        char one[] = {(char)i, '\0'};
        const char *value = i < 256 ? one : more[i - 256];
        struct strbuf out;
        struct xml_writer w;
        struct err err = {0};
        strbuf_init(&out, 10000);
        xml_write_init(&w, &out);
        xml_write_open(&w, "r");
        xml_write_attr(&w, "a", value);
        xml_write_text(&w, value);
        xml_write_close(&w);
        bool legal = i >= 256 ? i >= 260
                              : i < 0x80 && (i >= 0x20 || i == '\t' || i == '\n' || i == '\r');
        assert_int_equal(xml_write_finish(&w, &err), legal ? 0 : -1);
        if (legal) {
            struct arena *arena = arena_new();
            const struct xml_node *root = parse(arena, strbuf_str(&out));
            assert_string_equal(root->text, value);
            assert_string_equal(xml_attr(root, "a"), value);
            arena_free(arena);
        } else {
            assert_int_equal(err.code, ERR_INVALID);
            assert_non_null(strstr(err.message, "the value of a "));
        }
        strbuf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_doctype_can_be_allowed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_type_by_namespace),
        cmocka_unit_test(test_prefix_scope),
        cmocka_unit_test(test_array_of),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_stream_of_10000),
        cmocka_unit_test(test_stream_cuts),
        cmocka_unit_test(test_stream_element_limit),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_round_trip),
    };
    return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
