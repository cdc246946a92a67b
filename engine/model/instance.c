/* instance.c: see instance.h. */
#include "instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "strbuf.h"
#include "value_json.h"

struct instance *instance_new(struct arena *arena, const struct schema *schema,
                              const char *address, const char *name)
{
    struct instance *instance = ARENA_NEW(arena, struct instance);
    instance->schema = schema;
    instance->address = address;
    instance->name = name;
    instance->attrs = ARENA_ARRAY(arena, schema->n_attrs, const struct value *);
    for (size_t i = 0; i < schema->n_attrs; i++)
        instance->attrs[i] = value_absent();
    return instance;
}

static size_t index_of(const struct instance *instance, const char *attr)
{
    int index = schema_find(instance->schema, attr);
    assert(index >= 0);
    return (size_t)index;
}

const struct value *instance_get(const struct instance *instance, const char *attr)
{
    return instance->attrs[index_of(instance, attr)];
}

const char *instance_text(const struct instance *instance, const char *attr)
{
    return value_text(instance_get(instance, attr));
}

void instance_set(struct instance *instance, const char *attr, const struct value *value)
{
    instance->attrs[index_of(instance, attr)] = value == NULL ? value_absent() : value;
}

struct pos instance_attr_pos(const struct instance *instance, const char *attr)
{
    size_t index = index_of(instance, attr);
    if (instance->attr_pos == NULL || instance->attr_pos[index].file == NULL)
        return instance->pos;
    return instance->attr_pos[index];
}

int instances_compare(const void *a, const void *b)
{
    const struct instance *x = *(struct instance *const *)a;
    const struct instance *y = *(struct instance *const *)b;
    return strcmp(x->address, y->address);
}

void instances_sort(struct instances *list)
{
    if (list->n > 1)
        qsort(list->items, list->n, sizeof(struct instance *), instances_compare);
}

/* strcmp(address, "kind/name") without that text. */
static int compare_named(const char *address, const char *kind, size_t len, const char *name)
{
    int order = strncmp(address, kind, len);
    if (order != 0)
        return order;
    if (address[len] != '/')
        return (unsigned char)address[len] - '/';
    return strcmp(address + len + 1, name);
}

struct instance *instances_find_named(const struct instances *list, const char *kind,
                                      const char *name)
{
    size_t low = 0, high = list->n, len = strlen(kind);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_named(list->items[middle]->address, kind, len, name);
        if (order == 0)
            return list->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct instance *instances_next(const struct instances *list, size_t *cursor,
                                const char *address)
{
    for (; *cursor < list->n; (*cursor)++) {
        struct instance *it = list->items[*cursor];
        int order = it->address == address ? 0 : strcmp(it->address, address);
        if (order >= 0)
            return order == 0 ? it : NULL;
    }
    return NULL;
}

struct instance *instances_find(const struct instances *list, const char *address)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list->items[middle]->address, address);
        if (order == 0)
            return list->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *instance_digest(const struct instance *instance, struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    strbuf_addf(&text, "%d", (int)instance->presence);
    for (size_t i = 0; i < instance->schema->n_attrs; i++) {
        const struct attr *attr = &instance->schema->attrs[i];
        if (!attr_is_compared(attr) || value_is_absent(instance->attrs[i]))
            continue;
        strbuf_addf(&text, "\n%s=", attr->name);
        value_to_json(instance->attrs[i], &text);
    }
    strbuf_add(&text, "\nids=");
    value_to_json(instance->ids, &text);
    struct digest digest = digest_bytes(strbuf_str(&text), strbuf_len(&text));
    strbuf_release(&text);
    return arena_strdup(arena, digest.hex);
}
