/* test_e2e_state.c: a state or journal that was damaged, cut short, edited by hand, is of a
 * newer version or of another site is refused with one message that names the file and the way
 * out; nothing is changed, not even that file. The backup can be put back. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "site.h"
#include "still.h"
#include "worlds.h"

enum { FLIPS = 25 };

struct state_test {
    struct site site;
    char *good; /* the state after an apply */
};

static const char *const commands[][4] = {
    {"plan"}, {"apply", "--yes"}, {"drift"},
    {"show"}, {"state", "list"},  {"state", "show", "host/esx-gpu-01.lab.local"}};

static void write_state(const struct state_test *t, const char *end, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s%s", t->site.state, end);
    write_text(path, text);
}

static void remove_journal(const struct state_test *t)
{
    char path[200];
    snprintf(path, sizeof(path), "%s.journal", t->site.state);
    unlink(path);
}

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        n++;
    return n;
}

/* Every command that reads the state: exit 1, one message, the state as it was. */
static void refused_everywhere(struct state_test *t, const char *const *words, const char *what)
{
    struct still still = still_begin(&t->site);
    char *before = file_text("%s", t->site.state);
    for (size_t c = 0; c < ARRAY_LEN(commands); c++) {
        struct run *run = run_expect(site_run(&t->site, commands[c]), 1);
        for (; *words != NULL && c == 0; words++)
            run_says(run, *words);
        run_says(run, t->site.state);
        if (count_of(run->err, "gridform: ") != 1 || count_of(run->err, "\n") != 1)
            fail_long("%s: not one message: %s", what, run->err);
        run_free(run);
        char *after = file_text("%s", t->site.state);
        if (before != NULL)
            assert_string_equal(before, after);
        free(after);
    }
    free(before);
    still_end(&t->site, &still, what);
}

static char *with(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *result = NULL;
    assert_non_null(at);
    if (asprintf(&result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) < 0)
        abort();
    return result;
}

static void edited_by_hand(void **state)
{
    struct state_test *t = *state;
    static const struct {
        const char *old, *new, *says[4];
    } edits[] = {
        {"\"power_policy\":\"balanced\"",
         "\"power_policy\":\"low_power\"",
         {"edited by hand", ".backup"}},
        {"host/esx-gpu-01", "host/esx-gpu-09", {"edited by hand", ".backup"}},
        {"\"serial\":2", "\"serial\":7", {"edited by hand", ".backup"}},
        {"\"site\":\"ml-private-cloud\"", "\"site\":\"other\"", {"edited by hand", ".backup"}},
        {"\"gridform_state\":1", "\"gridform_state\":9", {"newer gridform"}},
        {"\"gridform_state\":1", "\"gridform_plan\":1", {"edited by hand", ".backup"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        char *text = with(t->good, edits[i].old, edits[i].new);
        write_state(t, "", text);
        refused_everywhere(t, edits[i].says, edits[i].new);
        free(text);
    }
    write_state(t, "", t->good);
}

static void cut_short(void **state)
{
    struct state_test *t = *state;
    static const char *const says[] = {".backup", NULL};
    size_t size = strlen(t->good);
    const size_t sizes[] = {0, 1, size / 3, size - 2};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *text = strndup(t->good, sizes[i]);
        write_state(t, "", text);
        refused_everywhere(t, says, "cut short");
        free(text);
    }
    write_state(t, "", t->good);
}

/* One bit anywhere. */
static void any_bit_is_noticed(void **state)
{
    struct state_test *t = *state;
    struct chance chance = chance_new(chance_seed("bits"));
    size_t size = strlen(t->good);
    struct still still = still_begin(&t->site);
    for (int i = 0; i < FLIPS; i++) {
        char *text = strdup(t->good);
        size_t at = chance_below(&chance, (unsigned)size - 1); /* the last line end may go */
        text[at] = (char)(text[at] ^ 1 << chance_below(&chance, 7));
        text[at] = text[at] == '\0' ? '!' : text[at];
        write_state(t, "", text);
        struct run *run = GRIDFORM(&t->site, "apply", "--yes");
        if (run->status != 1 || strstr(run->err, t->site.state) == NULL)
            fail_long("byte %zu: exit %d\n%s", at, run->status, run->err);
        run_free(run);
        free(text);
    }
    still_end(&t->site, &still, "a state with another bit");
    write_state(t, "", t->good);
}

static void damaged_journal(void **state)
{
    struct state_test *t = *state;
    static const char *const says[] = {".journal", "move it away", NULL};
    static const char *const damaged[] = {"garbage\n", "{}\n{}\n", "\n\n", "[1]\n{\"a\":1}\n"};
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        write_state(t, ".journal", damaged[i]);
        refused_everywhere(t, says, damaged[i]);
    }
    /* The last line of a journal may be cut: that is how a death looks. */
    write_state(t, ".journal", "{\"ha");
    GRIDFORM_EXPECT(&t->site, 0, "plan", "--detailed-exitcode");
    remove_journal(t);
}

static void no_file_at_all(void **state)
{
    struct state_test *t = *state;
    unlink(t->site.state);
    mkdir(t->site.state, 0700);
    static const char *const says[] = {"not a regular file", NULL};
    struct run *run = STILL(&t->site, 1, "plan");
    run_says(run, says[0]);
    run_free(run);
    run_free(STILL(&t->site, 1, "apply", "--yes"));
    rmdir(t->site.state);
    write_state(t, "", t->good);
    GRIDFORM_EXPECT(&t->site, 0, "plan", "--detailed-exitcode");
}

static void state_of_another_site(void **state)
{
    struct state_test *t = *state;
    char path[300];
    snprintf(path, sizeof(path), "%s/site.yaml", t->site.manifest);
    edit_text(path, "site: ml-private-cloud", "site: elsewhere");
    for (size_t c = 0; c < 4; c++) { /* state list and show only look how it is kept */
        struct run *run = still_run(&t->site, 1, commands[c]);
        run_says(run, "ml-private-cloud");
        run_says(run, "elsewhere");
        run_says(run, "--state");
        run_free(run);
    }
    edit_text(path, "site: elsewhere", "site: ml-private-cloud");
    char *text = file_text("%s", t->site.state);
    assert_string_equal(text, t->good);
    free(text);
}

/* The backup is the state before the last apply: with it the world is only ahead. */
static void backup_can_be_put_back(void **state)
{
    struct state_test *t = *state;
    char path[300];
    snprintf(path, sizeof(path), "%s/service.yaml", t->site.manifest);
    edit_text(path, "Machines for machine", "More machines for machine");
    GRIDFORM_EXPECT(&t->site, 0, "apply", "--yes");
    write_state(t, "", "damaged");
    char *backup = file_text("%s.backup", t->site.state);
    write_state(t, "", backup);
    free(backup);
    struct run *run = run_expect(GRIDFORM(&t->site, "drift"), 2);
    run_says(run, "catalog_service/Machine Learning");
    run_free(run);
    site_converge(&t->site);
    GRIDFORM_EXPECT(&t->site, 0, "drift");
}

static int set_up(void **state)
{
    struct state_test *t = calloc(1, sizeof(*t));
    const struct world_shape shape = {.n_hosts = 1, .hosts = {host_as_wanted()}};
    site_start_shape(&t->site, &shape, 0);
    GRIDFORM_EXPECT(&t->site, 0, "apply", "--yes");
    t->good = file_text("%s", t->site.state);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct state_test *t = *state;
    site_stop(&t->site);
    free(t->good);
    free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edited_by_hand),         cmocka_unit_test(cut_short),
        cmocka_unit_test(any_bit_is_noticed),     cmocka_unit_test(damaged_journal),
        cmocka_unit_test(no_file_at_all),         cmocka_unit_test(state_of_another_site),
        cmocka_unit_test(backup_can_be_put_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
