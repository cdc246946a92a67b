/* world_normal.c: see world_normal.h. */
#include "world_normal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "files.h"
#include "lab_process.h"
#include "strbuf.h"
#include "unit.h"

/* Members that hold a time or a counter. */
static const char *const dropped[] = {
    "now",         "speed",           "boot_time",    "change", "createdDate", "lastUpdated",
    "dateCreated", "lastUpdatedDate", "install_date", "moref",  "uuid",        "instance_uuid"};

static bool is_dropped(const char *key, const json_t *value)
{
    for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
        if (strcmp(key, dropped[i]) == 0)
            return true;
    size_t length = strlen(key);
    if (length > 3 && strcmp(key + length - 3, "_at") == 0)
        return true;
    return strcmp(key, "version") == 0 && json_is_integer(value);
}

static size_t hex_run(const char *text)
{
    size_t n = 0;
    while (isxdigit((unsigned char)text[n]))
        n++;
    return n;
}

/* Length of the guid, of the 32 or more hex digits, or of the date that starts here; 0. */
static size_t changing_part(const char *text)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    size_t at = 0, n = hex_run(text);
    if (n >= 32) /* a nonce has the number of its change behind it */
        return text[n] == '-' ? n + 1 + strspn(text + n + 1, "0123456789") : n;
    if (n == 4 && text[4] == '-' && strlen(text) >= 20 && text[10] == 'T' && text[13] == ':')
        return strcspn(text, "Z\"") + 1;
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (hex_run(text + at) != groups[i] || (i < 4 && text[at + groups[i]] != '-'))
            return 0;
        at += groups[i] + (i < 4);
    }
    return at;
}

static json_t *normal_text(const char *text)
{
    struct strbuf out;
    strbuf_init(&out, STRBUF_MAX_OUTPUT);
    bool inside = false; /* of a word: identifiers start with one */
    while (*text != '\0') {
        size_t skip = inside ? 0 : changing_part(text);
        if (skip > 0) {
            strbuf_add_char(&out, '*');
            text += strnlen(text, skip);
            continue;
        }
        inside = isalnum((unsigned char)*text) != 0;
        strbuf_add_char(&out, *text++);
    }
    json_t *result = json_string(strbuf_str(&out));
    strbuf_release(&out);
    return result;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *normal(const json_t *value);

/* Members by identifier, or the elements of a list: in an order of their own. */
static json_t *sorted(json_t *take_list)
{
    size_t n = json_array_size(take_list), i;
    char **texts = calloc(n + 1, sizeof(*texts));
    json_t *result = json_array(), *each;
    json_array_foreach(take_list, i, each) texts[i] =
        json_dumps(each, JSON_SORT_KEYS | JSON_ENCODE_ANY);
    qsort(texts, n, sizeof(*texts), compare_texts);
    for (i = 0; i < n; i++) {
        json_array_append_new(result, json_loads(texts[i], JSON_DECODE_ANY, NULL));
        free(texts[i]);
    }
    free(texts);
    json_decref(take_list);
    return result;
}

static bool is_by_identifier(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) if (changing_part(key) != strlen(key)) return false;
    return json_object_size(object) > 0;
}

static json_t *normal_object(const json_t *object)
{
    const char *key;
    json_t *value, *list = json_array(), *result = json_object();
    bool by_identifier = is_by_identifier(object);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (by_identifier)
            json_array_append_new(list, normal(value));
        else if (!is_dropped(key, value))
            json_object_set_new(result, key, normal(value));
    }
    if (!by_identifier) {
        json_decref(list);
        return result;
    }
    json_decref(result);
    return sorted(list);
}

static json_t *normal(const json_t *value)
{
    if (json_is_object(value))
        return normal_object(value);
    if (json_is_string(value))
        return normal_text(json_string_value(value));
    if (!json_is_array(value))
        return json_deep_copy(value);
    json_t *list = json_array(), *each;
    size_t i;
    json_array_foreach(value, i, each) json_array_append_new(list, normal(each));
    return sorted(list);
}

char *world_normal(const json_t *world)
{
    json_t *value = normal(world);
    char *text = json_dumps(value, JSON_SORT_KEYS | JSON_INDENT(1));
    json_decref(value);
    return text;
}

char *lab_normal(const struct lab *lab)
{
    lab_post(lab, "vra/collect", NULL);
    json_t *world = lab_world(lab);
    char *text = world_normal(world);
    json_decref(world);
    return text;
}

/* Where the text starts that is worth showing around `at`. */
static const char *lines_before(const char *text, size_t at)
{
    unsigned lines = 0;
    while (at > 0 && (text[at - 1] != '\n' || lines++ < 12))
        at--;
    return text + at;
}

void expect_same_world(const char *expected, const char *actual, const char *what)
{
    size_t at = 0;
    if (strcmp(expected, actual) == 0)
        return;
    while (expected[at] == actual[at])
        at++;
    fail_long("%s: another world.\n--- expected\n%.900s\n--- actual\n%.900s", what,
              lines_before(expected, at), lines_before(actual, at));
}
