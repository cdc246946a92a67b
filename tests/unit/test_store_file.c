/* test_store_file.c: the files of the file backend: backup, journal, links, permissions. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "arena.h"
#include "storage.h"
#include "store_fixture.h"
#include "strbuf.h"

/* ---- files ------------------------------------------------------------------------------ */

static void slurp(const char *path, struct strbuf *out)
{
    char chunk[4096];
    strbuf_init(out, STATE_SIZE_MAX);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    for (ssize_t n; (n = read(fd, chunk, sizeof(chunk))) > 0;)
        strbuf_add_mem(out, chunk, (size_t)n);
    close(fd);
}

static void spill(const char *path, const char *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static char *beside(struct fixture *f, const char *suffix)
{
    return arena_printf(f->arena, "%s%s", f->path, suffix);
}

static void assert_read_fails(struct fixture *f, enum err_code code, const char *message)
{
    struct err err = {0};
    struct state *state = NULL;
    assert_int_equal(f->store->ops->read(f->store, f->arena, &sample_schemas, &state, &err),
                     -1);
    assert_int_equal(err.code, code);
    if (strstr(err.message, message) == NULL || strstr(err.message, f->path) == NULL)
        fail_msg("%s", err.message);
}

static void test_backup_is_the_former_state(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf first, backup;
    fixture_write_first(f);
    assert_int_equal(access(beside(f, ".backup"), F_OK), -1);
    slurp(f->path, &first);
    for (int i = 0; i < 3; i++) {
        struct state *state = fixture_read(f);
        state->serial++;
        fixture_write(f, state);
        slurp(beside(f, ".backup"), &backup);
        assert_string_equal(strbuf_str(&backup), strbuf_str(&first));
        strbuf_release(&backup);
        strbuf_release(&first);
        slurp(f->path, &first);
    }
    strbuf_release(&first);
}

static void test_files_are_private(void **fixture)
{
    static const char *const suffixes[] = {"", ".backup", ".journal", ".lock"};
    struct fixture *f = *fixture;
    mode_t before = umask(0);
    fixture_write_first(f);
    struct state *state = fixture_read(f);
    state->serial++;
    fixture_write(f, state);
    fixture_record_graphics(f, "x");
    umask(before);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        struct stat st;
        assert_int_equal(stat(beside(f, suffixes[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_int_equal(access(beside(f, ".new"), F_OK), -1);
    assert_int_equal(access(beside(f, ".backup.new"), F_OK), -1);
}

/* Recording appends: the file stays the same one, its beginning never changes, and it grows by
 * as much with the last record as with the first. */
static void test_recording_appends(void **fixture)
{
    enum { MANY = 1000 };
    struct fixture *f = *fixture;
    struct stat first, last, st;
    fixture_write_first(f);
    fixture_record(f, sample_intent("host/a", 10000));
    assert_int_equal(stat(beside(f, ".journal"), &first), 0);
    struct strbuf begin, end;
    slurp(beside(f, ".journal"), &begin);
    for (unsigned i = 1; i < MANY; i++) {
        fixture_record(f, sample_intent("host/a", 10000 + i));
        if (i == MANY - 2)
            assert_int_equal(stat(beside(f, ".journal"), &last), 0);
    }
    assert_int_equal(stat(beside(f, ".journal"), &st), 0);
    slurp(beside(f, ".journal"), &end);
    assert_int_equal(first.st_ino, st.st_ino);
    assert_memory_equal(strbuf_str(&begin), strbuf_str(&end), strbuf_len(&begin));
    assert_in_range(st.st_size - last.st_size, 100, 300);
    assert_in_range(st.st_size, MANY * 100, MANY * 300);
    assert_int_equal(fixture_read(f)->n_intents, MANY);
    strbuf_release(&begin);
    strbuf_release(&end);
}

/* A crash after the new state took over the name and before the journal went. */
static void test_spent_journal_is_ignored(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf journal;
    fixture_write_first(f);
    fixture_record_graphics(f, "from the journal");
    slurp(beside(f, ".journal"), &journal);
    struct state *state = fixture_read(f);
    state->serial++;
    state_put(state, f->arena, "host/a", sample_instance(f->arena, "host/a", "written"));
    fixture_write(f, state);
    spill(beside(f, ".journal"), strbuf_str(&journal), strbuf_len(&journal));
    assert_string_equal(fixture_graphics(fixture_read(f)), "written");

    /* Two states on, it could not be told from somebody else's: it goes with the next write. */
    state->serial++;
    fixture_write(f, state);
    assert_int_equal(access(beside(f, ".journal"), F_OK), -1);
    assert_string_equal(fixture_graphics(fixture_read(f)), "written");

    fixture_record_graphics(f, "newer");
    assert_string_equal(fixture_graphics(fixture_read(f)), "newer");
    strbuf_release(&journal);
}

static void test_foreign_journal_is_refused(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf first, journal;
    struct err err = {0};
    fixture_write_first(f);
    slurp(f->path, &first);
    struct state *state = fixture_read(f);
    state->serial++;
    fixture_write(f, state);
    fixture_record_graphics(f, "x");
    slurp(beside(f, ".journal"), &journal);
    /* Somebody puts an older state back. */
    spill(f->path, strbuf_str(&first), strbuf_len(&first));
    assert_read_fails(f, ERR_CONFLICT, "belong to another state");
    /* Somebody removes the state. */
    unlink(f->path);
    assert_read_fails(f, ERR_CONFLICT, "belong to another state");
    f->store->ops->unlock(f->store, NULL);
    fixture_lock(f->store);
    assert_int_equal(f->store->ops->write(f->store, sample_state(f->arena), &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    struct strbuf after;
    slurp(beside(f, ".journal"), &after);
    assert_string_equal(strbuf_str(&after), strbuf_str(&journal));
    strbuf_release(&after);
    strbuf_release(&first);
    strbuf_release(&journal);
}

static void test_torn_journal_goes_on(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf journal;
    fixture_write_first(f);
    fixture_record_graphics(f, "one");
    fixture_record_graphics(f, "two");
    slurp(beside(f, ".journal"), &journal);
    f->store->ops->unlock(f->store, NULL);
    for (size_t cut = 1; cut < strbuf_len(&journal); cut++) {
        spill(beside(f, ".journal"), strbuf_str(&journal), strbuf_len(&journal) - cut);
        fixture_lock(f->store);
        fixture_record_graphics(f, "three");
        assert_string_equal(fixture_graphics(fixture_read(f)), "three");
        f->store->ops->unlock(f->store, NULL);
    }
    strbuf_release(&journal);
}

static void test_damage_says_what_to_do(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf state, journal;
    struct err err = {0};
    struct record intent = sample_intent("host/a", 1);
    fixture_write_first(f);
    fixture_record_graphics(f, "one");
    fixture_record_graphics(f, "two");
    slurp(f->path, &state);
    slurp(beside(f, ".journal"), &journal);
    f->store->ops->unlock(f->store, NULL);

    journal.data[strbuf_len(&journal) / 2] ^= 1;
    spill(beside(f, ".journal"), strbuf_str(&journal), strbuf_len(&journal));
    assert_read_fails(f, ERR_INVALID, "move it away");
    fixture_lock(f->store);
    assert_int_equal(f->store->ops->record(f->store, &intent, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);

    state.data[strbuf_len(&state) / 2] ^= 1;
    spill(f->path, strbuf_str(&state), strbuf_len(&state));
    assert_read_fails(f, ERR_INVALID, ".backup");
    struct state *next = sample_state(f->arena);
    next->serial = 2;
    assert_int_equal(f->store->ops->write(f->store, next, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    strbuf_release(&state);
    strbuf_release(&journal);
}

static void test_repeated_write_keeps_records(void **fixture)
{
    struct fixture *f = *fixture;
    fixture_write_first(f);
    fixture_record_graphics(f, "recorded");
    fixture_write(f, sample_state(f->arena));
    assert_string_equal(fixture_graphics(fixture_read(f)), "recorded");
    fixture_record_graphics(f, "after");
    assert_string_equal(fixture_graphics(fixture_read(f)), "after");
}

/* ---- paths ------------------------------------------------------------------------------ */

static void test_links_share_one_state(void **fixture)
{
    struct fixture *f = *fixture;
    struct store *store = NULL;
    struct lock_info holder;
    struct err err = {0};
    char *link = arena_printf(f->arena, "%s/link.json", f->directory);
    struct stat st;
    fixture_write_first(f);
    assert_int_equal(symlink("state.json", link), 0);
    assert_int_equal(store_file_open(link, NULL, &store, &err), 0);
    assert_int_equal(store->ops->lock(store, &fixture_holder, 0, &holder, &err), -1);
    assert_int_equal(err.code, ERR_LOCKED);
    f->store->ops->unlock(f->store, NULL);
    fixture_lock(store);
    struct fixture through = {.arena = f->arena, .store = store};
    struct state *state = fixture_read(&through);
    state->serial++;
    fixture_write(&through, state);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(fixture_read(f)->serial, 2);
    assert_int_equal(access(arena_printf(f->arena, "%s.lock", link), F_OK), -1);
    store->ops->close(store);
}

static void test_what_is_no_file(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_read_fails(f, ERR_INVALID, "not a regular file");
    unlink(f->path);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_read_fails(f, ERR_INVALID, "not a regular file");
    rmdir(f->path);
    assert_int_equal(symlink("/nowhere/at/all", beside(f, ".journal")), 0);
    assert_read_fails(f, ERR_STORAGE, "symbolic link");
    struct store *store = NULL;
    assert_int_equal(store_file_open("", NULL, &store, &err), -1);
    assert_int_equal(store_file_open("directory/", NULL, &store, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

static void test_link_to_nothing(void **fixture)
{
    struct fixture *f = *fixture;
    assert_int_equal(symlink("gone.json", f->path), 0);
    assert_read_fails(f, ERR_INVALID, "link to nothing");
}

static void test_directory_is_made_when_needed(void **fixture)
{
    struct fixture *f = *fixture;
    struct store *store = NULL;
    struct err err = {0};
    struct lock_info holder;
    char *parent = arena_printf(f->arena, "%s/.gridform", f->directory);
    assert_int_equal(
        store_file_open(arena_printf(f->arena, "%s/s.json", parent), NULL, &store, &err), 0);
    struct fixture inner = {.arena = f->arena, .store = store};
    assert_null(fixture_read(&inner));
    assert_int_equal(store->ops->holder(store, &holder, &err), 0);
    assert_int_equal(access(parent, F_OK), -1);
    fixture_write_first(&inner);
    assert_non_null(fixture_read(&inner));
    store->ops->close(store);

    char *far = arena_printf(f->arena, "%s/a/b/s.json", f->directory);
    assert_int_equal(store_file_open(far, NULL, &store, &err), 0);
    assert_int_equal(store->ops->lock(store, &fixture_holder, 0, &holder, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    store->ops->close(store);
}

/* ---- limits ----------------------------------------------------------------------------- */

static void test_files_are_read_up_to_a_limit(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf text;
    struct err err = {0};
    spill(f->path, "0123456789", 10);
    strbuf_init(&text, 10);
    assert_int_equal(storage_read(f->path, &text, &err), 1);
    assert_string_equal(strbuf_str(&text), "0123456789");
    strbuf_release(&text);
    strbuf_init(&text, 9);
    assert_int_equal(storage_read(f->path, &text, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "larger than 9 bytes"));
    strbuf_release(&text);
}

/* Plans, snapshots and reports: the old one or the new one, and nothing beside it. */
static void test_files_are_replaced_whole(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf text, seen;
    struct err err = {0};
    char target[400];
    strbuf_init(&text, 100);
    strbuf_add(&text, "new");
    spill(f->path, "older and longer", 16);
    assert_int_equal(storage_replace(f->path, &text, &err), 0);
    strbuf_init(&seen, 100);
    assert_int_equal(storage_read(f->path, &seen, &err), 1);
    assert_string_equal(strbuf_str(&seen), "new");
    strbuf_release(&seen);
    /* A directory cannot be replaced: it stays, and no temporary file with it. */
    snprintf(target, sizeof(target), "%s/directory", f->directory);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(storage_replace(target, &text, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_non_null(strstr(err.message, "/directory: cannot put it in place: "));
    assert_int_equal(rmdir(target), 0);
    snprintf(target, sizeof(target), "%s/directory.tmp%ld", f->directory, (long)getpid());
    assert_int_equal(access(target, F_OK), -1);
    strbuf_release(&text);
}

/* /dev/null, /dev/stdout and what a shell makes of >(…) are written to, not replaced. */
static void test_what_is_no_file_is_written_to(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf text;
    struct err err = {0};
    struct stat st;
    char pipe_path[300], link_path[300], seen[16] = "";
    strbuf_init(&text, 100);
    strbuf_add(&text, "new");
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", f->directory);
    snprintf(link_path, sizeof(link_path), "%s/link", f->directory);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(symlink("pipe", link_path), 0);
    int reader = open(pipe_path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    if (storage_replace(pipe_path, &text, &err) < 0 ||
        storage_replace(link_path, &text, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(read(reader, seen, sizeof(seen)), 6);
    assert_memory_equal(seen, "newnew", 6);
    close(reader);
    assert_int_equal(lstat(pipe_path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(lstat(link_path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    strbuf_release(&text);
}

/* What a lock file says is only read by people: nonsense in it changes nothing. */
static void test_nonsense_in_the_lock_file(void **fixture)
{
    struct fixture *f = *fixture;
    struct lock_info holder = {0};
    struct err err = {0};
    char *note = beside(f, ".lock"), *large = arena_alloc(f->arena, 20000);
    struct store *second;
    memset(large, '{', 20000);
    for (size_t size = 1; size <= 20000; size += 19999) {
        spill(note, large, size);
        assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 0);
        fixture_lock(f->store);
        spill(note, large, size);
        assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 1);
        assert_string_equal(holder.who, "");
        assert_int_equal(store_file_open(f->path, NULL, &second, &err), 0);
        assert_int_equal(second->ops->lock(second, &fixture_holder, 0, &holder, &err), -1);
        assert_int_equal(err.code, ERR_LOCKED);
        second->ops->close(second);
        f->store->ops->unlock(f->store, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FILE(test_backup_is_the_former_state),
        ON_FILE(test_files_are_private),
        ON_FILE(test_recording_appends),
        ON_FILE(test_spent_journal_is_ignored),
        ON_FILE(test_foreign_journal_is_refused),
        ON_FILE(test_torn_journal_goes_on),
        ON_FILE(test_damage_says_what_to_do),
        ON_FILE(test_repeated_write_keeps_records),
        ON_FILE(test_links_share_one_state),
        ON_FILE(test_what_is_no_file),
        ON_FILE(test_link_to_nothing),
        ON_FILE(test_directory_is_made_when_needed),
        ON_FILE(test_files_are_read_up_to_a_limit),
        ON_FILE(test_files_are_replaced_whole),
        ON_FILE(test_what_is_no_file_is_written_to),
        ON_FILE(test_nonsense_in_the_lock_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
