/* list.c: whole lists (vra7-api.md §2.1, §2.2). */
#include "vra7.h"

#include <string.h>

#include "map.h"
#include "url.h"

enum { PAGE_SIZE = 1000, MAX_PAGES = 200, MAX_ELEMENTS = 100000, MAX_ATTEMPTS = 4 };

/* One pass over all pages. */
struct pass {
    struct session *session;
    const char *path;
    json_t *array;
    struct map ids;
    bool repeated;        /* an id came twice */
    json_int_t announced; /* totalElements of the last page; -1: none was told */
};

static void list_path(const char *path, unsigned page, struct strbuf *out)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", page);
    strbuf_add(out, path);
    url_add_query(out, "page", number);
    snprintf(number, sizeof(number), "%d", PAGE_SIZE);
    url_add_query(out, "limit", number);
    url_add_query(out, "$orderby", "name asc");
}

static void take_elements(struct pass *pass, const json_t *content)
{
    size_t i;
    json_t *each;
    json_array_foreach(content, i, each)
    {
        const char *id = vra_text(each, "id");
        if (id != NULL && map_get(&pass->ids, id) != NULL) {
            pass->repeated = true;
            continue;
        }
        json_array_append(pass->array, each);
        if (id != NULL)
            map_set(&pass->ids, id, each);
    }
}

static int read_page(struct pass *pass, unsigned page, bool *ret_last, struct err *err)
{
    struct strbuf path;
    strbuf_init(&path, STRBUF_MAX_OUTPUT);
    list_path(pass->path, page, &path);
    const struct rest_request request = {.path = strbuf_str(&path)};
    struct rest_reply reply;
    rest_reply_init(&reply);
    int ret = vra_call(pass->session, &request, &reply, err);
    const json_t *content = json_object_get(reply.body, "content");
    if (json_is_array(reply.body))
        content = reply.body;
    if (ret == 0 && !json_is_array(content))
        ret = err_set(err, ERR_INVALID, "GET %s: the answer is no list", pass->path);
    if (ret == 0) {
        take_elements(pass, content);
        const json_t *metadata = json_object_get(reply.body, "metadata");
        const json_t *total = json_object_get(metadata, "totalElements");
        const json_t *pages = json_object_get(metadata, "totalPages");
        pass->announced = json_is_integer(total) ? json_integer_value(total) : -1;
        *ret_last = json_array_size(content) == 0 || !json_is_integer(pages) ||
                    page >= json_integer_value(pages);
    }
    rest_reply_release(&reply);
    strbuf_release(&path);
    return ret;
}

static int read_pages(struct pass *pass, struct err *err)
{
    bool last = false;
    for (unsigned page = 1; !last; page++) {
        if (page > MAX_PAGES || json_array_size(pass->array) > MAX_ELEMENTS)
            return err_set(err, ERR_INVALID, "GET %s: the list is longer than %d elements",
                           pass->path, MAX_ELEMENTS);
        if (read_page(pass, page, &last, err) < 0)
            return -1;
    }
    return 0;
}

int vra_list(struct session *session, const char *path, json_t **ret_array, struct err *err)
{
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        struct pass pass = {
            .session = session, .path = path, .array = json_array(), .announced = -1};
        map_init(&pass.ids);
        int ret = read_pages(&pass, err);
        map_release(&pass.ids);
        bool whole =
            !pass.repeated &&
            (pass.announced < 0 || pass.announced == (json_int_t)json_array_size(pass.array));
        if (ret == 0 && whole) {
            *ret_array = pass.array;
            return 0;
        }
        json_decref(pass.array);
        if (ret < 0)
            return -1;
    }
    return err_set(err, ERR_BUSY,
                   "GET %s: the list does not agree with its own count after %d readings; "
                   "it changes while it is read",
                   path, MAX_ATTEMPTS);
}

/* name eq 'X', a quote doubled. */
static void name_filter(const char *name, struct strbuf *out)
{
    strbuf_add(out, "name eq '");
    for (const char *c = name; *c != '\0'; c++) {
        strbuf_add_char(out, *c);
        if (*c == '\'')
            strbuf_add_char(out, '\'');
    }
    strbuf_add_char(out, '\'');
}

int vra_list_named(struct session *session, const char *path, const char *name,
                   json_t **ret_array, struct err *err)
{
    struct strbuf filter, full;
    strbuf_init(&filter, STRBUF_MAX_OUTPUT);
    strbuf_init(&full, STRBUF_MAX_OUTPUT);
    name_filter(name, &filter);
    strbuf_add(&full, path);
    url_add_query(&full, "$filter", strbuf_str(&filter));
    json_t *array = NULL;
    int ret = vra_list(session, strbuf_str(&full), &array, err);
    strbuf_release(&filter);
    strbuf_release(&full);
    for (size_t i = ret == 0 ? json_array_size(array) : 0; i-- > 0;) {
        const char *each = vra_text(json_array_get(array, i), "name");
        if (each == NULL || strcmp(each, name) != 0)
            json_array_remove(array, i);
    }
    if (ret == 0)
        *ret_array = array;
    return ret;
}
