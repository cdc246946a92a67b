/* config.c: see config.h. The passes of config_finish stand in config_finish, in order. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "arena.h"
#include "atom.h"
#include "decode.h"
#include "diag.h"
#include "hosts.h"
#include "links.h"
#include "manifest.h"
#include "names.h"
#include "provider.h"
#include "secret.h"
#include "vec.h"

struct config_doc {
    struct config_input input;
    struct arena *arena, *nodes; /* nodes: the tree, dead after decoding */
    struct diags *diags;
    struct config *config;
    struct variables vars;
    struct decoder decoder;
    struct form **forms; /* per kind */
    struct manifest manifest;
    int result;
};

/* Resources while they are collected. */
struct collection {
    struct config_doc *doc;
    VEC(struct instance *) items;
    struct map broken; /* addresses with errors */
};

/* ---- reading
 * ----------------------------------------------------------------------------------- */

static void make_forms(struct config_doc *doc)
{
    size_t n = 0;
    const struct schema *expanded = NULL;
    for (; doc->input.kinds[n] != NULL; n++)
        if (doc->input.kinds[n]->schema.expanded)
            expanded = &doc->input.kinds[n]->schema;
    doc->forms = ARENA_ARRAY(doc->nodes, n, struct form *);
    for (size_t i = 0; i < n; i++) {
        const struct schema *schema = &doc->input.kinds[i]->schema;
        bool pool = strcmp(schema->kind, "pool") == 0;
        doc->forms[i] = form_new(&doc->decoder, schema, FORM_LIFECYCLE, pool ? expanded : NULL);
    }
}

int config_parse(const struct config_input *input, struct arena *arena, struct diags *diags,
                 struct config_doc **ret_doc)
{
    struct arena *nodes = arena_new();
    struct config_doc *doc = ARENA_NEW(nodes, struct config_doc);
    *doc = (struct config_doc){.input = *input, .arena = arena, .nodes = nodes, .diags = diags};
    doc->config = ARENA_NEW(arena, struct config);
    doc->config->arena = arena;
    doc->config->atoms = atoms_new(arena);
    doc->decoder = (struct decoder){
        .arena = arena, .atoms = doc->config->atoms, .diags = diags, .vars = &doc->vars};
    variables_init(&doc->vars, arena, diags);
    decoder_init(&doc->decoder);
    make_forms(doc);

    struct yamldoc_memory memory = {
        .nodes = nodes, .texts = arena, .atoms = doc->config->atoms};
    struct manifest_input files = {
        .files = input->files, .n_files = input->n_files, .kinds = input->kinds};
    doc->result = manifest_merge(&files, &memory, diags, &doc->manifest);
    variables_declare(&doc->vars,
                      manifest_section(&doc->manifest, doc->config->atoms, "variables"));
    if (doc->manifest.root.n > 0) {
        variables_set(&doc->vars, input->vars, input->n_vars);
        variables_check(&doc->vars);
    }
    secret_hide_lines(diags);
    *ret_doc = doc;
    return diags_have_errors(diags) ? -1 : 0;
}

struct path_list {
    struct config_doc *doc;
    struct map seen;
};

static void note_path(void *context, const char *path)
{
    struct path_list *list = context;
    map_set(&list->seen, atom(list->doc->config->atoms, path), list);
}

void config_list_attachments(struct config_doc *doc, const char *const **ret_paths,
                             size_t *ret_n)
{
    struct path_list list = {.doc = doc};
    map_init(&list.seen);
    for (size_t k = 0; doc->input.kinds[k] != NULL; k++) {
        const struct schema *schema = &doc->input.kinds[k]->schema;
        const struct node *section =
            schema->expanded
                ? NULL
                : manifest_section(&doc->manifest, doc->config->atoms, schema->section);
        for (size_t i = 0; section != NULL && i < section->n; i++)
            form_list_files(doc->forms[k], &section->entries[i].node, note_path, &list);
    }
    *ret_paths = map_sorted_keys(&list.seen, doc->arena);
    *ret_n = map_count(&list.seen);
    map_release(&list.seen);
}

/* ---- decoding
 * ----------------------------------------------------------------------------------- */

static int add(void *context, struct instance *instance, bool broken)
{
    struct collection *all = context;
    if (all->items.n >= CONFIG_MAX_RESOURCES) {
        diag_error(all->doc->diags, (struct pos){.file = instance->pos.file},
                   "the manifest has more than %d resources", CONFIG_MAX_RESOURCES);
        return -1;
    }
    VEC_PUSH(all->doc->nodes, &all->items, instance);
    if (broken)
        map_set(&all->broken, instance->address, instance);
    return 0;
}

static struct instance *read_one(struct config_doc *doc, const struct form *form,
                                 const char *kind, const struct entry *entry, bool *ret_broken)
{
    char *address = address_make(doc->nodes, kind, entry->key);
    struct instance *instance = instance_new(doc->arena, form_schema(form),
                                             atom(doc->config->atoms, address), entry->key);
    instance->presence = PRESENCE_PRESENT;
    instance->pos = entry_pos(entry);
    const char *problem = manifest_name_problem(entry->key);
    if (problem != NULL)
        diag_error(doc->diags, instance->pos, "the name \"%.60s\" %s", entry->key, problem);
    *ret_broken = form_read(form, &entry->node, instance) < 0 || problem != NULL;
    return instance;
}

static void read_sections(struct config_doc *doc, struct collection *all)
{
    for (size_t k = 0; doc->input.kinds[k] != NULL; k++) {
        const struct schema *schema = &doc->input.kinds[k]->schema;
        if (schema->expanded)
            continue;
        const struct node *section =
            manifest_section(&doc->manifest, doc->config->atoms, schema->section);
        for (size_t i = 0; section != NULL && i < section->n; i++) {
            bool broken;
            struct instance *instance =
                read_one(doc, doc->forms[k], schema->kind, &section->entries[i], &broken);
            if (add(all, instance, broken) < 0)
                return;
        }
    }
}

static void expand_pools(struct config_doc *doc, struct collection *all)
{
    struct host_maker maker = {.decoder = &doc->decoder, .add = add, .context = all};
    for (size_t k = 0; doc->input.kinds[k] != NULL; k++)
        if (doc->input.kinds[k]->schema.expanded)
            maker.form = doc->forms[k];
    if (maker.form == NULL)
        return;
    map_init(&maker.owners);
    size_t n = all->items.n; /* hosts are added behind */
    for (size_t i = 0; i < n; i++) {
        struct instance *pool = all->items.items[i];
        if (strcmp(pool->schema->kind, "pool") != 0)
            continue;
        bool broken = map_get(&all->broken, pool->address) != NULL;
        if (hosts_expand(&maker, pool, broken) < 0)
            map_set(&all->broken, pool->address, pool);
    }
    map_release(&maker.owners);
}

static const struct provider *find_provider(const struct config_doc *doc, const char *name)
{
    for (size_t i = 0; doc->input.providers[i] != NULL; i++)
        if (strcmp(doc->input.providers[i]->name, name) == 0)
            return doc->input.providers[i];
    return NULL;
}

static void unknown_provider(struct config_doc *doc, const struct entry *entry)
{
    size_t n = 0;
    while (doc->input.providers[n] != NULL)
        n++;
    const char **names = ARENA_ARRAY(doc->nodes, n, const char *);
    for (size_t i = 0; i < n; i++)
        names[i] = doc->input.providers[i]->name;
    struct diag *diag =
        diag_error(doc->diags, entry_pos(entry), "unknown provider \"%.60s\"", entry->key);
    const char *nearest = names_nearest(entry->key, names, n);
    if (nearest != NULL)
        diag_hint(doc->diags, diag, "did you mean \"%s\"?", nearest);
}

static void read_providers(struct config_doc *doc)
{
    const struct node *section =
        manifest_section(&doc->manifest, doc->config->atoms, "providers");
    if (section == NULL)
        return;
    struct instances *list = &doc->config->providers;
    list->items = ARENA_ARRAY(doc->arena, section->n, struct instance *);
    for (size_t i = 0; i < section->n; i++) {
        const struct entry *entry = &section->entries[i];
        const struct provider *provider = find_provider(doc, entry->key);
        if (provider == NULL) {
            unknown_provider(doc, entry);
            continue;
        }
        bool broken;
        struct form *form = form_new(&doc->decoder, provider->config, 0, NULL);
        list->items[list->n++] = read_one(doc, form, "provider", entry, &broken);
    }
    instances_sort(list);
}

static void keep_resources(struct config_doc *doc, const struct collection *all)
{
    struct instances *list = &doc->config->resources;
    list->n = all->items.n;
    list->items = ARENA_ARRAY(doc->arena, list->n, struct instance *);
    if (list->n > 0)
        memcpy(list->items, all->items.items, list->n * sizeof(*list->items));
    instances_sort(list);
}

/* Kinds in their order: what others refer to comes first. What has errors is left alone. */
static void derive_all(struct config_doc *doc, const bool *bad)
{
    static const struct instances none = {0};
    struct facts facts = {.arena = doc->arena,
                          .kinds = doc->input.kinds,
                          .desired = &doc->config->resources,
                          .prior = &none};
    for (size_t k = 0; doc->input.kinds[k] != NULL; k++) {
        const struct kind *kind = doc->input.kinds[k];
        for (size_t i = 0; kind->derive != NULL && i < doc->config->resources.n; i++) {
            struct instance *it = doc->config->resources.items[i];
            if (it->schema == &kind->schema && !bad[i])
                kind->derive(it, &facts, doc->diags);
        }
    }
}

static void attach(struct config_doc *doc, const struct source_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct attachment *attachment = ARENA_NEW(doc->nodes, struct attachment);
        attachment->text = files[i].text;
        attachment->size = files[i].size;
        attachment->problem = files[i].problem;
        map_set(&doc->decoder.attachments, files[i].name, attachment);
    }
}

static void decode_all(struct config_doc *doc)
{
    struct collection all = {.doc = doc};
    map_init(&all.broken);
    secret_scan(&doc->manifest.root, doc->diags);
    read_providers(doc);
    read_sections(doc, &all);
    expand_pools(doc, &all);
    keep_resources(doc, &all);

    const struct instances *resources = &doc->config->resources;
    bool *bad = ARENA_ARRAY(doc->nodes, resources->n, bool);
    for (size_t i = 0; map_count(&all.broken) > 0 && i < resources->n; i++)
        bad[i] = map_get(&all.broken, resources->items[i]->address) != NULL;
    map_release(&all.broken);
    struct links_input links = {.resources = resources,
                                .kinds = doc->input.kinds,
                                .arena = doc->arena,
                                .diags = doc->diags};
    (void)links_check(&links, bad); /* what it found is in the diags */
    derive_all(doc, bad);
}

int config_finish(struct config_doc *doc, const struct source_file *attachments,
                  size_t n_attachments, struct config **ret_config)
{
    struct diags *diags = doc->diags;
    attach(doc, attachments, n_attachments);
    if (doc->manifest.root.n > 0)
        decode_all(doc);
    if (doc->manifest.site != NULL)
        doc->config->site = arena_strdup(doc->arena, doc->manifest.site);
    secret_hide_lines(diags);
    *ret_config = doc->config;
    variables_release(&doc->vars);
    decoder_release(&doc->decoder);
    arena_free(doc->nodes);
    return diags_have_errors(diags) ? -1 : 0;
}

int config_build(const struct config_input *input, struct arena *arena, struct diags *diags,
                 struct config **ret_config)
{
    struct config_doc *doc;
    (void)config_parse(input, arena, diags, &doc); /* its errors are in the diags */
    return config_finish(doc, input->attachments, input->n_attachments, ret_config);
}

void config_release(struct config *config)
{
    if (config == NULL)
        return;
    atoms_free(config->atoms);
    config->atoms = NULL;
}
