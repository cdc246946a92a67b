/* world_normal.h: a world without what no two runs share: identifiers, times, counters. Two
 * worlds are the same when their normal texts are. */
#ifndef GF_TESTS_WORLD_NORMAL_H
#define GF_TESTS_WORLD_NORMAL_H

#include <jansson.h>

struct lab;

/* Of a dump of the world; caller frees. */
char *world_normal(const json_t *world);
/* Of the lab now, after vRA has read vCenter's inventory; caller frees. */
char *lab_normal(const struct lab *lab);
/* Fails the test, showing the first lines that differ. */
void expect_same_world(const char *expected, const char *actual, const char *what);

#endif
