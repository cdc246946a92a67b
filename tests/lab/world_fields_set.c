/* world_fields_set.c: setting members of the world's structures by name. */
#include "world_fields.h"

#include <string.h>

#include "num.h"

/* The layout of every VEC. */
struct any_vec {
    char *items;
    size_t n, capacity;
};

static int bad_value(const struct field *field, const char *wanted, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s: %s is expected", field->name, wanted);
}

static int set_enum(const struct field *field, void *at, const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    for (unsigned i = 0; text && i < field->n_names; i++) {
        if (!strcmp(field->names[i], text)) {
            *(unsigned *)at = i;
            return 0;
        }
    }
    return bad_value(field, "one of its names", err);
}

static int set_field(struct world *world, const struct field *field, void *base,
                     const json_t *value, struct err *err)
{
    void *at = (char *)base + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
        if (!json_is_string(value) && !json_is_null(value))
            return bad_value(field, "text", err);
        *(char **)at = json_is_null(value) ? NULL
                                           : arena_strdup(world->arena,
                                                          json_string_value(value));
        return 0;
    case FIELD_BOOL:
        if (!json_is_boolean(value))
            return bad_value(field, "true or false", err);
        *(bool *)at = json_is_true(value);
        return 0;
    case FIELD_INT:
        if (!json_is_integer(value))
            return bad_value(field, "a number", err);
        *(int *)at = (int)json_integer_value(value);
        return 0;
    case FIELD_LONG:
        if (!json_is_integer(value))
            return bad_value(field, "a number", err);
        *(int64_t *)at = json_integer_value(value);
        return 0;
    case FIELD_ENUM:
        break;
    }
    return set_enum(field, at, value, err);
}

int field_set(struct world *world, const struct field *fields, size_t n, void *base,
              const char *name, const json_t *value, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(fields[i].name, name))
            return set_field(world, &fields[i], base, value, err);
    }
    return err_set(err, ERR_NOT_FOUND, "unknown member \"%s\"", name);
}

static const struct field *key_field(const struct field_list *list)
{
    const struct field *field = list->fields;
    while (strcmp(field->name, list->key))
        field++;
    return field;
}

/* The element by its key, or by index where the list is dumped as an array; SIZE_MAX: none. */
static size_t find(const struct field_list *list, const struct any_vec *vec, const char *name)
{
    const struct field *key = key_field(list);
    int64_t number = -1;
    bool is_number = num_i64(name, &number) == 0;
    for (size_t i = 0; i < vec->n; i++) {
        const void *at = vec->items + i * list->size + key->offset;
        if (key->kind == FIELD_TEXT ? *(char *const *)at && !strcmp(*(char *const *)at, name)
                                    : is_number && *(const int *)at == number)
            return i;
    }
    if (!list->as_object && is_number && number >= 0 && (uint64_t)number < vec->n)
        return (size_t)number;
    return SIZE_MAX;
}

static void erase(const struct field_list *list, struct any_vec *vec, size_t i)
{
    memmove(vec->items + i * list->size, vec->items + (i + 1) * list->size,
            (vec->n - i - 1) * list->size);
    vec->n--;
}

/* A new element, its key set when it is text. */
static size_t append(struct world *world, const struct field_list *list, struct any_vec *vec,
                     const char *name)
{
    vec->items = vec_grow(world->arena, vec->items, vec->n, &vec->capacity, list->size);
    char *element = vec->items + vec->n * list->size;
    const struct field *key = key_field(list);
    memset(element, 0, list->size);
    for (size_t i = 0; i < list->n_fields; i++) {
        if (list->fields[i].kind == FIELD_TEXT)
            *(char **)(element + list->fields[i].offset) = arena_strdup(world->arena, "");
    }
    int64_t number;
    if (key->kind == FIELD_TEXT)
        *(char **)(element + key->offset) = arena_strdup(world->arena, name);
    else if (num_i64(name, &number) == 0)
        *(int *)(element + key->offset) = (int)number;
    return vec->n++;
}

static int poke_list(struct world *world, const struct field_list *list, struct any_vec *vec,
                     const char *const *path, size_t n, const json_t *value, struct err *err);

/* A whole list: an array replaces it, an object changes elements by key. */
static int poke_whole(struct world *world, const struct field_list *list, struct any_vec *vec,
                      const json_t *value, struct err *err)
{
    const char *name;
    json_t *item;
    size_t i;
    if (!json_is_array(value) && !json_is_object(value))
        return err_set(err, ERR_INVALID, "%s: a list is expected", list->name);
    if (json_is_array(value))
        vec->n = 0;
    json_array_foreach((json_t *)value, i, item)
    {
        const json_t *key = json_object_get(item, list->key);
        const char *text = json_string_value(key);
        const char *path[] = {text ? text : arena_printf(world->arena, "%lld",
                                                         (long long)json_integer_value(key))};
        append(world, list, vec, path[0]);
        if (poke_list(world, list, vec, path, 1, item, err) < 0)
            return -1;
    }
    json_object_foreach((json_t *)(json_is_object(value) ? value : NULL), name, item)
    {
        const char *path[] = {name};
        if (poke_list(world, list, vec, path, 1, item, err) < 0)
            return -1;
    }
    return 0;
}

static int poke_list(struct world *world, const struct field_list *list, struct any_vec *vec,
                     const char *const *path, size_t n, const json_t *value, struct err *err)
{
    if (n == 0)
        return poke_whole(world, list, vec, value, err);
    size_t i = find(list, vec, path[0]);
    if (n == 1 && json_is_null(value)) {
        if (i != SIZE_MAX)
            erase(list, vec, i);
        return 0;
    }
    if (i == SIZE_MAX && n > 1)
        return err_set(err, ERR_NOT_FOUND, "%s has no \"%s\"", list->name, path[0]);
    if (i == SIZE_MAX)
        i = append(world, list, vec, path[0]);
    char *element = vec->items + i * list->size;
    const struct field_table table = {list->fields, list->n_fields, NULL, 0};
    if (n == 1 && !json_is_object(value))
        return field_set(world, list->fields, list->n_fields, element, "value", value, err);
    return fields_poke(world, &table, element, path + 1, n - 1, value, err);
}

int fields_poke(struct world *world, const struct field_table *table, void *base,
                const char *const *path, size_t n, const json_t *value, struct err *err)
{
    const char *name;
    json_t *item;
    if (n == 0) {
        if (!json_is_object(value))
            return err_set(err, ERR_INVALID, "an object is expected");
        json_object_foreach((json_t *)value, name, item)
        {
            const char *inner[] = {name};
            if (fields_poke(world, table, base, inner, 1, item, err) < 0)
                return -1;
        }
        return 0;
    }
    for (size_t i = 0; i < table->n_lists; i++) {
        const struct field_list *list = &table->lists[i];
        if (!strcmp(list->name, path[0]))
            return poke_list(world, list, (void *)((char *)base + list->offset), path + 1,
                             n - 1, value, err);
    }
    if (n > 1)
        return err_set(err, ERR_NOT_FOUND, "\"%s\" has no members", path[0]);
    return field_set(world, table->fields, table->n_fields, base, path[0], value, err);
}
