/* manifest.c: see manifest.h. */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "atom.h"
#include "config.h"
#include "keyset.h"
#include "names.h"
#include "num.h"
#include "overlay.h"
#include "provider.h"
#include "vec.h"

enum { MAX_NAME = 255 };

/* A top-level key while the base is being united. */
struct section {
    const char *key;
    struct pos pos; /* where it came up first */
    struct node node;
    VEC(struct entry) members;
    struct keyset names; /* name -> index in members, once a second file adds to them */
    bool shared;
};

struct merger {
    const struct manifest_input *input;
    const struct yamldoc_memory *memory;
    struct diags *diags;
    VEC(struct section *) sections;
    VEC(const char *) known; /* top-level keys, atoms */
    const char *gridform, *site;
    struct pos version_pos; /* the last place of the key gridform, right or wrong */
    bool site_seen;         /* right or wrong */
    bool odd_root;          /* a file is no map: what is missing may have been meant there */
    int result;
};

static struct diag *complain(struct merger *m, struct pos pos, const char *what,
                             const char *subject)
{
    m->result = -1;
    return diag_error(m->diags, pos, "%s \"%.60s\"", what, subject);
}

static void list_known(struct merger *m)
{
    struct arena *arena = m->memory->nodes;
    m->gridform = atom(m->memory->atoms, "gridform");
    m->site = atom(m->memory->atoms, "site");
    VEC_PUSH(arena, &m->known, m->gridform);
    VEC_PUSH(arena, &m->known, m->site);
    VEC_PUSH(arena, &m->known, atom(m->memory->atoms, "variables"));
    VEC_PUSH(arena, &m->known, atom(m->memory->atoms, "providers"));
    VEC_PUSH(arena, &m->known, atom(m->memory->atoms, "state"));
    VEC_PUSH(arena, &m->known, atom(m->memory->atoms, encryption_schema.section));
    for (const struct kind *const *kind = m->input->kinds; *kind != NULL; kind++)
        if (!(*kind)->schema.expanded)
            VEC_PUSH(arena, &m->known, atom(m->memory->atoms, (*kind)->schema.section));
}

static bool is_known(const struct merger *m, const char *key)
{
    for (size_t i = 0; i < m->known.n; i++)
        if (m->known.items[i] == key)
            return true;
    return false;
}

/* Resources that no section of their own declares: hosts, which pools list. */
static bool is_expanded(const struct merger *m, const char *key)
{
    for (const struct kind *const *kind = m->input->kinds; *kind != NULL; kind++)
        if ((*kind)->schema.expanded && (*kind)->schema.section != NULL &&
            strcmp((*kind)->schema.section, key) == 0)
            return true;
    return false;
}

/* The version and the name of the site, which becomes part of file names. */
static bool accept_head(struct merger *m, const struct entry *entry)
{
    const struct node *node = &entry->node;
    int64_t version;
    if (entry->key == m->gridform)
        m->version_pos = entry_pos(entry);
    else
        m->site_seen = true;
    if (node->type != NODE_SCALAR || node_is_null(node)) {
        complain(m, node_pos(node), "expected a text under", entry->key);
        return false;
    }
    if (entry->key == m->gridform &&
        (num_i64(node->text, &version) < 0 || version != MANIFEST_VERSION)) {
        struct diag *diag =
            complain(m, node_pos(node), "unknown version of the manifest", node->text);
        diag_hint(m->diags, diag, "this gridform reads version %d", MANIFEST_VERSION);
        return false;
    }
    const char *problem = entry->key == m->site ? manifest_name_problem(node->text) : NULL;
    if (problem == NULL && entry->key == m->site && strchr(node->text, '/') != NULL)
        problem = "holds a slash";
    if (problem == NULL)
        return true;
    m->result = -1;
    diag_error(m->diags, node_pos(node), "the name of the site %s", problem);
    return false;
}

/* What holds for a top-level key in any file, overlays included. */
static bool accept_key(struct merger *m, const struct entry *entry)
{
    if (!is_known(m, entry->key)) {
        struct diag *diag = complain(m, entry_pos(entry), "unknown key", entry->key);
        const char *nearest = names_nearest(entry->key, m->known.items, m->known.n);
        if (nearest != NULL)
            diag_hint(m->diags, diag, "did you mean \"%s\"?", nearest);
        else if (is_expanded(m, entry->key))
            diag_hint(m->diags, diag, "%s are made from other sections", entry->key);
        return false;
    }
    if (entry->key != m->gridform && entry->key != m->site) {
        if (entry->node.type == NODE_MAP || node_is_null(&entry->node))
            return true;
        complain(m, node_pos(&entry->node), "expected a map under", entry->key);
        return false;
    }
    return accept_head(m, entry);
}

static void given_twice(struct merger *m, const struct entry *entry, struct pos first)
{
    m->result = -1;
    diag_error(m->diags, entry_pos(entry), "\"%.60s\" is given twice, first at %s:%u:%u",
               entry->key, first.file, first.line, first.column);
}

static struct section *section_of(struct merger *m, const char *key)
{
    for (size_t i = 0; i < m->sections.n; i++)
        if (m->sections.items[i]->key == key)
            return m->sections.items[i];
    return NULL;
}

/* Index what the section has so far; only wanted when more is added. */
static void share(struct section *section)
{
    if (section->shared)
        return;
    section->shared = true;
    for (size_t i = 0; i < section->members.n; i++)
        keyset_add(&section->names, section->members.items[i].key, i);
}

static void unite(struct merger *m, struct section *section, const struct node *node)
{
    if (section->members.n > 0)
        share(section);
    for (size_t i = 0; node->type == NODE_MAP && i < node->n; i++) {
        const struct entry *entry = &node->entries[i];
        size_t known = keyset_find(&section->names, entry->key);
        if (known != KEYSET_NONE) {
            given_twice(m, entry, entry_pos(&section->members.items[known]));
            continue;
        }
        if (section->shared)
            keyset_add(&section->names, entry->key, section->members.n);
        VEC_PUSH(m->memory->nodes, &section->members, *entry);
    }
}

static void take_key(struct merger *m, const struct entry *entry)
{
    struct section *section = section_of(m, entry->key);
    if (section == NULL) {
        section = ARENA_NEW(m->memory->nodes, struct section);
        *section =
            (struct section){.key = entry->key, .pos = entry_pos(entry), .node = entry->node};
        VEC_PUSH(m->memory->nodes, &m->sections, section);
    } else if (entry->key == m->site) {
        given_twice(m, entry, section->pos);
        return;
    }
    unite(m, section, &entry->node);
}

static bool check_root(struct merger *m, const struct node *root)
{
    if (root->type == NODE_MAP)
        return true;
    if (!node_is_null(root)) {
        m->result = -1;
        m->odd_root = true;
        diag_error(m->diags, node_pos(root), "expected a map of sections, found %s",
                   node_describe(root));
    }
    return false;
}

static void take_base(struct merger *m, const struct node *root)
{
    for (size_t i = 0; check_root(m, root) && i < root->n; i++)
        if (accept_key(m, &root->entries[i]))
            take_key(m, &root->entries[i]);
}

/* Keys that are refused are left out of the patch. */
static void take_overlay(struct merger *m, const struct node *root, struct node *base)
{
    if (!check_root(m, root))
        return;
    struct entry *kept = ARENA_ARRAY(m->memory->nodes, root->n, struct entry);
    struct node patch = *root;
    patch.n = 0;
    patch.entries = kept;
    for (size_t i = 0; i < root->n; i++)
        if (accept_key(m, &root->entries[i]))
            kept[patch.n++] = root->entries[i];
    *base = overlay_apply(base, &patch, m->memory->nodes);
}

static struct node finish_base(struct merger *m)
{
    struct entry *entries = ARENA_ARRAY(m->memory->nodes, m->sections.n, struct entry);
    for (size_t i = 0; i < m->sections.n; i++) {
        struct section *section = m->sections.items[i];
        entries[i] = (struct entry){.key = section->key,
                                    .line = section->pos.line,
                                    .column = section->pos.column,
                                    .node = section->node};
        keyset_release(&section->names);
        if (section->members.n == 0)
            continue;
        entries[i].node.type = NODE_MAP;
        entries[i].node.entries = section->members.items;
        entries[i].node.n = (uint32_t)section->members.n;
    }
    return (struct node){.type = NODE_MAP, .entries = entries, .n = (uint32_t)m->sections.n};
}

/* ---- files
 * -------------------------------------------------------------------------------------- */

struct parsed {
    const struct source_file *file;
    struct node root;
    size_t index;
};

static int compare_files(const void *a, const void *b)
{
    const struct parsed *x = a, *y = b;
    if (x->file->overlay != y->file->overlay)
        return x->file->overlay ? 1 : -1;
    int order = x->file->overlay ? 0 : strcmp(x->file->name, y->file->name);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

/* Base files by name, then the overlays as given. */
static struct parsed *parse_all(struct merger *m)
{
    size_t n = m->input->n_files;
    struct parsed *files = ARENA_ARRAY(m->memory->nodes, n, struct parsed);
    for (size_t i = 0; i < n; i++)
        files[i] = (struct parsed){.file = &m->input->files[i], .index = i};
    if (n > 1)
        qsort(files, n, sizeof(*files), compare_files);
    for (size_t i = 0; i < n; i++) {
        const struct source_file *file = files[i].file;
        struct yamldoc_source source = {.file = atom(m->memory->atoms, file->name),
                                        .text = file->text,
                                        .size = file->size,
                                        .diags = m->diags};
        if (yamldoc_parse(m->memory, &source, &files[i].root) < 0)
            m->result = -1;
    }
    return files;
}

static void check_head(struct merger *m, const struct parsed *files, struct manifest *manifest)
{
    struct pos start = {.file = files[0].root.file, .line = 1, .column = 1};
    if (m->version_pos.file == NULL) {
        struct diag *diag = complain(m, start, "missing", "gridform");
        diag_hint(m->diags, diag, "write gridform: %d into one of the files", MANIFEST_VERSION);
    }
    const struct entry *site = node_find(&manifest->root, m->site);
    if (site != NULL) {
        manifest->site = site->node.text;
    }
    if (m->site_seen)
        return;
    struct diag *diag =
        complain(m, m->version_pos.file != NULL ? m->version_pos : start, "missing", "site");
    diag_hint(m->diags, diag, "write site: NAME; the state belongs to the site of that name");
}

const char *manifest_name_problem(const char *name)
{
    size_t len = strlen(name);
    if (len == 0)
        return "is empty";
    if (len > MAX_NAME)
        return "is longer than 255 bytes";
    if (name[0] == ' ' || name[len - 1] == ' ')
        return "begins or ends with a blank";
    if (strstr(name, "${") != NULL)
        return "holds an expression, which only values may";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return "holds a control character";
    return NULL;
}

int manifest_merge(const struct manifest_input *input, const struct yamldoc_memory *memory,
                   struct diags *diags, struct manifest *ret)
{
    struct merger m = {.input = input, .memory = memory, .diags = diags};
    *ret = (struct manifest){.root = {.type = NODE_MAP}};
    if (input->n_files == 0 || input->n_files > MANIFEST_MAX_FILES) {
        diag_error(diags, (struct pos){0},
                   input->n_files == 0 ? "there is no manifest: no file *.yaml"
                                       : "the manifest has too many files");
        return -1;
    }
    struct parsed *files = parse_all(&m);
    if (m.result < 0)
        return -1;
    list_known(&m);
    size_t i = 0;
    for (; i < input->n_files && !files[i].file->overlay; i++)
        take_base(&m, &files[i].root);
    ret->root = finish_base(&m);
    for (; i < input->n_files; i++)
        take_overlay(&m, &files[i].root, &ret->root);
    if (!m.odd_root)
        check_head(&m, files, ret);
    return m.result;
}

const struct node *manifest_section(const struct manifest *manifest, struct atoms *atoms,
                                    const char *name)
{
    const struct entry *entry = node_find(&manifest->root, atom(atoms, name));
    return entry == NULL || entry->node.type != NODE_MAP ? NULL : &entry->node;
}
