/* page.c: lists: $filter, $orderby, paging (vra7-api.md §2.1, §2.2). The filter knows eq, ne,
 * and, startswith; a field that an object does not have is ignored, as some of the real
 * endpoints do; anything else is a 400. */
#include "vra7.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "num.h"
#include "strbuf.h"

#define MAX_CONDITIONS 16
#define MAX_LIMIT 10000
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.@-"

enum comparison { COMPARE_EQ, COMPARE_NE, COMPARE_STARTS };

struct condition {
    enum comparison comparison;
    char *field, *value;
};

struct filter {
    struct condition conditions[MAX_CONDITIONS];
    size_t n;
};

/* ---- reading ---------------------------------------------------------------------------- */

static void skip_blanks(const char **text)
{
    *text += strspn(*text, " \t");
}

static char *read_name(struct arena *arena, const char **text)
{
    skip_blanks(text);
    size_t n = strspn(*text, NAME_CHARACTERS);
    char *name = n > 0 ? arena_memdup(arena, *text, n) : NULL;
    *text += n;
    return name;
}

/* 'it''s' or a bare word. */
static char *read_value(struct arena *arena, const char **text)
{
    skip_blanks(text);
    if (**text != '\'')
        return read_name(arena, text);
    char *value = arena_alloc(arena, strlen(*text) + 1);
    size_t n = 0;
    for (const char *p = *text + 1; *p != '\0'; p++) {
        if (*p == '\'' && p[1] != '\'') {
            *text = p + 1;
            return value;
        }
        p += *p == '\'';
        value[n++] = *p;
    }
    return NULL;
}

static bool read_char(const char **text, char wanted)
{
    skip_blanks(text);
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static int read_condition(struct arena *arena, const char **text, struct condition *ret)
{
    struct condition c = {.comparison = COMPARE_EQ};
    char *name = read_name(arena, text);
    if (name == NULL)
        return -1;
    if (strcmp(name, "startswith") == 0) {
        c.comparison = COMPARE_STARTS;
        if (!read_char(text, '(') || (c.field = read_name(arena, text)) == NULL ||
            !read_char(text, ',') || (c.value = read_value(arena, text)) == NULL ||
            !read_char(text, ')'))
            return -1;
        *ret = c;
        return 0;
    }
    char *word = read_name(arena, text);
    if (word == NULL || (strcmp(word, "eq") != 0 && strcmp(word, "ne") != 0))
        return -1;
    c.comparison = strcmp(word, "eq") == 0 ? COMPARE_EQ : COMPARE_NE;
    c.field = name;
    c.value = read_value(arena, text);
    *ret = c;
    return c.value != NULL ? 0 : -1;
}

static int filter_read(struct arena *arena, const char *text, struct filter *filter)
{
    while (filter->n < MAX_CONDITIONS) {
        if (read_condition(arena, &text, &filter->conditions[filter->n]) < 0)
            return -1;
        filter->n++;
        skip_blanks(&text);
        if (*text == '\0')
            return 0;
        const char *word = read_name(arena, &text);
        if (word == NULL || strcmp(word, "and") != 0)
            return -1;
    }
    return -1;
}

/* ---- matching --------------------------------------------------------------------------- */

/* The member called `name`, or `nameRef`, whatever the case. */
static const json_t *member(const json_t *object, const char *name, size_t n)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (strncasecmp(key, name, n) == 0 && (key[n] == '\0' || strcmp(key + n, "Ref") == 0))
            return value;
    }
    return NULL;
}

/* `organization/subTenant/id`: the rest below a text is that text; `name` of a reference is
 * its label. Returns NULL when there is no such field. */
static const json_t *field_value(const json_t *object, const char *path)
{
    while (json_is_object(object)) {
        size_t n = strcspn(path, "/");
        const json_t *value = member(object, path, n);
        if (value == NULL && n == 4 && strncmp(path, "name", 4) == 0)
            value = json_object_get(object, "label");
        if (value == NULL || path[n] == '\0' || !json_is_object(value))
            return value;
        object = value;
        path += n + 1;
    }
    return NULL;
}

static const char *value_text(const json_t *value, char buffer[32])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (!json_is_integer(value))
        return NULL;
    snprintf(buffer, 32, "%lld", (long long)json_integer_value(value));
    return buffer;
}

static bool condition_holds(const struct condition *c, const json_t *object)
{
    char buffer[32];
    const json_t *value = field_value(object, c->field);
    if (value == NULL)
        return true;
    const char *text = value_text(value, buffer);
    switch (c->comparison) {
    case COMPARE_EQ:
        return text != NULL && strcmp(text, c->value) == 0;
    case COMPARE_NE:
        return text == NULL || strcmp(text, c->value) != 0;
    case COMPARE_STARTS:
        return text != NULL && strncmp(text, c->value, strlen(c->value)) == 0;
    }
    return false;
}

static json_t *filter_apply(const struct filter *filter, json_t *take_all)
{
    json_t *kept = json_array();
    size_t i;
    json_t *object;
    json_array_foreach(take_all, i, object)
    {
        bool holds = true;
        for (size_t c = 0; c < filter->n; c++)
            holds = holds && condition_holds(&filter->conditions[c], object);
        if (holds)
            json_array_append(kept, object);
    }
    json_decref(take_all);
    return kept;
}

/* ---- order ------------------------------------------------------------------------------ */

struct order {
    const char *field;
    bool down;
};

struct ranked {
    json_t *object;
    size_t was;
};

static int ranked_compare(const void *a, const void *b, void *context)
{
    const struct ranked *x = a, *y = b;
    const struct order *order = context;
    char bx[32], by[32];
    const char *tx = value_text(field_value(x->object, order->field), bx);
    const char *ty = value_text(field_value(y->object, order->field), by);
    int diff = strcmp(tx != NULL ? tx : "", ty != NULL ? ty : "");
    if (diff == 0)
        return (x->was > y->was) - (x->was < y->was);
    return order->down ? -diff : diff;
}

static json_t *order_apply(struct vra7_request *request, const char *text, json_t *take_all)
{
    const char *p = text;
    struct order order = {.field = read_name(request->arena, &p)};
    const char *direction = read_name(request->arena, &p);
    size_t n = json_array_size(take_all);
    if (order.field == NULL || n == 0)
        return take_all;
    order.down = direction != NULL && strcasecmp(direction, "desc") == 0;
    struct ranked *ranked = arena_array(request->arena, n, sizeof(*ranked));
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){.object = json_array_get(take_all, i), .was = i};
    qsort_r(ranked, n, sizeof(*ranked), ranked_compare, &order);
    json_t *sorted = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, ranked[i].object);
    json_decref(take_all);
    return sorted;
}

/* Another order on each page: what the real lists do without $orderby. */
static json_t *order_shuffle(json_t *take_all, size_t page)
{
    size_t n = json_array_size(take_all);
    json_t *turned = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(turned, json_array_get(take_all, (i + page - 1) % n));
    json_decref(take_all);
    return turned;
}

/* ---- the page --------------------------------------------------------------------------- */

static bool read_number(const struct vra7_request *request, const char *key, uint64_t max,
                        size_t *number)
{
    const char *text = query_value(request, key);
    uint64_t value;
    if (text == NULL)
        return true;
    if (num_u64(text, &value) < 0 || value == 0 || value > max)
        return false;
    *number = (size_t)value;
    return true;
}

static void link_add(struct vra7_request *request, json_t *links, const char *rel, size_t page,
                     size_t limit)
{
    const char *host = request->world->vra_name;
    char *href = arena_printf(request->arena, "https://%s%s?page=%zu&limit=%zu",
                              host != NULL ? host : "vra", request->message->path, page, limit);
    json_array_append_new(
        links, json_pack("{s:s, s:s, s:s}", "@type", "link", "rel", rel, "href", href));
}

static json_t *page_of(struct vra7_request *request, const json_t *all, size_t page,
                       size_t limit)
{
    size_t n = json_array_size(all), first = (page - 1) * limit;
    size_t pages = n == 0 ? 1 : (n + limit - 1) / limit;
    json_t *content = json_array(), *links = json_array();
    for (size_t i = first; i < n && i < first + limit; i++)
        json_array_append(content, json_array_get(all, i));
    if (page > 1)
        link_add(request, links, "prev", page - 1, limit);
    if (page < pages)
        link_add(request, links, "next", page + 1, limit);
    return json_pack("{s:o, s:o, s:{s:I, s:I, s:I, s:I, s:I}}", "links", links, "content",
                     content, "metadata", "size", (json_int_t)limit, "totalElements",
                     (json_int_t)n, "totalPages", (json_int_t)pages, "number", (json_int_t)page,
                     "offset", (json_int_t)first);
}

static const char *order_text(const struct vra7_request *request)
{
    const char *text = query_value(request, "$orderby");
    return text != NULL ? text : query_value(request, "$orderBy");
}

void reply_page(struct vra7_request *request, struct vra7_reply *reply, json_t *take_all)
{
    const char *filter_text = query_value(request, "$filter");
    const char *order = order_text(request);
    struct filter filter = {0};
    size_t page = 1, limit = 20;
    if (!read_number(request, "page", 1000000, &page) ||
        !read_number(request, "limit", MAX_LIMIT, &limit) ||
        (filter_text != NULL && filter_read(request->arena, filter_text, &filter) < 0)) {
        json_decref(take_all);
        reply_error(reply, 400, VRA_INVALID, "Invalid query: page, limit or $filter.");
        return;
    }
    json_t *all = filter_apply(&filter, take_all);
    if (order != NULL)
        all = order_apply(request, order, all);
    else if (vra_switch(request->world, "shuffle_pages", false))
        all = order_shuffle(all, page);
    reply_json(reply, 200, page_of(request, all, page, limit));
    json_decref(all);
}
