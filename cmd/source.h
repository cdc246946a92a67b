/* source.h: where the files of a manifest are read from: a directory, or the tree of a commit.
 *
 * Paths are relative to the manifest's directory. A source lives until its owner closes what it
 * came from (source_disk: nothing to close; git_tree.h).
 */
#ifndef GF_SOURCE_H
#define GF_SOURCE_H

#include "config.h"
#include "err.h"

enum { SOURCE_FILE_MAX = 8 << 20 };

struct source;

struct source_ops {
    /* All names in the manifest's directory, of files and of others, in any order. */
    int (*list)(const struct source *source, struct arena *arena, const char *const **ret_names,
                size_t *ret_n, struct err *err);
    /* One file; its name becomes the path. ERR_NOT_FOUND: there is none. ERR_INVALID: it is no
     * file that can be taken, and why. */
    int (*read)(const struct source *source, const char *path, struct arena *arena,
                struct source_file *ret, struct err *err);
    /* A file that the command line names, relative to the current directory. */
    int (*read_named)(const struct source *source, const char *path, struct arena *arena,
                      struct source_file *ret, struct err *err);
};

struct source {
    const struct source_ops *ops;
    const char *name; /* for messages: "site", "site in commit 3f2c1ab90d1e" */
};

/* A directory on disk; borrows the name. */
struct source *source_disk(const char *directory, struct arena *arena);

/* One file from disk by its path, at most SOURCE_FILE_MAX bytes; path NULL: standard input. */
int load_file(const char *path, struct arena *arena, struct source_file *ret, struct err *err);

/* A file that git-lfs keeps elsewhere holds a few lines that point to it. */
bool source_is_lfs_pointer(const char *text, size_t size);

#endif
