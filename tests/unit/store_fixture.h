/* store_fixture.h: a store with an arena and, for files, a directory of its own; and the calls
 * on it that a test expects to succeed.
 */
#ifndef GF_TESTS_STORE_FIXTURE_H
#define GF_TESTS_STORE_FIXTURE_H

#include "state_sample.h"

struct fixture {
    char directory[256], path[300];
    struct arena *arena;
    struct store *store;
};

extern const struct lock_info fixture_holder; /* who the tests are */

/* For cmocka: a file store, a store in memory, and the end of both. */
int fixture_setup(void **fixture);
int fixture_setup_mem(void **fixture);
int fixture_teardown(void **fixture);

void fixture_lock(struct store *store);
struct state *fixture_read(struct fixture *f);
void fixture_write(struct fixture *f, const struct state *state);
void fixture_record(struct fixture *f, struct record record);

/* Lock, and write sample_state. */
void fixture_write_first(struct fixture *f);

/* The attribute of host/a that the tests change. */
void fixture_record_graphics(struct fixture *f, const char *graphics);
const char *fixture_graphics(const struct state *state);

#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
