/* decode.c: see decode.h. */
#include "decode.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "atom.h"
#include "diag.h"
#include "err.h"
#include "form.h"
#include "names.h"
#include "value_pool.h"
#include "strbuf.h"
#include "types.h"
#include "vec.h"
#include "yamldoc.h"

/* ---- lifecycle: a small schema of its own
 * ---------------------------------------------------- */

enum {
    LC_PREVENT_DESTROY,
    LC_ADOPT,
    LC_IGNORE_CHANGES,
    LC_IGNORE_DRIFT,
    LC_ALLOW,
    LC_WAIVE,
    LC_COUNT
};

static const struct attr waiver_attrs[] = {
    {"rule", &type_name, FACET_NONE, ATTR_REQUIRED, .doc = "Id of the rule, such as GF003."},
    {"reason", &type_name, FACET_NONE, ATTR_REQUIRED,
     .doc = "Why it need not hold here; plans print it."},
    {"until", &type_date, FACET_NONE, .doc = "The last day; without it, for good."},
};

static const struct schema waiver_schema = {.kind = "waiver",
                                            .attrs = waiver_attrs,
                                            .n_attrs = ARRAY_LEN(waiver_attrs),
                                            .doc = "A rule that need not hold for an object."};

static const struct attr lifecycle_attrs[LC_COUNT] = {
    [LC_PREVENT_DESTROY] = {.name = "prevent_destroy",
                            .type = &type_bool,
                            .doc = "Refuse every plan that would destroy the object."},
    [LC_ADOPT] = {.name = "adopt",
                  .type = &type_bool,
                  .doc = "Take over an object of that name which gridform did not make."},
    [LC_IGNORE_CHANGES] = {.name = "ignore_changes",
                           .type = &type_strings,
                           .flags = ATTR_SET,
                           .doc = "Attributes that are set once and then left alone."},
    [LC_IGNORE_DRIFT] = {.name = "ignore_drift",
                         .type = &type_strings,
                         .flags = ATTR_SET,
                         .doc = "Attributes whose drift is not reported."},
    [LC_ALLOW] = {.name = "allow",
                  .type = &type_strings,
                  .flags = ATTR_SET,
                  .doc = "Disruptions that are accepted: power_off_vms."},
    [LC_WAIVE] = {.name = "waive",
                  .type = &type_items,
                  .flags = ATTR_INPUT,
                  .items = &waiver_schema,
                  .doc = "Rules that need not hold for this object: { rule, reason, until }."},
};

const struct schema lifecycle_schema = {
    .kind = "lifecycle",
    .section = "lifecycle",
    .attrs = lifecycle_attrs,
    .n_attrs = LC_COUNT,
    .doc = "What may be done to an object: every object of the manifest takes these keys."};

static const char *const *texts_of(const struct value *list, struct arena *arena)
{
    size_t n = value_count(list);
    const char **texts = ARENA_ARRAY(arena, n + 1, const char *);
    for (size_t i = 0; i < n; i++)
        texts[i] = value_text(value_at(list, i));
    return texts;
}

/* Every name must be an attribute of the kind, or of the one that is made from it. */
static int check_attr_names(const struct form *form, const struct instance *lifecycle,
                            size_t index, const char *address)
{
    int result = 0;
    struct diags *diags = form->decoder->diags;
    const struct value *list = lifecycle->attrs[index];
    for (size_t i = 0; i < value_count(list); i++) {
        const char *name = value_text(value_at(list, i));
        if (schema_find(form->schema, name) >= 0 ||
            (form->also != NULL && schema_find(form->also, name) >= 0))
            continue;
        const struct schema *schema = form->also != NULL ? form->also : form->schema;
        const char **names = ARENA_ARRAY(form->decoder->arena, schema->n_attrs, const char *);
        for (size_t k = 0; k < schema->n_attrs; k++)
            names[k] = schema->attrs[k].name;
        struct diag *diag =
            diag_error(diags, lifecycle->attr_pos[index], "%s: \"%.60s\" is no attribute of %s",
                       lifecycle_attrs[index].name, name, schema->kind);
        diag->address = address;
        const char *nearest = names_nearest(name, names, schema->n_attrs);
        if (nearest != NULL)
            diag_hint(diags, diag, "did you mean \"%s\"?", nearest);
        result = -1;
    }
    return result;
}

static const char *const allow_words[] = {"power_off_vms"};

static int check_allow(const struct form *form, const struct instance *lifecycle,
                       const char *address)
{
    int result = 0;
    struct diags *diags = form->decoder->diags;
    const struct value *list = lifecycle->attrs[LC_ALLOW];
    for (size_t i = 0; i < value_count(list); i++) {
        const char *word = value_text(value_at(list, i));
        if (names_value(allow_words, ARRAY_LEN(allow_words), word) >= 0)
            continue;
        struct diag *diag = diag_error(diags, lifecycle->attr_pos[LC_ALLOW],
                                       "allow: \"%.60s\" is nothing that can be allowed", word);
        diag->address = address;
        const char *nearest = names_nearest(word, allow_words, ARRAY_LEN(allow_words));
        if (nearest != NULL)
            diag_hint(diags, diag, "did you mean \"%s\"?", nearest);
        else
            diag_hint(diags, diag, "known: %s", allow_words[0]);
        result = -1;
    }
    return result;
}

static int read_lifecycle(const struct form *form, const struct node *node,
                          struct instance *instance)
{
    struct decoder *decoder = form->decoder;
    struct instance *read =
        instance_new(decoder->arena, &lifecycle_schema, instance->address, instance->name);
    if (form_read(decoder->lifecycle, node, read) < 0)
        return -1;
    struct lifecycle *lifecycle = ARENA_NEW(decoder->arena, struct lifecycle);
    lifecycle->prevent_destroy = read->attrs[LC_PREVENT_DESTROY] == value_bool(true);
    lifecycle->adopt = read->attrs[LC_ADOPT] == value_bool(true);
    lifecycle->ignore_changes = texts_of(read->attrs[LC_IGNORE_CHANGES], decoder->arena);
    lifecycle->ignore_drift = texts_of(read->attrs[LC_IGNORE_DRIFT], decoder->arena);
    lifecycle->allow = texts_of(read->attrs[LC_ALLOW], decoder->arena);
    lifecycle->waive = read->attrs[LC_WAIVE];
    lifecycle->waive_pos = read->attr_pos == NULL ? instance->pos : read->attr_pos[LC_WAIVE];
    instance->lifecycle = lifecycle;
    int changes = check_attr_names(form, read, LC_IGNORE_CHANGES, instance->address);
    int drift = check_attr_names(form, read, LC_IGNORE_DRIFT, instance->address);
    int allow = check_allow(form, read, instance->address);
    return changes < 0 || drift < 0 || allow < 0 ? -1 : 0;
}

/* ---- forms
 * ------------------------------------------------------------------------------------ */

static struct shape *child(struct shape *shape, const char *key)
{
    for (size_t i = 0; i < shape->n; i++)
        if (shape->children[i].key == key)
            return &shape->children[i];
    return NULL;
}

static void shape_add(struct form *form, const char *name, int attr)
{
    struct decoder *decoder = form->decoder;
    struct shape *shape = &form->root;
    for (const char *part = name; part != NULL;) {
        size_t len = strcspn(part, ".");
        const char *key = atom(decoder->atoms, arena_memdup(decoder->arena, part, len));
        struct shape *next = child(shape, key);
        if (next == NULL) {
            shape->children = vec_grow(decoder->arena, shape->children, shape->n,
                                       &shape->capacity, sizeof(*shape->children));
            next = &shape->children[shape->n++];
            *next = (struct shape){.key = key, .attr = -1};
        }
        shape = next;
        part = part[len] == '.' ? part + len + 1 : NULL;
    }
    shape->attr = attr;
}

/* Defaults are written as in a manifest; a schema with a wrong one is our own mistake. */
static const struct value *default_of(struct decoder *decoder, const struct attr *attr)
{
    if (attr->default_value == NULL)
        return value_absent();
    struct yamldoc_memory memory = {decoder->arena, decoder->arena, decoder->atoms};
    struct yamldoc_source source = {.file = attr->name,
                                    .text = attr->default_value,
                                    .size = strlen(attr->default_value),
                                    .diags = diags_new(decoder->arena)};
    struct node node;
    struct err err;
    const struct value *value = NULL;
    int result = yamldoc_parse(&memory, &source, &node);
    if (result == 0)
        result = attr->type->canonicalise(attr, decode_tree(decoder, &node, decoder->arena),
                                          decoder->arena, &value, &err);
    assert(result == 0);
    (void)result;
    return value;
}

struct form *form_new(struct decoder *decoder, const struct schema *schema, unsigned flags,
                      const struct schema *also)
{
    struct form *form = ARENA_NEW(decoder->arena, struct form);
    form->decoder = decoder;
    form->schema = schema;
    form->also = also;
    form->flags = flags;
    form->root.attr = -1;
    form->defaults = ARENA_ARRAY(decoder->arena, schema->n_attrs, const struct value *);
    form->items = ARENA_ARRAY(decoder->arena, schema->n_attrs, struct form *);
    for (size_t i = 0; i < schema->n_attrs; i++) {
        shape_add(form, schema->attrs[i].name, (int)i);
        form->defaults[i] = default_of(decoder, &schema->attrs[i]);
        if (schema->attrs[i].items != NULL)
            form->items[i] = form_new(decoder, schema->attrs[i].items, 0, NULL);
    }
    return form;
}

const struct schema *form_schema(const struct form *form)
{
    return form->schema;
}

void decoder_init(struct decoder *decoder)
{
    map_init(&decoder->attachments);
    decoder->cache = value_cache_new();
    decoder->pool = value_pool_new(decoder->arena);
    decoder->lifecycle_key = atom(decoder->atoms, "lifecycle");
    decoder->lifecycle = form_new(decoder, &lifecycle_schema, 0, NULL);
}

void decoder_release(struct decoder *decoder)
{
    map_release(&decoder->attachments);
    value_cache_free(decoder->cache);
    value_pool_free(decoder->pool);
}

/* ---- reading
 * ----------------------------------------------------------------------------------- */

static bool can_be_set(const struct form *form, const struct shape *shape)
{
    return shape->attr < 0 || shape->n > 0 ||
           (form->schema->attrs[shape->attr].flags & (ATTR_FACT | ATTR_DERIVED)) == 0;
}

static void hint_keys(const struct form *form, const struct shape *shape, struct diag *diag,
                      const char *key)
{
    struct diags *diags = form->decoder->diags;
    if (diags_total(diags) >= DIAGS_MAX)
        return;
    const char **keys = ARENA_ARRAY(form->decoder->arena, shape->n + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; i < shape->n; i++)
        if (can_be_set(form, &shape->children[i]))
            keys[n++] = shape->children[i].key;
    if (shape == &form->root && (form->flags & FORM_LIFECYCLE) != 0)
        keys[n++] = form->decoder->lifecycle_key;
    const char *nearest = names_nearest(key, keys, n);
    for (size_t i = 0; nearest != NULL && i < shape->n; i++) {
        int attr = shape->children[i].attr;
        if (shape->children[i].key == nearest && attr >= 0 &&
            (form->schema->attrs[attr].flags & ATTR_SECRET) != 0)
            diag->hide_source = true;
    }
    if (nearest != NULL) {
        diag_hint(diags, diag, "did you mean \"%s\"?", nearest);
        return;
    }
    struct strbuf known;
    strbuf_init(&known, 400);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&known, "%s%s", i > 0 ? ", " : "", keys[i]);
    diag_hint(diags, diag, "known keys: %s", strbuf_str(&known));
    strbuf_release(&known);
}

/* State of one form_read. */
struct reading {
    const struct form *form;
    struct instance *instance;
    struct pos *attr_pos;
    int result;
};

static struct diag *complain(struct reading *r, struct pos pos, const char *what,
                             const char *subject)
{
    struct diag *diag = diag_error(r->form->decoder->diags, pos, "%s \"%.60s\"", what, subject);
    diag->address = r->instance->address;
    r->result = -1;
    return diag;
}

static void read_map(struct reading *r, const struct shape *shape, const struct node *node);

static void read_entry(struct reading *r, const struct shape *shape, const struct entry *entry)
{
    struct shape *at = child((struct shape *)shape, entry->key);
    if (at == NULL) {
        hint_keys(r->form, shape, complain(r, entry_pos(entry), "unknown key", entry->key),
                  entry->key);
        return;
    }
    bool nested = at->n > 0 && (at->attr < 0 || entry->node.type == NODE_MAP);
    if (nested && entry->node.type != NODE_MAP && !node_is_null(&entry->node)) {
        struct diag *diag =
            complain(r, node_pos(&entry->node), "expected a map under", entry->key);
        hint_keys(r->form, at, diag, "");
        return;
    }
    if (nested) {
        read_map(r, at, &entry->node);
        return;
    }
    const struct attr *attr = &r->form->schema->attrs[at->attr];
    const struct value **value = &r->instance->attrs[at->attr];
    r->attr_pos[at->attr] = node_pos(&entry->node);
    int result = attr->items != NULL
                     ? decode_items(r->form, (size_t)at->attr, &entry->node, r->instance, value)
                     : decode_value(r->form, attr, &entry->node, r->instance, value);
    if (result < 0)
        r->result = -1;
}

/* Recursion follows the schema, whose depth we write ourselves. */
static void read_map(struct reading *r, const struct shape *shape, const struct node *node)
{
    size_t n = node->type == NODE_MAP ? node->n : 0;
    for (size_t i = 0; i < n; i++) {
        const struct entry *entry = &node->entries[i];
        bool lifecycle = shape == &r->form->root &&
                         entry->key == r->form->decoder->lifecycle_key &&
                         (r->form->flags & FORM_LIFECYCLE) != 0;
        if (!lifecycle)
            read_entry(r, shape, entry);
        else if (read_lifecycle(r->form, &entry->node, r->instance) < 0)
            r->result = -1;
    }
}

static void check_required(struct reading *r)
{
    const struct schema *schema = r->form->schema;
    for (size_t i = 0; i < schema->n_attrs; i++) {
        const struct attr *attr = &schema->attrs[i];
        if ((attr->flags & ATTR_REQUIRED) == 0 || r->attr_pos[i].file != NULL ||
            !value_is_absent(r->instance->attrs[i]))
            continue;
        struct diag *diag = complain(r, r->instance->pos, "missing", attr->name);
        diag_hint(r->form->decoder->diags, diag, "expected %s", attr->type->expects);
    }
}

void form_defaults(const struct form *form, struct instance *instance)
{
    for (size_t i = 0; i < form->schema->n_attrs; i++)
        if (value_is_absent(instance->attrs[i]))
            instance->attrs[i] = form->defaults[i];
}

int form_read(const struct form *form, const struct node *node, struct instance *instance)
{
    struct decoder *decoder = form->decoder;
    const struct schema *schema = form->schema;
    struct reading r = {.form = form,
                        .instance = instance,
                        .attr_pos = ARENA_ARRAY(decoder->arena, schema->n_attrs, struct pos)};
    instance->attr_pos = r.attr_pos;
    if (node->type == NODE_MAP || node_is_null(node))
        read_map(&r, &form->root, node);
    else
        complain(&r, node_pos(node), "expected a map under", instance->name);
    bool map = r.result == 0 || node->type == NODE_MAP;
    for (size_t i = 0; i < schema->n_attrs; i++)
        if ((schema->attrs[i].flags & ATTR_FILE) != 0 && decode_file(form, i, instance) < 0)
            r.result = -1;
    if (map)
        check_required(&r);
    form_defaults(form, instance);
    return r.result;
}

/* ---- files
 * -------------------------------------------------------------------------------------- */

/* The node under a dotted name, or NULL. */
static const struct node *follow(const struct node *node, const char *name)
{
    for (const char *part = name; part != NULL && node != NULL;) {
        size_t len = strcspn(part, ".");
        const struct entry *found = NULL;
        for (size_t i = 0; node->type == NODE_MAP && i < node->n && found == NULL; i++) {
            const char *key = node->entries[i].key;
            if (strncmp(key, part, len) == 0 && key[len] == '\0')
                found = &node->entries[i];
        }
        node = found == NULL ? NULL : &found->node;
        part = part[len] == '.' ? part + len + 1 : NULL;
    }
    return node;
}

void form_list_files(const struct form *form, const struct node *node,
                     void (*visit)(void *context, const char *path), void *context)
{
    for (size_t i = 0; i < form->schema->n_attrs; i++) {
        const struct attr *attr = &form->schema->attrs[i];
        if (attr->items != NULL)
            items_list_files(form, i, follow(node, attr->name), visit, context);
        if ((attr->flags & ATTR_FILE) == 0)
            continue;
        const struct node *scalar = follow(node, attr->name);
        if (scalar == NULL || scalar->type != NODE_SCALAR || node_is_null(scalar))
            continue;
        const char *path = expr_text(form->decoder->vars, scalar);
        if (path != NULL && decode_path_problem(path) == NULL)
            visit(context, path);
    }
}
