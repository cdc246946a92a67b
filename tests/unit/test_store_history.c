/* test_store_history.c: former states, on all backends, and the files of the file backend. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "arena.h"
#include "store_fixture.h"

static struct history history_of(struct fixture *f, size_t most)
{
    struct history found;
    struct err err = {0};
    if (f->store->ops->history(f->store, f->arena, most, &found, &err) < 0)
        fail_msg("%s", err.message);
    return found;
}

static size_t history(struct fixture *f, struct history_entry **ret)
{
    struct history found = history_of(f, 100);
    assert_int_equal(found.unasked, 0);
    *ret = found.entries;
    return found.n;
}

/* States 1 to n; each names its serial in host/a, its commit and its last plan. */
static void write_states(struct fixture *f, int64_t n)
{
    fixture_lock(f->store);
    for (int64_t serial = 1; serial <= n; serial++) {
        struct state *state = sample_state(f->arena);
        const char *name = arena_printf(f->arena, "%lld", (long long)serial);
        state->serial = serial;
        state->commit = name;
        state_add_plan(state, f->arena, arena_printf(f->arena, "plan-%s", name));
        state_put(state, f->arena, "host/a", sample_instance(f->arena, "host/a", name));
        if (serial % 2 == 0)
            state_put(state, f->arena, "host/b", NULL);
        fixture_write(f, state);
    }
}

static void expect_former(struct fixture *f, int64_t serial)
{
    struct state *state = NULL;
    struct err err = {0};
    if (f->store->ops->read_former(f->store, serial, f->arena, &sample_schemas, &state, &err) <
        0)
        fail_msg("%s", err.message);
    assert_int_equal(state->serial, serial);
    assert_string_equal(fixture_graphics(state),
                        arena_printf(f->arena, "%lld", (long long)serial));
}

static void test_nothing_yet(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    struct state *state = NULL;
    struct err err = {0};
    assert_int_equal(history(f, &entries), 0);
    assert_int_equal(
        f->store->ops->read_former(f->store, 1, f->arena, &sample_schemas, &state, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_the_last_ten_are_kept(void **fixture)
{
    enum { WRITTEN = 25 };
    struct fixture *f = *fixture;
    struct history_entry *entries;
    struct state *state = NULL;
    struct err err = {0};
    write_states(f, WRITTEN);
    size_t n = history(f, &entries);
    assert_int_equal(n, STORE_HISTORY_KEPT + 1);
    for (size_t i = 0; i < n; i++) {
        int64_t serial = WRITTEN - (int64_t)i;
        const char *name = arena_printf(f->arena, "%lld", (long long)serial);
        assert_int_equal(entries[i].serial, serial);
        assert_int_equal(entries[i].current, i == 0);
        assert_null(entries[i].damage);
        assert_string_equal(entries[i].commit, name);
        assert_string_equal(entries[i].plan, arena_printf(f->arena, "plan-%s", name));
        assert_int_equal(entries[i].n_resources, serial % 2 == 0 ? 2 : 3);
        assert_true(entries[i].at_ms > 1600000000000);
        assert_true(i == 0 || entries[i].at_ms <= entries[i - 1].at_ms);
        if (i > 0)
            expect_former(f, serial);
    }
    for (int64_t gone = 1; gone < WRITTEN - STORE_HISTORY_KEPT; gone++) {
        assert_int_equal(
            f->store->ops->read_former(f->store, gone, f->arena, &sample_schemas, &state, &err),
            -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
    }
}

static void test_no_more_than_asked_for(void **fixture)
{
    struct fixture *f = *fixture;
    write_states(f, 5);
    struct history found = history_of(f, 2);
    assert_int_equal(found.n, 2);
    assert_true(found.entries[0].current);
    assert_int_equal(found.entries[1].serial, 4);
    assert_int_equal(found.unasked, 3);
    assert_false(found.is_gap);
    found = history_of(f, 5);
    assert_int_equal(found.n, 5);
    assert_int_equal(found.unasked, 0);
}

static void test_records_are_no_history(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    write_states(f, 2);
    fixture_record_graphics(f, "recorded");
    assert_int_equal(history(f, &entries), 2);
    expect_former(f, 1);
}

/* ---- files --------------------------------------------------------------------------------
 */

static const char *former(struct fixture *f, int64_t serial)
{
    return arena_printf(f->arena, "%s.history/%lld", f->path, (long long)serial);
}

/* What is kept was written once: it is the file that the state was. */
static void test_keeping_costs_a_name(void **fixture)
{
    struct fixture *f = *fixture;
    struct stat before, after, directory;
    mode_t mask = umask(0);
    write_states(f, 1);
    assert_int_equal(stat(f->path, &before), 0);
    struct state *state = fixture_read(f);
    state->serial++;
    fixture_write(f, state);
    umask(mask);
    assert_int_equal(stat(former(f, 1), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(after.st_mode & 0777, 0600);
    assert_int_equal(stat(arena_printf(f->arena, "%s.history", f->path), &directory), 0);
    assert_int_equal(directory.st_mode & 0777, 0700);
}

static void flip(const char *path, long at)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 4, file), byte ^ 4);
    assert_int_equal(fclose(file), 0);
}

static void test_a_damaged_one_is_told(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    struct state *state = NULL;
    struct err err = {0};
    write_states(f, 4);
    flip(former(f, 2), 200);
    assert_int_equal(history(f, &entries), 4);
    assert_null(entries[1].damage);
    assert_int_equal(entries[2].serial, 2);
    assert_non_null(entries[2].damage);
    assert_int_equal(
        f->store->ops->read_former(f->store, 2, f->arena, &sample_schemas, &state, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, former(f, 2)));
    expect_former(f, 3);
}

/* A file under another's name is not what it says it is. */
static void test_another_serial_is_told(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    struct state *state = NULL;
    struct err err = {0};
    write_states(f, 4);
    assert_int_equal(unlink(former(f, 3)), 0);
    assert_int_equal(rename(former(f, 1), former(f, 3)), 0);
    assert_int_equal(history(f, &entries), 3);
    assert_int_equal(entries[1].serial, 3);
    assert_non_null(entries[1].damage);
    assert_non_null(strstr(entries[1].damage, "serial 1"));
    assert_int_equal(
        f->store->ops->read_former(f->store, 3, f->arena, &sample_schemas, &state, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "serial 1"));
    expect_former(f, 2);
}

/* What is dropped is told by the serials: clocks are set back now and then. */
static void test_the_clock_was_wrong(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    const struct timespec future[] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
    write_states(f, 12);
    for (int64_t serial = 2; serial < 12; serial++)
        assert_int_equal(utimensat(AT_FDCWD, former(f, serial), future, 0), 0);
    for (int64_t serial = 13; serial <= 15; serial++) {
        struct state *state = fixture_read(f);
        state->serial = serial;
        fixture_write(f, state);
    }
    assert_int_equal(history(f, &entries), STORE_HISTORY_KEPT + 1);
    for (int64_t i = 0; i <= STORE_HISTORY_KEPT; i++) {
        assert_int_equal(entries[i].serial, 15 - i);
        assert_null(entries[i].damage);
    }
}

/* A state that was lost and begun anew: the former one's files are not ours, and give way. */
static void test_another_lineage_is_not_shown(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    write_states(f, 15);
    assert_int_equal(unlink(f->path), 0);
    for (int64_t serial = 1; serial <= 12; serial++) {
        struct state *state = sample_state(f->arena);
        state->lineage = "ffffffffffffffffffffffffffffffff";
        state->serial = serial;
        fixture_write(f, state);
        size_t n = history(f, &entries);
        assert_int_equal(n, serial < STORE_HISTORY_KEPT + 1 ? (size_t)serial
                                                            : STORE_HISTORY_KEPT + 1);
    }
}

static void test_other_files_are_left_alone(void **fixture)
{
    struct fixture *f = *fixture;
    struct history_entry *entries;
    write_states(f, 3);
    const char *note = arena_printf(f->arena, "%s.history/note.txt", f->path);
    FILE *file = fopen(note, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    for (int64_t serial = 4; serial <= 20; serial++) {
        struct state *state = fixture_read(f);
        state->serial = serial;
        fixture_write(f, state);
    }
    assert_int_equal(access(note, F_OK), 0);
    assert_int_equal(history(f, &entries), STORE_HISTORY_KEPT + 1);
}

/* When nothing can be kept, nothing is replaced. */
static void test_no_room_for_the_history(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    const char *in_the_way = arena_printf(f->arena, "%s.history", f->path);
    FILE *file = fopen(in_the_way, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    write_states(f, 1);
    struct state *state = fixture_read(f);
    state->serial++;
    assert_int_equal(f->store->ops->write(f->store, state, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_non_null(strstr(err.message, ".history"));
    assert_int_equal(fixture_read(f)->serial, 1);
    assert_int_equal(unlink(in_the_way), 0);
    fixture_write(f, state);
    expect_former(f, 1);
}

#define ON_MEM(test) cmocka_unit_test_setup_teardown(test, fixture_setup_mem, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FILE(test_nothing_yet),
        ON_MEM(test_nothing_yet),
        ON_FILE(test_the_last_ten_are_kept),
        ON_MEM(test_the_last_ten_are_kept),
        ON_FILE(test_no_more_than_asked_for),
        ON_MEM(test_no_more_than_asked_for),
        ON_FILE(test_records_are_no_history),
        ON_MEM(test_records_are_no_history),
        ON_FILE(test_keeping_costs_a_name),
        ON_FILE(test_a_damaged_one_is_told),
        ON_FILE(test_another_serial_is_told),
        ON_FILE(test_the_clock_was_wrong),
        ON_FILE(test_another_lineage_is_not_shown),
        ON_FILE(test_other_files_are_left_alone),
        ON_FILE(test_no_room_for_the_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
