/* git_require.h: what may be demanded of a commit before it is applied. */
#ifndef GF_GIT_REQUIRE_H
#define GF_GIT_REQUIRE_H

#include "git_source.h"

/* The commit is the tip of a branch, or one of its ancestors. branch: "main", "origin/main" or
 * a full name (refs/…); never a tag, whatever its name. ERR_DENIED: it is not. ERR_NOT_FOUND:
 * no such branch, or the history is cut off before that can be known. */
int git_require_ref(const struct git_place *place, const struct git_commit_info *commit,
                    const char *branch, struct err *err);

/* The commit carries an SSH or OpenPGP signature of one of the file's signers (signers.h); with
 * SSH, one who was allowed at the commit's own time. *ret_signer: "ada@lab.local (ssh-ed25519
 * SHA256:…)". ERR_DENIED: it does not, and why. ERR_INVALID, ERR_NOT_FOUND: the file of signers
 * is wrong, or cannot be read. */
int git_require_signed(const struct git_place *place, const struct git_commit_info *commit,
                       const char *signers_file, struct arena *arena, const char **ret_signer,
                       struct err *err);

#endif
