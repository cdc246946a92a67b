/* git_source.h: which commit a manifest is from (libgit2). */
#ifndef GF_GIT_SOURCE_H
#define GF_GIT_SOURCE_H

struct arena;
struct err;

/* The abbreviated commit that the directory's repository is at, with "-dirty" behind it when
 * anything below the directory differs from it; *ret NULL when there is no repository or no
 * commit yet. -1: there is one, and it cannot be read. */
int git_describe_directory(const char *directory, struct arena *arena, const char **ret,
                           struct err *err);

#endif
