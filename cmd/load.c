/* load.c: see load.h. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "provider.h"
#include "strbuf.h"
#include "utf8.h"
#include "vec.h"

enum { FILES_MAX = 10000 };

struct file_list {
    struct arena *arena;
    VEC(struct source_file) files;
};

static bool is_manifest(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && ((len > 5 && strcmp(name + len - 5, ".yaml") == 0) ||
                              (len > 4 && strcmp(name + len - 4, ".yml") == 0));
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* The names of the manifest's files, sorted. */
static int list_files(const struct source *source, struct arena *arena,
                      const char *const **ret_names, size_t *ret_n, struct err *err)
{
    const char *const *all;
    size_t n_all, n = 0;
    if (source->ops->list(source, arena, &all, &n_all, err) < 0)
        return -1;
    const char **names = ARENA_ARRAY(arena, n_all + 1, const char *);
    for (size_t i = 0; i < n_all; i++) {
        if (!is_manifest(all[i]))
            continue;
        if (utf8_check(all[i], strlen(all[i])) != strlen(all[i]))
            return err_set(err, ERR_INVALID,
                           "%s holds a file whose name is not UTF-8: rename it", source->name);
        names[n++] = all[i];
    }
    if (n > FILES_MAX)
        return err_set(err, ERR_INVALID, "%s holds more than %d files", source->name,
                       FILES_MAX);
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "%s holds no *.yaml file; gridform init writes a first one",
                       source->name);
    qsort(names, n, sizeof(*names), compare_texts);
    *ret_names = names;
    *ret_n = n;
    return 0;
}

int load_list(const char *directory, struct arena *arena, const char *const **ret_paths,
              size_t *ret_n, struct err *err)
{
    const char *const *names;
    if (list_files(source_disk(directory, arena), arena, &names, ret_n, err) < 0)
        return -1;
    const char **paths = ARENA_ARRAY(arena, *ret_n, const char *);
    for (size_t i = 0; i < *ret_n; i++)
        paths[i] = strcmp(directory, ".") == 0
                       ? names[i]
                       : arena_printf(arena, "%s/%s", directory, names[i]);
    *ret_paths = paths;
    return 0;
}

static int read_directory(struct file_list *list, const struct source *source, struct err *err)
{
    const char *const *names;
    size_t n;
    if (list_files(source, list->arena, &names, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct source_file file;
        if (source->ops->read(source, names[i], list->arena, &file, err) < 0)
            return -1;
        if (source_is_lfs_pointer(file.text, file.size))
            return err_set(err, ERR_INVALID,
                           "%s: %s is kept by git-lfs, and only the pointer to it is here: "
                           "keep manifests in git itself",
                           source->name, names[i]);
        VEC_PUSH(list->arena, &list->files, file);
    }
    return 0;
}

static int read_overlay(struct file_list *list, const struct source *source, const char *path,
                        struct err *err)
{
    struct source_file file;
    if (source->ops->read_named(source, path, list->arena, &file, err) < 0)
        return -1;
    file.name = path;
    file.overlay = true;
    VEC_PUSH(list->arena, &list->files, file);
    return 0;
}

static void note_inputs(struct loaded *loaded, struct arena *arena,
                        const struct file_list *files, const struct file_list *attachments)
{
    const struct file_list *lists[] = {files, attachments};
    struct loaded_file *inputs =
        ARENA_ARRAY(arena, files->files.n + attachments->files.n + 1, struct loaded_file);
    const char **names = ARENA_ARRAY(arena, files->files.n + 1, const char *);
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        VEC_EACH (struct source_file, file, lists[l]->files)
            if (file->text != NULL)
                inputs[loaded->n_inputs++] = (struct loaded_file){
                    .name = file->name,
                    .digest = arena_strdup(arena, digest_bytes(file->text, file->size).hex),
                    .size = file->size,
                    .overlay = file->overlay};
    for (size_t i = 0; i < files->files.n; i++)
        names[i] = files->files.items[i].name;
    loaded->inputs = inputs;
    loaded->file_names = names;
    loaded->n_files = files->files.n;
}

/* One digest over everything that the plan is made from, so that a saved plan can tell. */
static const char *digest_all(struct arena *arena, const struct loaded *loaded,
                              const struct options *options)
{
    struct strbuf all;
    strbuf_init(&all, STRBUF_MAX_OUTPUT);
    for (size_t i = 0; i < loaded->n_inputs; i++) {
        const struct loaded_file *file = &loaded->inputs[i];
        strbuf_addf(&all, "%s %zu %s %s\n", file->overlay ? "overlay" : "file", file->size,
                    file->digest, file->overlay ? "-" : file->name);
    }
    for (size_t i = 0; i < options->n_vars; i++)
        strbuf_addf(&all, "var %s\n", options->vars[i]);
    const char *hex = arena_strdup(arena, digest_bytes(strbuf_str(&all), strbuf_len(&all)).hex);
    strbuf_release(&all);
    return hex;
}

/* One file that an attribute names; what is wrong with it is reported where it is named. */
static void read_attachment(struct file_list *list, const struct source *source,
                            const char *path)
{
    struct err err = {0};
    struct source_file file = {.name = path};
    if (source->ops->read(source, path, list->arena, &file, &err) < 0) {
        if (err.code != ERR_INVALID)
            return;
        file.text = NULL;
        file.problem = arena_printf(list->arena, "cannot be read: %s", err.message);
    } else if (source_is_lfs_pointer(file.text, file.size)) {
        file.text = NULL;
        file.problem = "is kept by git-lfs, and only the pointer to it is here: git lfs pull "
                       "brings it to the work tree; keep scripts in git itself for --ref";
    }
    VEC_PUSH(list->arena, &list->files, file);
}

static void read_attachments(struct file_list *list, const struct source *source,
                             struct config_doc *doc)
{
    const char *const *paths;
    size_t n;
    config_list_attachments(doc, &paths, &n);
    for (size_t i = 0; i < n; i++)
        read_attachment(list, source, paths[i]);
}

int load_manifest(const struct options *options, const struct source *source,
                  struct arena *arena, struct diags *diags, struct loaded *ret, struct err *err)
{
    struct file_list files = {.arena = arena}, attachments = {.arena = arena};
    if (read_directory(&files, source, err) < 0)
        return -1;
    for (size_t i = 0; i < options->n_overlays; i++)
        if (read_overlay(&files, source, options->overlays[i], err) < 0)
            return -1;
    struct config_input input = {.files = files.files.items,
                                 .n_files = files.files.n,
                                 .vars = options->vars,
                                 .n_vars = options->n_vars,
                                 .kinds = all_kinds,
                                 .providers = all_providers};
    struct config_doc *doc;
    (void)config_parse(&input, arena, diags, &doc); /* findings are in diags */
    read_attachments(&attachments, source, doc);
    int result = config_finish(doc, attachments.files.items, attachments.files.n, &ret->config);
    note_inputs(ret, arena, &files, &attachments);
    ret->digest = digest_all(arena, ret, options);
    return result < 0 || diags_have_errors(diags) ? -1 : 0;
}
