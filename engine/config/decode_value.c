/* decode_value.c: from nodes to canonical values. Equal texts of one attribute share their
 * value: large manifests repeat themselves. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "err.h"
#include "form.h"
#include "names.h"
#include "value_pool.h"
#include "secret.h"
#include "types.h"
#include "utf8.h"

enum { CACHE_SLOTS = 8192 };

struct slot {
    const struct attr *attr;
    const char *text;
    const struct value *value;
};

struct value_cache {
    struct slot slots[CACHE_SLOTS];
};

struct value_cache *value_cache_new(void)
{
    struct value_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        abort();
    return cache;
}

void value_cache_free(struct value_cache *cache)
{
    free(cache);
}

static struct slot *slot_of(struct value_cache *cache, const struct attr *attr,
                            const char *text)
{
    uintptr_t hash = ((uintptr_t)text >> 4) * 31 + ((uintptr_t)attr >> 3);
    return &cache->slots[hash % CACHE_SLOTS];
}

static const struct value *tree_of_list(const struct decoder *decoder, const struct node *node,
                                        struct arena *arena)
{
    const struct value **items = ARENA_ARRAY(arena, node->n, const struct value *);
    for (size_t i = 0; i < node->n; i++) {
        items[i] = decode_tree(decoder, &node->entries[i].node, arena);
        if (items[i] == NULL)
            return NULL;
    }
    return value_list(arena, items, node->n);
}

static int compare_fields(const void *a, const void *b)
{
    return strcmp(((const struct value_field *)a)->key, ((const struct value_field *)b)->key);
}

static const struct value *tree_of_map(const struct decoder *decoder, const struct node *node,
                                       struct arena *arena)
{
    struct value_field *fields = ARENA_ARRAY(arena, node->n, struct value_field);
    for (size_t i = 0; i < node->n; i++) {
        fields[i].key = node->entries[i].key;
        fields[i].value = decode_tree(decoder, &node->entries[i].node, arena);
        if (fields[i].value == NULL)
            return NULL;
    }
    if (node->n > 1)
        qsort(fields, node->n, sizeof(*fields), compare_fields);
    return value_map(arena, fields, node->n);
}

const struct value *decode_tree(const struct decoder *decoder, const struct node *node,
                                struct arena *arena)
{
    if (node->type == NODE_LIST)
        return tree_of_list(decoder, node, arena);
    if (node->type == NODE_MAP)
        return tree_of_map(decoder, node, arena);
    if (node_is_null(node))
        return value_absent();
    const char *text = expr_text(decoder->vars, node);
    return text == NULL ? NULL : value_borrow(arena, text);
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

static int refuse(const struct form *form, const struct attr *attr, const struct node *node,
                  const struct instance *instance, const struct err *err)
{
    struct diags *diags = form->decoder->diags;
    struct diag *diag = diag_error(diags, node_pos(node), "%s: %s", attr->name, err->message);
    diag->address = instance->address;
    if ((attr->flags & ATTR_SECRET) != 0)
        diag->hide_source = true;
    if (attr->names == NULL || node->type != NODE_SCALAR)
        return -1;
    size_t n = 0;
    while (attr->names[n] != NULL)
        n++;
    const char *nearest = names_nearest(node->text, attr->names, n);
    if (nearest != NULL)
        diag_hint(diags, diag, "did you mean \"%s\"?", nearest);
    return -1;
}

/* The item of a list that is wrong has a place of its own: the first that fails alone. */
static const struct node *blame(const struct form *form, const struct attr *attr,
                                const struct node *node)
{
    if (node->type != NODE_LIST || attr->type != &type_strings)
        return node;
    for (size_t i = 0; i < node->n; i++) {
        const struct node *item = &node->entries[i].node;
        struct node alone = *node;
        alone.entries = &node->entries[i];
        alone.n = 1;
        struct err err;
        const struct value *tree = decode_tree(form->decoder, &alone, form->decoder->arena),
                           *value;
        if (tree != NULL &&
            attr->type->canonicalise(attr, tree, form->decoder->arena, &value, &err) < 0)
            return item;
    }
    return node;
}

int decode_value(const struct form *form, const struct attr *attr, const struct node *node,
                 const struct instance *instance, const struct value **ret)
{
    struct decoder *decoder = form->decoder;
    struct diags *diags = decoder->diags;
    if ((attr->flags & (ATTR_FACT | ATTR_DERIVED)) != 0) {
        struct diag *diag =
            diag_error(diags, node_pos(node), "%s: cannot be set: it is %s", attr->name,
                       attr->flags & ATTR_DERIVED ? "derived" : "read only");
        diag->address = instance->address;
        return -1;
    }
    if (node_is_null(node)) {
        struct diag *diag = diag_error(diags, node_pos(node), "%s: has no value", attr->name);
        diag->address = instance->address;
        diag_hint(diags, diag, "remove the key, or give it %s", attr->type->expects);
        return -1;
    }
    if ((attr->flags & ATTR_SECRET) != 0 && node->type == NODE_SCALAR) {
        secret_report(diags, node_pos(node), last_part(attr->name));
        return -1;
    }
    bool sharable = node->type == NODE_SCALAR && node->interned && !node->dollar;
    struct slot *slot = sharable ? slot_of(decoder->cache, attr, node->text) : NULL;
    if (slot != NULL && slot->attr == attr && slot->text == node->text) {
        *ret = slot->value;
        return 0;
    }
    struct err err;
    bool scalar = node->type == NODE_SCALAR;
    struct arena *arena = scalar ? decoder->arena : value_pool_scratch(decoder->pool);
    const struct value *tree = decode_tree(decoder, node, arena), *value;
    if (tree == NULL)
        return -1;
    if (attr->type->canonicalise(attr, tree, arena, &value, &err) < 0)
        return refuse(form, attr, blame(form, attr, node), instance, &err);
    *ret = scalar ? value : value_pool_keep(decoder->pool, value);
    if (slot != NULL)
        *slot = (struct slot){attr, node->text, *ret};
    return 0;
}

/* ---- files --------------------------------------------------------------------------------
 */

const char *decode_path_problem(const char *path)
{
    if (path[0] == '/')
        return "is absolute; give it relative to the manifest's directory";
    for (const char *part = path; part != NULL;) {
        size_t len = strcspn(part, "/");
        if (len == 2 && strncmp(part, "..", 2) == 0)
            return "leaves the manifest's directory";
        part = part[len] == '/' ? part + len + 1 : NULL;
    }
    return NULL;
}

static int refuse_file(const struct form *form, size_t index, const struct instance *instance,
                       const char *why)
{
    struct diag *diag =
        diag_error(form->decoder->diags, instance->attr_pos[index], "%s: \"%.200s\" %s",
                   form->schema->attrs[index].name, instance->attrs[index]->string, why);
    diag->address = instance->address;
    return -1;
}

static const char *attachment_problem(const struct attachment *attachment)
{
    if (attachment == NULL)
        return "cannot be read";
    if (attachment->problem != NULL)
        return attachment->problem;
    if (memchr(attachment->text, '\0', attachment->size) != NULL ||
        utf8_check(attachment->text, attachment->size) != attachment->size)
        return "is no UTF-8 text";
    return NULL;
}

/* The attribute that holds what stands in the file. */
static const char *file_target(const struct attr *attr, struct arena *arena)
{
    size_t len = strlen(attr->name), tail = strlen("_file");
    if (len > tail && strcmp(attr->name + len - tail, "_file") == 0)
        return arena_memdup(arena, attr->name, len - tail);
    return arena_printf(arena, "%s_text", attr->name);
}

int decode_file(const struct form *form, size_t index, struct instance *instance)
{
    const struct attr *attr = &form->schema->attrs[index];
    const char *path = value_text(instance->attrs[index]);
    struct decoder *decoder = form->decoder;
    if (path == NULL)
        return 0;
    int into = schema_find(form->schema, file_target(attr, decoder->arena));
    if (into < 0)
        return 0;
    if (!value_is_absent(instance->attrs[into]))
        return refuse_file(form, index, instance,
                           "is given beside the text itself; choose one");
    const char *problem = decode_path_problem(path);
    struct attachment *attachment = map_get(&decoder->attachments, path);
    if (problem == NULL)
        problem = attachment_problem(attachment);
    if (problem != NULL)
        return refuse_file(form, index, instance, problem);
    if (attachment->value == NULL)
        attachment->value = value_borrow(
            decoder->arena, arena_memdup(decoder->arena, attachment->text, attachment->size));
    struct err err;
    const struct attr *to = &form->schema->attrs[into];
    if (to->type->canonicalise(to, attachment->value, decoder->arena, &instance->attrs[into],
                               &err) < 0)
        return refuse_file(form, index, instance, err.message);
    return 0;
}
