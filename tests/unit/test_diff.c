/* test_diff.c: one attribute in all its conditions: is it a change, and why? */
#include "../harness/unit.h"

#include <string.h>

#include "arena.h"
#include "diff.h"
#include "plan.h"
#include "types.h"

enum { PLAIN, DERIVED, DEFAULTED, INPUT, FACT, DRIVER, DRIVER_NEEDED };

static const struct attr attrs[] = {
    [PLAIN] = {"plain", &type_string, FACET_VRA, 0, .doc = "x"},
    [DERIVED] = {"derived", &type_string, FACET_VRA, ATTR_DERIVED, .doc = "x"},
    [DEFAULTED] = {"defaulted", &type_string, FACET_VRA, 0, .default_value = "b", .doc = "x"},
    [INPUT] = {"input", &type_string, FACET_VRA, ATTR_INPUT, .doc = "x"},
    [FACT] = {"fact", &type_string, FACET_VRA, ATTR_FACT, .doc = "x"},
    [DRIVER] = {"driver", &type_pending, FACET_VRA, 0, .doc = "x"},
    [DRIVER_NEEDED] = {"ecc", &type_pending, FACET_VRA, ATTR_DRIVER_NEEDED, .doc = "x"},
};
static const struct kind strict = {
    .schema = {.kind = "t", .attrs = attrs, .n_attrs = ARRAY_LEN(attrs)}};
static const struct kind lenient = {
    .schema = {
        .kind = "t", .attrs = attrs, .n_attrs = ARRAY_LEN(attrs), .absent_is_free = true}};

enum answer { SAME, BLIND, EDIT, DRIFT, DEFAULT, COMPUTED };

/* "-": absent, "?": unreadable, "0": there is no such instance. */
struct row {
    size_t attr;
    const char *desired, *prior, *live;
    enum answer answer;
    const char *ignore; /* "d" drift, "c" changes, "l" absent is free, "o" driver changes,
                           "n" computed with a note */
};

static const struct row rows[] = {
    {PLAIN, "a", "a", "a", SAME, ""},          {PLAIN, "a", "a", "b", DRIFT, ""},
    {PLAIN, "a", "a", "-", DRIFT, ""},         {PLAIN, "a", "b", "b", EDIT, ""},
    {PLAIN, "a", "b", "c", EDIT, ""}, /* both moved: the file has the word */
    {PLAIN, "a", "b", "a", SAME, ""},          {PLAIN, "a", "0", "b", EDIT, ""},
    {PLAIN, "a", "0", "-", EDIT, ""},          {PLAIN, "a", "-", "-", EDIT, ""},
    {PLAIN, "-", "a", "a", EDIT, ""},          {PLAIN, "-", "-", "a", DRIFT, ""},
    {PLAIN, "-", "-", "a", SAME, "l"},         {PLAIN, "-", "a", "a", SAME, "l"},
    {PLAIN, "a", "a", "?", BLIND, ""},         {PLAIN, "-", "-", "?", BLIND, ""},
    {PLAIN, "-", "-", "?", SAME, "l"},         {PLAIN, "a", "a", "b", SAME, "d"},
    {PLAIN, "a", "b", "b", EDIT, "d"},         {PLAIN, "a", "a", "b", SAME, "c"},
    {PLAIN, "a", "b", "b", SAME, "c"},         {PLAIN, "a", "b", "b", COMPUTED, "n"},
    {PLAIN, "a", "a", "b", DRIFT, "n"},        {DERIVED, "a", "b", "b", COMPUTED, ""},
    {DERIVED, "a", "a", "b", DRIFT, ""},       {DERIVED, "a", "0", "b", COMPUTED, ""},
    {DERIVED, "a", "0", "-", EDIT, ""},        {DEFAULTED, "b", "a", "a", DEFAULT, ""},
    {DEFAULTED, "b", "b", "a", DRIFT, ""},     {DEFAULTED, "b", "0", "a", EDIT, ""},
    {INPUT, "a", "b", "b", SAME, ""},          {FACT, "a", "b", "b", SAME, ""},
    {DRIVER_NEEDED, "a", "a", "?", BLIND, ""}, {DRIVER_NEEDED, "a", "a", "?", DRIFT, "o"},
    {DRIVER_NEEDED, "a", "0", "?", EDIT, "o"},
};

static const struct value *value_of(struct arena *arena, const char *text)
{
    if (strcmp(text, "-") == 0)
        return value_absent();
    return strcmp(text, "?") == 0 ? value_unreadable(arena, "closed")
                                  : value_string(arena, text);
}

static struct instance *make(struct arena *arena, const struct row *row, const char *text)
{
    const struct kind *kind = strchr(row->ignore, 'l') != NULL ? &lenient : &strict;
    if (strcmp(text, "0") == 0)
        return NULL;
    struct instance *it = instance_new(arena, &kind->schema, "t/x", "x");
    it->presence = PRESENCE_PRESENT;
    it->attr_pos = ARENA_ARRAY(arena, ARRAY_LEN(attrs), struct pos);
    it->attrs[row->attr] = value_of(arena, text);
    return it;
}

static struct diff diff_of(struct arena *arena, const struct row *row)
{
    struct instance *desired = make(arena, row, row->desired);
    struct instance *prior = make(arena, row, row->prior), *live = make(arena, row, row->live);
    const char **names = ARENA_ARRAY(arena, 2, const char *);
    struct lifecycle *lifecycle = ARENA_NEW(arena, struct lifecycle);
    names[0] = attrs[row->attr].name;
    if (strchr(row->ignore, 'd') != NULL)
        lifecycle->ignore_drift = names;
    if (strchr(row->ignore, 'c') != NULL)
        lifecycle->ignore_changes = names;
    desired->lifecycle = lifecycle;
    const struct value_field note = {names[0], value_string(arena, "so")};
    if (strchr(row->ignore, 'n') != NULL)
        desired->computed = value_map(arena, &note, 1);
    if (strchr(row->ignore, 'o') != NULL) {
        desired->attrs[DRIVER] = value_string(arena, "384.73");
        if (prior != NULL)
            prior->attrs[DRIVER] = desired->attrs[DRIVER];
    }
    return diff_attributes(desired, prior, live, arena);
}

static enum answer answer_of(const struct diff *diff, const struct attr *attr)
{
    static const enum answer answers[REASON_COUNT] = {[REASON_EDIT] = EDIT,
                                                      [REASON_DRIFT] = DRIFT,
                                                      [REASON_DEFAULT] = DEFAULT,
                                                      [REASON_COMPUTED] = COMPUTED};
    for (size_t i = 0; i < diff->n_blind; i++)
        if (diff->blind[i].attr == attr) {
            assert_string_equal(diff->blind[i].reason, "closed");
            return BLIND;
        }
    for (size_t i = 0; i < diff->n; i++)
        if (diff->changes[i].attr == attr)
            return answers[diff->changes[i].reason];
    return SAME;
}

static void test_reasons(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct diff diff = diff_of(arena, &rows[i]);
        enum answer got = answer_of(&diff, &attrs[rows[i].attr]);
        if (got != rows[i].answer)
            fail_msg("row %zu: %d, not %d", i, got, rows[i].answer);
    }
}

/* Of a change with another reason it is told that the world had moved, too. */
static void test_moved_as_well(void **state UNUSED)
{
    static const struct {
        struct row row;
        const char *note;
    } cases[] = {
        {{PLAIN, "a", "b", "c", EDIT, ""}, "and drifted from b"},
        {{PLAIN, "a", "b", "-", EDIT, ""}, "and drifted from b"},
        {{PLAIN, "-", "b", "c", EDIT, ""}, "and drifted from b"},
        {{DEFAULTED, "b", "a", "c", DEFAULT, ""}, "and drifted from a"},
        {{DERIVED, "a", "b", "c", COMPUTED, ""}, NULL},
        {{PLAIN, "a", "b", "b", EDIT, ""}, NULL},
        {{PLAIN, "a", "a", "b", DRIFT, ""}, NULL},
        {{PLAIN, "a", "-", "c", EDIT, ""}, NULL},
        {{PLAIN, "a", "0", "c", EDIT, ""}, NULL},
        {{PLAIN, "a", "b", "c", COMPUTED, "n"}, "so"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        struct diff diff = diff_of(arena, &cases[i].row);
        assert_int_equal(diff.n, 1);
        const char *note = diff.changes[0].note;
        if ((note == NULL) != (cases[i].note == NULL) ||
            (note != NULL && strcmp(note, cases[i].note) != 0))
            fail_msg("case %zu: %s", i, note == NULL ? "no note" : note);
    }
}

/* The state does not say yet what is true already. */
static void test_stale(void **state UNUSED)
{
    static const struct {
        struct row row;
        bool stale;
    } cases[] = {
        {{PLAIN, "a", "a", "a", SAME, ""}, false},  {{PLAIN, "a", "b", "a", SAME, ""}, true},
        {{PLAIN, "a", "0", "a", SAME, ""}, true},   {{INPUT, "a", "b", "-", SAME, ""}, false},
        {{FACT, "-", "-", "x", SAME, ""}, false},   {{PLAIN, "a", "b", "b", SAME, "c"}, false},
        {{PLAIN, "a", "a", "b", SAME, "d"}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new();
        if (diff_of(arena, &cases[i].row).stale != cases[i].stale)
            fail_msg("case %zu", i);
    }
}

/* ---- drift: prior against live ------------------------------------------------------------
 */

static const struct drift *drift_of(struct arena *arena, struct instance *prior,
                                    struct instance *live)
{
    struct instances none = {0}, priors = {&prior, 1}, lives = {&live, live != NULL};
    const struct facts facts = {
        .arena = arena, .desired = &none, .prior = &priors, .live = &lives};
    return drift_find(&facts);
}

static void test_drift(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new();
    const struct row row = {PLAIN, "a", "a", "b", DRIFT, ""};
    struct instance *prior = make(arena, &row, "a"), *live = make(arena, &row, "b");
    const struct drift *drift = drift_of(arena, prior, live);
    assert_int_equal(drift->n, 1);
    assert_ptr_equal(drift->items[0].attr, &attrs[PLAIN]);
    assert_int_equal(drift->n_checked, 1);
    live->attrs[PLAIN] = prior->attrs[PLAIN];
    live->attrs[INPUT] = live->attrs[FACT] = value_string(arena, "z");
    assert_int_equal(drift_of(arena, prior, live)->n, 0);
    live->attrs[PLAIN] = value_unreadable(arena, "closed");
    drift = drift_of(arena, prior, live);
    assert_int_equal(drift->n, 0);
    assert_int_equal(drift->n_blind, 1);
    assert_string_equal(drift->blind[0].attr, "plain");
    live->presence = PRESENCE_ABSENT;
    drift = drift_of(arena, prior, live);
    assert_int_equal(drift->n, 1);
    assert_null(drift->items[0].attr);
    live->presence = PRESENCE_UNREADABLE;
    live->reason = "dead";
    drift = drift_of(arena, prior, live);
    assert_int_equal(drift->n_checked, 0);
    assert_string_equal(drift->blind[0].reason, "dead");
    assert_int_equal(drift_of(arena, prior, NULL)->n_blind, 1);
    live->presence = PRESENCE_ABSENT;
    prior->meta = value_map(arena, &(struct value_field){"unfinished", value_bool(true)}, 1);
    drift = drift_of(arena, prior, live);
    assert_int_equal(drift->n, 0);
    assert_int_equal(drift->n_blind, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_moved_as_well),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
