/* git_source.h: the repository that a manifest is in, its commits, and manifests read from them
 * (libgit2). Nothing is ever written to a repository.
 *
 * A place is a repository together with the directory of it that was named: a directory of a
 * work tree (the main one or a linked one), or a bare repository.
 */
#ifndef GF_GIT_SOURCE_H
#define GF_GIT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

struct git_place;

struct git_commit_info {
    const char *id;     /* 40 hex digits */
    const char *author; /* "Ada Lovelace <ada@lab.local>", without control characters */
    int64_t time;       /* of the committer, Unix seconds */
};

/* *ret NULL: the directory is in no repository. ERR_DENIED: the repository belongs to another
 * user, and the message says how to accept that. */
int git_place_open(const char *directory, struct git_place **ret, struct err *err);
void git_place_close(struct git_place *place); /* accepts NULL */

/* The commit that the place is at: *ret_there false when there is none yet. */
int git_place_head(const struct git_place *place, struct arena *arena,
                   struct git_commit_info *ret, bool *ret_there, struct err *err);
/* The branch that is checked out ("main"), or NULL. */
const char *git_place_branch(const struct git_place *place, struct arena *arena);
bool git_place_is_bare(const struct git_place *place);

/* A revision as git takes it (main, v1.2, 3f2c1ab, HEAD~2). ERR_NOT_FOUND: not here. */
int git_place_find(const struct git_place *place, const char *revision, struct arena *arena,
                   struct git_commit_info *ret, struct err *err);

/* Does the directory differ from HEAD: tracked files below it that differ, or files of `names`
 * (relative to the directory, or overlays) that were read and are not tracked? Names of what
 * differs are appended to `which` (may be NULL), a few, with commas. */
int git_place_is_dirty(const struct git_place *place, const char *const *names, size_t n,
                       bool *ret_dirty, struct strbuf *which, struct err *err);

/* ---- what --ref names ---------------------------------------------------------------------
 *
 * REV, A..B, A...B (from the merge base of both), each with :PATH behind it, the directory of
 * the manifest from the top of the tree; without it, the place's own directory. An empty side
 * of a range is HEAD. */
struct git_ref {
    struct git_commit_info commit; /* that the manifest is read from */
    struct git_commit_info base;   /* of a range; id NULL: no range */
    const char *path;              /* of the manifest in the tree; "" is its top */
};

int git_ref_resolve(const struct git_place *place, const char *text, struct arena *arena,
                    struct git_ref *ret, struct err *err);

/* A manifest in the tree of a commit. Symbolic links are followed inside the tree. The place
 * must stay open. Overlays inside the work tree are read from the commit, others from disk; in
 * a bare repository a relative overlay is looked for beside the manifest. */
int git_source_new(struct git_place *place, const char *commit_id, const char *path,
                   struct arena *arena, struct source **ret, struct err *err);

#endif
