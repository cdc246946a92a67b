/* git_private.h: what the git_*.c share. */
#ifndef GF_GIT_PRIVATE_H
#define GF_GIT_PRIVATE_H

#include <git2.h>

#include "git_source.h"

struct git_place {
    git_repository *repository;
    char *directory;    /* as it was given */
    char *inside;       /* the directory's path in the work tree, "" for the top; bare: "" */
    git_tree *trees[8]; /* of the sources made from it */
    size_t n_trees;
};

/* libgit2's own words about what just failed. Always -1. */
int git_failed(const char *what, struct err *err);

/* The commit behind 40 hex digits. ERR_NOT_FOUND: it is not in this repository. */
int git_commit_find(const struct git_place *place, const char *id, git_commit **ret,
                    struct err *err);
void git_commit_describe(const git_commit *commit, struct arena *arena,
                         struct git_commit_info *ret);

/* "; this clone is shallow: …" when that may be why something is not there, else "". */
const char *git_shallow_hint(const struct git_place *place);

/* The path of a file in the work tree; NULL when it is not in there. The caller frees. */
char *git_path_inside(git_repository *repository, const char *path);

#endif
