/* world_yaml.c: readers of one section of a world file. */
#include "world_yaml.h"

#include <stdio.h>
#include <string.h>

#include "num.h"

#define RANGE_MAX 20000

void section_fail(const struct section *section, const char *format, ...)
{
    if (*section->failed)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *section->failed = true;
    err_set(section->err, ERR_INVALID, "%s%s%s", section->where, *section->where ? ": " : "",
            text);
}

static bool word_in(const char *word, const char *list)
{
    size_t size = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += size) {
        bool begins = at == list || at[-1] == ' ';
        if (begins && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

void section_keys(const struct section *section, const char *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section->object, key, value)
    {
        if (!*key || strchr(key, ' ') || !word_in(key, known))
            section_fail(section, "unknown key \"%s\"", key);
    }
}

struct section section_of(const struct section *section, const char *where,
                          const json_t *object)
{
    struct section part = *section;
    part.where = where;
    part.object = object;
    if (!json_is_object(object)) {
        section_fail(&part, "a mapping is expected");
        part.object = json_object_get(section->object, ""); /* NULL: reads as empty */
    }
    return part;
}

struct section section_at(const struct section *section, const char *key)
{
    struct section part = *section;
    json_t *value = json_object_get(section->object, key);
    part.where = arena_printf(section->world->arena, "%s%s%s", section->where,
                              *section->where ? "." : "", key);
    part.object = NULL;
    return value && !json_is_null(value) ? section_of(section, part.where, value) : part;
}

static const json_t *get(const struct section *section, const char *key)
{
    const json_t *value = json_object_get(section->object, key);
    return json_is_null(value) ? NULL : value;
}

char *section_text(const struct section *section, const char *key, const char *otherwise)
{
    const json_t *value = get(section, key);
    if (json_is_string(value))
        return arena_strdup(section->world->arena, json_string_value(value));
    if (json_is_integer(value))
        return arena_printf(section->world->arena, "%lld",
                            (long long)json_integer_value(value));
    if (value)
        section_fail(section, "\"%s\" must be text", key);
    return (char *)otherwise;
}

bool section_bool(const struct section *section, const char *key, bool otherwise)
{
    const json_t *value = get(section, key);
    if (value && !json_is_boolean(value))
        section_fail(section, "\"%s\" must be true or false", key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

int64_t section_number(const struct section *section, const char *key, int64_t otherwise)
{
    const json_t *value = get(section, key);
    if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
        section_fail(section, "\"%s\" must be a whole number", key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

int64_t section_size(const struct section *section, const char *key, int64_t otherwise)
{
    const char *text = section_text(section, key, NULL);
    int64_t bytes = otherwise;
    if (text && num_size(text, &bytes) < 0)
        section_fail(section, "\"%s\" must be a size such as 16 GiB", key);
    return bytes;
}

int64_t section_duration(const struct section *section, const char *key, int64_t otherwise)
{
    const char *text = section_text(section, key, NULL);
    int64_t ms = otherwise;
    if (text && num_duration(text, &ms) < 0)
        section_fail(section, "\"%s\" must be a duration such as 30s", key);
    return ms;
}

unsigned section_choice(const struct section *section, const char *key,
                        const char *const *names, unsigned n, unsigned otherwise)
{
    const char *text = section_text(section, key, NULL);
    if (!text)
        return otherwise;
    for (unsigned i = 0; i < n; i++) {
        if (!strcmp(names[i], text))
            return i;
    }
    section_fail(section, "\"%s\": unknown value \"%s\"", key, text);
    return otherwise;
}

const json_t *section_list(const struct section *section, const char *key)
{
    const json_t *value = get(section, key);
    if (value && !json_is_array(value)) {
        section_fail(section, "\"%s\" must be a list", key);
        return NULL;
    }
    return value;
}

bool range_name(struct world *world, const char *pattern, unsigned index, char **ret_name)
{
    unsigned first, last;
    int before = 0, digits = 0, after = 0;
    const char *open = strchr(pattern, '{');
    if (!open || sscanf(open, "{%u%n..%u%n", &first, &digits, &last, &after) != 2 ||
        open[after] != '}') {
        *ret_name = world_strdup(world, pattern);
        return index == 0;
    }
    before = (int)(open - pattern);
    if (last < first || index > last - first || index > RANGE_MAX)
        return false;
    *ret_name = arena_printf(world->arena, "%.*s%0*u%s", before, pattern, digits - 1,
                             first + index, open + after + 1);
    return true;
}
