/* git_tree.c: a manifest in the tree of a commit (git_source_new).
 *
 * Paths are walked component by component, so that symbolic links, submodules and what leads
 * out of the tree are seen where they are. The work tree is never looked at.
 */
#include "git_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "vec.h"

enum { LINKS_MAX = 40, DEPTH_MAX = 128, LINK_SIZE_MAX = 4096 };

struct tree_source {
    struct source base;
    const struct git_place *place;
    const git_tree *root; /* the place's */
    const char *path, *commit;
};

static const struct tree_source *tree_of(const struct source *source)
{
    return (const struct tree_source *)source;
}

/* ---- objects ------------------------------------------------------------------------------
 */

/* The size is asked for first: a huge blob is refused before it is in memory. */
static int read_blob(const struct tree_source *tree, const git_oid *id, const char *name,
                     size_t most, git_blob **ret, struct err *err)
{
    git_odb *odb = NULL;
    size_t size;
    git_object_t type;
    int found = git_repository_odb(&odb, tree->place->repository);
    if (found == 0)
        found = git_odb_read_header(&size, &type, odb, id);
    git_odb_free(odb);
    if (found == GIT_ENOTFOUND)
        return err_set(err, ERR_INVALID,
                       "the content of %s is not in this clone, which is a partial one: git "
                       "checkout %.12s brings it",
                       name, tree->commit);
    if (found < 0)
        return git_failed(name, err);
    if (size > most)
        return err_set(err, ERR_INVALID, "%s is larger than %zu KiB", name, most / 1024);
    return git_blob_lookup(ret, tree->place->repository, id) < 0 ? git_failed(name, err) : 0;
}

/* ---- walking ------------------------------------------------------------------------------
 */

/* A path under way: what is left of it, and the resolved directories behind us. */
struct walk {
    const struct tree_source *tree;
    struct arena *arena;
    const char *wanted, *rest;
    VEC(const char *) at; /* components, without links */
    unsigned links;
};

static const char *joined(const struct walk *walk, size_t n)
{
    const char *path = "";
    for (size_t i = 0; i < n; i++)
        path = arena_printf(walk->arena, "%s%s%s", path, i == 0 ? "" : "/", walk->at.items[i]);
    return path;
}

static int refuse(const struct walk *walk, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID, "%.200s in commit %.12s %s", walk->wanted,
                   walk->tree->commit, why);
}

static int missing(const struct walk *walk, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "commit %.12s holds no %.200s", walk->tree->commit,
                   walk->wanted);
}

/* The next component, or NULL at the end. */
static const char *next_component(struct walk *walk)
{
    walk->rest += strspn(walk->rest, "/");
    size_t len = strcspn(walk->rest, "/");
    if (len == 0)
        return NULL;
    const char *component = arena_memdup(walk->arena, walk->rest, len);
    walk->rest += len;
    return component;
}

static int follow(struct walk *walk, const git_tree_entry *entry, struct err *err)
{
    git_blob *blob = NULL;
    if (++walk->links > LINKS_MAX)
        return refuse(walk, "leads through too many symbolic links", err);
    if (read_blob(walk->tree, git_tree_entry_id(entry), walk->wanted, LINK_SIZE_MAX, &blob,
                  err) < 0)
        return -1;
    const char *target =
        arena_memdup(walk->arena, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    git_blob_free(blob);
    if (target[0] == '/')
        return refuse(walk, "is a symbolic link that leads out of the repository", err);
    walk->rest = arena_printf(walk->arena, "%s/%s", target, walk->rest);
    return 0;
}

/* One component further. The entry is the caller's when it is a file. */
static int advance(struct walk *walk, const char *component, git_tree_entry **ret_file,
                   struct err *err)
{
    git_tree_entry *entry = NULL;
    if (strcmp(component, ".") == 0)
        return 0;
    if (strcmp(component, "..") == 0) {
        if (walk->at.n == 0)
            return refuse(walk, "leads out of the repository", err);
        walk->at.n--;
        return 0;
    }
    if (walk->at.n >= DEPTH_MAX)
        return refuse(walk, "lies too deep", err);
    VEC_PUSH(walk->arena, &walk->at, component);
    int found = git_tree_entry_bypath(&entry, walk->tree->root, joined(walk, walk->at.n));
    if (found == GIT_ENOTFOUND)
        return missing(walk, err);
    if (found < 0)
        return git_failed(walk->wanted, err);
    int result = 0;
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
        break;
    case GIT_FILEMODE_LINK:
        walk->at.n--;
        result = follow(walk, entry, err);
        break;
    case GIT_FILEMODE_COMMIT:
        result = refuse(walk,
                        "lies in a submodule, whose files are not in this repository: check it "
                        "out and name its directory with -C, or take its files in",
                        err);
        break;
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        *ret_file = entry;
        return 0;
    case GIT_FILEMODE_UNREADABLE:
    default:
        result = refuse(walk, "is no regular file", err);
        break;
    }
    git_tree_entry_free(entry);
    return result;
}

/* Where a path leads: *ret_file the entry of a file, or NULL and *ret_tree a directory's path.
 */
static int resolve(const struct tree_source *tree, const char *path, struct arena *arena,
                   git_tree_entry **ret_file, const char **ret_tree, struct err *err)
{
    struct walk walk = {.tree = tree, .arena = arena, .wanted = path, .rest = path};
    const char *component;
    *ret_file = NULL;
    while ((component = next_component(&walk)) != NULL) {
        if (*ret_file != NULL) { /* a file is no directory */
            git_tree_entry_free(*ret_file);
            return missing(&walk, err);
        }
        if (advance(&walk, component, ret_file, err) < 0)
            return -1;
    }
    *ret_tree = joined(&walk, walk.at.n);
    return 0;
}

/* ---- the source ---------------------------------------------------------------------------
 */

static int list_tree(const git_tree *directory, struct arena *arena,
                     const char *const **ret_names, size_t *ret_n)
{
    size_t n = git_tree_entrycount(directory);
    const char **names = ARENA_ARRAY(arena, n + 1, const char *);
    for (size_t i = 0; i < n; i++)
        names[i] =
            arena_strdup(arena, git_tree_entry_name(git_tree_entry_byindex(directory, i)));
    *ret_names = names;
    *ret_n = n;
    return 0;
}

static int list(const struct source *source, struct arena *arena, const char *const **ret_names,
                size_t *ret_n, struct err *err)
{
    const struct tree_source *tree = tree_of(source);
    git_tree_entry *file, *entry = NULL;
    const char *path;
    git_tree *directory = NULL;
    if (resolve(tree, tree->path, arena, &file, &path, err) < 0)
        return -1;
    if (file != NULL) {
        git_tree_entry_free(file);
        return err_set(err, ERR_NOT_FOUND, "%s in commit %.12s is a file, no directory",
                       tree->path, tree->commit);
    }
    if (path[0] == '\0')
        return list_tree(tree->root, arena, ret_names, ret_n);
    int result = -1;
    if (git_tree_entry_bypath(&entry, tree->root, path) < 0 ||
        git_tree_lookup(&directory, tree->place->repository, git_tree_entry_id(entry)) < 0)
        (void)git_failed(path, err);
    else
        result = list_tree(directory, arena, ret_names, ret_n);
    git_tree_free(directory);
    git_tree_entry_free(entry);
    return result;
}

static int read_path(const struct tree_source *tree, const char *path, struct arena *arena,
                     struct source_file *ret, struct err *err)
{
    git_tree_entry *file;
    const char *directory;
    git_blob *blob = NULL;
    if (resolve(tree, path, arena, &file, &directory, err) < 0)
        return -1;
    if (file == NULL)
        return err_set(err, ERR_INVALID, "%s in commit %.12s is not a regular file", path,
                       tree->commit);
    int result = read_blob(tree, git_tree_entry_id(file), path, SOURCE_FILE_MAX, &blob, err);
    git_tree_entry_free(file);
    if (result < 0)
        return -1;
    size_t size = (size_t)git_blob_rawsize(blob);
    *ret = (struct source_file){.name = path,
                                .text = arena_memdup(arena, git_blob_rawcontent(blob), size),
                                .size = size};
    git_blob_free(blob);
    return 0;
}

static int read_file(const struct source *source, const char *path, struct arena *arena,
                     struct source_file *ret, struct err *err)
{
    const struct tree_source *tree = tree_of(source);
    const char *full =
        tree->path[0] == '\0' ? path : arena_printf(arena, "%s/%s", tree->path, path);
    if (read_path(tree, full, arena, ret, err) < 0)
        return -1;
    ret->name = path;
    return 0;
}

static int read_named(const struct source *source, const char *path, struct arena *arena,
                      struct source_file *ret, struct err *err)
{
    const struct tree_source *tree = tree_of(source);
    if (git_place_is_bare(tree->place))
        return path[0] == '/' ? load_file(path, arena, ret, err)
                              : read_file(source, path, arena, ret, err);
    char *inside = git_path_inside(tree->place->repository, path);
    if (inside == NULL)
        return load_file(path, arena, ret, err);
    int result = read_path(tree, arena_strdup(arena, inside), arena, ret, err);
    free(inside);
    return result;
}

static const struct source_ops tree_ops = {list, read_file, read_named};

int git_source_new(struct git_place *place, const char *commit_id, const char *path,
                   struct arena *arena, struct source **ret, struct err *err)
{
    git_commit *commit = NULL;
    struct tree_source *tree = ARENA_NEW(arena, struct tree_source);
    assert(place->n_trees < ARRAY_LEN(place->trees)); /* a run reads three at most */
    if (git_commit_find(place, commit_id, &commit, err) < 0)
        return -1;
    int found = git_commit_tree(&place->trees[place->n_trees], commit);
    git_commit_free(commit);
    if (found < 0)
        return git_failed(commit_id, err);
    tree->root = place->trees[place->n_trees++];
    tree->base =
        (struct source){.ops = &tree_ops,
                        .name = arena_printf(arena, "%s%scommit %.12s", path,
                                             path[0] == '\0' ? "" : " in ", commit_id)};
    tree->place = place;
    tree->path = arena_strdup(arena, path);
    tree->commit = arena_strdup(arena, commit_id);
    *ret = &tree->base;
    return 0;
}
