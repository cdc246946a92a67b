/* test_e2e_disk.c: the disk of the state is full, at the start or in the middle of an apply (a
 * limit on the size of files, and as root a small tmpfs). gridform says so with exit 8, starts
 * no step that it cannot record, and goes on from there when there is room again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../harness/unit.h"
#include "site.h"
#include "world_normal.h"
#include "worlds.h"

static const struct world_shape shape = {.n_hosts = 1, .hosts = {{.ecc = true}}};

static size_t changing_calls(const struct site *site)
{
    json_t *calls = lab_calls(&site->lab);
    size_t n = calls_changing(calls);
    json_decref(calls);
    return n;
}

static void again(struct site *site)
{
    site_fresh_shape(site, &shape);
    site_lose_state(site);
}

/* Every step is recorded before it is done, so nothing is done. */
static void full_before_anything(void **state)
{
    struct site *site = *state;
    again(site);
    site->file_size = 40;
    struct run *run = run_expect(GRIDFORM(site, "apply", "--yes"), 8);
    run_says(run, site->state);
    run_free(run);
    assert_int_equal(changing_calls(site), 0);
    site->file_size = 0;
    site_converge(site);
}

/* At any size in between: exit 8, a state that can be read, and an apply that goes on. */
static void full_in_the_middle(void **state)
{
    struct site *site = *state;
    again(site);
    site_converge(site);
    char *expected = lab_normal(&site->lab);
    unsigned n_stopped = 0;
    for (int64_t size = 300; size < 12000; size = size * 3 / 2) {
        again(site);
        site->file_size = size;
        struct run *run = GRIDFORM(site, "apply", "--yes", "--parallelism", "1");
        site->file_size = 0;
        if (run->status != 8 && run->status != 0)
            fail_long("%lld bytes: exit %d\n%s\n%s", (long long)size, run->status, run->out,
                      run->err);
        n_stopped += run->status == 8;
        run_free(run);
        /* It can be read and says what there is. */
        run = GRIDFORM(site, "plan");
        if (run->status != 0)
            fail_long("%lld bytes: plan after it: exit %d\n%s\n%s", (long long)size,
                      run->status, run->out, run->err);
        run_free(run);
        site_converge(site);
        char *actual = lab_normal(&site->lab);
        expect_same_world(expected, actual, "after a full disk");
        free(actual);
    }
    assert_true(n_stopped >= 3);
    free(expected);
}

static void a_plan_that_cannot_be_saved(void **state)
{
    struct site *site = *state;
    char file[256];
    snprintf(file, sizeof(file), "%s/saved.plan", site->dir);
    again(site);
    site->file_size = 100;
    struct run *run = GRIDFORM(site, "plan", "--out", file);
    site->file_size = 0;
    run_says(run_expect(run, 8), file);
    run_free(run);
    assert_false(file_exists("%s", file));
}

/* Whatever else is written: exit 8, nothing half done, nothing left behind. */
static void other_files_without_room(void **state)
{
    struct site *site = *state;
    char snapshot[256], report[256];
    snprintf(snapshot, sizeof(snapshot), "%s/live.json", site->dir);
    snprintf(report, sizeof(report), "%s/report.json", site->dir);
    const char *const commands[][5] = {
        {"snapshot", "--out", snapshot},
        {"drift", "--report", report},
        {"state", "mv", "host/esx-gpu-01.lab.local", "host/esx-gpu-09.lab.local"},
        {"state", "rm", "--yes", "host/esx-gpu-01.lab.local"},
        {"state", "rollback", "--yes", "1"},
        {"state", "push", "--yes", "--force"}};
    again(site);
    site_converge(site);
    GRIDFORM_EXPECT(site, 0, "snapshot", "--out", snapshot);
    char *before = file_text("%s", site->state), *taken = file_text("%s", snapshot);
    char pulled[256];
    snprintf(pulled, sizeof(pulled), "%s.history/1", site->state);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const char *words[6] = {NULL};
        memcpy(words, commands[i], sizeof(commands[i]));
        if (strcmp(words[1], "push") == 0)
            words[4] = pulled;
        site->file_size = 100;
        struct run *run = site_run(site, words);
        site->file_size = 0;
        run_says(run_expect(run, 8), "raise the limit of file sizes");
        run_free(run);
        char *after = file_text("%s", site->state);
        assert_string_equal(before, after);
        free(after);
    }
    char *kept = file_text("%s", snapshot);
    assert_string_equal(taken, kept);
    assert_false(file_exists("%s", report));
    free(kept);
    free(taken);
    free(before);
    GRIDFORM_EXPECT(site, 0, "plan", "--detailed-exitcode");
}

static void a_small_file_system(void **state)
{
    struct site *site = *state;
    char directory[160], kept[160];
    snprintf(directory, sizeof(directory), "%s/small", site->dir);
    mkdir(directory, 0700);
    if (mount("gridform-test", directory, "tmpfs", MS_NOSUID | MS_NODEV, "size=16k") < 0) {
        print_message("no tmpfs here (%s): the limit on files stands for it\n",
                      strerror(errno));
        return;
    }
    snprintf(kept, sizeof(kept), "%s", site->state);
    again(site);
    snprintf(site->state, sizeof(site->state), "%s/gridform.state", directory);
    struct run *run = GRIDFORM(site, "apply", "--yes");
    int status = run->status;
    bool says = strstr(run->err, "No space left") != NULL;
    run_free(run);
    umount2(directory, MNT_DETACH);
    snprintf(site->state, sizeof(site->state), "%s", kept);
    assert_int_equal(status, 8);
    assert_true(says);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    site_start_shape(site, &shape, 60000);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    site_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_before_anything),
        cmocka_unit_test(full_in_the_middle),
        cmocka_unit_test(a_plan_that_cannot_be_saved),
        cmocka_unit_test(other_files_without_room),
        cmocka_unit_test(a_small_file_system),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
