/* git_source.c: places and commits; see git_source.h. */
#include "git_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"
#include "strbuf.h"
#include "utf8.h"

enum { AUTHOR_MAX = 300, NAMED_MAX = 5 };

int git_failed(const char *what, struct err *err)
{
    const git_error *last = git_error_last();
    return err_set(err, ERR_INVALID, "%s: git: %s", what,
                   last != NULL && last->message != NULL ? last->message : "unknown error");
}

const char *git_shallow_hint(const struct git_place *place)
{
    return git_repository_is_shallow(place->repository) == 1
               ? "; this clone is shallow: git fetch --unshallow brings the rest"
               : "";
}

/* ---- paths --------------------------------------------------------------------------------
 */

/* An absolute path without "." and ".."; the last part need not exist, nor be followed. */
static char *absolute(const char *path)
{
    char *copy = strdup(path), *slash = copy == NULL ? NULL : strrchr(copy, '/');
    if (copy == NULL)
        abort();
    const char *base = slash == NULL ? path : path + (slash - copy) + 1;
    if (slash != NULL)
        slash[slash == copy ? 1 : 0] = '\0';
    char *parent = realpath(slash == NULL ? "." : copy, NULL), *result = NULL;
    free(copy);
    if (parent != NULL && base[0] != '\0' && strcmp(base, ".") != 0 &&
        strcmp(base, "..") != 0 &&
        asprintf(&result, "%s%s%s", parent, strcmp(parent, "/") == 0 ? "" : "/", base) < 0)
        abort();
    free(parent);
    return result;
}

/* Behind the top of the work tree; NULL when it is not in there. */
static char *behind_top(git_repository *repository, const char *real)
{
    const char *top = git_repository_workdir(repository);
    size_t len = top == NULL ? 0 : strlen(top);
    if (real == NULL || len == 0)
        return NULL;
    if (strncmp(real, top, len) == 0)
        return strdup(real + len);
    return strlen(real) == len - 1 && strncmp(real, top, len - 1) == 0 ? strdup("") : NULL;
}

char *git_path_inside(git_repository *repository, const char *path)
{
    char *full = absolute(path), *inside = NULL;
    if (full != NULL) {
        inside = behind_top(repository, full);
    } else if (path[0] != '/') {
        /* Its directory may be in the commit alone: as a text, from where we are. */
        char here[PATH_MAX], *joined = NULL;
        if (strstr(path, "..") == NULL && getcwd(here, sizeof(here)) != NULL &&
            asprintf(&joined, "%s/%s", here, strncmp(path, "./", 2) == 0 ? path + 2 : path) > 0)
            inside = behind_top(repository, joined);
        free(joined);
    }
    free(full);
    return inside;
}

/* ---- places -------------------------------------------------------------------------------
 */

/* Can there be anything of this name in the directory? What cannot be looked at, there can. */
static bool may_hold(const char *directory, const char *name)
{
    struct stat status;
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        abort();
    bool missing = stat(path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR);
    free(path);
    return !missing;
}

/* False only when libgit2 would find no repository from there upwards: none is without .git,
 * and no bare one without HEAD. Starting libgit2 takes longer than most commands do, as it
 * reads the certificates of all authorities, and those that work outside of repositories need
 * not. */
static bool may_be_inside(const char *directory)
{
    char *at = realpath(directory, NULL);
    bool found = at == NULL;
    while (!found) {
        found = may_hold(at, ".git") || may_hold(at, "HEAD");
        char *slash = strrchr(at, '/');
        if (slash == at && slash[1] == '\0')
            break;
        slash[slash == at ? 1 : 0] = '\0';
    }
    free(at);
    return found;
}

/* Before 1.6 libgit2 says "not found" as well when the repository is another user's and no
 * safe.directory is configured at all. */
static bool is_of_another(const char *directory, int opened)
{
    git_buf found = {0};
    bool there =
        opened == GIT_ENOTFOUND && git_repository_discover(&found, directory, 0, NULL) == 0;
    git_buf_dispose(&found);
    return there || opened == GIT_EOWNER;
}

int git_place_open(const char *directory, struct git_place **ret, struct err *err)
{
    *ret = NULL;
    if (!may_be_inside(directory))
        return 0;
    /* Never shut down again: that would take OpenSSL's clean-up per thread away from the
     * threads that come later. */
    git_libgit2_init();
    git_repository *repository = NULL;
    int opened = git_repository_open_ext(&repository, directory, 0, NULL);
    if (is_of_another(directory, opened))
        return err_set(err, ERR_DENIED,
                       "%s: its git repository belongs to another user, so its commit is not "
                       "read; git config --global --add safe.directory accepts it",
                       directory);
    if (opened == GIT_ENOTFOUND)
        return 0;
    if (opened < 0)
        return git_failed(directory, err);
    struct git_place *place = calloc(1, sizeof(*place));
    char *real = realpath(directory, NULL);
    if (place == NULL || (place->directory = strdup(directory)) == NULL)
        abort();
    place->repository = repository;
    place->inside = behind_top(repository, real);
    free(real);
    if (place->inside == NULL && (place->inside = strdup("")) == NULL)
        abort();
    *ret = place;
    return 0;
}

void git_place_close(struct git_place *place)
{
    if (place == NULL)
        return;
    for (size_t i = 0; i < place->n_trees; i++)
        git_tree_free(place->trees[i]);
    git_repository_free(place->repository);
    free(place->directory);
    free(place->inside);
    free(place);
}

bool git_place_is_bare(const struct git_place *place)
{
    return git_repository_is_bare(place->repository) == 1;
}

const char *git_place_branch(const struct git_place *place, struct arena *arena)
{
    git_reference *head = NULL;
    const char *name = NULL;
    if (git_repository_head(&head, place->repository) == 0 &&
        git_reference_is_branch(head) == 1)
        name = arena_strdup(arena, git_reference_shorthand(head));
    git_reference_free(head);
    return name;
}

/* ---- commits ------------------------------------------------------------------------------
 */

/* Commits hold what their authors liked to write. */
static const char *clean_text(struct arena *arena, const char *text)
{
    size_t len = strnlen(text, AUTHOR_MAX);
    char *copy = arena_memdup(arena, text, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
            copy[i] = '?';
    for (size_t good; (good = utf8_check(copy, len)) < len;)
        copy[good] = '?';
    return copy;
}

void git_commit_describe(const git_commit *commit, struct arena *arena,
                         struct git_commit_info *ret)
{
    char hex[GIT_OID_HEXSZ + 1];
    const git_signature *author = git_commit_author(commit);
    git_oid_tostr(hex, sizeof(hex), git_commit_id(commit));
    *ret = (struct git_commit_info){
        .id = arena_strdup(arena, hex),
        .author = author == NULL ? ""
                                 : clean_text(arena, arena_printf(arena, "%s <%s>",
                                                                  author->name, author->email)),
        .time = (int64_t)git_commit_time(commit)};
}

int git_commit_find(const struct git_place *place, const char *id, git_commit **ret,
                    struct err *err)
{
    git_oid oid;
    if (strlen(id) != GIT_OID_HEXSZ || git_oid_fromstr(&oid, id) < 0)
        return err_set(err, ERR_INVALID, "%.60s is no identifier of a commit", id);
    int found = git_commit_lookup(ret, place->repository, &oid);
    if (found == GIT_ENOTFOUND)
        return err_set(err, ERR_NOT_FOUND,
                       "commit %.12s is not in the repository of %s: git fetch brings it%s", id,
                       place->directory, git_shallow_hint(place));
    return found < 0 ? git_failed(id, err) : 0;
}

int git_place_head(const struct git_place *place, struct arena *arena,
                   struct git_commit_info *ret, bool *ret_there, struct err *err)
{
    git_oid head;
    git_commit *commit = NULL;
    *ret_there = false;
    int found = git_reference_name_to_id(&head, place->repository, "HEAD");
    if (found == GIT_ENOTFOUND || found == GIT_EUNBORNBRANCH)
        return 0;
    if (found < 0 || git_commit_lookup(&commit, place->repository, &head) < 0)
        return git_failed(place->directory, err);
    git_commit_describe(commit, arena, ret);
    git_commit_free(commit);
    *ret_there = true;
    return 0;
}

static int revision_error(const struct git_place *place, const char *revision, int code,
                          struct err *err)
{
    if (code == GIT_ENOTFOUND)
        return err_set(err, ERR_NOT_FOUND,
                       "%.200s: there is no such commit in the repository of %s; git fetch "
                       "brings what is elsewhere%s",
                       revision, place->directory, git_shallow_hint(place));
    if (code == GIT_EAMBIGUOUS)
        return err_set(err, ERR_INVALID,
                       "%.200s means several commits: give more of its digits", revision);
    if (code == GIT_EINVALIDSPEC || code == GIT_EPEEL)
        return err_set(err, ERR_INVALID,
                       "%.200s names no commit; a branch, a tag or a commit is wanted",
                       revision);
    return git_failed(revision, err);
}

int git_place_find(const struct git_place *place, const char *revision, struct arena *arena,
                   struct git_commit_info *ret, struct err *err)
{
    git_object *named = NULL, *commit = NULL;
    int found = git_revparse_single(&named, place->repository, revision);
    if (found == 0)
        found = git_object_peel(&commit, named, GIT_OBJECT_COMMIT);
    if (found == 0)
        git_commit_describe((const git_commit *)commit, arena, ret);
    else
        (void)revision_error(place, revision, found, err);
    git_object_free(commit);
    git_object_free(named);
    return found == 0 ? 0 : -1;
}

/* ---- differences from HEAD ----------------------------------------------------------------
 */

static void name_one(struct strbuf *which, const char *name, size_t n)
{
    if (which != NULL && n < NAMED_MAX)
        strbuf_addf(which, "%s%s", n == 0 ? "" : ", ", name);
    else if (which != NULL && n == NAMED_MAX)
        strbuf_add(which, ", …");
}

static int count_tracked(const struct git_place *place, struct strbuf *which, size_t *n)
{
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.flags = GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
    options.pathspec.strings = (char **)&place->inside;
    options.pathspec.count = place->inside[0] == '\0' ? 0 : 1;
    git_status_list *list = NULL;
    int result = git_status_list_new(&list, place->repository, &options);
    for (size_t i = 0; result == 0 && i < git_status_list_entrycount(list); i++) {
        const git_status_entry *entry = git_status_byindex(list, i);
        const git_diff_delta *delta =
            entry->index_to_workdir != NULL ? entry->index_to_workdir : entry->head_to_index;
        name_one(which, delta == NULL ? "?" : delta->old_file.path, (*n)++);
    }
    git_status_list_free(list);
    return result;
}

static bool is_tracked(const struct git_place *place, git_index *index, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", place->directory, name) < 0)
        abort();
    char *real = realpath(path, NULL), *inside = behind_top(place->repository, real);
    bool tracked = inside != NULL && git_index_get_bypath(index, inside, 0) != NULL;
    free(inside);
    free(real);
    free(path);
    return tracked;
}

int git_place_is_dirty(const struct git_place *place, const char *const *names, size_t n,
                       bool *ret_dirty, struct strbuf *which, struct err *err)
{
    git_index *index = NULL;
    size_t count = 0;
    *ret_dirty = false;
    if (git_place_is_bare(place))
        return 0;
    if (git_repository_index(&index, place->repository) < 0 ||
        count_tracked(place, which, &count) < 0) {
        git_index_free(index);
        return git_failed(place->directory, err);
    }
    for (size_t i = 0; i < n; i++)
        if (!is_tracked(place, index, names[i]))
            name_one(which, names[i], count++);
    git_index_free(index);
    *ret_dirty = count > 0;
    return 0;
}
