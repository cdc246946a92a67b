/* sample.h: sweeps that a slow build takes in part.
 *
 * A sweep does the same at every call, with every secret, in every world. The build with
 * sanitizers takes every n-th item (GRIDFORM_TEST_SAMPLE=n, which CMake sets there), the
 * ordinary build takes all of them: the code is the same, and so is what each run looks at.
 */
#ifndef GF_TESTS_SAMPLE_H
#define GF_TESTS_SAMPLE_H

#include <stdbool.h>

/* Is item i of a sweep one of those to take? Without the variable, always. */
bool sample_takes(unsigned i);

/* How many of n items are taken. */
unsigned sample_size(unsigned n);

#endif
