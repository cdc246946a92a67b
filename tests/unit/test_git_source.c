/* test_git_source.c: manifests read from commits of real repositories, made by git. */
#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "../harness/unit.h"

#include "arena.h"
#include "command.h"
#include "diag.h"
#include "err.h"
#include "files.h"
#include "git_source.h"
#include "load.h"
#include "strbuf.h"

#define MANIFEST "gridform: 1\nsite: lab\n"
#define COMPONENT                                                                              \
    MANIFEST "software_components: { A: { container: machine, install: { type: bash, "         \
             "script_file: scripts/a.sh } } }\n"

static char dir[128];

/* A repository with its place, and what an answer lives in. */
struct fixture {
    struct arena *arena;
    char repository[160], site[180];
    struct git_place *place;
};

static struct fixture *make(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    static unsigned number;
    f->arena = arena_new();
    snprintf(f->repository, sizeof(f->repository), "%s/r%u", dir, number++);
    snprintf(f->site, sizeof(f->site), "%s/site", f->repository);
    mkdir(f->repository, 0700);
    mkdir(f->site, 0700);
    MUST(f->repository, "git", "init", "-q");
    *state = f;
    return f;
}

static int release(void **state)
{
    struct fixture *f = *state;
    git_place_close(f->place);
    arena_free(f->arena);
    free(f);
    return 0;
}

static const char *path_of(struct fixture *f, const char *name)
{
    return arena_printf(f->arena, "%s/%s", f->repository, name);
}

static void commit(struct fixture *f, const char *message)
{
    MUST(f->repository, "git", "add", "-A");
    MUST(f->repository, "git", "commit", "-q", "--allow-empty", "-m", message);
}

static void commit_site(struct fixture *f, const char *text)
{
    write_text(path_of(f, "site/site.yaml"), text);
    commit(f, "a site");
}

static const char *id_of(struct fixture *f, const char *directory, const char *revision)
{
    char *id = OUTPUT_OF(directory, "git", "rev-parse", revision);
    const char *kept = arena_strdup(f->arena, id);
    free(id);
    return kept;
}

static struct git_place *open_at(struct fixture *f, const char *directory)
{
    struct err err = {0};
    git_place_close(f->place);
    f->place = NULL;
    if (git_place_open(directory, &f->place, &err) < 0)
        fail_msg("%s", err.message);
    assert_non_null(f->place);
    return f->place;
}

static struct git_ref resolve(struct fixture *f, const char *text)
{
    struct git_ref ref = {0};
    struct err err = {0};
    if (git_ref_resolve(f->place, text, f->arena, &ref, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return ref;
}

static void expect_no_ref(struct fixture *f, const char *text, const char *says)
{
    struct git_ref ref = {0};
    struct err err = {0};
    assert_int_equal(git_ref_resolve(f->place, text, f->arena, &ref, &err), -1);
    if (strstr(err.message, says) == NULL)
        fail_msg("%s: %s", text, err.message);
}

static const struct source *source_of(struct fixture *f, const char *text)
{
    struct git_ref ref = resolve(f, text);
    struct source *source;
    struct err err = {0};
    if (git_source_new(f->place, ref.commit.id, ref.path, f->arena, &source, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return source;
}

static void expect_file(struct fixture *f, const struct source *source, const char *path,
                        const char *text)
{
    struct source_file file;
    struct err err = {0};
    if (source->ops->read(source, path, f->arena, &file, &err) < 0)
        fail_msg("%s: %s", path, err.message);
    assert_string_equal(file.text, text);
    assert_int_equal(file.size, strlen(text));
}

static void expect_no_file(struct fixture *f, const struct source *source, const char *path,
                           enum err_code code, const char *says)
{
    struct source_file file;
    struct err err = {0};
    assert_int_equal(source->ops->read(source, path, f->arena, &file, &err), -1);
    if (err.code != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s: %s", path, err_code_name(err.code), err.message);
}

/* What load_manifest says of it: "" when all is well. */
static const char *load(struct fixture *f, const struct source *source, struct loaded *ret)
{
    static const struct options options = {.directory = "nowhere"};
    struct diags *diags = diags_new(f->arena);
    struct err err = {0};
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    *ret = (struct loaded){0};
    if (load_manifest(&options, source, f->arena, diags, ret, &err) < 0) {
        diags_render(diags, false, &text);
        strbuf_add(&text, err.message);
    }
    const char *kept = arena_strdup(f->arena, strbuf_str(&text));
    strbuf_release(&text);
    config_release(ret->config);
    ret->config = NULL;
    return kept;
}

/* ---- which commit -------------------------------------------------------------------------
 */

static void revisions_and_ranges(void **state)
{
    struct fixture *f = make(state);
    commit_site(f, MANIFEST "# one\n");
    MUST(f->repository, "git", "tag", "v1");
    MUST(f->repository, "git", "checkout", "-q", "-b", "change");
    commit_site(f, MANIFEST "# change\n");
    MUST(f->repository, "git", "checkout", "-q", "main");
    commit_site(f, MANIFEST "# two\n");
    MUST(f->repository, "git", "tag", "-a", "-m", "annotated", "v2");
    write_text(path_of(f, "site/site.yaml"), "not committed");
    open_at(f, f->site);
    expect_file(f, source_of(f, "v1"), "site.yaml", MANIFEST "# one\n");
    expect_file(f, source_of(f, "change"), "site.yaml", MANIFEST "# change\n");
    expect_file(f, source_of(f, "v2"), "site.yaml", MANIFEST "# two\n");
    expect_file(f, source_of(f, "HEAD"), "site.yaml", MANIFEST "# two\n");
    struct git_ref ref = resolve(f, "main..change");
    assert_string_equal(ref.base.id, id_of(f, f->repository, "main"));
    assert_string_equal(ref.commit.id, id_of(f, f->repository, "change"));
    assert_string_equal(ref.path, "site");
    assert_string_equal(ref.commit.author, "Ada Lovelace <ada@lab.local>");
    ref = resolve(f, "main...change");
    assert_string_equal(ref.base.id, id_of(f, f->repository, "v1"));
    ref = resolve(f, "..change:other/./place/");
    assert_string_equal(ref.base.id, id_of(f, f->repository, "HEAD"));
    assert_string_equal(ref.path, "other/place");
    ref = resolve(f, "change...");
    assert_string_equal(ref.commit.id, id_of(f, f->repository, "HEAD"));
    ref = resolve(f, "HEAD^{/a[: ]site}:x");
    assert_null(ref.base.id);
    assert_string_equal(ref.path, "x");
    expect_no_ref(f, "", "a commit, A..B or A...B");
    expect_no_ref(f, "nowhere", "no such commit");
    expect_no_ref(f, "HEAD~50", "no such commit");
    expect_no_ref(f, "a..b..c", "no range");
    expect_no_ref(f, "HEAD:../x", "leads out of the tree");
    expect_no_ref(f, "HEAD^{tree}", "names no commit");
    expect_no_ref(f, "~~bad spec~~", "bad spec");
    expect_no_ref(f, "0123456789012345678901234567890123456789", "no such commit");
    /* Neither the work tree nor the index was touched. */
    char *text = file_text("%s/site.yaml", f->site);
    assert_string_equal(text, "not committed");
    free(text);
}

static void bare_and_linked(void **state)
{
    struct fixture *f = make(state);
    commit_site(f, MANIFEST "# main\n");
    MUST(f->repository, "git", "branch", "side");
    const char *bare = path_of(f, "../bare.git"), *linked = path_of(f, "../linked");
    MUST(f->repository, "git", "clone", "-q", "--bare", ".", bare);
    MUST(f->repository, "git", "worktree", "add", "-q", linked, "side");
    write_text(arena_printf(f->arena, "%s/site/site.yaml", linked), MANIFEST "# side\n");
    MUST(linked, "git", "commit", "-qam", "side");
    open_at(f, bare);
    assert_true(git_place_is_bare(f->place));
    expect_file(f, source_of(f, "main:site"), "site.yaml", MANIFEST "# main\n");
    expect_file(f, source_of(f, "main"), "site/site.yaml", MANIFEST "# main\n");
    open_at(f, arena_printf(f->arena, "%s/site", linked));
    assert_false(git_place_is_bare(f->place));
    assert_string_equal(git_place_branch(f->place, f->arena), "side");
    expect_file(f, source_of(f, "HEAD"), "site.yaml", MANIFEST "# side\n");
    expect_file(f, source_of(f, "main"), "site.yaml", MANIFEST "# main\n");
    remove_directory(bare);
    remove_directory(linked);
}

static void shallow_clones_say_so(void **state)
{
    struct fixture *f = make(state);
    commit_site(f, MANIFEST "# one\n");
    MUST(f->repository, "git", "branch", "old");
    commit_site(f, MANIFEST "# two\n");
    commit_site(f, MANIFEST "# three\n");
    const char *shallow = path_of(f, "../shallow");
    MUST(f->repository, "git", "clone", "-q", "--depth", "1", "--no-single-branch",
         arena_printf(f->arena, "file://%s", f->repository), shallow);
    open_at(f, arena_printf(f->arena, "%s/site", shallow));
    expect_file(f, source_of(f, "HEAD"), "site.yaml", MANIFEST "# three\n");
    expect_no_ref(f, "HEAD~1", "git fetch --unshallow");
    /* libgit2 1.5 loses a few bytes when history ends before a common commit is found. */
#ifdef __SANITIZE_ADDRESS__
    __lsan_disable();
#endif
    expect_no_ref(f, "origin/old...HEAD", "no common commit here; this clone is shallow");
#ifdef __SANITIZE_ADDRESS__
    __lsan_enable();
#endif
    expect_no_ref(f, id_of(f, f->repository, "HEAD~1"), "git fetch --unshallow");
    remove_directory(shallow);
}

static void no_repository_no_commit(void **state)
{
    struct fixture *f = make(state);
    struct err err = {0};
    struct git_commit_info head;
    struct git_place *none = NULL;
    bool there = true;
    assert_int_equal(git_place_open("/proc", &none, &err), 0);
    assert_null(none);
    open_at(f, f->site);
    assert_int_equal(git_place_head(f->place, f->arena, &head, &there, &err), 0);
    assert_false(there);
    expect_no_ref(f, "HEAD", "HEAD");
}

/* Counts how often it has been started, once more with each question. */
static int times_started(void)
{
    return git_libgit2_init();
}

static void libgit2_starts_for_repositories_only(void **state)
{
    struct fixture *f = make(state);
    struct err err = {0};
    struct git_place *none = NULL;
    const char *outside = path_of(f, "../outside"), *head = path_of(f, "../outside/HEAD");
    assert_int_equal(mkdir(outside, 0700), 0);
    int before = times_started();
    assert_int_equal(git_place_open("/proc", &none, &err), 0);
    assert_int_equal(git_place_open("/", &none, &err), 0);
    assert_int_equal(git_place_open(outside, &none, &err), 0);
    assert_int_equal(times_started(), before + 1);
    /* What may be a repository is libgit2's to judge, and so is what cannot be looked at. */
    write_text(head, "no ref");
    assert_int_equal(git_place_open(outside, &none, &err), 0);
    assert_int_equal(git_place_open(path_of(f, "../nowhere"), &none, &err), 0);
    assert_null(none);
    assert_int_equal(times_started(), before + 4);
    open_at(f, f->site);
    assert_int_equal(times_started(), before + 6);
    remove_directory(outside);
}

/* Only root can give a repository away; who runs the tests as somebody else trusts the others.
 */
static void repositories_of_others(void **state)
{
    struct fixture *f = make(state);
    struct err err = {0};
    commit_site(f, MANIFEST);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(path_of(f, ".git"), 4711, 4711), 0);
    assert_int_equal(chown(f->repository, 4711, 4711), 0);
    assert_int_equal(git_place_open(f->site, &f->place, &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.message, "safe.directory"));
    assert_null(f->place);
}

/* ---- what a tree may hold -----------------------------------------------------------------
 */

static void symbolic_links_stay_inside(void **state)
{
    struct fixture *f = make(state);
    static const struct {
        const char *target, *name;
    } links[] = {
        {"site.yaml", "site/other.yaml"}, {"../shared", "site/scripts"},
        {"../../outside", "site/out.sh"}, {"/etc/passwd", "site/absolute.sh"},
        {"loop2.sh", "site/loop1.sh"},    {"loop1.sh", "site/loop2.sh"},
        {"gone.sh", "site/dangling.sh"},  {"site", "again"},
    };
    mkdir(path_of(f, "shared"), 0700);
    write_text(path_of(f, "shared/a.sh"), "echo a\n");
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        assert_int_equal(symlink(links[i].target, path_of(f, links[i].name)), 0);
    commit_site(f, MANIFEST);
    open_at(f, f->site);
    const struct source *source = source_of(f, "HEAD");
    expect_file(f, source, "other.yaml", MANIFEST);
    expect_file(f, source, "scripts/a.sh", "echo a\n");
    expect_file(f, source, "./scripts/../site/./site.yaml", MANIFEST);
    expect_no_file(f, source, "out.sh", ERR_INVALID, "leads out of the repository");
    expect_no_file(f, source, "../../x", ERR_INVALID, "leads out of the repository");
    expect_no_file(f, source, "absolute.sh", ERR_INVALID, "leads out of the repository");
    expect_no_file(f, source, "loop1.sh", ERR_INVALID, "too many symbolic links");
    expect_no_file(f, source, "dangling.sh", ERR_NOT_FOUND, "holds no");
    expect_no_file(f, source, "scripts", ERR_INVALID, "not a regular file");
    expect_no_file(f, source, "site.yaml/x", ERR_NOT_FOUND, "holds no");
    expect_file(f, source_of(f, "HEAD:again"), "site.yaml", MANIFEST);
    struct loaded loaded;
    assert_non_null(strstr(load(f, source_of(f, "HEAD:nowhere"), &loaded), "holds no nowhere"));
    assert_non_null(strstr(load(f, source_of(f, "HEAD:site/site.yaml"), &loaded), "is a file"));
    assert_non_null(strstr(load(f, source_of(f, "HEAD:shared"), &loaded), "holds no *.yaml"));
}

static void submodules_are_refused(void **state)
{
    struct fixture *f = make(state);
    const char *inner = path_of(f, "../inner");
    mkdir(inner, 0700);
    MUST(inner, "git", "init", "-q");
    MUST(inner, "git", "commit", "-q", "--allow-empty", "-m", "inner");
    MUST(f->repository, "git", "submodule", "--quiet", "add", inner, "site/sub");
    commit_site(f, MANIFEST);
    open_at(f, f->site);
    expect_no_file(f, source_of(f, "HEAD"), "sub/a.sh", ERR_INVALID, "lies in a submodule");
    struct loaded loaded;
    assert_non_null(
        strstr(load(f, source_of(f, "HEAD:site/sub"), &loaded), "lies in a submodule"));
    remove_directory(inner);
}

static void limits_hold(void **state)
{
    struct fixture *f = make(state);
    const size_t large = SOURCE_FILE_MAX + 1;
    char *text = malloc(large + 1);
    memset(text, 'a', large);
    text[large] = '\0';
    write_text(path_of(f, "site/large.yaml"), text);
    text[large - 1] = '\0';
    write_text(path_of(f, "site/just.sh"), text);
    free(text);
    /* Deeper than any tree of scripts: git itself makes it, the file system need not. */
    struct strbuf deep;
    strbuf_init(&deep, 10000);
    for (int i = 0; i < 200; i++)
        strbuf_add(&deep, "d/");
    strbuf_add(&deep, "x.sh");
    commit_site(f, MANIFEST);
    const char *blob = id_of(f, f->repository, "HEAD:site/site.yaml");
    MUST(f->repository, "git", "update-index", "--add", "--cacheinfo",
         arena_printf(f->arena, "100644,%s,site/%s", blob, strbuf_str(&deep)));
    MUST(f->repository, "git", "commit", "-qm", "deep");
    open_at(f, f->site);
    const struct source *source = source_of(f, "HEAD");
    expect_no_file(f, source, "large.yaml", ERR_INVALID, "larger than 8192 KiB");
    expect_no_file(f, source, strbuf_str(&deep), ERR_INVALID, "too deep");
    struct source_file file;
    struct err err = {0};
    assert_int_equal(source->ops->read(source, "just.sh", f->arena, &file, &err), 0);
    assert_int_equal(file.size, SOURCE_FILE_MAX);
    strbuf_release(&deep);
}

static void names_are_utf8(void **state)
{
    struct fixture *f = make(state);
    struct loaded loaded;
    commit_site(f, MANIFEST);
    write_text(path_of(f, "site/\xc3\xa4.yaml"), "variables: {}\n");
    write_text(path_of(f, "site/\xff.txt"), "no business of ours\n");
    commit(f, "names");
    open_at(f, f->site);
    assert_string_equal(load(f, source_of(f, "HEAD"), &loaded), "");
    assert_int_equal(loaded.n_files, 2);
    write_text(path_of(f, "site/\xff.yaml"), "variables: {}\n");
    commit(f, "a bad name");
    assert_non_null(strstr(load(f, source_of(f, "HEAD"), &loaded), "is not UTF-8"));
    assert_string_equal(load(f, source_of(f, "HEAD~1"), &loaded), "");
}

/* ---- whole manifests ----------------------------------------------------------------------
 */

static void scripts_come_from_the_commit(void **state)
{
    struct fixture *f = make(state);
    struct loaded committed, disk, edited;
    mkdir(path_of(f, "site/scripts"), 0700);
    write_text(path_of(f, "site/scripts/a.sh"), "echo one\n");
    commit_site(f, COMPONENT);
    open_at(f, f->site);
    const struct source *on_disk = source_disk(f->site, f->arena);
    assert_string_equal(load(f, source_of(f, "HEAD"), &committed), "");
    assert_string_equal(load(f, on_disk, &disk), "");
    assert_string_equal(committed.digest, disk.digest);
    write_text(path_of(f, "site/scripts/a.sh"), "echo two\n");
    assert_string_equal(load(f, on_disk, &edited), "");
    assert_string_not_equal(disk.digest, edited.digest);
    assert_string_equal(load(f, source_of(f, "HEAD"), &edited), "");
    assert_string_equal(committed.digest, edited.digest);
    MUST(f->repository, "git", "rm", "-qf", "site/scripts/a.sh");
    commit(f, "no script");
    const char *said = load(f, source_of(f, "HEAD"), &committed);
    if (strstr(said, "\"scripts/a.sh\" cannot be read") == NULL)
        fail_msg("%s", said);
}

static void pointers_of_git_lfs_are_told(void **state)
{
    struct fixture *f = make(state);
    struct loaded loaded;
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n"
                                  "oid sha256:0123456789abcdef\nsize 12\n";
    mkdir(path_of(f, "site/scripts"), 0700);
    write_text(path_of(f, "site/scripts/a.sh"), pointer);
    commit_site(f, COMPONENT);
    open_at(f, f->site);
    const char *said = load(f, source_of(f, "HEAD"), &loaded);
    if (strstr(said, "site.yaml:3:") == NULL || strstr(said, "kept by git-lfs") == NULL)
        fail_msg("%s", said);
    write_text(path_of(f, "site/more.yaml"), pointer);
    commit(f, "a manifest in lfs");
    said = load(f, source_of(f, "HEAD"), &loaded);
    if (strstr(said, "more.yaml is kept by git-lfs") == NULL)
        fail_msg("%s", said);
}

static void overlays_of_the_tree(void **state)
{
    struct fixture *f = make(state);
    struct source_file file;
    struct err err = {0};
    mkdir(path_of(f, "overlays"), 0700);
    write_text(path_of(f, "overlays/prod.yaml"), "site: committed\n");
    commit_site(f, MANIFEST);
    write_text(path_of(f, "overlays/prod.yaml"), "site: edited\n");
    write_text(path_of(f, "../outside.yaml"), "site: outside\n");
    open_at(f, f->site);
    const struct source *source = source_of(f, "HEAD");
    const char *inside = path_of(f, "overlays/prod.yaml");
    assert_int_equal(source->ops->read_named(source, inside, f->arena, &file, &err), 0);
    assert_string_equal(file.text, "site: committed\n");
    assert_int_equal(
        source->ops->read_named(source, path_of(f, "../outside.yaml"), f->arena, &file, &err),
        0);
    assert_string_equal(file.text, "site: outside\n");
    /* Relative to where we are, also when only the commit has the directory. */
    char here[200];
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(f->repository), 0);
    remove_directory("overlays");
    int result = source->ops->read_named(source, "overlays/prod.yaml", f->arena, &file, &err);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(result, 0);
    assert_string_equal(file.text, "site: committed\n");
    open_at(f, path_of(f, ".git"));
    const struct source *bare = source_of(f, "HEAD:site");
    (void)bare;
}

/* ---- differences --------------------------------------------------------------------------
 */

static bool is_dirty(struct fixture *f, const char *named, const char *which)
{
    const char *const names[] = {"site.yaml", named};
    struct strbuf text;
    struct err err = {0};
    bool dirty;
    strbuf_init(&text, 1000);
    assert_int_equal(
        git_place_is_dirty(f->place, names, named == NULL ? 1 : 2, &dirty, &text, &err), 0);
    if (which != NULL)
        assert_string_equal(strbuf_str(&text), which);
    strbuf_release(&text);
    return dirty;
}

static void what_makes_files_dirty(void **state)
{
    struct fixture *f = make(state);
    write_text(path_of(f, ".gitignore"), "ignored.yaml\n");
    write_text(path_of(f, "elsewhere"), "1\n");
    commit_site(f, MANIFEST);
    open_at(f, f->site);
    assert_false(is_dirty(f, NULL, ""));
    write_text(path_of(f, "site/gridform.state"), "{}");
    write_text(path_of(f, "elsewhere"), "2\n");
    assert_false(is_dirty(f, NULL, ""));
    write_text(path_of(f, "site/more.yaml"), "variables: {}\n");
    assert_true(is_dirty(f, "more.yaml", "more.yaml"));
    write_text(path_of(f, "site/ignored.yaml"), "variables: {}\n");
    assert_true(is_dirty(f, "ignored.yaml", "ignored.yaml"));
    write_text(path_of(f, "site/site.yaml"), MANIFEST "# edited\n");
    assert_true(is_dirty(f, NULL, "site/site.yaml"));
    MUST(f->repository, "git", "add", "site/site.yaml");
    assert_true(is_dirty(f, NULL, "site/site.yaml")); /* staged is not committed */
    MUST(f->repository, "git", "commit", "-qm", "edited");
    assert_false(is_dirty(f, NULL, ""));
}

static int set_up(void **state UNUSED)
{
    make_directory(dir, sizeof(dir), "git");
    command_isolate(dir);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    remove_directory(dir);
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(revisions_and_ranges),
        TEST(bare_and_linked),
        TEST(shallow_clones_say_so),
        TEST(no_repository_no_commit),
        TEST(libgit2_starts_for_repositories_only),
        TEST(repositories_of_others),
        TEST(symbolic_links_stay_inside),
        TEST(submodules_are_refused),
        TEST(limits_hold),
        TEST(names_are_utf8),
        TEST(scripts_come_from_the_commit),
        TEST(pointers_of_git_lfs_are_told),
        TEST(overlays_of_the_tree),
        TEST(what_makes_files_dirty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
