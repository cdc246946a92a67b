/* git_ref.c: what --ref names: a commit or a range, and the manifest's directory in it. */
#include "git_private.h"

#include <string.h>

#include "arena.h"
#include "err.h"

enum { REF_MAX = 1000 };

/* The words of a --ref. */
struct words {
    const char *base, *commit, *path; /* base NULL: no range; path NULL: none given */
    bool merge_base;
};

/* The first ':' that is not inside of braces: HEAD^{/fix: it} is one revision. */
static const char *find_colon(const char *text)
{
    int depth = 0;
    for (; *text != '\0'; text++) {
        depth += *text == '{' ? 1 : *text == '}' ? -1 : 0;
        if (*text == ':' && depth <= 0)
            return text;
    }
    return NULL;
}

static const char *or_head(const char *revision)
{
    return revision[0] == '\0' ? "HEAD" : revision;
}

static int split(const char *text, struct arena *arena, struct words *ret, struct err *err)
{
    size_t len = strlen(text);
    if (len == 0 || len > REF_MAX)
        return err_set(err, ERR_INVALID, "--ref: a commit, A..B or A...B, not %.60s%s", text,
                       len == 0 ? "nothing" : "…");
    const char *colon = find_colon(text);
    const char *revisions =
        colon == NULL ? text : arena_memdup(arena, text, (size_t)(colon - text));
    *ret = (struct words){.path = colon == NULL ? NULL : colon + 1};
    const char *dots = strstr(revisions, "..");
    if (dots == NULL) {
        ret->commit = or_head(revisions);
        return 0;
    }
    ret->merge_base = dots[2] == '.';
    ret->base = or_head(arena_memdup(arena, revisions, (size_t)(dots - revisions)));
    ret->commit = or_head(dots + (ret->merge_base ? 3 : 2));
    if (strstr(ret->commit, "..") != NULL)
        return err_set(err, ERR_INVALID, "--ref: %.200s is no range; A..B or A...B is", text);
    return 0;
}

/* "a/b" of "./a//b/"; NULL when it leads out of the tree. */
static const char *tidy(const char *path, struct arena *arena)
{
    char *out = arena_memdup(arena, "", 0);
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (len == 2 && memcmp(path, "..", 2) == 0)
            return NULL;
        if (len > 0 && !(len == 1 && path[0] == '.'))
            out =
                arena_printf(arena, "%s%s%.*s", out, out[0] == '\0' ? "" : "/", (int)len, path);
        path += len;
        path += *path == '/' ? 1 : 0;
    }
    return out;
}

static int use_merge_base(const struct git_place *place, const struct words *words,
                          struct arena *arena, struct git_ref *ref, struct err *err)
{
    git_oid one, two, base;
    git_commit *commit = NULL;
    if (git_oid_fromstr(&one, ref->base.id) < 0 || git_oid_fromstr(&two, ref->commit.id) < 0)
        return git_failed(words->base, err);
    int found = git_merge_base(&base, place->repository, &one, &two);
    if (found == GIT_ENOTFOUND || (found < 0 && git_shallow_hint(place)[0] != '\0'))
        return err_set(err, ERR_NOT_FOUND, "%.200s and %.200s have no common commit here%s",
                       words->base, words->commit, git_shallow_hint(place));
    if (found < 0 || git_commit_lookup(&commit, place->repository, &base) < 0)
        return git_failed(words->base, err);
    git_commit_describe(commit, arena, &ref->base);
    git_commit_free(commit);
    return 0;
}

int git_ref_resolve(const struct git_place *place, const char *text, struct arena *arena,
                    struct git_ref *ret, struct err *err)
{
    struct words words;
    struct git_ref ref = {.path = arena_strdup(arena, place->inside)};
    if (split(text, arena, &words, err) < 0)
        return -1;
    if (words.path != NULL && (ref.path = tidy(words.path, arena)) == NULL)
        return err_set(err, ERR_INVALID, "--ref: %.200s leads out of the tree", words.path);
    if (git_place_find(place, words.commit, arena, &ref.commit, err) < 0)
        return err_wrap(err, "--ref");
    if (words.base != NULL && git_place_find(place, words.base, arena, &ref.base, err) < 0)
        return err_wrap(err, "--ref");
    if (words.merge_base && use_merge_base(place, &words, arena, &ref, err) < 0)
        return err_wrap(err, "--ref");
    *ret = ref;
    return 0;
}
