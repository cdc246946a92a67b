/* git_source.c: see git_source.h. */
#include "git_source.h"

#include <stdlib.h>
#include <string.h>

#include <git2.h>

#include "arena.h"
#include "err.h"

static int git_failed(const char *directory, struct err *err)
{
    const git_error *last = git_error_last();
    return err_set(err, ERR_INVALID, "%s: git: %s", directory,
                   last != NULL && last->message != NULL ? last->message : "unknown error");
}

/* The directory's path inside the work tree: NULL for the top. */
static char *path_inside(git_repository *repository, const char *directory)
{
    const char *top = git_repository_workdir(repository);
    char *real = realpath(directory, NULL), *inside = NULL;
    size_t len = top == NULL ? 0 : strlen(top);
    if (real != NULL && len > 0 && strncmp(real, top, len) == 0 && real[len] != '\0')
        inside = strdup(real + len);
    free(real);
    return inside;
}

static int count_changes(git_repository *repository, const char *directory, size_t *ret)
{
    char *inside = path_inside(repository, directory);
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
    options.pathspec.strings = &inside;
    options.pathspec.count = inside == NULL ? 0 : 1;
    git_status_list *list = NULL;
    int result = git_status_list_new(&list, repository, &options);
    if (result == 0)
        *ret = git_status_list_entrycount(list);
    git_status_list_free(list);
    free(inside);
    return result;
}

static int describe(git_repository *repository, const char *directory, struct arena *arena,
                    const char **ret, struct err *err)
{
    git_oid head;
    int found = git_reference_name_to_id(&head, repository, "HEAD");
    if (found == GIT_ENOTFOUND || found == GIT_EUNBORNBRANCH)
        return 0;
    if (found < 0)
        return git_failed(directory, err);
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof(hex), &head);
    size_t changes = 0;
    if (!git_repository_is_bare(repository) && count_changes(repository, directory, &changes) < 0)
        return git_failed(directory, err);
    *ret = arena_printf(arena, "%.12s%s", hex, changes > 0 ? "-dirty" : "");
    return 0;
}

int git_describe_directory(const char *directory, struct arena *arena, const char **ret,
                           struct err *err)
{
    *ret = NULL;
    /* Never shut down again: that would take OpenSSL's clean-up per thread away from the
     * threads that come later. */
    git_libgit2_init();
    git_repository *repository = NULL;
    int opened = git_repository_open_ext(&repository, directory, 0, NULL);
    int result = 0;
    if (opened == GIT_EOWNER)
        result = err_set(err, ERR_DENIED,
                         "%s: its git repository belongs to another user, so its commit is not "
                         "read; git config --global --add safe.directory accepts it",
                         directory);
    else if (opened < 0 && opened != GIT_ENOTFOUND)
        result = git_failed(directory, err);
    else if (opened == 0)
        result = describe(repository, directory, arena, ret, err);
    git_repository_free(repository);
    return result;
}
