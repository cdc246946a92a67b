/* test_store_damage.c: every flipped bit and every cut of the files of a small store, plain and
 * encrypted, and what encryption changes of the store's life.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "arena.h"
#include "seal.h"
#include "state_sample.h"
#include "strbuf.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

enum { RECORDS = 3 };

struct fixture {
    char directory[256], path[300];
    struct arena *arena;
    struct seal *seal;
    struct store *store;
};

/* KEY, or a former key alone when it begins with '-'; several are given with commas. With '+'
 * at the beginning, what is plain is accepted. */
static struct seal *seal_of(const char *keys)
{
    struct seal *seal = seal_new();
    struct err err = {0};
    char key[65] = "";
    if (*keys == '+') {
        seal_accept_plain(seal);
        keys++;
    }
    for (bool first = true; *keys != '\0'; first = false) {
        bool former = *keys == '-' || !first;
        keys += *keys == '-' || *keys == ',';
        snprintf(key, sizeof(key), "%s", keys);
        assert_int_equal((former ? seal_add_former_key : seal_add_key)(seal, key, &err), 0);
        keys += 64;
    }
    return seal;
}

static void open_with(struct fixture *f, const char *keys)
{
    struct err err = {0};
    if (f->store != NULL)
        f->store->ops->close(f->store);
    seal_free(f->seal);
    f->seal = keys == NULL ? NULL : seal_of(keys);
    assert_int_equal(store_file_open(f->path, f->seal, &f->store, &err), 0);
}

static int setup(void **fixture)
{
    struct fixture *f = calloc(1, sizeof(*f));
    sample_directory(f->directory, sizeof(f->directory));
    snprintf(f->path, sizeof(f->path), "%s/state.json", f->directory);
    f->arena = arena_new();
    *fixture = f;
    return 0;
}

static int teardown(void **fixture)
{
    struct fixture *f = *fixture;
    f->store->ops->close(f->store);
    seal_free(f->seal);
    sample_remove(f->directory);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- files --------------------------------------------------------------------------------
 */

static const char *beside(struct fixture *f, const char *suffix)
{
    return arena_printf(f->arena, "%s%s", f->path, suffix);
}

static struct strbuf content(const char *path)
{
    struct strbuf text;
    char chunk[4096];
    strbuf_init(&text, 1 << 20);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    for (ssize_t n; (n = read(fd, chunk, sizeof(chunk))) > 0;)
        strbuf_add_mem(&text, chunk, (size_t)n);
    close(fd);
    return text;
}

static void spill(const char *path, const char *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static bool shows(const char *path, const char *word)
{
    struct strbuf text CLEANUP(strbuf_release) = content(path);
    return memmem(strbuf_str(&text), strbuf_len(&text), word, strlen(word)) != NULL;
}

/* ---- the store ----------------------------------------------------------------------------
 */

static void lock(struct fixture *f)
{
    struct lock_info mine = {.who = "me"}, holder;
    assert_int_equal(f->store->ops->lock(f->store, &mine, 0, &holder, NULL), 0);
}

static void write_state(struct fixture *f, int64_t serial)
{
    struct err err = {0};
    struct state *state = sample_state(f->arena);
    state->serial = serial;
    if (f->store->ops->write(f->store, state, &err) < 0)
        fail_msg("%s", err.message);
}

static int record_graphics(struct fixture *f, const char *graphics, struct err *err)
{
    const struct record record = {.kind = RECORD_RESOURCE,
                                  .address = "host/a",
                                  .resource = sample_instance(f->arena, "host/a", graphics)};
    return f->store->ops->record(f->store, &record, err);
}

static void record(struct fixture *f, const char *graphics)
{
    struct err err = {0};
    if (record_graphics(f, graphics, &err) < 0)
        fail_msg("%s", err.message);
}

/* The graphics of host/a, or NULL with the error. */
static const char *look(struct fixture *f, struct arena *arena, struct err *err)
{
    struct state *state = NULL;
    if (f->store->ops->read(f->store, arena, &sample_schemas, &state, err) < 0)
        return NULL;
    assert_non_null(state);
    return instance_text(instances_find(&state->resources, "host/a"), "graphics");
}

static void expect(struct fixture *f, const char *graphics)
{
    struct err err = {0};
    const char *found = look(f, f->arena, &err);
    if (found == NULL)
        fail_msg("%s", err.message);
    assert_string_equal(found, graphics);
}

static void expect_refusal(struct fixture *f, enum err_code code, const char *message)
{
    struct err err = {0};
    assert_null(look(f, f->arena, &err));
    assert_int_equal(err.code, code);
    if (strstr(err.message, message) == NULL || strstr(err.message, f->path) == NULL)
        fail_msg("%s", err.message);
}

static void expect_former(struct fixture *f, int64_t serial)
{
    struct state *state = NULL;
    struct err err = {0};
    if (f->store->ops->read_former(f->store, serial, f->arena, &sample_schemas, &state, &err) <
        0)
        fail_msg("%s", err.message);
    assert_int_equal(state->serial, serial);
}

/* State 1, and records "1" to "3"; the lock is held, so that damage is told at once. */
static void make_store(struct fixture *f, const char *keys)
{
    static const char *const names[RECORDS] = {"1", "2", "3"};
    open_with(f, keys);
    lock(f);
    write_state(f, 1);
    for (int i = 0; i < RECORDS; i++)
        record(f, names[i]);
    expect(f, "3");
}

/* ---- damage -------------------------------------------------------------------------------
 */

static void must_be_noticed(struct fixture *f, const char *path, size_t at, int how)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    struct err err = {0};
    if (look(f, arena, &err) != NULL)
        fail_msg("%s: byte %zu as %x is not noticed", path, at, how);
    /* A digit of the key's digest may make it that of another key. */
    if ((err.code != ERR_INVALID && err.code != ERR_DENIED) || err.message[0] == '\0')
        fail_msg("%s: byte %zu as %x: %s", path, at, how, err.message);
}

/* Each byte with two of its bits other, one after the other, and as what it might be taken for.
 * All values of all bytes: test_seal.c and test_journal.c, without a disk. */
static void flip_all(struct fixture *f, const char *path)
{
    static const char odd[] = {0, '\n', '"'};
    struct strbuf text CLEANUP(strbuf_release) = content(path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t at = 0; at < strbuf_len(&text); at++) {
        char kept = text.data[at];
        const char others[] = {(char)(kept ^ 1 << at % 8), (char)(kept ^ 1 << (at + 3) % 8),
                               odd[at % ARRAY_LEN(odd)]};
        for (size_t how = 0; how < ARRAY_LEN(others); how++) {
            if (others[how] == kept)
                continue;
            assert_int_equal(pwrite(fd, &others[how], 1, (off_t)at), 1);
            must_be_noticed(f, path, at, others[how]);
        }
        assert_int_equal(pwrite(fd, &kept, 1, (off_t)at), 1);
    }
    close(fd);
}

static void cut_state(struct fixture *f)
{
    struct strbuf text CLEANUP(strbuf_release) = content(f->path);
    for (size_t size = 0; size < strbuf_len(&text); size++) {
        spill(f->path, strbuf_str(&text), size);
        must_be_noticed(f, "cut state", size, 0);
    }
    spill(f->path, strbuf_str(&text), strbuf_len(&text));
}

static size_t count_lines(const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += text[i] == '\n';
    return n;
}

/* A journal that was cut is one that was written less far: exactly its whole lines count. */
static void cut_journal(struct fixture *f)
{
    static const char *const told[] = {"shared", "shared", "1", "2", "3"};
    const char *path = beside(f, ".journal");
    struct strbuf text CLEANUP(strbuf_release) = content(path);
    for (size_t size = 0; size <= strbuf_len(&text); size++) {
        spill(path, strbuf_str(&text), size);
        expect(f, told[count_lines(strbuf_str(&text), size)]);
    }
}

static void try_all(struct fixture *f, const char *keys)
{
    make_store(f, keys);
    flip_all(f, f->path);
    cut_state(f);
    flip_all(f, beside(f, ".journal"));
    cut_journal(f);
    expect(f, "3");
}

static void test_plain_damage(void **fixture)
{
    try_all(*fixture, NULL);
}

static void test_sealed_damage(void **fixture)
{
    try_all(*fixture, KEY_A);
}

/* Lines of a sealed journal: none can be lost, doubled, moved, or come from another journal. */
static void test_sealed_lines_stay_in_place(void **fixture)
{
    struct fixture *f = *fixture;
    make_store(f, KEY_A);
    const char *path = beside(f, ".journal");
    struct strbuf text CLEANUP(strbuf_release) = content(path), mixed CLEANUP(strbuf_release);
    const char *line[RECORDS + 2] = {strbuf_str(&text)};
    for (size_t i = 1; i < ARRAY_LEN(line); i++)
        line[i] = strchr(line[i - 1], '\n') + 1;
    static const size_t orders[][RECORDS + 1] = {
        {0, 2, 3, 3}, {0, 1, 3, 2}, {0, 1, 1, 2}, {1, 2, 3, 0}, {0, 0, 1, 2}};
    strbuf_init(&mixed, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        strbuf_clear(&mixed);
        for (size_t k = 0; k < RECORDS + 1; k++) {
            size_t n = orders[i][k];
            strbuf_add_mem(&mixed, line[n], (size_t)(line[n + 1] - line[n]));
        }
        spill(path, strbuf_str(&mixed), strbuf_len(&mixed));
        must_be_noticed(f, "order", i, 0);
    }
    /* Another journal of the same state: its second line has the right number. */
    unlink(path);
    f->store->ops->unlock(f->store, NULL);
    lock(f);
    record(f, "other");
    struct strbuf other CLEANUP(strbuf_release) = content(path);
    const char *second = strchr(strbuf_str(&other), '\n') + 1;
    strbuf_clear(&mixed);
    strbuf_add_mem(&mixed, line[0], (size_t)(line[1] - line[0]));
    strbuf_add(&mixed, second);
    spill(path, strbuf_str(&mixed), strbuf_len(&mixed));
    must_be_noticed(f, "line of another journal", 0, 0);
}

/* ---- life ---------------------------------------------------------------------------------
 */

static void test_nothing_readable_is_on_the_disk(void **fixture)
{
    static const char *const suffixes[] = {"", ".journal", ".backup", ".history/1"};
    struct fixture *f = *fixture;
    make_store(f, KEY_A);
    write_state(f, 2);
    record(f, "x");
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        assert_false(shows(beside(f, suffixes[i]), "host/"));
        assert_false(shows(beside(f, suffixes[i]), "graphics"));
        assert_true(shows(beside(f, suffixes[i]), "gridform_sealed"));
    }
}

static void test_appending_stays_cheap(void **fixture)
{
    struct fixture *f = *fixture;
    struct stat first, last;
    make_store(f, KEY_A);
    assert_int_equal(stat(beside(f, ".journal"), &first), 0);
    for (int i = 0; i < 200; i++)
        record(f, "y");
    assert_int_equal(stat(beside(f, ".journal"), &last), 0);
    assert_int_equal(first.st_ino, last.st_ino);
    assert_in_range(last.st_size - first.st_size, 200 * 200, 200 * 1000);
    expect(f, "y");
}

/* A key that comes while a journal is there: nothing of it is taken unless somebody says so.
 * Then the journal goes on sealed, the state is sealed with the next write, and the key alone
 * is enough. */
static void test_from_plain_to_sealed(void **fixture)
{
    struct fixture *f = *fixture;
    make_store(f, NULL);
    open_with(f, KEY_A);
    expect_refusal(f, ERR_DENIED, "accept_plain: true");
    open_with(f, "+" KEY_A);
    expect(f, "3");
    lock(f);
    record(f, "sealed");
    expect(f, "sealed");
    flip_all(f, beside(f, ".journal"));
    expect(f, "sealed");
    assert_true(shows(f->path, "host/a"));
    write_state(f, 2);
    assert_false(shows(f->path, "host/a"));
    /* What the former state is kept in as well. */
    assert_false(shows(beside(f, ".backup"), "host/a"));
    assert_false(shows(beside(f, ".history/1"), "host/a"));
    expect(f, "shared");
    open_with(f, KEY_A);
    expect(f, "shared");
    expect_former(f, 1);
    open_with(f, NULL);
    expect_refusal(f, ERR_DENIED, "names no key");
}

static void must_not_write(struct fixture *f, int64_t serial)
{
    struct state *state = sample_state(f->arena);
    struct err err = {0};
    state->serial = serial;
    assert_int_equal(record_graphics(f, "x", &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
    assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
}

/* The files of a store without a key, which know lineage and serial of the sealed ones: anybody
 * can make them. */
static void make_forgery(struct fixture *f, const char *suffix, struct strbuf *ret)
{
    make_store(f, NULL);
    *ret = content(beside(f, suffix));
    f->store->ops->close(f->store);
    f->store = NULL;
    sample_remove(f->directory);
    assert_int_equal(mkdir(f->directory, 0700), 0);
}

static void test_a_plain_state_is_not_taken_for_a_sealed_one(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf forged CLEANUP(strbuf_release);
    make_forgery(f, "", &forged);
    make_store(f, KEY_A);
    spill(f->path, strbuf_str(&forged), strbuf_len(&forged));
    expect_refusal(f, ERR_DENIED, "not encrypted");
    open_with(f, KEY_A);
    lock(f);
    must_not_write(f, 2);
    assert_true(shows(f->path, "host/a")); /* nothing was made of it */
}

static void test_a_plain_journal_is_not_taken_for_a_sealed_one(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf forged CLEANUP(strbuf_release);
    make_forgery(f, ".journal", &forged);
    make_store(f, KEY_A);
    const char *path = beside(f, ".journal"), *line = strbuf_str(&forged);
    struct strbuf own CLEANUP(strbuf_release) = content(path);
    struct strbuf mixed CLEANUP(strbuf_release);
    strbuf_init(&mixed, 1 << 20);
    /* All of it; then one line behind three sealed ones, with the right number. */
    spill(path, line, strbuf_len(&forged));
    expect_refusal(f, ERR_DENIED, "line 1: it is not encrypted");
    const char *last = strbuf_str(&own);
    for (int i = 0; i < RECORDS; i++) {
        line = strchr(line, '\n') + 1;
        last = strchr(last, '\n') + 1;
    }
    strbuf_add_mem(&mixed, strbuf_str(&own), (size_t)(last - strbuf_str(&own)));
    strbuf_add(&mixed, line);
    spill(path, strbuf_str(&mixed), strbuf_len(&mixed));
    expect_refusal(f, ERR_DENIED, "line 4: it is not encrypted");
    open_with(f, KEY_A);
    lock(f);
    must_not_write(f, 2);
}

/* Nor is it brought under the key by the next write. */
static void test_a_plain_former_state_stays_out(void **fixture)
{
    struct fixture *f = *fixture;
    struct strbuf forged CLEANUP(strbuf_release);
    struct state *state = NULL;
    struct err err = {0};
    make_forgery(f, "", &forged);
    make_store(f, KEY_A);
    write_state(f, 2);
    const char *path = beside(f, ".history/1");
    spill(path, strbuf_str(&forged), strbuf_len(&forged));
    write_state(f, 3);
    assert_true(shows(path, "host/a"));
    assert_int_equal(
        f->store->ops->read_former(f->store, 1, f->arena, &sample_schemas, &state, &err), -1);
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.message, path));
    expect_former(f, 2);
}

static void test_without_the_key_nothing_is_done(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    make_store(f, KEY_A);
    const char *const wrong[] = {NULL, KEY_B};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        open_with(f, wrong[i]);
        expect_refusal(f, ERR_DENIED, "previous: [");
        lock(f);
        assert_int_equal(record_graphics(f, "x", &err), -1);
        assert_int_equal(err.code, ERR_DENIED);
        struct state *state = sample_state(f->arena);
        state->serial = 2;
        assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
        assert_int_equal(err.code, ERR_DENIED);
    }
    open_with(f, KEY_A);
    expect(f, "3");
}

static void test_keys_are_rotated(void **fixture)
{
    struct fixture *f = *fixture;
    make_store(f, KEY_A);
    open_with(f, KEY_B "," KEY_A);
    expect(f, "3");
    lock(f);
    record(f, "with the new key");
    expect(f, "with the new key");
    write_state(f, 2);
    open_with(f, KEY_B);
    expect(f, "shared");
    expect_former(f, 1);
    open_with(f, KEY_A);
    expect_refusal(f, ERR_DENIED, "another key");
}

static void test_back_to_plain_when_said(void **fixture)
{
    struct fixture *f = *fixture;
    make_store(f, KEY_A);
    open_with(f, "-" KEY_A);
    expect(f, "3");
    lock(f);
    record(f, "plain again");
    write_state(f, 2);
    assert_true(shows(f->path, "host/a"));
    open_with(f, NULL);
    expect(f, "shared");
    expect_former(f, 1);
}

/* Being brought under the key makes a former state no younger, and costs nothing when done. */
static void test_former_states_keep_their_age(void **fixture)
{
    struct fixture *f = *fixture;
    struct stat plain, sealed, later;
    make_store(f, NULL);
    assert_int_equal(stat(f->path, &plain), 0);
    open_with(f, "+" KEY_A);
    lock(f);
    write_state(f, 2);
    assert_int_equal(stat(beside(f, ".history/1"), &sealed), 0);
    assert_int_not_equal(plain.st_ino, sealed.st_ino);
    assert_int_equal(plain.st_mtim.tv_sec, sealed.st_mtim.tv_sec);
    assert_int_equal(plain.st_mtim.tv_nsec, sealed.st_mtim.tv_nsec);
    write_state(f, 3);
    assert_int_equal(stat(beside(f, ".history/1"), &later), 0);
    assert_int_equal(later.st_ino, sealed.st_ino);
    expect_former(f, 1);
    expect_former(f, 2);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_plain_damage),
        ON(test_sealed_damage),
        ON(test_sealed_lines_stay_in_place),
        ON(test_nothing_readable_is_on_the_disk),
        ON(test_appending_stays_cheap),
        ON(test_from_plain_to_sealed),
        ON(test_a_plain_state_is_not_taken_for_a_sealed_one),
        ON(test_a_plain_journal_is_not_taken_for_a_sealed_one),
        ON(test_a_plain_former_state_stays_out),
        ON(test_without_the_key_nothing_is_done),
        ON(test_keys_are_rotated),
        ON(test_back_to_plain_when_said),
        ON(test_former_states_keep_their_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
