/* test_store_crash.c: the file backend among processes that lock, die and run out of disk.
 *
 * The sequence of a writer: state 1 with "1.0" in host/a, records "1.1" to "1.3", state 2 with
 * "2.0", and so on. So every moment has exactly one right content, and the one before a kill
 * or failure is right up to the step that was under way.
 */
#include "state_sample.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "arena.h"
#include "num.h"
#include "seal.h"
#include "storage.h"
#include "value.h"

enum { RECORDS_PER_STATE = 3, ROUNDS = 50, READS = 300, WAIT_MS = 60000, NOBODY = 65534 };

struct fixture {
    char directory[256], path[300];
    struct store *store;
};

static struct seal *seal; /* of the test under way and its processes; NULL: plain */

static int setup(void **fixture)
{
    struct fixture *f = calloc(1, sizeof(*f));
    sample_directory(f->directory, sizeof(f->directory));
    snprintf(f->path, sizeof(f->path), "%s/state.json", f->directory);
    *fixture = f;
    return store_file_open(f->path, seal, &f->store, NULL);
}

static int setup_sealed(void **fixture)
{
    static const char key[] =
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    seal = seal_new();
    if (seal_add_key(seal, key, NULL) < 0)
        return -1;
    return setup(fixture);
}

static int teardown(void **fixture)
{
    struct fixture *f = *fixture;
    f->store->ops->close(f->store);
    sample_remove(f->directory);
    free(f);
    seal_free(seal);
    seal = NULL;
    return 0;
}

/* ---- the sequence ----------------------------------------------------------------------- */

struct moment {
    int64_t serial;
    int record;
};

static struct moment next_moment(struct moment at)
{
    if (at.record == RECORDS_PER_STATE)
        return (struct moment){at.serial + 1, 0};
    return (struct moment){at.serial, at.record + 1};
}

static int lock(struct store *store, const char *who, int64_t wait_ms, struct err *err)
{
    struct lock_info mine = {.operation = "apply", .pid = getpid()}, holder;
    snprintf(mine.who, sizeof(mine.who), "%s", who);
    return store->ops->lock(store, &mine, wait_ms, &holder, err);
}

/* Make the given moment the stored one; the former one is stored. */
static int step(struct store *store, struct moment to, struct err *err)
{
    struct arena *arena = arena_new();
    char text[64];
    snprintf(text, sizeof(text), "%lld.%d", (long long)to.serial, to.record);
    struct instance *host = sample_instance(arena, "host/a", text);
    int result;
    if (to.record == 0) {
        struct state *state = sample_state(arena);
        state->serial = to.serial;
        state_put(state, arena, "host/a", host);
        result = store->ops->write(store, state, err);
    } else {
        struct record record = {.kind = RECORD_RESOURCE, .address = "host/a", .resource = host};
        result = store->ops->record(store, &record, err);
    }
    arena_free(arena);
    return result;
}

/* What is stored, after checking that it is whole; {0, 0} when there is nothing. */
static struct moment look(struct store *store)
{
    struct arena *arena = arena_new();
    struct state *state = NULL;
    struct err err = {0};
    struct moment at = {0, RECORDS_PER_STATE};
    if (store->ops->read(store, arena, &sample_schemas, &state, &err) < 0)
        fail_msg("%s", err.message);
    if (state != NULL) {
        const struct instance *host = instances_find(&state->resources, "host/a");
        int64_t serial = 0, record = 0;
        char text[64];
        assert_int_equal(state->resources.n, 3);
        snprintf(text, sizeof(text), "%s", instance_text(host, "graphics"));
        char *dot = strchr(text, '.');
        assert_non_null(dot);
        *dot = '\0';
        assert_int_equal(num_i64(text, &serial), 0);
        assert_int_equal(num_i64(dot + 1, &record), 0);
        assert_int_equal(serial, state->serial);
        at = (struct moment){serial, (int)record};
    }
    arena_free(arena);
    return at;
}

/* The former states before this one are whole, without a gap: as many as are kept, or all. */
static void check_history(struct store *store, int64_t serial)
{
    struct arena *arena = arena_new();
    struct history history;
    struct err err = {0};
    if (store->ops->history(store, arena, 100, &history, &err) < 0)
        fail_msg("%s", err.message);
    const struct history_entry *entries = history.entries;
    size_t n = history.n;
    /* A crash between the keeping of a state and its replacement leaves one entry too many. */
    assert_true(n <= STORE_HISTORY_KEPT + 2);
    for (size_t i = 0, k = 0; i < n && serial - (int64_t)k > 0; i++) {
        assert_null(entries[i].damage);
        if (i > 0 && entries[i].serial == entries[i - 1].serial)
            continue;
        assert_int_equal(entries[i].serial, serial - (int64_t)k);
        k++;
    }
    size_t kept = serial == 0 ? 0 : (size_t)serial;
    assert_true(n >= (kept > STORE_HISTORY_KEPT + 1 ? STORE_HISTORY_KEPT + 1 : kept));
    arena_free(arena);
}

static bool is_same(struct moment a, struct moment b)
{
    return a.serial == b.serial && a.record == b.record;
}

static bool is_before(struct moment a, struct moment b)
{
    return a.serial < b.serial || (a.serial == b.serial && a.record < b.record);
}

/* ---- other processes -------------------------------------------------------------------- */

struct child {
    pid_t pid;
    int from, to; /* what it says, what it is told */
};

/* Start a process that runs body(path, from, to) and ends. */
static struct child start(const char *path, void (*body)(const char *path, int in, int out))
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(in[1]);
        close(out[0]);
        body(path, in[0], out[1]);
        _exit(0);
    }
    close(in[0]);
    close(out[1]);
    return (struct child){.pid = pid, .from = out[0], .to = in[1]};
}

static int finish(struct child *child, int signal_number)
{
    int status;
    if (signal_number != 0)
        kill(child->pid, signal_number);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    close(child->from);
    close(child->to);
    return status;
}

static void say(int fd, struct moment at)
{
    if (write(fd, &at, sizeof(at)) != sizeof(at))
        _exit(3);
}

/* Go on from what is stored, for ever; each moment is announced once it is durable. */
static void write_for_ever(const char *path, int in, int out)
{
    struct store *store;
    struct err err;
    (void)in;
    if (store_file_open(path, seal, &store, &err) < 0 ||
        lock(store, "child", WAIT_MS, &err) < 0)
        _exit(2);
    for (struct moment at = look(store);;) {
        at = next_moment(at);
        if (step(store, at, &err) < 0)
            _exit(1);
        say(out, at);
    }
}

static void hold_lock(const char *path, int in, int out)
{
    struct store *store;
    struct err err;
    char byte;
    if (store_file_open(path, seal, &store, &err) < 0 || lock(store, "child@host", 0, &err) < 0)
        _exit(2);
    say(out, (struct moment){1, 0});
    if (read(in, &byte, 1) != 1)
        _exit(3);
    store->ops->close(store);
}

static bool hear(const struct child *child, struct moment *ret)
{
    return read(child->from, ret, sizeof(*ret)) == sizeof(*ret);
}

/* ---- locks ------------------------------------------------------------------------------ */

static void test_one_of_two_processes_wins(void **fixture)
{
    struct fixture *f = *fixture;
    struct lock_info holder = {0};
    struct err err = {0};
    struct moment ready;
    struct child child = start(f->path, hold_lock);
    assert_true(hear(&child, &ready));
    assert_int_equal(lock(f->store, "me", 0, &err), -1);
    assert_int_equal(err.code, ERR_LOCKED);
    assert_non_null(strstr(err.message, "child@host (apply, process "));
    assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 1);
    assert_string_equal(holder.who, "child@host");
    assert_int_equal(holder.pid, child.pid);
    /* Readers need no lock. */
    assert_int_equal(look(f->store).serial, 0);
    /* It lets go when told, perhaps while we wait. */
    assert_int_equal(write(child.to, "x", 1), 1);
    assert_int_equal(lock(f->store, "me", WAIT_MS, &err), 0);
    assert_int_equal(finish(&child, 0), 0);
    assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 1);
    assert_string_equal(holder.who, "me");
}

static void test_the_lock_dies_with_its_process(void **fixture)
{
    struct fixture *f = *fixture;
    struct lock_info holder = {0};
    struct err err = {0};
    struct moment ready;
    struct child child = start(f->path, hold_lock);
    assert_true(hear(&child, &ready));
    finish(&child, SIGKILL);
    assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 0);
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
}

static void test_a_removed_lock_file_is_no_way_in_for_two(void **fixture)
{
    struct fixture *f = *fixture;
    struct store *second, *third;
    struct err err = {0};
    char path[320];
    snprintf(path, sizeof(path), "%s.lock", f->path);
    assert_int_equal(lock(f->store, "first", 0, &err), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_file_open(f->path, seal, &second, &err), 0);
    assert_int_equal(store_file_open(f->path, seal, &third, &err), 0);
    assert_int_equal(lock(second, "second", 0, &err), 0);
    assert_int_equal(lock(third, "third", 0, &err), -1);
    /* Who lost the lock without knowing must not write over the new holder. */
    assert_int_equal(step(f->store, (struct moment){1, 0}, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_int_equal(step(second, (struct moment){1, 0}, &err), 0);
    assert_int_equal(step(f->store, (struct moment){1, 1}, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    second->ops->close(second);
    third->ops->close(third);
}

/* ---- kill -9 ---------------------------------------------------------------------------- */

static unsigned pick_seed(void)
{
    const char *given = getenv("GRIDFORM_TEST_SEED");
    int64_t seed = (int64_t)time(NULL) ^ getpid();
    if (given != NULL)
        assert_int_equal(num_i64(given, &seed), 0);
    printf("GRIDFORM_TEST_SEED=%u\n", (unsigned)seed);
    return (unsigned)seed;
}

/* Let it run for a number of steps, and into the middle of the next one. */
static struct moment kill_at_random(struct child *child, struct moment known, unsigned *seed)
{
    struct moment heard;
    for (int acks = rand_r(seed) % 9; acks >= 0 && hear(child, &heard); acks--)
        known = heard;
    for (volatile int spin = rand_r(seed) % 400000; spin > 0; spin--)
        continue;
    kill(child->pid, SIGKILL);
    while (hear(child, &heard))
        known = heard;
    finish(child, 0);
    return known;
}

static void test_kill_leaves_an_allowed_state(void **fixture)
{
    struct fixture *f = *fixture;
    struct moment known = {0, RECORDS_PER_STATE};
    unsigned seed = pick_seed(), under_way = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct child child = start(f->path, write_for_ever);
        known = kill_at_random(&child, known, &seed);
        struct moment found = look(f->store);
        if (!is_same(found, known) && !is_same(found, next_moment(known)))
            fail_msg("round %d: found %lld.%d, known %lld.%d", round, (long long)found.serial,
                     found.record, (long long)known.serial, known.record);
        check_history(f->store, found.serial);
        under_way += is_same(found, known) ? 0 : 1;
        known = found;
    }
    printf("%d kills up to state %lld, %u of them after the step and before its answer\n",
           ROUNDS, (long long)known.serial, under_way);
}

/* A reader without a lock never sees anything but the sequence, going forward. */
static void test_reading_beside_a_writer(void **fixture)
{
    struct fixture *f = *fixture;
    struct moment heard, seen = {0, RECORDS_PER_STATE};
    struct child child = start(f->path, write_for_ever);
    assert_true(hear(&child, &heard));
    for (int i = 0; i < READS; i++) {
        assert_true(hear(&child, &heard));
        struct moment now = look(f->store);
        assert_false(is_before(now, seen));
        assert_false(is_before(now, heard));
        seen = now;
    }
    finish(&child, SIGKILL);
}

/* Linked in place of storage_slurp (-Wl,--wrap): what happens between the reading of the state
 * and that of the journal. */
int __real_storage_slurp(int fd, const char *path, struct strbuf *out, struct err *err);
int __wrap_storage_slurp(int fd, const char *path, struct strbuf *out, struct err *err);

static struct {
    struct store *writer; /* NULL: nothing happens */
    struct moment to;
} meanwhile;

int __wrap_storage_slurp(int fd, const char *path, struct strbuf *out, struct err *err)
{
    struct store *writer = meanwhile.writer;
    int result = __real_storage_slurp(fd, path, out, err);
    meanwhile.writer = NULL;
    if (writer != NULL)
        assert_int_equal(step(writer, meanwhile.to, err), 0);
    return result;
}

/* The writer replaces the state, or records, just after the reader has read the state. */
static void test_reading_while_the_state_is_replaced(void **fixture)
{
    struct fixture *f = *fixture;
    struct store *reader;
    struct err err = {0};
    assert_int_equal(store_file_open(f->path, seal, &reader, &err), 0);
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
    assert_int_equal(step(f->store, (struct moment){1, 0}, &err), 0);
    for (struct moment at = {1, 0}; at.serial < 4;) {
        at = next_moment(at);
        meanwhile.writer = f->store;
        meanwhile.to = at;
        assert_true(is_same(look(reader), at));
        assert_null(meanwhile.writer);
    }
    reader->ops->close(reader);
}

/* ---- a disk that is full ---------------------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes > limit.rlim_max ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool exists(const struct fixture *f, const char *suffix)
{
    char path[320];
    snprintf(path, sizeof(path), "%s%s", f->path, suffix);
    return access(path, F_OK) == 0;
}

/* Try a step with every limit from 0 up until it succeeds; each failure leaves what was. */
static rlim_t step_with_limits(struct fixture *f, struct moment from)
{
    struct err err = {0};
    for (rlim_t limit = 0;; limit++) {
        limit_files(limit);
        int result = step(f->store, next_moment(from), &err);
        limit_files(RLIM_INFINITY);
        if (result == 0) {
            assert_true(is_same(look(f->store), next_moment(from)));
            return limit;
        }
        if (err.code != ERR_STORAGE || strstr(err.message, f->path) == NULL ||
            strstr(err.message, "ulimit") == NULL)
            fail_msg("limit %lu: %s", (unsigned long)limit, err.message);
        assert_true(is_same(look(f->store), from));
        assert_false(exists(f, ".new"));
        assert_false(exists(f, ".backup.new"));
    }
}

static void test_no_room_at_any_size(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    struct moment at = {0, RECORDS_PER_STATE};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
    for (int i = 0; i < 2 * (RECORDS_PER_STATE + 1); i++) {
        rlim_t needed = step_with_limits(f, at);
        assert_in_range(needed, 100, 5000); /* so all sizes before it were tried */
        at = next_moment(at);
    }
}

/* A journal that an earlier crash left behind goes before anything else is written: two states
 * on it could not be told from somebody else's. */
static void test_spent_journal_goes_first(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    char journal[320], aside[320];
    snprintf(journal, sizeof(journal), "%s.journal", f->path);
    snprintf(aside, sizeof(aside), "%s.aside", f->path);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
    assert_int_equal(step(f->store, (struct moment){1, 0}, &err), 0);
    assert_int_equal(step(f->store, (struct moment){1, 1}, &err), 0);
    assert_int_equal(link(journal, aside), 0);
    assert_int_equal(step(f->store, (struct moment){2, 0}, &err), 0);
    assert_int_equal(rename(aside, journal), 0);
    limit_files(0);
    int result = step(f->store, (struct moment){3, 0}, &err);
    limit_files(RLIM_INFINITY);
    assert_int_equal(result, -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_false(exists(f, ".journal"));
    assert_true(is_same(look(f->store), (struct moment){2, 0}));
}

static void test_no_room_for_the_lock(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    struct lock_info holder;
    signal(SIGXFSZ, SIG_IGN);
    limit_files(10);
    int result = lock(f->store, "me", 0, &err);
    limit_files(RLIM_INFINITY);
    assert_int_equal(result, -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_int_equal(f->store->ops->holder(f->store, &holder, &err), 0);
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
}

static void test_read_only_directory(void **fixture)
{
    struct fixture *f = *fixture;
    struct err err = {0};
    bool is_root = geteuid() == 0; /* to whom permissions mean nothing */
    if (is_root) {
        assert_int_equal(chown(f->directory, NOBODY, (gid_t)-1), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    assert_int_equal(lock(f->store, "me", 0, &err), 0);
    assert_int_equal(step(f->store, (struct moment){1, 0}, &err), 0);
    assert_int_equal(chmod(f->directory, 0500), 0);
    assert_int_equal(step(f->store, (struct moment){2, 0}, &err), -1);
    assert_int_equal(err.code, ERR_STORAGE);
    assert_non_null(strstr(err.message, "permissions"));
    assert_int_equal(chmod(f->directory, 0700), 0);
    assert_true(is_same(look(f->store), (struct moment){1, 0}));
    if (is_root)
        assert_int_equal(seteuid(0), 0);
}

#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define SEALED(test)                                                                           \
    {                                                                                          \
#test "_sealed", test, setup_sealed, teardown, NULL                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FILE(test_one_of_two_processes_wins),
        ON_FILE(test_the_lock_dies_with_its_process),
        ON_FILE(test_a_removed_lock_file_is_no_way_in_for_two),
        ON_FILE(test_kill_leaves_an_allowed_state),
        SEALED(test_kill_leaves_an_allowed_state),
        ON_FILE(test_reading_beside_a_writer),
        SEALED(test_reading_beside_a_writer),
        ON_FILE(test_reading_while_the_state_is_replaced),
        SEALED(test_reading_while_the_state_is_replaced),
        ON_FILE(test_no_room_at_any_size),
        SEALED(test_no_room_at_any_size),
        ON_FILE(test_spent_journal_goes_first),
        SEALED(test_spent_journal_goes_first),
        ON_FILE(test_no_room_for_the_lock),
        ON_FILE(test_read_only_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
