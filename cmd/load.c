/* load.c: see load.h. */
#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "provider.h"
#include "strbuf.h"
#include "vec.h"

enum { FILE_MAX_SIZE = 8 << 20, FILES_MAX = 10000 };

struct file_list {
    struct arena *arena;
    VEC(struct source_file) files;
};

static int read_all(int fd, const char *path, struct strbuf *text, struct err *err)
{
    char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        strbuf_add_mem(text, block, (size_t)n);
        if (strbuf_overflowed(text))
            return err_set(err, ERR_INVALID, "%s is larger than 8 MiB", path);
    }
}

static int read_open(int fd, const char *path, struct arena *arena, struct source_file *ret,
                     struct err *err)
{
    struct strbuf text;
    strbuf_init(&text, FILE_MAX_SIZE);
    int result = read_all(fd, path, &text, err);
    if (result == 0)
        *ret = (struct source_file){
            .name = path,
            .text = arena_memdup(arena, strbuf_str(&text), strbuf_len(&text)),
            .size = strbuf_len(&text)};
    strbuf_release(&text);
    return result;
}

int load_file(const char *path, struct arena *arena, struct source_file *ret, struct err *err)
{
    if (path == NULL)
        return read_open(STDIN_FILENO, "<stdin>", arena, ret, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    int result = 0;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        result = err_set(err, ERR_INVALID, "%s is not a regular file", path);
    else
        result = read_open(fd, path, arena, ret, err);
    close(fd);
    return result;
}

/* `name` is what messages and positions call it. */
static int read_file(struct file_list *list, const char *path, const char *name, bool overlay,
                     struct err *err)
{
    struct source_file file;
    if (load_file(path, list->arena, &file, err) < 0)
        return -1;
    file.name = arena_strdup(list->arena, name);
    file.overlay = overlay;
    VEC_PUSH(list->arena, &list->files, file);
    return 0;
}

static int is_manifest(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    const char *end = entry->d_name + (len > 5 ? len - 5 : 0);
    return entry->d_name[0] != '.' &&
           (strcmp(end, ".yaml") == 0 || (len > 4 && strcmp(entry->d_name + len - 4, ".yml") == 0));
}

/* The names of the manifest's files. */
static int list_directory(const char *directory, struct arena *arena,
                          const char *const **ret_names, size_t *ret_n, struct err *err)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_manifest, alphasort);
    if (n < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", directory, strerror(errno));
    const char **names = ARENA_ARRAY(arena, (size_t)n, const char *);
    for (int i = 0; i < n; i++) {
        names[i] = arena_strdup(arena, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (n > FILES_MAX)
        return err_set(err, ERR_INVALID, "%s holds more than %d files", directory, FILES_MAX);
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "%s holds no *.yaml file; gridform init writes a first one", directory);
    *ret_names = names;
    *ret_n = (size_t)n;
    return 0;
}

int load_list(const char *directory, struct arena *arena, const char *const **ret_paths,
              size_t *ret_n, struct err *err)
{
    const char *const *names;
    if (list_directory(directory, arena, &names, ret_n, err) < 0)
        return -1;
    const char **paths = ARENA_ARRAY(arena, *ret_n, const char *);
    for (size_t i = 0; i < *ret_n; i++)
        paths[i] = strcmp(directory, ".") == 0
                       ? names[i]
                       : arena_printf(arena, "%s/%s", directory, names[i]);
    *ret_paths = paths;
    return 0;
}

static int read_directory(struct file_list *list, const char *directory, struct err *err)
{
    const char *const *names;
    size_t n;
    if (list_directory(directory, list->arena, &names, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (read_file(list, arena_printf(list->arena, "%s/%s", directory, names[i]), names[i],
                      false, err) < 0)
            return -1;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct source_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* One digest over everything that the plan is made from, so that a saved plan can tell. */
static const char *digest_all(struct arena *arena, const struct file_list *files,
                              const struct file_list *attachments,
                              const struct options *options)
{
    struct strbuf all;
    strbuf_init(&all, STRBUF_MAX_OUTPUT);
    const struct file_list *lists[] = {files, attachments};
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        VEC_EACH(struct source_file, file, lists[l]->files)
        strbuf_addf(&all, "%s %zu %s %s\n", file->overlay ? "overlay" : "file", file->size,
                    digest_bytes(file->text, file->size).hex,
                    file->overlay ? "-" : file->name);
    for (size_t i = 0; i < options->n_vars; i++)
        strbuf_addf(&all, "var %s\n", options->vars[i]);
    const char *hex =
        arena_strdup(arena, digest_bytes(strbuf_str(&all), strbuf_len(&all)).hex);
    strbuf_release(&all);
    return hex;
}

/* Files that attributes name; one that cannot be read is reported where it is named. */
static void read_attachments(struct file_list *list, const char *directory,
                             struct config_doc *doc)
{
    const char *const *paths;
    size_t n;
    config_list_attachments(doc, &paths, &n);
    for (size_t i = 0; i < n; i++) {
        struct err ignored = {0};
        (void)read_file(list, arena_printf(list->arena, "%s/%s", directory, paths[i]), paths[i],
                        false, &ignored);
    }
}

/* All of the manifest but the files that attributes name. */
static int read_manifest(struct file_list *files, const struct options *options,
                         struct config_input *ret_input, struct err *err)
{
    if (read_directory(files, options->directory, err) < 0)
        return -1;
    qsort(files->files.items, files->files.n, sizeof(*files->files.items), compare_names);
    for (size_t i = 0; i < options->n_overlays; i++)
        if (read_file(files, options->overlays[i], options->overlays[i], true, err) < 0)
            return -1;
    *ret_input = (struct config_input){.files = files->files.items,
                                       .n_files = files->files.n,
                                       .vars = options->vars,
                                       .n_vars = options->n_vars,
                                       .kinds = all_kinds,
                                       .providers = all_providers};
    return 0;
}

int load_state_sections(const struct options *options, struct arena *arena,
                        struct diags *diags, struct config **ret_config, struct err *err)
{
    struct file_list files = {.arena = arena};
    struct config_input input;
    struct err problem = {0};
    const char *const *names;
    size_t n;
    *ret_config = NULL;
    if (list_directory(options->directory, arena, &names, &n, &problem) < 0 &&
        problem.code == ERR_NOT_FOUND)
        return 0;
    if (read_manifest(&files, options, &input, err) < 0)
        return -1;
    return config_build_state(&input, arena, diags, ret_config) < 0 ? -1 : 1;
}

int load_manifest(const struct options *options, struct arena *arena, struct diags *diags,
                  struct loaded *ret, struct err *err)
{
    struct file_list files = {.arena = arena}, attachments = {.arena = arena};
    struct config_input input;
    if (read_manifest(&files, options, &input, err) < 0)
        return -1;
    struct config_doc *doc;
    (void)config_parse(&input, arena, diags, &doc); /* findings are in diags */
    read_attachments(&attachments, options->directory, doc);
    int result = config_finish(doc, attachments.files.items, attachments.files.n, &ret->config);
    ret->digest = digest_all(arena, &files, &attachments, options);
    const char **names = ARENA_ARRAY(arena, files.files.n, const char *);
    for (size_t i = 0; i < files.files.n; i++)
        names[i] = files.files.items[i].name;
    ret->file_names = names;
    ret->n_files = files.files.n;
    return result < 0 || diags_have_errors(diags) ? -1 : 0;
}
