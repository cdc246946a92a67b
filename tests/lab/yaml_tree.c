/* yaml_tree.c: libyaml's events to a jansson tree. */
#include "yaml_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "num.h"

struct loader {
    yaml_parser_t parser;
    const char *file;
    unsigned depth;
    struct err *err;
};

static json_t *bad(struct loader *loader, const yaml_mark_t *mark, const char *what)
{
    err_set(loader->err, ERR_INVALID, "%s:%zu:%zu: %s", loader->file, mark->line + 1,
            mark->column + 1, what);
    return NULL;
}

static int next_event(struct loader *loader, yaml_event_t *event)
{
    if (yaml_parser_parse(&loader->parser, event))
        return 0;
    const char *problem = loader->parser.problem ? loader->parser.problem : "unreadable";
    bad(loader, &loader->parser.problem_mark, problem);
    return -1;
}

static json_t *scalar(struct loader *loader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    if (event->data.scalar.anchor)
        return bad(loader, &event->start_mark, "anchors are not supported");
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        int64_t number;
        if (!strcmp(text, "true") || !strcmp(text, "false"))
            return json_boolean(text[0] == 't');
        if (!*text || !strcmp(text, "null") || !strcmp(text, "~"))
            return json_null();
        if (num_i64(text, &number) == 0)
            return json_integer(number);
    }
    json_t *value = json_stringn(text, event->data.scalar.length);
    return value ? value : bad(loader, &event->start_mark, "not UTF-8");
}

static json_t *node(struct loader *loader, const yaml_event_t *event);

static json_t *read_node(struct loader *loader, bool *ret_end, yaml_event_type_t end)
{
    yaml_event_t event;
    *ret_end = false;
    if (next_event(loader, &event) < 0)
        return NULL;
    json_t *value = NULL;
    if (event.type == end)
        *ret_end = true;
    else
        value = node(loader, &event);
    yaml_event_delete(&event);
    return value;
}

static json_t *sequence(struct loader *loader)
{
    json_t *list = json_array();
    for (;;) {
        bool end;
        json_t *item = read_node(loader, &end, YAML_SEQUENCE_END_EVENT);
        if (end)
            return list;
        if (!item)
            break;
        json_array_append_new(list, item);
    }
    json_decref(list);
    return NULL;
}

/* One member; false on the end of the mapping or on an error (then *ret_ok is false). */
static bool member(struct loader *loader, json_t *object, bool *ret_ok)
{
    yaml_event_t event;
    bool end, more = false;
    *ret_ok = false;
    if (next_event(loader, &event) < 0)
        return false;
    if (event.type == YAML_MAPPING_END_EVENT) {
        *ret_ok = true;
    } else if (event.type != YAML_SCALAR_EVENT) {
        bad(loader, &event.start_mark, "keys must be plain text");
    } else {
        const char *key = (const char *)event.data.scalar.value;
        json_t *value = NULL;
        if (json_object_get(object, key))
            bad(loader, &event.start_mark, "the key is there already");
        else
            value = read_node(loader, &end, YAML_NO_EVENT);
        if (value)
            more = *ret_ok = json_object_set_new(object, key, value) == 0;
    }
    yaml_event_delete(&event);
    return more;
}

static json_t *mapping(struct loader *loader)
{
    json_t *object = json_object();
    bool ok;
    while (member(loader, object, &ok))
        ;
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *node(struct loader *loader, const yaml_event_t *event)
{
    json_t *value = NULL;
    if (++loader->depth > YAML_TREE_MAX_DEPTH)
        return bad(loader, &event->start_mark, "nested too deeply");
    if (event->type == YAML_SCALAR_EVENT)
        value = scalar(loader, event);
    else if (event->type == YAML_SEQUENCE_START_EVENT && !event->data.sequence_start.anchor)
        value = sequence(loader);
    else if (event->type == YAML_MAPPING_START_EVENT && !event->data.mapping_start.anchor)
        value = mapping(loader);
    else
        bad(loader, &event->start_mark, "anchors and aliases are not supported");
    loader->depth--;
    return value;
}

static json_t *document(struct loader *loader)
{
    yaml_event_t event;
    json_t *tree = NULL;
    for (;;) {
        if (next_event(loader, &event) < 0)
            break;
        yaml_event_type_t type = event.type;
        if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT ||
            type == YAML_DOCUMENT_END_EVENT) {
            yaml_event_delete(&event);
            continue;
        }
        if (type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(&event);
            return tree ? tree : json_object();
        }
        json_t *root = tree ? bad(loader, &event.start_mark, "one document only")
                            : node(loader, &event);
        yaml_event_delete(&event);
        if (!root)
            break;
        tree = root;
    }
    json_decref(tree);
    return NULL;
}

static int read_all(const char *file, char **ret_text, size_t *ret_size, struct err *err)
{
    FILE *in = fopen(file, "rb");
    if (!in)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", file, strerror(errno));
    char *text = malloc(YAML_TREE_MAX_BYTES + 1);
    size_t size = text ? fread(text, 1, YAML_TREE_MAX_BYTES + 1, in) : 0;
    int failed = !text || ferror(in);
    fclose(in);
    if (failed || size > YAML_TREE_MAX_BYTES) {
        free(text);
        return err_set(err, ERR_INVALID, "%s: %s", file, failed ? "unreadable" : "too large");
    }
    *ret_text = text;
    *ret_size = size;
    return 0;
}

int yaml_tree_load(const char *file, json_t **ret_tree, struct err *err)
{
    struct loader loader = {.file = file, .err = err};
    char *text = NULL;
    size_t size = 0;
    if (read_all(file, &text, &size, err) < 0)
        return -1;
    if (!yaml_parser_initialize(&loader.parser)) {
        free(text);
        return err_set(err, ERR_INTERNAL, "no YAML parser");
    }
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)text, size);
    json_t *tree = document(&loader);
    yaml_parser_delete(&loader.parser);
    free(text);
    if (!tree)
        return -1;
    *ret_tree = tree;
    return 0;
}
