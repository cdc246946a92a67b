/* vim25_read.c: RetrieveProperties, RetrievePropertiesEx and its pages (vsphere-api.md §4.1,
 * §14.4: the server pages by its own policy too). */
#include <string.h>

#include "num.h"
#include "vim25_reading.h"

enum { PAGE_OBJECTS = 100, PAGES_MAX = 100 };

/* What did not fit: ready <objects> elements. A token is good once. */
struct page {
    struct arena *arena;
    char *token;
    const char **objects;
    size_t n, at, size; /* size of a page */
};

static void write_content(const struct reading *reading, const char *element,
                          struct strbuf *out)
{
    strbuf_addf(out, "<%s><obj type=\"%s\">", element, reading->type);
    xml_text(reading->id, out);
    strbuf_add(out, "</obj>");
    for (int missing = 0; missing < 2; missing++) {
        VEC_EACH (const struct read_value, it, reading->values) {
            if (it->missing != (missing == 1))
                continue;
            strbuf_add(out, missing ? "<missingSet><path>" : "<propSet><name>");
            xml_text(it->path, out);
            strbuf_add(out, missing ? "</path>" : "</name>");
            strbuf_add(out, it->xml);
            strbuf_add(out, missing ? "</missingSet>" : "</propSet>");
        }
    }
    strbuf_addf(out, "</%s>", element);
}

static int not_found(struct call *call, const struct start *start)
{
    call_fault(call, "ManagedObjectNotFound",
               "The object '%s:%s' has already been deleted or has not been completely created",
               start->type, start->id);
    val_ref(&call->b, call->fault, "obj", start->type, start->id);
    return -1;
}

static int collect(struct call *call, struct readings *ret)
{
    for (xmlNode *it = arg_node(call, "specSet"); it != NULL; it = node_next(it)) {
        struct read_spec spec = {0};
        if (read_spec_parse(call, call->arena, it, &spec) < 0)
            return -1;
        read_spec_run(call, &spec, call->arena, ret);
        if (ret->missing.n > 0 && !spec.report_missing)
            return not_found(call, ret->missing.items[0]);
    }
    return 0;
}

static int run_retrieve(struct call *call)
{
    struct readings readings = {0};
    struct strbuf out;
    if (collect(call, &readings) < 0)
        return -1;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    VEC_EACH (struct reading *, it, readings.items)
        write_content(*it, "returnval", &out);
    call->raw_result = arena_strdup(call->arena, strbuf_str(&out));
    strbuf_release(&out);
    return 0;
}

/* ---- pages
 * ------------------------------------------------------------------------------------ */

void pages_free(struct session *session)
{
    VEC_EACH (struct page *, it, session->pages)
        arena_free((*it)->arena);
    session->pages.n = 0;
}

static void drop_page(struct session *session, size_t i)
{
    arena_free(session->pages.items[i]->arena);
    for (; i + 1 < session->pages.n; i++)
        session->pages.items[i] = session->pages.items[i + 1];
    session->pages.n--;
}

static void answer(struct call *call, struct page *page)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    strbuf_add(&out, "<returnval>");
    size_t end = page->n - page->at > page->size ? page->at + page->size : page->n;
    if (end < page->n)
        strbuf_addf(&out, "<token>%s</token>", page->token);
    for (; page->at < end; page->at++)
        strbuf_add(&out, page->objects[page->at]);
    strbuf_add(&out, "</returnval>");
    call->raw_result = arena_strdup(call->arena, strbuf_str(&out));
    strbuf_release(&out);
}

static struct page *page_new(struct call *call, const struct readings *readings)
{
    struct arena *arena = arena_new();
    struct page *page = ARENA_NEW(arena, struct page);
    struct strbuf text;
    int64_t size = node_number(node_child(arg_node(call, "options"), "maxObjects"), 0);
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    page->arena = arena;
    page->n = readings->items.n;
    page->size = size > 0 && size < PAGE_OBJECTS ? (size_t)size : PAGE_OBJECTS;
    page->objects = ARENA_ARRAY(arena, page->n + 1, const char *);
    for (size_t i = 0; i < page->n; i++) {
        strbuf_clear(&text);
        write_content(readings->items.items[i], "objects", &text);
        page->objects[i] = arena_strdup(arena, strbuf_str(&text));
    }
    strbuf_release(&text);
    return page;
}

/* Keep what is left, under a new token. */
static void keep_or_drop(struct call *call, struct page *page)
{
    struct session *session = call->session;
    if (page->at >= page->n || session == NULL) {
        arena_free(page->arena);
        return;
    }
    if (session->pages.n >= PAGES_MAX)
        drop_page(session, 0);
    VEC_PUSH(session->arena, &session->pages, page);
}

static void next_token(struct call *call, struct page *page)
{
    unsigned number = call->session == NULL ? 0 : call->session->next_id++;
    page->token = arena_printf(page->arena, "%u", number);
}

static int run_retrieve_ex(struct call *call)
{
    struct readings readings = {0};
    if (collect(call, &readings) < 0)
        return -1;
    if (readings.items.n == 0)
        return 0;
    struct page *page = page_new(call, &readings);
    next_token(call, page);
    answer(call, page);
    keep_or_drop(call, page);
    return 0;
}

static struct page *find_page(struct call *call, size_t *ret_i)
{
    const char *token = arg_text(call, "token");
    for (size_t i = 0; i < call->session->pages.n; i++)
        if (strcmp(call->session->pages.items[i]->token, token) == 0) {
            *ret_i = i;
            return call->session->pages.items[i];
        }
    call_invalid(call, "token", "The token is unknown or was used.");
    return NULL;
}

static int run_continue(struct call *call)
{
    size_t i;
    struct page *page = find_page(call, &i);
    if (page == NULL)
        return -1;
    next_token(call, page);
    answer(call, page);
    if (page->at >= page->n)
        drop_page(call->session, i);
    return 0;
}

static int run_cancel(struct call *call)
{
    size_t i;
    if (find_page(call, &i) == NULL)
        return -1;
    drop_page(call->session, i);
    return 0;
}

const struct handler read_handlers[] = {
    {"RetrieveProperties", CALL_ANONYMOUS, run_retrieve},
    {"RetrievePropertiesEx", CALL_ANONYMOUS, run_retrieve_ex},
    {"ContinueRetrievePropertiesEx", 0, run_continue},
    {"CancelRetrievePropertiesEx", 0, run_cancel},
    {0},
};
