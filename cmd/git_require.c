/* git_require.c: see git_require.h. */
#include "git_require.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "git_private.h"
#include "signers.h"

/* ---- branches -----------------------------------------------------------------------------
 */

/* Found: 1, not there: 0, else -1. */
static int look_up(const struct git_place *place, const char *prefix, const char *branch,
                   git_oid *ret, struct err *err)
{
    char name[1024];
    if (snprintf(name, sizeof(name), "%s%s", prefix, branch) >= (int)sizeof(name))
        return err_set(err, ERR_INVALID, "--require-ref: the name is too long");
    git_reference *reference = NULL;
    git_object *commit = NULL;
    int found = git_reference_lookup(&reference, place->repository, name);
    if (found == GIT_ENOTFOUND || found == GIT_EINVALIDSPEC)
        return 0;
    if (found == 0)
        found = git_reference_peel(&commit, reference, GIT_OBJECT_COMMIT);
    if (found == 0)
        *ret = *git_object_id(commit);
    git_object_free(commit);
    git_reference_free(reference);
    return found == 0 ? 1 : git_failed(name, err);
}

/* A tag that is called like the branch must not stand in for it, so git's own order of looking
 * things up is not used. */
static int find_branch(const struct git_place *place, const char *branch, git_oid *ret,
                       struct err *err)
{
    git_oid remote, local;
    if (strncmp(branch, "refs/", 5) == 0) {
        int found = look_up(place, "", branch, ret, err);
        return found != 0 ? (found < 0 ? -1 : 0)
                          : err_set(err, ERR_NOT_FOUND,
                                    "--require-ref: there is no %s here: git "
                                    "fetch brings it",
                                    branch);
    }
    int is_remote = look_up(place, "refs/remotes/", branch, &remote, err);
    int is_local = is_remote < 0 ? -1 : look_up(place, "refs/heads/", branch, &local, err);
    if (is_remote < 0 || is_local < 0)
        return -1;
    if (is_remote == 1 && is_local == 1)
        return err_set(err, ERR_INVALID,
                       "--require-ref: %s is both refs/heads/%s and refs/remotes/%s: write the "
                       "one that is meant",
                       branch, branch, branch);
    if (is_remote == 0 && is_local == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "--require-ref: there is no branch %s here: git fetch brings it",
                       branch);
    *ret = is_remote == 1 ? remote : local;
    return 0;
}

int git_require_ref(const struct git_place *place, const struct git_commit_info *commit,
                    const char *branch, struct err *err)
{
    git_oid tip, wanted;
    if (git_oid_fromstr(&wanted, commit->id) < 0)
        return git_failed(commit->id, err);
    if (find_branch(place, branch, &tip, err) < 0)
        return -1;
    if (git_oid_equal(&tip, &wanted))
        return 0;
    int reached = git_graph_descendant_of(place->repository, &tip, &wanted);
    if (reached == 1)
        return 0;
    if (reached < 0 && reached != GIT_ENOTFOUND && git_shallow_hint(place)[0] == '\0')
        return git_failed(branch, err);
    return err_set(err, reached < 0 ? ERR_NOT_FOUND : ERR_DENIED,
                   "--require-ref: commit %.12s is not in %s%s", commit->id, branch,
                   git_shallow_hint(place));
}

/* ---- signatures ---------------------------------------------------------------------------
 */

struct signed_commit {
    git_buf signature, payload;
};

static void signed_release(struct signed_commit *s)
{
    git_buf_dispose(&s->signature);
    git_buf_dispose(&s->payload);
}

static int extract(const struct git_place *place, const struct git_commit_info *commit,
                   struct signed_commit *ret, struct err *err)
{
    git_oid id;
    if (git_oid_fromstr(&id, commit->id) < 0)
        return git_failed(commit->id, err);
    int found = git_commit_extract_signature(&ret->signature, &ret->payload, place->repository,
                                             &id, NULL);
    if (found == GIT_ENOTFOUND)
        return err_set(err, ERR_DENIED, "it is not signed");
    return found < 0 ? git_failed(commit->id, err) : 0;
}

static bool signature_begins(const struct signed_commit *commit, const char *armour)
{
    size_t len = strlen(armour);
    return commit->signature.size > len && memcmp(commit->signature.ptr, armour, len) == 0;
}

static int check_ssh(const struct signed_commit *commit, int64_t time,
                     const struct ssh_signers *signers, struct arena *arena,
                     const char **ret_signer, struct err *err)
{
    struct ssh_signature signature;
    const struct ssh_signer *signer;
    if (ssh_signature_parse(commit->signature.ptr, commit->signature.size, arena, &signature,
                            err) < 0 ||
        ssh_signature_verify(&signature, "git", commit->payload.ptr, commit->payload.size,
                             err) < 0)
        return -1;
    const char *fingerprint = ssh_fingerprint(signature.key, arena);
    if (ssh_signers_find(signers, signature.key, "git", time, &signer, err) < 0)
        return err_set(err, err->code, "signed by the %.60s key %s: %.500s", signature.key_type,
                       fingerprint, arena_strdup(arena, err->message));
    *ret_signer =
        arena_printf(arena, "%s (%s %s)", signer->principals, signature.key_type, fingerprint);
    return 0;
}

static int check_pgp(const struct signed_commit *commit, const struct pgp_keys *keys,
                     struct arena *arena, const char **ret_signer, struct err *err)
{
    struct pgp_ring *ring;
    if (keys->n == 0)
        return err_set(err, ERR_DENIED,
                       "it is signed with OpenPGP, and the file holds no OpenPGP key: gpg "
                       "--export --armor prints what belongs there");
    if (pgp_ring_open(keys, arena, &ring, err) < 0)
        return -1;
    int result =
        pgp_ring_verify(ring, commit->signature.ptr, commit->signature.size,
                        commit->payload.ptr, commit->payload.size, arena, ret_signer, err);
    pgp_ring_close(ring);
    return result;
}

static int check(const struct signed_commit *commit, int64_t time,
                 const struct signers *signers, struct arena *arena, const char **ret_signer,
                 struct err *err)
{
    if (signature_begins(commit, "-----BEGIN PGP"))
        return check_pgp(commit, &signers->pgp, arena, ret_signer, err);
    if (signature_begins(commit, "-----BEGIN SIGNED MESSAGE"))
        return err_set(err, ERR_DENIED,
                       "it is signed with X.509, and only SSH and OpenPGP signatures are "
                       "verified here: git config gpg.format ssh, and sign again");
    return check_ssh(commit, time, &signers->ssh, arena, ret_signer, err);
}

int git_require_signed(const struct git_place *place, const struct git_commit_info *commit,
                       const char *signers_file, struct arena *arena, const char **ret_signer,
                       struct err *err)
{
    struct source_file file;
    struct signers signers;
    struct signed_commit extracted = {0};
    if (load_file(signers_file, arena, &file, err) < 0)
        return err_wrap(err, "--require-signed");
    if (signers_parse(file.text, file.size, arena, &signers, err) < 0)
        return err_wrap(err, "--require-signed: %s", signers_file);
    int result = extract(place, commit, &extracted, err);
    if (result == 0)
        result = check(&extracted, commit->time, &signers, arena, ret_signer, err);
    signed_release(&extracted);
    if (result == 0)
        return 0;
    /* Whatever is wrong, the commit is not shown to be signed as is demanded. */
    err->code = ERR_DENIED;
    return err_wrap(err, "--require-signed %s: commit %.12s", signers_file, commit->id);
}
