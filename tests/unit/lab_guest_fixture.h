/* lab_guest_fixture.h: a machine of the reference world that is on, and programs run in its
 * guest to their end. */
#ifndef GF_TESTS_LAB_GUEST_FIXTURE_H
#define GF_TESTS_LAB_GUEST_FIXTURE_H

#include "lab_world.h"

#include "guest.h"

struct lab_guest {
    struct world *world;
    struct vm *vm;
    struct arena *arena;
    char dir[64];
    int status;   /* of the last program; -1: it vanished */
    char *output; /* what it wrote */
};

/* cmocka's setup and teardown. Without a sandbox nothing can be tested: the tests skip. */
int lab_guest_setup(void **state);
int lab_guest_teardown(void **state);

/* Run the text as a script of /bin/sh, through guest operations; until it ends or vanishes. */
void guest_script(struct lab_guest *guest, const char *text);
/* The same, and its status is `status` and its output holds `part` (NULL: whatever). */
void guest_expect(struct lab_guest *guest, const char *text, int status, const char *part);
void guest_power(struct lab_guest *guest, bool on);
void guest_wait_tools(struct lab_guest *guest); /* simulated time passes */
/* Whether the world wrote down the event about the machine, with that detail (NULL: any). */
bool guest_event(struct lab_guest *guest, const char *event, const char *detail);

#endif
